"""What both transports do alike for a request: its id, the headers of every answer, and the refusals of their own."""

import uuid
from email.utils import formatdate
from typing import Protocol

from helpers.studio import VERSION, VERSION_HEADER
from helpers.studio.known_errors import known_error, throttled
from helpers.studio.replies import BedrockError, Reply
from helpers.studio.wire.limits import Budget, OpenConnections
from helpers.studio.wire.messages import Application
from helpers.studio.wire.threads import SpareThreads

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n"  # the first line of a connection that speaks it; RFC 9113, section 3.4
JOIN_BELOW = 65_536  # bytes: head and body smaller than this go out in one write


class ServerParts(Protocol):
    """What a connection needs of the server that took it."""

    application: Application
    budget: Budget
    connections: OpenConnections
    threads: SpareThreads


def new_request_id() -> str:
    """Return the id of a request, a UUID as AWS gives it in x-amzn-requestid."""
    return str(uuid.uuid4())


def answer_headers(reply: Reply, request_id: str) -> list[tuple[str, str]]:
    """Return all headers of an answer, in lower case, but those about the connection."""
    return [
        ("date", formatdate(usegmt=True)),
        *reply.headers,
        ("x-amzn-requestid", request_id),
        (VERSION_HEADER, VERSION),
        ("content-length", str(length_of(reply))),
    ]


def length_of(reply: Reply) -> int:
    """Return the number of bytes of an answer's body."""
    return sum(map(len, reply.body))


def first_half(reply: Reply) -> list[bytes]:
    """Return the pieces of the first half of a body, for an answer that is cut off."""
    left, pieces = length_of(reply) // 2, []
    for piece in reply.body:
        pieces.append(piece[:left])
        left -= len(pieces[-1])
    return [piece for piece in pieces if piece]


def body_too_long() -> BedrockError:
    """Return the error for a body of more than MAX_BODY bytes."""
    return known_error("too_large")


def too_many_bodies() -> BedrockError:
    """Return the error for a body for which there is no room, as other clients' bodies are being read."""
    return throttled(1.0)
