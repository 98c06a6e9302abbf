"""Requests that are slow, broken or strange get an answer or a closed connection: never a hang, never a traceback.

The studio's fixture fails the file if a single byte reaches standard error.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from helpers.studio.process import Studio

Talk = Callable[[bytes], bytes]
PATH = "/model/stability.stable-diffusion-xl-v1/invoke"
BODY = json.dumps({"text_prompts": [{"text": "a"}], "width": 320, "height": 320, "seed": 7}).encode()


def request_of(studio: Studio, body: bytes = BODY, extra: str = "", length: int | None = None) -> bytes:
    """A rightly signed request as raw bytes."""
    request = AWSRequest("POST", studio.endpoint + PATH, data=body)
    SigV4Auth(Credentials(studio.access_key, studio.secret_key), "bedrock", "us-west-2").add_auth(request)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {studio.endpoint.removeprefix('http://')}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return ("\r\n".join(lines) + "\r\n" + extra + "\r\n").encode() + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture
def connection(studio: Studio) -> Iterator[socket.socket]:
    host, port = studio.endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as opened:
        yield opened


def read_answer(connection: socket.socket) -> bytes:
    """One answer with its body, from a connection that stays open."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = connection.recv(65536)
        assert piece, "the studio hung up"
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % PATH.encode(), 404),
        (b"POST /model//invoke HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"POST * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\nHost: [::\r\n\r\n", 403),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ten\r\n\r\n0123456789", 400),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: x\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_of_ours_gets_an_error_in_bedrocks_shape(talk: Talk, raw: bytes, status: int) -> None:
    answer = talk(raw)
    assert status_of(answer) == status
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"x-amzn-errortype: " in head
    assert json.loads(body)["message"]


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length : 5",
        b"no header\r\nContent-Length: 5",
        b" X: 1\r\nContent-Length: 5",
        b"X: 1\r\n 2\r\nContent-Length: 5",
        b"X: 1\0\r\nContent-Length: 5",
        b": 1\r\nContent-Length: 5",
        b"Host: localhost\r\nContent-Length: 5",
        b"Content-Length: \xa05",
    ],
)
def test_a_head_that_two_servers_could_read_differently_is_refused(talk: Talk, line: bytes) -> None:
    raw = b"POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\n" + line + b"\r\n\r\nabcde"
    answer = talk(raw + b"GET /second HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer


def test_a_form_is_refused_for_its_type_and_not_for_its_head(talk: Talk, studio: Studio) -> None:
    whole = request_of(studio, extra="Content-Type: multipart/form-data\r\n")
    assert b"content type multipart/form-data is not supported" in talk(whole)


def test_an_empty_line_between_requests_is_passed_over(talk: Talk, studio: Studio) -> None:
    answers = talk(request_of(studio) + b"\r\n" + request_of(studio))
    assert answers.count(b"HTTP/1.1 200 OK") == 2


def test_close_is_heard_among_other_words(talk: Talk, studio: Studio) -> None:
    answer = talk(request_of(studio, extra="Connection: TE, Close\r\n") * 2)
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close" in answer


def test_head_gets_no_body(talk: Talk) -> None:
    head, _, body = talk(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").partition(b"\r\n\r\n")
    assert status_of(head) == 404
    assert body == b""


def test_half_a_request_is_let_go(talk: Talk, studio: Studio) -> None:
    whole = request_of(studio)
    for cut in (1, 20, 200, len(whole) - 1):
        answer = talk(whole[:cut])
        assert answer == b"" or status_of(answer) in (400, 403)
    assert talk(whole[:-1]) == b""
    assert status_of(talk(whole)) == 200


def test_a_client_that_hangs_up_in_the_middle_disturbs_nobody(studio: Studio, connection: socket.socket) -> None:
    host, port = studio.endpoint.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as gone:
            gone.sendall(request_of(studio))
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # close with a reset
    connection.sendall(request_of(studio))
    assert status_of(read_answer(connection)) == 200


def test_a_slow_request_is_waited_for(connection: socket.socket, studio: Studio) -> None:
    whole = request_of(studio)
    for start in range(0, len(whole), 200):
        connection.sendall(whole[start : start + 200])
        time.sleep(0.02)
    assert status_of(read_answer(connection)) == 200


def test_one_connection_serves_many_requests(connection: socket.socket, studio: Studio) -> None:
    for _ in range(3):
        connection.sendall(request_of(studio))
        assert status_of(read_answer(connection)) == 200
    connection.sendall(request_of(studio).replace(b"Signature=", b"Signature=0"))
    assert status_of(read_answer(connection)) == 403
    connection.sendall(request_of(studio))
    assert status_of(read_answer(connection)) == 200


def test_requests_sent_ahead_are_answered_in_turn(connection: socket.socket, studio: Studio) -> None:
    connection.sendall(request_of(studio) * 2)
    connection.shutdown(socket.SHUT_WR)
    heard = b""
    while piece := connection.recv(65536):
        heard += piece
    assert heard.count(b"HTTP/1.1 200 OK") == 2


def test_an_older_client_gets_its_answer_and_a_closed_connection(talk: Talk, studio: Studio) -> None:
    answer = talk(request_of(studio).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    assert status_of(answer) == 200
    assert b"Connection: close" in answer


def test_a_client_that_asks_first_is_told_to_go_on(connection: socket.socket, studio: Studio) -> None:
    whole = request_of(studio, extra="Expect: 100-continue\r\n")
    head = whole[: -len(BODY)]
    connection.sendall(head)
    assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    connection.sendall(BODY)
    assert status_of(read_answer(connection)) == 200


def test_a_client_that_asks_first_is_told_that_it_is_too_much(connection: socket.socket, studio: Studio) -> None:
    whole = request_of(studio, extra="Expect: 100-continue\r\n", length=25_000_001)
    connection.sendall(whole[: -len(BODY)])
    connection.shutdown(socket.SHUT_WR)
    answer = read_answer(connection)
    assert status_of(answer) == 400
    assert b"Member must have length less than or equal to 25000000" in answer


def test_after_too_long_a_body_the_connection_still_serves(connection: socket.socket, studio: Studio) -> None:
    connection.sendall(request_of(studio, body=b" " * 25_000_001))
    assert status_of(read_answer(connection)) == 400
    connection.sendall(request_of(studio))
    assert status_of(read_answer(connection)) == 200


def test_a_small_answer_does_not_wait_for_an_acknowledgement(wire: Any, bedrock: Any) -> None:
    took = []
    for _ in range(15):
        began = time.perf_counter()
        with pytest.raises(bedrock.exceptions.ValidationException):
            wire.invoke(bedrock, b"{")
        took.append(time.perf_counter() - began)
    assert min(took) < 0.03  # with Nagle's algorithm none takes less than 0.04 s, however fast the machine
