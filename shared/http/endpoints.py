"""Endpoints: one declaration per route says method, path, who may, what goes in and out; everything else follows.

A handler receives a `Call` with everything parsed and checked and returns its answer. The same declarations make the
OpenAPI document. Order of checks: permission, headers, content type, size, body, query; then the rule itself. Each
refusal is recorded as an event before it is answered (R-AUD-1).
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

from chalice.app import Blueprint, CustomAuthorizer, Response
from pydantic import BaseModel

from shared.aws.failures import is_passing
from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.change import AlreadyDone, Context, Desk, Once, Outdated
from shared.http.call import Call, Endpoint, Nothing, Reply
from shared.http.incoming import Incoming
from shared.http.responses import not_modified, replayed, response_to
from shared.kernel.clock import Clock, to_text, utc_now
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.permissions import ANONYMOUS, Action
from shared.observability import logger

__all__ = ["Call", "Endpoint", "Endpoints", "Nothing", "Reply"]

ANONYMOUS_REFUSALS_KEPT = timedelta(minutes=5)
"""How long it is remembered that a refusal of nobody in particular was recorded."""

ATTEMPTS = 8
"""How often a call is decided again when its record changed between reading and writing."""

# The gateway asks the identity service about every request; the address is filled in by the service's stack.
AUTHORIZER = CustomAuthorizer("tokens", authorizer_uri="replaced-when-packaged", header="Authorization", ttl_seconds=0)


class Endpoints(Blueprint):
    """A service's declared routes. `desk` gives the journal at the first request that needs it, never at import."""

    def __init__(self, import_name: str, desk: Callable[[], Desk], clock: Clock = utc_now) -> None:
        super().__init__(import_name)
        self.declared: list[Endpoint] = []
        self._desk = desk
        self._clock = clock

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        action: Action | None,
        response: type[BaseModel] | str,
        body: type[BaseModel] = Nothing,
        query: type[BaseModel] = Nothing,
        status: int = 200,
        once: bool = False,
        edits: bool = False,
        personal: bool = False,
        refusals: tuple[str, ...] = (),
        content_types: tuple[str, ...] = ("application/json",),
    ) -> Callable[[Callable[[Call[Any, Any]], BaseModel | Reply]], Callable[..., Response]]:
        """Declare a route.

        `action` None makes it public. `once` demands an Idempotency-Key, `edits` an If-Match. `personal` records that
        personal or credit data was read. `response` is a model, or a media type when the answer is bytes. `refusals`
        are the codes its rule may answer with, beside the common ones.
        """

        def declare(
            handler: Callable[[Call[Any, Any]], BaseModel | Reply],
        ) -> Callable[..., Response]:
            endpoint = Endpoint(
                method, path, summary, handler, action, body, query, response, status, once, edits,
                personal, refusals, content_types,
            )  # fmt: skip
            self.declared.append(endpoint)

            def view(**path_values: str) -> Response:
                return self._answer(endpoint, path_values)

            view.__name__ = handler.__name__
            view.__doc__ = handler.__doc__
            options: dict[str, Any] = {"methods": [method], "content_types": []}
            if action is not None:
                options["authorizer"] = AUTHORIZER
            self.route(path, name=handler.__name__, **options)(view)
            return view

        return declare

    def _answer(self, endpoint: Endpoint, path: Mapping[str, str]) -> Response:
        incoming = Incoming.of(self.current_request, path)
        log = logger()
        log.append_keys(correlation_id=incoming.correlation_id)
        started = time.monotonic()
        try:
            response = self._handle(endpoint, incoming)
            code = "ok"
        except Refused as refused:
            self._note_refusal(endpoint, incoming, refused)
            response, code = incoming.problem(refused), refused.code
        except Exception as error:
            log.exception("a request failed inside")
            failure = Unavailable() if is_passing(error) else Refused("internal", request_id=incoming.correlation_id)
            response, code = incoming.problem(failure), failure.code
        response.headers["X-Correlation-Id"] = incoming.correlation_id
        log.info(
            "request",
            extra={
                "route": f"{endpoint.method} {endpoint.path}",
                "status": response.status_code,
                "code": code,
                "milliseconds": int((time.monotonic() - started) * 1000),
                "client": incoming.principal.client_id,
            },
        )
        return response

    def _handle(self, endpoint: Endpoint, incoming: Incoming) -> Response:
        if endpoint.action is not None and not incoming.principal.may(endpoint.action):
            raise Refused("forbidden", action=endpoint.action.value)
        call = incoming.parse(endpoint, self._clock)
        once = call.context.once
        try:
            response = response_to(endpoint, self._decide(endpoint, call))
        except (AlreadyDone, Refused):
            # A repeated request meets the state its first run left, so ask for the first answer before refusing.
            first = self._desk().answer(once.key) if once else None
            if first is None:
                raise
            response = replayed(endpoint, first, cast(Once, once))
        if endpoint.personal:
            self._desk().note(RecordRead(route=endpoint.path, target=incoming.shown), call.context)
        return not_modified(response) if incoming.holds(endpoint, response) else response

    def _decide(self, endpoint: Endpoint, call: Call[Any, Any]) -> Reply:
        for _ in range(ATTEMPTS):
            try:
                given = endpoint.handler(call)
            except Outdated:
                continue
            return given if isinstance(given, Reply) else Reply(given)
        raise Refused("changed_meanwhile")

    def _note_refusal(self, endpoint: Endpoint, incoming: Incoming, refused: Refused) -> None:
        if isinstance(refused, Unavailable):
            return
        body = RequestRefused(
            method=endpoint.method,
            route=endpoint.path,
            target=incoming.shown,
            status=refused.status,
            code=refused.code,
        )
        # A refusal must reach its caller even when it cannot be recorded; a read of personal data must not.
        try:
            self._note(body, incoming.context(self._clock))
        except Exception:  # noqa: BLE001
            logger().exception("a refusal could not be recorded")

    def _note(self, body: RequestRefused, context: Context) -> None:
        if context.principal != ANONYMOUS:
            self._desk().note(body, context)
            return
        # Nobody in particular is recorded once a minute for each route and code: a flood must not flood the log.
        minute = to_text(context.now)[: len("2026-03-02T09:30")]
        key = f"refused#{body.method} {body.route}#{body.code}#{minute}"
        once = Once(key, body.code, context.now + ANONYMOUS_REFUSALS_KEPT)
        self._desk().note_once(body, context, once)
