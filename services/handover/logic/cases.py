"""Reading a case: what it is, its chain of events, who is answerable (R-HND-7, R-AUD-2)."""

from services.handover.domain.acts import CLOCKS_DIFFER, IN_FUTURE, in_order
from services.handover.domain.cases import StageRecord
from services.handover.domain.licences import licence_of
from services.handover.domain.readers import up_to_end_of_part
from services.handover.domain.responsibility import (
    HAS_NO_PLACE,
    Story,
    at_instant,
    is_complete,
    responsibilities,
    story_of,
)
from services.handover.logic.access import merged_into, readable_case, readable_part
from services.handover.logic.clocks import clock_view
from services.handover.logic.office import Office
from services.handover.schemas.cases import (
    CaseView,
    Nobody,
    ResponsibilityAnswer,
    ResponsibilityQuery,
    StageView,
    Timeline,
    TimelineEntry,
)
from shared.contracts import chain
from shared.contracts.change import Context, Outdated
from shared.contracts.event import ErasedEvent, PastEvent
from shared.kernel.errors import Fault, Refused


def view_case(office: Office, context: Context, case_id: str) -> CaseView:
    """A case for somebody who may read it."""
    stored = readable_case(office, context.principal, case_id)
    file = stored.state
    return CaseView(
        case=file.case,
        licence=licence_of(file, stored.head.not_before(context.now)),
        stages=tuple(_stage(record) for record in in_order(file)),
        clock=clock_view(file, context.now),
        reviews=file.reviews,
        notices=file.notices,
        pushes=file.pushes,
    )


def timeline(office: Office, context: Context, case_id: str) -> Timeline:
    """A case's chain of events, verified on the way out (R-AUD-2). Raises Outdated while it is being written.

    Whose part in the case has ended is shown the chain up to there. A payload that was erased as law requires is shown
    as that: it breaks no link.
    """
    stored, part = readable_part(office, context.principal, case_id)
    events = office.cases.past(case_id)
    now = office.cases.case(case_id)
    if now is None or now.head != stored.head:
        # Head and events are two reads: what was appended between them is no damage, and must not be told as one.
        raise Outdated
    findings = chain.verify(events, stored.head)
    return Timeline(
        case_id=case_id,
        intact=not findings,
        findings=tuple(f"{each.fault} at {each.sequence}" for each in findings),
        entries=tuple(map(_entry, events if part is None else up_to_end_of_part(events, part))),
    )


def responsibility(office: Office, context: Context, case_id: str, query: ResponsibilityQuery) -> ResponsibilityAnswer:
    """Who is answerable at an instant, from the chain alone, for whoever had a part in the case (R-HND-7).

    Raises Refused: "not_found", "not_your_department", "invalid_fields" for an instant still to come, "payload_erased"
    where the chain does not tell any more.
    """
    readable_part(office, context.principal, case_id)
    events = office.cases.events(case_id)
    at = query.at or max(context.now, events[-1].time)
    if query.at is not None and at > context.now + CLOCKS_DIFFER:
        raise Refused("invalid_fields", [Fault("query:at", "in_future", *IN_FUTURE)], count=1)
    begun = events[0].time
    if query.department is None:
        story = Story(responsibilities(events), None)
    else:
        story = story_of(events, {query.department, *merged_into(office.directory, query.department)})
    now = at_instant(story.told, at)
    return ResponsibilityAnswer(
        case_id=case_id,
        at=at,
        begun=begun,
        now=now,
        story=story.told,
        complete=is_complete(story.told, begun, story.passed_on),
        nobody=Nobody(zh=HAS_NO_PLACE.zh, en=HAS_NO_PLACE.en) if story.passed_on and not now else None,
    )


def _stage(record: StageRecord) -> StageView:
    return StageView.model_validate({name: getattr(record, name) for name in StageView.model_fields})


def _entry(event: PastEvent) -> TimelineEntry:
    if isinstance(event, ErasedEvent):
        return TimelineEntry(envelope=event.envelope(), hash=event.hash(), erased=event.erased)
    return TimelineEntry(envelope=event.envelope(), hash=event.hash(), nonce=event.nonce, payload=event.data)
