"""Recipes: the receipt in a picture file, read back as the request that made it and as code that runs."""

import base64
import contextlib
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
from helpers.language import mark, shortened, tr
from helpers.pictures import paths
from helpers.pictures.formats import image_format
from helpers.pictures.writing import require_same
from helpers.recipes import code, infotext, input_files
from helpers.schemas import families

_INIT_IMAGE, _MASK = mark("init image"), mark("mask")


@dataclass(frozen=True, eq=False, repr=False)
class Recipe:
    """The request that made a picture, as `helpers.recipe` reads it from the file.

        recipe = helpers.recipe("outputs/beach.png")
        print(recipe.cell)

    `.cell`, `.boto3` and `.cli` are code that sends the same bytes again. `.body` is the request as a dict, `.body_json`
    the text that was sent, `.model` its model id, `.seed` the seed that was used. `.inputs`: the file of each image in
    the body, by its field. `.receipt`: all that the file holds, such as cost, seconds and request id.
    """

    picture: str  # the file's path, as it was given
    body: Mapping[str, Any]
    model: str  # model id
    seed: int | None  # the one used, drawn by the service where the body has none
    inputs: Mapping[str, Path]
    receipt: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the picture's file."""
        return Path(self.picture).name

    @property
    def backend(self) -> str | None:
        """Backend that made the picture, "studio" or "aws"; None where the file does not say."""
        return self.receipt.get("backend")

    @property
    def cost(self) -> float | None:
        """Money spent on the picture, in USD; None where the file does not say."""
        return self.receipt.get("cost")

    @cached_property
    def body_json(self) -> str:
        """Body as it was sent, byte for byte."""
        return json.dumps(self.body)

    @cached_property
    def cell(self) -> str:
        """Notebook cell that sends the request again with helpers: `print(helpers.recipe("beach.png").cell)`."""
        return code.cell(self._request)

    @cached_property
    def boto3(self) -> str:
        """Script that sends the request again with boto3 alone: `print(helpers.recipe("beach.png").boto3)`."""
        return code.boto3_script(self._request, self.picture)

    @cached_property
    def cli(self) -> str:
        """Call of the AWS CLI, for bash and shells like it; other shells take the body as a file, see `save_body`."""
        return code.command_line(self._request, self.picture)

    @cached_property
    def _request(self) -> code.RepeatableRequest:
        return code.RepeatableRequest(self.body, self.model, self.inputs, self.backend, self.seed, self.cost)

    def save_body(self, path: str | os.PathLike[str]) -> Path:
        """Write the body to a file, for `--body fileb://…`, and return the path.

            helpers.recipe("beach.png").save_body("body.json")

        A file that holds this body already is left alone. Raises PictureExistsError (a FileExistsError) where it holds
        something else.
        """
        path, data = paths.expand_user(path), self.body_json.encode("ascii")
        with contextlib.suppress(FileExistsError), path.open("xb") as file:
            file.write(data)
        require_same(path, path.read_bytes() == data, tr("Choose another name."))
        return path

    def __repr__(self) -> str:
        return f"# {self._summary()}\n{self.cell}"

    def _repr_html_(self) -> str:
        parts = ((tr("Notebook cell"), self.cell), ("boto3", self.boto3), (tr("AWS command line"), self.cli))
        shown = "".join(
            f"<details{' open' if index == 0 else ''}><summary>{title}</summary>"
            f'<pre tabindex="0" style="overflow-x: auto; max-height: 24em"><code>{html.escape(text)}</code></pre></details>'
            for index, (title, text) in enumerate(parts)
        )
        return f"<p><strong>{html.escape(self._summary())}</strong></p>{shown}"

    def _summary(self) -> str:
        model = models.name_of(self.model)
        seed = "" if self.seed is None else tr(", seed {seed}", seed=self.seed)
        return code.escaped(tr("How {name} was made: {model}{seed}.", name=self.name, model=model, seed=seed))


def recipe(picture: Any, *, inputs: str | os.PathLike[str] | None = None) -> Recipe:
    """Return the request that made a saved picture, as code that runs and sends the same bytes.

        recipe = helpers.recipe("outputs/beach.png")
        print(recipe.boto3)

    `picture`: the path of a file that `made.save` or a sweep wrote, or anything with such a `.path`, such as a tile.
    `inputs`: the folder of the images in its body (init image, mask), where that is not `inputs/` beside it. Returns a
    `Recipe`: `.cell`, `.boto3`, `.cli`, `.body`. Raises RecipeError where the file holds no request, or an image of the
    body is missing or was changed; ImageError where it is no picture.
    """
    named = getattr(picture, "path", None) or picture
    if not isinstance(named, (str, os.PathLike)):
        raise RecipeError(
            tr("{kind} is not a file.", kind=type(picture).__name__),
            tr("A recipe is read from the file that a picture was saved in."),
            tr('Write helpers.recipe(made.save("picture.png")), or give a tile of a sweep that has a picture.'),
        )
    path = pictures.find(named)
    data = _file_bytes(path)
    receipt = infotext.read_receipt(data) or infotext.read_sidecar(path)
    if receipt is None:
        raise _no_receipt(path, data)
    body, model, seed = receipt.get("body"), receipt.get("model"), receipt.get("seed")
    if not isinstance(body, dict) or not isinstance(model, str) or not isinstance(seed, (int, type(None))):
        raise RecipeError(
            tr("{name} does not say how it was made.", name=path.name),
            tr("What it tells holds no request: it is damaged, or was saved with metadata of another kind."),
            tr("Use a picture that made.save or a sweep wrote."),
        )
    files = dict(_input_files(path, body, paths.expand_user(inputs) if inputs is not None else None))
    whole = {**body, **{field: base64.b64encode(file.read_bytes()).decode("ascii") for field, file in files.items()}}
    return Recipe(
        path.as_posix(), _with_model(whole, model), model, seed, MappingProxyType(files), MappingProxyType(receipt)
    )


# ---- private --------------------------------------------------------------------------------------------------------


def _with_model(body: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """Return the body as one that remembers its model, where the registry has that model."""
    return Body(body, model) if models.find(model) else body


def _file_bytes(path: Path) -> bytes:
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
        pictures.to_image(path)  # raises ImageError where it is no picture
    return data


def _input_files(picture: Path, body: Mapping[str, Any], folder: Path | None) -> Iterator[tuple[str, Path]]:
    """Yield the field of each image that the body names by hash, and its file. Raises RecipeError where one is missing."""
    for field, named in families.images(body).items():
        if not input_files.is_hash(named):
            continue
        kept = input_files.input_path(str(named), picture.parent)
        beside, digits = kept.parent if folder is None else folder, kept.stem
        found = sorted(beside.glob(f"{digits}.*"))
        if not found:
            raise _missing_input(picture, field, beside, digits)
        if input_files.hash_of(found[0].read_bytes()) != named:
            raise RecipeError(
                tr(
                    "The {input} that {name} was made from is not what it was.",
                    input=tr(_MASK if field in families.mask_image_fields() else _INIT_IMAGE),
                    name=picture.name,
                ),
                tr("{path} has been changed: its hash is another one.", path=found[0]),
                tr("Bring back the file as it was."),
            )
        yield field, found[0].absolute()  # code may be asked for after the current folder has changed


def _missing_input(picture: Path, field: str, folder: Path, digits: str) -> RecipeError:
    return RecipeError(
        tr(
            "The {input} that {name} was made from is missing.",
            input=tr(_MASK if field in families.mask_image_fields() else _INIT_IMAGE),
            name=picture.name,
        ),
        tr("It is no part of the picture, and there is no file {digits}.* in {folder}.", digits=digits, folder=folder),
        tr(
            "Copy the folder {inputs}/ along with the picture, or say where it is:"
            ' helpers.recipe({name!r}, inputs="folder").',
            inputs=input_files.INPUTS,
            name=picture.name,
        ),
    )


def _no_receipt(path: Path, data: bytes) -> RecipeError:
    pictures.to_image(path)  # raises ImageError where the picture is damaged
    told = infotext.read_parameters(data).strip()
    if told:
        why = tr("It was made by another tool, which tells: {told}", told=_one_line(told))
    else:
        why = tr("It holds no receipt: another tool made it, or a chat or web site took it out, as most of them do.")
    return RecipeError(
        tr("{name} does not say which request made it.", name=path.name),
        why,
        tr("Use the file that made.save or a sweep wrote."),
    )


def _one_line(text: str, most: int = 300) -> str:
    line = " / ".join(part.strip() for part in text.splitlines() if part.strip())
    return f"“{shortened(line, most)}”."
