"""SDXL's style presets, each a short recipe of shared image filters (the seventeenth, isometric, is in isometric.py)."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..filters import Picture, blur, edges, luma, noise, posterise, resize, saturate
from ..light import Grade
from .facets import folds, triangles
from .forms import behind, directed, floor, inflated, line, moved
from .lines import contours
from .soften import softened
from .subject import subject

__all__ = ["PRESETS"]


def model_3d(pixels: Picture, seed: int) -> Picture:
    """Render as a modelling program does: rounded glossy plastic, spots of light, shadows on a floor with its grid."""
    height, width = pixels.shape[:2]
    who = subject(pixels)
    seams = contours(pixels, 0.003, gain=2.0)
    crowd = np.clip(blur(seams, 0.02) * 1.5, 0, 0.75)
    relief = inflated(seams, who, 0.012)
    light = np.clip(directed(relief, 0.005) * 2.2, -0.5, 0.5) * (0.55 + 0.45 * who) * (1 - crowd)
    shiny = np.clip(light - 0.14, 0, 1) ** 2 * 8
    shade = np.maximum(moved(who, 0.035, 0.02) - who, 0) * 0.55 + blur(seams, 0.012) * 0.25
    plastic = saturate(softened(pixels, 0.0025), 0.88) * 0.92
    return plastic + (light * 0.5 + shiny - shade + 0.24 * floor(height, width) * (1 - who))[..., None]


def analog_film(pixels: Picture, seed: int) -> Picture:
    """Render as old film: faded blacks, warm cast, grain, and light that leaked in from the side."""
    height, width = pixels.shape[:2]
    out = Grade(saturation=0.72, contrast=0.78, brightness=0.08, warmth=0.45, vignette=0.35).apply(pixels)
    leak = np.exp(-np.linspace(0, 5.5, width, dtype=np.float32))[None, :, None]
    band = np.exp(-((np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] + 0.2) ** 2) * 1.5)
    out = out + leak * band * np.array([1.15, 0.42, 0.05], np.float32)
    return out + 0.055 * noise(width, height, 0.004, seed)[..., None]


def anime(pixels: Picture, seed: int) -> Picture:
    """Render as cel shading: clean flat tones, clear bright colour, dark outlines that grow fine on small things."""
    flat = posterise(saturate(softened(pixels, 0.003), 1.45) * 1.05 + 0.12, 6, soft=0.12)
    return flat - contours(pixels, 0.0035, gain=2.0)[..., None] * np.array([1.1, 1.2, 0.95], np.float32)


def cinematic(pixels: Picture, seed: int) -> Picture:
    """Render as a film still: teal shadows, orange lights, deep contrast, wide-screen bars that spare the subject."""
    height = pixels.shape[0]
    bright = np.clip(luma(pixels) * 0.5 + 0.5, 0, 1)[..., None]
    toned = (
        saturate(pixels, 0.72)
        + (1 - bright) ** 1.5 * np.array([-0.44, 0.08, 0.3], np.float32)
        + bright**1.5 * np.array([0.22, 0.05, -0.2], np.float32)
    )
    out = Grade(contrast=1.25, vignette=0.35).apply(np.clip(toned, -1, 1))
    taken = np.flatnonzero((rows := subject(pixels).sum(1)) >= 0.3 * rows.max())
    room = min(taken[0], height - 1 - taken[-1]) / height
    bar = round(height * min(0.1, max(0.07, room - 0.02)))
    out[:bar] = out[height - bar :] = -1
    return out


def comic_book(pixels: Picture, seed: int) -> Picture:
    """Render as a comic: flat inks, black outlines and halftone dots in the shade."""
    height, width = pixels.shape[:2]
    flat = posterise(saturate(blur(pixels, 0.004), 1.7) * 1.15 + 0.1, 4)
    period = max(4.0, height / 64)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) * (2 * np.pi / period)
    dots = (np.cos(x + y) + np.cos(x - y)) * 0.5
    shade = blur(luma(pixels), 0.01)
    out = flat - (dots > shade * 1.6 + 0.45)[..., None] * np.float32(0.55)
    ink = edges(blur(pixels, 0.003), 0.005, gain=3.0)[..., None]
    return out * (1 - ink) - ink


def digital_art(pixels: Picture, seed: int) -> Picture:
    """Render in slanted hard-edged planes, each with a gradient from violet to cyan; lamps of opposite colours on the rim."""
    height, width = pixels.shape[:2]
    who = subject(pixels)
    smooth = softened(pixels, 0.003)
    y, x = (
        np.linspace(0, 1, height, dtype=np.float32)[:, None],
        np.linspace(0, width / height, width, dtype=np.float32),
    )
    slant = 2.1 * x + 1.2 * y + seed * 0.13
    cross = 1.1 * x - 1.7 * y + seed * 0.29
    plane = ((slant - np.floor(slant)) * 0.6 + (cross - np.floor(cross)) * 0.4 - 0.5) * (1 - who)
    bright = np.clip(luma(smooth) * 0.5 + 0.5, 0, 1)[..., None]
    violet, cyan = (
        np.array([0.12, -0.4, 0.35], np.float32),
        np.array([-0.3, 0.12, 0.25], np.float32),
    )
    toned = saturate(smooth, 1.5) * 1.05 + 0.5 * (violet * (1 - bright) + cyan * bright) - 0.08
    side = directed(who, 0.012) * 5
    rim = contours(pixels, 0.005)
    warm, cold = rim * np.clip(-side, 0, 1), rim * np.clip(side, 0, 1)
    toned += warm[..., None] * np.array([1.3, 0.4, -0.2], np.float32)
    toned += cold[..., None] * np.array([-0.3, 0.9, 1.2], np.float32)
    return toned + 0.5 * plane[..., None]


def enhance(pixels: Picture, seed: int) -> Picture:
    """Enhance as a photo editor's one button does: clear colour, an S-curve of contrast, crisp detail."""
    curved = pixels * 0.35 + np.sin(pixels * np.float32(np.pi / 2)) * 0.67
    detail = np.clip(pixels - softened(pixels, 0.0025), -0.12, 0.12)
    local = curved + 0.22 * (pixels - blur(pixels, 0.15)) + 1.3 * detail
    return saturate(local, 1.5)


def fantasy_art(pixels: Picture, seed: int) -> Picture:
    """Render in gold and violet haze, with shafts of light and motes in the air."""
    height, width = pixels.shape[:2]
    out = Grade(
        tint="#9a5fd0",
        tint_strength=0.34,
        saturation=1.35,
        contrast=1.1,
        glow=0.7,
        vignette=0.35,
    ).apply(pixels)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, width / height, width, dtype=np.float32)[None]
    angle = (x + 0.12) / (y + 0.35)
    rays = np.clip(np.sin(angle * 9 + seed) + np.sin(angle * 23 + seed * 2) * 0.6 - 0.35, 0, 1) * np.clip(
        1.05 - y, 0, 1
    )
    lit: Picture = out + blur(rays.astype(np.float32), 0.01)[..., None] * np.array([0.6, 0.48, 0.2], np.float32)
    motes = np.clip(noise(width, height, 0.014, seed + 5) - 2.0, 0, 0.7) * 1.8
    return lit + motes[..., None] * np.array([1.0, 0.9, 0.5], np.float32)


def line_art(pixels: Picture, seed: int) -> Picture:
    """Render as black lines on white paper, fine on small things; a breath of grey where it is dark."""
    ink = contours(pixels, 0.004, gain=3.0)
    tone = np.clip(-blur(luma(pixels), 0.01) - 0.55, 0, 1) * 0.35
    return np.repeat((0.97 - 1.9 * ink - tone)[..., None], 3, axis=-1)


def low_poly(pixels: Picture, seed: int) -> Picture:
    """Render as the flat triangles of a coarse mesh."""
    return triangles(saturate(pixels, 1.2), 22, seed, shade=0.2, detail=0.16)


def modelling_compound(pixels: Picture, seed: int) -> Picture:
    """Render as modelling clay: matt slabs of a few plasticine colours, rounded where they end, with thumb marks along the forms."""
    height, width = pixels.shape[:2]
    slabs = softened(posterise(saturate(softened(pixels, 0.004), 1.7) * 0.8 + 0.04, 6, soft=0.1), 0.003)
    seams = contours(slabs, 0.005, gain=3.5)
    form = inflated(seams, subject(pixels), 0.018)
    thumbed = np.clip(noise(width, height, 0.12, seed), 0, 1)
    prints = np.sin(form * 34 + noise(width, height, 0.2, seed + 1) * 3) * 0.035 * thumbed
    lumps = 0.05 * noise(width, height, 0.05, seed + 2)
    light = np.clip(directed(form + lumps + prints, 0.006) * 1.5, -0.5, 0.5)
    return slabs + (light * 0.75 - blur(seams, 0.006) * 0.3)[..., None]


def neon_punk(pixels: Picture, seed: int) -> Picture:
    """Render in neon light: everything dark but its outlines, cyan around and magenta on the subject."""
    dark = pixels * 0.25 + np.array([-0.74, -0.88, -0.62], np.float32)
    lines = contours(pixels, 0.005, gain=3.0)
    split = np.clip(blur(subject(pixels), 0.015) * 1.6 - 0.3, 0, 1)[..., None]
    neon = split * np.array([1.0, 0.08, 0.8], np.float32) + (1 - split) * np.array([0.05, 0.85, 1.0], np.float32)
    near, far = blur(lines, 0.006), blur(lines, 0.025)
    halo = (near * 0.9 + far * 1.5) / (1 + 2.5 * far)  # many tubes close together do not add up to a lit wall
    return dark + halo[..., None] * neon + lines[..., None] * (neon * 1.1 + 0.35)


def origami(pixels: Picture, seed: int) -> Picture:
    """Render as folded paper: a few large folds that run along the forms, each crease with a light and a dark side."""
    height, width = pixels.shape[:2]
    who = subject(pixels)
    seams = contours(pixels, 0.004, gain=1.6)
    paper = posterise(saturate(softened(pixels, 0.005), 1.2) * 0.78 + 0.16, 7, soft=0.4)
    lift = np.clip(directed(who, 0.01), -0.4, 0.4)  # it stands off the sheet behind it
    cut = np.clip(directed(seams, 0.002), -0.5, 0.5) * 0.4
    grain = 0.03 * noise(width, height, 0.004, seed) + 0.02 * noise(width, height, 0.02, seed + 1)
    return paper + (folds(pixels, seed) * (1 - 0.45 * who) + lift * 0.5 + cut + grain)[..., None]


def photographic(pixels: Picture, seed: int) -> Picture:
    """Render as through a lens: the subject sharp, what is far soft; warm lights, cool shadows, a fine grain."""
    height, width = pixels.shape[:2]
    who = subject(pixels)
    near = np.clip(np.linspace(-3.2, 2.2, height, dtype=np.float32)[:, None], 0, 1)
    far = np.clip(1.15 - 2 * np.maximum(who, near), 0, 1)[..., None]
    crisp = pixels + 0.6 * (pixels - softened(pixels, 0.003))
    out = Grade(contrast=1.1, saturation=0.78, vignette=0.28).apply(
        np.clip(crisp + far * (behind(pixels, who) - crisp), -1, 1)
    )
    bright = luma(out)[..., None]
    toned = out + np.maximum(bright, 0) * np.array([0.1, 0.03, -0.12], np.float32)
    cool: Picture = toned + np.minimum(bright, 0) * np.array([0.07, 0.0, -0.09], np.float32)
    return cool + 0.02 * noise(width, height, 0.004, seed)[..., None]


def pixel_art(pixels: Picture, seed: int) -> Picture:
    """Render as large square pixels of a small palette."""
    height, width = pixels.shape[:2]
    rows = min(48, height)
    small = resize(pixels, max(1, round(rows * width / height)), rows, Image.Resampling.BOX)
    return resize(
        posterise(saturate(small, 1.4) * 1.08, 6),
        width,
        height,
        Image.Resampling.NEAREST,
    )


def tile_texture(pixels: Picture, seed: int) -> Picture:
    """Repeat the motif three times each way, every other one mirrored, as tiles are laid."""
    height, width = pixels.shape[:2]
    tall, wide = -(-height // 3), -(-width // 3)
    one = resize(pixels, wide, tall, Image.Resampling.BOX)
    row = np.concatenate([one, one[:, ::-1], one], axis=1)
    out = np.concatenate([row, row[::-1], row], axis=0)[:height, :width]
    y, x = (
        np.arange(height, dtype=np.float32)[:, None],
        np.arange(width, dtype=np.float32)[None],
    )
    grout = np.maximum(line(y / tall, 0.03), line(x / wide, 0.03))[..., None]
    return out * (1 - grout) + np.float32(0.75) * grout


PRESETS: dict[str, Callable[[Picture, int], Picture]] = {
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
