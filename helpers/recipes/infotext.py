"""How a picture was made, written into its file: the text that other tools read, and our receipt as JSON.

A file holds two things. `parameters` is a text in the form that Stable Diffusion's web interfaces write and most readers
of such metadata know: in a PNG's text chunk, or in the EXIF UserComment of a JPEG or WebP. Beside it, under a name of our
own, is the receipt as JSON: the body as it was sent, what came back, the cost.

The images in a body (init image, mask) are never written into the file: whoever shared the picture would share the photo
that it was made from. The receipt names them by their hash, and `input_files.keep_inputs` writes them to `inputs/` beside the picture.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers import models
from helpers.errors import ImageError
from helpers.language import tr
from helpers.pictures import metadata
from helpers.pictures.formats import image_format
from helpers.pictures.writing import write
from helpers.recipes.input_files import hash_of, with_hashes
from helpers.schemas import families
from helpers.schemas.sdxl import WEB_UI_SAMPLERS

KEY = "bedrock-image-workshop"  # the keyword of the receipt's PNG text chunk, and the start of its EXIF note
PARAMETERS = "parameters"
MAX_PREVIEW_TEXT = 390  # characters of the text in a preview, so that it adds less than 1 kB
_LEFT_TO_MODEL = "Default"  # SD.Next's name for what the model chooses; the web UI then takes its own default


# ---- into a file ----------------------------------------------------------------------------------------------------


def stamped(data: bytes, receipt: Mapping[str, Any]) -> bytes:
    """Return the bytes of a PNG, JPEG or WebP file with the receipt written into it; no pixel is encoded again.

    `receipt`: at least `model` (an id), `seed` and `body`; all of it is kept as JSON, the images in the body by hash. It
    replaces one that is there. Where a JPEG cannot hold both, it holds the text for other tools alone. A file with C2PA
    content credentials (`is_signed`) is returned as it is, for any change would break its signature: use `write_sidecar`.
    Raises ImageError for any other kind of file.
    """
    kind = image_format(data)
    if kind is None:
        raise ImageError(
            tr("These bytes are no PNG, JPEG or WebP file."), fix=tr("Save the picture as one: made.save(path).")
        )
    if is_signed(data):
        return data
    size = metadata.size_of(data)
    text = parameters(receipt, size) if isinstance(receipt.get("body"), Mapping) else ""
    if kind == "PNG":
        return metadata.with_texts(data, ({PARAMETERS: text} if text else {}) | {KEY: _receipt_json(receipt)})
    block = metadata.exif(text, f"{KEY}\0{_receipt_json(receipt)}".encode("ascii"), size)
    if kind == "JPEG" and len(block) > metadata.MAX_EXIF:
        most = (metadata.MAX_EXIF - len(metadata.exif("", b"", size))) // 2  # two bytes a character
        block = metadata.exif(parameters(receipt, size, most) if text else "", b"", size)
    return metadata.with_exif(data, block)


def stamped_preview(webp: bytes, receipt: Mapping[str, Any], size: tuple[int, int]) -> bytes:
    """Return a WebP that is a smaller copy of a picture with the text for other tools in it, in less than 1 kB.

    `receipt`: as in `stamped`. `size`: (width, height) in pixels of the picture itself, as the request asks for it. A long
    prompt is cut: the picture has all of it. Anything but a WebP is returned as it is.
    """
    if image_format(webp) != "WEBP":
        return webp
    text = parameters(receipt, size, MAX_PREVIEW_TEXT)
    return metadata.with_exif(webp, metadata.exif(text, b"", metadata.size_of(webp)))


is_signed = metadata.is_signed


def write_sidecar(picture: str | os.PathLike[str], receipt: Mapping[str, Any]) -> Path:
    """Write the receipt to a file beside a picture that cannot hold it (`beach.png.json`), and return that path."""
    picture = Path(picture)
    path = sidecar_path(picture)
    write(path, _receipt_json({"picture": hash_of(picture.read_bytes()), **receipt}).encode("ascii"), overwrite=True)
    return path


# ---- out of a file --------------------------------------------------------------------------------------------------


def read_receipt(data: bytes) -> dict[str, Any] | None:
    """Return the receipt in the bytes of a picture file; None where there is none or it is damaged."""
    if image_format(data) == "PNG":
        text = metadata.texts_of(data).get(KEY, "")
    else:
        head, _, note = metadata.exif_of(data)[1].partition(b"\0")
        text = note.decode("ascii", "replace") if head == KEY.encode("ascii") else ""
    return _json_object(text)


def read_sidecar(picture: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return the receipt in the file beside a picture; None where there is none or it belongs to other bytes."""
    picture = Path(picture)
    try:
        found = _json_object(sidecar_path(picture).read_text(encoding="utf-8"))
        return found if found and found.pop("picture", None) == hash_of(picture.read_bytes()) else None
    except (OSError, ValueError):
        return None


def read_parameters(data: bytes) -> str:
    """Return the text that other tools read, by whatever tool it was written; empty where there is none."""
    if image_format(data) == "PNG":
        return metadata.texts_of(data).get(PARAMETERS, "")
    return metadata.exif_of(data)[0]


def sidecar_path(picture: str | os.PathLike[str]) -> Path:
    """Return the path of the receipt of a picture that cannot hold it."""
    picture = Path(picture)
    return picture.with_name(f"{picture.name}.json")


# ---- the text -------------------------------------------------------------------------------------------------------


def parameters(receipt: Mapping[str, Any], size: tuple[int, int], most: int | None = None) -> str:
    """Return the text for other tools: the prompt, the negative prompt, and one line of settings.

    `size`: (width, height) of the picture in pixels. `most`: characters of the text, in UTF-16; the prompts are cut to
    fit. Readers split the text at line breaks and headings, so line breaks in a prompt become spaces, and a heading in it
    gets a space before its colon. Values hold no comma, colon or quote.
    """
    told = [(key, _value(value)) for key, value in _settings(receipt, size)]
    settings = ", ".join(f"{key}: {value}" for key, value in told if value)
    wanted, unwanted = _prompts(receipt)
    if most is not None:
        room = max(0, most - _units(f"\nNegative prompt: \n{settings}"))
        wanted = _cut(wanted, max(room - _units(unwanted), room * 2 // 3))
        unwanted = _cut(unwanted, room - _units(wanted))
    lines = [wanted, f"Negative prompt: {unwanted}"] if unwanted else [wanted]
    return "\n".join([*lines, settings])


def _settings(receipt: Mapping[str, Any], size: tuple[int, int]) -> list[tuple[str, Any]]:
    """Return the settings by the web UI's names, in its order; None for what the body does not say.

    Numbers are numbers or left out. Readers differ in what they want of a line:
    - the web UI, Forge and SD.Next: any three settings, the first of them one that they know;
    - sd-parsers: a sampler, and three of sampler, CFG scale, seed, steps, schedule type;
    - Civitai and SD Prompt Reader: "Steps: " at its start, and Civitai a number behind it, or it drops everything.

    A request that names no sampler left it to the model, and the line says so in a word. Where a model has no steps
    either, a schedule type in the same word makes up sd-parsers' three. Civitai and SD Prompt Reader then read no
    settings: only a number that nobody gave would please them.
    """
    body, family = receipt["body"], _family(receipt)
    value = (lambda name: family.value(body, name)) if family else body.get
    steps, guidance = _number(value("steps")), _number(value("cfg_scale"))
    sampler = value("sampler") if isinstance(value("sampler"), str) else ""
    kept = family.image_strength(body) if family else None
    return [
        ("Steps", steps),
        ("Sampler", WEB_UI_SAMPLERS.get(sampler, sampler) or _LEFT_TO_MODEL),
        ("Schedule type", _LEFT_TO_MODEL if steps is None and guidance is None else None),
        ("CFG scale", guidance),
        ("Seed", _number(receipt.get("seed"))),
        ("Size", f"{size[0]}x{size[1]}"),
        ("Model", models.name_of(receipt["model"]) if receipt.get("model") else None),
        ("Denoising strength", None if kept is None else f"{1 - kept:f}"),
        ("Bedrock sampler", sampler),
        ("Style preset", body.get("style_preset")),
        ("Clip guidance preset", body.get("clip_guidance_preset")),
    ]


def _prompts(receipt: Mapping[str, Any]) -> tuple[str, str]:
    body, family = receipt["body"], _family(receipt)
    parts = family.prompts(body) if family else ()
    wanted = [_weighed(_folded(part.text), part.weight) for part in parts if part.weight >= 0]  # readers know 0
    unwanted = [_weighed(_folded(part.text), -part.weight) for part in parts if part.weight < 0]
    return ", ".join(wanted), ", ".join(unwanted)


def _family(receipt: Mapping[str, Any]) -> families.Family | None:
    """Return the family of the receipt's model if the body is one of its bodies; else a family that fits the body."""
    body, model = receipt["body"], models.find(receipt.get("model"))
    family = model.family if model else None
    return family if family and family.has_required_fields(body) else models.family_for_body(body)


def _weighed(text: str, weight: float) -> str:
    return text if weight == 1 else f"({text}:{weight:g})"


def _folded(text: str) -> str:
    """Return a prompt as one line in which readers find no heading of theirs."""
    line = " ".join(part.strip() for part in text.replace("\0", " ").splitlines() if part.strip())
    line = line.replace("Negative prompt:", "Negative prompt :")
    return line.replace("Steps:", "Steps :", 1) if line.startswith("Steps:") else line


def _cut(text: str, most: int) -> str:
    """Return the text, or its beginning with an ellipsis where it has more than `most` characters in UTF-16."""
    if _units(text) <= most:
        return text
    head = text.encode("utf-16-be", "replace")[: 2 * max(0, most - 1)].decode("utf-16-be", "ignore")
    return f"{head}…" if most > 0 else ""


def _units(text: str) -> int:
    return len(text.encode("utf-16-be", "replace")) // 2


def _number(value: Any) -> float | None:
    """Return the value if it is a number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _value(value: Any) -> str:
    """Return a value as it can stand in the line; empty for None."""
    text = "" if value is None else repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
    return " ".join(text.translate(dict.fromkeys(map(ord, ',:"{}\n'), " ")).split())


# ---- private --------------------------------------------------------------------------------------------------------


def _receipt_json(receipt: Mapping[str, Any]) -> str:
    """Return the receipt as JSON in ASCII, so that the body can be read back byte for byte as it was sent."""
    told = dict(receipt)
    if isinstance(told.get("body"), Mapping):
        told["body"] = with_hashes(told["body"])
    return json.dumps(told)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
