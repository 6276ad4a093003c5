"""Every refusal a service can raise has its words, is given what they name, and stands in the service's document."""

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.build import SERVICES
from shared.kernel.errors import MESSAGES, Refused

ROOT = Path(__file__).parents[2]


class Raised(NamedTuple):
    """One place in the code that makes a refusal, and the words' parameters it gives."""

    place: str
    code: str
    given: frozenset[str]


def _raised(folder: str) -> Iterator[Raised]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    given = frozenset(str(each.arg) for each in node.keywords if each.arg != "faults")
                    yield Raised(f"{path.relative_to(ROOT)}:{node.lineno}", str(first.value), given)


def _wanted(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", MESSAGES)
def test_both_languages_name_the_same_parameters_and_can_be_said(code: str) -> None:
    message = MESSAGES[code]
    assert _wanted(message.zh) == _wanted(message.en)
    params: dict[str, Any] = dict.fromkeys(_wanted(message.zh), "X")
    refused = Refused(code, **params)
    for text in (refused.zh, refused.en, str(refused)):
        assert text.strip()
        assert "{" not in text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refused.zh)
    assert refused.en.isascii() or {"“", "”"} & set(refused.en)
    assert refused.status == message.status
    assert 400 <= refused.status < 600


@pytest.mark.parametrize("code", MESSAGES)
def test_a_message_is_whole_sentences(code: str) -> None:
    assert MESSAGES[code].zh.endswith("。")
    assert MESSAGES[code].en.endswith(".")


@pytest.mark.parametrize("folder", ["services", "shared"])
def test_every_refusal_is_in_the_table_and_given_what_its_words_name(folder: str) -> None:
    found = list(_raised(folder))
    assert found
    for each in found:
        assert each.code in MESSAGES, each.place
        assert each.given == _wanted(MESSAGES[each.code].zh), f"{each.place}: {each.code}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_of_a_service_is_named_by_one_of_its_operations(service: str) -> None:
    document = json.loads((ROOT / "services" / service / "openapi.json").read_text(encoding="utf-8"))
    answers = [
        answer
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
    ]
    named = {code for answer in answers for code in answer["description"].split(", ")}
    missing = {f"{each.place} {each.code}" for each in _raised(f"services/{service}") if each.code not in named}
    assert missing == set()
