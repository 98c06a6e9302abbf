"""How large things really are: `art/sizes.toml`, whose head says what its numbers mean."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from . import rules, vocabulary
from .prompt import Mention

__all__ = ["ODD", "beside", "height_of", "table"]

ODD = 1.25
"""How many times larger or smaller beside another a thing is drawn at most than it is."""
PERSON, SMALL = 165.0, 20.0
"""Heights of people and of things of the table that no list names."""


@cache
def table() -> Mapping[str, float]:
    """Return how high entries are, in centimetres. Raises ValueError for names that are no objects."""
    lists = tomllib.loads(resources.files(__package__).joinpath("art", "sizes.toml").read_text("utf-8"))
    found = {name: float(size) for size, names in lists.items() for name in names}
    rules.check_sizes(found, {item.name for item in vocabulary.entries().values() if item.kind == "object"})
    return found


def beside(thing: Mention, other: Mention, share: float) -> float:
    """Return `share`, the height that a thing would have in heights of another, as near to the true one as ODD allows.

    What a prompt calls huge or tiny is so beside others too.
    """
    high, across = height_of(thing), height_of(other)
    if not (high and across):
        return share
    true = high * thing.size / (across * other.size)
    return min(max(share, true / ODD), true * ODD)


def height_of(mention: Mention) -> float:
    """Return how high something usually is, in centimetres; 0 for what may have any size."""
    data = vocabulary.entry(mention.entry).data
    usual = PERSON if "hands" in data else SMALL if data.get("stands") == "table" else 0.0
    return table().get(mention.entry, usual)
