"""Watches and findings as rows of oversight's table.

| pk | sk | what |
|---|---|---|
| a cause's key (`domain.cause_of`) | `known` | the watch: newest snapshot, and its next look while it is owed |
| finding id | `head`, `event#…` | the finding and its chain |
| finding id | `of-department`, `of-city` | the finding in its department's list, and in one of the city's eight |
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from services.oversight.domain import SOURCE, Watch, cause_of, due_at
from services.oversight.ports import State
from shared.aws.journal import Journal
from shared.aws.listing import read_due
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.aws.transactions import ConditionFailed, Write, client_of, put_new, transact
from shared.contracts.change import Change, Outdated, Stored, Taken
from shared.contracts.oversight import Finding
from shared.kernel.clock import to_text

KNOWN = "known"
STATES: tuple[State, ...] = ("open", "closed")


class OversightStore:
    """Findings and watches; see ports.Findings for what each method promises."""

    def __init__(self, table: type[Row]) -> None:
        self.table = table
        self.journal = Journal(table, SOURCE)

    def watch(self, key: str) -> Watch | None:
        """What we know of one cause (domain.Cause.key), strongly consistent."""
        row = self.table.find(key, KNOWN)
        return Watch.model_validate_json(row.body or "{}") if row else None

    def finding(self, finding_id: str) -> Stored[Finding] | None:
        """A finding and its chain, strongly consistent."""
        return self.journal.read(finding_id, Finding)

    def keep(self, before: Watch | None, after: Watch) -> None:
        """Write a watch, if it still is what was read. Raises Outdated."""
        try:
            transact(client_of(self.table), [self._watch(before, after)])
        except ConditionFailed:
            raise Outdated from None

    def save(self, change: Change[Finding], before: Watch, after: Watch) -> None:
        """Write a finding and the watch it comes from in one transaction. Raises Outdated, AlreadyDone."""
        try:
            self.journal.commit(change, [self._watch(before, after), *self._listed(change.state)])
        except Taken as taken:
            raise Outdated from taken

    def due(self, now: datetime) -> Iterator[str]:
        """The keys of the watches to be looked at, as the index shows them."""
        return (row.pk for row in read_due(self.table, now))

    def page(
        self, department: str | None, state: State | None, *, limit: int, before: str | None
    ) -> tuple[tuple[Finding, ...], str | None]:
        """One page of a department's or of all findings, newest first, and where the next page starts.

        The city's list is eight lists, so that no index partition is hot; a page is the newest of all of them.
        """
        rows = [row for listing in _listings(department, state) for row in self._newest(listing, limit, before)]
        rows.sort(key=lambda row: row.listing_at or "", reverse=True)
        found = tuple(Finding.model_validate_json(row.body or "{}") for row in islice(rows, limit))
        return found, rows[limit - 1].listing_at if len(rows) > limit else None

    def _newest(self, listing: str, limit: int, before: str | None) -> Iterator[Row]:
        index = self.table.listing_index
        earlier = self.table.listing_at < before if before else None
        # One more than asked for tells whether there is a next page.
        yield from index.query(listing, earlier, limit=limit + 1, scan_index_forward=False, page_size=limit + 1)

    def _watch(self, before: Watch | None, after: Watch) -> Write:
        key = cause_of(after.about).key
        row = self.table(pk=key, sk=KNOWN, version=after.revision, body=after.model_dump_json())
        due = due_at(after)
        if due is not None:
            row.due_shard = shard_of(key)
            row.due_at = to_text(due)
        if before is None:
            return put_new(KNOWN, row)
        return Write(KNOWN, "Put", row, "version = :before", {":before": {"N": str(before.revision)}})

    def _listed(self, finding: Finding) -> list[Write]:
        lists = {
            "of-department": _of_department(finding.department, finding.state),
            "of-city": _of_city(shard_of(finding.finding_id), finding.state),
        }
        return [Write(sort_key, "Put", self._listing_row(finding, sort_key, key)) for sort_key, key in lists.items()]

    def _listing_row(self, finding: Finding, sort_key: str, listing: str) -> Row:
        return self.table(
            pk=finding.finding_id,
            sk=sort_key,
            body=finding.model_dump_json(),
            listing=listing,
            listing_at=f"{to_text(finding.opened_at)}#{finding.finding_id}",
        )


def _listings(department: str | None, state: State | None) -> list[str]:
    states = [state] if state else STATES
    if department:
        return [_of_department(department, each) for each in states]
    return [_of_city(shard, each) for each in states for shard in ALL_SHARDS]


def _of_department(department: str, state: State) -> str:
    return f"{state}#{department}"


def _of_city(shard: str, state: State) -> str:
    return f"{state}#city#{shard}"
