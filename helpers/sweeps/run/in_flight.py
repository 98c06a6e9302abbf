"""Which requests this process has under way, in whichever run: an interrupted run's last calls are still answered, and kept.

So that the next run in the same notebook waits for them, and does not pay for the same picture a second time.
"""

import os
import threading
from pathlib import Path

_lock = threading.Lock()
_held: set[tuple[int, str, str]] = set()


def is_held(folder: Path, key: str) -> bool:
    """Whether a run is asking for this tile of this folder now."""
    return _place(folder, key) in _held


def take(folder: Path, key: str) -> bool:
    """Hold the tile from here on; False where another run holds it."""
    place = _place(folder, key)
    with _lock:
        if place in _held:
            return False
        _held.add(place)
        return True


def give_back(folder: Path, key: str) -> None:
    """The tile was answered, and what came of it is on the disk."""
    with _lock:
        _held.discard(_place(folder, key))


def _place(folder: Path, key: str) -> tuple[int, str, str]:
    return os.getpid(), str(folder), key  # a forked child asks for itself
