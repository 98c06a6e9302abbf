"""Brushes for fields: planted rows that follow a slope, flooded terraces, furrows that meet at the horizon."""

from collections.abc import Sequence

import numpy as np

from ..light import mix
from .stage import Polyline, Rng, Stage, batch, lens, noise, path, pick, points

__all__ = ["blooms", "furrows", "paddies", "pads", "rows"]


def rows(
    stage: Stage,
    rng: Rng,
    colour: str,
    shade: str,
    t: float = 0.03,
    to: float = 1.05,
    n: float | Sequence[float] = 12,
    bend: float | Sequence[float] = (4, 14),
    bush: float = 0.5,
    light: str | None = None,
    height: float | Sequence[float] = 5,
    lean: float | Sequence[float] = (-12, 12),
    depth: float | None = None,
    part: str = "ground",
) -> str:
    """Paint a planted hillside: rows of bushes that follow the slope, closer together far away: tea, vines, lavender."""
    xs = stage.xs(30, 12)
    s = (xs / stage.width - 0.5) * 2
    arch, tilt, count = pick(rng, bend), pick(rng, lean), max(3, round(pick(rng, n)))
    above = stage.y(t) - pick(rng, height) * (0.5 + 0.5 * noise(rng, xs, 48, 2, 0.35)) + 0.3 * tilt * s
    below = stage.y(to) + 0.6 * arch * (s * s - 0.5) + tilt * s + arch * 0.3 * noise(rng, xs, 60, 1)
    far = stage.depth(t) if depth is None else depth
    bright = light or mix(colour, "#f4ffb0", 0.4)
    soil = stage.across(
        (0, float(above.min())),
        (0, stage.y(to)),
        [(0, stage.lit(shade, far * 0.8, part)), (1, stage.shaded(shade, 0, 0.3, part))],
    )
    bottom = max(103.0, float(below.max()))
    out = [
        f'<path d="{stage.flow(points(xs, above))}L{xs[-1]:.1f},{bottom:.1f}L{xs[0]:.1f},{bottom:.1f}Z" fill="{soil}"/>'
    ]
    leaf, more = [noise(rng, xs, 7, 2) for _ in range(3)], stage.aside(rng)
    fs = [(i / count) ** 1.6 for i in range(count + 1)]
    lines = above + (below - above) * np.array(fs)[:, None]  # all rows at once: (count + 1, places)
    ys, unders = lines[:-1], lines[1:]
    gaps = (unders - ys) * (0.4 + bush)
    tops = ys - gaps * (0.12 + 0.22 * np.stack(leaf))[np.arange(count) % 3]
    feet = ys + gaps * 0.95
    highs, lows = tops.min(1).tolist(), feet.max(1).tolist()
    across, back = xs.tolist(), xs[::-1].tolist()
    for f, top, foot, high, low, row in zip(
        fs, tops.tolist(), feet[:, ::-1].tolist(), highs, lows, range(count), strict=False
    ):
        here = far * (1 - f) ** 1.5 * 0.8
        fill = stage.across(
            (0, high),
            (0, low),
            [
                (0, stage.bright(bright, here, 0.3, part)),
                (0.45, stage.lit(colour, here, part)),
                (1, stage.lit(shade, here, part)),
            ],
        )
        upper, lower = list(zip(across, top, strict=True)), list(zip(back, foot, strict=True))
        out.append(f'<path d="{stage.flow(upper)}L{path(lower)[1:]}Z" fill="{fill}"/>')
        if stage.fine and f > 0.1:
            u = more.random((round(8 + 22 * f), 2))
            x = u[:, 0] * stage.width
            g = np.interp(x, xs, gaps[row])
            y = np.interp(x, xs, tops[row]) + g * (0.12 + 0.4 * u[:, 1])
            dabs = map(lens, x.tolist(), y.tolist(), (g * 0.16 + 0.3).tolist(), (g * 0.07 + 0.1).tolist())
            out.append(
                f'<path d="{"".join(dabs)}" fill="{stage.bright(mix(bright, "#ffffff", 0.15), here, 0.3, part)}" opacity=".5"/>'
            )
    return "".join(out)


def paddies(
    stage: Stage,
    rng: Rng,
    green: str,
    t: float = 0.0,
    to: float = 1.05,
    n: float | Sequence[float] = (8, 11),
    height: float | Sequence[float] = 8,
    bend: float | Sequence[float] = (6, 16),
    water: str = "#7fb6c8",
    flooded: float = 0.6,
    depth: float | None = None,
    part: str = "ground",
) -> str:
    """Paint terraced rice: steps along a slope, each a mirror of the sky or young green behind a grassy wall."""
    xs = stage.xs(44, 13)
    s = (xs / stage.width - 0.5) * 2
    count, arch, tilt = max(3, round(pick(rng, n))), pick(rng, bend), stage.side * (4 + 12 * rng.random())
    above = stage.y(t) - pick(rng, height) * (0.5 + 0.5 * noise(rng, xs, 44, 2, 0.4))
    below = stage.y(to) + arch * (s * s - 0.5) + tilt * s
    far = stage.depth(t) if depth is None else depth
    winding = [noise(rng, xs, 26, 2) for _ in range(3)]
    choice, more = rng.random(count).tolist(), stage.aside(rng)
    bottom = max(103.0, float(below.max()) + 2)
    out = []
    for i in range(count):
        f, after = (i / count) ** 1.5, ((i + 1) / count) ** 1.5
        ys, under = above + (below - above) * f, above + (below - above) * after
        gap = under - ys
        line = ys + gap * 0.42 * winding[i % 3]
        here = far * (1 - f) ** 1.4 * 0.85
        wet = choice[i] < flooded
        sky = stage.sky_at(0.95 - 0.55 * f)
        tone = mix(stage.lit(water, here, "water"), sky, 0.72) if wet else stage.lit(green, here, part)
        second = (
            mix(tone, stage.sky_at(0.5), 0.35) if wet else stage.bright(mix(green, "#d8f080", 0.4), here, 0.3, part)
        )
        fill = stage.across((0, float(line.min())), (0, float(line.max() + gap.max())), [(0, tone), (1, second)])
        bank = stage.lit(mix(green, "#3a5a26", 0.35), here, part)
        lip = stage.bright(mix(green, "#d0ec70", 0.35), here, 0.35, part)
        wall = 0.15 * gap
        down = f"L{xs[-1]:.1f},{bottom:.1f}L{xs[0]:.1f},{bottom:.1f}Z"
        out.append(f'<path d="{stage.flow(points(xs, line - wall * 1.1))}{down}" fill="{bank}"/>')
        out.append(f'<path d="{stage.flow(points(xs, line - wall * 0.1))}{down}" fill="{lip}"/>')
        out.append(f'<path d="{stage.flow(points(xs, line + wall * 0.8))}{down}" fill="{fill}"/>')
        if stage.fine and f > 0.04:
            out.append(_sprouts(stage, more, xs, line, gap, wet, green, here, part))
    return "".join(out)


def furrows(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    soil: str,
    t: float = 0.0,
    n: float | Sequence[float] = (18, 24),
    at: Sequence[float] = (0.3, 0.7),
    fill: float = 0.68,
    crop: float = 1.0,
    band: int = 1,
    part: str = "ground",
) -> str:
    """Paint rows that meet at one point of the horizon, `band` of a colour side by side; `crop` is how tall they stand."""
    top, low = stage.y(t), 101.0 + 2.2 * crop
    blend = colours[0]
    for k, colour in enumerate(colours[1:], 2):
        blend = mix(blend, colour, 1 / k)
    far = stage.lit(mix(soil, blend, 0.7), stage.depth(t) * 0.7, part)  # rows too far to tell apart
    ground = stage.linear(
        [(0, far), (0.25, stage.lit(mix(soil, blend, 0.3), 0.3, part)), (1, stage.shaded(soil, 0, 0.25))]
    )
    out = [f'<rect x="-1" y="{top:.1f}" width="{stage.width + 2:.1f}" height="{102 - top:.1f}" fill="{ground}"/>']
    count, meet = round(pick(rng, n)), stage.width * pick(rng, at)
    apex = top - 16.0  # the field slopes up: its rows would meet above its far edge
    spread = stage.width * 4.2
    left = meet - spread * (0.42 + 0.16 * rng.random())
    first = int(rng.integers(len(colours)))
    steps = [0.0, 0.12, 0.28, 0.5, 0.75, 1.0] if stage.fine else [0.0, 0.3, 0.65, 1.0]
    bow = (rng.random() - 0.5) * stage.width * 0.25
    shapes: dict[str, list[str]] = {}
    shades, heads = [], []
    for i in range(count):
        colour = colours[(first + i // band) % len(colours)]
        a, b = left + spread * (i + (1 - fill) / 2) / count, left + spread * (i + (1 + fill) / 2) / count
        edge_a, edge_b = [], []
        for f in steps:
            y, side = top + (low - top) * f, bow * f * (1 - f)
            lift, fan = crop * 2.2 * f, (y - apex) / (low - apex)
            edge_a.append((meet + (a - meet) * fan + side, y - lift))
            edge_b.append((meet + (b - meet) * fan + side, y - lift))
        shapes.setdefault(colour, []).append(path([*edge_a, *edge_b[::-1]], "Z"))
        dark_edge = edge_a if (a + b) / 2 > meet else edge_b
        shades.append(
            path(
                [
                    *dark_edge,
                    *[(x, y + crop * 2.4 * f + 0.2) for (x, y), f in zip(dark_edge, steps, strict=True)][::-1],
                ],
                "Z",
            )
        )
        if stage.fine:
            heads.append((colour, a, b))
    for colour, paths in shapes.items():
        tone = stage.across(
            (0, top),
            (0, 100),
            [
                (0, stage.bright(colour, stage.depth(t) * 0.75, 0.2, part)),
                (0.35, stage.lit(colour, 0.25, part)),
                (1, stage.lit(colour, 0, part)),
            ],
        )
        out.append(batch(paths, f'fill="{tone}"'))
    out.append(batch(shades, f'fill="{stage.shaded(soil, 0.1, 0.5)}" opacity=".55"'))
    if heads:
        out.append(_blossoms(stage, rng, heads, (meet, apex, top, low), bow, crop, part))
    return "".join(out)


def blooms(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    t: Sequence[float] = (0.08, 1.0),
    leaf: str = "#5c9142",
    part: str = "ground",
) -> str:
    """Paint a field in flower: drifts of colour that break up into single heads towards the viewer."""
    xs = stage.xs(40, 18)
    bands = 12
    out = ""
    for i, (a, b) in enumerate(rng.random((bands, 2)).tolist()):
        f = ((i + a) / bands) ** 1.4
        y = stage.y(t[0] + (t[1] - t[0]) * f)
        size = 0.7 + 6.5 * f
        body = np.maximum(size * (0.25 + noise(rng, xs, 10 + 26 * f, 3)), 0)
        line = y + 0.5 * size * noise(rng, xs, 30, 1)
        colour = colours[int(b * len(colours))]
        shape = f"{path(points(xs, line - body * 0.5))}L{path(points(xs[::-1], (line + body * 0.5)[::-1]))[1:]}Z"
        out += f'<path d="{shape}" fill="{stage.lit(colour, 0.35 * (1 - f), part)}" opacity=".62"/>'
    heads: dict[str, list[str]] = {}
    green: list[str] = []
    count = 420 if stage.fine else 90
    for a, b, c, d in sorted(rng.random((420, 4)).tolist()[:count]):
        f = a**0.8
        x, y = b * stage.width, stage.y(t[0] + (t[1] - t[0]) * f)
        s = (0.22 + 0.95 * f) * (0.6 + 0.6 * c) * (1 if stage.fine else 1.4)
        if d < 0.3:
            green.append(lens(x, y, s * 0.35, s * 1.1))
        else:
            heads.setdefault(colours[int((d - 0.3) / 0.7 * len(colours)) % len(colours)], []).append(
                lens(x, y, s, s * 0.62)
            )
    out += f'<path d="{"".join(green)}" fill="{stage.lit(leaf, 0.05, part)}" opacity=".8"/>'
    for colour, shapes in heads.items():
        out += f'<path d="{"".join(shapes)}" fill="{stage.bright(mix(colour, "#ffffff", 0.12), 0.05, 0.2, part)}"/>'
    return out


def pads(
    stage: Stage, rng: Rng, n: float | Sequence[float] = 12, t: Sequence[float] = (0.3, 0.9), green: str = "#5f9a52"
) -> str:
    """Paint water-lily pads with a notch, some in flower."""
    leaves, shine, petals, hearts = [], [], [], []
    for a, b, c, d in sorted(rng.random((round(pick(rng, n)), 4)).tolist()):
        tt = t[0] + (t[1] - t[0]) * a
        x, y, r = b * stage.width, stage.y(tt), (2 + 2.6 * c) * (0.35 + 0.9 * tt)
        h = r * 0.32
        leaves.append(
            f"M{x:.1f},{y:.1f}L{x + r:.1f},{y - h * 0.5:.1f}A{r:.1f},{h:.1f} 0 1 0 {x + r * 0.9:.1f},{y + h * 0.45:.1f}z"
        )
        shine.append(lens(x - r * 0.2, y - h * 0.3, r * 0.6, h * 0.3))
        if d < 0.35:
            for k in (-1.0, -0.5, 0.0, 0.5, 1.0):
                petals.append(
                    f"M{x:.1f},{y:.1f}q{k * r * 0.7 - r * 0.15:.1f},{-r * 0.35:.1f} {k * r * 0.55:.1f},{-r * (0.75 - 0.3 * abs(k)):.1f}q{r * 0.25:.1f},{r * 0.2:.1f} {-k * r * 0.55:.1f},{r * (0.75 - 0.3 * abs(k)):.1f}z"
                )
            hearts.append(lens(x, y - r * 0.15, r * 0.18, r * 0.1))
    out = f'<path d="{"".join(leaves)}" fill="{stage.lit(green, 0.1)}"/><path d="{"".join(shine)}" fill="{stage.bright(mix(green, "#e8f8b0", 0.4), 0.1, 0.3)}" opacity=".6"/>'
    return (
        out
        + f'<path d="{"".join(petals)}" fill="{stage.bright("#f4b8d0", 0.05, 0.2)}"/><path d="{"".join(hearts)}" fill="{stage.lit("#f6d24a", 0.05)}"/>'
    )


def _sprouts(
    stage: Stage, rng: Rng, xs: Polyline, line: Polyline, gap: Polyline, wet: bool, green: str, depth: float, part: str
) -> str:
    """Draw seedlings in rows, or ripples where a terrace is all water."""
    strokes = []
    for a, b, c in rng.random((40, 3)).tolist():
        x = a * stage.width
        y, g = float(np.interp(x, xs, line)), float(np.interp(x, xs, gap))
        strokes.append(lens(x, y + g * (0.3 + 0.5 * b), g * (0.12 + 0.25 * c), 0.08 + 0.02 * g))
    tone = mix(stage.sky_at(0.95), "#ffffff", 0.3) if wet else stage.shaded(green, depth, 0.4, part)
    return f'<path d="{"".join(strokes)}" fill="{tone}" opacity="{0.4 if wet else 0.55}"/>'


def _blossoms(
    stage: Stage,
    rng: Rng,
    heads: list[tuple[str, float, float]],
    view: tuple[float, float, float, float],
    bow: float,
    crop: float,
    part: str,
) -> str:
    """Draw dabs of light and shade along every row, larger towards the viewer."""
    meet, apex, top, low = view
    light: dict[str, list[str]] = {}
    dark: list[str] = []
    for colour, a, b in heads:
        for p, q, r in rng.random((54, 3)).tolist():
            f = p**0.7
            y = top + (low - top) * f
            x = meet + (a + (b - a) * q - meet) * (y - apex) / (low - apex) + bow * f * (1 - f)
            if not -3 < x < stage.width + 3:
                continue
            s = 0.25 + 1.3 * f * (0.5 + 0.5 * r)
            shape = lens(x, y - crop * 2.2 * f - s * 0.4, s * 0.8, s * 0.5)
            if r < 0.6:
                light.setdefault(colour, []).append(shape)
            else:
                dark.append(shape)
    out = batch(dark, f'fill="{stage.light.shadow}" opacity=".16"', 8)
    for colour, shapes in light.items():
        out += batch(shapes, f'fill="{stage.bright(mix(colour, "#ffffff", 0.3), 0.05, 0.3, part)}" opacity=".7"', 8)
    return out
