"""Sentences to the person at the console, whatever its encoding; and the one error that ends the set-up."""

import sys
from io import TextIOWrapper


class PreparationError(Exception):
    """What went wrong in one sentence (`what`), and what to do about it (`fix`); both take named values."""

    def __init__(self, what: str, fix: str, **values: object) -> None:
        self.what = what.format(**values)
        self.fix = fix.format(**values)
        super().__init__(f"{self.what} {self.fix}")


def make_printable() -> None:
    """Let no character end the program: what the console cannot show is written as its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(sentence: str, **values: object) -> None:
    """Print one whole sentence at once; its {named} places are filled with the values."""
    print(sentence.format(**values), flush=True)


def complain(problem: PreparationError) -> None:
    """Print the problem and its fix, two lines, on standard error."""
    print(f"\n{problem.what}\n{problem.fix}", file=sys.stderr, flush=True)
