"""What start.py and test.py do, from the arguments to the exit code."""

import os
import sys
from collections.abc import Callable

from workshop import checks, lab, notebooks
from workshop.console import PreparationError, complain, make_printable, say, tr
from workshop.environment import prepare
from workshop.place import Place

START = "python3 setup/start.py" if os.name != "nt" else r"py setup\start.py"
TEST = "python3 setup/test.py" if os.name != "nt" else r"py setup\test.py"
USAGE = 2
STOPPED = 130


def start(script: str, arguments: list[str]) -> int:
    """Prepare .venv, then JupyterLab, or --run, or --install-only; the exit code."""
    return guarded(lambda: _start(Place.of(script), arguments))


def test(script: str, arguments: list[str]) -> int:
    """Prepare .venv with the test tools, then all checks, or pytest with the arguments; the exit code."""
    return guarded(lambda: _test(Place.of(script), arguments))


def _start(place: Place, arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        say("{command} opens the workshop in JupyterLab.", command=START)
        say("With --run it runs every notebook and ends; with --install-only it ends after installing.")
        return 0
    if arguments not in ([], ["--run"], ["--install-only"]):
        given = " ".join(arguments)
        words = tr("{command} takes --run or --install-only or nothing, and not: {given}", command=START, given=given)
        print(words, file=sys.stderr)
        return USAGE
    prepare(place, START)
    place.pictures.mkdir(exist_ok=True)  # papermill makes no folder for the notebook that it writes
    if arguments == ["--install-only"]:
        say("{folder} is ready. Open the workshop with: {command}", folder=place.venv, command=START)
        return 0
    if arguments == ["--run"]:
        return 0 if notebooks.run_all(place, os.environ) else 1
    return lab.open_lab(place, os.environ)


def _test(place: Place, arguments: list[str]) -> int:
    prepare(place, TEST, tests=True)
    return checks.run(place, arguments, os.environ)


def guarded(work: Callable[[], int]) -> int:
    """Run the work; a problem becomes its sentence and exit code 1, Ctrl-C becomes 130."""
    make_printable()
    try:
        return work()
    except PreparationError as problem:
        complain(problem)
        return 1
    except KeyboardInterrupt:
        print("\n" + tr("Stopped."), file=sys.stderr)
        return STOPPED
