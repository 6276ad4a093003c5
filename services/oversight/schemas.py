"""What oversight is asked and answers."""

from typing import Literal

from shared.contracts.model import Contract, Identifier
from shared.contracts.oversight import Finding
from shared.http.pages import PageQuery


class FindingQuery(PageQuery):
    """Which findings: of one department or of all one may see, open, closed or both."""

    department: Identifier | None = None
    state: Literal["open", "closed"] | None = None


class FindingPage(Contract):
    """Findings, newest first, and the cursor of the next page (null at the end)."""

    findings: tuple[Finding, ...]
    next: str | None
