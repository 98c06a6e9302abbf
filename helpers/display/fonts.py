"""The font of every label in a picture: Chinese and Latin, the same on every machine.

Noto Sans SC (SIL Open Font License) comes with a package of the environment, because a machine may have no Chinese
font, and because labels should not change with the machine. Characters that it lacks are drawn in DejaVu Sans, which
comes with matplotlib; those that both lack (emoji) are left out, never drawn as a box.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from helpers.errors import SetupError
from helpers.language import joined, tr
from helpers.language.remarks import warn

_PACKAGE = "pylopdf_fonts_zh_cn"
_UNASSIGNED = "\U0010fffe"  # no font draws this code point: it shows what a missing glyph looks like
_NEVER_FIRST = "，。、；：！？）】》”’」』,.;:!?)]}%"  # a line does not start with one of these
_PLAIN = ImageFont.Layout.BASIC  # one layout everywhere: the other depends on how Pillow was built


def path() -> Path:
    """Return the path of the workshop's font file. Raises SetupError if its package is missing."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise SetupError(
            tr("The font for picture labels is missing."),
            tr("It comes with the workshop's environment, and this Python is not that environment."),
            tr("Run python setup/start.py --install-only, and use the Python in .venv."),
        )
    return Path(found.origin).with_name("NotoSansSC-Regular.otf")


def use_in_matplotlib() -> None:
    """Set matplotlib's font to the workshop's, so that Chinese titles and labels are legible."""
    import matplotlib as mpl
    from matplotlib import font_manager

    font_manager.fontManager.addfont(str(path()))
    mpl.rcParams["font.family"] = [font_manager.FontProperties(fname=str(path())).get_name(), "DejaVu Sans"]
    mpl.rcParams["axes.unicode_minus"] = True


def width(text: str, size: int) -> float:
    """Return the width in pixels of `text` drawn on one line at `size`."""
    return sum(face.getlength(run) for run, face in _runs(text, size))


def missing_characters(text: str) -> str:
    """Return the characters of `text` that neither font has, each once; a picture leaves them out."""
    return "".join(dict.fromkeys(one for one in text if one.isprintable() and _face_for(one, 16) is None))


def line_height(size: int) -> int:
    """Return the distance in pixels from one baseline to the next at `size`."""
    return round(size * 1.4)


def draw_line(canvas: ImageDraw.ImageDraw, x: float, y: float, text: str, size: int, fill: str) -> None:
    """Draw one line of text with its left end at x and the top of its line box at y."""
    baseline = y + round(size * 1.08)
    for run, face in _runs(text, size):
        canvas.text((x, baseline), run, font=face, fill=fill, anchor="ls")
        x += face.getlength(run)


def wrap(text: str, size: int, widest: float, most_lines: int = 4) -> list[str]:
    """Break `text` into lines of at most `widest` pixels, at spaces and between any two Chinese characters."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if width((line + piece).rstrip(), size) <= widest or (line and piece[0] in _NEVER_FIRST):
                line += piece
                continue
            if line.strip():
                lines.append(line.strip())
            *full, line = _cut(piece.lstrip(), size, widest)
            lines += full
        lines.append(line.strip())
    if len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], _ellipsized(lines[most_lines - 1], size, widest)]
    return lines


def _pieces(text: str) -> list[str]:
    """Split the text where a line may end: after a word and its space, and after each Chinese character."""
    pieces = [""]
    for character in text:
        if _is_wide(character) or (pieces[-1] and _is_wide(pieces[-1][-1])):
            pieces.append(character)
        else:
            pieces[-1] += character
            if character == " ":
                pieces.append("")
    return [piece for piece in pieces if piece]


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\uffef" or character >= "\U00020000"


def _cut(word: str, size: int, widest: float) -> list[str]:
    """Cut a word that is too long for one line into parts that fit."""
    parts = [""]
    for character in word:
        if parts[-1] and width(parts[-1] + character.rstrip(), size) > widest:
            parts.append("")
        parts[-1] += character
    return parts


def _ellipsized(line: str, size: int, widest: float) -> str:
    while line and width(line + "…", size) > widest:
        line = line[:-1]
    return line.rstrip() + "…"


def _runs(text: str, size: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Split the text into runs, each with the first font that has its characters. Leaves out those that no font has."""
    runs: list[tuple[str, ImageFont.FreeTypeFont]] = []
    for character in text:
        face = _face_for(character, size)
        if face is None:
            continue
        if runs and runs[-1][1] is face:
            runs[-1] = (runs[-1][0] + character, face)
        else:
            runs.append((character, face))
    return runs


@lru_cache(maxsize=4096)
def _face_for(character: str, size: int) -> ImageFont.FreeTypeFont | None:
    if not character.isprintable():
        return None
    main = _face(_main_path(), size)
    if _has_glyph(main, character):
        return main
    fallback = _face(_fallback_path(), size)
    return fallback if _has_glyph(fallback, character) else None


def _has_glyph(face: ImageFont.FreeTypeFont, character: str) -> bool:
    return bytes(face.getmask(character)) != bytes(face.getmask(_UNASSIGNED))


@lru_cache(maxsize=32)
def _face(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size, layout_engine=_PLAIN)


@lru_cache(maxsize=1)
def _main_path() -> Path:
    try:
        return path()
    except SetupError as error:
        warn(joined(str(error), tr("Until then, Chinese labels are left out.")))
        return _fallback_path()


@lru_cache(maxsize=1)
def _fallback_path() -> Path:
    import matplotlib as mpl

    return Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
