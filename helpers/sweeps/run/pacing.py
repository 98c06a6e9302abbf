"""How fast calls may leave: evenly at the quota, and slower for everybody as soon as the service says so."""

import threading
import time
from collections.abc import Callable

USED = 0.98  # of the quota: no clock of ours agrees with theirs to the last request
SLOWER, FASTER = 0.8, 0.04  # a throttle takes the pace times this; each picture gives back this share of the quota
PROBING = 1.08  # where the quota is not known, each picture takes the pace times this
LEAST_SHARE, LEAST_PACE = 0.1, 1.0  # of the quota; or calls a second: pauses, not the pace, wait for a service in need
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds after a throttle, doubled while they go on; two intervals, if known
CATCH_UP = 2  # intervals that a late start may be made up for


class Pace:
    """The pace of all calls to one model. Threads ask it before each call, and tell it what came of it.

    `per_minute`: the quota; None: as fast as the threads go, until the service throttles.
    """

    def __init__(self, per_minute: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._quota = per_minute * USED / 60 if per_minute else None
        self._rate = self._quota  # calls a second
        self._next = self._resume = clock()
        self._throttles = 0  # since the last picture
        self._slowed = float("-inf")
        self._since: float | None = None  # when the throttles that still go on began
        self._made, self._began = 0, clock()

    def take(self) -> float:
        """Take a place, and give back 0.0: the call may leave now. Or the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            wait = max(self._resume, self._next) - now
            if wait > 0:
                return wait
            if self._rate is not None:
                interval = 1 / self._rate
                self._next = max(self._next, now - CATCH_UP * interval) + interval
            return 0.0

    def throttled(self, sent: float) -> None:
        """A call that left at `sent` was refused for being one too many: all calls wait, then go more slowly."""
        with self._lock:
            now = self._clock()
            if self._since is None:
                self._since = now
            if sent <= self._slowed:
                return  # it left before the last slowing down, and says nothing about the pace since
            first = FIRST_PAUSE if self._quota is None else 2 / self._quota
            pause = min(LONGEST_PAUSE, first * 2 ** min(self._throttles, 16))
            self._throttles += 1
            self._slowed, self._resume = now, now + pause
            self._next = max(self._next, self._resume)  # a pause is not made up for
            rate = self._rate if self._rate is not None else self._made / max(now - self._began, 0.001)
            self._rate = max(SLOWER * rate, LEAST_PACE if self._quota is None else LEAST_SHARE * self._quota)

    def arrived(self) -> None:
        """A picture came: the pace recovers, little by little."""
        with self._lock:
            self._made += 1
            self._throttles, self._since = 0, None
            if self._rate is not None:
                quota = self._quota
                self._rate = self._rate * PROBING if quota is None else min(quota, self._rate + FASTER * quota)

    def refused_for(self) -> float:
        """Seconds for which nothing but throttles has come."""
        with self._lock:
            return 0.0 if self._since is None else self._clock() - self._since
