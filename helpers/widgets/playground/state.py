"""State of the playground and the calls that it makes; no traits, no page."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from helpers import models, pictures
from helpers.bodies import inputs
from helpers.calls import client
from helpers.errors import RetiredModelError, WorkshopError
from helpers.language import tr
from helpers.language.remarks import collect_warnings
from helpers.models import Model
from helpers.widgets.playground import runs
from helpers.widgets.playground.labels import label
from helpers.widgets.playground.runs import PlannedRun, PlaygroundRun, Reference
from helpers.widgets.playground.settings import (
    MAX_PICTURES,
    PRESETS,
    Preset,
    Settings,
    actions_of,
    changed,
    for_model,
    most_seed,
    request_bodies,
)

if TYPE_CHECKING:
    from helpers.masks.mask import Mask


class BusyError(WorkshopError):
    """Raised when a second run is asked for while one is under way."""

    def __init__(self, what: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what or label("busy_already"), why, fix)


class PlaygroundState:
    """The state of one playground. Only `send` makes calls; one thread at a time may use it."""

    def __init__(self, bedrock: Any) -> None:
        self.bedrock = bedrock
        self.backend = client.backend_of(bedrock)
        self.model = models.first(self.backend)
        self.settings: Settings = for_model(PRESETS["beach"].settings, self.model)
        self.reference: Reference | None = None
        self.mask: Mask | None = None
        self.runs: list[PlaygroundRun] = []
        self._busy = threading.Lock()

    # ---- settings

    def set(self, **changes: Any) -> None:
        """Change settings by name. Raises BodyError for an unknown name or action, and a value of another type."""
        self.settings = changed(self.settings, changes)

    def apply(self, name: "str | Model") -> None:
        """Choose the model. Raises UnknownModelError, BodyError for one without a schema, and on AWS RetiredModelError."""
        model = models.get(name)
        if model.schema is None:
            request_bodies(self.settings, model, 1)  # raises BodyError: there is no schema for it
        if self.backend == "aws" and model.retired_on(date.today()):
            raise RetiredModelError(
                tr(
                    "{name} left Amazon Bedrock{since}.",
                    name=model.name,
                    since=tr(" on {day}", day=model.eol) if model.eol else "",
                ),
                tr("On AWS every call to it fails."),
                tr("Choose {model}, or use the studio: helpers.connect().", model=models.first("aws").name),
                eol=model.eol,
                model_id=model.id,
            )
        self.model, self.settings = model, for_model(self.settings, model)

    def apply_for(self, preset: Preset) -> None:
        """Choose a model that can do what a preset does, where this one cannot. Raises RetiredModelError if none is left."""
        action = preset.settings.action
        if action not in actions_of(self.model):
            able = [model for model in models.all() if action in actions_of(model)]
            self.apply(next((model for model in able if models.can_be_called(model, self.backend)), able[0]))

    # ---- the reference image

    def use(self, source: Any, name: str) -> str:
        """Take a picture, a file or a receipt as the reference image, at a legal size, and return what was done to it.

        The mask of the former one is dropped. Raises ImageError.
        """
        with collect_warnings() as remarks:
            able = self.model if "variation" in actions_of(self.model) else models.first("studio", "image_to_image")
            picture = pictures.init_image(inputs.fit(source), able)
        self.reference, self.mask = Reference(picture, name), None
        return " ".join(remarks)

    def start_of(self, preset: Preset) -> PlaygroundRun | None:
        """Return the latest run that made a preset's reference image; None where there is none."""
        alike = (one for one in reversed(self.runs) if one.settings == preset.start and one.made)
        return next(alike, None)

    def load(self, preset: Preset, start: PlaygroundRun | None = None) -> None:
        """Take a preset's settings, and the first picture of `start` as the reference image. Raises BodyError."""
        self.apply_for(preset)
        self.settings = for_model(preset.settings, self.model)
        if start is not None:
            self.use(start.made[0], label("reference.from_run", place=1, number=start.number))
        if preset.mask is not None and self.reference is not None:
            self.mask = _ellipse(self.reference, preset.mask)

    def restore(self, run: PlaygroundRun) -> None:
        """Go back to a run: its model, settings, reference image and mask."""
        self.model, self.settings = run.plan.model, run.settings
        if run.plan.reference is not None:
            self.reference = run.plan.reference
        if run.plan.mask is not None:
            self.mask = run.plan.mask

    # ---- runs

    def plan(self, settings: Settings | None = None) -> PlannedRun:
        """Return the run that would be sent now, its seed drawn if it is to be. Sends nothing."""
        asked = settings or self.settings
        highest = most_seed(self.model) - MAX_PICTURES + 1
        seed = random.SystemRandom().randint(1, highest) if asked.draws_seed else asked.seed
        asked = replace(asked, seed=seed)
        return runs.plan(asked, self.model, self.bedrock, seed=seed, reference=self.reference, mask=self.mask)

    def claim(self) -> bool:
        """Take the right to send and return True; return False while another thread has it. `give_back` ends it."""
        return self._busy.acquire(blocking=False)

    def give_back(self) -> None:
        """Give back the right to send."""
        self._busy.release()

    @property
    def is_busy(self) -> bool:
        """True while a run is under way."""
        return self._busy.locked()

    def send(self, plan: PlannedRun, told: Callable[[int], None] = lambda place: None) -> PlaygroundRun:
        """Send a planned run, keep it in `runs` and return it. Call `claim` before, and `give_back` after."""
        run = runs.send(plan, self.bedrock, len(self.runs) + 1, told)
        self.runs.append(run)
        return run


def _ellipse(reference: Reference, shares: tuple[float, float, float, float]) -> "Mask":
    from helpers.masks.mask import Mask

    width, height = reference.image.size
    left, top, right, bottom = shares
    return Mask.ellipse(
        reference.image, (round(left * width), round(top * height), round(right * width), round(bottom * height))
    )
