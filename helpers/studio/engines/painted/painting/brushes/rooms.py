"""Brushes for rooms: the back wall and what is on it, the floor and its rug. Each layout furnishes a room anew."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from ..light import mix
from .stage import Rng, Stage, batch, path, pick

__all__ = ["cabinets", "floor", "pictures", "shelves", "wall", "window"]

_WINDOWS = {
    "curtains": (0.95, 0.06, 0.26),
    "wide": (1.43, 0.14, 0.12),
    "round": (0.82, 0.06, 0.26),
    "pair": (0.5, 0.06, 0.26),
}
"""For each kind of window: width over height, and how far from the picture's middle it is at least and how much more at most."""


SIDE, DROP, CEILING = 9.0, 10.0, 7.0
"""How far the side walls of a room reach into the picture, how far their feet come down, and how high the ceiling is seen."""


def wall(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    kind: Literal["plain", "any"] = "plain",
    deep: bool = False,
    part: str = "wall",
) -> str:
    """Paint the back wall of a room down to the skirting board, with a warm pool of light on it.

    It is plain, or of "any" kind, as the layout has it: plain, with panels below, striped, or with a ceiling beam. A `deep`
    room shows its ceiling and side walls too, with a floor that is `deep` as well.
    """
    colour = colours[int(rng.integers(len(colours)))]
    w, foot = stage.width, stage.horizon
    fill = stage.linear([(0, stage.lit(mix(colour, "#20242c", 0.18), 0, part)), (1, stage.lit(colour, 0, part))])
    out = f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="{foot + 2:.1f}" fill="{fill}"/>'
    drawn, u, v = rng.random(3).tolist() if kind == "any" else (1.0, 0.0, 0.0)
    if drawn < 0.22:  # stripes
        step = 5 + 6 * u
        bars = "".join(
            [
                f"M{step * (k + v):.1f},-1h{step * 0.5:.1f}V{foot:.1f}h{-step * 0.5:.1f}z"
                for k in range(-1, int(w / step) + 1)
            ]
        )
        out += f'<path d="{bars}" fill="{stage.lit(mix(colour, "#ffffff", 0.4), 0, part)}" opacity=".4"/>'
    elif drawn < 0.5:  # panels below a rail
        rail, step = foot * (0.58 + 0.14 * u), 14 + 8 * v
        tone = mix(colour, "#ffffff", 0.55) if v < 0.6 else mix(colour, "#4a4440", 0.4)
        out += f'<rect x="-1" y="{rail:.1f}" width="{w + 2:.1f}" height="{foot - rail:.1f}" fill="{stage.lit(tone, 0, part)}"/>'
        if stage.fine:
            boards = "".join(
                [
                    f"M{step * k + 1.5:.1f},{rail + 3:.1f}h{step - 3:.1f}V{foot - 4.5:.1f}h{3 - step:.1f}z"
                    for k in range(int(w / step) + 1)
                ]
            )
            edge = stage.lit(mix(tone, "#20242c", 0.25), 0, part)
            out += f'<path d="{boards}M-1,{rail:.1f}h{w + 2:.1f}" fill="none" stroke="{edge}" stroke-width=".6"/>'
    elif drawn < 0.64:  # a beam below the ceiling
        beam = stage.lit("#6b4a30", 0)
        posts = "".join([f"M{w * f:.1f},-1h3.4v8h-3.4z" for f in (0.12, 0.48, 0.84)])
        out += f'<path d="M-1,4h{w + 2:.1f}v5h{-w - 2:.1f}z{posts}" fill="{beam}"/>'
    glow = stage.radial([(0, "#fff0cc", 0.35), (1, "#fff0cc", 0)])
    out += f'<ellipse cx="{stage.sun[0]:.1f}" cy="{foot * 0.5:.1f}" rx="{w * 0.5:.1f}" ry="{foot * 0.6:.1f}" fill="{glow}"/>'
    board = stage.lit(mix(colour, "#ffffff", 0.5), 0)
    if deep:
        return out + _sides(stage, colour, board, part)
    return out + f'<rect x="-1" y="{foot - 2.6:.1f}" width="{w + 2:.1f}" height="2.8" fill="{board}"/>'


def window(
    stage: Stage,
    rng: Rng,
    size: Sequence[float] = (24, 32),
    beam: float = 0.0,
    kind: Literal["any", "curtains", "wide", "round", "pair"] = "any",
    x: Sequence[float] = (),
) -> str:
    """Paint a window on the back wall with the light's own sky outside; the sun's light lies before it, as strong as `beam`.

    It stands on the layout's heavy side, or at `x` in a layout that leans right, clear of the side walls, and is one of four kinds: with curtains, a wide one with
    a blind, one with a round top, or a pair of narrow ones; and what is outside differs.
    """
    tall = pick(rng, size)
    chance, across, hue, *view = rng.random(6).tolist()
    drawn = kind
    if kind == "any":
        drawn = "curtains" if chance < 0.4 else "wide" if chance < 0.62 else "round" if chance < 0.8 else "pair"
    shape, nearest, reach = _WINDOWS[drawn]
    wide = tall * shape
    out_from = pick(rng, x) - 0.5 if x else nearest + reach * across
    middle, y = stage.width * (0.5 + stage.side * out_from), stage.horizon * 0.48
    half = SIDE + wide * (1.3 if drawn == "pair" else 0.7)
    middle = min(max(middle, half), max(stage.width - half, half))
    tone = ("#b5574a", "#5d7ba6", "#c99a4a", "#6f8f66", "#e8e0d0", "#8a6f94")[int(hue * 6)]
    frame = stage.lit("#f4efe6" if hue * 6 % 1 < 0.65 else "#7a5638", 0)
    middles = (middle - wide * 0.72, middle + wide * 0.72) if drawn == "pair" else (middle,)
    out = "".join([_opening(stage, view, at, y, wide, tall, frame, drawn) for at in middles])
    cloth = stage.linear(
        [
            (0, stage.lit(tone, 0)),
            (0.5, stage.lit(mix(tone, "#ffffff", 0.25), 0)),
            (1, stage.lit(mix(tone, "#101018", 0.25), 0)),
        ],
        down=drawn == "wide",
    )
    if drawn == "wide":
        drop = tall * (0.1 + 0.2 * across)
        out += f'<rect x="{middle - wide / 2 - 1:.1f}" y="{y - tall / 2 - 1.4:.1f}" width="{wide + 2:.1f}" height="{drop:.1f}" fill="{cloth}"/>'
    for side in (-1, 1) if drawn == "curtains" else ():
        edge, inner = middle + side * wide * 0.62, middle + side * wide * 0.3
        out += (
            f'<path d="M{edge:.1f},{y - tall * 0.6:.1f}L{inner:.1f},{y - tall * 0.6:.1f}Q{inner + side * 1:.1f},{y:.1f} '
            f'{inner + side * 5:.1f},{y + tall * 0.62:.1f}L{edge:.1f},{y + tall * 0.62:.1f}Z" fill="{cloth}"/>'
        )
    if drawn != "curtains":  # a sill
        ledge = wide * (1.5 if drawn == "pair" else 0.62)
        out += f'<rect x="{middle - ledge:.1f}" y="{y + tall / 2 + 0.8:.1f}" width="{2 * ledge:.1f}" height="1.8" fill="{frame}"/>'
    if beam and stage.light.disc == "sun":
        out += _beam(stage, middles, wide, beam)
    return out


def pictures(stage: Stage, rng: Rng, n: float | Sequence[float] = (0, 3)) -> str:
    """Paint framed pictures on the back wall, on the side that the window leaves free."""
    count = round(pick(rng, n))
    x = stage.width * (0.5 - stage.side * 0.36)
    y = stage.horizon * (0.34 + 0.1 * float(rng.random()))
    out = []
    for k, (a, b, c, d) in enumerate(rng.random((count, 4)).tolist()):
        wide, tall = (9 + 5 * a, 7 + 4 * b) if c < 0.6 else (7 + 3 * a, 10 + 4 * b)
        cx, cy = x + stage.side * (k - 0.5) * 8 * (count > 1), y + (k % 2) * 15 + (b - 0.5) * 3
        left, top = cx - wide / 2, cy - tall / 2
        frame = stage.lit(("#6b4a30", "#2e2a2c", "#d9b45a", "#f2ede2")[int(d * 4)], 0)
        sky = stage.lit(("#e8d4b0", "#bcd4e0", "#e0b8a0", "#d8dcc8")[int(c * 4)], 0)
        land = stage.lit(("#6f8f6a", "#b5685a", "#4f7d94", "#c9a24f")[int(a * 4)], 0)
        out.append(
            f'<rect x="{left - 0.9:.1f}" y="{top - 0.9:.1f}" width="{wide + 1.8:.1f}" height="{tall + 1.8:.1f}" fill="{frame}"/>'
        )
        out.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{sky}"/>')
        out.append(
            f'<path d="M{left:.1f},{top + tall:.1f}v{-tall * 0.4:.1f}l{wide * (0.2 + 0.3 * b):.1f},{-tall * 0.22:.1f} '
            f'{wide * 0.25:.1f},{tall * 0.2:.1f} {wide * (0.55 - 0.3 * b):.1f},{-tall * 0.1:.1f}V{top + tall:.1f}z" fill="{land}"/>'
        )
    return "".join(out)


def floor(
    stage: Stage,
    rng: Rng,
    colour: str = "#a9764a",
    rug: str | None = None,
    kind: Literal["boards", "tiles", "checks"] = "boards",
    deep: bool = False,
) -> str:
    """Paint boards that run towards the back wall or from side to side; with `rug`, often a rug of that or another colour.

    Or it is of tiles, plain ones or in two tones. Of a `deep` room, the corners belong to the side walls.
    """
    tint, way, shape, hue, across = rng.random(5).tolist()
    colour = mix(colour, ("#5f3f28", "#d8b48a", "#8f8478", colour)[int(tint * 4)], 0.35)
    far, here, near = (stage.lit(mix(colour, "#20140c", share), 0, "floor") for share in (0.28, 0.0, 0.16))
    fill = stage.linear([(0, mix(far, stage.light.haze, 0.24)), (0.5, here), (1, near)])
    top, w = stage.horizon, stage.width
    out = f'<path d="{_ground(stage, deep)}" fill="{fill}"/>'
    tone = stage.lit(mix(colour, "#20140c", 0.45), 0)
    middle = w / 2
    if kind != "boards":
        out += _paving(stage, tone, kind == "checks", deep)
        seams = ""
    elif way < 0.65:
        seams = "".join(
            f"M{middle + (x - middle) * 0.55:.1f},{top:.1f}L{middle + (x - middle) * 1.5:.1f},101"
            for x in np.linspace(-w * 0.3, w * 1.3, 13).tolist()
        )
    else:
        seams = "".join(f"M-1,{top + (100 - top) * f:.1f}h{w + 2:.1f}" for f in (0.08, 0.19, 0.33, 0.5, 0.72))
    if seams:
        out += f'<path d="{seams}" stroke="{tone}" stroke-width="0.35" opacity="0.7"/>'
    if deep:  # the boards' ends lie under the walls' skirting
        out += _corners(stage)
    if rug and shape < 0.8:
        dyed = (rug, rug, "#5f7f9c", "#7f8f5c", "#c9a05a", "#8f6f94", "#d8cdb8")[int(hue * 7)]
        cx, cy = w * (0.36 + 0.28 * across), stage.y(0.5)
        half, deep = w * (0.26 + 0.1 * across), (100 - top) * (0.24 + 0.06 * hue)
        for k, shade in enumerate((mix(dyed, "#ffffff", 0.35), dyed, mix(dyed, "#ffffff", 0.2))):
            paint = stage.lit(shade, 0)
            if shape < 0.45:
                f = 1 - 0.16 * k
                out += f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{half * f:.1f}" ry="{deep * f:.1f}" fill="{paint}"/>'
            else:
                near, far, high = half * 1.1 - 3 * k, half * 0.84 - 2.6 * k, deep - 1.6 * k
                out += (
                    f'<path d="M{cx - far:.1f},{cy - high:.1f}h{2 * far:.1f}L{cx + near:.1f},{cy + high:.1f}'
                    f'h{-2 * near:.1f}z" fill="{paint}"/>'
                )
    return out


def shelves(
    stage: Stage,
    rng: Rng,
    colour: str = "#7a4f30",
    x: Sequence[float] = (0.0, 1.0),
    height: float | Sequence[float] = 50,
    n: int = 5,
    t: float = 0.03,
    side: int = 0,
) -> str:
    """Paint a bookcase against the back wall: `n` shelves of books of all sizes, with gaps and a few things between them.

    `x` is where it begins and ends across the picture, for a layout that leans right where `side` is given.
    """
    ends = (x[0], x[1]) if side * stage.side >= 0 else (1 - x[1], 1 - x[0])
    left, right = stage.width * ends[0], stage.width * ends[1]
    foot = stage.y(t)
    top = foot - pick(rng, height)
    wood, dark = stage.lit(colour, 0.04), stage.lit(mix(colour, "#120a06", 0.55), 0.04)
    out = [f'<path d="{_box(left - 1, top - 2, right + 1, foot)}" fill="{wood}"/>']
    out.append(f'<path d="{_box(left + 0.6, top, right - 0.6, foot - 2)}" fill="{dark}"/>')
    tall, bays = (foot - 2 - top) / n, max(1, round((right - left) / 24))
    dyes = ("#a8483c", "#3f6488", "#c89a48", "#4f7c5c", "#7a5a80", "#d8cbb0", "#8f6a48", "#2f4858")
    books: dict[str, list[str]] = {dye: [] for dye in dyes}
    for row in range(n):
        level, at = top + (row + 1) * tall - 0.7, left + 1.2
        sizes = rng.random((int((right - left) / 1.4) + 1, 3)).tolist()
        for a, b, c in sizes:
            wide = 1.3 + 1.5 * a
            if at + wide > right - 1.2:
                break
            if c > 0.06:
                books[dyes[int(b * 8)]].append(_box(at, level - tall * (0.55 + 0.33 * c), at + wide - 0.15, level))
            at += wide
    for dye, shapes in books.items():
        out.append(batch(shapes, f'fill="{stage.lit(dye, 0.06)}"', 12))
    boards = [_box(left, top + (k + 1) * tall - 0.7, right, top + (k + 1) * tall + 0.7) for k in range(n)]
    step = (right - left) / bays
    posts = [_box(left + k * step - 0.8, top, left + k * step + 0.8, foot) for k in range(bays + 1)]
    out.append(batch([*boards, *posts, _box(left - 1.6, top - 3.4, right + 1.6, top - 1.2)], f'fill="{wood}"', 6))
    shade = stage.linear([(0, "#0c0806", 0.28), (0.2, "#0c0806", 0.0), (0.75, "#0c0806", 0.0), (1, "#0c0806", 0.3)])
    return "".join([*out, f'<path d="{_box(left, top, right, foot)}" fill="{shade}"/>'])


def cabinets(stage: Stage, rng: Rng, colours: Sequence[str], top: Sequence[str] = ("#8a6a4a",)) -> str:
    """Paint a kitchen along the back wall: cupboards below and, beside the window, above; sink, stove and its hood."""
    colour, wood = (some[int(rng.integers(len(some)))] for some in (colours, top))
    w, foot, side = stage.width, stage.y(0.1), stage.side
    high, step = foot - 25.0, 12.5
    door, rim = stage.lit(colour, 0.04, "wall"), stage.lit(mix(colour, "#20242c", 0.3), 0.04)
    slab = stage.linear([(0, stage.bright(wood, 0, 0.3)), (1, stage.lit(mix(wood, "#20140c", 0.35), 0))])
    steel, black = stage.lit("#c4ccd2", 0.03), stage.lit("#2a2e34", 0.03)
    count = int(w / step) + 1
    front = stage.linear(
        [(0, stage.lit(mix(colour, "#ffffff", 0.12), 0.04)), (1, stage.lit(mix(colour, "#181c24", 0.16), 0.04))]
    )
    out = [f'<path d="{_box(-1, high, w + 1, foot - 2)}" fill="{front}"/>']
    out.append(f'<path d="{_box(-1, foot - 2.4, w + 1, foot + 0.4)}" fill="{stage.lit("#3a342e", 0)}"/>')
    edges = [_box(k * step + 0.8, high + 3.4, (k + 1) * step - 0.8, foot - 3.4) for k in range(count)]
    pulls = "".join(f"M{(k + 0.5) * step - 2:.1f},{high + 5:.1f}h4" for k in range(count))
    out.append(f'<path d="{"".join(edges)}" fill="none" stroke="{rim}" stroke-width=".5"/>')
    out.append(f'<path d="{pulls}" stroke="{stage.lit("#6a6258", 0)}" stroke-width=".9" stroke-linecap="round"/>')
    stove = (round((0.5 - 0.14 * side) * w / step) - 0.5) * step
    out.append(f'<path d="{_box(stove - 7.5, high, stove + 7.5, foot - 2.4)}" fill="{steel}"/>')
    out.append(f'<path d="{_box(stove - 5.6, high + 7, stove + 5.6, foot - 5)}" fill="{black}"/>')
    out.append(f'<path d="M{stove - 5:.1f},{high + 5.4:.1f}h10" stroke="{black}" stroke-width=".8"/>')
    # above, beside the window: cupboards on the free side, and the hood between them
    ceiling, low = max(high - 46, -2.0), high - 22
    ends = (-1.0, 0.46 * w) if side > 0 else (0.54 * w, w + 1)
    out.append(f'<path d="{_box(ends[0], ceiling, ends[1], low)}" fill="{door}"/>')
    uppers = [
        _box(k * step + 0.8, ceiling + 1.4, (k + 1) * step - 0.8, low - 1.4)
        for k in range(-1, count)
        if ends[0] <= k * step and (k + 1) * step <= ends[1] + 1
    ]
    out.append(f'<path d="{"".join(uppers)}" fill="none" stroke="{rim}" stroke-width=".5"/>')
    out.append(
        f'<path d="M{stove - 3:.1f},{ceiling - 2:.1f}h6V{low - 6:.1f}L{stove + 9:.1f},{low + 1:.1f}h-18L{stove - 3:.1f},{low - 6:.1f}z" fill="{steel}"/>'
    )
    shade = stage.linear([(0, "#141008", 0.26), (1, "#141008", 0.0)])
    out.append(f'<path d="{_box(ends[0], low, ends[1], low + 5)}" fill="{shade}"/>')
    out.append(f'<path d="{_box(-1, high - 2, w + 1, high + 1)}" fill="{slab}"/>')
    out.append(f'<path d="{_box(-1, high + 1, w + 1, high + 3.4)}" fill="{shade}"/>')
    sink, tap = (0.5 + 0.2 * side) * w, stage.lit("#98a4ae", 0.02)
    out.append(
        f'<path d="M{sink:.1f},{high - 2:.1f}v-7q0,-3.4 3,-3.4t3,3.4" fill="none" stroke="{tap}" stroke-width="1.3" stroke-linecap="round"/>'
    )
    tins = ("#c8705c", "#d8b060", "#5f8f84", "#e4dccc")
    for k, (a, b) in enumerate(rng.random((4, 2)).tolist()):
        x, tall = (0.5 + side * (0.3 + 0.05 * k)) * w, 4 + 4 * a
        paint = stage.lit(tins[int(b * 4)], 0.02)
        out.append(
            f'<rect x="{x:.1f}" y="{high - 2 - tall:.1f}" width="3.6" height="{tall:.1f}" rx=".8" fill="{paint}"/>'
        )
    pan = stage.lit("#b0543c", 0.02)
    out.append(
        f'<path d="M{stove - 4:.1f},{high - 7:.1f}h8v4q0,1 -1,1h-6q-1,0 -1,-1zM{stove - 5.4:.1f},{high - 6:.1f}h10.8v1.2h-10.8z" fill="{pan}"/>'
    )
    return "".join(out)


def _box(left: float, top: float, right: float, foot: float) -> str:
    return f"M{left:.1f},{top:.1f}H{right:.1f}V{foot:.1f}H{left:.1f}z"


def _ground(stage: Stage, deep: bool) -> str:
    """Return the outline of the floor."""
    w, top = stage.width, stage.horizon
    if not deep:
        return _box(-1, top, w + 1, 101)
    return f"M{SIDE:.1f},{top:.1f}H{w - SIDE:.1f}L{w + 1:.1f},{top + DROP:.1f}V101H-1V{top + DROP:.1f}z"


def _corners(stage: Stage) -> str:
    """Draw the feet of the side walls, which stand before the floor's far corners."""
    w, top = stage.width, stage.horizon
    fill = stage.linear([(0, stage.light.shadow, 0.3), (1, stage.light.shadow, 0)])
    return (
        f'<path d="M{SIDE:.1f},{top:.1f}L-1,{top + DROP:.1f}v4L{SIDE + 3:.1f},{top:.1f}zM{w - SIDE:.1f},{top:.1f}'
        f'L{w + 1:.1f},{top + DROP:.1f}v4L{w - SIDE - 3:.1f},{top:.1f}z" fill="{fill}"/>'
    )


def _paving(stage: Stage, tone: str, checked: bool, deep: bool) -> str:
    """Draw a floor's tiles, smaller with distance; `checked` ones are light and dark in turn."""
    w, top = stage.width, stage.horizon
    rows = [top + (100 - top) * (k / 8) ** 1.6 for k in range(9)]
    count, middle = max(8, round(w / 9)), w / 2

    def at(k: int, y: float) -> float:
        return middle + (k - count / 2) * w / count * (1.02 + 1.1 * (y - top) / (100 - top))

    if checked:
        dark = [
            path([(at(k, a), a), (at(k + 1, a), a), (at(k + 1, b), b), (at(k, b), b)], "Z")
            for row, (a, b) in enumerate(pairwise(rows))
            for k in range(row % 2 - 2, count + 2, 2)
        ]
        return batch(dark, f'fill="{tone}" opacity=".55"', 12)
    lines = "".join(f"M-1,{y:.1f}H{w + 1:.1f}" for y in rows[1:])
    lines += "".join(f"M{at(k, top):.1f},{top:.1f}L{at(k, 101):.1f},101" for k in range(-1, count + 2))
    return f'<path d="{lines}" fill="none" stroke="{tone}" stroke-width=".4" opacity=".6"/>'


def _sides(stage: Stage, colour: str, board: str, part: str) -> str:
    """Draw the ceiling and the side walls: that with the window's light on it is the paler one."""
    w, foot = stage.width, stage.horizon
    ceiling = stage.linear([(0, stage.lit("#f2ece0", 0)), (1, stage.lit(mix("#f2ece0", colour, 0.3), 0))])
    out = [f'<path d="M-1,-1H{w + 1:.1f}L{w - SIDE:.1f},{CEILING:.1f}H{SIDE:.1f}Z" fill="{ceiling}"/>']
    for side in (-1, 1):
        outer, inner = (-1.0, SIDE) if side < 0 else (w + 1, w - SIDE)
        share = 0.3 if side == stage.side else 0.1
        tone = stage.lit(mix(colour, "#1c2028", share), 0, part)
        deep = stage.lit(mix(colour, "#1c2028", share + 0.14), 0, part)
        stops = [(0, tone), (1, deep)] if side < 0 else [(0, deep), (1, tone)]
        fill = stage.linear(stops, down=False)
        out.append(
            f'<path d="M{outer:.1f},-1L{inner:.1f},{CEILING:.1f}V{foot:.1f}L{outer:.1f},{foot + DROP:.1f}Z" fill="{fill}"/>'
        )
        out.append(
            f'<path d="M{outer:.1f},{foot + DROP:.1f}L{inner:.1f},{foot:.1f}v-2.6L{outer:.1f},{foot + DROP - 4.4:.1f}Z" fill="{board}" opacity=".8"/>'
        )
    edge = stage.lit(mix(colour, "#ffffff", 0.6), 0)
    out.append(f'<path d="M{SIDE:.1f},{CEILING:.1f}H{w - SIDE:.1f}v1.3H{SIDE:.1f}z" fill="{edge}"/>')
    out.append(f'<path d="{_box(SIDE, foot - 2.6, w - SIDE, foot + 0.2)}" fill="{board}"/>')
    return "".join(out)


def _beam(stage: Stage, middles: Sequence[float], wide: float, strength: float) -> str:
    """Draw the window's light on what is before it, a patch for each pane, slanting to the side that is free."""
    depth, slant = 100 - stage.horizon, -stage.side * wide * 0.55
    top, low, out = stage.horizon + 0.16 * depth, stage.horizon + 0.62 * depth, []
    fill = stage.across((0, top), (0, low), [(0, stage.light.glow, strength), (1, stage.light.glow, 0.25 * strength)])
    for middle in middles:
        for row in (0, 1):
            a, b = ((0.0, 0.47), (0.53, 1.0))[row]
            for left, right in ((-0.48, -0.03), (0.03, 0.48)):
                corners = [
                    (middle + slant * (0.5 + f) + wide * (1 + 0.35 * f) * at, top + (low - top) * f)
                    for f, at in ((a, left), (a, right), (b, right), (b, left))
                ]
                out.append(path(corners, "Z"))
    return f'<path d="{"".join(out)}" fill="{fill}"/>'


def _opening(
    stage: Stage, view: Sequence[float], x: float, y: float, wide: float, tall: float, frame: str, kind: str
) -> str:
    """Draw a window's frame, the sky and the land behind it, and its bars."""
    left, top, foot = x - wide / 2, y - tall / 2, y + tall / 2
    light, (a, b, c) = stage.light, view

    def hole(grow: float) -> str:
        if kind == "round":
            r = wide / 2 + grow
            return f"M{x - r:.1f},{foot + grow:.1f}V{top + r:.1f}A{r:.1f},{r:.1f} 0 0 1 {x + r:.1f},{top + r:.1f}V{foot + grow:.1f}Z"
        return (
            f"M{left - grow:.1f},{top - grow:.1f}h{wide + 2 * grow:.1f}v{tall + 2 * grow:.1f}h{-wide - 2 * grow:.1f}z"
        )

    out = f'<path d="{hole(1.4)}" fill="{frame}"/><path d="{hole(0)}" fill="{stage.linear(list(light.sky))}"/>'
    green, level = light.lit("#6d9a5a", 0.5), foot - tall * (0.24 + 0.16 * a)
    if b < 0.3:  # the sea
        out += (
            f'<path d="M{left:.1f},{level:.1f}h{wide:.1f}V{foot:.1f}h{-wide:.1f}z" fill="{light.lit("#3f86ac", 0.4)}"/>'
        )
    else:
        out += (
            f'<path d="M{left:.1f},{level:.1f}q{wide * 0.3:.1f},{-tall * 0.2 * c:.1f} {wide * 0.55:.1f},{tall * 0.04:.1f}'
            f't{wide * 0.45:.1f},{-tall * 0.05:.1f}V{foot:.1f}h{-wide:.1f}z" fill="{green}"/>'
        )
    if 0.3 <= b < 0.65:  # a tree
        r, cx = min(wide * 0.24, tall * 0.2), left + wide * (0.3 + 0.4 * c)
        out += f'<path d="M{cx - r * 0.15:.1f},{level - r:.1f}h{r * 0.3:.1f}V{foot:.1f}h{-r * 0.3:.1f}z" fill="{light.lit("#6b4a34", 0.3)}"/>'
        out += f'<circle cx="{cx:.1f}" cy="{level - r * 1.2:.1f}" r="{r:.1f}" fill="{light.lit("#4a7d44", 0.3)}"/>'
    elif b >= 0.8:  # roofs
        roofs = "".join(
            [
                f"M{left + wide * f:.1f},{foot:.1f}v{-tall * (0.24 + 0.1 * c):.1f}l{wide * 0.14:.1f},{-tall * 0.12:.1f} {wide * 0.14:.1f},{tall * 0.12:.1f}V{foot:.1f}z"
                for f in (0.04, 0.36, 0.68)
            ]
        )
        out += f'<path d="{roofs}" fill="{light.lit("#b0755c", 0.3)}"/>'
    if kind == "wide":
        bars = f"M{x - wide / 6:.1f},{top:.1f}v{tall:.1f}M{x + wide / 6:.1f},{top:.1f}v{tall:.1f}"
    else:
        bars = f"M{x:.1f},{top:.1f}v{tall:.1f}M{left:.1f},{y:.1f}h{wide:.1f}"
    return out + f'<path d="{bars}" stroke="{frame}" stroke-width="1.1" fill="none"/>'
