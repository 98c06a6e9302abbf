"""What the studio asks of an engine, and what it gets back: neutral, so that any engine can stand behind any model.

An engine is a module with a function that makes it (`module:function` names both) and, beside that function, a constant
`NEEDS`; a module without one needs what `Needs()` says. What is asked is one dataclass a task. What comes back is a
picture that says its own size and channels: nothing outside an engine takes them from the task, so that there is room
for tasks whose output is larger than their input (upscale, outpaint) or has holes in it (remove background).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_UNKNOWN_WORDS = 64
MOST_PATIENCE = 86_400  # seconds


@dataclass(frozen=True)
class Prompt:
    """One text with its weight; a weight below 0 makes it a negative prompt, 0 leaves it out of the picture."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class TaskBase:
    """What every task says. Sizes are in pixels. Arrays are uint8 and are never written to."""

    name: ClassVar[str]
    """The task's name in TASKS."""

    prompts: tuple[Prompt, ...]
    width: int
    height: int
    seed: int
    """1 .. 2**32 - 1, already drawn."""
    steps: int = 30
    cfg_scale: float = 7.0
    sampler: str | None = None
    """A name as Stability's API writes it, such as "K_EULER"; None: the engine picks."""
    style_preset: str | None = None
    clip_guidance_preset: str = "NONE"


@dataclass(frozen=True, eq=False)
class TextToImage(TaskBase):
    """A new picture, width x height."""

    name: ClassVar[str] = "text_to_image"


@dataclass(frozen=True, eq=False, kw_only=True)
class InitImageTask(TaskBase):
    """What the tasks say that begin with an init image of width x height."""

    init_image: "NDArray[np.uint8]"
    """(height, width, 3)."""
    schedule_start: float = 1.0
    """Where on the noise schedule the init image comes in: 1 all noise, 0 the init image back. `1 - image_strength`,
    or SDXL's `step_schedule_start` as it is."""
    schedule_end: float = 0.0
    """The share of the schedule that is left undone at its end: 0 none, and the init image back once no step remains.
    `1 - step_schedule_end` of SDXL, where lower values let the init image weigh more."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageToImage(InitImageTask):
    """The init image, drawn again as the prompts say."""

    name: ClassVar[str] = "image_to_image"


@dataclass(frozen=True, eq=False, kw_only=True)
class Inpaint(InitImageTask):
    """The init image with what the prompts say where the mask is open."""

    name: ClassVar[str] = "inpaint"

    mask: "NDArray[np.uint8]"
    """(height, width); 255 may change, 0 stays byte for byte, linear between."""


Task: TypeAlias = TextToImage | ImageToImage | Inpaint
TASKS: dict[str, type[Task]] = {kind.name: kind for kind in (TextToImage, ImageToImage, Inpaint)}
"""The tasks by name, as the pipe to a worker writes them."""


@dataclass(frozen=True, eq=False)
class TraceStep:
    """One call of the denoiser: what the engine believed the picture to be while it still held noise of this sigma."""

    sigma: float
    denoised: "NDArray[np.float32]"
    """(latent height, latent width, 3), RGB around [-1, 1], not clipped."""


@dataclass(frozen=True, eq=False)
class Trace:
    """The inside of one run, in the order in which the sampler asked. An engine may add what only it knows."""

    steps: tuple[TraceStep, ...]


@dataclass(frozen=True, eq=False)
class EngineResult:
    """A picture and what there is to say about it."""

    pixels: "NDArray[np.uint8]"
    """(height, width, 3), or (height, width, 4) with alpha, 255 opaque; of whatever size the task leads to."""
    unknown_words: tuple[str, ...]
    """As written, in order, once each, at most MOST_UNKNOWN_WORDS."""
    trace: Trace | None = None
    """Where it was asked for, and the engine has one."""


@dataclass(frozen=True)
class Needs:
    """What an engine needs of the machine. Raises ValueError where that is nothing.

    The threads are set just before the engine is made, and libraries such as numpy read them when they are imported.
    So the module that holds NEEDS imports numpy inside its maker: after an import at its top, it is too late, and the
    engine keeps to one thread.
    """

    workers: int = 2
    """The most processes of it that draw at once, where the machine has as many cores."""
    threads: int = 1
    """For BLAS and OpenMP, in each of them. With several workers one is best, or they fight over the cores."""
    patience: float = 120.0
    """Seconds after which a picture counts as stuck, and its worker is ended: far beyond the dearest request."""

    def __post_init__(self) -> None:
        """Refuse what would never draw."""
        whole = type(self.workers) is int and type(self.threads) is int
        if not whole or self.workers < 1 or self.threads < 1 or not 0 < self.patience <= MOST_PATIENCE:
            raise ValueError(
                f"an engine needs at least one worker, one thread and up to {MOST_PATIENCE} seconds of patience: {self}"
            )


class Engine(Protocol):
    """Anything that does tasks. Same task, same bytes (on one machine)."""

    @property
    def name(self) -> str:
        """What answers and logs call it: one word of visible ASCII characters."""
        ...

    @property
    def version(self) -> str:
        """One such word too. Another version may draw another picture for the same task."""
        ...

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        """Make one picture, the same with or without a trace. Raises ValueError where its arrays do not fit."""
        ...
