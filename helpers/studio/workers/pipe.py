"""Messages between the studio's front and its workers: a small JSON head and parts of raw bytes, over a pipe."""

import contextlib
import json
import struct
from typing import Any, BinaryIO

Message = tuple[dict[str, Any], list[bytes]]
"""A head and its parts."""

_SIZE = struct.Struct(">I")
_CAPACITY = 1 << 20  # bytes that a pipe may hold, where the system lets us ask for more


def send(stream: BinaryIO, head: dict[str, Any], *parts: bytes) -> None:
    """Write one message. Raises OSError where the other end is closed."""
    text = json.dumps({**head, "parts": [len(part) for part in parts]}).encode()
    stream.write(_SIZE.pack(len(text)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO) -> Message | None:
    """Read one message and return it; None where the other end is closed, even in the middle of a message."""
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
    """Let the pipe hold a whole picture, so that writer and reader need not take turns (on Linux alone)."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _CAPACITY)
