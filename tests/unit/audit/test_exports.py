"""The log of some days as files, each of which anybody can judge by itself, offline (R-AUD-5, R-AUD-7)."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from localstack import cli
from services.audit import wiring
from services.audit.domain import exports as domain
from services.audit.domain.exports import Range, parts_of, tiles_for, with_blocks
from services.audit.domain.postings import Block
from services.audit.events import exporting as functions
from services.audit.logic import exports as logic
from services.audit.logic.export_parts import write_part
from services.audit.ports.log import Log
from shared.contracts.dockets import Docket
from shared.contracts.event import Envelope
from shared.kernel.merkle import inclusion_proof, leaf_hash, verify_inclusion
from shared.kernel.notes import open_checkpoint
from shared.kernel.permissions import Role
from shared.kernel.tiles import TILE_WIDTH, Bundle, decode_bundle, tile_reader, tiles_of
from tests.support import crashes
from tests.support.audit_builders import ORIGIN, SIGNER
from tests.support.aws import TICK, unsent_events
from tests.support.gateway import Gateway
from tests.unit.audit.conftest import BUCKET
from tests.unit.audit.test_searching import build_index, docket, event, put_in

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


@pytest.fixture
def auditor(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.AUDIT_ADMIN)


def work() -> None:
    functions.export(TICK, None)


def asked(auditor: Gateway, days: object = MARCH) -> str:
    answer = auditor.post("/v1/exports", days)
    assert answer.status == 202, answer.text
    return str(answer.json["export_id"])


def shown(auditor: Gateway, export_id: str) -> Any:
    return auditor.get(f"/v1/exports/{export_id}").json


def seal_some(log: Log, number: int, **given: Any) -> list[Envelope]:
    told = [event(**given) for _ in range(number)]
    put_in(log, *((each, docket("case_0000000001")) for each in told))
    return told


@dataclass(frozen=True)
class Part:
    """A part as its reader has it: the zip alone."""

    content: bytes

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.content)) as packed:
            assert packed.testzip() is None
            return {name: packed.read(name) for name in packed.namelist()}

    def entries(self) -> dict[int, bytes]:
        """Every entry of the range, each proven by the tiles of the part and the log's key."""
        files = self.files
        signed = open_checkpoint(files["checkpoint"].decode(), SIGNER.key)
        told = json.loads(files["range.json"])
        assert told["size"] == signed.size
        read = tile_reader(signed.size, lambda tile: files[tile.path])
        found: dict[int, bytes] = {}
        for number in range(told["start"] // TILE_WIDTH, -(-told["end"] // TILE_WIDTH)):
            bundle = Bundle(number, min(TILE_WIDTH, signed.size - number * TILE_WIDTH))
            for index, data in enumerate(decode_bundle(files[bundle.path]), bundle.start):
                proof = inclusion_proof(index, signed.size, read)
                verify_inclusion(index, signed.size, leaf_hash(data), proof, signed.root)
                found[index] = data
        assert list(found) == list(range(told["start"], told["end"]))
        return found

    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.files["events.csv"].decode("utf-8-sig"))))


def parts(auditor: Gateway, export_id: str) -> list[Part]:
    """Every part, fetched by its link, as the export says it is."""
    found = []
    for told in shown(auditor, export_id)["parts"]:
        answer = auditor.get(f"/v1/exports/{export_id}/parts/{told['number']}")
        assert answer.status == 307, answer.text
        key = f"exports/{export_id}/part-{told['number']:04d}.zip"
        assert f"/{BUCKET}/{key}?" in answer.headers["Location"]
        content = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        assert (told["bytes"], told["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        found.append(Part(content))
    return found


class TestExport:
    def test_a_part_is_judged_by_itself_with_nothing_but_the_logs_key(self, auditor: Gateway, log: Log) -> None:
        """R-AUD-5, R-AUD-7."""
        told = seal_some(log, 300)
        build_index()
        export_id = asked(auditor)
        work()
        state = shown(auditor, export_id)
        assert (state["state"], state["planned"], state["size"], state["events"]) == ("finished", 1, 300, 300)
        (part,) = parts(auditor, export_id)
        assert sorted(part.entries().values()) == sorted(each.canonical() for each in told)
        assert {"range.json", "events.csv", "README.txt", "checkpoint"} < part.files.keys()

    def test_the_table_says_in_both_languages_who_did_what_to_which_case(self, auditor: Gateway, log: Log) -> None:
        told = event(subject="case_0000000001")
        put_in(log, (told, Docket(case="case_0000000001", principal="=cli_formula", request="correlation-1")))
        build_index()
        export_id = asked(auditor)
        work()
        (part,) = parts(auditor, export_id)
        (row,) = part.table()
        assert row == {
            "日志序号 Index": "0",
            "时间 Time": "2026-03-02T09:30:00.000+08:00",
            "事件类型 Event type": "request.refused.v1",
            "部门 Department": "dept_market_regulation",
            "操作主体 Principal": "'=cli_formula",
            "办件 Case": "case_0000000001",
            "对象 Subject": "case_0000000001",
            "对象内序号 Sequence": "1",
            "服务 Service": "/shenguan/handover",
            "请求 Request": "correlation-1",
            "事件编号 Event": told.id,
            "叶哈希 Leaf hash": leaf_hash(told.canonical()).hex(),
            "完好 Intact": "是 yes",
        }
        read_me = part.files["README.txt"].decode("utf-8-sig")
        for word in (ORIGIN, "2026-03-01 – 2026-03-31", "核验", "shenguan verify", "审计日志导出"):
            assert word in read_me

    def test_the_table_holds_the_days_asked_for_and_the_range_whole_bundles(
        self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Days are those of Beijing; what lies far from them in the log is not in it."""
        monkeypatch.setattr(domain, "NEAR", 256)
        seal_some(log, 600)
        # 00:30 in Beijing on the 4th, and a minute before midnight on the 3rd.
        late, early = seal_some(log, 1, hours=39)[0], seal_some(log, 1, hours=38.49)[0]
        seal_some(log, 3, hours=100)
        build_index()
        export_id = asked(auditor, {"from": "2026-03-04", "to": "2026-03-05"})
        work()
        (part,) = parts(auditor, export_id)
        assert [row["事件编号 Event"] for row in part.table()] == [late.id]
        assert early.canonical() in part.entries().values()
        assert min(part.entries()) == 512
        assert "tile/entries/000" not in part.files

    def test_a_long_time_is_several_parts_of_one_log(
        self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(domain, "PART", 256)
        told = [each for n in range(3) for each in seal_some(log, 260, hours=24 * n)]
        build_index()
        export_id = asked(auditor)
        work()
        found = parts(auditor, export_id)
        assert [min(part.entries()) for part in found] == [0, 256, 512, 768]
        assert sorted(data for part in found for data in part.entries().values()) == sorted(
            each.canonical() for each in told
        )
        assert sum(len(part.table()) for part in found) == 780
        assert len({part.files["checkpoint"] for part in found}) == 1

    def test_days_without_events_are_no_parts(self, auditor: Gateway, log: Log) -> None:
        seal_some(log, 2)
        build_index()
        export_id = asked(auditor, {"from": "2025-01-01", "to": "2025-12-31"})
        for _ in range(2):
            work()
        state = shown(auditor, export_id)
        assert (state["state"], state["planned"], state["parts"]) == ("finished", 0, [])

    @pytest.mark.usefixtures("log")
    def test_of_an_empty_log_too(self, auditor: Gateway) -> None:
        export_id = asked(auditor)
        work()
        assert shown(auditor, export_id)["state"] == "finished"

    def test_it_waits_for_the_index_since_what_is_not_indexed_would_be_missed(self, auditor: Gateway, log: Log) -> None:
        seal_some(log, 3)
        export_id = asked(auditor)
        work()
        assert (shown(auditor, export_id)["state"], shown(auditor, export_id)["size"]) == ("writing", None)
        build_index()
        work()
        assert shown(auditor, export_id)["events"] == 3

    def test_a_log_that_never_stops_growing_is_exported_as_it_was(self, auditor: Gateway, log: Log) -> None:
        """R-AUD-7: of a busy log the index is never quite at the end."""
        first = seal_some(log, 3)
        export_id = asked(auditor)
        work()
        for _ in range(2):
            build_index()
            seal_some(log, 2)
            work()
        state = shown(auditor, export_id)
        assert (state["state"], state["size"], state["events"]) == ("finished", 3, 3)
        (part,) = parts(auditor, export_id)
        assert sorted(part.entries().values()) == sorted(each.canonical() for each in first)

    def test_all_parts_belong_to_the_log_as_it_was_when_the_export_began(
        self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However the log grows meanwhile, and whichever partial files are tidied away."""
        monkeypatch.setattr(domain, "PART", 256)
        monkeypatch.setattr(logic, "RUN", timedelta())
        first = seal_some(log, 300)
        build_index()
        export_id = asked(auditor)
        work()
        assert shown(auditor, export_id)["size"] == 300
        seal_some(log, 400)
        partial = [path for path in log.objects.below("tile/") if "/001.p/" in path or "/000.p/" in path]
        log.objects.delete([path for path in partial if "tile/1/" not in path])
        for _ in range(8):
            build_index()
            work()
        found = parts(auditor, export_id)
        assert sorted(data for part in found for data in part.entries().values()) == sorted(
            each.canonical() for each in first
        )

    def test_progress_is_shown_and_each_part_can_be_had_as_soon_as_it_is_there(
        self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(domain, "PART", 256)
        monkeypatch.setattr(logic, "RUN", timedelta())
        seal_some(log, 600)
        build_index()
        export_id = asked(auditor)
        seen = []
        for _ in range(11):
            work()
            state = shown(auditor, export_id)
            seen.append((state["state"], state["planned"], len(state["parts"])))
            assert len(parts(auditor, export_id)) == len(state["parts"])
        assert seen == [
            *[("writing", 0, 0)] * 4, ("writing", 3, 0), ("writing", 3, 1), ("writing", 3, 2), ("writing", 3, 3),
            *[("finished", 3, 3)] * 3,
        ]  # fmt: skip

    @pytest.mark.parametrize("at", range(0, 60, 6))
    def test_killed_at_any_moment_it_goes_on_and_ends_the_same(
        self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch, at: int
    ) -> None:
        monkeypatch.setattr(domain, "PART", 256)
        told = seal_some(log, 300)
        build_index()
        export_id = asked(auditor, {"from": "2026-03-01", "to": "2026-03-03"})
        wire = crashes.Wire(at)
        with wire.cut(monkeypatch), pytest.raises(crashes.Killed):
            work()
        for _ in range(2):
            work()
        assert shown(auditor, export_id)["events"] == 300
        assert sum(len(part.entries()) for part in parts(auditor, export_id)) == len(told)
        finished = [each for each in unsent_events(wiring.store().journal.table) if "export" in each.type]
        assert [each.type for each in finished] == ["log.export_requested.v1", "log.export_finished.v1"]
        assert finished[1].data.body == {"export_id": export_id, "size": 300, "parts": 2, "events": 300}

    def test_two_runs_at_once_do_no_harm(self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        """The slower finds its step done, and leaves the rest to the other."""
        told = seal_some(log, 30)
        build_index()
        export_id = asked(auditor)
        name = "services.audit.logic.exports.write_part"

        def slowly(*given: Any) -> Any:
            monkeypatch.setattr(name, write_part)
            work()
            return write_part(*given)

        monkeypatch.setattr(name, slowly)
        work()
        assert shown(auditor, export_id)["state"] == "finished"
        (part,) = parts(auditor, export_id)
        assert len(part.entries()) == len(told)

    def test_the_same_export_twice_is_the_same_bytes(self, auditor: Gateway, log: Log) -> None:
        seal_some(log, 5)
        build_index()
        both = [asked(auditor), asked(auditor)]
        work()
        one, other = (parts(auditor, each)[0].content for each in both)
        assert one == other


class TestDamage:
    """A part is evidence of what is damaged too (R-AUD-4)."""

    @pytest.fixture
    def told(self, log: Log) -> Sequence[Envelope]:
        told = seal_some(log, 3)
        build_index()
        return told

    def test_a_changed_entry_is_exported_as_it_is_and_marked(
        self, auditor: Gateway, log: Log, told: Sequence[Envelope]
    ) -> None:
        assert told
        path = "tile/entries/000.p/3"
        content = log.objects.read(path).replace(b"T01:30:00.000Z", b"T01:31:00.000Z", 1)
        boto3.client("s3").put_object(Bucket=BUCKET, Key=path, Body=content)
        export_id = asked(auditor)
        work()
        (part,) = parts(auditor, export_id)
        assert part.files[path] == content
        assert [row["完好 Intact"] for row in part.table()] == ["否 no", "是 yes", "是 yes"]

    @pytest.mark.parametrize("path", ["tile/entries/000.p/3", "tile/0/000.p/3"])
    def test_a_file_that_is_gone_is_said_to_be(self, auditor: Gateway, told: Sequence[Envelope], path: str) -> None:
        assert told
        boto3.client("s3").delete_object(Bucket=BUCKET, Key=path)
        export_id = asked(auditor)
        work()
        (told_part,) = shown(auditor, export_id)["parts"]
        assert told_part["missing"] == 1
        (part,) = parts(auditor, export_id)
        assert path not in part.files
        assert f"- {path}" in part.files["README.txt"].decode("utf-8-sig")


class TestJudged:
    """What is exported is judged by `shenguan verify` alone, part by part (R-AUD-5)."""

    @pytest.fixture
    def files(self, auditor: Gateway, log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
        """The parts of a log of two days, from its middle on."""
        monkeypatch.setattr(domain, "PART", 256)
        monkeypatch.setattr(domain, "NEAR", 1)
        seal_some(log, 300)
        seal_some(log, 400, hours=48)
        build_index()
        export_id = asked(auditor, {"from": "2026-03-04", "to": "2026-03-31"})
        work()
        named = [tmp_path / f"part-{number}.zip" for number, _ in enumerate(parts(auditor, export_id), start=1)]
        for file, part in zip(named, parts(auditor, export_id), strict=True):
            file.write_bytes(part.content)
        return named

    def judged(self, file: Path) -> Result:
        return CliRunner().invoke(cli.app, ["verify", str(file), "--key", SIGNER.key.vkey])

    def test_each_part_is_proven(self, files: list[Path]) -> None:
        for file, told in zip(files, ("256–511 of 700", "512–699 of 700"), strict=True):
            result = self.judged(file)
            assert result.exit_code == 0, result.output
            assert told in " ".join(result.output.split())

    @pytest.mark.parametrize("path", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "checkpoint"])
    def test_a_part_that_was_changed_since_is_refuted(self, files: list[Path], path: str) -> None:
        with zipfile.ZipFile(files[0]) as packed:
            content = {name: packed.read(name) for name in packed.namelist()}
        changed = bytearray(content[path])
        changed[len(changed) // 2] ^= 1
        with zipfile.ZipFile(files[0], "w") as packed:
            for name, what in (content | {path: bytes(changed)}).items():
                packed.writestr(name, what)
        assert self.judged(files[0]).exit_code == 1


@pytest.mark.usefixtures("log")
class TestAsking:
    def test_it_is_for_audit_administrators_and_recorded(self, gateway: Gateway, auditor: Gateway) -> None:
        """R-AUD-1, R-AUD-7."""
        for role in Role:
            status = gateway.with_principal("dept_any_0000001", role).post("/v1/exports", MARCH).status
            assert status == (202 if role is Role.AUDIT_ADMIN else 403)
        export_id = asked(auditor)
        seal_some(wiring.log(), 1)
        build_index()
        work()
        assert auditor.get(f"/v1/exports/{export_id}/parts/1").status == 307
        read = [each for each in unsent_events(wiring.store().journal.table) if each.type == "record.read.v1"]
        assert [each.data.body["target"] for each in read] == [f"{export_id}/1"]

    @pytest.mark.parametrize(
        ("days", "pointer"),
        [
            ({"from": "2026-03-02", "to": "2026-03-01"}, "/from"),
            ({"from": "2025-01-01", "to": "2026-01-02"}, "/to"),
            ({"from": "2026-03-01"}, "/to"),
        ],
        ids=str,
    )
    def test_days_that_make_no_sense_are_refused(self, auditor: Gateway, days: object, pointer: str) -> None:
        refused = auditor.post("/v1/exports", days)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, pointer)

    @pytest.mark.parametrize("number", ["1", "0", "x", "99999999"])
    def test_a_part_that_is_not_there_is_not_found(self, auditor: Gateway, number: str) -> None:
        export_id = asked(auditor)
        assert auditor.get(f"/v1/exports/{export_id}/parts/{number}").json["code"] == "not_found"
        assert auditor.get("/v1/exports/lex_0000000000").status == 404
        assert auditor.get("/v1/exports/log").status == 404

    def test_after_a_week_it_is_asked_for_anew(self, auditor: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        seal_some(wiring.log(), 1)
        build_index()
        export_id = asked(auditor)
        monkeypatch.setattr(logic, "KEPT", timedelta(seconds=-1))
        work()
        refused = auditor.get(f"/v1/exports/{export_id}/parts/1")
        assert (refused.status, refused.json["code"]) == (409, "wrong_state")
        assert "重新申请导出" in refused.json["detail_zh"]


class TestRanges:
    @given(st.data(), st.integers(1, 1 << 26))
    def test_parts_cover_whatever_is_named_in_whole_bundles_under_one_tile(
        self, data: st.DataObject, size: int
    ) -> None:
        ranges: tuple[Range, ...] = ()
        named: set[int] = set()
        for _ in range(data.draw(st.integers(0, 5))):
            some = sorted(data.draw(st.sets(st.integers(0, size + 10), max_size=6)))
            named |= {index for index in some if index < size}
            if some:
                ranges = with_blocks(ranges, [Block(some[0], some[-1] + 1, tuple(some))], size)
        found = [each for each in parts_of(ranges, size) if each.end - each.start]
        for index in named:
            assert sum(start <= index < end for start, end in ranges) == 1
        for start, end in ranges:
            assert start % TILE_WIDTH == 0
            assert end % TILE_WIDTH == 0 or end == size
        assert all(later.start - earlier.end >= domain.NEAR for earlier, later in pairwise(ranges))
        for start, end in found[:50]:
            assert start // domain.PART == (end - 1) // domain.PART
        assert sum(end - start for start, end in found) == sum(end - start for start, end in ranges)

    @given(st.data(), st.integers(1, 200_000))
    def test_the_tiles_of_a_part_lead_from_each_entry_to_the_root(self, data: st.DataObject, size: int) -> None:
        """R-AUD-5: they are tiles of that log, and every proof of the range reads no other."""
        start = data.draw(st.integers(0, size - 1)) // TILE_WIDTH * TILE_WIDTH
        end = min(size, start + TILE_WIDTH * data.draw(st.integers(1, 4)))
        given_tiles = set(tiles_for(Range(start, end), size))
        assert given_tiles <= set(tiles_of(size)) if size < 3_000 else True

        def read(tile: Any) -> bytes:
            assert tile in given_tiles
            return bytes(32 * tile.width)

        for index in {start, end - 1, data.draw(st.integers(start, end - 1))}:
            inclusion_proof(index, size, tile_reader(size, read))

    def test_the_days_of_beijing_touch_those_of_utc(self) -> None:
        export = domain.LogExport(
            export_id="lex_0000000001", client="cli", first_day=date(2026, 3, 1), last_day=date(2026, 3, 1),
            requested_at=event().time,
        )  # fmt: skip
        assert domain.log_days(export) == (date(2026, 2, 28), date(2026, 3, 1))
