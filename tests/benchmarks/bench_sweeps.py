"""How well a sweep uses what it is given, as ratios measured in one run, so that they hold on any machine.

    python -m tests.benchmarks.bench_sweeps [--tiles 100] [--workers 8] [--minute 6] [--many 1000]

latency     tiles from an endpoint that takes 200 ms a call: the time of calls alone, over the time of the whole run
sequential  the time of a plain loop over invoke_model for those tiles, over the time of the run
quota       an endpoint that allows 60 calls a minute (a minute of --minute seconds), and refuses the next: the share of
            the quota that is used, tiles lost, and calls refused
told late   the same where nobody told the sweep the quota
memory      growth over the second half of many tiles, in MB, on systems that have /proc
reopened    seconds for a finished sweep of so many tiles to open and report, no call made
"""

import argparse
import contextlib
import gc
import json
import math
import multiprocessing
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helpers
from tests.sweeps.fake_bedrock import THROTTLED, FakeBedrock, Reply, client_of, drawn

LATENCY = 0.2
QUOTA = 60
MIN_OF_IDEAL, MIN_OF_QUOTA, MAX_GROWTH, MAX_REOPENED = 0.95, 0.95, 10.0, 1.0
BODY = helpers.text_to_image("a serene beach at sunset", seed=1)


def main() -> None:
    """Print one row a measurement, with what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=100)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--minute", type=float, default=6.0, help="seconds that a minute of the quota takes")
    parser.add_argument("--many", type=int, default=1000, help="tiles for the measurement of memory")
    options = parser.parse_args()
    latency_rows(options.tiles, options.workers)
    quota_row(options.minute, told=True)
    quota_row(options.minute, told=False)
    memory_row(options.many)


def row(name: str, value: float, wanted: str, detail: str) -> None:
    """One line of the report."""
    print(f"{name:<12}{value:8.2f}   wanted {wanted:<8} {detail}", flush=True)


def latency_rows(tiles: int, workers: int) -> None:
    """One run with workers, then the plain loop, against an endpoint that only waits."""
    with endpoint("slow") as fake, tempfile.TemporaryDirectory() as folder:
        bedrock = client_of(fake)
        helpers.Sweep(BODY, seed=[1], folder=Path(folder, "warm")).run(bedrock, progress=False)
        sweep = helpers.Sweep(BODY, seed=range(1, tiles + 1), folder=folder)
        began = time.perf_counter()
        sweep.run(bedrock, workers=workers, progress=False)
        took = time.perf_counter() - began
        assert not sweep.failures
        began = time.perf_counter()
        for seed in range(1, tiles + 1):
            json.loads(
                bedrock.invoke_model(modelId=helpers.models.get("sdxl").id, body=json.dumps({**BODY, "seed": seed}))[
                    "body"
                ].read()
            )
        loop = time.perf_counter() - began
    ideal = math.ceil(tiles / workers) * LATENCY
    detail = f"{tiles} tiles at {workers} workers: {ideal:.2f} s of calls, {took:.2f} s in all, each kept on disk"
    row("latency", ideal / took, f">= {MIN_OF_IDEAL}", detail)
    row("sequential", loop / took, f"<= {workers}", f"the plain loop takes {loop:.1f} s and keeps nothing")


def quota_row(minute: float, told: bool) -> None:
    """Four minutes' worth of tiles against a quota that is enforced."""
    count = 4 * QUOTA
    with endpoint("quota", minute) as fake, tempfile.TemporaryDirectory() as folder:
        sweep = helpers.Sweep(BODY, seed=range(1, count + 1), folder=folder)
        began = time.perf_counter()
        sweep.run(client_of(fake), per_minute=QUOTA * 60 / minute if told else None, progress=False)
        took = time.perf_counter() - began
    receipt = sweep.receipt
    assert receipt is not None
    lost = sum(not tile.made for tile in sweep.tiles)
    used = receipt.made / (QUOTA * took / minute)
    name = "quota" if told else "told late"
    detail = f"{lost} of {count} tiles lost, {receipt.throttled} calls refused, {took:.1f} s"
    row(name, used, f">= {MIN_OF_QUOTA}" if told else "", detail)


def memory_row(tiles: int) -> None:
    """Resident memory at the half and at the end; then the finished sweep opened anew."""
    with endpoint("large") as fake, tempfile.TemporaryDirectory() as folder:
        bedrock = client_of(fake)
        sweep = helpers.Sweep(BODY, seed=range(1, tiles + 1), folder=folder)
        grown: list[float] = []
        watching = threading.Event()
        watcher = threading.Thread(target=watch, args=(Path(folder), tiles, grown, watching), daemon=True)
        watcher.start()
        sweep.run(bedrock, progress=False)
        watching.set()
        watcher.join()
        assert not sweep.failures
        if grown:
            detail = f"MB more in the second half of {tiles} tiles of 512 × 512: {grown[0]:.0f} to {grown[-1]:.0f}"
            row("memory", grown[-1] - grown[0], f"<= {MAX_GROWTH}", detail)
        else:
            print("memory: not measured, there is no /proc here")
        began = time.perf_counter()
        again = helpers.Sweep(BODY, seed=range(1, tiles + 1), folder=folder)
        said = f"{again.quote()} {again}"
        took = time.perf_counter() - began
        assert f"{tiles:,} made already" in said
        row("reopened", took, f"<= {MAX_REOPENED}", f"seconds for {tiles} tiles that are there")


def watch(folder: Path, tiles: int, grown: list[float], over: threading.Event) -> None:
    """Note the resident memory from the half on, every half second."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    while not over.wait(0.5):
        if len(list(folder.glob("studio/*.json"))) >= tiles / 2:
            gc.collect()
            grown.append(int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)


# ---- endpoints, each in a process of its own, so that its work is not the sweep's ----------------------------------


@contextlib.contextmanager
def endpoint(kind: str, minute: float = 60.0) -> Iterator[str]:
    """The address of an endpoint of this kind."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=serve, args=(kind, minute, theirs), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        process.kill()
        process.join()


def serve(kind: str, minute: float, told: Any) -> None:
    """Serve until killed."""
    if kind == "slow":
        fake = FakeBedrock(latency=LATENCY, keep=False)
    elif kind == "quota":
        fake = FakeBedrock(Quota(minute), latency=minute / QUOTA, keep=False)
    else:
        fake = FakeBedrock(lambda body, _: large(body), keep=False)
    told.send(fake.endpoint)
    threading.Event().wait()


class Quota:
    """Allows 60 calls in any stretch of a minute, and refuses what is more; refused calls do not count."""

    def __init__(self, minute: float) -> None:
        self.minute, self.allowed, self.lock = minute, deque[float](), threading.Lock()

    def __call__(self, body: dict[str, Any], before: int) -> Reply:
        with self.lock:
            now = time.monotonic()
            while self.allowed and now - self.allowed[0] > self.minute:
                self.allowed.popleft()
            if len(self.allowed) >= QUOTA:
                return THROTTLED
            self.allowed.append(now)
        return drawn(body, before)


def large(body: dict[str, Any]) -> Reply:
    """A picture of 512 × 512 with much in it."""
    import io

    from PIL import Image

    from tests.sweeps.fake_bedrock import answer

    global _noise
    if _noise is None:
        out = io.BytesIO()
        Image.effect_noise((512, 512), 40).convert("RGB").save(out, "PNG", compress_level=1)
        _noise = out.getvalue()
    return 200, "", answer(_noise, body["seed"])


_noise: bytes | None = None


if __name__ == "__main__":
    main()
