"""The points of the drawings where something is put on, held, put in or under: `art/anchors.toml`, whose head says what they are.

What a drawing does not say is estimated from what it says and from its box, so that anything can wear a hat.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from . import art, rules, vocabulary

__all__ = ["FITTED", "Anchor", "anchor", "has", "of", "table", "wearable", "wearing"]

UPRIGHT = 70.0
"""The width up to which a drawing without anchors stands upright, its head in its middle; a wider one has it at its front."""


FITTED = ("body", "feet", "hand", "back")
"""Places of clothes, which fit whoever wears them, be they called tiny or huge, if they have such a body."""


@dataclass(frozen=True)
class Anchor:
    """A point of a drawing, in the units of its view box."""

    x: float
    y: float
    width: float
    """Of the drawing there."""


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """Return what the file says of each drawing. Raises ValueError for what `rules` does not know."""
    found = tomllib.loads(resources.files(__package__).joinpath("art", "anchors.toml").read_text("utf-8"))
    rules.check_anchors(found)
    return found


@cache
def of(drawing: str) -> Mapping[str, Any]:
    """Return what the file says of a drawing; nothing for most. Raises ValueError for points outside its view box."""
    found = table().get(drawing, {})
    rules.check_points(drawing, found)
    return found


def has(drawing: str, place: str) -> bool:
    """Return whether the file says where this place of a drawing is."""
    return place in of(drawing)


@cache
def anchor(drawing: str, place: str) -> Anchor:
    """Return a place of a drawing, as its file's line says or as it is estimated."""
    if has(drawing, place):
        x, y, *width = of(drawing)[place]
        return Anchor(x, y, width[0] if width else anchor(drawing, "body").width)
    return _estimated(drawing, place)


@cache
def wearable(thing: str, wearer: str) -> bool:
    """Return whether somebody can wear a thing, by the names of their entries: it is on a drawing of theirs, or can be put on one."""
    return thing in vocabulary.entry(wearer).data.get("dressed", ()) or bool(wearing(wearer, thing))


@cache
def wearing(wearer: str, thing: str) -> Sequence[str]:
    """Return the drawings of somebody on which a thing can be put, by the names of their entries."""
    theirs, its = (vocabulary.entry(name).data["art"] for name in (wearer, thing))
    return [drawing for drawing in theirs if all(_takes(drawing, one) for one in its)]


def _takes(drawing: str, thing: str) -> bool:
    """Return whether somebody's drawing has the place that a thing's drawing is worn on: four legs have none for a coat."""
    on = of(thing).get("on")
    return on not in FITTED or has(drawing, on) or has(drawing, "body")


def _estimated(drawing: str, place: str) -> Anchor:
    wide = art.load(drawing).width
    if place == "head":
        return Anchor(wide / 2, 5.0, 0.55 * wide) if wide <= UPRIGHT else Anchor(0.8 * wide, 8.0, 0.25 * wide)
    if place == "feet":
        return Anchor(wide / 2, 96.0, 0.6 * wide)
    if place == "inside":
        return Anchor(wide / 2, 60.0, 0.6 * wide)
    if place == "under":
        return Anchor(wide / 2, 50.0, 0.6 * wide)
    if place == "back":
        body = anchor(drawing, "body")
        return Anchor(body.x - 0.35 * body.width, body.y + 0.35 * body.width, body.width)
    if place in ("hand", "hand2"):
        other = anchor(drawing, "hand" if place == "hand2" else "mouth")
        return Anchor(other.x, other.y, anchor(drawing, "body").width)
    head = anchor(drawing, "head")
    if place == "face":
        eyes, mouth = anchor(drawing, "eyes"), anchor(drawing, "mouth")
        return Anchor((eyes.x + mouth.x) / 2, (eyes.y + mouth.y) / 2, eyes.width)
    if place == "body":
        neck = anchor(drawing, "neck")
        return Anchor(neck.x, neck.y + 0.2 * neck.width, min(wide, 1.7 * head.width))
    down, width = {"eyes": (0.55, 0.75), "mouth": (0.9, 0.5), "neck": (1.2, 0.55)}[place]
    return Anchor(head.x, head.y + down * head.width, width * head.width)
