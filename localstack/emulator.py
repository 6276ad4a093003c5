"""One process of the pip-installed emulator (ministack), on loopback, with its state in one folder."""

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
REGION = "us-east-1"

_START_SECONDS = 60.0
# State is written while it stops; a large one takes seconds.
_STOP_SECONDS = 120.0
_POLL_SECONDS = 0.1
_LOG_TAIL = 20
_TEST_PORTS = range(20_000, 30_000)
# Processes this one started: a child must be collected by its parent, or stays as a zombie.
_CHILDREN: dict[int, "subprocess.Popen[bytes]"] = {}
# Nothing else of the caller's environment reaches the emulator or the functions in it.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "VIRTUAL_ENV")


class EmulatorError(RuntimeError):
    """The emulator cannot be started or stopped; the text says why and what to do."""


class PortTakenError(EmulatorError):
    """Another program listens on the port."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """The emulator whose state lies in `home`; at most one process per home."""

    home: Path

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.home / "emulator.log"

    def start(self, port: int) -> bool:
        """Start it and wait until it answers; False where it already runs on that port.

        Raises:
            PortTakenError: something else listens there.
            EmulatorError: its data belongs to another port, or it ended at once.
        """
        if self.port() == port:
            return False
        if self.port():
            raise EmulatorError(
                f"The stack already runs on port {self.port()}. Stop it first (make stop), "
                f"or keep that port: SHENGUAN_PORT={self.port()}."
            )
        has_data = (self.home / "state").exists() and self._record_file.exists()
        if has_data and (old := self._record()["port"]) != port:
            # Queue addresses, the log's name and tokens' issuer are part of the data.
            raise EmulatorError(
                f"The data in {self.home.name} belongs to port {old}. Keep that port "
                f"(SHENGUAN_PORT={old}), or forget the data first: shenguan down --wipe"
            )
        if _listens(port):
            raise PortTakenError(
                f"Port {port} is taken by another program. Stop that program, or "
                + ("forget the data of this port (shenguan down --wipe) and " if has_data else "")
                + f"choose another port: SHENGUAN_PORT={port + 1} make run"
            )
        self._spawn(port)
        return True

    def stop(self) -> bool:
        """Stop it in order, so that its state is written; False where it does not run.

        Raises EmulatorError when it does not end; nothing is killed unasked, for that loses data.
        """
        if not self.port():
            return False
        pid = self._record()["pid"]
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._locked():
            _reap(pid)
            if time.monotonic() > deadline:
                raise EmulatorError(
                    f"The emulator (process {pid}) did not stop within {_STOP_SECONDS:.0f} seconds. "
                    f"See {self.log}; end it with `kill -9 {pid}` if the changes since its start may go."
                )
            time.sleep(_POLL_SECONDS)
        _reap(pid)
        _end_workers(pid)
        return True

    def port(self) -> int | None:
        """The port it runs on, or None where it does not run."""
        return self._record()["port"] if self._locked() and self._record_file.exists() else None

    def pid(self) -> int | None:
        """Its process id, or None where it does not run."""
        return self._record()["pid"] if self.port() else None

    def healthy(self) -> bool:
        """Whether it answers."""
        port = self.port()
        return bool(port) and _answers(port or 0)

    def wipe(self) -> None:
        """Forget all data. Raises EmulatorError while it runs."""
        if self.port():
            raise EmulatorError("The stack is running; stop it before wiping its data.")
        shutil.rmtree(self.home, ignore_errors=True)

    # ── inside ───────────────────────────────────────────────────────────────────────────────

    @property
    def _record_file(self) -> Path:
        return self.home / "emulator.json"

    @property
    def _lock_file(self) -> Path:
        return self.home / "emulator.lock"

    def _record(self) -> dict[str, int]:
        read: dict[str, int] = json.loads(self._record_file.read_text(encoding="utf-8"))
        return read

    def _locked(self) -> bool:
        """The process inherits a lock and so holds it exactly as long as it lives."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _spawn(self, port: int) -> None:
        scratch = self.home / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)  # unpacked functions of an earlier run
        scratch.mkdir(parents=True)
        _forget_stream_positions(self.home / "state" / "lambda.json")
        with self._lock_file.open("a") as lock, self.log.open("w") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process = self._popen(port, lock, log)
        _CHILDREN[process.pid] = process
        self._record_file.write_text(json.dumps({"pid": process.pid, "port": port}), encoding="utf-8")
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                process.terminate()
                raise EmulatorError(f"The emulator did not start:\n{self._log_tail()}")
            time.sleep(_POLL_SECONDS)

    def _popen(self, port: int, lock: IO[str], log: IO[str]) -> "subprocess.Popen[bytes]":
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.home / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.home / "s3"),
            "TMPDIR": str(self.home / "tmp"),
            # Its listeners for protocols we do not speak would bind every interface.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to turn into an orderly stop
            pass_fds=(lock.fileno(),),
        )

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_TAIL:])


def free_port() -> int:
    """A port nobody listens on now; for tests.

    Of those that systems do not give to outgoing connections: none of these takes it while an emulator is stopped.
    """
    for port in random.SystemRandom().sample(_TEST_PORTS, len(_TEST_PORTS)):
        if not _listens(port):
            return port
    raise PortTakenError(f"Every port from {_TEST_PORTS[0]} to {_TEST_PORTS[-1]} is taken. Stop some programs.")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _answers(port: int) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{HOST}:{port}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _forget_stream_positions(state: Path) -> None:
    """Let the functions read restored streams from their beginning.

    The emulator keeps how many records each function has read, but not the records: after a
    restart it would skip that many new ones (ministack 1.5.33, services/lambda_svc.py:
    get_state). Nothing is read twice for it, as restored streams are empty.
    """
    if not state.exists():
        return
    kept = json.loads(state.read_text(encoding="utf-8"))
    if kept.get("payload", {}).pop("dynamodb_stream_positions", None):
        state.write_text(json.dumps(kept), encoding="utf-8")


def _end_workers(pid: int) -> None:
    """End functions' processes that are still finishing; they share the emulator's group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _reap(pid: int) -> None:
    """Collect the process if it is our own child; otherwise its parent does."""
    if (child := _CHILDREN.get(pid)) and child.poll() is not None:
        del _CHILDREN[pid]
