"""Where pictures are looked for, and where lessons put what they make."""

import os
from pathlib import Path

from helpers.errors import ImageError
from helpers.language import tr

_HOME = Path(__file__).resolve().parents[2]


def find(path: str | os.PathLike[str]) -> Path:
    """Return `path` as it stands, or, where that names no file, the same path beside the workshop's own folders."""
    here = expanded(path)
    there = _HOME / here
    return there if not here.exists() and there.exists() else here


def outputs(name: str | os.PathLike[str] = "") -> Path:
    """Return where a lesson puts what it makes: `name` in the folder that WORKSHOP_OUTPUTS names, else in `outputs/`."""
    return Path(os.environ.get("WORKSHOP_OUTPUTS") or _HOME / "outputs") / name


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return the path with the home folder that `~` or `~name` stands for. Raises ImageError where there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # nobody of this name, or no home folder at all
        raise ImageError(
            tr("There is no home folder for {name}.", name=Path(path).parts[0]),
            tr("A path that begins with ~ leads to one."),
            tr("Write the path out, or put ./ before a folder of that name."),
        ) from error
