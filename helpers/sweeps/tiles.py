"""What a sweep is made of, for those who draw, measure or list it: tiles with their coordinates, and the axes they lie on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from helpers.generation import Backend
from helpers.language import joined, mark, tr

Kind = Literal["filtered", "throttled", "invalid", "timeout", "failed", "stopped"]
_SAID: dict[Kind, str] = {
    "filtered": mark("filtered"),
    "throttled": mark("throttled"),
    "invalid": mark("invalid"),
    "timeout": mark("timeout"),
    "failed": mark("failed"),
    "stopped": mark("stopped"),
}


@dataclass(frozen=True)
class Axis:
    """One axis: its name, and in order what it runs through. `labels[i]` says `values[i]` in a few exact words."""

    name: str
    labels: tuple[str, ...]
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Coordinate:
    """Where a tile lies on one axis."""

    axis: str
    label: str
    value: Any = field(hash=False)


@dataclass(frozen=True)
class Failure:
    """Why a tile has no picture: its kind in one word, what happened, why, and what to do about it."""

    kind: Kind
    what: str
    why: str = ""
    fix: str = ""

    def __str__(self) -> str:
        return joined(self.what, self.why, self.fix)

    @property
    def said(self) -> str:
        """The kind in the reader's language."""
        return tr(_SAID[self.kind])


@dataclass(frozen=True)
class Tile:
    """One request of a sweep and, once it is made, its picture. A tile that failed has `.failure` and no `.path`.

    `.cost` is money spent in USD (0.0 on the studio), `.list_price` what AWS asks or asked; None where no page says.
    """

    key: str  # sha256 of the whole request: model, body, pictures included
    coordinates: tuple[Coordinate, ...]
    body: Mapping[str, Any] = field(hash=False)
    model: str  # its id
    path: Path | None = None  # the PNG
    thumbnail: Path | None = None  # the same, at most 256 px a side
    seed: int | None = None  # the one used
    cost: float | None = None
    list_price: float | None = None
    seconds: float | None = None
    failure: Failure | None = None
    backend: Backend | None = None  # where the picture was made
    unknown_words: tuple[str, ...] = ()  # in the prompt, and not in the studio's vocabulary

    @property
    def made(self) -> bool:
        """Whether there is a picture."""
        return self.path is not None

    @property
    def label(self) -> str:
        """All its coordinates in one line: `cfg_scale: 7, seed: 3`."""
        return ", ".join(f"{place.axis}: {place.label}" for place in self.coordinates)
