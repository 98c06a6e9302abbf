"""Pictures in and out: read from anything, refused in one sentence, and never lost or overwritten."""

import base64
import io
import json
import os
import stat
import struct
import sys
import threading
import zlib
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import models, pictures, recipes
from helpers.bodies import inputs
from helpers.errors import ImageError, PictureExistsError
from helpers.schemas import sdxl

sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@st.composite
def any_pictures(draw: st.DrawFn) -> Image.Image:
    mode, size = draw(st.sampled_from(["RGB", "RGBA", "L"])), draw(sizes)
    count = size[0] * size[1] * len(mode)
    return Image.frombytes(mode, size, draw(st.binary(min_size=count, max_size=count)))


def picture(size: tuple[int, int] = (64, 48), seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


# ---- in -------------------------------------------------------------------------------------------------------------


def test_one_picture_is_the_same_from_every_kind_of_source(tmp_path: Path) -> None:
    image = picture()
    data = encoded(image)
    (tmp_path / "图像 一.png").write_bytes(data)
    text = base64.b64encode(data).decode()
    sources = [
        image,
        data,
        bytearray(data),
        tmp_path / "图像 一.png",
        str(tmp_path / "图像 一.png"),
        text,
        f"data:image/png;base64,{text}",
        np.asarray(image),
        SimpleNamespace(image=image),
    ]
    for source in sources:
        read = pictures.to_image(source)
        assert read.mode == "RGB"
        assert pictures.pixels_equal(read, image)


def test_what_is_read_is_a_picture_of_its_own() -> None:
    image = picture()
    pictures.to_image(image).paste((0, 0, 0), (0, 0, 64, 48))
    assert pictures.pixels_equal(image, picture())


@pytest.mark.parametrize(
    ("mode", "becomes"),
    [("1", "L"), ("L", "L"), ("LA", "RGBA"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("CMYK", "RGB")],
)
def test_every_mode_becomes_rgb_rgba_or_grey(mode: str, becomes: str) -> None:
    assert pictures.to_image(picture().convert(mode)).mode == becomes


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(4, 0)
    read = np.asarray(pictures.to_image(encoded(Image.fromarray(ramp))))
    assert np.abs(read[0].astype(float) - ramp[0] / 257).max() <= 1


def test_a_palette_with_transparency_keeps_it() -> None:
    image = picture().quantize(8)
    image.info["transparency"] = 0
    assert pictures.to_image(encoded(image, transparency=0)).mode == "RGBA"


def test_a_photo_is_turned_upright_and_its_metadata_dropped() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right
    exif[0x010F] = "a maker"
    data = encoded(picture((64, 48)), "JPEG", exif=exif, icc_profile=b"profile", comment=b"where I live")
    read = pictures.to_image(data)
    assert read.size == (48, 64)
    sent = base64.b64decode(pictures.to_base64(data))
    assert not any(word in sent for word in (b"a maker", b"profile", b"where I live", b"eXIf", b"iCCP"))


def test_transparent_parts_turn_white_where_a_model_takes_no_transparency() -> None:
    glass = Image.new("RGBA", (320, 320), (200, 0, 0, 0))
    assert pictures.init_image(glass, models.get("sdxl")).getpixel((0, 0)) == (255, 255, 255)


def png_of_size(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "cannot be read as a picture"),
        (b"just text", "cannot be read as a picture"),
        (encoded(picture())[:200], "damaged"),
        (encoded(picture(), "JPEG")[:-300], "damaged"),
        (png_of_size(10_000, 10_000), "more than 64,000,000 pixels"),
        (png_of_size(60_000, 60_000), "more than 64,000,000 pixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be read as a picture"),
        ("nowhere/beach.png", "There is no file nowhere/beach.png"),
        ("data:image/png;base64,???", "not base64"),
        ("x" * 9999, "cannot be read"),
        ("a\0b", "cannot be read"),
        (Path(__file__).parent, "cannot be read"),
        (None, "NoneType is not a kind of picture"),
        (42, "int is not a kind of picture"),
        (np.zeros((4, 4, 5), np.uint8), "An array of shape"),
        (np.zeros((4, 4, 3), np.float32), "An array of shape"),
        (np.zeros((0, 4), np.uint8), "."),
    ],
)
def test_what_is_no_picture_is_refused_in_a_few_words(source: Any, said: str) -> None:
    with pytest.raises(ImageError) as caught:
        pictures.to_image(source)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400
    assert caught.value.fix


def test_a_file_of_the_workshop_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert pictures.find("data/responses/README.md").is_file()
    (tmp_path / "data" / "responses").mkdir(parents=True)
    (tmp_path / "data" / "responses" / "README.md").write_text("mine")
    assert pictures.find("data/responses/README.md").read_text() == "mine"


# ---- sizes ----------------------------------------------------------------------------------------------------------


def is_legal(size: tuple[int, int]) -> bool:
    return all(320 <= side <= 1536 and side % 64 == 0 for side in size) and size[0] * size[1] <= 1_048_576


@given(st.integers(1, 9000), st.integers(1, 9000))
@settings(max_examples=100, deadline=None)
def test_the_nearest_size_is_legal_and_a_legal_size_is_its_own(width: int, height: int) -> None:
    nearest = sdxl.nearest_size(width, height)
    assert is_legal(nearest)
    assert sdxl.nearest_size(*nearest) == nearest


@pytest.mark.parametrize(
    ("size", "nearest"),
    [((4000, 3000), (1152, 896)), ((1000, 750), (1024, 768)), ((500, 500), (512, 512)), ((1920, 1080), (1344, 768))],
)
def test_the_nearest_size_has_about_the_same_shape(size: tuple[int, int], nearest: tuple[int, int]) -> None:
    assert sdxl.nearest_size(*size) == nearest


def test_an_illegal_size_is_answered_with_the_nearest_legal_one_and_how_to_get_there() -> None:
    with pytest.raises(ImageError) as caught:
        pictures.init_image(picture((1000, 750)), models.get("sdxl"))
    assert "1000 x 750" in str(caught.value)
    assert "helpers.fit(image, (1024, 768))" in caught.value.fix
    assert pictures.init_image(inputs.fit(picture((1000, 750)), (1024, 768)), models.get("sdxl")).size == (1024, 768)


def test_crop_cuts_pad_adds_bars_and_stretch_bends() -> None:
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (0, 0, 50, 200))
    crop, pad, stretch = (inputs.fit(image, (320, 320), how) for how in ("crop", "pad", "stretch"))
    assert crop.getpixel((5, 160)) == (255, 0, 0)
    assert pad.getpixel((160, 5)) == (0, 0, 0)
    assert pad.getpixel((5, 160)) == (0, 0, 255)
    assert stretch.getpixel((20, 5)) == (0, 0, 255)
    assert inputs.fit(image).size == sdxl.nearest_size(400, 200)


def test_an_unknown_way_to_fit_is_refused() -> None:
    with pytest.raises(ImageError, match="squeeze"):
        inputs.fit(picture(), (512, 512), "squeeze")  # type: ignore[arg-type]


def test_a_body_with_pictures_of_two_sizes_is_told_so() -> None:
    body = {
        "init_image": pictures.to_base64(picture((512, 512))),
        "mask_image": pictures.to_base64(picture((512, 448))),
    }
    (problem,) = inputs.image_problems(body, models.get("sdxl"))
    assert problem.field == "mask_image"
    assert "512 x 448" in problem.message


# ---- out ------------------------------------------------------------------------------------------------------------


@given(any_pictures())
@settings(max_examples=60, deadline=None)
def test_base64_gives_every_pixel_back(image: Image.Image) -> None:
    back = pictures.from_base64(pictures.to_base64(image))
    assert (back.mode, back.size, back.tobytes()) == (image.mode, image.size, image.tobytes())


@given(image=any_pictures(), name=st.sampled_from(["a.png", "a.PNG", "a.webp"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lossless_files_give_every_pixel_back(image: Image.Image, name: str, tmp_path: Path) -> None:
    path = recipes.save(image, tmp_path / name, overwrite=True)
    assert pictures.pixels_equal(path, image)


@given(first=any_pictures(), second=any_pictures(), name=st.sampled_from(["a.png", "a.jpg", "a.webp"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_saving_never_overwrites_another_picture(
    first: Image.Image, second: Image.Image, name: str, tmp_path: Path
) -> None:
    for left in tmp_path.iterdir():
        left.unlink()
    path = recipes.save(first, tmp_path / name)
    before = path.read_bytes()
    recipes.save(first, path)  # the same picture again: nothing to do
    same = pictures.pixels_equal(path, recipes.save(second, tmp_path / f"other{name}"))
    with nullcontext() if same else pytest.raises(PictureExistsError, match="overwrite=True"):
        recipes.save(second, path)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([name, f"other{name}"])


def test_overwriting_is_done_when_asked_for(tmp_path: Path) -> None:
    path = recipes.save(picture(seed=1), tmp_path / "a.png")
    recipes.save(picture(seed=2), path, overwrite=True)
    assert pictures.pixels_equal(path, picture(seed=2))


@pytest.mark.parametrize("content", [b"", b"my notes", encoded(picture((8, 8)))])
def test_a_file_of_another_kind_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(PictureExistsError):
        recipes.save(picture(), path)
    assert path.read_bytes() == content


def test_of_many_writers_of_one_name_exactly_one_wins(tmp_path: Path) -> None:
    outcomes: list[int | None] = [None] * 8
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        try:
            recipes.save(picture(seed=number), tmp_path / "a.png")
            outcomes[number] = number
        except FileExistsError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [number for number in outcomes if number is not None]
    assert len(winners) == 1
    assert pictures.pixels_equal(tmp_path / "a.png", picture(seed=winners[0]))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_a_rival_that_comes_in_between_is_not_overwritten(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = encoded(picture(seed=2))

    def come_in_between(*_: Any) -> str:
        (tmp_path / "a.png").write_bytes(rival)
        return "between"

    def no_links(*_: Any) -> None:
        raise PermissionError("this file system has no links")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
        recipes.save(picture(seed=1), tmp_path / "b.png")
    monkeypatch.setattr("helpers.pictures.whole_files.secrets.token_hex", come_in_between)
    with pytest.raises(FileExistsError):
        recipes.save(picture(seed=1), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == rival


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recipes.save(picture(seed=1), tmp_path / "a.png")

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        recipes.save(picture(seed=2), path, overwrite=True)
    assert pictures.pixels_equal(path, picture(seed=1))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_folders_are_made_and_the_extension_decides_the_format(tmp_path: Path) -> None:
    for name, kind in (("a.png", "PNG"), ("b.JPG", "JPEG"), ("c.jpeg", "JPEG"), ("d.webp", "WEBP")):
        with Image.open(recipes.save(picture(), tmp_path / "新 folder" / "deep" / name)) as read:
            assert read.format == kind


@pytest.mark.parametrize("name", ["beach", "beach.xyz", "beach.tiff"])
def test_a_name_that_says_no_known_format_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="End its name in"):
        recipes.save(picture(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such bits")
def test_a_saved_file_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        path = recipes.save(picture(), tmp_path / "a.png")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_png_remembers_its_request_with_pictures_named_by_hash(tmp_path: Path) -> None:
    body = {"text_prompts": [{"text": "一艘宇宙飞船"}], "init_image": pictures.to_base64(picture()), "steps": 30}
    told = {"model": "a-model", "seed": 7, "body": body}
    path = recipes.save(picture(), tmp_path / "a.png", metadata=told)
    back = recipes.read_metadata(path)
    assert back is not None
    assert (back["model"], back["seed"], back["body"]["text_prompts"]) == ("a-model", 7, body["text_prompts"])
    assert back["body"]["init_image"].startswith("sha256:")
    assert len(json.dumps(back)) < 400
    assert pictures.pixels_equal(path, picture())
    assert recipes.read_metadata(recipes.save(picture(), tmp_path / "b.png")) is None


def test_what_a_lesson_makes_goes_to_the_outputs_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path))
    assert pictures.outputs("a.png") == tmp_path / "a.png"
    monkeypatch.delenv("WORKSHOP_OUTPUTS")
    assert pictures.outputs("a.png").parent.name == "outputs"


@pytest.mark.parametrize("work", [pictures.to_image, lambda path: recipes.save(Image.new("RGB", (8, 8)), path)])
def test_a_home_folder_of_nobody_is_named(work: Any) -> None:
    with pytest.raises(ImageError, match=r"~nobody-of-this-name.*Write the path out"):
        work("~nobody-of-this-name/a.png")


@pytest.mark.parametrize(("name", "width", "most"), [("a.webp", 16_384, "16,383"), ("a.jpg", 65_501, "65,500")])
def test_a_picture_too_wide_for_its_kind_of_file_is_refused_with_the_limit(
    tmp_path: Path, name: str, width: int, most: str
) -> None:
    with pytest.raises(ImageError, match=f"at most {most} pixels a side.*png"):
        recipes.save(Image.new("RGB", (width, 2)), tmp_path / name)
    assert not (tmp_path / name).exists()
    recipes.save(Image.new("RGB", (width - 1, 2)), tmp_path / name)
