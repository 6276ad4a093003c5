"""Laws of notes and proof files (R-AUD-3, R-AUD-5): any changed byte breaks what it proves."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.merkle import inclusion_proof, leaf_hash, memory_reader, root_of
from shared.kernel.notes import (
    Checkpoint,
    Note,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    sign_note,
    verify_note,
)
from shared.kernel.tlog_proof import TlogProof, parse_proof, verify_proof

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("log.example/shenguan", PRIVATE.public_key().public_bytes_raw())

ENTRIES = [f"entry {number}".encode() for number in range(7)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
CHECKPOINT = Checkpoint(KEY.name, len(LEAVES), root_of(LEAVES))
SIGNED = sign_checkpoint(CHECKPOINT, KEY, PRIVATE.sign).encode().encode()
PROOF = TlogProof(3, inclusion_proof(3, 7, memory_reader(LEAVES)), SIGNED.decode()).encode().encode()

lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("—+ \u00a0"), min_size=1, max_size=30)
names = st.text("abcxyz./-0159é中", min_size=1, max_size=30)


def with_changed_byte(content: bytes, at: int, bits: int) -> bytes:
    return content[:at] + bytes([content[at] ^ bits]) + content[at + 1 :]


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_any_changed_byte_breaks_a_checkpoint(at: int, bits: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        open_checkpoint(with_changed_byte(SIGNED, at, bits), KEY)


@given(st.integers(0, len(PROOF) - 1), st.integers(1, 255))
def test_any_changed_byte_breaks_a_proof_file(at: int, bits: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        verify_proof(parse_proof(with_changed_byte(PROOF, at, bits).decode()), ENTRIES[3], KEY)


@given(st.text(max_size=80) | st.just("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
def test_rubbish_is_refused_and_never_crashes(text: str) -> None:
    for read in (parse_note, parse_vkey, parse_checkpoint, lambda text: verify_proof(parse_proof(text), b"", KEY)):
        with pytest.raises(ValueError, match=r".+"):
            read(text)


@given(st.lists(lines | st.just(""), min_size=1, max_size=8), names)
def test_any_text_is_signed_and_read_back(text: list[str], name: str) -> None:
    key = VerifierKey(name, KEY.public_key)
    note = sign_note("".join(f"{line}\n" for line in text), key, PRIVATE.sign)
    assert parse_note(note.encode().encode()) == note
    assert verify_note(note, [parse_vkey(key.vkey)]) == (key,)


@given(lines, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(lines, max_size=3))
def test_a_checkpoint_is_read_back_as_it_was_written(origin: str, size: int, root: bytes, more: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(more))
    assert parse_checkpoint(checkpoint.text) == checkpoint


@given(st.integers(0, 5))
def test_the_order_of_signatures_does_not_matter(turn: int) -> None:
    keys = [VerifierKey(f"key.example/{n}", KEY.public_key) for n in range(6)]
    signatures = [sign_note("text\n", key, PRIVATE.sign).signatures[0] for key in keys]
    turned = Note("text\n", tuple(signatures[turn:] + signatures[:turn]))
    assert set(verify_note(parse_note(turned.encode()), keys)) == set(keys)
