"""What a gallery knows: tiles, axes and pictures as plain data, with all that it says about them already in words."""

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
from helpers.sweeps.axes.tiles import Axis, Failure, Tile
from helpers.sweeps.shown.arranging import Run, runs
from helpers.sweeps.shown.gallery.labels import KEYS

THUMBNAIL = 256  # pixels a side: the least for a picture in the grid
ONE_FOR_ALL = 512  # pixels a side: larger pictures are for a closer look, and the grid has small ones beside them
QUALITY = 70  # of WebP
MOST_INPUTS = 4_000_000  # characters of base64: larger init images and masks are named and not kept
SHORTEST_INPUT = 2_000  # characters: a shorter text in a body is no picture
_KEY = 12  # hexadecimal digits that name a tile in a link
_FULL_FOR = ((24, 1024), (60, 768), (160, 512), (320, 384))  # tiles at most -> pixels: a file of a few MB

Words = Mapping[str, str]


def full_size(count: int) -> int:
    """The size at which so many pictures make a file of a few MB, in pixels a side."""
    return next((size for most, size in _FULL_FOR if count <= most), THUMBNAIL)


def gallery_data(tiles: Sequence[Tile], axes: Sequence[Axis], title: str, full: int, words: Words) -> dict[str, Any]:
    """Everything that the page shows, ready for JSON."""
    used = runs(tiles, axes)
    inputs = _Inputs()
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 2) + 1)) as threads:
        pictures = list(threads.map(lambda tile: _pictures(tile, full), tiles))
    told = [_tile(*both, used, inputs, words) for both in zip(tiles, pictures, strict=True)]
    _tell_apart(told)
    kept = inputs.kept()
    return {
        "title": title or words["untitled"],
        "facts": _facts(tiles, told, words),
        "alike": [list(pair) for pair in alike(tiles).items()],
        "axes": [{"name": run.name, "labels": run.labels, "short": alt_text.trimmed(run.labels)} for run in used],
        "tiles": told,
        "inputs": kept,
        "inputsLeftOut": bool(inputs.texts) and not kept,
        "keys": KEYS,
        "words": dict(words),
    }


def alike(tiles: Sequence[Tile]) -> dict[str, str]:
    """The fields that all bodies share, in words: the prompt, and each setting that is nowhere different."""
    bodies = [_flat(tile.body) for tile in tiles]
    return {key: value for key, value in bodies[0].items() if all(body.get(key) == value for body in bodies)}


def _tell_apart(told: Sequence[dict[str, Any]]) -> None:
    """Tiles that ask for the same have one key, and each needs a name of its own in a link."""
    seen: dict[str, int] = {}
    for tile in told:
        seen[tile["key"]] = count = seen.get(tile["key"], 0) + 1
        if count > 1:
            tile["key"] += f"-{count}"


# ---- one tile -------------------------------------------------------------------------------------------------------


def _tile(
    tile: Tile, pictures: "_Pictures | None", used: Sequence[Run], inputs: "_Inputs", words: Words
) -> dict[str, Any]:
    where = {place.axis: place.label for place in tile.coordinates}
    failure = tile.failure or _no_picture(tile, pictures, words)
    label = tile.label
    told: dict[str, Any] = {
        "key": tile.key[-_KEY:],
        "at": [run.labels.index(where[run.name]) if run.name in where else 0 for run in used],
        "label": label,
        "facts": _tile_facts(tile, pictures, words),
        "body": inputs.without(tile.body),
    }
    if failure is not None or pictures is None:
        failure = failure or Failure("failed", "")
        kind = _kind(tile, failure, words)
        told["failure"] = {"kind": kind, "what": failure.what, "why": failure.why, "fix": failure.fix}
        plain = tile.failure is None and tile.path is None
        told["alt"] = words["alt_unmade" if plain else "alt_failed"].format(label=label, kind=kind, what=failure.what)
    else:
        width, height = pictures.size
        told |= {"thumb": pictures.thumbnail, "full": pictures.full, "width": width, "height": height}
        told["alt"] = words["alt"].format(label=label, width=width, height=height)
    return told


def _no_picture(tile: Tile, pictures: "_Pictures | None", words: Words) -> Failure | None:
    """Why a tile that did not fail has no picture all the same: it was not made, or its file is gone."""
    if pictures is not None:
        return None
    kind = "unmade" if tile.path is None else "lost"
    name = tile.path.name if tile.path else ""
    return Failure("stopped", *(words[f"{kind}_{part}"].format(name=name) for part in ("what", "why", "fix")))


def _kind(tile: Tile, failure: Failure, words: Words) -> str:
    if tile.failure is None:
        return words["unmade" if tile.path is None else "lost"]
    return words.get(f"kind_{failure.kind}", failure.kind)


def _tile_facts(tile: Tile, pictures: "_Pictures | None", words: Words) -> dict[str, str]:
    """What is known of a tile beside its coordinates, each in words; what is not known is left out."""
    told: dict[str, str] = {}
    if tile.seed is not None:
        told["seed"] = str(tile.seed)
    if pictures:
        width, height = pictures.size
        shown = " × ".join(map(str, pictures.shown))
        told["pixels"] = words["pixels" if pictures.shown == pictures.size else "pixels_here"].format(
            width=width, height=height, shown=shown
        )
    for name, amount in (("cost", tile.cost), ("price", tile.list_price)):
        if amount is not None:
            told[name] = words["usd"].format(amount=_amount(amount))
    if tile.seconds is not None:
        told["seconds"] = f"{tile.seconds:.2f}"
    told["model"] = models.name_of(tile.model)
    if tile.backend:
        told["where"] = words[f"where_{tile.backend}"]
    if tile.path:
        told["file"] = tile.path.name
    return told


def _facts(tiles: Sequence[Tile], told: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    missing = sum("failure" in one for one in told)
    facts = [words["counted"].format(made=len(tiles) - missing, all=len(tiles))]
    facts += [models.name_of(model) for model in dict.fromkeys(tile.model for tile in tiles)]
    costs = [tile.cost for tile in tiles if tile.cost is not None]
    prices = [tile.list_price for tile in tiles if tile.list_price is not None]
    if costs:
        facts.append(words["spent"].format(spent=_amount(sum(costs))))
    if prices:
        facts.append(words["listed"].format(listed=_amount(sum(prices))))
    return facts


def _amount(usd: float) -> str:
    """An amount with at least two decimals, and with as many more as it has."""
    exact = f"{usd:.6f}".rstrip("0")
    return exact if len(exact.partition(".")[2]) > 2 else f"{usd:.2f}"


def _flat(body: Mapping[str, Any]) -> dict[str, str]:
    family = models.family_of(body)
    told = family.flat(body) if family else body
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in told.items()
    }


# ---- pictures -------------------------------------------------------------------------------------------------------


class _Pictures:
    """A tile's picture as base64 WebP for the grid, a larger one for a closer look where that is asked for; its size."""

    def __init__(self, path: Path, thumbnail: Path | None, full: int) -> None:
        with Image.open(path) as stored:
            self.size = stored.size
            image = sheets.flat(stored) if full > THUMBNAIL or thumbnail is None else None
        if image is None:
            self.thumbnail, self.shown = _webp(sheets.flat(Image.open(thumbnail or path)), THUMBNAIL)
            self.full = ""
        elif full <= ONE_FOR_ALL or max(self.size) <= ONE_FOR_ALL:
            self.thumbnail, self.shown = _webp(image, full)
            self.full = ""
        else:
            self.full, self.shown = _webp(image, full)
            self.thumbnail, _ = _webp(image, THUMBNAIL)


def _pictures(tile: Tile, full: int) -> _Pictures | None:
    if tile.path is None or tile.failure:
        return None
    try:
        return _Pictures(tile.path, tile.thumbnail, full)
    except (OSError, SyntaxError, ValueError):  # lost or damaged since it was stored
        return None


def _webp(image: Image.Image, most: int) -> tuple[str, tuple[int, int]]:
    """The picture as base64 WebP of at most so many pixels a side, and the size it has then."""
    image = image.copy()
    if max(image.size) > most:
        image.thumbnail((most, most), Image.Resampling.LANCZOS, reducing_gap=2.0)
    data = io.BytesIO()
    image.save(data, "WEBP", quality=QUALITY, method=2)
    return base64.b64encode(data.getvalue()).decode(), image.size


class _Inputs:
    """The pictures inside request bodies, kept once however many tiles share them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def without(self, body: Mapping[str, Any]) -> str:
        """The body as JSON, its pictures replaced by their hashes."""
        return json.dumps(self._named(body), ensure_ascii=False, indent=2)

    def kept(self) -> dict[str, str]:
        """The pictures by the hashes that stand for them; nothing where they are too large together."""
        return self.texts if sum(map(len, self.texts.values())) <= MOST_INPUTS else {}

    def _named(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) >= SHORTEST_INPUT and " " not in value:
            name = f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
            self.texts[name] = value
            return name
        if isinstance(value, Mapping):
            return {key: self._named(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._named(one) for one in value]
        return value
