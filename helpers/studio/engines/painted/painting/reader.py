"""From one text to what it says: the entries of the vocabulary that it names, the links between its objects, and its words.

A word that describes waits for the thing that it describes, or belongs to what was named last. Every content word ends as
one of the text's `words` or is unknown and reported as written; only function words are passed over.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from ..interface import Says
from . import anchors, art, vocabulary
from .rules import Relation
from .tokens import COUNT_LIMIT, Token, action_words, counted, is_plural, tokens

__all__ = ["OWNED", "Link", "Links", "Mention", "Relation", "Spoken", "TextRead", "leads_to", "read_text"]

_AND = ("and", "plus", "和", "与", "跟", "及", "加")
_WITH = ("with", "带", "带有", "有")
_DEFINITE = ("the", "this", "that", "these", "those", "its", "其", "这", "那", "这只", "那只", "这个", "那个")
_SUBJECT = ("he", "she", "it", "they", "他", "她", "它", "他们", "她们", "它们")
_OBJECT = ("it", "him", "her", "them")
_SHOULDERS = tuple(f"{whose} {part}" for whose in ("his", "her", "its", "their") for part in ("shoulder", "shoulders"))
_COPULA = ("is", "are", "was", "were", "是")
_MADE_OF = ("made of", "made from", "made out of")
_OUTSIDE = ("outside", "窗外", "外面", "外边")
_WITHOUT = ("without", "no", "没有", "无")
OWNED = ("held", "worn")
"""Links of a thing to whom it moves with."""
_TOUCHING = ("on", "inside")
_TRUE_OF_PLACES = ("in_front", "beside", "inside")
"""Relations to a place, its sky or its light that hold of anything which stands there."""
_POSED = ("lean", "lift", "squash")
_LEANING, _LIFTED = 15.0, 0.2
"""Degrees from which it is to be seen that something leans, and from which share of its height that it jumps."""
_DONE = ("food", "drink", "text", "music")
"""Uses of things which only a drawing of somebody shows: a book in her hand is not read yet."""
_PICTURES = ("painting", "drawing", "poster", "photo", "photograph", "sketch", "print", "watercolor", "watercolour")
"""Last words of media that are things too: "an oil painting above the sofa"."""
_HUNG = ("on", "above", "over", "hanging", "leaning")
_TABLE = "tabletop"
"""The place that is a thing to lay something on."""
_GROUNDS = ("ground", "hills", "shore", "bank", "dunes", "sweep")
"""Brushes of a place's ground, which takes the colour of the place where its water does not: a room has none."""
_COLOURED = ("sky", "water_part", "grass", "wall", "fallen_leaves", "ice_part")
"""Parts of a place that take a colour of their own."""
_BUNCHES = ("束", "堆", "丛", "簇", "排")
"""Measure words of many that are one, of which a single thing is none."""
_EVERYTHING = ("everything", "一切")
_ALL = ("all", "全", "全部")

_SAYS: Mapping[str, Says] = {
    "colour": "colour",
    "place": "place",
    "relation": "relation",
    "number": "count",
    "large": "large",
    "small": "small",
}
"""What words say, by their kinds and actions."""
Check = bool | Literal["colour", "hair", "place", "pose", "size"]
"""Whether a word changes something, or what will show it once the text is read."""


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
class Spoken:
    """A content word of a prompt that the painter knows."""

    text: str
    """As written."""
    about: int | None = None
    """Number of the mention that it names or describes, in `Reading.mentions`."""
    stand_in: str | None = None
    """Name of what is painted in its place."""
    changes: bool = True
    """False where it changes nothing in the picture."""
    says: Says | None = None
    """What it says of the mention, where a picture may show that and not this."""


@dataclass(frozen=True)
class Link:
    """What an object is to another one: a relation, "on" it, or held or worn by it."""

    how: str
    of: int
    action: str | None = None  # that says how it is held or worn


Links = Mapping[int, Link]


@dataclass(frozen=True)
class TextRead:
    """One text, read: mentions in its order, and the links between them by their numbers."""

    mentions: tuple[Mention, ...]
    links: Links
    words: tuple[Spoken, ...]
    unknown: tuple[str, ...]
    absent: tuple[str, ...] = ()  # entries that it wants none of: "without a hat"


@lru_cache(maxsize=256)
def read_text(text: str) -> TextRead:
    """Return what a text says."""
    return _Reader(text).read()


def leads_to(links: Links, index: int, other: int) -> bool:
    """Return whether an object is another one, or belongs to it by links."""
    while index != other and index in links:
        index = links[index].of
    return index == other


@dataclass(frozen=True)
class _Join:
    """A word that needs an object to follow: "behind", "holding", "sitting on"."""

    who: tuple[int, ...]
    token: Token

    @property
    def how(self) -> str:
        """Kind of the link that it makes."""
        if self.token.kind == "relation":
            return self.token.value
        return "on" if "mount" in _action(self.token) else "worn" if self.token.value == "wear" else "held"


class _Reader:
    """One pass over the tokens, with what waits for a thing to describe and what was named last."""

    def __init__(self, text: str) -> None:
        self.tokens = list(tokens(text))
        self.at = 0
        self.mentions: list[Mention] = []
        self.links: dict[int, Link] = {}
        self.said: list[tuple[Token, int | None, Check]] = []
        self.unknown: list[Token] = []
        self.none_of: list[str] = []  # entries that stand after "without"
        self.waiting: list[Token] = []
        self.last: int | None = None  # the object that a place or an action after it belongs to
        self.latest: int | None = None  # what was named last, of any kind
        self.subject: int | None = None  # the first object of its sentence: what "it" is in the next
        self.lost = False  # the word before is unknown
        self.held: tuple[int, Token] | None = None  # a thing named before the one who holds it or sits on it
        self.also: list[
            tuple[int, Token]
        ] = []  # such things before that one: "wearing a suit and a tie", before the man
        self.joins: list[_Join] = []
        self.on: int | None = None  # a thing followed by "on" or "in": it sits on what is named next, if that is a seat
        self.into = False  # that word is "in"
        self.party: list[int] = []  # the last thing, after those that "and" joins to it: they sit down together
        self.ones: list[Token] = []  # colours of single ones of a thing: "two cats, one black"
        self.joined = False  # "and" stands after the last thing
        self.filled: int | None = None  # a thing followed by "of"
        self.front: tuple[Token, tuple[int, ...]] | None = None  # a relation, and what is named before the thing in it
        self.there: int | None = (
            None  # a thing followed by the Chinese "at": a relation after the next thing is its own
        )
        self.equipped: int | None = None  # a thing followed by "with": it holds or wears what is named next
        self.placed = False  # a place stands between them: what is not worn may be in that place
        self.owner: int | None = None  # the same, to the end of the sentence
        self.definite = self.copula = self.absent = False  # "the", "is" or "without" stands before
        self.made_of = False  # "made of" stands before: what follows is a material
        self.figure = False  # "the head of" or "like" stands before: what follows is not there itself
        self.listed = False  # a comma stands before: what follows may be said of the subject
        self.whole = False  # "everything" stands before: a colour alone is that of the picture
        self.outside = False  # "outside" stands before: what falls there does not fall in the room
        rooms = [_is_indoors(token) for token in self.tokens if _is_place(token)]
        self.indoors, self.under_roof = any(rooms), bool(rooms) and all(rooms)

    def read(self) -> TextRead:
        """Return the text's mentions, links, content words and unknown words."""
        for at, token in enumerate(self.tokens):
            self.at = at
            self._take(token)
        self._stop()
        content = (one for one in self.said if not _is_article(one[0]))
        words = (self._spoken(*one) for one in sorted(content, key=lambda one: one[0].start))
        missed = sorted(self.unknown, key=lambda token: token.start)
        return TextRead(
            tuple(self.mentions),
            self.links,
            tuple(words),
            tuple(dict.fromkeys(t.text for t in missed)),
            tuple(self.none_of),
        )

    # ---- token by token ---------------------------------------------------------------------------------------------

    def _take(self, token: Token) -> None:
        token = self.tokens[self.at] = self._as_noun(token)
        verb = (
            token.kind == "action"
            and not _is_adjective(token)
            and _action(token).keys() & {"strengthen", "count"} != {"strengthen"}
        )
        if self.lost and token.english and (verb or token.kind in ("stop", "relation", "function")):
            self._lose(token)
        if self.made_of and token.kind in ("relation", "action", "place", "function"):
            self._end_material(token)
        self.lost = token.kind == "unknown"
        self.outside = self.outside or token.text.lower() in _OUTSIDE
        if token.kind == "unknown":
            self.unknown.append(token)
            self.latest, self.definite = None, False
            self.figure = self._is_figure(token)
            if self.waiting and self._is_of(self.waiting[-1], token):
                self.unknown.append(self.waiting.pop())
        elif token.kind == "stop":
            self._stop(token.text)
        elif not token.english and token.text in vocabulary.grammar().zh_relations and self._stands_after(token):
            self._relate_back(token)
        elif token.word in _SHOULDERS:
            self._perch(token)
        elif token.kind == "function":
            self._pass_over(token.text.lower())
        elif token.kind == "relation":
            self._relate(token)
        elif token.kind == "entry" and (colour := self._two_colours(token)) is not None:
            self.waiting.append(colour)
        elif token.kind == "entry" and (self._is_likeness(token) or self._is_figure(token)):
            self.unknown.append(token)
            self.latest, self.figure = None, self._is_figure(token)
        elif token.text == "风" and self._ends_a_manner(token):
            self._say(token, self.latest, False)
        elif token.kind == "relation" and self._is_of_weather(token):
            self._say(token, None, False)
        elif token.kind == "entry" and self._is_adjunct(token):
            self.waiting.append(token)
        elif token.kind == "entry":
            self._name(token)
        elif token.kind == "hair" and not self._goes_on_to_somebody() and not self._comes_before_somebody(token):
            self._describe_hair(token)
        elif token.kind == "action" and self._acts_for_nobody(token):
            self.unknown.append(token)
        elif token.word == "everywhere" and self.waiting and self.waiting[-1].kind == "colour":  # "pink everywhere"
            self.whole = True
            self._give_up()
            self.whole = False
            self._say(token, len(self.mentions) - 1)
        elif token.kind in ("place", "action") and self._describes_last(token):
            self.on = self.last if token.word.endswith(" on") else self.on
        else:
            self.waiting.append(token)

    def _end_surface(self) -> None:
        """End colours whose noun is a material, which no picture shows: "on pink marble with a rose"."""
        waits, unseen = self.waiting, vocabulary.grammar().unseen
        described = len(waits) > 1 and waits[-1].kind == "colour" and not (self.made_of or self.copula)
        if not described or waits[-1].word not in unseen:
            return
        for word in waits:
            if word.kind == "colour":
                self._say(word, None, False)
        self.waiting = [word for word in waits if word.kind != "colour"]

    def _end_material(self, token: Token) -> None:
        """End what follows "made of" before any grammar but an article or "and"."""
        if token.text.lower() not in ("a", "an", "the", *_AND):
            self._give_up()
            self.made_of = False

    def _is_of(self, colour: Token, token: Token) -> bool:
        """Return whether a Chinese colour is that of the unknown word after it: "red wall", or "a red" and something unknown
        that no known thing follows."""
        if colour.kind != "colour" or token.english:
            return False
        return colour.start + 1 == token.start or self._noun_ahead(self.at + 1)[0] is None

    def _is_figure(self, token: Token) -> bool:
        """Return whether a word says that what follows is there in part or as an outline, and not itself: "the head of", "like"."""
        following, word = self._following(), token.text.lower()
        of = word == "like" or (following is not None and following.word == "of")
        return of and word in ("like", "style", *vocabulary.grammar().figures) and bool(self.mentions)

    def _stop(self, sign: str = ".") -> None:
        """End a part of the sentence, or all of it."""
        self._end_surface()
        if self.lost:
            self._lose()
        self.lost = False
        title = [t for t in self.waiting if t.value == "portrait" and sign in ",，、" and self.subject is None]
        self.waiting = [t for t in self.waiting if t not in title]
        self._give_up()
        self.waiting = title  # "portrait, a woman"
        for join in self.joins:
            self._leave(join)
        self.joins = []
        self.last = self.latest = self.on = self.filled = self.equipped = self.there = None
        self.joined = self.definite = self.copula = self.absent = self.made_of = self.figure = self.outside = False
        self.listed, self.whole = sign in ",，、", False
        if not self.listed:
            self.owner = None
            self.unknown += self.ones
            self.ones = []
        if sign not in ",，、" or (self.front is not None and not self.front[0].english):
            self._expect(None)

    def _pass_over(self, word: str) -> None:
        """Read a function word: it paints nothing, but may join the thing before it to what follows."""
        if word not in ("a", "an", "the", *_AND):
            self._end_surface()
        self.figure = self.figure or self._is_figure(self.tokens[self.at])
        if word in _DEFINITE:
            self.definite = True
        if self.whole and word in (*_AND, "there") and all(one.kind == "colour" for one in self.waiting):
            self._give_up()  # "everything is pink and there is a cat"
        said_of_all = word in _ALL and self.last is None and not self.copula  # but "a girl all in blue"
        self.whole = self.whole or word in _EVERYTHING or said_of_all
        if word in ("on", "in"):
            self.on, self.into = self._owner_of(self.last), word == "in"
        elif word in _WITHOUT:
            self.absent = True
        elif word in _MADE_OF:
            self.made_of = self.last is not None
        elif word in _COPULA:
            self.copula = True
        elif word in _OBJECT and self.joins and self.joins[-1].token.kind == "relation":
            self._relate_to_owner()
        elif word in _SUBJECT and self.last is None:
            self.last = self.latest = self.subject
        elif word == "with" and (self.last is None or self._is_in_weather("scene")):
            self.equipped = self.owner = self._holder()
            self.placed = not self._is_in_weather()
        elif self.last is None or self.last != self.latest:
            return
        elif word in _WITH:
            self.equipped = self.owner = self._holder()
        elif word == "在":
            self.there = self.last
        elif word in _AND:
            self.joined = True
        elif word == "of" and self._is_filled(self.last):
            self.filled = self.last
        elif word == "们":
            self._change(self.last, count=max(3, self.mentions[self.last].count))

    def _is_in_weather(self, *kinds: str) -> bool:
        """Return whether the weather or the light was named last, or something of `kinds`: "a man in the rain with an umbrella"."""
        kinds = ("weather", "light", "season", *kinds)
        return self.latest is not None and vocabulary.entry(self.mentions[self.latest].entry).kind in kinds

    def _holder(self) -> int | None:
        """Return who may have what stands after "with": what was named last, or its owner; who walks the dog, not the dog."""
        at = self._owner_of(self.last)
        if at is None or self.subject is None or self._has_hands(at) or not self._has_hands(self.subject):
            return self.subject if at is None else at
        led = self.last is not None and self._walks(self.subject)
        return self.subject if led or self._is_in_weather() else at

    def _has_hands(self, index: int) -> bool:
        return "hands" in vocabulary.entry(self.mentions[index].entry).data

    def _walks(self, index: int) -> bool:
        return self.mentions[index].pose == "walk"

    # ---- nouns ------------------------------------------------------------------------------------------------------

    def _is_adjunct(self, token: Token) -> bool:
        """Return whether a noun or a mood only describes the noun that follows it, as "glass" in "a glass jar"."""
        item, grammar = vocabulary.entry(token.value), vocabulary.grammar()
        following = self._following()
        if following is None or self.absent or token.word in grammar.emoji:
            return False
        ahead, lost = self._noun_ahead(self.at + 1)
        kind = vocabulary.entry(ahead.value).kind if ahead is not None else None
        if token.owns and following.kind == "entry" and vocabulary.entry(following.value).kind == "medium":
            return True  # "a child's drawing"
        framed = self._is_picture(self.at + 1) or following.value == grammar.nouns["painting"]
        if item.kind == "medium" and framed and token.english:  # "an abstract painting on the wall"
            return True
        if token.word in grammar.textures and item.kind == "mood":
            return kind == "object" or (ahead is None and lost)
        if token.word in grammar.materials:
            return (following.kind == "unknown" and token.english) or (
                following.kind == "entry" and vocabulary.entry(following.value).kind in ("object", "scene")
            )
        if item.kind != "object" or ahead is None:
            return bool(
                item.kind == "object"
                and token.word in grammar.vessels
                and following.word == "of"
                and (noun := self._noun_ahead(self.at + 2)[0])
                and vocabulary.entry(noun.value).kind == "object"
            )
        owns = token.owns or (following.text == "的" and not any(t.kind == "action" for t in self.waiting))
        if owns:
            head = vocabulary.entry(ahead.value)
            theirs = _is_worn(head) and all(join.how != "worn" for join in self.joins)
            return "hands" in item.data and kind in ("object", "scene") and not theirs and "hands" not in head.data
        return (
            token.english
            and following.kind == "entry"
            and (not is_plural(token) or ("hands" in item.data and _is_worn(vocabulary.entry(following.value))))
            and vocabulary.entry(following.value).kind == "object"
            and not following.word.split(" ")[0].endswith("ing")
        )

    def _is_likeness(self, token: Token) -> bool:
        """Return whether something is only like a thing or a place: "a space theme", "a heart shaped box"."""
        following, likenesses = self._following(), vocabulary.grammar().likenesses
        kind = vocabulary.entry(token.value).kind
        if following is None or kind not in ("object", "scene", "part"):
            return False
        if following.kind == "unknown" or following.word in ("style", "styled"):
            return following.text.lower() in likenesses
        described = token if token.word in likenesses else following
        ahead, _ = self._noun_ahead(self.at + (1 if described is token else 2))
        return described.kind == "entry" and described.word in likenesses and ahead is not None

    def _ends_a_manner(self, token: Token) -> bool:
        """Return whether a Chinese "wind" ends a word for a style, as in "retro style"."""
        before = self.tokens[self.at - 1] if self.at else None
        if before is None or before.start + len(before.text) != token.start:
            return False
        manner = before.kind == "entry" and vocabulary.entry(before.value).kind in ("mood", "medium")
        return manner or (before.kind == "unknown" and not before.english)

    def _is_of_weather(self, token: Token) -> bool:
        """Return whether it is weather that is outside a room."""
        named = next((t for t in reversed(self.tokens[: self.at]) if t.kind != "action"), None)
        falls = (
            named is not None and named.kind == "entry" and vocabulary.entry(named.value).kind in ("weather", "part")
        )
        return falls and self.indoors and token.text.lower() in _OUTSIDE

    def _as_noun(self, token: Token) -> Token:
        """Return a word of a colour, a place or a medium as the thing that it can be: "an orange", "on a blue background"."""
        grammar = vocabulary.grammar()
        if self._is_picture(self.at):
            return token._replace(value=grammar.nouns["painting"])
        thing = grammar.nouns.get(token.word) if token.kind in ("colour", "place", "entry") else None
        if thing is None:
            return token
        before, following = self.tokens[self.at - 1] if self.at else None, self._following()
        if token.kind == "entry":  # "a room with a painting", but "a painting of a room"
            if self.latest is None or before is None or (following is not None and following.word == "of"):
                return token
            one = before.kind in ("number", "colour") or before.text.lower() in ("a", "an", "the")
            return token._replace(value=thing) if one or is_plural(token) else token
        described = before is not None and (
            before.kind == "colour" or (before.kind == "entry" and vocabulary.entry(before.value).kind == "mood")
        )
        if token.kind == "place":
            described = described or (before is not None and before.kind == "unknown")
            return token._replace(kind="entry", value=thing) if described else token
        numbered = before is not None and (before.kind == "number" or before.text.lower() in ("a", "an", "the"))
        describes = following is not None and (
            following.text == "的"
            or (
                following.kind in ("entry", "colour", "number", "hair", "unknown")
                and following.word.split(" ")[0] not in grammar.functions  # "on a table" is a place
            )
        )
        if describes or (token.english and not numbered and not described):
            return token
        return token._replace(kind="entry", value=thing)

    def _is_picture(self, at: int) -> bool:
        """Return whether a medium is a thing in the place, as in "an oil painting above the sofa" and not "a sketch on paper"."""
        token, after = self.tokens[at], self.tokens[at + 1 : at + 2]
        if token.kind != "entry" or vocabulary.entry(token.value).kind != "medium" or not after:
            return False
        hung = token.word.split(" ")[-1] in _PICTURES and after[0].word.split(" ")[0] in _HUNG
        ahead = self._noun_ahead(at + 1 if after[0].kind == "entry" else at + 2)[0] if hung else None
        if ahead is None or ahead.word in vocabulary.grammar().materials:
            return False
        return ahead.value == _TABLE or vocabulary.entry(ahead.value).kind == "object"

    def _two_colours(self, token: Token) -> Token | None:
        """Return "black and white" as the colour of the thing that follows; None where it is that of the picture."""
        words = token.word.replace("-", " ").split(" and ") if token.english else list(token.word)
        entries = vocabulary.words()[0 if token.english else 1]
        colours = [entries.get(word, "") for word in words]
        if len(colours) != 2 or not all(name.startswith("colour_") for name in colours):
            return None
        ahead, _ = self._noun_ahead(self.at + 1)
        of_thing = ahead is not None and vocabulary.entry(ahead.value).kind == "object"
        framed = ahead is not None and ahead.word.startswith("portrait")
        return token._replace(kind="colour", value=colours[0]) if of_thing and not framed else None

    def _noun_ahead(self, at: int) -> tuple[Token | None, bool]:
        """Return the noun of the phrase that goes on at a token, and whether an unknown word stands before it."""
        lost = False
        for token in self.tokens[at:]:
            lost = lost or token.kind == "unknown"
            if token.kind == "entry" and vocabulary.entry(token.value).kind not in ("mood", "medium"):
                return token, lost
            sized = token.kind == "action" and _action(token).keys() & {"size", "count"}
            describes = token.kind in ("entry", "colour", "number", "hair", "unknown") or sized
            if not describes and token.text != "的" and token.text.lower() not in ("a", "an", "the"):
                break
        return None, lost

    def _name(self, token: Token) -> None:
        """Read an entry's word, and give it what waited for it."""
        item = vocabulary.entry(token.value)
        if self.absent:
            self.none_of.append(token.value)
            self._say(token)
            for word in self.waiting:
                self._say(word)
            self.waiting, self.absent = [], False
            return
        if self.made_of and item.kind not in ("mood", "medium"):
            self._give_up()  # a colour that is left is a material too
            self._say(token, self.last, False)
            return
        is_figure, self.figure = self.figure and item.kind in ("object", "scene", "part"), False
        falls = item.kind in ("weather", "part") and self._is_outside()
        used = _is_worn(item) and [t.text.lower() for t in self.tokens[max(self.at - 2, 0) : self.at]] == ["as", "a"]
        if used or is_figure or falls or (self.under_roof and item.data.get("outdoors")):
            self._idle(token)
            return
        if (wearer := self._cannot_wear(token, item)) is not None:
            for join in [join for join in self.joins if join.how == "worn"]:
                self.joins.remove(join)
                self._leave(join)
            self._idle(token, wearer)
            return
        if item.kind == "object":
            self._name_object(token)
        else:
            self._name_setting(token, item)
            self._reach_place()
        if item.kind not in ("mood", "medium"):
            self.on = self.equipped = self.filled = None
            self.joined = self.definite = self.copula = False

    def _idle(self, token: Token, about: int | None = None) -> None:
        """Read a word that names nothing which is there."""
        for word in (token, *self.waiting):
            if word.kind != "number" or word.value != "1":
                self._say(word, about, False)
        self.waiting, self.latest = [], None
        self.last = None if vocabulary.entry(token.value).kind in ("weather", "part") else self.last

    def _is_outside(self) -> bool:
        """Return whether weather, or what is in the sky, is outside a room, where it does not fall on what is inside."""
        rest = self.tokens[self.at + 1 :]
        end = next((at for at, t in enumerate(rest) if t.kind != "action"), len(rest))
        after = rest[end : end + 1] and rest[end].text.lower() in _OUTSIDE
        return self.indoors and (self.outside or bool(after))

    def _cannot_wear(self, token: Token, item: vocabulary.Entry) -> int | None:
        """Return who should wear a thing that is drawn as somebody, and has no such drawing: "a cat dressed as a wizard"."""
        who = next((join.who[-1] for join in self.joins if join.how == "worn"), None)
        if who is None or "hands" not in item.data:
            return None
        return None if self._is_dressed(item, who) else who

    def _is_dressed(self, item: vocabulary.Entry, who: int) -> bool:
        """Return whether a drawing of somebody shows a thing on them."""
        return item.name in vocabulary.entry(self.mentions[who].entry).data.get("dressed", ())

    def _name_object(self, token: Token) -> None:
        index = self._named_before(token)
        if index is None:
            index = len(self.mentions)
            self.mentions.append(_bare(token.value))
        self._say(token, index)
        before, self.latest = self.last, index
        self._describe(index, token)
        self._link_up(index, before)
        if index not in self.links and self.held is None and (before is None or before in self._worn_by(index)):
            self.subject = index
        self.party = [*self.party, index] if self.joined else [index]
        if index in {link.of for link in self.links.values()}:  # this one is ridden, or stood behind
            self.party = []
        self.last = index

    def _worn_by(self, index: int) -> list[int]:
        """Return what somebody wears or holds."""
        return [thing for thing, link in self.links.items() if link.of == index and link.how in OWNED]

    def _named_before(self, token: Token) -> int | None:
        """Return the object that "the cat" was before; a number, a size or another colour makes it another one."""
        if not self.definite or any(t.kind in ("number", "colour") or _is_size(t) for t in self.waiting):
            return None
        same = [i for i, m in enumerate(self.mentions) if m.entry == token.value and i != self.last]
        return same[-1] if same else None

    def _describe(self, index: int, token: Token) -> None:
        """Give an object everything that waits."""
        verb = next((at for at, t in enumerate(self.waiting) if not t.english and _needs_object(t)), 0)
        self.waiting, words = self.waiting[:verb], self.waiting[verb:]  # "two girls in hats": both are of the girls
        mention = self.mentions[index]
        numbers = [t for t in words if t.kind == "number"]
        actions = [_action(t) for t in words if t.kind == "action" and "carry" not in _action(t)]
        count = max([int(a.get("count", 1)) for a in actions], default=1)
        if count == 1 and is_plural(token):
            count = 3
        if numbers:
            paired = "pair" in numbers[-1].word and token.word.endswith("s")
            count = 1 if paired else int(numbers[-1].value)
        if len(words) or count > 1:
            mention = replace(
                mention,
                count=max(mention.count, min(COUNT_LIMIT, count)),
                size=mention.size * math.prod(a.get("size", 1.0) for a in actions),
            )
        hair, grammar = next((t for t in words if t.kind == "hair"), None), vocabulary.grammar()
        for at, word in enumerate(words):
            if word.word in grammar.skins and token.word in grammar.people and hair is None:
                self.unknown.append(word)
            elif word.kind == "colour":
                of_hair = hair is not None and not hair.value and words[at + 1 : at + 2] == [hair]
                if of_hair:
                    mention = replace(mention, hair=_hair_colour(word.value))
                elif mention.colour is None:
                    mention = replace(mention, colour=_colour(word.value))
                self._say(word, index, "hair" if of_hair else "colour")
            elif word.kind == "hair":
                mention = replace(mention, hair=_hair_colour(word.value) if word.value else mention.hair)
                self._say(word, index, "hair")
            elif word.kind == "place":
                mention = replace(mention, place=word.value)
                self._say(word, index, "place")
            elif word.kind == "action":
                mention = self._acted(mention, index, word)
            elif word.kind == "number":
                self._say(word, index, mention.count == count and (count > 1 or not word.text.endswith(_BUNCHES)))
            else:  # a noun that is shown where it is of the same entry, as in "a golden retriever puppy"
                self._say(word, index, word.value == mention.entry)
        self.mentions[index] = mention

    def _acted(self, mention: Mention, index: int, word: Token) -> Mention:
        """Return a mention as an action before it changes it; one that waits for its holder or rider stays held."""
        action = _action(word)
        acted = _act_on(mention, word, before=True)
        if _needs_object(word):
            if self.held is not None:
                self.also.append(self.held)
            self.held = (index, word)
        elif acted is None and not action.keys() & {"size", "count"}:
            self.unknown.append(word)
        else:
            self._say(word, index, _check(word, mention))
        return acted or mention

    def _name_setting(self, token: Token, item: vocabulary.Entry) -> None:
        """Read a place, a light or a mood, which takes what can change it; the rest waits on for an object."""
        index = len(self.mentions)
        mention, kept = _bare(token.value), []
        for word in self.waiting:
            action = _action(word) if word.kind == "action" else {}
            if word.kind == "colour" and item.kind in ("part", "scene"):
                mention = replace(mention, colour=_colour(word.value))
            elif word.kind == "place" and word.value == "far" and item.kind != "mood":
                mention = replace(mention, place="far") if item.kind == "scene" else mention
            elif word.kind == "action" and "mount" in action and (pose := _pose_of(word)) is not None:
                kept.append(word._replace(value=pose))  # "standing at a window", before the Chinese for who does
                continue
            elif item.kind == "scene" and action.keys() & {"size"} and "strengthen" not in action:
                mention = replace(mention, size=mention.size * action["size"])
            elif "strengthen" in action and item.kind not in ("scene", "light", "medium"):
                mention = replace(mention, weight=mention.weight * action["strengthen"])
            elif word.kind == "number" and item.kind in ("scene", "part") and counted(token):
                if word.value != "1":
                    self.unknown.append(word)
                    continue
            elif word.kind == "entry" and (word.owns or item.kind not in ("mood", "medium")):
                self._say(word, index, False)
                continue
            else:
                kept.append(word)
                continue
            self._say(word, index, "colour" if word.kind == "colour" else "size" not in action)
        self.waiting = kept
        self.mentions.append(mention)
        self._say(token, index, not self._is_said_of_thing(item))
        self.latest = index

    def _is_said_of_thing(self, item: vocabulary.Entry) -> bool:
        """Return whether a mood only says how the thing after it is: "a futuristic train" is a train."""
        if item.kind != "mood" or item.name in vocabulary.grammar().looks:
            return False
        ahead, _ = self._noun_ahead(self.at + 1)
        return ahead is not None and vocabulary.entry(ahead.value).kind == "object"

    # ---- links between objects --------------------------------------------------------------------------------------

    def _link(self, who: int, how: str, of: int, action: str | None = None) -> bool:
        """Set an object beside another one; return whether it could be."""
        if who in self.links or leads_to(self.links, of, who):
            return False
        self.links[who] = Link(how, of, action)
        return True

    def _link_up(self, index: int, before: int | None) -> None:
        """Join the object just named to those that wait for it."""
        mention, item = self.mentions[index], vocabulary.entry(self.mentions[index].entry)
        if self.front is not None:
            (relation, near), self.front = self.front, None
            if near:
                self._put(index, relation, *near)
            else:
                self.front = (relation, (index,))
        joins, self.joins = self.joins, []
        for join in joins:
            if _takes(join.token, mention):
                self._join(join, index)
            else:
                self._leave(join)
        self._hand_over(index)
        if before is not None and self._is_clothed(index, before):
            self._link(before, "worn", index, "wear")
        if self.on is not None and self.on not in self.links:
            if self._fits(item, self.on) and (self.into or _is_worn(item)):
                if self.into:
                    self._link(index, "worn", self.on, "wear")
                    self._share(index, self.party if self.on in self.party else [])
            elif "seat" in item.data:
                for who in self.party if self.on in self.party else [self.on]:
                    self._link(who, "on", index)
            else:
                inside = self.into and any(anchors.has(drawing, "inside") for drawing in item.data["art"])
                said = "in" if self.into else "on"
                if self.into:
                    self._link(self.on, "inside", index)
                word = next(t for t in reversed(self.tokens[: self.at]) if t.word.split(" ")[-1] == said)
                if word.kind == "function" and not inside:
                    self._say(word, self.on, False)
        if self.equipped is not None:
            self._equip(index, self.equipped, item)
            self.placed = False
        elif self.joined and before in self.links and self.links[before].how in OWNED:
            self._equip(index, self.links[before].of, item)
        elif self._is_listed(index, before, item):
            assert self.subject is not None
            self._link(index, "worn", self.subject, "wear")  # "wearing a hat, a scarf"
        if self.filled is not None and self.filled == before:
            self._fill(index, self.filled)

    def _is_listed(self, index: int, before: int | None, item: vocabulary.Entry) -> bool:
        """Return whether a thing after a comma is worn by the subject: "a man, white shirt", and not "a man, a hat on a chair"."""
        if before is not None or self.subject is None or index in self.links or not self._fits(item, self.subject):
            return False
        if self._wears(self.subject):
            return True
        following = self._following()
        stands = following is not None and (following.kind in ("relation", "action") or following.word in ("on", "in"))
        return self.listed and self._has_hands(self.subject) and not stands

    def _fits(self, item: vocabulary.Entry, who: int) -> bool:
        """Return whether somebody may wear a thing."""
        return _is_worn(item) or (not _is_held(item) and self._is_dressed(item, who))

    def _suits(self, thing: int, who: int) -> bool:
        return anchors.wearable(self.mentions[thing].entry, self.mentions[who].entry)

    def _is_done(self, word: Token, how: str, thing: int, who: int) -> bool:
        """Return whether somebody is seen to wear or hold a thing, or to do with it what a word says, as "reading"."""
        if how == "worn":
            return self._suits(thing, who)
        shown = self._is_dressed(vocabulary.entry(self.mentions[thing].entry), who)
        return shown or _action(word).get("takes") not in _DONE

    def _is_seated(self, word: Token, who: int, seat: int) -> bool:
        """Return whether a word that puts somebody on a thing is seen: a person rides astride, stands on a chair and sits on nothing."""
        data = vocabulary.entry(self.mentions[seat].entry).data
        sits = _pose_of(word) == "sit" and self._has_hands(who)
        return "astride" in data or (not sits and word.value != "ride" and bool(data.keys() & {"seat", "hands"}))

    def _wears(self, index: int) -> bool:
        return any(link.of == index and link.how == "worn" for link in self.links.values())

    def _equip(self, index: int, holder: int, item: vocabulary.Entry) -> None:
        """Let the holder wear or hold a thing after "with": a girl has an umbrella and a hat, a house has neither."""
        hands = self._has_hands(holder)
        if self._fits(item, holder) and (hands or self._wears(holder) or self._has_head(holder)):
            self._link(index, "worn", holder, "wear")
        elif _is_held(item) and hands and not self.placed:
            self._link(index, "held", holder, "hold")

    def _has_head(self, index: int) -> bool:
        """Return whether a drawing says where something has its head: it may wear a hat."""
        return any(anchors.has(name, "head") for name in vocabulary.entry(self.mentions[index].entry).data["art"])

    def _fill(self, index: int, vessel: int) -> None:
        """Put what follows "of" into the bowl before it: "a bowl of cherries", "a jar of sweets"."""
        if self.mentions[vessel].entry != self.mentions[index].entry:
            seat = "seat" in vocabulary.entry(self.mentions[vessel].entry).data
            self._link(index, "on" if seat else "inside", vessel)

    def _is_filled(self, index: int) -> bool:
        """Return whether a thing before "of" holds what follows: a bowl, or a jar."""
        data = vocabulary.entry(self.mentions[index].entry).data
        lies_in_it = "seat" in data and data.get("stands") == "table"
        return lies_in_it or self.tokens[self.at - 1].word in vocabulary.grammar().containers

    def _join(self, join: _Join, index: int) -> None:
        """Make the link that a word before the object asks for."""
        if join.token.kind == "relation":
            self._put_all(join.who, join.token, index)
            return
        if join.how == "on":
            made = [self._link(who, "on", index) and self._is_seated(join.token, who, index) for who in join.who]
        else:
            made = [self._link(index, join.how, join.who[-1], join.token.value)]
            made = [made[0] and self._is_done(join.token, join.how, index, join.who[-1])]
            self._share(index, join.who)
        self._say(join.token, index if join.how in OWNED else join.who[-1], any(made))

    def _share(self, index: int, party: Sequence[int]) -> None:
        """Give the others of a party one each of what the last of them wears or holds: "a cat and a dog wearing hats"."""
        link, mention = self.links.get(index), self.mentions[index]
        item = vocabulary.entry(mention.entry)
        sharing = [one for one in party if self._has_head(one)]
        if link is None or link.how not in OWNED or not (_is_worn(item) or _is_held(item)) or len(sharing) < 2:
            return
        if is_plural(self.tokens[self.at]):
            self._change(index, count=self.mentions[link.of].count)
        for one in sharing:
            if one != link.of:
                self.mentions.append(replace(mention, count=self.mentions[one].count))
                self._link(len(self.mentions) - 1, link.how, one, link.action)

    def _put_all(self, who: Sequence[int], token: Token, index: int) -> None:
        for one in who[:-1]:
            self._link(one, "in_front" if token.value == "between" else token.value, index)
        self._put(who[-1], token, index)

    def _put(self, who: int, token: Token, *of: int) -> None:
        """Make the link of a relation. What is between two has the first to its left and the second to its right."""
        how = token.value
        while who in self.links:  # it sits on something, or is worn: that stands there
            who = self.links[who].of
        if how == "between" and len(of) == 1 and self.mentions[of[0]].count == 1:
            self._expect((token._replace(value="right_of"), (who,)))
        if how == "between" and (len(of) == 2 or self.front is not None):
            sides = zip(of, ("left_of", "right_of"), strict=False)
            made = any([self._link(one, side, who) for one, side in sides])
        else:
            how = "in_front" if how == "between" else how
            seat = how in _TOUCHING and "seat" in vocabulary.entry(self.mentions[of[-1]].entry).data
            made = self._link(who, "on" if seat else how, of[-1])
        if token.english or token.value not in _TOUCHING or not made:
            self._say(token, who, made)

    def _leave(self, join: _Join) -> None:
        """Give up on an object to follow: a rider sits where it is, and no relation holds."""
        if join.token.kind == "relation":
            self._say(join.token, join.who[-1], False)
            return
        posed = [self._sit_down(who, join.token) for who in join.who] if join.how == "on" else [False]
        if any(posed):
            self._say(join.token, join.who[-1], "pose")
        else:
            self.unknown.append(join.token)

    def _reach_place(self) -> None:
        """End the words that wait for an object at a place: one sits there, and stands in front of it or under its sky."""
        joins, self.joins = self.joins, []
        for join in joins:
            if join.token.kind == "relation":
                item = vocabulary.entry(self.mentions[-1].entry)
                if item.kind in ("mood", "medium"):
                    self.joins.append(join)
                else:
                    self._say(join.token, join.who[-1], self._holds_at(item, join.token.value, join.who[-1]))
            elif vocabulary.entry(self.mentions[-1].entry).kind in ("mood", "medium", "light"):
                self.joins.append(join)
            else:
                self._leave(join)

    def _holds_at(self, place: vocabulary.Entry, relation: str, who: int | None) -> bool:
        """Return whether a relation holds of what stands in a place: in front of mountains, but not before a house's inside; only
        what flies is above a place, and all are under what is in its sky."""
        if relation == "above":
            return who is not None and _is_aloft(self.mentions[who])
        if relation == "under":
            return place.kind in ("light", "weather") or place.data.get("stands") == "sky"
        return relation in _TRUE_OF_PLACES and not (relation == "in_front" and place.data.get("indoor"))

    def _sit_down(self, index: int, token: Token) -> bool:
        """Give an object the pose of its word ("sitting on"); return whether the word gives one."""
        pose = _pose_of(token)
        if pose is None:
            return False
        self._change(index, pose=pose)
        return True

    def _relate(self, token: Token) -> None:
        """Read a word such as "behind": what is named next is what it stands behind."""
        if token.value in _TOUCHING and not token.english:
            return
        if self.last is not None:
            who = self._actor(token)
            self.joins.append(_Join(self._party_of(who), token))
        elif self.latest is not None:  # about a light, or a part of the place
            ahead, _ = self._noun_ahead(self.at + 1)
            holds = ahead is not None and self._holds_at(vocabulary.entry(ahead.value), token.value, self.latest)
            self._say(token, self.latest, holds)
        elif token.english or self.subject is not None:
            self._expect((token, () if token.english or self.subject is None else (self.subject,)))
        else:
            self._say(token, None, False)

    def _relate_to_owner(self) -> None:
        """Read "behind it": what it is was named before, and has the thing."""
        join = self.joins.pop()
        others = [i for i in range(len(self.mentions)) if i not in join.who and self._is_object(i)]
        of = self.owner if self.owner is not None and self.owner not in join.who else others[-1] if others else None
        if of is None:
            self._leave(join)
        else:
            self._put_all(join.who, join.token, of)

    def _perch(self, token: Token) -> None:
        """Read "on his shoulder": somebody who was named before bears what sits there."""
        sits = self.joins.pop() if self.joins and self.joins[-1].how == "on" else None
        who: tuple[int, ...] = (self.last,) if self.last is not None and self.on == self.last else ()
        who = sits.who if sits is not None else who
        people = [i for i, m in enumerate(self.mentions) if i not in who and "hands" in vocabulary.entry(m.entry).data]
        made = [self._link(one, "on", people[-1]) for one in who if people]
        self._say(token, who[-1] if who else None, any(made))
        if sits is not None:
            self._say(sits.token, who[-1], any(made))
        self.last = people[-1] if any(made) else self.last

    def _stands_after(self, token: Token) -> bool:
        """Return whether a Chinese word for a relation follows its thing, as "behind" does in "a tree's behind"."""
        before = self.tokens[self.at - 1] if self.at else None
        if before is not None and before.text == "的" and self.at > 1:
            before = self.tokens[self.at - 2]
        named = before is not None and before.kind == "entry" and self.latest is not None
        return named and not (self.joined and token.kind == "place")

    def _relate_back(self, token: Token) -> None:
        """Read a Chinese relation after its thing: "the tree's behind" is where the cat is, or the one named next."""
        how, here = vocabulary.grammar().zh_relations[token.text], self.latest
        if here is None or not self._is_object(here):
            if how not in _TOUCHING and here is not None:
                self._say(token, here, self._holds_at(vocabulary.entry(self.mentions[here].entry), how, self.there))
            return
        token = token._replace(kind="relation", value=how)
        of = tuple(self.party[-2:]) if how == "between" else (here,)
        who = self.there if self.there is not None and self.there != here else None
        rider = next((i for i, link in self.links.items() if link.of == here and link.how == "on"), None)
        self.there = None
        if rider is not None:
            if how not in _TOUCHING:  # "sits below the tree": not on it
                posed = self.links.pop(rider)
                self._put(rider, token, here)
                self._unseat(rider, posed)
            self.last = self.last if how in _TOUCHING else rider
        elif self.held is not None and self.held[0] == here and "mount" in _action(self.held[1]):
            self._expect((token, of))
        elif who is not None:
            if how not in _TOUCHING or self._is_in(how, here):
                self._put(who, token, *of)
            else:
                self._say(token, who, False)
            self.last = self.latest = who
        elif how not in _TOUCHING or self._is_in(how, here):
            self._expect((token, of))
        else:
            self._say(token, here, False)

    def _expect(self, front: tuple[Token, tuple[int, ...]] | None) -> None:
        """Let what is named next stand in a relation; one that still waits for it does so in vain."""
        old, self.front = self.front, front
        if old is not None and not any(token.start == old[0].start for token, _, _ in self.said):
            self._say(old[0], old[1][-1] if old[1] else None, False)

    def _unseat(self, rider: int, link: Link) -> None:
        """Give a rider who is beside the thing and not on it the pose of its word."""
        word = next((t for t, about, _ in reversed(self.said) if about == rider and t.kind == "action"), None)
        if word is not None:
            self._sit_down(rider, word)

    def _is_in(self, how: str, index: int) -> bool:
        """Return whether something can be on or in a thing: on a sofa, in a bowl or a box."""
        data = vocabulary.entry(self.mentions[index].entry).data
        return (how == "inside" or "seat" in data) and (
            "seat" not in data or (data.get("stands") == "table") == (how == "inside")
        )

    def _is_clothed(self, index: int, before: int) -> bool:
        """Return whether, in Chinese, somebody's clothes stand right before them: "white-beard old man"."""
        written = self.tokens[self.at - 1]
        return (
            not self.tokens[self.at].english
            and (written.kind == "entry" or written.text == "的")
            and self.latest == index
            and before not in self.links
            and self._has_hands(index)
            and self._fits(vocabulary.entry(self.mentions[before].entry), index)
        )

    def _hold(self, holder: int, word: Token, thing: int) -> None:
        item = vocabulary.entry(self.mentions[thing].entry)
        wears = word.value == "wear" or (_is_worn(item) and not _is_held(item))
        if not _takes(word, self.mentions[thing]):
            self.unknown.append(word)
            return
        made = self._link(thing, *("worn", holder, "wear") if wears else ("held", holder, word.value))
        self._say(word, thing, made and self._is_done(word, "worn" if wears else "held", thing, holder))

    def _hand_over(self, holder: int) -> None:
        """Give a thing that was named before its holder or rider, as in Chinese, to the one just named."""
        if self.held is None or self.held[0] == holder:
            return
        (thing, word), self.held = self.held, None
        before, self.also = self.also, []
        for other, verb in before:
            if "carry" in _action(verb) and self._has_hands(holder):
                self._hold(holder, verb, other)
            else:
                self.unknown.append(verb)
        if holder != thing + 1:
            self.unknown.append(word)
        elif "carry" in _action(word):
            self._hold(holder, word, thing)
        elif holder in self.links:  # "standing below the tree"
            self._say(word, holder, "pose" if self._sit_down(holder, word) else False)
        else:
            self._say(word, holder, self._link(holder, "on", thing) and self._is_seated(word, holder, thing))

    # ---- what describes the thing before it -------------------------------------------------------------------------

    def _describes_last(self, token: Token) -> bool:
        """Give a place or an action to what was named before it; return whether it belongs there."""
        waits = self.held is not None and self.held[0] == self.last and _needs_object(token)
        if (self.joined or waits) and not token.english:
            return False
        if self.latest is not None and self.latest != self.last:
            changed = _stir(self.mentions[self.latest], token)
            if changed is not None:
                self.mentions[self.latest] = changed
                self._say(token, self.latest)
                return True
        if self.last is None:
            return False
        who = self._actor(token)
        if _needs_object(token):
            self.joins.append(_Join(self._party_of(who), token))
            return True
        changed = _act_on(self.mentions[who], token)
        if changed is None:
            return False
        self._say(token, who, _check(token, self.mentions[who]))
        self.mentions[who] = changed
        return True

    def _actor(self, token: Token) -> int:
        """Return who does what a verb says: the holder of a balloon, not the balloon; who sits on a chair, not the chair."""
        at = self._owner_of(self.last)
        assert at is not None
        if token.kind != "action":
            return at
        data = vocabulary.entry(self.mentions[at].entry).data
        for who, link in self.links.items():
            if link.of == at and link.how not in OWNED:
                acts = "hands" in vocabulary.entry(self.mentions[who].entry).data and "hands" not in data
                still = link.how in ("behind", "under", "inside") or data.get("stands") in ("floor", "table")
                carries = "carry" in _action(token) and acts
                if carries or (still and _action(token).keys() & set(_POSED)):
                    return who
        return at

    def _party_of(self, who: int) -> tuple[int, ...]:
        """Return who does together what one of them does."""
        return tuple(self.party) if who == self.last and who in self.party else (who,)

    def _owner_of(self, index: int | None) -> int | None:
        """Return who holds or wears a thing; the thing itself where nobody does."""
        while index is not None and index in self.links and self.links[index].how in OWNED:
            index = self.links[index].of
        return index

    def _goes_on_to_somebody(self) -> bool:
        """Return whether hair is that of somebody named next, as in "a red-haired girl"."""
        following = self._following()
        if following is None or (following.kind == "function" and following.text != "的"):
            return False
        ahead, _ = self._noun_ahead(self.at + 1)
        return ahead is not None and "hands" in vocabulary.entry(ahead.value).data

    def _comes_before_somebody(self, token: Token) -> bool:
        """Return whether hair begins what is said of somebody in Chinese: "short hair wearing glasses of a boy"."""
        somebody = self.last if self.last is not None else self.subject
        rest = self.tokens[self.at :]
        end = next((at for at, t in enumerate(rest) if t.kind == "stop"), len(rest))
        named = any(t.kind == "entry" and "hands" in vocabulary.entry(t.value).data for t in rest[:end])
        return not token.english and somebody is None and named

    def _describe_hair(self, token: Token) -> None:
        """Give hair, in the colour that waits or its own, to somebody named before; that of nobody is unknown."""
        colour = self.waiting.pop() if not token.value and self.waiting and self.waiting[-1].kind == "colour" else None
        index = self._owner_of(self.last if self.last is not None else self.subject)
        if index is None:
            self.unknown += [one for one in (colour, token) if one is not None]
            return
        if value := token.value or (colour.value if colour is not None else ""):
            self._change(index, hair=_hair_colour(value))
        if colour is not None:
            self._say(colour, index, "hair")
        self._say(token, index, "hair")
        self.latest = index

    def _acts_for_nobody(self, token: Token) -> bool:
        """Return whether an English verb has no known subject: the word before it is unknown, or nothing is named yet."""
        action, following = _action(token), self._following()
        if not token.english or self.last is not None:
            return False
        attributive = following is not None and following.kind not in ("function", "relation", "stop")
        after = self.at > 0 and self.tokens[self.at - 1].kind == "unknown"
        if self.subject is not None and not after and (_needs_object(token) or not attributive):
            self.last = self.latest = self.subject  # "a cat, wearing a hat"
            return False
        return _needs_object(token) or (after and not attributive and bool(action.keys() & {"place", *_POSED}))

    def _following(self) -> Token | None:
        return self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None

    def _lose(self, token: Token | None = None) -> None:
        """End an unknown thing ("in a red tutu"): the colour of what one wears goes to its wearer; its number, its size and
        any other colour are unknown words too."""
        kept = []
        hands = self.last is not None and "hands" in vocabulary.entry(self.mentions[self.last].entry).data
        worn = (hands and self.on == self.last and self.into) or any(join.how == "worn" for join in self.joins)
        for word in self.waiting:
            if word.kind == "colour" and worn and self.last is not None and self.mentions[self.last].colour is None:
                self._change(self.last, colour=_colour(word.value))
                self._say(word, self.last, "colour")
            elif (
                word.kind in ("colour", "hair", "entry")
                or (word.kind == "number" and word.value != "1")
                or (word.kind == "action" and _action(word).keys() & {"size", "count"})
            ):
                self.unknown.append(word)
            elif word.kind != "number":
                kept.append(word)
        self.waiting = kept
        goes_on = token is not None and token.word in _AND  # "holding a zyzzyva and a balloon"
        joins, self.joins = self.joins, []
        for join in joins:
            if goes_on and join.how in OWNED:
                self.joins.append(join)
            else:
                self._leave(join)

    def _give_up(self) -> None:
        """End what waits at the end of a part: a colour alone colours the whole picture, other words are unknown."""
        into = self.on is not None and self.into
        owner = self.latest if self.copula else self.last if into or self.made_of else None
        owner = None if self.whole else owner
        if owner is not None and vocabulary.entry(self.mentions[owner].entry).kind not in ("object", "part", "scene"):
            owner = None
        self._colour_each()
        dresser = next((join for join in self.joins if join.how == "worn"), None)
        for token in self.waiting:
            if token.kind == "colour" and dresser is not None and self.mentions[dresser.who[-1]].colour is None:
                self._change(dresser.who[-1], colour=_colour(token.value))
                self._say(token, dresser.who[-1], "colour")
                self._say(dresser.token, dresser.who[-1], "colour")
                self.joins.remove(dresser)
            elif token.kind == "colour" and owner is not None and self.mentions[owner].colour is None:
                self._change(owner, colour=_colour(token.value))
                self._say(token, owner, "colour")
            elif token.kind in ("colour", "entry"):
                self.mentions.append(_bare(token.value))
                self._say(token, len(self.mentions) - 1)
            elif token.kind != "number" or token.value != "1":
                self.unknown.append(token)
        self.waiting = []
        self.unknown += [verb for _, verb in self.also]
        self.also = []
        if self.held is not None:
            (thing, word), self.held = self.held, None
            if self.subject is not None and self.subject < thing and "carry" in _action(word):
                self._hold(self.subject, word, thing)  # "a girl rides a horse, wearing a hat", in Chinese
            else:
                self.unknown.append(word)

    def _colour_each(self) -> None:
        """Read "one black and one white" of two cats named before: each has its own colour."""
        ones = [
            colour
            for one, colour in zip(self.waiting, self.waiting[1:], strict=False)
            if one.kind == "number" and one.value == "1" and colour.kind == "colour"
        ]
        if self.subject is None or self.mentions[self.subject].count == 1:
            return
        mention = self.mentions[self.subject]
        self.waiting = [token for token in self.waiting if token not in ones]
        self.ones += ones
        if mention.count != len(self.ones) or mention.colour is not None:
            return
        ones, self.ones = self.ones, []
        for number, token in enumerate(ones):
            index = self.subject if number == 0 else len(self.mentions)
            self.mentions[index : index + 1] = [replace(mention, count=1, colour=_colour(token.value))]
            self._say(token, index, "colour")

    # ---- small things -----------------------------------------------------------------------------------------------

    def _say(self, token: Token, about: int | None = None, changes: Check = True) -> None:
        self.said.append((token, about, changes))

    def _change(self, index: int, **fields: Any) -> None:
        self.mentions[index] = replace(self.mentions[index], **fields)

    def _is_object(self, index: int) -> bool:
        return vocabulary.entry(self.mentions[index].entry).kind == "object"

    def _spoken(self, token: Token, about: int | None, check: Check) -> Spoken:
        """Return a content word as the reading gives it back."""
        instead = None
        if token.kind == "entry":
            item = vocabulary.entry(token.value)
            if token.word in {word.lower() for word in item.stand_in}:
                instead = (item.en if token.english else item.zh)[0]
        changes = check if isinstance(check, bool) else self._shows(token, about, check)
        return Spoken(token.text, about, instead, changes and _is_visible(token), _says(token))

    def _shows(self, token: Token, about: int | None, check: str) -> bool:
        """Return whether a mention shows what a word said of it."""
        if about is None:
            return False
        mention = self.mentions[about]
        item = vocabulary.entry(mention.entry)
        if check == "hair":
            return mention.hair is not None and _takes_colour(item, "hair")
        if check == "colour":
            named = token.kind != "colour" or mention.colour == _colour(token.value)
            link = self.links.get(about)
            wearer = vocabulary.entry(self.mentions[link.of].entry) if link is not None and link.how == "worn" else item
            return named and (_takes_colour(item, "tint") or _takes_colour(wearer, "tint"))
        if check == "size":
            link = self.links.get(about)
            on = {anchors.of(name).get("on") for name in item.data["art"]} if item.kind == "object" else set()
            return link is None or link.how != "worn" or on.isdisjoint(anchors.FITTED)
        if check == "place":
            wanted = token.value if token.kind == "place" else _action(token)["place"]
            return mention.place == wanted and about not in self.links
        posed = _pose_of(token) if "mount" in _action(token) else token.value
        return posed is not None and mention.pose == posed and "lives" in item.data and _is_seen_pose(posed, mention)


def _is_article(token: Token) -> bool:
    """Return whether a Chinese number is no more than "a": "one piece of", but not "one bunch of"."""
    return token.kind == "number" and not token.english and token.value == "1" and not token.text.endswith(_BUNCHES)


@lru_cache(maxsize=256)
def _bare(entry: str) -> Mention:
    """Return the mention of an entry of which the text says no more."""
    return Mention(entry)


@lru_cache(maxsize=512)
def _takes_colour(item: vocabulary.Entry, part: str) -> bool:
    """Return whether some drawing of an entry has a part that takes a colour, or the ground of a place does."""
    if item.kind == "scene":
        return "coloured" in item.data or any(layer["brush"] in _GROUNDS for layer in item.data.get("layers", ()))
    if item.kind == "part":
        return item.name in _COLOURED
    drawings = [name for key, names in item.data.items() if key == "art" or key.startswith("art_") for name in names]
    return item.kind != "object" or any(art.load(name).takes(part) for name in drawings)


def _is_aloft(mention: Mention) -> bool:
    item = vocabulary.entry(mention.entry)
    return item.kind in ("light", "weather") or "sky" in (mention.place, item.data.get("stands"))


def _is_worn(item: vocabulary.Entry) -> bool:
    return "worn" in item.data


def _is_held(item: vocabulary.Entry) -> bool:
    return "held" in item.data


def _pose_of(token: Token) -> str | None:
    """Return the pose in a word that has a place too: "sitting" in "sitting on"."""
    pose = action_words().get(token.text.split()[0].lower() if token.english else token.text[0])
    return pose if pose and vocabulary.grammar().actions[pose].keys() & set(_POSED) else None


def _says(token: Token) -> Says | None:
    """Return what a word says of its mention, where a picture may show that and not this."""
    action = _action(token) if token.kind == "action" else {}
    return "relation" if action.keys() & {"carry", "mount"} else _SAYS.get(token.value if action else token.kind)


def _is_seen_pose(pose: str, mention: Mention) -> bool:
    """Return whether a pose is more than a little leaning or squashing. Drawings of what lives stand."""
    action = vocabulary.grammar().actions[pose]
    if "place" in action:
        return mention.place == action["place"]
    return pose == "stand" or action.get("lift", 0.0) >= _LIFTED or abs(action.get("lean", 0.0)) >= _LEANING


def _is_visible(token: Token) -> bool:
    """Return whether a stranger would find in a picture what a word says, as the grammar's lists have it."""
    item, grammar = vocabulary.entry(token.value) if token.kind in ("entry", "colour") else None, vocabulary.grammar()
    if item is not None and item.kind == "object" and token.word in grammar.nouns:
        return True
    return token.word.lower() not in grammar.unseen and (
        item is None or item.kind in ("object", "scene", "colour") or item.name in grammar.seen
    )


def _needs_object(token: Token) -> bool:
    return token.kind == "action" and bool(_action(token).keys() & {"carry", "mount"})


def _is_adjective(token: Token) -> bool:
    """Return whether an action is a size and nothing else: "big"."""
    return token.kind == "action" and _action(token).keys() <= {"en", "zh", "size"}


def _is_size(token: Token) -> bool:
    return token.kind == "action" and "size" in _action(token)


def _colour(entry: str) -> str:
    return str(vocabulary.entry(entry).data["colour"])


def _hair_colour(entry: str) -> str:
    data = vocabulary.entry(entry).data
    return str(data.get("hair", data["colour"]))


def _check(token: Token, mention: Mention) -> Check:
    """Return what will show that a place or an action changed the mention."""
    if token.kind == "place":
        return "place"
    action = _action(token)
    if action.get("stays") == vocabulary.entry(mention.entry).data.get("stands", "ground") or "count" in action:
        return True
    if action.keys() & set(_POSED):
        return "pose"
    if "size" in action:
        return "size"
    return "place" if "place" in action else True


def _act_on(mention: Mention, token: Token, before: bool = False) -> Mention | None:
    """Return the mention as a place or an action changes it; None where the word waits for the next mention."""
    if token.kind == "place":
        return replace(mention, place=token.value)
    action = _action(token)
    poses = bool(action.keys() & set(_POSED))
    if "stirs" in action and not before and not poses:
        return replace(mention, size=mention.size * action.get("size", 1.0))
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
    if token.kind == "place" and token.value in ("sky", "far") and kind in ("part", "weather", "season", "light"):
        return mention
    if token.kind == "place":
        return replace(mention, place="far") if kind == "scene" and token.value == "far" else None
    stirs = _action(token).get("stirs")
    if stirs and kind in ("weather", "season", "part"):
        return replace(mention, weight=mention.weight * stirs)
    return None


def _action(token: Token) -> Mapping[str, Any]:
    return vocabulary.grammar().actions[token.value]


def _takes(token: Token, thing: Mention) -> bool:
    """Return whether a word can take this thing: a book is not eaten."""
    wanted = _action(token).get("takes") if token.kind == "action" else None
    return wanted is None or wanted in vocabulary.entry(thing.entry).data.get("use", ())


def _is_place(token: Token) -> bool:
    return token.kind == "entry" and vocabulary.entry(token.value).kind == "scene"


def _is_indoors(token: Token) -> bool:
    """Return whether a word names a place with a roof."""
    return token.kind == "entry" and bool(vocabulary.entry(token.value).data.get("indoor"))
