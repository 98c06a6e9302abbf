"""The reader's language: which one it is, and a message in it. English is the source; the Chinese comes from catalogues.

Only what a person reads is translated. Types and codes of errors, names of fields and values, files and keys stay as they
are, and so does everything that goes over the wire. Chinese means simplified Chinese, zh_CN; a reader whose system speaks
the Chinese of Taiwan or Hong Kong gets it too. The catalogues are made by setup/tools/translations.py.
"""

from __future__ import annotations

import gettext
import locale
import os
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh_CN"]

VARIABLE = "WORKSHOP_LANG"  # en, zh, zh-CN or zh_CN
FOLDER = "zh-CN"  # of the Chinese notebooks, in notebooks/
CATALOGUES = Path(__file__).with_name("locale")
_CLOSED = ("。", "！", "？", "；", "：", "，", "）", "”")
_PLACE = re.compile(r"\{(\w+)\}")
_english_alone = False  # on a console that has no Chinese characters


def language() -> Language:
    """What WORKSHOP_LANG says, else the folder of the notebook that runs, else the system's language."""
    if _english_alone:
        return "en"
    asked = os.environ.get(VARIABLE, "").strip()
    if asked:
        return named(asked)
    notebook = os.environ.get("JPY_SESSION_NAME", "")  # its path, set by Jupyter's server
    if FOLDER in re.split(r"[/\\]", notebook):
        return "zh_CN"
    return named(_locale())


def tr(message: str, /, **values: object) -> str:
    """The message in the reader's language, its {named} places filled where values are given.

    A translation that does not take these values gives way to the English.
    """
    translated = _translations("workshop", language()).gettext(message) if message else message
    if not values:
        return translated
    try:
        return translated.format(**values)
    except (LookupError, ValueError, AttributeError, TypeError):
        return message.format(**values)


def heed(*streams: object) -> None:
    """Speak English from here on where one of these streams cannot show Chinese, which would come out as codes."""
    global _english_alone
    for stream in streams:
        try:
            "\u753b".encode(getattr(stream, "encoding", None) or "ascii")  # the Chinese for picture
        except (UnicodeEncodeError, LookupError):
            _english_alone = True


def mark(message: str) -> str:
    """The message as it is: a mark for the catalogue on a text that `tr` is given later."""
    return message


def joined(*sentences: str) -> str:
    """Sentences one after another, with a space between, which Chinese does without."""
    text = ""
    for sentence in filter(None, sentences):
        text += sentence if not text or text.endswith(_CLOSED) else f" {sentence}"
    return text


def listed(items: Iterable[str]) -> str:
    """The items with a comma between, which in a Chinese list is 、."""
    return tr(", ").join(items)


def padded(text: str, columns: int) -> str:
    """The text with spaces after it up to so many columns of a terminal, where a Chinese character takes two."""
    return text + " " * (columns - width(text))


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def lesson(text: str) -> str:
    """A title, label, caption or text alternative from a lesson's code in the reader's language, or as it is."""
    spoken = language()
    if spoken == "en" or not text:
        return text
    known = _translations("lessons", spoken)
    translated = known.gettext(text)
    if translated != text:
        return translated
    for pattern, template in _templates(spoken):
        found = pattern.fullmatch(text)
        if found:
            return template.format(**found.groupdict())
    return text


def named(name: str) -> Language:
    """The language of a name such as zh-CN, zh_TW.UTF-8 or Windows' Chinese (Simplified)_China."""
    return "zh_CN" if re.match(r"zh\b|zh_|chinese", name, re.IGNORECASE) else "en"


def _locale() -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        return locale.getlocale()[0] or ""  # Windows; on macOS a program that no terminal started
    except ValueError:  # a name that Python does not know
        return ""


@lru_cache(maxsize=8)
def _translations(domain: str, spoken: Language) -> gettext.NullTranslations:
    if spoken == "en":
        return gettext.NullTranslations()
    return gettext.translation(domain, CATALOGUES, [spoken], fallback=True)


@lru_cache(maxsize=8)
def _templates(spoken: Language) -> list[tuple[re.Pattern[str], str]]:
    """The lessons' texts with places in them, as patterns that find them filled, each with its translation."""
    catalogue: dict[object, str] = getattr(_translations("lessons", spoken), "_catalog", {})
    found = []
    for message, translated in catalogue.items():
        if isinstance(message, str) and "\n" not in message and _fits(message, translated):
            found.append((re.compile(_as_pattern(message), re.DOTALL), translated))
    return found


def _fits(message: str, translated: str) -> bool:
    places = _PLACE.findall(message)
    return len(places) == len(set(places)) > 0 and set(_PLACE.findall(translated)) <= set(places)


def _as_pattern(message: str) -> str:
    """`weight {weight}` as a pattern that finds weight 0.5 and names what it found there."""
    words = _PLACE.split(message)
    return "".join(f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(words))
