"""What a refusal says of a field can be followed as it stands, in either language."""

from typing import Literal

import pytest
from pydantic import ValidationError

from shared.contracts.cases import LaterStage
from shared.contracts.model import Contract, Identifier, Instant, Phone, Sha256
from shared.http.problems import refuse_query
from shared.kernel.errors import Fault


class Query(Contract):
    at: Instant | None = None
    state: Literal["open", "closed"] | None = None
    stage: LaterStage | None = None
    owner: Identifier | None = None
    sha256: Sha256 | None = None
    phone: Phone | None = None


def _fault(given: dict[str, str]) -> Fault:
    with pytest.raises(ValidationError) as refused:
        Query.model_validate_strings(given)
    (fault,) = refuse_query(refused.value).faults
    return fault


def test_an_offset_whose_plus_became_a_blank_is_told_how_to_be_written() -> None:
    fault = _fault({"at": "2026-11-22T06:00:00 08:00"})
    assert fault.pointer == "query:at"
    assert "%2B" in fault.zh
    assert "%2B" in fault.en


def test_the_choices_are_listed_without_a_foreign_word() -> None:
    fault = _fault({"state": "late"})
    assert fault.zh == "只能是 'open', 'closed'"
    assert fault.en == "This must be one of 'open' or 'closed'"


def test_the_choices_of_a_vocabulary_are_listed_as_they_are_sent() -> None:
    """R-HND-3."""
    fault = _fault({"stage": "revocation"})
    stages = ["'amendment'", "'renewal'", "'suspension'", "'rescission'", "'withdrawal'", "'cancellation'"]
    assert fault.zh == f"只能是 {', '.join(stages)}"
    assert fault.en == f"This must be one of {', '.join(stages[:-1])} or {stages[-1]}"


@pytest.mark.parametrize(
    ("field", "zh", "en"), [("owner", "编号", "an id"), ("sha256", "SHA-256", "SHA-256"), ("phone", "电话", "phone")]
)
def test_nobody_has_to_read_a_pattern(field: str, zh: str, en: str) -> None:
    fault = _fault({field: "x"})
    assert fault.code == "string_pattern_mismatch"
    assert zh in fault.zh
    assert en in fault.en
    assert "^" not in fault.zh + fault.en
