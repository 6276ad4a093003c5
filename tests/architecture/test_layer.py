"""The locked runtime requirements suffice: a service runs from its zip and the layer alone."""

import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from infra.build import ROOT, build, existing_services
from infra.layer import AWS_SERVICES, LAYER_PREFIX, build_layer
from infra.target import Wheels, local_target

# Lambda gives a function 250 MB for code and layers together; cold starts want far less.
UNPACKED_LIMIT = 60e6


@pytest.fixture(scope="module")
def unpacked_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer as AWS would get it, for this interpreter and machine, so that it can be run."""
    target = replace(local_target(), name="here", wheels=Wheels.IN_LAYER)
    layer = build_layer(ROOT / "requirements" / "runtime.txt", target, ROOT / "build")
    assert layer.unpacked < UNPACKED_LIMIT
    folder = tmp_path_factory.mktemp("layer")
    with zipfile.ZipFile(layer.archive) as archive:
        archive.extractall(folder)
    return folder / LAYER_PREFIX


@pytest.mark.parametrize("service", existing_services())
def test_a_service_imports_from_its_zip_and_the_layer_alone(service: str, unpacked_layer: Path) -> None:
    (built,) = build(local_target(), services=[service]).services
    code = f"import sys; sys.path[:0] = {[str(built.code), str(unpacked_layer)]!r}; import app; print(app.app.app_name)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, env={})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"shenguan-{service}"


def test_the_layer_describes_the_aws_services_we_call(unpacked_layer: Path) -> None:
    described = {path.name for path in (unpacked_layer / "botocore" / "data").iterdir() if path.is_dir()}
    assert {"dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs"} <= described <= AWS_SERVICES
