"""The folder where tiles are kept: one picture a request, under the hash of the request, whole or not there at all.

    sweeps/studio/6e0c…-1f2a.png    the picture as it came, with its receipt inside
                  6e0c…-1f2a.webp   the same, at most 256 px a side
                  6e0c….json        the record, with the engine that drew it; written last: a tile without it was never finished
                  6e0c….failure     why there is no picture, for a request that failed
                  inputs/           pictures that requests were made from
    sweeps/aws/…                    what AWS made is never mixed with it, and always taken

A picture's name holds the hash of its own bytes too: two runs that make the same tile at once write two files, and the
record, which is replaced in one step, names one that is whole.
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
from helpers.pictures.whole_files import put
from helpers.recipes import infotext
from helpers.sweeps.axes import keys
from helpers.sweeps.axes.tiles import Failure, Tile
from helpers.sweeps.run.drawing import Drawn

_KEY_DIGITS = 32  # of 64, in a file's name; the record holds all of them
_LEFTOVER_SECONDS = 3600  # a temporary file older than this belongs to a run that was killed
_PNG, _END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"  # how every PNG begins and ends
_BARE: dict[str, Any] = {**dict.fromkeys(("path", "thumbnail", "seed", "cost", "seconds")), "unknown_words": ()}


@dataclass(frozen=True)
class Store:
    """The tiles of one back end in one folder. It holds nothing itself: every question is asked of the disk."""

    home: Path
    backend: Backend
    engines: Mapping[str, str] = field(default_factory=dict, hash=False)
    """On a studio: the engine that would draw now, for each model by its id. Pictures of another are not taken."""

    @property
    def folder(self) -> Path:
        """Where the pictures are."""
        return self.home / self.backend

    def filled(self, tile: Tile) -> Tile:
        """The tile with what is known about it: its picture, or how it failed. As it was, where nothing is stored."""
        record = self.record(tile.key)
        if record is not None:
            return self._with_picture(tile, record)
        failure = self._failure(tile.key)
        backend = self.backend if failure is not None else None
        return replace(tile, **_BARE, failure=failure, backend=backend)

    def record(self, key: str) -> dict[str, Any] | None:
        """What was written down about a finished tile; None where there is none, or its picture is not whole."""
        record = self._whole_record(key)
        return record if record is not None and self._is_of_this_engine(record) else None

    def other_engine(self, key: str) -> str | None:
        """The engine that drew the picture there, where another would draw it now; None where there is none to draw again."""
        record = self._whole_record(key)
        return (
            None
            if record is None or self._is_of_this_engine(record)
            else recorded_engine(record) or tr("another engine")
        )

    def must_take_files(self) -> None:
        """Raise SetupError where the folder cannot be made or written to: better before the first call than after it."""
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

    def keep(self, tile: Tile, drawn: Drawn, cost: float | None) -> Tile:
        """Write a picture that has arrived, and give back its tile. The record comes last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        receipt = {**drawn.receipt, "cost": cost, "list_price": tile.list_price}
        if self.backend == "studio":  # the first edition does not say in its answers who drew
            receipt["engine"] = drawn.receipt.get("engine") or self.engines.get(tile.model)
        receipt["grid"] = {place.axis: place.label for place in tile.coordinates}
        picture = infotext.stamped(drawn.file, {**receipt, "body": dict(tile.body)})
        name = f"{tile.key[:_KEY_DIGITS]}-{hashlib.sha256(picture).hexdigest()[:8]}"
        path, thumbnail = self.folder / f"{name}.png", self.folder / f"{name}.webp"
        put(path, picture)
        infotext.keep_inputs(tile.body, path)
        if infotext.is_sealed(picture):
            infotext.write_sidecar(path, {**receipt, "body": dict(tile.body)})
        put(thumbnail, drawn.thumbnail)
        record = {
            "key": tile.key,
            "picture": path.name,
            "bytes": len(picture),
            "thumbnail": thumbnail.name,
            **{**receipt, **keys.request(tile.model, tile.body)},
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        put(self._place(tile.key, ".json"), _json(record))
        with contextlib.suppress(OSError):
            os.unlink(self._place(tile.key, ".failure"))
        return self._with_picture(tile, record)

    def note(self, tile: Tile, failure: Failure) -> Tile:
        """Write down why a tile has no picture, and give back the tile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = {"key": tile.key, **asdict(failure), **keys.request(tile.model, tile.body)}
        put(self._place(tile.key, ".failure"), _json(told))
        return replace(tile, failure=failure, backend=self.backend)

    def records(self) -> Iterator[dict[str, Any]]:
        """Every finished tile in the folder, of whichever sweep."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("*.json")):
                record = _read(path)
                if record and "body" in record and self._is_whole(record) and self._is_of_this_engine(record):
                    yield record

    def tidy(self) -> None:
        """Remove what killed runs left half written."""
        oldest = time.time() - _LEFTOVER_SECONDS
        if self.folder.is_dir():
            for path in self.folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):  # another run was quicker
                    if path.stat().st_mtime < oldest:
                        path.unlink()

    # Texts and not Paths here: they are put together a few thousand times when a large sweep is opened.

    def _place(self, key: str, ending: str) -> str:
        return os.path.join(self.home, self.backend, key[:_KEY_DIGITS] + ending)

    def _whole_record(self, key: str) -> dict[str, Any] | None:
        record = _read(self._place(key, ".json"))
        return record if record is not None and record.get("key") == key and self._is_whole(record) else None

    def _is_of_this_engine(self, record: Mapping[str, Any]) -> bool:
        """Whether the engine that drew it is the one that would draw it now. What was paid for stays, whoever made it."""
        now = self.engines.get(str(record.get("model")))
        return self.backend != "studio" or now is None or recorded_engine(record) == now

    def _is_whole(self, record: Mapping[str, Any]) -> bool:
        """Whether the record's picture is there in full."""
        try:
            return _whole_size(os.path.join(self.home, self.backend, record["picture"])) == record["bytes"]
        except (OSError, KeyError, ValueError, TypeError):
            return False

    def holds(self, path: Path) -> bool:
        """Whether the picture at this path is one of this folder's, and there in full."""
        try:
            return os.path.dirname(path) == os.fspath(self.folder) and _whole_size(os.fspath(path)) > 0
        except OSError:
            return False

    def _with_picture(self, tile: Tile, record: Mapping[str, Any]) -> Tile:
        folder = os.path.join(self.home, self.backend)
        thumbnail = os.path.join(folder, str(record.get("thumbnail")))
        return replace(
            tile,
            path=Path(folder, record["picture"]),
            thumbnail=Path(thumbnail) if os.path.exists(thumbnail) else None,
            seed=record.get("seed"),
            cost=record.get("cost"),
            seconds=record.get("seconds"),
            failure=None,
            backend=self.backend,
            unknown_words=tuple(record.get("unknown_words") or ()),
        )

    def _failure(self, key: str) -> Failure | None:
        told = _read(self._place(key, ".failure"))
        if told is None or told.get("key") != key:
            return None
        try:
            return Failure(told["kind"], told["what"], told["why"], told["fix"])
        except KeyError:
            return None


def _read(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8")


def _whole_size(path: str) -> int:
    """The bytes of a picture's file; 0 for a PNG without its beginning or its end, as a disk that failed leaves it."""
    with open(path, "rb") as file:
        begins = file.read(len(_PNG))
        size = file.seek(0, os.SEEK_END)
        if path.endswith(".png"):
            file.seek(max(0, size - len(_END)))
            return size if begins == _PNG and file.read() == _END else 0
        return size
