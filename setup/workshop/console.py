"""Sentences to the person at the console, in their language and whatever its encoding; and the one error that ends it.

The sentences of setup/ are English; what `say` and `PreparationError` are given is looked up in the catalogue of helpers.
"""

import sys
import unicodedata
from io import TextIOWrapper
from pathlib import Path
from typing import Literal

sys.path.append(str(Path(__file__).resolve().parents[2]))  # start.py runs on a Python that knows nothing of helpers

try:
    from helpers.language import joined as joined
    from helpers.language import language, use_english_where_needed
    from helpers.language import tr as tr
except ImportError:  # not the whole workshop: environment.check_folder says so, in English then

    def tr(message: str, /, **values: object) -> str:
        return message.format(**values) if values else message

    def joined(*sentences: str) -> str:
        return " ".join(filter(None, sentences))

    def use_english_where_needed(*streams: object) -> None:
        pass

    def language() -> Literal["en", "zh_CN"]:
        return "en"


class PreparationError(Exception):
    """What went wrong in one sentence (`what`), and what to do about it (`fix`); both take named values."""

    def __init__(self, what: str, fix: str, **values: object) -> None:
        self.what = tr(what, **values)
        self.fix = tr(fix, **values)
        super().__init__(joined(self.what, self.fix))


def make_printable() -> None:
    """Let no character end the program: what the console cannot show is written as its code.

    A console that cannot show Chinese is spoken to in English.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    use_english_where_needed(sys.stdout, sys.stderr)


def say(sentence: str, **values: object) -> None:
    """Print one whole sentence at once, translated; its {named} places are filled with the values."""
    print(tr(sentence, **values), flush=True)


def complain(problem: PreparationError) -> None:
    """Print the problem and its fix, two lines, on standard error."""
    print(f"\n{problem.what}\n{problem.fix}", file=sys.stderr, flush=True)


def speaks_chinese() -> bool:
    """Whether the person reads Chinese."""
    return language() == "zh_CN"


def columns(text: str) -> int:
    """How many columns of a terminal a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
