"""Axes and the tiles they span: what they change, what they are called, and everything wrong with them said at once."""

import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import helpers
from helpers.errors import BodyError, UnknownModelError, WorkshopWarning

BODY = helpers.text_to_image("a serene beach at sunset", negative_prompt="dull colours", seed=5)


@pytest.fixture(autouse=True)
def own_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path))


def bodies_of(sweep: helpers.Sweep, *fields: str) -> list[Any]:
    return [tuple(tile.body.get(field) for field in fields) for tile in sweep.tiles]


# ---- what an axis changes -------------------------------------------------------------------------------------------


def test_every_combination_comes_once_and_the_last_axis_turns_fastest() -> None:
    sweep = helpers.Sweep(BODY, cfg_scale=[15, 1], seed=[3, 1, 2])
    assert bodies_of(sweep, "cfg_scale", "seed") == [(15, 3), (15, 1), (15, 2), (1, 3), (1, 1), (1, 2)]
    assert [(axis.name, axis.labels, axis.values) for axis in sweep.axes] == [
        ("cfg_scale", ("15", "1"), (15, 1)),
        ("seed", ("3", "1", "2"), (3, 1, 2)),
    ]
    assert sweep.tiles[1].label == "cfg_scale: 15, seed: 1"
    assert len({tile.key for tile in sweep.tiles}) == 6
    assert BODY["seed"] == 5, "the body that was given is left as it is"


def test_values_come_as_lists_ranges_arrays_and_texts() -> None:
    def values(given: Any) -> tuple[Any, ...]:
        return helpers.Sweep(BODY, cfg_scale=given).axes[0].values

    assert values("1-10 (+3)") == (1, 4, 7, 10)
    assert values(range(1, 4)) == (1, 2, 3)
    assert values(np.linspace(0.1, 0.3, 3)) == (0.1, 0.2, 0.3)
    assert values(number for number in (2, 4)) == (2, 4)
    assert values(7) == (7,)


def test_binary_noise_in_values_is_no_part_of_what_is_sent_or_shown() -> None:
    sweep = helpers.Sweep(BODY, cfg_scale=[0.1 + 0.2, 0.1 * 3 + 6.7])
    assert sweep.axes[0].labels == ("0.3", "7")
    assert bodies_of(sweep, "cfg_scale") == [(0.3,), (7.0,)]


def test_a_path_reaches_into_the_body_and_leaves_its_neighbours_alone() -> None:
    sweep = helpers.Sweep(BODY, helpers.axis("text_prompts[1].weight", [-1.0, -0.5]))
    prompts = [tile.body["text_prompts"] for tile in sweep.tiles]
    assert [(one[0]["text"], one[1]["weight"]) for one in prompts] == [
        ("a serene beach at sunset", -1.0),
        ("a serene beach at sunset", -0.5),
    ]
    assert BODY["text_prompts"][1]["weight"] == -1.0


def test_none_leaves_a_field_out() -> None:
    sweep = helpers.Sweep(BODY, style_preset=[None, "anime"])
    assert ["style_preset" in tile.body for tile in sweep.tiles] == [False, True]
    assert sweep.axes[0].labels == ("none", "anime")


def test_a_swap_changes_every_prompt_that_holds_the_words() -> None:
    body = helpers.text_to_image("a beach, a wide beach", negative_prompt="a crowded beach, people", seed=1)
    sweep = helpers.Sweep(body, helpers.swap("beach", ["beach", "森林"]))
    assert [[prompt["text"] for prompt in tile.body["text_prompts"]] for tile in sweep.tiles] == [
        ["a beach, a wide beach", "a crowded beach, people"],
        ["a 森林, a wide 森林", "a crowded 森林, people"],
    ]
    assert sweep.tiles[1].label == "beach: 森林"


def test_a_swap_given_as_text_is_a_list_of_words_and_no_range() -> None:
    assert helpers.swap("beach", "1-3 sheep, 7").axis.values == ("1-3 sheep", "7")


def test_fields_that_move_together_make_one_axis() -> None:
    sweep = helpers.Sweep(BODY, helpers.together(width=[512, 768], height=[768, 512]))
    assert bodies_of(sweep, "width", "height") == [(512, 768), (768, 512)]
    assert (sweep.axes[0].name, sweep.axes[0].labels) == ("size", ("512 × 768", "768 × 512"))
    named = helpers.together("effort", cfg_scale="1-3 (+2)", steps=[10, 50])
    assert (named.axis.name, named.axis.labels) == ("effort", ("cfg_scale 1, steps 10", "cfg_scale 3, steps 50"))


def test_prompts_may_be_swept_by_the_names_that_text_to_image_has() -> None:
    sweep = helpers.Sweep(BODY, prompt=["a forest, at dawn", "a desert"], negative_prompt=[None, "fog"])
    assert [[prompt["text"] for prompt in tile.body["text_prompts"]] for tile in sweep.tiles] == [
        ["a forest, at dawn"],
        ["a forest, at dawn", "fog"],
        ["a desert"],
        ["a desert", "fog"],
    ]


def test_pictures_may_be_swept_and_are_called_by_their_files(tmp_path: Path) -> None:
    path = tmp_path / "sea.png"
    Image.new("RGB", (512, 512), "teal").save(path)
    body = helpers.image_to_image("a beach", Image.new("RGB", (512, 512)), seed=1)
    sweep = helpers.Sweep(body, init_image=[path, Image.new("RGB", (320, 512), "red")])
    assert sweep.axes[0].labels == ("sea.png", "picture 2")
    assert helpers.to_image(sweep.tiles[0].body["init_image"]).getpixel((0, 0)) == (0, 128, 128)
    assert sweep.tiles[0].key != sweep.tiles[1].key, "the key knows a picture by its bytes"


def test_the_registry_that_is_called_still_makes_an_axis_and_says_how_it_is_written_now() -> None:
    with pytest.warns(WorkshopWarning, match="model="):
        chosen = helpers.models(["sdxl", "core"])  # type: ignore[operator]
    assert [model.roles[0] for model in chosen] == ["sdxl", "core"]
    assert helpers.Sweep(BODY, chosen).axes == helpers.Sweep(BODY, model=["sdxl", "core"]).axes
    with pytest.raises(UnknownModelError), pytest.warns(WorkshopWarning):
        helpers.models(["sdlx"])  # type: ignore[operator]


def test_a_body_is_said_again_in_the_words_of_each_model_and_what_has_no_words_is_told() -> None:
    with pytest.warns(WorkshopWarning, match="Stable Image Core has no cfg_scale, steps"):
        sweep = helpers.Sweep(BODY, model=["sdxl", "core"])
    sdxl, core = sweep.tiles
    assert sdxl.body["text_prompts"][0]["text"] == core.body["prompt"] == "a serene beach at sunset"
    assert (core.body["seed"], core.model) == (5, helpers.models.get("core").id)
    assert sweep.axes[0].labels == ("SDXL 1.0", "Stable Image Core")


def test_tiles_that_ask_for_the_same_are_one_request_and_that_is_said() -> None:
    with pytest.warns(WorkshopWarning, match="1 of 4 tiles ask for the same as another one"):
        sweep = helpers.Sweep(BODY, model=["sdxl", "core"], cfg_scale=[1, 7])
    assert len({tile.key for tile in sweep.tiles}) == 3
    assert sweep.quote().calls == 3


def test_values_that_come_twice_are_taken_once_and_that_is_said() -> None:
    with pytest.warns(WorkshopWarning, match="cfg_scale: 2 of 5 values were there before"):
        sweep = helpers.Sweep(BODY, cfg_scale=[1, 7, 7.0, 1, 3])
    assert sweep.axes[0].values == (1, 7, 3)


def test_labels_are_never_alike() -> None:
    long = "a very " + "very " * 30
    sweep = helpers.Sweep(BODY, prompt=[f"{long} wide beach", f"{long} narrow beach"])
    assert len(set(sweep.axes[0].labels)) == 2


def test_a_request_has_one_key_however_its_numbers_are_written() -> None:
    whole, real = helpers.Sweep(BODY, cfg_scale=[7]), helpers.Sweep(BODY, cfg_scale=[7.0])
    assert whole.tiles[0].key == real.tiles[0].key
    assert helpers.Sweep(dict(reversed(BODY.items())), cfg_scale=[7]).tiles[0].key == whole.tiles[0].key


# ---- axes that meet in the prompts ----------------------------------------------------------------------------------


def prompts_of(sweep: helpers.Sweep) -> list[list[tuple[str, float]]]:
    return [[(one["text"], one.get("weight", 1)) for one in tile.body["text_prompts"]] for tile in sweep.tiles]


def test_a_weight_holds_whichever_way_round_it_is_swept_with_a_prompt() -> None:
    weight = helpers.axis("text_prompts[1].weight", [-0.25, -0.75])
    expected = [[("a lake", 1.0), ("fog", weighed)] for weighed in (-0.25, -0.75)]
    before = helpers.Sweep(BODY, weight, prompt=["a lake"], negative_prompt=["fog"])
    after = helpers.Sweep(
        BODY, helpers.axis("prompt", "a lake"), helpers.axis("negative_prompt", "fog"), weight, cfg_scale=[7]
    )
    assert prompts_of(before) == prompts_of(after) == expected
    assert before.tiles[1].label == "text_prompts[1].weight: -0.75, prompt: a lake, negative_prompt: fog"
    together = helpers.Sweep(BODY, helpers.together(**{"text_prompts[1].weight": [-0.25], "negative_prompt": ["fog"]}))
    assert prompts_of(together)[0][1] == ("fog", -0.25)


def test_words_are_swapped_in_the_prompt_that_another_axis_has_set() -> None:
    swap = helpers.swap("dog", ["cat", "owl"])
    sweep = helpers.Sweep(BODY, swap, prompt=["a dog", "two dogs"])
    assert [one[0][0] for one in prompts_of(sweep)] == ["a cat", "two cats", "a owl", "two owls"]
    assert sweep.tiles[0].label == "dog: cat, prompt: a dog", "labels keep the order of the axes"


def test_swaps_do_not_take_up_the_words_that_another_one_has_put_there() -> None:
    body = helpers.text_to_image("a red kite over a blue sea, a blue seal", negative_prompt="blue fog", seed=1)
    chained = helpers.Sweep(body, helpers.swap("red", ["blue"]), helpers.swap("blue", ["green", "red"]))
    assert [[text for text, _ in one] for one in prompts_of(chained)] == [
        ["a blue kite over a green sea, a green seal", "green fog"],
        ["a blue kite over a red sea, a red seal", "red fog"],
    ]
    longer = helpers.Sweep(body, helpers.swap("blue", ["white"]), helpers.swap("blue sea", ["lake"]))
    assert prompts_of(longer)[0][0][0] == "a red kite over a lake, a lakel"


def test_words_that_a_longer_swap_takes_with_it_are_told() -> None:
    told = problems_of(helpers.swap("serene", ["wild"]), helpers.swap("serene beach", ["lake", "forest"]))
    assert "every tile (2 tiles): the words 'serene' are only where 'serene beach' is swapped" in told


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("text_prompts[0].text", {"prompt": ["a lake"]}),
        ("text_prompts[0]", {"prompt": ["a lake"]}),
        ("text_prompts", {"prompt": ["a lake"]}),
        ("text_prompts[1].text", {"negative_prompt": ["fog"]}),
        ("text_prompts[2].weight", {"negative_prompt": ["fog"]}),
    ],
)
def test_two_axes_that_set_the_same_prompt_are_refused(path: str, fields: dict[str, Any]) -> None:
    name = next(iter(fields))
    told = problems_of(helpers.axis(path, [["x"]]), **fields)
    assert f"{name} and {path} would both set the same prompt" in told


def test_a_weight_is_not_given_to_another_prompt_because_the_negative_one_moves() -> None:
    prompts = [{"text": "fog", "weight": -1.0}, {"text": "a beach"}]
    told = problems_of(
        helpers.axis("text_prompts[0].weight", [-0.5]), body={**BODY, "text_prompts": prompts}, negative_prompt=["rain"]
    )
    assert "would both set the same prompt" in told


def test_prompts_that_are_none_are_told_and_break_no_other_axis() -> None:
    told = problems_of(helpers.swap("beach", ["sea"]), text_prompts=[["a beach"], [{"words": "a beach"}]])
    assert "text_prompts" in told


# ---- seeds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, None])
def test_a_seed_left_to_chance_is_drawn_once_for_all_tiles_and_told(seed: int | None) -> None:
    body = {key: value for key, value in {**BODY, "seed": seed}.items() if value is not None}
    with pytest.warns(WorkshopWarning, match="all tiles share a seed that was drawn") as told:
        sweep = helpers.Sweep(body, cfg_scale=[1, 7, 15])
    drawn = {tile.body["seed"] for tile in sweep.tiles}
    assert len(drawn) == 1
    assert drawn.pop() > 0
    assert f"seed={sweep.tiles[0].body['seed']}" in str(told[0].message)


def test_a_seed_of_0_on_an_axis_becomes_the_drawn_one_in_body_and_label() -> None:
    with pytest.warns(WorkshopWarning, match="drawn"):
        sweep = helpers.Sweep(BODY, seed=[0, 1])
    drawn = sweep.tiles[0].body["seed"]
    assert drawn > 0
    assert sweep.axes[0].labels == (str(drawn), "1")
    assert sweep.tiles[0].coordinates[0].value == drawn


def test_a_seed_that_is_given_is_kept_and_nothing_is_said() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bodies_of(helpers.Sweep(BODY, cfg_scale=[1, 7]), "seed") == [(5,), (5,)]


# ---- everything wrong, at once --------------------------------------------------------------------------------------


def problems_of(*axes: Any, body: Any = BODY, **fields: Any) -> str:
    with pytest.raises(BodyError) as caught:
        helpers.Sweep(body, *axes, **fields)
    assert caught.value.problems
    return str(caught.value)


def test_all_problems_are_listed_at_once_by_axis_and_value() -> None:
    told = problems_of(
        helpers.swap("ocean", ["sea"]), cfg_scale=[7, 99], steps=[5, 30, 1000], sampler=["K_EULER", "EULER"]
    )
    assert "12 of 12 tiles" in told
    assert "every tile (12 tiles): the words 'ocean' are in none of the prompts" in told
    assert "text_prompts[0] 'a serene beach at sunset'; text_prompts[1] 'dull colours'" in told
    assert "cfg_scale 99 (6 tiles): cfg_scale must be a number from 0 to 35, not 99." in told
    assert "steps 5 (4 tiles)" in told
    assert "steps 1000 (4 tiles)" in told
    assert "sampler EULER (6 tiles)" in told


def test_a_problem_of_two_values_together_names_both() -> None:
    told = problems_of(width=[512, 1536], height=[512, 1536])
    assert "1 of 4 tiles" in told
    assert "width 1536, height 1536: height is too large for this width" in told


def test_words_in_other_case_are_not_swapped_but_hinted_at() -> None:
    assert "In other case it is there" in problems_of(helpers.swap("Beach", ["sea"]))


def test_a_misspelt_field_is_met_with_the_one_that_was_meant() -> None:
    assert "Did you mean cfg_scale?" in problems_of(cfg=[1, 2])


@pytest.mark.parametrize("path", ["text_prompts[2].weight", "text_prompts.weight", "extras.a.b"])
def test_a_path_that_leads_nowhere_is_told(path: str) -> None:
    assert path in problems_of(helpers.axis(path, [1]))


@pytest.mark.parametrize("path", ["", "text_prompts[x]", "[0]", "a..b"])
def test_what_is_no_path_is_told(path: str) -> None:
    with pytest.raises(BodyError, match=r"text_prompts\[1\].weight"):
        helpers.axis(path, [1])


def test_several_axes_without_values_are_told_together() -> None:
    told = problems_of(cfg_scale=[], steps="1-10 (-1)", seed=range(10**9))
    assert "3 axes" in told
    assert "1,000,000,000 values" in told


def test_axes_that_turn_the_same_place_are_told() -> None:
    assert "cfg_scale is turned by two axes" in problems_of(helpers.axis("cfg_scale", [1]), cfg_scale=[2])
    size = helpers.together(width=[512], height=[512])
    assert "width is turned by two axes, size and width" in problems_of(size, width=[512])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"width": [512, 768], "height": [512]}, "width 2, height 1"),
        ({}, "names no field"),
    ],
)
def test_fields_that_cannot_move_together_are_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(BodyError, match=words):
        helpers.together(**given)


@pytest.mark.parametrize("axis", [["cfg_scale", [1, 2]], "cfg_scale", 7])
def test_what_is_no_axis_is_told(axis: Any) -> None:
    assert "helpers.axis" in problems_of(axis)


@pytest.mark.parametrize("body", ["a beach", None, [1]])
def test_what_is_no_body_is_told(body: Any) -> None:
    assert "body" in problems_of(body=body, cfg_scale=[1])


def test_growth_is_counted_before_it_is_built() -> None:
    told = problems_of(cfg_scale="0-30 (+0.01)", seed="1-9999", steps="10-150", helpers_unknown=range(9000))
    assert "cfg_scale 3,001 × seed 9,999 × steps 141 × helpers_unknown 9,000 make 38,078," in told
    assert "most=" in told


def test_more_tiles_may_be_allowed() -> None:
    with pytest.raises(BodyError, match="make 12 tiles, and a sweep may have 10"):
        helpers.Sweep(BODY, seed="1-12", most=10)
    assert len(helpers.Sweep(BODY, seed="1-12", most=12)) == 12


def test_endless_values_are_refused_and_not_waited_for() -> None:
    assert "more than 10,000" in problems_of(seed=itertools.count(1))


@pytest.mark.parametrize("source", ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK"])
def test_a_mask_means_white_may_change_whatever_the_bodys_polarity(source: Any) -> None:
    init = Image.new("RGB", (320, 320))
    left, right = (helpers.Mask.box((320, 320), box) for box in ((0, 0, 160, 320), (160, 0, 320, 320)))
    body = helpers.inpaint("a sheep", init, left, mask_source=source, seed=1)
    swept = helpers.Sweep(body, mask_image=[left, right])
    assert [helpers.Mask.from_body(tile.body) for tile in swept.tiles] == [left, right]
    assert swept.tiles[0].body == body
    sources = helpers.Sweep(body, mask_image=[right], mask_source=["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK"])
    assert [helpers.Mask.from_body(tile.body) for tile in sources.tiles] == [right, right]
