"""Signed notes and checkpoints (R-AUD-3; C2SP signed-note, tlog-checkpoint)."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.merkle import EMPTY_ROOT
from shared.kernel.notes import (
    Checkpoint,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    sign_note,
    verify_note,
)

# The example of the specification.
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of the Go package golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The checkpoint of the tlog-checkpoint specification.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def log_key(name: str = "log.example/shenguan", seed: int = 1) -> tuple[VerifierKey, Callable[[bytes], bytes]]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return VerifierKey(name, private.public_key().public_bytes_raw()), private.sign


KEY, SIGN = log_key()


@pytest.mark.parametrize(("vkey", "note"), [(FOO, FOO_NOTE), (NEUMANN, NEUMANN_NOTE)])
def test_notes_signed_by_others_verify(vkey: str, note: str) -> None:
    key = parse_vkey(vkey)
    assert key.vkey == vkey
    assert verify_note(parse_note(note.encode()), [key]) == (key,)
    assert parse_note(note).encode() == note


def test_a_changed_text_does_not_verify() -> None:
    with pytest.raises(NoteError, match=r"signature of example\.com/foo does not verify"):
        verify_note(parse_note(FOO_NOTE.replace("an example", "no example")), [parse_vkey(FOO)])


def test_a_note_by_unknown_keys_only_is_not_signed() -> None:
    with pytest.raises(NoteError, match="not signed by a known key"):
        verify_note(parse_note(FOO_NOTE), [KEY])
    with pytest.raises(NoteError, match="not signed by a known key"):
        verify_note(parse_note(FOO_NOTE), [])


def test_a_key_of_the_same_name_is_another_key() -> None:
    other, _ = log_key(seed=2)
    assert other.key_id != KEY.key_id
    with pytest.raises(NoteError, match="not signed by a known key"):
        verify_note(sign_note("text\n", KEY, SIGN), [other])


def test_signatures_of_unknown_keys_are_kept_and_ignored() -> None:
    witness = Signature("witness.example/w1", b"\x01\x02\x03\x04", bytes(72))
    signed = sign_note("text\n", KEY, SIGN)
    note = Note(signed.text, (witness, *signed.signatures))
    assert parse_note(note.encode()) == note
    assert verify_note(note, [KEY]) == (KEY,)


def test_one_bad_signature_of_a_known_key_spoils_the_note() -> None:
    other, sign = log_key("other.example", seed=2)
    good = sign_note("text\n", KEY, SIGN).signatures
    bad = sign_note("other text\n", other, sign).signatures
    with pytest.raises(NoteError, match=r"other\.example does not verify"):
        verify_note(Note("text\n", good + bad), [KEY, other])


def test_every_known_signer_is_answered_once() -> None:
    other, sign = log_key("other.example", seed=2)
    lines = sign_note("t\n", KEY, SIGN).signatures + sign_note("t\n", other, sign).signatures
    assert verify_note(Note("t\n", lines + lines), [other, KEY]) == (KEY, other)


def test_a_text_may_hold_empty_lines() -> None:
    assert parse_note(sign_note("a\n\nb\n\n", KEY, SIGN).encode()).text == "a\n\nb\n\n"


def test_a_mixed_up_signing_key_is_noticed_before_the_note_goes_out() -> None:
    _, other_sign = log_key(seed=2)
    with pytest.raises(NoteError, match="does not verify"):
        sign_note("text\n", KEY, other_sign)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "bell\x07\n", "\ud800\n"])
def test_a_text_that_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError, match="a note"):
        sign_note(text, KEY, SIGN)


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "empty line"),
        (b"text\n", "empty line"),
        (b"text\n\n", "newline"),
        (b"\xff\n\n", "UTF-8"),
        ("te\rxt\n\n— a AAAAAAA=\n", "control characters"),
        ("text\n\n— a AAAAAAA=", "ends in a newline"),
        ("text\n\n- a AAAAAAA=\n", "form"),
        ("text\n\n— a\n", "form"),
        ("text\n\n— a+b AAAAAAA=\n", "neither space nor plus"),
        ("text\n\n— a\u00a0b AAAAAAA=\n", "neither space nor plus"),
        ("text\n\n— a b AAAAAAA=\n", "base64"),
        ("text\n\n— a AAAA\n", "longer than its key id"),
        ("text\n\n— a AAAAAAA\n", "base64"),
        ("text\n\n— a AAAAAAB=\n", "standard form"),
        ("text\n\n— a AAA-AAA=\n", "base64"),
        ("text\n\n" + "— a AAAAAAA=\n" * 101, "at most 100 signatures"),
        ("x" * 1_000_001, "at most 1000000 bytes"),
    ],
)
def test_what_is_no_note_is_refused_with_the_reason(encoded: str | bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        parse_note(encoded)


def test_a_key_id_is_the_hash_of_name_type_and_key() -> None:
    key = parse_vkey(FOO)
    assert (key.name, key.key_id.hex()) == ("example.com/foo", "530d903a")


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "form"),
        ("example.com/foo+530d903a", "form"),
        (FOO.replace("530d903a", "530D903A"), "form"),
        (FOO.replace("530d903a", "530d903b"), "id does not fit"),
        (FOO.replace("/foo", "/bar"), "id does not fit"),
        (FOO.replace("+Aek", "+Bek"), "not of type Ed25519"),
        (FOO[:-4], "32 bytes"),
        (FOO.replace("example.com", "exa mple.com"), "neither space"),
    ],
)
def test_a_damaged_verifier_key_is_refused(vkey: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        parse_vkey(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x01"])
def test_a_key_needs_a_proper_name(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        VerifierKey(name, bytes(32))


def test_the_checkpoint_of_the_specification_is_read_and_written() -> None:
    checkpoint = parse_checkpoint(SOFA)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(checkpoint.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert checkpoint.text == SOFA


def test_extension_lines_are_kept() -> None:
    assert parse_checkpoint(SOFA + "time 1\nmore\n").extensions == ("time 1", "more")
    assert parse_checkpoint(SOFA + "time 1\n").text == SOFA + "time 1\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "newline"),
        (SOFA[:-1], "newline"),
        ("origin\n1\n", "three lines"),
        (SOFA.replace("20852163", "020852163"), "decimal"),
        (SOFA.replace("20852163", "+1"), "decimal"),
        (SOFA.replace("20852163", "٣"), "decimal"),
        (SOFA.replace("20852163", "9223372036854775808"), "out of range"),
        (SOFA.replace("example.com/behind-the-sofa", ""), "non-empty"),
        (SOFA.replace("q2I=", ""), "32 bytes"),
        (SOFA.replace("q2I=", "q2J="), "standard form"),
        (SOFA + "\n", "non-empty"),
    ],
)
def test_what_is_no_checkpoint_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        parse_checkpoint(text)


def test_a_negative_size_cannot_be_said() -> None:
    with pytest.raises(NoteError, match="out of range"):
        Checkpoint("log.example", -1, EMPTY_ROOT)


def test_a_signed_checkpoint_opens_with_the_log_s_key() -> None:
    checkpoint = Checkpoint(KEY.name, 0, EMPTY_ROOT)
    encoded = sign_checkpoint(checkpoint, KEY, SIGN).encode()
    assert open_checkpoint(encoded, KEY) == checkpoint
    assert open_checkpoint(encoded.encode(), parse_vkey(KEY.vkey), KEY.name) == checkpoint


def test_a_checkpoint_of_another_log_is_not_taken_even_if_the_key_signed_it() -> None:
    foreign = replace(Checkpoint(KEY.name, 0, EMPTY_ROOT), origin="other.example/log")
    encoded = sign_checkpoint(foreign, KEY, SIGN).encode()
    with pytest.raises(NoteError, match="another log"):
        open_checkpoint(encoded, KEY)
    assert open_checkpoint(encoded, KEY, "other.example/log") == foreign
