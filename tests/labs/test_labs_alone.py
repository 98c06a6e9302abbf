"""The lab scripts by themselves: documented answers in, through botocore's own Stubber, and what a learner gets to see."""

import base64
import io
import json
from pathlib import Path
from types import ModuleType

import pytest
from botocore.stub import ANY, Stubber
from PIL import Image

from tests.labs.lab_kit import END_OF_LIFE, LABS, MODEL_ID, answer, lab, png, sent_bodies


def test_text_to_image_sends_the_source_text_s_request_and_saves_a_jpeg(
    api: ModuleType, bedrock: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = {"text_prompts": [{"text": "a beautiful mountain landscape"}], "seed": 10, "cfg_scale": 10, "steps": 30}
    bedrock.add_response(
        "invoke_model",
        answer(),
        {
            "modelId": MODEL_ID,
            "body": json.dumps(sent),
            "contentType": "application/json",
            "accept": "application/json",
        },
    )

    assert api.main() == 0

    first_line, last_line = capsys.readouterr().out.splitlines()
    assert first_line == base64.b64encode(png()).decode()[:80] + "..."
    assert last_line == "Saved data/sd_generated_image.jpg beside this script."
    with Image.open(api.PICTURE) as saved:
        assert (saved.format, saved.size) == ("JPEG", (64, 64))


def test_text_to_image_says_so_when_it_replaces_the_picture(
    api: ModuleType, bedrock: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        bedrock.add_response("invoke_model", answer())
        assert api.main() == 0
    assert "Replaced data/sd_generated_image.jpg" in capsys.readouterr().out


def test_text_to_image_saves_beside_itself_whatever_the_current_folder() -> None:
    assert lab("api/bedrock_api.py").PICTURE == LABS / "api" / "data" / "sd_generated_image.jpg"


def test_text_to_image_explains_the_404_of_the_retired_model(
    api: ModuleType, bedrock: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    bedrock.add_client_error("invoke_model", "ResourceNotFoundException", END_OF_LIFE, 404)

    assert api.main() == 1

    said = capsys.readouterr().err
    assert END_OF_LIFE in said
    assert "2025-05-20" in said
    assert "python -m helpers.studio -- python labs/api/bedrock_api.py" in said
    assert not api.PICTURE.exists()


def test_text_to_image_saves_no_filtered_picture(
    api: ModuleType, bedrock: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    bedrock.add_response("invoke_model", answer("CONTENT_FILTERED"))
    assert api.main() == 1
    assert "CONTENT_FILTERED" in capsys.readouterr().err
    assert not api.PICTURE.exists()


def test_image_to_image_sends_the_source_text_s_request_and_saves_the_picture(
    image_to_image: ModuleType, bedrock: Stubber, init_image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = {
        "text_prompts": [{"text": "一艘宇宙飞船。"}],
        "init_image": base64.b64encode(init_image.read_bytes()).decode(),
        "style_preset": "isometric",
    }
    expected = {"modelId": MODEL_ID, "body": json.dumps(sent), "contentType": ANY, "accept": ANY}
    bedrock.add_response("invoke_model", answer(), expected)

    assert image_to_image.main(["--init-image", str(init_image)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "success",
        f"Finished generating an image with SDXL model {MODEL_ID}.",
        "Saved data/image_to_image_001.png beside this script.",
    ]
    assert (tmp_path / "data" / "image_to_image_001.png").read_bytes() == png()


def test_image_to_image_never_writes_over_an_earlier_picture(
    image_to_image: ModuleType, bedrock: Stubber, init_image: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        bedrock.add_response("invoke_model", answer())
        image_to_image.main(["--init-image", str(init_image)])
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "image_to_image_001.png",
        "image_to_image_002.png",
    ]


@pytest.mark.parametrize("finish_reason", ["ERROR", "CONTENT_FILTERED"])
def test_image_to_image_raises_its_own_error_for_a_picture_that_is_none(
    image_to_image: ModuleType, bedrock: Stubber, finish_reason: str
) -> None:
    bedrock.add_response("invoke_model", answer(finish_reason))
    with pytest.raises(image_to_image.ImageError, match=finish_reason):
        image_to_image.generate_image(MODEL_ID, "{}")


@pytest.mark.parametrize("finish_reason", ["ERROR", "CONTENT_FILTERED"])
def test_image_to_image_logs_a_picture_that_is_none_and_saves_nothing(
    image_to_image: ModuleType,
    bedrock: Stubber,
    init_image: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    finish_reason: str,
) -> None:
    bedrock.add_response("invoke_model", answer(finish_reason))
    assert image_to_image.main(["--init-image", str(init_image)]) == 1
    assert f"finishReason is {finish_reason}" in caplog.text
    assert not (tmp_path / "data").exists()


def test_image_to_image_explains_the_404_of_the_retired_model(
    image_to_image: ModuleType, bedrock: Stubber, init_image: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bedrock.add_client_error("invoke_model", "ResourceNotFoundException", END_OF_LIFE, 404)
    assert image_to_image.main(["--init-image", str(init_image)]) == 1
    assert END_OF_LIFE in caplog.text
    assert "2025-05-20" in caplog.text
    assert "python -m helpers.studio -- python labs/image_to_image/image_to_image.py" in caplog.text


def test_image_to_image_reports_an_init_image_that_is_not_there(
    image_to_image: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    assert image_to_image.main(["--init-image", "no such picture.png"]) == 1
    assert "no such picture.png" in caplog.text


def test_image_to_image_opens_a_viewer_only_when_asked(
    image_to_image: ModuleType, bedrock: Stubber, init_image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    monkeypatch.setattr(Image.Image, "show", lambda image: shown.append(image.size))
    for arguments in ([], ["--show"]):
        bedrock.add_response("invoke_model", answer())
        image_to_image.main(["--init-image", str(init_image), *arguments])
    assert shown == [(64, 64)]


def test_image_to_image_sends_what_is_asked_for_and_leaves_the_rest_to_the_model(
    image_to_image: ModuleType, init_image: Path
) -> None:
    asked = image_to_image.arguments(
        ["--prompt", "vibrant", "--negative-prompt", "dull", "--style-preset", "none", "--cfg-scale", "30",
         "--steps", "50", "--seed", "321", "--image-strength", "0.5"]
    )  # fmt: skip
    names = ("cfg_scale", "steps", "seed", "image_strength")
    more = {name: getattr(asked, name) for name in names}
    body = json.loads(
        image_to_image.request_body(asked.prompt, init_image, asked.style_preset, asked.negative_prompt, **more)
    )
    del body["init_image"]
    assert body == {
        "text_prompts": [{"text": "vibrant"}, {"text": "dull", "weight": -1}],
        "cfg_scale": 30, "steps": 50, "seed": 321, "image_strength": 0.5,
    }  # fmt: skip


def pictured(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_masking_draws_a_tea_garden_and_adds_a_sheep_inside_an_ellipse(
    masking: ModuleType, bedrock: Stubber, tmp_path: Path
) -> None:
    sent = sent_bodies(bedrock)
    assert masking.main([]) == 0
    garden, edit = sent
    assert garden["text_prompts"] == [{"text": "green tea garden"}]
    assert (edit["text_prompts"], edit["cfg_scale"]) == ([{"text": "add a sheep"}], 10)
    assert pictured(edit["init_image"]).size == pictured(edit["mask_image"]).size == (64, 64)
    mask = pictured(edit["mask_image"])
    assert (mask.getpixel((32, 46)), mask.getpixel((2, 2))) == (255, 0)
    assert (tmp_path / "data" / "masking_001.png").read_bytes() == png()


@pytest.mark.parametrize("form", ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"])
def test_masking_sends_white_for_may_change_in_the_form_that_is_named(
    masking: ModuleType, bedrock: Stubber, init_image: Path, tmp_path: Path, form: str
) -> None:
    mask = Image.new("L", (64, 64), "black")
    mask.paste("white", (0, 0, 32, 64))
    mask.save(tmp_path / "mask.png")
    sent = sent_bodies(bedrock)
    named = ["--init-image", str(init_image), "--mask-image", str(tmp_path / "mask.png"), "--mask-source", form]
    assert masking.main(named) == 0
    (edit,) = sent
    assert edit["mask_source"] == form
    alpha = form == "INIT_IMAGE_ALPHA"
    shown = pictured(edit["init_image"]).getchannel("A") if alpha else pictured(edit["mask_image"])
    changes = 255 if form == "MASK_IMAGE_WHITE" else 0
    assert (shown.getpixel((0, 0)), shown.getpixel((63, 0))) == (changes, 255 - changes)
    assert ("mask_image" in edit) is not alpha
    assert pictured(edit["init_image"]).convert("RGB").getpixel((0, 0)) == (255, 165, 0), "colours are kept beneath"


def test_masking_refuses_a_mask_of_another_size_before_any_call(
    masking: ModuleType, bedrock: Stubber, init_image: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.new("L", (32, 64)).save(tmp_path / "mask.png")
    assert masking.main(["--init-image", str(init_image), "--mask-image", str(tmp_path / "mask.png")]) == 1
    assert "32 x 64 pixels and the picture 64 x 64" in caplog.text


@pytest.mark.parametrize("option", ["--init-image", "--mask-image"])
def test_masking_reports_a_picture_that_is_not_there_before_any_call(
    masking: ModuleType, bedrock: Stubber, caplog: pytest.LogCaptureFixture, option: str
) -> None:
    assert masking.main([option, "no such picture.png"]) == 1
    assert "no such picture.png" in caplog.text


@pytest.mark.parametrize("finish_reason", ["ERROR", "CONTENT_FILTERED"])
def test_masking_logs_a_picture_that_is_none_and_saves_nothing(
    masking: ModuleType,
    bedrock: Stubber,
    init_image: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    finish_reason: str,
) -> None:
    bedrock.add_response("invoke_model", answer(finish_reason))
    assert masking.main(["--init-image", str(init_image)]) == 1
    assert f"finishReason is {finish_reason}" in caplog.text
    assert not (tmp_path / "data").exists()


def test_masking_explains_the_404_of_the_retired_model(
    masking: ModuleType, bedrock: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    bedrock.add_client_error("invoke_model", "ResourceNotFoundException", END_OF_LIFE, 404)
    assert masking.main([]) == 1
    assert END_OF_LIFE in caplog.text
    assert "2025-05-20" in caplog.text
    assert "python -m helpers.studio -- python labs/masking/masking.py" in caplog.text


@pytest.mark.parametrize("script", sorted(LABS.glob("*/*.py")), ids=lambda path: str(path.relative_to(LABS)))
def test_labs_import_nothing_of_ours(script: Path) -> None:
    imported = [line for line in script.read_text(encoding="utf-8").splitlines() if line.startswith(("import", "from"))]
    assert imported
    assert not [line for line in imported if "helpers" in line]
