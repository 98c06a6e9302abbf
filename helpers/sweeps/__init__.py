"""Sweeps: one request body, several axes, and a picture for every combination, kept so that none is paid for twice."""
