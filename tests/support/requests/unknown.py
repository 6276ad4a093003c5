"""Requests about what nobody knows: every id in an address, in turn."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tests.support.requests.case import Case
from tests.support.requests.good import ENDPOINTS, GOOD, filled, good
from tests.support.requests.world import Ask, World

UNKNOWN: Mapping[str, str] = {
    "client_id": "cli_00000000000000000000000000",
    "department_id": "dept_00000000000000000000000000",
    "hand_id": "hand_00000000000000000000000000_000001",
    "item_id": "item_00000000000000000000000000",
    "case_id": "case_00000000000000000000000000",
    "push_id": "push_00000000000000000000000000_001",
    "review_id": "rev_00000000000000000000000000_001",
    "thread_id": "thr_00000000000000000000000000",
    "lookup_id": "look_00000000000000000000000000",
    "finding_id": "find_00000000000000000000000000",
    "event_id": "evt_00000000000000000000000000",
    "document_id": "doc_00000000000000000000000000",
    "material_id": "mat_00000000000000000000000000",
    "import_id": "imp_00000000000000000000000000",
    "notice_id": "ntc_00000000000000000000000000",
    "transfer_id": "tra_00000000000000000000000000",
    "item_code": "999999999999",
    "version": "999",
    "level": "9",
    "code": "999999999999",
}
# An unknown subject is one without records, and no fault.
_NOT_UNKNOWN = frozenset({"credit GET /v1/subjects/{code}/records", "credit GET /v1/subjects/{code}/lookups"})


def unknown() -> Iterator[Case]:
    for name, (service, endpoint) in ENDPOINTS.items():
        for parameter in GOOD[name].path:
            if parameter in UNKNOWN and name not in _NOT_UNKNOWN:
                code = "not_sealed" if "not_sealed" in endpoint.refusals else "not_found"
                yield Case(f"{name}: unknown {parameter}", service, elsewhere(name, {parameter: ""}), code, asked=name)


def elsewhere(name: str, parameters: Mapping[str, str]) -> Callable[[World], Ask]:
    """The good request at an address with other parameters; an empty one is an id that nobody knows."""
    values = {**GOOD[name].path, **{each: value or UNKNOWN[each] for each, value in parameters.items()}}
    return lambda world: replace(good(world, name), path=filled(world, name, values))
