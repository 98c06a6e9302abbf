"""From words to a Reading: which entries of the vocabulary a prompt names, how many, in which colour and where.

A word that describes waits for the thing that it describes, or belongs to what was named last. A word that changes nothing
in the picture is unknown and reported as written; only function words are passed over.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from helpers.studio.protocol import MAX_UNKNOWN_WORDS, Prompt

from . import vocabulary
from .tokens import COUNT_LIMIT, Token, action_words, counted, is_plural, tokens

__all__ = ["Mention", "Reading", "Relation", "read"]

_IN_IT = ("里", "中", "里面")
_ON_IT = ("上", "上面", *_IN_IT)
_AND = ("and", "和", "与", "跟", "及")

Relation = Literal["behind", "under", "in_front", "left_of", "right_of", "beside", "inside", "above", "worn", "held"]
"""How an object stands to another. "worn" and "held": by that other, for what its `carry` cannot say, as it is not
the object mentioned next ("a man with a beard and glasses")."""


@dataclass(frozen=True)
class Mention:
    """One entry of the vocabulary as a prompt names it."""

    entry: str
    weight: float = 1.0
    count: int = 1
    colour: str | None = None  # #rrggbb
    place: str | None = None  # left right middle near far sky
    size: float = 1.0
    pose: str | None = None  # an action of the grammar that leans, lifts or squashes it
    mount: int = 0  # it sits on an object that is mentioned after it: the next (1), the one after that (2) …
    carry: str | None = None  # an action that puts the object mentioned next into its hands, on its head …
    relation: Relation | None = None  # where it is, seen from another object; not where `mount` says it already
    of: int = 0  # that object: so many objects further on in the reading, or back where it is negative
    hair: str | None = None  # #rrggbb, of somebody's hair


@dataclass(frozen=True)
class Reading:
    """Everything that the painter needs to know of a set of prompts."""

    mentions: tuple[Mention, ...] = ()
    unknown: tuple[str, ...] = ()

    def of(self, *kinds: str) -> tuple[Mention, ...]:
        """Return the mentions whose entry is of one of these kinds, in the order of the text."""
        return tuple(m for m in self.mentions if vocabulary.entry(m.entry).kind in kinds)

    @property
    def has_scene(self) -> bool:
        """True where a place is named."""
        return bool(self.of("scene"))


@lru_cache(maxsize=64)
def read(prompts: tuple[Prompt, ...]) -> Reading:
    """Return one reading of several prompts; a mention's weight is multiplied by the absolute weight of its prompt."""
    mentions: dict[tuple[str, str | None, str | None], Mention] = {}
    unknown: dict[str, None] = {}
    for prompt in prompts:
        found, missed = _read_text(prompt.text)
        for mention in dict.fromkeys(found):
            weighted = replace(mention, weight=mention.weight * abs(prompt.weight))
            key = (mention.entry, mention.colour, mention.place)
            old = mentions.get(key)
            mentions[key] = (
                weighted
                if old is None
                else replace(old, weight=max(old.weight, weighted.weight), count=max(old.count, weighted.count))
            )
        unknown.update(dict.fromkeys(missed))
    return Reading(tuple(mentions.values()), tuple(unknown)[:MAX_UNKNOWN_WORDS])


@lru_cache(maxsize=256)
def _read_text(text: str) -> tuple[tuple[Mention, ...], tuple[str, ...]]:
    reader = _Reader()
    for token in tokens(text):
        reader.take(token)
    return reader.finish()


class _Reader:
    """One pass over the tokens, with what waits for a thing to describe and what was named last."""

    def __init__(self) -> None:
        self.mentions: list[Mention] = []
        self.unknown: list[tuple[int, str]] = []
        self.waiting: list[Token] = []
        self.last: int | None = None  # the object that a place or an action after it belongs to
        self.latest: int | None = None  # what was named last, of any kind
        self.lost = False  # the word before is unknown
        self.held: tuple[int, Token] | None = None  # a thing named before the one who holds it
        self.joins: list[tuple[int, Token]] = []  # riders and carriers that need an object to follow
        self.on: int | None = None  # a thing followed by "on" or "in": it sits on what is named next, if that is a seat
        self.party: list[int] = []  # the last thing, after those that "and" joins to it: they sit down together
        self.joined = False  # "and" stands after the last thing
        self.filled = False  # "of" stands after it, and it is a bowl or a plate
        self.under: int | None = None  # a seat followed by the Chinese "on it" or "in it": what is named next is on it
        self.equipped: int | None = None  # a thing followed by "with": it holds or wears what is named next

    def take(self, token: Token) -> None:
        """Read one more piece of the text."""
        if self.lost and (token.kind == "stop" or (token.kind == "function" and token.text.isascii())):
            self._lose()
        self.lost = token.kind == "unknown"
        if token.kind == "unknown":
            self.unknown.append((token.start, token.text))
            self.latest = None
        elif token.kind == "stop":
            self._give_up()
            self.last = self.latest = self.on = self.under = None
            self.joined = self.filled = False
        elif token.text in vocabulary.grammar().zh_beside and self._beside():
            return
        elif token.kind == "function":
            self._pass_over(token.text.lower())
        elif token.kind == "entry":
            self._name(token)
        elif token.kind in ("place", "action") and self._describes_last(token):
            self.on = self.last if token.text.endswith(" on") else self.on
        else:
            self.waiting.append(token)

    def finish(self) -> tuple[tuple[Mention, ...], tuple[str, ...]]:
        """Return all mentions, and the unknown words as written, in order, once each."""
        if self.lost:
            self._lose()
        self._give_up()
        objects = [i for i, m in enumerate(self.mentions) if vocabulary.entry(m.entry).kind == "object"]
        for index, token in self.joins:
            after = next((self.mentions[i] for i in objects if i > index), None)
            if after is None or not _takes(token, after):
                self._alone(index, token)
        return tuple(self.mentions), tuple(dict.fromkeys(word for _, word in sorted(self.unknown)))

    def _pass_over(self, word: str) -> None:
        """Read a function word: it paints nothing, but may join the thing before it to what follows."""
        if word in ("on", "in"):
            self.on = self.last
        elif self.last is None or self.last != self.latest:
            return
        elif word == "with":
            self.equipped = self.last
        elif word in _AND:
            self.joined = True
        elif word == "of":
            data = vocabulary.entry(self.mentions[self.last].entry).data
            self.filled = "seat" in data and data.get("stands") == "table"
        elif word in _ON_IT:
            data = vocabulary.entry(self.mentions[self.last].entry).data
            ridden = self.last > 0 and self.mentions[self.last - 1].mount > 0
            for_it = "seat" in data and (data.get("stands") == "table") == (word in _IN_IT)
            self.under = self.last if for_it and not ridden else None
        elif word == "们":
            self.mentions[self.last] = replace(self.mentions[self.last], count=max(3, self.mentions[self.last].count))

    def _beside(self) -> bool:
        """Read a Chinese word for "beside", which follows the thing; return whether someone sits, stands or stops beside it."""
        if not self.joins or self.latest != self.last or self.last != self.joins[-1][0] + 1:
            return False
        self.last = self.joins[-1][0]
        self._dismount(*self.joins.pop())
        return True

    def _describes_last(self, token: Token) -> bool:
        """Give a place or an action to what was named before it; return whether it belongs there."""
        if self.latest is not None and self.latest != self.last:
            changed = _stir(self.mentions[self.latest], token)
            if changed is not None:
                self.mentions[self.latest] = changed
                return True
        if self.last is None:
            return False
        changed = _act_on(self.mentions[self.last], token)
        if changed is None:
            return False
        if changed.mount or changed.carry:
            self.joins.append((self.last, token))
        self.mentions[self.last] = changed
        return True

    def _name(self, token: Token) -> None:
        """Read an entry's word, and give it what waited for it."""
        item = vocabulary.entry(token.value)
        if item.kind == "object":
            self.mentions.append(self._object(token, item))
            if "seat" in item.data:
                self._seat()
            self._equip(item)
            before = self.mentions[self.last] if self.last is not None else None
            self.last = len(self.mentions) - 1
            self.party = [*self.party, self.last] if self.joined else [self.last]
            if before is not None and (before.mount or before.carry):  # this one is ridden or held
                self.party = []
            self._hand_over(self.last)
            on_it = self.under is not None and self.under == self.last - 1
            if self.filled or on_it:
                self._fill()
            self.under = None
        else:
            self.mentions.append(self._setting(token, item))
        self.latest, self.on, self.equipped = len(self.mentions) - 1, None, None
        self.joined = self.filled = False

    def _equip(self, item: vocabulary.Entry) -> None:
        """Let the one before "with" hold or wear the item: a girl holds an umbrella and wears a hat, a house does neither."""
        if self.equipped is None or self.equipped != self.last:
            return
        how = "wear" if "worn" in item.data else "hold" if "held" in item.data else None
        if how and "hands" in vocabulary.entry(self.mentions[self.equipped].entry).data:
            self.mentions[self.equipped] = replace(self.mentions[self.equipped], carry=how)

    def _seat(self) -> None:
        """Put those before "on" on the seat that was just named: "a cat and a dog on a sofa"."""
        if self.on is not None and self.mentions[self.on].carry is None:
            self.mentions[self.on] = replace(self.mentions[self.on], mount=1)
        if self.last is not None and self.mentions[self.last].mount:
            for index in self.party:
                after = [m for m in self.mentions[index + 1 :] if vocabulary.entry(m.entry).kind == "object"]
                self.mentions[index] = replace(self.mentions[index], mount=len(after))

    def _fill(self) -> None:
        """Put what fills a bowl into it, its mention before the bowl's: "a bowl of cherries"; or what is on a seat onto it."""
        *_, bowl, inside = self.mentions
        self.mentions[-2:] = [replace(inside, mount=1), bowl]
        self.last, self.party = len(self.mentions) - 2, []

    def _hand_over(self, holder: int) -> None:
        """Move a thing that was named before its holder, as Chinese may do, behind the holder's mention."""
        if self.held is None or self.held[0] == holder:
            return
        thing, word = self.held
        self.held = None
        if holder != thing + 1:
            self.unknown.append((word.start, word.text))
            return
        self.mentions[thing:] = [replace(self.mentions[holder], carry=word.value), self.mentions[thing]]
        self.last, self.party = thing, [thing]

    def _object(self, token: Token, item: vocabulary.Entry) -> Mention:
        """Return the mention of an object, which takes everything that waits."""
        if not self.waiting and not is_plural(token.text, item.en):
            return _bare(token.value)
        actions = [_action(t) for t in self.waiting if t.kind == "action"]
        colour, number, place = (self._last(kind) for kind in ("colour", "number", "place"))
        count = max([int(a.get("count", 1)) for a in actions], default=1)
        if count == 1 and is_plural(token.text, item.en):
            count = 3
        mention = Mention(
            token.value,
            count=min(COUNT_LIMIT, int(number.value) if number else count),
            colour=vocabulary.entry(colour.value).data["colour"] if colour else None,
            place=place.value if place else None,
            size=math.prod(a.get("size", 1.0) for a in actions),
        )
        for word in (t for t in self.waiting if t.kind == "action"):
            acted = _act_on(mention, word, before=True)
            if "carry" in _action(word):
                self.held = (len(self.mentions), word)
            elif acted is None and not _action(word).keys() & {"size", "count"}:
                self.unknown.append((word.start, word.text))
            mention = acted or mention
        self.waiting = []
        return mention

    def _setting(self, token: Token, item: vocabulary.Entry) -> Mention:
        """Return the mention of a place, a light or a mood, which takes what can change it; the rest waits on for an object."""
        if not self.waiting:
            return _bare(token.value)
        mention, kept = Mention(token.value), []
        for word in self.waiting:
            action = _action(word) if word.kind == "action" else {}
            if word.kind == "colour" and item.kind in ("part", "scene"):
                mention = replace(mention, colour=vocabulary.entry(word.value).data["colour"])
            elif word.kind == "place" and word.value == "far" and item.kind == "scene":
                mention = replace(mention, place="far")
            elif item.kind == "scene" and action.keys() & {"size"} and "strengthen" not in action:
                mention = replace(mention, size=mention.size * action["size"])
            elif "strengthen" in action and item.kind not in ("scene", "light", "medium"):
                mention = replace(mention, weight=mention.weight * action["strengthen"])
            elif word.kind == "number" and item.kind == "scene" and counted(token.text, item.en):
                if word.value != "1":
                    self.unknown.append((word.start, word.text))
            else:
                kept.append(word)
        self.waiting = kept
        return mention

    def _lose(self) -> None:
        """End an unknown thing ("in a red tutu"): its colour goes to its owner, its number and size are unknown words too."""
        kept = []
        for word in self.waiting:
            if word.kind == "colour" and self.last is not None and self.mentions[self.last].colour is None:
                colour = vocabulary.entry(word.value).data["colour"]
                self.mentions[self.last] = replace(self.mentions[self.last], colour=colour)
            elif (word.kind == "number" and word.value != "1") or (
                word.kind == "action" and _action(word).keys() & {"size", "count"}
            ):
                self.unknown.append((word.start, word.text))
            else:
                kept.append(word)
        self.waiting = kept

    def _last(self, kind: str) -> Token | None:
        return next((t for t in reversed(self.waiting) if t.kind == kind), None)

    def _give_up(self) -> None:
        """Let a colour that still waits colour the whole picture, and count all other words that wait as unknown."""
        for token in self.waiting:
            if token.kind == "colour":
                self.mentions.append(Mention(token.value))
            elif token.kind != "number" or token.value != "1":
                self.unknown.append((token.start, token.text))
        self.waiting = []
        if self.held is not None:
            self.unknown.append((self.held[1].start, self.held[1].text))
            self.held = None

    def _alone(self, index: int, token: Token) -> None:
        """Let a rider without a mount sit where its word says so ("sitting on"); else the word is unknown."""
        if not self._dismount(index, token):
            self.unknown.append((token.start, token.text))

    def _dismount(self, index: int, token: Token) -> bool:
        """Take a rider off its mount, in the pose that its word gives it; return whether it gives one."""
        first = token.text.split()[0].lower() if token.text.isascii() else token.text[0]
        pose = action_words().get(first)
        posed = bool(pose and vocabulary.grammar().actions[pose].keys() & {"lean", "lift", "squash"})
        old = self.mentions[index]
        self.mentions[index] = replace(old, mount=0, carry=None, pose=pose if posed else old.pose)
        return posed


@lru_cache(maxsize=256)
def _bare(entry: str) -> Mention:
    """Return the mention of an entry of which the text says no more."""
    return Mention(entry)


def _act_on(mention: Mention, token: Token, before: bool = False) -> Mention | None:
    """Return the mention as a place or an action changes it; None where the word waits for the next mention."""
    if token.kind == "place":
        return replace(mention, place=token.value)
    action = _action(token)
    if "mount" in action or "carry" in action:
        if before:
            return None
        return replace(mention, mount=1) if action.get("mount") else replace(mention, carry=token.value)
    if "stirs" in action and not before:
        return replace(mention, size=mention.size * action.get("size", 1.0))
    poses = bool(action.keys() & {"lean", "lift", "squash"})
    if "stays" in action and action["stays"] == vocabulary.entry(mention.entry).data.get("stands"):
        return mention
    if "place" in action and (before or "size" not in action):
        return replace(mention, place=action["place"], pose=token.value if poses else mention.pose)
    if poses:
        return replace(mention, pose=token.value)
    return None


def _stir(mention: Mention, token: Token) -> Mention | None:
    """Return a setting as a word moves it ("falling" snow, mountains "in the background"); None where it does not."""
    kind = vocabulary.entry(mention.entry).kind
    if token.kind == "place":
        return replace(mention, place="far") if kind == "scene" and token.value == "far" else None
    stirs = _action(token).get("stirs")
    if stirs and kind in ("weather", "season", "part"):
        return replace(mention, weight=mention.weight * stirs)
    return None


def _action(token: Token) -> Mapping[str, Any]:
    return vocabulary.grammar().actions[token.value]


def _takes(token: Token, thing: Mention) -> bool:
    """Return whether the action can take this thing: a house is not eaten."""
    wanted = _action(token).get("takes")
    return wanted is None or wanted == vocabulary.entry(thing.entry).data.get("stands")
