"""The vocabulary is wide enough for everyday prompts, and holds nothing that no picture can show."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from helpers.studio.engines.painted.painting import layout, prompt, tokens, vocabulary
from helpers.studio.engines.painted.painting.prompt import Reading
from helpers.studio.protocol import Prompt

PROMPTS = Path(__file__).with_name("everyday_prompts.txt").read_text("utf-8").splitlines()


def read(text: str) -> Reading:
    return prompt.read((Prompt(text),))


@pytest.mark.parametrize(
    ("kinds", "least"),
    [
        (("scene",), 24),
        (("light", "season", "weather"), 12),
        (("object",), 120),
        (("mood", "colour", "medium"), 40),
    ],
)
def test_the_vocabulary_is_as_wide_as_promised(kinds: tuple[str, ...], least: int) -> None:
    count = Counter(entry.kind for entry in vocabulary.entries().values())
    assert sum(count[kind] for kind in kinds) >= least


def test_every_entry_has_english_and_chinese_words() -> None:
    assert [entry.name for entry in vocabulary.entries().values() if not entry.en or not entry.zh] == []


def known_and_unknown(text: str) -> tuple[int, int]:
    """Content words that are painted, and those that are not; two Chinese characters count as a word."""
    unknown = read(text).unknown
    if text.isascii():
        content = [word for word in re.findall(r"[a-z'-]+", text.lower()) if word not in vocabulary.grammar().functions]
        missed = sum(word in {part for one in unknown for part in one.lower().split()} for word in content)
        return len(content) - missed, missed
    found = [token for token in tokens.tokens(text) if token.kind not in ("stop", "function", "unknown")]
    return sum(token.text not in unknown for token in found), sum((len(word) + 1) // 2 for word in unknown)


@pytest.mark.parametrize("english", [True, False])
def test_at_least_four_words_in_five_of_everyday_prompts_are_known(english: bool) -> None:
    counts = [known_and_unknown(text) for text in PROMPTS if text.isascii() == english]
    known, unknown = (sum(side) for side in zip(*counts, strict=True))
    assert len(counts) >= 40
    assert known / (known + unknown) > 0.85


def drawings(data: Any) -> Iterator[str]:
    """All drawings that an entry's data name, however deep."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "art" or key.startswith("art_"):
                yield from value
            elif key == "dressed":
                yield from chain.from_iterable(value.values())
            yield from drawings(value)
    elif isinstance(data, list):
        for value in data:
            yield from drawings(value)


@pytest.mark.parametrize(
    "words",
    [
        "plate fork knife spoon chopsticks",
        "football basketball baseball",
        "chair stool armchair",
        "gift box basket",
        "laptop keyboard tablet phone telephone",
        "stove microwave toaster",
        "teapot kettle pot cauldron",
        "hammer screwdriver pliers drill wrench",
        "叉子 勺子 刀 筷子",
        "足球 篮球 网球",
    ],
)
def test_things_that_a_stranger_tells_apart_share_no_drawing(words: str) -> None:
    drawn = [set(drawings(dict(vocabulary.entry(read(word).of("object")[0].entry).data))) for word in words.split()]
    assert sum(map(len, drawn)) == len(set().union(*drawn))


def test_every_drawing_is_shown_by_some_entry_and_every_one_named_is_there() -> None:
    named = {name for entry in vocabulary.entries().values() for name in drawings(dict(entry.data))}
    there = {
        file.name.removesuffix(".svg")
        for file in resources.files("helpers.studio.engines.painted.painting").joinpath("art").iterdir()
        if file.name.endswith(".svg")
    }
    assert named == there


def test_every_home_is_a_scene() -> None:
    homes = {entry.name: entry.data.get("home") for entry in vocabulary.entries().values() if entry.kind == "object"}
    assert [n for n, home in homes.items() if home and vocabulary.entry(home).kind != "scene"] == []


@pytest.mark.parametrize("text", ["a cat on a sofa", "a knight on a white horse", "a baby sleeping in a crib"])
def test_who_is_named_on_a_seat_sits_on_it(text: str) -> None:
    for seed in range(5):
        rider, seat = sorted(layout.compose(read(text), seed, 1.0).placements, key=lambda p: p.footing != "mount")
        assert rider.footing == "mount"
        assert abs(rider.x - seat.x) < 1
        assert seat.box[1] < rider.box[3] < seat.box[3]


@pytest.mark.parametrize("text", ["a cat on a beach", "a cat on a house", "a cat, on a sofa", "a cat on the grass"])
def test_on_seats_nobody_where_there_is_no_seat(text: str) -> None:
    assert not any(mention.mount for mention in read(text).mentions)
    assert read(text).unknown == ()


def test_furniture_brings_its_room_whoever_uses_it() -> None:
    assert layout.compose(read("a cat on a sofa"), 3, 1.0).base == "room"
    assert layout.compose(read("a cat on a sofa, meadow"), 3, 1.0).base == "meadow"


def test_what_one_eats_is_at_the_mouth_and_a_house_is_not_eaten() -> None:
    assert [m.carry for m in read("a panda eating an apple").mentions] == ["eat", None]
    house = read("a horse eating beside a house")
    assert [m.carry for m in house.mentions] == [None, None]
    assert house.unknown == ("eating",)


@pytest.mark.parametrize(
    ("text", "top", "bottom"), [("a man wearing sunglasses", 0.0, 0.3), ("a man wearing shoes", 0.8, 1.1)]
)
def test_what_is_worn_is_on_its_part_of_the_body(text: str, top: float, bottom: float) -> None:
    for seed in range(5):
        man, worn = sorted(layout.compose(read(text), seed, 1.0).placements, key=lambda p: p.entry != "man")
        tall = man.box[3] - man.box[1]
        middle = ((worn.box[1] + worn.box[3]) / 2 - man.box[1]) / tall
        assert top < middle < bottom


def test_something_from_a_table_is_smaller_beside_a_person_than_on_its_table() -> None:
    for seed in range(5):
        near = {p.entry: p for p in layout.compose(read("a cup and a vase on a table"), seed, 1.0).placements}
        far = {p.entry: p for p in layout.compose(read("a man and a cup in a kitchen"), seed, 1.0).placements}
        assert far["cup"].height < 0.7 * near["cup"].height
        assert far["cup"].height < far["man"].height
