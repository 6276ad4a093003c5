"""A function that was deployed without a setting says which; its log is JSON and keeps people's names out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import Field

from shared.aws.settings import ConfigurationError, Settings, read_settings
from shared.observability import count, logger

NAMES = ("SHENGUAN_SERVICE", "SHENGUAN_STAGE", "TABLE_NAME", "TOPIC_ARN", "LOG_QUEUE_URL", "SECRET_ARN")


class LogSettings(Settings):
    bucket: str = Field(alias="LOG_BUCKET")


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "LOG_BUCKET"):
        monkeypatch.setenv(name, name.lower())


def test_settings_are_read_by_their_names() -> None:
    given = read_settings(LogSettings)
    assert (given.service, given.table, given.bucket) == ("shenguan_service", "table_name", "log_bucket")


def test_every_missing_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOPIC_ARN", "SECRET_ARN", "LOG_BUCKET"):
        monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match="TOPIC_ARN, SECRET_ARN, LOG_BUCKET"):
        read_settings(LogSettings)


def test_the_complaint_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOPIC_ARN")
    monkeypatch.setenv("SECRET_ARN", "arn:of:a:secret")
    with pytest.raises(ConfigurationError) as told:
        read_settings(Settings)
    assert "arn:of:a:secret" not in str(told.value)
    assert told.value.__cause__ is None


def _fail(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize(
    "personal", ["甲某", "11010119800101001X", "91990100MA00000017", "13800000000", "SP-2026-000101"]
)
def test_an_exceptions_text_is_masked_and_its_kind_and_place_stay(
    personal: str, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """R-AUD-1, privacy."""
    try:
        _fail(f"row of {personal} is odd")
    except ValueError:
        logger().exception("a request failed inside")
    (line,) = lines()
    assert personal not in json.dumps(line, ensure_ascii=False)
    assert line["exception_name"] == "ValueError"
    assert "is odd" in line["exception"]
    assert __file__.rpartition("/")[2] in line["exception"]


def test_a_metric_is_a_line_of_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    count("OutboxSwept", 3)
    written = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert written["OutboxSwept"] == [3.0]
    assert written["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Shenguan"
