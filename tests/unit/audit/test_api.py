"""The log over HTTP and its functions (R-AUD-3, R-AUD-5, R-AUD-6)."""

import base64
import json

import boto3
import pytest

from services.audit import wiring
from services.audit.app import app
from services.audit.domain.health import Progress
from services.audit.domain.log import Leaf
from services.audit.events import sealing as functions
from services.audit.logic import health, sealing
from services.audit.logic.health import MEASURE
from services.audit.logic.sealing import finish, seal
from services.audit.ports.log import Log
from services.audit.ports.positions import Position
from shared.contracts.event import Envelope
from shared.contracts.evidence import read_evidence, verify_evidence
from shared.kernel.clock import to_text
from shared.kernel.merkle import leaf_hash, root_of
from shared.kernel.notes import open_checkpoint, parse_vkey
from shared.kernel.permissions import Role
from shared.kernel.tiles import Tile, decode_bundle
from shared.kernel.tlog_proof import parse_proof, verify_proof
from tests.support.audit_builders import NOW, ORIGIN, SIGNER, an_event, assert_sound, envelopes, messages
from tests.support.aws import TICK, sqs_batch, unsent_events
from tests.support.gateway import Gateway


@pytest.fixture
def sealed(log: Log) -> list[Envelope]:
    """A log with some events."""
    given = envelopes(9)
    seal(log, messages(given), NOW)
    return given


def raw(gateway: Gateway, path: str) -> bytes:
    answer = gateway.get(path, accept="*/*")
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/octet-stream"
    return base64.b64decode(answer.text)


def test_the_key_and_the_checkpoint_are_public_and_fit(gateway: Gateway, sealed: list[Envelope]) -> None:
    key, note = gateway.get("/v1/key"), gateway.get("/v1/checkpoint")
    assert key.headers["Content-Type"] == note.headers["Content-Type"] == "text/plain; charset=utf-8"
    checkpoint = open_checkpoint(note.text, parse_vkey(key.text.strip()))
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, len(sealed))
    assert note.headers["Cache-Control"] == "public, max-age=5"


def test_an_empty_log_has_no_checkpoint_until_it_is_published(gateway: Gateway, log: Log) -> None:
    assert gateway.get("/v1/checkpoint").status == 404
    finish(log)
    assert open_checkpoint(gateway.get("/v1/checkpoint").text, SIGNER.key).size == 0


def test_the_tree_can_be_rebuilt_from_what_is_read_over_http(gateway: Gateway, log: Log) -> None:
    """Prefix, `checkpoint` and `tile/…` are C2SP tlog-tiles as they stand."""
    sealed = envelopes(260)
    seal(log, messages(sealed), NOW)
    entries = [
        *decode_bundle(raw(gateway, "/v1/tile/entries/000")),
        *decode_bundle(raw(gateway, "/v1/tile/entries/001.p/4")),
    ]
    hashes = [leaf_hash(entry) for entry in entries]
    assert sorted(entries) == sorted(envelope.canonical() for envelope in sealed)
    assert root_of(hashes) == open_checkpoint(gateway.get("/v1/checkpoint").text, SIGNER.key).root
    assert raw(gateway, "/v1/tile/0/000") == b"".join(hashes[:256])
    assert raw(gateway, "/v1/tile/0/001.p/4") == b"".join(hashes[256:])
    assert raw(gateway, "/v1/tile/1/000.p/1") == root_of(hashes[:256])


@pytest.mark.parametrize("number", [67, 1_067, 234_067, 1_234_067])
def test_tiles_are_found_at_every_depth(gateway: Gateway, log: Log, number: int) -> None:
    for tile in (Tile(0, number), Tile(0, number, 7)):
        if tile.path.count("/") > 5:
            continue  # beyond 2.5 · 10^11 entries
        log.objects.put(tile.path, tile.path.encode())
        assert raw(gateway, f"/v1/{tile.path}") == tile.path.encode()


def test_a_tile_may_be_kept_for_ever_but_not_its_absence(gateway: Gateway, sealed: list[Envelope]) -> None:
    assert sealed
    found = gateway.get("/v1/tile/0/000.p/9", accept="*/*")
    assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    absent = gateway.get("/v1/tile/0/002", accept="*/*")
    assert (absent.status, absent.json["code"]) == (404, "not_found")
    assert "Cache-Control" not in absent.headers


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("path", ["0/0", "0/000.p", "0/000.p/0", "0/x000/000", "x/000", "64/000", "0/..%2f", "-1/000"])
def test_what_is_no_tile_path_is_not_found(gateway: Gateway, path: str) -> None:
    assert gateway.get(f"/v1/tile/{path}").json["code"] == "not_found"


@pytest.mark.usefixtures("sealed")
def test_a_client_that_names_no_accept_is_sent_to_the_bytes_themselves(gateway: Gateway) -> None:
    """The gateway gives it base64 otherwise."""
    answer = gateway.get("/v1/tile/0/000.p/9")
    assert (answer.status, answer.text) == (307, "")
    assert "/log/tile/0/000.p/9?" in answer.headers["Location"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert gateway.get("/v1/tile/0/0").json["code"] == "not_found"


def test_nothing_but_tiles_is_read_from_the_bucket(gateway: Gateway, log: Log) -> None:
    log.objects.put("staging/000", b"not public yet")
    assert gateway.get("/v1/tile/../staging/000").status == 404


def test_the_proof_of_each_event_is_verified_with_the_key_alone(gateway: Gateway, sealed: list[Envelope]) -> None:
    for envelope in sealed:
        answer = gateway.get(f"/v1/events/{envelope.id}/proof")
        assert verify_proof(parse_proof(answer.text), envelope.canonical(), SIGNER.key).size == len(sealed)


def test_the_evidence_file_of_an_event_holds_offline(gateway: Gateway, sealed: list[Envelope]) -> None:
    """And with the disclosure joined by who may read it."""
    liaison = gateway.with_principal("dept_market_regulation", Role.LIAISON)
    answer = liaison.get(f"/v1/events/{sealed[7].id}/evidence")
    (fact,) = verify_evidence(read_evidence(answer.text), SIGNER.key)
    assert (fact.envelope, fact.payload) == (sealed[7], None)


def test_evidence_is_for_the_roles_that_may_read_it(gateway: Gateway, sealed: list[Envelope]) -> None:
    assert gateway.with_principal(None, Role.CREDIT_AUTHORITY).get(f"/v1/events/{sealed[0].id}/evidence").status == 403


@pytest.mark.parametrize("what", ["proof", "evidence"])
def test_an_event_not_yet_sealed_is_not_found_with_advice(gateway: Gateway, log: Log, what: str) -> None:
    finish(log)
    answer = gateway.with_principal(None, Role.AUDIT_ADMIN).get(f"/v1/events/{an_event().id}/{what}")
    assert (answer.status, answer.json["code"]) == (404, "not_sealed")
    assert "分钟" in answer.json["detail_zh"]
    assert "minute" in answer.json["detail_en"]


def test_an_event_decided_but_not_published_is_not_yet_provable(gateway: Gateway, log: Log) -> None:
    """What is published never runs ahead of the tiles."""
    finish(log)
    given = envelopes(3)
    before = log.ledger.head()
    moved = before.model_copy(update={"size": 3, "root": "1" * 64, "sealed_at": NOW})
    hashes = [leaf_hash(each.canonical()).hex() for each in given]
    log.ledger.swap(before, moved)
    log.ledger.index({each.id: Leaf(index=n, hash=hashes[n]) for n, each in enumerate(given)})
    assert gateway.get(f"/v1/events/{given[0].id}/proof").json["code"] == "not_sealed"
    shown = gateway.get("/v1/health").json
    assert shown["size"] == 0
    assert shown["pending_since"] == shown["sealed_at"] == "2026-03-02T01:30:00.000Z"


def test_health_is_public_and_says_up_to_when_everything_is_published(gateway: Gateway, sealed: list[Envelope]) -> None:
    assert gateway.get("/v1/health").json["standing"] == "unmeasured"
    functions.publish(TICK, None)
    shown = gateway.get("/v1/health").json
    assert (shown["size"], shown["sealed_at"], shown["pending_since"]) == (len(sealed), to_text(NOW), None)
    assert (shown["standing"], shown["lag_seconds"]) == ("sealing", 0)
    assert shown["sealed_through"] in shown["zh"]
    assert shown["sealed_through"] in shown["en"]


def test_the_sealing_function_takes_a_batch_and_lays_only_its_poison_aside(log: Log) -> None:
    given = envelopes(4)
    bodies = [each.canonical().decode() for each in given]
    batch = sqs_batch(*bodies[:2], "poison", *bodies[2:])
    assert functions.seal(batch, None) == {"batchItemFailures": []}
    assert_sound(log, given)
    (aside,) = boto3.client("sqs").receive_message(
        QueueUrl=wiring.settings().rejected, MessageAttributeNames=["reason"]
    )["Messages"]
    assert (aside["Body"], aside["MessageAttributes"]["reason"]["StringValue"]) == ("poison", "ValidationError")
    assert functions.seal(batch, None) == {"batchItemFailures": []}
    assert_sound(log, given)


def test_the_schedule_publishes_what_a_sealer_left(
    log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And its lag is a metric, so that an alarm can watch it (R-AUD-6)."""
    given = envelopes(2)
    finish(log)
    with monkeypatch.context() as broken:
        broken.setattr(sealing, "_publish", lambda *_: (_ for _ in ()).throw(ConnectionError))
        with pytest.raises(ConnectionError):
            seal(log, messages(given), NOW)
    functions.publish(TICK, None)
    assert_sound(log, given)
    assert _printed(capsys, "SealingLagSeconds") == [0]


def test_when_publishing_fails_the_lag_grows_and_shows(
    log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-AUD-6."""
    finish(log)
    wiring.positions().move(MEASURE, Position(), Position(0, Progress(through=NOW).model_dump_json()))
    monkeypatch.setattr(sealing, "_publish", lambda *_: (_ for _ in ()).throw(ConnectionError))
    with pytest.raises(ConnectionError):
        seal(log, messages(envelopes(2)), NOW)
    monkeypatch.setattr(health, "PAUSE_SECONDS", 0)
    with pytest.raises(ConnectionError):
        functions.publish(TICK, None)
    assert _printed(capsys, "SealingLagSeconds")[0] > 300


def _printed(capsys: pytest.CaptureFixture[str], metric: str) -> list[float]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [value for line in lines for value in line.get(metric, [])]


@pytest.mark.usefixtures("log")
def test_a_refusal_of_audit_itself_is_an_event_like_any_other(gateway: Gateway) -> None:
    gateway.with_principal(None, Role.CREDIT_AUTHORITY).get("/v1/events/evt_0000000001/evidence")
    (event,) = unsent_events(wiring.store().journal.table)
    assert (event.source, event.type) == ("/shenguan/audit", "request.refused.v1")


def test_the_application_declares_what_its_stack_deploys() -> None:
    functions = {
        "attest",
        "check",
        "cosign",
        "export",
        "index",
        "keep",
        "publish",
        "reckon",
        "relay",
        "seal",
        "sweep",
        "verify",
    }
    assert {each.name for each in app.event_sources} == functions
    assert {each.name for each in app.pure_lambda_functions} == {"erase", "held"}
    assert len({each.name for each in app.endpoints}) == len(app.endpoints)
