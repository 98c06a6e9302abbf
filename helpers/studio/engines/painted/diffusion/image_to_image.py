"""Image-to-image: an init image is more plans of the same mixture.

SDEdit (Meng et al. 2022, arXiv 2108.01073) lays noise over an init image and denoises from there: the more noise, the
more of the picture is the prompt's. To a mixture, the init is a picture that may lie behind the noise like any other. It
becomes the prompt's picture in steps, each of which is a whole picture, so nothing is ever sewn together:

    kept      the init, the flatter the less of its strength is left, in the prompt's light, moods and style by as much
    redrawn   the init in flat regions, the larger the nearer the next step, and more in that light and style
    swapped   the same without its main thing, or no more than a backdrop in the init's broad colours where that was large,
              and the prompt's where that stood: a factor like any other
    replaced  the prompt's own plans, led by the init: its horizon, its broad colours, the box of its main thing

The noise is added to the kept picture b. At the first sigma, x = b + sigma n, the evidence for an exemplar e is then normal
over the seeds: up to a constant,

    -|x - e|_Q^2 / 2 = -|e - b|_Q^2 / 2 + sigma <n, e - b>_Q           |d|_Q^2 = <d, d>_Q, see `variation`

so a step can be made exactly as likely as the one before, and what is left between them is the noise's sigma <n, e - e'>_Q,
whose standard deviation is |e - e'|_Q at most, since Q <= 1 / sigma^2. For e, the nearest exemplar of a step, and e' of the
step before it, the prior is

    log pi - log pi' = (|e - b|_Q^2 - |e' - b|_Q^2) / 2 + |e - e'|_Q (t - strength) / WIDTH

and the step comes at strength t: at t +- 2 WIDTH, at least two standard deviations of the noise are for it or against it.
That holds for every init, prompt and sampler; the posterior does the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import ImageToImage

from ..interface import Box, Cutout, Painter, Pixels, Spot
from .decode import add_texture
from .denoiser import CLIP_PULL, Denoiser
from .factors import FAINT, Factor, Laid, Plan, factor_of
from .flatten import flattened
from .init_image import InitImage, init_image
from .latent import Planes, colours, enlarge, low_pass, planes
from .mixture import Mixture
from .plans import FIRST, Request, absence, drawings, offered, places_of, small, variants
from .samplers import DEFAULT, SAMPLERS
from .tasks import Diffusion, request_of
from .variation import Variation

__all__ = ["from_init"]

REDRAWN, SWAPPED, REPLACED = 0.625, 0.525, 0.425
"""Strengths at which each step comes."""
WIDTH = 0.007
"""Strength that a standard deviation of the noise is worth: how far seeds differ in when a step comes."""
FAR = 0.024
"""A step is not made where its strengths are this far away: three of ten thousand seeds would have seen it."""
CALM = 0.4
"""Amount of variation. With all that text-to-image has, the old thing's broad light and dark would stay as a ghost."""
FLAT_BY = 0.45
"""1 - strength at which the kept picture would be as flat as the redrawing."""
DRAWN = 0.45
"""How flat a picture becomes at most whose prompt names nothing to draw: its own drawing stays at every strength."""
BOLD = 1.5
"""How much more than the kept picture the redrawing is in the prompt's light and style."""
LED = 0.35
"""Strength from which on the prompt's plans follow the init as closely as they can."""
HORIZON_FROM = 0.3
"""Share of that at which they take its horizon."""
TINT = np.array([0.7, 0.85, 0.85], np.float32)[:, None, None]
"""How far their light and colours go to the init's, where it leads fully."""
DARKER = 0.5
"""How much of that counts where it darkens: broad dark clothes would make a muddy place."""
BROAD = 0.08
"""Deviation of the blur that leaves broad colours, in shares of the mean side."""
MATCHED = np.array([0.2, 0.4, 0.4], np.float32)
"""How far the prompt's thing goes to the light and colours of the init's."""
LIKELY = 0.3
"""Plans less likely than this share of the likeliest are left out: evidence for an init would find the few without snow."""
ABSENT = 0.5
"""From this probability on a thing is absent, else present: every photograph is evidence against a painted thing."""
CLEAR = 0.4
"""A main thing that is less sure than this is not swapped: half of it might stay."""
LEAST, BEYOND = 12.0, 1.35
"""A thing's least height, in hundredths; how far it may reach beyond the shorter fit into the box."""
AFLOAT = 25.0
"""How far above where it stands by itself a thing may be put, in hundredths of the height."""
CUT_OFF = 96.0
"""What only stands lower than this, in hundredths of the height, is cut off by the lower edge, as a portrait is."""


def from_init(painter: Painter, task: ImageToImage, *, traced: bool = False) -> Diffusion:
    """Prepare image-to-image. What an early end leaves undone counts as strength: it is less of a change."""
    request = request_of(painter, task, painter.read(task.prompts))
    todo = float(np.clip(task.schedule_start - task.schedule_end, 0, 1))
    variation = Variation.natural(*request.size, amount=CALM)
    change = _Change(request, init_image(task.init_image), todo, task.seed, variation)
    kept = change.kept()
    sigma = SAMPLERS[task.sampler or DEFAULT].schedule(1 - min(task.schedule_start, 1.0))
    mixture = Mixture(_weighed(change.steps(kept), kept.picture, 1 - todo, sigma, variation), variation)
    denoiser = Denoiser(mixture, CLIP_PULL[task.clip_guidance_preset], trace=[] if traced else None)
    return Diffusion(request, task.seed, denoiser, kept.picture, contrast=todo)


@dataclass(frozen=True, eq=False)
class _Change:
    """What one task makes of an init image."""

    request: Request
    init: InitImage
    todo: float
    """1 - strength."""
    seed: int
    variation: Variation

    @property
    def bold(self) -> float:
        """How far all but the kept picture are in the prompt's light and style."""
        return min(1.0, BOLD * self.todo)

    @property
    def lead(self) -> float:
        """How much the prompt's plans follow the init, 0..1."""
        return min(1.0, (1 - self.todo) / LED)

    @cached_property
    def present(self) -> tuple[int, ...]:
        """The things that are shown."""
        things = enumerate(self.request.reading.things)
        return tuple(k for k, thing in things if absence(thing, k, self.request.cfg_scale) < ABSENT)

    @property
    def can_swap(self) -> bool:
        """True where the init has a main thing for sure, in a place where the prompt's can be."""
        subject = self.init.subject
        return subject is not None and subject.sure >= CLEAR and bool(self.held[0])

    @cached_property
    def horizon(self) -> float | None:
        """The init's, while it leads."""
        return self.init.horizon if self.lead > HORIZON_FROM else None

    @cached_property
    def scene(self) -> Any:
        """A place of the prompt, for its light, its moods, and the shadows in it."""
        request = self.request
        return request.painter.place(
            request.reading, FIRST, round(request.aspect, 4), frozenset(), request.pull, self.horizon
        )

    @cached_property
    def redrawing(self) -> Planes:
        """The latent of the init in flat regions, in the prompt's light and style."""
        return self.changed_latent(self.init.abstract_latent(self.abstraction), self.bold)

    @cached_property
    def abstraction(self) -> float:
        """How large the redrawing's regions are, 0..1: the more, the nearer the next step, so that this is none too large."""
        share = float(np.clip((self.todo + REDRAWN - 1) / (REDRAWN - SWAPPED), 0, 1))
        return share if self.present and self.can_swap else share / 2

    @cached_property
    def held(self) -> tuple[list[Laid], NDArray[np.float32]]:
        """The drawings of the first thing in the box of the init's main thing, and what is added to red, green and blue, (3,).

        There are none where the init has no main thing, or has it where this one cannot be, as a cloud is no place for a dog.
        """
        request, subject, out = self.request, self.init.subject, []
        if subject is not None and self.present:
            main = self.present[0]
            lowest = min(s.y for s in request.painter.spots(request.reading, main, self.scene, (0.0, 1.0), FIRST))
            for cut, log_prior in variants(request, main) if 100 * subject.box[3] > lowest - AFLOAT else ():
                spots = [self._spot(cut, subject.box, lowest, flip) for flip in (False, True)]
                out += drawings([(cut, log_prior)], spots, request.size)
        if subject is None or not out:
            return [], np.zeros(3, np.float32)
        own = out[0].planes[:3].sum((1, 2)) / max(float(out[0].planes[3].sum()), 1e-3)
        old = self.changed_latent(self.init.flat_latent, self.bold)
        wanted = (old * subject.map).sum((1, 2)) / max(float(subject.map.sum()), 1e-3)
        shift = np.asarray(MATCHED * self.lead * (wanted - own), np.float32)[:, None, None]
        return [replace(one, planes=_recoloured(one.planes, shift)) for one in out], colours(shift)[0, 0]

    def changed(self, pixels: Pixels, share: float) -> Pixels:
        """Return any pixels a share of the way to the prompt's light, moods, media and style: a new array."""
        painter = self.request.painter
        lit = painter.relight(self.request.reading, self.scene, pixels, share)
        return lit + np.float32(share) * (painter.restyle(self.scene, lit, self.request.style) - lit)

    def changed_latent(self, latent: Planes, share: float) -> Planes:
        """Return the same of a latent."""
        return planes(self.changed(colours(latent), share))

    def steps(self, kept: Plan) -> list[tuple[float, list[Plan]]]:
        """Return the steps that have a chance at this strength, in order, each with the strength at which it comes."""
        made: list[tuple[float, Callable[[], list[Plan]]]] = [(1.0, lambda: [kept])]
        if not self.request.reading.names_nothing:
            made.append((REDRAWN, lambda: [self.redrawn()]))
            if self.present and self.can_swap:
                made.append((SWAPPED, lambda: [self.swapped()]))
            made.append((REPLACED, self.replaced))
        ends = [at for at, _ in made[1:]] + [0.0]
        strength = 1 - self.todo
        return [(at, plans()) for (at, plans), end in zip(made, ends, strict=True) if end - FAR < strength < at + FAR]

    def kept(self) -> Plan:
        """Return the init, flattened."""
        amount = min(self.todo / FLAT_BY, DRAWN if self.request.reading.names_nothing else 1.0)
        picture = self.changed_latent(self.init.latent, self.todo)

        def redraw(_: Any) -> Pixels:
            return self.changed(flattened(self.init.pixels, amount), self.todo)

        return self._of_the_init(picture, self._factors({}, picture), redraw, self.todo, "all")

    def redrawn(self) -> Plan:
        """Return the init in flat regions, the larger the less of its strength is left."""

        def redraw(_: Any) -> Pixels:
            return self._textured(self.changed(self.init.abstract(self.abstraction), self.bold))

        return self._of_the_init(self.redrawing, self._factors({}, self.redrawing), redraw, self.bold, "all")

    def swapped(self) -> Plan:
        """Return the redrawing without its main thing, and with the prompt's things."""
        request, (main, *others) = self.request, self.present
        held, shift = self.held
        drawn = {k: offered(request, k, self.scene, FIRST) for k in others}
        picture = self.changed_latent(self.init.empty_latent, self.bold)

        def redraw(scene: Any) -> Pixels:
            pixels = self.changed(self.init.empty, self.bold)
            things = request.painter.paint_objects(scene, request.width, request.height, request.style)
            alpha = things[..., 3:]
            pixels += alpha * (things[..., :3] + alpha * shift - pixels)
            return self._textured(pixels)

        factors = self._factors({main: held, **drawn}, picture)
        return self._of_the_init(picture, factors, redraw, self.bold, "place")

    def _of_the_init(
        self,
        picture: Planes,
        factors: tuple[Factor, ...],
        redraw: Callable[[Any], Pixels],
        share: float,
        kept: Literal["place", "all"],
    ) -> Plan:
        """Return a plan that keeps the init's place or all that is in it, a share of the way to the prompt's light and style."""
        setting = enumerate(self.request.reading.setting)
        lost = frozenset(i for i, word in setting if word.acts == "place" or share < FAINT)
        return Plan(self.scene, picture, 0.0, factors, redraw=redraw, lost=lost, styled=share, kept=kept)

    def replaced(self) -> list[Plan]:
        """Return the prompt's plans, led by the init."""
        request, out = self.request, []
        held, shift = self.held
        broad = self.changed_latent(self.init.broad, self.bold)
        places = places_of(request, self.horizon)
        likely = LIKELY * max(place.share for place in places)
        for place in (one for one in places if one.share >= likely):
            choices = {k: offered(request, k, place.scene, place.seed) for k in self.present}
            if self.present:
                choices[self.present[0]] = self._shared(held, choices[self.present[0]])
            picture = small(request, place.scene)
            for mirrored in (False, True):
                below = np.ascontiguousarray(picture[:, :, ::-1]) if mirrored else picture
                tint = TINT * np.float32(self.lead) * low_pass(broad - below, BROAD)
                tint[0] = np.maximum(tint[0], DARKER * tint[0])
                led = below + tint
                factors, log_prior = self._factors(choices, led), float(np.log(place.share / 2))
                redraw = self._painted_in(tint, shift, mirrored)
                out.append(Plan(place.scene, led, log_prior, factors, mirrored, redraw, lost=place.lost))
        return out

    def _painted_in(self, tint: Planes, shift: NDArray[np.float32], mirrored: bool) -> Callable[[Any], Pixels]:
        """Return what paints a scene at full size, with the tint on the place and the shift on the things."""
        request = self.request

        def redraw(scene: Any) -> Pixels:
            size = request.width, request.height
            pixels = request.painter.paint(scene, *size, request.style)
            pixels = np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels
            added = enlarge(colours(tint), request.height, request.width)
            if self.lead > 0 and scene.placements:
                alpha = request.painter.paint_objects(scene, *size, request.style)[..., 3:]
                alpha = alpha[:, ::-1] if mirrored else alpha
                added += alpha * (alpha * shift - added)
            pixels += added
            return self._textured(pixels)

        return redraw

    def _factors(self, choices: dict[int, list[Laid]], picture: Planes) -> tuple[Factor, ...]:
        """Return a factor for every thing of the prompt, none of them ever absent; what has no choices is not there."""
        things = enumerate(self.request.reading.things)
        return tuple(factor_of(t.entry, choices.get(k, []), 0.0, picture, self.variation, k) for k, t in things)

    def _shared(self, held: list[Laid], free: list[Laid]) -> list[Laid]:
        """Return all drawings: the more the init leads, the likelier the held ones."""
        share = self.lead**1.5 if held else 0.0
        return [
            replace(one, log_prior=one.log_prior + float(np.log(part / len(some))))
            for some, part in ((held, share), (free, 1 - share))
            if part > 0
            for one in some
        ]

    def _spot(self, cut: Cutout, box: Box, lowest: float, flip: bool) -> Spot:
        """Return the spot where a drawing fills a box; `lowest` is the least y at which it stands by itself."""
        painter, wide = self.request.painter, 100 * self.request.aspect
        trial = Spot(wide / 2, 70.0, 20.0, flip)
        boxes = np.array([one.box for one in painter.staged(self.scene, [(cut, trial)], False).placements])
        (left, top), (right, bottom) = boxes[:, :2].min(0) * (wide, 100), boxes[:, 2:].max(0) * (wide, 100)
        x0, y0, x1, y1 = box
        if lowest > CUT_OFF:
            y1 = max(y1, (lowest + bottom - trial.y) / 100)
        fits, covers = sorted((100 * (y1 - y0) / (bottom - top), wide * (x1 - x0) / (right - left)))
        largest = min(96 / (bottom - top), 0.96 * wide / (right - left))
        scale = max(LEAST / (bottom - top), min(covers, BEYOND * fits, largest))
        x = wide * (x0 + x1) / 2 + scale * (trial.x - (left + right) / 2)
        return Spot(float(x), float(100 * y1 + scale * (trial.y - bottom)), float(scale * trial.height), flip)

    def _textured(self, pixels: Pixels) -> Pixels:
        add_texture(pixels, self.seed)
        return pixels


def _recoloured(planes_: NDArray[np.float32], shift: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a cut-out, (4, h, w), with planes added, (3, 1, 1): hardly to its shadow, which is half transparent."""
    alpha = planes_[3:]
    return np.concatenate([planes_[:3] + alpha * alpha * shift, alpha])


def _weighed(
    steps: Sequence[tuple[float, list[Plan]]], origin: Planes, strength: float, sigma: float, variation: Variation
) -> list[Plan]:
    """Return the plans of all steps with the log priors that the module's first lines give; `sigma` is the first one."""
    out: list[Plan] = []
    log, before = 0.0, origin
    for at, plans in steps:
        nearest = [_nearest(plan, origin, sigma) for plan in plans]
        after = min(nearest, key=lambda one: variation.squared(one - origin, sigma))
        if out:
            log += (variation.squared(after - origin, sigma) - variation.squared(before - origin, sigma)) / 2
            log += float(np.sqrt(variation.squared(after - before, sigma))) * (at - strength) / WIDTH
        out += [replace(plan, log_prior=plan.log_prior + log) for plan in plans]
        before = after
    return out


def _nearest(plan: Plan, x: Planes, sigma: float) -> Planes:
    """Return the exemplar of a plan that explains x best, with sigma as the noise."""
    picture = np.array(plan.picture)
    for f in plan.factors:
        nearer = f.seen(x - picture) - f.norms / 2
        picture += f.differences(picture.shape)[int((nearer + sigma**2 * f.log_prior).argmax())]
    return picture
