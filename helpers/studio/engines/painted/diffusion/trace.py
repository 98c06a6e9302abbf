"""What this engine adds to a trace: which exemplars it thought of at each step, and where the winning one has its things."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Trace, TraceStep

from .exemplars import Box

__all__ = ["PaintedStep", "PaintedTrace", "Placement"]


@dataclass(frozen=True)
class Placement:
    """Where the picture holds a thing: its entry in the vocabulary, and its box (x0, y0, x1, y1) in shares of the sides."""

    entry: str
    box: Box


@dataclass(frozen=True, eq=False)
class PaintedStep(TraceStep):
    """One call of the denoiser."""

    weights: NDArray[np.float32]
    """(exemplars,), the posterior over the exemplars; sums to 1."""


@dataclass(frozen=True, eq=False)
class PaintedTrace(Trace):
    """The inside of one run."""

    steps: tuple[PaintedStep, ...]
    placements: tuple[Placement, ...]
    """Of the exemplar that won."""
