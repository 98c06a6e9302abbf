"""What the transports need of a socket that Python does not give: reading up to a deadline, and a reset on purpose."""

import contextlib
import io
import os
import socket
import struct
import time
from typing import Any


class TimedReader(io.RawIOBase):
    """The bytes of a socket, up to a deadline, however slowly they come. Reading past it raises TimeoutError.

    incoming = TimedReader(connection)
    incoming.allow(20.0)
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._deadline = connection, time.monotonic()

    def allow(self, seconds: float) -> None:
        """Let reads go on for so many seconds from now."""
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read once into `buffer` and return how many bytes came; 0 at the end."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


def reset(connection: socket.socket) -> None:
    """Close a connection with a TCP reset, which its client sees as "connection reset by peer"."""
    with contextlib.suppress(OSError):
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()
