"""What became of each word is told of the finished picture: what adherence lost, an init image kept out or another thing hides."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from helpers.studio import DRAWN, NOT_DRAWN
from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.diffusion.trace import PaintedTrace
from helpers.studio.engines.painted.engine import PaintedEngine
from helpers.studio.engines.painted.interface import Spot
from helpers.studio.engines.painted.painting.asked import asked
from helpers.studio.engines.painted.painting.things import cutouts
from helpers.studio.protocol import MAX_WORDS, EngineResult, Prompt
from tests.engine import toy
from tests.engine.asked import task_of

SIDE = 128
SEEDS = range(1, 13)
INIT = np.full((SIDE, SIDE, 3), (90, 120, 60), np.uint8)
INIT[:50] = (120, 170, 230)
INIT[60:110, 40:90] = (230, 40, 200)
"""A field under the sky, and a thing on it."""


def make(*prompts: Any, engine: PaintedEngine | None = None, **fields: Any) -> EngineResult:
    sizes = {"width": SIDE, "height": SIDE, "seed": 5, "steps": 10}
    return (engine or toy.engine()).generate(task_of(*prompts, **(sizes | fields)), trace=True)


def told(*prompts: Any, **fields: Any) -> dict[str, str]:
    return dict(make(*prompts, **fields).words)


def lost_and_met(word: str, *prompts: Any, **fields: Any) -> list[tuple[bool, PaintedTrace]]:
    """For some seeds whether a word is told as drawn, and what the picture shows; both must happen."""
    found = []
    for seed in SEEDS:
        made = make(*prompts, seed=seed, **fields)
        assert isinstance(made.trace, PaintedTrace)
        found.append((dict(made.words)[word] == DRAWN, made.trace))
    assert {is_drawn for is_drawn, _ in found} == {True, False}
    return found


def hole(top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[top : top + height, left : left + width] = 255
    return mask


def test_all_that_the_picture_shows_is_drawn_in_the_order_of_the_prompt() -> None:
    words = make("beach with a blue ball left and a crate", "night vivid").words
    assert words == tuple((word, DRAWN) for word in ("beach", "blue", "ball", "left", "crate", "night", "vivid"))


def test_words_that_are_not_known_are_not_among_them() -> None:
    assert make("flurb beach").words == (("beach", DRAWN),)


def test_a_thing_that_a_negative_prompt_removes_is_not_drawn() -> None:
    assert told("beach with a ball and a crate", ("ball", -1.0)) == {"beach": DRAWN, "ball": NOT_DRAWN, "crate": DRAWN}


def test_what_only_a_negative_prompt_names_is_not_listed() -> None:
    assert told("beach", ("crate night", -1.0)) == {"beach": DRAWN}


def test_where_little_speaks_for_a_thing_each_picture_is_told_by_what_it_shows() -> None:
    for is_drawn, trace in lost_and_met("ball", "beach with a ball", cfg_scale=0.3):
        assert is_drawn == (dict(trace.choices)["ball"] is not None)


def test_where_little_speaks_for_a_light_each_picture_is_told_by_what_it_shows() -> None:
    for is_drawn, trace in lost_and_met("night", "beach night", cfg_scale=0.6):
        assert is_drawn == trace.place.night


def test_a_named_place_that_is_another_is_not_drawn() -> None:
    for is_drawn, trace in lost_and_met("beach", "beach with a ball", cfg_scale=0.5):
        strays = [thing.entry for thing in trace.place.things]
        assert is_drawn == (strays != [toy.STRAY])


def test_a_thing_in_another_colour_is_drawn_and_its_colour_is_not() -> None:
    prompt = "beach with a blue ball"
    for is_drawn, trace in lost_and_met("blue", prompt, cfg_scale=1.0, width=64, height=64):
        chosen = dict(trace.choices)["ball"]
        assert is_drawn == (chosen is not None and chosen[0].drawn.colour == toy.COLOURS["blue"])


def test_a_thing_on_another_side_is_drawn_and_its_side_is_not() -> None:
    for is_drawn, trace in lost_and_met("left", "beach with a ball left", cfg_scale=1.0):
        boxes = [thing.box for thing in trace.placements if thing.entry == "ball"]
        assert is_drawn == any((box[0] + box[2]) / 2 <= 0.45 for box in boxes)


def test_without_guidance_moods_are_not_drawn() -> None:
    assert told("beach vivid", cfg_scale=0)["vivid"] == NOT_DRAWN


def test_a_mood_that_a_negative_prompt_cancels_is_not_drawn() -> None:
    assert told("beach vivid", ("vivid", -1.0))["vivid"] == NOT_DRAWN


def test_a_prompt_of_weight_0_draws_nothing_and_the_best_of_two_prompts_counts() -> None:
    assert told("beach", ("ball night", 0.0)) == {"beach": DRAWN, "ball": NOT_DRAWN, "night": NOT_DRAWN}
    assert make(("ball", 0.0), "ball", "ball").words == (("ball", DRAWN),)


def test_a_word_that_another_drawing_stands_for_says_so_where_it_is_drawn() -> None:
    assert told("beach with a globe") == {"beach": DRAWN, "globe": "stand-in:ball"}
    assert told("beach with a globe", ("globe", -1.0))["globe"] == NOT_DRAWN


def test_at_most_so_many_words_are_told_of() -> None:
    painter = replace(toy.PAINTER, read=lambda prompts: replace(toy.read(prompts), heard=HEARD))
    assert [word for word, _ in make("beach", engine=PaintedEngine(painter, "toy")).words] == [
        word for word, *_ in HEARD[:MAX_WORDS]
    ]


HEARD = tuple((f"beach{n}", "beach", 1.0) for n in range(MAX_WORDS + 6))


@pytest.mark.parametrize(
    ("ball", "is_seen"),
    [
        (Spot(20.0, 60.0, 16.0), True),
        (Spot(64.0, 80.0, 16.0), False),  # behind the crate
        (Spot(64.0, 98.0, 16.0), True),  # before it
        (Spot(-27.0, 60.0, 60.0), False),  # but for a sliver out of the picture
        (Spot(20.0, 60.0, 1.0), False),  # too small to be seen
    ],
)
def test_a_thing_of_which_nothing_is_to_be_seen_is_not_drawn(ball: Spot, is_seen: bool) -> None:
    def spots(reading: Any, thing: int, *_: Any) -> tuple[Spot, ...]:
        return (Spot(64.0, 95.0, 60.0),) if thing else (ball,)

    engine = PaintedEngine(replace(toy.PAINTER, spots=spots), "toy")
    words = told("beach with a ball and a crate", engine=engine, width=256, height=256)
    assert words == {"beach": DRAWN, "ball": DRAWN if is_seen else NOT_DRAWN, "crate": DRAWN}


@pytest.mark.parametrize(
    ("strength", "drawn"),
    [
        (0.97, set[str]()),
        (0.75, {"night", "pale"}),
        (0.58, {"night", "pale"}),
        (0.47, {"night", "pale", "ball"}),
        (0.2, {"night", "pale", "ball", "beach"}),
    ],
)
def test_what_an_init_image_may_show_is_not_told_until_it_is_replaced(strength: float, drawn: set[str]) -> None:
    words = told("beach with a ball night pale", init_image=INIT, schedule_start=1 - strength)
    assert words == {word: DRAWN for word in words}
    assert set(words) == drawn


def test_a_thing_that_a_redrawn_init_image_has_not_got_is_not_drawn() -> None:
    prompts = "ball and a crate", ("crate", -1.0)
    assert told(*prompts, init_image=INIT, schedule_start=0.53) == {"ball": DRAWN, "crate": NOT_DRAWN}


def test_an_init_image_or_a_mask_that_lets_nothing_change_leaves_nothing_to_tell() -> None:
    assert told("beach with a globe pale", init_image=INIT, schedule_start=0.0) == {}
    assert told("beach with a globe pale", init_image=INIT, mask=hole(0, 0, 0, 0)) == {}
    assert told("beach with a globe pale", init_image=INIT, mask=np.full((SIDE, SIDE), 9, np.uint8)) == {}


def test_a_filled_hole_shows_the_things_and_their_mood() -> None:
    assert told("ball pale", init_image=INIT, mask=hole(64, 40, 48, 48)) == {"ball": DRAWN, "pale": DRAWN}
    assert told("pale", init_image=INIT, mask=hole(64, 40, 48, 48)) == {"pale": NOT_DRAWN}


def test_a_hole_in_which_a_place_is_made_shows_the_place() -> None:
    assert told("beach", init_image=INIT, mask=hole(32, 0, 96, SIDE)) == {"beach": DRAWN}


def test_a_hole_that_is_too_small_shows_neither_thing_nor_place() -> None:
    words = told("beach with a ball", init_image=INIT, mask=hole(64, 64, 3, 3))
    assert words == {"ball": NOT_DRAWN}


def test_what_an_init_image_keeps_in_a_hole_is_not_told() -> None:
    words = told("beach with a ball pale", init_image=INIT, mask=hole(64, 40, 48, 48), schedule_start=0.05)
    assert words == {}


def test_a_new_sky_in_a_hole_shows_its_light() -> None:
    assert told("night", init_image=INIT, mask=hole(0, 0, 64, SIDE)) == {"night": DRAWN}


def test_the_painter_says_which_words_are_colours_and_sides_and_which_moods_are_cancelled() -> None:
    words = {said.text: said for said in asked((Prompt("a red car on the left, moody"), Prompt("moody", -1.0))).words}
    assert (words["red"].says, words["car"].says, words["on the left"].says) == ("colour", None, "place")
    assert words["red"].thing == words["car"].thing == words["on the left"].thing == 0
    assert [text for text, said in words.items() if not said.changes] == ["moody"]
    says = [said.says for said in asked((Prompt("一只红色的猫在左边"),)).words if said.says]
    assert says == ["colour", "place"]
    assert not any(said.says for said in asked((Prompt("a car in the distance, a castle"),)).words)


def test_the_painter_says_which_words_act_on_any_picture() -> None:
    kinds = [word.acts for word in asked((Prompt("a beach at sunset in winter with a rainbow, oil painting"),)).setting]
    assert kinds == ["place", "light", "light", "place", "style"]


def test_the_painters_own_drawings_in_other_colours_say_so() -> None:
    reading = asked((Prompt("a red car"),))
    for off_colour in (False, True):
        assert {cut.off_colour for cut in cutouts(reading, 0, 16, 1.0, off_colour)} == {off_colour}


@pytest.fixture(scope="module")
def painter_engine() -> PaintedEngine:
    engine = create()
    assert isinstance(engine, PaintedEngine)
    return engine


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a red car", set()),
        ("a red swing", {"red"}),  # but for its seat
        ("a green temple", {"green"}),
        ("a girl with red hair", set()),
        ("a woman with a necklace in a park, wide shot", {"necklace", "wide shot"}),
        ("a close-up of a cat", {"close-up of"}),
        ("a woman wearing a necklace in a park, wide shot", {"wearing", "necklace", "wide shot"}),
        ("a giant bear", set()),
        ("a little castle", {"little"}),
        ("a tiny house in a jar", {"in"}),
        ("江南水乡", set()),
        ("a knight with a blue sword", {"blue"}),
        ("a bride holding her shoes", {"holding"}),
        ("two cats behind a tree", set()),
        ("a cat inside a car", {"inside"}),
        ("a cat under a lamp", {"under"}),
        ("a cat under a tree", set()),
    ],
)
def test_an_attribute_that_nobody_would_see_is_not_drawn(
    painter_engine: PaintedEngine, text: str, missing: set[str]
) -> None:
    words = told(text, engine=painter_engine)
    assert {word for word, outcome in words.items() if outcome == NOT_DRAWN} == missing


def test_of_two_dogs_the_big_one_is_larger_or_neither_is_said_to_be(painter_engine: PaintedEngine) -> None:
    found = set()
    for seed in SEEDS:
        made = make("a small dog and a big dog", engine=painter_engine, seed=seed)
        assert isinstance(made.trace, PaintedTrace)
        dogs = [choice for name, choice in made.trace.choices if name == "dog"]
        heights = {cut.drawn.root.mention: spot.height for cut, spot in dogs}
        is_so = dict(made.words)["small"] == dict(made.words)["big"] == DRAWN
        assert is_so == (1.15 * heights[0] <= heights[1])
        found.add(is_so)
    assert True in found


def test_what_is_covered_by_another_of_its_group_is_little_to_be_seen() -> None:
    (cut, *_) = cutouts(asked((Prompt("a boy in a helmet and a hat"),)), 0, 64, 1.0, False)
    (alone, *_) = cutouts(asked((Prompt("a boy in a helmet"),)), 0, 64, 1.0, False)
    assert cut.parts[1] < 0.9 * alone.parts[1]
