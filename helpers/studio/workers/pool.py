"""The pool of one engine's processes: begun when they are needed, replaced when they die, served in order of arrival.

Several processes draw several pictures in the time of one, where threads would wait for each other. How many there may
be, and how long a picture may take, each worker says in its greeting: it is the engine's to know.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from helpers.studio.wire.replies import BedrockError, validation
from helpers.studio.workers import pipe

START_SECONDS = 120.0  # for an engine to greet; past it something is stuck
STOP_SECONDS = 2.0

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Job:
    """One picture to draw: the engine's task in plain values, and the files that came with it."""

    task: str
    """Its name in `protocol.TASKS`."""
    prompts: tuple[tuple[str, float], ...]
    request: dict[str, Any]
    """The task's other fields: all but prompts, init_image and mask."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    """PNG, JPEG or WebP files, by the request's fields that held them."""
    start: str | None = None
    """Which of them is the init image; it is brought to the task's size where it has another."""
    mask: tuple[str, str] | None = None
    """Which of them is the mask, and what in it may change: "white", "black" or "transparent"."""
    finish: str = "SUCCESS"
    file_format: str = "png"
    trace: bool = False
    """Ask for Drawn.trace."""

    def head(self) -> dict[str, Any]:
        """All but the files, as the worker reads it."""
        return {
            "task": self.task,
            "prompts": self.prompts,
            "request": self.request,
            "uploads": list(self.uploads),
            "start": self.start,
            "mask": self.mask,
            "finish": self.finish,
            "format": self.file_format,
            "trace": self.trace,
        }


@dataclass(frozen=True)
class Drawn:
    """A finished picture: the file in base64, the words the engine did not know, and how long the engine took."""

    file: bytes
    unknown_words: tuple[str, ...]
    engine_ms: float
    engine: str
    """The name and the version of the engine that drew it, with a blank between: "painted 0.2.0"."""
    trace: tuple[tuple[float, bytes], ...] = ()
    """Each step's sigma, and what the engine believed the picture to be, as a small PNG in base64."""


@dataclass(frozen=True)
class Greeting:
    """A worker's first words."""

    engine: str
    """As in Drawn."""
    workers: int
    patience: float
    """Seconds."""


class Pool:
    """The workers of one engine, `module:function` or `path/to/file.py:function`; jobs are served in order of arrival.

    There is the right to one worker until the first has greeted; then to as many as the engine says, and no more than
    the machine has cores, or to `size`.
    """

    def __init__(self, engine: str, size: int | None = None) -> None:
        self._engine, self._size = engine, size
        self._identity: str | None = None
        self._closed = False
        self._changed = threading.Condition()
        # A slot is a living worker or, as None, the right to start one. Living ones are taken first.
        self._slots: list[_Worker | None] = [None]
        self._queue: deque[queue.SimpleQueue[_Worker | None]] = deque()
        self._living: weakref.WeakSet[_Worker] = weakref.WeakSet()

    def draw(self, job: Job, wanted: Callable[[], bool] = lambda: True) -> Drawn:
        """Return the picture of `job`. `wanted` is asked after a wait, and nothing is drawn where it says no.

        Raises BedrockError where the picture cannot be drawn.
        """
        worker, waited = self._take()
        try:
            if waited and not wanted():
                raise BedrockError("ServiceUnavailableException", "The client has gone.")
            drawn = worker.run(job) if worker is not None and worker.alive else None
            if drawn is None:  # none was there, or it had died since its last picture
                worker = self._begin()
                drawn = worker.run(job)
            if drawn is None:
                raise _never_began()
        finally:
            self._give(worker if worker is not None and worker.alive else None)
        return drawn

    def identity(self) -> str:
        """Return the engine's name and version, as in Drawn; start a worker where none has greeted yet.

        Raises BedrockError where the engine does not start.
        """
        with self._changed:
            while self._identity is None and not self._slots:
                self._changed.wait()
            if self._identity is not None:
                return self._identity
            self._slots.pop()  # a right alone: whoever lives has greeted
        worker = None
        try:
            worker = self._begin()
            return worker.greeting.engine
        finally:
            self._give(worker)

    def close(self) -> None:
        """Let every worker go, those in the middle of a picture too, and start no other."""
        with self._changed:
            self._closed = True
        for worker in list(self._living):
            worker.end()

    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are idle now."""
        with self._changed:
            return tuple(slot.pid for slot in self._slots if slot is not None and slot.alive)

    def _take(self) -> "tuple[_Worker | None, bool]":
        """A slot, and whether it had to be waited for."""
        with self._changed:
            if self._slots:
                return self._slots.pop(), False
            turn: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
            self._queue.append(turn)
        return turn.get(), True

    def _give(self, worker: "_Worker | None") -> None:
        with self._changed:
            if self._queue:
                self._queue.popleft().put(worker)
            elif worker is None:
                self._slots.insert(0, None)
            else:
                self._slots.append(worker)
            self._changed.notify_all()

    def _begin(self) -> "_Worker":
        """Start a worker and return it once it has greeted; the first greeting gives the rights to start others."""
        with self._changed:
            if self._closed:
                raise BedrockError("ServiceUnavailableException", "The studio is closing.")
            worker = _Worker(self._engine)
            self._living.add(worker)
        greeting = worker.greet()
        with self._changed:
            first = self._identity is None
            self._identity = greeting.engine
            self._changed.notify_all()
        most = self._size or min(greeting.workers, os.cpu_count() or 1)
        for _ in range(most - 1 if first else 0):
            self._give(None)
        return worker


class _Worker:
    """One engine process; it draws for one thread at a time."""

    greeting: Greeting
    _late = False

    def __init__(self, engine: str) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "helpers.studio.workers.worker", engine],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **import_path(os.environ)},
                **own_session(),
            )
        except OSError as error:
            raise _failed(f"The studio could not start a worker: {error}.") from None
        self._jobs = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        pipe.widen(self._answers)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def greet(self) -> Greeting:
        """Return what it says before any job. Raises BedrockError where its engine does not start."""
        with self._within(START_SECONDS):
            message = pipe.receive(self._answers)
        if message is None:
            lost = self._lost()
            raise lost if self._late else _failed(f"The studio's engine ended while it started ({self._end()}).")
        head, _ = message
        if "error" in head:
            self._lost()  # the next one may find what this one missed
            raise _failed(head["message"])
        self.greeting = Greeting(f"{head['name']} {head['version']}", head["workers"], head["patience"])
        return self.greeting

    def run(self, job: Job) -> Drawn | None:
        """Return the picture; None where the worker had died before it began."""
        with self._within(self.greeting.patience):
            begun, answer = self._ask(job)
        if answer is None:
            lost = self._lost()
            if begun or self._late:
                raise lost
            return None
        return _drawn(*answer, self.greeting.engine)

    def _ask(self, job: Job) -> tuple[bool, tuple[dict[str, Any], list[bytes]] | None]:
        """Whether the worker began, and its answer if there is one."""
        begun = False
        with contextlib.suppress(OSError):
            pipe.send(self._jobs, job.head(), *job.uploads.values())
            begun = pipe.receive(self._answers) is not None
            return begun, pipe.receive(self._answers)
        return begun, None

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._jobs.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @contextlib.contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """End the worker where this takes longer."""
        limit = threading.Timer(seconds, self._run_late)
        limit.daemon = True
        limit.start()
        try:
            yield
        finally:
            limit.cancel()

    def _run_late(self) -> None:
        self._late = True
        self._process.kill()

    def _lost(self) -> BedrockError:
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with contextlib.suppress(OSError):
            self._jobs.close()
        if self._late:
            return BedrockError(
                "ModelTimeoutException", "Model has timed out in processing the request. Try your request again."
            )
        return _failed(
            f"The studio's worker ended in the middle of this picture ({self._end()}), and another takes its place. Send "
            "the request again; if that fails too, the machine may be short of memory.",
        )

    def _end(self) -> str:
        code = self._process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def import_path(environment: Any) -> dict[str, str]:
    """What lets a child import this very copy of the project, installed or not."""
    before = environment.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *([before] if before else [])])}


def own_session() -> dict[str, Any]:
    """Popen's arguments for a child that no Ctrl-C of this terminal reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _drawn(head: dict[str, Any], parts: list[bytes], engine: str) -> Drawn:
    match head.get("error"):
        case None:
            steps = tuple(zip(head["sigmas"], parts[1:], strict=True))
            return Drawn(parts[0], tuple(head["unknown"]), head["engine_ms"], engine, steps)
        case "upload":
            raise validation(
                f"Malformed input request: #/{head['field']}: {head['message']}, please reformat your input and try again."
            )
        case _:
            raise _failed(head["message"])


def _failed(message: str) -> BedrockError:
    return BedrockError("ModelErrorException", message, originalStatusCode=500)


def _never_began() -> BedrockError:
    return _failed("The studio's worker ended before it began to draw.")
