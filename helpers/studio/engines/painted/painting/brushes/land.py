"""Brushes for the land: planes, hills, dunes, paths, scattered things."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..light import mix
from .plants import crest
from .stage import Rng, Stage, Tree, batch, curve, lens, noise, path, pick, points

__all__ = ["dunes", "ground", "hills", "lane", "scatter", "specks"]


def ground(stage: Stage, rng: Rng, far: str, near: str, t: float = 0.0, to: float = 1.0, part: str = "ground") -> str:
    """Paint a plane from depth `t` to `to`, from its far colour to its near one."""
    top, bottom = stage.y(t), stage.y(to)
    fill = stage.linear(
        [
            (0, stage.lit(far, stage.depth(t) * 0.85, part)),
            (0.45, stage.lit(mix(far, near, 0.6), 0.25, part)),
            (1, stage.lit(near, 0, part)),
        ]
    )
    return f'<rect x="-1" y="{top:.1f}" width="{stage.width + 2:.1f}" height="{bottom - top + 1:.1f}" fill="{fill}"/>'


def hills(
    stage: Stage,
    rng: Rng,
    colour: str,
    height: float | Sequence[float],
    t: float = 0.0,
    depth: float | None = None,
    wave: float = 46,
    near: str | None = None,
    trees: str | None = None,
    kind: Tree = "round",
    tree: float = 3,
    dense: float = 0.15,
    mirror: float = 0.0,
    part: str = "ground",
) -> str:
    """Paint rolling land: a smooth skyline, sunlit on top and darker below; with `trees`, a wood along its crest.

    With `mirror` its foot is the water's edge, and the water reflects it, that strongly (0..1).
    """
    tall, top = pick(rng, height), stage.y(t)
    depth = stage.depth(t) if depth is None else depth
    xs = stage.xs(24, 14)
    ys = top - tall * np.clip(0.5 + 0.5 * noise(rng, xs, wave * (0.8 + 0.1 * int(5 * rng.random())), 2, 0.35), 0.02, 1)
    high = float(ys.min())
    low = top if mirror else stage.y(1) + 2 if near else top + tall + 14
    fill = stage.across(
        (0, high),
        (0, low),
        [
            (0, stage.bright(mix(colour, "#fff8b0", 0.16), depth, 0.3, part)),
            (0.25, stage.lit(colour, depth, part)),
            (1, stage.lit(near, 0.0, part) if near else stage.lit(mix(colour, "#0c2018", 0.3), depth * 0.8, part)),
        ],
    )
    out = f'<path d="{stage.flow(points(xs, ys))}L{xs[-1]:.1f},{low:.1f}L{xs[0]:.1f},{low:.1f}Z" fill="{fill}"/>'
    if trees:
        out = crest(stage, rng, xs, ys + tree * 0.25, trees, depth, tree, kind, dense) + out
    if mirror:
        flip = f'transform="matrix(1,0,0,-0.8,0,{top * 1.8:.2f})" opacity="{mirror:.2f}"'
        return f"<g {flip}>{out}</g>{out}"
    return out


def specks(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    n: float | Sequence[float],
    t: Sequence[float] = (0.1, 1.0),
    size: float | Sequence[float] = (0.5, 1.2),
    shape: Literal["dot", "blade", "flower", "stone"] = "dot",
    coarse: float = 0.25,
    part: str = "ground",
    opacity: float = 0.9,
) -> str:
    """Paint many small things in perspective: blades of grass, flowers, pebbles, leaves. Small pictures get `coarse` of them."""
    full = round(pick(rng, n))
    u = rng.random((full, 4))[: full if stage.fine else round(full * coarse)]
    u = u[np.argsort(u[:, 0])]
    ts = t[0] + (t[1] - t[0]) * u[:, 0] ** 0.8
    low, high = (size, size) if isinstance(size, (int, float)) else size
    tall = (low + (high - low) * u[:, 3]) * (0.3 + 0.9 * np.maximum(ts, 0)) * (1.0 if stage.fine else 1.5)
    ys = stage.horizon + ts * (100 - stage.horizon)
    batches: dict[tuple[int, int], list[str]] = {}
    extra: list[str] = []
    for i, (x, y, s, kind, across) in enumerate(
        zip(
            (u[:, 1] * stage.width).tolist(),
            ys.tolist(),
            tall.tolist(),
            u[:, 2].tolist(),
            u[:, 1].tolist(),
            strict=True,
        )
    ):
        batch = batches.setdefault((3 * i // len(u), int(kind * len(colours))), [])
        if shape == "blade":
            batch.append(
                f"M{x - s * 0.12:.1f},{y:.1f}q{s * 0.12:.2f},{-s:.2f} {s * 0.12 + (across - 0.5) * s * 1.4:.2f},{-s * 1.7:.2f}L{x + s * 0.16:.1f},{y:.1f}z"
            )
        elif shape == "flower":
            batch.append(lens(x, y, s * 0.62, s * 0.5))
            extra.append(f"M{x:.1f},{y:.1f}v{s * 1.5:.2f}")
        elif shape == "stone":
            batch.append(lens(x, y, s, s * 0.6))
            extra.append(lens(x - s * 0.2, y - s * 0.2, s * 0.55, s * 0.28))
        else:
            batch.append(lens(x, y, s * 0.6, s * 0.55))
    out = []
    for (third, kind), shapes in batches.items():
        depth = stage.depth(t[0] + (t[1] - t[0]) * (2 * third + 1) / 6) * 0.7
        out.append(f'<path d="{"".join(shapes)}" fill="{stage.lit(colours[kind], depth, part)}"/>')
    if shape == "flower":
        out.insert(
            0, f'<path d="{"".join(extra)}" stroke="{stage.lit("#4f7d3a", 0.2)}" stroke-width=".2" fill="none"/>'
        )
    elif extra:
        out.append(f'<path d="{"".join(extra)}" fill="#fff" opacity=".18"/>')
    return f'<g opacity="{opacity:.2f}">{"".join(out)}</g>'


def scatter(
    stage: Stage,
    rng: Rng,
    art: Sequence[str],
    n: float | Sequence[float],
    t: Sequence[float] = (0.2, 0.9),
    size: float | Sequence[float] = (10, 16),
    x: Sequence[float] = (0.0, 1.0),
    shadow: bool = True,
    perspective: bool = True,
    colour: str | None = None,
    part: str = "",
    depth: float | None = None,
    even: bool = False,
    side: int = 0,
) -> str:
    """Paint drawings about the scene, far ones first and smaller; with `side`, `x` is for a layout that leans right."""
    from .. import art as drawings

    count = max(0, round(pick(rng, n) * ((0.3 + 0.007 * stage.width) if even else 1)))  # a row fills any width
    u = rng.random((count, 5))
    spots = sorted(
        (t[0] + (t[1] - t[0]) * a, ((i + 0.2 + 0.6 * b) / count if even else b), c, d, e)
        for i, (a, b, c, d, e) in enumerate(u.tolist())
    )
    wanted = stage.accents.get(part, ("", 0.0))[0] or colour
    dark = stage.light.shadow_strength
    pool = stage.radial(
        [
            (0, stage.light.shadow, 0.25 + 0.7 * dark),
            (0.5, stage.light.shadow, 0.12 + 0.4 * dark),
            (1, stage.light.shadow, 0),
        ]
    )
    out = []
    slim = min(1.0, 0.55 + 0.5 * stage.width / 100)  # in a tall picture nothing fills the width
    for i, (tt, across, which, big, flip) in enumerate(spots):
        drawing = drawings.load(art[int(which * len(art))])
        low, high = (size, size) if isinstance(size, (int, float)) else size
        height = (low + (high - low) * big) * slim * (0.3 + 0.9 * max(tt, 0) if perspective else 1.0)
        place = x[0] + (x[1] - x[0]) * across
        px, py = stage.width * (1 - place if side * stage.side < 0 else place), stage.y(tt)
        far = stage.depth(tt) * 0.9 if depth is None else depth
        scale = height / 100
        mirror = -scale if flip < 0.5 else scale
        key = f"{len(stage.defs)}_{i}"
        body = drawing.svg(stage.light, depth=far, key=key, fine=stage.fine and height > 8, colour=wanted)
        if shadow:
            w = drawing.width * scale
            out.append(
                f'<ellipse cx="{px - stage.sunward * w * 0.12:.1f}" cy="{py:.1f}" rx="{w * 0.5:.1f}" '
                f'ry="{max(0.3, w * 0.08):.2f}" fill="{pool}" opacity="{1 - 0.8 * far:.2f}"/>'
            )
        out.append(
            f'<g transform="translate({px - mirror * drawing.width / 2:.2f},{py - 96 * scale:.2f}) scale({mirror:.4f},{scale:.4f})">{body}</g>'
        )
    stage.defs.append("")  # moves the key on, so that the next layer's copies have ids of their own
    return "".join(out)


def dunes(
    stage: Stage,
    rng: Rng,
    colour: str,
    height: float | Sequence[float],
    t: float,
    depth: float | None = None,
    n: float | Sequence[float] = (2, 3),
    shade: str | None = None,
    near: bool = False,
    part: str = "sand",
) -> str:
    """Paint a chain of dunes: a long slope in the light, a sharp winding crest, a steep side in shadow."""
    tall, top = pick(rng, height), stage.y(t)
    depth = stage.depth(t) if depth is None else depth
    xs = stage.xs(60, 28)
    count = max(1, round(pick(rng, n)))
    u = rng.random((count, 6))
    lee = -stage.sunward
    at = stage.width * (np.arange(count) + 0.15 + 0.7 * u[:, 0]) / count
    rise = 0.45 + 0.55 * u[:, 1]
    long, short = stage.width / count * (1.0 + 0.4 * u[:, 2]), stage.width / count * (0.42 + 0.3 * u[:, 3])
    away = (xs - at[:, None]) * lee
    reach = np.where(away > 0, short[:, None], long[:, None])
    slope = np.clip(1 - np.abs(away) / reach, 0, 1)
    bumps = rise[:, None] * (slope**1.15 * (1.6 - 0.6 * slope))
    profile = bumps.max(axis=0) + 0.06 * noise(rng, xs, 40, 2)
    ys = top - tall * profile
    foot = 102.0 if near else top + tall * 1.2 + 10
    high = float(ys.min())
    fill = stage.across(
        (0, high),
        (0, min(100.0, top + tall + 8)),
        [
            (0, stage.bright(mix(colour, "#fff4d0", 0.2), depth, 0.3, part)),
            (0.6, stage.lit(colour, depth, part)),
            (1, stage.shaded(colour, depth * 0.8, 0.22, part)),
        ],
    )
    out = [f'<path d="{path(points(xs, ys))}L{xs[-1]:.1f},{foot:.1f}L{xs[0]:.1f},{foot:.1f}Z" fill="{fill}"/>']
    dark = stage.shaded(shade or mix(colour, "#7a4630", 0.35), depth, 0.42, part)
    gloom = stage.across(
        (0, high), (0, top + tall * 0.85), [(0, dark, 0.85), (0.5, dark, 0.6), (0.8, dark, 0.2), (1, dark, 0.0)]
    )
    faces = []
    line = points(xs, ys)
    step = line[1][0] - line[0][0]
    for x, (_, _, _, _, p, q), s in zip(at.tolist(), u.tolist(), short.tolist(), strict=True):
        i = min(len(line) - 1, max(0, round((x - line[0][0]) / step)))
        j = min(len(line) - 1, max(0, round((x + lee * s * 1.1 - line[0][0]) / step)))
        if i == j:
            continue
        px, py = line[i]
        drop = top + tall * (0.75 + 0.4 * q) - py
        flank = line[i : j + 1] if j > i else line[j : i + 1][::-1]
        sway = s * (0.1 + 0.22 * p)
        end = (px - lee * sway * 1.4, py + drop)
        crest = [(px, py), (px - lee * sway * 0.5, py + drop * 0.22), (px + lee * sway * 0.5, py + drop * 0.55), end]
        base = f"Q{px + lee * s * 0.55:.1f},{py + drop * 0.8:.1f} {end[0]:.1f},{end[1]:.1f}"
        faces.append(path(flank) + base + curve(crest[::-1])[len("M") :].join(("L", "Z")))
    out.append(f'<path d="{"".join(faces)}" fill="{gloom}"/>')
    if stage.fine and depth < 0.5:
        marks: list[str] = []
        sunny: list[str] = []
        for a, b, c in rng.random((90 if near else 40, 3)).tolist():
            x = a * stage.width
            skyline = float(np.interp(x, xs, ys))
            y = skyline + 2 + (min(100.0, foot) - skyline - 3) * b**0.8
            wide, thin = 2 + 5 * c, 0.1 + 0.22 * b
            marks.append(lens(x, y, wide, thin))
            sunny.append(lens(x + 0.6, y + thin * 1.5, wide * 0.9, thin * 0.8))
        out.append(batch(marks, f'fill="{dark}" opacity=".3"', 8))
        out.append(
            batch(sunny, f'fill="{stage.bright(mix(colour, "#fff4d0", 0.4), depth, 0.3, part)}" opacity=".35"', 8)
        )
    return "".join(out)


def lane(
    stage: Stage,
    rng: Rng,
    colour: str,
    t: float = 0.0,
    width: float | Sequence[float] = (0.1, 0.2),
    at: Sequence[float] = (0.4, 0.6),
    bend: float | Sequence[float] = (0.4, 1.0),
    rim: str | None = None,
    to: float = 1.05,
    part: str = "path",
) -> str:
    """Paint a path that winds from far away to the viewer's feet, `width` of the picture to each side there."""
    steps = 22 if stage.fine else 13
    f = np.arange(steps) / (steps - 1)
    ts = t + (to - t) * f**1.4
    ys = stage.horizon + ts * (100 - stage.horizon)
    a, b = rng.random(2).tolist()
    clear = 0.5 + stage.side * 0.12
    turn = stage.side * np.sin(6.283 * (0.7 + 0.6 * a) * (1 - f**0.65) + b) * (0.015 + 0.34 * f**0.9 * (1.05 - f))
    end = pick(rng, at)
    middle = stage.width * (clear + (end - clear) * f + pick(rng, bend) * turn)
    half = stage.width * (0.005 + pick(rng, width) * f**1.5) * (1 + 0.08 * noise(rng, 60 * f, 9, 2))

    def band(grow: float) -> str:
        wide = half + grow * (0.05 + f)
        return f"{stage.flow(points(middle - wide, ys))}L{stage.flow(points((middle + wide)[::-1], ys[::-1]))[1:]}Z"

    far, tone = stage.depth(t) * 0.8, stage.lit(colour, 0.05, part)
    fill = stage.across(
        (0, float(ys[0])),
        (0, 100),
        [
            (0, stage.bright(colour, far, 0.3, part)),
            (0.5, stage.lit(colour, far * 0.4, part)),
            (1, stage.shaded(colour, 0, 0.15, part)),
        ],
    )
    edge = stage.shaded(rim or colour, 0.1, 0.35)
    out = f'<path d="{band(0.9)}" fill="{edge}" opacity=".55"/><path d="{band(0)}" fill="{fill}"/>'
    if stage.fine:
        ruts: list[str] = []
        stones: list[str] = []
        for p, q, r in rng.random((34, 3)).tolist():
            y = float(ys[0]) + (100 - float(ys[0])) * p**0.7
            mid, w = float(np.interp(y, ys, middle)), float(np.interp(y, ys, half))
            (ruts if r < 0.5 else stones).append(
                lens(mid + w * (q * 1.6 - 0.8), y, w * (0.06 + 0.16 * r), 0.1 + 0.4 * p)
            )
        out += f'<path d="{"".join(ruts)}" fill="{stage.shaded(colour, 0, 0.5)}" opacity=".3"/>'
        out += f'<path d="{"".join(stones)}" fill="{mix(tone, "#ffffff", 0.35)}" opacity=".35"/>'
    return out
