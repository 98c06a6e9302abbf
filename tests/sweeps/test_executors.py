"""Runs whose calls are made by other processes: any executor, and Dask's on a real cluster."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import helpers
from helpers.sweeps.run import runner
from tests.sweeps.fake_bedrock import THROTTLED, FakeBedrock, Reply, drawn, filtered, refused

ROOT = Path(__file__).resolve().parents[2]

BODY = helpers.text_to_image("a serene beach at sunset", seed=5)
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.usefixtures("quickly")]


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    """A client of a real cluster of two processes."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            processes=True, n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(params=["processes", "threads", "dask", "dask that keeps results"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "processes":
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            yield pool
    elif request.param == "threads":
        with ThreadPoolExecutor(2) as threads:
            yield threads
    else:
        yield request.getfixturevalue("dask").get_executor(pure=request.param != "dask")


def test_an_interrupt_takes_back_the_calls_that_no_worker_has_begun(
    fake: FakeBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def script(body: dict[str, object], before: int) -> Reply:
        if before:
            go.wait(60)
        return drawn(body)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    fake.script = script
    monkeypatch.setattr(runner, "GRACE", 0.1)
    monkeypatch.setattr("tqdm.auto.tqdm.update", interrupt)
    sweep = helpers.Sweep(BODY, seed=range(1, 9))
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            sweep.run(fake.client(), executor=pool, workers=6, progress=False)
        go.set()
    assert fake.count <= 2, "one was answered, and one was on its way"
    kinds = [tile.failure.kind for tile in sweep.tiles if tile.failure]
    assert kinds.count("stopped") >= 6
    assert set(kinds) == {"stopped"}


def test_too_many_throttles_take_back_the_calls_that_no_worker_has_begun(
    fake: FakeBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PATIENCE", -1.0)
    fake.script = lambda body, before: THROTTLED
    fake.latency = 0.3  # until the first answer, the other callers have handed over theirs
    sweep = helpers.Sweep(BODY, seed=range(1, 9))
    with ThreadPoolExecutor(1) as pool:
        sweep.run(fake.client(), executor=pool, workers=6, progress=False)
    assert fake.count <= 2, "one was answered, and one was on its way"
    assert [tile.failure and tile.failure.kind for tile in sweep.tiles] == ["throttled"] * 8
    assert all("refused every call" in str(tile.failure) for tile in sweep.tiles)
    assert sweep.receipt is not None
    assert "sweep.run() goes on" in repr(sweep.receipt)


def test_workers_make_single_attempts_and_this_process_paces_repeats_and_keeps(
    fake: FakeBedrock, executor: Executor, tmp_path: Path
) -> None:
    def script(body: dict[str, object], before: int) -> Reply:
        if body["seed"] == 3:
            return filtered(body)
        if body["seed"] == 4:
            return refused(400, "ValidationException", "Malformed input request")
        if before in (1, 4):
            return THROTTLED
        return refused(500, "InternalServerException") if before == 6 else drawn(body)

    fake.script = script
    sweep = helpers.Sweep(BODY, seed="1-12", folder=tmp_path)

    sweep.run(fake.client(), executor=executor, workers=4, progress=False)

    assert {tile.body["seed"]: tile.failure.kind for tile in sweep.failures if tile.failure} == {
        3: "filtered",
        4: "invalid",
    }
    assert sum(tile.made for tile in sweep.tiles) == 10
    assert sweep.receipt is not None
    assert sweep.receipt.calls == fake.count == 12 + sweep.receipt.retries
    assert max(Counter(fake.seeds).values()) <= 4
    assert all(body == {**BODY, "seed": body["seed"]} for body in fake.bodies)
    assert not helpers.Sweep(BODY, seed=[1, 2, 5], folder=tmp_path).quote().calls


def test_an_executor_that_is_gone_ends_the_run_and_another_goes_on(fake: FakeBedrock, tmp_path: Path) -> None:
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    pool.shutdown()
    sweep = helpers.Sweep(BODY, seed="1-30", folder=tmp_path).run(fake.client(), executor=pool, progress=False)
    assert len(sweep.failures) == 30
    assert fake.count == 0
    assert not sweep.retry(progress=False).failures


def test_the_keys_of_aws_travel_to_no_worker() -> None:
    import boto3

    from helpers.sweeps.run.transport import target_of

    aws = boto3.Session("AKIAEXAMPLE", "secret", region_name="us-west-2").client("bedrock-runtime")
    assert target_of(aws, "aws").secret_key is None
    assert "secret" not in repr(target_of(aws, "studio"))


def test_dask_is_nowhere_needed() -> None:
    code = (
        "import sys, helpers; helpers.Sweep; print([name for name in ('dask', 'distributed') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "[]"
    for path in (ROOT / "helpers").rglob("*.py"):
        assert "import dask" not in path.read_text("utf-8")
        assert "import distributed" not in path.read_text("utf-8")
