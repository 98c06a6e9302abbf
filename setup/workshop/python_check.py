"""The check that this Python can run the workshop; its syntax is old, so that an old Python can read it and say no."""

import os
import platform
import struct
import subprocess
import sys
import sysconfig

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
try:
    from helpers.language import joined, tr, use_english_where_needed
except Exception:  # a Python too old to read it, or not the whole workshop: the sentence is English then

    def tr(message):  # type: ignore
        return message

    def joined(*sentences):  # type: ignore
        return " ".join(sentences)

    def use_english_where_needed(*streams):  # type: ignore
        pass


OLDEST = (3, 11)
NEWEST = (3, 14)


def require_python(script):  # type: (str) -> None
    """End the program with a sentence and its fix where this Python is too old, too new, or of the wrong kind."""
    use_english_where_needed(sys.stderr)
    sentence = complaint(script, sys.version_info[:2], struct.calcsize("P") * 8, kind_of_python())
    if sentence:
        sys.stderr.write(sentence + "\n")
        sys.exit(1)


def complaint(script, version, bits, kind):  # type: (str, tuple[int, ...], int, str) -> str
    """Return the sentence and the fix for a Python of this (major, minor) version; empty where it is fine."""
    found = "%d.%d" % tuple(version)
    oldest, newest = "%d.%d" % OLDEST, "%d.%d" % NEWEST
    if not OLDEST <= tuple(version) <= NEWEST:
        problem = tr("The workshop needs Python {oldest} to {newest}, and this is Python {found}.")
    elif bits != 64:
        problem = tr("The workshop needs a 64-bit Python, and this Python {found} has {bits} bits.")
    elif kind != "CPython":
        problem = tr("The workshop needs the usual Python (CPython), and this is {kind} {found}.")
    else:
        return ""
    other = another_python()
    return joined(problem, remedy(other)).format(
        oldest=oldest, newest=newest, found=found, bits=bits, kind=kind, other=other, script=script
    )


def remedy(other):  # type: (str) -> str
    """Return the sentence that says what to do: run the other Python, or install one."""
    if other:
        return tr("This machine has another one; run: {other} {script}")
    if os.name == "nt":
        return tr("Install Python 3.13 (64-bit) from python.org, then run: py -3.13 {script}")
    return tr(
        "Install Python 3.13, from python.org or with the system's package manager, then run: python3.13 {script}"
    )


def kind_of_python():  # type: () -> str
    """Return "CPython", "PyPy" or "free-threaded Python", for which some packages have no build."""
    lockless = sysconfig.get_config_var("Py_GIL_DISABLED")
    return "free-threaded Python" if lockless else platform.python_implementation()


def another_python():  # type: () -> str
    """Return the name of a Python on PATH that the workshop runs on, or an empty string. It is run once, to be sure."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        test = "import sys, struct; sys.exit(sys.version_info[:2] != (3, %d) or struct.calcsize('P') != 8)" % minor
        try:
            with open(os.devnull, "w") as nowhere:
                if subprocess.call([name, "-c", test], stdout=nowhere, stderr=nowhere) == 0:
                    return name
        except OSError:
            continue
    return ""
