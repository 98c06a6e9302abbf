"""One run of the playground: planned and checked first, then sent call by call, then kept with all that repeats it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from helpers import pictures, recipes
from helpers.bodies import Body
from helpers.calls import client
from helpers.calls.answers import Backend, Generation
from helpers.errors import ContentFilterError, ModelFailedError, SetupError, WorkshopError
from helpers.language import tr
from helpers.models import Model
from helpers.recipes import code
from helpers.widgets.playground.settings import Settings, request_bodies

if TYPE_CHECKING:
    from PIL import Image

    from helpers.masks.mask import Mask

FOLDER = "playground"  # below helpers.outputs()
RunState = Literal["done", "filtered", "failed"]


@dataclass(frozen=True)
class Reference:
    """A reference image of a legal size, and a text on where it comes from."""

    image: "Image.Image"
    name: str


@dataclass(frozen=True, eq=False)
class PlannedRun:
    """A run that may be sent: everything in it was checked. `settings.seed` is the first seed."""

    settings: Settings
    model: Model
    backend: Backend
    bodies: tuple[Body, ...]
    python: str  # sends the same bodies again
    reference: Reference | None = None
    mask: "Mask | None" = None


@dataclass(frozen=True, eq=False)
class PlaygroundRun:
    """A run that was sent. `answers`: for each body that was sent, its receipt or the error that came instead."""

    number: int
    plan: PlannedRun
    answers: tuple[Generation | WorkshopError, ...]
    seconds: float

    @property
    def settings(self) -> Settings:
        """Settings of the run; `.seed` is the first seed that was sent."""
        return self.plan.settings

    @property
    def bodies(self) -> tuple[Body, ...]:
        """Request bodies, one a picture."""
        return self.plan.bodies

    @property
    def python(self) -> str:
        """Python that sends the same bodies again."""
        return self.plan.python

    @property
    def made(self) -> list[Generation]:
        """Receipts of the pictures that came."""
        return [answer for answer in self.answers if isinstance(answer, Generation)]

    @property
    def failures(self) -> list[WorkshopError]:
        """Errors that came instead of pictures."""
        return [answer for answer in self.answers if isinstance(answer, WorkshopError)]

    @property
    def state(self) -> RunState:
        """State of the run: "done", or "filtered" or "failed" by the first error."""
        if not self.failures:
            return "done"
        return "filtered" if isinstance(self.failures[0], ContentFilterError) else "failed"

    def __repr__(self) -> str:
        action, prompt, seed = self.settings.action, self.settings.prompt, self.settings.seed
        return f"<Run {self.number}: {action}, {prompt!r}, seed {seed}, {self.state}>"


def plan(
    settings: Settings,
    model: Model,
    bedrock: Any,
    *,
    seed: int,
    reference: Reference | None = None,
    mask: "Mask | None" = None,
) -> PlannedRun:
    """Check everything and return what a run is to send, its first picture with `seed`. Sends nothing.

    The reference image and the mask that its Python reads are saved below `helpers.outputs()`. Raises BodyError,
    ImageError, MaskError or SetupError.
    """
    reference = reference if settings.action != "generate" else None
    mask = mask if settings.action == "edit" else None
    asked = request_bodies(settings, model, seed, reference.image if reference else None, mask)
    backend = client.backend_of(bedrock)
    python = code.seeds_cell(
        asked,
        backend,
        bedrock.meta.region_name,
        reference=_kept("reference", reference.image) if reference else None,
        mask=_kept("mask", mask.image) if mask else None,
    )
    return PlannedRun(settings, model, backend, tuple(asked), python, reference, mask)


def send(
    plan: PlannedRun, bedrock: Any, number: int, told: Callable[[int], None] = lambda place: None
) -> PlaygroundRun:
    """Send the bodies one after another and return the run; `told` is called with the place of each, from 1, before it.

    After a picture that was filtered or failed the next seed is tried; after any other error the rest is not sent.
    """
    answers: list[Generation | WorkshopError] = []
    began = time.perf_counter()
    for place, body in enumerate(plan.bodies, start=1):
        told(place)
        try:
            answers.append(client.invoke(bedrock, body, plan.model))
        except (ContentFilterError, ModelFailedError) as error:
            answers.append(error)
            if error.code is not None:  # the request itself was refused, and the next has the same prompt
                break
        except WorkshopError as error:
            answers.append(error)
            break
    return PlaygroundRun(number, plan, tuple(answers), time.perf_counter() - began)


def _kept(kind: str, picture: "Image.Image") -> str:
    """Save a picture below `helpers.outputs()` under a name made from its pixels, and return that name."""
    pixels = f"{picture.mode} {picture.size}".encode() + picture.tobytes()
    name = f"{FOLDER}/{kind}-{hashlib.sha256(pixels).hexdigest()[:12]}.png"
    try:
        recipes.save(picture, pictures.outputs(name))
    except OSError as error:
        raise SetupError(
            tr("The {kind} picture cannot be kept as {path}.", kind=kind, path=pictures.outputs(name)),
            tr("The system says: {error}.", error=error.strerror or error),
            tr("Set WORKSHOP_OUTPUTS to a folder that can be written to."),
        ) from error
    return name
