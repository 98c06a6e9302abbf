"""The locks, made with uv: one list for Linux, macOS and Windows and every Python that the workshop runs on.

It is not in lock.py itself, which an old Python must be able to read.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from workshop.console import PreparationError, exit_code_of, tell
from workshop.installer import usable_uv, uv_on_path
from workshop.place import Place
from workshop.python_check import OLDEST

MAIN = """\
# Everything that the workshop installs, locked for Linux, macOS and Windows and for Python 3.11 to 3.14.
# Made from pyproject.toml by: python3 setup/tools/lock.py
"""
TEST = """\
# The test tools, on top of the one list; setup/test.py installs both.
# Made from pyproject.toml by: python3 setup/tools/lock.py
-r ../requirements.txt
"""
TOOLS = """\
# What setup/start.py installs with: pip for your own use inside .venv, and uv where the machine has none, because it
# fetches many packages at once. The lessons need neither. Made by: python3 setup/tools/lock.py
"""


def write_locks(script: str, arguments: list[str]) -> int:
    """Write the three lists, and return the exit code. `script` is the path of lock.py."""
    return exit_code_of(lambda: _write_locks(Place(Path(script).resolve().parents[2]), arguments))


def _write_locks(place: Place, arguments: list[str]) -> int:
    if arguments not in ([], ["--upgrade"]):
        print("setup/tools/lock.py takes --upgrade or nothing.", file=sys.stderr)
        return 2
    uv = uv_on_path() or usable_uv(str(place.scripts / "uv"), dict(os.environ))
    if not uv:
        raise PreparationError("Locking needs uv, and there is none.", "Run: pip install uv")
    main = compiled(uv, place, ["pyproject.toml"], place.requirements, arguments)
    place.requirements.write_text(MAIN + main, "utf-8", newline="\n")
    with_tests = ["pyproject.toml", "--extra", "test", "--constraint", str(place.requirements)]
    known = {name_of(line) for line in main.splitlines()}  # by name: the marker may differ, the version never does
    tools_of_tests = compiled(uv, place, with_tests, place.test_requirements, arguments).splitlines()
    more = [line for line in tools_of_tests if name_of(line) not in known]
    place.test_requirements.write_text(TEST + "".join(line + "\n" for line in more), "utf-8", newline="\n")
    tools = place.root / "setup" / "requirements-install.txt"
    tools.write_text(TOOLS + compiled(uv, place, ["-"], tools, arguments, "pip\nuv\n"), "utf-8", newline="\n")
    tell("The locks are written; look at what changed, then run setup/test.py.")
    return 0


def name_of(line: str) -> str:
    """Return the package's name in a pinned line; a comment is returned as it is."""
    return line.split("==")[0].strip()


def compiled(uv: str, place: Place, sources: list[str], present: Path, arguments: list[str], given: str = "") -> str:
    """Return the pinned lines, sorted by name; versions of the present file are kept where they still fit."""
    options = ["--universal", "--python-version", ".".join(map(str, OLDEST)), "--no-header", "--no-annotate", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "lock.txt"
        if present.exists():
            pins = [line for line in present.read_text("utf-8").splitlines() if not line.startswith("-r")]
            draft.write_text("\n".join(pins) + "\n", "utf-8")
        command = [uv, "pip", "compile", *sources, *options, *arguments, "--output-file", str(draft)]
        done = subprocess.run(command, cwd=place.root, input=given.encode(), capture_output=True, check=False)
        if done.returncode != 0:
            output = done.stderr.decode("utf-8", "replace").strip()
            raise PreparationError(
                "uv could not make the lock: {words}", "Mend pyproject.toml or the connection.", words=output
            )
        return draft.read_text("utf-8")
