"""Sheets: pictures side by side with their labels on one image, in strips and grids, composed with Pillow.

A sheet has its own light paper and border, so that it reads the same on a light and on a dark page. Its size is known
before anything is drawn, and pictures are read, reduced and pasted one by one: a hundred large pictures cost little
time and memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, ImageChops, ImageDraw

from helpers.display import fonts
from helpers.language import tr

WIDEST = 1280  # pixels: the longest side of a picture in a notebook
CLEAR = 16  # levels of 255: a larger difference is one that an eye can find
_WHITE = 64  # levels: a difference map is never brighter than if its largest difference were this
_CELL_SIZE = 320  # pixels: the longest side of a picture on a sheet of at most WIDEST
_PAPER, _EDGE, _INK, _FAINT, _HOLE = "#f7f6f2", "#8c8a84", "#1e1d1a", "#5c5a54", "#e6e4dd"
_MARGIN, _GAP = 18, 14
_ROW_LABEL = 190  # pixels: the greatest width of the labels at the left of a grid
_MAX_IN_A_ROW = 6


@dataclass(frozen=True)
class Missing:
    """A cell without a picture: the reason is written in its place.

        helpers.grid([[made, helpers.display.Missing("not run yet")]])

    `kind` is written above the reason, and `fix`, what to do about it, below, where there is room.
    """

    reason: str
    kind: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Stored:
    """A picture in a file, read when it is drawn: `size` in pixels, `thumbnail` a smaller file of the same picture."""

    path: Path
    size: tuple[int, int]
    thumbnail: Path | None = None

    def read(self, to: tuple[int, int]) -> Image.Image | Missing:
        """Return the picture from the smaller file that has enough pixels for a size; Missing if none can be read."""
        for path in filter(None, (self.thumbnail, self.path)):
            try:
                with Image.open(path) as image:
                    if path == self.path or image.width >= to[0]:
                        image.load()
                        return image
            except (OSError, SyntaxError, ValueError):  # lost or damaged since it was stored
                continue
        return Missing(tr("{name} cannot be read", name=self.path.name), tr("lost"))


Cell = Image.Image | Stored | Missing
_T = TypeVar("_T")


@dataclass(frozen=True)
class Difference:
    """The difference of two pictures of one size, in levels (0 to 255) of the channel that differs most at a pixel."""

    picture: Image.Image  # a map in mode L: brighter where they differ more; its white is `largest`, at least 64 levels
    share: float  # of the pixels that differ at all, 0 to 1
    clear: float  # of the pixels that differ by more than CLEAR levels, 0 to 1
    largest: int  # the largest difference, 0 to 255


def strip(
    cells: Sequence[Cell],
    labels: Sequence[str],
    title: str = "",
    same_scale: bool = False,
    cell_size: int | None = None,
) -> Image.Image:
    """Return pictures in a row, each with its label below; more than six go on in further rows.

    `same_scale=True` draws all at one scale; otherwise each fills its cell. `cell_size` is as in `grid`.
    """
    return _strip(cells, labels, title, same_scale, cell_size).paper()


def strip_size(cells: Sequence[Cell], labels: Sequence[str], title: str = "", *, cell_size: int) -> tuple[int, int]:
    """Return the size (width, height) of a strip, in pixels, without drawing it."""
    return _strip(cells, labels, title, False, cell_size).size


def grid(
    rows: Sequence[Sequence[Cell]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str = "",
    names: tuple[str, str] = ("", ""),
    cell_size: int | None = None,
) -> Image.Image:
    """Return pictures in a table, with labels at the left of the rows and above the columns. Rows may be short.

    `names` are those of the axes along rows and columns. `cell_size` is the longest side of one picture in pixels, and
    the sheet grows with it; without it, a side of the sheet has at most 1280 pixels, as in a notebook.
    """
    return _grid(rows, row_labels, column_labels, title, names, cell_size).paper()


def grid_size(
    rows: Sequence[Sequence[Cell]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str = "",
    names: tuple[str, str] = ("", ""),
    *,
    cell_size: int,
) -> tuple[int, int]:
    """Return the size (width, height) of a grid, in pixels, without drawing it."""
    return _grid(rows, row_labels, column_labels, title, names, cell_size).size


def missing(tile: Any) -> Missing | None:
    """Return why a tile of a sweep has no picture; None for one that has, and for any other kind of picture."""
    failure = getattr(tile, "failure", None)
    if failure:
        return Missing(failure.what or failure.why, failure.said, failure.fix)
    return None if getattr(tile, "made", True) else Missing(tr("not made yet"))


def difference(a: Image.Image, b: Image.Image) -> Difference:
    """Return the difference of two pictures, channel by channel in RGBA. Raises ValueError where their sizes differ."""
    if a.size != b.size:
        raise ValueError(
            tr(
                "Pictures of different sizes, {a} and {b}, have no difference pixel by pixel.",
                a=_size_text(a),
                b=_size_text(b),
            )
        )
    apart = reduce(ImageChops.lighter, ImageChops.difference(a.convert("RGBA"), b.convert("RGBA")).split())
    counts = apart.histogram()
    total = sum(counts)
    largest = max(level for level, count in enumerate(counts) if count)
    gain = 255 / max(largest, _WHITE)
    shown = apart.point(lambda level: round(level * gain))
    return Difference(shown, sum(counts[1:]) / total, sum(counts[CLEAR + 1 :]) / total, largest)


def flat(image: Image.Image) -> Image.Image:
    """Return the image in RGB: a light chequerboard shows through where it is transparent, as in drawing programs."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    across, down = -(-image.width // 16), -(-image.height // 16)
    squares = bytes(255 if (x + y) % 2 else 214 for y in range(down) for x in range(across))
    board = Image.frombytes("L", (across, down), squares).convert("RGB")
    board = board.resize((across * 16, down * 16), Image.Resampling.NEAREST).crop((0, 0, *image.size))
    board.paste(image, mask=image.getchannel("A"))
    return board


def _strip(
    cells: Sequence[Cell], labels: Sequence[str], title: str, same_scale: bool, cell_size: int | None
) -> "_Sheet":
    across = -(-len(cells) // -(-len(cells) // _MAX_IN_A_ROW))
    box = cell_size or min(_CELL_SIZE, (WIDEST - 2 * _MARGIN - _GAP * (across - 1)) // across)
    size = _text_size(2 * _MARGIN + across * box + _GAP * (across - 1), cell_size)
    return _compose(_in_rows(cells, across), _in_rows(labels, across), [], [], title, ("", ""), box, size, same_scale)


def _grid(
    rows: Sequence[Sequence[Cell]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str,
    names: tuple[str, str],
    cell_size: int | None,
) -> "_Sheet":
    across = max(len(row) for row in rows)
    box = cell_size or _box_on_a_page(rows, row_labels, names[0], across)
    size = _text_size(2 * _MARGIN + across * box + _GAP * (across - 1), cell_size)
    return _compose(rows, [], row_labels, column_labels, title, names, box, size, False)


def _box_on_a_page(rows: Sequence[Sequence[Cell]], row_labels: Sequence[str], name: str, across: int) -> int:
    beside = _label_width(row_labels, name, _text_size(WIDEST))
    box = min(_CELL_SIZE, (WIDEST - 2 * _MARGIN - beside - _GAP * (across - 1)) // across)
    tall = (WIDEST - 3 * _MARGIN - _GAP * (len(rows) - 1)) // (len(rows) + 1)  # leaves a row's height for the labels
    return min(box, max(tall, 24))


def _compose(
    rows: Sequence[Sequence[Cell]],
    labels: Sequence[Sequence[str]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str,
    names: tuple[str, str],
    box: int,
    size: int,
    same_scale: bool,
) -> "_Sheet":
    scale = _common_scale(rows, box) if same_scale else None
    fitted = [[_fitted(cell, box, scale) for cell in row] for row in rows]
    tallest = max((to[1] for row in fitted for to in row if to), default=box)
    heights = [max((to[1] for to in row if to), default=tallest) for row in fitted]
    across = max(len(row) for row in rows)
    beside = _label_width(row_labels, names[0], size)
    below = [[fonts.wrap(label, size, box) for label in row] for row in labels]
    above = [fonts.wrap(label, size, box) for label in column_labels]
    wide = 2 * _MARGIN + beside + across * box + _GAP * (across - 1)
    heading = fonts.wrap(title, size + 3, wide - 2 * _MARGIN, 3) if title else []

    sheet = _Sheet(wide)
    for line in heading:
        sheet.text(_MARGIN, line, size + 3)
    if heading:
        sheet.skip(6)
    if any(names):
        sheet.names([(_MARGIN, names[0], " ↓"), (_MARGIN + beside, names[1], " →")], size)
    if any(above):
        sheet.band([(_MARGIN + beside + i * (box + _GAP), lines) for i, lines in enumerate(above)], box, size)
    for i, row in enumerate(rows):
        if i < len(row_labels):
            lines = fonts.wrap(row_labels[i], size, beside - _GAP, max(heights[i] // fonts.line_height(size), 1))
            sheet.beside(_MARGIN, lines, size, heights[i])
        for j, cell in enumerate(row):
            sheet.cell(_MARGIN + beside + j * (box + _GAP), cell, fitted[i][j], box, heights[i], size)
        sheet.skip(heights[i] + 8)
        if i < len(below):
            sheet.band([(_MARGIN + j * (box + _GAP), lines) for j, lines in enumerate(below[i])], box, size)
        sheet.skip(_GAP - 8)
    return sheet


class _Sheet:
    """A sheet in the making: drawing steps from top to bottom, run when its height is known. Sizes are in pixels."""

    def __init__(self, width: int) -> None:
        self.width, self.y = width, _MARGIN
        self.steps: list[Callable[[Image.Image, ImageDraw.ImageDraw], None]] = []

    def skip(self, height: int) -> None:
        self.y += height

    def text(self, x: int, line: str, size: int) -> None:
        self._line(x, self.y, line, size, _INK)
        self.y += fonts.line_height(size)

    def names(self, places: Sequence[tuple[int, str, str]], size: int) -> None:
        """Add the names of the axes, each with an arrow along it."""
        for x, name, arrow in places:
            if name:
                self._line(x, self.y, name + arrow, max(11, size - 2), _FAINT)
        self.y += fonts.line_height(size) + 2

    def band(self, columns: Sequence[tuple[int, list[str]]], box: int, size: int) -> None:
        """Add labels side by side, each centred on its column."""
        for x, lines in columns:
            self._centred(x, self.y, lines, size, box, _INK)
        self.y += max(len(lines) for _, lines in columns) * fonts.line_height(size) + 4

    def beside(self, x: int, lines: list[str], size: int, height: int) -> None:
        """Add the label of a row, centred on its height."""
        top = self.y + max(0, (height - len(lines) * fonts.line_height(size)) // 2)
        for i, line in enumerate(lines):
            self._line(x, top + i * fonts.line_height(size), line, size, _INK)

    def cell(self, x: int, cell: Cell, to: tuple[int, int] | None, box: int, height: int, size: int) -> None:
        """Add a picture at its size, or the reason why there is none."""
        top = self.y

        def step(paper: Image.Image, canvas: ImageDraw.ImageDraw) -> None:
            shown = _resized(cell, to) if to else cell
            if isinstance(shown, Missing):
                _draw_missing(canvas, shown, (x, top, x + box - 1, top + height - 1), max(11, size - 2))
            elif isinstance(shown, Image.Image):
                left, upper = x + (box - shown.width) // 2, top + (height - shown.height) // 2
                paper.paste(shown, (left, upper))
                canvas.rectangle((left - 1, upper - 1, left + shown.width, upper + shown.height), outline=_EDGE)

        self.steps.append(step)

    @property
    def size(self) -> tuple[int, int]:
        """Size as (width, height) in pixels."""
        return self.width, self.y - _GAP + _MARGIN

    def paper(self) -> Image.Image:
        """Return the finished sheet."""
        paper = Image.new("RGB", self.size, _PAPER)
        canvas = ImageDraw.Draw(paper)
        for step in self.steps:
            step(paper, canvas)
        canvas.rectangle((0, 0, paper.width - 1, paper.height - 1), outline=_EDGE)
        return paper

    def _centred(self, x: int, y: int, lines: list[str], size: int, box: int, ink: str) -> None:
        self.steps.append(lambda _, canvas: _draw_centred(canvas, x, y, lines, size, box, ink))

    def _line(self, x: float, y: int, line: str, size: int, ink: str) -> None:
        self.steps.append(lambda _, canvas: fonts.draw_line(canvas, x, y, line, size, ink))


def _draw_missing(canvas: ImageDraw.ImageDraw, missing: Missing, around: tuple[int, int, int, int], size: int) -> None:
    left, top, right, bottom = around
    canvas.rectangle(around, fill=_HOLE, outline=_EDGE)
    box, tall = right - left + 1, fonts.line_height(size)
    room = max(1, (bottom - top - 11) // tall)
    parts: list[tuple[list[str], str]] = []
    for text, ink, most in ((missing.kind, _INK, 1), (missing.reason, _FAINT, room), (missing.fix, _INK, room)):
        left_over = room - sum(len(lines) for lines, _ in parts)
        if text and left_over > 0:
            parts.append((fonts.wrap(text, size, box - 10, min(most, left_over)), ink))
    y = top + max(5, (bottom - top + 1 - sum(len(lines) for lines, _ in parts) * tall) // 2)
    for lines, ink in parts:
        _draw_centred(canvas, left, y, lines, size, box, ink)
        y += len(lines) * tall


def _draw_centred(canvas: ImageDraw.ImageDraw, x: int, y: int, lines: list[str], size: int, box: int, ink: str) -> None:
    for i, line in enumerate(lines):
        fonts.draw_line(
            canvas, x + (box - fonts.width(line, size)) / 2, y + i * fonts.line_height(size), line, size, ink
        )


def _text_size(width: int, cell_size: int | None = None) -> int:
    """Return the text size in pixels. It grows with the cells or the sheet, as a page shows a wide sheet reduced."""
    return max(14, round(cell_size / 15)) if cell_size else max(14, min(18, round(width / 68)))


def _label_width(labels: Sequence[str], name: str, size: int) -> int:
    if not any(labels):
        return 0
    wanted = max(round(fonts.width(label, size)) for label in (*labels, name and name + " ↓"))
    return min(round(_ROW_LABEL * max(1, size / 18)), wanted) + _GAP


def _fitted(cell: Cell, box: int, scale: float | None) -> tuple[int, int] | None:
    """Return the size at which a picture fits the box. A small one grows by a whole factor: its pixels stay square."""
    if isinstance(cell, Missing):
        return None
    width, height = cell.size
    factor = scale or min(box / width, box / height)
    if factor > 1 and scale is None:
        factor = max(1, int(factor))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _resized(cell: Cell, to: tuple[int, int]) -> Cell:
    """Return the cell's picture at a size, read from its file if it is stored."""
    image = cell.read(to) if isinstance(cell, Stored) else cell
    if isinstance(image, Missing) or image.size == to:
        return image if isinstance(image, Missing) else flat(image)
    if to[0] > image.width:
        return flat(image).resize(to, Image.Resampling.NEAREST)
    return flat(image).resize(to, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _common_scale(rows: Sequence[Sequence[Cell]], box: int) -> float:
    sides = [max(cell.size) for row in rows for cell in row if not isinstance(cell, Missing)]
    return box / max(sides, default=box)


def _in_rows(items: Sequence[_T], across: int) -> list[Sequence[_T]]:
    return [items[start : start + across] for start in range(0, len(items), across)]


def _size_text(image: Image.Image) -> str:
    return f"{image.width} by {image.height}"
