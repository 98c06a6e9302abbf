"""What things stand on: those of the table on a table where the place is a room, and nothing in the air beside what hangs."""

from collections.abc import Sequence
from dataclasses import replace

from . import vocabulary
from .layout import is_laid, wanted_places
from .placement import HANGING
from .prompt import Mention, Reading
from .together import links

__all__ = ["TABLE", "settled"]

TABLE = "table"
"""The entry that things of the table get to stand on where the prompt names none."""
_LEVEL = ("behind", "beside", "in_front")
"""Relations that are said of what stands on one ground."""


def settled(reading: Reading) -> Reading:
    """Return the reading with the things of the table on the prompt's own table or, in a room where others stand on the
    floor, on one that is added; and what is beside or behind something that hangs on its own ground."""
    objects = [_grounded(m, reading.of("object"), i) for i, m in enumerate(reading.of("object"))]
    added: tuple[Mention, ...] = ()
    small = _unset(objects)
    tables = [i for i, m in enumerate(objects) if "surface" in vocabulary.entry(m.entry).data]
    if small and not tables and _needs_table(reading, objects, small):
        tables, added = [len(objects)], (Mention(TABLE),)
    if tables:
        for i in small:
            objects[i] = replace(objects[i], mount=tables[0] - i)
    kept = iter(objects)
    mentions = (next(kept) if vocabulary.entry(m.entry).kind == "object" else m for m in reading.mentions)
    return replace(reading, mentions=(*mentions, *added))


def _grounded(mention: Mention, objects: Sequence[Mention], index: int) -> Mention:
    """Return a mention that stands by itself where it would hang in the air beside another."""
    if mention.relation not in _LEVEL or _hangs(mention) or not _hangs(objects[index + mention.of]):
        return mention
    return replace(mention, relation=None, of=0)


def _hangs(mention: Mention) -> bool:
    return vocabulary.entry(mention.entry).data.get("stands") in HANGING


def _unset(objects: Sequence[Mention]) -> list[int]:
    """Return the numbers of the things of the table that stand by themselves and in no place that the prompt names."""
    linked = links(objects)
    return [
        i
        for i, m in enumerate(objects)
        if i not in linked
        and m.place is None
        and vocabulary.entry(m.entry).data.get("stands") == "table"
        and "worn" not in vocabulary.entry(m.entry).data
    ]


def _needs_table(reading: Reading, objects: Sequence[Mention], small: Sequence[int]) -> bool:
    """Return whether the place is a room in which not only things of the table are."""
    place = next(iter(wanted_places(reading)), None)
    if place is None or "laid" not in vocabulary.entry(place).data:
        return False
    return not is_laid(objects, place)
