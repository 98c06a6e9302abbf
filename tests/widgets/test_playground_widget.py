"""The playground's widget, without a browser: what a page would send comes in, what it would show is looked at."""

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

import helpers
from helpers import errors, models
from helpers.widgets import Playground
from helpers.widgets.playground.labels import label
from tests.widgets.fake_bedrock import FakeBedrock
from tests.widgets.waiting import page_waits


@pytest.fixture
def box(bedrock: FakeBedrock) -> Playground:
    return helpers.playground(bedrock)


def page_does(box: Playground, what: str, buffers: list[bytes] | None = None, **more: Any) -> None:
    box._handle_custom_msg({"do": what, **more}, buffers or [])


def page_runs(box: Playground, because: str = "button", **changes: Any) -> None:
    page_does(box, "run", settings={**box.page_settings, **changes}, because=because)


def png(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.effect_noise((width, height), 80).save(out, "PNG")
    return out.getvalue()


def test_building_it_calls_nothing_and_its_text_is_short_and_stable(box: Playground, bedrock: FakeBedrock) -> None:
    assert repr(box) == "<Playground for SDXL 1.0 on the offline studio>"
    box.run()
    assert repr(box) == "<Playground for SDXL 1.0 on the offline studio>"
    assert len(bedrock.sent) == 1
    with pytest.raises(TypeError, match=r"helpers.playground\(helpers.connect\(\)\)"):
        helpers.playground("studio")


def test_it_can_be_kept_narrow(bedrock: FakeBedrock) -> None:
    assert helpers.playground(bedrock, width=620).layout.max_width == "620px"
    assert helpers.playground(bedrock).layout.max_width is None


def test_everything_that_goes_to_the_page_is_json(box: Playground) -> None:
    box.load("sheep")
    box.run()
    for name in box.trait_names():
        if name.startswith("page_"):
            json.dumps(getattr(box, name))


def test_python_can_do_all_that_the_page_does(box: Playground, bedrock: FakeBedrock) -> None:
    (beach,) = box.run()
    assert beach.body == helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
    box.load("variation")
    (varied,) = box.run()
    assert "image_strength" in varied.body
    box.load("sheep")
    box.set(prompt="add a cow", pictures=2)
    box.mask = helpers.Mask.box(box.reference, (0, 0, 100, 100))
    cows = box.run()
    assert [made.seed for made in cows] == [10, 11]
    assert helpers.Mask.from_body(cows[0].body) == box.mask
    assert [run.settings.action for run in box.runs] == ["generate", "variation", "generate", "edit"]
    assert [run.number for run in box.runs] == [1, 2, 3, 4]


def test_an_example_draws_the_picture_it_starts_from_once(box: Playground, bedrock: FakeBedrock) -> None:
    box.load("variation")
    box.load("variation")
    assert [body["text_prompts"][0]["text"] for body in bedrock.sent] == ["a serene beach at sunset"]
    page_does(box, "preset", name="sheep")
    page_waits(box, lambda: box.page_status["state"] == "note")
    assert box.settings.prompt == "add a sheep"
    assert box.mask is not None
    assert 0.1 < box.mask.share < 0.3
    assert box.page_status["text"].startswith("The example “Sheep” is loaded")
    assert len(bedrock.sent) == 2


def test_the_run_button_sends_what_the_page_says_and_shows_pictures_body_and_python(
    box: Playground, bedrock: FakeBedrock
) -> None:
    page_runs(box, prompt="a castle", pictures=4, seed=7)
    page_waits(box)
    assert [body["seed"] for body in bedrock.sent] == [7, 8, 9, 10]
    assert box.page_status["state"] == "done"
    assert len(box.page_result["tiles"]) == 4
    assert all(tile["alt"] and tile["src"].startswith("data:image/jpeg") for tile in box.page_result["tiles"])
    assert '"a castle"' in box.page_code["python"]
    assert json.loads(box.page_code["body"])["seed"] == 7
    assert [(one["number"], one["shown"]) for one in box.page_history] == [(1, True)]


def test_a_second_run_while_one_is_under_way_is_refused(box: Playground, bedrock: FakeBedrock) -> None:
    page_runs(box, prompt="slow")
    assert (box.page_status["state"], box.page_status["busy"]) == ("busy", True)
    page_runs(box, prompt="another")
    assert "under way" in box.page_status["text"]
    assert box.page_status["busy"]
    with pytest.raises(errors.WorkshopError, match="under way"):
        box.run()
    bedrock.go.set()
    page_waits(box)
    assert [body["text_prompts"][0]["text"] for body in bedrock.sent] == ["slow"]
    box.run()
    assert len(box.runs) == 2


def test_a_filtered_picture_is_shown_as_such_and_the_run_is_kept(box: Playground) -> None:
    page_runs(box, prompt="a nude statue")
    page_waits(box)
    (tile,) = box.page_result["tiles"]
    assert (box.page_status["state"], tile["kind"], tile["mark"]) == ("filtered", "filtered", "Filtered")
    assert "content filter" in box.page_status["text"]
    assert "blurred, with the finish reason CONTENT_FILTERED" in box.page_status["text"]
    assert box.page_history[0]["mark"] == "Filtered"
    assert '"a nude statue"' in box.page_code["python"]
    with pytest.raises(errors.FilteredError):
        box.run()


def test_a_refused_prompt_is_filtered_too(box: Playground) -> None:
    page_runs(box, prompt="gore")
    page_waits(box)
    (tile,) = box.page_result["tiles"]
    assert (box.page_status["state"], tile["kind"], tile["src"]) == ("filtered", "filtered", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"steps": 5}, "steps"), ({"steps": None}, "steps is empty"), ({"prompt": " "}, "prompt is empty")],
)
def test_a_bad_setting_is_a_sentence_on_the_page_and_nothing_is_sent(
    box: Playground, bedrock: FakeBedrock, changes: dict[str, Any], said: str
) -> None:
    page_runs(box, **changes)
    assert box.page_status["state"] == "failed"
    assert said in box.page_status["text"]
    assert (bedrock.sent, box.runs, box.page_status["busy"]) == ([], (), False)


def test_while_typing_the_page_says_calls_seeds_price_and_what_is_wrong(box: Playground) -> None:
    box.set_state({"page_settings": {**box.page_settings, "pictures": 4}})
    assert box.page_quote["text"].startswith("4 images: 4 calls, seeds 10 to 13. Free on the studio")
    box.set_state({"page_settings": {**box.page_settings, "steps": 500}})
    assert "steps" in box.page_quote["problems"][0]
    box.set_state({"page_settings": {**box.page_settings, "steps": None}})
    assert box.page_quote["problems"] == ["steps is empty: give a number."]


def test_a_picture_becomes_the_reference_image_at_one_press(box: Playground) -> None:
    page_runs(box, pictures=2)
    page_waits(box)
    page_does(box, "use", number=1, place=2)
    assert box.settings.action == "variation"
    assert box.page_reference["src"]
    assert box.page_reference["name"] == "picture 2 of run 1"
    assert helpers.pictures.pixels_equal(box.reference, box.runs[0].made[1])


def test_going_back_along_the_history_restores_settings_and_pictures(box: Playground) -> None:
    page_runs(box, prompt="a castle", steps=20)
    page_waits(box)
    page_runs(box, prompt="a boat", steps=40)
    page_waits(box)
    page_does(box, "restore", number=1)
    assert (box.settings.prompt, box.settings.steps) == ("a castle", 20)
    assert (box.page_settings["prompt"], box.page_result["number"]) == ("a castle", 1)
    assert [one["shown"] for one in box.page_history] == [True, False]
    assert '"a castle"' in box.page_code["python"]


def test_an_uploaded_file_comes_in_parts_and_is_brought_to_size(box: Playground) -> None:
    data = png(700, 500)
    half = len(data) // 2
    for start, part in ((0, data[:half]), (half, data[half:])):
        page_does(box, "upload", [part], name="photo.png", size=len(data), start=start)
    assert box.reference.size[0] % 64 == 0
    assert "700 x 500" in box.page_reference["remark"]
    assert box.page_status["text"].startswith("photo.png is now the reference image.")


def test_a_file_that_is_no_picture_or_too_large_is_a_sentence(box: Playground) -> None:
    page_does(box, "upload", [b"%PDF-1.7 "], name="letter.pdf", size=9, start=0)
    assert box.page_status["state"] == "failed"
    assert "a PDF" in box.page_status["text"]
    page_does(box, "upload", [b""], name="film.png", size=900_000_000, start=0)
    assert "film.png is larger than" in box.page_status["text"]
    assert box.reference is None


def test_run_on_change_is_for_the_studio_alone() -> None:
    paid = FakeBedrock("aws")
    box = helpers.playground(paid)
    page_runs(box, because="change")
    assert (paid.sent, box.runs) == ([], ())
    page_runs(box, because="button")
    page_waits(box)
    assert len(paid.sent) == 1
    assert f"It cost {models.get('core').list_price({}):.2f} USD." in box.page_status["text"]


def test_on_aws_the_button_carries_the_price_and_the_header_says_who_lives() -> None:
    paid = FakeBedrock("aws")
    box = helpers.playground(paid)
    core, sdxl = models.get("core"), models.get("sdxl")
    assert repr(box) == f"<Playground for {core.name} on Amazon Bedrock>"
    box.set(pictures=3)
    assert box.page_quote["button"] == f"Run: {3 * core.list_price({}):.2f} USD"
    about = {one["label"]: one["note"] for one in box.page_header["models"]}
    assert about[sdxl.name] == f"{sdxl.name}: retired on {sdxl.eol}, drawn by the offline studio."
    page_does(box, "apply", model="sdxl")
    assert box.page_status["state"] == "failed"
    page_does(box, "preset", name="sheep")
    assert box.page_status["state"] == "failed"
    assert paid.sent == []


def test_the_models_of_the_studio_can_be_changed_with_apply(box: Playground, bedrock: FakeBedrock) -> None:
    page_does(box, "apply", model="core")
    assert box.model is models.get("core")
    fields = [field["key"] for section in box.page_form for field in section["fields"]]
    assert "cfg_scale" not in fields
    page_runs(box)
    page_waits(box)
    assert bedrock.models == [models.get("core").invoke_id]


def test_every_setting_has_words_and_a_help_and_every_number_its_limits(box: Playground) -> None:
    fields = [field for section in box.page_form for field in section["fields"]]
    for field in fields:
        assert label(field["key"])
        assert field.get("text") or field.get("help") or label(f"{field['key']}.help")
    quality = next(field for field in fields if field["key"] == "quality")
    assert "Not a field of SDXL 1.0" in quality["text"]
    steps = next(field for field in fields if field["key"] == "steps")
    assert (steps["min"], steps["max"]) == (10, 150)


def test_a_mask_of_another_size_is_refused(box: Playground) -> None:
    box.reference = Image.new("RGB", (512, 512))
    with pytest.raises(errors.MaskError, match="same size"):
        box.mask = helpers.Mask.box((320, 320), (0, 0, 10, 10))


def test_a_seed_that_was_drawn_stands_in_the_settings(box: Playground) -> None:
    box.set(keep_seed=False)
    (made,) = box.run()
    assert box.settings.seed == box.page_settings["seed"] == made.seed
    assert box.page_quote["text"].startswith("1 image: 1 call, with a new seed.")
