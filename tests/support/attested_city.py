"""A service, its relay, the log and the verifier, in moto: what is done to the table is told to audit, and judged."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.audit import wiring
from services.audit.domain.health import Progress
from services.audit.domain.log import Message
from services.audit.events import attesting, checking
from services.audit.logic.attesting import judge_passes
from services.audit.logic.health import MEASURE
from services.audit.logic.indexing import index
from services.audit.logic.sealing import seal
from services.audit.logic.verifying import Verifying, verify
from services.audit.ports.positions import Position
from services.audit.store.chains import ChainStore, TallyStore
from shared.aws.attestation import attest
from shared.aws.journal import Journal
from shared.aws.outbox import Outbox
from shared.aws.table import Row, bound_table
from shared.contracts.change import Context
from shared.contracts.dockets import Docket
from shared.kernel.permissions import ANONYMOUS
from tests.support.acts import NOW, SOURCE, Mailbox
from tests.support.attestation_checks import Post, a_witness
from tests.support.aws import unsent_events

LATER = NOW + timedelta(hours=26)
"""When the service attests: everything is settled by then."""


def new_table(name: str) -> type[Row]:
    """Another service's table in the same AWS."""
    table = bound_table(name)
    table.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    return table


@dataclass
class City:
    """One service and audit. `post` is audit's queue, as the service sends to it."""

    table: type[Row]
    post: Post = field(default_factory=Post)

    @property
    def journal(self) -> Journal:
        """The service's journal."""
        return Journal(self.table, SOURCE)

    def relay(self) -> None:
        """Publish everything unsent, and seal it."""
        mailbox = Mailbox()
        Outbox(self.table, mailbox, mailbox, "topic", "queue").publish(unsent_events(self.table))  # type: ignore[arg-type]
        taken = zip(mailbox.logged, mailbox.dockets, strict=True)
        batch = {str(n): Message(text, Docket.model_validate(docket)) for n, (text, docket) in enumerate(taken)}
        seal(wiring.log(), batch, NOW)

    def attest(self, now: datetime = LATER) -> None:
        """One whole pass over the service's table, from its beginning."""
        attest(a_witness(self.table, self.post), None, lambda: now, asked=True)

    def weigh(self, now: datetime = LATER) -> list[str]:
        """Audit takes what was attested, and judges the counts; every finding there is then."""
        for text in self.post.messages:
            checking.handle(text, attesting.HANDLERS, now)
        judge_passes(wiring.scales(), context(now))
        return findings()

    def found(self) -> list[str]:
        """Measure, verify, attest and weigh: every finding."""
        measured()
        verified()
        self.attest()
        return self.weigh(LATER + timedelta(hours=1))


def context(now: datetime) -> Context:
    return Context(ANONYMOUS, now, "a test")


def findings() -> list[str]:
    """The codes of everything found, in order."""
    found, _ = wiring.faults().page(200, None)
    return sorted(each.fault.fault.value for each in found)


def measured(through: datetime | None = LATER + timedelta(hours=1)) -> None:
    """What `publish` measures every minute: up to when everything is sealed."""
    positions = wiring.positions()
    before = positions.read(MEASURE)
    after = Position(before.size + 1, Progress(through=through, size=0).model_dump_json())
    positions.move(MEASURE, before, after)


def verified() -> None:
    """What the verifier does every few minutes: it remembers each chain, and each day's number; and the indexer."""
    table = wiring.store().journal.table
    verifying = Verifying(
        wiring.log(), wiring.positions(), ChainStore(table, 1), TallyStore(table, 1), wiring.faults(), at_once=1
    )
    assert verify(verifying, lambda: context(NOW), LATER).found == 0
    index(wiring.log(), wiring.positions(), wiring.postings(), lambda: NOW, LATER)
