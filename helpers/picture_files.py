"""Turns the bytes of any picture file into plain pixels, upright and without metadata, or says in a sentence why not."""

import io

import numpy as np
from PIL import Image, ImageCms, ImageOps

from helpers.errors import ImageError
from helpers.language import listed, mark, tr
from helpers.saying import hushed
from helpers.saying import say as say
from helpers.schemas.fields import image_format

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


def decode(data: bytes, name: str, *, upright: bool = True) -> Image.Image:
    """The picture in a file's bytes, whatever its extension; of a moving one the first frame, and that is said."""
    try:
        with hushed():  # what the decoder mutters about EXIF and sizes
            image = Image.open(io.BytesIO(data), formats=READ_FORMATS)
            moving = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise _unreadable(data, name) from error
    read = clean(image, name, upright=upright)
    if moving:
        if image.format == "TIFF":
            say(tr("{name} has several pages: the first one was taken.", name=upper(name)))
        else:
            say(tr("{name} has several frames: the first one was taken.", name=upper(name)))
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
        with hushed():
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
