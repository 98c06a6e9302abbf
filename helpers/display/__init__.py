"""Pictures in a notebook, side by side and in grids, each with a text alternative."""

from helpers.display.sheets import Missing
from helpers.display.showing import compare, grid, jpeg, mime_bundle, show, strip

__all__ = ["Missing", "compare", "grid", "jpeg", "mime_bundle", "show", "strip"]
