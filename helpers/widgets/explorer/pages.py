"""What the explorer's page shows, as JSON: its controls, its picture, the strip of kept ones, code and sweeps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from helpers.bodies import Body
from helpers.calls.answers import Backend, Generation
from helpers.display import alt_text, showing
from helpers.errors import ContentFilterError, SetupError, WorkshopError
from helpers.language import joined
from helpers.models import Model
from helpers.recipes.code import cell, shortened
from helpers.sweeps import Sweep
from helpers.sweeps.axes import ranges
from helpers.sweeps.axes.axes import label_of
from helpers.widgets.explorer import fields
from helpers.widgets.explorer.fields import Field
from helpers.widgets.explorer.labels import label
from helpers.widgets.explorer.state import ExplorerState, repeatable_request
from helpers.widgets.shared.page import PageData, failed, in_usd, picture_url, thumbnail_url


def header(state: ExplorerState) -> PageData:
    """Return the header: the model, and where calls go."""
    region = state.bedrock.meta.region_name
    badge = label("on_studio") if state.backend == "studio" else label("on_aws", region=region)
    return {"backend": state.backend, "badge": badge, "model": state.model.name}


def form(state: ExplorerState) -> list[PageData]:
    """Return a control for each field of the body."""
    return [
        {
            "key": field.path,
            "kind": field.kind,
            "label": field.label,
            "name": field.name,
            "help": "",  # the page would be long; a field's `title` says it
            "min": field.least,
            "max": field.most,
            "step": field.step,
            "options": [[one, _option(field, one)] for one in field.options],
            "again": label("seed.another") if field.name == "seed" else "",
        }
        for field in fields.fields_of(state.body, state.model)
    ]


def values(state: ExplorerState) -> PageData:
    """Return the value of each control."""
    return {path: _json(value) for path, value in fields.values_of(state.body, state.model).items()}


def axes(state: ExplorerState) -> list[PageData]:
    """Return the fields that a sweep can run along, with the values suggested for each; weights last."""
    able = [field for field in fields.fields_of(state.body, state.model) if field.kind != "text"]
    return [_axis(field, state) for field in sorted(able, key=lambda field: field.name == "weight")]


def run(state: ExplorerState) -> PageData:
    """Return the Run button, what a run costs, and what is odd about the body."""
    asked = state.price
    price = None if asked is None else in_usd(asked)
    if state.backend == "aws":
        button = label("run.price", price=price) if price else label("run")
        text = label("quote.billed", price=price) if price else label("quote.unknown")
    else:
        free = "quote.free_was" if state.model.retired_on(date.today()) else "quote.free"
        button, text = label("run"), joined(label("follows"), label(free, price=price) if price else "")
    return {"button": button, "text": joined(text, *state.remarks), "problem": ""}


def picture(answer: Generation | WorkshopError | None, backend: Backend) -> PageData:
    """Return the picture in the middle, or what is shown in its place."""
    if answer is None:
        empty = label("picture.none" if backend == "studio" else "picture.none_aws")
        return {"kind": "empty", "src": "", "alt": "", "caption": empty, "mark": ""}
    if isinstance(answer, Generation):
        width, height = answer.image.size
        caption = label("picture.caption", seed=answer.seed, width=width, height=height)
        src = picture_url(showing.jpeg(answer.image))
        return {"kind": "picture", "src": src, "alt": alt_text.image_alt(answer), "caption": caption, "mark": ""}
    image = getattr(answer, "image", None)
    kind = "filtered" if isinstance(answer, ContentFilterError) else "failed"
    src = picture_url(showing.jpeg(image)) if image is not None else ""
    return {"kind": kind, "src": src, "alt": label("filtered.alt") if src else "", "caption": "", "mark": label(kind)}


def ended(answer: Generation | WorkshopError) -> PageData:
    """Return the status after a call."""
    if isinstance(answer, Generation):
        paid = label("state.cost", price=in_usd(answer.cost)) if answer.cost else ""
        drawn = label("drawn", seconds=answer.seconds)
        return {"state": "done", "text": joined(drawn, paid, alt_text.missing_words_sentence([answer]))}
    return failed(answer, "filtered" if isinstance(answer, ContentFilterError) else "failed")


def small(made: Generation) -> str:
    """Return the address of a thumbnail for the strip."""
    return thumbnail_url(made.image)


def kept(state: ExplorerState, thumbnails: Mapping[int, str]) -> list[PageData]:
    """Return the strip of kept pictures. `thumbnails`: addresses by the `id` of each receipt."""
    tiles = []
    for index, (made, difference) in enumerate(zip(state.kept, state.labels(), strict=True), start=1):
        told = difference or label("kept.same" if len(state.kept) > 1 else "seed_of", seed=made.seed)
        tiles.append(
            {
                "number": index,
                "src": thumbnails[id(made)],
                "alt": label("kept.alt", number=index, label=told),
                "label": told,
                "remove": label("remove.number", number=index),
                "shown": made.body == state.body,
            }
        )
    return tiles


def code(body: Body, model: Model, backend: Backend) -> PageData:
    """Return the body, its images shortened, and the Python that sends it."""
    try:
        python = cell(repeatable_request(body, model, backend))
    except SetupError as error:
        python = f"# {error}"
    return {"body": shortened(body), "python": python}


def sweep(made: Sweep, python: str, remarks: Sequence[str]) -> PageData:
    """Return what a sweep will come to, and the Python that makes it."""
    count = len(made)
    text = label("sweep.made.one") if count == 1 else label("sweep.made", count=count)
    return {"rows": made.quote().rows(), "python": python, "text": joined(text, *remarks), "problem": ""}


# ---- private --------------------------------------------------------------------------------------------------------


def _axis(field: Field, state: ExplorerState) -> PageData:
    around = fields.suggested(field, fields.value_at(state.body, field.path, state.model))
    shown = {"path": field.path, "label": f"{field.label} ({field.path})", "kind": "choices", "text": "", "options": []}
    if field.is_number:
        return {**shown, "kind": "numbers", "text": ", ".join(map(ranges.number_text, around))}
    return {**shown, "options": [[_json(one), _option(field, one), one in around] for one in field.options]}


def _option(field: Field, value: Any) -> str:
    if field.kind == "size":
        return " × ".join(map(str, value))
    if value is None:
        return label("sampler.none" if field.name == "sampler" else "style_preset.none")
    return label_of(value)


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
