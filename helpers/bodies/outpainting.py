"""Outpainting as an ordinary masking body: a larger canvas, a start for its new area, and the mask made for you."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from helpers.bodies import tasks
from helpers.errors import ImageError
from helpers.language import tr
from helpers.masks.canvas import OVERLAP, Sides, extend
from helpers.schemas.sdxl import MAX_PIXELS, MAX_SIDE, MIN_SIDE, SIDE_STEP, size_problem

if TYPE_CHECKING:
    from helpers.bodies.body import Body
    from helpers.bodies.prompts import PromptLike
    from helpers.schemas.sdxl import ClipGuidancePreset, MaskSource, SamplerName, StylePreset


def outpaint(
    prompt: "PromptLike",
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
    sampler: "SamplerName | None" = None,
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
    return tasks.inpaint(
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
