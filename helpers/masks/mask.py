"""One mask for every model: 255 where the picture may change, 0 where it stays, and the wire forms of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from helpers import pictures
from helpers.errors import MaskError
from helpers.language import tr
from helpers.language.remarks import warn
from helpers.masks import edges, leaks, preview, shapes, wire
from helpers.masks.leaks import LeakReport
from helpers.pictures.fitting import Fit
from helpers.schemas.sdxl import MaskSource

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Mask:
    """Where a picture may change. `pixels`: (height, width) uint8, 255 may change, 0 stays, and between in proportion.

    The array cannot be written to. Draw a mask (`Mask.box`, `ellipse`, `polygon`, `brush`) or find it in a picture
    (`Mask.from_image`, `from_alpha`, `from_colour`, `from_brightness`) or an array (`from_array`). `one | other` may
    change where either may, `one & other` where both may, `one - other` where only the first may, and `~mask` swaps
    what changes and what stays. Raises MaskError for anything that is no mask, and for two masks of unlike sizes.
    """

    pixels: Pixels

    def __post_init__(self) -> None:
        array = np.asarray(self.pixels)
        if array.ndim != 2 or array.dtype != np.uint8 or array.size == 0:
            raise MaskError(
                tr("A mask of shape {shape} and type {dtype} cannot be.", shape=array.shape, dtype=array.dtype),
                tr("A mask is (height, width) of uint8, with at least one pixel."),
                tr("Use Mask.from_array, which also takes True/False and numbers from 0 to 1."),
            )
        object.__setattr__(self, "pixels", np.frombuffer(array.tobytes(), np.uint8).reshape(array.shape))

    # ---- ways to make one

    @classmethod
    def box(cls, size: Any, box: tuple[int, int, int, int]) -> "Mask":
        """A mask in which the rectangle `box` may change: (left, top, right, bottom) in pixels, right and bottom outside.

        `size`: (width, height) in pixels, or the picture that the mask is for.
        """
        return cls(shapes.box(shapes.size_of(size), box))

    @classmethod
    def ellipse(cls, size: Any, box: tuple[float, float, float, float]) -> "Mask":
        """A mask in which the ellipse that fills `box` may change. The box may stand over the picture's edge."""
        return cls(shapes.ellipse(shapes.size_of(size), box))

    @classmethod
    def polygon(cls, size: Any, points: Any) -> "Mask":
        """A mask in which the area inside three or more points (x, y) may change: pixels whose centre lies inside."""
        return cls(shapes.polygon(shapes.size_of(size), points))

    @classmethod
    def brush(cls, size: Any, points: Any, width: float) -> "Mask":
        """A mask painted by one stroke of a round brush, `width` pixels wide, through the pixels (x, y) in order.

        One point is a dot. Several strokes are several masks: `Mask.brush(...) | Mask.brush(...)`.
        """
        return cls(shapes.brush(shapes.size_of(size), points, width))

    @classmethod
    def from_image(cls, source: Any) -> "Mask":
        """A mask from a picture of one: white may change, black stays, as does what is transparent."""
        image = pictures.to_image(source)
        if image.mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
        return cls(np.asarray(image.convert("L")))

    @classmethod
    def from_array(cls, array: Any) -> "Mask":
        """A mask from (height, width) of True/False, whole numbers from 0 to 255, or numbers from 0.0 to 1.0."""
        given = np.asarray(array)
        if given.ndim != 2 or given.size == 0 or given.dtype.kind not in "buif":
            raise MaskError(
                tr("An array of shape {shape} and type {dtype} is not a mask.", shape=given.shape, dtype=given.dtype),
                tr("A mask has one number a pixel: (height, width)."),
                tr("For a picture with colours use Mask.from_image."),
            )
        top = 1 if given.dtype.kind in "bf" else 255
        if not (np.all(np.isfinite(given)) and given.min() >= 0 and given.max() <= top):
            raise MaskError(
                tr(
                    "A mask of {dtype} runs from 0 to {top}, and this one from {lowest} to {highest}.",
                    dtype=given.dtype,
                    top=top,
                    lowest=given.min(),
                    highest=given.max(),
                ),
                fix=tr("Divide by 255 for numbers from 0.0 to 1.0, or use .astype('uint8') for 0 to 255."),
            )
        if top == 255 and given.max() == 1:
            warn(
                tr(
                    "This mask of whole numbers has nothing above 1 of 255, so hardly anything may change. For yes and no "
                    "use .astype(bool)."
                )
            )
        return cls(np.round(given * 255.0).astype(np.uint8) if top == 1 else given.astype(np.uint8))

    @classmethod
    def from_alpha(cls, picture: Any) -> "Mask":
        """A mask from a picture's alpha channel: what is transparent may change. MaskError where it has none."""
        return cls(shapes.transparency(picture))

    @classmethod
    def from_colour(cls, picture: Any, colour: Any, tolerance: float = 32) -> "Mask":
        """A mask of where a picture has about this colour: a name, "#2e8b57", or (red, green, blue).

        `tolerance`: how far red, green and blue may each be off, 0 to 255.
        """
        return cls(shapes.near_colour(picture, colour, tolerance))

    @classmethod
    def from_brightness(cls, picture: Any, *, above: float | None = None, below: float | None = None) -> "Mask":
        """A mask of where a picture is lighter than `above`, darker than `below`, or both; 0 black to 255 white."""
        return cls(shapes.brightness(picture, above, below))

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Mask":
        """The mask that a masking body carries, whatever its `mask_source`. MaskError where it carries none."""
        return cls(wire.pixels_in(body))

    # ---- what it is

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def share(self) -> float:
        """How much of the picture may change, from 0 to 1."""
        return float(self.pixels.mean() / 255)

    @property
    def image(self) -> Image.Image:
        """The mask as a picture of mode L, white where it may change."""
        return Image.fromarray(self.pixels)

    @property
    def is_hard(self) -> bool:
        """Whether every pixel either may change (255) or stays (0), with nothing between."""
        return bool(np.isin(self.pixels, (0, 255)).all())

    def __invert__(self) -> "Mask":
        return Mask(255 - self.pixels)

    def __or__(self, other: "Mask") -> "Mask":
        return (
            Mask(np.maximum(self.pixels, self._matching(other).pixels)) if isinstance(other, Mask) else NotImplemented
        )

    def __and__(self, other: "Mask") -> "Mask":
        return (
            Mask(np.minimum(self.pixels, self._matching(other).pixels)) if isinstance(other, Mask) else NotImplemented
        )

    def __sub__(self, other: "Mask") -> "Mask":
        return self & ~other if isinstance(other, Mask) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mask):
            return NotImplemented
        return bool(np.array_equal(self.pixels, other.pixels))

    def __hash__(self) -> int:
        return hash((self.pixels.shape, self.pixels.tobytes()))

    def __repr__(self) -> str:
        return f"<Mask {self.size[0]} x {self.size[1]}, {self.share:.0%} may change>"

    # ---- its edge and size

    def grown(self, pixels: int) -> "Mask":
        """The mask with its edge moved out by so many pixels, in a circle; greys grow too."""
        return Mask(edges.grow(self.pixels, shapes.pixel_count(pixels)))

    def shrunk(self, pixels: int) -> "Mask":
        """The mask with its edge moved in by so many pixels. Where it touches the picture's rim, it stays there."""
        return Mask(edges.shrink(self.pixels, shapes.pixel_count(pixels)))

    def feathered(self, pixels: int) -> "Mask":
        """The mask with a soft edge, which reaches at most so many pixels to either side of the hard one.

        `mask & mask.shrunk(8).feathered(8)` is soft, and lets nothing change that `mask` does not.
        """
        radius = min(shapes.pixel_count(pixels), sum(self.size))
        return Mask(edges.feather(self.pixels, radius))

    def hardened(self, at: int = 128) -> "Mask":
        """The mask with nothing between: 255 from level `at` (1 to 255) on, 0 below."""
        if at not in range(1, 256):
            raise MaskError(tr("A mask cannot be hardened at {at!r}.", at=at), fix=tr("Give a level from 1 to 255."))
        return Mask(shapes.filled(self.pixels >= at))

    def fitted(self, to: Any, how: Fit = "stretch") -> "Mask":
        """The mask at the size of the picture `to`, or at (width, height); a WorkshopWarning says what was done.

        `how`: "stretch", "crop" or "pad", as in `helpers.fit`; fit mask and picture in the same way. What "pad" adds
        stays. A hard mask remains hard. Where the size is right already, the mask itself comes back in silence.
        """
        size = shapes.size_of(to)
        if size == self.size:
            return self
        fitted = Mask(edges.resize(self.pixels, size, how))
        warn(pictures.fit_remark(tr("The mask"), self.size, size, how))
        return fitted

    # ---- what it is for

    def to_body(self, init_image: Any, form: MaskSource | None = "MASK_IMAGE_WHITE") -> dict[str, str]:
        """The fields `init_image`, `mask_source` and (but for INIT_IMAGE_ALPHA) `mask_image` of a request body.

        `form`: "MASK_IMAGE_WHITE" sends white for what may change, "MASK_IMAGE_BLACK" black, and "INIT_IMAGE_ALPHA"
        makes it transparent in the init image itself; the colours beneath are kept. All three mean the same.
        """
        return wire.fields(self, init_image, form)

    def preview(self, image: Any = None) -> Image.Image:
        """The picture with black and white stripes over what may change, and a black and white line around it.

        Legible on any picture, also without seeing colours. Without `image` on plain grey.
        """
        picture = pictures.to_rgb(image) if image is not None else Image.new("RGB", self.size, (128, 128, 128))
        self.must_fit(picture)
        return preview.striped(self.pixels, picture)

    def leaks(self, before: Any, after: Any, tolerance: int = 0) -> LeakReport:
        """What a call changed outside of this mask, where it is 0: how many pixels, how much, how far off, and where.

        `before`, `after`: the init image and what came of it. A difference of up to `tolerance` levels of 255 is not
        counted. `helpers.show(report, alt=report.alt)` shows the heat map. Raises MaskError for unlike sizes.
        """
        return leaks.report(self.pixels, *self._both(before, after), shapes.pixel_count(tolerance))

    def composite(self, before: Any, after: Any) -> Image.Image:
        """`after` where the mask is 255, `before` byte for byte where it is 0, in proportion between: no leak remains."""
        return leaks.composite(self.pixels, *self._both(before, after))

    def _both(self, before: Any, after: Any) -> tuple[Image.Image, Image.Image]:
        both = pictures.to_rgb(before), pictures.to_rgb(after)
        for picture in both:
            self.must_fit(picture)
        return both

    def _matching(self, other: "Mask") -> "Mask":
        if other.size != self.size:
            raise MaskError(
                tr(
                    "One mask is {width} x {height} pixels and the other {across} x {down}.",
                    width=self.size[0],
                    height=self.size[1],
                    across=other.size[0],
                    down=other.size[1],
                ),
                tr("Masks are combined pixel by pixel."),
                tr("Make both for the same picture, or use mask.fitted(picture)."),
            )
        return other

    def must_fit(self, picture: Image.Image) -> None:
        """Raise MaskError where the picture has another size."""
        if picture.size != self.size:
            raise MaskError(
                tr(
                    "The mask is {width} x {height} pixels and the picture {across} x {down}.",
                    width=self.size[0],
                    height=self.size[1],
                    across=picture.width,
                    down=picture.height,
                ),
                tr("Both must have the same size."),
                tr("Make the mask for this picture: Mask.box(image, ...), or use mask.fitted(image)."),
            )
