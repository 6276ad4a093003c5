"""`shenguan evidence`, against the audit service itself: what it writes is judged by `shenguan verify` (R-AUD-5)."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from typer.testing import CliRunner, Result

from localstack import cli, evidence_command, verdict
from localstack.demo.desk import Desk
from localstack.runner import StackDownError
from services.audit import wiring
from services.audit.domain.log import Message
from services.audit.logic.sealing import seal
from shared.contracts.dockets import Docket
from shared.contracts.event import Event
from shared.contracts.evidence import Disclosure, read_evidence
from shared.kernel.permissions import Role
from tests.support.audit_builders import NOW, SIGNER, an_event
from tests.support.aws import as_json
from tests.support.evidence_builders import CASE, a_chain
from tests.support.gateway import Gateway
from tests.support.receipt_builders import EVENTS, the_halves
from tests.support.services import any_service_in_moto, app_of

LINKED = an_event(time=NOW + timedelta(hours=1))
"""What another service told of the case: its payload is disclosed by nobody here."""


@dataclass
class City:
    """Audit as it is, and handover as far as it discloses a case's chain."""

    audit: Gateway
    timeline: Sequence[Event]
    discloses: bool = True
    changes: dict[str, Any] = field(default_factory=dict)
    """What handover says of each event otherwise than it was."""

    def seal(self, *events: Event) -> None:
        docket = Docket(case=CASE)
        given = {each.id: Message(each.canonical().decode(), docket) for each in events}
        assert seal(wiring.log(), given, NOW).sealed == len(events)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = urlsplit(str(request.url)).path
        if path == f"/handover/v1/cases/{CASE}/timeline":
            return self._timeline() if self.discloses else httpx.Response(403, json={"code": "not_your_department"})
        url, body = str(request.url).partition("/audit")[2], request.content.decode() or None
        made = self.audit.call(request.method, url, body, dict(request.headers.items()))
        return httpx.Response(made.status, headers=dict(made.headers), text=made.text)

    def _timeline(self) -> httpx.Response:
        entries = [
            {"envelope": as_json(event.envelope()), "hash": event.hash(), "nonce": event.nonce,
             "payload": as_json(event.data), "erased": None} | self.changes
            for event in self.timeline
        ]  # fmt: skip
        return httpx.Response(200, json={"case_id": CASE, "intact": True, "findings": [], "entries": entries})


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    """A city whose oversight sits at the command; nobody waits in vain."""
    with any_service_in_moto(monkeypatch, "audit"):
        city = City(Gateway(app_of("audit")).with_principal(None, Role.OVERSIGHT), a_chain(2))

        @contextmanager
        def desk(_url: str | None, _token: str | None, _name: str) -> Iterator[Desk]:
            with httpx.Client(transport=httpx.MockTransport(city.answer)) as http:
                yield Desk("http://stack.test", http, "token", "cli_oversight_0001")

        monkeypatch.setattr(evidence_command, "desk_at", desk)
        monkeypatch.setattr(evidence_command.console, "width", 160)
        monkeypatch.setattr(verdict.console, "width", 160)
        yield city


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets something happen while the command waits."""

    def happens(act: Callable[[], None]) -> None:
        monkeypatch.setattr("localstack.evidence_command.time.sleep", lambda _: act())

    return happens


def fetch(out: Path, *what: str, wait: int = 60) -> Result:
    return CliRunner().invoke(cli.app, ["evidence", *what, "--out", str(out), "--wait", str(wait)])


def judge(out: Path) -> str:
    result = CliRunner().invoke(cli.app, ["verify", str(out), "--key", SIGNER.key.vkey])
    assert result.exit_code == 0, result.output
    return result.output


def disclosures(out: Path) -> list[Disclosure | None]:
    return [entry.disclosure for entry in read_evidence(out.read_bytes()).entries]


def test_a_whole_case_is_written_with_what_may_be_seen_and_its_story_is_told(city: City, tmp_path: Path) -> None:
    city.seal(*city.timeline, LINKED)
    out = tmp_path / "case.json"
    result = fetch(out, CASE)
    assert result.exit_code == 0, result.output
    assert "3 events" in result.output
    assert "1 of them without content" in result.output
    assert "1: of other records; no service discloses their content for evidence" in result.output
    assert "not yours to see" not in result.output
    assert SIGNER.key.vkey in result.output
    assert [bool(each) for each in disclosures(out)] == [True, True, False]
    told = judge(out)
    assert "code: forbidden" in told
    assert "not disclosed" in told
    assert "3 events are proven" in told


def test_it_waits_until_what_handover_knows_of_the_case_is_sealed(
    city: City, tmp_path: Path, pause: Callable[[Callable[[], None]], None]
) -> None:
    """R-AUD-5: who asks right after a claim gets the claim."""
    left = iter(city.timeline)
    pause(lambda: city.seal(next(left)))
    out = tmp_path / "case.json"
    assert fetch(out, CASE).exit_code == 0
    assert len(disclosures(out)) == 2


def test_what_is_not_sealed_in_time_is_said(city: City, tmp_path: Path) -> None:
    city.seal(city.timeline[0])
    out = tmp_path / "case.json"
    result = fetch(out, CASE, wait=0)
    assert result.exit_code == 0, result.output
    assert "1 events of the case are not sealed yet" in result.output
    assert "proven" in judge(out)


def test_an_event_is_written_with_its_content(city: City, tmp_path: Path) -> None:
    city.seal(*city.timeline)
    out = tmp_path / "event.json"
    assert fetch(out, city.timeline[1].id).exit_code == 0
    assert [bool(each) for each in disclosures(out)] == [True]


@pytest.mark.usefixtures("city")
def test_an_event_that_is_not_there_is_refused_in_the_services_words(city: City, tmp_path: Path) -> None:
    city.seal(LINKED)
    result = fetch(tmp_path / "event.json", city.timeline[0].id, wait=0)
    assert result.exit_code == 1
    assert "not_sealed" in result.output
    assert not (tmp_path / "event.json").exists()


def test_the_events_of_receipts_are_proven_and_hold_against_them(city: City, tmp_path: Path) -> None:
    """R-HND-8."""
    city.timeline = EVENTS
    city.seal(*EVENTS)
    receipts = tmp_path / "receipts.json"
    receipts.write_text(json.dumps({"receipts": [as_json(each) for each in the_halves()]}), encoding="utf-8")
    out = tmp_path / "evidence.json"
    result = fetch(out, str(receipts))
    assert result.exit_code == 0, result.output
    assert all(disclosures(out))
    assert "2 events are proven" in judge(out)


def test_who_may_not_see_the_content_gets_the_proof_alone(city: City, tmp_path: Path) -> None:
    city.seal(*city.timeline)
    city.discloses = False
    out = tmp_path / "case.json"
    result = fetch(out, CASE)
    assert result.exit_code == 0, result.output
    assert "2 of them without content" in result.output
    assert "2: of cases; it is not yours to see, or was erased" in result.output
    assert "of other records" not in result.output
    assert disclosures(out) == [None, None]


def test_content_that_was_erased_leaves_the_proof(city: City, tmp_path: Path) -> None:
    """R-AUD-2: chain, log and evidence hold without it."""
    city.seal(*city.timeline)
    city.changes = {"nonce": None, "payload": None, "erased": {}}
    out = tmp_path / "case.json"
    assert fetch(out, CASE).exit_code == 0
    assert "2 events are proven" in judge(out)


def test_content_that_is_not_what_was_committed_to_is_never_written(city: City, tmp_path: Path) -> None:
    """R-AUD-4."""
    city.seal(*city.timeline)
    city.changes = {"payload": {**as_json(city.timeline[0].data), "body": {"changed": True}}}
    result = fetch(tmp_path / "case.json", CASE)
    assert result.exit_code == 1
    assert "does not hold" in result.output
    assert not (tmp_path / "case.json").exists()


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("what", ["push_0000000000", "nothing.json", "evt_1"])
def test_what_is_neither_an_id_nor_receipts_is_said_so(tmp_path: Path, what: str) -> None:
    result = fetch(tmp_path / "out.json", what)
    assert result.exit_code == 2
    assert "is no case" in result.output


def test_without_a_stack_or_a_token_it_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHENGUAN_TOKEN", raising=False)
    asked = ["evidence", CASE, "--out", str(tmp_path / "out.json")]
    away = CliRunner().invoke(cli.app, [*asked, "--url", "https://city.example"])
    assert (away.exit_code, "--token" in away.output) == (2, True)

    def running(_: object) -> None:
        raise StackDownError

    monkeypatch.setattr("localstack.runner.LocalStack.running", running)
    down = CliRunner().invoke(cli.app, asked)
    assert (down.exit_code, "--url" in down.output) == (2, True)


def test_what_a_server_answers_cannot_pass_for_what_is_said_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-AUD-5: neither a control of the terminal nor a line of its own."""

    @contextmanager
    def desk(_url: str | None, _token: str | None, _name: str) -> Iterator[Desk]:
        said = {"code": "x", "detail_en": "\x1b[2J\n✔ 9 events"}
        with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(409, json=said))) as http:
            yield Desk("http://stack.test", http, "token", "cli_oversight_0001")

    monkeypatch.setattr(evidence_command, "desk_at", desk)
    result = fetch(tmp_path / "out.json", CASE)
    assert (result.exit_code, "9 events" in result.output) == (1, True)
    assert not any(line.startswith("✔") or not line.isprintable() for line in result.output.split("\n"))
