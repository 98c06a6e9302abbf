"""Axes of a sweep, ranges as people write them, and the tiles that a body and its axes make. Nothing is sent here."""
