"""Metadata in image files: PNG text chunks, and EXIF in JPEG and WebP, written and read without decoding a pixel."""

import io
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from helpers.pictures.formats import PNG_START, image_format

MAX_EXIF = 65_533  # bytes of an EXIF block that fits in one JPEG segment
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_EXIF_START = b"Exif\0\0"
_EXIF_IFD, _MAKER_NOTE, _USER_COMMENT = 0x8769, 0x927C, 0x9286  # tags
_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7  # types of a tag's value
_CODES = {b"UNICODE\0": "utf-16", b"ASCII\0\0\0": "utf-8", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}
"""The first 8 bytes of a UserComment, and the encoding of the rest. Tools write UTF-8 where ASCII is said."""
_HAS_EXIF, _HAS_ALPHA = 0x08, 0x10  # flags of a WebP's VP8X chunk


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
    if image_format(data) == "WEBP":
        return any(kind == b"C2PA" for kind, _ in _webp_chunks(data))
    return any(chunk.kind == b"caBX" for chunk in chunks(data))


def size_of(data: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels of a PNG, JPEG or WebP file from its header."""
    if image_format(data) == "PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
        return image.size


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


def exif(comment: str, note: bytes, size: tuple[int, int]) -> bytes:
    """Return an EXIF block with `comment` as its UserComment and `note` as its MakerNote. `size`: (width, height) in pixels.

    It has every tag that Exif 2.3 asks of a JPEG; some readers take no block without them. The comment is UTF-16 in the
    block's own byte order and of type UNDEFINED, as the standard has it. Pillow writes the type BYTE, and several readers
    then find no comment.
    """
    inner = [
        (0x9000, _UNDEFINED, b"0230"),  # ExifVersion
        (0x9101, _UNDEFINED, b"\1\2\3\0"),  # ComponentsConfiguration: Y, Cb, Cr
        (_USER_COMMENT, _UNDEFINED, b"UNICODE\0" + comment.encode("utf-16-be", "replace")),
        (0xA000, _UNDEFINED, b"0100"),  # FlashpixVersion
        (0xA001, _SHORT, struct.pack(">H", 1)),  # ColorSpace: sRGB
        (0xA002, _LONG, struct.pack(">I", size[0])),  # PixelXDimension
        (0xA003, _LONG, struct.pack(">I", size[1])),  # PixelYDimension
    ]
    if note:
        inner.insert(2, (_MAKER_NOTE, _UNDEFINED, note))
    a_dpi = struct.pack(">II", 72, 1)  # what the standard says where a resolution has no meaning
    outer = [
        (0x011A, _RATIONAL, a_dpi),  # XResolution
        (0x011B, _RATIONAL, a_dpi),  # YResolution
        (0x0128, _SHORT, struct.pack(">H", 2)),  # ResolutionUnit: inches
        (0x0213, _SHORT, struct.pack(">H", 1)),  # YCbCrPositioning: centred
        (_EXIF_IFD, _LONG, bytes(4)),
    ]
    start = len(_directory(outer, 8))  # the first directory has the same length wherever the second begins
    outer[-1] = (_EXIF_IFD, _LONG, struct.pack(">I", 8 + start))
    return _EXIF_START + b"MM\0*\0\0\0\x08" + _directory(outer, 8) + _directory(inner, 8 + start)


def with_exif(data: bytes, block: bytes) -> bytes:
    """Return the JPEG or WebP file with this EXIF block, in place of an older one; no pixel is encoded again."""
    return _webp_with_exif(data, block) if image_format(data) == "WEBP" else _jpeg_with_exif(data, block)


def exif_of(data: bytes) -> tuple[str, bytes]:
    """Return the UserComment and the MakerNote of a JPEG or WebP file; empty ones where it has none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
            found = image.getexif()
            tags, little = found.get_ifd(_EXIF_IFD), found.endian == "<"
    except Exception:  # a damaged file can make a decoder raise anything
        return "", b""
    comment, note = tags.get(_USER_COMMENT, b""), tags.get(_MAKER_NOTE, b"")
    return _comment_text(comment, little), note if isinstance(note, bytes) else b""


def _directory(entries: Sequence[tuple[int, int, bytes]], at: int) -> bytes:
    """Return a TIFF directory of (tag, type, value), sorted by tag, that begins `at` this byte, with its values behind it."""
    rows, values = [struct.pack(">H", len(entries))], b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        count = len(value) // {_SHORT: 2, _LONG: 4, _RATIONAL: 8, _UNDEFINED: 1}[kind]
        if len(value) <= 4:
            rows.append(struct.pack(">HHI4s", tag, kind, count, value))
            continue
        rows.append(struct.pack(">HHII", tag, kind, count, behind + len(values)))
        values += value + bytes(len(value) % 2)  # each value begins at an even byte
    return b"".join([*rows, bytes(4), values])


def _comment_text(comment: object, little: bool) -> str:
    """Return the text of a UserComment. `little`: whether the lower byte comes first in the file around it."""
    if not isinstance(comment, bytes):
        return comment if isinstance(comment, str) else ""
    encoding, text = _CODES.get(comment[:8], "utf-8"), comment[8:] if comment[:8] in _CODES else comment
    if encoding == "utf-16" and text[:2] not in (b"\xfe\xff", b"\xff\xfe"):
        # Many tools write one byte order into files of the other. A space tells them apart: no prompt has U+2000.
        by_big = text.decode("utf-16-be", "replace")
        spaces = by_big.count(" ") - by_big.count("\u2000")
        encoding = "utf-16-le" if spaces < 0 or (little and not spaces) else "utf-16-be"
    return text.decode(encoding, "replace").rstrip("\0")


# ---- JPEG -----------------------------------------------------------------------------------------------------------


def _jpeg_with_exif(jpeg: bytes, block: bytes) -> bytes:
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


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the segments in front of a JPEG's tables as (marker, content): JFIF, EXIF, profiles and comments."""
    place = 2
    while (
        place + 4 <= len(jpeg) and jpeg[place] == 0xFF and (0xE0 <= jpeg[place + 1] <= 0xEF or jpeg[place + 1] == 0xFE)
    ):
        size = int.from_bytes(jpeg[place + 2 : place + 4], "big")
        yield jpeg[place + 1], jpeg[place + 4 : place + 2 + size]
        place += 2 + size


# ---- WebP -----------------------------------------------------------------------------------------------------------


def _webp_with_exif(webp: bytes, block: bytes) -> bytes:
    """Return the WebP with this EXIF block behind its pixels, in place of an older one. A damaged file comes back as it is."""
    found = list(_webp_chunks(webp))
    if 12 + sum(8 + len(data) + len(data) % 2 for _, data in found) < len(webp):
        return webp
    found = [(kind, data) for kind, data in found if kind != b"EXIF"]
    if found and found[0][0] != b"VP8X":  # a plain file: metadata needs the extended form
        flags, size = _webp_header(*found[0])
        found.insert(0, (b"VP8X", bytes([flags, 0, 0, 0]) + size))
    if not found or len(found[0][1]) != 10:
        return webp
    found[0] = b"VP8X", bytes([found[0][1][0] | _HAS_EXIF]) + found[0][1][1:]
    xmp = next((place for place, (kind, _) in enumerate(found) if kind == b"XMP "), len(found))
    found.insert(xmp, (b"EXIF", block.removeprefix(_EXIF_START)))  # before XMP, as the format orders them
    inside = b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)  # each chunk begins at an even byte
        for kind, data in found
    )
    return b"RIFF" + struct.pack("<I", len(inside) + 4) + b"WEBP" + inside


def _webp_chunks(webp: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a WebP file as (kind, content), up to the first that is cut short."""
    place = 12
    while place + 8 <= len(webp):
        size = int.from_bytes(webp[place + 4 : place + 8], "little")
        if place + 8 + size > len(webp):
            return
        yield webp[place : place + 4], webp[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _webp_header(kind: bytes, data: bytes) -> tuple[int, bytes]:
    """Return the flags and the size of a plain WebP, from its only chunk, in the form of a VP8X chunk."""
    flags = 0
    if kind == b"VP8L" and data[:1] == b"\x2f":  # lossless: 14 bits of width - 1, 14 of height - 1, one for alpha
        bits = int.from_bytes(data[1:5], "little")
        width, height, flags = bits & 0x3FFF, bits >> 14 & 0x3FFF, _HAS_ALPHA if bits >> 28 & 1 else 0
    elif kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = ((int.from_bytes(data[at : at + 2], "little") & 0x3FFF) - 1 for at in (6, 8))
    else:
        return 0, b""
    return flags, width.to_bytes(3, "little") + height.to_bytes(3, "little")
