"""What can be wrong with a registration, as one table of words; a refusal names everything at once."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from shared.kernel.errors import Fault, Refused


class Words(NamedTuple):
    """What is wrong and what to do, in Chinese and English."""

    zh: str
    en: str


FAULTS: Mapping[str, Words] = {
    "liaison_required": Words(
        "监管部门至少须有一名联络员及其电话",
        "A supervision department needs at least one liaison with a phone",
    ),
    "superior_is_itself": Words("上级部门不能是本部门", "A department cannot be its own superior"),
    "department_unknown": Words(
        "没有部门“{department}”,请核对编号或先登记",
        "There is no department “{department}”; check the id or register it first",
    ),
    "department_kind": Words(
        "部门“{department}”的类别不是 {kind}",
        "Department “{department}” is not of kind {kind}",
    ),
    "lead_required": Words("须有且只有一个牵头监管部门", "There must be exactly one lead supervisor"),
    "supervisor_twice": Words("同一部门不得重复列入", "A department is listed once"),
    "stage_twice": Words("同一环节不得重复列入", "A stage is listed once"),
    "limit_over_statutory": Words(
        "承诺时限不得超过法定时限",
        "The committed limit must not exceed the statutory one",
    ),
    "code_fixed": Words(
        "事项已发布,编码不得更改;请另建事项",
        "A published item keeps its code; draft another item",
    ),
    "liaison_missing": Words(
        "部门“{department}”没有在岗联络员",
        "Department “{department}” has no active liaison",
    ),
    "effective_too_early": Words(
        "生效时间不得早于现在({now})",
        "The item cannot come into force before now ({now})",
    ),
}


def fault(pointer: str, code: str, **params: str) -> Fault:
    """One fault in the words of the table."""
    words = FAULTS[code]
    return Fault(pointer, code, words.zh.format_map(params), words.en.format_map(params))


def refuse_fields(faults: Collection[Fault]) -> None:
    """Raises Refused("invalid_fields") naming every fault, if there is any."""
    if faults:
        raise Refused("invalid_fields", tuple(faults), count=len(faults))
