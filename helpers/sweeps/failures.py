"""Failures are tiles: what went wrong with a request, in words, and whether asking again can help."""

import html
from collections.abc import Sequence
from typing import Any

from helpers.errors import (
    AccessError,
    CallError,
    FilteredError,
    MalformedBodyError,
    ModelFailedError,
    NoCredentialsError,
    RegionError,
    RetiredModelError,
    ServiceError,
    ThrottledError,
    TimeoutCallError,
    UnknownModelError,
)
from helpers.language import tr
from helpers.sweeps.tiles import Failure, Kind, Tile

LASTING: tuple[Kind, ...] = ("filtered", "invalid")  # the same request ends the same way, so `run` does not repeat it
_KINDS: tuple[tuple[type[CallError], Kind], ...] = (
    (FilteredError, "filtered"),
    (ThrottledError, "throttled"),
    (MalformedBodyError, "invalid"),
    (TimeoutCallError, "timeout"),
)
_HOPELESS = (NoCredentialsError, AccessError, RegionError, RetiredModelError, UnknownModelError)


def failure_of(error: BaseException) -> Failure:
    """The failure that an error means for its tile."""
    if isinstance(error, CallError):
        finish_reason = getattr(error, "finish_reason", None)
        why = tr("The finish reason is {reason!r}.", reason=finish_reason) if finish_reason else error.why
        kind: Kind = next((kind for known, kind in _KINDS if isinstance(error, known)), "failed")
        return Failure(kind, error.what, why, error.fix)
    why = f"{type(error).__name__}: {error}".rstrip(": ")
    return Failure(
        "failed", tr("The call ended in an error that is not the service's."), why, tr("Look at it, then retry().")
    )


def may_help_to_wait(error: BaseException) -> bool:
    """Whether the service asked for fewer requests: wait, and ask the same again as often as it takes."""
    return isinstance(error, ThrottledError)


def may_help_to_repeat(error: BaseException) -> bool:
    """Whether the same request may succeed when it is sent again."""
    if isinstance(error, ModelFailedError):
        return error.finish_reason is None  # the call failed (424); a finish reason is the model's own answer
    return isinstance(error, (ServiceError, TimeoutCallError)) and not _is_refusal(error)


def concerns_all(error: BaseException) -> bool:
    """Whether every other request to the same model would end in the same way."""
    return isinstance(error, _HOPELESS)


def spent_on(error: BaseException) -> float:
    """What an error has cost, in USD: a picture that was blurred, or cannot be read, is billed all the same."""
    answered = getattr(error, "finish_reason", None) or isinstance(error, ServiceError)
    return float(getattr(error, "cost", 0.0) or 0.0) if answered else 0.0


def may_be_billed(error: BaseException) -> bool:
    """Whether a picture may have been made and billed although none arrived."""
    return isinstance(error, TimeoutCallError) or (isinstance(error, ServiceError) and error.was_sent)


class Failures(tuple[Tile, ...]):
    """The tiles without a picture, each with why. Shown as a table."""

    def __repr__(self) -> str:
        if not self:
            return tr("No failures.")
        heading = (
            tr("One tile has no picture.") if len(self) == 1 else tr("{count} tiles have no picture.", count=len(self))
        )
        return "\n".join([heading, *(f"- {_told(tile)}" for tile in _failed(self))])

    def _repr_html_(self) -> str:
        rows = [
            (tile.label, tile.failure.said, tile.failure.what, tile.failure.why, tile.failure.fix)
            for tile in _failed(self)
        ]
        return (
            table((tr("tile"), tr("kind"), tr("what"), tr("why"), tr("what to do")), rows)
            if rows
            else f"<p>{tr('No failures.')}</p>"
        )


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as HTML, in the notebook's own style."""
    top = "".join(f"<th scope='col' style='text-align:left'>{html.escape(head)}</th>" for head in heads)
    lines = (
        "".join(f"<td style='text-align:left;vertical-align:top'>{html.escape(str(cell))}</td>" for cell in row)
        for row in rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _is_refusal(error: CallError) -> bool:
    """Whether the service answered, and said that the request is at fault. Where none answered, there is no status."""
    return error.status is not None and 300 <= error.status < 500 and error.status not in (408, 424, 429)


def _told(tile: Any) -> str:
    return tr("{tile}: {kind}. {told}", tile=tile.label, kind=tile.failure.said, told=tile.failure)


def _failed(tiles: Sequence[Tile]) -> list[Any]:
    return [tile for tile in tiles if tile.failure is not None]
