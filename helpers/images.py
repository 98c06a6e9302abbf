"""Pictures in and out: anything that holds one, sizes that a model takes, base64, and files that are never lost.

Pictures are `PIL.Image.Image` of mode RGB, RGBA or L, upright and without metadata; sizes are (width, height) in pixels.
"""

import base64
import binascii
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageOps

from helpers import infotext, models, picture_files, whole_files
from helpers.errors import ImageError, PictureExistsError, Problem
from helpers.language import joined, listed, tr
from helpers.picture_files import LARGEST_READ as LARGEST_READ
from helpers.remarks import Fit as Fit
from helpers.remarks import fit_remark as fit_remark
from helpers.saying import say as say
from helpers.schemas.fields import image_format
from helpers.schemas.sdxl import nearest_size as nearest_size

JPEG_QUALITY = 95
_WIDEST = {"JPEG": 65_500, "WEBP": 16_383}  # pixels a side, of what can be written
_FORMAT_OF = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_HOME = Path(__file__).resolve().parent.parent


# ---- in -------------------------------------------------------------------------------------------------------------


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
        return picture_files.clean(source, tr("this picture"))
    held = getattr(source, "image", None)  # asked once: a tile reads its file each time
    if held is not None:
        return to_image(held)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return picture_files.decode(bytes(source), tr("these {count:,} bytes", count=len(source)))
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
    return _over(to_image(source), "white")


def from_base64(text: str, *, upright: bool = True) -> Image.Image:
    """The picture in a base64 string or a data URL, turned as its EXIF says if it is to be `upright`. Raises ImageError."""
    data = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return picture_files.decode(base64.b64decode(data, validate=True), tr("this base64"), upright=upright)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(
            tr("This text is not base64."), fix=tr("Give a path, or base64.b64encode(data).decode().")
        ) from error


def find(path: str | os.PathLike[str]) -> Path:
    """`path` as it stands, or, where that names no file, the same path beside the workshop's own folders."""
    here = _expanded(path)
    there = _HOME / here
    return there if not here.exists() and there.exists() else here


def outputs(name: str | os.PathLike[str] = "") -> Path:
    """Where a lesson puts what it makes: `name` in the folder that WORKSHOP_OUTPUTS names, else in `outputs/`."""
    return Path(os.environ.get("WORKSHOP_OUTPUTS") or _HOME / "outputs") / name


# ---- sizes ----------------------------------------------------------------------------------------------------------


def fit(source: Any, size: tuple[int, int] | None = None, how: Fit = "crop", colour: Any = "black") -> Image.Image:
    """The picture at `size` (default: the nearest legal one); a WorkshopWarning says what was done to it.

    `how`: "crop" fills the size and cuts what stands over on both sides, "pad" shows all of it between bars of
    `colour`, "stretch" bends it to the new shape. A picture that has the size already comes back in silence.
    """
    image = to_image(source)
    size = size or nearest_size(*image.size)
    fitted = resized(image, size, how, colour)
    if fitted.size != image.size:
        say(fit_remark(tr("The picture"), image.size, fitted.size, how))
    return fitted


def resized(image: Image.Image, size: tuple[int, int], how: Fit, colour: Any = "black") -> Image.Image:
    """What `fit` gives, without a word. Raises ImageError for an empty size or an unknown way."""
    if min(size) < 1:
        raise ImageError(
            tr("A picture cannot be {width} x {height} pixels.", width=size[0], height=size[1]),
            fix=tr("Give (width, height) above 0."),
        )
    resample = Image.Resampling.LANCZOS
    ways: dict[str, Callable[[], Image.Image]] = {
        "crop": lambda: ImageOps.fit(image, size, resample),
        "pad": lambda: ImageOps.pad(image, size, resample, color=colour),
        "stretch": lambda: image.resize(size, resample),
    }
    if how not in ways:
        raise ImageError(
            tr("There is no way to fit called {how!r}.", how=how), fix=tr('Use "crop", "pad" or "stretch".')
        )
    return ways[how]()


def init_image(source: Any, model: str | models.Model) -> Image.Image:
    """The picture as a model takes it to start from: RGB of a legal size. Raises ImageError.

    Transparent parts are put on white, and a WorkshopWarning says so.
    """
    image, taker = to_image(source), models.get(model)
    problem = taker.family.picture_problem(*image.size, tr) if taker.family else None
    if problem:
        raise _wrong_size(image.size, problem, taker)
    if image.mode == "RGBA" and cast(tuple[int, int], image.getchannel("A").getextrema())[0] < 255:
        say(
            tr(
                "The init image has transparent parts, and {model} takes none: they were put on white.",
                model=taker.name,
            )
        )
    return _over(image, "white")


def sent(text: str) -> Image.Image:
    """The picture in a request body, as who answers the request reads it: its pixels as they are stored.

    What is documented of Bedrock does not say whether it turns a photo as its EXIF says. The studio turns none, and what
    is checked here is what the studio measures. The helpers send upright pictures without EXIF, which leave no question.
    """
    return from_base64(text, upright=False)


def body_problems(body: Mapping[str, Any], model: models.Model) -> list[Problem]:
    """What is wrong with the pictures in a body: damaged, of an illegal size, or a mask of another size."""
    found: list[Problem] = []
    sizes: dict[str, tuple[int, int]] = {}
    family = model.family
    for field in family.pictures if family else ():
        if isinstance(body.get(field), str):
            try:
                sizes[field] = sent(body[field]).size
            except ImageError as error:
                found.append(
                    Problem(
                        field, tr("{field} cannot be read as a picture: {error}", field=field, error=error), body[field]
                    )
                )
    for place, (field, size) in enumerate(sizes.items()):
        problem = family.picture_problem(*size, tr) if family and field == family.pictures[0] else None
        if problem:
            message = joined(tr("{field} is wrong.", field=field), str(_wrong_size(size, problem, model)))
            found.append(Problem(field, message, size))
        first = next(iter(sizes))
        if place and size != sizes[first]:
            message = tr(
                "{field} is {size} and {first} is {wanted} pixels: both must have the same size.",
                field=field,
                size=_by(size),
                first=first,
                wanted=_by(sizes[first]),
            )
            found.append(Problem(field, message, size))
    return found


# ---- out ------------------------------------------------------------------------------------------------------------


def encode_png(image: Image.Image) -> bytes:
    """The picture as PNG bytes, quickly (level 1, run lengths only)."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, compress_type=3)
    return out.getvalue()


def to_base64(source: Any) -> str:
    """The picture as a base64 PNG, the form that request bodies carry."""
    return base64.b64encode(encode_png(to_image(source))).decode("ascii")


def save(
    source: Any, path: str | os.PathLike[str], overwrite: bool = False, metadata: Mapping[str, Any] | None = None
) -> Path:
    """Write the picture to `path` and give the path back; the extension (.png, .jpg, .webp) decides the format.

    Folders are made. The file appears whole or not at all. With the same pixels there already nothing is done; with
    other pixels PictureExistsError (a FileExistsError) is raised, unless `overwrite`.

    What `invoke` gives keeps its receipt in the file (`infotext` says how; `read_metadata` gives it back), the pictures
    it was made from in `inputs/` beside it, and in its own format the very bytes that came. `metadata` takes the
    receipt's place.
    """
    path, image = _expanded(path), to_image(source)
    receipt = metadata if metadata is not None else getattr(source, "receipt", None)
    data = _encode(image, _format(path), receipt, next(iter(getattr(source, "files", ())), b""))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not overwrite and os.path.lexists(path):
        _must_hold(data, path)
        return path
    if receipt is not None:
        infotext.keep_inputs(receipt.get("body", {}), path)
    if overwrite:
        whole_files.put(path, data)
    else:
        try:
            whole_files.add(path, data)
        except FileExistsError:  # somebody else was quicker
            _must_hold(data, path)
    if receipt is not None and infotext.read(data) is None:  # it had no place inside
        infotext.write_sidecar(path, receipt)
    return path


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The receipt that `save` put into a picture file or beside it; None where there is nothing."""
    path = find(path)
    return infotext.read(path.read_bytes()) or infotext.read_sidecar(path)


def pixels_equal(one: Any, other: Any) -> bool:
    """Whether two pictures have the same size and the same colour and opacity at every pixel."""
    first, second = to_image(one).convert("RGBA"), to_image(other).convert("RGBA")
    return first.size == second.size and first.tobytes() == second.tobytes()


# ---- how ------------------------------------------------------------------------------------------------------------


def _expanded(path: str | os.PathLike[str]) -> Path:
    """The path with the home folder that `~` or `~name` stands for."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # nobody of this name, or no home folder at all
        raise ImageError(
            tr("There is no home folder for {name}.", name=Path(path).parts[0]),
            tr("A path that begins with ~ leads to one."),
            tr("Write the path out, or put ./ before a folder of that name."),
        ) from error


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
        return picture_files.decode(data, tr("this base64"))
    return _read(Path(text))


def _read(path: Path) -> Image.Image:
    shown = str(path) if len(str(path)) <= 120 else f"{str(path)[:119]}…"
    try:
        return picture_files.decode(find(path).read_bytes(), shown)
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
            return picture_files.clean(Image.fromarray(array), tr("this array"))
        except TypeError:  # a number of channels that no picture has
            pass
    raise ImageError(
        tr("An array of shape {shape} and type {dtype} is not a picture.", shape=array.shape, dtype=array.dtype),
        fix=tr("Give uint8 of shape (height, width), (height, width, 3) or (height, width, 4)."),
    )


def _over(image: Image.Image, colour: str) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, colour)
    return Image.alpha_composite(ground, image).convert("RGB")


def _encode(image: Image.Image, kind: str, receipt: Mapping[str, Any] | None, came_as: bytes) -> bytes:
    """The picture as a file of this kind; `came_as`, if it is one already and still shows the same."""
    most = _WIDEST.get(kind, max(image.size))
    if max(image.size) > most:
        raise ImageError(
            tr("The picture is {size} pixels.", size=_by(image.size)),
            tr("A {kind} file holds at most {most:,} pixels a side.", kind=kind, most=most),
            tr("Save it as .png, or make it smaller with helpers.fit(image, (width, height))."),
        )
    out = io.BytesIO()
    if image_format(came_as) == kind and pixels_equal(came_as, image):
        out.write(came_as)
    elif kind == "PNG":
        image.save(out, "PNG")
    elif kind == "JPEG":
        _over(image, "white").save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    else:
        exif = {"exif": infotext.exif(receipt, image.size)} if receipt is not None else {}
        image.save(out, kind, lossless=True, exact=True, **exif)
    data = out.getvalue()
    return data if receipt is None or kind == "WEBP" else infotext.stamped(data, receipt)


def _format(path: Path) -> str:
    kind = _FORMAT_OF.get(path.suffix.lower())
    if kind is None:
        raise ImageError(
            tr("{name} does not say what kind of file it is to be.", name=path.name),
            fix=tr("End its name in {endings}.", endings=listed(_FORMAT_OF)),
        )
    return kind


def _must_hold(data: bytes, path: Path) -> None:
    try:
        same = pixels_equal(data, path)
    except ImageError:
        same = False
    if not same:
        raise PictureExistsError(
            tr("{path} is there already, and holds something else.", path=path),
            tr("Nothing is overwritten silently."),
            tr("Choose another name, or say overwrite=True."),
        )


def _wrong_size(size: tuple[int, int], problem: str, model: models.Model) -> ImageError:
    nearest = model.family.nearest_size(*size) if model.family else nearest_size(*size)
    return ImageError(
        tr("The picture is {size} pixels.", size=_by(size)),
        tr("For {model} {problem}.", model=model.name, problem=problem),
        tr(
            "The nearest legal size is {nearest}: helpers.fit(image, {size}) crops it to that.",
            nearest=_by(nearest),
            size=nearest,
        ),
    )


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
