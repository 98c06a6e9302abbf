"""An engine for the wire's own tests: flat pictures in a colour that the seed gives, and words that do what they say.

`sleep`, `explode`, `exit`, `print` and `noise` in a prompt wait a second, raise, end the process, write to standard
output, and draw what compresses badly. `hang PATH` makes that file, and then waits until somebody ends the process;
`until PATH` waits until that file is there.
Words of more than seven letters are unknown to it, and of `moon=not-drawn` it says just that.
"""

import os
import time
from pathlib import Path

import numpy as np

from helpers.studio.protocol import EngineResult, ImageToImage, Inpaint, Task

MANY_WORDS = tuple(f"词{number}" for number in range(64))


class FakeEngine:
    """Draws the seed, and where there is an init image, that image."""

    name = "fake"
    version = "1"

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        text = " ".join(prompt.text for prompt in task.prompts)
        if "sleep" in text:
            time.sleep(1.0)
        if "hang" in text:
            Path(text.split()[-1]).touch()
            time.sleep(600)
        if "until" in text:
            while not Path(text.split()[-1]).exists():
                time.sleep(0.01)
        if "explode" in text:
            raise ValueError("the fuse was lit")
        if "exit" in text:
            os._exit(3)
        if "print" in text:
            print("what an engine prints must not reach the pipe")
        unknown = tuple(word for word in text.split() if len(word) > 7 and "=" not in word)
        words = tuple((word, outcome) for word, _, outcome in (one.partition("=") for one in text.split()) if outcome)
        return EngineResult(self._pixels(task, text), MANY_WORDS if "many" in text else unknown, words=words)

    def _pixels(self, task: Task, text: str) -> np.ndarray:
        shape = (task.height, task.width, 3)
        if isinstance(task, ImageToImage | Inpaint):
            assert task.init_image.shape == shape
            pixels = task.init_image.copy()
            if isinstance(task, Inpaint):
                assert task.mask.shape == shape[:2]
                pixels[task.mask > 0] = (255, 0, 0)
            return pixels
        if "noise" in text:
            return np.random.default_rng(task.seed).integers(0, 256, shape, np.uint8)
        pixels = np.zeros(shape, np.uint8)
        pixels[:] = (task.seed % 256, task.steps, round(task.cfg_scale))
        return pixels


def create() -> FakeEngine:
    """What the studio's workers call."""
    return FakeEngine()


def broken() -> FakeEngine:
    """An engine whose parts are missing."""
    raise ImportError("no module named brushes")


def threads() -> FakeEngine:
    """An engine that refuses to start and tells how many threads it may use."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    raise RuntimeError("threads: " + " ".join(os.environ.get(name, "none") for name in names))


def slow() -> FakeEngine:
    """An engine that is not there before a minute has passed."""
    time.sleep(60)
    return FakeEngine()
