"""Words become pictures: what a prompt names, how many, which colour, where, and which words the studio does not know."""

import time

import pytest

from helpers.studio.engines.painted.painting import layout, prompt
from helpers.studio.engines.painted.painting.asked import asked
from helpers.studio.engines.painted.painting.prompt import Reading
from helpers.studio.protocol import Prompt


def read(*texts: str | tuple[str, float]) -> Reading:
    return prompt.read(tuple(Prompt(t) if isinstance(t, str) else Prompt(*t) for t in texts))


def names(reading: Reading) -> list[str]:
    return [m.entry for m in reading.mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a serene beach at sunset", {"serene", "beach", "sunset"}),
        ("green tea garden", {"tea_garden"}),
        ("add a sheep", {"sheep"}),
        ("a beautiful mountain landscape", {"beautiful", "mountain"}),
        (
            "A detailed painting of a dragon flying over a mountain during sunset",
            {"detailed", "painting", "dragon", "mountain", "sunset"},
        ),
        ("一艘宇宙飞船。", {"spaceship"}),
        (
            "add vibrant hues to the sky, enhance reflections on the water",
            {"vibrant", "hues", "sky", "reflection", "water_part"},
        ),
        ("realistic, abstract, oil painting", {"realistic", "abstract", "oil_painting"}),
        ("绿色茶园", {"tea_garden"}),
        ("日落时的海滩", {"beach", "sunset"}),
    ],
)
def test_the_prompts_of_the_source_texts_are_understood(text: str, expected: set[str]) -> None:
    reading = read(text)
    assert expected == set(names(reading))
    assert [w for w in reading.unknown if w not in ("时",)] == []


def test_plurals_and_numbers_are_counted() -> None:
    assert [m.count for m in read("three sheep").mentions] == [3]
    assert [m.count for m in read("三只羊").mentions] == [3]
    assert [m.count for m in read("a sheep").mentions] == [1]
    assert [m.count for m in read("5 dragons").mentions] == [5]
    assert read("dragons").mentions[0].count > 1


@pytest.mark.parametrize(
    ("text", "count"),
    [("羊群", 3), ("山坡上的牛群", 3), ("孩子们在公园里", 3), ("五个孩子们", 5), ("孩子在公园里", 1), ("a balloon", 1)],
)
def test_chinese_says_several_without_a_number(text: str, count: int) -> None:
    reading = read(text)
    assert [m.count for m in reading.of("object")] == [count]
    assert reading.unknown == ()


def test_a_colour_goes_to_the_thing_that_follows_it() -> None:
    (boat,) = read("a red boat").mentions
    (chinese,) = read("红色的船").mentions
    assert boat.colour == chinese.colour is not None
    assert boat.entry == chinese.entry


def test_a_colour_alone_colours_the_whole_picture() -> None:
    reading = read("blue")
    assert names(reading) == ["colour_blue"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a sheep on the left", "left"),
        ("右边的羊", None),
        ("羊在右边", "right"),
        ("a sheep in the foreground", "near"),
        ("a flying sheep", "sky"),
        ("a sheep flying", "sky"),
    ],
)
def test_places_and_poses_move_their_object(text: str, place: str | None) -> None:
    (sheep,) = [m for m in read(text).mentions if m.entry == "sheep"]
    assert sheep.place == (place if place is not None else "right")


def test_unknown_words_are_given_back_as_written_in_order_and_once() -> None:
    reading = read("Quiche beside a Zyzzyva on the beach, quiche")
    assert reading.unknown == ("Quiche", "Zyzzyva", "quiche")


def test_chinese_unknown_runs_are_maximal() -> None:
    assert read("海滩上的量子纠缠").unknown == ("量子纠缠",)


@pytest.mark.parametrize(
    "text",
    ["a man crossing a street", "男孩踢", "热腾腾的面条", "操场上的男孩", "弄堂里的猫"],
)
def test_everyday_words_are_known(text: str) -> None:
    assert read(text).unknown == ()


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("a police car", "police_car"),
        ("校车", "school_bus"),
        ("an ambulance", "ambulance"),
        ("一头水牛", "water_buffalo"),
        ("a red carpet", "rug"),
        ("a brick wall", "brick_wall"),
    ],
)
def test_a_thing_with_a_name_of_its_own_is_not_its_neighbour(text: str, entry: str) -> None:
    assert names(read(text)) == [entry]
    assert read(text).unknown == ()


def test_an_action_with_nothing_to_act_on_is_unknown() -> None:
    assert read("flying").unknown == ("flying",)
    assert read("add").unknown == ("add",)


def test_only_function_words_are_passed_over_in_silence() -> None:
    assert read("the of in on at with and").unknown == ()
    assert read("this is where you place your input text").unknown == ("place", "input", "text")


def test_at_most_sixty_four_unknown_words() -> None:
    assert len(read(" ".join(f"qqx{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(90))).unknown) == 64


def test_weights_travel_with_their_prompts() -> None:
    beach, sheep = read(("beach", 0.5), ("sheep", 2.0)).mentions
    assert (beach.weight, sheep.weight) == (0.5, 2.0)


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\n\t", "🙂🙂", "ﬀ№", "a" * 2000, "海" * 2000, "-'-'-", "x-y-z-", "١٢٣", "²"]
)
def test_strange_text_is_read_without_an_error(text: str) -> None:
    read(text)


def test_unknown_words_keep_the_order_of_the_text_where_one_is_part_of_another() -> None:
    assert read("flyingqq sheep, qq, flying").unknown == ("flyingqq", "qq", "flying")
    assert read("zyzzyva zyz 量子海滩量").unknown == ("zyzzyva", "zyz", "量子", "量")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("小木屋", ["cabin"]),
        ("一个女孩在花丛中", ["girl", "flowers"]),
        ("林间的小鹿", ["forest", "deer"]),
        ("海上的帆船", ["sea", "sailboat"]),
        ("一只飞翔的鸟在天空中", ["bird"]),
        ("an orange cat在海滩上跑步", ["cat", "beach"]),
    ],
)
def test_chinese_is_cut_into_words(text: str, expected: list[str]) -> None:
    reading = read(text)
    assert names(reading) == expected
    assert reading.unknown == ()


def test_a_cut_that_leaves_less_unknown_is_preferred_to_the_longest_word() -> None:
    assert names(read("大海滩")) == ["beach"]
    assert read("大海滩").unknown == ()


@pytest.mark.parametrize("text", ["木偶", "鱼缸", "水车", "ice hockey", "water wheel", "fish tank"])
def test_a_compound_is_not_painted_as_one_of_its_parts(text: str) -> None:
    assert read(text).mentions == ()
    assert read(text).unknown == (text,)


def test_one_odd_character_takes_in_its_neighbour() -> None:
    assert read("水垢").unknown == ("水垢",)


@pytest.mark.parametrize(("text", "holder"), [("a girl holding a balloon", "girl"), ("拿着气球的女孩", "girl")])
def test_what_is_held_follows_the_one_who_holds_it(text: str, holder: str) -> None:
    first, second = read(text).mentions
    assert first.entry == holder
    assert first.carry == "hold"
    assert second.entry == "balloon"


@pytest.mark.parametrize(
    ("text", "entries", "mounts"),
    [
        ("a boy and a girl on a boat", ["boy", "girl", "boat"], [2, 1, 0]),
        ("一个男孩和一个女孩坐在船上", ["boy", "girl", "boat"], [2, 1, 0]),
        ("a cat, a boy and a girl on a bench", ["cat", "boy", "girl", "bench"], [0, 2, 1, 0]),
        ("a cat riding a dog riding a horse", ["cat", "dog", "horse"], [1, 1, 0]),
        ("a boy floating on a raft", ["boy", "raft"], [1, 0]),
        ("a bowl of cherries", ["cherries", "bowl"], [1, 0]),
        ("a plate of red apples and a cup", ["apple", "plate", "cup"], [1, 0, 0]),
        ("a bowl of cherries and a plate", ["cherries", "bowl", "plate"], [1, 0, 0]),
        ("a herd of cows", ["cow"], [0]),
        ("a girl on a horse and a boy on a bicycle", ["girl", "horse", "boy", "bicycle"], [1, 0, 1, 0]),
        ("a girl riding a dog and a boy on a bicycle", ["girl", "dog", "boy", "bicycle"], [1, 0, 1, 0]),
        ("拿着气球的女孩坐在船上", ["girl", "balloon", "boat"], [2, 0, 0]),
    ],
)
def test_who_sits_on_what_and_what_lies_in_it(text: str, entries: list[str], mounts: list[int]) -> None:
    reading = read(text)
    assert names(reading) == entries
    assert [m.mount for m in reading.mentions] == mounts
    assert reading.unknown == ()


@pytest.mark.parametrize(
    ("text", "mount", "pose"),
    [
        ("一辆红色的汽车停在房子前面", 0, None),
        ("一个男孩站在房子旁边", 0, "stand"),
        ("一只猫坐在大树下", 0, "sit"),
        ("一只猫坐在大树下睡觉", 0, "lie"),
        ("一个男孩走在马旁边", 0, "walk"),
        ("一只猫坐在沙发上", 1, None),
        ("一个男孩骑着马", 1, None),
    ],
)
def test_in_chinese_the_word_after_a_thing_says_on_it_or_beside_it(text: str, mount: int, pose: str | None) -> None:
    first, _ = read(text).of("object")
    assert (first.mount, first.pose) == (mount, pose)
    assert read(text).unknown == ()


def test_hands_with_nothing_known_in_them_change_nothing() -> None:
    assert read("a girl holding a zyzzyva").unknown == ("holding", "zyzzyva")
    assert read("a girl holding a zyzzyva").mentions == read("a girl").mentions


def test_one_who_sits_on_something_unknown_still_sits() -> None:
    reading = read("a cat sitting on a zyzzyva")
    assert reading.unknown == ("zyzzyva",)
    assert reading.mentions[0].pose == "sit"


def test_the_colour_of_an_unknown_garment_stays_on_its_wearer() -> None:
    reading = read("a girl in a red tutu on the beach")
    assert reading.unknown == ("tutu",)
    assert reading.mentions[0].colour is not None


def test_a_size_or_a_number_before_an_unknown_thing_does_not_pass_to_the_next() -> None:
    reading = read("three huge zyzzyvas and a sheep")
    assert reading.unknown == ("three", "huge", "zyzzyvas")
    assert reading.mentions == read("a sheep").mentions


def test_a_number_of_places_is_not_a_number_of_things() -> None:
    reading = read("three mountains and a sheep")
    assert [m.count for m in reading.mentions] == [1, 1]
    assert reading.unknown == ("three",)


def test_hyphens_may_be_written_as_spaces_and_back() -> None:
    assert names(read("close up, golden-hour, black-and-white")) == ["close_up", "sunset", "monochrome"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("aerial view of a meadow", "meadow"),
        ("close-up of a fox in a meadow", "a fox in a meadow"),
        ("a huge forest with a fox", "a forest with a fox"),
        ("a cat with mountains in the background", "a cat with mountains"),
        ("a girl holding a balloon", "a girl and a balloon"),
        ("a dog swimming, beach", "a dog, beach"),
        ("snow falling on a village", "snow on a village"),
        ("silhouette of a fox", "a fox"),
        ("long shadows, a fox", "a fox"),
    ],
)
def test_camera_words_sizes_of_places_and_what_is_held_change_the_scene(text: str, plain: str) -> None:
    assert read(text).unknown == ()
    assert layout.compose(read(text), 5, 1.0) != layout.compose(read(plain), 5, 1.0)


def test_a_held_thing_is_painted_where_its_holder_is() -> None:
    for seed in range(6):
        placed = {p.entry: p for p in layout.compose(read("a girl holding a balloon"), seed, 1.0).placements}
        girl, balloon = placed["girl"].box, placed["balloon"].box
        assert balloon[0] < girl[2]
        assert girl[0] < balloon[2]
        assert balloon[3] < girl[3]


def test_a_long_prompt_is_read_in_little_time() -> None:
    text = ("a red cat sitting on a wooden bench in a zyzzyva garden, golden hour, " * 30)[:2000]
    read(text)
    start = time.process_time()
    for n in range(5):
        read(f"{n} {text}")
    assert (time.process_time() - start) / 5 < 0.05


def test_one_who_swims_is_in_the_water() -> None:
    for seed in range(4):
        (dog,) = layout.compose(read("a dog swimming, beach"), seed, 1.0).placements
        assert dog.footing == "water"


def test_silhouettes_darken_what_is_lit_and_shadows_the_shadows() -> None:
    plain, cut, long = (
        layout.compose(read(t), 5, 1.0).light for t in ("a fox", "silhouette of a fox", "shadows, a fox")
    )
    assert int(cut.ambient[1:3], 16) < 0.3 * int(plain.ambient[1:3], 16)
    assert long.shadow_strength > 1.5 * plain.shadow_strength


def test_a_negative_prompt_of_trees_is_one_of_firs_too() -> None:
    for text in ("trees", "树"):
        assert {"tree", "pine", "palm"} <= dict(asked((Prompt("a village"), Prompt(text, -1.0))).unwanted).keys()
    assert "tree" not in dict(asked((Prompt("a village"), Prompt("a pine tree", -1.0))).unwanted)


@pytest.mark.parametrize(
    ("text", "rider", "seat"),
    [
        ("沙发上的猫", "cat", "sofa"),
        ("沙发上有一只橘猫", "cat", "sofa"),
        ("船上的两只狗", "dog", "boat"),
        ("碗里的樱桃", "cherries", "bowl"),
    ],
)
def test_in_chinese_a_seat_may_come_before_what_is_on_it(text: str, rider: str, seat: str) -> None:
    first, second = read(text).of("object")
    assert (first.entry, first.mount, second.entry) == (rider, 1, seat)


@pytest.mark.parametrize("text", ["沙发旁的猫", "沙发，猫", "沙发和猫", "沙发上，猫"])
def test_in_chinese_what_is_beside_a_seat_is_not_on_it(text: str) -> None:
    assert {m.mount for m in read(text).of("object")} == {0}


def test_in_chinese_a_seat_that_is_taken_takes_nothing_more() -> None:
    assert [(m.entry, m.mount) for m in read("一只猫坐在沙发上看书").of("object")][:2] == [("cat", 1), ("sofa", 0)]
