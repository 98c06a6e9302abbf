"""The same promises with the studio's own painter, and with a photograph. WORKSHOP_LONG=1 tries more seeds."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from helpers.studio.engines.painted import create
from helpers.studio.protocol import Engine, ImageToImage, Prompt, TextToImage
from tests.engine import truths
from tests.engine.truths import Studio

LONG = bool(os.environ.get("WORKSHOP_LONG"))
SIDE = 320
Truth = Callable[[Studio], None]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return create()


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").crop((0, 0, 512, 512)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def studio(engine: Engine) -> Studio:
    return Studio(
        engine,
        side=SIDE,
        seeds=tuple(range(1, 9)) if LONG else (1, 2),
        colourful=("a serene beach at sunset", "green tea garden"),
        dark="a city at night",
        other="green tea garden",
        thing="sheep",
        scene="a meadow",
        style="neon-punk",
    )


@pytest.mark.parametrize("truth", truths.TRUTHS, ids=lambda truth: truth.__name__)
def test_the_studio_keeps_its_promise(truth: Truth, engine: Engine) -> None:
    truth(studio(engine))


@pytest.mark.parametrize("text", ["a serene beach at sunset", "a forest"])
def test_a_photograph_goes_gently_from_itself_to_the_prompt(
    text: str, engine: Engine, photo: NDArray[np.uint8]
) -> None:
    strengths = np.linspace(1, 0, 21) if LONG else np.array([1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0])
    room = studio(engine)
    made = [room.picture(text, 3, init_image=photo, schedule_start=float(1 - s)) for s in strengths]
    far = [truths.levels(picture, photo) for picture in made]
    near = dict(zip(strengths.round(2).tolist(), (truths.correlation(picture, photo) for picture in made), strict=True))
    assert far[0] == 0
    assert far[-1] > 30
    assert all(b > a for a, b in pairwise(far)), f"{far}"
    assert max(np.diff(far)) < (0.2 if LONG else 0.35) * far[-1], f"a jump: {far}"
    assert near[0.9] >= 0.8
    assert 0.3 < near[0.5] < 0.95
    assert near[0.2] < 0.15


def test_a_photograph_is_nowhere_exposed_twice(engine: Engine, photo: NDArray[np.uint8]) -> None:
    room = studio(engine)
    for strength in (0.7, 0.6, 0.5, 0.4):
        made = room.picture("a serene beach at sunset", 3, init_image=photo, schedule_start=1 - strength)
        assert truths.ghosts(made, photo) < 0.5, f"{truths.ghosts(made, photo):.2f} at {strength}"


def test_a_mood_recolours_an_init_image_and_keeps_its_drawing(engine: Engine) -> None:
    room = studio(engine)
    init = room.picture("a serene beach at sunset", 4)
    mood: list[str | tuple[str, float]] = [
        "add vibrant hues to the sky, enhance reflections on the water",
        ("poorly drawn mountains", -1.0),
    ]
    made = room.picture(mood, 5, init_image=init, schedule_start=0.65)
    assert truths.correlation(made, init) > 0.6
    assert truths.saturation(made) > truths.saturation(init) + 10


def test_another_process_that_made_other_pictures_before_gives_the_same_bytes(engine: Engine) -> None:
    code = (
        "import sys, hashlib\n"
        "from helpers.studio.engines.painted import create\n"
        "from helpers.studio.protocol import Prompt, TextToImage\n"
        "engine = create()\n"
        "for text, seed in (('a city at night', 5), ('a meadow', 2), ('a meadow', 1)):\n"
        "    task = TextToImage((Prompt(text), Prompt('fog', -0.5)), 320, 320, seed)\n"
        "    made = engine.generate(task).pixels\n"
        "print(hashlib.sha256(made).hexdigest())\n"
    )
    root = Path(truths.__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    here = studio(engine).picture(["a meadow", ("fog", -0.5)], 1)
    assert told.stdout.strip() == hashlib.sha256(here.tobytes()).hexdigest()


def test_a_small_thing_of_the_init_image_stays_or_goes_whole(engine: Engine) -> None:
    beach = TextToImage((Prompt("a serene beach at sunset"),), 512, 512, 10, cfg_scale=10)
    init = engine.generate(beach).pixels
    castle = ImageToImage(
        (Prompt("a castle on the beach at night"),), 512, 512, 10, init_image=init, schedule_start=0.4
    )
    drawn = engine.generate(castle).pixels
    sun = np.zeros((512, 512), bool)
    sun[:256] = init[:256].min(2) > 150  # the clouds and the glow are orange: little blue is in them
    assert 500 < sun.sum() < 4000
    assert np.abs(drawn.astype(int) - init)[sun].max(1).mean() < 25  # it stays here, with no castle's gate in it
    assert np.percentile(drawn[sun].min(1), 5) > 100
