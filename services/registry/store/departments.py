"""Departments in DynamoDB.

| pk | sk | what |
|---|---|---|
| `dept_…` | `head` | the department and its chain head |
| `dept_…` | `event#n` | each event; unsent until published. It tells the department whole, so version n is read here |
| `dept_…` | `listed` | the department in the list of departments |
| `dept_…` | `kind` | pointer: the department in the list of its kind |
| `dept_…` | `below#dept_…` | pointer: a department whose superior this one is |
| `dept_…` | `term#<since>#pers_…` | one liaison's term; written again once, when it ends |
| `name#<name>` | `department` | which department holds a name; there is one |
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from services.registry.domain.departments import HOLDS_ITS_NAME, normal_name
from services.registry.domain.liaisons import LiaisonTerm
from services.registry.ports.departments import Position
from services.registry.store.shards import walk
from shared.aws.journal import EVENT, Journal
from shared.aws.listing import read_page
from shared.aws.table import Row, shard_of
from shared.aws.transactions import Write, put_new
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department
from shared.contracts.event import Event, read_past, whole
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.canonical import sha256_hex
from shared.kernel.clock import to_text
from shared.kernel.ids import is_id

DEPARTMENTS = "departments"
_LISTED = "listed"
_BELOW = "below#"
_TERM = "term#"
NAME = "name"
_HOLDER = "department"


class DepartmentStore:
    """Departments on the registry's table; see ports.departments.Departments for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.table = journal.table

    def department(self, department_id: str) -> Stored[Department] | None:
        """A department as it stands now (strongly consistent), or None."""
        return self.journal.read(department_id, Department) if is_id(department_id, "dept") else None

    def save_department(
        self,
        change: Change[Department],
        before: Department | None,
        terms: Sequence[LiaisonTerm] = (),
        judged_by: Collection[Stored[Department]] = (),
    ) -> None:
        """Write a change: the department, its places in lists, its name, the terms it ends and begins."""
        after = change.state
        writes = [
            self._listed(after),
            *self._kind_writes(after, before),
            *self._name_writes(after, before),
            *self._superior_writes(after, before),
            *(self._term(after.department_id, each) for each in terms),
            *(self.journal.unchanged(each.state.department_id, each.head) for each in judged_by),
        ]
        self.journal.commit(change, writes)

    def department_of_name(self, name: str) -> str | None:
        """The id of the department that holds a name (strongly consistent), or None."""
        row = self.table.find(_name_key(name), _HOLDER)
        return row.body if row else None

    def running_terms(self, department_id: str) -> Sequence[LiaisonTerm]:
        """The terms of the liaisons on duty now (strongly consistent)."""
        rows = self.table.query(department_id, self.table.sk.startswith(_TERM), consistent_read=True)
        return [each for each in map(_term_of, rows) if each.until is None]

    def terms_begun(self, department_id: str, before: datetime) -> Sequence[LiaisonTerm]:
        """The terms that began before an instant, earliest first (strongly consistent)."""
        begun = self.table.sk.between(_TERM, f"{_TERM}{to_text(before)}")
        return [_term_of(row) for row in self.table.query(department_id, begun, consistent_read=True)]

    def list_terms(
        self, department_id: str, limit: int, position: Position | None
    ) -> tuple[Sequence[LiaisonTerm], Position | None]:
        """One page of all terms, latest first."""
        rows, following = self._page(department_id, _TERM, limit, position, newest_first=True)
        return [_term_of(row) for row in rows], following

    def told(self, department_id: str, version: int) -> Event | None:
        """The event that told of a version (one read), or None. Raises Refused("payload_erased")."""
        if not is_id(department_id, "dept"):
            return None
        row = self.table.find(department_id, f"{EVENT}{version:010d}")
        return whole([read_past(row.body or "{}")])[0] if row else None

    def history(
        self, department_id: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Event], Position | None]:
        """One page of what was told of a department, latest first, without what was erased."""
        rows, following = self._page(department_id, EVENT, limit, position, newest_first=True)
        past = (read_past(row.body or "{}") for row in rows)
        return [each for each in past if isinstance(each, Event)], following

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """One page of all departments, in a stable order."""
        rows, following = walk(self.table, DEPARTMENTS, limit, position)
        return [Department.model_validate_json(row.body or "{}") for row in rows], following

    def list_of_kind(
        self, kind: DepartmentKind, limit: int, position: Position | None
    ) -> tuple[Sequence[Department], Position | None]:
        """One page of the departments of a kind, in the order of registration."""
        page = read_page(self.table, _of_kind(kind), limit=limit, position=position, newest_first=False)
        return self._in_order([row.pk for row in page.rows]), page.position

    def list_below(
        self, superior: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Department], Position | None]:
        """One page of the departments directly below another (strongly consistent)."""
        rows, following = self._page(superior, _BELOW, limit, position)
        return self._in_order([row.sk.removeprefix(_BELOW) for row in rows]), following

    # --- Rows ---

    def _page(
        self, pk: str, prefix: str, limit: int, position: Position | None, *, newest_first: bool = False
    ) -> tuple[list[Row], Position | None]:
        found = self.table.query(
            pk,
            self.table.sk.startswith(prefix),
            limit=limit,
            page_size=limit,
            last_evaluated_key=dict(position) if position else None,
            scan_index_forward=not newest_first,
            consistent_read=True,
        )
        return list(found), found.last_evaluated_key

    def _in_order(self, department_ids: Sequence[str]) -> Sequence[Department]:
        keys = [(each, _LISTED) for each in department_ids]
        rows = self.table.batch_get(keys, consistent_read=True) if keys else ()
        found = {row.pk: Department.model_validate_json(row.body or "{}") for row in rows}
        return [found[each] for each in department_ids if each in found]

    def _listed(self, department: Department) -> Write:
        # The head guards the transaction; the rows in lists need no condition of their own.
        row = self.table(
            pk=department.department_id,
            sk=_LISTED,
            version=department.version,
            body=department.model_dump_json(),
            listing=f"{DEPARTMENTS}#{shard_of(department.department_id)}",
            listing_at=department.department_id,
        )
        return Write(_LISTED, "Put", row)

    def _kind_writes(self, after: Department, before: Department | None) -> Iterable[Write]:
        if before is None or before.kind is not after.kind:
            identifier = after.department_id
            row = self.table(pk=identifier, sk="kind", listing=_of_kind(after.kind), listing_at=identifier)
            yield Write("kind", "Put", row)

    def _name_writes(self, after: Department, before: Department | None) -> Iterable[Write]:
        held, holds = _held_name(before), _held_name(after)
        if held == holds:
            return
        if holds:
            yield put_new(NAME, self.table(pk=holds, sk=_HOLDER, body=after.department_id))
        if held:
            yield Write(f"{NAME}:freed", "Delete", self.table(pk=held, sk=_HOLDER))

    def _superior_writes(self, after: Department, before: Department | None) -> Iterable[Write]:
        was = before.superior if before else None
        if was == after.superior:
            return
        sk = f"{_BELOW}{after.department_id}"
        if after.superior:
            yield Write("below", "Put", self.table(pk=after.superior, sk=sk))
        if was:
            yield Write("below:left", "Delete", self.table(pk=was, sk=sk))

    def _term(self, department_id: str, term: LiaisonTerm) -> Write:
        sk = f"{_TERM}{to_text(term.since)}#{term.person_id}"
        return Write(sk, "Put", self.table(pk=department_id, sk=sk, body=term.model_dump_json()))


def _held_name(department: Department | None) -> str | None:
    if department is None or department.state not in HOLDS_ITS_NAME:
        return None
    return _name_key(department.name)


def _name_key(name: str) -> str:
    # Hashed, since a normal form may be longer than a key.
    return f"{NAME}#{sha256_hex(normal_name(name).encode())}"


def _of_kind(kind: DepartmentKind) -> str:
    return f"{DEPARTMENTS}#kind#{kind}"


def _term_of(row: Row) -> LiaisonTerm:
    return LiaisonTerm.model_validate_json(row.body or "{}")
