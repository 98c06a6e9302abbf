"""The effect of each axis of a sweep on its pictures, measured against a floor: what a new seed alone does."""
