"""Brushes for what is overhead: sky, stars, sun or moon, clouds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from ..light import mix
from .stage import Rng, Stage, pick

__all__ = ["clouds", "orb", "sky", "stars", "sun"]

Kind = Literal["any", "heaps", "streaks", "flock", "bank", "field", "tower", "sheet", "clear"]
_KINDS: tuple[tuple[Kind, float], ...] = (
    ("heaps", 0.18),
    ("streaks", 0.36),
    ("flock", 0.48),
    ("bank", 0.6),
    ("field", 0.78),
    ("tower", 0.92),
    ("clear", 1.0),
)
"""Kinds of clouds, and up to which random number each is drawn."""


def sky(stage: Stage, rng: Rng) -> str:
    """Paint the light's sky, from the upper edge to below the horizon."""
    fill = stage.linear(list(stage.light.sky))
    out = f'<rect x="-1" y="-1" width="{stage.width + 2:.1f}" height="{stage.horizon + 8:.1f}" fill="{fill}"/>'
    if stage.light.stars:
        out += stars(stage, rng, stage.light.stars)
    return out


def stars(stage: Stage, rng: Rng, n: float | Sequence[float], to: float = 1.0) -> str:
    """Paint stars that thin out towards the horizon; a few large ones even in small pictures."""
    out = []
    for i in range(round(pick(rng, n))):
        x, u, r = rng.random(3)
        y = stage.horizon * to * u**1.3
        size = 0.12 + 0.3 * r**6
        if stage.fine or i % 4 == 0:
            out.append(
                f'<circle cx="{x * stage.width:.1f}" cy="{y:.1f}" r="{size:.2f}" fill="#fff" opacity="{0.35 + 0.65 * r:.2f}"/>'
            )
    return "".join(out)


def sun(stage: Stage, rng: Rng, size: float | Sequence[float] | None = None) -> str:
    """Paint the sun's or moon's disc with its glow."""
    light, (x, y) = stage.light, stage.sun
    if light.disc == "none":
        return ""
    r = pick(rng, size if size is not None else light.sun_size)
    glow = stage.radial([(0, light.glow, 0.85), (0.25, light.glow, 0.4), (1, light.glow, 0)])
    wide = stage.radial([(0, light.glow, 0.35), (1, light.glow, 0)])
    out = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{light.glow_size * 2.2:.1f}" fill="{wide}"/>'
    out += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{light.glow_size:.1f}" fill="{glow}"/>'
    out += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" fill="{light.sun}"/>'
    if light.disc == "moon":
        shade = mix(light.sun, "#8a94a8", 0.4)
        out += "".join(
            f'<circle cx="{x + dx * r:.2f}" cy="{y + dy * r:.2f}" r="{s * r:.2f}" fill="{shade}" opacity="0.5"/>'
            for dx, dy, s in ((-0.35, -0.2, 0.22), (0.25, 0.3, 0.28), (0.3, -0.4, 0.14), (-0.2, 0.45, 0.12))
        )
    return out


def clouds(
    stage: Stage,
    rng: Rng,
    n: float | Sequence[float] = (3, 6),
    t: Sequence[float] = (-0.95, -0.2),
    size: float | Sequence[float] = (10, 22),
    flat: float = 0.35,
    colour: str | None = None,
    opacity: float = 0.85,
    kind: Kind = "any",
) -> str:
    """Paint clouds of one `kind`: of "any", each layout has its own; where the light has no sun, they are a sheet.

    Heaps have lit tops and shaded feet (a small `flat` gives streaks); streaks are thin ice clouds high up, a flock is rows
    of small ones, and a bank towers along the horizon with a few heaps above it. A field is of clouds with flat feet that
    shrink towards the horizon; one tower stands at a side; a sheet covers the sky, and a clear sky has none.
    """
    drawn, u = kind, float(rng.random())
    if kind == "any":
        overcast = stage.light.disc == "none" and not stage.light.dark
        drawn = "sheet" if overcast else next(name for name, share in _KINDS if u < share)
    light, count = stage.light, round(pick(rng, n))
    top, foot = colour or light.cloud, mix(colour, "#555a66", 0.3) if colour else light.cloud_shade
    if drawn == "streaks":
        return _streaks(stage, rng, max(2, count), top, opacity)
    if drawn == "flock":
        return _flock(stage, rng, 4 + count, top, foot, opacity)
    if drawn == "clear":
        return ""
    if drawn == "field":
        return _field(stage, rng, 4 + count, mix(top, stage.sky_at(0.5), 0.12), foot)
    if drawn == "tower":
        return _tower(stage, rng, mix(top, stage.sky_at(0.5), 0.1), foot)
    if drawn == "sheet":
        return _sheet(stage, rng, top, foot)
    if drawn == "bank":
        return _bank(stage, rng, top, foot, opacity) + _heaps(stage, rng, count // 3, t, size, flat, top, foot, opacity)
    return _heaps(stage, rng, count, t, size, flat, top, foot, opacity)


def _heaps(
    stage: Stage,
    rng: Rng,
    count: int,
    t: Sequence[float],
    size: float | Sequence[float],
    flat: float,
    top: str,
    foot: str,
    opacity: float,
) -> str:
    body = stage.radial([(0, top, 0.95), (0.6, top, 0.85), (0.85, top, 0.35), (1, top, 0)])
    shade = stage.radial([(0, foot, 0.8), (0.5, foot, 0.5), (1, foot, 0)])
    out = []
    for _ in range(count):
        u = rng.random(3)
        across = pick(rng, size) * (0.6 + 0.8 * u[2])
        y = stage.y(t[0] + (t[1] - t[0]) * u[1])
        across *= 0.5 + 0.8 * (1 - y / max(stage.horizon, 1))
        x, tall = stage.width * (1.2 * u[0] - 0.1), across * flat
        puffs = 7 if flat > 0.2 else 3
        out.append(f'<g opacity="{opacity:.2f}">')
        for _ in range(3):
            dx = (rng.random() - 0.5) * across
            out.append(
                f'<ellipse cx="{x + dx:.1f}" cy="{y + tall * 0.3:.1f}" rx="{across * 0.45:.1f}" ry="{tall * 0.4:.1f}" fill="{shade}"/>'
            )
        for k in range(puffs):
            dx = (k / (puffs - 1) - 0.5) * across * 1.2
            bulge = 1 - (2 * dx / (across * 1.4)) ** 2
            lift = bulge * tall * (0.1 + 0.45 * rng.random())
            r = across * (0.13 + 0.13 * bulge + 0.08 * rng.random())
            out.append(
                f'<ellipse cx="{x + dx:.1f}" cy="{y - lift:.1f}" rx="{r:.1f}" ry="{max(r * flat * 1.9, 0.4):.1f}" fill="{body}"/>'
            )
        out.append(
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{across * 0.55:.1f}" ry="{max(tall * 0.42, 0.3):.1f}" fill="{body}"/></g>'
        )
    return "".join(out)


def orb(stage: Stage, rng: Rng, kind: Literal["sun", "moon"]) -> str:
    """Paint a sun or moon that the prompt names: larger than the light's own, and there in any light."""
    x, y = stage.sun
    r = 6.5 + 1.5 * rng.random()
    if stage.light.disc not in (kind, "none"):  # the light has the other one: stand apart from it
        x = stage.width - x
    y = max(y, r * 1.4) if kind == "sun" else max(min(y, stage.horizon * 0.6), r * 1.4)
    tone, halo = ("#fff0b0", "#ffd070") if kind == "sun" else ("#f4f2e4", "#c4d4f0")
    glow = stage.radial([(0, halo, 0.9), (0.3, halo, 0.35), (1, halo, 0)])
    out = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 4:.1f}" fill="{glow}"/>'
    out += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" fill="{tone}"/>'
    if kind == "moon":
        out += "".join(
            f'<circle cx="{x + dx * r:.2f}" cy="{y + dy * r:.2f}" r="{s * r:.2f}" fill="#c3c4bc" opacity="0.55"/>'
            for dx, dy, s in ((-0.35, -0.2, 0.22), (0.25, 0.3, 0.28), (0.3, -0.4, 0.14), (-0.2, 0.45, 0.12))
        )
    return out


def _streaks(stage: Stage, rng: Rng, count: int, top: str, opacity: float) -> str:
    """Draw wisps of ice high up, all combed one way by the wind."""
    fill = stage.radial([(0, top, 0.75), (0.5, top, 0.4), (1, top, 0)])
    slant = (float(rng.random()) - 0.5) * 36
    out = []
    for a, b, c in rng.random((count, 3)).tolist():
        x, y = stage.width * (1.1 * a - 0.05), stage.horizon * (0.08 + 0.66 * b)
        long = (13 + 19 * c) * (1.1 - 0.6 * b)
        hairs = [
            f'<ellipse cx="{long * (p - 0.5) * 1.3:.1f}" cy="{(k - 2) * long * 0.075:.1f}" rx="{long * (0.5 + 0.6 * q):.1f}" '
            f'ry="{long * (0.03 + 0.06 * p):.2f}" fill="{fill}"/>'
            for k, (p, q) in enumerate(rng.random((5, 2)).tolist())
        ]
        out.append(
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({slant * (1 - 0.7 * b):.0f})">{"".join(hairs)}</g>'
        )
    return f'<g opacity="{opacity:.2f}">{"".join(out)}</g>'


def _flock(stage: Stage, rng: Rng, count: int, top: str, foot: str, opacity: float) -> str:
    """Draw rows of small clouds on one level, which shrink towards the horizon, over a part of the sky."""
    body = stage.radial([(0, top, 0.95), (0.6, top, 0.75), (1, top, 0)])
    shade = stage.radial([(0, foot, 0.7), (1, foot, 0)])
    feet, tops = [], []
    lean, middle = (float(rng.random()) - 0.5) * 26, 0.25 + 0.5 * float(rng.random())
    for near in (1.0, 0.74, 0.54, 0.38, 0.26)[: 5 if stage.fine else 4]:
        level = stage.horizon * (0.98 - 0.86 * near)
        across = max(4, round(count / (0.3 + near)))
        for k, (a, b, c, e) in enumerate(rng.random((across, 4)).tolist()):
            share = (k + c) / across
            if a < 0.2 + 0.9 * abs(share - middle):
                continue
            x, y = stage.width * (1.2 * share - 0.1), level + near * (lean * (share - 0.5) + 9 * (b - 0.5))
            r = near * (3.6 + 5.5 * e)
            feet.append(
                f'<ellipse cx="{x:.1f}" cy="{y + r * 0.2:.1f}" rx="{r:.1f}" ry="{r * 0.3:.1f}" fill="{shade}"/>'
            )
            tops.append(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r:.1f}" ry="{r * 0.32:.1f}" fill="{body}"/>')
            tops.append(
                f'<ellipse cx="{x + r * (b - 0.5):.1f}" cy="{y - r * 0.22:.1f}" rx="{r * 0.55:.1f}" ry="{r * 0.32:.1f}" fill="{body}"/>'
            )
    return f'<g opacity="{opacity:.2f}">{"".join(feet)}{"".join(tops)}</g>'


def _bank(stage: Stage, rng: Rng, top: str, foot: str, opacity: float) -> str:
    """Draw towers of cloud that stand behind the horizon, highest on one side."""
    side, tall = stage.side, stage.horizon * (0.34 + 0.26 * float(rng.random()))
    count = max(6, round(0.13 * stage.width))
    layers = []
    for share, tone in ((1.0, mix(top, foot, 0.35)), (0.62, top)):
        step = (stage.width + 16) / count
        rise = rng.random((count + 1, 2)).tolist()
        line = []
        for k, (a, b) in enumerate(rise):
            x = k / count
            heap = 0.25 + 0.75 * (x if side > 0 else 1 - x)
            line.append((step * (k + 0.5 * (b - 0.5)) - 8, stage.horizon - share * tall * heap * (0.45 + 0.55 * a)))
        d = [f"M{line[0][0]:.1f},{stage.horizon + 4:.1f}L{line[0][0]:.1f},{line[0][1]:.1f}"]
        for (x0, y0), (x1, y1) in pairwise(line):
            puff = step * 0.55
            d.append(
                f"C{x0 - puff * 0.3:.1f},{min(y0, y1) - puff:.1f} {x1 + puff * 0.3:.1f},{min(y0, y1) - puff:.1f} {x1:.1f},{y1:.1f}"
            )
        high = min(y for _, y in line) - step * 0.4
        fill = stage.across(
            (0, high),
            (0, stage.horizon),
            [(0, tone, 0.95), (0.55, mix(tone, foot, 0.5), 0.8), (1, stage.light.haze, 0.1)],
        )
        layers.append(f'<path d="{"".join(d)}V{stage.horizon + 4:.1f}Z" fill="{fill}"/>')
    return f'<g opacity="{opacity:.2f}">{"".join(layers)}</g>'


def _field(stage: Stage, rng: Rng, count: int, top: str, foot: str) -> str:
    """Draw fair-weather clouds with flat feet, large and apart overhead, small and close towards the horizon."""
    out = []
    for k, (a, b, c) in enumerate(sorted(rng.random((count + 3, 3)).tolist(), key=lambda u: -u[1])):
        near = 0.16 + 0.84 * (1 - b) ** 1.5
        x, y = stage.width * ((k * 0.618 + 0.3 * a) % 1.2 - 0.1), stage.horizon * (0.97 - 0.8 * near)
        wide = near * (15 + 17 * c)
        out.append(_heap(stage, rng, x, y, wide, wide * (0.3 + 0.16 * a), top, mix(foot, stage.light.haze, 0.6 * b)))
    return "".join(out)


def _tower(stage: Stage, rng: Rng, top: str, foot: str) -> str:
    """Draw one towering cloud behind the horizon, at the layout's light side, with smaller ones at its feet."""
    tall = stage.horizon * (0.6 + 0.24 * float(rng.random()))
    x = stage.width * (0.5 - stage.side * (0.16 + 0.2 * float(rng.random())))
    wide, y, side = 30 + 16 * float(rng.random()), stage.horizon + 2, stage.side
    deep = mix(foot, stage.light.haze, 0.35)
    piles = (  # across, up, wide, tall; the farthest first
        (0.12, 0.52, 0.6, 0.48),
        (0.24, 0.28, 0.66, 0.42),
        (-0.06, 0.2, 0.9, 0.42),
        (-0.6, 0.0, 0.9, 0.26),
        (0.62, 0.0, 1.0, 0.24),
        (0.0, 0.0, 1.2, 0.38),
    )
    out = [
        _heap(stage, rng, x + side * a * wide, y - up * tall, w * wide, h * tall, top, mix(top, deep, 1 - up), 34, 0.42)
        for a, up, w, h in piles
    ]
    return "".join(out)


def _heap(
    stage: Stage,
    rng: Rng,
    x: float,
    y: float,
    wide: float,
    tall: float,
    top: str,
    foot: str,
    n: int = 9,
    puff: float = 1.0,
) -> str:
    """Draw one cloud on a flat foot: a pile of `n` rounds, lit above and on the side that the sun is on; of smaller ones,
    by the factor `puff`, on the edge of a dome."""
    rounds, lit = [], []
    for k, (a, b) in enumerate(rng.random((n, 2)).tolist()):
        across = (k + 0.5) / n * 2 - 1
        r = max(0.4, tall * (0.18 + 0.3 * (1 - across * across)) * (0.7 + 0.6 * a) * puff)
        rise = 0.5 * b if puff == 1 else 0.72 * b**0.35
        cx, cy = x + across * 0.5 * (wide - r), y - r * 0.7 - (1 - across * across) * tall * rise
        rounds.append(_disc(cx, cy, r))
        lit.append(_disc(cx + 0.16 * r * stage.sunward, cy - 0.16 * r, 0.78 * r))
    body = stage.across((0, y - tall), (0, y), [(0, top), (0.55, mix(top, foot, 0.35)), (1, foot)])
    glow = stage.across((0, y - tall), (0, y), [(0, mix(top, "#ffffff", 0.5), 0.9), (0.7, top, 0.0), (1, top, 0.0)])
    half, high = 0.46 * wide, 0.3 * tall
    base = (
        f"M{x - half:.1f},{y:.1f}q{-0.05 * wide:.1f},{-0.6 * high:.1f} {0.07 * wide:.1f},{-high:.1f}h{2 * half - 0.14 * wide:.1f}"
        f"q{0.12 * wide:.1f},{0.4 * high:.1f} {0.07 * wide:.1f},{high:.1f}z"
    )
    if puff < 1:
        base += f"M{x - half:.1f},{y:.1f}a{half:.1f},{0.8 * tall:.1f} 0 0 1 {2 * half:.1f},0z"
    return f'<path d="{"".join(rounds)}{base}" fill="{body}"/><path d="{"".join(lit)}" fill="{glow}"/>'


def _disc(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f},{y:.1f}a{r:.1f},{r:.1f} 0 0 1 {2 * r:.1f},0a{r:.1f},{r:.1f} 0 0 1 {-2 * r:.1f},0z"


def _sheet(stage: Stage, rng: Rng, top: str, foot: str) -> str:
    """Draw long soft folds of cloud over the whole sky, broad overhead and thin towards the horizon."""
    pale = stage.radial([(0, top, 0.6), (0.6, top, 0.34), (1, top, 0)])
    grey = stage.radial([(0, foot, 0.5), (0.6, foot, 0.3), (1, foot, 0)])
    out = []
    for k, (a, b, c) in enumerate(rng.random((15, 3)).tolist()):
        near = 1 - (k + b) / 15
        y, tall = stage.horizon * (0.96 - 0.98 * near), (2 + 9 * near) * (0.7 + 0.6 * c)
        out.append(
            f'<ellipse cx="{stage.width * (1.2 * a - 0.1):.1f}" cy="{y:.1f}" rx="{24 + 26 * c:.1f}" ry="{tall:.1f}" fill="{(pale, grey)[k % 2]}"/>'
        )
    return "".join(out)
