"""What the playground's page shows, as JSON: its header, settings, price, pictures, history and code."""

from collections.abc import Sequence
from datetime import date

from helpers import models
from helpers.calls.answers import Generation
from helpers.display import alt_text, showing
from helpers.errors import WorkshopError
from helpers.language import joined
from helpers.models import Model
from helpers.recipes.code import shortened
from helpers.schemas.sdxl import MAX_STEPS, MIN_STEPS, STYLE_PRESETS
from helpers.widgets.playground.labels import label
from helpers.widgets.playground.runs import PlaygroundRun
from helpers.widgets.playground.settings import (
    ACTIONS,
    MAX_PICTURES,
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
from helpers.widgets.playground.state import PlaygroundState
from helpers.widgets.shared.page import PageData, failed, in_usd, picture_url, thumbnail_url

MAX_UPLOAD = 64_000_000  # bytes of one file; phones' photos have up to about 30 million
_ORIENTATIONS = ("square", "landscape", "portrait")


def header(state: PlaygroundState) -> PageData:
    """Return the header: categories, models, inference, where the calls go, actions and presets."""
    region = state.bedrock.meta.region_name
    choice = [model for model in models.all() if model.is_offered and (model.studio or state.backend == "aws")]
    return {
        "backend": state.backend,
        "badge": label("on_studio") if state.backend == "studio" else label("on_aws", region=region),
        "categories": list(dict.fromkeys(model.provider for model in choice)),
        "models": [{"value": model.roles[0], "label": model.name, "note": _about(model, state)} for model in choice],
        "model": state.model.roles[0],
        "largest_upload": MAX_UPLOAD,
        "inference": label(state.model.inference),
        "actions": [
            {"value": action, "label": label(action), "able": action in actions_of(state.model)} for action in ACTIONS
        ],
        "actions_note": lacks(state.model),
        "presets": [
            {"value": name, "label": label(f"preset.{name}"), "help": label(f"preset.{name}.says")} for name in PRESETS
        ],
    }


def form(model: Model) -> list[PageData]:
    """Return the sections of the settings, each with its fields; a field's `when` names the actions that read it."""
    quality = "quality.help" if has(model, "steps") else "quality.core"
    response: list[PageData] = [
        {"key": "quality", "kind": "note", "text": label(quality, model=model.name)},
        {"key": "size", "kind": "size", "when": ["generate"], "options": _sizes(model)},
        {"key": "size", "kind": "note", "when": ["variation", "edit"], "text": label("size.reference")},
        {"key": "pictures", "kind": "choice", "options": [[n, str(n)] for n in range(1, MAX_PICTURES + 1)]},
    ]
    numbers: list[PageData] = []
    if model.family and model.family.max_cfg_scale:
        most = model.family.max_cfg_scale
        numbers.append({"key": "cfg_scale", "kind": "range", "min": 0, "max": most, "step": 0.5})
    if has(model, "steps"):
        numbers.append({"key": "steps", "kind": "range", "min": MIN_STEPS, "max": MAX_STEPS, "step": 1})
    if "variation" in actions_of(model):
        numbers.append(
            {"key": "image_strength", "kind": "range", "min": 0, "max": 1, "step": 0.05, "when": ["variation"]}
        )
    style = label("style_preset.help") if has(model, "style_preset") else label("style_preset.words", model=model.name)
    advanced: list[PageData] = [
        *numbers,
        {"key": "seed", "kind": "number", "min": 0, "max": most_seed(model), "step": 1},
        {"key": "keep_seed", "kind": "check"},
        {
            "key": "style_preset",
            "kind": "choice",
            "help": style,
            "options": [[None, label("style_preset.none")], *([name, name] for name in STYLE_PRESETS)],
        },
    ]
    return [_section("response", response), _section("advanced", advanced)]


def quote(state: PlaygroundState, settings: Settings) -> PageData:
    """Return the Run button and the line beside it: calls, seeds, price, and what is wrong or odd with the settings."""
    wrong = problems(settings, state.model)
    if wrong and settings.prompt.strip():
        return {"text": "", "button": label("run"), "problems": wrong}
    count, drawn = settings.pictures, "_drawn" if settings.draws_seed else ""
    calls = label(
        f"quote.{'one' if count == 1 else 'several'}{drawn}",
        count=count,
        seed=settings.seed,
        last=settings.seed + count - 1,
    )
    asked = price(settings, state.model, state.reference.image if state.reference else None)
    usd = None if asked is None else in_usd(asked)
    if state.backend == "aws":
        text, button = (
            (label("quote.billed", price=usd), label("run.price", price=usd))
            if usd
            else (label("quote.unknown"), label("run"))
        )
    else:
        free = "quote.free_was" if state.model.retired_on(date.today()) else "quote.free"
        text, button = label(free, price=usd) if usd else "", label("run")
    return {"text": joined(calls, text, *remarks(settings, state.model)), "button": button, "problems": []}


def reference(state: PlaygroundState, remark: str = "") -> PageData:
    """Return the reference image, where it comes from, and what was done to it."""
    if state.reference is None:
        return {"src": "", "alt": "", "name": "", "remark": ""}
    image, name = state.reference.image, state.reference.name
    alt = label("reference.alt", width=image.width, height=image.height, name=name)
    return {"src": picture_url(showing.jpeg(image)), "alt": alt, "name": name, "remark": remark}


def result(run: PlaygroundRun | None) -> PageData:
    """Return a tile for each answer of a run: its picture, text alternative and caption, or what failed."""
    if run is None:
        return {"number": 0, "tiles": []}
    return {"number": run.number, "tiles": [_tile(answer, run, index) for index, answer in enumerate(run.answers)]}


def history(runs: Sequence[PlaygroundRun], shown: int, kept: Sequence[PageData] = ()) -> list[PageData]:
    """Return the strip of runs, oldest first; thumbnails in `kept`, the strip as it was, are used again."""
    have = {tile["number"]: tile["src"] for tile in kept}
    return [
        {
            "number": run.number,
            "src": have[run.number] if run.number in have else thumbnail_url(run.made[0].image) if run.made else "",
            "alt": label(
                "history.alt", number=run.number, action=label(run.settings.action), prompt=run.settings.prompt
            ),
            "state": run.state,
            "mark": "" if run.state == "done" else label(run.state),
            "shown": run.number == shown,
        }
        for run in runs
    ]


def code(run: PlaygroundRun | None) -> PageData:
    """Return the first body of a run, and the Python that sends them all again."""
    if run is None:
        return {"body": "", "python": "", "note": ""}
    count = len(run.bodies)
    note = label("code.first", count=count) if count > 1 else ""
    return {"body": shortened(run.bodies[0]), "python": run.python, "note": note}


def ended(run: PlaygroundRun) -> PageData:
    """Return the status after a run."""
    if run.failures:
        sent = "" if len(run.bodies) == 1 else label("sent", sent=len(run.answers), count=len(run.bodies))
        return failed(run.failures[0], run.state, sent)
    missing = alt_text.missing_words_sentence(run.made)
    done = label("state.done", number=run.number, count=_count(len(run.made)), seconds=run.seconds)
    cost = sum(made.cost or 0.0 for made in run.made)
    paid = label("state.cost", price=in_usd(cost)) if cost else ""
    return {"state": "done", "text": joined(done, paid, missing)}


# ---- private --------------------------------------------------------------------------------------------------------


def _about(model: Model, state: PlaygroundState) -> str:
    if model.retired_on(date.today()):
        return label("retired", model=model.name, day=model.eol.isoformat() if model.eol else "")
    if state.backend == "aws":
        return label("living_aws", model=model.name, regions=", ".join(model.regions))
    return label("living", model=model.name)


def _section(key: str, fields: list[PageData]) -> PageData:
    return {"key": key, "fields": fields}


def _sizes(model: Model) -> PageData:
    """Return the sizes to choose from, by orientation."""
    sizes = sizes_of(model)
    return {shape: [list(one) for one in sizes if orientation(*one) == shape] for shape in _ORIENTATIONS}


def _tile(answer: Generation | WorkshopError, run: PlaygroundRun, place: int) -> PageData:
    seed = run.bodies[place].get("seed")
    caption = label("seed_of", seed=seed)
    if isinstance(answer, Generation):
        caption = joined(alt_text.title_sentence(caption).strip(), alt_text.missing_words_sentence([answer]))
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
        "alt": label("filtered.alt") if image is not None else "",
        "mark": label(kind),
        "caption": caption,
    }


def _count(pictures: int) -> str:
    return label("one_image") if pictures == 1 else label("images", count=pictures)
