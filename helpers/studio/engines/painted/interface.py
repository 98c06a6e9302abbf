"""What the diffusion and a painter say to each other, so that either can be exchanged: the diffusion knows no art.

A painter reads prompts (`ReadingLike`), composes places without the things that the prompt names (`SceneLike`), draws each
thing once (`Cutout`), says where it may stand (`Spot`), and paints a place with things in it. `Painter` holds its functions.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Prompt

__all__ = [
    "Box",
    "Cutout",
    "Habit",
    "Painter",
    "Pixels",
    "Placed",
    "ReadingLike",
    "Said",
    "Says",
    "SceneLike",
    "Spot",
    "Standing",
    "Thing",
    "Word",
]

Habit = Literal["stands", "hangs", "worn"]
"""Whether a thing has something below it, or is in the air or in the water, or is put on somebody, as glasses are."""
Says = Literal["colour", "count", "large", "place", "relation", "small"]
"""What a word may say of a thing: its colour, how many there are, its size, its side of the picture, or how it stands to another."""
Pixels = NDArray[np.float32]
"""(height, width, 3): red, green and blue in [-1, 1]."""
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 from the upper left, in shares of the picture's sides."""


@dataclass(frozen=True)
class Word:
    """What a prompt names, as adherence sees it."""

    kind: Literal["object", "scene", "setting"]
    """A thing; a place; light, weather, season, medium or a part of the place."""
    weight: float = 1.0
    against: float = 0.0
    """Largest weight of the negative prompts that name it, at least 0."""
    acts: Literal["place", "light", "style"] = "place"
    """What of a setting it changes: what the place shows; or any picture's light, as weather and seasons do; or its style."""


@dataclass(frozen=True)
class Thing:
    """What a prompt names and what belongs together, as a cat on a sofa or a girl in a hat: it is placed as one."""

    entry: str
    """Of its main part in the painter's vocabulary."""
    word: Word
    coloured: bool = False
    """True where the prompt names its colour."""
    place: str | None = None
    """"left", "right" or "middle", where the prompt says so."""
    habit: Habit = "stands"
    size: float = 1.0
    """Of its main part, as the prompt says it: a factor."""
    tall: float = 1.0
    """How high its main part is beside other things, whatever the prompt says of its size."""


@dataclass(frozen=True)
class Said:
    """A content word of a prompt that the painter knows, and what it is about; of several, the first that fits.

    One that is about no thing and no word of the setting acts on the whole picture by degrees, as a mood or a colour does.
    """

    text: str
    """As written."""
    stand_in: str | None = None
    """Name of what is drawn in its place, in the language of the word; None: what it names has a drawing of its own."""
    thing: int | None = None
    """Number of the thing that it names or describes, in `ReadingLike.things`."""
    setting: int | None = None
    """Number of the word that it is or describes, in `ReadingLike.setting`."""
    changes: bool = True
    """False where it changes nothing in any picture of this reading, as the colour of something that takes none, a mood that a
    negative prompt cancels, or a word of a prompt of weight 0."""
    says: Says | None = None
    """What it says of its thing where a picture may show the thing and not that."""
    part: int | None = None
    """Number of the object that it is about, in `Cutout.parts` of its thing."""


class ReadingLike(Hashable, Protocol):
    """A painter's reading of all prompts of a task."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words that the painter does not know."""
        ...

    @property
    def words(self) -> tuple[Said, ...]:
        """The content words of the positive prompts that the painter knows, in order, once each: all but the unknown ones and
        the listed function words."""
        ...

    @property
    def things(self) -> tuple[Thing, ...]:
        """The things, in the order of the prompt."""
        ...

    @property
    def setting(self) -> tuple[Word, ...]:
        """The words of the place, its light and its weather; the place first, also where no word names one."""
        ...

    @property
    def removed(self) -> float:
        """Largest weight of the negative prompts that name something which a place may show by itself; 0: none."""
        ...

    @property
    def has_scene(self) -> bool:
        """True where a place is named."""
        ...

    @property
    def sky(self) -> Literal["lit", "changed", "named"] | None:
        """Whether words of the setting are about the sky where no place is named: "lit" by a light of its own, as "a
        starry night"; "changed" by weather, clouds or its colour; "named" alone; None: none of these."""
        ...

    @property
    def coloured(self) -> bool:
        """True where a colour of the whole picture is named."""
        ...

    @property
    def names_nothing(self) -> bool:
        """True where no thing and no place is named: words that act on any picture, as light or a mood, negative prompts alone,
        or nothing that the painter knows."""
        ...


class Placed(Protocol):
    """A thing in a scene and where it is."""

    @property
    def entry(self) -> str: ...
    @property
    def box(self) -> Box: ...


class SceneLike(Hashable, Protocol):
    """A place with things in it, composed and not yet painted, which can be painted at any size."""

    @property
    def placements(self) -> Sequence[Placed]: ...
    @property
    def horizon(self) -> float:
        """Hundredths of the height, from the top."""
        ...

    @property
    def water(self) -> tuple[float, float] | None:
        """The depths between which the place is all water, 0 (the horizon) to 1 (the lower edge); None: it has none."""
        ...


@dataclass(frozen=True)
class Spot:
    """Where a thing may stand, in hundredths of the picture's height."""

    x: float
    """Of its middle."""
    y: float
    """Of its main part's foot."""
    height: float
    """Of its main part."""
    flip: bool = False


@dataclass(frozen=True, eq=False)
class Cutout:
    """A thing drawn once, to be resized and laid into places."""

    pixels: NDArray[np.float32]
    """(height, width, 4): straight colour in [-1, 1] and alpha in [0, 1], cut to the thing."""
    foot: tuple[float, float]
    """Row of its main part's foot, and column of its middle."""
    tall: float
    """Rows that its main part is high."""
    drawn: Any
    """What the painter needs to draw it again at full size."""
    off_colour: bool = False
    """True where its colours are not those that the prompt names."""
    turns: bool = True
    """False where it is not mirrored: the prompt says what is on the left in it, or there are letters on it."""
    parts: Mapping[int, float] = field(default_factory=dict)
    """How much of each of its objects is to be seen, by its number, in squares as high as the main part."""
    heights: Mapping[int, float] = field(default_factory=dict)
    """How high each of its objects is, by its number, in heights of the main part."""
    untrue: frozenset[tuple[int, Says]] = frozenset()
    """Numbers of those of which it does not show what the prompt says, and what that is."""


Standing = tuple[Cutout, Spot]


@dataclass(frozen=True)
class Painter:
    """The way from prompts to pixels. Each function returns the same for the same arguments, whatever was called before."""

    read: Callable[[tuple[Prompt, ...]], Any]
    """All prompts of a task, negative ones too, to a reading of them."""
    place: Callable[[Any, int, float, frozenset[int], float, float | None], Any]
    """(reading, seed, width / height, setting words to leave out, pull, horizon or None) to a scene without the things.

    Leaving out the place (word 0) gives any other place, with something in it that nobody asked for. `pull` (0 to
    about 1) is how strongly moods, and what negative prompts say of colours, act; 1 is the usual.
    """
    skies: Callable[[Any, int, int, str | None], Sequence[tuple[Any, Pixels]]]
    """(scene, width, height, style) to the same place under other skies, each as a scene and painted, roughly; the scene
    itself is the first, and the only one where no sky is to be seen."""
    bare: Callable[[Any], Any]
    """The same scene without what negative prompts name; the very same object where it shows nothing of it."""
    framed: Callable[[Any, float, bool], Any]
    """(scene, horizon, sky alone) to the same scene with that horizon, which may lie beyond the picture; where the sky
    alone is wanted, without anything that stands before it."""
    cutouts: Callable[[Any, int, int, float, bool], Sequence[Cutout]]
    """(reading, thing, size, pull, off_colour) to its drawings, as in a picture of `size` rows; with `off_colour` in
    colours that the prompt does not name."""
    spots: Callable[[Any, int, Any, tuple[float, float], int], Sequence[Spot]]
    """(reading, thing, scene, left and right end in shares of the width, seed) to spots where the thing may stand."""
    staged: Callable[[Any, Sequence[Standing], bool], Any]
    """(scene, things that stand in it, whether they are mirrored) to the scene with them."""
    paint: Callable[[Any, int, int, str | None], Pixels]
    """(scene, width, height, style) to pixels."""
    paint_objects: Callable[[Any, int, int, str | None], NDArray[np.float32]]
    """The same for the things alone, with their shadows: (height, width, 4), straight colour and alpha."""
    restyle: Callable[[Any, Pixels, str | None], Pixels]
    """(scene, any pixels, style) to those pixels in the style, and in the media and moods that the scene's prompt names."""
    relight: Callable[[Any, Any, Pixels, float], Pixels]
    """(reading, scene, any pixels, share) to those pixels, a share (0..1) of the way to the light, weather and season
    that the prompt names."""
