"""The sheet of the item list, row by row: what exports write and imports read (R-REG-5, R-REG-6).

What is written is read again as the same item: `parse_row` of `format_row` gives the item's content, in both languages.
A column that a sheet lacks says nothing; a blank cell says the field's default, or that a needed value lacks.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from services.registry.domain.cells import Directory, Language, Reading, Unreadable, said, trimmed
from services.registry.domain.columns import BY_PATH, COLUMNS, READ, WRITTEN, Column
from services.registry.domain.faults import words_of
from services.registry.domain.words import word
from shared.contracts.items import Item, ItemContent, Supervisor
from shared.contracts.model import Contract
from shared.contracts.vocabulary import SupervisorPart
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Fault, Words
from shared.kernel.sheets.writing import guarded, unguarded

LONGEST_SHOWN = 200
"""How much of a faulty cell a report repeats."""


class CellFault(Contract):
    """What is wrong with a cell, or with a row as a whole where there is no column, and what to do about it."""

    column: str | None
    """The column's letter, as spreadsheets call it."""
    header: str | None
    value: str | None
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a row says: values by path, of the columns the sheet has; what is wrong with it; what is merely odd."""

    values: Mapping[str, object]
    faults: tuple[CellFault, ...] = ()
    warnings: tuple[CellFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """Which column of the table stands at which place of a sheet, under which header."""

    texts: tuple[str, ...]
    paths: tuple[str | None, ...]

    def place(self, path: str) -> int | None:
        """Where a field's column stands, counted from 0, or None."""
        return self.paths.index(path) if path in self.paths else None

    def fault(self, path: str, value: str, code: str, /, **params: str) -> CellFault:
        """A fault in the cell of a field, in the words of the table."""
        return self._at(path, value, code, words_of(code, **params))

    def told(self, fault: Fault, cells: Sequence[str]) -> CellFault:
        """What a rule says of a field of the item, as a fault in the row's cell."""
        path = path_of(fault.pointer)
        place = self.place(path) if path else None
        value = cells[place] if place is not None and place < len(cells) else None
        return self._at(path, value, fault.code, Words(fault.zh, fault.en))

    def _at(self, path: str | None, value: str | None, code: str, words: Words) -> CellFault:
        place = self.place(path) if path else None
        named = _told_header(path) if path else None
        return CellFault(
            column=None if place is None else letter(place),
            header=named if place is None else self.texts[place],
            value=None if value is None else _short(value),
            code=code,
            zh=words.zh,
            en=words.en,
        )


# --- Writing -------------------------------------------------------------------------------------


def headers(language: Language) -> list[str]:
    """The header row of a sheet."""
    return [said(each.header, language) for each in WRITTEN]


def format_row(item: Item, reading: Reading) -> list[str]:
    """An item as the cells of its row, safe to be opened by a spreadsheet."""
    shown = _told(item, reading.language)
    cells = iter(format_values(flat(item), reading))
    return [next(cells) if column.kind else guarded(shown[column.path]) for column in WRITTEN]


def format_values(values: Mapping[str, object], reading: Reading) -> list[str]:
    """Values by path as the cells of the columns that are read."""
    return [guarded(each.kind.format(values[each.path], reading)) for each in READ if each.kind]


def flat(content: ItemContent) -> dict[str, object]:
    """What an item says, by the path of each column that is read. Its one lead supervisor has columns of its own."""
    values: dict[str, object] = {}
    lead = next(each for each in content.supervisors if each.part is SupervisorPart.LEAD)
    for path in (each.path for each in READ):
        first, _, field = path.partition(".")
        if path == "assisting":
            values[path] = tuple(each for each in content.supervisors if each.part is SupervisorPart.ASSISTING)
        elif first == "lead":
            values[path] = getattr(lead, field)
        else:
            value = getattr(content, first)
            values[path] = getattr(value, field) if field else value
    return values


def _told(item: Item, language: Language) -> dict[str, str]:
    return {
        "version": str(item.version),
        "standing": said(word(item.standing), language),
        "effective_from": item.effective_from.astimezone(BEIJING).isoformat(timespec="seconds"),
        "documents": ("、" if language == "zh" else "; ").join(f"{each.name} {each.number}" for each in item.documents),
    }


# --- Reading -------------------------------------------------------------------------------------


def headers_known(cells: Sequence[str]) -> int:
    """How many of these cells are headers of the table: whether a row may be the header."""
    return sum(path is not None for path in read_header(cells)[0].paths)


def read_header(cells: Sequence[str]) -> tuple[Header, tuple[CellFault, ...]]:
    """What the columns of a sheet hold, and what is wrong with its header row: unknown, double, or no code at all.

    Headers are known in Chinese, English, or as the field's path, whatever their case, width and blanks.
    """
    known, paths, faults = _headers(), [], []
    texts = [trimmed(unguarded(each)) for each in cells]
    while texts and not texts[-1]:
        texts.pop()
    for place, text in enumerate(texts):
        path = known.get(_plain(text))
        if path is None:
            faults.append(_fault(place, text, text, "header_unknown" if text else "header_blank", header=text))
        elif path in paths and path in {each.path for each in READ}:
            faults.append(_fault(place, text, text, "header_twice", header=text))
        paths.append(path)
    if "code" not in paths:
        faults.append(_fault(None, None, None, "header_missing", header=_told_header("code")))
    return Header(tuple(texts), tuple(paths)), tuple(faults)


def parse_row(cells: Sequence[str], header: Header, reading: Reading, numbers: Collection[int] = ()) -> Parsed:
    """What a row says, and everything wrong with it at once. `numbers` are the places of cells that are no texts."""
    values: dict[str, object] = {}
    faults: list[CellFault] = []
    warnings: list[CellFault] = []
    for place, path in enumerate(header.paths):
        column = BY_PATH[path] if path else None
        if column is None or column.kind is None:
            continue
        cell = cells[place] if place < len(cells) else ""
        try:
            values[column.path] = _value(column, cell, reading)
        except Unreadable as unreadable:
            faults.append(_fault(place, header.texts[place], cell, unreadable.code, **unreadable.params))
        if column.path == "code" and place in numbers:
            reading.warn("cell_number")
        warnings += (_fault(place, header.texts[place], cell, code, **params) for code, params in reading.warnings)
        reading.warnings.clear()
    return Parsed(values, (*faults, *_beyond(cells, header)), tuple(warnings))


def code_text(cells: Sequence[str], header: Header) -> str | None:
    """The code a row names, as far as it names one, without judging it."""
    place = header.place("code")
    cell = cells[place] if place is not None and place < len(cells) else ""
    try:
        text = _text(cell, Reading(Directory.of(()), {}))
    except Unreadable:
        return None
    return trimmed(text).removeprefix("'") or None


def missing(values: Mapping[str, object]) -> tuple[CellFault, ...]:
    """The columns without which a new item cannot be made."""
    return tuple(
        _fault(None, _told_header(each.path), None, "column_missing", header=_told_header(each.path))
        for each in READ
        if each.required and each.path not in values
    )


def build(values: Mapping[str, object]) -> ItemContent:
    """The item that values by path make; what they do not say has its default. The lead supervisor comes first.

    Raises pydantic.ValidationError where a needed value lacks: ask `missing` first.
    """
    said_values = {each.path: each.default for each in READ if not each.required} | dict(values)
    fields: dict[str, Any] = {}
    for path, value in said_values.items():
        first, _, field = path.partition(".")
        if field:
            fields.setdefault(first, {})[field] = value
        else:
            fields[first] = value
    lead = Supervisor(part=SupervisorPart.LEAD, **fields.pop("lead"))
    fields["supervisors"] = (lead, *cast(tuple[Supervisor, ...], fields.pop("assisting")))
    return ItemContent.model_validate(fields)


def path_of(pointer: str) -> str | None:
    """The column that a rule's JSON Pointer into an item's content speaks of, or None."""
    first, *rest = pointer.strip("/").split("/")
    if first == "supervisors":
        lead, field = rest[:1] in ([], ["0"]), next(iter(rest[1:]), "department")
        return f"lead.{field}" if lead else "assisting"
    dotted = ".".join((first, *rest[:1]))
    return next((each for each in (dotted, first) if each in BY_PATH), None)


def letter(place: int) -> str:
    """What spreadsheets call the column at a place counted from 0: A to Z, then AA and so on."""
    found, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _value(column: Column, cell: str, reading: Reading) -> object:
    """What one cell says. Raises Unreadable."""
    text = _text(cell, reading)
    if column.kind is not None and trimmed(text):
        return column.kind.parse(text, reading)
    if column.required:
        raise Unreadable("cell_blank")
    return column.default


def _beyond(cells: Sequence[str], header: Header) -> Iterator[CellFault]:
    for place in range(len(header.paths), len(cells)):
        if trimmed(cells[place]):
            yield _fault(place, None, cells[place], "cell_without_header")


def _text(cell: str, reading: Reading) -> str:
    """What a cell says once the spreadsheet's own marks are off. Raises Unreadable for a formula."""
    if cell.startswith('="') and cell.endswith('"') and '"' not in cell[2:-1] and len(cell) > len('=""'):
        reading.warn("cell_quoted_formula", text=cell[2:-1])
        return cell[2:-1]
    if cell.startswith("="):
        raise Unreadable("cell_formula")
    return unguarded(cell)


def _fault(place: int | None, header: str | None, value: str | None, code: str, /, **params: str) -> CellFault:
    words = words_of(code, **{name: _short(each) for name, each in params.items()})
    at = None if place is None else letter(place)
    return CellFault(
        column=at, header=header, value=None if value is None else _short(value), code=code, zh=words.zh, en=words.en
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _told_header(path: str) -> str:
    words = BY_PATH[path].header
    return f"{words.zh} / {words.en}"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in folded if not each.isspace() and each != "*")


@cache
def _headers() -> Mapping[str, str]:
    names = {each.path: (*each.header, " / ".join(each.header), each.path) for each in COLUMNS}
    return {_plain(name): path for path, known in names.items() for name in known}
