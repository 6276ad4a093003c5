"""Credit lookups: what they are for, what they answer, and who may read them (R-CRD-4)."""

from collections.abc import Mapping

from services.credit.domain.assessment import RECORDS_SHOWN, Assessment, Line, MatchedRecord
from services.credit.domain.rules import Outcome
from services.credit.domain.subjects import Subject, is_person
from shared.contracts.change import Context
from shared.contracts.credit import Lookup
from shared.contracts.model import Identifier, ShortText
from shared.contracts.vocabulary import ApplicantKind
from shared.kernel.errors import Refused
from shared.kernel.permissions import Action, Principal, Role

ACCEPTANCE = "acceptance"
"""The purpose of a lookup that names a case and nothing else."""

_KIND_LINES: Mapping[ApplicantKind, tuple[Line, ...]] = {
    ApplicantKind.ORGANISATION: (),
    ApplicantKind.PERSON: (
        Line(
            rule="persons_not_collected",
            zh="本系统目前只归集法人和其他组织的记录;自然人证件号在办件中已脱敏,请另行核对国家信用平台",
            en="This system collects records of organisations only, since cases carry persons' codes masked; "
            "check the national credit platform as well",
        ),
    ),
}


class LoggedLookup(Lookup):
    """A lookup with who made it (R-CRD-4)."""

    looked_up_by: ShortText
    department: Identifier | None


class LookupAnswer(LoggedLookup):
    """The one screen: who, grade, what is allowed, why, on which records. `records` shows the weightiest 50."""

    subject_shown: ShortText
    subject_kind: ApplicantKind
    outcome: Outcome
    lines: tuple[Line, ...]
    records: tuple[MatchedRecord, ...]
    records_total: int


def purpose_of(case_number: str | None, purpose: str | None) -> str:
    """What a lookup is for. Raises Refused("purpose_missing") when it names neither case nor purpose (R-CRD-4)."""
    if purpose is not None:
        return purpose
    if case_number is None:
        raise Refused("purpose_missing")
    return ACCEPTANCE


def answered(
    lookup_id: str, subject: Subject, case_number: str | None, purpose: str, assessment: Assessment, context: Context
) -> LookupAnswer:
    """The answer to one lookup, as it is shown, logged and kept (R-CRD-4)."""
    return LookupAnswer(
        lookup_id=lookup_id,
        subject=subject.key,
        case_number=case_number,
        purpose=purpose,
        looked_up_at=context.now,
        grade=assessment.grade,
        rule_version=assessment.rule_version,
        entitlements=assessment.entitlements,
        restrictions=assessment.restrictions,
        looked_up_by=context.principal.client_id,
        department=context.principal.department,
        subject_shown=subject.shown,
        subject_kind=subject.kind,
        outcome=assessment.outcome,
        lines=(*_warnings(subject), *_KIND_LINES[subject.kind], *assessment.lines),
        records=assessment.matched[:RECORDS_SHOWN],
        records_total=len(assessment.matched),
    )


def logged(answer: LookupAnswer) -> LoggedLookup:
    """The part of an answer that lists of lookups show."""
    return LoggedLookup.model_validate(answer.model_dump(include=set(LoggedLookup.model_fields)))


def lookup_of(answer: LookupAnswer) -> Lookup:
    """The part of an answer that its event tells: no record, no line, no code of a person."""
    return Lookup.model_validate(answer.model_dump(include=set(Lookup.model_fields)))


def check_may_read_lookup(answer: LoggedLookup, principal: Principal) -> None:
    """A lookup is shown to the department that made it and to the credit authority (信用主管)."""
    # Whoever acts for no department shares none with others who do not.
    own = principal.department is not None and principal.department == answer.department
    if not own and not _is_authority(principal):
        raise Refused("not_your_department")


def check_may_read_file(subject: str, principal: Principal) -> None:
    """An organisation's file is public by law (双公示); a person's is for the credit authority, or for a lookup."""
    if is_person(subject):
        check_is_authority(principal)


def check_is_authority(principal: Principal) -> None:
    """Raises Refused("forbidden") for everybody but the credit authority."""
    if not _is_authority(principal):
        raise Refused("forbidden", action=Action.CREDIT_READ.value)


def _is_authority(principal: Principal) -> bool:
    return Role.CREDIT_AUTHORITY in principal.roles


def _warnings(subject: Subject) -> tuple[Line, ...]:
    return tuple(Line(rule=fault.code, zh=fault.zh, en=fault.en) for fault in subject.warnings)
