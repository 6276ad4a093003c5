"""What the stores of the public list promise, as checks that any DynamoDB engine must pass (see store_checks)."""

from datetime import timedelta

from services.registry.domain import SOURCE
from services.registry.domain.exports import Export
from services.registry.logic import search
from services.registry.logic.changes import list_changes
from services.registry.logic.public import list_published, list_versions, whole_list
from services.registry.schemas.changes import ChangesQuery
from services.registry.schemas.public import PublicQuery
from services.registry.store.changes import ChangeLogStore
from services.registry.store.exports import ExportStore
from services.registry.store.public import PublicListStore
from services.registry.store.search import SearchStore
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.kernel.clock import BEIJING
from tests.support.acts import NOW, act
from tests.support.public_list_builders import BUREAU, GOVERNMENT, version_of
from tests.support.table_checks import Check, at_once

_CODES = ("A", "A-1", "A.2", "B", "B1")


def _found(table: type[Row], asked: PublicQuery) -> list[str]:
    public, index = PublicListStore(Journal(table, SOURCE)), SearchStore(Journal(table, SOURCE))
    codes: list[str] = []
    after: str | None = None
    while True:
        page = list_published(public, index, asked, after, NOW)
        codes += [each.item.code for each in page.items]
        after = page.after
        if after is None:
            return codes


def _index(table: type[Row], code: str, name: str) -> None:
    journal = Journal(table, SOURCE)
    search.index_item(SearchStore(journal), PublicListStore(journal), act(), code, name)


def public_lists_and_searches(table: type[Row]) -> None:
    """R-REG-5: lists, pages, versions, and what is searched, renamed or hidden."""
    for code in _CODES:
        version_of(table, code, made_at=NOW, name="许可证许可")
        _index(table, code, "许可证许可")
    queries = (PublicQuery(limit=2), PublicQuery(limit=2, approval_department=BUREAU), PublicQuery(limit=2, q="许可"))
    for asked in (*queries, PublicQuery(limit=2, q="xkz"), PublicQuery(limit=200)):
        assert sorted(_found(table, asked)) == list(_CODES)
    assert sorted(_found(table, PublicQuery(q="a1", limit=1))) == ["A-1"]
    public = PublicListStore(Journal(table, SOURCE))
    assert len(list(whole_list(public, NOW))) == len(_CODES)

    version_of(table, "A", made_at=NOW, name="登记")
    version_of(table, "B", made_at=NOW, sharing=GOVERNMENT)
    _index(table, "A", "登记")
    _index(table, "B", "许可证许可")
    assert sorted(_found(table, PublicQuery(q="许可"))) == ["A-1", "A.2", "B1"]
    assert _found(table, PublicQuery(q="登记")) == ["A"]
    assert [each.version for each in list_versions(public, "A", 1, None)[0]] == [2]
    assert [each.version for each in list_versions(public, "A", 1, 2)[0]] == [1]


def changes_between_days(table: type[Row]) -> None:
    """R-REG-5."""
    for number, code in enumerate(_CODES):
        version_of(table, code, made_at=NOW + timedelta(days=20 * number))
    log = ChangeLogStore(Journal(table, SOURCE))
    first, last = (NOW + timedelta(days=days) for days in (20, 60))
    days = {"from": first.astimezone(BEIJING).date(), "to": last.astimezone(BEIJING).date()}
    page = list_changes(log, ChangesQuery(limit=2, **days), None)  # type: ignore[arg-type]
    rest = list_changes(log, ChangesQuery(limit=2, **days), page.following)  # type: ignore[arg-type]
    assert [each.code for each in (*page.entries, *rest.entries)] == list(_CODES[1:4])
    assert rest.following is None


def exports_are_owed_and_found(table: type[Row]) -> None:
    """R-REG-5: owed once, taken by one, owed again for what came meanwhile; the later export is the one found."""
    store = ExportStore(Journal(table, SOURCE))
    due, later = NOW + timedelta(minutes=15), NOW + timedelta(minutes=31)
    assert (store.owed(), store.current(), store.planned()) == (None, None, None)
    for minutes in (0, 1):
        store.mark(NOW + timedelta(minutes=minutes), due + timedelta(minutes=minutes))
    owed = store.owed()
    assert owed
    assert (owed.since, owed.due_at, owed.changes) == (NOW, due, 2)
    taken = store.take(owed, later)
    assert taken
    assert store.take(owed, later) is None
    store.mark(due, later)
    store.done(taken, due, later + timedelta(minutes=1))
    again = store.owed()
    assert again
    assert (again.since, again.due_at) == (due, later + timedelta(minutes=1))
    store.done(again, due, later)
    assert store.owed() is None

    made = Export(as_of=NOW, items=1, files={})
    store.publish(made)
    store.publish(made.model_copy(update={"as_of": NOW - timedelta(minutes=1), "items": 2}))
    assert store.current() == made
    store.plan(due)
    assert store.planned() == due
    store.plan(None)
    assert store.planned() is None


def one_export_of_many_makers(table: type[Row]) -> None:
    """R-REG-5: however many find an export owed, one makes it."""
    store = ExportStore(Journal(table, SOURCE))
    store.mark(NOW, NOW)
    owed = store.owed()
    assert owed

    class Lost(Exception):
        pass

    def take(number: int) -> None:
        if store.take(owed, NOW + timedelta(minutes=16 + number)) is None:
            raise Lost

    assert at_once(8, take).count("won") == 1


CHECKS: tuple[Check, ...] = (public_lists_and_searches, changes_between_days, exports_are_owed_and_found)
RACES: tuple[Check, ...] = (one_export_of_many_makers,)
