"""What one client may ask of the studio's server, so that no client, slow, broken or hostile, takes it from the others."""

import contextlib
import itertools
import socket
import threading
import time
from collections import Counter

MAX_BODY = 25_000_000  # bytes: Bedrock's own limit on a request body
MAX_HELD = 256_000_000  # bytes of request bodies that are in memory at once, of all clients together
MAX_CONNECTIONS = 800  # more than jobs may wait
MAX_STREAMS = 128  # requests that one HTTP/2 connection may have open at once

IDLE_SECONDS = 600.0  # a connection may wait this long for its next request, and an answer for its client to read on
HEAD_SECONDS = 20.0  # for a whole head, from its first byte
BODY_SECONDS = 30.0  # for a whole body; where it is wanted, one second more for each
BODY_RATE = 200_000  # bytes of it: venue wifi takes so long
LINGER_SECONDS = 5.0  # for the rest of a request that was refused, so that its client reads why


_SPARE_DESCRIPTORS = 128  # for workers and files


def max_connections() -> int:
    """Return how many connections there may be: as the descriptors of this process allow, of which HTTP/2 takes two."""
    try:
        import resource
    except ImportError:  # Windows, where a socket is no descriptor
        return MAX_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MAX_CONNECTIONS + _SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            wanted_soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted_soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return max(min(MAX_CONNECTIONS, (soft - _SPARE_DESCRIPTORS) // 2), 16)
    return MAX_CONNECTIONS


def body_seconds(length: int) -> float:
    """Return the longest time, in seconds, in which a body of `length` bytes must have come."""
    return BODY_SECONDS + length / BODY_RATE


class Budget:
    """A number of bytes that the bodies of requests share: each takes what has come of it, and gives it back.

    budget = Budget(MAX_HELD)
    budget.take("a key", 1_000, timeout=30.0)

    An access key may hold twice as much as is still free, so that none takes all of it from the others.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._held: Counter[str] = Counter()
        self._changed = threading.Condition()

    def take(self, access_key: str, amount: int, timeout: float = 0.0) -> bool:
        """Take `amount` bytes as soon as there are so many; return False where there are not within `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(access_key, amount), timeout):
                return False
            self._left -= amount
            self._held[access_key] += amount
            return True

    def give_back(self, access_key: str, amount: int) -> None:
        """Give back bytes that were taken."""
        with self._changed:
            self._left += amount
            self._held[access_key] -= amount
            if not self._held[access_key]:
                del self._held[access_key]
            self._changed.notify_all()

    def _has_room(self, access_key: str, amount: int) -> bool:
        return not amount or (amount <= self._left and self._held[access_key] + amount <= 2 * self._left)


class OpenConnections:
    """The connections of a server: how many there are, and which of them wait for a request, and since when."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._idle_since: dict[socket.socket, float | None] = {}  # None: a request is being read or answered

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._idle_since)

    def add(self, connection: socket.socket) -> int:
        """Note a new connection and return its number."""
        with self._lock:
            self._idle_since[connection] = None
            return next(self._numbers)

    def mark(self, connection: socket.socket, *, idle: bool) -> None:
        """Note whether a connection waits for a request from now on."""
        with self._lock:
            if connection in self._idle_since:
                self._idle_since[connection] = time.monotonic() if idle else None

    def remove(self, connection: socket.socket) -> None:
        """Forget a connection that is closed."""
        with self._lock:
            self._idle_since.pop(connection, None)

    def close_idlest(self) -> bool:
        """Close the connection that has waited longest for a request; return False where none waits."""
        with self._lock:
            idle = {one: since for one, since in self._idle_since.items() if since is not None}
            if not idle:
                return False
            idlest = min(idle, key=idle.__getitem__)
            del self._idle_since[idlest]
            with contextlib.suppress(OSError):  # under the lock: once removed, its descriptor may be another's
                idlest.shutdown(socket.SHUT_RDWR)  # its thread wakes up and closes it
        return True
