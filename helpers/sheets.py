"""Pictures side by side on one sheet of paper with their labels: strips, grids, comparisons, composed with Pillow.

A sheet brings its own light paper and border, so that it reads the same on a light and on a dark page. Pictures are
reduced to the size they are shown at before they are put together: a hundred large pictures cost little memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageChops, ImageDraw

from helpers import fonts

WIDEST = 1280  # pixels: the most that a picture in a notebook may measure on a side
CLEAR = 16  # levels of 255: a difference that an eye can find
_WHITE = 64  # levels: a difference map is never brighter than if its largest difference were this
_TILE = 320  # pixels: no picture on a sheet is wider or taller, where more of them would still fit
_PAPER, _EDGE, _INK, _FAINT, _HOLE = "#f7f6f2", "#8c8a84", "#1e1d1a", "#5c5a54", "#e6e4dd"
_MARGIN, _GAP = 18, 14
_ROW_LABEL = 190  # pixels: the most that labels at the left of a grid may take
_MOST_IN_A_ROW = 6


@dataclass(frozen=True)
class Missing:
    """A tile without a picture: the reason is written in its place."""

    reason: str


Tile = Image.Image | Missing
T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """Where two pictures of one size differ, in levels from 0 to 255 of the channel that differs most at a pixel."""

    picture: Image.Image  # a map, mode L: brighter where they differ more, white at the largest, if an eye finds that
    share: float  # of the pixels, 0 to 1: those that differ at all
    clear: float  # of the pixels, 0 to 1: those that differ by more than CLEAR levels
    largest: int  # the largest difference


def strip(tiles: Sequence[Tile], labels: Sequence[str], title: str = "", same_scale: bool = False) -> Image.Image:
    """Pictures in a row, each with its label below; more than six go on in further rows.

    With `same_scale`, a picture twice as wide is shown twice as wide; without, each fills its place.
    """
    across = -(-len(tiles) // -(-len(tiles) // _MOST_IN_A_ROW))
    box = min(_TILE, (WIDEST - 2 * _MARGIN - _GAP * (across - 1)) // across)
    return _compose(_in_rows(tiles, across), _in_rows(labels, across), [], [], title, box, same_scale)


def grid(
    rows: Sequence[Sequence[Tile]], row_labels: Sequence[str], column_labels: Sequence[str], title: str = ""
) -> Image.Image:
    """Pictures in a table, labels at the left of rows and on top of columns. Rows may be short."""
    across = max(len(row) for row in rows)
    beside = _label_width(row_labels, _text_size(WIDEST))
    box = min(_TILE, (WIDEST - 2 * _MARGIN - beside - _GAP * (across - 1)) // across)
    tall = (WIDEST - 3 * _MARGIN - _GAP * (len(rows) - 1)) // (len(rows) + 1)  # leaves a row's height for the labels
    return _compose(rows, [], row_labels, column_labels, title, min(box, max(tall, 24)), False)


def difference(a: Image.Image, b: Image.Image) -> Difference:
    """What sets two pictures of the same size apart, channel by channel in RGB. ValueError for two sizes."""
    if a.size != b.size:
        raise ValueError(f"Pictures of different sizes, {_size(a)} and {_size(b)}, have no difference pixel by pixel.")
    red, green, blue = ImageChops.difference(a.convert("RGB"), b.convert("RGB")).split()
    apart = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    counts = apart.histogram()
    total = sum(counts)
    largest = max(level for level, count in enumerate(counts) if count)
    gain = 255 / max(largest, _WHITE)
    shown = apart.point(lambda level: round(level * gain))
    return Difference(shown, sum(counts[1:]) / total, sum(counts[CLEAR + 1 :]) / total, largest)


def flat(image: Image.Image) -> Image.Image:
    """The picture without transparency: what is see-through shows a faint chequerboard, as in drawing programs."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    across, down = -(-image.width // 16), -(-image.height // 16)
    squares = bytes(255 if (x + y) % 2 else 214 for y in range(down) for x in range(across))
    board = Image.frombytes("L", (across, down), squares).convert("RGB")
    board = board.resize((across * 16, down * 16), Image.Resampling.NEAREST).crop((0, 0, *image.size))
    board.paste(image, mask=image.getchannel("A"))
    return board


def _compose(
    rows: Sequence[Sequence[Tile]],
    labels: Sequence[Sequence[str]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str,
    box: int,
    same_scale: bool,
) -> Image.Image:
    scale = _common_scale(rows, box) if same_scale else None
    thumbs = [[_thumbnail(tile, box, scale) for tile in row] for row in rows]
    heights = [max((thumb.height for thumb in row if isinstance(thumb, Image.Image)), default=box) for row in thumbs]
    across = max(len(row) for row in rows)
    size = _text_size(2 * _MARGIN + across * box + _GAP * (across - 1))
    beside = _label_width(row_labels, size)
    below = [[fonts.wrap(label, size, box) for label in row] for row in labels]
    above = [fonts.wrap(label, size, box) for label in column_labels]
    wide = 2 * _MARGIN + beside + across * box + _GAP * (across - 1)
    heading = fonts.wrap(title, size + 3, wide - 2 * _MARGIN, 3) if title else []

    sheet = _Sheet(wide)
    for line in heading:
        sheet.text(_MARGIN, line, size + 3)
    if heading:
        sheet.skip(6)
    if any(above):
        sheet.band([(_MARGIN + beside + i * (box + _GAP), lines) for i, lines in enumerate(above)], box, size)
    for i, row in enumerate(thumbs):
        if i < len(row_labels):
            lines = fonts.wrap(row_labels[i], size, beside - _GAP, max(heights[i] // fonts.line_height(size), 1))
            sheet.beside(_MARGIN, lines, size, heights[i])
        for j, thumb in enumerate(row):
            sheet.tile(_MARGIN + beside + j * (box + _GAP), thumb, box, heights[i], size)
        sheet.skip(heights[i] + 8)
        if i < len(below):
            sheet.band([(_MARGIN + j * (box + _GAP), lines) for j, lines in enumerate(below[i])], box, size)
        sheet.skip(_GAP - 8)
    return sheet.paper()


class _Sheet:
    """Drawing steps, gathered from top to bottom, until the paper's height is known."""

    def __init__(self, width: int) -> None:
        self.width, self.y = width, _MARGIN
        self.steps: list[Callable[[Image.Image, ImageDraw.ImageDraw], None]] = []

    def skip(self, height: int) -> None:
        self.y += height

    def text(self, x: int, line: str, size: int) -> None:
        self._line(x, self.y, line, size, _INK)
        self.y += fonts.line_height(size)

    def band(self, columns: Sequence[tuple[int, list[str]]], box: int, size: int) -> None:
        """Labels side by side, each centred on its column."""
        for x, lines in columns:
            self._centred(x, self.y, lines, size, box, _INK)
        self.y += max(len(lines) for _, lines in columns) * fonts.line_height(size) + 4

    def beside(self, x: int, lines: list[str], size: int, height: int) -> None:
        """A row's label, half-way down its pictures."""
        top = self.y + max(0, (height - len(lines) * fonts.line_height(size)) // 2)
        for i, line in enumerate(lines):
            self._line(x, top + i * fonts.line_height(size), line, size, _INK)

    def tile(self, x: int, thumb: Tile, box: int, height: int, size: int) -> None:
        if isinstance(thumb, Missing):
            self._hole(x, thumb.reason, box, height, max(11, size - 2))
        else:
            self._picture(x + (box - thumb.width) // 2, self.y + (height - thumb.height) // 2, thumb)

    def paper(self) -> Image.Image:
        paper = Image.new("RGB", (self.width, self.y - _GAP + _MARGIN), _PAPER)
        canvas = ImageDraw.Draw(paper)
        for step in self.steps:
            step(paper, canvas)
        canvas.rectangle((0, 0, paper.width - 1, paper.height - 1), outline=_EDGE)
        return paper

    def _picture(self, x: int, y: int, thumb: Image.Image) -> None:
        def step(paper: Image.Image, canvas: ImageDraw.ImageDraw) -> None:
            paper.paste(thumb, (x, y))
            canvas.rectangle((x - 1, y - 1, x + thumb.width, y + thumb.height), outline=_EDGE)

        self.steps.append(step)

    def _hole(self, x: int, reason: str, box: int, height: int, size: int) -> None:
        around = (x, self.y, x + box - 1, self.y + height - 1)
        self.steps.append(lambda _, canvas: canvas.rectangle(around, fill=_HOLE, outline=_EDGE))
        lines = fonts.wrap(reason, size, box - 16, max(1, (height - 12) // fonts.line_height(size)))
        top = self.y + max(6, (height - len(lines) * fonts.line_height(size)) // 2)
        self._centred(x, top, lines, size, box, _FAINT)

    def _centred(self, x: int, y: int, lines: list[str], size: int, box: int, ink: str) -> None:
        for i, line in enumerate(lines):
            self._line(x + (box - fonts.width(line, size)) / 2, y + i * fonts.line_height(size), line, size, ink)

    def _line(self, x: float, y: int, line: str, size: int, ink: str) -> None:
        self.steps.append(lambda _, canvas: fonts.draw_line(canvas, x, y, line, size, ink))


def _text_size(width: int) -> int:
    """Letters grow with the sheet, because a wide sheet is shown reduced to the page."""
    return max(14, min(18, round(width / 68)))


def _label_width(labels: Sequence[str], size: int) -> int:
    if not any(labels):
        return 0
    return min(_ROW_LABEL, max(round(fonts.width(label, size)) for label in labels)) + _GAP


def _thumbnail(tile: Tile, box: int, scale: float | None) -> Tile:
    """The tile's picture, reduced to the box; a smaller one is enlarged by whole factors, so that its pixels stay."""
    if isinstance(tile, Missing):
        return tile
    factor = scale or min(box / tile.width, box / tile.height)
    if factor > 1 and scale is None:
        factor = max(1, int(factor))
    to = max(1, round(tile.width * factor)), max(1, round(tile.height * factor))
    if to == tile.size:
        return flat(tile)
    if factor > 1:
        return flat(tile).resize(to, Image.Resampling.NEAREST)
    return flat(tile).resize(to, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _common_scale(rows: Sequence[Sequence[Tile]], box: int) -> float:
    sides = [max(tile.size) for row in rows for tile in row if isinstance(tile, Image.Image)]
    return box / max(sides, default=box)


def _in_rows(items: Sequence[T], across: int) -> list[Sequence[T]]:
    return [items[start : start + across] for start in range(0, len(items), across)]


def _size(image: Image.Image) -> str:
    return f"{image.width} by {image.height}"
