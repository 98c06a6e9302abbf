"""From a model id and a body to a picture: the registry, the model's family and its rules, the engine, and the answer.

On the studio SDXL 1.0 lives, which is what the studio is for; every other retired model answers as it does on AWS.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, NoReturn
from urllib.parse import quote

from helpers.models import Model
from helpers.schemas import FAMILIES
from helpers.schemas.fields import Response
from helpers.studio.protocol import MOST_UNKNOWN_WORDS
from helpers.studio.service import catalogue, sdxl, stability
from helpers.studio.service.refusals import refusal
from helpers.studio.service.rules import PICTURE, Rules
from helpers.studio.service.validation_text import MALFORMED
from helpers.studio.wire.replies import Reply, validation
from helpers.studio.workers.pool import Drawn, Job

Wanted = Callable[[], bool]
Draw = Callable[[str, Job, Wanted], Drawn]
"""Draws a job with the engine of this name, as `Engines.draw` does."""

RULES: Mapping[str, Rules] = MappingProxyType(
    {
        "sdxl": sdxl.RULES,
        "stable-image": stability.rules(FAMILIES["stable-image"]),
        "sd3.5": stability.rules(FAMILIES["sd3.5"]),
    }
)
_MOST_WORD_BYTES = 32_000  # http clients give up on a header of 65,536 bytes


class Service:
    """Answers InvokeModel. `draw` makes the pictures; `today` decides which models are retired."""

    def __init__(self, draw: Draw, today: Callable[[], date] = date.today) -> None:
        self._draw, self.today = draw, today

    def invoke(self, model_id: str, body: bytes, region: str, wanted: Wanted, trace: bool = False) -> Reply:
        """Return the answer to one request, in the shape of the model's own; raises BedrockError."""
        model = catalogue.model_to_invoke(model_id, region, self.today())
        rules = RULES[str(model.schema)]
        asked = rules.check(_parsed(body), model)
        refused = refusal(asked.texts)
        finish = rules.refuse(refused) if refused else "SUCCESS"
        if isinstance(finish, Reply):
            return finish
        seed = asked.seed or 1 + secrets.randbelow(_most_seed(model))
        traced = trace and refused is None
        drawn = self._draw(self.engine_of(model), replace(asked.job(seed, finish), trace=traced), wanted)
        return _picture(rules.answer(seed, finish), drawn, traced)

    def engine_of(self, model: Model) -> str:
        """Return the name of the engine that draws for a model, as in `engines.ENGINES`."""
        return str(model.studio)


def unknown_words_header(words: tuple[str, ...]) -> str:
    """Return the words, each percent-encoded as UTF-8, joined by commas: what `x-studio-unknown-words` holds."""
    written, room = [], _MOST_WORD_BYTES
    for word in words[:MOST_UNKNOWN_WORDS]:
        encoded = quote(word, safe="")
        room -= len(encoded) + 1
        if room < 0:
            break
        written.append(encoded)
    return ",".join(written)


def _most_seed(model: Model) -> int:
    assert model.family is not None
    return model.family.most_seed


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body.decode(), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise validation(MALFORMED) from None
    if not isinstance(content, dict):
        raise validation(MALFORMED)
    return content


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:  # beyond what a float holds
        raise ValueError(f"{text} is too large")
    return number


def _picture(answer: Response, drawn: Drawn, traced: bool) -> Reply:
    """The answer with the picture in its place. The picture's megabytes are never copied to be joined."""
    headers = [
        ("content-type", "application/json"),
        ("x-studio-engine", drawn.engine),
        ("x-studio-engine-ms", f"{drawn.engine_ms:g}"),
    ]
    if words := unknown_words_header(drawn.unknown_words):
        headers.append(("x-studio-unknown-words", words))
    head, _, tail = answer.model_dump_json().partition(PICTURE)
    end = tail.removesuffix("}") + (_trace(drawn.trace) if traced else "") + "}"
    return Reply(200, (head.encode(), drawn.file, end.encode()), tuple(headers))


def _trace(steps: tuple[tuple[float, bytes], ...]) -> str:
    """One more key of the answer, with the comma before it."""
    shown = [{"sigma": sigma, "image": image.decode()} for sigma, image in steps]
    return f',"amazon-bedrock-trace":{json.dumps({"diffusion": {"steps": shown}})}'
