"""The sheet's law: what an export writes, an import reads as the same item, in both languages (R-REG-5, R-REG-6)."""

import csv
import io
from collections.abc import Collection
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from services.registry.domain.cells import Directory, Language, Reading, Word, trimmed
from services.registry.domain.columns import COLUMNS, READ, WRITTEN
from services.registry.domain.jurisdiction import ITEM_TYPES
from services.registry.domain.sheet import (
    build,
    flat,
    format_row,
    headers,
    headers_known,
    missing,
    parse_row,
    path_of,
    read_header,
)
from services.registry.domain.words import VALUES
from shared.contracts.departments import Department, FormerName, Liaison
from shared.contracts.items import (
    MOST_SUPERVISORS,
    ClaimRule,
    FeedbackLimit,
    Item,
    ItemContent,
    Sharing,
    Supervisor,
)
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    Confidentiality,
    DepartmentKind,
    FeedbackKind,
    Level,
    OnOverdue,
    Procedure,
    PushStage,
    SharingFrequency,
    SharingScope,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.clock import utc_now
from shared.kernel.sheets.uploads import open_upload
from shared.kernel.sheets.writing import guarded, unguarded, write_xlsx

# What is hard on a sheet: separators of every kind, marks of formulas, line breaks, quotes, backslashes.
HARD = st.sampled_from(list("=+-@'\"|;,、\\\n\r\t:：0123456789ab王科 =|;，＝"))
TEXT = st.one_of(st.text(HARD, min_size=1, max_size=30), st.text(min_size=1, max_size=200))
SHORT = TEXT.filter(lambda text: bool(trimmed(text)))
PHONE = st.from_regex(r"\A\+?[0-9][0-9\-]{5,19}\Z")
CODE = st.from_regex(r"\A[0-9A-Za-z_.\-]{1,64}\Z")
LIMIT = st.builds(TimeLimit, amount=st.integers(1, 1000), unit=st.sampled_from(["working_day", "hour", "minute"]))
NO_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "-")
"""What no XML may hold."""
NAMES = [
    "临江市行政审批局",
    "临江市市场监督管理局",
    "同名局",
    "同名局",
    "甲|乙;丙局",
    "=局",
    "dept_0000000001",
    "Health Bureau",
]
IDS = [f"dept_{number:010d}" for number in range(len(NAMES))]


def _department(identifier: str, name: str) -> Department:
    return Department(
        department_id=identifier,
        version=1,
        name=name,
        kind=DepartmentKind.SUPERVISION,
        level=Level.CITY,
        division_code="990100",
        leader="周立新",
        coordinating_section="综合科",
        liaisons=(Liaison(name="李敏", phone="0999-5550101"),),
        former_names=(FormerName(name=f"原{name}", until=utc_now()),),
    )


CITY = Directory.of(map(_department, IDS, NAMES))


def _reading(language: Language) -> Reading:
    return Reading(CITY, ITEM_TYPES["national"], language)


def _supervisor(part: SupervisorPart) -> st.SearchStrategy[Supervisor]:
    return st.builds(
        Supervisor,
        department=st.sampled_from(IDS),
        part=st.just(part),
        supervision_item=SHORT,
        section=SHORT,
        person=SHORT,
        contact=PHONE,
    )


def _several(words: type[StrEnum], *, least: int = 0) -> st.SearchStrategy[tuple[StrEnum, ...]]:
    return st.lists(st.sampled_from(words), min_size=least, max_size=len(words)).map(tuple)


CONTENT = st.builds(
    ItemContent,
    code=CODE,
    name=SHORT,
    item_type=st.from_regex(r"\A[0-9]{2}\Z"),
    level=st.sampled_from(Level),
    division_code=st.sampled_from(["990100", "990100123456"]),
    legal_basis=SHORT,
    approval_department=st.sampled_from(IDS),
    approval_section=SHORT,
    approval_person=SHORT,
    approval_contact=PHONE,
    approval_mode=st.sampled_from(ApprovalMode),
    statutory_limit=LIMIT,
    committed_limit=LIMIT,
    push_stages=_several(PushStage, least=1),
    claim=st.builds(ClaimRule, mode=st.sampled_from(ClaimMode), limit=LIMIT, on_overdue=st.sampled_from(OnOverdue)),
    feedback_limits=st.lists(
        st.builds(FeedbackLimit, kind=st.sampled_from(FeedbackKind), limit=LIMIT), max_size=len(FeedbackKind)
    ).map(tuple),
    procedures=_several(Procedure),
    sharing=st.builds(
        Sharing,
        scope=st.sampled_from(SharingScope),
        frequency=st.sampled_from(SharingFrequency),
        confidentiality=st.sampled_from(Confidentiality),
    ),
    supervisors=st.tuples(
        _supervisor(SupervisorPart.LEAD),
        st.lists(_supervisor(SupervisorPart.ASSISTING), max_size=MOST_SUPERVISORS - 1),
    ).map(lambda pair: (pair[0], *pair[1])),
)
LANGUAGES: list[Language] = ["zh", "en"]


def _item(content: ItemContent) -> Item:
    return Item(item_id="item_0000000001", version=3, effective_from=utc_now(), **dict(content))


@pytest.mark.parametrize("language", LANGUAGES)
@given(content=CONTENT)
def test_what_is_written_is_read_as_the_same_item(language: Language, content: ItemContent) -> None:
    """R-REG-6: the same file again changes nothing, so an export is an import that changes nothing."""
    header, faults = read_header(headers(language))
    parsed = parse_row(format_row(_item(content), _reading(language)), header, _reading(language))
    assert (faults, parsed.faults) == ((), ())
    assert build(parsed.values) == content


@given(content=CONTENT, kept=st.sets(st.sampled_from([each.path for each in READ])))
def test_columns_that_a_sheet_lacks_leave_what_was_there(content: ItemContent, kept: Collection[str]) -> None:
    paths = {"code", *kept}
    cells = dict(zip((each.path for each in WRITTEN), format_row(_item(content), _reading("zh")), strict=True))
    header, _ = read_header(list(paths))
    parsed = parse_row([cells[path] for path in paths], header, _reading("zh"))
    assert parsed.faults == ()
    assert set(parsed.values) == paths
    assert build({**flat(content), **parsed.values}) == content


@given(content=CONTENT)
def test_a_written_cell_is_no_formula_and_survives_a_csv_file(content: ItemContent) -> None:
    row = format_row(_item(content), _reading("zh"))
    assert not any(cell[:1] in set("=+-@") for cell in row)
    file = io.StringIO(newline="")
    csv.writer(file).writerow(row)
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == row


@given(cells=st.lists(TEXT.map(lambda text: text.translate(NO_CONTROLS)), min_size=1, max_size=6))
def test_what_is_written_as_xlsx_is_read_by_us_and_by_others_as_it_was(cells: list[str]) -> None:
    """R-REG-6: the sheet that comes back, and the template, are sound workbooks, whatever stands in them."""
    file = b"".join(write_xlsx({"清单": [cells]}))
    assert [
        unguarded(cell) for line in open_upload(io.BytesIO(file), headers_known).lines for cell in line.cells
    ] == cells
    (row,) = load_workbook(io.BytesIO(file)).worksheets[0].iter_rows(values_only=True)
    assert len(row) == len(cells)


@given(text=TEXT)
def test_what_is_guarded_is_unguarded_to_what_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(cells=st.lists(TEXT, max_size=40), places=st.sets(st.integers(0, 40)))
def test_no_row_whatever_stands_in_it_is_more_than_faulty(cells: list[str], places: Collection[int]) -> None:
    """R-REG-6: every bad cell is told with column, header, code and words in both languages."""
    header, _ = read_header(headers("zh"))
    for found in (*(parsed := parse_row(cells, header, _reading("zh"), places)).faults, *parsed.warnings):
        assert found.column
        assert found.zh
        assert found.en


def test_every_field_of_an_item_has_its_columns() -> None:
    """R-REG-2: what a contract gains, the sheet must gain."""
    firsts = {each.path.split(".")[0] for each in READ} - {"lead", "assisting"} | {"supervisors"}
    assert firsts == set(ItemContent.model_fields)
    assert {each.path.partition(".")[2] for each in READ if each.path.startswith("claim.")} == set(
        ClaimRule.model_fields
    )
    assert {each.path.partition(".")[2] for each in READ if each.path.startswith("sharing.")} == set(
        Sharing.model_fields
    )


def test_headers_and_words_are_told_apart() -> None:
    texts = [text for each in COLUMNS for text in {text.casefold() for text in (*each.header, each.path)}]
    assert len(set(texts)) == len(texts)
    reading = _reading("zh")
    for words in VALUES:
        for value, known in VALUES[words].items():
            for text in (known.zh, known.en, value, known.en.upper().replace(" ", "_")):
                assert Word(words).parse(text, reading) == value


def test_columns_needed_for_a_new_item_are_named() -> None:
    assert {each.header for each in missing({"code": "1", "name": "x"})} >= {"法律依据 / Legal basis"}
    assert missing(dict.fromkeys(each.path for each in READ)) == ()


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("/committed_limit", "committed_limit"),
        ("/supervisors", "lead.department"),
        ("/supervisors/0/contact", "lead.contact"),
        ("/supervisors/3/department", "assisting"),
        ("/claim/limit", "claim.limit"),
        ("/feedback_limits/2/kind", "feedback_limits"),
        ("/documents/0", "documents"),
        ("/elsewhere", None),
    ],
)
def test_a_rule_s_pointer_names_a_column(pointer: str, path: str | None) -> None:
    assert path_of(pointer) == path
