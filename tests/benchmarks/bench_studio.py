"""How fast the studio is, as ratios measured in one run, so that they hold on any machine.

    python -m tests.benchmarks.bench_studio [--engine MODULE:FUNCTION] [--rounds 15] [--calls 400]

engine      the engine's time for one picture of 30 steps, over one Pillow PNG encode (level 1, RLE) of that picture:
            of a prompt that is new to it, and of another seed or sampler of that prompt; at the smaller size also from
            an init image and in a mask, both of them and their prompts new to it
call        a whole invoke_model through boto3, over the engine's time in it plus a trip for a canned answer as large
two clients pictures a second of two clients at once, over those of one
memory      growth of the front and of the workers over the second half of many calls, in MB
"""

import argparse
import base64
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # as the studio's workers have it

import boto3
import numpy as np
from botocore.config import Config
from PIL import Image

from helpers.studio.process import Studio, start
from helpers.studio.workers.pools import ENGINES, PAINTED
from helpers.studio.workers.worker import make_engine

SIZES = (512, 1024)
PROMPTS = (
    "a serene beach at sunset",
    "green tea garden",
    "a beautiful mountain landscape",
    "a detailed painting of a dragon flying over a mountain during sunset",
)
THINGS = ("fox", "horse", "castle", "sailboat", "bicycle", "dog", "lighthouse", "dragon", "cat", "robot")
PLACES = ("in a meadow", "by the sea", "in a forest", "on a mountain", "in a city", "in the desert")
"""Each pair is a prompt of the same kind, and new to the engine: nothing that it keeps of others helps."""
MAX_ENGINE = {
    512: {"fresh": 3.5, "another seed": 1.75, "another sampler": 1.75, "image to image": 8.0, "mask": 15.0},
    1024: {"fresh": 2.0, "another seed": 1.0, "another sampler": 1.0},
}
MAX_CALL, MIN_TWO, MAX_GROWTH = 1.25, 1.4, 20.0


def main() -> None:
    """Print one row a measurement, with what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=ENGINES[PAINTED])
    parser.add_argument("--rounds", type=int, default=15, help="pictures a measurement of time")
    parser.add_argument("--calls", type=int, default=400, help="calls for the measurement of memory")
    parser.add_argument("--canned", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.canned:
        serve_canned(Path(options.canned).read_bytes())
        return
    texts = cycle(f"a {thing} {place}" for place in PLACES for thing in THINGS)
    for size in SIZES:
        engine_rows(options.engine, size, options.rounds, texts)
    studio = start(engine=options.engine)
    try:
        bedrock = client(studio.endpoint, studio)
        for size in SIZES:
            call_row(bedrock, size, options.rounds)
        two_clients_row(bedrock, options.rounds)
        memory_row(studio, bedrock, options.calls)
    finally:
        studio.stop()


def row(name: str, value: float, wanted: str, detail: str) -> None:
    """One line of the report."""
    print(f"{name:<22}{value:8.2f}   wanted {wanted:<8} {detail}", flush=True)


def engine_rows(engine_name: str, size: int, rounds: int, texts: Iterator[str]) -> None:
    """The engine alone, in this process; the first round, which reads the art, is not counted."""
    from helpers.studio.protocol import ImageToImage, Inpaint, Prompt, TextToImage

    engine, _ = make_engine(engine_name)
    took: dict[str, list[float]] = {name: [] for name in ("encode", *MAX_ENGINE[size])}
    last = np.full((size, size, 3), 128, np.uint8)
    mask = np.zeros((size, size), np.uint8)
    mask[size // 4 : -size // 4, size // 4 : -size // 4] = 255
    for number in range(rounds + 1):
        fresh, *others = ((Prompt(next(texts)),) for _ in range(3))
        task = TextToImage(fresh, size, size, seed=number + 1)
        tasks = {
            "fresh": task,
            "another seed": replace(task, seed=number + 1001),
            "another sampler": replace(task, sampler="K_EULER"),
            "image to image": ImageToImage(others[0], size, size, number + 1, init_image=last, schedule_start=0.5),
            "mask": Inpaint(others[1], size, size, number + 1, init_image=last, mask=mask),
        }
        for name in MAX_ENGINE[size]:
            seconds, result = timed(engine.generate, tasks[name])
            took[name].append(seconds)
            if name == "fresh":
                picture = result.pixels
                took["encode"].append(timed(pillow_png, picture)[0])
        last = picture
    middle = {name: statistics.median(seconds[1:]) for name, seconds in took.items()}
    for name, most in MAX_ENGINE[size].items():
        detail = f"{middle[name] * 1e3:.1f} ms a picture, {middle['encode'] * 1e3:.1f} ms an encode"
        row(f"{name} {size}", middle[name] / middle["encode"], f"<= {most}", detail)


def call_row(bedrock: Any, size: int, rounds: int) -> None:
    """Whole calls and canned trips in turn, so that both meet the same weather."""
    _, (answer, _) = timed(invoke, bedrock, size, 1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answer.json")
        file.write_text(json.dumps(answer))
        command = [sys.executable, "-m", "tests.benchmarks.bench_studio", "--canned", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            canned = client(server.stdout.readline().strip())
            invoke(canned, size, 1)
            whole, engine, trips = [], [], []
            for number in range(rounds):
                took, (_, drawn) = timed(invoke, bedrock, size, number + 1)
                whole.append(took)
                engine.append(drawn)
                trips.append(timed(invoke, canned, size, 1)[0])
            server.kill()
    ratio = statistics.median(one / (two + three) for one, two, three in zip(whole, engine, trips, strict=True))
    row(f"call {size}", ratio, f"<= {MAX_CALL}", f"{ms(whole)} ms a call, {ms(engine)} engine, {ms(trips)} canned trip")


def two_clients_row(bedrock: Any, rounds: int) -> None:
    """The same pictures one after another, then two at a time."""

    def draw(number: int) -> float:
        return invoke(bedrock, SIZES[0], number + 1)[1]

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(draw, range(2)))  # both workers are there
        alone = timed(list, map(draw, range(rounds)))[0]
        together = timed(list, threads.map(draw, range(rounds)))[0]
    detail = f"{rounds / alone:.1f} pictures a second alone, {rounds / together:.1f} by two, {os.cpu_count()} cores"
    row("two clients", alone / together, f">= {MIN_TWO}", detail)


def memory_row(studio: Studio, bedrock: Any, calls: int) -> None:
    """Resident memory over the second half of `calls`, when caches have filled, on systems that have /proc."""
    if not Path("/proc/self/statm").exists():
        print("memory: not measured, there is no /proc here")
        return
    for number in range(calls // 2):
        invoke(bedrock, SIZES[0], number + 1)
    front, workers = family_memory(studio)
    for number in range(calls // 2, calls):
        invoke(bedrock, SIZES[0], number + 1)
    front_now, workers_now = family_memory(studio)
    detail = f"MB more in {calls - calls // 2} calls: front {front:.0f} to {front_now:.0f}, "
    detail += f"workers {workers:.0f} to {workers_now:.0f}"
    row("memory", front_now + workers_now - front - workers, f"<= {MAX_GROWTH}", detail)


def client(endpoint: str, studio: Studio | None = None) -> Any:
    """A boto3 client that makes each call once."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=300)
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=endpoint,
        region_name="us-west-2",
        aws_access_key_id=studio.access_key if studio else "none",
        aws_secret_access_key=studio.secret_key if studio else "none",
        config=config,
    )


def invoke(bedrock: Any, size: int, seed: int) -> tuple[dict[str, Any], float]:
    """One call: the parsed answer, and the seconds that the engine says it took."""
    prompts = [{"text": PROMPTS[seed % len(PROMPTS)]}]
    body = {"text_prompts": prompts, "width": size, "height": size, "seed": seed, "steps": 30}
    response = bedrock.invoke_model(modelId="stability.stable-diffusion-xl-v1", body=json.dumps(body))
    answer = json.loads(response["body"].read())
    base64.b64decode(answer["artifacts"][0]["base64"])
    return answer, float(response["ResponseMetadata"]["HTTPHeaders"].get("x-studio-engine-ms", 0)) / 1e3


def serve_canned(body: bytes) -> None:
    """Answer everything with `body`, as fast as the standard library can."""

    class Canned(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Canned)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def family_memory(studio: Studio) -> tuple[float, float]:
    """MB of the front, and of its workers together."""
    assert studio.process is not None
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    front = sum(rss for pid, _, rss in rows if pid == studio.process.pid)
    workers = sum(rss for _, parent, rss in rows if parent == studio.process.pid)
    return front / 1e3, workers / 1e3


def pillow_png(pixels: np.ndarray) -> bytes:
    """The encode that the engine is held against."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1, compress_type=3)
    return file.getvalue()


def timed(act: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds and result."""
    began = time.perf_counter()
    made = act(*arguments)
    return time.perf_counter() - began, made


def ms(seconds: list[float]) -> str:
    """The median in milliseconds."""
    return f"{statistics.median(seconds) * 1e3:.1f}"


if __name__ == "__main__":
    main()
