"""How likely a picture shows what is named: the formula, and that as many seeds do."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.diffusion import plans, schedule
from helpers.studio.engines.painted.diffusion.adherence import (
    CONDITIONAL,
    UNCONDITIONAL,
    contrast,
    present,
    pull,
    removed,
)
from helpers.studio.engines.painted.diffusion.samplers import dpmpp_2m
from helpers.studio.engines.painted.diffusion.tasks import Winner, from_words
from helpers.studio.engines.painted.engine import PaintedEngine
from helpers.studio.protocol import Prompt, TextToImage
from tests.engine import toy
from tests.engine.asked import task_of

KINDS = ("object", "scene", "setting", "colour", "place")
CFGS = (0, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 15, 25, 35)
SEEDS = 40


@pytest.mark.parametrize("kind", KINDS)
def test_at_cfg_scale_0_the_prompt_is_not_heard(kind: str) -> None:
    for weight, against in ((1, 0), (5, 0), (0.1, 3)):
        assert present(kind, 0, weight, against) == pytest.approx(UNCONDITIONAL[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_at_cfg_scale_1_a_word_is_met_as_often_as_in_pictures_made_for_it(kind: str) -> None:
    for order, share in enumerate(CONDITIONAL[kind]):
        assert present(kind, 1, order=order) == pytest.approx(share)


@pytest.mark.parametrize("kind", KINDS)
def test_odds_are_multiplied_as_guidance_says(kind: str) -> None:
    """u (c/u)^g in odds, with g the root of cfg_scale: at 4, twice as many nats as at 1."""

    def nats(p: float) -> float:
        return float(np.log(p / (1 - p)))

    own = nats(UNCONDITIONAL[kind])
    assert nats(present(kind, 4)) - own == pytest.approx(2 * (nats(present(kind, 1)) - own))
    assert nats(present(kind, 1, 0.5)) - own == pytest.approx((nats(present(kind, 1)) - own) / 2)


@pytest.mark.parametrize("kind", KINDS)
def test_more_guidance_and_more_weight_show_more_and_negatives_less(kind: str) -> None:
    for values in (
        [present(kind, cfg) for cfg in CFGS],
        [present(kind, 7, weight) for weight in (0, 0.01, 0.1, 0.3, 1, 2)],
        [-present(kind, 7, 1, against) for against in (0, 0.01, 0.1, 0.3, 1, 2)],
    ):
        assert all(b > a for a, b in pairwise(values)), values
    assert 0 < present(kind, 35, 0, 1e6) < 1e-12 < 1 - 1e-12 < present(kind, 35, 1e6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_word_and_its_negative_of_the_same_weight_cancel(kind: str) -> None:
    assert present(kind, 7, 0.8, 0.8) == pytest.approx(UNCONDITIONAL[kind])


def test_usual_guidance_shows_what_is_named() -> None:
    assert all(present(kind, 7) > 0.98 for kind in KINDS if kind != "place")
    assert present("object", 7, order=9) == present("object", 7, order=3) > 0.99


def test_what_comes_later_is_lost_sooner() -> None:
    values = [present("object", 1, order=order) for order in range(4)]
    assert all(a > b for a, b in pairwise(values))


def test_negatives_take_from_a_place_what_they_name_and_without_a_negative_nothing_goes() -> None:
    values = [removed(7, against) for against in (0, 0.001, 0.1, 0.3, 0.5, 1, 3)]
    assert values[0] == 0
    assert values[1] < 0.05
    assert values[-2] > 0.99
    assert all(b > a for a, b in pairwise(values)), values
    assert removed(0, 1) < 0.05


def test_moods_are_as_drawn_at_the_usual_guidance_and_bounded_beyond() -> None:
    values = [pull(cfg) for cfg in CFGS]
    assert values[0] == 0
    assert pull(7) == 1
    assert all(b >= a for a, b in pairwise(values))
    assert values[-1] <= 1.2


def test_contrast_grows_with_guidance_and_colour_faster_than_light() -> None:
    light, colour = zip(*(contrast(cfg) for cfg in CFGS), strict=True)
    for values in (light, colour):
        assert all(b > a for a, b in pairwise(values))
    assert light[0] < 1
    assert colour[-1] - colour[0] > light[-1] - light[0]


# As many seeds as the prior says.


def winners(*prompts: str | tuple[str, float], **fields: Any) -> list[Winner]:
    """What each seed ends with, without painting it."""
    found = []
    for seed in range(1, SEEDS + 1):
        task = task_of(*prompts, seed=seed, width=96, height=96, **fields)
        assert isinstance(task, TextToImage)
        diffusion = from_words(toy.PAINTER, task)
        noise = np.random.default_rng(seed).standard_normal(diffusion.origin.shape, dtype=np.float32)
        sigmas = schedule.sigmas(schedule.karras, 12)
        dpmpp_2m(diffusion.denoiser, diffusion.origin + sigmas[0] * noise, sigmas, lambda: np.zeros(1))
        found.append(diffusion.winner())
    return found


def as_often_as(prior: float, shown: Sequence[bool]) -> None:
    """Raise AssertionError where a share of seeds is more than three binomial standard deviations from its prior."""
    assert abs(np.mean(shown) - prior) < 3 * np.sqrt(prior * (1 - prior) / len(shown)), f"{np.mean(shown)}, not {prior}"


def chosen(winner: Winner, entry: str) -> Any:
    """The drawing and the spot of a thing; None where it is absent."""
    return dict(winner.choices)[entry]


def lost_place(winner: Winner) -> bool:
    return any(t.entry == toy.STRAY for t in winner.scene.things)


def shares_follow_guidance() -> None:
    for cfg in (0, 1, 2, 7):
        made = winners("beach night with a ball and a crate", cfg_scale=cfg)
        for k, entry in enumerate(("ball", "crate")):
            as_often_as(present("object", cfg, order=k), [chosen(w, entry) is not None for w in made])
        as_often_as(present("scene", cfg), [not lost_place(w) for w in made])
        as_often_as(present("setting", cfg), [w.scene.night for w in made])


def test_as_many_seeds_show_what_is_named_as_guidance_says() -> None:
    shares_follow_guidance()


@pytest.mark.parametrize("part", ["absence", "_losses"])
def test_that_notices_things_and_places_that_are_always_there(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    always = {"absence": lambda *_: 0.0, "_losses": lambda *_: [(frozenset(), 1.0)]}
    plans.mixture_of.cache_clear()
    monkeypatch.setattr(plans, part, always[part])
    with pytest.raises(AssertionError):
        shares_follow_guidance()
    plans.mixture_of.cache_clear()


def test_many_words_that_may_go_either_way_leave_places_to_draw() -> None:
    text = "a meadow at sunset in rain, fog, snow, autumn, clouds, night, stars, oil painting, watercolor"
    engine = create()
    assert isinstance(engine, PaintedEngine)
    painter = engine.painter
    reading = painter.read((Prompt(text),))
    assert len(reading.setting) > plans.FOLLOWED
    for cfg_scale in CFGS + (0.375,):  # at which a word of the setting is met as often as not
        places = plans.places_of(plans.Request(painter, reading, cfg_scale, 64, 64, None))
        assert sum(place.share for place in places) == pytest.approx(1)


def test_weights_below_1_act_on_things_lights_and_places() -> None:
    for weight in (0.05, 0.3):
        made = winners(("beach", weight), ("night", weight), ("ball", weight))
        as_often_as(present("object", 7, weight), [chosen(w, "ball") is not None for w in made])
        as_often_as(present("scene", 7, weight), [not lost_place(w) for w in made])
        as_often_as(present("setting", 7, weight), [w.scene.night for w in made])


def test_negatives_take_away_things_lights_places_and_what_places_show() -> None:
    for against in (0.3, 0.8):
        words = [(word, -against) for word in ("ball", "night", "beach", toy.CLOUD)]
        made = winners("beach night with a ball", *words)
        as_often_as(present("object", 7, 1, against), [chosen(w, "ball") is not None for w in made])
        as_often_as(present("scene", 7, 1, against), [not lost_place(w) for w in made])
        as_often_as(present("setting", 7, 1, against), [w.scene.night for w in made])
        able = [w for w in made if w.scene.base != "canyon"]
        as_often_as(removed(7, against), [toy.CLOUD in w.scene.faded for w in able])


def test_colours_and_sides_are_met_as_often_as_guidance_says() -> None:
    for cfg in (1, 3, 7):
        made = winners("beach with a blue ball left", cfg_scale=cfg)
        balls = [one for w in made if (one := chosen(w, "ball")) is not None]
        as_often_as(min(present("colour", cfg), 0.9999), [cut.drawn.colour == toy.COLOURS["blue"] for cut, _ in balls])
        inside = [spot.x <= 45 for _, spot in balls]
        assert np.mean(inside) > present("place", cfg) - 0.2  # who may stand anywhere may stand there too
        assert np.mean(inside) == 1 or cfg < 7
