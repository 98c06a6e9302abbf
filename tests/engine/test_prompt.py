"""Words become pictures: what a prompt names, how many, which colour, where, and which words the studio does not know."""

import random
import time

import pytest

from helpers.studio.engines.painted.interface import Said
from helpers.studio.engines.painted.painting import layout, places, prompt, reader, tokens, vocabulary
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
    [
        ("一对老夫妻", 1),
        ("羊群", 3),
        ("山坡上的牛群", 3),
        ("孩子们在公园里", 3),
        ("五个孩子们", 5),
        ("孩子在公园里", 1),
        ("a balloon", 1),
    ],
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
    assert read("flyingqq beach, qq, flying").unknown == ("flyingqq", "qq", "flying")
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


@pytest.mark.parametrize("text", ["木偶", "水车", "ice hockey", "water wheel"])
def test_a_compound_is_not_painted_as_one_of_its_parts(text: str) -> None:
    assert read(text).mentions == ()
    assert read(text).unknown == (text,)


@pytest.mark.parametrize(
    ("text", "expected", "unknown"),
    [
        ("a bat in a cave", ["bat", "cave"], ()),
        ("a bat and a baseball", ["baseball_bat", "baseball"], ()),
        ("a girl with a bow in her hair", ["girl", "ribbon"], ()),
        ("an archer's bow", ["bow_and_arrow"], ("archer's",)),
        ("letters carved on a door", ["door"], ("letters", "carved")),
        ("a pile of letters", ["letter"], ()),
        ("the palm of a hand", [], ("palm of a hand",)),
        ("桌上的苹果手机", ["tabletop", "phone"], ("苹果",)),
    ],
)
def test_a_word_of_two_meanings_has_the_one_that_goes_with_the_others(
    text: str, expected: list[str], unknown: tuple[str, ...]
) -> None:
    assert names(read(text)) == expected
    assert read(text).unknown == unknown


def test_the_other_meaning_of_a_word_is_an_entry() -> None:
    english, chinese = vocabulary.words()
    for word, sense in vocabulary.grammar().senses.items():
        assert word in english or word in chinese, word
        assert "means" not in sense or vocabulary.entry(sense["means"]).kind == "object"


@pytest.mark.parametrize(
    ("text", "carry", "unknown"),
    [
        ("a dog eating a bone", "eat", ()),
        ("a dog eating a ball", None, ("eating a",)),
        ("a girl drinking a glass of water", "drink", ()),
        ("a girl drinking a book", None, ("drinking a",)),
        ("a girl reading a red book", "read", ()),
        ("a girl reading a cup", None, ("reading a",)),
        ("a man playing the violin", "play", ()),
        ("吃苹果的女孩", "eat", ()),
        ("吃书的女孩", None, ("吃",)),
        ("背着书包的男孩", "wear", ()),
        ("男孩背着吉他", None, ("背着",)),
    ],
)
def test_food_is_eaten_and_books_are_read(text: str, carry: str | None, unknown: tuple[str, ...]) -> None:
    assert read(text).mentions[0].carry == carry or carry == "wear" == read(text).mentions[0].carry
    assert read(text).unknown == unknown


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


def test_one_who_sits_at_a_place_still_sits() -> None:
    for text in ("坐在窗前的猫", "猫坐在窗前", "a cat sitting on a beach"):
        assert [m.pose for m in read(text).of("object")] == ["sit"]
        assert read(text).unknown == ()


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a king's tower", ["stone_tower"]),
        ("国王的塔", ["pagoda"]),
        ("my grandmother's kitchen", ["kitchen"]),
        ("奶奶的厨房", ["kitchen"]),
        ("a corgi's head", ["corgi"]),
        ("a girl's dress", ["girl", "dress"]),
        ("a chocolate cake", ["cake"]),
        ("巧克力蛋糕", ["cake"]),
        ("a paper boat", ["boat"]),
        ("纸船", ["boat"]),
        ("soft light", ["dreamy"]),
        ("a soft sofa", ["sofa"]),
        ("a soft boiled egg", ["boiled_egg"]),
        ("柔软的沙发", ["sofa"]),
        ("a glass of beer", ["beer"]),
        ("a pencil", ["pencil"]),
        ("pencil sketch of a cat", ["pencil_sketch", "cat"]),
        ("an orange on a sofa", ["orange_fruit", "sofa"]),
        ("老虎在石头后面", ["tiger", "rock"]),
        ("a black and white cat", ["cat"]),
        ("黑白猫", ["cat"]),
        ("black and white photo of a cat", ["monochrome", "cat"]),
        ("a man without a hat", ["man"]),
        ("没有帽子的男人", ["man"]),
        ("奶奶在厨房包饺子", ["old_woman", "jiaozi", "kitchen"]),
        ("a dog. The dog is asleep.", ["dog"]),
        ("a giant snake made of sushi and an egg", ["snake"]),
        ("a room with a painting", ["room", "picture_frame"]),
        ("a painting of a room", ["painting", "room"]),
        ("a cat, white background", ["cat", "backdrop"]),
        ("白色背景，一只猫", ["backdrop", "cat"]),
    ],
)
def test_a_noun_that_describes_another_is_no_thing_of_its_own(text: str, expected: list[str]) -> None:
    reading = read(text)
    assert names(reading) == expected
    assert {m.count for m in reading.mentions} == {1}


@pytest.mark.parametrize(
    ("text", "who", "relation", "whom"),
    [
        ("a cat behind a tree", "cat", "behind", "tree"),
        ("猫在树后面", "cat", "behind", "tree"),
        ("树后面的猫", "cat", "behind", "tree"),
        ("a tree with a cat behind it", "cat", "behind", "tree"),
        ("a dog under a table", "dog", "under", "table"),
        ("桌子下面有一只狗", "dog", "under", "table"),
        ("a ball in front of a dog", "ball", "in_front", "dog"),
        ("In front of the house is a car", "car", "in_front", "house"),
        ("房子前面的汽车", "car", "in_front", "house"),
        ("a cup to the left of a book", "cup", "left_of", "book"),
        ("猫在狗的左边", "cat", "left_of", "dog"),
        ("a cup on the right side of a book", "cup", "right_of", "book"),
        ("a cup next to a book", "cup", "beside", "book"),
        ("小猫在花瓶旁边", "cat", "beside", "vase"),
        ("a panda in a box", "panda", "inside", "box"),
        ("盒子里的猫", "cat", "inside", "box"),
        ("a lamp above a table", "lamp", "above", "table"),
        ("a man with a hat and glasses", "glasses", "worn", "man"),
        ("a girl in a blue dress holding an umbrella", "umbrella", "held", "girl"),
    ],
)
def test_where_a_thing_is_seen_from_another(text: str, who: str, relation: str, whom: str) -> None:
    objects = read(text).of("object")
    found = [(m.entry, m.relation, objects[i + m.of].entry) for i, m in enumerate(objects) if m.relation]
    assert found == [(who, relation, whom)]
    assert read(text).unknown == ()
    assert len(asked((Prompt(text),)).groups) == 1


@pytest.mark.parametrize("text", ["a ball between a cat and a dog", "猫和狗之间的球", "球在猫和狗之间"])
def test_what_is_between_two_things_has_one_on_each_side(text: str) -> None:
    objects = read(text).of("object")
    sides = {m.entry: (m.relation, objects[i + m.of].entry) for i, m in enumerate(objects) if m.relation}
    assert sides == {"cat": ("left_of", "ball"), "dog": ("right_of", "ball")}
    assert read(text).unknown == ()


def test_what_is_between_several_of_a_kind_is_before_them() -> None:
    assert read("a dog between two trees").mentions[0].relation == "in_front"


@pytest.mark.parametrize(
    ("text", "wearer", "worn", "colour"),
    [
        ("a girl in a blue dress", "girl", "dress", "blue"),
        ("穿蓝裙子的女孩", "girl", "dress", "blue"),
        ("a cat wearing a red hat", "cat", "hat", "red"),
        ("a cat, wearing a red hat", "cat", "hat", "red"),
        ("戴着红帽子的猫", "cat", "hat", "red"),
        ("女孩骑着马，戴着红帽子", "girl", "hat", "red"),
        ("a man with a red hat", "man", "hat", "red"),
    ],
)
def test_what_is_worn_is_its_wearers_and_keeps_its_colour(text: str, wearer: str, worn: str, colour: str) -> None:
    reading = read(text)
    objects = {m.entry: m for m in reading.of("object")}
    assert (objects[wearer].carry, objects[wearer].colour) == ("wear", None)
    assert objects[worn].colour == vocabulary.entry(f"colour_{colour}").data["colour"]
    assert reading.unknown == ()


@pytest.mark.parametrize("text", ["骑马的人", "a knight riding a horse holding a flag", "两个戴着帽子的女孩骑着马"])
def test_a_rider_is_named_before_the_mount_whatever_else_is_said_of_both(text: str) -> None:
    objects = read(text).of("object")
    (rider,) = [(i, m) for i, m in enumerate(objects) if m.mount]
    assert objects[rider[0] + rider[1].mount].entry == "horse"
    assert read(text).unknown == ()


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("a woman with red hair reading in a cafe", "woman"),
        ("a red-haired woman in a cafe", "woman"),
        ("a girl, red hair, in a cafe", "girl"),
        ("红头发的女孩在咖啡馆", "girl"),
        ("一个女孩有红色的头发", "girl"),
        ("红发女孩", "girl"),
    ],
)
def test_the_colour_of_hair_colours_hair_alone(text: str, who: str) -> None:
    reading = read(text)
    assert [m.entry for m in reading.mentions if m.hair] == [who]
    assert not any(m.colour for m in reading.mentions)
    assert reading.unknown == ()


def test_what_is_nobodys_is_unknown_and_colours_nothing_else() -> None:
    assert read("red hair reading in a cafe").unknown == ("red", "hair", "reading")
    assert read("a red zyzzyva on the beach").unknown == ("red", "zyzzyva")
    assert names(read("红垢白雪")) == ["snowfall"]
    for text in ("red hair reading in a cafe", "a red zyzzyva on the beach"):
        assert not any(m.colour for m in read(text).mentions)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("an old man with a white zyzzyva, fish", "an old man, fish"),
        ("a king on a golden zyzzyva with a fish", "a king with a fish"),
        ("a woman wearing a zyzzyva walking her dog", "a woman walking her dog"),
        ("a squirrel holding a zyzzyva under a tree", "a squirrel under a tree"),
        ("a dog next to a zyzzyva in front of a house", "a dog in front of a house"),
        ("a girl holding a zyzzyva and a balloon", "a girl holding a balloon"),
    ],
)
def test_what_stands_with_an_unknown_thing_does_not_pass_to_the_next(text: str, plain: str) -> None:
    assert read(text).mentions == read(plain).mentions


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("a car that is red", "car"),
        ("the sky is red", "sky"),
        ("a woman in red", "woman"),
        ("a woman wearing black", "woman"),
        ("a heart made of wood", "heart"),
    ],
)
def test_a_colour_after_the_thing_is_its_own(text: str, entry: str) -> None:
    (mention,) = read(text).mentions
    assert mention.entry == entry
    assert mention.colour is not None


def test_things_of_one_kind_are_as_many_as_the_prompt_sets_apart() -> None:
    assert [m.size for m in read("a small dog and a big dog").mentions] == [0.68, 1.5]
    assert len(read("a cat next to a cat").mentions) == 2
    assert len(read("a cat, cute cat").of("object")) == 1
    assert len(read(("a cat on a sofa", 1.0), ("a cat on a sofa", 0.5)).mentions) == 2
    assert [m.count for m in read("a pair of glasses, a pair of cats").mentions] == [1, 2]


@pytest.mark.parametrize("text", ["a street without people", "a street, no people", "没有人的街道"])
def test_what_a_prompt_is_without_is_unwanted(text: str) -> None:
    wanted = asked((Prompt(text),))
    assert names(wanted.reading) == ["street"]
    assert [weight for _, weight in wanted.unwanted] == [1.0]
    assert wanted.unknown == ()


def said(*texts: str | tuple[str, float]) -> dict[str, Said]:
    prompts = tuple(Prompt(t) if isinstance(t, str) else Prompt(*t) for t in texts)
    return {word.text: word for word in asked(prompts).words}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat behind a tree at night, watercolor", ["cat", "behind", "tree", "at night", "watercolor"]),
        ("夜晚，树后面的两只猫，水彩", ["夜晚", "树", "后面", "两只", "猫", "水彩"]),
        ("Very soft light. Two red birds flying, left", ["soft light", "Two", "red", "birds", "flying"]),
        ("a zyzzyva with a cat, a cat", ["cat"]),
        ("a wizard and an owl sitting on his shoulder", ["wizard", "owl", "sitting on", "his shoulder"]),
    ],
)
def test_every_known_content_word_is_given_back_once_and_in_order(text: str, expected: list[str]) -> None:
    words = [word.text for word in asked((Prompt(text),)).words]
    assert [word for word in words if word != "left"] == expected
    assert len(set(words)) == len(words)


ENGLISH = "a the on in with cat dog girl hat sofa jar red two big zyzzyva behind between holding hair forest , it made-of wizard's"
CHINESE = "猫 狗 女孩 帽子 树 红色 两只 的 在 有 下 后面 之间 和 戴着 坐在 骑 森林 头发 黑白 睡觉 ， 量子 石头"


@pytest.mark.parametrize(("of_words", "space"), [(ENGLISH, " "), (CHINESE, "")])
def test_whatever_is_written_no_content_word_gets_lost_and_every_link_leads_somewhere(
    of_words: str, space: str
) -> None:
    choose = random.Random(5)
    for _ in range(400):
        text = space.join(choose.choices(of_words.split(), k=choose.randint(1, 10)))
        wanted = asked((Prompt(text),))
        silent = {*vocabulary.grammar().functions, *vocabulary.grammar().zh_functions}
        given = {*wanted.unknown, *(word.text for word in wanted.words), *silent}
        assert {token.text for token in tokens.tokens(text) if token.kind != "stop"} <= given, text
        for index, mention in enumerate(wanted.objects):
            assert 0 <= index + (mention.mount or mention.of) < len(wanted.objects), text
            assert not (mention.mount and mention.relation), text


def test_a_word_says_what_it_is_about() -> None:
    words = said("a small dog under a table, a cat in a red hat at night, dreamy, ink wash")
    things = {text: word.thing for text, word in words.items()}
    assert [things[text] for text in ("small", "dog", "under", "table", "cat", "red", "hat")] == [0, 0, 0, 0, 1, 1, 1]
    assert [words[text].setting for text in ("at night", "ink wash", "dreamy")] == [1, 2, None]
    assert things["dreamy"] is None
    assert said("海滩，猫")["海滩"].setting == 0


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        ("a king's tower", {"king's"}),
        ("a black car", set[str]()),
        ("a green tombstone", {"green"}),
        ("a castle behind a forest", {"behind"}),
        ("a ship in front of a castle", set()),
        ("a cat behind a zyzzyva", {"behind"}),
        ("a cat in front of a kitchen", {"in front of"}),
        ("a zyzzyva beside a qubit", {"beside"}),
        ("狗后面", {"后面"}),
        ("a sheep on the left, the sheep on the right", {"on the left"}),
        ("a cat wearing a hat", set()),
        ("红色的墓碑在森林后面", {"红色", "后面"}),
        ("a boat drifting", set()),
        ("a man sleeping, a dog running", {"sleeping", "running"}),
        ("a girl sitting in a park", {"sitting"}),
        ("a girl sitting on a chair", {"sitting on"}),
        ("a cat sitting on a chair", set()),
        ("a boy riding a horse", set()),
        ("a boy riding a sofa", {"riding"}),
        ("公园里跳舞的女孩", {"跳舞"}),
        ("a nurse hugging a dog", {"hugging"}),
        ("a whale swimming in a forest", {"swimming"}),
        ("a duck swimming on a lake", set()),
        ("a futuristic train", {"futuristic"}),
        ("a train, futuristic", {"futuristic"}),
        ("a pastel train", {"pastel"}),
        ("a serene beach", {"serene"}),
        ("a beautiful beach", {"beautiful"}),
        ("a cozy kitchen", {"cozy"}),
        ("a red kitchen", {"red"}),
        ("a red meadow", set()),
        ("a meadow under red clouds", {"red"}),
        ("a meadow under a red sky", set()),
        ("a frog wearing a raincoat", {"wearing", "raincoat"}),
        ("a pig in a red coat", {"red", "coat"}),
        ("一头穿毛衣的马", {"穿", "毛衣"}),
        ("a bear in a raincoat", set()),
        ("a green pond with pink water", set()),
        ("红色的湖", set()),
        ("a girl in an oversized sweater", {"oversized"}),
        ("a girl in a big hat", set()),
        ("a castle from below", {"from below"}),
        ("俯视的城市", {"俯视"}),
        ("a tiger by a river in the jungle", {"jungle"}),
        ("a desert town", {"desert"}),
        ("a bottle on pink marble with a white rose", {"pink", "marble"}),
        ("a house made of stone", {"stone"}),
        ("night", set()),
        ("a kitchen in the rain", {"rain"}),
        ("rain in a jungle", set()),
        ("an apple on a table at sunset", {"sunset"}),
        ("a fox, children's illustration", {"children's"}),
        ("一束粉色的玫瑰", {"一束"}),
        ("a kitchen in a castle", {"castle"}),
        ("a house in a forest by a lake", set()),
        ("a kitchen, interior", set()),
        ("a man lifting a box", {"lifting"}),
        ("a man reading a book", {"reading a"}),
        ("a cat on a knife", {"on"}),
        ("a bat landing on a sword", {"landing on"}),
        ("a bridge over a river", {"over"}),
        ("a bird flying over a river", set()),
        ("a mountain, photo, 4k, macro", {"photo", "4k", "macro"}),
        ("watercolour of a wooden dog", {"wooden"}),
        ("a red car, black and white photo", {"red"}),
        ("a white horse, pencil sketch", set()),
        ("a neon city at night", {"neon"}),
        ("a city at sunset at noon", {"noon"}),
        ("tall mountains", {"tall"}),
        ("an autumn kitchen", {"autumn"}),
        ("童话风的马", {"童话", "风"}),
        ("a man wearing a raincoat", set()),
        ("a pirate ship in a bottle", {"in"}),
        ("a rose in a vase", set()),
    ],
)
def test_words_that_change_nothing_say_so(text: str, idle: set[str]) -> None:
    assert {word.text for word in asked((Prompt(text),)).words if not word.changes} == idle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a living room with an abstract painting on the wall", ["living_room", "picture_frame"]),
        ("an oil painting above the sofa", ["picture_frame", "sofa"]),
        ("a sketch on the table", ["picture_frame", "tabletop"]),
        ("a photo on the beach", ["realistic", "beach"]),
        ("an oil painting of a dog", ["oil_painting", "dog"]),
        ("a paper boat", ["boat"]),
        ("a kitchen, everything is pink", ["kitchen", "colour_pink"]),
        ("a kitchen, everything is pink and there is a cat", ["kitchen", "colour_pink", "cat"]),
        ("a kitchen all in blue", ["kitchen", "colour_blue"]),
        ("a girl in all white", ["girl"]),
        ("the cat is all black", ["cat"]),
        ("a kitchen, pink everywhere", ["kitchen", "colour_pink"]),
        ("厨房，一切都是粉色", ["kitchen", "colour_pink"]),
    ],
)
def test_a_medium_may_be_a_thing_and_a_colour_that_of_everything(text: str, expected: list[str]) -> None:
    assert names(read(text)) == expected


@pytest.mark.parametrize("hat", ["a hat", "chefs hat", "a chef's hat"])
def test_what_is_worn_after_a_comma_goes_to_the_subject(hat: str) -> None:
    reading = read(f"a cat cooking spaghetti, wearing {hat}")
    assert [(m.entry, m.carry or m.relation, m.of) for m in reading.mentions] == [
        ("cat", "hold", 0),
        ("spaghetti", None, 0),
        ("hat", "worn", -2),
    ]


def test_words_of_a_prompt_of_weight_0_change_nothing() -> None:
    words = said("a cat", ("a red sheep", 0.0), ("a dog", -1.0))
    assert {text: word.changes for text, word in words.items()} == {"cat": True, "red": False, "sheep": False}


def test_a_stand_in_is_named_in_the_language_of_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("a plate")["plate"].stand_in is None
    plate = vocabulary.entry("plate")
    monkeypatch.setitem(plate.__dict__, "stand_in", ("plate", "盘子"))
    prompt.read.cache_clear()
    reader.read_text.cache_clear()
    asked.cache_clear()
    try:
        assert said("two plates")["plates"].stand_in == plate.en[0]
        assert said("盘子")["盘子"].stand_in == plate.zh[0]
    finally:
        prompt.read.cache_clear()
        reader.read_text.cache_clear()
        asked.cache_clear()


def test_the_grammar_names_entries_that_are_there() -> None:
    grammar = vocabulary.grammar()
    named = {*grammar.nouns.values(), *grammar.emoji.values(), *filter(None, grammar.hair.values())}
    assert named <= vocabulary.entries().keys()


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("a zyzzyva", "backdrop"),
        ("量子纠缠，日落", "backdrop"),
        ("a zyzzyva on the beach", "beach"),
        ("a zyzzyva under the moon", "backdrop"),
        ("in the shape of a star", "backdrop"),
    ],
)
def test_a_subject_that_is_not_known_leaves_a_blank_stage_or_its_own_place_empty(text: str, base: str) -> None:
    for seed in range(4):
        scene = places.place(asked((Prompt(text),)), seed, 1.0, frozenset(), 1.0)
        assert scene.base == base
        assert not scene.placements


@pytest.mark.parametrize("text", ["dreamy, pastel", "make it night", "a smirking sun", "微微笑的太阳"])
def test_what_names_no_subject_still_has_any_place(text: str) -> None:
    scenes = {places.place(asked((Prompt(text),)), seed, 1.0, frozenset(), 1.0).base for seed in range(6)}
    assert len(scenes) > 2


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("a 7 year old boy", "7 year old"),
        ("a girl turning 6", "turning 6"),
        ("七岁的男孩", "七岁"),
        ("3岁的女孩", "3岁"),
        ("a cat at 5 pm", "5 pm"),
        ("a 5 star hotel", "5 star"),
        ("a dog, f/1.8", "f/1.8"),
        ("a dog, 16:9", "16:9"),
    ],
)
def test_a_number_that_counts_no_things_is_unknown_and_makes_no_more_of_them(text: str, unknown: str) -> None:
    reading = read(text)
    assert reading.unknown == (unknown,)
    assert [m.count for m in reading.mentions] == [1]


def links(text: str) -> set[tuple[str, str, str]]:
    """Return (thing, how, holder) for all that is worn or held in a text."""
    found = reader.read_text(text)
    return {
        (found.mentions[i].entry, link.how, found.mentions[link.of].entry)
        for i, link in found.links.items()
        if link.how in reader.OWNED
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a business man, serious, suit and tie", {("suit", "worn", "businessman"), ("tie", "worn", "businessman")}),
        ("a man, a hat on a chair", set()),
        ("a girl on a beach. A hat", set()),
        ("戴眼镜的男生，白衬衫", {("glasses", "worn", "boy"), ("dress_shirt", "worn", "boy")}),
        ("白胡子老爷爷", {("beard", "worn", "old_man")}),
        ("a man walking his dog in the rain with an umbrella", {("umbrella", "held", "man")}),
        ("a monkey with a moustache", {("moustache", "worn", "monkey")}),
        ("穿汉服的女孩", {("hanfu", "worn", "girl")}),
        ("a cat and a dog wearing hats", {("hat", "worn", "cat"), ("hat", "worn", "dog")}),
        ("猫和狗戴着帽子", {("hat", "worn", "cat"), ("hat", "worn", "dog")}),
        ("a boy and a girl holding balloons", {("balloon", "held", "boy"), ("balloon", "held", "girl")}),
        ("a cat dressed as a wizard", set()),
        ("a dog on a beach with a scarf", {("scarf", "worn", "dog")}),
        ("a girl in a garden with roses", set()),
        ("穿西装打领带的男人", {("suit", "worn", "man"), ("tie", "worn", "man")}),
        ("熊猫打篮球", {("basketball", "held", "panda")}),
    ],
)
def test_clothes_are_those_of_whom_the_text_means(text: str, expected: set[tuple[str, str, str]]) -> None:
    assert links(text) == expected


@pytest.mark.parametrize(
    "text", ["two cats, one black and one white", "two cats, one black, one white", "两只猫，一只黑色一只白色"]
)
def test_each_of_two_has_its_own_colour(text: str) -> None:
    assert [(m.entry, m.count) for m in read(text).mentions] == [("cat", 1), ("cat", 1)]
    assert len({m.colour for m in read(text).mentions}) == 2


def test_a_colour_of_somebody_is_not_that_of_their_clothes() -> None:
    assert read("a black woman in a red dress").unknown == ("black",)
    assert [bool(m.colour) for m in read("a black woman, a black cat, a white knight").mentions] == [False, True, True]


def test_each_of_a_party_has_one_of_what_all_wear() -> None:
    assert [m.count for m in read("a cat and a dog wearing hats").of("object")] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a bedroom with a space theme", ["bedroom"]),
        ("房间，太空主题", ["room"]),
        ("a heart-shaped balloon", ["balloon"]),
        ("a leopard print dress", ["dress"]),
        ("熊猫图案的杯子", ["cup"]),
        ("an anime-style cat", ["manga", "cat"]),
        ("a red-haired girl", ["girl"]),
        ("a dragon made of ice", ["dragon"]),
        ("a man with the head of a pigeon", ["man"]),
        ("a girl with the face of a cat", ["girl"]),
        ("the head of a lion", ["lion"]),
        ("a cloud in the shape of a heart", ["cloud"]),
        ("a cookie like a moon", ["cookie"]),
        ("a cat in the style of an oil painting", ["cat", "oil_painting"]),
        ("复古风海报", ["nostalgic"]),
        ("大风中的树", ["wind", "tree"]),
    ],
)
def test_what_something_is_only_like_is_not_there_itself(text: str, shown: list[str]) -> None:
    assert names(read(text)) == shown


@pytest.mark.parametrize(
    ("text", "falls"),
    [
        ("a living room, snow outside the window", False),
        ("snow falling outside, a living room", False),
        ("窗外下着雪，温暖的客厅", False),
        ("snow outside a house", True),
        ("snow, a cozy living room", False),
        ("a street in the snow, a cafe", True),
    ],
)
def test_snow_outside_falls_in_no_room(text: str, falls: bool) -> None:
    assert ("snowfall" in names(read(text))) == falls
    assert {word.text for word in asked((Prompt(text),)).words} & {"snow", "下着雪"}


def test_chinese_is_cut_at_its_common_words_and_their_colours_go_with_them() -> None:
    assert names(read("外卖小哥骑着电动车")) == ["man", "scooter"]
    assert read("几个人看").unknown == ("看",)
    assert read("绿色的玉镯放在桌上").unknown == ("绿色", "玉镯")
    assert not read("绿色的玉镯放在桌上").of("colour")
    assert names(read("帮我画一个杯子")) == ["cup"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("🐱🐶", "a cat, a dog"),
        ("🐱 on the beach 🌅", "a cat on the beach sunset"),
        ("👩‍🚀", "an astronaut"),
        ("👧🏽", "a girl"),
        ("1girl", "one girl"),
        ("A CAT AND A DOG WEARING HATS", "a cat and a dog wearing hats"),
        ("a wizard’s hat", "a wizard's hat"),
    ],
)
def test_signs_capitals_and_curly_quotes_are_read_as_words(text: str, plain: str) -> None:
    assert read(text).mentions == read(plain).mentions
    assert read(text).unknown == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a garden bed", []),
        ("the water cycle", []),
        ("a paper airplane", []),
        ("a dog facing away from the camera", ["dog"]),
        ("a turtle's shell", []),
        ("table tennis", []),
        ("a jack o lantern", ["pumpkin"]),
        ("a dirt road", ["road_scene"]),
        ("a market square", ["street"]),
        ("a lion dance", []),
        ("a gummy bear", []),
        ("a sea cucumber", []),
        ("写作业的女孩", ["girl"]),
        ("国漫风", []),
        ("一瓶花露水", []),
        ("龟背竹", ["plant"]),
        ("纸飞机", []),
    ],
)
def test_a_longer_expression_is_not_drawn_as_a_word_inside_it(text: str, shown: list[str]) -> None:
    assert names(read(text)) == shown


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a poster of a cat", False),
        ("retro poster", False),
        ("a cat, poster", False),
        ("flowers for a birthday card", False),
        ("春节海报", False),
        ("a poster on the wall", True),
        ("桌上的贺卡", True),
        ("a girl holding a card", True),
        ("a blue card", True),
        ("a poster", True),
    ],
)
def test_what_the_whole_picture_is_is_no_thing_in_it(text: str, drawn: bool) -> None:
    things = {"poster", "greeting_card", "picture_frame"}
    assert bool(things & set(names(read(text)))) == drawn
