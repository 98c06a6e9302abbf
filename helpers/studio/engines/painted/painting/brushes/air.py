"""Brushes for what hangs or falls in the air: mist, rain, snow, petals."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..light import mix
from .stage import Rng, Stage, curve, path, pick

__all__ = ["beams", "bolt", "bow", "bursts", "curtains", "falling", "milky_way", "mist", "motes", "trails"]


def mist(
    stage: Stage, rng: Rng, t: float = 0.0, height: float = 14, strength: float = 0.6, colour: str | None = None
) -> str:
    """Paint a bank of mist that lies at depth `t`."""
    tone = colour or stage.light.haze
    fill = stage.linear([(0, tone, 0.0), (0.5, tone, strength), (1, tone, 0.0)])
    return f'<rect x="-1" y="{stage.y(t) - height / 2:.1f}" width="{stage.width + 2:.1f}" height="{height:.1f}" fill="{fill}"/>'


def falling(
    stage: Stage,
    rng: Rng,
    n: float | Sequence[float],
    colours: Sequence[str],
    shape: Literal["drop", "petal", "flake"] = "drop",
    size: float | Sequence[float] = (0.3, 0.8),
    slant: float = 0.25,
    opacity: float = 0.6,
) -> str:
    """Paint rain, snow, petals or leaves in the air, over the whole picture."""
    count = round(pick(rng, n) * (1.0 if stage.fine else 0.45))
    out = []
    for a, b, c, d in rng.random((count, 4)).tolist():
        x, y = a * stage.width, b * 100
        s = (size if isinstance(size, (int, float)) else size[0] + (size[1] - size[0]) * c) * (
            1.0 if stage.fine else 1.6
        )
        colour = colours[int(d * len(colours))]
        if shape == "drop":
            out.append(
                f'<path d="M{x:.1f},{y:.1f}l{-s * 6 * slant:.2f},{s * 6:.2f}" stroke="{colour}" stroke-width="{s * 0.28:.2f}" stroke-linecap="round"/>'
            )
        elif shape == "petal":
            out.append(
                f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{s:.2f}" ry="{s * 0.5:.2f}" fill="{colour}" transform="rotate({d * 180:.0f} {x:.1f} {y:.1f})"/>'
            )
        else:
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s:.2f}" fill="{colour}"/>')
    return f'<g opacity="{opacity:.2f}">{"".join(out)}</g>'


def curtains(stage: Stage, rng: Rng, colours: Sequence[str]) -> str:
    """Paint the aurora: folds of light that hang across the whole sky, brightest near their lower hem, with rays in them."""
    out = []
    for colour in colours:
        y0 = stage.horizon * (0.45 + 0.3 * rng.random())
        phase, turn = rng.random(2) * 6.283
        rays = np.sort(rng.random(26)) * stage.width
        xs = np.concatenate([np.linspace(-0.1, 1.1, 25) * stage.width, rays])
        hem = y0 + np.sin(xs / stage.width * 6.3 + phase) * stage.horizon * 0.1
        tall = stage.horizon * (0.42 + 0.14 * np.sin(xs / stage.width * 10 + turn))
        # Thin veils, each inside the one before: the light grows without an edge.
        for share in np.linspace(0.06, 1, 16):
            above = list(zip(xs[:25].tolist(), (hem - tall * (1 - 0.9 * share))[:25].tolist(), strict=True))
            below = list(zip(xs[24::-1].tolist(), (hem - 0.08 * tall * share)[24::-1].tolist(), strict=True))
            out.append(f'<path d="{curve(above)} L{curve(below)[1:]}Z" fill="{colour}" opacity="0.045"/>')
        ray = stage.linear([(0, colour, 0.0), (0.8, mix(colour, "#ffffff", 0.3), 0.22), (1, colour, 0.0)])
        out += [
            f'<rect x="{x:.2f}" y="{low - up:.2f}" width="{0.4 + 1.4 * rng.random():.2f}" height="{up:.2f}" fill="{ray}"/>'
            for x, low, up in zip(rays, hem[25:], tall[25:], strict=True)
        ]
    return "".join(out)


def bolt(stage: Stage, rng: Rng) -> str:
    """Paint a fork of lightning from the clouds to the ground, and the light it throws."""
    x = stage.width * (0.25 + 0.5 * rng.random())
    ys = np.linspace(stage.horizon * 0.12, stage.horizon + 2, 9)
    xs = x + np.concatenate([[0.0], np.cumsum(rng.standard_normal(8) * 3)])
    points = list(zip(xs.tolist(), ys.tolist(), strict=True))
    side = [
        points[3],
        (points[3][0] + 6, points[4][1]),
        (points[3][0] + 5, points[5][1]),
        (points[3][0] + 11, points[6][1]),
    ]
    glow = stage.radial([(0, "#e8ecff", 0.75), (1, "#aab4ff", 0)])
    out = f'<ellipse cx="{x:.1f}" cy="{stage.horizon * 0.3:.1f}" rx="34" ry="{stage.horizon * 0.5:.1f}" fill="{glow}"/>'
    for line, width in ((points, 1.0), (side, 0.6)):
        d = path(line)
        out += f'<path d="{d}" fill="none" stroke="#b9c4ff" stroke-width="{width * 2.2}" opacity="0.5"/>'
        out += f'<path d="{d}" fill="none" stroke="#ffffff" stroke-width="{width}" stroke-linejoin="round"/>'
    return out


def bow(stage: Stage, rng: Rng, strength: float = 0.5) -> str:
    """Paint a rainbow, red outside, violet inside, before the land and paler towards its feet."""
    x, r = stage.width * (0.35 + 0.3 * rng.random()), min(stage.width * 0.55, stage.horizon * 0.85)
    out = []
    for i, colour in enumerate(("#e8453c", "#f2933a", "#f6dd4a", "#58b858", "#3f8fd8", "#5a55b8", "#8a4fb0")):
        radius = r - i * 1.15
        fades = stage.linear([(0, colour, strength), (0.6, colour, strength), (1, colour, 0.0)])  # towards the ground
        out.append(
            f'<path d="M{x - radius:.1f},{stage.horizon + 4:.1f} a{radius:.1f},{radius:.1f} 0 0 1 {2 * radius:.1f},0" '
            f'fill="none" stroke="{fades}" stroke-width="1.3"/>'
        )
    return "".join(out)


def beams(stage: Stage, rng: Rng) -> str:
    """Paint shafts of light that fan out from the sun."""
    x, y = stage.sun
    fill = stage.linear([(0, stage.light.glow, 0.42), (1, stage.light.glow, 0.0)])
    out = []
    for angle in np.linspace(-0.9, 0.9, 6) + rng.random(6) * 0.15 + (0.5 - x / stage.width) * 0.9:
        far, spread = 120.0, 0.055
        corners = [
            (x, y - 2),
            (x + far * np.sin(angle - spread), y + far * np.cos(angle - spread)),
            (x + far * np.sin(angle + spread), y + far * np.cos(angle + spread)),
        ]
        out.append(f'<path d="{path(corners, "Z")}" fill="{fill}"/>')
    return "".join(out)


def bursts(stage: Stage, rng: Rng, n: float | Sequence[float]) -> str:
    """Paint fireworks: rays of sparks about a bright heart."""
    out = []
    tones = ("#ff6a5a", "#ffd45a", "#7ae0ff", "#c58aff", "#8aff9a")
    for i in range(round(pick(rng, n))):
        x, y = stage.width * (0.1 + 0.8 * rng.random()), stage.horizon * (0.12 + 0.55 * rng.random())
        r, colour = 6 + 7 * rng.random(), tones[i % len(tones)]
        glow = stage.radial([(0, colour, 0.5), (1, colour, 0)])
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 1.2:.1f}" fill="{glow}"/>')
        rays = "".join(
            f"M{x + 0.3 * r * np.cos(a):.1f},{y + 0.3 * r * np.sin(a):.1f}L{x + r * np.cos(a):.1f},{y + r * np.sin(a) + 0.6:.1f}"
            for a in np.linspace(0, 6.283, 22)
        )
        out.append(
            f'<path d="{rays}" stroke="{mix(colour, "#ffffff", 0.35)}" stroke-width="0.5" stroke-linecap="round"/>'
        )
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1" fill="#ffffff"/>')
    return "".join(out)


def motes(stage: Stage, rng: Rng, n: float | Sequence[float], colours: Sequence[str]) -> str:
    """Paint small lights adrift near the ground: fireflies, sparks."""
    count = round(pick(rng, n) * (1.0 if stage.fine else 0.5))
    fills = [stage.radial([(0, "#ffffff", 0.95), (0.3, c, 0.8), (1, c, 0)]) for c in colours]
    return "".join(
        f'<circle cx="{a * stage.width:.1f}" cy="{stage.horizon * 0.7 + b * (98 - stage.horizon * 0.7):.1f}" r="{0.9 + 1.1 * c:.2f}" fill="{fills[i % len(fills)]}"/>'
        for i, (a, b, c) in enumerate(rng.random((count, 3)).tolist())
    )


def trails(stage: Stage, rng: Rng, n: float | Sequence[float]) -> str:
    """Paint meteors: a bright head and a tail that fades behind it."""
    out = []
    for _ in range(round(pick(rng, n))):
        x, y, long = (
            stage.width * (0.3 + 0.65 * rng.random()),
            stage.horizon * (0.1 + 0.4 * rng.random()),
            14 + 16 * rng.random(),
        )
        fill = stage.linear([(0, "#ffffff", 0.0), (1, "#ffffff", 0.95)])
        tail = [(x + long, y - long * 0.55), (x + 0.5, y + 0.6), (x - 0.4, y - 0.4)]
        out.append(
            f'<path d="{path(tail, "Z")}" fill="{fill}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="0.8" fill="#ffffff"/>'
        )
    return "".join(out)


def milky_way(stage: Stage, rng: Rng) -> str:
    """Paint a band of star clouds across the sky."""
    tilt = -38 + 16 * rng.random()
    x, y = stage.width / 2, stage.horizon * 0.45
    band = stage.radial([(0, "#f2e6ff", 0.6), (0.35, "#9a86d8", 0.4), (0.7, "#4a5ab0", 0.2), (1, "#20306a", 0)])
    out = [f'<g transform="rotate({tilt:.0f} {x:.1f} {y:.1f})">']
    out.append(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{stage.width * 0.75:.1f}" ry="14" fill="{band}"/>')
    for a, b, c in rng.random((16, 3)).tolist():
        tone = ("#c9a6ff", "#7fb0ff", "#ffb0d0")[int(c * 3)]
        puff = stage.radial([(0, tone, 0.4), (1, tone, 0)])
        out.append(
            f'<ellipse cx="{x + (a - 0.5) * stage.width * 1.2:.1f}" cy="{y + (b - 0.5) * 14:.1f}" rx="{6 + 8 * c:.1f}" ry="{3 + 3 * b:.1f}" fill="{puff}"/>'
        )
    count = 200 if stage.fine else 60
    for a, b, c in zip(
        rng.random(count).tolist(), rng.standard_normal(count).tolist(), rng.random(count).tolist(), strict=True
    ):
        out.append(
            f'<circle cx="{x + (a - 0.5) * stage.width * 1.4:.1f}" cy="{y + b * 5:.1f}" r="{0.1 + 0.25 * c * c:.2f}" fill="#ffffff" opacity="{0.4 + 0.6 * c:.2f}"/>'
        )
    return "".join([*out, "</g>"])
