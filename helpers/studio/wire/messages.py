"""What passes between the transports (HTTP/1.1, HTTP/2) and the application: a request, its caller, and the answer."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from helpers.studio.replies import BedrockError, Refusal, Reply


class Headers:
    """The headers of a request in their order; names are compared without regard to case.

    Headers([("Host", "127.0.0.1")]).get("host")
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a header; `default` where it is missing."""
        return self._values.get(name.lower(), [default])[0]

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header, in order; empty where it is missing."""
        return list(self._values.get(name.lower(), []))

    def joined(self, name: str) -> str:
        """Return a header's values joined by commas; empty where it is missing."""
        return ",".join(self._values.get(name.lower(), []))


@dataclass(frozen=True)
class Caller:
    """Who sends a request: the access key that it is signed with, and the Region and the service it is signed for."""

    access_key: str
    region: str
    service: str = "bedrock"


@dataclass(frozen=True)
class RequestHead:
    """A request without its body: `path` still percent-encoded, `query` without its question mark."""

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=Headers)


@dataclass(frozen=True)
class HttpRequest:
    """A whole request."""

    head: RequestHead
    body: bytes
    request_id: str
    """The id in the answer's x-amzn-requestid, a UUID."""
    connection: int
    """Number of the TCP connection that it came over, unlike that of any other connection of this studio."""
    client_waits: Callable[[], bool] = lambda: True
    """Returns False once the client has hung up, so that no image is drawn for nobody."""
    refusal: Refusal | None = None
    """A refusal that the answer must show whatever the prompt says; None leaves it to the content filter."""


class Application(Protocol):
    """What a transport asks for each request: first whether to read its body, then the answer."""

    def admit(self, head: RequestHead) -> Caller:
        """Return who sends the request, by all that its head can tell. Raises BedrockError, and no body is read."""
        ...

    def answer(self, request: HttpRequest, caller: Caller) -> Reply:
        """Return the answer to a request that was admitted; never raises."""
        ...


def answered(head: RequestHead, answer: Callable[[], Reply]) -> Reply:
    """Return what `answer` returns, or the error that it raises as an answer."""
    try:
        return answer()
    except BedrockError as error:
        return error.reply()
    except Exception as error:
        print(f"studio: {head.method} {head.path} failed: {type(error).__name__}: {error}", file=sys.stderr)
        why = error.strerror if isinstance(error, OSError) else error  # an OSError's own text names files
        return BedrockError("InternalServerException", f"The studio failed: {type(error).__name__}: {why}").reply()
