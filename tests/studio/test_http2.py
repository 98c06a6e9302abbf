"""HTTP/2 with prior knowledge, as curl and AWS's SDK for JavaScript speak it, beside HTTP/1.1 on the same port."""

import json
import os
import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, ResponseReceived, SettingsAcknowledged, StreamEnded, StreamReset
from h2.settings import SettingCodes, Settings

from helpers.studio.process import Studio
from helpers.studio.replies import Reply, json_reply
from helpers.studio.wire import limits
from helpers.studio.wire.messages import HttpRequest
from helpers.studio.wire.server import StudioServer
from helpers.studio.wire.threads import SpareThreads

Serve = Callable[[Callable[[HttpRequest], Reply]], StudioServer]
SDXL = "stability.stable-diffusion-xl-v1"
PATH = f"/model/{SDXL}/invoke"
BODY = json.dumps({"text_prompts": [{"text": "a 月亮=not-drawn"}], "width": 320, "height": 320, "seed": 7}).encode()


def signed(studio: Studio, body: bytes = BODY, path: str = PATH, method: str = "POST") -> dict[str, str]:
    """The headers of a rightly signed request."""
    request = AWSRequest(method, studio.endpoint + path, data=body)
    SigV4Auth(Credentials(studio.access_key, studio.secret_key), "bedrock", "us-west-2").add_auth(request)
    return dict(request.headers.items())


@pytest.fixture
def http2() -> Iterator[httpx.Client]:
    with httpx.Client(http1=False, http2=True, timeout=30, trust_env=False) as client:
        yield client


class Raw:
    """A client that sends what it is told to, frame by frame, and opens its windows only when asked."""

    def __init__(self, server: StudioServer, window: int = 65_535, **settings: int) -> None:
        self.socket = socket.create_connection((server.server_name, server.server_port), timeout=20)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        values = {SettingCodes[name]: value for name, value in settings.items()}
        self.h2.local_settings = Settings(
            client=True, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: window, **values}
        )
        self.h2.initiate_connection()
        self.events: list[Event] = []
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def ask(self, path: str, body: bytes | None = b"", **headers: str) -> int:
        """Open a stream; with None as the body, its end is still to come."""
        number = self.h2.get_next_available_stream_id()
        pseudo = [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "127.0.0.1")]
        self.h2.send_headers(number, [*pseudo, *headers.items()], end_stream=body == b"")
        if body:
            self.h2.send_data(number, body, end_stream=True)
        self.flush()
        return number

    def open(self, amount: int, *streams: int) -> None:
        """Let so many bytes more come, over the connection and over each of these streams."""
        self.h2.increment_flow_control_window(amount)
        for number in streams:
            self.h2.increment_flow_control_window(amount, number)
        self.flush()

    def until(self, wanted: type[Event], number: int) -> Any:
        """Read on until this event of this stream; what came before is in `events`."""
        while True:
            for event in self.events:
                if isinstance(event, wanted) and getattr(event, "stream_id", 0) == number:
                    return event
            data = self.socket.recv(65_536)
            assert data, "the studio hung up"
            self.events += self.h2.receive_data(data)
            self.flush()

    def body(self, number: int) -> bytes:
        self.until(StreamEnded, number)
        return b"".join(one.data for one in self.events if isinstance(one, DataReceived) and one.stream_id == number)

    def status(self, number: int) -> int:
        return int(dict(self.until(ResponseReceived, number).headers)[":status"])


def echo(request: HttpRequest) -> Reply:
    return json_reply({"path": request.head.path, "bytes": len(request.body)})


class TestClients:
    def test_a_signed_call_gets_the_same_bytes_as_over_http_1(self, studio: Studio, http2: httpx.Client) -> None:
        url = studio.endpoint + PATH
        two = http2.post(url, content=BODY, headers=signed(studio))
        one = httpx.post(url, content=BODY, headers=signed(studio), trust_env=False)
        assert (two.http_version, one.http_version) == ("HTTP/2", "HTTP/1.1")
        assert (two.status_code, one.status_code) == (200, 200)
        assert two.content == one.content
        ours = ("content-type", "content-length", "x-studio-version", "x-studio-engine", "x-studio-words")
        assert {name: two.headers[name] for name in ours} == {name: one.headers[name] for name in ours}
        assert two.headers["x-amzn-requestid"] != one.headers["x-amzn-requestid"]

    def test_a_wrong_signature_is_refused(self, studio: Studio, http2: httpx.Client) -> None:
        headers = signed(studio) | {"X-Amz-Date": "20200101T000000Z"}
        answer = http2.post(studio.endpoint + PATH, content=BODY, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["x-amzn-errortype"].startswith("InvalidSignatureException:")
        assert answer.headers["x-amzn-requestid"]

    def test_another_host_is_refused(self, studio: Studio, http2: httpx.Client) -> None:
        answer = http2.get(studio.endpoint + "/foundation-models", headers={"Host": "evil.example"})
        assert answer.status_code == 403

    @pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
    def test_curl(self, studio: Studio) -> None:
        version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
        if "HTTP2" not in version:
            pytest.skip("this curl has no HTTP/2")
        path = "/foundation-models"
        headers = [f"-H{name}: {value}" for name, value in signed(studio, b"", path, "GET").items()]
        command = ["curl", "-s", "--noproxy", "*", "--http2-prior-knowledge", "-w", "\n%{http_version}", *headers]
        told = subprocess.run([*command, studio.endpoint + path], capture_output=True, text=True, check=True).stdout
        answer, _, version = told.rpartition("\n")
        assert version == "2"
        assert SDXL in [one["modelId"] for one in json.loads(answer)["modelSummaries"]]

    def test_aws_own_sdk_for_javascript_with_its_defaults(self, studio: Studio, wire: Any) -> None:
        script = """
            const { BedrockRuntimeClient, InvokeModelCommand } = require("@aws-sdk/client-bedrock-runtime");
            const client = new BedrockRuntimeClient({});
            const ask = (body) => client.send(new InvokeModelCommand({ modelId: process.argv[1], body }));
            (async () => {
              const answers = await Promise.all(Array.from({ length: 9 }, () => ask(process.argv[2])));
              const artifacts = answers.map((one) => JSON.parse(new TextDecoder().decode(one.body)).artifacts[0]);
              const wrong = await ask("{").catch((error) => [error.name, error.$metadata.requestId]);
              console.log(JSON.stringify({ artifacts, wrong }));
            })();
        """
        if shutil.which("node") is None or not _has_javascript_sdk():
            pytest.skip("needs node, and @aws-sdk/client-bedrock-runtime where it finds packages (NODE_PATH)")
        environment = wire.clean_environment(
            AWS_ENDPOINT_URL_BEDROCK_RUNTIME=studio.endpoint,
            AWS_ACCESS_KEY_ID=studio.access_key,
            AWS_SECRET_ACCESS_KEY=studio.secret_key,
            AWS_REGION="us-west-2",
        )
        command = ["node", "-e", script, SDXL, BODY.decode()]
        told = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        assert told.returncode == 0, told.stderr
        found = json.loads(told.stdout)
        assert [one["finishReason"] for one in found["artifacts"]] == ["SUCCESS"] * 9
        assert len({one["base64"] for one in found["artifacts"]}) == 1
        assert found["wrong"][0] == "ValidationException"
        assert found["wrong"][1]


def _has_javascript_sdk() -> bool:
    command = ["node", "-e", "require.resolve('@aws-sdk/client-bedrock-runtime')"]
    return subprocess.run(command, capture_output=True, env=os.environ).returncode == 0


class TestStreams:
    def test_many_at_once_over_one_connection(self, serve: Serve) -> None:
        together = threading.Barrier(20)

        def answer(request: HttpRequest) -> Reply:
            together.wait(10)
            return echo(request)

        client = Raw(serve(answer))
        numbers = [client.ask(f"/{number}", b"x" * number) for number in range(1, 21)]
        for number, stream in enumerate(numbers, 1):
            assert json.loads(client.body(stream)) == {"path": f"/{number}", "bytes": number}

    def test_a_client_that_reads_slowly_holds_up_no_other_stream(self, serve: Serve) -> None:
        client = Raw(serve(lambda request: Reply(200, (b"x" * int(request.head.path[1:]),))), window=1000)
        large, small = client.ask("/100000"), client.ask("/500")
        assert len(client.body(small)) == 500
        client.until(DataReceived, large)
        client.open(200_000, large)
        assert len(client.body(large)) == 100_000

    def test_a_client_that_says_goodbye_gets_what_it_asked_for(self, serve: Serve) -> None:
        go = threading.Event()

        def answer(request: HttpRequest) -> Reply:
            go.wait(10)
            return Reply(200, (b"x" * 200_000,))

        client = Raw(serve(answer), window=1 << 20)
        number = client.ask("/")
        # GOAWAY by hand: h2 would send nothing more afterwards, where others go on with their open streams
        client.socket.sendall(b"\0\0\x08\x07\0\0\0\0\0" + b"\0" * 8)
        client.h2.increment_flow_control_window(1 << 20)
        client.flush()
        go.set()
        assert len(client.body(number)) == 200_000

    def test_what_a_client_takes_back_is_known_to_whoever_draws(self, serve: Serve) -> None:
        asked, taken_back = threading.Event(), threading.Event()

        def answer(request: HttpRequest) -> Reply:
            if request.head.path == "/other":
                return echo(request)
            asked.set()
            assert request.client_waits()
            while request.client_waits():
                pass
            taken_back.set()
            return echo(request)

        client = Raw(serve(answer))
        number = client.ask("/drawn")
        assert asked.wait(10)
        client.h2.reset_stream(number)
        client.flush()
        assert taken_back.wait(10)
        assert client.status(client.ask("/other")) == 200

    def test_a_head_that_is_refused_is_answered_before_its_body(self, serve: Serve) -> None:
        client = Raw(serve(echo))
        number = client.ask("/refused", None, **{"content-length": "3"})
        assert client.status(number) == 403
        client.h2.send_data(number, b"abc", end_stream=True)
        client.flush()
        assert client.status(client.ask("/next", b"a")) == 200

    @pytest.mark.parametrize("declared", [True, False])
    def test_too_long_a_body_is_refused_with_bedrocks_words(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, declared: bool
    ) -> None:
        monkeypatch.setattr(limits, "MAX_BODY", 1000)
        server = serve(echo)
        client = Raw(server)
        number = client.ask("/", None, **({"content-length": "1001"} if declared else {}))
        client.h2.send_data(number, b"x" * 1001, end_stream=True)
        client.flush()
        assert b"less than or equal to 25000000" in client.body(number)
        assert client.status(number) == 400
        assert client.status(client.ask("/", b"x" * 1000)) == 200

    def test_a_body_that_never_ends_is_given_up(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "BODY_SECONDS", 0.2)
        client = Raw(serve(echo))
        client.until(StreamReset, client.ask("/", None))
        assert client.status(client.ask("/", b"a")) == 200

    def test_a_refused_body_that_never_ends_is_given_up_and_the_connection_goes_on(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "BODY_SECONDS", 0.2)
        client = Raw(serve(echo))
        number = client.ask("/refused", None)
        assert client.status(number) == 403
        client.until(StreamReset, number)
        assert client.status(client.ask("/", b"a")) == 200

    def test_head_gets_no_body(self, serve: Serve) -> None:
        server = serve(echo)
        with httpx.Client(http1=False, http2=True, trust_env=False) as client:
            answer = client.head(server.endpoint + "/a")
        assert answer.status_code == 200
        assert answer.content == b""

    def test_a_client_that_asks_first_is_told_to_go_on(self, serve: Serve) -> None:
        client = Raw(serve(echo))
        number = client.ask("/", None, expect="100-continue")
        from h2.events import InformationalResponseReceived

        client.until(InformationalResponseReceived, number)
        client.h2.send_data(number, b"abc", end_stream=True)
        client.flush()
        assert json.loads(client.body(number))["bytes"] == 3

    @pytest.mark.parametrize(
        "rest",
        [b"\r\nSM\r\n\r\nnonsense that is no frame", b"\r\nSM\r\n\r\n" + b"\xff" * 50, b"GET / HTTP/1.1\r\n\r\n"],
    )
    def test_nonsense_ends_the_connection_and_nothing_else(
        self, serve: Serve, rest: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(limits, "HEAD_SECONDS", 0.3)  # some of it looks like the beginning of a long frame
        server = serve(echo)
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n" + rest)
            while connection.recv(65_536):
                pass
        assert Raw(server).ask("/") == 1
        assert capsys.readouterr().err == ""


class TestClientsThatDoAsTheyLike:
    """What the protocol allows, and hardly any client does: no stream of the connection is lost by it, nor is another."""

    def test_a_refusal_waits_for_the_window_like_any_answer(self, serve: Serve) -> None:
        client = Raw(serve(echo), window=0)
        refused, served = client.ask("/refused"), client.ask("/", b"abc")
        assert (client.status(refused), client.status(served)) == (403, 200)
        client.open(1000, refused, served)
        assert b"Not you." in client.body(refused)
        assert json.loads(client.body(served))["bytes"] == 3

    @pytest.mark.parametrize("headers", [{":path": "/refused"}, {":path": "/", "expect": "100-continue"}])
    def test_what_is_taken_back_at_once_disturbs_no_other_stream(self, serve: Serve, headers: dict[str, str]) -> None:
        client = Raw(serve(echo))
        client.until(SettingsAcknowledged, 0)
        pseudo = [(":method", "POST"), (":scheme", "http"), (":authority", "127.0.0.1")]
        client.h2.send_headers(1, [*pseudo, *headers.items()])
        client.h2.reset_stream(1)
        assert client.status(client.ask("/", b"a")) == 200

    @pytest.mark.parametrize("said", ["goodbye", "a window of what has ended"])
    def test_a_picture_may_take_long_whatever_was_said_last(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, said: str
    ) -> None:
        monkeypatch.setattr(limits, "HEAD_SECONDS", 0.2)
        go = threading.Event()

        def answer(request: HttpRequest) -> Reply:
            if request.head.path == "/long":
                go.wait(10)
            return echo(request)

        client = Raw(serve(answer))
        first = client.ask("/")
        client.body(first)
        long = client.ask("/long")
        if said == "goodbye":
            client.socket.sendall(b"\0\0\x08\x07\0\0\0\0\0" + b"\0" * 8)
        else:
            client.socket.sendall(b"\0\0\x04\x08\0" + first.to_bytes(4) + (1).to_bytes(4))
        client.socket.settimeout(0.5)  # past HEAD_SECONDS
        with pytest.raises(TimeoutError):
            client.until(StreamEnded, long)
        client.socket.settimeout(20)
        go.set()
        assert client.status(long) == 200

    def test_a_client_that_never_reads_on_is_told_that_it_gets_no_more(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "IDLE_SECONDS", 0.3)
        client = Raw(serve(echo), window=0)
        client.until(StreamReset, client.ask("/"))

    def test_windows_may_shrink_below_nothing_in_the_middle_of_an_answer(self, serve: Serve) -> None:
        client = Raw(serve(lambda request: Reply(200, (b"x" * 50_000,))), window=30_000)
        number = client.ask("/")
        client.until(DataReceived, number)
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 100, SettingCodes.MAX_FRAME_SIZE: 20_000})
        client.h2.max_inbound_frame_size = 20_000  # h2 raises it once it has read all that came with the agreement
        client.flush()
        client.until(SettingsAcknowledged, 0)
        client.open(60_000, number)
        assert len(client.body(number)) == 50_000

    def test_many_large_answers_reach_a_client_that_is_slower_than_the_studio(self, serve: Serve) -> None:
        server = serve(lambda request: Reply(200, (b"x" * 2_000_000,)))
        client = Raw(server, window=1 << 30)
        client.open((1 << 31) - 65_536)
        numbers = [client.ask("/") for _ in range(100)]
        assert [len(client.body(number)) for number in numbers] == [2_000_000] * 100

    def test_a_client_that_does_not_read_is_still_heard(self, serve: Serve) -> None:
        heard = threading.Event()

        def answer(request: HttpRequest) -> Reply:
            heard.set()
            return echo(request)

        server = serve(answer)
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        client = Raw(server)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(20_000):  # each is to be answered, and too many to fit anywhere between here and there
            client.h2.ping(b"12345678")
        client.ask("/")
        assert heard.wait(10)

    def test_the_studio_remembers_little_for_a_client_that_would_remember_more(self, serve: Serve) -> None:
        client = Raw(serve(echo), HEADER_TABLE_SIZE=1 << 20)
        client.h2.decoder.max_allowed_table_size = 1 << 20
        client.until(SettingsAcknowledged, 0)
        for _ in range(3):
            client.body(client.ask("/"))
        assert client.h2.decoder.header_table_size <= 4096

    def test_one_whose_answers_have_come_makes_room_for_others(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MAX_CONNECTIONS", 2)
        server = serve(echo)
        clients = [Raw(server) for _ in range(2)]
        for one in clients:
            one.until(SettingsAcknowledged, 0)
            one.body(one.ask("/"))
        assert Raw(server).ask("/") == 1
        late = Raw(server)
        assert late.status(late.ask("/")) == 200

    def test_where_no_thread_can_be_had_it_is_told_to_ask_again(self, serve: Serve) -> None:
        server = serve(echo)
        server.budget = limits.Budget(10)
        run, server.threads.run = server.threads.run, Mock(side_effect=RuntimeError)  # type: ignore[method-assign]
        client = Raw(server)
        reset = client.until(StreamReset, client.ask("/", b"0123456789"))
        assert reset.error_code == ErrorCodes.REFUSED_STREAM
        server.threads.run = run  # type: ignore[method-assign]
        assert client.status(client.ask("/", b"0123456789")) == 200

    def test_ip_version_6(self) -> None:
        server = StudioServer("::1")
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with httpx.Client(http1=False, http2=True, trust_env=False) as client:
            assert client.get(server.endpoint).status_code == 503
        server.shutdown()
        server.server_close()


class TestBrokenOnPurpose:
    def test_a_cut_answer_goes_as_far_as_it_should_beside_a_slow_one(self, serve: Serve) -> None:
        server = serve(
            lambda request: (
                Reply(200, (b"x" * 1000,), delivery="cut")
                if request.head.path == "/cut"
                else Reply(200, (b"x" * 5_000_000,))
            )
        )
        client = Raw(server, window=1 << 30)
        client.open(1 << 30)
        client.ask("/large")
        client.until(SettingsAcknowledged, 0)
        cut = client.ask("/cut")
        client.until(DataReceived, cut)
        got = sum(len(one.data) for one in client.events if isinstance(one, DataReceived) and one.stream_id == cut)
        assert got == 500

    def test_a_reset_comes_though_another_answer_is_not_being_read(self, serve: Serve) -> None:
        server = serve(
            lambda request: (
                Reply(200, (), delivery="reset") if request.head.path == "/reset" else Reply(200, (b"x" * 30_000_000,))
            )
        )
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        client = Raw(server, window=1 << 30)
        client.open(1 << 30)
        client.status(client.ask("/large"))
        client.ask("/reset")
        while server.connections.count:
            time.sleep(0.01)

    def test_a_reset_comes_where_no_shutdown_wakes_the_reader(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = serve(lambda request: Reply(200, (), delivery="reset"))
        client = Raw(server)
        monkeypatch.setattr(socket.socket, "shutdown", lambda self, how: None)  # on Windows it wakes nobody
        client.ask("/")
        with pytest.raises(ConnectionResetError):
            client.until(StreamEnded, 1)


class TestSpareThreads:
    def test_one_that_has_nothing_to_do_is_taken_before_another_is_started(self) -> None:
        threads, done = SpareThreads(), queue.SimpleQueue[int]()
        ran: set[int] = set()
        for _ in range(20):
            threads.run(lambda: done.put(threading.get_ident()))
            ran.add(done.get(timeout=10))
            while not threads._spare:
                time.sleep(0.001)
        assert len(ran) == 1

    def test_none_waits_for_another(self) -> None:
        threads, together = SpareThreads(), threading.Barrier(6)
        for _ in range(5):
            threads.run(together.wait)
        together.wait(10)

    def test_all_leave_in_the_end_and_what_comes_just_then_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("helpers.studio.wire.threads._KEEP_SECONDS", 0.0001)
        threads, done = SpareThreads(), queue.SimpleQueue[int]()
        before = threading.active_count()
        for number in range(500):
            threads.run(lambda number=number: done.put(number))  # type: ignore[misc]
            time.sleep(0.0001)
        assert sorted(done.get(timeout=10) for _ in range(500)) == list(range(500))
        while threading.active_count() > before:
            time.sleep(0.01)


class TestMixed:
    def test_both_protocols_at_once(self, serve: Serve) -> None:
        server = serve(echo)

        def ask(number: int) -> tuple[str, int]:
            with httpx.Client(http1=bool(number % 2), http2=not number % 2, timeout=20, trust_env=False) as client:
                answer = client.post(server.endpoint + f"/{number}", content=b"x" * number)
            return answer.http_version, answer.json()["bytes"]

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(1, 41)))
        assert answers == [("HTTP/1.1" if number % 2 else "HTTP/2", number) for number in range(1, 41)]

    def test_an_upgrade_to_http_2_is_passed_over(self, serve: Serve) -> None:
        headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
        answer = httpx.get(serve(echo).endpoint + "/a", headers=headers, trust_env=False)
        assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1")


def test_the_endpoint_is_one_for_both(studio: Studio) -> None:
    assert urlsplit(studio.endpoint).scheme == "http"
