"""From the explorer's body to a sweep around it: its axes, the sweep, and the Python that makes and runs it."""

from collections.abc import Mapping
from typing import Any

from helpers.bodies import Body
from helpers.calls.answers import Backend
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.language.remarks import collect_warnings
from helpers.models import Model
from helpers.recipes import code
from helpers.sweeps import Sweep, axis, together
from helpers.sweeps.axes.axes import SweepAxis
from helpers.widgets.explorer import fields
from helpers.widgets.explorer.fields import SIZE

_MAX_LISTED = 12  # values that are written out; a text that stands for more stays that text


def make(body: Body, model: Model, backend: Backend, wanted: Mapping[str, Any]) -> tuple[Sweep, str, list[str]]:
    """Return the sweep along these fields, the line of Python that makes it, and its warnings as sentences.

    `wanted`: values by path, as a list or a text; None takes the suggested ones. Makes no call. Raises BodyError.
    """
    if not wanted:
        why = tr("A sweep needs a field to run along.")
        raise BodyError(why, fix=tr("Choose one, such as cfg_scale."), problems=[Problem("axes", why)])
    sweep_axes = [
        (path, values, _sweep_axis(path, _values(body, model, path, values))) for path, values in wanted.items()
    ]
    with collect_warnings() as remarks:
        sweep = Sweep(body, *(sweep_axis for _, _, sweep_axis in sweep_axes), backend=backend)
    return sweep, _line(sweep_axes), remarks


def cell(request: code.RepeatableRequest, line: str) -> str:
    """Return the cell that makes the sweep around a request by this line, quotes it, runs it and shows its pictures."""
    return f"{code.preparation(request)}{line}\nsweep.quote(bedrock)\n\nsweep.run(bedrock)\nsweep.grid()\n"


def _values(body: Body, model: Model, path: str, values: Any) -> Any:
    if values is not None:
        return values
    field = fields.field_of(path, body, model)
    return fields.suggested(field, fields.value_at(body, path, model))


def _sweep_axis(path: str, values: Any) -> SweepAxis:
    if path != SIZE:
        return axis(path, values)
    pairs = [fields.pair(one) for one in values]
    return together(width=[width for width, _ in pairs], height=[height for _, height in pairs])


def _line(sweep_axes: list[tuple[str, Any, SweepAxis]]) -> str:
    """Return the call of `Sweep`: by keywords if each axis can be one, else all as axes: the last one turns fastest."""
    by_name = all(path.isidentifier() and path != SIZE for path, _, _ in sweep_axes)
    written = [_argument(path, values, sweep_axis, by_name) for path, values, sweep_axis in sweep_axes]
    return f"sweep = helpers.Sweep(body, {', '.join(written)})"


def _argument(path: str, values: Any, sweep_axis: SweepAxis, by_name: bool) -> str:
    if path == SIZE:
        width, height = ([one[side] for one in sweep_axis.axis.values] for side in ("width", "height"))
        return f"helpers.together(width={width}, height={height})"
    as_text = isinstance(values, str) and len(sweep_axis.axis) > _MAX_LISTED
    source = code.literal(values if as_text else list(sweep_axis.axis.values))
    return f"{path}={source}" if by_name else f"helpers.axis({code.literal(path)}, {source})"
