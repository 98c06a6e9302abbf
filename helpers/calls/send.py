"""One InvokeModel, made in one place, so that every call is counted, timed, and fails in the workshop's own errors."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.errors import WorkshopError
from helpers.generation import Call


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
    from helpers import call_errors  # needs botocore, which nobody is to wait for before the first call

    assert call.model is not None
    began = time.perf_counter()
    try:
        answer = bedrock.invoke_model(
            modelId=call.model.invoke_id,
            body=json.dumps(call.body),
            contentType="application/json",
            accept="application/json",
        )
        payload, metadata = answer["body"].read(), answer["ResponseMetadata"]
        attempts = call_errors.attempts_of(metadata)
    except WorkshopError:
        raise
    except call_errors.TRANSLATED as error:
        raise call_errors.translate(error, call) from error
    except Exception as error:
        raise call_errors.unforeseen(error, call) from error
    return Answer(payload, metadata, time.perf_counter() - began, attempts)
