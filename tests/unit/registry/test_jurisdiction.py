"""What each jurisdiction decides is a row of a table, and the template offers exactly those rows (R-REG-2)."""

import pytest

from infra.build import ROOT
from infra.fragment import read_template
from services.registry import wiring
from services.registry.domain.jurisdiction import ITEM_TYPES, DutyDocuments
from shared.aws.settings import ConfigurationError
from shared.aws.table import Row
from tests.support import registry_builders

PARAMETERS = read_template(ROOT / "services" / "registry" / "template.yaml")["Parameters"]


def test_the_template_offers_every_list_of_item_types_and_no_other() -> None:
    assert PARAMETERS["ItemTypes"]["AllowedValues"] == list(ITEM_TYPES)
    assert PARAMETERS["ItemTypes"]["Default"] in ITEM_TYPES


def test_the_template_offers_every_way_with_duty_documents_and_no_other() -> None:
    """R-REG-3."""
    assert PARAMETERS["DutyDocuments"]["AllowedValues"] == [each.value for each in DutyDocuments]
    assert DutyDocuments(PARAMETERS["DutyDocuments"]["Default"])


@pytest.mark.parametrize("jurisdiction", ITEM_TYPES)
def test_every_code_has_two_digits_and_words_in_both_languages(jurisdiction: str) -> None:
    types = ITEM_TYPES[jurisdiction]
    assert all(code.isascii() and code.isdecimal() and len(code) == 2 for code in types)
    assert list(types) == sorted(types)
    assert all(words.zh and words.en for words in types.values())
    assert len({words.zh for words in types.values()}) == len(types)


def test_the_national_list_has_the_ten_powers_and_public_service() -> None:
    """R-REG-2: 01 permit to 10 other power, 20 public service."""
    assert list(ITEM_TYPES["national"]) == [*(f"{number:02}" for number in range(1, 11)), "20"]


def test_guangdong_differs_by_the_code_of_public_service_alone() -> None:
    """R-REG-2: Guangdong uses 21 for public service."""
    national, guangdong = ITEM_TYPES["national"], ITEM_TYPES["guangdong"]
    assert guangdong["21"] == national["20"]
    assert guangdong.keys() ^ national.keys() == {"20", "21"}
    assert all(guangdong[code] == national[code] for code in guangdong.keys() & national.keys())


@pytest.mark.parametrize(("given", "code"), [("national", "20"), ("guangdong", "21")])
def test_the_functions_follow_the_parameter(
    given: str, code: str, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert table
    monkeypatch.setenv("ITEM_TYPES", given)
    registry_builders.forget()
    assert code in wiring.item_types()


def test_a_way_with_duty_documents_that_is_none_is_named_at_the_first_use(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert table
    monkeypatch.setenv("DUTY_DOCUMENTS", "perhaps")
    registry_builders.forget()
    with pytest.raises(ConfigurationError, match="DUTY_DOCUMENTS"):
        wiring.settings()
