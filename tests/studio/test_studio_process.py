"""The studio as a child: it hands back its address, outlives an interrupt, and leaves nothing behind however we end."""

import configparser
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import SetupError
from helpers.studio import process
from helpers.studio.environment import client_environment, joined
from helpers.studio.process import Studio, start

unix = pytest.mark.skipif(os.name == "nt", reason="signals as Unix has them")
BODY = {"text_prompts": [{"text": "a"}], "width": 320, "height": 320, "seed": 7}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in found.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def all_gone(pids: list[int], within: float = 60.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end and any(alive(pid) for pid in pids):
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


@pytest.fixture
def own_studio(wire: Any) -> Iterator[Studio]:
    begun = start(engine=wire.engine)
    yield begun
    begun.stop()


KERNEL = """
import json, os, signal, sys, time
from helpers.studio.process import start
import boto3
signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
studio = start(engine=sys.argv[1])
bedrock = boto3.client("bedrock-runtime", endpoint_url=studio.endpoint, region_name=studio.region,
                       aws_access_key_id=studio.access_key, aws_secret_access_key=studio.secret_key)
bedrock.invoke_model(modelId="stability.stable-diffusion-xl-v1", body=sys.argv[2])
print(json.dumps({"pid": studio.process.pid, "endpoint": studio.endpoint, "access_key": studio.access_key,
                  "secret_key": studio.secret_key, "region": studio.region}), flush=True)
if sys.argv[3:]:
    pid = os.fork()
    if pid:
        print(pid, flush=True)
while True:
    time.sleep(60)
"""


def kernel_of(wire: Any, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", KERNEL, wire.engine, json.dumps(BODY), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=wire.clean_environment(),
        start_new_session=True,
    )


@pytest.fixture
def kernel(wire: Any) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """A process that has started a studio and drawn with it, as a notebook's kernel does; and what it told."""
    child = kernel_of(wire)
    assert child.stdout is not None
    yield child, json.loads(child.stdout.readline())
    child.kill()
    child.communicate()


def test_a_started_studio_serves_at_once(wire: Any, own_studio: Studio) -> None:
    assert own_studio.alive
    assert own_studio.endpoint.startswith("http://127.0.0.1:")
    assert own_studio.region == "us-west-2"
    assert own_studio.version
    assert own_studio.secret_key not in repr(own_studio)
    assert wire.invoke(wire.client_of(own_studio), wire.beach()).body["result"] == "success"


def test_stopping_is_done_when_it_returns_and_can_be_repeated(own_studio: Studio) -> None:
    own_studio.stop()
    own_studio.stop()
    assert not own_studio.alive


def test_two_studios_do_not_know_each_other(wire: Any, own_studio: Studio) -> None:
    other = start(engine=wire.engine)
    try:
        assert other.endpoint != own_studio.endpoint
        stranger = wire.client_of(other, aws_access_key_id=own_studio.access_key)
        with pytest.raises(stranger.exceptions.ClientError, match="UnrecognizedClientException"):
            wire.invoke(stranger, wire.beach())
        other.stop()
        assert wire.invoke(wire.client_of(own_studio), wire.beach()).body["result"] == "success"
    finally:
        other.stop()


@unix
class TestWhenTheKernelEnds:
    def test_a_kill_leaves_no_studio_and_no_worker(self, kernel: Any) -> None:
        child, told = kernel
        family = [told["pid"], *children(told["pid"])]
        assert len(family) == 2
        child.kill()
        assert all_gone(family)

    def test_a_kill_in_the_middle_of_a_picture_leaves_nothing_either(
        self, wire: Any, kernel: Any, tmp_path: Path
    ) -> None:
        child, told = kernel
        begun = tmp_path / "begun"
        here = Studio(**{name: value for name, value in told.items() if name != "pid"})
        asleep = subprocess.Popen(
            [sys.executable, "-c", "import boto3, sys; boto3.client('bedrock-runtime').invoke_model("
             "modelId='stability.stable-diffusion-xl-v1', body=sys.argv[1])",
             json.dumps({"text_prompts": [{"text": f"hang {begun}"}]})],
            env=wire.clean_environment() | client_environment(here, {})[0],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < end:
            time.sleep(0.02)
        assert begun.exists()
        family = [told["pid"], *children(told["pid"])]
        child.kill()
        assert all_gone(family)
        asleep.kill()
        asleep.wait()

    def test_an_interrupt_of_its_group_is_the_kernels_alone(self, wire: Any, kernel: Any) -> None:
        child, told = kernel
        workers = children(told["pid"])
        os.killpg(child.pid, signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"
        assert alive(told["pid"])
        here = Studio(**{name: value for name, value in told.items() if name != "pid"})
        assert wire.invoke(wire.client_of(here), wire.beach()).body["result"] == "success"
        assert children(told["pid"]) == workers

    def test_it_is_in_a_session_of_its_own(self, own_studio: Studio) -> None:
        assert own_studio.process is not None
        assert os.getsid(own_studio.process.pid) == own_studio.process.pid

    def test_an_interrupt_of_the_studio_itself_is_ignored(self, wire: Any, own_studio: Studio) -> None:
        assert own_studio.process is not None
        os.kill(own_studio.process.pid, signal.SIGINT)
        assert wire.invoke(wire.client_of(own_studio), wire.beach()).body["result"] == "success"

    def test_the_studio_killed_takes_its_workers_with_it(self, kernel: Any) -> None:
        _, told = kernel
        workers = children(told["pid"])
        os.kill(told["pid"], signal.SIGKILL)
        assert all_gone(workers)

    def test_a_forked_child_does_not_keep_the_studio(self, wire: Any) -> None:
        child = kernel_of(wire, "fork")
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        forked = int(child.stdout.readline())
        try:
            child.kill()
            assert all_gone([told["pid"]])
            assert alive(forked)
        finally:
            os.kill(forked, signal.SIGKILL)
            child.wait()


class TestHandshake:
    def ran(self, wire: Any, **options: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "helpers.studio", "--handshake"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=wire.clean_environment(),
            **options,
        )

    def test_it_says_one_line_of_json_and_no_more(self, wire: Any) -> None:
        child = self.ran(wire)
        assert child.stdin is not None
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        assert told.keys() == {"endpoint", "access_key", "secret_key", "region", "version", "folder"}
        wire.invoke(wire.client_of(Studio(**told)), wire.beach("print"))
        out, err = child.communicate(timeout=60)
        assert (out, child.returncode) == (b"", 0)
        assert err == b"what an engine prints must not reach the pipe\n"

    def test_it_leaves_when_its_standard_input_ends_and_takes_its_folder_along(self, wire: Any) -> None:
        child = self.ran(wire)
        assert child.stdout is not None
        assert child.stdin is not None
        folder = Path(json.loads(child.stdout.readline())["folder"])
        (folder / "credentials").write_text("", "utf-8")
        with child:
            child.stdin.close()
            assert child.wait(60) == 0
        assert not folder.exists()

    def test_it_leaves_even_before_it_has_loaded_everything(self, wire: Any) -> None:
        child = self.ran(wire)
        child.communicate(timeout=60)
        assert child.returncode == 0


class TestWhenItDoesNotStart:
    def test_what_it_said_last_is_in_the_error(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "sitecustomize.py").write_text("import sys; sys.exit('no such luck')")
        monkeypatch.setattr(process, "import_path", lambda environment: {"PYTHONPATH": str(tmp_path)})
        with pytest.raises(SetupError, match="did not start") as caught:
            start(timeout=60)
        assert "no such luck" in caught.value.why or "No module named helpers" in caught.value.why

    def test_silence_is_an_error_after_the_time_allowed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "sitecustomize.py").write_text("import time; time.sleep(60)")
        monkeypatch.setattr(process, "import_path", lambda environment: {"PYTHONPATH": str(tmp_path)})
        with pytest.raises(SetupError, match=r"said nothing for 0\.5 seconds"):
            start(timeout=0.5)

    def test_an_interpreter_that_is_gone_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/no/such/python")
        with pytest.raises(SetupError, match="No such file"):
            start()

    def test_a_studio_that_cannot_be_loaded_says_so_to_every_caller(
        self, wire: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "pydantic.py").write_text("raise ImportError('half installed')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        broken = start()
        bedrock = wire.client_of(broken)
        try:
            with pytest.raises(bedrock.exceptions.ModelErrorException, match="ImportError: half installed"):
                wire.invoke(bedrock, wire.beach())
        finally:
            broken.stop()


class TestJoining:
    def test_nothing_to_join_without_the_variable(self) -> None:
        assert joined({"AWS_ACCESS_KEY_ID": "a"}) is None
        assert joined({"WORKSHOP_STUDIO": ""}) is None

    def test_the_environment_of_a_studio_leads_to_it(self, wire: Any, own_studio: Studio) -> None:
        found = joined(client_environment(own_studio, {})[0])
        assert found is not None
        assert (found.endpoint, found.access_key, found.process) == (own_studio.endpoint, own_studio.access_key, None)
        assert wire.invoke(wire.client_of(found), wire.beach()).body["result"] == "success"
        found.stop()
        assert own_studio.alive

    def test_who_joins_finds_the_profiles_of_the_one_who_started_it(self, own_studio: Studio) -> None:
        settings, _ = client_environment(own_studio, {"AWS_PROFILE": "work"})
        found = joined(settings)
        assert found is not None
        assert (
            client_environment(found, {})[0]["AWS_SHARED_CREDENTIALS_FILE"] == settings["AWS_SHARED_CREDENTIALS_FILE"]
        )

    @pytest.mark.parametrize("text", ["[default]\naws_access_key_id = AKIAREAL\n", "no profiles", ""])
    def test_a_credentials_file_that_is_not_the_studios_is_left_alone_and_out_of_sight(
        self, own_studio: Studio, tmp_path: Path, text: str
    ) -> None:
        real = tmp_path / "credentials"
        real.write_text(text, "utf-8")
        found = joined({**client_environment(own_studio, {})[0], "AWS_SHARED_CREDENTIALS_FILE": str(real)})
        assert found is not None
        assert client_environment(found, {})[0]["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
        assert real.read_text("utf-8") == text

    def test_half_an_environment_says_what_is_missing(self) -> None:
        with pytest.raises(SetupError, match="AWS_SECRET_ACCESS_KEY is not set"):
            joined({"WORKSHOP_STUDIO": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "a", "AWS_DEFAULT_REGION": "x"})


HERE = Studio("http://127.0.0.1:4242", "KEY", "SECRET", "us-west-2")


class TestEnvironment:
    def test_it_leads_to_the_studio_and_away_from_everything_else(self) -> None:
        base = {"HOME": "/home/me", "AWS_PROFILE": "work", "AWS_SOMETHING_NEW": "1", "AWS_RETRY_MODE": "adaptive"}
        settings, removed = client_environment(HERE, base)
        assert settings == {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:4242",
            "AWS_ENDPOINT_URL_BEDROCK": "http://127.0.0.1:4242",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:4242",
            "AWS_BEDROCK_RUNTIME_ENDPOINT": "http://127.0.0.1:4242",
            "ANTHROPIC_BEDROCK_BASE_URL": "http://127.0.0.1:4242",
            "BEDROCK_ENDPOINT_URL": "http://127.0.0.1:4242",
            "AWS_ACCESS_KEY_ID": "KEY",
            "AWS_SECRET_ACCESS_KEY": "SECRET",
            "AWS_DEFAULT_REGION": "us-west-2",
            "AWS_REGION": "us-west-2",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "WORKSHOP_STUDIO": "http://127.0.0.1:4242",
            "NO_PROXY": "127.0.0.1",
        }
        assert sorted(removed) == ["AWS_PROFILE", "AWS_SOMETHING_NEW"]

    def test_profiles_that_are_asked_for_by_name_have_the_studios_keys_in_a_file_of_its_own(
        self, tmp_path: Path
    ) -> None:
        here = replace(HERE, folder=str(tmp_path))
        for name, value in [
            ("PROFILE", "work"),
            ("DEFAULT_PROFILE", "at home"),
            ("PROFILE", "a]\n[b"),
            ("PROFILE", "三"),
        ]:
            path = client_environment(here, {f"AWS_{name}": value})[0]["AWS_SHARED_CREDENTIALS_FILE"]
        assert path == str(tmp_path / "credentials")
        profiles = configparser.RawConfigParser()
        profiles.read(path, "utf-8")
        assert profiles.sections() == ["default", "work", "at home"]
        for name in profiles.sections():
            assert dict(profiles[name]) == {"aws_access_key_id": "KEY", "aws_secret_access_key": "SECRET"}
        assert os.listdir(tmp_path) == ["credentials"]
        if os.name != "nt":
            assert os.stat(path).st_mode & 0o777 == 0o400, "nobody else can read it, and `aws configure` not write it"

    def test_keys_that_somebody_put_there_are_left_alone(self, tmp_path: Path) -> None:
        here = replace(HERE, folder=str(tmp_path))
        (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIAREAL\n", "ascii")
        assert client_environment(here, {})[0]["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
        assert "AKIAREAL" in (tmp_path / "credentials").read_text("ascii")

    def test_where_that_file_cannot_be_there_are_no_profiles(self, tmp_path: Path) -> None:
        gone = replace(HERE, folder=str(tmp_path / "gone"))
        assert client_environment(gone, {"AWS_PROFILE": "work"})[0]["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("example.com, .local", "example.com,.local,127.0.0.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("*", "*"),
            ("", "127.0.0.1"),
        ],
    )
    def test_exceptions_from_the_proxy_are_kept(self, before: str, after: str) -> None:
        assert client_environment(HERE, {"NO_PROXY": before})[0]["NO_PROXY"] == after

    @unix
    def test_the_lower_spelling_is_read_first_and_so_it_is_set_too(self) -> None:
        settings, _ = client_environment(HERE, {"no_proxy": "example.com"})
        assert settings["no_proxy"] == "example.com,127.0.0.1"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("AWS_PROFILE", "no-such-profile"),
            ("AWS_DEFAULT_PROFILE", "no-such-profile"),
            ("AWS_BEARER_TOKEN_BEDROCK", "token"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"),
            ("AWS_AUTH_SCHEME_PREFERENCE", "httpBearerAuth"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9"),
            ("AWS_DEFAULT_REGION", "nowhere"),
            ("AWS_REGION", "nowhere"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("HTTP_PROXY", "http://127.0.0.1:9"),
            ("http_proxy", "http://127.0.0.1:9"),
            ("ALL_PROXY", "http://127.0.0.1:9"),
            ("AWS_CA_BUNDLE", "/no/such/file"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
        ],
    )
    def test_a_plain_client_reaches_the_studio_whatever_was_set(
        self, wire: Any, studio: Studio, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        import boto3

        base = wire.clean_environment(**{name: value})
        settings, removed = client_environment(studio, base)
        final = {key: held for key, held in base.items() if key not in removed} | settings
        for key in set(os.environ) - set(final):
            monkeypatch.delenv(key)
        for key, held in final.items():
            monkeypatch.setenv(key, held)
        bedrock = boto3.Session().client("bedrock-runtime")
        answer = wire.invoke(bedrock, wire.beach())
        assert answer.headers["x-studio-version"]
