"""The deployed local stack as end-to-end tests see it: HTTP from outside, the emulator's own API for looking behind."""

import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.build import SERVICES
from infra.deploy import stack_name
from localstack.demo.command import bootstrap_secret
from localstack.demo.desk import Desk, sign_in
from localstack.emulator import HOST, free_port
from localstack.runner import STAGE, LocalStack, Running
from shared.contracts.event import Event
from shared.kernel.merkle import leaf_hash, root_of
from shared.kernel.notes import Checkpoint, VerifierKey, open_checkpoint, parse_vkey
from shared.kernel.tiles import Bundle, Tile, decode_bundle, new_bundles, tiles_of

Rows = dict[tuple[str, str], dict[str, Any]]
"""Rows of a table by their key."""

_EVENT = "event#"
_TIMEOUT_SECONDS = 900.0
"""Twenty requests at once start forty functions, two at a time."""


class _Watched:
    """Remembers what a start did."""

    def __init__(self) -> None:
        self.packaged: list[str] = []
        self.changed: list[str] = []

    def report(self, line: str) -> None:
        if line.startswith("packaging"):
            self.packaged.append(line)

    def started(self, stack: str) -> None:
        """A stack being looked at is nothing yet."""

    def finished(self, stack: str, *, changed: bool) -> None:
        if changed:
            self.changed.append(stack)


@dataclass
class Deployed:
    """A stack that is up, in a home of its own."""

    stack: LocalStack
    running: Running
    http: httpx.Client
    work: tuple[str, ...] = ()
    """What the start packaged and deployed."""

    @property
    def base_url(self) -> str:
        return self.running.base_url

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return self.running.client(service)

    def administrator(self) -> Desk:
        """The desk of the first client, which registers all others."""
        return sign_in(self.http, self.base_url, "cli_bootstrap", bootstrap_secret(self.running))

    def again(self) -> "Deployed":
        """Stop and start over the same home."""
        self.stack.down()
        return _up(self.stack, self.http)

    # ── Tables ──────────────────────────────────────────────────────────────────────────────────

    def rows(self, service: str) -> Rows:
        """Every row of a service's table, as texts."""
        pages = self.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=stack_name(STAGE, service), ConsistentRead=True)
        flat = ({name: next(iter(value.values())) for name, value in row.items()} for p in found for row in p["Items"])
        return {(row["pk"], row["sk"]): row for row in flat}

    def events(self, service: str) -> list[Event]:
        """Every event a service ever recorded."""
        return [Event.model_validate_json(row["body"]) for (_, sk), row in self.rows(service).items() if _is_event(sk)]

    def unsent(self) -> list[tuple[str, str]]:
        """Events that have not reached topic and log yet, in any table."""
        return _unsent(self._told())

    def _told(self) -> dict[str, Rows]:
        """The rows of every service's events."""
        return {name: {key: row for key, row in self.rows(name).items() if _is_event(key[1])} for name in SERVICES}

    # ── Queues ──────────────────────────────────────────────────────────────────────────────────

    def queues(self) -> dict[str, str]:
        """Queue URLs by the last part of their names: `credit`, `credit-dead`, …"""
        prefix = stack_name(STAGE, "")
        urls = self.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
        return {url.rsplit("/", 1)[1].removeprefix(prefix): url for url in urls}

    def depth(self, url: str) -> int:
        """How many messages a queue holds, on their way ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        given = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(given[name]) for name in names)

    def dead_letters(self) -> dict[str, int]:
        """Dead-letter queues that hold something, with how much."""
        depths = {name: self.depth(url) for name, url in self.queues().items() if name.endswith("-dead")}
        return {name: depth for name, depth in depths.items() if depth}

    def quiet(self) -> bool:
        """Whether everything that happened has been told, heard and logged.

        Tables and queues cannot be looked at in one moment. But when nothing was unsent, then no queue held anything,
        and then there is no event but those of before, what was sent before the first look has all been handled, and
        nothing came of it.
        """
        told = self._told()
        if _unsent(told) or any(self.depth(url) for name, url in self.queues().items() if not name.endswith("-dead")):
            return False
        return self._told() == told

    # ── The log ─────────────────────────────────────────────────────────────────────────────────

    def log_key(self) -> VerifierKey:
        """The public key of the log."""
        return parse_vkey(self.log_file("key").decode().strip())

    def checkpoint(self) -> Checkpoint:
        """The last checkpoint; its signature is verified."""
        return open_checkpoint(self.log_file("checkpoint"), self.log_key())

    def tile(self, tile: Tile | Bundle) -> bytes:
        """A tile or a bundle of entries."""
        return self.log_file(tile.path)

    def log_entries(self, size: int) -> list[bytes]:
        """The first `size` entries of the log, downloaded as any stranger would."""
        return [entry for bundle in new_bundles(0, size) for entry in decode_bundle(self.tile(bundle))]

    def logged_ids(self) -> list[str]:
        """The ids of all events in the log, in order."""
        return [str(json.loads(entry)["id"]) for entry in self.log_entries(self.checkpoint().size)]

    def log_file(self, path: str) -> bytes:
        """A file of the log by its path of C2SP tlog-tiles, as anybody reads it."""
        answer = self.http.get(f"{self.base_url}/audit/v1/{path}", headers={"Accept": "*/*"})
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code} {answer.text}"
        return answer.content


def root_of_entries(entries: list[bytes]) -> bytes:
    """The root of a tree of these entries."""
    return root_of([leaf_hash(entry) for entry in entries])


def leaf_tiles(size: int) -> tuple[Tile, ...]:
    """The tiles that hold the leaf hashes of a tree."""
    return tuple(tile for tile in tiles_of(size) if tile.level == 0)


@contextmanager
def deployed(home: Path) -> Iterator[Deployed]:
    """Build what is not built, deploy it on a free port, and in the end stop it in order."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("NO_PROXY", "no_proxy"):
            environment.setenv(name, HOST)
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
            environment.delenv(name, raising=False)
        stack = LocalStack(home, free_port())
        try:
            with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
                yield _up(stack, http)
        finally:
            stack.down()


def _up(stack: LocalStack, http: httpx.Client) -> Deployed:
    watched = _Watched()
    with warnings.catch_warnings():
        # The emulator outlives the object that started it: it is stopped by its process id.
        warnings.simplefilter("ignore", ResourceWarning)
        running = stack.up(watched, watched.report)
    return Deployed(stack, running, http, (*watched.packaged, *watched.changed))


def _unsent(told: dict[str, Rows]) -> list[tuple[str, str]]:
    return [key for rows in told.values() for key, row in rows.items() if "outbox_shard" in row]


def _is_event(sk: str) -> bool:
    return sk.startswith(_EVENT)


# ── Processes, where the system shows them as files ────────────────────────────────────────────────

PROC = Path("/proc")
PROCESSES_SHOWN = pytest.mark.skipif(
    not (PROC / "self" / "stat").exists(), reason="this system does not show processes under /proc"
)


def workers_of(pid: int) -> list[int]:
    """The processes in which the emulator runs functions: its children, and nobody else's."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        _, parent = _state_and_parent(int(folder.name))
        if parent == pid:
            found.append(int(folder.name))
    return found


def living(pids: Iterable[int]) -> set[int]:
    """Those of some processes that have not ended; one that waits to be collected by its parent has."""
    return {pid for pid in pids if _state_and_parent(pid)[0] not in _ENDED}


_GONE = "gone"
_ENDED = frozenset({_GONE, "Z", "X"})


def _state_and_parent(pid: int) -> tuple[str, int]:
    """A process's state, by the kernel's letter, and its parent."""
    try:
        state, parent, *_ = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return _GONE, 0
    return state, int(parent)


def listeners_of(pids: Iterable[int]) -> set[str]:
    """The addresses, as the kernel writes them, at which these processes wait for connections or datagrams."""
    held = {inode for pid in pids for inode in _inodes_of(pid)}
    found = set()
    for table, waiting in _SOCKET_TABLES.items():
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == waiting and fields[9] in held:
                found.add(fields[1].rpartition(":")[0])
    return found


# A TCP socket that listens is in state 0A, a bound datagram socket in 07.
_SOCKET_TABLES = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
LOOPBACK = frozenset({"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"})
"""127.0.0.1 and ::1 as the kernel writes them on a little-endian machine."""


def _inodes_of(pid: int) -> set[str]:
    sockets = set()
    # A process may end while it is looked at, and then has no sockets.
    with suppress(FileNotFoundError, ProcessLookupError):
        for link in (PROC / str(pid) / "fd").glob("*"):
            with suppress(FileNotFoundError):
                target = str(link.readlink())
                if target.startswith("socket:["):
                    sockets.add(target[8:-1])
    return sockets
