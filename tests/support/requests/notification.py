"""Good requests to notification."""

from tests.support.requests.world import Good

GOOD: dict[str, Good] = {
    "notification GET /v1/deliveries": Good("oversight", query={"department": "market"}),
}
