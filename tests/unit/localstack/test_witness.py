"""`shenguan witness`: what it cosigned is on disk before it says so, and nothing contradicts it (R-AUD-3)."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import pytest

from localstack.witness import folder as on_disk
from localstack.witness.folder import WitnessError, opened, tree_of
from localstack.witness.watch import Answer, Watch, logs_of
from shared.kernel.cosignatures import COSIGNATURE, Cosignature, cosignatures, parse_lines, parse_witness_key
from shared.kernel.merkle import consistency_proof, memory_reader, verify_consistency
from shared.kernel.notes import Note, open_checkpoint, parse_checkpoint, parse_note, read_key_line
from shared.kernel.witnessing import SIZE_MEDIA_TYPE
from tests.support.audit_builders import local_signer
from tests.support.crashes import Killed
from tests.support.witness_builders import WITNESS, GrowingLog, files_below, growing_log

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LOG = growing_log()
FORK = growing_log(common=30)
OTHER = growing_log("another.example/log")
MOST_MOMENTS = 40


@contextmanager
def watching(path: Path, *logs: GrowingLog, told: Callable[[str], None] = lambda _: None) -> Iterator[Watch]:
    with opened(path, WITNESS) as kept:
        vkeys = [log.signer.key.vkey for log in logs or (LOG, OTHER)]
        yield Watch(kept, logs_of(vkeys), lambda: NOW, told)


def cosigned(answer: Answer, log: GrowingLog, size: int, watch: Watch) -> Cosignature:
    """The cosignature of an answer, verified over the log's own checkpoint."""
    assert (answer.status, answer.media_type) == (200, "text/plain; charset=utf-8"), answer
    note = parse_note(log.note(size))
    (found,) = cosignatures(Note(note.text, parse_lines(answer.body)), [parse_witness_key(watch.vkey)])
    return found


def test_it_cosigns_what_continues_what_it_cosigned(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        for old, size in ((0, 0), (0, 10), (10, 10), (10, 60), (60, 100)):
            assert cosigned(watch.add_checkpoint(LOG.request(old, size)), LOG, size, watch).at == NOW
            assert watch.known(LOG.signer.key.name).size == size


def test_several_logs_are_watched_side_by_side(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        cosigned(watch.add_checkpoint(LOG.request(0, 10)), LOG, 10, watch)
        cosigned(watch.add_checkpoint(OTHER.request(0, 7)), OTHER, 7, watch)
        cosigned(watch.add_checkpoint(LOG.request(10, 11)), LOG, 11, watch)
        assert (watch.known(LOG.signer.key.name).size, watch.known(OTHER.signer.key.name).size) == (11, 7)


def test_what_it_refuses_changes_nothing_on_disk(tmp_path: Path) -> None:
    with watching(tmp_path, LOG) as watch:
        watch.add_checkpoint(LOG.request(0, 40))
        before = files_below(tmp_path)
        unknown = watch.add_checkpoint(OTHER.request(0, 7))
        stale = watch.add_checkpoint(LOG.request(0, 50))
        backwards = watch.add_checkpoint(LOG.request(39, 39))
        nonsense = watch.add_checkpoint(b"hello")
        assert [each.status for each in (unknown, stale, backwards, nonsense)] == [404, 409, 409, 400]
        assert (stale.media_type, stale.body) == (SIZE_MEDIA_TYPE, "40\n")
        assert files_below(tmp_path) == before


def test_a_second_history_is_refused_told_and_kept_as_evidence(tmp_path: Path) -> None:
    lines: list[str] = []
    with watching(tmp_path, LOG, told=lines.append) as watch:
        watch.add_checkpoint(LOG.request(0, 40))
        same_size = watch.add_checkpoint(FORK.request(40, 40))
        larger = watch.add_checkpoint(FORK.request(40, 60))
        assert (same_size.status, larger.status) == (409, 422)
        assert "CONTRADICTS" in lines[-2]
        assert "CONTRADICTS" in lines[-1]
        kept = {content for name, content in files_below(tmp_path).items() if name.startswith("disputed/")}
        assert kept == {FORK.request(40, 40), FORK.request(40, 60)}
        garbage = LOG.request(40, 60).replace(b"\n\n", b"\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n", 1)
        for _ in range(3):
            assert watch.add_checkpoint(garbage).status == 422
        assert len(list((tmp_path / "disputed").iterdir())) == 3
        cosigned(watch.add_checkpoint(LOG.request(40, 60)), LOG, 60, watch)


def test_what_it_keeps_is_the_checkpoint_with_its_own_cosignature_and_nobody_elses(tmp_path: Path) -> None:
    stranger = "— stranger AAAAAAAA\n"
    with watching(tmp_path) as watch:
        watch.add_checkpoint(LOG.request(0, 10) + stranger.encode())
        shown = watch.last(LOG.signer.key.name)
        note = parse_note(shown.body)
        assert [line.name for line in note.signatures] == [LOG.signer.key.name, WITNESS]
        assert open_checkpoint(shown.body, LOG.signer.key).size == 10
        assert watch.last("nobody.example/log").status == HTTPStatus.NOT_FOUND
        assert shown.body.encode() in files_below(tmp_path).values()


def test_it_goes_on_where_it_was_under_the_same_key(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        watch.add_checkpoint(LOG.request(0, 40))
        vkey = watch.vkey
    with watching(tmp_path) as watch:
        assert watch.vkey == vkey
        assert watch.known(LOG.signer.key.name).size == 40
        assert watch.add_checkpoint(FORK.request(40, 60)).status == 422
        cosigned(watch.add_checkpoint(LOG.request(40, 60)), LOG, 60, watch)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace", "close"])
def test_killed_at_any_call_to_the_disk_it_forgets_nothing_it_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Before and after each call: the next run knows the old checkpoint or the new one, and every answered one."""
    for at in range(MOST_MOMENTS):
        path = tmp_path / f"{call}{at}"
        with watching(path) as watch:
            watch.add_checkpoint(LOG.request(0, 10))
        answered = 10
        with opened(path) as kept, monkeypatch.context() as patched:
            watch = Watch(kept, logs_of([LOG.signer.key.vkey]), lambda: NOW, lambda _: None)
            tripped = _kill_at(patched, call, at)
            try:
                watch.add_checkpoint(LOG.request(10, 20))
                answered = 20
                watch.add_checkpoint(LOG.request(20, 30))
                answered = 30
            except Killed:
                pass
        with watching(path) as watch:
            known = watch.known(LOG.signer.key.name)
            assert known.size >= answered
            assert known.root == LOG.root(known.size)
            # The log learns the size by a 409 and goes on; the fork is refused from every size.
            told = watch.add_checkpoint(LOG.request(10, 40))
            size = int(told.body) if told.status == HTTPStatus.CONFLICT else 10
            assert size == known.size or told.status == HTTPStatus.OK
            if told.status == HTTPStatus.CONFLICT:
                cosigned(watch.add_checkpoint(LOG.request(size, 40)), LOG, 40, watch)
        if not tripped():
            assert at > 1
            return
    raise AssertionError("the run has more moments than were looked at")


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace", "close"])
def test_killed_while_it_cosigns_a_log_for_the_first_time_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Nothing was answered, so nothing is lost; what is there again after that is missed when it goes."""
    for at in range(MOST_MOMENTS):
        path = tmp_path / f"{call}{at}"
        with watching(path) as watch:
            watch.add_checkpoint(OTHER.request(0, 7))
        with opened(path) as kept, monkeypatch.context() as patched:
            watch = Watch(kept, logs_of([LOG.signer.key.vkey]), lambda: NOW, lambda _: None)
            tripped = _kill_at(patched, call, at)
            with suppress(Killed):
                watch.add_checkpoint(LOG.request(0, 10))
        with watching(path) as watch:
            shown = watch.last(LOG.signer.key.name)
            assert watch.known(OTHER.signer.key.name).size == 7
        if shown.status == HTTPStatus.OK:
            assert _refuses_without(path, LOG)
        assert _refuses_without(path, OTHER)
        if not tripped():
            assert at > 1
            return
    raise AssertionError("the run has more moments than were looked at")


def _refuses_without(path: Path, log: GrowingLog) -> bool:
    """Whether it does not run without what it cosigned of one log; that is put back."""
    file = path / "logs" / sha256(log.signer.key.name.encode()).hexdigest()
    held = file.read_bytes()
    file.unlink()
    try:
        with pytest.raises(WitnessError, match=r"is gone, though .* was cosigned.*under a new name"), watching(path):
            pass
    finally:
        file.write_bytes(held)
    return True


def test_it_does_not_run_without_what_it_cosigned_of_one_of_its_logs(tmp_path: Path) -> None:
    """R-AUD-3: it could be led to cosign a second history of that log, though it knows the others."""
    with watching(tmp_path) as watch:
        watch.add_checkpoint(LOG.request(0, 40))
        watch.add_checkpoint(OTHER.request(0, 7))
    assert _refuses_without(tmp_path, LOG)
    assert _refuses_without(tmp_path, OTHER)
    with watching(tmp_path) as watch:
        assert watch.known(LOG.signer.key.name).size == 40


def test_it_does_not_run_without_the_list_of_what_it_cosigned(tmp_path: Path) -> None:
    """R-AUD-3."""
    with watching(tmp_path) as watch:
        watch.add_checkpoint(LOG.request(0, 40))
    (tmp_path / "origins").unlink()
    with pytest.raises(WitnessError, match=r"is forgotten.*under a new name"), watching(tmp_path):
        pass


def _kill_at(patched: pytest.MonkeyPatch, call: str, at: int) -> Callable[[], bool]:
    """Kill before (even) or after (odd) the n-th call of a kind; answers whether it came to that."""
    owner = Path if call == "replace" else os
    real = getattr(owner, call)
    passed: list[str] = []

    def moment() -> None:
        passed.append(call)
        if len(passed) == at + 1:
            raise Killed

    def counted(*args: object, **named: object) -> object:
        moment()
        result = real(*args, **named)
        moment()
        return result

    patched.setattr(owner, call, counted)
    return lambda: len(passed) > at


def test_a_disk_that_does_not_write_means_no_cosignature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with watching(tmp_path) as watch:
        watch.add_checkpoint(LOG.request(0, 10))
        with monkeypatch.context() as patched:
            patched.setattr(on_disk, "_replace", full)
            assert watch.add_checkpoint(LOG.request(10, 20)).status == HTTPStatus.INTERNAL_SERVER_ERROR
            assert watch.add_checkpoint(growing_log(common=3).request(10, 20)).status == 422
        assert watch.known(LOG.signer.key.name).size == 10
        cosigned(watch.add_checkpoint(LOG.request(10, 20)), LOG, 20, watch)


def test_many_requests_at_once_never_lead_to_two_histories(tmp_path: Path) -> None:
    """Eight threads push both histories from whatever size they were last told (the text's race)."""
    answers: list[tuple[GrowingLog, int]] = []
    told: list[str] = []
    with watching(tmp_path, LOG, told=told.append) as watch:

        def push(log: GrowingLog, steps: range) -> None:
            old = 0
            for size in steps:
                answer = watch.add_checkpoint(log.request(old, size))
                if answer.status == HTTPStatus.OK:
                    old = size
                    answers.append((log, size))
                elif answer.media_type == SIZE_MEDIA_TYPE:
                    old = int(answer.body)

        threads = [
            threading.Thread(target=push, args=(log, range(start, 101, 4)))
            for log in (LOG, FORK)
            for start in range(1, 5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        last = watch.known(LOG.signer.key.name)
    sizes = [int(found[1]) for line in told if (found := re.search(r"→ (\d+) cosigned$", line))]
    assert sizes == sorted(sizes)
    assert set(sizes) == {size for _, size in answers}
    winner = LOG if last.root == LOG.root(last.size) else FORK
    assert last.root == winner.root(last.size)
    for log, size in answers:
        assert log.root(size) == winner.root(size)
        proof = consistency_proof(size, last.size, memory_reader(winner.leaves))
        verify_consistency(size, last.size, log.root(size), last.root, proof)


def test_its_key_is_its_own_to_read_and_its_name_is_asked_once(tmp_path: Path) -> None:
    with pytest.raises(WitnessError, match="--name"), opened(tmp_path / "w"):
        pass
    with opened(tmp_path / "w", WITNESS) as kept:
        vkey = kept.cosigner.key.vkey
        assert read_key_line(vkey, COSIGNATURE) == (WITNESS, kept.cosigner.key.public_key)
    assert (tmp_path / "w" / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o700
    with opened(tmp_path / "w") as kept:
        assert kept.cosigner.key.vkey == vkey
    with pytest.raises(WitnessError, match="is called"), opened(tmp_path / "w", "witness.example/another"):
        pass


@pytest.mark.parametrize("name", ["two words", "a+b", "\n"])
def test_what_can_be_no_name_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(WitnessError, match="name"), opened(tmp_path, name):
        pass
    assert not (tmp_path / "key").exists()


def test_two_never_run_in_one_folder(tmp_path: Path) -> None:
    with opened(tmp_path, WITNESS), pytest.raises(WitnessError, match="runs already"), opened(tmp_path):
        pass
    with opened(tmp_path):
        pass


def test_a_witness_that_lost_its_memory_does_not_go_on(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        watch.add_checkpoint(LOG.request(0, 10))
    (file,) = (tmp_path / "logs").iterdir()
    good = file.read_bytes()
    unsigned = LOG.note(10).encode()
    others = growing_log(common=0).note(10).encode() + good[good.rindex("—".encode()) :]
    for bad in (b"", good[: len(good) // 2], good.replace(b"\n10\n", b"\n11\n"), unsigned, others):
        file.write_bytes(bad)
        with pytest.raises(WitnessError, match="new name"), watching(tmp_path):
            pass
    file.write_bytes(good)
    with watching(tmp_path) as watch:
        assert watch.known(LOG.signer.key.name).size == 10
    file.unlink()
    (tmp_path / "logs").rmdir()
    with pytest.raises(WitnessError, match="forgotten"), watching(tmp_path):
        pass


@pytest.mark.parametrize("damage", ["", "PRIVATE+KEY+a+00000000+AAAA", "nonsense"])
def test_a_damaged_key_is_told(tmp_path: Path, damage: str) -> None:
    with opened(tmp_path, WITNESS):
        pass
    (tmp_path / "key").write_text(damage)
    with pytest.raises(WitnessError, match="private key"), opened(tmp_path):
        pass


def test_a_log_may_change_its_key_but_not_have_the_witnesss(tmp_path: Path) -> None:
    newer = local_signer("newer", LOG.signer.key.name)
    later = GrowingLog(newer, LOG.leaves)
    with opened(tmp_path, WITNESS) as kept:
        watch = Watch(kept, logs_of([LOG.signer.key.vkey, newer.key.vkey]), lambda: NOW, lambda _: None)
        cosigned(watch.add_checkpoint(LOG.request(0, 10)), LOG, 10, watch)
        cosigned(watch.add_checkpoint(later.request(10, 20)), later, 20, watch)
        own = type(newer.key)("log.example", kept.cosigner.key.public_key)
        with pytest.raises(WitnessError, match="its witness's key"):
            Watch(kept, logs_of([own.vkey]), lambda: NOW, lambda _: None)


def test_what_is_no_logs_key_is_told() -> None:
    for text in ("", "log", local_signer().key.vkey[:-4]):
        with pytest.raises(WitnessError, match="Copy the whole line"):
            logs_of([text])


def test_the_tree_of_nothing_is_the_empty_one() -> None:
    assert tree_of(None).size == 0
    assert tree_of(parse_note(LOG.note(7))).root == parse_checkpoint(parse_note(LOG.note(7)).text).root
