"""Installing packages into .venv: with uv where there is one or it can be fetched, with pip otherwise."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from workshop import failures, pip_settings
from workshop.console import PreparationError, tell
from workshop.place import Place

OLDEST_UV = (0, 5)
COMPILING = ("--compile-bytecode",)  # uv leaves it to the first start of each program, which is then slow
FINAL = ("network", "disk", "busy")  # kinds of failure in which pip would fail as uv did
NEWS_EVERY = 15.0  # seconds of silence before a sentence that the work goes on


@dataclass(frozen=True)
class Installer:
    """An installer for one .venv. `command` is what the person typed, for the fix of a failure."""

    place: Place
    command: str

    def install(self, requirements: list[Path]) -> None:
        """Install the requirements files, pip and the project itself. Raises PreparationError where it cannot."""
        pip = self._pip_outside()
        uv = uv_on_path() or self._uv_inside() or self._fetch_uv(pip := pip or self._pip_inside())
        if not (uv and self._with_uv(uv, pip, requirements)):
            self._with_pip(pip or self._pip_inside(), requirements)

    def _with_uv(self, uv: str, pip: list[str], requirements: list[Path]) -> bool:
        """Install with uv; return False where it failed for a reason that pip may not share.

        Raises PreparationError where pip would fail as well.
        """
        tell("Installing the packages with uv.")
        settings = pip_settings.read(pip, self._environment())
        environment = self._environment() | pip_settings.for_uv(settings, os.environ)
        start = [uv, "pip", "install", "--python", str(self.place.python), "--no-progress"]
        start += pip_settings.flags_for_uv(settings)
        code, output = self._run_all(start, requirements, environment, COMPILING)
        if failures.kind_of(output) == "network" and code != 0:  # what an earlier installation cached may suffice
            code, _ = self._run_all(start, requirements, environment | {"UV_OFFLINE": "1"}, COMPILING)
        if code != 0 and failures.kind_of(output) in FINAL:
            raise self._problem(output)
        return code == 0

    def _with_pip(self, pip: list[str], requirements: list[Path]) -> None:
        tell("Installing the packages with pip, which takes some minutes.")
        start = [*pip, "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        code, output = self._run_all(start, requirements, self._environment())
        if code != 0:
            raise self._problem(output)

    def _run_all(
        self, start: list[str], requirements: list[Path], environment: dict[str, str], compiling: tuple[str, ...] = ()
    ) -> tuple[int, str]:
        """Install third parties, then the project, which is built by one of them; return exit code and output.

        No Python of .venv may start between the second step and environment.lead_to_project, so that step compiles
        nothing.
        """
        files = [part for path in requirements for part in ("-r", str(path))]
        code, output = self._run([*start, *compiling, *files, self._pinned("pip")], environment)
        if code != 0:
            return code, output
        ours = ["--no-deps", "--no-build-isolation", "--editable", "."]
        return self._run([*start, *ours], environment)

    def _pip_outside(self) -> list[str]:
        """Return the command of this Python's pip with .venv as its target; empty where there is no such pip."""
        for python in dict.fromkeys([sys.executable, base_python()]):
            if Path(python).is_relative_to(self.place.venv):
                continue
            pip = [python, "-m", "pip", "--python", str(self.place.python)]
            if succeeds([*pip, "--version"], self._environment()):  # a pip before 22.3 knows no --python
                return pip
        return []

    def _pip_inside(self) -> list[str]:
        """Return the command of the pip in .venv, which ensurepip makes where it is missing."""
        inside = [str(self.place.python), "-m", "pip"]
        if succeeds([*inside, "--version"], self._environment()):
            return inside
        code, _ = self._run([str(self.place.python), "-m", "ensurepip"], self._environment())
        if code == 0:
            return inside
        raise PreparationError(
            "This Python came without pip, and without ensurepip that could add it.",
            "On Debian and Ubuntu run: sudo apt install python{version}-venv (elsewhere install Python from python.org), "
            "then run {command} again.",
            version="{}.{}".format(*sys.version_info[:2]),
            command=self.command,
        )

    def _uv_inside(self) -> str:
        return usable_uv(str(self.place.scripts / "uv"), self._environment())

    def _fetch_uv(self, pip: list[str]) -> str:
        """Install uv into .venv and return its path; empty where that failed.

        It is 18 MB more to fetch, and still faster than pip alone: 15 against 55 seconds on a fast line, 105 against 151
        on one of 20 Mbit/s; they break even near 3 Mbit/s.
        """
        tell("Fetching uv, which installs faster than pip.")
        start = [*pip, "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        code, output = self._run([*start, "--only-binary", ":all:", self._pinned("uv")], self._environment())
        if code != 0 and failures.kind_of(output) in FINAL:
            raise self._problem(output)
        return self._uv_inside() if code == 0 else ""

    def _pinned(self, name: str) -> str:
        """Return the line of setup/requirements-install.txt for a tool."""
        lines = (self.place.root / "setup" / "requirements-install.txt").read_text("utf-8").splitlines()
        return next(line for line in lines if re.match(rf"{name}\b", line))

    def _environment(self) -> dict[str, str]:
        """Return the environment of installers, without what would send packages elsewhere than to .venv."""
        ours = self.place.environment(os.environ)
        for name in (
            "PIP_TARGET",
            "PIP_PREFIX",
            "PIP_ROOT",
            "PIP_REQUIRE_VIRTUALENV",
            "PIP_PYTHON",
            "UV_PYTHON",
            "UV_COMPILE_BYTECODE",
        ):
            ours.pop(name, None)
        return ours | {"PIP_USER": "0", "PYTHONIOENCODING": "utf-8"}

    def _run(self, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
        return run_with_progress(command, environment, self.place.root, self.place.install_log)

    def _problem(self, output: str) -> PreparationError:
        return failures.problem(output, self.command, self.place.venv, self.place.install_log)


def base_python() -> str:
    """Return the path of this Python, or of the one that its virtual environment was made from."""
    return getattr(sys, "_base_executable", None) or sys.executable


def uv_on_path() -> str:
    """Return the path of the uv that the person has; empty where there is none that `works`."""
    return usable_uv(shutil.which("uv") or "", dict(os.environ))


def usable_uv(uv: str, environment: dict[str, str]) -> str:
    """Return the same path where it is a uv that runs and is not too old for our options; empty otherwise."""
    if not uv:
        return ""
    try:
        answer = subprocess.run([uv, "--version"], capture_output=True, env=environment, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    version = re.match(rb"uv (\d+)\.(\d+)", answer.stdout)
    return uv if version and (int(version[1]), int(version[2])) >= OLDEST_UV else ""


def succeeds(command: list[str], environment: dict[str, str]) -> bool:
    """Return whether a command runs and exits with 0; its output goes nowhere."""
    try:
        return subprocess.run(command, capture_output=True, env=environment, check=False).returncode == 0
    except OSError:
        return False


def run_with_progress(command: list[str], environment: dict[str, str], folder: Path, log: Path) -> tuple[int, str]:
    """Run a command with its output in the log, telling the person now and then; return its exit code and output."""
    with log.open("ab") as written:
        written.write(("\n$ " + " ".join(command) + "\n").encode())
        start = written.tell()
        written.flush()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT, cwd=folder, env=environment
        )
        try:
            code = wait_with_news(process)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    with log.open("rb") as written_now:
        written_now.seek(start)
        return code, written_now.read().decode("utf-8", "replace")


def wait_with_news(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a process and return its exit code; print a sentence every NEWS_EVERY seconds."""
    started = time.monotonic()
    while True:
        try:
            return process.wait(timeout=NEWS_EVERY)
        except subprocess.TimeoutExpired:
            tell("Still at work ({seconds:.0f} seconds so far).", seconds=time.monotonic() - started)
