"""Departments and linkage items: what a registration must hold, and how drafts become published versions.

Pure. The item's life here is draft → published, again and again: each publication is a version of its own that stays
readable for ever (R-REG-4).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from shared.contracts.model import Contract, Identifier, Instant, LongText
from shared.contracts.registry import Department, Item
from shared.contracts.vocabulary import DepartmentKind, SupervisorPart
from shared.kernel.clock import to_text
from shared.kernel.codes import check_uscc
from shared.kernel.errors import Fault, Refused
from shared.kernel.permissions import Principal

SOURCE = "/shenguan/registry"


class PublishedItem(Contract):
    """One published version and why it was made (R-REG-4); who made it stands in its event."""

    item: Item
    reason: LongText | None
    published_at: Instant


class ItemFile(Contract):
    """An item as its authors see it: what is in the making and what was published last.

    `revision` counts every change, of drafts too; it is the ETag. `item.version` counts publications only.
    """

    item_id: Identifier
    revision: int
    draft: Item | None
    published: PublishedItem | None

    @property
    def newest(self) -> Item:
        """The draft, or what was published last where there is none."""
        item = self.draft or (self.published.item if self.published else None)
        if item is None:
            raise ValueError("an item is drafted, published, or both")
        return item


# --- Faults a whole registration is told of at once ----------------------------------------------


class _Words(NamedTuple):
    zh: str
    en: str


_FAULTS: Mapping[str, _Words] = {
    "liaison_required": _Words(
        "监管部门至少须有一名联络员及其电话",
        "A supervision department needs at least one liaison with a phone",
    ),
    "superior_is_itself": _Words("上级部门不能是本部门", "A department cannot be its own superior"),
    "department_unknown": _Words(
        "没有部门“{department}”,请核对编号或先登记",
        "There is no department “{department}”; check the id or register it first",
    ),
    "department_kind": _Words(
        "部门“{department}”的类别不是 {kind}",
        "Department “{department}” is not of kind {kind}",
    ),
    "lead_required": _Words("须有且只有一个牵头监管部门", "There must be exactly one lead supervisor"),
    "supervisor_twice": _Words("同一部门不得重复列入", "A department is listed once"),
    "stage_twice": _Words("同一环节不得重复列入", "A stage is listed once"),
    "limit_over_statutory": _Words(
        "承诺时限不得超过法定时限",
        "The committed limit must not exceed the statutory one",
    ),
    "code_fixed": _Words(
        "事项已发布,编码不得更改;请另建事项",
        "A published item keeps its code; draft another item",
    ),
    "liaison_missing": _Words(
        "部门“{department}”没有在岗联络员",
        "Department “{department}” has no active liaison",
    ),
    "effective_too_early": _Words(
        "生效时间不得早于现在({now})",
        "The item cannot come into force before now ({now})",
    ),
}


def _fault(pointer: str, code: str, **params: str) -> Fault:
    words = _FAULTS[code]
    return Fault(pointer, code, words.zh.format_map(params), words.en.format_map(params))


def _refuse_fields(faults: Collection[Fault]) -> None:
    if faults:
        raise Refused("invalid_fields", tuple(faults), count=len(faults))


# --- Departments ---------------------------------------------------------------------------------


def check_department(department: Department) -> Department:
    """The department with its codes in normal form (R-ORG-1, R-ORG-2).

    Raises Refused("invalid_fields") naming everything wrong. A credit identifier with a wrong check character passes,
    since some issued ones have it (R-CRD-1).
    """
    faults: list[Fault] = []
    if department.kind is DepartmentKind.SUPERVISION and not department.liaisons:
        faults.append(_fault("/liaisons", "liaison_required"))
    if department.superior == department.department_id:
        faults.append(_fault("/superior", "superior_is_itself"))
    if department.credit_code is None:
        _refuse_fields(faults)
        return department
    checked = check_uscc(department.credit_code, "warn")
    faults += [Fault("/credit_code", each.code, each.zh, each.en) for each in checked.faults if not each.warning]
    _refuse_fields(faults)
    return department.model_copy(update={"credit_code": checked.value})


def has_active_liaison(department: Department) -> bool:
    """Whether somebody there can be reached (R-ORG-2)."""
    return any(liaison.active for liaison in department.liaisons)


# --- Items ---------------------------------------------------------------------------------------


def departments_of(item: Item) -> dict[str, str]:
    """Every department an item names, by the JSON Pointer that names it."""
    supervisors = {
        f"/supervisors/{number}/department": supervisor.department for number, supervisor in enumerate(item.supervisors)
    }
    return {"/approval_department": item.approval_department} | supervisors


def check_known(named: Mapping[str, str], known: Collection[str]) -> None:
    """Raises Refused("department_unknown") naming every pointer whose department is not registered."""
    unknown = {pointer: department for pointer, department in named.items() if department not in known}
    if unknown:
        faults = [
            _fault(pointer, "department_unknown", department=department) for pointer, department in unknown.items()
        ]
        raise Refused("department_unknown", faults, department=_listed(unknown.values()))


def check_item(item: Item, departments: Mapping[str, Department]) -> None:
    """Raises Refused("invalid_fields") naming everything that makes the item no linkage item (R-REG-1, R-REG-2)."""
    faults = [*_kind_faults(item, departments), *_part_faults(item)]
    if len(set(item.push_stages)) < len(item.push_stages):
        faults.append(_fault("/push_stages", "stage_twice"))
    statutory, committed = item.statutory_limit, item.committed_limit
    if statutory.unit == committed.unit and committed.amount > statutory.amount:
        faults.append(_fault("/committed_limit", "limit_over_statutory"))
    _refuse_fields(faults)


def check_code(before: ItemFile, item: Item) -> None:
    """Raises Refused("invalid_fields") when a published item would change its code: it is how the public finds it."""
    if before.published and before.newest.code != item.code:
        _refuse_fields([_fault("/code", "code_fixed")])


def next_version(file: ItemFile | None) -> int:
    """The number of the version a draft would become."""
    return file.published.item.version + 1 if file and file.published else 1


def check_liaisons(item: Item, departments: Mapping[str, Department]) -> None:
    """Raises Refused("liaison_missing") naming every supervisor nobody can be reached at (R-ORG-2)."""
    named = departments_of(item)
    named.pop("/approval_department")
    missing = {
        pointer: department for pointer, department in named.items() if not has_active_liaison(departments[department])
    }
    if missing:
        faults = [_fault(pointer, "liaison_missing", department=department) for pointer, department in missing.items()]
        raise Refused("liaison_missing", faults, department=_listed(missing.values()))


def effective_instant(wanted: datetime | None, now: datetime) -> datetime:
    """When a publication comes into force: now, or later if so wanted; never before it was published (R-REG-4)."""
    if wanted is not None and wanted < now:
        _refuse_fields([_fault("/effective_from", "effective_too_early", now=to_text(now))])
    return wanted or now


def check_author(principal: Principal, item: Item) -> None:
    """Raises Refused("not_your_department") unless the item is approved by the registrar's own department."""
    if principal.department != item.approval_department:
        raise Refused("not_your_department")


def check_revision(current: int, given: int) -> None:
    """Raises Refused("version_stale") when the edit was made from another revision."""
    if current != given:
        raise Refused("version_stale", current=current, given=given)


def _kind_faults(item: Item, departments: Mapping[str, Department]) -> Iterable[Fault]:
    for pointer, identifier in departments_of(item).items():
        kind = DepartmentKind.APPROVAL if pointer == "/approval_department" else DepartmentKind.SUPERVISION
        if departments[identifier].kind is not kind:
            yield _fault(pointer, "department_kind", department=identifier, kind=kind.value)


def _part_faults(item: Item) -> Iterable[Fault]:
    if sum(supervisor.part is SupervisorPart.LEAD for supervisor in item.supervisors) != 1:
        yield _fault("/supervisors", "lead_required")
    seen: set[str] = set()
    for number, supervisor in enumerate(item.supervisors):
        if supervisor.department in seen:
            yield _fault(f"/supervisors/{number}/department", "supervisor_twice")
        seen.add(supervisor.department)


def _listed(departments: Iterable[str]) -> str:
    return ", ".join(sorted(set(departments)))
