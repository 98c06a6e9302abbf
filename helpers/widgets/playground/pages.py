"""What the playground's page shows, as plain JSON: its header, settings, price, pictures, history and code."""

import base64
import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from helpers import models
from helpers.calls.answers import Generation
from helpers.display import alt_text, showing
from helpers.errors import ContentFilterError, RetiredModelError, WorkshopError
from helpers.language import joined
from helpers.models import Model
from helpers.schemas.sdxl import MAX_CFG_SCALE, MAX_STEPS, MIN_STEPS, STYLE_PRESETS
from helpers.widgets.playground import source
from helpers.widgets.playground.desk import Desk
from helpers.widgets.playground.runs import Run
from helpers.widgets.playground.settings import (
    ACTIONS,
    MOST_PICTURES,
    PRESETS,
    Settings,
    actions_of,
    has,
    lacks,
    most_seed,
    orientation,
    price,
    problems,
    remarks,
    sizes_of,
)
from helpers.widgets.playground.words import say

if TYPE_CHECKING:
    from PIL import Image

Page = dict[str, Any]

LARGEST_UPLOAD = 64_000_000  # bytes of one file; phones' photos have up to about 30 million
THUMBNAIL = 120  # pixels, the longer side
_ORIENTATIONS = ("square", "landscape", "portrait")


def header(desk: Desk) -> Page:
    """Category, model, inference, and where the calls go."""
    region = desk.bedrock.meta.region_name
    choice = [model for model in models.all() if model.schema and (model.studio or desk.backend == "aws")]
    return {
        "backend": desk.backend,
        "badge": say("on_studio") if desk.backend == "studio" else say("on_aws", region=region),
        "categories": list(dict.fromkeys(model.provider for model in choice)),
        "models": [{"value": model.roles[0], "label": model.name, "note": _about(model, desk)} for model in choice],
        "model": desk.model.roles[0],
        "largest_upload": LARGEST_UPLOAD,
        "inference": say(desk.model.inference),
        "actions": [
            {"value": action, "label": say(action), "able": action in actions_of(desk.model)} for action in ACTIONS
        ],
        "actions_note": lacks(desk.model),
        "presets": [
            {"value": name, "label": say(f"preset.{name}"), "help": say(f"preset.{name}.says")} for name in PRESETS
        ],
    }


def form(model: Model) -> list[Page]:
    """The sections of the settings, each with its fields; `when`: the actions that read a field."""
    quality = "quality.help" if has(model, "steps") else "quality.core"
    response: list[Page] = [
        {"key": "quality", "kind": "note", "text": say(quality, model=model.name)},
        {"key": "size", "kind": "size", "when": ["generate"], "options": _sizes(model)},
        {"key": "size", "kind": "note", "when": ["variation", "edit"], "text": say("size.reference")},
        {"key": "pictures", "kind": "choice", "options": [[n, str(n)] for n in range(1, MOST_PICTURES + 1)]},
    ]
    numbers: list[Page] = []
    if has(model, "cfg_scale"):
        numbers.append({"key": "cfg_scale", "kind": "range", "min": 0, "max": MAX_CFG_SCALE, "step": 0.5})
    if has(model, "steps"):
        numbers.append({"key": "steps", "kind": "range", "min": MIN_STEPS, "max": MAX_STEPS, "step": 1})
    if "variation" in actions_of(model):
        numbers.append(
            {"key": "image_strength", "kind": "range", "min": 0, "max": 1, "step": 0.05, "when": ["variation"]}
        )
    style = say("style_preset.help") if has(model, "style_preset") else say("style_preset.words", model=model.name)
    advanced: list[Page] = [
        *numbers,
        {"key": "seed", "kind": "number", "min": 0, "max": most_seed(model), "step": 1},
        {"key": "keep_seed", "kind": "check"},
        {
            "key": "style_preset",
            "kind": "choice",
            "help": style,
            "options": [[None, say("style_preset.none")], *([name, name] for name in STYLE_PRESETS)],
        },
    ]
    return [_section("response", response), _section("advanced", advanced)]


def quote(desk: Desk, settings: Settings) -> Page:
    """How many calls a run makes, with which seeds, at what price, and what is wrong or odd with the settings."""
    wrong = problems(settings, desk.model)
    if wrong and settings.prompt.strip():
        return {"text": "", "button": say("run"), "problems": wrong}
    count, drawn = settings.pictures, "_drawn" if settings.draws_seed else ""
    calls = say(
        f"quote.{'one' if count == 1 else 'several'}{drawn}",
        count=count,
        seed=settings.seed,
        last=settings.seed + count - 1,
    )
    asked = price(settings, desk.model, desk.reference.image if desk.reference else None)
    usd = None if asked is None else in_usd(asked)
    if desk.backend == "aws":
        text, button = (
            (say("quote.billed", price=usd), say("run.price", price=usd)) if usd else (say("quote.unknown"), say("run"))
        )
    else:
        free = "quote.free_was" if desk.model.retired_on(date.today()) else "quote.free"
        text, button = say(free, price=usd) if usd else "", say("run")
    return {"text": joined(calls, text, *remarks(settings, desk.model)), "button": button, "problems": []}


def reference(desk: Desk, remark: str = "") -> Page:
    """The reference image, where it comes from, and what was done to it."""
    if desk.reference is None:
        return {"src": "", "alt": "", "name": "", "remark": ""}
    image, name = desk.reference.image, desk.reference.name
    alt = say("reference.alt", width=image.width, height=image.height, name=name)
    return {"src": picture_url(showing.jpeg(image)), "alt": alt, "name": name, "remark": remark}


def result(run: Run | None) -> Page:
    """The pictures of a run, each with its text alternative and caption; what failed has a tile too."""
    if run is None:
        return {"number": 0, "tiles": []}
    return {"number": run.number, "tiles": [_tile(answer, run, place) for place, answer in enumerate(run.answers)]}


def history(runs: Sequence[Run], shown: int, kept: Sequence[Page] = ()) -> list[Page]:
    """The strip of runs, oldest first; `kept` is the strip as it was, whose thumbnails are not made again."""
    have = {tile["number"]: tile["src"] for tile in kept}
    return [
        {
            "number": run.number,
            "src": have[run.number] if run.number in have else thumbnail_url(run.made[0].image) if run.made else "",
            "alt": say("history.alt", number=run.number, action=say(run.settings.action), prompt=run.settings.prompt),
            "state": run.state,
            "mark": "" if run.state == "done" else say(run.state),
            "shown": run.number == shown,
        }
        for run in runs
    ]


def code(run: Run | None) -> Page:
    """What a run sent, and the Python that sends it again."""
    if run is None:
        return {"body": "", "python": "", "note": ""}
    count = len(run.bodies)
    note = say("code.first", count=count) if count > 1 else ""
    return {"body": source.shortened(run.bodies[0]), "python": run.python, "note": note}


def ended(run: Run) -> Page:
    """The status after a run."""
    if run.failures:
        sent = "" if len(run.bodies) == 1 else say("sent", sent=len(run.answers), count=len(run.bodies))
        return failed(run.failures[0], run.state, sent)
    unknown = alt_text.unknown_words_sentence(run.made)
    done = say("state.done", number=run.number, count=_count(len(run.made)), seconds=run.seconds)
    cost = sum(made.cost or 0.0 for made in run.made)
    paid = say("state.cost", price=in_usd(cost)) if cost else ""
    return {"state": "done", "text": joined(done, paid, unknown)}


def failed(error: WorkshopError, state: str = "failed", more: str = "") -> Page:
    """The status that says what happened, why, and what to do."""
    said = str(error)
    if isinstance(error, RetiredModelError):  # it ends in a body, which has no room here
        said = joined(error.what, error.why, error.fix)
    elif isinstance(error, ContentFilterError) and error.image is not None:  # the picture stands below
        said = joined(error.what, say("filtered.blurred", reason=error.finish_reason), error.fix)
    return {"state": state, "text": joined(say(f"state.{state}"), *said.split(), *more.split())}


def picture_url(jpeg: bytes) -> str:
    """A JPEG file as an address that a page can show."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def thumbnail_url(image: "Image.Image") -> str:
    """A small one of the picture, for a strip."""
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    return picture_url(data.getvalue())


def in_usd(amount: float) -> str:
    """An amount of money as a page writes it."""
    return f"{amount:.2f} USD"


# ---- how ------------------------------------------------------------------------------------------------------------


def _about(model: Model, desk: Desk) -> str:
    if model.retired_on(date.today()):
        return say("retired", model=model.name, day=model.eol.isoformat() if model.eol else "")
    if desk.backend == "aws":
        return say("living_aws", model=model.name, regions=", ".join(model.regions))
    return say("living", model=model.name)


def _section(key: str, fields: list[Page]) -> Page:
    return {"key": key, "fields": fields}


def _sizes(model: Model) -> Page:
    """The sizes to choose from, by orientation."""
    sizes = sizes_of(model)
    return {shape: [list(one) for one in sizes if orientation(*one) == shape] for shape in _ORIENTATIONS}


def _tile(answer: Generation | WorkshopError, run: Run, place: int) -> Page:
    seed = run.bodies[place].get("seed")
    caption = say("seed_of", seed=seed)
    if isinstance(answer, Generation):
        caption = joined(alt_text.title_sentence(caption).strip(), alt_text.unknown_words_sentence([answer]))
        return {
            "kind": "picture",
            "src": picture_url(showing.jpeg(answer.image)),
            "alt": alt_text.image_alt(answer),
            "caption": caption,
        }
    image = getattr(answer, "image", None)
    kind = "filtered" if getattr(answer, "finish_reason", None) or run.state == "filtered" else "failed"
    return {
        "kind": kind,
        "src": picture_url(showing.jpeg(image)) if image is not None else "",
        "alt": say("filtered.alt") if image is not None else "",
        "mark": say(kind),
        "caption": caption,
    }


def _count(pictures: int) -> str:
    return say("one_image") if pictures == 1 else say("images", count=pictures)
