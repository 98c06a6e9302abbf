"""Sweeps drawn as labelled tables: what lies where, what failures say, how large files get, and what is read for it."""

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFile

import helpers
from helpers.display import alt_text, sheets, showing
from helpers.errors import ImageError, PictureExistsError, WorkshopWarning
from helpers.pictures import formats, writing
from helpers.sweeps.axes.tiles import Axis, Tile
from helpers.sweeps.shown import grids
from helpers.sweeps.shown.arranging import arrange
from tests.sweeps.sample_tiles import FILTERED, THROTTLED, axes_of, colour, tiles_of

Sweep = tuple[list[Tile], tuple[Axis, ...]]


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """Two prompts, three guidances and two seeds: twelve tiles."""
    axes = axes_of(sky=["sunset", "茶园"], cfg_scale=[1, 7, 30], seed=[1, 2])
    return tiles_of(tmp_path / "tiles", axes), axes


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What went out to the notebook, one dict by mime type an output."""
    out: list[dict[str, Any]] = []
    monkeypatch.setattr(showing, "_put", lambda data, metadata: out.append(data))
    return out


def near(image: Image.Image, at: tuple[float, float], wanted: tuple[int, int, int]) -> bool:
    """Whether a place on the picture, in parts of its sides, has about this colour."""
    found = image.getpixel((int(at[0] * image.width), int(at[1] * image.height)))
    assert isinstance(found, tuple)
    return all(abs(one - other) < 24 for one, other in zip(found, wanted, strict=True))


# ---- what lies where ------------------------------------------------------------------------------------------------


def test_without_a_word_the_first_axes_are_rows_and_columns_and_the_last_turns_the_pages(sweep: Sweep) -> None:
    pages = arrange(*sweep)
    assert [page.where for page in pages] == [(("seed", "1"),), (("seed", "2"),)]
    assert [(page.rows and page.rows.name, page.columns and page.columns.name) for page in pages] == [
        ("sky", "cfg_scale")
    ] * 2
    assert [tile.label for tile in pages[1].tiles[1] if tile] == [
        "sky: 茶园, cfg_scale: 1, seed: 2",
        "sky: 茶园, cfg_scale: 7, seed: 2",
        "sky: 茶园, cfg_scale: 30, seed: 2",
    ]


def test_any_axis_can_be_rows_or_columns(sweep: Sweep) -> None:
    (first, *_) = arrange(*sweep, rows="seed", columns="sky")
    assert first.where == (("cfg_scale", "1"),)
    assert [[tile.label.replace(", cfg_scale: 1", "") for tile in row if tile] for row in first.tiles] == [
        ["sky: sunset, seed: 1", "sky: 茶园, seed: 1"],
        ["sky: sunset, seed: 2", "sky: 茶园, seed: 2"],
    ]


def test_an_axis_named_alone_is_met_by_the_first_other(sweep: Sweep) -> None:
    assert [page.rows and page.rows.name for page in arrange(*sweep, columns="sky")] == ["cfg_scale"] * 2
    assert [page.columns and page.columns.name for page in arrange(*sweep, rows="seed")] == ["sky"] * 3


def test_pages_are_chosen_by_number_by_value_or_by_axis(sweep: Sweep) -> None:
    assert [page.where for page in arrange(*sweep, pages=2)] == [(("seed", "2"),)]
    assert [page.number for page in arrange(*sweep, pages=[2, 1])] == [2, 1]
    assert [page.where for page in arrange(*sweep, pages={"seed": 2})] == [(("seed", "2"),)]
    assert [page.where for page in arrange(*sweep, pages={"sky": ["茶园", "sunset"]})] == [
        (("sky", "茶园"),),
        (("sky", "sunset"),),
    ]
    by_guidance = arrange(*sweep, pages="cfg_scale")
    assert [page.where for page in by_guidance] == [(("cfg_scale", str(n)),) for n in (1, 7, 30)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rows": "cfg"}, r"no axis 'cfg'. The axes are: sky, cfg_scale, seed"),
        ({"rows": "seed", "columns": "seed"}, "both 'seed'"),
        ({"rows": "seed", "pages": "seed"}, "'seed' cannot turn the pages"),
        ({"pages": 3}, "no page 3: the pages are 1 to 2"),
        ({"pages": {"seed": 9}}, "seed has no value 9. It has: 1, 2"),
        ({"pages": {"nothing": 1}}, "no axis 'nothing'"),
    ],
)
def test_what_the_sweep_does_not_have_is_said_with_what_it_has(sweep: Sweep, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        arrange(*sweep, **asked)
    with pytest.raises(ValueError, match="at least one tile"):
        arrange([], sweep[1])


def test_a_lone_axis_runs_on_in_further_rows_and_each_picture_has_its_label(tmp_path: Path) -> None:
    axes = axes_of(steps=list(range(10, 50, 4)), cfg_scale=[7])
    (page,) = arrange(tiles_of(tmp_path, axes), axes)
    assert page.wrapped
    assert page.where == ()
    alone = grids.sheet(page)
    assert alone.width <= 1280
    assert alone.height > 300
    assert "from left to right: steps 10; steps 14;" in grids.page_alt(page)


def test_the_labels_of_a_lone_axis_are_named_where_they_are_values_and_not_where_they_are_words(tmp_path: Path) -> None:
    body = helpers.text_to_image([("a beach", 1), ("red", -1)], seed=1)

    def labels_along(*axes: Any, **fields: Any) -> str:
        planned = helpers.Sweep(body, *axes, folder=tmp_path, **fields)
        return grids.page_alt(arrange(planned.tiles, planned.axes)[0]).split("left to right: ")[1]

    assert labels_along(helpers.swap("beach", ["beach", "forest"])).startswith("beach; forest.")
    weights = helpers.axis("text_prompts[1].weight", [-1, -0.5])
    assert labels_along(weights).startswith("text_prompts[1].weight -1; text_prompts[1].weight -0.5.")
    assert labels_along(style_preset=[None, "anime"]).startswith("style_preset none; style_preset anime.")
    assert labels_along(prompt=["lake", "hill"]).startswith("prompt lake; prompt hill.")


def test_pictures_lie_where_their_labels_say(sweep: Sweep) -> None:
    tiles, axes = sweep
    (page, _) = arrange(tiles, axes)
    drawn = grids.sheet(page, tile=64)
    for row, sky in enumerate(("sunset", "茶园")):
        for column, guidance in enumerate((1, 7, 30)):
            number = next(i for i, t in enumerate(tiles) if t.label == f"sky: {sky}, cfg_scale: {guidance}, seed: 1")
            right = drawn.width - 18 - (2 - column) * 78 - 16
            bottom = drawn.height - 18 - (1 - row) * 78 - 16
            assert near(drawn, (right / drawn.width, bottom / drawn.height), colour(number))


# ---- labels and holes -----------------------------------------------------------------------------------------------


def test_a_tile_without_a_picture_says_of_what_kind_and_why_and_the_grid_is_drawn_all_the_same(
    sweep: Sweep, shown: list[dict[str, Any]]
) -> None:
    tiles, axes = sweep
    for at, failure in ((0, FILTERED), (2, THROTTLED), (4, THROTTLED)):
        tiles[at] = replace(tiles[at], path=None, thumbnail=None, failure=failure)
    tiles[6] = replace(tiles[6], path=None, thumbnail=None)
    grids.draw(tiles, axes, pages=1)
    said = shown[0]["text/plain"]
    assert "4 without a picture." in said
    assert "Without a picture: 1 filtered, 2 throttled." in said
    (page, _) = arrange(tiles, axes)
    cells = grids._cells(page)
    assert cells[0][0] == sheets.Missing("The content filter stopped it.", "filtered", "Use other words.")
    assert cells[1][0] == sheets.Missing("not made yet")


def test_kind_reason_and_fix_are_all_written_into_the_hole() -> None:
    def drawn(*words: str) -> Image.Image:
        kind, reason, fix = words
        return sheets.grid([[sheets.Missing(reason, kind, fix), Image.new("RGB", (90, 90))]], [], [], cell_size=90)

    blank, all_three = drawn("", "", ""), drawn("filtered", "a policy", "try again")
    some = [drawn("filtered", "", ""), drawn("", "a policy", ""), drawn("filtered", "a policy", "")]
    assert len({picture.tobytes() for picture in (blank, *some, all_three)}) == 5
    box = ImageChops.difference(blank, all_three).getbbox()
    assert box is not None
    assert box[2] <= 18 + 90


def test_a_tile_that_the_sweep_lacks_and_a_file_that_is_lost_or_damaged_are_holes_too(sweep: Sweep) -> None:
    tiles, axes = sweep
    assert tiles[2].path
    assert tiles[4].path
    tiles[2].path.unlink()
    tiles[4].path.write_bytes(b"no picture")
    (page, _) = arrange(tiles[1:], axes)
    cells = [cell for row in grids._cells(page) for cell in row]
    assert cells[0] == sheets.Missing("not in this sweep")
    assert cells[1] == sheets.Missing("2.png cannot be read", "lost")
    assert cells[2] == sheets.Missing("4.png cannot be read", "lost")
    assert grids.sheet(page).width <= 1280


@pytest.mark.parametrize(
    ("labels", "short"),
    [
        (["1", "7", "30"], ["1", "7", "30"]),
        (
            ["a serene beach at sunset in oil", "a serene beach at sunset in ink"],
            ["…oil", "…ink"],
        ),
        (
            ["a red boat on a calm lake at noon", "a blue boat on a calm lake at noon"],
            ["…red…", "…blue…"],
        ),
        (
            ["a serene beach at sunset", "a serene beach at sunset, trending on a gallery's site"],
            ["…sunset", "…sunset, trending on a gallery's site"],
        ),
        (["一片宁静的海滩，日落时分，天空是橙色和粉色的云彩", "一片宁静的海滩，日落时分，天空是蓝色和粉色的云彩"], ["…橙…", "…蓝…"]),
        (["the same words in both of these labels"] * 2, ["the same words in both of these labels"] * 2),
        (["", "a label that is long enough to be cut"], ["", "a label that is long enough to be cut"]),
    ],
)  # fmt: skip
def test_long_labels_keep_only_what_sets_them_apart(labels: list[str], short: list[str]) -> None:
    assert alt_text.trimmed(labels) == short


def test_long_and_chinese_labels_are_wrapped_and_never_leave_the_sheet(tmp_path: Path) -> None:
    axes = axes_of(prompt=["一艘飞船飞过绿色的茶园，远处有山" * 4, "w" * 90], seed=[1, 2, 3])
    (page,) = arrange(tiles_of(tmp_path, axes), axes)
    for tile in (None, 40, 512):
        drawn = grids.sheet(page, "一片宁静的海滩" * 30, tile)
        edge = drawn.convert("L").crop((drawn.width - 12, 2, drawn.width - 2, drawn.height - 2))
        assert edge.getextrema() == (246, 246)


def test_rows_and_columns_are_named_in_the_picture_and_in_its_alt_text(
    sweep: Sweep, shown: list[dict[str, Any]]
) -> None:
    grids.draw(*sweep, pages=1, title="Skies")
    assert (
        "Skies — seed: 1. Pictures in 2 rows and 3 columns for the prompt “a beach”."
        " Rows, by sky: sunset; 茶园. Columns, by cfg_scale: 1; 7; 30."
    ) in shown[0]["text/html"]
    named, plain = (
        sheets.grid([[Image.new("RGB", (64, 64))] * 2], ["r"], ["a", "b"], names=names, cell_size=64)
        for names in (("down", "across"), ("", ""))
    )
    assert named.height > plain.height


def test_pictures_of_mixed_sizes_are_shown_whole(tmp_path: Path) -> None:
    axes = axes_of(size=["wide", "tall"], seed=[1])
    wide = tiles_of(tmp_path / "wide", axes[:1], (96, 48))[0]
    tall = replace(tiles_of(tmp_path / "tall", axes[:1], (48, 96))[1])
    (page,) = arrange([wide, tall], axes)
    drawn = grids.sheet(page, tile=96)
    left, right = drawn.width // 4, drawn.width * 3 // 4
    middle = drawn.height // 2 - 15
    assert near(drawn, ((left + 40) / drawn.width, middle / drawn.height), colour(0))
    assert near(drawn, (right / drawn.width, (middle + 40) / drawn.height), colour(1))
    assert not near(drawn, ((right + 40) / drawn.width, middle / drawn.height), colour(1))


# ---- in the notebook ------------------------------------------------------------------------------------------------


def test_each_page_is_one_output_and_a_great_many_are_cut_short_with_a_word_about_it(
    tmp_path: Path, shown: list[dict[str, Any]]
) -> None:
    axes = axes_of(sky=["a", "b"], cfg_scale=[1, 2], seed=list(range(1, 15)))
    grids.draw(tiles_of(tmp_path, axes), axes)
    assert len(shown) == grids.MAX_PAGES == 12
    assert "2 more of 14 pages: choose them with pages=." in shown[-1]["text/plain"]
    assert "more of" not in shown[0]["text/plain"]


def test_pages_that_are_all_shown_say_nothing_of_others(sweep: Sweep, shown: list[dict[str, Any]]) -> None:
    grids.draw(*sweep)
    assert len(shown) == 2
    assert not any("more of" in one["text/plain"] for one in shown)


def test_a_table_of_very_small_pictures_says_where_they_are_large(tmp_path: Path, shown: list[dict[str, Any]]) -> None:
    axes = axes_of(cfg_scale=list(range(1, 31)), seed=[1, 2])
    tiles = tiles_of(tmp_path, axes)
    grids.draw(tiles, axes, rows="seed", columns="cfg_scale")
    grids.draw(tiles[:8], axes, rows="seed", columns="cfg_scale")
    assert '.gallery("gallery.html") shows them large' in shown[0]["text/plain"]
    assert "gallery" not in shown[1]["text/plain"]


def test_small_pictures_are_drawn_from_thumbnails_and_no_large_file_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = axes_of(cfg_scale=[1, 2, 3], seed=[1, 2])
    (page,) = arrange(tiles_of(tmp_path, axes, (600, 600)), axes)
    decoded: list[tuple[int, int]] = []
    file_load = ImageFile.ImageFile.load

    def watch_file(image: ImageFile.ImageFile) -> Any:
        decoded.append(image.size)
        return file_load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", watch_file)
    grids.sheet(page, tile=200)
    assert (256, 256) in decoded
    assert (600, 600) not in decoded
    grids.sheet(page, tile=300)
    assert (600, 600) in decoded


# ---- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grid.png", "grid.jpg", "grid.webp"])
def test_a_grid_is_written_at_the_size_asked_for_and_the_same_again_changes_nothing(
    sweep: Sweep, tmp_path: Path, name: str
) -> None:
    written = grids.draw(*sweep, pages=1, path=tmp_path / "new" / name, tile=120)
    assert written == [tmp_path / "new" / name]
    with Image.open(written[0]) as image:
        assert image.width > 3 * 120
    before = written[0].stat().st_mtime_ns
    assert grids.draw(*sweep, pages=1, path=str(written[0]), tile=120) == written
    assert written[0].stat().st_mtime_ns == before
    assert sorted(path.name for path in written[0].parent.iterdir()) == [name]


def test_several_pages_get_numbers_and_nothing_is_overwritten_unasked(sweep: Sweep, tmp_path: Path) -> None:
    written = grids.draw(*sweep, path=tmp_path / "grid.png", tile=64)
    assert written == [tmp_path / "grid-1.png", tmp_path / "grid-2.png"]
    with pytest.raises(PictureExistsError, match="overwrite=True"):
        grids.draw(*sweep, path=tmp_path / "grid.png", tile=65)
    assert grids.draw(*sweep, path=tmp_path / "grid.png", tile=65, overwrite=True) == written


def test_a_picture_too_large_for_its_format_is_announced_and_drawn_smaller_to_fit(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(formats.MAX_SIDES, "WEBP", 400)
    with pytest.warns(WorkshopWarning, match=r"a WEBP file holds at most 400 pixels a side: its pictures are drawn at"):
        (path,) = grids.draw(*sweep, pages=1, path=tmp_path / "a.webp", tile=200) or [tmp_path]
    with Image.open(path) as image:
        assert 300 < max(image.size) <= 400
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grids.draw(*sweep, pages=1, path=tmp_path / "a.png", tile=200)
    monkeypatch.setattr(grids, "MAX_PIXELS_READ", 100_000)
    with pytest.warns(WorkshopWarning, match="most programs refuse more than 100,000 pixels"):
        (path,) = grids.draw(*sweep, pages=1, path=tmp_path / "b.png", tile=200) or [tmp_path]
    with Image.open(path) as image:
        assert 60_000 < image.width * image.height <= 100_000


def test_the_limits_are_those_of_the_formats() -> None:
    assert formats.MAX_SIDES == {"WEBP": 16_383, "JPEG": 65_500}
    Image.new("L", (16_383, 1)).save(io.BytesIO(), "WEBP")
    with pytest.raises((OSError, ValueError)):
        Image.new("L", (16_384, 1)).save(io.BytesIO(), "WEBP")


def test_a_sweep_draws_itself_before_anything_is_made(tmp_path: Path, shown: list[dict[str, Any]]) -> None:
    body = {"text_prompts": [{"text": "a beach"}], "seed": 1}
    planned = helpers.Sweep(body, cfg_scale=[1, 7], steps=[10, 20], folder=tmp_path / "store", title="Planned")
    planned.grid(rows="steps")
    assert "Planned. Pictures in 2 rows and 2 columns" in shown[0]["text/plain"]
    assert "4 without a picture." in shown[0]["text/plain"]
    assert planned.grid(path=tmp_path / "grid.png", tile=100) == [tmp_path / "grid.png"]
    page = planned.gallery(tmp_path / "gallery.html").read_text("utf-8")
    assert "<title>Planned</title>" in page
    assert "0 of 4 pictures" in page


def test_another_file_of_the_same_length_is_another_file(tmp_path: Path) -> None:
    writing.write(tmp_path / "a", b"one")
    with pytest.raises(FileExistsError):
        writing.write(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_what_cannot_be_written_is_said_before_anything_is_drawn(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"End its name in \.png"):
        grids.draw(*sweep, path=tmp_path / "grid.tiff")
    with pytest.raises(ValueError, match="give path="):
        grids.draw(*sweep, tile=100)
    with pytest.raises(ValueError, match="above 0"):
        grids.draw(*sweep, path=tmp_path / "grid.png", tile=0)
    assert list(tmp_path.glob("grid*")) == []


def test_a_grid_names_the_words_that_its_pictures_do_not_show(sweep: Sweep, shown: list[dict[str, Any]]) -> None:
    tiles, axes = sweep
    grids.draw([*tiles[:-1], replace(tiles[-1], words={"quiche": "unknown", "moon": "not drawn"})], axes)
    assert (
        "Of the prompt, not drawn: moon. The studio does not know: quiche. A real model would."
        in shown[-1]["text/html"]
    )
    assert "does not know" not in shown[0]["text/html"]
