"""The published list over HTTP: for everybody, without a token (R-REG-5)."""

from services.registry import wiring
from services.registry.api.caching import Answered, is_settled, public_reply
from services.registry.domain.lists import PublicItem, PublicVersion
from services.registry.logic import public as logic
from services.registry.schemas.public import InForceQuery, PublicPage, PublicQuery, VersionPage
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/public/items",
    summary="Search and read the published item list",
    action=None,
    query=PublicQuery,
    response=PublicPage,
    refusals=("cursor_invalid",),
)
def list_published(call: Call[Nothing, PublicQuery]) -> Reply:
    """The list everybody may read, as far as every field given agrees (R-REG-5).

    `q` is a part of the name, a part of its pinyin initials, or the beginning of the code: 2 to 40 letters, digits or
    Chinese characters; case, width, blanks and punctuation do not matter. Each item is shown as it is in force, or,
    before its first version is, as it will be; retired items only with `standing=retired`.

    With filters a page may hold fewer than `limit` items, even none, while `next` is not null, since one request looks
    at no more than 1,000 entries: go on until `next` is null.
    """
    asked = sorted(call.query.asked().items())
    scope = f"public-items#{asked}"
    position = position_of(call.query, scope, wiring.cursor_key)
    after = position["after"] if position else None
    found = logic.list_published(wiring.public_list(), wiring.search(), call.query, after, call.context.now)
    following = {"after": found.after} if found.after is not None else None
    page = PublicPage(items=tuple(found.items), next=cursor_for(following, scope, wiring.cursor_key))
    return public_reply(page)


@api.endpoint(
    "GET",
    "/v1/public/items/{code}",
    summary="Read a published item",
    action=None,
    response=PublicItem,
    refusals=("not_found",),
)
def show_published(call: Call[Nothing, Nothing]) -> Reply:
    """The version in force, or the first to come, with those to come after it and the open notices (R-REG-5)."""
    return public_reply(logic.show_published(wiring.public_list(), call.path["code"], call.context.now), Answered.ITEM)


@api.endpoint(
    "GET",
    "/v1/public/items/{code}/versions",
    summary="List the versions of a published item",
    action=None,
    query=PageQuery,
    response=VersionPage,
    refusals=("not_found", "cursor_invalid"),
)
def list_published_versions(call: Call[Nothing, PageQuery]) -> Reply:
    """Every version anybody may see, newest first: what was done, when, why, and from when it is in force (R-REG-4)."""
    code = call.path["code"]
    scope = f"public-versions#{code}"
    position = position_of(call.query, scope, wiring.cursor_key)
    before = int(position["before"]) if position else None
    found, below = logic.list_versions(wiring.public_list(), code, call.query.limit, before)
    following = {"before": below} if below is not None else None
    page = VersionPage(versions=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))
    return public_reply(page, Answered.VERSIONS)


@api.endpoint(
    "GET",
    "/v1/public/items/{code}/versions/{version}",
    summary="Read one version of a published item",
    action=None,
    response=PublicVersion,
    refusals=("not_found",),
)
def show_published_version(call: Call[Nothing, Nothing]) -> Reply:
    """A version as it was published, for ever (R-REG-4)."""
    version = logic.show_published_version(wiring.public_list(), call.path["code"], call.path["version"])
    return public_reply(version, Answered.VERSION)


@api.endpoint(
    "GET",
    "/v1/public/items/{code}/in-force",
    summary="Read the version of an item in force at an instant or on a day",
    action=None,
    query=InForceQuery,
    response=PublicVersion,
    refusals=("not_found",),
)
def show_in_force(call: Call[Nothing, InForceQuery]) -> Reply:
    """What applied then, by one strongly consistent read (R-REG-4).

    `at` is an instant with its offset, or a day, which stands for its last moment in Asia/Shanghai; now, if nothing is
    said.
    """
    now = call.context.now
    at = logic.instant_of(call.query.at, now)
    found = logic.show_in_force(wiring.public_list(), call.path["code"], at)
    return public_reply(found, Answered.IN_FORCE_THEN if is_settled(at, now) else Answered.IN_FORCE_NOW)
