"""What start.py and test.py do with their arguments, their console and their exit code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import console, main, notebooks
from workshop.console import PreparationError
from workshop.place import Place


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order; the environment is always ready and everything ends well."""
    done: list[str] = []

    def prepare(place: Place, command: str, tests: bool = False) -> None:
        done.append("prepare with tests" if tests else "prepare")

    def call(name: str, value: object) -> Callable[..., object]:
        def called(*arguments: object) -> object:
            done.append(name)
            return value

        return called

    monkeypatch.setattr(main, "prepare", prepare)
    monkeypatch.setattr(notebooks, "run_all", call("run", True))
    monkeypatch.setattr(main, "open_lab", call("lab", 0))
    return done


def script(place: Place) -> str:
    return str(place.root / "setup" / "start.py")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], ["prepare", "lab"]), (["--run"], ["prepare", "run"]), (["--install-only"], ["prepare"]), (["--help"], [])],
)
def test_each_argument_does_its_part(place: Place, calls: list[str], arguments: list[str], expected: list[str]) -> None:
    assert main.start(script(place), arguments) == 0
    assert calls == expected
    assert place.outputs.is_dir() == bool(expected)  # the folder that a lesson's shell command writes into


@pytest.mark.parametrize("arguments", [["--no"], ["--run", "--install-only"], ["01"], ["--run", "x"], [""]])
def test_other_arguments_are_refused_with_one_sentence(
    place: Place, calls: list[str], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.start(script(place), arguments) == 2
    assert calls == []
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--run or --install-only" in told


def test_a_failed_notebook_and_a_problem_end_with_1(
    place: Place, calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notebooks, "run_all", lambda *arguments: False)
    assert main.start(script(place), ["--run"]) == 1

    def no_network(*arguments: object, **more: object) -> None:
        raise PreparationError("No {thing}.", "Connect.", thing="network")

    monkeypatch.setattr(main, "prepare", no_network)
    assert main.start(script(place), []) == 1
    assert capsys.readouterr().err == "\nNo network.\nConnect.\n"


def test_ctrl_c_ends_without_a_traceback(
    place: Place, calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "open_lab", stop)
    assert main.start(script(place), []) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_the_workshop_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Place.of("shop/setup/start.py").root == tmp_path / "shop"
    assert Place.of(str(tmp_path / "shop" / "setup" / "start.py")).root == tmp_path / "shop"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp936", "utf-8"])
def test_a_console_in_any_encoding_shows_a_folder_in_chinese(root: Path, place: Place, encoding: str) -> None:
    (place.root / "pyproject.toml").unlink()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from workshop import main; sys.exit(main.start(sys.argv[2], []))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(root / "setup"), script(place)],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert told.returncode == 1
    shown = "图像 工作坊" if encoding in ("cp936", "utf-8") else r"\u56fe\u50cf \u5de5\u4f5c\u574a"
    assert shown in told.stderr.decode(encoding)
    assert b"Traceback" not in told.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_sentence_on_such_a_console_goes_out_with_codes_for_what_it_lacks(root: Path, encoding: str) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from workshop import console; console.make_printable(); "
    code += "console.tell('Making {folder}.', folder='\\u56fe')"
    told = subprocess.run(
        [sys.executable, "-c", code, str(root / "setup")],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert told.stdout.strip() == rb"Making \u56fe."


def test_jupyterlab_opens_the_first_notebook_with_the_workshop_as_its_root(place: Place) -> None:
    assert "default_url" not in " ".join(main.lab_command(place))
    place.notebooks.mkdir()
    (place.notebooks / "00_setup.ipynb").write_text("{}", "utf-8")
    command = main.lab_command(place)
    assert command[:3] == [str(place.python), "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={place.root}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/00_setup.ipynb" in command


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The commands of test.py, each with what pytest is told of failures before it; ruff format fails."""
    done: list[tuple[str, str]] = []

    def record(command: list[str], place: Place, environment: dict[str, str]) -> int:
        done.append((" ".join(command[2:]), environment.get("WORKSHOP_FAILED_CHECKS", "")))
        return 1 if "format" in command else 0

    monkeypatch.setattr(main, "run_check", record)
    return done


def test_all_checks_run_with_pytest_last_and_an_honest_exit_code(place: Place, ran: list[tuple[str, str]]) -> None:
    assert main.run_checks(place, [], {}) == 1
    assert [command.split()[0] for command, _ in ran] == ["ruff", "ruff", "mypy", "pytest"]
    assert ran[-1] == (" ".join(["pytest", *main.ALL_TESTS]), "ruff format")


def test_arguments_go_to_pytest_alone(place: Place, ran: list[tuple[str, str]]) -> None:
    assert main.run_checks(place, ["tests/setup", "-x"], {}) == 0
    assert ran == [("pytest tests/setup -x", "")]


def test_pytests_own_exit_code_comes_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "run_check", lambda command, place, environment: 5 if "pytest" in command else 1)
    assert main.run_checks(place, [], {}) == 5


def test_test_py_asks_for_the_test_tools(place: Place, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "run_checks", lambda place, arguments, environ: len(arguments))
    assert main.test(script(place), ["-x"]) == 1
    assert calls == ["prepare with tests"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"WORKSHOP_LANG": "zh_CN"}, "不能写：--no"),
        ({"WORKSHOP_LANG": "", "LC_ALL": "zh_CN.UTF-8"}, "不能写：--no"),
        ({"WORKSHOP_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "and not: --no"),
        ({"WORKSHOP_LANG": "zh_CN", "PYTHONIOENCODING": "cp1252"}, "and not: --no"),  # this console has no Chinese
    ],
)
def test_start_py_speaks_the_readers_language(root: Path, variables: dict[str, str], said: str) -> None:
    told = subprocess.run(
        [sys.executable, str(root / "setup" / "start.py"), "--no"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | variables,
    )
    assert told.returncode == 2
    assert said in told.stderr.decode("utf-8")


def test_a_problem_and_its_fix_are_told_in_chinese(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSHOP_LANG", "zh-CN")
    monkeypatch.setattr(console, "make_printable", lambda: None)  # a test's own console may have no Chinese
    (place.root / "pyproject.toml").unlink()
    assert main.start(script(place), []) == 1
    what, fix = capsys.readouterr().err.strip().splitlines()
    assert what.startswith("缺少 ")
    assert fix.startswith("如果")


def test_jupyterlab_opens_the_chinese_edition_for_who_reads_chinese(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.notebooks / "zh-CN").mkdir(parents=True)
    (place.notebooks / "00_setup.ipynb").write_text("{}", "utf-8")
    monkeypatch.setenv("WORKSHOP_LANG", "zh")
    assert "--LabApp.default_url=/lab/tree/notebooks/00_setup.ipynb" in main.lab_command(place)
    (place.notebooks / "zh-CN" / "00_setup.ipynb").write_text("{}", "utf-8")
    assert "--LabApp.default_url=/lab/tree/notebooks/zh-CN/00_setup.ipynb" in main.lab_command(place)


def test_the_tests_themselves_run_in_english(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []

    def ran(command: list[str], place: Place, environment: dict[str, str]) -> int:
        spoken.append(environment["WORKSHOP_LANG"])
        return 0

    monkeypatch.setattr(main, "run_check", ran)
    assert main.run_checks(place, [], {"WORKSHOP_LANG": "zh_CN"}) == 0
    assert set(spoken) == {"en"}
