"""The work of an import, step by step, each started by the event of the last (R-REG-6).

All or nothing:

1. `apply` writes the import's head together with the lock on the bureau's list: from then on no other write of the
   bureau's items passes.
2. RESERVE looks at every row once more: each item still at the revision the check saw, each new code reserved for the
   item to come. If anything is otherwise, what was reserved is released, the list let go, and all is checked again:
   no item was touched.
3. WRITE then writes each draft in a transaction of its own. No rule is left that could refuse one: nobody else may
   write these items and nobody else may take these codes. What fails is infrastructure, and is repeated.

Exactly once: a step ends with one commit that names the event it answers, and an event is stale when the import went on
after it. Whatever a step does before its commit may be done again: files of an attempt count only once a commit names
them, codes are reserved for the same items, and a draft is written only from the revision that the check saw, so that
a second try finds it written. It needs no idempotency row of its own: revision and lock say the same.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from services.registry.domain import SOURCE
from services.registry.domain.cells import Directory
from services.registry.domain.faults import words_of
from services.registry.domain.imports import Counters, Import, Part, Phase, PublishOrder, Refusal
from services.registry.domain.items import ItemFile, with_draft
from services.registry.domain.judging import Judge, Known, RowPublication, RowResult, code_of, counted, drafted
from services.registry.domain.jurisdiction import Jurisdiction
from services.registry.domain.sheet import read_header
from services.registry.logic.departments import every
from services.registry.logic.import_files import LINES, as_lines, doubles_of, read_file, rows_of, write_sheet
from services.registry.logic.imports import results_of, told
from services.registry.logic.versions import publish_item
from services.registry.ports.departments import Departments
from services.registry.ports.imports import Imports
from services.registry.ports.items import Items
from services.registry.schemas.items import PublishRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import AlreadyDone, Context, Once, Outdated, Stored, change
from shared.contracts.files import FileStore
from shared.contracts.imports import ImportState
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

MOST_WORKERS = 8
"""Transactions at once; more would only wait for one another at the same partitions."""

_ATTEMPTS = 5

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the work needs. `more` says whether there is time for another part in this step."""

    imports: Imports
    items: Items
    departments: Departments
    files: FileStore
    jurisdiction: Jurisdiction
    more: Callable[[], bool]
    workers: int = MOST_WORKERS

    def each(self, work: Callable[[T], R], things: Sequence[T]) -> list[R]:
        """Work on several things at once; the results in their order. Raises what any of them raises."""
        if self.workers == 1:
            return [work(each) for each in things]
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(work, things))


def advance(shop: Workshop, context: Context, import_id: str, sequence: int) -> None:
    """Do the step that an import's event of this sequence number asks for, unless the import went on since."""
    stored = shop.imports.import_(import_id)
    if stored is None or stored.head.sequence != sequence or stored.state.phase is None:
        return
    before = stored.state
    after = _STEPS[stored.state.phase](shop, context, before)
    made = change(SOURCE, import_id, stored.head, after, [told(after)], context)
    lets_go = before.phase in _HOLDING and after.phase not in _HOLDING
    (shop.imports.end_applying if lets_go else shop.imports.save_import)(made)


_HOLDING = frozenset({Phase.RESERVE, Phase.RELEASE, Phase.WRITE})
"""While the import holds the bureau's list."""


# --- Checking --------------------------------------------------------------------------------------


def _read(shop: Workshop, context: Context, found: Import) -> Import:
    return read_file(shop.files, context, found)


def _check(shop: Workshop, context: Context, found: Import) -> Import:
    header, _ = read_header(found.header)
    judge = Judge(
        found.bureau, header, Directory.of(every(shop.departments.list_departments)), shop.jurisdiction, context.now
    )
    doubles = doubles_of(shop.files, found)

    def check(number: int) -> Part:
        results = _judged(shop, judge, found, number, doubles)
        key = found.results_key(number, new_id("try"))
        shop.files.put(key, as_lines(results), LINES)
        return Part(counters=counted(results), results=key)

    after = _over_parts(shop, found, check)
    return after if after.step < len(after.parts) else after.at(Phase.REPORT)


def _judged(shop: Workshop, judge: Judge, found: Import, number: int, doubles: Mapping[int, int]) -> list[RowResult]:
    rows = [(row, judge.read(row)) for row in rows_of(shop.files, found, number)]
    holders = shop.imports.holders({code for _, parsed in rows if (code := code_of(parsed)) is not None})
    files = shop.imports.files(holders.values())
    results = []
    for row, parsed in rows:
        held = holders.get(code_of(parsed) or "")
        stored = files.get(held) if held else None
        # A code that is held by an item nobody has written yet is another import's, about to write it.
        reserved = held is not None and stored is None
        known = Known(stored.state if stored else None, doubles.get(row.line), reserved)
        results.append(judge.judge(row, parsed, known, new_id("item")))
    return results


def _report(shop: Workshop, context: Context, found: Import) -> Import:
    write_sheet(shop.files, found)
    return found.at(None, state=ImportState.CHECKED, checked_at=context.now)


# --- Applying --------------------------------------------------------------------------------------


def _reserve(shop: Workshop, _context: Context, found: Import) -> Import:
    stale: list[str] = []

    def reserve(number: int) -> Part:
        part = found.parts[number]
        written = _written(shop, part)
        stored = shop.imports.files([each.item_id for each in written if each.item_id and each.revision])
        stale.extend(each.code or "?" for each in written if each.revision and _revision(stored, each) != each.revision)
        stale.extend(shop.imports.reserve(_new_codes(written)))
        return part

    after = _over_parts(shop, found, reserve, until=lambda: bool(stale))
    if stale:
        refusal = Refusal.of("import_stale", words_of("import_stale", items=str(len(stale))))
        return found.at(Phase.RELEASE, stale=refusal)
    return after if after.step < len(after.parts) else after.at(Phase.WRITE)


def _release(shop: Workshop, _context: Context, found: Import) -> Import:
    def release(number: int) -> Part:
        part = found.parts[number]
        shop.imports.release(_new_codes(_written(shop, part)))
        return part

    after = _over_parts(shop, found, release)
    if after.step < len(after.parts):
        return after
    blank = tuple(Part(counters=Counters(rows=each.counters.rows)) for each in after.parts)
    return after.at(Phase.CHECK, parts=blank, checked_at=None)


def _write(shop: Workshop, context: Context, found: Import) -> Import:
    def write(number: int) -> Part:
        part = found.parts[number]
        written = _written(shop, part)
        stored = shop.imports.files([each.item_id for each in written if each.item_id])
        shop.each(lambda result: _write_draft(shop, context, found, result, stored.get(result.item_id or "")), written)
        return part.model_copy(update={"counters": part.counters.model_copy(update={"applied": len(written)})})

    after = _over_parts(shop, found, write)
    if after.step < len(after.parts):
        return after
    applied = after.model_copy(update={"applied_at": context.now})
    return applied.at(Phase.PUBLISH) if found.publish else _finished(applied, context)


def _write_draft(
    shop: Workshop, context: Context, found: Import, result: RowResult, stored: Stored[ItemFile] | None
) -> None:
    """Write one row's draft, unless an earlier try did. Raises Outdated when another worker is at it."""
    before = stored.state if stored else None
    revision = before.revision if before else 0
    if revision == result.revision + 1:
        return
    if result.content is None or result.item_id is None or revision != result.revision:
        raise Outdated
    head = stored.head if stored else ChainHead()
    after, body = with_draft(before, drafted(result.content, before, result.item_id, context.now), head.sequence + 1)
    made = change(SOURCE, result.item_id, head, after, [body], _on_behalf(context, found))
    shop.imports.write_draft(made, before, found.import_id)


def _publish(shop: Workshop, context: Context, found: Import) -> Import:
    def publish(number: int) -> Part:
        part = found.parts[number]
        written = _written(shop, part)
        told_of = shop.each(lambda result: _publish_row(shop, context, found, result), written)
        done = sum(each.published for each in told_of)
        counters = part.counters.model_copy(update={"published": done, "unpublished": len(told_of) - done})
        key = found.results_key(number, new_id("try"))
        shop.files.put(key, as_lines(told_of), LINES)
        return part.model_copy(update={"counters": counters, "publications": key})

    after = _over_parts(shop, found, publish)
    return after if after.step < len(after.parts) else _finished(after, context)


def _publish_row(shop: Workshop, context: Context, found: Import, result: RowResult) -> RowPublication:
    """Publish one row's draft; where a rule refuses, it stays a draft, and why is told."""
    once = Once(f"import#{found.import_id}#{result.line}", fingerprint=result.item_id or "")
    acting = replace(_on_behalf(context, found), once=once)
    asked = _publish_request(found.publish, context)
    for _ in range(_ATTEMPTS):
        try:
            publish_item(shop.items, shop.jurisdiction, acting, result.item_id or "", result.revision + 1, asked)
        except Outdated:
            continue
        except Unavailable:
            raise
        except AlreadyDone:
            break
        except Refused as refused:
            if shop.imports.was_done(once.key):
                break
            return _unpublished(result, refused)
        return RowPublication(line=result.line, published=True)
    else:
        raise Outdated(result.item_id)
    return RowPublication(line=result.line, published=True)


def _publish_request(order: PublishOrder | None, context: Context) -> PublishRequest:
    if order is None:
        return PublishRequest()
    # What was to come into force in a moment may be overdue by now: then it is in force at once.
    later = order.effective_from is not None and order.effective_from > context.now
    return PublishRequest(
        reason=order.reason,
        consultation_waived=order.consultation_waived,
        effective_from=order.effective_from if later else None,
    )


def _unpublished(result: RowResult, refused: Refused) -> RowPublication:
    zh = " ".join([refused.zh, *(each.zh for each in refused.faults)])
    en = " ".join([refused.en, *(each.en for each in refused.faults)])
    return RowPublication(line=result.line, published=False, code=refused.code, zh=zh, en=en)


def _finished(found: Import, context: Context) -> Import:
    return found.at(None, state=ImportState.APPLIED, finished_at=context.now)


# --- Parts -----------------------------------------------------------------------------------------


def _over_parts(
    shop: Workshop, found: Import, work: Callable[[int], Part], until: Callable[[], bool] = lambda: False
) -> Import:
    """Work on part after part as long as there is time; where the work stands then."""
    after = found
    while after.step < len(after.parts):
        number = after.step
        parts = (*after.parts[:number], work(number), *after.parts[number + 1 :])
        after = after.model_copy(update={"parts": parts, "step": number + 1})
        if until() or not shop.more():
            break
    return after


def _written(shop: Workshop, part: Part) -> list[RowResult]:
    """The rows of a part that change anything."""
    if not part.counters.written:
        return []
    return [each for each in results_of(shop.files, part) if each.content is not None]


def _new_codes(written: Collection[RowResult]) -> dict[str, str]:
    return {each.code: each.item_id for each in written if each.code and each.item_id and not each.revision}


def _revision(stored: Mapping[str, Stored[ItemFile]], result: RowResult) -> int:
    found = stored.get(result.item_id or "")
    return found.state.revision if found else 0


def _on_behalf(context: Context, found: Import) -> Context:
    """The import's own acts are those of whoever had it applied."""
    if found.applied_by is None:
        raise ValueError("what is applied is applied by somebody")
    author = Principal(found.applied_by.client_id, found.applied_by.department, frozenset())
    return replace(context, principal=author, once=None)


_STEPS: Mapping[Phase, Callable[[Workshop, Context, Import], Import]] = {
    Phase.READ: _read,
    Phase.CHECK: _check,
    Phase.REPORT: _report,
    Phase.RESERVE: _reserve,
    Phase.RELEASE: _release,
    Phase.WRITE: _write,
    Phase.PUBLISH: _publish,
}
