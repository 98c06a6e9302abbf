"""Field types, base classes and rules that the schemas share. Pydantic alone; nothing of the workshop's."""

import base64
import binascii
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

ModelT = TypeVar("ModelT", bound=BaseModel)
Item = TypeVar("Item")

StrictInt = Annotated[int, Field(strict=True)]  # takes no "30" and no 30.0
FiniteFloat = Annotated[float, Field(strict=True, allow_inf_nan=False)]

TaskName = Literal["text_to_image", "image_to_image", "inpaint"]
TASK_NAMES: dict[str, str] = {
    "text_to_image": "text-to-image",
    "image_to_image": "image-to-image",
    "inpaint": "masking",
}
PathParts = tuple[str | int, ...]  # a path into a body: names of fields, and indices into lists

_STEP = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]")
_MAGIC = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
ONE_OF = "one of "  # begins the description of a field that has a list of choices
RULE = "rule"  # the `type` of our own validation errors, whose message is a whole sentence


class Translate(Protocol):
    """A function that translates a sentence and fills its {named} places."""

    def __call__(self, sentence: str, /, **values: object) -> str: ...


def in_english(sentence: str, /, **values: object) -> str:
    """Return the sentence untranslated, its {named} places filled where values are given."""
    return sentence.format(**values) if values else sentence


class BrokenRule(NamedTuple):
    """One rule between fields that a body breaks."""

    loc: PathParts
    message: str  # a sentence with {named} places, for the catalogue
    value: object
    places: Mapping[str, object] = MappingProxyType({})  # what fills the sentence's places


def one_of(choices: Iterable[str]) -> str:
    """Return `one of A, B, C`, the description of a field with a list of choices."""
    return ONE_OF + ", ".join(choices)


def image_format(data: bytes) -> str | None:
    """Return "PNG", "JPEG" or "WEBP" by a file's first bytes; None for anything else.

    The same as `helpers.pictures.image_format`, which the schemas do not import; a test compares the two.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for name, magic in _MAGIC.items() if data.startswith(magic)), None)


def stored_size(file: bytes) -> tuple[int, int]:
    """Return the stored (width, height) in pixels of a PNG, JPEG or WebP file, read from its header.

    EXIF orientation is ignored: AWS does not document that a photo is rotated. Raises OSError, SyntaxError or
    ValueError for any other file.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(file), formats=("PNG", "JPEG", "WEBP")) as image:
            return image.size
    except UnidentifiedImageError:  # its own text names an object in memory
        raise ValueError("cannot identify image file") from None
    except Image.DecompressionBombError as error:  # derives from Exception directly
        raise ValueError(str(error)) from error


def path_parts(path: str) -> PathParts | None:
    """Return the path `text_prompts[1].weight` as ("text_prompts", 1, "weight"); None where it is not a path."""
    parts: list[str | int] = []
    place = 0
    while place < len(path) and (found := _STEP.match(path, place)):
        parts.append(int(found[2]) if found[1] is None else found[1])
        place = found.end()
    return tuple(parts) if path and place == len(path) and isinstance(parts[0], str) else None


def field_at(request: type[BaseModel], parts: PathParts) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the schema that holds the field at a path, and that field; None where there is no such field."""
    owner, info = request, request.model_fields.get(str(parts[0]))
    for part in parts[1:]:
        inside = next((one for one in get_args(info.annotation) if _is_model(one)), None) if info else None
        if isinstance(part, str):
            owner, info = (inside, inside.model_fields.get(part)) if inside is not None else (owner, None)
    return owner, info


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _or_else(kind: type, default: Callable[[], Any]) -> BeforeValidator:
    """Return a validator that replaces values of another type by a default: an odd field must not lose a paid image."""
    return BeforeValidator(
        lambda value: value if isinstance(value, kind) and not isinstance(value, bool) else default()
    )


# Fields of responses. A value of another type counts as missing.
StrOrNone = Annotated[str | None, _or_else(str, lambda: None)]
IntOrNone = Annotated[int | None, _or_else(int, lambda: None)]
ListOrEmpty = Annotated[list[Item], _or_else(list, list)]


class AnswerImage(NamedTuple):
    """One image of an answer."""

    finish_reason: str  # "SUCCESS" or the service's own text
    seed: int | None
    base64: str | None  # the file

    @property
    def filtered(self) -> Literal["prompt", "input", "output"] | None:
        """Target of the content filter by the finish reason: the prompt, an input image or the output image."""
        reason = self.finish_reason.lower()
        if "filter" not in reason:
            return None
        return "prompt" if "prompt" in reason else "input" if "input" in reason else "output"


class Response(BaseModel):
    """Base class of every family's response body."""

    @property
    def pictures(self) -> list[AnswerImage]:
        """Images of the answer in order; a filtered one may have a finish reason and nothing else."""
        raise NotImplementedError


def _checked_base64_image(text: str) -> str:
    problem = _base64_image_problem(text)
    if problem:
        raise _rule_error(problem)
    return text


@lru_cache(maxsize=2)  # the bodies of a sweep share an init image and a mask, and each is checked
def _base64_image_problem(text: str) -> str:
    if text.startswith("data:"):
        return "must be base64 alone: leave out the `data:...;base64,` at its start."
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "must be a file in base64, and this is not base64. Write base64.b64encode(data).decode()."
    if image_format(data) is None:
        return "must be a PNG, JPEG or WebP file in base64, and this base64 holds something else."
    return ""


def _checked_json(value: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object as it is. Pydantic's own JsonValue would find an error for each of a million values."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # half a character has no bytes
    except (TypeError, ValueError, RecursionError):
        is_json = False
    else:
        is_json = _has_json_types(value)
    if not is_json:
        raise _rule_error("must be a JSON object, and JSON has no NaN or infinity.")
    return value


def _has_json_types(value: object) -> bool:
    """Return whether JSON has the type of each value inside: json.dumps writes tuples as lists, and the key 1 as "1"."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if not all(isinstance(name, str) for name in one):
                return False
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, tuple):
            return False
    return True


IMAGE = "a PNG, JPEG or WebP file as a base64 string"
SHARE = "a number from 0 to 1"
Base64Image = Annotated[str, AfterValidator(_checked_base64_image)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_checked_json)]


def validated_with(title: str, broken: Iterable[BrokenRule], validate: Callable[[], ModelT]) -> ModelT:
    """Return what `validate` gives, or raise one ValidationError that holds its errors and the broken rules together.

    `title`: the schema's name.
    """
    ours = [_details(rule) for rule in broken]
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


def explicit_nulls(model: type[BaseModel], body: Mapping[str, Any]) -> list[BrokenRule]:
    """Return a broken rule for each optional field that is null."""
    optional = (name for name, field in model.model_fields.items() if not field.is_required())
    return [
        BrokenRule((name,), "{field} is null. Leave it out, and its default holds.", None, {"field": name})
        for name in optional
        if name in body and body[name] is None
    ]


def _details(broken: BrokenRule) -> InitErrorDetails:
    return InitErrorDetails(type=_rule_error(broken.message, broken.places), loc=broken.loc, input=broken.value)


def _again(error: Any) -> InitErrorDetails:
    kind = _rule_error(**error["ctx"]["rule"]) if error["type"] == RULE else error["type"]
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=error.get("ctx", {}))


def _rule_error(sentence: str, places: Mapping[str, object] = MappingProxyType({})) -> PydanticCustomError:
    """Return the error of a broken rule. Its context keeps the sentence and its places, to be translated later."""
    rule = {"sentence": sentence, "places": dict(places)}
    return PydanticCustomError(RULE, "{said}", {"said": in_english(sentence, **places), "rule": rule})
