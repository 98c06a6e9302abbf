"""HTTP answers, and the errors of the studio in the shape that Amazon Bedrock gives them."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from helpers.language import shortened

# HTTP status of every error the studio gives. Source: botocore's service model of bedrock-runtime, and for the
# signature errors the common errors of AWS's APIs.
STATUS = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignatureException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
    "ResourceNotFoundException": 404,
    "UnknownOperationException": 404,
    "ValidationException": 400,
    "ServiceQuotaExceededException": 400,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
# Bedrock's own spelling of the header: the class, then this address.
_NAMESPACE = "http://internal.amazon.com/coral/com.amazon.bedrock/"


MAX_MESSAGE = 16_000  # characters: whatever an error repeats of a request, of an engine or of an exception


Delivery = Literal["whole", "cut", "reset", "none"]
"""How an answer goes out: as it is; cut off in the middle of its body; not at all, with the connection reset; or not
at all, with the connection left open until the client hangs up."""


Refusal = Literal["invalid_prompts", "content_filtered", "error"]
"""How a model refuses: the prompt is not taken, the image is withheld or blurred, or the model fails."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer. Its body is in pieces, so that a picture's megabytes are never copied to be joined."""

    status: int
    body: tuple[bytes, ...]
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = "whole"
    drew: bool = False
    """True where an engine drew a picture for it, whatever then became of the picture."""


class BedrockError(Exception):
    """Raised when a request is answered with an error; `code` is its class in boto3 (`client.exceptions.<code>`)."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, shortened(message, MAX_MESSAGE)
        self.headers, self.more = headers, more
        self.status = STATUS[code] if status is None else status

    def reply(self) -> Reply:
        """Return the answer that botocore turns into this error."""
        headers = (("x-amzn-errortype", f"{self.code}:{_NAMESPACE}"), *self.headers)
        return json_reply({"message": self.message, **self.more}, status=self.status, headers=headers)


def json_reply(content: Any, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Return an answer with `content` as JSON."""
    return Reply(status, (json.dumps(content).encode(),), (("content-type", "application/json"), *headers))


def validation(message: str) -> BedrockError:
    """Return a ValidationException, the error for a wrong request; `message` says what is wrong."""
    return BedrockError("ValidationException", message)
