"""How a picture was made, written into its file: the text that other tools read, and our receipt as JSON.

A file holds two things. `parameters` is a text in the form that Stable Diffusion's web interfaces write and most readers
of such metadata know: in a PNG's text chunk, or in the EXIF UserComment of a JPEG or WebP. Beside it, under a name of our
own, is the receipt as JSON: the body as it was sent, what came back, the cost.

The images in a body (init image, mask) are never written into the file: whoever shared the picture would share the photo
that it was made from. The receipt names them by their hash, and `input_files.keep_inputs` writes them to `inputs/` beside the picture.
"""

import json
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

KEY = "bedrock-image-workshop"  # the keyword of the receipt's PNG text chunk, and the start of its EXIF note
PARAMETERS = "parameters"


# ---- into a file ----------------------------------------------------------------------------------------------------


def stamped(data: bytes, receipt: Mapping[str, Any]) -> bytes:
    """Return the bytes of a PNG or JPEG file with the receipt written into it; no pixel is encoded again.

    `receipt`: at least `model` (an id), `seed` and `body`; all of it is kept as JSON, the images in the body by hash. It
    replaces one that is there. A file with C2PA content credentials (`is_signed`) is returned as it is, for any change
    would break its signature: use `write_sidecar`. Raises ImageError for any other kind of file.
    """
    kind = image_format(data)
    if kind not in ("PNG", "JPEG"):
        raise ImageError(
            tr("These bytes are no PNG or JPEG file."), fix=tr("Save the picture as one: made.save(path).")
        )
    if is_signed(data):
        return data
    if kind == "JPEG":
        return metadata.with_exif(data, exif_block(receipt, _pixel_size(data)))
    texts = {KEY: _receipt_json(receipt)}
    if "body" in receipt:
        texts = {PARAMETERS: parameters(receipt, _pixel_size(data)), **texts}
    return metadata.with_texts(data, texts)


def exif_block(receipt: Mapping[str, Any], size: tuple[int, int]) -> bytes:
    """Return an EXIF block with text and receipt, or, where the two are too large for a JPEG, with the text alone.

    `size`: (width, height) of the picture in pixels.
    """
    text = parameters(receipt, size) if "body" in receipt else ""
    whole = metadata.exif(text, f"{KEY}\0{_receipt_json(receipt)}".encode("ascii"))
    if len(whole) <= metadata.MAX_EXIF:
        return whole
    return metadata.exif(text[: metadata.MAX_EXIF // 2 - 100], b"")


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


def parameters(receipt: Mapping[str, Any], size: tuple[int, int]) -> str:
    """Return the text for other tools: the prompt, the negative prompt, and one line of settings.

    `size`: (width, height) of the picture in pixels. Readers split the text at line breaks and headings, so line breaks
    in a prompt become spaces, and a heading in it gets a space before its colon. Values hold no comma, colon or quote.
    Steps and a sampler are always there, `Auto` where the model chooses: without them some readers find no settings.
    """
    wanted, unwanted = _prompts(receipt)
    lines = [wanted, f"Negative prompt: {unwanted}"] if unwanted else [wanted]
    settings = ", ".join(f"{key}: {_value(value)}" for key, value in _settings(receipt, size) if value is not None)
    return "\n".join([*lines, settings])


def _settings(receipt: Mapping[str, Any], size: tuple[int, int]) -> list[tuple[str, Any]]:
    body = receipt["body"]
    family = _family(receipt)
    steps, guidance = (family.value(body, name) if family else None for name in ("steps", "cfg_scale"))
    kept = family.image_strength(body) if family else None
    return [
        ("Steps", "Auto" if steps is None else steps),
        ("Sampler", body.get("sampler", "Auto")),
        ("CFG scale", guidance),
        ("Seed", receipt.get("seed")),
        ("Size", f"{size[0]}x{size[1]}"),
        ("Model", models.name_of(receipt["model"]) if receipt.get("model") else None),
        ("Denoising strength", None if kept is None else f"{1 - kept:f}"),
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


def _value(value: Any) -> str:
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
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


def _pixel_size(data: bytes) -> tuple[int, int]:
    if image_format(data) == "PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        return image.size
