"""Signature Version 4 (SigV4), checked as Bedrock does, with botocore's own signer, against the studio's keys.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from helpers.studio.replies import BedrockError
from helpers.studio.wire.messages import Caller, Headers, HttpRequest, RequestHead

SERVICE = "bedrock"
MAX_SKEW = timedelta(minutes=5)

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Keys:
    """A pair of access keys, which opens one studio and nothing else."""

    access_key: str
    secret_key: str = field(repr=False)


def claimed_caller(head: RequestHead, keys: Keys) -> Caller:
    """Return who a request claims to come from. Its Region may be any, since one studio serves them all.

    Raises BedrockError with what AWS answers where the head alone shows that the signature is missing, incomplete,
    expired or not made with `keys`.
    """
    authorization = _authorization(head.headers)
    if not hmac.compare_digest(authorization["key"].encode(), keys.access_key.encode()):
        raise BedrockError("UnrecognizedClientException", "The security token included in the request is invalid.")
    if authorization["service"] != SERVICE:
        raise _invalid(f"Credential should be scoped to correct service: '{SERVICE}'.")
    _fresh_time(head.headers, authorization["day"])
    return Caller(authorization["key"], authorization["region"], authorization["service"])


def check_signature(request: HttpRequest, keys: Keys) -> None:
    """Check the signature of a whole request whose caller `claimed_caller` has returned.

    Raises BedrockError with what AWS answers where it is not made with `keys`, or not for this request.
    """
    authorization = _authorization(request.head.headers)
    _check_payload_hash(request.head.headers, request.body)
    expected = _signature(request, keys, authorization)
    if not hmac.compare_digest(expected, authorization["signature"]):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )


def _authorization(headers: Headers) -> Mapping[str, str]:
    """Return the parts of the Authorization header: key, day, region, service, signed (header names) and signature."""
    header = headers.joined("authorization")
    if not header:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    if header.lower().startswith("bearer "):
        raise BedrockError("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.")
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
        raise _invalid(
            f"Signature expired: {stamp} is now earlier than {now - MAX_SKEW:{_TIME}} ({now:{_TIME}} - 5 min.)"
        )
    if signed_at > now + MAX_SKEW:
        raise _invalid(
            f"Signature not yet current: {stamp} is still later than {now + MAX_SKEW:{_TIME}} ({now:{_TIME}} + 5 min.)"
        )
    return stamp


def _check_payload_hash(headers: Headers, body: bytes) -> None:
    # botocore's signer trusts this header where there is one, so it has to be compared with the body itself.
    claimed = headers.joined("x-amz-content-sha256")
    if claimed and not hmac.compare_digest(claimed.encode(), hashlib.sha256(body).hexdigest().encode()):
        raise _invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")


def _signature(request: HttpRequest, keys: Keys, authorization: Mapping[str, str]) -> str:
    """Return the signature, in hexadecimal digits, that `keys` give for the headers listed as signed."""
    head, names = request.head, authorization["signed"].split(";")
    headers = head.headers
    if not {"host", ":authority"} & set(names) or any(name not in headers for name in names):
        raise _invalid("'Host' and every other header named in SignedHeaders must be part of the request.")
    url = f"http://{headers.joined('host')}{head.path}{'?' + head.query if head.query else ''}"
    signed = AWSRequest(method=head.method, url=url, data=request.body)
    for name in names:
        signed.headers[name] = headers.joined(name)
    signed.context["timestamp"] = headers.joined("x-amz-date")
    signer = _ExactSigner(Credentials(keys.access_key, keys.secret_key), SERVICE, authorization["region"], names)
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
