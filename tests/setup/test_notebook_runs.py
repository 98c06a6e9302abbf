"""start.py --run executes every notebook, says how each went, and fails when one fails; a fake papermill runs here."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from workshop import notebooks
from workshop.notebooks import Outcome
from workshop.place import Place

FAKE = """
import json, os, pathlib, sys
source, executed = sys.argv[1:3]
book = json.load(open(source, encoding="utf-8"))
made = pathlib.Path(os.environ["WORKSHOP_OUTPUTS"])
assert made.is_dir() and not list(made.iterdir()), "not empty"
(made / "a.png").write_bytes(b"")
json.dump(book, open(executed, "w", encoding="utf-8"))
print("the last words")
sys.exit("fails" in source)
"""


@pytest.fixture(autouse=True)
def _fake_papermill(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(place: Place, notebook: Path, executed: Path) -> list[str]:
        return [sys.executable, "-c", FAKE, str(notebook), str(executed)]

    monkeypatch.setattr(notebooks, "papermill", command)


def add(place: Place, name: str, *outputs: dict[str, Any]) -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "text"},
        {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "outputs": []},
        {"cell_type": "code", "metadata": {}, "outputs": list(outputs)},
    ]
    path = place.notebooks / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells}), "utf-8")


def test_every_notebook_runs_with_a_line_each_and_a_table(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    add(place, "01_two.ipynb", {"data": {"image/png": "", "text/plain": ""}}, {"data": {"image/jpeg": ""}})
    add(place, "00_one.ipynb")
    add(place, "zh-CN/00_one.ipynb")
    add(place, ".ipynb_checkpoints/00_one-checkpoint.ipynb")
    assert notebooks.run_all(place, os.environ) is True
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Running 3 notebooks."
    assert [line[:6] for line in lines[1:4]] == ["[1/3] ", "[2/3] ", "[3/3] "]
    assert {line[6:].split(":")[0] for line in lines[1:4]} == {"00_one.ipynb", "01_two.ipynb", "zh-CN/00_one.ipynb"}
    rows = [line.split() for line in lines[5:10]]
    assert rows[0] == ["notebook", "seconds", "pictures", "saved", "result"]
    assert [(row[0], row[2], row[3], row[4]) for row in rows[2:]] == [
        ("00_one.ipynb", "0", "1", "pass"),
        ("01_two.ipynb", "2", "1", "pass"),
        ("zh-CN/00_one.ipynb", "0", "1", "pass"),
    ]
    assert lines[-1].startswith("All 3 notebooks passed")


def test_a_failure_is_named_with_its_cell_and_the_others_still_run(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    add(place, "00_fails.ipynb", {"output_type": "error", "ename": "ValueError", "evalue": "\x1b[31mno\x1b[0m\nmore"})
    add(place, "01_good.ipynb")
    assert notebooks.run_all(place, os.environ) is False
    out = capsys.readouterr().out
    assert "cell 2: ValueError: no\n" in out
    assert "01_good.ipynb: pass" in out
    assert "1 of 2 notebooks failed" in out


def test_a_failure_outside_the_cells_is_told_in_papermills_own_words(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    add(place, "00_fails.ipynb")
    assert notebooks.run_all(place, os.environ) is False
    assert "the last words" in capsys.readouterr().out


def test_a_second_run_begins_with_empty_folders(place: Place) -> None:
    add(place, "00_one.ipynb")
    assert notebooks.run_all(place, os.environ)
    assert notebooks.run_all(place, os.environ)
    assert [path.name for path in (place.notebook_runs / "00_one").iterdir()] == ["a.png"]


def test_no_notebook_at_all_is_a_failure(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert notebooks.run_all(place, os.environ) is False
    assert "no notebook" in capsys.readouterr().out


def test_a_picture_in_html_counts_once_and_several_count_each() -> None:
    pair = {"data": {"text/html": ["<img src='data:image/jpeg;base64,a'>", "<img src='data:image/jpeg;base64,b'>"]}}
    both = {"data": {"text/html": "<img src='data:image/png;base64,a'>", "image/png": "a"}}
    assert notebooks.count_pictures([{"outputs": [pair]}]) == 2
    assert notebooks.count_pictures([{"outputs": [both]}]) == 1
    assert notebooks.count_pictures([{"outputs": [{"output_type": "stream", "text": "a"}]}, {}]) == 0


def test_the_tables_columns_line_up() -> None:
    table = notebooks.table([Outcome("a.ipynb", 1.0, 2, 3), Outcome("much_longer.ipynb", 100.0, 20, 30, "why")])
    lines = table.splitlines()
    assert lines[0].index("seconds") + len("seconds") == lines[2].index("1.0") + 3
    assert lines[3].endswith("fail")


def test_a_programs_environment_is_ours_and_leaves_aws_alone(place: Place) -> None:
    theirs = {
        "PATH": "/usr/bin",
        "AWS_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "PYTHONPATH": "/x",
        "PYTHONHOME": "/x",
        "CONDA_PREFIX": "/x",
        "VIRTUAL_ENV": "/x",
        "MPLBACKEND": "TkAgg",
        "JUPYTER_PATH": "/kernels",
    }
    ours = place.environment(theirs)
    assert {name: value for name, value in ours.items() if name.startswith("AWS")} == {
        "AWS_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIA",
    }
    assert not {"PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX", "MPLBACKEND"} & set(ours)
    assert ours["VIRTUAL_ENV"] == str(place.venv)
    assert ours["PATH"].split(os.pathsep) == [str(place.scripts), "/usr/bin"]
    assert ours["JUPYTER_PATH"].split(os.pathsep) == [str(place.venv / "share" / "jupyter"), "/kernels"]
    assert not [name for name in place.environment({}) if name.startswith("AWS")]


def test_the_chinese_notebooks_run_in_chinese_and_the_others_in_the_persons_language(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os, pathlib; pathlib.Path(os.environ['WORKSHOP_OUTPUTS'], os.environ['WORKSHOP_LANG']).touch()"
    monkeypatch.setattr(notebooks, "papermill", lambda *arguments: [sys.executable, "-c", code])
    add(place, "00_one.ipynb")
    add(place, "zh-CN/00_one.ipynb")
    for notebook in notebooks.find(place.notebooks):
        notebooks.run(place, notebook, {**os.environ, "WORKSHOP_LANG": "en"})
    spoken = [
        path.relative_to(place.notebook_runs).as_posix()
        for path in sorted(place.notebook_runs.rglob("*"))
        if path.is_file()
    ]
    assert spoken == ["00_one/en", "zh-CN/00_one/zh-CN"]
