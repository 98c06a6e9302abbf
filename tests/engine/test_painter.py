"""Every entry of the vocabulary paints, and the painter keeps its promises at every size and shape."""

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from helpers.studio.engines.painted.interface import Spot
from helpers.studio.engines.painted.painting import layout, painter, places, prompt, styles, things, vocabulary
from helpers.studio.engines.painted.painting.asked import asked
from helpers.studio.engines.painted.painting.layout import Scene
from helpers.studio.engines.painted.painting.placement import FOOT, feet_of, spot_of
from helpers.studio.protocol import Prompt

SIDE = 64
SEEDS = (3, 8, 21)


def scene(text: str, seed: int, aspect: float = 1.0) -> Scene:
    return layout.compose(prompt.read((Prompt(text),)), seed, aspect)


@cache
def paint(text: str, seed: int, style: str | None = None) -> np.ndarray:
    """Kept, for many entries are held against the same place."""
    return painter.paint(scene(text, seed), SIDE, SIDE, style)


def entries(*kinds: str) -> list[str]:
    return [e.name for e in vocabulary.entries().values() if e.kind in kinds]


def first_word(name: str) -> str:
    return vocabulary.entry(name).en[0]


def home_of(name: str) -> str:
    return first_word(vocabulary.entry(name).data.get("home", "meadow"))


@pytest.mark.parametrize("name", entries("object"))
def test_every_object_is_painted_in_the_box_that_is_reported(name: str) -> None:
    place, seed = home_of(name), SEEDS[0]
    made = scene(f"{place} with a {first_word(name)}", seed)  # after a comma, a poster would be all of the picture
    (placed,) = made.placements[:1]
    change = np.abs(painter.paint(made, SIDE, SIDE) - paint(place, seed)).mean(-1)
    x0, y0, x1, y1 = (round(v * SIDE) for v in placed.box)
    inside = change[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    assert inside.max() > 0.1, f"{name} leaves no trace in its box {placed.box}"
    assert inside.mean() > change.mean()


@pytest.mark.parametrize("name", entries("light", "season", "weather", "mood", "medium", "colour", "part"))
def test_every_word_for_light_weather_and_mood_changes_the_exemplar(name: str) -> None:
    word, base = {"sunset": ("sunset", "meadow"), "wall": ("blue walls", "room")}.get(name, (first_word(name), "beach"))
    changes = (np.abs(paint(f"{word}, {base}", s) - paint(base, s)) for s in SEEDS)
    assert name == "day" or any(change.mean() > 0.003 and change.max() > 0.1 for change in changes)


@pytest.mark.parametrize("name", entries("scene"))
def test_every_scene_paints_a_picture_of_its_own(name: str) -> None:
    own = np.stack([paint(first_word(name), s) for s in SEEDS])
    assert own.std() > 0.1
    for other in entries("scene"):
        if other != name and other in ("beach", "mountain", "tea_garden"):
            assert np.abs(own - np.stack([paint(first_word(other), s) for s in SEEDS])).mean() > 0.05


def test_every_word_is_read_as_its_own_entry() -> None:
    lost = []
    for table in vocabulary.words():
        for word, name in table.items():
            reading = prompt.read((Prompt(word),))
            names = {name, vocabulary.grammar().nouns.get(word)}  # "an orange" is none of the colour
            if not names & {m.entry for m in reading.mentions} or reading.unknown:
                lost.append((word, name, reading.unknown))
    assert not lost


def test_layouts_differ_by_seed_and_repeat_exactly() -> None:
    assert np.array_equal(paint("beach sheep", 5), paint.__wrapped__("beach sheep", 5))
    assert not np.array_equal(paint("beach sheep", 5), paint("beach sheep", 6))


def test_an_object_stays_where_it_is_when_a_mood_joins() -> None:
    assert scene("beach sheep", 5).placements == scene("serene beach sheep at sunset", 5).placements


@pytest.mark.parametrize("aspect", [320 / 1536, 0.7, 1.0, 1.75, 1536 / 320])
def test_every_shape_is_painted_in_range(aspect: float) -> None:
    height = 48
    pixels = painter.paint(scene("three sheep on a mountain at night", 4, aspect), round(height * aspect), height)
    assert pixels.shape == (height, round(height * aspect), 3)
    assert pixels.dtype == np.float32
    assert np.abs(pixels).max() <= 1


@pytest.mark.parametrize("style", [*styles.presets.PRESETS, "isometric"])
def test_every_style_repaints_the_exemplar(style: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain, styled = paint("sheep on a mountain", 4), paint("sheep on a mountain", 4, style)
    assert styled.shape == plain.shape
    assert np.isfinite(styled).all()
    assert np.abs(styled - plain).mean() > 0.03


@pytest.mark.parametrize("place", ["left", "right"])
def test_left_and_right_are_kept(place: str) -> None:
    for seed in range(8):
        (placed,) = scene(f"a sheep on the {place}, beach", seed).placements
        middle = (placed.box[0] + placed.box[2]) / 2
        assert (middle < 0.5) == (place == "left")


@pytest.mark.parametrize(
    ("thing", "season"),
    [("fox", "snow"), ("taxi", "snow"), ("orange cat", "winter"), ("green frog", "autumn"), ("rose", "snow")],
)
def test_a_season_leaves_things_their_colour(thing: str, season: str) -> None:
    apart = []
    for words in (f"a {thing}, meadow", f"a {thing}, meadow, {season}"):
        cut = painter.paint_objects(scene(words, 4), SIDE, SIDE)
        colour = cut[..., :3][cut[..., 3] > 0.9].mean(0)
        apart.append(colour - colour.mean())
    assert np.abs(apart[0] - apart[1]).max() < 0.5 * np.abs(apart[0]).max()


@pytest.mark.parametrize("plant", ["tree", "willow", "apple tree"])
def test_a_season_recolours_the_plants(plant: str) -> None:
    summer, autumn = (
        painter.paint_objects(scene(f"a {plant}, meadow{season}", 4), SIDE, SIDE) for season in ("", ", autumn")
    )
    red, green = (cut[..., :3][cut[..., 3] > 0.9].mean(0) for cut in (autumn, summer))
    assert red[0] - red[1] > green[0] - green[1] + 0.1


def test_objects_alone_come_with_alpha() -> None:
    cut = painter.paint_objects(scene("sheep", 4), SIDE, SIDE)
    assert cut.shape == (SIDE, SIDE, 4)
    assert cut[..., 3].max() > 0.9
    assert cut[..., 3].min() == 0


def standing(text: str, y: float, height: float) -> tuple[Scene, Scene]:
    """Return the place of a prompt, and the same with the prompt's first thing in its middle."""
    reading = asked((Prompt(text),))
    place = places.place(reading, 1, 1.0, frozenset(), 1.0)
    cut = things.cutouts(reading, 0, 64, 1.0, False)[0]
    return place, things.staged(place, [(cut, Spot(50.0, y, height))], False)


@pytest.mark.parametrize(("text", "from_"), [("a boat on a lake", 0.75), ("a bridge on a river", 0.05)])
def test_water_mirrors_things_and_its_banks_do_not(text: str, from_: float) -> None:
    place, filled = standing(text, 72.0, 30.0)
    changed = np.abs(painter.paint(filled, 128, 128) - painter.paint(place, 128, 128)).max(2).max(1) > 0.02
    bank = round(128 * max(place.horizon + from_ * (100 - place.horizon), 72 + 3) / 100)
    assert changed[:bank].any()
    assert not changed[bank:].any()


def test_a_bowl_stands_on_its_shadow() -> None:
    _, filled = standing("a bowl of fruit on a table", 80.0, 40.0)
    cut = painter.paint_objects(filled, 200, 200)[..., 3]
    below = np.flatnonzero((cut > 0.05).any(1))[-1] / 2 - 80
    assert 0 < below < 5


@pytest.mark.parametrize(
    "text", ["a cow in a meadow", "a man in a street", "a cow in a meadow at night", "a cow in fog"]
)
def test_what_stands_darkens_the_ground_where_it_touches_it(text: str) -> None:
    place, filled = standing(text, 80.0, 40.0)
    alone = replace(filled, light=replace(filled.light, disc="none"))  # no shadow is cast
    bare, ground = painter.paint(replace(place, light=alone.light), 200, 200), painter.paint(alone, 200, 200)
    (thing,) = [p for p in filled.placements if p not in place.placements]
    left, right = sorted(spot_of(thing, end, FOOT)[0] for end in feet_of(thing.drawing))
    darker = (bare - ground).mean(2)[round(2 * 80.4)]
    under = darker[round(2 * left) : round(2 * right)]
    assert under.mean() > 0.05
    assert under.mean() > 3 * np.abs(darker[: round(2 * left) - 24]).mean()


def test_what_stands_out_of_a_bucket_is_hidden_below_its_rim() -> None:
    made = scene("a cat in a bucket, meadow", 3)
    (cat,) = [p for p in made.placements if p.entry == "cat"]
    assert cat.rim is not None
    full = painter.paint_objects(replace(made, placements=(replace(cat, rim=None),)), 200, 200)[..., 3]
    seen = painter.paint_objects(replace(made, placements=(cat,)), 200, 200)[..., 3]
    rim, depth = round(2 * cat.rim[1]), round(0.25 * 2 * cat.rim[2])
    assert np.array_equal(seen[: rim - 1], full[: rim - 1])
    assert seen[: rim - 1].any()
    assert full[rim + depth :].any()
    assert not seen[rim + depth :].any()


def test_the_colour_of_the_hair_reaches_the_picture() -> None:
    made = scene("a woman in a meadow", 3)
    dyed = replace(made, placements=tuple(replace(p, hair="#d9b25a") for p in made.placements))
    changed = np.abs(painter.paint(dyed, 96, 96) - painter.paint(made, 96, 96)).max(2) > 0.1
    top, *_, bottom = (round(96 * y) for y in made.placements[0].box[1::2])
    rows = np.flatnonzero(changed.any(1))
    assert rows.size
    assert rows[-1] < top + 0.45 * (bottom - top)


@pytest.mark.parametrize("style", [None, "isometric"])
def test_a_hat_stays_on_its_head_in_every_way_of_painting(style: str | None) -> None:
    made = scene("a girl wearing a hat, meadow", 3)
    (girl,) = [p for p in made.placements if p.entry == "girl"]
    bare = replace(made, placements=(girl,))
    hat = np.abs(painter.paint(made, 128, 128, style) - painter.paint(bare, 128, 128, style)).max(2) > 0.15
    whole = np.abs(painter.paint(made, 128, 128, style) - painter.paint(replace(made, placements=()), 128, 128, style))
    rows, columns = np.nonzero(whole.max(2) > 0.15)
    middle, top = np.median(columns), rows.min()
    hat_rows, hat_columns = np.nonzero(hat)
    assert hat_rows.min() - top < 3
    assert abs(np.median(hat_columns) - middle) < 0.25 * (columns.max() - columns.min())
    assert hat_rows.max() < top + 0.5 * (rows.max() - top)
