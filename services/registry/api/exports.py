"""Downloads of the whole public list over HTTP: for everybody, without a token (R-REG-5)."""

from services.registry import wiring
from services.registry.api.caching import KEPT, Answered, public_reply
from services.registry.logic import exports as logic
from services.registry.schemas.exports import ExportAnswer
from shared.http.endpoints import Call, Endpoints, Nothing, Reply

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/public/exports",
    summary="Say which downloads of the whole list there are",
    action=None,
    response=ExportAnswer,
    refusals=("export_not_made",),
)
def show_export(_: Call[Nothing, Nothing]) -> Reply:
    """As of when, how many items, size and SHA-256 of each file; made again some minutes after a change (R-REG-5)."""
    return public_reply(logic.show_export(wiring.exports()), Answered.EXPORTS)


@api.endpoint(
    "GET",
    "/v1/public/exports/{format}",
    summary="Download the whole list as csv, xlsx or json",
    action=None,
    response="application/octet-stream",
    status=307,
    refusals=("export_not_made", "not_found"),
)
def download_export(call: Call[Nothing, Nothing]) -> Reply:
    """Redirects to a link that is good for some minutes (R-REG-5): follow it, or ask again."""
    link = logic.export_link(wiring.exports(), wiring.files(), call.path["format"])
    return Reply(b"", headers={"Cache-Control": KEPT[Answered.EXPORT_LINK]}, redirect=link)
