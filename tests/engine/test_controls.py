"""The parts behind the controls: plans, CLIP guidance, masks' composite, and the way back to pixels."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion import adherence, plans
from helpers.studio.engines.painted.diffusion.decode import (
    KNEE,
    TEXTURE_SD,
    TILE,
    add_texture,
    from_bytes,
    guided,
    to_bytes,
    varied,
)
from helpers.studio.engines.painted.diffusion.denoiser import CLIP_PULL, Denoiser
from helpers.studio.engines.painted.diffusion.factors import LIGHT, SKY
from helpers.studio.engines.painted.diffusion.latent import colours, planes, shrink
from helpers.studio.engines.painted.diffusion.masks import composite
from helpers.studio.engines.painted.diffusion.mixture import Mixture
from helpers.studio.engines.painted.diffusion.plans import Request, mixture_of, places_of
from helpers.studio.engines.painted.diffusion.tasks import from_words, request_of
from helpers.studio.protocol import TextToImage
from tests.engine import toy
from tests.engine.asked import task_of

SIDE = 128
SMALL = SIDE // 8
Pixels = NDArray[np.float32]


def normal(*shape: int, seed: int = 4) -> Pixels:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def asked(*prompts: str | tuple[str, float], cfg_scale: float = 7.0, width: int = SIDE) -> Request:
    task = task_of(*prompts, seed=1, width=width, height=SIDE, cfg_scale=cfg_scale)
    return request_of(toy.PAINTER, task, toy.read(task.prompts))


# Plans.


@pytest.mark.parametrize("cfg_scale", [0, 0.5, 1, 3, 7, 35])
@pytest.mark.parametrize("prompts", [("beach",), ("beach night ball", ("cloud", -0.3)), ("vivid",), (("ball", -1.0),)])
def test_the_priors_of_plans_and_of_alternatives_sum_to_1(
    prompts: tuple[str | tuple[str, float], ...], cfg_scale: float
) -> None:
    mixture = mixture_of(asked(*prompts, cfg_scale=cfg_scale))
    assert sum(np.exp(plan.log_prior) for plan in mixture.plans) == pytest.approx(1, abs=0.01)
    for plan in mixture.plans:
        assert all(np.exp(f.log_prior).sum() == pytest.approx(1) for f in plan.factors)


def test_words_of_the_setting_are_lost_together_as_often_as_each_on_its_own() -> None:
    shares = dict(plans._losses(asked("beach night").reading, 1))
    assert sum(shares.values()) == pytest.approx(1)
    scene, night = (adherence.present(kind, 1) for kind in ("scene", "setting"))
    assert shares[frozenset()] == pytest.approx(scene * night)
    assert shares[frozenset({0})] == pytest.approx((1 - scene) * night)
    assert shares[frozenset({0, 1})] == pytest.approx((1 - scene) * (1 - night))


def test_what_is_hardly_ever_lost_is_left_out_and_the_others_share_all() -> None:
    losses = plans._losses(asked("beach night").reading, 4)
    assert len(losses) < 4
    assert sum(share for _, share in losses) == pytest.approx(1, abs=1e-9)


def test_usual_guidance_makes_no_plan_that_loses_a_word() -> None:
    mixture = mixture_of(asked("beach ball"))
    assert len(mixture.plans) == 2 * plans.PLACES[True]
    assert len(mixture_of(asked("beach")).plans) == 2 * plans.PLACES[False]
    assert all(plan.scene.base == "beach" and not plan.scene.things for plan in mixture.plans)


def test_every_place_is_there_as_its_mirror_image_too() -> None:
    mixture = mixture_of(asked("beach"))
    for plain, mirrored in zip(mixture.plans[::2], mixture.plans[1::2], strict=True):
        assert (plain.mirrored, mirrored.mirrored) == (False, True)
        assert (plain.picture == mirrored.picture[:, :, ::-1]).all()
        assert plain.log_prior == mirrored.log_prior


def test_what_a_negative_prompt_names_makes_two_versions_of_the_places_that_show_it() -> None:
    there = [place for place in places_of(asked("beach", ("cloud", -0.3))) if not place.scene.faded]
    gone = [place for place in places_of(asked("beach", ("cloud", -0.3))) if place.scene.faded]
    assert [replace(place.scene, faded=()) for place in gone] == [place.scene for place in there]
    share = sum(place.share for place in gone)
    assert share == pytest.approx(adherence.removed(7, 0.3))
    assert sum(place.share for place in there) == pytest.approx(1 - share)
    assert not any(place.scene.faded for place in places_of(asked("canyon", ("cloud", -0.3))))


def test_every_place_is_there_under_other_skies_and_in_soft_and_hard_light() -> None:
    for plan in mixture_of(asked("beach")).plans:
        sky, light = plan.factors
        assert (sky.entry, light.entry) == (SKY, LIGHT)
        assert next(scene.cloud for scene in sky.choices) is None
        assert len({scene.cloud for scene in sky.choices}) == 3
        for scene, away in zip(sky.choices, sky.differences(plan.picture.shape), strict=True):
            painted = planes(toy.paint(scene, SMALL, SMALL))
            assert np.allclose(plan.picture + away, painted[..., ::-1] if plan.mirrored else painted, atol=1e-5)
        (soft, cool), *_, (hard, warm) = light.choices
        assert soft < 1 < hard
        assert cool < 0 < warm


def test_a_place_can_be_asked_for_with_the_horizon_of_an_init_image() -> None:
    for horizon in (30.0, 70.0):
        own, moved = places_of(asked("beach")), places_of(asked("beach"), horizon)
        for a, b in zip(own, moved, strict=True):
            assert abs(b.scene.horizon - horizon) < abs(a.scene.horizon - horizon)


@pytest.mark.parametrize("width", [64, 128, 320])
def test_things_stand_in_the_picture_and_each_has_its_own_part_of_the_width(width: int) -> None:
    request = asked("beach ball crate", width=width)
    for plan in mixture_of(request).plans:
        middles = []
        for f in plan.factors[:2]:
            chosen = [choice[1].x for choice in f.choices if choice is not None]
            assert min(chosen) > 0
            assert max(chosen) < 100 * request.aspect
            middles.append(chosen)
        assert max(middles[0]) < min(middles[1]) or max(middles[1]) < min(middles[0])


def test_a_thing_stands_on_the_side_that_the_prompt_names() -> None:
    for side, low, high in (("left", 0, 50), ("right", 50, 100), ("middle", 25, 75)):
        for plan in mixture_of(asked(f"beach ball {side}", cfg_scale=35)).plans:
            assert all(low <= choice[1].x <= high for choice in plan.factors[0].choices if choice is not None)


def test_the_mixture_is_the_same_whatever_was_asked_before() -> None:
    first = mixture_of(asked("beach ball"))
    for text in ("meadow", "canyon crate", "night", "vivid", "beach"):
        mixture_of(asked(text))
    again = mixture_of(asked("beach ball"))
    assert again is not first
    assert all((a.picture == b.picture).all() for a, b in zip(first.plans, again.plans, strict=True))
    assert all(
        (a.factors[0].directions == b.factors[0].directions).all()
        for a, b in zip(first.plans, again.plans, strict=True)
    )


def test_seed_sampler_steps_and_preset_share_one_mixture() -> None:
    task = task_of("beach ball", seed=1, width=SIDE, height=SIDE)
    assert isinstance(task, TextToImage)
    first = from_words(toy.PAINTER, task)
    other = replace(task, seed=2, sampler="DDIM", steps=3, clip_guidance_preset="SLOW")
    assert from_words(toy.PAINTER, other).denoiser.mixture is first.denoiser.mixture


# CLIP guidance.


def test_the_clip_presets_grow_from_none_to_slowest() -> None:
    order = ("NONE", "FAST_BLUE", "FAST_GREEN", "SIMPLE", "SLOW", "SLOWER", "SLOWEST")
    assert set(order) == set(CLIP_PULL)
    pulls = [CLIP_PULL[name] for name in order]
    assert pulls[0] == 0
    assert pulls == sorted(set(pulls))
    assert pulls[-1] < 1


def test_clip_guidance_moves_a_guess_towards_the_best_exemplar() -> None:
    mixture = mixture_of(asked("beach ball"))
    x = mixture.exemplar(0, (1, 0, 2)) + normal(3, SMALL, SMALL)
    _, _, best = mixture.winner(mixture.posterior(x, 1.0))
    far = [np.abs(Denoiser(mixture, pull)(x, 1.0) - best).mean() for pull in (0.0, 0.25, 0.5, 1.0)]
    assert far[0] > 1.1 * far[1] > 1.2 * far[2] > far[3]
    assert far[3] < 1e-6


def test_without_clip_guidance_the_denoiser_is_the_mixtures_own() -> None:
    mixture = mixture_of(asked("beach ball"))
    x = 3 * normal(3, SMALL, SMALL)
    assert np.allclose(Denoiser(mixture)(x, 3.0), mixture.denoise(x, 3.0), atol=1e-6)


# Masks.


def test_the_composite_copies_bytes_at_0_replaces_at_255_and_is_linear_between() -> None:
    new, init = (np.random.default_rng(n).integers(0, 256, (16, 16, 3), dtype=np.uint8) for n in (1, 2))
    mask = np.arange(256, dtype=np.uint8).reshape(16, 16)
    made = composite(new, init, mask)
    assert (made[0, 0] == init[0, 0]).all()
    assert (made[-1, -1] == new[-1, -1]).all()
    share = mask[..., None] / 255
    assert np.abs(made - (share * new + (1 - share) * init)).max() <= 0.51


def test_what_a_mask_keeps_is_put_into_every_guess() -> None:
    mixture = mixture_of(asked("beach"))
    kept, free = normal(3, SMALL, SMALL), np.zeros((SMALL, SMALL), np.float32)
    free[4:8, 4:8], free[9, 9] = 1, 0.25
    denoised = Denoiser(mixture, kept=kept, free=free)(3 * normal(3, SMALL, SMALL, seed=5), 3.0)
    plain = Denoiser(mixture, kept=np.zeros_like(kept), free=free)(3 * normal(3, SMALL, SMALL, seed=5), 3.0)
    assert (denoised[:, free == 0] == kept[:, free == 0]).all()
    assert np.allclose(denoised[:, free == 1], plain[:, free == 1], atol=1e-6)
    assert np.allclose(denoised[:, 9, 9] - plain[:, 9, 9], 0.75 * kept[:, 9, 9], atol=1e-6)


def test_the_surroundings_of_a_mask_do_not_tint_what_is_drawn_inside_it() -> None:
    mixture = mixture_of(asked("beach"))
    exemplar, free = mixture.plans[0].picture, np.zeros((SMALL, SMALL), np.float32)
    free[4:12, 4:12] = 1
    kept = np.full_like(exemplar, 3.0)
    x = np.where(free == 1, exemplar, kept)
    alone = Mixture([replace(mixture.plans[0], factors=())], mixture.variation)
    denoised = Denoiser(alone, kept=kept, free=free)(x, 1.0)
    assert np.allclose(denoised[:, free == 1], exemplar[:, free == 1], atol=1e-4)


# Back to pixels.


def test_bytes_survive_the_way_to_floats_and_back() -> None:
    bytes_ = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    assert (to_bytes(from_bytes(bytes_)) == bytes_).all()
    assert (guided(from_bytes(bytes_), 35, share=0) == bytes_).all()


def test_floats_are_rounded_and_clipped() -> None:
    values = np.array([-9, -1, 0, 0.003, 0.0051, 1, 9], np.float32)
    assert to_bytes(values.copy()).tolist() == [0, 0, 128, 128, 128, 255, 255]
    exact = np.linspace(-1, 1, 5001, dtype=np.float32)
    assert np.abs(to_bytes(exact.copy()) - (exact + 1) * 127.5).max() <= 0.5001


@pytest.mark.parametrize("cfg_scale", [0, 7, 15])
def test_guidance_scales_light_about_its_mean_and_colour_about_grey(cfg_scale: float) -> None:
    light, colour = adherence.contrast(cfg_scale)
    pixels = 0.2 + 0.06 * normal(64, 64, 3)
    grey = pixels.mean(-1, keepdims=True)
    wanted = pixels.mean() + light * (grey - pixels.mean()) + colour * (pixels - grey)
    assert np.abs(wanted).max() < KNEE
    assert np.abs(guided(pixels.copy(), cfg_scale) - (wanted + 1) * 127.5).max() < 0.8


def test_light_bends_before_it_clips_and_never_turns_back() -> None:
    ramp = np.repeat(np.linspace(-1.2, 1.2, 3000, dtype=np.float32)[:, None, None], 3, 2)
    made = guided(ramp.copy(), 7)[:, 0, 0].astype(int)
    light, _ = adherence.contrast(7)
    assert (np.diff(made) >= 0).all()
    inside = np.abs(light * ramp[:, 0, 0]) < KNEE
    assert np.abs(made - (light * ramp[:, 0, 0] + 1) * 127.5)[inside].max() < 0.8
    assert ((made == 0) | (made == 255))[np.abs(ramp[:, 0, 0]) <= 0.95].mean() == 0
    assert made[0] == 0
    assert made[-1] == 255


def test_half_of_the_contrast_is_half_of_the_way_and_bends_half_as_much() -> None:
    pixels = 0.1 * normal(32, 32, 3)
    none, half, full = (guided(pixels.copy(), 20, share).astype(float) for share in (0.0, 0.5, 1.0))
    assert np.abs(half - (none + full) / 2).max() <= 1.5
    flat = np.full((8, 8, 3), 0.95, np.float32)  # its own mean, and grey: nothing but the bend acts on it
    none, half, full = (guided(flat.copy(), 20, share).astype(float) for share in (0.0, 0.5, 1.0))
    assert (none - full).min() > 4
    assert np.abs(half - (none + full) / 2).max() <= 1


def test_hard_light_is_contrast_of_light_and_colour_at_any_share() -> None:
    pixels = 0.1 * normal(32, 32, 3)
    for share in (0.0, 1.0):
        soft, usual, hard = (
            guided(pixels.copy(), 7, share, light).astype(float).std() for light in ((0.9, 0.0), (1.0, 0.0), (1.1, 0.0))
        )
        assert soft == pytest.approx(0.9 * usual, rel=0.01)
        assert hard == pytest.approx(1.1 * usual, rel=0.01)


@pytest.mark.parametrize("shape", [(SIDE, SIDE), (64, 200)])
def test_an_exemplars_own_latent_decodes_to_the_exemplar(shape: tuple[int, int]) -> None:
    height, width = shape
    request = asked("beach ball", width=width)
    scene = request.painter.place(request.reading, 1, width / height, frozenset(), 1.0, None)
    sharp = toy.paint(scene, width, height)
    soft = planes(shrink(sharp, height // 8, width // 8))
    assert np.allclose(varied(sharp.copy(), soft.copy(), soft), sharp, atol=1e-6)
    wave = np.zeros_like(soft)
    wave[0] = np.sin(np.linspace(0, 6, width // 8))
    moved = varied(sharp.copy(), soft + wave, soft) - sharp
    assert np.abs(shrink(moved, height // 8, width // 8) - colours(wave)).mean() < 0.02


def test_black_and_white_stays_black_and_white() -> None:
    grey = np.zeros((SIDE, SIDE, 3), np.float32)
    soft = planes(shrink(grey, SMALL, SMALL))
    made = varied(grey.copy(), soft + normal(3, SMALL, SMALL), soft)
    assert np.abs(made - made.mean(-1, keepdims=True)).max() < 1e-5
    assert made.std() > 0.1


@pytest.mark.parametrize("shape", [(SIDE, SIDE), (300, 520)])
def test_texture_is_fine_faint_grey_and_each_seeds_own(shape: tuple[int, int]) -> None:
    made = []
    for seed in (1, 1, 2, TILE):
        pixels = np.zeros((*shape, 3), np.float32)
        add_texture(pixels, seed)
        made.append(pixels)
    assert (made[0] == made[1]).all()
    assert np.abs(made[0] - made[2]).mean() > TEXTURE_SD / 2
    assert np.abs(made[0] - made[3]).mean() > TEXTURE_SD / 2
    assert (made[0][..., 0] == made[0][..., 2]).all()
    assert made[0].std() == pytest.approx(TEXTURE_SD, rel=0.1)
    high, wide = (side // 8 * 8 for side in shape)
    assert shrink(made[0][:high, :wide], high // 8, wide // 8).std() < 0.4 * TEXTURE_SD


@pytest.mark.parametrize(("prompt", "cfg_scale"), [("beach ball", 0.0), ("", 7.0), ("flurb", 7.0)])
def test_where_any_place_will_do_there_are_many(prompt: str, cfg_scale: float) -> None:
    assert len({place.scene for place in places_of(asked(prompt, cfg_scale=cfg_scale))}) >= 8
