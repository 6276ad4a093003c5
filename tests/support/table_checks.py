"""What shared/aws promises of a table, as checks that any DynamoDB engine must pass.

Each check is a sentence about one new table. `CHECKS` need one thread, `RACES` need an engine that bears several.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from shared.aws.journal import Journal
from shared.aws.listing import read_due, read_page
from shared.aws.outbox import Outbox
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.aws.transactions import (
    MAX_WRITES,
    ConditionFailed,
    Write,
    client_of,
    put_new,
    put_newer,
    transact,
)
from shared.contracts.access import RequestRefused
from shared.contracts.chain import verify
from shared.contracts.change import AlreadyDone, Answer, Outdated, Taken
from shared.kernel.clock import to_text
from shared.kernel.ids import new_id
from tests.support.acts import NOW, SOURCE, Counter, Mailbox, act, all_rows, count_up, counting, once
from tests.support.aws import unsent_events

Check = Callable[[type[Row]], None]

REFUSED = RequestRefused(method="GET", route="/v1/x", target="", status=403, code="forbidden")


def a_change_is_read_back_whole_and_at_once(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")
    assert journal.read(aggregate, Counter) is None
    for expected in range(1, 6):
        written = count_up(table, aggregate)
        stored = journal.read(aggregate, Counter)
        assert stored
        assert (stored.state.count, stored.head) == (expected, written.after)


def events_come_in_order_and_form_an_unbroken_chain(table: type[Row]) -> None:
    aggregate = new_id("case")
    for _ in range(4):
        count_up(table, aggregate, events=3)
    journal = Journal(table, SOURCE)
    events = list(journal.events(aggregate))
    stored = journal.read(aggregate, Counter)
    assert [event.sequence for event in events] == list(range(1, 13))
    assert stored
    assert verify(events, stored.head) == []


def two_first_writes_of_an_aggregate_leave_one(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")
    journal.commit(counting(aggregate, None, act()))
    before = all_rows(table)
    with pytest.raises(Outdated):
        journal.commit(counting(aggregate, None, act(), events=2))
    assert all_rows(table) == before


def a_change_decided_on_an_old_head_writes_nothing(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")
    count_up(table, aggregate)
    old = journal.read(aggregate, Counter)
    count_up(table, aggregate)
    before = all_rows(table)
    index = table(pk=new_id("case"), sk="index")
    with pytest.raises(Outdated):
        journal.commit(counting(aggregate, old, act(once())), [Write("index", "Put", index)])
    assert all_rows(table) == before


def a_used_key_is_already_done_whatever_else_fails(table: type[Row]) -> None:
    """R-HND-13: a repeated request gets its first answer, not a complaint about the state its first run left."""
    journal = Journal(table, SOURCE)
    aggregate, key = new_id("case"), once()
    unique = put_new("number", table(pk="number#1", sk="case"))
    journal.commit(counting(aggregate, None, act(key)), [unique])
    before = all_rows(table)
    with pytest.raises(AlreadyDone):
        journal.commit(counting(aggregate, None, act(key)), [unique])
    assert all_rows(table) == before
    assert journal.answer(key.key) == Answer("asked", '{"count":1}')
    assert journal.answer("another") is None


def a_taken_row_is_named_unless_the_head_moved_too(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")
    unique = put_new("number", table(pk="number#1", sk="case"))
    journal.commit(counting(aggregate, None, act()), [unique])
    with pytest.raises(Taken) as taken:
        journal.commit(counting(new_id("case"), None, act()), [unique])
    assert taken.value.label == "number"
    with pytest.raises(Outdated):
        journal.commit(counting(aggregate, None, act()), [unique])


def an_event_kept_twice_is_kept_once(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    seen = once()
    journal.keep(seen, [put_newer("item", table(pk="item#1", sk="known", version=3, body="three"))])
    with pytest.raises(AlreadyDone):
        journal.keep(seen, [put_newer("item", table(pk="item#1", sk="known", version=4, body="four"))])
    assert table.get("item#1", "known").body == "three"


def only_what_is_older_than_what_we_know_is_dropped(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    journal.keep(once(), [put_newer("a", table(pk="a", sk="known", version=5, body="five"))])
    late = once()
    writes = [
        put_newer("a", table(pk="a", sk="known", version=4, body="four")),
        put_newer("b", table(pk="b", sk="known", version=1, body="one")),
    ]
    journal.keep(late, writes)
    assert [table.get(key, "known").body for key in ("a", "b")] == ["five", "one"]
    assert journal.answer(late.key) is not None
    with pytest.raises(AlreadyDone):
        journal.keep(late, writes)
    journal.keep(once(), [put_newer("a", table(pk="a", sk="known", version=5, body="five again"))])
    assert table.get("a", "known").body == "five"


def a_note_is_an_event_in_the_outbox_and_a_flood_is_noted_once(table: type[Row]) -> None:
    """R-AUD-1."""
    journal = Journal(table, SOURCE)
    journal.note(REFUSED, act())
    flood = once()
    assert [journal.note_once(REFUSED, act(), flood) for _ in range(3)] == [True, False, False]
    noted = unsent_events(table)
    assert [event.type for event in noted] == ["request.refused.v1"] * 2
    assert all(event.is_committed() for event in noted)


def the_failed_conditions_come_back_by_label(table: type[Row]) -> None:
    client = client_of(table)
    there = {1, 3, 4, 8}
    transact(client, [put_new(f"row{n}", table(pk=f"row{n}", sk="x")) for n in sorted(there)])
    with pytest.raises(ConditionFailed) as failed:
        transact(client, [put_new(f"row{n}", table(pk=f"row{n}", sk="x")) for n in range(10)])
    assert failed.value.labels == {f"row{n}" for n in there}
    assert len(all_rows(table)) == len(there)


def every_kind_of_write_takes_its_condition(table: type[Row]) -> None:
    client = client_of(table)
    table(pk="a", sk="x", version=1, body="old").save()
    table(pk="b", sk="x", version=1).save()
    current = "version = :version"

    def writes(version: str) -> list[Write]:
        values = {":version": {"N": version}}
        return [
            Write("check", "ConditionCheck", table(pk="a", sk="x"), current, values),
            Write(
                "update", "Update", table(pk="b", sk="x"), current,
                values | {":body": {"S": "new"}}, {"#body": "body"}, "SET #body = :body",
            ),
            Write("delete", "Delete", table(pk="c", sk="x"), "attribute_not_exists(pk)"),
        ]  # fmt: skip

    with pytest.raises(ConditionFailed) as failed:
        transact(client, writes("2"))
    assert failed.value.labels == {"check", "update"}
    transact(client, writes("1"))
    assert table.get("b", "x").body == "new"


def a_hundred_rows_go_into_one_transaction_and_no_more(table: type[Row]) -> None:
    client = client_of(table)
    transact(client, [put_new(f"n{n}", table(pk=f"n{n}", sk="x")) for n in range(MAX_WRITES)])
    with pytest.raises(ClientError, match="ValidationException"):
        transact(client, [put_new(f"m{n}", table(pk=f"m{n}", sk="x")) for n in range(MAX_WRITES + 1)])
    assert len(all_rows(table)) == MAX_WRITES


def a_row_of_more_than_400_kilobytes_is_refused_whole(table: type[Row]) -> None:
    with pytest.raises(ClientError, match="Item size"):
        transact(client_of(table), [_row(table, "a"), Write("b", "Put", table(pk="b", sk="x", body="x" * 410_000))])
    assert all_rows(table) == []


def a_row_written_twice_in_one_transaction_is_refused(table: type[Row]) -> None:
    with pytest.raises(ClientError, match="multiple operations on one item"):
        transact(client_of(table), [_row(table, "a"), Write("again", "Put", table(pk="a", sk="x"))])
    assert all_rows(table) == []


def a_list_is_read_page_by_page_each_row_once(table: type[Row]) -> None:
    for number in range(25):
        table(pk=f"push{number}", sk="x", listing="inbox", listing_at=f"{number:04d}").save()
        table(pk=f"other{number}", sk="x", listing="other", listing_at=f"{number:04d}").save()
    newest = _pages(table, newest_first=True)
    oldest = _pages(table, newest_first=False)
    assert newest == [f"push{number}" for number in reversed(range(25))]
    assert oldest == list(reversed(newest))


def a_list_that_nobody_is_in_is_one_empty_page(table: type[Row]) -> None:
    page = read_page(table, "inbox", limit=10)
    assert (page.rows, page.position) == ((), None)


def what_is_due_is_found_and_nothing_else(table: type[Row]) -> None:
    """R-HND-5: a limit that ends at this very instant has passed."""
    due: dict[str, timedelta] = {f"push{n}": timedelta(minutes=n - 20) for n in range(40)}
    for key, ahead in due.items():
        table(pk=key, sk="x", due_shard=shard_of(key), due_at=to_text(NOW + ahead)).save()
    table(pk="never", sk="x").save()
    found = [row.pk for row in read_due(table, NOW)]
    assert sorted(found) == sorted(key for key, ahead in due.items() if ahead <= timedelta(0))
    for shard in ALL_SHARDS:
        within = [due[key] for key in found if shard_of(key) == shard]
        assert within == sorted(within)
    done = table.get("push0", "x")
    done.due_shard = done.due_at = None
    done.save()
    assert "push0" not in [row.pk for row in read_due(table, NOW)]


def a_published_event_leaves_the_outbox_and_stays_in_the_chain(table: type[Row]) -> None:
    aggregate, mailbox = new_id("case"), Mailbox()
    count_up(table, aggregate, events=3)
    events = unsent_events(table)
    assert _outbox(table, mailbox).publish(events) == 3
    assert unsent_events(table) == []
    assert list(Journal(table, SOURCE).events(aggregate)) == events
    assert mailbox.told_events() == events
    assert mailbox.logged == [event.canonical().decode() for event in events]


def the_sweeper_publishes_what_was_left_behind_and_only_after_its_grace(table: type[Row]) -> None:
    mailbox = Mailbox()
    outbox = _outbox(table, mailbox)
    for number in range(12):
        count_up(table, new_id("case"), act(now=NOW + timedelta(seconds=number)))
    assert outbox.sweep(NOW + timedelta(seconds=60)).sent == 0
    assert outbox.sweep(NOW + timedelta(seconds=66)).sent == 6
    assert outbox.sweep(NOW + timedelta(seconds=72)).sent == 6
    assert outbox.sweep(NOW + timedelta(days=1)).sent == 0
    assert len({event.id for event in mailbox.told_events()}) == len(mailbox.told) == 12


def an_answer_is_forgotten_only_after_its_time_and_an_events_id_never(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    key = once()
    assert key.kept_until
    count_up(table, new_id("case"), act(key))
    kept = table.get(f"once#{key.key}", "once")
    assert kept.expires_at == int(key.kept_until.timestamp())
    event = type(key)("event#1", "commitment")
    journal.keep(event, [])
    assert table.get("once#event#1", "once").expires_at is None


def of_many_who_write_first_exactly_one_wins(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")
    results = at_once(12, lambda _: journal.commit(counting(aggregate, None, act())))
    assert sorted(results) == ["Outdated"] * 11 + ["won"]
    assert len(list(journal.events(aggregate))) == 1


def of_many_who_change_the_same_state_exactly_one_wins(table: type[Row]) -> None:
    """R-HND-6: exactly one claim."""
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")
    count_up(table, aggregate)
    read = journal.read(aggregate, Counter)
    results = at_once(12, lambda _: journal.commit(counting(aggregate, read, act(once()))))
    assert sorted(results) == ["Outdated"] * 11 + ["won"]
    assert len(list(journal.events(aggregate))) == 2


def of_many_with_the_same_key_exactly_one_acts(table: type[Row]) -> None:
    """R-HND-13: the others are told it is done, though each wanted another aggregate."""
    journal = Journal(table, SOURCE)
    key = once()
    results = at_once(12, lambda _: journal.commit(counting(new_id("case"), None, act(key))))
    assert sorted(results) == ["AlreadyDone"] * 11 + ["won"]
    assert len(unsent_events(table)) == 1


def everybody_who_decides_again_gets_through_and_nothing_is_lost(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    aggregate = new_id("case")

    def insist(_: int) -> None:
        left = 4
        for _attempt in range(200):
            try:
                count_up(table, aggregate)
            except Outdated:
                continue
            left -= 1
            if not left:
                return
        raise AssertionError("never got through")

    assert set(at_once(6, insist)) == {"won"}
    stored = journal.read(aggregate, Counter)
    events = list(journal.events(aggregate))
    assert stored
    assert stored.state.count == len(events) == 24
    assert verify(events, stored.head) == []


def an_event_delivered_to_many_takes_effect_once(table: type[Row]) -> None:
    journal = Journal(table, SOURCE)
    seen = once()
    results = at_once(8, lambda n: journal.keep(seen, [put_new(f"effect{n}", table(pk=f"effect{n}", sk="x"))]))
    assert sorted(results) == ["AlreadyDone"] * 7 + ["won"]
    assert len([row for row in all_rows(table) if row["sk"]["S"] == "x"]) == 1


CHECKS: tuple[Check, ...] = (
    a_change_is_read_back_whole_and_at_once,
    events_come_in_order_and_form_an_unbroken_chain,
    two_first_writes_of_an_aggregate_leave_one,
    a_change_decided_on_an_old_head_writes_nothing,
    a_used_key_is_already_done_whatever_else_fails,
    a_taken_row_is_named_unless_the_head_moved_too,
    an_event_kept_twice_is_kept_once,
    only_what_is_older_than_what_we_know_is_dropped,
    a_note_is_an_event_in_the_outbox_and_a_flood_is_noted_once,
    the_failed_conditions_come_back_by_label,
    every_kind_of_write_takes_its_condition,
    a_hundred_rows_go_into_one_transaction_and_no_more,
    a_row_of_more_than_400_kilobytes_is_refused_whole,
    a_row_written_twice_in_one_transaction_is_refused,
    a_list_is_read_page_by_page_each_row_once,
    a_list_that_nobody_is_in_is_one_empty_page,
    what_is_due_is_found_and_nothing_else,
    a_published_event_leaves_the_outbox_and_stays_in_the_chain,
    the_sweeper_publishes_what_was_left_behind_and_only_after_its_grace,
    an_answer_is_forgotten_only_after_its_time_and_an_events_id_never,
)

RACES: tuple[Check, ...] = (
    of_many_who_write_first_exactly_one_wins,
    of_many_who_change_the_same_state_exactly_one_wins,
    of_many_with_the_same_key_exactly_one_acts,
    everybody_who_decides_again_gets_through_and_nothing_is_lost,
    an_event_delivered_to_many_takes_effect_once,
)


def at_once(many: int, act_of: Callable[[int], object]) -> Sequence[str]:
    """Let `many` threads act at the same moment; "won", or the name of what each was told, as they end."""
    gate = threading.Barrier(many)
    results: list[str] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            act_of(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            results.append(type(error).__name__)
        else:
            results.append("won")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _row(table: type[Row], key: str) -> Write:
    return put_new(key, table(pk=key, sk="x"))


def _outbox(table: type[Row], mailbox: Mailbox) -> Outbox:
    return Outbox(table, mailbox, mailbox, "topic", "queue")  # type: ignore[arg-type]


def _pages(table: type[Row], *, newest_first: bool) -> list[str]:
    """The keys of a list, page after page. An engine may say that there is more and then show an empty page."""
    keys: list[str] = []
    page = read_page(table, "inbox", limit=5, newest_first=newest_first)
    keys += [row.pk for row in page.rows]
    while page.position:
        page = read_page(table, "inbox", limit=5, position=page.position, newest_first=newest_first)
        keys += [row.pk for row in page.rows]
    return keys
