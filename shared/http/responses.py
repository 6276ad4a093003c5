"""Answers as Chalice responses: a handler's reply, the same without its body, and a first answer given again."""

from http import HTTPStatus

from chalice.app import Response

from shared.contracts.change import Answer, Once
from shared.http.bytes_response import BytesResponse
from shared.http.call import REPLAYED, Endpoint, Reply
from shared.http.problems import Headers
from shared.kernel.errors import Refused


def response_to(endpoint: Endpoint, reply: Reply) -> Response:
    """The answer of a handler as its endpoint declares it: JSON, text, bytes, or a redirect."""
    headers: Headers = dict(reply.headers)
    if reply.redirect is not None:
        moved: Headers = {"Cache-Control": "no-store", **headers, "Location": reply.redirect}
        return Response("", headers=moved, status_code=HTTPStatus.TEMPORARY_REDIRECT)
    if reply.version is not None:
        headers["ETag"] = f'"v{reply.version}"'
    if isinstance(reply.body, bytes):
        media = str(headers.setdefault("Content-Type", str(endpoint.response)))
        if media.startswith("text/"):
            return Response(reply.body.decode(), headers=headers, status_code=endpoint.status)
        return BytesResponse(reply.body, headers=headers, status_code=endpoint.status)
    headers.setdefault("Content-Type", "application/json")
    headers.setdefault("Cache-Control", "no-store")
    return Response(reply.body.model_dump_json(), headers=headers, status_code=endpoint.status)


def not_modified(response: Response) -> Response:
    """The same answer without its body, for a caller who holds it (RFC 9110, 15.4.5)."""
    headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    return Response("", headers=headers, status_code=HTTPStatus.NOT_MODIFIED)


def replayed(endpoint: Endpoint, first: Answer, once: Once) -> Response:
    """The first answer again (R-HND-13). Raises Refused("idempotency_key_reused") when something else was asked."""
    if first.fingerprint != once.fingerprint:
        raise Refused("idempotency_key_reused")
    headers: Headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        **REPLAYED,
    }
    return Response(first.response, headers=headers, status_code=endpoint.status)
