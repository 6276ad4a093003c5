"""RFC 9457 problem details: what a refused caller reads, naming every bad field at once, in Chinese and English."""

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

from shared.contracts.model import DISAGREEMENT
from shared.kernel.errors import Fault, Refused

PROBLEM_JSON = "application/problem+json"

MOST_FAULTS = 100
"""How many faults an answer names; `count` in its words is the whole number."""

_RETRY_AFTER = {"log_not_sealing": "60"}
"""Seconds, for what does not pass in two; how far the log is sealed is said once a minute."""

Headers = dict[str, str | list[str]]
"""Response headers as Chalice takes them."""

_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("缺少必填项", "This field is required"),
    "extra_forbidden": (
        "没有这个字段,请核对拼写或删去",
        "There is no such field; check the spelling or remove it",
    ),
    "string_type": ("应为文本", "This must be text"),
    "string_too_long": ("最多 {max_length} 个字符", "At most {max_length} characters"),
    "string_too_short": ("至少 {min_length} 个字符", "At least {min_length} characters"),
    "string_pattern_mismatch": ("格式须符合 {pattern}", "The format must match {pattern}"),
    "enum": ("只能是 {expected}", "This must be one of {expected}"),
    "literal_error": ("只能是 {expected}", "This must be one of {expected}"),
    "union_tag_invalid": (
        "{discriminator} 只能是 {expected_tags}",
        "{discriminator} must be one of {expected_tags}",
    ),
    "union_tag_not_found": ("缺少 {discriminator}", "{discriminator} is required"),
    "int_type": ("应为整数", "This must be an integer"),
    "bool_type": ("应为 true 或 false", "This must be true or false"),
    "bool_parsing": ("应为 true 或 false", "This must be true or false"),
    "int_parsing": ("应为整数", "This must be an integer"),
    "greater_than_equal": ("不得小于 {ge}", "At least {ge}"),
    "less_than_equal": ("不得大于 {le}", "At most {le}"),
    "model_type": ("应为 JSON 对象", "This must be a JSON object"),
    "dict_type": ("应为 JSON 对象", "This must be a JSON object"),
    "tuple_type": ("应为数组", "This must be an array"),
    "too_long": ("最多 {max_length} 项", "At most {max_length} entries"),
    "too_short": ("至少 {min_length} 项", "At least {min_length} entries"),
    "date_from_datetime_parsing": ("应为 YYYY-MM-DD 日期", "This must be a date, YYYY-MM-DD"),
    "date_parsing": ("应为 YYYY-MM-DD 日期", "This must be a date, YYYY-MM-DD"),
    "date_type": ("应为 YYYY-MM-DD 日期", "This must be a date, YYYY-MM-DD"),
    "datetime_parsing": (
        "应为带时区的时间,如 2026-03-02T09:30:00+08:00",
        "This must be a time with its offset, like 2026-03-02T09:30:00+08:00",
    ),
    "datetime_from_date_parsing": (
        "应为带时区的时间,如 2026-03-02T09:30:00+08:00",
        "This must be a time with its offset, like 2026-03-02T09:30:00+08:00",
    ),
    "datetime_type": ("应为带时区的时间", "This must be a time with its offset"),
    "timezone_aware": (
        "时间须带时区,如 2026-03-02T09:30:00+08:00",
        "The time needs its offset, like 2026-03-02T09:30:00+08:00",
    ),
    "datetime_out_of_range": ("时间超出可用范围,请核对年份", "This time is out of range; check the year"),
    "value_error": ("{error}", "{error}"),
}
# "+" in an address is a blank, so an offset typed as it is arrives broken.
_IN_ADDRESS = dict.fromkeys(
    ("datetime_parsing", "datetime_from_date_parsing"),
    (";地址中的 + 须写作 %2B,或用 Z 表示的世界时", "; in an address write + as %2B, or send UTC with Z"),
)
_PATTERNS: dict[str, tuple[str, str]] = {
    r"^[a-z]{2,8}_[0-9A-Za-z_]{10,64}$": (
        "应为系统给出的编号,如 dept_01K0EXAMPLE0000000000000000",
        "This must be an id that the system gave, like dept_01K0EXAMPLE0000000000000000",
    ),
    r"^[0-9a-f]{64}$": (
        "应为 SHA-256,即 64 位小写十六进制",
        "This must be a SHA-256 in 64 small hexadecimal figures",
    ),
    r"^\+?[0-9][0-9\-]{5,19}$": (
        "应为电话号码,只含数字和 -,如 0999-5550101",
        "This must be a phone number of figures and -, like 0999-5550101",
    ),
}
"""What the commonest patterns ask for, for whom a pattern says nothing."""
_OTHER = ("内容不符合要求({type})", "Not acceptable ({type})")
_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""How pydantic lists a choice that is a member of an enumeration; the caller knows its value alone."""


def problem(refused: Refused, *, request_id: str, language: str = "zh") -> Response:
    """A refusal as a response. `detail` follows Accept-Language; both languages are always there."""
    body: dict[str, Any] = {
        "type": f"urn:shenguan:problem:{refused.code}",
        "title": refused.code.replace("_", " "),
        "status": refused.status,
        "code": refused.code,
        "detail": refused.en if language == "en" else refused.zh,
        "detail_zh": refused.zh,
        "detail_en": refused.en,
        "instance": f"urn:shenguan:request:{request_id}",
    }
    if refused.faults:
        body["errors"] = [
            {"pointer": fault.pointer, "code": fault.code, "zh": fault.zh, "en": fault.en} for fault in refused.faults
        ]
    headers: Headers = {"Content-Type": PROBLEM_JSON, "Content-Language": language}
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="shenguan"'
    if refused.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = _RETRY_AFTER.get(refused.code, "2")
    return Response(json.dumps(body, ensure_ascii=False), headers=headers, status_code=refused.status)


def refuse_body(error: ValidationError, raw: bytes) -> Refused:
    """What is wrong with a body, as one refusal that names every fault."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        line, column = _place(raw)
        return Refused("invalid_json", line=line, column=column)
    faults = faults_of(error, json.loads(raw))
    return Refused("invalid_fields", faults[:MOST_FAULTS], count=len(faults))


def refuse_query(error: ValidationError) -> Refused:
    """What is wrong with the query string, as one refusal that names every fault."""
    faults = [_in_query(fault) for fault in faults_of(error, {})]
    return Refused("invalid_fields", faults, count=len(faults))


def _in_query(fault: Fault) -> Fault:
    zh, en = _IN_ADDRESS.get(fault.code, ("", ""))
    return Fault(f"query:{fault.pointer.removeprefix('/')}", fault.code, fault.zh + zh, fault.en + en)


def faults_of(error: ValidationError, given: object) -> list[Fault]:
    """Every fault pydantic found, each with a JSON Pointer (RFC 6901) into what was given."""
    faults: list[Fault] = []
    for found in error.errors(include_url=False, include_input=False):
        context = found.get("ctx", {})
        pointer = _pointer(found["loc"], given)
        if found["type"] == DISAGREEMENT:
            faults += [Fault(f"{pointer}/{each.field}", DISAGREEMENT, each.zh, each.en) for each in context["found"]]
            continue
        zh, en = _PATTERNS.get(str(context.get("pattern")), _WORDS.get(found["type"], _OTHER))
        words = {"type": found["type"]} | {name: str(value) for name, value in context.items()}
        words["expected"] = _MEMBER.sub(r"\1", words.get("expected", ""))
        words_zh = words | {"expected": words["expected"].replace(" or ", ", ")}
        faults.append(Fault(pointer, found["type"], zh.format_map(words_zh), en.format_map(words)))
    return faults


def _pointer(location: Sequence[str | int], given: object) -> str:
    # A discriminated union puts its tag into the location; the caller's document has no such step.
    steps: list[str] = []
    for number, step in enumerate(location):
        last = number == len(location) - 1
        if isinstance(given, dict) and isinstance(step, str):
            if step in given:
                given = given[step]
            elif not last:
                continue
        elif isinstance(given, list) and isinstance(step, int) and step < len(given):
            given = given[step]
        steps.append(str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{step}" for step in steps)


def _place(raw: bytes) -> tuple[int, int]:
    try:
        json.loads(raw)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    except (ValueError, RecursionError):
        # Bytes that are no text, a number of thousands of digits, or too many brackets: it has no one place.
        return 1, 1
    return 1, 1
