"""What the studio asks of an engine, and what it gets back: model-neutral, so that a trained model can take the same place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLERS = (
    "DDIM",
    "DDPM",
    "K_DPMPP_2M",
    "K_DPMPP_2S_ANCESTRAL",
    "K_DPM_2",
    "K_DPM_2_ANCESTRAL",
    "K_EULER",
    "K_EULER_ANCESTRAL",
    "K_HEUN",
    "K_LMS",
)
CLIP_GUIDANCE_PRESETS = ("NONE", "FAST_BLUE", "FAST_GREEN", "SIMPLE", "SLOW", "SLOWER", "SLOWEST")
MOST_UNKNOWN_WORDS = 64


@dataclass(frozen=True)
class Prompt:
    """One text with its weight; a weight below 0 makes it a negative prompt, 0 leaves it out of the picture."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class EngineRequest:
    """One picture to make. The task follows from what is there: a mask, an init image, or neither.

    Sizes are in pixels. Arrays are uint8 and are never written to.
    """

    prompts: tuple[Prompt, ...]
    width: int
    height: int
    seed: int
    """1 .. 2**32 - 1, already drawn."""
    steps: int = 30
    cfg_scale: float = 7.0
    sampler: str | None = None
    """One of SAMPLERS; None: the engine picks."""
    style_preset: str | None = None
    clip_guidance_preset: str = "NONE"
    init_image: "NDArray[np.uint8] | None" = None
    """(height, width, 3)."""
    schedule_start: float = 1.0
    """Where on the noise schedule an init image comes in: 1 all noise, 0 the init image back. `1 - image_strength`,
    or SDXL's `step_schedule_start` as it is."""
    schedule_end: float = 0.0
    """The share of the schedule that is left undone at its end: 0 none, and the init image back once no step remains.
    `1 - step_schedule_end` of SDXL, where lower values let the init image weigh more. Without an init image it is unused."""
    mask: "NDArray[np.uint8] | None" = None
    """(height, width); 255 may change, 0 stays byte for byte, linear between. Needs an init image."""
    trace: bool = False
    """Ask for EngineResult.trace."""


@dataclass(frozen=True)
class Placement:
    """Where the picture holds a thing: its entry in the vocabulary, and its box (x0, y0, x1, y1) in shares of the sides."""

    entry: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class TraceStep:
    """One call of the denoiser: what the engine believed the picture to be while it still held noise of this sigma."""

    sigma: float
    denoised: "NDArray[np.float32]"
    """(latent height, latent width, 3), RGB around [-1, 1], not clipped."""
    weights: "NDArray[np.float32]"
    """(exemplars,), the posterior over the exemplars; sums to 1."""


@dataclass(frozen=True, eq=False)
class Trace:
    """The inside of one run, in the order in which the sampler asked."""

    steps: tuple[TraceStep, ...]
    placements: tuple[Placement, ...]
    """Of the exemplar that won."""


@dataclass(frozen=True, eq=False)
class EngineResult:
    """A picture and what there is to say about it."""

    pixels: "NDArray[np.uint8]"
    """(height, width, 3)."""
    unknown_words: tuple[str, ...]
    """As written, in order, once each, at most MOST_UNKNOWN_WORDS."""
    trace: Trace | None = None


class Engine(Protocol):
    """Anything that turns requests into pictures. Same request, same bytes (on one machine)."""

    @property
    def name(self) -> str:
        """What a trace or a log calls it."""
        ...

    def generate(self, request: EngineRequest) -> EngineResult:
        """Make one picture. Raises ValueError for a request whose arrays do not fit together."""
        ...
