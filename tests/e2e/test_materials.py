"""A material goes into the bucket past the API, is named by a stage, and read by who may read the case (R-HND-1)."""

from http import HTTPStatus

import httpx

from tests.support.file_builders import SCAN, material_body
from tests.support.small_city import SmallCity

OTHER = SCAN.replace(b"entrustment", b"entrustmenT")


def test_a_material_is_uploaded_pushed_with_its_case_and_read_by_the_supervisor(city: SmallCity) -> None:
    """R-HND-1, R-AUD-1: over real links, which take no other bytes and lead to no other version."""
    approver = city.desk("approver")
    material = approver.post("/handover/v1/materials", material_body())
    url = f"/handover/v1/materials/{material['material_id']}"
    named = [{"name": "申请书.pdf", "sha256": material["sha256"], "material_id": material["material_id"]}]
    early = city.accept("MATERIAL-1", materials=named)
    assert (early.status_code, early.json()["code"]) == (HTTPStatus.BAD_REQUEST, "invalid_fields")
    assert [each["code"] for each in early.json()["errors"]] == ["material_not_stored"]

    with httpx.Client(trust_env=False, timeout=120) as client:
        link = material["upload"]
        refused = client.put(link["url"], content=OTHER, headers=link["headers"])
        assert refused.is_client_error, "a link takes the bytes it was made for and no others"
        fresh = approver.send(f"{url}/upload-link", None).json()
        sent = client.put(fresh["url"], content=SCAN, headers=fresh["headers"])
        assert sent.is_success, sent.text
        assert approver.post(f"{url}/complete", None)["state"] == "stored"

        case_id = city.accepted("MATERIAL-1", materials=named)["case_id"]
        assert _asked(city, "liaison", f"{url}/content").status_code == HTTPStatus.FORBIDDEN
        in_case = f"/handover/v1/cases/{case_id}/materials/{material['material_id']}"
        assert _asked(city, "stranger", in_case).status_code == HTTPStatus.FORBIDDEN
        moved = _asked(city, "liaison", in_case)
        assert (moved.status_code, moved.headers["cache-control"]) == (HTTPStatus.TEMPORARY_REDIRECT, "no-store")
        got = client.get(moved.headers["location"])
        assert (got.content, got.headers["content-type"]) == (SCAN, "application/pdf")


def _asked(city: SmallCity, desk: str, url: str) -> httpx.Response:
    asked = {"Authorization": f"Bearer {city.desk(desk).token}"}
    return city.stack.http.get(f"{city.stack.base_url}{url}", headers=asked, follow_redirects=False)
