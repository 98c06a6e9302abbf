"""What a run may cost: the quote, the question, the budget that is kept, and the receipt."""

import _thread
import dataclasses
import signal
import threading
from pathlib import Path
from typing import Any

import botocore.exceptions as boto
import pytest

import helpers
from helpers import errors
from helpers.bodies import Body
from helpers.sweeps.run import money, runner
from tests.sweeps.fake_bedrock import THROTTLED, FakeBedrock, Reply, drawn, refused
from tests.sweeps.running import receipt, run

BODY = helpers.text_to_image("a serene beach at sunset", seed=5)
pytestmark = pytest.mark.usefixtures("quickly")


class OnAws:
    """A client that says it is AWS's, and is the endpoint of a test: nothing leaves this machine."""

    def __init__(self, fake: FakeBedrock) -> None:
        class Meta:
            endpoint_url = "https://bedrock-runtime.us-west-2.amazonaws.com"
            region_name = "us-west-2"
            config = None

        self.meta, self._real = Meta, fake.client(retries={"total_max_attempts": 1})

    def invoke_model(self, **call: Any) -> Any:
        return self._real.invoke_model(**call)


@pytest.fixture
def aws(fake: FakeBedrock) -> Any:
    fake.script = core
    return OnAws(fake)


def core(body: dict[str, Any], before: int = 0) -> Reply:
    """Stable Image Core's answer."""
    told = drawn(body)[2]["artifacts"][0]
    return 200, "", {"seeds": [body["seed"]], "finish_reasons": [None], "images": [told["base64"]]}


CORE = Body({"prompt": "a serene beach at sunset", "seed": 1}, "core")


def test_a_filtered_picture_that_aws_bills_is_in_the_receipt(fake: FakeBedrock, aws: Any) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        status, code, told = core(body)
        reason = "Filter reason: output image" if body["seed"] == 2 else None
        return status, code, {**told, "finish_reasons": [reason]}

    fake.script = script
    sweep = helpers.Sweep(CORE, seed=[1, 2, 3]).run(aws, per_minute=60_000, budget=1.0, progress=False)
    price = helpers.models.get("core").list_price(CORE)
    told = receipt(sweep)
    assert told.filtered_billed == 1
    assert told.spent == told.quoted == pytest.approx(3 * price)
    assert "billed all the same" in repr(told)


def test_a_prompt_that_is_refused_in_an_answer_counts_as_spent_and_in_an_error_costs_nothing(
    fake: FakeBedrock, aws: Any
) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        if body["seed"] == 1:
            return refused(400, "ValidationException", "invalid_prompts: One or more prompts contains filtered words.")
        return 200, "", {"finish_reasons": ["Filter reason: prompt"]}

    fake.script = script
    sweep = helpers.Sweep(CORE, seed=[1, 2]).run(aws, per_minute=60_000, budget=1.0, progress=False)
    told = receipt(sweep)
    assert told.spent == pytest.approx(0.04)
    assert (told.perhaps, told.filtered_billed) == (0, 1)
    assert told.failed == {"filtered": 2}
    assert fake.count == 2


def test_a_budget_stops_cleanly_with_what_was_made_and_a_larger_one_goes_on(fake: FakeBedrock, aws: Any) -> None:
    price = helpers.models.get("core").list_price(CORE)
    sweep = helpers.Sweep(CORE, seed="1-10")

    sweep.run(aws, per_minute=60_000, budget=3.5 * price, progress=False)

    assert fake.count == 3
    assert sum(tile.made for tile in sweep.tiles) == 3
    assert {tile.failure.kind for tile in sweep.failures if tile.failure} == {"stopped"}
    assert receipt(sweep).spent == pytest.approx(3 * price)
    assert "budget" in repr(receipt(sweep))
    assert sweep.quote().calls == 7

    sweep.run(aws, per_minute=60_000, budget=10.0, progress=False)
    assert not sweep.failures
    assert fake.count == 10


def test_calls_that_cost_nothing_give_their_share_of_the_budget_back(fake: FakeBedrock, aws: Any) -> None:
    fake.script = lambda body, before: THROTTLED if before % 2 else core(body)
    price = helpers.models.get("core").list_price(CORE)
    sweep = helpers.Sweep(CORE, seed="1-6").run(aws, per_minute=60_000, budget=6 * price, progress=False)
    assert not sweep.failures


def test_on_aws_nobody_to_ask_and_no_budget_means_nothing_is_sent(fake: FakeBedrock, aws: Any) -> None:
    sweep = helpers.Sweep(CORE, seed=[1, 2])
    with pytest.raises(errors.BudgetError, match=r"2 calls for \$0\.08 on AWS.*budget=0\.08"):
        sweep.run(aws, per_minute=60_000, progress=False)
    assert fake.count == 0


@pytest.mark.parametrize(("said", "calls"), [("yes", 2), ("n", 0), ("", 0)])
def test_on_aws_a_run_without_budget_asks_once(
    fake: FakeBedrock, aws: Any, monkeypatch: pytest.MonkeyPatch, said: str, calls: int
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(money, "_can_ask", lambda: True)

    def answer_it(question: str) -> str:
        asked.append(question)
        return said

    monkeypatch.setattr("builtins.input", answer_it)
    helpers.Sweep(CORE, seed=[1, 2]).run(aws, per_minute=60_000, progress=False)
    assert (len(asked), fake.count) == (1, calls)
    assert "$0.08" in asked[0]


def test_a_yes_is_a_budget_of_the_price_that_was_quoted(
    fake: FakeBedrock, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "_can_ask", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    fake.script = lambda body, before: refused(408, "ModelTimeoutException", "Model has timed out.")
    sweep = helpers.Sweep(CORE, seed="1-5").run(aws, per_minute=60_000, progress=False)
    told = receipt(sweep)
    assert fake.count == 5, "a timeout may be billed, and so may its repeat"
    assert told.quoted == told.perhaps == pytest.approx(0.2)
    assert "budget of $0.20" in str(told.stopped)


@pytest.mark.parametrize(
    ("error", "share"),
    [
        (boto.ConnectionClosedError(endpoint_url="https://aws"), 1),
        (boto.ResponseStreamingError(error="reset"), 1),
        (boto.IncompleteReadError(actual_bytes=7, expected_bytes=9), 1),
        (ConnectionResetError("reset by peer"), 1),
        (boto.EndpointConnectionError(endpoint_url="https://aws"), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_connection_that_broke_after_the_request_was_sent_may_be_billed(
    fake: FakeBedrock, aws: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, share: int
) -> None:
    def broken(**call: Any) -> Any:
        aws._real.invoke_model(**call)
        raise error

    monkeypatch.setattr(aws, "invoke_model", broken)
    told = receipt(helpers.Sweep(CORE, seed="1-4").run(aws, per_minute=60_000, budget=0.16, progress=False))
    assert told.spent == 0
    assert told.perhaps == pytest.approx(0.16 * share)
    assert fake.count == (4 if share else 4 * runner.ATTEMPTS)


def test_an_answer_whose_picture_cannot_be_read_is_spent(fake: FakeBedrock, aws: Any) -> None:
    fake.script = lambda body, before: (200, "", {**core(body)[2], "images": ["iVBORw0KGgo="]})
    told = receipt(helpers.Sweep(CORE, seed="1-4").run(aws, per_minute=60_000, budget=0.16, progress=False))
    assert fake.count == 4, "the budget holds for the repeats as well"
    assert told.spent == pytest.approx(0.16)
    assert (told.perhaps, told.filtered_billed) == (0, 0)


@pytest.mark.parametrize("first", ["aws", "studio"])
def test_a_tile_that_was_filtered_in_one_place_is_asked_for_in_another(
    fake: FakeBedrock, aws: Any, tmp_path: Path, first: str
) -> None:
    def filtering(body: dict[str, Any], before: int) -> Reply:
        status, code, told = core(body)
        return status, code, {**told, "finish_reasons": ["Filter reason: prompt"]}

    places = [aws, fake.client()] if first == "aws" else [fake.client(), aws]
    sweep = helpers.Sweep(CORE, seed=[501, 502])
    fake.script = filtering
    sweep.run(places[0], budget=1, progress=False)
    assert [tile.failure.kind for tile in sweep.failures if tile.failure] == ["filtered", "filtered"]
    fake.script = core
    sweep.run(places[1], budget=1, progress=False)
    assert [tile.made for tile in sweep.tiles] == [True, True]

    again = helpers.Sweep(CORE, seed=[601])
    fake.script = filtering
    again.run(places[0], budget=1, progress=False)
    fake.script = core
    assert again.run(places[0], budget=1, progress=False, folder=tmp_path / "another").tiles[0].made


def interrupted(sweep: helpers.Sweep, aws: Any, when: threading.Event) -> money.SweepReceipt:
    """Its receipt after Ctrl-C at that moment."""

    def interrupt() -> None:
        when.wait(60)
        _thread.interrupt_main()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            sweep.run(aws, per_minute=60_000, budget=1.0, progress=False)
    finally:
        signal.signal(signal.SIGINT, before)
    return receipt(sweep)


@pytest.mark.parametrize("answer", ["a picture", "a filtered one"])
def test_calls_on_their_way_at_an_interrupt_may_be_billed_and_the_next_run_waits_for_them(
    fake: FakeBedrock, aws: Any, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    sent, answered = threading.Event(), threading.Event()

    def script(body: dict[str, Any], before: int) -> Reply:
        if before == 3:
            sent.set()
        if before > 3:
            answered.set()
        answered.wait(60)
        status, code, told = core(body)
        return status, code, told if answer == "a picture" else {**told, "finish_reasons": ["Filter reason: prompt"]}

    ready = runner.SweepRun._ready

    def watched(self: runner.SweepRun) -> Any:
        job, wait = ready(self)
        if sent.is_set() and job is None and self.stopped is None and not self._open:
            answered.set()  # the second run has nothing to do but to wait
        return job, wait

    monkeypatch.setattr(runner.SweepRun, "_ready", watched)
    monkeypatch.setattr(runner, "GRACE", 0.0)
    fake.script = script
    first = interrupted(helpers.Sweep(CORE, seed="1-4"), aws, sent)
    assert first.spent == 0
    assert first.perhaps == pytest.approx(0.16)
    assert "not answered in time" in repr(first)

    again = helpers.Sweep(CORE, seed="1-4").run(aws, per_minute=60_000, budget=1.0, progress=False)
    second = receipt(again)
    assert fake.count == 4
    assert (second.calls, second.spent, second.made) == (0, 0.0, 0)
    if answer == "a picture":
        assert second.reused == 4
    else:
        assert second.failed == {"filtered": 4}


def test_what_was_made_already_is_not_asked_for_money_again(fake: FakeBedrock, aws: Any) -> None:
    helpers.Sweep(CORE, seed=[1, 2]).run(aws, per_minute=60_000, budget=1.0, progress=False)
    helpers.Sweep(CORE, seed=[1, 2]).run(aws, per_minute=60_000, progress=False)
    assert fake.count == 2


@pytest.mark.parametrize("budget", [-1, float("nan"), "a lot", True])
def test_what_is_no_budget_is_told_before_anything_is_sent(fake: FakeBedrock, aws: Any, budget: Any) -> None:
    with pytest.raises(errors.BudgetError):
        helpers.Sweep(CORE, seed=[1, 2]).run(aws, per_minute=60_000, budget=budget, progress=False)
    assert fake.count == 0


def test_a_model_that_left_aws_is_stopped_before_anything_is_sent(fake: FakeBedrock, aws: Any) -> None:
    with pytest.raises(errors.RetiredModelError):
        helpers.Sweep(BODY, seed=[1, 2]).run(aws, per_minute=60_000, budget=1.0, progress=False)
    with pytest.warns(errors.WorkshopWarning):
        both = helpers.Sweep(BODY, model=["sdxl", "core"]).run(aws, per_minute=60_000, budget=1.0, progress=False)
    assert fake.count == 1
    assert [tile.made for tile in both.tiles] == [False, True]
    assert "left Amazon Bedrock" in str(both.failures[0].failure)


def test_what_the_studio_drew_is_never_passed_off_as_aws_s(fake: FakeBedrock, aws: Any) -> None:
    sweep = helpers.Sweep(CORE, seed=[1, 2])
    run(sweep, fake)
    assert sweep.quote(aws).calls == 2
    assert sweep.quote(aws).price == pytest.approx(0.08)
    assert helpers.Sweep(CORE, seed=[1, 2], backend="aws").quote().made == 0


def test_a_quote_tells_tiles_calls_price_minutes_and_megapixels(fake: FakeBedrock, aws: Any) -> None:
    quote = helpers.Sweep(BODY, steps=[30, 60], seed="1-60", width=[1024], height=[512]).quote()
    assert (quote.tiles, quote.calls, quote.made, quote.price) == (120, 120, 0, 0.0)
    assert quote.list_price == pytest.approx(60 * 0.04 + 60 * 0.08)
    assert quote.minutes == pytest.approx(2.0)
    assert quote.megapixels == pytest.approx(120 * 1024 * 512 / 1e6)
    assert quote.largest == (1024, 512)
    assert "$7.20" in repr(quote)
    assert "<th" in quote._repr_html_()


@pytest.mark.parametrize(
    ("minutes", "on_aws", "on_the_studio"),
    [
        (0.2, "under a minute, at the quota", "(AWS: under a minute)"),
        (1.0, "a minute at least, at the quota", "(AWS: a minute)"),
        (2.0, "2 minutes at least, at the quota", "(AWS: 2 minutes)"),
    ],
)
def test_a_quote_tells_the_time_as_people_say_it(minutes: float, on_aws: str, on_the_studio: str) -> None:
    quote = dataclasses.replace(helpers.Sweep(BODY, steps=[30]).quote(), minutes=minutes)
    assert on_the_studio in dict(quote.rows())["time"]
    assert dict(dataclasses.replace(quote, backend="aws").rows())["time"] == on_aws


def test_a_quote_on_aws_says_which_models_are_no_longer_there(fake: FakeBedrock, aws: Any) -> None:
    sweep = helpers.Sweep(BODY, model=["sdxl", "core"])
    assert "not sent" not in dict(sweep.quote().rows())
    assert dict(sweep.quote(aws).rows())["not sent"] == "SDXL 1.0: no longer on AWS"
