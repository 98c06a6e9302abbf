"""The fast PNG encoder loses nothing, and any reader can open what it writes."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers.studio.workers import png


def pictures() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 320).astype(np.uint8)
    return {
        "noise": random.integers(0, 256, (320, 384, 3), np.uint8),
        "flat": np.full((64, 64, 3), 200, np.uint8),
        "ramp": np.repeat(np.repeat(ramp[:, None, None], 100, 1), 3, 2),
        "one row": random.integers(0, 256, (1, 7, 3), np.uint8),
        "one pixel": np.array([[[1, 2, 3]]], np.uint8),
        "alpha": random.integers(0, 256, (48, 80, 4), np.uint8),
        "one row with alpha": random.integers(0, 256, (1, 7, 4), np.uint8),
        "grey": random.integers(0, 256, (33, 65), np.uint8),
        "view": random.integers(0, 256, (64, 128, 3), np.uint8)[::-1, ::2],
        "read-only": np.frombuffer(bytes(range(192)), np.uint8).reshape(8, 8, 3),
    }


@pytest.mark.parametrize("name", pictures())
@pytest.mark.parametrize("encode", [png.encode, png.encode_with_pillow])
def test_every_pixel_comes_back(name: str, encode: object) -> None:
    pixels = pictures()[name]
    file = encode(pixels)  # type: ignore[operator]
    with Image.open(io.BytesIO(file)) as image:
        image.verify()
    with Image.open(io.BytesIO(file)) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("encode", [png.encode, png.encode_with_pillow])
@pytest.mark.parametrize(("name", "mode"), [("grey", "L"), ("noise", "RGB"), ("alpha", "RGBA")])
def test_its_mode_says_what_a_pixel_holds(name: str, mode: str, encode: object) -> None:
    file = encode(pictures()[name])  # type: ignore[operator]
    with Image.open(io.BytesIO(file)) as image:
        assert image.mode == mode


@pytest.mark.parametrize("encode", [png.encode, png.encode_with_pillow])
@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((8, 8, 2), np.uint8),
        np.zeros((8, 8, 5), np.uint8),
        np.zeros((8, 8, 1), np.uint8),
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros(8, np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 0, 3), np.uint8),
        np.zeros((8, 8, 3), np.float32),
    ],
)
def test_what_is_no_picture_is_refused(pixels: np.ndarray, encode: object) -> None:
    with pytest.raises(ValueError, match="a picture is uint8"):
        encode(pixels)  # type: ignore[operator]


def test_the_same_pixels_give_the_same_bytes() -> None:
    pixels = pictures()["noise"]
    assert png.encode(pixels) == png.encode(pixels.copy())


def test_without_isal_pillow_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "isal_zlib", None)
    pixels = pictures()["ramp"]
    assert png.encode(pixels) == png.encode_with_pillow(pixels)


def test_checksums_are_those_of_the_standard() -> None:
    file = png.encode(pictures()["flat"])
    length = int.from_bytes(file[8:12], "big")
    assert int.from_bytes(file[16 + length : 20 + length], "big") == zlib.crc32(file[12 : 16 + length])
