"""Calls for other services than Bedrock, which AWS_ENDPOINT_URL sends to the studio: errors that their clients can read.

The one operation answered is GetCallerIdentity of STS, with which tools see whether their keys work.
"""

import re
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from helpers.studio.keys import Keys
from helpers.studio.replies import BedrockError, Reply
from helpers.studio.service.catalogue import ACCOUNT
from helpers.studio.wire.messages import Caller, HttpRequest, RequestHead
from helpers.studio.wire.signing import SERVICE, claimed_caller

STS = "sts"

_OPERATIONS = (
    "InvokeModel, ListFoundationModels, GetFoundationModel, GetFoundationModelAvailability, ListInferenceProfiles and "
    "GetInferenceProfile"
)
# The scope of a signature, in a header or in a presigned URL; that of the asymmetric kind (SigV4A) holds no Region.
_SCOPE = re.compile(r"Credential=[^/,&\s]+/\d{8}/(?:[^/,&\s]+/)?(?P<service>[a-z0-9-]{1,40})/aws4_request")
_S3 = ("s3", "s3express", "s3-object-lambda", "s3-outposts")
_XML = ("route53", "cloudfront")
# STS's own names for the errors of a signature.
_STS_CODES = {
    "IncompleteSignatureException": "IncompleteSignature",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
}


class OtherServiceError(BedrockError):
    """Raised when a request for another service is refused; `form` is the one in which its client reads errors."""

    def __init__(self, error: BedrockError, form: str) -> None:
        super().__init__(error.code, error.message, status=error.status, headers=error.headers)
        self.more, self.form = {"__type": error.code}, form

    def reply(self) -> Reply:
        """Return the error in the client's form."""
        code, message = escape(self.code), escape(self.message)
        match self.form:
            case "s3":
                return _xml(self.status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")
            case "ec2":
                error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
                return _xml(self.status, f"<Response><Errors>{error}</Errors></Response>")
            case "xml":
                error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                return _xml(self.status, f"<ErrorResponse>{error}</ErrorResponse>")
            case "cbor":
                told = b"\xa2" + b"".join(map(_cbor, ("__type", self.code, "message", self.message)))
                headers = (("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))
                return Reply(self.status, (told,), headers)
        return super().reply()


def service_of(head: RequestHead) -> str:
    """Return the service that a request is signed for, as its signature names it; empty where there is none."""
    scope = _SCOPE.search(head.headers.joined("authorization")) or _SCOPE.search(unquote(head.query))
    return scope["service"] if scope else ""


def not_here(head: RequestHead) -> BedrockError:
    """Return the error for an operation that the studio does not have, of Bedrock or of another service."""
    service = service_of(head)
    if service in ("", SERVICE):
        told = f"The offline studio has {_OPERATIONS}."
        return in_the_clients_form(BedrockError("UnknownOperationException", told), head)
    rest = "of sts it has GetCallerIdentity" if service == STS else f"{service} is not here"
    code, status = "UnknownOperationException", 404
    if service in _S3:  # 404 would say that a bucket does not exist
        code, status = "NotImplemented", 501
    told = f"The offline studio has Amazon Bedrock only; {rest}."
    return in_the_clients_form(BedrockError(code, told, status=status), head)


def in_the_clients_form(error: BedrockError, head: RequestHead) -> BedrockError:
    """Return an error in the form in which the client of a service that is not Bedrock reads it."""
    if service_of(head) == STS and error.code in _STS_CODES:
        error = BedrockError(_STS_CODES[error.code], error.message, status=error.status)
    return OtherServiceError(error, _form(head))


def sts_caller(head: RequestHead, room: Keys) -> Caller:
    """Return who a request to STS claims to come from. Raises BedrockError in STS's form, as `claimed_caller` does."""
    try:
        return claimed_caller(head, room, STS)
    except BedrockError as error:
        raise in_the_clients_form(error, head) from None


def caller_identity(request: HttpRequest, caller: Caller) -> Reply:
    """Return STS's answer to GetCallerIdentity. Raises BedrockError for its other operations."""
    action = parse_qs(request.body.decode("utf-8", "replace")).get("Action")
    if action != ["GetCallerIdentity"]:
        raise not_here(request.head)
    return _xml(
        200,
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/offline-studio/learner</Arn>"
        f"<UserId>{escape(caller.access_key)}</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{request.request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
    )


def _form(head: RequestHead) -> str:
    service = service_of(head)
    if service == SERVICE:
        return "json"
    if head.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if service in _S3:
        return "s3"
    # The query protocol, whose calls are forms sent to "/", often without a signature.
    is_query = head.path == "/" and "x-www-form-urlencoded" in head.headers.get("content-type")
    if is_query or service in _XML:
        return "ec2" if service == "ec2" else "xml"
    return "json"


def _xml(status: int, text: str) -> Reply:
    return Reply(status, (text.encode(),), (("content-type", "text/xml"),))


def _cbor(text: str) -> bytes:
    """Return a text as CBOR: the type, two bytes of length, UTF-8."""
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data
