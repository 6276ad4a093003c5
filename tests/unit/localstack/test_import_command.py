"""`shenguan import`: what a person at a terminal is shown and told, against the registry itself (R-REG-6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from typer.testing import CliRunner, Result

from localstack import caller, cli, import_command
from localstack.demo.desk import Desk
from localstack.runner import StackDownError
from shared.aws.table import Row
from tests.support import registry_builders
from tests.support.aws import service_in_moto
from tests.support.import_builders import BUCKET, a_row, as_csv, as_xlsx, put_upload, work_off
from tests.support.registry_builders import a_bureau, a_department, registrar


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "registry", FILES_BUCKET=BUCKET) as found:
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
        registry_builders.forget()
        yield found
        registry_builders.forget()


@pytest.fixture
def bureau(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> str:
    """A bureau whose registrar's desk the command sits at; the registry's queue works whenever it waits."""
    a_department()
    bureau = a_bureau()
    gateway = registrar(bureau)

    def answer(request: httpx.Request) -> httpx.Response:
        path = urlsplit(str(request.url)).path
        if not path.startswith("/registry/"):
            return _stored(request, path)
        url = str(request.url).partition("/registry")[2]
        given = dict(request.headers.items())
        made = gateway.call(request.method, url, request.content.decode() or None, given)
        return httpx.Response(made.status, headers=dict(made.headers), text=made.text)

    @contextmanager
    def desk(_url: str | None, _token: str | None, _name: str) -> Iterator[Desk]:
        with httpx.Client(transport=httpx.MockTransport(answer)) as http:
            yield Desk("http://stack.test", http, "token", "cli_registrar_0000")

    monkeypatch.setattr(import_command, "desk_at", desk)
    monkeypatch.setattr("localstack.import_command.time.sleep", lambda _: work_off(table))
    return bureau


def _stored(request: httpx.Request, path: str) -> httpx.Response:
    """The object store behind a presigned link."""
    key = path.lstrip("/").removeprefix(f"{BUCKET}/")
    if request.method == "PUT":
        put_upload(key.split("/")[1], request.content)
        return httpx.Response(200)
    return httpx.Response(200, content=boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def _import(file: Path, *options: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["import", str(file), *options], input=typed)


def _said(result: Result) -> str:
    return " ".join(result.output.split())


def _written(folder: Path, content: bytes, name: str = "list.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


@pytest.mark.usefixtures("bureau")
def test_a_list_is_shown_asked_about_and_applied(tmp_path: Path) -> None:
    file = _written(tmp_path, as_xlsx([a_row(1), a_row(2)]), "list.xlsx")
    result = _import(file, "--publish", "首次发布", "--waived", "文件已定", typed="y\n")
    assert result.exit_code == 0, result.output
    assert "Applied 2 rows; published 2" in _said(result)
    again = _import(file)
    assert (again.exit_code, "Nothing to do" in _said(again)) == (0, True)


@pytest.mark.usefixtures("bureau")
def test_who_says_no_changes_nothing(tmp_path: Path) -> None:
    result = _import(_written(tmp_path, as_csv([a_row(1)])), typed="n\n")
    assert (result.exit_code, "Nothing was changed" in _said(result)) == (1, True)


@pytest.mark.usefixtures("bureau")
def test_bad_rows_are_told_and_the_sheet_with_errors_is_saved(tmp_path: Path) -> None:
    file = _written(tmp_path, as_csv([a_row(1), a_row(2, level="乡级")]))
    result = _import(file, "--yes")
    assert result.exit_code == 1
    assert "行使层级(D)" in _said(result)
    assert "--partial" in _said(result)
    assert "行使层级(D)" in (tmp_path / "list-checked.csv").read_text("utf-8-sig")
    assert _import(file, "--yes", "--partial").exit_code == 0


@pytest.mark.usefixtures("bureau")
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path) -> None:
    result = _import(_written(tmp_path, b"a,b\r\n1,2\r\n"))
    assert (result.exit_code, "没有“a”这一列" in _said(result)) == (1, True)


@pytest.mark.parametrize("name", ["missing.csv", "list.pdf"])
def test_what_is_no_list_is_not_sent_anywhere(tmp_path: Path, name: str) -> None:
    if name == "list.pdf":
        _written(tmp_path, b"%PDF", name)
    result = _import(tmp_path / name)
    assert (result.exit_code, "is no .csv or .xlsx file" in _said(result)) == (2, True)


def test_without_a_stack_it_says_how_to_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*, port: int) -> object:
        raise StackDownError(f"Nothing runs on {port}. Start it with: make run")

    monkeypatch.setattr(caller, "LocalStack", down)
    result = _import(_written(tmp_path, as_csv([a_row(1)])))
    assert (result.exit_code, "--url and --token" in _said(result)) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--url", "https://shenguan.example"), "A token for https://shenguan.example is missing"),
        (("--waived", "市政府文件已确定清单"), "Add --publish"),
    ],
)
def test_an_order_that_lacks_its_other_half_is_sent_nowhere(
    bureau: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    del bureau
    monkeypatch.delenv("SHENGUAN_TOKEN", raising=False)
    result = _import(_written(tmp_path, as_csv([a_row(1)])), *options)
    assert (result.exit_code, said in _said(result)) == (2, True)
