"""The whole life of one case, with everything that follows from each step to its end: what it uses of AWS.

A step is a request to the API; what follows is what it set going: the relay of its events, every consumer that hears
them, what those tell in turn, the text message, and the envelopes' share of sealing the log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import infra
from infra.bench import acts
from infra.bench.city import APPROVER, LIAISON, settled, told
from infra.bench.gateway import Ask, exchange
from infra.bench.messages import chunks_of
from infra.bench.outcomes import Step
from infra.bench.prices import Assumed, Function, Kept, Meter, Usage, summed, times
from infra.bench.recorder import Figures
from infra.bench.stage import Stage, raised
from infra.build import SERVICES
from infra.fragment import read_template
from shared.contracts.access import RecordRead
from shared.contracts.event import Event
from shared.kernel.permissions import Principal
from shared.kernel.tiles import TILE_WIDTH

MATERIALS = 6

_TOPIC, _QUEUE = "Topic", "Queue"
_RECEIVE_AND_DELETE = 2


@dataclass(frozen=True, slots=True)
class _Subscription:
    topic: str
    hearer: str
    types: frozenset[str]


def measured_life(assumed: Assumed) -> list[Step]:
    """Every step as in warm functions: another case's life goes before, unmeasured."""
    with raised() as stage:
        for service in ("handover", "notification"):
            stage.hand(service, settled())
        sealing = _sealing(stage, assumed)
        _Life(stage, 1, assumed, sealing).steps()
        return _Life(stage, 2, assumed, sealing).steps()


def metered(figures: Figures) -> Usage:
    """What a recorded step uses of AWS in its bills' words."""
    asked, added = figures.requests, figures.kept_bytes + figures.expiring_bytes
    return {
        Meter.READ_UNITS: figures.read_units,
        Meter.WRITE_UNITS: figures.write_units,
        Meter.INDEX_UNITS: figures.index_units,
        Meter.TOPIC_REQUESTS: figures.chunks["sns"],
        Meter.QUEUE_REQUESTS: figures.chunks["sqs"],
        Meter.SMS: asked["sns:Publish"],
        Meter.FILE_WRITES: asked["s3:PutObject"],
        Meter.FILE_READS: asked["s3:GetObject"] + asked["s3:HeadObject"],
        Meter.SIGNATURES: asked["kms:Sign"],
        Kept.ROW_BYTES: figures.kept_bytes,
        Kept.EXPIRING_BYTES: figures.expiring_bytes,
        Kept.BACKUP_BYTES: added,
        Kept.FILE_BYTES: figures.content["s3"],
    }


class _Life:
    """One case of one shop, from the counter to the feedback on its licence."""

    def __init__(self, stage: Stage, number: int, assumed: Assumed, sealing: Usage) -> None:
        self._stage, self._number, self._assumed, self._sealing = stage, number, assumed, sealing
        self._subscriptions = _subscriptions()
        self._steps: list[Step] = []

    def steps(self) -> list[Step]:
        """The life, step by step."""
        self._ask("credit lookup", "credit", APPROVER, acts.lookup(self._number))
        accepted = self._ask("acceptance", "handover", APPROVER, acts.acceptance(self._number, MATERIALS))
        self._at_the_department(accepted)
        decided = self._ask("decision", "handover", APPROVER, acts.decision(self._number))
        self._at_the_department(decided)
        report = acts.penalty(self._number, accepted["case_id"])
        thread = self._ask("feedback, a penalty", "feedback", LIAISON, report)
        self._ask("acknowledgement", "feedback", APPROVER, acts.acknowledgement(thread["thread_id"]))
        return self._steps

    def _at_the_department(self, pushed: dict[str, Any]) -> None:
        (push,) = pushed["pushes"]
        self._ask("  inbox", "handover", LIAISON, acts.INBOX)
        self._ask("  view", "handover", LIAISON, acts.view(push["push_id"]))
        self._ask("  claim", "handover", LIAISON, acts.claim(push["push_id"]))

    def _ask(self, name: str, service: str, principal: Principal, ask: Ask) -> dict[str, Any]:
        app = self._stage.app(service)
        with self._stage.recorder.step(name) as figures:
            done = exchange(app, principal, ask)
        gateway: Usage = {Meter.API_REQUESTS: 1, Meter.BYTES_IN: done.bytes_in, Meter.BYTES_OUT: done.bytes_out}
        functions = (self._assumed.invoked(Function.API), self._assumed.invoked(Function.AUTHORIZER))
        own = summed((metered(figures), gateway, *functions))
        following, events = self._followed()
        self._steps.append(Step(name, own, following, events))
        return done.answer

    def _followed(self) -> tuple[Usage, int]:
        """Carry everything on until nothing is left to tell."""
        used: list[Usage] = []
        told_in_all = 0
        while waiting := [(service, events) for service in SERVICES if (events := self._stage.unsent(service))]:
            for service, events in waiting:
                told_in_all += len(events)
                for _, together in groupby(events, key=lambda event: event.subject):
                    used.append(self._relayed(service, list(together)))
                hearing = (each for each in self._subscriptions if each.topic == service)
                used.extend(self._heard(subscription, events) for subscription in hearing)
        return summed((*used, times(self._sealing, told_in_all))), told_in_all

    def _relayed(self, service: str, events: Sequence[Event]) -> Usage:
        outbox = self._stage.outbox(service)
        with self._stage.recorder.step("relay") as figures:
            outbox.publish(events)
        return summed((metered(figures), self._assumed.invoked(Function.RELAY)))

    def _heard(self, subscription: _Subscription, events: Sequence[Event]) -> Usage:
        heard = [event for event in events if event.type in subscription.types]
        if not heard:
            return {}
        with self._stage.recorder.step(subscription.hearer) as figures:
            self._stage.hand(subscription.hearer, heard)
        # The topic's own deliveries are counted as requests of the queue, to be on the safe side.
        delivered = sum(chunks_of(len(event.model_dump_json().encode())) for event in heard)
        batches = len(heard) / self._assumed.messages_per_consumer
        queue: Usage = {Meter.QUEUE_REQUESTS: delivered + _RECEIVE_AND_DELETE * batches}
        return summed((metered(figures), queue, self._assumed.invoked(Function.CONSUMER, batches)))


def _sealing(stage: Stage, assumed: Assumed) -> Usage:
    """One envelope's share of sealing, over all the batches that fill a tile of the log."""
    size = assumed.envelopes_per_seal
    batches = -(-TILE_WIDTH // size)
    received: Usage = {Meter.QUEUE_REQUESTS: _RECEIVE_AND_DELETE}
    shares: list[Usage] = []
    for _ in range(batches):
        events = [told(RecordRead(route="/v1/pushes/{push_id}", target="")) for _ in range(size)]
        with stage.recorder.step("seal") as figures:
            stage.seal(events)
        shares += [metered(figures), assumed.invoked(Function.SEAL), received]
    return times(summed(shares), 1 / (batches * size))


def _subscriptions() -> tuple[_Subscription, ...]:
    """Who hears what, as the stack says it."""
    template = read_template(Path(infra.__file__).with_name("data.yaml"))
    return tuple(_read_subscriptions(template["Resources"]))


def _read_subscriptions(resources: dict[str, Any]) -> Iterator[_Subscription]:
    for resource in resources.values():
        # Beside resources there are loops that make several.
        given = resource.get("Properties", {}) if isinstance(resource, dict) else {}
        if "FilterPolicy" in given:
            yield _Subscription(
                given["TopicArn"]["Ref"].removesuffix(_TOPIC),
                given["Endpoint"]["Fn::GetAtt"][0].removesuffix(_QUEUE),
                frozenset(given["FilterPolicy"]["type"]),
            )
