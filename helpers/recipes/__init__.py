"""Recipes: pictures saved with the request that made them, and that request read back as code that runs."""

from helpers.recipes.reading import Recipe, recipe
from helpers.recipes.saving import read_metadata, save

__all__ = ["Recipe", "read_metadata", "recipe", "save"]
