"""Tracebacks for notebooks: the reader's own lines and the message, without the frames inside the libraries.

IPython asks for them through `_render_traceback_`; a script shows all frames, and `%debug` in the next cell opens them.
"""

import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

_LINES_BEFORE = 2  # lines shown before the one that raised
_RED, _GREEN, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[39m"
_FOLDERS = (str(Path(__file__).parents[1]), *map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")))
_LIBRARIES = ("<frozen ", *(f"{folder}{os.sep}" for folder in _FOLDERS))


def lines(error: BaseException) -> list[str]:
    """Return the traceback of a raised error in IPython's form, one text for each part."""
    name = type(error).__name__
    shown = [
        f"{_RED}{'-' * 75}{_PLAIN}",
        f"{_RED}{name}{_PLAIN}{'Traceback (most recent call last)':>{75 - len(name)}}",
    ]
    for path, number, function in _own_frames(error.__traceback__):
        shown.append(f"{_place(path, function)}, line {_GREEN}{number}{_PLAIN}\n{_code(path, number)}")
    return [*shown, f"{_RED}{name}{_PLAIN}: {error}"]


def _own_frames(trace: TracebackType | None) -> Iterator[tuple[str, int, str]]:
    """Yield path, line and function of each frame outside this library and the installed ones."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(_LIBRARIES):
            yield code.co_filename, trace.tb_lineno, code.co_name
        trace = trace.tb_next


def _place(path: str, function: str) -> str:
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cell = shell.compile.format_code_name(path) if shell is not None else None
    inside = "" if function == "<module>" else f", in {function}"
    return f"{cell[0]} {_GREEN}{cell[1]}{_PLAIN}{inside}" if cell else f"File {_GREEN}{path}{_PLAIN}{inside}"


def _code(path: str, number: int) -> str:
    """Return the line that raised, marked as IPython marks it, and the lines before it."""
    first = max(1, number - _LINES_BEFORE)
    width = len(str(number))
    return "".join(
        f"{'---->' if at == number else '     '} {_GREEN}{at:{width}}{_PLAIN} {linecache.getline(path, at).rstrip()}\n"
        for at in range(first, number + 1)
    )
