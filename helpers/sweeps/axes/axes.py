"""The axes of a sweep: a field or a path, a swap of words in the prompts, fields that move together, and models."""

import itertools
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from helpers import models, pictures
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.language.remarks import warn
from helpers.masks import forms
from helpers.masks.mask import Mask
from helpers.pictures.formats import image_format
from helpers.schemas import families
from helpers.schemas.families import MaskForm
from helpers.sweeps.axes import paths, ranges
from helpers.sweeps.axes.tiles import Axis

LONGEST_LABEL = 80  # characters


@dataclass(frozen=True)
class Knob:
    """An axis, and how one of its values changes a body: the places that it sets, or the words that it swaps."""

    axis: Axis
    turns: tuple[str, ...]  # the places, named; no two axes turn the same
    puts: Callable[[Any], Mapping[str, Any]] = field(compare=False, default=lambda _: {})  # what a value sets, by place
    term: str = ""  # the words that its values replace

    def __repr__(self) -> str:
        return repr(self.axis)


def axis(path: str, values: Any) -> Knob:
    """The axis along one place of the body: a field (`"cfg_scale"`) or a path (`"text_prompts[1].weight"`).

    `values`: a list, a range, or a text such as `"1-10 (+3)"`, `"1-10 [5]"` or `"anime || line-art"`. None in a list
    leaves the field out. Pictures (`init_image`, `mask_image`) may be whatever `helpers.to_image` takes. A `helpers.Mask`
    means white = may change, whatever the body's `mask_source`; another picture goes to the service as it is.
    """
    paths.parse(path)
    listed = _values(path, values)
    return Knob(axis_of(path, listed), (path,), lambda value: {path: value})


def swap(term: str, replacements: Any) -> Knob:
    """The axis that puts other words in the place of `term`, in every prompt that holds it; upper and lower case count.

    It looks for them in the prompts as the other axes have set them; several swaps never meet each other's words.
    `replacements`: a list, or a text such as `"forest, desert"`. Add the term itself to keep the prompt as it is, too.
    """
    if not isinstance(term, str) or not term:
        raise _no_values("swap", tr("The words to replace are missing: {term!r}.", term=term), term)
    words = ranges.texts(replacements) if isinstance(replacements, str) else _listed("swap", replacements)
    odd = [word for word in words if not isinstance(word, str)]
    if odd or not words:
        raise _no_values(
            term,
            tr("Words are replaced by words, not by {value!r}.", value=odd[0]) if odd else tr("It is empty."),
            words,
        )
    return Knob(axis_of(term, [(word, word) for word in words]), (tr("the words {term!r}", term=term),), term=term)


def together(name: str | None = None, /, **fields: Any) -> Knob:
    """The axis along which several fields move at once: `together(width=[512, 768], height=[768, 512])`.

    All lists have the same length. `name` names the axis; without it, the fields do.
    """
    if not fields:
        raise _no_values("together", tr("It names no field."), fields)
    listed = {path: _values(path, values) for path, values in fields.items()}
    lengths = {path: len(values) for path, values in listed.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{path} {count}" for path, count in lengths.items())
        raise _no_values(
            "together", tr("Fields that move together have one value each for every step: {told}.", told=told), fields
        )
    rows = [
        (dict(zip(listed, (value for value, _ in row), strict=True)), _row_label(tuple(listed), row))
        for row in zip(*listed.values(), strict=True)
    ]
    return Knob(axis_of(name or _row_name(tuple(listed)), rows), tuple(listed), dict)


def of_models(chosen: Iterable["models.Model | str"]) -> Knob:
    """The axis along models. The body is said again in the words of each: see `helpers.core_body`."""
    known = [models.get(one) for one in _listed("model", chosen)]
    return Knob(axis_of("model", [(model, model.name) for model in known]), ("model",))


def models_in(knobs: Iterable[Knob]) -> "list[models.Model]":
    """The models that the axes run through."""
    return [value for knob in knobs for value in knob.axis.values if isinstance(value, models.Model)]


def of_field(name: str, values: Any) -> Knob:
    """The axis of `Sweep(body, name=values)`."""
    return (
        of_models([values] if isinstance(values, (str, models.Model)) else values)
        if name == "model"
        else axis(name, values)
    )


def of_any(given: Any) -> Knob:
    """What was given to `Sweep` as an axis."""
    if isinstance(given, Knob):
        return given
    if isinstance(given, models.ModelChoices):
        return of_models(given)
    why = tr("{given!r} is none: axes come from helpers.axis, swap or together, or as name=values.", given=given)
    fix = tr('Write helpers.Sweep(body, helpers.swap("beach", ["forest"]), seed=[1, 2]).')
    raise BodyError(tr("This is no axis."), why, fix, problems=[Problem("axes", why, given)])


def of_all(axes: Iterable[Any], fields: Mapping[str, Any]) -> list[Knob]:
    """Every axis of a sweep. Raises BodyError with what is wrong in the values of all of them."""
    knobs: list[Knob] = [of_any(one) for one in axes]
    wrong: list[BodyError] = []
    for name, values in fields.items():
        try:
            knobs.append(of_field(name, values))
        except BodyError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        told = "".join(f"\n- {' '.join(part for part in (error.what, error.why) if part)}" for error in wrong) + "\n"
        problems = [problem for error in wrong for problem in error.problems]
        raise BodyError(
            tr("{count} axes have no values that can be used:", count=len(wrong)), told, wrong[0].fix, problems=problems
        )
    return knobs


def label_of(value: Any) -> str:
    """A value in a few words: numbers without the noise of binary fractions, files by their names."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return ranges.written(value)
    if isinstance(value, os.PathLike):
        return Path(value).name
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def axis_of(name: str, rows: Sequence[tuple[Any, str]]) -> Axis:
    """The axis of these values and their labels: each value once, and no two labels alike."""
    kept: dict[str, tuple[Any, str]] = {}
    for value, label in rows:
        kept.setdefault(_identity(value), (value, label))
    if len(kept) < len(rows):
        warn(
            tr(
                "{name}: {count} of {total} values were there before, and are taken once.",
                name=name,
                count=len(rows) - len(kept),
                total=len(rows),
            )
        )
    labels: dict[str, None] = {}
    for _, label in kept.values():
        again = (f"{label} ({count})" for count in itertools.count(2))
        labels[label if label not in labels else next(one for one in again if one not in labels)] = None
    return Axis(name, tuple(labels), tuple(value for value, _ in kept.values()))


class MaskText(str):
    """A `helpers.Mask` as a body carries it in which white may change; `.black` is the same where black may change."""

    black: str

    def __new__(cls, mask: Mask) -> "MaskText":
        made = super().__new__(cls, pictures.to_base64(forms.white_changes(mask)))
        made.black = pictures.to_base64(forms.black_changes(mask))
        return made

    def for_form(self, form: MaskForm | None) -> str:
        """Return the text that means this mask in a body of that form."""
        return self.black if form is not None and form.changes == "black" else self

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


# ---- how ------------------------------------------------------------------------------------------------------------


def _row_name(fields: tuple[str, ...]) -> str:
    return "size" if fields == ("width", "height") else " + ".join(fields)


def _row_label(fields: tuple[str, ...], row: tuple[tuple[Any, str], ...]) -> str:
    if fields == ("width", "height"):
        return " × ".join(label for _, label in row)
    return ", ".join(f"{path} {label}" for path, (_, label) in zip(fields, row, strict=True))


def _identity(value: Any) -> str:
    """What makes two values the same one: 7 and 7.0 are."""
    if isinstance(value, models.Model):
        return value.id
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={_identity(held)}" for key, held in value.items())
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ranges.written(value) if number else f"{type(value).__name__} {value!r}"


def _values(path: str, values: Any) -> list[tuple[Any, str]]:
    """The values of a field as its body carries them, each with its label."""
    if path in families.PICTURE_FIELDS:
        several = isinstance(values, (list, tuple)) or hasattr(values, "__next__")
        pictures = _listed(path, values) if several else [values]
        return [_picture(path, picture, number) for number, picture in enumerate(pictures, 1)]
    if isinstance(values, str):
        return [(value, label_of(value)) for value in ranges.expand(values, whole=families.takes_whole_numbers(path))]
    return [(value, label_of(value)) for value in map(_plain, _listed(path, values))]


def _listed(name: str, values: Any) -> list[Any]:
    """The values as a list; counted first, so that an endless one is refused and not waited for."""
    if isinstance(values, (Mapping, bytes)):
        raise _no_values(
            name, tr("Values come as a list or a text, not as {kind}.", kind=type(values).__name__), values
        )
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values]
    most = ranges.MOST_VALUES
    try:
        count = len(values) if isinstance(values, Sized) else 0
    except OverflowError:  # a range longer than any list
        count = most + 1
    found = list(itertools.islice(values, most + 1)) if count <= most else []
    if count > most or len(found) > most:
        told = f"{count:,}" if isinstance(values, Sized) else tr("more than {most:,}", most=most)
        raise _no_values(name, tr("It has {told} values, and an axis may have {most:,}.", told=told, most=most), None)
    if not found:
        raise _no_values(name, tr("It is empty."), values)
    return found


def _plain(value: Any) -> Any:
    """A value in JSON's own types, with decimal fractions as they were meant: 0.1 + 0.2 is 0.3."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, Decimal) and value.is_finite():
        return ranges.plain(value)
    if isinstance(value, float) and value - value == 0:  # finite
        return float(ranges.denoised(value))
    return value


def _picture(path: str, value: Any, number: int) -> tuple[Any, str]:
    if value is None:
        return None, "none"
    if isinstance(value, str) and image_format(_first_bytes(value)):
        return value, tr("picture {number}", number=number)
    if isinstance(value, Mask):
        return MaskText(value), tr("picture {number}", number=number)
    label = Path(value).name if isinstance(value, (str, os.PathLike)) else tr("picture {number}", number=number)
    family = families.starting_at(path)
    image = pictures.init_image(value, models.of_family(family)) if family else pictures.to_image(value)
    return pictures.to_base64(image), label


def _first_bytes(text: str) -> bytes:
    import base64
    import binascii

    try:
        return base64.b64decode(text[:64], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _no_values(name: str, why: str, found: object) -> BodyError:
    fix = tr('Write a list, or a text such as "1-10 (+3)".')
    return BodyError(
        tr("{name!r} has no values that can be used.", name=name), why, fix, problems=[Problem(name, why, found)]
    )
