"""A duty document goes into the bucket and out of it by links, past the API, and is what was declared (R-REG-3)."""

from http import HTTPStatus

import httpx

from tests.support.file_builders import SCAN, document_body
from tests.support.small_city import SmallCity

OTHER = SCAN.replace(b"entrustment", b"entrustmenT")


def test_a_document_is_declared_uploaded_completed_and_read(city: SmallCity) -> None:
    registrar = city.desk("registrar")
    document = registrar.post("/registry/v1/documents", document_body())
    url = f"/registry/v1/documents/{document['document_id']}"
    early = registrar.send(f"{url}/complete", None)
    assert (early.status_code, early.json()["code"]) == (HTTPStatus.CONFLICT, "upload_missing")

    with httpx.Client(trust_env=False, timeout=120) as client:
        link = document["upload"]
        refused = client.put(link["url"], content=OTHER, headers=link["headers"])
        assert refused.is_client_error, "a link takes the bytes it was made for and no others"
        fresh = registrar.send(f"{url}/upload-link", None).json()
        sent = client.put(fresh["url"], content=SCAN, headers=fresh["headers"])
        assert sent.is_success, sent.text
        stored = registrar.post(f"{url}/complete", None)
        assert stored["state"] == "stored"

        shown = city.desk("liaison").get(url)
        assert shown == stored
        asked = {"Authorization": f"Bearer {city.desk('liaison').token}"}
        moved = city.stack.http.get(f"{city.stack.base_url}{url}/content", headers=asked, follow_redirects=False)
        assert (moved.status_code, moved.headers["cache-control"]) == (HTTPStatus.TEMPORARY_REDIRECT, "no-store")
        got = client.get(moved.headers["location"])
        assert (got.content, got.headers["content-type"]) == (SCAN, "application/pdf")
