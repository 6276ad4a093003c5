"""Lookups at the counter through the service's own app, on its own store (R-CRD-1, R-CRD-3, R-CRD-4)."""

import re
from typing import Any

import pytest

from services.credit import wiring
from services.credit.domain.lookups import ACCEPTANCE
from services.credit.domain.rules import RULES
from services.credit.events import HANDLERS
from services.credit.schemas import LookUp
from shared.aws.consumer import take
from shared.aws.secrets import derived_key
from shared.aws.table import Row
from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.change import Context
from shared.contracts.credit import CreditLookedUp
from shared.contracts.event import Event, body_of
from shared.contracts.feedback import FeedbackOpened
from shared.kernel.clock import utc_now
from shared.kernel.codes import citizen_check_character, keyed_hash
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.aws import unsent_events
from tests.support.feedback_builders import BUREAU, SHOP, STRANGER, case_decided, penalty, thread, told
from tests.support.gateway import Answer, Gateway

CITIZEN = (body := "99010119800101001") + citizen_check_character(body)
"""An invented citizen: there is no division 990101."""


def approver(gateway: Gateway, bureau: str = BUREAU) -> Gateway:
    return gateway.with_principal(bureau, Role.APPROVER)


def authority(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.CREDIT_AUTHORITY)


def looked_up(gateway: Gateway, key: str | None = None, **changed: Any) -> Answer:
    given = {"subject_code": SHOP, "subject_kind": "organisation", "case_number": "SP-2026-000101"}
    asked = {name: value for name, value in (given | changed).items() if value is not None}
    return approver(gateway).post("/v1/lookups", asked, key=key)


def punish(**changed: Any) -> None:
    today = utc_now().date().isoformat()
    body = FeedbackOpened(thread=thread(penalty(decided_on=today, **changed)))
    take(told(body, source="/shenguan/feedback")[0], HANDLERS, "credit", utc_now)


def license_shop() -> None:
    take(case_decided(), HANDLERS, "credit", utc_now)


def of_type(table: type[Row], wanted: str) -> list[Event]:
    return [event for event in unsent_events(table) if event.type == wanted]


def everything_stored(table: type[Row]) -> str:
    return "\n".join(str(row.serialize()) for row in table.scan())


class TestAnswer:
    def test_a_newcomer_gets_the_green_channel_in_one_call(self, gateway: Gateway, table: type[Row]) -> None:
        """R-CRD-4."""
        answer = looked_up(gateway)
        assert answer.status == 201
        found = answer.json
        assert (found["grade"], found["outcome"], found["rule_version"]) == ("A", "favoured", RULES.version)
        assert found["entitlements"] == ["green_channel", "conditional_acceptance", "informed_commitment"]
        assert (found["restrictions"], found["records"], found["records_total"]) == ([], [], 0)
        assert [line["rule"] for line in found["lines"]] == ["nothing_adverse", "grade_A"]
        assert (found["subject"], found["subject_shown"]) == (SHOP, SHOP)
        assert (found["purpose"], found["department"]) == (ACCEPTANCE, BUREAU)
        (event,) = unsent_events(table)
        told_of = body_of(event, CreditLookedUp).lookup
        assert (event.subject, event.sequence) == (found["lookup_id"], 1)
        assert (told_of.lookup_id, told_of.grade, told_of.case_number) == (
            found["lookup_id"], "A", "SP-2026-000101",
        )  # fmt: skip

    @pytest.mark.usefixtures("table")
    def test_a_fine_restricts_the_next_lookup(self, gateway: Gateway) -> None:
        license_shop()
        assert looked_up(gateway).json["grade"] == "A"
        punish()
        found = looked_up(gateway).json
        assert (found["grade"], found["outcome"], found["entitlements"]) == ("C", "restricted", [])
        assert [(each["record"]["weight"], each["counts"]) for each in found["records"]] == [
            ("fine", True), ("granted", False),
        ]  # fmt: skip
        assert [line["rule"] for line in found["lines"]] == ["fined", "licences", "grade_C"]

    @pytest.mark.usefixtures("table")
    def test_a_revocation_blocks(self, gateway: Gateway) -> None:
        punish(kinds=["revocation"], fine_yuan=None)
        assert looked_up(gateway).json["outcome"] == "blocked"

    def test_a_purpose_will_do_instead_of_a_case(self, gateway: Gateway) -> None:
        found = looked_up(gateway, case_number=None, purpose="告知承诺核查抽样").json
        assert (found["case_number"], found["purpose"]) == (None, "告知承诺核查抽样")

    def test_the_same_key_gives_the_first_answer_and_logs_one_lookup(self, gateway: Gateway, table: type[Row]) -> None:
        first = looked_up(gateway, key="key-1")
        punish()
        again = looked_up(gateway, key="key-1")
        assert again.text == first.text
        assert len(of_type(table, CreditLookedUp.TYPE)) == 1

    def test_the_answer_shows_fifty_records_and_counts_them_all(self, gateway: Gateway) -> None:
        for number in range(52):
            punish(document_number=f"市监处罚〔2026〕{number}号")
        found = looked_up(gateway).json
        assert (len(found["records"]), found["records_total"]) == (50, 52)

    def test_the_documents_examples_work(self, gateway: Gateway) -> None:
        for example in LookUp.model_json_schema()["examples"]:
            assert approver(gateway).post("/v1/lookups", example).status == 201


class TestRefusals:
    def test_a_lookup_without_case_or_purpose_is_refused_and_the_refusal_recorded(
        self, gateway: Gateway, table: type[Row]
    ) -> None:
        """R-CRD-4: personal information law."""
        answer = looked_up(gateway, case_number=None)
        assert (answer.status, answer.json["code"]) == (422, "purpose_missing")
        assert of_type(table, CreditLookedUp.TYPE) == []
        (refusal,) = of_type(table, RequestRefused.TYPE)
        assert body_of(refusal, RequestRefused).code == "purpose_missing"

    @pytest.mark.parametrize(
        ("code", "faults"),
        [
            ("9199", ["uscc.length"]),
            ("I1990100MA0000015", ["uscc.length", "uscc.alphabet", "uscc.first_character"]),
            (SHOP[:-1] + "0", ["uscc.check_character"]),
            ("91990100MA00000000", ["uscc.spreadsheet_damage"]),
        ],
    )
    def test_every_fault_of_an_identifier_is_named(self, gateway: Gateway, code: str, faults: list[str]) -> None:
        """R-CRD-1."""
        answer = looked_up(gateway, subject_code=code)
        assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
        assert [error["code"] for error in answer.json["errors"]] == faults
        assert {error["pointer"] for error in answer.json["errors"]} == {"/subject_code"}

    def test_an_issued_code_that_fails_its_check_passes_with_a_warning_when_asked(self, gateway: Gateway) -> None:
        """R-CRD-1: strict and warn modes."""
        wrong = SHOP[:-1] + "0"
        assert looked_up(gateway, subject_code=wrong).status == 400
        answer = looked_up(gateway, subject_code=wrong, code_check="warn")
        assert answer.status == 201
        assert answer.json["lines"][0]["rule"] == "uscc.check_character"

    def test_a_code_is_read_in_any_width_and_case(self, gateway: Gateway) -> None:
        assert looked_up(gateway, subject_code=f" {SHOP.lower()} ").json["subject"] == SHOP

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"subject_code": None}, "/subject_code"),
            ({"subject_kind": "company"}, "/subject_kind"),
            ({"case_number": ""}, "/case_number"),
            ({"purpose": "用" * 201}, "/purpose"),
            ({"subject_code": "9" * 41}, "/subject_code"),
            ({"code_check": "lax"}, "/code_check"),
            ({"reason": "why not"}, "/reason"),
        ],
    )
    def test_a_badly_formed_lookup_is_refused_with_its_field(
        self, gateway: Gateway, changed: dict[str, Any], pointer: str
    ) -> None:
        answer = looked_up(gateway, **changed)
        assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]

    def test_only_an_approver_looks_up(self, gateway: Gateway) -> None:
        asked = {"subject_code": SHOP, "subject_kind": "organisation", "purpose": "好奇"}
        for role in set(Role) - {Role.APPROVER}:
            answer = gateway.with_principal(BUREAU, role).post("/v1/lookups", asked)
            assert (answer.status, answer.json["code"]) == (403, "forbidden")


class TestPersons:
    def test_a_citizen_id_is_stored_nowhere(self, gateway: Gateway, table: type[Row]) -> None:
        """R-CRD-1: keyed hash and masked form only."""
        answer = looked_up(gateway, subject_code=CITIZEN, subject_kind="person")
        found = answer.json
        assert found["subject"] == keyed_hash(derived_key("citizen-id"), CITIZEN)
        assert found["subject_shown"] == f"{CITIZEN[:3]}***********{CITIZEN[-4:]}"
        assert CITIZEN not in answer.text
        assert CITIZEN not in everything_stored(table)
        assert found["subject"] in everything_stored(table)

    def test_the_answer_says_that_persons_have_no_records_here(self, gateway: Gateway) -> None:
        found = looked_up(gateway, subject_code=CITIZEN, subject_kind="person").json
        assert found["grade"] == "A"
        assert found["lines"][0]["rule"] == "persons_not_collected"

    def test_a_wrong_citizen_id_is_refused_and_stored_nowhere(self, gateway: Gateway, table: type[Row]) -> None:
        wrong = CITIZEN[:-1] + ("1" if CITIZEN[-1] != "1" else "2")
        answer = looked_up(gateway, subject_code=wrong, subject_kind="person")
        assert [error["code"] for error in answer.json["errors"]] == ["citizen_id.check_character"]
        assert wrong not in answer.text
        assert wrong not in everything_stored(table)

    def test_a_citizen_id_given_for_an_organisations_is_refused_in_both_modes(
        self, gateway: Gateway, table: type[Row]
    ) -> None:
        for mode in ("strict", "warn"):
            answer = looked_up(gateway, subject_code=CITIZEN, code_check=mode)
            assert [error["code"] for error in answer.json["errors"]] == ["uscc.citizen_id"]
        assert CITIZEN not in everything_stored(table)

    def test_nobody_is_born_tomorrow(self, gateway: Gateway) -> None:
        body = "99010129990101001"
        answer = looked_up(gateway, subject_code=body + citizen_check_character(body), subject_kind="person")
        assert [error["code"] for error in answer.json["errors"]] == ["citizen_id.birth_date"]

    def test_a_citizen_id_in_an_address_is_refused_and_masked_in_the_record_of_it(
        self, gateway: Gateway, table: type[Row]
    ) -> None:
        body = "11010119800101001"
        citizen = body + citizen_check_character(body)
        answer = authority(gateway).get(f"/v1/subjects/{citizen}/records")
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "path:code")
        assert citizen not in everything_stored(table)

    def test_a_persons_file_is_for_the_credit_authority(self, gateway: Gateway) -> None:
        subject = looked_up(gateway, subject_code=CITIZEN, subject_kind="person").json["subject"]
        assert re.fullmatch("[0-9a-f]{64}", subject)
        refused = approver(gateway).get(f"/v1/subjects/{subject}/records")
        assert (refused.status, refused.json["code"]) == (403, "forbidden")
        assert authority(gateway).get(f"/v1/subjects/{subject}/records").json == {"records": [], "next": None}


class TestReading:
    def test_a_lookup_is_read_as_it_was_answered(self, gateway: Gateway, table: type[Row]) -> None:
        first = looked_up(gateway).json
        punish()
        url = f"/v1/lookups/{first['lookup_id']}"
        assert approver(gateway).get(url).json == first
        assert authority(gateway).get(url).json == first
        assert [body_of(event, RecordRead).target for event in of_type(table, RecordRead.TYPE)] == (
            [first["lookup_id"]] * 2
        )

    def test_another_bureau_does_not_read_it(self, gateway: Gateway) -> None:
        lookup_id = looked_up(gateway).json["lookup_id"]
        answer = approver(gateway, STRANGER).get(f"/v1/lookups/{lookup_id}")
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")

    def test_two_clients_without_a_department_are_strangers_to_each_other(self, gateway: Gateway) -> None:
        asked = {"subject_code": SHOP, "subject_kind": "organisation", "case_number": "SP-2026-000101"}
        one, other = (gateway.with_principal(None, Role.APPROVER, client_id=f"cli_nowhere_000{n}") for n in (1, 2))
        lookup_id = one.post("/v1/lookups", asked).json["lookup_id"]
        answer = other.get(f"/v1/lookups/{lookup_id}")
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")

    def test_the_id_of_something_else_names_no_lookup(self, gateway: Gateway, table: type[Row]) -> None:
        """A record is stored as a lookup is; its id in this address was a failure inside."""
        license_shop()
        record_id = next(row.pk for row in table.scan() if row.pk.startswith("rec_"))
        answer = authority(gateway).get(f"/v1/lookups/{record_id}")
        assert (answer.status, answer.json["code"]) == (404, "not_found")

    def test_an_unknown_lookup_is_said_to_be_unknown(self, gateway: Gateway) -> None:
        answer = authority(gateway).get("/v1/lookups/lookup_unknown000")
        assert (answer.status, answer.json["code"]) == (404, "not_found")

    def test_a_file_is_read_page_by_page_newest_decision_first(self, gateway: Gateway, table: type[Row]) -> None:
        license_shop()
        for number in range(2):
            punish(document_number=f"市监处罚〔2026〕{number}号")
        first = approver(gateway).get(f"/v1/subjects/{SHOP}/records?limit=2").json
        rest = approver(gateway).get(f"/v1/subjects/{SHOP}/records?limit=2&cursor={first['next']}").json
        assert [record["weight"] for record in first["records"] + rest["records"]] == ["fine", "fine", "granted"]
        assert rest["next"] is None
        assert len(of_type(table, RecordRead.TYPE)) == 2

    def test_a_cursor_belongs_to_one_file(self, gateway: Gateway) -> None:
        license_shop()
        punish()
        cursor = approver(gateway).get(f"/v1/subjects/{SHOP}/records?limit=1").json["next"]
        other = authority(gateway).get(f"/v1/subjects/{SHOP}/lookups?limit=1&cursor={cursor}")
        assert (other.status, other.json["code"]) == (400, "cursor_invalid")

    def test_the_credit_authority_sees_who_looked_whom_up_for_what(self, gateway: Gateway) -> None:
        """R-CRD-4."""
        ids = [looked_up(gateway).json["lookup_id"] for _ in range(2)]
        listed = authority(gateway).get(f"/v1/subjects/{SHOP}/lookups").json["lookups"]
        assert {lookup["lookup_id"] for lookup in listed} == set(ids)
        assert {(each["looked_up_by"], each["department"], each["purpose"]) for each in listed} == {
            ("cli_approver_0000", BUREAU, ACCEPTANCE)
        }
        refused = approver(gateway).get(f"/v1/subjects/{SHOP}/lookups")
        assert (refused.status, refused.json["code"]) == (403, "forbidden")

    def test_the_rule_table_is_published(self, gateway: Gateway) -> None:
        """R-CRD-3: rules are data."""
        table = gateway.get("/v1/rules").json
        assert table["version"] == RULES.version
        assert [row["grade"] for row in table["grades"]] == ["A", "B", "C", "D"]

    def test_nothing_is_read_without_a_role_for_it(self, gateway: Gateway) -> None:
        lookup_id = looked_up(gateway).json["lookup_id"]
        liaison = gateway.with_principal(BUREAU, Role.LIAISON)
        for url in (f"/v1/lookups/{lookup_id}", f"/v1/subjects/{SHOP}/records", f"/v1/subjects/{SHOP}/lookups"):
            assert liaison.get(url).json["code"] == "forbidden"


@pytest.mark.usefixtures("table")
def test_only_a_consumed_event_is_noted_as_seen() -> None:
    with pytest.raises(ValueError, match="consumed event"):
        wiring.store().note_seen(Context(ANONYMOUS, utc_now(), "correlation"))
