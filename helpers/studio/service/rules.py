"""The rules by which a family is served, beyond its schema: checks of uploads, refusals, jobs and response bodies."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from helpers.language import shortened
from helpers.models import Model
from helpers.schemas import Family
from helpers.schemas.checking import checked_body
from helpers.schemas.fields import Response, in_english, stored_size
from helpers.studio.replies import Refusal, Reply
from helpers.studio.service.validation_text import Violation, malformed, violations
from helpers.studio.workers.pool import Job

PICTURE = "the picture"  # in a Response, the place of the picture's base64


@dataclass(frozen=True)
class CheckedRequest:
    """A request that passed all checks."""

    texts: tuple[str, ...]
    """The prompts that the content filter reads."""
    seed: int
    """0 asks for a random seed."""
    job: Callable[[int, str], Job]
    """Job for a seed and a finish reason: SUCCESS, CONTENT_FILTERED or ERROR."""


@dataclass(frozen=True)
class Rules:
    """The rules by which one family is served."""

    check: Callable[[dict[str, Any], Model], CheckedRequest]
    """Checks a body. Raises BedrockError as the family's own service writes it."""
    refuse: Callable[[Refusal], Reply | str]
    """What a refusal leads to: an answer without a picture, or the finish reason of a picture that is sent.
    Raises BedrockError where the service answers with an error."""
    response: Callable[[int, str], Response]
    """Response body for a seed and a finish reason, with PICTURE in the picture's place."""


def checked(schema: type[BaseModel], content: dict[str, Any], wrong: list[Violation]) -> Any:
    """Return the body `content` as an instance of `schema`. Raises BedrockError with its violations and `wrong`."""
    held = checked_body(schema, content)
    found = violations(held.errors)
    named = {violation.pointer for violation in found}
    found += [violation for violation in wrong if violation.pointer not in named]
    if found or held.request is None:
        raise malformed(found, held.more)
    return held.request


def uploads(content: Mapping[str, Any], family: Family) -> tuple[dict[str, bytes], list[Violation]]:
    """Return a body's images as files by field, and the violations that show in their first bytes (format, size)."""
    files: dict[str, bytes] = {}
    sizes: dict[str, tuple[int, int]] = {}
    wrong = []
    for field in family.image_fields:
        text = content.get(field)
        if not isinstance(text, str):
            continue
        try:
            files[field] = base64.b64decode(text, validate=True)
            sizes[field] = stored_size(files[field])
        except (binascii.Error, OSError, ValueError, SyntaxError) as error:
            wrong.append(Violation(f"#/{field}", f"the picture does not decode ({shortened(str(error), 200)})"))
    start = family.image_fields[0] if family.image_fields else ""
    if start in sizes and (problem := family.picture_problem(*sizes[start], in_english)) is not None:
        width, height = sizes[start]
        wrong.append(Violation(f"#/{start}", f"{problem}, but we received {width}x{height}"))
    if len(set(sizes.values())) > 1:
        listed = " and ".join(f"{width}x{height}" for width, height in sizes.values())
        last = next(reversed(sizes))
        message = f"The dimensions of the provided {start} and {last} do not match ({listed})"
        wrong.append(Violation(f"#/{last}", message))
    return files, wrong
