"""The pool of engine processes: begun when they are needed, replaced when they die, and served in order of arrival.

Two processes draw two pictures in the time of one, where two threads would wait for each other; each keeps its
arithmetic to one thread, or they would fight over the cores.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from helpers.studio import pipe
from helpers.studio.replies import BedrockError, validation

MOST_WORKERS = 2
PICTURE_SECONDS = 120.0  # far beyond the dearest request; past it something is stuck
STOP_SECONDS = 2.0
ENGINE_VARIABLE = "WORKSHOP_STUDIO_ENGINE"
"""Environment variable that names another engine, as `module:function` or `path/to/file.py:function`."""

ROOT = Path(__file__).resolve().parents[2]
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Job:
    """One picture to draw: the engine's request in plain values, and the files that came with it."""

    prompts: tuple[tuple[str, float], ...]
    request: dict[str, Any]
    """EngineRequest's fields, but for prompts, init_image and mask."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    """`init_image` and `mask_image` as PNG, JPEG or WebP files."""
    mask_source: str | None = None
    finish: str = "SUCCESS"
    file_format: str = "png"

    def head(self) -> dict[str, Any]:
        """All but the files, as the worker reads it."""
        return {
            "prompts": self.prompts,
            "request": self.request,
            "uploads": list(self.uploads),
            "mask_source": self.mask_source,
            "finish": self.finish,
            "format": self.file_format,
        }


@dataclass(frozen=True)
class Drawn:
    """A finished picture: the file in base64, the words the engine did not know, and how long the engine took."""

    file: bytes
    unknown_words: tuple[str, ...]
    engine_ms: float


class Pool:
    """At most `size` workers; further jobs wait their turn, first come, first served."""

    def __init__(self, engine: str | None = None, size: int | None = None) -> None:
        self._engine = engine or os.environ.get(ENGINE_VARIABLE)
        self._lock = threading.Lock()
        # A slot is a living worker or, as None, the right to start one. Living ones are taken first.
        self._slots: list[_Worker | None] = [None] * (size or min(MOST_WORKERS, os.cpu_count() or 1))
        self._queue: deque[queue.SimpleQueue[_Worker | None]] = deque()
        self._living: weakref.WeakSet[_Worker] = weakref.WeakSet()

    def draw(self, job: Job, wanted: Callable[[], bool] = lambda: True) -> Drawn:
        """The picture of `job`. `wanted` is asked after a wait; raises BedrockError where the picture cannot be drawn."""
        worker, waited = self._take()
        try:
            if waited and not wanted():
                raise BedrockError("ServiceUnavailableException", "The client has gone.")
            drawn = worker.run(job) if worker is not None and worker.alive else None
            if drawn is None:  # none was there, or it had died since its last picture
                worker = _Worker(self._engine)
                self._living.add(worker)
                drawn = worker.run(job)
            if drawn is None:
                raise _failed("The studio's worker ended before it began to draw.")
        finally:
            self._give(worker if worker is not None and worker.alive else None)
        return drawn

    def close(self) -> None:
        """Let every worker go, those in the middle of a picture too."""
        for worker in list(self._living):
            worker.end()

    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are idle now."""
        with self._lock:
            return tuple(slot.pid for slot in self._slots if slot is not None and slot.alive)

    def _take(self) -> "tuple[_Worker | None, bool]":
        """A slot, and whether it had to be waited for."""
        with self._lock:
            if self._slots:
                return self._slots.pop(), False
            turn: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
            self._queue.append(turn)
        return turn.get(), True

    def _give(self, worker: "_Worker | None") -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().put(worker)
            elif worker is None:
                self._slots.insert(0, None)
            else:
                self._slots.append(worker)


class _Worker:
    """One engine process; it draws for one thread at a time."""

    _late = False

    def __init__(self, engine: str | None) -> None:
        command = [sys.executable, "-P", "-m", "helpers.studio.worker", *([engine] if engine else [])]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ONE_THREAD, **import_path(os.environ)},
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

    def run(self, job: Job) -> Drawn | None:
        """The picture; None where the worker had died before it began."""
        limit = threading.Timer(PICTURE_SECONDS, self._run_late)
        limit.daemon = True
        limit.start()
        try:
            begun, answer = self._ask(job)
        finally:
            limit.cancel()
        if answer is None:
            lost = self._lost()
            if begun or self._late:
                raise lost
            return None
        if answer[0].get("error") == "start":
            self._lost()  # the next one may find what this one missed
        return _drawn(*answer)

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

    def _run_late(self) -> None:
        self._late = True
        self._process.kill()

    def _lost(self) -> BedrockError:
        self._process.kill()
        code = self._process.wait()
        self._answers.close()
        with contextlib.suppress(OSError):
            self._jobs.close()
        if self._late:
            return BedrockError(
                "ModelTimeoutException", "Model has timed out in processing the request. Try your request again."
            )
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return _failed(
            f"The studio's worker ended in the middle of this picture ({how}), and another takes its place. Send the "
            "request again; if that fails too, the machine may be short of memory.",
        )


def import_path(environment: Any) -> dict[str, str]:
    """What lets a child import this very copy of the project, installed or not."""
    before = environment.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *([before] if before else [])])}


def own_session() -> dict[str, Any]:
    """Popen's arguments for a child that no Ctrl-C of this terminal reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _drawn(head: dict[str, Any], parts: list[bytes]) -> Drawn:
    match head.get("error"):
        case None:
            return Drawn(parts[0], tuple(head["unknown"]), head["engine_ms"])
        case "upload":
            raise validation(
                f"Malformed input request: #/{head['field']}: {head['message']}, please reformat your input and try again."
            )
        case _:
            raise _failed(head["message"])


def _failed(message: str) -> BedrockError:
    return BedrockError("ModelErrorException", message, originalStatusCode=500)
