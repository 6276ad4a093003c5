"""The stage of the bench on Amazon's own DynamoDB engine, whose tables lie in a file that goes when it goes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bench.city import settled
from infra.bench.gateway import Ask, call
from infra.bench.recorder import Figures
from infra.bench.stage import Stage, raised
from infra.dynamodb_local import dynamodb_local
from shared.http.service_app import ServiceApp
from shared.kernel.permissions import Principal


@dataclass(frozen=True, slots=True)
class Desk:
    """Handover in its environment, with one item and its supervisor; `folder` holds the engine's file."""

    stage: Stage
    app: ServiceApp
    folder: Path

    def ask(self, name: str, principal: Principal, ask: Ask) -> dict[str, Any]:
        """One request as a step of that name."""
        with self.stage.recorder.step(name):
            return call(self.app, principal, ask)

    def ask_unmeasured(self, principal: Principal, ask: Ask) -> dict[str, Any]:
        """The same as no step; what it wrote is taken away with the rest all the same."""
        answer = self.ask("", principal, ask)
        self.stage.recorder.steps.pop()
        return answer

    def elapse(self, name: str) -> Figures:
        """A run of what handover does every minute."""
        with self.stage.recorder.step(name) as figures:
            self.stage.run("handover", "elapse")
        return figures

    def take_away(self) -> None:
        """Delete every row that steps have made."""
        made = self.stage.recorder.made
        with self.stage.table("handover").batch_write() as batch:
            for key in made:
                batch.delete(self.stage.table("handover")(pk=key.pk, sk=key.sk))
        made.clear()


@contextmanager
def opened() -> Iterator[Desk]:
    """A desk, while it lasts. Needs Java and Maven; see `missing_programs`."""
    with (
        tempfile.TemporaryDirectory(prefix="shenguan-bench-") as folder,
        dynamodb_local(Path(folder)) as endpoint,
        raised(endpoint) as stage,
    ):
        stage.hand("handover", settled())
        desk = Desk(stage, stage.app("handover"), Path(folder))
        # What the registry told is taken up, and done with, before anything is measured.
        while desk.elapse("").write_units:
            continue
        stage.recorder.steps.clear()
        desk.stage.recorder.made.clear()
        yield desk
