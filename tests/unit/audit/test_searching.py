"""Searching the log: who did what, when, to which case (R-AUD-1, R-AUD-4)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import wiring
from services.audit.domain.log import LogDamagedError, Message
from services.audit.domain.postings import Block, Dimension, PostingList, falling, packed, unpacked
from services.audit.events import indexing as functions
from services.audit.logic import indexing, searching
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log, Missing
from shared.contracts.dockets import Docket
from shared.contracts.event import Envelope
from shared.kernel.clock import utc_now
from shared.kernel.permissions import Role
from shared.kernel.tiles import TileError
from tests.support import crashes
from tests.support.audit_builders import NOW, an_event
from tests.support.aws import TICK, unsent_events
from tests.support.gateway import Gateway
from tests.unit.audit.conftest import BUCKET

CASE, OTHER_CASE = "case_0000000001", "case_0000000002"
HEALTH = "dept_health_00001"
PERIOD = "from=2026-02-20&to=2026-03-10"
INDICES = st.lists(st.integers(0, 3000), unique=True, min_size=1).map(sorted)


def put_in(log: Log, *told: tuple[Envelope, Docket]) -> None:
    """Seal envelopes with their dockets, in one batch."""
    batch = {f"m{n}": Message(envelope.canonical().decode(), docket) for n, (envelope, docket) in enumerate(told)}
    assert seal(log, batch, NOW).sealed == len(told)


def event(*, hours: float = 0, department: str = "dept_market_regulation", **given: Any) -> Envelope:
    envelope = an_event(time=NOW + timedelta(hours=hours), **given).envelope()
    return envelope.model_copy(update={"department": department})


def docket(case: str | None = None, principal: str = "cli_liaison_0001") -> Docket:
    return Docket(case=case, principal=principal, request="correlation-1")


def build_index() -> None:
    functions.index(TICK, None)


@pytest.fixture
def auditor(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.AUDIT_ADMIN)


def found(auditor: Gateway, asked: str, limit: int = 200) -> list[str]:
    """The ids of everything that is found, over all pages."""
    ids: list[str] = []
    following = ""
    while True:
        answer = auditor.get(f"/v1/events?{asked}&limit={limit}{following}")
        assert answer.status == 200, answer.text
        ids += [row["envelope"]["id"] for row in answer.json["events"]]
        assert len(answer.json["events"]) <= limit
        if answer.json["next"] is None:
            return ids
        following = f"&cursor={answer.json['next']}"


class TestSearch:
    def test_it_finds_by_case_principal_department_kind_and_time_newest_first(self, auditor: Gateway, log: Log) -> None:
        """R-AUD-1."""
        first = event(subject=CASE)
        linked = event(hours=1, department=HEALTH)
        another = event(hours=2, subject=OTHER_CASE)
        later = event(hours=72)
        put_in(
            log,
            (first, docket(CASE)),
            (linked, docket(CASE, "cli_inspector_0001")),
            (another, docket(OTHER_CASE, "cli_inspector_0001")),
            (later, docket()),
        )
        build_index()
        everything = [later.id, another.id, linked.id, first.id]
        assert found(auditor, PERIOD) == everything
        assert found(auditor, f"case={CASE}") == [linked.id, first.id]
        assert found(auditor, f"{PERIOD}&principal=cli_inspector_0001") == [another.id, linked.id]
        assert found(auditor, f"{PERIOD}&department={HEALTH}") == [linked.id]
        assert found(auditor, f"{PERIOD}&type=request.refused.v1") == everything
        assert found(auditor, f"{PERIOD}&type=push.claimed.v1") == []
        assert found(auditor, "from=2026-03-05&to=2026-03-05") == [later.id]
        assert found(auditor, "from=2026-03-02&to=2026-03-02") == [another.id, linked.id, first.id]
        assert found(auditor, "") == []  # the last thirty days

    def test_everything_that_is_given_must_be_met(self, auditor: Gateway, log: Log) -> None:
        one, other = event(subject=CASE), event(hours=1, subject=CASE, department=HEALTH)
        put_in(log, (one, docket(CASE)), (other, docket(CASE, "cli_other_00000001")))
        build_index()
        assert found(auditor, f"case={CASE}&department={HEALTH}") == [other.id]
        assert found(auditor, f"case={CASE}&principal=cli_other_00000001&department=dept_market_regulation") == []
        assert found(auditor, f"case={CASE}&to=2026-03-01") == []
        assert found(auditor, f"case={CASE}&type=request.refused.v1") == [other.id, one.id]

    def test_a_row_tells_where_in_the_log_it_is_and_what_is_kept_beside_it(self, auditor: Gateway, log: Log) -> None:
        envelope = event(subject=CASE)
        put_in(log, (envelope, docket(CASE)))
        build_index()
        answer = auditor.get(f"/v1/events?case={CASE}").json
        assert answer["indexed"] == 1
        (row,) = answer["events"]
        assert (row["index"], row["intact"]) == (0, True)
        assert Envelope.model_validate(row["envelope"]) == envelope
        assert row["docket"] == {"case": CASE, "principal": "cli_liaison_0001", "request": "correlation-1"}

    @pytest.mark.parametrize("limit", [1, 3, 50])
    def test_pages_leave_nothing_out_and_show_nothing_twice(
        self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch, limit: int
    ) -> None:
        """However little a page may look at, read or walk."""
        monkeypatch.setattr(searching, "MOST_DAYS", 3)
        monkeypatch.setattr(searching, "MOST_BUNDLES", 1)
        monkeypatch.setattr(searching.search, "__kwdefaults__", {"looked_at": 7})
        told = [event(hours=n // 4 * 11) for n in range(300)][:40]
        for batch in (told[:25], told[25:]):
            put_in(log, *((each, docket()) for each in batch))
            build_index()
        ids = found(auditor, PERIOD, limit)
        assert sorted(ids) == sorted(each.id for each in told)
        days = [next(each.time.date() for each in told if each.id == one) for one in ids]
        assert days == sorted(days, reverse=True)

    def test_a_cursor_of_another_search_is_refused(self, auditor: Gateway, log: Log) -> None:
        put_in(log, *((event(), docket()) for _ in range(3)))
        build_index()
        cursor = auditor.get(f"/v1/events?{PERIOD}&limit=1").json["next"]
        assert auditor.get(f"/v1/events?{PERIOD}&limit=2&cursor={cursor}").status == 200
        refused = auditor.get(f"/v1/events?{PERIOD}&limit=1&department={HEALTH}&cursor={cursor}")
        assert (refused.status, refused.json["code"]) == (400, "cursor_invalid")

    @pytest.mark.usefixtures("log")
    def test_a_time_that_ends_before_it_begins_is_refused(self, auditor: Gateway) -> None:
        refused = auditor.get("/v1/events?from=2026-03-02&to=2026-03-01")
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "query:from")

    @pytest.mark.usefixtures("log")
    def test_it_is_for_auditors_and_oversight_and_each_search_is_recorded(self, gateway: Gateway) -> None:
        """R-AUD-1, R-AUD-7."""
        for role in Role:
            status = gateway.with_principal("dept_any_0000001", role).get("/v1/events").status
            assert status == (200 if role in {Role.AUDIT_ADMIN, Role.OVERSIGHT} else 403)
        told = [each.type for each in unsent_events(wiring.store().journal.table)]
        assert told.count("record.read.v1") == 2
        assert told.count("request.refused.v1") == len(Role) - 2


class TestDamage:
    """What is damaged is shown as damaged; it hides nothing else (R-AUD-4)."""

    @pytest.fixture
    def told(self, log: Log) -> list[Envelope]:
        told = [event(subject=CASE) for _ in range(3)]
        put_in(log, *((each, docket(CASE)) for each in told))
        build_index()
        return told

    def rows(self, auditor: Gateway) -> list[tuple[int, bool, bool]]:
        rows = auditor.get(f"/v1/events?case={CASE}").json["events"]
        return [(row["index"], row["intact"], row["envelope"] is not None) for row in rows]

    def test_an_entry_that_was_changed(self, auditor: Gateway, log: Log, told: Sequence[Envelope]) -> None:
        assert told
        path = "tile/entries/000.p/3"
        content = log.objects.read(path).replace(b"2026-03-02T01:30", b"2026-03-02T01:29", 1)
        boto3.client("s3").put_object(Bucket=BUCKET, Key=path, Body=content)
        assert self.rows(auditor) == [(2, True, True), (1, True, True), (0, False, True)]

    def test_an_entry_that_is_none_any_more(self, auditor: Gateway, log: Log, told: Sequence[Envelope]) -> None:
        assert told
        path = "tile/entries/000.p/3"
        content = log.objects.read(path).replace(b'"specversion"', b'"specversiom"', 1)
        boto3.client("s3").put_object(Bucket=BUCKET, Key=path, Body=content)
        assert self.rows(auditor) == [(2, True, True), (1, True, True), (0, False, False)]

    @pytest.mark.parametrize("content", [None, b"", b"\x00"], ids=["gone", "empty", "cut"])
    def test_a_bundle_that_is_gone_or_cut(
        self, auditor: Gateway, told: Sequence[Envelope], content: bytes | None
    ) -> None:
        assert told
        s3, path = boto3.client("s3"), "tile/entries/000.p/3"
        s3.delete_object(Bucket=BUCKET, Key=path)
        if content is not None:
            s3.put_object(Bucket=BUCKET, Key=path, Body=content)
        assert self.rows(auditor) == [(2, False, False), (1, False, False), (0, False, False)]


class TestIndexer:
    @pytest.fixture(autouse=True)
    def _small_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexing, "STEP", 4)

    @pytest.fixture
    def told(self, log: Log) -> list[Envelope]:
        told = [event(hours=n, subject=CASE) for n in range(10)]
        put_in(log, *((each, docket(CASE)) for each in told))
        return told

    @pytest.mark.parametrize("at", range(0, 26, 2))
    def test_killed_at_any_moment_it_loses_and_doubles_nothing(
        self, auditor: Gateway, told: Sequence[Envelope], monkeypatch: pytest.MonkeyPatch, at: int
    ) -> None:
        wire = crashes.Wire(at)
        with wire.cut(monkeypatch), pytest.raises(crashes.Killed):
            build_index()
        build_index()
        assert found(auditor, f"case={CASE}") == [each.id for each in reversed(told)]
        assert sorted(found(auditor, PERIOD)) == sorted(each.id for each in told)

    def test_a_slow_run_that_ends_after_another_went_on_hides_nothing(
        self, auditor: Gateway, log: Log, told: Sequence[Envelope], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It writes its first step when the other, which saw a longer log, has long done that and more."""
        monkeypatch.setattr(indexing, "STEP", 7)
        later = [event(hours=20 + n, subject=CASE) for n in range(5)]
        postings, put = wiring.postings(), type(wiring.postings()).put

        class Slow:
            def put(self, start: int, end: int, lists: Any) -> None:
                with monkeypatch.context() as patched:
                    patched.setattr(indexing, "STEP", 9)
                    put_in(log, *((each, docket(CASE)) for each in later))
                    build_index()
                put(postings, start, end, lists)

        until = utc_now() + timedelta(seconds=30)
        done = indexing.index(log, wiring.positions(), Slow(), utc_now, until)  # type: ignore[arg-type]
        assert done == 0
        assert found(auditor, f"case={CASE}", 2) == [each.id for each in reversed([*told, *later])]

    def test_a_run_ends_when_its_time_is_up_and_the_next_goes_on(
        self, auditor: Gateway, log: Log, told: Sequence[Envelope]
    ) -> None:
        ticks = iter(NOW + timedelta(seconds=n) for n in range(9))
        done = indexing.index(
            log, wiring.positions(), wiring.postings(), lambda: next(ticks), NOW + timedelta(seconds=1)
        )
        assert done == 4
        assert auditor.get(f"/v1/events?case={CASE}").json["indexed"] == 4
        build_index()
        assert len(found(auditor, f"case={CASE}")) == len(told)

    @pytest.mark.parametrize("damage", ["bundle changed", "bundle cut", "bundle gone", "tile gone"])
    def test_where_the_files_are_damaged_it_waits_and_goes_on_once_they_are_right(
        self, auditor: Gateway, log: Log, told: Sequence[Envelope], damage: str
    ) -> None:
        """R-AUD-4: a hole in the index would never be noticed."""
        what, how = damage.split()
        path = {"bundle": "tile/entries/000.p/10", "tile": "tile/0/000.p/10"}[what]
        sound, s3 = log.objects.read(path), boto3.client("s3")
        s3.delete_object(Bucket=BUCKET, Key=path)
        if how != "gone":
            damaged = sound[:-1000] if how == "cut" else sound.replace(b"T10:30", b"T10:31", 1)
            s3.put_object(Bucket=BUCKET, Key=path, Body=damaged)
        with pytest.raises((LogDamagedError, Missing, TileError)):
            build_index()
        s3.put_object(Bucket=BUCKET, Key=path, Body=sound)
        build_index()
        assert found(auditor, f"case={CASE}") == [each.id for each in reversed(told)]

    def test_it_says_how_far_behind_it_is_and_nothing_where_it_failed(
        self, told: Sequence[Envelope], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Silence is what the alarm hears."""
        assert told
        with monkeypatch.context() as short:
            short.setattr(indexing, "RUN", timedelta())
            build_index()
        assert '"EntriesUnindexed":[10' in capsys.readouterr().out.replace(" ", "")
        boto3.client("s3").delete_object(Bucket=BUCKET, Key="tile/0/000.p/10")
        with pytest.raises(Missing):
            build_index()
        assert "EntriesUnindexed" not in capsys.readouterr().out


class TestPostings:
    @given(INDICES, st.integers(0, 10))
    def test_what_is_packed_is_unpacked(self, indices: list[int], start: int) -> None:
        moved = [start + index for index in indices]
        assert unpacked(start, packed(start, moved)) == tuple(moved)

    def test_neighbours_are_one_run(self) -> None:
        assert packed(1_000, range(1_000, 2_000)) == "0-999"
        assert packed(7, [7, 9, 10, 12]) == "0,2-3,5"

    @pytest.mark.parametrize("text", ["", "x", "3,2", "5-1", "1,1", "0-4,2"])
    def test_what_is_no_block_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011
            assert unpacked(0, text) == ()

    @given(st.data(), st.sets(st.integers(0, 59)))
    def test_a_list_is_walked_once_however_its_blocks_overlap(self, data: st.DataObject, indices: set[int]) -> None:
        """Steps begin where the indexer stood; one that was killed, or a second run, may have ended elsewhere."""
        stops = sorted({0, 60} | data.draw(st.sets(st.integers(1, 59))))

        def block(start: int, end: int) -> Iterator[Block]:
            held = tuple(sorted(index for index in indices if start <= index < end))
            if held:
                yield Block(start, end, held)

        blocks: list[Block] = []
        for start, end in pairwise(stops):
            others = data.draw(st.lists(st.integers(start + 1, 60), max_size=2))
            for each in {end, *others}:
                blocks += block(start, each)
        blocks.sort(key=lambda each: (each.start, each.end), reverse=True)
        below = data.draw(st.none() | st.integers(0, 60))
        expected = sorted((each for each in indices if below is None or each < below), reverse=True)
        assert list(falling(blocks, below)) == expected

    @pytest.mark.usefixtures("log")
    def test_lists_are_kept_on_dynamodb_as_they_are_read(self) -> None:
        store = wiring.postings()
        which = PostingList(Dimension.CASE, CASE)
        for _ in range(2):
            store.put(0, 30, {which: [1, 5]})
            store.put(30, 1_000, {which: list(range(30, 1_000)), PostingList(Dimension.ALL): [31]})
        earlier, later = Block(0, 30, (1, 5)), Block(30, 1_000, tuple(range(30, 1_000)))
        assert list(store.blocks(which)) == [later, earlier]
        assert list(store.rising(which)) == [earlier, later]
        assert list(store.blocks(which, 30)) == [earlier]
        assert list(store.blocks(which, 31)) == [later, earlier]
        assert list(store.blocks(PostingList(Dimension.CASE, OTHER_CASE))) == []
