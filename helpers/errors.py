"""One tree of errors, each of which says what happened, why, and what to do about it.

    WorkshopError                   .what, .why, .fix
    ├── BodyError                   a request body that breaks its schema; also a ValueError
    ├── ImageError                  an image that cannot be used; also a ValueError
    ├── MaskError                   a mask that cannot be used; also a ValueError
    ├── PictureExistsError          a file in the way of a save; also a FileExistsError
    ├── RecipeError                 a picture without its request; also a LookupError
    ├── SetupError                  the workshop's own set-up
    ├── BudgetError                 a run that would cost more than was agreed
    └── CallError                   a call that gave no picture: .retry, .scope, .billed, .cost, .attempts
        ├── NoCredentialsError      AWS credentials
        ├── CallSetupError          certificates and endpoints; also a SetupError
        ├── AccessError             permission to use the model
        ├── RegionError             the Region
        ├── UnknownModelError       the model's id
        ├── RetiredModelError       a model that has left Bedrock: .eol, .successor, .body
        ├── MalformedBodyError      a body that the service refused
        ├── ThrottledError          quotas
        ├── ConnectionCallError     the network: .was_sent
        ├── TimeoutCallError        the wait for an answer
        ├── ServiceError            the service's own failure
        ├── ModelFailedError        the model's own failure
        └── ContentFilterError      a content filter: .finish_reason, .seed, .image, .body
            ├── PromptRefusedError  on what was sent
            └── FilteredError       on the picture that was made

`WorkshopWarning` stands beside the tree: a warning about a request that is legal but may surprise.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from helpers.language import joined
from helpers.language.remarks import WorkshopWarning as WorkshopWarning

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "AccessError",
    "BodyError",
    "BudgetError",
    "CallError",
    "CallSetupError",
    "ConnectionCallError",
    "ContentFilterError",
    "FilteredError",
    "ImageError",
    "MalformedBodyError",
    "MaskError",
    "ModelFailedError",
    "NoCredentialsError",
    "PictureExistsError",
    "Problem",
    "PromptRefusedError",
    "RecipeError",
    "RegionError",
    "RetiredModelError",
    "ServiceError",
    "SetupError",
    "ThrottledError",
    "TimeoutCallError",
    "UnknownModelError",
    "WorkshopError",
    "WorkshopWarning",
]

Retry = Literal["again", "wait"]
Scope = Literal["request", "model", "account"]

_CLASS_DEFAULT: Any = object()  # an argument that was not given: None is a value of its own


class WorkshopError(Exception):
    """The root of the tree: catch it to catch every error of the workshop.

    `str(error)` joins three sentences: `.what` happened, `.why`, and the `.fix`.
    """

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        super().__init__()
        self.args = (what, why, fix)  # pickle and copy rebuild an error from its args
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return joined(self.what, self.why, self.fix)

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of the whole traceback."""
        from helpers.language import tracebacks

        return tracebacks.lines(self)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a request body."""

    field: str  # its path, such as text_prompts[0].weight
    message: str  # a sentence
    value: object = None  # as found there


class BodyError(WorkshopError, ValueError):
    """Raised when a request body breaks its schema, before anything is sent or paid: correct what `.problems` lists."""

    def __init__(self, what: str, why: str = "", fix: str = "", *, problems: Iterable[Problem] = ()) -> None:
        super().__init__(what, why, fix)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return super().__str__().replace(" \n", "\n").replace("\n ", "\n")  # a list of problems has its own lines


class ImageError(WorkshopError, ValueError):
    """Raised when something is not a usable image, or has a size that the model does not take: convert or resize it."""


class MaskError(WorkshopError, ValueError):
    """Raised when a mask cannot be made, or does not fit its image: give it the image's size, and paint it white where
    the image may change."""


class PictureExistsError(WorkshopError, FileExistsError):
    """Raised when a save would replace a file with other pixels, which was left alone: choose another name, or pass
    `overwrite=True`."""


class RecipeError(WorkshopError, LookupError):
    """Raised when a picture does not hold the request that made it, or when its init image or mask is no longer beside
    it: use a picture that `made.save(path)` wrote, with its `inputs/` folder."""


class SetupError(WorkshopError):
    """Raised when something of the workshop is missing, or when the studio did not start: `python -m helpers.doctor`
    names the fix."""


class BudgetError(WorkshopError):
    """Raised when a run would spend money that nobody agreed to, or when its budget cannot be kept. Nothing was sent:
    pass a budget that covers it."""


class CallError(WorkshopError):
    """Raised when a call gave no picture, sent or not. Its fields say what a second call would do, whatever its class:

    - `retry`: "again": the same request may succeed when it is sent again. "wait": the service asks for fewer requests:
      wait, then send the same request again, as often as it takes. None: the same request would fail in the same way,
      or nobody knows what it would do, and it may be billed once more.
    - `scope`: what else fails in the same way: this "request" alone, every request to this "model", or every request
      of this "account".
    - `billed`: True if AWS bills the call all the same, False if not (always so on the studio), None if it was sent
      and no answer says.
    - `cost`: USD counted as spent on it. `attempts`: how often it was sent, by boto3's count.

    `model_id` and `region` are where the call went. `code`, `status` (HTTP) and `request_id` are the service's, None
    where it did not answer; the AWS error is the `__cause__`.
    """

    retry: Retry | None = None
    scope: Scope = "request"
    billed: bool | None = False

    def __init__(
        self,
        what: str,
        why: str = "",
        fix: str = "",
        *,
        model_id: str | None = None,
        region: str | None = None,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry: Retry | None = _CLASS_DEFAULT,
        scope: Scope = _CLASS_DEFAULT,
        billed: bool | None = _CLASS_DEFAULT,
        cost: float = 0.0,
        attempts: int = 1,
    ) -> None:
        super().__init__(what, why, fix)
        self.model_id, self.region = model_id, region
        self.code, self.status, self.request_id = code, status, request_id
        self.cost, self.attempts = cost, attempts
        if retry is not _CLASS_DEFAULT:
            self.retry = retry
        if scope is not _CLASS_DEFAULT:
            self.scope = scope
        if billed is not _CLASS_DEFAULT:
            self.billed = billed


class NoCredentialsError(CallError):
    """Raised when AWS credentials are missing, incomplete, wrong or expired: sign in again, or set new access keys."""

    scope: Scope = "account"


class CallSetupError(SetupError, CallError):
    """Raised when the certificate of the connection is not trusted, or when the endpoint does not fit the credentials.
    Nothing was sent: correct the setting that the message names."""

    scope: Scope = "account"


class AccessError(CallError):
    """Raised when the account or user may not use the model: ask an administrator for the IAM permission, the
    Marketplace rights or the payment method that the message names."""

    scope: Scope = "model"


class RegionError(CallError):
    """Raised when the Region does not offer the model, is not set, or does not exist: connect with `region=`."""

    scope: Scope = "model"


class UnknownModelError(CallError):
    """Raised when the registry or the service knows no model of this name: `helpers.models.all()` lists them."""

    scope: Scope = "model"


class RetiredModelError(CallError):
    """Raised when the model has left Bedrock: send `.body`, the same request for its successor, to `.successor`.

    `.eol` is the day on which it left, `.successor` a model id; each is None where the registry knows none.
    """

    scope: Scope = "model"

    def __init__(
        self,
        what: str,
        why: str = "",
        fix: str = "",
        *,
        eol: date | None = None,
        body: Mapping[str, Any] | None = None,
        successor: str | None = None,
        **call: Any,
    ) -> None:
        super().__init__(what, why, fix, **call)
        self.eol, self.successor = eol, successor
        self.body = dict(body) if body is not None else None

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.body is None else f"{text}\n{json.dumps(self.body, ensure_ascii=False, indent=2)}"


class MalformedBodyError(CallError):
    """Raised when the service refused the request body: compare it with one that `helpers.text_to_image` writes."""


class ThrottledError(CallError):
    """Raised when the service asks for fewer requests, or its model is not ready yet: wait, then make the call again."""

    retry: Retry | None = "wait"
    scope: Scope = "model"


class ConnectionCallError(CallError):
    """Raised when the service was not reached, or the connection broke: check the network, then make the call again.

    `.was_sent` is True if it broke after the request had left: the picture may have been made, and billed, already.
    """

    retry: Retry | None = "again"

    def __init__(self, what: str, why: str = "", fix: str = "", *, was_sent: bool = False, **call: Any) -> None:
        super().__init__(what, why, fix, **({"billed": None} if was_sent else {}) | call)
        self.was_sent = was_sent


class TimeoutCallError(CallError):
    """Raised when no answer came in time: make the call again. The picture may have been made, and billed, already."""

    retry: Retry | None = "again"
    billed: bool | None = None


class ServiceError(CallError):
    """Raised when the service failed, or answered without a usable picture: the request may be in order, so make the
    call again if `.retry` says so."""

    retry: Retry | None = "again"


class _UnfinishedError(CallError):
    """Raised when the model or a content filter ended a request without a finished picture.

    `.finish_reason` is the answer's (None where the service refused the request), `.seed` the seed it names, `.image`
    the picture that came all the same, if any, and `.body` the request body that was sent.
    """

    def __init__(
        self,
        what: str,
        why: str = "",
        fix: str = "",
        *,
        finish_reason: str | None = None,
        seed: int | None = None,
        image: "Image.Image | None" = None,
        body: Mapping[str, Any] | None = None,
        **call: Any,
    ) -> None:
        super().__init__(what, why, fix, **call)
        self.finish_reason, self.seed, self.image = finish_reason, seed, image
        self.body = dict(body) if body is not None else None


class ModelFailedError(_UnfinishedError):
    """Raised when the model itself failed: make the call again if `.retry` says so, otherwise with another seed."""

    retry: Retry | None = "again"


class ContentFilterError(_UnfinishedError):
    """Raised when a content filter stopped a request (`PromptRefusedError`) or its picture (`FilteredError`)."""


class PromptRefusedError(ContentFilterError):
    """Raised when a content filter refused the prompt or the init image, before anything was drawn: change that one."""


class FilteredError(ContentFilterError):
    """Raised when a content filter stopped the finished picture: change the prompt or the seed. `.image` is the blurred
    picture, or None."""

    billed: bool | None = True


def __dir__() -> list[str]:
    return __all__
