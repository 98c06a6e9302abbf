"""The explorer's widget, without a browser: what a page would send comes in, what it would show is looked at."""

import json
from pathlib import Path
from typing import Any

import pytest

import helpers
from helpers import errors, models
from helpers.widgets import Explorer
from helpers.widgets.explorer.labels import LABELS, label
from tests.widgets.fake_bedrock import FakeBedrock
from tests.widgets.waiting import page_waits

BEACH = helpers.text_to_image("a serene beach", seed=10, cfg_scale=10)
SLOW = helpers.text_to_image("slow beach", seed=10, cfg_scale=10)


@pytest.fixture
def box(bedrock: FakeBedrock) -> Explorer:
    return helpers.explorer(bedrock, BEACH)


def page_does(box: Explorer, what: str, **more: Any) -> None:
    box._handle_custom_msg({"do": what, **more}, [])


def page_sets(box: Explorer, turn: int = 1, **changes: Any) -> None:
    page_does(box, "set", changes=changes, by="view", turn=turn)


def test_building_it_calls_nothing_and_its_text_is_short_and_stable(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock)
    assert repr(box) == "<Explorer for SDXL 1.0 on the offline studio>"
    assert box.body == helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
    assert bedrock.sent == []
    assert box.page_picture["kind"] == "empty"
    assert '"a serene beach at sunset"' in box.page_code["python"]
    with pytest.raises(TypeError, match=r"helpers.explorer\(helpers.connect\(\)\)"):
        helpers.explorer("studio")
    with pytest.raises(errors.BodyError, match="steps"):
        helpers.explorer(bedrock, {**BEACH, "steps": 500})


def test_without_a_page_python_sends_only_what_it_is_told_to(box: Explorer, bedrock: FakeBedrock) -> None:
    box.set(cfg_scale=12)
    box.set({"text_prompts[0].text": "a castle"}, size=(1152, 896))
    assert bedrock.sent == []
    made = box.run()
    assert bedrock.sent == [made.body] == [box.body]
    assert (made.body["cfg_scale"], made.body["width"]) == (12, 1152)
    assert made.body["text_prompts"][0]["text"] == "a castle"
    assert box.made is made
    box.body["cfg_scale"] = 1  # a copy
    assert box.body["cfg_scale"] == 12


def test_everything_that_goes_to_the_page_is_json(box: Explorer) -> None:
    box.run()
    box.keep()
    box.sweep_around("size", sampler=[None, "DDIM"])
    for name in box.trait_names():
        if name.startswith("page_"):
            json.dumps(getattr(box, name))


def test_once_a_page_looks_the_picture_comes_and_follows_each_change(box: Explorer, bedrock: FakeBedrock) -> None:
    page_does(box, "look")
    page_waits(box, lambda: box.page_picture["kind"] == "picture")
    assert "seed 10" in box.page_picture["alt"]
    page_sets(box, seed=11)
    page_waits(box, lambda: "seed 11" in box.page_picture["alt"])
    page_waits(box, lambda: '"seed": 11' in box.page_code["body"])
    box.set(seed=12)  # from Python, while a page shows it
    page_waits(box, lambda: "seed 12" in box.page_picture["alt"])
    assert [body["seed"] for body in bedrock.sent] == [10, 11, 12]
    page_does(box, "look")  # a second view of a picture that is there
    assert len(bedrock.sent) == 3


def test_while_a_call_is_under_way_only_the_newest_change_is_kept(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock, SLOW)
    page_does(box, "look")
    for turn, seed in enumerate((11, 12, 13, 14), start=1):
        page_sets(box, turn, seed=seed)
        assert box.page_values["values"]["seed"] == seed  # the page is answered at once
    assert box.page_status["busy"]
    bedrock.go.set()
    page_waits(box, lambda: "seed 14" in box.page_picture["alt"])
    page_waits(box)
    # The first may not have left before the newest came; none between is sent.
    assert [body["seed"] for body in bedrock.sent] in ([10, 14], [14])


def test_what_is_to_be_kept_while_it_is_drawn_is_kept_when_it_is_there(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock, SLOW)
    page_does(box, "look")
    page_sets(box, seed=11)
    page_does(box, "keep")
    assert "as soon as it is drawn" in box.page_status["text"]
    assert not box.page_kept
    bedrock.go.set()
    page_waits(box, lambda: len(box.page_kept) == 1 and box.page_status["state"] == "note")
    assert [made.seed for made in box.kept] == [11]


def test_a_late_answer_does_not_take_the_place_of_a_newer_picture(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock, BEACH)
    box.run()
    box.keep()
    box.body = SLOW
    page_does(box, "run")
    box.back(1)
    bedrock.go.set()
    page_waits(box)
    assert "a serene beach" in box.page_picture["alt"]
    assert box.made is box.kept[0]


def test_a_value_that_cannot_be_is_a_sentence_and_nothing_is_sent(box: Explorer, bedrock: FakeBedrock) -> None:
    page_sets(box, steps=500)
    assert "Not changed." in box.page_run["problem"]
    assert "steps" in box.page_run["problem"]
    assert (box.body, bedrock.sent) == (BEACH, [])
    page_sets(box, steps=20)
    assert box.page_run["problem"] == ""
    with pytest.raises(errors.BodyError, match="steps"):
        box.set(steps=500)


@pytest.mark.parametrize(("prompt", "has_picture"), [("a nude statue", True), ("gore", False)])
def test_a_filtered_answer_is_told_in_words(bedrock: FakeBedrock, prompt: str, has_picture: bool) -> None:
    box = helpers.explorer(bedrock, helpers.text_to_image(prompt, seed=3))
    page_does(box, "look")
    page_waits(box, lambda: box.page_status["state"] == "filtered")
    assert (box.page_picture["kind"], box.page_picture["mark"]) == ("filtered", "Filtered")
    assert bool(box.page_picture["src"]) == bool(box.page_picture["alt"]) == has_picture
    page_waits(box, lambda: prompt in box.page_code["python"])
    with pytest.raises(LookupError, match="no picture of these settings"):
        box.keep()
    with pytest.raises(errors.FilteredError if has_picture else errors.PromptRefusedError):
        box.run()


def test_a_call_that_fails_says_what_and_the_next_one_clears_it(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock, helpers.text_to_image("a busy service", seed=3))
    page_does(box, "run")
    page_waits(box, lambda: box.page_status["state"] == "failed")
    assert (box.page_picture["kind"], box.page_picture["mark"]) == ("failed", "No image")
    page_does(box, "set", changes={"text_prompts[0].text": "a boat"}, by="view", turn=1)
    page_waits(box, lambda: box.page_status["state"] == "done")
    assert (box.page_picture["kind"], box.page_picture["mark"]) == ("picture", "")


def test_kept_pictures_say_what_differs_and_lead_back_without_a_call(box: Explorer, bedrock: FakeBedrock) -> None:
    box.run()
    first = box.keep()
    assert [tile["label"] for tile in box.page_kept] == ["Seed 10"]
    box.set(cfg_scale=14)
    with pytest.raises(LookupError, match="no picture of these settings"):
        box.keep()
    second = box.run()
    page_does(box, "keep")
    page_does(box, "keep")
    assert list(box.kept) == [first, second]
    assert [tile["label"] for tile in box.page_kept] == ["cfg_scale 10", "cfg_scale 14"]
    assert [tile["shown"] for tile in box.page_kept] == [False, True]
    page_does(box, "back", number=1)
    assert (box.body, box.made) == (first.body, first)
    assert box.page_values["values"]["cfg_scale"] == 10
    assert "cfg_scale=10" in box.page_code["python"]
    assert [tile["shown"] for tile in box.page_kept] == [True, False]
    assert len(bedrock.sent) == 2
    page_does(box, "remove", number=1)
    assert list(box.kept) == [second]
    assert box.body == first.body
    page_does(box, "back", number=7)
    assert "no kept picture 7" in box.page_status["text"]
    with pytest.raises(LookupError, match="no kept picture 0"):
        box.back(0)


def test_a_sweep_around_the_body_is_quoted_and_given_to_python(box: Explorer, bedrock: FakeBedrock) -> None:
    assert box.sweep is None
    axes = [{"path": "cfg_scale", "values": "4-16 (+3)"}, {"path": "sampler", "values": [None, "DDIM"]}]
    page_does(box, "sweep", axes=axes)
    assert box.sweep is not None
    assert [axis.name for axis in box.sweep.axes] == ["cfg_scale", "sampler"]
    assert len(box.sweep) == 10
    assert box.page_sweep["rows"] == box.sweep.quote().rows()
    assert 'cfg_scale=[4, 7, 10, 13, 16], sampler=[None, "DDIM"]' in box.page_sweep["python"]
    assert "10 pictures" in box.page_sweep["text"]
    assert bedrock.sent == []
    made = box.sweep_around("seed")
    assert box.sweep is made
    assert [tile.body["seed"] for tile in made.tiles] == [10, 11, 12, 13]


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ([{"path": "cfg_scale", "values": "4-400"}], "cfg_scale"),
        ([{"path": "cfg_scale", "values": ""}], "empty"),
        ([{"path": "sampler", "values": []}], "empty"),
        ([{"path": "seed", "values": "1"}, {"path": "seed", "values": "2"}], "the same one"),
        ([], "needs a field"),
    ],
)
def test_a_sweep_that_cannot_be_is_a_sentence_beside_it(box: Explorer, axes: list[Any], said: str) -> None:
    page_does(box, "sweep", axes=axes)
    assert said in box.page_sweep["problem"]
    assert box.sweep is None


def test_on_aws_nothing_is_sent_but_by_the_button_which_says_its_price() -> None:
    paid = FakeBedrock("aws")
    core = models.get("core")
    box = helpers.explorer(paid, {"prompt": "a castle", "seed": 5}, model="core")
    assert repr(box) == f"<Explorer for {core.name} on Amazon Bedrock>"
    assert box.page_run["button"] == f"Run: {core.list_price({}):.2f} USD"
    page_does(box, "look")
    page_sets(box, aspect_ratio="16:9")
    assert paid.sent == []
    page_waits(box, lambda: '"aspect_ratio": "16:9"' in box.page_code["body"])
    page_does(box, "run")
    page_waits(box, lambda: f"It cost {core.list_price({}):.2f} USD." in box.page_status["text"])
    assert box.page_picture["kind"] == "picture"
    page_sets(box, aspect_ratio="1:1")
    assert len(paid.sent) == 1
    assert box.page_picture["stale"].startswith("The settings have changed")
    page_sets(box, aspect_ratio="16:9")
    assert box.page_picture["stale"] == ""


def test_a_drawn_seed_is_said_and_another_is_drawn_at_a_press(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock, {**BEACH, "seed": 0})
    seed = box.body["seed"]
    assert f"Seed {seed} was drawn" in box.page_run["text"]
    page_sets(box, seed=0)
    page_waits(box, lambda: box.page_picture["kind"] == "picture")
    assert box.page_values["values"]["seed"] == bedrock.sent[-1]["seed"] > 0


def test_another_body_can_be_given_and_the_form_follows(box: Explorer) -> None:
    keys = [field["key"] for field in box.page_form]
    box.body = helpers.text_to_image([("a castle", 1.0), ("a storm", 0.5)], seed=4)
    assert [field["key"] for field in box.page_form] != keys
    assert box.page_values["values"]["text_prompts[1].weight"] == 0.5
    box.set(negative_prompt="fog")
    assert "text_prompts[2].weight" in box.page_values["values"]


def test_it_can_be_kept_narrow(bedrock: FakeBedrock) -> None:
    assert helpers.explorer(bedrock, width=620).layout.max_width == "620px"


def test_every_word_of_the_explorer_is_used_and_every_used_word_is_there() -> None:
    folder = Path(helpers.__file__).parent / "widgets" / "explorer"
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.*s*") if path.name != "labels.py")
    code += "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "labels.py")
    unused = [key for key in LABELS if f'"{key}"' not in code and f"labels.{key}" not in code]
    labels = {"text", "sampler", "clip_guidance_preset", "aspect_ratio", "step_schedule_start", "step_schedule_end"}
    assert set(unused) <= labels | {"text.number", "weight.number"}
    for key in labels | {"cfg_scale", "steps", "seed", "size", "style_preset", "image_strength", "prompt"}:
        assert label(key)


@pytest.mark.parametrize("backend", ["aws", "studio"])
def test_two_presses_on_run_send_one_request(backend: str) -> None:
    bedrock = FakeBedrock(backend)
    box = helpers.explorer(bedrock, {"prompt": "slow castle", "seed": 5}, model="core")
    for _ in range(3):
        page_does(box, "run")
    bedrock.go.set()
    page_waits(box)
    assert len(bedrock.sent) == 1
    page_does(box, "run")  # and once it is there, the same may be asked for again
    page_waits(box)
    assert len(bedrock.sent) == 2


def test_going_back_ends_the_wish_to_keep_what_is_under_way(bedrock: FakeBedrock) -> None:
    box = helpers.explorer(bedrock, BEACH)
    box.run()
    kept = box.keep()
    page_does(box, "set", changes={"text_prompts[0].text": "slow beach"}, by="view", turn=1)
    page_does(box, "keep")
    page_does(box, "back", number=1)
    bedrock.go.set()
    page_waits(box)
    page_sets(box, 2, seed=44)
    page_waits(box, lambda: not box.page_status["busy"] and box.made is not None and box.made.seed == 44)
    assert list(box.kept) == [kept]
