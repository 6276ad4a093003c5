"""Making an item's versions: of its draft, or of the version before (R-REG-4)."""

from datetime import datetime

from services.registry.domain.faults import fault
from services.registry.domain.items import EVENT_OF, STANDING_AFTER, ItemAct, ItemFile, PublishedItem
from shared.contracts.event import Actor
from shared.contracts.items import Item, ItemVersionBody
from shared.kernel.clock import to_text
from shared.kernel.errors import refuse_fields

MOST_TO_COME = 5
"""How many versions of an item may be waiting to come into force; the file holds them all."""


def effective_instant(wanted: datetime | None, now: datetime) -> datetime:
    """When a version comes into force: now, or later if so wanted; never before it was made (R-REG-4)."""
    if wanted is not None and wanted < now:
        refuse_fields([fault("/effective_from", "effective_too_early", now=to_text(now))])
    return wanted or now


def check_reason(file: ItemFile, reason: str | None) -> None:
    """Raises Refused("invalid_fields") when a published item would change without a reason (R-REG-4)."""
    if file.published and reason is None:
        refuse_fields([fault("/reason", "reason_required")])


def check_to_come(after: ItemFile, now: datetime) -> None:
    """Raises Refused("invalid_fields") when too many versions would be waiting to come into force."""
    to_come = [each for each in after.current if each.item.effective_from > now]
    if len(to_come) > MOST_TO_COME:
        refuse_fields([fault("/effective_from", "too_many_to_come", most=str(MOST_TO_COME))])


def with_version(before: ItemFile, made: PublishedItem, now: datetime) -> ItemFile:
    """The file after a version was made: what it supersedes before its time is gone, what ended is history.

    A version made of the draft ends the draft and its consultation, and so does the end of the item; any other leaves
    both, and the draft becomes the version after it.
    """
    ends_draft = made.act in {ItemAct.PUBLISH, ItemAct.RETIRE}
    current = [each for each in before.current if each.item.effective_from <= made.item.effective_from]
    current.append(made)
    while len(current) > 1 and current[1].item.effective_from <= now:
        current.pop(0)
    draft = before.draft.model_copy(update={"version": made.item.version + 1}) if before.draft else None
    return ItemFile(
        item_id=before.item_id,
        revision=before.revision + 1,
        draft=None if ends_draft else draft,
        consultation=None if ends_draft else before.consultation,
        consultations=before.consultations,
        published=made,
        earlier=tuple(each.model_copy(update={"answers": ()}) for each in current[:-1]),
    )


def make_version(
    file: ItemFile,
    act: ItemAct,
    *,
    author: Actor,
    now: datetime,
    effective_from: datetime,
    reason: str | None,
    waived: str | None = None,
    settled: str | None = None,
) -> PublishedItem:
    """The version an act makes: of the draft where it publishes, else of what would be in force at that instant.

    Raises ValueError where there is neither.
    """
    source = file.draft if act is ItemAct.PUBLISH else _in_force(file, effective_from)
    if source is None:
        raise ValueError(f"nothing to {act}")
    given = {"version": file.next_version, "effective_from": effective_from, "standing": STANDING_AFTER[act]}
    return PublishedItem(
        item=source.model_copy(update=given),
        act=act,
        reason=reason,
        published_at=now,
        author=author,
        answers=file.consultation.answers if act is ItemAct.PUBLISH and file.consultation else (),
        consultation_waived=waived,
        objections_settled=settled,
    )


def _in_force(file: ItemFile, at: datetime) -> Item | None:
    """What is in force at an instant from now on; before the first version is, that one."""
    begun = [each.item for each in file.current if each.item.effective_from <= at]
    return begun[-1] if begun else next((each.item for each in file.current), None)


def told(made: PublishedItem) -> ItemVersionBody:
    """The event that tells of a version."""
    return EVENT_OF[made.act](
        item=made.item,
        reason=made.reason,
        consultation_waived=made.consultation_waived,
        objections_settled=made.objections_settled,
    )
