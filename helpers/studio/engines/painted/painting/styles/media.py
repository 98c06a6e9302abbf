"""The media that a prompt can name: oil, watercolour, ink, glass …, each a way to paint an exemplar."""

import numpy as np
from PIL import Image

from ..filters import Picture, blur, edges, emboss, luma, noise, posterise, resize, saturate
from ..light import Grade
from .facets import Line, triangles
from .forms import shaded
from .lines import contours, inked
from .presets import anime, model_3d, photographic
from .soften import features, flattened, kept, stepped
from .strokes import Brush, brushed
from .subject import Style, Things, subject

__all__ = ["MEDIA"]

FINE = 0.85  # share of a small feature that is painted with the smallest brush, as it is
OIL = Brush(0.026, 0.12, faithful=0.16, bristles=0.09)
DABS = Brush(0.022, 0.05, fine=2, swirl=0.6, broken=0.11)
SWIRLS = Brush(0.02, 0.16, swirl=1.2, broken=0.09, bristles=0.16)
DOTS = Brush(0.014, 0.001, fine=2, broken=0.16, bristles=0.0)
SOFT = Brush(0.028, 0.1, faithful=0.16, bristles=0.05, broken=0.03)
CHALK = Brush(0.013, 0.07, fine=2, bristles=0.0, broken=0.06)


def oil(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in loaded brush strokes that follow the forms, broad ones first, with the relief of thick paint."""
    rich = saturate(flattened(pixels, 0.003), 1.2) * 1.05
    strokes = kept(brushed(rich, OIL, seed), rich, things, 0.5)
    return _thick(kept(strokes, saturate(pixels, 1.2) * 1.05, features(pixels, things), FINE), 0.5)


def watercolour(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in thin washes that pool darker at their edges and dry unevenly, on rough white paper that shows at the margin."""
    height, width = pixels.shape[:2]
    wash = flattened(_smear(flattened(pixels, 0.005), seed, 0.01), 0.004)
    if things is not None:
        wash = kept(kept(wash, flattened(pixels, 0.004), things), pixels, features(pixels, things))
    light = luma(wash)
    wash = saturate(stepped(wash, 7, 0.4), 1.35)
    pools = blur(np.maximum(blur(light, 0.012) - light, 0), 0.002) * 1.1 + contours(wash, 0.004, gain=1.4) * 0.22
    tooth = noise(width, height, 0.005, seed + 1)
    dry = 0.1 * noise(width, height, 0.12, seed) + 0.06 * noise(width, height, 0.03, seed + 3) + 0.04 * tooth
    thin = 0.36 + 0.12 * np.clip(noise(width, height, 0.18, seed + 4), -1, 1)  # share of paper that shines through
    pigment = (1 - wash) * (1 - thin)[..., None] * (1 + pools * 1.6 + dry)[..., None]
    y = np.minimum(np.arange(height), np.arange(height)[::-1])[:, None] / height
    x = np.minimum(np.arange(width), np.arange(width)[::-1])[None] / height
    rim = np.minimum(y, x).astype(np.float32) + noise(width, height, 0.05, seed + 2) * 0.014
    dab = np.clip((rim - 0.04) * 50, 0, 1)
    paper = 0.95 + 0.012 * tooth
    edge = np.clip(1 - np.abs(rim - 0.055) * 70, 0, 1) * 0.3
    return paper[..., None] - pigment * (dab * (1 + edge))[..., None]


def pencil(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in graphite: searching lines, and hatching along two ways, the closer the darker."""
    height, width = pixels.shape[:2]
    tooth = noise(width, height, 0.004, seed)
    light, fine = _clear(luma(pixels), things), features(pixels, things)
    tone = np.clip(0.42 - 0.5 * blur(light, 0.006) + 0.12 * noise(width, height, 0.15, seed + 2), 0, 1)
    lines = np.clip(
        inked(pixels, 0.003, gain=3.0, things=things, fine=fine)
        + 0.5 * np.roll(inked(pixels, 0.004, gain=2.0), max(1, height // 160), 1),
        0,
        1,
    )
    ink = np.maximum(lines * np.clip(0.85 + 0.25 * tooth, 0, 1), _accents(light, things))
    if height < 150:
        hatch = tone * 0.6  # finer than these pixels
    else:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
        bent = 0.012 * noise(width, height, 0.2, seed + 1)
        ways = ((x + y + bent) * 240, 0.1), ((x - 0.7 * y + bent) * 230, 0.5)
        hatch = sum(
            np.clip((np.sin(way) * 0.5 + 0.5 - 1.2 + (tone - least) * 1.7 + 0.1 * tooth) * 3, 0, 1)
            for way, least in ways
        )
        hatch = np.clip(hatch, 0, 1.3) * np.clip(0.75 + 0.35 * tooth, 0.2, 1.1)
    paper = 0.9 + 0.02 * tooth
    return np.repeat((paper - 2.0 * ink - 0.75 * hatch - 0.2 * tone)[..., None], 3, axis=-1)


def ink_wash(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in brush and black ink on rice paper: washes that bleed, strokes that swell, far things fading into empty paper."""
    height, width = pixels.shape[:2]
    who = blur(subject(pixels, things), 0.03)
    wash = flattened(_smear(flattened(pixels, 0.012), seed, 0.012), 0.008)
    fine = features(pixels, things)
    lines = inked(pixels, 0.006, gain=3.0, things=things, fine=fine)
    if things is not None:
        wash = kept(wash, flattened(pixels, 0.004), things)
        lines = kept(lines, np.maximum(lines, inked(pixels, 0.003, fine=fine)), things)
    light = _clear(luma(wash), things)
    bleed = blur(light + 0.1 * noise(width, height, 0.05, seed + 1), 0.006)
    depth = np.clip(0.2 + 0.8 * who + 0.35 * np.linspace(-0.6, 1, height, dtype=np.float32)[:, None], 0.25, 1)
    tone = np.clip(0.25 - bleed * 0.75, 0, 1) * depth
    swell = np.clip(0.65 + 0.5 * noise(width, height, 0.06, seed + 2), 0.15, 1)
    strokes = blur(lines, 0.0015) * swell * np.clip(depth + 0.2, 0, 1)
    dry = np.clip(1 + 0.25 * noise(width, height, 0.004, seed + 3), 0, 1.2)
    paper = 0.86 + 0.015 * noise(width, height, 0.008, seed)
    strokes = np.maximum(strokes, _accents(_clear(luma(pixels), things), things))
    ink = np.clip(tone * 0.85 + strokes * 0.95 * dry, 0, 0.97)
    tint = (saturate(wash, 0.9) - light[..., None]) * 0.16 * depth[..., None]
    return (paper + 1)[..., None] * (1 - ink)[..., None] * np.array([1.0, 0.98, 0.93], np.float32) - 1 + tint


def impressionist(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in short dabs of broken colour in the open light."""
    light = saturate(pixels, 1.35) * 0.95 + 0.08
    dabs = kept(brushed(light, DABS, seed), light, things, 0.4)
    return _thick(kept(dabs, light, features(pixels, things), FINE), 0.4)


def van_gogh(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in long strokes that run along the forms and swirl where nothing leads them, in colours set against each other."""
    vivid = saturate(pixels, 1.5) * 1.08
    warm = np.clip(vivid[..., :1] - vivid[..., 2:], -1, 1) * np.array([0.12, 0.1, -0.12], np.float32)
    strokes = kept(brushed(vivid + warm, SWIRLS, seed), vivid + warm, things, 0.4)
    return _thick(kept(strokes, vivid + warm, features(pixels, things), FINE), 0.5)


def pointillist(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in small round dots of pure colours side by side."""
    pure = saturate(pixels, 1.5) * 0.95 + 0.08
    return kept(brushed(pure, DOTS, seed), pure, features(pixels, things), 0.7)


def abstract(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render the scene's colours in large overlapping planes with hard edges, and its things in smaller ones."""
    rng = np.random.default_rng([seed, 3])
    height, width = pixels.shape[:2]
    out = triangles(saturate(pixels, 1.8) * 1.15, 5, seed, jitter=1.3, shade=0.7)
    small = saturate(resize(pixels, 8, 8), 2.0)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    for _ in range(7):
        cx, cy, r = rng.random() * width / height, rng.random(), 0.08 + 0.2 * rng.random()
        colour = small[int(cy * 7.99), int(cx * height / width * 7.99)] * 1.3 + (rng.random(3) - 0.5) * 0.5
        inside = np.clip((r - np.hypot(x - cx, y - cy)) * height, 0, 1)[..., None] * 0.7
        out = out * (1 - inside) + colour.astype(np.float32) * inside
    planes = triangles(saturate(pixels, 1.8) * 1.15, 14, seed, jitter=1.0, shade=0.6, detail=(0.3,))
    return kept(out, planes, things, 0.85)


def mosaic(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in small stones set in mortar."""
    height, width = pixels.shape[:2]
    rows = min(60, height)
    columns = round(rows * width / height)
    stones = resize(
        resize(saturate(pixels, 1.4) * 1.1, columns, rows, Image.Resampling.BOX),
        width,
        height,
        Image.Resampling.NEAREST,
    )
    y = np.arange(height, dtype=np.float32)[:, None] * rows / height
    x = np.arange(width, dtype=np.float32)[None] * columns / width
    gap = (
        np.maximum(np.abs(y - np.round(y)) < 0.08, np.abs(x - np.round(x)) < 0.08)[..., None]
        if height > 150
        else np.zeros((1, 1, 1), bool)
    )
    glint = (noise(width, height, 1 / rows, seed) * 0.08)[..., None]
    return np.where(gap, np.float32(-0.45), stones + glint).astype(np.float32)


def stained_glass(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in pieces of glowing glass: lead along the forms, and across what is wide."""
    height, width = pixels.shape[:2]
    fine = features(pixels, things)
    glass = saturate(kept(flattened(flattened(pixels, 0.006), 0.004), pixels, fine), 1.9) * 1.1 + 0.1
    panes = triangles(glass, 7, seed, painted=False, shade=0.4, line=Line("#000000", 0.9))[..., 0]
    lead = np.clip(inked(glass, 0.008, gain=2.6, things=things, fine=fine) * 1.6, 0, 1)
    panes = panes if things is None else panes * (1 - 0.85 * things)  # no lead runs across a face
    seeds = 0.07 * noise(width, height, 0.02, seed) + 0.05 * noise(width, height, 0.006, seed + 1)  # bubbles in it
    lit_ = shaded(glass, panes + np.minimum(panes, -0.4) + 0.4 + seeds)
    lit_ = lit_ + np.maximum(blur(lit_, 0.03), 0) * 0.25
    return lit_ * (1 - lead)[..., None] - 0.93 * lead[..., None]


def pop_art(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in a few flat printing inks and loud contrast."""
    fine = features(pixels, things)
    loud = saturate(kept(blur(pixels, 0.006), pixels, fine), 2.6) * 1.5
    flat = posterise(loud, 3)
    return flat - (edges(flat, 0.005, gain=0.8) * (1 - 0.85 * fine))[..., None] * 1.2


def woodblock(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in flat printed colour with indigo contours, the grain of the block, and shade wiped along the top."""
    height, width = pixels.shape[:2]
    flat = flattened(flattened(saturate(pixels, 0.9), 0.008), 0.006)
    fine = features(pixels, things)
    flat = stepped(kept(flat, saturate(pixels, 0.9), fine), 5, 0.1) * 0.72 + np.array([0.2, 0.15, 0.0], np.float32)
    streaks = noise(width, height, 0.3, seed) * 0.02 + resize(noise(8, height, 0.006, seed), width, height) * 0.035
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    wiped = np.clip(1 - y / 0.22, 0, 1) ** 1.5 * np.array([-0.75, -0.5, -0.1], np.float32)
    ink = np.clip(inked(pixels, 0.0033, gain=3.0, things=things, fine=fine) * 1.3, 0, 1)[..., None]
    return (flat + streaks[..., None] + wiped) * (1 - ink) + ink * np.array([-0.78, -0.72, -0.42], np.float32)


def charcoal(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in smudged black on rough paper, with broad dark lines."""
    height, width = pixels.shape[:2]
    light, fine = _clear(luma(flattened(pixels, 0.006)), things), features(pixels, things)
    tone = blur(light, 0.006) * 0.75 + 0.3 + 0.12 * noise(width, height, 0.1, seed + 1)
    rough = (0.16 * noise(width, height, 0.004, seed) + 0.1 * noise(width, height, 0.01, seed + 2)) * np.clip(
        0.9 - tone, 0, 1
    )
    ink = blur(inked(pixels, 0.006, gain=3.0, things=things, fine=fine), 0.002) * np.clip(
        0.9 + 0.3 * noise(width, height, 0.006, seed + 3), 0.3, 1.2
    )
    ink = np.maximum(ink, _accents(_clear(luma(pixels), things), things))
    return np.repeat(np.clip(tone + rough - ink * 1.5, -0.92, 0.84)[..., None], 3, axis=-1)


def cartoon(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in bright flat colour with bold outlines."""
    fine = features(pixels, things)
    flat = kept(flattened(flattened(pixels, 0.006), 0.004), pixels, fine)
    flat = saturate(flat, 1.45) * 1.05 + 0.2
    few = stepped(flat, 5, 0.15)
    flat = few if things is None else kept(flat, few, things)
    ink = np.clip(inked(pixels, 0.0033, gain=3.0, things=things, fine=fine) * 1.4, 0, 1)[..., None]
    return flat * (1 - ink) + ink * np.array([-0.9, -0.92, -0.9], np.float32)


def sketchy_colour(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in coloured chalk on dark toned paper, whose tooth shows through."""
    height, width = pixels.shape[:2]
    drawn = kept(brushed(flattened(pixels, 0.006), CHALK, seed), pixels, features(pixels, things), FINE)
    chalk = saturate(drawn, 1.2) * 0.72 + 0.24
    tooth = 0.3 * noise(width, height, 0.004, seed) + 0.2 * noise(width, height, 0.009, seed + 1)
    laid = np.clip(0.85 + 0.45 * tooth + 0.15 * luma(chalk), 0.4, 1)[..., None]
    return chalk * laid + np.array([-0.4, -0.42, -0.4], np.float32) * (1 - laid)


def painting(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in paint on canvas: soft strokes, the weave showing through."""
    height, width = pixels.shape[:2]
    tone = Grade(saturation=1.12, warmth=0.1)
    warm = tone.apply(flattened(pixels, 0.003))
    soft = kept(warm + 0.7 * (brushed(warm, SOFT, seed) - warm), warm, things, 0.5)
    soft = kept(soft, tone.apply(pixels), features(pixels, things), FINE)
    if height < 150:
        return soft  # the weave is finer than these pixels
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    period = np.float32(2 * np.pi / max(3.0, height / 170))
    return shaded(soft, 0.045 * np.sin(x * period) * np.sin(y * period))


def _accents(light: Picture, things: Things) -> Picture:
    """Return how black what is darker in the things than around it is drawn, as their eyes: (height, width) in [0, 1]."""
    return (
        np.zeros((1, 1), np.float32)
        if things is None
        else things * np.clip(2 * (blur(light, 0.012) - light) - 0.1, 0, 1)
    )


def _clear(light: Picture, things: Things) -> Picture:
    """Return the light, (height, width), with that of the things drawn out from black to almost white."""
    if things is None or np.count_nonzero(inside := things > 0.5) < 9:
        return light
    low, high = np.quantile(light[inside], (0.05, 0.95))
    drawn = (light - low) * np.float32(1.5 / max(high - low, 0.4)) - np.float32(0.7)
    return np.asarray(light + things * (drawn - light))


def _thick(paint: Picture, gain: float) -> Picture:
    """Return paint with the light on its own relief."""
    return paint + (gain * np.clip(emboss(luma(paint), 0.002), -0.4, 0.4))[..., None]


def _smear(pixels: Picture, seed: int, share: float) -> Picture:
    """Drag colour a little way, as a brush does: a smooth random displacement of about `share` of the height.

    Where the picture is full of detail the strokes are short, so that a face stays a face.
    """
    height, width = pixels.shape[:2]
    busy = np.clip(blur(edges(pixels, 0.006, gain=2.0), 0.025) * 2.5, 0, 0.85)
    reach = share * height * (1 - busy)
    y = np.arange(height)[:, None] + noise(width, height, share * 1.6, seed + 20) * reach * 0.6
    x = np.arange(width)[None] + noise(width, height, share * 1.6, seed + 40) * reach
    for at, size in ((y, height), (x, width)):
        np.clip(np.rint(at, out=at), 0, size - 1, out=at)
    return pixels.reshape(height * width, -1).take((y * width + x).astype(np.intp), axis=0)


MEDIA: dict[str, Style] = {
    "oil_painting": oil,
    "watercolour": watercolour,
    "pencil_sketch": pencil,
    "ink_wash": ink_wash,
    "impressionism": impressionist,
    "post_impressionism": van_gogh,
    "pointillism": pointillist,
    "abstract": abstract,
    "mosaic": mosaic,
    "stained_glass": stained_glass,
    "pop_art": pop_art,
    "woodblock": woodblock,
    "charcoal": charcoal,
    "cartoon": cartoon,
    "chalk": sketchy_colour,
    "painting": painting,
    "realistic": photographic,
    "render": model_3d,
    "manga": anime,
}
