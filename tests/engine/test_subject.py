"""The main thing of an init image is found where it stands, and none is claimed where there is only a landscape."""

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.latent import Planes, planes
from helpers.studio.engines.painted.diffusion.subject import Subject, horizon_of, subject_of

Colour = NDArray[np.float32]
Box = tuple[float, float, float, float]


def colour(red: float, green: float, blue: float) -> Colour:
    return np.array([red, green, blue], np.float32)


SKY, GRASS, RED = colour(0.2, 0.4, 0.9), colour(-0.3, 0.3, -0.5), colour(0.8, -0.6, -0.6)


def two_tone(height: int = 64, width: int = 64, horizon: float = 0.5, grain: float = 0.04, seed: int = 1) -> Planes:
    """A sky over a ground, both with some texture, as a latent."""
    y = (np.arange(height) + 0.5)[:, None, None] / height
    pixels = np.where(y < horizon, SKY, GRASS) * np.ones((1, width, 1), np.float32)
    noise = np.random.default_rng(seed).normal(0, grain, pixels.shape)
    return planes((pixels + noise).astype(np.float32))


def disc(height: int, width: int, x: float, y: float, radius: float) -> NDArray[np.bool_]:
    """Where a disc is; its radius in shares of the height."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    return np.hypot(rows - y * height, columns - x * width) < radius * height


def with_disc(picture: Planes, x: float, y: float, radius: float, of: Colour = RED) -> Planes:
    _, height, width = picture.shape
    where = disc(height, width, x, y, radius)
    return np.where(where, planes(of[None, None]), picture)


def box_of_disc(picture: Planes, x: float, y: float, radius: float) -> Box:
    across = radius * picture.shape[1] / picture.shape[2]
    return (x - across, y - radius, x + across, y + radius)


def shared(a: Box, b: Box) -> float:
    """Return the intersection of two boxes over their union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)) - common)


@pytest.mark.parametrize("radius", [0.09, 0.15, 0.25])
@pytest.mark.parametrize(("x", "y"), [(0.5, 0.5), (0.3, 0.62), (0.68, 0.4), (0.5, 0.3)])
def test_a_disc_is_found_whatever_its_place_and_size(x: float, y: float, radius: float) -> None:
    picture = with_disc(two_tone(), x, y, radius)
    found = subject_of(picture)
    assert shared(found.box, box_of_disc(picture, x, y, radius)) > 0.7
    assert found.sure > 0.6
    where = disc(64, 64, x, y, radius)
    assert found.map[where].mean() > 0.8
    assert found.map[~where].mean() < 0.1


@pytest.mark.parametrize(("height", "width"), [(64, 96), (96, 64), (128, 128), (32, 32), (80, 144)])
def test_a_disc_is_found_in_a_picture_of_any_size(height: int, width: int) -> None:
    picture = with_disc(two_tone(height, width), 0.45, 0.55, 0.18)
    found = subject_of(picture)
    assert found.map.shape == (height, width)
    assert found.map.dtype == np.float32
    assert 0 <= found.map.min() <= found.map.max() <= 1
    assert shared(found.box, box_of_disc(picture, 0.45, 0.55, 0.18)) > 0.7


def test_a_pale_picture_shows_the_same_thing() -> None:
    vivid = with_disc(two_tone(), 0.4, 0.55, 0.2)
    pale = np.float32(0.15) * vivid + np.float32(0.5)
    assert shared(subject_of(pale).box, subject_of(vivid).box) > 0.9


def test_a_portrait_that_the_lower_side_cuts_is_found_with_its_head_and_shoulders() -> None:
    picture = with_disc(two_tone(), 0.5, 0.38, 0.17, colour(0.7, 0.3, 0.1))
    picture = with_disc(picture, 0.5, 0.95, 0.42, colour(-0.8, -0.8, -0.6))
    found = subject_of(picture)
    person = disc(64, 64, 0.5, 0.38, 0.17) | disc(64, 64, 0.5, 0.95, 0.42)
    assert found.map[person].mean() > 0.75
    assert found.map[~person].mean() < 0.15
    assert found.sure > 0.5


def test_what_a_thing_encloses_is_part_of_it() -> None:
    ring = disc(64, 64, 0.5, 0.5, 0.3) & ~disc(64, 64, 0.5, 0.5, 0.18)
    picture = np.where(ring, planes(RED[None, None]), two_tone(horizon=0.0))
    assert subject_of(picture).map[disc(64, 64, 0.5, 0.5, 0.15)].mean() > 0.8


@pytest.mark.parametrize("stripe", [5, 7, 9])
def test_a_striped_tower_is_one_thing_though_its_stripes_have_the_colour_of_the_sky(stripe: int) -> None:
    rows, columns = np.mgrid[:64, :64]
    red = (np.abs(columns - 31.5) < 6) & (rows >= 10) & (rows < 55) & ((rows - 10) // stripe % 2 == 0)
    picture = np.where(red, planes(RED[None, None]), two_tone(horizon=1.0))
    assert shared(subject_of(picture).box, (26 / 64, 10 / 64, 38 / 64, 55 / 64)) > 0.6


def test_a_house_drawn_in_lines_is_found_and_not_the_line_that_it_stands_on() -> None:
    picture = np.full((3, 64, 64), 1.7, np.float32)
    picture[1:] = 0
    picture[0, 50] = picture[0, 26, 20:44] = picture[0, 26:50, 20] = picture[0, 26:50, 43] = 0.5
    picture[0, 38:50, 30] = picture[0, 38:50, 35] = picture[0, 38, 30:35] = 0.5
    assert shared(subject_of(picture).box, (20 / 64, 26 / 64, 44 / 64, 51 / 64)) > 0.6


def test_of_two_things_the_larger_is_the_main_one() -> None:
    picture = with_disc(with_disc(two_tone(), 0.3, 0.5, 0.18), 0.8, 0.55, 0.07)
    assert shared(subject_of(picture).box, box_of_disc(picture, 0.3, 0.5, 0.18)) > 0.7


def landscapes() -> dict[str, Planes]:
    y, x = np.mgrid[:64, :64] / np.float32(64)
    hills = 0.55 + 0.06 * np.sin(7 * x)
    sky = SKY * (1 - 0.5 * y[..., None])
    rolling = np.where((y < hills)[..., None], sky, GRASS).astype(np.float32)
    strip = (np.abs(x - 0.5) < 0.44) & (np.abs(y - 0.7) < 0.07)
    haze = np.abs(y - 0.5) < 0.05
    strata = np.random.default_rng(0).normal(0, 0.4, (10, 1, 3)).repeat(7, 0)[:64].repeat(64, 1)
    return {
        "two tones": two_tone(),
        "two rough tones": two_tone(grain=0.15),
        "one tone": two_tone(horizon=0.0),
        "noise": np.random.default_rng(3).normal(0, 0.3, (3, 64, 64)).astype(np.float32),
        "black": np.full((3, 64, 64), -1, np.float32),
        "a sunset without end": planes(np.stack([0.9 - y, 0.3 - y, y - 0.5], -1).astype(np.float32)),
        "rolling hills": planes(rolling),
        "a wall with hardly a stain": with_disc(
            two_tone(horizon=0.0, grain=0.0), 0.5, 0.5, 0.2, colour(-0.29, 0.31, -0.5)
        ),
        "strata": planes(strata.astype(np.float32)),
        "a strip of poppies": np.where(strip, planes(RED[None, None]), two_tone()),
        "a haze between sky and ground": np.where(
            haze, two_tone(horizon=0.0) / 2 + two_tone(horizon=1.0) / 2, two_tone()
        ),
    }


@pytest.mark.parametrize("name", landscapes())
def test_a_landscape_without_a_thing_makes_nothing_sure(name: str) -> None:
    found = subject_of(landscapes()[name])
    assert found.sure < 0.35
    assert np.isfinite(found.map).all()


def test_the_same_picture_has_the_same_subject() -> None:
    picture = with_disc(two_tone(), 0.4, 0.5, 0.2)
    before = picture.copy()
    first, second = subject_of(picture), subject_of(picture)
    np.testing.assert_array_equal(first.map, second.map)
    assert (first.box, first.sure) == (second.box, second.sure)
    np.testing.assert_array_equal(picture, before)


def test_a_mirrored_picture_has_the_mirrored_subject() -> None:
    picture = with_disc(two_tone(), 0.3, 0.6, 0.2)
    (x0, y0, x1, y1), mirrored = subject_of(picture).box, subject_of(picture[..., ::-1])
    assert shared(mirrored.box, (1 - x1, y0, 1 - x0, y1)) > 0.9


@pytest.mark.parametrize("at", [0.25, 0.4, 0.55, 0.7, 0.85])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 64), (48, 84)])
def test_the_horizon_is_found_within_three_hundredths(at: float, height: int, width: int) -> None:
    found = horizon_of(two_tone(height, width, at, grain=0.1))
    assert found is not None
    assert abs(found - 100 * at) <= 3


@pytest.mark.parametrize(("x", "radius"), [(0.5, 0.25), (0.2, 0.22), (0.75, 0.25)])
def test_a_thing_that_stands_before_the_horizon_does_not_move_it(x: float, radius: float) -> None:
    found = horizon_of(with_disc(two_tone(horizon=0.45), x, 0.55, radius))
    assert found is not None
    assert abs(found - 45) <= 3


def test_a_sky_that_fades_does_not_hide_the_horizon() -> None:
    y = np.mgrid[:64, :64][0] / np.float32(64)
    sky = SKY + (colour(1.6, 0.6, -1.2) * y[..., None])
    picture = planes(np.where(y[..., None] < 0.8, sky, colour(0.9, 0.3, -0.6)).astype(np.float32))
    found = horizon_of(picture)
    assert found is not None
    assert abs(found - 80) <= 3


def test_there_is_no_horizon_without_one() -> None:
    assert horizon_of(two_tone(horizon=0.0)) is None
    assert horizon_of(landscapes()["noise"]) is None
    assert horizon_of(with_disc(two_tone(horizon=0.0), 0.5, 0.5, 0.3)) is None
    lit_from_a_side = two_tone(horizon=0.0) + np.linspace(-2, 2, 64, dtype=np.float32)
    lit_from_a_side[:, 32:] += np.float32(0.15)
    assert horizon_of(lit_from_a_side) is None
    on_its_side = np.ascontiguousarray(two_tone().transpose(0, 2, 1))
    assert horizon_of(on_its_side) is None


def test_a_subject_is_a_value() -> None:
    with pytest.raises(AttributeError):
        subject_of(two_tone()).sure = 1.0  # type: ignore[misc]
    assert isinstance(subject_of(two_tone()), Subject)
