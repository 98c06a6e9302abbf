"""The words that the painter knows, read from the data files in `vocabulary/`. Adding a word needs no Python.

A TOML file holds one table for each entry: `en` and `zh` list its words, and the rest says how it is painted
(vocabulary/README.md lists the fields, `rules` refuses all others). `core.toml` holds the grammar: numbers, measure words,
places, actions, function words.
"""

import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from . import rules
from .light import Grade, Light, Remap, hex_to_rgb

__all__ = [
    "KINDS",
    "Data",
    "Entry",
    "Grammar",
    "ambient_of",
    "entries",
    "entry",
    "grammar",
    "light_of",
    "remaps_of",
    "words",
]

KINDS = tuple(rules.ENTRIES)
Data = Mapping[str, Any]
"""What a data file says of an entry beside its words."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A thing, place, light or mood that the painter can paint."""

    name: str
    kind: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    stand_in: tuple[str, ...]  # words that it is painted for, in either language, as they have no entry of their own
    number: int  # stable across versions: seeds the entry's own share of the layout
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def grade(self) -> Grade:
        """Shift of the picture's colours that the entry brings; neutral for most."""
        return Grade(**self.data.get("grade", {}))


@dataclass(frozen=True, eq=False)
class Grammar:
    """Words that change how other words are painted."""

    numbers: Mapping[str, int]
    zh_numbers: Mapping[str, int]
    zh_measures: tuple[str, ...]
    places: Mapping[str, str]
    zh_places: Mapping[str, str]
    actions: Mapping[str, Mapping[str, Any]]
    functions: frozenset[str]
    zh_functions: tuple[str, ...]
    materials: frozenset[str]  # before a noun, no medium and no thing of their own
    textures: frozenset[str]  # moods of the picture that say of a thing how it feels to the touch
    containers: frozenset[str]  # before "of", what holds the thing that follows
    vessels: frozenset[str]  # before "of", no thing of their own
    relations: Mapping[str, str]
    zh_relations: Mapping[str, str]
    nouns: Mapping[str, str]  # words of colours that are things where no noun follows
    senses: Mapping[str, Mapping[str, Any]]  # words of two meanings
    hair: Mapping[str, str]  # a colour's entry, or "" where the colour stands before it
    irregular: Mapping[str, str]
    likenesses: frozenset[str]  # after a noun: what is only like it, as "shaped" or "theme"
    people: frozenset[str]  # words for somebody, before whom one of `skins` colours no clothes
    skins: frozenset[str]
    figures: frozenset[str]  # before "of": what is shown of the thing that follows, as "head", or with its outline
    emoji: Mapping[str, str]  # the entries that they show
    seen: frozenset[str]  # entries of lights, weather, seasons, parts, moods and media that a stranger would name
    unseen: frozenset[str]  # known words that no picture shows, whatever else they change
    colourless: frozenset[str]  # moods and media in which nothing has a colour of its own
    looks: frozenset[str]  # moods that change the whole picture even where they stand before a thing
    forms: frozenset[str]  # words of the whole picture where nothing else is said of them: "a poster of a cat"
    compounds: frozenset[str]  # words that mean something else than their parts: unknown as a whole


@cache
def entries() -> Mapping[str, Entry]:
    """Return every entry by name, in the files' order. Raises ValueError for what `rules` does not know."""
    files = {
        file.name: tomllib.loads(file.read_text("utf-8"))
        for file in sorted(_folder().iterdir(), key=lambda f: f.name)
        if file.name.endswith(".toml") and file.name != "core.toml"
    }
    rules.check_entries(files)
    found: dict[str, Entry] = {}
    for file, tables in files.items():
        for name, data in tables.items():
            if name in found:
                raise ValueError(f"vocabulary/{file}: {name!r} stands in two files")
            kind, en, zh = data.pop("kind"), tuple(data.pop("en")), tuple(data.pop("zh"))
            found[name] = Entry(name, kind, en, zh, tuple(data.pop("stand_in", ())), zlib.crc32(name.encode()), data)
    return found


def entry(name: str) -> Entry:
    """Return the entry of this name. Raises KeyError where there is none."""
    return entries()[name]


def ambient_of(name: str) -> tuple[float, float, float]:
    """Return the colour of what a light entry shines on white, red, green and blue in 0..255."""
    return hex_to_rgb(light_of(name).ambient)


@cache
def light_of(name: str) -> Light:
    """Return the light that a light entry describes."""
    data: dict[str, Any] = dict(entry(name).data)
    data.pop("grade", None)
    data.pop("layers", None)
    sky = tuple((float(stop[0]), str(stop[1])) for stop in data.pop("sky"))
    ranges: dict[str, Any] = {key: tuple(data.pop(key)) for key in ("sun_height", "sun_size") if key in data}
    return Light(name=name, sky=sky, **ranges, **data)


def remaps_of(entry: Entry) -> tuple[Remap, ...]:
    """Return a season's changes of albedo."""
    return tuple(Remap(tuple(r["from_hue"]), r["to"], r["strength"]) for r in entry.data.get("remaps", ()))


@cache
def words() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return two tables from a word or phrase (lower case) to its entry's name: English and Chinese, stand-ins with them."""
    english: dict[str, str] = {}
    chinese: dict[str, str] = {}
    for item in entries().values():
        for word in (*item.en, *(w for w in item.stand_in if w.isascii())):
            _claim(english, word.lower(), item.name)
        for word in (*item.zh, *(w for w in item.stand_in if not w.isascii())):
            _claim(chinese, word, item.name)
    return english, chinese


@cache
def grammar() -> Grammar:
    """Return the contents of core.toml. Raises ValueError for what `rules` does not know."""
    data = tomllib.loads(_folder().joinpath("core.toml").read_text("utf-8"))
    rules.check_grammar(data)
    return Grammar(
        numbers=data["numbers"],
        zh_numbers=data["zh_numbers"],
        zh_measures=tuple(data["zh_measures"]),
        places=data["places"],
        zh_places=data["zh_places"],
        actions=data["actions"],
        functions=frozenset(data["functions"]),
        zh_functions=tuple(data["zh_functions"]),
        materials=frozenset(data["materials"]),
        textures=frozenset(data["textures"]),
        containers=frozenset(data["containers"]),
        vessels=frozenset(data["vessels"]),
        relations=data["relations"],
        zh_relations=data["zh_relations"],
        nouns=data["nouns"],
        senses=data["senses"],
        hair=data["hair"],
        irregular=data["irregular"],
        likenesses=frozenset(data["likenesses"]),
        people=frozenset(data["people"]),
        skins=frozenset(data["skins"]),
        figures=frozenset(data["figures"]),
        seen=frozenset(data["seen"]),
        unseen=frozenset(data["unseen"]),
        colourless=frozenset(data["colourless"]),
        looks=frozenset(data["looks"]),
        emoji=data["emoji"],
        forms=frozenset(data["forms"]),
        compounds=frozenset(data["compounds"]),
    )


def _claim(table: dict[str, str], word: str, name: str) -> None:
    if table.setdefault(word, name) != name:
        raise ValueError(f"vocabulary: {word!r} is claimed by {table[word]!r} and by {name!r}")


def _folder() -> Any:
    return resources.files(__package__).joinpath("vocabulary")
