"""Paths of image files: where they are looked for, and where lessons write them."""

import os
from pathlib import Path

from helpers.errors import ImageError
from helpers.language import tr

_HOME = Path(__file__).resolve().parents[2]


def find(path: str | os.PathLike[str]) -> Path:
    """Return `path`, or the same path in the workshop's folder where only that one exists.

        helpers.pictures.find("data/sample_init.png")

    A leading `~` is expanded. Raises ImageError where there is no home folder for it.
    """
    here = expand_user(path)
    there = _HOME / here
    return there if not here.exists() and there.exists() else here


def outputs(name: str | os.PathLike[str] = "") -> Path:
    """Return the path of `name` in the folder for what lessons make.

        path = helpers.outputs("01/beach.png")

    The folder is the environment variable WORKSHOP_OUTPUTS, or `outputs/` in the workshop's folder. Without `name` it
    is the folder itself. Nothing is created: `save` makes the folders that a path needs.
    """
    return Path(os.environ.get("WORKSHOP_OUTPUTS") or _HOME / "outputs") / name


def expand_user(path: str | os.PathLike[str]) -> Path:
    """Return the path with a leading `~` or `~name` expanded. Raises ImageError where there is no such home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # nobody of this name, or no home folder at all
        raise ImageError(
            tr("There is no home folder for {name}.", name=Path(path).parts[0]),
            tr("A path that begins with ~ leads to one."),
            tr("Write the path out, or put ./ before a folder of that name."),
        ) from error
