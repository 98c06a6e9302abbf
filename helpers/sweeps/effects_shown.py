"""Tells the effects of a sweep's axes: in one honest sentence, as a table for page or terminal, and as a plot.

The sentence and the text alternative hold words and counts alone, so that they are the same on every machine.
"""

import html
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from helpers.sweeps.distances import Distance
from helpers.sweeps.effects import FEW_PAIRS, Effect, Effects

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW_SEEDS = 3
_MOST_ROWS = 40  # of the plot
_SMALLEST = 0.02  # of the plot's scale, in changes of seed
_MEASURES = Distance._fields
_HEADINGS = ("axis", "values", "pairs", *_MEASURES, "against seed noise")
_MEANS = {
    "structure": "structure (1 − SSIM)",
    "colour": "colour (shift of the levels)",
    "sharpness": "sharpness (fine detail)",
}


class _Row(NamedTuple):
    """One line of the table: an axis, a step along it, or the floor."""

    name: str
    values: str
    pairs: str
    median: Distance
    verdict: str
    inner: bool = False  # a step


# ---- in words -------------------------------------------------------------------------------------------------------


def sentence(effects: Effects) -> str:
    """Which axes go beyond seed noise and which do not, and what to know about it."""
    return " ".join([*(_of_axis(effect, effects) for effect in effects.effects), *_remarks(effects)])


def alt(effects: Effects) -> str:
    """The plot in words: what is drawn, and where the points lie."""
    names = ", ".join(effect.axis for effect in effects.effects)
    drawn = (
        f"Dot plot of how far each axis moves the picture by {', '.join(_MEASURES[:-1])} and {_MEASURES[-1]}: {names}."
    )
    if effects.floor is None:
        return drawn
    return f"{drawn} The scale counts typical changes of seed; a grey band marks seed noise. {sentence(effects)}"


def _of_axis(effect: Effect, effects: Effects) -> str:
    floor = effects.floor
    hint = f" (by {_count(effect.pairs, 'pair')} alone: a hint)" if effect.pairs < FEW_PAIRS else ""
    if floor is None:
        return f"{effect.axis} was measured{hint}."
    beyond = floor.beyond(effect.median)
    times = floor.times(effect.median)
    most = max(beyond, key=lambda name: float(getattr(times, name)), default="")
    whole = f"beyond seed noise{hint}, most in {most}" if beyond else f"within seed noise{hint}"
    last = len(effect.labels) - 1
    if not effect.steps or (beyond and effect.quiet is None):
        return f"{effect.axis}: {whole}."
    if effect.quiet == (0, last):
        return f"{effect.axis}: {whole} from {effect.labels[0]} to {effect.labels[-1]}."
    if effect.quiet is None:
        return f"{effect.axis}: {whole} on the whole, but not between all of its values."
    start, end = effect.quiet
    part = f"above {effect.labels[start]}" if end == last else f"up to {effect.labels[end]}"
    quiet = f"{effect.axis} {part}: within seed noise."
    return f"{effect.axis}: {whole}. {quiet}" if beyond else quiet


def _remarks(effects: Effects) -> Iterator[str]:
    floor = effects.floor
    if effects.made < 2:
        yield "No two tiles have pictures to compare: run the sweep first."
    elif not effects.effects:
        yield "There is no axis beside the seed to measure: no two pictures differ in one other axis alone."
    elif floor is None:
        yield (
            "There is no floor to hold that against, because no axis is the seed alone. Add seed=[1, 2, 3, 4] to the"
            " sweep, and it will say which axes move the picture more than a new seed does."
        )
    elif floor.seeds < _FEW_SEEDS:
        yield f"The floor rests on {floor.seeds} seeds alone: one or two more make it firmer."
    if effects.failed:
        one = effects.failed == 1
        yield f"{_count(effects.failed, 'tile')} without a picture {'was' if one else 'were'} left out."
    if effects.mixed_sizes:
        yield "Pictures of several shapes were stretched to one to be compared."


# ---- as a table -----------------------------------------------------------------------------------------------------


def table(effects: Effects) -> str:
    """The numbers as lines of text, in columns."""
    lines: list[tuple[str, ...]] = [_HEADINGS if effects.floor else _HEADINGS[:-1]]
    for row in _rows(effects):
        cells = ("  " * row.inner + row.name, row.values, row.pairs, *_numbers(row, effects), row.verdict)
        lines.append(cells[: len(lines[0])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, _legend(effects)])


def page(effects: Effects) -> str:
    """The numbers as an HTML table, with the sentence under it."""
    headings = "".join(f'<th scope="col">{name}</th>' for name in (_HEADINGS if effects.floor else _HEADINGS[:-1]))
    lines = []
    for row in _rows(effects):
        numbers = "".join(
            f'<td><span class="measured">{html.escape(one)}</span></td>' for one in _numbers(row, effects)
        )
        verdict = f"<td>{row.verdict}</td>" if effects.floor else ""
        style = "text-align: left" + "; padding-left: 2em; font-weight: normal" * row.inner
        name = f'<th scope="row" style="{style}">{html.escape(row.name)}</th>'
        lines.append(f"<tr>{name}<td>{row.values}</td><td>{row.pairs}</td>{numbers}{verdict}</tr>")
    return (
        f"<table><caption>{html.escape(_legend(effects))}</caption><thead><tr>{headings}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table><p>{html.escape(sentence(effects))}</p>"
    )


def _rows(effects: Effects) -> Iterator[_Row]:
    floor = effects.floor
    for effect in effects.effects:
        pairs = str(effect.pairs) if effect.pairs == effect.pairs_in_all else f"{effect.pairs} of {effect.pairs_in_all}"
        yield _Row(effect.axis, str(len(effect.labels)), pairs, effect.median, _verdict(effect.median, effects))
        for step in effect.steps if len(effect.steps) > 1 else ():
            name, verdict = f"{step.start} → {step.end}", _verdict(step.median, effects)
            yield _Row(name, "", str(step.pairs), step.median, verdict, inner=True)
    if floor:
        yield _Row("a new seed, typical", str(floor.seeds), str(floor.pairs), floor.median, "")
        yield _Row("a new seed, nine in ten", str(floor.seeds), str(floor.pairs), floor.high, "")


def _verdict(distance: Distance, effects: Effects) -> str:
    beyond = effects.floor.beyond(distance) if effects.floor else ()
    return f"beyond, in {', '.join(beyond)}" if beyond else "within"


def _numbers(row: _Row, effects: Effects) -> tuple[str, ...]:
    if effects.floor is None:
        return tuple(f"{one:.3f}" for one in row.median)
    return tuple(map(_times, effects.floor.times(row.median)))


def _times(value: float) -> str:
    if value == 0 or math.isinf(value):
        return "0" if value == 0 else "∞"
    return "<0.01×" if value < 0.01 else f"{value:.2f}×" if value < 1 else f"{value:.1f}×"


def _legend(effects: Effects) -> str:
    pictures = _count(effects.made, "picture")
    if effects.floor is None:
        return f"The typical change along each axis, from {pictures}; 0 is none."
    return (
        f"The typical change along each axis as a multiple of what a new seed does, from {pictures}. Beyond: more than"
        " nine in ten new seeds, by at least one measure."
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


# ---- as a plot ------------------------------------------------------------------------------------------------------


def figure(effects: Effects) -> "Figure":
    """One panel a measure, one row an axis and each step along it; the grey band is seed noise."""
    from matplotlib import pyplot as plt

    from helpers import display

    display.use_workshop_style()
    rows = [row for row in _rows(effects) if not row.name.startswith("a new seed")][:_MOST_ROWS]
    drawn, panels = plt.subplots(
        1, len(_MEASURES), sharey=True, figsize=(10.5, 1.6 + 0.34 * max(2, len(rows))), layout="constrained"
    )
    for panel, name in zip(panels, _MEASURES, strict=True):
        _panel(panel, name, rows, effects)
    panels[0].set_yticks(range(len(rows)), [f"{row.name}   " if row.inner else row.name for row in rows])
    for label, row in zip(panels[0].get_yticklabels(), rows, strict=True):
        label.set_fontsize(9 if row.inner else 12)
    if effects.floor:
        drawn.suptitle(
            "Typical change along each axis; a filled mark is beyond seed noise", x=0.01, ha="left", fontsize=12
        )
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    return drawn


def _panel(panel: "Axes", name: str, rows: list[_Row], effects: Effects) -> None:
    floor = effects.floor
    values = [getattr(floor.times(row.median) if floor else row.median, name) for row in rows]
    panel.set_title(_MEANS[name], loc="left", fontsize=11)
    panel.grid(axis="y", visible=False)
    if floor:
        high = getattr(floor.times(floor.high), name)
        largest = max([2.0, high, *(value for value in values if math.isfinite(value))]) * 1.6
        values = [min(max(value, _SMALLEST), largest / 1.2) for value in values]
        panel.set_xscale("log")
        panel.set_xlim(_SMALLEST * 0.8, largest)
        if math.isfinite(high) and high:
            panel.axvspan(_SMALLEST * 0.8, high, color="#dcd9d0", zorder=0)
            panel.text(_SMALLEST, len(rows) - 0.45, "seed noise", fontsize=9, va="bottom", color="#4a4843")
        panel.set_xlabel("times a new seed's change")
        ticks = [_SMALLEST, *(10.0**power for power in range(-1, 9) if 10.0**power < largest)]
        panel.set_xticks(ticks, [f"{'≤' if tick == _SMALLEST else ''}{tick:g}×" for tick in ticks])
        panel.xaxis.set_minor_formatter(lambda *_: "")
    else:
        panel.set_xlim(0, max([*values, 0.01]) * 1.15)
        panel.set_xlabel("distance")
    start = panel.get_xlim()[0]
    for place, (value, row) in enumerate(zip(values, rows, strict=True)):
        loud = floor is not None and name in floor.beyond(row.median)
        panel.hlines(place, start, value, color="#1f4e79", linewidth=1.2, alpha=0.6)
        panel.plot(
            value,
            place,
            "o" if not row.inner else "D",
            markersize=8 if not row.inner else 5,
            color="#1f4e79",
            markerfacecolor="#1f4e79" if loud else "#ffffff",
        )
