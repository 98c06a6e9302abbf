"""Puts words into the bytes of a PNG or JPEG file and finds them again. The pixels are never decoded, let alone changed."""

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from helpers.pictures.formats import PNG_START, image_format

_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_EXIF_IFD, _MAKER_NOTE, _USER_COMMENT, _UNDEFINED, _LONG = 0x8769, 0x927C, 0x9286, 7, 4
_UNICODE = b"UNICODE\0"  # before a UserComment in UTF-16
MOST_EXIF = 65_533 - 6  # bytes that one JPEG segment holds, without its own head


class Chunk(NamedTuple):
    """One chunk of a PNG: its kind, and where it begins and ends in the file."""

    kind: bytes
    start: int
    end: int
    file: bytes

    @property
    def data(self) -> bytes:
        """What it holds; a copy, and of the pixels a large one."""
        return self.file[self.start + 8 : self.end - 4]


# ---- PNG ------------------------------------------------------------------------------------------------------------


def chunks(png: bytes) -> Iterator[Chunk]:
    """The chunks of a PNG file, in order, as far as they are whole. Nothing for another kind of file."""
    place = len(PNG_START) if png.startswith(PNG_START) else len(png)
    while place + 12 <= len(png):
        size = int.from_bytes(png[place : place + 4], "big")
        kind, end = png[place + 4 : place + 8], place + 12 + size
        if end > len(png):
            return
        yield Chunk(kind, place, end, png)
        place = end


def with_texts(png: bytes, texts: Mapping[str, str]) -> bytes:
    """The PNG with these texts by keyword before its pixels, each in the place of an older one of the same keyword."""
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
    """The texts of a PNG by keyword, of all three kinds of chunk; one that is damaged is left out."""
    found: dict[str, str] = {}
    for chunk in chunks(png):
        if chunk.kind in _TEXT_KINDS:
            keyword, _, rest = chunk.data.partition(b"\0")
            try:
                found[keyword.decode("latin-1")] = _text_in(chunk.kind, rest)
            except (ValueError, zlib.error):
                continue
    return found


def is_sealed(data: bytes) -> bool:
    """Whether the file carries C2PA content credentials: a signature over its bytes, which any added chunk breaks."""
    if image_format(data) == "JPEG":
        return any(marker == 0xEB and body.startswith(b"JP") for marker, body in _segments(data))
    return any(chunk.kind == b"caBX" for chunk in chunks(data))


def _text_chunk(keyword: str, text: str) -> bytes:
    try:
        kind, data = b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        words = text.encode("utf-8", "replace")
        kind, data = b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + words  # not compressed, of no language
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _text_in(kind: bytes, rest: bytes) -> str:
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _inflated(rest[1:]).decode("latin-1")
    compressed, words = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return (_inflated(words) if compressed else words).decode("utf-8")


def _inflated(data: bytes, most: int = 16_000_000) -> bytes:
    return zlib.decompressobj().decompress(data, most)


# ---- EXIF, for JPEG and WebP ----------------------------------------------------------------------------------------


def exif(comment: str, note: bytes) -> bytes:
    """An EXIF block with `comment` as its UserComment, in UTF-16-BE of type UNDEFINED, and `note` as its MakerNote.

    Written by hand: Pillow gives a UserComment the type BYTE, and several readers of pictures then find none.
    """
    said = _UNICODE + comment.encode("utf-16-be", "replace")
    entries = 2 if note else 1
    at = 8 + 18 + 2 + 12 * entries + 4  # after the head, the first directory, and the second one's entries
    second = struct.pack(">H", entries)
    if note:
        second += struct.pack(">HHII", _MAKER_NOTE, _UNDEFINED, len(note), at + len(said))
    second += struct.pack(">HHII", _USER_COMMENT, _UNDEFINED, len(said), at)
    first = struct.pack(">HHHIII", 1, _EXIF_IFD, _LONG, 1, 26, 0)
    return b"Exif\0\0MM\0*\0\0\0\x08" + first + second + struct.pack(">I", 0) + said + note


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """The JPEG with this EXIF block at its start, in the place of an older one."""
    kept = [
        struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
        for marker, body in _segments(jpeg)
        if not (marker == 0xE1 and body.startswith(b"Exif\0"))
    ]
    rest = jpeg[2 + sum(len(body) + 4 for _, body in _segments(jpeg)) :]
    new = struct.pack(">BBH", 0xFF, 0xE1, len(block) + 2) + block
    jfif = 1 if kept and kept[0][1] == 0xE0 else 0  # a JFIF head stays the first
    return b"".join([jpeg[:2], *kept[:jfif], new, *kept[jfif:], rest])


def exif_of(data: bytes) -> tuple[str, bytes]:
    """The UserComment and the MakerNote of a JPEG or WebP file; empty where it has none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
            tags = image.getexif().get_ifd(_EXIF_IFD)
    except Exception:  # a damaged file can make a decoder raise anything
        return "", b""
    comment, note = tags.get(_USER_COMMENT, b""), tags.get(_MAKER_NOTE, b"")
    said = comment.removeprefix(_UNICODE).decode("utf-16-be", "replace") if isinstance(comment, bytes) else ""
    return said, note if isinstance(note, bytes) else b""


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments of a JPEG before its tables: JFIF, EXIF, profiles and comments, as (marker, what it holds)."""
    place = 2
    while (
        place + 4 <= len(jpeg) and jpeg[place] == 0xFF and (0xE0 <= jpeg[place + 1] <= 0xEF or jpeg[place + 1] == 0xFE)
    ):
        size = int.from_bytes(jpeg[place + 2 : place + 4], "big")
        yield jpeg[place + 1], jpeg[place + 4 : place + 2 + size]
        place += 2 + size
