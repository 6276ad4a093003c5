"""What becomes of a published item: suspended, reinstated, retired; its versions, lists and differences (R-REG-4)."""

from datetime import timedelta
from typing import Any

import pytest

from services.registry import wiring
from services.registry.domain.changes import ChangeEntry
from services.registry.domain.items import MOVES, OF_A_DRAFT, Standing
from services.registry.domain.versions import MOST_TO_COME
from shared.aws.table import Row
from shared.contracts.items import VERSION_EVENTS
from shared.kernel.clock import to_text, utc_now
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    act,
    anybody,
    department_body,
    item_body,
    publish,
    put,
    registrar,
)

CODE = "000131016000"
PARTIES = {"scope": "parties"}
ACTS = ("suspend", "reinstate", "retire")


@pytest.fixture
def bureau(table: type[Row]) -> str:
    assert table
    return a_bureau()


@pytest.fixture
def market(table: type[Row]) -> str:
    assert table
    return a_department()


@pytest.fixture
def health(table: type[Row]) -> str:
    assert table
    return a_department(name="临江市卫生健康委员会")


def later(days: int) -> str:
    return to_text(utc_now() + timedelta(days=days))


def done(file: dict[str, Any], bureau: str, name: str, **body: Any) -> dict[str, Any]:
    answer = act(registrar(bureau), file, name, **{"reason": "依据调整"} | body)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def refused(answer: Answer) -> dict[str, str]:
    return {each["pointer"]: each["code"] for each in answer.json["errors"]}


def edited(file: dict[str, Any], bureau: str, *supervisors: str, **changed: Any) -> dict[str, Any]:
    url = f"/v1/items/{file['item_id']}"
    answer = put(registrar(bureau), url, item_body(bureau, *supervisors, **changed), file["revision"], key=later(0))
    assert answer.status == 200, answer.text
    return dict(answer.json)


def in_force() -> str | None:
    found = wiring.public_list().in_force(CODE, utc_now())
    return found.item.standing.value if found else None


def reader(department: str | None, *roles: Role) -> Gateway:
    return anybody().with_principal(department, *roles)


class TestLife:
    def test_an_item_is_suspended_reinstated_and_retired_each_by_a_version_of_its_own(
        self, bureau: str, market: str, table: type[Row]
    ) -> None:
        """R-REG-4: every change makes a new version with author, reason and effective-from."""
        file = a_published_item(bureau, market)
        standings = [in_force()]
        for name in ACTS:
            file = done(file, bureau, name)
            standings.append(in_force())
        assert standings == ["published", "suspended", "published", "retired"]
        told = [each for each in unsent_events(table) if each.type in {body.TYPE for body in VERSION_EVENTS}]
        assert [(each.type, each.data.body["item"]["version"]) for each in told] == [
            ("item.published.v1", 1),
            ("item.suspended.v1", 2),
            ("item.reinstated.v1", 3),
            ("item.retired.v1", 4),
        ]
        page = registrar(bureau).get(f"/v1/items/{file['item_id']}/versions").json
        assert [(each["item"]["version"], each["act"]) for each in page["versions"]] == [
            (4, "retire"),
            (3, "reinstate"),
            (2, "suspend"),
            (1, "publish"),
        ]
        assert all(each["reason"] and each["author"]["department"] == bureau for each in page["versions"])

    @pytest.mark.parametrize("standing", Standing)
    def test_from_each_standing_only_its_own_moves_are_made(self, standing: Standing, bureau: str, market: str) -> None:
        """R-REG-4: the whole table; what is not in it is refused, naming what is legal."""
        file = a_draft(bureau, market)
        path = {
            Standing.UNPUBLISHED: [],
            Standing.PUBLISHED: ["publish"],
            Standing.SUSPENDED: ["publish", "suspend"],
            Standing.TO_BE_RETIRED: ["publish", "retire"],
            Standing.RETIRED: ["publish", "retire"],
        }
        when = {"effective_from": later(30)} if standing is Standing.TO_BE_RETIRED else {}
        for name in path[standing]:
            file = publish(registrar(bureau), file).json if name == "publish" else done(file, bureau, name, **when)
        legal = {each for each in MOVES[standing] if file["draft"] or each not in OF_A_DRAFT}
        for move in {"publish", *ACTS} - legal:
            answer = act(registrar(bureau), file, move, reason="试")
            assert (answer.status, answer.json["code"]) == (409, "wrong_state"), move
        url = f"/v1/items/{file['item_id']}"
        edit = put(registrar(bureau), url, item_body(bureau, market), file["revision"])
        assert edit.status == (200 if "edit" in MOVES[standing] else 409)

    @pytest.mark.parametrize("name", ACTS)
    def test_an_act_says_why(self, name: str, bureau: str, market: str) -> None:
        answer = act(registrar(bureau), a_published_item(bureau, market), name)
        assert refused(answer) == {"/reason": "missing"}

    def test_the_first_version_needs_no_reason_and_every_later_one_does(self, bureau: str, market: str) -> None:
        """R-REG-4."""
        first = publish(registrar(bureau), a_draft(bureau, market), reason=None)
        assert first.status == 200
        second = edited(first.json, bureau, market, name="新名")
        assert refused(publish(registrar(bureau), second, reason=None)) == {"/reason": "reason_required"}
        assert publish(registrar(bureau), second, reason="名称规范").status == 200

    @pytest.mark.parametrize("name", ACTS)
    def test_only_the_bureau_acts(self, name: str, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        assert act(registrar(market), file, name, reason="试").json["code"] == "not_your_department"

    def test_an_act_repeated_with_its_key_is_one_version(self, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        url, match = f"/v1/items/{file['item_id']}/suspend", {"If-Match": '"v2"'}
        first, again = (registrar(bureau).post(url, {"reason": "试"}, key="s", **match) for _ in range(2))
        assert (again.status, again.json) == (200, first.json)
        stale = registrar(bureau).post(url, {"reason": "再试"}, key="t", **match)
        assert stale.json["code"] == "version_stale"

    def test_a_retirement_ends_the_draft_and_its_consultation(self, bureau: str, market: str) -> None:
        file = edited(a_published_item(bureau, market), bureau, market, name="新名")
        file = act(registrar(bureau), file, "consultation").json
        ended = done(file, bureau, "retire")
        assert (ended["draft"], ended["consultation"]) == (None, None)
        assert reader(market, Role.LIAISON).get(f"/v1/consultations?department={market}").json["consultations"] == []

    def test_a_suspension_leaves_the_draft_which_is_published_after_it(self, bureau: str, market: str) -> None:
        file = edited(a_published_item(bureau, market), bureau, market, name="新名")
        file = done(file, bureau, "suspend")
        assert file["draft"]["version"] == 3
        file = done(file, bureau, "reinstate")
        assert (file["draft"]["version"], file["published"]["item"]["name"]) == (4, "食品经营许可")
        assert publish(registrar(bureau), file).json["published"]["item"]["version"] == 4

    def test_an_act_concerns_what_is_in_force_when_it_takes_effect(self, bureau: str, market: str) -> None:
        """What was to come later is superseded, and never comes into force earlier than was published."""
        file = a_published_item(bureau, market)
        file = publish(
            registrar(bureau), edited(file, bureau, market, name="将来的名称"), effective_from=later(30)
        ).json
        suspended = done(file, bureau, "suspend")["published"]["item"]
        assert (suspended["name"], suspended["standing"]) == ("食品经营许可", "suspended")
        found = wiring.public_list().in_force(CODE, utc_now() + timedelta(days=60))
        assert found
        assert (found.item.version, found.item.name) == (3, "食品经营许可")
        assert wiring.items().version(CODE, 2)

    def test_an_act_may_be_announced(self, bureau: str, market: str) -> None:
        file = done(a_published_item(bureau, market), bureau, "retire", effective_from=later(30))
        assert (in_force(), file["published"]["item"]["standing"]) == ("published", "retired")
        called_back = done(file, bureau, "reinstate")["published"]["item"]
        assert called_back["standing"] == "published"
        found = wiring.public_list().in_force(CODE, utc_now() + timedelta(days=60))
        assert found
        assert (found.item.version, found.item.standing) == (3, "published")
        past = act(registrar(bureau), a_published_item(bureau, market, code="B-1"), "suspend", reason="试",
                   effective_from=later(-1))  # fmt: skip
        assert refused(past) == {"/effective_from": "effective_too_early"}

    def test_an_item_is_reinstated_only_if_its_departments_can_do_their_part(self, bureau: str, market: str) -> None:
        """R-ORG-1, R-ORG-2."""
        file = done(a_published_item(bureau, market), bureau, "suspend")
        gone = [{"name": "李敏", "phone": "0999-5550101", "active": False}]
        put(registrar(), f"/v1/departments/{market}", department_body(liaisons=gone), 1)
        answer = act(registrar(bureau), file, "reinstate", reason="恢复")
        assert (answer.status, answer.json["code"]) == (422, "liaison_missing")

    def test_a_suspended_department_supervises_nothing_new(self, bureau: str, market: str) -> None:
        """R-ORG-1."""
        file = a_draft(bureau, market)
        headers = {"If-Match": '"v1"'}
        stopped = registrar().post(f"/v1/departments/{market}/suspend", {"reason": "机构改革"}, **headers)
        assert stopped.status == 200, stopped.text
        answer = publish(registrar(bureau), file)
        assert (answer.status, answer.json["code"]) == (422, "department_inactive")
        assert refused(answer) == {"/supervisors/0/department": "department_inactive"}

    def test_only_so_many_versions_wait(self, bureau: str, market: str) -> None:
        """An item's file holds them all."""
        file = a_published_item(bureau, market)
        for day in range(1, MOST_TO_COME + 1):
            draft = edited(file, bureau, market, name=f"第{day}版")
            file = publish(registrar(bureau), draft, effective_from=later(day)).json
        draft = edited(file, bureau, market, name="多出来的一版")
        answer = publish(registrar(bureau), draft, effective_from=later(MOST_TO_COME + 1))
        assert refused(answer) == {"/effective_from": "too_many_to_come"}
        assert publish(registrar(bureau), draft, effective_from=later(3)).status == 200


class TestReaders:
    def test_an_item_shared_with_its_parties_is_shown_to_them_alone(
        self, bureau: str, market: str, health: str
    ) -> None:
        """R-REG-2: sharing scope."""
        file = a_published_item(bureau, market, sharing=PARTIES)
        url = f"/v1/items/{file['item_id']}"
        for principal in (
            reader(bureau, Role.APPROVER),
            reader(market, Role.LIAISON),
            reader(None, Role.REGISTRAR),
            reader(health, Role.OVERSIGHT),
        ):
            assert principal.get(url).status == 200
            assert len(principal.get(f"{url}/versions").json["versions"]) == 1
        stranger = reader(health, Role.LIAISON)
        assert stranger.get(url).json["code"] == "not_your_department"
        assert stranger.get(f"{url}/versions").json["versions"] == []
        assert stranger.get(f"{url}/differences?from=1&to=1").json["code"] == "not_your_department"

    def test_an_item_shared_within_government_is_shown_to_anybody_with_a_token(
        self, bureau: str, market: str, health: str
    ) -> None:
        file = a_published_item(bureau, market, sharing={"scope": "government"})
        url = f"/v1/items/{file['item_id']}"
        assert reader(health, Role.LIAISON).get(url).status == 200
        assert len(reader(health, Role.LIAISON).get(f"{url}/versions").json["versions"]) == 1
        assert anybody().get(f"/v1/public/items/{CODE}/differences?from=1&to=1").status == 404

    def test_each_version_is_shared_as_it_says_itself(self, bureau: str, market: str, health: str) -> None:
        file = a_published_item(bureau, market)
        file = publish(registrar(bureau), edited(file, bureau, market, sharing=PARTIES)).json
        found = reader(health, Role.LIAISON).get(f"/v1/items/{file['item_id']}/versions").json["versions"]
        assert [each["item"]["version"] for each in found] == [1]

    def test_versions_come_newest_first_page_by_page(self, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        for _ in range(3):
            file = done(done(file, bureau, "suspend"), bureau, "reinstate")
        url = f"/v1/items/{file['item_id']}/versions?limit=3"
        seen: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            page = registrar(bureau).get(f"{url}&cursor={cursor}" if cursor else url).json
            seen += [each["item"]["version"] for each in page["versions"]]
            cursor = page["next"]
        assert seen == [7, 6, 5, 4, 3, 2, 1]


class TestOwnItems:
    def test_a_bureau_lists_what_it_approves_and_others_what_names_them(
        self, bureau: str, market: str, health: str
    ) -> None:
        """R-REG-1."""
        drafted = a_draft(bureau, market, code="A-1")
        published = a_published_item(bureau, market, health, code="B-1")
        suspended = done(a_published_item(bureau, health, code="C-1"), bureau, "suspend")
        ids = [each["item_id"] for each in (drafted, published, suspended)]

        def listed(gateway: Gateway, query: str = "") -> list[str]:
            page = gateway.get(f"/v1/items{query}")
            assert page.status == 200, page.text
            return [each["item_id"] for each in page.json["items"]]

        assert listed(registrar(bureau)) == ids
        assert listed(reader(market, Role.LIAISON)) == ids[:2]
        assert listed(reader(health, Role.INSPECTOR)) == ids[1:]
        by_state = {state: listed(registrar(bureau), f"?state={state}") for state in Standing}
        assert by_state == {
            "unpublished": ids[:1],
            "published": ids[1:2],
            "suspended": ids[2:],
            "to_be_retired": [],
            "retired": [],
        }
        assert listed(registrar(None), f"?department={market}") == ids[:2]

    def test_another_departments_items_are_its_own_affair(self, bureau: str, market: str) -> None:
        for gateway, query in ((registrar(market), f"?department={bureau}"), (registrar(None), "")):
            answer = gateway.get(f"/v1/items{query}")
            assert (answer.status, answer.json["code"]) == (403, "not_your_department")
        unknown = registrar(None).get("/v1/items?department=dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E")
        assert (unknown.status, unknown.json["code"]) == (404, "not_found")

    def test_a_page_is_filled_with_what_was_asked_for(self, bureau: str, market: str) -> None:
        files = [a_draft(bureau, market, code=f"A-{number:02}") for number in range(9)]
        wanted = [publish(registrar(bureau), each).json["item_id"] for each in files[::3]]
        seen: list[str] = []
        url = "/v1/items?state=published&limit=2"
        cursor: str | None = ""
        while cursor is not None:
            page = registrar(bureau).get(f"{url}&cursor={cursor}" if cursor else url).json
            seen += [each["item_id"] for each in page["items"]]
            cursor = page["next"]
        assert seen == wanted

    def test_a_line_says_what_is_owed(self, bureau: str, market: str) -> None:
        file = act(
            registrar(bureau), edited(a_published_item(bureau, market), bureau, market, name="新名"), "consultation"
        )
        (line,) = registrar(bureau).get("/v1/items").json["items"]
        assert line == {
            "item_id": file.json["item_id"],
            "revision": 4,
            "code": CODE,
            "name": "新名",
            "state": "published",
            "version": 1,
            "drafted": True,
            "awaited": [market],
        }

    def test_a_department_no_longer_named_no_longer_lists_the_item(self, bureau: str, market: str, health: str) -> None:
        file = a_published_item(bureau, market)
        publish(registrar(bureau), edited(file, bureau, health))
        assert reader(market, Role.LIAISON).get("/v1/items").json["items"] == []
        assert len(reader(health, Role.LIAISON).get("/v1/items").json["items"]) == 1


class TestDifferences:
    def test_two_versions_are_compared_in_words(self, bureau: str, market: str, health: str) -> None:
        """R-REG-4, R-REG-5."""
        file = a_published_item(bureau, market)
        file = publish(
            registrar(bureau),
            edited(file, bureau, market, health, committed_limit={"amount": 5}, procedures=["hearing", "site_survey"]),
        ).json
        people = "食品经营监督检查,食品经营监管科,李敏,0999-5550101"
        wanted = {
            "committed_limit": (
                "承诺时限:由“8个工作日”改为“5个工作日”",
                "Committed limit: from “8 working days” to “5 working days”",
            ),
            "procedures": (
                "特别程序:由“无”改为“听证、现场踏勘”",
                "Procedures: from “none” to “hearing, site survey”",
            ),
            f"supervisors/{health}": (
                f"监管部门:由“无”改为“临江市卫生健康委员会(配合):{people}”",
                f"Supervision departments: from “none” to “临江市卫生健康委员会 (assisting): {people}”",
            ),
        }
        for url in (f"/v1/items/{file['item_id']}/differences", f"/v1/public/items/{CODE}/differences"):
            answer = registrar(bureau).get(f"{url}?from=1&to=2")
            assert answer.status == 200, answer.text
            assert (answer.json["from_version"], answer.json["to_version"]) == (1, 2)
            assert {each["field"]: (each["zh"], each["en"]) for each in answer.json["differences"]} == wanted
        same = registrar(bureau).get(f"/v1/public/items/{CODE}/differences?from=2&to=2")
        assert same.json["differences"] == []

    def test_a_version_is_compared_with_the_draft(self, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        url = f"/v1/items/{file['item_id']}/differences?from=1&to=draft"
        assert registrar(bureau).get(url).json["code"] == "not_found"
        edited(file, bureau, market, item_type="07")
        answer = registrar(bureau).get(url).json
        assert answer["to_version"] is None
        assert [each["zh"] for each in answer["differences"]] == ["事项类型:由“01 行政许可”改为“07 行政确认”"]

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("from=0&to=1", "query:from"),
            ("from=1", "query:to"),
            ("from=1&to=latest", "query:to"),
            ("from=draft&to=1", "query:from"),
        ],
    )
    def test_what_names_no_versions_is_refused(self, query: str, pointer: str, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        assert set(refused(registrar(bureau).get(f"/v1/items/{file['item_id']}/differences?{query}"))) == {pointer}

    def test_a_version_that_never_was_is_not_found(self, bureau: str, market: str) -> None:
        file = a_published_item(bureau, market)
        for url in (f"/v1/items/{file['item_id']}/differences", f"/v1/public/items/{CODE}/differences"):
            answer = registrar(bureau).get(f"{url}?from=1&to=2")
            assert (answer.status, answer.json["code"]) == (404, "not_found")


class TestChangeLog:
    def entries(self, table: type[Row]) -> list[ChangeEntry]:
        rows = sorted(
            (row for row in all_rows(table) if row["pk"]["S"].startswith("changes#")), key=lambda row: row["sk"]["S"]
        )
        return [ChangeEntry.model_validate_json(row["body"]["S"]) for row in rows]

    def test_every_version_is_in_the_log_with_what_it_changed_in_words(
        self, bureau: str, market: str, health: str, table: type[Row]
    ) -> None:
        """R-REG-5."""
        file = a_published_item(bureau, market)
        file = publish(registrar(bureau), edited(file, bureau, health), reason="监管职责调整").json
        done(file, bureau, "suspend")
        found = self.entries(table)
        assert [(each.version, each.act) for each in found] == [(1, "publish"), (2, "publish"), (3, "suspend")]
        assert [len(each.differences) for each in found] == [0, 2, 1]
        assert found[1].reason == "监管职责调整"
        assert "临江市市场监督管理局" in found[1].differences[0].zh
        assert found[2].differences[0].zh == "事项状态:由“在用”改为“暂停”"

    def test_an_entry_stands_in_the_month_of_beijing(self, bureau: str, market: str, table: type[Row]) -> None:
        a_published_item(bureau, market)
        (entry,) = self.entries(table)
        month = (entry.published_at + timedelta(hours=8)).strftime("%Y-%m")
        assert [row["pk"]["S"] for row in all_rows(table) if row["pk"]["S"].startswith("changes#")] == [
            f"changes#{month}"
        ]

    def test_what_was_kept_from_the_public_is_not_told_when_it_becomes_public(
        self, bureau: str, market: str, table: type[Row]
    ) -> None:
        """R-REG-2."""
        file = a_published_item(bureau, market, sharing=PARTIES, name="内部名称")
        publish(registrar(bureau), edited(file, bureau, market))
        assert [(each.scope, each.differences) for each in self.entries(table)] == [("parties", ()), ("public", ())]
