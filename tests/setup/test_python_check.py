"""A Python that cannot run the workshop is told so in one sentence, with the fix."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from workshop import python_check

from helpers.doctor import checks

ENTRIES = ("setup/start.py", "setup/test.py", "setup/tools/lock.py", "setup/workshop/__init__.py")
OLD_FILES = (*ENTRIES, "setup/workshop/python_check.py")


@pytest.fixture(autouse=True)
def _no_other_python(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Looking for another Python runs each that is found, so only the tests of the search do it."""
    if "search" not in request.node.name:
        monkeypatch.setattr(python_check, "another_python", lambda: "")


def old_pythons() -> list[str]:
    """The Pythons on this machine that are too old, pyenv's among them."""
    names = [shutil.which(f"python{version}") for version in ("2.7", "3.6", "3.8", "3.10")]
    pyenv = sorted(Path.home().glob(".pyenv/versions/[23].*/bin/python"))
    found = [name for name in [*names, *map(str, pyenv)] if name and "shims" not in name]
    return [name for name in found if "3.1" not in name or "3.10" in name]


def complaint(version: tuple[int, int], bits: int = 64, kind: str = "CPython") -> str:
    return python_check.complaint("setup/start.py", version, bits, kind)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_a_supported_python_is_not_complained_about(version: tuple[int, int]) -> None:
    assert complaint(version) == ""


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10), (3, 15), (4, 0)])
def test_an_unsupported_python_is_named_with_the_versions_that_do(version: tuple[int, int]) -> None:
    assert complaint(version).startswith(f"The workshop needs Python 3.11 to 3.14, and this is Python {version[0]}.")


def test_a_32_bit_python_and_a_python_of_another_kind_are_refused() -> None:
    assert "64-bit" in complaint((3, 12), bits=32)
    assert "PyPy" in complaint((3, 12), kind="PyPy")
    assert "free-threaded" in complaint((3, 14), kind="free-threaded Python")


def test_the_fix_names_a_python_of_this_machine_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_check, "another_python", lambda: "python3.12")
    assert complaint((3, 8)).endswith("run: python3.12 setup/start.py")


def test_the_fix_is_to_install_one_where_there_is_none() -> None:
    assert "Install Python 3.13" in complaint((3, 8))


def test_the_search_offers_no_name_on_path_that_is_another_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for minor in (11, 12, 13):
        fake = tmp_path / f"python3.{minor}"
        fake.write_text("#!/bin/sh\nexit 1\n")
        fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert python_check.another_python() == ""


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize("minors", [(14,), (11,), (11, 12, 14)])
def test_the_search_finds_the_newest_python_that_the_workshop_runs_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, minors: tuple[int, ...]
) -> None:
    for minor in minors:
        fake = tmp_path / f"python3.{minor}"
        fake.write_text("#!/bin/sh\nexit 0\n")
        fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert python_check.another_python() == f"python3.{minors[-1]}"


def test_the_supported_versions_are_those_of_the_project(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    low, high = python_check.OLDEST, python_check.NEWEST
    assert project["requires-python"] == f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"
    assert (low, high) == (checks.OLDEST, checks.NEWEST), "the doctor and the set-up are each there without the other"


@pytest.mark.parametrize("name", OLD_FILES)
def test_what_an_old_python_reads_has_no_syntax_that_it_cannot_read(root: Path, name: str) -> None:
    source = (root / name).read_bytes().decode("ascii")
    tree = ast.parse(source, feature_version=(3, 7))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [function.name for function in functions if function.returns or function.args.kwonlyargs]


@pytest.mark.parametrize("python", old_pythons())
@pytest.mark.parametrize("script", ["start.py", "test.py"])
def test_an_old_python_says_the_sentence_and_not_a_traceback(root: Path, python: str, script: str) -> None:
    nothing = os.environ | {"PATH": "", "WORKSHOP_LANG": "en"}  # so that the search, which runs what it finds, is quick
    command = [python, "-B", str(root / "setup" / script)]
    told = subprocess.run(command, capture_output=True, text=True, env=nothing)
    assert told.returncode == 1
    assert told.stdout == ""
    assert told.stderr.startswith("The workshop needs Python 3.11 to 3.14, and this is Python ")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize("python", [name for name in old_pythons() if "3.8" in name or "3.1" in name])
def test_a_python_that_can_read_the_catalogue_says_it_in_the_readers_language(root: Path, python: str) -> None:
    def said(**more: str) -> str:
        own = os.environ | {"PATH": "", "WORKSHOP_LANG": "zh", "PYTHONIOENCODING": "utf-8"} | more
        command = [python, "-B", str(root / "setup" / "start.py")]
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=own).stderr

    assert said().startswith("工作坊需要 Python 3.11 到 3.14，而这是 Python ")
    assert "。请从 python.org " in said()
    assert said(PYTHONIOENCODING="cp1252").startswith("The workshop needs Python 3.11 to 3.14")


def test_this_python_is_let_pass() -> None:
    python_check.require_python("setup/test.py")
    assert python_check.kind_of_python() == "CPython", sys.version
