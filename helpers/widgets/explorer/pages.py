"""What the explorer's page shows, as plain JSON: its controls, its picture, the strip of kept ones, code and sweeps."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from helpers import pictures
from helpers.bodies import Body
from helpers.calls.answers import Backend, Generation
from helpers.display import alt_text, showing
from helpers.errors import ContentFilterError, SetupError, WorkshopError
from helpers.language import joined, tr
from helpers.models import Model
from helpers.recipes import code as request_code
from helpers.recipes import infotext
from helpers.recipes.reading import Recipe
from helpers.schemas import families
from helpers.sweeps import Sweep
from helpers.sweeps.axes import ranges
from helpers.sweeps.axes.axes import label_of
from helpers.sweeps.axes.plan import price_of
from helpers.widgets.explorer import fields as fields
from helpers.widgets.explorer.desk import Desk
from helpers.widgets.explorer.fields import Field
from helpers.widgets.explorer.words import say
from helpers.widgets.playground import source
from helpers.widgets.playground.pages import failed, in_usd, picture_url, thumbnail_url

Page = dict[str, Any]

FOLDER = "explorer"  # below helpers.outputs(): the pictures that its Python starts from


def header(desk: Desk) -> Page:
    """The model, and where calls go."""
    region = desk.bedrock.meta.region_name
    badge = say("on_studio") if desk.backend == "studio" else say("on_aws", region=region)
    return {"backend": desk.backend, "badge": badge, "model": desk.model.name}


def form(desk: Desk) -> list[Page]:
    """A control for each field of the body."""
    return [
        {
            "key": field.path,
            "kind": field.kind,
            "label": field.label,
            "name": field.name,
            "help": "",  # it would make a long page; `title` says it to whoever points at the field
            "min": field.least,
            "max": field.most,
            "step": field.step,
            "options": [[one, _option(field, one)] for one in field.options],
            "again": say("seed.another") if field.name == "seed" else "",
        }
        for field in fields.fields_of(desk.body, desk.model)
    ]


def values(desk: Desk) -> Page:
    """What each control stands at."""
    return {path: _json(value) for path, value in fields.values_of(desk.body, desk.model).items()}


def axes(desk: Desk) -> list[Page]:
    """The fields that a sweep can run along, each with the values suggested around the present one; weights last."""
    able = [field for field in fields.fields_of(desk.body, desk.model) if field.kind != "text"]
    return [_axis(field, desk) for field in sorted(able, key=lambda field: field.name == "weight")]


def run(desk: Desk) -> Page:
    """The Run button, what a run costs, and what is odd about the body."""
    asked = desk.price
    price = None if asked is None else in_usd(asked)
    if desk.backend == "aws":
        button = say("run.price", price=price) if price else say("run")
        text = say("quote.billed", price=price) if price else say("quote.unknown")
    else:
        free = "quote.free_was" if desk.model.retired_on(date.today()) else "quote.free"
        button, text = say("run"), joined(say("follows"), say(free, price=price) if price else "")
    return {"button": button, "text": joined(text, *desk.remarks), "problem": ""}


def picture(answer: Generation | WorkshopError | None, backend: Backend) -> Page:
    """The picture in the middle, or what stands in its place."""
    if answer is None:
        empty = say("picture.none" if backend == "studio" else "picture.none_aws")
        return {"kind": "empty", "src": "", "alt": "", "caption": empty, "mark": ""}
    if isinstance(answer, Generation):
        width, height = answer.image.size
        caption = say("picture.caption", seed=answer.seed, width=width, height=height)
        src = picture_url(showing.jpeg(answer.image))
        return {"kind": "picture", "src": src, "alt": alt_text.image_alt(answer), "caption": caption, "mark": ""}
    image = getattr(answer, "image", None)
    kind = "filtered" if isinstance(answer, ContentFilterError) else "failed"
    src = picture_url(showing.jpeg(image)) if image is not None else ""
    return {"kind": kind, "src": src, "alt": say("filtered.alt") if src else "", "caption": "", "mark": say(kind)}


def ended(answer: Generation | WorkshopError) -> Page:
    """The status after a call."""
    if isinstance(answer, Generation):
        paid = say("state.cost", price=in_usd(answer.cost)) if answer.cost else ""
        drawn = say("drawn", seconds=answer.seconds)
        return {"state": "done", "text": joined(drawn, paid, alt_text.unknown_words_sentence([answer]))}
    return failed(answer, "filtered" if isinstance(answer, ContentFilterError) else "failed")


def small(made: Generation) -> str:
    """A picture for the strip."""
    return thumbnail_url(made.image)


def kept(desk: Desk, thumbnails: Mapping[int, str]) -> list[Page]:
    """The strip. `thumbnails`: the small picture of each receipt, by the receipt's `id`."""
    tiles = []
    for place, (made, label) in enumerate(zip(desk.kept, desk.labels(), strict=True), start=1):
        told = label or say("kept.same" if len(desk.kept) > 1 else "seed_of", seed=made.seed)
        tiles.append(
            {
                "number": place,
                "src": thumbnails[id(made)],
                "alt": say("kept.alt", number=place, label=told),
                "label": told,
                "remove": say("remove.number", number=place),
                "shown": made.body == desk.body,
            }
        )
    return tiles


def recipe_of(body: Body, model: Model, backend: Backend) -> Recipe:
    """The body as a recipe, the pictures in it kept below `helpers.outputs()`. Raises SetupError where they cannot be."""
    beside = pictures.outputs(f"{FOLDER}/picture.png")
    try:
        kept_at = infotext.keep_inputs(body, beside)
    except OSError as error:
        raise SetupError(
            tr("The pictures of the request cannot be kept in {folder}.", folder=beside.parent),
            tr("The system says: {error}.", error=error.strerror or error),
            tr("Set WORKSHOP_OUTPUTS to a folder that can be written to."),
        ) from error
    inputs = dict(zip(families.pictures(body), kept_at, strict=True))
    receipt = {"backend": backend, "cost": price_of(model, body) if backend == "aws" else 0.0}
    named = MappingProxyType(inputs)
    return Recipe(beside.as_posix(), body, model.invoke_id, body["seed"], named, MappingProxyType(receipt))


def code(body: Body, model: Model, backend: Backend) -> Page:
    """The request, its pictures shortened, and the Python that sends it."""
    try:
        python = recipe_of(body, model, backend).cell
    except SetupError as error:
        python = f"# {error}"
    return {"body": source.shortened(body), "python": python}


def preparation(body: Body, model: Model, backend: Backend) -> str:
    """The Python that makes `bedrock` and this body."""
    return request_code.preparation(recipe_of(body, model, backend))


def sweep(made: Sweep, python: str, remarks: Sequence[str]) -> Page:
    """What a sweep will come to, and the Python that makes it."""
    count = len(made)
    text = say("sweep.made.one") if count == 1 else say("sweep.made", count=count)
    return {"rows": made.quote().rows(), "python": python, "text": joined(text, *remarks), "problem": ""}


# ---- how ------------------------------------------------------------------------------------------------------------


def _axis(field: Field, desk: Desk) -> Page:
    around = fields.suggested(field, fields.value_at(desk.body, field.path, desk.model))
    shown = {"path": field.path, "label": f"{field.label} ({field.path})", "kind": "choices", "text": "", "options": []}
    if field.is_number:
        return {**shown, "kind": "numbers", "text": ", ".join(map(ranges.number_text, around))}
    return {**shown, "options": [[_json(one), _option(field, one), one in around] for one in field.options]}


def _option(field: Field, value: Any) -> str:
    if field.kind == "size":
        return " × ".join(map(str, value))
    if value is None:
        return say("sampler.none" if field.name == "sampler" else "style_preset.none")
    return label_of(value)


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
