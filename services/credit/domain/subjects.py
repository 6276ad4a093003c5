"""Who a subject is: credit identifiers checked, citizen ids hashed at once (R-CRD-1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.contracts.vocabulary import ApplicantKind
from shared.kernel.codes import CodeCheck, CodeFault, Mode, check_citizen_id, check_uscc, keyed_hash, mask_citizen_id
from shared.kernel.errors import Fault, Refused

_PERSON = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose file: `key` is the credit identifier or a person's keyed hash, `shown` what may be displayed."""

    key: str
    shown: str
    kind: ApplicantKind
    warnings: tuple[CodeFault, ...] = ()


def identify(code: str, kind: ApplicantKind, mode: Mode, person_key: bytes, today: date) -> Subject:
    """The subject an identifier names; a citizen id is hashed at once and kept nowhere.

    Raises Refused("invalid_fields") with every fault of the identifier.
    """
    return _IDENTIFY[kind](code, mode, person_key, today)


def _organisation(code: str, mode: Mode, _key: bytes, _today: date) -> Subject:
    checked = check_uscc(code, mode)
    _refuse_faults(checked, "/subject_code")
    return Subject(checked.value, checked.value, ApplicantKind.ORGANISATION, checked.faults)


def _person(code: str, _mode: Mode, key: bytes, today: date) -> Subject:
    checked = check_citizen_id(code, today=today)
    _refuse_faults(checked, "/subject_code")
    return Subject(keyed_hash(key, checked.value), mask_citizen_id(checked.value), ApplicantKind.PERSON)


_IDENTIFY: Mapping[ApplicantKind, Callable[[str, Mode, bytes, date], Subject]] = {
    ApplicantKind.ORGANISATION: _organisation,
    ApplicantKind.PERSON: _person,
}


def subject_in_path(code: str) -> str:
    """The file an address names: a credit identifier, or the keyed hash that a lookup answered for a person.

    A citizen id is refused there, since addresses end up in logs. Raises Refused("invalid_fields").
    """
    if is_person(code):
        return code
    checked = check_uscc(code, "warn")
    _refuse_faults(checked, "path:code")
    return checked.value


def _refuse_faults(checked: CodeCheck, pointer: str) -> None:
    if not checked.ok:
        faults = [Fault(pointer, fault.code, fault.zh, fault.en) for fault in checked.faults if not fault.warning]
        raise Refused("invalid_fields", faults, count=len(faults))


def is_person(key: str) -> bool:
    """Whether a file's key is a person's keyed hash and not a credit identifier."""
    return _PERSON.fullmatch(key) is not None
