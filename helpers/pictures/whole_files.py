"""Atomic writing: a file appears whole or not at all, in place of an older one (`put`) or as a new one only (`add`)."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

_REPLACE_TRIES = 40  # on Windows a file that another process reads cannot be replaced for a moment
_REPLACE_WAIT = 0.05  # seconds


def put(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file atomically, replacing an older one. Its folder must exist."""
    _write(Path(path), data, _replace)


def add(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a new file atomically. Raises FileExistsError where one exists, or appears in the meantime."""
    if os.path.lexists(path):
        raise FileExistsError(path)
    _write(Path(path), data, _place)


def _write(path: Path, data: bytes, finish: Callable[[Path, Path], None]) -> None:
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(data)
        finish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _replace(temporary: Path, path: Path) -> None:
    for tries_left in range(_REPLACE_TRIES, 0, -1):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if tries_left == 1 or not _is_windows():
                raise
            time.sleep(_REPLACE_WAIT)


def _is_windows() -> bool:
    return os.name == "nt"


def _place(temporary: Path, path: Path) -> None:
    """Give the temporary file its final name. Raises FileExistsError where another file has it."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(path) from error
        os.replace(temporary, path)
