"""What sealing asks of AWS, batch by batch: DynamoDB's units on Amazon's own engine, files, signatures."""

from infra.bench.city import told
from infra.bench.log_outcomes import Sealed
from infra.bench.stage import raised
from infra.build import Report
from infra.dynamodb_local import dynamodb_local
from shared.contracts.access import RecordRead
from shared.contracts.event import Event

BATCHES = (1, 10, 100, 1_000)


def measured_sealing(say: Report) -> list[Sealed]:
    """Each size of batch, on a log that has entries already. Needs Java and Maven; see `missing_programs`."""
    measured: list[Sealed] = []
    with dynamodb_local() as endpoint, raised(endpoint) as stage:
        stage.seal(_events(3))
        for size in BATCHES:
            say(f"sealing, a batch of {size}")
            events = _events(size)
            with stage.recorder.step(f"a batch of {size:,}") as figures:
                stage.seal(events)
            measured.append(Sealed(size, figures))
    return measured


def _events(count: int) -> list[Event]:
    return [told(RecordRead(route="/v1/pushes/{push_id}", target="")) for _ in range(count)]
