"""The columns of the item list's sheet: ONE table for imports, exports and the template (R-REG-5, R-REG-6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.registry.domain.cells import (
    DEPARTMENT,
    PHONE,
    SHORT,
    Assisting,
    CodeCell,
    FeedbackLimits,
    ItemTypeCell,
    Kind,
    LimitCell,
    Text,
    Word,
    WordList,
)
from services.registry.domain.words import FIELDS, SUPERVISOR_FIELDS
from shared.contracts.items import ClaimRule, ItemContent, Sharing
from shared.contracts.model import Code, LongText
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    Confidentiality,
    DivisionCode,
    Level,
    OnOverdue,
    Procedure,
    PushStage,
    SharingFrequency,
    SharingScope,
)
from shared.kernel.errors import Words


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it holds, its headers, how its cells are read; `default` is what a blank cell says.

    A column without a kind is only shown: it is written, and passed over when read.
    """

    path: str
    header: Words
    hint: Words
    kind: Kind | None
    default: object = None
    required: bool = False


_NEEDED = object()

_WORD = Words("填写下列词语之一", "One of the words listed")
_WORDS_LISTED = Words("填写下列词语,多个以顿号分隔", "Words of those listed, separated by ;")
_TEXT = Words("不超过 200 字", "At most 200 characters")
_PHONE = Words("数字与短横线,如 0999-5550101", "Digits and hyphens, like 0999-5550101")
_LIMIT = Words(
    "如 10、10个工作日、2小时、30分钟;只写数字即工作日",
    "Like 10, 10 working days, 2 hours; a bare number is working days",
)
_DEPARTMENT = Words("部门编号、现名或曾用名", "The department's id, name or former name")
_SHOWN = Words("仅供查看,导入时不读取", "Only shown; not read by an import")


def _column(path: str, hint: Words, kind: Kind, default: object = _NEEDED) -> Column:
    needed = default is _NEEDED
    return Column(path, FIELDS[path], hint, kind, None if needed else default, required=needed)


def _lead(field: str, hint: Words, kind: Kind) -> Column:
    words = SUPERVISOR_FIELDS[field]
    header = Words(f"牵头{words.zh}", f"Lead {words.en[0].lower()}{words.en[1:]}")
    return Column(f"lead.{field}", header, hint, kind, required=True)


def _shown(path: str, header: Words) -> Column:
    return Column(path, header, _SHOWN, None)


_CONTENT = ItemContent.model_fields

COLUMNS: tuple[Column, ...] = (
    _column(
        "code",
        Words("原样填写,单元格设为文本格式", "As it is, in a cell formatted as text"),
        CodeCell(Text(Code, "cell_code")),
    ),
    _column("name", _TEXT, SHORT),
    _column("item_type", Words("编码或名称,如 01 或 行政许可", "Code or word, like 01 or permit"), ItemTypeCell()),
    _column("level", _WORD, Word(Level)),
    _column("division_code", Words("6 位或 12 位数字", "6 or 12 digits"), Text(DivisionCode, "cell_division_code")),
    _column("legal_basis", Words("不超过 4000 字", "At most 4000 characters"), Text(LongText)),
    _column("approval_department", _DEPARTMENT, DEPARTMENT),
    _column("approval_section", _TEXT, SHORT),
    _column("approval_person", _TEXT, SHORT),
    _column("approval_contact", _PHONE, PHONE),
    _column("approval_mode", _WORD, Word(ApprovalMode), _CONTENT["approval_mode"].default),
    _column("statutory_limit", _LIMIT, LimitCell()),
    _column("committed_limit", _LIMIT, LimitCell()),
    _column("push_stages", _WORDS_LISTED, WordList(PushStage)),
    _column("claim.mode", _WORD, Word(ClaimMode), ClaimRule().mode),
    _column("claim.limit", _LIMIT, LimitCell(), ClaimRule().limit),
    _column("claim.on_overdue", _WORD, Word(OnOverdue), ClaimRule().on_overdue),
    _column(
        "feedback_limits",
        Words("如 检查结果:10个工作日;吊销:2小时", "Like inspection: 10 working days; revocation: 2 hours"),
        FeedbackLimits(),
        (),
    ),
    _column("procedures", _WORDS_LISTED, WordList(Procedure), ()),
    _column("sharing.scope", _WORD, Word(SharingScope), Sharing().scope),
    _column("sharing.frequency", _WORD, Word(SharingFrequency), Sharing().frequency),
    _column("sharing.confidentiality", _WORD, Word(Confidentiality), Sharing().confidentiality),
    _lead("department", _DEPARTMENT, DEPARTMENT),
    _lead("supervision_item", _TEXT, SHORT),
    _lead("section", _TEXT, SHORT),
    _lead("person", _TEXT, SHORT),
    _lead("contact", _PHONE, PHONE),
    Column(
        "assisting",
        Words("配合监管部门", "Assisting supervision departments"),
        Words(
            "每个部门一行(或以 ; 分隔):部门|监管事项|科室|责任人|电话",
            "A line for each (or separated by ;): department|supervision item|section|person|contact",
        ),
        Assisting(),
        default=(),
    ),
    _shown("documents", FIELDS["documents"]),
    _shown("version", Words("版本", "Version")),
    _shown("standing", FIELDS["standing"]),
    _shown("effective_from", FIELDS["effective_from"]),
    _shown("number", Words("序号", "No.")),
    _shown("remark", Words("备注", "Remark")),
    _shown("errors", Words("错误", "Errors")),
)

WRITTEN: tuple[Column, ...] = tuple(each for each in COLUMNS if each.path not in {"number", "remark", "errors"})
"""What an export writes, in this order. The others are passed over where people keep them."""

READ: tuple[Column, ...] = tuple(each for each in COLUMNS if each.kind is not None)

ERRORS = COLUMNS[-1]
"""The column of a sheet given back that says what is wrong with each row."""

BY_PATH: Mapping[str, Column] = {each.path: each for each in COLUMNS}
