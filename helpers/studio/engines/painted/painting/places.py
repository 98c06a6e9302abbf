"""A plan's place: where the horizon is, how near the camera, in which light; without the things that the prompt names."""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from . import layout, painter, vocabulary
from .asked import OF_PLACES, Asked
from .layout import Scene
from .light import Grade
from .prompt import Mention

__all__ = ["bare", "framed", "place"]

HORIZON, FLAT = 13.0, (12.0, 80.0)
"""How far a horizon moves up or down, in hundredths of the height; views whose horizon is outside FLAT have none to move."""
CAMERA = (-0.5, 0.4)
"""Range of the logarithm of the things' size: from far to near."""
TABLES = 1009
"""How many ways there are to choose the tables of a prompt's places."""
PLAIN = "meadow"
"""The place with the simplest land."""
KEPT = (22.0, 74.0)
"""Range of horizons that leave room above and below."""


@lru_cache(maxsize=256)
def place(
    asked: Asked, seed: int, aspect: float, lost: frozenset[int], pull: float, horizon: float | None = None
) -> Scene:
    """Return one place for the prompts, composed from a seed of its own.

    `lost` names words of the setting that are left out: without word 0, the place is any place, and something stands in
    it that nobody asked for. `pull` is the strength of moods and of what negative prompts say of colours, and `horizon`
    the horizon to come near to (hundredths of the height), where something else has one already.
    """
    rng = np.random.default_rng([seed, 2])
    camera = math.exp(CAMERA[0] + (CAMERA[1] - CAMERA[0]) * _even(seed, 0.7548777))
    shift = HORIZON * (2 * _even(seed, 0.6180340) - 1)
    reading = asked.without(lost, pull)
    setting = tuple(m for m in reading.mentions if vocabulary.entry(m.entry).kind != "object")
    guests = (_anything(rng),) if 0 in lost else _homeless(asked)
    scene = layout.compose(
        replace(reading, mentions=(*setting, *guests)), seed, aspect, avoided=frozenset(n for n, _ in asked.unwanted)
    )
    placements = scene.placements if 0 in lost else ()
    if horizon is not None:
        shift = float(np.clip(horizon + 0.3 * shift - scene.horizon, -HORIZON, HORIZON))
    laid = 0 not in lost and layout.is_laid(asked.objects, scene.base)
    moved = scene.horizon
    if FLAT[0] <= moved <= FLAT[1]:
        moved = min(max(moved + shift, KEPT[0]), KEPT[1])
    named = {m.entry for m in asked.named if m is not None}  # those are lost by adherence
    return replace(
        scene,
        placements=placements,
        horizon=moved,
        sun=(scene.sun[0], scene.sun[1] * moved / max(scene.horizon, 1)),
        camera=_framed_camera(camera, layout.frame(reading)[1]),
        seed=scene.seed + (_table(asked) if laid or vocabulary.entry(scene.base).data.get("close") else 0),
        laid=laid,
        hung=any(vocabulary.entry(m.entry).data.get("stands") == "wall" for m in asked.objects),
        grade=_in_opposite_light(scene.grade, asked, pull),
        unwanted=tuple(
            n for n, w in asked.unwanted if w > 0 and n not in named and vocabulary.entry(n).kind in OF_PLACES
        ),
        furnished=tuple(m.entry for m in asked.objects) if vocabulary.entry(scene.base).data.get("indoor") else (),
        shunned=tuple(
            (n, round(w * pull, 4)) for n, w in asked.unwanted if vocabulary.entry(n).kind in ("colour", "medium")
        ),
    )


@lru_cache(maxsize=256)
def bare(scene: Scene) -> Scene:
    """Return the scene without what negative prompts name; the very same object where it shows nothing of it."""
    gone = tuple(name for name in scene.unwanted if painter.shows(scene, name))
    return replace(scene, faded=gone) if gone else scene


def _even(seed: int, step: float) -> float:
    """Return a number in 0..1 for a seed; those of neighbouring seeds lie evenly (Roberts' R2 sequence, 2018)."""
    return (0.5 + seed * step) % 1


def framed(scene: Scene, horizon: float, sky: bool) -> Scene:
    """Return the scene with its horizon elsewhere, which may lie beyond the picture, the sun as far above it as before;
    with `sky`, over a plain land."""
    open_ = replace(scene, base=PLAIN, backdrops=(), variants=("",), water=None) if sky else scene
    x, y = scene.sun
    return replace(open_, placements=(), horizon=horizon, sun=(x, horizon + y - scene.horizon))


def _framed_camera(camera: float, frame: float) -> float:
    """Return a camera as near or as far as camera words say: one that is asked to be near is nowhere far."""
    return frame * (max(camera, 1.0) if frame > 1 else min(camera, 1.0) if frame < 1 else camera)


def _homeless(asked: Asked) -> tuple[Mention, ...]:
    """Return the objects where no place is named: they choose it (a fish the sea), and are taken away again."""
    return () if asked.has_scene else asked.objects


def _table(asked: Asked) -> int:
    """Return a number of what the prompts are about: their tables are others in the same seeds."""
    return sum(vocabulary.entry(m.entry).number for m in asked.objects) % TABLES


def _anything(rng: np.random.Generator) -> Mention:
    """Return something that nobody asked for."""
    things = [e for e in vocabulary.entries().values() if e.kind == "object"]
    return Mention(things[int(rng.integers(len(things)))].name)


def _in_opposite_light(grade: Grade, asked: Asked, pull: float) -> Grade:
    """Return the grade away from lights that negative prompts name and the prompt does not: lighter than night, cooler
    than sunset."""
    named = {m.entry for m in asked.reading.mentions}
    for name, weight in asked.unwanted:
        if vocabulary.entry(name).kind == "light" and name not in named:
            red, green, blue = (c / 255 for c in vocabulary.ambient_of(name))
            share = 1 - float(np.exp(-weight * pull))
            light = (red + green + blue) / 3
            grade = grade + Grade(brightness=0.35 * share * (1 - light), warmth=-0.6 * share * (red - blue))
    return grade
