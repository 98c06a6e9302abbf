"""SDXL 0.8 on Amazon Bedrock, the preview of 2023: its request body, which knows text to image alone.

Source: Amazon Bedrock User Guide, Stability.ai Diffusion 0.8. The guide lists `text`, `cfg_scale`, `steps` and `seed`.
`weight` is taken too: AWS's own workshop of 2023 sent negative prompts with it, and without their weight they would be
drawn. The range of the seed is that of SDXL 1.0. The response body is SDXL 1.0's.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from helpers.schemas.fields import FiniteFloat, TaskName, explicit_nulls, validated_with
from helpers.schemas.sdxl import Prompts, Seed, Steps

MAX_CFG_SCALE_08 = 30
DEFAULT_CFG_SCALE_08 = 10
DEFAULT_STEPS_08 = 30
SIZE_08 = (512, 512)  # pixels: there is no field for it, the price list names 512 x 512, and it is Stability's default


class SDXL08Request(BaseModel):
    """The request body: text to image, in one size."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    text_prompts: Prompts
    cfg_scale: FiniteFloat = Field(
        default=float(DEFAULT_CFG_SCALE_08),
        ge=0,
        le=MAX_CFG_SCALE_08,
        description=f"a number from 0 to {MAX_CFG_SCALE_08}",
    )
    seed: Seed = 0
    steps: Steps = DEFAULT_STEPS_08

    @property
    def task(self) -> TaskName:
        """Name of the task, always "text_to_image"."""
        return "text_to_image"

    @model_validator(mode="wrap")
    @classmethod
    def _no_nulls(cls, body: Any, handler: ModelWrapValidatorHandler["SDXL08Request"]) -> "SDXL08Request":
        broken = explicit_nulls(cls, body) if isinstance(body, dict) else []
        return validated_with(cls.__name__, broken, lambda: handler(body))
