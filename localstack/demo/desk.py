"""A desk: one client of the deployed API, speaking HTTP as any agency's own system would."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from shared.kernel.ids import new_id

T = TypeVar("T")

_TIMEOUT_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


class DemoStoppedError(RuntimeError):
    """The deployed system answered something the story did not expect; the text says what and where to look."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One registered client and its token."""

    base_url: str
    http: httpx.Client
    token: str
    client_id: str

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - whatever JSON the API answers
        """GET JSON."""
        return answered(self.http.get(self._url(path), params=query, headers=self._headers()))

    def pages(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        """Every entry of a paged list."""
        query = {"limit": "200"}
        while True:
            page = self.get(path, **query)
            yield from page[name]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def try_get(self, path: str) -> Any:  # noqa: ANN401
        """GET JSON, or None where there is none yet (404)."""
        response = self.http.get(self._url(path), headers=self._headers())
        return None if response.status_code == httpx.codes.NOT_FOUND else answered(response)

    def post(self, path: str, body: object, *, key: str | None = None) -> Any:  # noqa: ANN401
        """POST JSON once, under a fresh Idempotency-Key or the given one."""
        return answered(self.send(path, body, key=key))

    def send(self, path: str, body: object, *, key: str | None = None, version: int | None = None) -> httpx.Response:
        """POST and give the whole response, refused or not."""
        headers = {**self._headers(), "Idempotency-Key": key or new_id("key")}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        if body is None:
            return self.http.post(self._url(path), headers=headers)
        return self.http.post(self._url(path), json=body, headers=headers)

    def _url(self, path: str) -> str:
        return f"{self.base_url}{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "zh"}


def new_http() -> httpx.Client:
    """An HTTP client that speaks to the stack directly; functions may have to start first."""
    return httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False)


def sign_in(http: httpx.Client, base_url: str, client_id: str, secret: str) -> Desk:
    """Ask for a token with client credentials."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    token = answered(http.post(f"{base_url}/identity/v1/token", data=form))
    return Desk(base_url, http, token["access_token"], client_id)


def answered(response: httpx.Response) -> Any:  # noqa: ANN401
    """The JSON of a successful answer. Raises DemoStoppedError with the problem's own words otherwise."""
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
        words = f"{problem.get('code')}: {problem.get('detail_en') or problem.get('detail')}"
        if "errors" in problem:
            words += "\n" + json.dumps(problem["errors"], ensure_ascii=False, indent=1)
    except ValueError:
        words = response.text[:500]
    raise DemoStoppedError(
        f"{response.request.method} {response.request.url} answered {response.status_code}\n{words}\n"
        "See .shenguan/emulator.log for what the functions logged."
    )


def eventually(look: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Look again and again until there is something, since events take a moment to arrive.

    Raises DemoStoppedError after `seconds`.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(_PAUSE_SECONDS)
    raise DemoStoppedError(
        f"{what} did not arrive within {seconds:.0f} s. See .shenguan/emulator.log for what the functions logged."
    )
