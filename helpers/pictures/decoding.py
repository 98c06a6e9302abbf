"""Pictures in: anything that holds one becomes plain pixels, upright and without metadata, or an error says why not.

Pictures are `PIL.Image.Image` of mode RGB, RGBA or L; sizes are (width, height) in pixels.
"""

import base64
import binascii
import io
import os
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from PIL import Image, ImageCms, ImageOps

from helpers.errors import ImageError
from helpers.language import listed, mark, tr
from helpers.language.remarks import ignore_warnings, warn
from helpers.pictures.formats import image_format
from helpers.pictures.paths import find

LARGEST_READ = 64_000_000  # pixels; a phone's largest photo has about 50 million, a decompression bomb far more
READ_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_TRANSPARENT_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
_OTHER_KINDS = (  # where in the file, what stands there, what it is, and the way out
    (4, b"ftyphei", mark("a HEIC photo, as iPhones keep them"), mark("Export or share it as JPEG")),
    (4, b"ftyphev", mark("a HEIC photo, as iPhones keep them"), mark("Export or share it as JPEG")),
    (4, b"ftypmif1", mark("a HEIC photo, as iPhones keep them"), mark("Export or share it as JPEG")),
    (4, b"ftypavif", mark("an AVIF picture"), mark("Save it as PNG")),
    (4, b"ftyp", mark("a video"), mark("Save one picture of it as PNG")),
    (0, b"%PDF", mark("a PDF"), mark("Save its page as PNG")),
    (0, b"%!PS", mark("PostScript"), mark("Save it as PNG")),
    (0, b"<svg", mark("an SVG drawing"), mark("Export it as PNG")),
    (0, b"<?xml", mark("XML, perhaps an SVG drawing"), mark("Export it as PNG")),
    (0, b"<!doctype html", mark("a web page"), mark("Open it and download the picture itself")),
    (0, b"<html", mark("a web page"), mark("Open it and download the picture itself")),
    (0, b"8bps", mark("a Photoshop file"), mark("Export it as PNG")),
    (0, b"version https://git-lfs", mark("a pointer of Git LFS"), mark("Run git lfs pull")),
)


def to_image(source: Any) -> Image.Image:
    """The picture in `source`, as a new image of mode RGB, RGBA or L.

    `source`: a PIL image, a path, bytes of a file, base64 text (a data URL too), a uint8 array of (height, width) or
    (height, width, 3 or 4), or anything with an `.image`: what `invoke` gives, or a tile of a sweep. A photo is turned
    the way its EXIF says, and its metadata, place and time included, is left behind. What is in a file decides, not its
    extension; of an animated one the first frame is taken, and a WorkshopWarning says so. A path that the current folder
    lacks is looked for beside the workshop's own `data/`.
    Raises ImageError for what is no picture, is damaged, or has more than 64 million pixels.
    """
    if isinstance(source, Image.Image):
        return clean(source, tr("this picture"))
    held = getattr(source, "image", None)  # asked once: a tile reads its file each time
    if held is not None:
        return to_image(held)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return decode(bytes(source), tr("these {count:,} bytes", count=len(source)))
    if isinstance(source, os.PathLike):
        return _read(Path(source))
    if isinstance(source, str):
        return _from_text(source)
    if hasattr(source, "__array_interface__"):
        return _from_array(source)
    raise ImageError(
        tr("{kind} is not a kind of picture.", kind=type(source).__name__),
        fix=tr("Give a PIL image, a path, bytes, base64 or a made picture."),
    )


def to_rgb(source: Any) -> Image.Image:
    """The picture in `source` as RGB, transparent parts over white, as a page would show them."""
    return over(to_image(source), "white")


def from_base64(text: str, *, upright: bool = True) -> Image.Image:
    """The picture in a base64 string or a data URL, turned as its EXIF says if it is to be `upright`. Raises ImageError."""
    data = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return decode(base64.b64decode(data, validate=True), tr("this base64"), upright=upright)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(
            tr("This text is not base64."), fix=tr("Give a path, or base64.b64encode(data).decode().")
        ) from error


class Taker(Protocol):
    """Who takes a picture to start from: its name, and what is wrong with a size, if anything is."""

    @property
    def name(self) -> str: ...

    def picture_error(self, size: tuple[int, int]) -> ImageError | None: ...


def init_image(source: Any, taker: Taker) -> Image.Image:
    """Return the picture as a model takes it to start from: RGB of a legal size. Raises ImageError.

    Transparent parts are put on white, and a WorkshopWarning says so.
    """
    image = to_image(source)
    if error := taker.picture_error(image.size):
        raise error
    if image.mode == "RGBA" and cast(tuple[int, int], image.getchannel("A").getextrema())[0] < 255:
        warn(
            tr(
                "The init image has transparent parts, and {model} takes none: they were put on white.",
                model=taker.name,
            )
        )
    return over(image, "white")


def as_stored(text: str) -> Image.Image:
    """The picture in a request body, as who answers the request reads it: its pixels as they are stored.

    What is documented of Bedrock does not say whether it turns a photo as its EXIF says. The studio turns none, and what
    is checked here is what the studio measures. The helpers send upright pictures without EXIF, which leave no question.
    """
    return from_base64(text, upright=False)


def pixels_equal(one: Any, other: Any) -> bool:
    """Whether two pictures have the same size and the same colour and opacity at every pixel."""
    first, second = to_image(one).convert("RGBA"), to_image(other).convert("RGBA")
    return first.size == second.size and first.tobytes() == second.tobytes()


def decode(data: bytes, name: str, *, upright: bool = True) -> Image.Image:
    """The picture in a file's bytes, whatever its extension; of a moving one the first frame, and that is said."""
    try:
        with ignore_warnings():  # what the decoder mutters about EXIF and sizes
            image = Image.open(io.BytesIO(data), formats=READ_FORMATS)
            moving = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise _unreadable(data, name) from error
    read = clean(image, name, upright=upright)
    if moving:
        if image.format == "TIFF":
            warn(tr("{name} has several pages: the first one was taken.", name=upper(name)))
        else:
            warn(tr("{name} has several frames: the first one was taken.", name=upper(name)))
    return read


def clean(image: Image.Image, name: str, *, upright: bool = True) -> Image.Image:
    """The picture as a new one of mode RGB, RGBA or L, turned as its EXIF says, in sRGB and without metadata.

    Not `upright`: as its pixels are stored, whatever its EXIF says.
    """
    if image.width * image.height > LARGEST_READ:
        raise _too_large(name)
    if 0 in image.size:
        raise ImageError(
            tr("{name} has no pixels.", name=upper(name)), fix=tr("Give a picture of at least 1 x 1 pixels.")
        )
    try:
        with ignore_warnings():
            image.load()
            plain = _plain_mode(_in_srgb(_upright(image) if upright else image))
    except ImageError:
        raise
    except Exception as error:  # as above; most often the file was cut short
        raise ImageError(
            tr("{name} is damaged: {error}.", name=upper(name), error=str(error).rstrip(".") or type(error).__name__),
            tr("It begins like a picture."),
            tr("Save or download it again."),
        ) from error
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())  # the pixels alone: a copy would keep the EXIF


def upper(name: str) -> str:
    """A name at the start of a sentence; a path stays as it is."""
    return name[:1].upper() + name[1:] if name.startswith("th") else name


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # EXIF that nobody can read turns nothing, and the pixels are whole
        copy = Image.frombytes(image.mode, image.size, image.tobytes()) if image.mode != "P" else image.copy()
        copy.info = {key: value for key, value in image.info.items() if key not in ("exif", "Raw profile type exif")}
        return copy


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as a screen shows them: a phone's wide colours and a printer's inks go through the file's own profile."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        inks = image.convert("RGB") if alpha else image
        changed = ImageCms.profileToProfile(inks, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a profile that is damaged, or for another mode
        return image
    if changed is None:
        return image
    if alpha:
        changed.putalpha(alpha)
    elif "transparency" in image.info:
        return image  # one of its colours means glass, and must stay that colour
    return changed


def _plain_mode(image: Image.Image) -> Image.Image:
    transparent = image.mode in _TRANSPARENT_MODES or "transparency" in image.info
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _eight_bits(image)
    if transparent:
        return image if image.mode == "RGBA" else _with_alpha(image)
    if image.mode in ("RGB", "L"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _with_alpha(image: Image.Image) -> Image.Image:
    if image.mode == "1":  # its transparent value is 0 or 1, and grey's runs to 255
        levels = image.convert("L")
        levels.info["transparency"] = 255 if image.info["transparency"] else 0
        image = levels
    return image.convert("RGBA")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, or of real numbers from 0 to 1 or to 255, as grey of 8."""
    levels = np.asarray(image if image.mode in ("I", "F") else image.convert("I"), np.float64)
    low, high = float(np.nanmin(levels)), float(np.nanmax(levels))
    real = image.mode == "F"
    top = 65535.0 if not real and (high > 255 or image.mode != "I") else 1.0 if real and high <= 1 else 255.0
    if not (low >= 0 and high <= top and np.isfinite(levels).all()):
        raise ImageError(
            tr("This picture's numbers run from {low:g} to {high:g}.", low=low, high=high),
            tr("Which of them is white is not known."),
            tr("Save it with 8 or 16 bits a colour."),
        )
    grey = Image.fromarray(np.round(levels * (255 / top)).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(levels == clear, np.uint8(0), np.uint8(255))))
    return grey.convert("RGBA") if grey.mode == "LA" else grey


def _unreadable(data: bytes, name: str) -> ImageError:
    if not data:
        return ImageError(
            tr("{name} cannot be read as a picture.", name=upper(name)),
            tr("It is empty: 0 bytes."),
            tr("Save or download it again."),
        )
    start = data[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower() if data[4:8] != b"ftyp" else data[:64]
    for place, magic, kind, way_out in _OTHER_KINDS:
        if start[place:].startswith(magic.lower()):
            return ImageError(
                tr("{name} cannot be read as a picture.", name=upper(name)),
                tr("It is {kind}.", kind=tr(kind)),
                tr("{way_out} first.", way_out=tr(way_out)),
            )
    if image_format(data):
        return ImageError(
            tr("{name} cannot be read as a picture.", name=upper(name)),
            tr("It begins like a {kind} file and is damaged.", kind=image_format(data)),
            tr("Save or download it again."),
        )
    return ImageError(
        tr("{name} cannot be read as a picture.", name=upper(name)),
        fix=tr("Give a file of one of these kinds: {kinds}.", kinds=listed(READ_FORMATS)),
    )


def _too_large(name: str) -> ImageError:
    return ImageError(
        tr("{name} has more than {most:,} pixels.", name=upper(name), most=LARGEST_READ),
        fix=tr("Make it smaller with a picture editor first."),
    )


def _from_text(text: str) -> Image.Image:
    if text.startswith("data:"):
        return from_base64(text)
    try:
        if len(text) < 4096 and find(text).is_file():
            return _read(Path(text))
    except (OSError, ValueError):  # too long, or a character that no path has: no file of this name
        pass
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if image_format(data):
        return decode(data, tr("this base64"))
    return _read(Path(text))


def _read(path: Path) -> Image.Image:
    shown = str(path) if len(str(path)) <= 120 else f"{str(path)[:119]}…"
    try:
        return decode(find(path).read_bytes(), shown)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImageError(
            tr("There is no file {shown}.", shown=shown),
            tr("The current folder is {folder}.", folder=Path.cwd()),
            tr("Check the path."),
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        why = tr("The system says: {error}.", error=getattr(error, "strerror", None) or error)
        raise ImageError(tr("{shown} cannot be read.", shown=shown), why, tr("Check the path.")) from error


def _from_array(array: Any) -> Image.Image:
    if array.dtype.kind in "bu" and array.dtype.itemsize == 1 and array.ndim in (2, 3):
        try:
            return clean(Image.fromarray(array), tr("this array"))
        except TypeError:  # a number of channels that no picture has
            pass
    raise ImageError(
        tr("An array of shape {shape} and type {dtype} is not a picture.", shape=array.shape, dtype=array.dtype),
        fix=tr("Give uint8 of shape (height, width), (height, width, 3) or (height, width, 4)."),
    )


def over(image: Image.Image, colour: str) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, colour)
    return Image.alpha_composite(ground, image).convert("RGB")
