"""The mask painter: paint over a picture, in the notebook, what a model may change, and get a `helpers.Mask` in Python.

The browser holds the mask's pixels and draws into them (mask_painter_pixels.js, by the arithmetic of mask_shapes.py).
After each stroke it sends all of them, deflated: Python's mask is what the page shows, pixel for pixel.
"""

import hashlib
import io
import os
import zlib
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from PIL import Image

from helpers import pictures, recipes
from helpers.errors import ImageError, MaskError, PictureExistsError, WorkshopError
from helpers.language import tr
from helpers.masks.mask import Mask
from helpers.widgets.painter.labels import LABELS

LARGEST = 8_000_000  # pixels; a browser paints on a larger picture only with pauses
TOOLS = ("brush", "eraser", "box", "eraser box", "move")

_HERE = Path(__file__).parent
# Joined in this order, they are one ES module.
_PAGE = ("mask_painter_pixels.js", "mask_painter_state.js", "mask_painter_view.js", "mask_painter.js")
_QUALITY = 90  # of the JPEG that lies under the mask on the page
_KEY = "mask_of"  # in a kept file's metadata: the digest of the picture that the mask belongs to


class MaskPainter(anywidget.AnyWidget):
    """A picture to paint a mask on. `painter.mask` is the `helpers.Mask`, at the picture's full size, at any moment.

    `mask` is where it starts: a Mask, or a picture of one (white may change); without it nothing may change. Until
    something is painted, and where no browser is there, `painter.mask` is that one. What is painted is kept in a PNG
    at `path`, after each stroke (default: in `outputs/masks/`, a file of its own for each picture and each mask to
    start from). So the same cell, run again in a new kernel, goes on from what was painted there, and its page says
    so; a cell with another mask starts from that mask. `painter.reset()` removes the file and goes back to `mask`. A
    file that holds anything but a mask of this picture is never replaced: PictureExistsError. Nor is one on which
    another painter has painted since; the page says so. Give one of the two a `path` of its own.

    Each tool has its equal in Python, without a browser; `m` is a mask, `size` a size or the picture:

    - brush: `m | Mask.brush(size, [(x, y), ...], width)`, the same pixels; soft: `Mask.brush(...).feathered(n)`, nearly
    - eraser: `m - Mask.brush(size, [(x, y), ...], width)`
    - rectangle and erase rectangle: `m | Mask.box(size, (left, top, right, bottom))`, `m - Mask.box(...)`
    - invert: `~m`; clear: `m - m`; undo: keep the earlier mask under a name of its own
    - look at it: `m.preview(image)`; larger, smaller, softer: `m.grown(8)`, `m.shrunk(8)`, `m.feathered(8)`
    - show one in the painter: `painter.mask = m`, which the page can undo

    Mouse, pen, touch and keyboard all paint; the page lists the keys. `brush` (pixels), `softness`, `opacity` of the
    stripes (both in percent) and `tool` can be set here and later. With `pressure` a pen paints wider where it is
    pressed harder. `painter.observe(f, "pixels")` calls f after each stroke. Works in JupyterLab and Notebook 7 with
    nothing loaded from the internet; in VS Code it may work too, but its front end there comes from a CDN, untested.
    Raises ImageError and MaskError for what is no picture, no mask, or too large.
    """

    _esm = "".join((_HERE / name).read_text("utf-8") for name in _PAGE)
    _css = (_HERE / "mask_painter.css").read_text("utf-8")

    width = traitlets.Int().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    picture = traitlets.CBytes().tag(sync=True)
    # CBytes: a browser's bytes arrive as a memoryview, and Bytes would drop them in silence.
    pixels = traitlets.CBytes().tag(sync=True, echo_update=False)
    tool = traitlets.Enum(TOOLS, "brush").tag(sync=True)
    brush = traitlets.Int(48, min=1, max=256).tag(sync=True)
    softness = traitlets.Int(0, min=0, max=100).tag(sync=True)
    opacity = traitlets.Int(100, min=20, max=100).tag(sync=True)
    pressure = traitlets.Bool(False).tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)
    resets = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        image: Any,
        mask: Any = None,
        path: str | os.PathLike[str] | None = None,
        *,
        brush: int = 48,
        softness: int = 0,
        opacity: int = 100,
        tool: str = "brush",
        pressure: bool = False,
    ) -> None:
        shown = _picture(image)
        self._given = _given(mask, shown)
        self._digest = _digest(shown)
        self._asked_for_mask = mask is not None
        self.path = _path(path, shown, None if mask is None else self._given)
        before = _painted_before(self.path, self._digest)
        self._seen = _contents(self.path)
        self._mask = before or self._given
        super().__init__(
            width=shown.width,
            height=shown.height,
            picture=_jpeg(shown),
            pixels=_packed(self._mask),
            tool=tool,
            brush=brush,
            softness=softness,
            opacity=opacity,
            pressure=pressure,
            labels={key: tr(text) for key, text in LABELS.items()},
            note=self._begun() if before else "",
        )

    @property
    def mask(self) -> Mask:
        """What may change: as painted, else as kept in the file at `path`, else as given, else nothing."""
        return self._mask

    @mask.setter
    def mask(self, mask: Any) -> None:
        new = mask if isinstance(mask, Mask) else Mask.from_image(mask)
        new.must_fit(self._given.image)
        self.pixels = _packed(new)

    def reset(self) -> None:
        """Go back to the mask that was given, and remove the file of what was painted here."""
        self.mask = self._given
        if self._is_ours() and _contents(self.path) == self._seen:
            self.path.unlink(missing_ok=True)
        self.note = ""

    def _begun(self) -> str:
        """What the page says where it goes on from a file, and how to get the mask that the cell gives instead."""
        return tr(LABELS["painted before" if self._asked_for_mask else "painted on"], file=_short(self.path))

    def __repr__(self) -> str:
        share = f"{self._mask.share:.0%}"
        return tr(
            "<MaskPainter {width} x {height}, {share} may change>", width=self.width, height=self.height, share=share
        )

    @traitlets.validate("pixels")
    def _check(self, proposal: Any) -> bytes:
        """Take only what unpacks to one byte a pixel."""
        data = bytes(proposal["value"])
        _unpacked(data, self.width, self.height)
        return data

    @traitlets.observe("pixels")
    def _changed(self, _: Any) -> None:
        mask = _unpacked(self.pixels, self.width, self.height)
        if mask != self._mask:
            self._mask = mask
            self._keep()

    def _keep(self) -> None:
        """Write the mask to its file; where that cannot be, the page says why, and the mask is in Python all the same."""
        try:
            if os.path.lexists(self.path) and not self._is_ours():
                raise _taken(self.path)
            if _contents(self.path) not in ("", self._seen):
                raise _shared(self.path)
            recipes.save(self._mask.image, self.path, overwrite=True, metadata={_KEY: self._digest})
            self._seen = _contents(self.path)
            self.note, self.trouble = self.labels["kept"].format(file=_short(self.path)), ""
        except (OSError, WorkshopError) as error:
            self.trouble = tr(LABELS["not kept"], why=error)

    def _is_ours(self) -> bool:
        return _belongs_to(self.path) == self._digest

    @traitlets.observe("resets")
    def _asked(self, _: Any) -> None:
        self.reset()


def _picture(source: Any) -> Image.Image:
    image = pictures.to_rgb(source)
    if image.width * image.height > LARGEST:
        raise ImageError(
            tr(
                "A picture of {width} x {height} pixels is too large to paint on.",
                width=image.width,
                height=image.height,
            ),
            tr("The painter takes {most:,} pixels.", most=LARGEST),
            tr("Use helpers.fit(image): models take no such size either."),
        )
    return image


def _given(mask: Any, image: Image.Image) -> Mask:
    if mask is None:
        return Mask(np.zeros((image.height, image.width), np.uint8))
    given = mask if isinstance(mask, Mask) else Mask.from_image(mask)
    given.must_fit(image)
    return given


def _path(path: str | os.PathLike[str] | None, image: Image.Image, start: Mask | None) -> Path:
    """The file that is asked for, or one for this picture and this mask to start from."""
    begun = f"-{_digest(start.image)[:8]}" if start else ""
    chosen = pictures.outputs(f"masks/{_digest(image)[:16]}{begun}.png") if path is None else Path(path).expanduser()
    if chosen.suffix.lower() != ".png":
        raise MaskError(
            tr("A painted mask cannot be kept in {name}.", name=chosen.name),
            tr("Other kinds of file change pixels, or carry no note of the picture."),
            tr("End the name in .png."),
        )
    return chosen


def _painted_before(path: Path, digest: str) -> Mask | None:
    if not os.path.lexists(path):
        return None
    if _belongs_to(path) != digest:
        raise _taken(path)
    return Mask.from_image(path.absolute())


def _belongs_to(path: Path) -> str | None:
    """The digest of the picture that a kept mask is for; None for any other file, or none."""
    try:
        return (recipes.read_metadata(path.absolute()) or {}).get(_KEY)
    except (OSError, ValueError, AttributeError, SyntaxError):  # no picture, or one with a chunk of another kind
        return None


def _contents(path: Path) -> str:
    """The digest of a file; nothing where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _short(path: Path) -> str:
    """A file with its folder, as far as a line under a picture has room."""
    return "/".join(path.parts[-2:])


def _taken(path: Path) -> PictureExistsError:
    return PictureExistsError(
        tr("{path} is there already, and is no mask that was painted on this picture.", path=path),
        tr("Nothing is overwritten silently."),
        tr("Choose another path=; to start from that file, give it as mask=."),
    )


def _shared(path: Path) -> PictureExistsError:
    return PictureExistsError(
        tr("{path} holds what another painter has painted since.", path=path),
        tr("Nothing is overwritten silently."),
        tr("Give this painter a file of its own: path=."),
    )


def _digest(image: Image.Image) -> str:
    return hashlib.sha256(f"{image.width} {image.height} ".encode() + image.tobytes()).hexdigest()


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return out.getvalue()


def _packed(mask: Mask) -> bytes:
    return zlib.compress(mask.pixels.tobytes(), 1)


def _unpacked(data: bytes, width: int, height: int) -> Mask:
    """The mask in deflated bytes. Raises TraitError where they are not exactly one a pixel."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, width * height + 1)
    except zlib.error as error:
        raise traitlets.TraitError(tr("These bytes are no deflated mask: {error}.", error=error)) from error
    if len(plain) != width * height:
        raise traitlets.TraitError(
            tr(
                "A mask of {width} x {height} pixels has {count:,} bytes.",
                width=width,
                height=height,
                count=width * height,
            )
        )
    return Mask(np.frombuffer(plain, np.uint8).reshape(height, width))
