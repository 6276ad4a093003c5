"""Materials: declared by hash, uploaded by link, named by a stage, read by whoever may read the case (R-HND-1)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import boto3
import pytest

from services.handover import wiring
from services.handover.domain.materials import LARGEST, FiledMaterial
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.access import RecordRead
from shared.contracts.chain import verify
from shared.contracts.change import Context, Once
from shared.contracts.event import body_of
from shared.contracts.files import StoredFile
from shared.contracts.materials import MaterialStored
from shared.contracts.media_types import MediaType
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.file_builders import SCAN, downloaded, key_of, material_body, sha256_of, upload
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, MARKET, STRANGER, acceptance, decision, item

BUCKET = "handover-files"
OTHER = SCAN.replace(b"entrustment", b"entrustmenT")
"""As long as SCAN, and something else."""
MOMENTS = 8
UNKNOWN = "mat_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"


@pytest.fixture(autouse=True)
def _known_item(table: type[Row]) -> None:
    assert table
    context = Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))
    wiring.directory().keep_item(item(), context)


def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def liaison(gateway: Gateway, department: str | None = MARKET) -> Gateway:
    return gateway.with_principal(department, Role.LIAISON)


def declared(desk: Gateway, **changed: Any) -> dict[str, Any]:
    answer = desk.post("/v1/materials", material_body(**changed))
    assert answer.status == 201, answer.text
    return dict(answer.json)


def complete(desk: Gateway, material: dict[str, Any], *, key: str | None = None) -> Answer:
    return desk.post(f"/v1/materials/{material['material_id']}/complete", None, key=key)


def stored(desk: Gateway, **changed: Any) -> dict[str, Any]:
    """A material whose upload was checked, as a stage names it."""
    material = declared(desk, **changed)
    upload(material["upload"])
    assert complete(desk, material).json["state"] == "stored"
    return named(material)


def named(material: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {name: material[name] for name in ("name", "sha256", "material_id")} | changed


def accepted(gateway: Gateway, *materials: dict[str, Any], **changed: Any) -> Answer:
    return bureau(gateway).post("/v1/acceptances", acceptance(materials=materials, **changed))


def read(desk: Gateway, case_id: str, material: dict[str, Any]) -> Answer:
    return desk.get(f"/v1/cases/{case_id}/materials/{material['material_id']}")


def content(answer: Answer) -> bytes:
    assert (answer.status, answer.headers["Cache-Control"]) == (307, "no-store"), answer.text
    return downloaded(answer.headers["Location"])


def faults(answer: Answer) -> dict[str, str]:
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields"), answer.text
    assert all(each["zh"] and each["en"] for each in answer.json["errors"])
    return {each["pointer"]: each["code"] for each in answer.json["errors"]}


def types(table: type[Row]) -> Sequence[str]:
    return [event.type for event in unsent_events(table) if event.type.startswith("material.")]


# --- One material ----------------------------------------------------------------------------------


def test_a_material_is_declared_uploaded_and_stored(gateway: Gateway, table: type[Row]) -> None:
    """R-HND-1: its content goes straight to the object store, and its hash is checked."""
    material = declared(bureau(gateway))
    assert (material["state"], material["upload"]["method"]) == ("declared", "PUT")
    assert key_of(material["upload"]["url"]) == (BUCKET, f"materials/{BUREAU}/{material['material_id']}")
    upload(material["upload"])
    answer = complete(bureau(gateway), material)
    assert (answer.status, answer.json["state"]) == (200, "stored")
    url = f"/v1/materials/{material['material_id']}"
    assert bureau(gateway).get(url).json == answer.json
    assert content(bureau(gateway).get(f"{url}/content")) == SCAN
    assert types(table) == ["material.declared.v1", "material.stored.v1"]
    told = [body_of(event, MaterialStored) for event in unsent_events(table) if event.type == MaterialStored.TYPE]
    assert [(each.department, each.material.sha256) for each in told] == [(BUREAU, sha256_of(SCAN))]


def test_the_chain_of_a_material_verifies(gateway: Gateway, table: type[Row]) -> None:
    """R-AUD-2."""
    material = stored(bureau(gateway))
    journal = Journal(table, "")
    found = journal.read(material["material_id"], FiledMaterial)
    assert found
    assert verify(journal.events(material["material_id"]), found.head) == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [(None, "upload_missing"), (OTHER, "upload_differs"), (SCAN + b"!", "upload_differs"), (b"", "upload_differs")],
    ids=["nothing", "other bytes", "more", "no bytes"],
)
def test_what_is_not_what_was_declared_is_not_stored_and_may_be_sent_again(
    sent: bytes | None, code: str, gateway: Gateway, table: type[Row]
) -> None:
    material = declared(bureau(gateway))
    if sent is not None:
        upload(material["upload"], sent)
    before = all_rows(table)
    answer = complete(bureau(gateway), material)
    assert (answer.status, answer.json["code"]) == (409, code)
    written = [row["pk"]["S"][:4] for row in all_rows(table) if row not in before]
    assert written == ["acc_"], "nothing but that it was refused"
    fresh = bureau(gateway).post(f"/v1/materials/{material['material_id']}/upload-link", None)
    upload(fresh.json)
    assert complete(bureau(gateway), material).json["state"] == "stored"


def test_completing_again_is_the_same_answer_and_tells_nothing_twice(gateway: Gateway, table: type[Row]) -> None:
    """R-HND-13."""
    material = declared(bureau(gateway))
    upload(material["upload"])
    first = complete(bureau(gateway), material, key="c")
    for key in ("c", "another"):
        again = complete(bureau(gateway), material, key=key)
        assert (again.status, again.json) == (200, first.json)
    assert types(table).count("material.stored.v1") == 1


def test_a_drawing_that_the_store_verified_is_stored_without_being_read(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred megabytes fit into the gateway's 29 seconds, since S3 has hashed them already."""
    size = {"size": LARGEST, "media_type": MediaType.DWG, "file_name": "总平面图.dwg"}
    material = declared(bureau(gateway), **size)
    files = type(wiring.files())
    verified = StoredFile(size=LARGEST, version="v1", sha256=material["sha256"])
    monkeypatch.setattr(files, "find", lambda *_: verified)
    monkeypatch.delattr(files, "sha256")
    assert complete(bureau(gateway), material).json["content_version"] == "v1"


def test_what_a_living_link_writes_after_completion_is_never_shown(gateway: Gateway) -> None:
    """The version that was checked is the one that is read, in a case as well."""
    material = declared(bureau(gateway))
    upload(material["upload"])
    complete(bureau(gateway), material)
    case_id = accepted(gateway, named(material)).json["case_id"]
    upload(material["upload"], OTHER)
    assert content(bureau(gateway).get(f"/v1/materials/{material['material_id']}/content")) == SCAN
    assert content(read(liaison(gateway), case_id, material)) == SCAN


def test_a_bucket_without_versions_promises_nothing(gateway: Gateway) -> None:
    material = declared(bureau(gateway))
    versioning = {"Status": "Suspended"}
    boto3.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=versioning)  # type: ignore[arg-type]
    upload(material["upload"])
    assert complete(bureau(gateway), material).status == 500
    assert bureau(gateway).get(f"/v1/materials/{material['material_id']}").json["state"] == "declared"


@pytest.mark.parametrize("media_type", MediaType)
def test_every_kind_of_file_is_taken(media_type: MediaType, gateway: Gateway) -> None:
    """Drawings, tables, recordings: what an applicant hands in."""
    assert declared(bureau(gateway), file_name=None, media_type=media_type)["state"] == "declared"


def test_everything_wrong_with_a_declaration_is_named_at_once(gateway: Gateway) -> None:
    wrong: dict[str, Any] = {"name": "", "media_type": "text/html", "size": LARGEST + 1, "sha256": "abc"}
    answer = bureau(gateway).post("/v1/materials", material_body(**wrong))
    assert faults(answer).keys() == {f"/{name}" for name in wrong}
    ending = bureau(gateway).post("/v1/materials", material_body(file_name="图纸.exe"))
    assert faults(ending) == {"/file_name": "file_name_suffix"}


# --- Whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.APPROVER, Role.LIAISON, Role.INSPECTOR])
def test_whoever_works_on_cases_for_a_department_files_materials(role: Role, gateway: Gateway) -> None:
    """The bureau what was handed in, a department its opinions and scans (R-HND-10, R-HND-12)."""
    assert declared(gateway.with_principal(MARKET, role))["department"] == MARKET
    nobody = gateway.with_principal(None, role).post("/v1/materials", material_body())
    assert (nobody.status, nobody.json["code"]) == (403, "not_your_department")


def test_a_material_is_its_departments_alone_until_a_case_names_it(gateway: Gateway) -> None:
    material = declared(bureau(gateway))
    upload(material["upload"])
    url = f"/v1/materials/{material['material_id']}"
    stranger = liaison(gateway)
    asked = [
        stranger.get(url),
        stranger.get(f"{url}/content"),
        stranger.post(f"{url}/upload-link", None),
        stranger.post(f"{url}/complete", None),
    ]
    assert [(each.status, each.json["code"]) for each in asked] == [(403, "not_your_department")] * len(asked)


@pytest.mark.parametrize("unknown", [UNKNOWN, "case_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "x"])
def test_an_unknown_material_is_not_found(unknown: str, gateway: Gateway) -> None:
    case_id = accepted(gateway).json["case_id"]
    desk, url = bureau(gateway), f"/v1/materials/{unknown}"
    asked = [desk.get(url), desk.get(f"{url}/content"), desk.get(f"/v1/cases/{case_id}/materials/{unknown}")]
    asked += [desk.post(f"{url}/upload-link", None), desk.post(f"{url}/complete", None)]
    assert [each.status for each in asked] == [404] * len(asked)


# --- What a stage names ----------------------------------------------------------------------------


def test_whoever_may_read_a_case_reads_its_materials_and_that_is_recorded(gateway: Gateway, table: type[Row]) -> None:
    """R-HND-1, R-AUD-1: the supervisor sees on which materials was approved; each reading is an event."""
    material = stored(bureau(gateway))
    case_id = accepted(gateway, material).json["case_id"]
    assert content(read(liaison(gateway), case_id, material)) == SCAN
    assert content(read(gateway.with_principal(None, Role.OVERSIGHT), case_id, material)) == SCAN
    stranger = read(liaison(gateway, STRANGER), case_id, material)
    assert (stranger.status, stranger.json["code"]) == (403, "not_your_department")
    reads = [body_of(event, RecordRead) for event in unsent_events(table) if event.type == RecordRead.TYPE]
    assert [each.target for each in reads] == [f"{case_id}/{material['material_id']}"] * 2


def test_a_case_leads_to_no_material_it_does_not_name(gateway: Gateway) -> None:
    """Not even to the bureau's own."""
    material, other = stored(bureau(gateway)), stored(bureau(gateway), name="另一份")
    case_id = accepted(gateway, material).json["case_id"]
    for desk in (bureau(gateway), liaison(gateway)):
        refused = read(desk, case_id, other)
        assert (refused.status, refused.json["code"]) == (404, "not_found")


def test_what_an_earlier_stage_named_is_read_after_a_later_one_named_others(gateway: Gateway) -> None:
    """R-HND-2: the decision pushes all its materials; those of the acceptance stay where they were named."""
    first, second = stored(bureau(gateway)), stored(bureau(gateway), name="许可证")
    case_id = accepted(gateway, first).json["case_id"]
    decided = bureau(gateway).post("/v1/decisions", decision(materials=[second]))
    assert decided.status == 201, decided.text
    for material in (first, second):
        assert content(read(liaison(gateway), case_id, material)) == SCAN


def test_the_scan_of_an_act_done_off_line_is_read_in_its_case(gateway: Gateway) -> None:
    """R-HND-12: the scan of the letter is checked and read like any material."""
    scan = stored(bureau(gateway), name="受理通知书扫描件")
    offline = {"channel": "letter", "document_number": "示审批函〔2026〕1号", "dated": "2026-03-02"}
    offline |= {"scan": scan["sha256"], "material_id": scan["material_id"]}
    answer = accepted(gateway, offline=offline)
    assert answer.status == 201, answer.text
    assert content(read(liaison(gateway), answer.json["case_id"], scan)) == SCAN
    wrong = accepted(gateway, case_number="SP-2", offline=offline | {"scan": "0" * 64})
    assert faults(wrong) == {"/offline/scan": "material_differs"}
    unknown = accepted(gateway, case_number="SP-2", offline=offline | {"material_id": UNKNOWN})
    assert faults(unknown) == {"/offline/material_id": "material_unknown"}


def test_a_stage_names_only_what_its_bureau_stored_and_every_fault_is_told_at_once(
    gateway: Gateway, table: type[Row]
) -> None:
    """R-HND-1: stored, of the bureau's own department, and of that hash."""
    mine = stored(bureau(gateway))
    waiting = named(declared(bureau(gateway)))
    others = stored(liaison(gateway))
    elsewhere = {"name": "旧系统材料.pdf", "sha256": "0" * 64, "location": "https://archive.example/1"}
    differing = mine | {"sha256": "0" * 64}
    before = all_rows(table)
    answer = accepted(gateway, elsewhere, mine, waiting, others, differing, mine | {"material_id": UNKNOWN})
    assert faults(answer) == {
        "/materials/2/material_id": "material_not_stored",
        "/materials/3/material_id": "material_unknown",
        "/materials/4/sha256": "material_differs",
        "/materials/5/material_id": "material_unknown",
    }
    assert [row["pk"]["S"][:4] for row in all_rows(table) if row not in before] == ["acc_"]
    assert accepted(gateway, elsewhere, mine).status == 201


def test_times_and_materials_that_are_wrong_are_told_together(gateway: Gateway) -> None:
    answer = accepted(
        gateway, {"name": "一", "sha256": "0" * 64, "material_id": UNKNOWN}, accepted_at="2999-01-01T00:00:00Z"
    )
    assert faults(answer).keys() == {"/accepted_at", "/materials/0/material_id"}


def test_a_hundred_materials_cost_one_reading(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as a stage may name are looked up in one strongly consistent request."""
    material = stored(bureau(gateway))
    given = [material, *(material | {"material_id": new_id("mat")} for _ in range(99))]
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        answer = accepted(gateway, *given)
    assert len(faults(answer)) == 99
    # The case by its number, who was merged into the bureau, the materials, whether it was asked before, the note of
    # the refusal: two moments each.
    assert wire.passed == 2 * 5


# --- Killed at any moment --------------------------------------------------------------------------


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_completion_killed_at_any_moment_is_repeated_and_happens_once(
    moment: int, gateway: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-1, R-HND-13: before and after each call to AWS."""
    material = declared(bureau(gateway))
    upload(material["upload"])
    wire = Wire(moment)
    with wire.cut(monkeypatch), suppress(Killed):
        complete(bureau(gateway), material, key="c")
    assert wire.passed == moment + 1, "nobody was killed: there are fewer moments than that"
    assert complete(bureau(gateway), material, key="c").json["state"] == "stored"
    assert content(bureau(gateway).get(f"/v1/materials/{material['material_id']}/content")) == SCAN
    assert types(table) == ["material.declared.v1", "material.stored.v1"]


def test_no_moment_of_a_completion_is_left_out(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    material = declared(bureau(gateway))
    upload(material["upload"])
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        complete(bureau(gateway), material)
    assert wire.passed == MOMENTS


@pytest.mark.parametrize("moment", range(2))
def test_a_declaration_killed_at_any_moment_is_repeated_and_happens_once(
    moment: int, gateway: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A declaration is one transaction."""
    wire = Wire(moment)
    with wire.cut(monkeypatch), suppress(Killed):
        bureau(gateway).post("/v1/materials", material_body(), key="d")
    assert wire.passed == moment + 1
    again = bureau(gateway).post("/v1/materials", material_body(), key="d")
    upload(again.json["upload"])
    assert complete(bureau(gateway), again.json).json["state"] == "stored"
    assert types(table) == ["material.declared.v1", "material.stored.v1"]


def test_what_its_state_does_not_allow_is_refused_in_the_words_of_either_language(gateway: Gateway) -> None:
    """R-HND-1."""
    material = declared(bureau(gateway))
    refused = bureau(gateway).get(f"/v1/materials/{material['material_id']}/content").json
    assert refused["code"] == "wrong_state"
    assert "“已登记,待上传”,不能执行“下载”;此时可以:上传、确认上传。" in refused["detail_zh"]
    assert "“declared”, which does not allow “download”; from here: upload, complete." in refused["detail_en"]
