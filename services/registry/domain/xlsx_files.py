"""XLSX files, read without trust: the zip's directory first, then the first sheet's XML as a stream (R-REG-6).

A reader of our own, since a library builds a row before anybody can count its cells, believes the dimensions a file
claims, and turns long digits into floats. Here each element is counted as it comes and let go at its end, nothing is
believed, and a number is the very digits that stand in the file. DTDs and entities are refused by defusedxml. Formulas
are never computed: a formula's text is the cell, and makes its row faulty, since what it says depends on who opens it.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from services.registry.domain.sheet import guarded
from services.registry.domain.uploads import LONGEST_CELL, Bounds, Line, Unusable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_ENTRIES = 500
MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes of all entries together."""
HIGHEST_RATIO = 200
"""What sheets pack into is twenty to one or so; what packs better than this was made to."""
RATIO_MATTERS_FROM = 1024 * 1024
MOST_ELEMENTS = 8_000_000
MOST_INSIDE = 2_000
"""Elements inside one cell or one string."""
LONGEST_TAG = 256 * 1024
"""Bytes from one `<` to the next: what an XML parser holds at once. No attribute may hold a `<`."""

_ENCRYPTED = 0x1
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_REFUSED_PARTS = {
    "xl/vbaproject": "file_macros",
    "xl/macrosheets/": "file_macros",
    "xl/externallinks/": "file_external_links",
    "xl/embeddings/": "file_embedded",
    "encryptedpackage": "file_old_or_encrypted",
}
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_PIECE = 64 * 1024


def lines(file: IO[bytes]) -> Iterator[Line]:
    """The rows of the first sheet that hold anything. Raises Unusable, at the latest where the harm would begin."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - only where files are read

    try:
        with zipfile.ZipFile(file) as archive:
            _check_directory(archive.infolist())
            book = _Book(archive)
            sheet = _first_sheet(book)
            yield from _Rows(tuple(_strings(book))).of(book, sheet)
    except DefusedXmlException:
        raise Unusable("file_entities") from None
    except (
        zipfile.BadZipFile,
        ParseError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
    ):
        # Whatever zlib, zip and XML say to bytes that are none of theirs.
        raise Unusable("file_not_a_workbook") from None


# --- The zip -------------------------------------------------------------------------------------


class _Book:
    """The entries of the zip, and how much of them was unpacked so far: directories lie."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.unpacked = 0
        self.elements = 0
        self.names = {each.filename.lower().lstrip("/"): each for each in archive.infolist()}

    def open(self, name: str) -> "_Counted | None":
        """One entry as a stream, or None."""
        entry = self.names.get(name.lower().lstrip("/"))
        return _Counted(self.archive.open(entry), self) if entry else None


class _Counted:
    """An entry as a stream that counts, and that refuses a tag too long for any parser to hold."""

    def __init__(self, entry: IO[bytes], book: _Book) -> None:
        self.entry = entry
        self.book = book
        self.since_tag = 0

    def read(self, size: int = _PIECE) -> bytes:
        """Some more bytes. Raises Unusable."""
        found = self.entry.read(min(size, _PIECE) if size >= 0 else _PIECE)
        self.book.unpacked += len(found)
        if self.book.unpacked > MOST_UNPACKED:
            raise Unusable("file_zip_bomb")
        last = found.rfind(b"<")
        self.since_tag = self.since_tag + len(found) if last < 0 else len(found) - last
        if self.since_tag > LONGEST_TAG:
            raise Unusable("file_not_a_workbook")
        return found


def _check_directory(entries: Sequence[zipfile.ZipInfo]) -> None:
    """What the directory alone tells. Raises Unusable."""
    if len(entries) > MOST_ENTRIES:
        raise Unusable("file_too_many_entries", most=MOST_ENTRIES)
    for entry in entries:
        _check_entry(entry)
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Unusable("file_zip_bomb")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    for part, code in _REFUSED_PARTS.items():
        if entry.filename.lower().lstrip("/").startswith(part):
            raise Unusable(code)
    if entry.flag_bits & _ENCRYPTED:
        raise Unusable("file_old_or_encrypted")
    if entry.compress_type not in _PACKINGS:
        raise Unusable("file_not_a_workbook")
    packs_too_well = entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size)
    if entry.file_size > RATIO_MATTERS_FROM and packs_too_well:
        raise Unusable("file_zip_bomb")


def _first_sheet(book: _Book) -> str:
    """The entry that holds the first sheet of the workbook."""
    types = book.open("[Content_Types].xml")
    if types is None:
        raise Unusable("file_not_a_workbook")
    if b"macroEnabled" in b"".join(iter(types.read, b"")):
        raise Unusable("file_macros")
    wanted = next((_relation(each) for each in _elements(book, "xl/workbook.xml", "sheet")), None)
    for relation in _elements(book, "xl/_rels/workbook.xml.rels", "Relationship"):
        if relation.get("TargetMode", "").lower() == "external":
            raise Unusable("file_external_links")
        if wanted is not None and relation.get("Id") == wanted:
            target = relation.get("Target", "")
            return target if target.startswith("/") else f"xl/{target}"
    raise Unusable("file_not_a_workbook")


def _relation(element: "Element") -> str | None:
    found = (element.get(f"{{{namespace}}}id") for namespace in _RELATIONS)
    return next((each for each in found if each is not None), None)


# --- The XML -------------------------------------------------------------------------------------


def _walk(book: _Book, name: str, kept: str = "") -> "Iterator[tuple[str, str, Element]]":
    """Each element of an entry at its start and its end, by its local name; at its end it is let go.

    What is inside an element named `kept` stays till that one ends.
    """
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415 - only where files are read

    stream = book.open(name)
    if stream is None:
        raise Unusable("file_not_a_workbook")
    above: list[Element] = []
    inside = within = 0
    for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            above.append(element)
            book.elements += 1
            inside += tag == kept
            within = within + 1 if inside else 0
            if book.elements > MOST_ELEMENTS or within > MOST_INSIDE:
                raise Unusable("file_not_a_workbook")
            yield "start", tag, element
            continue
        above.pop()
        inside -= tag == kept
        yield "end", tag, element
        if not inside:
            within = 0
            element.clear()
            if above:
                above[-1].remove(element)


def _elements(book: _Book, name: str, wanted: str) -> "Iterator[Element]":
    return (element for event, tag, element in _walk(book, name) if event == "end" and tag == wanted)


def _strings(book: _Book) -> Iterator[str]:
    """The workbook's shared strings."""
    if book.open("xl/sharedStrings.xml") is not None:
        for event, tag, element in _walk(book, "xl/sharedStrings.xml", kept="si"):
            if event == "end" and tag == "si":
                yield _text_of(element)


def _text_of(element: "Element") -> str:
    """The text of a string or of its runs, without how it is read aloud; cut where it is too long anyway."""
    found: list[str] = []
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            found.append(child.text or "")
        elif tag == "r":
            found += [each.text or "" for each in child if each.tag.rpartition("}")[2] == "t"]
    return _unescaped("".join(found)[: LONGEST_CELL + 1])


def _unescaped(text: str) -> str:
    """What a spreadsheet writes as _x000D_, as the character it is."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: "re.Match[str]") -> str:
    number = int(found[1], 16)
    return chr(number) if chr(number).isprintable() or number in (9, 10, 13) else found[0]


class _Rows:
    """The rows of one sheet."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.strings = strings
        self.bounds = Bounds()
        self.number = 0
        self.begin(0)

    def begin(self, number: int) -> None:
        """A row begins."""
        self.number = number
        self.place = -1
        self.counted = 0
        self.cells: dict[int, str] = {}
        self.numbers: list[int] = []

    def of(self, book: _Book, sheet: str) -> Iterator[Line]:
        """The rows that hold anything."""
        for event, tag, element in _walk(book, sheet, kept="c"):
            if (event, tag) == ("start", "row"):
                self.begin(_row_number(element, self.number))
            elif (event, tag) == ("start", "c"):
                self.bounds.field(self.number, self.counted)
                self.counted += 1
            elif (event, tag) == ("end", "c"):
                self._take(element)
            elif (event, tag) == ("end", "row") and self.cells:
                cells = [self.cells.get(each, "") for each in range(max(self.cells) + 1)]
                yield Line(self.number, cells, tuple(self.numbers))

    def _take(self, cell: "Element") -> None:
        self.place = _place(cell, self.place)
        text, is_number = self._told(cell)
        if text:
            if not self.cells:
                self.bounds.row()
            self.bounds.cell(self.number, self.place, len(text))
            self.cells[self.place] = text
            if is_number:
                self.numbers.append(self.place)

    def _told(self, cell: "Element") -> tuple[str, bool]:
        """What a cell says, and whether it is a number. An error such as #REF! reads as its text."""
        parts = {child.tag.rpartition("}")[2]: child for child in cell}
        formula, value, inline = parts.get("f"), parts.get("v"), parts.get("is")
        if formula is not None:
            return f"={formula.text or ''}"[: LONGEST_CELL + 1], False
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "" if inline is None else guarded(_text_of(inline)), False
        text = "" if value is None else (value.text or "")[: LONGEST_CELL + 1]
        if kind == "n" or not text:
            return text, bool(text)
        if kind == "s":
            return guarded(self.strings[int(text)]), False
        return guarded({"b1": "TRUE", "b0": "FALSE"}.get(kind + text, _unescaped(text))), False


def _row_number(row: "Element", last: int) -> int:
    given = int(row.get("r", last + 1))
    if given <= last:
        raise Unusable("file_not_a_workbook")
    return given


def _place(cell: "Element", last: int) -> int:
    """Where a cell stands, counted from 0. What a file says may only go on."""
    matched = _REFERENCE.fullmatch(cell.get("r", ""))
    if matched is None:
        return last + 1
    place = -1
    for each in matched[1]:
        place = (place + 1) * 26 + ord(each) - ord("A")
    if place <= last:
        raise Unusable("file_not_a_workbook")
    return place
