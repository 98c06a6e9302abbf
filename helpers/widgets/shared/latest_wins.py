"""Work in a thread for what changes faster than it is done: while one piece is under way, only the newest is kept."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class LatestWins(Generic[Job, Result]):
    """Does one job at a time. A job that waits is replaced by the next one, and never done.

    `work` is called in a thread, and must not raise. `came` gets each job with its result, where jobs are handed in:
    in that thread's event loop, so that it may touch the page; without a loop, in the working thread.
    """

    def __init__(self, work: Callable[[Job], Result], came: Callable[[Job, Result], None]) -> None:
        self._work, self._came = work, came
        self._lock = threading.Lock()
        self._waiting: list[tuple[Job, Callable[..., None]]] = []  # one at most
        self._doing: list[Job] = []  # one at most
        self._busy = False

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way."""
        return self._busy

    @property
    def pending(self) -> list[Job]:
        """The job that is under way, and the one that waits."""
        with self._lock:
            return [*self._doing, *(job for job, _ in self._waiting)]

    def ask(self, job: Job) -> None:
        """Have a job done: now, or when the one that is under way is, unless a newer one is asked for until then."""
        here = caller()
        with self._lock:
            self._waiting = [(job, here)]
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._go, daemon=True).start()

    def drop(self) -> None:
        """Forget the job that waits."""
        with self._lock:
            self._waiting = []

    def _go(self) -> None:
        last = False
        while not last:
            with self._lock:
                if not self._waiting:  # dropped
                    self._busy = False
                    return
                job, here = self._waiting.pop()
                self._doing = [job]
            result = self._work(job)
            with self._lock:
                self._doing = []
                last = not self._waiting
                self._busy = not last
            here(self._came, job, result)


def caller() -> Callable[..., None]:
    """How a thread has a function called here: by this thread's event loop, or, without one, on its own."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda function, *arguments: function(*arguments)

    def call(function: Callable[..., None], *arguments: Any) -> None:
        loop.call_soon_threadsafe(function, *arguments)

    return call
