"""A cold start imports little, does nothing at import, and needs no setting for it."""

import os
import subprocess
import sys
import time

import pytest

from infra.build import ROOT, existing_services

# Times are compared with a bare boto3 client made in the same run, so a slow machine is no failure.
BUDGET = 2.5
TRIES = 3
# Tooling and heavy parts that must never reach a function.
HEAVY = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.idempotency",
    "hypothesis",
    "moto",
    "pytest",
    "rich",
    "typer",
)


def run(code: str) -> tuple[float, str]:
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began, done.stdout


def fastest(code: str) -> float:
    return min(run(code)[0] for _ in range(TRIES))


@pytest.fixture(scope="module")
def bare_handler() -> float:
    return fastest("import boto3; boto3.client('dynamodb', region_name='us-east-1')")


@pytest.mark.parametrize("service", existing_services())
def test_importing_a_service_costs_no_more_than_its_budget(service: str, bare_handler: float) -> None:
    assert fastest(f"import services.{service}.app") < BUDGET * bare_handler


@pytest.mark.parametrize("service", existing_services())
def test_importing_a_service_leaves_the_heavy_parts_alone(service: str) -> None:
    _seconds, loaded = run(f"import sys, services.{service}.app; print(*sys.modules)")
    assert set(HEAVY) & set(loaded.split()) == set()
