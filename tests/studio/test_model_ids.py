"""Which ids the studio answers to, and in which of Bedrock's words it turns the others away."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

SDXL = "stability.stable-diffusion-xl-v1"
SDXL_08 = "stability.stable-diffusion-xl"
CORE = "stability.stable-image-core-v1:1"
ULTRA = "stability.stable-image-ultra-v1:1"
SD35 = "stability.sd3-5-large-v1:0"
END_OF_LIFE = (
    "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
)
INVALID = "The provided model identifier is invalid."


def refused(wire: Any, bedrock: Any, model: str, body: Any = None) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, wire.beach() if body is None else body, model)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


@pytest.mark.parametrize(
    "model",
    [
        "stability.stable-diffusion-xl-v1",
        "stability.stable-diffusion-xl-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/stability.stable-diffusion-xl-v1",
        "arn:aws:bedrock:us-west-2::foundation-model/stability.stable-diffusion-xl-v1:0",
        "arn:aws-cn:bedrock:cn-north-1::foundation-model/stability.stable-diffusion-xl-v1",
    ],
)
def test_sdxl_lives_on_the_studio_by_each_of_its_names(wire: Any, bedrock: Any, model: str) -> None:
    assert wire.invoke(bedrock, wire.beach(), model).body["result"] == "success"


@pytest.mark.parametrize("model", [CORE, f"arn:aws:bedrock:us-west-2::foundation-model/{CORE}"])
def test_stable_image_core_answers_too(wire: Any, bedrock: Any, model: str) -> None:
    assert wire.invoke(bedrock, {"prompt": "a beach"}, model).body["finish_reasons"] == [None]


@pytest.mark.parametrize(
    "model",
    [
        "stability.sd3-large-v1:0",
        "stability.stable-image-core-v1:0",
        "stability.stable-image-ultra-v1:0",
        "amazon.titan-image-generator-v1",
        "amazon.titan-image-generator-v2:0",
        "amazon.nova-canvas-v1:0",
    ],
)
def test_other_retired_models_are_as_retired_as_on_aws(wire: Any, bedrock: Any, model: str) -> None:
    assert refused(wire, bedrock, model) == ("ResourceNotFoundException", 404, END_OF_LIFE)


def test_a_retired_model_is_named_before_its_body_is_looked_at(wire: Any, bedrock: Any) -> None:
    assert refused(wire, bedrock, "amazon.titan-image-generator-v1", b"{")[2] == END_OF_LIFE


@pytest.mark.parametrize("model", ["stability.stable-image-inpaint-v1:0", "stability.stable-outpaint-v1:0"])
def test_a_model_of_profiles_is_refused_by_its_bare_id(wire: Any, bedrock: Any, model: str) -> None:
    expected = (
        f"Invocation of model ID {model} with on-demand throughput isn\u2019t supported. Retry your request with the ID "
        "or ARN of an inference profile that contains this model."
    )
    assert refused(wire, bedrock, model) == ("ValidationException", 400, expected)


@pytest.mark.parametrize(
    "model",
    [
        "us.stability.stable-image-inpaint-v1:0",
        "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.stability.stable-image-inpaint-v1:0",
        "us.stability.stable-image-erase-object-v1:0",
    ],
)
def test_a_living_model_that_is_not_here_is_told_what_is(wire: Any, bedrock: Any, model: str) -> None:
    code, status, message = refused(wire, bedrock, model)
    assert (code, status) == ("ValidationException", 400)
    assert "stability.stable-diffusion-xl-v1" in message
    assert CORE in message


@pytest.mark.parametrize(
    "model",
    [
        "stability.stable-diffusion-xl-v2",
        "us.stability.stable-image-core-v1:1",
        "us.stability.stable-diffusion-xl-v1",
        "sdxl",
        "core",
        "arn:aws:bedrock:us-west-2:123456789012:provisioned-model/abcdefghijkl",
        "..",
        "arn:aws:s3:::foundation-model/stability.stable-diffusion-xl-v1",
    ],
)
def test_an_unknown_id_is_invalid(wire: Any, bedrock: Any, model: str) -> None:
    assert refused(wire, bedrock, model) == ("ValidationException", 400, INVALID)


@pytest.mark.parametrize("model", ["a b", "stability/%41", "模型", "a\nb"])
def test_an_id_of_other_characters_breaks_the_documented_pattern(wire: Any, bedrock: Any, model: str) -> None:
    code, status, message = refused(wire, bedrock, model)
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith(
        f"1 validation error detected: Value '{model}' at 'modelId' failed to satisfy constraint: "
    )
    assert "Member must satisfy regular expression pattern: (arn:aws" in message


def test_an_id_that_is_too_long_is_told_so(wire: Any, bedrock: Any) -> None:
    message = refused(wire, bedrock, "a" * 2049)[2]
    assert message.endswith("Member must have length less than or equal to 2048")


def test_core_is_only_in_its_region_and_sdxl_in_each(wire: Any, studio: Any) -> None:
    elsewhere = wire.client_of(studio, region="eu-central-1")
    assert refused(wire, elsewhere, CORE, {"prompt": "a"}) == ("ValidationException", 400, INVALID)
    assert wire.invoke(elsewhere, wire.beach()).body["result"] == "success"


class TestControlPlane:
    @pytest.fixture
    def catalogue(self, wire: Any, studio: Any) -> Any:
        return wire.client_of(studio, "bedrock")

    def test_it_lists_what_the_studio_has(self, catalogue: Any) -> None:
        listed = catalogue.list_foundation_models()["modelSummaries"]
        assert [one["modelId"] for one in listed] == [SDXL, SDXL_08, CORE, ULTRA, SD35]
        assert all(one["outputModalities"] == ["IMAGE"] for one in listed)
        assert all(one["modelLifecycle"] == {"status": "ACTIVE"} for one in listed)

    def test_filters_hold(self, catalogue: Any) -> None:
        assert catalogue.list_foundation_models(byProvider="amazon")["modelSummaries"] == []
        assert len(catalogue.list_foundation_models(byProvider="Stability AI")["modelSummaries"]) == 5
        assert catalogue.list_foundation_models(byOutputModality="TEXT")["modelSummaries"] == []

    def test_details_of_one_model(self, catalogue: Any) -> None:
        told = catalogue.get_foundation_model(modelIdentifier=CORE)["modelDetails"]
        assert told["modelArn"] == f"arn:aws:bedrock:us-west-2::foundation-model/{CORE}"
        assert told["inputModalities"] == ["TEXT"]
        told = catalogue.get_foundation_model(modelIdentifier=SD35)["modelDetails"]
        assert told["inputModalities"] == ["TEXT", "IMAGE"]

    def test_a_retired_model_has_no_details(self, catalogue: Any) -> None:
        with pytest.raises(catalogue.exceptions.ResourceNotFoundException, match="end of its life"):
            catalogue.get_foundation_model(modelIdentifier="amazon.titan-image-generator-v1")

    def test_availability(self, catalogue: Any) -> None:
        told = catalogue.get_foundation_model_availability(modelId="stability.stable-diffusion-xl-v1:0")
        assert told["entitlementAvailability"] == "AVAILABLE"
        assert told["authorizationStatus"] == "AUTHORIZED"
        told = catalogue.get_foundation_model_availability(modelId="us.stability.stable-image-inpaint-v1:0")
        assert told["entitlementAvailability"] == "NOT_AVAILABLE"


class TestOtherOperations:
    def test_streaming_is_refused_with_the_way_out(self, wire: Any, bedrock: Any) -> None:
        with pytest.raises(bedrock.exceptions.ValidationException, match=r"unsupported for streaming.*InvokeModel"):
            bedrock.invoke_model_with_response_stream(modelId="stability.stable-diffusion-xl-v1", body=b"{}")

    def test_converse_is_refused(self, bedrock: Any) -> None:
        messages = [{"role": "user", "content": [{"text": "a beach"}]}]
        with pytest.raises(
            bedrock.exceptions.ValidationException, match="Try again with a supported text or chat model"
        ):
            bedrock.converse(modelId="stability.stable-diffusion-xl-v1", messages=messages)
        with pytest.raises(
            bedrock.exceptions.ValidationException, match="Try again with a supported text or chat model"
        ):
            bedrock.converse_stream(modelId="stability.stable-diffusion-xl-v1", messages=messages)

    def test_what_bedrock_has_and_the_studio_not_is_unknown(self, bedrock: Any) -> None:
        with pytest.raises(ClientError, match=r"UnknownOperationException.*The offline studio has InvokeModel, "):
            bedrock.get_async_invoke(invocationArn="arn:aws:bedrock:us-west-2:000000000000:async-invoke/abcdefghijkl")
