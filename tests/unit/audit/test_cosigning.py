"""Witnesses cosign checkpoints: whatever they answer, whoever dies, what is kept is true (R-AUD-3, R-AUD-5)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from localstack.witness.folder import opened
from localstack.witness.watch import Watch, logs_of
from services.audit.domain.log import Head
from services.audit.domain.witnesses import Progress, Trouble, key_of
from services.audit.logic.cosigning import Cosigning, cosign
from services.audit.logic.proving import evidence, prove
from services.audit.logic.reading import cosigned
from services.audit.logic.sealing import finish, seal
from services.audit.ports.log import Log
from services.audit.ports.witnesses import Asked, Heard
from shared.contracts.event import Envelope
from shared.contracts.evidence import verify_evidence
from shared.contracts.witnesses import Witness
from shared.kernel.cosignatures import cosign as made_by
from shared.kernel.cosignatures import cosignatures, parse_witness_key
from shared.kernel.errors import Refused
from shared.kernel.notes import Note, open_checkpoint, parse_note
from shared.kernel.tlog_proof import verify_proof
from shared.kernel.witnessing import SIZE_MEDIA_TYPE
from tests.support.audit_builders import (
    NOW,
    SIGNER,
    MemoryLedger,
    MemoryObjects,
    Wire,
    a_log,
    assert_sound,
    envelopes,
    messages,
    wired,
)
from tests.support.crashes import Killed, kill
from tests.support.witness_builders import MemoryWitnesses, local_witness

MOST_MOMENTS = 200
TEXT = "text/plain"


class Street:
    """Witnesses of the real program, each in a folder of its own; some may be away, or answer something else."""

    def __init__(self, folder: Path, stack: ExitStack, names: Sequence[str]) -> None:
        self.now = NOW
        self.wire = Wire(-1, kill)
        self.asked: list[tuple[str, bytes]] = []
        self.instead: dict[str, Heard | Trouble] = {}
        self.watches: dict[str, Watch] = {}
        self.witnesses = MemoryWitnesses()
        for name in names:
            kept = stack.enter_context(opened(folder / name, f"{name}.example/w"))
            watch = Watch(kept, logs_of([SIGNER.key.vkey]), lambda: self.now, lambda _: None)
            self.watches[name] = watch
            self.witnesses.listed.append(Witness(name=name, url=f"https://{name}.example/log", vkey=watch.vkey))

    def ask(self, asked: Mapping[str, Asked]) -> Mapping[str, Heard | Trouble]:
        self.asked += [(name, each.body) for name, each in asked.items()]
        self.wire.moment()
        heard = {name: self._answer(name, each) for name, each in asked.items()}
        self.wire.moment()
        return heard

    def _answer(self, name: str, asked: Asked) -> Heard | Trouble:
        assert asked.url == f"https://{name}.example/log"
        if name in self.instead:
            return self.instead[name]
        answer = self.watches[name].add_checkpoint(asked.body)
        return Heard(answer.status, answer.media_type.split(";")[0], answer.body)

    def cosign(self, log: Log, quorum: int = 1, now: datetime | None = None) -> Cosigning:
        return cosign(log, self.witnesses, self, quorum, now or self.now)

    def signers(self, note: str) -> list[str]:
        """Who cosigned it, in the order of lines, verified."""
        keys = {parse_witness_key(each.vkey): each.name for each in self.witnesses.listed}
        return [keys[each.key] for each in cosignatures(parse_note(note), keys)]

    def progress(self, name: str) -> Progress:
        (found,) = [each for (known, _), each in self.witnesses.kept.items() if known == name]
        return found


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with ExitStack() as stack:
        yield Street(tmp_path, stack, ["bureau", "court", "press"])


def sealed(log: Log, count: int) -> list[Envelope]:
    given = envelopes(count)
    seal(log, messages(given, prefix=f"{log.ledger.head().size}-"), NOW)
    return given


def latest(log: Log) -> str:
    return log.ledger.latest_checkpoint() or ""


def test_the_newest_checkpoint_is_cosigned_by_all_and_shown_with_their_lines(street: Street) -> None:
    log = a_log()
    given = sealed(log, 300)
    assert street.cosign(log) == Cosigning(300, ("bureau", "court", "press"), {})
    note = latest(log)
    assert street.signers(note) == ["bureau", "court", "press"]
    assert parse_note(note).signatures[0].name == SIGNER.key.name
    assert cosigned(log) == note
    assert_sound(log, given)


def test_an_idle_log_is_cosigned_once(street: Street) -> None:
    log = a_log()
    sealed(log, 5)
    street.cosign(log)
    asked, writes, note = len(street.asked), street.witnesses.writes, latest(log)
    for _ in range(3):
        assert street.cosign(log) == Cosigning(5)
    assert (len(street.asked), street.witnesses.writes, latest(log)) == (asked, writes, note)


def test_each_new_checkpoint_is_asked_for_with_the_way_from_the_last(street: Street) -> None:
    """One request a witness and checkpoint: the size it cosigned last is remembered."""
    log, logged = a_log(), []
    for count in (1, 7, 255, 600):
        logged += sealed(log, count)
        before = len(street.asked)
        assert street.cosign(log).troubles == {}
        assert len(street.asked) == before + 3
    assert_sound(log, logged, [1, 8, 263])
    assert b"old 263\n" in street.asked[-1][1]


def test_without_witnesses_or_entries_nothing_is_asked(street: Street) -> None:
    log = a_log()
    assert street.cosign(log) == Cosigning()
    sealed(log, 3)
    street.witnesses.listed.clear()
    assert street.cosign(log) == Cosigning()
    assert street.asked == []


def test_the_empty_log_may_be_cosigned_too(street: Street) -> None:
    log = a_log()
    finish(log)
    assert street.cosign(log).cosigned == ("bureau", "court", "press")


def test_a_witness_that_was_away_catches_up_and_keeps_nobody_waiting(street: Street) -> None:
    log = a_log()
    sealed(log, 4)
    street.instead["court"] = Trouble.UNREACHABLE
    done = street.cosign(log)
    assert (done.cosigned, done.troubles) == (("bureau", "press"), {"court": Trouble.UNREACHABLE})
    sealed(log, 4)
    street.cosign(log, now=NOW + timedelta(minutes=1))
    assert street.progress("court") == Progress(trouble=Trouble.UNREACHABLE, since=NOW)
    street.instead.clear()
    assert street.cosign(log).cosigned == ("court",)
    assert street.signers(latest(log)) == ["bureau", "press", "court"]
    assert street.progress("court") == Progress(size=8, cosigned_at=NOW)


def test_a_witness_that_knows_more_than_we_remember_says_so_and_is_asked_again(street: Street) -> None:
    """Its answer was lost, or ours was: 409 with its size."""
    log = a_log()
    sealed(log, 10)
    street.cosign(log)
    sealed(log, 10)
    street.witnesses.kept.clear()
    before = len(street.asked)
    assert street.cosign(log).cosigned == ("bureau", "court", "press")
    assert len(street.asked) == before + 6


def test_a_witness_that_forgot_and_says_so_is_asked_from_there(street: Street, tmp_path: Path) -> None:
    log = a_log()
    sealed(log, 10)
    street.cosign(log)
    sealed(log, 10)
    with opened(tmp_path / "new", "bureau.example/w") as kept:
        anew = Watch(kept, logs_of([SIGNER.key.vkey]), lambda: NOW, lambda _: None)
        street.watches["bureau"] = anew
        answered = street.cosign(log)
    # It knows 0 and says so; but its key is another one, so its line is none that we know.
    assert answered.troubles == {"bureau": Trouble.COSIGNATURE_INVALID}
    assert street.signers(latest(log)) == ["court", "press"]


@pytest.mark.parametrize(
    ("heard", "trouble"),
    [
        (Heard(404, TEXT, "unknown log\n"), Trouble.LOG_UNKNOWN),
        (Heard(403, TEXT, "no\n"), Trouble.KEY_UNKNOWN),
        (Heard(422, TEXT, "no\n"), Trouble.DISAGREES),
        (Heard(409, TEXT, "another root\n"), Trouble.DISAGREES),
        (Heard(409, TEXT, "7\n"), Trouble.DISAGREES),
        (Heard(409, SIZE_MEDIA_TYPE, "11\n"), Trouble.DISAGREES),
        (Heard(409, SIZE_MEDIA_TYPE, "many\n"), Trouble.DISAGREES),
        (Heard(409, SIZE_MEDIA_TYPE, "0\n"), Trouble.UNEXPECTED),
        (Heard(409, SIZE_MEDIA_TYPE, "5\n"), Trouble.UNEXPECTED),
        (Heard(400, TEXT, "what?\n"), Trouble.UNEXPECTED),
        (Heard(500, TEXT, "oh\n"), Trouble.UNEXPECTED),
        (Heard(302, TEXT, ""), Trouble.UNEXPECTED),
        (Heard(200, TEXT, ""), Trouble.COSIGNATURE_INVALID),
        (Heard(200, "text/html", "<html>\n"), Trouble.COSIGNATURE_INVALID),
        (Trouble.ADDRESS_REFUSED, Trouble.ADDRESS_REFUSED),
    ],
)
def test_what_is_no_cosignature_is_named_and_changes_no_checkpoint(
    street: Street, heard: Heard | Trouble, trouble: Trouble
) -> None:
    log = a_log()
    sealed(log, 10)
    note = latest(log)
    street.instead = dict.fromkeys(street.watches, heard)
    assert street.cosign(log).troubles == dict.fromkeys(street.watches, trouble)
    assert latest(log) == note
    with pytest.raises(Refused):
        cosigned(log)


def test_a_cosignature_of_another_key_tree_or_time_is_not_taken(street: Street) -> None:
    log = a_log()
    sealed(log, 10)
    text = parse_note(latest(log)).text
    stranger = local_witness("stranger.example/w")
    own = street.watches["bureau"]._folder.cosigner
    lines = {
        "another key": made_by(text, stranger, NOW),
        "another tree": made_by(text.replace("\n10\n", "\n11\n"), own, NOW),
        "the future": made_by(text, own, NOW + timedelta(hours=2)),
    }
    for what, made in lines.items():
        street.instead = {"bureau": Heard(200, TEXT, made.signature.line)}
        assert street.cosign(log).troubles == {"bureau": Trouble.COSIGNATURE_INVALID}, what
    street.instead = {"bureau": Heard(200, TEXT, lines["another key"].signature.line
                                      + made_by(text, own, NOW).signature.line)}  # fmt: skip
    assert street.cosign(log).cosigned == ("bureau",)
    assert len(parse_note(latest(log)).signatures) == 4


def test_a_log_that_was_rewritten_is_refused_by_every_witness(street: Street) -> None:
    """The operator restores an old copy and goes on with other events: the witnesses stand by what they saw."""
    log = a_log()
    sealed(log, 20)
    street.cosign(log)
    forged = Log(MemoryLedger(), MemoryObjects(), SIGNER)
    sealed(forged, 12)
    assert set(street.cosign(forged).troubles.values()) == {Trouble.DISAGREES}
    sealed(forged, 8)
    assert set(street.cosign(forged).troubles.values()) == {Trouble.DISAGREES}
    sealed(forged, 30)
    assert set(street.cosign(forged).troubles.values()) == {Trouble.DISAGREES}
    assert forged.ledger.cosigned() is None


def test_a_witness_that_saw_our_next_checkpoint_already_disagrees_with_nobody(street: Street) -> None:
    """Two runs of the function: the slower one comes with the older checkpoint."""
    log = a_log()
    sealed(log, 10)
    older = MemoryLedger(log.ledger.head(), dict(log.ledger.indexed), {10: latest(log)})  # type: ignore[attr-defined]
    sealed(log, 10)
    street.cosign(log)
    older.now = Head(size=20, root=log.ledger.head().root)
    assert street.cosign(Log(older, log.objects, SIGNER)) == Cosigning(10)
    assert {each.trouble for each in street.witnesses.kept.values()} == {None}


def test_two_runs_at_once_lose_no_line(street: Street) -> None:
    """Another run adds its line between our reading and our writing."""

    class Contended(MemoryLedger):
        raced = False

        def add_cosignatures(self, size: int, before: str, after: str) -> None:
            if not self.raced:
                self.raced = True
                line = made_by(parse_note(before).text, street.watches["press"]._folder.cosigner, NOW)
                with_it = Note(parse_note(before).text, (*parse_note(before).signatures, line.signature))
                self.notes[size] = with_it.encode()
            super().add_cosignatures(size, before, after)

    log = Log(Contended(), MemoryObjects(), SIGNER)
    sealed(log, 10)
    street.instead["press"] = Trouble.UNREACHABLE
    street.cosign(log)
    assert sorted(street.signers(latest(log))) == ["bureau", "court", "press"]
    assert log.objects.read("checkpoint").decode() == latest(log)


def test_killed_at_every_moment_the_next_run_completes_it(street: Street) -> None:
    for at in range(MOST_MOMENTS):
        log = a_log()
        logged = sealed(log, 30)
        _follow(street, log)
        street.wire = Wire(at, kill)
        killed = False
        try:
            street.cosign(wired(log, street.wire))
        except Killed:
            killed = True
        street.wire = Wire(-1, kill)
        assert street.cosign(log).troubles == {}
        assert sorted(street.signers(latest(log))) == ["bureau", "court", "press"]
        assert cosigned(log) == latest(log) == log.objects.read("checkpoint").decode()
        assert_sound(log, logged)
        if not killed:
            assert at > 8
            return
    raise AssertionError("the run has more moments than were looked at")


def _follow(street: Street, log: Log) -> None:
    """Let the witnesses begin anew with this log: to them it is the first they see."""
    street.witnesses.kept.clear()
    for watch in street.watches.values():
        watch._last[log.signer.key.name] = None


# --- What is proven by a cosigned checkpoint ------------------------------------------------------


def test_an_event_is_proven_by_the_largest_cosigned_checkpoint_that_covers_it(street: Street) -> None:
    log = a_log()
    first = sealed(log, 300)
    street.cosign(log)
    second = sealed(log, 300)
    old, new = prove(log, first[0].id), prove(log, second[0].id)
    assert verify_proof(old, first[0].canonical(), SIGNER.key).size == 300
    assert street.signers(old.checkpoint) == ["bureau", "court", "press"]
    assert verify_proof(new, second[0].canonical(), SIGNER.key).size == 600
    assert street.signers(new.checkpoint) == []
    both = evidence(log, [first[0].id, second[0].id])
    assert {fact.checkpoint.size for fact in verify_evidence(both, SIGNER.key)} == {600}
    street.cosign(log)
    assert street.signers(prove(log, second[0].id).checkpoint) == ["bureau", "court", "press"]


def test_an_older_cosigned_checkpoint_proves_also_when_its_partial_tiles_were_tidied_away(street: Street) -> None:
    log = a_log()
    first = sealed(log, 20)
    street.cosign(log)
    street.instead = dict.fromkeys(street.watches, Trouble.UNREACHABLE)
    sealed(log, 500)
    assert isinstance(log.objects, MemoryObjects)
    log.objects.delete([path for path in log.objects.held if ".p/20" in path])
    (fact,) = verify_evidence(evidence(log, [first[7].id]), SIGNER.key)
    assert fact.checkpoint.size == 20


def test_too_few_cosignatures_are_shown_but_not_relied_on(street: Street) -> None:
    """The quorum is reached later, by whoever was away."""
    log = a_log()
    first = sealed(log, 10)
    street.cosign(log, quorum=2)
    sealed(log, 10)
    street.instead = {"court": Trouble.UNREACHABLE, "press": Trouble.UNREACHABLE}
    street.cosign(log, quorum=2)
    assert street.signers(latest(log)) == ["bureau"]
    assert open_checkpoint(cosigned(log), SIGNER.key).size == 10
    assert len(street.signers(prove(log, first[0].id).checkpoint)) == 3
    street.instead = {}
    street.cosign(log, quorum=2)
    assert open_checkpoint(cosigned(log), SIGNER.key).size == 20


def test_a_removed_witness_no_longer_counts_but_its_line_stays(street: Street) -> None:
    log = a_log()
    sealed(log, 10)
    street.cosign(log, quorum=3)
    gone = street.witnesses.listed.pop(0)
    assert street.cosign(log, quorum=3) == Cosigning(10)
    assert cosignatures(parse_note(cosigned(log)), [key_of(gone)])


def test_a_note_never_grows_beyond_what_can_be_read_again(street: Street) -> None:
    log = a_log()
    sealed(log, 10)
    note = parse_note(latest(log))
    lines = [made_by(note.text, local_witness(f"w{number}.example"), NOW).signature for number in range(98)]
    full = Note(note.text, (*note.signatures, *lines)).encode()
    log.ledger.add_cosignatures(10, latest(log), full)
    street.cosign(log)
    assert latest(log) == full
    parse_note(latest(log))
