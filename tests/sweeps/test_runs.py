"""Runs against an endpoint on loopback: what is sent, how often, how fast, for how much, and what becomes of failures."""

import _thread
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.exceptions as boto
import pytest
from PIL import Image

import helpers
from helpers.sweeps.run import runner
from tests.sweeps.fake_bedrock import THROTTLED, FakeBedrock, Reply, drawn, filtered, png, refused
from tests.sweeps.running import receipt, run

BODY = helpers.text_to_image("a serene beach at sunset", seed=5)
pytestmark = pytest.mark.usefixtures("quickly")


class Answering:
    """A client of the studio whose calls a test makes itself, or hands on to the real one."""

    def __init__(self, fake: FakeBedrock, invoke: Callable[..., Any]) -> None:
        self.meta = SimpleNamespace(endpoint_url=fake.endpoint, region_name="us-west-2")
        self.real, self._invoke = fake.client(), invoke

    def invoke_model(self, **call: Any) -> Any:
        return self._invoke(self, **call)


# ---- what is made and kept ------------------------------------------------------------------------------------------


def test_a_run_makes_each_tile_once_and_keeps_what_came_byte_for_byte(fake: FakeBedrock) -> None:
    sweep = helpers.Sweep(BODY, cfg_scale=[1, 7], seed=[3, 4, 5])

    assert run(sweep, fake) is sweep

    assert sorted(fake.seeds) == [3, 3, 4, 4, 5, 5]
    assert all(tile.made and tile.backend == "studio" and tile.cost == 0 for tile in sweep.tiles)
    for tile in sweep.tiles:
        assert tile.path is not None
        assert tile.thumbnail is not None
        assert tile.seed == tile.body["seed"]
        assert helpers.to_image(tile.path).tobytes() == helpers.to_image(png(tile.body["seed"])).tobytes()
        assert max(Image.open(tile.thumbnail).size) <= 256
        told = helpers.recipe(tile.path)
        assert told.body == tile.body, "the picture itself tells its request"
    assert "6 made" in repr(sweep)


def test_a_second_sweep_reuses_what_a_first_one_made(fake: FakeBedrock) -> None:
    run(helpers.Sweep(BODY, seed=[1, 2, 3]), fake)
    fake.bodies.clear()

    second = helpers.Sweep(BODY, seed=[2, 3, 4])
    assert (second.quote().made, second.quote().calls) == (2, 1)
    run(second, fake)

    assert fake.seeds == [4]
    assert (receipt(second).made, receipt(second).reused) == (1, 2)


def test_a_finished_sweep_opens_and_reports_without_a_call_or_a_client(fake: FakeBedrock) -> None:
    run(helpers.Sweep(BODY, seed="1-20"), fake)
    calls = fake.count

    again = helpers.Sweep(BODY, seed="1-20")

    assert repr(again) == "<Sweep seed (20) = 20 tiles: 20 made>"
    assert again.quote().calls == 0
    assert [tile.seed for tile in again.tiles] == list(range(1, 21))
    assert fake.count == calls


def test_no_more_calls_are_on_their_way_than_there_are_workers(fake: FakeBedrock) -> None:
    fake.latency = 0.02
    run(helpers.Sweep(BODY, seed="1-24"), fake, workers=3)
    assert fake.most_at_once <= 3


def test_the_tables_tell_every_tile_to_other_tools(fake: FakeBedrock) -> None:
    import csv
    import json

    fake.script = lambda body, n: filtered(body) if body["seed"] == 2 else drawn(body)
    body = helpers.text_to_image('海滩, "sea"', seed=1)
    sweep = run(helpers.Sweep(body, helpers.swap("海滩", ["海滩", "=forest"]), seed=[1, 2]), fake)

    with (sweep.folder / "tiles.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (sweep.folder / "tiles.jsonl").read_text("utf-8").splitlines()]

    assert [(row["海滩"], row["seed"], row["failure"]) for row in rows] == [
        ("海滩", "1", ""),
        ("海滩", "2", "filtered"),
        ("=forest", "1", ""),
        ("=forest", "2", "filtered"),
    ]
    assert (sweep.folder / rows[0]["picture"]).resolve() == (sweep.tiles[0].path or Path()).resolve()
    assert [line["body"]["seed"] for line in lines] == [1, 2, 1, 2]
    assert lines[1]["failure"]["kind"] == "filtered"


# ---- retries and pace -----------------------------------------------------------------------------------------------


def test_throttling_fails_no_tile_and_changes_no_request(fake: FakeBedrock) -> None:
    fake.script = lambda body, before: THROTTLED if before % 3 else drawn(body)

    sweep = run(helpers.Sweep(BODY, seed="1-12"), fake)

    assert not sweep.failures
    assert receipt(sweep).throttled == receipt(sweep).retries > 0
    assert receipt(sweep).calls == fake.count, "every call is counted, and nothing below repeats one in secret"
    assert all(body == {**BODY, "seed": body["seed"]} for body in fake.bodies)
    assert set(fake.seeds) == set(range(1, 13))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, "InternalServerException", "failed"),
        (503, "ServiceUnavailableException", "failed"),
        (408, "ModelTimeoutException", "timeout"),
        (424, "ModelErrorException", "failed"),
    ],
)
def test_other_passing_errors_are_repeated_a_few_times_and_then_told(
    fake: FakeBedrock, status: int, code: str, kind: str
) -> None:
    fake.script = lambda body, before: refused(status, code) if body["seed"] == 2 else drawn(body)

    sweep = run(helpers.Sweep(BODY, seed=[1, 2]), fake)

    assert Counter(fake.seeds) == {1: 1, 2: runner.ATTEMPTS}
    (failed,) = sweep.failures
    assert failed.failure is not None
    assert (failed.seed or failed.body["seed"], failed.failure.kind) == (2, kind)
    assert failed.failure.what
    assert failed.failure.fix


def test_an_error_that_passes_leaves_no_trace_but_in_the_receipt(fake: FakeBedrock) -> None:
    fake.script = lambda body, before: refused(500, "InternalServerException") if before == 0 else drawn(body)
    sweep = run(helpers.Sweep(BODY, seed=[1]), fake)
    assert not sweep.failures
    assert (receipt(sweep).calls, receipt(sweep).retries) == (2, 1)


def test_a_request_that_is_refused_is_not_repeated(fake: FakeBedrock) -> None:
    fake.script = lambda body, before: refused(400, "ValidationException", "Malformed input request")
    sweep = run(helpers.Sweep(BODY, seed=[1, 2]), fake)
    assert fake.count == 2
    assert [tile.failure and tile.failure.kind for tile in sweep.tiles] == ["invalid", "invalid"]


def test_an_error_that_concerns_all_stops_after_the_first_answers(fake: FakeBedrock) -> None:
    fake.script = lambda body, before: refused(403, "AccessDeniedException", "You don't have access to the model.")
    sweep = run(helpers.Sweep(BODY, seed="1-50"), fake, workers=2)
    assert fake.count <= 4
    assert len(sweep.failures) == 50
    assert all("access" in str(tile.failure) for tile in sweep.failures)


def test_a_certificate_that_is_not_trusted_is_asked_about_once_and_stops_every_model(fake: FakeBedrock) -> None:
    asked: list[str] = []

    def untrusted(self: Any, **call: Any) -> Any:
        asked.append(call["modelId"])
        raise boto.SSLError(endpoint_url="https://aws", error="CERTIFICATE_VERIFY_FAILED: self-signed certificate")

    with pytest.warns(helpers.WorkshopWarning):
        sweep = helpers.Sweep(BODY, model=["sdxl", "core"], seed="1-20")
    sweep.run(Answering(fake, untrusted), workers=1, progress=False)
    assert len(asked) == 1
    assert len(sweep.failures) == 40
    assert all("AWS_CA_BUNDLE" in str(tile.failure) for tile in sweep.failures)
    assert not list((sweep.folder / "studio").glob("*.failure")), "it says nothing of the tiles"


def test_an_error_that_nobody_foresaw_is_told_and_not_asked_for_again(fake: FakeBedrock) -> None:
    asked: list[int] = []

    def odd(self: Any, **call: Any) -> Any:
        asked.append(json.loads(call["body"])["seed"])
        return self.real.invoke_model(**call) if asked[-1] == 1 else {"ResponseMetadata": {}}

    sweep = helpers.Sweep(BODY, seed=[1, 2]).run(Answering(fake, odd), progress=False)
    assert sorted(asked) == [1, 2]
    (failed,) = sweep.failures
    assert failed.failure is not None
    assert (failed.failure.kind, failed.failure.why) == ("failed", "KeyError('body')")


def test_a_run_in_which_everything_fails_ends_by_itself(fake: FakeBedrock) -> None:
    fake.script = lambda body, before: refused(500, "InternalServerException")
    sweep = run(helpers.Sweep(BODY, seed="1-100"), fake)
    assert fake.count < 100 * runner.ATTEMPTS / 2
    assert len(sweep.failures) == 100
    assert receipt(sweep).stopped is not None
    assert "one after another" in str(receipt(sweep).stopped)


def test_nothing_but_throttles_for_too_long_ends_the_run_cleanly(
    fake: FakeBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    fake.script = lambda body, before: THROTTLED
    sweep = run(helpers.Sweep(BODY, seed="1-5"), fake)
    assert [tile.failure and tile.failure.kind for tile in sweep.tiles] == ["throttled"] * 5
    fake.script = drawn
    assert not run(sweep, fake).failures


def test_a_tile_s_record_and_its_file_hold_how_often_it_was_asked_for(fake: FakeBedrock) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        return (THROTTLED, refused(500, "InternalServerException"))[before] if before < 2 else drawn(body)

    fake.script = script
    sweep = run(helpers.Sweep(BODY, seed=[1, 2]), fake, workers=1)
    told = {tile.seed: (tile.receipt or {})["attempts"] for tile in sweep.tiles}
    assert sum(told.values()) == fake.count == 4
    records = [json.loads(path.read_text("utf-8")) for path in (sweep.tiles[0].path or Path()).parent.glob("*.json")]
    assert {record["seed"]: record["attempts"] for record in records if "seed" in record} == told


# ---- failures are tiles ---------------------------------------------------------------------------------------------


def test_a_filtered_picture_is_a_failure_that_lasts_and_only_retry_asks_again(fake: FakeBedrock) -> None:
    fake.script = lambda body, before: filtered(body) if body["seed"] == 2 else drawn(body)
    sweep = run(helpers.Sweep(BODY, seed=[1, 2, 3]), fake)
    (failed,) = sweep.failures
    assert failed.failure is not None
    assert failed.failure.kind == "filtered"
    assert "CONTENT_FILTERED" in failed.failure.why
    assert "seed: 2: filtered" in repr(sweep.failures)
    assert "<td" in sweep.failures._repr_html_()

    again = helpers.Sweep(BODY, seed=[1, 2, 3])
    assert [tile.label for tile in again.failures] == ["seed: 2"], "it is remembered"
    fake.bodies.clear()
    assert run(again, fake).failures
    assert fake.seeds == [], "the same request would be filtered, and billed, again"

    fake.script = drawn
    again.retry(progress=False)
    assert fake.seeds == [2]
    assert not again.failures
    assert not helpers.Sweep(BODY, seed=[1, 2, 3]).failures


# ---- interrupts -----------------------------------------------------------------------------------------------------


def test_an_interrupt_keeps_what_was_made_and_the_next_run_goes_on(fake: FakeBedrock) -> None:
    reached = threading.Event()

    def script(body: dict[str, Any], before: int) -> Reply:
        if before == 12:
            reached.set()
        if before >= 12:
            time.sleep(0.05)
        return drawn(body)

    fake.script = script
    sweep = helpers.Sweep(BODY, seed="1-100")

    def interrupt() -> None:
        reached.wait(60)
        _thread.interrupt_main()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            run(sweep, fake, workers=2)
    finally:
        signal.signal(signal.SIGINT, before)

    made = sum(tile.made for tile in sweep.tiles)
    assert 10 <= made < 100
    assert receipt(sweep).made == made
    assert "interrupted" in str(receipt(sweep).stopped)
    fake.script = drawn
    assert not run(sweep, fake).failures
    assert Counter(fake.seeds).most_common(1)[0][1] <= 2, "only calls on their way may have been made twice"


def test_a_disk_that_takes_no_more_ends_the_run_with_its_own_error(
    fake: FakeBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helpers.sweeps.run import store

    def full(path: Any, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(OSError, match="No space left"):
        run(helpers.Sweep(BODY, seed="1-50"), fake, workers=2)
    assert fake.count < 50
