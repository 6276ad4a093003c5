"""Every request that must be refused."""

from collections.abc import Iterator

from tests.support.requests.case import Case
from tests.support.requests.faults import spoilt
from tests.support.requests.gateway import at_the_gateway
from tests.support.requests.good import ENDPOINTS
from tests.support.requests.keys import keys_used_again
from tests.support.requests.rules import departments, fields, public_list, states
from tests.support.requests.unknown import unknown


def _by_rule() -> Iterator[Case]:
    for what, name, spoil, code in (*public_list.RULES, *departments.RULES, *states.RULES, *fields.RULES):
        yield Case(f"{name}: {what}", ENDPOINTS[name][0], spoil(name), code, asked=name)


CASES: tuple[Case, ...] = (
    *spoilt(),
    *unknown(),
    *keys_used_again(),
    *_by_rule(),
    *at_the_gateway(),
)
