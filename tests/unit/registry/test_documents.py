"""Duty documents: declared by hash, uploaded by link, stored once they are what was declared (R-REG-3)."""

from contextlib import suppress
from typing import Any, get_args

import boto3
import pytest

from services.registry import wiring
from services.registry.domain.documents import LARGEST, DutyDocumentType, FiledDocument
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.documents import DocumentStored
from shared.contracts.event import body_of
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.file_builders import SCAN, document_body, downloaded, key_of, query_of, sha256_of, upload
from tests.support.gateway import Answer, Gateway
from tests.support.registry_builders import anybody, registrar
from tests.unit.registry.conftest import BUCKET

pytestmark = pytest.mark.usefixtures("table")

BUREAU = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"
MARKET = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4F"
OTHER = SCAN.replace(b"entrustment", b"entrustmenT")
"""As long as SCAN, and something else."""
MOMENTS = 8


def declared(**changed: Any) -> dict[str, Any]:
    answer = registrar(BUREAU).post("/v1/documents", document_body(**changed))
    assert answer.status == 201, answer.text
    return dict(answer.json)


def complete(document: dict[str, Any], *, key: str | None = None, department: str = BUREAU) -> Answer:
    return registrar(department).post(f"/v1/documents/{document['document_id']}/complete", None, key=key)


def reader() -> Gateway:
    """Somebody of another department, with a token."""
    return registrar().with_principal(MARKET, Role.INSPECTOR)


def content(document: dict[str, Any]) -> bytes:
    answer = reader().get(f"/v1/documents/{document['document_id']}/content")
    assert (answer.status, answer.headers["Cache-Control"]) == (307, "no-store"), answer.text
    return downloaded(answer.headers["Location"])


def types(table: type[Row]) -> list[str]:
    return [event.type for event in unsent_events(table) if event.type.startswith("document.")]


def test_a_document_is_declared_uploaded_and_stored(table: type[Row]) -> None:
    """R-REG-3: name, number, date, SHA-256, and where it is stored."""
    document = declared()
    assert (document["state"], document["upload"]["method"]) == ("declared", "PUT")
    assert key_of(document["upload"]["url"]) == (BUCKET, f"documents/{BUREAU}/{document['document_id']}")
    upload(document["upload"])
    answer = complete(document)
    assert (answer.status, answer.json["state"]) == (200, "stored")
    shown = reader().get(f"/v1/documents/{document['document_id']}").json
    assert shown == answer.json
    assert {name: shown[name] for name in document_body()} == document_body()
    assert content(document) == SCAN
    assert types(table) == ["document.declared.v1", "document.stored.v1"]
    told = body_of(unsent_events(table)[-1], DocumentStored)
    assert (told.department, told.document.sha256) == (BUREAU, sha256_of(SCAN))
    assert wiring.documents().stored([document["document_id"], "doc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "x"]) == {
        document["document_id"]: told.document
    }


def test_the_chain_of_a_document_verifies(table: type[Row]) -> None:
    """R-AUD-2."""
    document = declared()
    upload(document["upload"])
    complete(document)
    journal = Journal(table, "")
    stored = journal.read(document["document_id"], FiledDocument)
    assert stored
    assert verify(journal.events(document["document_id"]), stored.head) == []


def test_a_document_is_not_stored_before_its_upload_is_there(table: type[Row]) -> None:
    document = declared()
    before = all_rows(table)
    answer = complete(document)
    assert (answer.status, answer.json["code"]) == (409, "upload_missing")
    refused = [row for row in all_rows(table) if row not in before]
    assert [row["pk"]["S"][:4] for row in refused] == ["acc_"], "nothing is written but that it was refused"
    assert wiring.documents().stored([document["document_id"]]) == {}
    waiting = reader().get(f"/v1/documents/{document['document_id']}/content")
    assert (waiting.status, waiting.json["code"]) == (409, "wrong_state")
    assert "upload, complete" in waiting.json["detail_en"]


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (OTHER, (sha256_of(SCAN), sha256_of(OTHER))),
        (SCAN + b"!", (str(len(SCAN)), str(len(SCAN) + 1))),
        (b"", ("0 B",)),
    ],
    ids=["other bytes", "longer", "empty"],
)
def test_an_upload_that_is_not_what_was_declared_is_refused_and_may_be_sent_again(
    sent: bytes, named: tuple[str, ...]
) -> None:
    document = declared()
    upload(document["upload"], sent)
    answer = complete(document)
    assert (answer.status, answer.json["code"]) == (409, "upload_differs")
    assert all(text in answer.json["detail"] for text in named)
    assert reader().get(f"/v1/documents/{document['document_id']}").json["state"] == "declared"
    upload(document["upload"])
    assert complete(document).json["state"] == "stored"


def test_completing_again_is_the_same_answer_and_tells_nothing_twice(table: type[Row]) -> None:
    document = declared()
    upload(document["upload"])
    first = complete(document, key="c")
    for key in ("c", "another"):
        again = complete(document, key=key)
        assert (again.status, again.json) == (200, first.json)
    assert types(table).count("document.stored.v1") == 1


def test_what_a_living_link_writes_after_completion_is_never_shown() -> None:
    """R-REG-3: the version that was checked is the one that is read, whatever is put beside it."""
    document = declared()
    upload(document["upload"])
    complete(document)
    upload(document["upload"], OTHER)
    assert content(document) == SCAN
    assert complete(document).json["state"] == "stored"


def test_what_is_replaced_between_the_look_and_the_reading_is_not_what_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = declared()
    upload(document["upload"])
    find = type(wiring.files()).find

    def and_then_replaced(files: Any, key: str) -> Any:
        found = find(files, key)
        upload(document["upload"], OTHER)
        return found

    monkeypatch.setattr(type(wiring.files()), "find", and_then_replaced)
    assert complete(document).json["state"] == "stored"
    assert content(document) == SCAN


def test_a_bucket_without_versions_promises_nothing() -> None:
    document = declared()
    upload(document["upload"])
    versioning = {"Status": "Suspended"}
    boto3.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=versioning)  # type: ignore[arg-type]
    assert complete(document).status == 200, "what was uploaded while it kept them has its version"
    other = declared(number="2")
    upload(other["upload"])
    assert complete(other).status == 500
    assert reader().get(f"/v1/documents/{other['document_id']}").json["state"] == "declared"


def test_a_repeated_declaration_is_one_document_with_its_first_link_and_another_is_to_be_had() -> None:
    """R-HND-13: the first link may have expired; asking for one changes nothing."""
    first, again = (registrar(BUREAU).post("/v1/documents", document_body(), key="d") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)
    fresh = registrar(BUREAU).post(f"/v1/documents/{first.json['document_id']}/upload-link", None)
    assert fresh.status == 200
    assert key_of(fresh.json["url"]) == key_of(first.json["upload"]["url"])
    upload(fresh.json)
    complete(first.json)
    late = registrar(BUREAU).post(f"/v1/documents/{first.json['document_id']}/upload-link", None)
    assert (late.status, late.json["code"]) == (409, "wrong_state")


def test_a_link_takes_exactly_the_bytes_declared() -> None:
    given = declared()["upload"]
    signed = query_of(given["url"])["X-Amz-SignedHeaders"].split(";")
    assert {"content-length", "content-type", "host", "x-amz-checksum-sha256"} == set(signed)
    assert set(given["headers"]) == {"Content-Type", "x-amz-checksum-sha256"}
    assert int(query_of(given["url"])["X-Amz-Expires"]) == given["seconds"] == 900


def test_only_the_department_that_declared_a_document_uploads_and_completes_it() -> None:
    document = declared()
    upload(document["upload"])
    assert complete(document, department=MARKET).json["code"] == "not_your_department"
    link = registrar(MARKET).post(f"/v1/documents/{document['document_id']}/upload-link", None)
    assert link.json["code"] == "not_your_department"
    assert registrar(None).post("/v1/documents", document_body()).json["code"] == "not_your_department"


def test_without_a_token_nobody_reads_a_document() -> None:
    document = declared()
    for path in ("", "/content"):
        assert anybody().get(f"/v1/documents/{document['document_id']}{path}").status == 403


@pytest.mark.parametrize("unknown", ["doc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "item_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "x"])
def test_an_unknown_document_is_not_found(unknown: str) -> None:
    assert reader().get(f"/v1/documents/{unknown}").status == 404
    assert reader().get(f"/v1/documents/{unknown}/content").status == 404
    assert complete({"document_id": unknown}).status == 404


def test_everything_wrong_with_a_declaration_is_named_at_once() -> None:
    wrong: dict[str, Any] = {
        "kind": "contract",
        "name": "",
        "media_type": "text/html",
        "size": LARGEST + 1,
        "sha256": "abc",
        "issued_on": "2026-02-30",
    }
    answer = registrar(BUREAU).post("/v1/documents", document_body(**wrong))
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert {fault["pointer"] for fault in answer.json["errors"]} == {f"/{name}" for name in wrong}


def test_a_name_that_ends_otherwise_and_a_date_to_come_are_faults() -> None:
    body = document_body(file_name="委托书.exe", issued_on="2999-01-01")
    answer = registrar(BUREAU).post("/v1/documents", body)
    found = {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}
    assert found == {"/file_name": "file_name_suffix", "/issued_on": "issued_in_future"}


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (None, "食品经营许可审批权限委托书.pdf"),
        ("扫描件.PDF", "扫描件.PDF"),
        ("C:\\扫描\\a.pdf", "a.pdf"),
        ("../../a.pdf", "a.pdf"),
    ],
)
def test_the_file_is_called_as_given_or_after_the_document(given: str | None, called: str) -> None:
    assert declared(file_name=given)["file_name"] == called


def test_a_file_name_made_of_the_longest_name_is_no_longer_than_a_name() -> None:
    assert len(declared(file_name=None, name="名" * 200)["file_name"]) == 200


@pytest.mark.parametrize("media_type", get_args(DutyDocumentType))
def test_every_kind_of_file_in_the_table_is_taken(media_type: str) -> None:
    assert declared(file_name=None, media_type=media_type)["state"] == "declared"


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_completion_killed_at_any_moment_is_repeated_and_happens_once(
    moment: int, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-REG-3, R-HND-13: before and after each call to AWS."""
    document = declared()
    upload(document["upload"])
    wire = Wire(moment)
    with wire.cut(monkeypatch), suppress(Killed):
        complete(document, key="c")
    assert wire.passed == moment + 1, "nobody was killed: there are fewer moments than that"
    assert complete(document, key="c").json["state"] == "stored"
    assert content(document) == SCAN
    assert types(table) == ["document.declared.v1", "document.stored.v1"]


def test_no_moment_of_a_completion_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    document = declared()
    upload(document["upload"])
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        complete(document)
    assert wire.passed == MOMENTS
