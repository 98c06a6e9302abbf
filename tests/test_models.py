"""The registry, held against ids, dates and prices typed from the documentation."""

from datetime import date

import pytest

from helpers import models
from helpers.errors import BodyError, UnknownModelError

TODAY = date(2026, 11, 22)
SERVICES = {
    "stability.stable-image-inpaint-v1:0": (10, 0.07),
    "stability.stable-outpaint-v1:0": (2, 0.06),
    "stability.stable-image-erase-object-v1:0": (10, 0.07),
    "stability.stable-image-search-replace-v1:0": (10, 0.07),
    "stability.stable-image-search-recolor-v1:0": (10, 0.07),
    "stability.stable-image-remove-background-v1:0": (10, 0.07),
    "stability.stable-image-control-sketch-v1:0": (10, 0.07),
    "stability.stable-image-control-structure-v1:0": (10, 0.07),
    "stability.stable-image-style-guide-v1:0": (10, 0.07),
    "stability.stable-style-transfer-v1:0": (10, 0.08),
    "stability.stable-conservative-upscale-v1:0": (2, 0.40),
    "stability.stable-creative-upscale-v1:0": (2, 0.60),
    "stability.stable-fast-upscale-v1:0": (10, 0.03),
}


@pytest.mark.parametrize(
    "name",
    [
        "sdxl",
        "stability.stable-diffusion-xl-v1",
        "stability.stable-diffusion-xl-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/stability.stable-diffusion-xl-v1:0",
    ],
)
def test_a_model_answers_to_its_role_its_ids_and_its_arn(name: str) -> None:
    assert models.get(name).name == "SDXL 1.0"


def test_a_model_of_the_registry_is_its_own_name() -> None:
    assert models.get(models.get("core")) is models.get("core")


@pytest.mark.parametrize(
    ("name", "eol"),
    [
        ("stability.stable-diffusion-xl-v0", date(2024, 4, 30)),
        ("stability.stable-diffusion-xl-v1", date(2025, 5, 20)),
        ("stability.sd3-large-v1:0", date(2025, 9, 4)),
        ("stability.stable-image-core-v1:0", date(2025, 9, 4)),
        ("stability.stable-image-ultra-v1:0", date(2025, 9, 4)),
        ("amazon.titan-image-generator-v1", date(2025, 8, 15)),
        ("amazon.titan-image-generator-v2:0", date(2026, 6, 30)),
        ("amazon.nova-canvas-v1:0", date(2026, 9, 30)),
    ],
)
def test_a_retired_model_is_retired_from_its_last_day_on(name: str, eol: date) -> None:
    model = models.get(name)
    assert not model.retired_on(eol.replace(day=eol.day - 1))
    assert model.retired_on(eol)
    assert model.state(TODAY) == "retired"


def test_between_its_legacy_notice_and_its_end_a_model_is_legacy() -> None:
    nova = models.get("nova-canvas")
    assert nova.state(date(2026, 3, 29)) == "active"
    assert nova.state(date(2026, 3, 30)) == "legacy"


@pytest.mark.parametrize(
    ("name", "rpm", "price"),
    [
        ("stability.stable-image-core-v1:1", 90, 0.04),
        ("stability.stable-image-ultra-v1:1", 10, 0.14),
        ("stability.sd3-5-large-v1:0", 15, 0.08),
    ],
)
def test_the_living_text_models_are_in_us_west_2_on_demand(name: str, rpm: int, price: float) -> None:
    model = models.get(name)
    assert (model.regions, model.inference, model.rpm) == (("us-west-2",), "on-demand", rpm)
    assert model.state(TODAY) == "active"
    assert model.list_price({}) == price


@pytest.mark.parametrize(("name", "row"), SERVICES.items())
def test_the_thirteen_services_are_called_through_a_profile(name: str, row: tuple[int, float]) -> None:
    model = models.get(name)
    assert (model.inference, model.invoke_id, model.rpm) == ("profile", f"us.{name}", row[0])
    assert model.regions == ("us-east-1", "us-east-2", "us-west-2")
    assert model.list_price({}) == row[1]
    assert models.get(f"us.{name}") is model


@pytest.mark.parametrize(("steps", "price"), [(10, 0.04), (50, 0.04), (51, 0.08), (150, 0.08)])
def test_sdxl_costs_twice_as_much_above_50_steps(steps: int, price: float) -> None:
    assert models.get("sdxl").list_price({"text_prompts": [{"text": "a"}], "steps": steps}) == price


def test_an_untold_price_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="No page gives a price"):
        models.get("titan-v1").list_price({"width": 1024, "height": 1024})


def test_a_body_finds_its_model_by_its_prompt() -> None:
    assert models.for_body({"text_prompts": []}).id == "stability.stable-diffusion-xl-v1"
    with pytest.raises(BodyError, match="could be for Stable Image Core or"):
        models.for_body({"prompt": "a"})
    with pytest.raises(BodyError, match="neither text_prompts"):
        models.for_body({"taskType": "TEXT_IMAGE"})


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownModelError, match="Did you mean stability"):
        models.get("stability.stable-diffusion-xl-v2")
    with pytest.raises(UnknownModelError, match="sdxl, core"):
        models.get("dream machine")


def test_no_two_models_share_a_name_and_every_successor_exists() -> None:
    names = [name for model in models.all() for name in (*model.ids, *model.roles)]
    assert len(names) == len(set(names)) > 40
    assert all(models.get(model.successor) for model in models.all() if model.successor)


def test_core_has_a_size_for_each_of_its_nine_aspect_ratios() -> None:
    sizes = models.get("core").sizes
    assert set(sizes) == {"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}
    for ratio, (width, height) in sizes.items():
        across, down = map(int, ratio.split(":"))
        assert width / height == pytest.approx(across / down, rel=0.08)
        assert all(640 <= side <= 1536 for side in (width, height))
