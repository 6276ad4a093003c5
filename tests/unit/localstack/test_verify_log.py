"""`shenguan verify` on a whole log or a part of it, as an expert uses it (R-AUD-4, R-AUD-5)."""

import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from localstack import log_chains, log_source, log_verdict, verdict
from localstack import verify as module
from localstack.log_source import FolderSource, WebSource, ZipSource
from localstack.log_verdict import verify_log
from services.audit.domain.chains import PATIENCE
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from shared.contracts.log_checks import ranges
from shared.contracts.log_faults import Fault, FaultKind
from shared.contracts.log_links import link_of
from shared.kernel.merkle import EMPTY_ROOT
from shared.kernel.notes import Checkpoint, sign_checkpoint
from shared.kernel.tiles import decode_bundle, encode_bundle
from tests.support.audit_builders import NOW, SIGNER, an_event, envelopes, local_signer
from tests.support.log_folders import a_sealed_log, published_files, write_folder, write_range
from tests.support.verification_builders import a_case, ledger_of, publish_behind_the_sealer, stored_entries

KEY = SIGNER.key.vkey
SUBJECT = "case_0000000001"


@pytest.fixture(scope="module")
def log() -> Log:
    """A log of 700 events, some of them of one case."""
    return a_sealed_log([*envelopes(500), *a_case(200, SUBJECT)], 100)


@pytest.fixture
def folder(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as a folder; its lines are wide enough to be looked for."""
    monkeypatch.setattr(verdict.console, "width", 300)
    monkeypatch.setattr(log_verdict, "ProcessPoolExecutor", None)
    return write_folder(tmp_path / "log", published_files(log))


def judged(*given: str | Path, key: str = KEY) -> Result:
    """What the command says."""
    app = typer.Typer()
    app.command()(module.verify)
    return CliRunner().invoke(app, [*map(str, given), "--key", key])


def found_in(folder: Path) -> list[tuple[str, str]]:
    """Kind and place of each finding."""
    return [(fault.kind, fault.where) for fault in verify_log(FolderSource(folder), SIGNER.key).faults]


def test_a_log_that_is_what_was_signed_is_proven(folder: Path) -> None:
    result = judged(folder)
    assert result.exit_code == 0, result.output
    for told in ("all 700 entries", SIGNER.key.name, "501 chains", SIGNER.key.key_id.hex()):
        assert told in result.output


def _edit(folder: Path, path: str, change: Callable[[list[bytes]], list[bytes]]) -> None:
    file = folder / path
    file.write_bytes(encode_bundle(change(list(decode_bundle(file.read_bytes())))))


DAMAGES: dict[str, tuple[Callable[[Path], object], FaultKind, str]] = {
    "an entry": (
        lambda at: _edit(at, "tile/entries/001", lambda held: [b"{}", *held[1:]]), FaultKind.CHANGED, "entry 256",
    ),
    "an entry taken out": (
        lambda at: _edit(at, "tile/entries/001", lambda held: held[1:]), FaultKind.REMOVED, "entry 256",
    ),
    "entries exchanged": (
        lambda at: _edit(at, "tile/entries/001", lambda held: [held[1], held[0], *held[2:]]),
        FaultKind.REORDERED,
        "entries 256–257",
    ),
    "an entry twice": (
        lambda at: _edit(at, "tile/entries/001", lambda held: [held[0], *held]), FaultKind.LOGGED_TWICE, "entry 256",
    ),
    "the end cut off": (
        lambda at: (at / "tile/entries/002.p/188").unlink(), FaultKind.TRUNCATED, "entries 512–699",
    ),
    "a tile": (lambda at: (at / "tile/0/000").unlink(), FaultKind.REMOVED, "tile/0/000"),
    "an unsigned checkpoint": (
        lambda at: (at / "checkpoint").write_bytes((at / "checkpoint").read_bytes().replace(b"\n700\n", b"\n699\n")),
        FaultKind.UNSIGNED,
        "the checkpoint",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_by_its_kind_with_exit_code_1(folder: Path, damage: str) -> None:
    act, kind, where = DAMAGES[damage]
    act(folder)
    assert found_in(folder) == [(kind, where)]
    result = judged(folder)
    assert result.exit_code == 1
    assert where in result.output
    assert kind in result.output


def test_another_logs_key_proves_nothing(folder: Path) -> None:
    result = judged(folder, key=local_signer("another").key.vkey)
    assert result.exit_code == 1
    assert "unsigned" in result.output


def test_without_a_log_or_a_key_there_is_nothing_to_judge(folder: Path, tmp_path: Path) -> None:
    assert judged(folder, key="").exit_code == 2
    (folder / "checkpoint").unlink()
    assert judged(folder).exit_code == 2
    assert judged(tmp_path / "nowhere").exit_code == 2


def test_an_event_in_the_log_twice_is_told(log: Log, tmp_path: Path) -> None:
    twice = a_sealed_log([])
    publish_behind_the_sealer(twice, [*stored_entries(log), stored_entries(log)[600]])
    assert found_in(write_folder(tmp_path, published_files(twice))) == [(FaultKind.LOGGED_TWICE, "entry 700")]


def test_a_second_history_of_a_case_is_told(tmp_path: Path) -> None:
    given = a_case(3, SUBJECT)
    log = a_sealed_log([*given, an_event(subject=SUBJECT, sequence=2, previous=given[0].hash()).envelope()], 3)
    assert found_in(write_folder(tmp_path, published_files(log))) == [(FaultKind.CHANGED, "entry 3")]


@pytest.mark.parametrize(("late", "expected"), [(PATIENCE, True), (PATIENCE - timedelta(seconds=1), False)])
def test_a_missing_event_is_told_unless_it_may_still_be_on_its_way(
    tmp_path: Path, late: timedelta, expected: bool
) -> None:
    given = a_case(4, SUBJECT)
    log = a_sealed_log([*given[:1], *given[3:], an_event(time=NOW + late).envelope()])
    found = verify_log(FolderSource(write_folder(tmp_path, published_files(log))), SIGNER.key)
    told = [(FaultKind.NEVER_LOGGED, f"events 2–3 of {SUBJECT} (/shenguan/handover)")]
    assert [(fault.kind, fault.where) for fault in found.faults] == (told if expected else [])
    assert bool(found.notes) is not expected


def test_chains_are_checked_in_whatever_order_their_events_were_logged(tmp_path: Path) -> None:
    given = a_case(300, SUBJECT)
    log = a_sealed_log([*given[::2], *given[1::2], *envelopes(1)], 1)
    assert found_in(write_folder(tmp_path, published_files(log))) == []


def checked_when(envelope: Envelope) -> bytes:
    """The later its chain is checked, the more."""
    return link_of(0, envelope.canonical()) or b""


@pytest.mark.parametrize("broken", ["broken", "forked", "twice"])
def test_a_damaged_chain_is_found_however_many_begin_before_the_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """R-AUD-4: every chain that began earlier is a gap of a part, and no number of gaps hides a finding."""
    monkeypatch.setattr(verdict.console, "width", 300)
    names = [f"case_{number:010d}" for number in range(1_101)]
    older = [an_event(subject=name, sequence=5, previous="b" * 64).envelope() for name in names]
    subject = older.pop(older.index(max(older, key=checked_when))).subject
    first = an_event(subject=subject).envelope()
    kinds = {
        "broken": (an_event(subject=subject, sequence=2, previous="c" * 64).envelope(), FaultKind.CHANGED),
        "forked": (an_event(subject=subject).envelope(), FaultKind.CHANGED),
        "twice": (first, FaultKind.LOGGED_TWICE),
    }
    damage, kind = kinds[broken]
    log = a_sealed_log([])
    given = [*envelopes(256), *older, first, damage]
    publish_behind_the_sealer(log, [each.canonical() for each in given])
    part = write_range(tmp_path / "part.zip", published_files(log), 256, len(given), len(given))
    result = judged(part)
    assert result.exit_code == 1, result.output
    assert (kind in result.output, f"entry {len(given) - 1}" in result.output) == (True, True)
    assert "1100 gaps in chains cannot be judged, since it is a part of the log" in result.output


def test_findings_beyond_those_named_are_counted_and_hide_none_of_another_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-AUD-4: whoever doubles a thousand events hides neither a missing one nor a second history."""
    monkeypatch.setattr(log_chains, "MOST_NAMED", 3)
    given = a_case(8, SUBJECT)
    other = an_event(subject="case_0000000002")
    second = an_event(subject="case_0000000002", sequence=1).envelope()
    late = [an_event(subject=f"case_{number:010d}", sequence=5, previous="b" * 64) for number in range(10, 14)]
    last = an_event(time=NOW + PATIENCE).envelope()
    log = a_sealed_log([])
    logged = [*given, *given, other.envelope(), second, *(each.envelope() for each in late), last]
    publish_behind_the_sealer(log, [each.canonical() for each in logged])
    found = verify_log(FolderSource(write_folder(tmp_path, published_files(log))), SIGNER.key)
    assert Counter(fault.fault for fault in found.faults) == {
        Fault.EVENT_LOGGED_TWICE: 3, Fault.CHAIN_FORKED: 1, Fault.EVENT_NEVER_LOGGED: 3,
    }  # fmt: skip
    assert [note.partition(":")[2] for note in found.notes] == [
        " 5 more event_logged_twice were counted and are not named",
        " 1 more event_never_logged were counted and are not named",
    ]


def test_an_entry_that_no_chain_can_have_is_told(tmp_path: Path) -> None:
    """R-AUD-4: a sequence below nought, in canonical form."""
    log = a_sealed_log([])
    odd = an_event(subject=SUBJECT, sequence=-1).envelope().canonical()
    publish_behind_the_sealer(log, [an_event().envelope().canonical(), odd])
    assert found_in(write_folder(tmp_path, published_files(log))) == [(FaultKind.CHANGED, "entry 1")]


def test_the_log_continues_every_checkpoint_kept_from_before(folder: Path, log: Log, tmp_path: Path) -> None:
    kept = []
    for size in (100, 300, 700):
        kept.append(tmp_path / f"{size}")
        kept[-1].write_text(ledger_of(log).notes[size], encoding="utf-8")
    options = [part for file in kept for part in ("--earlier", file)]
    result = judged(folder, *options)
    assert result.exit_code == 0, result.output
    assert "continues 3 earlier checkpoints" in result.output

    other = a_sealed_log(envelopes(300), 100)
    kept[0].write_text(ledger_of(other).notes[300], encoding="utf-8")
    result = judged(folder, "--earlier", kept[0])
    assert result.exit_code == 1
    assert "checkpoint 300" in result.output


def test_a_log_shorter_than_one_signed_before_was_truncated(log: Log, tmp_path: Path) -> None:
    shorter = a_sealed_log([])
    publish_behind_the_sealer(shorter, stored_entries(log)[:400])
    kept = tmp_path / "kept"
    kept.write_text(ledger_of(log).notes[700], encoding="utf-8")
    result = judged(write_folder(tmp_path / "log", published_files(shorter)), "--earlier", kept)
    assert result.exit_code == 1
    assert "truncated" in result.output


@pytest.mark.parametrize(("start", "end"), [(0, 256), (256, 512), (256, 700), (512, 700), (0, 700)])
def test_a_part_of_the_log_is_judged_by_itself(folder: Path, log: Log, tmp_path: Path, start: int, end: int) -> None:
    part = write_range(tmp_path / "part.zip", published_files(log), start, end, 700)
    shutil.rmtree(folder)
    result = judged(part)
    assert result.exit_code == 0, result.output
    assert (f"entries {start}–{end - 1} of 700" in result.output) is (end - start < 700)


def test_a_changed_part_is_refuted(folder: Path, log: Log, tmp_path: Path) -> None:
    files = published_files(log)
    held = list(decode_bundle(files["tile/entries/001"]))
    files["tile/entries/001"] = encode_bundle([held[1], held[0], *held[2:]])
    part = write_range(tmp_path / "part.zip", files, 256, 512, 700)
    result = judged(part)
    assert (result.exit_code, "reordered" in result.output) == (1, True)
    assert folder.exists()


def test_a_part_that_does_not_say_which_cannot_be_judged(folder: Path) -> None:
    for said in ("{}", '{"start":1,"end":2,"size":700}', '{"start":0,"end":256,"size":300}'):
        (folder / "range.json").write_text(said, encoding="utf-8")
        assert judged(folder).exit_code == 2


def test_a_log_is_verified_over_http(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        file = folder / request.url.path.removeprefix("/audit/v1/")
        return httpx.Response(200, content=file.read_bytes()) if file.is_file() else httpx.Response(404)

    made = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(httpx, "Client", lambda **_: made)
    assert judged("https://shenguan.example/audit/v1").exit_code == 0
    (folder / "tile/0/001").unlink()
    assert judged("https://shenguan.example/audit/v1").exit_code == 1


def test_a_log_that_does_not_answer_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    down = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    monkeypatch.setattr(httpx, "Client", lambda **_: down)
    assert judged("https://shenguan.example/audit/v1").exit_code == 2


def test_a_signed_size_of_which_nothing_is_there_is_told_at_once(tmp_path: Path) -> None:
    """R-AUD-4: a log said to have 2^40 entries keeps its judge as long as what is there of it, and no longer."""
    size = 2**40
    note = sign_checkpoint(Checkpoint(SIGNER.key.name, size, b"\1" * 32), SIGNER.key, SIGNER.sign).encode()
    (tmp_path / "checkpoint").write_text(note, encoding="utf-8")
    found = verify_log(FolderSource(tmp_path, parallel=False), SIGNER.key)
    assert (FaultKind.TRUNCATED, f"entries 0–{size - 1}") in [(fault.kind, fault.where) for fault in found.faults]
    assert any("none beyond was looked for" in note for note in found.notes)
    assert not found.holds


def test_the_log_of_nothing_is_proven(tmp_path: Path) -> None:
    note = sign_checkpoint(Checkpoint(SIGNER.key.name, 0, EMPTY_ROOT), SIGNER.key, SIGNER.sign).encode()
    (tmp_path / "checkpoint").write_text(note, encoding="utf-8")
    assert verify_log(FolderSource(tmp_path), SIGNER.key).holds


def test_a_log_packed_in_a_way_that_is_not_read_cannot_be_judged(log: Log, folder: Path, tmp_path: Path) -> None:
    """R-AUD-5: damaged, encrypted, packed otherwise: nothing of it refutes the log."""
    assert folder.exists()
    files = published_files(log)
    for name, damage in ZIPS.items():
        packed = tmp_path / f"{name.replace(' ', '-')}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
            for path, content in files.items():
                written.writestr(path, content, zipfile.ZIP_BZIP2 if name == "another packing" else None)
        raw = bytearray(packed.read_bytes())
        damage(raw)
        packed.write_bytes(raw)
        result = judged(packed)
        assert (name, result.exit_code) == (name, 2), result.output
        assert "日志无法验证" in result.output


def _flip(raw: bytearray, header: bytes, at: int, value: int) -> None:
    begin = raw.find(header)
    while begin != -1:
        raw[begin + at] = value
        begin = raw.find(header, begin + 1)


def _damage(raw: bytearray) -> None:
    for header in range(30, len(raw) // 2, 97):
        raw[header : header + 30] = b"\xff" * 30


def _encrypt(raw: bytearray) -> None:
    _flip(raw, b"PK\x03\x04", 6, 1)
    _flip(raw, b"PK\x01\x02", 8, 1)


def _method(raw: bytearray) -> None:
    _flip(raw, b"PK\x03\x04", 8, 99)
    _flip(raw, b"PK\x01\x02", 10, 99)


ZIPS: dict[str, Callable[[bytearray], object]] = {
    "damaged": _damage,
    "encrypted": _encrypt,
    "an unknown packing": _method,
    "another packing": lambda _: None,
}


def test_no_file_is_read_further_than_it_can_be_long(tmp_path: Path) -> None:
    """R-AUD-5: what unfolds to gigabytes is read up to the byte that shows it to be none of a log's files."""
    longest = {"checkpoint": 1_000_000, "tile/0/000": 8_192, "tile/entries/000": 256 * 65_537}
    with zipfile.ZipFile(tmp_path / "log.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path, most in longest.items():
            packed.writestr(path, bytes(2 * most))
    with zipfile.ZipFile(tmp_path / "log.zip") as packed:
        packed.extractall(tmp_path / "log")
    sent: list[int] = []

    def parts(most: int) -> Iterator[bytes]:
        while True:
            sent.append(most)
            yield bytes(10_000)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=parts(longest[request.url.path.removeprefix("/log/")]))

    web = WebSource("https://shenguan.example/log")
    web.__dict__["_client"] = httpx.Client(transport=httpx.MockTransport(answer))
    for source in (ZipSource(tmp_path / "log.zip"), FolderSource(tmp_path / "log"), web):
        for path, most in longest.items():
            assert len(source.read(path) or b"") == most + 1
    assert all(sent.count(most) * 10_000 <= most + 20_000 for most in longest.values())


def test_a_pipe_among_the_files_of_a_log_is_no_file(folder: Path) -> None:
    """R-AUD-5: nobody waits for what is never written."""
    (folder / "tile/0/000").unlink()
    os.mkfifo(folder / "tile/0/000")
    assert found_in(folder) == [(FaultKind.REMOVED, "tile/0/000")]


def test_of_what_was_loaded_only_so_much_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUD-5: the rest is asked for when its turn comes."""
    monkeypatch.setattr(log_source, "_MOST_HELD", 20_000)
    web = WebSource("https://shenguan.example/log")
    answer = httpx.MockTransport(lambda _: httpx.Response(200, content=bytes(8_000)))
    web.__dict__["_client"] = httpx.Client(transport=answer)
    wanted = [f"tile/0/{number:03d}" for number in range(200)]
    web.load(wanted)
    assert 20_000 <= sum(len(held or b"") for held in web._held.values()) < 20_000 + 17 * 8_000
    assert [len(web.read(path) or b"") for path in wanted] == [8_000] * 200


def test_an_answer_that_is_packed_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUD-5."""
    headers = {"Content-Encoding": "gzip"}
    packed = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"x")))
    made = httpx.Client(transport=packed)
    monkeypatch.setattr(httpx, "Client", lambda **_: made)
    assert judged("https://shenguan.example/audit/v1").exit_code == 2


def test_a_bundle_of_a_million_entries_is_damage(folder: Path) -> None:
    """R-AUD-4: one file that unfolds to a million leaves is junk, and told as that."""
    (folder / "tile/entries/001").write_bytes(bytes(2_000_000))
    assert found_in(folder) == [(FaultKind.CHANGED, "entries 256–511")]


def test_a_log_of_several_ranges_is_checked_by_several_processes(tmp_path: Path) -> None:
    """Two ranges, and links laid aside in several parts."""
    log = a_sealed_log([*a_case(40, SUBJECT), *envelopes(1)], 1_000)
    entries = stored_entries(log)
    entries += [an_event().envelope().canonical() for _ in range(1_000)] * 66
    publish_behind_the_sealer(log, entries)
    assert len(list(ranges(0, len(entries)))) == 2
    found = verify_log(FolderSource(write_folder(tmp_path, published_files(log))), SIGNER.key)
    assert found.proven
    assert {fault.kind for fault in found.faults} == {FaultKind.LOGGED_TWICE}
    assert len(found.faults) == log_chains.MOST_NAMED
