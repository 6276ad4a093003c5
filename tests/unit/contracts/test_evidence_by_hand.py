"""docs/evidence.md lets a stranger verify by hand: its commands are run as they stand there (R-AUD-5, R-HND-8)."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.event import GENESIS, Envelope, Event
from shared.contracts.receipts import SignedReceipt
from shared.kernel.merkle import EMPTY_ROOT, leaf_hash
from shared.kernel.notes import Checkpoint, sign_checkpoint
from shared.kernel.tiles import Tile, encode_bundle, grow, new_bundles
from tests.support.audit_builders import SIGNER, an_event
from tests.support.commands import commands, printed
from tests.support.evidence_builders import a_chain, evidence_of
from tests.support.receipt_builders import EVENTS, ROOT, a_body, the_halves

TOOLS = ("sh", "bash", "jq", "openssl", "sha256sum", "xxd", "base64", "awk", "curl")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")


def by_hand(folder: Path, evidence: str, shell: str = "sh") -> list[str]:
    """What the document's commands print about a file."""
    (folder / "evidence.json").write_text(evidence, encoding="utf-8")
    return printed(folder, "## By hand", f"KEY='{SIGNER.key.vkey}'", shell=shell)


@pytest.mark.parametrize("among", [0, 1, 4, 9])
def test_the_commands_prove_what_verify_proves(tmp_path: Path, among: int) -> None:
    signature, root, signed_root, committed, commitment, *_ = by_hand(
        tmp_path, evidence_of(a_chain(1), among).model_dump_json()
    )
    assert signature == "Signature Verified Successfully"
    assert root == signed_root
    assert committed.removesuffix("  -") == commitment


def test_the_commands_show_what_was_changed(tmp_path: Path) -> None:
    text = evidence_of(a_chain(1)).model_dump_json()
    changed = text.replace("dept_market_regulation", "dept_marked_regulation").replace("forbidden", "forgotten")
    _, root, signed_root, committed, commitment, *_ = by_hand(tmp_path, changed)
    assert root != signed_root
    assert committed.removesuffix("  -") != commitment


GOOD = "Signature Verified Successfully"


def case_by_hand(folder: Path, evidence: str, shell: str = "sh") -> list[str]:
    """What the document's commands print about every entry of a file, and about the links between them."""
    (folder / "evidence.json").write_text(evidence, encoding="utf-8")
    (folder / "prove").write_text("\n".join(commands("## By hand")), encoding="utf-8")
    return printed(folder, "## A whole case by hand", f"KEY='{SIGNER.key.vkey}'", shell=shell)


def test_the_commands_prove_every_event_of_a_case_and_its_chain(tmp_path: Path) -> None:
    events = [*a_chain(3), *a_chain(2, "thread_01JABCDEFGHJKMNPQRSTVWXYZ0")]
    *lines, end = case_by_hand(tmp_path, evidence_of(events[::-1], among=3).model_dump_json())
    assert (len(lines), end) == (5 * len(events), "")
    for first in range(0, len(lines), 5):
        signature, root, signed_root, committed, commitment = lines[first : first + 5]
        assert (signature, root, committed.split()[0]) == (GOOD, signed_root, commitment)


def test_the_commands_show_where_a_chain_is_broken_or_has_a_gap(tmp_path: Path) -> None:
    first, second, third, fourth = a_chain(4)
    slipped_in = an_event(subject=second.subject, sequence=2, previous=first.hash())
    broken = case_by_hand(tmp_path, evidence_of([first, slipped_in, third]).model_dump_json())
    assert broken[15:] == [f"broken at {third.subject} 3", ""]
    gap = case_by_hand(tmp_path, evidence_of([first, second, fourth]).model_dump_json())
    assert gap[15:] == [f"missing between {first.subject} 2 and 4", ""]
    late = case_by_hand(tmp_path, evidence_of([third, fourth]).model_dump_json())
    assert late[10:] == [f"missing before {first.subject} 3", ""]


def test_the_commands_show_two_events_with_one_number_and_tell_sources_apart(tmp_path: Path) -> None:
    """R-AUD-4: a chain is what one service writes about one subject."""
    first, second, third = a_chain(3)
    other = an_event(subject=second.subject, sequence=2, previous=first.hash())
    for twins in ([second, other], [other, second]):
        *lines, end = case_by_hand(tmp_path, evidence_of([first, *twins, third]).model_dump_json())
        assert (f"forked at {second.subject} 2" in lines[20:], end) == (True, "")
    same = case_by_hand(tmp_path, evidence_of([first, second, second, third]).model_dump_json())
    assert same[20:] == [""]
    elsewhere = an_event(subject=first.subject, sequence=1, previous=GENESIS)
    elsewhere = elsewhere.model_copy(update={"source": "/shenguan/feedback"})
    assert case_by_hand(tmp_path, evidence_of([first, elsewhere, second]).model_dump_json())[15:] == [""]


RUN = "x[$(touch RUN)]"
FORGED = "\x1b[2J\n" + GOOD
SHELLS = ("sh", "bash")


def is_plain(lines: Sequence[str]) -> bool:
    """Whether nothing printed can command a terminal."""
    return all(line.isascii() and line.isprintable() for line in lines)


INDEX, SIZE = "\nindex 5\n", f"{SIGNER.key.name}\n6\n"
HOSTILE_PROOFS = [
    (INDEX, f"\nindex {RUN}\n"),
    (INDEX, "\nindex 05\n"),
    (INDEX, "\nindex 99999999999999999999\n"),
    (INDEX, "\nindex 7\n"),
    (INDEX, "\n"),
    (SIZE, f"{SIGNER.key.name}\n{RUN}\n"),
    (SIZE, f"{SIGNER.key.name}\n\x1b[2J\n"),
    (SIZE, "\n\n"),
]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hostile_proof_runs_nothing_and_proves_nothing(tmp_path: Path, shell: str) -> None:
    """R-AUD-5: bash runs what it takes for a number, so nothing of a file may reach its arithmetic."""
    file = json.loads(evidence_of(a_chain(1)).model_dump_json())
    entry = file["entries"][0]
    for true, hostile in HOSTILE_PROOFS:
        assert true in entry["proof"]
        proof = entry["proof"].replace(true, hostile)
        lines = by_hand(tmp_path, json.dumps({"entries": [{**entry, "proof": proof}]}), shell)
        assert not (tmp_path / "RUN").exists()
        assert lines[0] != GOOD or lines[1] != lines[2]
        assert is_plain(lines)


def test_a_hostile_envelope_runs_nothing_and_commands_no_terminal(tmp_path: Path) -> None:
    """R-AUD-5."""
    file = json.loads(evidence_of(a_chain(1)).model_dump_json())
    entry = file["entries"][0]
    fields: list[tuple[str, Any]] = [(name, value) for name in entry["envelope"] for value in (RUN, FORGED)]
    fields += [("sequence", value) for value in (-1, None, 1e300, {FORGED: FORGED})]
    file["entries"] = [{**entry, "envelope": {**entry["envelope"], name: value}} for name, value in fields]
    lines = case_by_hand(tmp_path, json.dumps(file), "bash")
    assert not (tmp_path / "RUN").exists()
    assert is_plain(lines)
    for first in range(0, 5 * len(fields), 5):
        assert lines[first] == GOOD
        assert lines[first + 1] != lines[first + 2]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("entries", [{RUN: {}}, {f"0] | {json.dumps(GOOD)} #": {}}, RUN, 1e300, None])
def test_entries_that_are_no_list_are_none(tmp_path: Path, shell: str, entries: object) -> None:
    """R-AUD-5."""
    assert case_by_hand(tmp_path, json.dumps({"entries": entries}), shell) == [""]
    assert not (tmp_path / "RUN").exists()


def publish(folder: Path, envelopes: Sequence[Envelope], earlier: int) -> None:
    """A log in a folder, and the checkpoint it had when it was smaller."""
    data = [envelope.canonical() for envelope in envelopes]
    hashes = [leaf_hash(each) for each in data]

    def read(tile: Tile) -> bytes:
        return (folder / tile.path).read_bytes()

    size, root = 0, EMPTY_ROOT
    for end, name in ((earlier, "earlier"), (len(data), "checkpoint")):
        growth = grow(size, root, hashes[size:end], read)
        files = {tile.path: content for tile, content in growth.tiles.items()}
        files |= {b.path: encode_bundle(data[b.start : b.start + b.width]) for b in new_bundles(size, end)}
        note = sign_checkpoint(Checkpoint(SIGNER.key.name, end, growth.root), SIGNER.key, SIGNER.sign)
        files[name] = note.encode().encode()
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        size, root = end, growth.root


def log_by_hand(folder: Path, log: Path, shell: str = "sh") -> list[str]:
    """What the document's commands print about a log in a folder."""
    shutil.copy(log / "earlier", folder / "earlier")
    setting = f"KEY='{SIGNER.key.vkey}'; LOG='{log.as_uri()}'"
    return printed(folder, "## The whole log by hand", setting, shell=shell)


def a_logged_chain(count: int) -> list[Event]:
    return [event for number in range(count) for event in a_chain(2, f"case_{number:026d}")]


def test_the_commands_prove_a_whole_log_of_more_than_one_file(tmp_path: Path) -> None:
    """R-AUD-3: 257 entries are two bundles, the second of them partial."""
    logged = [*a_logged_chain(128), an_event()]
    publish(tmp_path / "log", [event.envelope() for event in logged], earlier=101)
    signature, root, signed_root, old_root, old_signed, *rest = log_by_hand(tmp_path, tmp_path / "log")
    assert (signature, root, old_root) == (GOOD, signed_root, old_signed)
    assert rest == [""]
    assert (tmp_path / "leaves").read_bytes() == b"".join(leaf_hash(event.canonical()) for event in logged)


def test_the_commands_find_what_was_changed_reordered_or_removed(tmp_path: Path) -> None:
    """R-AUD-4: each kind of damage gives other roots."""
    logged = [event.envelope() for event in a_logged_chain(6)]
    publish(tmp_path / "log", logged, earlier=5)
    bundle = tmp_path / "log" / "tile/entries/000.p/12"
    data = [envelope.canonical() for envelope in logged]
    changed = [data[0].replace(b"market", b"masket"), *data[1:]]
    for damaged in (changed, [data[1], data[0], *data[2:]], data[:3] + data[4:]):
        bundle.write_bytes(encode_bundle(damaged))
        signature, root, signed_root, old_root, old_signed, *_ = log_by_hand(tmp_path, tmp_path / "log")
        assert signature == GOOD
        assert root != signed_root
        assert old_root != old_signed


def test_the_commands_find_what_was_logged_twice_and_chains_that_are_broken(tmp_path: Path) -> None:
    """R-AUD-4: a log may be sound as a tree and wrong in what it holds."""
    first, second, third = a_chain(3)
    orphan = an_event(subject="case_orphan0000", sequence=1, previous=first.hash())
    late = an_event(subject="case_late000000", sequence=2, previous=GENESIS)
    logged = [each.envelope() for each in (first, second, third, second, orphan, late)]
    publish(tmp_path / "log", logged, earlier=1)
    _, root, signed_root, _, _, *rest = log_by_hand(tmp_path, tmp_path / "log")
    assert root == signed_root
    assert rest[0] == second.id
    assert set(rest[1:]) >= {"broken at case_orphan0000 1", "missing before case_late000000 2"}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("file", ["checkpoint", "earlier"])
@pytest.mark.parametrize("size", [RUN, "99999999999999999999", "\x1b[2J"])
def test_a_log_of_a_hostile_size_runs_nothing_and_proves_nothing(
    tmp_path: Path, shell: str, file: str, size: str
) -> None:
    """R-AUD-5: neither a checkpoint of the log nor one kept from before reaches the shell's arithmetic."""
    publish(tmp_path / "log", [event.envelope() for event in a_chain(2)], earlier=1)
    signed = (tmp_path / "log" / file).read_text(encoding="utf-8").split("\n")
    signed[1] = size
    (tmp_path / "log" / file).write_text("\n".join(signed), encoding="utf-8")
    signature, root, *rest = log_by_hand(tmp_path, tmp_path / "log", shell)
    assert not (tmp_path / "RUN").exists()
    assert is_plain([signature, root, *rest])
    assert (signature == GOOD) is (file == "earlier")
    proven = rest[1:3] if file == "earlier" else [root, rest[0]]
    assert len(set(proven)) == 2


def test_the_commands_find_two_histories_of_a_chain_in_the_log(tmp_path: Path) -> None:
    """R-AUD-4."""
    first, second = a_chain(2)
    other = an_event(subject=second.subject, sequence=2, previous=first.hash())
    elsewhere = an_event(subject=first.subject, sequence=1, previous=GENESIS)
    elsewhere = elsewhere.model_copy(update={"source": "/shenguan/feedback"})
    publish(tmp_path / "log", [each.envelope() for each in (first, second, elsewhere, other)], earlier=1)
    assert log_by_hand(tmp_path, tmp_path / "log")[5:] == [f"forked at {second.subject} 2", ""]


PUSH, CLAIM = the_halves()


def receipts_by_hand(folder: Path, push: SignedReceipt, claim: SignedReceipt) -> list[str]:
    """What the document's commands print about the two halves of a hand-over."""
    for name, text in {
        "push": push.model_dump_json(),
        "claim": claim.model_dump_json(),
        "evidence": evidence_of(EVENTS).model_dump_json(),
    }.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return printed(folder, "## A receipt by hand", f"ROOT='{ROOT.key.vkey}'")


def test_the_commands_prove_what_verify_proves_of_receipts(tmp_path: Path) -> None:
    lines = receipts_by_hand(tmp_path, PUSH, CLAIM)
    for certificate, receipt, *dates in (lines[0:5], lines[5:10]):
        assert (certificate, receipt) == (GOOD, GOOD)
        assert dates == sorted(dates)
    digest, push_half, of_push, of_claim, logged, named, *_ = lines[10:]
    assert digest == push_half == PUSH.body.digest()
    assert of_push == of_claim
    assert logged.removesuffix("  -") == named == EVENTS[0].hash()


def test_the_commands_show_what_was_changed_of_receipts(tmp_path: Path) -> None:
    forged = PUSH.model_copy(update={"body": a_body(department="dept_public_health")})
    lines = receipts_by_hand(tmp_path, forged, CLAIM)
    assert lines[:2] == [GOOD, "Signature Verification Failure"]
    digest, push_half, of_push, of_claim, *_ = lines[10:]
    assert digest != push_half
    assert of_push != of_claim


@pytest.mark.parametrize("field", ["at", "push_half", "case_number"])
def test_a_hostile_receipt_commands_no_terminal(tmp_path: Path, field: str) -> None:
    """R-HND-8."""
    for name, half in {"push": PUSH, "claim": CLAIM}.items():
        told = json.loads(half.model_dump_json())
        told["body"][field] = FORGED
        (tmp_path / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "evidence.json").write_text(evidence_of(EVENTS).model_dump_json(), encoding="utf-8")
    lines = printed(tmp_path, "## A receipt by hand", f"ROOT='{ROOT.key.vkey}'")
    assert is_plain(lines)
    assert lines[1] == lines[6] == "Signature Verification Failure"
