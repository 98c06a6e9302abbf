"""Brushes for rooms: the back wall and what is on it, the floor and its rug. Each layout furnishes a room anew."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..light import mix
from .stage import Rng, Stage, pick

__all__ = ["floor", "pictures", "wall", "window"]

_WINDOWS = {
    "curtains": (0.95, 0.06, 0.26),
    "wide": (1.43, 0.14, 0.12),
    "round": (0.82, 0.06, 0.26),
    "pair": (0.5, 0.06, 0.26),
}
"""For each kind of window: width over height, and how far from the picture's middle it is at least and how much more at most."""


def wall(
    stage: Stage, rng: Rng, colours: Sequence[str], kind: Literal["plain", "any"] = "plain", part: str = "wall"
) -> str:
    """Paint the back wall of a room down to the skirting board, with a warm pool of light on it.

    It is plain, or of "any" kind, as the layout has it: plain, with panels below, striped, or with a ceiling beam.
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
    return out + f'<rect x="-1" y="{foot - 2.6:.1f}" width="{w + 2:.1f}" height="2.8" fill="{board}"/>'


def window(stage: Stage, rng: Rng, size: Sequence[float] = (24, 32)) -> str:
    """Paint a window on the back wall with the light's own sky outside.

    It stands on the layout's heavy side and is one of four kinds: with curtains, a wide one with a blind, one with a round
    top, or a pair of narrow ones; and what is outside differs.
    """
    tall = pick(rng, size)
    chance, across, hue, *view = rng.random(6).tolist()
    drawn = "curtains" if chance < 0.4 else "wide" if chance < 0.62 else "round" if chance < 0.8 else "pair"
    shape, nearest, reach = _WINDOWS[drawn]
    wide = tall * shape
    x, y = stage.width * (0.5 + stage.side * (nearest + reach * across)), stage.horizon * 0.48
    tone = ("#b5574a", "#5d7ba6", "#c99a4a", "#6f8f66", "#e8e0d0", "#8a6f94")[int(hue * 6)]
    frame = stage.lit("#f4efe6" if hue * 6 % 1 < 0.65 else "#7a5638", 0)
    middles = (x - wide * 0.72, x + wide * 0.72) if drawn == "pair" else (x,)
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
        out += f'<rect x="{x - wide / 2 - 1:.1f}" y="{y - tall / 2 - 1.4:.1f}" width="{wide + 2:.1f}" height="{drop:.1f}" fill="{cloth}"/>'
    for side in (-1, 1) if drawn == "curtains" else ():
        edge, inner = x + side * wide * 0.62, x + side * wide * 0.3
        out += (
            f'<path d="M{edge:.1f},{y - tall * 0.6:.1f}L{inner:.1f},{y - tall * 0.6:.1f}Q{inner + side * 1:.1f},{y:.1f} '
            f'{inner + side * 5:.1f},{y + tall * 0.62:.1f}L{edge:.1f},{y + tall * 0.62:.1f}Z" fill="{cloth}"/>'
        )
    if drawn != "curtains":  # a sill
        ledge = wide * (1.5 if drawn == "pair" else 0.62)
        out += f'<rect x="{x - ledge:.1f}" y="{y + tall / 2 + 0.8:.1f}" width="{2 * ledge:.1f}" height="1.8" fill="{frame}"/>'
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


def floor(stage: Stage, rng: Rng, colour: str = "#a9764a", rug: str | None = None) -> str:
    """Paint boards that run towards the back wall or from side to side; with `rug`, often a rug of that or another colour."""
    tint, way, shape, hue, across = rng.random(5).tolist()
    colour = mix(colour, ("#5f3f28", "#d8b48a", "#8f8478", colour)[int(tint * 4)], 0.35)
    fill = stage.linear([(0, stage.lit(mix(colour, "#20140c", 0.3), 0, "floor")), (1, stage.lit(colour, 0, "floor"))])
    top, w = stage.horizon, stage.width
    out = f'<rect x="-1" y="{top:.1f}" width="{w + 2:.1f}" height="{101 - top:.1f}" fill="{fill}"/>'
    tone = stage.lit(mix(colour, "#20140c", 0.45), 0)
    middle = w / 2
    if way < 0.65:
        seams = "".join(
            f"M{middle + (x - middle) * 0.55:.1f},{top:.1f}L{middle + (x - middle) * 1.5:.1f},101"
            for x in np.linspace(-w * 0.3, w * 1.3, 13).tolist()
        )
    else:
        seams = "".join(f"M-1,{top + (100 - top) * f:.1f}h{w + 2:.1f}" for f in (0.08, 0.19, 0.33, 0.5, 0.72))
    out += f'<path d="{seams}" stroke="{tone}" stroke-width="0.35" opacity="0.7"/>'
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
