"""Signature Version 4 (SigV4), checked as Bedrock does, with botocore's own signer, against the studio's keys.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from helpers.studio import REGION
from helpers.studio.keys import Keys, keys_of, keys_of_api_key
from helpers.studio.known_errors import known_error
from helpers.studio.replies import BedrockError
from helpers.studio.wire.messages import Caller, Headers, HttpRequest, RequestHead

SERVICE = "bedrock"
MAX_SKEW = timedelta(minutes=5)

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME = "%Y%m%dT%H%M%SZ"
_HASH_HEADER = "x-amz-content-sha256"


def claimed_caller(head: RequestHead, room: Keys, service: str = SERVICE) -> Caller:
    """Return who a request to `service` claims to come from: by an API key, which is proof, or by a signature.

    A signature may be for any Region, since one studio serves them all. Raises BedrockError with what AWS answers
    where the head alone shows that it is missing, incomplete, expired or not made with keys of the studio whose own
    are `room`. Where the client has signed its body's hash, the head shows all of it.
    """
    token = _bearer_token(head.headers)
    if token:
        return _caller_with(token, room)
    authorization = _authorization(head.headers)
    keys = keys_of(room, authorization["key"])
    if keys is None:
        raise known_error("unknown_key")
    if authorization["service"] != service:
        raise _invalid(f"Credential should be scoped to correct service: '{service}'.")
    _fresh_time(head.headers, authorization["day"])
    _check_signed_headers(head.headers, authorization)
    if _hash_is_signed(authorization):
        _check(head, b"", keys, authorization)
    return Caller(authorization["key"], authorization["region"], service)


def check_signature(request: HttpRequest, room: Keys) -> None:
    """Check the signature of a whole request whose caller `claimed_caller` has returned.

    Raises BedrockError with what AWS answers where it is not made with the caller's keys, or not for this request.
    """
    head = request.head
    if _bearer_token(head.headers):  # `claimed_caller` has seen all there is to check
        return
    authorization = _authorization(head.headers)
    _check_payload_hash(head.headers, request.body)
    if not _hash_is_signed(authorization):
        keys = keys_of(room, authorization["key"])
        assert keys is not None
        _check(head, request.body, keys, authorization)


def signature_expired(signed: str, now: datetime) -> BedrockError:
    """Return the error for a request that was signed at `signed` (as in x-amz-date), too long before `now`."""
    return known_error("signature_expired", signed=signed, earliest=f"{now - MAX_SKEW:{_TIME}}", now=f"{now:{_TIME}}")


def _bearer_token(headers: Headers) -> str:
    scheme, _, token = headers.joined("authorization").strip().partition(" ")
    return token.strip() or "none" if scheme.lower() == "bearer" else ""


def _caller_with(token: str, room: Keys) -> Caller:
    keys = keys_of_api_key(room, token)
    if keys is None:
        raise BedrockError("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.")
    return Caller(keys.access_key, REGION, SERVICE)  # an API key names no Region


def _authorization(headers: Headers) -> Mapping[str, str]:
    """Return the parts of the Authorization header: key, day, region, service, signed (header names) and signature."""
    header = headers.joined("authorization")
    if not header:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = _AUTHORIZATION.fullmatch(header.strip())
    if match is None:
        raise BedrockError(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
            "parameter. Authorization header requires 'SignedHeaders' parameter.",
        )
    return match.groupdict()


def _fresh_time(headers: Headers, day: str) -> str:
    """Return the time of signing. Raises BedrockError where it is not on `day`, or not within MAX_SKEW of now."""
    stamp = headers.joined("x-amz-date")
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
        raise signature_expired(stamp, now)
    if signed_at > now + MAX_SKEW:
        raise _invalid(
            f"Signature not yet current: {stamp} is still later than {now + MAX_SKEW:{_TIME}} ({now:{_TIME}} + 5 min.)"
        )
    return stamp


def _check_payload_hash(headers: Headers, body: bytes) -> None:
    # botocore's signer trusts this header where there is one, so it has to be compared with the body itself.
    if _HASH_HEADER not in headers:
        return
    if not hmac.compare_digest(headers.joined(_HASH_HEADER).encode(), hashlib.sha256(body).hexdigest().encode()):
        raise _invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")


def _check_signed_headers(headers: Headers, authorization: Mapping[str, str]) -> None:
    names = authorization["signed"].split(";")
    if not {"host", ":authority"} & set(names) or any(name not in headers for name in names):
        raise _invalid("'Host' and every other header named in SignedHeaders must be part of the request.")


def _hash_is_signed(authorization: Mapping[str, str]) -> bool:
    return _HASH_HEADER in authorization["signed"].split(";")


def _check(head: RequestHead, body: bytes, keys: Keys, authorization: Mapping[str, str]) -> None:
    """Compare the signature with the one that `keys` give; `body` does not count where its hash is signed."""
    if not hmac.compare_digest(_signature(head, body, keys, authorization), authorization["signature"]):
        raise known_error("bad_signature")


def _signature(head: RequestHead, body: bytes, keys: Keys, authorization: Mapping[str, str]) -> str:
    """Return the signature, in hexadecimal digits, that `keys` give for the headers listed as signed."""
    headers, names = head.headers, authorization["signed"].split(";")
    url = f"http://{headers.joined('host')}{head.path}{'?' + head.query if head.query else ''}"
    signed = AWSRequest(method=head.method, url=url, data=body)
    for name in names:
        signed.headers[name] = headers.joined(name)
    signed.context["timestamp"] = headers.joined("x-amz-date")
    credentials = Credentials(keys.access_key, keys.secret_key)
    signer = _ExactSigner(credentials, authorization["service"], authorization["region"], names)
    to_sign = signer.string_to_sign(signed, signer.canonical_request(signed))
    return str(signer.signature(to_sign, signed))


class _ExactSigner(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's signer for exactly the headers that the client lists as signed."""

    def __init__(self, credentials: Credentials, service: str, region: str, names: list[str]) -> None:
        super().__init__(credentials, service, region)
        self._names = names

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        message = HTTPMessage()
        for name in self._names:
            message[name] = request.headers[name]
        return message


def _invalid(message: str) -> BedrockError:
    return BedrockError("InvalidSignatureException", message)
