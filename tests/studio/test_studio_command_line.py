"""`python -m helpers.studio`: what it prints, how it ends, and what a command run by it sees."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

unix = pytest.mark.skipif(os.name == "nt", reason="signals as Unix has them")
STUDIO = [sys.executable, "-m", "helpers.studio"]
DRAW = (
    "import boto3, json; print(json.loads(boto3.client('bedrock-runtime').invoke_model("
    'modelId=\'stability.stable-diffusion-xl-v1\', body=\'{"text_prompts": [{"text": "a"}], "seed": 5}\''
    ")['body'].read())['artifacts'][0]['seed'])"
)


def ran(wire: Any, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    env = options.pop("env", None) or wire.clean_environment()
    return subprocess.run([*STUDIO, *arguments], capture_output=True, text=True, timeout=120, env=env, **options)


@pytest.fixture
def served(wire: Any) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """A studio on the command line, and the environment that it printed."""
    child = subprocess.Popen(
        STUDIO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=wire.clean_environment()
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stderr.readline()  # said after everything on standard output
    os.set_blocking(child.stdout.fileno(), False)
    lines = child.stdout.read().splitlines()
    yield child, dict(line.split("=", 1) for line in lines)
    child.terminate()
    child.communicate()


class TestServing:
    def test_standard_output_is_the_environment_of_a_client(self, wire: Any, served: Any) -> None:
        _, printed = served
        assert printed["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == printed["WORKSHOP_STUDIO"]
        assert printed["AWS_DEFAULT_REGION"] == "us-west-2"
        done = subprocess.run(
            [sys.executable, "-c", DRAW],
            env=wire.clean_environment(**printed),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "5\n"

    @unix
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_serves_until_it_is_stopped_and_then_leaves_quietly(self, served: Any, number: int) -> None:
        child, printed = served
        time.sleep(0.5)
        assert child.poll() is None
        assert os.path.exists(printed["AWS_SHARED_CREDENTIALS_FILE"])
        child.send_signal(number)
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out, err) == (0, "", "")
        assert not os.path.exists(os.path.dirname(printed["AWS_SHARED_CREDENTIALS_FILE"]))

    @unix
    def test_a_ctrl_c_right_after_its_first_line_ends_it_as_well(self, wire: Any) -> None:
        child = subprocess.Popen(
            STUDIO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=wire.clean_environment()
        )
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        assert (child.returncode, "Traceback" in err) == (0, False)

    def test_it_takes_the_port_it_is_told(self, wire: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        child = subprocess.Popen(
            [*STUDIO, "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=wire.clean_environment(),
        )
        assert child.stdout is not None
        assert child.stdout.readline().decode().strip().endswith(f"=http://127.0.0.1:{port}")
        child.terminate()
        child.communicate()

    def test_a_port_in_use_is_one_sentence(self, wire: Any) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = ran(wire, "--port", str(port))
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith(f"The studio cannot listen on 127.0.0.1 port {port}: ")
        assert len(done.stderr.splitlines()) == 1

    @pytest.mark.parametrize(
        "arguments",
        [("--host", "no.such.host.invalid"), ("--host", "203.0.113.1")],
    )
    def test_what_cannot_be_listened_on_is_one_sentence(self, wire: Any, arguments: tuple[str, ...]) -> None:
        done = ran(wire, *arguments)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert done.stdout == ""

    @pytest.mark.parametrize(
        "arguments", [("--port", "x"), ("--port", "70000"), ("--port=-1",), ("--no-such-option",), ("--",), ("python",)]
    )
    def test_a_wrong_command_line_is_explained(self, wire: Any, arguments: tuple[str, ...]) -> None:
        done = ran(wire, *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: python -m helpers.studio")
        assert "Traceback" not in done.stderr

    def test_nobody_needs_to_read_its_standard_output(self, wire: Any) -> None:
        child = subprocess.Popen(STUDIO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=wire.clean_environment())
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.readline().startswith(b"The studio serves at")
        time.sleep(0.2)
        assert child.poll() is None
        child.terminate()
        child.wait()
        child.stderr.close()

    @unix
    def test_it_prints_an_api_key_where_it_is_told_to_and_only_there(self, wire: Any, served: Any) -> None:
        assert "WORKSHOP_STUDIO_API_KEY" not in served[1]
        child = subprocess.Popen(
            [*STUDIO, "--print-api-key"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=wire.clean_environment(AWS_BEARER_TOKEN_BEDROCK="bedrock-api-key-of-somebody"),
        )
        assert child.stdout is not None
        assert child.stderr is not None
        said = [child.stderr.readline(), child.stderr.readline()]
        os.set_blocking(child.stdout.fileno(), False)
        lines = child.stdout.read().splitlines()
        printed = dict(line.split("=", 1) for line in lines)
        answer = requests.get(
            printed["WORKSHOP_STUDIO"] + "/foundation-models",
            headers={"Authorization": "Bearer " + printed["WORKSHOP_STUDIO_API_KEY"]},
            timeout=60,
        )
        done = subprocess.run(
            [sys.executable, "-c", DRAW],
            env=wire.clean_environment(**printed),
            capture_output=True,
            text=True,
            check=True,
        )
        child.terminate()
        out, err = child.communicate()
        assert answer.status_code == 200
        assert done.stdout == "5\n", "boto3 signs as before"
        assert sum(printed["WORKSHOP_STUDIO_API_KEY"] in line for line in lines) == 1
        assert "studio-api-key" not in out + err + "".join(said)
        assert "AWS_BEARER_TOKEN_BEDROCK" in said[0], "which boto3 would take, and refuse to send"


class TestOneCommand:
    def test_it_draws_and_prints_what_it_prints(self, wire: Any) -> None:
        done = ran(wire, "--", "python", "-c", DRAW)
        assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")

    @pytest.mark.parametrize("code", [0, 1, 3, 120])
    def test_its_exit_code_is_ours(self, wire: Any, code: int) -> None:
        assert ran(wire, "--", "python", "-c", f"raise SystemExit({code})").returncode == code

    @unix
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
    def test_a_command_ended_by_a_signal_is_told_as_shells_tell_it(self, wire: Any, number: int) -> None:
        code = f"import os; os.kill(os.getpid(), {int(number)})"
        assert ran(wire, "--", "python", "-c", code).returncode == 128 + number

    def test_a_command_that_is_not_there(self, wire: Any) -> None:
        done = ran(wire, "--", "no-such-command")
        assert (done.returncode, done.stdout) == (127, "")
        assert done.stderr == "There is no command 'no-such-command' to run.\n"

    def test_it_speaks_the_readers_language(self, wire: Any) -> None:
        chinese = {"WORKSHOP_LANG": "zh", "PYTHONIOENCODING": "utf-8"}
        for arguments, said in (
            (["--", "no-such-command"], "没有 'no-such-command' 这个命令"),
            (["--port", "many"], "many 不是端口号"),
        ):
            done = ran(wire, *arguments, env=wire.clean_environment(**chinese), encoding="utf-8")
            assert said in done.stderr

    @unix
    def test_a_command_that_cannot_run(self, wire: Any, tmp_path: Path) -> None:
        program = tmp_path / "program"
        program.write_bytes(b"\x00\x01 no program")
        program.chmod(0o755)
        done = ran(wire, "--", str(program))
        assert done.returncode == 126
        assert len(done.stderr.splitlines()) == 1

    def test_python_is_this_python(self, wire: Any, tmp_path: Path) -> None:
        shutil.copy("/bin/false" if os.name != "nt" else sys.executable, tmp_path / "python")
        env = wire.clean_environment(PATH=os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
        done = ran(wire, "--", "python", "-c", "import sys; print(sys.prefix)", env=env)
        assert done.stdout.strip() == sys.prefix

    def test_it_sees_no_aws_but_the_studio(self, wire: Any) -> None:
        env = wire.clean_environment(
            AWS_PROFILE="work", AWS_BEARER_TOKEN_BEDROCK="x", AWS_SESSION_TOKEN="y", MINE="kept"
        )
        code = "import json, os; print(json.dumps(dict(os.environ)))"
        seen = json.loads(ran(wire, "--", "python", "-c", code, env=env).stdout)
        assert not {"AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_SESSION_TOKEN"} & seen.keys()
        assert seen["MINE"] == "kept"
        assert seen["WORKSHOP_STUDIO"] == seen["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]

    def test_it_has_an_api_key_where_we_are_told_to(self, wire: Any) -> None:
        code = "import os; print(os.environ.get('WORKSHOP_STUDIO_API_KEY'), os.environ['AWS_ACCESS_KEY_ID'])"
        assert ran(wire, "--", "python", "-c", code).stdout.startswith("None STUDIO")
        token, access_key = ran(wire, "--print-api-key", "--", "python", "-c", code).stdout.split()
        assert token.startswith(f"studio-api-key-{access_key}-")

    def test_its_standard_input_is_ours(self, wire: Any) -> None:
        done = ran(wire, "--", "python", "-c", "print(input()[::-1])", input="abc\n")
        assert done.stdout == "cba\n"

    def test_dashes_after_the_first_belong_to_the_command(self, wire: Any) -> None:
        done = ran(wire, "--", "python", "-c", "import sys; print(sys.argv[1:])", "--", "--port", "1")
        assert done.stdout == "['--', '--port', '1']\n"

    def test_it_runs_in_the_same_folder(self, wire: Any, tmp_path: Path) -> None:
        folder = tmp_path / "图像 工作坊"
        folder.mkdir()
        (folder / "script.py").write_text("import os; print(os.getcwd().encode('utf-8'))")
        done = ran(wire, "--", "python", "script.py", cwd=folder)
        assert done.stdout.strip() == repr(str(folder.resolve()).encode())

    @unix
    def test_no_studio_is_left_when_it_ends(self, wire: Any) -> None:
        code = f"{DRAW}; import os; print(os.environ['WORKSHOP_STUDIO'], os.getppid())"
        endpoint, pid = ran(wire, "--", "python", "-c", code).stdout.split()[-2:]
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])), timeout=2)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


WAITING = """
import sys, time
try:
    print("ready", flush=True)  # inside, since the interrupt may come before the next line
    time.sleep(20)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    time.sleep(0.3)  # tidying up, which a second interrupt would end
    sys.exit(7)
"""


@unix
class TestStoppingACommand:
    @pytest.fixture
    def running(self, wire: Any) -> Iterator["subprocess.Popen[str]"]:
        child = subprocess.Popen(
            [*STUDIO, "--", "python", "-c", WAITING],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=wire.clean_environment(),
            start_new_session=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()

    def test_ctrl_c_reaches_it_once_and_its_answer_counts(self, running: "subprocess.Popen[str]") -> None:
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (7, "interrupted\n", "")

    def test_an_interrupt_of_ours_alone_is_passed_on(self, running: "subprocess.Popen[str]") -> None:
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (7, "interrupted\n", "")

    def test_a_signal_to_end_is_passed_on(self, running: "subprocess.Popen[str]") -> None:
        running.terminate()
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (128 + signal.SIGTERM, "", "")
