"""Copies of an open case: what other requests may meet of it, under names of their own, due in a far future."""

from infra.bench.acts import case_number
from infra.bench.open_cases import WHOLE, OpenCase
from infra.bench.units import Item
from shared.aws.parts import digest
from shared.aws.table import shard_of

ULID = "01KM00000000000000000MODEL"
CASE = f"case_{ULID}"


def text_row(pk: str, sk: str, **others: str) -> Item:
    return {name: {"S": value} for name, value in {"pk": pk, "sk": sk, **others}.items()}


PART = f"head#pushes#push_{ULID}_001"


MODEL = OpenCase(
    CASE,
    7,
    [
        text_row(CASE, "head", body=case_number(7), parts=digest({PART: 2})),
        text_row(CASE, "event#0000000001"),
        {**text_row(CASE, PART, listing="inbox", listing_at=f"2026#push_{ULID}_001"), "version": {"N": "2"}},
        text_row(CASE, "due#case", due_shard="x", due_at="2026"),
        text_row("ledger#bureau#dept", f"2026#{CASE}"),
        text_row("ledger#number#abc", f"2026#{CASE}"),
        text_row("once#cli#key", "once"),
        text_row("count#dept", "delivered#01"),
    ],
)


def test_the_newest_copies_are_whole_and_of_others_only_what_lists_lead_to_is_there() -> None:
    rows = list(MODEL.copies(0, WHOLE + 1))
    first = f"{0:026d}"
    of_first = [item["sk"]["S"] for item in rows if first in item["pk"]["S"] or first in item["sk"]["S"]]
    assert of_first == [f"head#pushes#push_{first}_001", "due#case", f"2026#case_{first}", f"2026#case_{first}"]
    assert sum(item["sk"]["S"] == "head" for item in rows) == WHOLE


def test_nothing_of_the_models_name_or_number_is_left_in_a_copy() -> None:
    copied = str(list(MODEL.copies(0, 1)))
    assert ULID not in copied
    assert case_number(7) not in copied


def test_the_head_of_a_copy_knows_the_copies_of_the_parts() -> None:
    """ADR 16: or no request could read the case."""
    rows = {item["sk"]["S"]: item for item in MODEL.copies(0, 1)}
    assert rows["head"]["parts"]["S"] == digest({PART.replace(ULID, f"{0:026d}"): 2})


def test_events_and_counts_and_first_answers_are_not_copied() -> None:
    keys = {item["pk"]["S"] for item in MODEL.copies(0, 1)} | {item["sk"]["S"] for item in MODEL.copies(0, 1)}
    assert not any(key.startswith(("event#", "once#", "count#")) for key in keys)


def test_a_copy_is_due_in_its_own_shard_and_long_after_the_bench() -> None:
    (due,) = [item for item in MODEL.copies(3, 4) if "due_shard" in item]
    assert due["due_shard"]["S"] == shard_of(due["pk"]["S"])
    assert due["due_at"]["S"] > "2026-12"


def test_two_copies_share_the_bureaus_list_and_not_the_list_of_a_number() -> None:
    lists = [item["pk"]["S"] for item in MODEL.copies(0, 2) if item["pk"]["S"].startswith("ledger#")]
    assert lists.count("ledger#bureau#dept") == 2
    assert len({each for each in lists if each.startswith("ledger#number")}) == 2
