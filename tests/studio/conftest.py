"""A studio of its own for each test file, on the tests' fake engine, watched for anything it writes to standard error."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from helpers.studio.process import Studio
from helpers.studio.replies import BedrockError, Reply
from helpers.studio.wire.messages import Caller, HttpRequest, RequestHead
from helpers.studio.wire.server import StudioServer

FAKE_ENGINE = f"{Path(__file__).with_name('fake_engine.py')}:create"
OTHER_ENGINE = f"{Path(__file__).with_name('other_engine.py')}:create"
SDXL = "stability.stable-diffusion-xl-v1"
ROOT = Path(__file__).resolve().parents[2]


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without anything of AWS, of a proxy or of another studio."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "WORKSHOP_")) and "PROXY" not in name.upper()
    }
    return {**kept, "PYTHONPATH": str(ROOT), "WORKSHOP_STUDIO_ENGINE": FAKE_ENGINE, "WORKSHOP_LANG": "en", **more}


def client_of(studio: Studio, service: str = "bedrock-runtime", region: str = "us-west-2", **options: Any) -> Any:
    """A boto3 client that makes each call once."""
    keys = {"aws_access_key_id": studio.access_key, "aws_secret_access_key": studio.secret_key, **options}
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=32, read_timeout=30)
    return boto3.client(service, endpoint_url=studio.endpoint, region_name=region, config=config, **keys)


@dataclass(frozen=True)
class Answer:
    """What invoke_model gave: the parsed body and the headers."""

    body: dict[str, Any]
    headers: dict[str, str]


def invoke(bedrock: Any, body: Any, model: str = SDXL, **more: Any) -> Answer:
    """One InvokeModel; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = bedrock.invoke_model(modelId=model, body=data, **more)
    return Answer(json.loads(response["body"].read()), response["ResponseMetadata"]["HTTPHeaders"])


def beach(text: str = "a beach", **fields: Any) -> dict[str, Any]:
    """A small SDXL body."""
    return {"text_prompts": [{"text": text}], "width": 320, "height": 320, "seed": 7, **fields}


@dataclass(frozen=True)
class Wire:
    """What the tests of the wire share; a fixture, because test files cannot import each other."""

    clean_environment = staticmethod(clean_environment)
    client_of = staticmethod(client_of)
    invoke = staticmethod(invoke)
    beach = staticmethod(beach)
    engine: str = FAKE_ENGINE
    other_engine: str = OTHER_ENGINE


@pytest.fixture(scope="session")
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "helpers.studio", "--handshake"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=clean_environment(),
            start_new_session=True,
        )
        assert child.stdout is not None
        yield Studio(**json.loads(child.stdout.readline()), process=child)
        child.communicate(timeout=10)
        errors.seek(0)
        written = errors.read().decode()
    assert written == "", "the studio wrote to standard error"


@pytest.fixture(scope="module")
def bedrock(studio: Studio) -> Any:
    return client_of(studio)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[HttpRequest], Reply]], StudioServer]]:
    """Make servers in this process that admit everything and answer with a function."""
    made: list[StudioServer] = []

    def make(answer: Callable[[HttpRequest], Reply]) -> StudioServer:
        server = StudioServer()
        server.application = Open(answer)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        made.append(server)
        return server

    yield make
    for server in made:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Open:
    """An application that admits everything but /refused."""

    function: Callable[[HttpRequest], Reply]

    def admit(self, head: RequestHead) -> Caller:
        if head.path == "/refused":
            raise BedrockError("AccessDeniedException", "Not you.")
        return Caller("KEY", "us-west-2")

    def answer(self, request: HttpRequest, caller: Caller) -> Reply:
        return self.function(request)


@pytest.fixture
def talk(studio: Studio) -> Callable[[bytes], bytes]:
    """Send raw bytes, close our half, and give all that comes back until the studio hangs up."""
    host, port = studio.endpoint.removeprefix("http://").split(":")

    def say(data: bytes) -> bytes:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it may hang up on us before the end
            heard = b""
            while piece := connection.recv(65536):
                heard += piece
        return heard

    return say
