"""The cost of a run: the quote and the question before it, the tally while it runs, and the receipt after it."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from helpers import models
from helpers.calls.answers import Backend
from helpers.errors import BudgetError
from helpers.language import joined, listed, ljust, mark, tr
from helpers.sweeps.axes import plan
from helpers.sweeps.axes.tiles import Failure, Tile
from helpers.sweeps.run import failures

_PLACES = {"studio": mark("on the studio"), "aws": mark("on AWS")}


@dataclass(frozen=True)
class Quote:
    """The expected cost of a run. Money is in USD; `price` is what will be spent, `list_price` the price on AWS."""

    backend: Backend
    tiles: int
    made: int  # already, in the folder
    failed: int  # before, and repeated by retry() only
    calls: int  # to be made
    price: float | None  # None: for one of them no price is published
    list_price: float | None
    minutes: float | None  # at the quota of the model that takes longest; None: no quota is published
    megapixels: float  # of all pictures together
    largest: tuple[int, int] | None  # the largest picture, in pixels
    gone: tuple[str, ...] = ()  # models that are retired on AWS: their calls would not be sent

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines of the quote as (name, text)."""
        done = tr(", {made:,} made already", made=self.made) if self.made else ""
        failed = (
            tr(", {failed:,} failed before (sweep.retry() repeats them)", failed=self.failed) if self.failed else ""
        )
        size = (
            tr(", the largest {width} × {height}", width=self.largest[0], height=self.largest[1])
            if self.largest
            else ""
        )
        gone = [(tr("not sent"), tr("{models}: no longer on AWS", models=listed(self.gone)))] if self.gone else []
        return [
            (tr("tiles"), f"{self.tiles:,}{done}{failed}"),
            (tr("calls"), f"{self.calls:,}"),
            (tr("price"), self._price()),
            (tr("time"), self._time()),
            (tr("pictures"), tr("{megapixels:.1f} megapixels together{size}", megapixels=self.megapixels, size=size)),
            *gone,
        ]

    def _price(self) -> str:
        if self.backend == "aws":
            return _usd(self.price)
        return tr("nothing on the studio (list price on AWS: {price})", price=_usd(self.list_price))

    def _time(self) -> str:
        if self.minutes is None:
            return tr("no page gives the quota")
        minutes = tr("{minutes:,.0f} minutes", minutes=self.minutes)
        if self.minutes < 1.5:
            minutes = tr("under a minute") if self.minutes < 1 else tr("a minute")
        if self.backend != "aws":
            return tr("no quota on the studio (AWS: {minutes})", minutes=minutes)
        if self.minutes < 1:
            return tr("under a minute, at the quota")
        return tr("{minutes} at least, at the quota", minutes=minutes)

    def __repr__(self) -> str:
        return _as_text(tr("Quote {place}", place=tr(_PLACES[self.backend])), self.rows())

    def _repr_html_(self) -> str:
        return failures.html_table((tr("Quote {place}", place=tr(_PLACES[self.backend])), ""), self.rows())


@dataclass(frozen=True)
class SweepReceipt:
    """The result of a run: tiles, calls and cost. Money is in USD."""

    backend: Backend
    made: int  # in this run
    reused: int  # made before, and found in the folder
    failed: dict[str, int]  # tiles by kind
    calls: int
    retries: int  # repeated calls, throttled ones included
    throttled: int
    quoted: float | None
    spent: float | None
    perhaps: float  # for calls that timed out, or were in flight when the run was stopped: AWS may bill them
    filtered_billed: int  # pictures that a filter stopped but AWS bills
    seconds: float
    stopped: Failure | None = None  # why the run ended early

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines of the receipt as (name, text), without `.seconds`, which differs from run to run."""
        failed = "".join(
            tr(", {count:,} {kind}", count=count, kind=tr(kind))
            for kind, count in sorted(self.failed.items())
            if kind != "stopped"
        )
        left = tr(", {stopped:,} not asked for", stopped=self.failed["stopped"]) if self.failed.get("stopped") else ""
        rows = [
            (
                tr("tiles"),
                tr(
                    "{made:,} made, {reused:,} were there already{failed}{left}",
                    made=self.made,
                    reused=self.reused,
                    failed=failed,
                    left=left,
                ),
            ),
            (
                tr("calls"),
                tr(
                    "{calls:,}, of which {retries:,} repeated, {throttled:,} throttled",
                    calls=self.calls,
                    retries=self.retries,
                    throttled=self.throttled,
                ),
            ),
            (tr("quoted"), _usd(self.quoted)),
            (tr("spent"), _usd(self.spent)),
        ]
        if self.filtered_billed:
            rows.append(
                (
                    tr("filtered"),
                    tr(
                        "{count:,} stopped by a filter and billed all the same",
                        count=self.filtered_billed,
                    ),
                )
            )
        if self.perhaps:
            rows.append(
                (
                    tr("perhaps"),
                    tr("{amount} more, for calls that were sent and not answered in time", amount=_usd(self.perhaps)),
                )
            )
        if self.stopped is not None:
            rows.append((tr("stopped"), joined(self.stopped.why or self.stopped.what, self.stopped.fix)))
        return rows

    def __repr__(self) -> str:
        return _as_text(tr("Receipt {place}", place=tr(_PLACES[self.backend])), self.rows())

    def _repr_html_(self) -> str:
        return failures.html_table((tr("Receipt {place}", place=tr(_PLACES[self.backend])), ""), self.rows())


@dataclass
class Tally:
    """The calls, tiles and cost of a run so far."""

    calls: int = 0
    made: int = 0
    found: int = 0  # tiles that another run on the same folder made in the meantime
    repeated: int = 0  # calls for a tile after its first
    throttled: int = 0  # calls that the service throttled
    spent: float = 0.0  # USD
    perhaps: float = 0.0  # USD, for calls that timed out and may be billed
    filtered_billed: int = 0
    failed: dict[str, int] = field(default_factory=dict)  # tiles by kind


def quote(
    tiles: Sequence[Tile], called: Sequence[models.Model], wanted: Sequence[tuple[Tile, models.Model]], backend: Backend
) -> Quote:
    """Return the quote for the requests in `wanted`, out of a sweep's `tiles` for the models `called`."""
    list_price = _total(tile.list_price for tile, _ in wanted)
    calls: dict[models.Model, int] = {}
    for _, model in wanted:
        calls[model] = calls.get(model, 0) + 1
    minutes = [count / model.rpm if model.rpm else None for model, count in calls.items()]
    known = [size for tile, model in zip(tiles, called, strict=True) if (size := plan.size_of(model, tile.body))]
    return Quote(
        backend=backend,
        tiles=len(tiles),
        made=sum(tile.made for tile in tiles),
        failed=sum(tile.failure is not None and tile.failure.kind in failures.LASTING for tile in tiles),
        calls=len(wanted),
        price=list_price if backend == "aws" else 0.0,
        list_price=list_price,
        minutes=None if None in minutes else max((one for one in minutes if one), default=0.0),
        megapixels=sum(width * height for width, height in known) / 1e6,
        largest=max(known, key=lambda size: size[0] * size[1], default=None),
        gone=tuple(model.name for model in calls if backend == "aws" and model.retired_on(date.today())),
    )


def may_spend(quoted: Quote, budget: float | None) -> bool:
    """Return whether the run may start. Without a budget, a run that costs money asks the user once.

    Raises BudgetError for a budget that is no amount or cannot be checked, and where there is nobody to ask.
    """
    if budget is not None:
        _check_budget(quoted, budget)
        return True
    if quoted.backend != "aws" or not quoted.calls:
        return True
    if not _can_ask():
        raise _nobody_to_ask(quoted)
    print(quoted, flush=True)
    try:
        answer = input(
            tr("Send {calls:,} calls for {price}? Type yes to go on: ", calls=quoted.calls, price=_usd(quoted.price))
        )
    except (EOFError, OSError, NotImplementedError) as error:  # a kernel without input
        raise _nobody_to_ask(quoted) from error
    return answer.strip().lower() in ("y", "yes")


def _check_budget(quoted: Quote, budget: float) -> None:
    if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget >= 0:
        raise BudgetError(
            tr("{budget!r} is no budget.", budget=budget), tr("It is an amount of USD."), tr("Write budget=1.50.")
        )
    if quoted.price is None and quoted.calls:
        raise BudgetError(
            tr("No budget can be kept here."),
            tr("No page gives the price of one of these pictures."),
            tr("Leave out that model, or run without a budget and watch the bill."),
        )


def _nobody_to_ask(quoted: Quote) -> BudgetError:
    price = _usd(quoted.price)
    return BudgetError(
        tr("Nothing was sent: this run costs money, and nobody is here to be asked."),
        tr("It makes {calls:,} calls for {price} on AWS.", calls=quoted.calls, price=price),
        tr("Say what it may spend: sweep.run(bedrock, budget={price:.2f}).", price=quoted.price or 0),
    )


def _total(prices: Iterable[float | None]) -> float | None:
    """Return the sum without the noise of binary fractions; None where a price is not known."""
    total = 0.0
    for price in prices:
        if price is None:
            return None
        total += price
    return round(total, 6)


def _can_ask() -> bool:
    """Return whether the user can answer: in a notebook's kernel that takes input, or at a terminal."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", True))
    return sys.stdin is not None and sys.stdin.isatty()


def _usd(amount: float | None) -> str:
    if amount is None:
        return tr("an amount that no page gives")
    return f"${amount:,.2f}" if round(amount, 2) == round(amount, 6) else f"${amount:,.3f}"


def _as_text(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join([heading, *(f"  {ljust(name, 9)} {text}" for name, text in rows)])
