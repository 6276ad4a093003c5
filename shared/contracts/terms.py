"""Terms (期限): what is owed by a time in a case, who is reminded, and what was given too late (R-HND-14, R-NTF-1)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.contracts.vocabulary import Moment, TermKind


class Term(Contract):
    """Something `owner` owes by `due_at`; None while its clock stands still.

    `subject` is what it is about: a push, a review, a public notice, the case. `provisional`: the limit rests on days
    whose official calendar may still change, and is set anew when that is announced. `told`: the latest reminder.
    """

    kind: TermKind
    subject: Identifier
    owner: Identifier
    since: Instant
    due_at: Instant | None
    provisional: bool = False
    told: Moment | None = None

    @property
    def key(self) -> tuple[TermKind, str, str]:
        """What makes it one term: a case has at most one of a kind for each subject and owner."""
        return self.kind, self.subject, self.owner


class TermBody(Body):
    """What every event of a term tells: the term as it now is, and of which case."""

    TYPE: ClassVar[str] = ""
    case_id: Identifier
    case_number: ShortText
    bureau: Identifier
    item_name: ShortText | None
    term: Term


class TermReminded(TermBody):
    """A term is near, or was not kept (`term.reminded`); `term.told` says which (R-NTF-1)."""

    TYPE: ClassVar[str] = "term.reminded.v1"


class TermMissed(TermBody):
    """A term was not kept (`term.missed`): oversight hears of it (R-OVS-1)."""

    TYPE: ClassVar[str] = "term.missed.v1"


class TermSettled(TermBody):
    """What was not given in time is given, or owed no more (`term.settled`)."""

    TYPE: ClassVar[str] = "term.settled.v1"


class TermRescheduled(TermBody):
    """The official calendar is out, and a provisional limit was set anew (`term.rescheduled`, R-HND-14)."""

    TYPE: ClassVar[str] = "term.rescheduled.v1"
