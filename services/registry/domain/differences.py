"""What changed between two versions of an item, in words (R-REG-4, R-REG-5).

One table of fields: how a field's value is read, and how it is said. Values are compared as they are, not as they are
said, and without regard to order where order means nothing: supervisors go by their department.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.registry.domain.words import FIELDS, SUPERVISOR_FIELDS, limit_words, word
from shared.contracts.items import DutyDocument, Item, Supervisor
from shared.contracts.model import Contract
from shared.contracts.vocabulary import TimeLimit
from shared.kernel.errors import Words

_SHOWN = 60
"""How many characters of a value a sentence quotes; `before` and `after` hold all of them."""

_NOTHING = Words("无", "none")


class Difference(Contract):
    """One field that differs: what it is called, what it said and says (in Chinese, None where it said nothing)."""

    field: str
    """The field's path; a supervisor's fields are under `supervisors/<department>/…`."""
    label_zh: str
    label_en: str
    before: str | None
    after: str | None
    zh: str
    en: str

    @property
    def root(self) -> str:
        """The item's own field that it lies in."""
        return self.field.split("/")[0].split(".")[0]


@dataclass(frozen=True, slots=True)
class Names:
    """What ids and codes stand for, where it is known; they stand for themselves where it is not."""

    departments: Mapping[str, str] = field(default_factory=dict)
    item_types: Mapping[str, Words] = field(default_factory=dict)

    def department(self, identifier: str) -> Words:
        """A department by its name."""
        name = self.departments.get(identifier, identifier)
        return Words(name, name)

    def item_type(self, code: str) -> Words:
        """An item type by its code and word."""
        known = self.item_types.get(code)
        return Words(f"{code} {known.zh}", f"{code} {known.en}") if known else Words(code, code)


NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field's value is compared, and how it is said (None: it says nothing)."""

    value: Callable[[Item], object]
    words: Callable[[Item, Names], Words | None]


def differences(before: Item, after: Item, names: Names = NO_NAMES) -> tuple[Difference, ...]:
    """Everything that differs, in the order of an item's fields; nothing for two items that say the same.

    When a version was made and from when it is in force are facts about it and no part of what it says.
    """
    found: list[Difference] = []
    for path, shown in _FIELDS.items():
        if shown.value(before) != shown.value(after):
            found.append(_difference(path, FIELDS[path], shown.words(before, names), shown.words(after, names)))
    return (*found, *_supervisor_differences(before, after, names))


def _supervisor_differences(before: Item, after: Item, names: Names) -> Iterable[Difference]:
    was, now = _by_department(before), _by_department(after)
    for department in dict.fromkeys((*was, *now)):
        had, has = was.get(department), now.get(department)
        path, label = f"supervisors/{department}", FIELDS["supervisors"]
        if had is None or has is None:
            yield _difference(path, label, _supervisor(had, names), _supervisor(has, names))
            continue
        for name, words in SUPERVISOR_FIELDS.items():
            old, new = getattr(had, name), getattr(has, name)
            if old != new:
                whose = names.department(department)
                named = Words(f"{whose.zh}的{words.zh}", f"{words.en} of {whose.en}")
                yield _difference(f"{path}/{name}", named, _said(old), _said(new))


def _difference(path: str, label: Words, before: Words | None, after: Words | None) -> Difference:
    old, new = before or _NOTHING, after or _NOTHING
    return Difference(
        field=path,
        label_zh=label.zh,
        label_en=label.en,
        before=before.zh if before else None,
        after=after.zh if after else None,
        zh=f"{label.zh}:由“{_short(old.zh)}”改为“{_short(new.zh)}”",
        en=f"{label.en}: from “{_short(old.en)}” to “{_short(new.en)}”",
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _by_department(item: Item) -> dict[str, Supervisor]:
    return {each.department: each for each in item.supervisors}


def _supervisor(supervisor: Supervisor | None, names: Names) -> Words | None:
    if supervisor is None:
        return None
    part, name = word(supervisor.part), names.department(supervisor.department)
    rest = f"{supervisor.supervision_item},{supervisor.section},{supervisor.person},{supervisor.contact}"
    return Words(f"{name.zh}({part.zh}):{rest}", f"{name.en} ({part.en}): {rest}")


# --- How values are said ---------------------------------------------------------------------------


def _said(value: object) -> Words:
    if isinstance(value, StrEnum):
        return word(value)
    return Words(str(value), str(value))


def _list(words: Sequence[Words]) -> Words | None:
    return Words("、".join(each.zh for each in words), ", ".join(each.en for each in words)) if words else None


def _document(document: DutyDocument) -> Words:
    kind, rest = word(document.kind), f"{document.name}({document.number})"
    return Words(f"{kind.zh}{rest}", f"{kind.en} {rest}")


# --- The table -------------------------------------------------------------------------------------


def _at(item: Item, path: str) -> object:
    value: object = item
    for step in path.split("."):
        value = getattr(value, step)
    return value


def _plain(path: str) -> _Field:
    """A text, or a word of a closed list."""
    return _Field(lambda item: _at(item, path), lambda item, _: _said(_at(item, path)))


def _limit(path: str) -> _Field:
    def words(item: Item, _: Names) -> Words:
        value = _at(item, path)
        return limit_words(value) if isinstance(value, TimeLimit) else _said(value)

    return _Field(lambda item: _at(item, path), words)


_FIELDS: Mapping[str, _Field] = {
    "code": _plain("code"),
    "name": _plain("name"),
    "item_type": _Field(lambda item: item.item_type, lambda item, names: names.item_type(item.item_type)),
    "level": _plain("level"),
    "division_code": _plain("division_code"),
    "legal_basis": _plain("legal_basis"),
    "approval_department": _Field(
        lambda item: item.approval_department, lambda item, names: names.department(item.approval_department)
    ),
    "approval_section": _plain("approval_section"),
    "approval_person": _plain("approval_person"),
    "approval_contact": _plain("approval_contact"),
    "approval_mode": _plain("approval_mode"),
    "statutory_limit": _limit("statutory_limit"),
    "committed_limit": _limit("committed_limit"),
    "push_stages": _Field(
        lambda item: set(item.push_stages), lambda item, _: _list([word(each) for each in sorted(item.push_stages)])
    ),
    "claim.mode": _plain("claim.mode"),
    "claim.limit": _limit("claim.limit"),
    "claim.on_overdue": _plain("claim.on_overdue"),
    "feedback_limits": _Field(
        lambda item: {each.kind: each.limit for each in item.feedback_limits},
        lambda item, _: _list(
            [
                Words(
                    f"{word(each.kind).zh}{limit_words(each.limit).zh}",
                    f"{word(each.kind).en} {limit_words(each.limit).en}",
                )
                for each in sorted(item.feedback_limits, key=lambda each: each.kind)
            ]
        ),
    ),
    "procedures": _Field(
        lambda item: set(item.procedures), lambda item, _: _list([word(each) for each in sorted(item.procedures)])
    ),
    "sharing.scope": _plain("sharing.scope"),
    "sharing.frequency": _plain("sharing.frequency"),
    "sharing.confidentiality": _plain("sharing.confidentiality"),
    "documents": _Field(
        lambda item: {each.document_id: each for each in item.documents},
        lambda item, _: _list([_document(each) for each in sorted(item.documents, key=lambda each: each.document_id)]),
    ),
    "standing": _plain("standing"),
}
"""Every field of an item but its supervisors, by its path."""
