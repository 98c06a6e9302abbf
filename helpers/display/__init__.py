"""Pictures in a notebook, side by side and in grids, each with a text alternative."""

from helpers.display.showing import bundle, compare, grid, jpeg, show, strip

__all__ = ["bundle", "compare", "grid", "jpeg", "show", "strip"]
