"""Random requests to a studio, to find one that it cannot bear: bytes on both protocols, and bodies with one thing wrong.

    python -m tests.studio.fuzz_studio [--cases 50000] [--seed 1]

The studio draws with the tests' fast engine. A case fails where the studio answers with a status from 500 on, hangs,
gives an answer without a request id or with more than a page of text, does not name the field that is wrong, or prints
anything; the run fails as well where the studio's front has grown. A case is made from the seed and its number alone:
`--only NUMBER` tries that one again and prints what was sent and what came back.
"""

import argparse
import base64
import copy
import io
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from h2.config import H2Configuration
from h2.connection import H2Connection
from PIL import Image

from helpers import models
from helpers.studio.process import Studio
from tests.studio.conftest import clean_environment

TIMEOUT = 20.0  # seconds: longer is a hang
MAX_ANSWER = 20_000  # bytes of an error's text
MAX_GROWTH = 20.0  # MB
WARM_UP = 0.5  # the share of the cases after which memory is first measured


@dataclass(frozen=True)
class Failure:
    """One case that the studio did not bear."""

    case: int
    kind: str
    why: str
    sent: bytes
    answer: bytes


def main() -> int:
    """Run the cases, print every failure, and return 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="number of the one case to try")
    options = parser.parse_args()
    with running_studio() as (studio, errors):
        numbers = range(options.cases) if options.only is None else [options.only]
        failures, counts, growth = run(studio, numbers, options.seed)
        for failure in failures[:50]:
            print(f"case {failure.case} ({failure.kind}): {failure.why}\n  sent {failure.sent[:2000]!r}")
            print(f"  answer {failure.answer[:2000]!r}")
        printed = errors()
    print(f"{len(numbers)} cases: {', '.join(f'{number} {status}' for status, number in sorted(counts.items()))}")
    print(f"{len(failures)} failed; the front grew by {growth:.1f} MB; it printed {printed[:2000]!r}")
    return 1 if failures or printed or growth > MAX_GROWTH else 0


@contextmanager
def running_studio() -> Iterator[tuple[Studio, Callable[[], str]]]:
    """Start a studio with the tests' engine; with it comes a function that returns what it has printed to stderr."""
    with tempfile.TemporaryFile() as file:
        command = [sys.executable, "-m", "helpers.studio", "--handshake"]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, env=clean_environment()
        )
        assert child.stdout is not None

        def errors() -> str:
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            yield Studio(**json.loads(child.stdout.readline()), process=child), errors
        finally:
            child.communicate(timeout=10)


def run(studio: Studio, numbers: "range | list[int]", seed: int) -> tuple[list[Failure], Counter[str], float]:
    """Try the cases; return those that failed, how often each status came, and the growth of the front in MB."""
    failures: list[Failure] = []
    counts: Counter[str] = Counter()
    kinds = (("bytes", http1_bytes), ("frames", http2_bytes), ("body", changed_body))
    before = memory(studio)
    with (
        httpx.Client(http1=False, http2=True, timeout=TIMEOUT, trust_env=False) as two,
        httpx.Client(timeout=TIMEOUT, trust_env=False) as one,
    ):
        for done, number in enumerate(numbers):
            if done == int(len(numbers) * WARM_UP):
                before = memory(studio)
            chance = random.Random(f"{seed} {number}")
            kind, act = kinds[chance.choices(range(3), (3, 2, 5))[0]]
            try:
                status, why, sent, answer = act(studio, chance, two if chance.random() < 0.5 else one)
            except Exception as error:
                status, why, sent, answer = "none", f"{type(error).__name__}: {error}", b"", b""
            counts[status] += 1
            if why:
                failures.append(Failure(number, kind, why, sent, answer))
    return failures, counts, memory(studio) - before


Outcome = tuple[str, str, bytes, bytes]
"""Status, what is wrong with the answer (empty: nothing), what was sent, what came back."""


# --- Raw bytes -------------------------------------------------------------------------------------------------------


def http1_bytes(studio: Studio, chance: random.Random, client: httpx.Client) -> Outcome:
    """Send a request over HTTP/1.1 with an odd head, or with a few wrong bytes, or no request at all."""
    whole, kind = request_line_and_headers(studio, chance), chance.random()
    sent = (
        whole if kind < 0.4 else damaged(whole, chance) if kind < 0.95 else chance.randbytes(chance.randrange(1, 3000))
    )
    answer = exchanged(studio, sent)
    if not answer:
        return "closed", "", sent, answer
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1].decode("latin-1")
    return status, wrong_answer(status, b"x-amzn-requestid:" in head.lower(), body), sent, answer


def http2_bytes(studio: Studio, chance: random.Random, client: httpx.Client) -> Outcome:
    """Send HTTP/2 frames of which a few bytes are wrong; nothing is asked of the answer but that it ends."""
    ours = H2Connection(H2Configuration(client_side=True, validate_outbound_headers=False))
    ours.initiate_connection()
    sent = ours.data_to_send()
    for number in range(1, 2 * chance.randrange(1, 4), 2):
        body, headers = signed_body(studio, chance)
        pseudo = [(":method", "POST"), (":path", PATH), (":scheme", "http"), (":authority", host_of(studio))]
        ours.send_headers(number, [*pseudo, *((name.lower(), value) for name, value in headers.items())])
        ours.send_data(number, body[:16_000], end_stream=chance.random() < 0.9)
        frames = ours.data_to_send()
        sent += damaged(frames, chance) if chance.random() < 0.8 else frames
    answer = exchanged(studio, sent)
    return "frames", "", sent, answer


def request_line_and_headers(studio: Studio, chance: random.Random) -> bytes:
    body, headers = signed_body(studio, chance)
    method = "POST" if chance.random() < 0.8 else chance.choice(["GET", "HEAD", "PUT", "OPTIONS", "DELETE", "BREW"])
    path = PATH if chance.random() < 0.7 else chance.choice(OTHER_PATHS)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host_of(studio)}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if chance.random() < 0.6:
        lines.insert(chance.randrange(1, len(lines) + 1), chance.choice(ODD_HEADERS))
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return the data with one to four bytes changed, a piece cut out, doubled or moved, or the end missing."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        place, length = chance.randrange(len(changed)), chance.randrange(1, 40)
        match chance.randrange(6):
            case 0 | 1 | 2:
                changed[place] = chance.randrange(256)
            case 3 if len(changed) > length + 1:
                del changed[place : place + length]
            case 4:
                changed[place:place] = changed[place : place + length]
            case 5 if chance.random() < 0.3 and place:
                del changed[place:]
        if not changed:
            changed = bytearray(b"\0")
    return bytes(changed)


def exchanged(studio: Studio, sent: bytes) -> bytes:
    """Send bytes, close our half, and return all that comes back. Raises TimeoutError where the studio hangs."""
    host, port = host_of(studio).split(":")
    heard = b""
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it may hang up on us before the end
        until = time.monotonic() + TIMEOUT
        try:
            while piece := connection.recv(65_536):
                heard += piece
                if time.monotonic() > until:
                    raise TimeoutError("the answer does not end")
        except ConnectionError:
            pass
    return heard


# --- Bodies ----------------------------------------------------------------------------------------------------------


def changed_body(studio: Studio, chance: random.Random, client: httpx.Client) -> Outcome:
    """Send a legal body of some model with one thing changed; where it is refused, the field must be named."""
    model, body = chance.choice(legal_bodies())
    changed, field = with_one_change(copy.deepcopy(body), chance)
    sent = json.dumps(changed).encode()
    path = f"/model/{model}/invoke"
    answer = client.post(studio.endpoint + path, content=sent, headers=signed_headers(studio, path, sent))
    status = str(answer.status_code)
    why = wrong_answer(status, "x-amzn-requestid" in answer.headers, answer.content)
    if not why and status == "400":
        text = json.loads(answer.content)["message"]
        if field.split("[")[0][:60] not in text and "Available fields" not in text:
            why = f"the field {field} is not named"
    return status, why, sent, answer.content


def legal_bodies() -> list[tuple[str, dict[str, Any]]]:
    """Return model ids with a legal body of each task that the studio draws for them."""
    if not _LEGAL:
        image = picture("RGB")
        sdxl, core, large = (models.get(role).id for role in ("sdxl", "core", "sd3.5"))
        text = {"text_prompts": [{"text": "a beach", "weight": 1.0}, {"text": "rain", "weight": -1.0}]}
        common = {**text, "seed": 7, "steps": 10, "cfg_scale": 7.0, "sampler": "K_EULER", "style_preset": "anime"}
        _LEGAL.extend(
            [
                (sdxl, {**common, "width": 320, "height": 320, "samples": 1, "extras": {}}),
                (sdxl, {**common, "init_image": image, "image_strength": 0.4, "init_image_mode": "IMAGE_STRENGTH"}),
                (
                    sdxl,
                    {
                        **common,
                        "init_image": image,
                        "init_image_mode": "STEP_SCHEDULE",
                        "step_schedule_start": 0.6,
                        "step_schedule_end": 0.1,
                    },
                ),
                (
                    sdxl,
                    {
                        **common,
                        "init_image": image,
                        "mask_source": "MASK_IMAGE_WHITE",
                        "mask_image": picture("L"),
                        "clip_guidance_preset": "NONE",
                    },
                ),
                (core, {"prompt": "a beach", "negative_prompt": "rain", "seed": 7, "aspect_ratio": "1:1"}),
                (core, {"prompt": "a beach", "output_format": "jpeg"}),
                (large, {"prompt": "a beach", "mode": "image-to-image", "image": image, "strength": 0.6, "seed": 7}),
                (large, {"prompt": "a beach", "aspect_ratio": "21:9", "output_format": "webp"}),
            ]
        )
    return _LEGAL


def with_one_change(body: dict[str, Any], chance: random.Random) -> tuple[dict[str, Any], str]:
    """Return the body with one field changed, added or left out, and the field's name."""
    field = chance.choice(list(body))
    match chance.randrange(8):
        case 0:
            del body[field]
        case 1:
            field = chance.choice(["cfg", "n", "prompts", "", "a/b", "ключ", "x" * 5000, "mode", "image", "width"])
            body[field] = odd_value(chance)
        case 2 if field == "text_prompts":
            body[field][chance.randrange(len(body[field]))][chance.choice(["text", "weight", "colour"])] = odd_value(
                chance
            )
        case _:
            body[field] = odd_value(chance)
    return body, field


def odd_value(chance: random.Random) -> Any:
    """Return some JSON value that few fields take."""
    return chance.choice(
        [
            None,
            True,
            False,
            "",
            "x",
            "x" * 3000,
            "\ud800",
            "a\0b",
            "7",
            [],
            {},
            [[[[]]]],
            {"a": {"dict": 1}},
            -1,
            0,
            1,
            2**31,
            2**64,
            10**400,
            -(10**4200),
            -0.0,
            0.1,
            1e308,
            -1e308,
            1e-320,
            [1] * 50,
            [{"text": 1}] * 50,
            [{"text": "a", "weight": "b"}],
            "iVBORw0KGgo=",
            "data:image/png;base64,AAAA",
            "not base64!",
            base64.b64encode(b"GIF89a" + b"\0" * 50).decode(),
            dict.fromkeys(map(str, range(60)), 1),
        ]
    )


# --- What all of them need -------------------------------------------------------------------------------------------

PATH = f"/model/{models.get('sdxl').id}/invoke"
OTHER_PATHS = (
    "/foundation-models",
    "/foundation-models/x",
    "/foundation-models?byProvider=a&byProvider=b&%ff=%",
    "/inference-profiles",
    "/model/%2e%2e/invoke",
    "/model//invoke",
    "/model/%00/invoke",
    f"/model/{'a' * 3000}/invoke",
    "/model/x/converse",
    "/studio/engines",
    "/studio/calls",
    "/studio/faults",
    "//",
    "*",
    "/%",
    "http://127.0.0.1/model/x/invoke",
)
ODD_HEADERS = (
    "Host: evil.example",
    "Content-Length: 7",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Connection: close",
    "Authorization: Bearer x",
    "Authorization: ",
    "X-Amz-Date: x",
    "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",
    "X-Amzn-Bedrock-Trace: ENABLED",
    "X-Amzn-Bedrock-Trace: x",
    "Content-Type: text/html",
    "Accept: image/png",
    "X: \xff",
    ": x",
    " folded: x",
    "Upgrade: h2c",
)
_LEGAL: list[tuple[str, dict[str, Any]]] = []


def wrong_answer(status: str, has_id: bool, body: bytes) -> str:
    """Return what is wrong with an answer, whatever was asked; empty where it is as it should be."""
    if not status.isdecimal() or (int(status) >= 500 and status != "505"):  # what HTTP has for another version of it
        return f"the answer is {status}"
    if not has_id and status != "100":
        return "it has no request id"
    if status != "200" and len(body) > MAX_ANSWER:
        return f"the error has {len(body)} bytes"
    return "it shows a traceback" if b"Traceback" in body else ""


def signed_body(studio: Studio, chance: random.Random) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"text_prompts": [{"text": "a beach"}], "width": 320, "height": 320, "seed": chance.randrange(9)})
    return body.encode(), signed_headers(studio, PATH, body.encode())


def signed_headers(studio: Studio, path: str, body: bytes) -> dict[str, str]:
    request = AWSRequest("POST", studio.endpoint + path, data=body)
    SigV4Auth(Credentials(studio.access_key, studio.secret_key), "bedrock", "us-west-2").add_auth(request)
    return dict(request.headers.items())


def host_of(studio: Studio) -> str:
    return studio.endpoint.removeprefix("http://")


def picture(mode: str) -> str:
    file = io.BytesIO()
    Image.new(mode, (320, 320), 128).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def memory(studio: Studio) -> float:
    """Return the front's resident memory in MB; 0 on systems without /proc."""
    assert studio.process is not None
    statm = Path(f"/proc/{studio.process.pid}/statm")
    return int(statm.read_text().split()[1]) * 4096 / 1e6 if statm.exists() else 0.0


if __name__ == "__main__":
    sys.exit(main())
