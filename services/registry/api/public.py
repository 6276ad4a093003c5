"""The published list over HTTP: for everybody, without a token (R-REG-5)."""

from services.registry import wiring
from services.registry.api.caching import public_reply
from services.registry.domain.items import PublishedItem
from services.registry.logic import public as logic
from services.registry.schemas.public import PublicPage, PublicQuery
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import cursor_for, position_of

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/public/items",
    summary="Read the published item list",
    action=None,
    query=PublicQuery,
    response=PublicPage,
    refusals=("cursor_invalid",),
)
def list_published(call: Call[Nothing, PublicQuery]) -> Reply:
    """The list everybody may read (R-REG-5): whole, of one department, or one code."""
    scope = f"items#{call.query.approval_department or ''}#{call.query.supervision_department or ''}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_published(wiring.public_list(), call.query, position, call.context.now)
    return public_reply(PublicPage(items=tuple(found), next=cursor_for(following, scope, wiring.cursor_key)))


@api.endpoint(
    "GET",
    "/v1/public/items/{code}",
    summary="Read a published item",
    action=None,
    response=PublishedItem,
    refusals=("not_found",),
)
def show_published(call: Call[Nothing, Nothing]) -> Reply:
    """The version published last; `effective_from` says when it comes into force (R-REG-5)."""
    return public_reply(logic.show_published(wiring.public_list(), call.path["code"], call.context.now))


@api.endpoint(
    "GET",
    "/v1/public/items/{code}/versions/{version}",
    summary="Read one version of a published item",
    action=None,
    response=PublishedItem,
    refusals=("not_found",),
)
def show_published_version(call: Call[Nothing, Nothing]) -> Reply:
    """A version as it was published, for ever (R-REG-4)."""
    return public_reply(logic.show_published_version(wiring.public_list(), call.path["code"], call.path["version"]))
