"""The explorer: a body's fields to turn, the picture that follows, and sweeps around it."""
