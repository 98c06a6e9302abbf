"""The media that a prompt can name: oil, watercolour, ink, glass …, each a way to paint an exemplar."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..filters import Picture, blur, edges, emboss, luma, noise, posterise, resize, saturate
from ..light import Grade
from .facets import triangles
from .presets import anime, model_3d, photographic

__all__ = ["MEDIA"]


def oil(pixels: Picture, seed: int) -> Picture:
    """Render in loaded brush strokes: colour dragged along short strokes, with the relief of thick paint."""
    height, width = pixels.shape[:2]
    rich = saturate(pixels, 1.25) * 1.05
    dragged = _smear(rich, seed, 0.02)
    strokes = noise(width, height, 0.012, seed) * 0.6 + noise(width, height, 0.03, seed + 3) * 0.4
    relief = luma(dragged) * 0.5 + strokes * 0.09
    return dragged + emboss(relief, 0.004)[..., None] * 0.9


def watercolour(pixels: Picture, seed: int) -> Picture:
    """Render in thin washes that pool darker at their edges, on white paper that shows at the margin."""
    height, width = pixels.shape[:2]
    wash = posterise(blur(_smear(pixels, seed, 0.015), 0.008), 7, soft=0.35)
    pale = saturate(wash, 1.1) * 0.62 + 0.36
    pools = edges(wash, 0.006, gain=1.0)[..., None] * 0.3
    bloom = noise(width, height, 0.09, seed)[..., None] * 0.06 + noise(width, height, 0.006, seed + 1)[..., None] * 0.03
    y = np.minimum(np.arange(height), np.arange(height)[::-1])[:, None] / height
    x = np.minimum(np.arange(width), np.arange(width)[::-1])[None] / height
    rim = np.minimum(y, x) + noise(width, height, 0.05, seed + 2) * 0.012
    paper = np.clip(1 - (rim - 0.035) * 40, 0, 1)[..., None]
    return (pale - pools + bloom) * (1 - paper) + np.float32(0.96) * paper


def pencil(pixels: Picture, seed: int) -> Picture:
    """Render in graphite: lines, and hatching where it is dark."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    tone = np.clip(0.55 - blur(luma(pixels), 0.006) * 0.6, 0, 1)
    hatch = (
        np.clip(np.sin((x + y) * 420 + noise(width, height, 0.05, seed)) * 0.5 + tone * 1.5 - 0.75, 0, 1)
        if height > 150
        else tone * 0.6
    )
    ink = edges(blur(pixels, 0.002), 0.003, gain=2.2)
    paper = 0.88 + 0.04 * noise(width, height, 0.005, seed)
    return np.repeat((paper - 1.2 * ink - 0.8 * hatch * tone - 0.25 * tone)[..., None], 3, axis=-1)


def ink_wash(pixels: Picture, seed: int) -> Picture:
    """Render in brush and black ink on rice paper: far things pale, near things dark, a trace of colour."""
    height, width = pixels.shape[:2]
    wash = blur(_smear(pixels, seed, 0.02), 0.008)
    tone = np.clip(luma(wash) * 0.85 + 0.3, -1, 1)
    ink = blur(edges(blur(pixels, 0.004), 0.006, gain=1.8), 0.003)
    grey = np.repeat((tone * 0.8 + 0.12 - ink * 0.75)[..., None], 3, axis=-1)
    coloured = grey * 0.88 + saturate(wash, 0.8) * 0.12
    return (
        np.minimum(coloured, 0.86) * np.array([1.0, 0.97, 0.88], np.float32)
        + 0.02 * noise(width, height, 0.008, seed)[..., None]
    )


def impressionist(pixels: Picture, seed: int) -> Picture:
    """Render in dabs of broken colour."""
    height, width = pixels.shape[:2]
    dabs = _smear(saturate(pixels, 1.5), seed, 0.035)
    broken = np.stack([noise(width, height, 0.02, seed + c) for c in range(3)], -1)
    return (
        dabs
        + broken * 0.1
        + emboss(luma(dabs) * 0.3 + noise(width, height, 0.018, seed + 9) * 0.1, 0.005)[..., None] * 0.5
    )


def abstract(pixels: Picture, seed: int) -> Picture:
    """Render the scene's colours, without its forms, in large overlapping planes with hard edges."""
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
    return out


def mosaic(pixels: Picture, seed: int) -> Picture:
    """Render in small stones set in mortar."""
    height, width = pixels.shape[:2]
    rows = min(44, height)
    columns = round(rows * width / height)
    stones = resize(resize(saturate(pixels, 1.3), columns, rows), width, height, Image.Resampling.NEAREST)
    y = np.arange(height, dtype=np.float32)[:, None] * rows / height
    x = np.arange(width, dtype=np.float32)[None] * columns / width
    gap = (
        np.maximum(np.abs(y - np.round(y)) < 0.08, np.abs(x - np.round(x)) < 0.08)[..., None]
        if height > 150
        else np.zeros((1, 1, 1), bool)
    )
    glint = (noise(width, height, 1 / rows, seed) * 0.08)[..., None]
    return np.where(gap, np.float32(-0.1), stones + glint).astype(np.float32)


def stained_glass(pixels: Picture, seed: int) -> Picture:
    """Render in pieces of glowing glass between lead lines."""
    return triangles(
        saturate(pixels, 1.9) * 1.1 + 0.12,
        13,
        seed,
        jitter=1.1,
        shade=0.25,
        detail=0.25,
        line="#14121a",
        line_width=0.9,
    )


def pop_art(pixels: Picture, seed: int) -> Picture:
    """Render in a few flat printing inks and loud contrast."""
    flat = posterise(saturate(blur(pixels, 0.006), 2.6) * 1.5, 3)
    return flat - edges(flat, 0.005, gain=0.8)[..., None] * 1.2


def woodblock(pixels: Picture, seed: int) -> Picture:
    """Render in flat printed colour with dark contours and the grain of the block."""
    height, width = pixels.shape[:2]
    flat = posterise(blur(saturate(pixels, 0.85), 0.008), 5) * 0.72 + np.array([0.18, 0.14, 0.0], np.float32)
    grain = noise(width, height, 0.3, seed)[..., None] * 0.03
    ink = edges(blur(pixels, 0.004), 0.004, gain=2.2)[..., None]
    return (flat + grain) * (1 - ink) + ink * np.array([-0.75, -0.7, -0.45], np.float32)


def charcoal(pixels: Picture, seed: int) -> Picture:
    """Render in smudged black on rough paper."""
    height, width = pixels.shape[:2]
    tone = blur(luma(pixels), 0.012) * 1.4
    rough = noise(width, height, 0.005, seed) * 0.22
    ink = blur(edges(blur(pixels, 0.004), 0.007, gain=2.4), 0.004)
    return np.repeat(np.clip(tone + rough + 0.25 - ink * 1.3, -0.95, 0.85)[..., None], 3, axis=-1)


def cartoon(pixels: Picture, seed: int) -> Picture:
    """Render in bright flat colour with bold outlines."""
    flat = posterise(saturate(blur(pixels, 0.006), 1.6) * 1.1 + 0.12, 5)
    ink = edges(blur(pixels, 0.004), 0.007, gain=2.6)[..., None]
    return flat * (1 - ink) - ink


def sketchy_colour(pixels: Picture, seed: int) -> Picture:
    """Render in coloured chalk on toned paper."""
    height, width = pixels.shape[:2]
    chalk = saturate(_smear(pixels, seed, 0.012), 1.1) * 0.7 + 0.2
    tooth = np.clip(noise(width, height, 0.006, seed) * 0.5 + 0.35, 0, 1)[..., None] * 0.35
    return chalk * (1 - tooth) + np.array([0.62, 0.55, 0.42], np.float32) * tooth


def painting(pixels: Picture, seed: int) -> Picture:
    """Render in paint on canvas, softer than oil."""
    height, width = pixels.shape[:2]
    soft = _smear(Grade(saturation=1.15, warmth=0.12).apply(pixels), seed, 0.007)
    if height < 150:
        return soft  # the weave is finer than these pixels
    weave = 0.035 * (np.sin(np.arange(width) * 1.6)[None] * np.sin(np.arange(height) * 1.6)[:, None])
    return np.stack([soft[..., channel] + weave for channel in range(3)], -1)


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


MEDIA: dict[str, Callable[[Picture, int], Picture]] = {
    "oil_painting": oil,
    "watercolour": watercolour,
    "pencil_sketch": pencil,
    "ink_wash": ink_wash,
    "impressionism": impressionist,
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
