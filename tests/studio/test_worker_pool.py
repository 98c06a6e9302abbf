"""Engine processes begin when needed, work side by side, are replaced when they die, and leave with their parent."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers.studio.replies import BedrockError
from helpers.studio.workers import pool as workers
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
