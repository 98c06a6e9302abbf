"""Stable Image Core v1:1's request, and the answer that Stability's living models share.

Source: Amazon Bedrock User Guide, Stable Image Core request and response. Where the guide and live reports differ
(`output_format` in lower case only; no `mode`), the newer live report is followed.
"""

from itertools import zip_longest
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from helpers.schemas.fields import AnswerImage, Response, Whole, add_broken, explicit_nulls, one_of

AspectRatio = Literal["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]
OutputFormat = Literal["png", "jpeg"]
StabilityFinishReason = Literal[
    "Filter reason: prompt", "Filter reason: output image", "Filter reason: input image", "Inference error"
]

ASPECT_RATIOS: tuple[str, ...] = get_args(AspectRatio)
OUTPUT_FORMATS: tuple[str, ...] = get_args(OutputFormat)
MAX_CORE_TEXT = 10_000  # characters
MAX_CORE_SEED = 2**32 - 1


class CoreRequest(BaseModel):
    """The body of one Stable Image Core request: text to image, no guidance, steps or sampler to set."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    prompt: str = Field(max_length=MAX_CORE_TEXT, description=f"a text of at most {MAX_CORE_TEXT} characters")
    negative_prompt: str | None = Field(
        default=None, max_length=MAX_CORE_TEXT, description=f"a text of at most {MAX_CORE_TEXT} characters"
    )
    aspect_ratio: AspectRatio = Field(default="1:1", description=one_of(ASPECT_RATIOS))
    seed: Whole = Field(
        default=0, ge=0, le=MAX_CORE_SEED, description=f"a whole number from 0 (random) to {MAX_CORE_SEED}"
    )
    output_format: OutputFormat = Field(default="png", description=one_of(OUTPUT_FORMATS))

    @model_validator(mode="wrap")
    @classmethod
    def _no_nulls(cls, body: Any, handler: ModelWrapValidatorHandler["CoreRequest"]) -> "CoreRequest":
        broken = explicit_nulls(cls, body) if isinstance(body, dict) else []
        return add_broken(cls.__name__, broken, lambda: handler(body))


class StabilityResponse(Response):
    """The answer's body. One picture a request; a filtered prompt has a finish reason and neither seed nor picture.

    `finish_reasons` holds None, or one of StabilityFinishReason as documented.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    seeds: list[int | None] = Field(default_factory=list)
    finish_reasons: list[str | None] = Field(default_factory=list)
    images: list[str | None] = Field(default_factory=list)

    @property
    def pictures(self) -> list[AnswerImage]:
        """Each image, or the finish reason that came in its place."""
        rows = zip_longest(self.finish_reasons, self.seeds[: self._count], self.images)
        return [AnswerImage(reason or "SUCCESS", seed, image) for reason, seed, image in rows]

    @property
    def _count(self) -> int:
        return max(len(self.finish_reasons), len(self.images))
