"""Brushes for what people build: roads, skylines, streets."""

from collections.abc import Sequence

import numpy as np

from ..light import mix
from .stage import Rng, Stage, curve, path, pick

__all__ = ["facades", "quay", "road", "skyline"]

LAMP = "rgb(255,214,120)"


def road(
    stage: Stage,
    rng: Rng,
    colour: str = "#8a7f72",
    t: float = 0.02,
    width: float = 60,
    far_width: float = 2.0,
    bend: float | Sequence[float] = (-22, 22),
    line: str | None = None,
    edge: str | None = None,
) -> str:
    """Paint a road or path that winds from the lower edge to the horizon."""
    middle, lean = stage.width * (0.35 + 0.3 * rng.random()), pick(rng, bend)
    ts = np.linspace(0, 1, 9)
    ys = np.array([stage.y(t + (1.05 - t) * f**1.5) for f in ts])
    xs = middle + lean * np.sin(ts * np.pi) * (1 - 0.5 * ts)
    half = (far_width + (width - far_width) * ts**1.5) / 2
    left = list(zip((xs - half).tolist(), ys.tolist(), strict=True))
    right = list(zip((xs + half)[::-1].tolist(), ys[::-1].tolist(), strict=True))
    fill = stage.linear([(0, stage.lit(colour, 0.6)), (1, stage.lit(mix(colour, "#ffffff", 0.12), 0))])
    border = f' stroke="{stage.lit(edge, 0.2)}" stroke-width="0.9"' if edge else ""
    out = f'<path d="{curve(left)} L{curve(right)[1:]}Z" fill="{fill}"{border}/>'
    if line:
        tone = stage.lit(line, 0)
        for a in range(1, 8, 1 if stage.fine else 2):
            f, g = a / 8 + 0.02, a / 8 + 0.07
            x, w = float(np.interp(f, ts, xs)), float(np.interp(f, ts, half)) * 0.07
            x2, w2 = float(np.interp(g, ts, xs)), float(np.interp(g, ts, half)) * 0.07
            y, y2 = float(np.interp(f, ts, ys)), float(np.interp(g, ts, ys))
            out += f'<path d="{path([(x - w, y), (x + w, y), (x2 + w2, y2), (x2 - w2, y2)], "Z")}" fill="{tone}"/>'
    return out


def skyline(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    n: float | Sequence[float] = (12, 16),
    height: Sequence[float] = (10, 32),
    t: float = 0.0,
    depth: float = 0.6,
    windows: bool = True,
    crowd: float = 0.5,
) -> str:
    """Paint a row of towers: lit side, shaded side, windows that glow after dark; `crowd` raises the middle."""
    count = round(pick(rng, n))
    base = stage.y(t)
    sunward = stage.sun[0] > stage.width / 2
    edges = np.sort(rng.random(count)) * 0.4 + np.linspace(-0.02, 0.98, count) * 0.6
    bulge = 0.35 + 0.3 * rng.random()
    out: list[str] = []
    order = rng.permutation(count)
    for i in order.tolist():
        u = rng.random(4)
        wide = stage.width / count * (0.7 + 0.6 * u[0])
        x = float(edges[i]) * stage.width
        swell = 1 - crowd + crowd * float(np.exp(-(((x / stage.width) - bulge) ** 2) * 14)) * 1.6
        tall = (height[0] + (height[1] - height[0]) * u[1]) * swell
        colour = colours[int(u[2] * len(colours))]
        face, side = stage.lit(colour, depth), stage.lit(mix(colour, "#101a30", 0.42), depth)
        fill = stage.linear([(0, face), (1, mix(face, stage.light.haze, 0.3))])
        cut = wide * 0.34
        dark_x = x if sunward else x + wide - cut
        out.append(
            f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" height="{tall + 2:.1f}" fill="{fill}"/>'
        )
        out.append(
            f'<rect x="{dark_x:.1f}" y="{base - tall:.1f}" width="{cut:.1f}" height="{tall + 2:.1f}" fill="{side}"/>'
        )
        if u[3] < 0.25 and tall > 14:
            out.append(
                f'<path d="{path([(x + wide * 0.5 - 0.25, base - tall), (x + wide * 0.5, base - tall * 1.22), (x + wide * 0.5 + 0.25, base - tall)], "Z")}" fill="{side}"/>'
            )
        elif u[3] > 0.8:
            out.append(
                f'<path d="{path([(x, base - tall), (x + wide / 2, base - tall - wide * 0.6), (x + wide, base - tall)], "Z")}" fill="{face}"/>'
            )
        if windows:
            out.append(_windows(stage, rng, x, base - tall, wide, tall, depth))
    return "".join(out)


def facades(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    roof: str = "#8a4a3a",
    n: int = 5,
    height: Sequence[float] = (26, 44),
    gap: float = 0.16,
) -> str:
    """Paint two rows of house fronts that run towards the vanishing point of a street."""
    vx, vy = stage.width * (0.42 + 0.16 * rng.random()), stage.horizon
    out: list[str] = []
    for side in (-1, 1):
        near = -stage.width * 0.06 if side < 0 else stage.width * 1.06
        stops = 1 - (1 - np.linspace(0, 1, n + 1)) ** 1.6
        for k in range(n - 1, -1, -1):
            a, b = float(stops[k]) * (1 - gap), float(stops[k + 1]) * (1 - gap)
            tall = height[0] + (height[1] - height[0]) * float(rng.random())
            colour = colours[int(rng.integers(len(colours)))]
            out.append(
                _front(
                    stage,
                    rng,
                    (near, vx, vy),
                    a,
                    b,
                    tall,
                    colour,
                    roof,
                    depth=0.65 * b,
                    lit_side=(stage.sun[0] < stage.width / 2) == (side > 0),
                )
            )
    return "".join(out)


def quay(stage: Stage, rng: Rng, colour: str = "#9a8f80", t: Sequence[float] = (0.66, 0.76)) -> str:
    """Paint a stone quay along the lower edge, with its top lit and its face in shade."""
    y = stage.y(pick(rng, t))
    top = stage.linear([(0, stage.lit(mix(colour, "#ffffff", 0.2), 0.1)), (1, stage.lit(colour, 0))])
    out = f'<rect x="-1" y="{y:.1f}" width="{stage.width + 2:.1f}" height="{101 - y:.1f}" fill="{top}"/>'
    out += f'<rect x="-1" y="{y - 2.2:.1f}" width="{stage.width + 2:.1f}" height="2.6" fill="{stage.lit(mix(colour, "#101820", 0.5), 0.1)}"/>'
    tone = stage.lit(mix(colour, "#202020", 0.3), 0)
    joints = "".join(
        f"M{x:.1f},{y:.1f}l{(x - stage.width / 2) * 0.35:.1f},{101 - y:.1f}" for x in np.linspace(0, stage.width, 8)
    )
    return out + f'<path d="{joints}" stroke="{tone}" stroke-width="0.4" opacity="0.6"/>'


# ---- fronts and windows --------------------------------------------------------------------------------------------


def _windows(stage: Stage, rng: Rng, x: float, y: float, wide: float, tall: float, depth: float) -> str:
    step = 2.1 if stage.fine else 4.2
    columns, rows = max(1, int(wide / step)), max(1, int((tall - 1) / (step * 1.15)))
    lit = rng.random((rows, columns)) < (0.55 if stage.light.dark else 0.8)
    size = step * 0.42
    d = "".join(
        f"M{x + (c + 0.5) * wide / columns - size / 2:.1f},{y + 1 + r * step * 1.15:.1f}h{size:.2f}v{size * 1.3:.2f}h-{size:.2f}z"
        for r in range(rows)
        for c in range(columns)
        if lit[r, c]
    )
    if not d:
        return ""
    tone, alpha = (LAMP, 0.85) if stage.light.dark else (stage.lit("#dff0fa", depth), 0.5)
    return f'<path d="{d}" fill="{tone}" opacity="{alpha}"/>'


def _front(
    stage: Stage,
    rng: Rng,
    view: tuple[float, float, float],
    a: float,
    b: float,
    tall: float,
    colour: str,
    roof: str,
    depth: float,
    lit_side: bool,
) -> str:
    near, vx, vy = view

    def at(share: float, level: float) -> tuple[float, float]:
        """Return a point on the row: `share` 0 = nearest … 1 = vanishing point; `level` 0 = street … 1 = eaves."""
        scale = 1 - share
        floor = vy + (104 - vy) * scale
        return near + (vx - near) * share, floor - level * tall * 1.7 * scale

    face = stage.lit(colour if lit_side else mix(colour, "#1c2440", 0.3), depth)
    shade = stage.lit(mix(colour, "#141c30", 0.35), depth)
    fill = stage.linear([(0, face), (1, mix(face, shade, 0.5))])
    out = f'<path d="{path([at(a, 0), at(a, 1), at(b, 1), at(b, 0)], "Z")}" fill="{fill}"/>'
    eave = stage.lit(roof, depth)
    out += f'<path d="{path([at(a - 0.01, 0.98), at(a + 0.02, 1.14), at(b - 0.01, 1.14), at(b, 0.98)], "Z")}" fill="{eave}"/>'
    glass = LAMP if stage.light.dark else stage.lit("#53687c", depth)
    panes = []
    columns, storeys = (3, 3) if stage.fine else (2, 2)
    for c in range(columns):
        for s in range(storeys):
            start, stop = a + (b - a) * (c + 0.25) / columns, a + (b - a) * (c + 0.7) / columns
            low, high = 0.3 + 0.68 * s / storeys, 0.3 + 0.68 * (s + 0.6) / storeys
            if not stage.light.dark or rng.random() < 0.7:
                panes.append(path([at(start, low), at(start, high), at(stop, high), at(stop, low)], "Z"))
    out += f'<path d="{"".join(panes)}" fill="{glass}" opacity="0.9"/>'
    awning = (stage.lit(("#b8433a", "#3f7d5c", "#d9a441", "#3d5f94")[int(rng.integers(4))], depth),)
    out += f'<path d="{path([at(a + 0.1 * (b - a), 0.24), at(a + 0.1 * (b - a), 0.29), at(b - 0.1 * (b - a), 0.29), at(b - 0.1 * (b - a), 0.24)], "Z")}" fill="{awning[0]}"/>'
    return out
