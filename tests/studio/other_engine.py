"""A second engine for the wire's own tests, with needs of its own, that draws what the first one does not.

Flat pictures of (10, 20, 30). `alpha` in a prompt makes the left half of the picture see-through, with an edge of 128
in its middle; `larger` draws twice the size that was asked for; `sleep` waits for longer than its patience.
A trace has two steps, and is there only where it was asked for.
"""

import os
import sys
import time
from typing import TYPE_CHECKING

from helpers.studio.protocol import EngineResult, Needs, Task, Trace, TraceStep

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NEEDS = Needs(workers=1, threads=3, patience=2.0)
COLOUR = (10, 20, 30)


class OtherEngine:
    """Draws one colour."""

    name = "other"
    version = "7.5+cpu"

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        text = " ".join(prompt.text for prompt in task.prompts)
        if "sleep" in text:
            time.sleep(20.0)
        return EngineResult(self._pixels(task, text), (), self._trace(task) if trace else None)

    def _pixels(self, task: Task, text: str) -> "npt.NDArray[np.uint8]":
        import numpy as np

        times = 2 if "larger" in text else 1
        pixels = np.zeros((times * task.height, times * task.width, 4), np.uint8)
        pixels[:] = (*COLOUR, 255)
        half = pixels.shape[1] // 2
        pixels[:, :half, 3] = 0
        pixels[:, half, 3] = 128
        return pixels if "alpha" in text else np.ascontiguousarray(pixels[..., :3])

    def _trace(self, task: Task) -> Trace:
        import numpy as np

        shape = (task.height // 8, task.width // 8, 3)
        return Trace(
            tuple(TraceStep(sigma, np.full(shape, value, np.float32)) for sigma, value in ((14.6, -9), (0.5, 0)))
        )


def create() -> OtherEngine:
    """What the studio's workers call. numpy is imported here, not before."""
    import numpy  # noqa: F401

    return OtherEngine()


def threads() -> OtherEngine:
    """An engine that refuses to start and tells how many threads it may use, and whether it is too late for that."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    raise RuntimeError(f"threads: {' '.join(os.environ[name] for name in names)}, numpy: {'numpy' in sys.modules}")


def two_words() -> OtherEngine:
    """An engine whose name is no word for a header."""
    engine = OtherEngine()
    engine.name = "other\r\nx-studio-note: no"
    return engine


def nameless() -> object:
    """An engine that knows nothing of names and versions."""
    return object()
