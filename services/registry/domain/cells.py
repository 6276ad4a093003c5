"""How one cell of a sheet says one value of an item, and back: what is written is read again as the same value.

A kind of cell parses a text or raises Unreadable, and formats a value. Text is kept as it is but for white space at its
ends, which no contract keeps. Closed lists are read by Chinese word, English word or code (R-REG-6).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from services.registry.domain.words import UNITS, VALUES, limit_words, word
from shared.contracts.departments import Department, DepartmentState
from shared.contracts.items import MOST_SUPERVISORS, FeedbackLimit, Supervisor
from shared.contracts.model import Phone, ShortText
from shared.contracts.vocabulary import FeedbackKind, SupervisorPart, TimeLimit
from shared.kernel.errors import Words

Language = Literal["zh", "en"]

# What pydantic trims: the characters Unicode calls white space, which are not all that Python does.
_WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"

_BETWEEN_WORDS = re.compile("[\u3001;\uff1b,\uff0c\r\n]+")
_LIMIT = re.compile(r"(?P<amount>[0-9]{1,6})(?P<unit>[^0-9]*)")
_KIND_AND_LIMIT = re.compile("(?P<kind>[^0-9]*?)[\\s:\uff1a=]*(?P<limit>[0-9].*)", re.DOTALL)
_ITEM_TYPE = re.compile(r"(?P<code>[0-9]{0,2})(?P<word>[^0-9]*)")

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")


class Unreadable(Exception):
    """A cell does not say what its column holds; `code` is a key of FAULTS."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def said(words: Words, language: Language) -> str:
    """The words in one language."""
    return words.zh if language == "zh" else words.en


def trimmed(text: str) -> str:
    """A text without white space at its ends, exactly as contracts trim it."""
    return text.strip(_WHITE)


# --- Departments, as people name them ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Directory:
    """Every department by id, name and former name."""

    departments: Mapping[str, Department]
    named: Mapping[str, tuple[str, ...]]
    formerly: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, departments: Iterable[Department]) -> "Directory":
        """The directory of these departments."""
        known = {each.department_id: each for each in departments}
        named: dict[str, tuple[str, ...]] = {}
        formerly: dict[str, tuple[str, ...]] = {}
        for identifier, each in known.items():
            named[each.name] = (*named.get(each.name, ()), identifier)
            for former in {former.name for former in each.former_names} - {each.name}:
                formerly[former] = (*formerly.get(former, ()), identifier)
        return cls(known, named, formerly)

    def told(self, department_id: str) -> str:
        """How a sheet names a department: by its name where that names no other, else by its id."""
        known = self.departments.get(department_id)
        if (
            known is None
            or self._one(self.named.get(known.name, ())) != department_id
            or known.name in self.departments
        ):
            return department_id
        return known.name

    def find(self, text: str, reading: "Reading") -> str:
        """The id of a department. Raises Unreadable; notes a former name as a warning."""
        if text in self.departments:
            return text
        for names, warned in ((self.named, False), (self.formerly, True)):
            held = names.get(text, ())
            found = self._one(held)
            if found is None and held:
                raise Unreadable("cell_department_ambiguous", name=text, ids=", ".join(held))
            if found is not None:
                if warned:
                    reading.warn("cell_former_name", former=text, name=self.departments[found].name)
                return found
        raise Unreadable("department_unknown", department=text)

    def _one(self, held: tuple[str, ...]) -> str | None:
        if len(held) > 1:
            held = tuple(each for each in held if self.departments[each].state is DepartmentState.ACTIVE)
        return held[0] if len(held) == 1 else None


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a cell may ask, and where it notes what is odd but no fault."""

    directory: Directory
    item_types: Mapping[str, Words]
    language: Language = "zh"
    warnings: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def warn(self, code: str, **params: str) -> None:
        """Note what is odd about the cell being read."""
        self.warnings.append((code, params))


# --- Kinds of cells ------------------------------------------------------------------------------


class Kind(Protocol):
    """How the cells of a column are read and written. A blank cell is never parsed."""

    def parse(self, text: str, reading: Reading) -> object:
        """The value a cell says. Raises Unreadable."""

    def format(self, value: Any, reading: Reading) -> str:  # noqa: ANN401 - each kind has a type of value of its own
        """The cell that says a value."""


@cache
def _adapter(contract: object) -> "TypeAdapter[str]":
    return TypeAdapter(contract)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that must meet a contract; `fault` says what the contract asks where it is more than a length."""

    contract: object
    fault: str | None = None

    def parse(self, text: str, _reading: Reading) -> str:
        """The text, trimmed. Raises Unreadable."""
        try:
            return _adapter(self.contract).validate_python(trimmed(text))
        except ValidationError as error:
            found = error.errors(include_url=False)[0]
            most = found.get("ctx", {}).get("max_length")
            if most is not None:
                raise Unreadable("cell_too_long", most=str(most), length=str(len(trimmed(text)))) from None
            raise Unreadable(self.fault or "cell_text") from None

    def format(self, value: str, _reading: Reading) -> str:
        """The text itself."""
        return value


@dataclass(frozen=True, slots=True)
class CodeCell:
    """An opaque code: a text, and the apostrophe by which spreadsheets keep digits is not part of it."""

    text: Text

    def parse(self, text: str, reading: Reading) -> str:
        """The code exactly as it stands (R-REG-2). Raises Unreadable."""
        code = trimmed(text)
        if code.startswith("'"):
            code = code.removeprefix("'")
            reading.warn("cell_apostrophe", text=code)
        return self.text.parse(code, reading)

    def format(self, value: str, reading: Reading) -> str:
        """The code itself."""
        return self.text.format(value, reading)


@dataclass(frozen=True, slots=True)
class DepartmentCell:
    """A department by id, name or former name."""

    def parse(self, text: str, reading: Reading) -> str:
        """Its id. Raises Unreadable."""
        return reading.directory.find(trimmed(text), reading)

    def format(self, value: str, reading: Reading) -> str:
        """Its name, or its id where the name names another too."""
        return reading.directory.told(value)


@dataclass(frozen=True, slots=True)
class Word(Generic[E]):
    """One word of a closed list."""

    words: type[E]

    def parse(self, text: str, _reading: Reading) -> E:
        """The value of a Chinese word, an English word or a code. Raises Unreadable naming all words."""
        found = _lookup(self.words).get(_plain(text))
        if found is None:
            known = VALUES[self.words].values()
            zh, en = "、".join(each.zh for each in known), ", ".join(each.en for each in known)
            raise Unreadable("cell_word", text=trimmed(text), zh=zh, en=en)
        return cast(E, found)

    def format(self, value: E, reading: Reading) -> str:
        """The word in the sheet's language."""
        return said(word(value), reading.language)


@dataclass(frozen=True, slots=True)
class WordList(Generic[E]):
    """Several words of a closed list."""

    words: type[E]

    def parse(self, text: str, reading: Reading) -> tuple[E, ...]:
        """The values, in their order. Raises Unreadable."""
        found = tuple(Word(self.words).parse(each, reading) for each in _entries(text))
        return _at_most(len(self.words), found)

    def format(self, value: tuple[E, ...], reading: Reading) -> str:
        """The words, one after the other."""
        return ("、" if reading.language == "zh" else "; ").join(
            Word(self.words).format(each, reading) for each in value
        )


@dataclass(frozen=True, slots=True)
class LimitCell:
    """A time limit: `10`, `10个工作日`, `2小时`, `30 minutes`; a bare number is working days (R-HND-14)."""

    def parse(self, text: str, _reading: Reading) -> TimeLimit:
        """The limit. Raises Unreadable."""
        matched = _LIMIT.fullmatch(_plain(text))
        unit = _units().get(matched["unit"]) if matched else None
        if matched is None or unit is None or not 1 <= int(matched["amount"]) <= _most_amount():
            raise Unreadable("cell_limit", most=str(_most_amount()))
        return TimeLimit(amount=int(matched["amount"]), unit=unit)

    def format(self, value: TimeLimit, reading: Reading) -> str:
        """The limit as people write it."""
        return said(limit_words(value), reading.language)


@dataclass(frozen=True, slots=True)
class FeedbackLimits:
    """A limit for each of some kinds of feedback: `检查结果:10个工作日;吊销:2小时`."""

    def parse(self, text: str, reading: Reading) -> tuple[FeedbackLimit, ...]:
        """The limits in their order. Raises Unreadable."""
        found = []
        for entry in _entries(text):
            matched = _KIND_AND_LIMIT.fullmatch(trimmed(entry))
            if matched is None:
                raise Unreadable("cell_feedback_limit", entry=trimmed(entry))
            kind = Word(FeedbackKind).parse(matched["kind"], reading)
            found.append(FeedbackLimit(kind=kind, limit=LimitCell().parse(matched["limit"], reading)))
        return _at_most(len(FeedbackKind), tuple(found))

    def format(self, value: tuple[FeedbackLimit, ...], reading: Reading) -> str:
        """The limits, one after the other."""
        colon, between = (":", ";") if reading.language == "zh" else (": ", "; ")
        word_cell, limit = Word(FeedbackKind), LimitCell()
        return between.join(
            f"{word_cell.format(each.kind, reading)}{colon}{limit.format(each.limit, reading)}" for each in value
        )


@dataclass(frozen=True, slots=True)
class ItemTypeCell:
    """An item type by code, word, or both: `01`, `行政许可`, `01 行政许可`. Each place decides on the codes."""

    def parse(self, text: str, reading: Reading) -> str:
        """The code. Raises Unreadable; a leading zero that a spreadsheet dropped is put back with a warning."""
        matched = _ITEM_TYPE.fullmatch(_plain(text))
        if matched is None or not (matched["code"] or matched["word"]):
            raise Unreadable("cell_item_type", text=trimmed(text))
        code, named = matched["code"], self._code_of(matched["word"], reading) if matched["word"] else None
        if len(code) == 1:
            code = f"0{code}"
            reading.warn("cell_leading_zero", text=code)
        if (matched["word"] and named is None) or (code and named and named != code):
            raise Unreadable("cell_item_type", text=trimmed(text))
        return code or str(named)

    def format(self, value: str, reading: Reading) -> str:
        """Code and word, since a bare 01 comes back from a spreadsheet as 1."""
        known = reading.item_types.get(value)
        return f"{value} {said(known, reading.language)}" if known else value

    def _code_of(self, text: str, reading: Reading) -> str | None:
        return _type_codes(tuple(reading.item_types.items())).get(text)


@dataclass(frozen=True, slots=True)
class Assisting:
    """The assisting supervisors, one after `;` or a new line: `department|item|section|person|contact`.

    `|`, `;` and line breaks inside a text are written with a backslash before them.
    """

    def parse(self, text: str, reading: Reading) -> tuple[Supervisor, ...]:
        """The supervisors in their order. Raises Unreadable."""
        return _at_most(MOST_SUPERVISORS - 1, tuple(self._one(parts, reading) for parts in _supervisors(text)))

    def format(self, value: tuple[Supervisor, ...], reading: Reading) -> str:
        """The supervisors, a line for each."""
        return "\n".join("|".join(self._parts(each, reading)) for each in value)

    def _one(self, parts: list[str], reading: Reading) -> Supervisor:
        if len(parts) != len(_ASSISTING):
            raise Unreadable("cell_supervisor", text="|".join(parts), parts=str(len(parts)))
        values = {}
        for name, text in zip(_ASSISTING, parts, strict=True):
            if not trimmed(text):
                raise Unreadable("cell_supervisor", text="|".join(parts), parts=str(len(parts)))
            values[name] = _ASSISTING[name].parse(text, reading)
        return Supervisor(part=SupervisorPart.ASSISTING, **values)

    def _parts(self, supervisor: Supervisor, reading: Reading) -> Iterator[str]:
        for name, kind in _ASSISTING.items():
            yield _escaped(kind.format(getattr(supervisor, name), reading))


DEPARTMENT = DepartmentCell()
SHORT = Text(ShortText)
PHONE = Text(Phone, "cell_phone")

_ASSISTING: Mapping[str, Any] = {
    "department": DEPARTMENT,
    "supervision_item": SHORT,
    "section": SHORT,
    "person": SHORT,
    "contact": PHONE,
}


# --- Words as people write them ------------------------------------------------------------------


def _plain(text: str) -> str:
    """A word without regard to case, width, blanks, hyphens and underscores."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in folded if each not in "_-" and not each.isspace())


@cache
def _lookup(words: type[StrEnum]) -> Mapping[str, StrEnum]:
    found: dict[str, StrEnum] = {}
    for value in words:
        known = VALUES[words][value]
        found |= {_plain(each): value for each in (value.value, known.zh, known.en)}
    return found


@cache
def _type_codes(item_types: tuple[tuple[str, Words], ...]) -> Mapping[str, str]:
    return {_plain(each): code for code, known in item_types for each in known}


@cache
def _units() -> Mapping[str, Any]:
    found = {"": "working_day"}
    for unit, words in UNITS.items():
        known = (unit, words.zh, words.zh.removeprefix("个"), f"个{words.zh}", words.en, words.en.removesuffix("s"))
        found |= {_plain(each): unit for each in known}
    return found


@cache
def _most_amount() -> int:
    bounds = TypeAdapter(TimeLimit).json_schema()["properties"]["amount"]
    return int(bounds["maximum"])


def _at_most(most: int, found: tuple[V, ...]) -> tuple[V, ...]:
    if len(found) > most:
        raise Unreadable("cell_too_many", most=str(most))
    return found


def _entries(text: str) -> Iterator[str]:
    return (each for each in _BETWEEN_WORDS.split(text) if trimmed(each))


def _escaped(text: str) -> str:
    return re.sub("[\\\\|\uff5c;\uff1b\r\n]", _escape, text)


def _escape(found: "re.Match[str]") -> str:
    return {"\n": r"\n", "\r": r"\r"}.get(found[0], f"\\{found[0]}")


def _supervisors(text: str) -> Iterator[list[str]]:
    """Each supervisor's parts. A backslash takes what follows as it is."""
    parts, current = [""], iter(text)
    for character in current:
        if character == "\\":
            following = next(current, "\\")
            parts[-1] += {"n": "\n", "r": "\r"}.get(following, following)
        elif character in "|\uff5c":
            parts.append("")
        elif character in ";\uff1b\r\n":
            if any(map(trimmed, parts)):
                yield parts
            parts = [""]
        else:
            parts[-1] += character
    if any(map(trimmed, parts)):
        yield parts
