"""The errors of Amazon Bedrock by short names, in AWS's own words, from known_errors.toml."""

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from helpers.studio.replies import BedrockError


def known_error(name: str, **places: object) -> BedrockError:
    """Return the error of this name; `places` fill what is in braces in its message. KeyError for any other name."""
    row = _table()[name]
    members: dict[str, Any] = {
        member: value.format(**places) if isinstance(value, str) else value
        for member, value in row.get("members", {}).items()
    }
    return BedrockError(row["code"], row["message"].format(**places), **members)


def throttled(seconds: float) -> BedrockError:
    """Return a ThrottlingException that tells when to come again: in so many seconds, from 1 to 60.

    AWS gives no such hint. Of the two headers, HTTP's own is in whole seconds, and botocore's in milliseconds.
    """
    wait = min(max(seconds, 1.0), 60.0)
    error = known_error("throttle")
    error.headers = (("retry-after", str(math.ceil(wait))), ("x-amz-retry-after", str(math.ceil(wait * 1000))))
    return error


def error_names() -> tuple[str, ...]:
    """Return the name of every error, in the order of the table."""
    return tuple(_table())


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
