"""The base of every contract and every request: frozen, nothing unknown, exact on the wire."""

from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Annotated, NamedTuple, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.kernel.clock import to_milliseconds, to_text


class Contract(BaseModel):
    """A frozen value that refuses unknown fields, so that a misspelt one is named and never dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)


class Disagreement(NamedTuple):
    """One field that does not agree with the others, and what to do, in Chinese and English."""

    field: str
    zh: str
    en: str


DISAGREEMENT = "disagreement"
"""The error type under which all disagreements of one value arrive, in the context's `found`."""


class Checked(Contract):
    """A contract whose fields must also agree with one another; every disagreement is named at once."""

    def disagreements(self) -> list[Disagreement]:
        """What does not agree."""
        return []

    @model_validator(mode="after")
    def _agree(self) -> Self:
        found = self.disagreements()
        if found:
            raise PydanticCustomError(DISAGREEMENT, "fields do not agree", {"found": found})
        return self


def _aware(instant: datetime) -> datetime:
    # A year is left at either end, so that every instant can be told at every offset.
    if not MINYEAR < instant.year < MAXYEAR:
        raise PydanticCustomError("datetime_out_of_range", "the year leaves no room for another offset")
    return to_milliseconds(instant)


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_aware),
    PlainSerializer(to_text, when_used="json"),
    # What it serialises to is documented as what it is; the serialiser alone would be any text.
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""An aware instant; on the wire UTC with three decimals."""

Day = date
"""A date in Asia/Shanghai."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}_[0-9A-Za-z_]{10,64}$")]
LONGEST_CODE = 64
Code = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CODE, pattern=r"^[0-9A-Za-z_.\-]+$")]
"""An opaque national or local code; only its characters are checked (R-REG-2)."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9\-]{5,19}$")]
