"""The folder where tiles are kept: one picture a request, named by the hash of the request, whole or not there at all.

    sweeps/studio/6e0c…-1f2a.png    the picture as it came, with its receipt inside
                  6e0c…-1f2a.webp   the same, at most 256 px a side
                  6e0c….json        the record, with the engine that drew it; written last, once the tile is finished
                  6e0c….failure     why there is no picture, for a request that failed
                  inputs/           pictures that requests were made from
    sweeps/aws/…                    the same for AWS; its pictures are taken whatever engine drew them

A picture's name ends in the hash of its own bytes: two runs that make the same tile at once write two files, and the
record, which is replaced in one step, names one of them.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from helpers.calls.answers import Backend
from helpers.calls.studio_engines import recorded_engine
from helpers.errors import SetupError
from helpers.language import tr
from helpers.pictures import metadata
from helpers.pictures.formats import PNG_START
from helpers.pictures.whole_files import put
from helpers.recipes import infotext, input_files
from helpers.sweeps.axes import keys
from helpers.sweeps.axes.tiles import Failure, Tile
from helpers.sweeps.run.tile_files import TileFiles

_KEY_DIGITS = 32  # of 64, in a file's name; the record holds all of them
_LEFTOVER_SECONDS = 3600  # a temporary file older than this belongs to a run that was killed
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"  # how every PNG ends
_UNMADE: dict[str, Any] = {**dict.fromkeys(("path", "thumbnail", "seed", "cost", "seconds")), "unknown_words": ()}


@dataclass(frozen=True)
class Store:
    """The tiles of one back end in one folder. It keeps no state: every answer is read from the disk."""

    home: Path
    backend: Backend
    engines: Mapping[str, str] = field(default_factory=dict, hash=False)
    """On a studio: the engine that draws now, by model id. Pictures that another engine drew are not taken."""

    @property
    def folder(self) -> Path:
        """The folder of the pictures."""
        return self.home / self.backend

    def filled(self, tile: Tile) -> Tile:
        """Return the tile with what is stored about it: its picture, or its failure, or neither."""
        record = self.record(tile.key)
        if record is not None:
            return self._with_picture(tile, record)
        failure = self._failure(tile.key)
        backend = self.backend if failure is not None else None
        return replace(tile, **_UNMADE, words={}, failure=failure, backend=backend)

    def record(self, key: str) -> dict[str, Any] | None:
        """Return the record of a tile that this engine drew; None without one, or where its picture is not whole."""
        record = self._whole_record(key)
        return record if record is not None and self._is_of_this_engine(record) else None

    def other_engine(self, key: str) -> str | None:
        """Return the engine that drew the stored picture, if it is not the one that draws now; else None."""
        record = self._whole_record(key)
        return (
            None
            if record is None or self._is_of_this_engine(record)
            else recorded_engine(record) or tr("another engine")
        )

    def check_writable(self) -> None:
        """Raise SetupError where the folder cannot be made or written to; called before the first call is paid for."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"?")
        except OSError as error:
            raise SetupError(
                tr("The tiles cannot be kept in {folder}.", folder=self.folder),
                f"{type(error).__name__}: {error}",
                tr("Choose another folder: sweep.run(folder=...). Nothing was sent."),
            ) from error

    def keep(self, tile: Tile, drawn: TileFiles, cost: float | None) -> Tile:
        """Write a picture that has arrived, and its record last, and return its tile. `cost`: USD."""
        self.folder.mkdir(parents=True, exist_ok=True)
        receipt = {**drawn.receipt, "cost": cost, "list_price": tile.list_price}
        if self.backend == "studio":  # answers of the first edition do not name the engine
            receipt["engine"] = drawn.receipt.get("engine") or self.engines.get(tile.model)
        receipt["grid"] = {coordinate.axis: coordinate.label for coordinate in tile.coordinates}
        picture = infotext.stamped(drawn.file, {**receipt, "body": dict(tile.body)})
        name = f"{tile.key[:_KEY_DIGITS]}-{hashlib.sha256(picture).hexdigest()[:8]}"
        path, thumbnail = self.folder / f"{name}.png", self.folder / f"{name}.webp"
        put(path, picture)
        input_files.keep_inputs(tile.body, path.parent)
        if infotext.is_signed(picture):
            infotext.write_sidecar(path, {**receipt, "body": dict(tile.body)})
        told = {"model": tile.model, "seed": receipt.get("seed"), "body": tile.body}
        put(thumbnail, infotext.stamped_preview(drawn.thumbnail, told, metadata.size_of(picture)))
        record = {
            "key": tile.key,
            "picture": path.name,
            "bytes": len(picture),
            "thumbnail": thumbnail.name,
            **{**receipt, **keys.hashed_request(tile.model, tile.body)},
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        put(self._path(tile.key, ".json"), _json(record))
        with contextlib.suppress(OSError):
            os.unlink(self._path(tile.key, ".failure"))
        return self._with_picture(tile, record)

    def keep_failure(self, tile: Tile, failure: Failure) -> Tile:
        """Write why a tile has no picture, and return the tile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        record = {"key": tile.key, **asdict(failure), **keys.hashed_request(tile.model, tile.body)}
        put(self._path(tile.key, ".failure"), _json(record))
        return replace(tile, failure=failure, backend=self.backend)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the record of every finished tile in the folder, of any sweep."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("*.json")):
                record = _read(path)
                if record and "body" in record and self._is_whole(record) and self._is_of_this_engine(record):
                    yield record

    def holds(self, path: Path) -> bool:
        """Return whether the picture at this path is in this folder, and there in full."""
        try:
            return os.path.dirname(path) == os.fspath(self.folder) and _whole_size(os.fspath(path)) > 0
        except OSError:
            return False

    def tidy(self) -> None:
        """Remove the half-written files of runs that were killed."""
        oldest = time.time() - _LEFTOVER_SECONDS
        if self.folder.is_dir():
            for path in self.folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):  # another run removed it first
                    if path.stat().st_mtime < oldest:
                        path.unlink()

    # Strings instead of Paths: thousands are joined when a large sweep is opened.

    def _path(self, key: str, ending: str) -> str:
        return os.path.join(self.home, self.backend, key[:_KEY_DIGITS] + ending)

    def _whole_record(self, key: str) -> dict[str, Any] | None:
        record = _read(self._path(key, ".json"))
        return record if record is not None and record.get("key") == key and self._is_whole(record) else None

    def _is_of_this_engine(self, record: Mapping[str, Any]) -> bool:
        """Return whether its engine is the one that draws now; always True on AWS, where pictures were paid for."""
        now = self.engines.get(str(record.get("model")))
        return self.backend != "studio" or now is None or recorded_engine(record) == now

    def _is_whole(self, record: Mapping[str, Any]) -> bool:
        """Return whether the record's picture is there in full."""
        try:
            return _whole_size(os.path.join(self.home, self.backend, record["picture"])) == record["bytes"]
        except (OSError, KeyError, ValueError, TypeError):
            return False

    def _with_picture(self, tile: Tile, record: Mapping[str, Any]) -> Tile:
        folder = os.path.join(self.home, self.backend)
        thumbnail = os.path.join(folder, str(record.get("thumbnail")))
        unknown = tuple(record.get("unknown_words") or ())
        return replace(
            tile,
            path=Path(folder, record["picture"]),
            thumbnail=Path(thumbnail) if os.path.exists(thumbnail) else None,
            seed=record.get("seed"),
            cost=record.get("cost"),
            seconds=record.get("seconds"),
            failure=None,
            backend=self.backend,
            unknown_words=unknown,
            words=record.get("words") or dict.fromkeys(unknown, "unknown"),  # older records have no words
        )

    def _failure(self, key: str) -> Failure | None:
        record = _read(self._path(key, ".failure"))
        if record is None or record.get("key") != key:
            return None
        try:
            return Failure(record["kind"], record["what"], record["why"], record["fix"])
        except KeyError:
            return None


def _read(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _json(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8")


def _whole_size(path: str) -> int:
    """Return the size of a picture's file in bytes; 0 for a PNG whose beginning or end was lost, as by a full disk."""
    with open(path, "rb") as file:
        start = file.read(len(PNG_START))
        size = file.seek(0, os.SEEK_END)
        if path.endswith(".png"):
            file.seek(max(0, size - len(_PNG_END)))
            return size if start == PNG_START and file.read() == _PNG_END else 0
        return size
