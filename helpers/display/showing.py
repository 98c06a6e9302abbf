"""Pictures in a notebook, each with a text alternative that a screen reader finds.

JupyterLab and nbconvert give an `image/jpeg` output no alt text, whatever its metadata says. So a picture goes out as
HTML with an `<img alt>`, which both keep even in a notebook that is not trusted, and as the plain text alone for a
terminal. There is one JPEG an output, of at most 1280 pixels a side and 150 kB.
"""

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image

from helpers.display import alt_text, sheets
from helpers.display.sheets import Missing
from helpers.language import joined, mark, tr, tr_lesson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Missing", "bundle", "compare", "grid", "jpeg", "show", "strip", "use_workshop_style"]

MOST_BYTES = 150_000  # of one JPEG
WIDEST = sheets.WIDEST  # pixels
_BEFORE_AND_AFTER = (mark("before"), mark("after"))
_COUNTS = {
    "picture": mark("{count} pictures need {count} labels, not {found}."),
    "row": mark("{count} rows need {count} row labels, not {found}."),
    "column": mark("{count} columns need {count} column labels, not {found}."),
}
_QUALITIES = (68, 60, 52, 46, 40)
_STYLE: dict[Any, Any] = {
    "figure.facecolor": "#f7f6f2",
    "axes.facecolor": "#ffffff",
    "axes.edgecolor": "#8c8a84",
    "axes.grid": True,
    "grid.color": "#e6e4dd",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 11,
}

Picture = Any  # a receipt from helpers.invoke, a tile of a sweep, or whatever helpers.to_image takes
Words = TypeVar("Words", str, str | None)
Tile = Any  # a Picture; or why there is none: Missing("the reason"), an exception, or None


def show(made_or_image: "Picture | Figure", alt: str | None = None, caption: str | None = None) -> None:
    """Show one picture, or a matplotlib figure, with its text alternative and, if given, a caption under it.

    `alt` says what the picture shows to who cannot see it. For a receipt it is made from prompt, size and seed; a
    figure needs one. A receipt with words that the studio does not know says so in the caption.
    """
    _put(*bundle(made_or_image, alt, caption))


def strip(
    pictures: Sequence[Tile],
    labels: Sequence[Any] | None = None,
    title: str = "",
    *,
    alt: str | None = None,
    caption: str | None = None,
    same_scale: bool = False,
    seconds: bool = False,
) -> None:
    """Show pictures in a row, each with its label below.

    `labels`: one a picture; without them, receipts are labelled by the part of their bodies in which they differ.
    `same_scale` shows a picture twice as large twice as large. `seconds` says below how long each receipt took.
    """
    pictures = list(pictures)
    if not pictures:
        raise ValueError(tr("A strip needs at least one picture."))
    title, alt, caption = _in_language(title), _in_language(alt), _in_language(caption)
    texts = alt_text.differing(pictures) if labels is None else [tr_lesson(str(label)) for label in labels]
    _check_count("picture", len(pictures), texts)
    sheet = sheets.strip([_tile(picture) for picture in pictures], texts, title, same_scale)
    took = [getattr(picture, "seconds", None) for picture in pictures] if seconds else []
    told = ", ".join(f"{one:.2f}" for one in took if one is not None)
    times = tr("Seconds for each: {seconds}.", seconds=told) if told else ""
    words = alt or alt_text.strip_alt(pictures, texts, title)
    _put(*_bundle(sheet, words, joined(caption or "", alt_text.unknown(pictures)), times))


def grid(
    rows: Sequence[Sequence[Tile]],
    row_labels: Sequence[Any] = (),
    column_labels: Sequence[Any] = (),
    title: str = "",
    *,
    alt: str | None = None,
    caption: str | None = None,
) -> None:
    """Show a table of pictures with labels for its rows and columns. Pictures may be of several sizes.

    A tile may be an exception or `display.Missing("why")` instead of a picture: the reason is written in its place.
    """
    if not any(len(row) for row in rows):
        raise ValueError(tr("A grid needs at least one picture."))
    title, alt, caption = _in_language(title), _in_language(alt), _in_language(caption)
    down, across = [tr_lesson(str(label)) for label in row_labels], [tr_lesson(str(label)) for label in column_labels]
    _check_count("row", len(rows), down or None)
    _check_count("column", max(len(row) for row in rows), across or None)
    tiles = [[_tile(tile) for tile in row] for row in rows]
    holes = sum(isinstance(tile, Missing) for row in tiles for tile in row)
    words = alt or alt_text.grid_alt(rows, down, across, title, holes)
    unknown = alt_text.unknown([tile for row in rows for tile in row])
    _put(*_bundle(sheets.grid(tiles, down, across, title), words, joined(caption or "", unknown)))


def compare(
    a: Picture, b: Picture, labels: Sequence[str] = _BEFORE_AND_AFTER, title: str = "", *, alt: str | None = None
) -> None:
    """Show two pictures side by side with what sets them apart: a map, brighter where they differ more, and numbers.

    The map is black where no eye finds a difference. The numbers stand under the pictures and not in the text
    alternative, which says the same in words: numbers may differ a little from one processor to another.
    """
    title, alt = _in_language(title), _in_language(alt)
    first, second = _picture(a), _picture(b)
    labels = [tr(label) if label in _BEFORE_AND_AFTER else tr_lesson(label) for label in labels]
    _check_count("picture", 2, labels)
    third: sheets.Tile
    if first.size == second.size:
        found = sheets.difference(first, second)
        third = found.picture if found.share else Missing(tr("no difference"))
        said, numbers = alt_text.difference(found), alt_text.shares(found)
    else:
        third = Missing(tr("two sizes: no difference pixel by pixel"))
        (wide, high), (across, down) = first.size, second.size
        said = tr(
            "{width} by {height} pixels, and {across} by {down}.", width=wide, height=high, across=across, down=down
        )
        numbers = ""
    sheet = sheets.strip([first, second, third], [*labels, tr("difference")], title)
    _put(*_bundle(sheet, alt or alt_text.compare_alt(labels, title, said), said, numbers))


def bundle(
    made_or_image: "Picture | Figure", alt: str | None = None, caption: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook stores for one picture: its data by mime type, and the metadata (none).

    Receipts call this from `_repr_mimebundle_`, so that one at the end of a cell shows itself.
    """
    alt, caption = _in_language(alt), _in_language(caption)
    image = _picture(made_or_image)
    words = alt or _default_alt(made_or_image, image)
    return _bundle(image, words, joined(caption or "", alt_text.unknown([made_or_image])))


def jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG of at most 1280 pixels a side and 150 kB, as good as fits."""
    image = sheets.flat(image)
    image.thumbnail((WIDEST, WIDEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
    while True:
        for quality in _QUALITIES:
            data = io.BytesIO()
            image.save(data, "JPEG", quality=quality, optimize=True, progressive=True)
            if data.tell() <= MOST_BYTES:
                return data.getvalue()
        image = image.resize((image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.LANCZOS)


def use_workshop_style() -> None:
    """Give matplotlib the workshop's font, so that Chinese labels are legible, and a quiet light style with it."""
    import matplotlib as mpl

    from helpers.display import fonts

    fonts.use_in_matplotlib()
    mpl.rcParams.update(_STYLE)


# ---- out ------------------------------------------------------------------------------------------------------------


def _put(data: dict[str, Any], metadata: dict[str, Any]) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    if InteractiveShell.initialized():
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
    else:
        print(data["text/plain"])


def _bundle(image: Image.Image, alt: str, caption: str, measured: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """`measured`: what may be another on the next machine. It stands on the page alone, in a span of that class."""
    data = jpeg(image)
    width, height = Image.open(io.BytesIO(data)).size
    below = joined(html.escape(caption), f'<span class="measured">{measured}</span>' if measured else "")
    page = (
        f'<figure style="margin: 0"><img src="data:image/jpeg;base64,{base64.b64encode(data).decode()}"'
        f' width="{width}" height="{height}" style="max-width: 100%; height: auto" alt="{html.escape(alt)}">'
        + (f"<figcaption>{below}</figcaption>" if below else "")
        + "</figure>"
    )
    return {"text/html": page, "text/plain": "\n".join(filter(None, (alt, caption)))}, {}


def _in_language(text: Words) -> Words:
    """What a lesson gives to show, in the reader's language."""
    return tr_lesson(text) if text else text


# ---- in -------------------------------------------------------------------------------------------------------------


def _picture(source: Any) -> Image.Image:
    if hasattr(source, "savefig"):
        return _drawn(source)
    from helpers import pictures

    return pictures.to_image(source)


def _drawn(figure: "Figure") -> Image.Image:
    """A matplotlib figure as a picture; it is closed, or the notebook would show it once more."""
    from matplotlib import pyplot as plt

    data = io.BytesIO()
    figure.savefig(data, format="png", bbox_inches="tight", pad_inches=0.15)
    plt.close(figure)
    return Image.open(data).convert("RGB")


def _tile(tile: Tile) -> sheets.Tile:
    if tile is None or isinstance(tile, Missing):
        return tile or Missing("")
    if isinstance(tile, BaseException):
        return Missing(getattr(tile, "what", "") or str(tile) or type(tile).__name__)
    return sheets.hole(tile) or _picture(tile)


def _default_alt(source: Any, image: Image.Image) -> str:
    if hasattr(source, "body"):
        return alt_text.alt_text(source)
    if hasattr(source, "savefig"):
        raise ValueError(tr('A plot needs a text alternative: helpers.show(figure, alt="what the plot shows").'))
    return tr("Picture of {width} by {height} pixels.", width=image.width, height=image.height)


def _check_count(thing: str, count: int, labels: Sequence[str] | None) -> None:
    if labels is not None and len(labels) != count:
        raise ValueError(tr(_COUNTS[thing], count=count, found=len(labels)))
