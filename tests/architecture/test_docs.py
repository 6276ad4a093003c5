"""The documents are true: commands, variables, metrics, alarms, links and tables are those of the code."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from infra.__main__ import app as infra_app
from infra.api_tables import PAGE as API
from infra.api_tables import TABLES, with_tables
from infra.build import ROOT, SERVICES
from infra.fragment import read_template

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CONFIG = "services/*/.chalice/config.json"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = frozenset(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))

# What a person types, in `…` or in an indented or fenced block.
_CODE = re.compile(r"`([^`\n]+)`|^(?: {4}|\t)(.+)$|^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!\w+:)([^)\s]+)\)")
_IGNORED = frozenset({".venv", "build", ".shenguan", "node_modules", ".pytest_cache", ".hypothesis"})


def documents() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.md") if not _IGNORED & set(path.relative_to(ROOT).parts))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_in(path: Path) -> Iterator[str]:
    for found in _CODE.finditer(path.read_text(encoding="utf-8")):
        yield from " ".join(group for group in found.groups() if group).splitlines()


def commands_of(app: typer.Typer) -> frozenset[str]:
    group = typer.main.get_command(app)
    return frozenset(getattr(group, "commands", {}))


@pytest.fixture(scope="module")
def shenguan_commands() -> frozenset[str]:
    # As a person is shown them, by a process of its own.
    asked = [sys.executable, "-m", "localstack.cli", "--help"]
    shown = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"^\W+([a-z]+) {2,}\w", shown, re.MULTILINE))


@pytest.mark.parametrize("path", documents(), ids=name)
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    named = {target for line in code_in(path) for target in re.findall(r"(?:^\s*|[;&] *)make ([a-z]+)\b", line)}
    assert named <= TARGETS


@pytest.mark.parametrize("path", documents(), ids=name)
def test_every_command_that_a_document_names_exists(path: Path, shenguan_commands: frozenset[str]) -> None:
    lines = list(code_in(path))
    infra = {command for line in lines for command in re.findall(r"-m infra ([a-z][a-z-]*)", line)}
    shenguan = {command for line in lines for command in re.findall(r"(?:^|bin/)shenguan ([a-z]+)", line)}
    assert infra <= commands_of(infra_app)
    assert shenguan <= shenguan_commands


def test_every_command_there_is_is_told_somewhere(shenguan_commands: frozenset[str]) -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    for command in commands_of(infra_app):
        assert f"infra {command}" in everything or f"make {command}" in everything, command
    for command in shenguan_commands:
        assert f"shenguan {command}" in everything, command
    for target in TARGETS - {"help", "format", "clean"}:
        assert f"make {target}" in everything, target


def test_every_option_of_a_deployment_is_explained() -> None:
    shown = CliRunner().invoke(infra_app, ["deploy", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    options = set(re.findall(r"(--[a-z][a-z-]+)", shown)) - {"--help"}
    assert "--stage" in options
    assert {option for option in options if f"`{option}`" not in OPERATIONS} == set()
    told = {
        option
        for row in re.findall(r"^\| (`--.*?) \|", OPERATIONS, re.MULTILINE)
        for option in re.findall(r"`(--[a-z-]+)`", row)
    }
    assert told <= options


def test_every_variable_a_function_reads_or_is_given_is_documented() -> None:
    read = {
        variable
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.py")
        for variable in re.findall(r'alias="([A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    given = {"POWERTOOLS_SERVICE_NAME", "SHENGUAN_SERVICE"}
    templates = [ROOT / "infra" / "service.yaml", *(ROOT / "services" / each / "template.yaml" for each in SERVICES)]
    for template in templates:
        function = read_template(template).get("Globals", {}).get("Function", {})
        given |= set(function.get("Environment", {}).get("Variables", {}))
    assert read <= given
    assert {variable for variable in read | given if f"`{variable}`" not in OPERATIONS} == set()


def test_every_metric_that_is_counted_is_explained() -> None:
    counted = {
        metric
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.py")
        for metric in re.findall(r'\bcount\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert "OutboxSwept" in counted
    assert {metric for metric in counted if f"| `{metric}` |" not in OPERATIONS} == set()


def test_every_alarm_that_is_deployed_is_explained() -> None:
    resources = read_template(ROOT / "infra" / "data.yaml")["Resources"]
    (consumers,) = [body for title, body in resources.items() if title.endswith("Queues")]
    looped = [title for title in consumers[2] if title.endswith("Alarm")]
    alarms = {title.replace("${Consumer}", consumer) for title in looped for consumer in consumers[1]}
    alarms |= {title for title, body in resources.items() if body_type(body) == "AWS::CloudWatch::Alarm"}
    for service in SERVICES:
        particular = read_template(ROOT / "services" / service / "template.yaml").get("Resources", {})
        alarms |= {title for title, body in particular.items() if body_type(body) == "AWS::CloudWatch::Alarm"}
    assert len(alarms) >= len(consumers[1])
    assert {alarm for alarm in alarms if f"`{alarm}`" not in OPERATIONS} == set()


def body_type(resource: object) -> object:
    return resource.get("Type") if isinstance(resource, dict) else None


def test_every_field_of_a_log_line_is_explained() -> None:
    logged = {
        field
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.py")
        for line in re.findall(r"\bextra=(\{.*?\})", path.read_text(encoding="utf-8"), re.DOTALL)
        for field in re.findall(r'"(\w+)":', line)
    }
    fields = OPERATIONS.partition("## Logs")[2]
    assert "correlation_id" in fields
    assert {field for field in logged - {"examples", "example"} if f"`{field}`" not in fields} == set()


def test_logs_are_kept_as_long_as_it_is_said() -> None:
    """R-AUD-7."""
    kept = {json.loads(path.read_text(encoding="utf-8"))["log_retention_in_days"] for path in ROOT.glob(CONFIG)}
    assert [f"kept {days} days" in OPERATIONS for days in kept] == [True]


@pytest.mark.parametrize("path", documents(), ids=name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(path.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        place = (path.parent / target).resolve() if target else path
        assert place.exists(), link
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), link


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_the_tables_of_the_api_document_are_current() -> None:
    text = (ROOT / API).read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- table: (\w+) -->", text)) == set(TABLES)
    assert with_tables(text) == text, f"{API} is out of date: run make docs"


@pytest.mark.parametrize("path", documents(), ids=name)
def test_no_document_knows_the_machine_it_was_written_on(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|work|Users)/|[A-Z]:\\", text)
