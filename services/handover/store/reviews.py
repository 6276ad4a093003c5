"""Which department has not given its opinion yet: a row for each, in that department's list (R-HND-10).

| pk | sk | what |
|---|---|---|
| `case_…` | `asked#rev_…#dept_…` | a request that waits for the department, in its list; gone once it waits no more |
"""

from collections.abc import Iterator, Mapping, Sequence

from services.handover.domain.cases import CaseFile
from services.handover.domain.reviews import open_reviews
from services.handover.ports.cases import Position
from services.handover.store.lists import Waiting, list_writes
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.table import Row
from shared.aws.transactions import Write
from shared.contracts.reviews import ReviewRequest


class ReviewStore:
    """Requests by the department they wait for; see ports.reviews.Reviews."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def asked(
        self, department: str, *, limit: int, position: Position | None
    ) -> tuple[Sequence[ReviewRequest], Position | None]:
        """A page of the requests that a department has not answered yet, oldest first."""
        page = read_page(self.table, _asked(department), limit=limit, position=position, newest_first=False)
        return [ReviewRequest.model_validate_json(row.body or "{}") for row in page.rows], page.position


def asked_writes(table: type[Row], file: CaseFile, known: CaseFile) -> Iterator[Write]:
    """What a change of a case changes in the lists of those who are asked."""
    return list_writes(table, file.case.case_id, _waiting(file), _waiting(known))


def _waiting(file: CaseFile) -> Mapping[str, Waiting]:
    return {
        f"asked#{review.review_id}#{department}": Waiting(
            _asked(department), review.requested_at, review.review_id, review
        )
        for review in open_reviews(file)
        for department in review.departments
        if department not in review.answered
    }


def _asked(department: str) -> str:
    return f"reviews#{department}"
