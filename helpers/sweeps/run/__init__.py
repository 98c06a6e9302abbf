"""Runs a sweep: calls are paced, counted and bounded by a budget, and every picture is kept."""
