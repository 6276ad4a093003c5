"""What a witness answers (R-AUD-3; C2SP tlog-witness): each status as the text asks for it, in the text's order."""

import base64
from http import HTTPStatus

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, memory_reader, root_of
from shared.kernel.notes import Checkpoint, VerifierKey, sign_checkpoint
from shared.kernel.witnessing import (
    LONGEST_PROOF,
    LONGEST_REQUEST,
    SIZE_MEDIA_TYPE,
    Accepted,
    AddCheckpoint,
    Declined,
    RequestError,
    Tree,
    judge,
    parse_request,
    parse_size,
)

ORIGIN = "example.com/behind-the-sofa"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
KEY = VerifierKey(ORIGIN, PRIVATE.public_key().public_bytes_raw())
LOGS = {ORIGIN: (KEY,)}
LEAVES = [leaf_hash(str(number).encode()) for number in range(40)]

# The example of the specification; its two signatures are of keys nobody tells.
EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501


def root(size: int) -> bytes:
    return root_of(LEAVES[:size])


def note(size: int, of: bytes | None = None, origin: str = ORIGIN) -> str:
    return sign_checkpoint(Checkpoint(origin, size, of or root(size)), KEY, PRIVATE.sign).encode()


def request(old: int, size: int) -> AddCheckpoint:
    proof = consistency_proof(old, size, memory_reader(LEAVES)) if 0 < old <= size else ()
    return AddCheckpoint(old, proof, note(size))


def answer(asked: AddCheckpoint | bytes, known: int = 0) -> Accepted | Declined:
    body = asked if isinstance(asked, bytes) else asked.encode()
    return judge(body, LOGS, lambda _: Tree(known, root(known)) if known else Tree())


def declined(asked: AddCheckpoint | bytes, known: int = 0) -> Declined:
    given = answer(asked, known)
    assert isinstance(given, Declined)
    return given


@pytest.mark.parametrize(("old", "size"), [(0, 0), (0, 1), (0, 40), (1, 1), (1, 2), (7, 7), (7, 40), (8, 40), (39, 40)])
def test_what_continues_the_known_tree_is_accepted(old: int, size: int) -> None:
    given = answer(request(old, size), known=old)
    assert isinstance(given, Accepted)
    assert given.checkpoint == Checkpoint(ORIGIN, size, root(size))


def test_the_specifications_example_is_read_and_its_writing_is_ours() -> None:
    read = parse_request(EXAMPLE.encode())
    assert (read.old_size, len(read.proof)) == (20_852_014, 4)
    assert read.encode() == EXAMPLE.encode()
    assert declined(EXAMPLE.encode()).status == HTTPStatus.FORBIDDEN


def test_a_log_that_is_not_watched_is_404() -> None:
    asked = AddCheckpoint(0, (), note(3, origin="example.com/another"))
    assert declined(asked).status == HTTPStatus.NOT_FOUND


def test_a_checkpoint_that_no_trusted_key_signed_is_403() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32)
    key = VerifierKey(ORIGIN, other.public_key().public_bytes_raw())
    forged = sign_checkpoint(Checkpoint(ORIGIN, 3, root(3)), key, other.sign).encode()
    assert declined(AddCheckpoint(0, (), forged)).status == HTTPStatus.FORBIDDEN
    changed = note(3).replace("\n3\n", "\n4\n", 1)
    assert declined(AddCheckpoint(0, (), changed)).status == HTTPStatus.FORBIDDEN


def test_signatures_by_unknown_keys_are_ignored() -> None:
    unknown = "— somebody " + base64.b64encode(bytes(68)).decode() + "\n"
    assert isinstance(answer(AddCheckpoint(0, (), note(3) + unknown)), Accepted)


def test_an_old_size_beyond_the_checkpoint_is_400_whatever_is_known() -> None:
    for known in (0, 3, 5, 9):
        assert declined(request(5, 3), known).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(("old", "known"), [(0, 4), (4, 0), (4, 5), (5, 4), (9, 12)])
def test_another_size_than_the_one_cosigned_last_is_409_and_the_size_is_told(old: int, known: int) -> None:
    given = declined(request(old, 12), known)
    assert (given.status, given.media_type, given.body) == (409, SIZE_MEDIA_TYPE, f"{known}\n")
    assert parse_size(given.body) == known


def test_a_second_tree_of_the_size_cosigned_last_is_409_and_no_size_would_help() -> None:
    given = declined(AddCheckpoint(7, (), note(7, bytes(32))), known=7)
    assert given.status == HTTPStatus.CONFLICT
    assert given.media_type != SIZE_MEDIA_TYPE
    assert parse_size(given.body) is None
    assert declined(AddCheckpoint(0, (), note(0, bytes(32)))).status == HTTPStatus.CONFLICT


def test_a_tree_that_does_not_contain_the_known_one_is_422() -> None:
    forged = AddCheckpoint(7, request(7, 40).proof, note(40, bytes(32)))
    assert declined(forged, known=7).status == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize(
    ("old", "size", "proof"),
    [(7, 40, ()), (7, 40, (bytes(32),)), (0, 7, (bytes(32),)), (7, 7, (bytes(32),)), (7, 40, (bytes(32),) * 63)],
)
def test_a_proof_that_proves_nothing_is_422(old: int, size: int, proof: tuple[bytes, ...]) -> None:
    assert declined(AddCheckpoint(old, proof, note(size)), known=old).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_fork_is_refused_even_when_its_sizes_are_right() -> None:
    """The witness knows 7 leaves; the log now shows another history of 9."""
    others = [*LEAVES[:5], *(leaf_hash(f"forged {number}".encode()) for number in range(4))]
    proof = consistency_proof(7, 9, memory_reader(others))
    asked = AddCheckpoint(7, proof, note(9, root_of(others)))
    assert declined(asked, known=7).status == HTTPStatus.UNPROCESSABLE_ENTITY


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "old 3", "old 3\n", f"old 3\n{HASH}\n", "old 03\n\n", "old -1\n\n", "old 1e3\n\n", "OLD 3\n\n",
        " old 3\n\n", "old  3\n\n", "old 3 \n\n", "new 3\n\n", "old ٣\n\n", "old 3\r\n\r\n", "old 3\nAAAA\n\n",
        "old 3\n" + HASH.rstrip("=") + "\n\n", "old 3\n" + f"{HASH}\n" * (LONGEST_PROOF + 1) + "\n",
    ],
)  # fmt: skip
def test_what_has_not_the_form_of_a_request_is_400(text: str) -> None:
    body = text.encode() + note(3).encode()
    with pytest.raises(RequestError):
        parse_request(body)
    assert declined(body).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("body", [b"old 3\n\n\xff", b"old 0\n\n" + b"a" * LONGEST_REQUEST])
def test_what_is_no_text_or_too_long_is_400(body: bytes) -> None:
    assert declined(body).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "checkpoint", ["", "\n\n", f"{ORIGIN}\n3\n", f"{ORIGIN}\n3\n{HASH}\n", "hello\n\n— x AAAAAAA=\n"]
)
def test_what_carries_no_checkpoint_is_400(checkpoint: str) -> None:
    assert declined(AddCheckpoint(0, (), checkpoint)).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("text", ["", "7", " 7\n", "7\n\n", "07\n", "-7\n", "seven\n"])
def test_what_names_no_size_is_none(text: str) -> None:
    assert parse_size(text) is None


def test_the_empty_tree_is_known_before_the_first() -> None:
    assert Tree() == Tree(0, EMPTY_ROOT)
