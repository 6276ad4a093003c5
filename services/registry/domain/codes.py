"""The shapes that item codes have, as a table: what has none of them is kept as it is and only remarked on (R-REG-2).

Codes are opaque: nothing here changes a character, neither case nor zeros.
"""

import re
from collections.abc import Callable, Mapping

from services.registry.domain.faults import fault
from shared.kernel.codes import check_uscc
from shared.kernel.errors import Fault

_BODY = 18
"""How long the body's identifier is that a national implementation code (实施编码, 31 characters) begins with."""

SHAPES: Mapping[str, re.Pattern[str]] = {
    "implementation": re.compile(r"[0-9A-Z]{31}"),  # 实施编码: the body's credit identifier and 13 more
    "basic": re.compile(r"[0-9]{12,13}"),  # 基本编码
    "hyphenated": re.compile(r"[0-9A-Z]+(-[0-9A-Z]+)+"),  # as in Sichuan: 511A00103000-510100000000-000-…
}
"""What a code may look like without a remark."""


def _lower_case(code: str) -> bool:
    return code != code.upper()


def _spreadsheet(code: str) -> bool:
    # A spreadsheet keeps fifteen digits of a number and writes zeros for the rest.
    return re.fullmatch(r"[0-9]{15}0+", code) is not None


def _zeros_lost(code: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{5,10}", code) is not None


def _body_cut(code: str) -> bool:
    return re.fullmatch(r"[0-9A-Z]{17}", code) is not None


def _body_mistyped(code: str) -> bool:
    body = SHAPES["implementation"].fullmatch(code)
    return body is not None and bool(check_uscc(code[:_BODY], "warn").faults)


def _unheard_of(code: str) -> bool:
    return not any(shape.fullmatch(code.upper()) for shape in SHAPES.values())


_REMARKS: Mapping[str, Callable[[str], bool]] = {
    "code_spreadsheet_damage": _spreadsheet,
    "code_zeros_lost": _zeros_lost,
    "code_body_cut": _body_cut,
    "code_body_mistyped": _body_mistyped,
    "code_lower_case": _lower_case,
    "code_shape": _unheard_of,
}
"""What may be wrong with a code, the surest first; the first that holds is told."""


def code_warnings(code: str, pointer: str = "/code") -> tuple[Fault, ...]:
    """What is odd about a code; none of it is a reason to refuse it."""
    found = next((name for name, holds in _REMARKS.items() if holds(code)), None)
    return (fault(pointer, found, given=code),) if found else ()
