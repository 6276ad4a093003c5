"""A cold start imports little, does nothing at import, and needs no setting for it."""

import os
import subprocess
import sys

import pytest

from infra.build import ROOT, existing_services

# What a start costs is what it imports: counted, since a clock would judge the machine. `make bench` has the times.
MODULES = 540
MODULES_OF = {
    "identity": 600,  # it checks signatures in every request: PyJWT and cryptography
    "handover": 660,  # a dozen subjects, each with a module in every layer
    "registry": 660,  # eight subjects, each with a module in every layer
    "audit": 680,  # a dozen subjects, each with a module in every layer
}
# Tooling and heavy parts that must never reach a function.
HEAVY = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.parser",
    "boto3",
    "hypothesis",
    "moto",
    "pytest",
    "rich",
    "typer",
)


def run(code: str) -> str:
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("service", existing_services())
def test_importing_a_service_keeps_to_its_budget_of_modules(service: str) -> None:
    counted = run(f"import sys, services.{service}.app; print(len(sys.modules))")
    assert int(counted) <= MODULES_OF.get(service, MODULES)


@pytest.mark.parametrize("service", existing_services())
def test_importing_a_service_leaves_the_heavy_parts_alone(service: str) -> None:
    loaded = run(f"import sys, services.{service}.app; print(*sys.modules)")
    assert set(HEAVY) & set(loaded.split()) == set()
