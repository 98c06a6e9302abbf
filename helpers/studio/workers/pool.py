"""The pool of one engine's worker processes: started on demand, replaced when they die, given jobs in fair turns.

Processes draw side by side, where threads would wait for each other. How many there may be, and how long a picture may
take, is the engine's to know (`protocol.Needs`), and each worker says it in its greeting. Whose turn it is, and how many
may wait, is for `turns`.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from helpers.studio.children import import_path, own_session
from helpers.studio.known_errors import known_error, throttled
from helpers.studio.replies import BedrockError, validation
from helpers.studio.workers import pipe
from helpers.studio.workers.turns import Turns

START_SECONDS = 120.0  # for a worker to greet; past it something is stuck
STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """One picture to draw: the engine's task in plain values, and the uploaded files."""

    task: str
    """The task's name in `protocol.TASKS`."""
    prompts: tuple[tuple[str, float], ...]
    request: dict[str, Any]
    """The task's other fields: all but prompts, init_image and mask."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    """PNG, JPEG or WebP files, by their fields in the request body."""
    start: str | None = None
    """The field of the init image; an image of another size is scaled and cropped to the task's."""
    mask: tuple[str, str] | None = None
    """The field of the mask, and what in it may change: "white", "black" or "transparent"."""
    finish: str = "SUCCESS"
    """The finish reason: SUCCESS, CONTENT_FILTERED (the picture is blurred) or ERROR (a grey picture, no engine)."""
    file_format: str = "png"
    """png, jpeg or webp."""
    trace: bool = False
    """True asks for `EngineAnswer.trace`."""

    def head(self) -> dict[str, Any]:
        """Return all but the files, as the head of the message to a worker."""
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
class Waiter:
    """Who waits for an image: the access key and the number of the connection that the request came with."""

    access_key: str = ""
    connection: int = 0
    """Numbers rise in the order in which connections are opened."""
    waits: Callable[[], bool] = lambda: True
    """Returns False once the client has hung up. Any thread may ask, and gets the answer at once."""

    def still_waits(self) -> bool:
        """Return whether the client is there; False where even that cannot be told."""
        try:
            return self.waits()
        except Exception:  # whatever is wrong with one connection must not cost the pool a worker
            return False


@dataclass(frozen=True)
class EngineAnswer:
    """A finished picture, and what its engine reports about it."""

    file: bytes
    """The image file in base64."""
    unknown_words: tuple[str, ...]
    engine_ms: float
    """Milliseconds that the engine took."""
    engine: str
    """The engine's name and version, with a space between: "painted 0.2.0"."""
    words: tuple[tuple[str, str], ...] = ()
    """As in `protocol.EngineResult`."""
    trace: tuple[tuple[float, bytes], ...] = ()
    """For each step its sigma, and the denoised picture as a small PNG file in base64."""


NOBODY = Waiter()


@dataclass(frozen=True)
class Greeting:
    """A worker's first message: its engine, and what the engine needs."""

    engine: str
    """As in `EngineAnswer`."""
    workers: int
    patience: float
    """Seconds."""


class Pool:
    """The workers of one engine, which is named as `module:function` or `path/to/file.py:function`.

    The pool starts one worker until the first has greeted; then up to `size`, or up to as many as the engine needs and
    the machine has cores.
    """

    def __init__(self, engine: str, size: int | None = None) -> None:
        self._engine, self._size = engine, size
        self._identity: str | None = None
        self._closed = False
        self._changed = threading.Condition()
        # A slot is a living worker or, as None, a permit to start one. Living ones are taken first.
        self._slots: list[_Worker | None] = [None]
        self._turns: Turns[_Turn] = Turns()
        self._living: weakref.WeakSet[_Worker] = weakref.WeakSet()
        self._watchdog = _Watchdog()
        self._most = 1  # workers side by side, as far as is known
        self._seconds = 1.0  # that a picture took lately

    def draw(self, job: Job, waiter: Waiter = NOBODY) -> EngineAnswer:
        """Return the picture of `job`, as soon as a worker is free for it and it is this client's turn.

        Nothing is drawn for a client that has hung up while it waited. Raises BedrockError where the picture cannot be
        drawn, or too many wait already (ThrottlingException).
        """
        worker = self._take(waiter, sum(map(len, job.uploads.values())))
        try:
            answer = self._timed_run(worker, job) if worker is not None and worker.alive else None
            if answer is None:  # none was there, or it had died since its last picture
                worker = self._start_worker()
                answer = self._timed_run(worker, job)
            if answer is None:
                raise _never_began()
        finally:
            self._give(worker if worker is not None and worker.alive else None)
        return answer

    def identity(self) -> str:
        """Return the engine's name and version, as in `EngineAnswer`, from a worker that greeted or starts now.

        Raises BedrockError where the engine does not start.
        """
        with self._changed:
            while self._identity is None and not self._slots:
                self._changed.wait()
            if self._identity is not None:
                return self._identity
            self._slots.pop()  # a permit: every living worker has greeted
        worker = None
        try:
            worker = self._start_worker()
            return worker.greeting.engine
        finally:
            self._give(worker)

    def close(self) -> None:
        """End every worker, those in the middle of a picture too, and start no other."""
        with self._changed:
            self._closed = True
        for worker in list(self._living):
            worker.stop()

    def pids(self) -> tuple[int, ...]:
        """Return the process ids of the workers that are idle now."""
        with self._changed:
            return tuple(slot.pid for slot in self._slots if slot is not None and slot.alive)

    def waiting(self) -> int:
        """Return how many jobs wait for their turn now."""
        with self._changed:
            return len(self._turns)

    def _take(self, waiter: Waiter, size: int) -> "_Worker | None":
        """Return a slot, once it is this client's turn. Raises BedrockError where it may not wait, or hung up."""
        with self._changed:
            if self._slots:
                self._turns.count(waiter.access_key, waiter.connection)
                return self._slots.pop()
            if not self._turns.has_room(waiter.access_key, size):
                for turn in self._turns.remove(lambda turn: not turn.waiter.still_waits()):
                    turn.end()
            if not self._turns.has_room(waiter.access_key, size):
                raise throttled(len(self._turns) * self._seconds / self._most)
            turn = _Turn(waiter)
            self._turns.join(turn, waiter.access_key, waiter.connection, size)
        slot = turn.slot.get()
        if isinstance(slot, BedrockError):
            raise slot
        return slot

    def _give(self, worker: "_Worker | None") -> None:
        """Give a slot to the client whose turn it is, or keep it where none waits."""
        with self._changed:
            turn = self._next_turn()
            if turn is not None:
                turn.slot.put(worker)
            elif worker is None:
                self._slots.insert(0, None)
            else:
                self._slots.append(worker)
            self._changed.notify_all()

    def _next_turn(self) -> "_Turn | None":
        """Return the next turn of a client that still waits, and end those of clients that have hung up before it."""
        while (turn := self._turns.next()) is not None:
            if turn.waiter.still_waits():
                self._turns.count(turn.waiter.access_key, turn.waiter.connection)
                return turn
            turn.end()
        return None

    def _timed_run(self, worker: "_Worker", job: Job) -> EngineAnswer | None:
        began = time.monotonic()
        answer = worker.run(job)
        self._seconds += (time.monotonic() - began - self._seconds) / 8
        return answer

    def _start_worker(self) -> "_Worker":
        """Start a worker and return it once it has greeted; the first greeting adds the permits to start others."""
        with self._changed:
            if self._closed:
                raise BedrockError("ServiceUnavailableException", "The studio is closing.")
            worker = _Worker(self._engine, self._watchdog)
            self._living.add(worker)
        greeting = worker.greet()
        with self._changed:
            first = self._identity is None
            self._identity = greeting.engine
            self._most = self._size or min(greeting.workers, os.cpu_count() or 1)
            self._changed.notify_all()
        for _ in range(self._most - 1 if first else 0):
            self._give(None)
        return worker


@dataclass(frozen=True)
class _Turn:
    """A client in the queue, and the way on which it gets a slot, or hears why it gets none."""

    waiter: Waiter
    slot: "queue.SimpleQueue[_Worker | BedrockError | None]" = field(default_factory=queue.SimpleQueue)

    def end(self) -> None:
        """Let the thread of a client that has hung up go on, without a slot."""
        self.slot.put(BedrockError("ServiceUnavailableException", "The client has gone."))


class _Worker:
    """One worker process, seen from the front; for one thread at a time."""

    greeting: Greeting
    _late = False

    def __init__(self, engine: str, watchdog: "_Watchdog") -> None:
        self._watchdog = watchdog
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
        """Wait for the worker's greeting and return it. Raises BedrockError where its engine does not start."""
        with self._watchdog.limit(self, START_SECONDS):
            message = pipe.receive(self._answers)
        if message is None:
            lost = self._lost()
            raise lost if self._late else _failed(f"The studio's engine ended while it started ({self._exit_text()}).")
        head, _ = message
        if "error" in head:
            self._lost()  # the next one may find what this one missed
            raise _failed(head["message"])
        self.greeting = Greeting(f"{head['name']} {head['version']}", head["workers"], head["patience"])
        return self.greeting

    def run(self, job: Job) -> EngineAnswer | None:
        """Return the picture; None where the worker had died before. Raises BedrockError for other failures."""
        with self._watchdog.limit(self, self.greeting.patience):
            begun, message = self._exchange(job)
        if message is None:
            lost = self._lost()
            if begun or self._late:
                raise lost
            return None
        return _engine_answer(*message, self.greeting.engine)

    def _exchange(self, job: Job) -> tuple[bool, pipe.Message | None]:
        """Send a job; return whether the worker began, and its answer if one came."""
        begun = False
        with contextlib.suppress(OSError):
            pipe.send(self._jobs, job.head(), *job.uploads.values())
            begun = pipe.receive(self._answers) is not None
            return begun, pipe.receive(self._answers)
        return begun, None

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._jobs.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill_late(self) -> None:
        """End the worker because it took too long."""
        self._late = True
        self._process.kill()

    def _lost(self) -> BedrockError:
        """Clear up after a worker that ended, and return the error that its request is answered with."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with contextlib.suppress(OSError):
            self._jobs.close()
        if self._late:
            return known_error("timeout")
        return _failed(
            f"The studio's worker ended in the middle of this picture ({self._exit_text()}), and another takes its place. Send "
            "the request again; if that fails too, the machine may be short of memory.",
        )

    def _exit_text(self) -> str:
        code = self._process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class _Watchdog:
    """Ends workers that take too long: one thread for all of them, since to start one for each picture takes time.

    The thread ends by itself when there is nothing to watch any more, and starts again when there is.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: dict[_Worker, float] = {}
        self._wakes: float | None = None  # when the thread looks next; None: there is no thread

    @contextlib.contextmanager
    def limit(self, worker: _Worker, seconds: float) -> Iterator[None]:
        """Kill the worker where the body of the `with` takes longer."""
        with self._changed:
            ends = self._limits[worker] = time.monotonic() + seconds
            if self._wakes is None:
                self._wakes = ends
                threading.Thread(target=self._watch, daemon=True).start()
            elif ends < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._limits.pop(worker, None)

    def _watch(self) -> None:
        with self._changed:
            while self._limits:
                now = time.monotonic()
                for worker in [one for one, ends in self._limits.items() if ends <= now]:
                    worker.kill_late()
                    del self._limits[worker]
                if self._limits:
                    self._wakes = min(self._limits.values())
                    self._changed.wait(self._wakes - now)
            self._wakes = None


def _engine_answer(head: dict[str, Any], parts: list[bytes], engine: str) -> EngineAnswer:
    match head.get("error"):
        case None:
            steps = tuple(zip(head["sigmas"], parts[1:], strict=True))
            words = tuple((word, outcome) for word, outcome in head["words"])
            return EngineAnswer(parts[0], tuple(head["unknown"]), head["engine_ms"], engine, words, steps)
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
