"""Archives depend on their content alone, so an unchanged service is never deployed again."""

import importlib.util
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from infra.archive import fingerprint, read_zip, tree_fingerprint, write_zip


def test_the_same_files_give_the_same_bytes_whenever_they_are_zipped(tmp_path: Path) -> None:
    members = {"b.py": b"x = 1\n", "a/data.json": b"{}"}
    write_zip(tmp_path / "one.zip", members, precompile=True)
    time.sleep(0.01)
    write_zip(tmp_path / "two.zip", dict(reversed(members.items())), precompile=True)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_what_was_zipped_can_be_read_back(tmp_path: Path) -> None:
    members = {"b.py": b"x = 1\n", "a/data.json": b"{}"}
    write_zip(tmp_path / "one.zip", members, precompile=False)
    assert read_zip(tmp_path / "one.zip") == members


def test_byte_code_in_the_zip_is_used_although_its_time_stamp_is_another(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", {"told.py": b"print('compiled once')\n"}, precompile=True)
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path)
    code = "import sys; sys.dont_write_bytecode = True; import told"
    done = subprocess.run([sys.executable, "-v", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "compiled once" in done.stdout
    assert f"matches {tmp_path / 'told.py'}" in done.stderr


def test_byte_code_lies_where_this_interpreter_looks_for_it(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", {"pack/told.py": b""}, precompile=True)
    assert importlib.util.cache_from_source("pack/told.py") in read_zip(tmp_path / "one.zip")


def test_a_template_that_is_no_python_is_kept_as_it_is(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", {"skeleton.py": b"{{ name }} = ("}, precompile=True)
    assert read_zip(tmp_path / "one.zip") == {"skeleton.py": b"{{ name }} = ("}


def test_moving_a_byte_between_parts_changes_the_fingerprint() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


def test_a_tree_is_known_by_names_and_contents_but_not_by_caches(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "__pycache__").mkdir(parents=True)
    (tree / "one.py").write_text("1")
    before = tree_fingerprint([tree])
    (tree / "__pycache__" / "one.pyc").write_text("cache")
    assert tree_fingerprint([tree]) == before
    (tree / "one.py").rename(tree / "two.py")
    assert tree_fingerprint([tree]) != before
