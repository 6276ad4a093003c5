"""The log over HTTP: `<base>/audit/v1` is a log prefix of C2SP tlog-tiles (R-AUD-3)."""

from collections.abc import Callable

from services.audit import wiring
from services.audit.logic import health, reading
from services.audit.schemas.health import Health
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.clock import utc_now

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
SHORTLY = {"Cache-Control": "public, max-age=5"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/checkpoint",
    summary="The log's last signed checkpoint (C2SP tlog-checkpoint)",
    action=None,
    response=TEXT,
    refusals=("not_found",),
)
def read_checkpoint(_: Call[Nothing, Nothing]) -> Reply:
    """Size and root of the log, signed (R-AUD-3)."""
    return Reply(reading.checkpoint(wiring.log()).encode(), headers=SHORTLY)


@api.endpoint(
    "GET", "/v1/key", summary="The log's public key, as a verifier key of C2SP signed-note", action=None, response=TEXT
)
def read_key(_: Call[Nothing, Nothing]) -> Reply:
    """The key evidence is judged by; compare it with the one published elsewhere (R-AUD-5)."""
    return Reply(f"{wiring.log().signer.key.vkey}\n".encode(), headers=SHORTLY)


@api.endpoint("GET", "/v1/health", summary="How the sealing is doing", action=None, response=Health)
def read_health(_: Call[Nothing, Nothing]) -> Health:
    """Up to when everything is in the log, how long ago that was, and what to make of it (R-AUD-6)."""
    return health.health(wiring.log(), wiring.positions(), utc_now())


# A tile's path has one to four steps (x001/x234/067.p/7): a route for each, since a greedy one is no OpenAPI path.
# Three numbers are 10^9 tiles of 256 entries.
_STEPS = ("a", "b", "c", "d")


def _tile_reader(depth: int) -> Callable[[Call[Nothing, Nothing]], Reply]:
    def read_tile(call: Call[Nothing, Nothing]) -> Reply:
        """A tile (256 hashes) or, at level `entries`, a bundle of entries (C2SP tlog-tiles)."""
        path = "/".join(("tile", call.path["level"], *(call.path[name] for name in _STEPS[:depth])))
        if not call.headers.get("accept"):
            # The gateway turns base64 into bytes only for a request that names what it accepts; Go's client does not.
            return Reply(b"", redirect=reading.tile_link(wiring.log(), path))
        return Reply(reading.tile(wiring.log(), path), headers=FOR_EVER)

    read_tile.__name__ = f"read_tile_of_{depth}_steps"
    return read_tile


for _depth in range(1, len(_STEPS) + 1):
    api.endpoint(
        "GET",
        "/v1/tile/{level}/" + "/".join(f"{{{name}}}" for name in _STEPS[:_depth]),
        summary="A tile or an entry bundle of the log (C2SP tlog-tiles)",
        action=None,
        response=BYTES,
        refusals=("not_found",),
    )(_tile_reader(_depth))
