"""The explorer without its page: the body as it stands, the picture made of it, what was kept, and sweeps around it."""

import copy
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpers import bodies, models
from helpers.bodies import Body
from helpers.calls import client
from helpers.calls.answers import Generation
from helpers.errors import BodyError, Problem, WorkshopError, WorkshopWarning
from helpers.language import tr
from helpers.language.remarks import ignore_warnings
from helpers.models import Model
from helpers.schemas import families
from helpers.sweeps.axes import plan
from helpers.widgets.explorer import fields as fields
from helpers.widgets.explorer.words import say


@dataclass(frozen=True)
class Request:
    """A body to send, and its turn: of two requests the one with the higher turn is the newer."""

    turn: int
    body: Body


class Desk:
    """What an explorer knows and may do. It makes no call but in `answer`, which may run in any thread."""

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
        """Explore another body, of that model or its own. Raises BodyError, and on AWS RetiredModelError for one that left."""
        if not isinstance(body, Mapping):
            bodies.check(body)  # says what it is instead
        model = models.for_body(body) if name is None else models.get(name)
        if self.backend == "aws" and model.retired_on(date.today()):
            raise bodies.retired(model, body)
        self._take(Body(copy.deepcopy(dict(body)), model), look_at_pictures=True)

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change fields by path. Raises BodyError, and then nothing is changed."""
        _must_be_paths(changes)
        wanted = fields.put(self.body, changes, self.model)
        self._take(wanted, look_at_pictures=any(path in families.PICTURE_FIELDS for path in changes))

    @property
    def is_shown(self) -> bool:
        """Whether the latest picture is of the body as it stands."""
        return self.made is not None and self.made.body == self.body

    @property
    def price(self) -> float | None:
        """What AWS asks, or asked, for a picture of this body, in USD; None where no page says."""
        return plan.price_of(self.model, self.body)

    @property
    def remarks(self) -> list[str]:
        """What may surprise about the body, in sentences."""
        said = bodies.notes(self.body)
        return [say("seed_drawn", seed=self.body["seed"]), *said] if self.drew_seed else said

    # ---- calls

    def request(self) -> Request:
        """The body as it stands, to be sent now."""
        self.turn += 1
        return Request(self.turn, self.body)

    def answer(self, request: Request) -> Generation | WorkshopError:
        """Send a request: its receipt, or the error that came instead."""
        try:
            return client.invoke(self.bedrock, request.body)
        except WorkshopError as error:
            return error

    # ---- kept pictures

    def keep(self) -> tuple[int, bool]:
        """Keep the picture that is shown: its number in the strip, and whether it is new there. LookupError: no picture."""
        if self.made is None or not self.is_shown:
            raise LookupError(say("kept.nothing"))
        for place, one in enumerate(self.kept):
            if one.body == self.made.body:
                return place + 1, False
        self.kept.append(self.made)
        return len(self.kept), True

    def back(self, number: int) -> None:
        """Go back to the settings and the picture of a kept one, without a call."""
        self.made = self.kept_at(number)
        self.model = models.get(self.made.model)
        self.body = Body(self.made.body, self.model)
        self.turn += 1

    def remove(self, number: int) -> None:
        """Take a picture out of the strip."""
        self.kept.remove(self.kept_at(number))

    def kept_at(self, number: int) -> Generation:
        """A kept picture by its number, from 1. Raises LookupError."""
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(self.kept):
            raise LookupError(
                tr("There is no kept picture {number!r}; there are {count}.", number=number, count=len(self.kept))
            )
        return self.kept[number - 1]

    def labels(self) -> list[str]:
        """What sets each kept picture apart from the others."""
        return fields.differing([one.body for one in self.kept], [models.get(one.model) for one in self.kept])

    # ---- how

    def _take(self, body: Body, *, look_at_pictures: bool) -> None:
        with ignore_warnings(WorkshopWarning):  # `remarks` says the same on the page
            bodies.check(body, look_at_pictures=look_at_pictures)
        self.drew_seed = not body.get("seed")
        self.body = body.replace(seed=secrets.randbelow(plan.HIGHEST_DRAWN_SEED) + 1) if self.drew_seed else body
        self.model = models.get(body.model)


def _example(backend: str) -> Body:
    """The beach, by a model that can be called there today."""
    example = bodies.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
    return example if backend == "studio" else bodies.core_body(example)


def _must_be_paths(changes: Mapping[str, Any]) -> None:
    odd = [path for path in changes if not isinstance(path, str)]
    if odd:
        why = tr("{path!r} is no path of a field.", path=odd[0])
        raise BodyError(why, fix=tr("Write text_prompts[1].weight."), problems=[Problem(str(odd[0]), why, odd[0])])
