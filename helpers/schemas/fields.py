"""What the schemas share: number types that take no strings, pictures in base64, answers, and rules between fields."""

import base64
import binascii
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, JsonValue, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

Made = TypeVar("Made")

Whole = Annotated[int, Field(strict=True)]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]

TaskName = Literal["text_to_image", "image_to_image", "inpaint"]
TASK_NAMES: dict[str, str] = {
    "text_to_image": "text-to-image",
    "image_to_image": "image-to-image",
    "inpaint": "masking",
}
Steps = tuple[str | int, ...]  # a place in a body: fields by name, places in lists by number

_STEP = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]")
_MAGIC = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
ONE_OF = "one of "  # how a description begins that lists choices
RULE = "rule"  # the type of our own validation errors: their message is a whole sentence already


class Translate(Protocol):
    """Fills the {named} places of a sentence; one of another language translates it first."""

    def __call__(self, sentence: str, /, **values: object) -> str: ...


def in_english(sentence: str, /, **values: object) -> str:
    """The sentence as it stands, its {named} places filled where values are given."""
    return sentence.format(**values) if values else sentence


class Broken(NamedTuple):
    """A rule that a value breaks: where, the sentence that says so, the value, and what fills the sentence's places."""

    loc: tuple[str | int, ...]
    message: str
    value: object
    places: Mapping[str, object] = MappingProxyType({})


def one_of(choices: Iterable[str]) -> str:
    """`one of A, B, C`, for a message."""
    return ONE_OF + ", ".join(choices)


def image_format(data: bytes) -> str | None:
    """`"PNG"`, `"JPEG"` or `"WEBP"` by the first bytes; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for name, magic in _MAGIC.items() if data.startswith(magic)), None)


def stored_size(file: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels of a PNG, JPEG or WebP file, as its head says and as the pixels are stored.

    What AWS documents does not say that a photo is turned as its EXIF says. Raises OSError, SyntaxError or ValueError
    for what is none.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(file), formats=("PNG", "JPEG", "WEBP")) as image:
            return image.size
    except Image.DecompressionBombError as error:  # of no kind that other files' errors are
        raise ValueError(str(error)) from error


def steps_of(path: str) -> Steps | None:
    """Return `text_prompts[1].weight` as ("text_prompts", 1, "weight"); None for what is no path."""
    steps: list[str | int] = []
    place = 0
    while place < len(path) and (found := _STEP.match(path, place)):
        steps.append(int(found[2]) if found[1] is None else found[1])
        place = found.end()
    return tuple(steps) if path and place == len(path) and isinstance(steps[0], str) else None


def field_at(request: type[BaseModel], steps: Steps) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the model that owns a place in a request, and the field there; None where it has no such field."""
    owner, info = request, request.model_fields.get(str(steps[0]))
    for step in steps[1:]:
        inside = next((one for one in get_args(info.annotation) if _is_model(one)), None) if info else None
        if isinstance(step, str):
            owner, info = (inside, inside.model_fields.get(step)) if inside is not None else (owner, None)
    return owner, info


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _of_kind(kind: type, otherwise: Callable[[], Any]) -> BeforeValidator:
    """What is of another kind in an answer counts as not there: it may be odd beside a picture that was paid for."""
    return BeforeValidator(
        lambda value: value if isinstance(value, kind) and not isinstance(value, bool) else otherwise()
    )


Told = Annotated[str | None, _of_kind(str, lambda: None)]
ToldSeed = Annotated[int | None, _of_kind(int, lambda: None)]
Row = TypeVar("Row")
Rows = Annotated[list[Row], _of_kind(list, list)]


class AnswerImage(NamedTuple):
    """One image of an answer: `"SUCCESS"` or the service's own word, its seed, and its file in base64, if there is one."""

    finish_reason: str
    seed: int | None
    base64: str | None

    @property
    def filtered(self) -> Literal["prompt", "input", "output"] | None:
        """What a content filter objected to, by the finish reason: the prompt, an input image or the picture itself."""
        reason = self.finish_reason.lower()
        if "filter" not in reason:
            return None
        return "prompt" if "prompt" in reason else "input" if "input" in reason else "output"


class Response(BaseModel):
    """What every family's response can say of itself."""

    @property
    def pictures(self) -> list[AnswerImage]:
        """Each image of the answer; of a filtered one perhaps its finish reason alone."""
        raise NotImplementedError


def _is_base64_image(text: str) -> str:
    broken = _broken_base64(text)
    if broken:
        raise _rule(broken)
    return text


@lru_cache(maxsize=2)  # the bodies of a sweep share an init image and a mask, and each is checked
def _broken_base64(text: str) -> str:
    if text.startswith("data:"):
        return "must be base64 alone: leave out the `data:...;base64,` at its start."
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "must be a file in base64, and this is not base64. Write base64.b64encode(data).decode()."
    if image_format(data) is None:
        return "must be a PNG, JPEG or WebP file in base64, and this base64 holds something else."
    return ""


def _is_json(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        raise _rule("must be a JSON object, and JSON has no NaN or infinity.") from None
    return value


IMAGE = "a PNG, JPEG or WebP file as a base64 string"
SHARE = "a number from 0 to 1"
Base64Image = Annotated[str, AfterValidator(_is_base64_image)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_is_json)]


def add_broken(title: str, broken: Iterable[Broken], validate: Callable[[], Made]) -> Made:
    """Run `validate` and raise its errors and `broken` together, so that one look shows all that is wrong."""
    ours = [_details(one) for one in broken]
    try:
        made = validate()
    except ValidationError as error:
        if not ours:
            raise
        named = {details["loc"] for details in ours}
        theirs = [_again(one) for one in error.errors(include_url=False) if one["loc"] not in named]
        raise ValidationError.from_exception_data(title, [*theirs, *ours]) from None
    if ours:
        raise ValidationError.from_exception_data(title, ours)
    return made


def explicit_nulls(model: type[BaseModel], body: Mapping[str, Any]) -> list[Broken]:
    """A JSON null in a field that may be left out says nothing that leaving it out would not say better."""
    optional = (name for name, field in model.model_fields.items() if not field.is_required())
    return [
        Broken((name,), "{field} is null. Leave it out, and its default holds.", None, {"field": name})
        for name in optional
        if name in body and body[name] is None
    ]


def _details(broken: Broken) -> InitErrorDetails:
    return InitErrorDetails(type=_rule(broken.message, broken.places), loc=broken.loc, input=broken.value)


def _again(error: Any) -> InitErrorDetails:
    kind = _rule(**error["ctx"]["rule"]) if error["type"] == RULE else error["type"]
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=error.get("ctx", {}))


def _rule(sentence: str, places: Mapping[str, object] = MappingProxyType({})) -> PydanticCustomError:
    """The error of a broken rule; what it was made of travels with it, for `problems` to say in another language."""
    rule = {"sentence": sentence, "places": dict(places)}
    return PydanticCustomError(RULE, "{said}", {"said": in_english(sentence, **places), "rule": rule})
