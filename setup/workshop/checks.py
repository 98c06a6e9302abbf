"""Runs the checks of setup/test.py: ruff and mypy first, pytest last, so that its closing line ends the output."""

import subprocess
from collections.abc import Mapping

from workshop.console import say
from workshop.place import Place

CODE = ("helpers", "labs", "setup", "tests", "notebooks")


def run(place: Place, arguments: list[str], environ: Mapping[str, str]) -> int:
    """Every check, or pytest alone when it has arguments. 0 if all passed, else the exit code of a failed one."""
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
            say("Running {name}.", name=name)
            if exit_code := ran([python, "-m", *command], place, environment):
                failed[name] = exit_code
        say("Running pytest.")
    environment["WORKSHOP_FAILED_CHECKS"] = ", ".join(failed)  # tests/conftest.py names them above pytest's last line
    return ran([python, "-m", "pytest", *arguments], place, environment) or next(iter(failed.values()), 0)


def ran(command: list[str], place: Place, environment: dict[str, str]) -> int:
    """The exit code of a command run in the workshop's folder, its output shown."""
    return subprocess.run(command, cwd=place.root, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
