"""The witness over HTTP: `POST /add-checkpoint` (C2SP tlog-witness), and its key and last checkpoints for reading.

Plain HTTP, for a reverse proxy that speaks TLS in front of it: a cosignature needs no secrecy, and a witness's key does
not belong into a process that faces everybody.
"""

from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_WR
from typing import Final
from urllib.parse import unquote

from localstack.witness.watch import Answer, Watch
from shared.kernel.witnessing import LONGEST_REQUEST, PATH

_PATIENCE_SECONDS: Final = 10
_PASSED_OVER_BYTES: Final = 1024 * 1024
_KEY: Final = "/key"
_LAST: Final = "/checkpoint/"


def serve(watch: Watch, host: str, port: int) -> ThreadingHTTPServer:
    """A server, bound and not yet running; port 0 takes a free one. Raises OSError."""

    class Bound(_Handler):
        answers = watch

    server = ThreadingHTTPServer((host, port), Bound)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    """One connection; kept open, as the text asks, until its caller says nothing for a while."""

    protocol_version = "HTTP/1.1"
    server_version = "shenguan-witness"
    sys_version = ""
    timeout = _PATIENCE_SECONDS
    answers: Watch

    # The names are http.server's own.
    def do_POST(self) -> None:
        """Answer to a new checkpoint."""
        length = self._length()
        if isinstance(length, Answer):
            # The body is not read, and would be taken for the next request.
            self.close_connection = True
            self._send(length)
            return
        body = self.rfile.read(length)
        if self.path != PATH:
            self._send(Answer(HTTPStatus.NOT_FOUND, f"POST {PATH}\n"))
        elif len(body) == length:
            self._send(self.answers.add_checkpoint(body))
        else:
            self.close_connection = True

    def do_GET(self) -> None:
        """Show the key, or the last checkpoint of a log."""
        if self.path == _KEY:
            self._send(Answer(HTTPStatus.OK, f"{self.answers.vkey}\n"))
        elif self.path.startswith(_LAST):
            self._send(self.answers.last(unquote(self.path.removeprefix(_LAST))))
        else:
            self._send(Answer(HTTPStatus.NOT_FOUND, f"GET {_KEY} or {_LAST}ORIGIN, POST {PATH}\n"))

    def log_message(self, *_: object) -> None:
        """Say nothing: the watch tells what it decided."""

    def finish(self) -> None:
        """Say no more, and pass over what the caller still sends: a request whose body nobody took, whatever it asked.

        To close over it would break the connection before its caller has read the answer (RFC 9112 section 9.6).
        """
        # A caller that has gone reads nothing.
        with suppress(OSError):
            self.connection.shutdown(SHUT_WR)
            left = _PASSED_OVER_BYTES
            while left > 0 and (piece := self.rfile.read1(left)):
                left -= len(piece)
        super().finish()

    def _length(self) -> int | Answer:
        """How many bytes the body has, or what to answer instead of reading it."""
        given = self.headers.get("Content-Length", "")
        if not given.isascii() or not given.isdecimal():
            return Answer(HTTPStatus.LENGTH_REQUIRED, "say Content-Length\n")
        length = int(given)
        if length > LONGEST_REQUEST:
            return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LONGEST_REQUEST} bytes\n")
        return length

    def _send(self, answer: Answer) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        headers = {"Content-Type": answer.media_type, "Content-Length": str(len(content)), "Cache-Control": "no-store"}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
