"""The commands that README and lesson 00 give, typed as they stand and in their order into a copy of the workshop.

Slow, for they install: where neither CI nor WORKSHOP_LONG is set, they are skipped.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshop.installer import base_python

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds for one command: the first one downloads
COMMAND = re.compile(r"^ {4}(\S.*)$|\| `([^`]+)` \|$", re.MULTILINE)
CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FOREIGN = ("AWS_", "WORKSHOP_", "PYTEST_", "JUPYTER", "PYTHON", "VIRTUAL_ENV", "MPL")
LONG = bool(os.environ.get("WORKSHOP_LONG"))

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the commands are written for the shells of Linux and macOS"),
    pytest.mark.skipif(not (LONG or os.environ.get("CI")), reason="installs twice: set WORKSHOP_LONG=1"),
]


def commands(page: str) -> list[str]:
    """The lines of a README that are to be typed into a shell, in order."""
    shell = CODE.sub("", (ROOT / page).read_text("utf-8"))
    return [indented or cell for indented, cell in COMMAND.findall(shell)]


def code(page: str) -> str:
    return "\n".join(CODE.findall((ROOT / page).read_text("utf-8")))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workshop as a download would bring it, with lesson 00 alone where time counts."""
    folder = tmp_path_factory.mktemp("a stranger's") / "workshop"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listed.returncode != 0:
        pytest.skip("this folder is no git repository")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if LONG or not re.search(r"notebooks/(zh-CN/)?0[1-9]", name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    if (ROOT / ".mypy_cache").exists():  # what the types of the same files are is known already
        shutil.copytree(ROOT / ".mypy_cache", folder / ".mypy_cache")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of a stranger: `python3` is a Python without packages, and nothing of this test run is set."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    python.write_text(f'#!/bin/sh\nexec "{base_python()}" "$@"\n', "utf-8")
    python.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    elsewhere = [part for part in kept["PATH"].split(os.pathsep) if not Path(part).is_relative_to(ROOT)]
    return kept | {"PATH": os.pathsep.join([str(tmp_path / "bin"), *elsewhere]), "HOME": str(tmp_path)}


def typed(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a command prints; the test fails where it does."""
    ran = subprocess.run(
        command, shell=True, cwd=folder, env=environment, stdin=subprocess.DEVNULL, timeout=PATIENCE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert ran.returncode == 0, f"{command}\n{ran.stdout[-3000:]}"
    return ran.stdout


def opened(command: str, folder: Path, environment: dict[str, str], tmp_path: Path) -> str:
    """The page that a command opens in the browser, once it is there; then Ctrl-C."""
    browser, page = tmp_path / "bin" / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{page}.part" && mv "{page}.part" "{page}"\n', "utf-8")
    browser.chmod(0o755)
    running = subprocess.Popen(
        command, shell=True, cwd=folder, env=environment | {"BROWSER": f"{browser} %s"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        while not page.exists():
            assert running.poll() is None, running.communicate()[0].decode(errors="replace")[-3000:]
            assert time.monotonic() < deadline, "no page was opened"
            time.sleep(0.1)
        (address,) = re.findall(
            r'href="(http[^"]+)"', Path(page.read_text().removeprefix("file://")).read_text("utf-8")
        )
        with urllib.request.urlopen(address.replace("localhost", "127.0.0.1"), timeout=PATIENCE) as answer:
            assert answer.status == 200
        os.killpg(running.pid, signal.SIGINT)
        running.communicate(timeout=PATIENCE)
        return str(address)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()


def served(command: str, folder: Path, environment: dict[str, str]) -> str:
    """The lines that a studio prints before it serves; then Ctrl-C, which ends it well."""
    running = subprocess.Popen(
        shlex.split(command), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    assert running.stdout is not None
    try:
        told = ""
        while "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=" not in told:  # the last one
            line = running.stdout.readline()
            assert line, f"{command} ended"
            told += line
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE) == 0
        return told
    finally:
        running.kill()
        running.communicate()


def test_both_readmes_give_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")
    assert commands("README.md")[:2] == ["python3 setup/start.py", "python3 setup/test.py"]


def test_every_line_of_the_readme_runs_as_it_stands_in_its_order(
    copy: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    told: dict[str, str] = {}
    some = "tests/test_errors.py"  # of the tests that are running now
    few = environment | {"PYTEST_ADDOPTS": some}
    for command in commands("README.md"):
        if command == "python3 setup/start.py":
            told[command] = opened(command, copy, environment, tmp_path)
        elif "helpers.studio" in command and " -- " not in command:
            told[command] = served(command, copy, environment)
        else:
            told[command] = typed(command, copy, few if "setup/test.py" in command else environment)
    assert "/lab/tree/notebooks/00_setup.ipynb" in told["python3 setup/start.py"]
    assert re.search(r"\b\d+ passed", told["python3 setup/test.py"])
    assert "notebooks passed" in told["python3 setup/start.py --run"]
    assert "WORKSHOP_STUDIO=http://127.0.0.1:8555" in told[".venv/bin/python -m helpers.studio --port 8555"]
    assert (copy / "labs" / "api" / "data" / "sd_generated_image.jpg").stat().st_size > 1000
    (tmp_path / "page.py").write_text(code("README.md"), "utf-8")
    typed(f".venv/bin/python {tmp_path / 'page.py'}", copy, environment)
    assert (copy / "outputs" / "beach.html").stat().st_size > 10_000


@pytest.fixture
def bare(environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """A Python environment of somebody's own, with nothing in it."""
    typed("python3 -m venv own", tmp_path, environment)
    yield environment | {"PATH": os.pathsep.join([str(tmp_path / "own" / "bin"), environment["PATH"]])}
    shutil.rmtree(tmp_path / "own")


def test_the_two_lines_of_lesson_00_are_enough_in_an_environment_of_ones_own(
    copy: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    lesson = json.loads((ROOT / "notebooks" / "00_setup.ipynb").read_text("utf-8"))
    text = "".join(next(cell["source"] for cell in lesson["cells"] if cell["id"] == "configure"))
    packages, workshop = FENCE.findall(text)[-1].splitlines()
    assert "pip3 install -r setup/requirements.txt -U" in text, "the line of the older guides"
    assert (packages, workshop) == (
        "pip install -r setup/requirements.txt -U",
        "pip install --no-deps --no-build-isolation -e .",
    )
    typed(packages, copy, bare)
    missing = subprocess.run(["python", "-c", "import boto3, helpers"], cwd=tmp_path, env=bare, capture_output=True)
    assert b"No module named 'helpers'" in missing.stderr
    typed(workshop, copy, bare)
    lesson_00 = shlex.quote(str(copy / "notebooks" / "00_setup.ipynb"))
    typed(f"python -m papermill --kernel python3 {lesson_00} ran.ipynb", tmp_path, bare)
