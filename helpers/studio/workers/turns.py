"""Whose turn it is at the workers: fair between access keys, then between the connections of one key, and bounded.

The next turn is for the access key that has drawn the fewest of the latest pictures; of keys that are equal, for the one
that has waited longest since it came or had its last turn. Within a key, every other turn is for the call that has waited
longest, so that nobody starves, not even beside a client that opens a new connection for each call. The turns between are
for the connection that has drawn the fewest, and of equal ones for the one that was opened last: so a single call over a
new connection waits for two pictures at most, however many calls its own key has queued.

A picture counts half after HALF_LIFE others: pictures, and not seconds, so that the order is the same whether a picture
takes milliseconds or minutes. Counts are compared as whole numbers, rounded down, so that those who drew little are
equal; and the count of a key that waits falls to zero within some 180 pictures, whatever it drew before.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

MAX_WAITING = 512
"""Jobs that may wait. Each holds a thread and a connection of the studio's front."""
MAX_WAITING_BYTES = 256_000_000
"""Bytes of uploads that waiting jobs may hold."""
HALF_LIFE = 32
"""Pictures after which a picture counts half: about as many as a class has learners, so that one who has just drawn is
still told from one who has not."""

_FADING = 0.5 ** (1 / HALF_LIFE)
_FORGOTTEN = 1 / 16  # of a picture; below it a count takes no memory
_SHARE = 2  # a key may hold this many times what is still free

Queued = TypeVar("Queued")


@dataclass(frozen=True)
class _Waiting(Generic[Queued]):
    since: int
    """The moment of its arrival."""
    size: int
    """Bytes."""
    item: Queued


class Turns(Generic[Queued]):
    """Items that wait for their turn, each for an access key and the number of one of its connections."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[int, deque[_Waiting[Queued]]]] = {}
        self._moment = 0  # a clock that only tells what came before what
        self._last_turns: dict[str, int] = {}  # of keys that wait still
        self._fewest_next: set[str] = set()  # keys whose next turn is for the connection that has drawn the fewest
        self._drawn = _Latest()
        self._drawn_by_connection: dict[str, _Latest] = {}

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def has_room(self, access_key: str, size: int = 0) -> bool:
        """Return whether one more item, of `size` bytes, may wait for this key.

        A key may hold twice as many places, and twice as many bytes, as are still free: about two thirds of all while
        no other key waits, and less the more keys wait, so that no sweep locks out the others.
        """
        mine, every = [one.size for one in self._of(access_key)], [one.size for one in self._all()]
        return _fits(1, len(mine), MAX_WAITING - len(every)) and _fits(size, sum(mine), MAX_WAITING_BYTES - sum(every))

    def join(self, item: Queued, access_key: str, connection: int, size: int = 0) -> None:
        """Let an item wait, whether there is room for it or not. Connections are numbered as they are opened."""
        waiting = self._keys.setdefault(access_key, {}).setdefault(connection, deque())
        waiting.append(_Waiting(self._tick(), size, item))

    def next(self) -> Queued | None:
        """Remove the item whose turn it is and return it; None where none waits.

        It has had no turn before `count` is told, so that one whose client has gone costs its key nothing.
        """
        if not self._keys:
            return None
        key = min(self._keys, key=lambda one: (self._drawn[one], self._waits_since(one)))
        connections = self._keys[key]
        connection = self._next_connection(key)
        item = connections[connection].popleft().item
        if not connections[connection]:
            del connections[connection]
        self._forget_if_empty(key)
        return item

    def remove(self, is_over: Callable[[Queued], bool]) -> list[Queued]:
        """Remove the items that are over, which never had a turn, and return them."""
        gone = []
        for key, connections in list(self._keys.items()):
            for connection, waiting in list(connections.items()):
                over = [one for one in waiting if is_over(one.item)]
                gone += [one.item for one in over]
                for one in over:
                    waiting.remove(one)
                if not waiting:
                    del connections[connection]
            self._forget_if_empty(key)
        return gone

    def count(self, access_key: str, connection: int) -> None:
        """Count a picture as drawn over this connection of this key, once its drawing begins."""
        self._drawn.add(access_key)
        self._drawn_by_connection.setdefault(access_key, _Latest()).add(connection)
        self._drawn_by_connection = {key: by for key, by in self._drawn_by_connection.items() if key in self._drawn}
        if access_key in self._keys:
            self._last_turns[access_key] = self._tick()
            self._fewest_next ^= {access_key}

    def _forget_if_empty(self, key: str) -> None:
        if not self._keys[key]:
            del self._keys[key]
            self._last_turns.pop(key, None)
            self._fewest_next.discard(key)

    def _next_connection(self, key: str) -> int:
        waiting = self._keys[key]
        if key in self._fewest_next:
            drawn = self._drawn_by_connection.get(key, _Latest())
            return min(waiting, key=lambda connection: (drawn[connection], -connection))
        return min(waiting, key=lambda connection: waiting[connection][0].since)

    def _waits_since(self, key: str) -> int:
        oldest = min(waiting[0].since for waiting in self._keys[key].values())
        return max(oldest, self._last_turns.get(key, 0))

    def _tick(self) -> int:
        self._moment += 1
        return self._moment

    def _of(self, key: str) -> Iterator[_Waiting[Queued]]:
        for waiting in self._keys.get(key, {}).values():
            yield from waiting

    def _all(self) -> Iterator[_Waiting[Queued]]:
        for key in self._keys:
            yield from self._of(key)


class _Latest:
    """How many of the latest pictures each one has drawn, rounded down; whoever drew none of them takes no memory."""

    def __init__(self) -> None:
        self._counts: dict[Hashable, float] = {}

    def __getitem__(self, one: Hashable) -> int:
        return int(self._counts.get(one, 0))

    def __contains__(self, one: Hashable) -> bool:
        return one in self._counts

    def add(self, drawer: Hashable) -> None:
        faded = {one: count * _FADING for one, count in self._counts.items()}
        self._counts = {one: count for one, count in faded.items() if count >= _FORGOTTEN}
        self._counts[drawer] = self._counts.get(drawer, 0) + 1


def _fits(more: int, mine: int, free: int) -> bool:
    return more == 0 or (more <= free and mine + more <= _SHARE * free)
