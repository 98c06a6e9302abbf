"""A call and its receipt: `Call` as it goes out, `Generation` as it comes back, and how the answer is read into one."""

import base64
import binascii
import io
import json
import re
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
from helpers.language import joined, shortened, tr
from helpers.studio import DRAWN, ENGINE_HEADER, NOT_DRAWN, STAND_IN, UNKNOWN_WORDS_HEADER, WORDS_HEADER

if TYPE_CHECKING:
    from PIL import Image

    from helpers.models import Model
    from helpers.schemas.fields import AnswerImage

Backend = Literal["studio", "aws"]


@dataclass(frozen=True)
class Call:
    """One call as it goes out: where, which model and which body. A call about the account has no model."""

    backend: Backend
    region: str | None
    model: "Model | None" = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def list_price(self) -> float | None:
        """List price in USD on AWS, today's or the last; None where no price is published."""
        try:
            return self.model.list_price(self.body) if self.model else 0.0
        except LookupError:
            return None

    @property
    def cost(self) -> float | None:
        """Money that an answer costs, in USD: 0.0 on the studio; None where no price is published."""
        return 0.0 if self.backend == "studio" else self.list_price

    @property
    def details(self) -> dict[str, Any]:
        """Fields of every error about this call. The studio bills nothing, so `billed` is False there."""
        billed = {"billed": False} if self.backend == "studio" else {}
        return {"model_id": self.model.invoke_id if self.model else None, "region": self.region, **billed}


@dataclass(frozen=True, eq=False, repr=False)
class Generation:
    """The receipt of one finished call: its pictures, what was sent, and what it took.

        made = helpers.invoke(bedrock, body)
        made.image, made.seed, made.cost
        made.save(helpers.outputs("beach.png"))

    - `images`: the pictures, decoded; `image` is the first. `files`: the same as they came, PNG or JPEG files in bytes.
    - `seed`: the seed that drew the first picture, also where the body left it to chance; None if the answer has none.
    - `finish_reason`: always "SUCCESS"; the others are errors.
    - `body`: the request body that was sent; `prompt`: its positive prompts. `model`: the model id it was sent to.
    - `cost`: money spent, in USD, 0.0 on the studio. `list_price`: the price on AWS, today's or the last, in USD. Each
      is None where no price is published.
    - `seconds`: time from the call to the last byte of the answer, retries and waits included.
    - `attempts`: how often the request was sent until an answer came, from 1.
    - `unknown_words`: words of the prompts that the studio does not know, as written; empty on AWS.
    - `words`: what became of each content word in this very picture, in the order of the prompts: "drawn", "not drawn",
      "stand-in: plate" where a plate is drawn in its place, or "unknown"; empty on AWS. It is told for the positive prompts,
      and for unknown words of the others.
    - `request_id`: the service's id of the request. `backend`: "studio" or "aws". `engine`: the studio's engine that
      drew it, as "name version"; None on AWS.
    - `receipt`: what `save` writes into the file, as JSON types: these without the pictures, and who made it.
    """

    images: "tuple[Image.Image, ...]"
    seed: int | None
    finish_reason: str
    body: dict[str, Any]
    model: str
    cost: float | None
    list_price: float | None
    seconds: float
    unknown_words: tuple[str, ...]
    request_id: str
    backend: Backend
    files: tuple[bytes, ...] = ()
    attempts: int = 1
    engine: str | None = None
    words: dict[str, str] = field(default_factory=dict)

    @property
    def image(self) -> "Image.Image":
        """The picture; the first one where there are several."""
        return self.images[0]

    @property
    def receipt(self) -> dict[str, Any]:
        """All fields but the pictures, as JSON types: what `save` writes into the file."""
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
            "words": dict(self.words),
            "request_id": self.request_id,
            "made_with": _made_with(),
        }

    @cached_property
    def prompt(self) -> str:
        """The positive prompts of the body, joined by commas."""
        return prompt_of(self.body)

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write the picture with its receipt inside the file, and return the path.

            path = made.save(helpers.outputs("beach.png"))
            helpers.recipe(path)

        A picture that keeps its format is not encoded again. The images of its body go to `inputs/` beside it. A file
        with the same pixels is left alone; one with other pixels raises PictureExistsError unless `overwrite=True`.
        """
        from helpers import recipes

        return recipes.save(self, path, overwrite=overwrite)

    def __repr__(self) -> str:
        width, height = self.image.size
        parts = [
            f"{width}x{height}",
            repr(shortened(" ".join(self.prompt.split()), 60)),
            f"seed {self.seed}",
            self.finish_reason,
        ]
        if self.backend == "studio":
            parts.append("on the studio, $0.00")
        else:
            parts.append("on AWS" if self.cost is None else f"on AWS, ${self.cost:.2f}")
        missing = ", ".join(f"{word}: {outcome}" for word, outcome in self.words.items() if outcome != "drawn")
        if missing:
            parts.append(shortened(missing, 60))
        return f"<Generation {', '.join(parts)}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from helpers.display import showing

        return showing.mime_bundle(self)


def prompt_of(body: Mapping[str, Any]) -> str:
    """Return the positive prompts of a body, joined by commas; empty for a body of no known family."""
    from helpers import models

    family = models.family_for_body(body)
    return ", ".join(part.text for part in family.positive_prompts(body)) if family else ""


def read(payload: bytes, metadata: Mapping[str, Any], *, call: Call, seconds: float, attempts: int = 1) -> Generation:
    """Return the receipt of an answer: `payload` is its body, `metadata` boto3's `ResponseMetadata`.

    `seconds` and `attempts` are those of the call. Raises FilteredError, PromptRefusedError or ModelFailedError for a
    finish reason other than success, and ServiceError for an answer without a picture, whatever it holds.
    """
    answer = _AnswerContext(call, str(metadata.get("RequestId", "")), attempts)
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
            words=_words(headers, call.body),
        )
    except WorkshopError:
        raise
    except Exception as error:  # wrong types anywhere in the answer
        raise answer.unusable(shortened(" ".join(f"{type(error).__name__}: {error}".split()), 200)) from error


def unknown_words(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words that the studio does not know, from the header of its answer; empty on AWS."""
    listed = str(headers.get(UNKNOWN_WORDS_HEADER, ""))
    return tuple(unquote(word.strip()) for word in listed.split(",") if word.strip())


def _words(headers: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, str]:
    """Return what became of the words of the prompts, from the headers of an answer, in the order of the prompts."""
    from helpers import models

    told: dict[str, str] = {}
    for item in str(headers.get(WORDS_HEADER, "")).split(","):
        word, _, outcome = item.strip().partition("=")
        if outcome:
            told[unquote(word)] = _outcome(outcome)
    found = dict.fromkeys(unknown_words(headers), "unknown") | told
    family = models.family_for_body(body)
    text = "\n".join(part.text for part in family.prompts(body)) if family else ""
    return dict(sorted(found.items(), key=lambda item: _place(item[0], text)))


def _outcome(written: str) -> str:
    if written.startswith(STAND_IN):
        return f"stand-in: {unquote(written.removeprefix(STAND_IN))}"
    return {DRAWN: "drawn", NOT_DRAWN: "not drawn"}.get(written, written)


def _place(word: str, text: str) -> int:
    """Return where a word stands in a text, and not as a part of another; behind the text where it does not."""
    whole = rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word)
    found = re.search(whole, text)
    return found.start() if found else len(text)


@dataclass(frozen=True)
class _AnswerContext:
    """The call, id and attempts of an answer, for the errors about it."""

    call: Call
    request_id: str
    attempts: int

    @property
    def details(self) -> dict[str, Any]:
        """Fields of every error about this answer. AWS bills an answer even if it was damaged on the way."""
        answered = {"status": 200, "request_id": self.request_id, "attempts": self.attempts}
        return {"billed": True, "cost": self.call.cost or 0.0, **answered, **self.call.details}

    def unusable(self, why: str, retry: Retry | None = None) -> ServiceError:
        """Return the error for an answer without a picture; `retry` is "again" where it may be damage on the way."""
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


def _json(payload: bytes, answer: _AnswerContext) -> dict[str, Any]:
    try:
        parsed = json.loads(payload)
    except ValueError as error:
        why = tr("The answer's body is not JSON ({count:,} bytes).", count=len(payload))
        raise answer.unusable(why, retry="again") from error
    if not isinstance(parsed, dict):
        raise answer.unusable(tr("The answer's body is not a JSON object."))
    return parsed


def _pictures(parsed: dict[str, Any], answer: _AnswerContext) -> list["AnswerImage"]:
    """Return every picture of an answer, as the model's family reads them."""
    held = ", ".join(sorted(parsed)) or tr("an empty object")
    family = answer.call.model.family if answer.call.model else None
    try:
        found = family.response.model_validate(parsed).pictures if family else []
    except ValueError as error:
        raise answer.unusable(tr("It holds no picture, only {held}.", held=held)) from error
    if not found:
        raise answer.unusable(tr("It holds no picture, only {held}.", held=held))
    return found


def _finished(found: "AnswerImage", answer: _AnswerContext) -> "Image.Image":
    if found.finish_reason != "SUCCESS":
        raise _unfinished(found, answer)
    return _decode(found.base64, answer)


def _unfinished(found: "AnswerImage", answer: _AnswerContext) -> ContentFilterError | ModelFailedError:
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


def _decode(picture: object, answer: _AnswerContext) -> "Image.Image":
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
    except Exception as error:  # a decoder may fail in any way on bytes that are not its format
        raise answer.unusable(tr("The picture is no whole PNG, JPEG or WebP file."), retry="again") from error
    return image


def _decode_if_any(picture: object, answer: _AnswerContext) -> "Image.Image | None":
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
