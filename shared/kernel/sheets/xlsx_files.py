"""XLSX files, read without trust: the zip's directory first, then the first sheet's XML as a stream (R-REG-6).

A reader of our own, since a library builds a row before anybody can count its cells, believes the dimensions a file
claims, and turns long digits into floats. Here each element is counted as expat tells of it, no tree is built, nothing
is believed, and a number is the very digits that stand in the file. DTDs and entities are refused. Formulas are never
computed: a formula's text is the cell, and makes its row faulty, since what it says depends on who opens it.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import IO, NoReturn
from xml.parsers import expat

from shared.kernel.sheets.bounds import LONGEST_CELL, Bounds, Line
from shared.kernel.sheets.faults import Unusable
from shared.kernel.sheets.writing import guarded

MOST_ENTRIES = 500
MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes of all entries together."""
HIGHEST_RATIO = 500
"""A list whose rows are all alike packs a hundred to one; what packs better than this was made to."""
RATIO_MATTERS_FROM = 1024 * 1024
MOST_ELEMENTS = 8_000_000
LONGEST_TAG = 256 * 1024
"""Bytes from one `<` to the next: what an XML parser holds at once. No attribute may hold a `<`."""

_ENCRYPTED = 0x1
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
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
    try:
        with zipfile.ZipFile(file) as archive:
            _check_directory(archive.infolist())
            book = _Book(archive)
            sheet = _first_sheet(book)
            yield from _Rows(book, _strings(book)).lines(sheet)
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
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


def _relation(sheet: Mapping[str, str]) -> str | None:
    """What a sheet's element calls its entry; the prefix of the attribute is the file's own choice."""
    return next((value for name, value in sheet.items() if name.rpartition(":")[2] == "id"), None)


# --- The XML -------------------------------------------------------------------------------------


class _Handler:
    """Takes the elements of one entry as they come. Nothing is kept but what a handler keeps; no tree is built."""

    def __init__(self, book: _Book) -> None:
        self.book = book

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def text(self, text: str) -> None:
        """Some text inside it."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def read(self, name: str) -> Iterator[None]:
        """Read the entry, piece by piece. Raises Unusable, or whatever expat raises."""
        stream = self.book.open(name)
        if stream is None:
            raise Unusable("file_not_a_workbook")
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = lambda tag: self.end(tag.rpartition(":")[2])
        parser.CharacterDataHandler = self.text
        # What defusedxml does: whoever declares anything wants to be expanded, or to have something fetched.
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_declarations
        parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = _refuse_declarations
        while piece := stream.read():
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
        yield

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.book.elements += 1
        if self.book.elements > MOST_ELEMENTS:
            raise Unusable("file_not_a_workbook")
        self.begin(tag.rpartition(":")[2], attributes)


def _refuse_declarations(*_: object) -> NoReturn:
    raise Unusable("file_entities")


class _Elements(_Handler):
    """The attributes of every element of one kind, in small entries."""

    def __init__(self, book: _Book, wanted: str) -> None:
        super().__init__(book)
        self.wanted = wanted
        self.found: list[dict[str, str]] = []

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag == self.wanted:
            self.found.append(attributes)
            if len(self.found) > MOST_ENTRIES:
                raise Unusable("file_too_many_entries", most=MOST_ENTRIES)


def _elements(book: _Book, name: str, wanted: str) -> list[dict[str, str]]:
    reader = _Elements(book, wanted)
    for _ in reader.read(name):
        pass
    return reader.found


class _Texts(_Handler):
    """Text as it is gathered out of runs; what is too long anyway is not gathered whole."""

    def __init__(self, book: _Book) -> None:
        super().__init__(book)
        self.gathering = False
        self.gathered: list[str] = []
        self.length = 0

    def text(self, text: str) -> None:
        """Some text inside an element."""
        if self.gathering and self.length <= LONGEST_CELL:
            self.gathered.append(text)
            self.length += len(text)

    def taken(self) -> str:
        """What was gathered, and nothing is any more."""
        found = "".join(self.gathered)
        self.gathered.clear()
        self.length = 0
        return found


class _Strings(_Texts):
    """The workbook's shared strings, without how they are read aloud."""

    def __init__(self, book: _Book) -> None:
        super().__init__(book)
        self.aloud = 0
        self.found: list[str] = []

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        del attributes
        self.aloud += tag == "rPh"
        self.gathering = tag == "t" and not self.aloud

    def end(self, tag: str) -> None:
        """An element ends."""
        self.gathering = False
        self.aloud -= tag == "rPh"
        if tag == "si":
            self.found.append(_unescaped(self.taken()))


def _strings(book: _Book) -> Sequence[str]:
    reader = _Strings(book)
    if book.open("xl/sharedStrings.xml") is not None:
        for _ in reader.read("xl/sharedStrings.xml"):
            pass
    return reader.found


def _unescaped(text: str) -> str:
    """What a spreadsheet writes as _x000D_, as the character it is."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: "re.Match[str]") -> str:
    number = int(found[1], 16)
    return chr(number) if chr(number).isprintable() or number in (9, 10, 13) else found[0]


_GATHERED = frozenset({"v", "t", "f"})


class _Rows(_Texts):
    """The rows of one sheet."""

    def __init__(self, book: _Book, strings: Sequence[str]) -> None:
        super().__init__(book)
        self.strings = strings
        self.bounds = Bounds()
        self.done: list[Line] = []
        self.number = 0
        self.place = -1
        self.counted = 0
        self.kind = "n"
        self.parts: dict[str, str] = {}
        self.cells: list[str] = []
        self.numbers: list[int] = []
        self.aloud = 0

    def lines(self, sheet: str) -> Iterator[Line]:
        """The rows that hold anything."""
        for _ in self.read(sheet):
            yield from self.done
            self.done.clear()

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.gathering = tag in _GATHERED and not self.aloud
        if tag == "c":
            self.bounds.field(self.number, self.counted)
            self.counted += 1
            self.place = _place(attributes.get("r", ""), self.place)
            self.kind = attributes.get("t", "n")
            self.parts = {}
        elif tag == "row":
            self.number = _row_number(attributes.get("r"), self.number)
            self.place, self.counted = -1, 0
            self.cells, self.numbers = [], []
        elif tag == "rPh":
            self.aloud += 1

    def end(self, tag: str) -> None:
        """An element ends."""
        self.gathering = False
        if tag in _GATHERED and not self.aloud:
            self.parts[tag] = self.parts.get(tag, "") + self.taken()
        elif tag == "c":
            self._take()
        elif tag == "row" and self.cells:
            self.done.append(Line(self.number, self.cells, tuple(self.numbers)))
        elif tag == "rPh":
            self.aloud -= 1

    def _take(self) -> None:
        text = self._told()
        if text:
            if not self.cells:
                self.bounds.row()
            self.bounds.cell(self.number, self.place, len(text))
            self.cells += [""] * (self.place - len(self.cells))
            self.cells.append(text)
            if self.kind == "n" and "f" not in self.parts:
                self.numbers.append(self.place)

    def _told(self) -> str:
        """What a cell says. An error such as #REF! reads as its text."""
        if "f" in self.parts:
            return f"={self.parts['f']}"
        if self.kind == "inlineStr":
            return guarded(_unescaped(self.parts.get("t", "")))
        text = self.parts.get("v", "")
        if self.kind == "n" or not text:
            return text
        if self.kind == "s":
            return guarded(self.strings[int(text)])
        return guarded({"b1": "TRUE", "b0": "FALSE"}.get(self.kind + text, _unescaped(text)))


def _row_number(given: str | None, last: int) -> int:
    number = last + 1 if given is None else int(given)
    if number <= last:
        raise Unusable("file_not_a_workbook")
    return number


def _place(reference: str, last: int) -> int:
    """Where a cell stands, counted from 0. What a file says may only go on."""
    matched = _REFERENCE.fullmatch(reference)
    if matched is None:
        return last + 1
    place = _place_of(matched[1])
    if place <= last:
        raise Unusable("file_not_a_workbook")
    return place


@lru_cache(512)
def _place_of(letters: str) -> int:
    place = -1
    for each in letters:
        place = (place + 1) * 26 + ord(each) - ord("A")
    return place
