"""SDXL's seventeen style presets, each a short recipe of shared picture operations (isometric: isometric.py)."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..filters import Picture, blur, edges, emboss, luma, noise, posterise, resize, saturate
from ..light import Grade
from .facets import triangles

__all__ = ["PRESETS"]


def model_3d(pixels: Picture, seed: int) -> Picture:
    """A render in a modelling program: smooth plastic, hard highlights, the wire mesh showing."""
    height, width = pixels.shape[:2]
    smooth = posterise(blur(saturate(pixels, 0.8), 0.003), 7, soft=0.6)
    lit = emboss(blur(luma(smooth), 0.005), 0.008)[..., None]
    shiny = smooth * 1.0 + 0.02 + lit * 0.8 + np.clip(lit - 0.1, 0, 1) * 2.2
    y = np.arange(height, dtype=np.float32)[:, None] / height * 34
    x = np.arange(width, dtype=np.float32)[None] / height * 34
    bulge = blur(luma(pixels), 0.02) * 0.9  # the mesh follows the forms
    mesh = np.maximum(_line(y + bulge, 0.09), _line(x - bulge, 0.09))[..., None] * np.float32(0.4)
    return shiny * (1 - mesh) + np.array([-0.15, 0.35, 0.5], np.float32) * mesh


def analog_film(pixels: Picture, seed: int) -> Picture:
    """Faded blacks, warm cast, grain, and light that leaked in from the side."""
    height, width = pixels.shape[:2]
    out = Grade(saturation=0.72, contrast=0.78, brightness=0.08, warmth=0.45, vignette=0.35).apply(pixels)
    leak = np.exp(-np.linspace(0, 5.5, width, dtype=np.float32))[None, :, None]
    band = np.exp(-((np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] + 0.2) ** 2) * 1.5)
    out = out + leak * band * np.array([1.15, 0.42, 0.05], np.float32)
    return out + 0.11 * noise(width, height, 0.004, seed)[..., None]


def anime(pixels: Picture, seed: int) -> Picture:
    """Cel shading: clean flat tones, clear bright colour, thin dark outlines."""
    flat = posterise(saturate(blur(pixels, 0.004), 1.45) * 1.05 + 0.12, 6, soft=0.12)
    return flat - edges(blur(pixels, 0.003), 0.003, gain=2.0)[..., None] * np.array([1.1, 1.2, 0.95], np.float32)


def cinematic(pixels: Picture, seed: int) -> Picture:
    """Teal shadows, orange lights, deep contrast, and the bars of a wide screen."""
    height = pixels.shape[0]
    bright = np.clip(luma(pixels) * 0.5 + 0.5, 0, 1)[..., None]
    toned = (
        pixels
        + (1 - bright) * np.array([-0.2, 0.04, 0.2], np.float32)
        + bright * np.array([0.22, 0.04, -0.22], np.float32)
    )
    out = Grade(contrast=1.25, saturation=0.9, vignette=0.3, glow=0.2).apply(np.clip(toned, -1, 1))
    bar = round(height * 0.12)
    out[:bar] = out[height - bar :] = -1
    return out


def comic_book(pixels: Picture, seed: int) -> Picture:
    """Flat inks, black outlines and halftone dots in the shade."""
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
    """Airbrushed gradients in electric violet and cyan, with bloom on every light."""
    smooth = blur(pixels, 0.006) * 0.6 + pixels * 0.4
    bright = np.clip(luma(smooth) * 0.5 + 0.5, 0, 1)[..., None]
    violet, cyan = np.array([0.1, -0.5, 0.45], np.float32), np.array([-0.25, 0.3, 0.42], np.float32)
    toned = saturate(smooth, 1.5) + 0.55 * (violet * (1 - bright) + cyan * bright * 0.8)
    return Grade(contrast=1.22, glow=0.75, vignette=0.25).apply(np.clip(toned, -1, 1))


def enhance(pixels: Picture, seed: int) -> Picture:
    """Strong local contrast and clear colour, as an over-eager photo editor gives."""
    local = pixels + 1.3 * (pixels - blur(pixels, 0.035)) + 0.8 * (pixels - blur(pixels, 0.006))
    return saturate(local, 1.4)


def fantasy_art(pixels: Picture, seed: int) -> Picture:
    """Gold and violet haze, shafts of light, motes in the air."""
    height, width = pixels.shape[:2]
    out = Grade(tint="#9a5fd0", tint_strength=0.34, saturation=1.35, contrast=1.1, glow=0.7, vignette=0.35).apply(
        pixels
    )
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
    """Black lines on white paper; a breath of grey where it is dark."""
    ink = np.maximum(edges(blur(pixels, 0.002), 0.004, gain=3.2), edges(blur(pixels, 0.008), 0.006, gain=3.0) * 0.6)
    tone = np.clip(-blur(luma(pixels), 0.01) - 0.55, 0, 1) * 0.35
    return np.repeat((0.97 - 1.9 * ink - tone)[..., None], 3, axis=-1)


def low_poly(pixels: Picture, seed: int) -> Picture:
    """Flat triangles of a coarse mesh."""
    return triangles(saturate(pixels, 1.2), 22, seed, shade=0.2, detail=0.16)


def modelling_compound(pixels: Picture, seed: int) -> Picture:
    """Modelling clay: rounded slabs of few colours, soft highlights, thumb marks."""
    height, width = pixels.shape[:2]
    slabs = blur(posterise(saturate(blur(pixels, 0.007), 1.35) * 0.85 + 0.08, 6), 0.004)
    relief = blur(luma(slabs), 0.007) + 0.02 * noise(width, height, 0.035, seed)
    prints = np.sin(noise(width, height, 0.09, seed + 1) * 22) * 0.035
    light = emboss(relief + prints * 0.3, 0.007)[..., None]
    edge = edges(slabs, 0.012, gain=1.6)[..., None]
    return slabs + light * 1.5 + np.clip(light - 0.05, 0, 1) * 2.0 - edge * 0.16


def neon_punk(pixels: Picture, seed: int) -> Picture:
    """Night city light: everything dark but its outlines, which burn magenta and cyan."""
    height, width = pixels.shape[:2]
    dark = pixels * 0.28 + np.array([-0.72, -0.88, -0.6], np.float32)
    lines = edges(blur(pixels, 0.003), 0.005, gain=3.0)
    split = np.clip(noise(width, height, 0.45, seed) * 0.6 + 0.5, 0, 1)[..., None]
    neon = split * np.array([1.0, 0.1, 0.85], np.float32) + (1 - split) * np.array([0.05, 0.95, 1.0], np.float32)
    halo = blur(lines, 0.022)[..., None] * 1.9 + blur(lines, 0.007)[..., None]
    return dark + (halo + lines[..., None] * 1.1) * neon


def origami(pixels: Picture, seed: int) -> Picture:
    """Folded paper: large facets, lit and shaded, with white creases."""
    height, width = pixels.shape[:2]
    paper = saturate(pixels, 1.25) * 0.75 + 0.2
    folded = triangles(paper, 13, seed, jitter=0.85, shade=0.4, detail=0.13, line="#fffaf0", line_width=0.4)
    return folded + 0.035 * noise(width, height, 0.006, seed)[..., None]


def photographic(pixels: Picture, seed: int) -> Picture:
    """A lens: sharp in the middle distance, soft near and far, with a fine grain."""
    height, width = pixels.shape[:2]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    away = np.clip(np.abs(y - 0.6) * 2.6 - 0.45, 0, 1)
    out = (pixels + 0.5 * (pixels - blur(pixels, 0.008))) * (1 - away) + blur(pixels, 0.02) * away
    out = Grade(contrast=1.15, saturation=0.86, vignette=0.3).apply(np.clip(out, -1, 1))
    return out + 0.03 * noise(width, height, 0.004, seed)[..., None]


def pixel_art(pixels: Picture, seed: int) -> Picture:
    """Large square pixels of a small palette."""
    height, width = pixels.shape[:2]
    rows = min(48, height)
    small = resize(pixels, max(1, round(rows * width / height)), rows, Image.Resampling.BOX)
    return resize(posterise(saturate(small, 1.4) * 1.08, 6), width, height, Image.Resampling.NEAREST)


def tile_texture(pixels: Picture, seed: int) -> Picture:
    """A seamless pattern: the motif three times each way, every other one mirrored, as tiles are laid."""
    height, width = pixels.shape[:2]
    tall, wide = -(-height // 3), -(-width // 3)
    one = resize(pixels, wide, tall, Image.Resampling.BOX)
    row = np.concatenate([one, one[:, ::-1], one], axis=1)
    out = np.concatenate([row, row[::-1], row], axis=0)[:height, :width]
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    grout = np.maximum(_line(y / tall, 0.03), _line(x / wide, 0.03))[..., None]
    return out * (1 - grout) + np.float32(0.75) * grout


def _line(phase: Picture, width: Picture | float) -> Picture:
    """1 where `phase` is within half of `width` of a whole number, else 0, softly."""
    away = np.abs(phase - np.round(phase))
    return np.clip(1.5 - away / np.maximum(np.asarray(width, np.float32), 1e-3) * 2, 0, 1).astype(np.float32)


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
