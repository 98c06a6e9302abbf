"""A tile of a sweep stands wherever a picture is taken, and says what it is in one line."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import helpers
from helpers.errors import ImageError
from helpers.sweeps.axes.tiles import Tile
from tests.sweeps.fake_bedrock import FakeBedrock, drawn, filtered
from tests.sweeps.running import run

BODY = helpers.text_to_image("a serene\nbeach", seed=5, width=320, height=320)
pytestmark = pytest.mark.usefixtures("quickly")


@pytest.fixture
def tiles(fake: FakeBedrock) -> tuple[Tile, ...]:
    """Two tiles that are made, one that was filtered."""
    fake.script = lambda body, count: (filtered if body["seed"] == 3 else drawn)(body, count)
    return run(helpers.Sweep(BODY, seed=[1, 2, 3]), fake).tiles


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip()


def test_it_is_shown_with_the_words_of_its_receipt(tiles: tuple[Tile, ...], capsys: pytest.CaptureFixture[str]) -> None:
    helpers.show(tiles[0])
    said = shown(capsys)
    assert "“a serene beach”, 320 by 320 pixels, seed 1." in said
    assert "made by the offline studio" in said


def test_rows_and_tables_of_tiles_are_labelled_by_what_differs_and_say_why_one_is_missing(
    tiles: tuple[Tile, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    helpers.strip(tiles)
    assert shown(capsys).endswith("from left to right: seed 1; seed 2; seed 3.")
    helpers.strip(tiles, seconds=True)
    assert re.search(r"left to right: seed 1; seed 2; seed 3\.$", shown(capsys), re.MULTILINE)
    helpers.strip(helpers.Sweep(BODY, seed=[8, 9]).tiles, seconds=True)
    assert shown(capsys).endswith("from left to right: seed 8; seed 9.")
    helpers.grid([tiles])
    assert shown(capsys).endswith("1 without a picture.")


def test_two_tiles_are_compared(tiles: tuple[Tile, ...], capsys: pytest.CaptureFixture[str]) -> None:
    helpers.compare(tiles[0], tiles[1])
    assert "Two pictures side by side" in shown(capsys)


TAKERS: dict[str, Any] = {
    "to_image": lambda tile: helpers.to_image(tile),
    "fit": lambda tile: helpers.fit(tile, (320, 320)),
    "an init image": lambda tile: helpers.pictures.from_base64(
        helpers.image_to_image("a castle", tile, seed=1)["init_image"]
    ),
    "a masked image": lambda tile: helpers.pictures.from_base64(
        helpers.inpaint("a castle", tile, helpers.Mask.box(tile, (0, 0, 9, 9)), seed=1)["init_image"]
    ),
    "an axis of init images": lambda tile: helpers.pictures.from_base64(
        helpers.Sweep(helpers.image_to_image("a castle", tile, seed=1), init_image=[tile]).tiles[0].body["init_image"]
    ),
    "composite": lambda tile: helpers.Mask.box(tile, (0, 0, 9, 9)).composite(tile, tile),
}


@pytest.mark.parametrize("taker", TAKERS.values(), ids=TAKERS.keys())
def test_whoever_takes_a_picture_takes_a_tile(tiles: tuple[Tile, ...], taker: Any) -> None:
    taken = taker(tiles[0])
    assert taken.size == (320, 320)
    assert helpers.pictures.pixels_equal(taken, tiles[0].path)


def test_masks_are_made_for_a_tile_and_shown_on_it(tiles: tuple[Tile, ...]) -> None:
    mask = helpers.Mask.box(tiles[0], (0, 0, 160, 320))
    preview = mask.preview(tiles[0])
    assert preview.size == (320, 320)
    assert preview.getpixel((300, 300)) == helpers.to_image(tiles[0]).getpixel((300, 300))
    assert mask.leaks(tiles[0], tiles[0]).leaked is False
    assert helpers.MaskPainter(tiles[0], mask).mask == mask
    canvas, _ = helpers.masks.extend(tiles[0], right=64)
    assert canvas.size == (384, 320)


def test_a_saved_tile_keeps_its_recipe_whatever_the_kind_of_file(tiles: tuple[Tile, ...], tmp_path: Path) -> None:
    for name in ("best.png", "best.jpg", "best.webp"):
        saved = helpers.save(tiles[1], tmp_path / name)
        assert Image.open(saved).size == (320, 320)
        assert helpers.recipe(saved).body == tiles[1].body
        assert helpers.recipe(saved).seed == 2


def test_a_saved_edit_keeps_the_picture_that_it_was_made_from(fake: FakeBedrock, tmp_path: Path) -> None:
    body = helpers.image_to_image("a castle", Image.new("RGB", (320, 320), "teal"), seed=1)
    (tile,) = run(helpers.Sweep(body, seed=[4]), fake).tiles
    saved = helpers.save(tile, tmp_path / "elsewhere" / "castle.png")
    assert helpers.recipe(saved).body == tile.body


@pytest.mark.parametrize("taker", [helpers.show, helpers.to_image, lambda tile: helpers.image_to_image("a", tile)])
def test_a_tile_without_a_picture_says_which_and_why(tiles: tuple[Tile, ...], taker: Any) -> None:
    with pytest.raises(ImageError, match=r"no picture: seed: 3\. A content filter stopped this picture.*other words"):
        taker(tiles[2])
    with pytest.raises(ImageError, match=r"no picture: seed: 9\. It has not been made yet\. Run the sweep first"):
        taker(helpers.Sweep(BODY, seed=[9]).tiles[0])


def test_a_picture_that_was_deleted_since_is_named(tiles: tuple[Tile, ...], tmp_path: Path) -> None:
    assert tiles[0].path is not None
    tiles[0].path.unlink()
    for take in (helpers.show, lambda tile: helpers.save(tile, tmp_path / "best.png")):
        with pytest.raises(ImageError, match="There is no file"):
            take(tiles[0])
    assert tiles[0]._repr_mimebundle_() is None


def test_its_repr_is_one_line(tiles: tuple[Tile, ...]) -> None:
    assert [repr(tile) for tile in tiles] == [
        "<Tile seed: 1: made>",
        "<Tile seed: 2: made>",
        "<Tile seed: 3: filtered>",
    ]
    sweep = helpers.Sweep(BODY, helpers.swap("serene", ["calm\nand quiet", "wild"]))
    assert repr(sweep.tiles[0]) == "<Tile serene: calm and quiet: not made yet>"
    assert repr(helpers.Sweep(BODY).tiles[0]) == "<Tile the only one of its sweep: not made yet>"


def test_an_axis_of_pictures_does_not_print_them(tiles: tuple[Tile, ...]) -> None:
    sweep = helpers.Sweep(helpers.image_to_image("a castle", tiles[0], seed=1), init_image=list(tiles[:2]))
    assert repr(sweep.axes) == "(<axis init_image: picture 1, picture 2>,)"
    assert all(len(repr(tile)) < 80 and len(repr(tile.coordinates)) < 200 for tile in sweep.tiles)


def test_at_the_end_of_a_cell_a_made_tile_shows_itself(tiles: tuple[Tile, ...]) -> None:
    data, _ = tiles[0]._repr_mimebundle_()
    assert re.search(r'<img [^>]*alt="Picture made by', data["text/html"])
    assert tiles[2]._repr_mimebundle_() is None  # its line is all there is
