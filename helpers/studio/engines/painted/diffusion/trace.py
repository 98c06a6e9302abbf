"""The trace of a run: which exemplars the engine weighed at each step, and where the winning one has its things."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Trace, TraceStep

from .exemplars import Box

__all__ = ["PaintedStep", "PaintedTrace", "TracedThing"]


@dataclass(frozen=True)
class TracedThing:
    """A thing in the picture: its entry in the vocabulary, and its box."""

    entry: str
    box: Box


@dataclass(frozen=True, eq=False)
class PaintedStep(TraceStep):
    """One call of the denoiser."""

    weights: NDArray[np.float32]
    """(exemplars,): the posterior over the exemplars; sums to 1."""


@dataclass(frozen=True, eq=False)
class PaintedTrace(Trace):
    """The inside of one run."""

    steps: tuple[PaintedStep, ...]
    placements: tuple[TracedThing, ...]
    """The things of the winning exemplar."""
