"""The pace of calls, by a clock of its own: even, at the quota, slower for all after a throttle, and back again."""

from helpers.sweeps.run import pacing


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def leave(pace: pacing.Pace, clock: Clock, count: int) -> list[float]:
    """When so many calls leave that all would like to leave at once."""
    times: list[float] = []
    while len(times) < count:
        wait = pace.take()
        if wait:
            clock.now += wait
        else:
            times.append(clock.now)
    return times


def test_calls_leave_evenly_and_use_the_quota() -> None:
    clock = Clock()
    times = leave(pacing.Pace(60, clock), clock, 240)
    assert all(sum(start <= one < start + 60 for one in times) <= 60 for start in times)
    assert 240 / (times[-1] - times[0] + 1) >= 0.95


def test_one_throttle_slows_everybody_and_a_burst_of_them_counts_once() -> None:
    clock = Clock()
    pace = pacing.Pace(60, clock)
    sent = leave(pace, clock, 3)
    before = pace.take()
    for one in sent:
        pace.throttled(one)
    assert pace.take() > before
    clock.now += pace.take()
    slow = leave(pace, clock, 11)
    assert 1.2 < (slow[-1] - slow[0]) / 10 < 1.4
    for _ in range(20):
        pace.arrived()
    leave(pace, clock, 2)
    fast = leave(pace, clock, 11)
    assert (fast[-1] - fast[0]) / 10 < 1.05, "and the pace comes back"


def test_without_a_quota_nothing_waits_until_the_service_throttles() -> None:
    clock = Clock()
    pace = pacing.Pace(None, clock)
    assert leave(pace, clock, 50)[-1] == 100.0
    clock.now += 1
    pace.throttled(clock.now)
    assert pace.take() > 0
