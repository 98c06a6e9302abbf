"""`helpers.faults` and `helpers.calls_seen` as a learner uses them, on a studio of one's own and on a shared one."""

import contextlib
import inspect
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

import helpers
from helpers import errors
from helpers.calls import SeenCall, client
from helpers.studio.fault_rules import words
from helpers.studio.process import Studio

ROOT = Path(__file__).parents[2]
FAKE_ENGINE = f"{ROOT / 'tests' / 'studio' / 'fake_engine.py'}:create"
BODY = {"text_prompts": [{"text": "a beach"}], "seed": 7}


@pytest.fixture(scope="module")
def shared() -> Iterator[Studio]:
    """A studio that something else started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.studio", "--handshake"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**kept, "PYTHONPATH": str(ROOT), "WORKSHOP_STUDIO_ENGINE": FAKE_ENGINE},
    ) as child:
        assert child.stdout is not None
        yield Studio(**json.loads(child.stdout.readline()), process=child)
        child.communicate(timeout=60)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins connected to nothing, and leaves no trace."""
    before = dict(os.environ)
    monkeypatch.setattr(client, "_studio_in_use", None)
    yield
    client._isolation.leave()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def bedrock(shared: Studio, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A plain client that makes each call once, in a process that is connected to the shared studio."""
    joined = {
        "WORKSHOP_STUDIO": shared.endpoint,
        "AWS_ACCESS_KEY_ID": shared.access_key,
        "AWS_SECRET_ACCESS_KEY": shared.secret_key,
        "AWS_DEFAULT_REGION": shared.region,
    }
    for name, value in joined.items():
        monkeypatch.setenv(name, value)
    helpers.connect()
    return boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}, read_timeout=1))


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client of a studio that this process started."""
    monkeypatch.setenv("WORKSHOP_STUDIO_ENGINE", FAKE_ENGINE)
    monkeypatch.setattr(client, "_studio", None)
    yield helpers.connect()
    assert client._studio is not None
    client._studio.stop()


# What each word becomes in helpers.invoke: the error, and whether a picture was drawn.
MEANT: dict[str, tuple[type[errors.CallError], bool]] = {
    "throttle": (errors.ThrottledError, False),
    "not_ready": (errors.ThrottledError, False),
    "server_error": (errors.ServiceError, False),
    "unavailable": (errors.ServiceError, False),
    "timeout": (errors.TimeoutCallError, False),
    "model_error": (errors.ModelFailedError, False),
    "quota_exceeded": (errors.ThrottledError, False),
    "access_denied": (errors.AccessError, False),
    "no_access": (errors.AccessError, False),
    "marketplace": (errors.AccessError, False),
    "marketplace_pending": (errors.AccessError, False),
    "no_payment": (errors.AccessError, False),
    "not_allowed": (errors.AccessError, False),
    "data_retention": (errors.AccessError, False),
    "expired": (errors.NoCredentialsError, False),
    "unknown_key": (errors.NoCredentialsError, False),
    "bad_signature": (errors.NoCredentialsError, False),
    "signature_expired": (errors.NoCredentialsError, False),
    "retired": (errors.RetiredModelError, False),
    "legacy": (errors.RetiredModelError, False),
    "unknown_model": (errors.UnknownModelError, False),
    "bad_model_id": (errors.UnknownModelError, False),
    "needs_profile": (errors.UnknownModelError, False),
    "malformed": (errors.MalformedBodyError, False),
    "missing_key": (errors.MalformedBodyError, False),
    "unknown_field": (errors.MalformedBodyError, False),
    "unknown_field_sketch": (errors.MalformedBodyError, False),
    "unknown_field_background": (errors.MalformedBodyError, False),
    "text_too_long": (errors.MalformedBodyError, False),
    "text_too_long_nova": (errors.MalformedBodyError, False),
    "wrong_size": (errors.MalformedBodyError, False),
    "too_large": (errors.MalformedBodyError, False),
    "content_blocked": (errors.PromptRefusedError, False),
    "content_blocked_output": (errors.PromptRefusedError, False),
    "filtered_prompt": (errors.PromptRefusedError, False),
    "filtered_output": (errors.FilteredError, True),
    "finish_error": (errors.ModelFailedError, False),
    "reset": (errors.ConnectionCallError, True),
    "cut": (errors.ConnectionCallError, True),
    "corrupt": (errors.ServiceError, True),
    "wrong_type": (errors.ServiceError, True),
    "no_answer": (errors.TimeoutCallError, True),
}
SETTINGS = ("quota", "slow", "jitter", "share", "model", "seed")


def test_every_word_has_a_meaning_a_line_of_help_and_a_place_in_completion() -> None:
    assert set(words()) == {*MEANT, *SETTINGS}
    told = inspect.getdoc(helpers.faults) or ""
    assert [word for word in words() if f"`{word}" not in told] == []
    assert list(inspect.signature(helpers.faults).parameters) == list(words())


@pytest.mark.parametrize("word", MEANT)
def test_a_fault_is_the_error_that_aws_would_give(bedrock: Any, word: str) -> None:
    kind, drew = MEANT[word]
    with helpers.faults(**{word: 1}) as rules:
        with pytest.raises(errors.CallError) as caught:
            helpers.invoke(bedrock, BODY)
        assert helpers.invoke(bedrock, BODY).seed == 7
    assert type(caught.value) is kind
    assert rules.used == 1
    hit, after = helpers.calls_seen(2)
    assert (hit.fault, hit.drew) == (word, drew)
    assert (after.status, after.fault, after.drew) == (200, None, True)


def test_a_reset_connection_is_no_sign_that_the_studio_is_gone(bedrock: Any) -> None:
    with helpers.faults(reset=1), pytest.raises(errors.ConnectionCallError) as caught:
        helpers.invoke(bedrock, BODY)
    assert "broke" in caught.value.what
    assert caught.value.was_sent


def test_the_client_of_connect_outlasts_two_throttles(bedrock: Any) -> None:
    with helpers.faults(throttle=2, slow=0.01) as rules:
        made = helpers.invoke(helpers.connect(), BODY)
        assert rules.used == 3
    assert made.attempts == 3
    assert [call.fault for call in helpers.calls_seen(3)] == ["throttle", "throttle", None]


def test_a_slow_answer_takes_its_time(bedrock: Any) -> None:
    with helpers.faults(slow=0.3):
        assert helpers.invoke(bedrock, BODY).seconds >= 0.3
    (call,) = helpers.calls_seen(1)
    assert call.seconds >= 0.3
    assert call.fault is None


def test_a_quota_throttles_what_is_more(bedrock: Any) -> None:
    with helpers.faults(quota=2):
        for _ in range(2):
            helpers.invoke(bedrock, BODY)
        with pytest.raises(errors.ThrottledError):
            helpers.invoke(bedrock, BODY)
    assert [call.fault for call in helpers.calls_seen(3)] == [None, None, "quota"]


def test_blocks_inside_one_another_add_up_and_the_inner_one_comes_first(bedrock: Any) -> None:
    seen = []
    with helpers.faults(throttle=2) as outer:
        with helpers.faults(unavailable=1) as inner:
            for _ in range(2):
                with pytest.raises(errors.CallError):
                    helpers.invoke(bedrock, BODY)
        assert (inner.used, outer.used) == (1, 1)
        with pytest.raises(errors.ThrottledError):
            helpers.invoke(bedrock, BODY)
        helpers.invoke(bedrock, BODY)
    seen = [call.fault for call in helpers.calls_seen(4)]
    assert seen == ["unavailable", "throttle", "throttle", None]


def test_leaving_the_block_by_an_error_ends_the_faults_too(bedrock: Any) -> None:
    with pytest.raises(errors.ThrottledError), helpers.faults(throttle=True):
        helpers.invoke(bedrock, BODY)
    assert helpers.invoke(bedrock, BODY).seed == 7


def test_only_calls_of_the_model_that_is_named_are_hit(bedrock: Any) -> None:
    with helpers.faults(throttle=True, model="core"):
        helpers.invoke(bedrock, BODY)
        with pytest.raises(errors.ThrottledError):
            helpers.invoke(bedrock, {"prompt": "a beach"}, "core")
    with helpers.faults(throttle=True, model=helpers.models.get("core")):
        helpers.invoke(bedrock, BODY)


def test_a_share_is_the_same_sequence_again(bedrock: Any) -> None:
    sequences = []
    for seed in (3, 3, 4):
        with helpers.faults(retired=True, share=0.5, seed=seed):
            for _ in range(24):
                with contextlib.suppress(errors.RetiredModelError):
                    helpers.invoke(bedrock, BODY)
        sequences.append([call.fault for call in helpers.calls_seen(24)])
    assert sequences[0] == sequences[1] != sequences[2]
    assert 4 < sequences[0].count("retired") < 20


def test_a_block_can_be_entered_again_but_not_inside_itself(bedrock: Any) -> None:
    bad_day = helpers.faults(throttle=1)
    for _ in range(2):
        with bad_day, pytest.raises(errors.ThrottledError):
            helpers.invoke(bedrock, BODY)
    with bad_day, pytest.raises(ValueError, match="hold already"), bad_day:
        pass
    assert helpers.invoke(bedrock, BODY).seed == 7


def test_its_repr_says_what_and_whether_it_holds(bedrock: Any) -> None:
    bad_day = helpers.faults(reset=1, throttle=True)
    assert repr(bad_day).startswith("<faults reset=1, throttle=True; not in force: with ")
    with bad_day:
        assert repr(bad_day) == "<faults reset=1, throttle=True; in force>"


@pytest.mark.parametrize(
    ("said", "words_of_it"),
    [
        ({"throtle": 2}, "Did you mean throttle?"),
        ({"throttle": 0.3}, "share=0.3"),
        ({"throttle": -1}, "not -1"),
        ({"slow": -1}, "in seconds"),
        ({"throttle": 1, "model": "cor"}, "Did you mean core?"),
        ({}, "does nothing"),
        ({"throttle": None}, "does nothing"),
    ],
)
def test_a_wrong_word_is_told_before_anything_is_sent(said: dict[str, Any], words_of_it: str) -> None:
    with pytest.raises(ValueError, match=words_of_it):
        helpers.faults(**said)  # connected to nothing: it would be another error if it asked a studio


class TestWithoutAStudio:
    @pytest.fixture(autouse=True)
    def no_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: Any, **__: Any) -> None:
            pytest.fail("a request was sent")

        monkeypatch.setattr("http.client.HTTPConnection.request", refused)

    @pytest.mark.parametrize("ask", [helpers.calls_seen, lambda: helpers.faults(throttle=1).__enter__()])
    def test_nothing_is_asked_before_the_first_connect(self, ask: Any) -> None:
        with pytest.raises(errors.SetupError, match=r"no studio.*helpers.connect\(\) first"):
            ask()


def test_aws_is_never_asked(bedrock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.calls.account.aws_client", lambda region, config: boto3.client("bedrock-runtime"))
    helpers.connect("aws")
    for ask in (helpers.calls_seen, lambda: helpers.faults(throttle=1).__enter__()):
        with pytest.raises(errors.SetupError, match="AWS has neither"):
            ask()
    helpers.connect()
    assert helpers.calls_seen(0) == []


def test_a_block_ends_on_the_studio_that_it_began_on(bedrock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.calls.account.aws_client", lambda region, config: boto3.client("bedrock-runtime"))
    with helpers.faults(throttle=True):
        helpers.connect("aws")
    assert helpers.invoke(bedrock, BODY).seed == 7


def test_a_studio_that_is_gone_is_told_and_hides_no_error_of_the_block(own: Any) -> None:
    def lost_on_the_way() -> None:
        with helpers.faults(throttle=1):
            client._studio.stop()  # type: ignore[union-attr]
            raise ZeroDivisionError

    with pytest.warns(errors.WorkshopWarning, match="does not answer"), pytest.raises(ZeroDivisionError):
        lost_on_the_way()
    with pytest.raises(errors.SetupError, match=r"does not answer.*connect\(\) again"):
        helpers.calls_seen()


def test_more_blocks_than_a_studio_holds_are_refused(bedrock: Any) -> None:
    blocks = [helpers.faults(throttle=0).__enter__() for _ in range(20)]
    with pytest.raises(errors.SetupError, match="20 rules for this access key already"):
        helpers.faults(throttle=0).__enter__()
    for block in blocks:
        block.__exit__(None, None, None)


class TestCallsSeen:
    def test_it_returns_the_last_ones_oldest_first(self, bedrock: Any) -> None:
        for seed in (1, 2, 3):
            helpers.invoke(bedrock, {**BODY, "seed": seed})
        every = helpers.calls_seen()
        assert helpers.calls_seen(2) == every[-2:]
        assert helpers.calls_seen(0) == []
        assert helpers.calls_seen(10_000) == every
        assert [call.time for call in every] == sorted(call.time for call in every)
        assert all(isinstance(call, SeenCall) for call in every)

    def test_each_is_known_by_the_request_id_of_the_receipt(self, bedrock: Any) -> None:
        made = helpers.invoke(bedrock, BODY)
        (call,) = helpers.calls_seen(1)
        assert (call.request_id, call.model, call.status) == (made.request_id, made.model, 200)

    @pytest.mark.parametrize("n", [-1, 1.5, True, "3"])
    def test_a_wrong_number_is_told(self, n: Any) -> None:
        with pytest.raises(ValueError, match="number of calls to return"):
            helpers.calls_seen(n)


def test_a_studio_of_ones_own_has_them_too(own: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with helpers.faults(legacy=1), pytest.raises(errors.RetiredModelError):
            helpers.invoke(own, BODY)
    assert [call.fault for call in helpers.calls_seen()] == ["legacy"]


@pytest.mark.parametrize("words", [{"slow": 0}, {"jitter": 0}, {"slow": 0.0, "share": 0.5}, {"throttle": 0}])
def test_a_rule_of_zeros_changes_nothing(bedrock: Any, words: dict[str, Any]) -> None:
    with helpers.faults(**words):
        assert helpers.invoke(bedrock, BODY).attempts == 1


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("expired", "aws configure"),
        ("signature_expired", "clock"),
        ("bad_signature", "the client that helpers.connect()"),
        ("unknown_key", "the client that helpers.connect()"),
    ],
)
def test_a_practised_fault_of_the_keys_has_the_remedy_that_would_help(bedrock: Any, word: str, said: str) -> None:
    with helpers.faults(**{word: 1}), pytest.raises(errors.NoCredentialsError) as caught:
        helpers.invoke(bedrock, BODY)
    assert said in caught.value.fix


def test_a_practised_retirement_does_not_send_to_the_studio_that_told_it(bedrock: Any) -> None:
    with helpers.faults(retired=1), pytest.raises(errors.RetiredModelError) as caught:
        helpers.invoke(bedrock, BODY)
    assert "still draws" not in caught.value.fix
    assert "Stable Image Core" in caught.value.fix


def test_the_default_share_is_felt_in_the_first_calls(bedrock: Any) -> None:
    with helpers.faults(throttle=True, share=0.3) as rules:
        for _ in range(10):
            with contextlib.suppress(errors.ThrottledError):
                helpers.invoke(bedrock, BODY)
    assert 2 <= rules.used <= 5
