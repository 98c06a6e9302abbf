"""Pydantic models of every request and response body, and one Family a body schema. Imports nothing of the workshop."""

from helpers.schemas.families import FAMILIES, Family
from helpers.schemas.sdxl import SDXLRequest, SDXLResponse, TextPrompt
from helpers.schemas.stability import CoreRequest, StabilityResponse

__all__ = [
    "FAMILIES",
    "CoreRequest",
    "Family",
    "SDXLRequest",
    "SDXLResponse",
    "StabilityResponse",
    "TextPrompt",
]
