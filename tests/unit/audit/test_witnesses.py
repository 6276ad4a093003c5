"""Witnesses over HTTP, and the function that asks them (R-AUD-3, R-AUD-7)."""

import json
from collections.abc import Mapping

import pytest

from services.audit import wiring
from services.audit.domain.witnesses import MOST_WITNESSES, Progress, Trouble
from services.audit.events import cosigning
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from services.audit.ports.witnesses import Asked, Heard
from shared.contracts.witnesses import Witness
from shared.kernel.cosignatures import cosign as made_by
from shared.kernel.notes import parse_note
from shared.kernel.permissions import Role
from shared.kernel.witnessing import parse_request
from tests.support.audit_builders import NOW, SIGNER, envelopes, messages
from tests.support.aws import TICK, unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.witness_builders import local_witness

URL = "https://witness.justice.example/log"
KEY = local_witness().key.vkey
OTHER = local_witness("witness.example/press").key.vkey


class Callers:
    """Witnesses that cosign what they are asked, unless something else was put in their place."""

    def __init__(self) -> None:
        self.instead: dict[str, Heard | Trouble] = {}

    def ask(self, asked: Mapping[str, Asked]) -> Mapping[str, Heard | Trouble]:
        return {name: self.instead.get(name) or self._cosigned(each) for name, each in asked.items()}

    def _cosigned(self, asked: Asked) -> Heard:
        text = parse_note(parse_request(asked.body).checkpoint).text
        return Heard(200, "text/plain", made_by(text, local_witness(), NOW).signature.line)


@pytest.fixture
def callers(log: Log, monkeypatch: pytest.MonkeyPatch) -> Callers:
    del log
    made = Callers()
    monkeypatch.setattr(wiring, "callers", lambda: made)
    return made


@pytest.fixture
def auditor(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.AUDIT_ADMIN)


def put(gateway: Gateway, name: str, url: str = URL, vkey: str = KEY, key: str = "") -> Answer:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key or f"put-{name}-{url}-{vkey[-9:]}"}
    return gateway.call("PUT", f"/v1/witnesses/{name}", {"url": url, "vkey": vkey}, headers)


def remove(gateway: Gateway, name: str, key: str = "remove-1") -> Answer:
    return gateway.call("DELETE", f"/v1/witnesses/{name}", None, {"Idempotency-Key": key})


def told(gateway: Gateway) -> list[str]:
    del gateway
    return [each.type for each in unsent_events(wiring.store().journal.table) if each.type.startswith("log.")]


def test_a_witness_is_registered_shown_and_removed_and_each_is_told(gateway: Gateway, auditor: Gateway) -> None:
    assert put(auditor, "justice").json == {"name": "justice", "url": URL, "vkey": KEY}
    assert auditor.get("/v1/witnesses/justice").json["url"] == URL
    shown = gateway.get("/v1/witnesses")
    assert shown.json == {
        "quorum": 1,
        "witnesses": [{"name": "justice", "vkey": KEY, "size": 0, "cosigned_at": None, "trouble": None, "since": None}],
    }
    assert "witness.justice.example" not in shown.text
    assert remove(auditor, "justice").json["name"] == "justice"
    assert gateway.get("/v1/witnesses").json["witnesses"] == []
    assert auditor.get("/v1/witnesses/justice").status == 404
    assert remove(auditor, "justice", "remove-2").json["code"] == "not_found"
    assert told(gateway) == ["log.witness_added.v1", "log.witness_removed.v1"]


def test_the_same_again_changes_nothing_and_something_else_is_told(gateway: Gateway, auditor: Gateway) -> None:
    put(auditor, "justice")
    assert put(auditor, "justice").status == 200
    assert put(auditor, "justice", key="another-key-1").status == 200
    assert put(auditor, "justice", key="another-key-1", url="https://elsewhere.example").json["code"] == (
        "idempotency_key_reused"
    )
    assert told(gateway) == ["log.witness_added.v1"]
    assert put(auditor, "justice", url="https://elsewhere.example/").json["url"] == "https://elsewhere.example"
    assert put(auditor, "justice", url="https://elsewhere.example", vkey=OTHER).json["vkey"] == OTHER
    assert told(gateway) == ["log.witness_added.v1"] * 3
    assert len(gateway.get("/v1/witnesses").json["witnesses"]) == 1


def test_a_witness_comes_back_under_its_name_and_its_chain_goes_on(gateway: Gateway, auditor: Gateway) -> None:
    put(auditor, "justice")
    remove(auditor, "justice")
    assert put(auditor, "justice", key="again-1").status == 200
    events = [each for each in unsent_events(wiring.store().journal.table) if each.type.startswith("log.")]
    assert [each.sequence for each in events] == [1, 2, 3]
    assert len(gateway.get("/v1/witnesses").json["witnesses"]) == 1


def test_a_key_counts_once(auditor: Gateway) -> None:
    """Two names with one key would be one witness that counts for two."""
    put(auditor, "justice")
    refused = put(auditor, "press")
    assert (refused.status, refused.json["code"]) == (409, "witness_key_taken")
    renamed = local_witness().key.vkey.split("+")[2]
    assert renamed in KEY
    put(auditor, "justice", vkey=OTHER)
    assert put(auditor, "press", key="press-2").status == 200
    remove(auditor, "press")
    assert put(auditor, "archive").status == 200


@pytest.mark.usefixtures("log")
def test_the_log_cannot_witness_itself(auditor: Gateway) -> None:
    own = type(local_witness().key)("witness.example/own", SIGNER.key.public_key)
    assert put(auditor, "own", vkey=own.vkey).json["code"] == "witness_key_taken"


@pytest.mark.parametrize("name", ["j", "Justice", "justice_bureau", "-justice", "司法局", "a" * 64])
def test_a_name_that_is_none_is_refused(auditor: Gateway, name: str) -> None:
    refused = put(auditor, name, key="put-bad-name")
    assert (refused.status, refused.json["code"]) == (400, "invalid_fields")
    assert refused.json["errors"][0]["pointer"] == "path:name"


def test_every_bad_field_is_named_at_once_in_both_languages(auditor: Gateway) -> None:
    refused = put(auditor, "justice", "http://witness.example", SIGNER.key.vkey)
    assert [each["pointer"] for each in refused.json["errors"]] == ["/url", "/vkey"]
    assert all("https" in each["zh"] + each["en"] or "0x04" in each["zh"] for each in refused.json["errors"])


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDIT_ADMIN}))
def test_only_an_audit_administrator_says_who_watches(gateway: Gateway, role: Role) -> None:
    """R-AUD-7: not the system administrator, who could otherwise choose his own."""
    other = gateway.with_principal("dept_market_regulation", role)
    assert put(other, "justice").status == remove(other, "justice").status == 403
    assert other.get("/v1/witnesses/justice").status == 403
    assert gateway.get("/v1/witnesses").json["witnesses"] == []


@pytest.mark.usefixtures("gateway")
def test_there_are_as_many_as_a_note_has_room_for(auditor: Gateway) -> None:
    for number in range(MOST_WITNESSES):
        assert put(auditor, f"w-{number}", vkey=local_witness(f"w{number}.example").key.vkey).status == 200
    refused = put(auditor, "justice")
    assert (refused.status, refused.json["code"]) == (409, "too_many_witnesses")
    assert put(auditor, "w-0", url="https://moved.example", vkey=local_witness("w0.example").key.vkey).status == 200


def test_progress_is_kept_by_key_and_never_goes_back(log: Log) -> None:
    del log
    store = wiring.witnesses()
    first, second = (Witness(name="justice", url=URL, vkey=vkey) for vkey in (KEY, OTHER))
    store.keep_progress(first, Progress(size=7, cosigned_at=NOW))
    store.keep_progress(first, Progress(size=5, cosigned_at=NOW))
    store.keep_progress(first, Progress(size=7, cosigned_at=NOW, trouble=Trouble.UNREACHABLE, since=NOW))
    store.keep_progress(second, Progress(size=1, cosigned_at=NOW))
    assert store.progress() == {
        ("justice", KEY): Progress(size=7, cosigned_at=NOW, trouble=Trouble.UNREACHABLE, since=NOW),
        ("justice", OTHER): Progress(size=1, cosigned_at=NOW),
    }


def test_the_function_has_the_newest_checkpoint_cosigned_and_served(
    gateway: Gateway, auditor: Gateway, log: Log, callers: Callers
) -> None:
    assert gateway.get("/v1/checkpoint/cosigned").status == 404
    put(auditor, "justice")
    seal(log, messages(envelopes(9)), NOW)
    cosigning.cosign(TICK, None)
    served = gateway.get("/v1/checkpoint")
    assert [line.name for line in parse_note(served.text).signatures] == [SIGNER.key.name, "witness.example/justice"]
    assert gateway.get("/v1/checkpoint/cosigned").text == served.text
    assert log.objects.read("checkpoint").decode() == served.text
    (shown,) = gateway.get("/v1/witnesses").json["witnesses"]
    assert (shown["size"], shown["cosigned_at"], shown["trouble"]) == (9, "2026-03-02T01:30:00.000Z", None)
    callers.instead["justice"] = Heard(500, "text/plain", "")
    seal(log, messages(envelopes(1)), NOW)
    cosigning.cosign(TICK, None)
    assert "witness" not in gateway.get("/v1/checkpoint").text
    assert gateway.get("/v1/checkpoint/cosigned").text == served.text
    (shown,) = gateway.get("/v1/witnesses").json["witnesses"]
    assert (shown["size"], shown["trouble"]) == (9, "unexpected")


def test_who_would_not_is_a_metric_and_who_disagrees_one_of_its_own(
    auditor: Gateway,
    log: Log,
    callers: Callers,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, vkey in (("justice", KEY), ("press", OTHER)):
        put(auditor, name, vkey=vkey)
    callers.instead = {"justice": Trouble.UNREACHABLE, "press": Heard(422, "text/plain", "no\n")}
    seal(log, messages(envelopes(2)), NOW)
    capsys.readouterr()
    cosigning.cosign(TICK, None)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    metrics = {name: value for line in printed for name, value in line.items() if name.startswith("Witnesses")}
    assert metrics == {"WitnessesRefusing": [2], "WitnessesDisagreeing": [1]}
    told = [vars(record) for record in caplog.records if "trouble" in vars(record)]
    assert [(each["witness"], each["trouble"]) for each in told] == [("justice", "unreachable"), ("press", "disagrees")]
