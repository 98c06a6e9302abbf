"""Masks: one meaning for every model, 255 may change; drawn, found, previewed, converted, and checked for leaks."""

from helpers.masks import forms
from helpers.masks.canvas import extend
from helpers.masks.leaks import LeakReport
from helpers.masks.mask import Mask

__all__ = ["LeakReport", "Mask", "extend", "forms"]
