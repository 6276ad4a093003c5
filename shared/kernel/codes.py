"""Identifiers of legal persons and citizens, and how personal ones are stored (R-CRD-1).

* Unified social credit identifier (统一社会信用代码), GB 32100-2015, which holds an organisation
  code (组织机构代码), GB 11714, with a check character of its own, at positions 9 to 17.
* Citizen id (公民身份号码), GB 11643, ISO 7064 MOD 11-2.

A check never raises: it answers with the faults it found, all of them, each with a stable code.
Faults and texts never repeat the identifier, so they may be logged.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Mode = Literal["strict", "warn"]
"""`warn` lets real codes with a wrong check character pass, with a warning."""

FAULT_TEXT: Final[Mapping[str, tuple[str, str]]] = {
    "uscc.length": (
        "统一社会信用代码应为18位。",
        "A unified social credit identifier has 18 characters.",
    ),
    "uscc.alphabet": (
        "含有统一社会信用代码不使用的字符（不使用 I、O、S、V、Z，注意与 1、0、5、U、2 区分）。",
        "A character outside the alphabet (I, O, S, V, Z are not used; compare 1, 0, 5, U, 2).",
    ),
    "uscc.first_character": (
        "首位（登记管理部门代码）应为 1–9、A、N 或 Y。",
        "The first character (registration authority) must be 1–9, A, N or Y.",
    ),
    "uscc.spreadsheet_damage": (
        "疑被电子表格改写（末三位变为000或显示为科学计数法），请将该列设为文本后重新导出原始代码。",
        (
            "Probably damaged by a spreadsheet (last digits became 000, or scientific notation): "
            "export the original again with the column formatted as text."
        ),
    ),
    "uscc.citizen_id": (
        "这是公民身份号码，不是统一社会信用代码，请改填单位代码；自然人请按自然人填报。",
        (
            "This is a citizen id, not a unified social credit identifier: "
            "give the organisation's, or say that the subject is a person."
        ),
    ),
    "uscc.check_character": (
        "第18位校验码不符，请核对有无错字。",
        "The check character (position 18) does not fit: look for a mistyped character.",
    ),
    "uscc.organisation_code": (
        "第9–17位组织机构代码的校验码不符，请核对有无错字。",
        (
            "The organisation code's check character (position 17) does not fit: "
            "look for a mistyped character in positions 9–17."
        ),
    ),
    "citizen_id.length": ("公民身份号码应为18位。", "A citizen id has 18 characters."),
    "citizen_id.alphabet": (
        "前17位应为数字且首位不为0，末位应为数字或X。",
        "17 digits, the first not 0, then a digit or X.",
    ),
    "citizen_id.birth_date": (
        "第7–14位不是有效的出生日期。",
        "Positions 7–14 are not a possible date of birth.",
    ),
    "citizen_id.check_character": (
        "第18位校验码不符，请核对有无错字。",
        "The check character (position 18) does not fit: look for a mistyped digit.",
    ),
}
"""What each fault means and what to do next, in Chinese and English."""

_MAY_BE_WARNINGS: Final = frozenset({"uscc.check_character", "uscc.organisation_code"})


@dataclass(frozen=True, slots=True)
class CodeFault:
    """One thing wrong with an identifier."""

    code: str
    """A key of :data:`FAULT_TEXT`."""
    warning: bool = False
    """Worth showing, but does not forbid using the identifier."""

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return FAULT_TEXT[self.code][0]

    @property
    def en(self) -> str:
        """The sentence in English."""
        return FAULT_TEXT[self.code][1]


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """The answer of a check: the identifier in normal form and everything found wrong with it."""

    value: str
    """Surrounding space removed, full-width characters (全角) made ASCII, upper case."""
    faults: tuple[CodeFault, ...] = ()

    @property
    def ok(self) -> bool:
        """No faults but warnings."""
        return all(fault.warning for fault in self.faults)


_LENGTH: Final = 18
_BODY: Final = 17  # without the check character

# --- GB 32100-2015 and GB 11714 ------------------------------------------------------------------

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_FIRST: Final = "123456789ANY"

_PREFIX: Final = 16
_USCC_VALUE: Final = {character: value for value, character in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(_BODY))
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS: Final = "0123456789X"
_SCIENTIFIC: Final = re.compile(r"\d(\.\d+)?E\+?\d{2}")


def organisation_check_character(first8: str) -> str:
    """Position 9 of an organisation code from the eight before it (GB 11714).

    Raises:
        ValueError: not eight digits or capital letters.
    """
    if not re.fullmatch("[0-9A-Z]{8}", first8):
        raise ValueError("an organisation code is computed from 8 digits or capital letters")
    total = sum(int(character, 36) * weight for character, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    return _ORGANISATION_CHECKS[-total % 11]


def uscc_check_character(first17: str) -> str:
    """Position 18 of a unified social credit identifier from the 17 before it (GB 32100-2015).

    Raises:
        ValueError: not 17 characters of :data:`USCC_ALPHABET`.
    """
    if len(first17) != _BODY or not set(first17) <= set(USCC_ALPHABET):
        raise ValueError(f"an identifier is computed from 17 characters of {USCC_ALPHABET}")
    total = sum(_USCC_VALUE[character] * weight for character, weight in zip(first17, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def make_uscc(prefix: str) -> str:
    """The valid identifier that begins with these 16 characters, for demo data and tests.

    `prefix` is authority and category (2), division code (6) and organisation code without its
    check character (8); both check characters are appended.

    Raises:
        ValueError: not 16 characters of :data:`USCC_ALPHABET`.
    """
    if len(prefix) != _PREFIX:
        raise ValueError(f"an identifier is made from 16 characters, got {len(prefix)}")
    first17 = prefix + organisation_check_character(prefix[8:])
    return first17 + uscc_check_character(first17)


def check_uscc(text: str, mode: Mode = "strict") -> CodeCheck:
    """Check a unified social credit identifier (R-CRD-1).

    In `warn` mode wrong check characters are warnings, because some issued codes have them; what
    cannot be a code at all, was damaged by a spreadsheet or is a citizen id, is a fault in both modes.
    """
    value = _normal(text)
    faults = (CodeFault(code, warning=mode == "warn" and code in _MAY_BE_WARNINGS) for code in _uscc_faults(value))
    return CodeCheck(value, tuple(faults))


def _uscc_faults(value: str) -> tuple[str, ...]:
    if _SCIENTIFIC.fullmatch(value):
        return ("uscc.spreadsheet_damage",)
    shape = {
        "uscc.length": len(value) == _LENGTH,
        "uscc.alphabet": set(value) <= set(USCC_ALPHABET),
        "uscc.first_character": value[:1] in tuple(USCC_FIRST),
    }
    if not all(shape.values()):
        return _failed(shape)
    checks = {
        "uscc.organisation_code": organisation_check_character(value[8:16]) == value[16],
        "uscc.check_character": uscc_check_character(value[:17]) == value[17],
    }
    if not all(checks.values()) and check_citizen_id(value).ok:
        return ("uscc.citizen_id",)  # the cause; and a person's id must not pass with a warning, whatever it ends in
    if value.endswith("000") and not all(checks.values()):
        return ("uscc.spreadsheet_damage",)  # likewise the cause; the failed checks only follow from it
    return _failed(checks)


# --- GB 11643 ------------------------------------------------------------------------------------

_CITIZEN_WEIGHTS: Final = tuple(pow(2, 17 - i, 11) for i in range(_BODY))
_CITIZEN_CHECKS: Final = "10X98765432"
_OLDEST_BIRTH: Final = date(1850, 1, 1)
_SHORTEST_SECRET: Final = 16


def citizen_check_character(first17: str) -> str:
    """Position 18 of a citizen id from the 17 digits before it (ISO 7064 MOD 11-2).

    Raises:
        ValueError: not 17 digits.
    """
    if not re.fullmatch("[0-9]{17}", first17):
        raise ValueError("a citizen id is computed from 17 digits")
    total = sum(int(digit) * weight for digit, weight in zip(first17, _CITIZEN_WEIGHTS, strict=True))
    return _CITIZEN_CHECKS[total % 11]


def check_citizen_id(text: str, *, today: date | None = None) -> CodeCheck:
    """Check a citizen id (R-CRD-1): shape, real date of birth, check character.

    `today` (in Beijing) makes a later date of birth a fault. The answer's `value` is the id itself:
    store only :func:`keyed_hash` and :func:`mask_citizen_id` of it.
    """
    value = _normal(text)
    shape = {
        "citizen_id.length": len(value) == _LENGTH,
        "citizen_id.alphabet": re.fullmatch("[1-9][0-9]*[0-9X]", value) is not None,
    }
    if not all(shape.values()):
        return _citizen_check(value, shape)
    born = _date_or_none(value[6:14])
    return _citizen_check(
        value,
        {
            "citizen_id.birth_date": born is not None and _OLDEST_BIRTH <= born <= (today or date.max),
            "citizen_id.check_character": citizen_check_character(value[:17]) == value[17],
        },
    )


def mask_citizen_id(value: str) -> str:
    """The id with its date of birth hidden: three characters, eleven stars, four characters.

    Anything that is not 18 characters long is hidden whole, since nobody knows what it shows.
    """
    if len(value) != _LENGTH:
        return "*" * len(value)
    return f"{value[:3]}{'*' * 11}{value[-4:]}"


def keyed_hash(secret: bytes, value: str) -> str:
    """HMAC-SHA256 of a personal identifier in its normal form, in hexadecimal (R-CRD-1).

    A plain hash of an id can be undone by trying all of them; this one only with the secret.

    Raises:
        ValueError: the secret is shorter than 16 bytes.
    """
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"the secret must be at least {_SHORTEST_SECRET} bytes, got {len(secret)}")
    return hmac.new(secret, value.encode(), hashlib.sha256).hexdigest()


def _citizen_check(value: str, checks: Mapping[str, bool]) -> CodeCheck:
    return CodeCheck(value, tuple(map(CodeFault, _failed(checks))))


def _date_or_none(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _failed(checks: Mapping[str, bool]) -> tuple[str, ...]:
    return tuple(code for code, passed in checks.items() if not passed)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()
