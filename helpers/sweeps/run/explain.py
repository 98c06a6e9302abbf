"""Why a tile ran or has to: the fields in which its request differs from the nearest one that is stored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helpers.language import listed, shortened, tr
from helpers.schemas import families
from helpers.sweeps.axes import keys, ranges
from helpers.sweeps.axes.tiles import Tile

_MAX_DIFFERENCES = 4  # in one sentence
_MAX_VALUE = 120  # characters


def why(tile: Tile, records: Iterable[Mapping[str, Any]], siblings: frozenset[str], just_ran: frozenset[str]) -> str:
    """Return why this tile ran or has to run, in one sentence.

    `records`: the stored requests to compare with. `siblings`: the keys of the tile's own sweep; of two requests that
    are equally near, the one that is no sibling is named. `just_ran`: the keys that the sweep made itself, which are
    not compared.
    """
    ran = tile.key in just_ran
    if tile.made and not ran:
        return tr("{tile} did not run: its picture was there already.", tile=_tile_name(tile))
    request = keys.hashed_request(tile.model, tile.body)
    nearest: tuple[tuple[int, bool], dict[str, tuple[Any, Any]]] | None = None
    for record in records:
        key = record.get("key")
        if key == tile.key or key in just_ran:
            continue
        found = keys.differences(request, {"model": record.get("model"), "body": record.get("body")})
        rank = len(found), key in siblings
        if nearest is None or rank < nearest[0]:
            nearest = rank, found
    ran_or_has_to = tr("ran") if ran else tr("has to run")
    if nearest is None:
        return tr(
            "{tile} {verb}: no other request is stored in this folder to take it from.",
            tile=_tile_name(tile),
            verb=ran_or_has_to,
        )
    differences = [
        tr("{place} is {new}, and was {old}", place=path, new=_value_text(path, new), old=_value_text(path, old))
        for path, (new, old) in nearest[1].items()
    ]
    left_out = len(differences) - _MAX_DIFFERENCES
    more = tr("; and {count} more fields", count=left_out) if left_out > 0 else ""
    return tr(
        "{tile} {verb}: from the nearest request that is stored it differs in this: {differences}{more}.",
        tile=_tile_name(tile),
        verb=ran_or_has_to,
        differences=tr("; ").join(differences[:_MAX_DIFFERENCES]),
        more=more,
    )


def drawn_again(others: Sequence[str], now: Iterable[str]) -> str:
    """Return one sentence about tiles that are drawn again, since other engines drew the pictures that are there.

    `others`: the engine that drew each of them. `now`: the engines that draw them now.
    """
    return tr(
        "{count:,} of the tiles were drawn by {others}. This studio draws with {engines}, so they are drawn again,"
        " which costs nothing; the older pictures stay in the folder.",
        count=len(others),
        others=listed(dict.fromkeys(others)),
        engines=listed(dict.fromkeys(filter(None, now))) or tr("another engine"),
    )


def _value_text(path: str, value: Any) -> str:
    if value is None:
        return tr("nothing")
    if isinstance(value, str) and path in families.IMAGE_FIELDS:
        return tr("picture {name}", name=value.removeprefix("sha256:")[:8])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ranges.number_text(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shortened(text, _MAX_VALUE)


def _tile_name(tile: Tile) -> str:
    return tr("Tile {label}", label=tile.label) if tile.label else tr("The tile")
