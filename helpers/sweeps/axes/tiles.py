"""What a sweep is made of, for those who draw, measure or list it: tiles with their coordinates, and the axes they lie on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from helpers.calls.answers import Backend
from helpers.errors import ImageError
from helpers.language import joined, mark, tr

if TYPE_CHECKING:
    from PIL import Image

Kind = Literal["filtered", "throttled", "invalid", "timeout", "failed", "stopped"]
_SAID: dict[Kind, str] = {
    "filtered": mark("filtered"),
    "throttled": mark("throttled"),
    "invalid": mark("invalid"),
    "timeout": mark("timeout"),
    "failed": mark("failed"),
    "stopped": mark("stopped"),
}


@dataclass(frozen=True, repr=False)
class Axis:
    """One axis: its name, and in order what it runs through. `labels[i]` says `values[i]` in a few exact words."""

    name: str
    labels: tuple[str, ...]
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<axis {self.name}: {', '.join(self.labels[:8])}{', …' if len(self) > 8 else ''}>"


@dataclass(frozen=True)
class Coordinate:
    """Where a tile lies on one axis."""

    axis: str
    label: str
    value: Any = field(hash=False, repr=False)  # of a picture, its base64


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


@dataclass(frozen=True, repr=False)
class Tile:
    """One request of a sweep and, once it is made, its picture. A tile that failed has `.failure` and no `.path`.

    A made tile stands wherever a picture is taken: `helpers.show(sweep.tiles[0])`, an init image, a mask's preview.
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

    @property
    def image(self) -> "Image.Image":
        """The picture, read from its file. Raises ImageError where there is none, with the reason."""
        from helpers import pictures

        if self.path is not None:
            return pictures.to_image(self.path)
        what = tr("This tile has no picture: {label}.", label=self._named())
        if self.failure is None:
            raise ImageError(what, tr("It has not been made yet."), tr("Run the sweep first: sweep.run(bedrock)."))
        raise ImageError(what, joined(self.failure.what, self.failure.why), self.failure.fix)

    @property
    def receipt(self) -> dict[str, Any] | None:
        """What its file tells of how it was made, with the body as it was sent; `helpers.save` keeps it. None without one."""
        from helpers import recipes

        told = recipes.read_metadata(self.path) if self.path is not None else None
        return told and {**told, "body": dict(self.body)}

    def _named(self) -> str:
        return " ".join(self.label.split()) or tr("the only one of its sweep")

    def __repr__(self) -> str:
        state = tr("made") if self.made else self.failure.said if self.failure else tr("not made yet")
        return tr("<Tile {label}: {state}>", label=self._named(), state=state)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """The picture, where a tile ends a cell; its line, where there is none."""
        from helpers.display import showing

        try:
            return showing.mime_bundle(self)
        except ImageError:
            return None
