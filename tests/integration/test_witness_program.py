"""The program `shenguan witness` over HTTP, as a log calls it; bad requests; kill -9 at any moment (R-AUD-3)."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from services.audit.domain.witnesses import Trouble
from services.audit.logic.cosigning import Cosigning, cosign
from services.audit.logic.sealing import seal
from services.audit.store.witness_calls import HttpCallers
from shared.contracts.witnesses import Witness
from shared.kernel.addresses import parse_networks
from shared.kernel.clock import utc_now
from shared.kernel.cosignatures import cosignatures, parse_lines, parse_witness_key
from shared.kernel.notes import Note, parse_note
from shared.kernel.witnessing import LONGEST_REQUEST, SIZE_MEDIA_TYPE
from tests.support.audit_builders import NOW, SIGNER, a_log, envelopes, messages
from tests.support.witness_builders import WITNESS, MemoryWitnesses, growing_log

LOG = growing_log(leaves=3_000)
FORK = growing_log(leaves=3_000, common=5)
KILLS = 8
PATIENCE = 60.0
"""How long an answer may take, in seconds: each is on the disk before it is given."""


class Program:
    """A running witness."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.told: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.told.append(line.rstrip("\n"))
            if line.startswith("listens"):
                break
        assert self.told, "it ended at once"
        self.vkey = self.told[0].split()[1]
        self.url = self.told[-1].split()[1].removesuffix("/add-checkpoint")


@contextmanager
def running(folder: Path, log: str = LOG.signer.key.vkey) -> Iterator[Program]:
    command = [sys.executable, "-m", "localstack.cli", "witness", "--folder", str(folder), "--name", WITNESS,
               "--log", log, "--port", "0"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("witness")) as started:
        yield started


def connected(program: Program) -> socket.socket:
    """A connection on which anything may be said."""
    host, port = program.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def last_size(program: Program) -> int:
    shown = httpx.get(
        f"{program.url}/checkpoint/{quote(LOG.signer.key.name, safe='')}", trust_env=False, timeout=PATIENCE
    )
    return int(shown.text.split("\n")[1]) if shown.status_code == 200 else 0


def test_a_log_gets_a_cosignature_it_can_verify_over_one_connection(program: Program) -> None:
    with httpx.Client(base_url=program.url, trust_env=False, timeout=PATIENCE) as client:
        assert client.get("/key").text == f"{program.vkey}\n"
        known = last_size(program)
        for old, size in ((known, known + 10), (known + 10, known + 10), (known + 10, known + 25)):
            answer = client.post("/add-checkpoint", content=LOG.request(old, size))
            assert answer.status_code == 200, answer.text
            note = parse_note(LOG.note(size))
            (found,) = cosignatures(Note(note.text, parse_lines(answer.text)), [parse_witness_key(program.vkey)])
            assert found.key.name == WITNESS
        told = client.post("/add-checkpoint", content=LOG.request(0, 50))
        assert (told.status_code, told.headers["Content-Type"]) == (409, SIZE_MEDIA_TYPE)
        assert told.text == f"{known + 25}\n"
        assert last_size(program) == known + 25


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/add-checkpoint", b"nonsense", 400),
        ("POST", "/add-checkpoint", b"", 400),
        ("POST", "/add-checkpoint", b"x" * LONGEST_REQUEST, 400),
        ("POST", "/add-checkpoint", b"x" * (LONGEST_REQUEST + 1), 413),
        ("POST", "/", b"x", 404),
        ("POST", "/key", b"x", 404),
        ("GET", "/", b"", 404),
        ("GET", "/checkpoint/nobody.example", b"", 404),
        ("GET", "/checkpoint/..%2f..%2fkey", b"", 404),
        ("PUT", "/add-checkpoint", b"x", 501),
        ("DELETE", "/key", b"", 501),
    ],
)
def test_what_it_does_not_answer_is_refused_and_it_goes_on(
    program: Program, method: str, path: str, body: bytes, status: int
) -> None:
    with httpx.Client(base_url=program.url, trust_env=False, timeout=PATIENCE) as client:
        assert client.request(method, path, content=body).status_code == status
        assert client.get("/key").status_code == 200


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "٣", " "])
def test_a_length_that_is_none_is_refused(program: Program, length: str) -> None:
    with connected(program) as raw:
        raw.sendall(f"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 411")


@pytest.mark.parametrize(
    ("method", "status", "end"),
    [("POST", b"413", f"at most {LONGEST_REQUEST} bytes\n".encode()), ("PUT", b"501", b"</html>\n")],
)
def test_whose_body_is_not_taken_can_send_it_and_read_why(
    program: Program, method: str, status: bytes, end: bytes
) -> None:
    """RFC 9112 section 9.6: the connection is not broken under a caller that is still sending."""
    head = f"{method} /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: {4 * LONGEST_REQUEST}\r\n\r\n"
    with connected(program) as raw, raw.makefile("rb") as answer:
        raw.sendall(head.encode())
        assert answer.readline().startswith(b"HTTP/1.1 " + status)
        for _ in range(64):
            raw.sendall(b"x" * (LONGEST_REQUEST // 16))
        assert answer.read().endswith(end)


def test_a_caller_that_hangs_does_not_hold_up_the_others(program: Program) -> None:
    with connected(program) as idle:
        idle.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold")
        assert httpx.get(f"{program.url}/key", trust_env=False, timeout=PATIENCE).status_code == 200
        idle.setblocking(False)
        with pytest.raises(BlockingIOError):
            idle.recv(1)  # it hangs still: nobody waited until it was given up


def test_it_says_in_its_log_what_it_decided(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        assert started.told[1] == f"watches  {LOG.signer.key.name}  at size 0"
        httpx.post(f"{started.url}/add-checkpoint", content=LOG.request(0, 1_200), trust_env=False, timeout=PATIENCE)
        httpx.post(
            f"{started.url}/add-checkpoint", content=FORK.request(1_200, 1_300), trust_env=False, timeout=PATIENCE
        )
        started.process.send_signal(signal.SIGTERM)
        rest, _ = started.process.communicate(timeout=PATIENCE)
    lines = rest.splitlines()
    assert f"200  {LOG.signer.key.name}  0 → 1,200 cosigned" in lines[0]
    assert "422" in lines[1]
    assert "CONTRADICTS" in lines[1]
    assert lines[-1] == "Stopped; what it cosigned stays."
    assert started.process.returncode == 0


def test_killed_at_any_moment_it_never_goes_behind_what_it_answered_nor_to_another_history(tmp_path: Path) -> None:
    """Two logs of one name push as fast as they can; the process is killed again and again."""
    answered: list[tuple[object, int]] = []
    dice = random.Random(9162)
    for _ in range(KILLS):
        with running(tmp_path) as started:
            known, heard = last_size(started), threading.Event()
            assert known >= max((size for _, size in answered), default=0)
            pushers = [
                threading.Thread(target=_push, args=(log, started, known, answered, heard)) for log in (LOG, FORK)
            ]
            for pusher in pushers:
                pusher.start()
            assert heard.wait(PATIENCE)
            threading.Event().wait(dice.uniform(0.05, 0.4))
            os.kill(started.process.pid, signal.SIGKILL)
            started.process.wait()
            for pusher in pushers:
                pusher.join()
    assert len(answered) > KILLS
    beyond = [(log, size) for log, size in answered if size > 5]
    assert len({id(log) for log, _ in beyond}) == 1


def _push(
    log: object, started: Program, known: int, answered: list[tuple[object, int]], heard: threading.Event
) -> None:
    assert log is LOG or log is FORK
    source = LOG if log is LOG else FORK
    connection = http.client.HTTPConnection(started.url.removeprefix("http://"), timeout=PATIENCE)
    old = known
    with suppress(OSError, http.client.HTTPException):
        for size in range(known + 1, 3_000):
            connection.request("POST", "/add-checkpoint", body=source.request(old, max(size, old)))
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status == 200:
                old = max(size, old)
                answered.append((log, old))
                heard.set()
            elif answer.headers["Content-Type"] == SIZE_MEDIA_TYPE:
                old = int(text)
    connection.close()


def test_our_log_is_cosigned_by_it_over_http_and_goes_on_when_it_dies(tmp_path: Path) -> None:
    """The log grows while the witness is away; when it is back it cosigns what contains all it missed."""
    log, callers, witnesses = a_log(), HttpCallers(parse_networks("127.0.0.0/8")), MemoryWitnesses()

    def minute(witness: Program) -> Cosigning:
        witnesses.listed = [Witness(name="justice", url=witness.url, vkey=witness.vkey)]
        seal(log, messages(envelopes(40), prefix=str(log.ledger.head().size)), NOW)
        return cosign(log, witnesses, callers, 1, utc_now())

    for size in (40, 120):
        with running(tmp_path, SIGNER.key.vkey) as started:
            assert minute(started) == Cosigning(size, ("justice",), {})
        assert minute(started) == Cosigning(size + 40, (), {"justice": Trouble.UNREACHABLE})
        checkpoint = parse_note(log.ledger.cosigned() or "")
        assert len(cosignatures(checkpoint, [parse_witness_key(started.vkey)])) == 1
        assert f"\n{size}\n" in checkpoint.text
