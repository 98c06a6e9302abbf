"""Folders that earlier editions kept: their requests have the same keys, and their pictures are taken from the same engine alone."""

import shutil
from pathlib import Path

import pytest

import helpers
from helpers.errors import WorkshopWarning
from tests.sweeps.fake_bedrock import ENGINE, FakeBedrock
from tests.sweeps.running import run

BODY = helpers.text_to_image("a serene beach at sunset", seed=5, width=320, height=320, steps=10)
FIRST = "painted 0.2.0"
TODAY = helpers.core_body(helpers.text_to_image("a serene beach at sunset", seed=5))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).parent / "kept", tmp_path / "kept"))


def test_a_studio_tile_of_the_first_edition_is_taken_where_that_engine_draws(kept: Path, fake: FakeBedrock) -> None:
    fake.engine = FIRST
    sweep = run(helpers.Sweep(BODY, seed=[5], folder=kept), fake)
    assert fake.count == 0
    assert sweep.tiles[0].image.size == (320, 320)


@pytest.mark.parametrize("engine", [ENGINE, "trained 0.2.0"])
def test_another_engine_draws_it_again_and_says_so(kept: Path, fake: FakeBedrock, engine: str) -> None:
    fake.engine = engine
    old = next((kept / "studio").glob("*.png"))
    with pytest.warns(WorkshopWarning, match=f"drawn by {FIRST}.*draws with {engine}.*costs nothing"):
        sweep = run(helpers.Sweep(BODY, seed=[5], folder=kept), fake)
    assert fake.count == 1
    assert sweep.tiles[0].path != old
    assert old.exists(), "nothing that was there is lost"


def test_a_tile_of_aws_is_always_taken(kept: Path, fake: FakeBedrock) -> None:
    fake.engine = "painted 9"
    sweep = helpers.Sweep(TODAY, seed=[5], folder=kept, backend="aws")
    assert sweep.tiles[0].made
    assert (sweep.tiles[0].cost, sweep.quote().calls) == (0.04, 0)
