"""Making .venv: made where it is missing, repaired where it is half made or old, left alone where it is right."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workshop import stamp as stamps
from workshop.console import PreparationError, tell, tr
from workshop.installer import Installer, base_python
from workshop.place import Place
from workshop.stamp import Remedy, Stamp

SPACE_NEEDED = 1_000_000_000  # bytes: about 550 MB of packages, and as much again while they are unpacked
MAX_PATH_INSIDE = 165  # characters of the longest path below the workshop's folder
MAX_PATH_ON_WINDOWS = 259


def prepare(place: Place, command: str, tests: bool = False) -> None:
    """Make or repair the .venv, with the test tools where `tests` asks for them.

    `command` is what the person typed, for the fix of a problem. Raises PreparationError where .venv cannot be made.
    """
    check_folder(place, command)
    with exclusive(place):
        tests = tests or place.test_requirements.name in stamps.locks(place)  # once there, kept up to date
        requirements = [place.requirements] + ([place.test_requirements] if tests else [])
        expected = stamps.new_stamp(place, requirements)
        check = stamps.examine(place, expected)
        if check.remedy is Remedy.NOTHING:
            return
        started = time.monotonic()
        tell(check.sentence, folder=place.venv, python=expected.python)
        if check.remedy is Remedy.REMAKE:
            remove(place, command)
            create(place, command)
        install_packages(place, command, requirements, expected)
        tell("The environment is ready ({seconds:.0f} seconds).", seconds=time.monotonic() - started)


def check_folder(place: Place, command: str) -> None:
    """Raise PreparationError where the folder is incomplete, cannot be written to, or lies too deep for Windows."""
    for needed in (place.requirements, place.test_requirements, place.root / "pyproject.toml", place.root / "helpers"):
        if not needed.exists():
            raise PreparationError(
                "{missing} is missing: this folder is not the whole workshop.",
                "If you have the workshop as a ZIP file, unpack all of it, and run {command} in the unpacked folder.",
                missing=needed,
                command=command,
            )
    if too_long_for_windows(place, long_paths()):
        raise PreparationError(
            "The path {folder} is too long for Windows.",
            "Move the workshop's folder to a shorter path, such as C:\\workshop, and run {command} there.",
            folder=place.root,
            command=command,
        )
    if not can_write(place.root):
        raise PreparationError(
            "The folder {folder} cannot be written to.",
            "Copy the workshop's folder to a place of your own, such as your home folder, and run {command} there.",
            folder=place.root,
            command=command,
        )


def can_write(folder: Path) -> bool:
    """Return whether a file can be made in a folder, found by making one."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def too_long_for_windows(place: Place, long_paths: bool) -> bool:
    """Return whether packages' files would have paths that are too long for a Windows without `long_paths`."""
    return not long_paths and len(str(place.root)) + MAX_PATH_INSIDE > MAX_PATH_ON_WINDOWS


def long_paths() -> bool:
    """Return whether this system takes paths of more than 259 characters."""
    if sys.platform != "win32":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


def remove(place: Place, command: str) -> None:
    """Remove the .venv, be it a folder, a file or a link; its stamp first, so that a stop half-way is noticed."""
    try:
        place.stamp.unlink(missing_ok=True)
        if place.venv.is_symlink() or place.venv.is_file():
            place.venv.unlink()
        elif place.venv.exists():
            shutil.rmtree(place.venv)
    except OSError as error:
        raise PreparationError(
            "{folder} could not be removed: {error}.",
            "Close JupyterLab, VS Code and every terminal that uses it, delete that folder, and run {command} again.",
            folder=place.venv,
            error=error.strerror or error,
            command=command,
        ) from error


def create(place: Place, command: str) -> None:
    """Make an empty virtual environment; pip comes later, with the packages."""
    if shutil.disk_usage(place.root).free < SPACE_NEEDED:
        raise PreparationError(
            "The disk is almost full: the workshop needs 1 GB.",
            "Free some space, then run {command} again.",
            command=command,
        )
    try:
        made = subprocess.run(
            [base_python(), "-m", "venv", "--without-pip", str(place.venv)], capture_output=True, check=False
        )
    except OSError as error:
        raise PreparationError(
            "Python could not be run: {error}.", "Install Python from python.org.", error=error
        ) from error
    if made.returncode != 0:
        lines = (made.stderr or made.stdout).decode("utf-8", "replace").strip().splitlines() or [tr("nothing")]
        raise PreparationError(
            "This Python cannot make a virtual environment; its last words were: {words}",
            "On Debian and Ubuntu run: sudo apt install python{python}-venv (elsewhere install Python from python.org), "
            "then run {command} again.",
            words=lines[-1],
            python="{}.{}".format(*sys.version_info[:2]),
            command=command,
        )


def install_packages(place: Place, command: str, requirements: list[Path], expected: Stamp) -> None:
    """Install everything, then write the stamp."""
    place.stamp.unlink(missing_ok=True)
    Installer(place, command).install(requirements)
    point_at_project(place)
    write_jupyterlab_settings(place)
    stamps.write(place, expected)


def point_at_project(place: Place) -> None:
    """Point .venv at the workshop by a relative path.

    Pythons before 3.13 read this file in the system's encoding, so that a folder named in Chinese could be misread on
    Windows, and no Python of .venv would start.
    """
    site_packages = place.site_packages()
    if place.venv.is_symlink():
        return  # then no relative path leads from one to the other
    for path in site_packages.glob("*.pth"):
        if stamps.same_folder(path.read_bytes().decode("utf-8", "replace").strip(), str(place.root)):
            path.write_text(os.path.relpath(place.root, site_packages) + "\n", "ascii")


def write_jupyterlab_settings(place: Place) -> None:
    """Write JupyterLab's settings for the workshop: no pop-up that asks whether to fetch news."""
    settings = place.venv / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(place.root / "setup" / "jupyterlab.json", settings / "overrides.json")


@contextmanager
def exclusive(place: Place) -> Iterator[None]:
    """Let only one start.py or test.py at a time work on a .venv; the system frees the lock of one that dies."""
    try:
        file = open(lock_file(place), "a+b")  # noqa: SIM115 - closed below
    except OSError:  # another person's file: then there is no lock
        yield
        return
    with file:
        if not lock(file):
            tell("Another start.py or test.py is at work on this folder; waiting for it.")
            while not lock(file):
                time.sleep(0.5)
        yield


def lock_file(place: Place) -> str:
    """Return the path of a lock file outside the workshop's folder, the same for every start.py of that folder."""
    key = zlib.crc32(str(place.root).encode("utf-8", "surrogatepass"))
    return os.path.join(tempfile.gettempdir(), f"bedrock-image-workshop-{key:08x}.lock")


def lock(file: IO[bytes]) -> bool:
    """Take the system's lock on an open file, until the file is closed; return False where another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
