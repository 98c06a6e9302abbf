"""A sweep as tables for other tools: tiles.csv for spreadsheets, and tiles.jsonl with whole requests."""

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from helpers.pictures.whole_files import put
from helpers.sweeps.axes import keys
from helpers.sweeps.axes.tiles import Axis, Tile


def save(folder: Path, tiles: Sequence[Tile], axes: Sequence[Axis]) -> tuple[Path, Path]:
    """Write both tables to the folder, each in one step, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    table, lines = folder / "tiles.csv", folder / "tiles.jsonl"
    put(table, _csv(folder, tiles, axes))
    put(lines, b"".join(_line(folder, tile) for tile in tiles))
    return table, lines


def _csv(folder: Path, tiles: Sequence[Tile], axes: Sequence[Axis]) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    headings = (
        *("seed used", "model", "cost", "list price", "seconds", "backend", "failure", "reason"),
        *("words", "picture", "key"),
    )
    rows.writerow(["tile", *(axis.name for axis in axes), *headings])
    for number, tile in enumerate(tiles, 1):
        rows.writerow([number, *(coordinate.label for coordinate in tile.coordinates), *_facts(folder, tile)])
    return out.getvalue().encode("utf-8-sig")  # the mark tells Excel that it is UTF-8


def _facts(folder: Path, tile: Tile) -> Iterator[Any]:
    yield from (tile.seed, tile.model, tile.cost, tile.list_price, tile.seconds, tile.backend)
    yield from (tile.failure.kind, str(tile.failure)) if tile.failure else ("", "")
    yield "; ".join(f"{word}: {outcome}" for word, outcome in tile.words.items())
    yield from (_relative(folder, tile.path), tile.key)


def _line(folder: Path, tile: Tile) -> bytes:
    record = {
        "label": tile.label,
        "coordinates": {coordinate.axis: coordinate.label for coordinate in tile.coordinates},
        **keys.hashed_request(tile.model, tile.body),
        "seed": tile.seed,
        "cost": tile.cost,
        "list_price": tile.list_price,
        "seconds": tile.seconds,
        "backend": tile.backend,
        "words": dict(tile.words),
        "failure": vars(tile.failure) if tile.failure else None,
        "picture": _relative(folder, tile.path),
        "thumbnail": _relative(folder, tile.thumbnail),
        "key": tile.key,
    }
    return (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8")


def _relative(folder: Path, path: Path | None) -> str | None:
    """Return the path of a file relative to the tables, so that the folders can be moved together."""
    return None if path is None else Path(os.path.relpath(path, folder)).as_posix()
