"""The tables of `make bench` compare: ratios to the bare handler, to the limits."""

from collections import Counter
from io import StringIO

from rich.console import Console

from infra.bench.imports import ImportTime, Module, medians
from infra.bench.recorder import Figures
from infra.bench.report import Section, imports_section, ratio, requests_section, write
from infra.bench.sizes import UNZIPPED_LIMIT, Size, share_of_limit

BARE = Module("bare", ("client",), "bare")
OURS = Module("handover", ("APIHandler",), "app")


def shown(*sections: Section) -> str:
    out = StringIO()
    write(Console(file=out, width=160), sections)
    return out.getvalue()


def test_the_median_of_the_imports_counts_not_the_mean() -> None:
    time = medians(OURS, [(0.1, 0.2), (0.1, 0.2), (9.0, 9.0)])
    assert (time.imported, time.ready) == (0.1, 0.2)


def test_an_import_is_told_in_milliseconds_and_beside_the_bare_handler() -> None:
    text = shown(imports_section([ImportTime(BARE, 0.2, 0.2), ImportTime(OURS, 0.3, 0.5)], 5, byte_code=True))
    (line,) = [line for line in text.splitlines() if line.startswith("handover")]
    assert line.split() == ["handover", "APIHandler", "300", "1.50", "500", "2.50"]


def test_a_step_is_told_with_its_requests_units_and_transactions() -> None:
    step = Figures("claim", Counter({"TransactWriteItems": 1, "GetItem": 1}), 1, 16, 4, [4])
    text = shown(requests_section([step]))
    assert "GetItem 1, TransactWriteItems 1" in text
    assert "4 items of 100 allowed, 0.04 of the limit" in text


def test_layer_and_largest_function_count_against_the_limit_together() -> None:
    layer = Size("layer", 1, UNZIPPED_LIMIT // 4)
    services = [Size("small", 1, 1), Size("large", 1, UNZIPPED_LIMIT // 4)]
    assert share_of_limit(layer, services) == 0.5


def test_nothing_is_no_base_for_a_ratio() -> None:
    assert ratio(1, 0) == "–"
