"""What all prompts of a task ask the painter for: things in groups, words of the setting, and what is unwanted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial, reduce
from typing import Literal

import numpy as np

from helpers.studio.protocol import Prompt

from ..interface import Habit, Said, Says, Thing, Word
from . import anchors, vocabulary
from .conditions import leading
from .layout import HANGING, has_sky, is_laid, is_overhead, wanted_places
from .light import hex_to_rgb
from .prompt import Mention, Reading, Spoken, read
from .surfaces import TABLE, settled
from .together import WEAR, links, usual_height
from .tokens import Token, action_words, tokens

__all__ = ["OF_LIGHT", "OF_PLACES", "Asked", "Group", "asked"]

Group = tuple[int, ...]
"""Objects that belong together, as indices into a reading's objects."""
STAGE = "backdrop"
"""The scene for a subject that is not known."""
WALL = "brick_wall"
"""A wall that stands by itself."""
INDOORS = "room"
"""The place that any other one with a roof is too."""
SKY = "sky"
"""The entry of the sky itself."""
OF_LIGHT = ("light", "weather", "season")
"""Kinds of what changes any picture's light."""
SIDES = ("left", "right", "middle")
"""Places that are sides of the picture."""
GREY = 30.0
"""Of red, green and blue, the range in 0..255 below which a colour is black, white or grey."""
LOW = {"hills", "dunes"}
"""Brushes of what is behind a place that looks like its own ground."""
OF_PLACES = ("object", "part", "scene", "weather", "season")
"""Kinds of what a place may show by itself."""


@dataclass(frozen=True)
class Asked:
    """The prompts of a task, read. `helpers.studio.engines.painted.interface.ReadingLike` says what the diffusion sees of it."""

    reading: Reading
    """Of the positive prompts."""
    unwanted: tuple[tuple[str, float], ...]
    """Entries that negative prompts name, or that stand after "without", each with the largest weight."""
    unknown: tuple[str, ...]
    positive: bool
    """False where all prompts are negative."""
    idle: tuple[Spoken, ...] = ()
    """Words of the prompts of weight 0."""

    @cached_property
    def objects(self) -> tuple[Mention, ...]:
        """The objects, in the order of the prompt."""
        return self.reading.of("object")

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The objects in groups: what is mounted, carried or placed by another goes with that other."""
        home = list(range(len(self.objects)))
        for i in home[:]:
            home = [home[self._leader(i)] if h == home[i] else h for h in home]
        return tuple(tuple(i for i, h in enumerate(home) if h == one) for one in dict.fromkeys(home))

    @cached_property
    def things(self) -> tuple[Thing, ...]:
        """The groups as the diffusion sees them."""
        against = dict(self.unwanted)
        out = []
        for group in self.groups:
            members = [self.objects[i] for i in group]
            word = Word("object", min(m.weight for m in members), max(against.get(m.entry, 0.0) for m in members))
            place = next((m.place for m in members if m.place in SIDES), None)
            root = self.root(group)
            coloured, usual = any(m.colour for m in members), usual_height(root.entry)
            out.append(Thing(root.entry, word, coloured, place, _habit(root.entry), root.size, usual))
        return tuple(out)

    @cached_property
    def named(self) -> tuple[Mention | None, ...]:
        """The mentions behind `setting`: the place first, None where no word names one."""
        scenes = self.reading.of("scene")
        first = max(scenes, key=lambda m: (m.place != "far", m.weight)) if scenes else None
        others = [m for m in self.reading.mentions if m is not first and _is_setting(m)]
        return (first, *others)

    @cached_property
    def setting(self) -> tuple[Word, ...]:
        """The words of the setting, without moods, which act by degrees."""
        against = dict(self.unwanted)
        return tuple(
            Word("scene")
            if m is None
            else Word(
                "scene" if vocabulary.entry(m.entry).kind == "scene" else "setting",
                m.weight,
                against.get(m.entry, 0.0),
                _acts(vocabulary.entry(m.entry)),
            )
            for m in self.named
        )

    @cached_property
    def words(self) -> tuple[Said, ...]:
        """The content words of the positive prompts, each with what it is about; those of weight 0 change nothing."""
        said = [
            Said(
                word.text,
                word.stand_in,
                *self._about(word.about),
                changes=word.changes
                and not self._is_cancelled(word.about)
                and not self._is_roofed(word.about)
                and not self._is_elsewhere(word.about)
                and not self._is_ashore(word)
                and not self._is_outshone(word.about)
                and not self._is_bleached(word),
                says=self._says(word),
                part=self._part(word.about),
            )
            for word in self.reading.words
        ]
        known = {word.text for word in said}
        idle = (Said(w.text, w.stand_in, changes=False) for w in self.idle if w.text not in known)
        return (*said, *idle)

    def _about(self, index: int | None) -> tuple[int | None, int | None]:
        """Return the numbers of a mention's thing and of its word of the setting."""
        if index is None:
            return None, None
        before = [m for m in self.reading.mentions[:index] if vocabulary.entry(m.entry).kind == "object"]
        mention = self.reading.mentions[index]
        if vocabulary.entry(mention.entry).kind == "object":
            return next(n for n, group in enumerate(self.groups) if len(before) in group), None
        return None, next((n for n, m in enumerate(self.named) if m is mention), None)

    def _part(self, index: int | None) -> int | None:
        """Return the number of a mention among the objects."""
        if index is None or self.reading.mentions[index] not in self.objects:
            return None
        return sum(vocabulary.entry(m.entry).kind == "object" for m in self.reading.mentions[:index])

    def _is_roofed(self, index: int | None) -> bool:
        """Return whether a mention is in the sky, as the moon, or on the land, as autumn, and the place has none."""
        if index is None:
            return False
        item, base = vocabulary.entry(self.reading.mentions[index].entry), wanted_places(self.reading)[:1]
        if item.kind in ("weather", "season"):
            return _is_outdoors(item) and any(vocabulary.entry(name).data.get("indoor") for name in base)
        return item.kind == "part" and is_overhead(item.name) and not all(map(has_sky, base))

    def _is_elsewhere(self, index: int | None) -> bool:
        """Return whether a mention is a place of which nothing is seen from the one where one stands: a jungle behind a river."""
        if index is None or vocabulary.entry(self.reading.mentions[index].entry).kind != "scene":
            return False
        name, base = self.reading.mentions[index].entry, wanted_places(self.reading)[0]
        if vocabulary.entry(base).data.get("indoor"):
            return name not in (base, INDOORS)
        return name != base and {layer["brush"] for layer in vocabulary.entry(name).data.get("backdrop", ())} <= LOW

    def _is_ashore(self, word: Spoken) -> bool:
        """Return whether a word is of something in the water, as "swimming", and the place has none."""
        action = vocabulary.grammar().actions.get(action_words().get(word.text.lower(), ""), {})
        wanted = wanted_places(self.reading)[:1]
        return action.get("place") == "water" and not all("water" in vocabulary.entry(n).data["zones"] for n in wanted)

    def _is_outshone(self, index: int | None) -> bool:
        """Return whether a mention is a light, and another one leads, or nothing but a table is there to be lit."""
        lights = leading(self.reading)
        mention = None if index is None else self.reading.mentions[index]
        if mention is None or vocabulary.entry(mention.entry).kind != "light":
            return False
        bare = any("close" in vocabulary.entry(name).data for name in wanted_places(self.reading)[:1])
        dark = mention.entry == "night" and vocabulary.light_of(lights[0].entry).dark
        return bare or not (dark or mention.entry == lights[0].entry)

    def _is_bleached(self, word: Spoken) -> bool:
        """Return whether a word is of a colour, as red, and the picture is in black and white."""
        colour = None if word.about is None else self.reading.mentions[word.about].colour
        if word.says != "colour" or colour is None or np.ptp(hex_to_rgb(colour)) < GREY:
            return False
        return any(m.entry in vocabulary.grammar().colourless for m in self.reading.mentions)

    def _says(self, word: Spoken) -> Says | None:
        """Return what a word says of its thing, as the picture is composed: "on the left" is a side of it, or of another thing."""
        if word.says != "place":
            return word.says
        mention = None if word.about is None else self.reading.mentions[word.about]
        return "place" if mention is not None and mention.place in SIDES else None

    def _is_cancelled(self, index: int | None) -> bool:
        """Return whether negative prompts take away all of a mood."""
        mention = None if index is None else self.reading.mentions[index]
        return (
            mention is not None and _is_mood(mention) and dict(self.unwanted).get(mention.entry, 0.0) >= mention.weight
        )

    @cached_property
    def removed(self) -> float:
        """Largest weight with which negative prompts name something that a place may show by itself."""
        return max((w for name, w in self.unwanted if vocabulary.entry(name).kind in OF_PLACES), default=0.0)

    @property
    def has_scene(self) -> bool:
        """True where a place is named."""
        return self.reading.has_scene

    @cached_property
    def sky(self) -> Literal["lit", "changed", "named"] | None:
        """Whether the words of the setting are about the sky, where no place is named."""
        about = [m for m in self.named if m is not None and (m.place == "sky" or _is_of_sky(m))]
        if self.has_scene or not about:
            return None
        if any(vocabulary.entry(m.entry).kind == "light" or "light" in vocabulary.entry(m.entry).data for m in about):
            return "lit"
        return "named" if all(m.entry == SKY and not m.colour for m in about) else "changed"

    @property
    def coloured(self) -> bool:
        """True where a colour of the whole picture is named."""
        return bool(self.reading.of("colour"))

    @property
    def names_nothing(self) -> bool:
        """True where no thing and no place is named."""
        return not (self.positive and self.reading.of("object", "scene"))

    def root(self, group: Group) -> Mention:
        """Return the object of a group that the others sit on, or that holds them."""
        at = group[0]
        while (leader := self._leader(at)) != at:
            at = leader
        return self.objects[at]

    def _leader(self, index: int) -> int:
        """Return the object that one is placed by: its mount, its holder, or what it is beside; itself: none."""
        mention = self.objects[index]
        held = index > 0 and self.objects[index - 1].carry is not None
        other = index - 1 if held else index + (mention.mount or mention.of)
        return other if 0 <= other < len(self.objects) else index

    def without(self, lost: frozenset[int], pull: float) -> Reading:
        """Return the reading without the `lost` words of the setting, its moods `pull` times as strong.

        A mood that negative prompts name as well is weaker by their weight, down to its opposite.
        """
        gone = [self.named[i] for i in lost]
        against = dict(self.unwanted)
        mentions = [
            replace(m, weight=(m.weight - against.get(m.entry, 0.0)) * pull) if _is_mood(m) else m
            for m in self.reading.mentions
            if not any(m is one for one in gone)
        ]
        here = {m.entry for m in mentions}
        mentions += [
            Mention(name, weight=-weight * pull)
            for name, weight in self.unwanted
            if name not in here and vocabulary.entry(name).kind in ("mood", "light") and weight * pull > 0
        ]
        return replace(self.reading, mentions=tuple(m for m in mentions if m.weight != 0 or not _is_mood(m)))


@lru_cache(maxsize=64)
def asked(prompts: tuple[Prompt, ...]) -> Asked:
    """Return what these prompts ask for; those of weight 0 are left out of the picture."""
    positive = tuple(p for p in prompts if p.weight > 0)
    unwanted: dict[str, float] = {}
    for p in prompts:
        reading = read((Prompt(p.text),)) if p.weight else Reading()
        named = [*reading.absent, *(m.entry for m in reading.mentions if p.weight < 0)]
        for name in (one for entry in named for one in (entry, *vocabulary.entry(entry).data.get("kinds", ()))):
            unwanted[name] = max(unwanted.get(name, 0.0), abs(p.weight))
    idle = read(tuple(p for p in prompts if p.weight == 0)).words
    return Asked(
        settled(_laid(_staged(_on_walls(_clothed(read(positive))), positive))),
        tuple(unwanted.items()),
        read(prompts).unknown,
        bool(positive),
        idle,
    )


def _staged(reading: Reading, prompts: tuple[Prompt, ...]) -> Reading:
    """Return the reading with a blank stage where the only things that it is about are unknown ones: no verbs, and no attributes
    of what is in the sky, as in "a smiling sun"."""
    if reading.of("object", "scene"):
        return reading
    attributes = {word for prompt in prompts for word in _attributes_of_the_sky(prompt.text)}
    lost = any(token.kind != "action" for word in reading.unknown if word not in attributes for token in tokens(word))
    return replace(reading, mentions=(*reading.mentions, Mention(STAGE))) if lost else reading


def _attributes_of_the_sky(text: str) -> Iterator[str]:
    """Yield the unknown words that stand directly before the sun, a cloud or other parts of the sky."""
    after: Token | None = None
    for token in reversed([token for token in tokens(text) if token.text != "的"]):
        if token.kind != "unknown":
            after = token
        elif after is not None and after.kind == "entry" and vocabulary.entry(after.value).data.get("stands") == "sky":
            yield token.text


def _clothed(reading: Reading) -> Reading:
    """Return the reading without the clothes of those who have no body for them: a coat on a horse."""
    objects = reading.of("object")
    worn = {i: objects[bond.to].entry for i, bond in links(objects).items() if bond.how in WEAR}
    gone = [i for i, who in worn.items() if not anchors.wearable(objects[i].entry, who)]
    return reduce(_without, sorted(gone, reverse=True), reading)


def _on_walls(reading: Reading) -> Reading:
    """Return the reading without what hangs on walls where its place has none, as a window beside a house in a meadow; it is
    kept where it is what the prompt is about. "On the wall" is on the wall of a room."""
    objects = reading.of("object")
    if all("wall" in vocabulary.entry(name).data["zones"] for name in wanted_places(reading)[:1]):
        held = {i + m.mount for i, m in enumerate(objects) if m.mount and _is_of_walls(m)}
        own = [i for i in held if objects[i].entry == WALL]
        return reduce(partial(_without, shown=True), sorted(own, reverse=True), reading)
    gone = [i for i, m in enumerate(objects) if i and _is_of_walls(m)]
    return reduce(_without, reversed(gone), reading)


def _laid(reading: Reading) -> Reading:
    """Return the reading without a table of which nothing is seen but what stands on it: the place is that table."""
    tables = [(i, m) for i, m in enumerate(reading.of("object")) if m.entry == TABLE]
    others = [m for m in reading.of("object") if m.entry != TABLE]
    if len(tables) != 1 or not others or any(m.colour or m.size != 1 or m.count > 1 for _, m in tables):
        return reading
    bare = _without(reading, tables[0][0], shown=True)
    place = next(iter(wanted_places(bare)), None)
    near = place is not None and (vocabulary.entry(place).data.get("close") or is_laid(bare.of("object"), place))
    return bare if near and all(vocabulary.entry(m.entry).data.get("stands") == "table" for m in others) else reading


def _is_of_walls(mention: Mention) -> bool:
    return vocabulary.entry(mention.entry).data.get("stands") == "wall"


def _without(reading: Reading, at: int, shown: bool = False) -> Reading:
    """Return the reading without the object of a number; what belonged to it stands by itself. Its words change nothing, unless the
    place has `shown` it anyway."""
    gone = reading.of("object")[at]
    out: list[Mention] = []
    for i, m in enumerate(reading.of("object")):
        to = i + (m.mount or m.of)
        if to == at:
            m = replace(m, mount=0, relation=None, of=0)
        elif i < at < to or to < at < i:
            m = replace(m, mount=max(m.mount - 1, 0), of=m.of - 1 if m.of > 0 else m.of + (m.of < 0))
        out.append(replace(m, carry=None) if i == at - 1 else m)
    kept = iter(out[:at] + out[at + 1 :])
    number = next(i for i, m in enumerate(reading.mentions) if m is gone)
    words = [
        replace(w, about=None, changes=shown and w.changes)
        if w.about == number
        else replace(w, about=w.about - (w.about > number))
        if w.about is not None
        else w
        for w in reading.words
    ]
    mentions = (
        m if vocabulary.entry(m.entry).kind != "object" else next(kept) for m in reading.mentions if m is not gone
    )
    return replace(reading, mentions=tuple(mentions), words=tuple(words))


def _acts(item: vocabulary.Entry) -> Literal["place", "light", "style"]:
    """Return what a word of the setting changes; one that only adds something far away, as a rainbow, needs a place for it."""
    layers = item.data.get("layers", ())
    is_far = layers and "air" not in item.data and all(layer.get("at", "front") != "front" for layer in layers)
    return "style" if item.kind == "medium" else "light" if item.kind in OF_LIGHT and not is_far else "place"


def _is_outdoors(item: vocabulary.Entry) -> bool:
    """Return whether what is in the air or on the land is seen under the sky alone."""
    in_sky = any(layer.get("at") == "sky" or layer["brush"] == "bow" for layer in item.data.get("layers", ()))
    return is_overhead(item.name) or in_sky or "remaps" in item.data


def _is_mood(mention: Mention) -> bool:
    """Return whether a word acts by degrees, on the colours of the whole picture."""
    return vocabulary.entry(mention.entry).kind in ("mood", "colour")


def _habit(entry: str) -> Habit:
    data = vocabulary.entry(entry).data
    return "worn" if "worn" in data else "hangs" if data.get("stands") in HANGING else "stands"


def _is_of_sky(mention: Mention) -> bool:
    """Return whether a word of the setting changes what the sky looks like."""
    item = vocabulary.entry(mention.entry)
    return item.kind in ("light", "weather") or (item.kind == "part" and item.data.get("stands") == "sky")


def _is_setting(mention: Mention) -> bool:
    return vocabulary.entry(mention.entry).kind != "object" and not _is_mood(mention)
