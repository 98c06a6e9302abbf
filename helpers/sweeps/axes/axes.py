"""The axes of a sweep, and how their values change a body: fields, swapped words, fields that change together, models."""

import itertools
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers import models, pictures
from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import joined, shortened, tr
from helpers.language.remarks import warn
from helpers.masks import forms
from helpers.masks.mask import Mask
from helpers.pictures.formats import image_format
from helpers.schemas import families
from helpers.schemas.families import MaskForm
from helpers.sweeps.axes import paths, ranges
from helpers.sweeps.axes.tiles import Axis

MAX_LABEL = 80  # characters


@dataclass(frozen=True)
class SweepAxis:
    """An axis, and how each of its values changes a body: the fields that it sets, or the words that it swaps."""

    axis: Axis
    targets: tuple[str, ...]  # the paths or words that it changes; no two axes of a sweep share one
    edits: Callable[[Any], Mapping[str, Any]] = field(compare=False, default=lambda _: {})  # what a value sets, by path
    term: str = ""  # the words that its values replace

    def __repr__(self) -> str:
        return repr(self.axis)


def axis(path: str, values: Any) -> SweepAxis:
    """Return the axis of a sweep along one field of the body, or along a path inside it.

        body = helpers.text_to_image("a beach at sunset", negative_prompt="fog", seed=1)
        weights = helpers.axis("text_prompts[1].weight", [-1, -0.5, 0.5])
        sweep = helpers.Sweep(body, weights, helpers.axis("cfg_scale", "1-13 (+4)"))

    `path`: a field (`"cfg_scale"`) or a path (`"text_prompts[1].weight"`). `values`: a list, a range, or a text such as
    `"1-10 (+3)"`, `"1-10 [5]"` or `"anime || line-art"`; at most 10,000. None in a list leaves the field out. An image
    (`init_image`, `mask_image`) may be anything that `helpers.to_image` takes. A `helpers.Mask` means white = may
    change, whatever the body's `mask_source`; any other mask is sent as it is.

    Raises BodyError where the path cannot be read or the values cannot be used.
    """
    paths.parse(path)
    listed = _values(path, values)
    return SweepAxis(axis_of(path, listed), (path,), lambda value: {path: value})


def swap(term: str, replacements: Any) -> SweepAxis:
    """Return the axis of a sweep that replaces words of the prompts by others.

        sweep = helpers.Sweep(body, helpers.swap("beach", ["beach", "forest", "desert"]), seed=[1, 2, 3])

    `term`: the words to replace, in every prompt that contains them; upper and lower case differ. They are looked for
    after the other axes have set the prompts, and no swap replaces words that another one has put there.
    `replacements`: a list, or a text such as `"forest, desert"`. Include the term itself to keep the original prompt.

    Raises BodyError where the term or a replacement is not a text, or there is no replacement.
    """
    if not isinstance(term, str) or not term:
        raise _no_values("swap", tr("The words to replace are missing: {term!r}.", term=term), term)
    words = ranges.split_texts(replacements) if isinstance(replacements, str) else _listed("swap", replacements)
    odd = [word for word in words if not isinstance(word, str)]
    if odd or not words:
        raise _no_values(
            term,
            tr("Words are replaced by words, not by {value!r}.", value=odd[0]) if odd else tr("It is empty."),
            words,
        )
    return SweepAxis(axis_of(term, [(word, word) for word in words]), (tr("the words {term!r}", term=term),), term=term)


def together(name: str | None = None, /, **fields: Any) -> SweepAxis:
    """Return the axis of a sweep along which several fields change at once.

        sizes = helpers.together(width=[896, 1152], height=[1152, 896])
        sweep = helpers.Sweep(body, sizes, seed=[1, 2, 3])

    `fields`: values by field, as `helpers.axis` takes them, the same number for each. `name`: the name of the axis;
    without it, the axis is named after its fields.

    Raises BodyError where the lists differ in length or their values cannot be used.
    """
    if not fields:
        raise _no_values("together", tr("It names no field."), fields)
    listed = {path: _values(path, values) for path, values in fields.items()}
    lengths = {path: len(values) for path, values in listed.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{path} {count}" for path, count in lengths.items())
        raise _no_values(
            "together", tr("Fields that move together have one value each for every step: {told}.", told=counts), fields
        )
    rows = [
        (dict(zip(listed, (value for value, _ in row), strict=True)), _row_label(tuple(listed), row))
        for row in zip(*listed.values(), strict=True)
    ]
    return SweepAxis(axis_of(name or _row_name(tuple(listed)), rows), tuple(listed), dict)


def model_axis(chosen: Iterable["models.Model | str"]) -> SweepAxis:
    """Return the axis along models. The body is translated for each of them, as by `helpers.core_body`."""
    known = [models.get(one) for one in _listed("model", chosen)]
    return SweepAxis(axis_of("model", [(model, model.name) for model in known]), ("model",))


def swept_models(sweep_axes: Iterable[SweepAxis]) -> "list[models.Model]":
    """Return the models among the values of the axes."""
    return [value for swept in sweep_axes for value in swept.axis.values if isinstance(value, models.Model)]


def field_axis(name: str, values: Any) -> SweepAxis:
    """Return the axis that a keyword means: `Sweep(body, name=values)`."""
    if name != "model":
        return axis(name, values)
    return model_axis([values] if isinstance(values, (str, models.Model)) else values)


def as_axis(given: Any) -> SweepAxis:
    """Return what `Sweep` was given as an axis. Raises BodyError for anything but an axis or a choice of models."""
    if isinstance(given, SweepAxis):
        return given
    if isinstance(given, models.ModelChoices):
        return model_axis(given)
    why = tr("{given!r} is none: axes come from helpers.axis, swap or together, or as name=values.", given=given)
    fix = tr('Write helpers.Sweep(body, helpers.swap("beach", ["forest"]), seed=[1, 2]).')
    raise BodyError(tr("This is no axis."), why, fix, problems=[Problem("axes", why, given)])


def all_axes(axes: Iterable[Any], fields: Mapping[str, Any]) -> list[SweepAxis]:
    """Return every axis of a sweep. Raises BodyError that lists what is wrong with the values of all of them."""
    sweep_axes: list[SweepAxis] = [as_axis(one) for one in axes]
    wrong: list[BodyError] = []
    for name, values in fields.items():
        try:
            sweep_axes.append(field_axis(name, values))
        except BodyError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        lines = "".join(f"\n- {' '.join(part for part in (error.what, error.why) if part)}" for error in wrong) + "\n"
        problems = [problem for error in wrong for problem in error.problems]
        raise BodyError(
            tr("{count} axes have no values that can be used:", count=len(wrong)),
            lines,
            wrong[0].fix,
            problems=problems,
        )
    return sweep_axes


def swapped(body: Body, swaps: Mapping[str, str]) -> Body:
    """Return the body with each term of `swaps` replaced in every prompt, in one pass and the longest term first.

    In one pass, so that no swap replaces words that another has put there. Raises BodyError for the terms that no
    prompt contains.
    """
    family = models.family_for_body(body)
    parts = family.prompts(body) if family else ()
    if not parts:  # `bodies.check` reports what is wrong with them
        return body
    for path, text in _swapped_texts({part.path: part.text for part in parts}, swaps).items():
        body = paths.put(body, path, text)
    return body


def label_of(value: Any) -> str:
    """Return a value as a label of at most 80 characters: numbers in their shortest form, files by their names."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return ranges.number_text(value)
    if isinstance(value, os.PathLike):
        return Path(value).name
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shortened(" ".join(text.split()), MAX_LABEL)


def axis_of(name: str, rows: Sequence[tuple[Any, str]]) -> Axis:
    """Return the axis of these values and labels, with each value once and no two labels the same."""
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
    """A `helpers.Mask` as base64 for bodies in which white may change; `.black` is for those in which black may."""

    black: str

    def __new__(cls, mask: Mask) -> "MaskText":
        made = super().__new__(cls, pictures.to_base64(forms.white_changes(mask)))
        made.black = pictures.to_base64(forms.black_changes(mask))
        return made

    def for_form(self, form: MaskForm | None) -> str:
        """Return the base64 of this mask for bodies of that form."""
        return self.black if form is not None and form.changes == "black" else self

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


# ---- swaps ----------------------------------------------------------------------------------------------------------


def _swapped_texts(texts: Mapping[str, str], swaps: Mapping[str, str]) -> dict[str, str]:
    terms = re.compile("|".join(map(re.escape, sorted(swaps, key=len, reverse=True))))
    met = {found for text in texts.values() for found in terms.findall(text)}
    wrong = [_missing_term(term, texts, swaps) for term in swaps if term not in met]
    if wrong:
        what = tr("{term!r} cannot be swapped.", term=wrong[0].field)
        raise BodyError(what, wrong[0].message, tr("Give words that the prompt holds."), problems=wrong)
    return {name: terms.sub(lambda found: swaps[found[0]], text) for name, text in texts.items()}


def _missing_term(term: str, texts: Mapping[str, str], swaps: Mapping[str, str]) -> Problem:
    """Return why a term was not found: no prompt contains it, or only where a longer term is swapped."""
    looked = "; ".join(f"{path.removesuffix('.text')} {label_of(text)!r}" for path, text in texts.items())
    if any(term in text for text in texts.values()):
        longer = [other for other in swaps if other != term and any(other in text for text in texts.values())]
        others = ", ".join(repr(other) for other in sorted(longer, key=len, reverse=True))
        why = tr(
            "the words {term!r} are only where {others} is swapped, so they cannot be swapped as well: {looked}.",
            term=term,
            others=others,
            looked=looked,
        )
        return Problem(term, why, term)
    case = tr("In other case it is there.") if any(term.lower() in text.lower() for text in texts.values()) else ""
    why = tr(
        "the words {term!r} are in none of the prompts, so they cannot be swapped: {looked}.", term=term, looked=looked
    )
    return Problem(term, joined(why, case), term)


# ---- values and labels ----------------------------------------------------------------------------------------------


def _row_name(fields: tuple[str, ...]) -> str:
    return "size" if fields == ("width", "height") else " + ".join(fields)


def _row_label(fields: tuple[str, ...], row: tuple[tuple[Any, str], ...]) -> str:
    if fields == ("width", "height"):
        return " × ".join(label for _, label in row)
    return ", ".join(f"{path} {label}" for path, (_, label) in zip(fields, row, strict=True))


def _identity(value: Any) -> str:
    """Return a text that is the same for equal values, such as 7 and 7.0."""
    if isinstance(value, models.Model):
        return value.id
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={_identity(held)}" for key, held in value.items())
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ranges.number_text(value) if number else f"{type(value).__name__} {value!r}"


def _values(path: str, values: Any) -> list[tuple[Any, str]]:
    """Return the values of a field as the body holds them, each with its label."""
    if path in families.IMAGE_FIELDS:
        several = isinstance(values, (list, tuple)) or hasattr(values, "__next__")
        pictures = _listed(path, values) if several else [values]
        return [_picture(path, picture, number) for number, picture in enumerate(pictures, 1)]
    if isinstance(values, str):
        return [(value, label_of(value)) for value in ranges.expand(values, whole=families.takes_whole_numbers(path))]
    return [(value, label_of(value)) for value in map(ranges.json_value, _listed(path, values))]


def _listed(name: str, values: Any) -> list[Any]:
    """Return the values as a list. Raises BodyError above MAX_VALUES, for endless iterators too."""
    if isinstance(values, (Mapping, bytes)):
        raise _no_values(
            name, tr("Values come as a list or a text, not as {kind}.", kind=type(values).__name__), values
        )
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values]
    most = ranges.MAX_VALUES
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


def _picture(path: str, value: Any, number: int) -> tuple[Any, str]:
    if value is None:
        return None, "none"
    if isinstance(value, str) and image_format(_first_bytes(value)):
        return value, tr("picture {number}", number=number)
    if isinstance(value, Mask):
        return MaskText(value), tr("picture {number}", number=number)
    label = Path(value).name if isinstance(value, (str, os.PathLike)) else tr("picture {number}", number=number)
    family = families.family_with_init_image(path)
    image = pictures.init_image(value, models.first_of_family(family)) if family else pictures.to_image(value)
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
