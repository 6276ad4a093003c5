"""What an operator may set is what templates offer with a default, and nothing else."""

import pytest

from infra.build import ROOT
from infra.deploy import check_settings
from infra.fragment import read_template
from services.registry.domain.jurisdiction import ITEM_TYPES, DutyDocuments

REGISTRY = read_template(ROOT / "services" / "registry" / "template.yaml")


DATA = read_template(ROOT / "infra" / "data.yaml")


def test_a_setting_of_a_service_is_taken() -> None:
    check_settings({"ItemTypes": "guangdong", "ExportMinutes": "5"}, [REGISTRY])


def test_how_long_the_log_is_kept_is_a_setting_of_the_data_and_never_under_six_months() -> None:
    """R-AUD-7: ten years unless decided otherwise."""
    check_settings({"RetentionDays": "7305", "ColdAfterDays": "30", "ColdClass": "STANDARD_IA"}, [DATA, REGISTRY])
    described = DATA["Parameters"]["RetentionDays"]
    assert described["Default"] >= 10 * 365 + 2
    assert described["MinValue"] >= 184


def test_the_locked_copy_lets_nobody_delete_before_its_time() -> None:
    """R-AUD-7: compliance mode, which the account's owner cannot lift; and nothing in it expires."""
    bucket = DATA["Resources"]["LockedBucket"]["Properties"]
    rule = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule == {"Mode": "COMPLIANCE", "Days": {"Ref": "RetentionDays"}}
    assert bucket["ObjectLockEnabled"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert not [each for each in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in each]


def test_nothing_of_the_live_log_expires_but_what_was_replaced_or_removed() -> None:
    """R-AUD-7: the files of an export are in its bucket, and are none of the log."""
    rules = DATA["Resources"]["LogBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule] == ["exports/"]
    assert not [rule for rule in rules if "Transitions" in rule or "ExpirationDate" in rule]


@pytest.mark.parametrize("name", ["ItemTyps", "FilesBucket", "LogLevel", "QueueTries"])
def test_anything_else_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(ValueError, match=r"there are: .*DutyDocuments, ExportMinutes, ItemTypes"):
        check_settings({name: "x"}, [DATA, REGISTRY])


def test_the_template_offers_what_the_tables_hold() -> None:
    """R-REG-2, R-REG-3: a jurisdiction that is in the table can be chosen, and no other."""
    parameters = REGISTRY["Parameters"]
    assert set(parameters["ItemTypes"]["AllowedValues"]) == set(ITEM_TYPES)
    assert set(parameters["DutyDocuments"]["AllowedValues"]) == set(DutyDocuments)
