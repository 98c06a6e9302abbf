"""An endpoint on loopback that answers as Bedrock's SDXL does, as quickly or slowly, kindly or unkindly as a test wants."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config
from PIL import Image

from helpers import models
from helpers.studio.engines.painted import VERSION

Reply = tuple[int, str, dict[str, Any]]  # status, error type, answer
Script = Callable[[dict[str, Any], int], Reply]  # from a body, and how many calls came before it


@lru_cache(maxsize=4096)
def png(seed: int, side: int = 320) -> bytes:
    """A picture of one colour, another for another seed."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), (seed % 256, seed // 256 % 256, 99)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def drawn(body: dict[str, Any], _: int = 0) -> Reply:
    """SDXL's answer with a picture."""
    seed = body.get("seed") or 1
    return 200, "", answer(png(seed), seed)


def answer(picture: bytes, seed: int, finish_reason: str = "SUCCESS") -> dict[str, Any]:
    """SDXL's answer, by the user guide."""
    told = {"seed": seed, "base64": base64.b64encode(picture).decode(), "finishReason": finish_reason}
    return {"result": "success", "artifacts": [told]}


def filtered(body: dict[str, Any], _: int = 0) -> Reply:
    """A picture that the content filter blurred."""
    return 200, "", answer(png(0), body["seed"], "CONTENT_FILTERED")


def refused(status: int, code: str, message: str = "Too many requests, please wait before trying again.") -> Reply:
    """An error in the service's form."""
    return status, code, {"message": message}


ENGINE = f"painted {VERSION}"  # as the studio's own
THROTTLED = refused(429, "ThrottlingException")


def client_of(endpoint: str, **options: Any) -> Any:
    """A boto3 client with retries of its own, as a user would have it."""
    session = boto3.Session("STUDIOKEY", "secret", region_name="us-west-2")
    config = Config(signature_version="v4", proxies={}, read_timeout=60, **options)
    return session.client("bedrock-runtime", endpoint_url=endpoint, config=config)


@dataclass
class FakeBedrock:
    """The server. `script` says what to answer, `latency` how long that takes; `bodies` is what was asked."""

    script: Script = drawn
    latency: float = 0.0
    keep: bool = True
    engine: str = ENGINE  # what it says that it draws with; "" for one that does not say
    bodies: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    count: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def seeds(self) -> list[int]:
        """The seeds asked for, in order."""
        return [body["seed"] for body in self.bodies]

    def client(self, **options: Any) -> Any:
        """A boto3 client for it."""
        return client_of(self.endpoint, **options)

    def respond(self, body: dict[str, Any], began: float) -> tuple[int, str, bytes]:
        """Status, error type and the answer's bytes, when the latency since `began` is over."""
        with self.lock:
            before, self.count = self.count, self.count + 1
            self.times.append(time.monotonic())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if self.keep:
                self.bodies.append(body)
        try:
            status, code, told = self.script(body, before)
            data = json.dumps(told).encode()
            time.sleep(max(0.0, began + self.latency - time.monotonic()))
            return status, code, data
        finally:
            with self.lock:
                self.at_once -= 1

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is none of our business."""


def _handler(fake: FakeBedrock) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def parse_request(self) -> bool:
            self.began = time.monotonic()  # the first line of a request is here
            return super().parse_request()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, code, data = fake.respond(body, self.began)
            self.send_response(status)
            if code:
                self.send_header("x-amzn-ErrorType", code)
            self.send_header("x-studio-engine", fake.engine)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-amzn-RequestId", "r-1")
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            told = {"engines": {model.id: fake.engine for model in models.all() if model.studio}} if fake.engine else {}
            data = json.dumps(told if self.path == "/studio/engines" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
