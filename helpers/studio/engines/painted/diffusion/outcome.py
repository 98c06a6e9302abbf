"""Which words of the prompts a picture shows, told of the exemplar that the run ended with.

It is told of this one picture, not of the prompt: what another seed shows, this one may have lost.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio import DRAWN, NOT_DRAWN, STAND_IN
from helpers.studio.protocol import MAX_WORDS

from ..interface import ReadingLike, Said, Spot
from .factors import FAINT
from .plans import SIDES, Request, drawings
from .tasks import Diffusion, Winner

__all__ = ["outcomes"]

COVERED = 0.03
"""A thing of which less than this share is to be seen is hidden, by others or by the picture's sides."""
TINY, FINE = (0.0005, 0.004), (0.0008, 0.003)
"""Shares of the picture below which a thing is too small to be seen, and an object that belongs to a thing, as earrings, too small to
be named: in any picture, and in one that is all brush strokes, lines or tiles."""
LARGE, SMALL = (50.0, 0.12), (18.0, 0.03)
"""Height in hundredths of the picture's and share of the picture: what is called large has one of them at least, what is called
small both at most."""
LARGER = 1.15
"""How many times as high as another of its kind something is at least that is large or small beside it."""


def outcomes(reading: ReadingLike, diffusion: Diffusion | None) -> tuple[tuple[str, str], ...]:
    """Return the words of a reading and what became of each in the picture that a diffusion ended with, once each, with the best
    of what became of it. Left out is what an init image may show that was kept; None: all of it was."""
    if diffusion is None:
        return ()
    shown = _Shown.by(diffusion)
    found: dict[str, str] = {}
    for said in reading.words:
        outcome = NOT_DRAWN
        if said.changes and shown.has(said):
            outcome = STAND_IN + said.stand_in if said.stand_in else DRAWN
        elif shown.may_be_kept(said):
            continue
        found[said.text] = max(found.get(said.text, outcome), outcome, key=_rank)
    return tuple(found.items())[:MAX_WORDS]


@dataclass(frozen=True)
class _Shown:
    """What is to be seen in a picture."""

    request: Request
    winner: Winner
    things: frozenset[int]
    """Numbers of the things."""
    open: bool
    """False where a mask lets nothing change."""

    @staticmethod
    def by(diffusion: Diffusion) -> "_Shown":
        """Return what a diffusion ended with."""
        winner, opening = diffusion.winner(), diffusion.opening
        if opening is None:
            opening = np.ones(diffusion.request.size, np.float32)
        things = _seen(diffusion.request, winner, opening)
        return _Shown(diffusion.request, winner, things, bool(opening.max() >= FAINT))

    def has(self, said: Said) -> bool:
        """Return whether the picture shows what a word says."""
        if said.thing is not None:
            return said.thing in self.things and self._is_so(said)
        if said.setting is None:
            return self.open and self.styled * self.request.pull >= FAINT
        by_style = self.request.reading.setting[said.setting].acts == "style"
        lost = said.setting in self.winner.plan.lost
        return self.open and not lost and (self.styled >= FAINT or not by_style)

    def may_be_kept(self, said: Said) -> bool:
        """Return whether an init image may show what a word says, as the run did not decide it."""
        kept = self.winner.plan.kept
        if kept == "place" and said.setting is not None:
            return self.request.reading.setting[said.setting].acts != "style"
        return kept == "all" or not self.open

    @property
    def styled(self) -> float:
        """How far the picture is in the prompt's moods, media and style: its things always are."""
        return 1.0 if self.things else self.winner.plan.styled

    def _is_so(self, said: Said) -> bool:
        """Return whether a thing that is there is as a word says."""
        assert said.thing is not None
        cut, spot = self.winner.things[said.thing]
        area = 1.0 if said.part is None else cut.parts.get(said.part, 1.0)
        share = self._share(area, spot)
        if share < FINE[_is_coarse(self.request)]:
            return False
        if said.part is not None and (said.part, said.says) in cut.untrue:
            return False
        if said.says in ("large", "small"):
            height = spot.height * (1.0 if said.part is None else cut.heights.get(said.part, 1.0))
            return self._is_sized(said.thing, height, share, said.says == "large")
        side = self.request.reading.things[said.thing].place
        if said.says == "place" and side is not None:
            left, right = SIDES[side]
            return bool(left <= spot.x / (100 * self.request.aspect) <= right)
        return said.says != "colour" or not cut.off_colour

    def _share(self, area: float, spot: Spot) -> float:
        """Return the share of the picture that an area of a cutout's parts takes at a spot."""
        return area * (spot.height / 100) ** 2 / self.request.aspect

    def _is_sized(self, number: int, height: float, share: float, large: bool) -> bool:
        """Return whether anybody would call something of a height and a share of the picture large or small: by itself, or beside
        others of its kind."""
        things = self.request.reading.things
        alike = [at for at in self.things - {number} if things[at].entry == things[number].entry]
        others = [self.winner.things[at][1].height for at in alike]
        if large:
            return height >= LARGE[0] or share >= LARGE[1] or any(height >= LARGER * other for other in others)
        return (height <= SMALL[0] and share <= SMALL[1]) or any(height * LARGER <= other for other in others)


def _rank(outcome: str) -> int:
    return (outcome != NOT_DRAWN) + (outcome == DRAWN)


def _is_coarse(request: Request) -> bool:
    """Return whether the prompt names a medium, as oil paint."""
    reading: ReadingLike = request.reading
    return any(word.acts == "style" for word in reading.setting)


def _seen(request: Request, winner: Winner, opening: NDArray[np.float32]) -> frozenset[int]:
    """Return the things of which enough is to be seen: not behind nearer ones, within the picture and a mask's opening."""
    seen, free = [], np.where(opening >= FAINT, opening, np.float32(0))
    for number, (cut, spot) in sorted(winner.things.items(), key=lambda one: -one[1][1].y):
        for one in drawings([(cut, 0.0)], [spot], request.size):  # none where it is out of the picture
            alpha = one.planes[3]
            part = free[one.top : one.top + alpha.shape[0], one.left : one.left + alpha.shape[1]]
            whole = float(cut.pixels[..., 3].sum()) * (spot.height * request.size[0] / 100 / cut.tall) ** 2
            if min(float((alpha * part).sum()), whole) >= max(COVERED * whole, TINY[_is_coarse(request)] * free.size):
                seen.append(number)
            part *= 1 - alpha
    return frozenset(seen)
