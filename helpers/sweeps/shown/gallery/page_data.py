"""The data of a gallery's page, ready for JSON: tiles, axes and pictures, with the texts that it shows about them."""

import base64
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from helpers import models
from helpers.display import alt_text, sheets
from helpers.recipes import infotext
from helpers.sweeps.axes.tiles import Axis, Failure, Tile
from helpers.sweeps.shown.arranging import GridAxis, grid_axes
from helpers.sweeps.shown.gallery.labels import KEYS

THUMBNAIL = 256  # pixels, the longer side: the size of small pictures in the grid
ONE_FOR_ALL = 512  # pixels, the longer side: above it there are small pictures for the grid, and large ones to open
QUALITY = 70  # of WebP
MAX_INPUTS = 4_000_000  # characters of base64: above it, init images and masks are named by hash and not kept
SHORTEST_INPUT = 2_000  # characters: a shorter text in a body is no image
_KEY = 12  # hexadecimal digits that name a tile in a link
_FULL_FOR = ((24, 1024), (60, 768), (160, 512), (320, 384))  # tiles at most -> pixels: a file of a few MB

Labels = Mapping[str, str]


def full_size(count: int) -> int:
    """Return the longest side in pixels at which `count` pictures make a file of a few MB."""
    return next((size for most, size in _FULL_FOR if count <= most), THUMBNAIL)


def gallery_data(tiles: Sequence[Tile], axes: Sequence[Axis], title: str, full: int, labels: Labels) -> dict[str, Any]:
    """Return all that the page shows, ready for JSON. `full`: the longest side of a large picture, in pixels."""
    used = grid_axes(tiles, axes)
    inputs = _BodyImages()
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 2) + 1)) as threads:
        pictures = list(threads.map(lambda tile: _embedded(tile, full), tiles))
    records = [_tile(*both, used, inputs, labels) for both in zip(tiles, pictures, strict=True)]
    _make_keys_unique(records)
    kept = inputs.kept()
    return {
        "title": title or labels["untitled"],
        "facts": _facts(tiles, records, labels),
        "alike": [list(pair) for pair in shared_fields(tiles).items()],
        "axes": [{"name": one.name, "labels": one.labels, "short": alt_text.trimmed(one.labels)} for one in used],
        "tiles": records,
        "inputs": kept,
        "inputsLeftOut": bool(inputs.texts) and not kept,
        "keys": KEYS,
        "words": dict(labels),
    }


def shared_fields(tiles: Sequence[Tile]) -> dict[str, str]:
    """Return the fields that have the same value in all bodies, such as the prompt, as texts."""
    bodies = [_flat(tile.body) for tile in tiles]
    return {key: value for key, value in bodies[0].items() if all(body.get(key) == value for body in bodies)}


def _make_keys_unique(records: Sequence[dict[str, Any]]) -> None:
    """Number the keys of tiles with the same request, since a link names a tile by its key."""
    seen: dict[str, int] = {}
    for tile in records:
        seen[tile["key"]] = count = seen.get(tile["key"], 0) + 1
        if count > 1:
            tile["key"] += f"-{count}"


# ---- one tile -------------------------------------------------------------------------------------------------------


def _tile(
    tile: Tile, picture: "_EmbeddedPicture | None", used: Sequence[GridAxis], inputs: "_BodyImages", labels: Labels
) -> dict[str, Any]:
    where = {coordinate.axis: coordinate.label for coordinate in tile.coordinates}
    failure = tile.failure or _no_picture(tile, picture, labels)
    label = tile.label
    record: dict[str, Any] = {
        "key": tile.key[-_KEY:],
        "at": [one.labels.index(where[one.name]) if one.name in where else 0 for one in used],
        "label": label,
        "facts": _tile_facts(tile, picture, labels),
        "body": inputs.without(tile.body),
    }
    if failure is not None or picture is None:
        failure = failure or Failure("failed", "")
        kind = _kind(tile, failure, labels)
        record["failure"] = {"kind": kind, "what": failure.what, "why": failure.why, "fix": failure.fix}
        unmade = tile.failure is None and tile.path is None
        record["alt"] = labels["alt_unmade" if unmade else "alt_failed"].format(
            label=label, kind=kind, what=failure.what
        )
    else:
        width, height = picture.size
        record |= {"thumb": picture.thumbnail, "full": picture.full, "width": width, "height": height}
        record["alt"] = labels["alt"].format(label=label, width=width, height=height)
    return record


def _no_picture(tile: Tile, picture: "_EmbeddedPicture | None", labels: Labels) -> Failure | None:
    """Return the failure of a tile whose picture was not made yet, or whose file is lost; None where it can be read."""
    if picture is not None:
        return None
    kind = "unmade" if tile.path is None else "lost"
    name = tile.path.name if tile.path else ""
    return Failure("stopped", *(labels[f"{kind}_{part}"].format(name=name) for part in ("what", "why", "fix")))


def _kind(tile: Tile, failure: Failure, labels: Labels) -> str:
    if tile.failure is None:
        return labels["unmade" if tile.path is None else "lost"]
    return labels.get(f"kind_{failure.kind}", failure.kind)


def _tile_facts(tile: Tile, picture: "_EmbeddedPicture | None", labels: Labels) -> dict[str, str]:
    """Return what is known of a tile besides its coordinates, as texts."""
    facts: dict[str, str] = {}
    if tile.seed is not None:
        facts["seed"] = str(tile.seed)
    if picture:
        width, height = picture.size
        shown = " × ".join(map(str, picture.shown))
        facts["pixels"] = labels["pixels" if picture.shown == picture.size else "pixels_here"].format(
            width=width, height=height, shown=shown
        )
    for name, amount in (("cost", tile.cost), ("price", tile.list_price)):
        if amount is not None:
            facts[name] = labels["usd"].format(amount=_amount(amount))
    if tile.seconds is not None:
        facts["seconds"] = f"{tile.seconds:.2f}"
    facts["model"] = models.name_of(tile.model)
    if tile.backend:
        facts["where"] = labels[f"where_{tile.backend}"]
    if tile.path:
        facts["file"] = tile.path.name
    return facts


def _facts(tiles: Sequence[Tile], records: Sequence[Mapping[str, Any]], labels: Labels) -> list[str]:
    missing = sum("failure" in record for record in records)
    facts = [labels["counted"].format(made=len(tiles) - missing, all=len(tiles))]
    facts += [models.name_of(model) for model in dict.fromkeys(tile.model for tile in tiles)]
    costs = [tile.cost for tile in tiles if tile.cost is not None]
    prices = [tile.list_price for tile in tiles if tile.list_price is not None]
    if costs:
        facts.append(labels["spent"].format(spent=_amount(sum(costs))))
    if prices:
        facts.append(labels["listed"].format(listed=_amount(sum(prices))))
    return facts


def _amount(usd: float) -> str:
    """Return an amount with at least two decimals, and up to six where it has them."""
    exact = f"{usd:.6f}".rstrip("0")
    return exact if len(exact.partition(".")[2]) > 2 else f"{usd:.2f}"


def _flat(body: Mapping[str, Any]) -> dict[str, str]:
    family = models.family_for_body(body)
    flat = family.flat(body) if family else body
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in flat.items()
    }


# ---- pictures -------------------------------------------------------------------------------------------------------


class _EmbeddedPicture:
    """A tile's picture as base64 WebP for the grid, with a larger one for a closer look if `full` is large enough.

    Each holds the prompt and the settings, for who saves it from the page.
    """

    def __init__(self, path: Path, thumbnail: Path | None, full: int, receipt: Mapping[str, Any]) -> None:
        with Image.open(path) as stored:
            self.size = stored.size
            image = sheets.flat(stored) if full > THUMBNAIL or thumbnail is None else None

        def webp(image: Image.Image, most: int) -> tuple[str, tuple[int, int]]:
            small = _fitted(image, most)
            data = infotext.stamped_preview(_webp(small), receipt, self.size)
            return base64.b64encode(data).decode(), small.size

        if image is None:
            self.thumbnail, self.shown = webp(sheets.flat(Image.open(thumbnail or path)), THUMBNAIL)
            self.full = ""
        elif full <= ONE_FOR_ALL or max(self.size) <= ONE_FOR_ALL:
            self.thumbnail, self.shown = webp(image, full)
            self.full = ""
        else:
            self.full, self.shown = webp(image, full)
            self.thumbnail, _ = webp(image, THUMBNAIL)


def _embedded(tile: Tile, full: int) -> _EmbeddedPicture | None:
    if tile.path is None or tile.failure:
        return None
    receipt = {"model": tile.model, "seed": tile.seed, "body": tile.body}
    try:
        return _EmbeddedPicture(tile.path, tile.thumbnail, full, receipt)
    except (OSError, SyntaxError, ValueError):  # lost or damaged since it was stored
        return None


def _fitted(image: Image.Image, most: int) -> Image.Image:
    """Return the picture, or a copy whose longer side is `most` pixels where it is larger."""
    if max(image.size) <= most:
        return image
    image = image.copy()
    image.thumbnail((most, most), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _webp(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", quality=QUALITY, method=2)
    return data.getvalue()


class _BodyImages:
    """The images inside request bodies, each kept once for all tiles that share it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def without(self, body: Mapping[str, Any]) -> str:
        """Return the body as JSON, its images replaced by their hashes."""
        return json.dumps(self._hashed(body), ensure_ascii=False, indent=2)

    def kept(self) -> dict[str, str]:
        """Return the images by their hashes; none of them where they are too large together."""
        return self.texts if sum(map(len, self.texts.values())) <= MAX_INPUTS else {}

    def _hashed(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) >= SHORTEST_INPUT and " " not in value:
            name = f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
            self.texts[name] = value
            return name
        if isinstance(value, Mapping):
            return {key: self._hashed(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._hashed(one) for one in value]
        return value
