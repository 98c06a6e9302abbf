"""A sweep as labelled tables of its pictures, for the notebook or as files for print.

Pictures are read from the sweep's folder one by one, at the size they are drawn at. In place of a missing picture, the
kind of failure and its reason are written.
"""

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from helpers.display import alt_text, sheets, showing
from helpers.language import joined, listed, tr
from helpers.language.remarks import warn
from helpers.pictures import MAX_PIXELS_READ, writing
from helpers.pictures.formats import MAX_SIDES, format_for
from helpers.sweeps.axes.tiles import Axis, Tile
from helpers.sweeps.shown.arranging import GridAxis, GridPage, PageChoice, arrange

MAX_PAGES = 12  # shown at once in a notebook
SMALLEST = 48  # pixels: smaller pictures in a notebook are hard to judge
TILE = 512  # pixels: the longest side of one picture in a file


def draw(
    tiles: Sequence[Tile],
    axes: Sequence[Axis],
    rows: str | None = None,
    columns: str | None = None,
    pages: PageChoice = None,
    *,
    title: str = "",
    path: str | os.PathLike[str] | None = None,
    tile: int | None = None,
    overwrite: bool = False,
) -> list[Path] | None:
    """Show the tiles in the notebook, one image a page, or write the pages to files at `path` and return their paths.

    `rows`, `columns` and `pages` are those of `arrange`. `tile`: the longest side of one picture in a file, in pixels.
    Where a page would be too large for its format, the pictures are drawn smaller, with a WorkshopWarning. Several
    pages get numbers in their names. Raises ValueError, and PictureExistsError unless `overwrite`.
    """
    arranged = arrange(tiles, axes, rows, columns, pages)
    if path is not None:
        return _write(arranged, title, Path(path).expanduser(), TILE if tile is None else tile, overwrite)
    if tile is not None:
        raise ValueError(tr('tile= is for a file: give path="grid.png" too. In the notebook, pictures fit the page.'))
    for page in arranged[:MAX_PAGES]:
        left_out = max(0, len(arranged) - MAX_PAGES) if page is arranged[:MAX_PAGES][-1] else 0
        showing.show(sheet(page, title), alt=page_alt(page, title), caption=caption(page, left_out))
    return None


def sheet(page: GridPage, title: str = "", tile: int | None = None) -> Image.Image:
    """Return one page as an image: at most 1280 pixels a side, or with pictures of `tile` pixels."""
    heading = _heading(page, title)
    if page.wrapped:
        labels = _labels(page.columns) or [""]
        return sheets.strip(_cells(page)[0], _with_name(page, labels), heading, cell_size=tile)
    down, across = _labels(page.rows), _labels(page.columns)
    return sheets.grid(_cells(page), down, across, heading, _names(page), tile)


def sheet_size(page: GridPage, title: str, tile: int) -> tuple[int, int]:
    """Return the (width, height) in pixels that `sheet` would have, without drawing it."""
    heading = _heading(page, title)
    if page.wrapped:
        labels = _labels(page.columns) or [""]
        return sheets.strip_size(_cells(page)[0], _with_name(page, labels), heading, cell_size=tile)
    return sheets.grid_size(
        _cells(page), _labels(page.rows), _labels(page.columns), heading, _names(page), cell_size=tile
    )


def page_alt(page: GridPage, title: str = "") -> str:
    """Return the text alternative of a page: its size, prompt, labels, and the number of missing pictures."""
    pictures = [tile for row in page.tiles for tile in row]
    holes = sum(tile is None or not tile.made for tile in pictures)
    heading = _heading(page, title)
    if page.wrapped:
        text = alt_text.strip_alt(pictures, _with_name(page, _labels(page.columns) or [tr("the only one")]), heading)
        return joined(text, tr("{count} without a picture.", count=holes)) if holes else text
    down, across = (list(one.labels) if one else [] for one in (page.rows, page.columns))
    return alt_text.grid_alt(page.tiles, down, across, heading, holes, _names(page))


def caption(page: GridPage, left_out: int = 0) -> str:
    """Return the caption of a page: failures by kind, missing words, and the number of pages left out."""
    kinds = Counter(tile.failure.said for row in page.tiles for tile in row if tile and tile.failure)
    sentences = []
    if kinds:
        counted = listed(tr("{count} {kind}", count=count, kind=kind) for kind, count in sorted(kinds.items()))
        sentences.append(tr("Without a picture: {counted}.", counted=counted))
    sentences.append(alt_text.missing_words_sentence([tile for row in page.tiles for tile in row]))
    shown = len(page.columns.labels) if page.columns else 1
    if not page.wrapped and max(shown, len(page.tiles)) > sheets.WIDEST // (SMALLEST + 14):
        sentences.append(tr('The pictures are small here: .gallery("gallery.html") shows them large.'))
    if left_out:
        sentences.append(tr("{count} more of {of} pages: choose them with pages=.", count=left_out, of=page.of))
    return joined(*sentences)


# ---- into files -----------------------------------------------------------------------------------------------------


def _write(pages: list[GridPage], title: str, path: Path, tile: int, overwrite: bool) -> list[Path]:
    if tile < 1:
        raise ValueError(tr("A picture cannot be {tile} pixels. Give tile= above 0.", tile=tile))
    kind = format_for(path)
    many = len(pages) > 1
    paths = [path.with_name(f"{path.stem}-{page.number}{path.suffix}") if many else path for page in pages]
    sizes = [_fitting_size(page, title, tile, kind) for page in pages]
    for to, page, size in zip(paths, pages, sizes, strict=True):
        writing.write(to, writing.encode_image(sheet(page, title, size), kind), overwrite)
    return paths


def _fitting_size(page: GridPage, title: str, tile: int, kind: str) -> int:
    """Return the tile size in pixels at which the page fits its format, at most `tile`; warn where it is smaller."""
    most = MAX_SIDES.get(kind)
    wanted = sheet_size(page, title, tile)
    size, reached = tile, wanted
    while size > 1 and (max(reached) > (most or max(reached)) or reached[0] * reached[1] > MAX_PIXELS_READ):
        by_side = most / max(reached) if most else 1.0
        by_area = (MAX_PIXELS_READ / (reached[0] * reached[1])) ** 0.5
        size = max(1, min(size - 1, int(size * min(by_side, by_area))))
        reached = sheet_size(page, title, size)
    if size < tile:
        limit = (
            tr("a {kind} file holds at most {most:,} pixels a side", kind=kind, most=most)
            if most and max(wanted) > most
            else ""
        )
        limit = limit or tr("most programs refuse more than {most:,} pixels", most=MAX_PIXELS_READ)
        warn(
            tr(
                "This grid would be {width:,} x {height:,} pixels, and {limit}: its pictures are "
                "drawn at {size} pixels instead of {tile}. For all of them, choose pages=, or write a "
                "gallery.",
                width=wanted[0],
                height=wanted[1],
                limit=limit,
                size=size,
                tile=tile,
            )
        )
    return size


# ---- cells and labels -----------------------------------------------------------------------------------------------


def _cells(page: GridPage) -> list[list[sheets.Cell]]:
    return [[_cell(tile) for tile in row] for row in page.tiles]


def _cell(tile: Tile | None) -> sheets.Cell:
    if tile is None:
        return sheets.Missing(tr("not in this sweep"))
    if missing := sheets.missing(tile):
        return missing
    assert tile.path is not None
    try:
        with Image.open(tile.path) as image:
            return sheets.Stored(tile.path, image.size, tile.thumbnail)
    except (OSError, SyntaxError, ValueError):
        return sheets.Missing(tr("{name} cannot be read", name=tile.path.name), tr("lost"))


def _heading(page: GridPage, title: str) -> str:
    where = ", ".join(f"{name}: {label}" for name, label in page.where)
    return " — ".join(part for part in (title, where) if part)


def _labels(grid_axis: GridAxis | None) -> list[str]:
    return alt_text.trimmed(grid_axis.labels) if grid_axis else []


def _with_name(page: GridPage, labels: list[str]) -> list[str]:
    """Return the labels of a strip, which has no heading for its axis: values get its name, swapped words need none."""
    across = page.columns
    named = across is not None and _is_field(across.name, page) and all(map(_is_value, labels))
    return [f"{across.name} {label}" for label in labels] if across and named else labels


def _is_field(name: str, page: GridPage) -> bool:
    """Return whether an axis is named after a field of the bodies, and not after words of a prompt."""
    field = re.split(r"[.\[]", name)[0]
    return field in ("prompt", "negative_prompt") or any(
        tile and field in tile.body for row in page.tiles for tile in row
    )


def _is_value(label: str) -> bool:
    """Return whether a label is a number or one word, which says little without the name of its axis."""
    return " " not in label and len(label) <= 16


def _names(page: GridPage) -> tuple[str, str]:
    return page.rows.name if page.rows else "", page.columns.name if page.columns else ""
