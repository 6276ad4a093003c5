"""Prices are data: a file of one's own takes the place of ours, and says what is wrong with it."""

from pathlib import Path

import pytest
import yaml

from infra.bench.prices import PRICES, Function, Kept, Meter, UnusablePricesError, Usage, read_prices, summed, times


def changed(tmp_path: Path, **changes: object) -> Path:
    """Our price list with other entries."""
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(PRICES.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return path


def test_our_list_prices_everything_that_is_counted_but_text_messages_and_says_where_from() -> None:
    prices = read_prices()
    assert [meter for meter, price in prices.meters.items() if price.price is None] == [Meter.SMS]
    assert all(price.source.startswith("https://aws.amazon.com/") for price in prices.meters.values())


def test_a_cost_is_price_by_use_and_adds_up_by_service() -> None:
    prices = read_prices()
    used: Usage = {Meter.READ_UNITS: 1e6, Meter.WRITE_UNITS: 2e6, Meter.SIGNATURES: 10_000, Meter.SMS: 5}
    by_service = prices.cost_by_service(used)
    assert by_service["DynamoDB"] == pytest.approx(0.125 + 2 * 0.625)
    assert by_service["KMS"] == pytest.approx(0.15)
    assert by_service["SMS"] == 0
    assert prices.cost(used) == pytest.approx(sum(by_service.values()))


def test_what_is_kept_costs_by_the_month_and_not_at_once() -> None:
    prices = read_prices()
    kept: Usage = {Kept.ROW_BYTES: 1_000_000_000.0, Kept.BACKUP_BYTES: 1_000_000_000.0}
    assert prices.cost(kept) == 0
    assert prices.monthly(kept) == pytest.approx(0.25 + 0.20)


def test_an_invocation_costs_its_time_by_its_memory() -> None:
    assumed = read_prices().assumed
    run = assumed.functions[Function.API]
    used = assumed.invoked(Function.API, 2)
    assert used[Meter.INVOCATIONS] == 2
    assert used[Meter.GB_SECONDS] == pytest.approx(2 * run.milliseconds / 1000 * run.memory_mb / 1024)


def test_uses_add_up_and_are_shared() -> None:
    total = summed(({Meter.SMS: 1.0}, {Meter.SMS: 2.0, Meter.READ_UNITS: 4.0}))
    assert times(total, 0.5) == {Meter.SMS: 1.5, Meter.READ_UNITS: 2.0}


def test_an_operators_own_list_counts_instead(tmp_path: Path) -> None:
    given = read_prices(changed(tmp_path, region="cn-north-1", currency="CNY"))
    assert (given.region, given.currency) == ("cn-north-1", "CNY")


def test_a_list_without_a_price_for_something_is_refused_by_its_name(tmp_path: Path) -> None:
    meters = yaml.safe_load(PRICES.read_text(encoding="utf-8"))["meters"]
    del meters["signatures"]
    with pytest.raises(UnusablePricesError, match="signatures"):
        read_prices(changed(tmp_path, meters=meters))


def test_a_list_with_an_entry_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusablePricesError, match="discount"):
        read_prices(changed(tmp_path, discount=0.5))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusablePricesError, match="No such file"):
        read_prices(tmp_path / "none.yaml")
