"""Brushes for still lifes: what the table is made of, what is out of focus behind it, the light on both, a photographer's paper."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from ..light import mix
from .stage import Rng, Stage, batch, noise, path, pick, points

__all__ = ["backdrop", "bokeh", "gloom", "sweep", "tabletop", "tiles"]


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


def tabletop(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    kind: Literal["planks", "marble", "cloth", "round", "blanket"] = "planks",
) -> str:
    """Paint a table seen from a little above: the light on it and its front edge.

    It is of planks from side to side, of marble, under a checked cloth, or round; a blanket lies on the ground.
    """
    colour = colours[int(rng.integers(len(colours)))]
    if kind == "blanket":
        return _blanket(stage, rng, colour)
    if kind == "round":
        return _round(stage, rng, colour)
    back, front, w = stage.horizon - 3.0, stage.y(0.88), stage.width
    far = stage.lit(mix(colour, "#20140c", 0.28 if kind == "planks" else 0.14), 0, "floor")
    fill = stage.linear([(0, far), (0.35, stage.lit(colour, 0, "floor")), (1, stage.bright(colour, 0, 0.14, "floor"))])
    seam = stage.lit(mix(colour, "#20140c", 0.5), 0, "floor")
    out = [f'<rect x="-1" y="{back:.1f}" width="{w + 2:.1f}" height="{front - back:.1f}" fill="{fill}"/>']
    if kind == "planks":
        rows = [back + (front - back) * share for share in (0.1, 0.26, 0.48, 0.76)]
        lines = "".join(f"M-1,{y:.1f}H{w + 1:.1f}" for y in rows)
        out.append(f'<path d="{lines}" stroke="{seam}" stroke-width="0.4" fill="none" opacity="0.6"/>')
        if stage.fine:
            out.append(_grain(rng, w, [back, *rows, front], seam))
    elif kind == "marble":
        out.append(_veins(stage, rng, colour, back, front))
    else:
        out.append(_checks(stage, colour, back, front, (-1, w + 1), (-0.35 * w, 1.35 * w)))
    shine = stage.radial([(0, stage.light.glow, 0.3), (1, stage.light.glow, 0)])
    out.append(
        f'<ellipse cx="{stage.sun[0]:.1f}" cy="{(back + front) / 2:.1f}" rx="{w * 0.4:.1f}" ry="{(front - back) * 0.45:.1f}" fill="{shine}"/>'
    )
    edge = stage.linear([(0, stage.bright(colour, 0, 0.3, "floor")), (0.2, far), (1, seam)])
    under = stage.lit(mix(colour, "#100c10", 0.78), 0)
    thick = 5.2 if kind == "marble" else 2.6
    out.append(f'<rect x="-1" y="{front:.1f}" width="{w + 2:.1f}" height="{101 - front:.1f}" fill="{under}"/>')
    out.append(f'<rect x="-1" y="{front - 0.3:.1f}" width="{w + 2:.1f}" height="{thick}" fill="{edge}"/>')
    return "".join(out)


def backdrop(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    kind: Literal["sweep", "edge", "arches", "blinds", "disc"] = "sweep",
) -> str:
    """Paint a photographer's set: one sheet that is wall and floor, brightest where things stand.

    With an "edge" wall and floor are of two tones; "arches" and a "disc" stand on it as plain shapes, and through
    "blinds" a low light falls.
    """
    colour = colours[int(rng.integers(len(colours)))]
    w, y = stage.width, stage.horizon
    pale, deep = mix(colour, "#ffffff", 0.45), mix(colour, "#20202c", 0.16)
    middle = w * (0.5 - 0.12 * stage.side)
    wall = stage.across(
        (0, 0),
        (0, y + 6),
        [(0, stage.lit(deep, 0, "wall")), (0.6, stage.lit(colour, 0, "wall")), (1, stage.lit(pale, 0, "wall"))],
    )
    out = [f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="102" fill="{wall}"/>']
    if kind == "arches":
        for share, size, white in ((0.24, 0.4, 0.12), (0.62, 0.27, 0.28)):
            x, half = middle + stage.side * w * (share - 0.3), w * size / 2
            top = max(y - 1.5 * half - 22 * size * 2, half + 4)
            paint = stage.linear(
                [
                    (0, stage.lit(mix(colour, "#ffffff", white), 0, "wall")),
                    (1, stage.lit(mix(colour, "#ffffff", white + 0.3), 0, "wall")),
                ]
            )
            out.append(
                f'<path d="M{x - half:.1f},{y + 3:.1f}V{top:.1f}A{half:.1f},{half:.1f} 0 0 1 {x + half:.1f},{top:.1f}V{y + 3:.1f}Z" fill="{paint}"/>'
            )
    if kind == "disc":
        r = min(0.34 * w, 0.42 * y)
        paint = stage.linear(
            [
                (0, stage.lit(mix(colour, "#ffffff", 0.62), 0, "wall")),
                (1, stage.lit(mix(colour, "#ffffff", 0.3), 0, "wall")),
            ]
        )
        out.append(f'<circle cx="{middle:.1f}" cy="{y - 0.75 * r:.1f}" r="{r:.1f}" fill="{paint}"/>')
    if kind in ("edge", "arches", "disc"):
        tone = (
            mix(colour, "#ffffff", 0.6)
            if kind != "edge"
            else mix(colour, ("#f6ece0", "#fff4ee", "#e8eef4")[int(rng.integers(3))], 0.7)
        )
        floor = stage.linear(
            [
                (0, stage.lit(mix(tone, deep, 0.22), 0, "floor")),
                (0.3, stage.lit(tone, 0, "floor")),
                (1, stage.lit(mix(tone, colour, 0.3), 0, "floor")),
            ]
        )
        out.append(f'<rect x="-1" y="{y:.1f}" width="{w + 2:.1f}" height="{101 - y:.1f}" fill="{floor}"/>')
    else:
        floor = stage.across(
            (0, y - 8),
            (0, 101),
            [
                (0, stage.lit(pale, 0, "floor"), 0.0),
                (0.25, stage.lit(mix(colour, "#ffffff", 0.6), 0, "floor"), 0.9),
                (1, stage.lit(mix(colour, "#ffffff", 0.3), 0, "floor"), 1.0),
            ],
        )
        out.append(f'<rect x="-1" y="{y - 8:.1f}" width="{w + 2:.1f}" height="{109 - y:.1f}" fill="{floor}"/>')
    glow = stage.spot((middle, y), (0.62 * w, 46), [(0, "#ffffff", 0.42), (0.5, "#ffffff", 0.16), (1, "#ffffff", 0)])
    out.append(f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="102" fill="{glow}"/>')
    if kind == "blinds":
        lean, glow = -stage.side * (14 + 8 * float(rng.random())), stage.light.glow
        for k in range(6):
            x0, y0 = w * 0.5 + stage.side * w * 0.06, y * 0.12 + k * 8.5
            out.append(
                f'<path d="M{x0 - 0.3 * w:.1f},{y0:.1f}L{x0 + 0.3 * w:.1f},{y0 + lean:.1f}v4.6L{x0 - 0.3 * w:.1f},{y0 + 4.6:.1f}Z" '
                f'fill="{glow}" opacity="{0.34 - 0.03 * k:.2f}"/>'
            )
    dusk = stage.spot((middle, y), (0.95 * w, 90), [(0, "#14121c", 0), (0.6, "#14121c", 0), (1, "#14121c", 0.2)])
    return "".join([*out, f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="102" fill="{dusk}"/>'])


def bokeh(
    stage: Stage,
    rng: Rng,
    colours: Sequence[str],
    lights: Sequence[str] = (),
    n: float | Sequence[float] = (14, 20),
    size: float | Sequence[float] = (8, 22),
    sky: bool = False,
) -> str:
    """Paint a place out of focus, down to the lower edge: soft blots of its colours, and discs of its `lights`.

    With `sky` it is outdoors: the light's own sky is above.
    """
    w, y = stage.width, stage.horizon
    base = stage.linear([(0, stage.lit(mix(colours[0], "#ffffff", 0.1), 0.1)), (1, stage.lit(colours[-1], 0))])
    if sky:
        base = stage.linear([*[(at * 0.5, tone) for at, tone in stage.light.sky], (1, stage.lit(colours[-1], 0.2))])
    out = [f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="102" fill="{base}"/>']
    for a, b, c, d in rng.random((round(pick(rng, n)), 4)).tolist():
        tone = stage.lit(colours[int(d * len(colours))], 0.12)
        blot = stage.radial([(0, tone, 0.8), (0.55, tone, 0.55), (1, tone, 0)])
        r = pick(rng, size)
        high = y * (0.42 + 0.6 * b if sky else 1.05 * b)
        out.append(
            f'<ellipse cx="{w * (1.2 * a - 0.1):.1f}" cy="{high:.1f}" rx="{r * (1 + 0.5 * c):.1f}" ry="{r:.1f}" fill="{blot}"/>'
        )
    discs = [stage.radial([(0, tone, 0.42), (0.84, tone, 0.5), (0.93, tone, 0.62), (1, tone, 0)]) for tone in lights]
    for k, (a, b, c) in enumerate(rng.random((11, 3)).tolist() if discs else ()):
        r = 1.6 + 3.4 * c
        out.append(
            f'<circle cx="{w * a:.1f}" cy="{y * (0.06 + 0.8 * b):.1f}" r="{r:.1f}" fill="{discs[k % len(discs)]}"/>'
        )
    return "".join(out)


def tiles(stage: Stage, rng: Rng, colours: Sequence[str], size: float | Sequence[float] = (6, 9)) -> str:
    """Paint a wall of glazed tiles, laid like bricks or one above the other."""
    colour = colours[int(rng.integers(len(colours)))]
    tall, (way, *_) = pick(rng, size), rng.random(3).tolist()
    wide, w, foot = tall * (1.9 if way < 0.6 else 1.0), stage.width, stage.horizon
    fill = stage.linear([(0, stage.lit(mix(colour, "#20242c", 0.2), 0, "wall")), (1, stage.lit(colour, 0, "wall"))])
    out = [f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="{foot + 2:.1f}" fill="{fill}"/>']
    rows = int(foot / tall) + 1
    shades, joints = [], []
    for row in range(rows):
        y, shift = foot - (row + 1) * tall, 0.5 * wide * (row % 2) * (way < 0.6)
        joints.append(f"M-1,{y:.1f}H{w + 1:.1f}")
        marks = rng.random(int(w / wide) + 3).tolist()
        for k, mark in enumerate(marks):
            x = k * wide - shift
            joints.append(f"M{x:.1f},{y:.1f}v{tall:.1f}")
            if mark < 0.3:
                shades.append(f"M{x:.1f},{y:.1f}h{wide:.1f}v{tall:.1f}h{-wide:.1f}z")
    light, joint = stage.lit(mix(colour, "#ffffff", 0.4), 0, "wall"), stage.lit(mix(colour, "#4a4438", 0.35), 0)
    out.append(batch(shades, f'fill="{light}" opacity=".5"', 12))
    out.append(f'<path d="{"".join(joints)}" fill="none" stroke="{joint}" stroke-width=".45" opacity=".7"/>')
    glow = stage.radial([(0, "#fff6e0", 0.4), (1, "#fff6e0", 0)])
    return "".join(
        [
            *out,
            f'<ellipse cx="{stage.sun[0]:.1f}" cy="{foot * 0.5:.1f}" rx="{w * 0.5:.1f}" ry="{foot * 0.6:.1f}" fill="{glow}"/>',
        ]
    )


def gloom(stage: Stage, rng: Rng, strength: float = 0.8, colour: str = "#0a0810") -> str:
    """Darken all but a pool of light from one side, as one lamp leaves a room."""
    w, y = stage.width, stage.horizon
    at = (w * (0.5 + 0.1 * stage.side), y + 0.3 * (100 - y))
    warm = stage.spot(at, (0.5 * w, 38), [(0, "#ffd9a0", 0.34), (1, "#ffd9a0", 0)])
    dark = stage.spot(at, (0.85 * w, 74), [(0, colour, 0), (0.3, colour, 0.1 * strength), (1, colour, strength)])
    return "".join(f'<rect x="-1" y="-1" width="{w + 2:.1f}" height="102" fill="{fill}"/>' for fill in (warm, dark))


def _grain(rng: Rng, w: float, rows: Sequence[float], colour: str) -> str:
    """Draw the lines of the wood inside each plank, longer and bolder towards the viewer."""
    marks = []
    for above, below in pairwise(rows):
        for a, b, c in rng.random((5, 3)).tolist():
            x, y, long = a * w, above + (below - above) * (0.15 + 0.7 * b), w * (0.08 + 0.2 * c)
            marks.append(f"M{x:.1f},{y:.1f}q{long / 2:.1f},{(b - 0.5) * 1.2:.1f} {long:.1f},0")
    return f'<path d="{"".join(marks)}" stroke="{colour}" stroke-width="0.22" fill="none" opacity="0.45"/>'


def _veins(stage: Stage, rng: Rng, colour: str, back: float, front: float) -> str:
    """Draw marble's veins: broad soft ones with a thin dark one in each, all slanting one way."""
    tone = stage.lit(mix(colour, "#3a3c46" if _is_pale(colour) else "#f0ece4", 0.5), 0, "floor")
    xs, tall = stage.xs(20, 9), front - back
    lean, out = (float(rng.random()) - 0.5) * 1.6, []
    for level in (0.12, 0.34, 0.56, 0.8):
        ys = back + tall * (level + 0.09 * noise(rng, xs, 30, 3, 0.6) + lean * 0.3 * (xs / stage.width - 0.5))
        line = path(points(xs, ys.clip(back + 0.5, front - 0.5)))
        out.append(f'<path d="{line}" fill="none" stroke="{tone}" stroke-width="{1 + 2.4 * level:.1f}" opacity=".13"/>')
        out.append(
            f'<path d="{line}" fill="none" stroke="{tone}" stroke-width="{0.2 + 0.4 * level:.2f}" opacity=".45"/>'
        )
    return "".join(out)


def _checks(
    stage: Stage, colour: str, back: float, front: float, far: tuple[float, float], near: tuple[float, float]
) -> str:
    """Draw a cloth's checks, which shrink with distance: bands along and across, deeper where they cross."""
    dye = stage.lit(mix(colour, "#40202c", 0.12) if not _is_pale(colour) else "#c8443c", 0, "floor")
    cloth = stage.lit("#f6f1e6", 0, "floor")
    corners = [(far[0], back), (far[1], back), (near[1], front), (near[0], front)]
    out = [f'<path d="{path(corners, "Z")}" fill="{cloth}"/>']
    count = max(8, round(16 * (near[1] - near[0]) / 170))
    down = []
    for k in range(0, 2 * count, 2):
        a, b = k / (2 * count), (k + 1) / (2 * count)
        top, low = far[1] - far[0], near[1] - near[0]
        down.append(
            path(
                [
                    (far[0] + top * a, back),
                    (far[0] + top * b, back),
                    (near[0] + low * b, front),
                    (near[0] + low * a, front),
                ],
                "Z",
            )
        )
    along, steps = [], [(k / 18) ** 1.25 for k in range(19)]
    for k in range(0, 18, 2):
        a, b = steps[k], steps[k + 1]
        ends = [
            (far[side] + (near[side] - far[side]) * f, back + (front - back) * f)
            for side, f in ((0, a), (1, a), (1, b), (0, b))
        ]
        along.append(path(ends, "Z"))
    out.append(f'<path d="{"".join(down)}" fill="{dye}" opacity=".5"/>')
    out.append(f'<path d="{"".join(along)}" fill="{dye}" opacity=".5"/>')
    return "".join(out)


def _blanket(stage: Stage, rng: Rng, colour: str) -> str:
    """Draw a checked blanket on the ground, as large as a picnic needs, with its own soft shadow."""
    w, back, front = stage.width, stage.y(0.26), 104.0
    lean = (float(rng.random()) - 0.5) * 0.1 * w
    far, near = (0.16 * w + lean, 0.84 * w + lean), (-0.12 * w, 1.12 * w)
    shade = stage.lit("#20301c", 0)
    rim = [(far[0] - 1.5, back + 1), (far[1] + 1.5, back + 1), (near[1] + 2, front), (near[0] - 2, front)]
    glow = stage.spot(
        (stage.sun[0], stage.y(0.5)), (0.5 * w, 26), [(0, stage.light.glow, 0.22), (1, stage.light.glow, 0)]
    )
    return (
        f'<path d="{path(rim, "Z")}" fill="{shade}" opacity=".4"/>{_checks(stage, colour, back, front, far, near)}'
        f'<rect x="-1" y="{back:.1f}" width="{w + 2:.1f}" height="{102 - back:.1f}" fill="{glow}"/>'
    )


def _round(stage: Stage, rng: Rng, colour: str) -> str:
    """Draw a round table top that reaches beyond the sides of the picture."""
    w, cy, ry = stage.width, stage.y(0.66), 0.6 * (100 - stage.horizon)
    cx, rx = w * (0.5 + 0.06 * (float(rng.random()) - 0.5)), max(0.72 * w, 1.1 * ry)
    fill = stage.linear(
        [(0, stage.lit(mix(colour, "#20140c", 0.25), 0, "floor")), (1, stage.bright(colour, 0, 0.16, "floor"))]
    )
    rim = stage.lit(mix(colour, "#140c08", 0.6), 0)
    seam = stage.lit(mix(colour, "#20140c", 0.45), 0)
    rings = "".join(
        f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{rx * f:.1f}" ry="{ry * f:.1f}" fill="none" stroke="{seam}" stroke-width=".35" opacity=".5"/>'
        for f in (0.95, 0.6)
    )
    shine = stage.spot(
        (stage.sun[0], cy - 0.4 * ry), (0.42 * w, 0.5 * ry), [(0, stage.light.glow, 0.42), (1, stage.light.glow, 0)]
    )
    return (
        f'<ellipse cx="{cx:.1f}" cy="{cy + 3.4:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{rim}"/>'
        f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"/>{rings}'
        f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{shine}"/>'
    )


def _is_pale(colour: str) -> bool:
    return sum(int(colour[k : k + 2], 16) for k in (1, 3, 5)) > 480
