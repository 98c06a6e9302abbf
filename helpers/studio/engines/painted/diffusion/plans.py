"""From a prompt to the mixture's plans and factors: what adherence allows, painted small.

One mixture serves a prompt, and the seed is nothing but the first noise, as with a trained model: what a prompt allows
does not depend on the dice, and what one seed shows of it is one draw. (Places of each seed's own would vary a little
more, and teach that a seed is a choice of scenes.) The numbers below are chosen so that 30 seeds show 23 compositions or
more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..interface import Cutout, Painter, ReadingLike, Spot, Thing
from . import adherence
from .factors import Factor, Laid, Plan, factor_of, laid, light_of, sky_of
from .latent import FACTOR, Planes, averages, planes
from .mixture import Mixture
from .variation import Variation

__all__ = ["SIDES", "LikelyPlace", "Request", "drawings", "mixture_of", "offered", "places_of"]

PLACES = (4, 4, 3)
"""Places that are painted for a prompt of no thing, of one, and of more, which bring variety themselves; each is also there
as its mirror image."""
ANY = 10
"""Places that are painted where any place will do: no prompt is heard, or none names a place or a thing."""
LOSSES = 4
"""Combinations of met and lost words that are painted, at most."""
FOLLOWED = 8
"""Words that are met or lost in all combinations, at most."""
LEAST = 5e-3
"""Losses of a smaller share are left out, and so are places of a smaller share than their part of it: usual guidance pays
nothing for them."""
RARE = 4e-3
"""A thing's absence is left out up to this probability."""
SURE = 0.99
"""From this probability on, a colour or a side is taken as met."""
FIRST = 1
"""Seed of the first place."""
SIDES = {"left": (0.02, 0.45), "right": (0.55, 0.98), "middle": (0.3, 0.7)}
"""Where along the width a thing belongs whose side the prompt names."""
FEWEST = 16
"""Rows in which a thing is drawn at least: of fewer, nothing may be left to cut out."""
MARGIN = 0.02
"""Of the width, at both ends."""
WIDER = 1.6
"""How much wider the first thing's part of the width is than another's."""
SHAPES = (0.5, 3.0)
"""Widths of drawings in their heights, between which a part of the width follows them."""


@dataclass(frozen=True)
class Request:
    """What a mixture depends on: everything of a task but its noise and its steps."""

    painter: Painter
    reading: Any
    """A ReadingLike."""
    cfg_scale: float
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    style: str | None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the latent."""
        return self.height // FACTOR, self.width // FACTOR

    @property
    def aspect(self) -> float:
        """Width / height."""
        return self.width / self.height

    @property
    def pull(self) -> float:
        """Strength of moods."""
        return round(adherence.pull(self.cfg_scale), 3)


@dataclass(frozen=True)
class LikelyPlace:
    """A place of the prompt, with its share of the seeds."""

    scene: Any
    share: float
    seed: int
    lost: frozenset[int]
    """Numbers of the words of the setting that it was composed without."""


@lru_cache(maxsize=2)
def mixture_of(request: Request) -> Mixture:
    """Return the mixture of a request for a new picture. It is kept: another seed or sampler costs its run alone."""
    variation = Variation.natural(*request.size)
    reading: ReadingLike = request.reading
    found = []
    for place in places_of(request):
        choices = [offered(request, k, place.scene, place.seed) for k in range(len(reading.things))]
        scenes, pictures = skies(request, place.scene)
        for mirrored in (False, True):
            under = [np.ascontiguousarray(p[:, :, ::-1]) for p in pictures] if mirrored else pictures
            factors: list[Factor] = [
                factor_of(thing.entry, choices[k], absence(thing, k, request.cfg_scale), under[0], variation, k)
                for k, thing in enumerate(reading.things)
            ]
            factors += [sky_of(under, scenes, variation), light_of(under[0], variation)]
            log_prior = float(np.log(place.share / 2))
            found.append(Plan(place.scene, under[0], log_prior, tuple(factors), mirrored, lost=place.lost))
    return Mixture(found, variation)


def places_of(request: Request, horizon: float | None = None) -> list[LikelyPlace]:
    """Return the places of a request: with all words of the setting, with some of them lost, and each without what
    negative prompts name. `horizon` is that of an init image, in hundredths of the height."""
    painter, reading, out = request.painter, request.reading, []
    most = PLACES[min(len(reading.things), 2)] if reading.has_scene or reading.things else ANY
    numbers = iter(range(FIRST, FIRST + 100))
    for lost, share in _losses(reading, request.cfg_scale):
        count = max(1, round(ANY * share) if 0 in lost else round(most * share**0.5))
        seeds = range(FIRST, FIRST + count) if not lost else [next(numbers) + most for _ in range(count)]
        for seed in seeds:
            scene = painter.place(reading, seed, round(request.aspect, 4), lost, request.pull, horizon)
            out += [LikelyPlace(one, share / count * part, seed, lost) for one, part in _versions(request, scene)]
    return [place for place in out if place.share >= LEAST / most]


def offered(request: Request, k: int, scene: Any, seed: int) -> list[Laid]:
    """Return the alternatives of thing k in a place: its drawings at its spots."""
    reading: ReadingLike = request.reading
    thing = reading.things[k]
    drawn = variants(request, k)
    free = territories(request, seed)[k]
    if thing.place is None:
        return turned(drawn, request.painter.spots(reading, k, scene, free, seed), request.size)
    right = adherence.present("place", request.cfg_scale, thing.word.weight)
    met = turned(drawn, request.painter.spots(reading, k, scene, SIDES[thing.place], seed), request.size)
    if right >= SURE:
        return met
    elsewhere = turned(drawn, request.painter.spots(reading, k, scene, (MARGIN, 1 - MARGIN), seed), request.size)
    return [*_weighed(met, right), *_weighed(elsewhere, 1 - right)]


@lru_cache(maxsize=32)
def territories(request: Request, seed: int) -> tuple[tuple[float, float], ...]:
    """Return the left and right end of each thing's part of the width: in any order, the first thing's and those of what is
    drawn wide the widest."""
    count = len(request.reading.things)
    order = np.random.default_rng([seed, 4]).permutation(count)
    shapes = [max(cut.pixels.shape[1] / cut.tall for cut, _ in variants(request, k)) for k in range(count)]
    wide = np.sqrt(np.clip(shapes, *SHAPES)) * np.where(np.arange(count) == 0, WIDER, 1.0)
    ends = MARGIN + (1 - 2 * MARGIN) * np.concatenate([[0.0], np.cumsum(wide[order]) / wide.sum()])
    ranks = np.argsort(order)
    return tuple((float(ends[ranks[k]]), float(ends[ranks[k] + 1])) for k in range(count))


def variants(request: Request, k: int) -> list[tuple[Cutout, float]]:
    """Return the drawings of thing k with their log priors; where adherence is loose, some in other colours."""
    painter, thing, rows = request.painter, request.reading.things[k], max(request.size[0], FEWEST)
    drawn = painter.cutouts(request.reading, k, rows, request.pull, False)
    right = adherence.present("colour", request.cfg_scale, thing.word.weight) if thing.coloured else 1.0
    if right >= SURE:
        return [(cut, -float(np.log(len(drawn)))) for cut in drawn]
    off = painter.cutouts(request.reading, k, rows, request.pull, True)
    return [
        (cut, float(np.log(share / len(some)))) for some, share in ((drawn, right), (off, 1 - right)) for cut in some
    ]


def turned(drawn: Sequence[tuple[Cutout, float]], spots: Sequence[Spot], size: tuple[int, int]) -> list[Laid]:
    """Return two ways to stand for each spot: one drawing each, one of them facing left and one facing right.

    Which drawings they are goes round, so that all of them are there equally often. Where drawings are not equally likely,
    each of them stands in every spot.
    """
    if len({round(log_prior, 9) for _, log_prior in drawn}) > 1:
        return drawings(drawn, spots, size)
    ways: list[Laid] = []
    for number, spot in enumerate(spots):
        for turn, flip in enumerate((spot.flip, not spot.flip)):
            cut, log_prior = drawn[(number + turn * (1 + number // len(drawn))) % len(drawn)]
            ways += drawings([(cut, log_prior)], [replace(spot, flip=flip)], size)
    return ways


def drawings(drawn: Sequence[tuple[Cutout, float]], spots: Sequence[Spot], size: tuple[int, int]) -> list[Laid]:
    """Return all spots times all drawings of a thing, as far as they are in the picture."""
    unit, out = size[0] / 100, []
    for place, (cut, log_prior) in product(spots, drawn):
        spot = replace(place, flip=place.flip and cut.turns)
        whole, foot = _resized(cut, spot.flip, round(spot.height * unit / cut.tall, 3))
        where = laid(whole, foot, (spot.y * unit, spot.x * unit), size)
        if where is not None:
            out.append(Laid(*where, (cut, spot), log_prior))
    return out


def absence(thing: Thing, order: int, cfg_scale: float) -> float:
    """Return the probability that a thing is not there; 0 where it is negligible."""
    gone = 1 - adherence.present("object", cfg_scale, thing.word.weight, thing.word.against, order)
    return gone if gone > RARE else 0.0


def small(request: Request, scene: Any) -> Planes:
    """Return a scene as a latent (3, height, width), not to be changed."""
    return skies(request, scene)[1][0]


def skies(request: Request, scene: Any) -> tuple[list[Any], list[Planes]]:
    """Return a place under its skies: the scenes, and their latents (3, height, width)."""
    height, width = request.size
    return _skies(request.painter, scene, width, height, request.style)


@lru_cache(maxsize=16)
def _skies(painter: Painter, scene: Any, width: int, height: int, style: str | None) -> tuple[list[Any], list[Planes]]:
    """Keep what was painted: other things in the same place need it again."""
    scenes, pictures = zip(*painter.skies(scene, width, height, style), strict=True)
    return list(scenes), [planes(pixels) for pixels in pictures]


def _losses(reading: ReadingLike, cfg_scale: float) -> list[tuple[frozenset[int], float]]:
    """Return which words of the setting are lost together, and how often: all words are met or lost on their own.

    Of many words that may go either way, the FOLLOWED nearest to even do, and the others go the likelier way.
    """
    met = [adherence.present(w.kind, cfg_scale, w.weight, w.against) for w in reading.setting]
    unsure = [i for i, p in enumerate(met) if 1 - p >= LEAST]
    followed = sorted(sorted(unsure, key=lambda i: abs(met[i] - 0.5))[:FOLLOWED])
    settled = frozenset(i for i in unsure if i not in followed and met[i] < 0.5)
    ranked = []
    for lost in product((False, True), repeat=len(followed)):
        pairs = list(zip(followed, lost, strict=True))
        share = float(np.prod([1 - met[i] if gone else met[i] for i, gone in pairs]))
        ranked.append((settled | {i for i, gone in pairs if gone}, share))
    ranked = sorted(ranked, key=lambda one: -one[1])[:LOSSES]
    kept = [one for one in ranked if one[1] >= LEAST] or ranked
    total = sum(share for _, share in kept)
    return [(lost, share / total) for lost, share in kept]


def _versions(request: Request, scene: Any) -> Iterator[tuple[Any, float]]:
    """Yield a place with its share as it is, and without what negative prompts name where it shows that."""
    against = request.reading.removed
    gone = adherence.removed(request.cfg_scale, against)
    bare = request.painter.bare(scene) if gone > 0 else scene
    if bare is scene:
        yield scene, 1.0
    else:
        yield scene, 1 - gone
        yield bare, gone


def _weighed(laid_: Sequence[Laid], share: float) -> list[Laid]:
    log = float(np.log(share / max(len(laid_), 1)))
    return [Laid(one.top, one.left, one.planes, one.choice, one.log_prior + log) for one in laid_]


@lru_cache(maxsize=128)
def _resized(cut: Cutout, flipped: bool, scale: float) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Return a cut-out's planes times alpha, and alpha, (4, h, w), mirrored where it stands so; and its foot."""
    whole, foot = _premultiplied(cut, flipped)
    _, height, width = whole.shape
    small = averages(height, max(1, round(height * scale))) @ whole @ averages(width, max(1, round(width * scale))).T
    return np.asarray(small, np.float32), (foot[0] * scale, foot[1] * scale)


@lru_cache(maxsize=24)
def _premultiplied(cut: Cutout, flipped: bool) -> tuple[NDArray[np.float32], tuple[float, float]]:
    pixels = np.ascontiguousarray(cut.pixels[:, ::-1]) if flipped else cut.pixels
    alpha = pixels[..., 3:]
    whole = np.concatenate([planes(pixels[..., :3] * alpha), alpha[None, ..., 0]])
    return whole, (cut.foot[0], pixels.shape[1] - cut.foot[1] if flipped else cut.foot[1])
