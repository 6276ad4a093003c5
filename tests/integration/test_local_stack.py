"""The emulator as a process: on loopback alone, one per home, its data kept over a restart."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from localstack.emulator import Emulator, EmulatorError, PortTakenError, free_port
from localstack.runner import local_session


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    made = Emulator(tmp_path / "home")
    yield made
    made.stop()


def queue_names(port: int) -> list[str]:
    session: boto3.Session = local_session()
    listed = session.client("sqs", endpoint_url=f"http://127.0.0.1:{port}").list_queues().get("QueueUrls", [])
    return [url.rsplit("/", 1)[-1] for url in listed]


def test_it_keeps_its_data_over_a_restart_and_leaves_no_process(emulator: Emulator) -> None:
    port = free_port()
    assert emulator.start(port)
    assert not emulator.start(port)
    assert emulator.healthy()
    pid = emulator.pid()
    sqs = local_session().client("sqs", endpoint_url=f"http://127.0.0.1:{port}")
    sqs.create_queue(QueueName="kept")

    assert emulator.stop()
    assert not emulator.stop()
    assert emulator.port() is None
    with pytest.raises(ProcessLookupError):
        os.killpg(pid or 0, 0)

    emulator.start(port)
    assert queue_names(port) == ["kept"]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux who listens where")
def test_nothing_listens_beyond_loopback(emulator: Emulator) -> None:
    emulator.start(free_port())
    assert listening_addresses(emulator.pid() or 0) == {"127.0.0.1"}


def test_a_port_in_use_is_told_with_the_way_out(emulator: Emulator) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"SHENGUAN_PORT={port + 1}"):
            emulator.start(port)


def test_a_second_port_for_the_same_data_is_refused(emulator: Emulator) -> None:
    port = free_port()
    emulator.start(port)
    with pytest.raises(EmulatorError, match=f"already runs on port {port}"):
        emulator.start(free_port())


def test_data_made_on_one_port_is_not_served_on_another(emulator: Emulator) -> None:
    port = free_port()
    emulator.start(port)
    emulator.stop()
    with pytest.raises(EmulatorError, match=f"belongs to port {port}.*--wipe"):
        emulator.start(free_port())
    emulator.wipe()
    assert emulator.start(free_port())


def test_running_data_is_not_wiped(emulator: Emulator) -> None:
    emulator.start(free_port())
    with pytest.raises(EmulatorError, match="stop it before wiping"):
        emulator.wipe()


def test_status_of_a_stack_that_is_down_exits_with_an_error(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; import localstack.runner as r; "
        f"s = r.LocalStack(Path({str(tmp_path)!r})).status(); raise SystemExit(0 if s.up else 1)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 1


def listening_addresses(pid: int) -> set[str]:
    """IPv4 and IPv6 addresses a process listens on, from /proc."""
    sockets = {
        link.readlink().name.removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink() and "socket:" in str(link.readlink())
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                raw = bytes.fromhex(fields[1].split(":")[0])
                whole = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
                family = socket.AF_INET if len(whole) == 4 else socket.AF_INET6
                found.add(socket.inet_ntop(family, whole))
    return found
