"""The conditions of a scene: what a reading does to its light, its air and its colours."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import vocabulary
from .light import Grade, Light, mix
from .prompt import Mention, Reading

__all__ = ["grade_of", "leading", "light_of"]


def light_of(reading: Reading, base: str) -> Light:
    """Return the light that a reading names, in its weather, season and sky.

    Where it names none, its things bring one, or else the scene `base`. What it names with a negative weight brings none.
    """
    wanted, named = [m for m in reading.mentions if m.weight > 0], leading(reading)
    hinted = [h for m in wanted if (h := vocabulary.entry(m.entry).data.get("light"))]
    name = named[0].entry if named else hinted[0] if hinted else vocabulary.entry(base).data.get("light", "day")
    light = vocabulary.light_of(name)
    for second in named[1:]:
        light = _blend(light, vocabulary.light_of(second.entry))
    for mention in reading.of("season", "weather", "mood"):
        if mention.weight <= 0:
            continue
        item = vocabulary.entry(mention.entry)
        light = replace(light, remaps=light.remaps + vocabulary.remaps_of(item))
        air = item.data.get("air")
        if air:
            light = _air(light, air, min(1.5, mention.weight))
    for mention in reading.of("part"):
        if mention.entry == "sky" and mention.colour:
            light = replace(
                light,
                sky=tuple((o, mix(c, mention.colour, 0.6)) for o, c in light.sky),
                haze=mix(light.haze, mention.colour, 0.4),
            )
    return light


def leading(reading: Reading) -> list[Mention]:
    """Return the lights that a reading names, the one that leads first: a sunset, and no day or night."""
    lights = (m for m in reading.of("light") if m.weight > 0)
    return sorted(lights, key=lambda m: m.entry in ("day", "night"))


def grade_of(reading: Reading) -> Grade:
    """Return the grade of all of a reading's moods together."""
    grade = Grade()
    named = [vocabulary.entry(m.entry).data for m in reading.mentions]
    night = any(data.get("dark") or data.get("light") == "night" for data in named)
    for mention in reading.mentions:
        item = vocabulary.entry(mention.entry)
        own = item.grade
        if item.kind == "colour":
            own = Grade(tint=item.data["colour"], tint_strength=0.45)
        if night and "at_night" in item.data:
            own = own.scaled(item.data["at_night"])
        if own != Grade() and mention.weight > 0:
            grade = grade + own.scaled(min(2.5, mention.weight))
        elif own != Grade():
            grade = grade + opposite(own, -mention.weight)
    return grade


def opposite(grade: Grade, weight: float) -> Grade:
    """Return what leads away from a mood, the further the greater the weight (from 0), and never more than its like."""
    away = replace(grade, tint=None, tint_strength=0.0).scaled(math.exp(-weight) - 1)
    return replace(away, vignette=0.0, glow=0.0, grain=0.0, soft=0.0, crisp=0.0)


def _blend(first: Light, second: Light) -> Light:
    return replace(
        first,
        sky=tuple((o, mix(c, second.sky[min(i, len(second.sky) - 1)][1], 0.4)) for i, (o, c) in enumerate(first.sky)),
        ambient=mix(first.ambient, second.ambient, 0.4),
        stars=max(first.stars, second.stars),
        dark=first.dark or second.dark,
    )


def _air(light: Light, air: Mapping[str, Any], weight: float) -> Light:
    dim = air.get("dim", 0.0) * weight
    colour = air.get("colour", light.haze)
    cover = min(1.0, air.get("cover", 0.0) * weight)
    return replace(
        light,
        haze=mix(light.haze, colour, min(1.0, 0.7 * weight)),
        haze_strength=min(1.0, light.haze_strength + air.get("haze", 0.0) * weight),
        ambient=mix(light.ambient, "#000000", min(0.95, dim + air.get("silhouette", 0.0) * weight)),
        sky=tuple((o, mix(mix(c, colour, cover), "#000000", min(0.7, dim * 0.7))) for o, c in light.sky),
        disc=air.get("disc", light.disc),
        cloud=mix(light.cloud, air.get("cloud", light.cloud), min(1.0, weight)),
        shadow_strength=min(1.0, light.shadow_strength * (1 - cover * 0.7) * air.get("shadow", 1.0)),
    )
