"""EXIF comments as other tools write them, in any of the encodings and byte orders that are about."""

import io
import struct

import pytest
from PIL import Image

from helpers.pictures import metadata

TEXT = "海滩，日落, a beach “at” sunset\nSteps: 30, Sampler: Euler a"
LATIN = "a beach\nSteps: 30, Sampler: Euler a"
UNICODE, ASCII, UNDEFINED = b"UNICODE\0", b"ASCII\0\0\0", bytes(8)


def plain(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)
    return out.getvalue()


def with_comment(kind: str, comment: bytes, order: str, of_type: int = 7) -> bytes:
    """The file of a tool that writes this comment alone, in EXIF of this byte order."""
    start = {">": b"MM\0*\0\0\0\x08", "<": b"II*\0\x08\0\0\0"}[order]
    outer = struct.pack(f"{order}HHHIII", 1, 0x8769, 4, 1, 26, 0)
    inner = struct.pack(f"{order}HHHIII", 1, 0x9286, of_type, len(comment), 44, 0)
    return metadata.with_exif(plain(kind), b"Exif\0\0" + start + outer + inner + comment)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (UNICODE + TEXT.encode("utf-16-be"), TEXT),  # piexif, and with it the web UI
        (UNICODE + TEXT.encode("utf-16-le"), TEXT),  # ImageSharp, and with it SwarmUI
        (UNICODE + b"\xfe\xff" + TEXT.encode("utf-16-be"), TEXT),
        (UNICODE + b"\xff\xfe" + TEXT.encode("utf-16-le"), TEXT),
        (ASCII + LATIN.encode("ascii"), LATIN),
        (ASCII + TEXT.encode("utf-8"), TEXT),
        (UNDEFINED + TEXT.encode("utf-8"), TEXT),
        (TEXT.encode("utf-8"), TEXT),  # no code at all
        (UNICODE, ""),
        (b"", ""),
    ],
)
def test_a_comment_is_read_by_its_code_and_byte_order(kind: str, order: str, comment: bytes, text: str) -> None:
    assert metadata.exif_of(with_comment(kind, comment, order)) == (text, b"")


@pytest.mark.parametrize(("order", "encoding"), [(">", "utf-16-be"), ("<", "utf-16-le")])
def test_a_comment_without_a_space_has_the_byte_order_of_its_file(order: str, encoding: str) -> None:
    assert metadata.exif_of(with_comment("JPEG", UNICODE + "海滩“日落”…".encode(encoding), order))[0] == "海滩“日落”…"


def test_a_comment_of_the_type_that_pillow_writes_is_read() -> None:
    assert metadata.exif_of(with_comment("JPEG", UNICODE + TEXT.encode("utf-16-be"), ">", of_type=1))[0] == TEXT


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("note", [b"", b"odd", b"even"])
def test_comment_and_note_come_back_as_they_were_written(kind: str, note: bytes) -> None:
    assert metadata.exif_of(metadata.with_exif(plain(kind), metadata.exif(TEXT, note, (8, 8)))) == (TEXT, note)


def test_each_value_begins_at_an_even_byte_as_tiff_asks() -> None:
    block = metadata.exif(TEXT, b"a note of odd length", (8, 8))[6:]
    assert block.index(UNICODE) % 2 == 0
    block = metadata.exif(TEXT, b"a note of odd length!", (8, 8))[6:]
    assert block.index(UNICODE) % 2 == 0


def test_a_block_of_the_largest_size_fits_into_a_jpeg() -> None:
    note = b"n" * ((metadata.MAX_EXIF - len(metadata.exif("", b"n" * 6, (8, 8)))) // 2 * 2 + 6)
    block = metadata.exif("", note, (8, 8))
    assert metadata.MAX_EXIF - 2 < len(block) <= metadata.MAX_EXIF
    assert metadata.exif_of(metadata.with_exif(plain("JPEG"), block)) == ("", note)
