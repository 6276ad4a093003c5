"""What a build is for is a parameter: this machine, AWS, or LocalStack in Docker."""

import sys

import pytest

from infra.target import Wheels, aws_target, docker_target, local_target


def test_the_local_stack_runs_this_very_interpreter() -> None:
    target = local_target()
    assert target.runtime == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert target.runs_here
    assert target.wheels is Wheels.PREINSTALLED


def test_aws_gets_arm_wheels_for_its_own_linux_unless_told_otherwise() -> None:
    target = aws_target()
    assert (target.runtime, target.architecture) == ("python3.13", "arm64")
    assert "manylinux_2_28_aarch64" in target.wheel_platforms
    assert target.wheels is Wheels.IN_LAYER


def test_another_architecture_asks_for_its_own_wheels() -> None:
    assert all(name.endswith("x86_64") for name in aws_target("3.12", "x86_64").wheel_platforms)


def test_an_architecture_lambda_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(ValueError, match="choose one of: arm64, x86_64"):
        aws_target(architecture="riscv64")


def test_localstack_finds_its_wheels_in_each_zip() -> None:
    assert docker_target().wheels is Wheels.IN_ZIP


def test_builds_for_different_targets_lie_side_by_side() -> None:
    assert len({local_target().code, aws_target().code, docker_target().code}) == 3
