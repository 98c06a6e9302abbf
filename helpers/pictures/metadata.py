"""Metadata in image files: PNG text chunks and JPEG EXIF, written and read without decoding a pixel."""

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from helpers.pictures.formats import PNG_START, image_format

_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_EXIF_IFD, _MAKER_NOTE, _USER_COMMENT, _UNDEFINED, _LONG = 0x8769, 0x927C, 0x9286, 7, 4
_UNICODE = b"UNICODE\0"  # before a UserComment in UTF-16
MAX_EXIF = 65_533 - 6  # bytes of an EXIF block that fits in one JPEG segment


class Chunk(NamedTuple):
    """One chunk of a PNG: its type, and its start and end in the file in bytes."""

    kind: bytes
    start: int
    end: int
    file: bytes

    @property
    def data(self) -> bytes:
        """Content of the chunk, as a copy; for IDAT, the pixels, a large one."""
        return self.file[self.start + 8 : self.end - 4]


# ---- PNG ------------------------------------------------------------------------------------------------------------


def chunks(png: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG file in order, up to the first that is cut short. Yield nothing for other files."""
    place = len(PNG_START) if png.startswith(PNG_START) else len(png)
    while place + 12 <= len(png):
        size = int.from_bytes(png[place : place + 4], "big")
        kind, end = png[place + 4 : place + 8], place + 12 + size
        if end > len(png):
            return
        yield Chunk(kind, place, end, png)
        place = end


def with_texts(png: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the PNG with these texts, by keyword, in front of its pixels. They replace texts of the same keywords."""
    kept: list[bytes] = []
    done = 0
    new = b"".join(_text_chunk(keyword, text) for keyword, text in texts.items())
    for chunk in chunks(png):
        if chunk.kind == b"IDAT" and new:
            kept += [png[done : chunk.start], new]
            done, new = chunk.start, b""
        elif chunk.kind in _TEXT_KINDS and chunk.data.partition(b"\0")[0].decode("latin-1") in texts:
            kept.append(png[done : chunk.start])
            done = chunk.end
    return b"".join([*kept, memoryview(png)[done:]])


def texts_of(png: bytes) -> dict[str, str]:
    """Return the texts of a PNG by keyword, from tEXt, zTXt and iTXt chunks; damaged ones are skipped."""
    found: dict[str, str] = {}
    for chunk in chunks(png):
        if chunk.kind in _TEXT_KINDS:
            keyword, _, rest = chunk.data.partition(b"\0")
            try:
                found[keyword.decode("latin-1")] = _text_in(chunk.kind, rest)
            except (ValueError, zlib.error):
                continue
    return found


def is_signed(data: bytes) -> bool:
    """Return whether the file has C2PA content credentials, a signature of its bytes, which a new chunk would break."""
    if image_format(data) == "JPEG":
        return any(marker == 0xEB and body.startswith(b"JP") for marker, body in _segments(data))
    return any(chunk.kind == b"caBX" for chunk in chunks(data))


def _text_chunk(keyword: str, text: str) -> bytes:
    try:
        kind, data = b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        utf8 = text.encode("utf-8", "replace")
        kind, data = b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + utf8  # not compressed, no language tag
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _text_in(kind: bytes, rest: bytes) -> str:
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _inflated(rest[1:]).decode("latin-1")
    compressed, utf8 = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return (_inflated(utf8) if compressed else utf8).decode("utf-8")


def _inflated(data: bytes, most: int = 16_000_000) -> bytes:
    return zlib.decompressobj().decompress(data, most)


# ---- EXIF, for JPEG and WebP ----------------------------------------------------------------------------------------


def exif(comment: str, note: bytes) -> bytes:
    """Return an EXIF block with `comment` as its UserComment and `note` as its MakerNote.

    The comment is UTF-16-BE of type UNDEFINED, as the EXIF standard has it. Pillow writes the type BYTE, and several
    readers then find no comment.
    """
    text = _UNICODE + comment.encode("utf-16-be", "replace")
    entries = 2 if note else 1
    at = 8 + 18 + 2 + 12 * entries + 4  # after the header, the first directory, and the entries of the second
    second = struct.pack(">H", entries)
    if note:
        second += struct.pack(">HHII", _MAKER_NOTE, _UNDEFINED, len(note), at + len(text))
    second += struct.pack(">HHII", _USER_COMMENT, _UNDEFINED, len(text), at)
    first = struct.pack(">HHHIII", 1, _EXIF_IFD, _LONG, 1, 26, 0)
    return b"Exif\0\0MM\0*\0\0\0\x08" + first + second + struct.pack(">I", 0) + text + note


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """Return the JPEG with this EXIF block at its start, in place of an older one."""
    kept = [
        struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
        for marker, body in _segments(jpeg)
        if not (marker == 0xE1 and body.startswith(b"Exif\0"))
    ]
    rest = jpeg[2 + sum(len(body) + 4 for _, body in _segments(jpeg)) :]
    new = struct.pack(">BBH", 0xFF, 0xE1, len(block) + 2) + block
    jfif = 1 if kept and kept[0][1] == 0xE0 else 0  # a JFIF segment stays first
    return b"".join([jpeg[:2], *kept[:jfif], new, *kept[jfif:], rest])


def exif_of(data: bytes) -> tuple[str, bytes]:
    """Return the UserComment and the MakerNote of a JPEG or WebP file; empty ones where it has none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
            tags = image.getexif().get_ifd(_EXIF_IFD)
    except Exception:  # a damaged file can make a decoder raise anything
        return "", b""
    comment, note = tags.get(_USER_COMMENT, b""), tags.get(_MAKER_NOTE, b"")
    text = comment.removeprefix(_UNICODE).decode("utf-16-be", "replace") if isinstance(comment, bytes) else ""
    return text, note if isinstance(note, bytes) else b""


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the segments in front of a JPEG's tables as (marker, content): JFIF, EXIF, profiles and comments."""
    place = 2
    while (
        place + 4 <= len(jpeg) and jpeg[place] == 0xFF and (0xE0 <= jpeg[place + 1] <= 0xEF or jpeg[place + 1] == 0xFE)
    ):
        size = int.from_bytes(jpeg[place + 2 : place + 4], "big")
        yield jpeg[place + 1], jpeg[place + 4 : place + 2 + size]
        place += 2 + size
