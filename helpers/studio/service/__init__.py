"""The service behind InvokeModel and the catalogue of models: which models the studio has, and what it answers for each."""

from helpers.studio.service.service import Service

__all__ = ["Service"]
