"""Brushes for what still lifes stand on: a table top, and the paper of a photographer."""

from collections.abc import Sequence
from itertools import pairwise

from ..light import mix
from .stage import Rng, Stage

__all__ = ["sweep", "tabletop"]


def sweep(stage: Stage, rng: Rng, colour: str, part: str = "ground") -> str:
    """Paint paper that hangs from above and runs on along the floor in a soft curve: a lamp lights the wall and the floor."""
    side, w = 0.42 + 0.16 * rng.random(), stage.width
    low = 100 - stage.horizon
    top, bend = (stage.lit(mix(colour, "#101418", share), 0, part) for share in (0.46, 0.26))
    own, light = stage.lit(colour, 0, part), stage.lit(mix(colour, "#ffffff", 0.6), 0, part)
    stops = [
        (0, top),
        (0.62 * stage.horizon, own),
        (stage.horizon - 0.2 * low, own),
        (stage.horizon + 0.04 * low, bend),
    ]
    stops += [(stage.horizon + 0.12 * low, bend), (stage.horizon + 0.4 * low, own), (100, light)]
    paper = stage.linear([(at / 100, tone) for at, tone in stops])
    wall = stage.spot((side * w, 0.55 * stage.horizon), (0.5 * w, 0.6 * stage.horizon), [(0, light, 0.8), (1, own, 0)])
    pool = stage.spot(
        (side * w, stage.y(0.6)),
        (0.4 * w, 0.32 * low),
        [(0, light, 0.95), (0.78, light, 0.8), (0.92, light, 0.1), (1, light, 0)],
    )
    return "".join(
        f'<rect x="-1" y="{y:.1f}" width="{w + 2:.1f}" height="{tall:.1f}" fill="{fill}"/>'
        for y, tall, fill in ((-1, 102, paper), (-1, stage.horizon + 1, wall), (stage.horizon, low + 1, pool))
    )


def tabletop(stage: Stage, rng: Rng, colours: Sequence[str]) -> str:
    """Paint a table seen from a little above: planks from side to side, the light on them, the front edge."""
    colour = colours[int(rng.integers(len(colours)))]
    back, front, w = stage.horizon - 3.0, stage.y(0.88), stage.width
    far = stage.lit(mix(colour, "#20140c", 0.28), 0, "floor")
    fill = stage.linear([(0, far), (0.35, stage.lit(colour, 0, "floor")), (1, stage.bright(colour, 0, 0.14, "floor"))])
    seam = stage.lit(mix(colour, "#20140c", 0.5), 0, "floor")
    out = [f'<rect x="-1" y="{back:.1f}" width="{w + 2:.1f}" height="{front - back:.1f}" fill="{fill}"/>']
    rows = [back + (front - back) * share for share in (0.1, 0.26, 0.48, 0.76)]
    lines = "".join(f"M-1,{y:.1f}H{w + 1:.1f}" for y in rows)
    out.append(f'<path d="{lines}" stroke="{seam}" stroke-width="0.4" fill="none" opacity="0.6"/>')
    if stage.fine:
        out.append(_grain(rng, w, [back, *rows, front], seam))
    shine = stage.radial([(0, stage.light.glow, 0.3), (1, stage.light.glow, 0)])
    out.append(
        f'<ellipse cx="{stage.sun[0]:.1f}" cy="{(back + front) / 2:.1f}" rx="{w * 0.4:.1f}" ry="{(front - back) * 0.45:.1f}" fill="{shine}"/>'
    )
    edge = stage.linear([(0, stage.bright(colour, 0, 0.3, "floor")), (0.2, far), (1, seam)])
    under = stage.lit(mix(colour, "#100c10", 0.78), 0)
    out.append(f'<rect x="-1" y="{front:.1f}" width="{w + 2:.1f}" height="{101 - front:.1f}" fill="{under}"/>')
    out.append(f'<rect x="-1" y="{front - 0.3:.1f}" width="{w + 2:.1f}" height="2.6" fill="{edge}"/>')
    return "".join(out)


def _grain(rng: Rng, w: float, rows: Sequence[float], colour: str) -> str:
    """Draw the lines of the wood inside each plank, longer and bolder towards the viewer."""
    marks = []
    for above, below in pairwise(rows):
        for a, b, c in rng.random((5, 3)).tolist():
            x, y, long = a * w, above + (below - above) * (0.15 + 0.7 * b), w * (0.08 + 0.2 * c)
            marks.append(f"M{x:.1f},{y:.1f}q{long / 2:.1f},{(b - 0.5) * 1.2:.1f} {long:.1f},0")
    return f'<path d="{"".join(marks)}" stroke="{colour}" stroke-width="0.22" fill="none" opacity="0.45"/>'
