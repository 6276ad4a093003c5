"""docs/policy-basis.md cannot rot: it is current, knows every rule, and promises nothing that no test shows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from infra.build import ROOT
from infra.policy_basis import PAGE, Chapter, Citations, Rule, State, citations, faults, page, read_rules

# How many rules each part of the regulations has.
RULES = {"R-ORG": 3, "R-REG": 8, "R-HND": 17, "R-FBK": 10, "R-CRD": 6, "R-AUD": 7, "R-OVS": 5, "R-NTF": 3}

# Composed, since this file is searched for citations too.
RULE, UNKNOWN = (f"{part}-{number}" for part, number in (("R-HND", 6), ("R-XYZ", 1)))
SOMEWHERE: Mapping[str, Sequence[Path]] = {RULE: (Path("somewhere.py"),)}


def chapters(state: State, ahead: str = "") -> tuple[Chapter, ...]:
    rule = Rule(id=RULE, zh="认领一次", en="Claim once.", source="practice", state=state, ahead=ahead)
    return (Chapter("Claims", (rule,)),)


def test_every_rule_of_the_regulations_is_on_the_list() -> None:
    listed = [rule.id for chapter in read_rules() for rule in chapter.rules]
    assert listed == [f"{part}-{number}" for part, count in RULES.items() for number in range(1, count + 1)]


def test_every_rule_is_told_in_chinese_and_english() -> None:
    for chapter in read_rules():
        for rule in chapter.rules:
            assert not rule.zh.isascii(), rule.id
            assert rule.en.isascii(), rule.id


def test_what_is_said_to_be_built_is_cited_by_code_and_by_a_test() -> None:
    assert faults(read_rules(), citations()) == []


def test_the_page_is_current() -> None:
    stale = (ROOT / PAGE).read_text(encoding="utf-8") != page(read_rules(), citations())
    assert not stale, f"{PAGE} is out of date: run python -m infra policy-basis"


@pytest.mark.parametrize("state", [State.MET, State.BEGUN])
def test_a_promise_without_a_test_is_a_fault(state: State) -> None:
    found = faults(chapters(state, "the rest" if state is State.BEGUN else ""), Citations(SOMEWHERE, {}))
    assert found == [f"{RULE} is said to be {state} but no test cites it"]


def test_a_rule_that_is_ahead_promises_nothing() -> None:
    assert faults(chapters(State.AHEAD), Citations({}, {})) == []


def test_a_citation_of_a_rule_that_does_not_exist_is_a_fault() -> None:
    (found,) = faults(chapters(State.AHEAD), Citations({UNKNOWN: (Path("somewhere.py"),)}, {}))
    assert f"{UNKNOWN} is cited in somewhere.py" in found


@pytest.mark.parametrize(("state", "ahead"), [(State.BEGUN, ""), (State.MET, "the rest")])
def test_a_first_slice_says_what_is_not_there_yet_and_nothing_else_does(state: State, ahead: str) -> None:
    (found,) = faults(chapters(state, ahead), Citations(SOMEWHERE, SOMEWHERE))
    assert "`ahead` belongs to rules that are begun" in found
