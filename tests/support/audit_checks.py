"""What audit's store must do on every DynamoDB engine (R-AUD-3)."""

from datetime import timedelta

import pytest

from services.audit.domain import SOURCE
from services.audit.domain.attested import Told
from services.audit.domain.exports import LogExport, Progress
from services.audit.domain.log import Head, Leaf
from services.audit.domain.postings import Block, Dimension, PostingList
from services.audit.ports.positions import Position
from services.audit.store.attested import AttestedStore
from services.audit.store.exports import LANE, ExportStore
from services.audit.store.ledger import LedgerStore
from services.audit.store.positions import PositionStore
from services.audit.store.postings import PostingStore
from shared.aws.due import DeadlineStore
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.attestations import HeldSegment
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, change
from shared.contracts.log_exports import LogExportRequested
from shared.kernel.merkle import EMPTY_ROOT, leaf_hash
from shared.kernel.permissions import ANONYMOUS
from tests.support.audit_builders import DOCKET, NOW
from tests.support.table_checks import Check, at_once


def ledger(table: type[Row]) -> None:
    """The head moves only from where it was read; what is indexed is found; checkpoints are in the order of size."""
    found = LedgerStore(Journal(table, SOURCE))
    assert found.head() == Head()
    heads = [Head(), *(_head(size) for size in (90, 91))]
    found.swap(heads[0], heads[1])
    for stale in (heads[0], _head(89)):
        with pytest.raises(Outdated):
            found.swap(stale, heads[2])
    found.swap(heads[1], heads[2])
    assert found.head() == heads[2]

    for _ in range(2):
        found.index(_leaves(0, 91))
    assert found.leaves({f"evt_{number}" for number in range(120)}) == _leaves(0, 91)
    assert found.leaves([]) == {}

    assert found.latest_checkpoint() is None
    for size in (91, 9, 100):
        found.keep_checkpoint(size, f"note of {size}")
    found.keep_checkpoint(9, "another note")
    assert [found.checkpoint(size) for size in (9, 10)] == ["note of 9", None]
    assert found.latest_checkpoint() == "note of 100"
    assert list(found.checkpoints(9, 5)) == ["note of 91", "note of 100"]
    assert list(found.checkpoints(9, 1)) == ["note of 91"]


def cosigned_checkpoints(table: type[Row]) -> None:
    """Cosignatures are added to the checkpoint as it was read; the largest that was marked is the cosigned one."""
    found = LedgerStore(Journal(table, SOURCE))
    for size in (5, 7, 9):
        found.keep_checkpoint(size, f"note of {size}")
    assert found.cosigned() is None
    found.add_cosignatures(7, "note of 7", "note of 7, cosigned")
    for size, stale in ((7, "note of 7"), (6, "note of 6")):
        with pytest.raises(Outdated):
            found.add_cosignatures(size, stale, "another")
    found.keep_checkpoint(7, "note of 7")
    for size in (7, 5, 7):
        found.mark_cosigned(size)
        assert found.cosigned() == "note of 7, cosigned"
    assert found.latest_checkpoint() == "note of 9"


def one_head_of_many(table: type[Row]) -> None:
    """Of many sealers who move the same head, one does."""
    found = LedgerStore(Journal(table, SOURCE))
    found.swap(Head(), _head(1))
    results = at_once(8, lambda n: found.swap(_head(1), _head(n + 2)))
    assert sorted(results) == ["Outdated"] * 7 + ["won"]


def positions(table: type[Row]) -> None:
    """A follower moves from where it was read, and no other from there."""
    found = PositionStore(table)
    assert found.read("searcher") == Position()
    found.move("searcher", Position(), Position(5))
    for stale in (Position(), Position(4), Position(5, '{"seen":1}')):
        with pytest.raises(Outdated):
            found.move("searcher", stale, Position(9))
    found.move("searcher", Position(5), Position(9, '{"seen":1}'))
    assert found.read("searcher") == Position(9, '{"seen":1}')
    assert found.read("verifier") == Position()


def attested(table: type[Row]) -> None:
    """The newest pass of a service stays, whatever comes late; what became of it is kept where it is as it was read."""
    found = AttestedStore(table)
    older, newer = _segment("att_0000000001", 1), _segment("att_0000000002", 2)
    second = newer.model_copy(update={"segment": 1, "last": None})
    for segment in (older, older, newer, second, older):
        found.hear(segment)
    (last,) = found.passes()
    assert (last.pass_id, last.segments, last.judged) == (newer.pass_id, 2, False)
    assert last.borne_out == older.begun
    assert list(found.walked(last)) == [newer, second]
    judged = last.model_copy(update={"judged": True})
    found.move(last, judged)
    with pytest.raises(Outdated):
        found.move(last, judged)
    found.hear(newer)
    assert found.passes() == [judged]
    first = Told(step="stp_0000000001", follows=None, part=0, parts=2, days={NOW.date(): 4}, held="0-2,9")
    rest = first.model_copy(update={"part": 1, "held": "", "days": {}})
    for told in (first, rest, first):
        found.keep(SOURCE, newer.pass_id, told, NOW)
    found.keep(SOURCE, older.pass_id, first.model_copy(update={"held": "7"}), NOW)
    assert list(found.told(last)) == [first, rest]
    assert [each.indices for each in found.told(last)] == [(0, 1, 2, 9), ()]
    third = _segment("att_0000000003", 3)
    found.hear(third)
    (last,) = found.passes()
    assert (last.judged, last.borne_out) == (False, newer.begun)


def postings(table: type[Row]) -> None:
    """A list's blocks are found by where they start, both ways; to keep them again changes nothing (ADR 27)."""
    found = PostingStore(table)
    which = PostingList(Dimension.PRINCIPAL, "cli_auditor_0001", NOW.date())
    other = PostingList(Dimension.CASE, "case_0000000001")
    for _ in range(2):
        found.put(0, 1_000, {which: range(1_000), other: [7, 9]})
        found.put(1_000, 1_040, {which: [1_001]})
    first, last = Block(0, 1_000, tuple(range(1_000))), Block(1_000, 1_040, (1_001,))
    assert list(found.blocks(which)) == [last, first]
    assert list(found.blocks(which, 1_000)) == list(found.blocks(which, 1)) == [first]
    assert list(found.blocks(which, 0)) == []
    assert list(found.rising(which)) == [first, last]
    assert list(found.rising(other)) == [Block(0, 1_000, (7, 9))]
    assert list(found.rising(other._replace(of="case_0000000002"))) == []
    many = {PostingList(Dimension.TYPE, f"type.{number}", NOW.date()): [number] for number in range(2_000, 2_060)}
    found.put(2_000, 2_060, many)
    assert all(len(list(found.blocks(each))) == 1 for each in many)


def exports(table: type[Row]) -> None:
    """An export is due until it is saved as due no more; its steps go one way, whoever does them (R-AUD-7)."""
    journal = Journal(table, SOURCE)
    found, work = ExportStore(journal), DeadlineStore(journal, LANE)
    export = LogExport(
        export_id="lex_0000000001", client="cli_auditor_0001", first_day=NOW.date(), last_day=NOW.date(),
        requested_at=NOW,
    )  # fmt: skip
    context = Context(ANONYMOUS, NOW, "correlation-1")
    told = LogExportRequested(export_id=export.export_id, first_day=export.first_day, last_day=export.last_day)
    begun = change(SOURCE, export.export_id, ChainHead(), export, (told,), context)
    assert found.export(export.export_id) is None
    found.save(begun, NOW)
    stored = found.export(export.export_id)
    assert stored is not None
    assert stored.state == export
    assert [each.subject for each in work.due(NOW)] == [export.export_id]

    assert found.progress(export.export_id) == (0, Progress())
    assert found.note(export.export_id, 1, Progress(size=5))
    for late in (1, 0):
        assert not found.note(export.export_id, late, Progress(size=9))
    assert found.progress(export.export_id) == (1, Progress(size=5))

    found.save(change(SOURCE, export.export_id, stored.head, export, (told,), context), None)
    assert list(work.due(NOW + timedelta(days=1))) == []


CHECKS: tuple[Check, ...] = (ledger, cosigned_checkpoints, positions, attested, postings, exports)
RACES: tuple[Check, ...] = (one_head_of_many,)


def _head(size: int) -> Head:
    return Head(size=size, root=leaf_hash(str(size).encode()).hex() if size else EMPTY_ROOT.hex(), sealed_at=NOW)


def _segment(pass_id: str, minute: int) -> HeldSegment:
    begun, last = NOW + timedelta(minutes=minute), f"stp_000000000{minute}"
    return HeldSegment(source=SOURCE, pass_id=pass_id, begun=begun, segment=0, segments=2, last=last)


def _leaves(start: int, end: int) -> dict[str, Leaf]:
    return {f"evt_{n}": Leaf(index=n, hash=leaf_hash(str(n).encode()).hex(), docket=DOCKET) for n in range(start, end)}
