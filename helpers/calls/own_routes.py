"""Requests to a studio's own routes, beyond Bedrock's API: signed like the rest, and sent to nothing but a studio."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from helpers.studio import VERSION_HEADER


@dataclass(frozen=True)
class OwnAnswer:
    """The answer of one of the studio's own routes."""

    status: int
    version: str | None
    """The studio's version; None where no studio answered."""
    content: Any
    """The parsed JSON."""


def ask(
    endpoint: str,
    credentials: Any,
    region: str,
    route: str,
    *,
    method: str = "GET",
    content: Any = None,
    timeout: float = 30.0,
) -> OwnAnswer:
    """Send one request, with `content` as JSON if it is not None, and return the answer.

    `credentials`: botocore's, to sign with. Raises OSError (TimeoutError) and HTTPException where no answer comes, and
    ValueError where it is not JSON.
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    body = b"" if content is None else json.dumps(content).encode()
    request = AWSRequest(method, f"{endpoint}{route}", data=body)
    SigV4Auth(credentials, "bedrock", region).add_auth(request)
    url = urlsplit(endpoint)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=timeout)
    try:
        connection.request(method, route, body=body or None, headers=dict(request.headers.items()))
        answer = connection.getresponse()
        return OwnAnswer(answer.status, answer.getheader(VERSION_HEADER), json.loads(answer.read()))
    finally:
        connection.close()
