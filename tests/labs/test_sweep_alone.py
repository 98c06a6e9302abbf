"""The sweep script by itself: which calls it makes, what it keeps, and what it says when the service does not answer."""

import csv
import io
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from PIL import Image

from tests.labs.lab_kit import END_OF_LIFE, MODEL_ID, answer, png, sent_bodies

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


def test_a_sheet_in_chinese_is_drawn_in_a_font_that_has_the_letters(sweep: ModuleType) -> None:
    def title_of(text: str) -> bytes:
        return bytes(sweep.contact_sheet([sweep.Tile(7.0, 1)], text).crop((0, 0, 400, sweep.HEAD)).tobytes())

    assert len({title_of("日落时宁静的海滩"), title_of("森林里下着大雪哦"), title_of("????????")}) == 3


def test_where_no_font_has_them_question_marks_stand_there_and_that_is_said(
    sweep: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sweep.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sweep, "FONTS", ("no-such-font.ttf",))
    monkeypatch.setattr(sweep.ImageFont, "truetype", no_font)
    monkeypatch.setattr(sweep.ImageFont, "load_default", lambda size: SimpleNamespace(path=io.BytesIO()))
    assert sweep._drawable("日落", sweep._font()) == "??"
    assert "no font for 日落" in caplog.text
    assert sweep._drawable("sunset", sweep._font()) == "sunset"


def no_font(name: str, size: int) -> None:
    raise OSError("cannot open resource")
