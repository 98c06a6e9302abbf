"""The locks hold what the workshop needs, agree with each other and with pyproject.toml, and name no index."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

LOCKS = ("requirements.txt", "setup/requirements-test.txt", "setup/requirements-install.txt")


def names(text: str) -> set[str]:
    """The packages that the lines of a requirements file pin, normalised."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==[^\s;]+(?:$| ;)", text, flags=re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def lock(root: Path, name: str) -> str:
    return (root / name).read_text("utf-8")


def wanted(lines: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[<>=;!~ ]", line)[0]).lower() for line in lines}


def test_the_lock_has_all_that_the_course_is_promised(root: Path) -> None:
    promised = {"jupyterlab", "boto3", "pillow", "ipywidgets", "matplotlib", "nbval", "papermill"}
    assert promised <= names(lock(root, "requirements.txt"))


def test_the_locks_cover_what_the_project_asks_for(root: Path) -> None:
    project = tomllib.loads(lock(root, "pyproject.toml"))["project"]
    assert wanted(project["dependencies"]) <= names(lock(root, LOCKS[0]))
    both = names(lock(root, LOCKS[0])) | names(lock(root, LOCKS[1]))
    assert wanted(project["optional-dependencies"]["test"]) <= both


def test_browser_and_build_tools_stay_out_of_what_a_learner_installs(root: Path) -> None:
    assert not names(lock(root, "requirements.txt")) & {"playwright", "selenium", "ruff", "mypy", "uv", "pip"}


def test_the_test_lock_stands_on_the_main_lock_and_repeats_none_of_it(root: Path) -> None:
    text = lock(root, "setup/requirements-test.txt")
    assert "-r ../requirements.txt" in text.splitlines()
    assert not names(text) & names(lock(root, "requirements.txt"))


def test_the_way_in_of_older_instructions_points_at_the_one_list(root: Path) -> None:
    lines = [line for line in lock(root, "setup/requirements.txt").splitlines() if not line.startswith("#")]
    assert lines == ["-r ../requirements.txt"]


def test_pip_follows_it_from_another_folder(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "--quiet", "-U", "-r"]
    told = subprocess.run(
        [*command, str(root / "setup" / "requirements.txt")], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_pins_one_version_and_no_index_or_address_is_named(root: Path, name: str) -> None:
    for line in lock(root, name).splitlines():
        if not line.startswith(("#", "-r ")):
            assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; .+)?", line), line
        assert "://" not in line
        assert "index" not in line or line.startswith("#")


def test_a_package_is_pinned_for_each_supported_python(root: Path) -> None:
    from packaging.requirements import Requirement

    lines = [line for line in lock(root, "requirements.txt").splitlines() if not line.startswith("#")]
    pins = [Requirement(line) for line in lines]
    for python in ("3.11.0", "3.12.1", "3.13.0", "3.14.0"):
        for system, os_name in (("linux", "posix"), ("darwin", "posix"), ("win32", "nt")):
            machine = {
                "python_full_version": python,
                "python_version": python[:4],
                "sys_platform": system,
                "os_name": os_name,
                "platform_machine": "x86_64",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }
            here = [pin.name for pin in pins if not pin.marker or pin.marker.evaluate(machine)]
            assert len(here) == len(set(here)), (python, system)
            assert {"numpy", "matplotlib", "jupyterlab", "thorvg-python", "isal"} <= set(here)


def test_one_numpy_serves_every_python_so_that_pictures_agree(root: Path) -> None:
    assert len(re.findall(r"^numpy==", lock(root, "requirements.txt"), flags=re.MULTILINE)) == 1
