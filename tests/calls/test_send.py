"""The one way a call is made: what it brings back, how often it was sent, and that it fails in our errors alone."""

import base64
import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from PIL import Image

import helpers
from helpers import errors, models
from helpers.bodies import Body
from helpers.calls import answers
from helpers.calls.answers import Call
from helpers.calls.send import send
from helpers.studio import UNKNOWN_WORDS_HEADER
from tests.sweeps.fake_bedrock import THROTTLED, FakeBedrock, drawn, refused

BODY = helpers.text_to_image("a serene beach at sunset", seed=5)
CORE = Body({"prompt": "a serene beach at sunset", "seed": 1}, "core")


def call_on(backend: answers.Backend) -> Call:
    return Call(backend, "us-west-2", models.get("core"), CORE)


def png() -> str:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def fake() -> Iterator[FakeBedrock]:
    server = FakeBedrock()
    yield server
    server.close()


# ---- what comes back ------------------------------------------------------------------------------------------------


def test_an_answer_is_what_came_unread_with_what_boto3_tells_about_it(fake: FakeBedrock) -> None:
    answer = send(fake.client(), Call("studio", "us-west-2", models.get("sdxl"), BODY))
    assert json.loads(answer.payload)["artifacts"][0]["seed"] == 5
    assert answer.metadata["RequestId"] == "r-1"
    assert 0 < answer.seconds < 60
    assert answer.attempts == 1
    assert fake.bodies == [BODY]


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_receipt_and_its_file_say_how_often_the_request_was_sent(
    fake: FakeBedrock, tmp_path: Path, before: int
) -> None:
    fake.script = lambda body, count: refused(503, "ServiceUnavailableException") if count < before else drawn(body)
    made = helpers.invoke(fake.client(retries={"mode": "standard", "total_max_attempts": 3}), BODY)
    assert made.attempts == made.receipt["attempts"] == fake.count == before + 1
    assert (helpers.recipes.read_metadata(made.save(tmp_path / "beach.png")) or {})["attempts"] == before + 1


def test_an_error_says_how_often_the_request_was_sent(fake: FakeBedrock) -> None:
    fake.script = lambda body, count: THROTTLED
    for most in (1, 2):
        with pytest.raises(errors.ThrottledError) as caught:
            helpers.invoke(fake.client(retries={"mode": "standard", "total_max_attempts": most}), BODY)
        assert caught.value.attempts == most


def test_a_filtered_picture_says_how_often_the_request_was_sent() -> None:
    answer = {"finish_reasons": ["Filter reason: output image"]}
    with pytest.raises(errors.FilteredError) as caught:
        answers.read(json.dumps(answer).encode(), {}, call=call_on("aws"), seconds=1.0, attempts=3)
    assert caught.value.attempts == 3


# ---- what nobody foresaw --------------------------------------------------------------------------------------------


class Odd:
    """A client whose answer is whatever a test wants, or that raises it."""

    def __init__(self, answer: Any, backend: str = "aws") -> None:
        address = "http://127.0.0.1:9" if backend == "studio" else "https://bedrock-runtime.us-west-2.amazonaws.com"
        self.meta, self.answer = SimpleNamespace(endpoint_url=address, region_name="us-west-2"), answer

    def invoke_model(self, **_: Any) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


UNFORESEEN = {
    "no body": {"ResponseMetadata": {}},
    "a body that cannot be read": {"body": "text", "ResponseMetadata": {}},
    "no metadata": {"body": io.BytesIO(b"{}")},
    "metadata of another type": {"body": io.BytesIO(b"{}"), "ResponseMetadata": None},
    "nothing": None,
    "a parser's error": ValueError("Unable to parse response"),
    "a mistake of ours": TypeError("invoke_model() got an unexpected keyword"),
    "a look-up": KeyError("body"),
}


@pytest.mark.parametrize("backend", ["aws", "studio"])
@pytest.mark.parametrize("answer", UNFORESEEN.values(), ids=UNFORESEEN.keys())
def test_what_nobody_foresaw_is_the_service_s_error_with_its_cause(answer: Any, backend: str) -> None:
    with pytest.raises(errors.ServiceError, match="does not know") as caught:
        helpers.invoke(Odd(answer, backend), CORE)
    error = caught.value
    assert error.__cause__ is not None
    assert repr(error.__cause__) in error.why
    assert error.fix
    assert (error.retry, error.scope) == (None, "request")
    assert error.billed is (None if backend == "aws" else False)


def test_the_workshop_s_own_errors_and_an_interrupt_go_through_as_they_are() -> None:
    for raised in (errors.BudgetError("Enough."), errors.ThrottledError("Slow down."), KeyboardInterrupt()):
        with pytest.raises(type(raised)) as caught:
            helpers.invoke(Odd(raised), CORE)
        assert caught.value is raised


def test_an_error_of_python_s_own_depth_is_not_taken_for_missing_credentials() -> None:
    with pytest.raises(errors.ServiceError, match="maximum recursion depth"):
        helpers.invoke(Odd(RecursionError("maximum recursion depth exceeded")), CORE)


DEEP = 100_000
ODD_ANSWERS: dict[str, bytes] = {
    "deeper than Python reads": b'{"images": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "no text in any encoding": b'{"images": ["\xff\xfe"]}',
    "a number too long": b'{"seeds": [' + b"9" * 10_000 + b"]}",
    "only null": b"null",
    "a picture that is a list": json.dumps({"images": [[png()]], "finish_reasons": [None]}).encode(),
    "pictures that are one text": json.dumps({"images": png(), "finish_reasons": [None]}).encode(),
    "an artifact that is a text": json.dumps({"artifacts": [png()]}).encode(),
}


@pytest.mark.parametrize("payload", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_an_answer_of_any_kind_without_a_picture_is_the_service_s_error(payload: bytes) -> None:
    with pytest.raises(errors.ServiceError, match="not with a picture") as caught:
        answers.read(payload, {"RequestId": "r-1"}, call=call_on("aws"), seconds=1.0)
    damaged = "body is not JSON" in caught.value.why  # on the way, perhaps: any other one would come again, and be paid
    assert (caught.value.retry, caught.value.billed, caught.value.cost) == ("again" if damaged else None, True, 0.04)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("headers", [None, 7, {UNKNOWN_WORDS_HEADER: 7}, {}])
@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"seeds": None},
        {"seeds": ["x"]},
        {"seeds": [1.5]},
        {"seeds": [True]},
        {"seeds": 3},
        {"finish_reasons": None},
        {"finish_reasons": [None, None][:1], "more": [1]},
        {"finish_reasons": [5]},
    ],
)
def test_a_picture_that_came_is_taken_whatever_stands_beside_it(headers: Any, beside: dict[str, Any]) -> None:
    answer = {"images": [png()], "seeds": [1], "finish_reasons": [None], **beside}
    made = answers.read(json.dumps(answer).encode(), {"HTTPHeaders": headers}, call=call_on("aws"), seconds=1.0)
    assert made.image.size == (64, 64)
    assert made.seed in (1, None)


def test_a_filtered_prompt_is_one_whatever_stands_beside_it() -> None:
    answer = {"finish_reasons": ["Filter reason: prompt"], "seeds": None, "images": None}
    with pytest.raises(errors.PromptRefusedError):
        answers.read(json.dumps(answer).encode(), {}, call=call_on("aws"), seconds=1.0)


@pytest.mark.parametrize(
    "raised", [urllib3.exceptions.SSLError("cut"), OSError("gone"), urllib3.exceptions.ProtocolError("half")]
)
def test_what_breaks_while_the_answer_comes_may_be_billed(raised: Exception) -> None:
    class Body:
        def read(self) -> bytes:
            raise raised

    with pytest.raises(errors.ConnectionCallError) as caught:
        helpers.invoke(Odd({"body": Body(), "ResponseMetadata": {}}, "aws"), CORE)
    assert (caught.value.was_sent, caught.value.billed, caught.value.retry) == (True, None, "again")


def test_attempts_that_were_never_answered_are_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=(server, 3), daemon=True).start()
        bedrock = boto3.client(
            "bedrock-runtime",
            region_name="us-west-2",
            aws_access_key_id="k",
            aws_secret_access_key="s",
            endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}",
            config=Config(retries={"mode": "standard", "total_max_attempts": 3}, proxies={}, signature_version="v4"),
        )
        with pytest.raises(errors.ConnectionCallError) as caught:
            helpers.invoke(bedrock, CORE)
    assert caught.value.attempts == 3


def hang_up(server: socket.socket, times: int) -> None:
    """Take connections and close each after its request."""
    for _ in range(times):
        connection, _ = server.accept()
        connection.recv(65536)
        connection.close()


@pytest.mark.parametrize("raised", [EOFError("end"), KeyError("chunk"), IndexError("row"), RecursionError("deep")])
@pytest.mark.parametrize("finish_reason", [None, "Filter reason: output image"])
def test_a_decoder_may_fail_in_any_way(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, finish_reason: str | None
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr("PIL.Image.open", fail)
    payload = json.dumps({"images": [png()], "seeds": [1], "finish_reasons": [finish_reason]}).encode()
    with pytest.raises(errors.CallError) as caught:
        answers.read(payload, {}, call=call_on("aws"), seconds=1.0)
    assert type(caught.value) is (errors.ServiceError if finish_reason is None else errors.FilteredError)
