"""What is kept beside a leaf of the log for those who search, and never published (登记; R-AUD-1, R-AUD-3).

The relay says it beside each envelope, and a service attests its hash with every event that it holds, so that whoever
changes what auditors search by is found (R-AUD-4).
"""

from shared.contracts.event import Event, case_of
from shared.contracts.model import Contract, Identifier, ShortText
from shared.kernel.canonical import canonical_json, sha256_hex


class Docket(Contract):
    """The case an event is about, who acted, on which request. None of it names a person."""

    case: Identifier | None = None
    principal: ShortText | None = None
    request: ShortText | None = None

    def hash(self) -> str:
        """SHA-256 of its RFC 8785 JSON."""
        return sha256_hex(canonical_json(self.model_dump(mode="json")))


NO_DOCKET = Docket()


def docket_of(event: Event) -> Docket:
    """An event's docket; none where what the event says is no docket: searching suffers, sealing does not."""
    try:
        return Docket(case=case_of(event), principal=event.data.actor.client_id, request=event.data.correlation_id)
    except ValueError:
        return NO_DOCKET
