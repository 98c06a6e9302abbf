"""Where the words of a prompt put things: on the water or in the air, on a seat, beside each other, in their own place."""

import itertools

import pytest

from helpers.studio.engines.painted.painting import art, layout, places, prompt, things
from helpers.studio.engines.painted.painting.asked import asked
from helpers.studio.engines.painted.painting.layout import Placement, Scene
from helpers.studio.protocol import Prompt

SEEDS = range(6)


def scene(text: str, seed: int) -> Scene:
    return layout.compose(prompt.read((Prompt(text),)), seed, 1.0)


def placed(text: str, entry: str, seed: int) -> list[Placement]:
    return [p for p in scene(text, seed).placements if p.entry == entry]


@pytest.mark.parametrize(
    ("text", "entry", "footing"),
    [
        ("a boat drifting on a calm lake", "boat", "water"),
        ("一条小船漂在平静的湖面上", "boat", "water"),
        ("一条小船漂浮在湖面上", "boat", "water"),
        ("一只鸭子漂在水上", "duck", "water"),
        ("a yellow leaf floating on a pond", "leaf", "water"),
        ("a boat floating in the sky", "boat", "sky"),
        ("a castle tower and a fox floating", "fox", "sky"),
        ("a red balloon floating in the sky", "balloon", "sky"),
        ("一只气球漂在空中", "balloon", "sky"),
        ("a swan in the park", "swan", "ground"),
        ("a swan in a garden", "swan", "ground"),
    ],
)
def test_what_floats_is_in_the_air_unless_it_belongs_on_the_water(text: str, entry: str, footing: str) -> None:
    for seed in SEEDS:
        assert [p.footing for p in placed(text, entry, seed)] == [footing]


@pytest.mark.parametrize("text", ["a dog on a boat", "a boy and a girl on a boat", "一只狗坐在船上"])
def test_a_thing_of_the_water_brings_its_water(text: str) -> None:
    assert scene(text, 3).base == "lake"


def test_a_room_comes_before_the_water() -> None:
    assert scene("a duck in a bathtub", 3).base == "bathroom"


@pytest.mark.parametrize(
    ("text", "entries"),
    [("three cats on a sofa", ["cat"]), ("三只猫坐在沙发上", ["cat"]), ("a boy and a girl on a boat", ["boy", "girl"])],
)
def test_several_share_a_seat_side_by_side(text: str, entries: list[str]) -> None:
    for seed in SEEDS:
        riders = [p for entry in entries for p in placed(text, entry, seed)]
        (seat,) = [p for p in scene(text, seed).placements if p.entry in ("sofa", "boat")]
        middles = [p.x for p in riders]
        assert len(middles) in (2, 3)
        assert {p.footing for p in riders} == {"mount"}
        assert min(b - a for a, b in itertools.pairwise(middles)) > 3
        assert all(seat.box[0] < p.x / 100 < seat.box[2] for p in riders)


@pytest.mark.parametrize("text", ["a black cat on the left of a white dog", "a white dog and a black cat on the left"])
def test_what_is_on_the_left_is_left_of_the_others(text: str) -> None:
    for seed in SEEDS:
        (cat,), (dog,) = placed(text, "cat", seed), placed(text, "dog", seed)
        assert cat.x + 25 < dog.x


@pytest.mark.parametrize("text", ["a girl flying a kite in a meadow", "a girl flying a big red kite", "女孩放风筝"])
def test_a_kite_flies_above_the_one_who_holds_it(text: str) -> None:
    for seed in SEEDS:
        (kite,) = placed(text, "kite", seed)
        (girl,) = placed(text, "girl", seed)
        assert kite.box[3] < girl.box[1]


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("一只猫在窗边", "room"),
        ("a cat sleeping on a sofa by the window", "room"),
        ("a vase of sunflowers on a windowsill", "tabletop"),
        ("a school bus in front of a school", "street"),
    ],
)
def test_words_for_the_place_by_a_thing_are_that_place_and_not_the_thing(text: str, base: str) -> None:
    assert scene(text, 3).base == base
    assert not any(p.entry == "house_window" for p in scene(text, 3).placements)


@pytest.mark.parametrize("text", ["a girl with a red umbrella in the rain", "a girl holding an umbrella"])
def test_an_umbrella_is_held_over_the_one_it_is_for(text: str) -> None:
    for seed in SEEDS:
        (umbrella,), (girl,) = placed(text, "umbrella", seed), placed(text, "girl", seed)
        assert umbrella.box[1] < girl.box[1] < umbrella.box[3] < girl.box[3]
        assert umbrella.box[0] < girl.x / 100 < umbrella.box[2]


@pytest.mark.parametrize(
    ("text", "entry", "footing"),
    [
        ("a king with a sword", "sword", "mount"),
        ("a woman with a hat", "hat", "mount"),
        ("two girls with balloons", "balloon", "mount"),
        ("a house with an umbrella", "umbrella", "ground"),
        ("a woman with a dog", "dog", "ground"),
        ("a girl and an umbrella", "umbrella", "ground"),
    ],
)
def test_with_says_what_somebody_holds_or_wears_and_nothing_more(text: str, entry: str, footing: str) -> None:
    for seed in SEEDS:
        assert {p.footing for p in placed(text, entry, seed)} == {footing}


@pytest.mark.parametrize("text", ["three sheep in a meadow", "two boats on the sea", "five birds in the sky"])
def test_all_of_a_group_stand_in_the_picture_and_on_their_own_ground(text: str) -> None:
    reading, seed = asked((Prompt(text),)), 2
    place = places.place(reading, seed, 1.0, frozenset(), 1.0)
    count = len(reading.things)
    for thing in range(count):
        territory = (0.02 + 0.96 * thing / count, 0.02 + 0.96 * (thing + 1) / count)
        standing = itertools.product(
            things.cutouts(reading, thing, 64, 1.0, False), things.spots(reading, thing, place, territory, seed)
        )
        for cut, spot in standing:
            for p in things.staged(place, [(cut, spot)], False).placements:
                half = p.height * art.load(p.drawing).width / 200
                assert half - 1 < p.x < 101 - half
                assert p.height - 4 < p.y < 101
                assert p.footing in ("sky", "under") or p.y > place.horizon


def test_a_close_up_shows_things_larger_and_an_aerial_view_smaller() -> None:
    def mean_height(text: str) -> float:
        reading = asked((Prompt(text),))
        heights = []
        for seed in (1, 2, 3, 4):
            place = places.place(reading, seed, 1.0, frozenset(), 1.0)
            heights += [spot.height for spot in things.spots(reading, 0, place, (0.02, 0.98), seed)]
        return sum(heights) / len(heights)

    plain = mean_height("a cow in a meadow")
    assert mean_height("close-up of a cow in a meadow") > 1.3 * plain
    assert mean_height("aerial view of a cow in a meadow") < 0.8 * plain


def test_a_portrait_is_never_a_small_bust_on_the_floor() -> None:
    reading = asked((Prompt("portrait of an old man"),))
    for seed in (1, 2, 3, 4):
        place = places.place(reading, seed, 1.0, frozenset(), 1.0)
        assert min(spot.height for spot in things.spots(reading, 0, place, (0.02, 0.98), seed)) > 50
