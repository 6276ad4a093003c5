"""What each jurisdiction decides for itself, as tables: codes of item types, and whether duty documents are a must."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import Words

_NATIONAL: Mapping[str, Words] = {
    "01": Words("行政许可", "permit"),
    "02": Words("行政处罚", "penalty"),
    "03": Words("行政强制", "coercion"),
    "04": Words("行政征收", "levy"),
    "05": Words("行政给付", "payment"),
    "06": Words("行政检查", "inspection"),
    "07": Words("行政确认", "confirmation"),
    "08": Words("行政奖励", "reward"),
    "09": Words("行政裁决", "adjudication"),
    "10": Words("其他行政权力", "other power"),
    "20": Words("公共服务", "public service"),
}

ITEM_TYPES: Mapping[str, Mapping[str, Words]] = {
    "national": _NATIONAL,
    "guangdong": {code: words for code, words in _NATIONAL.items() if code != "20"} | {"21": _NATIONAL["20"]},
}
"""Codes of item types by jurisdiction (R-REG-2). Another jurisdiction is another row, and its name in the template."""


class DutyDocuments(StrEnum):
    """Whether an item whose approval and supervision lie apart needs a duty document to be published (R-REG-3)."""

    WARN = "warn"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """What was decided here."""

    item_types: Mapping[str, Words]
    duty_documents: DutyDocuments = DutyDocuments.WARN


NATIONAL = Jurisdiction(_NATIONAL)
"""Where nothing else was decided."""
