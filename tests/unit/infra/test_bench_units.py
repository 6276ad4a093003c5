"""The arithmetic of `make bench`: sizes and units as DynamoDB's developer guide gives them."""

from pathlib import Path

import pytest

from infra.bench.units import INDEXES, Item, index_units, item_bytes, read_units, write_units
from infra.fragment import read_template

ROOT = Path(__file__).parents[3]


def an_item(size: int, **keys: str) -> Item:
    """An item of exactly `size` bytes."""
    item = {"pk": {"S": "p"}, "sk": {"S": "s"}} | {name: {"S": value} for name, value in keys.items()}
    return item | {"body": {"S": "x" * (size - item_bytes(item) - len("body"))}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "受理"}, 6),
        ({"N": "27"}, 2),
        ({"N": "-27.18"}, 3),
        ({"N": "1000"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"abc"}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"NULL": True}]}, 3 + 2 + 1 + 2),
        ({"M": {"k": {"S": "ab"}}}, 3 + 1 + 1 + 2),
    ],
)
def test_an_attribute_is_as_large_as_its_name_and_its_value(value: dict[str, object], size: int) -> None:
    assert item_bytes({"name": value}) == len("name") + size


def test_a_type_without_a_rule_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="SS"):
        item_bytes({"names": {"SS": ["a"]}})


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2), (8192, 2)])
def test_a_read_unit_is_4_kib_and_half_of_it_when_eventual(size: int, units: int) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2


@pytest.mark.parametrize(("size", "units"), [(100, 1), (1024, 1), (1025, 2)])
def test_a_write_unit_is_1_kib_of_the_larger_of_old_and_new(size: int, units: int) -> None:
    assert write_units({}, an_item(size)) == units
    assert write_units(an_item(size), an_item(100)) == units
    assert write_units(an_item(100), an_item(size)) == units


def test_a_row_outside_every_index_costs_no_index_anything() -> None:
    assert index_units({}, an_item(5000)) == 0


def test_an_entry_costs_its_size_when_it_comes_and_when_it_goes() -> None:
    listed = an_item(2000, listing="inbox", listing_at="1")
    assert index_units({}, listed) == 2
    assert index_units(listed, an_item(2000)) == 2


def test_an_entry_that_moves_is_deleted_and_written_anew() -> None:
    before = an_item(2000, listing="inbox#open", listing_at="1")
    after = an_item(2000, listing="inbox#claimed", listing_at="1")
    assert index_units(before, after) == 4
    assert index_units(before, before) == 0


def test_the_outbox_holds_keys_alone_so_a_long_event_costs_it_one_unit() -> None:
    assert index_units({}, an_item(9000, outbox_shard="0", outbox_at="1")) == 1


def test_the_indexes_are_those_of_the_template() -> None:
    (tables,) = [
        body
        for name, body in read_template(ROOT / "infra" / "data.yaml")["Resources"].items()
        if name.endswith("Tables")
    ]
    (table,) = tables[2].values()
    deployed = {
        index["IndexName"]: (
            tuple(key["AttributeName"] for key in index["KeySchema"]),
            index["Projection"]["ProjectionType"] == "KEYS_ONLY",
        )
        for index in table["Properties"]["GlobalSecondaryIndexes"]
    }
    assert {index.name: (index.keys, index.keys_only) for index in INDEXES} == deployed
