"""What the studio asks of an engine, and what the engine returns. Any engine can serve any model.

An engine is a module with a function that makes it and, beside it, a constant `NEEDS` (without one: `Needs()`). One
string names it, `module:function` or `path/to/file.py:function`: in `workers.pools.ENGINES`, under the name that
models.toml gives as a model's engine, or in the variable WORKSHOP_STUDIO_ENGINE in place of the painted one. This is a
whole engine, which draws nothing but the seed's noise:

    import numpy as np  # at the top of the module: fine for threads=1; for more, see Needs

    from helpers.studio.protocol import EngineResult, Needs, Task

    NEEDS = Needs(workers=2, threads=1, patience=30.0)

    class NoiseEngine:
        name, version = "noise", "1"

        def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
            noise = np.random.default_rng(task.seed)
            pixels = noise.integers(0, 256, (task.height, task.width, 3), np.uint8)
            return EngineResult(pixels, unknown_words=())

    def create() -> NoiseEngine:
        return NoiseEngine()

Tasks. Each task is a dataclass of its own, and an engine tells them apart by type (`match task: case Inpaint(): ...`).
A request was checked against its model's schema before, so numbers are within that schema's limits, but an engine that
draws only certain sizes, samplers or tasks must check them itself. Any exception that it raises becomes the answer to
that request (ModelErrorException, with the error's type, text, file and line), and the engine goes on with the next.

Arrays. Images are uint8, (height, width, channels), 0 to 255, RGB, the first row at the top. Masks are uint8,
(height, width), white (255) where the image may change, whatever polarity the request had. The arrays of a task must
not be written to. A result says its own size and channels, and nothing outside an engine takes them from the task: a
result may be larger than the task's image (upscale, outpaint) or have alpha (remove background).

Processes and threads. Each worker is a process that makes one engine and calls `generate` from its main thread for one
task at a time; the studio starts up to `Needs.workers` of them. Whatever an engine prints goes to standard error. A
worker is ended without notice when the studio ends or a picture takes longer than `Needs.patience`, so an engine must
leave nothing to be cleaned up.

Determinism. On one machine, the same task gives the same bytes: in every worker, whatever it drew before, with or
without a trace. All randomness comes from `task.seed`. An engine that draws anything differently than before needs
another `version`, since stored pictures are kept apart by their engine's name and version.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_UNKNOWN_WORDS = 64
MAX_WORDS = 64
MAX_PATIENCE = 86_400  # seconds


@dataclass(frozen=True)
class Prompt:
    """A text with its weight: above 0 for what to show, below 0 for what to avoid (a negative prompt)."""

    text: str
    weight: float = 1.0
    """0 leaves the prompt out of the picture."""


@dataclass(frozen=True, eq=False)
class TaskBase:
    """The fields of every task."""

    name: ClassVar[str]
    """The task's name in TASKS."""

    prompts: tuple[Prompt, ...]
    """At least one."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    seed: int
    """1 to 2**32 - 1; where a request asks for a random seed, the studio has chosen it."""
    steps: int = 30
    """Steps of the sampler, at least 1."""
    cfg_scale: float = 7.0
    """Guidance, at least 0: how closely the picture follows the prompts."""
    sampler: str | None = None
    """A sampler as Stability's API names it, such as "K_EULER"; None leaves the choice to the engine."""
    style_preset: str | None = None
    """A style as Stability's API names it, such as "photographic"; None for no style."""
    clip_guidance_preset: str = "NONE"
    """A CLIP guidance as Stability's API names it, such as "FAST_BLUE"."""


@dataclass(frozen=True, eq=False)
class TextToImage(TaskBase):
    """A new picture of width x height pixels."""

    name: ClassVar[str] = "text_to_image"


@dataclass(frozen=True, eq=False, kw_only=True)
class InitImageTask(TaskBase):
    """The fields of the tasks that start from an init image, whose size is width x height."""

    init_image: "NDArray[np.uint8]"
    """(height, width, 3)."""
    schedule_start: float = 1.0
    """Where on the noise schedule the init image comes in, 0 to 1: 1 starts from pure noise, 0 returns the init image.
    It is `1 - image_strength`, or SDXL's `step_schedule_start`."""
    schedule_end: float = 0.0
    """The share of the noise schedule that is left out at its end, 0 to 1: 0 leaves out nothing, and where no step
    remains the init image is returned. It is `1 - step_schedule_end` of SDXL: lower values of that let the init image
    weigh more."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageToImage(InitImageTask):
    """The init image, redrawn as the prompts say."""

    name: ClassVar[str] = "image_to_image"


@dataclass(frozen=True, eq=False, kw_only=True)
class Inpaint(InitImageTask):
    """The init image, with what the prompts say inside the mask."""

    name: ClassVar[str] = "inpaint"

    mask: "NDArray[np.uint8]"
    """(height, width). Where it is 255 the image may change, where it is 0 the result has the init image's very bytes,
    and between them the two are mixed linearly."""


Task: TypeAlias = TextToImage | ImageToImage | Inpaint
TASKS: dict[str, type[Task]] = {kind.name: kind for kind in (TextToImage, ImageToImage, Inpaint)}
"""The tasks by name, as the pipe to a worker writes them."""


@dataclass(frozen=True, eq=False)
class TraceStep:
    """One call of the denoiser: its best guess at the finished picture, from a latent with noise of this sigma."""

    sigma: float
    """The noise's standard deviation, at least 0."""
    denoised: "NDArray[np.float32]"
    """(latent height, latent width, 3), RGB, about -1 to 1, not clipped."""


@dataclass(frozen=True, eq=False)
class Trace:
    """The steps of one run, in the order of the sampler's calls. An engine may return a subclass that knows more."""

    steps: tuple[TraceStep, ...]


@dataclass(frozen=True, eq=False)
class EngineResult:
    """A picture, and what the engine reports about it."""

    pixels: "NDArray[np.uint8]"
    """(height, width, 3) RGB, or (height, width, 4) RGBA with 255 for opaque; of the size that the task leads to."""
    unknown_words: tuple[str, ...]
    """The words of the prompts that the engine does not know, as written, in order, each once; at most
    MAX_UNKNOWN_WORDS."""
    trace: Trace | None = None
    """The trace, where it was asked for and the engine has one."""
    words: tuple[tuple[str, str], ...] = ()
    """The other content words of the positive prompts, as written, in order, each once, and what became of each in this
    picture: "drawn", "not-drawn", or "stand-in:" and the name of what is drawn in its place. What an init image may show that was
    kept is left out, as nobody can tell. At most MAX_WORDS; an engine that cannot tell gives none."""


@dataclass(frozen=True)
class Needs:
    """What an engine needs of the machine. Raises ValueError where a number is out of range.

    The number of threads is set just before the engine is made, and libraries such as numpy read it when they are
    imported. So a module with `threads` above 1 must import numpy inside the function that makes the engine: an import
    at the module's top comes too early, and the engine keeps to one thread.
    """

    workers: int = 2
    """The most worker processes at once, at least 1; the studio never starts more than the machine has cores."""
    threads: int = 1
    """Threads of BLAS and OpenMP in each worker, at least 1. Where there are several workers, 1 is best: more would
    compete for the same cores."""
    patience: float = 120.0
    """Seconds, above 0 and at most MAX_PATIENCE, after which a picture counts as stuck and its worker is ended; choose
    far more than the slowest request takes."""

    def __post_init__(self) -> None:
        """Raise ValueError for needs with which no picture could be drawn."""
        whole = type(self.workers) is int and type(self.threads) is int
        if not whole or self.workers < 1 or self.threads < 1 or not 0 < self.patience <= MAX_PATIENCE:
            raise ValueError(
                f"an engine needs at least one worker, one thread and up to {MAX_PATIENCE} seconds of patience: {self}"
            )


class Engine(Protocol):
    """An engine: it has a name and a version, and draws tasks. It need not inherit from this class."""

    @property
    def name(self) -> str:
        """The engine's name in answers and logs: one word of visible ASCII characters."""
        ...

    @property
    def version(self) -> str:
        """The version of what the engine draws: one word of visible ASCII characters."""
        ...

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        """Draw one picture and return it; with `trace`, the same picture and its trace.

        Raises ValueError where the task's arrays do not have its size, or the engine cannot draw such a task.
        """
        ...
