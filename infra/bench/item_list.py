"""What the item list costs at a thousand items and at a hundred thousand, on Amazon's own DynamoDB engine.

The list is filled with rows as the registry writes them, made by its own functions but written in batches, since
filling it is not what is measured. What is measured then goes the registry's way, through its use cases and stores.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from infra.bench.recorder import Figures, Measured, Recorder
from infra.build import Report
from infra.dynamodb_local import dynamodb_local
from services.registry.domain import SOURCE
from services.registry.domain.items import ItemFile
from services.registry.domain.jurisdiction import NATIONAL
from services.registry.domain.lists import Listed
from services.registry.logic import departments, items, public, versions
from services.registry.schemas.departments import DepartmentRequest
from services.registry.schemas.items import ItemRequest, PublishRequest
from services.registry.schemas.public import PublicQuery
from services.registry.store.departments import DepartmentStore
from services.registry.store.documents import DocumentStore
from services.registry.store.item_keys import PUBLIC, code_key, force_key, pointers_of, version_key
from services.registry.store.items import ItemStore
from services.registry.store.public import PublicListStore
from services.registry.store.search import SearchStore
from shared.aws.journal import ANSWERS_KEPT, HEAD, Journal
from shared.aws.table import Row, bound_table
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Once
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role

_TABLE: Final = "bench-item-list"
_PAGE: Final = 50
_BATCH: Final = 25
_WRITERS: Final = 4


def measured_list(sizes: Sequence[int], say: Report) -> list[Measured]:
    """The figures at each size, smallest first: the same list grows. Needs Java and Maven; see `missing_programs`."""
    with _registry() as registry:
        done = []
        for size in sorted(sizes):
            registry.fill(size, say)
            say(f"measuring at {size:,} items")
            done.append(Measured(size, registry.measure()))
        return done


@contextmanager
def _registry() -> Iterator["_Registry"]:
    recorder = Recorder()
    with dynamodb_local() as endpoint, patch.dict(os.environ, _ENVIRONMENT), recorder.installed():
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        table = bound_table(_TABLE)
        table.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield _Registry(table, recorder)


_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "cn-north-1",
    "LOG_LEVEL": "ERROR",
    "POWERTOOLS_SERVICE_NAME": "bench",
}


class _Registry:
    """The registry's use cases on one table, with two departments and a list that grows."""

    def __init__(self, table: type[Row], recorder: Recorder) -> None:
        journal = Journal(table, SOURCE)
        self._table, self._recorder = table, recorder
        self._departments, self._documents = DepartmentStore(journal), DocumentStore(journal)
        self._items, self._public, self._search = ItemStore(journal), PublicListStore(journal), SearchStore(journal)
        self._bureau = self._department("approval", "示例市行政审批局")
        self._market = self._department("supervision", "示例市市场监督管理局")
        self._size = 0
        self._made = 0

    def fill(self, size: int, say: Report) -> None:
        """Let the list hold `size` items."""
        template = self._items.item(self._publish(self._draft()).item_id)
        if template is None:
            raise LookupError("the item just published is not there")
        with ThreadPoolExecutor(_WRITERS) as writers:
            numbers = range(self._size, size)
            for chunk in (numbers[start : start + _BATCH * 40] for start in range(0, len(numbers), _BATCH * 40)):
                list(writers.map(lambda part: self._write(template.state, part), _parts(chunk)))
                say(f"filling the list: {chunk[-1] + 1:,} of {size:,} items")
        self._size = size

    def measure(self) -> tuple[Figures, ...]:
        """Each step once, as in a warm function."""
        record = self._recorder
        record.steps.clear()
        with record.step("draft a new item"):
            drafted = self._draft()
        with record.step("publish it"):
            first = self._publish(drafted)
        with record.step("draft its next version"):
            edited = self._draft(first)
        with record.step("publish that version"):
            self._publish(edited, reason="修订")
        code = edited.newest.code
        with record.step("which version is in force"):
            self._public.in_force(code, utc_now())
        with record.step(f"a page of {_PAGE}, whole list"):
            self._page(PublicQuery(limit=_PAGE))
        with record.step(f"a page of {_PAGE}, one supervisor"):
            self._page(PublicQuery(limit=_PAGE, supervision_department=self._market))
        return tuple(record.steps)

    def _page(self, query: PublicQuery) -> None:
        found = public.list_published(self._public, self._search, query, None, utc_now())
        if len(found.items) != _PAGE:
            raise LookupError(f"a page of {_PAGE} holds {len(found.items)}")

    def _department(self, kind: str, name: str) -> str:
        asked = DepartmentRequest.model_validate(
            {
                "name": name,
                "kind": kind,
                "level": "city",
                "division_code": "990100",
                "leader": "甲某",
                "coordinating_section": "审管联动科",
                "liaisons": [{"name": "乙某", "phone": "19900000000"}],
            }
        )
        return departments.register_department(self._departments, _context(None), asked).department_id

    def _draft(self, before: ItemFile | None = None) -> ItemFile:
        context = _context(self._bureau)
        if before is not None:
            asked = self._asked(before.newest.code, "示例经营许可(修订)")
            return items.edit_draft(
                self._items, self._documents, NATIONAL, context, before.item_id, before.revision, asked
            )
        self._made += 1
        asked = self._asked(f"NEW-{self._made:06d}", "示例经营许可")
        return items.draft_item(self._items, self._documents, NATIONAL, context, asked)

    def _publish(self, drafted: ItemFile, reason: str | None = None) -> ItemFile:
        request = PublishRequest(reason=reason, consultation_waived="示例市人民政府文件")
        context = _context(self._bureau)
        return versions.publish_item(self._items, NATIONAL, context, drafted.item_id, drafted.revision, request)

    def _asked(self, code: str, name: str) -> ItemRequest:
        return ItemRequest.model_validate(
            {
                "code": code,
                "name": name,
                "item_type": "01",
                "level": "city",
                "division_code": "990100",
                "legal_basis": "《示例条例》第三十五条",
                "approval_department": self._bureau,
                "approval_section": "市场准入科",
                "approval_person": "丙某",
                "approval_contact": "0990-5550100",
                "statutory_limit": {"amount": 20},
                "committed_limit": {"amount": 8},
                "push_stages": ["acceptance", "decision"],
                "supervisors": [
                    {
                        "department": self._market,
                        "part": "lead",
                        "supervision_item": "示例监督检查",
                        "section": "监管科",
                        "person": "乙某",
                        "contact": "0990-5550101",
                    }
                ],
            }
        )

    def _write(self, template: ItemFile, numbers: range) -> None:
        with self._table.batch_write() as batch:
            for number in numbers:
                for row in self._rows(_copy(template, f"ITEM-{number:06d}")):
                    batch.save(row)

    def _rows(self, file: ItemFile) -> Iterator[Row]:
        """An item's rows as its publication leaves them; events, which no list reads, are left out."""
        table, published = self._table, file.published
        if published is None:
            return
        pk, body = code_key(published.item.code), published.model_dump_json()
        chain = ChainHead(sequence=2).model_dump_json()
        yield table(pk=file.item_id, sk=HEAD, version=2, chain=chain, body=file.model_dump_json())
        yield table(pk=pk, sk="code", body=file.item_id)
        yield table(pk=pk, sk=version_key(1), version=1, body=body)
        yield table(pk=pk, sk=force_key(published), version=1, body=body)
        yield table(pk=pk, sk=PUBLIC, version=1, body=Listed.of(file.current).model_dump_json())
        for (owner, sk), (listing, at) in pointers_of(file).items():
            yield table(pk=owner, sk=sk, listing=listing, listing_at=at)


def _copy(file: ItemFile, code: str) -> ItemFile:
    """The same item under another code."""
    if file.published is None:
        raise ValueError("a template is published")
    identity = {"item_id": new_id("item"), "code": code}
    item = file.published.item.model_copy(update=identity)
    published = file.published.model_copy(update={"item": item})
    return file.model_copy(update={"item_id": item.item_id, "published": published})


def _parts(numbers: range) -> Iterator[range]:
    return (numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH))


def _context(department: str | None) -> Context:
    principal = Principal("cli_registrar_0000", department, frozenset({Role.REGISTRAR}))
    once = Once(key=new_id("key"), fingerprint="0" * 64, kept_until=utc_now() + ANSWERS_KEPT)
    return Context(principal, utc_now(), "bench-0000", once)
