"""HTTP/1.1: one request after another over a connection, however odd, and the answers of the application.

A connection that begins with HTTP/2's preface is handed to `http2`.
"""

import contextlib
import io
import re
import socket
from email.errors import FirstHeaderLineIsContinuationDefect, InvalidHeaderDefect, MissingHeaderBodySeparatorDefect
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast

from helpers.language import shortened
from helpers.studio.replies import BedrockError, Reply
from helpers.studio.wire import limits
from helpers.studio.wire.exchange import (
    HTTP2_PREFACE,
    JOIN_BELOW,
    ServerParts,
    answer_headers,
    body_too_long,
    first_half,
    length_of,
    new_request_id,
    too_many_bodies,
)
from helpers.studio.wire.messages import Headers, HttpRequest, RequestHead
from helpers.studio.wire.sockets import TimedReader, reset

# Where the standard library passes over a line, or takes all from there on for the body.
_NO_HEADERS = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect, InvalidHeaderDefect)
_NO_VALUE = re.compile(r"[\r\n\0]")
_MAX_LINE = 65_536
_PIECE = 1_000_000  # bytes of a body for which there must be room before they are read
_MAX_DISCARDED = 10 * limits.MAX_BODY


class Http1Connection(BaseHTTPRequestHandler):
    """One connection, from its first byte to its last."""

    protocol_version = "HTTP/1.1"
    rfile: "io.BufferedReader[Any]"
    _unread = 0  # bytes of the request's body that are still to come
    _is_broken = False  # what comes next on the connection cannot be told
    _request_id = ""
    command = ""

    def setup(self) -> None:
        """Prepare to read; writes go straight to the socket."""
        self.connection: socket.socket = self.request
        self._parts = cast(ServerParts, self.server)
        self._incoming = TimedReader(self.connection)
        self.rfile = io.BufferedReader(self._incoming, _MAX_LINE)
        # Nagle's algorithm would let each small answer wait 40 ms for an acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._number = self._parts.connections.add(self.connection)

    def handle_one_request(self) -> None:
        """Read one request and answer it; the connection is closed unless the answer leaves it open."""
        self.close_connection = True
        self._unread, self._request_id = 0, new_request_id()
        try:
            self._parts.connections.mark(self.connection, idle=True)
            self._incoming.allow(limits.IDLE_SECONDS)
            if not self.rfile.peek(1):
                return
            self._parts.connections.mark(self.connection, idle=False)
            self._incoming.allow(limits.HEAD_SECONDS)
            self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
            if self.raw_requestline in (b"\r\n", b"\n"):  # some clients end a body with one
                self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
            if len(self.raw_requestline) > _MAX_LINE:
                self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            elif self.raw_requestline == HTTP2_PREFACE:
                from helpers.studio.wire.http2 import Http2Connection

                Http2Connection(self._parts, self.connection, self.rfile, self._incoming, self._number).run()
            elif self.parse_request():
                words = self.headers.get("Connection", "").lower().split(",")
                self.close_connection |= "close" in map(str.strip, words)
                self._answer()
        except (OSError, ValueError):  # hung up, too slow, or closed under our hands
            self.close_connection = True

    def finish(self) -> None:
        """Close the connection; read on a little where a refused request is still coming, or its answer is lost."""
        if self._unread or self._is_broken:
            with contextlib.suppress(OSError, ValueError):
                self.connection.shutdown(socket.SHUT_WR)
                self._discard(_MAX_DISCARDED, limits.LINGER_SECONDS)
        self._parts.connections.remove(self.connection)

    def _answer(self) -> None:
        """Read the rest of a request and answer it; say nothing where the client hangs up before its end."""
        held, access_key = 0, ""
        try:
            head = self._head()
            self._unread = self._content_length()
            caller = self._parts.application.admit(head)
            access_key = caller.access_key
            if self._unread > limits.MAX_BODY:
                raise body_too_long()
            if self._asks_first():
                self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._incoming.allow(limits.body_seconds(self._unread))
            pieces: list[bytes] = []
            while self._unread:
                size = min(self._unread, _PIECE)
                if not self._parts.budget.take(access_key, size, limits.BODY_SECONDS):
                    raise too_many_bodies()
                held += size
                pieces.append(self.rfile.read(size))
                if len(pieces[-1]) < size:
                    self.close_connection = True
                    return
                self._unread -= size
            request = HttpRequest(head, b"".join(pieces), self._request_id, self._number, self._client_waits)
            del pieces
            reply = self._parts.application.answer(request, caller)
            del request  # and the body, before a client that may read slowly
        except BedrockError as error:
            self._refuse(error)
            return
        finally:
            self._parts.budget.give_back(access_key, held)
        self._send(reply)

    def _refuse(self, error: BedrockError) -> None:
        """Answer at once; then read the rest of the request, so that the connection can serve the next one."""
        if self._asks_first() or self._unread > _MAX_DISCARDED:
            self.close_connection = True  # a client that asks may send its body or not
        self._send(error.reply())
        if not self.close_connection:
            self._unread -= self._discard(self._unread, limits.BODY_SECONDS)
            self.close_connection = self._unread > 0

    def _head(self) -> RequestHead:
        """Return the request's head. Raises BedrockError where another reader could see another head or body in it."""
        if any(isinstance(one, _NO_HEADERS) for one in self.headers.defects):
            raise self._broken("Each line of the head must be a header: its name, a colon at once, and its value.", 400)
        if any(_NO_VALUE.search(value) for value in self.headers.values()):
            raise self._broken("A header's value must be on one line, without control characters.", 400)
        if len(self.headers.get_all("Host", [])) > 1:
            raise self._broken("There must be one Host header.", 400)
        path, _, query = self.path.partition("?")
        return RequestHead(self.command, path, query, Headers(self.headers.items()))

    def _content_length(self) -> int:
        """Return the length of the request's body. Raises BedrockError where it cannot be told."""
        given = {value.strip(" \t") for value in self.headers.get_all("Content-Length", [])}
        if "Transfer-Encoding" in self.headers:
            raise self._broken("Chunked uploads are not taken: send the body with a Content-Length.", 411)
        if not given:
            return 0
        text = given.pop()
        if given or re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) is None:
            raise self._broken("The Content-Length header must be one whole number.", 400)
        return int(text)

    def _broken(self, message: str, status: int) -> BedrockError:
        self.close_connection = self._is_broken = True
        return BedrockError("ValidationException", message, status=status)

    def _asks_first(self) -> bool:
        """Return whether the client waits for "100 Continue" before it sends the body."""
        return self.headers.get("Expect", "").lower() == "100-continue" and self.request_version != "HTTP/1.0"

    def handle_expect_100(self) -> bool:
        """Put off the answer to Expect until it is known whether the body will be read."""
        return True

    def _discard(self, length: int, seconds: float) -> int:
        """Read up to `length` bytes for up to so many seconds; return how many came."""
        self._incoming.allow(seconds)
        left = length
        with contextlib.suppress(TimeoutError):
            while left and (piece := self.rfile.read1(min(left, JOIN_BELOW))):
                left -= len(piece)
        return length - left

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send what the standard library refuses (request lines and headers that are no HTTP) as a Bedrock error."""
        self.close_connection = self._is_broken = True
        text = shortened(message or HTTPStatus(code).phrase, 200)
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._send(BedrockError("UnknownOperationException", text).reply())
        else:
            self._send(BedrockError("ValidationException", text, status=code).reply())

    def _send(self, reply: Reply) -> None:
        if reply.delivery == "reset":
            reset(self.connection)
        elif reply.delivery == "none":
            self._wait_for_hang_up()
        if reply.delivery in ("reset", "none"):
            self.close_connection = True
            return
        self.close_connection |= reply.delivery == "cut"
        self.connection.settimeout(limits.IDLE_SECONDS)
        lines = [
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
            *(f"{name}: {value}" for name, value in answer_headers(reply, self._request_id)),
            "Connection: close" if self.close_connection else "Connection: keep-alive",
        ]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        pieces = () if self.command == "HEAD" else first_half(reply) if reply.delivery == "cut" else reply.body
        if length_of(reply) < JOIN_BELOW:
            self.connection.sendall(head + b"".join(pieces))
            return
        for piece in (head, *pieces):
            self.connection.sendall(piece)

    def _client_waits(self) -> bool:
        try:
            self.connection.settimeout(0)
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _wait_for_hang_up(self) -> None:
        self._incoming.allow(limits.IDLE_SECONDS)
        with contextlib.suppress(TimeoutError):
            while self.rfile.read1(JOIN_BELOW):
                pass

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: standard error is for what goes wrong."""
