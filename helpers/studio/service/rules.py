"""What the service knows of each family beyond its schema: how a body becomes a job, what a filter does, how it answers."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from helpers.models import Model
from helpers.schemas import Family
from helpers.schemas.fields import Response, in_english, stored_size
from helpers.studio.service.refusals import Refusal
from helpers.studio.service.validation_text import Violation, malformed, violations
from helpers.studio.wire.replies import Reply
from helpers.studio.workers.pool import Job

PICTURE = "the picture"  # stands in a Response where the picture's base64 goes


@dataclass(frozen=True)
class Asked:
    """A request that was checked."""

    texts: tuple[str, ...]
    """The prompts that a content filter reads."""
    seed: int
    """0: one is drawn."""
    job: Callable[[int, str], Job]
    """From the seed and the finish reason, in the studio's words: SUCCESS, CONTENT_FILTERED, ERROR."""


@dataclass(frozen=True)
class Rules:
    """How one family is served."""

    check: Callable[[dict[str, Any], Model], Asked]
    """From a body; raises BedrockError in the service's own words."""
    refuse: Callable[[Refusal], Reply | str]
    """What a refusal leads to: an answer without a picture, or the finish reason of the picture that comes all the same.
    Raises BedrockError where the service answers with an error."""
    answer: Callable[[int, str], Response]
    """From the seed and the finish reason, with PICTURE where the picture goes."""


def checked(request: type[BaseModel], content: dict[str, Any], wrong: list[Violation]) -> Any:
    """Return the request that `content` is. Raises BedrockError with all that its schema finds, and with `wrong`."""
    found: list[Violation] = []
    try:
        made = request.model_validate(content)
    except ValidationError as error:
        made, found = None, violations(error)
    named = {violation.pointer for violation in found}
    found += [violation for violation in wrong if violation.pointer not in named]
    if found or made is None:
        raise malformed(found)
    return made


def uploads(content: Mapping[str, Any], family: Family) -> tuple[dict[str, bytes], list[Violation]]:
    """Return the pictures of a body as files, and what their first bytes show to be wrong with them."""
    files: dict[str, bytes] = {}
    sizes: dict[str, tuple[int, int]] = {}
    wrong = []
    for field in family.pictures:
        text = content.get(field)
        if not isinstance(text, str):
            continue
        try:
            files[field] = base64.b64decode(text, validate=True)
            sizes[field] = stored_size(files[field])
        except (binascii.Error, OSError, ValueError, SyntaxError) as error:
            wrong.append(Violation(f"#/{field}", f"the picture does not decode ({error})"))
    start = family.pictures[0] if family.pictures else ""
    if start in sizes and (problem := family.picture_problem(*sizes[start], in_english)) is not None:
        width, height = sizes[start]
        wrong.append(Violation(f"#/{start}", f"{problem}, but we received {width}x{height}"))
    if len(set(sizes.values())) > 1:
        shown = " and ".join(f"{width}x{height}" for width, height in sizes.values())
        last = next(reversed(sizes))
        said = f"The dimensions of the provided {start} and {last} do not match ({shown})"
        wrong.append(Violation(f"#/{last}", said))
    return files, wrong
