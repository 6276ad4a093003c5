"""What an operator may set is what templates offer with a default, and nothing else."""

import pytest

from infra.build import ROOT
from infra.deploy import check_settings
from infra.fragment import read_template
from services.registry.domain.jurisdiction import ITEM_TYPES, DutyDocuments

REGISTRY = read_template(ROOT / "services" / "registry" / "template.yaml")


def test_a_setting_of_a_service_is_taken() -> None:
    check_settings({"ItemTypes": "guangdong", "ExportMinutes": "5"}, [REGISTRY])


@pytest.mark.parametrize("name", ["ItemTyps", "FilesBucket", "LogLevel"])
def test_anything_else_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(ValueError, match=r"there are: .*DutyDocuments, ExportMinutes, ItemTypes"):
        check_settings({name: "x"}, [REGISTRY])


def test_the_template_offers_what_the_tables_hold() -> None:
    """R-REG-2, R-REG-3: a jurisdiction that is in the table can be chosen, and no other."""
    parameters = REGISTRY["Parameters"]
    assert set(parameters["ItemTypes"]["AllowedValues"]) == set(ITEM_TYPES)
    assert set(parameters["DutyDocuments"]["AllowedValues"]) == set(DutyDocuments)
