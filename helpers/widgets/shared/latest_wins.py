"""A background thread that keeps only the newest request waiting."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class LatestWins(Generic[Work, Result]):
    """A worker that does one piece of work at a time; what waits is dropped as soon as something newer is asked for.

    `do` is called in a thread, and must not raise. `came` is called with the work and its result in the event loop of
    the thread that asked for it, so that it may change the page; without a loop, in the working thread.
    """

    def __init__(self, do: Callable[[Work], Result], came: Callable[[Work, Result], None]) -> None:
        self._do, self._came = do, came
        self._lock = threading.Lock()
        self._waiting: list[tuple[Work, Callable[..., None]]] = []  # one at most
        self._doing: list[Work] = []  # one at most
        self._busy = False

    @property
    def is_busy(self) -> bool:
        """True while work is being done."""
        return self._busy

    @property
    def pending(self) -> list[Work]:
        """Work that is being done and work that waits, in this order; at most two."""
        with self._lock:
            return [*self._doing, *(work for work, _ in self._waiting)]

    def ask(self, work: Work) -> None:
        """Have this done now, or next if something is being done, in place of what waits."""
        here = caller()
        with self._lock:
            self._waiting = [(work, here)]
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._go, daemon=True).start()

    def drop(self) -> None:
        """Forget the work that waits."""
        with self._lock:
            self._waiting = []

    def _go(self) -> None:
        last = False
        while not last:
            with self._lock:
                if not self._waiting:  # dropped
                    self._busy = False
                    return
                work, here = self._waiting.pop()
                self._doing = [work]
            result = self._do(work)
            with self._lock:
                self._doing = []
                last = not self._waiting
                self._busy = not last
            here(self._came, work, result)


def caller() -> Callable[..., None]:
    """Return a function that calls others in this thread's event loop; without one, where it is called itself."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda function, *arguments: function(*arguments)

    def call(function: Callable[..., None], *arguments: Any) -> None:
        loop.call_soon_threadsafe(function, *arguments)

    return call
