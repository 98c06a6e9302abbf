"""The runner of a sweep, with many calls at a time: it paces and repeats them, counts money, and decides when to stop.

Caller threads make one call each at a time; finisher threads turn answers into files, so that no call waits for a disk.
Tiles come out of `SweepRun.tiles()` as they are settled. A run that is interrupted sends nothing more, but calls that
were sent are still answered, and their pictures kept.
"""

import heapq
import itertools
import os
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass, replace
from pathlib import Path

from helpers.calls.answers import Call
from helpers.calls.send import Answer
from helpers.errors import CallError, ContentFilterError
from helpers.language import tr
from helpers.models import Model
from helpers.sweeps.axes.tiles import Failure, FailureKind, Tile
from helpers.sweeps.run import failures
from helpers.sweeps.run.money import Tally
from helpers.sweeps.run.pacing import Pace
from helpers.sweeps.run.store import Store
from helpers.sweeps.run.tile_files import TileFiles, read_tile
from helpers.sweeps.run.transport import Transport

ATTEMPTS = 4  # for one tile, the first included; throttled ones do not count
FIRST_WAIT = 0.5  # seconds before the second attempt, doubled for each further one
PATIENCE = 900.0  # seconds with only throttled calls after which a run stops
MAX_IN_A_ROW = 12  # tiles that may fail one after another, each after all its attempts
GRACE = 1.0  # seconds that an interrupted run waits for calls in flight
_POLL = 0.1  # seconds between checks for an interrupt, or for a tile that another run has in flight


@dataclass(eq=False)
class _Job:
    tile: Tile
    call: Call
    tries: int = 0
    sent: float = 0.0
    calls: int = 0
    waited: bool = False  # for another run of this process, which had it in flight

    @property
    def price(self) -> float:
        return self.call.cost or 0.0

    @property
    def model(self) -> Model:
        assert self.call.model is not None
        return self.call.model


class SweepRun:
    """One run of a sweep over the tiles that are wanted. Start it, then iterate over `tiles()`."""

    def __init__(
        self,
        wanted: Sequence[tuple[Tile, Model]],
        transport: Transport,
        store: Store,
        region: str | None,
        *,
        workers: int,
        budget: float | None = None,
        quotas: Mapping[str, float | None],
    ) -> None:
        self.tally = Tally()
        self.error: BaseException | None = None  # one that no call raised, such as a full disk
        self.stopped: Failure | None = None
        self._transport, self._store, self._budget = transport, store, budget
        self._folder = store.folder.resolve()
        jobs = [_Job(tile, Call(store.backend, region, model, dict(tile.body))) for tile, model in wanted]
        self._todo: dict[str, deque[_Job]] = {}
        for job in jobs:
            self._todo.setdefault(job.model.id, deque()).append(job)
        self._later: list[tuple[float, int, _Job]] = []
        self._paces = {name: Pace(quotas.get(name)) for name in self._todo}
        self._open = 0  # jobs that are neither waiting nor settled
        self._unsettled = len(jobs)
        self._reserved = 0.0  # USD for calls in flight
        self._in_a_row = 0
        self._numbers = itertools.count(1)
        self._changed = threading.Condition(threading.RLock())
        self._settled: queue.Queue[Tile] = queue.Queue()
        self._callers = max(1, min(workers, len(jobs)))
        self._finishers = max(1, min(os.cpu_count() or 1, 4))
        self._arrived: queue.Queue[tuple[_Job, Answer | TileFiles] | None] = queue.Queue(self._callers)

    def start(self) -> None:
        """Start the threads. They end by themselves, and do not keep Python from exiting."""
        for number, work in enumerate([self._call] * self._callers + [self._finish] * self._finishers):
            threading.Thread(target=work, name=f"sweep-{number}", daemon=True).start()

    def tiles(self) -> Iterator[Tile]:
        """Yield each tile as it is settled, made or failed, until the run ends. Raises the error that broke it off."""
        while not self._is_over() or not self._settled.empty():
            yield from self._next_settled()
        if self.error is not None:
            raise self.error

    def remaining(self, seconds: float) -> Iterator[Tile]:
        """Yield the tiles that are settled within `seconds` after a stop, then every tile that is left, as stopped."""
        until = time.monotonic() + seconds
        while not (self._is_over() and self._settled.empty()) and time.monotonic() < until:
            yield from self._next_settled()
        with self._changed:
            left = [job for jobs in self._todo.values() for job in jobs] + [job for _, _, job in self._later]
            why = self.stopped or Failure("stopped", tr("The run ended before this tile."))
        yield from (replace(job.tile, failure=why) for job in left)

    @property
    def in_flight_cost(self) -> float:
        """The price in USD of the calls that were sent and are not answered yet."""
        with self._changed:
            return self._reserved

    def stop(self, why: str, fix: str = "", kind: FailureKind = "stopped") -> None:
        """Send nothing more. The tiles that are left fail with this kind, `why` and `fix`."""
        with self._changed:
            if self.stopped is None:
                fix = fix or tr("sweep.run() goes on where it stopped.")
                self.stopped = Failure(kind, tr("The run stopped before this tile."), why, fix)
                self._transport.stop()
            self._changed.notify_all()

    # ---- which call next ----------------------------------------------------------------------------------------

    def _next(self) -> _Job | None:
        """Wait until a call may be made, and return it; None when there are no more."""
        with self._changed:
            while True:
                if self.stopped is not None or not self._unsettled:
                    self._changed.notify_all()
                    return None
                job, wait = self._ready()
                if job is not None:
                    return self._begin(job)
                self._changed.wait(wait)

    def _ready(self) -> tuple[_Job | None, float | None]:
        """Return a call that may leave now, or the seconds until one may; None to wait until something changes."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            job = heapq.heappop(self._later)[2]
            self._todo[job.model.id].appendleft(job)
        for jobs in self._todo.values():
            while jobs and _is_in_flight(self._folder, jobs[0].tile.key):
                self._put_off(jobs.popleft())
        waits = [self._later[0][0] - now] if self._later else []
        for name, jobs in self._todo.items():
            if not jobs:
                continue
            if not self._affordable(jobs[0]):
                if not self._reserved:
                    self.stop(
                        tr("The next call would go beyond the budget of ${budget:.2f}.", budget=self._budget),
                        tr("Give a larger budget: sweep.run(budget=...)."),
                    )
                continue  # a call in flight may turn out to cost nothing
            wait = self._paces[name].take()
            if wait:
                waits.append(wait)
            elif _claim(self._folder, jobs[0].tile.key):
                return jobs.popleft(), None
            else:
                self._put_off(jobs.popleft())
                waits.append(_POLL)
        if self.stopped is not None:
            return None, 0.0
        return None, min(waits) if waits else None

    def _put_off(self, job: _Job) -> None:
        """Look at a job again in a moment: another run of this process has its tile in flight."""
        job.waited = True
        heapq.heappush(self._later, (time.monotonic() + _POLL, next(self._numbers), job))

    def _affordable(self, job: _Job) -> bool:
        if self._budget is None:
            return True
        committed = self.tally.spent + self.tally.perhaps + self._reserved
        return committed + job.price <= self._budget + 1e-9

    def _begin(self, job: _Job) -> _Job:
        self._open += 1
        self._reserved += job.price
        self.tally.calls += 1
        self.tally.repeated += job.calls > 0
        job.calls += 1
        job.sent = time.monotonic()
        return job

    # ---- threads ------------------------------------------------------------------------------------------------

    def _call(self) -> None:
        while (job := self._next()) is not None:
            try:
                stored = self._store.filled(job.tile)  # another run on this folder may have made it first
                known = stored.made or (job.waited and stored.failure is not None)
                reply = None if known else self._transport.send(job.call, next(self._numbers))
            except BaseException as error:
                self._failed(job, error)
            else:
                if reply is None:
                    self._found(job, stored)
                else:
                    self._arrived.put((job, reply))
        with self._changed:
            self._callers -= 1
            is_last = not self._callers
        if is_last:  # outside the lock: a finisher needs it to make room in the queue
            for _ in range(self._finishers):
                self._arrived.put(None)

    def _finish(self) -> None:
        while (item := self._arrived.get()) is not None:
            job, reply = item
            try:
                drawn = reply if isinstance(reply, TileFiles) else read_tile(reply, job.call)
                drawn = replace(drawn, receipt={**drawn.receipt, "attempts": job.calls})
                tile = self._store.keep(job.tile, drawn, job.call.cost)
            except CallError as error:
                self._failed(job, error)
            except BaseException as error:
                self._broken(job, error)
            else:
                self._made(job, tile)

    # ---- results of calls ---------------------------------------------------------------------------------------

    def _made(self, job: _Job, tile: Tile) -> None:
        with self._changed:
            self._landed(job)
            self.tally.spent += job.price
            self.tally.made += 1
            self._in_a_row = 0
            self._paces[job.model.id].arrived()
            self._settle(tile)

    def _found(self, job: _Job, tile: Tile) -> None:
        with self._changed:
            self._landed(job)
            self.tally.calls -= 1
            self.tally.repeated -= job.calls > 1
            if tile.made:
                self.tally.found += 1
                self._settle(tile)
            else:
                self._give_up(tile)

    def _failed(self, job: _Job, error: BaseException) -> None:
        """Repeat the call, now or later, or give the tile up. Only a call that raised CallError is repeated."""
        call_error = error if isinstance(error, CallError) else self._call_error(error)
        with self._changed:
            if isinstance(error, CancelledError) and self.stopped is not None:
                return self._unsend(job)
            self._bill(job, call_error)
            if call_error.retry == "wait":
                return self._throttled(job)
            if call_error.retry == "again" and job.tries + 1 < ATTEMPTS:
                return self._again(job, call_error)
        failure = failures.failure_of(error)
        of_this_tile = call_error is error and call_error.scope == "request"
        tile = self._kept_failure(job, failure) if of_this_tile else replace(job.tile, failure=failure)
        with self._changed:
            self._landed(job)
            self._give_up(tile)
            self._in_a_row = 0 if failure.kind in failures.LASTING else self._in_a_row + 1  # a refusal is an answer
            if call_error.scope != "request":
                self._fail_waiting(failure, job.model.id if call_error.scope == "model" else None)
            elif isinstance(error, (BrokenExecutor, CancelledError)):
                self.stop(
                    tr("The executor is gone: {kind}.", kind=type(error).__name__),
                    tr("Start another, then sweep.retry()."),
                )
            elif self._in_a_row >= MAX_IN_A_ROW:
                self.stop(
                    tr(
                        "{count} tiles failed one after another. The last: {failure}",
                        count=self._in_a_row,
                        failure=failure,
                    ),
                    "sweep.retry()",
                )

    def _call_error(self, error: BaseException) -> CallError:
        """Return the CallError that an executor's error counts as. AWS may bill a call that a worker had begun."""
        never_sent = self._store.backend != "aws" or isinstance(error, CancelledError)
        return CallError(str(error), billed=False if never_sent else None)

    def _unsend(self, job: _Job) -> None:
        """Put back a job whose call no worker had begun when the run stopped: it was never sent."""
        self._landed(job)
        self.tally.calls -= 1
        self._todo[job.model.id].appendleft(job)

    def _broken(self, job: _Job, error: BaseException) -> None:
        """Stop the run because a picture came and could not be kept; `tiles` raises the error."""
        with self._changed:
            self._landed(job)
            self.tally.spent += job.price
            self.error = self.error or error
            self.stop(tr("A tile could not be kept: {error}", error=error))
            self._settle(replace(job.tile, failure=Failure("failed", tr("The picture could not be kept."), str(error))))

    def _landed(self, job: _Job) -> None:
        _release(self._folder, job.tile.key)
        self._open -= 1
        self._reserved = self._reserved - job.price if self._open else 0.0

    def _bill(self, job: _Job, error: CallError) -> None:
        self.tally.spent += error.cost
        self.tally.filtered_billed += error.cost > 0 and isinstance(error, ContentFilterError)
        if error.billed is None and not error.cost:
            self.tally.perhaps += job.price

    def _throttled(self, job: _Job) -> None:
        self._landed(job)
        pace = self._paces[job.model.id]
        self.tally.throttled += 1
        pace.throttled(job.sent)
        self._todo[job.model.id].appendleft(job)
        if pace.refused_for() > PATIENCE:
            why = tr("For {minutes:g} minutes the service refused every call as one too many.", minutes=PATIENCE / 60)
            self.stop(why, tr("Wait, then sweep.run() goes on."), "throttled")
        self._changed.notify_all()

    def _again(self, job: _Job, error: CallError) -> None:
        self._landed(job)
        if error.status == 503:  # no capacity: all threads slow down
            self._paces[job.model.id].throttled(job.sent)
        wait = FIRST_WAIT * 2**job.tries * random.uniform(0.75, 1.25)
        job.tries += 1
        heapq.heappush(self._later, (time.monotonic() + wait, next(self._numbers), job))
        self._changed.notify_all()

    def _kept_failure(self, job: _Job, failure: Failure) -> Tile:
        try:
            return self._store.keep_failure(job.tile, failure)
        except OSError as error:
            self.error = self.error or error
            return replace(job.tile, failure=failure)

    def _fail_waiting(self, failure: Failure, model: str | None) -> None:
        """Fail every waiting tile of this model (None: of all models), whose calls would fail in the same way."""
        delayed = [entry for entry in self._later if model in (None, entry[2].model.id)]
        self._later = [entry for entry in self._later if entry not in delayed]
        heapq.heapify(self._later)
        waiting = [job for name, jobs in self._todo.items() if model in (None, name) for job in jobs]
        for job in [*waiting, *(entry[2] for entry in delayed)]:
            self._give_up(replace(job.tile, failure=failure))
        for name, jobs in self._todo.items():
            if model in (None, name):
                jobs.clear()

    def _give_up(self, tile: Tile) -> None:
        assert tile.failure is not None
        self.tally.failed[tile.failure.kind] = self.tally.failed.get(tile.failure.kind, 0) + 1
        self._settle(tile)

    def _settle(self, tile: Tile) -> None:
        self._unsettled -= 1
        self._settled.put(tile)
        self._changed.notify_all()

    # ---- settled tiles ------------------------------------------------------------------------------------------

    def _is_over(self) -> bool:
        with self._changed:
            return not self._unsettled or (self.stopped is not None and not self._open)

    def _next_settled(self) -> Iterator[Tile]:
        try:
            tile = self._settled.get(timeout=_POLL)
        except queue.Empty:
            return
        yield tile


def quotas_of(models: Iterable[Model], per_minute: float | None, paced: bool) -> dict[str, float | None]:
    """Return the quota of each model by id, in requests a minute: `per_minute`, or the registry's if `paced`."""
    return {model.id: per_minute or (model.rpm if paced else None) for model in models}


# ---- tiles in flight ------------------------------------------------------------------------------------------------
# Calls of an interrupted run are still answered: the next run in this process waits for them, and does not pay twice.

_in_flight: set[tuple[int, str, str]] = set()
_in_flight_lock = threading.Lock()


def _is_in_flight(folder: Path, key: str) -> bool:
    """Return whether a run of this process has sent a call for this tile of this folder."""
    return _in_flight_key(folder, key) in _in_flight


def _claim(folder: Path, key: str) -> bool:
    """Mark the tile as in flight, and return whether it was free."""
    place = _in_flight_key(folder, key)
    with _in_flight_lock:
        if place in _in_flight:
            return False
        _in_flight.add(place)
        return True


def _release(folder: Path, key: str) -> None:
    """Unmark the tile, once the result of its call is stored."""
    with _in_flight_lock:
        _in_flight.discard(_in_flight_key(folder, key))


def _in_flight_key(folder: Path, key: str) -> tuple[int, str, str]:
    return os.getpid(), str(folder), key  # a forked child makes calls of its own
