"""One tree of errors, so that every failure says what happened, why, and what to do about it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from helpers.language import joined

if TYPE_CHECKING:
    from PIL import Image


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
        from helpers import short_traceback

        return short_traceback.lines(self)


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
    """A call that was sent, or would have been, and gave no picture.

    `code`, `status` and `request_id` are the service's own words where it answered; the AWS error is the `__cause__`.
    """

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
    ) -> None:
        super().__init__(what, why, fix)
        self.model_id, self.region = model_id, region
        self.code, self.status, self.request_id = code, status, request_id


class NoCredentialsError(CallError):
    """No AWS credentials were found, or they are incomplete, wrong or expired."""


class AccessError(CallError):
    """The caller may not use this model: IAM, Marketplace rights, or a payment method."""


class RegionError(CallError):
    """The model exists, but not in this Region."""


class UnknownModelError(CallError):
    """No model of this name: not in the registry, or not on the service."""


class ThrottledError(CallError):
    """Too many requests for the account's quota; the call can be made again later."""


class MalformedBodyError(CallError):
    """The service refused the request body."""


class TimeoutCallError(CallError):
    """No answer in time. The picture may have been made, and billed, all the same."""


class ServiceError(CallError):
    """The service failed or could not be reached; the request itself may be in order.

    `.cost` is what an answer without a usable picture has cost, in USD. `.was_sent`: the connection broke after the
    request had left, so that the picture may have been made, and billed, all the same.
    """

    def __init__(
        self, what: str, why: str = "", fix: str = "", *, cost: float = 0.0, was_sent: bool = False, **call: Any
    ) -> None:
        super().__init__(what, why, fix, **call)
        self.cost, self.was_sent = cost, was_sent


class RetiredModelError(CallError):
    """The model has left the service. `.eol` is the day, `.body` says the same to a living model, `.successor` is its id."""

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
    """An answer that came, but whose finish reason is not success. `.image` is the blurred picture, if there is one."""

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
        cost: float = 0.0,
        **call: Any,
    ) -> None:
        super().__init__(what, why, fix, **call)
        self.finish_reason, self.seed, self.image, self.cost = finish_reason, seed, image, cost
        self.body = dict(body) if body is not None else None


class FilteredError(_UnfinishedError):
    """A content filter stopped the request or blurred its picture."""


class ModelFailedError(_UnfinishedError):
    """The model itself failed on this request (finish reason ERROR)."""
