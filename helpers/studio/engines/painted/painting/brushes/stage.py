"""The stage that a scene is painted on: its measures, light and gradients; and the pen strokes that brushes share."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..light import Light, mix, recolour

__all__ = [
    "PARTS",
    "WATER",
    "Polyline",
    "Rng",
    "Stage",
    "Tree",
    "batch",
    "curve",
    "lens",
    "noise",
    "path",
    "pick",
    "points",
    "shades",
    "stream",
]

Rng = np.random.Generator
Polyline = NDArray[Any]
"""(n,): one coordinate of each point of a line, or a value at each."""
Point = tuple[float, float]
Tree = Literal["round", "pointed"]

WATER = "water_part"
"""What a prompt names when it names water."""
_WHOLE = {
    "sand": "ground",
    "mountain": "ground",
    "flowers": "ground",
    "grass": "ground",
    "trees": "ground",
    "crop": "ground",
    "water": WATER,
}
"""Parts that take the colour of what they belong to: a red beach has red sand."""
_CLEAR = 0.25
"""How much of the sky's own colours is left on water that the prompt gives a colour."""

PARTS = frozenset({"", "ground", "path", "snow", "wall", *_WHOLE})
"""Values of a layer's `part` beside the parts that a prompt can name: a part takes the prompt's colour."""


@dataclass
class Stage:
    """Everything that a brush needs to know of the picture."""

    width: float  # in hundredths of the height
    horizon: float
    light: Light
    sun: tuple[float, float]
    fine: bool  # small detail is worth drawing
    accents: dict[str, tuple[str, float]] = field(default_factory=dict)  # part -> colour ("" for none), weight
    defs: list[str] = field(default_factory=list)
    side: int = 1  # -1 left, 1 right: where this layout's weight lies, for the layers that lean to one side
    variant: str = ""  # which of its scene's variants this layout is
    seed: int = 0  # the layout's, for brushes that must agree on a place
    water: tuple[float, float] | None = None  # depths between which the scene has water
    _names: dict[str, str] = field(default_factory=dict)
    seen: dict[tuple[str, float, str], str] = field(default_factory=dict)

    def y(self, t: float) -> float:
        """Return how far below the upper edge depth `t` is."""
        return self.horizon + t * (100 - self.horizon) if t >= 0 else self.horizon * (1 + t)

    def depth(self, t: float) -> float:
        """Return how far away the ground at `t` is, for haze: 1 at the horizon, 0 at the lower edge."""
        return max(0.0, 1 - max(t, 0) ** 0.6)

    @property
    def low_sun(self) -> float:
        """Nearness of the sun to the horizon, 0..1: long light, warm edges, bright water."""
        low, high = self.light.sun_height
        return 0.0 if self.light.disc == "none" else min(1.0, max(0.0, 1.3 - (low + high) * 1.3))

    @property
    def sunward(self) -> int:
        """Side that the light comes from: -1 left, 1 right."""
        return 1 if self.sun[0] > self.width / 2 else -1

    def sky_at(self, offset: float) -> str:
        """Return the sky's colour at a height, 0 = zenith … 1 = horizon."""
        stops = self.light.sky
        for (a, first), (b, second) in pairwise(stops):
            if offset <= b:
                return mix(first, second, (offset - a) / max(b - a, 1e-6))
        return stops[-1][1]

    def mirrored(self, colour: str) -> str:
        """Return a colour of the sky as water shows it, which has the prompt's colour."""
        wanted, _ = self.accents.get(WATER, ("", 0.0))
        return mix(recolour(colour, wanted), colour, _CLEAR) if wanted else colour

    def lit(self, colour: str, depth: float, part: str = "") -> str:
        """Return a colour in this light, recoloured first where the prompt gives the part a colour."""
        key = colour, round(depth, 2), part
        seen = self.seen.get(key)
        if seen is None:
            wanted, weight = self.accents.get(part) or self.accents.get(_WHOLE.get(part, ""), ("", 0.0))
            if wanted:
                colour = mix(colour, recolour(colour, wanted), min(1.0, 0.75 * weight))
            seen = self.light.lit(colour, depth)
            if part == "snow":  # snow takes the sky's colour
                seen = mix(seen, mix(self.sky_at(0.4), "#ffffff", 0.45), 0.5 * (1 - 0.6 * depth))
            self.seen[key] = seen
        return seen

    def bright(self, colour: str, depth: float, share: float = 0.2, part: str = "") -> str:
        """Return the colour of a thing's side that the sun or the moon touches."""
        return mix(self.lit(colour, depth, part), self.light.glow, share * (0.5 + 0.8 * self.low_sun))

    def shaded(self, colour: str, depth: float, share: float = 0.35, part: str = "") -> str:
        """Return the colour of a thing's side in shadow: its own, deeper, with some of the shadow's."""
        own = self.lit(colour, depth, part)
        dusk = mix(mix(own, "#000000", 0.6), self.light.shadow, 0.4)
        return mix(own, mix(dusk, self.light.haze, 0.7 * depth * self.light.haze_strength), share)

    def xs(self, fine: int, coarse: int) -> Polyline:
        """Return places across the picture and a little beyond, for a line of `fine` points (`coarse` in small pictures)."""
        n = fine if self.fine else coarse
        return np.arange(n) * ((self.width + 8) / (n - 1)) - 4

    def aside(self, rng: Rng) -> Rng:
        """Return random numbers for what only large pictures show, so that all else is drawn from the same ones at any size."""
        own = int(rng.integers(2**62))
        return np.random.default_rng(own) if self.fine else rng

    def flow(self, points: Sequence[Point], close: str = "") -> str:
        """Return a smooth line through points; small pictures get straight pieces."""
        return curve(points, close) if self.fine else path(points, close)

    def linear(self, stops: Sequence[tuple[float, str]] | Sequence[tuple[float, str, float]], down: bool = True) -> str:
        """Return a gradient from top to bottom (or left to right) of whatever it fills, as `url(#…)`."""
        way = 'x1="0" y1="0" x2="0" y2="1"' if down else 'x1="0" y1="0" x2="1" y2="0"'
        return self._gradient(f"<linearGradient {way} id=", "</linearGradient>", stops)

    def across(
        self,
        start: Point,
        end: Point,
        stops: Sequence[tuple[float, str]] | Sequence[tuple[float, str, float]],
    ) -> str:
        """Return a gradient between two places of the picture, the same for all that it fills."""
        way = f'gradientUnits="userSpaceOnUse" x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
        return self._gradient(f"<linearGradient {way} id=", "</linearGradient>", stops)

    def radial(self, stops: Sequence[tuple[float, str, float]]) -> str:
        """Return a gradient from the middle outwards, with opacities."""
        return self._gradient("<radialGradient id=", "</radialGradient>", stops)

    def spot(self, at: Point, reach: Point, stops: Sequence[tuple[float, str, float]]) -> str:
        """Return a glow about a place of the picture that reaches so far across and down, whatever it fills."""
        move = f"translate({at[0]:.1f} {at[1]:.1f}) scale({reach[0]:.1f} {reach[1]:.1f})"
        way = f'gradientUnits="userSpaceOnUse" cx="0" cy="0" r="1" gradientTransform="{move}"'
        return self._gradient(f"<radialGradient {way} id=", "</radialGradient>", stops)

    def _gradient(self, head: str, tail: str, stops: Sequence[tuple[Any, ...]]) -> str:
        inner = "".join(
            f'<stop offset="{s[0]:.3f}" stop-color="{s[1]}" stop-opacity="{s[2]:.3f}"/>'
            if len(s) > 2
            else f'<stop offset="{s[0]:.3f}" stop-color="{s[1]}"/>'
            for s in stops
        )
        name = self._names.get(head + inner)
        if name is None:
            name = self._names[head + inner] = f"g{len(self.defs)}"
            self.defs.append(f'{head}"{name}">{inner}{tail}')
        return f"url(#{name})"


_OWN = threading.local()


def stream(seed: int, number: int, layer: int) -> Rng:
    """Return the random numbers of one layer of one layout.

    All calls share one generator, whose state is set anew: a new one costs five times as much. Use a stream up before
    you ask for the next.
    """
    if not hasattr(_OWN, "bits"):
        _OWN.bits = np.random.PCG64(0)
        _OWN.rng = np.random.Generator(_OWN.bits)
    mixed = hashlib.blake2b(b"%d %d %d" % (seed, number, layer), digest_size=32).digest()
    state = {"state": int.from_bytes(mixed[:16], "little"), "inc": int.from_bytes(mixed[16:], "little") | 1}
    _OWN.bits.state = {"bit_generator": "PCG64", "state": state, "has_uint32": 0, "uinteger": 0}
    rng: Rng = _OWN.rng
    return rng


def pick(rng: Rng, value: float | Sequence[float]) -> float:
    """Return a number as it is, or one drawn between a pair's ends."""
    if isinstance(value, (int, float)):
        return float(value)
    low, high = value
    return float(low + (high - low) * rng.random())


def noise(rng: Rng, xs: Polyline, wave: float, octaves: int = 3, gain: float = 0.5) -> Polyline:
    """Return a smooth random line, about -1..1, over even steps, whose widest swells lie `wave` apart.

    It is the same line at any number of points, so that a small picture and a large one agree.
    """
    table = rng.random(64)
    at, after, share, size = _knots(len(xs), float(xs[0]), float(xs[-1]), wave, octaves, gain)
    first = table[at]
    return np.asarray(size @ (first + (table[after] - first) * share) - 1.4)


def points(xs: Polyline, ys: Polyline) -> list[Point]:
    """Return two arrays as a list of points."""
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def path(points: Sequence[Point], close: str = "") -> str:
    """Return straight lines through points."""
    return _pen(len(points)) % tuple(chain.from_iterable(points)) + close


def batch(shapes: Sequence[str], paint: str, size: int = 5) -> str:
    """Return many shapes of one paint, `size` to a path: ThorVG is slow at one path that crosses a line many times."""
    return "".join(f'<path d="{"".join(shapes[i : i + size])}" {paint}/>' for i in range(0, len(shapes), size))


def lens(x: float, y: float, wide: float, tall: float) -> str:
    """Return a flat leaf shape, `wide` and `tall` from its middle: many in one path make ripples, strokes, glitter."""
    return f"M{x - wide:.1f},{y:.1f}{_leaf(round(wide * 20), round(tall * 50))}"


def curve(points: Sequence[Point], close: str = "") -> str:
    """Return a smooth line through points (Catmull-Rom as cubic Béziers)."""
    out = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    last = len(points) - 1
    for i in range(last):
        (x0, y0), (x1, y1), (x2, y2) = points[i - 1 if i else 0], points[i], points[i + 1]
        x3, y3 = points[i + 2 if i + 2 <= last else last]
        out.append(
            f"C{x1 + (x2 - x0) / 6:.1f},{y1 + (y2 - y0) / 6:.1f} "
            f"{x2 - (x3 - x1) / 6:.1f},{y2 - (y3 - y1) / 6:.1f} {x2:.1f},{y2:.1f}"
        )
    return "".join(out) + close


@lru_cache(maxsize=1024)
def _knots(
    n: int, start: float, end: float, wave: float, octaves: int, gain: float
) -> tuple[Polyline, Polyline, Polyline, Polyline]:
    """Return, for each octave and place, the knots on both sides and how far it lies between them; and the octaves' sizes."""
    which = np.arange(octaves)[:, None]
    at = (np.linspace(start, end, n) + 40) * (2.1**which / wave) + 11.0 * which
    whole = np.floor(at).astype(np.int64)
    part = at - whole
    size = gain ** np.arange(octaves)
    return whole & 63, (whole + 1) & 63, part * part * (3 - 2 * part), size / size.sum() * 2.8


@lru_cache(maxsize=512)
def _pen(n: int) -> str:
    return "M" + "L".join(["%.1f,%.1f"] * n)


@lru_cache(maxsize=64)
def shades(light: Light, accents: tuple[tuple[str, str, float], ...]) -> dict[tuple[str, float, str], str]:
    """Return one cache of lit colours for all layouts in the same light."""
    return {}


@lru_cache(maxsize=4096)
def _leaf(wide: int, tall: int) -> str:
    w, t = wide / 20, tall / 50
    return f"q{w:.2f},{-2 * t:.2f} {2 * w:.2f},0q{-w:.2f},{2 * t:.2f} {-2 * w:.2f},0"
