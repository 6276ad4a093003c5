"""Good requests to identity."""

from tests.support.requests.world import Good, market

GOOD: dict[str, Good] = {
    "identity POST /v1/token": Good(None),
    "identity GET /v1/jwks.json": Good(None),
    "identity POST /v1/clients": Good(
        "admin",
        lambda world: {"name": "办件系统", "department": market(world), "roles": ["liaison"]},
        learns={"client": lambda made: str(made["client"]["client_id"])},
        other={"name": "另一系统"},
    ),
    "identity GET /v1/clients/{client_id}": Good("admin", path={"client_id": "client"}),
}
