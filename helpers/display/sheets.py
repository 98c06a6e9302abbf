"""Pictures side by side on one sheet of paper with their labels: strips, grids, comparisons, composed with Pillow.

A sheet brings its own light paper and border, so that it reads the same on a light and on a dark page. Its size is
known before anything is drawn, and pictures are read, reduced and put in their places one by one: a hundred large
pictures cost little time and memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, ImageChops, ImageDraw

from helpers.display import fonts
from helpers.language import tr

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
    """A tile without a picture: the reason is written in its place.

    Above it stands, if given, of what kind that is, and below it what to do, as far as there is room.
    """

    reason: str
    kind: str = ""
    fix: str = ""


def hole(tile: Any) -> Missing | None:
    """Why a tile of a sweep has no picture; None for one that has, and for every other kind of picture."""
    failure = getattr(tile, "failure", None)
    if failure:
        return Missing(failure.what or failure.why, failure.said, failure.fix)
    return None if getattr(tile, "made", True) else Missing(tr("not made yet"))


@dataclass(frozen=True)
class Stored:
    """A picture in a file, which is read when it is drawn; `thumbnail` is a file with the same picture, smaller."""

    path: Path
    size: tuple[int, int]
    thumbnail: Path | None = None

    def read(self, to: tuple[int, int]) -> Image.Image | Missing:
        """The picture, from the smallest file that has enough pixels for a size."""
        for path in filter(None, (self.thumbnail, self.path)):
            try:
                with Image.open(path) as image:
                    if path == self.path or image.width >= to[0]:
                        image.load()
                        return image
            except (OSError, SyntaxError, ValueError):  # lost or damaged since it was stored
                continue
        return Missing(tr("{name} cannot be read", name=self.path.name), tr("lost"))


Tile = Image.Image | Stored | Missing
T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """Where two pictures of one size differ, in levels from 0 to 255 of the channel that differs most at a pixel."""

    picture: Image.Image  # a map, mode L: brighter where they differ more, white at the largest, if an eye finds that
    share: float  # of the pixels, 0 to 1: those that differ at all
    clear: float  # of the pixels, 0 to 1: those that differ by more than CLEAR levels
    largest: int  # the largest difference


def strip(
    tiles: Sequence[Tile], labels: Sequence[str], title: str = "", same_scale: bool = False, tile: int | None = None
) -> Image.Image:
    """Pictures in a row, each with its label below; more than six go on in further rows.

    With `same_scale`, a picture twice as wide is shown twice as wide; without, each fills its place. `tile` is the
    most pixels a side of one picture, as in `grid`.
    """
    return _strip(tiles, labels, title, same_scale, tile).paper()


def strip_size(tiles: Sequence[Tile], labels: Sequence[str], title: str = "", *, tile: int) -> tuple[int, int]:
    """What `strip` would measure."""
    return _strip(tiles, labels, title, False, tile).size


def grid(
    rows: Sequence[Sequence[Tile]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str = "",
    names: tuple[str, str] = ("", ""),
    tile: int | None = None,
) -> Image.Image:
    """Pictures in a table, labels at the left of rows and on top of columns. Rows may be short.

    `names` says what rows and columns stand for. `tile` is the most pixels a side of one picture, and lets the sheet
    grow; without it the sheet measures at most 1280 pixels, as in a notebook.
    """
    return _grid(rows, row_labels, column_labels, title, names, tile).paper()


def grid_size(
    rows: Sequence[Sequence[Tile]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str = "",
    names: tuple[str, str] = ("", ""),
    *,
    tile: int,
) -> tuple[int, int]:
    """What `grid` would measure."""
    return _grid(rows, row_labels, column_labels, title, names, tile).size


def difference(a: Image.Image, b: Image.Image) -> Difference:
    """What sets two pictures of the same size apart, channel by channel in RGB and opacity. ValueError for two sizes."""
    if a.size != b.size:
        raise ValueError(
            tr("Pictures of different sizes, {a} and {b}, have no difference pixel by pixel.", a=_size(a), b=_size(b))
        )
    apart = reduce(ImageChops.lighter, ImageChops.difference(a.convert("RGBA"), b.convert("RGBA")).split())
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


def _strip(tiles: Sequence[Tile], labels: Sequence[str], title: str, same_scale: bool, tile: int | None) -> "_Sheet":
    across = -(-len(tiles) // -(-len(tiles) // _MOST_IN_A_ROW))
    box = tile or min(_TILE, (WIDEST - 2 * _MARGIN - _GAP * (across - 1)) // across)
    size = _text_size(2 * _MARGIN + across * box + _GAP * (across - 1), tile)
    return _compose(_in_rows(tiles, across), _in_rows(labels, across), [], [], title, ("", ""), box, size, same_scale)


def _grid(
    rows: Sequence[Sequence[Tile]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str,
    names: tuple[str, str],
    tile: int | None,
) -> "_Sheet":
    across = max(len(row) for row in rows)
    box = tile or _box_on_a_page(rows, row_labels, names[0], across)
    size = _text_size(2 * _MARGIN + across * box + _GAP * (across - 1), tile)
    return _compose(rows, [], row_labels, column_labels, title, names, box, size, False)


def _box_on_a_page(rows: Sequence[Sequence[Tile]], row_labels: Sequence[str], name: str, across: int) -> int:
    beside = _label_width(row_labels, name, _text_size(WIDEST))
    box = min(_TILE, (WIDEST - 2 * _MARGIN - beside - _GAP * (across - 1)) // across)
    tall = (WIDEST - 3 * _MARGIN - _GAP * (len(rows) - 1)) // (len(rows) + 1)  # leaves a row's height for the labels
    return min(box, max(tall, 24))


def _compose(
    rows: Sequence[Sequence[Tile]],
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
    fitted = [[_fitted(tile, box, scale) for tile in row] for row in rows]
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
        for j, tile in enumerate(row):
            sheet.tile(_MARGIN + beside + j * (box + _GAP), tile, fitted[i][j], box, heights[i], size)
        sheet.skip(heights[i] + 8)
        if i < len(below):
            sheet.band([(_MARGIN + j * (box + _GAP), lines) for j, lines in enumerate(below[i])], box, size)
        sheet.skip(_GAP - 8)
    return sheet


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

    def names(self, places: Sequence[tuple[int, str, str]], size: int) -> None:
        """What rows and columns stand for, each with an arrow along them."""
        for x, name, arrow in places:
            if name:
                self._line(x, self.y, name + arrow, max(11, size - 2), _FAINT)
        self.y += fonts.line_height(size) + 2

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

    def tile(self, x: int, tile: Tile, to: tuple[int, int] | None, box: int, height: int, size: int) -> None:
        """A picture at its size, or a hole with the reason. Both are drawn when the paper is there."""
        top = self.y

        def step(paper: Image.Image, canvas: ImageDraw.ImageDraw) -> None:
            shown = _drawn(tile, to) if to else tile
            if isinstance(shown, Missing):
                _hole(canvas, shown, (x, top, x + box - 1, top + height - 1), max(11, size - 2))
            elif isinstance(shown, Image.Image):
                left, upper = x + (box - shown.width) // 2, top + (height - shown.height) // 2
                paper.paste(shown, (left, upper))
                canvas.rectangle((left - 1, upper - 1, left + shown.width, upper + shown.height), outline=_EDGE)

        self.steps.append(step)

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.y - _GAP + _MARGIN

    def paper(self) -> Image.Image:
        paper = Image.new("RGB", self.size, _PAPER)
        canvas = ImageDraw.Draw(paper)
        for step in self.steps:
            step(paper, canvas)
        canvas.rectangle((0, 0, paper.width - 1, paper.height - 1), outline=_EDGE)
        return paper

    def _centred(self, x: int, y: int, lines: list[str], size: int, box: int, ink: str) -> None:
        self.steps.append(lambda _, canvas: _centre(canvas, x, y, lines, size, box, ink))

    def _line(self, x: float, y: int, line: str, size: int, ink: str) -> None:
        self.steps.append(lambda _, canvas: fonts.draw_line(canvas, x, y, line, size, ink))


def _hole(canvas: ImageDraw.ImageDraw, missing: Missing, around: tuple[int, int, int, int], size: int) -> None:
    left, top, right, bottom = around
    canvas.rectangle(around, fill=_HOLE, outline=_EDGE)
    box, tall = right - left + 1, fonts.line_height(size)
    room = max(1, (bottom - top - 11) // tall)
    parts: list[tuple[list[str], str]] = []
    for words, ink, most in ((missing.kind, _INK, 1), (missing.reason, _FAINT, room), (missing.fix, _INK, room)):
        left_over = room - sum(len(lines) for lines, _ in parts)
        if words and left_over > 0:
            parts.append((fonts.wrap(words, size, box - 10, min(most, left_over)), ink))
    y = top + max(5, (bottom - top + 1 - sum(len(lines) for lines, _ in parts) * tall) // 2)
    for lines, ink in parts:
        _centre(canvas, left, y, lines, size, box, ink)
        y += len(lines) * tall


def _centre(canvas: ImageDraw.ImageDraw, x: int, y: int, lines: list[str], size: int, box: int, ink: str) -> None:
    for i, line in enumerate(lines):
        fonts.draw_line(
            canvas, x + (box - fonts.width(line, size)) / 2, y + i * fonts.line_height(size), line, size, ink
        )


def _text_size(width: int, tile: int | None = None) -> int:
    """Letters grow with the sheet, because a wide sheet is shown reduced to the page, and with pictures of a set size."""
    return max(14, round(tile / 15)) if tile else max(14, min(18, round(width / 68)))


def _label_width(labels: Sequence[str], name: str, size: int) -> int:
    if not any(labels):
        return 0
    wanted = max(round(fonts.width(label, size)) for label in (*labels, name and name + " ↓"))
    return min(round(_ROW_LABEL * max(1, size / 18)), wanted) + _GAP


def _fitted(tile: Tile, box: int, scale: float | None) -> tuple[int, int] | None:
    """The size at which a picture fills the box; a smaller one is enlarged by whole factors, so that its pixels stay."""
    if isinstance(tile, Missing):
        return None
    width, height = tile.size
    factor = scale or min(box / width, box / height)
    if factor > 1 and scale is None:
        factor = max(1, int(factor))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _drawn(tile: Tile, to: tuple[int, int]) -> Tile:
    """The tile's picture at a size, read from its file if it is stored."""
    image = tile.read(to) if isinstance(tile, Stored) else tile
    if isinstance(image, Missing) or image.size == to:
        return image if isinstance(image, Missing) else flat(image)
    if to[0] > image.width:
        return flat(image).resize(to, Image.Resampling.NEAREST)
    return flat(image).resize(to, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _common_scale(rows: Sequence[Sequence[Tile]], box: int) -> float:
    sides = [max(tile.size) for row in rows for tile in row if not isinstance(tile, Missing)]
    return box / max(sides, default=box)


def _in_rows(items: Sequence[T], across: int) -> list[Sequence[T]]:
    return [items[start : start + across] for start in range(0, len(items), across)]


def _size(image: Image.Image) -> str:
    return f"{image.width} by {image.height}"
