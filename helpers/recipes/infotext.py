"""What a picture file tells about how it was made: the text that other tools read, and the whole request for ours.

Two things stand in a file. `parameters` is a text in the form that Stable Diffusion's web interfaces write and most
readers of pictures know: a PNG's text chunk, or the EXIF UserComment of a JPEG or WebP. Beside it, under a name of our
own, stands the receipt as JSON: the body as it was sent, what came back, the cost.

The pictures in a body (init and mask image) are never put inside: who passes a picture on would pass on the photo that
it was made from. They are named by their hash, and `keep_inputs` writes them to the folder `inputs/` beside it.
"""

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers import models
from helpers.errors import ImageError
from helpers.language import tr
from helpers.pictures import metadata, whole_files
from helpers.pictures.formats import extension_of, image_format
from helpers.schemas import families

KEY = "bedrock-image-workshop"  # the name of our own text in a PNG, and the head of our EXIF note
PARAMETERS = "parameters"
INPUTS = "inputs"  # the folder beside a picture that holds what it was made from
_HASH = "sha256:"
_NAMED = re.compile(_HASH + "[0-9a-f]{64}")


# ---- into a file ----------------------------------------------------------------------------------------------------


def stamped(data: bytes, receipt: Mapping[str, Any]) -> bytes:
    """The bytes of a PNG or JPEG file with its receipt inside. Nothing is encoded again: every pixel stays as it is.

    `receipt`: at least `model` (an id), `seed` and `body`; all of it is kept as JSON, the pictures in the body by hash.
    A file stamped before loses its older stamp. Bytes with C2PA content credentials (`is_signed`) come back as they
    are, for any change would break their signature: `write_sidecar` is their place. Raises ImageError for another kind
    of file.
    """
    kind = image_format(data)
    if kind not in ("PNG", "JPEG"):
        raise ImageError(
            tr("These bytes are no PNG or JPEG file."), fix=tr("Save the picture as one: made.save(path).")
        )
    if is_signed(data):
        return data
    if kind == "JPEG":
        return metadata.with_exif(data, exif(receipt, _size(data)))
    texts = {KEY: _json(receipt)}
    if "body" in receipt:
        texts = {PARAMETERS: parameters(receipt, _size(data)), **texts}
    return metadata.with_texts(data, texts)


def exif(receipt: Mapping[str, Any], size: tuple[int, int]) -> bytes:
    """The same two as an EXIF block. A receipt too large for a JPEG is left out, and `write_sidecar` is its place."""
    text = parameters(receipt, size) if "body" in receipt else ""
    whole = metadata.exif(text, f"{KEY}\0{_json(receipt)}".encode("ascii"))
    if len(whole) <= metadata.MOST_EXIF:
        return whole
    return metadata.exif(text[: metadata.MOST_EXIF // 2 - 100], b"")


is_signed = metadata.is_signed


def keep_inputs(body: Mapping[str, Any], picture: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write the pictures of a body to `inputs/` beside `picture`, named by their hash, and give back where they are.

    One that is there already is left alone, so that a thousand pictures made from one share it.
    """
    kept = []
    for text in families.pictures(body).values():
        data = _bytes(text)
        if data is not None:
            path = input_path(_hash(data), picture, image_format(data))
            if not path.exists():
                _write(path, data)
            kept.append(path)
    return tuple(kept)


def write_sidecar(picture: str | os.PathLike[str], receipt: Mapping[str, Any]) -> Path:
    """Write the receipt to a file beside the picture (`beach.png.json`), for one that cannot take it inside."""
    picture = Path(picture)
    path = sidecar_of(picture)
    _write(path, _json({"picture": _hash(picture.read_bytes()), **receipt}).encode("ascii"))
    return path


# ---- out of a file --------------------------------------------------------------------------------------------------


def read(data: bytes) -> dict[str, Any] | None:
    """The receipt in the bytes of a file; None where there is none of ours, or it is damaged."""
    if image_format(data) == "PNG":
        text = metadata.texts_of(data).get(KEY, "")
    else:
        head, _, note = metadata.exif_of(data)[1].partition(b"\0")
        text = note.decode("ascii", "replace") if head == KEY.encode("ascii") else ""
    return _object(text)


def read_sidecar(picture: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The receipt in the file beside a picture; None where there is none, or it is about other bytes."""
    picture = Path(picture)
    try:
        found = _object(sidecar_of(picture).read_text(encoding="utf-8"))
        return found if found and found.pop("picture", None) == _hash(picture.read_bytes()) else None
    except (OSError, ValueError):
        return None


def read_parameters(data: bytes) -> str:
    """The text that other tools read, whoever wrote it; empty where there is none."""
    if image_format(data) == "PNG":
        return metadata.texts_of(data).get(PARAMETERS, "")
    return metadata.exif_of(data)[0]


def sidecar_of(picture: str | os.PathLike[str]) -> Path:
    """Where the receipt of a picture is that cannot take it inside."""
    picture = Path(picture)
    return picture.with_name(f"{picture.name}.json")


def input_path(hashed: str, picture: str | os.PathLike[str], kind: str | None = "PNG") -> Path:
    """Where an input of `picture` with this hash is kept: `inputs/`, and 24 digits of the hash, which are enough."""
    name = hashed.removeprefix(_HASH)[:24]
    return Path(picture).parent / INPUTS / f"{name}{extension_of(kind)}"


def by_hash(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body with its pictures named by the hash of their files; all else, and a picture named before, as it is."""
    return {**body, **{field: name_of(text) for field, text in families.pictures(body).items()}}


def name_of(text: str) -> str:
    """The hash of the picture in a base64 text; the text itself where it holds none."""
    data = _bytes(text)
    return text if data is None else _hash(data)


def is_hash(value: object) -> bool:
    """Whether a body's field names a picture by hash, and does not hold it."""
    return isinstance(value, str) and _NAMED.fullmatch(value) is not None


def hash_of(data: bytes) -> str:
    """The hash by which a file is named: `sha256:` and 64 digits."""
    return _hash(data)


# ---- the text -------------------------------------------------------------------------------------------------------


def parameters(receipt: Mapping[str, Any], size: tuple[int, int]) -> str:
    """The text for other tools: the prompt, the negative prompt, and one line of settings.

    Line breaks in a prompt become spaces and a heading in it loses its colon's place, because readers take the text
    apart by both. Values hold no comma, colon or quote. There are always steps and a sampler, `Auto` where the model
    chooses: without them, some readers find no settings at all.
    """
    wanted, unwanted = _prompts(receipt)
    lines = [wanted, f"Negative prompt: {unwanted}"] if unwanted else [wanted]
    settings = ", ".join(f"{key}: {_value(value)}" for key, value in _settings(receipt, size) if value is not None)
    return "\n".join([*lines, settings])


def _settings(receipt: Mapping[str, Any], size: tuple[int, int]) -> list[tuple[str, Any]]:
    body = receipt["body"]
    family = _family(receipt)
    steps, guidance = (family.value(body, name) if family else None for name in ("steps", "cfg_scale"))
    kept = family.kept(body) if family else None
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
    """The family of the model that a receipt names, where its body is one; else one that reads it."""
    body, model = receipt["body"], models.find(receipt.get("model"))
    family = model.family if model else None
    return family if family and family.claims(body) else models.family_of(body)


def _weighed(text: str, weight: float) -> str:
    return text if weight == 1 else f"({text}:{weight:g})"


def _folded(text: str) -> str:
    """One line, without what a reader would take for a heading of its own."""
    line = " ".join(part.strip() for part in text.replace("\0", " ").splitlines() if part.strip())
    line = line.replace("Negative prompt:", "Negative prompt :")
    return line.replace("Steps:", "Steps :", 1) if line.startswith("Steps:") else line


def _value(value: Any) -> str:
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return " ".join(text.translate(dict.fromkeys(map(ord, ',:"{}\n'), " ")).split())


# ---- how ------------------------------------------------------------------------------------------------------------


def _json(receipt: Mapping[str, Any]) -> str:
    """In ASCII, so that the body comes out byte for byte as it was sent, whatever is in it."""
    told = dict(receipt)
    if isinstance(told.get("body"), Mapping):
        told["body"] = by_hash(told["body"])
    return json.dumps(told)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _bytes(value: object) -> bytes | None:
    """The file in a base64 text; None for what is none, or would not come out as the same text again."""
    if not isinstance(value, str) or is_hash(value):
        return None
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == value else None


def _hash(data: bytes) -> str:
    return _HASH + hashlib.sha256(data).hexdigest()


def _size(data: bytes) -> tuple[int, int]:
    if image_format(data) == "PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        return image.size


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_files.put(path, data)
