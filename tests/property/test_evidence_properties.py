"""Laws of evidence files (R-AUD-5): no byte can be changed unnoticed, whatever it is changed into."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from shared.contracts.evidence import EvidenceError, EvidenceFile, read_evidence, verify_evidence
from tests.support.audit_builders import SIGNER
from tests.support.evidence_builders import a_chain, evidence_of

FILE = evidence_of(a_chain(2))
TEXT = FILE.model_dump_json()
CHARACTERS = st.one_of(st.sampled_from('0123456789abcdefABCDEF{}[]",:\\+/=_- \n'), st.characters())


def holds(text: str) -> EvidenceFile | None:
    """The file, if its text is one and everything in it is proven."""
    try:
        file = read_evidence(text)
        verify_evidence(file, SIGNER.key)
    except EvidenceError:
        return None
    return file


def test_the_file_holds_as_it_is() -> None:
    assert holds(TEXT) == FILE


@examples(max_examples=600)
@given(st.integers(0, len(TEXT) - 1), CHARACTERS)
def test_a_changed_character_is_noticed_or_changes_no_meaning(at: int, character: str) -> None:
    assert holds(TEXT[:at] + character + TEXT[at + 1 :]) in (None, FILE)


@examples(max_examples=200)
@given(st.integers(0, len(TEXT) - 1), st.integers(1, 40))
def test_a_missing_piece_is_noticed_or_changes_no_meaning(at: int, length: int) -> None:
    assert holds(TEXT[:at] + TEXT[at + length :]) in (None, FILE)


@examples(max_examples=200)
@given(st.integers(0, len(TEXT)), CHARACTERS)
def test_an_added_character_is_noticed_or_changes_no_meaning(at: int, character: str) -> None:
    assert holds(TEXT[:at] + character + TEXT[at:]) in (None, FILE)


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON document that is not itself a container."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if steps is None:
        yield path
        return
    for step, below in steps:
        yield from leaves_of(below, (*path, step))


@pytest.mark.parametrize("path", list(leaves_of(json.loads(TEXT))), ids=lambda path: "/".join(map(str, path)))
@pytest.mark.parametrize("value", [None, "", "another", 7, -1, 1.5, True, [], {}], ids=repr)
def test_no_value_can_be_replaced(path: tuple[Any, ...], value: object) -> None:
    document = json.loads(TEXT)
    at = document
    for step in path[:-1]:
        at = at[step]
    if at[path[-1]] == value:
        return
    at[path[-1]] = value
    assert holds(json.dumps(document)) is None
