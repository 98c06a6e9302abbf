"""From words to a Reading: which entries of the vocabulary all prompts name, how many, in which colour and where.

Each text is read by itself (`reader`). Here what several say of one thing comes together, and the objects come into the order
that the painter wants.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import cast

from helpers.studio.protocol import MAX_UNKNOWN_WORDS, Prompt

from . import vocabulary
from .reader import OWNED, Link, Links, Mention, Relation, Spoken, TextRead, leads_to, read_text

__all__ = ["Mention", "Reading", "Relation", "Spoken", "read"]


@dataclass(frozen=True)
class Reading:
    """Everything that the painter needs to know of a set of prompts."""

    mentions: tuple[Mention, ...] = ()
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Entries that it wants none of: "without a hat"."""
    words: tuple[Spoken, ...] = field(default=(), compare=False)
    """Its content words, in order, once each; no picture depends on them."""

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
    mentions: list[Mention] = []
    links: dict[int, Link] = {}
    words: list[Spoken] = []
    unknown: dict[str, None] = {}
    absent: dict[str, None] = {}
    for prompt in prompts:
        text = read_text(prompt.text)
        numbers = _joined(text, abs(prompt.weight), mentions)
        for index, link in text.links.items():
            if link.of in numbers and not leads_to(links, numbers[link.of], numbers[index]):
                links.setdefault(numbers[index], replace(link, of=numbers[link.of]))
        words += [w if w.about is None else replace(w, about=numbers[w.about]) for w in text.words]
        unknown.update(dict.fromkeys(text.unknown))
        absent.update(dict.fromkeys(text.absent))
    arranged, places = _arranged(mentions, links)
    said = [w if w.about is None else replace(w, about=places[w.about]) for w in words]
    return Reading(arranged, tuple(unknown)[:MAX_UNKNOWN_WORDS], tuple(absent), _once_each(said))


def _joined(text: TextRead, weight: float, mentions: list[Mention]) -> Mapping[int, int]:
    """Add a text's mentions to those of the texts before it, and return the number of each.

    One that says no more than another of the same entry is that one, unless the text sets both beside each other.
    """
    before, taken, numbers = len(mentions), set[int](), dict[int, int]()
    linked = {*text.links, *(link.of for link in text.links.values())}
    for index, mention in enumerate(text.mentions):
        for at, old in enumerate(mentions):
            if at not in taken and (at < before or index not in linked) and _says_no_more(mention, old):
                break
        else:
            at = len(mentions)
            mentions.append(replace(mention, weight=0.0))
        old = mentions[at]
        mentions[at] = replace(
            old, weight=max(old.weight, mention.weight * weight), count=max(old.count, mention.count)
        )
        numbers[index] = at
        if at < before or index in linked:
            taken.add(at)
    return numbers


def _says_no_more(mention: Mention, old: Mention) -> bool:
    if mention.entry != old.entry:
        return False
    bare = replace(mention, weight=1.0) == Mention(mention.entry)
    return bare or (mention.colour, mention.place, mention.size) == (old.colour, old.place, old.size)


def _arranged(mentions: Sequence[Mention], links: Links) -> tuple[tuple[Mention, ...], Mapping[int, int]]:
    """Return the mentions with their links as offsets, and the number of each in that order: who rides before the mount,
    what is carried right after who carries it."""
    order = list(_in_order(mentions, links))
    objects = [i for i in order if vocabulary.entry(mentions[i].entry).kind == "object"]
    place = {index: number for number, index in enumerate(objects)}
    out = {index: mentions[index] for index in order}
    for index, link in links.items():
        off = place[link.of] - place[index]
        if link.how == "on":
            out[index] = replace(out[index], mount=max(off, 0))
        elif link.how in OWNED and off == -1 and link.action is not None:
            out[link.of] = replace(out[link.of], carry=link.action)
        else:
            out[index] = replace(out[index], relation=cast(Relation, link.how), of=off)
    return tuple(out.values()), {index: number for number, index in enumerate(order)}


def _in_order(mentions: Sequence[Mention], links: Links) -> Iterator[int]:
    to: dict[int, list[int]] = {}
    for index in sorted(links):
        to.setdefault(links[index].of, []).append(index)
    done: set[int] = set()

    def given(index: int) -> Iterator[int]:
        link = links.get(index)
        if index in done:
            return
        if link is not None and link.how in OWNED and link.of not in done:
            yield from given(link.of)
            return
        done.add(index)
        carried = [i for i in to.get(index, ()) if links[i].how in OWNED]
        for mount in (*carried, index):
            for rider in to.get(mount, ()):
                if links[rider].how == "on":
                    yield from given(rider)
        yield index
        for thing in carried:
            yield from given(thing)

    for index in range(len(mentions)):
        yield from given(index)


def _once_each(words: Sequence[Spoken]) -> tuple[Spoken, ...]:
    """Return each word once, where it changes something if it does so anywhere."""
    found: dict[str, Spoken] = {}
    for word in words:
        if word.text not in found or (word.changes and not found[word.text].changes):
            found[word.text] = word
    return tuple(found.values())
