"""Console output in the user's language and encoding, and `PreparationError`, which ends a program.

The sentences in setup/ are English; `tell` and `PreparationError` look them up in the catalogue of helpers.
"""

import sys
import unicodedata
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Literal

STOPPED = 130  # the exit code after Ctrl-C, as shells have it

sys.path.append(str(Path(__file__).resolve().parents[2]))  # start.py runs on a Python that has no helpers installed

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
    """Raised when the workshop cannot go on: `what` went wrong and how to `fix` it, one sentence each."""

    def __init__(self, what: str, fix: str, **values: object) -> None:
        self.what = tr(what, **values)
        self.fix = tr(fix, **values)
        super().__init__(joined(self.what, self.fix))


def make_printable() -> None:
    """Let the console print any text: a character that it does not have is written as its code.

    A console that does not have Chinese gets English sentences.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    use_english_where_needed(sys.stdout, sys.stderr)


def tell(sentence: str, **values: object) -> None:
    """Print one whole sentence, translated; the values fill its {named} places."""
    print(tr(sentence, **values), flush=True)


def exit_code_of(work: Callable[[], int]) -> int:
    """Do the work of a program and return its exit code: 1 after a PreparationError, 130 after Ctrl-C.

    The error's problem and fix are printed on standard error, two lines.
    """
    make_printable()
    try:
        return work()
    except PreparationError as problem:
        print(f"\n{problem.what}\n{problem.fix}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\n" + tr("Stopped."), file=sys.stderr)
        return STOPPED


def reads_chinese() -> bool:
    """Return whether the person reads Chinese."""
    return language() == "zh_CN"


def columns(text: str) -> int:
    """Return the number of terminal columns that a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
