"""From a Scene to pixels: layers from far to near, each object with the shadow or reflection that its footing gives it."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import art, raster, styles, vocabulary
from .brushes.layers import draw_layer
from .brushes.stage import Stage, shades, stream
from .layout import Scene
from .light import Light, hex_to_rgb, mix
from .placement import Placement, feet_of, moved

__all__ = ["finished", "paint", "paint_objects", "paint_skies", "paint_weather", "shows", "stage_of"]

INDOORS = 0.35  # length of a shadow under a roof: a bowl with a long one before its foot would float
SKIES, DRIFT = 6, 1 / 12
BLACK, SEEN = 0.15, 0.8  # brightest channel of the light of a silhouette at most, and on a thing at least
HIDDEN = 0.08  # difference in colour from which something hides the sky
RIM = 0.11  # how deep an opening is seen from above, in its widths
FINE_FROM = 200  # pixels of height from which fine detail is drawn
WALL = frozenset({"window", "pictures"})  # brushes of what hangs on a wall
SKY = frozenset({"sky", "sun", "stars", "clouds"})  # brushes of what is overhead
OUTDOORS = frozenset({"drop", "flake"})  # shapes that do not fall under a roof
DRIFTING = frozenset({"stars", "clouds"})
PAPER = np.float32(0.45)  # light of what lies behind a thing that is painted alone
AWAY = np.float32(0.6)  # how far a negative prompt of a medium pushes from it, in differences that the medium makes


def paint(scene: Scene, width: int, height: int, style: str | None = None) -> NDArray[np.float32]:
    """Return the whole scene as pixels: (height, width, 3) float32 in [-1, 1]."""
    if style == "isometric":
        return finished(scene, _isometric(scene, width, height), style)
    pixels = _raw(scene, width, height)
    things = _things(scene, width, height)[..., 3] if scene.placements and _looks(scene, style) else None
    return finished(scene, pixels, style, None if things is None else _solid(things))


def paint_skies(
    scene: Scene, width: int, height: int, style: str | None = None
) -> list[tuple[Scene, NDArray[np.float32]]]:
    """Return the place without its things as its clouds, sun and stars drift, each as a scene and as pixels.

    The scene's own is the first. The others are rough: only the sky moves, and where the land hides it the first is left.
    """
    layers = _overhead(scene)
    if style == "isometric" or not layers:
        return [(scene, paint(scene, width, height, style))]
    raw = _raw(scene, width, height)
    stage = stage_of(scene, fine=height >= FINE_FROM)
    body = "".join(_drawn(scene, stage, layer, (scene.base, number)) for number, layer in layers)
    sky = raster.rgb(_svg(stage, body), width, height)
    seen = np.clip(1 - np.abs(raw - sky).max(2, keepdims=True) / HIDDEN, 0, 1)
    out = [(scene, finished(scene, raw, style))]
    for number in range(1, SKIES):
        drift = number * DRIFT
        sun = ((scene.sun[0] + drift * 100 * scene.aspect) % (100 * scene.aspect), scene.sun[1])
        other = replace(scene, drift=drift, sun=sun)
        pixels = raw + seen * (np.roll(sky, round(drift * width), 1) - sky)
        out.append((other, finished(other, pixels, style)))
    return out


def _raw(scene: Scene, width: int, height: int) -> NDArray[np.float32]:
    stage = stage_of(scene, fine=height >= FINE_FROM)
    return raster.rgb(_svg(stage, "".join(_layers(scene, stage))), width, height)


def _overhead(scene: Scene) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the layers of the sky that a scene begins with, with their numbers; none where clouds or a sun do not show."""
    found = []
    for number, layer in enumerate(vocabulary.entry(scene.base).data["layers"]):
        if layer["brush"] not in SKY:
            break
        found.append((number, layer))
    drifts = any(layer["brush"] in DRIFTING for _, layer in found)
    return found if drifts and scene.horizon > 12 else []


def paint_objects(scene: Scene, width: int, height: int, style: str | None = None) -> NDArray[np.float32]:
    """Return the objects alone, with their shadows: (height, width, 4) float32, straight colour in [-1, 1], alpha in [0, 1]."""
    cut = _things(scene, width, height)
    colour = np.ascontiguousarray(cut[..., :3])
    if _looks(scene, style):  # a style sees a thing on paper, not in the dark
        colour += np.clip(1 - 4 * cut[..., 3:], 0, 1) * (PAPER - colour)
    cut[..., :3] = finished(scene, colour, style, _solid(cut[..., 3]))
    return cut


def _things(scene: Scene, width: int, height: int) -> NDArray[np.float32]:
    """Return the objects with their shadows, as paint_objects does, before any mood or style."""
    stage = stage_of(scene, fine=height >= FINE_FROM)
    return raster.rgba(
        _svg(stage, "".join(_object(p, i, stage) for i, p in enumerate(scene.placements))), width, height
    )


def _looks(scene: Scene, style: str | None) -> bool:
    """Return whether what a scene is finished in may look at where its things are."""
    return bool(style or scene.media or scene.grade.soft)


def _solid(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an alpha without that of shadows."""
    return np.clip(5 * alpha - 4, 0, 1)


def paint_weather(scene: Scene, width: int, height: int) -> NDArray[np.float32] | None:
    """Return what the scene's weather and season have in front of everything, as rain and falling snow: (height, width,
    4), straight colour and alpha; None where there is nothing."""
    kinds = ("weather", "season")
    falling = tuple((name, w) for name, w in scene.overlays if vocabulary.entry(name).kind in kinds)
    stage = stage_of(scene, fine=height >= FINE_FROM)
    body = "".join(_overlays(replace(scene, overlays=falling), stage, "front"))
    return raster.rgba(_svg(stage, body), width, height) if body else None


def finished(
    scene: Scene, pixels: NDArray[np.float32], style: str | None, things: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return any pixels in the scene's moods and media and in the style, away from what negative prompts name of those.

    `things`, (height, width) in [0, 1], says where the scene's things are, if these pixels show them.
    """
    names = (*scene.media, *((style,) if style else ()))
    pixels = styles.apply(scene.grade.apply(pixels, things), names, scene.seed, things)
    for name, weight in scene.shunned:
        share = np.float32(1 - np.exp(-2 * weight))
        item = vocabulary.entry(name)
        if item.kind == "colour":
            pixels = _without_colour(pixels, item.data["colour"], share)
        else:
            pixels = np.clip(
                pixels + AWAY * share * (pixels - styles.apply(pixels, (name,), scene.seed, things)), -1, 1
            )
    return pixels


def _without_colour(pixels: NDArray[np.float32], colour: str, share: np.float32) -> NDArray[np.float32]:
    """Return pixels with a share of their chroma along a colour's taken out; grey and black have none to take."""
    rgb = np.array(hex_to_rgb(colour))
    chroma = rgb - rgb.mean()
    length = float(np.linalg.norm(chroma))
    if length < 12:
        return pixels
    along = np.float32(chroma / length)
    return np.asarray(pixels - share * np.maximum(pixels @ along, 0)[..., None] * along, np.float32)


def shows(scene: Scene, entry: str) -> bool:
    """Return whether a scene may show what an entry names: with a layer, in its weather, or among its things."""
    layers = [*vocabulary.entry(scene.base).data["layers"]]
    for name in scene.backdrops:
        layers += vocabulary.entry(name).data["backdrop"]
    for name, _ in scene.overlays:
        layers += vocabulary.entry(name).data["layers"]
    named = {scene.base, *scene.backdrops, *(n for n, _ in scene.overlays), *(p.entry for p in scene.placements)}
    return entry in named or any(_is_of(layer, entry) for layer in layers)


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
        standing = _on_slab(scene, middle * 100, back * 100, half * 100, depth * 100)
        on_slab = stage_of(replace(scene, placements=standing), fine=height >= FINE_FROM)
        body = "".join(_object(p, i, on_slab) for i, p in enumerate(standing))
        return raster.rgba(_svg(on_slab, body), width, height)

    return styles.diorama(room, scene.horizon / 100, things)


def _on_slab(scene: Scene, middle: float, back: float, half: float, depth: float) -> tuple[Placement, ...]:
    """Return the placements on the floor of a diorama; what belongs together keeps together."""
    out: list[Placement] = []
    for base, group in groupby(scene.placements, key=lambda p: p.base):
        bunch = [*group]
        in_air = bunch[0].aloft or bunch[0].footing in ("sky", "wall")
        near = min(1.0, max(0.0, (base[1] - scene.horizon) / (100 - scene.horizon)))
        x = middle + (base[0] / (100 * scene.aspect) - 0.5) * 1.3 * half
        y = back + depth * (0.85 + 0.5 * near) - (14.0 if in_air else 0.0)
        scale = min((1.25 if in_air else 1.0) * half / 46, 0.95 * half / max(p.height for p in bunch))
        out += [replace(moved(p, base, (x, y), scale), depth=0.0) for p in bunch]
    return tuple(out)


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
    if scene.laid:
        layers += vocabulary.entry(scene.base).data["laid"]
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
    indoors = vocabulary.entry(scene.base).data.get("indoor")
    return [
        _drawn(scene, stage, layer, (name, number), weight)
        for name, weight in scene.overlays
        if name not in scene.faded
        for number, layer in enumerate(vocabulary.entry(name).data["layers"])
        if layer.get("at", "front") == at and not (indoors and layer.get("shape") in OUTDOORS)
    ]


def _layer(scene: Scene, stage: Stage, layer: dict[str, object], key: tuple[str, int]) -> str:
    if layer["brush"] == "backdrops":
        return "".join(_overlays(scene, stage, "sky")) + "".join(
            _drawn(scene, stage, inner, (name, number))
            for name in scene.backdrops
            if name not in scene.faded
            for number, inner in enumerate(vocabulary.entry(name).data["backdrop"])
        )
    if layer["brush"] == "objects":
        shore = _shore(scene)
        things = (_object(p, i, stage, shore) for i, p in enumerate(scene.placements) if p.entry not in scene.faded)
        return "".join((*_overlays(scene, stage, "ground"), *things))
    return _drawn(scene, stage, layer, key)


def _drawn(scene: Scene, stage: Stage, layer: Mapping[str, Any], key: tuple[str, int], weight: float = 1.0) -> str:
    """Return a layer without what negative prompts name, without furniture that the prompt names itself, and without what
    hangs where the prompt's own things do: "" where that is all of it."""
    if scene.hung and layer.get("brush") in WALL:
        return ""
    for entry in scene.faded:
        data = vocabulary.entry(entry).data
        if layer.get("brush") in data.get("brushes", ()):
            return ""
        gone = set(data.get("parameters", ()))
        layer = {name: value for name, value in layer.items() if name not in gone}
    hidden = {d for entry in (*scene.faded, *scene.furnished) for d in vocabulary.entry(entry).data.get("art", ())}
    if not hidden.isdisjoint(layer.get("art", ())):
        layer = {**layer, "art": [drawing for drawing in layer["art"] if drawing not in hidden]}
        if not layer["art"]:
            return ""
    svg = draw_layer(stage, layer, _rng(scene, *key), weight)
    return _adrift(svg, scene) if scene.drift and layer.get("brush") in DRIFTING else svg


def _adrift(svg: str, scene: Scene) -> str:
    """Move clouds and stars to the right; what leaves the picture there comes in at the left."""
    width = 100 * scene.aspect
    return "".join(f'<g transform="translate({scene.drift * width - back:.2f},0)">{svg}</g>' for back in (0.0, width))


def _is_of(layer: Mapping[str, Any], entry: str) -> bool:
    """Return whether a layer is painted with an entry's brushes, parameters or drawings."""
    data = vocabulary.entry(entry).data
    return (
        layer.get("brush") in data.get("brushes", ())
        or not set(data.get("parameters", ())).isdisjoint(layer)
        or not set(data.get("art", ())).isdisjoint(layer.get("art", ()))
    )


def _rng(scene: Scene, name: str, number: int) -> np.random.Generator:
    return stream(scene.seed, vocabulary.entry(name).number, number)


def _shore(scene: Scene) -> float:
    """Return down to where water mirrors what floats on it, in hundredths of the height: to its near shore; 0 where it
    is a river, whose banks are everywhere near."""
    data = vocabulary.entry(scene.base).data
    if any(layer["brush"] == "river" for layer in data["layers"]):
        return 0.0
    zones = data["zones"]
    near = min((zones[name][0] for name in ("ground", "shore") if name in zones), default=1.0)
    if scene.water is None or near < scene.water[1]:
        return 100.0
    return scene.horizon + (scene.water[1] + near) / 2 * (100 - scene.horizon)


def _object(place: Placement, index: int, stage: Stage, shore: float = 100.0) -> str:
    drawing = art.load(place.drawing)
    body = drawing.svg(
        _on(place, stage.light),
        depth=place.depth,
        key=f"o{index}",
        fine=stage.fine,
        colour=place.colour,
        hair=place.hair,
    )
    scale = place.height / 100
    mirror = -scale if place.flip else scale
    left = place.x - mirror * drawing.width / 2
    tall = scale * place.squash
    top = place.y - place.lift - 96 * tall
    under = ""
    if place.footing in ("ground", "floor", "shore", "table"):
        under = _shadow(place, drawing, stage, index, left, mirror, scale)
    elif place.footing == "water" and shore > place.y:
        above = f'<clipPath id="shore{index}"><rect width="{stage.width:.2f}" height="{shore:.2f}"/></clipPath>'
        stage.defs.append(above)
        under = (
            f'<g clip-path="url(#shore{index})">{_reflection(place, drawing, stage, index, left, mirror, scale)}</g>'
        )
    lean = (
        f"rotate({place.lean if mirror > 0 else -place.lean:.1f} {place.x:.2f} {place.y - place.lift:.2f}) "
        if place.lean
        else ""
    )
    shape = f'<g transform="{lean}translate({left:.2f},{top:.2f}) scale({mirror:.4f},{tall:.4f})">{body}</g>'
    return under + (_out_of(place.rim, shape, stage, index) if place.rim else shape)


def _out_of(rim: tuple[float, float, float], shape: str, stage: Stage, index: int) -> str:
    """Draw a shape that stands out of an opening: nothing of it is seen below the opening's front edge."""
    x, y, wide = rim
    far = f"V-100H{stage.width + 100:.2f}V{y:.2f}"
    edge = f"M-100,{y:.2f}{far}H{x + wide / 2:.2f}A{wide / 2:.2f},{RIM * wide:.2f} 0 0 1 {x - wide / 2:.2f},{y:.2f}Z"
    stage.defs.append(f'<clipPath id="rim{index}"><path d="{edge}"/></clipPath>')
    return f'<g clip-path="url(#rim{index})">{shape}</g>'


def _on(place: Placement, light: Light) -> Light:
    """Return the light on a thing: a season and snow recolour the land and what grows on it, not a fox or a taxi.

    Dusk and storm leave enough of it to name the thing, and a silhouette none.
    """
    own = light if vocabulary.entry(place.entry).data.get("seasonal") else replace(light, remaps=())
    level = max(hex_to_rgb(light.ambient)) / 255
    if not BLACK < level < SEEN:
        return own
    return replace(own, ambient=mix(light.ambient, "#ffffff", (SEEN - level) / (1 - level)))


def _shadow(
    place: Placement, drawing: art.Drawing, stage: Stage, index: int, left: float, mirror: float, scale: float
) -> str:
    """Draw a soft pool where it touches the ground, and the silhouette laid down away from the sun."""
    light, tint = stage.light, stage.light.shadow
    first, last = (left + mirror * end for end in feet_of(place.drawing))
    wide = abs(last - first) / 2 + 0.06 * drawing.width * scale
    dark = 0.6 * light.shadow_strength + 0.3
    pool = stage.radial([(0, tint, dark), (0.55, tint, 0.75 * dark), (1, tint, 0)])
    out = (
        f'<ellipse cx="{(first + last) / 2:.2f}" cy="{place.y:.2f}" rx="{wide:.2f}" '
        f'ry="{min(max(0.5, 0.16 * wide, 0.03 * place.height), 0.06 * place.height):.2f}" fill="{pool}"/>'
    )
    if light.shadow_strength < 0.15 or light.disc == "none":
        return out
    away = (place.x - stage.sun[0]) / (50 * stage.width / 100)
    skew = max(-1.6, min(1.6, away * 1.2))
    length = 0.22 + 0.2 * (1 - min(1.0, max(0.0, (stage.horizon - stage.sun[1]) / max(stage.horizon, 1))))
    if place.footing in ("table", "floor"):
        length *= INDOORS
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
        _on(place, stage.light),
        depth=min(1.0, place.depth + 0.25),
        key=f"r{index}",
        fine=False,
        colour=place.colour,
        hair=place.hair,
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
