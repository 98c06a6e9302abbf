"""Sentences that helpers put together: in Chinese they hold no English word and no English punctuation."""

import html
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from helpers.bodies import text_to_image
from helpers.display import showing
from helpers.errors import BodyError
from helpers.language import translations
from helpers.sweeps.axes.tiles import Failure, FailureKind, Tile
from helpers.sweeps.run.failures import Failures

ENGLISH = re.compile("[A-Za-z]{2,}")
LOOSE = re.compile("[。，：；、] ")  # a space that the Chinese sign already holds


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKSHOP_LANG", "zh")
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path))
    monkeypatch.setattr(translations, "_english_alone", False)


def test_the_sentences_of_a_caption_follow_each_other_without_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    out: list[dict[str, Any]] = []
    monkeypatch.setattr(showing, "_put", lambda data, metadata: out.append(data))
    showing.compare(Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), (90, 0, 0)))
    caption = html.unescape(re.sub("<[^>]*>", "", out[0]["text/html"]))
    assert caption.count("。") == 2
    assert not LOOSE.search(caption)


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_every_kind_of_failure_has_a_chinese_name(kind: FailureKind) -> None:
    assert not ENGLISH.search(Failure(kind, "").said)


def test_failures_are_listed_without_english_between_their_sentences() -> None:
    tile = Tile("0" * 64, (), {}, "model", failure=Failure("timeout", "等了很久。", "没有回答。", "再试一次。"))
    assert repr(Failures([tile])).endswith("：超时。等了很久。没有回答。再试一次。")


def test_fields_to_mend_are_listed_the_chinese_way() -> None:
    with pytest.raises(BodyError, match="cfg_scale、steps，"):
        text_to_image("a beach", cfg_scale=99, steps=5)


def test_what_a_page_shows_in_place_of_a_mask_painter_is_chinese_throughout() -> None:
    from helpers.widgets import MaskPainter

    assert not ENGLISH.search(repr(MaskPainter(Image.new("RGB", (64, 64)))))


def test_what_a_playground_says_of_a_failed_run_has_no_space_after_a_chinese_sign() -> None:
    from helpers.errors import FilteredError
    from helpers.widgets.shared import page

    error = FilteredError("被拦下了。", "有一个词。\n", "换个说法。", image=None, finish_reason="CONTENT_FILTERED")
    assert not LOOSE.search(page.failed(error, "filtered", "发出了 1 次。")["text"])
