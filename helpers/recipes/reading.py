"""From a picture back to what made it: `recipe` reads the receipt in a file and writes it as code that runs."""

import base64
import html
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from helpers import models, pictures
from helpers.bodies import Body
from helpers.errors import ImageError, RecipeError
from helpers.language import mark, tr
from helpers.pictures.formats import image_format
from helpers.pictures.writing import require_same
from helpers.recipes import code, infotext
from helpers.schemas import families

_INIT_IMAGE, _MASK = mark("init image"), mark("mask")


@dataclass(frozen=True, eq=False, repr=False)
class Recipe:
    """How a picture was made. `.cell`, `.boto3` and `.cli` are texts to run; each sends the same bytes as before.

    `.body` is the request as a dict, `.body_json` the very text that was sent. `.inputs` says in which files the
    pictures of the request are. `.receipt` is all that the file tells: what came back, what it cost, how long it took.
    """

    given: str  # the picture, as it was named
    body: Mapping[str, Any]
    model: str  # its id
    seed: int | None  # the one used, drawn where the body left it to chance
    inputs: Mapping[str, Path]
    receipt: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The file's name."""
        return Path(self.given).name

    @property
    def stem(self) -> str:
        """The file's name, without its extension."""
        return Path(self.given).stem

    @property
    def suffix(self) -> str:
        """The extension of what the service sends for this body."""
        return {"jpeg": ".jpg", "webp": ".webp"}.get(str(self.body.get("output_format")), ".png")

    @property
    def backend(self) -> str | None:
        """Where it was made: "studio" or "aws"; None where the file does not tell."""
        return self.receipt.get("backend")

    @property
    def cost(self) -> float | None:
        """What it cost, in USD."""
        return self.receipt.get("cost")

    @cached_property
    def body_json(self) -> str:
        """The body as it was sent, byte for byte."""
        return json.dumps(self.body)

    @cached_property
    def cell(self) -> str:
        """A notebook cell, with helpers."""
        return code.cell(self)

    @cached_property
    def boto3(self) -> str:
        """A script, with boto3 alone."""
        return code.boto3_script(self)

    @cached_property
    def cli(self) -> str:
        """The call of the AWS command line, for bash and its like. Elsewhere, give it a file: see `save_body`."""
        return code.command_line(self)

    def save_body(self, path: str | os.PathLike[str]) -> Path:
        """Write the body to a file, for `--body fileb://…`. Raises FileExistsError where another text is there."""
        path, data = Path(path).expanduser(), self.body_json.encode("ascii")
        try:
            with path.open("xb") as file:
                file.write(data)
        except FileExistsError:
            require_same(path, path.read_bytes() == data, tr("Choose another name."))
        return path

    def __repr__(self) -> str:
        return f"# {self._summary()}\n{self.cell}"

    def _repr_html_(self) -> str:
        parts = ((tr("Notebook cell"), self.cell), ("boto3", self.boto3), (tr("AWS command line"), self.cli))
        shown = "".join(
            f"<details{' open' if place == 0 else ''}><summary>{title}</summary>"
            f'<pre tabindex="0" style="overflow-x: auto; max-height: 24em"><code>{html.escape(text)}</code></pre></details>'
            for place, (title, text) in enumerate(parts)
        )
        return f"<p><strong>{html.escape(self._summary())}</strong></p>{shown}"

    def _summary(self) -> str:
        model = models.name_of(self.model)
        seed = "" if self.seed is None else tr(", seed {seed}", seed=self.seed)
        return code.escaped(tr("How {name} was made: {model}{seed}.", name=self.name, model=model, seed=seed))


def recipe(picture: Any, *, inputs: str | os.PathLike[str] | None = None) -> Recipe:
    """How a saved picture was made, as code that runs and sends the same bytes.

    `picture`: a file that `made.save` or a sweep wrote, or anything with such a `.path`. `inputs`: the folder that holds
    the pictures it was made from, where it is not `inputs/` beside it. Raises RecipeError where the file does not tell,
    or where one of those pictures is gone; ImageError where it is no picture.
    """
    named = getattr(picture, "path", None) or picture
    if not isinstance(named, (str, os.PathLike)):
        raise RecipeError(
            tr("{kind} is not a file.", kind=type(picture).__name__),
            tr("A recipe is read from the file that a picture was saved in."),
            tr('Write helpers.recipe(made.save("picture.png")), or give a tile of a sweep that has a picture.'),
        )
    path = pictures.find(named)
    data = _read(path)
    receipt = infotext.read(data) or infotext.read_sidecar(path)
    if receipt is None:
        raise _untold(path, data)
    body, model, seed = receipt.get("body"), receipt.get("model"), receipt.get("seed")
    if not isinstance(body, dict) or not isinstance(model, str) or not isinstance(seed, (int, type(None))):
        raise RecipeError(
            tr("{name} does not say how it was made.", name=path.name),
            tr("What it tells holds no request: it is damaged, or was saved with metadata of another kind."),
            tr("Use a picture that made.save or a sweep wrote."),
        )
    files = dict(_inputs(path, body, Path(inputs).expanduser() if inputs is not None else None))
    whole = {**body, **{field: base64.b64encode(file.read_bytes()).decode("ascii") for field, file in files.items()}}
    return Recipe(
        path.as_posix(), remembering(whole, model), model, seed, MappingProxyType(files), MappingProxyType(receipt)
    )


def remembering(body: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """The body with its model, where the registry knows that."""
    return Body(body, model) if models.find(model) else body


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError(
            tr("There is no file {shown}.", shown=path),
            tr("The current folder is {folder}.", folder=Path.cwd()),
            tr("Check the path."),
        ) from error
    except OSError as error:
        why = tr("The system says: {error}.", error=error.strerror)
        raise ImageError(tr("{shown} cannot be read.", shown=path), why, tr("Check the path.")) from error
    if image_format(data) is None:
        pictures.to_image(path)  # says what it is instead, where it is no picture
    return data


def _inputs(picture: Path, body: Mapping[str, Any], folder: Path | None) -> Iterator[tuple[str, Path]]:
    """Each picture that the body names by hash, and the file that holds it. Raises RecipeError where one is gone."""
    for field, named in families.pictures(body).items():
        if not infotext.is_hash(named):
            continue
        beside = infotext.input_path(str(named), picture).parent if folder is None else folder
        digits = infotext.input_path(str(named), picture).stem
        found = sorted(beside.glob(f"{digits}.*"))
        if not found:
            raise _gone(picture, field, beside, digits)
        if infotext.hash_of(found[0].read_bytes()) != named:
            raise RecipeError(
                tr(
                    "The {input} that {name} was made from is not what it was.",
                    input=tr(_MASK if field in families.mask_pictures() else _INIT_IMAGE),
                    name=picture.name,
                ),
                tr("{path} has been changed: its hash is another one.", path=found[0]),
                tr("Bring back the file as it was."),
            )
        yield field, found[0]


def _gone(picture: Path, field: str, folder: Path, digits: str) -> RecipeError:
    return RecipeError(
        tr(
            "The {input} that {name} was made from is missing.",
            input=tr(_MASK if field in families.mask_pictures() else _INIT_IMAGE),
            name=picture.name,
        ),
        tr("It is no part of the picture, and there is no file {digits}.* in {folder}.", digits=digits, folder=folder),
        tr(
            "Copy the folder {inputs}/ along with the picture, or say where it is:"
            ' helpers.recipe({name!r}, inputs="folder").',
            inputs=infotext.INPUTS,
            name=picture.name,
        ),
    )


def _untold(path: Path, data: bytes) -> RecipeError:
    pictures.to_image(path)  # a damaged picture has a sentence of its own
    told = infotext.read_parameters(data).strip()
    if told:
        why = tr("It was made by another tool, which tells: {told}", told=_shortened(told))
    else:
        why = tr("It holds no receipt: another tool made it, or a chat or web site took it out, as most of them do.")
    return RecipeError(
        tr("{name} does not say which request made it.", name=path.name),
        why,
        tr("Use the file that made.save or a sweep wrote."),
    )


def _shortened(text: str, most: int = 300) -> str:
    line = " / ".join(part.strip() for part in text.splitlines() if part.strip())
    return f"“{line if len(line) <= most else line[: most - 1] + '…'}”."
