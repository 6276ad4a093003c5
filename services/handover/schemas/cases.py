"""A case as those who may read it see it."""

from services.handover.domain.licences import Licence
from services.handover.domain.responsibility import Responsibility
from services.handover.schemas.clocks import ClockView
from shared.contracts.cases import Case, LaterAct, Material, OfflineRecord
from shared.contracts.event import Envelope, Erasure, Payload
from shared.contracts.items import ClaimRule, Supervisor
from shared.contracts.model import Code, Contract, Identifier, Instant, Sha256, ShortText
from shared.contracts.public_notices import PublicNotice
from shared.contracts.pushes import Push
from shared.contracts.reviews import ReviewRequest
from shared.contracts.vocabulary import ItemStanding, PushStage, Stage


class Route(Contract):
    """Where a push of an item would go now, under which version and claim rule (R-REG-1).

    While its standing is not `published`, a push waits for the bureau's coordinator instead (R-HND-15). `supervisors`
    are those reached, a merged department's successor in its place; `unreached` says why the others are not.
    """

    item_code: Code
    item_name: ShortText
    item_version: int
    standing: ItemStanding
    push_stages: tuple[PushStage, ...]
    claim: ClaimRule
    supervisors: tuple[Supervisor, ...]
    unreached: tuple[ShortText, ...] = ()


class StageView(Contract):
    """One act of the bureau as recorded, with the materials it carried; `act`: what was done to the licence."""

    stage: Stage
    recorded_at: Instant
    content_hash: Sha256
    item_version: int | None
    materials: tuple[Material, ...]
    act: LaterAct | None
    offline: OfflineRecord | None


class CaseView(Contract):
    """A case and all its pushes; `clock` is null where none runs (R-HND-14).

    `licence`: what the licence says now, from the decision and all that was done since (R-HND-3).
    """

    case: Case
    licence: Licence
    stages: tuple[StageView, ...]
    clock: ClockView | None
    reviews: tuple[ReviewRequest, ...]
    notices: tuple[PublicNotice, ...]
    pushes: tuple[Push, ...]


class TimelineEntry(Contract):
    """One event of a case: the public envelope, its hash, and what only the entitled see: nonce and payload.

    `erased`: that both were erased as law requires, and are null; else it is null.
    """

    envelope: Envelope
    hash: Sha256
    nonce: ShortText | None = None
    payload: Payload | None = None
    erased: Erasure | None = None


class Timeline(Contract):
    """A case's whole chain; `intact` says whether every link and payload still verifies (R-AUD-2)."""

    case_id: Identifier
    intact: bool
    findings: tuple[ShortText, ...]
    entries: tuple[TimelineEntry, ...]


class ResponsibilityQuery(Contract):
    """`at`: the instant asked about, now when left out. `department`: whose places, all when left out.

    A department has every place it ever held or was meant for, also if another has it now, and those of the
    departments that were merged into it. One to which nothing was ever passed has none, and is told of the bureau's
    until the bureau has passed its result on.
    """

    at: Instant | None = None
    department: Identifier | None = None


class Nobody(Contract):
    """Why nobody is answerable in what was asked about."""

    zh: ShortText
    en: ShortText


class ResponsibilityAnswer(Contract):
    """Who is answerable at `at`, one for each place, and each place's whole story, place after place (R-HND-7).

    `begun` is the instant of the case's first event. `complete` is found by looking: from then on, each stretch of each
    place starts where the one before it ends, and the last one lasts, or was passed on to places of other departments;
    then `now` is empty, and `nobody` says so.
    """

    case_id: Identifier
    at: Instant
    begun: Instant
    now: tuple[Responsibility, ...]
    story: tuple[Responsibility, ...]
    complete: bool
    nobody: Nobody | None = None
