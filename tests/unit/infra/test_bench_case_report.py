"""The tables about cases: a life adds up, a size that costs more is a fault, times stand beside a yardstick."""

from collections import Counter
from io import StringIO

from rich.console import Console

from infra.bench.case_report import cost_section, cpu_section, life_section, scale_section
from infra.bench.outcomes import Scale, Spent, Step
from infra.bench.prices import Kept, Meter, read_prices
from infra.bench.recorder import Figures, Measured
from infra.bench.report import Section, write

LIFE = (
    Step("acceptance", {Meter.WRITE_UNITS: 40, Meter.API_REQUESTS: 1}, {Meter.WRITE_UNITS: 20, Meter.SMS: 1}, 3),
    Step("claim", {Meter.WRITE_UNITS: 30, Kept.ROW_BYTES: 2500}, {Meter.READ_UNITS: 4.5}, 1),
)


def shown(section: Section) -> str:
    out = StringIO()
    write(Console(file=out, width=160), [section])
    return out.getvalue()


def row(text: str, name: str) -> list[str]:
    """The cells after a row's name."""
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return line.removeprefix(name).split()


def scaled(large: Figures) -> Scale:
    small = Figures("claim", Counter({"Query": 1}), 2, 19, 4)
    return Scale((Measured(1_000, (small,)), Measured(1_000_000, (large,))), (1.0, 900.0))


def test_a_life_adds_up_over_its_steps_and_over_requests_and_what_follows() -> None:
    text = shown(life_section(LIFE, read_prices()))
    assert row(text, "the whole life")[:4] == ["4", "0", "4.5", "90"]
    assert row(text, "  the requests")[2] == "70"
    assert row(text, "  what follows")[1:3] == ["4.5", "20"]


def test_a_million_cases_cost_what_their_units_cost() -> None:
    text = shown(cost_section(LIFE, read_prices()))
    assert row(text, "DynamoDB") == ["56.81", "94%"]  # 90 write units at 0.625, 4.5 read units at 0.125
    assert row(text, "SMS") == ["not", "priced"]
    assert row(text, "kept, every month") == ["0.62"]


def test_the_same_units_at_every_size_are_no_fault() -> None:
    section = scale_section(scaled(Figures("claim", Counter({"Query": 1}), 2, 19, 4)))
    assert section.faults == ()
    assert "All of it is the same at every size." in shown(section)


def test_a_step_that_costs_more_among_a_million_cases_is_a_fault() -> None:
    section = scale_section(scaled(Figures("claim", Counter({"Query": 9}), 300, 19, 4)))
    assert section.faults == ("claim: the units change with the number of open cases",)
    assert "FAULT" in shown(section)


def test_processor_times_stand_beside_the_yardsticks_of_the_same_run() -> None:
    yardstick, handler = Spent("hash", (0.001,) * 100), Spent("claim", (0.004,) * 99 + (0.009,))
    text = shown(cpu_section([yardstick], [handler]))
    assert row(text, "hash") == ["1.000", "1.000", "1.00"]
    assert row(text, "claim")[0] == "4.000"
    assert row(text, "claim")[2] == "4.00"
