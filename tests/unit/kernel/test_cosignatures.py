"""Cosignatures by witnesses (R-AUD-3; C2SP tlog-cosignature)."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.kernel.cosignatures import (
    Cosigner,
    WitnessKey,
    cosign,
    cosignatures,
    parse_lines,
    parse_witness_key,
    with_cosignatures,
)
from shared.kernel.merkle import EMPTY_ROOT
from shared.kernel.notes import (
    Checkpoint,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    open_checkpoint,
    parse_note,
    parse_vkey,
    sign_checkpoint,
)

# The checkpoint and the instant of the specification's example.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
AT = datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)
MESSAGE = f"cosignature/v1\ntime 1679315147\n{SOFA}".encode()

LOG_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
LOG_KEY = VerifierKey("example.com/behind-the-sofa", LOG_PRIVATE.public_key().public_bytes_raw())


def witness(seed: int = 1, name: str = "witness.example.com/w1") -> Cosigner:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Cosigner(WitnessKey(name, private.public_key().public_bytes_raw()), private.sign)


ONE, TWO = witness(), witness(2, "witness.example.com/w2")


def a_note() -> Note:
    return sign_checkpoint(Checkpoint("example.com/behind-the-sofa", 7, EMPTY_ROOT), LOG_KEY, LOG_PRIVATE.sign)


def test_what_is_signed_and_how_it_is_written_is_what_the_text_says() -> None:
    """Key id, big-endian time and signature, each computed here anew from the text's definition."""
    line = cosign(SOFA, ONE, AT).signature
    key_id = hashlib.sha256(b"witness.example.com/w1\n\x04" + ONE.key.public_key).digest()[:4]
    assert (line.name, line.key_id) == ("witness.example.com/w1", key_id)
    assert line.signature[:8] == (1_679_315_147).to_bytes(8, "big")
    Ed25519PublicKey.from_public_bytes(ONE.key.public_key).verify(line.signature[8:], MESSAGE)
    assert line.line == f"— witness.example.com/w1 {base64.b64encode(key_id + line.signature).decode()}\n"


def test_a_witness_key_is_a_line_of_text_and_no_logs_key() -> None:
    assert parse_witness_key(ONE.key.vkey) == ONE.key
    assert base64.b64decode(ONE.key.vkey.split("+", 2)[2])[0] == 4
    with pytest.raises(NoteError, match="0x01"):
        parse_vkey(ONE.key.vkey)
    with pytest.raises(NoteError, match="0x04"):
        parse_witness_key(LOG_KEY.vkey)


@pytest.mark.parametrize(
    ("name", "key"), [("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31)), ("a", bytes(33))]
)
def test_what_can_be_no_key_is_none(name: str, key: bytes) -> None:
    with pytest.raises(NoteError):
        WitnessKey(name, key)


def test_the_cosignatures_of_known_witnesses_are_found_with_their_times() -> None:
    note = a_note()
    signed = with_cosignatures(note, [cosign(note.text, TWO, AT), cosign(note.text, ONE, AT + timedelta(seconds=9))])
    read = parse_note(signed.encode())
    assert [(each.key, each.at) for each in cosignatures(read, [ONE.key, TWO.key])] == [
        (TWO.key, AT),
        (ONE.key, AT + timedelta(seconds=9)),
    ]
    assert [each.key for each in cosignatures(read, [ONE.key])] == [ONE.key]
    assert cosignatures(read, [witness(3).key]) == cosignatures(read, []) == ()


def test_the_logs_signature_stays_first_and_is_judged_as_before() -> None:
    note = a_note()
    signed = with_cosignatures(note, [cosign(note.text, ONE, AT)])
    assert signed.signatures[0] == note.signatures[0]
    assert open_checkpoint(signed.encode(), LOG_KEY) == open_checkpoint(note.encode(), LOG_KEY)


def test_a_newer_cosignature_takes_the_place_of_the_older() -> None:
    note = a_note()
    later = cosign(note.text, ONE, AT + timedelta(hours=1))
    signed = with_cosignatures(with_cosignatures(note, [cosign(note.text, ONE, AT)]), [later])
    assert len(signed.signatures) == 2
    assert cosignatures(signed, [ONE.key]) == (later,)


def test_of_several_by_one_witness_the_latest_counts_in_whatever_order() -> None:
    note = a_note()
    lines = [cosign(note.text, ONE, AT + timedelta(hours=hours)).signature for hours in (0, 5, 3)]
    (found,) = cosignatures(Note(note.text, (*note.signatures, *lines)), [ONE.key])
    assert found.at == AT + timedelta(hours=5)


def test_a_cosignature_of_another_checkpoint_does_not_verify() -> None:
    other = with_cosignatures(a_note(), [cosign(SOFA, ONE, AT)])
    with pytest.raises(NoteError, match=r"the cosignature of witness\.example\.com/w1 does not verify"):
        cosignatures(other, [ONE.key])
    assert cosignatures(other, [TWO.key]) == ()


def test_a_changed_time_does_not_verify() -> None:
    note = a_note()
    line = cosign(note.text, ONE, AT).signature
    moved = Signature(line.name, line.key_id, (1_679_315_148).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(NoteError, match="does not verify"):
        cosignatures(Note(note.text, (*note.signatures, moved)), [ONE.key])


@pytest.mark.parametrize(
    ("raw", "said"),
    [(bytes(71), "length"), (bytes(73), "length"), (bytes(64), "length"), (b"\xff" * 72, "no time"),
     ((2**40).to_bytes(8, "big") + bytes(64), "no time")],
)  # fmt: skip
def test_what_has_not_the_form_of_a_cosignature_is_refused(raw: bytes, said: str) -> None:
    note = a_note()
    line = Signature(ONE.key.name, ONE.key.key_id, raw)
    with pytest.raises(NoteError, match=said):
        cosignatures(Note(note.text, (*note.signatures, line)), [ONE.key])


def test_a_plain_signature_of_the_same_key_is_no_cosignature() -> None:
    """The header keeps the two apart: a witness can never be made to sign a log's checkpoint as the log."""
    note = a_note()
    line = Signature(ONE.key.name, ONE.key.key_id, bytes(8) + ONE.sign(note.text.encode()))
    with pytest.raises(NoteError, match="does not verify"):
        cosignatures(Note(note.text, (line,)), [ONE.key])


def test_only_a_checkpoint_is_cosigned_and_only_by_the_key_itself() -> None:
    with pytest.raises(NoteError, match="three lines"):
        cosign("some text\n", ONE, AT)
    with pytest.raises(NoteError, match="does not verify"):
        cosign(SOFA, Cosigner(ONE.key, TWO.sign), AT)


def test_a_witness_answers_lines() -> None:
    lines = [cosign(SOFA, each, AT).signature for each in (ONE, TWO)]
    assert parse_lines("".join(line.line for line in lines)) == tuple(lines)
    for text in ("", "\n", "200\n", lines[0].line[:-1], lines[0].line + "\n", "<html>\n"):
        with pytest.raises(NoteError):
            parse_lines(text)
