"""The reader's language, and messages in it: English in the sources, Chinese from gettext catalogues.

Only what a person reads is translated: types and codes of errors, names of fields and values, files, keys and
everything that goes over the wire are English. Chinese is simplified Chinese (zh_CN); systems set to the Chinese of
Taiwan or Hong Kong get it too. setup/tools/translations.py makes the catalogues.
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
_english_alone = False  # True on a console that cannot show Chinese


def language() -> Language:
    """Return the language of WORKSHOP_LANG, else of the folder that the running notebook is in, else of the system."""
    if _english_alone:
        return "en"
    asked = os.environ.get(VARIABLE, "").strip()
    if asked:
        return _language_of(asked)
    notebook = os.environ.get("JPY_SESSION_NAME", "")  # its path, set by Jupyter's server
    if FOLDER in re.split(r"[/\\]", notebook):
        return "zh_CN"
    return _language_of(_system_locale())


def tr(message: str, /, **values: object) -> str:
    """Return the message in the reader's language, with its {named} places filled where values are given.

    Falls back to the English where the translation does not take these values.
    """
    translated = _translations("workshop", language()).gettext(message) if message else message
    if not values:
        return translated
    try:
        return translated.format(**values)
    except (LookupError, ValueError, AttributeError, TypeError):
        return message.format(**values)


def mark(message: str) -> str:
    """Return the message as it is. Marks a text that `tr` is given later for the catalogue, as gettext's `N_` does."""
    return message


def tr_lesson(text: str) -> str:
    """Return a title, label, caption or text alternative of a lesson's code in the reader's language.

    A text with {named} places is found with values in them, too. Returns the text unchanged if no catalogue has it.
    """
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


def joined(*sentences: str) -> str:
    """Return the sentences as one text: separated by spaces in English, by nothing in Chinese."""
    text = ""
    for sentence in filter(None, sentences):
        text += sentence if not text or text.endswith(_CLOSED) else f" {sentence}"
    return text


def listed(items: Iterable[str]) -> str:
    """Return the items as one text: separated by commas, in a Chinese list by 、."""
    return tr(", ").join(items)


def shortened(text: str, length: int) -> str:
    """Return the text, cut to `length` characters with an ellipsis as the last where it is longer."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def ljust(text: str, columns: int) -> str:
    """Return the text padded with spaces to a width in terminal columns, as `str.ljust` does in characters."""
    return text + " " * (columns - display_width(text))


def display_width(text: str) -> int:
    """Return how many terminal columns a text takes: two for a character of East Asian Width W or F, else one."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def use_english_where_needed(*streams: object) -> None:
    """Use English from here on if one of these streams has an encoding without Chinese, which would print as codes."""
    global _english_alone
    for stream in streams:
        try:
            "\u753b".encode(getattr(stream, "encoding", None) or "ascii")  # the Chinese for picture
        except (UnicodeEncodeError, LookupError):
            _english_alone = True


def _language_of(name: str) -> Language:
    """Return the language of a name such as zh-CN, zh_TW.UTF-8 or Windows' Chinese (Simplified)_China."""
    return "zh_CN" if re.match(r"zh\b|zh_|chinese", name, re.IGNORECASE) else "en"


def _system_locale() -> str:
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
    """Return the lessons' texts with {named} places: a pattern that matches each one filled, and its translation."""
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
    """Return a pattern for `weight {weight}` that matches "weight 0.5" and captures what is there by name."""
    parts = _PLACE.split(message)
    return "".join(f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
