"""The parts behind the controls: guidance's formula, places of an init image, masks, moods, and the way back to pixels."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.decode import decode, from_bytes, heaviest, to_bytes
from helpers.studio.engines.painted.diffusion.denoiser import Denoiser
from helpers.studio.engines.painted.diffusion.exemplars import Exemplars, layout_seeds
from helpers.studio.engines.painted.diffusion.guidance import (
    CLIP_PULL,
    NEGATIVE_BOUND,
    Guidance,
    mean_scene,
    painted,
    sharpened,
)
from helpers.studio.engines.painted.diffusion.image_to_image import Places, share_of
from helpers.studio.engines.painted.diffusion.latent import colours, planes, shrink
from helpers.studio.engines.painted.diffusion.masks import KeptArea, box_of, composite, pasted
from helpers.studio.engines.painted.diffusion.mixture import Variation
from helpers.studio.engines.painted.diffusion.mood import in_mood
from helpers.studio.engines.painted.diffusion.tasks import from_init
from helpers.studio.protocol import ImageToImage, Prompt, TextToImage
from tests.engine import toy

SIDE = 128
SMALL = SIDE // 8
Pixels = NDArray[np.float32]


def guidance(cfg_scale: float, *negatives: tuple[str, float]) -> Guidance:
    return Guidance.of(toy.PAINTER, cfg_scale, [Prompt(*one) for one in negatives], SMALL, SMALL)


def scenes(text: str, count: int) -> list[toy.ToyScene]:
    return [toy.compose(toy.read((Prompt(text),)), seed, 1.0) for seed in range(count)]


def latent_of(scene: toy.ToyScene) -> Pixels:
    return planes(toy.paint(scene, SMALL, SMALL))


def normal(*shape: int) -> Pixels:
    return np.random.default_rng(4).standard_normal(shape, dtype=np.float32)


# Guidance.


@pytest.mark.parametrize("cfg_scale", [0, 1, 7, 35])
def test_guidance_is_the_formula_of_classifier_free_guidance(cfg_scale: float) -> None:
    made, m = guidance(cfg_scale), normal(3, SMALL, SMALL)
    g = 1 + 0.10 * (cfg_scale - 1)
    assert np.allclose(made.guide(m), made.unconditional + g * (m - made.unconditional), atol=1e-5)


def test_negative_prompts_are_taken_away_as_strongly_as_the_prompt_is_guided() -> None:
    made, m = guidance(11, ("night", -1.0)), normal(3, SMALL, SMALL)
    assert np.allclose(made.guide(m), guidance(11).guide(m) - 2 * made.negative, atol=1e-5)
    assert np.abs(made.negative).mean() > 0.05


def test_beyond_that_negative_prompts_pull_no_harder() -> None:
    made, m = guidance(35, ("night", -1.0)), normal(3, SMALL, SMALL)
    assert np.allclose(made.guide(m), guidance(35).guide(m) - 2 * made.negative, atol=1e-5)


def test_the_clip_presets_grow_from_none_to_slowest() -> None:
    order = ("NONE", "FAST_BLUE", "FAST_GREEN", "SIMPLE", "SLOW", "SLOWER", "SLOWEST")
    assert set(order) == set(CLIP_PULL)
    pulls = [CLIP_PULL[name] for name in order]
    assert pulls[0] == 0
    assert pulls == sorted(set(pulls))
    assert pulls[-1] < 1


def test_at_cfg_scale_1_only_the_prompt_speaks() -> None:
    m = normal(3, SMALL, SMALL)
    assert np.allclose(guidance(1).guide(m), m, atol=1e-6)


def test_each_negative_prompt_has_its_own_term_and_all_together_are_bounded() -> None:
    night, ball = (guidance(1, (word, -1.0)).negative for word in ("night", "ball"))
    both = guidance(1, ("night", -1.0), ("ball", -1.0)).negative
    assert np.allclose(both, 2 / 3 * (night + ball), atol=1e-5)
    full = guidance(1, ("night", -1e9)).negative / NEGATIVE_BOUND
    assert np.allclose(night, NEGATIVE_BOUND / 2 * full, atol=1e-5)
    many = guidance(1, *[("night", -1.0)] * 500).negative
    assert np.abs(many).max() <= NEGATIVE_BOUND * np.abs(full).max()


def test_a_negative_prompt_of_words_that_nobody_knows_pulls_nowhere() -> None:
    assert (guidance(7, ("flurb", -1.0)).negative == 0).all()


def test_the_unconditional_does_not_hang_on_what_was_asked_before() -> None:
    first = mean_scene(toy.PAINTER)
    guidance(7, ("night", -1.0))
    assert (mean_scene(toy.PAINTER) == first).all()


def test_clip_guidance_moves_weight_to_the_best_exemplar() -> None:
    weights = np.array([0.2, 0.5, 0.3], np.float32)
    assert sharpened(weights, 0.4) == pytest.approx([0.12, 0.7, 0.18])
    assert sharpened(weights, 0.0) == pytest.approx(weights)
    assert weights == pytest.approx([0.2, 0.5, 0.3])


# Exemplars.


def test_a_seeds_first_layouts_stay_when_more_are_asked_for() -> None:
    assert layout_seeds(7, 24)[:5] == layout_seeds(7, 5)
    assert layout_seeds(7, 5) != layout_seeds(8, 5)
    assert len(set(layout_seeds(2**32 - 1, 24))) == 24


def test_the_layouts_most_like_the_init_image_are_chosen() -> None:
    choices = scenes("beach meadow night", 12)
    init = latent_of(choices[7]) * np.float32(0.8)
    task = TextToImage((Prompt("beach"),), SIDE, SIDE, 1)
    chosen = painted(toy.PAINTER, choices, task, guidance(7), like=init, most=3)
    assert chosen.scenes[0] == choices[7]
    assert len(chosen.scenes) == len(chosen.latents) == 3


# Places of an init image.


def places(share: float, text: str = "beach") -> Places:
    init = latent_of(scenes(text, 1)[0])
    return Places.of(init, share, Variation.natural(SMALL, SMALL), np.zeros_like(init))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_the_init_image_keeps_its_share_of_places(share: float) -> None:
    kept = places(share).kept(latent_of(scenes("night", 2)[1]))
    assert kept.mean() == pytest.approx(share, abs=0.12)
    assert kept.min() >= 0
    assert kept.max() <= 1


def test_places_that_are_alike_go_first() -> None:
    half = places(0.5)
    other = half.init.copy()
    other[:, :, SMALL // 2 :] += 1.0  # alike on the left, unlike on the right
    other[:, ::2, SMALL // 2 :] -= 2.0
    kept = half.kept(other)
    assert kept[:, SMALL // 2 :].mean() > kept[:, : SMALL // 2].mean() + 0.3


def test_plain_places_go_before_places_with_detail() -> None:
    init = np.zeros((3, SMALL, SMALL), np.float32)
    init[0, :, SMALL // 2 :] += np.where(np.indices((SMALL, SMALL // 2)).sum(0) % 2, 0.5, -0.5)
    cut = Places.of(init, 0.5, Variation.natural(SMALL, SMALL), np.zeros_like(init))
    kept = cut.kept(init + normal(3, SMALL, SMALL))
    assert kept[:, SMALL // 2 :].mean() > kept[:, : SMALL // 2].mean() + 0.3


def test_what_the_prompt_draws_takes_on_broad_colours_of_the_init_image_and_keeps_its_own_detail() -> None:
    half = places(0.5)
    m = latent_of(scenes("night", 2)[1])
    drawn = half.put(m)
    gone = half.kept(m) < 0.02
    assert gone.any()

    def broad(difference: Pixels) -> Pixels:
        return half.variation.kept(difference, 1.0)[:, gone]

    assert np.abs(broad(drawn - half.init)).mean() < 0.6 * np.abs(broad(m - half.init)).mean()
    fine = np.diff(drawn - m, axis=2)[:, gone[:, 1:] & gone[:, :-1]]
    assert np.abs(fine).mean() < 0.35 * np.abs(np.diff(m, axis=2)).mean()


def test_the_prompts_light_falls_on_what_stays_of_an_init_image() -> None:
    init = latent_of(scenes("beach", 1)[0])
    light = np.stack([np.full((SMALL, SMALL), value, np.float32) for value in (1.0, 0.0, 0.0)])
    dark, lit = (Places.of(init, 0.5, Variation.natural(SMALL, SMALL), value) for value in (0 * light, light))
    m = latent_of(scenes("night", 2)[1])
    assert (lit.put(m) - dark.put(m))[0][lit.kept(m) > 0.9].mean() > 0.2


def test_that_light_is_what_guidance_adds_to_the_prompts_scenes() -> None:
    init = np.full((SIDE, SIDE, 3), 128, np.uint8)
    task = ImageToImage((Prompt("night"),), SIDE, SIDE, 1, cfg_scale=11, init_image=init)
    places = from_init(toy.PAINTER, task, 0.5).denoiser.places
    assert places is not None
    plain = painted(toy.PAINTER, scenes("night", 16), task, guidance(1)).latents.mean(0)
    added = guidance(11).guide(plain) - plain
    assert places.light[0].mean() == pytest.approx(0.5 * added[0].mean(), rel=0.2)
    assert np.abs(places.light).max() > 0.1


def test_patches_cover_every_place_once_at_every_shape() -> None:
    for height, width in ((SMALL, SMALL), (40, 12), (3, 30), (1, 1)):
        cut = Places.of(normal(3, height, width), 0.5, Variation.natural(height, width), normal(3, height, width))
        assert np.allclose(cut.patches.sum(0), 1, atol=1e-5)
        assert cut.kept(normal(3, height, width)).shape == (height, width)


def test_the_share_falls_smoothly_as_more_of_the_schedule_is_done() -> None:
    shares = np.array([share_of(start) for start in np.linspace(0, 1, 101)])
    assert shares[0] == 1
    assert shares[-1] == 0
    assert (np.diff(shares) <= 0).all()
    assert np.diff(shares).min() > -0.03


# Masks.


def test_the_composite_copies_bytes_at_0_replaces_at_255_and_is_linear_between() -> None:
    new, init = (np.random.default_rng(n).integers(0, 256, (16, 16, 3), dtype=np.uint8) for n in (1, 2))
    mask = np.arange(256, dtype=np.uint8).reshape(16, 16)
    made = composite(new, init, mask)
    assert (made[0, 0] == init[0, 0]).all()
    assert (made[-1, -1] == new[-1, -1]).all()
    share = mask[..., None] / 255
    assert np.abs(made - (share * new + (1 - share) * init)).max() <= 0.51


@pytest.mark.parametrize(
    ("mask", "box"),
    [
        (np.zeros((10, 20), np.uint8), (0, 0, 1, 1)),
        (np.full((10, 20), 255, np.uint8), (0, 0, 1, 1)),
        (np.pad(np.full((5, 5), 255, np.uint8), ((2, 3), (5, 10))), (0.25, 0.2, 0.5, 0.7)),
        (np.pad(np.full((5, 5), 9, np.uint8), ((2, 3), (5, 10))), (0.25, 0.2, 0.5, 0.7)),
    ],
)
def test_the_box_of_a_mask(mask: NDArray[np.uint8], box: tuple[float, ...]) -> None:
    assert box_of(mask) == pytest.approx(box)


def test_what_is_known_is_put_into_every_guess() -> None:
    init, guess = normal(3, 2, 2), np.ones((3, 2, 2), np.float32)
    mask = np.zeros((16, 16), np.uint8)
    mask[:8, :8] = 255
    imposed = KeptArea.of(init, mask).impose(guess)
    assert (imposed[:, 0, 0] == 1).all()
    assert (imposed[:, 1] == init[:, 1]).all()


def test_objects_are_pasted_into_the_init_image_and_only_they_are_guided() -> None:
    task = TextToImage((Prompt("ball"),), SIDE, SIDE, 1)
    init = toy.paint(scenes("meadow", 1)[0], SIDE, SIDE)
    exemplars = pasted(toy.PAINTER, scenes("ball", 3), task, init, guidance(20))
    assert exemplars.presence is not None
    elsewhere = exemplars.presence == 0
    below = planes(shrink(init, SMALL, SMALL))
    for latent, free in zip(exemplars.latents, elsewhere, strict=True):
        assert np.allclose(latent[:, free], below[:, free], atol=1e-5)
        assert np.abs(latent - below)[:, ~free].max() > 0.5
    assert np.allclose(
        shrink(exemplars.redraw(exemplars.scenes[0]), SMALL, SMALL)[elsewhere[0]],
        shrink(init, SMALL, SMALL)[elsewhere[0]],
        atol=1e-4,
    )


def test_the_surroundings_of_a_mask_do_not_tint_what_is_drawn_inside_it() -> None:
    (scene,) = scenes("meadow", 1)
    exemplar = latent_of(scene)
    exemplars = Exemplars((scene,), exemplar[None], lambda _: toy.paint(scene, SIDE, SIDE))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = 255
    known = KeptArea.of(np.full_like(exemplar, 3.0), mask)
    denoised = Denoiser(exemplars, Variation.natural(SMALL, SMALL), kept_area=known)(known.impose(exemplar), 1.0)
    assert np.allclose(denoised[:, known.free == 1], exemplar[:, known.free == 1], atol=1e-4)
    assert (denoised[:, known.free == 0] == 3).all()


def test_a_seeds_noise_shows_even_where_its_layouts_do_not() -> None:
    init = np.full((SIDE, SIDE, 3), 128, np.uint8)
    task = ImageToImage((Prompt("vivid"),), SIDE, SIDE, 1, init_image=init, schedule_start=0.5)
    first, second = (toy.engine().generate(replace(task, seed=seed)).pixels.astype(float) for seed in (1, 2))
    assert np.abs(first - second).mean() > 2


# Moods.


def test_a_mood_of_light_is_read_off_painted_scenes_and_falls_on_the_init_image() -> None:
    init = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    reading = toy.read((Prompt("dusk"),))
    (latent,) = in_mood(toy.PAINTER, reading, toy.compose(reading, 3, 1.0), init, 1.0, guidance(1), None).latents
    red, green, blue = colours(latent).mean((0, 1)) + 1
    assert red < 1.2
    assert green < blue < red


def test_a_mood_changes_the_colours_of_an_init_image_and_not_its_drawing() -> None:
    init = toy.paint(scenes("beach", 1)[0], SIDE, SIDE) * np.float32(0.6)
    reading = toy.read((Prompt("crimson"),))
    scene = toy.compose(reading, 3, 1.0)
    for share in (0.0, 0.5, 1.0):
        (latent,) = in_mood(toy.PAINTER, reading, scene, init, share, guidance(1), None).latents
        moved = latent - planes(shrink(init, SMALL, SMALL))
        assert moved[1].mean() == pytest.approx(share * moved[1].mean() / max(share, 1e-9), abs=1e-3)
        assert (moved[1].mean() > 0.2 * share) or share == 0
        assert (
            np.corrcoef(np.diff(latent[0]).ravel(), np.diff(planes(shrink(init, SMALL, SMALL))[0]).ravel())[0, 1] > 0.95
        )


# Back to pixels.


def test_bytes_survive_the_way_to_floats_and_back() -> None:
    bytes_ = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    assert (to_bytes(from_bytes(bytes_)) == bytes_).all()


def test_floats_are_rounded_and_clipped() -> None:
    values = np.array([-9, -1, 0, 0.003, 0.0051, 1, 9], np.float32)
    assert to_bytes(values.copy()).tolist() == [0, 0, 128, 128, 128, 255, 255]
    exact = np.linspace(-1, 1, 5001, dtype=np.float32)
    assert np.abs(to_bytes(exact.copy()) - (exact + 1) * 127.5).max() <= 0.5001


@pytest.mark.parametrize("cfg_scale", [1, 7, 20])
def test_an_exemplars_own_latent_decodes_to_the_exemplar_in_full_detail(cfg_scale: float) -> None:
    task = TextToImage((Prompt("beach"),), SIDE, SIDE, 1)
    moved = guidance(cfg_scale)
    exemplars = painted(toy.PAINTER, scenes("beach", 3), task, moved)
    pixels = decode(exemplars.latents[1], exemplars, np.array([0, 1, 0], np.float32), seed=1)
    wanted = toy.paint(scenes("beach", 2)[1], SIDE, SIDE)
    detail = np.diff(wanted, axis=0) * moved.scale
    assert np.corrcoef(np.diff(pixels, axis=0).ravel(), detail.ravel())[0, 1] > 0.98
    assert np.abs(shrink(pixels, SMALL, SMALL) - colours(exemplars.latents[1])).mean() < 0.04 * moved.scale


def test_only_the_exemplars_with_weight_are_drawn_again() -> None:
    assert heaviest(np.array([0.01, 0.98, 0.01], np.float32)) == [(1, 1.0)]
    assert [i for i, _ in heaviest(np.array([0.2, 0.3, 0.1, 0.4], np.float32))] == [3, 1, 0]
    assert heaviest(np.full(100, 0.01, np.float32)) == [(0, 1.0)]
