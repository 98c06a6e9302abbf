"""From a Scene to pixels: layers from far to near, each object with the shadow or reflection that its footing gives it."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import art, raster, styles, vocabulary
from .brushes.layers import draw_layer
from .brushes.stage import Stage, shades, stream
from .layout import Placement, Scene
from .light import Light

__all__ = ["paint", "paint_objects", "stage_of"]

FINE_FROM = 200  # pixels of height from which fine detail is drawn


def paint(scene: Scene, width: int, height: int, style: str | None = None) -> NDArray[np.float32]:
    """Return the whole scene as pixels: (height, width, 3) float32 in [-1, 1]."""
    if style == "isometric":
        pixels = _isometric(scene, width, height)
    else:
        stage = stage_of(scene, fine=height >= FINE_FROM)
        pixels = raster.rgb(_svg(stage, "".join(_layers(scene, stage))), width, height)
    return styles.apply(scene.grade.apply(pixels), (*scene.media, *((style,) if style else ())), scene.seed)


def paint_objects(scene: Scene, width: int, height: int, style: str | None = None) -> NDArray[np.float32]:
    """Return the objects alone, with their shadows: (height, width, 4) float32, straight colour in [-1, 1], alpha in [0, 1]."""
    stage = stage_of(scene, fine=height >= FINE_FROM)
    body = "".join(_object(p, i, stage) for i, p in enumerate(scene.placements))
    cut = raster.rgba(_svg(stage, body), width, height)
    colour = scene.grade.apply(np.ascontiguousarray(cut[..., :3]))
    cut[..., :3] = styles.apply(colour, (*scene.media, *((style,) if style else ())), scene.seed)
    return cut


def stage_of(scene: Scene, fine: bool) -> Stage:
    """Return the stage of a scene."""
    chance = zlib.crc32(b"stage %d" % scene.seed)
    return Stage(
        100 * scene.aspect,
        scene.horizon,
        scene.light,
        scene.sun,
        fine,
        {part: (colour, weight) for part, colour, weight in scene.accents},
        side=1 if chance & 1 else -1,
        variant=scene.variants[(chance >> 8) % len(scene.variants)],
        seed=scene.seed,
        seen=shades(scene.light, scene.accents),
        water=scene.water,
    )


def _isometric(scene: Scene, width: int, height: int) -> NDArray[np.float32]:
    """Return the scene as a diorama: the place without its objects folds into a box, the objects stand on its floor."""
    empty = replace(scene, placements=())
    stage = stage_of(empty, fine=height >= FINE_FROM)
    room = raster.rgb(_svg(stage, "".join(_layers(empty, stage))), width, height)

    def things(middle: float, back: float, half: float, depth: float) -> NDArray[np.float32]:
        moved = tuple(_on_slab(p, scene, middle * 100, back * 100, half * 100, depth * 100) for p in scene.placements)
        on_slab = stage_of(replace(scene, placements=moved), fine=height >= FINE_FROM)
        body = "".join(_object(p, i, on_slab) for i, p in enumerate(moved))
        return raster.rgba(_svg(on_slab, body), width, height)

    return styles.diorama(room, scene.horizon / 100, things)


def _on_slab(place: Placement, scene: Scene, middle: float, back: float, half: float, depth: float) -> Placement:
    across = (place.x / (100 * scene.aspect) - 0.5) * 1.3
    lift = 14.0 if place.footing == "sky" else 0.0
    near = min(1.0, max(0.0, (place.y - scene.horizon) / (100 - scene.horizon)))
    y = back + depth * (0.85 + 0.5 * near) - lift
    height = min(place.height * (1.25 if place.footing == "sky" else 1.0) * half / 46, 0.95 * half)
    return replace(place, x=middle + across * half, y=y, height=height, depth=0.0)


def _svg(stage: Stage, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {stage.width:.2f} 100">'
        f"<defs>{''.join(stage.defs)}</defs>{body}</svg>"
    )


def _layers(scene: Scene, stage: Stage) -> list[str]:
    layers = list(vocabulary.entry(scene.base).data["layers"])
    kinds = [layer["brush"] for layer in layers]
    if "backdrops" not in kinds:
        layers.insert(sum(k in ("sky", "sun", "clouds", "stars") for k in kinds), {"brush": "backdrops"})
    if "objects" not in kinds:
        layers.append({"brush": "objects"})
    out = []
    for number, layer in enumerate(layers):
        out.append(_layer(scene, stage, layer, (scene.base, number)))
    out += _overlays(scene, stage, "front")
    return out


def _overlays(scene: Scene, stage: Stage, at: str) -> list[str]:
    """Return the layers that weather, seasons and parts add `at` one place.

    It is the sky behind the land, the ground under the objects, or the front.
    """
    return [
        _left(scene, layer, draw_layer(stage, layer, _rng(scene, name, number), weight), name)
        for name, weight in scene.overlays
        for number, layer in enumerate(vocabulary.entry(name).data["layers"])
        if layer.get("at", "front") == at
    ]


def _layer(scene: Scene, stage: Stage, layer: dict[str, object], key: tuple[str, int]) -> str:
    if layer["brush"] == "backdrops":
        return "".join(_overlays(scene, stage, "sky")) + "".join(
            _left(scene, inner, draw_layer(stage, inner, _rng(scene, name, number)), name)
            for name in scene.backdrops
            for number, inner in enumerate(vocabulary.entry(name).data["backdrop"])
        )
    if layer["brush"] == "objects":
        things = (_left(scene, {}, _object(p, i, stage), p.entry) for i, p in enumerate(scene.placements))
        return "".join((*_overlays(scene, stage, "ground"), *things))
    return _left(scene, layer, draw_layer(stage, layer, _rng(scene, *key)))


def _left(scene: Scene, layer: Mapping[str, Any], svg: str, name: str = "") -> str:
    """Return what a negative prompt leaves of a layer or an object that shows what it names: all, a trace, or nothing."""
    share = min((left for entry, left in scene.faded if entry == name or _shows(layer, entry)), default=1.0)
    if share >= 1 or not svg:
        return svg
    return f'<g opacity="{share:.3f}">{svg}</g>' if share > 0 else ""


def _shows(layer: Mapping[str, Any], entry: str) -> bool:
    """Return whether a layer is painted with an entry's brushes or drawings."""
    data = vocabulary.entry(entry).data
    return layer.get("brush") in data.get("brushes", ()) or not set(data.get("art", ())).isdisjoint(
        layer.get("art", ())
    )


def _rng(scene: Scene, name: str, number: int) -> np.random.Generator:
    return stream(scene.seed, vocabulary.entry(name).number, number)


def _object(place: Placement, index: int, stage: Stage) -> str:
    drawing = art.load(place.drawing)
    body = drawing.svg(
        _on(place, stage.light), depth=place.depth, key=f"o{index}", fine=stage.fine, colour=place.colour
    )
    scale = place.height / 100
    mirror = -scale if place.flip else scale
    left = place.x - mirror * drawing.width / 2
    tall = scale * place.squash
    top = place.y - place.lift - 96 * tall
    under = ""
    if place.footing in ("ground", "floor", "shore", "table"):
        under = _shadow(place, drawing, stage, index, left, mirror, scale)
    elif place.footing == "water":
        under = _reflection(place, drawing, stage, index, left, mirror, scale)
    lean = (
        f"rotate({place.lean if mirror > 0 else -place.lean:.0f} {place.x:.2f} {place.y - place.lift:.2f}) "
        if place.lean
        else ""
    )
    return f'{under}<g transform="{lean}translate({left:.2f},{top:.2f}) scale({mirror:.4f},{tall:.4f})">{body}</g>'


def _on(place: Placement, light: Light) -> Light:
    """Return the light on a thing: a season and snow recolour the land and what grows on it, not a fox or a taxi."""
    return light if vocabulary.entry(place.entry).data.get("seasonal") else replace(light, remaps=())


def _shadow(
    place: Placement, drawing: art.Drawing, stage: Stage, index: int, left: float, mirror: float, scale: float
) -> str:
    """Draw a soft pool under the feet, and the silhouette laid down away from the sun."""
    light = stage.light
    width = drawing.width * scale
    tint = light.shadow
    pool = stage.radial([(0, tint, 0.6 * light.shadow_strength + 0.12), (1, tint, 0)])
    out = f'<ellipse cx="{place.x:.2f}" cy="{place.y:.2f}" rx="{width * 0.46:.2f}" ry="{max(0.5, width * 0.075):.2f}" fill="{pool}"/>'
    if light.shadow_strength < 0.15 or light.disc == "none":
        return out
    away = (place.x - stage.sun[0]) / (50 * stage.width / 100)
    skew = max(-1.6, min(1.6, away * 1.2))
    length = 0.22 + 0.2 * (1 - min(1.0, max(0.0, (stage.horizon - stage.sun[1]) / max(stage.horizon, 1))))
    shape = drawing.silhouette(tint, key=f"s{index}")
    # Lay the drawing down about its feet: x' = x - skew * y, y' = -length * y.
    d = -length * scale
    c = -skew * scale * 0.6
    e = left - c * 96
    f = place.y - d * 96
    return out + (
        f'<g opacity="{light.shadow_strength * 0.75:.2f}" '
        f'transform="matrix({mirror:.4f},0,{c:.4f},{d:.4f},{e:.2f},{f:.2f})">{shape}</g>'
    )


def _reflection(
    place: Placement, drawing: art.Drawing, stage: Stage, index: int, left: float, mirror: float, scale: float
) -> str:
    """Draw the object upside down in the water, fainter, under a few ripples."""
    body = drawing.svg(
        _on(place, stage.light), depth=min(1.0, place.depth + 0.25), key=f"r{index}", fine=False, colour=place.colour
    )
    width = drawing.width * scale
    out = (
        f'<g opacity="0.38" transform="translate({left:.2f},{place.y - 0.0 + 96 * scale * 0.7 - 0.04 * scale:.2f}) '
        f'scale({mirror:.4f},{-scale * 0.7:.4f})">{body}</g>'
    )
    ripple = stage.light.lit("#f4fbff", 0.2)
    for i in range(3):
        y = place.y + (i * 0.9 + 0.2) * max(0.5, width * 0.03)
        out += (
            f'<ellipse cx="{place.x + (i - 1) * width * 0.12:.2f}" cy="{y:.2f}" rx="{width * (0.5 - 0.1 * i):.2f}" '
            f'ry="{max(0.12, width * 0.012):.2f}" fill="{ripple}" opacity="0.35"/>'
        )
    return out
