"""The clock of a case as it is asked for and shown (R-HND-14)."""

from pydantic import ConfigDict

from shared.contracts.cases import Extension, Stop
from shared.contracts.model import Contract, Instant, ShortText
from shared.contracts.vocabulary import StopReason, TimeLimit


class StopRequest(Contract):
    """Why the bureau stops a case's clock: what it waits for, and in a sentence why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "supplement", "text": "平面布置图缺少消防通道,一次性告知补正"}]}
    )

    reason: StopReason
    text: ShortText


class ResumptionRequest(Contract):
    """Why the clock runs again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "申请人已补正平面布置图"}]})

    text: ShortText


class ExtensionRequest(Contract):
    """Who approved that the statutory limit is extended, and why (art. 42)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"approved_by": "局长 郑某", "reason": "案情复杂,专家意见分歧较大"}]}
    )

    approved_by: ShortText
    reason: ShortText


class LimitView(Contract):
    """One limit of a case. `due_at` is the first instant that is too late, null while the clock stands still.

    `working_days_left` counts the days after today: 0 on the last day, negative past it, null for a limit in hours.
    """

    limit: TimeLimit
    due_at: Instant | None
    provisional: bool
    working_days_left: int | None


class ClockView(Contract):
    """A case's clock: since when it runs, what stopped it, when its limits end (R-HND-14)."""

    since: Instant
    stopped: bool
    committed: LimitView
    statutory: LimitView
    extension: Extension | None
    stops: tuple[Stop, ...]
