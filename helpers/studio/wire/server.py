"""The server: it listens, gives each connection a thread, and closes the idlest one where there are too many.

It needs the standard library alone, so that a studio starts in a moment. `http1` and `http2` read requests and write
answers; `routes` decides what a request means.
"""

import ipaddress
import os
import socket
import socketserver
import sys
import time
from http.server import ThreadingHTTPServer
from typing import Any

from helpers.studio.replies import BedrockError, Reply
from helpers.studio.wire import limits
from helpers.studio.wire.http1 import Http1Connection
from helpers.studio.wire.messages import Application, Caller, HttpRequest, RequestHead
from helpers.studio.wire.threads import SpareThreads

_PAUSE = 0.1  # seconds to the next attempt, where a connection could not be taken


class StudioServer(ThreadingHTTPServer):
    """A server with one thread for each connection. It listens once made; set `application` before `serve_forever`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = os.name != "nt"  # on Windows this option would let two studios share a port

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.application: Application = NotReady()
        self.budget = limits.Budget(limits.MAX_HELD)
        self.connections = limits.OpenConnections()
        self._max_connections = limits.max_connections()
        self.threads = SpareThreads()  # for the answers of HTTP/2
        self.address_family, address = _resolved(host, port)
        super().__init__(address, Http1Connection)

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

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept the next connection. Raises OSError, after a pause, where the machine has no file descriptor left."""
        try:
            return super().get_request()
        except OSError:  # the connection still waits: asking again at once would spin
            self.connections.close_idlest()
            time.sleep(_PAUSE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread; where there are too many, make room, or hang up where none is idle."""
        if self.connections.count >= self._max_connections and not self.connections.close_idlest():
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no more threads
            self.shutdown_request(request)
            time.sleep(_PAUSE)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print one line about an error in a connection, and nothing where a client hung up."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"studio: a connection ended with {type(error).__name__}: {error}", file=sys.stderr)


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


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # IPv4 where there is a choice
    return family, (str(address[0]), int(address[1]))
