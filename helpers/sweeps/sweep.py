"""`Sweep`: one body, several axes, and a picture for every combination, quoted before it runs and kept after it."""

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
from helpers.language import listed, shortened, tr
from helpers.language.remarks import warn
from helpers.sweeps.axes import plan
from helpers.sweeps.axes.axes import SweepAxis, all_axes, swept_models
from helpers.sweeps.axes.tiles import Axis, Failure, Tile
from helpers.sweeps.run import explain, failures, money, runner
from helpers.sweeps.run.store import Store
from helpers.sweeps.run.transport import DirectTransport, ExecutorTransport, Transport, client_for, target_of
from helpers.sweeps.shown import tables

if TYPE_CHECKING:
    from helpers.sweeps.shown.effects.report import Effects

WORKERS = 8
_MAX_TITLE = 80  # characters


class Sweep:
    """A request body varied along axes, with one picture for every combination of their values.

        sweep = helpers.Sweep(body, helpers.swap("beach", ["forest", "desert"]), cfg_scale="1-13 (+4)", seed=[1, 2, 3])
        sweep.quote()
        sweep.run(bedrock)

    `axes`: made by `helpers.axis`, `swap` and `together`; any other keyword is the axis of that field of the body. The
    last axis varies fastest. `model`: an id or role to use instead of the body's own, or a list of them, which is the
    first axis of those given by keyword; the body is translated for each model, as by `helpers.core_body`. `title`:
    the heading of grids and galleries (default: the prompt). `backend`: "studio" or "aws", whose pictures to look for
    until `run` is given a client. `folder`: where tiles are kept (default: `sweeps` in the outputs folder). `most`:
    the number of tiles allowed.

    All requests are built and checked here. Tiles that are in the folder are taken from it, and never paid for again.
    Raises BodyError that lists everything that is wrong, by axis and value.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        *axes: "SweepAxis | models.ModelChoices",
        model: Any = None,
        title: str = "",
        backend: Backend = "studio",
        folder: str | os.PathLike[str] | None = None,
        most: int = plan.MAX_TILES,
        **fields: Any,
    ) -> None:
        several = model is not None and not isinstance(model, (str, models.Model))
        sweep_axes = all_axes(axes, {**({"model": model} if several else {}), **fields})
        called = models.get(model) if model is not None and not several else None
        start = plan.copied(body, [called] if called else swept_models(sweep_axes))
        planned = plan.plan(start, sweep_axes, called, most)
        self.title = title or _title_of(start)
        self.axes: tuple[Axis, ...] = planned.axes
        self._tiles = list(planned.tiles)
        self.receipt: money.SweepReceipt | None = None
        self._models = planned.models
        self._home = _home(folder)
        self._backend: Backend = backend
        self._bedrock: Client | None = None
        self._engines: Mapping[str, str] = studio_engines.own_engine_by_model()
        self._warned_of_engines = False
        self._ran: set[str] = set()
        self._refresh()
        self._places: dict[str, list[int]] = {}
        for index, tile in enumerate(self._tiles):
            self._places.setdefault(tile.key, []).append(index)
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
        """Return what `run` would cost: tiles, calls to make, price, minutes at the quota, megapixels.

            sweep.quote(bedrock)

        Makes no call. `bedrock`: the client that will be used, if it is not the last one. Money is in USD.
        """
        self._use_client(bedrock)
        self._warn_of_engines()
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
        """Make the tiles that are missing, and return the sweep.

            sweep.run(bedrock, budget=1.00)

        `bedrock`: a client; without it the last one, or else `helpers.connect(backend)`. `budget`: USD that may be
        spent; without one, a run on AWS asks once, and a yes is a budget of the quoted price. `workers`: calls at a
        time. `executor`: makes the calls instead of threads, such as a ProcessPoolExecutor or Dask's
        `client.get_executor(pure=False)`; pace, retries and files stay in this process. `folder`: where tiles are kept
        from now on. `progress`: show a progress bar. `per_minute`: the quota in requests a minute (default on AWS: the
        registry's).

        Throttling slows all workers down and fails no tile. Tiles that fail are in `.failures`; filtered and invalid
        ones are repeated by `retry` only. Ctrl-C ends the run within a moment, and keeps what was made. Calls in flight
        are kept when they are answered, and the next run in this notebook waits for them; another process that makes
        the same tiles at the same time may pay for them too.

        Raises BudgetError where the run may not spend, RetiredModelError where AWS serves none of its models any more,
        and SetupError where the folder cannot be written to.
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
        """Request again the tiles that failed, and no others, and return the sweep.

            sweep.retry(budget=0.20)

        The arguments are those of `run`; `bedrock` is the client that `run` was given, unless you give another.
        """
        return self._run(bedrock, budget, workers, executor, progress, per_minute, failed=True)

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """A tile for every combination in order, the last axis varying fastest, each with its picture or its failure.

            helpers.show(sweep.tiles[0])

        Before a run only the tiles that are in the folder already have a picture.
        """
        return tuple(self._tiles)

    @property
    def failures(self) -> failures.Failures:
        """The tiles that failed or were stopped, each with its kind, reason and fix. A notebook shows them as a table.

            sweep.failures[0].failure.kind

        `retry` makes them again.
        """
        return failures.Failures(tile for tile in self.tiles if tile.failure is not None)

    @property
    def folder(self) -> Path:
        """The folder of this sweep's tables, tiles.csv and tiles.jsonl; the pictures are in the folder beside it."""
        name = "-".join(re.sub(r"\W+", "-", axis.name).strip("-") for axis in self.axes)[:40] or "one"
        keys = hashlib.sha256("".join(tile.key for tile in self.tiles).encode("ascii")).hexdigest()
        return self._home / f"{self._backend}-{name}-{keys[:8]}"

    def why(self, tile: Tile | int) -> str:
        """Return why this tile ran or has to run, in one sentence.

            sweep.why(0)

        The sentence names the fields in which its request differs from the nearest one that is stored. `tile`: a tile
        of this sweep or its number, from 0. Raises IndexError where there is no such tile.
        """
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
        """Show the pictures in labelled tables, or write the tables to files.

            sweep.grid(rows="cfg_scale", columns="seed")
            sweep.grid(pages={"seed": [1, 2]}, path=helpers.outputs("grid.png"))

        `rows`, `columns`: names of axes; without them the first two axes with several values. There is a page for every
        combination of the others. `pages`: the axis that changes slowest from page to page, or several in order; or the
        number of a page, from 1, or several; or a dict of axes to the values to show. `path`: a PNG, JPEG or WebP to
        write; several pages get a number each. `tile`: the longest side of one picture in a file, in pixels (default
        512).

        Returns the paths of the files, or None where the tables are shown. Raises ValueError for axes, pages or values
        that the sweep does not have, and PictureExistsError where another file is there, unless `overwrite`.
        """
        from helpers.sweeps.shown import grids

        return grids.draw(
            self.tiles, self.axes, rows, columns, pages, title=self.title, path=path, tile=tile, overwrite=overwrite
        )

    def gallery(self, path: str | os.PathLike[str], *, full: int | None = None, overwrite: bool = False) -> Path:
        """Write a gallery of the pictures, one HTML file that needs no network, and return its path.

            sweep.gallery(helpers.outputs("beach.html"), overwrite=True)

        `full`: the longest side in pixels at which pictures are kept for a closer look; without it, what gives a file
        of a few MB (1024 for up to 24 tiles, 512 for up to 160). Raises ValueError where the name does not end in
        .html, and PictureExistsError where another file is there, unless `overwrite`.
        """
        from helpers.sweeps.shown.gallery import build

        return build.write(path, self.tiles, self.axes, self.title, full=full, overwrite=overwrite)

    def effects(self) -> "Effects":
        """Return how much each axis changes the picture, compared with a new seed: a table, a plot, a sentence.

            sweep.effects().plot()

        The comparison needs an axis of seeds, such as `seed=[1, 2, 3, 4]`.
        """
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
        tiles = _tile_count(len(self.tiles))
        return tr("<Sweep {span} = {tiles}: {parts}>", span=span, tiles=tiles, parts=listed(parts))

    # ---- state --------------------------------------------------------------------------------------------------

    @property
    def _store(self) -> Store:
        return Store(self._home, self._backend, self._engines)

    def _use_client(self, bedrock: Client | None) -> None:
        if bedrock is not None:
            old_backend, old_engines = self._backend, self._engines
            self._bedrock, self._backend = bedrock, backend_of(bedrock)
            self._engines = studio_engines.engine_by_model(bedrock) if self._backend == "studio" else {}
            if self._backend != old_backend:
                self._forget_failures()
            if self._engines != old_engines:
                self._warned_of_engines = False
                self._tiles = [replace(tile, path=None) for tile in self._tiles]  # looked for again
        self._refresh()

    def _forget_failures(self) -> None:
        """Remove the failures of another folder or back end, which say nothing about this one."""
        self._tiles = [replace(tile, failure=None) for tile in self._tiles]

    def _refresh(self) -> None:
        """Update each tile from the folder. A failure that is not stored there, such as `stopped`, stays."""
        store = self._store
        for index, old in enumerate(self._tiles):
            if old.path is not None and store.holds(old.path):
                continue
            new = store.filled(old)
            if new.made or new.failure is not None or old.failure is None or old.made:
                self._tiles[index] = new

    def _warn_of_engines(self) -> None:
        """Warn once of stored pictures that are drawn again because another engine drew them."""
        store = self._store
        found = {tile: other for tile in self._tiles if not tile.made and (other := store.other_engine(tile.key))}
        if found and not self._warned_of_engines:
            self._warned_of_engines = True
            warn(explain.drawn_again(list(found.values()), [self._engines.get(tile.model, "") for tile in found]))

    def _wanted(self, *, failed: bool = False) -> list[tuple[Tile, models.Model]]:
        """Return the requests to make, each once: those that failed, or all that are missing and may succeed."""
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
        self._use_client(bedrock if bedrock is not None else self._bedrock or connect(self._backend))
        self._store.tidy()
        self._warn_of_engines()
        wanted = self._without_retired(self._wanted(failed=failed))
        quoted = money.quote(self.tiles, self._models, wanted, self._backend)
        if wanted:
            self._store.check_writable()
        if not money.may_spend(quoted, budget):
            print(tr("Nothing was sent."))
            return self
        if budget is None and self._backend == "aws":
            budget = quoted.price  # the user agreed to this amount, repeated calls included
        region = getattr(getattr(self._bedrock, "meta", None), "region_name", None)
        transport: Transport
        if executor is not None:
            transport = ExecutorTransport(executor, target_of(self._bedrock, self._backend))
        else:
            transport = DirectTransport(client_for(self._bedrock, max(1, min(workers, len(wanted)))))
        quotas = runner.quotas_of((model for _, model in wanted), per_minute, self._backend == "aws")
        run = runner.SweepRun(wanted, transport, self._store, region, workers=workers, budget=budget, quotas=quotas)
        began = time.monotonic()
        reused = sum(tile.made for tile in self.tiles)
        try:
            self._follow(run, len(wanted), progress)
        finally:
            self._finish(run, quoted, reused, time.monotonic() - began)
        return self

    def _follow(self, run: runner.SweepRun, count: int, progress: bool) -> None:
        """Put each tile in its place as it is settled, with a progress bar; on Ctrl-C, those of one more second."""
        from tqdm.auto import tqdm  # type: ignore[import-untyped]

        grace = 0.0
        with tqdm(total=count, desc="sweep", unit="tile", disable=not progress or not count) as bar:
            try:
                run.start()
                for tile in run.tiles():
                    self._ran.add(tile.key)
                    self._put(tile)
                    bar.set_postfix_str(_progress_text(run.tally), refresh=False)
                    bar.update()
            except BaseException as error:
                interrupted = isinstance(error, KeyboardInterrupt)
                grace = runner.GRACE if interrupted else 0.0
                run.stop(tr("It was interrupted.") if interrupted else tr("It failed: {error}", error=error))
                raise
            finally:
                for tile in run.remaining(grace):
                    self._put(tile)

    def _finish(self, run: runner.SweepRun, quoted: money.Quote, reused: int, seconds: float) -> None:
        """Make the receipt of a run, and write the sweep's tables."""
        tally = run.tally
        left = sum(tile.failure is not None and tile.failure.kind == "stopped" for tile in self.tiles)
        self.receipt = money.SweepReceipt(
            backend=self._backend,
            made=tally.made,
            reused=reused + tally.found,
            failed={**tally.failed, **({"stopped": left} if left else {})},
            calls=tally.calls,
            retries=tally.repeated,
            throttled=tally.throttled,
            quoted=quoted.price,
            spent=round(tally.spent, 6) if quoted.price is not None else None,
            perhaps=round(tally.perhaps + run.in_flight_cost, 6),
            filtered_billed=tally.filtered_billed,
            seconds=round(seconds, 3),
            stopped=run.stopped,
        )
        try:
            tables.save(self.folder, self.tiles, self.axes)
        except OSError as error:  # a spreadsheet may have them open
            warn(
                tr(
                    "The tables tiles.csv and tiles.jsonl could not be written: {error}. The tiles are kept.",
                    error=error,
                )
            )

    def _put(self, settled: Tile) -> None:
        """Put a tile in its place, and in that of every tile with the same request."""
        for place in self._places[settled.key]:
            self._tiles[place] = replace(settled, coordinates=self._tiles[place].coordinates)

    def _without_retired(self, wanted: list[tuple[Tile, models.Model]]) -> list[tuple[Tile, models.Model]]:
        """Return the requests that AWS takes today. Raises RetiredModelError where none is left."""
        if self._backend != "aws":
            return wanted
        gone = [(tile, model) for tile, model in wanted if model.retired_on(date.today())]
        if gone and len(gone) == len(wanted):
            raise retired(gone[0][1], gone[0][0].body)
        for tile, model in gone:
            error = retired(model, tile.body)
            self._put(replace(tile, failure=Failure("invalid", error.what, error.why, error.fix)))
        return [one for one in wanted if one not in gone]


def _home(folder: str | os.PathLike[str] | None) -> Path:
    from helpers import pictures

    return pictures.outputs("sweeps") if folder is None else Path(folder).expanduser()


def _title_of(body: Mapping[str, Any]) -> str:
    return shortened(" ".join(prompt_of(body).split()), _MAX_TITLE)


def _check_run(workers: int, per_minute: float | None) -> None:
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(tr("workers={workers!r} is no number of calls at a time. Write workers=8.", workers=workers))
    if per_minute is not None and not per_minute > 0:
        raise ValueError(
            tr("per_minute={per_minute!r} is no quota. Write per_minute=60, or leave it out.", per_minute=per_minute)
        )


def _progress_text(tally: money.Tally) -> str:
    failed = sum(tally.failed.values())
    return tr("${spent:.2f} spent", spent=tally.spent) + (tr(", {failed} failed", failed=failed) if failed else "")


def _tile_count(tiles: int) -> str:
    return tr("1 tile") if tiles == 1 else tr("{tiles:,} tiles", tiles=tiles)
