"""Brushes for rock: mountain ranges with their ridges and snow, headlands, cliffs."""

from collections.abc import Sequence

import numpy as np

from ..light import mix
from .plants import crest, tiny_tree
from .stage import Polyline, Rng, Stage, Tree, lens, noise, path, pick, points
from .water import breakers

__all__ = ["cliff", "flank", "headland", "ridge"]


def ridge(
    stage: Stage,
    rng: Rng,
    colour: str,
    height: float | Sequence[float],
    t: float = 0.0,
    depth: float | None = None,
    rough: float = 0.5,
    cap: str | None = None,
    cap_from: float | Sequence[float] = 0.55,
    shade: str | None = None,
    n: float | Sequence[float] = 4,
    steep: float = 1.0,
    mirror: float = 0.0,
    part: str = "mountain",
) -> str:
    """Paint a mountain range: a few summits of unlike height, spurs between light and shadow, snow above `cap_from`.

    With `mirror` its foot is the water's edge, and the water reflects it, that strongly (0..1).
    """
    tall, base = pick(rng, height), stage.y(t)
    depth = stage.depth(t) if depth is None else depth
    xs = stage.xs(110, 36)
    ups, summits = _skyline(stage, rng, xs, max(1, round(pick(rng, n))), rough, steep)
    tops = base - tall * ups
    foot = base if mirror else base + 8.0
    outline = f"{path(points(xs, tops))}L{xs[-1]:.1f},{foot:.1f}L{xs[0]:.1f},{foot:.1f}Z"
    high = float(tops.min())
    far_foot = min(1.0, depth + 0.3)
    body = stage.across(
        (0, high),
        (0, base),
        [(0, stage.bright(colour, depth, 0.15, part)), (1, stage.lit(mix(colour, "#ffffff", 0.1), far_foot, part))],
    )
    out = [f'<path d="{outline}" fill="{body}"/>']
    side = -stage.sunward
    if cap:
        line = base - tall * pick(rng, cap_from)
        snow = _snow(rng, xs, tops, line, tall)
        out.append(f'<path d="{snow}" fill="{stage.bright(cap, depth * 0.7, 0.25, "snow")}"/>')
    dark = mix(
        stage.lit(shade or mix(colour, "#1c2a5c", 0.55), depth, part),
        stage.light.shadow,
        0.2 * (1 - depth) + 0.2 * stage.low_sun,
    )
    fade = stage.across((0, high), (0, base), [(0, dark, 0.58), (0.6, dark, 0.46), (1, dark, 0.08)])
    out.append(f'<path d="{_faces(rng, xs, tops, base, summits, side, tall)}" fill="{fade}"/>')
    if cap:
        out.append(f'<path d="{snow}" fill="{stage.lit("#e6ecff", depth * 0.7, "snow")}" opacity=".34"/>')
    if stage.fine:
        out.append(_spurs(rng, xs, tops, base, tall, side, dark, stage.bright(colour, depth, 0.5, part)))
    if mirror:
        flip = f'transform="matrix(1,0,0,-0.8,0,{base * 1.8:.2f})" opacity="{mirror:.2f}"'
        out.insert(0, f"<g {flip}>{''.join(out[:3])}</g>")
    return "".join(out)


_STEPS = (0.14, 0.3, 0.48, 0.7, 1.0)


def headland(
    stage: Stage,
    rng: Rng,
    colour: str,
    height: float | Sequence[float],
    reach: float | Sequence[float] = (0.25, 0.6),
    t: float = 0.0,
    depth: float = 0.6,
    side: int = 1,
    rough: float = 0.6,
    green: str | None = None,
    mirror: float = 0.3,
    part: str = "mountain",
) -> str:
    """Paint a cape that comes in from one side and runs out into the water."""
    tall, base, far = pick(rng, height), stage.y(t), pick(rng, reach) * stage.width
    side *= stage.side
    edge = stage.width + 4 if side > 0 else -4.0
    n = 44 if stage.fine else 20
    f = np.arange(n) / (n - 1)
    xs = edge - side * (far + 4) * f
    fall = np.clip(1 - f, 0, 1) ** (0.55 + 0.5 * rng.random())
    steps = 0.75 + 0.25 * np.sin(f * (5 + 4 * rng.random()) + 6 * rng.random())
    tops = base - tall * np.clip(fall * steps + 0.16 * rough * noise(rng, xs, 11, 4, 0.6) * np.sqrt(1 - f), 0, 1.2)
    line = path(points(xs, tops))
    fill = stage.linear(
        [
            (0, stage.bright(green or colour, depth, 0.15, part)),
            (0.5, stage.lit(colour, depth, part)),
            (1, stage.lit(mix(colour, "#f0e6d8", 0.15), min(1, depth + 0.2), part)),
        ]
    )
    out = f'<path d="{line}L{edge:.1f},{base:.1f}Z" fill="{fill}"/>'
    dark = stage.shaded(colour, depth, 0.5, part)
    shade = []
    for a, b, c in rng.random((9 if stage.fine else 4, 3)).tolist():
        i = int(a * n * 0.8)
        x, y = float(xs[i]), float(tops[i])
        room = base - y
        shade.append(
            path(
                [
                    (x, y + room * 0.1),
                    (x - side * room * (0.2 + 0.5 * b), base),
                    (x - side * room * (0.5 + 0.7 * c), base),
                    (x - side * room * 0.25, y + room * 0.5),
                ],
                "Z",
            )
        )
    out += f'<path d="{"".join(shade)}" fill="{dark}" opacity=".35"/>'
    if mirror:
        below = path(points(xs, 2 * base - base + (base - tops) * 0.6))
        still = stage.linear([(0, stage.lit(colour, depth, part), mirror), (1, stage.lit(colour, depth, part), 0.0)])
        out += f'<path d="{below}L{edge:.1f},{base:.1f}Z" fill="{still}"/>'
    return out


def cliff(
    stage: Stage,
    rng: Rng,
    colour: str,
    t: float | Sequence[float],
    to: float,
    x: Sequence[float] = (0.0, 1.0),
    side: int = 0,
    surf: bool = False,
    rough: float | Sequence[float] = 5,
    green: str | None = None,
    depth: float = 0.2,
    tree: float = 4,
    kind: Tree = "round",
    part: str = "mountain",
) -> str:
    """Paint a wall of rock from its top at `t` down to `to`, over a share of the width; `green` grows along its top."""
    shift = 0.2 * (rng.random() - 0.5) if x[0] > 0 else 0.0
    start, end = (x[0] + shift, x[1]) if side * stage.side >= 0 else (1 - x[1], 1 - x[0] - shift)
    left, right = start * stage.width - 4 * (start <= 0), end * stage.width + 4 * (end >= 1)
    n = 40 if stage.fine else 18
    xs = left + (right - left) * np.arange(n) / (n - 1)
    edge = np.ones(n)
    if start > 0:
        edge = edge * np.clip((xs - left) / 7, 0, 1) ** 0.5
    if end < 1:
        edge = edge * np.clip((right - xs) / 7, 0, 1) ** 0.5
    base, crag, top = stage.y(to), pick(rng, rough), stage.y(pick(rng, t))
    tops = top - crag * noise(rng, xs, 24, 3, 0.5) + (base - top) * 0.5 * (1 - edge)
    out = wall(stage, rng, xs, tops, base, colour, depth, part)
    if green:
        out = crest(stage, rng, xs, tops, green, depth, tree, kind) + out + turf(stage, rng, xs, tops, green, depth)
    if surf:
        out += breakers(stage, rng, xs, base, 0.4 + 1.6 * to)
    return out


def wall(
    stage: Stage, rng: Rng, xs: Polyline, tops: Polyline, base: float, colour: str, depth: float, part: str = "mountain"
) -> str:
    """Draw rock between a skyline and a foot, with upright facets in light and shadow, ledges and cracks."""
    high, more = float(tops.min()), stage.aside(rng)
    fill = stage.across(
        (0, high),
        (0, base),
        [
            (0, stage.bright(mix(colour, "#ffffff", 0.1), depth, 0.25, part)),
            (0.5, stage.lit(colour, depth, part)),
            (1, stage.shaded(colour, depth, 0.35, part)),
        ],
    )
    outline = f"{path(points(xs, tops))}L{xs[-1]:.1f},{base:.1f}L{xs[0]:.1f},{base:.1f}Z"
    span = float(xs[-1] - xs[0])
    count = max(6, round(span / 5))
    u = rng.random((count * 2, 6))[: count * 2 if stage.fine else count]
    a = xs[0] + span * u[:, 0]
    wide = 1.2 + 5 * u[:, 1] ** 2
    room = base - np.interp(a, xs, tops)
    y0 = base - room * (1 - 0.55 * u[:, 2] ** 2)
    y1 = y0 + (base - y0) * (0.25 + 0.7 * u[:, 3])
    bend = (u[:, 4] - 0.5) * 3
    dark: list[str] = []
    light: list[str] = []
    lo, hi = float(xs[0]), float(xs[-1])
    for ax, w, b, c, k, e in zip(
        a.tolist(), wide.tolist(), y0.tolist(), y1.tolist(), bend.tolist(), u[:, 5].tolist(), strict=True
    ):
        right = min(ax + w, hi)
        shape = [
            (ax, b + 0.4),
            (right, b + 1.2),
            (min(right + k, hi), (b + c) / 2),
            (right, c - 1),
            (max(ax + k * 0.6, lo), c),
        ]
        (dark if e < 0.62 else light).append(path(shape, "Z"))
    out = [f'<path d="{outline}" fill="{fill}"/>']
    shade, shine = stage.shaded(colour, depth, 0.65, part), stage.bright(mix(colour, "#ffffff", 0.3), depth, 0.35, part)
    out.append(f'<path d="{"".join(dark)}" fill="{shade}" opacity=".42"/>')
    out.append(f'<path d="{"".join(light)}" fill="{shine}" opacity=".3"/>')
    if stage.fine:
        ledges = []
        for p, q, r in more.random((count * 2, 3)).tolist():
            lx = lo + span * p
            top = float(np.interp(lx, xs, tops))
            w = min(1 + 4 * r, lx - lo, hi - lx)
            if w > 0.5:
                ledges.append(lens(lx, top + (base - top) * (0.1 + 0.85 * q), w, 0.18 + 0.3 * r))
        out.append(f'<path d="{"".join(ledges)}" fill="{shade}" opacity=".5"/>')
    return "".join(out)


def turf(stage: Stage, rng: Rng, xs: Polyline, tops: Polyline, green: str, depth: float) -> str:
    """Draw grass that hangs over the top of a cliff."""
    drop = 1.2 + 1.6 * np.abs(noise(rng, xs, 7, 3, 0.6)) * 2
    under = path(points(xs[::-1], (tops + drop)[::-1]))[1:]
    bright = stage.bright(mix(green, "#e6f0a0", 0.2), depth, 0.3)
    fill = stage.linear([(0, bright), (1, stage.lit(green, depth))])
    return f'<path d="{path(points(xs, tops - 0.8))}L{under}Z" fill="{fill}"/>'


def flank(
    stage: Stage,
    rng: Rng,
    colour: str,
    height: float | Sequence[float],
    reach: float | Sequence[float],
    t: float,
    depth: float,
    side: int = 1,
    trees: str | None = None,
    part: str = "mountain",
) -> str:
    """Paint a valley's side: a slope that comes down from one edge of the picture, wooded, with ravines."""
    tall, base, far = pick(rng, height), stage.y(t), pick(rng, reach) * stage.width
    side *= stage.side
    n = 44 if stage.fine else 20
    start, end = (stage.width - far, stage.width + 4) if side > 0 else (-4.0, far)
    xs = start + (end - start) * np.arange(n) / (n - 1)
    f = (xs - start) / (end - start) if side > 0 else (end - xs) / (end - start)
    tops = base - tall * np.clip(
        np.clip(f, 0, 1) ** (0.75 + 0.5 * rng.random()) + 0.22 * f * noise(rng, xs, 20, 3, 0.55), 0, 1.3
    )
    fill = stage.across(
        (0, float(tops.min())),
        (0, base + 4),
        [(0, stage.bright(colour, depth, 0.3, part)), (1, stage.shaded(colour, depth, 0.25, part))],
    )
    low = base + 0.22 * tall
    foot = (
        f"L{xs[-1]:.1f},{low:.1f}Q{xs[n // 2]:.1f},{base:.1f} {xs[0]:.1f},{base:.1f}"
        if side > 0
        else f"L{xs[-1]:.1f},{base:.1f}Q{xs[n // 2]:.1f},{base:.1f} {xs[0]:.1f},{low:.1f}"
    )
    out = f'<path d="{path(points(xs, tops))}{foot}Z" fill="{fill}"/>'
    dark = []
    u = rng.random((12 if stage.fine else 5, 4)).tolist()
    for a, b, c, d in u:
        i = int((0.15 + 0.85 * a) * (n - 1)) if side > 0 else int(0.85 * a * (n - 1))
        x, y = float(xs[i]), float(tops[i])
        long = (base - y) * (0.4 + 0.5 * b)
        run = -side * long * (0.15 + 0.5 * c)
        dark.append(
            path(
                [
                    (x, y + 0.5),
                    (x + run * 0.6 - 1, y + long * 0.55),
                    (x + run, y + long),
                    (x + run + side * long * 0.16, y + long * 0.9),
                    (x + run * 0.4 + side * long * 0.1 * d, y + long * 0.4),
                ],
                "Z",
            )
        )
    out += f'<path d="{"".join(dark)}" fill="{stage.shaded(colour, depth, 0.6, part)}" opacity=".4"/>'
    if trees:
        out = crest(stage, rng, xs, tops + 0.8, trees, depth, 3.2, "pointed", 0.5) + out
        body, sunny = [], []
        for a, b, c, _ in rng.random((60 if stage.fine else 24, 4)).tolist():
            i = int(a * (n - 1))
            x, y = float(xs[i]), float(tops[i])
            outline, lit = tiny_tree(
                x, y + (base - y) * (0.12 + 0.88 * b**0.7), (2.2 + 2.6 * c) * (1.3 - depth), "pointed", stage.sunward
            )
            body.append(outline)
            sunny.append(lit)
        out += f'<path d="{"".join(body)}" fill="{stage.lit(trees, depth * 0.85)}"/>'
        out += f'<path d="{"".join(sunny)}" fill="{stage.bright(mix(trees, "#b8d060", 0.35), depth * 0.85, 0.25)}" opacity=".6"/>'
    return out


def _skyline(stage: Stage, rng: Rng, xs: Polyline, n: int, rough: float, steep: float) -> tuple[Polyline, list[float]]:
    """Return the range's height at each place, 0..1, and where its summits are: one leads, the others are lower."""
    u = rng.random((n, 4))
    span = stage.width + 8
    at = (np.arange(n) - 0.35 + 0.7 * u[:, 0]) / n
    tall = 0.42 + 0.42 * u[:, 1]
    at[0], tall[0] = 0.5 + stage.side * (0.12 + 0.2 * u[0, 0]), 1.0
    summits = at * span - 4
    wide = max(span / (n + 0.4), 22) * (0.75 + 0.5 * u[:, 2]) * tall / steep
    away = (xs - summits[:, None]) / wide[:, None]
    away *= 1 + 0.25 * np.sign(away) * (u[:, 3, None] - 0.5)
    flanks = tall[:, None] * (1 - np.abs(away) ** 0.88)
    ups = np.maximum(flanks.max(axis=0), 0.16 + 0.08 * noise(rng, xs, 30, 2))
    jag = noise(rng, xs, 17, 4, 0.6) * 0.26 * rough
    return np.clip(ups + jag * (0.35 + 0.65 * ups), 0.03, 1.05), summits.tolist()


def _faces(rng: Rng, xs: Polyline, tops: Polyline, base: float, summits: list[float], side: int, tall: float) -> str:
    """Draw the flank of each summit that lies in shadow, bounded by a crooked ridge from the top to the foot."""
    out = []
    us = rng.random((len(summits), 6)).tolist()
    line = points(xs, tops)
    step, last = line[1][0] - line[0][0], len(line) - 1
    reach = max(2, round(7 / step))
    for summit, u in zip(summits, us, strict=True):
        middle = round((summit - line[0][0]) / step)
        near = range(max(0, middle - reach), min(last, middle + reach) + 1)
        if not near:
            continue
        top = end = min(near, key=lambda i: line[i][1])
        while 0 < end < last and line[end + side][1] > line[end][1] - 0.4:
            end += side
        x, y = line[top]
        drop = base - y
        if drop < 0.15 * tall or end == top:
            continue
        lean = side * drop * (0.12 + 0.2 * u[5])
        crest = [(x + (a - 0.5) * drop * 0.22 + lean * s, y + s * drop) for a, s in zip(u, _STEPS, strict=False)]
        flank = line[top : end + 1] if side > 0 else line[end : top + 1][::-1]
        out.append(path([*flank, (flank[-1][0] + side * 2, base), *crest[::-1]], "Z"))
    return "".join(out)


def _snow(rng: Rng, xs: Polyline, tops: Polyline, line: float, tall: float) -> str:
    """Draw snow above a line, with tongues that run down the gullies."""
    tongues = noise(rng, xs, 9, 3, 0.6)
    low = line + tall * (
        0.12 * tongues + 0.13 * np.abs(noise(rng, xs, 5, 1)) + 0.25 * np.clip(line - tops, 0, None) / tall
    )
    low = np.maximum(low, tops)
    above = np.flatnonzero(low > tops)
    if not len(above):
        return ""
    part = slice(max(0, above[0] - 1), above[-1] + 2)
    return f"{path(points(xs[part], tops[part]))}L{path(points(xs[part][::-1], low[part][::-1]))[1:]}Z"


def _spurs(rng: Rng, xs: Polyline, tops: Polyline, base: float, tall: float, side: int, dark: str, bright: str) -> str:
    """Draw gullies and ribs: thin crooked wedges that run down from the skyline, most of them dark, some bright."""
    u = rng.random((40, 6))
    index = (u[:, 0] * (len(xs) - 1)).astype(int)
    x, y = xs[index], tops[index]
    ahead = np.minimum(index + 2, len(xs) - 1)
    slope = (tops[ahead] - tops[np.maximum(index - 2, 0)]) / (4 * (xs[1] - xs[0]))
    run = np.clip(slope * 0.7, -0.9, 0.9) * (0.4 + u[:, 2])
    start = (base - y) * 0.45 * u[:, 3] ** 2
    long = (base - y - start) * (0.2 + 0.55 * u[:, 1])
    wide, kink = long * (0.06 + 0.16 * u[:, 4]) * side, (u[:, 5] - 0.5) * long * 0.3
    x, y = x + run * start * 0.8, y + start
    px = np.stack(
        [
            x,
            x + run * long * 0.5 + kink,
            x + run * long,
            x + run * long * 0.85 + wide,
            x + run * long * 0.4 + kink + wide * 0.8,
        ]
    )
    py = np.stack([y, y + long * 0.5, y + long, y + long * 0.9, y + long * 0.4])
    py = np.maximum(py, np.interp(px, xs, tops) + 0.4)  # never outside the mountain
    shades: tuple[list[str], list[str]] = ([], [])
    for wx, wy, room, e in zip(px.T.tolist(), py.T.tolist(), long.tolist(), u[:, 4].tolist(), strict=True):
        if room > 0.12 * tall:
            shades[1 if e > 0.66 else 0].append(path(list(zip(wx, wy, strict=True)), "Z"))
    out = f'<path d="{"".join(shades[0])}" fill="{dark}" opacity=".28"/>' if shades[0] else ""
    return out + (f'<path d="{"".join(shades[1])}" fill="{bright}" opacity=".25"/>' if shades[1] else "")
