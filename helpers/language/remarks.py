"""Remarks as Python's warnings: said, hushed or overheard, by one thread at a time.

Which warnings are shown stands in one list for the whole process, and `warnings.catch_warnings` swaps it. Two threads
that do so at once can leave the other's list behind, and then no warning is shown any more; so they take turns.
"""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.errors import WorkshopWarning

_turn = threading.RLock()


def warn(remark: str) -> None:
    """One sentence to the reader, as a WorkshopWarning. It waits until no other thread is hushed."""
    with _turn:
        # No file and line: in a notebook they name a temporary file, another one on each run.
        warnings.warn_explicit(remark, WorkshopWarning, "helpers", 1)


@contextmanager
def hushed(kind: type[Warning] = Warning) -> Iterator[None]:
    """Show no warning of this kind meanwhile."""
    with _turn, warnings.catch_warnings():
        warnings.simplefilter("ignore", kind)
        yield


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Show no remark meanwhile; the list holds what was said, once it is over."""
    remarks: list[str] = []
    with _turn, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", WorkshopWarning)
        yield remarks
        remarks += [str(one.message) for one in said if issubclass(one.category, WorkshopWarning)]


def _turn_of_its_own() -> None:
    global _turn
    _turn = threading.RLock()


if hasattr(os, "register_at_fork"):
    # In a forked child, a thread that had the turn is gone and would never give it back.
    os.register_at_fork(after_in_child=_turn_of_its_own)
