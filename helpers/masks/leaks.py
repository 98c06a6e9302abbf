"""Leaks: changes that a masked call made outside of its mask, counted, measured and mapped; and how to undo them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from helpers.language import joined, tr
from helpers.masks import edges, preview
from helpers.masks.shapes import BoolArray, MaskArray, mask_array

_BLOCK = 8  # pixels


@dataclass(frozen=True, eq=False)
class LeakReport:
    """Changes of an image outside of its mask, where the mask is 0: what `Mask.leaks` returns.

        report = mask.leaks("meadow.png", made)
        helpers.show(report, alt=report.alt)

    - `outside`: number of pixels outside of the mask. `changed`: how many of them differ by more than `tolerance`.
    - `largest`, `mean`: the largest and the mean difference of the changed pixels, in levels from 0 to 255, each
      pixel's being the largest of its red, green and blue.
    - `reach`: distance in pixels, rounded up, from the mask to the furthest changed pixel; 0 where there is none, and
      where the mask is empty.
    - `box`: (left, top, right, bottom) in pixels around the changed pixels, right and bottom exclusive, or None.
    - `image`: a heat map, RGB: the init image in dark grey, changes from orange to white, the mask outlined.

    `report.leaked` is True if anything changed, and `print(report)` prints the verdict, one sentence.
    """

    size: tuple[int, int]  # (width, height) in pixels
    outside: int
    changed: int
    largest: int
    mean: float
    reach: int
    box: tuple[int, int, int, int] | None
    tolerance: int  # levels, 0 to 255
    image: Image.Image

    @property
    def leaked(self) -> bool:
        """True if any pixel changed outside of the mask."""
        return self.changed > 0

    @property
    def share(self) -> float:
        """Share of the pixels outside of the mask that changed, from 0 to 1."""
        return self.changed / self.outside if self.outside else 0.0

    @property
    def verdict(self) -> str:
        """Summary of the report in one sentence."""
        if not self.outside:
            return tr("The mask lets every pixel change, so nothing could leak.")
        beyond = tr(" by more than {tolerance} of 255", tolerance=self.tolerance) if self.tolerance else ""
        if not self.leaked:
            return tr(
                "Nothing leaked: none of the {outside:,} pixels outside the mask changed{beyond}.",
                outside=self.outside,
                beyond=beyond,
            )
        away = tr(", up to {reach} pixels from the mask", reach=self.reach) if self.reach else ""
        changed = tr(
            "{changed:,} of {outside:,} pixels outside the mask changed{beyond} ({share})",
            changed=self.changed,
            outside=self.outside,
            beyond=beyond,
            share=_percent(self.share),
        )
        return tr(
            "The mask leaked: {changed}, by at most {largest} of 255{away}.",
            changed=changed,
            largest=self.largest,
            away=away,
        )

    @property
    def alt(self) -> str:
        """Alt text of the heat map."""
        where = (
            tr(
                "The changes lie between ({left}, {top}) and ({right}, {bottom}).",
                left=self.box[0],
                top=self.box[1],
                right=self.box[2],
                bottom=self.box[3],
            )
            if self.box
            else ""
        )
        what = tr(
            "Heat map of what changed outside the mask, {width} by {height} pixels.",
            width=self.size[0],
            height=self.size[1],
        )
        return joined(what, self.verdict, where)

    def __str__(self) -> str:
        return self.verdict

    def __repr__(self) -> str:
        return f"<LeakReport: {self.verdict}>"


def report(pixels: MaskArray, before: Image.Image, after: Image.Image, tolerance: int) -> LeakReport:
    """Return the report on two RGB images of the mask's size. `tolerance`: levels, 0 to 255, that do not count."""
    apart = np.abs(np.asarray(before, np.int16) - np.asarray(after, np.int16)).max(2)
    outside = pixels == 0
    leaked = outside & (apart > tolerance)
    found = apart[leaked]
    return LeakReport(
        size=before.size,
        outside=int(outside.sum()),
        changed=int(leaked.sum()),
        largest=int(found.max(initial=0)),
        mean=float(found.mean()) if found.size else 0.0,
        reach=_reach(~outside, leaked),
        box=Image.fromarray(leaked).getbbox(),
        tolerance=tolerance,
        image=_heat_map(pixels, before, np.where(leaked, apart, 0)),
    )


def composite(pixels: MaskArray, before: Image.Image, after: Image.Image) -> Image.Image:
    """Return `after` where the mask is 255, `before` where it is 0, and a blend between, in integers and so exactly."""
    mask = pixels.astype(np.uint32)[..., None]
    old, new = (np.asarray(picture, np.uint32) for picture in (before, after))
    return Image.fromarray(((old * (255 - mask) + new * mask + 127) // 255).astype(np.uint8))


def _reach(mask: BoolArray, leaked: BoolArray) -> int:
    """Return the distance in pixels, rounded up, from the mask to the leaked pixel that is furthest away."""
    if not (mask.any() and leaked.any()):
        return 0
    pixels = mask_array(mask)
    low, high = 0, 1
    if min(mask.shape) > 4 * _BLOCK:  # a first estimate, from blocks
        blocks = _reach(_blocks(mask), _blocks(leaked))
        low, high = max(0, int(_BLOCK * (blocks - 2.5))), math.ceil(_BLOCK * (blocks + 1.5))
    while not _covers(pixels, high, leaked):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _covers(pixels, middle, leaked) else (middle, high)
    return high


def _blocks(where: BoolArray) -> BoolArray:
    """Return one pixel a block, True where any pixel of the block is."""
    down, across = (-side % _BLOCK for side in where.shape)
    whole = np.pad(where, ((0, down), (0, across)))
    rows, columns = (side // _BLOCK for side in whole.shape)
    return np.asarray(whole.reshape(rows, _BLOCK, columns, _BLOCK).any((1, 3)), np.bool_)


def _covers(pixels: MaskArray, radius: int, leaked: BoolArray) -> bool:
    return bool(edges.grow(pixels, radius)[leaked].all())


def _heat_map(pixels: MaskArray, before: Image.Image, apart: NDArray[np.int16]) -> Image.Image:
    grey = np.asarray(before.convert("L"), np.float32)[..., None] * 0.3
    drawn = preview.outlined(np.repeat(grey, 3, 2).astype(np.uint8), pixels)
    heat = Image.fromarray(apart.astype(np.uint8))
    if min(heat.size) >= 128:  # make a single pixel visible
        heat = heat.filter(ImageFilter.MaxFilter(5))
    strength = np.asarray(heat, np.float32)[..., None]
    hot = strength / max(1.0, float(strength.max()))
    colour = np.array([230, 110, 0], np.float32) * (1 - hot) + np.array([255, 255, 220], np.float32) * hot
    mapped = np.where(strength > 0, colour.astype(np.uint8), drawn)
    inner, _ = preview.lines(pixels)  # the inner line hides no leak
    mapped[inner] = 255
    return Image.fromarray(mapped)


def _percent(share: float) -> str:
    return tr("less than 0.1%") if share < 0.001 else f"{share:.1%}"
