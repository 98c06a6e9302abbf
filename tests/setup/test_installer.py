"""Packages come by uv where one can be had, with pip's settings, and by pip otherwise; failures are told in a sentence."""

import os
import sys
from pathlib import Path

import pytest
from workshop import failures, installer, pip_settings
from workshop.console import PreparationError
from workshop.installer import Installer
from workshop.place import Place

# What the tools printed in these situations, shortened.
NO_NETWORK_UV = """error: Request failed after 3 retries in 8.3s
  cause: error sending request for url (https://index.example/simple/boto3/)
  cause: client error (Connect)
  cause: dns error"""
NO_NETWORK_PIP = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError': /simple/boto3/
ERROR: Could not find a version that satisfies the requirement boto3==1 (from versions: none)
ERROR: No matching distribution found for boto3==1"""
BAD_CERTIFICATE = """error: Failed to fetch: https://index.example/simple/boto3/
  cause: client error (Connect)
  cause: invalid peer certificate: UnknownIssuer"""
NO_WHEEL = "Because thorvg-python==1.1.3 has no usable wheels and you require thorvg-python==1.1.3, we can conclude"


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (NO_NETWORK_UV, "network"),
        (NO_NETWORK_PIP, "network"),
        (BAD_CERTIFICATE, "certificate"),
        (NO_WHEEL, "wheel"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk"),
        ("error: Tunnel connection failed: 407 Proxy Authentication Required", "proxy"),
        ("The process cannot access the file because it is being used by another process. (os error 32)", "busy"),
        ("error: failed to create directory: Permission denied (os error 13)", "permission"),
        ("error: Zugriff verweigert (os error 5)", "permission"),
        ("error: (os error 54)", ""),
        ("Downloading a-407.whl (407 kB)\nsomething new", ""),
    ],
)
def test_each_known_failure_is_told_apart(output: str, kind: str) -> None:
    assert failures.kind_of(output) == kind


def test_every_known_failure_has_one_sentence_and_a_fix_that_says_what_to_run() -> None:
    for _, words, _, _ in failures.KNOWN:
        problem = failures.problem(words[0], "python3 setup/start.py", "/a/.venv", "/a/.venv/install.log")
        assert problem.what.count(".") >= 1
        assert "python3 setup/start.py" in problem.fix
        assert "/a/.venv/install.log" in problem.fix
        assert "{" not in str(problem)


def test_an_unknown_failure_ends_with_the_installers_own_words() -> None:
    problem = failures.problem("one\nthe {last} words\n\n", "start", "venv", "log")
    assert "the {last} words" in problem.what


def test_pips_configuration_is_read_with_its_own_precedence() -> None:
    lines = [
        "global.index-url='https://a.example/simple'",
        "install.index-url='https://b.example/simple'",
        "global.extra-index-url='\\nhttps://c.example\\nhttps://d.example'",
        "download.index-url='https://never.example'",
        ":env:.cert='/etc/ours.pem'",
        "not a setting",
    ]
    assert pip_settings.parse(lines) == {
        "index-url": "https://b.example/simple",
        "extra-index-url": "\nhttps://c.example\nhttps://d.example",
        "cert": "/etc/ours.pem",
    }


def test_without_a_pip_its_environment_variables_still_count() -> None:
    assert pip_settings.read([], {"PIP_INDEX_URL": "https://a.example", "HOME": "/"}) == {
        "index-url": "https://a.example"
    }


def test_uv_is_told_what_pip_is_told() -> None:
    pip = {
        "index-url": "https://a.example/simple",
        "extra-index-url": "https://c.example\nhttps://d.example",
        "find-links": "/wheels /more",
        "cert": "/etc/ours.pem",
        "proxy": "user:word@proxy.example:8080",
        "trusted-host": "a.example",
        "default-timeout": "180",
        "no-index": "true",
    }
    told = pip_settings.for_uv(pip, {})
    assert told["UV_DEFAULT_INDEX"] == "https://a.example/simple"
    assert told["UV_INDEX"] == "https://c.example https://d.example"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert told["UV_FIND_LINKS"] == "/wheels,/more"
    assert told["SSL_CERT_FILE"] == "/etc/ours.pem"
    assert told["HTTPS_PROXY"] == "http://user:word@proxy.example:8080"
    assert told["UV_INSECURE_HOST"] == "a.example"
    assert told["UV_HTTP_TIMEOUT"] == "180"
    assert pip_settings.flags_for_uv(pip) == ["--no-index"]


def test_what_the_person_told_uv_itself_is_kept() -> None:
    pip = {"index-url": "https://a.example", "extra-index-url": "https://c.example", "default-timeout": "9"}
    own = {"UV_INDEX_URL": "https://own.example", "UV_INDEX": "https://more.example", "UV_HTTP_TIMEOUT": "5"}
    told = pip_settings.for_uv(pip, own)
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_HTTP_TIMEOUT"} & set(told)


def test_nothing_configured_tells_uv_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert pip_settings.for_uv({}, {}) == {}
    assert pip_settings.flags_for_uv({}) == []


class Tools:
    """Stands in for the programs: which there are, and what each prints and ends with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Place, uv: bool, pip: bool, ensurepip: bool = True):
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.answers: dict[str, tuple[int, str]] = {}
        self.uv_inside, self.pip, self.ensurepip = False, pip, ensurepip
        monkeypatch.setattr(installer, "uv_on_path", lambda: "uv" if uv else "")
        monkeypatch.setattr(installer, "usable_uv", lambda path, environment: path if self.uv_inside else "")
        monkeypatch.setattr(installer, "succeeds", lambda command, environment: self.pip)
        monkeypatch.setattr(installer, "run_with_progress", self.run)
        monkeypatch.setattr(pip_settings, "read", lambda pip, environ: {"index-url": "https://a.example"})

    def run(self, command: list[str], environment: dict[str, str], folder: Path, log: Path) -> tuple[int, str]:
        self.commands.append(command)
        self.environments.append(environment)
        name = self.name(command)
        code, output = self.answers.get(name, (0, ""))
        self.uv_inside |= name == "fetch" and code == 0
        if name == "ensurepip" and not self.ensurepip:
            return 1, "No module named ensurepip"
        return code, output

    @staticmethod
    def name(command: list[str]) -> str:
        if "ensurepip" in command:
            return "ensurepip"
        if "uv==1" in command:
            return "fetch"
        return "uv" if Path(command[0]).name == "uv" else "pip"

    def names(self) -> list[str]:
        return [self.name(command) for command in self.commands]


def install(place: Place) -> None:
    Installer(place, "python3 setup/start.py").install([place.requirements])


def test_a_uv_on_the_path_installs_everything_compiled(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools(monkeypatch, place, uv=True, pip=True)
    install(place)
    assert tools.names() == ["uv", "uv"]
    third_parties, ours = tools.commands
    assert third_parties[-3:] == ["-r", str(place.requirements), "pip==1"]
    assert "--compile-bytecode" in third_parties
    assert ours[-4:] == ["--no-deps", "--no-build-isolation", "--editable", "."]
    assert "--compile-bytecode" not in ours
    assert str(place.python) in third_parties
    assert tools.environments[0]["UV_DEFAULT_INDEX"] == "https://a.example"


def test_without_a_uv_one_is_fetched_by_pip(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools(monkeypatch, place, uv=False, pip=True)
    install(place)
    assert tools.names() == ["fetch", "uv", "uv"]
    assert tools.commands[0][:5] == [sys.executable, "-m", "pip", "--python", str(place.python)]
    assert "--only-binary" in tools.commands[0]


def test_where_no_uv_can_be_had_pip_does_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools(monkeypatch, place, uv=False, pip=True)
    tools.answers["fetch"] = (1, "ERROR: No matching distribution found for uv==1")
    install(place)
    assert tools.names() == ["fetch", "pip", "pip"]


@pytest.mark.parametrize("output", [BAD_CERTIFICATE, NO_WHEEL, "error: what no one has seen"])
def test_where_uv_fails_for_a_reason_of_its_own_pip_tries(
    place: Place, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    tools = Tools(monkeypatch, place, uv=True, pip=True)
    tools.answers["uv"] = (2, output)
    install(place)
    assert tools.names() == ["uv", "pip", "pip"]


def test_no_network_is_said_after_what_was_kept_from_earlier_was_tried(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Tools(monkeypatch, place, uv=True, pip=True)
    tools.answers["uv"] = (2, NO_NETWORK_UV)
    with pytest.raises(PreparationError, match="no connection to the package index") as caught:
        install(place)
    assert tools.names() == ["uv", "uv"]
    assert [environment.get("UV_OFFLINE") for environment in tools.environments] == [None, "1"]
    assert "Connect to the internet" in caught.value.fix


def test_no_network_without_uv_is_said_at_the_first_failure(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools(monkeypatch, place, uv=False, pip=True)
    tools.answers["fetch"] = (1, NO_NETWORK_PIP)
    with pytest.raises(PreparationError, match="no connection to the package index"):
        install(place)
    assert tools.names() == ["fetch"]


def test_a_python_without_pip_and_ensurepip_is_told_what_to_install(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tools(monkeypatch, place, uv=False, pip=False, ensurepip=False)
    with pytest.raises(PreparationError, match="without pip") as caught:
        install(place)
    assert f"sudo apt install python3.{sys.version_info[1]}-venv" in caught.value.fix


def test_a_python_without_pip_needs_none_where_there_is_a_uv(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools(monkeypatch, place, uv=True, pip=False, ensurepip=False)
    install(place)
    assert tools.names() == ["uv", "uv"]


def test_a_pip_too_old_to_install_into_another_environment_is_not_used(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Tools(monkeypatch, place, uv=False, pip=True)
    monkeypatch.setattr(installer, "succeeds", lambda command, environment: "--python" not in command)
    install(place)
    assert tools.commands[0][:4] == [str(place.python), "-m", "pip", "install"]


def test_settings_that_send_packages_elsewhere_are_not_handed_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_TARGET", "PIP_PREFIX", "PYTHONPATH", "CONDA_PREFIX", "PYTHONHOME", "UV_PYTHON"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    tools = Tools(monkeypatch, place, uv=True, pip=True)
    install(place)
    for environment in tools.environments:
        assert "/elsewhere" not in environment.values()
        assert environment["PIP_USER"] == "0"


def test_an_old_uv_and_one_that_does_not_run_are_not_used(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("needs a shell script as a program")
    for text, answer in {"uv 0.13.9 (x86)": True, "uv 1.0.0": True, "uv 0.4.30": False, "hello": False}.items():
        fake = tmp_path / "uv"
        fake.write_text(f"#!/bin/sh\necho '{text}'\n")
        fake.chmod(0o755)
        assert bool(installer.usable_uv(str(fake), dict(os.environ))) is answer, text
    assert installer.usable_uv(str(tmp_path / "none"), {}) == ""
    assert installer.usable_uv("", {}) == ""


def test_a_command_that_takes_long_gives_news_and_its_output_goes_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installer, "NEWS_EVERY", 0.1)
    command = [sys.executable, "-c", "import time; print('done 图'.encode()); time.sleep(0.5); raise SystemExit(3)"]
    log = tmp_path / "install.log"
    log.write_text("earlier", "utf-8")
    code, output = installer.run_with_progress(command, dict(os.environ), tmp_path, log)
    assert code == 3
    assert "done" in output
    assert "earlier" not in output
    assert "earlier" in log.read_text("utf-8")
    assert "Still at work" in capsys.readouterr().out
