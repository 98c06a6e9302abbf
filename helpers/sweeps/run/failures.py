"""The failures of a sweep: what an error means for its tile, and the tiles without a picture as a table."""

import html
from collections.abc import Sequence
from typing import Any

from helpers.errors import CallError, ContentFilterError, MalformedBodyError, ThrottledError, TimeoutCallError
from helpers.language import tr
from helpers.sweeps.axes.tiles import Failure, FailureKind, Tile

LASTING: tuple[FailureKind, ...] = ("filtered", "invalid")  # the same request fails again, so `run` does not repeat it
_KINDS: tuple[tuple[type[CallError], FailureKind], ...] = (
    (ContentFilterError, "filtered"),
    (ThrottledError, "throttled"),
    (MalformedBodyError, "invalid"),
    (TimeoutCallError, "timeout"),
)


def failure_of(error: BaseException) -> Failure:
    """Return the failure that an error means for its tile."""
    if isinstance(error, CallError):
        finish_reason = getattr(error, "finish_reason", None)
        why = tr("The finish reason is {reason!r}.", reason=finish_reason) if finish_reason else error.why
        kind: FailureKind = next((kind for known, kind in _KINDS if isinstance(error, known)), "failed")
        return Failure(kind, error.what, why, error.fix)
    why = f"{type(error).__name__}: {error}".rstrip(": ")
    return Failure(
        "failed", tr("The call ended in an error that is not the service's."), why, tr("Look at it, then retry().")
    )


class Failures(tuple[Tile, ...]):
    """The tiles that failed or were stopped, each with the reason. A notebook shows them as a table."""

    def __repr__(self) -> str:
        if not self:
            return tr("No failures.")
        heading = (
            tr("One tile has no picture.") if len(self) == 1 else tr("{count} tiles have no picture.", count=len(self))
        )
        return "\n".join([heading, *(f"- {_line(tile)}" for tile in _failed(self))])

    def _repr_html_(self) -> str:
        rows = [
            (tile.label, tile.failure.said, tile.failure.what, tile.failure.why, tile.failure.fix)
            for tile in _failed(self)
        ]
        return (
            html_table((tr("tile"), tr("kind"), tr("what"), tr("why"), tr("what to do")), rows)
            if rows
            else f"<p>{tr('No failures.')}</p>"
        )


def html_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as HTML, in the notebook's own style; all text is escaped."""
    top = "".join(f"<th scope='col' style='text-align:left'>{html.escape(heading)}</th>" for heading in headings)
    lines = (
        "".join(f"<td style='text-align:left;vertical-align:top'>{html.escape(str(cell))}</td>" for cell in row)
        for row in rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _line(tile: Any) -> str:
    return tr("{tile}: {kind}. {told}", tile=tile.label, kind=tile.failure.said, told=tile.failure)


def _failed(tiles: Sequence[Tile]) -> list[Any]:
    return [tile for tile in tiles if tile.failure is not None]
