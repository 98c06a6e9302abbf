"""No client takes the studio from the others, be it slow, greedy or broken; what the wire breaks on purpose is broken."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from helpers.studio.process import Studio
from helpers.studio.replies import Delivery, Reply, json_reply
from helpers.studio.wire import limits
from helpers.studio.wire.limits import Budget
from helpers.studio.wire.messages import HttpRequest
from helpers.studio.wire.server import StudioServer

Serve = Callable[[Callable[[HttpRequest], Reply]], StudioServer]
ROOT = Path(__file__).resolve().parents[2]
both_protocols = pytest.mark.parametrize("is_http2", [False, True], ids=["http1", "http2"])


def echo(request: HttpRequest) -> Reply:
    return json_reply({"bytes": len(request.body), "connection": request.connection})


def connect(server: StudioServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.server_port), timeout=20)


def client(is_http2: bool) -> httpx.Client:
    return httpx.Client(http1=not is_http2, http2=is_http2, timeout=20, trust_env=False)


def seconds_of_drip(connection: socket.socket, begun: bytes) -> float:
    """How long a client may go on sending a byte every 0.05 s."""
    began = time.monotonic()
    connection.sendall(begun)
    connection.settimeout(0.05)
    while time.monotonic() - began < 10:
        try:
            connection.sendall(b"a")
            if connection.recv(100) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


class TestSlowClients:
    def test_a_head_that_comes_byte_by_byte(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "HEAD_SECONDS", 0.4)
        for begun in (b"P", b"POST / HTTP/1.1\r\nX: ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            with connect(serve(echo)) as connection:
                assert seconds_of_drip(connection, begun) < 5

    def test_a_body_that_comes_byte_by_byte(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "BODY_SECONDS", 0.4)
        with connect(serve(echo)) as connection:
            assert seconds_of_drip(connection, b"POST / HTTP/1.1\r\nContent-Length: 10000\r\n\r\n") < 5

    def test_a_body_that_is_not_wanted_and_comes_byte_by_byte(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "BODY_SECONDS", 0.4)
        monkeypatch.setattr(limits, "LINGER_SECONDS", 0.4)
        with connect(serve(echo)) as connection:
            assert seconds_of_drip(connection, b"POST /refused HTTP/1.1\r\nContent-Length: 10000\r\n\r\n") < 5

    def test_a_large_body_has_time_for_venue_wifi(self) -> None:
        assert limits.body_seconds(limits.MAX_BODY) >= 2 * 60


class TestHeadsFirst:
    """Who may not ask is told before its body is read, and nothing of it is kept."""

    def test_a_stranger_s_body_is_not_asked_for(self, studio: Studio) -> None:
        host, port = studio.endpoint.removeprefix("http://").split(":")
        for headers in ("Host: evil.example", f"Host: {host}:{port}"):
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                head = f"POST /model/m/invoke HTTP/1.1\r\n{headers}\r\nContent-Length: 24900000\r\nExpect: 100-continue\r\n\r\n"
                connection.sendall(head.encode())
                assert connection.recv(1000).startswith(b"HTTP/1.1 403 ")

    def test_too_long_a_body_is_refused_while_the_client_still_waits(self, serve: Serve) -> None:
        with connect(serve(echo)) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 25000001\r\nExpect: 100-continue\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")

    @both_protocols
    def test_a_refused_body_is_thrown_away_and_the_connection_goes_on(self, serve: Serve, is_http2: bool) -> None:
        server = serve(echo)
        with client(is_http2) as one:
            before = one.post(server.endpoint, content=b"abc").json()
            assert one.post(server.endpoint + "/refused", content=b"x" * 3_000_000).status_code == 403
            assert one.post(server.endpoint, content=b"abc").json() == before


class TestRoomForBodies:
    def test_a_budget_gives_what_it_has(self) -> None:
        budget = Budget(10)
        assert budget.take("a", 5)
        assert budget.take("b", 3)
        assert not budget.take("c", 3)
        assert budget.take("c", 2)
        budget.give_back("a", 5)
        assert budget.take("c", 3)

    def test_no_key_gets_all_of_it(self) -> None:
        budget = Budget(300)
        assert sum(budget.take("greedy", 10) for _ in range(30)) < 24
        assert all(budget.take(str(number), 10) for number in range(5))

    def test_nothing_has_room_always(self) -> None:
        budget = Budget(10)
        assert budget.take("a", 9)
        assert budget.take("a", 0)

    def test_a_budget_can_be_waited_for(self) -> None:
        budget = Budget(10)
        assert budget.take("a", 10)
        threading.Timer(0.05, budget.give_back, ("a", 10)).start()
        assert budget.take("b", 5, timeout=10)

    @both_protocols
    def test_what_a_request_takes_it_gives_back(self, serve: Serve, is_http2: bool) -> None:
        server = serve(echo)
        server.budget = Budget(5000)
        with client(is_http2) as one:
            for path in ("/", "/refused", "/", "/refused", "/", "/"):
                one.post(server.endpoint + path, content=b"x" * 4000)
        assert server.budget.take("another", 5000, timeout=10)

    def test_heads_alone_take_next_to_nothing(self, serve: Serve) -> None:
        server = serve(echo)
        greedy = [connect(server) for _ in range(12)]
        for one in greedy:
            one.sendall(b"POST / HTTP/1.1\r\nContent-Length: 24000000\r\n\r\n")
        while server.connections.count < 12:
            time.sleep(0.01)
        with client(False) as other:
            assert other.post(server.endpoint, content=b"x" * 7_000_000).json()["bytes"] == 7_000_000
        for one in greedy:
            one.close()

    @both_protocols
    def test_a_request_that_gets_no_answer_holds_nothing(self, serve: Serve, is_http2: bool) -> None:
        asked = threading.Event()

        def answer(request: HttpRequest) -> Reply:
            asked.set()
            return Reply(200, (b"",), delivery="none")

        server = serve(answer)
        server.budget = Budget(5000)
        with client(is_http2) as one, ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(one.post, server.endpoint, content=b"x" * 5000, timeout=3)
            assert asked.wait(10)
            assert server.budget.take("another", 5000, timeout=2)
            assert isinstance(waiting.exception(), httpx.ReadTimeout)

    @both_protocols
    def test_where_there_is_no_room_the_client_is_told_to_wait(
        self, serve: Serve, is_http2: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "BODY_SECONDS", 0.1)
        server = serve(echo)
        server.budget = Budget(1000)
        with client(is_http2) as one:
            answer = one.post(server.endpoint, content=b"x" * 2000)
            assert answer.status_code == 429
            assert answer.headers["x-amzn-errortype"].startswith("ThrottlingException:")
            assert int(answer.headers["retry-after"]) >= 1
            assert one.post(server.endpoint, content=b"x").status_code == 200


class TestManyConnections:
    def test_the_idlest_makes_room(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)
        server = serve(echo)
        clients = [client(False) for _ in range(5)]
        for one in clients:
            assert one.post(server.endpoint, content=b"x").status_code == 200
            time.sleep(0.02)
        assert server.connections.count <= 3
        assert [one.post(server.endpoint, content=b"x").status_code for one in clients] == [200] * 5
        for one in clients:
            one.close()

    def test_one_that_is_being_served_is_never_closed(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_CONNECTIONS", 2)
        go = threading.Event()

        def answer(request: HttpRequest) -> Reply:
            if request.head.path == "/long":
                go.wait(10)
            return echo(request)

        server = serve(answer)
        answers: list[int] = []

        def long() -> None:
            with client(False) as one:
                answers.append(one.post(server.endpoint + "/long", content=b"x").status_code)

        threads = [threading.Thread(target=long) for _ in range(2)]
        for thread in threads:
            thread.start()
        while server.connections.count < 2:
            time.sleep(0.01)
        with client(False) as third, pytest.raises(httpx.TransportError):
            third.post(server.endpoint, content=b"x")
        go.set()
        for thread in threads:
            thread.join()
        assert answers == [200, 200]

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on descriptors of this kind")
    def test_where_descriptors_run_out_it_neither_spins_nor_dies(self) -> None:
        script = """
import resource, socket, threading, time
from helpers.studio.wire.server import StudioServer
from helpers.studio.replies import json_reply
from helpers.studio.wire.messages import Caller

class Open:
    def admit(self, head): return Caller("KEY", "us-west-2")
    def answer(self, request, caller): return json_reply({})

server = StudioServer()
server.application = Open()
threading.Thread(target=server.serve_forever, daemon=True).start()
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
print(server.server_port, flush=True)
input()
before = time.process_time()
time.sleep(1)
print(time.process_time() - before, flush=True)
input()
"""
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdin is not None
        assert child.stdout is not None
        port = int(child.stdout.readline())
        half_heads = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(60)]
        for one in half_heads:
            one.sendall(b"P")
        child.stdin.write("\n")
        child.stdin.flush()
        assert float(child.stdout.readline()) < 0.3
        for one in half_heads:
            one.close()
        with client(False) as later:
            assert later.post(f"http://127.0.0.1:{port}", content=b"x").status_code == 200
        child.stdin.write("\n")
        assert child.communicate(timeout=10)[1] == ""


class TestWhatIsBrokenOnPurpose:
    @pytest.fixture
    def broken(self, serve: Serve) -> Callable[[Delivery], StudioServer]:
        return lambda delivery: serve(lambda request: Reply(200, (b"x" * 60_000, b"y" * 60_000), delivery=delivery))

    @both_protocols
    def test_a_reset(self, broken: Callable[[Delivery], StudioServer], is_http2: bool) -> None:
        server = broken("reset")
        with client(is_http2) as one, pytest.raises(httpx.TransportError):
            one.post(server.endpoint, content=b"x")
        while server.connections.count:
            time.sleep(0.01)

    def test_a_reset_is_one_of_tcp(self, broken: Callable[[Delivery], StudioServer]) -> None:
        with connect(broken("reset")) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                connection.recv(65_536)

    def test_a_reset_of_http_2_is_one_of_the_connection(self, broken: Callable[[Delivery], StudioServer]) -> None:
        with connect(broken("reset")) as connection:
            from h2.connection import H2Connection

            ours = H2Connection()
            ours.initiate_connection()
            pseudo = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "127.0.0.1")]
            ours.send_headers(1, pseudo, end_stream=True)
            connection.sendall(ours.data_to_send())
            with pytest.raises(ConnectionResetError):
                list(iter(lambda: connection.recv(65_536), b""))

    @both_protocols
    def test_a_cut(self, broken: Callable[[Delivery], StudioServer], is_http2: bool) -> None:
        server = broken("cut")
        with client(is_http2) as one, one.stream("POST", server.endpoint, content=b"x") as answer:
            assert answer.status_code == 200
            assert answer.headers["content-length"] == "120000"
            came: list[bytes] = []
            with pytest.raises(httpx.TransportError):
                came.extend(answer.iter_raw())
        assert b"".join(came) == b"x" * 60_000

    @both_protocols
    def test_no_answer(self, broken: Callable[[Delivery], StudioServer], is_http2: bool) -> None:
        server = broken("none")
        with client(is_http2) as one, pytest.raises(httpx.ReadTimeout):
            one.post(server.endpoint, content=b"x", timeout=0.3)
        while server.connections.count:
            time.sleep(0.01)


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_every_answer_has_a_request_id_and_none_echoes_without_end(talk: Callable[[bytes], bytes], raw: bytes) -> None:
    head, _, body = talk(raw).partition(b"\r\n\r\n")
    assert len(head.lower().split(b"x-amzn-requestid: ")[1].split(b"\r\n")[0]) == 36
    assert len(body) < 1000
