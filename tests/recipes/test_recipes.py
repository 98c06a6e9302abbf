"""From a saved picture back to what made it: code that runs, and sends the very same bytes."""

import base64
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.response import StreamingBody
from PIL import Image

import helpers
from helpers import pictures, recipes
from helpers.calls.answers import Generation
from helpers.errors import ImageError, RecipeError
from helpers.pictures import metadata
from helpers.recipes import code as recipe_texts
from helpers.recipes import infotext, input_files

pytestmark = pytest.mark.filterwarnings("ignore::helpers.errors.WorkshopWarning")

ROOT = Path(__file__).parents[2]
FAKE_ENGINE = f"{ROOT / 'tests' / 'studio' / 'fake_engine.py'}:create"
SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"


def picture(seed: int = 0, size: tuple[int, int] = (320, 320)) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (size[1] // 16, size[0] // 16, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.NEAREST)


PHOTO, MASK = picture(1), helpers.Mask.box((320, 320), (0, 0, 160, 160))
JPEG = io.BytesIO()
PHOTO.save(JPEG, "JPEG")

BODIES: dict[str, dict[str, Any]] = {
    "words": helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10),
    "many words": helpers.text_to_image(
        ["海滩，日落\n第二行", ('a "quoted" \\ sky', 0.5)],
        negative_prompt=["dull", "a boat"],
        seed=5,
        sampler="K_EULER",
        style_preset="anime",
        width=1216,
        height=832,
    ),
    "words by hand": {"text_prompts": [{"text": "a beach", "weight": 1}], "steps": 30, "seed": 2, "cfg_scale": 7.0},
    "a real number for a whole one": {**helpers.text_to_image("a beach", seed=3), "cfg_scale": 7.0},
    "fields in another order": dict(reversed(helpers.text_to_image("a beach", seed=3).items())),
    "a negative prompt first": {
        "text_prompts": [{"text": "dull", "weight": -1.0}, {"text": "a beach"}],
        "seed": 3,
    },
    "no seed": helpers.text_to_image("a beach"),
    "a picture": helpers.image_to_image("a beach", PHOTO, image_strength=0.4, seed=3),
    "a picture by step schedule": helpers.image_to_image("a beach", PHOTO, step_schedule_start=0.7, seed=3),
    "a JPEG by hand": {
        "text_prompts": [{"text": "a beach"}],
        "init_image": base64.b64encode(JPEG.getvalue()).decode(),
        "seed": 3,
    },
    "a white mask": helpers.inpaint("a sheep", PHOTO, MASK, seed=3),
    "a black mask": helpers.inpaint("a sheep", PHOTO, MASK, mask_source="MASK_IMAGE_BLACK", seed=3),
    "a mask in alpha": helpers.inpaint("a sheep", PHOTO, MASK, mask_source="INIT_IMAGE_ALPHA", seed=3),
    "the model of today": {"prompt": "a beach 海滩", "negative_prompt": "it's dull", "aspect_ratio": "3:2", "seed": 9},
    "the model of today as JPEG": {"prompt": "a beach", "output_format": "jpeg", "seed": 9},
}
IN_HELPERS = {  # those that a helper says best
    "words": "helpers.text_to_image(",
    "many words": "helpers.text_to_image(",
    "a real number for a whole one": "cfg_scale=7.0",
    "no seed": "helpers.text_to_image(",
    "a picture": "helpers.image_to_image(",
    "a picture by step schedule": "helpers.image_to_image(",
    "a white mask": "helpers.inpaint(",
    "a black mask": "~helpers.Mask.from_image(",
    "the model of today": 'model="core"',
}
every_body = pytest.mark.parametrize("name", BODIES)


def made(body: dict[str, Any], **changes: Any) -> Generation:
    out = io.BytesIO()
    picture().save(out, "PNG")
    told: dict[str, Any] = {"seed": body.get("seed") or 77, "finish_reason": "SUCCESS", "cost": 0.0, "seconds": 0.5}
    rest: dict[str, Any] = {"unknown_words": (), "request_id": "r-1", "backend": "studio", "files": (out.getvalue(),)}
    model = SDXL if "text_prompts" in body else CORE
    return Generation(images=(picture(),), body=body, model=model, list_price=0.04, **{**told, **rest, **changes})


def saved(folder: Path, name: str, file: str = "made picture.png", **changes: Any) -> Path:
    return made(BODIES[name], **changes).save(folder / file)


class Listening:
    """A client that keeps what it is sent, and answers as the model would."""

    def __init__(self) -> None:
        self.meta = SimpleNamespace(endpoint_url="http://127.0.0.1:9", region_name="us-west-2")
        self.sent: list[dict[str, Any]] = []
        self.reason: str | None = None  # other than success

    def invoke_model(self, **call: Any) -> dict[str, Any]:
        self.sent.append(call)
        png = base64.b64encode(infotext.stamped(_png(), {})).decode()
        if "text_prompts" in json.loads(call["body"]):
            answer: dict[str, Any] = {
                "artifacts": [{"seed": 1, "base64": png, "finishReason": self.reason or "SUCCESS"}]
            }
        else:
            answer = {"seeds": [1], "finish_reasons": [self.reason], "images": [png]}
        data = json.dumps(answer).encode()
        return {"body": StreamingBody(io.BytesIO(data), len(data)), "ResponseMetadata": {"RequestId": "r"}}


def _png() -> bytes:
    out = io.BytesIO()
    picture(9).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Listening:
    client = Listening()
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    monkeypatch.setitem(vars(helpers), "connect", lambda *_: client)
    return client


# ---- the same bytes -------------------------------------------------------------------------------------------------


@every_body
def test_the_body_of_a_saved_picture_is_what_was_sent(tmp_path: Path, name: str) -> None:
    for file in ("a.png", "b.jpg", "c.webp"):
        found = helpers.recipe(saved(tmp_path, name, file))
        assert found.body_json == json.dumps(BODIES[name])
        assert json.dumps(found.body) == json.dumps(BODIES[name])
        assert found.seed == (BODIES[name].get("seed") or 77)


@every_body
def test_the_cell_sends_the_same_bytes(tmp_path: Path, name: str, listening: Listening) -> None:
    cell = helpers.recipe(saved(tmp_path, name)).cell
    exec(compile(cell, "cell", "exec"), {})
    assert [call["body"] for call in listening.sent] == [json.dumps(BODIES[name])]
    assert listening.sent[0]["modelId"] == (SDXL if "text_prompts" in BODIES[name] else CORE)
    assert IN_HELPERS.get(name, "body = {") in cell


@every_body
def test_the_script_sends_the_same_bytes_from_any_folder_and_saves_the_picture(
    tmp_path: Path, name: str, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(saved(tmp_path, name).parent)
    script = helpers.recipe("made picture.png").boto3
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    assert [call["body"] for call in listening.sent] == [json.dumps(BODIES[name])]
    suffix = ".jpg" if name == "the model of today as JPEG" else ".png"
    assert pictures.pixels_equal(f"made picture_again{suffix}", picture(9))
    with pytest.raises(SystemExit, match="there already"):
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    assert len(listening.sent) == 1  # nothing is paid for that cannot be kept


@every_body
def test_the_command_line_carries_the_same_bytes(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved(tmp_path, name).parent)
    found = helpers.recipe("made picture.png")
    words = shlex.split(found.cli, comments=True)
    assert words[:3] == ["aws", "bedrock-runtime", "invoke-model"]
    assert words[words.index("--model-id") + 1] == (SDXL if "text_prompts" in BODIES[name] else CORE)
    body = words[words.index("--body") + 1]
    if body.startswith("fileb://"):
        said = next(line for line in found.cli.splitlines() if "save_body" in line)
        exec(said.partition("in Python: ")[2], {"helpers": helpers})
        body = Path(body.removeprefix("fileb://")).read_bytes().decode()
    else:
        assert words[words.index("--cli-binary-format") + 1] == "raw-in-base64-out"
    assert body == json.dumps(BODIES[name])


def test_the_last_line_of_the_command_line_unpacks_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, file in (("words", "a.png"), ("the model of today", "b's.png")):
        last = helpers.recipe(saved(tmp_path, name, file)).cli.splitlines()[-1]
        call = Listening().invoke_model(body=json.dumps(BODIES[name]))
        stem = file.removesuffix(".png")
        (tmp_path / f"{stem}_again.json").write_bytes(call["body"].read())
        program, option, code = shlex.split(last)
        assert (program, option) == ("python", "-c")
        exec(code, {})
        assert pictures.pixels_equal(tmp_path / f"{stem}_again.png", picture(9))


def test_the_script_saves_no_picture_that_was_filtered(
    tmp_path: Path, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("words", "the model of today"):
        script = helpers.recipe(saved(tmp_path, name, f"{name}.png")).boto3
        listening.reason = "CONTENT_FILTERED"
        with pytest.raises(SystemExit, match="No picture was made: CONTENT_FILTERED"):
            exec(compile(script, "script", "exec"), {})
        assert not Path(f"{name}_again.png").exists()


def test_a_long_body_goes_to_a_file_that_is_not_overwritten(tmp_path: Path) -> None:
    body = {**BODIES["words"], "text_prompts": [{"text": "海滩" * 900}]}
    found = helpers.recipe(made(body).save(tmp_path / "a.png"))
    assert "fileb://a_body.json" in found.cli
    path = found.save_body(tmp_path / "a_body.json")
    assert path.read_bytes() == json.dumps(body).encode()
    assert found.save_body(path) == path
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="holds something else"):
        found.save_body(path)
    assert path.read_text() == "mine"


ON_THE_STUDIO = """
import sys, warnings
from pathlib import Path
import helpers
from helpers import pictures
from helpers import recipes
warnings.simplefilter("ignore")
bedrock = helpers.connect()
first = helpers.invoke(bedrock, helpers.text_to_image("noise", seed=7, width=320, height=320))
second = helpers.invoke(bedrock, helpers.image_to_image("a beach", first, seed=8, image_strength=0.5))
third = helpers.invoke(bedrock, helpers.inpaint("a beach", second, helpers.Mask.box(second, (0, 0, 99, 99)), seed=9))
for name, made in (("一.png", first), ("二.png", second), ("三.png", third)):
    recipe = helpers.recipe(made.save(name))
    cell = {}
    exec(recipe.cell, cell)
    exec(recipe.boto3, {})
    assert cell["made"].files == made.files, name
    assert Path(name.replace(".", "_again.")).read_bytes() == made.files[0], name
print("the same")
"""


def test_on_the_studio_cell_and_script_bring_back_the_same_file(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "helpers.studio", "--", "python", "-X", "utf8", "-c", ON_THE_STUDIO],
        cwd=tmp_path,
        env={**_clean_environment(), "WORKSHOP_STUDIO_ENGINE": FAKE_ENGINE, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert ran.stdout.splitlines()[-1:] == ["the same"], ran.stderr


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}


# ---- what a reader is told ------------------------------------------------------------------------------------------


def test_a_seed_that_was_drawn_is_told_in_each_text(tmp_path: Path) -> None:
    found = helpers.recipe(saved(tmp_path, "no seed"))
    for text in (found.cell, found.boto3, found.cli):
        assert "77 was drawn" in text
    assert "was drawn" not in helpers.recipe(saved(tmp_path, "words", "b.png")).cell


def test_what_became_of_the_words_is_kept_in_the_file(tmp_path: Path) -> None:
    words = {"海滩": "drawn", "moon": "not drawn"}
    assert helpers.recipe(saved(tmp_path, "words", words=words)).receipt["words"] == words


def test_a_model_that_has_left_aws_is_told_and_a_living_one_is_called_where_it_lives(tmp_path: Path) -> None:
    gone = helpers.recipe(saved(tmp_path, "words", backend="aws", cost=0.04))
    living = helpers.recipe(saved(tmp_path, "the model of today", "b.png", backend="aws", cost=0.04))
    assert "left Amazon Bedrock on 2025-05-20" in gone.cell
    assert "helpers.connect()" in gone.cell
    assert "region" not in gone.boto3 + gone.cli
    assert 'helpers.connect("aws")' in living.cell
    assert "costs 0.04 USD" in living.cell
    assert 'region_name="us-west-2"' in living.boto3
    assert "--region us-west-2" in living.cli


def test_a_recipe_shows_its_cell_and_in_a_notebook_all_three(tmp_path: Path) -> None:
    found = helpers.recipe(saved(tmp_path, "words"))
    assert repr(found) == f"# How made picture.png was made: SDXL 1.0, seed 10.\n{found.cell}"
    page = found._repr_html_()
    assert page.count("<details") == page.count("</details>") == 3
    assert "&quot;a serene beach at sunset&quot;" in page
    for title in ("Notebook cell", "boto3", "AWS command line"):
        assert f"<summary>{title}</summary>" in page


def test_a_tile_or_whatever_has_a_path_will_do(tmp_path: Path) -> None:
    assert helpers.recipe(SimpleNamespace(path=saved(tmp_path, "words"))).body == BODIES["words"]


HOSTILE = '"""\n<script>alert(1)</script> {x} \'; $(touch hit) `touch hit` \\ \u202e \x00 raise SystemExit(9) #'


def test_whatever_a_prompt_or_a_file_s_name_holds_stays_text(
    tmp_path: Path, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = {"text_prompts": [{"text": HOSTILE}], "seed": 1, "extras": {HOSTILE: [HOSTILE, None, True, 1e-9]}}
    plain = made(body).save(tmp_path / "a.png")
    name = (
        "x';touch hit;'$(touch hit).png" if sys.platform == "win32" else 'x"""\nraise SystemExit(9);\'$(touch hit).png'
    )
    shutil.copy(plain, tmp_path / name)
    for file in ("a.png", name):
        found = helpers.recipe(tmp_path / file)
        exec(compile(found.cell, "cell", "exec"), {})
        exec(compile(found.boto3, "script", "exec"), {})
        words = shlex.split(found.cli, comments=True)
        assert words[words.index("--body") + 1] == json.dumps(body)
        assert words.count("aws") == 1
        assert all(line.startswith("#") for line in repr(found).splitlines()[:1])
        assert "<script>" not in found._repr_html_()
        assert "\u202e" not in found.cell + found.boto3 + found.cli
    assert [call["body"] for call in listening.sent] == [json.dumps(body)] * 4


def test_a_literal_is_python_for_the_same_value() -> None:
    values: tuple[Any, ...] = (HOSTILE, "\ud800 \U0001f600", {"a": [1, 1.0, None, False, {}]}, [], ("a", 0.5), (1,))
    for value in values:
        assert eval(recipe_texts.literal(value)) == value
    assert eval(recipe_texts.literal(values[2:], "json")) == values[2:]
    assert eval(recipe_texts.literal(HOSTILE, "json")) == HOSTILE


def test_a_cell_for_several_seeds_makes_each_body_with_the_helper_of_its_task() -> None:
    asked = [helpers.image_to_image("a café\x07", PHOTO, negative_prompt="fog", seed=seed) for seed in (3, 4)]
    assert recipe_texts.seeds_cell(asked, "aws", "us-west-2", reference="playground/a.png") == (
        "import helpers\n\n"
        'bedrock = helpers.connect("aws", region="us-west-2")\n'
        'reference = helpers.outputs("playground/a.png")\n'
        "made = []\n"
        "for seed in range(3, 5):\n"
        "    body = helpers.image_to_image(\n"
        '        "a café\\u0007",\n'
        "        reference,\n"
        '        negative_prompt="fog",\n'
        "        cfg_scale=7,\n"
        "        seed=seed,\n"
        "        steps=30,\n"
        "        image_strength=0.35,\n"
        "    )\n"
        "    made.append(helpers.invoke(bedrock, body))\n"
        "helpers.strip(made)\n"
    )


def test_a_cell_for_one_request_leaves_out_what_the_helper_writes_by_itself() -> None:
    request = recipe_texts.RepeatableRequest(
        helpers.text_to_image("a café\x07", seed=3, steps=50), SDXL, {}, "studio", 3
    )
    assert recipe_texts.cell(request).endswith(
        "bedrock = helpers.connect()\n"
        "body = helpers.text_to_image(\n"
        '    "a café\\x07",\n'
        "    seed=3,\n"
        "    steps=50,\n"
        ")\n"
        "made = helpers.invoke(bedrock, body)\nmade\n"
    )


# ---- what a reader is told when there is none -----------------------------------------------------------------------


def test_a_picture_moved_without_its_inputs_says_what_to_bring_and_where_to_say_it_is(tmp_path: Path) -> None:
    old = saved(tmp_path, "a white mask")
    (tmp_path / "new").mkdir()
    new = Path(shutil.copy(old, tmp_path / "new"))
    with pytest.raises(RecipeError) as caught:
        helpers.recipe(new)
    told = str(caught.value)
    assert "The init image that made picture.png was made from is missing." in told
    assert str(tmp_path / "new" / "inputs") in told
    assert "Copy the folder inputs/ along" in told
    assert helpers.recipe(new, inputs=tmp_path / "inputs").body == BODIES["a white mask"]
    shutil.copytree(tmp_path / "inputs", tmp_path / "new" / "inputs")
    assert helpers.recipe(new).body == BODIES["a white mask"]
    input_files.input_path(
        input_files.hash_of(base64.b64decode(BODIES["a white mask"]["mask_image"])), new.parent
    ).unlink()
    with pytest.raises(RecipeError, match="The mask that"):
        helpers.recipe(new)


def test_an_input_that_was_changed_is_not_passed_off_as_the_one_that_was_sent(tmp_path: Path) -> None:
    path = saved(tmp_path, "a picture")
    picture(5).save(helpers.recipe(path).inputs["init_image"])
    with pytest.raises(RecipeError, match="is not what it was"):
        helpers.recipe(path)


def test_a_picture_without_metadata_says_so(tmp_path: Path) -> None:
    recipes.save(picture(), tmp_path / "a.jpg")
    with pytest.raises(RecipeError, match="holds no receipt"):
        helpers.recipe(tmp_path / "a.jpg")


def test_a_picture_of_another_tool_shows_what_it_tells(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(metadata.with_texts(_png(), {"parameters": "a fox\nSteps: 30, Sampler: Euler a, Seed: 1"}))
    with pytest.raises(RecipeError, match="another tool, which tells: “a fox / Steps: 30"):
        helpers.recipe(path)


@pytest.mark.parametrize("receipt", [{"of": "a drawing"}, {"model": 1, "body": {}}, {"model": SDXL, "body": []}])
def test_metadata_of_another_kind_is_no_request(tmp_path: Path, receipt: dict[str, Any]) -> None:
    path = recipes.save(picture(), tmp_path / "a.webp", metadata=None)
    infotext.write_sidecar(path, receipt)
    with pytest.raises(RecipeError, match="holds no request"):
        helpers.recipe(path)


def test_a_damaged_file_no_picture_and_no_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(_png()[:200])
    (tmp_path / "page.png").write_bytes(b"<html>not found</html>")
    for name, words in (("cut.png", "damaged"), ("page.png", "a web page"), ("none.png", "There is no file")):
        with pytest.raises(ImageError, match=words):
            helpers.recipe(tmp_path / name)


def test_what_was_never_saved_is_told_how_to_be() -> None:
    unmade = SimpleNamespace(path=None)
    for picture in (Image.new("RGB", (8, 8)), unmade):
        with pytest.raises(RecipeError, match=r"is not a file.*made\.save"):
            helpers.recipe(picture)


def test_code_names_the_files_that_the_recipe_was_read_with_from_wherever_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path, "a picture", "i.png")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    file = next((tmp_path / "inputs").iterdir())
    here, there = helpers.recipe("i.png"), helpers.recipe("i.png")
    assert f'"inputs/{file.name}"' in here.cell
    monkeypatch.chdir(tmp_path / "sub")
    assert f'"{file.as_posix()}"' in there.cell
    assert "helpers.image_to_image(" in there.cell
    assert f'"{file.as_posix()}"' in there.boto3


def test_a_home_folder_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    path = saved(tmp_path, "a picture")
    with pytest.raises(ImageError, match="no home folder for ~nobody_at_all"):
        helpers.recipe(path, inputs="~nobody_at_all/inputs")
    with pytest.raises(ImageError, match="no home folder for ~nobody_at_all"):
        helpers.recipe(path).save_body("~nobody_at_all/body.json")
