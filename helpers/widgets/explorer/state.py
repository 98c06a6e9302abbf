"""State of the explorer and the calls that it makes; no traits, no page."""

import copy
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpers import bodies, models, pictures
from helpers.bodies import Body
from helpers.calls import client
from helpers.calls.answers import Backend, Generation
from helpers.errors import BodyError, Problem, SetupError, WorkshopError, WorkshopWarning
from helpers.language import tr
from helpers.language.remarks import ignore_warnings
from helpers.models import Model
from helpers.recipes import input_files
from helpers.recipes.code import RepeatableRequest
from helpers.schemas import families
from helpers.sweeps.axes import plan
from helpers.widgets.explorer import fields
from helpers.widgets.explorer.labels import label

FOLDER = "explorer"  # below helpers.outputs(): the images that its Python reads


@dataclass(frozen=True)
class ExplorerCall:
    """A body to send, and its turn: of two calls the one with the higher turn is the newer."""

    turn: int
    body: Body


class ExplorerState:
    """The state of one explorer. Only `answer` makes calls; it may run in any thread."""

    def __init__(self, bedrock: Any, body: Mapping[str, Any] | None = None, model: "str | Model | None" = None) -> None:
        self.bedrock = bedrock
        self.backend = client.backend_of(bedrock)
        self.made: Generation | None = None  # the latest picture
        self.kept: list[Generation] = []
        self.turn = 0
        self.drew_seed = False
        self.body: Body
        self.model: Model
        self.replace(_example(self.backend) if body is None else body, model)

    def replace(self, body: Mapping[str, Any], name: "str | Model | None" = None) -> None:
        """Explore another body, of model `name` or its own. Raises BodyError, and on AWS RetiredModelError."""
        if not isinstance(body, Mapping):
            bodies.check(body)  # raises BodyError
        model = models.for_body(body) if name is None else models.get(name)
        if self.backend == "aws" and model.retired_on(date.today()):
            raise bodies.retired(model, body)
        self._take(Body(copy.deepcopy(dict(body)), model), look_at_pictures=True)

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change fields by path. Raises BodyError, and then changes nothing."""
        _must_be_paths(changes)
        wanted = fields.put(self.body, changes, self.model)
        self._take(wanted, look_at_pictures=any(path in families.IMAGE_FIELDS for path in changes))

    @property
    def is_shown(self) -> bool:
        """True where the latest picture was made from the present body."""
        return self.made is not None and self.made.body == self.body

    @property
    def price(self) -> float | None:
        """List price of a picture of this body on AWS, in USD; None where no page gives one."""
        return plan.price_of(self.model, self.body)

    @property
    def remarks(self) -> list[str]:
        """Sentences on what may surprise about the body."""
        said = bodies.notes(self.body)
        return [label("seed_drawn", seed=self.body["seed"]), *said] if self.drew_seed else said

    # ---- calls

    def next_call(self) -> ExplorerCall:
        """Return the call that sends the present body."""
        self.turn += 1
        return ExplorerCall(self.turn, self.body)

    def answer(self, call: ExplorerCall) -> Generation | WorkshopError:
        """Send the body of a call, and return its receipt or the error that came instead."""
        try:
            return client.invoke(self.bedrock, call.body)
        except WorkshopError as error:
            return error

    # ---- kept pictures

    def keep(self) -> tuple[int, bool]:
        """Keep the picture that is shown, and return its number in the strip and whether it is new. Raises LookupError."""
        if self.made is None or not self.is_shown:
            raise LookupError(label("kept.nothing"))
        for index, one in enumerate(self.kept):
            if one.body == self.made.body:
                return index + 1, False
        self.kept.append(self.made)
        return len(self.kept), True

    def back(self, number: int) -> None:
        """Go back to the settings and the picture of a kept one, without a call. Raises LookupError."""
        self.made = self.kept_at(number)
        self.model = models.get(self.made.model)
        self.body = Body(self.made.body, self.model)
        self.turn += 1

    def remove(self, number: int) -> None:
        """Take a kept picture out of the strip. Raises LookupError."""
        self.kept.remove(self.kept_at(number))

    def kept_at(self, number: int) -> Generation:
        """Return the receipt of a kept picture by its number, from 1. Raises LookupError where there is none."""
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(self.kept):
            raise LookupError(
                tr("There is no kept picture {number!r}; there are {count}.", number=number, count=len(self.kept))
            )
        return self.kept[number - 1]

    def labels(self) -> list[str]:
        """Return a label for each kept picture: the fields in which it differs from the others."""
        return fields.differing([one.body for one in self.kept], [models.get(one.model) for one in self.kept])

    # ---- private

    def _take(self, body: Body, *, look_at_pictures: bool) -> None:
        with ignore_warnings(WorkshopWarning):  # the page shows `remarks`
            bodies.check(body, look_at_pictures=look_at_pictures)
        self.drew_seed = not body.get("seed")
        self.body = body.replace(seed=secrets.randbelow(plan.HIGHEST_DRAWN_SEED) + 1) if self.drew_seed else body
        self.model = models.get(body.model)


def repeatable_request(body: Body, model: Model, backend: Backend) -> RepeatableRequest:
    """Return a body as code can repeat it: its images are saved below `helpers.outputs()`.

    Raises SetupError where they cannot be saved.
    """
    folder = pictures.outputs(FOLDER)
    try:
        inputs = input_files.keep_inputs(body, folder)
    except OSError as error:
        raise SetupError(
            tr("The pictures of the request cannot be kept in {folder}.", folder=folder),
            tr("The system says: {error}.", error=error.strerror or error),
            tr("Set WORKSHOP_OUTPUTS to a folder that can be written to."),
        ) from error
    cost = plan.price_of(model, body) if backend == "aws" else 0.0
    return RepeatableRequest(body, model.invoke_id, inputs, backend, body["seed"], cost)


# ---- private --------------------------------------------------------------------------------------------------------


def _example(backend: str) -> Body:
    """Return the body of the beach, for a model that can be called there today."""
    example = bodies.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
    return example if backend == "studio" else bodies.core_body(example)


def _must_be_paths(changes: Mapping[str, Any]) -> None:
    odd = [path for path in changes if not isinstance(path, str)]
    if odd:
        why = tr("{path!r} is no path of a field.", path=odd[0])
        raise BodyError(why, fix=tr("Write text_prompts[1].weight."), problems=[Problem(str(odd[0]), why, odd[0])])
