"""Checks of this machine: Python, packages, kernel, console, folders, clock, environment variables, and the studio.

Only the standard library is imported before the packages have been checked, and an old Python can read the syntax, so
that the doctor can say what is missing.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from helpers.language import joined, listed, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = (3, 11), (3, 14)
SPACE_NEEDED = 200_000_000  # bytes: a few hundred pictures and the notebooks' copies
START = "python3 setup/start.py --install-only" if os.name != "nt" else r"py setup\start.py --install-only"

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """The result of one check: a note is worth knowing, and what is wrong has a fix."""

    verdict: Verdict
    about: str
    says: str
    fix: str = ""


def python() -> Finding:
    """Check the version and the place of the Python that runs this."""
    version = "{}.{}.{}".format(*sys.version_info[:3])
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        wanted = tr("{oldest} to {newest}", oldest="{}.{}".format(*OLDEST), newest="{}.{}".format(*NEWEST))
        fix = tr("Install one from python.org, then run: {start}", start=START)
        return Finding(
            "wrong", "Python", tr("{version}; the workshop needs {wanted}.", version=version, wanted=wanted), fix
        )
    venv = ROOT / ".venv"
    if venv.is_dir() and not _same_folder(sys.prefix, venv):
        own = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        says = tr("{version} at {place}, which is not the workshop's own.", version=version, place=sys.executable)
        return Finding("note", "Python", says, tr("To check that one, run: {own} -m helpers.doctor", own=own))
    return Finding("ok", "Python", tr("{version} at {place}", version=version, place=sys.executable))


def packages() -> Finding:
    """Compare the installed packages with pyproject.toml (needed) and requirements.txt (tested)."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _lines(ROOT / "requirements.txt")
    missing, too_old = _lacking([*project["dependencies"], *locked])[0], _lacking(project["dependencies"])[1]
    problems = [tr("missing: {names}.", names=listed(missing))] if missing else []
    problems += [tr("too old: {names}.", names=listed(too_old))] if too_old else []
    if problems:
        return Finding("wrong", "packages", joined(*problems), tr("Run: {start}", start=START))
    older = _lacking(locked)[1]
    if older:
        says = tr("{names}: older than what the workshop was tried with (requirements.txt).", names=listed(older))
        return Finding("note", "packages", says, tr("To bring them up to date, run: {start}", start=START))
    return Finding(
        "ok", "packages", tr("all {count} of requirements.txt that this system needs are here", count=len(locked))
    )


def kernel() -> Finding:
    """Check that notebooks run with the Python that runs this."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("wrong", "kernel", tr("Jupyter has no kernel named python3."), tr("Run: {start}", start=START))
    program = spec.argv[0]
    bare = ("python", "python3", "python{}.{}".format(*sys.version_info[:2]))  # Jupyter puts its own Python for these
    if program in bare or _same_folder(Path(program).parent, Path(sys.executable).parent):
        return Finding("ok", "kernel", tr("notebooks run with this Python"))
    return Finding(
        "wrong",
        "kernel",
        tr(
            "Notebooks run with another Python, {program}, by a kernel of that name in {folder}.",
            program=program,
            folder=spec.resource_dir,
        ),
        tr("Remove it, and this Python's own takes its place: jupyter kernelspec uninstall python3"),
    )


def console() -> Finding:
    """Check that this terminal can show Chinese prompts."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "\u753b".encode(encoding)  # the Chinese for picture
    except UnicodeEncodeError:
        says = tr(
            "writes {encoding}: Chinese prompts print as codes here. Notebooks and pictures are not affected.",
            encoding=encoding,
        )
        return Finding("note", "console", says, tr("To see them, set PYTHONUTF8=1 before you start Python."))
    return Finding("ok", "console", tr("shows Chinese prompts ({encoding})", encoding=encoding))


def outputs() -> Finding:
    """Check that the outputs folder can be written to and has space left."""
    from helpers import pictures

    folder = pictures.outputs()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        fix = tr("Copy the workshop to a folder of your own, or set WORKSHOP_OUTPUTS to one.")
        return Finding(
            "wrong",
            "outputs",
            tr("{folder} cannot be written to: {error}.", folder=folder, error=error.strerror or error),
            fix,
        )
    if free < SPACE_NEEDED:
        return Finding(
            "wrong",
            "outputs",
            tr("Only {free} MB are free in {folder}.", free=free // 1_000_000, folder=folder),
            tr("Free some space."),
        )
    return Finding(
        "ok",
        "outputs",
        tr("{folder} can be written to, {free:.0f} GB are free", folder=folder, free=free / 1e9),
    )


def clock() -> Finding:
    """Check that the clock is not before the workshop's own files: requests are signed with the time."""
    newest = (ROOT / "requirements.txt").stat().st_mtime
    if time.time() < newest - 86_400:
        says = tr("It is {day} here, before the workshop's own files were written.", day=time.strftime("%Y-%m-%d"))
        return Finding("wrong", "clock", says, tr("Set this computer's clock right."))
    return Finding("ok", "clock", time.strftime("%Y-%m-%d %H:%M"))


def variables() -> Finding:
    """List the AWS and proxy variables that decide where a call goes."""
    names = sorted(name for name in os.environ if name.startswith("AWS_") or name.upper().endswith("_PROXY"))
    names = [name for name in names if name.upper() not in ("NO_PROXY", "FTP_PROXY")]
    if not names:
        return Finding("ok", "variables", tr("no AWS and no proxy variable is set"))
    says = tr(
        "{names} set. helpers.connect() sets the AWS ones aside and goes round proxies; labs and AWS calls heed them.",
        names=listed(names),
    )
    return Finding("note", "variables", says)


def studio() -> Finding:
    """Start the offline studio and make one picture."""
    import helpers

    began = time.monotonic()
    try:
        made = helpers.invoke(helpers.connect(), helpers.text_to_image("a serene beach at sunset", seed=10))
    except helpers.WorkshopError as error:
        fix = error.fix if isinstance(error, helpers.SetupError) else tr("Run: {start}", start=START)
        return Finding("wrong", "studio", joined(error.what, error.why), fix)
    if made.image.getcolors(1) is not None:  # one colour alone
        return Finding("wrong", "studio", tr("It answers with an empty picture."), tr("Run: {start}", start=START))
    took = time.monotonic() - began
    return Finding(
        "ok",
        "studio",
        tr(
            "started and drew a picture of {width}x{height} in {took:.1f} s",
            width=made.image.width,
            height=made.image.height,
            took=took,
        ),
    )


def _same_folder(one: str | Path, other: str | Path) -> bool:
    """Return whether two folders are the same. Pythons are not compared: that of a virtual environment is a link."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _lacking(requirements: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the requirements that are not installed, and those installed in an older version; newer ones are fine."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement
    from packaging.version import Version

    missing, older = [], []
    for one in map(Requirement, requirements):
        if one.marker is not None and not one.marker.evaluate():
            continue
        try:
            installed = Version(version(one.name))
        except PackageNotFoundError:
            missing.append(one.name)
            continue
        if any(installed < Version(pin.version) for pin in one.specifier if pin.operator in ("==", ">=")):
            older.append(f"{one.name} {installed}")
    return sorted(set(missing)), older


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "-"))]
