"""How well the studio serves many clients at once, as ratios measured in one run, so that they hold on any machine.

    python -m tests.benchmarks.bench_wire [--seconds 2] [--rounds 5] [--clients 1 8 32 64] [--queued 300]

painted     calls a second by number of clients, 512 x 512 in 30 steps, and those of the most clients over those of 8
front       the same with an engine that draws nothing, so that the front is all that takes time
errors      answers other than 200 in all of these calls
memory      growth of the front over the second half of the rounds with the most clients, in MB
overhead    a call less its engine's time, with that engine and over each protocol, over a trip to a bare server that
            gives the same answer
answers     an answer over HTTP/2 over the same one over HTTP/1.1, by its size, for a client of others (httpx)
wait        pictures drawn while one call waits beside --queued calls of another access key, and beside the calls of 32
            connections of its own key

The clients are one process that reads and counts bytes, and their requests are signed beforehand, so that they take
next to no time from the studio; `load` says how much. Signatures hold for five minutes, and so may a run of one row.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from helpers.studio.process import Studio, start

MODEL = "stability.stable-diffusion-xl-v1"
PROMPTS = (
    "a serene beach at sunset",
    "green tea garden",
    "a beautiful mountain landscape",
    "a detailed painting of a dragon flying over a mountain during sunset",
)
FAKE_ENGINE = f"{Path(__file__).parents[1] / 'studio' / 'fake_engine.py'}:create"
BASE_CLIENTS = 8
OWN_CONNECTIONS = 32
WARM_SECONDS = 1.0
ANSWERS = {1_000: 2.0, 50_000: 2.0, 500_000: 4.4, 2_000_000: 4.0}  # bytes, and how much slower HTTP/2 may be
MIN_OF_BASE, MAX_GROWTH, MAX_OVERHEAD, MAX_WAIT = 0.85, 20.0, 30.0, 2


@dataclass(frozen=True)
class Request:
    """A signed request: path, headers, and the body in base64."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Plan:
    """What the process of the clients does: `clients` connections repeat `requests` for some seconds, or, where there
    are `asides`, until those were sent one after another, each over a connection of its own, and were answered."""

    address: tuple[str, int]
    protocol: str
    requests: list[Request]
    clients: int
    seconds: float = 0.0
    asides: tuple[Request, ...] = ()


@dataclass
class Load:
    """What the clients saw."""

    calls: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of processor time that the clients took."""
    errors: dict[str, int] = field(default_factory=dict)
    """How many answers had which status; 0: the studio hung up."""
    trips: list[tuple[float, float]] = field(default_factory=list)
    """For each call its milliseconds, and those that the engine says it took."""
    waits: list[int] = field(default_factory=list)
    """For each aside, how many other calls were answered before its own picture was begun."""

    @property
    def rate(self) -> float:
        return self.calls / self.seconds


def main() -> None:
    """Print one row a measurement, with what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="time of one measurement of calls a second")
    parser.add_argument("--rounds", type=int, default=5, help="times that each number of clients has its turn")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32, 64], help="8 is always among them")
    parser.add_argument("--queued", type=int, default=300, help="calls of the other access key, for the wait")
    parser.add_argument("--protocol", choices=sorted(PROTOCOLS), default="http1")
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--answers", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answers:
        serve_answers()
        return
    if options.load:
        json.dump(asdict(carry_out(plan_of(json.load(sys.stdin)))), sys.stdout)
        return
    counts = sorted({BASE_CLIENTS, *options.clients})
    for name, engine in (("painted", None), ("front", FAKE_ENGINE)):
        with studio_of(engine) as studio:
            throughput_rows(name, studio, counts, options)
    with studio_of(FAKE_ENGINE) as studio:
        for protocol in PROTOCOLS:
            overhead_row(studio, protocol, options)
    answers_rows(options)
    with studio_of(None) as studio:
        wait_rows(studio, options)


def row(name: str, value: float, wanted: str, detail: str) -> None:
    """One line of the report."""
    print(f"{name:<18}{value:8.2f}   wanted {wanted:<8} {detail}", flush=True)


def throughput_rows(name: str, studio: Studio, counts: list[int], options: Any) -> None:
    """Each number of clients in turn, several times, and 8 just before the most, so that both meet the same weather."""
    most = counts[-1]
    order = sorted(counts, key=lambda count: (count == most, count == BASE_CLIENTS))
    rates: dict[int, list[float]] = {count: [] for count in counts}
    errors: Counter[str] = Counter()
    memory: list[float] = []
    share: list[float] = []
    for _ in range(options.rounds):
        for count in order:
            load = run(studio, options.protocol, signed(studio, keys_of(studio)), count, seconds=options.seconds)
            rates[count].append(load.rate)
            errors.update(load.errors)
            share.append(load.cpu / load.seconds)
        memory.append(front_memory(studio))
    for count in counts:
        print(f"{name} {count:>3} clients {statistics.median(rates[count]):8.1f} calls a second")
    ratio = statistics.median(rates[most]) / statistics.median(rates[BASE_CLIENTS])
    detail = f"calls a second of {most} clients over those of {BASE_CLIENTS}; load {max(share):.0%} of a core"
    row(f"{name} ratio", ratio, f">= {MIN_OF_BASE}", detail)
    row(f"{name} errors", sum(errors.values()), "0", str(dict(errors) or ""))
    if memory[-1]:
        half = memory[len(memory) // 2]
        row(f"{name} memory", memory[-1] - half, f"<= {MAX_GROWTH}", f"MB more, {half:.0f} to {memory[-1]:.0f}")


def overhead_row(studio: Studio, protocol: str, options: Any) -> None:
    """Calls of one client, then trips to a server that only gives the same answer, in turn."""
    requests = signed(studio, keys_of(studio))
    answer = whole_answer(address_of(studio.endpoint), requests[0])
    with canned(answer) as address:
        calls, trips = [], []
        for _ in range(options.rounds):
            one = run(studio, protocol, requests, 1, seconds=options.seconds / 3)
            calls.append(statistics.median(whole - engine for whole, engine in one.trips))
            bare = perform(Plan(address, "http1", requests, 1, options.seconds / 3))
            trips.append(statistics.median(whole for whole, _ in bare.trips))
    ratio = statistics.median(call / trip for call, trip in zip(calls, trips, strict=True))
    detail = f"{statistics.median(calls):.2f} ms beside the engine, {statistics.median(trips):.2f} ms for a bare trip"
    row(f"overhead {protocol}", ratio, f"<= {MAX_OVERHEAD}", detail)


def answers_rows(options: Any) -> None:
    """Answers of each size over both protocols in turn, from the studio's own server, which does nothing else."""
    import httpx

    command = [sys.executable, "-m", "tests.benchmarks.bench_wire", "--answers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with httpx.Client(http1=False, http2=True, trust_env=False) as two, httpx.Client(trust_env=False) as one:
            for size, most in ANSWERS.items():
                took: dict[httpx.Client, list[float]] = {one: [], two: []}
                for _ in range(12 * options.rounds):
                    for client, times in took.items():
                        began = time.perf_counter()
                        assert len(client.post(f"{url}/{size}", content=b"x" * 500).content) == size
                        times.append((time.perf_counter() - began) * 1e3)
                first, second = statistics.median(took[one]), statistics.median(took[two])
                detail = f"{second:.2f} ms for {size:,} bytes, {first:.2f} ms over HTTP/1.1"
                row("answers http2", second / first, f"<= {most}", detail)
        server.kill()


def serve_answers() -> None:
    """Answer with as many bytes as the path says."""
    from helpers.studio.replies import Reply
    from helpers.studio.wire.messages import Caller
    from helpers.studio.wire.server import StudioServer

    class Sized:
        def admit(self, head: Any) -> Caller:
            return Caller("none", "us-west-2")

        def answer(self, request: Any, caller: Caller) -> Reply:
            size = int(request.head.path[1:])
            return Reply(200, (b'{"a":"', b"x" * (size - 8), b'"}'), (("content-type", "application/json"),))

    server = StudioServer()
    server.application = Sized()
    print(server.endpoint, flush=True)
    server.serve_forever()


def wait_rows(studio: Studio, options: Any) -> None:
    """Some calls, one after another, each over a new connection, beside a crowd of calls that are always there."""
    asides = tuple(signed(studio, keys_of(studio))[:9])
    for name, keys, clients in (
        ("wait, other key", second_key(studio), options.queued),
        ("wait, own key", keys_of(studio), OWN_CONNECTIONS),
    ):
        load = run(studio, options.protocol, signed(studio, keys), clients, asides=asides)
        if load.errors:
            print(f"{name}: not measured, the studio answered {load.errors}")
            continue
        waits = sorted(load.waits)  # an answer on its way when a picture begins may count too
        row(name, statistics.median(waits), f"<= {MAX_WAIT}", f"pictures, beside {clients} queued calls: {waits}")


# ---- the studio and its keys ---------------------------------------------------------------------------------------


@contextmanager
def studio_of(engine: str | None) -> Iterator[Studio]:
    """A studio with its workers started, for as long as the body of the `with` takes."""
    studio = start(engine=engine)
    try:
        run(studio, "http1", signed(studio, keys_of(studio)), 4, seconds=WARM_SECONDS)
        yield studio
    finally:
        studio.stop()


def keys_of(studio: Studio) -> tuple[str, str]:
    """The studio's own access key and secret key."""
    return studio.access_key, studio.secret_key


def second_key(studio: Studio) -> tuple[str, str]:
    """Another client's access key and secret key, as a studio that several clients share derives them."""
    access_key = f"{studio.access_key}-bench"
    return access_key, hmac.new(studio.secret_key.encode(), access_key.encode(), hashlib.sha256).hexdigest()


def signed(studio: Studio, keys: tuple[str, str]) -> list[Request]:
    """Requests for different pictures, signed now."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    made = []
    for seed in range(1, 65):
        prompts = [{"text": PROMPTS[seed % len(PROMPTS)]}]
        body = json.dumps({"text_prompts": prompts, "width": 512, "height": 512, "seed": seed, "steps": 30})
        path = f"/model/{MODEL}/invoke"
        request = AWSRequest("POST", studio.endpoint + path, {"Host": urlsplit(studio.endpoint).netloc}, body)
        SigV4Auth(Credentials(*keys), "bedrock", studio.region).add_auth(request)
        made.append(Request(path, dict(request.headers), base64.b64encode(body.encode()).decode()))
    return made


def front_memory(studio: Studio) -> float:
    """MB that the front holds; 0 where there is no /proc."""
    assert studio.process is not None
    statm = Path(f"/proc/{studio.process.pid}/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if statm.exists() else 0.0


def address_of(endpoint: str) -> tuple[str, int]:
    """Host and port of a URL."""
    parts = urlsplit(endpoint)
    return str(parts.hostname), int(parts.port or 80)


def whole_answer(address: tuple[str, int], request: Request) -> bytes:
    """The body of one answer."""
    from http.client import HTTPConnection

    connection = HTTPConnection(*address)
    connection.request("POST", request.path, base64.b64decode(request.body), request.headers)
    return connection.getresponse().read()


@contextmanager
def canned(answer: bytes) -> Iterator[tuple[str, int]]:
    """The address of a bare server that gives this answer to everything."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answer.json")
        file.write_bytes(answer)
        command = [sys.executable, "-m", "tests.benchmarks.bench_studio", "--canned", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            assert server.stdout is not None
            yield address_of(server.stdout.readline().strip())
            server.kill()


# ---- the clients, in a process of their own ------------------------------------------------------------------------


def run(studio: Studio, protocol: str, requests: list[Request], clients: int, **more: Any) -> Load:
    """Let so many clients of this studio repeat the requests."""
    return perform(Plan(address_of(studio.endpoint), protocol, requests, clients, **more))


def perform(plan: Plan) -> Load:
    """Carry out the plan in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_wire", "--load"]
    done = subprocess.run(command, input=json.dumps(asdict(plan)), stdout=subprocess.PIPE, text=True, check=True)
    return Load(**json.loads(done.stdout))


def plan_of(content: dict[str, Any]) -> Plan:
    """The plan, from JSON."""
    address = (content["address"][0], content["address"][1])
    requests = [Request(**one) for one in content["requests"]]
    asides = tuple(Request(**one) for one in content["asides"])
    return Plan(address, content["protocol"], requests, content["clients"], content["seconds"], asides)


def carry_out(plan: Plan) -> Load:
    """Keep every client busy, and count what comes back."""
    opened = PROTOCOLS[plan.protocol]
    requests = cycle(plan.requests)
    load, errors = Load(), Counter[str]()
    with selectors.DefaultSelector() as ready:

        def send(request: Request, client: "Client | None" = None) -> Client:
            if client is None:
                client = opened(plan.address)
                ready.register(client, selectors.EVENT_READ, client)
            client.send(request)
            return client

        crowd = {send(next(requests)): time.perf_counter() for _ in range(plan.clients)}
        asides, aside = list(plan.asides), None
        others: list[float] = []  # when the calls beside the aside were answered
        began = time.perf_counter() + WARM_SECONDS
        cpu = time.process_time()
        while True:
            for key, _ in ready.select(timeout=60.0) or _nothing_came():
                client: Client = key.data
                answer = client.receive()
                if answer is None:
                    continue
                status, engine_ms = answer
                now = time.perf_counter()
                if status != 200:
                    errors[str(status)] += 1
                if not status:  # hung up
                    ready.unregister(client)
                    client.close()
                if client is aside:
                    load.waits.append(sum(one < now - engine_ms / 1e3 for one in others))
                    aside = None
                    continue
                others.append(now)
                if now >= began:
                    load.calls += 1
                    load.trips.append(((now - crowd[client]) * 1e3, engine_ms))
                else:
                    cpu = time.process_time()
                crowd[send(next(requests), client if status else None)] = time.perf_counter()
            now = time.perf_counter()
            if asides and aside is None and now >= began:
                others.clear()
                aside = send(asides.pop())
            over = aside is None and not asides if plan.asides else now >= began + plan.seconds
            if over or (errors and plan.asides):
                break
        load.seconds, load.cpu, load.errors = now - began, time.process_time() - cpu, dict(errors)
    return load


def _nothing_came() -> Any:
    raise TimeoutError("the studio gave no answer for a minute")


class Client(Protocol):
    """A client over one connection, with one request at a time."""

    def fileno(self) -> int: ...

    def close(self) -> None: ...

    def send(self, request: Request) -> None:
        """Send a request."""

    def receive(self) -> tuple[int, float] | None:
        """Read what has come; once the answer is whole, its status (0: hung up) and its engine's milliseconds."""


class Http1:
    """A client that speaks HTTP/1.1."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 18)
        self._head, self._left = b"", -1  # bytes of the body still to come; -1: in the head
        self._answer = (0, 0.0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, request: Request) -> None:
        body = base64.b64decode(request.body)
        lines = [f"POST {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
        lines += [f"Content-Length: {len(body)}"]
        self._socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def receive(self) -> tuple[int, float] | None:
        count = self._socket.recv_into(self._buffer)
        if not count:
            return 0, 0.0
        if self._left >= 0:
            self._left -= count
        else:
            self._head += self._buffer[:count]
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return None
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._answer = int(first.split()[1]), float(headers.get("x-studio-engine-ms", 0))
            self._left = int(headers["content-length"]) - len(body)
        if self._left:
            return None
        self._head, self._left = b"", -1
        return self._answer


class Http2:
    """A client that speaks HTTP/2, with windows so wide that it need not open them."""

    def __init__(self, address: tuple[str, int]) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.settings import SettingCodes, Settings

        self._socket = socket.create_connection(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
        self._h2.local_settings = Settings(client=True, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30})
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(1 << 30)
        self._host = f"{address[0]}:{address[1]}"
        self._answer = (0, 0.0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, request: Request) -> None:
        pseudo = [(":method", "POST"), (":path", request.path), (":scheme", "http"), (":authority", self._host)]
        headers = [(name.lower(), value) for name, value in request.headers.items() if name.lower() != "host"]
        stream = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream, [*pseudo, *headers])
        self._h2.send_data(stream, base64.b64decode(request.body), end_stream=True)
        self._socket.sendall(self._h2.data_to_send())

    def receive(self) -> tuple[int, float] | None:
        from h2.events import DataReceived, ResponseReceived, StreamEnded

        data = self._socket.recv(1 << 18)
        if not data:
            return 0, 0.0
        whole = None
        for event in self._h2.receive_data(data):
            match event:
                case ResponseReceived():
                    headers: dict[Any, Any] = dict(event.headers or ())
                    self._answer = int(headers[":status"]), float(headers.get("x-studio-engine-ms", 0))
                case DataReceived():
                    self._h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
                case StreamEnded():
                    whole = self._answer
        self._socket.sendall(self._h2.data_to_send())
        return whole


PROTOCOLS: dict[str, Callable[[tuple[str, int]], Client]] = {"http1": Http1, "http2": Http2}


if __name__ == "__main__":
    main()
