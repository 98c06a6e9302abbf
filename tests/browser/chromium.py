"""Finds a Chromium that is there already, for browser tests, and keeps it off every network but loopback."""

import os
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

VARIABLE = "WORKSHOP_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
ABSENT = (
    "No Chromium was found, so nothing can be tried in a browser. Install Chromium, Chrome or Edge, or name its "
    f"program in {VARIABLE}."
)
_MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
_WINDOWS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)


def find() -> str | None:
    """The program: the one that WORKSHOP_CHROMIUM names, one on the PATH, or one where its installer puts it."""
    named = os.environ.get(VARIABLE)
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    return next((found for found in on_path if found), None) or next(
        (str(path) for path in _usual_places() if path.is_file()), None
    )


def is_local(url: str) -> bool:
    """Whether a request for this address stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost", "::1")


def _usual_places() -> list[Path]:
    if sys.platform == "darwin":
        folders = (Path("/Applications"), Path.home() / "Applications")
        return [folder / f"{name}.app/Contents/MacOS/{name}" for folder in folders for name in _MAC]
    if sys.platform == "win32":
        folders = tuple(
            Path(os.environ[name])
            for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")
            if name in os.environ
        )
        return [folder / name for name in _WINDOWS for folder in folders]
    return []
