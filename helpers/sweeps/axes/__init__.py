"""Axes of a sweep: ranges as people write them, and the tiles that a body and its axes come to. Nothing is sent here."""

from helpers.sweeps.axes.axes import axis, swap, together

__all__ = ["axis", "swap", "together"]
