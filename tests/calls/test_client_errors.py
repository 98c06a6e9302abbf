"""Every refusal that Amazon Bedrock documents or users report, and the error that a learner meets in its place.

Codes, statuses and messages come from data/responses/errors.json and from the service's documentation, not from our code.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from botocore.stub import Stubber

import helpers
from helpers import errors
from helpers.bodies import Body

CORE = Body({"prompt": "a serene beach at sunset"}, "core")
CORE_ID = "stability.stable-image-core-v1:1"

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "responses" / "errors.json").read_text(encoding="utf-8"))
# What each recorded refusal becomes, and words that its message must hold.
MEANT = {
    "retired-model": (errors.RetiredModelError, "left Amazon Bedrock"),
    "legacy-model-unused": (errors.RetiredModelError, "Move to a model that is not legacy"),
    "no-access": (errors.AccessError, "no access to Stable Image Core"),
    "no-marketplace-rights": (errors.AccessError, "aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions"),
    "no-payment-method": (errors.AccessError, "Billing"),
    "iam-denied": (errors.AccessError, "administrator for bedrock:InvokeModel"),
    "not-allowed": (errors.AccessError, "AWS Support"),
    "data-retention": (errors.AccessError, "another model"),
    "unknown-model-or-region": (errors.UnknownModelError, CORE_ID),
    "needs-inference-profile": (errors.UnknownModelError, "with us. before it"),
    "malformed-body": (errors.MalformedBodyError, "refused the request body"),
    "text-too-long": (errors.MalformedBodyError, "expected maxLength: 512, actual: 548"),
    "unknown-field": (errors.MalformedBodyError, "Available fields"),
    "body-too-large": (errors.MalformedBodyError, "25 MB"),
    "filtered-prompt": (errors.PromptRefusedError, "other words"),
    "throttled": (errors.ThrottledError, "90 requests a minute"),
    "model-not-ready": (errors.ThrottledError, "again"),
    "model-timeout": (errors.TimeoutCallError, "again"),
    "model-error": (errors.ModelFailedError, "another seed"),
    "quota-exceeded": (errors.ThrottledError, "quota"),
    "internal": (errors.ServiceError, "again"),
    "unavailable": (errors.ServiceError, "again"),
}
OTHERS = [
    (404, "ResourceNotFoundException", "Could not resolve it.", errors.UnknownModelError, "helpers.models.all()"),
    (400, "ValidationException", "1 validation error detected: Value 'x y' at 'modelId' failed to satisfy constraint",
     errors.UnknownModelError, "helpers.models.all()"),
    (400, "ValidationException", "This request has been blocked by our content filters.",
     errors.PromptRefusedError, "other words"),
    (403, "AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.",
     errors.NoCredentialsError, "AWS_BEARER_TOKEN_BEDROCK"),
    (403, "ExpiredTokenException", "The security token included in the request is expired",
     errors.NoCredentialsError, "aws configure"),
    (403, "UnrecognizedClientException", "The security token included in the request is invalid.",
     errors.NoCredentialsError, "aws configure"),
    (403, "InvalidSignatureException", "Signature expired: 20261121T000000Z is now earlier than 20261121T001000Z",
     errors.NoCredentialsError, "clock"),
    (403, "InvalidSignatureException", "The request signature we calculated does not match the signature you provided.",
     errors.NoCredentialsError, "secret access key"),
    (403, "MissingAuthenticationTokenException", "Missing Authentication Token", errors.NoCredentialsError, "signed"),
    # With no error type in the answer, botocore gives the status as the code.
    (400, "400", "Bad Request", errors.MalformedBodyError, "refused the request body"),
    (403, "403", "Forbidden", errors.AccessError, "administrator"),
    (429, "429", "Slow down", errors.ThrottledError, "minute"),
    (503, "503", "Busy", errors.ServiceError, "again"),
    (418, "TeapotException", "Short and stout", errors.ServiceError, "Short and stout"),
]  # fmt: skip
REFUSALS = [
    *((told["status"], told["code"], told["message"], *MEANT[name]) for name, told in RECORDED.items()),
    *OTHERS,
]


@pytest.fixture
def aws() -> Iterator[Stubber]:
    """A client that points at AWS and answers from a stub: nothing leaves this machine."""
    with Stubber(client()) as stubber:
        yield stubber


@cache
def client(region: str = "us-west-2", **options: Any) -> Any:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=region)
    return session.client("bedrock-runtime", **options)


@pytest.mark.parametrize(("status", "code", "message", "kind", "words"), REFUSALS)
def test_a_refusal_becomes_an_error_that_says_what_why_and_the_fix(
    aws: Stubber, status: int, code: str, message: str, kind: type[errors.CallError], words: str
) -> None:
    aws.add_client_error("invoke_model", code, message, status, response_meta={"RequestId": "r-1"})

    with pytest.raises(kind) as caught:
        helpers.invoke(aws.client, CORE)

    error = caught.value
    assert type(error) is kind
    assert words in str(error)
    assert " ".join(message.split()).rstrip(".") in error.why, "the service's own words are kept"
    assert error.what
    assert error.fix
    assert (error.code, error.status, error.region) == (code, status, "us-west-2")
    assert error.model_id == CORE_ID
    assert isinstance(error.__cause__, botocore.exceptions.ClientError)


def test_a_model_that_lives_in_another_region_is_told_from_one_that_does_not_exist() -> None:
    with Stubber(client("eu-central-1")) as stubber:
        stubber.add_client_error(
            "invoke_model", "ValidationException", "The provided model identifier is invalid.", 400
        )
        with pytest.raises(errors.RegionError, match=r'helpers\.connect\("aws", region="us-west-2"\)') as caught:
            helpers.invoke(stubber.client, CORE)
    assert "eu-central-1" in caught.value.what


UNANSWERED = [
    (botocore.exceptions.NoCredentialsError(), errors.NoCredentialsError, "aws configure"),
    (
        botocore.exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        errors.NoCredentialsError,
        "AWS_SECRET_ACCESS_KEY",
    ),
    (botocore.exceptions.ProfileNotFound(profile="work"), errors.NoCredentialsError, "work"),
    (botocore.exceptions.UnauthorizedSSOTokenError(), errors.NoCredentialsError, "aws"),
    (botocore.exceptions.NoRegionError(), errors.RegionError, "us-west-2"),
    (botocore.exceptions.ReadTimeoutError(endpoint_url="https://x"), errors.TimeoutCallError, "may bill"),
    (botocore.exceptions.ConnectTimeoutError(endpoint_url="https://x"), errors.ConnectionCallError, "network"),
    (botocore.exceptions.EndpointConnectionError(endpoint_url="https://x"), errors.ConnectionCallError, "network"),
    (botocore.exceptions.ProxyConnectionError(proxy_url="http://p"), errors.ConnectionCallError, "proxy"),
    (
        botocore.exceptions.SSLError(endpoint_url="https://x", error="bad certificate"),
        errors.CallSetupError,
        "AWS_CA_BUNDLE",
    ),
    (botocore.exceptions.ParamValidationError(report="no"), errors.MalformedBodyError, "text_to_image"),
    (ConnectionResetError("reset by peer"), errors.ConnectionCallError, "connection broke"),
    (RuntimeError("Credentials were refreshed, but are still expired."), errors.NoCredentialsError, "aws configure"),
]


@pytest.mark.parametrize(("raised", "kind", "words"), UNANSWERED, ids=lambda value: type(value).__name__)
def test_a_call_that_was_never_answered_becomes_a_typed_error_too(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, kind: type[errors.CallError], words: str
) -> None:
    bedrock = client()

    def fail(**_: Any) -> None:
        raise raised

    monkeypatch.setattr(bedrock, "invoke_model", fail)
    with pytest.raises(kind, match=words) as caught:
        helpers.invoke(bedrock, CORE)
    assert caught.value.__cause__ is raised
    assert caught.value.fix


def test_a_studio_that_is_gone_is_named_and_the_fix_is_to_connect_again() -> None:
    gone = client(endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(errors.ConnectionCallError, match=r"studio is gone.*helpers\.connect\(\) again"):
        helpers.invoke(gone, CORE)


def test_an_error_of_python_on_the_studio_is_not_taken_for_missing_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = client(endpoint_url="http://127.0.0.1:9")

    def fail(**_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(studio, "invoke_model", fail)
    with pytest.raises(errors.ServiceError, match="can't start new thread") as caught:
        helpers.invoke(studio, CORE)
    assert "aws configure" not in str(caught.value)


def test_keys_of_another_studio_are_not_taken_for_a_missing_aws_configure() -> None:
    studio = client(endpoint_url="http://127.0.0.1:9")
    with Stubber(studio) as stubber:
        stubber.add_client_error("invoke_model", "UnrecognizedClientException", "The token is invalid.", 403)
        with pytest.raises(errors.NoCredentialsError, match=r"helpers\.connect\(\)") as caught:
            helpers.invoke(studio, CORE)
    assert "aws configure" not in str(caught.value)


def test_attempts_that_botocore_made_are_told(aws: Stubber) -> None:
    made = {"RetryAttempts": 2}
    aws.add_client_error("invoke_model", "ThrottlingException", "Too many requests", 429, response_meta=made)
    with pytest.raises(errors.ThrottledError, match="after 3 attempts") as caught:
        helpers.invoke(aws.client, CORE)
    assert caught.value.attempts == 3


def test_a_refused_prompt_s_error_holds_the_body_that_was_sent(aws: Stubber) -> None:
    told = RECORDED["filtered-prompt"]
    aws.add_client_error("invoke_model", told["code"], told["message"], told["status"])
    with pytest.raises(errors.PromptRefusedError) as caught:
        helpers.invoke(aws.client, CORE)
    assert (caught.value.body, caught.value.image, caught.value.cost) == (CORE, None, 0.0)


def test_sdxl_is_stopped_before_it_is_sent_to_aws_and_core_s_body_is_shown(aws: Stubber) -> None:
    body = helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, negative_prompt="people")

    with pytest.raises(errors.RetiredModelError, match="2025-05-20") as caught:
        helpers.invoke(aws.client, body)  # the stub has no answer: a call would fail otherwise

    error = caught.value
    assert (error.eol.isoformat() if error.eol else "", error.successor) == ("2025-05-20", CORE_ID)
    assert error.body == {
        "prompt": "a serene beach at sunset",
        "negative_prompt": "people",
        "aspect_ratio": "1:1",
        "seed": 10,
    }
    assert json.dumps(error.body, indent=2) in str(error)


def test_sdxl_that_reaches_aws_all_the_same_says_what_aws_answered(
    aws: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.models.Model.retired_on", lambda *_: False)  # an old registry
    gone = "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
    aws.add_client_error("invoke_model", "ResourceNotFoundException", gone, 404)
    with pytest.raises(errors.RetiredModelError, match="end of its life") as caught:
        helpers.invoke(aws.client, helpers.text_to_image("a beach", seed=1))
    assert caught.value.body is not None
    assert "nothing was sent" not in str(caught.value)


def test_a_wrong_body_is_stopped_before_anything_is_sent(aws: Stubber) -> None:
    with pytest.raises(errors.BodyError, match="cfg_scale"):
        helpers.invoke(aws.client, {"text_prompts": [{"text": "a beach"}], "cfg_scale": 99})


def test_an_unknown_model_is_stopped_before_anything_is_sent(aws: Stubber) -> None:
    with pytest.raises(errors.UnknownModelError, match="stability"):
        helpers.invoke(aws.client, CORE, model="stability.stable-image-cor-v1:1")
