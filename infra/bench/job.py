"""The main job, step by step, as measured: from the lookup at the counter to the sealed log."""

from typing import Any

from infra.bench import acts
from infra.bench.city import APPROVER, LIAISON, OVERSIGHT, settled, told
from infra.bench.gateway import Ask, call
from infra.bench.recorder import Figures
from infra.bench.stage import Stage, raised
from shared.contracts.access import RequestRefused
from shared.contracts.event import Event
from shared.http.forms import FORM
from shared.kernel.clock import utc_now
from shared.kernel.permissions import Principal

_HEARERS = {
    "handover": ("notification", "feedback", "credit", "oversight"),
    "feedback": ("credit", "oversight"),
}
_MESSAGES_PER_PUBLISH = 10
_LEAVES_PER_BATCH = 90


def measured_job() -> list[Figures]:
    """Every step's figures as in a warm function: the job is done once before it is measured."""
    with raised() as stage:
        for service in ("handover", "notification"):
            stage.hand(service, settled())
        _Play(stage, 1).play()
        stage.recorder.steps.clear()
        _Play(stage, 2).play()
        return stage.recorder.steps


class _Play:
    """One case of one shop."""

    def __init__(self, stage: Stage, number: int) -> None:
        self._stage = stage
        self._number = number

    def play(self) -> None:
        self._drain()
        self._sign_in()
        self._look_up("credit lookup, nothing on file")
        case_id, push_id = self._accept()
        self._relay_and_consume()
        self._at_the_department(case_id, push_id)
        self._drain()
        self._decide()
        self._drain()
        self._give_feedback(case_id)
        self._look_up("credit lookup, licence and penalty on file")
        self._evidence_of(case_id)
        self._keep_house()

    def _ask(self, step: str, service: str, principal: Principal | None, ask: Ask) -> dict[str, Any]:
        app = self._stage.app(service)
        with self._stage.recorder.step(step):
            return call(app, principal, ask)

    def _sign_in(self) -> None:
        secret = self._stage.bootstrap_secret
        form = f"grant_type=client_credentials&client_id=cli_bootstrap&client_secret={secret}"
        token = self._ask("token", "identity", None, Ask("POST", "/v1/token", form, content_type=FORM))
        authorizer = self._stage.authorizer()
        with self._stage.recorder.step("authorizer, per request"):
            authorizer(_question(token["access_token"]), None)

    def _look_up(self, step: str) -> None:
        self._ask(step, "credit", APPROVER, acts.lookup(self._number))

    def _accept(self) -> tuple[str, str]:
        answer = self._ask("acceptance, 1 department", "handover", APPROVER, acts.acceptance(self._number))
        self._ask("inbox", "handover", LIAISON, acts.INBOX)
        return answer["case_id"], answer["pushes"][0]["push_id"]

    def _relay_and_consume(self) -> None:
        events = self._stage.unsent("handover")
        outbox = self._stage.outbox("handover")
        with self._stage.recorder.step(f"relay of its {len(events)} events"):
            outbox.publish(events)
        for service in _HEARERS["handover"]:
            with self._stage.recorder.step(f"  {service} hears of it"):
                self._stage.hand(service, events)

    def _at_the_department(self, case_id: str, push_id: str) -> None:
        self._ask("view, first", "handover", LIAISON, acts.view(push_id))
        self._ask("claim", "handover", LIAISON, acts.claim(push_id))
        self._ask("responsibility", "handover", OVERSIGHT, acts.responsibility(case_id))

    def _decide(self) -> None:
        self._ask("decision, 1 department", "handover", APPROVER, acts.decision(self._number))

    def _give_feedback(self, case_id: str) -> None:
        thread = self._ask("feedback, a penalty", "feedback", LIAISON, acts.penalty(self._number, case_id))
        self._ask("acknowledgement", "feedback", APPROVER, acts.acknowledgement(thread["thread_id"]))
        self._drain()

    def _evidence_of(self, case_id: str) -> None:
        timeline = Ask("GET", "/v1/cases/{case_id}/timeline", path={"case_id": case_id})
        self._ask("timeline", "handover", OVERSIGHT, timeline)
        envelopes = _many()
        first, *rest = envelopes
        for name, batch in (("seal, a batch of 1", [first]), (f"seal, a batch of {len(rest)}", rest)):
            with self._stage.recorder.step(name):
                self._stage.seal(batch)
        path = {"event_id": first.id}
        self._ask("evidence of an event", "audit", OVERSIGHT, Ask("GET", "/v1/events/{event_id}/evidence", path=path))

    def _keep_house(self) -> None:
        many = _many()[:_MESSAGES_PER_PUBLISH]
        outbox = self._stage.outbox("handover")
        rows = [self._stage.table("handover")(pk=event.subject, sk=f"event#{event.sequence:010d}") for event in many]
        for row, event in zip(rows, many, strict=True):
            row.body = event.model_dump_json()
            row.outbox_shard, row.outbox_at = "0", "2026"
            row.save()
        with self._stage.recorder.step(f"relay of {len(many)} events at once"):
            outbox.publish(many)
        with self._stage.recorder.step("sweep with nothing to do, per minute"):
            outbox.sweep(utc_now())

    def _drain(self) -> None:
        """Carry every event on, unmeasured."""
        for service, hearers in _HEARERS.items():
            events = self._stage.unsent(service)
            self._stage.outbox(service).publish(events)
            for hearer in hearers:
                self._stage.hand(hearer, events)


def _many() -> list[Event]:
    refused = RequestRefused(method="GET", route="/v1/inbox", target="", status=403, code="forbidden")
    return [told(refused) for _ in range(_LEAVES_PER_BATCH + 1)]


def _question(token: str) -> dict[str, Any]:
    return {
        "type": "REQUEST",
        "methodArn": "arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3d4e5/api/GET/v1/inbox",
        "resource": "/v1/inbox",
        "path": "/v1/inbox",
        "httpMethod": "GET",
        "headers": {"authorization": f"Bearer {token}"},
        "requestContext": {"requestId": "bench-0000", "identity": {"sourceIp": "127.0.0.1"}},
    }
