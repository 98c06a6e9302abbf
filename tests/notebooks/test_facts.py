"""Numbers, names and dates in the prose of the lessons are those of the registry and the schemas."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

import notebooks
from helpers import bodies, models
from helpers.schemas import sdxl

LESSONS = Path(__file__).resolve().parents[2] / "notebooks"


def prose(name: str) -> str:
    stored = notebooks.read((LESSONS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "\n\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")


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


def test_the_tables_name_only_fields_that_the_request_has() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", prose("01_text_to_image"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)", row)}
    assert named
    assert named <= set(sdxl.SDXLRequest.model_fields)


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
