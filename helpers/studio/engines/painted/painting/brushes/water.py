"""Brushes for water and where it meets land: sea, lakes, surf, shores."""

from collections.abc import Sequence

import numpy as np

from ..light import mix
from .stage import Polyline, Rng, Stage, lens, noise, path, pick, points

__all__ = ["gleam", "pool", "shore", "swell", "water"]


def water(
    stage: Stage,
    rng: Rng,
    far: str,
    near: str,
    t: float = 0.0,
    to: float = 1.0,
    mirror: float = 0.5,
    ripples: float = 40,
    glitter: float = 90,
    part: str = "water",
) -> str:
    """Paint water that takes the sky's colours, with ripples and the sun's path on it."""
    light, top, bottom = stage.light, stage.y(t), stage.y(to)
    tall = bottom - top
    shiny = stage.accents.get("reflection", ("", 0.0))[1]
    mirror = min(0.92, mirror * (1 + 0.3 * shiny) + 0.28 * stage.low_sun)
    own = [stage.lit(mix(far, near, f), 0.45 * (1 - f), part) for f in (0, 0.35, 1)]
    own = [mix(colour, stage.mirrored(stage.sky_at(0.6)), 0.55 * stage.low_sun) for colour in own]
    sky = [stage.mirrored(stage.sky_at(f)) for f in (0.97, 0.74, 0.3 + 0.15 * stage.low_sun)]
    fill = stage.linear(
        [
            (0, mix(own[0], sky[0], min(0.95, mirror + 0.1))),
            (0.35, mix(own[1], sky[1], mirror * 0.85)),
            (1, mix(own[2], sky[2], mirror * (0.6 + 0.25 * stage.low_sun))),
        ]
    )
    out = [f'<rect x="-1" y="{top:.1f}" width="{stage.width + 2:.1f}" height="{tall + 0.6:.1f}" fill="{fill}"/>']
    out.append(_ripples(stage, rng, top, tall, round(ripples), mix(sky[0], "#ffffff", 0.25), own[2]))
    if light.disc != "none" and glitter:
        out.append(_sun_path(stage, rng, top, tall, glitter * (1 + 0.5 * shiny)))
    return "".join(out)


def shoreline(stage: Stage, rng: Rng, t: Sequence[float], lean: float, bow: float, xs: Polyline) -> Polyline:
    """Return where the water ends at each place across: sloping to the layout's side, bowed like a bay, and uneven."""
    s = (xs / stage.width - 0.5) * stage.side
    base = stage.y(pick(rng, t))
    uneven = noise(rng, xs, 34, 2)
    line = base - lean * s + bow * (1 - 4 * s * s) + 1.5 * uneven
    return np.maximum(line, stage.horizon + 2.5)


def shore(
    stage: Stage,
    rng: Rng,
    t: Sequence[float],
    sand: str,
    wet: str,
    near: str | None = None,
    foam: str = "#fffdf6",
    lean: float | Sequence[float] = (0, 16),
    bow: float | Sequence[float] = (-3, 5),
    breakers: int = 3,
    shallow: str = "#7fd6cf",
    part: str = "sand",
) -> str:
    """Paint where water meets land: clear shallows, breakers, lacy foam, wet sand that mirrors the sky, dry sand."""
    xs = stage.xs(64, 20)
    line = shoreline(stage, rng, t, pick(rng, lean), pick(rng, bow), xs)
    k = 0.35 + 0.8 * (line - stage.horizon) / (100 - stage.horizon)  # perspective: everything is smaller far away
    lobes = noise(rng, xs, 19, 2)
    swash = line + k * (1.4 + 3.6 * np.abs(np.sin(xs * 0.11 + 5 * rng.random()))) * (0.65 + 0.35 * lobes)
    low, mid = stage.sky_at(0.95), stage.sky_at(0.6)
    white = mix(stage.lit(foam, 0.1), "#ffffff", 0.2 + 0.25 * stage.low_sun)

    def below(ys: Polyline) -> str:
        return f"{stage.flow(points(xs, ys))}L{xs[-1]:.1f},102 L{xs[0]:.1f},102Z"

    def seaward(
        start: float, end: float, stops: Sequence[tuple[float, str]] | Sequence[tuple[float, str, float]]
    ) -> str:
        """Return a gradient at right angles to the shore, from so far out to so far inland."""
        slope = float(line[-1] - line[0]) / float(xs[-1] - xs[0])
        x, y, size = stage.width / 2, float(line.mean()), (1 + slope * slope) ** 0.5
        across, down = -slope / size, 1 / size
        return stage.across((x + across * start, y + down * start), (x + across * end, y + down * end), stops)

    clear = mix(stage.lit(shallow, 0.15, "water"), stage.mirrored(mid), 0.25 + 0.4 * stage.low_sun)
    out = [f'<path d="{below(line - k * 16)}" fill="{seaward(-13, 1, [(0, clear, 0.0), (1, clear, 0.75)])}"/>']
    shadow = mix(stage.lit("#1d5a70", 0.1, "water"), stage.light.shadow, 0.3 + 0.3 * stage.low_sun)
    for i in range(breakers, 0, -1):
        crest = line - k * (5.2 * i - 1.5) + noise(rng, xs, 40, 2) * k
        body = k * 2.2 * (noise(rng, xs, 30 - 3 * i, 3) + 0.4 - 0.12 * i)
        out.append(f'<path d="{_broken(crest + k * 0.8, body * 1.1, xs)}" fill="{shadow}" opacity=".3"/>')
        out.append(f'<path d="{_broken(crest, body * 0.8, xs)}" fill="{white}" opacity="{0.9 - 0.15 * i:.2f}"/>')
    damp, dry = stage.lit(wet, 0.1, part), stage.lit(sand, 0.12, part)
    sheen = mix(damp, low, 0.5 + 0.15 * stage.low_sun)
    soak = swash + k * (7 + 3 * noise(rng, xs, 30, 2))
    out.append(f'<path d="{below(line)}" fill="{mix(damp, mid, 0.35)}"/>')
    out.append(f'<path d="{below(swash - k * 0.2)}" fill="{seaward(0, 13, [(0, sheen), (1, mix(damp, dry, 0.35))])}"/>')
    if stage.light.disc != "none":
        at = float(np.interp(stage.sun[0], xs, swash))
        reach = (15 + stage.width * 0.08, 14)
        glow = stage.spot((stage.sun[0], at), reach, [(0, stage.light.glow, 0.6), (1, stage.light.glow, 0)])
        out.append(f'<path d="{below(swash)}" fill="{glow}"/>')
    out.append(f'<path d="{below(soak)}" fill="{seaward(4, 15, [(0, dry, 0.35), (1, dry, 0.8)])}"/>')
    front = stage.lit(near or mix(sand, "#7a4a30", 0.12), 0, part)
    out.append(
        f'<path d="{below(soak + k * 2)}" fill="{seaward(6, 34, [(0, dry), (0.5, stage.bright(sand, 0.05, 0.3, part)), (1, front)])}"/>'
    )
    film = _broken(swash, swash - line + k * 0.6, xs)
    out.append(f'<path d="{film}" fill="{mix(clear, white, 0.5)}" opacity=".6"/>')
    lace = k * (1.0 + 0.6 * noise(rng, xs, 9, 2))
    out.append(f'<path d="{_broken(swash + 0.25 * k, lace, xs)}" fill="{white}" opacity=".95"/>')
    inner = line + (swash - line) * 0.35
    out.append(
        f'<path d="{_broken(inner, k * 1.5 * (noise(rng, xs, 13, 3) + 0.35), xs)}" fill="{white}" opacity=".85"/>'
    )
    out.append(f'<path d="{_broken(swash + 0.9 * k, 0.5 * k, xs)}" fill="{stage.light.shadow}" opacity=".16"/>')
    if stage.fine:
        web = [
            _broken(line + (swash - line) * f, k * 0.5 * (noise(rng, xs, 6, 2) + 0.1), xs) for f in (0.1, 0.55, 0.75)
        ]
        out.append(f'<path d="{"".join(web)}" fill="{white}" opacity=".6"/>')
        out.append(_sand_ripples(stage, rng, xs, soak, sand, part))
    return "".join(out)


def swell(
    stage: Stage,
    rng: Rng,
    colour: str,
    n: int = 6,
    t: Sequence[float] = (0.12, 1.0),
    height: float | Sequence[float] = 7,
    crest: str = "#8fe0d4",
    foam: str = "#f8fdff",
    part: str = "water",
) -> str:
    """Paint rolling waves in the open: each a dark face under a glowing crest, with broken white along it."""
    xs = stage.xs(56, 20)
    out, big, more = [], pick(rng, height), stage.aside(rng)
    white = mix(stage.lit(foam, 0.05), "#ffffff", 0.2)
    for i in range(n):
        f = ((i + 0.35) / n) ** 1.5
        depth = 0.5 * (1 - f)
        tall = big * (0.12 + f)
        rise = noise(rng, xs, 14 + 34 * f, 3, 0.4) * 0.55 + 0.5
        ys = stage.y(t[0] + (t[1] - t[0]) * f) - tall * rise
        sky = [stage.mirrored(stage.sky_at(f)) for f in (0.35, 0.9)]
        deep = mix(stage.lit(colour, depth, part), sky[0], 0.25 + 0.15 * stage.low_sun)
        thin = mix(stage.bright(crest, depth, 0.35, part), sky[1], 0.25)
        fill = stage.across(
            (0, float(ys.min())),
            (0, float(ys.min()) + tall * 1.7),
            [(0, thin, 0.85), (0.35, deep, 0.7), (1, deep, 0.0)],
        )
        low = float(ys.min()) + tall * 1.8
        out.append(
            f'<path d="{stage.flow(points(xs, ys))}L{xs[-1]:.1f},{low:.1f}L{xs[0]:.1f},{low:.1f}Z" fill="{fill}"/>'
        )
        cap = (0.25 + 1.1 * f) * (noise(rng, xs, 12 + 20 * f, 3) + rise - 0.75) * big * 0.2
        out.append(f'<path d="{_broken(ys + 0.2, cap, xs)}" fill="{white}" opacity=".85"/>')
        if stage.fine and f > 0.15:
            lace = (0.1 + 0.5 * f) * (noise(more, xs, 7 + 8 * f, 3) + 0.1)
            out.append(f'<path d="{_broken(ys + tall * 0.45 + 1, lace, xs)}" fill="{white}" opacity=".4"/>')
    return "".join(out)


def gleam(stage: Stage, rng: Rng, strength: float = 0.6) -> str:
    """Paint bands of sky on the water; on dry land, a pond that shows them."""
    light = stage.light
    low, high = (stage.mirrored(light.sky[at][1]) for at in (-1, len(light.sky) // 2))
    out = []
    if stage.water is None:
        x, y = stage.width * (0.25 + 0.5 * rng.random()), stage.y(0.45 + 0.25 * rng.random())
        wide = stage.width * 0.22
        fill = stage.linear([(0, mix(low, "#ffffff", 0.15)), (1, mix(high, "#1a3c58", 0.35))])
        rim = stage.lit("#5d6b3c", 0.1)
        out.append(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{wide * 1.04:.1f}" ry="{wide * 0.2:.1f}" fill="{rim}"/>')
        out.append(f'<ellipse cx="{x:.1f}" cy="{y + 0.6:.1f}" rx="{wide:.1f}" ry="{wide * 0.18:.1f}" fill="{fill}"/>')
        return "".join(out)
    top, bottom = stage.y(stage.water[0] * 0.5), stage.y(stage.water[1])
    for i, (a, b) in enumerate(rng.random((9, 2)).tolist()):
        f = ((i + a) / 9) ** 1.3
        y, wide = top + f * (bottom - top), stage.width * (0.1 + 0.22 * b)
        tone = mix(low if i % 2 else high, "#ffffff", 0.45)
        out.append(
            f'<ellipse cx="{b * stage.width:.1f}" cy="{y:.1f}" rx="{wide:.1f}" ry="{0.35 + 1.1 * f:.2f}" '
            f'fill="{tone}" opacity="{strength * 0.6:.2f}"/>'
        )
    return "".join(out)


def breakers(stage: Stage, rng: Rng, xs: Polyline, y: float, size: float) -> str:
    """Draw white water along the foot of a rock, from xs[0] to xs[-1]."""
    white = mix(stage.lit("#fbfeff", 0.1), "#ffffff", 0.2)
    line, out = y + 0.3 * noise(rng, xs, 20, 2), ""
    for shift, strength in ((0.0, 0.9), (1.4, 0.5)):
        thick = size * (1.1 + 1.4 * noise(rng, xs, 9, 3))
        out += f'<path d="{_broken(line + (0.5 + shift) * size, thick, xs)}" fill="{white}" opacity="{strength}"/>'
    return out


def pool(
    stage: Stage,
    rng: Rng,
    t: Sequence[float] = (0.4, 0.6),
    width: float | Sequence[float] = (0.16, 0.3),
    floor: str = "#1c4a58",
    rim: str = "#3a322c",
) -> str:
    """Paint still water in a hollow that mirrors the sky."""
    y, half = stage.y(pick(rng, t)), stage.width * pick(rng, width)
    x = stage.width * (0.42 + 0.16 * rng.random())
    tall = 2.5 + half * 0.13
    a = np.linspace(0, 2 * np.pi, 22)
    edge = 1 + 0.16 * noise(rng, a * 16, 18, 2)
    edge[-1] = edge[0]
    px, py = x + half * np.cos(a) * edge, y + tall * np.sin(a) * edge
    fill = stage.across(
        (0, y - tall),
        (0, y + tall),
        [
            (0, stage.mirrored(stage.sky_at(0.9))),
            (0.5, mix(stage.mirrored(stage.sky_at(0.6)), stage.lit(floor, 0, "water"), 0.5)),
            (1, stage.shaded(floor, 0, 0.3, "water")),
        ],
    )
    edge_line = path(points(px, py - 0.5), "Z")
    glints = "".join(
        [
            lens(x + half * (b - 0.5) * 1.4, y + tall * (c - 0.5), half * 0.12 * (0.4 + b), 0.2)
            for b, c in rng.random((9, 2)).tolist()
        ]
    )
    return (
        f'<path d="{edge_line}" fill="{stage.shaded(rim, 0, 0.3)}"/><path d="{path(points(px, py), "Z")}" fill="{fill}"/>'
        f'<path d="{glints}" fill="{stage.light.glow}" opacity=".5"/>'
    )


def _ripples(stage: Stage, rng: Rng, top: float, tall: float, count: int, crest: str, trough: str) -> str:
    """Draw strokes of sky and of deep water, long and thin, wider towards the viewer."""
    strokes: tuple[list[str], list[str]] = ([], [])
    shown = count if stage.fine else count // 2
    for i, (a, b, c) in enumerate(rng.random((count, 3)).tolist()[:shown]):
        f = ((i + a) / shown) ** 1.5
        strokes[i % 2].append(
            lens(b * stage.width, top + 0.5 + f * tall, (3 + 15 * f) * (0.4 + c), 0.1 + 0.55 * f * (0.5 + 0.5 * c))
        )
    dark = mix(trough, "#06101f", 0.3)
    return (
        f'<path d="{"".join(strokes[0])}" fill="{crest}" opacity=".26"/>'
        f'<path d="{"".join(strokes[1])}" fill="{dark}" opacity=".22"/>'
    )


def _sun_path(stage: Stage, rng: Rng, top: float, tall: float, count: float) -> str:
    """Draw the glowing road from the sun to the viewer: a soft column, then sparks that widen as they come nearer."""
    light, x, low = stage.light, stage.sun[0], stage.low_sun
    wide = stage.width * 0.1 + 9 + 9 * low
    column = stage.spot(
        (x, top),
        (wide, tall),
        [(0, light.sun, 0.35 + 0.4 * low), (0.3, light.glow, 0.2 + 0.3 * low), (1, light.glow, 0)],
    )
    out = [f'<path d="M{x - wide:.1f},{top:.1f}h{2 * wide:.1f}v{tall:.1f}h{-2 * wide:.1f}z" fill="{column}"/>']
    n = round(count)
    sway, length = rng.standard_normal(n).tolist(), rng.random(n).tolist()
    shown = n if stage.fine else round(n * 0.55)
    bands: tuple[list[str], list[str]] = ([], [])
    for i in range(shown):
        f = ((i + 0.3) / shown) ** 1.5
        spread = 1.0 + (4 + 4 * low) * f**0.8
        bands[i % 2].append(
            lens(
                x + sway[i] * spread * 0.8,
                top + 0.3 + f * tall * 0.97,
                (1.6 + 6.5 * f) * (0.3 + 0.7 * length[i]),
                0.12 + 0.36 * f * (0.4 + 0.6 * length[i]),
            )
        )
    out.append(f'<path d="{"".join(bands[0])}" fill="{light.sun}" opacity="{0.55 + 0.3 * low:.2f}"/>')
    out.append(f'<path d="{"".join(bands[1])}" fill="{light.glow}" opacity="{0.4 + 0.3 * low:.2f}"/>')
    return "".join(out)


def _broken(line: Polyline, thick: Polyline, xs: Polyline) -> str:
    """Draw a line of foam that comes and goes: as thick as `thick` where that is positive."""
    there = np.flatnonzero(thick > 0)
    if not len(there):
        return ""
    keep = np.zeros(len(xs) + 2, bool)
    keep[there] = keep[there + 1] = keep[there + 2] = True  # where there is foam, and one point to each side
    some = keep[1:-1]
    xs, line, thick = xs[some], line[some], thick[some]
    top = points(xs, line - np.maximum(thick, 0.0))
    return path(top) + "L" + path(points(xs[::-1], line[::-1]))[1:] + "Z"


def _sand_ripples(stage: Stage, rng: Rng, xs: Polyline, edge: Polyline, sand: str, part: str) -> str:
    """Draw wind marks and dimples on dry sand: pairs of a shaded and a sunlit stroke."""
    dark, light = [], []
    for a, b, c in rng.random((46, 3)).tolist():
        x = a * stage.width
        start = float(np.interp(x, xs, edge)) + 4
        y = start + (101 - start) * b**0.8
        if y > 101:
            continue
        wide, tall = (2 + 6 * c) * (0.4 + b), 0.22 + 0.5 * b
        dark.append(lens(x, y, wide, tall))
        light.append(lens(x - wide * 0.1, y + tall * 1.1, wide * 0.8, tall * 0.7))
    return (
        f'<path d="{"".join(dark)}" fill="{stage.shaded(sand, 0, 0.5, part)}" opacity=".22"/>'
        f'<path d="{"".join(light)}" fill="{stage.bright(sand, 0, 0.5, part)}" opacity=".35"/>'
    )
