"""`shenguan witness`: run a witness of one or several logs."""

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from localstack.witness.folder import WitnessError, opened
from localstack.witness.server import serve
from localstack.witness.watch import Watch, logs_of
from shared.kernel.clock import utc_now
from shared.kernel.witnessing import Logs

_LOOPBACK = "127.0.0.1"
_PORT = 8087


def witness(
    *,
    log: Annotated[
        list[str],
        typer.Option(help="The public key of a log to watch (name+id+base64), as its owner publishes it; repeatable."),
    ],
    folder: Annotated[
        Path,
        typer.Option(help="Where the witness keeps its key and what it cosigned. Without it, begin under a new name."),
    ] = Path("witness"),
    name: Annotated[
        str, typer.Option(help="The witness's name, like witness.your-office.example; needed at the first run.")
    ] = "",
    host: Annotated[
        str, typer.Option(help="The address to listen on; put a reverse proxy that speaks TLS in front of it.")
    ] = _LOOPBACK,
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = _PORT,
) -> None:
    """Watch logs and cosign each checkpoint that continues the one cosigned before (见证日志, C2SP tlog-witness).

    It makes a key at its first run and prints the public half: register that line with the log's owner together with
    the address this witness is reached at (PUT /audit/v1/witnesses/NAME). It answers POST /add-checkpoint and refuses
    whatever does not contain what it cosigned before, so that no log can show one history to one and another to
    another. GET /key and GET /checkpoint/ORIGIN are for everybody.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    with opened(folder, name) as kept:
        logs = logs_of(log)
        watch = Watch(kept, logs, utc_now, _tell)
        try:
            server = serve(watch, host, port)
        except OSError as error:
            raise WitnessError(
                f"Nothing can listen on {host}:{port}: {error.strerror}. Choose another --port."
            ) from None
        with server:
            _introduce(watch, logs, f"http://{host}:{server.server_port}")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                _tell("Stopped; what it cosigned stays.")


def _introduce(watch: Watch, logs: Logs, address: str) -> None:
    _tell(f"witness  {watch.vkey}")
    for origin in sorted(logs):
        _tell(f"watches  {origin}  at size {watch.known(origin).size:,}")
    _tell(f"listens  {address}/add-checkpoint")


def _tell(line: str) -> None:
    print(line, flush=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
