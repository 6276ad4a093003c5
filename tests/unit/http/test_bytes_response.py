"""Bytes reach every client as bytes, text as text."""

import base64
from typing import Any

import pytest

from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.service_app import ServiceApp
from tests.support.desk import RecordingDesk
from tests.support.gateway import Gateway

CONTENT = bytes(range(256))


api = Endpoints(__name__, RecordingDesk)


@api.endpoint("GET", "/v1/bytes", summary="bytes", action=None, response="application/octet-stream")
def read_bytes(_: Call[Nothing, Nothing]) -> Reply:
    return Reply(CONTENT)


@api.endpoint("GET", "/v1/text", summary="text", action=None, response="text/plain; charset=utf-8")
def read_text(_: Call[Nothing, Nothing]) -> Reply:
    return Reply("审计".encode())


@api.endpoint("GET", "/v1/elsewhere", summary="elsewhere", action=None, response="application/octet-stream")
def read_elsewhere(_: Call[Nothing, Nothing]) -> Reply:
    return Reply(b"", redirect="https://example.org/")


APP = ServiceApp("bytes", api)


@pytest.mark.parametrize("accept", [None, "*/*", "application/octet-stream", "text/html,*/*;q=0.8"])
def test_bytes_are_base64_for_the_gateway_whatever_is_accepted(accept: str | None) -> None:
    """Chalice itself would answer 400 to a client that names no Accept."""
    headers: dict[str, Any] = {"accept": accept} if accept else {}
    answer = Gateway(APP).get("/v1/bytes", **headers)
    assert answer.status == 200
    assert base64.b64decode(answer.text) == CONTENT


def test_text_stays_text() -> None:
    answer = Gateway(APP).get("/v1/text")
    assert (answer.text, answer.headers["Content-Type"]) == ("审计", "text/plain; charset=utf-8")


def test_a_redirect_is_temporary_and_not_kept() -> None:
    answer = Gateway(APP).get("/v1/elsewhere")
    assert (answer.status, answer.headers["Location"]) == (307, "https://example.org/")
    assert answer.headers["Cache-Control"] == "no-store"
