"""Proof files that verify offline (R-AUD-5; C2SP tlog-proof)."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.merkle import ProofError, inclusion_proof, leaf_hash, memory_reader, root_of
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, sign_checkpoint
from shared.kernel.tlog_proof import FILE_EXTENSION, TlogProof, parse_proof, verify_proof

ENTRIES = [f"entry {number}".encode() for number in range(5)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey("log.example/shenguan", PRIVATE.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(KEY.name, 5, root_of(LEAVES))
NOTE = sign_checkpoint(CHECKPOINT, KEY, PRIVATE.sign).encode()


def proof_of(index: int, extra: bytes = b"") -> TlogProof:
    return TlogProof(index, inclusion_proof(index, 5, memory_reader(LEAVES)), NOTE, extra)


@pytest.mark.parametrize("index", range(5))
def test_an_entry_is_proven_by_file_entry_and_key_alone(index: int) -> None:
    text = proof_of(index).encode()
    assert parse_proof(text) == proof_of(index)
    assert verify_proof(parse_proof(text), ENTRIES[index], KEY) == CHECKPOINT


def test_the_file_is_laid_out_line_by_line_as_specified() -> None:
    lines = proof_of(4, b"\x00\xff").encode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra AP8=", "index 4"]
    assert len(lines[3]) == 44  # one hash: the other four leaves
    assert lines[4] == ""
    assert "\n".join(lines[5:]) == NOTE
    assert FILE_EXTENSION == ".tlog-proof"


def test_a_log_of_one_entry_needs_no_hashes() -> None:
    note = sign_checkpoint(Checkpoint(KEY.name, 1, LEAVES[0]), KEY, PRIVATE.sign).encode()
    text = TlogProof(0, (), note).encode()
    assert text == "c2sp.org/tlog-proof@v1\nindex 0\n\n" + note
    verify_proof(parse_proof(text), ENTRIES[0], KEY)


def test_extra_data_is_carried_and_not_trusted() -> None:
    proof = parse_proof(proof_of(2, b"anything").encode())
    assert proof.extra == b"anything"
    verify_proof(replace(proof, extra=b"else"), ENTRIES[2], KEY)


def test_another_entry_or_place_is_not_proven() -> None:
    with pytest.raises(ProofError, match="another root"):
        verify_proof(proof_of(2), ENTRIES[3], KEY)
    with pytest.raises(ProofError, match="another root"):
        verify_proof(replace(proof_of(2), index=3), ENTRIES[2], KEY)


def test_a_checkpoint_by_another_key_proves_nothing() -> None:
    other = VerifierKey(KEY.name, bytes(31) + b"\x01")
    with pytest.raises(NoteError, match="not signed by a known key"):
        verify_proof(proof_of(2), ENTRIES[2], other)


def test_a_checkpoint_of_another_log_proves_nothing() -> None:
    with pytest.raises(NoteError, match="another log"):
        verify_proof(proof_of(2), ENTRIES[2], KEY, "other.example/log")


GOOD = proof_of(2, b"x").encode()
HASH = GOOD.split("\n")[3]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with"),
        (GOOD.replace("@v1", "@v2"), "begins with"),
        (GOOD.replace("\n\n", "\n"), "empty line"),
        (GOOD.replace("index 2\n", ""), "index"),
        (GOOD.replace("index 2", "index 02"), "index"),
        (GOOD.replace("index 2", "index -2"), "index"),
        (GOOD.replace("index 2", "index ٢"), "index"),
        (GOOD.replace("extra eA==", "extra eA"), "base64"),
        (GOOD.replace("extra eA==", "extra eA==\nextra eA=="), "index"),
        (GOOD.replace(HASH, HASH[:-4]), "32 bytes"),
        (GOOD.replace(HASH, HASH + " "), "base64"),
        (GOOD.replace(HASH, "\n".join([HASH] * 64)), "at most 63"),
        ("c2sp.org/tlog-proof@v1\n\n" + NOTE, "index"),
    ],
)
def test_what_is_no_proof_file_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ProofError, match=reason):
        parse_proof(text)
