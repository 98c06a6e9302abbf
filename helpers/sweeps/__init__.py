"""Sweeps: one request body, several axes, and a picture for every combination, kept so that none is paid for twice."""

from helpers.sweeps.axes.axes import axis, swap, together
from helpers.sweeps.sweep import Sweep

__all__ = ["Sweep", "axis", "swap", "together"]
