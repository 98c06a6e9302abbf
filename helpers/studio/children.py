"""Child processes of the studio: arguments for Popen, and private standard streams."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[2]


def import_path(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that lets a child import this very copy of the project, installed or not."""
    before = environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *([before] if before else [])])}


def own_session() -> dict[str, Any]:
    """Return the arguments of Popen for a child that this terminal's Ctrl-C does not reach."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def private_stdin() -> BinaryIO:
    """Take standard input for the caller alone, and return it; file descriptor 0 reads from os.devnull afterwards.

    On Windows a thread that waits on descriptor 0 itself would hang every library loaded meanwhile.
    """
    taken = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return taken


def private_stdout() -> BinaryIO:
    """Take standard output for the caller alone, and return it; what anything else prints goes to standard error."""
    taken = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return taken
