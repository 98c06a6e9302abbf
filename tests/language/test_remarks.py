"""Warnings are issued, ignored and collected from many threads at once, and afterwards they are what they were."""

import os
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from helpers import pictures
from helpers.errors import WorkshopWarning
from helpers.language import remarks
from helpers.language.remarks import warn

HELPERS = Path(remarks.__file__).parents[1]
THREADS, ROUNDS = 8, 100


@pytest.fixture(autouse=True)
def _threads_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*works: Callable[[], object]) -> None:
    """Run each many times in a thread of its own, all of them from the same moment."""
    start = threading.Barrier(len(works))

    def repeat(work: Callable[[], object]) -> None:
        start.wait()
        for _ in range(ROUNDS):
            work()

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hush() -> None:
    with remarks.ignore_warnings():
        pass


def test_reading_pictures_in_several_threads_leaves_warnings_as_they_were() -> None:
    data = pictures.encode_png(Image.new("RGB", (4, 4)))
    before = warnings.filters, warnings.showwarning, list(warnings.filters)
    at_once(*[lambda: pictures.to_image(data)] * THREADS)
    assert (warnings.filters, warnings.showwarning) == before[:2]
    assert list(warnings.filters) == before[2]
    with pytest.warns(WorkshopWarning, match="still heard"):
        warn("still heard")


def test_each_thread_overhears_its_own_remarks() -> None:
    heard: list[list[str]] = []

    def overhear() -> None:
        with remarks.collect_warnings() as heard_here:
            remarks.warn("a remark")
        heard.append(heard_here)

    before = list(warnings.filters)
    at_once(*[overhear] * THREADS)
    assert heard == [["a remark"]] * (THREADS * ROUNDS)
    assert list(warnings.filters) == before


def test_a_remark_is_heard_whatever_other_threads_hush_meanwhile() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        at_once(lambda: remarks.warn("a remark"), *[hush] * THREADS)
    assert [str(one.message) for one in said] == ["a remark"] * ROUNDS


def test_one_thread_may_hush_inside_what_it_hushes() -> None:
    with remarks.collect_warnings() as heard_here, remarks.ignore_warnings(WorkshopWarning):
        remarks.warn("a remark")
    assert heard_here == []


def test_the_list_of_warnings_is_swapped_in_one_place_alone() -> None:
    """Elsewhere it would be swapped without waiting for the other threads."""
    swapping = [path.name for path in HELPERS.rglob("*.py") if "catch_warnings" in path.read_text("utf-8")]
    assert swapping == ["remarks.py"]


def test_python_warns_in_one_place_alone() -> None:
    """What the others have to say goes through `warn`, which waits until no other thread ignores warnings."""
    saying_so = re.compile(r"^\s*(import|from) warnings\b|\bwarnings\.warn", re.MULTILINE)
    warning = [path.name for path in HELPERS.rglob("*.py") if saying_so.search(path.read_text("utf-8"))]
    assert warning == ["remarks.py"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_does_not_wait_for_a_thread_that_stayed_behind() -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with remarks.ignore_warnings():
            entered.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait()
    child = os.fork()
    if not child:
        free = remarks._lock.acquire(blocking=False)
        os._exit(0 if free else 1)
    leave.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
