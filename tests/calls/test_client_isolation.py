"""On the studio nothing of this machine's AWS set-up counts, no call gets past, and `connect("aws")` gives all of it back."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import boto3
import botocore.exceptions
import pytest

import helpers
from helpers import errors
from helpers.calls import client

FAKE_ENGINE = f"{Path(__file__).parents[1] / 'studio' / 'fake_engine.py'}:create"
SDXL_ID = "stability.stable-diffusion-xl-v1"
BODY = {"text_prompts": [{"text": "a beach"}], "seed": 7}
DEAD_PROXY = "http://127.0.0.1:9"
REAL_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL", "AWS_SECRET_ACCESS_KEY": "real"}

CONFIG_FILE = """
[default]
region = eu-west-1
ignore_configured_endpoint_urls = true
use_fips_endpoint = true
endpoint_url = https://example.invalid
[profile work]
region = eu-west-1
credential_process = no-such-program
services = elsewhere
[services elsewhere]
bedrock_runtime =
  endpoint_url = https://example.invalid
"""
CREDENTIALS_FILE = """
[default]
aws_access_key_id = AKIAREALREALREALREAL
aws_secret_access_key = real
[keys]
aws_access_key_id = AKIAREALREALREALREAL
aws_secret_access_key = real
"""

TROUBLES: dict[str, dict[str, str]] = {
    "nothing at all": {},
    "real keys": {**REAL_KEYS, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"},
    "a session token": {**REAL_KEYS, "AWS_SESSION_TOKEN": "t", "AWS_SECURITY_TOKEN": "t"},
    "keys that expire": {**REAL_KEYS, "AWS_SESSION_TOKEN": "t", "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z"},
    "a profile": {"AWS_PROFILE": "work"},
    "the older name of a profile": {"AWS_DEFAULT_PROFILE": "work"},
    "a profile that is gone": {"AWS_PROFILE": "no-such-profile"},
    "a profile with an odd name": {"AWS_PROFILE": "sso] [x\ny"},
    "endpoints as other clients name them": {
        "AWS_BEDROCK_RUNTIME_ENDPOINT": "https://example.invalid",
        "BEDROCK_ENDPOINT_URL": "https://example.invalid",
        "ANTHROPIC_BEDROCK_BASE_URL": "https://example.invalid",
    },
    "a Bedrock API key": {"AWS_BEARER_TOKEN_BEDROCK": "bedrock-api-key-x"},
    "a preference for API keys": {"AWS_BEARER_TOKEN_BEDROCK": "x", "AWS_AUTH_SCHEME_PREFERENCE": "httpBearerAuth"},
    "endpoints ignored": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    "endpoints of somebody else": {
        "AWS_ENDPOINT_URL": "https://example.invalid",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://example.invalid",
        "AWS_ENDPOINT_URL_S3": "https://example.invalid",
        "AWS_ENDPOINT_URL_STS": "https://example.invalid",
    },
    "FIPS endpoints": {"AWS_USE_FIPS_ENDPOINT": "true"},
    "dual-stack endpoints": {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "a proxy": {"HTTP_PROXY": DEAD_PROXY, "HTTPS_PROXY": DEAD_PROXY, "ALL_PROXY": DEAD_PROXY},
    "a proxy in lower case": {"http_proxy": DEAD_PROXY, "https_proxy": DEAD_PROXY, "all_proxy": DEAD_PROXY},
    "a proxy with exceptions": {"http_proxy": DEAD_PROXY, "no_proxy": "example.com", "NO_PROXY": "example.org"},
    "a proxy with no exceptions": {"HTTP_PROXY": DEAD_PROXY, "no_proxy": ""},
    "no proxy for anything": {"HTTP_PROXY": DEAD_PROXY, "NO_PROXY": "*"},
    "a certificate file that is gone": {"AWS_CA_BUNDLE": "/no/such/file.pem"},
    "a role": {"AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x", "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/file"},
    "a container's keys": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/"},
    "a mode that does not exist": {"AWS_DEFAULTS_MODE": "no-such-mode"},
    "an account's own endpoints": {
        **REAL_KEYS,
        "AWS_ACCOUNT_ID": "111122223333",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required",
    },
    "files elsewhere": {"AWS_CONFIG_FILE": "/no/such/file", "AWS_SHARED_CREDENTIALS_FILE": "/no/such/file"},
    "a variable that AWS has yet to think of": {"AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME": "https://example.invalid"},
}


@pytest.fixture(scope="module", autouse=True)
def one_studio() -> Iterator[None]:
    """The studio of this file's tests has the fake engine, and leaves with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_STUDIO_ENGINE", FAKE_ENGINE)
        patch.setattr(client, "_studio", None)
        yield
        if client._studio is not None:
            client._studio.stop()


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path) -> Iterator[None]:
    """Each test begins in a home with config files full of traps and nothing else of AWS, and leaves no trace."""
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    for name in before:
        if name.startswith("AWS_") or name.upper().endswith("_PROXY") or name == "WORKSHOP_STUDIO":
            del os.environ[name]
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG_FILE)
    (tmp_path / ".aws" / "credentials").write_text(CREDENTIALS_FILE)
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(tmp_path)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    boto3.DEFAULT_SESSION = None
    yield
    client._isolation.leave()
    os.environ.clear()
    os.environ.update(before)
    boto3.DEFAULT_SESSION = session


def own_file(name: str) -> Path:
    """This user's AWS `config` or `credentials`."""
    return Path(os.environ["HOME"]) / ".aws" / name


def arrives(bedrock: Any) -> bool:
    """Whether an InvokeModel of this client is answered by the studio."""
    answer = bedrock.invoke_model(modelId=SDXL_ID, body=json.dumps(BODY))
    return "x-studio-version" in answer["ResponseMetadata"]["HTTPHeaders"]


def refused_by_the_studio(call: Callable[[], Any]) -> bool:
    """Whether a call to another service ends at the studio, with an error."""
    try:
        call()
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"]["Message"]
        return "The offline studio has" in told or "security token included in the request is invalid" in told
    return False


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_every_call_arrives_at_the_studio_and_all_is_restored(trouble: dict[str, str]) -> None:
    os.environ.update(trouble)
    before = dict(os.environ)

    bedrock = helpers.connect()

    assert helpers.invoke(bedrock, BODY).image.getpixel((0, 0)) == (7, 30, 7)
    assert arrives(boto3.client("bedrock-runtime"))
    with contextlib.suppress(errors.CallError):  # no network and no real keys here
        helpers.connect("aws")
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    "trouble", ["nothing at all", "real keys", "a profile", "endpoints of somebody else", "a proxy"]
)
def test_a_stray_call_to_another_service_is_refused_on_this_machine(trouble: str) -> None:
    os.environ.update(TROUBLES[trouble])
    helpers.connect()
    assert "stability" in str(boto3.client("bedrock").list_foundation_models())
    assert refused_by_the_studio(boto3.client("s3").list_buckets)
    assert refused_by_the_studio(lambda: boto3.client("s3").put_object(Bucket="bucket", Key="key", Body=b"private"))
    assert boto3.client("sts", region_name="eu-west-1").get_caller_identity()["Account"] == "000000000000"
    assert refused_by_the_studio(boto3.client("sts", region_name="eu-west-1").get_session_token)
    assert refused_by_the_studio(boto3.resource("dynamodb").meta.client.list_tables)


def test_a_profile_with_real_keys_is_out_of_reach() -> None:
    helpers.connect()
    with pytest.raises(botocore.exceptions.ProfileNotFound):
        boto3.Session(profile_name="keys")


@pytest.mark.parametrize("before", [{}, {"AWS_PROFILE": "keys"}, {"AWS_DEFAULT_PROFILE": "new"}])
def test_the_default_profile_and_the_one_that_was_set_lead_to_the_studio(before: dict[str, str]) -> None:
    os.environ.update(before)
    helpers.connect()
    for name in ("default", *before.values()):
        session = boto3.Session(profile_name=name)
        assert session.get_credentials().access_key.startswith("STUDIO")
        assert arrives(session.client("bedrock-runtime"))
        assert refused_by_the_studio(session.client("s3").list_buckets)


def test_a_profile_that_is_set_before_connecting_again_leads_to_the_studio_too() -> None:
    helpers.connect()
    os.environ["AWS_PROFILE"] = "keys"
    helpers.connect()
    assert arrives(boto3.Session(profile_name="keys").client("bedrock-runtime"))
    assert arrives(boto3.Session(profile_name="default").client("bedrock-runtime"))


def test_the_profile_is_there_still_when_the_studio_had_to_be_started_anew() -> None:
    os.environ["AWS_PROFILE"] = "keys"
    helpers.connect()
    assert client._studio is not None
    assert client._studio.process is not None
    gone = client._studio
    client._studio.process.kill()
    client._studio.process.wait()
    helpers.connect()
    assert not os.path.exists(gone.folder)
    assert arrives(boto3.Session(profile_name="keys").client("bedrock-runtime"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks as Unix has them")
def test_a_forked_child_that_ends_leaves_the_profiles_to_its_parent() -> None:
    code = (
        "import boto3, helpers, os, sys; helpers.connect()\n"
        "child = os.fork()\n"
        "if not child: sys.exit(0)\n"
        "os.waitpid(child, 0); print(boto3.Session(profile_name='default').get_credentials().access_key)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("STUDIO"), ran.stderr


@pytest.mark.parametrize("name", ["AWS_BEDROCK_RUNTIME_ENDPOINT", "BEDROCK_ENDPOINT_URL", "ANTHROPIC_BEDROCK_BASE_URL"])
def test_a_client_that_reads_an_address_of_its_own_from_the_environment_reaches_the_studio(name: str) -> None:
    helpers.connect()
    del os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]  # it knows nothing of these
    assert arrives(boto3.client("bedrock-runtime", endpoint_url=os.environ[name]))


def test_a_default_session_made_earlier_comes_back_with_aws() -> None:
    boto3.setup_default_session(aws_access_key_id="AKIAREAL", aws_secret_access_key="real", region_name="eu-west-1")
    earlier = boto3.DEFAULT_SESSION
    helpers.connect()
    assert arrives(boto3.client("bedrock-runtime"))
    assert boto3.DEFAULT_SESSION is not earlier
    with contextlib.suppress(errors.CallError):
        helpers.connect("aws")
    assert boto3.DEFAULT_SESSION is earlier


def test_a_session_with_real_keys_that_somebody_kept_ends_at_the_studio_too() -> None:
    own_file("config").write_text("")
    kept = boto3.Session(aws_access_key_id="AKIAREAL", aws_secret_access_key="real", region_name="eu-west-1")
    lazy = boto3.Session(region_name="eu-west-1")
    helpers.connect()
    assert refused_by_the_studio(
        lambda: kept.client("bedrock-runtime").invoke_model(modelId=SDXL_ID, body=json.dumps(BODY))
    )
    assert arrives(lazy.client("bedrock-runtime"))


def test_connecting_again_uses_the_same_studio_and_keeps_what_was_found_first() -> None:
    os.environ["AWS_PROFILE"] = "work"
    before = dict(os.environ)
    first, second = helpers.connect(), helpers.connect()
    assert first.meta.endpoint_url == second.meta.endpoint_url
    assert arrives(first)
    with contextlib.suppress(errors.CallError):
        helpers.connect("aws")
    assert dict(os.environ) == before


def test_after_aws_the_studio_isolates_again() -> None:
    os.environ.update(REAL_KEYS)
    helpers.connect()
    with contextlib.suppress(errors.CallError):
        helpers.connect("aws")
    assert arrives(helpers.connect())
    assert arrives(boto3.client("bedrock-runtime"))


@pytest.mark.parametrize("again", [False, True])
def test_what_the_user_sets_while_on_the_studio_is_kept_for_aws(again: bool) -> None:
    os.environ["AWS_PROFILE"] = "old"
    helpers.connect()
    os.environ["AWS_PROFILE"] = "keys"
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    if again:
        helpers.connect()
        assert "AWS_PROFILE" not in os.environ
    with contextlib.suppress(errors.CallError):
        helpers.connect("aws")
    assert (os.environ["AWS_PROFILE"], os.environ["AWS_DEFAULT_REGION"]) == ("keys", "us-east-1")


def test_another_region_may_be_asked_for_on_the_studio() -> None:
    bedrock = helpers.connect(region="eu-central-1")
    assert bedrock.meta.region_name == "eu-central-1"
    assert boto3.client("bedrock-runtime").meta.region_name == "eu-central-1"
    assert arrives(bedrock)


@pytest.mark.parametrize(
    ("backend", "fix"), [("studio", r'connect\(region="us-west-2"\)'), ("aws", r'connect\("aws", region="us-west-2"\)')]
)
def test_a_name_that_can_be_no_region_is_refused_with_one_that_is(backend: Any, fix: str) -> None:
    os.environ.update(REAL_KEYS)
    own_file("config").write_text("")
    before = dict(os.environ)
    with pytest.raises(errors.RegionError, match=fix):
        helpers.connect(backend, region="us west 2")
    assert dict(os.environ) == before


def test_many_threads_connect_to_one_studio() -> None:
    endpoints: list[str] = []
    threads = [threading.Thread(target=lambda: endpoints.append(helpers.connect().meta.endpoint_url)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(endpoints) == 8
    assert len(set(endpoints)) == 1


def test_any_other_back_end_is_named_as_what_it_is() -> None:
    before = dict(os.environ)
    with pytest.raises(ValueError, match=r'connect\("studio"\).*connect\("aws"\)'):
        helpers.connect("gpu")  # type: ignore[arg-type]
    assert dict(os.environ) == before


def test_calls_have_time_for_a_picture_and_one_owner_of_retries() -> None:
    config = helpers.connect().meta.config
    assert config.read_timeout == 300
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert config.tcp_keepalive


# --- The way to AWS, with a security token service that listens here -----------------------------------------------


class FakeSts(BaseHTTPRequestHandler):
    """Answers GetCallerIdentity as STS does, and keeps what it was asked."""

    asked: ClassVar[list[str]] = []
    refusal: ClassVar[tuple[int, str, str] | None] = None

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(parse_qs(form).get("Action", [self.path])[0])
        status, body = (
            200,
            (
                '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
                "<Arn>arn:aws:iam::111122223333:user/ana</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        )
        if self.refusal:
            status, code, message = self.refusal
            body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def sts() -> Iterator[type[FakeSts]]:
    FakeSts.asked, FakeSts.refusal = [], None
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeSts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own_file("config").write_text("")
    os.environ["AWS_ENDPOINT_URL_STS"] = f"http://127.0.0.1:{server.server_port}"
    yield FakeSts
    server.shutdown()
    server.server_close()


def test_aws_tells_account_region_and_prices_and_makes_no_paid_call(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})

    bedrock = helpers.connect("aws")

    said = capsys.readouterr().out
    assert "111122223333, user/ana" in said
    assert "us-west-2" in said
    assert "Stable Image Core: 0.04" in said
    assert "SDXL 1.0: left AWS on 2025-05-20" in said
    assert "real" not in said
    assert sts.asked == ["GetCallerIdentity"]
    assert bedrock.meta.endpoint_url == "https://bedrock-runtime.us-west-2.amazonaws.com"
    assert client.backend_of(bedrock) == "aws"


def test_aws_after_the_studio_has_the_user_s_own_keys_again(sts: type[FakeSts]) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})
    helpers.connect()
    bedrock = helpers.connect("aws")
    assert bedrock._get_credentials().access_key == REAL_KEYS["AWS_ACCESS_KEY_ID"]


def test_aws_in_a_region_without_core_says_where_it_lives_and_stays_there(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-east-1"})
    assert helpers.connect("aws").meta.region_name == "us-east-1"
    assert 'not in us-east-1 but in us-west-2: helpers.connect("aws", region="us-west-2")' in capsys.readouterr().out
    assert helpers.connect("aws", region="us-west-2").meta.region_name == "us-west-2"


def test_aws_without_credentials_says_how_to_get_some(sts: type[FakeSts]) -> None:
    own_file("credentials").write_text("")
    for region in ({}, {"AWS_DEFAULT_REGION": "us-west-2"}):
        os.environ.update(region)
        with pytest.raises(errors.NoCredentialsError, match="aws configure"):
            helpers.connect("aws")
    assert sts.asked == []


def test_aws_without_a_region_says_which_to_give(sts: type[FakeSts]) -> None:
    os.environ.update(REAL_KEYS)
    with pytest.raises(errors.RegionError, match=r'connect\("aws", region="us-west-2"\)'):
        helpers.connect("aws")


@pytest.mark.parametrize(
    ("status", "code", "message", "words"),
    [
        (403, "InvalidClientTokenId", "The security token included in the request is invalid.", "aws configure"),
        (403, "SignatureDoesNotMatch", "The request signature we calculated does not match", "secret access key"),
        (403, "ExpiredToken", "The security token included in the request is expired", "expired"),
        (403, "SignatureDoesNotMatch", "Signature expired: 2026 is now earlier than 2027", "clock"),
    ],
)
def test_aws_with_keys_that_are_not_accepted_fails_before_any_other_call(
    sts: type[FakeSts], status: int, code: str, message: str, words: str
) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})
    sts.refusal = (status, code, message)
    with pytest.raises(errors.NoCredentialsError, match=words) as caught:
        helpers.connect("aws")
    assert isinstance(caught.value.__cause__, botocore.exceptions.ClientError)


@pytest.mark.parametrize("refusal", [(403, "AccessDenied", "not authorized to perform: sts:GetCallerIdentity"), None])
def test_aws_goes_on_where_only_the_account_cannot_be_asked(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str], refusal: tuple[int, str, str] | None
) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})
    sts.refusal = refusal
    if refusal is None:
        os.environ["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:9"
    helpers.connect("aws")
    assert "account  not known" in capsys.readouterr().out


def test_aws_takes_a_bedrock_api_key_which_sts_does_not_know(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str]
) -> None:
    own_file("credentials").write_text("")
    os.environ.update({"AWS_BEARER_TOKEN_BEDROCK": "x", "AWS_DEFAULT_REGION": "us-west-2"})
    helpers.connect("aws")
    assert "Bedrock API key" in capsys.readouterr().out
    assert sts.asked == []


def test_aws_behind_an_endpoint_of_one_s_own_is_said_to_be_there(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})
    os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = "http://localhost:4566"
    helpers.connect("aws")
    assert "http://localhost:4566" in capsys.readouterr().out


def test_a_lesson_on_a_retired_model_checks_the_account_and_says_so_before_any_call(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})
    with pytest.raises(helpers.RetiredModelError, match="2025-05-20"):
        helpers.connect("aws", model="sdxl")
    assert "111122223333" in capsys.readouterr().out
    assert sts.asked == ["GetCallerIdentity"]


def test_without_credentials_a_lesson_names_them_and_the_retired_model(
    sts: type[FakeSts], capsys: pytest.CaptureFixture[str]
) -> None:
    own_file("credentials").write_text("")
    os.environ.update({"AWS_DEFAULT_REGION": "us-west-2", "AWS_EC2_METADATA_DISABLED": "true"})
    with pytest.raises(helpers.RetiredModelError):
        helpers.connect("aws", model="sdxl")
    assert "aws configure" in capsys.readouterr().out


def test_a_living_model_connects_as_ever(sts: type[FakeSts]) -> None:
    os.environ.update({**REAL_KEYS, "AWS_DEFAULT_REGION": "us-west-2"})
    assert client.backend_of(helpers.connect("aws", model="core")) == "aws"
