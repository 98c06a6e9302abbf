"""`Sweep`: one body, several axes, a picture for every combination. Quoted before, paced while it runs, kept for good."""

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers import models
from helpers.bodies import retired
from helpers.calls import studio_engines
from helpers.calls.answers import Backend, prompt_of
from helpers.calls.client import Client, backend_of, connect
from helpers.language import listed, tr
from helpers.language.remarks import warn
from helpers.sweeps.axes import axes as axes_
from helpers.sweeps.axes import plan
from helpers.sweeps.axes.tiles import Axis, Failure, Tile
from helpers.sweeps.run import drawing, explain, failures, money, runner, transport
from helpers.sweeps.run.store import Store
from helpers.sweeps.shown import tables

if TYPE_CHECKING:
    from helpers.sweeps.shown.effects.measure import Effects

WORKERS = 8
_LONGEST_TITLE = 80  # characters


class Sweep:
    """Pictures of one request body along axes, every combination once.

        sweep = helpers.Sweep(body, helpers.swap("beach", ["forest", "desert"]), cfg_scale="1-13 (+4)", seed=[1, 2, 3])
        sweep.quote()
        sweep.run(bedrock)

    Axes are made by `helpers.axis`, `swap` and `together`; a keyword is the axis of a field of the body. The last one
    turns fastest. All requests are built and checked here: BodyError lists everything that is wrong, by axis
    and value. Tiles that the folder holds are taken from it, and never paid for again.

    `model`: an id or role that takes the body's own place, or a list of them: an axis before those of other keywords, on
    which the body is said again in the words of each model (`helpers.core_body`). `backend`: whose pictures to look for before `run` is given a
    client. `folder`: where tiles are kept (default: `sweeps` among the outputs). `most`: tiles that are allowed.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        *axes: "axes_.Knob | models.Chosen",
        model: Any = None,
        title: str = "",
        backend: Backend = "studio",
        folder: str | os.PathLike[str] | None = None,
        most: int = plan.MOST_TILES,
        **fields: Any,
    ) -> None:
        several = model is not None and not isinstance(model, (str, models.Model))
        knobs = axes_.of_all(axes, {**({"model": model} if several else {}), **fields})
        called = models.get(model) if model is not None and not several else None
        asked = plan.copied(body, [called] if called else axes_.models_in(knobs))
        planned = plan.plan(asked, knobs, called, most)
        self.title = title or _titled(asked)
        self.axes: tuple[Axis, ...] = planned.axes
        self._tiles = list(planned.tiles)
        self.receipt: money.Receipt | None = None
        self._models = planned.models
        self._home = _home(folder)
        self._backend: Backend = backend
        self._bedrock: Client | None = None
        self._engines: Mapping[str, str] = studio_engines.own_engine_by_model()
        self._told_of_engines = False
        self._ran: set[str] = set()
        self._refresh()
        self._places: dict[str, list[int]] = {}
        for place, tile in enumerate(self._tiles):
            self._places.setdefault(tile.key, []).append(place)
        shared = len(self._tiles) - len(self._places)
        if shared:
            warn(
                tr(
                    "{shared} of {count} tiles ask for the same as another one, and share its picture.",
                    shared=shared,
                    count=len(self._tiles),
                )
            )

    def quote(self, bedrock: Client | None = None) -> money.Quote:
        """What `run` will come to: tiles, those made already, calls, price, minutes at the quota, megapixels.

        Makes no call. `bedrock`: the client that is to be used, where it is another than last time.
        """
        self._turn_to(bedrock)
        self._tell_of_engines()
        return money.quote(self.tiles, self._models, self._wanted(), self._backend)

    def run(
        self,
        bedrock: Client | None = None,
        budget: float | None = None,
        *,
        workers: int = WORKERS,
        executor: Executor | None = None,
        folder: str | os.PathLike[str] | None = None,
        progress: bool = True,
        per_minute: float | None = None,
    ) -> "Sweep":
        """Make what is missing, and give the sweep back.

        `bedrock`: a client, or None for the studio. `budget`: USD that may be spent; without it a run on AWS asks
        once, and a yes is a budget of the price that was quoted. `workers`: calls at a time. `executor`: who makes them, instead of threads here: a ProcessPoolExecutor, or
        Dask's `client.get_executor(pure=False)`; pace, retries and files stay here. `per_minute`: a quota to keep to
        (default on AWS: the registry's).

        Throttles slow all workers down and fail nothing. Tiles that fail are `.failures`; a filtered or invalid one is
        not asked for again but by `retry`. Ctrl-C ends the run within a moment, and what was made is kept. Calls that are
        on their way then are kept when they arrive, and the next run in this notebook waits for them; another process
        that makes the same tiles at the same time may pay for them, too.
        """
        if folder is not None:
            self._home = _home(folder)
            self._forget_failures()
        return self._run(bedrock, budget, workers, executor, progress, per_minute, failed=False)

    def retry(
        self,
        bedrock: Client | None = None,
        budget: float | None = None,
        *,
        workers: int = WORKERS,
        executor: Executor | None = None,
        progress: bool = True,
        per_minute: float | None = None,
    ) -> "Sweep":
        """Ask once more for the tiles that failed, and for no other; by the client that `run` was given."""
        return self._run(bedrock, budget, workers, executor, progress, per_minute, failed=True)

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Every combination in order, the last axis turning fastest: with its picture, or why there is none."""
        return tuple(self._tiles)

    @property
    def failures(self) -> failures.Failures:
        """The tiles without a picture, each with the kind, the reason and the fix. Shown as a table."""
        return failures.Failures(tile for tile in self.tiles if tile.failure is not None)

    @property
    def folder(self) -> Path:
        """Where `run` puts this sweep's tables, tiles.csv and tiles.jsonl; the pictures lie beside it."""
        told = "-".join(re.sub(r"\W+", "-", axis.name).strip("-") for axis in self.axes)[:40] or "one"
        keys = hashlib.sha256("".join(tile.key for tile in self.tiles).encode("ascii")).hexdigest()
        return self._home / f"{self._backend}-{told}-{keys[:8]}"

    def why(self, tile: Tile | int) -> str:
        """Which field made this tile (or the one of that number) run, in a sentence."""
        if isinstance(tile, int):
            if not -len(self) <= tile < len(self):
                raise IndexError(
                    tr("There is no tile {number}: this sweep has {count}, from 0.", number=tile, count=len(self))
                )
            tile = self._tiles[tile]
        return explain.why(tile, self._store.records(), frozenset(self._places), frozenset(self._ran))

    def grid(
        self,
        rows: str | None = None,
        columns: str | None = None,
        pages: Any = None,
        *,
        path: str | os.PathLike[str] | None = None,
        tile: int | None = None,
        overwrite: bool = False,
    ) -> list[Path] | None:
        """Show the pictures in tables, or write them to `path`: helpers.sweeps.shown.grids.draw says how to choose."""
        from helpers.sweeps.shown import grids

        return grids.draw(
            self.tiles, self.axes, rows, columns, pages, title=self.title, path=path, tile=tile, overwrite=overwrite
        )

    def gallery(self, path: str | os.PathLike[str], *, full: int | None = None, overwrite: bool = False) -> Path:
        """Write one HTML file to look through and compare the pictures in: helpers.sweeps.shown.gallery.build.write says more."""
        from helpers.sweeps.shown.gallery import build

        return build.write(path, self.tiles, self.axes, self.title, full=full, overwrite=overwrite)

    def effects(self) -> "Effects":
        """How much each axis moves the picture, held against what a new seed does: a table, a plot, a sentence."""
        from helpers.sweeps.shown.effects import measure

        return measure.measure(self.tiles, self.axes)

    def __len__(self) -> int:
        return len(self.tiles)

    def __iter__(self) -> Iterator[Tile]:
        return iter(self.tiles)

    def __repr__(self) -> str:
        span = " × ".join(f"{axis.name} ({len(axis)})" for axis in self.axes) or tr("one request")
        made = sum(tile.made for tile in self._tiles)
        failed = len(self.failures)
        missing = len(self.tiles) - made - failed
        parts = [tr("{made:,} made", made=made)] if made else []
        parts += [tr("{failed:,} without a picture (sweep.failures)", failed=failed)] if failed else []
        parts += [tr("{missing:,} to make", missing=missing)] if missing else []
        tiles = _counted(len(self.tiles))
        return tr("<Sweep {span} = {tiles}: {parts}>", span=span, tiles=tiles, parts=listed(parts))

    # ---- how ----------------------------------------------------------------------------------------------------

    @property
    def _store(self) -> Store:
        return Store(self._home, self._backend, self._engines)

    def _turn_to(self, bedrock: Client | None) -> None:
        if bedrock is not None:
            before, drew = self._backend, self._engines
            self._bedrock, self._backend = bedrock, backend_of(bedrock)
            self._engines = studio_engines.engine_by_model(bedrock) if self._backend == "studio" else {}
            if self._backend != before:
                self._forget_failures()
            if self._engines != drew:
                self._told_of_engines = False
                self._tiles = [replace(tile, path=None) for tile in self._tiles]  # looked for again
        self._refresh()

    def _forget_failures(self) -> None:
        """How a request ended in another place says nothing of how it ends here."""
        self._tiles = [replace(tile, failure=None) for tile in self._tiles]

    def _refresh(self) -> None:
        """Look up in the folder what is known about each tile; one that was stopped stays so until it runs."""
        store = self._store
        for place, old in enumerate(self._tiles):
            if old.path is not None and store.holds(old.path):
                continue
            new = store.filled(old)
            if new.made or new.failure is not None or old.failure is None or old.made:
                self._tiles[place] = new

    def _tell_of_engines(self) -> None:
        """Say which pictures are in the folder and are drawn again all the same, since another engine drew them."""
        store = self._store
        found = {tile: other for tile in self._tiles if not tile.made and (other := store.other_engine(tile.key))}
        if found and not self._told_of_engines:
            self._told_of_engines = True
            warn(explain.drawn_again(list(found.values()), [self._engines.get(tile.model, "") for tile in found]))

    def _wanted(self, *, failed: bool = False) -> list[tuple[Tile, models.Model]]:
        """The requests to make, each once: those that failed, or all that are missing and may succeed."""
        wanted: dict[str, tuple[Tile, models.Model]] = {}
        for tile, model in zip(self._tiles, self._models, strict=True):
            lasting = tile.failure is not None and tile.failure.kind in failures.LASTING
            if not tile.made and (tile.failure is not None if failed else not lasting):
                wanted.setdefault(tile.key, (tile, model))
        return list(wanted.values())

    def _run(
        self,
        bedrock: Client | None,
        budget: float | None,
        workers: int,
        executor: Executor | None,
        progress: bool,
        per_minute: float | None,
        *,
        failed: bool,
    ) -> "Sweep":
        _check_run(workers, per_minute)
        self._turn_to(bedrock if bedrock is not None else self._bedrock or connect(self._backend))
        self._store.tidy()
        self._tell_of_engines()
        wanted = self._without_retired(self._wanted(failed=failed))
        quoted = money.quote(self.tiles, self._models, wanted, self._backend)
        if wanted:
            self._store.must_take_files()
        if not money.agree(quoted, budget):
            print(tr("Nothing was sent."))
            return self
        if budget is None and self._backend == "aws":
            budget = quoted.price  # a yes is a yes to this amount, repeats included
        region = getattr(getattr(self._bedrock, "meta", None), "region_name", None)
        line: transport.Line
        if executor is not None:
            line = transport.Elsewhere(executor, drawing.target_of(self._bedrock, self._backend))
        else:
            line = transport.Direct(drawing.client_for(self._bedrock, max(1, min(workers, len(wanted)))))
        quotas = runner.quotas_of((model for _, model in wanted), per_minute, self._backend == "aws")
        going = runner.Run(wanted, line, self._store, region, workers=workers, budget=budget, quotas=quotas)
        began = time.monotonic()
        reused = sum(tile.made for tile in self.tiles)
        try:
            self._follow(going, len(wanted), progress)
        finally:
            self._finish(going, quoted, reused, time.monotonic() - began)
        return self

    def _follow(self, going: runner.Run, count: int, progress: bool) -> None:
        """Take in each tile as it is settled, with a bar; on Ctrl-C, what arrives in a moment, and then no more."""
        from tqdm.auto import tqdm  # type: ignore[import-untyped]

        grace = 0.0
        with tqdm(total=count, desc="sweep", unit="tile", disable=not progress or not count) as bar:
            try:
                going.start()
                for tile in going.tiles():
                    self._ran.add(tile.key)
                    self._take(tile)
                    bar.set_postfix_str(_so_far(going.tally), refresh=False)
                    bar.update()
            except BaseException as error:
                interrupted = isinstance(error, KeyboardInterrupt)
                grace = runner.GRACE if interrupted else 0.0
                going.stop(tr("It was interrupted.") if interrupted else tr("It failed: {error}", error=error))
                raise
            finally:
                for tile in going.rest(grace):
                    self._take(tile)

    def _finish(self, going: runner.Run, quoted: money.Quote, reused: int, seconds: float) -> None:
        tally = going.tally
        left = sum(tile.failure is not None and tile.failure.kind == "stopped" for tile in self.tiles)
        self.receipt = money.Receipt(
            backend=self._backend,
            made=tally.made,
            reused=reused + tally.found,
            failed={**tally.failed, **({"stopped": left} if left else {})},
            calls=tally.calls,
            retries=tally.repeated,
            throttled=tally.throttled,
            quoted=quoted.price,
            spent=round(tally.spent, 6) if quoted.price is not None else None,
            perhaps=round(tally.perhaps + going.on_their_way, 6),
            filtered_billed=tally.filtered_billed,
            seconds=round(seconds, 3),
            stopped=going.stopped,
        )
        try:
            tables.save(self.folder, self.tiles, self.axes)
        except OSError as error:  # a spreadsheet may hold them open
            warn(
                tr(
                    "The tables tiles.csv and tiles.jsonl could not be written: {error}. The tiles are kept.",
                    error=error,
                )
            )

    def _take(self, settled: Tile) -> None:
        """Put a tile in its place; tiles that ask for the same share what came of it."""
        for place in self._places[settled.key]:
            self._tiles[place] = replace(settled, coordinates=self._tiles[place].coordinates)

    def _without_retired(self, wanted: list[tuple[Tile, models.Model]]) -> list[tuple[Tile, models.Model]]:
        """What may be sent to AWS today. Raises RetiredModelError where nothing is left."""
        if self._backend != "aws":
            return wanted
        gone = [(tile, model) for tile, model in wanted if model.retired_on(date.today())]
        if gone and len(gone) == len(wanted):
            raise retired(gone[0][1], gone[0][0].body)
        for tile, model in gone:
            error = retired(model, tile.body)
            self._take(replace(tile, failure=Failure("invalid", error.what, error.why, error.fix)))
        return [one for one in wanted if one not in gone]


# ---- small things ---------------------------------------------------------------------------------------------------


def _home(folder: str | os.PathLike[str] | None) -> Path:
    from helpers import pictures

    return pictures.outputs("sweeps") if folder is None else Path(folder).expanduser()


def _titled(body: Mapping[str, Any]) -> str:
    text = " ".join(prompt_of(body).split())
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def _check_run(workers: int, per_minute: float | None) -> None:
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(tr("workers={workers!r} is no number of calls at a time. Write workers=8.", workers=workers))
    if per_minute is not None and not per_minute > 0:
        raise ValueError(
            tr("per_minute={per_minute!r} is no quota. Write per_minute=60, or leave it out.", per_minute=per_minute)
        )


def _so_far(tally: money.Tally) -> str:
    failed = sum(tally.failed.values())
    return tr("${spent:.2f} spent", spent=tally.spent) + (tr(", {failed} failed", failed=failed) if failed else "")


def _counted(tiles: int) -> str:
    return tr("1 tile") if tiles == 1 else tr("{tiles:,} tiles", tiles=tiles)
