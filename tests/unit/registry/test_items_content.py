"""What an item must hold, and what is only remarked on (R-REG-1, R-REG-2, R-REG-3, R-ORG-3)."""

from datetime import date
from typing import Any

import pytest

from services.registry.domain.codes import code_warnings
from services.registry.domain.content import item_faults, warnings_of
from services.registry.domain.documents import FiledDocument
from services.registry.domain.jurisdiction import ITEM_TYPES, NATIONAL, Jurisdiction
from shared.aws.journal import HEAD
from shared.aws.table import Row
from shared.contracts.departments import Department, DepartmentState, Liaison, Person, Section
from shared.contracts.items import DutyDocument, FeedbackLimit
from shared.contracts.uploads import UploadState
from shared.contracts.vocabulary import (
    ApprovalMode,
    DepartmentKind,
    DocumentKind,
    FeedbackKind,
    Level,
    Procedure,
    Stage,
    TimeLimit,
)
from shared.kernel.codes import make_uscc
from shared.kernel.errors import Fault
from tests.support.gateway import Answer
from tests.support.handover_builders import BUREAU, HEALTH, LONG_AGO, MARKET, item, supervisor
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    forget,
    item_body,
    publish,
    put,
    registrar,
)

IMPLEMENTATION = f"{make_uscc('11990100MB000000')}0000131016000"
"""A national implementation code: 31 characters, of which the invented body's identifier is 18."""

DOCUMENT = DutyDocument(
    document_id="doc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    kind=DocumentKind.MEMORANDUM,
    name="工作备忘录",
    number="临审监备〔2026〕3号",
    issued_on=date(2026, 1, 5),
    media_type="application/pdf",
    size=3,
    sha256="0" * 64,
)


def a_registered(identifier: str, kind: DepartmentKind = DepartmentKind.SUPERVISION, **changed: Any) -> Department:
    given: dict[str, Any] = {
        "department_id": identifier,
        "version": 1,
        "name": f"临江市{identifier[8:14]}局",
        "kind": kind,
        "level": Level.CITY,
        "division_code": "990100",
        "leader": "周立新",
        "coordinating_section": "综合科",
        "liaisons": (Liaison(name="李敏", phone="0999-5550101"),),
    }
    return Department(**given | changed)


def known(**market: Any) -> dict[str, Department]:
    return {
        BUREAU: a_registered(BUREAU, DepartmentKind.APPROVAL),
        MARKET: a_registered(MARKET, **market),
        HEALTH: a_registered(HEALTH),
    }


def codes(faults: tuple[Fault, ...]) -> dict[str, str]:
    return {each.pointer: each.code for each in faults}


def warned(answer: Answer) -> dict[str, str]:
    return {each["pointer"]: each["code"] for each in answer.json["warnings"]}


class TestFaults:
    def test_everything_wrong_is_told_at_once(self) -> None:
        """R-REG-1, R-REG-2."""
        limits = [FeedbackLimit(kind=FeedbackKind.INSPECTION, limit=TimeLimit(amount=n)) for n in (1, 2)]
        wrong = item(
            item_type="99",
            push_stages=(Stage.DECISION, Stage.DECISION),
            procedures=(Procedure.HEARING, Procedure.HEARING),
            feedback_limits=tuple(limits),
            supervisors=(supervisor(), supervisor()),
            statutory_limit=TimeLimit(amount=5),
            committed_limit=TimeLimit(amount=6),
        )
        assert codes(item_faults(wrong, known())) == {
            "/item_type": "item_type_unknown",
            "/push_stages/1": "stage_twice",
            "/procedures/1": "procedure_twice",
            "/feedback_limits/1/kind": "feedback_kind_twice",
            "/supervisors": "lead_required",
            "/supervisors/1/department": "supervisor_twice",
            "/committed_limit": "limit_over_statutory",
        }

    @pytest.mark.parametrize("code", NATIONAL.item_types)
    def test_every_national_item_type_is_known(self, code: str) -> None:
        """R-REG-2."""
        assert item_faults(item(item_type=code), known()) == ()

    @pytest.mark.parametrize(("jurisdiction", "code"), [("national", "20"), ("guangdong", "21")])
    def test_public_service_has_its_code_by_jurisdiction(self, jurisdiction: str, code: str) -> None:
        """R-REG-2: Guangdong uses 21."""
        here = Jurisdiction(ITEM_TYPES[jurisdiction])
        assert item_faults(item(item_type=code), known(), here) == ()
        (fault,) = item_faults(item(item_type={"20": "21", "21": "20"}[code]), known(), here)
        assert (fault.code, code in fault.en) == ("item_type_unknown", True)

    @pytest.mark.parametrize(
        ("statutory", "committed", "refused"),
        [
            (("20", "working_day"), ("20", "working_day"), False),
            (("20", "working_day"), ("21", "working_day"), True),
            (("1", "hour"), ("60", "minute"), False),
            (("1", "hour"), ("61", "minute"), True),
            (("90", "minute"), ("2", "hour"), True),
            (("48", "hour"), ("2", "working_day"), False),
            (("47", "hour"), ("2", "working_day"), True),
            # A working day may come days later: no number of hours is longer for sure.
            (("2", "working_day"), ("200", "hour"), False),
        ],
    )
    def test_what_was_promised_is_no_longer_than_the_law_allows(
        self, statutory: tuple[str, Any], committed: tuple[str, Any], *, refused: bool
    ) -> None:
        """R-REG-2, R-HND-14."""
        limits = [TimeLimit(amount=int(amount), unit=unit) for amount, unit in (statutory, committed)]
        found = item_faults(item(statutory_limit=limits[0], committed_limit=limits[1]), known())
        assert [each.code for each in found] == (["limit_over_statutory"] if refused else [])

    @pytest.mark.parametrize("mode", ApprovalMode)
    @pytest.mark.parametrize("level", Level)
    def test_a_supervisor_of_any_level_will_do_however_the_item_is_approved(
        self, mode: ApprovalMode, level: Level
    ) -> None:
        """R-ORG-3: development zones, superiors, what was cancelled, devolved, entrusted or is only filed."""
        given = item(level=Level.DEVELOPMENT_ZONE, approval_mode=mode, division_code="990171")
        assert item_faults(given, known(level=level, division_code="990000")) == ()

    def test_a_development_zone_item_is_published_with_the_parent_citys_department(self, table: type[Row]) -> None:
        """R-ORG-3."""
        assert table
        zone = a_department(name="临江高新区行政审批局", kind="approval", level="development_zone")
        city = a_department(level="city")
        draft = a_draft(zone, city, level="development_zone", approval_mode="cancelled_but_supervised")
        assert publish(registrar(zone), draft).status == 200


class TestCodes:
    @pytest.mark.parametrize("code", [IMPLEMENTATION, "000131016000", "0001310160001", "511A0208900-07"])
    def test_known_shapes_pass_without_a_remark(self, code: str) -> None:
        """R-REG-2: 31 characters, 12 or 13 digits, hyphens."""
        assert code_warnings(code) == ()

    @pytest.mark.parametrize(
        ("code", "remark"),
        [
            ("11990100MB0000001", "code_body_cut"),
            ("115106001234567000", "code_spreadsheet_damage"),
            ("1151060012345670000000000000000", "code_spreadsheet_damage"),
            ("131016000", "code_zeros_lost"),
            ("511a0208900-07", "code_lower_case"),
            ("11510600123456789", "code_body_cut"),
            ("00013101600012", "code_shape"),
            ("X", "code_shape"),
            ("11990100MB000000190000131016000", "code_body_mistyped"),
        ],
    )
    def test_odd_codes_are_remarked_on(self, code: str, remark: str) -> None:
        """R-REG-2, R-CRD-1: what spreadsheets and typing do to codes."""
        (found,) = code_warnings(code)
        assert (found.pointer, found.code) == ("/code", remark)
        assert code in found.zh
        assert code in found.en

    @pytest.mark.parametrize("code", ["11990100MB0000001", "131016000", "511a0208900-07", "a_B.c", f"{'1' * 15}000"])
    def test_a_code_is_kept_exactly_and_only_remarked_on(self, code: str, table: type[Row]) -> None:
        """R-REG-2: opaque, character by character; old lists are in use as they are."""
        assert table
        bureau, market = a_bureau(), a_department()
        answer = registrar(bureau).post("/v1/items", item_body(bureau, market, code=code))
        assert (answer.status, answer.json["draft"]["code"]) == (201, code)
        assert "/code" in warned(answer)
        published = publish(registrar(bureau), answer.json)
        assert published.json["published"]["item"]["code"] == code
        assert registrar(None).get(f"/v1/public/items/{code}").json["item"]["code"] == code


class TestWarnings:
    def test_people_and_sections_not_registered_are_remarked_on_where_the_department_lists_them(self) -> None:
        """R-REG-1: responsible section and person on both sides."""
        someone = supervisor()
        people = (Person(person_id="psn_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", name="别人", phone="0999-5550105"),)
        sections = (Section(section_id="sec_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", name="别的科"),)
        found = codes(warnings_of(item(), known(people=people, sections=sections), (DOCUMENT,)))
        assert found == {
            "/supervisors/0/section": "section_unregistered",
            "/supervisors/0/person": "person_unregistered",
        }
        at_home = (people[0].model_copy(update={"name": someone.person}),)
        there = (sections[0].model_copy(update={"name": someone.section}),)
        assert warnings_of(item(), known(people=at_home, sections=there), (DOCUMENT,)) == ()
        liaison = Liaison(name=someone.person, phone="0999-5550101")
        assert warnings_of(item(), known(people=people, liaisons=(liaison,)), (DOCUMENT,)) == ()

    def test_a_department_no_longer_active_is_remarked_on(self) -> None:
        found = codes(warnings_of(item(), known(state=DepartmentState.SUSPENDED), (DOCUMENT,)))
        assert found == {"/supervisors/0/department": "department_inactive"}

    @pytest.mark.parametrize("level", [Level.CITY, Level.PROVINCE])
    def test_without_a_duty_document_the_boundary_is_remarked_on(self, level: Level) -> None:
        """R-REG-3: approval and supervision lie in different departments or levels."""
        assert codes(warnings_of(item(), known(level=level))) == {"/documents": "duty_document_missing"}

    def test_warnings_are_answered_by_drafts_edits_and_publications_in_both_languages(self, table: type[Row]) -> None:
        """R-REG-2."""
        assert table
        bureau, market = a_bureau(), a_department()
        drafted = registrar(bureau).post("/v1/items", item_body(bureau, market, code="X-1a"))
        url = f"/v1/items/{drafted.json['item_id']}"
        edited = put(registrar(bureau), url, item_body(bureau, market, code="X-1a", name="新名"), 1)
        published = publish(registrar(bureau), edited.json)
        for answer in (drafted, edited, published):
            assert warned(answer) == {"/code": "code_lower_case", "/documents": "duty_document_missing"}
            assert all(each["zh"] and each["en"] for each in answer.json["warnings"])


class TestDutyDocuments:
    """R-REG-3."""

    def stored(self, table: type[Row], state: UploadState, **changed: Any) -> str:
        filed = FiledDocument(
            **dict(DOCUMENT) | changed, department=BUREAU, file_name="备忘录.pdf", state=state, declared_at=LONG_AGO
        )
        table(pk=filed.document_id, sk=HEAD, body=filed.model_dump_json(), chain="{}").save()
        return filed.document_id

    def test_an_item_refers_to_documents_whose_upload_was_checked(self, table: type[Row]) -> None:
        bureau, market = a_bureau(), a_department()
        stored = self.stored(table, UploadState.STORED)
        declared = self.stored(table, UploadState.DECLARED, document_id=DOCUMENT.document_id.replace("4E", "4F"))
        unknown = DOCUMENT.document_id.replace("4E", "4G")
        refused = registrar(bureau).post("/v1/items", item_body(bureau, market, documents=[stored, declared, unknown]))
        assert {each["pointer"]: each["code"] for each in refused.json["errors"]} == {
            "/documents/1": "document_unknown",
            "/documents/2": "document_unknown",
        }
        answer = registrar(bureau).post("/v1/items", item_body(bureau, market, documents=[stored]))
        assert [each["number"] for each in answer.json["draft"]["documents"]] == [DOCUMENT.number]
        assert warned(answer) == {}
        done = publish(registrar(bureau), answer.json)
        assert done.json["published"]["item"]["documents"] == answer.json["draft"]["documents"]

    def test_a_document_is_listed_once(self, table: type[Row]) -> None:
        bureau, market = a_bureau(), a_department()
        stored = self.stored(table, UploadState.STORED)
        answer = registrar(bureau).post("/v1/items", item_body(bureau, market, documents=[stored, stored]))
        assert {each["pointer"]: each["code"] for each in answer.json["errors"]} == {"/documents/1": "document_twice"}

    def test_where_they_are_a_must_nothing_is_published_without_one(
        self, table: type[Row], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DUTY_DOCUMENTS", "require")
        forget()
        bureau, market = a_bureau(), a_department()
        refused = publish(registrar(bureau), a_draft(bureau, market))
        assert {each["pointer"]: each["code"] for each in refused.json["errors"]} == {
            "/documents": "duty_document_missing"
        }
        draft = a_draft(bureau, market, code="B-1", documents=[self.stored(table, UploadState.STORED)])
        assert publish(registrar(bureau), draft).status == 200
