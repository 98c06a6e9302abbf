"""Draw the whole vocabulary: `.venv/bin/python setup/tools/vocabulary_sheet.py outputs/vocabulary` writes one PNG a kind.

To see a new word: look at every tile before you call it good.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from helpers.studio.engines.painted.painting import layout, painter, prompt, styles, vocabulary
from helpers.studio.protocol import Prompt

__all__ = ["main", "sheet"]

TILE = 192
COLUMNS = 8


def tile(text: str, seed: int, style: str | None = None, side: int = TILE) -> Image.Image:
    """Return one exemplar of a prompt, side x side pixels."""
    scene = layout.compose(prompt.read((Prompt(text),)), seed, 1.0)
    pixels = painter.paint(scene, side, side, style)
    return Image.fromarray(((pixels + 1) * 127.5).round().astype(np.uint8))


def sheet(tiles: list[tuple[str, str, str | None]]) -> Image.Image:
    """Return captioned tiles in rows as one image; each tile is (caption, prompt, style)."""
    rows = -(-len(tiles) // COLUMNS)
    out = Image.new("RGB", (COLUMNS * TILE, rows * (TILE + 14)), "white")
    pen = ImageDraw.Draw(out)
    for i, (caption, text, style) in enumerate(tiles):
        x, y = i % COLUMNS * TILE, i // COLUMNS * (TILE + 14)
        out.paste(tile(text, 3 + i % 5, style), (x, y + 14))
        pen.text((x + 3, y + 1), caption, fill="black")
    return out


def tiles(kind: str) -> list[tuple[str, str, str | None]]:
    """Return a tile for each entry of a kind: alone where that makes a picture, else on a meadow with mountains."""
    if kind == "style":
        return [(name, "three sheep on a meadow, mountain", name) for name in [*styles.presets.PRESETS, "isometric"]]
    alone = kind in ("scene", "object")
    return [
        (item.name, item.en[0] if alone else f"{item.en[0]}, sheep, meadow, mountain", None)
        for item in vocabulary.entries().values()
        if item.kind == kind
    ]


def main(folder: str) -> None:
    """Write `<kind>.png` for every kind into the folder."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for kind in (*vocabulary.KINDS, "style"):
        drawn = tiles(kind)
        if drawn:
            sheet(drawn).save(target / f"{kind}.png")
            print(f"{kind}: {len(drawn)} -> {target / kind}.png")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "outputs/vocabulary")
