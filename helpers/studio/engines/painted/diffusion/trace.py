"""The trace of a run: what the engine believed at each step, and where the winning exemplar has its things."""

from dataclasses import dataclass
from typing import Any

from helpers.studio.protocol import Trace, TraceStep

from ..interface import Box
from .mixture import Belief, Mixture

__all__ = ["PaintedStep", "PaintedTrace", "TracedThing"]


@dataclass(frozen=True)
class TracedThing:
    """A thing in the picture: its entry in the vocabulary, and its box."""

    entry: str
    box: Box


@dataclass(frozen=True, eq=False)
class PaintedStep(TraceStep):
    """One call of the denoiser."""

    mixture: Mixture
    """What was still possible."""
    belief: Belief
    """The posterior over its plans and things."""

    @property
    def sure(self) -> float:
        """Probability of the likeliest plan, 0..1."""
        return float(self.belief.plans.max())

    def things(self) -> list[tuple[str, dict[Any, float]]]:
        """Return for each thing of the likeliest plan, its sky and its light the probability of each alternative."""
        index = int(self.belief.plans.argmax())
        plan = self.mixture.plans[index]
        settled: list[tuple[str, dict[Any, float]]] = [(one.entry, {one.choice: 1.0}) for one in plan.settled]
        rows = (q[index] for q in self.belief.things)
        return settled + [
            (f.entry, dict(zip(f.choices, (float(p) for p in row), strict=False)))
            for f, row in zip(plan.factors, rows, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class PaintedTrace(Trace):
    """The inside of one run."""

    steps: tuple[PaintedStep, ...]
    placements: tuple[TracedThing, ...]
    """The things of the winning exemplar."""
    choices: tuple[tuple[str, Any], ...] = ()
    """What was chosen of the winning plan's factors: entries with a (Cutout, Spot), or None where the thing is absent;
    the sky's with a scene, and the light's with a contrast and a warmth."""
    place: Any = None
    """The winning plan's place, a scene."""
    mirrored: bool = False
    """True where it is mirrored."""
