"""Real files, also broken ones: each gets the right picture or one clear sentence. Every file is made here."""

import base64
import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from helpers import models, pictures, recipes
from helpers.errors import ImageError, WorkshopWarning

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    chunks = (header, *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def silent(source: Any) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return pictures.to_image(source)


# ---- photos ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_held_in_any_way_is_read_upright(orientation: int, turn: Any, kind: str) -> None:
    upright = Image.new("RGB", (64, 48), RED)
    upright.paste(BLUE, (0, 0, 24, 16))  # one corner, so that no two turns look the same
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if turn is None else upright.transpose(turn)
    read = silent(encoded(stored, kind, exif=exif))
    assert read.size == (64, 48)
    assert np.abs(np.asarray(read).astype(int) - np.asarray(upright))[4:12, 4:20].max() < 60
    assert np.abs(np.asarray(read).astype(int) - np.asarray(upright))[24:, 32:].max() < 60


def test_where_and_when_a_photo_was_taken_goes_nowhere(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = 6, "a maker", "2024:05:06 07:08:09"
    exif.get_ifd(0x8825).update({1: "N", 2: (TiffImagePlugin.IFDRational(52), 31, 7), 29: "2024:05:06"})
    data = encoded(noise(), "JPEG", exif=exif, comment=b"my garden")
    assert b"2024:05:06" in data
    read = pictures.to_image(data)
    assert (read.size, read.info, dict(read.getexif())) == ((48, 64), {}, {})
    sent = base64.b64decode(pictures.to_base64(data))
    for name in ("a.png", "a.jpg", "a.webp"):
        sent += recipes.save(data, tmp_path / name).read_bytes()
    assert not any(word in sent for word in (b"2024:05", b"a maker", b"my garden", b"Exif", b"eXIf"))


def test_exif_that_nobody_can_read_does_not_cost_the_photo() -> None:
    assert silent(encoded(halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")).size == (64, 48)


def test_inks_of_a_printer_become_the_colours_of_a_screen() -> None:
    read = np.asarray(silent(encoded(halves().convert("CMYK"), "JPEG", quality=95))).astype(int)
    assert np.abs(read[24, 10] - RED).max() < 12
    assert np.abs(read[24, 54] - BLUE).max() < 12


def test_colours_go_through_the_files_own_profile() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert pictures.pixels_equal(silent(encoded(noise(), icc_profile=lab)), noise())  # sRGB already: byte for byte
    swapped = swap_red_and_blue(lab)
    assert silent(encoded(halves(), icc_profile=swapped)).getpixel((5, 5))[2] > 200  # type: ignore[index]
    clear = halves().convert("RGBA")
    clear.putalpha(7)
    read = silent(encoded(clear, icc_profile=swapped)).getpixel((5, 5))
    assert (read[2] > 200, read[3]) == (True, 7)  # type: ignore[index]
    assert pictures.pixels_equal(silent(encoded(halves(), icc_profile=b"no profile")), halves())


def swap_red_and_blue(profile: bytes) -> bytes:
    return (
        profile.replace(b"rXYZ", b"tmpX", 1)
        .replace(b"bXYZ", b"rXYZ", 1)
        .replace(b"tmpX", b"bXYZ", 1)
        .replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    )


# ---- depths and palettes --------------------------------------------------------------------------------------------


def test_grey_of_many_bits_keeps_its_brightness() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(4, 0)
    wanted = np.round(ramp[0] / 257)
    deep = [encoded(Image.fromarray(ramp)), encoded(Image.fromarray(ramp), "TIFF")]
    deep.append(encoded(Image.fromarray(ramp.astype(np.int32)), "TIFF"))
    for real in (ramp / np.float32(65535), ramp / np.float32(257)):
        deep.append(encoded(Image.fromarray(real.astype(np.float32)), "TIFF"))
    for data in deep:
        read = silent(data)
        assert read.mode == "L"
        assert np.abs(np.asarray(read)[0] - wanted).max() <= 1


def test_numbers_of_which_nobody_knows_the_white_are_refused() -> None:
    for numbers in (np.array([[-3.0, 2.0]]), np.array([[0.0, 4000.0]]), np.array([[0.0, np.nan]])):
        with pytest.raises(ImageError, match="numbers run from"):
            pictures.to_image(encoded(Image.fromarray(numbers.astype(np.float32)), "TIFF"))


def test_colours_of_sixteen_bits_keep_their_brightness() -> None:
    row = b"\0" + struct.pack(">6H", 65535, 32768, 0, 0, 257 * 100, 65535)
    assert np.asarray(silent(png(2, 1, 16, 2, row))).tolist() == [[[255, 128, 0], [0, 100, 255]]]


@pytest.mark.parametrize(
    ("depth", "colour", "row", "clear"),
    [
        (8, 0, b"\0\x09\xc8", b"\0\x09"),
        (16, 0, b"\0\0\x09\xc8\xc8", b"\0\x09"),
        (1, 0, b"\0\x40", b"\0\0"),
        (8, 2, b"\0\1\2\3\xc8\xc8\xc8", b"\0\1\0\2\0\3"),
    ],
    ids=["grey", "deep grey", "black and white", "colour"],
)
def test_the_one_colour_that_means_glass_is_transparent(depth: int, colour: int, row: bytes, clear: bytes) -> None:
    read = silent(png(2, 1, depth, colour, row, (b"tRNS", clear)))
    assert read.mode == "RGBA"
    assert np.asarray(read)[0, :, 3].tolist() == [0, 255]


def test_a_palette_with_transparency_keeps_both() -> None:
    image = halves().quantize(4)
    clear = image.getpixel((5, 5))
    read = silent(encoded(image, transparency=clear))
    assert (read.getpixel((5, 5))[3], read.getpixel((60, 5))) == (0, (*BLUE, 255))  # type: ignore[index]
    assert silent(encoded(halves().quantize(4), "GIF")).mode == "RGB"


def test_transparent_parts_are_put_on_white_and_that_is_said() -> None:
    glass = Image.new("RGBA", (320, 320), (200, 0, 0, 0))
    with pytest.warns(WorkshopWarning, match="transparent parts"):
        assert pictures.init_image(glass, models.get("sdxl")).getpixel((0, 0)) == (255, 255, 255)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pictures.init_image(Image.new("RGBA", (320, 320), "red"), models.get("sdxl")).getpixel((0, 0)) == RED


@pytest.mark.parametrize(
    ("kind", "said"), [("GIF", "frames"), ("WEBP", "frames"), ("PNG", "frames"), ("TIFF", "pages")]
)
def test_of_a_moving_picture_the_first_frame_is_taken_and_that_is_said(kind: str, said: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    frames = [Image.new("RGB", (64, 48), colour) for colour in (BLUE, RED)]
    data = encoded(halves(), kind, save_all=True, append_images=frames, **options)
    with pytest.warns(WorkshopWarning, match=f"several {said}: the first one was taken"):
        assert pictures.pixels_equal(data, halves())


def test_a_phones_photo_with_a_second_picture_in_it_is_no_moving_one() -> None:
    data = encoded(halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), BLUE)])
    assert silent(data).size == (64, 48)


def test_what_is_in_a_file_decides_and_not_its_extension(tmp_path: Path) -> None:
    for name, kind in (("a.jpg", "PNG"), ("b.png", "JPEG"), ("c", "WEBP"), ("d.txt", "BMP"), ("e.png", "GIF")):
        (tmp_path / name).write_bytes(encoded(halves(), kind))
        assert silent(tmp_path / name).size == (64, 48)


# ---- broken files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "It is empty: 0 bytes"),
        (b"just some text", "PNG, JPEG, WEBP"),
        (b"\0" * 5000, "PNG, JPEG, WEBP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
        (b"%PDF-1.7\n", "PDF"),
        (b'\n <svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "SVG"),
        (b"<!DOCTYPE html><html><body>404", "web page"),
        (b"8BPS\0\1", "Photoshop"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        (encoded(noise())[:30], "cannot be read"),
        (encoded(noise())[:200], "damaged"),
        (encoded(noise())[:-40], "damaged"),
        (encoded(noise(), "JPEG")[:-300], "damaged"),
        (encoded(noise(), "WEBP")[:-300], "."),
        (encoded(noise(), "GIF")[:-2000], "damaged"),
        (encoded(noise(), "BMP")[:-300], "damaged"),
        (encoded(noise(), "TIFF")[:-300], "."),
        (encoded(noise()).replace(b"IDAT", b"IDAX"), "damaged"),
        (png(9000, 9000, 8, 2, b""), "more than 64,000,000 pixels"),
        (png(60_000, 60_000, 8, 2, b""), "more than 64,000,000 pixels"),
        (png(64, 48, 8, 2, b"\0" * 99), "damaged"),
        (png(0, 48, 8, 2, b""), "."),
    ],
    ids=lambda value: value.strip(".") if isinstance(value, str) else None,
)
def test_a_broken_file_gets_a_clear_sentence(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "beach.jpg").write_bytes(data)
    for source in (data, tmp_path / "beach.jpg"):
        with pytest.raises(ImageError) as caught:
            silent(source)
        assert said in str(caught.value)
        assert len(str(caught.value)) < 400
        assert caught.value.fix
