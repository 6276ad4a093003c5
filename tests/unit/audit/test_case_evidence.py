"""The evidence of a whole case and of receipts, for whom they are (R-AUD-5, R-HND-8, R-ORG-1)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import boto3
import pytest

from services.audit import wiring
from services.audit.logic import case_evidence
from services.audit.logic.ahead import read_ahead
from services.audit.logic.dockets import bundle_of
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log, Missing
from shared.aws.table import Row
from shared.contracts.dockets import NO_DOCKET, Docket
from shared.contracts.event import Envelope, Event
from shared.contracts.evidence import Fact, read_evidence, verify_evidence
from shared.contracts.receipt_checks import check_logged, verify_receipt
from shared.kernel.merkle import EMPTY_ROOT
from shared.kernel.notes import Checkpoint, sign_checkpoint
from shared.kernel.permissions import Role
from shared.kernel.tiles import Bundle, Tile
from tests.support.attested_city import verified
from tests.support.audit_builders import NOW, ORIGIN, SIGNER, a_log, an_event, envelopes, messages
from tests.support.aws import as_json, unsent_events
from tests.support.evidence_builders import CASE, a_chain
from tests.support.gateway import Answer, Gateway
from tests.support.receipt_builders import EVENTS, ROOT, a_body, a_signer, the_halves
from tests.unit.audit.conftest import BUCKET
from tests.unit.audit.test_searching import HEALTH, build_index, put_in

MARKET = "dept_market_regulation"
OF_CASE = Docket(case=CASE, principal="cli_liaison_0001")


@pytest.fixture
def auditor(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.AUDIT_ADMIN)


def proven(answer: Answer) -> tuple[Fact, ...]:
    assert answer.status == 200, answer.text
    return verify_evidence(read_evidence(answer.text), SIGNER.key)


def asked(gateway: Gateway, case_id: str = CASE) -> Answer:
    return gateway.get(f"/v1/cases/{case_id}/evidence")


def ids(answer: Answer) -> list[str]:
    return [fact.envelope.id for fact in proven(answer)]


class TestWholeCase:
    @pytest.fixture
    def chain(self, log: Log) -> Sequence[Event]:
        """Three events of the case, in two batches, among others."""
        chain = a_chain(3)
        put_in(log, (an_event().envelope(), NO_DOCKET), *((each.envelope(), OF_CASE) for each in chain[:2]))
        put_in(log, (an_event().envelope(), NO_DOCKET), (chain[2].envelope(), OF_CASE))
        return chain

    @pytest.fixture
    def linked(self, log: Log, chain: Sequence[Event]) -> Envelope:
        """A feedback about the case: another chain, of another department."""
        assert chain
        linked = an_event(time=NOW + timedelta(hours=1)).envelope().model_copy(update={"department": HEALTH})
        put_in(log, (linked, OF_CASE))
        return linked

    def test_it_is_every_event_from_all_services_proven_by_one_checkpoint(
        self, auditor: Gateway, chain: Sequence[Event], linked: Envelope
    ) -> None:
        """R-AUD-5: offline, with nothing but the log's key."""
        build_index()
        answer = asked(auditor)
        facts = proven(answer)
        assert [fact.envelope for fact in facts] == [*(each.envelope() for each in chain), linked]
        assert {fact.checkpoint.size for fact in facts} == {6}
        assert answer.headers["X-Left-Out"] == "0"

    def test_what_is_not_indexed_yet_is_found_too(self, auditor: Gateway, chain: Sequence[Event], log: Log) -> None:
        """A department that asks a moment after its claim gets the claim."""
        assert ids(asked(auditor)) == [each.id for each in chain]
        build_index()
        late = an_event().envelope()
        put_in(log, (late, OF_CASE))
        assert ids(asked(auditor)) == [*(each.id for each in chain), late.id]

    def test_while_the_index_is_far_behind_nothing_incomplete_is_given(
        self, auditor: Gateway, chain: Sequence[Event], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert chain
        monkeypatch.setattr(case_evidence, "MOST_BEHIND", 4)
        assert (asked(auditor).status, asked(auditor).json["code"]) == (503, "unavailable")
        build_index()
        assert asked(auditor).status == 200

    def test_departments_that_acted_in_the_case_and_oversight_see_all_of_it(
        self, gateway: Gateway, chain: Sequence[Event], linked: Envelope
    ) -> None:
        everything = [*(each.id for each in chain), linked.id]
        assert ids(asked(gateway.with_principal(MARKET, Role.LIAISON))) == everything
        assert ids(asked(gateway.with_principal("dept_oversight_001", Role.OVERSIGHT))) == everything

    def test_others_see_what_is_public_and_what_they_did_and_are_told_that_there_is_more(
        self, gateway: Gateway, chain: Sequence[Event], linked: Envelope
    ) -> None:
        """R-ORG-1: that a feedback belongs to the case is published by nobody."""
        own = [each.id for each in chain]
        stranger = asked(gateway.with_principal("dept_transport_001", Role.INSPECTOR))
        assert (ids(stranger), stranger.headers["X-Left-Out"]) == (own, "1")
        without = asked(gateway.with_principal(None, Role.REGISTRAR))
        assert (ids(without), without.headers["X-Left-Out"]) == (own, "1")
        health = asked(gateway.with_principal(HEALTH, Role.INSPECTOR))
        assert (ids(health), health.headers["X-Left-Out"]) == ([*own, linked.id], "0")

    def test_where_nothing_may_be_shown_it_is_refused(self, gateway: Gateway, log: Log) -> None:
        """A case of which the log holds only what others tell."""
        put_in(log, (an_event().envelope(), OF_CASE))
        assert asked(gateway.with_principal(HEALTH, Role.LIAISON)).json["code"] == "not_your_department"
        assert asked(gateway.with_principal(MARKET, Role.LIAISON)).status == 200

    @pytest.mark.usefixtures("chain")
    def test_it_is_for_the_roles_that_may_and_recorded(self, gateway: Gateway) -> None:
        """R-AUD-1."""
        assert asked(gateway.with_principal(None, Role.SYSTEM_ADMIN)).status == 403
        assert asked(gateway.with_principal(MARKET, Role.LIAISON)).status == 200
        told = unsent_events(wiring.store().journal.table)
        assert [each.type for each in told] == ["request.refused.v1", "record.read.v1"]
        assert told[1].data.body == {"route": "/v1/cases/{case_id}/evidence", "target": CASE}

    @pytest.mark.usefixtures("chain")
    def test_a_case_the_log_does_not_know_is_not_found_with_advice(self, auditor: Gateway) -> None:
        answer = asked(auditor, "case_0000000000")
        assert (answer.status, answer.json["code"]) == (404, "not_sealed")

    def test_a_case_too_long_for_one_file_is_refused_with_its_length(
        self, auditor: Gateway, chain: Sequence[Event], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert chain
        monkeypatch.setattr(case_evidence, "MOST_EVENTS", 2)
        answer = asked(auditor)
        assert (answer.status, answer.json["code"]) == (422, "evidence_too_long")
        assert "has 3 events" in answer.json["detail_en"]

    @pytest.mark.parametrize("indexed", [True, False])
    def test_a_damaged_entry_is_never_left_out_in_silence(
        self, auditor: Gateway, chain: Sequence[Event], log: Log, *, indexed: bool
    ) -> None:
        """R-AUD-4."""
        assert chain
        if indexed:
            build_index()
        path = "tile/entries/000.p/5"
        content = log.objects.read(path).replace(CASE.encode(), CASE.replace("01J", "02J").encode(), 1)
        boto3.client("s3").put_object(Bucket=BUCKET, Key=path, Body=content)
        assert asked(auditor).status == 500


class TestLists:
    """R-AUD-4: whoever writes audit's table leaves nothing out of a case's evidence in silence."""

    @pytest.fixture
    def chain(self, log: Log) -> Sequence[Event]:
        """Five events of the case, sealed, indexed in two steps and verified, and one more just now."""
        chain = a_chain(6)
        for batch in (chain[:2], chain[2:5]):
            put_in(log, (an_event().envelope(), NO_DOCKET), *((each.envelope(), OF_CASE) for each in batch))
            build_index()
        verified()
        put_in(log, (chain[5].envelope(), OF_CASE))
        return chain

    def blocks(self) -> list[Row]:
        return list(wiring.store().journal.table.query(f"by#case#{CASE}"))

    def test_what_is_in_every_list_is_given(self, auditor: Gateway, chain: Sequence[Event]) -> None:
        assert ids(asked(auditor)) == [each.id for each in chain]

    @pytest.mark.parametrize("which", [slice(0, 1), slice(1, 2), slice(0, 2)], ids=["first", "last", "all"])
    @pytest.mark.usefixtures("chain")
    def test_where_blocks_of_the_list_were_removed(self, auditor: Gateway, which: slice) -> None:
        for block in self.blocks()[which]:
            block.delete()
        assert asked(auditor).status == 500

    @pytest.mark.usefixtures("chain")
    def test_where_one_entry_was_taken_out_of_a_block(self, auditor: Gateway) -> None:
        first, *_ = self.blocks()
        assert first.body == "1-2"
        first.body = "1"
        first.save()
        assert asked(auditor).status == 500

    def test_what_the_verifier_has_not_read_yet_is_given_all_the_same(
        self, auditor: Gateway, chain: Sequence[Event]
    ) -> None:
        """It runs every ten minutes; the evidence is whole the moment the last event is published."""
        for row in wiring.store().journal.table.query(f"chain#{CASE}"):
            row.delete()
        assert ids(asked(auditor)) == [each.id for each in chain]

    def test_a_number_that_was_never_logged_is_no_hole_of_the_list(self, auditor: Gateway, log: Log) -> None:
        """That it is missing is a finding of the verifier's; what the log has is given."""
        first, _, third = a_chain(3)
        put_in(log, (first.envelope(), OF_CASE), (third.envelope(), OF_CASE))
        build_index()
        verified()
        assert ids(asked(auditor)) == [first.id, third.id]


class TestReceipts:
    @pytest.fixture
    def sealed(self, log: Log) -> None:
        put_in(log, *((each.envelope(), OF_CASE) for each in (an_event(), EVENTS[0], an_event(), EVENTS[1])))

    def ask(self, gateway: Gateway, *receipts: object) -> Answer:
        return gateway.post("/v1/receipts/evidence", {"receipts": [as_json(each) for each in receipts]})

    @pytest.mark.usefixtures("sealed")
    def test_the_events_of_both_halves_are_proven_in_the_order_asked(self, gateway: Gateway) -> None:
        """R-HND-8, R-AUD-5: then receipts and log are held against one another offline."""
        push, claim = the_halves()
        liaison = gateway.with_principal(MARKET, Role.LIAISON)
        facts = proven(self.ask(liaison, claim, push, claim))
        assert [fact.envelope.id for fact in facts] == [EVENTS[1].id, EVENTS[0].id]
        check_logged([verify_receipt(each, ROOT.key) for each in (push, claim)], facts)

    @pytest.mark.usefixtures("sealed")
    @pytest.mark.parametrize(
        "other",
        [
            {"event_hash": "0" * 64},
            {"event_sequence": 7},
            {"case_id": "case_0000000009"},
            {"at": NOW + timedelta(seconds=1)},
        ],
        ids=str,
    )
    def test_a_receipt_that_says_otherwise_than_the_log_is_named(self, auditor: Gateway, other: dict[str, Any]) -> None:
        """R-HND-8: also one that its issuer signed."""
        forged = a_signer().sign(a_body(**other))
        answer = self.ask(auditor, the_halves()[0], forged)
        assert (answer.status, answer.json["code"]) == (422, "receipts_differ")
        (fault,) = answer.json["errors"]
        assert fault["pointer"] == "/receipts/1"
        assert EVENTS[0].id in fault["en"]

    def test_an_event_that_is_not_sealed_yet_is_said_so(self, auditor: Gateway, log: Log) -> None:
        put_in(log, (EVENTS[0].envelope(), OF_CASE))
        answer = self.ask(auditor, *the_halves())
        assert (answer.status, answer.json["code"]) == (404, "not_sealed")
        assert EVENTS[1].id in answer.json["detail_en"]

    @pytest.mark.usefixtures("sealed")
    @pytest.mark.parametrize("number", [0, 21])
    def test_one_to_twenty_receipts_at_once(self, auditor: Gateway, number: int) -> None:
        refused = self.ask(auditor, *[the_halves()[0]] * number)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/receipts")
        assert self.ask(auditor, *[the_halves()[0]] * 20).status == 200

    @pytest.mark.usefixtures("sealed")
    def test_evidence_that_nobody_would_believe_is_not_handed_out(self, auditor: Gateway, log: Log) -> None:
        """R-AUD-4: the bucket is not trusted."""
        path = "tile/entries/000.p/4"
        content = log.objects.read(path).replace(b"T01:30:00.000Z", b"T01:30:00.001Z")
        boto3.client("s3").put_object(Bucket=BUCKET, Key=path, Body=content)
        assert self.ask(auditor, *the_halves()).status == 500


class TestReadAhead:
    def test_many_files_are_read_together_and_each_once(self) -> None:
        """A case's entries may lie in a thousand files, and each is a round trip."""
        log = a_log()
        seal(log, messages(envelopes(20)), NOW)
        bundles = [Bundle(number) for number in range(20)]
        for bundle in bundles[1:]:
            log.objects.put(bundle.path, bundle.path.encode())
        log.objects.put(bundles[0].path, log.objects.read(Bundle(0, 20).path))
        ahead = read_ahead(log, [*bundles, *bundles, Bundle(0, 3), Tile(0, 99)])
        log.objects.delete([bundle.path for bundle in bundles])
        assert [ahead.objects.read(bundle.path) for bundle in bundles[1:]] == [
            each.path.encode() for each in bundles[1:]
        ]
        assert len(bundle_of(ahead, 0, 3)) == 3
        for gone in (Tile(0, 99), Bundle(77)):
            with pytest.raises(Missing):
                ahead.objects.read(gone.path)

    def test_the_rest_of_the_store_is_as_it_was(self) -> None:
        log = a_log()
        for number in range(9):
            log.objects.put(Bundle(number).path, b"")
        objects = read_ahead(log, map(Bundle, range(9))).objects
        objects.put("tile/0/000", b"x")
        note = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), SIGNER.key, SIGNER.sign)
        objects.put_checkpoint(note.encode(), SIGNER.key)
        assert {"tile/0/000", "checkpoint"} < set(objects.below(""))
        assert objects.link("checkpoint") == log.objects.link("checkpoint")
        objects.delete(["tile/0/000"])
        assert "tile/0/000" not in set(log.objects.below(""))
