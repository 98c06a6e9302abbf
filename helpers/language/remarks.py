"""Workshop warnings: issued, ignored or collected, safely across threads.

`warnings.catch_warnings` swaps a list that the whole process shares. Two threads that do so at once can leave the wrong
list behind, so that no warning is shown any more; the lock here makes them wait for each other.
"""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


class WorkshopWarning(UserWarning):
    """Issued when a request is legal but may surprise: a size that is not the model's own, a dearer number of steps."""

    __module__ = "helpers.errors"  # where people find it, and what Python prints; that module needs this room


def warn(remark: str) -> None:
    """Issue a WorkshopWarning of one sentence. Waits while another thread ignores or collects warnings."""
    with _lock:
        # No file and line: in a notebook they name a temporary file, another one on each run.
        warnings.warn_explicit(remark, WorkshopWarning, "helpers", 1)


@contextmanager
def ignore_warnings(kind: type[Warning] = Warning) -> Iterator[None]:
    """Ignore warnings of this kind inside the `with` block."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", kind)
        yield


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Collect workshop warnings inside the `with` block instead of showing them; the list is filled when it ends."""
    remarks: list[str] = []
    with _lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", WorkshopWarning)
        yield remarks
        remarks += [str(one.message) for one in caught if issubclass(one.category, WorkshopWarning)]


def _new_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    # In a forked child, a thread that held the lock is gone and would never release it.
    os.register_at_fork(after_in_child=_new_lock)
