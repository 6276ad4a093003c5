"""Good requests to oversight."""

from tests.support.requests.world import Good

GOOD: dict[str, Good] = {
    "oversight GET /v1/findings": Good("oversight"),
    "oversight GET /v1/findings/{finding_id}": Good("oversight", path={"finding_id": "finding"}),
}
