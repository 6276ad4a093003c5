"""CloudFormation knows a function only where it stands alone; Chalice's merge leaves its own words beside ours."""

from collections.abc import Iterator

import pytest

from infra.build import build, existing_services
from infra.target import local_target


@pytest.mark.parametrize("service", existing_services())
def test_no_function_of_cloudformation_has_neighbours(service: str) -> None:
    """The emulator takes such a template, CloudFormation does not, and cfn-lint does not look into API definitions."""
    (built,) = build(local_target(), services=[service]).services
    assert list(crowded(built.read_template())) == []


def crowded(part: object, path: str = "") -> Iterator[str]:
    if isinstance(part, dict):
        if len(part) > 1 and any(name == "Ref" or name.startswith("Fn::") for name in part):
            yield path
        for name, value in part.items():
            yield from crowded(value, f"{path}/{name}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from crowded(value, f"{path}/{number}")
