"""InvokeModel: from a model id and a body to an answer, by the registry, the family's rules and the model's engine.

The studio serves SDXL 0.8 and 1.0, which AWS has retired; every other retired model is refused as on AWS, and with a strict
lifecycle these two as well.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from urllib.parse import quote

from helpers.models import Model
from helpers.schemas import FAMILIES, Family
from helpers.schemas.fields import Response
from helpers.schemas.released_clients import without_ignored
from helpers.studio import ENGINE_HEADER, IGNORED_HEADER, STAND_IN, UNKNOWN_WORDS_HEADER, WORDS_HEADER
from helpers.studio.protocol import MAX_UNKNOWN_WORDS, MAX_WORDS
from helpers.studio.replies import Refusal, Reply
from helpers.studio.service import catalogue, sdxl, stability
from helpers.studio.service.catalogue import Lifecycle
from helpers.studio.service.json_body import parsed
from helpers.studio.service.refusals import refusal_of
from helpers.studio.service.rules import PICTURE, Rules
from helpers.studio.workers.pool import EngineAnswer, Job, Waiter

Draw = Callable[[str, Job, Waiter], EngineAnswer]
"""Function that draws a job with the engine of this name for a client, as `EnginePools.draw` does."""

RULES: Mapping[str, Rules] = MappingProxyType(
    {
        "sdxl": sdxl.rules(FAMILIES["sdxl"]),
        "sdxl-0.8": sdxl.rules(FAMILIES["sdxl-0.8"]),
        "stable-image": stability.rules(FAMILIES["stable-image"]),
        "sd3.5": stability.rules(FAMILIES["sd3.5"]),
    }
)
_MAX_WORD_BYTES = 32_000  # http clients give up on a header of 65,536 bytes


class Service:
    """The service that answers InvokeModel.

    `draw` makes the pictures. `today` decides which models are retired. `strict_lifecycle`: refuse retired models that the
    studio could draw for, too.
    """

    def __init__(self, draw: Draw, today: Callable[[], date] = date.today, *, strict_lifecycle: bool = False) -> None:
        self._draw, self.today, self._strict = draw, today, strict_lifecycle

    def lifecycle(self) -> Lifecycle:
        """Return what decides which models are served at this moment."""
        return Lifecycle(self.today(), self._strict)

    def invoke(
        self,
        model_id: str,
        body: bytes,
        region: str,
        waiter: Waiter,
        *,
        trace: bool = False,
        refusal: Refusal | None = None,
    ) -> Reply:
        """Return the answer to one request, as the model's family writes it.

        `model_id`: an id, alias or ARN. `body`: JSON. `trace` asks for the steps of the diffusion too. `refusal`
        is the refusal to answer with, whatever the prompt says; None leaves it to the content filter. Raises BedrockError where AWS answers with an error.
        """
        model = catalogue.model_to_invoke(model_id, region, self.lifecycle())
        rules = RULES[str(model.schema)]
        content, ignored = without_ignored(_family(model), parsed(body))
        request = rules.check(content, model)
        refused = refusal or refusal_of(request.texts)
        finish = rules.refuse(refused) if refused else "SUCCESS"
        if isinstance(finish, Reply):
            return _naming(ignored, finish)
        seed = request.seed or 1 + secrets.randbelow(_family(model).max_seed)
        traced = trace and refused is None
        answer = self._draw(self.engine_of(model), replace(request.job(seed, finish), trace=traced), waiter)
        reply = _naming(ignored, _with_picture(rules.response(seed, finish), answer, traced))
        return replace(reply, drew=finish != "ERROR")  # the grey picture of a failure is no engine's

    def engine_of(self, model: Model) -> str:
        """Return the name of the engine that draws for a model, as in `pools.ENGINES`."""
        return str(model.studio)


def unknown_words_header(words: tuple[str, ...]) -> str:
    """Return the value of UNKNOWN_WORDS_HEADER: the words, each percent-encoded as UTF-8, joined by commas."""
    return _listed(_encoded(word) for word in words[:MAX_UNKNOWN_WORDS])


def words_header(words: tuple[tuple[str, str], ...]) -> str:
    """Return the value of WORDS_HEADER: each word with what became of it, `protocol.EngineResult.words`."""
    return _listed(f"{_encoded(word)}={_outcome(outcome)}" for word, outcome in words[:MAX_WORDS])


def _outcome(outcome: str) -> str:
    return STAND_IN + _encoded(outcome.removeprefix(STAND_IN)) if outcome.startswith(STAND_IN) else outcome


def _encoded(word: str) -> str:
    return quote(word, safe="")


def _listed(parts: Iterable[str]) -> str:
    """Return parts joined by commas, as many as there is room for in a header."""
    written, room = [], _MAX_WORD_BYTES
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            break
        written.append(part)
    return ",".join(written)


def _family(model: Model) -> Family:
    assert model.family is not None
    return model.family


def _naming(ignored: tuple[str, ...], reply: Reply) -> Reply:
    """Return the answer with a header that names the request's ignored fields."""
    if not ignored:
        return reply
    header = (IGNORED_HEADER, ",".join(map(_encoded, ignored)))
    return replace(reply, headers=(*reply.headers, header))


def _with_picture(response: Response, answer: EngineAnswer, traced: bool) -> Reply:
    """Return the response with the picture in its place, whose megabytes are never copied to be joined."""
    headers = [
        ("content-type", "application/json"),
        (ENGINE_HEADER, answer.engine),
        ("x-studio-engine-ms", f"{answer.engine_ms:g}"),
    ]
    if words := unknown_words_header(answer.unknown_words):
        headers.append((UNKNOWN_WORDS_HEADER, words))
    if words := words_header(answer.words):
        headers.append((WORDS_HEADER, words))
    head, _, tail = response.model_dump_json().partition(PICTURE)
    end = tail.removesuffix("}") + (_trace(answer.trace) if traced else "") + "}"
    return Reply(200, (head.encode(), answer.file, end.encode()), tuple(headers))


def _trace(steps: tuple[tuple[float, bytes], ...]) -> str:
    """Return the response's key for the trace, with the comma before it."""
    written = [{"sigma": sigma, "image": image.decode()} for sigma, image in steps]
    return f',"amazon-bedrock-trace":{json.dumps({"diffusion": {"steps": written}})}'
