"""The studio's workers: processes of their own that draw, a pool of them behind each engine."""
