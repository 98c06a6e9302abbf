"""The stamp of a finished .venv, and the check of a .venv against it at the next start."""

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from workshop.place import Place


class Remedy(StrEnum):
    """A remedy for a .venv that is not as it should be."""

    NOTHING = "nothing"
    INSTALL = "install"  # packages put into the one that is there
    REMAKE = "remake"  # the folder made anew


@dataclass(frozen=True)
class StampCheck:
    """The outcome of a check: a remedy, and the sentence that says why, with {folder} and {python} to be filled in."""

    remedy: Remedy
    sentence: str = ""


@dataclass(frozen=True)
class Stamp:
    """A record of what a .venv was made from; it is written last, so that a killed installation has none."""

    venv: str  # absolute path: the programs in it do not work elsewhere
    python: str  # "3.11"
    project: str  # the project's version
    locks: dict[str, str]  # file name -> SHA-256 of its lines
    packages: tuple[str, ...]  # the names of the *.dist-info folders


def new_stamp(place: Place, requirements: Sequence[Path]) -> Stamp:
    """Return the stamp of an environment made now, without its packages, which are not known before it is made."""
    project = tomllib.loads((place.root / "pyproject.toml").read_text("utf-8"))["project"]
    return Stamp(
        venv=str(place.venv),
        python="{}.{}".format(*sys.version_info[:2]),
        project=project["version"],
        locks={path.name: digest(path) for path in requirements},
        packages=(),
    )


def digest(path: Path) -> str:
    """Return the SHA-256 of a text's lines, in hexadecimal; the same for a checkout with Windows' line ends."""
    return hashlib.sha256("\n".join(path.read_text("utf-8").splitlines()).encode()).hexdigest()


def write(place: Place, stamp: Stamp) -> None:
    """Write the stamp in one step, with the packages as they are now."""
    complete = asdict(stamp) | {"packages": sorted(dist_infos(place))}
    draft = place.stamp.with_suffix(".draft")
    draft.write_text(json.dumps(complete, indent=1, ensure_ascii=False) + "\n", "utf-8")
    draft.replace(place.stamp)


def read(place: Place) -> Stamp | None:
    """Return the stamp of the .venv; None where there is none, or none that can be read."""
    try:
        fields = json.loads(place.stamp.read_text("utf-8"))
        return Stamp(**(fields | {"packages": tuple(fields["packages"])}))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def locks(place: Place) -> dict[str, str]:
    """Return the requirements files that the .venv was made from, with their digests; empty where it has no stamp."""
    found = read(place)
    return found.locks if found else {}


def examine(place: Place, expected: Stamp) -> StampCheck:
    """Return what the .venv needs to match `expected`; found without the network, in a fraction of a second."""
    if not os.path.lexists(place.venv):
        return StampCheck(
            Remedy.REMAKE, "Making {folder} with Python {python}; on a new machine this downloads about 170 MB."
        )
    found = read(place)
    if found is None:
        return StampCheck(
            Remedy.REMAKE,
            "{folder} is half made, by an installation that did not end or by another program; it is made anew.",
        )
    if not same_folder(found.venv, expected.venv):
        return StampCheck(Remedy.REMAKE, "The workshop's folder was moved or copied, so {folder} is made anew.")
    if found.python != expected.python:
        return StampCheck(
            Remedy.REMAKE, "{folder} belongs to another version of Python, so it is made anew with Python {python}."
        )
    if not runs(place):
        return StampCheck(Remedy.REMAKE, "The Python of {folder} does not run any more, so it is made anew.")
    if found.project != expected.project or any(
        found.locks.get(name) not in (None, lock) for name, lock in expected.locks.items()
    ):
        return StampCheck(
            Remedy.INSTALL, "The workshop has changed since {folder} was made; its packages are brought up to date."
        )
    if not set(found.packages) <= dist_infos(place):
        return StampCheck(
            Remedy.INSTALL, "Packages of {folder} are missing or were changed; the workshop's own are put back."
        )
    if not set(expected.locks) <= set(found.locks):
        return StampCheck(Remedy.INSTALL, "Adding the test tools to {folder}.")
    return StampCheck(Remedy.NOTHING)


def dist_infos(place: Place) -> set[str]:
    """Return the installed packages with their versions, as the names of their folders."""
    try:
        return {name for name in os.listdir(place.site_packages()) if name.endswith(".dist-info")}
    except OSError:
        return set()


def same_folder(one: str, other: str) -> bool:
    """Return whether two paths lead to one folder (a link, another case on Windows)."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def runs(place: Place) -> bool:
    """Return whether the .venv's Python starts, has this Python's version and takes the .venv for its own."""
    ours = tuple(sys.version_info[:2])
    test = f"import sys; print(sys.version_info[:2] == {ours} and sys.prefix != sys.base_prefix)"
    try:
        answer = subprocess.run([str(place.python), "-I", "-c", test], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == b"True"
