"""One InvokeModel, made in one place, so that every call is counted, timed, and fails in the workshop's own errors."""

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
    """What the service sent, before anybody has looked into it."""

    payload: bytes
    metadata: Mapping[str, Any]  # boto3's ResponseMetadata
    seconds: float  # from the call to the last byte, boto3's own repeats and waiting included
    attempts: int  # how often boto3 sent it


def send(bedrock: Any, call: Call) -> Answer:
    """Send one request and return what came back. `bedrock` is a boto3 client of bedrock-runtime.

    Raises the CallError that fits: ServiceError for what nobody foresaw, with the error itself as its cause.
    """
    from helpers.calls import aws_errors  # needs botocore, which nobody is to wait for before the first call

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
        raise _attempted(aws_errors.translate(error, call)) from error
    try:
        payload, metadata = answer["body"].read(), answer["ResponseMetadata"]
        attempts = max(aws_errors.attempts_of(metadata), _sent.attempts)
    except Exception as error:
        raise _attempted(aws_errors.cut_off(error, call)) from error
    return Answer(payload, metadata, time.perf_counter() - began, attempts)


_sent = threading.local()  # .attempts: how often this thread's call went out


def _count_attempts(bedrock: Any) -> None:
    """Let boto3 tell each time that it sends this thread's call: of calls without an answer it says nothing afterwards."""
    _sent.attempts = 0
    events = getattr(getattr(bedrock, "meta", None), "events", None)
    if events is not None:
        events.register("before-send.bedrock-runtime.InvokeModel", _one_more, unique_id="workshop-attempts")


def _one_more(**_: Any) -> None:
    _sent.attempts = getattr(_sent, "attempts", 0) + 1


def _attempted(error: CallError) -> CallError:
    error.attempts = max(error.attempts, _sent.attempts)
    return error
