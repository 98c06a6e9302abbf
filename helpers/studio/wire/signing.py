"""Signature Version 4 as Bedrock checks it, with botocore's own signer, against keys made when the studio starts."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from helpers.studio.wire.keys import Keys
from helpers.studio.wire.replies import BedrockError

SERVICE = "bedrock"
MAX_SKEW = timedelta(minutes=5)

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME = "%Y%m%dT%H%M%SZ"


def signed_region(method: str, path: str, query: str, headers: HTTPMessage, body: bytes, keys: Keys) -> str:
    """The Region that a rightly signed request names; any other request raises the error that AWS would answer.

    `path` is as on the wire, still percent-encoded; any Region is taken, as one studio stands for all of them.
    """
    found = _parsed(headers)
    if not hmac.compare_digest(found["key"].encode(), keys.access_key.encode()):
        raise BedrockError("UnrecognizedClientException", "The security token included in the request is invalid.")
    if found["service"] != SERVICE:
        raise _invalid(f"Credential should be scoped to correct service: '{SERVICE}'.")
    stamp = _fresh_time(headers, found["day"])
    _check_payload_hash(headers, body)
    expected = _signature(method, path, query, headers, body, keys, found, stamp)
    if not hmac.compare_digest(expected, found["signature"]):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
    return found["region"]


def _parsed(headers: HTTPMessage) -> Mapping[str, str]:
    given = _one(headers, "authorization")
    if not given:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    if given.lower().startswith("bearer "):
        raise BedrockError("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.")
    match = _AUTHORIZATION.fullmatch(given.strip())
    if match is None:
        raise BedrockError(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
            "parameter. Authorization header requires 'SignedHeaders' parameter.",
        )
    return match.groupdict()


def _fresh_time(headers: HTTPMessage, day: str) -> str:
    stamp = _one(headers, "x-amz-date")
    try:
        signed_at = datetime.strptime(stamp, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise BedrockError(
            "IncompleteSignatureException", "Authorization header requires existence of a valid 'X-Amz-Date' header."
        ) from None
    if not stamp.startswith(day):
        raise _invalid(f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: {day}.")
    now = datetime.now(UTC)
    if signed_at < now - MAX_SKEW:
        raise _invalid(
            f"Signature expired: {stamp} is now earlier than {now - MAX_SKEW:{_TIME}} ({now:{_TIME}} - 5 min.)"
        )
    if signed_at > now + MAX_SKEW:
        raise _invalid(
            f"Signature not yet current: {stamp} is still later than {now + MAX_SKEW:{_TIME}} ({now:{_TIME}} + 5 min.)"
        )
    return stamp


def _check_payload_hash(headers: HTTPMessage, body: bytes) -> None:
    # botocore's signer trusts this header where it is there, so the body itself has to be held against it.
    claimed = _one(headers, "x-amz-content-sha256")
    if claimed and not hmac.compare_digest(claimed.encode(), hashlib.sha256(body).hexdigest().encode()):
        raise _invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")


def _signature(
    method: str,
    path: str,
    query: str,
    headers: HTTPMessage,
    body: bytes,
    keys: Keys,
    found: Mapping[str, str],
    stamp: str,
) -> str:
    names = found["signed"].split(";")
    if "host" not in names or any(name not in headers for name in names):
        raise _invalid("'Host' and every other header named in SignedHeaders must be part of the request.")
    url = f"http://{_one(headers, 'host')}{path}{'?' + query if query else ''}"
    request = AWSRequest(method=method, url=url, data=body)
    for name in names:
        request.headers[name] = _one(headers, name)
    request.context["timestamp"] = stamp
    signer = _ExactSigner(Credentials(keys.access_key, keys.secret_key), SERVICE, found["region"], names)
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(to_sign, request))


class _ExactSigner(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's signer, over exactly the headers that the client says it signed."""

    def __init__(self, credentials: Credentials, service: str, region: str, names: list[str]) -> None:
        super().__init__(credentials, service, region)
        self._names = names

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        message = HTTPMessage()
        for name in self._names:
            message[name] = request.headers[name]
        return message


def _one(headers: HTTPMessage, name: str) -> str:
    return ",".join(headers.get_all(name, []))


def _invalid(message: str) -> BedrockError:
    return BedrockError("InvalidSignatureException", message)
