"""SDXL's style presets, each a short recipe of shared image filters (tile-texture is in tiles.py, isometric in isometric.py)."""

import numpy as np
from PIL import Image

from .. import raster
from ..filters import Picture, blur, luma, noise, resize, saturate
from ..light import Grade
from .facets import triangles
from .forms import directed, focused, lit, moved, prints, shaded
from .lines import contours, inked, rim
from .soften import as_image, as_pixels, features, flattened, kept, softened, stepped
from .strokes import Brush, brushed
from .subject import Style, Things, cut_out, subject
from .tiles import tile_texture

__all__ = ["PRESETS"]

PALETTE = 28  # colours of pixel art
CONCEPT = Brush(0.035, 0.16, broken=0.04, bristles=0.04)


def model_3d(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as a modelling program does: every form round, of smooth plastic with spots of light, soft shade where they meet."""
    who = cut_out(pixels, things)
    fine = features(pixels, things)
    plastic = kept(0.65 * flattened(pixels, 0.004) + 0.35 * pixels, pixels, fine)
    diffuse, shine, seams = lit(pixels, who, 1.3)
    shade = blur(seams, 0.012) * 0.2 * (1 - fine) + moved(blur(who, 0.012), 0.02, 0.025) * (1 - who) * 0.3
    toy = focused(plastic, who, 0.8)
    haze = 0.15 * np.clip(1 - 1.5 * who, 0, 1)[..., None]
    toy = toy + haze * (np.array([0.0, 0.02, 0.07], np.float32) - toy)
    return shaded(saturate(toy, 1.1) * 0.95 + 0.04, diffuse * 0.8 - shade) + (shine * (0.5 - 0.4 * fine))[..., None]


def analog_film(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as old film: faded blacks, warm cast, grain, and light that leaked in from the side."""
    height, width = pixels.shape[:2]
    out = Grade(saturation=0.72, contrast=0.78, brightness=0.08, warmth=0.45, vignette=0.35).apply(pixels)
    leak = np.exp(-np.linspace(0, 5.5, width, dtype=np.float32))[None, :, None]
    band = np.exp(-((np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] + 0.2) ** 2) * 1.5)
    out = out + leak * band * np.array([1.15, 0.42, 0.05], np.float32)
    return out + 0.055 * noise(width, height, 0.004, seed)[..., None]


def anime(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as cel shading: clear flat colour with one hard step of cool shade, thin lines in darker tones of what they bound."""
    who = cut_out(pixels, things)
    fine = features(pixels, things)
    cel = kept(flattened(pixels, 0.005), pixels, fine)
    diffuse, _, _ = lit(pixels, who, 1.2)
    toned = cel + who[..., None] * (stepped(cel, 7, 0.2) - cel)  # the sky keeps its slope
    flat = saturate(toned, 1.4) * 1.05 + 0.16
    shade = (np.clip((-0.12 - diffuse) * 14, 0, 1) * who)[..., None] * np.array([0.22, 0.22, 0.12], np.float32)
    glint = np.clip((diffuse - 0.2) * 14, 0, 1)[..., None] * np.float32(0.14)
    ink = np.clip(inked(pixels, 0.003, gain=2.2, things=things, fine=fine) * 1.2, 0, 1)[..., None]
    ink = ink * np.array([0.75, 0.85, 0.7], np.float32)
    return (flat + 1) * (1 - shade) * (1 - ink) - 1 + glint * (1 - ink)


def cinematic(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as a film still: teal shadows, orange lights, haze far away, streaks of the lens, and bars that spare the subject."""
    height, width = pixels.shape[:2]
    who = cut_out(pixels, things)
    shot = focused(pixels, who, 0.75)
    bright = np.clip(luma(shot) * 0.5 + 0.5, 0, 1)[..., None]
    axis = np.array([0.74, 0.07, -0.67], np.float32)  # from teal to orange
    toned = (
        luma(shot)[..., None]
        + 0.45 * (chroma := shot - luma(shot)[..., None])
        + 0.75 * (chroma @ axis)[..., None] * axis
        + (1 - bright) ** 1.5 * np.array([-0.3, 0.02, 0.16], np.float32)
        + bright**1.6 * np.array([0.3, 0.08, -0.24], np.float32)
    )
    out = Grade(contrast=1.15, brightness=0.02, vignette=0.36).apply(np.clip(toned, -1, 1))
    streaks = _streaks(np.clip(bright[..., 0] - 0.78, 0, 1))
    out = (
        out
        + streaks[..., None] * np.array([0.3, 0.6, 0.9], np.float32)
        + 0.018 * noise(width, height, 0.004, seed)[..., None]
    )
    taken = np.flatnonzero((rows := subject(pixels, things).sum(1)) >= 0.3 * rows.max())
    room = min(taken[0], height - 1 - taken[-1]) / height
    bar = round(height * min(0.1, max(0.07, room - 0.02)))
    out[:bar] = out[height - bar :] = -1
    return out


def _streaks(lamps: Picture) -> Picture:
    """Return bright spots, (height, width), drawn out level, as an anamorphic lens does."""
    height, width = lamps.shape
    rows, columns = max(2, height // 6), max(2, width // 6)
    small = resize(lamps, columns, rows, Image.Resampling.BOX)
    lone = np.maximum(small - small.mean(1, keepdims=True) - 0.3 * small.max(), 0)
    reach = np.exp(-np.abs(np.arange(columns)[:, None] - np.arange(columns)) * (9 / columns)).astype(np.float32)
    return resize(np.minimum((lone @ reach) * np.float32(24 / columns), 0.5), width, height)


def comic_book(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as a printed comic: flat inks on yellowish paper, black outlines, and dots of the printer's screen for shade."""
    height, width = pixels.shape[:2]
    diffuse, _, _ = lit(pixels, cut_out(pixels, things), 1.2)
    fine = features(pixels, things)
    cel = saturate(kept(flattened(pixels, 0.006), pixels, fine), 1.75) * 1.1 + 0.16
    flat = stepped(cel, 5, 0.1)
    flat = flat if things is None else kept(cel, flat, things)  # a sky keeps its slope: its steps would be ragged
    period = max(4.0, height / 72)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) * np.float32(2 * np.pi / period)
    screen = (np.cos(x + y) + np.cos(x - y)) * 0.25 + 0.5
    clear = (1 - contours(pixels, 0.006, gain=2.0)) * (1 - fine)
    tone = np.clip(0.22 - 0.62 * blur(luma(pixels), 0.006) - 1.3 * diffuse, 0, 0.75) * clear
    dots = np.clip((screen - 1 + tone) * period * 0.8, 0, 1)[..., None]
    printed = (flat + 1) * (1 - dots * np.array([0.5, 0.55, 0.38], np.float32)) - 1
    ink = np.clip(inked(pixels, 0.0033, gain=3.0, things=things, fine=fine) * 1.3, 0, 1)[..., None]
    return (printed * np.array([0.96, 0.95, 0.86], np.float32)) * (1 - ink) - 0.97 * ink


def digital_art(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as a concept painting: the subject crisp and modelled, lamps of two colours on its rim, broad strokes behind it."""
    who = cut_out(pixels, things)
    fine = features(pixels, things)
    smooth = kept((flattened(pixels, 0.004) + pixels) / 2, pixels, fine)
    near = np.clip(1.8 * who, 0, 1)
    broad = (smooth + brushed(smooth, CONCEPT, seed)) / 2
    diffuse, shine, _ = lit(pixels, who, 1.3)
    art = shaded(smooth, diffuse * 0.7) * near[..., None] + shaded(broad, diffuse * 0.3) * (1 - near)[..., None]
    bright = np.clip(luma(art) * 0.5 + 0.5, 0, 1)[..., None]
    violet, cyan = np.array([0.06, -0.2, 0.24], np.float32), np.array([-0.1, 0.06, 0.1], np.float32)
    toned = saturate(art, 1.3) * 1.12 + violet * (1 - bright) + cyan * bright - 0.06
    rim = directed(who, 0.003)
    warm, cold = np.clip(rim * 1.5, 0, 1), np.clip(-rim * 1.5, 0, 1)
    toned = (
        toned
        + warm[..., None] * np.array([0.9, 0.6, 0.2], np.float32)
        + cold[..., None] * np.array([0.0, 0.6, 0.9], np.float32)
    )
    glow = np.maximum(blur(toned, 0.05) - 0.25, 0)
    return toned + 0.25 * glow + (shine * 0.3 * near * (1 - 0.8 * fine))[..., None]


def enhance(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Enhance as a photo editor does: an S-curve of contrast, clear colour, and detail brought out at every size."""
    curved = pixels * 0.45 + np.sin(pixels * np.float32(np.pi / 2)) * 0.55
    soft, wide = softened(pixels, 0.0025), blur(pixels, 0.03)
    detail = np.clip(pixels - soft, -0.14, 0.14) * 1.8
    local = np.clip(soft - wide, -0.25, 0.25) * 0.55
    glow = np.maximum(blur(pixels, 0.06) - 0.2, 0) * 0.22
    return saturate(curved + detail + local + glow, 1.28) + 0.03


def fantasy_art(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as a painting of a magic world: violet shade and golden light, shafts from above, a halo, sparks in the air."""
    height, width = pixels.shape[:2]
    who = cut_out(pixels, things)
    smooth = (flattened(pixels, 0.004) + pixels) / 2
    near = np.clip(1.8 * who, 0, 1)[..., None]
    art = smooth + 0.6 * (1 - near) * (brushed(smooth, CONCEPT, seed) - smooth)
    bright = np.clip(luma(art) * 0.5 + 0.5, 0, 1)[..., None]
    violet, gold = np.array([0.1, -0.3, 0.38], np.float32), np.array([0.3, 0.1, -0.28], np.float32)
    toned = saturate(art, 1.2) * 1.15 - 0.12 + 1.2 * (1 - bright) * violet * (1 - 0.4 * near) + bright * gold
    halo = np.maximum(blur(who, 0.05) - who, 0)[..., None] * np.array([0.5, 0.36, 0.2], np.float32)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, width / height, width, dtype=np.float32)[None]
    angle = (x + 0.12) / (y + 0.35)
    rays = np.clip(np.sin(angle * 9 + seed) + np.sin(angle * 23 + seed * 2) * 0.6 - 0.35, 0, 1) * np.clip(
        1.05 - y, 0, 1
    )
    lit_ = toned + halo + blur(rays.astype(np.float32), 0.01)[..., None] * np.array([0.6, 0.46, 0.2], np.float32)
    glow = np.maximum(blur(lit_, 0.04), 0) * 0.22
    return Grade(vignette=0.45).apply(np.clip(lit_ + glow, -1, 1)) + _sparks(height, width, seed)


def _sparks(height: int, width: int, seed: int) -> Picture:
    """Return golden sparks in the air, (height, width, 3), larger and smaller, some of them stars with four points."""
    rng = np.random.default_rng([seed, 13])
    wide, dots = 100 * width / height, []
    for x, y, size in zip(
        rng.random(70) * wide, rng.random(70) ** 0.8 * 100, 0.25 + 0.5 * rng.random(70) ** 4, strict=True
    ):
        dots.append(
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{size:.2f}"/><circle cx="{x:.2f}" cy="{y:.2f}" r="{size * 2.4:.2f}" opacity="0.25"/>'
        )
        if size > 0.42:
            a, b = size * 5, size * 0.5
            dots.append(
                f'<path d="M{x:.2f} {y - a:.2f}L{x + b:.2f} {y - b:.2f} {x + a:.2f} {y:.2f} {x + b:.2f} {y + b:.2f} {x:.2f} {y + a:.2f} '
                f'{x - b:.2f} {y + b:.2f} {x - a:.2f} {y:.2f} {x - b:.2f} {y - b:.2f}Z" opacity="0.8"/>'
            )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.2f} 100"><rect width="{wide:.2f}" height="100"/><g fill="#fff">{"".join(dots)}</g></svg>'
    return (raster.rgb(svg, width, height)[..., :1] + 1) * np.array([0.6, 0.52, 0.3], np.float32)


def line_art(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as black lines on white paper, fine on small things; a breath of grey where it is dark."""
    ink = np.maximum(contours(pixels, 0.0033, gain=3.0), rim(things, 0.0033))
    tone = np.clip(-blur(luma(pixels), 0.01) - 0.55, 0, 1) * 0.35
    return np.repeat((0.97 - 1.9 * ink - tone)[..., None], 3, axis=-1)


def low_poly(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as the flat triangles of a coarse mesh."""
    return triangles(saturate(pixels, 1.2), 22, seed, shade=0.2, detail=(0.16, 0.24, 0.3))


def modelling_compound(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as modelling clay: matt lumps of bright plasticine, rounded where they end, with thumb prints on them."""
    height, width = pixels.shape[:2]
    fine = features(pixels, things)
    lumps = kept(flattened(flattened(pixels, 0.004), 0.004), pixels, np.maximum(fine, 0.25))
    clay = saturate(lumps, 1.45) * 0.8 + 0.08
    diffuse, _, seams = lit(pixels, np.clip(cut_out(pixels, things) + 0.7, 0, 1), 1.0)
    dents = (
        directed(noise(width, height, 0.07, seed + 2), 0.01) * 0.09
        + directed(noise(width, height, 0.012, seed), 0.003) * 0.015
    )
    return shaded(clay, diffuse * 0.75 + dents + prints(height, width, seed) - blur(seams, 0.006) * 0.4 * (1 - fine))


def neon_punk(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render in neon light: everything dark but its outlines, cyan around and magenta on the subject."""
    dark = pixels * 0.25 + np.array([-0.74, -0.88, -0.62], np.float32)
    lines = contours(pixels, 0.005, gain=3.0)
    split = np.clip(blur(subject(pixels, things), 0.015) * 1.6 - 0.3, 0, 1)[..., None]
    neon = split * np.array([1.0, 0.08, 0.8], np.float32) + (1 - split) * np.array([0.05, 0.85, 1.0], np.float32)
    near, far = blur(lines, 0.006), blur(lines, 0.025)
    halo = (near * 0.9 + far * 1.5) / (1 + 2.5 * far)  # many tubes close together do not add up to a lit wall
    return dark + halo[..., None] * neon + lines[..., None] * (neon * 1.1 + 0.35)


def origami(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as folded paper: the subject in flat facets that turn with its form, laid on a pale sheet with a few large folds."""
    height, width = pixels.shape[:2]
    who = cut_out(pixels, things)
    near = np.clip(2.2 * who - 0.4, 0, 1)[..., None]
    sheet = saturate(flattened(flattened(pixels, 0.004), 0.003), 1.35) * 0.85 + 0.12
    diffuse, _, _ = lit(pixels, who, 1.6)
    model = triangles(shaded(sheet, diffuse * 0.9), 10, seed, shade=0.34, detail=(0.16, 0.25))
    model = model + 0.4 * (sheet - model)
    model = kept(model, saturate(pixels, 1.35) * 0.85 + 0.12, features(pixels, things), 0.85)  # printed on it
    folds = triangles(sheet, 3, seed, painted=False, shade=0.1)[..., 0]
    folds = folds + 0.7 * (folds - blur(folds, 0.1))  # a crease is lightest and darkest at itself
    ground = shaded((sheet + model) * 0.46 + 0.16, folds)
    cast = blur(np.maximum(moved(who, 0.03, 0.022) - who, 0), 0.006)
    rim = np.abs(directed(near[..., 0], 0.0015))
    fibres = 0.025 * noise(width, height, 0.004, seed) + 0.02 * noise(width, height, 0.02, seed + 1)
    paper = shaded(ground + near * (model - ground), fibres - 0.65 * cast)
    return paper + 0.45 * rim[..., None]


def photographic(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as through a lens: the subject sharp and modelled by light, what is far in discs of blur, film's response and grain."""
    height, width = pixels.shape[:2]
    who = cut_out(pixels, things)
    diffuse, shine, _ = lit(pixels, who, 1.1)
    rough = (
        0.012 * noise(width, height, 0.006, seed + 1)
        + 0.015 * noise(width, height, 0.02, seed + 2)
        + 0.03 * noise(width, height, 0.12, seed + 3)
    )
    real = shaded(pixels + 0.5 * (pixels - softened(pixels, 0.003)), diffuse * 0.5 + rough) + (shine * 0.2)[..., None]
    shot = saturate(focused(real, who), 0.92)
    bloom = np.maximum(blur(shot, 0.03) - 0.25, 0) * 0.5
    filmed = np.tanh((shot + bloom) * 1.35) * 0.94
    bright = luma(filmed)[..., None]
    warm, cool = np.array([0.04, 0.01, -0.06], np.float32), np.array([0.03, 0.0, -0.05], np.float32)
    toned = filmed + np.maximum(bright, 0) * warm + np.minimum(bright, 0) * cool
    return Grade(vignette=0.32).apply(toned) + 0.025 * noise(width, height, 0.0025, seed)[..., None]


def pixel_art(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Render as large square pixels of a small palette: the picture's own, and above all its subject's."""
    height, width = pixels.shape[:2]
    size = max(1, round(min(64, height) * width / height)), min(64, height)
    small = resize(pixels, *size, Image.Resampling.BOX)
    bold = np.asarray(as_image(saturate(small + 0.4 * (small - blur(small, 1.5 / size[1])), 1.4) * 1.08))
    told = np.repeat(bold.reshape(-1, 3), (resize(subject(pixels, things), *size).ravel() > 0.3) * 9 + 1, axis=0)
    palette = Image.fromarray(told[None]).quantize(PALETTE, Image.Quantize.MEDIANCUT, 3)
    few = Image.fromarray(bold).quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    return resize(as_pixels(np.asarray(few)), width, height, Image.Resampling.NEAREST)


PRESETS: dict[str, Style] = {
    "3d-model": model_3d,
    "analog-film": analog_film,
    "anime": anime,
    "cinematic": cinematic,
    "comic-book": comic_book,
    "digital-art": digital_art,
    "enhance": enhance,
    "fantasy-art": fantasy_art,
    "line-art": line_art,
    "low-poly": low_poly,
    "modeling-compound": modelling_compound,
    "neon-punk": neon_punk,
    "origami": origami,
    "photographic": photographic,
    "pixel-art": pixel_art,
    "tile-texture": tile_texture,
}
