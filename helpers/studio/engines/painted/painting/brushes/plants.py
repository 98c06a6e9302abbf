"""Brushes for plants in numbers: woods, trunks, canopies, stalks, leaves that frame a picture."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ..light import mix
from .stage import Polyline, Rng, Stage, Tree, batch, lens, noise, pick

__all__ = ["canopy", "shafts", "stalks", "trunks", "vines", "wood"]


def wood(
    stage: Stage,
    rng: Rng,
    colour: str,
    n: float | Sequence[float],
    t: Sequence[float],
    size: float | Sequence[float] = (4, 7),
    x: Sequence[float] = (0.0, 1.0),
    kind: Tree = "pointed",
    side: int = 0,
    clump: float = 0.6,
    depth: float | None = None,
    part: str = "",
) -> str:
    """Paint many small trees on a slope, in clumps, far ones first: bands of outlines, each with its sunlit parts.

    With `side`, `x` runs from the layout's heavy side (1) or from the other (-1).
    """
    count = round(pick(rng, n))
    u = rng.random((count, 4))
    centres = rng.random((4, 2))
    which = (u[:, 3] * 4).astype(int)
    across = u[:, 0] * (1 - clump) + clump * (centres[which, 0] + 0.22 * (u[:, 0] - 0.5))
    across = x[0] + (x[1] - x[0]) * across
    if side:
        across = 1 - across if side * stage.side > 0 else across
    ts = np.sort(t[0] + (t[1] - t[0]) * u[:, 1])
    low, high = (size, size) if isinstance(size, (int, float)) else size
    tall = (low + (high - low) * u[:, 2]) * (0.3 + 0.9 * np.maximum(ts, 0))
    ys = stage.horizon + ts * (100 - stage.horizon if t[0] >= 0 else stage.horizon)
    out, bands = [], 3 if count > 12 else 2
    rows = list(zip((across * stage.width).tolist(), ys.tolist(), tall.tolist(), strict=True))
    for band in range(bands):
        some = rows[band * count // bands : (band + 1) * count // bands]
        if not some:
            continue
        here = stage.depth(float(ts[(2 * band + 1) * count // (2 * bands)])) * 0.9 if depth is None else depth
        shapes = [tiny_tree(a, b, s, kind, stage.sunward) for a, b, s in some]
        dark = stage.lit(colour, here * 0.7, part)
        bright = stage.bright(mix(colour, "#b8d060", 0.4), here * 0.7, 0.25, part)
        feet = "".join([lens(a - stage.sunward * s * 0.25, b, s * 0.45, s * 0.08) for a, b, s in some])
        out.append(
            f'<path d="{feet}" fill="{stage.light.shadow}" opacity="{0.1 + 0.3 * stage.light.shadow_strength:.2f}"/>'
        )
        out.append(f'<path d="{"".join([s[0] for s in shapes])}" fill="{dark}"/>')
        out.append(f'<path d="{"".join([s[1] for s in shapes])}" fill="{bright}" opacity=".7"/>')
    return "".join(out)


def crest(
    stage: Stage,
    rng: Rng,
    xs: Polyline,
    ys: Polyline,
    colour: str,
    depth: float,
    tree: float,
    kind: Tree = "round",
    dense: float = 0.15,
) -> str:
    """Draw tree tops along a skyline, in clumps, as one outline with a sunlit edge."""
    step, grow = (tree * 0.55, 1.0) if stage.fine else (tree * 1.25, 1.25)
    at = np.arange(float(xs[0]), float(xs[-1]), step)
    there = noise(rng, at, 26, 2) + dense
    u = rng.random((2, 128))[:, (at * 1.7).astype(int) & 127]
    tall = tree * grow * (0.6 + 0.7 * u[1]) * np.minimum(1.0, 0.5 + there)
    feet = np.interp(at, xs, ys)
    at = at + (u[0] - 0.5) * step
    some = there > 0
    shapes = [
        tiny_tree(x, y, s, kind, stage.sunward)
        for x, y, s in zip(at[some].tolist(), feet[some].tolist(), tall[some].tolist(), strict=True)
    ]
    body, sunny = [s[0] for s in shapes], [s[1] for s in shapes]
    dark, bright = stage.lit(colour, depth * 0.85), stage.bright(mix(colour, "#b8d060", 0.35), depth * 0.85, 0.25)
    return f'<path d="{"".join(body)}" fill="{dark}"/><path d="{"".join(sunny)}" fill="{bright}" opacity=".6"/>'


def tiny_tree(x: float, y: float, s: float, kind: Tree, sunward: int) -> tuple[str, str]:
    """Return a tree a few pixels tall that stands at (x, y): its outline and its sunlit part."""
    dx, dy, outline, lx, ly, lit = _tree_shape(round(s * 8), kind, sunward)
    return f"M{x + dx:.1f},{y + dy:.1f}{outline}", f"M{x + lx:.1f},{y + ly:.1f}{lit}"


def trunks(
    stage: Stage,
    rng: Rng,
    colour: str,
    n: float | Sequence[float],
    t: Sequence[float],
    width: float | Sequence[float] = (2, 4),
    gap: float = 0.2,
    depth: float = 0.4,
    top: float = -2,
    bark: bool = False,
    birch: bool = False,
    lean: float = 3,
    part: str = "",
) -> str:
    """Paint trunks from the ground to above the picture, with flared feet; a clearing stays free of them.

    Large pictures show their `bark`, in furrows along the trunk or, of a `birch`, in dark bands across it.
    """
    low, high = (width, width) if isinstance(width, (int, float)) else width
    side = stage.sunward
    bodies, sunny, marks, feet = [], [], [], []
    for x, a, b, c, d, e in _columns(stage, rng, max(1, round(pick(rng, n))), gap):
        y = stage.y(t[0] + (t[1] - t[0]) * a)
        w, tip = (low + (high - low) * b) / 2, x + (c - 0.5) * 2 * lean
        thin = w * 0.72
        bodies.append(
            f"M{x - w * 2:.1f},{y + w * 0.5:.1f}Q{x - w:.1f},{y - w:.1f} {x - w:.1f},{y - w * 5:.1f}L{tip - thin:.1f},{top}h{2 * thin:.1f}"
            f"L{x + w:.1f},{y - w * 5:.1f}Q{x + w:.1f},{y - w:.1f} {x + w * 2.1:.1f},{y + w * 0.6:.1f}Q{x + w * 0.4:.1f},{y - w * 0.4:.1f} {x:.1f},{y + w * 0.7:.1f}Q{x - w * 0.5:.1f},{y:.1f} {x - w * 2:.1f},{y + w * 0.5:.1f}z"
        )
        if d < 0.6:  # a branch, traced the way round that trunks are: the other way would cut a hole where the two meet
            by, way = y * (0.2 + 0.4 * e), (1 if c < 0.5 else -1)
            bx = x + (tip - x) * (1 - by / y)
            rise, fall = (
                (way * w * 2, -w * 1.5, way * w * 5, -w * 6),
                (-way * w * 2.6, w * 3.6, -way * w * 4.6, w * 7.4),
            )
            if way > 0:
                bodies.append(f"M{bx:.1f},{by:.1f}{_bow(*rise)}{_bow(*fall)}z")
            else:
                root = f"M{bx + rise[2] + fall[2]:.1f},{by + rise[3] + fall[3]:.1f}"
                bodies.append(f"{root}{_bow(*_turned(*fall))}{_bow(*_turned(*rise))}z")
        edge = side * w
        sunny.append(
            f"M{x + edge * 0.95:.1f},{y - w:.1f}L{tip + edge * 0.7:.1f},{top}h{-edge * 0.5:.1f}L{x + edge * 0.4:.1f},{y - w:.1f}z"
        )
        feet.append(lens(x - side * w * 1.5, y + w * 0.4, w * 5, w * 0.5))
        if bark and stage.fine:
            for k in range(7):
                f = (k + 0.3 + 0.5 * ((a * 7 + k * e * 3) % 1)) / 7
                at, up = x + (tip - x) * f + w * (((b * 13 + k * 0.37) % 1) * 1.4 - 0.7), y - (y - top) * f
                if birch:
                    marks.append(
                        lens(x + (tip - x) * f + (at - x - (tip - x) * f) * 0.8, up, w * (0.25 + 0.3 * b), 0.5)
                    )
                else:
                    marks.append(f"M{at:.1f},{up:.1f}q{0.3 * w:.1f},{-w:.1f} 0,{-2.4 * w:.1f}")
    dark, shine = stage.lit(colour, depth, part), stage.bright(mix(colour, "#ffffff", 0.12), depth, 0.5, part)
    out = f'<path d="{"".join(feet)}" fill="{stage.light.shadow}" opacity="{0.1 + 0.5 * stage.light.shadow_strength * (1 - depth):.2f}"/>'
    out += batch(bodies, f'fill="{dark}"') + batch(sunny, f'fill="{shine}" opacity=".45"')
    if marks:
        tone = stage.shaded(colour, depth, 0.85 if birch else 0.6)
        paint = f'fill="{tone}"' if birch else f'fill="none" stroke="{tone}" stroke-width=".45" opacity=".55"'
        out += f'<path d="{"".join(marks)}" {paint}/>'
    return out


def canopy(
    stage: Stage,
    rng: Rng,
    colour: str,
    t: float | Sequence[float],
    arch: float = 12,
    depth: float = 0.3,
    lobe: float = 7,
    upward: bool = False,
    light: str | None = None,
    leaves: float = 30,
    part: str = "",
) -> str:
    """Paint leaves overhead, hanging lower at the sides by `arch`; or, `upward`, a hedge that stands on the ground at `t`."""
    base = stage.y(pick(rng, t))
    step = lobe * 0.9
    at = np.arange(-6.0, stage.width + 6 + step, step)
    s = (at / stage.width - 0.5 - stage.side * 0.1) * 2
    swell = noise(rng, at, lobe * 3.6, 2) * lobe * 0.9
    u = rng.random((200, 3))
    bump = lobe * (0.5 + 0.7 * u[: len(at), 0])
    way = -1 if upward else 1
    ys = base + way * (arch * np.minimum(s * s, 1.6) + swell)
    end = 103 if upward else -3
    out = [f"M{at[0]:.1f},{end}L{at[0]:.1f},{ys[0]:.1f}"]
    for i in range(1, len(at)):
        x0, y0, x1, y1 = float(at[i - 1]), float(ys[i - 1]), float(at[i]), float(ys[i])
        b = way * float(bump[i])
        out.append(f"C{x0 - step * 0.15:.1f},{y0 + b:.1f} {x1 + step * 0.15:.1f},{y1 + b:.1f} {x1:.1f},{y1:.1f}")
    edge = "".join(out)
    near = stage.bright(light or mix(colour, "#d8e880", 0.35), depth, 0.25, part)
    body = stage.lit(colour, depth, part)
    reach = float(ys.max()) if not upward else float(ys.min())
    fill = stage.across(
        (0, 0 if not upward else reach - lobe),
        (0, reach + lobe if not upward else 100),
        [
            (0, stage.shaded(colour, depth, 0.3, part) if not upward else near),
            (0.4 if upward else 0.75, body),
            (1, mix(body, near, 0.4) if not upward else stage.shaded(colour, depth, 0.45, part)),
        ],
    )
    svg = f'<path d="{edge}L{at[-1]:.1f},{end}Z" fill="{fill}"/>'
    count = round(leaves if stage.fine else leaves * 0.4)
    tufts: tuple[list[str], list[str]] = ([], [])
    for i, (a, b, c) in enumerate(rng.random((round(leaves), 3)).tolist()[:count]):
        x = stage.width * a
        y = float(np.interp(x, at, ys))
        y = y * (b**0.6) if not upward else y + (98 - y) * b * b * 0.6 + 1
        tufts[i % 2].append(clump(x, y, lobe * (0.35 + 0.5 * c)))
    svg += f'<path d="{"".join(tufts[0])}" fill="{near}" opacity=".4"/>'
    return svg + f'<path d="{"".join(tufts[1])}" fill="{stage.shaded(colour, depth, 0.5, part)}" opacity=".35"/>'


def clump(x: float, y: float, r: float) -> str:
    """Draw a clump of leaves: four lobes."""
    return (
        f"M{x - r:.1f},{y + r * 0.3:.1f}q{-r * 0.3:.1f},{-r * 0.7:.1f} {r * 0.5:.1f},{-r * 0.7:.1f}q{r * 0.3:.1f},{-r * 0.6:.1f} {r * 0.8:.1f},{-r * 0.1:.1f}"
        f"q{r * 0.8:.1f},0 {r * 0.6:.1f},{r * 0.6:.1f}q{-r * 0.2:.1f},{r * 0.6:.1f} {-r:.1f},{r * 0.3:.1f}q{-r * 0.7:.1f},{r * 0.4:.1f} {-r * 0.9:.1f},{-r * 0.1:.1f}z"
    )


def shafts(stage: Stage, rng: Rng, n: float | Sequence[float] = (3, 6), strength: float = 0.3, to: float = 0.5) -> str:
    """Paint light that falls through leaves in slanting beams, from the sun's side."""
    if stage.light.disc == "none":
        return ""
    foot = stage.y(to)
    x0 = stage.sun[0]
    fill = stage.across(
        (0, -5),
        (0, foot),
        [(0, stage.light.glow, strength), (0.6, stage.light.glow, strength * 0.5), (1, stage.light.glow, 0.0)],
    )
    beams = []
    for a, b, c in rng.random((round(pick(rng, n)), 3)).tolist():
        top = x0 + (a - 0.5) * stage.width * 0.7
        low = top + (top - x0) * 0.5 - stage.sunward * (10 + 22 * b)
        w = 1.5 + 3.5 * c
        beams.append(f"M{top - w * 0.5:.1f},-5L{low - w * 2:.1f},{foot:.1f}h{w * 4:.1f}L{top + w * 0.5:.1f},-5z")
    return f'<path d="{"".join(beams)}" fill="{fill}"/>'


def stalks(
    stage: Stage,
    rng: Rng,
    colour: str,
    n: float | Sequence[float],
    t: Sequence[float],
    width: float | Sequence[float],
    depth: float,
    gap: float = 0.15,
    leaves: float = 10,
    joint: float = 9,
) -> str:
    """Paint bamboo: upright culms with rings, and sprays of narrow leaves."""
    low, high = (width, width) if isinstance(width, (int, float)) else width
    bodies, sunny, shade, rings, green = [], [], [], [], []
    side = stage.sunward
    for x, a, b, c, d, e in _columns(stage, rng, max(1, round(pick(rng, n))), gap):
        y = stage.y(t[0] + (t[1] - t[0]) * a)
        w = (low + (high - low) * b) / 2
        tip = x + (c - 0.5) * 9
        bodies.append(f"M{x - w:.1f},{y:.1f}L{tip - w * 0.85:.1f},-2h{w * 1.7:.1f}L{x + w:.1f},{y:.1f}z")
        sunny.append(
            f"M{x + side * w * 0.75:.1f},{y:.1f}L{tip + side * w * 0.65:.1f},-2h{-side * w * 0.45:.1f}L{x + side * w * 0.25:.1f},{y:.1f}z"
        )
        shade.append(
            f"M{x - side * w:.1f},{y:.1f}L{tip - side * w * 0.85:.1f},-2h{side * w * 0.4:.1f}L{x - side * w * 0.5:.1f},{y:.1f}z"
        )
        if w > 0.5 or stage.fine:
            ring = y - joint * (0.3 + d)
            while ring > 0:
                middle = x + (tip - x) * (y - ring) / (y + 2)
                rings.append(
                    f"M{middle - w * 1.12:.1f},{ring:.1f}h{w * 2.24:.1f}v{max(0.25, w * 0.28):.1f}h{-w * 2.24:.1f}z"
                )
                ring -= joint * (0.8 + 0.5 * e)
        for k in range(round(leaves * (0.5 + e)) if stage.fine else round(leaves * 0.4)):
            f = ((k * 0.618 + d) % 1) ** 0.7
            ly = y * (0.62 - 0.62 * f)
            lx = x + (tip - x) * (y - ly) / (y + 2)
            way = 1 if (k + int(10 * a)) % 2 else -1
            s = 2.6 + 3.4 * ((k * 0.37 + e) % 1) + w * 1.5
            green.append(_spray(lx, ly, way, s))
    out = batch(bodies, f'fill="{stage.lit(colour, depth)}"')
    out += batch(shade, f'fill="{stage.shaded(colour, depth, 0.55)}" opacity=".6"')
    out += batch(sunny, f'fill="{stage.bright(mix(colour, "#f2ffb0", 0.45), depth, 0.3)}" opacity=".7"')
    out += batch(rings, f'fill="{stage.lit(mix(colour, "#e8e6c0", 0.55), depth)}" opacity=".8"', 24)
    leaf = mix(colour, "#2f7a34", 0.45)
    return out + batch(green, f'fill="{stage.bright(leaf, depth, 0.15)}" opacity=".9"', 8)


def vines(
    stage: Stage, rng: Rng, colour: str, n: float | Sequence[float] = (4, 8), depth: float = 0.2, to: float = -0.2
) -> str:
    """Paint lianas that hang from above, some in loops, with a few leaves."""
    lines, leaves = [], []
    for a, b, c, d in rng.random((round(pick(rng, n)), 4)).tolist():
        x, y = a * stage.width, stage.y(to) * (0.4 + 0.7 * b)
        if c < 0.4:
            span = 12 + 22 * d
            lines.append(f"M{x:.1f},-2Q{x + span * 0.4:.1f},{y * 1.2:.1f} {x + span:.1f},-2")
            spots = [(x + span * f, (1 - (2 * f - 1) ** 2) * y * 0.58) for f in (0.2, 0.35, 0.5, 0.65, 0.8)]
        else:
            sway = (d - 0.5) * 8
            lines.append(
                f"M{x:.1f},-2C{x + sway:.1f},{y * 0.4:.1f} {x - sway:.1f},{y * 0.7:.1f} {x + sway * 0.3:.1f},{y:.1f}"
            )
            spots = [(x + sway * 0.2, y * f) for f in (0.35, 0.55, 0.75, 0.9, 1.0)]
        leaves += [_spray(px, py, 1 if i % 2 else -1, 2.2) for i, (px, py) in enumerate(spots)]
    tone = stage.lit(colour, depth)
    return (
        f'<path d="{"".join(lines)}" fill="none" stroke="{stage.shaded(colour, depth, 0.4)}" stroke-width=".7"/>'
        f'<path d="{"".join(leaves)}" fill="{tone}"/>'
    )


@lru_cache(maxsize=2048)
def _tree_shape(size: int, kind: Tree, sunward: int) -> tuple[float, float, str, float, float, str]:
    """Return where a tree's two outlines start, from its foot, and how they run on."""
    s = size / 8
    if kind == "pointed":
        w, h = s * 0.3, s / 3
        return (
            0.0,
            -s,
            f"l{w * 0.55:.2f},{h * 1.1:.2f}h{-w * 0.2:.2f}l{w * 0.45:.2f},{h * 0.95:.2f}h{-w * 0.25:.2f}l{w * 0.45:.2f},{h * 0.95:.2f}h{-w * 2:.2f}"
            f"l{w * 0.45:.2f},{-h * 0.95:.2f}h{-w * 0.25:.2f}l{w * 0.45:.2f},{-h * 0.95:.2f}h{-w * 0.2:.2f}z",
            0.0,
            -s,
            f"l{sunward * w * 0.95:.2f},{h * 2.9:.2f}h{-sunward * w * 0.75:.2f}z",
        )
    r, g = s * 0.4, s * 0.2
    a, b = r * 0.62, r * 0.42
    return (
        -s * 0.05,
        0.0,
        f"v{-g:.2f}h{-r * 0.6:.2f}q{-r * 0.8:.2f},{-r * 0.4:.2f} {-r * 0.1:.2f},{-r:.2f}q0,{-r:.2f} {r * 0.75:.2f},{-r * 0.85:.2f}"
        f"q{r * 0.75:.2f},{-r * 0.3:.2f} {r * 0.75:.2f},{r * 0.75:.2f}q{r * 0.7:.2f},{r * 0.6:.2f} {-r * 0.1:.2f},{r * 1.1:.2f}h{-r * 0.55:.2f}v{g:.2f}z",
        sunward * r * 0.25 - a,
        -g - r * 1.35,
        f"q{a:.2f},{-2 * b:.2f} {2 * a:.2f},0q{-a:.2f},{2 * b:.2f} {-2 * a:.2f},0",
    )


def _columns(stage: Stage, rng: Rng, count: int, gap: float) -> list[list[float]]:
    """Return places across the picture, spread evenly with some jitter, that leave `gap` of the width free for a clearing."""
    u = rng.random((count, 6))
    clear = 0.5 + stage.side * 0.12
    across = (np.arange(count) + 0.15 + 0.7 * u[:, 0]) / count * (1 - gap)
    across = np.where(across > clear - gap / 2, across + gap, across)
    u[:, 0] = (across * 1.08 - 0.04) * stage.width
    rows: list[list[float]] = u.tolist()
    return rows


def _bow(cx: float, cy: float, x: float, y: float) -> str:
    """Draw a curve to a place, both from where it starts, that bends towards (cx, cy)."""
    return f"q{cx:.1f},{cy:.1f} {x:.1f},{y:.1f}"


def _turned(cx: float, cy: float, x: float, y: float) -> tuple[float, float, float, float]:
    """Return the same curve from its end to its start."""
    return cx - x, cy - y, -x, -y


def _spray(x: float, y: float, way: int, s: float) -> str:
    """Draw three narrow leaves that hang from one twig."""
    out = ""
    for dx, dy in ((1.0, 0.25), (0.8, 0.75), (0.35, 1.0)):
        lx, ly = way * s * dx, s * dy
        nx, ny = -ly * 0.13, lx * 0.13
        out += (
            f"M{x:.1f},{y:.1f}q{lx * 0.5 + nx:.1f},{ly * 0.5 + ny:.1f} {lx:.1f},{ly:.1f}"
            f"q{-lx * 0.5 - nx:.1f},{-ly * 0.5 - ny:.1f} {-lx:.1f},{-ly:.1f}z"
        )
    return out
