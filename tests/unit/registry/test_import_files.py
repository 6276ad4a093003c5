"""R-REG-6: a hostile or broken file is refused with a clear reason before it does any harm."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping

import pytest

from services.registry.domain.sheet import headers_known
from shared.kernel.sheets import xlsx_files
from shared.kernel.sheets.bounds import MOST_ROWS, Line
from shared.kernel.sheets.faults import Unusable
from shared.kernel.sheets.uploads import Format, open_upload
from tests.support.import_builders import a_row, as_csv, as_xlsx, grid

MANY_BYTES = 50 * 1024 * 1024
MEMORY = 400 * 1024 * 1024

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
TYPES = "<Types/>"
WORKBOOK = f'<workbook {MAIN} {RELATIONS}><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'


def sheet(rows: str, dimension: str = "A1:B2") -> str:
    """A worksheet of some rows of XML."""
    return f'<worksheet {MAIN}><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'


def workbook(
    sheet_xml: str | bytes,
    *,
    strings: str = "",
    types: str = TYPES,
    rels: str = RELS,
    more: Mapping[str, bytes] | None = None,
    packing: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """An XLSX file of these parts. Stored and not packed, repetition gives nothing away."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", rels)
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return file.getvalue()


def read(content: bytes) -> list[Line]:
    """Every row of a file."""
    return list(open_upload(io.BytesIO(content), headers_known).lines)


def _lying(content: bytes, name: bytes, size: int) -> bytes:
    """The same zip, whose directory says another size for one entry."""
    at = content.index(b"PK\x01\x02")
    while content[at + 46 : at + 46 + len(name)] != name:
        at = content.index(b"PK\x01\x02", at + 1)
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def _encrypted(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02")
    return content[: at + 8] + b"\x01\x00" + content[at + 10 :]


ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "file_empty"),
    "blanks": (lambda: b" \r\n \r\n", "file_empty"),
    "fifty megabytes": (lambda: b"a,b\r\n" * (MANY_BYTES // 5), "file_larger"),
    "NUL bytes": (lambda: b"a,b\0\r\n", "file_nul"),
    "UTF-16": (lambda: "事项编码,x".encode("utf-16"), "file_utf16"),
    "no encoding": (lambda: b"\xff\x30\x20\xff,\xfe\r\n", "file_encoding"),
    "a quote that never ends": (lambda: as_csv([a_row()]) + b'"open,\r\n', "file_quote_open"),
    "a million columns": (lambda: b"x," * 1_000_000, "file_too_many_columns"),
    "a million blank columns": (lambda: b"x" + b"," * 1_000_000, "file_too_many_columns"),
    "ten million blank lines": (lambda: b"\n" * 9_000_000 + b"x", "file_too_many_rows"),
    "ten million blank cells": (lambda: (b"," * 10_000 + b"\n") * 900 + b"x", "file_too_many_cells"),
    "too many rows": (lambda: b"x\r\n" * 20_011, "file_too_many_rows"),
    "a cell of megabytes": (lambda: b'"' + b"x" * 5_000_000 + b'"', "file_cell_too_long"),
    "quotes within quotes": (lambda: b'"' + b'""' * 4_000_000, "file_quote_open"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "file_old_or_encrypted"),
    "no workbook": (lambda: _zip({"word/document.xml": b"<w/>"}), "file_not_a_workbook"),
    "half a workbook": (lambda: as_xlsx([a_row()])[:-600], "file_not_a_workbook"),
    "broken XML": (lambda: workbook("<worksheet><row"), "file_not_a_workbook"),
    "no sheet": (lambda: _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}), "file_not_a_workbook"),
    "encrypted entries": (lambda: _encrypted(workbook(sheet(ROW))), "file_old_or_encrypted"),
    "macros": (lambda: workbook(sheet(ROW), more={"xl/vbaProject.bin": b"x"}), "file_macros"),
    "macros by type": (lambda: workbook(sheet(ROW), types="<Types><!--macroEnabled--></Types>"), "file_macros"),
    "external links": (
        lambda: workbook(sheet(ROW), more={"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        "file_external_links",
    ),
    "an external sheet": (
        lambda: workbook(
            sheet(ROW),
            rels='<R><Relationship Id="rId1" TargetMode="External" Target="http://127.0.0.1/"/></R>',
        ),
        "file_external_links",
    ),
    "embedded objects": (lambda: workbook(sheet(ROW), more={"xl/embeddings/a.bin": b"x"}), "file_embedded"),
    "too many entries": (
        lambda: workbook(sheet(ROW), more={f"xl/media/{n}": b"" for n in range(600)}),
        "file_too_many_entries",
    ),
    "a zip bomb": (lambda: workbook(sheet(" " * 60_000_000)), "file_zip_bomb"),
    "a zip bomb in many entries": (
        lambda: workbook(sheet(ROW), more={f"{n}": _noise(1_100_000) for n in range(100)}),
        "file_zip_bomb",
    ),
    "entities": (lambda: workbook(f"{BOMB}<worksheet>&b;</worksheet>"), "file_entities"),
    "a document type": (lambda: workbook("<!DOCTYPE x SYSTEM 'http://127.0.0.1/'><worksheet/>"), "file_entities"),
    "a million columns in a row": (
        lambda: workbook(sheet(f'<row r="1">{"<c><v>1</v></c>" * 500_000}</row>'), packing=zipfile.ZIP_STORED),
        "file_too_many_columns",
    ),
    "a million blank columns in a row": (
        lambda: workbook(sheet(f'<row r="1">{"<c/>" * 1_000_000}</row>'), packing=zipfile.ZIP_STORED),
        "file_too_many_columns",
    ),
    "a column far to the right": (
        lambda: workbook(sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')),
        "file_too_many_columns",
    ),
    "columns that go back": (
        lambda: workbook(sheet('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>')),
        "file_not_a_workbook",
    ),
    "rows that go back": (lambda: workbook(sheet('<row r="2"/><row r="1"/>')), "file_not_a_workbook"),
    "too many rows in a sheet": (lambda: workbook(sheet("<row><c><v>1</v></c></row>" * 20_011)), "file_too_many_rows"),
    "a string that is not there": (
        lambda: workbook(sheet('<row><c t="s"><v>7</v></c></row>')),
        "file_not_a_workbook",
    ),
    "a tag of very many attributes": (
        lambda: workbook("<worksheet {}/>".format(" ".join(f'a{n}="{n}"' for n in range(200_000)))),
        "file_not_a_workbook",
    ),
    "elements without end": (lambda: workbook("<worksheet>" + "<a/>" * 9_000_000), "file_zip_bomb"),
}


def _zip(entries: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def _noise(size: int) -> bytes:
    """Bytes that pack a hundred to one."""
    return bytes(number % 251 for number in range(4096)) * (size // 4096)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason_in_both_languages(name: str) -> None:
    """R-REG-6: in bounded time and memory, whatever the file claims to be."""
    make, code = HOSTILE[name]
    content = make()
    if content.startswith(b"PK"):  # what a text costs is told by its size, and tracing millions of fields takes long
        tracemalloc.start()
    with pytest.raises(Unusable) as refused:
        read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == code
    assert refused.value.words.zh
    assert refused.value.words.en
    assert peak < MEMORY


@pytest.mark.parametrize(
    "content",
    [
        workbook(sheet(f"<row><c>{'<v/>' * 300_000}</c></row>"), packing=zipfile.ZIP_STORED),
        workbook(sheet(ROW), strings=f"<sst {MAIN}><si>{'<r/>' * 300_000}</si></sst>", packing=zipfile.ZIP_STORED),
        workbook(sheet(f"<a>{'<b/>' * 300_000}</a>{ROW}"), packing=zipfile.ZIP_STORED),
    ],
    ids=["parts of a cell", "runs of a string", "elements of no use"],
)
def test_what_says_nothing_costs_nothing(content: bytes) -> None:
    """R-REG-6: no tree is built, so what is read leaves nothing behind."""
    tracemalloc.start()
    read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(content) * 4


def test_a_directory_that_lies_about_sizes_is_counted_against(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-REG-6: what is unpacked is counted, whatever the directory says."""
    monkeypatch.setattr(xlsx_files, "MOST_UNPACKED", 100_000)
    content = workbook(sheet("<row><c><v>1</v></c></row>" * 15_000))
    with pytest.raises(Unusable) as refused:
        read(_lying(content, b"xl/worksheets/sheet1.xml", 50_000))
    assert refused.value.code in {"file_zip_bomb", "file_not_a_workbook"}


def test_the_dimension_a_sheet_claims_is_not_believed() -> None:
    (line,) = read(workbook(sheet(ROW, dimension="A1:XFD1048576")))
    assert line == Line(1, ["x"])


def test_numbers_are_the_very_digits_of_the_file_and_known_as_numbers() -> None:
    """R-REG-2: no code is turned into a float."""
    cells = '<c r="A1"><v>123456789012345678901234567</v></c><c r="C1"><v>1.23E+30</v></c><c r="D1" t="b"><v>1</v></c>'
    (line,) = read(workbook(sheet(f'<row r="3">{cells}</row>')))
    assert line == Line(3, ["123456789012345678901234567", "", "1.23E+30", "TRUE"], (0, 2))


def test_a_formula_is_its_own_text_and_a_text_that_looks_like_one_is_none() -> None:
    """R-REG-6: a formula cell makes its row faulty; a text is a text."""
    cells = '<c><f>SUM(A2:A9)</f><v>7</v></c><c t="inlineStr"><is><t>=SUM(1)</t></is></c><c t="e"><v>#REF!</v></c>'
    (line,) = read(workbook(sheet(f"<row>{cells}</row>")))
    assert line.cells == ["=SUM(A2:A9)", "'=SUM(1)", "#REF!"]


def test_strings_of_several_runs_are_one_text_without_how_they_are_read_aloud() -> None:
    runs = "<si><r><t>食品</t></r><r><t>经营_x000D_</t></r><rPh><t>shipin</t></rPh></si>"
    (line,) = read(workbook(sheet('<row><c t="s"><v>0</v></c></row>'), strings=f"<sst {MAIN}>{runs}</sst>"))
    assert line.cells == ["食品经营\r"]


@pytest.mark.parametrize(("encoding", "told"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 BOM"), ("gb18030", "GB18030")])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_offices_write_is_read(encoding: str, told: str, separator: str) -> None:
    """R-REG-6: UTF-8, its mark, GB18030; commas, semicolons, tabs; line breaks and quotes inside cells."""
    rows = [a_row(1, name='甲"乙"\r\n丙,;\t丁'), a_row(2)]
    upload = open_upload(io.BytesIO(as_csv(rows, encoding=encoding, separator=separator)), headers_known)
    assert (upload.encoding, upload.separator) == (told, separator)
    assert [list(each.cells) for each in upload.lines] == grid(rows)


def test_a_workbook_of_another_program_is_read() -> None:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    first = book.worksheets[0]
    for cells in grid([a_row(1), a_row(2)]):
        first.append(cells)
    book.save(file)
    upload = open_upload(io.BytesIO(file.getvalue()), headers_known)
    assert upload.format is Format.XLSX
    assert [list(each.cells) for each in upload.lines] == grid([a_row(1), a_row(2)])


def test_the_largest_list_fits_into_the_bounds() -> None:
    rows = MOST_ROWS
    assert len(read(b"\xe4\xba\x8b,b\r\n" * rows)) == rows
