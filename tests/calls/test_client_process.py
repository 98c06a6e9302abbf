"""One studio a process: it survives an interrupt, shares nothing with its neighbours, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

ROOT = Path(__file__).parents[2]
FAKE_ENGINE = f"{Path(__file__).parents[1] / 'studio' / 'fake_engine.py'}:create"
PATIENCE = 60.0  # seconds: for a busy machine; a leak would last for ever
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and forks of POSIX")

# What each of these processes does first: connect, draw once so that a worker runs, and tell who its studio is.
PREAMBLE = """
import os, signal, sys, time
import helpers
from helpers.calls import client
BODY = {"text_prompts": [{"text": "a beach"}], "seed": 7}
def draw(bedrock, seed=7):
    made = helpers.invoke(bedrock, {**BODY, "seed": seed})
    assert made.image.getpixel((0, 0)) == (seed, 30, 7), made.image.getpixel((0, 0))
    return made
bedrock = helpers.connect()
draw(bedrock)
def tell(*words):
    print(*words, flush=True)
if client._studio is not None:
    tell(client._studio.process.pid, client._studio.endpoint)
"""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "WORKSHOP_STUDIO_ENGINE": FAKE_ENGINE, **more}


class Kernel:
    """A process that works on its studio, in a session of its own as a notebook's kernel is."""

    def __init__(self, code: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + code],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=os.name != "nt",
        )
        pid, self.endpoint = self.line().split()
        studio = psutil.Process(int(pid))
        self.studio = [studio, *studio.children(recursive=True)]

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            assert self.process.stderr is not None
            pytest.fail(self.process.stderr.read()[-2000:])
        return line

    def say(self, word: str = "go") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def kernels() -> Iterator[Any]:
    started: list[Kernel] = []

    def start(code: str) -> Kernel:
        started.append(Kernel(code))
        return started[-1]

    yield start
    for kernel in started:
        kernel.end()
        for process in kernel.studio:
            if runs(process):
                process.kill()


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def all_leave(processes: list[psutil.Process]) -> bool:
    end = time.monotonic() + PATIENCE
    while any(runs(process) for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


INTERRUPTED = """
try:
    tell("waiting")
    time.sleep(60)
except KeyboardInterrupt:
    pass
draw(bedrock, 8)
tell("drew")
sys.stdin.readline()
"""


@POSIX
def test_an_interrupt_of_the_kernel_leaves_the_studio_running(kernels: Any) -> None:
    kernel = kernels(INTERRUPTED)
    assert kernel.line() == "waiting"
    os.killpg(kernel.process.pid, signal.SIGINT)  # as a kernel's manager does it: the whole group
    assert kernel.line() == "drew"
    assert all(runs(process) for process in kernel.studio)


WAITING = "tell('waiting'); sys.stdin.readline()"
ENDINGS = {
    "a normal end": lambda kernel: kernel.say(),
    "kill -9": lambda kernel: kernel.process.kill(),
    "a request to end": lambda kernel: kernel.process.terminate(),
    "Ctrl-C": lambda kernel: os.killpg(kernel.process.pid, signal.SIGINT) if os.name != "nt" else kernel.process.kill(),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_nothing_is_left_behind(kernels: Any, ending: Any) -> None:
    kernel = kernels(WAITING)
    assert kernel.line() == "waiting"
    assert len(kernel.studio) >= 2, "the studio and a worker"
    ending(kernel)
    assert all_leave(kernel.studio)


def test_kernels_side_by_side_have_studios_of_their_own(kernels: Any) -> None:
    code = "sys.stdin.readline(); draw(bedrock, 9); tell('drew'); sys.stdin.readline()"
    first, second = kernels(code), kernels(code)
    assert first.endpoint != second.endpoint
    first.end()
    assert all_leave(first.studio)
    second.say()
    assert second.line() == "drew"


GONE = """
sys.stdin.readline()
os.kill(client._studio.process.pid, signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
client._studio.process.wait()
try:
    draw(bedrock)
except helpers.ConnectionCallError as error:
    tell(error)
draw(helpers.connect(), 8)
tell("drew")
"""


def test_a_studio_that_died_is_said_to_be_gone_and_connecting_again_starts_another(kernels: Any) -> None:
    kernel = kernels(GONE)
    kernel.say()
    assert "helpers.connect() again" in kernel.line()
    assert kernel.line() == "drew"


FORKED = """
import multiprocessing, threading
fork = multiprocessing.get_context("fork")
def child(bedrock, again):
    if again:
        bedrock = helpers.connect()
    assert bedrock.meta.endpoint_url == ENDPOINT
    for seed in range(1, 31):
        draw(bedrock, seed)
ENDPOINT = bedrock.meta.endpoint_url
children = [fork.Process(target=child, args=(bedrock, again)) for again in (False, False, True)]
for one in children:
    one.start()
for seed in range(1, 31):
    draw(bedrock, seed)
for one in children:
    one.join()
tell(*[one.exitcode for one in children])
draw(bedrock, 5)
tell("drew")
"""


@POSIX
def test_a_fork_may_use_the_client_or_connect_again_beside_its_parent(kernels: Any) -> None:
    kernel = kernels(FORKED)
    assert kernel.line() == "0 0 0"
    assert kernel.line() == "drew", "the studio outlives the children that came from it"


ORPHAN = """
if os.fork() == 0:
    time.sleep(60)
    os._exit(0)
tell("forked")
sys.stdin.readline()
"""


@POSIX
def test_a_forked_child_does_not_keep_the_studio_of_a_killed_parent(kernels: Any) -> None:
    kernel = kernels(ORPHAN)
    assert kernel.line() == "forked"
    child = psutil.Process(kernel.process.pid).children()
    kernel.process.kill()
    assert all_leave(kernel.studio)
    for process in child:
        process.kill()


def studio_command(code: str, **more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "helpers.studio", "--", sys.executable, "-c", code]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=60, check=False)


def test_a_command_run_on_a_studio_joins_it_and_starts_no_other() -> None:
    code = PREAMBLE + "assert bedrock.meta.endpoint_url == os.environ['WORKSHOP_STUDIO']; tell(client._studio)"
    ran = studio_command(code)
    assert (ran.returncode, ran.stdout.strip()) == (0, "None"), ran.stderr


def test_a_command_run_on_a_studio_has_no_way_to_aws_and_says_so() -> None:
    code = "import helpers\ntry: helpers.connect('aws')\nexcept helpers.SetupError as error: print(error)"
    keys = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_DEFAULT_REGION": "us-west-2"}
    ran = studio_command(code, **keys)
    assert "no way from it to AWS" in ran.stdout, ran.stderr


def test_a_child_of_a_kernel_on_the_studio_does_not_take_the_studio_for_aws() -> None:
    child = "import helpers\ntry: helpers.connect('aws')\nexcept helpers.SetupError as error: print(error)"
    code = f"import helpers, subprocess, sys; helpers.connect(); subprocess.run([sys.executable, '-c', {child!r}])"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert "no way from it to AWS" in ran.stdout, ran.stderr


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://no-such-host.invalid:80", "nonsense"])
def test_a_studio_to_join_that_is_not_there_is_named(endpoint: str) -> None:
    code = "import helpers\ntry: helpers.connect()\nexcept helpers.SetupError as error: print(error)"
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-west-2"}
    more = {"WORKSHOP_STUDIO": endpoint, **keys}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(**more), capture_output=True, text=True, timeout=60, check=False
    )
    assert endpoint in ran.stdout, ran.stderr
    assert "unset WORKSHOP_STUDIO" in ran.stdout


@POSIX
def test_a_jupyter_kernel_keeps_its_studio_over_an_interrupt_and_loses_it_at_a_restart() -> None:
    from jupyter_client.manager import start_new_kernel

    def run(code: str) -> str:
        said: list[str] = []
        client.execute_interactive(
            code,
            timeout=60,
            output_hook=lambda message: said.append(
                message["content"].get("text", message["content"].get("evalue", ""))
            ),
        )
        return "".join(said).strip()

    manager, client = start_new_kernel(
        kernel_name="python3", env=environment(), extra_arguments=["--HistoryManager.enabled=False"]
    )
    try:
        first = psutil.Process(int(run(PREAMBLE).split()[0]))
        # Else the kernel may throw away what is asked of it just after an error.
        asleep = client.execute("tell('asleep'); time.sleep(60)", stop_on_error=False)
        while client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        while client.get_shell_msg(timeout=60)["parent_header"]["msg_id"] != asleep:
            pass
        assert run("draw(bedrock, 8); tell('drew')").endswith("drew")
        assert runs(first)
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=60)
        assert all_leave([first])
        second = psutil.Process(int(run(PREAMBLE).split()[0]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert all_leave([second])
