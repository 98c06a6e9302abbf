"""The ways by which a run's calls reach the service: from this process, or from the workers of an executor."""

import threading
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Protocol

from helpers.calls.answers import Call
from helpers.calls.client import Client
from helpers.calls.send import Answer, send
from helpers.sweeps.run.drawing import Drawn, Target, attempt


class Line(Protocol):
    """The way to the service."""

    def send(self, call: Call, number: int) -> Answer | Drawn:
        """Make one call. Raises CallError."""

    def stop(self) -> None:
        """Take back what has not left yet."""


@dataclass(frozen=True)
class Direct:
    """Calls from this process, through one client that all threads share."""

    bedrock: Client

    def send(self, call: Call, number: int) -> Answer:
        """One call, its answer not yet looked into: a finisher does that."""
        return send(self.bedrock, call)

    def stop(self) -> None:
        """Nothing waits here: a call is made at once."""


@dataclass(frozen=True)
class Elsewhere:
    """Calls made by the workers of an executor: other processes, other machines."""

    executor: Executor
    target: Target
    waiting: "set[Future[Drawn]]" = field(default_factory=set, compare=False)
    stopped: threading.Event = field(default_factory=threading.Event, compare=False)
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def send(self, call: Call, number: int) -> Drawn:
        """One attempt in a worker, waited for here. Raises CancelledError once it is stopped."""
        assert call.model is not None
        with self.lock:  # so that a stop finds every call that was handed over, and none is handed over after it
            if self.stopped.is_set():
                raise CancelledError
            future = self.executor.submit(attempt, self.target, call.model.id, call.body, number)
            self.waiting.add(future)
        try:
            return future.result()
        finally:
            self.waiting.discard(future)

    def stop(self) -> None:
        """Cancel the calls that no worker has begun: their `send` raises CancelledError."""
        with self.lock:
            self.stopped.set()
            waiting = list(self.waiting)
        for future in waiting:
            future.cancel()
