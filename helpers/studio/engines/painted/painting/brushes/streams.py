"""Brushes for inland water: the near bank of a lake, rivers, waterfalls."""

from collections.abc import Sequence

import numpy as np

from .. import art
from ..light import mix
from .plants import crest
from .rock import turf, wall
from .stage import Polyline, Rng, Stage, Tree, lens, noise, pick, points
from .water import shoreline

__all__ = ["bank", "falls", "river"]


def bank(
    stage: Stage,
    rng: Rng,
    colour: str,
    t: Sequence[float],
    near: str | None = None,
    lean: float | Sequence[float] = (0, 22),
    bow: float | Sequence[float] = (-4, 6),
    rim: str = "#6f5f45",
    part: str = "ground",
) -> str:
    """Paint the near shore of still water: a dark rim, then grass to the lower edge."""
    xs = stage.xs(48, 22)
    line = shoreline(stage, rng, t, pick(rng, lean), pick(rng, bow), xs)
    jag = 0.5 * noise(rng, xs, 5, 2)

    def below(ys: Polyline) -> str:
        return f"{stage.flow(points(xs, ys))}L{xs[-1]:.1f},102 L{xs[0]:.1f},102Z"

    top = float(line.min())
    shade = stage.lit(mix(colour, "#0b2a30", 0.6), 0.1)
    gloom = stage.across((0, top - 5), (0, float(line.max())), [(0, shade, 0.0), (1, shade, 0.5)])
    fill = stage.across(
        (0, top),
        (0, 100),
        [
            (0, stage.bright(mix(colour, "#f4f0a0", 0.2), 0.15, 0.25, part)),
            (0.35, stage.lit(colour, 0.1, part)),
            (1, stage.lit(near or mix(colour, "#0c2018", 0.35), 0, part)),
        ],
    )
    return (
        f'<path d="{below(line - 5)}" fill="{gloom}"/><path d="{below(line - 0.3 + jag)}" fill="{stage.lit(rim, 0.1)}"/>'
        f'<path d="{below(line + 1.1 + jag * 1.6)}" fill="{fill}"/>'
    )


def river(
    stage: Stage,
    rng: Rng,
    far: str,
    near: str,
    t: float = 0.02,
    width: float | Sequence[float] = (0.26, 0.36),
    bend: float | Sequence[float] = (0.6, 1.1),
    rim: str = "#8a7a58",
    stones: Sequence[str] = (),
    n: float | Sequence[float] = (6, 11),
    size: float | Sequence[float] = (5, 10),
    aside: float = 0.0,
    part: str = "water",
) -> str:
    """Paint a river that winds from the horizon to the viewer, where it is some `width` of the picture to each side.

    It leaves the picture near the middle of the lower edge, or that share of the width `aside` of it.
    """
    u = rng.random(5)
    steps = 26 if stage.fine else 15
    f = np.arange(steps) / (steps - 1)
    ts = t + (1.06 - t) * f**1.35
    ys = stage.horizon + ts * (100 - stage.horizon)
    source, mouth = 0.5 + stage.side * (0.08 + 0.2 * u[0]), 0.5 - stage.side * (aside + 0.1 * u[1])
    bends = 0.9 + 0.8 * u[2]
    turn = stage.side * np.sin(6.283 * bends * (1 - f**0.62) + 1.2 * (u[3] - 0.5)) * (0.03 + 0.5 * f**0.8 * (1.05 - f))
    turn = turn * np.minimum(1, f / 0.3)  # far away it would run along the horizon, as a thin line
    middle = stage.width * (source + (mouth - source) * f + pick(rng, bend) * turn)
    half = stage.width * (0.006 + pick(rng, width) * f**1.8)
    wob = noise(rng, 60 * f, 12, 2)
    left, right = middle - half * (1 + 0.12 * wob), middle + half * (1 - 0.12 * wob)

    def band(grow: float) -> str:
        extra = grow * (0.08 + f)
        return f"{stage.flow(points(left - extra, ys))}L{stage.flow(points((right + extra)[::-1], ys[::-1]))[1:]}Z"

    sky = {f: stage.mirrored(stage.sky_at(f)) for f in (0.35, 0.6, 0.7, 0.95)}
    own = [mix(stage.lit(c, d, part), sky[0.6], 0.45 * stage.low_sun) for c, d in ((far, 0.5), (near, 0.1))]
    mirror = 0.5 + 0.25 * stage.low_sun
    fill = stage.across(
        (0, float(ys[0])),
        (0, 100),
        [
            (0, mix(own[0], sky[0.95], min(0.9, mirror + 0.25))),
            (0.4, mix(mix(own[0], own[1], 0.5), sky[0.7], mirror)),
            (1, mix(own[1], sky[0.35], mirror * 0.7)),
        ],
    )
    shade = stage.shaded(rim, 0.1, 0.4)
    out = [
        f'<path d="{band(2.6)}" fill="{stage.lit(rim, 0.2)}"/><path d="{band(0.8)}" fill="{shade}"/>',
        f'<path d="{band(0)}" fill="{fill}"/>',
    ]
    flow: tuple[list[str], list[str]] = ([], [])
    for i, (a, b, c) in enumerate(rng.random((44, 3)).tolist()[: 44 if stage.fine else 18]):
        y = float(ys[0]) + (100 - float(ys[0])) * a**0.8
        lo, hi = float(np.interp(y, ys, left)), float(np.interp(y, ys, right))
        wide = (hi - lo) * (0.06 + 0.14 * c)
        flow[i % 2].append(lens(lo + wide + (hi - lo - 2 * wide) * b, y, wide, 0.1 + 0.4 * a))
    crest = mix(stage.sky_at(0.95), "#ffffff", 0.4)
    out.append(f'<path d="{"".join(flow[0])}" fill="{crest}" opacity=".45"/>')
    out.append(f'<path d="{"".join(flow[1])}" fill="{mix(own[1], "#06121f", 0.3)}" opacity=".25"/>')
    if stage.light.disc != "none":
        x = float(np.clip(stage.sun[0], middle[steps // 3] - half[-1], middle[steps // 3] + half[-1]))
        shine = stage.spot(
            (x, stage.horizon), (stage.width * 0.3, 70), [(0, stage.light.sun, 0.5), (1, stage.light.glow, 0)]
        )
        out.append(f'<path d="{band(0)}" fill="{shine}"/>')
    if stones:
        out.append(_along(stage, rng, stones, round(pick(rng, n)), size, ts, left, right))
    return "".join(out)


def falls(
    stage: Stage,
    rng: Rng,
    rock: str,
    water: str = "#9fd0e0",
    t: float | Sequence[float] = (-0.82, -0.6),
    at: Sequence[float] = (0.36, 0.64),
    width: float | Sequence[float] = (6, 13),
    n: float | Sequence[float] = (1, 3),
    to: float = 0.06,
    green: str = "#3f7a3c",
    depth: float = 0.25,
    tree: float = 5,
    kind: Tree = "round",
) -> str:
    """Paint a cliff over the whole width with water falling from its lip, a broad fall and perhaps thinner ones beside it."""
    xs = stage.xs(72, 30)
    base, lip = stage.y(to), stage.y(pick(rng, t))
    middle = stage.width * pick(rng, at)
    broad = pick(rng, width)
    tall = base - lip
    away = np.abs(xs - middle)
    rise = 0.05 * tall + (0.3 * tall) * np.clip((away - broad) / 34, 0, 1) ** 0.8 * (0.45 + 0.9 * noise(rng, xs, 34, 3))
    tops = lip - np.where(away < broad, 0.0, rise) - 1.2 * noise(rng, xs, 9, 3) * (away > broad)
    out = [crest(stage, rng, xs, tops + 1, green, depth, tree, kind), wall(stage, rng, xs, tops, base, rock, depth)]
    out.append(turf(stage, rng, xs, tops, green, depth))
    u = rng.random((4, 4)).tolist()
    streams = [(middle, lip, broad)]
    for a, b, c, _ in u[: max(0, round(pick(rng, n)) - 1)]:
        x = middle + (1 if a < 0.5 else -1) * (broad * 1.5 + 3 + 14 * b)
        streams.append((x, float(np.interp(x, xs, tops)) + tall * 0.12 * c, broad * (0.16 + 0.2 * c)))
    for x, top, half in streams:
        out.append(_fall(stage, rng, x, top, base, half, water, depth))
    foam = mix(stage.lit("#ffffff", 0.1), stage.light.haze, 0.2)
    churn = [
        lens(x + half * (3 * a - 1.5), base + (1 + 6 * b) * (0.4 + 0.05 * half), half * (0.3 + 0.9 * c), 0.25 + 0.5 * b)
        for x, _, half in streams
        for a, b, c in rng.random((12, 3)).tolist()
    ]
    out.append(f'<path d="{"".join(churn)}" fill="{foam}" opacity=".75"/>')
    for x, reach, up, strength in (
        (middle, broad * 2.6, tall * 0.3, 0.8),
        (middle - broad * 0.5, broad * 1.5, tall * 0.2, 0.7),
    ):
        mist = stage.spot((x, base), (reach, up), [(0, foam, strength), (0.5, foam, strength * 0.5), (1, foam, 0)])
        out.append(
            f'<path d="M{x - reach:.1f},{base - up:.1f}h{2 * reach:.1f}v{1.35 * up:.1f}h{-2 * reach:.1f}z" fill="{mist}"/>'
        )
    return "".join(out)


def _along(
    stage: Stage,
    rng: Rng,
    names: Sequence[str],
    count: int,
    size: float | Sequence[float],
    ts: Polyline,
    left: Polyline,
    right: Polyline,
) -> str:
    """Set drawings along both banks, far ones first."""
    out: list[str] = []
    low, high = (size, size) if isinstance(size, (int, float)) else size
    for a, b, c, d, e in sorted(rng.random((count, 5)).tolist()):
        t = float(ts[2]) + (0.95 - float(ts[2])) * a
        x = float(np.interp(t, ts, left if b < 0.5 else right)) + (-1 if b < 0.5 else 1) * (c - 0.25) * 6 * (0.2 + t)
        drawing = art.load(names[int(d * len(names))])
        scale = (low + (high - low) * e) * (0.3 + 0.9 * t) / 100
        body = drawing.svg(
            stage.light, depth=stage.depth(t) * 0.9, key=f"b{len(stage.defs)}_{len(out)}", fine=stage.fine
        )
        out.append(
            f'<g transform="translate({x - scale * drawing.width / 2:.2f},{stage.y(t) - 94 * scale:.2f}) scale({scale:.4f})">{body}</g>'
        )
    stage.defs.append("")
    return "".join(out)


def _fall(stage: Stage, rng: Rng, x: float, top: float, base: float, half: float, water: str, depth: float) -> str:
    """Draw one fall: glassy at the lip, white below, in long threads."""
    white = mix(stage.lit("#ffffff", depth * 0.5), "#ffffff", 0.15)
    white = mix(white, stage.mirrored(white), 0.5)
    glass = mix(stage.lit(water, depth, "water"), stage.mirrored(stage.sky_at(0.6)), 0.35)
    fill = stage.linear(
        [(0, glass), (0.12, mix(glass, white, 0.6)), (0.4, white), (1, mix(white, stage.light.haze, 0.2))]
    )
    a, b, c, d = rng.random(4).tolist()
    tall = base - top
    out = (
        f'<path d="M{x - half:.1f},{top + 0.3:.1f}C{x - half * 1.15:.1f},{top + tall * 0.3:.1f} {x - half * (1.1 + 0.3 * a):.1f},{top + tall * 0.6:.1f} {x - half * (1.2 + 0.3 * b):.1f},{base + 1:.1f}'
        f"H{x + half * (1.2 + 0.3 * c):.1f}C{x + half * (1.1 + 0.3 * d):.1f},{top + tall * 0.6:.1f} {x + half * 1.15:.1f},{top + tall * 0.3:.1f} {x + half:.1f},{top + 0.3:.1f}"
        f'Q{x:.1f},{top - 0.5:.1f} {x - half:.1f},{top + 0.3:.1f}Z" fill="{fill}"/>'
    )
    threads: tuple[list[str], list[str]] = ([], [])
    count = round(8 + 3 * half)
    for i, (p, q, r) in enumerate(rng.random((count, 3)).tolist()[: count if stage.fine else count // 3]):
        sx = x + half * (2 * p - 1) * 0.92
        y0 = top + tall * 0.75 * q
        y1 = min(base, y0 + tall * (0.15 + 0.4 * r))
        w, out_x = 0.16 + 0.035 * half * (0.4 + r), sx + (sx - x) * 0.3 * (y1 - top) / tall
        threads[i % 2].append(
            f"M{sx:.1f},{y0:.1f}Q{sx + w:.1f},{(y0 + y1) / 2:.1f} {out_x:.1f},{y1:.1f}Q{sx - w:.1f},{(y0 + y1) / 2:.1f} {sx:.1f},{y0:.1f}z"
        )
    blue = mix(stage.shaded(water, depth, 0.3), stage.sky_at(0.4), 0.25)
    return out + (
        f'<path d="{"".join(threads[0])}" fill="{blue}" opacity=".55"/><path d="{"".join(threads[1])}" fill="#fff" opacity=".6"/>'
        if count
        else ""
    )
