"""The studio's service, behind the wire: its catalogue of models, and the answers to InvokeModel."""

from helpers.studio.service.service import Service

__all__ = ["Service"]
