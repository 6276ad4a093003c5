"""Every push and every claim answers with a signed half; revoked certificates are published (R-HND-8)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.revocations import LIST
from services.handover.events import revoke
from services.handover.logic import revocations
from services.handover.ports.revocations import Issuer
from services.handover.schemas.receipts import RevokeRequest
from shared.aws.receipt_signer import HEEDED_EVERY, sign_revocations
from shared.aws.table import Row
from shared.contracts.change import Change, Context, Once, Outdated, Stored
from shared.contracts.event import Event
from shared.contracts.receipt_checks import Reason, ReceiptRefuted, verify_handover, verify_receipt, verify_revocations
from shared.contracts.receipts import (
    CertificateRevoked,
    PublishedRoot,
    RevocationList,
    SignedReceipt,
    read_receipt,
)
from shared.contracts.vocabulary import ClaimMode
from shared.kernel.clock import utc_now
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from shared.kernel.notes import SigningKey, parse_vkey
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.acts import all_rows
from tests.support.city_clock import hear
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    MARKET,
    STRANGER,
    acceptance,
    decision,
    department,
    item,
    supervisor,
)
from tests.support.receipt_builders import ISSUER, NOW, ROOT

SERIAL = "crt_01JABCDEFGHJKMNPQRSTVWXYZ0"


def know(**changed: Any) -> None:
    context = Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))
    wiring.directory().keep_item(item(**changed), context)


def push(gateway: Gateway) -> Answer:
    answer = gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/acceptances", acceptance())
    assert answer.status == 201, answer.text
    return answer


def liaison(gateway: Gateway, department: str = MARKET) -> Gateway:
    return gateway.with_principal(department, Role.LIAISON, client_id="cli_liaison_000001")


def as_receipt(given: object) -> SignedReceipt:
    return read_receipt(json.dumps(given))


def logged(table: type[Row]) -> dict[str, Event]:
    rows = (row for row in table.scan(consistent_read=True) if row.sk.startswith("event#"))
    return {event.id: event for event in (Event.model_validate_json(row.body or "") for row in rows)}


@pytest.mark.usefixtures("table")
class TestHandovers:
    def test_a_push_and_its_claim_are_two_halves_of_one_record(self, gateway: Gateway, table: type[Row]) -> None:
        know()
        pushed = push(gateway).json
        [push_half] = map(as_receipt, pushed["receipts"])
        push_id = pushed["pushes"][0]["push_id"]
        claimed = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", None).json
        claim_half = as_receipt(claimed["receipt"])
        delivered, taken = verify_handover(push_half, claim_half, ROOT.key)
        assert (delivered.body.sender, delivered.body.department, taken.body.claimant) == (
            BUREAU,
            MARKET,
            "cli_liaison_000001",
        )
        for fact in (delivered, taken):
            event = logged(table)[fact.body.event_id]
            assert (event.hash(), event.sequence, event.time) == (
                fact.body.event_hash,
                fact.body.event_sequence,
                fact.body.at,
            )

    def test_each_department_has_a_half_of_its_own(self, gateway: Gateway) -> None:
        know(supervisors=(supervisor(), supervisor(HEALTH)))
        halves = [verify_receipt(as_receipt(each), ROOT.key).body for each in push(gateway).json["receipts"]]
        assert [half.department for half in halves] == [MARKET, HEALTH]

    def test_where_delivery_is_the_claim_the_push_answers_with_both_halves(self, gateway: Gateway) -> None:
        """R-HND-5."""
        know(claim=item().claim.model_copy(update={"mode": ClaimMode.ON_PUSH}))
        delivered, claimed = map(as_receipt, push(gateway).json["receipts"])
        verify_handover(delivered, claimed, ROOT.key)

    def test_the_halves_join_also_where_the_item_became_known_between_them(self, gateway: Gateway) -> None:
        """R-HND-15: a coordinator sent it on before anybody had heard of its item."""
        coordinator = gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)
        waiting = push(gateway).json["unrouted"][0]["unrouted_id"]
        body = {"departments": [{"department": MARKET, "part": "lead"}], "reason": "经协调先行接收"}
        hear(department())
        routed = coordinator.post(f"/v1/unrouted/{waiting}/route", body).json
        know()
        assert coordinator.post("/v1/decisions", decision()).status == 201
        push_id = routed["pushes"][0]["push_id"]
        claimed = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", None).json
        verify_handover(as_receipt(routed["receipts"][0]), as_receipt(claimed["receipt"]), ROOT.key)

    def test_the_record_is_given_again_to_both_sides_and_to_nobody_else(self, gateway: Gateway) -> None:
        know()
        pushed = push(gateway).json
        push_id = pushed["pushes"][0]["push_id"]
        claimed = liaison(gateway).post(f"/v1/pushes/{push_id}/claim", None).json
        for of, role in ((BUREAU, Role.APPROVER), (MARKET, Role.LIAISON), (None, Role.OVERSIGHT)):
            record = gateway.with_principal(of, role).get(f"/v1/pushes/{push_id}/receipts")
            assert record.json == {"push_id": push_id, "receipts": [*pushed["receipts"], claimed["receipt"]]}
        assert gateway.with_principal(STRANGER, Role.LIAISON).get(f"/v1/pushes/{push_id}/receipts").status == 403

    @pytest.mark.parametrize("other", ["push_1", f"push_{'0' * 26}_001"])
    def test_there_is_no_record_of_what_was_never_pushed(self, gateway: Gateway, other: str) -> None:
        assert liaison(gateway).get(f"/v1/pushes/{other}/receipts").status == 404

    def test_there_is_no_record_of_another_push_of_a_case(self, gateway: Gateway) -> None:
        know()
        other = f"{push(gateway).json['pushes'][0]['push_id'][:-3]}999"
        assert liaison(gateway).get(f"/v1/pushes/{other}/receipts").status == 404

    def test_without_a_receipt_nothing_is_pushed(
        self, gateway: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-15: refused as a whole, to be tried again; nothing is left half done."""
        know()

        def refuse(*_: object) -> None:
            raise Unavailable

        before = len(all_rows(table))
        with monkeypatch.context() as patched:
            patched.setattr(wiring.signer(), "sign", refuse)
            answer = gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/acceptances", acceptance())
        assert (answer.status, answer.json["code"]) == (503, "unavailable")
        assert len(all_rows(table)) == before
        push(gateway)


def published(gateway: Gateway) -> PublishedRoot:
    answer = gateway.get("/v1/public/receipt-key")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    return PublishedRoot.model_validate_json(answer.text)


def order(**asked: Any) -> dict[str, Any]:
    """What the operator's command has the function do."""
    function: Any = revoke
    answer: dict[str, Any] = function({"serial": SERIAL, "reason": "memory dump", "since": None} | asked, None)
    return answer


@pytest.mark.usefixtures("table")
class TestRevocation:
    def test_anybody_is_given_the_root_key(self, gateway: Gateway) -> None:
        assert published(gateway) == PublishedRoot(issuer=ISSUER, key=ROOT.key.vkey, revocations=None)

    def test_a_revoked_certificate_is_published_and_refuses_what_is_dated_later(self, gateway: Gateway) -> None:
        know()
        [receipt] = map(as_receipt, push(gateway).json["receipts"])
        serial = receipt.certificate.body.serial
        assert order(serial=serial, since=receipt.body.at.isoformat()) == {
            "serial": serial,
            "added": True,
            "entries": 1,
        }
        root = published(gateway)
        assert root.revocations is not None
        with pytest.raises(ReceiptRefuted) as refuted:
            verify_receipt(receipt, parse_vkey(root.key), root.revocations)
        assert refuted.value.reason is Reason.CERTIFICATE_REVOKED

    def test_what_was_dated_before_stays_good(self, gateway: Gateway) -> None:
        know()
        [receipt] = map(as_receipt, push(gateway).json["receipts"])
        order(serial=receipt.certificate.body.serial)
        fact = verify_receipt(receipt, ROOT.key, published(gateway).revocations)
        assert fact.revoked_later is not None

    def test_a_process_whose_certificate_is_revoked_signs_with_another_within_a_minute(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-8: a deployment may take longer, and a process that is thawed after it may not have heard of it."""
        know()
        pushed = push(gateway).json
        [leaked] = map(as_receipt, pushed["receipts"])
        order(serial=leaked.certificate.body.serial)
        monkeypatch.setattr(wiring.signer(), "_clock", lambda: utc_now() + HEEDED_EVERY)
        claim = liaison(gateway).post(f"/v1/pushes/{pushed['pushes'][0]['push_id']}/claim", None).json["receipt"]
        assert as_receipt(claim).certificate.body.serial != leaked.certificate.body.serial
        verify_receipt(as_receipt(claim), ROOT.key, published(gateway).revocations)

    def test_a_signer_is_told_the_list_and_that_it_cannot_be_read(self, table: type[Row]) -> None:
        assert wiring.revocations().serials() == frozenset()
        order()
        other = SERIAL.replace("0", "1")
        order(serial=other)
        assert wiring.revocations().serials() == {SERIAL, other}
        table.get(LIST, "head").update(actions=[table.body.remove()])
        with pytest.raises(ValueError, match="validation"):
            wiring.revocations().serials()

    def test_the_same_again_changes_nothing_and_an_earlier_instant_extends_it(self, gateway: Gateway) -> None:
        order(since=NOW.isoformat())
        first = published(gateway)
        assert order(since=NOW.isoformat())["added"] is False
        assert order()["added"] is False
        assert published(gateway) == first
        earlier = NOW - timedelta(hours=1)
        assert order(since=earlier.isoformat()) == {"serial": SERIAL, "added": True, "entries": 2}
        listed = published(gateway).revocations
        assert listed is not None
        found = verify_revocations(listed, ROOT.key).find(SERIAL)
        assert found is not None
        assert found.revoked_at == earlier

    def test_every_revocation_is_an_event_of_the_log(self, table: type[Row]) -> None:
        """R-AUD-1."""
        order()
        [event] = logged(table).values()
        assert event.type == CertificateRevoked.TYPE
        assert event.data.body["revocation"]["serial"] == SERIAL

    @pytest.mark.parametrize(
        "asked",
        [{"since": "2999-01-01T00:00:00Z"}, {"serial": "crt_1"}, {"reason": ""}],
        ids=lambda each: next(iter(each)),
    )
    def test_what_makes_no_sense_is_refused_and_publishes_nothing(
        self, gateway: Gateway, asked: dict[str, str]
    ) -> None:
        with pytest.raises(ValueError, match=r"revoked|validation"):
            order(**asked)
        assert published(gateway).revocations is None

    def test_of_two_at_the_same_moment_neither_is_lost(self, gateway: Gateway) -> None:
        """The second is told to try again, which the operator's command does."""
        order(serial=SERIAL.replace("0", "1"))
        context = Context(ANONYMOUS, utc_now(), "correlation")

        class Meanwhile:
            """Another operator is faster between reading and writing."""

            def current(self) -> Stored[RevocationList] | None:
                found = wiring.revocations().current()
                order(serial=SERIAL.replace("0", "2"))
                return found

            def save(self, change: Change[RevocationList]) -> None:
                wiring.revocations().save(change)

        issuer = Issuer(ROOT.key, lambda body: sign_revocations(SigningKey(ROOT.key, ROOT.sign), body))
        with pytest.raises(Outdated):
            revocations.revoke(Meanwhile(), issuer, context, RevokeRequest(serial=SERIAL, reason="memory dump"))
        order()
        listed = published(gateway).revocations
        assert listed is not None
        assert len(listed.body.entries) == 3
