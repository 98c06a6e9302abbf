"""The page of a gallery: built, and written as one HTML file that needs no network.

The page is made of the parts in page/ and of the data from page_data.py. It can run its own script and nothing else:
its content security policy names that script by hash, and forbids every request.
"""

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers.language import language as language_of_reader
from helpers.language import tr
from helpers.pictures import writing
from helpers.sweeps.axes.tiles import Axis, Tile
from helpers.sweeps.shown.gallery.labels import LABELS
from helpers.sweeps.shown.gallery.page_data import full_size, gallery_data

_PARTS = Path(__file__).with_name("page")
_SCRIPTS = ("state.js", "words.js", "axes.js", "grid.js", "zoom.js", "compare.js", "keys.js", "start.js")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_SUFFIXES = (".html", ".htm")


def write(
    path: str | os.PathLike[str],
    tiles: Sequence[Tile],
    axes: Sequence[Axis],
    title: str = "",
    *,
    full: int | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the gallery of these tiles to `path`, and return the path.

    `full`: the longest side in pixels at which pictures are kept for a closer look; without it, what gives a file of a
    few MB (1024 for up to 24 tiles, 512 for up to 160). The same gallery there already is left as it is; another file
    raises PictureExistsError (a FileExistsError), unless `overwrite`. Raises ValueError where `path` does not end in
    .html, there is no tile, or `full` is below 1.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in _SUFFIXES:
        raise ValueError(
            tr('A gallery is a web page: end its name in .html, such as "{name}.html".', name=path.stem or "gallery")
        )
    if not tiles:
        raise ValueError(tr("A gallery needs at least one tile."))
    if full is not None and full < 1:
        raise ValueError(tr("A picture cannot be {full} pixels. Give full= above 0, or leave it out.", full=full))
    return writing.write(path, page(tiles, axes, title, full=full).encode("utf-8"), overwrite)


def page(
    tiles: Sequence[Tile],
    axes: Sequence[Axis],
    title: str = "",
    *,
    full: int | None = None,
    labels: Mapping[str, str] | None = None,
    language: str | None = None,
) -> str:
    """Return the gallery as HTML. `labels`: its texts, in `language`; without them, those of the reader's language."""
    labels = labels or {key: tr(text) for key, text in LABELS.items()}
    language = language or language_of_reader().replace("_", "-")
    data = gallery_data(tiles, axes, title, full or full_size(len(tiles)), labels)
    style = _part("gallery.css")
    script = "(() => {\n'use strict';\n" + "\n".join(map(_part, _SCRIPTS)) + "\n})();\n"
    filled = {
        "language": html.escape(language),
        "title": html.escape(data["title"]),
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        "data": as_script_text(data),
        "noscript": html.escape(labels["noscript"]),
    }
    return _PLACE.sub(lambda place: filled[place[1]], _part("gallery.html"))


def as_script_text(data: object) -> str:
    """Return the data as JSON in which no text can end the script element around it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _part(name: str) -> str:
    return _PARTS.joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"
