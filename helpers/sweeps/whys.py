"""Why a tile ran, or would: the field in which its request differs from the nearest one that is stored."""

from collections.abc import Iterable, Mapping
from typing import Any

from helpers.sweeps import keys
from helpers.sweeps.tiles import Tile

_MOST_TOLD = 4  # differences


def why(tile: Tile, records: Iterable[Mapping[str, Any]], siblings: frozenset[str], ran: bool) -> str:
    """One sentence. `records`: what is stored; `siblings`: keys of the same sweep, which are no older requests."""
    if tile.made and not ran:
        return f"{_named(tile)} did not run: its picture was there already."
    asked = keys.request(tile.model, tile.body)
    nearest: tuple[int, dict[str, tuple[Any, Any]]] | None = None
    for record in records:
        if record.get("key") in siblings:
            continue
        found = keys.differences(asked, {"model": record.get("model"), "body": record.get("body")})
        if nearest is None or len(found) < nearest[0]:
            nearest = len(found), found
    verb = "ran" if ran else "has to run"
    if nearest is None:
        return f"{_named(tile)} {verb}: no other request is stored in this folder to take it from."
    told = [
        f"{place} is {keys.told(place, new)}, and was {keys.told(place, old)}"
        for place, (new, old) in nearest[1].items()
    ]
    more = f"; and {len(told) - _MOST_TOLD} more fields" if len(told) > _MOST_TOLD else ""
    return f"{_named(tile)} {verb}: from the nearest request that is stored it differs in this: {'; '.join(told[:_MOST_TOLD])}{more}."


def _named(tile: Tile) -> str:
    return f"Tile {tile.label}" if tile.label else "The tile"
