"""`python -m helpers.doctor`: what is wrong with my set-up, and the one fix. With --aws it asks AWS too, never paid.

Nothing but the standard library is imported before the packages have been looked at, and no syntax is newer than what an
old Python reads, so that it can still say what is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.doctor.aws import clock_of_aws as clock_of_aws
from helpers.doctor.aws import credentials as credentials
from helpers.doctor.aws import model as model
from helpers.doctor.aws import region as region
from helpers.doctor.findings import Finding as Finding
from helpers.language import joined, listed, padded, tr, translations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = (3, 11), (3, 14)
SPACE_NEEDED = 200_000_000  # bytes: a few hundred pictures and the notebooks' copies
START = "python3 setup/start.py --install-only" if os.name != "nt" else r"py setup\start.py --install-only"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks and print what they found; 1 where something is wrong."""
    _print_whatever_comes()
    parser = argparse.ArgumentParser(prog="python -m helpers.doctor", description=tr("Check the workshop's set-up."))
    asking = tr("ask AWS too: credentials, Region, model (free calls only)")
    parser.add_argument("--aws", action="store_true", help=asking)
    asks_aws = parser.parse_args(arguments).aws
    wrong = []
    # The studio hides AWS from this process, so it comes last.
    for check in (python, *CHECKS, *(CHECKS_OF_AWS if asks_aws else ()), studio):
        finding = _found(check)
        _show(finding)
        if finding.verdict == "wrong":
            wrong.append(finding)
            if check is python:
                break  # whatever else is wrong comes from that
    print(_summary(wrong))
    return 1 if wrong else 0


# --- This machine ------------------------------------------------------------------------------------------------


def python() -> Finding:
    """The Python that runs this."""
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
    """What is installed, against what the workshop needs (pyproject.toml) and was tried with (requirements.txt)."""
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
    """Which Python notebooks run with."""
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
    """Whether this terminal can show Chinese prompts."""
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
    """Whether pictures can be saved."""
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
    """Whether the clock can be right. Requests are signed with the time."""
    newest = (ROOT / "requirements.txt").stat().st_mtime
    if time.time() < newest - 86_400:
        says = tr("It is {day} here, before the workshop's own files were written.", day=time.strftime("%Y-%m-%d"))
        return Finding("wrong", "clock", says, tr("Set this computer's clock right."))
    return Finding("ok", "clock", time.strftime("%Y-%m-%d %H:%M"))


def variables() -> Finding:
    """Variables of AWS and of proxies that decide where a call goes."""
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
    """Whether the offline studio starts and draws."""
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


CHECKS: tuple[Callable[[], Finding], ...] = (packages, kernel, console, outputs, clock, variables)


# Asked only with --aws.
CHECKS_OF_AWS: tuple[Callable[[], Finding], ...] = (credentials, clock_of_aws, region, model)


# --- How ---------------------------------------------------------------------------------------------------------


def _found(check: Callable[[], Finding]) -> Finding:
    name = check.__name__.replace("_", " ")
    try:
        return check()
    except ImportError as error:
        return Finding(
            "wrong", name, tr("A package is missing or damaged: {error}.", error=error), tr("Run: {start}", start=START)
        )
    except Exception as error:
        what, fix = getattr(error, "what", ""), getattr(error, "fix", "")
        says = joined(what, getattr(error, "why", ""))
        says = says or tr("The check failed: {kind}: {error}.", kind=type(error).__name__, error=error)
        return Finding("wrong", name, says, fix or tr("Look that message up, or ask for help with it."))


def _show(finding: Finding) -> None:
    print(f"{padded(tr(finding.verdict), 6)}{padded(tr(finding.about), 12)} {finding.says}", flush=True)
    if finding.fix:
        fix = tr("Fix: {fix}", fix=finding.fix) if finding.verdict == "wrong" else finding.fix
        print(f"{'':19}{fix}", flush=True)


def _summary(wrong: list[Finding]) -> str:
    if not wrong:
        return tr("Everything is in order.")
    about, fix = tr(wrong[0].about), wrong[0].fix
    if len(wrong) == 1:
        return tr("One thing is wrong. Begin with the {about}: {fix}", about=about, fix=fix)
    return tr("{count} things are wrong. Begin with the {about}: {fix}", count=len(wrong), about=about, fix=fix)


def _print_whatever_comes() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    translations.heed(sys.stdout, sys.stderr)


def _same_folder(one: str | Path, other: str | Path) -> bool:
    """Whether two folders are one, without looking behind the link that a virtual environment's Python is."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _lacking(requirements: Sequence[str]) -> tuple[list[str], list[str]]:
    """What of these is not installed, and what is installed in an older version. Newer is fine."""
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


if __name__ == "__main__":
    sys.exit(main())
