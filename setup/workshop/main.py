"""What start.py and test.py do, from arguments to exit code: open JupyterLab, run the notebooks, run the checks."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from types import FrameType

from workshop import notebooks
from workshop.console import exit_code_of, reads_chinese, tell, tr
from workshop.environment import prepare
from workshop.place import CHINESE, Place

START = "python3 setup/start.py" if os.name != "nt" else r"py setup\start.py"
TEST = "python3 setup/test.py" if os.name != "nt" else r"py setup\test.py"
USAGE = 2
FIRST = "00_setup.ipynb"
SIDE_BY_SIDE = min(4, (os.cpu_count() or 1) + 1)
ALL_TESTS = ("-n", str(SIDE_BY_SIDE), "--dist", "loadfile", "--no-loadscope-reorder")
"""pytest-xdist's: files of tests side by side, in their order. One more than there are cores, as many tests wait for a
process, a browser or a download."""
CODE = ("helpers", "labs", "setup", "tests", "notebooks")  # the folders that ruff checks


def start(script: str, arguments: list[str]) -> int:
    """Prepare .venv, then open JupyterLab, run the notebooks (--run) or end (--install-only); return the exit code."""
    return exit_code_of(lambda: _start(Place.of(script), arguments))


def test(script: str, arguments: list[str]) -> int:
    """Prepare .venv with the test tools, then run every check, or pytest with `arguments`; return the exit code."""
    return exit_code_of(lambda: _test(Place.of(script), arguments))


def open_lab(place: Place, environ: Mapping[str, str]) -> int:
    """Run JupyterLab in the foreground, with Ctrl-C its own; return its exit code (Windows) or never (elsewhere)."""
    tell("Opening JupyterLab in your browser; if none opens, copy the address below into one. Ctrl-C here ends it.")
    environment = place.environment(environ)
    if os.name == "posix":  # take this process's place: every signal reaches JupyterLab, and nothing outlives it
        os.chdir(place.root)
        os.execve(place.python, lab_command(place), environment)
    signal.signal(signal.SIGINT, _leave_to_child)
    return subprocess.run(lab_command(place), cwd=place.root, env=environment, check=False).returncode


def lab_command(place: Place) -> list[str]:
    """Return the command line of JupyterLab on the first notebook, with the workshop's folder as its root."""
    command = [str(place.python), "-m", "jupyterlab", "--log-level=WARN", f"--ServerApp.root_dir={place.root}"]
    chinese = f"{CHINESE}/{FIRST}"
    first = chinese if reads_chinese() and (place.notebooks / chinese).exists() else FIRST
    if (place.notebooks / first).exists():  # as the default page, so that the printed address leads there too
        command.append(f"--LabApp.default_url=/lab/tree/{place.notebooks.name}/{first}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container, where JupyterLab asks for this option
        command.append("--allow-root")
    return command


def run_checks(place: Place, arguments: list[str], environ: Mapping[str, str]) -> int:
    """Run ruff, mypy and pytest, or pytest alone where it has arguments; return 0, or the exit code of a failed one.

    pytest comes last, so that its closing line ends the output.
    """
    environment = place.environment(environ) | {"WORKSHOP_LANG": "en"}  # the tests compare the English sentences
    python = str(place.python)
    failed: dict[str, int] = {}
    if not arguments:
        code = [name for name in CODE if (place.root / name).is_dir()]
        for name, command in {
            "ruff check": ["ruff", "check", *code],
            "ruff format": ["ruff", "format", "--check", *code],
            "mypy": ["mypy"],
        }.items():
            tell("Running {name}.", name=name)
            if exit_code := run_check([python, "-m", *command], place, environment):
                failed[name] = exit_code
        tell("Running pytest.")
    environment["WORKSHOP_FAILED_CHECKS"] = ", ".join(failed)  # tests/conftest.py names them above pytest's last line
    pytest = [python, "-m", "pytest", *(arguments or ALL_TESTS)]
    return run_check(pytest, place, environment) or next(iter(failed.values()), 0)


def run_check(command: list[str], place: Place, environment: dict[str, str]) -> int:
    """Run a command in the workshop's folder, its output shown, and return its exit code."""
    return subprocess.run(command, cwd=place.root, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def _start(place: Place, arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        tell("{command} opens the workshop in JupyterLab.", command=START)
        tell("With --run it runs every notebook and ends; with --install-only it ends after installing.")
        return 0
    if arguments not in ([], ["--run"], ["--install-only"]):
        given = " ".join(arguments)
        message = tr("{command} takes --run or --install-only or nothing, and not: {given}", command=START, given=given)
        print(message, file=sys.stderr)
        return USAGE
    prepare(place, START)
    place.outputs.mkdir(exist_ok=True)  # papermill makes no folder for the notebook that it writes
    if arguments == ["--install-only"]:
        tell("{folder} is ready. Open the workshop with: {command}", folder=place.venv, command=START)
        return 0
    if arguments == ["--run"]:
        return 0 if notebooks.run_all(place, os.environ) else 1
    return open_lab(place, os.environ)


def _test(place: Place, arguments: list[str]) -> int:
    prepare(place, TEST, tests=True)
    return run_checks(place, arguments, os.environ)


def _leave_to_child(number: int, frame: FrameType | None) -> None:
    """Do nothing about Ctrl-C: it reaches JupyterLab as well, which asks whether to stop, and this process goes on."""
