"""Inside a mask something new is drawn that belongs there; outside, no byte changes."""

from collections.abc import Iterator
from functools import cache

import matplotlib.cbook
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from helpers.masks import extend
from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.diffusion import masks, matching, openings, skies
from helpers.studio.engines.painted.diffusion.decode import from_bytes
from helpers.studio.engines.painted.diffusion.latent import planes, shrink
from helpers.studio.engines.painted.diffusion.subject import horizon_of
from helpers.studio.protocol import EngineResult, Inpaint, Prompt, TextToImage
from tests.engine.remembering import Remembering

SIDE = 256
Pixels = NDArray[np.uint8]
ENGINE = Remembering(create())
MIDDLE = (0.25, 0.4, 0.75, 0.85)


@cache
def painted(prompt: str, seed: int = 6) -> Pixels:
    return ENGINE.generate(TextToImage((Prompt(prompt),), SIDE, SIDE, seed)).pixels


@cache
def photo() -> Pixels:
    with Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as picture:
        return np.asarray(picture.convert("RGB").resize((256, 320)))


@cache
def field_with_a_tower() -> Pixels:
    """A pale blue sky over green, noisy grass, and a striped tower that stands on the grass and reaches up."""
    y, x = np.mgrid[:SIDE, :SIDE]
    sky = np.stack([110 + y // 4, 160 + y // 5, 225 + 0 * y], 2)
    noise = np.random.default_rng(1).integers(-14, 15, (SIDE, SIDE, 1))
    grass = np.array([70, 140, 60]) + noise
    stripes = np.where((y // 5 % 2)[..., None], np.array([170, 50, 40]), np.array([60, 30, 40]))
    behind = np.where((y > 140)[..., None], grass, sky)
    tower = np.clip(20.5 - np.abs(x - 130), 0, 1) * ((y > 60) & (y < 190))  # of half a pixel along its sides
    return (behind + tower[..., None] * (stripes - behind)).astype(np.uint8)


def opening(
    box: tuple[float, float, float, float], shape: str = "box", soft: float = 0, like: Pixels | None = None
) -> Pixels:
    height, width = (SIDE, SIDE) if like is None else like.shape[:2]
    mask = Image.new("L", (width, height))
    corners = [box[0] * width, box[1] * height, box[2] * width - 1, box[3] * height - 1]
    corners[2:] = [max(pair) for pair in zip(corners[:2], corners[2:], strict=True)]
    draw = ImageDraw.Draw(mask)
    (draw.ellipse if shape == "ellipse" else draw.rectangle)(corners, fill=255)
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(soft)) if soft else mask)


def inpainted(
    init: Pixels, mask: Pixels, *prompts: str | tuple[str, float], seed: int = 1, **options: object
) -> EngineResult:
    said = tuple(Prompt(one) if isinstance(one, str) else Prompt(*one) for one in prompts)
    height, width = mask.shape
    task = Inpaint(said, width, height, seed, init_image=init, mask=mask, **options)  # type: ignore[arg-type]
    return ENGINE.generate(task, trace=True)


@cache
def outpainted(prompt: str, overlap: int = 32, seed: int = 1) -> Pixels:
    """A painted square with as much again to its right."""
    canvas, mask = extend(Image.fromarray(painted(prompt)), right=SIDE, overlap=overlap)
    return inpainted(np.asarray(canvas), np.asarray(mask.image.convert("L")), prompt, seed=seed).pixels


def horizon(pixels: Pixels) -> float | None:
    height, width = pixels.shape[:2]
    return horizon_of(planes(shrink(from_bytes(np.ascontiguousarray(pixels)), height // 8, width // 8)))


def of_skin(pixels: Pixels) -> NDArray[np.bool_]:
    red, green, blue = (pixels[..., i].astype(int) for i in range(3))
    return (red > 150) & (red - green > 25) & (red - blue > 50) & (green > 70)


def light(pixels: Pixels) -> NDArray[np.float64]:
    return pixels.mean(2)


def change(one: Pixels, other: Pixels) -> NDArray[np.float64]:
    return np.abs(one.astype(float) - other).mean(2)


def rim(mask: Pixels, width: int = 2) -> NDArray[np.bool_]:
    """The open pixels along the edge of the opening."""
    inside = mask > 127
    inner = inside.copy()
    for _ in range(width):
        p = np.pad(inner, 1)
        inner = p[1:-1, 1:-1] & p[:-2, 1:-1] & p[2:, 1:-1] & p[1:-1, :-2] & p[1:-1, 2:]
    return inside & ~inner


def things(result: EngineResult) -> list[tuple[str, tuple[float, float, float, float]]]:
    return [(one.entry, one.box) for one in result.trace.placements]  # type: ignore[union-attr]


def inits() -> Iterator[Pixels]:
    yield painted("a village")
    yield photo()


@pytest.mark.parametrize("prompt", ["a sheep", "", "a lake", "a starry night sky", "a forest"])
def test_no_byte_changes_outside_the_mask(prompt: str) -> None:
    for init in inits():
        mask = opening((0.13, 0.2, 0.71, 0.63), "ellipse", like=init)
        new = inpainted(init, mask, prompt).pixels
        assert (new[mask == 0] == init[mask == 0]).all()
        assert change(new, init)[mask == 255].mean() > 4


def test_a_soft_mask_mixes_linearly() -> None:
    init, mask = painted("a village"), opening(MIDDLE, soft=9)
    new = inpainted(init, mask, "a forest").pixels
    apart = np.abs(new.astype(int) - init).max(2)
    assert (apart <= mask.astype(int) + 1).all()
    assert apart[mask > 250].mean() > 20


@pytest.mark.parametrize(
    "prompts", [("",), ("nothing",), ("grass",), ("sky",), (("tower", -1.0),), ("", ("tower", -1.0))], ids=str
)
def test_what_is_removed_leaves_nothing(prompts: tuple[str | tuple[str, float], ...]) -> None:
    """The tower's stripes are gone, and the sky and the grass go on across the edge of the mask."""
    init, mask = field_with_a_tower(), opening((0.36, 0.16, 0.66, 0.82))
    new = inpainted(init, mask, *prompts).pixels
    old, now = (np.diff(light(p), axis=0)[62:188, 112:149].ravel() for p in (init, new))
    assert abs(np.corrcoef(old, now)[0, 1]) < 0.1
    assert change(new[1:], new[:-1])[62:136, 112:149].mean() < 2  # no stripe is left in the sky
    sides = [92, 168]  # columns of the mask's left and right edges
    steps = [np.abs(new[42:209, at].astype(float) - new[42:209, at - 1]).mean() for at in sides]
    usual = np.abs(np.diff(init[42:209, 20:80].astype(float), axis=1)).mean()
    assert max(steps) < usual + 8


def test_what_a_negative_prompt_names_is_never_drawn() -> None:
    init, mask = painted("a village"), opening(MIDDLE)
    for seed in range(1, 41):
        named = "a sheep, a cat and a dog"
        assert things(inpainted(init, mask, named, (named, -1.0), seed=seed, steps=12)) == []
    for seed in (1, 2):
        both = inpainted(init, mask, "a sheep and a balloon", ("sheep", -1.0), seed=seed)
        assert [entry for entry, _ in things(both)] == ["balloon"]


@pytest.mark.parametrize("shape", ["box", "ellipse"])
@pytest.mark.parametrize("prompt", ["a sheep", "a cat", "a red balloon"])
def test_a_thing_stands_whole_inside_the_mask_where_the_trace_says(prompt: str, shape: str) -> None:
    init, mask = field_with_a_tower(), opening(MIDDLE, shape)
    result, without = inpainted(init, mask, prompt), inpainted(init, mask, "")
    drawn = change(result.pixels, without.pixels)
    ((entry, (x0, y0, x1, y1)),) = things(result)
    assert entry in prompt
    assert 0.23 < x0 < x1 < 0.77
    assert 0.38 < y0 < y1 < 0.87
    assert (y1 - y0) > 0.2
    box = np.zeros(mask.shape, bool)
    box[int(y0 * SIDE) : int(y1 * SIDE) + 1, int(x0 * SIDE) : int(x1 * SIDE) + 1] = True
    assert drawn[box].sum() > 0.75 * drawn.sum()
    assert drawn[box].mean() > 12
    above = slice(0, int(y1 * SIDE) - 4)
    assert (rim(mask, 4)[above] & (drawn[above] > 25)).sum() < 8  # cut nowhere above its shadow


def test_two_things_are_both_drawn() -> None:
    result = inpainted(field_with_a_tower(), opening(MIDDLE), "a cat and a dog")
    assert sorted(entry for entry, _ in things(result)) == ["cat", "dog"]


def test_what_was_there_does_not_show_around_a_thing() -> None:
    """A thing is no sticker over unchanged content."""
    init, mask = field_with_a_tower(), opening((0.3, 0.16, 0.7, 0.82))
    new = inpainted(init, mask, "a sheep", seed=3)
    ((_, (_, y0, _, _)),) = things(new)
    above = slice(60, int(y0 * SIDE) - 4), slice(112, 149)
    assert y0 * SIDE > 75
    assert change(new.pixels, init)[above].mean() > 40


def test_nothing_is_half_transparent_in_a_soft_mask() -> None:
    init, mask = field_with_a_tower(), opening(MIDDLE, soft=12)
    for seed in (1, 2):
        drawn = change(inpainted(init, mask, "a sheep", seed=seed).pixels, inpainted(init, mask, "", seed=seed).pixels)
        strong = drawn > 20
        assert strong.sum() > 300
        assert (strong & (mask < 235)).sum() < 0.02 * strong.sum()


def test_a_thing_is_darker_at_night() -> None:
    scenes = [painted("a meadow"), painted("a meadow at night"), photo(), (photo() * 0.25).astype(np.uint8)]
    seen = []
    for init in scenes:
        mask = opening(MIDDLE, like=init)
        new = inpainted(init, mask, "a sheep")
        ((_, (x0, y0, x1, y1)),) = things(new)
        height, width = mask.shape
        middle = new.pixels[int((y0 + 0.3 * (y1 - y0)) * height) : int((y0 + 0.6 * (y1 - y0)) * height)]
        seen.append(light(middle[:, int((x0 + x1) / 2 * width) - 8 : int((x0 + x1) / 2 * width) + 8]).mean())
    assert seen[1] < seen[0] - 40
    assert seen[3] < seen[2] - 40


def test_a_lake_has_a_shore_of_its_own() -> None:
    """Water in the middle, the ground still in the corners, and a shore that is no straight line."""
    init, mask = painted("a meadow"), opening((0.2, 0.55, 0.8, 0.9))
    new = inpainted(init, mask, "a lake").pixels
    drawn = np.minimum(change(new, inpainted(init, mask, "").pixels), change(new, init))[141:230, 52:204]
    wet = drawn > 15
    assert wet[30:60, 50:100].mean() > 0.9
    corners = np.concatenate([wet[:10, :10], wet[:10, -10:], wet[-10:, :10], wet[-10:, -10:]])
    assert corners.mean() < 0.2
    assert wet[20:70].argmax(1).std() > 1


def test_a_place_goes_over_into_its_surroundings() -> None:
    init, mask = painted("a meadow"), opening((0.2, 0.3, 0.8, 0.9))
    new, before = inpainted(init, mask, "a beach").pixels, inpainted(init, mask, "").pixels
    drawn = change(new, before)
    assert drawn[110:200, 90:170].mean() > 15
    assert drawn[rim(mask)].mean() < 0.5 * drawn[110:200, 90:170].mean()


@pytest.mark.parametrize("prompt", ["a starry night sky", "a sunset sky", "storm clouds"])
def test_another_sky_is_behind_what_stands_before_it(prompt: str) -> None:
    init, mask = field_with_a_tower(), opening((0, 0, 1, 0.5))
    new = inpainted(init, mask, prompt).pixels
    assert change(new, init)[63:127, 113:148].mean() < 2
    assert change(new, init)[:100, :90].mean() > 40
    edge, around = (light(new)[66:110, part].max(1) for part in (slice(104, 117), slice(60, 102)))
    brightest = np.maximum(around, light(init)[66:110, 112:117].max(1))
    assert (edge > brightest + 25).mean() < 0.2  # lightning may strike, but there is no bright line


def test_a_mask_of_the_whole_picture_is_a_new_picture() -> None:
    init, mask = painted("a village"), np.full((SIDE, SIDE), 255, np.uint8)
    new = inpainted(init, mask, "a sheep").pixels
    words_alone = ENGINE.generate(TextToImage((Prompt("a sheep"),), SIDE, SIDE, 1)).pixels
    assert change(new, words_alone).max() < 2
    assert change(new, init).mean() > 15


def test_another_seed_draws_another_picture() -> None:
    init, mask = painted("a village"), opening(MIDDLE)
    boxes = {things(inpainted(init, mask, "a sheep", seed=seed))[0][1] for seed in range(1, 9)}
    assert len(boxes) >= 4
    lakes = [inpainted(init, mask, "a lake", seed=seed).pixels for seed in range(1, 7)]
    assert max(change(one, lakes[0]).max() for one in lakes) > 30


def test_the_same_task_gives_the_same_bytes_whatever_was_kept() -> None:
    init, mask = painted("a village"), opening(MIDDLE, "ellipse", 5)
    first = inpainted(init, mask, "a sheep", seed=4).pixels
    inpainted(init, mask, "a lake", seed=9)
    ENGINE.kept.clear()
    again = inpainted(init, mask, "a sheep", seed=4).pixels
    ENGINE.kept.clear()
    masks._mixture.cache_clear()
    openings.filled.cache_clear()
    assert (inpainted(init.copy(), mask.copy(), "a sheep", seed=4).pixels == first).all()
    assert (again == first).all()


def test_an_init_image_that_comes_in_late_keeps_more_of_itself() -> None:
    init, mask = painted("a village"), opening(MIDDLE)
    for prompt in ("a sheep", ""):
        changed = [
            change(inpainted(init, mask, prompt, schedule_start=start).pixels, init)[mask > 0].mean()
            for start in (0.1, 0.3, 0.6, 1.0)
        ]
        assert changed[1] < 4
        assert changed[2] > 10
        assert changed == pytest.approx(sorted(changed), abs=3)


def test_style_guidance_and_sampler_act_inside_a_mask() -> None:
    init, mask = painted("a village"), opening(MIDDLE)
    usual = inpainted(init, mask, "a sheep").pixels
    for options in ({"style_preset": "pixel-art"}, {"cfg_scale": 20.0}, {"sampler": "K_EULER_ANCESTRAL"}):
        assert change(inpainted(init, mask, "a sheep", **options).pixels, usual)[mask > 0].mean() > 2


@pytest.mark.parametrize(
    "box", [(0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 0.53, 0.54), (0, 0, 1, 0.01), (0.02, 0.02, 0.98, 0.94)]
)
@pytest.mark.parametrize("prompt", ["a sheep", "", "a lake", "a starry night sky"])
def test_masks_of_any_size_are_drawn_into(box: tuple[float, float, float, float], prompt: str) -> None:
    init = photo()
    mask = opening(box, like=init)
    new = inpainted(init, mask, prompt).pixels
    assert (new[mask == 0] == init[mask == 0]).all()


def test_an_init_image_of_one_colour_has_no_texture_to_match() -> None:
    plain = np.full((SIDE, SIDE, 3), 0.2, np.float32)
    around = matching.look_of(plain, (opening(MIDDLE) / np.float32(255)).astype(np.float32), plain)
    assert (around.soft, around.grain) == (0.0, 0.0)


@pytest.mark.parametrize("prompt", ["green tea garden", "a beach", "a village"])
def test_the_corners_of_an_outpainted_picture_are_drawn(prompt: str) -> None:
    """They are no smooth filling: the ground is as rough there as in the middle of the new side."""
    new = outpainted(prompt).astype(float)
    rough = np.abs(np.diff(light(new), axis=0))
    corner, middle = rough[-40:, -40:].mean(), rough[-40:, SIDE + 80 : SIDE + 140].mean()
    assert corner > 0.5 * middle


@pytest.mark.parametrize("prompt", ["green tea garden", "a beach", "a village"])
def test_more_overlap_hides_the_seam_better(prompt: str) -> None:
    steps = []
    for overlap in (0, 64):
        across = np.abs(np.diff(outpainted(prompt, overlap).astype(float), axis=1)).mean((0, 2))
        steps.append(across[SIDE - overlap - 2 : SIDE + 2].max())
    assert steps[1] < 0.75 * steps[0]


@pytest.mark.parametrize("prompt", ["a meadow", "a village at night"])
def test_an_outpainted_side_has_the_old_horizon(prompt: str) -> None:
    for seed in (1, 2, 3):
        new = outpainted(prompt, seed=seed)
        old, there = horizon(new[:, :SIDE]), horizon(new[:, SIDE:])
        assert old is not None
        assert there == pytest.approx(old, abs=7)  # a hill may stand on one side


def test_an_outpainted_beach_is_one_beach() -> None:
    """Sand begins at the same height on both sides of the seam."""
    for seed in (1, 2, 3):
        new = outpainted("a beach", seed=seed).astype(float)
        strips = [new[:, part].mean(1) for part in (slice(SIDE - 60, SIDE - 32), slice(SIDE + 4, SIDE + 32))]
        begins = [int((strip[:, 0] > strip[:, 2]).argmax()) for strip in strips]
        assert begins[0] > 0
        assert begins[1] == pytest.approx(begins[0], abs=0.04 * SIDE)


@pytest.mark.parametrize("prompt", ["the sea", "a mountain lake", "a forest"])
def test_a_place_behind_somebody_has_no_copies_of_the_face(prompt: str) -> None:
    init = photo()
    mask = opening((0, 0, 1, 0.55), like=init) & ~opening((0.28, 0.02, 0.74, 0.72), "ellipse", like=init)
    new = inpainted(init, mask, prompt).pixels
    assert of_skin(init[100:150, 96:144]).mean() > 0.8
    assert of_skin(new)[mask > 0].mean() < 0.02
    assert change(new, init)[10:170, 204:].mean() > 15


def test_a_snowy_peak_is_before_the_sky_and_a_cloud_that_touches_it_is_not() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    pixels = np.where((y < 170)[..., None], np.array([60, 120, 220]), np.array([70, 140, 60]))
    cloud = np.square((x - 130) / 50) + np.square((y - 45) / 12) < 1
    pixels[cloud] = 250
    slope = y > 40 + 1.2 * np.abs(x - 90)
    pixels[slope & (y < 170)] = 120, 125, 135
    pixels[slope & (y < 100)] = 235, 240, 245
    matte = skies.matte_of(from_bytes(pixels.astype(np.uint8)), y < 120)
    snow = slope & (y < 95) & (y > 50 + 1.2 * np.abs(x - 90))
    assert matte.share[snow].mean() < 0.05
    assert matte.share[cloud & ~slope & (x > 140)].mean() > 0.9
