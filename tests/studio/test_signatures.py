"""Only whoever has this studio's keys is served, and everybody else is told what AWS would tell them."""

import datetime
import hashlib
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from helpers.studio.process import Studio

SDXL = "stability.stable-diffusion-xl-v1"
PATH = f"/model/{SDXL}/invoke"
BODY = json.dumps({"text_prompts": [{"text": "a"}], "width": 320, "height": 320, "seed": 7}).encode()

Sent = tuple[int, str, str]
"""Status, error class, message."""


def sent(studio: Studio, path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> Sent:
    connection = http.client.HTTPConnection(studio.endpoint.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        told = json.loads(response.read())
        return (
            response.status,
            (response.getheader("x-amzn-errortype") or "").partition(":")[0],
            told.get("message", ""),
        )
    finally:
        connection.close()


def signed(
    studio: Studio,
    *,
    path: str = PATH,
    body: bytes = BODY,
    service: str = "bedrock",
    headers: dict[str, str] | None = None,
    token: str | None = None,
) -> dict[str, str]:
    """The headers of a rightly signed request."""
    request = AWSRequest("POST", studio.endpoint + path, data=body, headers=headers or {})
    SigV4Auth(Credentials(studio.access_key, studio.secret_key, token), service, "us-west-2").add_auth(request)
    return dict(request.headers.items())


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime.timedelta], None]:
    """Move the signer's clock."""

    def shift(by: datetime.timedelta) -> None:
        then = datetime.datetime.now(datetime.UTC) + by
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *args, **kwargs: then.replace(tzinfo=None))

    return shift


class TestWhoIsServed:
    def test_a_signed_request(self, studio: Studio) -> None:
        assert sent(studio, PATH, BODY, signed(studio))[0] == 200

    @pytest.mark.parametrize("model", [SDXL, f"{SDXL}:0"])
    def test_an_id_with_a_raw_colon(self, studio: Studio, model: str) -> None:
        path = f"/model/{model}/invoke"
        assert sent(studio, path, BODY, signed(studio, path=path))[0] == 200

    def test_an_arn_with_encoded_slashes(self, studio: Studio) -> None:
        arn = quote(f"arn:aws:bedrock:us-west-2::foundation-model/{SDXL}", safe="")
        path = f"/model/{arn}/invoke"
        assert sent(studio, path, BODY, signed(studio, path=path))[0] == 200

    def test_one_with_a_session_token(self, wire: Any, studio: Studio) -> None:
        assert wire.invoke(wire.client_of(studio, aws_session_token="a/b+c="), wire.beach()).body["result"] == "success"

    def test_one_from_any_region(self, wire: Any, studio: Studio) -> None:
        assert wire.invoke(wire.client_of(studio, region="ap-southeast-2"), wire.beach()).body["result"] == "success"

    def test_one_that_signs_its_payload_hash(self, studio: Studio) -> None:
        headers = {"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()}
        assert sent(studio, PATH, BODY, signed(studio, headers=headers))[0] == 200

    def test_one_that_is_a_little_early_or_late(
        self, studio: Studio, shifted: Callable[[datetime.timedelta], None]
    ) -> None:
        for minutes in (-4, 4):
            shifted(datetime.timedelta(minutes=minutes))
            assert sent(studio, PATH, BODY, signed(studio))[0] == 200


class TestWhoIsNot:
    def test_nobody_without_a_signature(self, studio: Studio) -> None:
        expected = (403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        assert sent(studio, PATH, BODY, {}) == expected

    def test_nobody_with_another_access_key(self, wire: Any, studio: Studio) -> None:
        stranger = wire.client_of(studio, aws_access_key_id="AKIDEXAMPLE")
        with pytest.raises(ClientError) as caught:
            wire.invoke(stranger, wire.beach())
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert caught.value.response["Error"] == {
            "Code": "UnrecognizedClientException",
            "Message": "The security token included in the request is invalid.",
        }

    def test_nobody_with_another_secret(self, wire: Any, studio: Studio) -> None:
        stranger = wire.client_of(studio, aws_secret_access_key="wrong")
        with pytest.raises(ClientError) as caught:
            wire.invoke(stranger, wire.beach())
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
        message = caught.value.response["Error"]["Message"]
        assert message.startswith("The request signature we calculated does not match the signature you provided.")

    def test_nobody_who_changed_the_body(self, studio: Studio) -> None:
        status, code, _ = sent(studio, PATH, BODY.replace(b"7", b"8"), signed(studio))
        assert (status, code) == (403, "InvalidSignatureException")

    def test_nobody_who_changed_the_body_behind_a_signed_hash(self, studio: Studio) -> None:
        headers = signed(studio, headers={"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()})
        status, code, _ = sent(studio, PATH, BODY.replace(b"7", b"8"), headers)
        assert (status, code) == (403, "InvalidSignatureException")

    def test_nobody_who_changed_the_path(self, studio: Studio) -> None:
        status, code, _ = sent(studio, f"/model/{SDXL}%3A0/invoke", BODY, signed(studio))
        assert (status, code) == (403, "InvalidSignatureException")

    def test_nobody_who_changed_a_signed_header(self, studio: Studio) -> None:
        headers = signed(studio, headers={"X-Amzn-Bedrock-Trace": "DISABLED"}) | {"X-Amzn-Bedrock-Trace": "ENABLED"}
        assert sent(studio, PATH, BODY, headers)[1] == "InvalidSignatureException"

    def test_nobody_who_signed_a_header_and_did_not_send_it(self, studio: Studio) -> None:
        headers = signed(studio, headers={"X-Extra": "1"})
        status, code, message = sent(
            studio, PATH, BODY, {name: value for name, value in headers.items() if name != "X-Extra"}
        )
        assert (status, code) == (403, "InvalidSignatureException")
        assert "every other header named in SignedHeaders" in message

    def test_nobody_who_signed_for_another_service(self, studio: Studio) -> None:
        status, code, message = sent(studio, PATH, BODY, signed(studio, service="s3"))
        assert (status, code) == (403, "InvalidSignatureException")
        assert message == "Credential should be scoped to correct service: 'bedrock'."

    @pytest.mark.parametrize(("minutes", "said"), [(-6, "Signature expired: "), (6, "Signature not yet current: ")])
    def test_nobody_whose_signature_is_of_another_time(
        self, studio: Studio, shifted: Callable[[datetime.timedelta], None], minutes: int, said: str
    ) -> None:
        shifted(datetime.timedelta(minutes=minutes))
        status, code, message = sent(studio, PATH, BODY, signed(studio))
        assert (status, code) == (403, "InvalidSignatureException")
        assert message.startswith(said)

    def test_nobody_with_a_bearer_token(self, studio: Studio) -> None:
        status, code, message = sent(studio, PATH, BODY, {"Authorization": "Bearer abc"})
        assert (status, code) == (403, "AccessDeniedException")
        assert message == "Authentication failed: Please make sure your API Key is valid."

    @pytest.mark.parametrize(
        "given", ["AWS4-HMAC-SHA256", "Basic abc", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c", "é"]
    )
    def test_nobody_with_half_a_signature(self, studio: Studio, given: str) -> None:
        assert sent(studio, PATH, BODY, {"Authorization": given})[:2] == (403, "IncompleteSignatureException")

    @pytest.mark.parametrize("date", ["", "yesterday", "20261122T000000"])
    def test_nobody_without_a_date(self, studio: Studio, date: str) -> None:
        headers = signed(studio) | {"X-Amz-Date": date}
        assert sent(studio, PATH, BODY, headers)[:2] == (403, "IncompleteSignatureException")

    def test_nobody_from_the_web(self, studio: Studio) -> None:
        headers = signed(studio) | {"Host": "studio.example.com"}
        assert sent(studio, PATH, BODY, headers)[:2] == (403, "AccessDeniedException")

    def test_no_page_of_a_browser(self, studio: Studio, talk: Callable[[bytes], bytes]) -> None:
        asked = b"OPTIONS %s HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.com\r\nConnection: close\r\n\r\n"
        answer = talk(asked % PATH.encode())
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b"access-control" not in answer.lower()


def test_two_studios_have_different_keys() -> None:
    from helpers.studio.keys import Keys
    from helpers.studio.process import new_keys

    first, second = Keys(*new_keys()), Keys(*new_keys())
    assert first.access_key != second.access_key
    assert first.secret_key != second.secret_key
    assert second.secret_key not in repr(second)
