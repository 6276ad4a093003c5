"""What may be done to a licence once it was granted, and what it then says (R-HND-3).

The acts are different in law and never merged: a change on application (变更) and a renewal (延续) under arts. 49 and
50 of the administrative licensing law, a suspension (暂扣) under art. 9 of the administrative penalty law, the
rescission of an unlawful grant (撤销) under art. 69, the withdrawal of a lawful one (撤回) under art. 8, and the
cancellation of the registration (注销) under art. 70, which follows a rescission or a withdrawal too. Revocation
(吊销) is supervision's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.handover.domain.acts import acts_of
from services.handover.domain.cases import CaseFile
from shared.contracts.cases import LATER_ACTS, Case, Decision, LaterAct
from shared.contracts.model import Contract, Day, Disagreement, LongText, ShortText
from shared.contracts.vocabulary import DecisionResult, LicenceStanding, Stage
from shared.kernel.calendar import beijing_date
from shared.kernel.errors import Fault, Refused, Words

_ALL = tuple(LATER_ACTS)

LEGAL_ACTS: Mapping[LicenceStanding, tuple[Stage, ...]] = {
    LicenceStanding.UNDECIDED: (Stage.DECISION,),
    LicenceStanding.NOT_GRANTED: (),
    # Who was licensed before the linkage is treated as holding a licence: the bureau answers for its own file.
    LicenceStanding.UNKNOWN: _ALL,
    LicenceStanding.GRANTED: _ALL,
    # A suspended licence still stands and its term runs on, so arts. 49 and 50 apply: to refuse its holder a change or
    # a renewal would punish beyond the suspension. Neither ends it. A further suspension is another document.
    LicenceStanding.SUSPENDED: _ALL,
    LicenceStanding.RESCINDED: (Stage.CANCELLATION,),
    LicenceStanding.WITHDRAWN: (Stage.CANCELLATION,),
    LicenceStanding.CANCELLED: (),
}
"""By where a licence stands, what the bureau may do."""

LEADS_TO: Mapping[Stage, LicenceStanding] = {
    # What is changed, renewed or taken for a time is thereby known to stand. A suspension also has its days.
    Stage.AMENDMENT: LicenceStanding.GRANTED,
    Stage.RENEWAL: LicenceStanding.GRANTED,
    Stage.SUSPENSION: LicenceStanding.GRANTED,
    Stage.RESCISSION: LicenceStanding.RESCINDED,
    Stage.WITHDRAWAL: LicenceStanding.WITHDRAWN,
    Stage.CANCELLATION: LicenceStanding.CANCELLED,
}
"""Where an act leaves the licence, but for the days of a suspension."""

STAGE_WORDS: Mapping[Stage, str] = {
    Stage.ACCEPTANCE: "受理",
    Stage.DECISION: "办结",
    Stage.AMENDMENT: "变更",
    Stage.RENEWAL: "延续",
    Stage.SUSPENSION: "暂扣",
    Stage.RESCISSION: "撤销",
    Stage.WITHDRAWAL: "撤回",
    Stage.CANCELLATION: "注销",
}
"""What each act is called in Chinese."""

STANDING_WORDS: Mapping[LicenceStanding, str] = {
    LicenceStanding.UNDECIDED: "尚未办结",
    LicenceStanding.UNKNOWN: "联动前已许可",
    LicenceStanding.NOT_GRANTED: "未予许可",
    LicenceStanding.GRANTED: "许可有效",
    LicenceStanding.SUSPENDED: "许可暂扣",
    LicenceStanding.RESCINDED: "许可已撤销",
    LicenceStanding.WITHDRAWN: "许可已撤回",
    LicenceStanding.CANCELLED: "许可已注销",
}
"""What each standing is called in Chinese."""


class ActFields(NamedTuple):
    """What an act must say beside its document and its time, and what else it may."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ("licence_number",)


_CHANGES = ("licence_number", "valid_from", "valid_until", "conditions")
_WHY = ("reason", "legal_basis")

ACT_FIELDS: Mapping[Stage, ActFields] = {
    Stage.AMENDMENT: ActFields((), (*_WHY, *_CHANGES)),
    Stage.RENEWAL: ActFields(("valid_until",), (*_WHY, *_CHANGES)),
    Stage.SUSPENSION: ActFields((*_WHY, "valid_until"), ("licence_number", "valid_from")),
    # These take something from its holder, who must be told why and by which law; of what is over nothing is changed.
    Stage.RESCISSION: ActFields(_WHY),
    Stage.WITHDRAWAL: ActFields(_WHY),
    Stage.CANCELLATION: ActFields(_WHY),
}
"""What each act says. Only an amendment and a renewal change what the licence says."""

CHANGING = frozenset({Stage.AMENDMENT, Stage.RENEWAL})
"""Acts that may give the licence another number, validity, conditions."""

_BACKWARDS = Disagreement("valid_until", "不得早于 valid_from", "Not before valid_from")
_OVER = Disagreement("valid_until", "暂扣期限不得早于决定之日", "A suspension does not end before it was decided")
_ANOTHER_LICENCE = (
    "该办件的许可证号为 {number},请核对",
    "The licence of this case is {number}; check which one is meant",
)
_ACTS_RECORDED = (
    "对该办件的许可已有后续决定,办结结果只能是准予",
    "Something was already done to the licence of this case, so that its decision can only be a grant",
)
_A_DAY = timedelta(days=1)


class Licence(Contract):
    """What a licence now says, from its decision and everything done to it since (R-HND-3).

    `documents`: the decision and the acts it rests on, earliest first. `suspended_until` stays when that day is over.
    """

    standing: LicenceStanding
    number: ShortText | None = None
    name: ShortText | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    conditions: LongText | None = None
    suspended_from: Day | None = None
    suspended_until: Day | None = None
    documents: tuple[ShortText, ...] = ()


def disagreements(act: LaterAct) -> list[Disagreement]:
    """Every field of an act that the table wants and that is missing, or that has no place in it."""
    fields = ACT_FIELDS[act.stage]
    given = {name for name in (*_WHY, *_CHANGES) if getattr(act, name) is not None}
    called = STAGE_WORDS[act.stage]
    found = [
        Disagreement(name, f"{called}须填写此项", f"A {act.stage} needs this")
        for name in fields.needs
        if name not in given
    ]
    found += [
        Disagreement(name, f"{called}不能填写此项", f"A {act.stage} does not change this; leave it out")
        for name in sorted(given - {*fields.needs, *fields.may})
    ]
    if act.valid_until is not None and act.valid_from is not None and act.valid_until < act.valid_from:
        found.append(_BACKWARDS)
    elif act.stage is Stage.SUSPENSION and act.valid_until is not None and act.valid_until < _first_day(act):
        found.append(_OVER)
    return found


def act_faults(file: CaseFile | None, act: LaterAct) -> list[Fault]:
    """Whether an act names another licence than its case has."""
    number = _at(file, act).number
    if act.stage in CHANGING or number is None or act.licence_number in {None, number}:
        return []
    zh, en = (each.format(number=number) for each in _ANOTHER_LICENCE)
    return [Fault("/act/licence_number", "another_licence", zh, en)]


def decision_faults(file: CaseFile | None, decision: Decision) -> list[Fault]:
    """Whether a decision denies the licence to which something was already done."""
    if decision.result is DecisionResult.GRANTED or not acts_of(file):
        return []
    return [Fault("/decision/result", "acts_recorded", *_ACTS_RECORDED)]


def check_act(file: CaseFile | None, act: LaterAct) -> None:
    """Raises Refused("wrong_state"), naming the legal acts, where the licence stood otherwise when the act was done.

    What counts is the order in which acts were done, whichever of them was told first.
    """
    standing = _at(file, act).standing
    legal = LEGAL_ACTS[standing]
    if act.stage not in legal:
        raise Refused(
            "wrong_state",
            state=Words(STANDING_WORDS[standing], standing),
            move=Words(STAGE_WORDS[act.stage], act.stage),
            legal=Words("、".join(STAGE_WORDS[each] for each in legal) or "无", ", ".join(legal) or "none"),
        )


def licence_of(file: CaseFile, at: datetime) -> Licence:
    """What the licence of a case says at an instant, from everything recorded."""
    return _licence(file.case.decision, acts_of(file), beijing_date(at))


def told(file: CaseFile | None, case: Case, act: LaterAct | None, now: datetime) -> dict[str, Any]:
    """What a case says of its licence once `act` is recorded with what `file` holds."""
    acts = (*acts_of(file), act) if act else acts_of(file)
    licence = _licence(case.decision, acts, beijing_date(now))
    return {"standing": licence.standing, "suspended_until": licence.suspended_until}


def _at(file: CaseFile | None, act: LaterAct) -> Licence:
    """The licence as it was when an act was done."""
    earlier = [each for each in acts_of(file) if each.done_at <= act.done_at]
    decision = file.case.decision if file else None
    # A case that begins with this act was licensed before the linkage; so was one that began with a later one.
    unknown = file is None or bool(acts_of(file))
    return _licence(decision, earlier, beijing_date(act.done_at), unknown=unknown)


def _licence(decision: Decision | None, acts: Sequence[LaterAct], day: date, *, unknown: bool = False) -> Licence:
    licence = _granted(decision, unknown=unknown or bool(acts))
    for act in sorted(acts, key=lambda each: each.done_at):
        if act.stage in LEGAL_ACTS[licence.standing]:
            licence = licence.model_copy(update=dict(_changes(licence, act)))
    stands = licence.standing is LicenceStanding.GRANTED
    if stands and licence.suspended_from and licence.suspended_until:
        suspended = licence.suspended_from <= day <= licence.suspended_until
        return licence.model_copy(update={"standing": LicenceStanding.SUSPENDED}) if suspended else licence
    return licence


def _granted(decision: Decision | None, *, unknown: bool) -> Licence:
    if decision is None:
        return Licence(standing=LicenceStanding.UNKNOWN if unknown else LicenceStanding.UNDECIDED)
    granted = decision.result is DecisionResult.GRANTED
    return Licence(
        standing=LicenceStanding.GRANTED if granted else LicenceStanding.NOT_GRANTED,
        number=decision.licence_number,
        name=decision.licence_name,
        valid_from=decision.valid_from,
        valid_until=decision.valid_until,
        conditions=decision.conditions,
        documents=(decision.document_number,),
    )


def _changes(licence: Licence, act: LaterAct) -> Iterable[tuple[str, Any]]:
    yield "standing", LEADS_TO[act.stage]
    yield "documents", (*licence.documents, act.document_number)
    if act.stage in CHANGING:
        for name in ("valid_from", "valid_until", "conditions"):
            yield name, getattr(act, name) or getattr(licence, name)
    if act.licence_number is not None:
        yield "number", act.licence_number
    if act.stage is Stage.SUSPENSION and act.valid_until is not None:
        yield from _suspension(licence, _first_day(act), act.valid_until)


def _suspension(licence: Licence, first: date, last: date) -> Iterable[tuple[str, date]]:
    # A further suspension while one runs, or from the day after it, prolongs it; none shortens another.
    goes_on = licence.suspended_until is not None and first <= licence.suspended_until + _A_DAY
    yield "suspended_from", min(first, licence.suspended_from or first) if goes_on else first
    yield "suspended_until", max(last, licence.suspended_until or last) if goes_on else last


def _first_day(act: LaterAct) -> date:
    return act.valid_from or beijing_date(act.done_at)
