"""HTTP/2 over a connection, with prior knowledge: frames by h2, and for each request a thread that answers it.

One thread reads. Answers are written by their own threads, as far as the client's flow control lets them; bytes for the
socket are gathered in one place, and whoever finds nobody sending sends them all. The reader sends what goes at once and
leaves the rest to a thread, so that it never waits for a client that reads slowly.
RFC 9113: https://www.rfc-editor.org/rfc/rfc9113
"""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame, GoAwayFrame

from helpers.studio.replies import BedrockError, Reply
from helpers.studio.wire import limits
from helpers.studio.wire.exchange import (
    HTTP2_PREFACE,
    ServerParts,
    answer_headers,
    body_too_long,
    first_half,
    new_request_id,
    too_many_bodies,
)
from helpers.studio.wire.messages import Caller, Headers, HttpRequest, RequestHead
from helpers.studio.wire.sockets import TimedReader, reset

_WINDOW = 1 << 20  # bytes of a request body that a client may send ahead; the protocol's own 65,535 would slow uploads
_FRAME = 1 << 18  # bytes of a frame of a request body; each costs the same, however long it is
_READ = 1 << 18
_BATCH = 1 << 18  # bytes of an answer that are made into frames at once
_AHEAD = 1 << 22  # bytes that may wait for the client to read, before answers wait instead of being made into frames
_MAX_UNSENT = 2 * _AHEAD  # the rest is for acknowledgements; a client that asks for more and does not read is let go
_HEADER_TABLE = 4096  # bytes of earlier headers that are kept, to be referred to; a client may allow gigabytes
_LOOK_SECONDS = 0.5  # until the reader sees that an answer has closed the connection, where it isn't woken (Windows)
_NOBODY = Caller("", "")


@dataclass(eq=False)
class _Stream:
    """A request as it comes in, and whether its client still waits for the answer."""

    id: int
    head: RequestHead
    request_id: str
    deadline: float
    caller: Caller = _NOBODY
    body: bytearray = field(default_factory=bytearray)
    held: int = 0
    """Bytes that it has taken from the server's budget."""
    is_gone: bool = False


class _ServerSide(H2Connection):
    """The server's side of h2, where a GOAWAY of the client does not end the connection.

    A client that wants to close sends one, and still waits for the answers to its requests (RFC 9113, section 6.8);
    AWS's SDK for JavaScript does. h2 itself would refuse whatever comes after.
    """

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        return [], []

    @property
    def is_in_frame(self) -> bool:
        """Whether the preface, a frame or a head has come in part."""
        buffer = self.incoming_buffer
        return bool(buffer._data or buffer._headers_buffer or buffer._preamble_len)


class Http2Connection:
    """One connection, from the client's preface, whose first line has been read, to its end."""

    def __init__(
        self,
        server: ServerParts,
        connection: socket.socket,
        reader: io.BufferedReader,
        incoming: TimedReader,
        number: int,
    ) -> None:
        self._server, self._socket, self._reader, self._incoming = server, connection, reader, incoming
        self._number = number
        self._outgoing = connection.dup()  # Python keeps one timeout a socket, for reads and writes alike
        self._outgoing.settimeout(limits.IDLE_SECONDS)
        self._h2 = _ServerSide(H2Configuration(client_side=False, header_encoding="latin-1"))
        self._head_deadline: float | None = None  # of a frame or head that has come in part
        self._changed = threading.Condition()  # guards h2 and all below; told when a window opens or a client goes
        self._arriving: dict[int, _Stream] = {}  # their bodies are still to come
        self._answering: dict[int, _Stream] = {}
        self._refused: dict[int, float] = {}  # the deadlines of bodies that are still to come, and are not wanted
        self._unsent = bytearray()
        self._is_sending = self._is_closed = self._is_to_be_reset = False

    def run(self) -> None:
        """Serve until either side closes the connection."""
        try:
            self._begin()
            while data := self._read():
                with self._changed:
                    events = self._h2.receive_data(data)
                    is_in_frame = self._h2.is_in_frame
                if not is_in_frame:
                    self._head_deadline = None
                elif events or self._head_deadline is None:
                    self._head_deadline = time.monotonic() + limits.HEAD_SECONDS
                for event in events:
                    self._act(event)
        except (H2Error, OSError, ValueError):  # no HTTP/2, hung up, too slow, or closed under our hands
            with contextlib.suppress(OSError):
                self._flush_at_once()  # the reason, as h2 says it to the client
        finally:
            self._end()

    # --- Reading ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        values = {
            SettingCodes.MAX_CONCURRENT_STREAMS: limits.MAX_STREAMS,
            SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
            SettingCodes.MAX_FRAME_SIZE: _FRAME,
        }
        with self._changed:
            self._h2.local_settings = Settings(client=False, initial_values=values)
            self._h2.max_inbound_frame_size = _FRAME  # which h2 else raises when the client agrees, one round trip late
            self._h2.initiate_connection()
            self._h2.increment_flow_control_window(_WINDOW)
            self._h2.receive_data(HTTP2_PREFACE)

    def _read(self) -> bytes:
        """Return what comes next; empty at the end. Bodies that come too slowly are given up meanwhile."""
        while True:
            self._flush_at_once()
            with self._changed:
                if self._is_closed:
                    return b""
                deadlines = [*(stream.deadline for stream in self._arriving.values()), *self._refused.values()]
                is_idle = self._mark()
            if self._head_deadline is not None:
                deadlines.append(self._head_deadline)
            if not is_idle:
                deadlines.append(time.monotonic() + _LOOK_SECONDS)
            self._incoming.allow(min(deadlines) - time.monotonic() if deadlines else limits.IDLE_SECONDS)
            try:
                return self._reader.read1(_READ)
            except TimeoutError:
                if is_idle or (self._head_deadline is not None and self._head_deadline <= time.monotonic()):
                    return b""
                self._give_up_late_ones()

    def _give_up_late_ones(self) -> None:
        now = time.monotonic()
        for stream in [one for one in self._arriving.values() if one.deadline <= now]:
            self._drop(stream)
            self._reset_stream(stream.id, ErrorCodes.CANCEL)
        for number in [one for one, deadline in self._refused.items() if deadline <= now]:
            del self._refused[number]
            self._reset_stream(number, ErrorCodes.NO_ERROR)

    def _mark(self) -> bool:
        """Note whether the connection waits for requests alone, and return it."""
        is_idle = not (self._arriving or self._answering or self._refused)
        self._server.connections.mark(self._socket, idle=is_idle)
        return is_idle

    def _act(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._on_head(event)
            case DataReceived():
                self._on_data(event)
            case StreamEnded(stream_id=number) if number in self._arriving:
                whole = self._arriving[number]
                self._begin_answer(whole, lambda: self._answer(whole))
            case StreamEnded(stream_id=int(number)):
                self._refused.pop(number, None)
            case StreamReset(stream_id=int(number)):
                self._on_reset(number)
            case RemoteSettingsChanged():
                with self._changed:
                    if self._h2.encoder.header_table_size > _HEADER_TABLE:
                        self._h2.encoder.header_table_size = _HEADER_TABLE
                    self._changed.notify_all()
            case WindowUpdated():
                with self._changed:
                    self._changed.notify_all()

    def _on_head(self, event: RequestReceived) -> None:
        fields = cast(Sequence[tuple[str, str]], event.headers or ())  # texts, by the configuration's encoding
        number, head = event.stream_id or 0, _head(fields)
        if len(self._answering) >= limits.MAX_STREAMS:  # a client may reset streams faster than answers are made
            self._reset_stream(number, ErrorCodes.REFUSED_STREAM)
            return
        length = _declared_length(head)
        stream = _Stream(number, head, new_request_id(), time.monotonic() + limits.body_seconds(length))
        try:
            stream.caller = self._server.application.admit(head)
            if length > limits.MAX_BODY:
                raise body_too_long()
        except BedrockError as error:
            self._refuse(stream, error, is_whole=event.stream_ended is not None)
            return
        with self._changed, contextlib.suppress(H2Error):  # the client may have taken it back already
            self._arriving[number] = stream
            if head.headers.get("expect").lower() == "100-continue" and event.stream_ended is None:
                self._h2.send_headers(number, [(":status", "100")])

    def _on_data(self, event: DataReceived) -> None:
        number = event.stream_id or 0
        stream = self._arriving.get(number)
        if stream is not None:
            stream.body += event.data or b""
            try:
                if len(stream.body) > limits.MAX_BODY:
                    raise body_too_long()
                self._hold(stream, len(stream.body) - stream.held)
            except BedrockError as error:
                self._drop(stream)
                self._refuse(stream, error, is_whole=event.stream_ended is not None)
        with self._changed:
            self._h2.acknowledge_received_data(event.flow_controlled_length or 0, number)

    def _hold(self, stream: _Stream, more: int) -> None:
        """Take room for more of a body. Raises BedrockError where there is none; the reader cannot wait for it."""
        if not self._server.budget.take(stream.caller.access_key, more):
            raise too_many_bodies()
        stream.held += more

    def _refuse(self, stream: _Stream, error: BedrockError, *, is_whole: bool) -> None:
        """Answer with an error at once. Clients send the rest of the body all the same, and it is thrown away."""
        stream.body.clear()
        if not is_whole:
            self._refused[stream.id] = time.monotonic() + limits.BODY_SECONDS
        self._begin_answer(stream, error.reply)

    def _begin_answer(self, stream: _Stream, answer: Callable[[], Reply]) -> None:
        """Answer in a thread, be it an error: the client's window may have no room for it now."""
        with self._changed:
            self._arriving.pop(stream.id, None)
            self._answering[stream.id] = stream
        try:
            self._server.threads.run(lambda: self._deliver(stream, answer))
        except RuntimeError:  # no more threads
            self._drop(stream)
            self._reset_stream(stream.id, ErrorCodes.REFUSED_STREAM)

    def _on_reset(self, number: int) -> None:
        self._refused.pop(number, None)
        if number in self._arriving:
            self._drop(self._arriving[number])
        with self._changed:
            if number in self._answering:
                self._answering[number].is_gone = True
            self._changed.notify_all()

    # --- Answering -------------------------------------------------------------------------------------------------

    def _answer(self, stream: _Stream) -> Reply:
        body = bytes(stream.body)
        stream.body.clear()
        request = HttpRequest(
            stream.head, body, stream.request_id, self._number, lambda: not self._is_without_client(stream)
        )
        return self._server.application.answer(request, stream.caller)

    def _deliver(self, stream: _Stream, answer: Callable[[], Reply]) -> None:
        """Make one answer and send it, in a thread of its own."""
        try:
            reply = answer()
            self._give_back(stream)  # before a client that may read slowly
            if reply.delivery == "reset":
                self._hang_up(with_reset=True)
            elif reply.delivery == "none":
                self._wait(stream, lambda: False)
            else:
                self._send(stream, reply)
                if reply.delivery == "cut":
                    self._wait(stream, lambda: not self._is_sending)
                    self._hang_up()
        except (H2Error, OSError):  # reset or closed meanwhile, or not read for long
            if not self._is_without_client(stream):
                self._reset_stream(stream.id, ErrorCodes.CANCEL)
                self._flush()
        finally:
            self._drop(stream)

    def _send(self, stream: _Stream, reply: Reply) -> None:
        is_cut = reply.delivery == "cut"
        pieces = first_half(reply) if is_cut else [piece for piece in reply.body if piece]
        if stream.head.method == "HEAD":
            pieces = []
        with self._changed:
            self._check_client(stream)
            headers = [(":status", str(reply.status)), *answer_headers(reply, stream.request_id)]
            self._h2.send_headers(stream.id, headers, end_stream=not pieces and not is_cut)
        for index, piece in enumerate(pieces):
            begun, is_last = 0, index == len(pieces) - 1 and not is_cut
            while begun < len(piece):
                begun, before = self._frame(stream, piece, begun, is_last), begun
                if begun < len(piece):
                    self._flush()  # the client can read this while more is made into frames
                if begun == before:
                    self._wait(stream, lambda: self._room(stream) > 0)
        self._flush()

    def _frame(self, stream: _Stream, piece: bytes, begun: int, is_last: bool) -> int:
        """Make frames of `piece` from `begun` on, as far as there is room; return where they end."""
        with self._changed:
            self._check_client(stream)
            end = min(begun + self._room(stream), len(piece))
            while begun < end:
                upto = min(begun + self._h2.max_outbound_frame_size, end)
                self._h2.send_data(stream.id, piece[begun:upto], end_stream=is_last and upto == len(piece))
                begun = upto
            self._gather()
        return begun

    def _room(self, stream: _Stream) -> int:
        """Return how much more may be sent: by the client's window, which may be below 0, and by what still waits."""
        window = min(self._h2.local_flow_control_window(stream.id), _BATCH)
        return max(window, 0) if len(self._unsent) < _AHEAD else 0

    def _reset_stream(self, number: int, code: ErrorCodes) -> None:
        with self._changed, contextlib.suppress(H2Error):
            self._h2.reset_stream(number, code)

    def _is_without_client(self, stream: _Stream) -> bool:
        return stream.is_gone or self._is_closed

    def _check_client(self, stream: _Stream) -> None:
        if self._is_without_client(stream):
            raise ConnectionResetError("the client has gone")

    def _wait(self, stream: _Stream, ready: Callable[[], bool]) -> None:
        """Wait until `ready` or the client has gone. Raises TimeoutError where neither happens."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_without_client(stream) or ready(), limits.IDLE_SECONDS):
                raise TimeoutError("the client does not read")

    def _drop(self, stream: _Stream) -> None:
        """Forget a stream, and give its room back."""
        with self._changed:
            self._arriving.pop(stream.id, None)
            self._answering.pop(stream.id, None)
            self._mark()
        self._give_back(stream)

    def _give_back(self, stream: _Stream) -> None:
        with self._changed:
            held, stream.held = stream.held, 0
        self._server.budget.give_back(stream.caller.access_key, held)

    # --- Sending ---------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Send what h2 has made, unless another thread is sending: that one then sends this too."""
        with self._changed:
            self._gather()
            if self._is_sending or self._is_closed:
                return
            self._is_sending = True
        self._send_all()

    def _flush_at_once(self) -> None:
        """Send what h2 has made, as far as it goes without waiting for the client; a thread sends the rest."""
        with self._changed:
            self._gather()
            if len(self._unsent) > _MAX_UNSENT:
                raise TimeoutError("the client does not read")
            if self._is_sending or self._is_closed or not self._unsent:
                return
            with contextlib.suppress(BlockingIOError):
                self._outgoing.settimeout(0)
                del self._unsent[: self._outgoing.send(self._unsent)]
            self._outgoing.settimeout(limits.IDLE_SECONDS)
            if not self._unsent:
                return
            self._is_sending = True
        try:
            self._server.threads.run(self._send_all)
        except RuntimeError:  # no more threads
            self._send_all()

    def _gather(self) -> None:
        self._unsent += self._h2.data_to_send()

    def _send_all(self) -> None:
        """Send until nothing is left; the one who calls has set `_is_sending`."""
        while True:
            with self._changed:
                self._gather()
                data, self._unsent = self._unsent, bytearray()
                self._is_sending = bool(data) and not self._is_closed
                self._changed.notify_all()
                if not self._is_sending:
                    return
            try:
                self._outgoing.sendall(data)
            except OSError:
                self._hang_up()

    def _hang_up(self, *, with_reset: bool = False) -> None:
        """Close the connection; the reader, who owns it, is woken to do so."""
        with self._changed:
            self._is_closed = True
            self._is_to_be_reset |= with_reset
            self._changed.notify_all()
            with contextlib.suppress(OSError):
                self._outgoing.shutdown(socket.SHUT_RD if with_reset else socket.SHUT_RDWR)

    def _end(self) -> None:
        """Let go of all streams, and of the socket once nobody sends."""
        for stream in list(self._arriving.values()):
            self._drop(stream)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            if self._is_sending or not self._is_to_be_reset:
                with contextlib.suppress(OSError):
                    self._outgoing.shutdown(socket.SHUT_WR)
            self._changed.wait_for(lambda: not self._is_sending)
            self._outgoing.close()  # under the lock: its number may be another's from now on
        if self._is_to_be_reset:
            reset(self._socket)


def _head(fields: Sequence[tuple[str, str]]) -> RequestHead:
    """Return the head of a request. Its :authority is the Host header of HTTP/1.1; AWS's SDK for JavaScript signs it
    under its own name, so it keeps that too."""
    found = Headers(fields)
    authority = found.get(":authority")
    headers = [("host", authority), *(pair for pair in fields if pair[0] != "host")] if authority else fields
    path, _, query = found.get(":path").partition("?")
    return RequestHead(found.get(":method"), path, query, Headers(headers))


def _declared_length(head: RequestHead) -> int:
    text = head.headers.get("content-length")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0
