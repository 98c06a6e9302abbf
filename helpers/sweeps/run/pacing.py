"""The pace of calls: evenly at the quota, and slower for all threads as soon as the service throttles."""

import threading
import time
from collections.abc import Callable

USED = 0.98  # of the quota: our clock and the service's do not agree to the last request
SLOWER, FASTER = 0.8, 0.04  # a throttle multiplies the pace by this; each picture gives back this share of the quota
PROBING = 1.08  # where the quota is not known, each picture multiplies the pace by this
MIN_SHARE, MIN_PACE = 0.1, 1.0  # of the quota; or calls a second: the pace falls no lower, only pauses are longer
FIRST_PAUSE, MAX_PAUSE = 0.5, 30.0  # seconds after a throttle, doubled while they go on; by quota, two intervals
CATCH_UP = 2  # intervals that calls may catch up after a delay


class Pace:
    """The pace of all calls to one model. Threads ask it before each call, and report the result.

    `per_minute`: the quota in requests a minute; None: as fast as the threads go, until the service throttles.
    """

    def __init__(self, per_minute: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._quota = per_minute * USED / 60 if per_minute else None
        self._rate = self._quota  # calls a second
        self._next = self._resume = clock()
        self._throttles = 0  # since the last picture
        self._slowed = float("-inf")
        self._since: float | None = None  # the first throttle since the last picture
        self._made, self._began = 0, clock()

    def take(self) -> float:
        """Return 0.0 if the call may leave now, which counts it as sent, else the seconds after which to ask again."""
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
        """Note that a call that left at `sent` was throttled: all calls pause, then go more slowly."""
        with self._lock:
            now = self._clock()
            if self._since is None:
                self._since = now
            if sent <= self._slowed:
                return  # it left before the pace was last lowered, and says nothing about the pace since
            first = FIRST_PAUSE if self._quota is None else 2 / self._quota
            pause = min(MAX_PAUSE, first * 2 ** min(self._throttles, 16))
            self._throttles += 1
            self._slowed, self._resume = now, now + pause
            self._next = max(self._next, self._resume)  # calls do not catch up after a pause
            rate = self._rate if self._rate is not None else self._made / max(now - self._began, 0.001)
            self._rate = max(SLOWER * rate, MIN_PACE if self._quota is None else MIN_SHARE * self._quota)

    def arrived(self) -> None:
        """Note that a picture came: the pace recovers, little by little."""
        with self._lock:
            self._made += 1
            self._throttles, self._since = 0, None
            if self._rate is not None:
                quota = self._quota
                self._rate = self._rate * PROBING if quota is None else min(quota, self._rate + FASTER * quota)

    def refused_for(self) -> float:
        """Return the seconds for which the service has answered with throttles only."""
        with self._lock:
            return 0.0 if self._since is None else self._clock() - self._since
