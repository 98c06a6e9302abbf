"""The playground's settings: what can be set, the three examples of the console, and the request bodies they become."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from helpers import bodies
from helpers.errors import BodyError, ImageError, MaskError, Problem, WorkshopWarning
from helpers.language import listed, tr
from helpers.language.remarks import ignore_warnings
from helpers.models import Model
from helpers.schemas.fields import TaskName
from helpers.schemas.sdxl import DEFAULT_CFG_SCALE, DEFAULT_IMAGE_STRENGTH, DEFAULT_STEPS, QUICK_SIDE, StylePreset
from helpers.widgets.playground.labels import label

if TYPE_CHECKING:
    from PIL import Image

    from helpers.masks.mask import Mask

Action = Literal["generate", "variation", "edit"]
Orientation = Literal["landscape", "square", "portrait"]

ACTIONS: tuple[Action, ...] = get_args(Action)
TASKS: dict[Action, TaskName] = {"generate": "text_to_image", "variation": "image_to_image", "edit": "inpaint"}
MAX_PICTURES = 4  # of one run, as in the console
_NUMBERS = ("width", "height", "pictures", "cfg_scale", "steps", "seed", "image_strength")


@dataclass(frozen=True)
class Settings:
    """The settings of one run, apart from the reference image and its mask.

    `keep_seed` False, or a seed of 0, draws a new seed for each run. `width` and `height` are for "generate" alone,
    `image_strength` for "variation" alone.
    """

    action: Action = "generate"
    prompt: str = ""
    negative_prompt: str = ""
    width: int = QUICK_SIDE
    height: int = QUICK_SIDE
    pictures: int = 1
    cfg_scale: float = DEFAULT_CFG_SCALE
    steps: int = DEFAULT_STEPS
    seed: int = 0
    keep_seed: bool = True
    style_preset: StylePreset | None = None
    image_strength: float = DEFAULT_IMAGE_STRENGTH

    @property
    def draws_seed(self) -> bool:
        """True where each run draws a new seed."""
        return not self.keep_seed or not self.seed


@dataclass(frozen=True)
class Preset:
    """One example: its settings, the settings of its reference image, and where that may change.

    `mask` is an ellipse: left, top, right and bottom as shares of width and height, 0 to 1.
    """

    name: str
    settings: Settings
    start: Settings | None = None
    mask: tuple[float, float, float, float] | None = None


_BEACH = Settings(prompt="a serene beach at sunset", cfg_scale=10, steps=30, seed=10)
_TEA_GARDEN = Settings(prompt="a green tea garden", cfg_scale=10, steps=30, seed=10)

PRESETS: dict[str, Preset] = {
    "beach": Preset("beach", _BEACH),
    "variation": Preset(
        "variation",
        Settings(
            action="variation",
            prompt="add vibrant hues to the sky, enhance reflections on the water",
            negative_prompt=(
                "dull colors, lack of sunset details, unrealistic sky gradients, poorly rendered reflections"
            ),
            cfg_scale=30,
            steps=50,
            seed=321,
        ),
        start=_BEACH,
    ),
    "sheep": Preset(
        "sheep",
        Settings(action="edit", prompt="add a sheep", cfg_scale=10, seed=10),
        start=_TEA_GARDEN,
        mask=(0.25, 0.5, 0.78, 0.92),
    ),
}


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the settings with some changed. Raises BodyError for an unknown name or action, and a value of another type."""
    known = {field.name for field in fields(Settings)}
    wrong = [
        Problem(
            name,
            tr("There is no setting {name}; there are {settings}.", name=name, settings=listed(sorted(known))),
            value,
        )
        for name, value in changes.items()
        if name not in known
    ]
    wrong += [problem for name, value in changes.items() if (problem := _problem(name, value))]
    if wrong:
        raise _error(wrong)
    return replace(settings, **changes)


def as_form(settings: Settings) -> dict[str, Any]:
    """Return the settings in JSON's own types."""
    return asdict(settings)


def actions_of(model: Model) -> tuple[Action, ...]:
    """Return the actions that a model can do."""
    tasks = model.family.tasks if model.family else ()
    return tuple(action for action in ACTIONS if TASKS[action] in tasks)


def most_seed(model: Model) -> int:
    """Return the highest seed that a model takes."""
    return bodies.required_family(model).max_seed


def lacks(model: Model) -> str:
    """Return a sentence on what a model cannot do; an empty text where it can do all."""
    able = actions_of(model)
    if len(able) == len(ACTIONS):
        return ""
    return label("only_generate" if len(able) == 1 else "no_edit", model=model.name)


def sizes_of(model: Model) -> tuple[tuple[int, int], ...]:
    """Return the sizes to choose from, as (width, height): a quick one and the trained ones, or all of the model."""
    return model.family.size_choices(model) if model.family else ()


def orientation(width: int, height: int) -> Orientation:
    """Return the orientation of a size: "landscape" is wider than high, "portrait" higher than wide."""
    return "square" if width == height else "landscape" if width > height else "portrait"


def has(model: Model, field: str) -> bool:
    """Return whether a model's bodies have this field."""
    return model.family is not None and model.family.has(field)


def for_model(settings: Settings, model: Model) -> Settings:
    """Return the settings with an action and a size that the model has."""
    action = settings.action if settings.action in actions_of(model) else "generate"
    sizes, size = sizes_of(model), (settings.width, settings.height)
    if not has(model, "width") and size not in sizes:
        alike = [one for one in sizes if orientation(*one) == orientation(*size)]
        size = min(alike or sizes, key=lambda one: abs(one[0] / one[1] - size[0] / size[1]))
    return replace(settings, action=action, width=size[0], height=size[1])


def request_bodies(
    settings: Settings, model: Model, seed: int, reference: "Image.Image | None" = None, mask: "Mask | None" = None
) -> list[bodies.Body]:
    """Return the bodies of one run, one a picture, with the seeds `seed`, `seed` + 1 and so on.

    Raises BodyError, ImageError or MaskError with a sentence for all that is missing or wrong.
    """
    _check(settings, model, seed)
    if settings.action not in actions_of(model):
        raise _error([Problem("action", lacks(model), settings.action)])
    with ignore_warnings(WorkshopWarning):  # `remarks` says the same on the playground
        body = _body(settings, seed, reference, mask)
        made = bodies.translated(body, model)
        # What the model has a field for and was still left out is beyond its limits, and its check says so.
        asked = made.body.replace(**{name: body[name] for name in made.left_out if has(model, name)})
        bodies.check(asked)
    return [asked.replace(seed=seed + place) for place in range(settings.pictures)]


def remarks(settings: Settings, model: Model) -> list[str]:
    """Return sentences on what may surprise about legal settings."""
    size = (settings.width, settings.height) if settings.action == "generate" else None
    return bodies.notes_on(model, size, settings.steps if has(model, "steps") else 0)


def problems(settings: Settings, model: Model) -> list[str]:
    """Return a sentence for each thing that is wrong with the settings alone, whatever the reference image."""
    try:
        request_bodies(replace(settings, action="generate"), model, 1 if settings.draws_seed else settings.seed)
    except BodyError as error:
        return [problem.message for problem in error.problems]
    return []


def price(settings: Settings, model: Model, reference: "Image.Image | None" = None) -> float | None:
    """Return the list price of all pictures of one run on AWS, in USD; None where no page gives one."""
    size = reference.size if reference and settings.action != "generate" else (settings.width, settings.height)
    try:
        each = model.price_at(settings.steps, size[0] * size[1])
    except LookupError:
        return None
    return each * settings.pictures


# ---- private --------------------------------------------------------------------------------------------------------


def _body(settings: Settings, seed: int, reference: "Image.Image | None", mask: "Mask | None") -> bodies.Body:
    common: dict[str, Any] = {
        "negative_prompt": settings.negative_prompt.strip() or None,
        "seed": seed,
        "cfg_scale": settings.cfg_scale,
        "steps": settings.steps,
        "style_preset": settings.style_preset,
    }
    if settings.action == "generate":
        return bodies.text_to_image(settings.prompt, width=settings.width, height=settings.height, **common)
    if reference is None:
        raise ImageError(
            tr("“{action}” starts from a reference image, and there is none.", action=label(settings.action)),
            fix=tr("Upload one, or press “Use as reference” under a picture."),
        )
    if settings.action == "variation":
        return bodies.image_to_image(settings.prompt, reference, image_strength=settings.image_strength, **common)
    if mask is None or not mask.share:
        raise MaskError(
            tr("Nothing is painted on the reference image."),
            tr("Only what is painted may change, so the image would stay as it is."),
            tr("Paint over the part that is to change, then run again."),
        )
    return bodies.inpaint(settings.prompt, reference, mask, **common)


def _check(settings: Settings, model: Model, seed: int) -> None:
    found, most = [], most_seed(model)
    if not settings.prompt.strip():
        found.append(Problem("prompt", tr("The prompt is empty: say what the picture is to show."), settings.prompt))
    if isinstance(settings.pictures, bool) or settings.pictures not in range(1, MAX_PICTURES + 1):
        message = tr(
            "pictures must be a whole number from 1 to {most}, not {pictures!r}.",
            most=MAX_PICTURES,
            pictures=settings.pictures,
        )
        found.append(Problem("pictures", message, settings.pictures))
    elif seed <= most < seed + settings.pictures - 1:
        message = tr(
            "The last of {pictures} seeds would be above {most}: start with a lower one.",
            pictures=settings.pictures,
            most=most,
        )
        found.append(Problem("seed", message, seed))
    if found:
        raise _error(found)


def _problem(name: str, value: Any) -> Problem | None:
    if name == "action" and value not in ACTIONS:
        return Problem(
            name,
            tr(
                "The action is {actions} or {last}, not {value!r}.",
                actions=listed(ACTIONS[:-1]),
                last=ACTIONS[-1],
                value=value,
            ),
            value,
        )
    if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
        said = tr("is empty") if value is None else tr("is {value!r}", value=value)
        return Problem(name, tr("{name} {said}: give a number.", name=name, said=said), value)
    if name in ("prompt", "negative_prompt") and not isinstance(value, str):
        return Problem(
            name,
            tr("{name} must be a text, not {kind}.", name=name, kind=type(value).__name__),
            value,
        )
    if name == "keep_seed" and not isinstance(value, bool):
        return Problem(name, tr("keep_seed is True or False, not {value!r}.", value=value), value)
    return None


def _error(found: list[Problem]) -> BodyError:
    return BodyError(" ".join(problem.message for problem in found), problems=found)
