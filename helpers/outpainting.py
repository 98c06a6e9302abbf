"""Outpainting as an ordinary masking body: a larger canvas, a start for its new area, and the mask made for you."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFilter

from helpers import bodies, images, mask_shapes
from helpers.errors import ImageError, MaskError
from helpers.language import tr
from helpers.masks import Mask
from helpers.schemas.sdxl import MAX_PIXELS, MAX_SIDE, MIN_SIDE, SIDE_STEP, size_problem

if TYPE_CHECKING:
    from helpers.bodies import Body, Prompt
    from helpers.schemas.sdxl import ClipGuidancePreset, MaskSource, Sampler, StylePreset

OVERLAP = 16  # pixels of the old picture that may change too, so that no seam is left
_SOFTENED = 12  # pixels: the edge colours run outwards in streaks, and are blurred by so much

Sides = tuple[int, int, int, int]  # left, right, up, down, as in the request


def outpaint(
    prompt: "Prompt",
    init_image: Any,
    *,
    left: int = 0,
    right: int = 0,
    up: int = 0,
    down: int = 0,
    overlap: int = OVERLAP,
    feather: int | None = None,
    mask_source: "MaskSource" = "MASK_IMAGE_WHITE",
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float = 7,
    steps: int = 30,
    sampler: "Sampler | None" = None,
    style_preset: "StylePreset | None" = None,
    clip_guidance_preset: "ClipGuidancePreset | None" = None,
    extras: Mapping[str, Any] | None = None,
) -> "Body":
    """The SDXL body that goes on with a picture beyond its sides: a masking body on a larger canvas.

    `left`, `right`, `up`, `down`: how many pixels to add, one of them at least; the canvas must have a legal size, and
    the error names the nearest. `overlap` and `feather` as in `extend`. The rest as in `inpaint`. `extend` gives the
    canvas and the mask alone. Raises BodyError, ImageError, MaskError.
    """
    sides = left, right, up, down
    canvas, mask = extend(init_image, left=left, right=right, up=up, down=down, overlap=overlap, feather=feather)
    problem = size_problem(*canvas.size, tr)
    if problem:
        raise _wrong_canvas(canvas.size, sides, problem)
    return bodies.inpaint(
        prompt,
        canvas,
        mask,
        mask_source=mask_source,
        negative_prompt=negative_prompt,
        seed=seed,
        cfg_scale=cfg_scale,
        steps=steps,
        sampler=sampler,
        style_preset=style_preset,
        clip_guidance_preset=clip_guidance_preset,
        extras=extras,
    )


def extend(
    init_image: Any,
    *,
    left: int = 0,
    right: int = 0,
    up: int = 0,
    down: int = 0,
    overlap: int = OVERLAP,
    feather: int | None = None,
) -> tuple[Image.Image, Mask]:
    """The picture on a larger canvas (RGB), its new area in the colours of its edges, and the mask of what may change.

    All of the new area may change, and `overlap` pixels of the old picture beside it; further in it stays byte for
    byte. `feather`: the mask fades over so many pixels to each side of the overlap's middle, at most half of it (None).
    Any size of canvas that can be held is made. Raises ImageError, MaskError.
    """
    picture = images.to_rgb(init_image)
    sides = (
        mask_shapes.pixel_count(left),
        mask_shapes.pixel_count(right),
        mask_shapes.pixel_count(up),
        mask_shapes.pixel_count(down),
    )
    if not any(sides):
        raise ImageError(tr("Nothing was added to the picture."), fix=tr("Give left, right, up or down in pixels."))
    size = picture.width + sides[0] + sides[1], picture.height + sides[2] + sides[3]
    if size[0] * size[1] > images.LARGEST_READ:
        raise ImageError(
            tr("A canvas of {width} x {height} pixels is too large.", width=size[0], height=size[1]),
            fix=tr("SDXL takes {most:,} pixels at most.", most=MAX_PIXELS),
        )
    return _canvas(picture, sides), _mask(picture.size, size, sides, overlap, feather)


def _canvas(picture: Image.Image, sides: Sides) -> Image.Image:
    left, right, up, down = sides
    wide = Image.fromarray(np.pad(np.asarray(picture), ((up, down), (left, right), (0, 0)), mode="edge"))
    canvas = wide.filter(ImageFilter.GaussianBlur(_SOFTENED))
    canvas.paste(picture, (left, up))
    return canvas


def _mask(old: tuple[int, int], size: tuple[int, int], sides: Sides, overlap: int, feather: int | None) -> Mask:
    left, right, up, down = sides
    overlap = mask_shapes.pixel_count(overlap)
    soft = overlap // 2 if feather is None else mask_shapes.pixel_count(feather)
    if soft > overlap // 2:
        raise MaskError(
            tr("A feather of {soft} pixels does not fit in an overlap of {overlap}.", soft=soft, overlap=overlap),
            tr("It would let less than all of the new area change, or more of the old picture."),
            tr("Give at most {most}, half of the overlap.", most=overlap // 2),
        )
    if overlap * (bool(left) + bool(right)) >= old[0] or overlap * (bool(up) + bool(down)) >= old[1]:
        raise MaskError(
            tr(
                "An overlap of {overlap} pixels leaves nothing of a picture of {width} x {height}.",
                overlap=overlap,
                width=old[0],
                height=old[1],
            ),
            fix=tr("Give a smaller overlap."),
        )
    depth = overlap - soft
    inner = (
        left + (depth if left else 0),
        up + (depth if up else 0),
        left + old[0] - (depth if right else 0),
        up + old[1] - (depth if down else 0),
    )
    return (~Mask.box(size, inner)).feathered(soft)


def _wrong_canvas(size: tuple[int, int], sides: Sides, problem: str) -> ImageError:
    old = size[0] - sides[0] - sides[1], size[1] - sides[2] - sides[3]
    what = tr(
        "With this much added, the picture of {width} x {height} pixels becomes {across} x {down}.",
        width=old[0],
        height=old[1],
        across=size[0],
        down=size[1],
    )
    nearest = _nearest_canvas(size, old)
    if nearest is None:
        fix = tr(
            "No legal canvas is larger than {width} x {height}: make the picture smaller first, with helpers.fit.",
            width=old[0],
            height=old[1],
        )
        return ImageError(what, tr("For SDXL {problem}.", problem=problem), fix)
    amounts = *_split(nearest[0] - old[0], sides[:2]), *_split(nearest[1] - old[1], sides[2:])
    said = ", ".join(f"{n}={v}" for n, v in zip(("left", "right", "up", "down"), amounts, strict=True) if v)
    return ImageError(
        what,
        tr("For SDXL {problem}.", problem=problem),
        tr(
            "The nearest legal canvas is {width} x {height}: say {said}.",
            width=nearest[0],
            height=nearest[1],
            said=said,
        ),
    )


def _nearest_canvas(size: tuple[int, int], old: tuple[int, int]) -> tuple[int, int] | None:
    """The legal size nearest to `size` that holds the old picture and something new; None where there is none."""
    sides = range(MIN_SIDE, MAX_SIDE + 1, SIDE_STEP)
    legal = [(w, h) for w in sides for h in sides if w >= old[0] and h >= old[1] and (w, h) != old]
    small = [canvas for canvas in legal if canvas[0] * canvas[1] <= MAX_PIXELS]
    return min(small, key=lambda one: abs(one[0] - size[0]) + abs(one[1] - size[1]), default=None)


def _split(added: int, asked: tuple[int, ...]) -> tuple[int, int]:
    """`added` pixels on two sides in the proportion that was asked for; on the second alone where none was."""
    first = round(added * asked[0] / sum(asked)) if any(asked) else 0
    return first, added - first
