"""HTTP/1.1 on loopback: reads one request after another, however odd, and writes the answers of the application.

It needs the standard library alone, so that a studio starts in a moment. `routes` decides what a request means.
"""

import contextlib
import ipaddress
import itertools
import os
import re
import socket
import socketserver
import sys
import time
import uuid
from http import HTTPStatus
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from helpers.studio import VERSION, VERSION_HEADER
from helpers.studio.replies import BedrockError, Reply, validation
from helpers.studio.wire.messages import Application, Caller, Headers, HttpRequest, RequestHead

MAX_BODY = 25_000_000  # bytes: Bedrock's own limit on a request body
IDLE_SECONDS = 600.0  # a kept-alive connection may wait this long for its next request
SLOW_SECONDS = 30.0  # once a request has begun, the longest wait for its next piece

_CONNECTIONS = itertools.count(1)
_MAX_LINE = 65_536
_MAX_DISCARDED = 10 * MAX_BODY
_JOIN_BELOW = 65_536  # bytes: head and body smaller than this go out in one write


class StudioServer(ThreadingHTTPServer):
    """A server with one thread for each connection. It listens once made; set `application` before `serve_forever`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = os.name != "nt"  # on Windows this option would let two studios share a port

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.application: Application = NotReady()
        self.address_family, address = _resolved(host, port)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        address: Any = self.server_address
        self.server_name, self.server_port = str(address[0]), int(address[1])

    @property
    def loopback(self) -> bool:
        """True where the server listens to this machine alone."""
        return ipaddress.ip_address(self.server_name).is_loopback

    @property
    def endpoint(self) -> str:
        """The server's URL for a client on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.server_name, self.server_name)
        return f"http://[{host}]:{self.server_port}" if ":" in host else f"http://{host}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print one line about an error in a connection, and nothing where a client hung up."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"studio: a connection ended with {type(error).__name__}: {error}", file=sys.stderr)


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # IPv4 where there is a choice
    return family, (str(address[0]), int(address[1]))


class NotReady:
    """The application of a studio that is still starting, or could not be loaded: one error for every request."""

    def __init__(self, error: BedrockError | None = None) -> None:
        self._error = error or BedrockError("ServiceUnavailableException", "The studio is still starting.")

    def admit(self, head: RequestHead) -> Caller:
        """Raise the error, whatever is asked."""
        raise self._error

    def answer(self, request: HttpRequest, caller: Caller) -> Reply:
        """Return the error as an answer."""
        return self._error.reply()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # with it, each small answer waits 40 ms for an acknowledgement
    server: StudioServer
    headers: HTTPMessage
    _unread = False  # part of the request is still in the socket
    command = ""

    def handle_one_request(self) -> None:
        self.close_connection = True
        try:
            self.connection.settimeout(IDLE_SECONDS)
            self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
            if not self.raw_requestline:
                return
            self.connection.settimeout(SLOW_SECONDS)
            if len(self.raw_requestline) > _MAX_LINE:
                self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            elif self.parse_request():
                self._answer()
        except (OSError, ValueError):  # hung up, too slow, or closed under our hands
            self.close_connection = True

    def finish(self) -> None:
        """Close the connection; read on a little where a refused request is still coming, or its answer is lost."""
        if self._unread:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_WR)
                self.connection.settimeout(1.0)
                self._discard(_MAX_DISCARDED, seconds=5.0)
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        head = RequestHead(self.command, path, query, Headers(self.headers.items()))
        try:
            body = self._body()
            if body is None:
                self.close_connection = True
                return
            caller = self.server.application.admit(head)
            request = HttpRequest(head, body, str(uuid.uuid4()), next(_CONNECTIONS), self._client_waits)
            reply = self.server.application.answer(request, caller)
        except BedrockError as error:
            reply = error.reply()
        self._send(reply)

    def _body(self) -> bytes | None:
        """Read and return the request's body; None where the client hung up before its end.

        Raises BedrockError where it is too long, or has no length that can be read.
        """
        length = self._content_length()
        if length > MAX_BODY:
            self._unread = True
            if self._discard(min(length, _MAX_DISCARDED)) == length:
                self._unread = False
            self.close_connection |= self._unread
            raise validation(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_BODY}"
            )
        body = self.rfile.read(length) if length else b""
        return body if len(body) == length else None

    def _content_length(self) -> int:
        given = {value.strip() for value in self.headers.get_all("Content-Length", [])}
        if "Transfer-Encoding" in self.headers:
            raise self._broken("Chunked uploads are not taken: send the body with a Content-Length.", 411)
        if not given:
            return 0
        text = given.pop()
        if given or re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
            raise self._broken("The Content-Length header must be one whole number.", 400)
        return int(text)

    def _broken(self, message: str, status: int) -> BedrockError:
        self.close_connection = self._unread = True
        return BedrockError("ValidationException", message, status=status)

    def _discard(self, length: int, seconds: float = SLOW_SECONDS) -> int:
        end, left = time.monotonic() + seconds, length
        while left and time.monotonic() < end:
            piece = self.rfile.read1(min(left, _JOIN_BELOW))
            if not piece:
                break
            left -= len(piece)
        return length - left

    def handle_expect_100(self) -> bool:
        """Ask the client for the body only where it will be read."""
        try:
            too_long = self._content_length() > MAX_BODY
        except BedrockError:
            too_long = True
        return True if too_long else bool(super().handle_expect_100())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send what the standard library refuses (request lines and headers that are no HTTP) as a Bedrock error."""
        self.close_connection = self._unread = True
        text = message or HTTPStatus(code).phrase
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._send(BedrockError("UnknownOperationException", text).reply())
        else:
            self._send(BedrockError("ValidationException", text, status=code).reply())

    def _send(self, reply: Reply) -> None:
        self.connection.settimeout(IDLE_SECONDS)
        length = sum(len(piece) for piece in reply.body)
        lines = [
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
            f"Date: {self.date_time_string()}",
            *(f"{name}: {value}" for name, value in reply.headers),
            f"x-amzn-requestid: {uuid.uuid4()}",
            f"{VERSION_HEADER}: {VERSION}",
            f"Content-Length: {length}",
            "Connection: close" if self.close_connection else "Connection: keep-alive",
        ]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        pieces = () if self.command == "HEAD" else reply.body
        if length < _JOIN_BELOW:
            self.connection.sendall(head + b"".join(pieces))
            return
        for piece in (head, *pieces):
            self.connection.sendall(piece)

    def _client_waits(self) -> bool:
        before = self.connection.gettimeout()
        try:
            self.connection.settimeout(0)
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                self.connection.settimeout(before)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: standard error is for what goes wrong."""
