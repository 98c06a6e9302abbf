"""Fitting an image to another size: cropped, padded or stretched, and one sentence that tells what was done."""

from collections.abc import Callable
from typing import Any, Literal

from PIL import Image, ImageOps

from helpers.errors import ImageError
from helpers.language import mark, tr

Fit = Literal["crop", "pad", "stretch"]


def resized(image: Image.Image, size: tuple[int, int], how: Fit, colour: Any = "black") -> Image.Image:
    """Return the image at `size`, (width, height) in pixels, as `helpers.fit` does, without a warning.

    `colour`: of the bars that "pad" adds. Raises ImageError for a size below 1 x 1 and an unknown `how`.
    """
    if min(size) < 1:
        raise ImageError(
            tr("A picture cannot be {width} x {height} pixels.", width=size[0], height=size[1]),
            fix=tr("Give (width, height) above 0."),
        )
    resample = Image.Resampling.LANCZOS
    ways: dict[str, Callable[[], Image.Image]] = {
        "crop": lambda: ImageOps.fit(image, size, resample),
        "pad": lambda: ImageOps.pad(image, size, resample, color=colour),
        "stretch": lambda: image.resize(size, resample),
    }
    if how not in ways:
        raise ImageError(
            tr("There is no way to fit called {how!r}.", how=how), fix=tr('Use "crop", "pad" or "stretch".')
        )
    return ways[how]()


def fit_remark(name: str, before: tuple[int, int], after: tuple[int, int], how: Fit) -> str:
    """Return one sentence on how `resized` changes an image: its scale, and how many pixels are cut off or added.

    `name`: what the sentence calls the image. `before`, `after`: (width, height) in pixels.
    """
    places = {"name": name, "before": f"{before[0]} x {before[1]}", "after": f"{after[0]} x {after[1]}"}
    if before == after:
        return tr("{name} is {after} pixels already.", **places)
    scales = after[0] / before[0], after[1] / before[1]
    scale = {"crop": max(scales), "pad": min(scales)}.get(how, 1.0)
    across, down = (abs(round(side * scale) - wanted) for side, wanted in zip(before, after, strict=True))
    if scales[0] == scales[1] or (how != "stretch" and not (across or down)):
        return tr("{name} was {before} pixels and was scaled to {after}.", **places)
    if how == "stretch":
        return tr(
            "{name} was {before} pixels and was stretched to {after}: {wide:.0%} of its width and {high:.0%} of its"
            " height.",
            wide=scales[0],
            high=scales[1],
            **places,
        )
    pixels, sides = (across, tr("left and right")) if across >= down else (down, tr("top and bottom"))
    if how == "crop":
        sentence = mark(
            "{name} was {before} pixels and was cropped to {after}: at {scale:.0%}, {pixels} pixels were cut off, half"
            " of them on each side ({sides})."
        )
    else:
        sentence = mark(
            "{name} was {before} pixels and was padded to {after}: at {scale:.0%}, {pixels} pixels were added, half of"
            " them on each side ({sides})."
        )
    return tr(sentence, scale=scale, pixels=pixels, sides=sides, **places)
