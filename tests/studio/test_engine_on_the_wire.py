"""What the wire tells of the engine behind it: who drew, who would draw, what it believed, and pictures of every kind."""

import base64
import http.client
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from PIL import Image

from helpers.calls.studio_engines import NOT_KNOWN, engine_by_model
from helpers.studio.keys import Keys
from helpers.studio.process import Studio, new_keys, start
from helpers.studio.service import Service, catalogue
from helpers.studio.wire.faults import FaultBook, FaultLayer
from helpers.studio.wire.routes import Bedrock
from helpers.studio.wire.server import StudioServer
from helpers.studio.workers import turns
from helpers.studio.workers.pools import ENGINE_VARIABLE, ENGINES, EnginePools

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
COLOUR = (10, 20, 30)
TRACE = "amazon-bedrock-trace"


@pytest.fixture(scope="module")
def other(wire: Any) -> Iterator[Studio]:
    """A studio with the second engine in the painted one's place."""
    begun = start(engine=wire.other_engine)
    yield begun
    begun.stop()


@pytest.fixture(scope="module")
def other_bedrock(wire: Any, other: Studio) -> Any:
    return wire.client_of(other)


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def sdxl_picture(answer: Any) -> np.ndarray:
    return np.asarray(opened(answer.body["artifacts"][0]["base64"]))


def asked(studio: Studio, path: str, *, sign: bool = True, method: str = "GET") -> tuple[int, dict[str, Any], str]:
    """Status, JSON and error class of a request to one of the studio's own routes."""
    request = AWSRequest(method, studio.endpoint + path)
    if sign:
        SigV4Auth(Credentials(studio.access_key, studio.secret_key), "bedrock", "us-west-2").add_auth(request)
    connection = http.client.HTTPConnection(studio.endpoint.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, headers=dict(request.headers.items()))
        response = connection.getresponse()
        error = (response.getheader("x-amzn-errortype") or "").partition(":")[0]
        return response.status, json.loads(response.read()), error
    finally:
        connection.close()


class TestWhoDrew:
    @pytest.mark.parametrize(("body", "model"), [({"text_prompts": [{"text": "a"}]}, SDXL), ({"prompt": "a"}, CORE)])
    def test_every_picture_says_it(self, wire: Any, bedrock: Any, other_bedrock: Any, body: Any, model: str) -> None:
        assert wire.invoke(bedrock, body, model).headers["x-studio-engine"] == "fake 1"
        assert wire.invoke(other_bedrock, body, model).headers["x-studio-engine"] == "other 7.5+cpu"

    @pytest.mark.parametrize("text", ["nude", "studio-error"])
    def test_a_picture_that_nobody_may_see_too(self, wire: Any, bedrock: Any, text: str) -> None:
        assert wire.invoke(bedrock, wire.beach(text)).headers["x-studio-engine"] == "fake 1"

    def test_the_studios_own_engine_has_its_name_and_version(self, wire: Any) -> None:
        from helpers.studio.engines.painted import VERSION

        own = start(engine=ENGINES["painted"])
        try:
            answer = wire.invoke(wire.client_of(own), wire.beach(steps=10))
        finally:
            own.stop()
        assert answer.headers["x-studio-engine"] == f"painted {VERSION}"


class TestWhoWouldDraw:
    def test_each_model_that_is_offered_has_an_engine(self, studio: Studio) -> None:
        status, told, _ = asked(studio, "/studio/engines")
        assert (status, told) == (200, {"engines": {model.id: "fake 1" for model in catalogue.offered()}})
        assert SDXL in "".join(told["engines"])

    def test_nobody_is_told_without_a_signature(self, studio: Studio) -> None:
        status, _, error = asked(studio, "/studio/engines", sign=False)
        assert (status, error) == (403, "MissingAuthenticationTokenException")

    def test_only_to_read(self, studio: Studio) -> None:
        assert asked(studio, "/studio/engines", method="POST")[::2] == (404, "UnknownOperationException")

    def test_an_engine_that_does_not_start_is_left_out_and_its_pictures_are_nobodys(self, wire: Any) -> None:
        broken = start(engine=wire.engine.replace(":create", ":broken"))
        try:
            status, told, error = asked(broken, "/studio/engines")
            known = engine_by_model(wire.client_of(broken))
        finally:
            broken.stop()
        assert (status, error, told) == (200, "", {"engines": {}})
        assert set(known.values()) == {NOT_KNOWN}


def application(keys: Keys, engines: EnginePools) -> FaultLayer:
    """What a studio with these engines serves."""
    book = FaultBook()
    return FaultLayer(Bedrock(keys, Service(engines.draw), identity=engines.identity, book=book), book)


def test_two_engines_stand_behind_two_models_of_one_studio(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    monkeypatch.setattr(Service, "engine_of", lambda _, model: "painted" if model.schema == "sdxl" else "trained")
    both, keys = EnginePools({"painted": wire.engine, "trained": wire.other_engine}), Keys(*new_keys())
    server = StudioServer()
    server.application = application(keys, both)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = Studio(server.endpoint, keys.access_key, keys.secret_key, "us-west-2")
    try:
        told = asked(here, "/studio/engines")[1]["engines"]
        bedrock = wire.client_of(here)
        drawn = {
            SDXL: wire.invoke(bedrock, wire.beach()).headers["x-studio-engine"],
            CORE: wire.invoke(bedrock, {"prompt": "a beach"}, CORE).headers["x-studio-engine"],
        }
    finally:
        server.shutdown()
        server.server_close()
        both.close()
    assert drawn == {SDXL: "fake 1", CORE: "other 7.5+cpu"}
    assert {name for name in told.values()} == {"fake 1", "other 7.5+cpu"}
    assert told[CORE] == "other 7.5+cpu"


def test_where_too_many_wait_a_client_hears_of_throttling_and_when_to_come_again(
    wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "MAX_WAITING", 1)
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    engines, keys = EnginePools({"painted": wire.other_engine}), Keys(*new_keys())  # which has one worker
    server = StudioServer()
    server.application = application(keys, engines)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bedrock = wire.client_of(Studio(server.endpoint, keys.access_key, keys.secret_key, "us-west-2"))
    told: list[ClientError] = []

    def call() -> None:
        try:
            wire.invoke(bedrock, wire.beach("sleep"))  # for longer than the engine's patience
        except ClientError as error:
            told.append(error)

    threads = [threading.Thread(target=call) for _ in range(3)]  # one is drawn, one waits, one is refused at once
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.shutdown()
        server.server_close()
        engines.close()
    codes = [error.response["Error"]["Code"] for error in told]
    assert codes == ["ThrottlingException", "ModelTimeoutException", "ModelTimeoutException"]
    answer = told[0].response["ResponseMetadata"]
    assert answer["HTTPStatusCode"] == 429
    assert answer["HTTPHeaders"]["retry-after"] == "1"
    assert answer["HTTPHeaders"]["x-amz-retry-after"] == "1000"


class TestTrace:
    def test_without_it_an_answer_is_as_ever(self, wire: Any, other_bedrock: Any) -> None:
        def body(**more: Any) -> bytes:
            data = json.dumps(wire.beach()).encode()
            return other_bedrock.invoke_model(modelId=SDXL, body=data, **more)["body"].read()

        plain, off, on = body(), body(trace="DISABLED"), body(trace="ENABLED")
        assert plain == off
        assert json.loads(plain).keys() == {"result", "artifacts"}
        assert on.startswith(plain[:-1])
        assert on[len(plain) - 1 :].startswith(b',"amazon-bedrock-trace":{')

    @pytest.mark.parametrize("trace", ["ENABLED", "ENABLED_FULL"])
    def test_with_it_each_step_is_a_noise_level_and_a_small_picture(
        self, wire: Any, other_bedrock: Any, trace: str
    ) -> None:
        body = wire.invoke(other_bedrock, wire.beach(width=384), trace=trace).body
        steps = body[TRACE]["diffusion"]["steps"]
        assert body[TRACE].keys() == {"diffusion"}
        assert [step["sigma"] for step in steps] == [14.6, 0.5]
        assert [step.keys() for step in steps] == [{"sigma", "image"}] * 2
        shown = [opened(step["image"]) for step in steps]
        assert [(image.format, image.mode, image.size) for image in shown] == [("PNG", "RGB", (48, 40))] * 2
        assert [np.unique(np.asarray(image)).tolist() for image in shown] == [[0], [128]]

    def test_core_has_it_too_and_its_jpeg_is_none(self, wire: Any, other_bedrock: Any) -> None:
        body = wire.invoke(other_bedrock, {"prompt": "a", "output_format": "jpeg"}, CORE, trace="ENABLED").body
        assert opened(body["images"][0]).format == "JPEG"
        assert [opened(step["image"]).format for step in body[TRACE]["diffusion"]["steps"]] == ["PNG"] * 2

    def test_an_engine_that_has_none_shows_no_steps(self, wire: Any, bedrock: Any) -> None:
        body = wire.invoke(bedrock, wire.beach(), trace="ENABLED").body
        assert body[TRACE] == {"diffusion": {"steps": []}}

    @pytest.mark.parametrize(("text", "finish"), [("nude", "CONTENT_FILTERED"), ("studio-error", "ERROR")])
    def test_a_picture_that_nobody_may_see_has_none(
        self, wire: Any, other_bedrock: Any, text: str, finish: str
    ) -> None:
        body = wire.invoke(other_bedrock, wire.beach(text), trace="ENABLED").body
        assert body["artifacts"][0]["finishReason"] == finish
        assert TRACE not in body

    def test_another_value_is_refused(self, wire: Any, bedrock: Any) -> None:
        with pytest.raises(ClientError) as caught:
            wire.invoke(bedrock, wire.beach(), trace="enabled")
        assert caught.value.response["Error"] == {
            "Code": "ValidationException",
            "Message": "1 validation error detected: Value 'enabled' at 'trace' failed to satisfy constraint: Member "
            "must satisfy enum value set: [ENABLED, DISABLED, ENABLED_FULL]",
        }

    def test_the_studios_own_engine_shows_noise_turn_into_the_picture(self, wire: Any) -> None:
        own = start(engine=ENGINES["painted"])
        try:
            bedrock, body = wire.client_of(own), wire.beach("a serene beach at sunset", steps=10, sampler="K_EULER")
            traced, plain = (wire.invoke(bedrock, body, trace=trace).body for trace in ("ENABLED", "DISABLED"))
        finally:
            own.stop()
        steps = traced.pop(TRACE)["diffusion"]["steps"]
        assert traced == plain
        assert len(steps) == 10
        assert [step["sigma"] for step in steps] == sorted((step["sigma"] for step in steps), reverse=True)
        final = opened(plain["artifacts"][0]["base64"]).resize((40, 40), Image.Resampling.BOX)
        far = [np.abs(np.asarray(opened(step["image"]), float) - np.asarray(final)).mean() for step in steps]
        assert far[-1] < 0.5 * far[0]


class TestPicturesOfEveryKind:
    def test_one_with_alpha_arrives_with_it(self, wire: Any, other_bedrock: Any) -> None:
        made = sdxl_picture(wire.invoke(other_bedrock, wire.beach("alpha")))
        assert made.shape == (320, 320, 4)
        assert np.unique(made[..., :3].reshape(-1, 3), axis=0).tolist() == [list(COLOUR)]
        assert np.unique(made[:, :160, 3]).tolist() == [0]
        assert np.unique(made[:, 160, 3]).tolist() == [128]
        assert np.unique(made[:, 161:, 3]).tolist() == [255]

    def test_without_alpha_it_is_rgb_as_ever(self, wire: Any, other_bedrock: Any) -> None:
        assert sdxl_picture(wire.invoke(other_bedrock, wire.beach())).shape == (320, 320, 3)

    def test_as_jpeg_it_lies_on_white(self, wire: Any, other_bedrock: Any) -> None:
        answer = wire.invoke(other_bedrock, {"prompt": "alpha", "output_format": "jpeg"}, CORE)
        image = opened(answer.body["images"][0])
        made = np.asarray(image).astype(int)
        assert image.mode == "RGB"
        half = made.shape[1] // 2
        assert np.abs(made[:, : half - 32] - 255).max() <= 2
        assert np.abs(made[:, half + 32 :] - COLOUR).max() <= 2

    def test_a_filtered_one_has_no_alpha_that_would_show_its_outline(self, wire: Any, other_bedrock: Any) -> None:
        answer = wire.invoke(other_bedrock, wire.beach("alpha, nude"))
        assert answer.body["artifacts"][0]["finishReason"] == "CONTENT_FILTERED"
        assert sdxl_picture(answer).shape[2] == 3

    @pytest.mark.parametrize(("text", "channels"), [("larger", 3), ("larger alpha", 4), ("larger, nude", 3)])
    def test_one_of_another_size_than_was_asked_for_is_taken_as_it_is(
        self, wire: Any, other_bedrock: Any, text: str, channels: int
    ) -> None:
        made = sdxl_picture(wire.invoke(other_bedrock, wire.beach(text, width=384)))
        assert made.shape == (640, 768, channels)
