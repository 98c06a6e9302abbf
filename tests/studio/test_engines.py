"""What an engine says of itself is heeded: its name and version, how many may draw at once, with how many threads."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from helpers.studio.protocol import TASKS, Needs
from helpers.studio.replies import BedrockError
from helpers.studio.workers import pipe
from helpers.studio.workers.pool import Job, Pool
from helpers.studio.workers.pools import ENGINE_VARIABLE, ENGINES, EnginePools


def job(text: str = "a beach", **fields: Any) -> Job:
    return Job("text_to_image", ((text, 1.0),), {"width": 64, "height": 64, "seed": 7}, **fields)


def greeting(wire: Any, engine: str) -> dict[str, Any]:
    """What a worker says that gets no job."""
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.studio.workers.worker", engine],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=wire.clean_environment(),
    ) as worker:
        head, parts = pipe.receive(cast(BinaryIO, worker.stdout)) or ({}, [])
        assert parts == []
        cast(BinaryIO, worker.stdin).close()
        assert worker.wait(timeout=30) == 0
    return head


@pytest.fixture
def pools() -> Iterator[Callable[..., Pool]]:
    """Make pools that are gone after the test."""
    made: list[Pool] = []

    def make(engine: str, **options: Any) -> Pool:
        made.append(Pool(engine, **options))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, wire: Any) -> Iterator[EnginePools]:
    """Two engines under the names that a registry would give them."""
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    made = EnginePools({"painted": wire.engine, "trained": wire.other_engine})
    yield made
    made.close()


class TestGreeting:
    def test_it_comes_before_any_job_and_says_who_is_there_and_what_it_needs(self, wire: Any) -> None:
        told = {"name": "other", "version": "7.5+cpu", "workers": 1, "patience": 2.0, "parts": []}
        assert greeting(wire, wire.other_engine) == told

    def test_a_module_without_needs_has_those_of_the_contract(self, wire: Any) -> None:
        head = greeting(wire, wire.engine)
        assert (head["workers"], head["patience"]) == (Needs().workers, Needs().patience) == (2, 120.0)

    def test_an_identity_is_a_name_a_blank_and_a_version(self, wire: Any, pools: Callable[..., Pool]) -> None:
        pool = pools(wire.other_engine)
        assert pool.identity() == "other 7.5+cpu"
        assert len(pool.pids()) == 1
        assert pool.draw(job()).engine == "other 7.5+cpu"

    def test_an_identity_that_is_known_starts_nothing_and_waits_for_nobody(
        self, wire: Any, pools: Callable[..., Pool], tmp_path: Path
    ) -> None:
        pool = pools(wire.engine, size=1)
        begun = tmp_path / "begun"
        with ThreadPoolExecutor(2) as threads:
            drawing = threads.submit(pool.draw, job(f"hang {begun}"))
            time.sleep(0.1)
            asking = threads.submit(pool.identity)  # while the first worker starts
            try:
                assert asking.result(timeout=30) == "fake 1"
                while not begun.exists():
                    assert not drawing.done()
                    time.sleep(0.01)
                assert pool.identity() == "fake 1"
            finally:
                pool.close()
            with pytest.raises(BedrockError):
                drawing.result(timeout=60)

    @pytest.mark.parametrize(
        ("maker", "said"),
        [
            ("two_words", "an engine's name and version are one word each"),
            ("nameless", "AttributeError: 'object' object has no attribute 'name'"),
            ("nowhere", "has no attribute 'nowhere'"),
        ],
    )
    def test_an_engine_that_cannot_greet_did_not_start(
        self, wire: Any, pools: Callable[..., Pool], maker: str, said: str
    ) -> None:
        pool = pools(wire.other_engine.replace(":create", f":{maker}"))
        for ask in (pool.identity, lambda: pool.draw(job()), pool.identity):
            with pytest.raises(BedrockError, match="The studio's engine did not start: ") as caught:
                ask()
            assert said in caught.value.message
            assert (caught.value.code, caught.value.status) == ("ModelErrorException", 424)

    def test_of_many_who_ask_at_once_one_starts_a_worker(self, wire: Any, pools: Callable[..., Pool]) -> None:
        pool = pools(wire.engine)
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda _: pool.identity(), range(8))) == ["fake 1"] * 8
        assert len(pool.pids()) == 1


class TestNeeds:
    def test_there_are_never_more_workers_than_the_engine_says(
        self, monkeypatch: pytest.MonkeyPatch, wire: Any, pools: Callable[..., Pool]
    ) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: 8)
        one, most_two = pools(wire.other_engine), pools(wire.engine)
        for pool, text in ((one, "a"), (most_two, "sleep")):
            with ThreadPoolExecutor(6) as threads:
                list(threads.map(pool.draw, [job(text)] * 6))
        assert len(one.pids()) == 1
        assert len(most_two.pids()) == 2

    def test_who_waits_while_the_first_worker_starts_is_served_by_others_once_it_has_greeted(
        self, monkeypatch: pytest.MonkeyPatch, wire: Any, pools: Callable[..., Pool], tmp_path: Path
    ) -> None:
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        pool, begun = pools(wire.engine), tmp_path / "begun"
        with ThreadPoolExecutor(2) as threads:
            hanging = threads.submit(pool.draw, job(f"hang {begun}"))
            time.sleep(0.1)
            waiting = threads.submit(pool.draw, job())
            try:
                assert waiting.result(timeout=30).engine == "fake 1"  # the first worker is busy for ever
            finally:
                pool.close()
            with pytest.raises(BedrockError):
                hanging.result(timeout=60)

    def test_the_threads_are_set_before_the_engine_is_made(
        self, monkeypatch: pytest.MonkeyPatch, wire: Any, pools: Callable[..., Pool]
    ) -> None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
        with pytest.raises(BedrockError, match="threads: 3 3 3, numpy: False"):
            pools(wire.other_engine.replace(":create", ":threads")).draw(job())

    @pytest.mark.parametrize("wrong", [{"workers": 0}, {"threads": 0}, {"patience": 0}, {"patience": float("nan")}])
    def test_needs_that_would_never_draw_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="at least one worker"):
            Needs(**wrong)


class TestTwoEnginesInOneStudio:
    def test_each_draws_with_workers_of_its_own(self, two: EnginePools) -> None:
        assert two.draw("painted", job()).engine == "fake 1"
        assert two.draw("trained", job()).engine == "other 7.5+cpu"
        assert two.draw("painted", job()).file != two.draw("trained", job()).file
        assert (two.identity("painted"), two.identity("trained")) == ("fake 1", "other 7.5+cpu")

    def test_one_that_does_not_start_leaves_the_other_alone(self, wire: Any) -> None:
        both = EnginePools({"painted": wire.engine, "trained": "nowhere.to.be.found:create"})
        with pytest.raises(BedrockError, match="did not start"):
            both.draw("trained", job())
        assert both.draw("painted", job()).engine == "fake 1"
        both.close()

    def test_no_worker_starts_for_an_engine_that_nobody_asks(self, wire: Any) -> None:
        both = EnginePools({"painted": wire.engine, "trained": "nowhere.to.be.found:create"})
        both.identity("painted")
        both.close()

    def test_the_variable_takes_the_painted_engines_place_alone(
        self, monkeypatch: pytest.MonkeyPatch, wire: Any
    ) -> None:
        monkeypatch.setenv(ENGINE_VARIABLE, wire.other_engine)
        both = EnginePools({"painted": "nowhere.to.be.found:create", "trained": wire.engine})
        assert (both.identity("painted"), both.identity("trained")) == ("other 7.5+cpu", "fake 1")
        both.close()

    def test_a_name_that_no_engine_has_is_an_error(self, two: EnginePools) -> None:
        with pytest.raises(KeyError):
            two.draw("carved", job())


def test_the_studios_own_engine_is_painted() -> None:
    from helpers.studio.engines.painted import NEEDS, VERSION, create

    engine = create()
    assert (engine.name, engine.version, NEEDS) == ("painted", VERSION, Needs(workers=2, threads=1, patience=120.0))
    assert ENGINES["painted"] == "helpers.studio.engines.painted:create"


def test_a_job_crosses_the_pipe_as_json() -> None:
    head = job(trace=True).head()
    assert json.loads(json.dumps(head))["trace"] is True
    assert head["task"] in TASKS
