"""Outpainting with SDXL: a masking body on a larger canvas, with the new area prefilled and its mask made."""

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
    """Return the SDXL request body that extends an image beyond its sides: a masking body on a larger canvas.

        body = helpers.outpaint("a beach with palm trees", "beach.png", right=256, seed=10)

    - `prompt`, `negative_prompt`, `seed`, `cfg_scale`, `steps`, `sampler`, `style_preset`, `clip_guidance_preset`,
      `extras`: as in `text_to_image`.
    - `init_image`: a PIL image, a path, bytes, base64, a uint8 array, a Generation or a tile, of any size.
    - `left`, `right`, `up`, `down`: pixels to add on each side, integers from 0 (default); at least one above 0. The
      canvas must be legal: sides that are multiples of 64 from 320 to 1536 pixels, at most 1,048,576 together.
    - `overlap`: pixels of the image beside each new area that may change too, an integer from 0 (default 16), so that
      no seam shows.
    - `feather`: pixels over which the mask fades to each side of the middle of the overlap, an integer from 0 to half
      of `overlap` (default None: half of it).
    - `mask_source`: the form in which the mask is sent, as in `inpaint`.

    Returns a Body, a dict that remembers its model. `helpers.masks.extend` gives the canvas and the mask alone. Raises
    ImageError for an illegal canvas, with the nearest legal one; MaskError for an overlap or a feather that does not
    fit; BodyError with every other problem at once. Source: Amazon Bedrock User Guide, Stability.ai Diffusion 1.0 image
    to image with masking.
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
    arguments = ", ".join(f"{n}={v}" for n, v in zip(("left", "right", "up", "down"), amounts, strict=True) if v)
    return ImageError(
        what,
        tr("For SDXL {problem}.", problem=problem),
        tr(
            "The nearest legal canvas is {width} x {height}: say {said}.",
            width=nearest[0],
            height=nearest[1],
            said=arguments,
        ),
    )


def _nearest_canvas(size: tuple[int, int], old: tuple[int, int]) -> tuple[int, int] | None:
    """Return the legal size nearest to `size` that is larger than the `old` one; None where there is none."""
    sides = range(MIN_SIDE, MAX_SIDE + 1, SIDE_STEP)
    legal = [(w, h) for w in sides for h in sides if w >= old[0] and h >= old[1] and (w, h) != old]
    small = [canvas for canvas in legal if canvas[0] * canvas[1] <= MAX_PIXELS]
    return min(small, key=lambda one: abs(one[0] - size[0]) + abs(one[1] - size[1]), default=None)


def _split(added: int, asked: tuple[int, ...]) -> tuple[int, int]:
    """Return `added` pixels divided between two sides in the proportion asked for, or all on the second if none was."""
    first = round(added * asked[0] / sum(asked)) if any(asked) else 0
    return first, added - first
