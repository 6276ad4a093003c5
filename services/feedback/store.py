"""Feedback's rows.

| pk | sk | what |
|---|---|---|
| thread id | `head`, `event#…` | the thread and its chain (Journal) |
| thread id | `inbox` | the thread in its addressee's list, `listing` = `inbox#department#state` |
| case id | `thread#…` | the thread among its case's |
| case id | `known` | what handover told of the case, by the case chain's sequence |
| case id | `pushed#department` | that the case was pushed to the department |
"""

from services.feedback.domain.threads import KnownCase, ThreadState
from services.feedback.ports import Position, ThreadPage
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.table import Row
from shared.aws.transactions import Write, put_newer
from shared.contracts.change import Change, Context, Stored
from shared.contracts.feedback import Thread
from shared.kernel.clock import to_text

KNOWN = "known"
PUSHED = "pushed#"
THREAD = "thread#"
INBOX = "inbox"


class FeedbackStore:
    """Threads and what we know of cases, on feedback's own table."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def case(self, case_id: str) -> KnownCase | None:
        """A case handover told us of, or None."""
        row = self.table.find(case_id, KNOWN)
        return KnownCase.model_validate_json(row.body or "{}") if row else None

    def was_pushed(self, case_id: str, department: str) -> bool:
        """Whether handover told us of a push of the case to the department."""
        return self.table.find(case_id, f"{PUSHED}{department}") is not None

    def keep_case(self, case: KnownCase, version: int, context: Context) -> None:
        """Keep a case as of `version`, unless a newer one is kept. Raises AlreadyDone."""
        row = self.table(pk=case.case_id, sk=KNOWN, version=version, body=case.model_dump_json())
        self.journal.keep(context.event, [put_newer(KNOWN, row)])

    def keep_push(self, case_id: str, department: str, push_id: str, version: int, context: Context) -> None:
        """Keep that a case was pushed to a department. Raises AlreadyDone."""
        row = self.table(pk=case_id, sk=f"{PUSHED}{department}", version=version, body=push_id)
        self.journal.keep(context.event, [put_newer("pushed", row)])

    def thread(self, thread_id: str) -> Stored[Thread] | None:
        """A thread as it stands now, or None."""
        return self.journal.read(thread_id, Thread)

    def save(self, change: Change[Thread]) -> None:
        """Write a thread, its events and the lists it is in. Raises AlreadyDone, Outdated."""
        thread = change.state
        listed = self.table(
            pk=thread.thread_id,
            sk=INBOX,
            body=thread.model_dump_json(),
            listing=_inbox(thread.to_department, thread.state),
            listing_at=f"{to_text(thread.opened_at)}#{thread.thread_id}",
        )
        of_case = self.table(pk=thread.case_id, sk=f"{THREAD}{thread.thread_id}", body=thread.model_dump_json())
        self.journal.commit(change, [Write("inbox", "Put", listed), Write("case", "Put", of_case)])

    def inbox(self, department: str, state: ThreadState, limit: int, position: Position | None) -> ThreadPage:
        """Threads addressed to a department, newest first; eventually consistent."""
        page = read_page(self.table, _inbox(department, state), limit=limit, position=position)
        return ThreadPage(tuple(_thread(row) for row in page.rows), page.position)

    def threads_of(self, case_id: str, limit: int, position: Position | None) -> ThreadPage:
        """Threads about a case, newest first; strongly consistent."""
        found = self.table.query(
            case_id,
            self.table.sk.startswith(THREAD),
            consistent_read=True,
            scan_index_forward=False,
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
        )
        return ThreadPage(tuple(_thread(row) for row in found), found.last_evaluated_key)


def _inbox(department: str, state: ThreadState) -> str:
    return f"inbox#{department}#{state}"


def _thread(row: Row) -> Thread:
    return Thread.model_validate_json(row.body or "{}")
