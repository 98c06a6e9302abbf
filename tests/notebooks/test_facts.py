"""Numbers, names and dates in the prose of the lessons are those of the registry and the schemas."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

import notebooks
from helpers import bodies, models
from helpers.schemas import sdxl
from helpers.studio.engine import schedule

LESSONS = Path(__file__).resolve().parents[2] / "notebooks"


def prose(name: str) -> str:
    stored = notebooks.read((LESSONS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "\n\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")


def code(name: str) -> str:
    stored = notebooks.read((LESSONS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "\n\n".join(cell.source for cell in stored.cells if cell.cell_type == "code")


def test_the_makers_are_dated_by_the_month_of_the_registry() -> None:
    assert f"In {models.as_of():%B %Y} they include" in prose("00_setup")


def test_what_is_called_retired_is_retired() -> None:
    assert models.get("sdxl").retired_on(models.as_of())
    assert not models.get("core").retired_on(models.as_of())


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("`text_prompts`", f"at most {sdxl.MAX_TEXT} characters"),
        ("`cfg_scale`", f"0 to {sdxl.MAX_CFG_SCALE}"),
        ("`seed`", f"0 to {sdxl.MAX_SEED}; 0 is random"),
        ("`steps`", f"{sdxl.MIN_STEPS} to {sdxl.MAX_STEPS}"),
        (
            "`width`, `height`",
            f"multiples of {sdxl.SIDE_STEP} from {sdxl.MIN_SIDE} to {sdxl.MAX_SIDE}, "
            f"together at most {sdxl.MAX_PIXELS:,} pixels",
        ),
    ],
)
def test_the_table_of_fields_gives_the_limits_of_the_schema(field: str, values: str) -> None:
    rows = [row for row in prose("01_text_to_image").splitlines() if row.startswith(f"| {field} |")]
    assert len(rows) >= 1
    assert values in rows[0]


@pytest.mark.parametrize("name", ["01_text_to_image", "02_image_to_image"])
def test_the_tables_name_only_fields_that_the_request_has(name: str) -> None:
    named = fields_of_tables(name)
    assert named
    assert named <= set(sdxl.SDXLRequest.model_fields)


def fields_of_tables(name: str) -> set[str]:
    rows = re.findall(r"^\| (`[^|]+`) \|", prose(name), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_]+)", row)}


def test_the_table_of_image_to_image_has_every_field_of_that_task() -> None:
    others = {"width", "height", "mask_source", "mask_image"}
    assert fields_of_tables("02_image_to_image") == set(sdxl.SDXLRequest.model_fields) - others


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("`text_prompts`", f"at most {sdxl.MAX_TEXT} characters"),
        ("`init_image_mode`", "`IMAGE_STRENGTH` or `STEP_SCHEDULE`; without it the first"),
        ("`image_strength`", f"0 to 1; without it {sdxl.DEFAULT_IMAGE_STRENGTH}"),
        ("`step_schedule_start`, `step_schedule_end`", f"without them {sdxl.DEFAULT_SCHEDULE_START} and no end"),
        ("`cfg_scale`", f"0 to {sdxl.MAX_CFG_SCALE}"),
        ("`clip_guidance_preset`", "`, `".join(sdxl.CLIP_GUIDANCE_PRESETS[:-1])),
        ("`sampler`", "one of ten"),
        ("`seed`", f"0 to {sdxl.MAX_SEED}; 0 is random"),
        ("`steps`", f"{sdxl.MIN_STEPS} to {sdxl.MAX_STEPS}"),
        ("`style_preset`", "one of seventeen"),
    ],
)
def test_the_table_of_image_to_image_gives_the_limits_of_the_schema(field: str, values: str) -> None:
    (row,) = [row for row in prose("02_image_to_image").splitlines() if row.startswith(f"| {field} |")]
    assert values in row
    assert (len(sdxl.SAMPLERS), len(sdxl.STYLE_PRESETS), sdxl.INIT_IMAGE_MODES[0]) == (10, 17, "IMAGE_STRENGTH")


def test_the_variation_and_the_edit_are_the_console_guides_own() -> None:
    variation, edit = code("02_image_to_image"), code("03_masking")
    for words in (
        "add vibrant hues to the sky, enhance reflections on the water",
        "dull colors, lack of sunset details, unrealistic sky gradients, poorly rendered reflections",
        "cfg_scale=30",
        "steps=50",
        "seed=321",
    ):
        assert words in variation
    assert 'helpers.inpaint("add a sheep", tea, meadow, cfg_scale=10,' in edit
    assert 'helpers.text_to_image("green tea garden",' in edit


def test_every_form_of_a_mask_has_its_row() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", prose("03_masking"), re.MULTILINE)
    assert tuple(rows) == sdxl.MASK_SOURCES


def test_the_first_paragraph_on_masks_says_which_colour_changes() -> None:
    _, first, *_ = prose("03_masking").split("\n\n")
    assert "white may change, black stays" in first


def test_stated_shares_of_the_steps_are_those_that_the_studio_walks() -> None:
    text = prose("02_image_to_image")
    assert "With a strength of 0.35 only 65 in 100 of the steps are left to do, with 0.9 only 10 in 100" in text
    walked = [len(schedule.sigmas(schedule.karras, 100, start=1 - strength)) - 1 for strength in (0.35, 0.9)]
    assert walked == [65, 10]


def test_services_that_are_named_as_alive_are_alive() -> None:
    for name in ("02_image_to_image", "03_masking"):
        (roles,) = re.findall(r"for role in \[(.*)\]:", code(name))
        named = [models.get(role) for role in re.findall(r'"([^"]+)"', roles)]
        assert len(named) >= 4
        assert not any(model.retired_on(models.as_of()) for model in named)


def test_counts_in_words_are_right() -> None:
    text = prose("01_text_to_image")
    assert "One of seventeen looks" in text
    assert len(get_args(sdxl.StylePreset)) == 17
    assert "trained on nine sizes of about a million pixels" in text
    sizes = models.get("sdxl").trained_sizes
    assert len(sizes) == 9
    assert all(0.9e6 < w * h < 1.1e6 for w, h in sizes)
    assert f"documentation calls {sdxl.DOCUMENTED_STEPS} the most" in text
    assert f"the studio takes up to {sdxl.MAX_STEPS}" in text


def test_the_price_doubles_where_the_lesson_says_so() -> None:
    model: Any = models.get("sdxl")
    assert "Above 50 steps the price doubled." in prose("00_setup")
    assert model.list_price({"steps": 51}) == 2 * model.list_price({"steps": 50})


def test_the_example_request_is_the_one_of_the_documentation() -> None:
    sample = json.loads((LESSONS.parent / "data/requests/sdxl-text-to-image.json").read_text())
    assert list(sample) == ["modelId", "contentType", "accept", "body"]
    assert sample["modelId"] in models.get("sdxl").ids
    bodies.check(json.loads(sample["body"]))


def test_the_default_of_guidance_is_the_one_that_the_lesson_tells() -> None:
    default = sdxl.SDXLRequest.model_fields["cfg_scale"].default
    assert f"SDXL's own default is {default:g}." in prose("01_text_to_image")


def test_the_retired_model_that_the_lesson_points_at_is_first_in_the_list() -> None:
    assert "Look at the first line." in prose("00_setup")
    assert models.all()[0] == models.get("sdxl")


# ---- 04: sweeps -----------------------------------------------------------------------------------------------------


def test_the_lesson_on_sweeps_prices_models_that_are_alive() -> None:
    (roles,) = re.findall(r"for role in \[(.*)\]:", code("04_parameter_sweeps"))
    named = [models.get(role) for role in re.findall(r'"([^"]+)"', roles)]
    assert len(named) == 3
    assert not any(model.retired_on(models.as_of()) for model in named)
    assert all(model.rpm for model in named)


def test_the_budget_of_the_lesson_buys_as_many_pictures_as_it_says() -> None:
    price = models.get("core").list_price({})
    text = prose("04_parameter_sweeps")
    assert text.count("budget=1.00") == 2
    bought = round(1.00 / price)
    assert f"it makes {bought} pictures and stops" in text
    assert f"makes the other {4 * 10 - bought}" in text, "four scenes with ten seeds each"


def test_the_lesson_on_sweeps_gives_the_gallery_s_own_keys() -> None:
    from helpers.sweeps import gallery_words

    known = {key for keys, _ in gallery_words.KEYS for key in keys.split()} | {"arrow keys"}
    (table,) = re.findall(r"^\| Key \|.*?\n\n", prose("04_parameter_sweeps"), re.MULTILINE | re.DOTALL)
    named = [key for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:] for key in row.split(", ")]
    assert len(named) == 12
    assert {key.strip("`") for key in named} <= known


def test_ranges_in_the_lesson_s_prose_are_what_the_lesson_says_of_them() -> None:
    from helpers.sweeps import ranges

    assert ranges.expand("1-21 (+5)") == [1, 6, 11, 16, 21]
    assert "is the same list as before" in prose("04_parameter_sweeps")
    assert "cfg_scale=[1, 6, 11, 16, 21]" in code("04_parameter_sweeps")
    assert "The second line stops at 7" in prose("04_parameter_sweeps")
    assert ranges.expand("10-5 (-3)") == [10, 7]
