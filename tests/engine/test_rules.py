"""A key or a value that the painter would pass over in silence is refused, by file, entry, key and the nearest known name."""

import copy
import inspect
import tomllib
from importlib import resources
from typing import Any

import pytest

from helpers.studio.engines.painted.painting import anchors, rules, styles, vocabulary
from helpers.studio.engines.painted.painting.brushes.layers import BRUSHES
from helpers.studio.engines.painted.painting.brushes.stage import PARTS

FOLDER = resources.files("helpers.studio.engines.painted.painting").joinpath("vocabulary")
FILES = {file.name: tomllib.loads(file.read_text("utf-8")) for file in FOLDER.iterdir() if file.name.endswith(".toml")}
CORE = FILES.pop("core.toml")
GONE = object()


def changed(tables: dict[str, Any], keys: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A copy in which the value that these keys lead to is another one, or is gone."""
    copied = copy.copy(tables)  # and of all else only what the keys lead through
    place: Any = copied
    for key in keys[:-1]:
        place[key] = copy.copy(place[key])
        place = place[key]
    if value is GONE:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return copied


def told(tables: dict[str, Any]) -> list[str]:
    with pytest.raises(ValueError, match="vocabulary/") as error:
        rules.check_entries(tables)
    return str(error.value).splitlines()


def test_the_vocabulary_keeps_its_rules() -> None:
    rules.check_entries(FILES)
    rules.check_grammar(CORE)


CREATURES, SCENES, LIGHTS, MOODS = "objects_creatures.toml", "scenes.toml", "lights.toml", "moods.toml"


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        # what this came from: a sheep on a road, and a height that nothing reads
        ((CREATURES, "sheep", "stands"), "waterr", 'stands: unknown value "waterr"; the nearest known is "water"'),
        ((CREATURES, "sheep", "heigth"), [0.2, 0.3], 'unknown key "heigth"; the nearest known is "height"'),
        # every kind of entry has its keys
        ((CREATURES, "sheep", "kind"), "objekt", 'kind: unknown value "objekt"; the nearest known is "object"'),
        (
            (CREATURES, "sheep", "kind"),
            GONE,
            '"kind" is missing',
        ),
        ((CREATURES, "sheep", "rank"), 3, 'unknown key "rank"; known: art, art_far, art_floor'),
        ((SCENES, "beach", "indoors"), True, 'unknown key "indoors"; the nearest known is "indoor"'),
        ((LIGHTS, "day", "hase"), "#ffffff", 'unknown key "hase"; the nearest known is "haze"'),
        ((MOODS, "serene", "frames"), {}, 'unknown key "frames"; the nearest known is "frame"'),
        (("colours.toml", "colour_red", "color"), "#f00", 'unknown key "color"; the nearest known is "colour"'),
        (("media.toml", "mosaic", "layers"), [], 'unknown key "layers"; known: en, grade, stand_in, zh'),
        (("seasons.toml", "winter", "remap"), [], 'unknown key "remap"; the nearest known is "remaps"'),
        (("weather.toml", "fog", "brush"), [], 'unknown key "brush"; the nearest known is "brushes"'),
        (("parts.toml", "sky", "stand"), "sky", 'unknown key "stand"; the nearest known is "stands"'),
        # tables within
        ((MOODS, "serene", "grade", "warmht"), 0.1, 'grade: unknown key "warmht"; the nearest known is "warmth"'),
        (("weather.toml", "fog", "air", "hazy"), 0.1, 'air: unknown key "hazy"; the nearest known is "haze"'),
        ((SCENES, "beach", "zones", "watter"), [0, 1], 'zones: unknown key "watter"; the nearest known is "water"'),
        (
            ("seasons.toml", "autumn", "remaps", 1, "form_hue"),
            [0, 1],
            'remaps: 2: unknown key "form_hue"; the nearest known is "from_hue"',
        ),
        (
            (MOODS, "close_up", "frame"),
            {"horizont": 0.1},
            'frame: unknown key "horizont"; the nearest known is "horizon"',
        ),
        # layers, by their brush
        (
            (SCENES, "beach", "layers", 4, "brush"),
            "headlands",
            'layers: 5: brush: unknown value "headlands"; the nearest known is "headland"',
        ),
        ((SCENES, "beach", "layers", 4, "brush"), GONE, 'layers: 5: "brush" is missing'),
        (
            (SCENES, "beach", "layers", 4, "colr"),
            "#fff",
            'layers: 5: headland: unknown key "colr"; the nearest known is "colour"',
        ),
        ((SCENES, "beach", "layers", 4, "colour"), GONE, 'layers: 5: headland: "colour" is missing'),
        (
            (SCENES, "beach", "layers", 0, "colour"),
            "#fff",
            'layers: 1: sky: unknown key "colour"; known: brush, chance, dark, day, fine, only',
        ),
        (
            (SCENES, "beach", "layers", 3, "chance"),
            0.5,
            'layers: 4: backdrops: unknown key "chance"; known: brush',
        ),
        (
            (SCENES, "beach", "layers", 4, "at"),
            "sky",
            'layers: 5: headland: unknown key "at"; the nearest known is "t"',
        ),
        (
            (SCENES, "mountain", "backdrop", 0, "only"),
            ["lake"],
            'backdrop: 1: ridge: unknown key "only"; known: brush, cap, cap_from, chance, ',
        ),
        (
            (SCENES, "beach", "layers", 16, "only"),
            ["palm"],
            'layers: 17: scatter: only: 1: unknown value "palm"; the nearest known is "palms"',
        ),
        ((SCENES, "arctic", "layers", 5, "only"), ["x"], 'layers: 6: ridge: only: 1: unknown value "x"; known: none'),
        (
            ("parts.toml", "cloud", "layers", 0, "at"),
            "skies",
            'layers: 1: clouds: at: unknown value "skies"; known: front, ground, sky',
        ),
        (
            ("parts.toml", "grass", "layers", 0, "shape"),
            "blades",
            'layers: 1: specks: shape: unknown value "blades"; the nearest known is "blade"',
        ),
        (
            ("parts.toml", "grass", "layers", 0, "part"),
            "gras",
            'layers: 1: specks: part: unknown value "gras"; the nearest known is "grass"',
        ),
        (
            ("occasions.toml", "halloween", "layers", 0, "art"),
            ["t_pumkin"],
            'layers: 1: scatter: art: 1: unknown value "t_pumkin"; the nearest known is "t_pumpkin"',
        ),
        (
            (SCENES, "river", "layers", 9, "stones"),
            ["n_rok"],
            'layers: 10: river: stones: 1: unknown value "n_rok"; the nearest known is "n_rock"',
        ),
        # names of other things
        ((CREATURES, "sheep", "art"), ["sheeep"], 'art: 1: unknown value "sheeep"; the nearest known is "sheep"'),
        ((CREATURES, "sheep", "art_watr"), ["sheep"], 'unknown key "art_watr"; the nearest known is "art_water"'),
        ((CREATURES, "sheep", "home"), "medow", 'home: unknown value "medow"; the nearest known is "meadow"'),
        ((CREATURES, "sheep", "home"), "horse", 'home: unknown value "horse"; the nearest known is "forest"'),
        ((SCENES, "beach", "light"), "dya", 'light: unknown value "dya"; the nearest known is "day"'),
        (("parts.toml", "cloud", "brushes"), ["cloud"], 'brushes: 1: unknown value "cloud"; the nearest known is'),
        ((LIGHTS, "day", "disc"), "moom", 'disc: unknown value "moom"; the nearest known is "moon"'),
        # values of the wrong form
        (
            ("colours.toml", "colour_red", "colour"),
            "#c8322",
            'colour: "#c8322" is not a colour, such as "#7a5c3e" or "#fff"',
        ),
        ((CREATURES, "sheep", "height"), 0.3, "height: 0.3 is not two numbers, [least, most]"),
        ((CREATURES, "sheep", "en"), "sheep", 'en: "sheep" is not a list of texts'),
        ((CREATURES, "sheep", "en"), GONE, '"en" is missing'),
        ((CREATURES, "sheep", "art"), "sheep", 'art: "sheep" is not a list'),
        (
            (CREATURES, "sheep", "dressed"),
            {"dres": ["girl"]},
            'dressed: unknown value "dres"; the nearest known is "dress"',
        ),
        ((CREATURES, "sheep", "hands"), False, "hands: False is not true: what is not so leaves it out"),
        ((CREATURES, "sheep", "seasonal"), 1, "seasonal: 1 is not true or false"),
        ((SCENES, "cave", "layers", 12, "dark"), 0.7, "layers: 13: cavern: dark: 0.7 is not true or false"),
        ((LIGHTS, "day", "sky", 1), ["#fff", 0.5], "sky: 2: ['#fff', 0.5] is not a height and a colour"),
        ((MOODS, "serene", "grade"), 1.2, "grade: 1.2 is not a table"),
    ],
)
def test_what_no_rule_knows_is_refused(keys: tuple[str | int, ...], value: Any, problem: str) -> None:
    (line,) = told(changed(FILES, keys, value))
    assert line.startswith(f"vocabulary/{keys[0]}: {keys[1]}: {problem}")


def test_all_that_is_wrong_is_told_at_once() -> None:
    twice = changed(changed(FILES, (CREATURES, "sheep", "stands"), "waterr"), (SCENES, "beach", "ranke"), 1)
    assert sorted(line.split(": ")[1] for line in told(twice)) == ["beach", "sheep"]


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        (("actions", "fly", "plase"), "sky", 'actions: fly: unknown key "plase"; the nearest known is "place"'),
        (("actions", "fly", "place"), "ski", 'actions: fly: place: unknown value "ski"; the nearest known is "sky"'),
        (("actions", "float", "stays"), "watr", 'actions: float: stays: unknown value "watr"; the nearest known is'),
        (("actions", "ride", "mount"), False, "actions: ride: mount: False is not true"),
        (("actions", "ride", "en"), GONE, 'actions: ride: "en" is missing'),
        (("numbers", "dozen"), 12.0, "numbers: dozen: 12.0 is not a whole number"),
        (("places", "far"), "fare", 'places: far: unknown value "fare"; the nearest known is "far"'),
        (("function",), [], 'unknown key "function"; the nearest known is "functions"'),
        (("irregular",), GONE, '"irregular" is missing'),
    ],
)
def test_the_grammar_has_rules_too(keys: tuple[str | int, ...], value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match="vocabulary/core") as error:
        rules.check_grammar(changed(CORE, keys, value))
    assert str(error.value).startswith(f"vocabulary/core.toml: {problem}")


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        (("womann",), {}, 'unknown drawing "womann"; the nearest known is "woman"'),
        (("woman", "haed"), [1, 2, 3], 'unknown key "haed"; the nearest known is "head"'),
        (("woman", "head"), [12.5, 4], "head: [12.5, 4] is not three numbers, [x, y, width]"),
        (("t_hat", "on"), "hat", 'on: unknown value "hat"; known: back, body, '),
        (("t_hat", "wide"), GONE, '"wide" is missing: something is worn by it'),
    ],
)
def test_the_anchors_of_the_drawings_have_rules_too(keys: tuple[str, ...], value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match="art/anchors") as error:
        rules.check_anchors(changed(dict(anchors.table()), keys, value))
    assert str(error.value).startswith(f"art/anchors.toml: {keys[0]}: {problem}")


def test_anchors_are_inside_the_view_boxes_of_their_drawings() -> None:
    for name, data in anchors.table().items():
        rules.check_points(name, data)
    with pytest.raises(ValueError, match="woman: hand: "):
        rules.check_points("woman", {"hand": [27.5, 50]})


def test_a_file_that_breaks_a_rule_does_not_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "objects.toml").write_text(
        '[newt]\nkind = "object"\nen = []\nzh = []\nart = ["frog"]\nstand = "water"\n'
    )
    (tmp_path / "core.toml").write_text("function = []\n")
    monkeypatch.setattr(vocabulary, "_folder", lambda: tmp_path)
    with pytest.raises(ValueError, match='newt: unknown key "stand"; the nearest known is "stands"'):
        vocabulary.entries.__wrapped__()
    with pytest.raises(ValueError, match='unknown key "function"; the nearest known is "functions"'):
        vocabulary.grammar.__wrapped__()


def test_a_medium_is_named_as_its_style() -> None:
    media = {entry.name for entry in vocabulary.entries().values() if entry.kind == "medium"}
    assert media <= set(styles.STYLES)


def test_what_a_brush_is_part_of_by_itself_is_known() -> None:
    layers = rules.OF_A_SCENE.form
    assert isinstance(layers, rules.Layer)
    assert set(layers.brushes) == {*BRUSHES, "backdrops", "objects"}
    parts = [inspect.signature(brush).parameters.get("part") for brush in BRUSHES.values()]
    assert {part.default for part in parts if part} <= PARTS
