"""Opens JupyterLab on the first notebook and stays with it until it ends."""

import os
import signal
import subprocess
from collections.abc import Mapping
from types import FrameType

from workshop.console import say, speaks_chinese
from workshop.place import Place

FIRST = "00_setup.ipynb"
CHINESE = "zh-CN"  # the folder of the Chinese notebooks


def open_lab(place: Place, environ: Mapping[str, str]) -> int:
    """Run JupyterLab in the foreground, with Ctrl-C its own; its exit code where this process goes on (Windows)."""
    say("Opening JupyterLab in your browser; if none opens, copy the address below into one. Ctrl-C here ends it.")
    environment = place.environment(environ)
    if os.name == "posix":  # take this process's place: every signal reaches JupyterLab, and nothing outlives it
        os.chdir(place.root)
        os.execve(place.python, command(place), environment)
    signal.signal(signal.SIGINT, leave_to_child)
    return subprocess.run(command(place), cwd=place.root, env=environment, check=False).returncode


def command(place: Place) -> list[str]:
    """The command line of JupyterLab on the first notebook, with the workshop's folder as its root."""
    start = [str(place.python), "-m", "jupyterlab", "--log-level=WARN", f"--ServerApp.root_dir={place.root}"]
    chinese = f"{CHINESE}/{FIRST}"
    first = chinese if speaks_chinese() and (place.notebooks / chinese).exists() else FIRST
    if (place.notebooks / first).exists():  # as the default page, so that the printed address leads there too
        start.append(f"--LabApp.default_url=/lab/tree/{place.notebooks.name}/{first}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container; JupyterLab asks for this word there
        start.append("--allow-root")
    return start


def leave_to_child(number: int, frame: FrameType | None) -> None:
    """Ctrl-C reaches JupyterLab as well, which asks whether it shall end; so it must not end us."""
