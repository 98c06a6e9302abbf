"""What a call gives back: `Generation`, the receipt of one picture, and how it is read from the service's answer."""

import base64
import binascii
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from helpers.errors import (
    CallError,
    ContentFilterError,
    FilteredError,
    ModelFailedError,
    PromptRefusedError,
    Retry,
    ServiceError,
    WorkshopError,
)
from helpers.language import joined, tr

if TYPE_CHECKING:
    from PIL import Image

    from helpers.models import Model
    from helpers.schemas.fields import AnswerImage

Backend = Literal["studio", "aws"]
UNKNOWN_WORDS_HEADER = "x-studio-unknown-words"
ENGINE_HEADER = "x-studio-engine"


@dataclass(frozen=True)
class Call:
    """One call as it goes out. Without a model it is one about the account."""

    backend: Backend
    region: str | None
    model: "Model | None" = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def list_price(self) -> float | None:
        """What AWS asks or asked for it, in USD; None where no page says."""
        try:
            return self.model.list_price(self.body) if self.model else 0.0
        except LookupError:
            return None

    @property
    def cost(self) -> float | None:
        """What an answer costs, in USD."""
        return 0.0 if self.backend == "studio" else self.list_price

    @property
    def details(self) -> dict[str, Any]:
        """What every error about this call carries. The studio bills nothing, whatever became of a call."""
        billed = {"billed": False} if self.backend == "studio" else {}
        return {"model_id": self.model.invoke_id if self.model else None, "region": self.region, **billed}


@dataclass(frozen=True, eq=False, repr=False)
class Generation:
    """The receipt of one finished picture.

    `.cost` is the money spent on it (0.0 on the studio), `.list_price` what AWS asks or asked for it, both in USD.
    `.body` is what was sent; where it left the seed to chance, `.seed` is the one that was drawn. `.attempts` is how
    often it was sent until an answer came.
    """

    images: "tuple[Image.Image, ...]"
    seed: int | None
    finish_reason: str
    body: dict[str, Any]
    model: str  # its id
    cost: float | None  # None: no page gives a price
    list_price: float | None
    seconds: float  # from the call to the answer, retries and waiting included
    unknown_words: tuple[str, ...]  # in the prompt, and not in the studio's vocabulary
    request_id: str
    backend: Backend
    files: tuple[bytes, ...] = ()  # the pictures as they came: PNG or JPEG files
    attempts: int = 1
    engine: str | None = None  # that drew it on the studio, as "name version"; None on AWS

    @property
    def image(self) -> "Image.Image":
        """The picture, or the first of several."""
        return self.images[0]

    @property
    def receipt(self) -> dict[str, Any]:
        """All but the pictures, in JSON's own types: what `save` keeps in the file."""
        return {
            "model": self.model,
            "seed": self.seed,
            "body": self.body,
            "finish_reason": self.finish_reason,
            "backend": self.backend,
            "engine": self.engine,
            "cost": self.cost,
            "list_price": self.list_price,
            "seconds": round(self.seconds, 3),
            "attempts": self.attempts,
            "unknown_words": list(self.unknown_words),
            "request_id": self.request_id,
            "made_with": _made_with(),
        }

    @cached_property
    def prompt(self) -> str:
        """What was asked for: the positive prompts, joined by commas."""
        return prompt_of(self.body)

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write the picture, with its receipt inside the file, and give back the path; `helpers.recipe(path)` reads it.

        In the format that it came in it is not encoded again. The pictures that it was made from go to `inputs/` beside
        it. A file with the same pixels is left alone; one with others raises FileExistsError unless `overwrite=True`.
        """
        from helpers import recipes

        return recipes.save(self, path, overwrite=overwrite)

    def __repr__(self) -> str:
        width, height = self.image.size
        parts = [
            f"{width}x{height}",
            repr(_shorten(self.prompt, 60)),
            f"seed {self.seed}",
            self.finish_reason,
        ]
        if self.backend == "studio":
            parts.append("on the studio, $0.00")
        else:
            parts.append("on AWS" if self.cost is None else f"on AWS, ${self.cost:.2f}")
        if self.unknown_words:
            parts.append("not known: " + ", ".join(self.unknown_words))
        return f"<Generation {', '.join(parts)}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from helpers.display import showing

        return showing.mime_bundle(self)


def prompt_of(body: Mapping[str, Any]) -> str:
    """The prompts of what a body is to show, joined by commas."""
    from helpers import models

    family = models.family_of(body)
    return ", ".join(part.text for part in family.wanted(body)) if family else ""


def read(payload: bytes, metadata: Mapping[str, Any], *, call: Call, seconds: float, attempts: int = 1) -> Generation:
    """Return the receipt of an answer: its body, and what boto3 tells about it (`ResponseMetadata`).

    Raises FilteredError, PromptRefusedError or ModelFailedError for a finish reason other than success, and
    ServiceError for an answer that holds no picture, whatever it holds instead.
    """
    answer = _Answer(call, str(metadata.get("RequestId", "")), attempts)
    headers = metadata.get("HTTPHeaders")
    headers = headers if isinstance(headers, Mapping) else {}
    try:
        found = _pictures(_json(payload, answer), answer)
        return Generation(
            images=tuple(_finished(one, answer) for one in found),
            seed=found[0].seed,
            finish_reason="SUCCESS",
            body=call.body,
            model=call.model.invoke_id if call.model else "",
            cost=call.cost,
            list_price=call.list_price,
            seconds=seconds,
            unknown_words=unknown_words(headers),
            request_id=answer.request_id,
            backend=call.backend,
            engine=headers.get(ENGINE_HEADER) if call.backend == "studio" else None,
            files=tuple(base64.b64decode(str(one.base64)) for one in found),
            attempts=attempts,
        )
    except WorkshopError:
        raise
    except Exception as error:  # wrong types, wherever they stand
        raise answer.unusable(_shorten(f"{type(error).__name__}: {error}", 200)) from error


def unknown_words(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The words that the studio could not paint, as it lists them in its answer's header; empty on AWS."""
    listed = str(headers.get(UNKNOWN_WORDS_HEADER, ""))
    return tuple(unquote(word.strip()) for word in listed.split(",") if word.strip())


@dataclass(frozen=True)
class _Answer:
    """What the errors about an answer carry."""

    call: Call
    request_id: str
    attempts: int

    @property
    def details(self) -> dict[str, Any]:
        """An answer is billed, whatever became of it on the way; on the studio nothing is."""
        told = {"status": 200, "request_id": self.request_id, "attempts": self.attempts}
        return {"billed": True, "cost": self.call.cost or 0.0, **told, **self.call.details}

    def unusable(self, why: str, retry: Retry | None = None) -> ServiceError:
        """The error for an answer without a picture. Only what may be damage on the way is worth another call."""
        return ServiceError(
            tr("The call was answered, but not with a picture."),
            why,
            tr(
                "Make the call again; if it stays so, the service's answer has changed or something on the way alters"
                " it."
            ),
            retry=retry,
            **self.details,
        )


def _json(payload: bytes, answer: _Answer) -> dict[str, Any]:
    try:
        parsed = json.loads(payload)
    except ValueError as error:
        why = tr("The answer's body is not JSON ({count:,} bytes).", count=len(payload))
        raise answer.unusable(why, retry="again") from error
    if not isinstance(parsed, dict):
        raise answer.unusable(tr("The answer's body is not a JSON object."))
    return parsed


def _pictures(parsed: dict[str, Any], answer: _Answer) -> list["AnswerImage"]:
    """Every picture of an answer, as the model's family reads it."""
    held = ", ".join(sorted(parsed)) or tr("an empty object")
    family = answer.call.model.family if answer.call.model else None
    try:
        found = family.response.model_validate(parsed).pictures if family else []
    except ValueError as error:
        raise answer.unusable(tr("It holds no picture, only {held}.", held=held)) from error
    if not found:
        raise answer.unusable(tr("It holds no picture, only {held}.", held=held))
    return found


def _finished(found: "AnswerImage", answer: _Answer) -> "Image.Image":
    if found.finish_reason != "SUCCESS":
        raise _unfinished(found, answer)
    return _decode(found.base64, answer)


def _unfinished(found: "AnswerImage", answer: _Answer) -> ContentFilterError | ModelFailedError:
    image = _decode_if_any(found.base64, answer)
    details: dict[str, Any] = {
        "finish_reason": found.finish_reason,
        "seed": found.seed,
        "image": image,
        "body": answer.call.body,
        **answer.details,
    }
    finish = tr("The finish reason is {reason!r}.", reason=found.finish_reason)
    billed = "" if answer.call.backend == "studio" else tr("AWS may bill it all the same.")
    if image is None and found.filtered in ("prompt", "input"):
        unpriced = {"billed": None, **answer.call.details}  # no page says whether a refusal that comes so is billed
        return PromptRefusedError(
            tr("A content filter stopped the request."),
            joined(finish, billed),
            tr("Say it in other words, or name the thing differently: the filter looks at single words too.")
            if found.filtered == "prompt"
            else tr("Start from another image: the filter looks at that too."),
            **{**details, **unpriced},
        )
    if found.filtered:
        blurred = tr("What came back is blurred, and is this error's .image.") if image is not None else ""
        return FilteredError(
            tr("A content filter stopped this picture."),
            joined(finish, blurred, billed),
            tr("Say it in other words, or try another seed: the filter looks at the prompt and at the picture."),
            **details,
        )
    details["retry"] = None  # the model's own answer to this request
    return ModelFailedError(
        tr("The model failed on this picture."),
        joined(finish, billed),
        tr("Make the call with another seed."),
        **details,
    )


def _decode(picture: object, answer: _Answer) -> "Image.Image":
    from PIL import Image

    if not isinstance(picture, str) or not picture:
        raise answer.unusable(tr("The finish reason is success, but the picture is missing."))
    try:
        data = base64.b64decode(picture, validate=True)
    except (binascii.Error, ValueError) as error:
        raise answer.unusable(tr("The picture is not valid base64."), retry="again") from error
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
        image.load()
    except Exception as error:  # a decoder may fail in any way on what is none of its files
        raise answer.unusable(tr("The picture is no whole PNG, JPEG or WebP file."), retry="again") from error
    return image


def _decode_if_any(picture: object, answer: _Answer) -> "Image.Image | None":
    try:
        return _decode(picture, answer)
    except CallError:
        return None


@cache
def _made_with() -> str:
    from importlib import metadata

    try:
        return f"bedrock-image-workshop {metadata.version('bedrock-image-workshop')}"
    except metadata.PackageNotFoundError:  # a copy of the folder that is not installed
        return "bedrock-image-workshop"


def _shorten(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
