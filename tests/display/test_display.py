"""Pictures in a notebook: what is stored, what a screen reader finds, and what stays the same on another machine."""

import base64
import html.parser
import io
import re
import subprocess
import sys
import warnings
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from helpers.display import alt_text, sheets, showing

SUNSET = "a serene beach at sunset"


def picture(colour: str = "#3070c0", size: tuple[int, int] = (512, 512)) -> Image.Image:
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((40, 40, 200, 200), fill="#f8d850")
    return image


def receipt(
    text: str = SUNSET, words: dict[str, str] | None = None, image: Image.Image | None = None, **body: Any
) -> Any:
    asked = {"text_prompts": [{"text": text, "weight": 1}], "cfg_scale": 7, "seed": 10, **body}
    return SimpleNamespace(
        image=image or picture(), body=asked, seed=asked["seed"], model="stability.stable-diffusion-xl-v1",
        backend="studio", words=words or {}, seconds=0.0517,
    )  # fmt: skip


class Images(html.parser.HTMLParser):
    """The images of an HTML output, as a browser would read them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append({key: value or "" for key, value in attrs})

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What went out to the notebook, one dict by mime type an output."""
    out: list[dict[str, Any]] = []
    monkeypatch.setattr(showing, "_put", lambda data, metadata: out.append(data))
    return out


def jpeg_in(data: dict[str, Any]) -> Image.Image:
    (found,) = Images(data["text/html"]).found
    head, _, code = found["src"].partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(code, validate=True)))


def alt_in(data: dict[str, Any]) -> str:
    (found,) = Images(data["text/html"]).found
    return found["alt"]


# ---- one picture ----------------------------------------------------------------------------------------------------


def test_an_output_holds_one_jpeg_with_its_alt_text_and_no_second_copy(shown: list[dict[str, Any]]) -> None:
    showing.show(picture(), alt='A sun & the "blue" sky <here>')
    (data,) = shown
    assert set(data) == {"text/html", "text/plain"}
    assert jpeg_in(data).format == "JPEG"
    assert alt_in(data) == 'A sun & the "blue" sky <here>'
    assert data["text/plain"] == 'A sun & the "blue" sky <here>'


def test_the_html_gives_the_pictures_true_size_and_lets_it_shrink_to_the_page(shown: list[dict[str, Any]]) -> None:
    showing.show(picture(size=(768, 512)))
    (found,) = Images(shown[0]["text/html"]).found
    assert (found["width"], found["height"]) == ("768", "512")
    assert "max-width: 100%" in found["style"]


def test_a_receipt_says_in_words_how_its_picture_was_made(shown: list[dict[str, Any]]) -> None:
    showing.show(receipt())
    assert alt_in(shown[0]) == (
        "Picture made by the offline studio for the prompt “a serene beach at sunset”, 512 by 512 pixels, seed 10."
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"init_image": "..."}, "Picture made from another picture by the offline studio for the prompt “add a sheep”"),
        (
            {"init_image": "...", "mask_source": "MASK_IMAGE_WHITE"},
            "Picture edited inside a mask by the offline studio",
        ),
        (
            {"text_prompts": [{"text": "a lake"}, {"text": "a boat", "weight": 0.5}, {"text": "fog", "weight": -1}]},
            "for the prompts “a lake” and “a boat”, against “fog”, 512",
        ),
    ],
)
def test_alt_text_tells_the_tasks_and_the_sign_of_prompts_apart(body: dict[str, Any], words: str) -> None:
    assert words in alt_text.image_alt(receipt("add a sheep", **body))


def test_alt_text_names_the_model_where_it_was_a_model_on_aws() -> None:
    made = receipt()
    made.backend, made.model = "aws", "stability.stable-image-core-v1:1"
    made.body = {"prompt": "a lake", "negative_prompt": "fog"}
    assert alt_text.image_alt(made).startswith("Picture made by Stable Image Core")
    assert "on Amazon Bedrock for the prompt “a lake”, against “fog”" in alt_text.image_alt(made)


MISSING = {
    "beach": "drawn",
    "moon": "not drawn",
    "quiche": "unknown",
    "fork": "stand-in: plate",
    "乳蛋饼": "unknown",
    "red": "not drawn",
}


def test_under_the_picture_a_line_names_the_words_that_it_does_not_show(shown: list[dict[str, Any]]) -> None:
    showing.show(receipt(words=MISSING))
    line = (
        "Of the prompt, not drawn: moon, red. Drawn as something else: fork (plate)."
        " The studio does not know: quiche, 乳蛋饼. A real model would."
    )
    assert Images(shown[0]["text/html"]).text == line
    assert shown[0]["text/plain"].endswith("\n" + line)


def test_nothing_is_said_of_words_that_are_drawn(shown: list[dict[str, Any]]) -> None:
    showing.show(receipt(words={"beach": "drawn"}))
    assert Images(shown[0]["text/html"]).text == ""


def test_strips_grids_and_comparisons_say_in_how_many_pictures_a_word_is_missing(shown: list[dict[str, Any]]) -> None:
    one, two = receipt(words={"moon": "drawn", "fork": "stand-in: plate"}), receipt(words={"moon": "not drawn"})
    other = receipt(words={"moon": "not drawn", "fork": "not drawn"})
    showing.strip([one, two, other], labels=["1", "2", "3"])
    showing.grid([[one, two], [other, None]])
    showing.compare(one, other)
    line = "Of the prompt, not drawn: moon (in 2 of 3), fork (in 1 of 2). Drawn as something else: fork (plate) (in 1 of 2)."
    assert [Images(put["text/html"]).text for put in shown[:2]] == [line, line]
    assert "Of the prompt, not drawn: moon (in 1 of 2), fork (in 1 of 2)." in Images(shown[2]["text/html"]).text
    showing.strip([other, other], labels=["1", "2"])
    assert Images(shown[3]["text/html"]).text == "Of the prompt, not drawn: moon, fork."


def test_a_caption_cannot_break_out_of_the_page(shown: list[dict[str, Any]]) -> None:
    showing.show(picture(), alt="a", caption="<script>x</script> & more")
    assert "<script>" not in shown[0]["text/html"]
    assert Images(shown[0]["text/html"]).text == "<script>x</script> & more"


def test_bundle_is_what_a_receipt_hands_to_the_notebook() -> None:
    data, metadata = showing.mime_bundle(receipt(), "An evening sky")
    assert (alt_in(data), metadata) == ("An evening sky", {})


@pytest.mark.parametrize("size", [(1024, 1024), (2400, 900), (700, 2000), (320, 320)])
def test_no_picture_is_larger_than_1280_pixels_or_150_kb_even_of_noise(size: tuple[int, int]) -> None:
    noise = Image.effect_noise(size, 120).convert("RGB")
    data = showing.jpeg(noise)
    stored = Image.open(io.BytesIO(data))
    assert len(data) <= 150_000
    assert max(stored.size) <= 1280
    assert stored.width / stored.height == pytest.approx(size[0] / size[1], rel=0.01)


def test_showing_a_picture_leaves_the_picture_itself_as_it_was(shown: list[dict[str, Any]]) -> None:
    image = picture(size=(1536, 640))
    before = image.copy()
    showing.show(image)
    showing.strip([image, image], ["a", "b"])
    assert image.size == (1536, 640)
    assert ImageChops.difference(image, before).getbbox() is None


def test_see_through_parts_show_a_chequerboard_and_not_black() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert set(pixels(sheets.flat(image))) == {(255, 255, 255), (214, 214, 214)}


def test_outside_a_notebook_the_words_are_printed() -> None:
    code = "from PIL import Image; from helpers import show; show(Image.new('RGB', (64, 64)), alt='A black square')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "A black square\n"


def test_importing_display_costs_no_matplotlib_and_no_numpy() -> None:
    code = "import sys, helpers.display; print(sorted({'matplotlib', 'numpy', 'IPython'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ---- strips ---------------------------------------------------------------------------------------------------------


def test_a_strip_is_one_picture_whose_alt_text_has_every_label_in_order(shown: list[dict[str, Any]]) -> None:
    showing.strip([receipt(), receipt(), receipt()], ["cfg_scale 1", "cfg_scale 7", "cfg_scale 30"], "Guidance")
    (data,) = shown
    assert alt_in(data) == (
        "Guidance. 3 pictures in a row for the prompt “a serene beach at sunset”, from left to right: "
        "cfg_scale 1; cfg_scale 7; cfg_scale 30."
    )
    assert jpeg_in(data).width > 2.4 * jpeg_in(data).height


@pytest.mark.parametrize(
    ("bodies", "labels"),
    [
        ([{"cfg_scale": 1}, {"cfg_scale": 30}], ["cfg_scale 1", "cfg_scale 30"]),
        ([{"seed": 1, "steps": 10}, {"seed": 2, "steps": 50}], ["seed 1, steps 10", "seed 2, steps 50"]),
        ([{"sampler": "DDIM"}, {}], ["sampler DDIM", ""]),
        ([{"text_prompts": [{"text": "a lake"}]}, {"text_prompts": [{"text": "a lake", "weight": 0.5}]}],
         ["a lake", "a lake (0.5)"]),
        ([{"width": 512, "height": 512}, {"width": 512, "height": 512}], ["", ""]),
    ],
)  # fmt: skip
def test_a_strip_of_receipts_is_labelled_by_what_sets_them_apart(
    bodies: list[dict[str, Any]], labels: list[str]
) -> None:
    assert alt_text.differing_fields([receipt(**body) for body in bodies]) == labels


def test_sizes_that_differ_are_told_in_pixels_once() -> None:
    made = [receipt(image=picture(size=size), width=size[0], height=size[1]) for size in [(512, 512), (768, 512)]]
    assert alt_text.differing_fields(made) == ["512 × 512", "768 × 512"]


def test_seconds_stand_under_a_strip_and_never_in_what_is_compared(shown: list[dict[str, Any]]) -> None:
    showing.strip([receipt(), receipt()], ["a", "b"], seconds=True)
    page = shown[0]["text/html"]
    assert '<span class="measured">Seconds for each: 0.05, 0.05.</span>' in page
    showing.strip([receipt(), receipt()], ["a", "b"])
    assert "econds" not in shown[1]["text/html"]
    assert "0.05" not in alt_in(shown[0]) + shown[0]["text/plain"]


def test_on_the_same_scale_a_picture_twice_as_wide_is_shown_twice_as_wide() -> None:
    small, large = picture("#c03030", (320, 320)), picture("#30a040", (640, 640))
    sheet = sheets.strip([small, large], ["320", "640"], same_scale=True)
    reds = sum(1 for r, g, b in pixels(sheet) if r > 150 and g < 90 and b < 90)
    greens = sum(1 for r, g, b in pixels(sheet) if g > 120 and r < 90 and b < 120)
    # the yellow disc is the same number of pixels in both, so the plain parts differ by more than four times
    assert greens > 4 * reds > 0


def test_more_than_six_pictures_go_on_in_a_second_row_and_stay_legible() -> None:
    assert sheets.strip([picture()] * 6, ["x"] * 6).height < 320
    seven = sheets.strip([picture()] * 7, ["x"] * 7)
    assert seven.width <= 1280
    assert seven.height > 400


def test_labels_that_do_not_match_the_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="2 pictures need 2 labels, not 1"):
        showing.strip([picture(), picture()], ["one"])
    with pytest.raises(ValueError, match="at least one picture"):
        showing.strip([])


def pixels(image: Image.Image) -> list[tuple[int, int, int]]:
    data = image.convert("RGB").tobytes()
    return [(data[i], data[i + 1], data[i + 2]) for i in range(0, len(data), 3)]


# ---- grids ----------------------------------------------------------------------------------------------------------


def test_a_grid_names_its_rows_and_columns_and_counts_what_is_missing(shown: list[dict[str, Any]]) -> None:
    rows = [[receipt(), showing.Missing("not run yet")], [RuntimeError("throttled"), receipt()]]
    showing.grid(rows, ["cfg_scale 1", "cfg_scale 7"], ["seed 1", "seed 2"])
    assert alt_in(shown[0]) == (
        "Pictures in 2 rows and 2 columns for the prompt “a serene beach at sunset”. "
        "Rows: cfg_scale 1; cfg_scale 7. Columns: seed 1; seed 2. 2 without a picture."
    )


def test_a_missing_tile_shows_its_reason_as_text() -> None:
    blank = sheets.grid([[picture(), sheets.Missing("")]], [], [])
    told = sheets.grid([[picture(), sheets.Missing("filtered: try other words")]], [], [])
    box = ImageChops.difference(blank, told).getbbox()
    assert blank.size == told.size
    assert box is not None
    assert box[0] > blank.width // 2


def test_a_grid_takes_pictures_of_mixed_sizes_and_rows_of_mixed_lengths() -> None:
    rows = [[picture(size=(1536, 640)), picture(size=(640, 1536)), picture(size=(64, 64))], [picture()]]
    sheet = sheets.grid(rows, ["first", "second"], ["a", "b", "c"])
    assert max(sheet.size) <= 1280


@pytest.mark.parametrize(("down", "across"), [(1, 1), (12, 12), (30, 2), (2, 30), (1, 6)])
def test_a_grid_of_any_shape_fits_in_1280_pixels(shown: list[dict[str, Any]], down: int, across: int) -> None:
    rows = [[picture(size=(320, 320))] * across for _ in range(down)]
    showing.grid(rows, [f"cfg_scale {i}" for i in range(down)], [f"seed {i}" for i in range(across)], "Title")
    assert max(jpeg_in(shown[0]).size) <= 1280


def test_grid_labels_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="1 rows need 1 row labels, not 2"):
        showing.grid([[picture()]], ["a", "b"])


# ---- letters --------------------------------------------------------------------------------------------------------


def test_chinese_labels_are_drawn_each_character_in_its_own_shape() -> None:
    def drawn(text: str) -> bytes:
        return sheets.strip([picture()], [text]).tobytes()

    assert len({drawn(text) for text in ("飞", "船", "茶", "园", "羊", "飛")}) == 6


def test_emoji_and_control_characters_leave_no_box_behind() -> None:
    assert sheets.strip([picture()], ["a\U0001f411\u200b"]).tobytes() == sheets.strip([picture()], ["a"]).tobytes()


@pytest.mark.parametrize(
    "text", ["一片宁静的海滩，日落时分，天空是橙色和粉色的云彩，海面上有倒影。", "a long prompt " * 8, "w" * 200]
)
def test_long_labels_are_wrapped_within_their_picture_and_end_in_an_ellipsis(text: str) -> None:
    from helpers.display import fonts

    lines = fonts.wrap(text, 18, 180, most_lines=3)
    assert len(lines) == 3
    assert all(fonts.width(line, 18) <= 180 + fonts.width("，", 18) for line in lines)
    assert lines[-1].endswith("…")


def test_no_line_begins_with_a_mark_that_ends_a_phrase() -> None:
    from helpers.display import fonts

    text = "一片宁静的海滩，日落时分，天空是橙色和粉色的云彩，海面上有倒影。"
    for widest in range(60, 300, 6):
        assert not any(line[0] in "，。" for line in fonts.wrap(text, 18, widest, most_lines=99))


def test_wrapping_loses_no_character() -> None:
    from helpers.display import fonts

    text = "A detailed painting of a dragon 一艘宇宙飞船 flying over a mountain"
    assert "".join(fonts.wrap(text, 18, 120, most_lines=99)).replace(" ", "") == text.replace(" ", "")


# ---- plots ----------------------------------------------------------------------------------------------------------


def test_a_plot_with_chinese_labels_is_drawn_without_a_warning_and_closed(shown: list[dict[str, Any]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")
        showing.use_workshop_style()
        figure, axes = plt.subplots()
        axes.plot([1, 2], [-1, 1])
        axes.set_title("步数与距离 steps − 飞船")
        showing.show(figure, alt="A line that rises")
        assert not plt.fignum_exists(figure.number)
    assert alt_in(shown[0]) == "A line that rises"


def test_a_plot_without_alt_text_is_refused() -> None:
    from matplotlib.figure import Figure

    with pytest.raises(ValueError, match="needs a text alternative"):
        showing.show(Figure())


def test_nothing_that_is_compared_holds_base64_beyond_the_picture(shown: list[dict[str, Any]]) -> None:
    showing.strip([receipt(init_image="A" * 5000), receipt(seed=11)])
    page = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", shown[0]["text/html"])
    assert not re.search(r"[A-Za-z0-9+/=]{80}", page + shown[0]["text/plain"])
