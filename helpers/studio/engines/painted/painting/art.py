"""The drawings: SVG files in `art/` that the painter recolours, relights and places.

The rules of a drawing are the whole format; a file that breaks one is refused by its name:
- `viewBox="0 0 W 100"`, drawn as seen from a little above, standing on y = 96; facing right, light from the upper left;
- a hex colour (`#7a5c3e`) is an albedo: the scene's light and distance change it; `rgb(255,220,120)` gives light of its own and stays;
- `class="fine"` on a group: detail that is left out when the drawing is only a few pixels tall;
- `class="lamp"`: drawn only in dark scenes (lit windows, lanterns); `class="tint"`: the parts that take a colour named in the prompt,
  with the gradients that fill them; `class="hair"`: those that take a colour of the hair;
- gradients live in `<defs>`, and `url(#name)` is the only reference; no text, images, scripts, filters or style sheets:
  the elements and attributes in `_SHAPES` and `_GRADIENTS` are all that there are, with `<title>` and `<desc>` for notes;
- what lives or travels (objects_creatures.toml) is `path`, `circle`, `ellipse` and gradients alone, fills its box (x from 0 to W, its
  top near y = 4), and without its `fine` groups shows the same in at most 22 shapes and 6,500 characters, 12,000 with them.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from .light import Light, recolour

__all__ = ["Drawing", "load", "names", "read"]

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")
_ID = re.compile(r'(id="|url\(#|href="#)([^")]+)')
_PAINT = re.compile(r"url\(#([^)]+)\)")
_GIVES_LIGHT = re.compile(r"rgba?\([\d\s.,%]+\)")

_TAKEN: Mapping[str, float] = {"tint": 0.45, "hair": 0.75}
"""Classes of what takes a colour named in the prompt, and its least share: hair is drawn dark, and blonde hair is not."""
_CLASSES = frozenset({"fine", "lamp", *_TAKEN})
_PAINTED = frozenset({"fill", "stroke", "stop-color"})
_DRAWN = _PAINTED | {
    "class", "transform", "opacity", "fill-rule", "fill-opacity", "stroke-opacity",
    "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray",
}  # fmt: skip
_SHAPES: Mapping[str, frozenset[str]] = {
    "g": _DRAWN,
    "path": _DRAWN | {"d"},
    "circle": _DRAWN | {"cx", "cy", "r"},
    "ellipse": _DRAWN | {"cx", "cy", "rx", "ry"},
    "rect": _DRAWN | {"x", "y", "width", "height", "rx", "ry"},
    "line": _DRAWN | {"x1", "y1", "x2", "y2"},
    "polygon": _DRAWN | {"points"},
    "polyline": _DRAWN | {"points"},
}
_GRADIENT = frozenset({"id", "class", "gradientUnits", "gradientTransform"})
_GRADIENTS: Mapping[str, frozenset[str]] = {
    "linearGradient": _GRADIENT | {"x1", "y1", "x2", "y2"},
    "radialGradient": _GRADIENT | {"cx", "cy", "r", "fx", "fy"},
    "stop": frozenset({"offset", "stop-color", "stop-opacity"}),
}
_INSIDE: Mapping[str, frozenset[str]] = {
    "svg": frozenset({"defs", *_SHAPES}),
    "g": frozenset(_SHAPES),
    "defs": frozenset({"linearGradient", "radialGradient"}),
    "linearGradient": frozenset({"stop"}),
    "radialGradient": frozenset({"stop"}),
}
_NOTES = frozenset({"title", "desc"})
_ATTRIBUTES = {"svg": frozenset({"viewBox"}), "defs": frozenset[str](), **_SHAPES, **_GRADIENTS}
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Drawing:
    """One art file, cut into text and colours so that each copy is a quick join."""

    name: str
    width: float  # of the viewBox, whose height is 100
    _parts: dict[tuple[bool, bool], tuple[tuple[str, str], ...]]  # (fine, dark) -> pairs of kind and text

    def svg(
        self, light: Light, *, depth: float, key: str, fine: bool, colour: str | None = None, hair: str | None = None
    ) -> str:
        """Return the drawing in a light as SVG text; `key` keeps the ids of two copies apart."""
        out, taken = [], {"tint": colour, "hair": hair}
        for kind, text in self._parts[fine, light.dark]:
            if kind == "text":
                out.append(text)
            elif kind == "id":
                out.append(f"{text}_{key}")
            else:
                named = taken.get(kind)
                albedo = recolour(text, named, _TAKEN[kind]) if named else text
                out.append(light.lit(albedo, depth))
        return "".join(out)

    def takes(self, part: str) -> bool:
        """Return whether it has parts that take a colour of the prompt: "tint"."""
        return any(kind == part for cut in self._parts.values() for kind, _ in cut)

    def marked(self, part: str) -> str:
        """Return the drawing in black, without fine detail, with the parts that take a colour of the prompt in white."""
        return "".join(
            text if kind in ("text", "id") else "#ffffff" if kind == part else "#000000"
            for kind, text in self._parts[False, False]
        )

    def silhouette(self, colour: str, *, key: str) -> str:
        """Return the drawing in one colour, without fine detail: the shadow that it casts."""
        return "".join(
            text if kind == "text" else f"{text}_{key}" if kind == "id" else colour
            for kind, text in self._parts[False, False]
        )


@cache
def load(name: str) -> Drawing:
    """Return the drawing `art/<name>.svg`. Raises ValueError with the file's name and what is not in the format."""
    return read(name, resources.files(__package__).joinpath("art", f"{name}.svg").read_text("utf-8"))


@cache
def names() -> frozenset[str]:
    """Return the names of all drawings."""
    files = resources.files(__package__).joinpath("art").iterdir()
    return frozenset(file.name.removesuffix(".svg") for file in files if file.name.endswith(".svg"))


def read(name: str, source: str) -> Drawing:
    """Return the drawing that the text of a file holds. Raises ValueError as `load` does."""
    try:
        root = ET.fromstring(source)
        _known("element", [root.tag], {f"{_SVG}svg"}, "the file")
        width = _width(root)
        _check(root, {element.get("id", "") for element in root.iter()})
    except (ET.ParseError, ValueError) as error:
        raise ValueError(f"art/{name}.svg: {error}") from error
    _mark_gradients(root)
    cuts = {(fine, dark): tuple(_cut(root, fine, dark)) for fine in (False, True) for dark in (False, True)}
    return Drawing(name, width, cuts)


def _width(root: ET.Element) -> float:
    """Return the width of the viewBox. Raises ValueError where it does not start at 0 0 or is not 100 high."""
    try:
        left, top, width, height = map(float, root.get("viewBox", "").replace(",", " ").split())
    except ValueError:
        left = top = width = height = 0.0
    if left or top or height != 100:
        raise ValueError("its viewBox must start at 0 0 and be 100 high")
    return width


def _check(element: ET.Element, ids: Collection[str]) -> None:
    """Raise ValueError for the first element, attribute, class or paint that is not in the format."""
    tag = element.tag.removeprefix(_SVG)
    if tag in _NOTES:
        return
    _known("attribute", element.attrib, _ATTRIBUTES.get(tag, ()), f"<{tag}>")
    _known("class", element.get("class", "").split(), _CLASSES, f"<{tag}>")
    for attribute, value in element.attrib.items():
        if attribute in _PAINTED:
            _check_paint(tag, attribute, value, ids)
    texts = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in texts):
        raise ValueError(f"<{tag}> holds text")
    inside = _INSIDE.get(tag, frozenset()) | _NOTES
    _known("element", (child.tag.removeprefix(_SVG) for child in element), inside, f"<{tag}>")
    for child in element:
        _check(child, ids)


def _known(what: str, given: Iterable[str], known: Collection[str], tag: str) -> None:
    for one in given:
        if one not in known:
            raise ValueError(f'unknown {what} "{one}" in {tag}; known: {", ".join(sorted(known)) or "none"}')


def _check_paint(tag: str, attribute: str, value: str, ids: Collection[str]) -> None:
    if value == "none" or _COLOUR.fullmatch(value) or _GIVES_LIGHT.fullmatch(value):
        return
    gradient = _PAINT.fullmatch(value)
    if gradient is None:
        raise ValueError(f'{attribute}="{value}" of a <{tag}> is not #7a5c3e, rgb(255,220,120), url(#name) or none')
    if gradient[1] not in ids:
        raise ValueError(f'{attribute}="{value}" of a <{tag}> leads to no gradient')


def _mark_gradients(root: ET.Element) -> None:
    """Mark the gradients that parts which take a colour are filled with: they take it too."""
    for taken in _TAKEN:
        parts = [part for part in root.iter() if taken in (part.get("class") or "").split()]
        fills = [value for part in parts for element in part.iter() for value in element.attrib.values()]
        used = {name for fill in fills for name in _PAINT.findall(fill)}
        for element in root.iter():
            if element.get("id") in used:
                element.set("class", f"{element.get('class', '')} {taken}")


def _cut(root: ET.Element, fine: bool, dark: bool) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for child in root:
        _write(child, parts, fine, dark, "colour")
    merged: list[tuple[str, str]] = []
    for kind, text in parts:
        if kind == "text" and merged and merged[-1][0] == "text":
            merged[-1] = ("text", merged[-1][1] + text)
        else:
            merged.append((kind, text))
    return merged


def _write(element: ET.Element, parts: list[tuple[str, str]], fine: bool, dark: bool, kind: str) -> None:
    tag = element.tag.rpartition("}")[2]
    classes = (element.get("class") or "").split()
    if tag in ("title", "desc", "metadata") or ("fine" in classes and not fine) or ("lamp" in classes and not dark):
        return
    kind = next((taken for taken in _TAKEN if taken in classes), kind)
    attributes = " ".join(
        f'{name.rpartition("}")[2]}="{value}"' for name, value in element.attrib.items() if name != "class"
    )
    _split(f"<{tag} {attributes}>", parts, kind)
    for child in element:
        _write(child, parts, fine, dark, kind)
    parts.append(("text", f"</{tag}>"))


def _split(text: str, parts: list[tuple[str, str]], colour: str) -> None:
    position = 0
    tokens = [(m.start(2), m.end(2), "id") for m in _ID.finditer(text)]
    named = [(start, end) for start, end, _ in tokens]
    for match in _COLOUR.finditer(text):
        if not any(start <= match.start() + 1 <= end for start, end in named):
            tokens.append((match.start(), match.end(), colour))
    for start, end, kind in sorted(tokens):
        parts.append(("text", text[position:start]))
        parts.append((kind, text[start:end]))
        position = end
    parts.append(("text", text[position:]))
