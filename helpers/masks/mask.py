"""`Mask`, one meaning for every model: 255 where an image may change, 0 where it stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from helpers import pictures
from helpers.errors import MaskError
from helpers.language import tr
from helpers.language.remarks import warn
from helpers.masks import edges, leaks, preview, shapes, wire
from helpers.masks.leaks import LeakReport
from helpers.masks.shapes import MaskArray
from helpers.schemas.sdxl import MaskSource


@dataclass(frozen=True, eq=False)
class Mask:
    """Where an image may change: white for what may change, black for what stays.

        mask = helpers.Mask.box((512, 512), (128, 256, 384, 448)) | helpers.Mask.ellipse((512, 512), (0, 0, 96, 96))
        body = helpers.inpaint("a sheep", "meadow.png", mask)

    `pixels`: uint8 of shape (height, width), read-only: 255 may change, 0 stays, between in proportion.

    - Draw a mask: `Mask.box`, `ellipse`, `polygon`, `brush`. Make it from an image: `Mask.from_image`, `from_alpha`,
      `from_colour`, `from_brightness`; from an array: `from_array`; from a request body: `from_body`.
    - Combine two: `one | other` may change where either may, `one & other` where both may, `one - other` where only the
      first may; `~mask` swaps what changes and what stays.
    - Change it: `grown`, `shrunk`, `feathered`, `hardened`, `fitted`. Look at it: `preview`, `image`, `size`, `share`,
      `is_hard`. Use it: `to_body`, `leaks`, `composite`.

    Raises MaskError for an array of another shape or type, and for two masks of different sizes.
    """

    pixels: MaskArray

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
        """Return a mask in which a rectangle may change.

            mask = helpers.Mask.box((512, 512), (128, 256, 384, 448))

        `size`: (width, height) in pixels, or the image that the mask is for. `box`: (left, top, right, bottom) as
        integers in pixels, right and bottom exclusive. Raises MaskError where it is empty or extends beyond the image.
        """
        return cls(shapes.box(shapes.size_of(size), box))

    @classmethod
    def ellipse(cls, size: Any, box: tuple[float, float, float, float]) -> "Mask":
        """Return a mask in which an ellipse may change.

            mask = helpers.Mask.ellipse((512, 512), (128, 256, 384, 448))

        `size`: (width, height) in pixels, or the image that the mask is for. `box`: (left, top, right, bottom) around
        the ellipse, numbers in pixels; it may extend beyond the image. Raises MaskError where it covers no pixel.
        """
        return cls(shapes.ellipse(shapes.size_of(size), box))

    @classmethod
    def polygon(cls, size: Any, points: Any) -> "Mask":
        """Return a mask in which the inside of a polygon may change.

            mask = helpers.Mask.polygon((512, 512), [(256, 96), (416, 448), (96, 448)])

        `size`: (width, height) in pixels, or the image that the mask is for. `points`: three or more (x, y), numbers in
        pixels. A line that crosses itself is filled by the even-odd rule. Raises MaskError where it covers no pixel.
        """
        return cls(shapes.polygon(shapes.size_of(size), points))

    @classmethod
    def brush(cls, size: Any, points: Any, width: float) -> "Mask":
        """Return a mask of one stroke of a round brush.

            mask = helpers.Mask.brush((512, 512), [(96, 400), (256, 320), (416, 400)], width=48)

        `size`: (width, height) in pixels, or the image that the mask is for. `points`: one or more (x, y) in order,
        numbers in pixels; one is a dot. `width`: of the brush, from 1 pixel. Join strokes with `|`. Raises MaskError
        where the stroke covers no pixel.
        """
        return cls(shapes.brush(shapes.size_of(size), points, width))

    @classmethod
    def from_image(cls, source: Any) -> "Mask":
        """Return the mask that an image shows: white may change, black stays, greys are between.

            mask = helpers.Mask.from_image("mask.png")

        `source`: a PIL image, a path, bytes, base64, a uint8 array, a Generation or a tile. Colours become grey, and
        transparent parts stay. Raises ImageError where it is not an image.
        """
        image = pictures.to_image(source)
        if image.mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
        return cls(np.asarray(image.convert("L")))

    @classmethod
    def from_array(cls, array: Any) -> "Mask":
        """Return a mask from an array of shape (height, width).

            mask = helpers.Mask.from_array(depth < 0.5)

        `array`: bool, True may change; integers from 0 to 255; or floats from 0.0 to 1.0. Raises MaskError for other
        shapes, types and ranges.
        """
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
        """Return a mask from an image's alpha channel: what is transparent may change.

            mask = helpers.Mask.from_alpha("cut-out.png")

        `picture`: as `source` in `from_image`. Raises MaskError where it has no alpha channel.
        """
        return cls(shapes.transparency(picture))

    @classmethod
    def from_colour(cls, picture: Any, colour: Any, tolerance: float = 32) -> "Mask":
        """Return a mask in which the pixels of about one colour may change.

            mask = helpers.Mask.from_colour("product.png", "white", tolerance=16)

        `picture`: as `source` in `from_image`. `colour`: a name, "#rrggbb" or (red, green, blue), 0 to 255.
        `tolerance`: by how much red, green and blue may each differ, 0 to 255 (default 32).
        """
        return cls(shapes.near_colour(picture, colour, tolerance))

    @classmethod
    def from_brightness(cls, picture: Any, *, above: float | None = None, below: float | None = None) -> "Mask":
        """Return a mask in which pixels may change by their brightness, from 0 (black) to 255 (white).

            mask = helpers.Mask.from_brightness("sky.png", above=200)

        `picture`: as `source` in `from_image`. `above`, `below`: pixels brighter than `above`, darker than `below`, or,
        with both, between the two. Raises MaskError without either.
        """
        return cls(shapes.brightness(picture, above, below))

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Mask":
        """Return the mask of a request body, whatever its `mask_source`.

            mask = helpers.Mask.from_body(helpers.inpaint("a sheep", "meadow.png", mask))

        Raises MaskError where the body has none.
        """
        return cls(wire.pixels_in(body))

    # ---- what it is

    @property
    def size(self) -> tuple[int, int]:
        """Size as (width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def share(self) -> float:
        """Share of the image that may change, from 0 to 1."""
        return float(self.pixels.mean() / 255)

    @property
    def image(self) -> Image.Image:
        """Mask as a PIL image of mode L, white where it may change."""
        return Image.fromarray(self.pixels)

    @property
    def is_hard(self) -> bool:
        """True if every pixel is 255 or 0, with nothing between."""
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
        """Return the mask with its edge moved outwards, equally in all directions.

            mask = mask.grown(8)

        `pixels`: an integer from 0. Greys grow too.
        """
        return Mask(edges.grow(self.pixels, shapes.pixel_count(pixels)))

    def shrunk(self, pixels: int) -> "Mask":
        """Return the mask with its edge moved inwards, equally in all directions.

            mask = mask.shrunk(8)

        `pixels`: an integer from 0. Where the mask touches the edge of the image, it stays there.
        """
        return Mask(edges.shrink(self.pixels, shapes.pixel_count(pixels)))

    def feathered(self, pixels: int) -> "Mask":
        """Return the mask with a soft edge.

            soft = mask.feathered(8)

        `pixels`: how far the fade reaches to either side of the edge, an integer from 0. To fade inwards only, so that
        nothing outside of `mask` may change: `mask & mask.shrunk(8).feathered(8)`.
        """
        radius = min(shapes.pixel_count(pixels), sum(self.size))
        return Mask(edges.feather(self.pixels, radius))

    def hardened(self, at: int = 128) -> "Mask":
        """Return the mask in 255 and 0 alone.

            hard = mask.hardened()

        `at`: the level, an integer from 1 to 255 (default 128), from which on a pixel becomes 255. Raises MaskError for
        others.
        """
        if at not in range(1, 256):
            raise MaskError(tr("A mask cannot be hardened at {at!r}.", at=at), fix=tr("Give a level from 1 to 255."))
        return Mask(shapes.mask_array(self.pixels >= at))

    def fitted(self, to: Any, how: pictures.Fit = "stretch") -> "Mask":
        """Return the mask at another size, with a WorkshopWarning that tells what was done.

            mask = mask.fitted("meadow.png")

        `to`: the image that the mask is for, or (width, height) in pixels. `how`: "stretch" (default), "crop" or "pad",
        as in `helpers.fit`; use the same for the image. What "pad" adds stays. A hard mask remains hard. A mask of
        that size is returned as it is.
        """
        size = shapes.size_of(to)
        if size == self.size:
            return self
        fitted = Mask(edges.resize(self.pixels, size, how))
        warn(pictures.fit_remark(tr("The mask"), self.size, size, how))
        return fitted

    # ---- what it is for

    def to_body(self, init_image: Any, form: MaskSource | None = "MASK_IMAGE_WHITE") -> dict[str, str]:
        """Return the fields of an SDXL request body that carry an init image and this mask.

            body = {"text_prompts": [{"text": "a sheep"}], **mask.to_body("meadow.png")}

        `init_image`: as in `helpers.inpaint`, of the mask's size. `form`: "MASK_IMAGE_WHITE" (default) sends what may
        change as white, "MASK_IMAGE_BLACK" as black, "INIT_IMAGE_ALPHA" as transparent in the init image, whose colours
        are kept. All three change the same pixels.

        Returns a dict with `init_image`, `mask_source` and, except for INIT_IMAGE_ALPHA, `mask_image`. Raises
        ImageError for an init image of an illegal size, and MaskError for another `form` or an image of another size.
        Source: Amazon Bedrock User Guide, Stability.ai Diffusion 1.0 image to image with masking.
        """
        return wire.body_fields(self.pixels, init_image, form)

    def preview(self, image: Any = None) -> Image.Image:
        """Return the image with black and white stripes over what may change, and a line around it.

            mask.preview("meadow.png")

        `image`: a PIL image, a path, bytes, base64, a uint8 array, a Generation or a tile, of the mask's size; None
        (default): plain grey. The stripes are legible on any image and without colour vision.
        """
        picture = pictures.to_rgb(image) if image is not None else Image.new("RGB", self.size, (128, 128, 128))
        self.must_fit(picture)
        return preview.striped(self.pixels, picture)

    def leaks(self, before: Any, after: Any, tolerance: int = 0) -> LeakReport:
        """Return a report on what changed outside of this mask, where it is 0.

            report = mask.leaks("meadow.png", made)
            helpers.show(report, alt=report.alt)

        `before`, `after`: the init image and the result, as `source` in `from_image`. `tolerance`: a difference in
        levels, an integer from 0 to 255 (default 0), up to which a pixel counts as unchanged. Raises MaskError for
        images of another size.
        """
        return leaks.report(self.pixels, *self._both(before, after), shapes.pixel_count(tolerance))

    def composite(self, before: Any, after: Any) -> Image.Image:
        """Return `after` inside the mask and `before` outside, so that no leak remains.

            image = mask.composite("meadow.png", made)

        `before`, `after`: the init image and the result, as `source` in `from_image`. Where the mask is 0, the pixels
        are those of `before`; between 0 and 255 the two are blended. Raises MaskError for images of another size.
        """
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
        """Raise MaskError unless the image has the mask's size."""
        shapes.must_fit(self.pixels, picture)
