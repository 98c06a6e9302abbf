"""start.py makes, repairs and reuses .venv, whatever state it finds; a fake installer stands in for the downloads."""

import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from workshop import environment
from workshop.console import PreparationError
from workshop.environment import prepare
from workshop.place import Place

Disk = namedtuple("Disk", "total used free")


class FakeInstaller:
    """Puts one package and the project's path file into .venv; `failure` ends it half-way."""

    runs: list[list[str]]
    failure: BaseException | None

    def __init__(self) -> None:
        self.runs, self.failure = [], None

    def __call__(self, place: Place, command: str) -> "FakeInstaller":
        self.place = place
        return self

    def install(self, requirements: list[Path]) -> None:
        self.runs.append([path.name for path in requirements])
        (self.place.site_packages() / "boto3-1.dist-info").mkdir(exist_ok=True)
        if self.failure:
            raise self.failure
        (self.place.site_packages() / "helpers.pth").write_text(str(self.place.root), "utf-8")


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> FakeInstaller:
    fake = FakeInstaller()
    monkeypatch.setattr(environment, "Installer", fake)
    return fake


def test_the_first_start_installs_and_the_second_has_nothing_to_do(
    place: Place, installer: FakeInstaller, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(place, "start")
    assert "The environment is ready" in capsys.readouterr().out
    prepare(place, "start")
    assert capsys.readouterr().out == ""
    assert installer.runs == [["requirements.txt"]]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), PreparationError("No network.", "Connect.")])
def test_a_half_made_environment_is_noticed_and_made_anew(
    place: Place, installer: FakeInstaller, failure: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    installer.failure = failure
    with pytest.raises(type(failure)):
        prepare(place, "start")
    left = place.site_packages() / "half.py"
    left.write_text("", "utf-8")
    installer.failure = None
    capsys.readouterr()
    prepare(place, "start")
    told = capsys.readouterr().out.splitlines()
    assert "half made" in told[0]
    assert not left.exists()
    assert json.loads(place.stamp.read_text("utf-8"))["packages"] == ["boto3-1.dist-info"]


def test_an_update_that_is_stopped_leaves_no_stamp_behind(place: Place, installer: FakeInstaller) -> None:
    prepare(place, "start")
    place.requirements.write_text("boto3==2\n", "utf-8")
    installer.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        prepare(place, "start")
    assert not place.stamp.exists()


def test_an_update_keeps_the_environment_and_its_other_packages(place: Place, installer: FakeInstaller) -> None:
    prepare(place, "start")
    (place.site_packages() / "torch-9.dist-info").mkdir()
    place.requirements.write_text("boto3==2\n", "utf-8")
    prepare(place, "start")
    assert (place.site_packages() / "torch-9.dist-info").exists()
    assert len(installer.runs) == 2


def test_start_keeps_the_test_tools_that_are_there_up_to_date(place: Place, installer: FakeInstaller) -> None:
    prepare(place, "test", tests=True)
    place.test_requirements.write_text("mypy==2\n", "utf-8")
    prepare(place, "start")
    assert installer.runs == [["requirements.txt", "requirements-test.txt"]] * 2


def test_the_environment_finds_the_project_by_a_path_that_every_encoding_can_read(
    place: Place, installer: FakeInstaller
) -> None:
    (place.root / "helpers" / "__init__.py").write_text("here = __file__\n", "utf-8")
    prepare(place, "start")
    assert (place.site_packages() / "helpers.pth").read_bytes().isascii()
    command = [str(place.python), "-I", "-c", "import helpers, sys; sys.stdout.buffer.write(helpers.here.encode())"]
    found = subprocess.run(command, capture_output=True, check=True, cwd=place.root.parent).stdout.decode()
    assert os.path.samefile(found, place.root / "helpers" / "__init__.py")


def test_jupyterlab_is_told_not_to_ask_about_news(root: Path, place: Place, installer: FakeInstaller) -> None:
    (place.root / "setup" / "jupyterlab.json").write_bytes((root / "setup" / "jupyterlab.json").read_bytes())
    prepare(place, "start")
    overrides = place.venv / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings = json.loads(overrides.read_text("utf-8"))["@jupyterlab/apputils-extension:notification"]
    assert settings == {"fetchNews": "false", "checkForUpdates": False}


def refusal(place: Place) -> PreparationError:
    with pytest.raises(PreparationError) as caught:
        prepare(place, "python3 setup/start.py")
    assert "python3 setup/start.py" in caught.value.fix
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", ["requirements.txt", "setup/requirements-test.txt", "pyproject.toml"])
def test_a_folder_that_is_not_the_whole_workshop_is_refused(place: Place, name: str) -> None:
    (place.root / name).unlink()
    problem = refusal(place)
    assert "is missing" in problem.what
    assert "unpack all of it" in problem.fix


def test_a_folder_that_cannot_be_written_to_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(dir: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("tempfile.TemporaryFile", no_file)
    problem = refusal(place)
    assert "cannot be written to" in problem.what
    assert "Copy the workshop's folder" in problem.fix


def test_a_full_disk_is_said_before_anything_is_fetched(
    place: Place, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Disk(1, 1, 5_000_000))
    assert "disk is almost full" in refusal(place).what
    assert installer.runs == []


def test_a_path_that_windows_cannot_take_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = Place(Path("C:/" + "folder/" * 20 + "workshop"))
    monkeypatch.setattr(environment, "MAX_PATH_ON_WINDOWS", 259)
    assert environment.too_long_for_windows(deep, long_paths=False)
    assert not environment.too_long_for_windows(deep, long_paths=True)
    assert not environment.too_long_for_windows(Place(Path("C:/workshop")), long_paths=False)


def test_a_python_without_venv_is_told_the_package_to_install(
    place: Place, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "base_python", lambda: sys.executable)
    (place.root / "venv.py").write_text("raise SystemExit('No module named venv')", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(place.root))
    problem = refusal(place)
    assert "No module named venv" in problem.what
    assert "-venv" in problem.fix


def test_an_environment_in_use_is_told_what_to_close(
    place: Place, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(folder: Path) -> None:
        raise PermissionError(13, "The process cannot access the file")

    place.venv.mkdir()
    monkeypatch.setattr("shutil.rmtree", busy)
    problem = refusal(place)
    assert "could not be removed" in problem.what
    assert "Close JupyterLab" in problem.fix


def test_two_starts_at_once_take_turns(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    ready = "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; "
    ready += "from workshop.environment import exclusive; from workshop.place import Place\n"
    ready += "with exclusive(Place(Path(sys.argv[2]))):\n    print('mine', flush=True); sys.stdin.read()"
    setup = str(Path(environment.__file__).parents[1])
    command = [sys.executable, "-c", ready, setup, str(place.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline().strip() == b"mine"
        with open(environment.lock_file(place), "a+b") as file:
            assert not environment.lock(file)
        other.stdin.close()
        other.wait(timeout=60)
    with environment.exclusive(place):
        assert "waiting" not in capsys.readouterr().out
