"""Pictures shown in a notebook, each with a text alternative that a screen reader finds.

JupyterLab and nbconvert give an `image/jpeg` output no alt text, whatever its metadata says. So a picture goes out as
HTML with an `<img alt>`, which both keep even in a notebook that is not trusted, and as the plain text alone for a
terminal. Each output holds one JPEG of at most 1280 pixels a side and 150 kB.
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

__all__ = ["Missing", "compare", "grid", "jpeg", "mime_bundle", "show", "strip", "use_workshop_style"]

MAX_BYTES = 150_000  # of one JPEG
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

ImageLike = Any  # a receipt from helpers.invoke, a tile of a sweep, or whatever helpers.to_image takes
CellLike = Any  # an ImageLike; or why there is none: Missing("the reason"), an exception, or None
_Text = TypeVar("_Text", str, str | None)


def show(made_or_image: "ImageLike | Figure", alt: str | None = None, caption: str | None = None) -> None:
    """Show one picture, or a matplotlib figure, with a text alternative and a caption.

        helpers.show(made)
        helpers.show("beach.png", alt="A beach at sunset, seen from a hill", caption="The init image")

    `made_or_image`: a receipt of `helpers.invoke`, a tile of a sweep, a matplotlib figure, or whatever
    `helpers.to_image` takes. `alt` is the text that a screen reader says in place of the picture; that of a receipt is
    made from its prompt, size and seed, and a figure needs one. `caption` is shown below the picture. Words of a receipt's
    prompt that the picture does not show, shows as something else, or that the studio does not know are named there too.

    Raises ImageError where there is no usable picture, and ValueError for a figure without `alt`.
    """
    _put(*mime_bundle(made_or_image, alt, caption))


def strip(
    pictures: Sequence[CellLike],
    labels: Sequence[Any] | None = None,
    title: str = "",
    *,
    alt: str | None = None,
    caption: str | None = None,
    same_scale: bool = False,
    seconds: bool = False,
) -> None:
    """Show pictures in a row, each with its label below.

        helpers.strip(drafts, labels=["cfg_scale 1", "cfg_scale 7", "cfg_scale 15"])

    `pictures`: receipts, tiles, or whatever `helpers.to_image` takes; more than six go on in further rows. In place of
    a picture, an exception or `helpers.display.Missing("why")` shows its reason. `labels`: one for each picture;
    without them, receipts are labelled with the fields in which their bodies differ. `title` is written above,
    `caption` below the row. `alt` replaces the text alternative made from these. `same_scale=True` draws all pictures
    at one scale, so that one of twice the pixels a side is twice as large; otherwise each fills its place.
    `seconds=True` lists below how many seconds each receipt took.

    Raises ValueError where there are no pictures, or not as many labels as pictures.
    """
    pictures = list(pictures)
    if not pictures:
        raise ValueError(tr("A strip needs at least one picture."))
    title, alt, caption = _in_language(title), _in_language(alt), _in_language(caption)
    texts = alt_text.differing_fields(pictures) if labels is None else [tr_lesson(str(label)) for label in labels]
    _check_count("picture", len(pictures), texts)
    sheet = sheets.strip([_cell(picture) for picture in pictures], texts, title, same_scale)
    took = [getattr(picture, "seconds", None) for picture in pictures] if seconds else []
    numbers = ", ".join(f"{one:.2f}" for one in took if one is not None)
    times = tr("Seconds for each: {seconds}.", seconds=numbers) if numbers else ""
    text = alt or alt_text.strip_alt(pictures, texts, title)
    _put(*_bundle(sheet, text, joined(caption or "", alt_text.missing_words_sentence(pictures)), times))


def grid(
    rows: Sequence[Sequence[CellLike]],
    row_labels: Sequence[Any] = (),
    column_labels: Sequence[Any] = (),
    title: str = "",
    *,
    alt: str | None = None,
    caption: str | None = None,
) -> None:
    """Show a table of pictures with labels for its rows and columns.

        helpers.grid([[low_1, low_2], [high_1, high_2]], ["cfg_scale 4", "cfg_scale 15"], ["seed 1", "seed 2"])

    `rows`: lists of receipts, tiles, or whatever `helpers.to_image` takes, of any size; rows may be short. In place of
    a picture, an exception or `helpers.display.Missing("why")` shows its reason. `row_labels` and `column_labels`: one
    for each row and column, or none. `title` is written above, `caption` below the table. `alt` replaces the text
    alternative made from these.

    Raises ValueError where there are no pictures, or not as many labels as rows or columns.
    """
    if not any(len(row) for row in rows):
        raise ValueError(tr("A grid needs at least one picture."))
    title, alt, caption = _in_language(title), _in_language(alt), _in_language(caption)
    down, across = [tr_lesson(str(label)) for label in row_labels], [tr_lesson(str(label)) for label in column_labels]
    _check_count("row", len(rows), down or None)
    _check_count("column", max(len(row) for row in rows), across or None)
    cells = [[_cell(cell) for cell in row] for row in rows]
    missing = sum(isinstance(cell, Missing) for row in cells for cell in row)
    text = alt or alt_text.grid_alt(rows, down, across, title, missing)
    below = joined(caption or "", alt_text.missing_words_sentence([cell for row in rows for cell in row]))
    _put(*_bundle(sheets.grid(cells, down, across, title), text, below))


def compare(
    a: ImageLike, b: ImageLike, labels: Sequence[str] = _BEFORE_AND_AFTER, title: str = "", *, alt: str | None = None
) -> None:
    """Show two pictures side by side, with a map of where they differ and by how much.

        helpers.compare("beach.png", made, labels=["init image", "inpainted"])

    `a` and `b`: receipts, tiles, or whatever `helpers.to_image` takes. The map is brighter where a pixel differs more;
    pictures of different sizes have none. `labels`: one for each of the two. `title` is written above. `alt` replaces
    the text alternative, which says in a sentence how far the two differ. The numbers are shown below the pictures and
    not in the text alternative, because they may vary a little from one processor to another.

    Raises ImageError where one is no usable picture, and ValueError where there are not two labels.
    """
    title, alt = _in_language(title), _in_language(alt)
    first, second = _image(a), _image(b)
    labels = [tr(label) if label in _BEFORE_AND_AFTER else tr_lesson(label) for label in labels]
    _check_count("picture", 2, labels)
    third: sheets.Cell
    if first.size == second.size:
        found = sheets.difference(first, second)
        third = found.picture if found.share else Missing(tr("no difference"))
        verdict, numbers = alt_text.difference_sentence(found), alt_text.difference_numbers(found)
    else:
        third = Missing(tr("two sizes: no difference pixel by pixel"))
        (wide, high), (across, down) = first.size, second.size
        verdict = tr(
            "{width} by {height} pixels, and {across} by {down}.", width=wide, height=high, across=across, down=down
        )
        numbers = ""
    sheet = sheets.strip([first, second, third], [*labels, tr("difference")], title)
    below = joined(verdict, alt_text.missing_words_sentence([a, b]))
    _put(*_bundle(sheet, alt or alt_text.compare_alt(labels, title, verdict), below, numbers))


def mime_bundle(
    made_or_image: "ImageLike | Figure", alt: str | None = None, caption: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the MIME bundle that a notebook stores for one picture: its data by type, and its metadata (empty).

    `_repr_mimebundle_` of receipts and tiles calls this, so that one at the end of a cell shows itself.
    """
    alt, caption = _in_language(alt), _in_language(caption)
    image = _image(made_or_image)
    text = alt or _default_alt(made_or_image, image)
    return _bundle(image, text, joined(caption or "", alt_text.missing_words_sentence([made_or_image])))


def jpeg(image: Image.Image) -> bytes:
    """Return the image as a JPEG of at most 1280 pixels a side and 150 kB, in the best quality that fits."""
    image = sheets.flat(image)
    image.thumbnail((sheets.WIDEST, sheets.WIDEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
    while True:
        for quality in _QUALITIES:
            data = io.BytesIO()
            image.save(data, "JPEG", quality=quality, optimize=True, progressive=True)
            if data.tell() <= MAX_BYTES:
                return data.getvalue()
        image = image.resize((image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.LANCZOS)


def use_workshop_style() -> None:
    """Set matplotlib's font to the workshop's, which has Chinese, and its colours to a quiet light style."""
    import matplotlib as mpl

    from helpers.display import fonts

    fonts.use_in_matplotlib()
    mpl.rcParams.update(_STYLE)


# ---- output ----------------------------------------------------------------------------------------------------------


def _put(data: dict[str, Any], metadata: dict[str, Any]) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    if InteractiveShell.initialized():
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
    else:
        print(data["text/plain"])


def _bundle(image: Image.Image, alt: str, caption: str, measured: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the MIME bundle of an image.

    `measured` is text that may differ on the next machine: it is in the HTML alone, in a span of that class.
    """
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


def _in_language(text: _Text) -> _Text:
    return tr_lesson(text) if text else text


# ---- input -----------------------------------------------------------------------------------------------------------


def _image(source: Any) -> Image.Image:
    if hasattr(source, "savefig"):
        return _figure_image(source)
    from helpers import pictures

    return pictures.to_image(source)


def _figure_image(figure: "Figure") -> Image.Image:
    """Return a matplotlib figure as an image, and close it, or the notebook would show it once more."""
    from matplotlib import pyplot as plt

    data = io.BytesIO()
    figure.savefig(data, format="png", bbox_inches="tight", pad_inches=0.15)
    plt.close(figure)
    return Image.open(data).convert("RGB")


def _cell(cell: CellLike) -> sheets.Cell:
    if cell is None or isinstance(cell, Missing):
        return cell or Missing("")
    if isinstance(cell, BaseException):
        return Missing(getattr(cell, "what", "") or str(cell) or type(cell).__name__)
    return sheets.missing(cell) or _image(cell)


def _default_alt(source: Any, image: Image.Image) -> str:
    if hasattr(source, "body"):
        return alt_text.image_alt(source)
    if hasattr(source, "savefig"):
        raise ValueError(tr('A plot needs a text alternative: helpers.show(figure, alt="what the plot shows").'))
    return tr("Picture of {width} by {height} pixels.", width=image.width, height=image.height)


def _check_count(thing: str, count: int, labels: Sequence[str] | None) -> None:
    if labels is not None and len(labels) != count:
        raise ValueError(tr(_COUNTS[thing], count=count, found=len(labels)))
