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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 14)
SPACE_NEEDED = 200_000_000  # bytes: a few hundred pictures and the notebooks' copies
MOST_SKEW = 300  # seconds: AWS refuses a request that is signed further off
START = "python3 setup/start.py --install-only" if os.name != "nt" else r"py setup\start.py --install-only"

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """What one check found. A note is worth knowing; what is wrong has a fix."""

    verdict: Verdict
    about: str
    says: str
    fix: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks and print what they found; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m helpers.doctor", description="Check the workshop's set-up.")
    parser.add_argument("--aws", action="store_true", help="ask AWS too: credentials, Region, model (free calls only)")
    asks_aws = parser.parse_args(arguments).aws
    _print_whatever_comes()
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
        wanted = "{}.{} to {}.{}".format(*OLDEST, *NEWEST)
        fix = f"Install one from python.org, then run: {START}"
        return Finding("wrong", "Python", f"{version}; the workshop needs {wanted}.", fix)
    venv = ROOT / ".venv"
    if venv.is_dir() and not _same_folder(sys.prefix, venv):
        own = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        says = f"{version} at {sys.executable}, which is not the workshop's own."
        return Finding("note", "Python", says, f"To check that one, run: {own} -m helpers.doctor")
    return Finding("ok", "Python", f"{version} at {sys.executable}")


def packages() -> Finding:
    """What is installed, against what the workshop needs (pyproject.toml) and was tried with (requirements.txt)."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _lines(ROOT / "requirements.txt")
    missing, too_old = _lacking([*project["dependencies"], *locked])[0], _lacking(project["dependencies"])[1]
    problems = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"too old: {', '.join(too_old)}"] * bool(too_old)
    if problems:
        return Finding("wrong", "packages", f"{'; '.join(problems)}.", f"Run: {START}")
    older = _lacking(locked)[1]
    if older:
        says = f"{', '.join(older)}: older than what the workshop was tried with (requirements.txt)."
        return Finding("note", "packages", says, f"To bring them up to date, run: {START}")
    return Finding("ok", "packages", f"all {len(locked)} of requirements.txt that this system needs are here")


def kernel() -> Finding:
    """Which Python notebooks run with."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("wrong", "kernel", "Jupyter has no kernel named python3.", f"Run: {START}")
    program = spec.argv[0]
    bare = ("python", "python3", "python{}.{}".format(*sys.version_info[:2]))  # Jupyter puts its own Python for these
    if program in bare or _same_folder(Path(program).parent, Path(sys.executable).parent):
        return Finding("ok", "kernel", "notebooks run with this Python")
    return Finding(
        "wrong",
        "kernel",
        f"Notebooks run with another Python, {program}, by a kernel of that name in {spec.resource_dir}.",
        "Remove it, and this Python's own takes its place: jupyter kernelspec uninstall python3",
    )


def console() -> Finding:
    """Whether this terminal can show Chinese prompts."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "\u753b".encode(encoding)  # the Chinese for picture
    except UnicodeEncodeError:
        says = f"writes {encoding}: Chinese prompts print as codes here. Notebooks and pictures are not affected."
        return Finding("note", "console", says, "To see them, set PYTHONUTF8=1 before you start Python.")
    return Finding("ok", "console", f"shows Chinese prompts ({encoding})")


def outputs() -> Finding:
    """Whether pictures can be saved."""
    from helpers import images

    folder = images.outputs()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        fix = "Copy the workshop to a folder of your own, or set WORKSHOP_OUTPUTS to one."
        return Finding("wrong", "outputs", f"{folder} cannot be written to: {error.strerror or error}.", fix)
    if free < SPACE_NEEDED:
        return Finding("wrong", "outputs", f"Only {free // 1_000_000} MB are free in {folder}.", "Free some space.")
    return Finding("ok", "outputs", f"{folder} can be written to, {free / 1e9:.0f} GB are free")


def clock() -> Finding:
    """Whether the clock can be right. Requests are signed with the time."""
    newest = (ROOT / "requirements.txt").stat().st_mtime
    if time.time() < newest - 86_400:
        says = f"It is {time.strftime('%Y-%m-%d')} here, before the workshop's own files were written."
        return Finding("wrong", "clock", says, "Set this computer's clock right.")
    return Finding("ok", "clock", time.strftime("%Y-%m-%d %H:%M"))


def variables() -> Finding:
    """Variables of AWS and of proxies that decide where a call goes."""
    names = sorted(name for name in os.environ if name.startswith("AWS_") or name.upper().endswith("_PROXY"))
    names = [name for name in names if name.upper() not in ("NO_PROXY", "FTP_PROXY")]
    if not names:
        return Finding("ok", "variables", "no AWS and no proxy variable is set")
    says = f"{', '.join(names)} set. helpers.connect() sets the AWS ones aside and goes round proxies;"
    return Finding("note", "variables", f"{says} labs and AWS calls heed them.")


def studio() -> Finding:
    """Whether the offline studio starts and draws."""
    import helpers

    began = time.monotonic()
    try:
        made = helpers.invoke(helpers.connect(), helpers.text_to_image("a serene beach at sunset", seed=10))
    except helpers.WorkshopError as error:
        fix = error.fix if isinstance(error, helpers.SetupError) else f"Run: {START}"
        return Finding("wrong", "studio", f"{error.what} {error.why}", fix)
    if made.image.getcolors(1) is not None:  # one colour alone
        return Finding("wrong", "studio", "It answers with an empty picture.", f"Run: {START}")
    took = time.monotonic() - began
    return Finding(
        "ok", "studio", f"started and drew a picture of {made.image.width}x{made.image.height} in {took:.1f} s"
    )


CHECKS: tuple[Callable[[], Finding], ...] = (packages, kernel, console, outputs, clock, variables)


# --- AWS, asked only with --aws ----------------------------------------------------------------------------------


def credentials() -> Finding:
    """Whose account it is, by STS."""
    import boto3

    from helpers import account

    caller = account.identity(boto3.Session(), _home())
    return Finding("ok", "credentials", f"account {caller['Account']}, {caller['Arn'].rpartition(':')[2]}")


def clock_of_aws() -> Finding:
    """This clock against AWS's."""
    import email.utils
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"https://sts.{_home()}.amazonaws.com/", timeout=10) as answer:
            told = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        told = error.headers["Date"]
    except OSError as error:
        return Finding("wrong", "AWS clock", f"AWS cannot be reached: {error}.", "Check the network and the proxy.")
    skew = time.time() - email.utils.parsedate_to_datetime(told).timestamp()
    if abs(skew) > MOST_SKEW:
        says = f"This clock is {abs(skew) / 60:.0f} minutes {'ahead of' if skew > 0 else 'behind'} AWS's."
        return Finding(
            "wrong", "AWS clock", f"{says} Signatures made by it are refused.", "Set this computer's clock right."
        )
    return Finding("ok", "AWS clock", f"{abs(skew):.0f} s apart from this one")


def region() -> Finding:
    """The configured Region, and whether Stable Image Core is there."""
    import boto3

    from helpers import models

    core, here = models.get("core"), boto3.Session().region_name
    fix = f'Use helpers.connect("aws", region="{core.regions[0]}"), or set it with: aws configure'
    if here is None:
        return Finding("wrong", "Region", "None is configured.", fix)
    if here not in core.regions:
        return Finding("note", "Region", f"{here}; {core.name} is in {', '.join(core.regions)} alone.", fix)
    return Finding("ok", "Region", f"{here}, where {core.name} lives")


def model() -> Finding:
    """Whether Stable Image Core is open to this account."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from helpers import models
    from helpers.call_errors import translate
    from helpers.generation import Call

    core = models.get("core")
    bedrock = boto3.Session().client("bedrock", region_name=_home())
    try:
        state = bedrock.get_foundation_model(modelIdentifier=core.id)["modelDetails"]["modelLifecycle"]["status"]
        access = bedrock.get_foundation_model_availability(modelId=core.id)
    except (BotoCoreError, ClientError) as error:
        raise translate(error, Call("aws", _home(), core)) from error
    closed = [f"{name} {value}" for name, value in _states(access) if value not in ("AVAILABLE", "AUTHORIZED")]
    if closed:
        says = f"{core.name} is {state}, but not open to this account: {', '.join(closed)}."
        fix = "Its first call by a user with AWS Marketplace rights switches it on; ask an administrator to make it."
        return Finding("note", "model", says, fix)
    return Finding("ok", "model", f"{core.name} is {state} and open to this account")


CHECKS_OF_AWS: tuple[Callable[[], Finding], ...] = (credentials, clock_of_aws, region, model)


# --- How ---------------------------------------------------------------------------------------------------------


def _found(check: Callable[[], Finding]) -> Finding:
    name = check.__name__.replace("_", " ")
    try:
        return check()
    except ImportError as error:
        return Finding("wrong", name, f"A package is missing or damaged: {error}.", f"Run: {START}")
    except Exception as error:
        what, fix = getattr(error, "what", ""), getattr(error, "fix", "")
        says = f"{what} {getattr(error, 'why', '')}" if what else f"The check failed: {type(error).__name__}: {error}."
        return Finding("wrong", name, says.strip(), fix or "Look that message up, or ask for help with it.")


def _show(finding: Finding) -> None:
    print(f"{finding.verdict:6}{finding.about:12} {finding.says}", flush=True)
    if finding.fix:
        print(f"{'':19}Fix: {finding.fix}" if finding.verdict == "wrong" else f"{'':19}{finding.fix}", flush=True)


def _summary(wrong: list[Finding]) -> str:
    if not wrong:
        return "Everything is in order."
    first = wrong[0]
    many = "One thing is wrong" if len(wrong) == 1 else f"{len(wrong)} things are wrong"
    return f"{many}. Begin with the {first.about}: {first.fix}"


def _print_whatever_comes() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


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


def _home() -> str:
    """The Region that is configured, or the one where Stable Image Core lives."""
    import boto3

    from helpers import models

    return str(boto3.Session().region_name or models.get("core").regions[0])


def _states(access: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("agreement", str(access.get("agreementAvailability", {}).get("status"))),
        ("authorization", str(access.get("authorizationStatus"))),
        ("entitlement", str(access.get("entitlementAvailability"))),
        ("Region", str(access.get("regionAvailability"))),
    ]


if __name__ == "__main__":
    sys.exit(main())
