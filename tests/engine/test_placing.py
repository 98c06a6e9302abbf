"""Where the words of a prompt put things: on the water or in the air, on a seat, beside each other, in their own place."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from helpers.studio.engines.painted.diffusion.plans import turned
from helpers.studio.engines.painted.interface import Spot
from helpers.studio.engines.painted.painting import (
    anchors,
    art,
    layout,
    painter,
    places,
    prompt,
    rules,
    sizes,
    things,
    together,
    vocabulary,
)
from helpers.studio.engines.painted.painting.asked import asked
from helpers.studio.engines.painted.painting.layout import Scene
from helpers.studio.engines.painted.painting.placement import Placement, from_far_to_near, spot_of
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


@pytest.mark.parametrize("mount", ["horse", "elephant", "bicycle"])
def test_people_sit_astride_and_animals_stand_on_the_back(mount: str) -> None:
    for seed in SEEDS:
        girl, ridden = both(f"a girl riding a {mount}", "girl", mount, seed)
        assert from_far_to_near(girl) < from_far_to_near(ridden)
        assert 0.04 < together.covered(girl, ridden) < 0.5
        cat, ridden = both(f"a cat riding a {mount}", "cat", mount, seed)
        assert from_far_to_near(cat) > from_far_to_near(ridden)
        assert together.covered(cat, ridden) < 0.2


@pytest.mark.parametrize(
    "text",
    [
        "an owl sits on a wizard's shoulder",
        "a wizard with an owl on his shoulder",
        "an owl on the shoulders of a wizard",
    ],
)
def test_who_sits_on_somebody_is_on_a_shoulder_and_beside_the_face(text: str) -> None:
    for seed in SEEDS:
        owl, wizard = both(text, "owl", "wizard", seed)
        assert owl.height < 0.3 * wizard.height
        assert owl.y == pytest.approx(place_on(wizard, "body")[1])
        assert 0 < abs(owl.x - place_on(wizard, "eyes")[0]) < 0.5 * wizard.width


def test_a_child_on_the_shoulders_looks_over_the_head() -> None:
    for seed in SEEDS:
        child, man = both("a child sitting on the shoulders of a man", "child", "man", seed)
        assert from_far_to_near(child) < from_far_to_near(man)
        assert place_on(child, "eyes")[1] < place_on(man, "head")[1]


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


def place_on(holder: Placement, name: str) -> tuple[float, float]:
    at = anchors.anchor(holder.drawing, name)
    return spot_of(holder, at.x, at.y)


def both(text: str, one: str, other: str, seed: int) -> tuple[Placement, Placement]:
    (first,), (second,) = placed(text, one, seed), placed(text, other, seed)
    return first, second


@pytest.mark.parametrize(
    ("text", "thing", "holder", "place"),
    [
        ("a girl wearing a hat", "hat", "girl", "head"),
        ("a running man wearing a hat", "hat", "man", "head"),
        ("a sleeping cat wearing a hat", "hat", "sleeping_cat", "head"),
        ("a fox wearing a scarf", "scarf", "fox", "neck"),
        ("a king holding a sword", "sword", "king", "hand"),
        ("a woman holding a rose", "rose", "woman", "hand"),
    ],
)
def test_what_somebody_wears_and_holds_is_on_its_place(text: str, thing: str, holder: str, place: str) -> None:
    flips = set()
    for seed in range(12):
        one, who = both(text, thing, holder, seed)
        data = anchors.of(one.drawing)
        assert spot_of(one, *data["grip" if place == "hand" else "at"]) == pytest.approx(place_on(who, place))
        flips.add(who.flip)
    assert len(flips) == 2


def test_all_that_is_held_or_worn_says_where() -> None:
    for item in vocabulary.entries().values():
        for drawing in item.data["art"] if {"held", "worn"} & item.data.keys() else ():
            assert {"on", "grip"} & anchors.of(drawing).keys(), drawing
        for drawing in item.data["art"] if "hands" in item.data else ():
            assert {"head", "eyes", "mouth"} <= anchors.of(drawing).keys(), drawing


def test_a_hat_leans_with_its_head() -> None:
    for seed in SEEDS:
        hat, girl = both("a running girl wearing a hat", "hat", "girl", seed)
        upright = spot_of(replace(girl, lean=0.0), anchors.anchor(girl.drawing, "head").x, 4.0)
        forward = (place_on(girl, "head")[0] - upright[0]) * (-1 if girl.flip else 1)
        assert forward > 0.1 * girl.height
        assert hat.lean == girl.lean


def test_what_is_in_front_of_somebody_is_where_he_looks() -> None:
    for seed in SEEDS:
        ball, dog = both("a ball in front of a dog", "ball", "dog", seed)
        assert (ball.x < dog.x) == dog.flip


def test_a_hat_is_as_wide_as_the_head_that_wears_it() -> None:
    shares = []
    for who in ("woman", "girl", "cat"):
        hat, wearer = both(f"a {who} wearing a hat", "hat", who, 2)
        shares.append(hat.width / (anchors.anchor(wearer.drawing, "head").width * wearer.height))
    assert shares == pytest.approx(shares[:1] * 3)


def test_anything_can_wear_a_hat() -> None:
    hat, house = both("a house wearing a hat", "hat", "house", 2)
    assert house.box[0] < hat.x / 100 < house.box[2]
    assert hat.box[1] < house.box[1] < hat.box[3]


def test_two_things_are_held_in_two_hands_and_three_balloons_in_one_apart() -> None:
    made = scene("a woman holding an umbrella and a rose", 2).placements
    assert len({round(place_on(p, "hand")[0]) for p in made if p.entry == "woman"}) == 1
    spots = [spot_of(p, *anchors.of(p.drawing)["grip"]) for p in made if p.entry != "woman"]
    assert abs(spots[0][0] - spots[1][0]) > 3
    balloons = placed("a girl holding three balloons", "balloon", 2)
    assert len({p.lean for p in balloons}) == len({round(p.x, 3) for p in balloons}) == 3


def test_a_dress_that_somebody_is_drawn_in_takes_its_colour_there() -> None:
    (girl,) = scene("a girl wearing a blue dress", 2).placements
    assert (girl.entry, girl.colour) == ("girl", placed("a blue ball", "ball", 2)[0].colour)
    assert {p.entry for p in scene("a robot wearing a blue dress", 2).placements} == {"robot", "dress"}
    assert [p.entry for p in scene("a snowman wearing a hat and a red scarf", 2).placements] == ["snowman"]


@pytest.mark.parametrize(
    ("text", "one", "other", "first"),
    [
        ("a cat behind a tree", "cat", "tree", True),
        ("a fox behind a rock", "fox", "rock", True),
        ("a ball in front of a dog", "ball", "dog", False),
        ("a man in front of a car", "man", "car", False),
    ],
)
def test_what_is_behind_or_in_front_of_another_is_partly_there_with_it(
    text: str, one: str, other: str, first: bool
) -> None:
    for seed in SEEDS:
        thing, of = both(text, one, other, seed)
        assert (from_far_to_near(thing) < from_far_to_near(of)) == first
        assert thing.box[0] < of.box[2]
        assert thing.box[2] > of.box[0]
        hidden = together.covered(thing, of) if first else together.covered(of, thing)
        assert 0 < hidden < 0.62


@pytest.mark.parametrize("text", ["a dog under a table", "a dog under a tree", "a cat under an umbrella"])
def test_what_is_under_another_is_at_its_foot_and_within_its_width(text: str) -> None:
    for seed in SEEDS:
        thing, of = sorted(scene(text, seed).placements, key=lambda p: p.height)
        assert of.box[0] < thing.x / 100 < of.box[2]
        assert of.y - 1 < thing.y < of.y + 3
        assert thing.box[1] > of.box[1]


def test_what_is_beside_another_nearly_touches_it_on_the_same_ground() -> None:
    for seed in SEEDS:
        cat, dog = both("a cat beside a dog", "cat", "dog", seed)
        gap = max(dog.box[0] - cat.box[2], cat.box[0] - dog.box[2])
        assert abs(gap) < 0.05
        assert abs(cat.y - dog.y) < 1
        assert cat.footing == dog.footing


def test_what_is_in_a_bucket_stands_out_of_it() -> None:
    for seed in SEEDS:
        cat, bucket = both("a cat in a bucket", "cat", "bucket", seed)
        assert bucket.box[0] < cat.x / 100 < bucket.box[2]
        assert cat.rim is not None
        assert cat.rim[1] - 0.75 * cat.height < cat.y - 0.5 * cat.height < cat.rim[1]


def test_what_is_above_another_does_not_touch_it() -> None:
    for seed in SEEDS:
        bird, house = both("a bird above a house", "bird", "house", seed)
        assert bird.box[3] < house.box[1]


def every_picture(text: str) -> Iterator[tuple[bool, tuple[Placement, ...]]]:
    """Yield where the first group of a prompt may stand in one place, and whether its picture is mirrored."""
    reading = asked((Prompt(text),))
    place = places.place(reading, 1, 1.0, frozenset(), 1.0)
    cuts = things.cutouts(reading, 0, 32, 1.0, False)
    spots = things.spots(reading, 0, place, (0.02, 0.98), 1)
    for way in turned([(cut, 0.0) for cut in cuts], spots, (32, 32)):
        for mirrored in (False, True):
            yield mirrored, things.staged(place, [way.choice], mirrored).placements


@pytest.mark.parametrize(
    ("text", "left"), [("a cat to the left of a dog", "cat"), ("a cat to the right of a dog", "dog")]
)
def test_left_and_right_of_another_are_kept_in_every_picture(text: str, left: str) -> None:
    for mirrored, made in every_picture(text):
        first, _ = sorted(made, key=lambda p: -p.x if mirrored else p.x)
        assert first.entry == left


@pytest.mark.parametrize("text", ["a stop sign", "a girl beside a stop sign", "a stop sign behind a dog"])
def test_letters_read_right_in_every_picture(text: str) -> None:
    for mirrored, made in every_picture(text):
        assert {p.flip for p in made if p.entry == "stop_sign"} == {mirrored}


def test_a_sweater_fits_whoever_wears_it() -> None:
    plain, tiny = (both(f"a hamster wearing a {size} sweater", "sweater", "hamster", 2) for size in ("red", "tiny"))
    assert plain[0].width / plain[1].width == pytest.approx(tiny[0].width / tiny[1].width)


def test_who_wears_clothes_is_drawn_with_a_body_for_them() -> None:
    for seed in SEEDS:
        (bear,) = placed("a bear in a raincoat", "bear", seed)
        assert anchors.has(bear.drawing, "body")


def test_what_several_wear_who_cannot_is_left_out_of_the_reading() -> None:
    assert [m.entry for m in asked((Prompt("a horse in a red coat and a sweater and a hat"),)).objects] == [
        "horse",
        "hat",
    ]


@pytest.mark.parametrize("flip", [False, True])
def test_a_group_keeps_together_wherever_it_is_carried(flip: bool) -> None:
    reading = asked((Prompt("a girl wearing a hat behind a rock"),))
    place = places.place(reading, 1, 1.0, frozenset(), 1.0)
    for cut in things.cutouts(reading, 0, 32, 1.0, False):
        hat, girl, rock = things.staged(place, [(cut, Spot(60.0, 80.0, 21.0, flip))], False).placements[::-1]
        hat, girl, rock = (next(p for p in (hat, girl, rock) if p.entry == entry) for entry in ("hat", "girl", "rock"))
        assert spot_of(hat, *anchors.of(hat.drawing)["at"]) == pytest.approx(place_on(girl, "head"))
        assert hat.base == girl.base == rock.base == (rock.x, rock.y)
        assert rock.height == pytest.approx(21)
        assert from_far_to_near(girl) < from_far_to_near(hat) < from_far_to_near(rock)
        assert hat.depth == girl.depth == rock.depth


@pytest.mark.parametrize("text", ["five cats in a meadow", "four birds in the sky", "three elephants", "两只狗"])
def test_each_of_a_few_is_there_and_no_other_hides_half_of_it(text: str) -> None:
    (mention,) = prompt.read((Prompt(text),)).of("object")
    for seed in SEEDS:
        made = [p for p in scene(text, seed).placements if p.entry == mention.entry]
        assert len(made) == mention.count
        for p, q in itertools.combinations(made, 2):
            across = min(p.box[2], q.box[2]) - max(p.box[0], q.box[0])
            down = min(p.box[3], q.box[3]) - max(p.box[1], q.box[1])
            area = (p.box[2] - p.box[0]) * (p.box[3] - p.box[1])
            assert max(across, 0) * max(down, 0) < 0.55 * area


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


def test_furniture_that_the_prompt_names_is_not_in_the_room_twice() -> None:
    def shows_its_own(text: str) -> bool:
        place = replace(places.place(asked((Prompt(text),)), 1, 1.0, frozenset(), 1.0), variants=("sofa",))
        return not np.array_equal(
            painter.paint(place, 64, 64), painter.paint(replace(place, furnished=("sofa",)), 64, 64)
        )

    assert shows_its_own("a cat in the living room")
    assert not shows_its_own("a cat on a sofa in the living room")


def heights(text: str, thing: int) -> list[float]:
    """Of a thing's main part in some places."""
    reading, found = asked((Prompt(text),)), list[float]()
    for seed in (1, 2, 3):
        place = places.place(reading, seed, 1.0, frozenset(), 1.0)
        count = len(reading.things)
        territory = (0.02 + 0.96 * thing / count, 0.02 + 0.96 * (thing + 1) / count)
        found += [spot.height for spot in things.spots(reading, thing, place, territory, seed)]
    return sorted(found)


@pytest.mark.parametrize("text", ["a hamster in a room", "a snail in a garden", "a deer and a train", "一只兔子"])
def test_what_is_named_first_is_seen_at_once(text: str) -> None:
    found = heights(text, 0)
    assert found[0] > 18
    assert found[len(found) // 2] > 28


def test_what_the_prompt_calls_small_or_far_may_be_small() -> None:
    assert heights("a tiny house in a meadow", 0)[0] < heights("a house in a meadow", 0)[0]
    assert heights("a house far away in a meadow", 0)[0] < 0.7 * heights("a house in a meadow", 0)[0]


def test_what_is_named_next_is_as_large_beside_the_first_as_it_should_be_and_never_tiny() -> None:
    assert heights("a snail and a mushroom", 1)[0] > 11
    mouse, elephant = heights("a mouse and an elephant", 0), heights("a mouse and an elephant", 1)
    assert elephant[len(elephant) // 2] > mouse[len(mouse) // 2] * 0.8


@pytest.mark.parametrize(("text", "entry"), [("a red car driving on a road", "car"), ("a racing bus", "bus")])
def test_what_does_not_live_neither_leans_nor_jumps_and_the_words_say_so(text: str, entry: str) -> None:
    for seed in SEEDS:
        (car,) = placed(text, entry, seed)
        assert (car.lean, car.lift, car.squash) == (0, 0, 1)
    assert [word.changes for word in asked((Prompt(text),)).words if word.text in ("driving", "racing")] == [False]


def test_a_window_hangs_on_a_wall_in_place_of_the_rooms_own_and_nowhere_else() -> None:
    room = asked((Prompt("a cat in a room with a window"),))
    assert [thing.entry for thing in room.things] == ["cat", "house_window"]
    assert places.place(room, 1, 1.0, frozenset(), 1.0).hung
    assert not places.place(asked((Prompt("a cat in a room"),)), 1, 1.0, frozenset(), 1.0).hung
    meadow = asked((Prompt("a house in a meadow, a window and a dog behind a tree"),))
    assert [o.entry for o in meadow.objects] == ["house", "dog", "tree"]
    assert meadow.objects[1].of == 1
    assert {w.text: w.changes for w in meadow.words} == {
        "house": True, "meadow": True, "window": False, "dog": True, "behind": True, "tree": True
    }  # fmt: skip


def test_a_window_brings_a_room_to_somebody_and_none_to_a_house() -> None:
    assert vocabulary.entry(scene("a portrait of a woman and a window", 1).base).data.get("indoor")
    assert not vocabulary.entry(scene("a house, big windows", 1).base).data.get("indoor")


def test_people_stand_by_a_table_and_not_on_it() -> None:
    assert scene("a cake and a woman", 1).base == "room"
    assert scene("a cake and a cup", 1).base == "tabletop"


def test_the_moon_is_seen_in_a_glade_and_the_words_say_where_it_is_not() -> None:
    assert all(scene("a full moon above a forest", seed).variants == ("glade",) for seed in SEEDS)
    assert [w.changes for w in asked((Prompt("a full moon in a room"),)).words] == [False, True]
    assert all(w.changes for w in asked((Prompt("a full moon above a meadow"),)).words)


@pytest.mark.parametrize("text", ["a kitchen with a clock on the wall", "a picture frame on the wall of a bedroom"])
def test_what_is_on_the_wall_of_a_room_brings_no_wall_of_its_own(text: str) -> None:
    reading = asked((Prompt(text),))
    assert [vocabulary.entry(o.entry).data["stands"] for o in reading.objects] == ["wall"]
    assert reading.objects[0].mount == 0
    assert next(w.changes for w in reading.words if w.text == "wall")
    assert asked((Prompt("a cat on a wall"),)).objects[0].mount == 1


def middle(text: str, thing: int = 0) -> float:
    found = heights(text, thing)
    return found[len(found) // 2]


@pytest.mark.parametrize("text", ["a bowl of soup", "an ice cream cone", "a plate", "a bottle", "a cake in a kitchen"])
def test_one_thing_on_a_table_fills_the_picture(text: str) -> None:
    assert heights(text, 0)[0] > 40
    assert middle(text) < 66


def test_two_things_on_a_table_are_large_and_in_proportion() -> None:
    assert 30 < middle("a cup and a plate") < 50
    assert middle("a bottle and a key", 1) < 0.6 * middle("a bottle and a key")


@pytest.mark.parametrize("text", ["a woman in the kitchen", "an old man", "a cat in a room", "a robot in the city"])
def test_who_is_alone_is_a_third_of_the_height_in_most_pictures(text: str) -> None:
    assert middle(text) > 32


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("a woman and a camera", 0.4),
        ("a dancer and shoes", 0.4),
        ("a hen and an egg", 0.6),
    ],
)
def test_what_stands_beside_another_is_as_large_as_beside_it(text: str, most: float) -> None:
    assert 8 < middle(text, 1) < most * middle(text)


def test_what_is_named_first_is_smaller_beside_what_is_much_larger() -> None:
    assert 18 < middle("a cat and a windmill") < 0.7 * middle("a cat")
    assert middle("a cat and a windmill") < middle("a cat and a windmill", 1)


def test_what_is_much_larger_than_the_first_stands_behind_it() -> None:
    def lowest(thing: int) -> float:
        reading = asked((Prompt("a cat and a windmill"),))
        place = places.place(reading, 1, 1.0, frozenset(), 1.0)
        return max(spot.y for spot in things.spots(reading, thing, place, (0.02, 0.98), 1))

    assert lowest(1) < lowest(0)


@pytest.mark.parametrize(
    "text", ["a chef and a pizza", "a woman with a laptop in a cafe", "a cat and a cup in the kitchen"]
)
def test_things_of_the_table_get_a_table_in_a_room(text: str) -> None:
    reading = asked((Prompt(text),))
    small = next(i for i, o in enumerate(reading.objects) if vocabulary.entry(o.entry).data.get("stands") == "table")
    group = next(g for g in reading.groups if small in g)
    assert reading.root(group).entry == "table"
    made = layout.compose(reading.reading, 2, 1.0).placements
    (thing,), (table,) = ([p for p in made if p.mention == i] for i in (small, len(reading.objects) - 1))
    assert table.box[0] < thing.x / 100 < table.box[2]
    assert thing.y == pytest.approx(place_on(table, "top")[1])
    assert thing.height > 0.25 * table.height


def test_the_prompts_own_table_is_the_one_that_things_stand_on() -> None:
    reading = asked((Prompt("a girl beside a round table, a cup"),))
    assert [o.entry for o in reading.objects] == ["girl", "table", "cup"]
    assert reading.root(reading.groups[-1]).entry in ("table", "girl")
    assert len([o for o in reading.objects if o.entry == "table"]) == 1
    near = asked((Prompt("a table with a roast turkey and candles"),))
    assert [o.entry for o in near.objects] == ["turkey", "candle"]
    assert all(word.changes for word in near.words if word.text != "roast")


def test_things_of_the_table_are_seen_on_a_near_one_before_their_room() -> None:
    reading = asked((Prompt("a birthday cake in a kitchen"),))
    place = places.place(reading, 1, 1.0, frozenset(), 1.0)
    assert place.laid
    assert not np.array_equal(painter.paint(place, 64, 64), painter.paint(replace(place, laid=False), 64, 64))
    for spot in things.spots(reading, 0, place, (0.02, 0.98), 1):
        assert spot.y > place.horizon + 0.4 * (100 - place.horizon)
    assert not places.place(asked((Prompt("a woman in a kitchen"),)), 1, 1.0, frozenset(), 1.0).laid


def test_large_things_bring_no_tabletop() -> None:
    assert not vocabulary.entry(scene("boots next to a door", 1).base).data.get("close")
    assert not vocabulary.entry(scene("a cake and a dog", 1).base).data.get("close")


@pytest.mark.parametrize("text", ["a black cat behind a white curtain", "a dog beside a mirror", "一只猫在镜子旁边"])
def test_who_is_beside_what_hangs_on_the_wall_stands_on_the_floor(text: str) -> None:
    reading = asked((Prompt(text),))
    place = places.place(reading, 1, 1.0, frozenset(), 1.0)
    assert len(reading.groups) == 2
    for spot in things.spots(reading, 0, place, (0.02, 0.98), 1):
        assert spot.y > place.horizon


def test_other_prompts_have_other_tables_in_the_same_seeds() -> None:
    def tables(text: str) -> set[str]:
        reading = asked((Prompt(text),))
        made = [places.place(reading, seed, 1.0, frozenset(), 1.0) for seed in (1, 2, 3, 4)]
        return {painter.stage_of(place, fine=False).variant for place in made}

    kinds = [tables(text) for text in ("a cup", "a bowl of soup", "sushi", "a treasure map", "a camera")]
    assert len(set().union(*kinds)) >= 8
    assert len({frozenset(one) for one in kinds}) > 3
    assert tables("a cup") == tables("a cup")


def test_all_sizes_are_of_things_of_the_vocabulary() -> None:
    assert sizes.table()["cup"] < sizes.table()["table"] < sizes.table()["windmill"]
    with pytest.raises(ValueError, match="cupp"):
        rules.check_sizes({"cupp": 8.0}, {"cup"})
