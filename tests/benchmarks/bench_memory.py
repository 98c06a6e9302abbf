"""How much memory a learner needs, with a studio of one's own and with one studio for the room. Linux only.

    python -m tests.benchmarks.bench_memory [--learners 8] [--engine MODULE:FUNCTION]

A learner is a process as a notebook's kernel is: it imports helpers, connects, and shows one picture. Memory is the
proportional set size (PSS): a page that several processes share counts once in all.

own      MB a learner where each has a studio of its own: kernel, front and workers
shared   MB a learner where all join one through WORKSHOP_STUDIO: the kernels and the one studio together
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from helpers.studio.environment import client_environment
from helpers.studio.process import Studio, start
from helpers.studio.workers.pools import ENGINE_VARIABLE, ENGINES, PAINTED

LEARNER = """
import sys
import helpers
made = helpers.invoke(helpers.connect(), helpers.text_to_image("a serene beach at sunset", seed=7))
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance()
helpers.show(made)
print("shown", flush=True)
sys.stdin.readline()
"""


def main() -> None:
    """Print MB a learner both ways, and where they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", type=int, default=8)
    parser.add_argument("--engine", default=ENGINES[PAINTED])
    options = parser.parse_args()
    if not Path("/proc/self/smaps_rollup").exists():
        sys.exit("memory is not measured here: there is no /proc/PID/smaps_rollup")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    plain[ENGINE_VARIABLE] = options.engine
    for learners in (1, options.learners):
        with kernels(learners, plain) as running:
            row("own", learners, running, [child for kernel in running for child in psutil.Process(kernel).children()])
    room = start(engine=options.engine)
    try:
        settings, _ = client_environment(room, plain)
        with kernels(options.learners, {**plain, **settings}) as running:
            row("shared", options.learners, running, [psutil.Process(front_of(room))])
    finally:
        room.stop()


def row(name: str, learners: int, running: list[int], fronts: "list[psutil.Process]") -> None:
    """One line of the report."""
    workers = [worker.pid for front in fronts for worker in front.children()]
    parts = {"kernels": running, "fronts": [front.pid for front in fronts], "workers": workers}
    used = {part: sum(map(megabytes, pids)) for part, pids in parts.items()}
    detail = ", ".join(f"{len(parts[part])} {part} {used[part]:.0f}" for part in parts)
    print(f"{name:<8}{learners:3d} learners {sum(used.values()) / learners:7.1f} MB each   {detail}", flush=True)


@contextmanager
def kernels(learners: int, environment: dict[str, str]) -> Iterator[list[int]]:
    """Process ids of so many learners' kernels, each with its picture shown; they end together."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", LEARNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for _ in range(learners)
    ]
    try:
        for one in started:
            assert one.stdout is not None
            while (line := one.stdout.readline()) != "shown\n":
                assert line, "a learner's kernel ended before its picture was shown"
        yield [one.pid for one in started]
    finally:
        for one in started:
            one.communicate("\n")


def front_of(studio: Studio) -> int:
    """Process id of a studio's front."""
    assert studio.process is not None
    return studio.process.pid


def megabytes(pid: int) -> float:
    """Proportional set size of a process in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
