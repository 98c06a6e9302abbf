"""The doctor names what is wrong and the fix, ends with 1 then, and can be read in any console."""

import os
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.calls import account, client
from helpers.doctor import __main__ as doctor
from helpers.doctor import aws, checks
from helpers.errors import NoCredentialsError

ROOT = Path(__file__).parents[2]
FAKE_ENGINE = f"{Path(__file__).parents[1] / 'studio' / 'fake_engine.py'}:create"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("AWS_", "WORKSHOP_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WORKSHOP_LANG", "en")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setattr(client, "_studio", None)
    yield
    client._isolation.leave()
    if client._studio is not None:
        client._studio.stop()


def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "helpers.doctor", *arguments],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_sound_set_up_is_told_in_a_few_lines_and_ends_with_0() -> None:
    ran = run()
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    lines = ran.stdout.splitlines()
    assert lines[-1] == "Everything is in order."
    assert lines[-2].startswith("ok    studio")
    assert len(lines) < 20


def test_the_studio_is_started_and_draws_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = checks.studio()
    assert (finding.verdict, finding.about) == ("ok", "studio"), finding
    assert "512x512" in finding.says


def test_a_studio_that_draws_a_blank_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_STUDIO_ENGINE", FAKE_ENGINE)
    finding = checks.studio()
    assert finding.verdict == "wrong"
    assert "empty picture" in finding.says


def test_a_studio_that_does_not_answer_is_wrong_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_STUDIO", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "x")
    finding = checks.studio()
    assert finding.verdict == "wrong"
    assert "127.0.0.1:9" in finding.says
    assert "WORKSHOP_STUDIO" in finding.fix


@pytest.mark.parametrize(("version", "verdict"), [((3, 10, 13), "wrong"), ((3, 15, 0), "wrong"), ((3, 14, 2), "ok")])
def test_a_python_outside_the_range_is_wrong(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], verdict: str
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    monkeypatch.setattr(checks, "ROOT", Path(sys.prefix))  # no .venv in there
    finding = checks.python()
    assert finding.verdict == verdict
    assert ".".join(map(str, version)) in finding.says


def test_nothing_else_is_checked_where_python_is_too_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 1, "final", 0))
    assert doctor.main([]) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert said[-1].startswith("One thing is wrong. Begin with the Python: Install one")


@pytest.mark.parametrize(
    ("line", "verdict", "words"),
    [
        ("pillow==1.0", "ok", "all 1"),
        ("pillow==99.0", "note", "pillow"),
        ("no-such-package==1.0", "wrong", "missing: no-such-package"),
        ("no-such-package==1.0 ; sys_platform == 'plan9'", "ok", "are here"),
    ],
)
def test_packages_are_held_against_requirements_txt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, verdict: str, words: str
) -> None:
    (tmp_path / "requirements.txt").write_text(f"# a comment\n{line}\n")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    finding = checks.packages()
    assert finding.verdict == verdict
    assert words in finding.says
    assert verdict == "ok" or "setup" in finding.fix


def test_a_package_below_the_floor_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["pillow>=99"]\n')
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    assert "too old: pillow" in checks.packages().says


Spec = namedtuple("Spec", "argv resource_dir")
Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(
    ("program", "verdict"), [("python", "ok"), (sys.executable, "ok"), ("/opt/other/bin/python", "wrong")]
)
def test_a_kernel_of_another_python_is_wrong(monkeypatch: pytest.MonkeyPatch, program: str, verdict: str) -> None:
    from jupyter_client.kernelspec import KernelSpecManager

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda *_: Spec([program, "-m", "ipykernel"], "/there"))
    assert checks.kernel().verdict == verdict


def test_an_output_folder_that_cannot_be_written_to_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path / "file" / "outputs"))
    assert checks.outputs().verdict == "wrong"


def test_a_full_disk_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(50_000_000))
    finding = checks.outputs()
    assert (finding.verdict, "50 MB" in finding.says) == ("wrong", True)


def test_a_clock_before_the_workshop_was_written_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert checks.clock().verdict == "wrong"


def test_variables_are_named_and_their_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "secret-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy")
    finding = checks.variables()
    assert finding.verdict == "note"
    assert "AWS_BEARER_TOKEN_BEDROCK, " in finding.says
    assert "HTTPS_PROXY" in finding.says
    assert "secret" not in finding.says


def test_the_report_can_be_read_in_a_console_that_is_not_utf_8() -> None:
    folder = str(Path(os.environ["HOME"]) / "图像 工作坊")
    ran = run(PYTHONIOENCODING="ascii", WORKSHOP_STUDIO_ENGINE=FAKE_ENGINE, WORKSHOP_OUTPUTS=folder)
    assert "Traceback" not in ran.stderr
    assert "console      writes ascii" in ran.stdout
    assert "\\u56fe\\u50cf" in ran.stdout


def test_a_check_that_breaks_is_a_finding_and_not_a_traceback() -> None:
    def broken() -> checks.Finding:
        raise RuntimeError("out of luck")

    finding = doctor._finding_of(broken)
    assert (finding.verdict, "out of luck" in finding.says) == ("wrong", True)


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    def incomplete() -> checks.Finding:
        raise ImportError("No module named 'boto3'")

    finding = doctor._finding_of(incomplete)
    assert "boto3" in finding.says
    assert "start.py" in finding.fix


# --- With --aws, where AWS is played by a patch ---------------------------------------------------------------------


def test_aws_without_credentials_or_region_is_wrong_and_each_has_its_fix() -> None:
    credentials, region = doctor._finding_of(aws.credentials), doctor._finding_of(aws.region)
    assert (credentials.verdict, region.verdict) == ("wrong", "wrong")
    assert "aws configure" in credentials.fix
    assert "us-west-2" in region.fix


@pytest.mark.parametrize("keys", [{}, {"AWS_ACCESS_KEY_ID": "AKIAOLD", "AWS_SECRET_ACCESS_KEY": "old"}])
def test_a_bedrock_api_key_is_credentials_enough(monkeypatch: pytest.MonkeyPatch, keys: dict[str, str]) -> None:
    def unknown(*_: Any) -> Any:
        raise NoCredentialsError("The access key is not known.")

    monkeypatch.setattr(account, "identity", unknown)
    for name, value in {**keys, "AWS_BEARER_TOKEN_BEDROCK": "secret-key"}.items():
        monkeypatch.setenv(name, value)
    finding = doctor._finding_of(aws.credentials)
    assert finding.verdict == "ok"
    assert "AWS_BEARER_TOKEN_BEDROCK" in finding.says
    assert "secret" not in finding.says
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK")
    assert doctor._finding_of(aws.credentials).verdict == "wrong"


@pytest.mark.parametrize(("here", "verdict"), [("us-west-2", "ok"), ("eu-west-1", "note")])
def test_the_region_of_core_is_told(monkeypatch: pytest.MonkeyPatch, here: str, verdict: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", here)
    assert aws.region().verdict == verdict


@pytest.mark.parametrize("state", ["AVAILABLE", "NOT_AVAILABLE"])
def test_the_model_s_state_and_access_are_asked_by_free_calls_alone(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    import boto3

    asked = []

    class Bedrock:
        def get_foundation_model(self, **_: Any) -> Any:
            asked.append("get_foundation_model")
            return {"modelDetails": {"modelLifecycle": {"status": "ACTIVE"}}}

        def get_foundation_model_availability(self, **_: Any) -> Any:
            asked.append("get_foundation_model_availability")
            here = {"agreementAvailability": {"status": state}, "authorizationStatus": "AUTHORIZED"}
            return {**here, "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"}

    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: Bedrock())
    finding = aws.model()
    assert finding.verdict == ("ok" if state == "AVAILABLE" else "note")
    assert "ACTIVE" in finding.says
    assert asked == ["get_foundation_model", "get_foundation_model_availability"]
