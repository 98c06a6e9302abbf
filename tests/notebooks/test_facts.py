"""Numbers, names and dates in the prose of the lessons are those of the registry and the schemas."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from tools import notebooks

from helpers import bodies, models
from helpers.calls import account
from helpers.schemas import sdxl
from helpers.studio.engines.painted.diffusion import denoiser, schedule

LESSONS = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = sorted(
    path.relative_to(LESSONS).with_suffix("").as_posix()
    for path in LESSONS.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
STEPS = f"AWS documents {sdxl.MIN_STEPS} to {sdxl.DOCUMENTED_STEPS}; the studio takes up to {sdxl.MAX_STEPS}"


def prose(name: str) -> str:
    stored = notebooks.read((LESSONS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "\n\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")


def code(name: str) -> str:
    stored = notebooks.read((LESSONS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "\n\n".join(cell.source for cell in stored.cells if cell.cell_type == "code")


def test_no_lesson_dates_itself_by_a_month_that_passes() -> None:
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    for name in NAMES:
        assert re.findall(rf"\b(?:{months}) 20\d\d|截至|目前是? ?20\d\d", prose(name)) == [], name


# What lessons said once, and was not so: the old command, a lesson on AWS, keys of a role, and the like.
UNTRUE = (
    r"old command works too",
    r'set `backend = "aws"` in a lesson on',
    r"or better a role",
    r"same addresses",
    r"pay for each one",
    r"anybody who asks the same model",
    r"Legal values",
    r"original of the table",
    r"towards `SLOWEST` it pulls harder",
    r"strength of 0\.6 or more",
    r"more than 30 steps",
    r"as four letters",
    r"just the four arguments",
    r"never drops a word",
    r"旧命令|老命令",
    r"讲现役模型的课里",
    r"最好是一个角色",
    r"同样的地址",
    r"按次付费",
    r"都会得到同一张图|谁都能得到",
    r"合法取值",
    r"这张表的原文",
    r"越往 `SLOWEST` 拉得越用力",
    r"0\.6 或更高",
    r"超过 30 步",
    r"四个字母",
    r"正好就是 `invoke_model`",
    r"从不悄悄丢掉",
)


@pytest.mark.parametrize("name", NAMES)
def test_no_lesson_says_again_what_was_not_so(name: str) -> None:
    text = prose(name)
    assert [words for words in UNTRUE if re.search(words, text)] == []


def test_a_role_has_no_access_key_and_each_kind_of_key_has_its_place_in_the_console() -> None:
    rows = {row.split("|")[1].strip(): row for row in prose("00_setup").splitlines() if row.startswith("| A **")}
    user, role, api_key = rows.values()
    assert "access key" in user
    assert "**IAM**, **Users**" in user
    assert "**Security credentials**" in user
    assert "no access key" in role
    assert "Security credentials" not in role
    assert "**Amazon Bedrock**, **API keys**" in api_key
    assert f"`{account.BEARER_VARIABLE}`" in api_key


@pytest.mark.parametrize("name", ["00_setup", "zh-CN/00_setup"])
def test_the_call_to_a_living_model_would_be_one_on_aws(name: str) -> None:
    (code,) = re.findall(r"```python\n(import helpers\n.*?)```", prose(name), re.DOTALL)
    (connected, asked), (region,) = re.findall(r'model="([^"]+)"', code), re.findall(r'region="([^"]+)"', code)
    (written,) = re.findall(r"body = helpers\.(text_to_image\(.*\))\n", code)
    body = eval(written, {"text_to_image": bodies.text_to_image})
    model = models.for_body(body)
    bodies.check(body)
    assert model == models.get(connected) == models.get(asked)
    assert not model.retired_on(models.as_of())
    assert region in model.regions


def test_what_is_called_retired_is_retired() -> None:
    assert models.get("sdxl").retired_on(models.as_of())
    assert not models.get("core").retired_on(models.as_of())


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("`text_prompts`", f"at most {sdxl.MAX_TEXT} characters"),
        ("`cfg_scale`", f"0 to {sdxl.MAX_CFG_SCALE}"),
        ("`seed`", f"0 to {sdxl.MAX_SEED}; 0 is random"),
        ("`steps`", STEPS),
        (
            "`width`, `height`",
            "AWS documents nine sizes, such as 1024 x 1024; the studio takes multiples of "
            f"{sdxl.SIDE_STEP} from {sdxl.MIN_SIDE} to {sdxl.MAX_SIDE}, "
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
        ("`steps`", STEPS),
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


def test_the_keys_of_the_example_are_arguments_of_invoke_model_which_has_more() -> None:
    import boto3

    client = boto3.client("bedrock-runtime", "us-west-2", aws_access_key_id="a", aws_secret_access_key="b")
    arguments = client.meta.service_model.operation_model("InvokeModel").input_shape.members
    sample = json.loads((LESSONS.parent / "data/requests/sdxl-text-to-image.json").read_text())
    assert set(sample) < set(arguments)


def test_the_size_that_the_guide_leaves_out_is_the_one_that_helpers_write() -> None:
    quick, own = sdxl.QUICK_SIDE, sdxl.DEFAULT_SIDE
    told = f"It gives no size, so helpers take {quick} x {quick}, which is quick to draw;"
    assert f"{told} SDXL's own is {own} x {own}." in prose("01_text_to_image")


def test_the_strip_of_clip_presets_is_in_the_order_of_their_pull() -> None:
    assert "each one pulls harder than the one before it in this strip" in prose("02_image_to_image")
    (listed,) = re.findall(r"presets = (\[.*\])\n.*clip_guidance_preset=preset", code("02_image_to_image"))
    pulls = [denoiser.CLIP_PULL[name] for name in json.loads(listed)]
    assert pulls == sorted(set(pulls))


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


def test_steps_are_measured_where_the_guide_says_that_more_are_better() -> None:
    assert "more steps, from 50 upwards" in prose("04_parameter_sweeps")
    (steps,) = re.findall(r"knobs = helpers\.Sweep\(body, .*steps=(\[.*?\])", code("04_parameter_sweeps"))
    assert [value for value in json.loads(steps) if value >= sdxl.DOCUMENTED_STEPS] == [50, 150]
    sdxl_model: Any = models.get("sdxl")
    assert sdxl_model.list_price({"steps": 150}) == 2 * sdxl_model.list_price({"steps": 50}), "twice by the list"


def test_the_budget_of_the_lesson_buys_as_many_pictures_as_it_says() -> None:
    price = models.get("core").list_price({})
    text = prose("04_parameter_sweeps")
    assert text.count("budget=1.00") == 2
    bought = round(1.00 / price)
    assert f"it makes {bought} pictures and stops" in text
    assert f"makes the other {4 * 10 - bought}" in text, "four scenes with ten seeds each"


def test_the_lesson_on_sweeps_gives_the_gallery_s_own_keys() -> None:
    from helpers.sweeps.shown.gallery import labels

    known = {key for keys, _ in labels.KEYS for key in keys.split()} | {"arrow keys"}
    (table,) = re.findall(r"^\| Key \|.*?\n\n", prose("04_parameter_sweeps"), re.MULTILINE | re.DOTALL)
    named = [key for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:] for key in row.split(", ")]
    assert len(named) == 12
    assert {key.strip("`") for key in named} <= known


def test_ranges_in_the_lesson_s_prose_are_what_the_lesson_says_of_them() -> None:
    from helpers.sweeps.axes import ranges

    assert ranges.expand("1-21 (+5)") == [1, 6, 11, 16, 21]
    assert "is the same list as before" in prose("04_parameter_sweeps")
    assert "cfg_scale=[1, 6, 11, 16, 21]" in code("04_parameter_sweeps")
    assert "The second line stops at 7" in prose("04_parameter_sweeps")
    assert ranges.expand("10-5 (-3)") == [10, 7]
