"""Makes tiles, many at a time: the one place that paces calls, repeats them, counts money, and decides when to stop.

Callers (threads) each keep one call on its way; finishers turn answers into files, so that no call waits for a disk.
Whoever started the run hears of each tile through `tiles()`. A run that is interrupted sends nothing more; what is on
its way is still kept when it arrives.
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

from helpers.calls.answers import Call
from helpers.calls.send import Answer
from helpers.errors import CallError, ContentFilterError
from helpers.language import tr
from helpers.models import Model
from helpers.sweeps.axes.tiles import Failure, Kind, Tile
from helpers.sweeps.run import failures, in_flight
from helpers.sweeps.run.drawing import Drawn, draw
from helpers.sweeps.run.money import Tally
from helpers.sweeps.run.pacing import Pace
from helpers.sweeps.run.store import Store
from helpers.sweeps.run.transport import Line

ATTEMPTS = 4  # of one tile, the first included; throttles do not count
FIRST_WAIT = 0.5  # seconds before a second attempt, doubled for each further one
PATIENCE = 900.0  # seconds of nothing but throttles after which a run stops
MOST_IN_A_ROW = 12  # tiles that may fail one after another, each after all its attempts
GRACE = 1.0  # seconds that an interrupted run waits for calls on their way
_LOOK = 0.1  # seconds between looks for an interrupt, or for a tile that another run has under way


@dataclass(eq=False)
class _Job:
    tile: Tile
    call: Call
    tries: int = 0
    sent: float = 0.0
    asked: int = 0
    waited: bool = False  # for another run of this process, which had it under way

    @property
    def price(self) -> float:
        return self.call.cost or 0.0

    @property
    def model(self) -> Model:
        assert self.call.model is not None
        return self.call.model


class Run:
    """One run over some tiles. Start it, then follow `tiles()`."""

    def __init__(
        self,
        wanted: Sequence[tuple[Tile, Model]],
        line: Line,
        store: Store,
        region: str | None,
        *,
        workers: int,
        budget: float | None = None,
        quotas: Mapping[str, float | None],
    ) -> None:
        self.tally = Tally()
        self.error: BaseException | None = None  # one that is not a call's: a full disk
        self.stopped: Failure | None = None
        self._line, self._store, self._budget = line, store, budget
        self._folder = store.folder.resolve()
        jobs = [_Job(tile, Call(store.backend, region, model, dict(tile.body))) for tile, model in wanted]
        self._todo: dict[str, deque[_Job]] = {}
        for job in jobs:
            self._todo.setdefault(job.model.id, deque()).append(job)
        self._later: list[tuple[float, int, _Job]] = []
        self._paces = {name: Pace(quotas.get(name)) for name in self._todo}
        self._open = 0  # jobs that are neither waiting nor settled
        self._unsettled = len(jobs)
        self._reserved = 0.0  # USD for calls on their way
        self._in_a_row = 0
        self._numbers = itertools.count(1)
        self._changed = threading.Condition(threading.RLock())
        self._told: queue.Queue[Tile] = queue.Queue()
        self._callers = max(1, min(workers, len(jobs)))
        self._finishers = max(1, min(os.cpu_count() or 1, 4))
        self._arrived: queue.Queue[tuple[_Job, Answer | Drawn] | None] = queue.Queue(self._callers)

    def start(self) -> None:
        """Start the threads. They end by themselves, and never keep Python from ending."""
        for number, work in enumerate([self._call] * self._callers + [self._finish] * self._finishers):
            threading.Thread(target=work, name=f"sweep-{number}", daemon=True).start()

    def tiles(self) -> Iterator[Tile]:
        """Each tile as it is settled, made or failed. Ends with the run; raises what kept it from going on."""
        while not self._is_over() or not self._told.empty():
            yield from self._heard()
        if self.error is not None:
            raise self.error

    def rest(self, seconds: float) -> Iterator[Tile]:
        """What still arrives within so many seconds after a stop, then every tile that was not made, as stopped."""
        until = time.monotonic() + seconds
        while not (self._is_over() and self._told.empty()) and time.monotonic() < until:
            yield from self._heard()
        with self._changed:
            left = [job for jobs in self._todo.values() for job in jobs] + [job for _, _, job in self._later]
            why = self.stopped or Failure("stopped", tr("The run ended before this tile."))
        yield from (replace(job.tile, failure=why) for job in left)

    @property
    def on_their_way(self) -> float:
        """USD for calls that were sent and are not answered yet."""
        with self._changed:
            return self._reserved

    def stop(self, why: str, fix: str = "", kind: Kind = "stopped") -> None:
        """Send nothing more. `kind` is that of the tiles that are left."""
        with self._changed:
            if self.stopped is None:
                fix = fix or tr("sweep.run() goes on where it stopped.")
                self.stopped = Failure(kind, tr("The run stopped before this tile."), why, fix)
                self._line.stop()
            self._changed.notify_all()

    # ---- which call next ----------------------------------------------------------------------------------------

    def _next(self) -> _Job | None:
        """The next call to make, as soon as it may be made; None when there will be none."""
        with self._changed:
            while True:
                if self.stopped is not None or not self._unsettled:
                    self._changed.notify_all()
                    return None
                job, wait = self._ready()
                if job is not None:
                    return self._taken(job)
                self._changed.wait(wait)

    def _ready(self) -> tuple[_Job | None, float | None]:
        """A call that may leave now; or the seconds until one may, None for when something changes."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            job = heapq.heappop(self._later)[2]
            self._todo[job.model.id].appendleft(job)
        for jobs in self._todo.values():
            while jobs and in_flight.is_held(self._folder, jobs[0].tile.key):
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
                continue  # a call on its way may yet turn out to cost nothing
            wait = self._paces[name].take()
            if wait:
                waits.append(wait)
            elif in_flight.take(self._folder, jobs[0].tile.key):
                return jobs.popleft(), None
            else:
                self._put_off(jobs.popleft())
                waits.append(_LOOK)
        if self.stopped is not None:
            return None, 0.0
        return None, min(waits) if waits else None

    def _put_off(self, job: _Job) -> None:
        """Another run of this process has it under way: look again in a moment."""
        job.waited = True
        heapq.heappush(self._later, (time.monotonic() + _LOOK, next(self._numbers), job))

    def _affordable(self, job: _Job) -> bool:
        if self._budget is None:
            return True
        gone = self.tally.spent + self.tally.perhaps + self._reserved
        return gone + job.price <= self._budget + 1e-9

    def _taken(self, job: _Job) -> _Job:
        self._open += 1
        self._reserved += job.price
        self.tally.calls += 1
        self.tally.repeated += job.asked > 0
        job.asked += 1
        job.sent = time.monotonic()
        return job

    # ---- threads ------------------------------------------------------------------------------------------------

    def _call(self) -> None:
        while (job := self._next()) is not None:
            try:
                there = self._store.filled(job.tile)  # another run on this folder may have been quicker
                known = there.made or (job.waited and there.failure is not None)
                reply = None if known else self._line.send(job.call, next(self._numbers))
            except BaseException as error:
                self._failed(job, error)
            else:
                if reply is None:
                    self._found(job, there)
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
                drawn = reply if isinstance(reply, Drawn) else draw(reply, job.call)
                drawn = replace(drawn, receipt={**drawn.receipt, "attempts": job.asked})
                tile = self._store.keep(job.tile, drawn, job.call.cost)
            except CallError as error:
                self._failed(job, error)
            except BaseException as error:
                self._broken(job, error)
            else:
                self._made(job, tile)

    # ---- what came of a call ------------------------------------------------------------------------------------

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
            self.tally.repeated -= job.asked > 1
            if tile.made:
                self.tally.found += 1
                self._settle(tile)
            else:
                self._give_up(tile)

    def _failed(self, job: _Job, error: BaseException) -> None:
        """Ask again, now or later; or give the tile up. An error that is no CallError is not asked again."""
        means = error if isinstance(error, CallError) else self._of_a_worker(error)
        with self._changed:
            if isinstance(error, CancelledError) and self.stopped is not None:
                return self._taken_back(job)
            self._bill(job, means)
            if means.retry == "wait":
                return self._throttled(job)
            if means.retry == "again" and job.tries + 1 < ATTEMPTS:
                return self._again(job, means)
        failure = failures.failure_of(error)
        is_its_own = means is error and means.scope == "request"
        tile = self._noted(job, failure) if is_its_own else replace(job.tile, failure=failure)
        with self._changed:
            self._landed(job)
            self._give_up(tile)
            self._in_a_row = 0 if failure.kind in failures.LASTING else self._in_a_row + 1  # an answer is an answer
            if means.scope != "request":
                self._doom(failure, job.model.id if means.scope == "model" else None)
            elif isinstance(error, (BrokenExecutor, CancelledError)):
                self.stop(
                    tr("The executor is gone: {kind}.", kind=type(error).__name__),
                    tr("Start another, then sweep.retry()."),
                )
            elif self._in_a_row >= MOST_IN_A_ROW:
                self.stop(
                    tr(
                        "{count} tiles failed one after another. The last: {failure}",
                        count=self._in_a_row,
                        failure=failure,
                    ),
                    "sweep.retry()",
                )

    def _of_a_worker(self, error: BaseException) -> CallError:
        """What an error means that is no call's: one that a worker was busy with may have been sent, and answered."""
        never_sent = self._store.backend != "aws" or isinstance(error, CancelledError)
        return CallError(str(error), billed=False if never_sent else None)

    def _taken_back(self, job: _Job) -> None:
        """The run stopped before a worker began this call: it was never sent."""
        self._landed(job)
        self.tally.calls -= 1
        self._todo[job.model.id].appendleft(job)

    def _broken(self, job: _Job, error: BaseException) -> None:
        """The picture came, and could not be kept: this is not the tile's fault, and goes to who started the run."""
        with self._changed:
            self._landed(job)
            self.tally.spent += job.price
            self.error = self.error or error
            self.stop(tr("A tile could not be kept: {error}", error=error))
            self._settle(replace(job.tile, failure=Failure("failed", tr("The picture could not be kept."), str(error))))

    def _landed(self, job: _Job) -> None:
        in_flight.give_back(self._folder, job.tile.key)
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
        if error.status == 503:  # no room: nobody is to send as fast as before
            self._paces[job.model.id].throttled(job.sent)
        wait = FIRST_WAIT * 2**job.tries * random.uniform(0.75, 1.25)
        job.tries += 1
        heapq.heappush(self._later, (time.monotonic() + wait, next(self._numbers), job))
        self._changed.notify_all()

    def _noted(self, job: _Job, failure: Failure) -> Tile:
        try:
            return self._store.note(job.tile, failure)
        except OSError as error:
            self.error = self.error or error
            return replace(job.tile, failure=failure)

    def _doom(self, failure: Failure, model: str | None) -> None:
        """Every tile of this model (None: of all) would fail in the same way, so none is sent."""
        doomed = [entry for entry in self._later if model in (None, entry[2].model.id)]
        self._later = [entry for entry in self._later if entry not in doomed]
        heapq.heapify(self._later)
        waiting = [job for name, jobs in self._todo.items() if model in (None, name) for job in jobs]
        for job in [*waiting, *(entry[2] for entry in doomed)]:
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
        self._told.put(tile)
        self._changed.notify_all()

    # ---- hearing ------------------------------------------------------------------------------------------------

    def _is_over(self) -> bool:
        with self._changed:
            return not self._unsettled or (self.stopped is not None and not self._open)

    def _heard(self) -> Iterator[Tile]:
        try:
            tile = self._told.get(timeout=_LOOK)
        except queue.Empty:
            return
        yield tile


def quotas_of(models: Iterable[Model], per_minute: float | None, paced: bool) -> dict[str, float | None]:
    """The quota of each model, in requests a minute: what was asked for, else the registry's where calls are paced."""
    return {model.id: per_minute or (model.rpm if paced else None) for model in models}
