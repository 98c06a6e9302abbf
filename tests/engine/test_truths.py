"""The studio's controls do what they are said to do, and the tests that say so notice engines that do not."""

from collections.abc import Callable
from typing import Any

import pytest

from helpers.studio.protocol import Engine
from tests.engine import broken, toy, truths
from tests.engine.remembering import Remembering
from tests.engine.truths import Studio

Truth = Callable[[Studio], None]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Remembering(toy.engine())


@pytest.mark.parametrize("truth", truths.TRUTHS, ids=lambda truth: truth.__name__)
def test_the_engine_keeps_its_promise(truth: Truth, engine: Engine) -> None:
    truth(Studio(engine))


WRONG: list[tuple[Truth, Callable[[Engine], Engine]]] = [
    (truths.same_request_same_bytes, broken.forgetful),
    (truths.another_seed_another_picture, lambda e: broken.ignoring(e, seed=1)),
    (truths.image_strength_keeps_the_init_image, lambda e: broken.ignoring(e, schedule_start=0.35)),
    (truths.image_strength_keeps_the_init_image, broken.blind),
    (truths.image_strength_leaves_no_ghosts, broken.cross_fading),
    (truths.image_strength_makes_no_collage, broken.pasting),
    (truths.image_strength_keeps_the_layout_to_the_last, broken.forgetting_the_layout),
    (truths.image_strength_keeps_the_layout_to_the_last, broken.blind),
    (truths.an_earlier_end_keeps_more_of_the_init_image, lambda e: broken.ignoring(e, schedule_end=0.0)),
    (truths.an_earlier_end_keeps_more_of_the_init_image, broken.blind),
    (truths.a_picture_is_decided_in_steps, broken.deciding_at_once),
    (truths.cfg_scale_0_is_no_prompt_and_7_is_all_of_it, lambda e: broken.ignoring(e, cfg_scale=7.0)),
    (truths.cfg_scale_0_is_no_prompt_and_7_is_all_of_it, broken.guiding_at_the_end),
    (truths.cfg_scale_7_hardly_clips_and_more_does, lambda e: broken.ignoring(e, cfg_scale=7.0)),
    (truths.cfg_scale_7_hardly_clips_and_more_does, broken.guiding_at_the_end),
    (truths.cfg_scale_saturates_colourful_prompts, lambda e: broken.ignoring(e, cfg_scale=7.0)),
    (truths.cfg_scale_hardens_the_picture_and_not_the_guesses, lambda e: broken.ignoring(e, cfg_scale=7.0)),
    (truths.cfg_scale_hardens_the_picture_and_not_the_guesses, broken.guiding_inside),
    (truths.more_steps_come_nearer_to_the_converged_picture, lambda e: broken.ignoring(e, steps=30)),
    (truths.more_steps_come_nearer_to_the_converged_picture, lambda e: broken.ignoring(e, sampler="DDPM")),
    (truths.too_few_steps_end_in_another_picture, lambda e: broken.ignoring(e, steps=30)),
    (truths.too_few_steps_end_in_another_picture, lambda e: broken.ignoring(e, sampler="DDPM")),
    (truths.deterministic_samplers_end_in_one_picture, broken.swinging),
    (truths.ancestral_samplers_change_with_the_steps, lambda e: broken.ignoring(e, sampler="K_EULER")),
    (truths.ancestral_samplers_change_with_the_steps, lambda e: broken.ignoring(e, steps=30)),
    (truths.samplers_differ_on_the_way, lambda e: broken.ignoring(e, sampler="K_EULER")),
    (truths.negative_prompts_take_things_away, broken.deaf_to_negatives),
    (truths.negative_prompts_take_things_away, broken.jumping),
    (truths.negative_prompts_push_away, broken.deaf_to_negatives),
    (truths.negative_prompts_push_away, broken.jumping),
    (truths.a_negative_prompt_of_no_weight_does_nothing, broken.jumping),
    (truths.negative_prompts_are_at_work_in_the_middle, broken.deaf_to_negatives),
    (truths.negative_prompts_are_at_work_in_the_middle, broken.refusing_at_the_end),
    (truths.a_light_prompt_is_met_by_some_seeds, broken.deaf_to_weights),
    (truths.a_light_prompt_is_met_by_some_seeds, broken.dimming),
    (truths.a_heavier_prompt_shows_more, broken.deaf_to_weights),
    (truths.nothing_changes_outside_a_hard_mask, broken.unmasked),
    (truths.nothing_changes_outside_a_hard_mask, broken.leaking),
    (truths.nothing_changes_outside_a_hard_mask, broken.rounding_twice),
    (truths.what_a_mask_lets_change_joins_its_surroundings, broken.stuck_on),
    (truths.what_a_mask_lets_change_joins_its_surroundings, broken.idle),
    (truths.what_is_named_stands_where_the_engine_says, broken.shifting),
    (truths.a_style_is_there_in_the_middle, lambda e: broken.ignoring(e, style_preset=None)),
    (truths.a_style_is_there_in_the_middle, broken.styling_at_the_end),
    (truths.clip_guidance_pulls_towards_the_exemplar, lambda e: broken.ignoring(e, clip_guidance_preset="SLOW")),
    (truths.unknown_words_are_told, broken.silent),
]


@pytest.mark.parametrize(("truth", "breaks"), WRONG)
def test_a_broken_engine_is_found_out(truth: Truth, breaks: Callable[[Engine], Engine], engine: Engine) -> None:
    with pytest.raises(AssertionError):
        truth(Studio(breaks(engine)))


def test_every_promise_has_an_engine_that_breaks_it() -> None:
    assert {truth for truth, _ in WRONG} == set(truths.TRUTHS)


def made_in(truth: Truth, **fields: Any) -> None:
    truth(Studio(toy.engine(), **fields))


@pytest.mark.parametrize("sampler", ["K_HEUN", "K_EULER_ANCESTRAL", "DDIM"])
def test_promises_do_not_hang_on_the_sampler(sampler: str) -> None:
    for truth in (truths.same_request_same_bytes, truths.nothing_changes_outside_a_hard_mask):
        made_in(truth, seeds=(1,), extra={"sampler": sampler, "steps": 10})
