"""A request's body as a JSON object, read at a cost that no body can drive up.

Read by Python, three bytes such as `{},` take over seventy in memory, so the parts of a body are counted before.
"""

import json
import re
from typing import Any, NoReturn

from helpers.studio.known_errors import known_error
from helpers.studio.service.validation_text import malformed_as

# A body is at most a hundred prompts and two images, which have no parts in base64. Even a body of prompts that are all
# colons and commas stays below both.
MAX_NAMES = 250_000  # names, lists and objects
MAX_VALUES = 1_500_000
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_MAX_DIGITS = 4_000  # Python reads no number of more than 4,300


def parsed(body: bytes) -> dict[str, Any]:
    """Return a body as JSON. Raises BedrockError where it is no JSON object, or one of far too many parts."""
    _count(body)
    try:
        content = json.loads(
            body.decode(), parse_constant=_no_number, parse_float=_finite_number, parse_int=_whole_number
        )
    except (ValueError, RecursionError):
        raise known_error("malformed") from None
    if not isinstance(content, dict):
        raise known_error("malformed")
    return content


def _count(body: bytes) -> None:
    """Raise BedrockError where a body has too many parts. Its texts are left out of the count where that matters."""
    if body.count(b":") + body.count(b"[") + body.count(b"{") > MAX_NAMES or body.count(b",") > MAX_VALUES:
        body = _TEXT.sub(b"", body)
    names = body.count(b":") + body.count(b"[") + body.count(b"{")
    if names > MAX_NAMES:
        raise malformed_as(f"#: expected at most {MAX_NAMES} names, lists and objects, found: {names}")
    values = body.count(b",")
    if values > MAX_VALUES:
        raise malformed_as(f"#: expected at most {MAX_VALUES} values, found: {values}")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite_number(text: str) -> float:
    number = float(text)
    if number - number != 0:  # beyond what a float holds
        raise ValueError(f"{text} is too large")
    return number


def _whole_number(text: str) -> int:
    return int(text[:_MAX_DIGITS])  # of a longer one, too, all that any field can say is that it is too large
