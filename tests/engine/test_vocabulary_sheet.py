"""The sheet of all that the painter can draw, which whoever adds a word looks at: every tile stands under its name."""

import numpy as np
from tools import vocabulary_sheet

CAPTION = 14  # pixels above each tile


def test_every_tile_has_its_caption_above_it() -> None:
    wide = vocabulary_sheet.COLUMNS + 1  # one more than a row holds
    page = vocabulary_sheet.sheet([(f"beach {number}", "a beach", None) for number in range(wide)])
    side = vocabulary_sheet.TILE
    assert page.size == (vocabulary_sheet.COLUMNS * side, 2 * (side + CAPTION))
    grey = np.asarray(page.convert("L"))
    for number in range(wide):
        left, top = number % vocabulary_sheet.COLUMNS * side, number // vocabulary_sheet.COLUMNS * (side + CAPTION)
        band = grey[top : top + CAPTION, left : left + side]
        assert (band < 80).sum() > 20, f"caption {number}"


def test_there_is_a_tile_for_every_entry_of_a_kind() -> None:
    names = [caption for caption, _, _ in vocabulary_sheet.tiles("scene")]
    assert "beach" in names
    assert len(set(names)) == len(names) > 60
