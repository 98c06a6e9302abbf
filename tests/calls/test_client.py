"""What `invoke` makes of an answer: a receipt that can be trusted, or an error; never a picture that is none."""

import base64
import copy
import dataclasses
import io
import json
import pickle
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from PIL import Image

import helpers
from helpers import errors
from helpers.bodies import Body

RECORDED = Path(__file__).parents[2] / "data" / "responses"
SDXL_ID = "stability.stable-diffusion-xl-v1"
CORE_ID = "stability.stable-image-core-v1:1"
SDXL = {"text_prompts": [{"text": "a serene beach at sunset"}], "cfg_scale": 10, "seed": 10, "steps": 30}
CORE = Body({"prompt": "a serene beach at sunset", "seed": 10}, "core")
# The example of the API's own page: four keys, the body as a JSON string.
FOUR_KEYS = {
    "modelId": "stability.stable-diffusion-xl-v1",
    "contentType": "application/json",
    "accept": "application/json",
    "body": '{"text_prompts":[{"text":"this is where you place your input text","weight":1}],"cfg_scale":10,"seed":0,'
    '"steps":50,"width":512,"height":512}',
}


def picture(colour: str = "teal", size: tuple[int, int] = (64, 64), kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def sdxl_answer(finish_reason: str = "SUCCESS", seed: int = 10, **changes: Any) -> dict[str, Any]:
    """SDXL 1.0's answer, by the user guide."""
    artifact = {"seed": seed, "base64": picture(), "finishReason": finish_reason, **changes}
    return {"result": "success", "artifacts": [artifact]}


def core_answer(**changes: Any) -> dict[str, Any]:
    """Stable Image Core's answer, by the user guide."""
    return {"seeds": [2130420379], "finish_reasons": [None], "images": [picture()], **changes}


class Canned:
    """A client whose next answers are given beforehand."""

    def __init__(self, stubber: Stubber) -> None:
        self.stubber, self.client = stubber, stubber.client

    def answers(self, payload: Any, expected: dict[str, Any] | None = None, **headers: str) -> None:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.stubber.add_response(
            "invoke_model",
            {
                "body": StreamingBody(io.BytesIO(data), len(data)),
                "contentType": "application/json",
                "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r-1", "HTTPHeaders": named},
            },
            expected,
        )


@cache
def client(endpoint: str | None) -> Any:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-west-2")
    return session.client("bedrock-runtime", endpoint_url=endpoint)


@pytest.fixture
def studio() -> Iterator[Canned]:
    with Stubber(client("http://127.0.0.1:9")) as stubber:
        yield Canned(stubber)


@pytest.fixture
def aws() -> Iterator[Canned]:
    with Stubber(client(None)) as stubber:
        yield Canned(stubber)


def test_a_receipt_tells_what_was_sent_and_what_came_back(studio: Canned) -> None:
    sent = {
        "modelId": SDXL_ID,
        "body": json.dumps(SDXL),
        "contentType": "application/json",
        "accept": "application/json",
    }
    studio.answers(sdxl_answer(), sent)

    made = helpers.invoke(studio.client, SDXL)

    assert made.image.getpixel((0, 0)) == (0, 128, 128)
    assert made.images == (made.image,)
    assert (made.seed, made.finish_reason, made.body, made.model) == (10, "SUCCESS", SDXL, SDXL_ID)
    assert (made.backend, made.request_id, made.unknown_words) == ("studio", "r-1", ())
    assert 0 < made.seconds < 60


@pytest.mark.filterwarnings("ignore::helpers.errors.WorkshopWarning")
def test_the_studio_costs_nothing_and_its_list_price_is_what_aws_asked(studio: Canned) -> None:
    costs = []
    for steps in (50, 51):
        studio.answers(sdxl_answer())
        made = helpers.invoke(studio.client, {**SDXL, "steps": steps})
        costs.append((made.cost, made.list_price))
    assert costs == [(0.0, 0.04), (0.0, 0.08)]


def test_aws_costs_the_list_price(aws: Canned) -> None:
    aws.answers(
        core_answer(),
        {"modelId": CORE_ID, "body": json.dumps(CORE), "contentType": "application/json", "accept": "application/json"},
    )
    made = helpers.invoke(aws.client, CORE)
    assert (made.cost, made.list_price, made.backend) == (0.04, 0.04, "aws")
    assert (made.seed, made.finish_reason, made.model) == (2130420379, "SUCCESS", CORE_ID)


def test_a_seed_left_to_chance_comes_back_as_the_one_that_was_drawn(studio: Canned) -> None:
    studio.answers(sdxl_answer(seed=4242))
    made = helpers.invoke(studio.client, {**SDXL, "seed": 0})
    assert (made.seed, made.body["seed"]) == (4242, 0)


def test_unknown_words_come_as_they_were_written(studio: Canned) -> None:
    studio.answers(sdxl_answer(), None, x_studio_unknown_words="quiche,%E6%B3%95%E5%BC%8F,a%2Cb")
    assert helpers.invoke(studio.client, SDXL).unknown_words == ("quiche", "法式", "a,b")


def test_what_became_of_each_word_comes_in_the_order_of_the_prompts(studio: Canned) -> None:
    prompts = [{"text": "a caterpillar, 一只叉子 in a cat's quiche, a,b"}, {"text": "blurry", "weight": -1.0}]
    words = "cat=drawn,%E5%8F%89%E5%AD%90=stand-in:%E7%9B%98%2C,caterpillar=not-drawn,a%2Cb=drawn"
    studio.answers(sdxl_answer(), None, x_studio_words=words, x_studio_unknown_words="quiche,blurry")
    made = helpers.invoke(studio.client, {**SDXL, "text_prompts": prompts})
    assert list(made.words.items()) == [
        ("caterpillar", "not drawn"),
        ("叉子", "stand-in: 盘,"),
        ("cat", "drawn"),
        ("quiche", "unknown"),
        ("a,b", "drawn"),
        ("blurry", "unknown"),
    ]
    assert made.receipt["words"] == made.words
    assert "caterpillar: not drawn, 叉子: stand-in: 盘,, " in repr(made)


def test_without_the_headers_there_are_no_words(studio: Canned) -> None:
    studio.answers(sdxl_answer())
    assert helpers.invoke(studio.client, SDXL).words == {}


@pytest.mark.parametrize(
    "body",
    [
        SDXL,
        json.dumps(SDXL),
        json.dumps(SDXL).encode(),
        bytearray(json.dumps(SDXL), "utf-8"),
        {**FOUR_KEYS, "body": json.dumps(SDXL)},
    ],
)
def test_a_body_may_be_a_dict_its_json_or_the_four_keys_of_the_api_s_example(studio: Canned, body: Any) -> None:
    studio.answers(sdxl_answer())
    before = copy.deepcopy(body)
    assert helpers.invoke(studio.client, body).body == SDXL
    assert body == before


def test_the_api_s_example_runs_word_for_word(studio: Canned) -> None:
    studio.answers(sdxl_answer())
    made = helpers.invoke(studio.client, FOUR_KEYS)
    assert (made.model, made.body["steps"], made.prompt) == (SDXL_ID, 50, "this is where you place your input text")


@pytest.mark.parametrize(
    "body",
    ["no JSON", "[1]", b"\xff", "{}", {}, None, 3, ["x"], "[" * 100_000, bytearray(b"{}"), {**FOUR_KEYS, "body": None}],
    ids=lambda body: str(body)[:30],
)
def test_what_is_no_body_is_named_before_anything_is_sent(studio: Canned, body: Any) -> None:
    with pytest.raises(errors.BodyError):
        helpers.invoke(studio.client, body)


@pytest.mark.parametrize("model", [None, "sdxl", SDXL_ID, "stability.stable-diffusion-xl-v1:0"])
def test_a_model_is_named_by_id_or_role_or_found_by_its_body(studio: Canned, model: str | None) -> None:
    studio.answers(sdxl_answer())
    assert helpers.invoke(studio.client, SDXL, model).model == SDXL_ID


def test_a_body_of_one_model_is_not_sent_to_another(studio: Canned) -> None:
    with pytest.raises(errors.BodyError):
        helpers.invoke(studio.client, SDXL, model="core")


def test_the_arguments_the_wrong_way_round_are_named(studio: Canned) -> None:
    with pytest.raises(TypeError, match=r"invoke\(bedrock, body\)"):
        helpers.invoke(SDXL, studio.client)


def test_a_receipt_keeps_its_own_copy_of_the_body(studio: Canned) -> None:
    body = copy.deepcopy(SDXL)
    studio.answers(sdxl_answer())
    made = helpers.invoke(studio.client, body)
    body["text_prompts"][0]["text"] = "another"  # type: ignore[index]
    assert made.body == SDXL


def test_a_receipt_cannot_be_changed_and_can_be_pickled(studio: Canned) -> None:
    studio.answers(sdxl_answer())
    made = helpers.invoke(studio.client, SDXL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.seed = 11  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(made))
    assert (again.seed, again.image.tobytes()) == (10, made.image.tobytes())


def test_a_receipt_shown_as_text_is_short_and_the_same_on_every_run(studio: Canned) -> None:
    shown = []
    for _ in range(2):
        words = ",".join(f"moon{number}=not-drawn" for number in range(30))
        studio.answers(sdxl_answer(), None, x_studio_unknown_words="quiche", x_studio_words=words)
        shown.append(repr(helpers.invoke(studio.client, {**SDXL, "text_prompts": [{"text": "a beach " * 200}]})))
    assert shown[0] == shown[1]
    assert len(shown[0]) < 200
    assert "seed 10" in shown[0]
    assert "moon0: not drawn, " in shown[0]


def test_a_filtered_picture_is_an_error_that_carries_the_blurred_one(studio: Canned) -> None:
    studio.answers(sdxl_answer("CONTENT_FILTERED"))
    with pytest.raises(errors.FilteredError, match="CONTENT_FILTERED") as caught:
        helpers.invoke(studio.client, SDXL)
    error = caught.value
    assert error.image is not None
    assert error.image.size == (64, 64)
    assert (error.finish_reason, error.seed, error.body, error.cost) == ("CONTENT_FILTERED", 10, SDXL, 0.0)
    assert "bill" not in str(error)


def test_a_failed_picture_is_an_error(studio: Canned) -> None:
    studio.answers(sdxl_answer("ERROR"))
    with pytest.raises(errors.ModelFailedError, match="ERROR"):
        helpers.invoke(studio.client, SDXL)


@pytest.mark.parametrize(
    ("reason", "kind", "kind_without_a_picture"),
    [
        ("Filter reason: prompt", errors.FilteredError, errors.PromptRefusedError),
        ("Filter reason: output image", errors.FilteredError, errors.FilteredError),
        ("Filter reason: input image", errors.FilteredError, errors.PromptRefusedError),
        ("Inference error", errors.ModelFailedError, errors.ModelFailedError),
    ],
)
def test_core_s_finish_reasons_are_errors_with_and_without_a_picture(
    aws: Canned, reason: str, kind: type[errors.CallError], kind_without_a_picture: type[errors.CallError]
) -> None:
    bare = {"finish_reasons": [reason]}
    for answer, meant in ((bare, kind_without_a_picture), (core_answer(finish_reasons=[reason]), kind)):
        aws.answers(answer)
        with pytest.raises(meant, match=reason) as caught:
            helpers.invoke(aws.client, CORE)
        assert type(caught.value) is meant
        assert caught.value.cost == 0.04
        assert "AWS may bill it" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sdxl-filtered", errors.FilteredError),
        ("sdxl-error", errors.ModelFailedError),
        ("core-filtered-prompt", errors.PromptRefusedError),
        ("core-filtered-output", errors.FilteredError),
        ("core-error", errors.ModelFailedError),
    ],
)
def test_recorded_answers_that_hold_no_finished_picture_are_errors(
    studio: Canned, name: str, kind: type[errors.CallError]
) -> None:
    studio.answers((RECORDED / f"{name}.json").read_bytes())
    with pytest.raises(kind):
        helpers.invoke(studio.client, SDXL if name.startswith("sdxl") else CORE)


@pytest.mark.parametrize(("name", "body"), [("sdxl-success", SDXL), ("core-success", CORE)])
def test_recorded_successes_are_receipts(studio: Canned, name: str, body: dict[str, Any]) -> None:
    studio.answers((RECORDED / f"{name}.json").read_bytes())
    made = helpers.invoke(studio.client, body)
    assert (made.image.size, made.finish_reason) == ((64, 64), "SUCCESS")


ODD = {
    "not JSON": b"<html>busy</html>",
    "cut off": json.dumps(sdxl_answer()).encode()[:200],
    "a list": b"[]",
    "empty": {},
    "no artifacts": {"result": "success", "artifacts": []},
    "artifacts of another kind": {"result": "success", "artifacts": "none"},
    "no images": {"seeds": [1], "finish_reasons": [], "images": []},
    "success without a picture": sdxl_answer(base64=None),
    "bad base64": sdxl_answer(base64="$$$"),
    "junk in the base64": sdxl_answer(base64=f"{picture()[:40]}*{picture()[40:]}"),
    "not a picture": sdxl_answer(base64=base64.b64encode(b"hello").decode()),
    "half a picture": sdxl_answer(base64=picture(size=(512, 512))[:400]),
    "a GIF": sdxl_answer(base64=picture(kind="GIF")),
}


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD.keys())
def test_an_answer_without_a_whole_picture_is_an_error_with_a_sentence(studio: Canned, payload: Any) -> None:
    studio.answers(payload)
    with pytest.raises(errors.ServiceError, match="not with a picture") as caught:
        helpers.invoke(studio.client, SDXL)
    assert caught.value.request_id == "r-1"
    assert "base64,iVBOR" not in str(caught.value)


def test_saving_leaves_equal_pixels_alone_and_refuses_to_lose_others(studio: Canned, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "图像.png"
    studio.answers(sdxl_answer())
    made = helpers.invoke(studio.client, SDXL)
    assert made.save(path) == path
    when = path.stat().st_mtime_ns
    made.save(path)
    assert path.stat().st_mtime_ns == when

    studio.answers(sdxl_answer(base64=picture("red")))
    other = helpers.invoke(studio.client, SDXL)
    with pytest.raises(FileExistsError):
        other.save(path)
    assert Image.open(path).getpixel((0, 0)) == (0, 128, 128)
    other.save(path, overwrite=True)
    assert Image.open(path).getpixel((0, 0)) == (255, 0, 0)


def test_a_notebook_shows_a_receipt_as_a_picture_with_its_prompt_as_alt_text(studio: Canned) -> None:
    studio.answers(sdxl_answer())
    data, metadata = helpers.invoke(studio.client, SDXL)._repr_mimebundle_()
    assert any(name.startswith(("image/", "text/html")) for name in data)
    assert "a serene beach at sunset" in json.dumps([{key: str(value) for key, value in data.items()}, metadata])


def test_importing_the_client_imports_no_boto3() -> None:
    import subprocess

    code = "import sys, helpers, helpers.calls.client; print('boto3' in sys.modules, 'numpy' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert ran.stdout.split() == ["False", "False"]
