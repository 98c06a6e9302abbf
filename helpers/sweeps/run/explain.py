"""Why a tile ran, or would: the field in which its request differs from the nearest one that is stored."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helpers.language import listed, tr
from helpers.sweeps.axes import keys
from helpers.sweeps.axes.tiles import Tile

_MOST_TOLD = 4  # differences


def why(tile: Tile, records: Iterable[Mapping[str, Any]], siblings: frozenset[str], just_ran: frozenset[str]) -> str:
    """One sentence. `records`: what is stored; `siblings`: keys of the same sweep; `just_ran`: those that it made itself.

    What it made itself is no older request. A sibling that was there before is one, but of two that are equally near
    the other tells more.
    """
    ran = tile.key in just_ran
    if tile.made and not ran:
        return tr("{tile} did not run: its picture was there already.", tile=_named(tile))
    asked = keys.request(tile.model, tile.body)
    nearest: tuple[tuple[int, bool], dict[str, tuple[Any, Any]]] | None = None
    for record in records:
        key = record.get("key")
        if key == tile.key or key in just_ran:
            continue
        found = keys.differences(asked, {"model": record.get("model"), "body": record.get("body")})
        rank = len(found), key in siblings
        if nearest is None or rank < nearest[0]:
            nearest = rank, found
    ran_or_has_to = tr("ran") if ran else tr("has to run")
    if nearest is None:
        return tr(
            "{tile} {verb}: no other request is stored in this folder to take it from.",
            tile=_named(tile),
            verb=ran_or_has_to,
        )
    told = [
        tr("{place} is {new}, and was {old}", place=place, new=keys.told(place, new), old=keys.told(place, old))
        for place, (new, old) in nearest[1].items()
    ]
    more = tr("; and {count} more fields", count=len(told) - _MOST_TOLD) if len(told) > _MOST_TOLD else ""
    return tr(
        "{tile} {verb}: from the nearest request that is stored it differs in this: {differences}{more}.",
        tile=_named(tile),
        verb=ran_or_has_to,
        differences=tr("; ").join(told[:_MOST_TOLD]),
        more=more,
    )


def drawn_again(others: Sequence[str], now: Iterable[str]) -> str:
    """One sentence about tiles whose pictures are there, by the engines that drew them, and drawn again by those of now."""
    return tr(
        "{count:,} of the tiles were drawn by {others}. This studio draws with {engines}, so they are drawn again,"
        " which costs nothing; the older pictures stay in the folder.",
        count=len(others),
        others=listed(dict.fromkeys(others)),
        engines=listed(dict.fromkeys(filter(None, now))) or tr("another engine"),
    )


def _named(tile: Tile) -> str:
    return tr("Tile {label}", label=tile.label) if tile.label else tr("The tile")
