"""Calling witnesses over HTTP: they are strangers, so is whatever address was registered for them.

A call goes to an address that was judged (shared.kernel.addresses), follows no redirect, uses no proxy, ends after a
few seconds whatever the other side does, and reads no more than a witness has to say.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from services.audit.domain.witnesses import Trouble
from services.audit.ports.witnesses import Asked, Heard
from shared.kernel.addresses import Address, Network, may_be_called, parse_address
from shared.kernel.witnessing import PATH
from shared.observability import logger

WHOLE_SECONDS: Final = 8.0
"""How long one call may take as a whole: two rounds of them fit into the function's thirty seconds."""

_STEP_SECONDS: Final = 4.0
_LONGEST_ANSWER: Final = 16 * 1024
_AT_ONCE: Final = 32
_PORTS: Final = {"https": 443, "http": 80}


class AddressRefusedError(OSError):
    """A name leads to no address that may be called."""


class HttpCallers:
    """The way to the witnesses; `allowed` are the networks of our own that they may be in."""

    def __init__(self, allowed: Sequence[Network] = (), tls: ssl.SSLContext | None = None) -> None:
        self._allowed = allowed
        self._tls = tls

    def ask(self, asked: Mapping[str, Asked]) -> Mapping[str, Heard | Trouble]:
        """Ask all at once; none of them holds up another."""
        if not asked:
            return {}
        with ThreadPoolExecutor(min(_AT_ONCE, len(asked))) as threads:
            return dict(zip(asked, threads.map(self._ask, asked, asked.values()), strict=True))

    def _ask(self, name: str, asked: Asked) -> Heard | Trouble:
        try:
            return self._call(asked)
        except AddressRefusedError:
            logger().warning("a witness's address may not be called", extra={"witness": name})
            return Trouble.ADDRESS_REFUSED
        except (OSError, http.client.HTTPException, ValueError) as error:
            logger().warning("a witness did not answer", extra={"witness": name, "error": type(error).__name__})
            return Trouble.UNREACHABLE

    def _call(self, asked: Asked) -> Heard:
        parts = urlsplit(asked.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        connection = _Connection(host, port, self._addresses(host, port, parts.scheme), self._context(parts.scheme))
        end = threading.Timer(WHOLE_SECONDS, connection.cut)
        end.daemon = True
        end.start()
        try:
            headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "shenguan-audit"}
            connection.request("POST", f"{parts.path.rstrip('/')}{PATH}", body=asked.body, headers=headers)
            answer = connection.getresponse()
            text = answer.read(_LONGEST_ANSWER)
            if connection.late or (answer.length and len(text) < _LONGEST_ANSWER):
                raise TimeoutError
            return Heard(answer.status, answer.headers.get_content_type(), text.decode())
        finally:
            end.cancel()
            connection.close()

    def _addresses(self, host: str, port: int, scheme: str) -> Sequence[Address]:
        """The addresses a host's name leads to, all of which may be called. Raises AddressRefusedError, OSError."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [parse_address(str(each[4][0])) for each in found]
        if not addresses or not all(may_be_called(each, self._allowed) for each in addresses):
            raise AddressRefusedError
        if scheme != "https" and not all(each.is_loopback for each in addresses):
            raise AddressRefusedError
        return addresses

    def _context(self, scheme: str) -> ssl.SSLContext | None:
        if scheme != "https":
            return None
        self._tls = self._tls or ssl.create_default_context()
        return self._tls


class _Connection(http.client.HTTPConnection):
    """A connection to one of some addresses under one name, which can be cut from another thread."""

    def __init__(self, host: str, port: int, addresses: Sequence[Address], tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=_STEP_SECONDS)
        self.default_port = _PORTS["https" if tls else "http"]
        self._addresses = addresses
        self._context = tls
        self._held: socket.socket | None = None
        self.late = False

    def connect(self) -> None:
        """Connect to an address that was judged; the certificate is still the name's."""
        self._held = self.sock = self._first_that_answers()
        if self._context:
            self._held = self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
        if self.late:
            raise TimeoutError

    def _first_that_answers(self) -> socket.socket:
        for address in self._addresses[:-1]:
            with suppress(OSError):
                return socket.create_connection((str(address), self.port), _STEP_SECONDS / 2)
        return socket.create_connection((str(self._addresses[-1]), self.port), _STEP_SECONDS)

    def cut(self) -> None:
        """End whatever is going on: the other side may send a byte every few seconds, for ever."""
        self.late = True
        if self._held is not None:
            with suppress(OSError):
                self._held.shutdown(socket.SHUT_RDWR)
