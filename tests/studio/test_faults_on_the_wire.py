"""Faults and the log over HTTP: each error as botocore reads it, the routes behind a signature, and a studio's file."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, ResponseStreamingError
from PIL import Image

from helpers import pictures
from helpers.calls import own_routes
from helpers.studio import CALLS_ROUTE, FAULTS_ROUTE
from helpers.studio.known_errors import error_names, known_error

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
SERVICE = botocore.session.get_session().get_service_model("bedrock-runtime")
OF_THE_MODEL = {
    shape.name: (shape.metadata["error"]["httpStatusCode"], set(shape.members))
    for shape in SERVICE.operation_model("InvokeModel").error_shapes
}
COMMON = {  # of every AWS API, and so in no service model
    "ExpiredTokenException": 403,
    "UnrecognizedClientException": 403,
    "InvalidSignatureException": 403,
}
PLACES = dict.fromkeys(("model", "region", "resource", "field", "pattern", "signed", "earliest", "now"), "")
CODES = {name: known_error(name, **PLACES).code for name in error_names()}


@pytest.fixture
def ask(studio: Any) -> Callable[..., own_routes.OwnAnswer]:
    """Send a signed request to a route of the studio's own."""

    def asked(route: str, content: Any = None, method: str = "GET", secret: str | None = None) -> own_routes.OwnAnswer:
        keys = Credentials(studio.access_key, secret or studio.secret_key)
        return own_routes.ask(studio.endpoint, keys, "us-west-2", route, method=method, content=content)

    return asked


@pytest.fixture
def rule(ask: Any) -> Callable[..., Any]:
    """Set a rule while a block lasts."""

    @contextmanager
    def held(**said: Any) -> Iterator[int]:
        answer = ask(FAULTS_ROUTE, said, "POST")
        assert answer.status == 200, answer.content
        try:
            yield answer.content["id"]
        finally:
            ask(f"{FAULTS_ROUTE}/{answer.content['id']}", method="DELETE")

    return held


@pytest.fixture
def last(ask: Any) -> Callable[[], dict[str, Any]]:
    """The newest call in the log."""
    return lambda: ask(CALLS_ROUTE).content["calls"][-1]


def test_every_exception_of_invoke_model_has_a_name() -> None:
    assert len(OF_THE_MODEL) == 10
    assert set(OF_THE_MODEL) <= set(CODES.values())
    assert set(CODES.values()) <= {*OF_THE_MODEL, *COMMON}


@pytest.mark.parametrize("name", error_names())
def test_botocore_reads_each_error_as_the_service_model_has_it(
    wire: Any, bedrock: Any, rule: Any, last: Any, name: str
) -> None:
    expected = CODES[name]
    with rule(**{name: 1}), pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, {"prompt": "a beach"}, CORE)
    answer = caught.value.response
    status, members = OF_THE_MODEL.get(expected, (COMMON.get(expected), set()))
    assert answer["Error"]["Code"] == expected
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    if expected in OF_THE_MODEL:
        assert type(caught.value) is getattr(bedrock.exceptions, expected)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-errortype"] == f"{expected}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    assert headers["content-type"] == "application/json"
    assert answer["Error"]["Message"]
    assert all(answer[member] for member in members)
    seen = last()
    assert (seen["request_id"], seen["status"]) == (answer["ResponseMetadata"]["RequestId"], status)
    assert (seen["model"], seen["fault"], seen["drew"]) == (CORE, name, False)


def test_a_model_error_names_the_models_own_status_and_the_model(wire: Any, bedrock: Any, rule: Any) -> None:
    with rule(model_error=1), pytest.raises(bedrock.exceptions.ModelErrorException) as caught:
        wire.invoke(bedrock, wire.beach())
    assert (caught.value.response["originalStatusCode"], caught.value.response["resourceName"]) == (500, SDXL)


def test_botocores_own_retries_outlast_a_throttle(studio: Any, wire: Any, rule: Any, ask: Any) -> None:
    keys = {"aws_access_key_id": studio.access_key, "aws_secret_access_key": studio.secret_key}
    patient = boto3.client(
        "bedrock-runtime",
        endpoint_url=studio.endpoint,
        region_name="us-west-2",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        **keys,
    )
    with rule(throttle=1, not_ready=1):
        response = patient.invoke_model(modelId=SDXL, body=json.dumps(wire.beach()))
    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    seen = ask(CALLS_ROUTE).content["calls"][-3:]
    assert [(call["status"], call["fault"]) for call in seen] == [(429, "throttle"), (429, "not_ready"), (200, None)]


class TestRefusals:
    def test_sdxl_answers_in_its_own_form(self, wire: Any, bedrock: Any, rule: Any, last: Any) -> None:
        with rule(filtered_prompt=1), pytest.raises(bedrock.exceptions.ValidationException, match="filtered words"):
            wire.invoke(bedrock, wire.beach())
        with rule(filtered_output=1):
            (artifact,) = wire.invoke(bedrock, wire.beach()).body["artifacts"]
        assert (artifact["finishReason"], bool(artifact["base64"])) == ("CONTENT_FILTERED", True)
        assert (last()["drew"], last()["fault"]) == (True, "filtered_output")
        with rule(finish_error=1):
            (artifact,) = wire.invoke(bedrock, wire.beach("explode")).body["artifacts"]
        assert artifact["finishReason"] == "ERROR"
        assert (last()["status"], last()["drew"], last()["fault"]) == (200, False, "finish_error")

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [
            ("filtered_prompt", "Filter reason: prompt"),
            ("filtered_output", "Filter reason: output image"),
            ("finish_error", "Inference error"),
        ],
    )
    def test_core_answers_without_a_picture(
        self, wire: Any, bedrock: Any, rule: Any, last: Any, kind: str, reason: str
    ) -> None:
        with rule(**{kind: 1}):
            assert wire.invoke(bedrock, {"prompt": "a beach"}, CORE).body == {"finish_reasons": [reason]}
        assert (last()["status"], last()["drew"], last()["fault"]) == (200, False, kind)


class TestLostOnTheWay:
    def test_a_reset_comes_before_any_answer(self, wire: Any, bedrock: Any, rule: Any, last: Any) -> None:
        with rule(reset=1), pytest.raises(ConnectionClosedError, match="Connection was closed"):
            wire.invoke(bedrock, wire.beach())
        assert (last()["status"], last()["drew"], last()["fault"]) == (None, True, "reset")
        assert wire.invoke(bedrock, wire.beach()).body["result"] == "success"

    @pytest.mark.parametrize("text", ["a beach", "noise"])
    def test_a_cut_ends_in_the_middle_of_the_body(
        self, wire: Any, bedrock: Any, rule: Any, last: Any, text: str
    ) -> None:
        whole = bedrock.invoke_model(modelId=SDXL, body=json.dumps(wire.beach(text)))["body"].read()
        with rule(cut=1):
            response = bedrock.invoke_model(modelId=SDXL, body=json.dumps(wire.beach(text)))
            with pytest.raises(ResponseStreamingError):
                response["body"].read()
        assert response["ResponseMetadata"]["HTTPHeaders"]["content-length"] == str(len(whole))
        assert (last()["status"], last()["drew"], last()["fault"]) == (200, True, "cut")

    def test_no_answer_lasts_until_the_client_gives_up(
        self, studio: Any, wire: Any, bedrock: Any, rule: Any, last: Any
    ) -> None:
        impatient = boto3.client(
            "bedrock-runtime",
            endpoint_url=studio.endpoint,
            region_name="us-west-2",
            aws_access_key_id=studio.access_key,
            aws_secret_access_key=studio.secret_key,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=1),
        )
        with rule(no_answer=1), pytest.raises(ReadTimeoutError):
            wire.invoke(impatient, wire.beach())
        assert (last()["status"], last()["drew"], last()["fault"]) == (None, True, "no_answer")
        assert wire.invoke(bedrock, wire.beach()).body["result"] == "success"

    @pytest.mark.parametrize("output", ["png", "jpeg", "webp"])
    def test_a_corrupt_picture_arrives_whole_and_opens_nowhere(
        self, wire: Any, bedrock: Any, rule: Any, last: Any, output: str
    ) -> None:
        body = {"prompt": "a beach", "output_format": output}
        if output == "webp":
            body, model = {"prompt": "a beach", "output_format": "webp"}, "stability.sd3-5-large-v1:0"
        else:
            model = CORE
        with rule(corrupt=1):
            (image,) = wire.invoke(bedrock, body, model).body["images"]
        with pytest.raises(Exception, match=r"damaged|truncated|incomplete"):
            pictures.from_base64(image)
        assert (last()["status"], last()["drew"], last()["fault"]) == (200, True, "corrupt")
        (image,) = wire.invoke(bedrock, body, model).body["images"]
        assert isinstance(pictures.from_base64(image), Image.Image)

    def test_a_proxys_page_is_no_json(self, bedrock: Any, wire: Any, rule: Any, last: Any) -> None:
        with rule(wrong_type=1):
            response = bedrock.invoke_model(modelId=SDXL, body=json.dumps(wire.beach()))
        assert response["contentType"] == "text/html"
        assert response["body"].read().startswith(b"<!DOCTYPE html>")
        assert (last()["status"], last()["drew"], last()["fault"]) == (200, True, "wrong_type")


class TestLog:
    def test_what_the_engine_did_not_draw_is_not_called_drawn(self, wire: Any, bedrock: Any, last: Any) -> None:
        wire.invoke(bedrock, wire.beach("studio-error"))
        assert not last()["drew"]
        wire.invoke(bedrock, wire.beach("nude"))
        assert last()["drew"]
        with pytest.raises(ClientError):
            wire.invoke(bedrock, wire.beach("explode"))
        assert (last()["status"], last()["drew"], last()["fault"]) == (424, False, None)
        with pytest.raises(ClientError):
            wire.invoke(bedrock, b"{")
        assert (last()["status"], last()["drew"]) == (400, False)
        assert set(last()) == {"time", "request_id", "model", "status", "fault", "drew", "seconds"}

    def test_the_model_is_named_as_it_was_asked_for(self, wire: Any, bedrock: Any, last: Any) -> None:
        arn = f"arn:aws:bedrock:us-west-2::foundation-model/{SDXL}"
        wire.invoke(bedrock, wire.beach(), arn)
        assert last()["model"] == arn
        with pytest.raises(ClientError):
            wire.invoke(bedrock, wire.beach(), "no.such-model")
        assert (last()["model"], last()["status"]) == ("no.such-model", 400)


class TestRoutes:
    def test_rules_can_be_set_listed_and_ended(self, ask: Any) -> None:
        number = ask(FAULTS_ROUTE, {"throttle": 2, "model": "core"}, "POST").content["id"]
        assert ask(FAULTS_ROUTE).content == {
            "rules": [{"id": number, "rule": {"throttle": 2, "model": CORE}, "used": 0}]
        }
        assert ask(f"{FAULTS_ROUTE}/{number}", method="DELETE").content == {"id": number, "used": 0}
        assert ask(FAULTS_ROUTE).content == {"rules": []}
        again = ask(f"{FAULTS_ROUTE}/{number}", method="DELETE")
        assert (again.status, again.content["message"]) == (
            404,
            f"There is no rule {number} for this access key, or it has ended.",
        )

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"throtle": 2}, "There is no fault 'throtle'. Did you mean throttle?"),
            ({"throttle": -2}, "throttle is a number of calls"),
            ([1], "A rule is a JSON object"),
            ({"throttle": 1, "seed": "x" * 20_000}, "A rule has at most 10,000 bytes"),
            (None, "A rule is a JSON object"),
        ],
    )
    def test_a_wrong_rule_is_a_validation_exception_that_names_the_word(
        self, ask: Any, content: Any, said: str
    ) -> None:
        answer = ask(FAULTS_ROUTE, content, "POST")
        assert answer.status == 400
        assert answer.content["message"].startswith(said)

    def test_there_are_no_more_than_twenty_at_a_time(self, ask: Any) -> None:
        numbers = [ask(FAULTS_ROUTE, {"throttle": 0}, "POST").content["id"] for _ in range(20)]
        assert ask(FAULTS_ROUTE, {"throttle": 0}, "POST").status == 400
        for number in numbers:
            ask(f"{FAULTS_ROUTE}/{number}", method="DELETE")

    @pytest.mark.parametrize("number", ["x", "-1", "1.5", "%31", "9" * 30])
    def test_what_is_no_number_ends_no_rule(self, ask: Any, number: str) -> None:
        assert ask(f"{FAULTS_ROUTE}/{number}", method="DELETE").status in (400, 404)

    @pytest.mark.parametrize(
        ("method", "route"),
        [("GET", FAULTS_ROUTE), ("POST", FAULTS_ROUTE), ("DELETE", f"{FAULTS_ROUTE}/1"), ("GET", CALLS_ROUTE)],
    )
    def test_they_are_signed_like_the_rest(self, studio: Any, ask: Any, method: str, route: str) -> None:
        assert ask(route, method=method, secret="wrong").status == 403
        connection = http.client.HTTPConnection(studio.endpoint.removeprefix("http://"))
        connection.request(method, route)
        assert connection.getresponse().status == 403
        connection.close()


class TestFileOfRules:
    CALLS = """
import boto3, botocore, json
from botocore.config import Config
bedrock = boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))
for model in (["stability.stable-diffusion-xl-v1"] * 4):
    try:
        bedrock.invoke_model(modelId=model, body='{"text_prompts": [{"text": "a"}], "seed": 5}')
        print("drawn")
    except botocore.exceptions.ClientError as error:
        print(error.response["Error"]["Code"])
"""

    def ran(self, wire: Any, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "helpers.studio", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=wire.clean_environment())

    def test_it_holds_for_a_command_too(self, wire: Any, tmp_path: Path) -> None:
        file = tmp_path / "bad day.toml"
        file.write_text('[[rule]]\nthrottle = 1\n\n[[rule]]\nmodel = "sdxl"\nunavailable = 2\n', "utf-8")
        done = self.ran(wire, "--faults", str(file), "--", "python", "-c", self.CALLS)
        assert done.stdout.split() == ["ThrottlingException", *["ServiceUnavailableException"] * 2, "drawn"], (
            done.stderr
        )

    def test_a_wrong_one_is_refused_before_anything_is_served(self, wire: Any, tmp_path: Path) -> None:
        file = tmp_path / "bad day.toml"
        file.write_text("[[rule]]\nthrottle = 1\n[[rule]]\nthrotle = 1\n", "utf-8")
        done = self.ran(wire, "--faults", str(file))
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{file}, rule 2: There is no fault 'throtle'. Did you mean throttle?" in done.stderr
        missing = self.ran(wire, "--faults", str(tmp_path / "nowhere.toml"), "--", "python", "-c", "print('ran')")
        assert (missing.returncode, missing.stdout) == (2, "")
        assert "nowhere.toml cannot be read: No such file or directory." in missing.stderr
