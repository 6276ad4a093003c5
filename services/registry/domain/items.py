"""An item's file: what is in the making, which versions are in force or to come, what may be done with it (R-REG-4).

Each publication, suspension, reinstatement and retirement is a version of its own that stays readable for ever. A
version comes into force at its instant; one published later that comes into force earlier supersedes it, so the
version in force at an instant is always the highest whose instant has come.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from services.registry.domain.faults import fault, refuse_fields
from shared.contracts.event import Actor
from shared.contracts.items import (
    Item,
    ItemPublished,
    ItemReinstated,
    ItemRetired,
    ItemSuspended,
    ItemVersionBody,
)
from shared.contracts.model import Contract, Identifier, Instant, LongText
from shared.contracts.vocabulary import ConsultationAnswer, ItemStanding
from shared.kernel.clock import to_text
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal


class ItemAct(StrEnum):
    """What makes a version."""

    PUBLISH = "publish"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    RETIRE = "retire"


EVENT_OF: Mapping[ItemAct, type[ItemVersionBody]] = {
    ItemAct.PUBLISH: ItemPublished,
    ItemAct.SUSPEND: ItemSuspended,
    ItemAct.REINSTATE: ItemReinstated,
    ItemAct.RETIRE: ItemRetired,
}

STANDING_AFTER: Mapping[ItemAct, ItemStanding] = {
    ItemAct.PUBLISH: ItemStanding.PUBLISHED,
    ItemAct.SUSPEND: ItemStanding.SUSPENDED,
    ItemAct.REINSTATE: ItemStanding.PUBLISHED,
    ItemAct.RETIRE: ItemStanding.RETIRED,
}


class Answer(Contract):
    """What one supervision department said to a draft, and when; `by` is its client (R-REG-4)."""

    department: Identifier
    answer: ConsultationAnswer = ConsultationAnswer.AWAITED
    reason: LongText | None = None
    at: Instant | None = None
    by: str | None = None


class Consultation(Contract):
    """A draft as it was put to the supervision departments it names. `number` counts an item's consultations from 1."""

    number: int
    opened_at: Instant
    due_at: Instant
    provisional: bool
    answers: tuple[Answer, ...]

    @property
    def open(self) -> bool:
        """Whether an answer is still awaited."""
        return any(each.answer is ConsultationAnswer.AWAITED for each in self.answers)

    def objections(self) -> tuple[Answer, ...]:
        """The answers that object."""
        return tuple(each for each in self.answers if each.answer is ConsultationAnswer.OBJECTED)


class PublishedItem(Contract):
    """One version, by whom, why and on which answers it was made (R-REG-4)."""

    item: Item
    act: ItemAct = ItemAct.PUBLISH
    reason: LongText | None = None
    published_at: Instant
    author: Actor
    answers: tuple[Answer, ...] = ()
    consultation_waived: LongText | None = None
    objections_settled: LongText | None = None


class ItemFile(Contract):
    """An item as its authors see it.

    `revision` counts every change, of drafts too; it is the ETag. `item.version` counts versions only. `published` is
    the version made last; `earlier` are those before it that are in force still, or will be before it is.
    """

    item_id: Identifier
    revision: int
    draft: Item | None
    consultation: Consultation | None = None
    """Of the draft; it ends with it."""
    consultations: int = 0
    published: PublishedItem | None
    earlier: tuple[PublishedItem, ...] = ()

    @property
    def newest(self) -> Item:
        """The draft, or the version made last where there is none."""
        item = self.draft or (self.published.item if self.published else None)
        if item is None:
            raise ValueError("an item is drafted, published, or both")
        return item

    @property
    def current(self) -> tuple[PublishedItem, ...]:
        """The version in force when the last one was made, then those to come, oldest first."""
        return (*self.earlier, self.published) if self.published else ()

    @property
    def next_version(self) -> int:
        """The number of the next version."""
        return self.published.item.version + 1 if self.published else 1


# --- What may be done with an item ---------------------------------------------------------------


class Standing(StrEnum):
    """Where an item stands for its authors: by the version made last."""

    UNPUBLISHED = "unpublished"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    RETIRED = "retired"


EDIT, CONSULT = "edit", "consult"

MOVES: Mapping[Standing, Sequence[str]] = {
    Standing.UNPUBLISHED: (EDIT, CONSULT, ItemAct.PUBLISH),
    Standing.PUBLISHED: (EDIT, CONSULT, ItemAct.PUBLISH, ItemAct.SUSPEND, ItemAct.RETIRE),
    Standing.SUSPENDED: (EDIT, CONSULT, ItemAct.REINSTATE, ItemAct.RETIRE),
    Standing.RETIRED: (),
}
"""What may be done, by where the item stands. What is retired stays so: its successor is another item."""

OF_A_DRAFT = frozenset({CONSULT, ItemAct.PUBLISH})


def standing_of(file: ItemFile) -> Standing:
    """Where the item stands."""
    return Standing(file.published.item.standing) if file.published else Standing.UNPUBLISHED


def check_move(file: ItemFile, move: str) -> None:
    """Raises Refused("wrong_state") naming what is legal instead."""
    standing = standing_of(file)
    legal = [each for each in MOVES[standing] if file.draft or each not in OF_A_DRAFT]
    if move not in legal:
        state = f"{standing}, {'with' if file.draft else 'without'} a draft"
        raise Refused("wrong_state", state=state, move=move, legal=", ".join(legal) or "—")


def check_author(principal: Principal, item: Item) -> None:
    """Raises Refused("not_your_department") unless the item is approved by the registrar's own department."""
    if principal.department != item.approval_department:
        raise Refused("not_your_department")


def check_revision(current: int, given: int) -> None:
    """Raises Refused("version_stale") when the edit was made from another revision."""
    if current != given:
        raise Refused("version_stale", current=current, given=given)


def check_code(before: ItemFile, item: Item) -> None:
    """Raises Refused("invalid_fields") when a published item would change its code: it is how the public finds it."""
    if before.published and before.newest.code != item.code:
        refuse_fields([fault("/code", "code_fixed")])


# --- Versions ------------------------------------------------------------------------------------


def effective_instant(wanted: datetime | None, now: datetime) -> datetime:
    """When a version comes into force: now, or later if so wanted; never before it was made (R-REG-4)."""
    if wanted is not None and wanted < now:
        refuse_fields([fault("/effective_from", "effective_too_early", now=to_text(now))])
    return wanted or now


def with_version(before: ItemFile, made: PublishedItem, now: datetime) -> ItemFile:
    """The file after a version was made: what it supersedes before its time is gone, what ended is history.

    A version made of the draft ends the draft and its consultation; any other leaves both.
    """
    of_draft = made.act is ItemAct.PUBLISH
    current = [each for each in before.current if each.item.effective_from <= made.item.effective_from]
    current.append(made)
    while len(current) > 1 and current[1].item.effective_from <= now:
        current.pop(0)
    return ItemFile(
        item_id=before.item_id,
        revision=before.revision + 1,
        draft=None if of_draft else before.draft,
        consultation=None if of_draft else before.consultation,
        consultations=before.consultations,
        published=made,
        earlier=tuple(current[:-1]),
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
    """The version an act makes: of the draft where it publishes, else of the version before it.

    Raises ValueError where there is neither.
    """
    source = file.draft if act is ItemAct.PUBLISH else (file.published.item if file.published else None)
    if source is None:
        raise ValueError(f"nothing to {act}")
    item = source.model_copy(
        update={
            "version": file.next_version,
            "effective_from": effective_from,
            "standing": STANDING_AFTER[act],
        }
    )
    return PublishedItem(
        item=item,
        act=act,
        reason=reason,
        published_at=now,
        author=author,
        answers=file.consultation.answers if act is ItemAct.PUBLISH and file.consultation else (),
        consultation_waived=waived,
        objections_settled=settled,
    )


def told(made: PublishedItem) -> ItemVersionBody:
    """The event that tells of a version."""
    return EVENT_OF[made.act](
        item=made.item,
        reason=made.reason,
        consultation_waived=made.consultation_waived,
        objections_settled=made.objections_settled,
    )
