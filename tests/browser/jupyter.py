"""Starts a Jupyter front end of its own for browser tests: on loopback, in an empty folder, with settings of its own."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds that a server has to start; a busy machine needs many
FrontEnd = Literal["jupyterlab", "notebook"]

_NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}  # its pop-up covers a corner


@dataclass(frozen=True)
class Server:
    """A Jupyter server that runs. `root` is the folder that it shows, `outputs` what kernels get as WORKSHOP_OUTPUTS."""

    front_end: FrontEnd
    url: str
    token: str
    root: Path
    outputs: Path

    def address(self, name: str) -> str:
        """The page that shows one notebook and nothing else."""
        place = "doc/tree" if self.front_end == "jupyterlab" else "notebooks"
        return f"{self.url}{place}/{name}?token={self.token}"


@contextmanager
def serve(front_end: FrontEnd, folder: Path) -> Iterator[Server]:
    """Start the front end with all that it keeps inside of `folder`, wait until it listens, and stop it at the end."""
    root, outputs, settings, runtime = (folder / name for name in ("root", "outputs", "config", "runtime"))
    for made in (root, outputs, settings / "labconfig", runtime):
        made.mkdir(parents=True)
    (settings / "labconfig" / "page_config.json").write_text(json.dumps(_NO_NEWS), "utf-8")
    token = secrets.token_hex(16)
    application = "LabApp" if front_end == "jupyterlab" else "JupyterNotebookApp"
    command = [sys.executable, "-m", front_end, "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    command += [f"--{application}.expose_app_in_browser=True", f"--ServerApp.root_dir={root}"]
    with (folder / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            command,
            cwd=root,
            env=_environment(folder, outputs, token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield Server(front_end, _address(child, runtime, folder / "log.txt"), token, root, outputs)
        finally:
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _environment(folder: Path, outputs: Path, token: str) -> dict[str, str]:
    """This environment without anything of AWS, of a proxy, of a Jupyter or of a studio; folders that nobody else uses."""
    foreign = ("AWS_", "WORKSHOP_", "JUPYTER", "IPYTHON")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(foreign) and "PROXY" not in name.upper()
    }
    return kept | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_TOKEN": token,
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "WORKSHOP_OUTPUTS": str(outputs),
    }


def _address(child: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Where the server listens, as it writes it down once it does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and child.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return str(json.loads(file.read_text("utf-8"))["url"])
            except ValueError:  # half written
                pass
        time.sleep(0.1)
    raise RuntimeError(f"The Jupyter server did not start.\n{log.read_text('utf-8', 'replace')[-4000:]}")
