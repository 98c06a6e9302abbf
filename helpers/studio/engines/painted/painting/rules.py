"""The rules of the vocabulary's files: which keys each kind of entry has and what they may hold. Anything else is an error.

A misspelt key would load in silence and paint nothing, and a sheep that `stands` on "waterr" would land on a road. What a
layer may hold follows from its brush: the parameters of the brush's function are its keys. The keys of lights, grades and
remaps are the fields of `Light`, `Grade` and `Remap`.
"""

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias, get_args, get_origin

from . import art
from .brushes.layers import BRUSHES, CONDITIONS
from .brushes.stage import PARTS
from .light import Grade, Light, Remap

__all__ = [
    "ANCHORS",
    "ENTRIES",
    "GRAMMAR",
    "WORN_ON",
    "Relation",
    "check_anchors",
    "check_entries",
    "check_grammar",
    "check_sizes",
]


@dataclass(frozen=True)
class Plain:
    """A value that is checked by itself."""

    what: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True)
class OneOf:
    """One word of a closed set."""

    words: frozenset[str]


@dataclass(frozen=True)
class NameOf:
    """The name of a scene or a light of the vocabulary, a drawing, a brush, a part, or a variant of the scene."""

    what: str


@dataclass(frozen=True)
class Each:
    """A list of values of one form."""

    form: "Form"


@dataclass(frozen=True)
class Every:
    """A table with values of one form, and any keys where they have none of their own."""

    form: "Form"
    keys: "Form | None" = None


@dataclass(frozen=True)
class Fields:
    """A table with these keys and no others; those in `must` are required."""

    may: Mapping[str, "Form"]
    must: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Layer:
    """A table whose other keys depend on its `brush`."""

    brushes: Mapping[str, Fields]


Form: TypeAlias = Plain | OneOf | NameOf | Each | Every | Fields | Layer
Names: TypeAlias = Mapping[str, frozenset[str]]
"""Known names, for each `NameOf.what`."""

MAX_NAMED = 40  # names in an error, where none is near
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


def _is_number(value: Any) -> bool:
    return type(value) in (float, int)  # and no bool, which isinstance would let pass


def _numbers(value: Any, count: int) -> bool:
    return type(value) is list and len(value) == count and all(map(_is_number, value))


def _is_colour(value: Any) -> bool:
    return type(value) is str and _HEX.fullmatch(value) is not None


NUMBER = Plain("a number", _is_number)
WHOLE = Plain("a whole number", lambda value: type(value) is int)
PAIR = Plain("two numbers, [least, most]", lambda value: _numbers(value, 2))
AMOUNT = Plain("a number, or two: [least, most]", lambda value: _is_number(value) or _numbers(value, 2))
POINT = Plain("two numbers, [x, y]", lambda value: _numbers(value, 2))
PLACE = Plain("three numbers, [x, y, width]", lambda value: _numbers(value, 3))
FLAG = Plain("true or false", lambda value: type(value) is bool)
TRUE = Plain("true: what is not so leaves it out", lambda value: value is True)
TEXT = Plain("a text", lambda value: type(value) is str)
TEXTS = Plain("a list of texts", lambda value: type(value) is list and {str}.issuperset(map(type, value)))
COLOUR = Plain('a colour, such as "#7a5c3e" or "#fff"', _is_colour)
STOP = Plain(
    'a height and a colour, such as [0.4, "#86bdec"]',
    lambda value: type(value) is list and len(value) == 2 and _is_number(value[0]) and _is_colour(value[1]),
)

# ---- what brushes and lights say of themselves ----------------------------------------------------------------------

_OF_TYPE: Mapping[Any, Form] = {
    bool: FLAG,
    int: WHOLE,
    float: NUMBER,
    float | None: NUMBER,
    Sequence[float]: PAIR,
    tuple[float, float]: PAIR,
    float | Sequence[float]: AMOUNT,
    float | Sequence[float] | None: AMOUNT,
    str: COLOUR,
    str | None: COLOUR,
    Sequence[str]: Each(COLOUR),
    tuple[tuple[float, str], ...]: Each(STOP),
}
_OF_NAME: Mapping[str, Form] = {
    "art": Each(NameOf("drawing")),
    "stones": Each(NameOf("drawing")),
    "part": NameOf("part"),
}


def _form_of(name: str, type_: Any) -> Form:
    """Return the form of a brush's parameter or a dataclass's field, by its name and type."""
    if get_origin(type_) is Literal:
        return OneOf(frozenset(get_args(type_)))
    return _OF_NAME.get(name) or _OF_TYPE[type_]


def _fields_of(data: Any, *without: str) -> Fields:
    """Return a dataclass as a table, `without` some of its fields."""
    taken = [one for one in fields(data) if one.name not in without]
    must = frozenset(one.name for one in taken if one.default is MISSING)
    return Fields({one.name: _form_of(one.name, one.type) for one in taken}, must)


def _parameters_of(brush: Callable[..., str]) -> Fields:
    """Return a brush's parameters after the stage and the random numbers. One named like a condition never reaches it."""
    taken = [one for one in list(inspect.signature(brush).parameters.values())[2:] if one.name not in CONDITIONS]
    must = frozenset(one.name for one in taken if one.default is one.empty)
    return Fields({one.name: _form_of(one.name, one.annotation) for one in taken}, must)


# ---- the tables -----------------------------------------------------------------------------------------------------

Relation = Literal["behind", "under", "in_front", "left_of", "right_of", "beside", "inside", "above", "worn", "held"]
"""How an object stands to another. "worn" and "held": by that other, where its `carry` cannot say so, as it is not the
object mentioned next ("a man with a beard and glasses")."""
FOOTINGS = ("ground", "shore", "water", "sky", "under", "floor", "table", "far", "wall")
STANDS = OneOf(frozenset({*FOOTINGS, "front"}))
USE = OneOf(frozenset({"food", "drink", "text", "music", "back"}))
PLACES = OneOf(frozenset({"left", "right", "middle", "near", "far", "sky", "water"}))

_BRUSHES: Mapping[str, Fields] = {name: _parameters_of(brush) for name, brush in BRUSHES.items()}


def _layer(conditions: Mapping[str, Form], *bare: str) -> Layer:
    """Return a layer that may have these conditions; `bare` are names that are no brush and take no parameters."""
    always: Mapping[str, Form] = {"brush": TEXT, **conditions}
    known = {name: Fields({**of.may, **always}, of.must) for name, of in _BRUSHES.items()}
    return Layer(known | dict.fromkeys(bare, Fields({"brush": TEXT})))


_WHEN: Mapping[str, Form] = {"chance": NUMBER, "fine": FLAG, "dark": FLAG, "day": FLAG}
OF_A_SCENE = Each(_layer({**_WHEN, "only": Each(NameOf("variant"))}, "backdrops", "objects"))
BEHIND = Each(_layer(_WHEN))
ON_TOP = Each(_layer({**_WHEN, "at": OneOf(frozenset({"sky", "ground", "front"}))}))

GRADE = _fields_of(Grade)
LIGHT = _fields_of(Light, "name", "remaps").may
AIR = Fields(
    {
        "haze": NUMBER,
        "colour": COLOUR,
        "cover": NUMBER,
        "dim": NUMBER,
        "disc": LIGHT["disc"],
        "cloud": COLOUR,
        "shadow": NUMBER,
        "silhouette": NUMBER,
    }
)


def _entry(*must: str, **may: Form) -> Fields:
    return Fields({"en": TEXTS, "zh": TEXTS, "stand_in": TEXTS, **may}, frozenset({"en", "zh", *must}))


_SEASON = _entry(
    air=AIR,
    remaps=Each(_fields_of(Remap)),
    layers=ON_TOP,
    light=NameOf("light"),
    outdoors=FLAG,
    grade=GRADE,
    brushes=Each(NameOf("brush")),
)
ENTRIES: Mapping[str, Fields] = {
    "scene": _entry(
        "zones",
        "layers",
        rank=NUMBER,
        horizon=PAIR,
        zones=Fields(dict.fromkeys(FOOTINGS, PAIR)),
        layers=OF_A_SCENE,
        backdrop=BEHIND,
        laid=OF_A_SCENE,
        variants=TEXTS,
        open=TEXTS,
        light=NameOf("light"),
        indoor=FLAG,
        close=FLAG,
        rare=FLAG,
        coloured=NameOf("part"),
        grade=GRADE,
        brushes=Each(NameOf("brush")),
        parameters=TEXTS,
    ),
    "light": _entry("sky", **LIGHT, layers=ON_TOP, grade=GRADE),
    "season": _SEASON,
    "weather": _SEASON,
    "object": _entry(
        "art",
        art=Each(NameOf("drawing")),
        height=PAIR,
        **{f"art_{footing}": Each(NameOf("drawing")) for footing in STANDS.words},
        stands=STANDS,
        home=NameOf("scene"),
        kinds=Each(NameOf("object")),
        seasonal=FLAG,
        indoors=FLAG,
        seat=NUMBER,
        surface=TRUE,
        astride=TRUE,
        lives=TRUE,
        hands=TRUE,
        held=TRUE,
        use=Each(USE),
        worn=TRUE,
        lettered=TRUE,
        dressed=Every(Each(NameOf("drawing")), NameOf("object")),
        grade=GRADE,
        brushes=Each(NameOf("brush")),
        parameters=TEXTS,
    ),
    "part": _entry(stands=STANDS, layers=ON_TOP, light=NameOf("light"), grade=GRADE, brushes=Each(NameOf("brush"))),
    "mood": _entry(
        grade=GRADE,
        frame=Fields({"horizon": NUMBER, "size": NUMBER}),
        air=AIR,
        at_night=NUMBER,
    ),
    "medium": _entry(grade=GRADE),
    "colour": _entry("colour", colour=COLOUR, hair=COLOUR),
}
"""The kinds of entries and the keys that each may have beside `kind`."""

_TEXTS = (
    *("functions", "zh_functions", "zh_measures", "compounds", "forms"),
    *("materials", "textures", "containers", "vessels", "likenesses", "figures", "people", "skins"),
    *("seen", "unseen", "looks", "colourless"),
)
RELATIONS = OneOf(frozenset({*get_args(Relation), "between", "on"}) - {"worn", "held"})
_ACTION = _entry(
    place=PLACES,
    **dict.fromkeys(("size", "lean", "lift", "squash", "strengthen", "stirs", "x", "y"), NUMBER),
    count=WHOLE,
    mount=TRUE,
    carry=TRUE,
    stays=STANDS,
    takes=USE,
)
_TABLES: Mapping[str, Form] = {
    "numbers": Every(WHOLE),
    "zh_numbers": Every(WHOLE),
    "places": Every(PLACES),
    "zh_places": Every(PLACES),
    "relations": Every(RELATIONS),
    "zh_relations": Every(RELATIONS),
    "nouns": Every(TEXT),
    "senses": Every(Fields({"means": TEXT, "beside": TEXTS}, frozenset({"beside"}))),
    "hair": Every(TEXT),
    "actions": Every(_ACTION),
    "irregular": Every(TEXT),
    "emoji": Every(TEXT),
}
GRAMMAR = Fields({**dict.fromkeys(_TEXTS, TEXTS), **_TABLES}, frozenset({*_TEXTS, *_TABLES}))
"""The keys of core.toml."""

WORN_ON = ("head", "eyes", "face", "mouth", "neck", "body", "back", "hand", "feet")
"""The places of a drawing on which things are worn."""
_POINTS = ("back", "hand", "hand2")
ANCHORS = Fields(
    {
        **{place: POINT if place in _POINTS else PLACE for place in (*WORN_ON, "hand2")},
        **dict.fromkeys(("inside", "under", "top"), PLACE),
        **dict.fromkeys(("at", "grip"), POINT),
        **dict.fromkeys(("wide", "tall", "turn"), NUMBER),
        "on": OneOf(frozenset(WORN_ON)),
        **dict.fromkeys(("behind", "clear"), TRUE),
    }
)
"""The keys that a drawing's table in art/anchors.toml may have."""


# ---- the check ------------------------------------------------------------------------------------------------------


def check_entries(files: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the contents of the vocabulary's files, by file name.

    Raises ValueError with a line for each key that is unknown or missing and each value that does not fit. It names
    the file, the entry, the key, and the nearest known name.
    """
    names = _names(files)
    found: list[str] = []
    for file, entries in files.items():
        for name, data in entries.items():
            found += [f"vocabulary/{file}: {name}: {problem}" for problem in _entry_problems(data, names)]
    _raise(found)


def check_grammar(data: Mapping[str, Any]) -> None:
    """Check the contents of core.toml. Raises ValueError as `check_entries` does."""
    _raise([f"vocabulary/core.toml: {problem}" for problem in _problems(GRAMMAR, data, {})])


def check_anchors(tables: Mapping[str, Any]) -> None:
    """Check the keys and values of art/anchors.toml. Raises ValueError as `check_entries` does."""
    found: list[str] = []
    for name, data in tables.items():
        known = name in art.names()
        problems = _anchor_problems(data) if known else (_nearest("drawing", name, art.names()),)
        found += [f"art/anchors.toml: {name}: {problem}" for problem in problems]
    _raise(found)


def check_sizes(sizes: Mapping[str, float], objects: Collection[str]) -> None:
    """Check the names in art/sizes.toml. Raises ValueError as `check_entries` does."""
    _raise([f"art/sizes.toml: {_nearest('object', name, objects)}" for name in sizes if name not in objects])


def check_points(name: str, data: Mapping[str, Any]) -> None:
    """Check that a drawing's anchors are inside its view box. Raises ValueError as `check_entries` does.

    Apart from `check_anchors`, as it reads the drawing: only those that a picture shows are read.
    """
    width = art.load(name).width
    _raise(
        [
            f"art/anchors.toml: {name}: {key}: {value} is outside the view box, {width:g} wide and 100 high"
            for key, value in data.items()
            if isinstance(value, list) and not (0 <= value[0] <= width and 0 <= value[1] <= 100)
        ]
    )


def _anchor_problems(data: Any) -> Sequence[str]:
    found = _problems(ANCHORS, data, {})
    missing = {"at", "wide"} - data.keys() if not found and "on" in data else ()
    return [*found, *(f'"{key}" is missing: something is worn by it' for key in sorted(missing))]


def _raise(problems: Sequence[str]) -> None:
    if problems:
        raise ValueError("\n".join(problems))


def _names(files: Mapping[str, Mapping[str, Any]]) -> Names:
    found: dict[str, set[str]] = {kind: set() for kind in ENTRIES}
    for entries in files.values():
        for name, data in entries.items():
            if isinstance(data, dict):
                found.setdefault(str(data.get("kind")), set()).add(name)
    names = {what: frozenset(these) for what, these in found.items()}
    return {**names, "part": names["part"] | PARTS, "brush": frozenset(BRUSHES), "drawing": art.names()}


def _entry_problems(data: Any, names: Names) -> Sequence[str]:
    if not isinstance(data, dict):
        return [f"{_shown(data)} is not a table"]
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in ENTRIES:
        return [f"kind: {_nearest('value', kind, ENTRIES)}" if kind else '"kind" is missing']
    variants = data.get("variants")
    names = {**names, "variant": frozenset(map(str, variants if isinstance(variants, list) else ()))}
    return _problems(ENTRIES[kind], {key: value for key, value in data.items() if key != "kind"}, names)


def _problems(form: Form, value: Any, names: Names) -> Sequence[str]:
    """Return what is wrong with a value, each problem with the keys that lead to it."""
    if isinstance(form, Plain):
        return () if form.fits(value) else [f"{_shown(value)} is not {form.what}"]
    if isinstance(form, (OneOf, NameOf)):
        known = form.words if isinstance(form, OneOf) else names[form.what]
        return () if type(value) is str and value in known else [_nearest("value", value, known)]
    if isinstance(form, Each):
        if not isinstance(value, list):
            return [f"{_shown(value)} is not a list"]
        return [f"{index}: {why}" for index, one in enumerate(value, 1) for why in _problems(form.form, one, names)]
    if not isinstance(value, dict):
        return [f"{_shown(value)} is not a table"]
    if isinstance(form, Every):
        wrong = [why for key in value for why in (_problems(form.keys, key, names) if form.keys else ())]
        return wrong + [f"{key}: {why}" for key, one in value.items() for why in _problems(form.form, one, names)]
    if isinstance(form, Layer):
        brush = value.get("brush")
        if not isinstance(brush, str) or brush not in form.brushes:
            return [f"brush: {_nearest('value', brush, form.brushes)}" if brush else '"brush" is missing']
        return [f"{brush}: {why}" for why in _problems(form.brushes[brush], value, names)]
    found: list[str] = []
    if not form.must <= value.keys():
        found += [f"{_shown(key)} is missing" for key in sorted(form.must - value.keys())]
    for key, one in value.items():
        inner = form.may.get(key)
        if inner is None:
            found.append(_nearest("key", key, form.may))
        elif not (isinstance(inner, Plain) and inner.fits(one)):  # most are, and fit
            found += [f"{key}: {why}" for why in _problems(inner, one, names)]
    return found


def _nearest(what: str, given: Any, known: Collection[str]) -> str:
    """Return that `given` is unknown, with the nearest known name; of a few of which none is near, with all."""
    near = get_close_matches(str(given), sorted(known), 1, 0.6 if len(known) <= MAX_NAMED else 0.0)
    if near:
        return f"unknown {what} {_shown(given)}; the nearest known is {_shown(near[0])}"
    return f"unknown {what} {_shown(given)}; known: {', '.join(sorted(known)) or 'none'}"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
