"""Who may not ask is refused by a request's head, before its body is read, and in AWS's order."""

import datetime
import hashlib
from datetime import date
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from helpers.studio.keys import Keys, api_key, client_keys
from helpers.studio.replies import BedrockError
from helpers.studio.service import Service
from helpers.studio.wire.faults import FaultBook, FaultLayer
from helpers.studio.wire.messages import Caller, Headers, HttpRequest, RequestHead
from helpers.studio.wire.routes import Bedrock

ROOM = Keys("STUDIO0123456789ABCD", "a secret")
SDXL = "stability.stable-diffusion-xl-v1"
HOST = "127.0.0.1:4242"
BODY = b'{"text_prompts": [{"text": "a"}]}'


def nothing_is_drawn(*_: Any) -> Any:
    raise AssertionError("a request reached the engine")


BOOK = FaultBook()
SERVICE = Service(nothing_is_drawn, lambda: date(2026, 12, 1))
APPLICATION = FaultLayer(Bedrock(ROOM, SERVICE, identity=nothing_is_drawn, book=BOOK), BOOK)


def head(
    path: str = f"/model/{SDXL}/invoke",
    *,
    method: str = "POST",
    keys: Keys = ROOM,
    service: str = "bedrock",
    region: str = "us-west-2",
    body: bytes = BODY,
    change: dict[str, str | None] | None = None,
    **headers: str,
) -> RequestHead:
    """A rightly signed head, some of whose headers are then changed or (None) taken away."""
    signed = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest(method, f"http://{HOST}{path}", data=body, headers={"Host": HOST, **signed})
    SigV4Auth(Credentials(keys.access_key, keys.secret_key), service, region).add_auth(request)
    final = {name.lower(): value for name, value in request.headers.items()}
    for name, value in (change or {}).items():
        final.pop(name.lower(), None)
        final |= {name.lower(): value} if value is not None else {}
    path, _, query = path.partition("?")
    return RequestHead(method, path, query, Headers(final.items()))


def refused(one: RequestHead) -> str:
    with pytest.raises(BedrockError) as caught:
        APPLICATION.admit(one)
    return caught.value.code


@pytest.mark.parametrize("keys", [ROOM, client_keys(ROOM, "ana")])
def test_who_is_admitted_is_known_by_key_and_region(keys: Keys) -> None:
    assert APPLICATION.admit(head(keys=keys, region="eu-west-1")) == Caller(keys.access_key, "eu-west-1", "bedrock")
    bearer = RequestHead(
        "GET", "/foundation-models", "", Headers([("Authorization", f"Bearer {api_key(keys)}"), ("Host", HOST)])
    )
    assert APPLICATION.admit(bearer) == Caller(keys.access_key, "us-west-2", "bedrock")
    sts = head("/", keys=keys, service="sts", region="us-east-1")
    assert APPLICATION.admit(sts) == Caller(keys.access_key, "us-east-1", "sts")


def unsigned_header(name: str) -> RequestHead:
    one = head()
    listed = one.headers.get("authorization").replace("SignedHeaders=", f"SignedHeaders={name};")
    return head(change={"Authorization": listed})


FROM_THE_HEAD = {
    "another host": (head(change={"Host": "studio.example.com"}), "AccessDeniedException"),
    "no host": (head(change={"Host": None}), "AccessDeniedException"),
    "no such route": (head("/model"), "UnknownOperationException"),
    "another method": (head(method="PUT"), "UnknownOperationException"),
    "no signature": (head(change={"Authorization": None}), "MissingAuthenticationTokenException"),
    "half a signature": (head(change={"Authorization": "AWS4-HMAC-SHA256"}), "IncompleteSignatureException"),
    "a wrong API key": (head(change={"Authorization": "Bearer abc"}), "AccessDeniedException"),
    "an unknown key": (head(keys=Keys("AKIDEXAMPLE", "a secret")), "UnrecognizedClientException"),
    "another service": (head(service="s3"), "InvalidSignatureException"),
    "no date": (head(change={"X-Amz-Date": None}), "IncompleteSignatureException"),
    "another day": (head(change={"X-Amz-Date": "20200101T000000Z"}), "InvalidSignatureException"),
    "a signed header that is missing": (unsigned_header("x-missing"), "InvalidSignatureException"),
    "a host that is not signed": (
        head(change={"Authorization": head().headers.get("authorization").replace("host;", "")}),
        "InvalidSignatureException",
    ),
}


@pytest.mark.parametrize(("one", "code"), FROM_THE_HEAD.values(), ids=FROM_THE_HEAD.keys())
def test_the_head_is_enough_to_refuse(one: RequestHead, code: str) -> None:
    assert refused(one) == code


def test_a_signature_that_is_too_old_is_seen_too(monkeypatch: pytest.MonkeyPatch) -> None:
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=6)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    assert refused(head()) == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"change": {"Host": "example.com", "Authorization": None}}, "AccessDeniedException"),
        ({"path": "/nothing", "change": {"Authorization": None}}, "UnknownOperationException"),
        ({"path": "/model/sdxl/invoke", "change": {"Authorization": None}}, "MissingAuthenticationTokenException"),
        ({"path": "/model/sdxl/invoke", "keys": Keys("AKIDEXAMPLE", "x")}, "UnrecognizedClientException"),
        ({"accept": "image/png", "service": "s3"}, "InvalidSignatureException"),
    ],
)
def test_of_several_faults_the_first_is_told_address_then_caller_then_request(wrong: dict[str, Any], code: str) -> None:
    assert refused(head(**wrong)) == code


class TestAHashThatIsSigned:
    DIGEST = hashlib.sha256(BODY).hexdigest()

    def test_it_makes_the_head_enough_to_check_the_whole_signature(self) -> None:
        assert APPLICATION.admit(head(x_amz_content_sha256=self.DIGEST)).access_key == ROOM.access_key
        forged = Keys(ROOM.access_key, "another secret")
        assert refused(head(x_amz_content_sha256=self.DIGEST, keys=forged)) == "InvalidSignatureException"
        other = hashlib.sha256(b"{}").hexdigest()
        changed = head(x_amz_content_sha256=self.DIGEST, change={"X-Amz-Content-SHA256": other})
        assert refused(changed) == "InvalidSignatureException"

    def test_without_it_a_wrong_secret_shows_with_the_body(self) -> None:
        forged = head(keys=Keys(ROOM.access_key, "another secret"))
        reply = APPLICATION.answer(HttpRequest(forged, BODY, "id", 1), APPLICATION.admit(forged))
        assert (reply.status, b"signature we calculated" in reply.body[0]) == (403, True)

    @pytest.mark.parametrize("claimed", [DIGEST, "UNSIGNED-PAYLOAD", ""])
    def test_a_body_that_does_not_have_it_is_refused(self, claimed: str) -> None:
        one = head(x_amz_content_sha256=claimed)
        reply = APPLICATION.answer(HttpRequest(one, b"{}", "id", 1), APPLICATION.admit(one))
        assert reply.status == 403
