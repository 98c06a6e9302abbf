"""Two pictures side by side: what sets them apart is measured, drawn and said."""

import html
import re
from typing import Any

import pytest
from PIL import Image

from helpers.display import alt_text, sheets, showing


def picture(size: tuple[int, int] = (512, 512)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What went out to the notebook, one dict by mime type an output."""
    out: list[dict[str, Any]] = []
    monkeypatch.setattr(showing, "_put", lambda data, metadata: out.append(data))
    return out


def alt_in(data: dict[str, Any]) -> str:
    found = re.search(r'alt="([^"]*)"', data["text/html"])
    assert found
    return html.unescape(found.group(1))


def test_comparing_a_picture_with_itself_says_that_it_is_the_same(shown: list[dict[str, Any]]) -> None:
    showing.compare(picture(), picture())
    assert "<figcaption>The two pictures are the same, pixel for pixel.</figcaption>" in shown[0]["text/html"]
    assert alt_in(shown[0]) == (
        "Two pictures side by side, before and after, and where they differ. "
        "The two pictures are the same, pixel for pixel."
    )


def test_the_difference_is_measured_where_it_is_and_nowhere_else() -> None:
    a, b = Image.new("RGB", (100, 100), (10, 20, 30)), Image.new("RGB", (100, 100), (10, 20, 30))
    b.paste((10, 60, 40), (0, 0, 50, 50))
    b.paste((10, 36, 30), (50, 0, 100, 50))
    found = sheets.difference(a, b)
    assert (found.share, found.clear, found.largest) == (0.5, 0.25, 40)
    assert found.picture.getpixel((10, 10)) == round(255 * 40 / 64)
    assert found.picture.getpixel((90, 90)) == 0
    assert alt_text.difference_sentence(found) == "They differ clearly, in a part."
    assert alt_text.difference_numbers(found) == "50% of the pixels differ, 25% by more than 16 of 255 levels."


def test_the_map_is_white_at_the_largest_difference_and_black_where_no_eye_finds_one() -> None:
    dark, light = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), (0, 200, 0))
    assert sheets.difference(dark, light).picture.getpixel((3, 3)) == 255
    nearly = sheets.difference(dark, Image.new("RGB", (8, 8), (0, 1, 0))).picture.getpixel((3, 3))
    assert isinstance(nearly, int)
    assert nearly < 8, "one level, as two processors differ, must not light up"


@pytest.mark.parametrize(
    ("share", "where"),
    [(0.05, "in a small part"), (0.3, "in a part"), (0.7, "in most places"), (0.95, "nearly everywhere")],
)
def test_the_words_for_a_difference_grow_with_it(share: float, where: str) -> None:
    a, b = Image.new("RGB", (100, 100)), Image.new("RGB", (100, 100))
    b.paste((90, 90, 90), (0, 0, 100, round(100 * share)))
    assert alt_text.difference_sentence(sheets.difference(a, b)) == f"They differ clearly, {where}."


def test_numbers_that_another_processor_may_change_stand_on_the_page_alone(shown: list[dict[str, Any]]) -> None:
    a, b = Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), (90, 0, 0))
    showing.compare(a, b)
    assert '<span class="measured">100% of the pixels differ' in shown[0]["text/html"]
    assert "%" not in alt_in(shown[0]) + shown[0]["text/plain"]


def test_a_difference_that_nobody_sees_is_told_from_one_that_everybody_does() -> None:
    a, b = Image.new("RGB", (100, 100)), Image.new("RGB", (100, 100), (3, 0, 0))
    found = sheets.difference(a, b)
    assert alt_text.difference_sentence(found) == "They differ by less than an eye finds."
    assert alt_text.difference_numbers(found) == "100% of the pixels differ, none by more than 16 of 255 levels."
    a.putpixel((0, 0), (255, 255, 255))
    assert "less than 1% by more than 16" in alt_text.difference_numbers(sheets.difference(a, b))


def test_pictures_of_two_sizes_are_compared_by_eye_only(shown: list[dict[str, Any]]) -> None:
    showing.compare(picture(), picture(size=(768, 512)))
    assert "<figcaption>512 by 512 pixels, and 768 by 512.</figcaption>" in shown[0]["text/html"]


def test_pictures_that_differ_in_opacity_alone_differ(shown: list[dict[str, Any]]) -> None:
    clear, solid = Image.new("RGBA", (8, 8), (9, 9, 9, 0)), Image.new("RGBA", (8, 8), (9, 9, 9, 255))
    assert sheets.difference(clear, solid).share == 1
    showing.compare(clear, solid)
    assert "the same" not in shown[0]["text/html"]
