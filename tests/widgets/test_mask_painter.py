"""The mask painter without a browser: what its mask is, where it is kept, and what it refuses."""

import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image

import helpers
from helpers.errors import ImageError, MaskError, PictureExistsError
from helpers.masks.mask import Mask
from helpers.widgets import MaskPainter
from helpers.widgets.painter import widget
from helpers.widgets.painter.labels import LABELS

SIZE = (96, 64)
GIVEN = Mask.box(SIZE, (8, 8, 40, 40))
PAINTED = Mask.brush(SIZE, [(20, 20), (70, 40)], 12)
FRONT_END = sorted(Path(widget.__file__).parent.glob("*.*s"))


@pytest.fixture(autouse=True)
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


@pytest.fixture
def picture() -> Image.Image:
    gradient = np.add.outer(np.arange(SIZE[1]), np.arange(SIZE[0])).astype(np.uint8)
    return Image.fromarray(np.dstack([gradient, gradient[::-1], 255 - gradient]))


def paint(painter: MaskPainter, mask: Mask) -> None:
    """What a browser does at the end of a stroke: its bytes arrive as a memoryview."""
    painter.set_state({"pixels": memoryview(zlib.compress(mask.pixels.tobytes()))})


def test_with_nothing_given_and_nothing_painted_nothing_may_change(picture: Image.Image) -> None:
    painter = helpers.MaskPainter(picture)
    assert painter.mask == Mask.from_array(np.zeros((64, 96), bool))
    assert not painter.path.exists()


def test_until_something_is_painted_the_mask_is_the_given_one(picture: Image.Image) -> None:
    assert MaskPainter(picture, GIVEN).mask == GIVEN
    assert MaskPainter(picture, GIVEN.image).mask == GIVEN
    assert not MaskPainter(picture, GIVEN).path.exists()


def test_greys_of_a_given_mask_are_kept(picture: Image.Image) -> None:
    soft = GIVEN.feathered(6)
    assert MaskPainter(picture, soft).mask == soft


def test_what_a_browser_paints_is_the_mask_and_is_kept_in_a_file(picture: Image.Image, outputs: Path) -> None:
    painter = MaskPainter(picture, GIVEN)
    paint(painter, PAINTED)
    assert painter.mask == PAINTED
    assert painter.path.parent == outputs / "masks"
    assert Mask.from_image(painter.path) == PAINTED
    assert painter.path.name in painter.note


def test_the_same_cell_in_a_new_kernel_goes_on_from_what_was_painted_and_says_how_to_get_the_given_mask(
    picture: Image.Image,
) -> None:
    paint(MaskPainter(picture, GIVEN), PAINTED)
    again = MaskPainter(picture, GIVEN)
    assert again.mask == PAINTED
    assert "painted before" in again.note
    assert "Start again goes back to the mask that the cell gives" in again.note
    again.reset()
    assert again.mask == GIVEN


@pytest.mark.parametrize("earlier", [None, ~GIVEN, GIVEN.feathered(3)])
def test_it_starts_from_the_mask_that_it_is_given_whatever_was_painted_on_the_picture_before(
    picture: Image.Image, earlier: Mask | None
) -> None:
    other = MaskPainter(picture, earlier)
    paint(other, PAINTED)
    painter = MaskPainter(picture, GIVEN)
    assert painter.mask == GIVEN
    assert painter.note == ""
    paint(painter, GIVEN | PAINTED)
    assert MaskPainter(picture, earlier).mask == PAINTED, "each keeps what was painted on it"
    assert MaskPainter(picture, GIVEN).mask == GIVEN | PAINTED


def test_a_given_mask_in_which_nothing_may_change_is_a_mask_too(picture: Image.Image) -> None:
    nothing = GIVEN - GIVEN
    paint(MaskPainter(picture), PAINTED)
    painter = MaskPainter(picture, nothing)
    assert painter.mask == nothing
    paint(painter, PAINTED)
    assert "Start again goes back" in MaskPainter(picture, nothing).note


def test_two_painters_that_start_alike_take_nothing_from_each_other(picture: Image.Image, tmp_path: Path) -> None:
    first, second = MaskPainter(picture), MaskPainter(picture)
    paint(first, PAINTED)
    paint(second, GIVEN)
    assert second.mask == GIVEN
    assert "holds what another painter has painted since" in second.trouble
    second.reset()
    assert MaskPainter(picture).mask == PAINTED
    second.path = tmp_path / "second.png"
    paint(second, GIVEN)
    assert second.trouble == ""
    paint(first, GIVEN | PAINTED)
    assert (first.trouble, MaskPainter(picture).mask) == ("", GIVEN | PAINTED)


def test_a_file_that_is_named_is_gone_on_from_whatever_mask_is_given_and_the_page_says_so(
    picture: Image.Image, tmp_path: Path
) -> None:
    path = tmp_path / "hill.png"
    paint(MaskPainter(picture, path=path), PAINTED)
    painter = MaskPainter(picture, GIVEN, path=path)
    assert painter.mask == PAINTED
    assert "hill.png, painted before. Start again goes back to the mask that the cell gives." in painter.note


def test_soft_edges_come_back_from_the_file_as_they_were(picture: Image.Image) -> None:
    paint(MaskPainter(picture), PAINTED.feathered(5))
    assert MaskPainter(picture).mask == PAINTED.feathered(5)


def test_a_path_can_be_chosen_and_its_folders_are_made(picture: Image.Image, tmp_path: Path) -> None:
    painter = MaskPainter(picture, path=tmp_path / "new" / "sheep.png")
    paint(painter, PAINTED)
    assert Mask.from_image(tmp_path / "new" / "sheep.png") == PAINTED
    assert MaskPainter(picture).mask.share == 0  # two masks of one picture


def test_a_relative_path_is_meant_from_the_current_folder(
    picture: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paint(MaskPainter(picture, path="sheep.png"), PAINTED)
    assert (tmp_path / "sheep.png").exists()
    assert MaskPainter(picture, path="sheep.png").mask == PAINTED


def test_another_picture_has_another_file(picture: Image.Image) -> None:
    other = picture.copy()
    other.putpixel((3, 3), (1, 2, 3))
    paint(MaskPainter(picture), PAINTED)
    assert MaskPainter(other).mask.share == 0
    assert MaskPainter(other).path != MaskPainter(picture).path


def test_reset_goes_back_to_the_given_mask_and_forgets_what_was_painted(picture: Image.Image) -> None:
    painter = MaskPainter(picture, GIVEN)
    paint(painter, PAINTED)
    painter.reset()
    assert painter.mask == GIVEN
    assert not painter.path.exists()
    assert MaskPainter(picture, GIVEN).mask == GIVEN


def test_the_pages_start_again_is_reset(picture: Image.Image) -> None:
    painter = MaskPainter(picture, GIVEN)
    paint(painter, PAINTED)
    painter.set_state({"resets": painter.resets + 1})
    assert painter.mask == GIVEN


def test_a_mask_can_be_shown_from_python_and_is_kept_too(picture: Image.Image) -> None:
    painter = MaskPainter(picture)
    painter.mask = ~GIVEN.grown(4)
    assert painter.mask == ~GIVEN.grown(4)
    assert Mask.from_image(painter.path) == ~GIVEN.grown(4)
    with pytest.raises(MaskError, match="Both must have the same size"):
        painter.mask = Mask.box((32, 32), (0, 0, 8, 8))


def test_after_each_stroke_an_observer_is_called(picture: Image.Image) -> None:
    painter = MaskPainter(picture)
    seen: list[Mask] = []
    painter.observe(lambda _: seen.append(painter.mask), "pixels")
    paint(painter, PAINTED)
    paint(painter, GIVEN)
    assert seen == [PAINTED, GIVEN]


def of_another_picture(path: Path) -> None:
    paint(MaskPainter(Image.new("RGB", SIZE, "red"), path=path), PAINTED)


def a_plain_picture(path: Path) -> None:
    Image.new("L", SIZE, 99).save(path)


def no_picture(path: Path) -> None:
    path.write_text("my thesis", "utf-8")


@pytest.mark.parametrize("other", [of_another_picture, a_plain_picture, no_picture])
def test_a_file_that_is_no_mask_of_this_picture_is_named_and_left_alone(
    picture: Image.Image, tmp_path: Path, other: Any
) -> None:
    path = tmp_path / "mine.png"
    other(path)
    before = path.read_bytes()
    with pytest.raises(PictureExistsError, match=r"mine\.png is there already.*give it as mask="):
        MaskPainter(picture, path=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("other", [of_another_picture, a_plain_picture, no_picture])
def test_a_file_that_appears_later_is_left_alone_too_and_the_page_says_so(
    picture: Image.Image, tmp_path: Path, other: Any
) -> None:
    path = tmp_path / "mine.png"
    painter = MaskPainter(picture, path=path)
    other(path)
    before = path.read_bytes()
    paint(painter, PAINTED)
    assert painter.mask == PAINTED
    assert "mine.png is there already" in painter.trouble
    assert path.read_bytes() == before
    painter.reset()
    assert path.read_bytes() == before


def test_where_nothing_can_be_written_the_page_says_why_and_the_mask_is_there(
    picture: Image.Image, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    painter = MaskPainter(picture, path=tmp_path / "file" / "mask.png")
    paint(painter, PAINTED)
    assert painter.mask == PAINTED
    assert painter.trouble.startswith("Not kept in a file.")
    painter.path = tmp_path / "mask.png"
    paint(painter, GIVEN)
    assert painter.trouble == ""


@pytest.mark.parametrize(
    "data",
    [b"", b"no deflate", zlib.compress(bytes(95 * 64)), zlib.compress(bytes(97 * 64)), zlib.compress(bytes(10**8))],
    ids=["empty", "not deflated", "too few", "too many", "far too many"],
)
def test_bytes_that_are_no_mask_of_the_pictures_size_change_nothing(picture: Image.Image, data: bytes) -> None:
    painter = MaskPainter(picture, GIVEN)
    with pytest.raises(traitlets.TraitError):
        painter.pixels = data
    assert painter.mask == GIVEN
    assert not painter.path.exists()


def test_a_mask_of_another_size_is_refused(picture: Image.Image) -> None:
    with pytest.raises(MaskError, match="32 x 32 pixels and the picture 96 x 64"):
        MaskPainter(picture, Mask.box((32, 32), (0, 0, 8, 8)))


def test_what_is_no_picture_or_too_large_is_refused() -> None:
    with pytest.raises(ImageError, match=r"no file nowhere\.png"):
        MaskPainter("nowhere.png")
    with pytest.raises(ImageError, match=r"4000 x 3000 pixels is too large to paint on.*helpers\.fit"):
        MaskPainter(Image.new("L", (4000, 3000)))


def test_a_file_that_cannot_keep_pixels_is_refused(picture: Image.Image, tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"cannot be kept in mask\.jpg.*\.png"):
        MaskPainter(picture, path=tmp_path / "mask.jpg")


@pytest.mark.parametrize("bad", [{"brush": 0}, {"brush": 5000}, {"softness": 101}, {"opacity": 0}, {"tool": "pen"}])
def test_a_setting_out_of_range_is_refused(picture: Image.Image, bad: dict[str, Any]) -> None:
    with pytest.raises(traitlets.TraitError):
        MaskPainter(picture, **bad)


def test_its_text_in_a_notebook_is_the_same_on_every_run(picture: Image.Image) -> None:
    assert repr(MaskPainter(picture, GIVEN)) == "<MaskPainter 96 x 64, 17% may change>"
    bundle = MaskPainter(picture, GIVEN)._repr_mimebundle_()
    assert bundle is not None
    assert bundle[0]["text/plain"] == "<MaskPainter 96 x 64, 17% may change>"


def test_every_word_of_the_page_is_in_the_labels_and_every_label_on_the_page() -> None:
    code = "\n".join(file.read_text("utf-8") for file in FRONT_END) + Path(widget.__file__).read_text("utf-8")
    quoted = set(re.findall(r'["`]([a-z][a-z ]*)["`]', code)) | set(re.findall(r"(?<=[{, ])(\w+): \"M", code))
    helped = {f"{word} help" for word in quoted}
    assert set(LABELS) - quoted - helped == set()
    said = set(re.findall(r'(?:label|group)\("([^"]+)"', code)) | set(re.findall(r'"(keys [a-z]+)"', code))
    assert len(said) > 20
    assert said - set(LABELS) == set()


def test_the_front_end_loads_nothing_from_anywhere() -> None:
    assert len(FRONT_END) == 5
    for file in FRONT_END:
        addresses = set(re.findall(r"\w+://[^\"'\s)]+", file.read_text("utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file
        assert not re.search(r"\bimport\b|@import|\burl\(", file.read_text("utf-8")), file


def test_asking_for_the_widgets_loads_none_before_one_is_used() -> None:
    code = "import sys, helpers.widgets; print([n for n in ('anywidget', 'numpy', 'PIL') if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
