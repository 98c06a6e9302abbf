"""Nobody waits for more than a share: the order in which jobs of several keys and connections have their turn."""

import itertools
import random
from collections import Counter, deque
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.studio.workers import turns as module
from helpers.studio.workers.turns import HALF_LIFE, MAX_WAITING, MAX_WAITING_BYTES, Turns

Client = tuple[str, int]

FADED = 180  # pictures after which the highest count there can be has fallen below one
keys = st.sampled_from(["ann", "bob", "eve"])
clients = st.tuples(keys, st.integers(0, 4))


def next_drawn(turns: "Turns[Client]") -> Client | None:
    """The next turn, whose client waits for it and so has its picture drawn."""
    client = turns.next()
    if client is not None:
        turns.count(*client)
    return client


class Studio:
    """Workers that draw for clients; each sends its next call when it has its picture, if it is one of those who do."""

    def __init__(self, workers: int) -> None:
        self.workers, self.turns = workers, Turns[Client]()
        self.drawing: deque[Client] = deque()
        self.repeating: set[Client] = set()

    def send(self, clients: Iterable[Client], *, repeat: bool = False) -> None:
        for client in clients:
            if repeat:
                self.repeating.add(client)
            if len(self.drawing) < self.workers:
                self.turns.count(*client)
                self.drawing.append(client)
            else:
                self.turns.join(client, *client)

    def draw_one(self) -> Client:
        """Finish a picture and begin the next one, before the client that has it can send another call."""
        done = self.drawing.popleft()
        begun = next_drawn(self.turns)
        if begun is not None:
            self.drawing.append(begun)
        if done in self.repeating:
            self.send([done])
        return done

    def wait_of(self, client: Client) -> int:
        """Send a call, and count the pictures that are finished before its own is begun."""
        self.send([client])
        for waited in itertools.count():
            if client in self.drawing:
                return waited
            self.draw_one()
        raise AssertionError


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("drawn", [0, 1, 2, 50, 400])
def test_a_call_beside_a_sweep_of_another_key_waits_for_two_pictures_at_most(workers: int, drawn: int) -> None:
    studio = Studio(workers)
    studio.send((("sweep", connection) for connection in range(300)), repeat=True)
    for _ in range(drawn):
        studio.draw_one()
    for number in range(5):
        assert studio.wait_of(("learner", number)) <= 2


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("connections", [1, 8, 32, 64, 300])
@pytest.mark.parametrize("drawn", [0, 1, 2, 3, 50, 601])
def test_a_call_over_a_new_connection_beside_a_sweep_of_its_own_key_waits_for_two_pictures_at_most(
    workers: int, connections: int, drawn: int
) -> None:
    studio = Studio(workers)
    studio.send((("learner", 1 + number % connections) for number in range(300)), repeat=True)
    for _ in range(drawn):
        studio.draw_one()
    assert studio.wait_of(("learner", 1000)) <= 2
    assert studio.wait_of(("learner", 1001)) <= 2


@pytest.mark.parametrize("workers", [1, 2])
def test_a_call_waits_no_longer_where_many_keys_sweep(workers: int) -> None:
    studio = Studio(workers)
    studio.send(((f"sweep {number % 15}", number) for number in range(300)), repeat=True)
    for _ in range(300):
        studio.draw_one()
    assert studio.wait_of(("learner", 1000)) <= 2


@pytest.mark.parametrize(("connections", "own"), [(1, 0), (8, 0), (16, 0), (1, 1000), (8, 1000), (64, 1000)])
def test_nor_does_a_call_over_a_connection_that_is_used_now_and_then(connections: int, own: int) -> None:
    studio = Studio(workers=2)
    studio.send((("learner", 1 + number % connections) for number in range(300)), repeat=True)
    for _ in range(10):
        for _ in range(100):
            studio.draw_one()
        assert studio.wait_of(("learner", own)) <= 2


def test_in_a_class_of_thirty_each_learners_call_comes_before_a_sweeps() -> None:
    studio = Studio(workers=2)
    studio.send((("sweep", connection) for connection in range(300)), repeat=True)
    studio.send(((f"learner {number}", 1000 + number) for number in range(30)), repeat=True)
    for _ in range(600):
        studio.draw_one()
    drawn = Counter(key for key, _ in (studio.draw_one() for _ in range(3100)))
    fair = 3100 / 31
    assert all(0.8 * fair <= count <= 1.2 * fair for count in drawn.values()), drawn


def test_every_other_turn_of_a_crowd_that_came_at_once_is_in_order_of_arrival() -> None:
    turns = Turns[Client]()
    for connection in range(32):
        turns.join(("learner", connection), "learner", connection)
    order = [connection for _, connection in iter(lambda: next_drawn(turns), None)]
    assert sorted(order) == list(range(32))
    assert order[::2] == list(range(16))


def test_keys_that_drew_equally_little_have_their_turn_in_order_of_arrival() -> None:
    turns = Turns[Client]()
    arrived = [(f"learner {number}", 100 - number) for number in range(40)]
    for client in arrived:
        turns.join(client, *client)
    assert [next_drawn(turns) for _ in arrived] == arrived


@given(
    st.lists(st.one_of(clients, st.none()), max_size=80),
    st.lists(st.booleans(), min_size=80, max_size=80),
)
def test_no_job_is_lost_or_drawn_twice_and_a_connections_own_jobs_keep_their_order(
    events: list[Client | None], leaves: list[bool]
) -> None:
    """None stands for a turn; those of clients that have left are not counted."""
    turns: Turns[tuple[Client, int]] = Turns()
    joined: list[tuple[Client, int]] = []
    served: list[tuple[Client, int]] = []

    def turn() -> None:
        item = turns.next()
        assert (item is None) == (len(joined) == len(served))
        if item is not None:
            served.append(item)
            if not leaves[len(served) % len(leaves)]:
                turns.count(*item[0])

    for number, client in enumerate(events):
        if client is None:
            turn()
        else:
            turns.join((client, number), *client)
            joined.append((client, number))
        assert len(turns) == len(joined) - len(served)
    while len(turns):
        turn()
    assert sorted(served, key=lambda item: item[1]) == joined
    for client in {client for client, _ in joined}:
        assert [item for item in served if item[0] == client] == [item for item in joined if item[0] == client]


@settings(max_examples=60, deadline=None)
@given(
    history=st.lists(clients, max_size=300),
    waiting=st.lists(clients, max_size=40),
    behaviour=st.sampled_from(["new key", "new connection", "its own key's new connection", "same", "random"]),
    seed=st.integers(0, 1000),
)
def test_every_job_has_its_turn_within_a_bound_whatever_others_do(
    history: list[Client], waiting: list[Client], behaviour: str, seed: int
) -> None:
    """Others send a new call after every picture, two at first, so that there is always one to put before ours.

    What the key drew before fades first. Then each of its calls that came before ours has its turn, or every other turn
    of the key, and a turn may cost the key a half-life until its count is below one again.
    """
    bound = FADED + 2 * (len(waiting) + 1) * (HALF_LIFE + 1)
    turns, chance = Turns[Client](), random.Random(seed)
    ours = ("ann", 0)
    for client in [*history, *[ours] * chance.choice([0, 500])]:
        turns.count(*client)
    for client in waiting:
        turns.join(client, *client)
    turns.join(("ours", -1), *ours)
    fresh = itertools.count(100)

    def other() -> Client:
        match behaviour:
            case "new key":
                return f"key {next(fresh)}", next(fresh)
            case "new connection":
                return "bob", next(fresh)
            case "its own key's new connection":
                return "ann", next(fresh)
            case "same":
                return "bob", 1
        return chance.choice(["ann", "bob", "eve"]), chance.randrange(5)

    def send() -> None:
        client = other()
        turns.join(client, *client)

    send()
    for drawn in itertools.count():
        send()
        turn = turns.next()
        assert turn is not None
        if turn == ("ours", -1):
            break
        turns.count(*turn)
        assert drawn <= bound


@settings(max_examples=60, deadline=None)
@given(
    connections=st.lists(st.integers(1, 20), min_size=2, max_size=4),
    history=st.lists(clients, max_size=200),
    count=st.integers(100, 400),
)
def test_keys_that_always_wait_share_the_pictures_whatever_they_open(
    connections: list[int], history: list[Client], count: int
) -> None:
    studio = Studio(workers=1)
    for client in history:
        studio.turns.count(*client)
    names = [f"key {number}" for number in range(len(connections))]
    for name, opened in zip(names, connections, strict=True):
        studio.send(((name, connection) for connection in range(1 + opened)), repeat=True)
    drawn = Counter(key for key, _ in (studio.draw_one() for _ in range(count)))
    fair = count / len(names)
    assert all(abs(drawn[name] - fair) <= 3 + 0.05 * count for name in names), drawn


def test_a_client_that_opens_a_connection_for_every_call_takes_no_more_than_its_share_from_one_that_keeps_its_own() -> (
    None
):
    studio, fresh = Studio(workers=1), itertools.count(10)
    studio.send([("learner", 1)], repeat=True)
    for _ in range(500):
        studio.draw_one()
    drawn = Counter[str]()
    studio.send(("learner", next(fresh)) for _ in range(2))
    for _ in range(300):
        _, connection = studio.draw_one()
        drawn["kept" if connection == 1 else "opened"] += 1
        if connection != 1:
            studio.send([("learner", next(fresh))])
    assert drawn["kept"] >= 75


def test_jobs_whose_clients_have_gone_cost_their_key_no_turn() -> None:
    turns = Turns[str]()
    for number in range(5):
        turns.join("gone", "ann", number)
    turns.join("ann's", "ann", 9)
    turns.join("bob's", "bob", 10)
    assert [turns.next() for _ in range(6)] == ["gone"] * 5 + ["ann's"]


def test_who_has_not_drawn_for_long_takes_no_memory() -> None:
    turns = Turns[Client]()
    sizes = []
    for number in range(3000):
        client = (f"key {number // 2}", number)
        turns.join(client, *client)
        next_drawn(turns)
        sizes.append(len(turns._drawn._counts) + sum(len(by._counts) for by in turns._drawn_by_connection.values()))
    assert max(sizes) == max(sizes[:600])
    turns = Turns[Client]()
    for number in range(3000):
        turns.count("one key", number)
    assert len(turns._drawn_by_connection["one key"]._counts) < 200


def fill(turns: "Turns[int]", key: str, size: int = 0) -> int:
    """Let jobs of this key wait while there is room; how many there are."""
    for number in itertools.count():
        if not turns.has_room(key, size):
            return number
        turns.join(number, key, 1, size)
    raise AssertionError


def test_so_many_jobs_may_wait_and_one_key_leaves_places_to_the_others() -> None:
    turns = Turns[int]()
    assert 300 < fill(turns, "sweep") < 0.7 * MAX_WAITING
    held = [fill(turns, f"key {number}") for number in range(20)]
    assert len(turns) <= MAX_WAITING
    assert held[0] >= MAX_WAITING // 6
    assert min(held[:5]) >= 1
    turns.next()
    assert turns.has_room("somebody new")


def test_so_many_bytes_may_wait_and_one_key_leaves_room_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns[int]()
    size = 18_000_000  # as large as an upload can be
    count = fill(turns, "sweep", size)
    assert 0.5 * MAX_WAITING_BYTES < count * size < 0.75 * MAX_WAITING_BYTES
    assert turns.has_room("sweep")
    assert turns.has_room("other", size)
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", count * size + 100)
    assert turns.has_room("other", 100)
    assert not turns.has_room("other", 101)


def test_items_that_are_over_are_removed_and_the_others_keep_their_turns() -> None:
    turns = Turns[str]()
    for item, key, connection in (("a", "x", 1), ("b", "x", 1), ("c", "x", 2), ("d", "y", 3)):
        turns.join(item, key, connection)
    assert sorted(turns.remove(lambda item: item in "ad")) == ["a", "d"]
    assert len(turns) == 2
    assert {turns.next(), turns.next()} == {"b", "c"}
    assert turns.next() is None
    turns.join("e", "y", 3)
    assert turns.next() == "e"
