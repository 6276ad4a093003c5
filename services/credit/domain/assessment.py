"""What the rule table makes of a file: a grade, what it allows, and why, line by line (R-CRD-3)."""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date

from services.credit.domain.rules import CountRule, Grade, GradeRule, Outcome, RuleTable
from shared.contracts.credit import CreditRecord, RecordKind
from shared.contracts.model import Contract, Day, Identifier, LongText, ShortText

RECORDS_SHOWN = 50
"""How many records an answer shows, those that count first: one screen (R-CRD-4)."""


class Line(Contract):
    """One line of an explanation: the rule, in Chinese and English, and the records it speaks of."""

    rule: ShortText
    zh: LongText
    en: LongText
    records: tuple[Identifier, ...] = ()


class MatchedRecord(Contract):
    """A record found in the file, whether it counts, and until when a penalty does."""

    record: CreditRecord
    counts: bool
    published_until: Day | None = None


class Assessment(Contract):
    """What a rule table makes of a file on a day."""

    grade: Grade
    outcome: Outcome
    rule_version: ShortText
    entitlements: tuple[ShortText, ...]
    restrictions: tuple[ShortText, ...]
    lines: tuple[Line, ...]
    matched: tuple[MatchedRecord, ...]


def assess(records: Sequence[CreditRecord], rules: RuleTable, today: date) -> Assessment:
    """Grade a file: the worst grade of any rule that applies, line by line (R-CRD-3).

    The same records, rules and Beijing day give the same answer, in whatever order the records come.
    """
    matched = sorted((_matched(record, rules, today) for record in records), key=_weightiest_first)
    counting = [each.record for each in matched if each.counts]
    applying = [(rule, hit) for rule in rules.counts if len(hit := _hit_by(rule, counting)) >= rule.at_least]
    grades = [rule.grade for rule in rules.grades]
    worst = max((grades.index(rule.grade) for rule, _ in applying), default=0)
    given = rules.grades[worst]
    return Assessment(
        grade=given.grade,
        outcome=given.outcome,
        rule_version=rules.version,
        entitlements=given.entitlements,
        restrictions=given.restrictions,
        lines=tuple(_lines(given, applying, matched)),
        matched=tuple(matched),
    )


def published_until(record: CreditRecord, rules: RuleTable) -> date | None:
    """The last day a penalty is published and counts; None for a licence (R-CRD-2)."""
    months = {row.kind.value: row.months for row in rules.publication}
    return months_after(record.decided_on, months[record.weight]) if record.kind is RecordKind.PENALTY else None


def months_after(day: date, months: int) -> date:
    """The last day of a period of calendar months: the same day of the month, or its last (Civil Code Art. 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _matched(record: CreditRecord, rules: RuleTable, today: date) -> MatchedRecord:
    until = published_until(record, rules)
    return MatchedRecord(record=record, counts=until is not None and today <= until, published_until=until)


def _weightiest_first(matched: MatchedRecord) -> tuple[bool, bool, int, str]:
    record = matched.record
    penalty = record.kind is RecordKind.PENALTY
    return (not matched.counts, not penalty, -record.decided_on.toordinal(), record.record_id)


def _hit_by(rule: CountRule, counting: Sequence[CreditRecord]) -> list[CreditRecord]:
    return [record for record in counting if record.weight in rule.kinds]


def _lines(
    given: GradeRule, applying: Sequence[tuple[CountRule, Sequence[CreditRecord]]], matched: Sequence[MatchedRecord]
) -> Iterable[Line]:
    for rule, hit in applying:
        yield Line(
            rule=rule.rule,
            zh=f"{rule.zh}({len(hit)} 件):不高于 {rule.grade} 级",
            en=f"{rule.en} ({len(hit)}): no better than {rule.grade}",
            records=_ids(hit),
        )
    if not applying:
        yield Line(rule="nothing_adverse", zh="公示期内没有处罚记录", en="no penalty is within its publication period")
    past = [each.record for each in matched if each.published_until and not each.counts]
    if past:
        yield Line(
            rule="publication_over",
            zh=f"{len(past)} 件处罚公示期已满,不再计入",
            en=f"{len(past)} penalties are past their publication period and no longer count",
            records=_ids(past),
        )
    licences = [each.record for each in matched if each.record.kind is RecordKind.LICENCE]
    if licences:
        yield Line(
            rule="licences",
            zh=f"已登记许可 {len(licences)} 项,不影响等级",
            en=f"{len(licences)} licences on file, which do not change the grade",
            records=_ids(licences),
        )
    yield Line(
        rule=f"grade_{given.grade}",
        zh=f"{given.grade} 级:{given.zh}(依据:{given.basis})",
        en=f"Grade {given.grade}: {given.en} (basis: {given.basis})",
    )


def _ids(records: Iterable[CreditRecord]) -> tuple[str, ...]:
    return tuple(record.record_id for record in records)[:RECORDS_SHOWN]
