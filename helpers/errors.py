"""One tree of errors, so that every failure says what happened, why, and what to do about it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from helpers.language import joined

if TYPE_CHECKING:
    from PIL import Image

Retry = Literal["again", "wait"]
Scope = Literal["request", "model", "account"]

_AS_ITS_CLASS: Any = object()  # not said: the class's own answer holds, and None is one of them


class WorkshopWarning(UserWarning):
    """A remark about a request that is legal but may surprise: an untrained size, a dearer number of steps."""


class WorkshopError(Exception):
    """The root of the tree. `str()` joins three sentences: `.what` happened, `.why`, and the `.fix`."""

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        super().__init__()
        self.args = (what, why, fix)  # pickle and copy rebuild an error from its args
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return joined(self.what, self.why, self.fix)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of all frames."""
        from helpers.language import tracebacks

        return tracebacks.lines(self)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a body: the field's path (`text_prompts[0].weight`), a sentence, and the value found there."""

    field: str
    message: str
    value: object = None


class BodyError(WorkshopError, ValueError):
    """A request body that breaks its schema, found before anything is sent or paid. `.problems` lists all of it."""

    def __init__(self, what: str, why: str = "", fix: str = "", *, problems: Iterable[Problem] = ()) -> None:
        super().__init__(what, why, fix)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return super().__str__().replace(" \n", "\n").replace("\n ", "\n")  # a list of problems has its own lines


class ImageError(WorkshopError, ValueError):
    """Something that is not a usable picture, or a picture of a size that the model does not take."""


class MaskError(WorkshopError, ValueError):
    """A mask that cannot be made, or that does not fit its picture."""


class PictureExistsError(WorkshopError, FileExistsError):
    """A file with other pixels stands where a picture was to be saved; it was left as it is."""


class RecipeError(WorkshopError, LookupError):
    """A picture that does not say which request made it, or whose init image or mask is no longer beside it."""


class SetupError(WorkshopError):
    """The workshop itself is not ready: something is missing, or the studio did not start."""


class BudgetError(WorkshopError):
    """A run that would spend money that nobody has agreed to, or a budget that cannot be kept; nothing was sent."""


class CallError(WorkshopError):
    """Raised when a call was sent, or would have been, and gave no picture.

    What it means for those who would call again, without asking which error it is:

    - `retry`: "again": the same request may succeed when it is sent again. "wait": the service asks for fewer requests:
      wait, then ask the same again as often as it takes. None: the same request ends in the same way, or nobody knows
      what a second call would do, and it may be paid for once more.
    - `scope`: what else ends in the same way: this "request" alone, every request to this "model", or every request of
      this "account".
    - `billed`: whether AWS bills it all the same; None: perhaps, as it was sent and no answer says. On the studio False.
    - `cost`: USD that are counted as spent on it. `attempts`: how often it was sent, as far as boto3 tells.

    `code`, `status` and `request_id` are the service's own words where it answered; the AWS error is the `__cause__`.
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
        retry: Retry | None = _AS_ITS_CLASS,
        scope: Scope = _AS_ITS_CLASS,
        billed: bool | None = _AS_ITS_CLASS,
        cost: float = 0.0,
        attempts: int = 1,
    ) -> None:
        super().__init__(what, why, fix)
        self.model_id, self.region = model_id, region
        self.code, self.status, self.request_id = code, status, request_id
        self.cost, self.attempts = cost, attempts
        if retry is not _AS_ITS_CLASS:
            self.retry = retry
        if scope is not _AS_ITS_CLASS:
            self.scope = scope
        if billed is not _AS_ITS_CLASS:
            self.billed = billed


class NoCredentialsError(CallError):
    """No AWS credentials were found, or they are incomplete, wrong or expired."""

    scope: Scope = "account"


class AccessError(CallError):
    """The caller may not use this model: IAM, Marketplace rights, or a payment method."""

    scope: Scope = "model"


class RegionError(CallError):
    """The model exists, but not in this Region; or no Region is set, or none of that name exists."""

    scope: Scope = "model"


class UnknownModelError(CallError):
    """No model of this name: not in the registry, or not on the service."""

    scope: Scope = "model"


class ThrottledError(CallError):
    """Too many requests for the account's quota; the call can be made again later."""

    retry: Retry | None = "wait"
    scope: Scope = "model"


class MalformedBodyError(CallError):
    """The service refused the request body."""


class TimeoutCallError(CallError):
    """No answer in time. The picture may have been made, and billed, all the same."""

    retry: Retry | None = "again"
    billed: bool | None = None


class ServiceError(CallError):
    """Raised when the service answered, and failed, or without a usable picture; the request may be in order."""

    retry: Retry | None = "again"


class ConnectionCallError(CallError):
    """Raised when no answer came: the service was not reached, or the connection broke on the way.

    `.was_sent`: it broke after the request had left, so that the picture may have been made, and billed, all the same.
    """

    retry: Retry | None = "again"

    def __init__(self, what: str, why: str = "", fix: str = "", *, was_sent: bool = False, **call: Any) -> None:
        super().__init__(what, why, fix, **({"billed": None} if was_sent else {}) | call)
        self.was_sent = was_sent


class CallSetupError(SetupError, CallError):
    """Raised when the way to the service is set up wrongly: a certificate that is not trusted, an endpoint that does
    not fit the credentials. Nothing was sent."""

    scope: Scope = "account"


class RetiredModelError(CallError):
    """The model has left the service. `.eol` is the day, `.body` says the same to a living model, `.successor` is its id."""

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
        said = super().__str__()
        return said if self.body is None else f"{said}\n{json.dumps(self.body, ensure_ascii=False, indent=2)}"


class _UnfinishedError(CallError):
    """A request that was answered otherwise than with a finished picture: refused, or with another finish reason than
    success. `.finish_reason` is None where it was refused; `.body` is what was sent."""

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


class ContentFilterError(_UnfinishedError):
    """A content filter stood in the way: of the prompt (`PromptRefusedError`), or of the picture (`FilteredError`)."""


class PromptRefusedError(ContentFilterError):
    """Raised when a content filter refused the prompt or the init image, before anything was drawn."""


class FilteredError(ContentFilterError):
    """Raised when a picture was made and a content filter stopped it. `.image` is the blurred one, if there is one."""

    billed: bool | None = True


class ModelFailedError(_UnfinishedError):
    """The model itself failed on this request: the call (then it may be made again), or with finish reason ERROR."""

    retry: Retry | None = "again"
