"""Masks: the hole is filled from what is around it, and then drawn into, in the light of what is around it.

Plans are grounds (the filling, the init image itself, another sky, a water, another place), and things stand on them where
they fit whole into the opening. What the mask keeps is put back at every step (RePaint, Lugmayr et al. 2022, arXiv
2201.09865, does so to the sample), and copied byte for byte at the end.
"""

from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import ImageToImage, Inpaint, TextToImage

from ..filling import smooth_fill
from ..interface import Painter, Pixels, ReadingLike
from . import grounds
from .denoiser import CLIP_PULL, Denoiser
from .factors import Laid, Plan, factor_of
from .grounds import Ground
from .image_to_image import from_init
from .latent import colours, planes, shrink
from .matching import Look, look_of
from .mixture import Mixture
from .openings import Hole, filled, room, roomiest
from .outward import continued, goes_outward
from .plans import LikelyPlace, Request, absence, drawings, places_of, small, variants
from .samplers import DEFAULT, SAMPLERS
from .skies import Matte, matte_of
from .subject import horizon_of
from .tasks import Diffusion, from_words, request_of
from .variation import Variation

__all__ = ["composite", "from_mask"]

ALL = 0.9
"""From this share of the picture on, an opening is a new picture."""
CALM = 0.3
"""The variation's size beside a new picture's: the surroundings say much of the light."""
ORDERS = 2
"""Orders from left to right in which several things stand."""
PLACES = 3
"""Places that are tried."""
ARRIVES, SETTLES, SHARP = 0.45, 0.7, 0.04
"""Shares of the schedule to do from which on the prompt is drawn, and the ground is filled; how suddenly."""
DOUBTED = 0.1
"""With an init image that comes in late, a thing is absent only where that is likelier: what one sees speaks for it."""
SAME, KEPT = 0.15, 0.27
"""Squared difference below which a pixel of the filling is as it was, and the share of others in the middle of an opening
up to which what was there stays: it shows nothing that must go."""
MOST = 0.55
"""From this share on, too little is left to fill an opening from: things bring their place."""
UPWARD, GROUND = 0.3, 0.5
"""Share of an opening's width that reaches the picture's upper edge where nothing is above it, and share of an opening that
lies below the horizon where it has a ground."""
MIDWAY = 0.5
"""Share of an opening without a ground that is above the horizon of a place in it."""
TINGE = 0.05
"""A pixel of a smaller share of sky is none."""
SKYLESS, ABOVE = 0.15, 0.7
"""Share of an opening below which it holds no sky, and of the picture's upper edge above which it holds all of it."""
NEAR = -100.0
"""A horizon so far up that no haze is before things: the surroundings have their own."""


def from_mask(painter: Painter, task: Inpaint, *, traced: bool = False) -> Diffusion:
    """Prepare inpainting: new content inside the mask, which fits what is around it.

    An opening of nearly the whole picture gets the prompt's own picture. With an init image that comes in late
    (`schedule_start` below 1), what it has inside the mask is one more plan, and stays the later it comes in.
    """
    request = request_of(painter, task, painter.read(task.prompts))
    hole = Hole.of(task.init_image, task.mask)
    opening = shrink(hole.opening[..., None], *request.size)[..., 0]
    todo = round(float(np.clip(task.schedule_start - task.schedule_end, 0, 1)), 3)
    init = planes(shrink(hole.pixels, *request.size))
    if hole.share >= ALL:
        diffusion = _anew(painter, task, todo, traced)
        diffusion.denoiser.kept, diffusion.denoiser.free = init, _free(hole.opening, request.size)
        return replace(diffusion, opening=opening)
    sigma = SAMPLERS[task.sampler or DEFAULT].schedule(1 - min(task.schedule_start, 1.0))
    mixture = _mixture(request, hole, todo, sigma if todo < 1 else 0.0)
    changing = hole.opening
    if _changes_the_sky(request.reading, hole):
        changing = changing * (_matte(hole).share > TINGE)  # nothing may change that stands before the sky
    free = _free(changing, request.size)
    denoiser = Denoiser(
        mixture, CLIP_PULL[task.clip_guidance_preset], kept=init, free=free, trace=[] if traced else None
    )
    origin = init + (free if todo == 1 else 0) * (mixture.mean(mixture.prior_belief()) - init)
    return Diffusion(request, task.seed, denoiser, origin, contrast=0.0, opening=opening)


def composite(new: NDArray[np.uint8], init: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return new where the mask is 255, the init image's own bytes where it is 0, linear between, rounded in integers."""
    share = mask.astype(np.uint32)[..., None]
    return ((share * new + (255 - share) * init + 127) // 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _mixture(request: Request, hole: Hole, todo: float, sigma: float) -> Mixture:
    """Return what may be in a hole. It is kept: another seed or sampler costs its run alone."""
    variation = Variation.natural(*request.size, amount=CALM)
    plans = _drawn(request, hole, todo, variation)
    if todo < 1:
        plans = _with_init(plans, request, hole, todo, sigma, variation)
    return Mixture(plans, variation)


def _anew(painter: Painter, task: Inpaint, todo: float, traced: bool) -> Diffusion:
    """Prepare a picture of the prompt's own: text-to-image, or image-to-image where the init image comes in late."""
    fields = {one.name: getattr(task, one.name) for one in dataclass_fields(task)}
    if todo < 1:
        return from_init(painter, ImageToImage(**{k: v for k, v in fields.items() if k != "mask"}), traced=traced)
    own = {one.name for one in dataclass_fields(TextToImage)}
    return from_words(painter, TextToImage(**{k: v for k, v in fields.items() if k in own}), traced=traced)


def _free(opening: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return 1 for each cell of the latent of which a part may change, (height, width), and 0 elsewhere. (Cells are whole:
    the pixels are mixed at the end, and mixed twice, the init image would show.)"""
    return (shrink(opening[..., None], *size)[..., 0] > 0).astype(np.float32)


@lru_cache(maxsize=1)
def _matte(hole: Hole) -> Matte:
    """Return what of the opening is sky; all of it where hardly anything is."""
    init, open_ = hole.pixels, hole.open
    matte = matte_of(init, open_)
    return matte if matte.share[open_].mean() > SKYLESS else Matte(open_.astype(np.float32), init)


def _changes_the_sky(reading: ReadingLike, hole: Hole) -> bool:
    """Return whether another sky is asked for. The sky by its name alone is continued, while some of it is left."""
    above = hole.open[0].mean()
    return not reading.has_scene and (reading.sky in ("lit", "changed") or (reading.sky == "named" and above > ABOVE))


def _drawn(request: Request, hole: Hole, todo: float, variation: Variation) -> list[Plan]:
    """Return the plans of a prompt inside a mask: each ground, with the things in each of a few orders."""
    reading: ReadingLike = request.reading
    things = [k for k, thing in enumerate(reading.things) if thing.word.against < thing.word.weight]
    places = places_of(request)
    look = look_of(hole.pixels, hole.opening, colours(small(request, places[0].scene)))
    found = _grounds(request, hole, todo, look, places, bool(things))
    orders = ORDERS if len(things) > 1 else 1
    plans = []
    for ground, share in found:
        picture = planes(ground.draw(*request.size))
        redraw = _redrawn(request, hole, ground, look)
        for order in range(orders):
            factors = _factors(request, hole, todo, things, order, look, picture, variation)
            log_prior = float(np.log(share / orders))
            plan = Plan(ground.scene, picture, log_prior, factors, redraw=redraw, kept="place")
            plans.append(replace(plan, lost=ground.lost, styled=ground.styled))
    return plans


def _grounds(
    request: Request, hole: Hole, todo: float, look: Look, places: Sequence[Any], things: bool
) -> list[tuple[Ground, float]]:
    """Return what the things may stand on, each with its share of the seeds."""
    reading, painter, style, cfg = request.reading, request.painter, request.style, request.cfg_scale
    init = hole.pixels
    touched = (hole.mask > 0).astype(np.float32)
    place = reading.has_scene or (things and hole.share > MOST and not _changes_the_sky(reading, hole))
    if place and goes_outward(hole):
        return continued(painter, places, style, hole, look, cfg, PLACES)
    if place:
        made = _place_grounds(request, hole, look, places)
        if made:
            return made
    elif _changes_the_sky(reading, hole):
        bottom = 100 * (np.flatnonzero(hole.open.any(1))[-1] + 1) / len(hole.open)
        matte = _matte(hole)
        own = None if reading.sky == "lit" else look
        skies = [
            grounds.sky(painter, painter.framed(one.scene, bottom + 22, True), style, matte, own, cfg)
            for one in places[:PLACES]
        ]
        return [(replace(sky, lost=one.lost), one.share) for sky, one in zip(skies, places, strict=False)]
    empty = filled(hole)
    scene = painter.framed(places[0].scene, NEAR, False)

    def restyled(pixels: Pixels) -> Pixels:
        return np.asarray(painter.restyle(scene, pixels, style))

    if reading.coloured and not things:  # a colour alone asks for a plain backdrop
        empty = restyled(smooth_fill(init, touched))
    changed = restyled if style or reading.coloured else None
    plain = replace(grounds.plain(empty, scene, changed), lost=_unpainted(reading), styled=1.0 if changed else 0.0)
    made = [(plain, 1.0)]
    if things:
        stays = any(thing.habit == "worn" for thing in reading.things) or _is_plain(hole, empty)
        share = 1.0 if stays else float(_logistic((SETTLES - todo) / SHARP))
        made = [(plain, 1 - share), (replace(plain, draw=grounds.plain(init, scene, changed).draw), share)]
    return [one for one in made if one[1] > 1e-3]


def _place_grounds(
    request: Request, hole: Hole, look: Look, places: Sequence[LikelyPlace]
) -> list[tuple[Ground, float]]:
    """Return the places that are asked for, as far as there is room for them: on the ground that goes on in the opening, or,
    where it has none, as a wall behind somebody, as pictures of their own."""
    painter, style, cfg, open_, init = request.painter, request.style, request.cfg_scale, hole.open, hole.pixels
    ground = horizon_of(planes(shrink(init, *request.size)))
    below = 100 * np.nonzero(open_)[0] / len(open_)
    top, bottom = float(below.min()), float(below.max()) + 100 / len(open_)
    upward = open_[0].sum() > UPWARD * open_.any(0).sum()
    if upward and (ground is None or (below > ground).mean() < GROUND):
        level = float(np.quantile(below, MIDWAY))
        scenes = [(painter.framed(one.scene, level, False), one) for one in places[:PLACES]]
        return [
            (replace(grounds.own(painter, scene, style, look, cfg), lost=one.lost), one.share) for scene, one in scenes
        ]
    smooth = smooth_fill(init, (hole.mask > 0).astype(np.float32))
    horizon = horizon_of(planes(shrink(smooth, *request.size)))
    vague = horizon is None or hole.share > MOST
    level = horizon if horizon is not None and horizon < bottom - 8 else top + 0.25 * (bottom - top)
    made = []
    for one in places[:PLACES]:
        flat = grounds.water_is_most(one.scene) and bottom > level + 6
        shape = grounds.shape_of(open_, one.seed, level if flat else None)
        if shape is None:
            continue
        empty = smooth if hole.share > MOST or (vague and not flat) else filled(hole)
        empty = init if _is_plain(hole, empty) else empty
        if flat:
            shown = grounds.water(painter, one.scene, style, empty, shape, look, cfg)
        else:
            scene = painter.framed(one.scene, float(max(level, 6.0)), False)
            shown = grounds.land(painter, scene, style, empty, shape, look, cfg)
        made.append((replace(shown, lost=one.lost), one.share))
    return made


def _unpainted(reading: ReadingLike) -> frozenset[int]:
    """Return the words of the setting that a filling does not show: all but those of style, and but a sky that it continues."""
    setting = enumerate(() if reading.sky == "named" else reading.setting)
    return frozenset(i for i, word in setting if word.acts != "style")


def _is_plain(hole: Hole, empty: Pixels) -> bool:
    """Return whether the middle half of an opening is about as it is filled."""
    rows, columns = (np.flatnonzero(hole.open.any(axis)) for axis in (1, 0))
    part = tuple(slice(at[len(at) // 4], at[3 * len(at) // 4] + 1) for at in (rows, columns))
    apart = np.square(hole.pixels[part] - empty[part]).sum(2) > SAME
    open_ = hole.open[part]
    return bool((apart & open_).sum() <= KEPT * open_.sum())


def _factors(
    request: Request,
    hole: Hole,
    todo: float,
    things: Sequence[int],
    order: int,
    look: Look,
    picture: NDArray[np.float32],
    variation: Variation,
) -> tuple[Any, ...]:
    """Return the things as factors, each within its own part of the opening."""
    reading: ReadingLike = request.reading
    ranks = np.random.default_rng([order, 4]).permutation(len(things)) if order else np.arange(len(things))
    out = []
    for rank, k in zip(ranks, things, strict=True):
        thing = reading.things[k]
        part = (int(rank) / len(things), (int(rank) + 1) / len(things))
        where = room(hole.open, part)
        rng = np.random.default_rng([order, k, 7])
        made: list[Laid] = []
        for cut, log_prior in variants(request, k):
            for flip in (False, True):
                spots = roomiest(cut, flip, where, request.height, thing.habit, rng)
                made += drawings([(cut, log_prior)], spots, request.size)
        lit = [replace(one, planes=_lit(one.planes, look, request.cfg_scale)) for one in made]
        gone = absence(thing, k, request.cfg_scale)
        gone = gone if todo == 1 or gone > DOUBTED else 0.0
        out.append(factor_of(thing.entry, lit, gone, picture, variation, k))
    return tuple(out)


def _lit(cut: NDArray[np.float32], look: Look, cfg_scale: float) -> NDArray[np.float32]:
    """Return a cut-out of the latent, (4, h, w) with its planes times alpha, in the surroundings' light."""
    alpha = cut[3:]
    straight = colours(np.asarray(cut[:3] / np.maximum(alpha, np.float32(1e-3)), np.float32))
    return np.concatenate([planes(look.lit(straight, cfg_scale)) * alpha, alpha])


def _redrawn(request: Request, hole: Hole, ground: Ground, look: Look) -> Any:
    """Return the way from a ground's scene with the things in it to pixels."""

    def redraw(scene: Any) -> Pixels:
        pixels = ground.draw(request.height, request.width)
        if scene.placements:
            cut = request.painter.paint_objects(scene, request.width, request.height, request.style)
            look.laid(cut, pixels, _inner(hole), request.cfg_scale)
        return pixels

    return redraw


@lru_cache(maxsize=1)
def _inner(hole: Hole) -> NDArray[np.float32]:
    """Return the open pixels, fading towards the mask's edge: there, the shadows of things end."""
    open_ = hole.open.astype(np.float32)
    height, width = open_.shape
    small_ = shrink(open_[..., None], height // 4, width // 4)[..., 0]
    high, wide = (np.ptp(np.flatnonzero(small_.any(axis))) + 1 for axis in (1, 0))
    steps = max(1, round(0.03 * min(high, wide)))
    total, inside = np.zeros_like(small_), small_
    for _ in range(steps):
        p = np.pad(inside, 1, constant_values=0)
        inside = np.minimum.reduce([p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]])
        total += inside / steps
    return np.repeat(np.repeat(total, 4, 0), 4, 1) * open_


def _with_init(
    plans: Sequence[Plan], request: Request, hole: Hole, todo: float, sigma: float, variation: Variation
) -> list[Plan]:
    """Return the plans and the init image itself, with such a prior that a run of which ARRIVES is to do ends with it as
    often as not. What a noisy init image says for itself against a plan, E = |init - plan|_Q^2 / 2 on average with a standard
    deviation of sqrt(2 E) at most, is known in closed form (see `image_to_image`), and taken back."""
    init = hole.pixels
    latent = planes(shrink(init, *request.size))
    evidence = [plan.log_prior + _evidence(plan, latent, sigma, variation) for plan in plans]
    least = max(0.0, -float(np.logaddexp.reduce(evidence)))
    odds = (ARRIVES - todo) / SHARP * max(1.0, float(np.sqrt(2 * least)))
    restyled = request.painter.restyle
    scene = request.painter.framed(plans[0].scene, plans[0].scene.horizon, False)
    factors = tuple(factor_of(f.entry, [], 1.0, latent, variation, f.thing) for f in plans[0].factors)

    def redraw(_: Any) -> Pixels:
        return np.asarray(init + np.float32(todo) * (restyled(scene, init.copy(), request.style) - init), np.float32)

    lost = _unpainted(request.reading)
    kept = Plan(scene, latent, odds - least, factors, redraw=redraw, lost=lost, styled=todo, kept="all")
    return [kept, *plans]


def _evidence(plan: Plan, x: NDArray[np.float32], sigma: float, variation: Variation) -> float:
    """Return how well a plan explains x, were each of its things the only one: the mixture's evidence, but for noise."""
    gain, rest = variation.gain(sigma), x - plan.picture
    low = variation.low(rest)
    evidence = -variation.squared(rest, sigma) / 2
    for f in plan.factors:
        u = f.seen(rest) - f.norms / 2 - f.low @ (gain * low) + np.square(f.low) @ gain / 2
        evidence += float(np.logaddexp.reduce(f.log_prior + u / sigma**2))
    return evidence


def _logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))
