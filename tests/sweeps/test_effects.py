"""How much an axis moves the picture against a new seed: on pictures whose answer is known, and on the studio's own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.sweeps.axes.tiles import Axis, Coordinate, Failure, Tile
from helpers.sweeps.shown.effects import measure as effects
from helpers.sweeps.shown.effects.distances import Distance, meter
from helpers.sweeps.shown.effects.measure import measure
from helpers.sweeps.shown.effects.report import Effect, Effects
from tests.sweeps.sample_tiles import axes_of, tiles_of

ROOT = Path(__file__).parents[2]
SEEDS = (1, 2, 3, 4)
Draw = Callable[[dict[str, Any]], "Image.Image | None"]


def scene(seed: int, *, light: int = 0, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Blocks in places that the seed chooses, on a ground of one colour, all of it lighter or darker."""
    random = np.random.default_rng(seed)
    pixels = np.full((size[1], size[0], 3), 120, np.int16)
    for _ in range(12):
        x, y = random.integers(0, size[0] - 20), random.integers(0, size[1] - 20)
        pixels[y : y + 20, x : x + 20] = random.integers(60, 180, 3)
    return Image.fromarray(np.clip(pixels + light, 0, 255).astype(np.uint8))


def swept(folder: Path, draw: Draw, **fields: tuple[Any, ...]) -> tuple[list[Tile], list[Axis]]:
    """A sweep's tiles over these fields, each with the picture that `draw` gives for its values."""
    tiles = []
    for number, values in enumerate(product(*fields.values())):
        body = dict(zip(fields, values, strict=True))
        image, path = draw(body), folder / f"{number}.png"
        (image or scene(number)).save(path)  # a filtered tile may still have a small blurred one
        places = tuple(Coordinate(name, str(value), value) for name, value in body.items())
        failure = None if image else Failure("filtered", "A content filter stopped this picture.")
        tiles.append(
            Tile(str(number), places, body, "m", path if image else None, path, body.get("seed"), failure=failure)
        )
    return tiles, [Axis(name, tuple(map(str, values)), values) for name, values in fields.items()]


def found(folder: Path, draw: Draw, **fields: tuple[Any, ...]) -> Effects:
    return measure(*swept(folder, draw, **fields))


def by_axis(measured: Effects) -> dict[str, Effect]:
    return {effect.axis: effect for effect in measured.effects}


# ---- the three measures ---------------------------------------------------------------------------------------------


def apart(folder: Path, one: Image.Image, other: Image.Image) -> Distance:
    one.save(folder / "one.png")
    other.save(folder / "other.png")
    return meter()(folder / "one.png", folder / "other.png")


def noise(seed: int = 0, size: tuple[int, int] = (40, 24)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0]), np.uint8)).convert("RGB")


def test_the_same_picture_is_at_no_distance(tmp_path: Path) -> None:
    assert apart(tmp_path, noise(), noise()) == (0, 0, 0)


def test_structure_is_one_less_ssim_as_the_paper_defines_it(tmp_path: Path) -> None:
    one, other = noise(1), noise(2)
    x, y = (np.asarray(image.convert("L"), float) for image in (one, other))
    weights = np.exp(-(np.add.outer((np.arange(11) - 5) ** 2, (np.arange(11) - 5) ** 2)) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    local = []
    for row, column in product(range(x.shape[0] - 10), range(x.shape[1] - 10)):
        a, b = x[row : row + 11, column : column + 11], y[row : row + 11, column : column + 11]
        mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
        var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
        both = (weights * (a - mean_a) * (b - mean_b)).sum()
        alike = (2 * mean_a * mean_b + c1) * (2 * both + c2)
        local.append(alike / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)))
    assert apart(tmp_path, one, other).structure == pytest.approx(1 - np.mean(local), abs=1e-4)


def test_colour_is_the_shift_of_the_levels_wherever_they_are(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 200, (24, 40, 3), np.uint8)
    shifted = apart(tmp_path, Image.fromarray(pixels), Image.fromarray(pixels + np.uint8(51)))
    turned = apart(tmp_path, Image.fromarray(pixels), Image.fromarray(pixels[::-1, ::-1]))
    assert shifted.colour == pytest.approx(0.2)
    assert turned.colour == 0
    assert turned.structure > 0.5


def test_sharpness_counts_doublings_of_fine_contrast(tmp_path: Path) -> None:
    board = (np.indices((32, 32)).sum(axis=0) % 2).astype(np.uint8)
    faint, strong = (Image.fromarray(128 + board * np.uint8(step)).convert("RGB") for step in (20, 80))
    assert apart(tmp_path, faint, strong).sharpness == pytest.approx(2, abs=0.05)


def test_pictures_of_two_shapes_are_compared_at_one_whichever_comes_first(tmp_path: Path) -> None:
    wide = Image.new("RGB", (640, 320), "teal")
    assert apart(tmp_path, wide, wide.resize((320, 640))) == (0, 0, 0)
    assert apart(tmp_path, noise(1), noise(2, (24, 40))) == apart(tmp_path, noise(2, (24, 40)), noise(1))


# ---- against seed noise ---------------------------------------------------------------------------------------------


def test_steps_that_settle_are_within_seed_noise_from_there_on_and_a_style_is_beyond_it(tmp_path: Path) -> None:
    def draw(body: dict[str, Any]) -> Image.Image:
        unfinished = {10: -50, 20: -25}.get(body["steps"], 0)
        return scene(body["seed"], light=unfinished + (50 if body["style"] == "pale" else 0))

    measured = found(tmp_path, draw, steps=(10, 20, 30, 40, 50), style=("plain", "pale"), seed=SEEDS)
    assert measured.sentence == (
        "steps: beyond seed noise, most in colour. steps above 30: within seed noise."
        " style: beyond seed noise, most in colour."
    )
    steps = by_axis(measured)["steps"]
    assert measured.floor is not None
    assert [bool(measured.floor.beyond(step.median)) for step in steps.steps] == [True, True, False, False]
    assert [step.median for step in steps.steps[2:]] == [(0, 0, 0), (0, 0, 0)]
    assert [(step.start, step.end) for step in steps.steps] == [("10", "20"), ("20", "30"), ("30", "40"), ("40", "50")]


def test_an_axis_that_does_no_more_than_a_new_seed_is_within_seed_noise(tmp_path: Path) -> None:
    def draw(body: dict[str, Any]) -> Image.Image:
        return scene(hash((body["seed"], body["style"])) % 10_000)

    fields = {"style": (1.5, 2.5, 3.5), "seed": (1, 2, 3, 4, 5)}
    measured = found(tmp_path, draw, **fields)
    assert measured.sentence == "style: within seed noise from 1.5 to 3.5."
    assert measured.floor is not None
    assert 0.7 < measured.floor.times(by_axis(measured)["style"].median).structure < 1.3


def test_a_plateau_at_the_lower_end_is_found_too(tmp_path: Path) -> None:
    lights = {1: 0, 4: 0, 7: 0, 12: 60, 20: 120}
    measured = found(
        tmp_path, lambda body: scene(body["seed"], light=lights[body["cfg"]]), cfg=tuple(lights), seed=SEEDS
    )
    assert "cfg up to 7: within seed noise." in measured.sentence


def test_small_steps_that_add_up_are_not_taken_for_a_plateau(tmp_path: Path) -> None:
    values = tuple(range(0, 72, 4))
    measured = found(tmp_path, lambda body: scene(body["seed"], light=body["cfg"]), cfg=values, seed=SEEDS)
    assert measured.floor is not None
    cfg = by_axis(measured)["cfg"]
    assert not any(measured.floor.beyond(step.median) for step in cfg.steps)
    assert measured.floor.beyond(cfg.median) == ("colour",)
    assert cfg.quiet is None or cfg.quiet != (0, len(values) - 1)
    assert cfg.quiet is None or cfg.quiet[1] - cfg.quiet[0] < 9


def test_values_are_put_in_order_and_words_are_not(tmp_path: Path) -> None:
    measured = found(
        tmp_path,
        lambda body: scene(body["seed"], light=body["cfg"]),
        cfg=(50, 10, 30),
        style=("b", "a", "c"),
        switch=(True, False),
        seed=(1, 2),
    )
    assert by_axis(measured)["cfg"].labels == ("10", "30", "50")
    assert by_axis(measured)["style"].labels == ("b", "a", "c")
    assert by_axis(measured)["style"].steps == by_axis(measured)["switch"].steps == ()


# ---- honest pairs ---------------------------------------------------------------------------------------------------


def test_only_pairs_that_differ_in_one_axis_alone_are_compared(tmp_path: Path) -> None:
    def draw(body: dict[str, Any]) -> "Image.Image | None":
        if body["a"] == 2 and body["b"] == 1:  # the holes leave pairs that differ in both
            return None
        return scene(body["seed"], light=100 if body["b"] == 3 else 0)

    measured = found(tmp_path, draw, a=(1, 2), b=(1, 2, 3), seed=SEEDS)
    assert by_axis(measured)["a"].median == (0, 0, 0)
    assert by_axis(measured)["a"].pairs == 2 * len(SEEDS)
    assert by_axis(measured)["b"].pairs == (3 + 1) * len(SEEDS)
    assert (measured.made, measured.failed) == (5 * len(SEEDS), len(SEEDS))
    assert "4 tiles without a picture were left out." in measured.sentence


def test_the_floor_is_of_tiles_that_differ_in_the_seed_alone(tmp_path: Path) -> None:
    tiles, axes = swept(tmp_path, lambda body: scene(body["seed"]), cfg=(1, 2), seed=SEEDS)
    measured = measure(tiles, axes)
    assert measured.floor is not None
    assert (measured.floor.pairs, measured.floor.seeds) == (2 * 6, 4)
    together = [Axis("seed and steps", axis.labels, axis.values) if axis.name == "seed" else axis for axis in axes]
    mixed = [
        Tile(
            tile.key,
            tuple(Coordinate("seed and steps", p.label, p.value) if p.axis == "seed" else p for p in tile.coordinates),
            {**tile.body, "steps": 10 * (tile.seed or 0)},
            tile.model,
            tile.path,
            seed=tile.seed,
        )
        for tile in tiles
    ]
    assert measure(mixed, together).floor is None


def test_without_a_seed_axis_it_says_that_there_is_no_floor_and_how_to_get_one(tmp_path: Path) -> None:
    measured = found(tmp_path, lambda body: scene(1, light=body["cfg"]), cfg=(1, 30, 60, 90))
    assert measured.floor is None
    assert "within" not in measured.table + measured.sentence
    assert "no floor" in measured.sentence
    assert "Add seed=[1, 2, 3, 4]" in measured.sentence
    assert by_axis(measured)["cfg"].median.colour > 0


def test_few_pairs_and_few_seeds_are_called_a_hint(tmp_path: Path) -> None:
    measured = found(tmp_path, lambda body: scene(body["seed"]), cfg=(1, 2), seed=(1, 2))
    assert "(by 2 pairs alone: a hint)" in measured.sentence
    assert "The floor rests on 2 seeds alone" in measured.sentence


def test_a_sweep_with_nothing_to_compare_says_so(tmp_path: Path) -> None:
    assert "run the sweep first" in found(tmp_path, lambda _: None, cfg=(1, 2), seed=(1, 2)).sentence
    assert "no axis beside the seed" in found(tmp_path, lambda body: scene(body["seed"]), seed=SEEDS).sentence


def test_of_many_pairs_the_same_few_are_measured_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "MAX_PAIRS", 12)
    tiles, axes = swept(tmp_path, lambda body: scene(body["seed"], light=body["cfg"]), cfg=(1, 20, 40), seed=SEEDS)
    once, again = measure(tiles, axes), measure(tiles, axes)
    assert once == again
    assert (by_axis(once)["cfg"].pairs, by_axis(once)["cfg"].pairs_in_all) == (12, 12)
    monkeypatch.setattr(effects, "MAX_PAIRS", 6)
    fewer = measure(tiles, axes)
    assert (by_axis(fewer)["cfg"].pairs, by_axis(fewer)["cfg"].pairs_in_all) == (6, 12)
    assert "6 of 12" in fewer.table
    assert [step.pairs for step in by_axis(fewer)["cfg"].steps] == [2, 2]


# ---- as it is shown -------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(tmp_path: Path) -> Effects:
    def draw(body: dict[str, Any]) -> Image.Image:
        return scene(body["seed"], light=body["cfg"] + (body["a <b>"] == "y"))

    return found(tmp_path, draw, cfg=(0, 40, 80), **{"a <b>": ("x", "y"), "seed": SEEDS})


def test_a_table_holds_every_axis_its_steps_and_the_floor(shown: Effects) -> None:
    lines = shown.table.splitlines()
    names = [line.split("  ")[0].strip() or line.split("  ")[1] for line in lines[1:-1]]
    assert names == ["cfg", "0 → 40", "40 → 80", "a <b>", "a new seed, typical", "a new seed, nine in ten"]
    assert repr(shown) == f"{shown.table}\n{shown.sentence}"


def test_in_a_notebook_numbers_stand_on_the_page_alone_and_names_are_only_text(shown: Effects) -> None:
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == shown.sentence
    assert not re.search(r"\d[.]\d", shown.sentence + shown.alt)
    assert "<b>" not in bundle["text/html"]
    assert "&lt;0.01×" in bundle["text/html"]
    outside = re.sub(r'<span class="measured">[^<]*</span>|style="[^"]*"', "", bundle["text/html"])
    assert not re.search(r"\d[.]\d", outside)
    assert bundle["text/html"].count('scope="row"') == 6


def test_the_plot_has_a_panel_a_measure_a_row_a_line_and_a_text_alternative(
    shown: Effects, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = shown.figure()
    assert len(figure.axes) == 3
    assert [label.get_text().strip() for label in figure.axes[0].get_yticklabels()] == [
        "cfg",
        "0 → 40",
        "40 → 80",
        "a <b>",
    ]
    shown.plot()
    told = capsys.readouterr().out
    assert told.startswith(
        "Dot plot of how far each axis moves the picture by structure, colour and sharpness: cfg, a <b>."
    )
    assert shown.sentence in told


def test_an_effect_where_seeds_change_nothing_is_still_drawn(tmp_path: Path) -> None:
    measured = found(tmp_path, lambda body: scene(0, light=body["cfg"]), cfg=(0, 50), seed=SEEDS)
    assert "cfg: beyond seed noise" in measured.sentence
    assert "∞" in measured.table
    measured.figure().canvas.draw()


ON_THE_STUDIO = """
import warnings
import helpers
warnings.simplefilter("ignore")
body = helpers.text_to_image("a serene beach at sunset", width=320, height=320)
sweep = helpers.Sweep(body, steps=[10, 30, 50], style_preset=["photographic", "line-art"], seed=[1, 2, 3])
sweep.run(helpers.connect(), progress=False)
found = sweep.effects()
print(found.sentence)
steps = next(effect for effect in found.effects if effect.axis == "steps")
print([found.floor.beyond(step.median) for step in steps.steps], found.failed)
"""


def test_on_the_studio_steps_beyond_30_are_within_seed_noise_and_a_style_is_not(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    ran = subprocess.run(
        [sys.executable, "-m", "helpers.studio", "--", "python", "-X", "utf8", "-c", ON_THE_STUDIO],
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(ROOT), "WORKSHOP_OUTPUTS": str(tmp_path), "WORKSHOP_LANG": "en"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    sentence, steps = ran.stdout.splitlines()[-2:]
    assert "style_preset: beyond seed noise" in sentence
    assert "steps" in sentence.partition("within seed noise")[0]
    assert steps.endswith(", ()] 0")


def test_tiles_whose_pictures_are_gone_or_damaged_are_left_out(tmp_path: Path) -> None:
    axes = axes_of(cfg_scale=[1, 7, 15], seed=[1, 2])
    tiles = tiles_of(tmp_path, axes)
    for tile, damage in ((tiles[0], b""), (tiles[1], b"RIFF\0\0")):
        assert tile.thumbnail
        assert tile.path
        tile.thumbnail.write_bytes(damage)
        tile.path.write_bytes(damage)
    found = effects.measure(tiles, axes)
    assert (found.made, found.failed) == (4, 2)
