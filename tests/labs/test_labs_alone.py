"""The lab scripts by themselves: documented answers in, through botocore's own Stubber, and what a learner gets to see."""

import base64
import csv
import importlib.util
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from PIL import Image

LABS = Path(__file__).parents[2] / "labs"
MODEL_ID = "stability.stable-diffusion-xl-v1"
# Amazon Bedrock's words for a model past its end of life, as users report them.
END_OF_LIFE = (
    "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
)


def lab(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, LABS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def png(colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
    return buffer.getvalue()


def answer(finish_reason: str = "SUCCESS") -> dict[str, Any]:
    """SDXL 1.0's answer as the user guide gives it."""
    artifact = {"seed": 10, "base64": base64.b64encode(png()).decode(), "finishReason": finish_reason}
    payload = json.dumps({"result": "success", "artifacts": [artifact]}).encode()
    return {"body": StreamingBody(io.BytesIO(payload), len(payload)), "contentType": "application/json"}


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """A stubbed client that `boto3.client("bedrock-runtime")` gives back."""
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-west-2")
    client = session.client("bedrock-runtime")
    monkeypatch.setattr(boto3, "client", lambda name, **_: client if name == "bedrock-runtime" else None)
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def api(tmp_path: Path) -> ModuleType:
    module = lab("api/bedrock_api.py")
    vars(module)["PICTURE"] = tmp_path / "data" / "sd_generated_image.jpg"
    return module


@pytest.fixture
def image_to_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = lab("image_to_image/image_to_image.py")
    save: Callable[..., Path] = module.save
    monkeypatch.setattr(module, "save", lambda image_bytes: save(image_bytes, tmp_path / "data"))
    return module


@pytest.fixture
def masking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = lab("masking/masking.py")
    save: Callable[..., Path] = module.save
    monkeypatch.setattr(module, "save", lambda image_bytes: save(image_bytes, tmp_path / "data"))
    return module


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = lab("sweep/sweep.py")
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    return module


@pytest.fixture
def init_image(tmp_path: Path) -> Path:
    path = tmp_path / "init.png"
    path.write_bytes(png("orange"))
    return path


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


def sent_bodies(bedrock: Stubber, answers: int = 2) -> list[dict[str, Any]]:
    """A list that fills with each body that the stubbed client is asked to send, and so many answers for them."""
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(json.loads(params["body"]))

    bedrock.client.meta.events.register("provide-client-params.bedrock-runtime.InvokeModel", note)
    for _ in range(answers):
        bedrock.add_response("invoke_model", answer())
    return sent


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


ONE_BY_ONE = ["--cfg-scale", "7", "14", "--seed", "1", "2", "--workers", "1"]  # four tiles, in the order of the table


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "tiles.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_asks_once_for_every_guidance_with_every_seed_and_keeps_all_of_it(
    sweep: ModuleType, bedrock: Stubber, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for cfg_scale, seed in [(7.0, 1), (7.0, 2), (14.0, 1), (14.0, 2)]:
        prompts = [{"text": "a serene beach at sunset"}]
        sent = {"text_prompts": prompts, "cfg_scale": cfg_scale, "seed": seed, "steps": 30}
        expected = {"modelId": MODEL_ID, "body": json.dumps(sent), "contentType": ANY, "accept": ANY}
        bedrock.add_response("invoke_model", answer(), expected)

    assert sweep.main(ONE_BY_ONE) == 0

    folder = tmp_path / "data" / "sweep_001"
    names = [f"cfg_scale-{scale}_seed-{seed}.png" for scale in (14, 7) for seed in (1, 2)]
    assert sorted(path.name for path in folder.iterdir()) == [*names, "sheet.png", "tiles.csv"]
    assert (folder / names[0]).read_bytes() == png()
    assert [(row["cfg_scale"], row["seed"], row["calls"], row["reason"]) for row in rows_of(folder)] == [
        ("7", "1", "1", ""), ("7", "2", "1", ""), ("14", "1", "1", ""), ("14", "2", "1", ""),
    ]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "4 pictures to make. On AWS each one is billed.",
        "Made 4 of 4 pictures with 4 calls.",
        "Saved data/sweep_001 beside this script.",
    ]


def test_a_sweep_asks_again_for_the_very_same_picture_when_the_service_is_busy(
    sweep: ModuleType, bedrock: Stubber, tmp_path: Path
) -> None:
    sent = sent_bodies(bedrock, answers=0)
    bedrock.add_client_error("invoke_model", "ThrottlingException", "Too many requests", 429)
    bedrock.add_client_error("invoke_model", "ServiceUnavailableException", "Not now", 503)
    bedrock.add_response("invoke_model", answer())
    assert sweep.main(["--cfg-scale", "7", "--seed", "1"]) == 0
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]
    assert [row["calls"] for row in rows_of(tmp_path / "data" / "sweep_001")] == ["3"]


def test_a_sweep_gives_a_tile_up_where_the_service_stays_busy_and_goes_on(
    sweep: ModuleType, bedrock: Stubber, tmp_path: Path
) -> None:
    for _ in range(sweep.ATTEMPTS):
        bedrock.add_client_error("invoke_model", "ThrottlingException", "Too many requests", 429)
    bedrock.add_response("invoke_model", answer())
    assert sweep.main(["--cfg-scale", "7", "--seed", "1", "2", "--workers", "1"]) == 1
    first, second = rows_of(tmp_path / "data" / "sweep_001")
    assert (first["picture"], first["reason"]) == ("", "Too many requests")
    assert second["picture"] == "cfg_scale-7_seed-2.png"


def test_a_sweep_gives_a_filtered_or_refused_tile_its_place_and_makes_the_others(
    sweep: ModuleType, bedrock: Stubber, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bedrock.add_response("invoke_model", answer("CONTENT_FILTERED"))
    bedrock.add_client_error("invoke_model", "ValidationException", "#/cfg_scale: 40", 400)
    for _ in range(2):
        bedrock.add_response("invoke_model", answer())

    assert sweep.main(ONE_BY_ONE) == 1

    folder = tmp_path / "data" / "sweep_001"
    filtered, refused, *made = rows_of(folder)
    assert "CONTENT_FILTERED" in filtered["reason"]
    assert refused["reason"] == "#/cfg_scale: 40"
    assert [row["reason"] for row in made] == ["", ""]
    assert "cfg_scale 7, seed 1: The model made no usable picture: finishReason is CONTENT_FILTERED." in caplog.text
    with Image.open(folder / "sheet.png") as sheet:
        step = sweep.SIDE + sweep.GAP
        left, top = sheet.width - 2 * step, sheet.height - 2 * step
        seen = [sheet.getpixel((left + column * step + 4, top + row * step + 4)) for column in (0, 1) for row in (0, 1)]
    assert seen == [(230, 227, 220), (230, 227, 220), (0, 128, 128), (0, 128, 128)], "grey for those without a picture"


def test_a_sweep_explains_the_404_of_the_retired_model_and_sends_no_second_call(
    sweep: ModuleType, bedrock: Stubber, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent = sent_bodies(bedrock, answers=0)
    bedrock.add_client_error("invoke_model", "ResourceNotFoundException", END_OF_LIFE, 404)
    assert sweep.main([]) == 1
    assert END_OF_LIFE in caplog.text
    assert "2025-05-20" in caplog.text
    assert "python -m helpers.studio -- python labs/sweep/sweep.py" in caplog.text
    assert len(sent) == 1
    assert not (tmp_path / "data").exists()


def test_a_sweep_that_breaks_off_keeps_what_it_has_and_says_what_was_not_made(
    sweep: ModuleType, bedrock: Stubber, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bedrock.add_response("invoke_model", answer())
    bedrock.add_client_error("invoke_model", "AccessDeniedException", "Your key is old.", 403)
    assert sweep.main(["--cfg-scale", "7", "--seed", "1", "2", "--workers", "1"]) == 1
    assert "Your key is old." in caplog.text
    rows = rows_of(tmp_path / "data" / "sweep_001")
    assert [row["picture"] for row in rows] == ["cfg_scale-7_seed-1.png", ""]


def test_a_sweep_never_writes_over_an_earlier_one(sweep: ModuleType, bedrock: Stubber, tmp_path: Path) -> None:
    for _ in range(2):
        bedrock.add_response("invoke_model", answer())
        sweep.main(["--cfg-scale", "7", "--seed", "1"])
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["sweep_001", "sweep_002"]


def test_a_sweep_makes_the_same_tile_once(sweep: ModuleType, bedrock: Stubber) -> None:
    sent = sent_bodies(bedrock)
    sweep.main(["--cfg-scale", "7", "7.0", "--seed", "1", "2", "1"])
    assert sorted(body["seed"] for body in sent) == [1, 2]


@pytest.mark.parametrize(("option", "words"), [("--seed", "0 is random"), ("--workers", "at least one call")])
def test_a_sweep_refuses_what_cannot_be_meant_before_any_call(
    sweep: ModuleType, bedrock: Stubber, capsys: pytest.CaptureFixture[str], option: str, words: str
) -> None:
    with pytest.raises(SystemExit):
        sweep.main([option, "0"])
    assert words in capsys.readouterr().err


def test_a_sweep_opens_a_viewer_only_when_asked(
    sweep: ModuleType, bedrock: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    monkeypatch.setattr(Image.Image, "show", lambda image: shown.append(image.size))
    for arguments in ([], ["--show"]):
        bedrock.add_response("invoke_model", answer())
        sweep.main(["--cfg-scale", "7", "--seed", "1", *arguments])
    assert len(shown) == 1


def test_a_sweep_s_client_leaves_retries_to_the_sweep(sweep: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(boto3, "client", lambda name, **options: asked.update(options))
    sweep.client(8)
    assert asked["config"].retries["total_max_attempts"] == 1
    assert asked["config"].max_pool_connections == 8
