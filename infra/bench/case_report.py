"""The figures of cases as tables: their life, its cost, how many there are, processor time."""

from collections.abc import Mapping, Sequence

from infra.bench.outcomes import Scale, Spent, Step, units
from infra.bench.prices import Kept, Meter, Prices, Usage, summed
from infra.bench.report import Section, new_table, ratio

_MILLI = 1000
_KB = 1000
_MILLION = 1_000_000
_MANY = 1000
"""From here on a figure is shown without decimals."""

_LIFE_COLUMNS: Mapping[str, tuple[Meter | Kept, ...]] = {
    "Lambda\ncalls": (Meter.INVOCATIONS,),
    "read\nunits": (Meter.READ_UNITS,),
    "write\nunits": (Meter.WRITE_UNITS,),
    "index\nwrites": (Meter.INDEX_UNITS,),
    "SNS": (Meter.TOPIC_REQUESTS,),
    "SQS": (Meter.QUEUE_REQUESTS,),
    "SMS": (Meter.SMS,),
    "S3": (Meter.FILE_WRITES, Meter.FILE_READS),
    "KMS": (Meter.SIGNATURES,),
    "B in": (Meter.BYTES_IN,),
    "B out": (Meter.BYTES_OUT,),
    "B in\nrows": (Kept.ROW_BYTES, Kept.EXPIRING_BYTES),
}


def life_section(steps: Sequence[Step], prices: Prices) -> Section:
    """One case's life, step by step, with all that follows, and what a million of each step cost."""
    table = new_table()
    table.add_column("step, with\nwhat follows")
    for header in ("events", *_LIFE_COLUMNS, f"a million\n({prices.currency})"):
        table.add_column(header, justify="right")
    whole = Step("all", summed(step.own for step in steps), summed(step.following for step in steps), 0)
    for step in steps:
        table.add_row(step.name, f"{step.events}", *_life_row(step.all, prices))
    table.add_section()
    table.add_row("the whole life", f"{sum(step.events for step in steps)}", *_life_row(whole.all, prices))
    table.add_row("  the requests", "", *_life_row(whole.own, prices))
    table.add_row("  what follows", "", *_life_row(whole.following, prices))
    run = prices.assumed
    return Section(
        "Life of one case: what it uses of AWS (warm functions, one department, 6 materials, one item of feedback)",
        table,
        "Counted as for the main job. What follows: the relay of the events, every consumer that hears them and what "
        "it tells in turn, the text message, each envelope's share of sealing. Every request has an invocation of the "
        f"authorizer; an invocation takes one transaction's events, {run.messages_per_consumer:g} message(s) or "
        f"{run.envelopes_per_seal} envelopes. SNS and SQS by 64 KiB, SQS with the topics' deliveries, receiving and "
        "deleting. S3 requests write and read the log. Bytes are those of bodies; rows with indexes and DynamoDB's 100 "
        "bytes for each. Not counted: tokens (one an hour for each client), what runs by the clock, idle polling.",
    )


def cost_section(steps: Sequence[Step], prices: Prices) -> Section:
    """What a million cases cost, service by service, and what keeping them costs."""
    used = summed(step.all for step in steps)
    table = new_table()
    table.add_column("service")
    table.add_column(f"a million cases\n({prices.currency})", justify="right")
    table.add_column("share", justify="right")
    total = prices.cost(used)
    for service, cost in prices.cost_by_service(used).items():
        priced = any(each.service == service and each.price is not None for each in prices.meters.values())
        shown = (f"{cost * _MILLION:,.2f}", f"{cost / total:.0%}") if priced else ("not priced", "")
        table.add_row(service, *shown)
    table.add_section()
    table.add_row("all, once", f"{total * _MILLION:,.2f}", "")
    table.add_row("kept, every month", f"{prices.monthly(used) * _MILLION:,.2f}", "")
    kept, passing, files = (used.get(each, 0) for each in (Kept.ROW_BYTES, Kept.EXPIRING_BYTES, Kept.FILE_BYTES))
    return Section(
        f"Cost of a million such lives: {prices.region}, list prices as of {prices.as_of}, without free tiers",
        table,
        "Prices and assumptions are data (infra/bench/prices.yaml, or --prices FILE) and to be checked against their "
        f"sources. A case keeps {kept / _KB:.1f} kB of rows for good, {passing / _KB:.1f} kB for 90 days and "
        f"{files / _KB:.1f} kB of log files, every version of a tile that was not yet full among them.",
    )


def _life_row(used: Usage, prices: Prices) -> tuple[str, ...]:
    amounts = [sum(used.get(meter, 0) for meter in meters) for meters in _LIFE_COLUMNS.values()]
    return (*(_short(amount) for amount in amounts), f"{prices.cost(used) * _MILLION:,.2f}")


def _short(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= _MANY or amount == int(amount) else f"{amount:.1f}"


def scale_section(scale: Scale) -> Section:
    """The units of each step, size by size; what differs is a fault."""
    table = new_table()
    table.add_column("step")
    table.add_column("requests")
    for each in scale.measured:
        for unit in ("read\nunits", "write\nunits", "index\nwrites"):
            table.add_column(f"{each.size:,}\n{unit}", justify="right")
    for steps in zip(*(each.steps for each in scale.measured), strict=True):
        requests = ", ".join(f"{name} {count}" for name, count in sorted(steps[-1].requests.items()))
        table.add_row(steps[0].name, requests, *(f"{value:g}" for step in steps for value in units(step)))
    filled = ", ".join(
        f"{each.size:,} in {took:.0f} s" for each, took in zip(scale.measured, scale.seconds, strict=True)
    )
    same = "All of it is the same at every size." if not scale.differences else ""
    return Section(
        "Open cases: requests and units beside ever more open cases, all of one bureau and one department",
        table,
        "On Amazon's own DynamoDB engine, through handover's handlers; units by its published rules, as above. The "
        "open cases are copies of one that handover wrote, entered into the engine's file (filled: "
        f"{filled}); each round's own cases are gone before the next. {same}",
        tuple(f"{step}: the units change with the number of open cases" for step in scale.differences),
    )


def cpu_section(yardsticks: Sequence[Spent], handlers: Sequence[Spent]) -> Section:
    """Handlers beside the yardsticks."""
    table = new_table()
    table.add_column("work")
    for header in ("p50\n(ms)", "p99\n(ms)", *(f"p50 ÷\nyardstick {number + 1}" for number in range(len(yardsticks)))):
        table.add_column(header, justify="right")
    for each in (*yardsticks, *handlers):
        ratios = [ratio(each.median, yardstick.median) for yardstick in yardsticks]
        table.add_row(each.name, f"{each.median * _MILLI:.3f}", f"{each.ninety_ninth * _MILLI:.3f}", *ratios)
    return Section(
        f"Processor time of warm handlers above their calls to AWS ({len(handlers[0].seconds)} times each)",
        table,
        "Time of the handler's thread, without what passes inside botocore's calls; PynamoDB's share is in it. A "
        "time is this machine's, whose cores others share: compare the ratios.",
    )
