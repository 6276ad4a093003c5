"""The queue that envelopes come by, as a protocol; store/envelopes.py is the real thing."""

from typing import Protocol


class Envelopes(Protocol):
    """Envelopes on their way into the log."""

    def waiting(self) -> int:
        """How many are to be delivered, being sealed, or put off; as SQS counts, right within about a minute."""

    def given_up(self) -> int:
        """How many the queue gave up after its tries: unsealed until a person moves them back."""

    def reject(self, text: str, reason: str) -> None:
        """Lay a message aside that can never become a leaf, for a person to see; from then on it is not waited for."""
