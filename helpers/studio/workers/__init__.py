"""The studio's workers: processes that draw, so that the front stays light; a pool of them for each engine."""
