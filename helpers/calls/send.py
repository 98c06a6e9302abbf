"""The one way a call is made: an InvokeModel request, counted and timed, that fails in the workshop's own errors."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.calls.answers import Call
from helpers.errors import CallError, WorkshopError


@dataclass(frozen=True)
class Answer:
    """The answer of the service, not yet parsed."""

    payload: bytes  # the response body
    metadata: Mapping[str, Any]  # boto3's ResponseMetadata
    seconds: float  # from the call to the last byte, boto3's retries and waits included
    attempts: int  # how often boto3 sent the request


def send(bedrock: Any, call: Call) -> Answer:
    """Send one request and return its answer. `bedrock` is a boto3 client of bedrock-runtime.

    Raises the CallError that fits; ServiceError, with the exception as its cause, where none does.
    """
    from helpers.calls import aws_errors  # imports botocore, which takes time, so not before the first call

    assert call.model is not None
    _count_attempts(bedrock)
    began = time.perf_counter()
    try:
        answer = bedrock.invoke_model(
            modelId=call.model.invoke_id,
            body=json.dumps(call.body),
            contentType="application/json",
            accept="application/json",
        )
    except WorkshopError:
        raise
    except Exception as error:
        raise _with_attempts(aws_errors.call_error(error, call)) from error
    try:
        payload, metadata = answer["body"].read(), answer["ResponseMetadata"]
        attempts = max(aws_errors.attempts_of(metadata), _sent.attempts)
    except Exception as error:
        raise _with_attempts(aws_errors.cut_off_error(error, call)) from error
    return Answer(payload, metadata, time.perf_counter() - began, attempts)


_sent = threading.local()  # .attempts: how often this thread's request was sent


def _count_attempts(bedrock: Any) -> None:
    """Count the attempts of this thread's call by boto3's events: errors of calls without an answer hold no count."""
    _sent.attempts = 0
    events = getattr(getattr(bedrock, "meta", None), "events", None)
    if events is not None:
        events.register("before-send.bedrock-runtime.InvokeModel", _count_one, unique_id="workshop-attempts")


def _count_one(**_: Any) -> None:
    _sent.attempts = getattr(_sent, "attempts", 0) + 1


def _with_attempts(error: CallError) -> CallError:
    error.attempts = max(error.attempts, _sent.attempts)
    return error
