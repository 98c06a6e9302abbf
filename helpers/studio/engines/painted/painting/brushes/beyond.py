"""Brushes for places with no land at all: space, other worlds, the deep sea."""

from collections.abc import Sequence

import numpy as np

from ..light import mix
from .stage import Rng, Stage, path, pick

__all__ = ["bubbles", "craters", "deep", "orbs", "void"]


def void(stage: Stage, rng: Rng, tones: Sequence[str] = ("#5a3fa8", "#2f6fc4", "#b0417f")) -> str:
    """Paint deep space: blackness, clouds of glowing gas, stars over the whole picture."""
    w = stage.width
    fill = stage.linear([(0, "#05060f"), (0.6, "#0a0f26"), (1, "#0d0a20")])
    out = [f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="102" fill="{fill}"/>']
    tilt = (rng.random() - 0.5) * 0.9
    for i, (a, b, c) in enumerate(rng.random((9, 3)).tolist()):
        tone = tones[i % len(tones)]
        puff = stage.radial([(0, mix(tone, "#ffffff", 0.25), 0.5), (0.4, tone, 0.3), (1, tone, 0)])
        x, y = w * a, 50 + (a - 0.5) * 60 * tilt + (b - 0.5) * 34
        out.append(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{16 + 24 * c:.1f}" ry="{9 + 13 * b:.1f}" fill="{puff}"/>')
    count = 190 if stage.fine else 60
    small: list[tuple[float, float, float]] = []
    large: list[tuple[float, float, float]] = []
    for a, b, c in rng.random((count, 3)).tolist():
        (large if c > 0.93 else small).append((a * w, b * 100, 0.12 + 0.32 * c**3))
    out.append(
        '<g fill="#fff">'
        + "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" opacity="{0.4 + r:.2f}"/>' for x, y, r in small)
        + "</g>"
    )
    spark = stage.radial([(0, "#ffffff", 1.0), (0.3, "#cfe0ff", 0.5), (1, "#a0c0ff", 0)])
    out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 5:.2f}" fill="{spark}"/>' for x, y, r in large]
    return "".join(out)


def orbs(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    n: float | Sequence[float] = (1, 2),
    size: Sequence[float] = (9, 24),
    over: float = 0.6,
) -> str:
    """Paint planets: a lit limb, a night side, bands, now and then a ring."""
    out = []
    for k in range(round(pick(rng, n))):
        u = rng.random(5)
        r = (size[0] + (size[1] - size[0]) * u[0]) * (1.0 if k == 0 else 0.4)
        x, y = stage.width * (0.1 + 0.8 * u[1]), 100 * over * (0.15 + 0.8 * u[2])
        colour = colours[int(u[3] * len(colours))]
        tilt = -25 + 50 * u[4]
        ring = u[4] > 0.5 and r > 6
        band = mix(colour, "#fff0d8", 0.35)
        if ring:
            out.append(
                f'<g transform="rotate({tilt:.0f} {x:.1f} {y:.1f})"><path d="M{x - r * 1.9:.1f},{y:.1f}a{r * 1.9:.1f},{r * 0.5:.1f} 0 0 1 {r * 3.8:.1f},0" fill="none" stroke="{band}" stroke-width="{r * 0.22:.2f}" opacity="0.75"/></g>'
            )
        body = stage.linear([(0, mix(colour, "#ffffff", 0.35)), (0.5, colour), (1, mix(colour, "#05060f", 0.75))])
        out.append(
            f'<g transform="rotate({-35 + tilt:.0f} {x:.1f} {y:.1f})"><circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{body}"/>'
        )
        for j, s in enumerate((-0.4, 0.0, 0.38)):
            half = r * float(np.sqrt(1 - s * s)) * 0.98
            out.append(
                f'<ellipse cx="{x:.1f}" cy="{y + s * r:.1f}" rx="{half:.1f}" ry="{r * (0.07 + 0.03 * j):.2f}" fill="{band}" opacity="0.35"/>'
            )
        out.append("</g>")
        if ring:
            out.append(
                f'<g transform="rotate({tilt:.0f} {x:.1f} {y:.1f})"><path d="M{x - r * 1.9:.1f},{y:.1f}a{r * 1.9:.1f},{r * 0.5:.1f} 0 0 0 {r * 3.8:.1f},0" fill="none" stroke="{band}" stroke-width="{r * 0.22:.2f}" opacity="0.9"/></g>'
            )
    return "".join(out)


def craters(stage: Stage, rng: Rng, colour: str = "#8a7f86", n: float | Sequence[float] = (12, 16)) -> str:
    """Paint pits in bare ground, each with a lit far rim and a shaded near wall."""
    out = []
    for a, b, c in sorted(rng.random((round(pick(rng, n)), 3)).tolist(), key=lambda u: u[1]):
        t = 0.06 + 0.9 * b
        y, r = stage.y(t), (2 + 8 * c) * (0.2 + t)
        x = a * stage.width
        out.append(
            f'<ellipse cx="{x:.1f}" cy="{y - r * 0.05:.1f}" rx="{r * 1.12:.1f}" ry="{r * 0.36:.1f}" fill="{stage.lit(mix(colour, "#ffffff", 0.3), 0.1)}"/>'
        )
        out.append(
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r:.1f}" ry="{r * 0.29:.1f}" fill="{stage.lit(mix(colour, "#101018", 0.5), 0.1)}"/>'
        )
        out.append(
            f'<ellipse cx="{x:.1f}" cy="{y + r * 0.1:.1f}" rx="{r * 0.75:.1f}" ry="{r * 0.18:.1f}" fill="{stage.lit(mix(colour, "#101018", 0.25), 0.1)}"/>'
        )
    return "".join(out)


def deep(stage: Stage, rng: Rng, top: str = "#7fe0e8", middle: str = "#2492b8", low: str = "#0a3a63") -> str:
    """Paint water from below its surface: bright above, dark beneath, shafts of light."""
    dim = stage.light.ambient
    fill = stage.linear(
        [
            (0, mix(top, dim, 0.25)),
            (0.4, mix(middle, "#04142a", 0.5 if stage.light.dark else 0.0)),
            (1, mix(low, "#020814", 0.5 if stage.light.dark else 0.0)),
        ]
    )
    out = [f'<rect x="-1" y="-1" width="{stage.width + 2:.1f}" height="102" fill="{fill}"/>']
    shaft = stage.linear([(0, "#e8ffff", 0.5), (1, "#e8ffff", 0.0)])
    for a, b in rng.random((6, 2)).tolist():
        x, lean, wide = a * stage.width, (a - 0.5) * 50, 2 + 5 * b
        out.append(
            f'<path d="{path([(x, -1), (x + wide, -1), (x + wide * 2.6 + lean, 78), (x - wide + lean, 78)], "Z")}" fill="{shaft}"/>'
        )
    return "".join(out)


def bubbles(stage: Stage, rng: Rng, n: float | Sequence[float] = (18, 28)) -> str:
    """Paint strings of bubbles on their way up."""
    count = round(pick(rng, n) * (1.0 if stage.fine else 0.5))
    out = []
    for a, b, c in rng.random((count, 3)).tolist():
        x, y, r = a * stage.width, b * 90, 0.4 + 1.1 * c * c
        out.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" fill="#dffaff" opacity="0.3"/><circle cx="{x - r * 0.3:.2f}" cy="{y - r * 0.3:.2f}" r="{r * 0.3:.2f}" fill="#ffffff" opacity="0.8"/>'
        )
    return "".join(out)
