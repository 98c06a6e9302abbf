"""Twelve prompts that the engine is held to, and how a picture of them is composed."""

from collections.abc import Hashable
from math import log2

from helpers.studio.engines.painted.diffusion.factors import LIGHT, SKY
from helpers.studio.engines.painted.diffusion.tasks import Diffusion

FOUR = (
    "a horse and a red balloon in a meadow",
    "a cat on a sofa",
    "a sailboat and a lighthouse by the sea",
    "a fox in a forest",
)
TWELVE = (
    *FOUR,
    "a castle on a hill",
    "strawberries on a table",
    "a cat, a dog and a ball in a meadow",
    "a lighthouse on a cliff at sunset",
    "a serene beach at sunset",
    "green tea garden",
    "a beautiful mountain landscape",
    "a detailed painting of a dragon flying over a mountain during sunset",
)


def composition(diffusion: Diffusion) -> tuple[Hashable, Hashable, Hashable]:
    """Return how the picture of a finished run is composed.

    That is the things' boxes (4 x 4 places, size in two thirds of an octave), where they face, and the horizon in steps of
    8 hundredths.
    """
    trace = diffusion.trace()
    things = {entry: choice for entry, choice in trace.choices if entry not in (SKY, LIGHT)}
    boxes = []
    for entry, (x0, y0, x1, y1) in ((thing.entry, thing.box) for thing in trace.placements if thing.entry in things):
        place = (min(max(int(2 * (end + start)), 0), 3) for start, end in ((x0, x1), (y0, y1)))
        boxes.append((entry, *place, round(1.5 * log2(max(y1 - y0, 1e-3)))))
    facing = tuple((entry, one and one[1].flip) for entry, one in sorted(things.items(), key=lambda thing: thing[0]))
    return tuple(sorted(boxes)), facing, round(trace.place.horizon / 8)
