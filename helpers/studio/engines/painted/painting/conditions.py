"""The conditions of a scene: what a reading does to its light, its air and its colours."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import vocabulary
from .light import Grade, Light, mix
from .prompt import Reading

__all__ = ["grade_of", "light_of"]


def light_of(reading: Reading, base: str) -> Light:
    """Return the light that a reading names, in its weather, season and sky.

    Where it names none, its things bring one, or else the scene `base`.
    """
    named = sorted(reading.of("light"), key=lambda m: m.entry in ("day", "night"))  # the more special light leads
    hinted = [h for m in reading.mentions if (h := vocabulary.entry(m.entry).data.get("light"))]
    name = named[0].entry if named else hinted[0] if hinted else vocabulary.entry(base).data.get("light", "day")
    light = vocabulary.light_of(name)
    for second in named[1:]:
        light = _blend(light, vocabulary.light_of(second.entry))
    for mention in reading.of("season", "weather", "mood"):
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
        if own != Grade():
            grade = grade + own.scaled(min(2.5, mention.weight))
    return grade


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
