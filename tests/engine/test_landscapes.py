"""Landscapes hold at every light and shape, differ from layout to layout, and are the same picture small and large."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.studio.engines.painted.painting import layout, painter, prompt, raster, vocabulary
from helpers.studio.engines.painted.painting.brushes.layers import draw_layer
from helpers.studio.engines.painted.painting.brushes.stage import noise, stream
from helpers.studio.protocol import Prompt

PLACES = [e.name for e in vocabulary.entries().values() if e.kind == "scene"]
FINE = 256  # the least multiple of 64 that is drawn with fine detail


def compose(name: str, seed: int, aspect: float = 1.0, light: str = "") -> layout.Scene:
    word = vocabulary.entry(name).en[0]
    return layout.compose(prompt.read((Prompt(f"{word} {light}"),)), seed, aspect)


def shrink(pixels: np.ndarray, times: int) -> np.ndarray:
    height, width = pixels.shape[0] // times, pixels.shape[1] // times
    return pixels.reshape(height, times, width, times, 3).mean((1, 3))


@pytest.mark.parametrize("name", PLACES)
def test_a_small_picture_of_a_place_is_its_large_one_seen_small(name: str) -> None:
    for seed in (11, 12):  # (a city has fewer windows when it is small)
        scene = compose(name, seed)
        small, large = painter.paint(scene, 64, 64), painter.paint(scene, FINE, FINE)
        assert np.abs(small - shrink(large, FINE // 64)).mean() * 127.5 < (12 if name == "city" else 8)


@pytest.mark.parametrize("name", PLACES)
def test_two_layouts_of_a_place_are_two_pictures(name: str) -> None:
    shots = [painter.paint(compose(name, seed), 64, 64) for seed in (1, 2, 3, 4)]
    apart = [np.abs(a - b).mean() * 127.5 for i, a in enumerate(shots) for b in shots[:i]]
    assert min(apart) > 4
    assert np.mean(apart) > 8


@pytest.mark.parametrize("aspect", [0.42, 2.4])
@pytest.mark.parametrize("name", PLACES)
def test_a_place_fills_tall_and_wide_pictures(name: str, aspect: float) -> None:
    pixels = painter.paint(compose(name, 5, aspect), round(96 * aspect), 96)
    rim = np.concatenate([pixels[:, :2].reshape(-1, 3), pixels[:, -2:].reshape(-1, 3), pixels[-2:].reshape(-1, 3)])
    assert (rim > -0.999).any(1).mean() > 0.95  # painted to the edges: what is not painted is black


@pytest.mark.parametrize("name", [n for n in PLACES if not vocabulary.entry(n).data.get("indoor")])
def test_at_night_the_land_is_darker_than_by_day(name: str) -> None:
    if vocabulary.entry(name).data.get("light"):
        pytest.skip("this place has a light of its own")
    day, night = (painter.paint(compose(name, 7, light=light), 64, 64)[40:].mean() for light in ("noon", "night"))
    assert night < day - 0.1


@pytest.mark.parametrize("place", ["sea", "lake", "river", "swimming pool"])
def test_the_colour_of_a_water_is_that_of_the_water_and_not_of_the_land(place: str) -> None:
    scenes = [layout.compose(prompt.read((Prompt(f"a {hue} {place}"),)), 5, 1.0) for hue in ("red", "green", "blue")]
    shots = [painter.paint(scene, 64, 64) for scene in scenes]
    for channel, shot in enumerate(shots):
        changed = np.abs(shot - shots[channel - 1]).max(2) > 0.3
        own, others = shot[changed][:, channel], np.delete(shot[changed], channel, 1).max(1)
        assert changed.mean() > 0.08
        assert (own - others).mean() > 0.2
    plain = painter.paint(layout.compose(prompt.read((Prompt(f"a {place}"),)), 5, 1.0), 64, 64)
    if place != "sea":
        assert np.abs(shots[0] - plain)[-4:, :8].mean() < 0.1  # the lower left corner is land


def test_the_aurora_hangs_across_the_whole_sky() -> None:
    (layer,) = vocabulary.entry("aurora").data["layers"]
    for seed in range(4):
        stage = painter.stage_of(compose("lake", seed, light="aurora"), fine=True)
        drawn = draw_layer(stage, layer, stream(seed, 1, 2))
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><defs>{"".join(stage.defs)}</defs>{drawn}</svg>'
        lit = raster.rgba(svg, 128, 128)[..., 3]
        assert lit.max(0).min() > 0.3
        assert np.abs(np.diff(lit, axis=1)).max() < 0.3  # and has no cut edge


def test_a_rainbow_is_seen_before_the_cliffs_of_a_waterfall() -> None:
    for seed in (1, 2, 3):
        plain, bow = (painter.paint(compose("waterfall", seed, light=light), 64, 64) for light in ("", "rainbow"))
        assert (np.abs(bow - plain).max(-1) > 0.15).mean() > 0.05


@pytest.mark.parametrize(
    ("text", "least"),
    [("a dark forest at night", -0.62), ("a dark forest under a full moon", -0.62), ("a forest at night", -0.48)],
)
def test_a_forest_at_night_can_be_seen(text: str, least: float) -> None:
    for seed in (1, 2, 3):
        pixels = painter.paint(layout.compose(prompt.read((Prompt(text),)), seed, 1.0), 64, 64)
        assert pixels.mean() > least


@pytest.mark.parametrize("text", ["neon street at night", "a street at night, neon"])
def test_the_more_special_of_two_lights_leads(text: str) -> None:
    light = layout.compose(prompt.read((Prompt(text),)), 1, 1.0).light
    assert light.name == "neon_light"


def test_a_random_line_is_the_same_at_any_number_of_points() -> None:
    few, many = (noise(np.random.default_rng(4), np.linspace(-4, 104, n), 30, 3) for n in (28, 28 + 27 * 3))
    assert np.allclose(few, many[::4], atol=1e-9)


def test_every_layer_of_every_layout_has_random_numbers_of_its_own() -> None:
    starts = {stream(seed, place, layer).random() for seed in range(6) for place in (1, 99) for layer in range(6)}
    assert len(starts) == 72
    again = stream(3, 1, 2).random(4).tolist()
    stream(3, 1, 3).random(2)
    assert stream(3, 1, 2).random(4).tolist() == again


@pytest.mark.parametrize("name", ["mountain", "forest", "meadow", "sea", "street", "village", "room"])
def test_layouts_lean_to_both_sides_and_take_every_variant(name: str) -> None:
    stages = [painter.stage_of(compose(name, seed), fine=False) for seed in range(60)]
    assert {stage.side for stage in stages} == {-1, 1}
    assert {stage.variant for stage in stages} == set(vocabulary.entry(name).data["variants"])


@pytest.mark.parametrize("name", ["mountain", "forest", "meadow", "sea", "street", "village", "room", "tabletop"])
def test_each_variant_of_a_place_looks_its_own_way(name: str) -> None:
    scene = compose(name, 4)
    shots = [painter.paint(replace(scene, variants=(v,)), 64, 64) for v in scene.variants]
    apart = [np.abs(a - b).mean() * 127.5 for i, a in enumerate(shots) for b in shots[:i]]
    assert min(apart) > (0.7 if name == "room" else 2)  # rooms differ by a lamp or a plant


def test_skies_of_one_place_differ_in_their_blue_their_clouds_and_whether_the_sun_is_in_the_picture() -> None:
    scenes = [compose("meadow", seed) for seed in range(30)]
    assert len({scene.light.sky for scene in scenes}) > 3
    above = sum(scene.sun[1] < 0 for scene in scenes)
    assert 5 < above < 25
    kinds = {}
    for kind in ("heaps", "streaks", "flock", "bank", "field", "tower", "sheet"):
        stage = painter.stage_of(scenes[0], fine=False)
        kinds[kind] = draw_layer(stage, {"brush": "clouds", "kind": kind}, stream(0, 1, 1))
    drawn = {
        draw_layer(painter.stage_of(scenes[0], fine=False), {"brush": "clouds"}, stream(s, 1, 1))[:40]
        for s in range(30)
    }
    assert len(set(kinds.values())) == 7
    assert len(drawn) > 3


def test_a_sky_that_no_word_names_is_sometimes_overcast_and_a_named_one_never() -> None:
    def covered(light: str) -> set[str]:
        return {compose("meadow", seed, light=light).light.disc for seed in range(40)}

    assert covered("") == {"sun", "none"}
    assert covered("sunny") == {"sun"}
    assert covered("blue sky") == {"sun"}
    assert covered("overcast") == {"none"}


def test_clouds_are_a_sheet_where_the_light_has_no_sun() -> None:
    def drawn(kind: str) -> str:
        stage = painter.stage_of(compose("meadow", 1, light="overcast"), fine=False)
        return draw_layer(stage, {"brush": "clouds", "kind": kind}, stream(0, 1, 1))

    assert drawn("any") == drawn("sheet") != drawn("heaps")


def test_one_thing_alone_is_set_on_many_tables() -> None:
    scenes = [layout.compose(prompt.read((Prompt("a cup of coffee"),)), seed, 1.0) for seed in range(80)]
    assert {scene.base for scene in scenes} == {"tabletop"}
    assert len({painter.stage_of(scene, fine=False).variant for scene in scenes}) == 10


def test_a_wooden_table_is_of_wood_and_a_picnic_is_outdoors() -> None:
    wood, grass = (
        layout.compose(prompt.read((Prompt(f"a cake {where}"),)), 1, 1.0).base
        for where in ("on a wooden table", "at a picnic")
    )
    tops = [layer for layer in vocabulary.entry(wood).data["layers"] if layer["brush"] == "tabletop"]
    assert [layer.get("kind", "planks") for layer in tops] == ["planks"]
    assert any(layer["brush"] == "sky" for layer in vocabulary.entry(grass).data["layers"])


def test_the_sun_lies_on_the_floor_before_a_window_by_day_alone() -> None:
    def change(light: str) -> float:
        stage = painter.stage_of(compose("room", 1, light=light), fine=False)
        bare, lit = (draw_layer(stage, {"brush": "window", "beam": beam}, stream(0, 1, 1)) for beam in (0.0, 0.4))
        return len(lit) - len(bare)

    assert change("sunny") > 0
    assert change("night") == change("overcast") == 0


@pytest.mark.parametrize("light", ["sunset", "night", "overcast"])
def test_a_sun_that_stands_low_a_moon_and_a_covered_sky_stay_as_their_light_has_them(light: str) -> None:
    scenes = [compose("meadow", seed, light=light) for seed in range(30)]
    assert all(scene.sun[1] >= 0 for scene in scenes)
    if light != "sunset":
        assert len({scene.light.sky for scene in scenes}) == 1


def test_a_branch_leaves_no_hole_in_its_trunk() -> None:
    stage = painter.stage_of(compose("forest", 1), fine=False)
    layer = {"brush": "trunks", "colour": "#ffffff", "n": 1, "t": [0.8, 0.9], "width": 14, "depth": 0.0, "lean": 0}
    for seed in range(30):
        body = draw_layer(stage, layer, stream(seed, 1, 1))
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><defs>{"".join(stage.defs)}</defs>{body}</svg>'
        ink = raster.rgba(svg, 100, 100)[..., 3] > 0.5
        middle = round(float(np.flatnonzero(ink[60]).mean()))  # an upright trunk, below its branches
        if 5 <= middle < 95:
            assert ink[:80, middle - 4 : middle + 4].all(), seed
