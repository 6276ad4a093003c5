"""Runs `chalice package` on one staged project, in a process of its own.

Usage: PYTHONPATH=<project>/vendor:<root> python -P chalice_package.py PROJECT OUT REQUEST
REQUEST is the JSON of a `Request`. Its own process, because packaging imports the application and
every application's module is called `app`.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from chalice.cli.factory import CLIFactory
from chalice.deploy.validate import validate_routes, validate_unique_function_names

from infra.fragment import fragment
from infra.functions import authorizer_names, functions_of
from infra.target import Target, Wheels

CHALICE_STAGE = "service"


@dataclass(frozen=True, slots=True)
class Request:
    """What to package: the service, for which target, with which template of its own."""

    service: str
    target: Target
    particular: str

    def to_json(self) -> str:
        """The text the process is given."""
        return json.dumps(asdict(self))


def package(project: Path, out: Path, request: Request) -> None:
    """Write `out/sam.json` and `out/deployment.zip`.

    Raises ValueError or RuntimeError, in Chalice's words, for an application it cannot package.
    """
    # Principals are the same in every region and partition; Chalice only wants some region.
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    os.chdir(project)
    factory = CLIFactory(str(project))
    config = factory.create_config_obj(CHALICE_STAGE)
    app = config.chalice_app
    validate_routes(app.routes)
    validate_unique_function_names(config)
    merged = fragment(
        request.service,
        functions_of(app),
        sorted(authorizer_names(app)),
        request.target,
        Path(request.particular),
    )
    merge_file = project / "merge.json"
    merge_file.write_text(json.dumps(merged, ensure_ascii=False, indent=1), encoding="utf-8")
    packager = factory.create_app_packager(
        config,
        factory.create_package_options(),
        package_format="cloudformation",
        template_format="json",
        merge_template=str(merge_file),
    )
    packager.package_app(config, str(out), CHALICE_STAGE)


def _request(text: str) -> Request:
    read = json.loads(text)
    given = read["target"]
    target = Target(**given | {"wheel_platforms": tuple(given["wheel_platforms"]), "wheels": Wheels(given["wheels"])})
    return Request(read["service"], target, read["particular"])


if __name__ == "__main__":
    package(Path(sys.argv[1]), Path(sys.argv[2]), _request(sys.argv[3]))
