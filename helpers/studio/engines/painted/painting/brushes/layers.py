"""Layers of a scene: the table of brushes, the conditions under which a layer is painted, and the painting of one.

A layer in a scene's TOML is `{brush = "hills", t = 0.1, …}`. Depth along the ground is `t`: 0 is the horizon, 1 the lower
edge; negative values are sky (-1 is the upper edge). Sizes are hundredths of the picture's height. From a pair `[lo, hi]`
a number is drawn anew for each layout. Colours are albedos; the stage's light and the layer's depth decide what is seen.
A layer may be painted sometimes (`chance`), in some of the scene's `variants` (`only = ["lake"]`), at night (`dark`), by
day (`day`), or only in large pictures (`fine`). `side = 1` puts it where the layout's weight lies, -1 opposite.
"""

from collections.abc import Callable, Mapping
from typing import Any

from . import air, beyond, built, fields, forms, land, plants, rock, rooms, sky, still, streams, water
from .stage import Rng, Stage

__all__ = ["BRUSHES", "CONDITIONS", "draw_layer"]

BRUSHES: dict[str, Callable[..., str]] = {
    name: getattr(module, name)
    for module in (sky, land, fields, rock, forms, plants, water, streams, built, rooms, beyond, still, air)
    for name in module.__all__
}

CONDITIONS = ("brush", "chance", "only", "fine", "dark", "day", "at")


def draw_layer(stage: Stage, layer: Mapping[str, Any], rng: Rng, weight: float = 1.0) -> str:
    """Paint one layer, as SVG text: "" where its conditions are not met. `weight` scales the number of its things."""
    params = {key: value for key, value in layer.items() if key not in CONDITIONS}
    if (
        rng.random() > layer.get("chance", 1.0)
        or ("only" in layer and stage.variant not in layer["only"])
        or (layer.get("fine") and not stage.fine)
        or (layer.get("dark") and not stage.light.dark)
        or (layer.get("day") and stage.light.dark)
    ):
        return ""
    if "n" in params and weight != 1.0:
        params["n"] = [n * weight for n in params["n"]] if isinstance(params["n"], list) else params["n"] * weight
    return BRUSHES[layer["brush"]](stage, rng, **params)
