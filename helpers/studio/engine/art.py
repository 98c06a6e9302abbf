"""Art files: SVG drawings that the painter recolours, relights and places.

The rules an artist keeps (they are the whole format):
- `viewBox="0 0 W 100"`, drawn as seen from a little above, standing on y = 96; facing right, light from the upper left;
- a hex colour (`#7a5c3e`) is an albedo: the scene's light and distance change it; `rgb(255,220,120)` gives light of its own and stays;
- `class="fine"` on a group: detail that is left out when the drawing is only a few pixels tall;
- `class="lamp"`: drawn only in dark scenes (lit windows, lanterns); `class="tint"`: the parts that take a colour named in the prompt,
  with the gradients that fill them;
- gradients live in `<defs>`; no text, images, scripts, filters or style sheets.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from importlib import resources

from .light import Light, recolour

__all__ = ["Drawing", "load"]

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")
_ID = re.compile(r'(id="|url\(#|href="#)([^")]+)')
_PAINT = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True)
class Drawing:
    """One art file, cut into text and colours so that each copy is a quick join."""

    name: str
    width: float  # of the viewBox, whose height is 100
    _parts: dict[tuple[bool, bool], tuple[tuple[str, str], ...]]  # (fine, dark) -> pairs of kind and text

    def svg(self, light: Light, *, depth: float, key: str, fine: bool, colour: str | None = None) -> str:
        """The drawing in a light; `key` keeps the ids of two copies apart."""
        out = []
        for kind, text in self._parts[fine, light.dark]:
            if kind == "text":
                out.append(text)
            elif kind == "id":
                out.append(f"{text}_{key}")
            else:
                albedo = recolour(text, colour) if kind == "tint" and colour else text
                out.append(light.lit(albedo, depth))
        return "".join(out)

    def silhouette(self, colour: str, *, key: str) -> str:
        """The drawing in one colour, coarse: for the shadow it casts."""
        return "".join(
            text if kind == "text" else f"{text}_{key}" if kind == "id" else colour
            for kind, text in self._parts[False, False]
        )


@cache
def load(name: str) -> Drawing:
    """Read `art/<name>.svg`."""
    source = resources.files(__package__).joinpath("art", f"{name}.svg").read_text("utf-8")
    root = ET.fromstring(source)
    box = [float(n) for n in root.get("viewBox", "0 0 100 100").replace(",", " ").split()]
    if box[0] or box[1] or box[3] != 100:
        raise ValueError(f"art/{name}.svg: its viewBox must start at 0 0 and be 100 high")
    _tint_gradients(root)
    cuts = {(fine, dark): tuple(_cut(root, fine, dark)) for fine in (False, True) for dark in (False, True)}
    return Drawing(name, box[2], cuts)


def _tint_gradients(root: ET.Element) -> None:
    """Mark the gradients that tinted parts are filled with: they take the prompt's colour too."""
    tinted = [part for part in root.iter() if "tint" in (part.get("class") or "").split()]
    fills = [value for part in tinted for element in part.iter() for value in element.attrib.values()]
    used = {name for fill in fills for name in _PAINT.findall(fill)}
    for element in root.iter():
        if element.get("id") in used:
            element.set("class", f"{element.get('class', '')} tint")


def _cut(root: ET.Element, fine: bool, dark: bool) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for child in root:
        _write(child, parts, fine, dark, tint=False)
    merged: list[tuple[str, str]] = []
    for kind, text in parts:
        if kind == "text" and merged and merged[-1][0] == "text":
            merged[-1] = ("text", merged[-1][1] + text)
        else:
            merged.append((kind, text))
    return merged


def _write(element: ET.Element, parts: list[tuple[str, str]], fine: bool, dark: bool, tint: bool) -> None:
    tag = element.tag.rpartition("}")[2]
    classes = (element.get("class") or "").split()
    if tag in ("title", "desc", "metadata") or ("fine" in classes and not fine) or ("lamp" in classes and not dark):
        return
    tint = tint or "tint" in classes
    attributes = " ".join(
        f'{name.rpartition("}")[2]}="{value}"' for name, value in element.attrib.items() if name != "class"
    )
    _split(f"<{tag} {attributes}>", parts, tint)
    for child in element:
        _write(child, parts, fine, dark, tint)
    parts.append(("text", f"</{tag}>"))


def _split(text: str, parts: list[tuple[str, str]], tint: bool) -> None:
    position = 0
    tokens = [(m.start(2), m.end(2), "id") for m in _ID.finditer(text)]
    named = [(start, end) for start, end, _ in tokens]
    for match in _COLOUR.finditer(text):
        if not any(start <= match.start() + 1 <= end for start, end in named):
            tokens.append((match.start(), match.end(), "tint" if tint else "colour"))
    for start, end, kind in sorted(tokens):
        parts.append(("text", text[position:start]))
        parts.append((kind, text[start:end]))
        position = end
    parts.append(("text", text[position:]))
