"""Small sweeps for tests that draw them: tiles with plain pictures in files, and no call made."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from helpers.sweeps.axes.tiles import Axis, Coordinate, Failure, Tile

FILTERED = Failure("filtered", "The content filter stopped it.", "Its words met a policy.", "Use other words.")
THROTTLED = Failure("throttled", "Too many requests a minute.", "The quota is 60.", "Run sweep.retry().")


def axes_of(**values: Sequence[Any]) -> tuple[Axis, ...]:
    """Axes by name, each value labelled by itself."""
    return tuple(Axis(name, tuple(map(str, several)), tuple(several)) for name, several in values.items())


def tiles_of(
    folder: Path, axes: Sequence[Axis], size: tuple[int, int] = (64, 64), prompt: str = "a beach", **body: Any
) -> list[Tile]:
    """A tile for each combination, the last axis fastest, its picture in a colour that no other tile has."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for i, places in enumerate(product(*(range(len(axis)) for axis in axes))):
        where = tuple(
            Coordinate(axis.name, axis.labels[place], axis.values[place])
            for axis, place in zip(axes, places, strict=True)
        )
        image = Image.new("RGB", size, colour(i))
        ImageDraw.Draw(image).rectangle((2, 2, size[0] // 3, size[1] // 3), fill="white")
        path, thumbnail = folder / f"{i}.png", folder / f"{i}.webp"
        image.save(path, compress_level=1)
        image.thumbnail((256, 256))
        image.save(thumbnail, quality=80)
        fields = {place.axis: place.value for place in where}
        made.append(
            Tile(
                key=f"{i:064x}",
                coordinates=where,
                body={"text_prompts": [{"text": prompt, "weight": 1.0}], **fields, **body},
                model="stability.stable-diffusion-xl-v1",
                path=path,
                thumbnail=thumbnail,
                seed=int(fields.get("seed", 7)),
                cost=0.0,
                list_price=0.04,
                seconds=0.051 + i / 1000,
                backend="studio",
            )
        )
    return made


def colour(number: int) -> tuple[int, int, int]:
    """A colour of its own for each of many tiles, none of them white or grey."""
    return 40 + number * 37 % 180, 30 + number * 91 % 190, (number * 53 + 120) % 200
