"""What each error means for who would call again: every refusal and every way to get no answer, on AWS and the studio.

`retry`: "again", "wait" or None. `scope`: "request", "model" or "account". `billed`: True, False, or None for perhaps.
"""

import json
from pathlib import Path
from typing import Any

import botocore.exceptions as boto
import pytest

from helpers import errors, models
from helpers.calls import answers, aws_errors
from helpers.calls.answers import Call

Meaning = tuple[type[errors.CallError], str | None, str, bool | None]

BODY = {"prompt": "a serene beach at sunset", "seed": 1}
PICTURE = json.loads((Path(__file__).parents[2] / "data" / "responses" / "core-success.json").read_text("utf-8"))

KEYS: Meaning = (errors.NoCredentialsError, None, "account", False)
ACCESS: Meaning = (errors.AccessError, None, "model", False)
RETIRED: Meaning = (errors.RetiredModelError, None, "model", False)
UNKNOWN: Meaning = (errors.UnknownModelError, None, "model", False)
MALFORMED: Meaning = (errors.MalformedBodyError, None, "request", False)
PROMPT: Meaning = (errors.PromptRefusedError, None, "request", False)
THROTTLED: Meaning = (errors.ThrottledError, "wait", "model", False)
TIMEOUT: Meaning = (errors.TimeoutCallError, "again", "request", None)
FAILED_CALL: Meaning = (errors.ModelFailedError, "again", "request", False)
SERVICE: Meaning = (errors.ServiceError, "again", "request", False)
REFUSED: Meaning = (errors.ServiceError, None, "request", False)
NO_REGION: Meaning = (errors.RegionError, None, "account", False)
SETUP: Meaning = (errors.CallSetupError, None, "account", False)
NOT_REACHED: Meaning = (errors.ConnectionCallError, "again", "request", False)
BROKEN: Meaning = (errors.ConnectionCallError, "again", "request", None)

ANSWERS: dict[tuple[str, str], Meaning] = {
    ("ResourceNotFoundException", "marked by provider as legacy"): RETIRED,
    ("ResourceNotFoundException", ""): UNKNOWN,
    ("AccessDeniedException", "invalid_payment_instrument"): (errors.AccessError, None, "account", False),
    ("AccessDeniedException", "aws-marketplace"): ACCESS,
    ("AccessDeniedException", "not authorized to perform"): ACCESS,
    ("AccessDeniedException", "api key"): KEYS,
    ("AccessDeniedException", "bearer token"): KEYS,
    ("AccessDeniedException", ""): ACCESS,
    ("ValidationException", "operation not allowed"): ACCESS,
    ("ValidationException", "data retention mode"): ACCESS,
    ("ValidationException", "at 'modelid'"): UNKNOWN,
    ("ValidationException", "on-demand throughput"): UNKNOWN,
    ("ValidationException", "not on this offline studio"): UNKNOWN,
    ("ValidationException", "filtered words"): PROMPT,
    ("ValidationException", "invalid_prompts"): PROMPT,
    ("ValidationException", "content filters"): PROMPT,
    ("ValidationException", "less than or equal to 25000000"): MALFORMED,
    ("ValidationException", ""): MALFORMED,
    ("ServiceQuotaExceededException", ""): THROTTLED,
    ("ThrottlingException", ""): THROTTLED,
    ("TooManyRequestsException", ""): THROTTLED,
    ("ModelNotReadyException", ""): THROTTLED,
    ("ModelTimeoutException", ""): TIMEOUT,
    ("ModelErrorException", ""): FAILED_CALL,
    ("InternalServerException", ""): SERVICE,
    ("ServiceUnavailableException", ""): SERVICE,
    ("ExpiredToken", ""): KEYS,
    ("RequestExpired", ""): KEYS,
    ("InvalidSignatureException", "signature expired"): KEYS,
    ("InvalidSignatureException", "signature not yet current"): KEYS,
    ("InvalidSignatureException", ""): KEYS,
    ("SignatureDoesNotMatch", "signature expired"): KEYS,
    ("SignatureDoesNotMatch", ""): KEYS,
    ("UnrecognizedClientException", ""): KEYS,
    ("InvalidClientTokenId", ""): KEYS,
    ("MissingAuthenticationToken", ""): KEYS,
    ("IncompleteSignature", ""): KEYS,
}
STATUSES = {
    301: REFUSED, 401: REFUSED, 402: REFUSED, 418: REFUSED, 499: REFUSED,
    400: MALFORMED, 403: ACCESS, 404: UNKNOWN, 408: TIMEOUT, 413: MALFORMED, 424: FAILED_CALL, 429: THROTTLED,
    500: SERVICE, 502: SERVICE, 503: SERVICE, 504: SERVICE, None: SERVICE,
}  # fmt: skip
UNANSWERED: dict[str, Meaning] = {
    "NoRegionError": NO_REGION,
    "InvalidRegionError": NO_REGION,
    "ReadTimeoutError": TIMEOUT,
    "TimeoutError": TIMEOUT,
    "SSLError": BROKEN,
    "InvalidEndpointConfigurationError": SETUP,
    "ParamValidationError": MALFORMED,
    "HTTPClientError": BROKEN,
    "IncompleteReadError": BROKEN,
    "ProtocolError": BROKEN,
    "ConnectionResetError": BROKEN,
    "ConnectionAbortedError": BROKEN,
    "ConnectionError": NOT_REACHED,
    "HTTPError": NOT_REACHED,
    "OSError": NOT_REACHED,
}


def meaning(error: errors.CallError) -> Meaning:
    return type(error), error.retry, error.scope, error.billed


def call_on(backend: answers.Backend) -> Call:
    return Call(backend, "us-west-2", models.get("core"), BODY)


def answered(code: str, message: str, status: int | None) -> boto.ClientError:
    told: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return boto.ClientError(told, "InvokeModel")


def bare(kind: type[BaseException]) -> BaseException:
    """An error of this kind, whatever it wants to be made of."""
    return kind.__new__(kind)


def test_every_row_has_a_meaning() -> None:
    assert {(row.code, row.phrase) for row in aws_errors._ANSWERS} == set(ANSWERS)


@pytest.mark.parametrize(("row", "expected"), ANSWERS.items(), ids=lambda value: "-".join(map(str, value))[:60])
def test_a_refusal_says_what_it_means(row: tuple[str, str], expected: Meaning) -> None:
    code, words = row
    kind, retry, scope, _ = expected
    error = answered(code, f"Said: {words}", 400)
    assert meaning(aws_errors.call_error(error, call_on("aws"))) == expected
    assert meaning(aws_errors.call_error(error, call_on("studio"))) == (kind, retry, scope, False)


@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
def test_a_refusal_without_a_name_is_told_by_its_status(status: int | None, expected: Meaning) -> None:
    error = answered(str(status), "Said nothing.", status)
    assert meaning(aws_errors.call_error(error, call_on("aws"))) == expected


def test_a_model_that_is_not_here_or_gone_concerns_the_model() -> None:
    nowhere = answered("ValidationException", "The provided model identifier is invalid.", 400)
    gone = answered("ResourceNotFoundException", "This model version has reached the end of its life.", 404)
    away = Call("aws", "eu-central-1", models.get("core"), BODY)
    assert meaning(aws_errors.call_error(nowhere, away)) == (errors.RegionError, None, "model", False)
    assert meaning(aws_errors.call_error(nowhere, call_on("aws"))) == UNKNOWN
    assert meaning(aws_errors.call_error(gone, call_on("aws"))) == RETIRED


@pytest.mark.parametrize(
    "kind", [kind for kinds, _ in aws_errors._UNANSWERED for kind in kinds], ids=lambda kind: kind.__name__
)
def test_no_answer_says_what_it_means(kind: type[BaseException]) -> None:
    expected = KEYS if kind in aws_errors._CREDENTIALS else UNANSWERED[kind.__name__]
    assert meaning(aws_errors.call_error(bare(kind), call_on("aws"))) == expected
    assert aws_errors.call_error(bare(kind), call_on("studio")).billed is False


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (boto.EndpointConnectionError(endpoint_url="https://x"), NOT_REACHED),
        (boto.ConnectTimeoutError(endpoint_url="https://x"), NOT_REACHED),
        (boto.ProxyConnectionError(proxy_url="http://p"), NOT_REACHED),
        (boto.ConnectionClosedError(endpoint_url="https://x"), BROKEN),
        (boto.ResponseStreamingError(error="reset"), BROKEN),
        (boto.SSLError(endpoint_url="https://x", error="[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), SETUP),
        (boto.SSLError(endpoint_url="https://x", error="EOF occurred in violation of protocol"), BROKEN),
        (boto.SSLError(endpoint_url="https://x", error="[SSL: UNEXPECTED_EOF_WHILE_READING]"), BROKEN),
        (RuntimeError("Credentials were refreshed, but are still expired."), KEYS),
        (boto.SSLError(endpoint_url="https://x", error="[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]"), BROKEN),
        (boto.SSLError(endpoint_url="https://x", error="Hostname mismatch"), SETUP),
        (RecursionError("too deep"), (errors.ServiceError, None, "request", None)),
        (
            boto.UnknownParameterError(name="a", operation="b", choices="c"),
            (errors.ServiceError, None, "request", None),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_connection_that_was_never_there_is_told_from_one_that_broke(raised: Exception, expected: Meaning) -> None:
    error = aws_errors.call_error(raised, call_on("aws"))
    assert meaning(error) == expected
    if isinstance(error, errors.ConnectionCallError):
        assert error.was_sent == (expected is BROKEN)


def test_a_studio_that_is_gone_may_be_asked_again() -> None:
    gone = boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
    assert meaning(aws_errors.call_error(gone, call_on("studio"))) == NOT_REACHED


def test_trouble_on_the_way_is_no_trouble_of_the_service() -> None:
    assert not issubclass(errors.ConnectionCallError, errors.ServiceError)
    assert not issubclass(errors.CallSetupError, errors.ServiceError)
    assert issubclass(errors.CallSetupError, errors.SetupError)


@pytest.mark.parametrize("backend", ["aws", "studio"])
@pytest.mark.parametrize(
    ("reason", "has_picture", "kind", "retry", "billed"),
    [
        ("CONTENT_FILTERED", True, errors.FilteredError, None, True),
        ("Filter reason: output image", False, errors.FilteredError, None, True),
        ("Filter reason: prompt", True, errors.FilteredError, None, True),
        ("Filter reason: prompt", False, errors.PromptRefusedError, None, None),
        ("Filter reason: input image", False, errors.PromptRefusedError, None, None),
        ("ERROR", False, errors.ModelFailedError, None, True),
        ("Inference error", True, errors.ModelFailedError, None, True),
        ("SUCCESS", False, errors.ServiceError, None, True),
    ],
)
def test_an_answer_without_a_finished_picture_says_what_it_means(
    backend: Any, reason: str, has_picture: bool, kind: type[errors.CallError], retry: str | None, billed: bool | None
) -> None:
    payload = json.dumps({**(PICTURE if has_picture else {}), "finish_reasons": [reason]}).encode()
    with pytest.raises(errors.CallError) as caught:
        answers.read(payload, {}, call=call_on(backend), seconds=1.0)
    assert meaning(caught.value) == (kind, retry, "request", billed if backend == "aws" else False)
    assert caught.value.cost == (0.04 if backend == "aws" else 0.0)
    assert isinstance(caught.value, errors.ContentFilterError) == ("ilter" in reason.lower())


def test_a_refused_prompt_is_not_advised_to_try_another_seed() -> None:
    for reason, words in (("Filter reason: prompt", "other words"), ("Filter reason: input image", "another image")):
        with pytest.raises(errors.PromptRefusedError, match=words) as caught:
            answers.read(json.dumps({"finish_reasons": [reason]}).encode(), {}, call=call_on("aws"), seconds=1.0)
        assert "seed" not in caught.value.fix
