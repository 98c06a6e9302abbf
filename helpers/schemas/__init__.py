"""Every request and response as a pydantic model: the one truth that bodies and the studio both check against."""

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
