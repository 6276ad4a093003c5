"""The template of an import: the sheet's headers, one row to go by, and what each column takes (R-REG-6)."""

from collections.abc import Iterator, Mapping

from services.registry.domain.cells import Directory, Reading, Word, WordList, said
from services.registry.domain.columns import READ
from services.registry.domain.sheet import format_values
from services.registry.domain.words import VALUES
from shared.contracts.items import FeedbackLimit, Supervisor
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    Confidentiality,
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
from shared.kernel.errors import Words
from shared.kernel.sheets.uploads import Format
from shared.kernel.sheets.writing import write_csv, write_xlsx

EXAMPLE: Mapping[str, object] = {
    "code": "000131016000",
    "name": "食品经营许可",
    "item_type": "01",
    "level": Level.CITY,
    "division_code": "990100",
    "legal_basis": "《中华人民共和国食品安全法》第三十五条",
    "approval_department": "临江市行政审批局",
    "approval_section": "市场准入科",
    "approval_person": "王静",
    "approval_contact": "0999-5550100",
    "approval_mode": ApprovalMode.INFORMED_COMMITMENT,
    "statutory_limit": TimeLimit(amount=20),
    "committed_limit": TimeLimit(amount=8),
    "push_stages": (PushStage.ACCEPTANCE, PushStage.DECISION),
    "claim.mode": ClaimMode.CONFIRM,
    "claim.limit": TimeLimit(amount=2),
    "claim.on_overdue": OnOverdue.ESCALATE,
    "feedback_limits": (FeedbackLimit(kind=FeedbackKind.INSPECTION, limit=TimeLimit(amount=10)),),
    "procedures": (Procedure.SITE_SURVEY,),
    "sharing.scope": SharingScope.PUBLIC,
    "sharing.frequency": SharingFrequency.AT_ONCE,
    "sharing.confidentiality": Confidentiality.OPEN,
    "lead.department": "临江市市场监督管理局",
    "lead.supervision_item": "食品经营监督检查",
    "lead.section": "食品经营监管科",
    "lead.person": "李敏",
    "lead.contact": "0999-5550101",
    "assisting": (
        Supervisor.model_construct(
            department="临江市卫生健康委员会",
            part=SupervisorPart.ASSISTING,
            supervision_item="饮用水卫生监督检查",
            section="综合监督科",
            person="钱敏",
            contact="0999-5550102",
        ),
    ),
}
"""An invented item. Departments are told by their names, as people fill the sheet in."""


def template(format_: Format, item_types: Mapping[str, Words]) -> Iterator[bytes]:
    """The template as a file. Its row is an example, to be replaced."""
    reading = Reading(Directory.of(()), item_types)
    rows = [[said(each.header, "zh") for each in READ], format_values(EXAMPLE, reading)]
    if format_ is Format.CSV:
        return write_csv(rows)
    return write_xlsx({"清单": rows, "填写说明 Help": _help(item_types)})


def _help(item_types: Mapping[str, Words]) -> Iterator[list[str]]:
    yield ["列名", "Header", "必填 Required", "说明", "Note", "可用词语 Words"]
    for column in READ:
        required = "是 yes" if column.required else "否 no"
        words = item_types if column.path == "item_type" else {}
        if isinstance(column.kind, Word | WordList):
            words = VALUES[column.kind.words]
        told = "\n".join(f"{each.zh} / {each.en} / {code}" for code, each in words.items())
        yield [column.header.zh, column.header.en, required, column.hint.zh, column.hint.en, told]
