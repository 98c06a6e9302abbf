"""The mask painter as a widget: paint on an image where a model may change it, and get a `helpers.Mask` in Python.

The browser holds the mask's pixels and draws into them (pixels.js, by the arithmetic of helpers/masks/shapes.py). After
each stroke it sends all of them, deflated: Python's mask is what the page shows, pixel for pixel.
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

MAX_BYTES = 8_000_000  # pixels; a browser paints on a larger picture only with pauses
TOOLS = ("brush", "eraser", "box", "eraser box", "move")

_HERE = Path(__file__).parent
# Joined in this order, they are one ES module.
_PAGE = ("pixels.js", "state.js", "view.js", "input.js")
_QUALITY = 90  # of the JPEG under the mask on the page
_KEY = "mask_of"  # in a saved mask's metadata: the digest of its image


class MaskPainter(anywidget.AnyWidget):
    """A widget that paints a mask on an image; its `mask` is a `helpers.Mask` of the image's full size at any time.

        painter = helpers.MaskPainter("beach.png")
        body = helpers.inpaint("a red boat", "beach.png", painter.mask)

    `image`: a PIL image, path, bytes, array, tile or receipt of at most 8,000,000 pixels. `mask`: the mask to start from,
    a Mask or an image of one (white may change); None: nothing may change. Until something is painted, and without a
    browser, `painter.mask` is that one. `path`: the .png that holds what is painted, saved after each stroke (None: one
    in `outputs/masks/` for each image and each mask to start from). The same cell, run again in a new kernel, goes on
    from that file, and the page says so; a cell with another mask starts from that mask. `painter.reset()` removes the
    file and goes back to `mask`. A file that holds anything but a mask of this image is never replaced, nor one that
    another painter has changed since: give each painter a `path` of its own.

    Each tool has its equal in Python, without a browser; `m` is a mask, `size` a size or the image:

    - brush: `m | Mask.brush(size, [(x, y), ...], width)`, the same pixels; soft: `Mask.brush(...).feathered(n)`, nearly
    - eraser: `m - Mask.brush(size, [(x, y), ...], width)`
    - rectangle and erase rectangle: `m | Mask.box(size, (left, top, right, bottom))`, `m - Mask.box(...)`
    - invert: `~m`; clear: `m - m`; undo: keep the earlier mask under a name of its own
    - look at it: `m.preview(image)`; larger, smaller, softer: `m.grown(8)`, `m.shrunk(8)`, `m.feathered(8)`
    - show one in the painter: `painter.mask = m`, which the page can undo

    Mouse, pen, touch and keyboard all paint; the page lists the keys. `brush`: its width, 1 to 256 pixels. `softness`: 0
    to 100 percent. `opacity`: of the stripes, 20 to 100 percent. `tool`: "brush", "eraser", "box", "eraser box" or
    "move". `pressure`: a pen paints wider where it is pressed harder. All five can be set later too.
    `painter.observe(f, "pixels")` calls f after each stroke. Works in JupyterLab and Notebook 7 with nothing loaded from
    the internet; in VS Code it may work too, but its front end there comes from a CDN, untested. Raises ImageError where
    `image` is no picture or too large, MaskError where `mask` has another size or `path` is no .png, PictureExistsError
    where `path` holds anything but a mask of this image, and TraitError for a setting out of range.
    """

    _esm = "".join((_HERE / name).read_text("utf-8") for name in _PAGE)
    _css = (_HERE / "page.css").read_text("utf-8")

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
        self._seen = _file_digest(self.path)
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
            note=self._started_from() if before else "",
        )

    @property
    def mask(self) -> Mask:
        """Mask of what may change: as painted, else from the file at `path`, else as given, else nothing."""
        return self._mask

    @mask.setter
    def mask(self, mask: Any) -> None:
        new = mask if isinstance(mask, Mask) else Mask.from_image(mask)
        new.must_fit(self._given.image)
        self.pixels = _packed(new)

    def reset(self) -> None:
        """Go back to the mask that was given, and remove the file that holds what was painted here."""
        self.mask = self._given
        if self._is_ours() and _file_digest(self.path) == self._seen:
            self.path.unlink(missing_ok=True)
        self.note = ""

    def _started_from(self) -> str:
        """Return what the page says where it goes on from a file, and how to get the given mask instead."""
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
        """Write the mask to its file. Where that fails the page says why, and Python has the mask all the same."""
        try:
            if os.path.lexists(self.path) and not self._is_ours():
                raise _not_ours(self.path)
            if _file_digest(self.path) not in ("", self._seen):
                raise _changed_since(self.path)
            recipes.save(self._mask.image, self.path, overwrite=True, metadata={_KEY: self._digest})
            self._seen = _file_digest(self.path)
            self.note, self.trouble = self.labels["kept"].format(file=_short(self.path)), ""
        except (OSError, WorkshopError) as error:
            self.trouble = tr(LABELS["not kept"], why=error)

    def _is_ours(self) -> bool:
        return _image_digest_of(self.path) == self._digest

    @traitlets.observe("resets")
    def _asked(self, _: Any) -> None:
        self.reset()


def _picture(source: Any) -> Image.Image:
    image = pictures.to_rgb(source)
    if image.width * image.height > MAX_BYTES:
        raise ImageError(
            tr(
                "A picture of {width} x {height} pixels is too large to paint on.",
                width=image.width,
                height=image.height,
            ),
            tr("The painter takes {most:,} pixels.", most=MAX_BYTES),
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
    """Return the file that is asked for, or one for this image and this mask to start from. Raises MaskError."""
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
    if _image_digest_of(path) != digest:
        raise _not_ours(path)
    return Mask.from_image(path.absolute())


def _image_digest_of(path: Path) -> str | None:
    """Return the digest of the image that a saved mask belongs to; None for any other file, or none."""
    try:
        return (recipes.read_metadata(path.absolute()) or {}).get(_KEY)
    except (OSError, ValueError, AttributeError, SyntaxError):  # no picture, or one with a chunk of another kind
        return None


def _file_digest(path: Path) -> str:
    """Return the digest of a file; an empty text where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _short(path: Path) -> str:
    """Return the file's name with its folder alone, for a line under the image."""
    return "/".join(path.parts[-2:])


def _not_ours(path: Path) -> PictureExistsError:
    return PictureExistsError(
        tr("{path} is there already, and is no mask that was painted on this picture.", path=path),
        tr("Nothing is overwritten silently."),
        tr("Choose another path=; to start from that file, give it as mask=."),
    )


def _changed_since(path: Path) -> PictureExistsError:
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
    """Return the mask in deflated bytes. Raises TraitError unless they are one byte a pixel."""
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
