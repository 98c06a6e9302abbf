"""Messages between the studio's front and its workers: a small JSON head and parts of raw bytes, over a pipe."""

import contextlib
import json
import os
import struct
from typing import Any, BinaryIO

_SIZE = struct.Struct(">I")
_ROOM = 1 << 20  # bytes that a pipe may hold, where the system lets us ask


def send(stream: BinaryIO, head: dict[str, Any], *parts: bytes) -> None:
    """Write one message. Raises OSError where the other end has gone."""
    text = json.dumps({**head, "parts": [len(part) for part in parts]}).encode()
    stream.write(_SIZE.pack(len(text)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read one message; None where the other end has gone, even in its middle."""
    size = stream.read(_SIZE.size)
    if len(size) < _SIZE.size:
        return None
    length = _SIZE.unpack(size)[0]
    text = stream.read(length)
    if len(text) < length:
        return None
    head = json.loads(text)
    parts = [stream.read(part) for part in head["parts"]]
    return (head, parts) if [len(part) for part in parts] == head["parts"] else None


def widen(stream: BinaryIO) -> None:
    """Let the pipe hold a picture at once, so that writer and reader need not take turns (Linux; elsewhere nothing)."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _ROOM)


def private_stdin() -> BinaryIO:
    """This process's standard input, taken away from everybody else.

    The name `stdin` points to nothing afterwards. On Windows a thread that waits on the standard input itself
    would hang every library loaded meanwhile.
    """
    taken = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return taken


def private_stdout() -> BinaryIO:
    """This process's standard output, taken away from everybody else: what others print goes to standard error."""
    taken = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return taken
