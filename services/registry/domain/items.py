"""An item's file: what is in the making, which versions are in force or to come, what may be done with it (R-REG-4).

Each publication, suspension, reinstatement and retirement is a version of its own that stays readable for ever. A
version comes into force at its instant; one published later that comes into force earlier supersedes it, so the
version in force at an instant is always the highest whose instant has come.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from services.registry.domain.faults import fault
from shared.contracts.event import Actor
from shared.contracts.items import (
    Item,
    ItemDrafted,
    ItemPublished,
    ItemReinstated,
    ItemRetired,
    ItemSuspended,
    ItemVersionBody,
)
from shared.contracts.model import Contract, Identifier, Instant, LongText
from shared.contracts.vocabulary import ConsultationAnswer, ItemStanding
from shared.kernel.errors import Refused, refuse_fields
from shared.kernel.permissions import Principal

MOST_NAMED = 24
"""How many departments an item's draft and current versions may name together: a version that replaces them all
writes two rows for each, and a transaction holds 100."""


VERSION_DIGITS = len("999999")
"""How many digits a version's number has at most."""


class ItemAct(StrEnum):
    """What makes a version."""

    PUBLISH = "publish"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    RETIRE = "retire"
    HAND_OVER = (
        "hand_over"  # a liaison's work passed to another, see domain.liaison_work; it leaves the standing as it is
    )


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
        return bool(self.awaited())

    def awaited(self) -> tuple[str, ...]:
        """The departments that have not answered yet."""
        return tuple(each.department for each in self.answers if each.answer is ConsultationAnswer.AWAITED)

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
    the version made last; `earlier` are those before it that are in force still, or will be before it is. What they
    were answered in their consultations is read with the version itself: the file has to fit into one row.
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
    TO_BE_RETIRED = "to_be_retired"
    """Retired from a day to come; until then that can be called back."""
    RETIRED = "retired"


EDIT, CONSULT = "edit", "consult"

MOVES: Mapping[Standing, Sequence[str]] = {
    Standing.UNPUBLISHED: (EDIT, CONSULT, ItemAct.PUBLISH),
    Standing.PUBLISHED: (EDIT, CONSULT, ItemAct.PUBLISH, ItemAct.SUSPEND, ItemAct.RETIRE),
    Standing.SUSPENDED: (EDIT, CONSULT, ItemAct.REINSTATE, ItemAct.RETIRE),
    Standing.TO_BE_RETIRED: (EDIT, CONSULT, ItemAct.REINSTATE),
    Standing.RETIRED: (),
}
"""What may be done, by where the item stands. What is retired stays so: its successor is another item."""

OF_A_DRAFT = frozenset({CONSULT, ItemAct.PUBLISH})


def standing_of(file: ItemFile, now: datetime) -> Standing:
    """Where the item stands."""
    if file.published is None:
        return Standing.UNPUBLISHED
    standing = Standing(file.published.item.standing)
    to_come = file.published.item.effective_from > now
    return Standing.TO_BE_RETIRED if to_come and standing is Standing.RETIRED else standing


def check_move(file: ItemFile, move: str, now: datetime) -> None:
    """Raises Refused("wrong_state") naming what is legal instead."""
    standing = standing_of(file, now)
    legal = [each for each in MOVES[standing] if file.draft or each not in OF_A_DRAFT]
    if move not in legal:
        state = f"{standing}, {'with' if file.draft else 'without'} a draft"
        raise Refused("wrong_state", state=state, move=move, legal=", ".join(legal) or "—")


def check_author(principal: Principal, bureau: str) -> None:
    """Raises Refused("not_your_department") unless the registrar is of the bureau whose item it is."""
    if principal.department != bureau:
        raise Refused("not_your_department")


def check_revision(current: int, given: int) -> None:
    """Raises Refused("version_stale") when the edit was made from another revision."""
    if current != given:
        raise Refused("version_stale", current=current, given=given)


def check_code(before: ItemFile, item: Item) -> None:
    """Raises Refused("invalid_fields") when a published item would change its code: it is how the public finds it."""
    if before.published and before.newest.code != item.code:
        refuse_fields([fault("/code", "code_fixed")])


def check_named(before: ItemFile | None, draft: Item) -> None:
    """Raises Refused("invalid_fields") when a draft and the current versions name too many departments together."""
    items = [draft, *(each.item for each in before.current)] if before else [draft]
    if len({each.department for item in items for each in item.supervisors}) > MOST_NAMED:
        refuse_fields([fault("/supervisors", "too_many_named", most=str(MOST_NAMED))])


def with_draft(before: ItemFile | None, draft: Item, revision: int) -> tuple[ItemFile, ItemDrafted]:
    """The file with a draft, and the event that tells of it; what was asked about the draft before ends with that."""
    blank = ItemFile(item_id=draft.item_id, revision=0, draft=None, published=None)
    after = (before or blank).model_copy(update={"revision": revision, "draft": draft, "consultation": None})
    ended = before.consultation.number if before and before.consultation else None
    return after, ItemDrafted(item=draft, ended_consultation=ended)
