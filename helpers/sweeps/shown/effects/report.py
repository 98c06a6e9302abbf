"""The effects of a sweep's axes: as a sentence, as a table for the notebook or the terminal, and as a plot.

The sentence and the text alternative contain only names and counts, so that they are the same on every machine.
"""

import html
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers.language import display_width, joined, ljust, mark, tr
from helpers.sweeps.shown.effects.distances import Distance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW_PAIRS = 4  # the median of fewer pairs is only a hint
_FEW_SEEDS = 3
_MAX_ROWS = 40  # of the plot
_SMALLEST = 0.02  # the start of the plot's scale, in changes of seed
_MEASURES = Distance._fields
_NAMES = {"structure": mark("structure"), "colour": mark("colour"), "sharpness": mark("sharpness")}
_HEADINGS = (mark("axis"), mark("values"), mark("pairs"), *_NAMES.values(), mark("against seed noise"))
_PANEL_TITLES = {
    "structure": mark("structure (1 − SSIM)"),
    "colour": mark("colour (shift of the levels)"),
    "sharpness": mark("sharpness (fine detail)"),
}


@dataclass(frozen=True)
class Floor:
    """The seed-noise floor: how much a new seed alone changes the picture, as the median and as the 90th percentile.

    `median` is the typical change, `high` the one that nine in ten changes of seed stay below.
    """

    median: Distance
    high: Distance
    pairs: int
    seeds: int

    def beyond(self, distance: Distance) -> tuple[str, ...]:
        """Return the names of the measures by which this distance is larger than nine in ten changes of seed."""
        return tuple(
            name
            for name, moved, high in zip(Distance._fields, distance, self.high, strict=True)
            if moved > high + 1e-6  # the measures are rounded to six decimals
        )

    def times(self, distance: Distance) -> Distance:
        """Return the distance as a multiple of a typical change of seed; infinite where a new seed changes nothing."""
        shares = zip(distance, self.median, strict=True)
        return Distance(*(moved / floor if floor else float("inf") if moved else 0.0 for moved, floor in shares))


@dataclass(frozen=True)
class Step:
    """The change from one value of a numeric axis to the next: `start` and `end` are their labels."""

    start: str
    end: str
    median: Distance
    pairs: int


@dataclass(frozen=True)
class Effect:
    """The change of the picture along one axis, as the median of its pairs. `.steps` are those of a numeric axis."""

    axis: str
    labels: tuple[str, ...]  # in ascending order, if numeric
    median: Distance
    pairs: int  # measured
    pairs_in_all: int
    steps: tuple[Step, ...]  # in ascending order
    quiet: tuple[int, int] | None  # the first and last index of the labels between which there is only seed noise


@dataclass(frozen=True, repr=False)
class Effects:
    """The effects of a sweep's axes. A notebook shows them as a table and a sentence.

        effects = sweep.effects()
        effects.plot()
        print(effects.sentence)

    `.effects` holds one Effect an axis; `.floor` is what a new seed alone does.
    """

    effects: tuple[Effect, ...]
    floor: Floor | None  # None: the sweep has no seed axis
    made: int  # tiles that were compared
    failed: int  # tiles without a picture, left out
    mixed_sizes: bool = False

    @cached_property
    def sentence(self) -> str:
        """The result in words: which axes go beyond seed noise, which do not, and from which value on."""
        return _sentence(self)

    @property
    def table(self) -> str:
        """The numbers as a table of text."""
        return _table(self)

    @property
    def alt(self) -> str:
        """The text alternative of the plot."""
        return _alt(self)

    def figure(self) -> "Figure":
        """Return the plot as a matplotlib figure, to save or to change.

            sweep.effects().figure().savefig(helpers.outputs("effects.svg"))

        Needs matplotlib, which comes with the workshop.
        """
        return _figure(self)

    def plot(self) -> None:
        """Show the plot, with its text alternative and its sentence."""
        from helpers.display import showing

        showing.show(self.figure(), alt=self.alt, caption=self.sentence)

    def __repr__(self) -> str:
        return f"{self.table}\n{self.sentence}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # Numbers differ a little from processor to processor, so that only the page has them.
        return {"text/html": _html(self), "text/plain": self.sentence}


class _EffectRow(NamedTuple):
    """One line of the table: an axis, a step along it, or the floor."""

    name: str
    values: str
    pairs: str
    median: Distance
    verdict: str
    is_step: bool = False
    is_floor: bool = False


# ---- as a sentence --------------------------------------------------------------------------------------------------


def _sentence(effects: Effects) -> str:
    """Return which axes go beyond seed noise and which do not, with remarks on the measurement."""
    return joined(*[*(_axis_sentence(effect, effects) for effect in effects.effects), *_remarks(effects)])


def _alt(effects: Effects) -> str:
    """Return the text alternative of the plot: what is drawn, and the sentence."""
    drawn = tr(
        "Dot plot of how far each axis moves the picture by {measures} and {last}: {axes}.",
        measures=tr(", ").join(_named(_MEASURES[:-1])),
        last=_named(_MEASURES[-1:])[0],
        axes=tr(", ").join(effect.axis for effect in effects.effects),
    )
    if effects.floor is None:
        return drawn
    scale = tr("The scale counts typical changes of seed; a grey band marks seed noise.")
    return joined(drawn, scale, _sentence(effects))


def _axis_sentence(effect: Effect, effects: Effects) -> str:
    floor = effects.floor
    few = tr(" (by 1 pair alone: a hint)") if effect.pairs == 1 else tr(" (by {n} pairs alone: a hint)", n=effect.pairs)
    hint = few if effect.pairs < _FEW_PAIRS else ""
    if floor is None:
        return tr("{axis} was measured{hint}.", axis=effect.axis, hint=hint)
    beyond = floor.beyond(effect.median)
    times = floor.times(effect.median)
    most = max(beyond, key=lambda name: float(getattr(times, name)), default="")
    within = tr("within seed noise{hint}", hint=hint)
    whole = tr("beyond seed noise{hint}, most in {most}", hint=hint, most=_named([most])[0]) if beyond else within
    last = len(effect.labels) - 1
    if not effect.steps or (beyond and effect.quiet is None):
        return tr("{axis}: {whole}.", axis=effect.axis, whole=whole)
    if effect.quiet == (0, last):
        first, end_label = effect.labels[0], effect.labels[-1]
        return tr("{axis}: {whole} from {first} to {last}.", axis=effect.axis, whole=whole, first=first, last=end_label)
    if effect.quiet is None:
        return tr("{axis}: {whole} on the whole, but not between all of its values.", axis=effect.axis, whole=whole)
    start, end = effect.quiet
    if end == last:
        quiet = tr("{axis} above {value}: within seed noise.", axis=effect.axis, value=effect.labels[start])
    else:
        quiet = tr("{axis} up to {value}: within seed noise.", axis=effect.axis, value=effect.labels[end])
    return joined(tr("{axis}: {whole}.", axis=effect.axis, whole=whole), quiet) if beyond else quiet


def _remarks(effects: Effects) -> Iterator[str]:
    floor = effects.floor
    if effects.made < 2:
        yield tr("No two tiles have pictures to compare: run the sweep first.")
    elif not effects.effects:
        yield tr("There is no axis beside the seed to measure: no two pictures differ in one other axis alone.")
    elif floor is None:
        yield tr(
            "There is no floor to hold that against, because no axis is the seed alone. Add seed=[1, 2, 3, 4] to the"
            " sweep, and it will say which axes move the picture more than a new seed does."
        )
    elif floor.seeds < _FEW_SEEDS:
        yield tr("The floor rests on {count} seeds alone: one or two more make it firmer.", count=floor.seeds)
    if effects.failed:
        one = tr("1 tile without a picture was left out.")
        many = tr("{count} tiles without a picture were left out.", count=effects.failed)
        yield one if effects.failed == 1 else many
    if effects.mixed_sizes:
        yield tr("Pictures of several shapes were stretched to one to be compared.")


# ---- as a table -----------------------------------------------------------------------------------------------------


def _table(effects: Effects) -> str:
    """Return the numbers as lines of text, in columns."""
    lines: list[tuple[str, ...]] = [_headings(effects)]
    for row in _rows(effects):
        cells = ("  " * row.is_step + row.name, row.values, row.pairs, *_numbers(row, effects), row.verdict)
        lines.append(cells[: len(lines[0])])
    widths = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(ljust(cell, wide) for cell, wide in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, _legend(effects)])


def _html(effects: Effects) -> str:
    """Return the numbers as an HTML table, with the sentence under it."""
    headings = "".join(f'<th scope="col">{name}</th>' for name in _headings(effects))
    lines = []
    for row in _rows(effects):
        numbers = "".join(
            f'<td><span class="measured">{html.escape(one)}</span></td>' for one in _numbers(row, effects)
        )
        verdict = f"<td>{row.verdict}</td>" if effects.floor else ""
        style = "text-align: left" + "; padding-left: 2em; font-weight: normal" * row.is_step
        name = f'<th scope="row" style="{style}">{html.escape(row.name)}</th>'
        lines.append(f"<tr>{name}<td>{row.values}</td><td>{row.pairs}</td>{numbers}{verdict}</tr>")
    return (
        f"<table><caption>{html.escape(_legend(effects))}</caption><thead><tr>{headings}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table><p>{html.escape(_sentence(effects))}</p>"
    )


def _rows(effects: Effects) -> Iterator[_EffectRow]:
    floor = effects.floor
    for effect in effects.effects:
        pairs = (
            str(effect.pairs)
            if effect.pairs == effect.pairs_in_all
            else tr("{count} of {total}", count=effect.pairs, total=effect.pairs_in_all)
        )
        yield _EffectRow(effect.axis, str(len(effect.labels)), pairs, effect.median, _verdict(effect.median, effects))
        for step in effect.steps if len(effect.steps) > 1 else ():
            name, verdict = f"{step.start} → {step.end}", _verdict(step.median, effects)
            yield _EffectRow(name, "", str(step.pairs), step.median, verdict, is_step=True)
    if floor:
        yield _EffectRow(tr("a new seed, typical"), str(floor.seeds), str(floor.pairs), floor.median, "", is_floor=True)
        yield _EffectRow(
            tr("a new seed, nine in ten"), str(floor.seeds), str(floor.pairs), floor.high, "", is_floor=True
        )


def _verdict(distance: Distance, effects: Effects) -> str:
    beyond = effects.floor.beyond(distance) if effects.floor else ()
    return tr("beyond, in {measures}", measures=tr(", ").join(_named(beyond))) if beyond else tr("within")


def _numbers(row: _EffectRow, effects: Effects) -> tuple[str, ...]:
    if effects.floor is None:
        return tuple(f"{one:.3f}" for one in row.median)
    return tuple(map(_times, effects.floor.times(row.median)))


def _times(value: float) -> str:
    if value == 0 or math.isinf(value):
        return "0" if value == 0 else "∞"
    return "<0.01×" if value < 0.01 else f"{value:.2f}×" if value < 1 else f"{value:.1f}×"


def _legend(effects: Effects) -> str:
    pictures = tr("1 picture") if effects.made == 1 else tr("{count} pictures", count=effects.made)
    if effects.floor is None:
        return tr("The typical change along each axis, from {pictures}; 0 is none.", pictures=pictures)
    return tr(
        "The typical change along each axis as a multiple of what a new seed does, from {pictures}. Beyond: more than"
        " nine in ten new seeds, by at least one measure.",
        pictures=pictures,
    )


def _named(measures: Iterable[str]) -> list[str]:
    return [tr(_NAMES[name]) for name in measures]


def _headings(effects: Effects) -> tuple[str, ...]:
    return tuple(map(tr, _HEADINGS if effects.floor else _HEADINGS[:-1]))


# ---- as a plot ------------------------------------------------------------------------------------------------------


def _figure(effects: Effects) -> "Figure":
    """Return a figure with a panel for each measure and a row for each axis and step; the grey band is seed noise."""
    from matplotlib import pyplot as plt

    from helpers.display import showing

    showing.use_workshop_style()
    rows = [row for row in _rows(effects) if not row.is_floor][:_MAX_ROWS]
    drawn, panels = plt.subplots(
        1, len(_MEASURES), sharey=True, figsize=(10.5, 1.6 + 0.34 * max(2, len(rows))), layout="constrained"
    )
    for panel, name in zip(panels, _MEASURES, strict=True):
        _panel(panel, name, rows, effects)
    panels[0].set_yticks(range(len(rows)), [f"{row.name}   " if row.is_step else row.name for row in rows])
    for label, row in zip(panels[0].get_yticklabels(), rows, strict=True):
        label.set_fontsize(9 if row.is_step else 12)
    if effects.floor:
        drawn.suptitle(
            tr("Typical change along each axis; a filled mark is beyond seed noise"), x=0.01, ha="left", fontsize=12
        )
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    return drawn


def _panel(panel: "Axes", name: str, rows: list[_EffectRow], effects: Effects) -> None:
    floor = effects.floor
    values = [getattr(floor.times(row.median) if floor else row.median, name) for row in rows]
    panel.set_title(tr(_PANEL_TITLES[name]), loc="left", fontsize=11)
    panel.grid(axis="y", visible=False)
    if floor:
        high = getattr(floor.times(floor.high), name)
        largest = max([2.0, high, *(value for value in values if math.isfinite(value))]) * 1.6
        values = [min(max(value, _SMALLEST), largest / 1.2) for value in values]
        panel.set_xscale("log")
        panel.set_xlim(_SMALLEST * 0.8, largest)
        if math.isfinite(high) and high:
            panel.axvspan(_SMALLEST * 0.8, high, color="#dcd9d0", zorder=0)
            panel.text(_SMALLEST, len(rows) - 0.45, tr("seed noise"), fontsize=9, va="bottom", color="#4a4843")
        panel.set_xlabel(tr("times a new seed's change"))
        ticks = [_SMALLEST, *(10.0**power for power in range(-1, 9) if 10.0**power < largest)]
        panel.set_xticks(ticks, [f"{'≤' if tick == _SMALLEST else ''}{tick:g}×" for tick in ticks])
        panel.xaxis.set_minor_formatter(lambda *_: "")
    else:
        panel.set_xlim(0, max([*values, 0.01]) * 1.15)
        panel.set_xlabel("distance")
    start = panel.get_xlim()[0]
    for index, (value, row) in enumerate(zip(values, rows, strict=True)):
        is_beyond = floor is not None and name in floor.beyond(row.median)
        panel.hlines(index, start, value, color="#1f4e79", linewidth=1.2, alpha=0.6)
        panel.plot(
            value,
            index,
            "o" if not row.is_step else "D",
            markersize=8 if not row.is_step else 5,
            color="#1f4e79",
            markerfacecolor="#1f4e79" if is_beyond else "#ffffff",
        )
