"""Calling witnesses: strangers at addresses that strangers named (R-AUD-3)."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from localstack.witness.folder import opened
from localstack.witness.server import serve
from localstack.witness.watch import Watch, logs_of
from services.audit.domain.witnesses import Trouble
from services.audit.ports.witnesses import Asked, Heard
from services.audit.store import witness_calls
from services.audit.store.witness_calls import HttpCallers
from shared.kernel.addresses import parse_networks
from shared.kernel.clock import utc_now
from shared.kernel.cosignatures import parse_lines
from shared.kernel.witnessing import SIZE_MEDIA_TYPE
from tests.support.witness_builders import WITNESS, growing_log

LOG = growing_log()
LOOPBACK = parse_networks("127.0.0.0/8, ::1/128")
FINE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nyes"
WHOLE_SECONDS = 3.0
"""What a witness may take here in all."""
PATIENCE = 30.0
"""By when one that never ends is surely cut off, however slow this machine is."""


@contextmanager
def answering(talk: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that does what it likes with each connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError, OSError, ssl.SSLError):
                    raw, _ = server.accept()
                    raw.settimeout(PATIENCE)
                    with raw if tls is None else tls.wrap_socket(raw, server_side=True) as connection:
                        talk(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


def request(connection: socket.socket) -> bytes:
    """A whole request, which may come in pieces: to answer and hang up over an unread rest cuts the answer off."""
    came = b""
    while b"\r\n\r\n" not in came and (piece := connection.recv(65536)):
        came += piece
    head, _, body = came.partition(b"\r\n\r\n")
    (length,) = re.findall(rb"(?i)content-length: (\d+)", head) or [b"0"]
    while len(body) < int(length) and (piece := connection.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


def says(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(answer)

    return talk


def call(url: str, callers: HttpCallers | None = None) -> Heard | Trouble:
    return (callers or HttpCallers(LOOPBACK)).ask({"it": Asked(url, b"body")})["it"]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_calls, "WHOLE_SECONDS", WHOLE_SECONDS)


def test_the_program_is_asked_and_answers(tmp_path: Path) -> None:
    with opened(tmp_path, WITNESS) as kept:
        watch = Watch(kept, logs_of([LOG.signer.key.vkey]), utc_now, lambda _: None)
        with serve(watch, "127.0.0.1", 0) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            asked = {str(number): Asked(url, LOG.request(0, 10 + number)) for number in range(3)}
            heard = HttpCallers(LOOPBACK).ask(asked)
            server.shutdown()
    found = sorted((each for each in heard.values() if isinstance(each, Heard)), key=lambda each: each.status)
    assert [each.status for each in found] == [200, 409, 409]
    assert parse_lines(found[0].text)[0].name == WITNESS
    assert {each.media_type for each in found[1:]} == {SIZE_MEDIA_TYPE}


def test_the_request_is_what_the_text_asks_for() -> None:
    received: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        received.append(request(connection))
        connection.sendall(FINE)

    with answering(talk) as port:
        assert call(f"http://127.0.0.1:{port}/log/") == Heard(200, "text/plain", "yes")
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /log/add-checkpoint HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert body == b"body"


def test_our_own_network_is_not_called_unless_it_is_allowed() -> None:
    with answering(says(FINE)) as port:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"):
            assert call(f"http://{host}:{port}", HttpCallers()) is Trouble.ADDRESS_REFUSED, host
        assert call(f"http://127.0.0.1:{port}") == Heard(200, "text/plain", "yes")


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/latest", "https://[fe80::1]/", "https://10.0.0.1", "https://0.0.0.0", "https://[::]"],
)
def test_what_only_a_server_reaches_is_not_called(url: str) -> None:
    assert call(url) is Trouble.ADDRESS_REFUSED


def test_plain_http_leaves_this_machine_for_nobody() -> None:
    callers = HttpCallers(parse_networks("10.0.0.0/8"))
    assert call("http://10.0.0.1", callers) is Trouble.ADDRESS_REFUSED
    assert call("http://1.1.1.1", callers) is Trouble.ADDRESS_REFUSED


def test_a_name_that_leads_here_and_there_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a name asked twice: the connection goes to the address that was judged."""
    asked: list[str] = []

    def lookup(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert call("https://witness.example") is Trouble.ADDRESS_REFUSED
    assert asked == ["witness.example"]


def test_of_several_addresses_one_that_answers_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(_: str, port: int, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket, "create_connection", _only_to("127.0.0.1"))
    with answering(says(FINE)) as port:
        assert call(f"http://localhost:{port}") == Heard(200, "text/plain", "yes")


def _only_to(there: str) -> Callable[..., socket.socket]:
    def connected(address: tuple[str, int], seconds: float) -> socket.socket:
        if address[0] != there:
            raise ConnectionRefusedError
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(seconds)
        made.connect(address)
        return made

    return connected


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    reached: list[bytes] = []
    with answering(lambda connection: reached.append(connection.recv(100))) as inside:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{inside}/\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(says(moved)) as port:
            assert call(f"http://127.0.0.1:{port}") == Heard(307, "text/plain", "")
    assert reached == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with answering(says(FINE)) as port:
        assert call(f"http://127.0.0.1:{port}") == Heard(200, "text/plain", "yes")


@pytest.mark.parametrize(
    "answer",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
     b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"],
    ids=["nothing", "no http", "no status", "cut short", "no text", "many headers"],
)  # fmt: skip
def test_what_is_no_answer_is_trouble_and_no_failure(answer: bytes) -> None:
    with answering(says(answer)) as port:
        assert call(f"http://127.0.0.1:{port}") is Trouble.UNREACHABLE


def test_no_more_is_read_than_a_witness_has_to_say() -> None:
    with answering(says(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 100_000)) as port:
        heard = call(f"http://127.0.0.1:{port}")
    assert isinstance(heard, Heard)
    assert len(heard.text) == 16 * 1024


def test_nobody_there_is_trouble() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert call(f"http://127.0.0.1:{port}") is Trouble.UNREACHABLE
    assert call("https://nobody.invalid") is Trouble.UNREACHABLE


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", FINE.replace(b"3\r", b"9999\r")])
def test_one_that_sends_a_byte_now_and_then_is_cut_off_and_holds_up_nobody(before: bytes) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(before)
        while not over.wait(0.2):
            connection.sendall(b"x")

    with answering(drip) as slow, answering(says(FINE)) as quick:
        asked = {name: Asked(f"http://127.0.0.1:{port}", b"") for name, port in (("slow", slow), ("quick", quick))}
        started = time.monotonic()
        heard = HttpCallers(LOOPBACK).ask(asked)
        elapsed = time.monotonic() - started
        over.set()
    assert heard == {"slow": Trouble.UNREACHABLE, "quick": Heard(200, "text/plain", "yes")}
    assert elapsed < PATIENCE


def test_no_witnesses_is_no_work() -> None:
    assert HttpCallers().ask({}) == {}


# --- TLS ------------------------------------------------------------------------------------------

_USES = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for `127.0.0.1`, and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "witness")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_USES, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


def test_over_tls_the_certificate_must_be_the_names(certified: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = certified
    with answering(says(FINE), server) as port:
        assert call(f"https://127.0.0.1:{port}", HttpCallers(LOOPBACK, client)) == Heard(200, "text/plain", "yes")
        assert call(f"https://localhost:{port}", HttpCallers(LOOPBACK, client)) is Trouble.UNREACHABLE
        assert call(f"https://127.0.0.1:{port}", HttpCallers(LOOPBACK)) is Trouble.UNREACHABLE


@pytest.mark.usefixtures("short")
def test_one_that_never_ends_its_handshake_is_cut_off(certified: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    over = threading.Event()

    def keep_silent(_: socket.socket) -> None:
        over.wait(2 * PATIENCE)

    with answering(keep_silent) as port:
        started = time.monotonic()
        assert call(f"https://127.0.0.1:{port}", HttpCallers(LOOPBACK, certified[1])) is Trouble.UNREACHABLE
        elapsed = time.monotonic() - started
        over.set()
    assert elapsed < PATIENCE
