"""Data types of a sweep: `Axis`, `Coordinate`, `Tile`, `Failure`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from helpers.calls.answers import Backend
from helpers.errors import ImageError
from helpers.language import joined, mark, tr

if TYPE_CHECKING:
    from PIL import Image

FailureKind = Literal["filtered", "throttled", "invalid", "timeout", "failed", "stopped"]
_KIND_NAMES: dict[FailureKind, str] = {
    "filtered": mark("filtered"),
    "throttled": mark("throttled"),
    "invalid": mark("invalid"),
    "timeout": mark("timeout"),
    "failed": mark("failed"),
    "stopped": mark("stopped"),
}


@dataclass(frozen=True, repr=False)
class Axis:
    """One axis: its name, and its values in order. `labels[i]` names `values[i]` in a few words, each label once."""

    name: str
    labels: tuple[str, ...]
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<axis {self.name}: {', '.join(self.labels[:8])}{', …' if len(self) > 8 else ''}>"


@dataclass(frozen=True)
class Coordinate:
    """The place of a tile on one axis."""

    axis: str
    label: str
    value: Any = field(hash=False, repr=False)  # of an image, its base64


@dataclass(frozen=True)
class Failure:
    """The reason why a tile has no picture: its kind in one word, what happened, why, and what to do about it."""

    kind: FailureKind
    what: str
    why: str = ""
    fix: str = ""

    def __str__(self) -> str:
        return joined(self.what, self.why, self.fix)

    @property
    def said(self) -> str:
        """The kind in the reader's language."""
        return tr(_KIND_NAMES[self.kind])


@dataclass(frozen=True, repr=False)
class Tile:
    """One request of a sweep and, once it is made, its picture. A tile that failed has `.failure` and no `.path`.

        tile = sweep.tiles[0]
        helpers.show(tile)
        body = helpers.image_to_image("a beach in winter", tile, image_strength=0.4)

    A tile that is made is an image wherever an image is taken. `.cost` is money spent in USD (0.0 on the studio),
    `.list_price` the price on AWS in USD, or None where none is published.
    """

    key: str  # sha256 of the whole request: model, body, images included
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
    unknown_words: tuple[str, ...] = ()  # words of the prompt that the studio's vocabulary does not have
    words: Mapping[str, str] = field(default_factory=dict, hash=False)  # what became of each word, as in a receipt

    @property
    def made(self) -> bool:
        """True once there is a picture."""
        return self.path is not None

    @property
    def label(self) -> str:
        """Its coordinates in one line: `cfg_scale: 7, seed: 3`."""
        return ", ".join(f"{coordinate.axis}: {coordinate.label}" for coordinate in self.coordinates)

    @property
    def image(self) -> "Image.Image":
        """The picture as a PIL image, read from its file.

            small = sweep.tiles[0].image.resize((256, 256))

        Raises ImageError, with the reason, where there is no picture.
        """
        from helpers import pictures

        if self.path is not None:
            return pictures.to_image(self.path)
        what = tr("This tile has no picture: {label}.", label=self._named())
        if self.failure is None:
            raise ImageError(what, tr("It has not been made yet."), tr("Run the sweep first: sweep.run(bedrock)."))
        raise ImageError(what, joined(self.failure.what, self.failure.why), self.failure.fix)

    @property
    def receipt(self) -> dict[str, Any] | None:
        """The metadata of its file with the body as it was sent, as `helpers.save` keeps it; None without a picture."""
        from helpers import recipes

        metadata = recipes.read_metadata(self.path) if self.path is not None else None
        return metadata and {**metadata, "body": dict(self.body)}

    def _named(self) -> str:
        return " ".join(self.label.split()) or tr("the only one of its sweep")

    def __repr__(self) -> str:
        state = tr("made") if self.made else self.failure.said if self.failure else tr("not made yet")
        return tr("<Tile {label}: {state}>", label=self._named(), state=state)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the picture, which a notebook shows where a tile ends a cell; None shows the repr instead."""
        from helpers.display import showing

        try:
            return showing.mime_bundle(self)
        except ImageError:
            return None
