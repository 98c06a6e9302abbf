"""What one client may ask of the studio's server, so that no client, slow, broken or hostile, takes it from the others."""

import threading

MAX_BODY = 25_000_000  # bytes: Bedrock's own limit on a request body
MAX_HELD = 256_000_000  # bytes of request bodies that are in memory at once, of all clients together
MAX_CONNECTIONS = 800  # more than jobs may wait, and fewer than the 1,024 descriptors that a process has by default
MAX_STREAMS = 128  # requests that one HTTP/2 connection may have open at once

IDLE_SECONDS = 600.0  # a connection may wait this long for its next request, and an answer for its client to read on
HEAD_SECONDS = 20.0  # for a whole head, from its first byte
BODY_SECONDS = 30.0  # for a whole body, and one second more for each
BODY_RATE = 200_000  # bytes of it: venue wifi takes so long
LINGER_SECONDS = 5.0  # for the rest of a request that was refused, so that its client reads why


def body_seconds(length: int) -> float:
    """Return the longest time, in seconds, in which a body of `length` bytes must have come."""
    return BODY_SECONDS + length / BODY_RATE


class Budget:
    """A number of bytes that requests share: each takes what it needs before it is read, and gives it back.

    budget = Budget(MAX_HELD)
    budget.take(1_000, timeout=30.0)
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = threading.Condition()

    def take(self, amount: int, timeout: float = 0.0) -> bool:
        """Take `amount` bytes as soon as there are so many; return False where there are not within `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._left >= amount, timeout):
                return False
            self._left -= amount
            return True

    def give_back(self, amount: int) -> None:
        """Give back bytes that were taken."""
        with self._changed:
            self._left += amount
            self._changed.notify_all()
