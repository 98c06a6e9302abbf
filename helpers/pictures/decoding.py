"""Decoding: paths, bytes, base64, arrays and results become PIL images, upright, in sRGB and without metadata.

Images are of mode RGB, RGBA or L; sizes are (width, height) in pixels.
"""

import base64
import io
import os
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from PIL import Image, ImageCms, ImageOps

from helpers.errors import ImageError
from helpers.language import listed, mark, shortened, tr
from helpers.language.remarks import ignore_warnings, warn
from helpers.pictures.formats import image_format
from helpers.pictures.paths import find

MAX_PIXELS_READ = 64_000_000  # pixels; a phone's largest photo has about 50 million, a decompression bomb far more
READ_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_TRANSPARENT_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
_OTHER_KINDS = (  # offset in the file, bytes there, what the file is, and what to do
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
    """Return anything that holds an image as a new PIL image of mode RGB, RGBA or L.

        image = helpers.to_image("data/sample_init.png")

    `source`: a PIL image; the path of a PNG, JPEG, WebP, GIF, BMP or TIFF file, or its bytes; base64 text or a data
    URL; a uint8 array of shape (height, width) or (height, width, 3 or 4), 0 to 255; a `Generation` from `invoke`; or a
    tile of a sweep. The content decides the format, not the extension. A path that is not in the current folder is also
    looked for in the workshop's folder.

    The image is rotated as its EXIF says and converted to sRGB, and metadata such as place and time is dropped. Of an
    animation or a TIFF of several pages it is the first frame, with a WorkshopWarning.

    Raises ImageError where the source is not an image, is damaged, or has more than 64 million pixels.
    """
    if isinstance(source, Image.Image):
        return _clean(source, tr("this picture"))
    inner = getattr(source, "image", None)  # read once: a tile opens its file each time
    if inner is not None:
        return to_image(inner)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _decode(bytes(source), tr("these {count:,} bytes", count=len(source)))
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
    """Return an image as RGB, with transparent parts on white. `source` as in `to_image`."""
    return flattened(to_image(source), "white")


def from_base64(text: str, *, upright: bool = True) -> Image.Image:
    """Return the image in a base64 string or a data URL.

    `upright`: rotate it as its EXIF says; False leaves the pixels as they are stored. Raises ImageError where the text
    is not base64 or not an image.
    """
    file = _base64_bytes(text.partition(",")[2] if text.startswith("data:") else text)
    if file is None:
        raise ImageError(tr("This text is not base64."), fix=tr("Give a path, or base64.b64encode(data).decode()."))
    return _decode(file, tr("this base64"), upright=upright)


class InitImageModel(Protocol):
    """A model that takes an init image: its name, and its error for an image of an illegal size."""

    @property
    def name(self) -> str: ...

    def picture_error(self, size: tuple[int, int]) -> ImageError | None: ...


def init_image(source: Any, taker: InitImageModel) -> Image.Image:
    """Return an image as a model takes it for its init image: RGB, of a legal size.

    `source` as in `to_image`. Transparent parts are put on white, with a WorkshopWarning. Raises ImageError where the
    size is illegal for the model.
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
    return flattened(image, "white")


def stored_image(text: str) -> Image.Image:
    """Return the image in a base64 string with its pixels as they are stored, whatever its EXIF says.

    This is how the studio reads a request body: AWS does not document that Bedrock rotates photos. The helpers send
    upright images without EXIF, so that both readings agree.
    """
    return from_base64(text, upright=False)


def flattened(image: Image.Image, background: str) -> Image.Image:
    """Return an image as RGB, with transparent parts on a background colour."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(ground, image).convert("RGB")


def pixels_equal(one: Any, other: Any) -> bool:
    """Return whether two images have the same size and the same colour and opacity at every pixel."""
    first, second = to_image(one).convert("RGBA"), to_image(other).convert("RGBA")
    return first.size == second.size and first.tobytes() == second.tobytes()


def _decode(data: bytes, name: str, *, upright: bool = True) -> Image.Image:
    """Return the image in a file's bytes; of an animation the first frame, with a warning. `name`: for messages."""
    try:
        with ignore_warnings():  # the decoder's own warnings about EXIF and sizes
            image = Image.open(io.BytesIO(data), formats=READ_FORMATS)
            is_animated = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise _unreadable(data, name) from error
    read = _clean(image, name, upright=upright)
    if is_animated:
        if image.format == "TIFF":
            warn(tr("{name} has several pages: the first one was taken.", name=_sentence_start(name)))
        else:
            warn(tr("{name} has several frames: the first one was taken.", name=_sentence_start(name)))
    return read


def _clean(image: Image.Image, name: str, *, upright: bool = True) -> Image.Image:
    """Return a copy of mode RGB, RGBA or L, in sRGB, without metadata, and rotated as its EXIF says where `upright`."""
    if image.width * image.height > MAX_PIXELS_READ:
        raise _too_large(name)
    if 0 in image.size:
        raise ImageError(
            tr("{name} has no pixels.", name=_sentence_start(name)), fix=tr("Give a picture of at least 1 x 1 pixels.")
        )
    try:
        with ignore_warnings():
            image.load()
            plain = _plain_mode(_in_srgb(_upright(image) if upright else image))
    except ImageError:
        raise
    except Exception as error:  # as in _decode; most often the file was cut short
        raise ImageError(
            tr(
                "{name} is damaged: {error}.",
                name=_sentence_start(name),
                error=str(error).rstrip(".") or type(error).__name__,
            ),
            tr("It begins like a picture."),
            tr("Save or download it again."),
        ) from error
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())  # the pixels alone: a copy would keep the EXIF


def _sentence_start(name: str) -> str:
    """Return a name for the start of a sentence: "This picture", "These 12 bytes"; a path stays as it is."""
    return name[:1].upper() + name[1:] if name.startswith("th") else name


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # unreadable EXIF: no rotation, and the pixels are whole
        copy = Image.frombytes(image.mode, image.size, image.tobytes()) if image.mode != "P" else image.copy()
        copy.info = {key: value for key, value in image.info.items() if key not in ("exif", "Raw profile type exif")}
        return copy


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the image in sRGB, converted by the file's own colour profile, such as a phone's Display P3 or CMYK."""
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
        return image  # one colour value means transparent, and must stay as it is
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
    if image.mode == "1":  # its transparent value is 0 or 1; that of grey is 0 to 255
        levels = image.convert("L")
        levels.info["transparency"] = 255 if image.info["transparency"] else 0
        image = levels
    return image.convert("RGBA")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return grey of 16 or 32 bits, or floats from 0 to 1 or 0 to 255, as grey of 8 bits."""
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
            tr("{name} cannot be read as a picture.", name=_sentence_start(name)),
            tr("It is empty: 0 bytes."),
            tr("Save or download it again."),
        )
    start = data[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower() if data[4:8] != b"ftyp" else data[:64]
    for offset, magic, kind, way_out in _OTHER_KINDS:
        if start[offset:].startswith(magic.lower()):
            return ImageError(
                tr("{name} cannot be read as a picture.", name=_sentence_start(name)),
                tr("It is {kind}.", kind=tr(kind)),
                tr("{way_out} first.", way_out=tr(way_out)),
            )
    if image_format(data):
        return ImageError(
            tr("{name} cannot be read as a picture.", name=_sentence_start(name)),
            tr("It begins like a {kind} file and is damaged.", kind=image_format(data)),
            tr("Save or download it again."),
        )
    return ImageError(
        tr("{name} cannot be read as a picture.", name=_sentence_start(name)),
        fix=tr("Give a file of one of these kinds: {kinds}.", kinds=listed(READ_FORMATS)),
    )


def _too_large(name: str) -> ImageError:
    return ImageError(
        tr("{name} has more than {most:,} pixels.", name=_sentence_start(name), most=MAX_PIXELS_READ),
        fix=tr("Make it smaller with a picture editor first."),
    )


def _from_text(text: str) -> Image.Image:
    if text.startswith("data:"):
        return from_base64(text)
    try:
        if len(text) < 4096 and find(text).is_file():
            return _read(Path(text))
    except (OSError, ValueError):  # too long for a path, or a character that no path has
        pass
    file = _base64_bytes(text)
    if file and image_format(file):
        return _decode(file, tr("this base64"))
    return _read(Path(text))


def _base64_bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one, and a character outside of ASCII raises one
        return None


def _read(path: Path) -> Image.Image:
    shown = shortened(str(path), 120)
    try:
        return _decode(find(path).read_bytes(), shown)
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
            return _clean(Image.fromarray(array), tr("this array"))
        except TypeError:  # a number of channels that Pillow has no mode for
            pass
    raise ImageError(
        tr("An array of shape {shape} and type {dtype} is not a picture.", shape=array.shape, dtype=array.dtype),
        fix=tr("Give uint8 of shape (height, width), (height, width, 3) or (height, width, 4)."),
    )
