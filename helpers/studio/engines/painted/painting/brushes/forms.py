"""Brushes for great forms of the land: mesas, volcanoes, islands, the mouth of a cave."""

from collections.abc import Sequence

import numpy as np

from ..light import mix
from .stage import Rng, Stage, lens, noise, path, pick, points

__all__ = ["cavern", "isle", "mesas", "volcano"]


def mesas(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    height: float | Sequence[float],
    t: float = 0.0,
    depth: float = 0.5,
    n: float | Sequence[float] = 3,
    width: float | Sequence[float] = (10, 22),
    x: Sequence[float] = (0.05, 0.95),
    side: int = 0,
    taper: float = 0.35,
    part: str = "mountain",
) -> str:
    """Paint flat-topped rock in coloured layers, each a step wider than the one above, one flank in shadow."""
    count = max(1, round(pick(rng, n)))
    base, shadow_side = stage.y(t), -stage.sunward
    slabs: dict[str, list[str]] = {c: [] for c in colours}
    dark, cracks, tops = [], [], []
    for i, (a, b, c, d) in enumerate(rng.random((count, 4)).tolist()):
        place = x[0] + (x[1] - x[0]) * (i + 0.2 + 0.6 * a) / count
        middle = stage.width * (1 - place if side * stage.side < 0 else place)
        low, high = (height, height) if isinstance(height, (int, float)) else height
        tall = low + (high - low) * b
        wide_low, wide_high = (width, width) if isinstance(width, (int, float)) else width
        half = wide_low + (wide_high - wide_low) * c
        steps = 6
        v = np.random.default_rng(int(d * 1e9)).random((8, 3)).tolist()
        edge: list[tuple[float, float, float]] = []
        for k in range(steps + 1):
            f = k / steps
            grow = half * (1 - taper * (1 - f) ** 0.7)
            edge.append(
                (
                    middle - grow - v[k][0] * half * 0.08,
                    middle + grow + v[k][1] * half * 0.08,
                    base - tall * (1 - f) + (v[k][2] - 0.5) * 0.9 * (0 < k < steps),
                )
            )
        for k in range(steps):
            (l0, r0, y0), (l1, r1, y1) = edge[k], edge[k + 1]
            lip = (l1 - l0) * 0.35
            tone = colours[k % len(colours)]
            slabs[tone].append(
                path(
                    [
                        (l0, y0),
                        (r0, y0),
                        (r0 - lip * 0.4, y1 - 0.1),
                        (r1, y1 + 0.2),
                        (l1, y1 + 0.2),
                        (l0 + lip * 0.4, y1 - 0.1),
                    ],
                    "Z",
                )
            )
        split = middle + shadow_side * half * (0.05 + 0.35 * a)
        flank = [(e[1] if shadow_side > 0 else e[0], e[2]) for e in edge]
        ridge = [
            (split + (v[k][0] - 0.5) * half * 0.3 + shadow_side * half * 0.12 * k / steps, edge[k][2])
            for k in range(steps + 1)
        ]
        dark.append(path([*flank, *ridge[::-1]], "Z"))
        tops.append(lens(middle, base - tall + 0.1, (edge[0][1] - edge[0][0]) / 2, min(0.9, half * 0.05)))
        for p, q, r in v:
            cx = middle + (p * 1.7 - 0.85) * half
            y0 = base - tall * (0.3 + 0.6 * q)
            cracks.append(f"M{cx:.1f},{y0:.1f}l{(r - 0.5) * 1.2:.1f},{tall * 0.2:.1f}")
    out = []
    far = min(1.0, depth + 0.15)
    for tone, shapes in slabs.items():
        fill = stage.across(
            (0, base - tall), (0, base), [(0, stage.bright(tone, depth, 0.2, part)), (1, stage.lit(tone, far, part))]
        )
        out.append(f'<path d="{"".join(shapes)}" fill="{fill}"/>')
    gloom = stage.shaded(colours[0], depth, 0.75, part)
    out.append(f'<path d="{"".join(dark)}" fill="{gloom}" opacity=".45"/>')
    out.append(f'<path d="{"".join(tops)}" fill="{stage.bright(mix(colours[0], "#ffe2b0", 0.4), depth, 0.4, part)}"/>')
    if stage.fine:
        out.append(f'<path d="{"".join(cracks)}" fill="none" stroke="{gloom}" stroke-width=".4" opacity=".5"/>')
    return "".join(out)


def volcano(
    stage: Stage,
    rng: Rng,
    colour: str,
    height: float | Sequence[float],
    t: float = 0.0,
    depth: float = 0.4,
    at: Sequence[float] = (0.34, 0.66),
    width: float | Sequence[float] = (42, 58),
    smoke: str = "#6f6a70",
    lava: float = 1.0,
    part: str = "mountain",
) -> str:
    """Paint a cone with a broken rim, smoke that the wind takes, and lava that lights its own way down."""
    tall, base = pick(rng, height), stage.y(t)
    middle, half = stage.width * pick(rng, at), pick(rng, width)
    mouth, wind = half * (0.13 + 0.06 * rng.random()), 1 if rng.random() < 0.5 else -1
    n = 56 if stage.fine else 26
    xs = np.linspace(middle - half - 10, middle + half + 10, n)
    away = np.clip((np.abs(xs - middle) - mouth) / half, 0, 1.4)
    cone = np.clip(np.exp(-2.1 * away) * 1.12 - 0.12, -0.05, 1)
    inside = np.abs(xs - middle) < mouth
    dip = np.where(inside, 0.055 * (1 - ((xs - middle) / mouth) ** 2), 0)
    tops = base - tall * (cone - dip + 0.035 * noise(rng, xs, 12, 3) * (0.3 + away))
    rim = float(np.interp(middle, xs, tops))
    out = [_plume(stage, rng, middle, rim, mouth, smoke, wind)]
    glow, hot = "#ff7a2a", "#ffd23f"
    strong = lava * (0.75 if stage.light.dark else 0.5)
    reach = half * 0.55
    halo = stage.spot(
        (middle, rim), (reach, reach * 0.8), [(0, glow, strong), (0.5, glow, strong * 0.35), (1, glow, 0)]
    )
    out.append(
        f'<path d="M{middle - reach:.1f},{rim - reach:.1f}h{2 * reach:.1f}v{1.6 * reach:.1f}h{-2 * reach:.1f}z" fill="{halo}"/>'
    )
    fill = stage.across(
        (0, rim),
        (0, base),
        [
            (0, stage.bright(mix(colour, "#6b3a2c", 0.3), depth, 0.15, part)),
            (0.5, stage.lit(colour, depth, part)),
            (1, stage.lit(mix(colour, "#5a6a4c", 0.4), min(1, depth + 0.15), part)),
        ],
    )
    outline = f"{path(points(xs, tops))}L{xs[-1]:.1f},{base + 2:.1f}L{xs[0]:.1f},{base + 2:.1f}Z"
    out.append(f'<path d="{outline}" fill="{fill}"/>')
    side = -stage.sunward
    flank = [(float(x), float(y)) for x, y in zip(xs, tops, strict=True) if (x - middle) * side > mouth * 0.3]
    flank = flank if side > 0 else flank[::-1]
    u = rng.random((24, 4)).tolist()
    crest = [
        (middle + side * half * (0.02 + 0.3 * f) + (u[int(f * 5)][0] - 0.5) * half * 0.1, rim + (base - rim) * f)
        for f in (1.0, 0.75, 0.5, 0.25, 0.08)
    ]
    dark = stage.shaded(colour, depth, 0.6, part)
    out.append(f'<path d="{path([*flank, *crest], "Z")}" fill="{dark}" opacity=".5"/>')
    gullies = []
    for a, b, c, d in u[: 24 if stage.fine else 9]:
        x0 = middle + (2 * a - 1) * half * 0.55
        y0 = float(np.interp(x0, xs, tops)) + 1.5 + 10 * b * b
        run = (x0 - middle) * (0.5 + 0.6 * c)
        gullies.append(
            f"M{x0:.1f},{y0:.1f}Q{x0 + run * 0.3:.1f},{y0 + (base - y0) * 0.5:.1f} {x0 + run:.1f},{base - (base - y0) * 0.25 * d:.1f}l{side * (0.8 + 1.6 * d):.1f},0Q{x0 + run * 0.3 + side * 1.2:.1f},{y0 + (base - y0) * 0.4:.1f} {x0:.1f},{y0:.1f}z"
        )
    out.append(f'<path d="{"".join(gullies)}" fill="{dark}" opacity=".4"/>')
    if lava:
        streams = []
        for a, b, c, d in u[: 3 + (stage.side > 0)]:
            x, y, w = middle + (2 * a - 1) * mouth * 0.8, rim + 0.5, 0.9 + 1.4 * b
            end = rim + (base - rim) * (0.35 + 0.6 * c)
            run = (x - middle) * 2.2 + (d - 0.5) * half * 0.3
            streams.append(
                f"M{x - w:.1f},{y:.1f}C{x - w + run * 0.1:.1f},{y + (end - y) * 0.35:.1f} {x + run * 0.7 + w:.1f},{y + (end - y) * 0.5:.1f} {x + run:.1f},{end:.1f}C{x + run * 0.75 + 2.2 * w:.1f},{y + (end - y) * 0.5:.1f} {x + run * 0.15 + w:.1f},{y + (end - y) * 0.35:.1f} {x + w:.1f},{y:.1f}z"
            )
        flow = stage.across((0, rim), (0, base), [(0, hot, 1.0), (0.35, glow, 0.95), (1, "#c8301a", 0.75)])
        out.append(f'<path d="{"".join(streams)}" fill="{flow}"/>')
        out.append(f'<path d="{lens(middle, rim + 0.6, mouth * 0.9, max(0.5, tall * 0.018))}" fill="{hot}"/>')
        sparks = "".join(
            lens(middle + (a - 0.5) * mouth * 4, rim - 14 * b * b - 0.5, 0.25 + 0.3 * c, 0.25 + 0.3 * c)
            for a, b, c, _ in u
        )
        out.append(f'<path d="{sparks}" fill="{hot}" opacity=".85"/>')
    return "".join(out)


def isle(
    stage: Stage,
    rng: Rng,
    green: str,
    sand: str = "#ecd29a",
    t: float = 0.22,
    width: float | Sequence[float] = (0.3, 0.4),
    height: float | Sequence[float] = (10, 20),
    at: Sequence[float] = (0.44, 0.56),
    shallow: str = "#6fd8cc",
    depth: float = 0.3,
) -> str:
    """Paint an island in the sea: clear shallows, a ring of sand with foam, a green hill with a rocky shoulder."""
    half, tall, y = stage.width * pick(rng, width), pick(rng, height), stage.y(t)
    x = stage.width * pick(rng, at)
    flat = 0.055 * half + 1.2
    clear = mix(stage.lit(shallow, 0.15, "water"), stage.sky_at(0.7), 0.15 + 0.4 * stage.low_sun)
    reef = stage.spot((x, y + flat), (half * 1.5, flat * 4.2), [(0, clear, 0.95), (0.6, clear, 0.7), (1, clear, 0)])
    out = [
        f'<path d="M{x - half * 1.5:.1f},{y - 1:.1f}h{half * 3:.1f}v{flat * 6:.1f}h{-half * 3:.1f}z" fill="{reef}"/>'
    ]
    n = 40 if stage.fine else 20
    a = np.linspace(0, np.pi, n)
    edge = 1 + 0.1 * noise(rng, a * 30, 22, 2)
    px, py = x - half * np.cos(a) * edge, y + flat * (0.35 + 1.3 * np.sin(a) * edge)
    white, dry = mix(stage.lit("#ffffff", 0.1), "#ffffff", 0.2), stage.lit(sand, depth * 0.5, "sand")
    foam = path(points(px + (px - x) * 0.035, py + 0.8), "Z")
    out.append(f'<path d="{foam}" fill="{white}" opacity=".85"/>')
    beach = stage.across(
        (0, y - 1),
        (0, y + 2.4 * flat),
        [(0, stage.bright(sand, depth * 0.5, 0.25, "sand")), (0.6, dry), (1, stage.shaded(sand, 0.1, 0.3, "sand"))],
    )
    out.append(f'<path d="{path(points(px, py), "Z")}" fill="{beach}"/>')
    xs = np.linspace(x - half * 0.92, x + half * 0.92, n)
    s = (xs - x) / (half * 0.92)
    lean = stage.side * 0.35
    body = np.clip(1 - np.abs(s - lean * (1 - s * s)) ** 1.7, 0, 1)
    ys = y + flat * 0.3 - tall * body * (0.8 + 0.3 * noise(rng, xs, half * 0.4, 3))
    fill = stage.across(
        (0, float(ys.min())),
        (0, y + flat),
        [
            (0, stage.bright(mix(green, "#e0f090", 0.25), depth, 0.3)),
            (0.5, stage.lit(green, depth)),
            (1, stage.shaded(green, depth, 0.4)),
        ],
    )
    low = y + flat * (0.35 + 0.5 * np.sqrt(np.clip(1 - s * s, 0, 1)))
    out.append(f'<path d="{path(points(xs, ys))}L{path(points(xs[::-1], low[::-1]))[1:]}Z" fill="{fill}"/>')
    from .plants import clump

    tufts: tuple[list[str], list[str]] = ([], [])
    for i, (b, c, d) in enumerate(rng.random((40, 3)).tolist()[: 40 if stage.fine else 14]):
        cx = x + half * 0.86 * (2 * b - 1)
        top, foot = float(np.interp(cx, xs, ys)), float(np.interp(cx, xs, low))
        if foot - top > 2:
            tufts[i % 2].append(clump(cx, top + (foot - top) * c * 0.9, 1.0 + 1.6 * d))
    out.append(f'<path d="{"".join(tufts[0])}" fill="{stage.shaded(green, depth, 0.5)}" opacity=".5"/>')
    out.append(
        f'<path d="{"".join(tufts[1])}" fill="{stage.bright(mix(green, "#d8ec80", 0.45), depth, 0.3)}" opacity=".65"/>'
    )
    mirror = stage.spot(
        (x, y + flat * 1.8), (half, flat * 2.4), [(0, stage.lit(green, 0.2), 0.28), (1, stage.lit(green, 0.2), 0)]
    )
    out.insert(
        1, f'<path d="M{x - half:.1f},{y + flat:.1f}h{2 * half:.1f}v{flat * 3:.1f}h{-2 * half:.1f}z" fill="{mirror}"/>'
    )
    return "".join(out)


def cavern(
    stage: Stage,
    rng: Rng,
    colour: str,
    grow: float = 1.0,
    depth: float = 0.1,
    at: Sequence[float] = (0.4, 0.6),
    width: float | Sequence[float] = (0.26, 0.36),
    top: float | Sequence[float] = (14, 26),
    floor: float = 0.3,
    dark: float = 0.4,
) -> str:
    """Paint a frame of rock about an opening, hung with stalactites and lit along its rim by what is outside.

    `grow` above 1 opens a nearer, darker frame about the same mouth.
    """
    u = np.random.default_rng([stage.seed, 99]).random(4).tolist()  # the same mouth for every frame
    wide_low, wide_high = (width, width) if isinstance(width, (int, float)) else width
    x = stage.width * (at[0] + (at[1] - at[0]) * u[0])
    half = stage.width * (wide_low + (wide_high - wide_low) * u[1]) * grow
    top_low, top_high = (top, top) if isinstance(top, (int, float)) else top
    roof, ground = (top_low + (top_high - top_low) * u[2]) / grow**2.2, stage.y(floor)
    n = 34 if stage.fine else 20
    f = np.arange(n) / (n - 1)
    a = np.pi * f
    rough = 1 + 0.13 * noise(rng, f * 100, 24, 3, 0.6)
    px = x - half * np.sign(np.cos(a)) * np.abs(np.cos(a)) ** 0.7 * rough
    py = ground - (ground - roof) * np.sin(a) ** 0.62 * rough
    mouth = points(px, py)
    spikes: list[tuple[float, float]] = [mouth[0]]
    for (x0, y0), (x1, y1), (b, c) in zip(mouth[:-1], mouth[1:], rng.random((n - 1, 2)).tolist(), strict=True):
        if y0 < roof + (ground - roof) * 0.5 and b < 0.55:
            mid = (x0 + x1) / 2
            spikes += [
                (mid - abs(x1 - x0) * 0.22, (y0 + y1) / 2),
                (mid, (y0 + y1) / 2 + (3 + 9 * c * c) * grow**0.6),
                (mid + abs(x1 - x0) * 0.2, (y0 + y1) / 2),
            ]
        spikes.append((x1, y1))
    hole = path(spikes) + f"L{mouth[-1][0] + 1:.1f},{ground + 0.5:.1f}L{mouth[0][0] - 1:.1f},{ground + 0.5:.1f}Z"
    rim, body = stage.bright(mix(colour, "#ffffff", 0.12), depth, 0.35), stage.lit(colour, depth)
    deep = mix(body, "#05060a", min(0.95, dark + 0.3))
    reach = max(half, stage.width * 0.3) * 2.0
    fill = stage.spot(
        (x, (roof + ground) / 2),
        (reach, 84),
        [(0, rim, 1), (0.38, mix(body, rim, 0.35), 1), (0.62, mix(body, "#05060a", dark), 1), (1, deep, 1)],
    )
    out = f'<path d="M-2,-2H{stage.width + 2:.1f}V102H-2Z{hole}" fill="{fill}" fill-rule="evenodd"/>'
    facets: tuple[list[str], list[str]] = ([], [])
    for i, (b, c, d, e) in enumerate(rng.random((44, 4)).tolist()[: 44 if stage.fine else 14]):
        angle = np.pi * (1.1 * b - 0.05)
        out_x, out_y = -float(np.cos(angle)), -float(np.sin(angle))
        far, long, wide = 1.3 + 0.8 * c * c, (4 + 9 * d) * grow**0.5, 1.0 + 2.6 * e
        cx, cy = x + half * far * out_x, ground + (ground - roof) * far * out_y * 0.95
        side = -1 if i % 3 else 1
        facets[i % 2].append(
            path(
                [
                    (cx, cy),
                    (cx + out_x * long * 0.5 - out_y * wide, cy + out_y * long * 0.5 + out_x * wide),
                    (cx + out_x * long + side * wide, cy + out_y * long),
                    (cx + out_x * long * 0.45 + out_y * wide * 0.6, cy + out_y * long * 0.45 - out_x * wide * 0.6),
                ],
                "Z",
            )
        )
    out += f'<path d="{"".join(facets[0])}" fill="{deep}" opacity=".4"/>'
    return out + f'<path d="{"".join(facets[1])}" fill="{rim}" opacity=".16"/>'


def _plume(stage: Stage, rng: Rng, x: float, y: float, mouth: float, colour: str, wind: int) -> str:
    """Draw smoke that rises, swells and leans with the wind, lit from below."""
    dark, pale = stage.lit(colour, 0.2), stage.bright(mix(colour, "#ffffff", 0.35), 0.2, 0.3)
    body = stage.radial([(0, dark, 0.85), (0.7, dark, 0.5), (1, dark, 0)])
    light = stage.radial([(0, pale, 0.7), (1, pale, 0)])
    under = stage.radial([(0, "#ff8a3c", 0.55), (1, "#ff8a3c", 0)])
    out = [
        f'<ellipse cx="{x:.1f}" cy="{y - mouth * 0.4:.1f}" rx="{mouth * 1.5:.1f}" ry="{mouth * 1.2:.1f}" fill="{under}"/>'
    ]
    count = 9
    for i, (a, b, c) in enumerate(rng.random((count, 3)).tolist()):
        f = (i + 0.5) / count
        r = mouth * (0.75 + 2.1 * f) * (0.8 + 0.4 * b)
        px, py = x + wind * (26 * f**1.5) + (a - 0.5) * r * 0.9, y - (y + 6) * f**0.85
        out.append(f'<ellipse cx="{px:.1f}" cy="{py:.1f}" rx="{r:.1f}" ry="{r * (0.7 + 0.2 * c):.1f}" fill="{body}"/>')
        out.append(
            f'<ellipse cx="{px + stage.sunward * r * 0.3:.1f}" cy="{py - r * 0.25:.1f}" rx="{r * 0.6:.1f}" ry="{r * 0.45:.1f}" fill="{light}"/>'
        )
    return "".join(out)
