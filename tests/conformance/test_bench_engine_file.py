"""What `make bench` enters into the file of Amazon's engine, the engine finds as if it had written it."""

from pathlib import Path

import pytest

from infra.bench.engine_file import enter
from infra.bench.units import Item
from infra.dynamodb_local import dynamodb_local, missing_programs
from shared.aws.listing import read_page
from tests.support.engines import Engine

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(bool(missing_programs()), reason="Amazon's own DynamoDB engine needs Java and Maven"),
]


def test_an_entered_row_is_found_by_key_and_in_its_indexes_beside_a_written_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"pk": "case_a", "sk": "due#case", "body": "食", "listing": "inbox", "listing_at": "1", "due_shard": "0"}
    entered: Item = {name: {"S": value} for name, value in (given | {"due_at": "2026"}).items()}
    with (
        dynamodb_local(tmp_path) as endpoint,
        Engine("amazons, in a file", endpoint).table(monkeypatch) as table,
    ):
        enter(tmp_path, table.Meta.table_name, [entered])
        table(pk="case_b", sk="due#case", listing="inbox", listing_at="2").save()
        row = table.get("case_a", "due#case", consistent_read=True)
        assert (row.body, row.due_at) == ("食", "2026")
        assert [each.pk for each in read_page(table, "inbox", limit=10).rows] == ["case_b", "case_a"]
        assert [each.pk for each in table.due_index.query("0", table.due_at <= "2026-11")] == ["case_a"]
