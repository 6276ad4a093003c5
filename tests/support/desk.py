"""A desk that remembers what was noted and has no first answers, for endpoints without a table."""

from shared.contracts.change import Answer, Context, Once
from shared.contracts.event import Body


class RecordingDesk:
    """Keeps every noted body in `noted`, and every `Once` in `onces`."""

    def __init__(self) -> None:
        self.noted: list[Body] = []
        self.onces: list[Once] = []

    def answer(self, key: str) -> Answer | None:  # noqa: ARG002 - no first answer is ever there
        return None

    def note(self, body: Body, context: Context) -> None:
        assert context.correlation_id
        self.noted.append(body)

    def note_once(self, body: Body, context: Context, once: Once) -> bool:
        if once.key in {each.key for each in self.onces}:
            return False
        self.onces.append(once)
        self.note(body, context)
        return True
