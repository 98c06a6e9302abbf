"""Threads that wait a while for more work once they have done theirs: to start one takes longer than a small answer."""

import queue
import threading
from collections.abc import Callable

_KEEP_SECONDS = 5.0

_Work = Callable[[], object]


class SpareThreads:
    """Functions run side by side, each in a thread that is new or has nothing to do.

    threads = SpareThreads()
    threads.run(lambda: print("hello"))
    """

    def __init__(self) -> None:
        self._spare: list[queue.SimpleQueue[_Work]] = []  # what the threads that have nothing to do wait for

    def run(self, work: _Work) -> None:
        """Run a function in a thread. Raises RuntimeError where the machine has no more threads."""
        try:
            self._spare.pop().put(work)
        except IndexError:
            mine: queue.SimpleQueue[_Work] = queue.SimpleQueue()
            mine.put(work)
            threading.Thread(target=self._serve, args=(mine,), daemon=True).start()

    def _serve(self, mine: queue.SimpleQueue[_Work]) -> None:
        while True:
            try:
                work = mine.get(timeout=_KEEP_SECONDS)
            except queue.Empty:
                try:
                    self._spare.remove(mine)
                except ValueError:  # somebody has just chosen this one
                    continue
                return
            work()
            del work  # and all it holds
            self._spare.append(mine)
