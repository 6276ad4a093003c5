"""Which department has not given its opinion yet: a row for each, in that department's list (R-HND-10).

| pk | sk | what |
|---|---|---|
| `case_…` | `asked#rev_…#dept_…` | a request that waits for the department, in its list; gone once it waits no more |
"""

from collections.abc import Iterator, Mapping, Sequence

from services.handover.domain.cases import CaseFile
from services.handover.domain.reviews import open_reviews
from services.handover.ports.cases import Position
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.table import Row
from shared.aws.transactions import Write
from shared.contracts.reviews import ReviewRequest
from shared.kernel.clock import to_text


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
    now, before = _waiting(file), _waiting(known)
    for key, (department, review) in now.items():
        if before.get(key) != (department, review):
            row = table(pk=review.case_id, sk=key, body=review.model_dump_json())
            row.listing = _asked(department)
            row.listing_at = f"{to_text(review.requested_at)}#{review.review_id}"
            yield Write(key, "Put", row)
    for key in before.keys() - now.keys():
        yield Write(key, "Delete", table(pk=file.case.case_id, sk=key))


def _waiting(file: CaseFile) -> Mapping[str, tuple[str, ReviewRequest]]:
    return {
        f"asked#{review.review_id}#{department}": (department, review)
        for review in open_reviews(file)
        for department in review.departments
        if department not in review.answered
    }


def _asked(department: str) -> str:
    return f"reviews#{department}"
