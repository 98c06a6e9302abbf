"""Engine processes begin when needed, work side by side, are replaced when they die, and leave with their parent."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers.studio.known_errors import throttled
from helpers.studio.replies import BedrockError
from helpers.studio.workers import pool as workers
from helpers.studio.workers import turns
from helpers.studio.workers.pool import EngineAnswer, Job, Pool, Waiter

unix = pytest.mark.skipif(os.name == "nt", reason="signals as Unix has them")


def job(text: str = "a beach", **fields: Any) -> Job:
    return Job("text_to_image", ((text, 1.0),), {"width": 64, "height": 64, "seed": 7}, **fields)


@pytest.fixture
def pools(wire: Any) -> Iterator[Callable[..., Pool]]:
    """Make pools on the fake engine that are gone after the test."""
    made: list[Pool] = []

    def make(engine: str = wire.engine, **options: Any) -> Pool:
        made.append(Pool(engine, **options))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def wait_for(file: Path) -> None:
    """Until the engine of the fake has begun to hang."""
    end = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < end, "the engine never began"
        time.sleep(0.01)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


class Calls:
    """Calls of a pool, each in a thread of its own, and what became of each, in the order of their ends."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.ends = pool, list[tuple[str, EngineAnswer | BedrockError]]()
        self.released = Path(
            tempfile.gettempdir(), f"{os.getpid()}-{time.monotonic_ns()}"
        )  # no word of the fake's is in it
        self.threads: list[threading.Thread] = []

    def send(self, name: str, waiter: Waiter, made: Job | None = None) -> None:
        def draw() -> None:
            try:
                end: EngineAnswer | BedrockError = self.pool.draw(made or job(), waiter)
            except BedrockError as error:
                end = error
            self.ends.append((name, end))

        self.threads.append(threading.Thread(target=draw))
        self.threads[-1].start()

    def occupy(self) -> None:
        """Keep the only worker busy until `finish`, however long it takes to send what waits meanwhile."""
        self.pool.draw(job())
        self.send("first", Waiter(), job(f"until {self.released}"))
        wait_until(lambda: self.pool.pids() == ())

    def wait_for(self, count: int) -> None:
        """Until so many calls wait."""
        wait_until(lambda: self.pool.waiting() == count)

    def finish(self) -> list[str]:
        self.released.touch()
        for thread in self.threads:
            thread.join()
        self.released.unlink()
        return [name for name, _ in self.ends]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_no_worker_starts_before_the_first_picture_and_a_second_only_beside_the_first(
    pools: Callable[..., Pool],
) -> None:
    pool = pools(size=2)
    assert pool.pids() == ()
    pool.draw(job())
    pool.draw(job())
    assert len(pool.pids()) == 1
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(pool.draw, [job("sleep"), job("sleep")]))
    assert len(pool.pids()) == 2


def test_a_pool_is_never_larger_than_the_machine(monkeypatch: pytest.MonkeyPatch, pools: Callable[..., Pool]) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    pool = pools()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(pool.draw, [job()] * 3))
    assert len(pool.pids()) == 1


def test_jobs_are_served_in_order_of_arrival(pools: Callable[..., Pool]) -> None:
    pool, done = pools(size=1), list[int]()

    def draw(number: int) -> None:
        pool.draw(job("sleep" if number == 0 else "a"))
        done.append(number)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert done == [0, 1, 2, 3, 4, 5]


def test_nothing_is_drawn_for_a_client_that_left_the_queue(pools: Callable[..., Pool]) -> None:
    pool = pools(size=1)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.draw, job("sleep"))
        time.sleep(0.3)
        second = threads.submit(pool.draw, job("explode"), Waiter(waits=lambda: False))
        assert isinstance(first.result(), EngineAnswer)
        with pytest.raises(BedrockError, match="The client has gone"):
            second.result()


def test_a_call_beside_a_sweep_of_another_key_waits_for_two_pictures_at_most(pools: Callable[..., Pool]) -> None:
    calls = Calls(pools(size=1))
    calls.occupy()
    for connection in range(300):
        calls.send("sweep", Waiter("sweep", connection))
    calls.wait_for(300)
    calls.send("learner", Waiter("learner", 300))
    calls.wait_for(301)
    assert calls.finish().index("learner") <= 2


def test_a_call_over_a_new_connection_waits_for_two_pictures_at_most_beside_a_sweep_of_its_own_key(
    pools: Callable[..., Pool],
) -> None:
    calls = Calls(pools(size=1))
    for connection in range(8):
        calls.pool.draw(job(), Waiter("learner", connection))
    calls.occupy()
    for number in range(100):
        calls.send("sweep", Waiter("learner", number % 8))
    calls.wait_for(100)
    calls.send("one call", Waiter("learner", 9))
    calls.wait_for(101)
    assert calls.finish().index("one call") <= 2


def test_clients_that_left_the_queue_cost_no_picture_and_no_turn(pools: Callable[..., Pool]) -> None:
    calls = Calls(pools(size=1))
    calls.occupy()

    def left() -> bool:
        return False

    def broken() -> bool:
        raise ValueError("this connection is closed")

    for number, waits in enumerate([left, broken] * 10):
        calls.send("gone", Waiter("ann", number, waits), job("explode"))
        calls.wait_for(number + 1)
    for number, name in enumerate(("ann", "bob")):
        calls.send(name, Waiter(name, 100))
        calls.wait_for(21 + number)
    assert [name for name in calls.finish() if name != "gone"] == ["first", "ann", "bob"]
    told = [str(end) for name, end in calls.ends if name == "gone"]
    assert told == ["The client has gone."] * 20


def test_a_full_queue_refuses_more_and_says_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch, pools: Callable[..., Pool]
) -> None:
    monkeypatch.setattr(turns, "MAX_WAITING", 9)
    calls = Calls(pools(size=1))
    calls.occupy()
    for connection in range(6):
        calls.send("sweep", Waiter("sweep", connection))
    calls.wait_for(6)
    with pytest.raises(BedrockError, match="Too many requests, please wait before trying again") as caught:
        calls.pool.draw(job(), Waiter("sweep", 7))
    assert (caught.value.code, caught.value.status) == ("ThrottlingException", 429)
    told = dict(caught.value.reply().headers)
    assert 1 <= int(told["retry-after"]) <= 60
    assert 1000 * (int(told["retry-after"]) - 1) < int(told["x-amz-retry-after"]) <= 1000 * int(told["retry-after"])
    calls.send("other", Waiter("other", 8))
    calls.wait_for(7)
    calls.finish()
    assert all(isinstance(end, EngineAnswer) for _, end in calls.ends)
    assert isinstance(calls.pool.draw(job(), Waiter("sweep", 7)), EngineAnswer)


def test_uploads_that_wait_are_bounded_too(monkeypatch: pytest.MonkeyPatch, pools: Callable[..., Pool]) -> None:
    monkeypatch.setattr(turns, "MAX_WAITING_BYTES", 1000)
    calls = Calls(pools(size=1))
    calls.occupy()
    calls.send("sweep", Waiter("sweep", 1), job(uploads={"init_image": bytes(600)}))
    calls.wait_for(1)
    with pytest.raises(BedrockError, match="Too many requests"):
        calls.pool.draw(job(uploads={"init_image": bytes(300), "mask_image": bytes(101)}), Waiter("other", 2))
    calls.send("other", Waiter("other", 2), job(uploads={"init_image": bytes(400)}))
    calls.send("small", Waiter("small", 3), job())
    calls.wait_for(3)
    calls.finish()
    assert all(isinstance(end, EngineAnswer) for _, end in calls.ends)


@pytest.mark.parametrize(
    ("queue_takes", "seconds", "milliseconds"), [(0.02, "1", "1000"), (7.25, "8", "7250"), (1e9, "60", "60000")]
)
def test_the_hint_is_the_time_that_the_queue_takes_within_bounds(
    queue_takes: float, seconds: str, milliseconds: str
) -> None:
    told = dict(throttled(queue_takes).reply().headers)
    assert (told["retry-after"], told["x-amz-retry-after"]) == (seconds, milliseconds)
    assert told["x-amzn-errortype"].startswith("ThrottlingException")


def test_no_thread_is_started_to_watch_the_time_of_a_picture(
    monkeypatch: pytest.MonkeyPatch, pools: Callable[..., Pool]
) -> None:
    pool = pools(size=1)
    pool.draw(job())
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail(f"{thread} was started"))
    for _ in range(20):
        pool.draw(job())


@unix
def test_a_worker_that_is_killed_in_the_middle_is_a_model_error_and_replaced(
    pools: Callable[..., Pool], tmp_path: Path
) -> None:
    pool = pools(size=1)
    pool.draw(job())
    (pid,) = pool.pids()
    with ThreadPoolExecutor(1) as threads:
        drawing = threads.submit(pool.draw, job(f"hang {tmp_path / 'begun'}"))
        wait_for(tmp_path / "begun")
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BedrockError, match=r"ended in the middle of this picture \(signal 9\)") as caught:
            drawing.result()
    assert (caught.value.code, caught.value.status) == ("ModelErrorException", 424)
    assert isinstance(pool.draw(job()), EngineAnswer)
    assert pool.pids() != (pid,)


@unix
def test_a_worker_that_dies_while_idle_costs_nobody_a_picture(pools: Callable[..., Pool]) -> None:
    pool = pools(size=1)
    pool.draw(job())
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGKILL)
    assert isinstance(pool.draw(job()), EngineAnswer)


def test_a_worker_that_leaves_by_itself_is_replaced(pools: Callable[..., Pool]) -> None:
    pool = pools(size=1)
    with pytest.raises(BedrockError, match=r"exit code 3"):
        pool.draw(job("exit"))
    assert isinstance(pool.draw(job()), EngineAnswer)


def test_a_picture_that_takes_longer_than_the_engines_patience_is_a_timeout(
    wire: Any, pools: Callable[..., Pool]
) -> None:
    pool = pools(wire.other_engine)
    pool.draw(job())
    with pytest.raises(BedrockError, match="timed out") as caught:
        pool.draw(job("sleep"))
    assert (caught.value.code, caught.value.status) == ("ModelTimeoutException", 408)
    assert isinstance(pool.draw(job()), EngineAnswer)


def test_an_engine_that_takes_far_too_long_to_start_is_a_timeout(
    monkeypatch: pytest.MonkeyPatch, wire: Any, pools: Callable[..., Pool]
) -> None:
    pool = pools(wire.engine.replace(":create", ":slow"))
    monkeypatch.setattr(workers, "START_SECONDS", 0.2)
    for ask in (pool.identity, lambda: pool.draw(job())):
        with pytest.raises(BedrockError, match="timed out") as caught:
            ask()
        assert (caught.value.code, caught.value.status) == ("ModelTimeoutException", 408)


def test_an_engine_that_does_not_start_says_why_each_time(wire: Any, pools: Callable[..., Pool]) -> None:
    pool = pools(wire.engine.replace(":create", ":broken"), size=1)
    for _ in range(2):
        with pytest.raises(BedrockError, match="did not start: ImportError: no module named brushes"):
            pool.draw(job())
    with pytest.raises(BedrockError, match="did not start"):
        pools("nowhere.to.be.found:create").draw(job())


def test_what_an_engine_prints_disturbs_nothing(pools: Callable[..., Pool]) -> None:
    assert pools().draw(job("print")).file == pools().draw(job("a")).file


@unix
def test_a_ctrl_c_for_the_parents_group_does_not_reach_a_worker(pools: Callable[..., Pool]) -> None:
    pool = pools(size=1)
    pool.draw(job())
    (pid,) = pool.pids()
    assert os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, signal.SIGINT)
    time.sleep(0.1)
    pool.draw(job())
    assert pool.pids() == (pid,)


@unix
def test_workers_leave_when_their_pipe_ends_even_in_the_middle_of_a_picture(
    pools: Callable[..., Pool], tmp_path: Path
) -> None:
    pool = pools(size=1)
    pool.draw(job())
    (pid,) = pool.pids()
    with ThreadPoolExecutor(1) as threads:
        drawing = threads.submit(pool.draw, job(f"hang {tmp_path / 'begun'}"))
        wait_for(tmp_path / "begun")
        pool.close()
        with pytest.raises(BedrockError, match="ended in the middle"):
            drawing.result(timeout=60)
    assert gone(pid)


def test_workers_keep_their_arithmetic_to_one_thread(
    wire: Any, pools: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    pool = pools(wire.engine.replace(":create", ":threads"))
    with pytest.raises(BedrockError, match=r"threads: 1 1 1"):
        pool.draw(job())


def test_many_pictures_leave_no_trace_in_memory(pools: Callable[..., Pool]) -> None:
    pool = pools(size=1)

    def resident() -> int:
        (pid,) = pool.pids()
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * 4096

    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")
    large = Job("text_to_image", (("noise", 1.0),), {"width": 512, "height": 512, "seed": 7})
    for _ in range(20):
        pool.draw(large)
    before = resident()
    for _ in range(60):
        pool.draw(large)
    assert resident() - before < 8e6
