"""The published list over HTTP: for everybody, without a token (R-REG-5)."""

from pydantic import BaseModel

from services.registry import wiring
from services.registry.domain.items import PublishedItem
from services.registry.logic import public as logic
from services.registry.schemas.public import PublicPage, PublicQuery
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import cursor_for, position_of
from shared.kernel.canonical import sha256_hex

PUBLIC_MAX_AGE = 60
"""Seconds for which anyone may keep a public answer."""

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
    return _public(PublicPage(items=tuple(found), next=cursor_for(following, scope, wiring.cursor_key)))


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
    return _public(logic.show_published(wiring.public_list(), call.path["code"], call.context.now))


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
    return _public(logic.show_published_version(wiring.public_list(), call.path["code"], call.path["version"]))


def _public(body: BaseModel) -> Reply:
    tag = sha256_hex(body.model_dump_json().encode())[:32]
    headers = {"Cache-Control": f"public, max-age={PUBLIC_MAX_AGE}", "ETag": f'"{tag}"'}
    return Reply(body, headers=headers)
