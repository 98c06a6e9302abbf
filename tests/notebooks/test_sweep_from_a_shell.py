"""The lesson on sweeps makes any sweep from a shell: its own example, as it stands there, and one of another kind."""

import copy
import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode
from tools import notebooks

LESSON = notebooks.HOME / "notebooks" / "04_parameter_sweeps.ipynb"
ALONE = ("title", "parameters", "connect", "own-quote", "own-run")  # all that the last part needs of the lesson


def stored() -> NotebookNode:
    return notebooks.read(LESSON.read_text("utf-8"))


def example() -> list[str]:
    """The words of the command that the lesson shows."""
    (command,) = re.findall(r"^```bash\n(.*?)\n```$", "\n".join(cell.source for cell in stored().cells), re.M | re.S)
    return shlex.split(command)


@pytest.fixture
def project(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A folder with the lesson where the command looks for it, without the cells that the last part does not need.

    `outputs` is there too, as it is as soon as any lesson has run.
    """
    assert Path(environment["WORKSHOP_OUTPUTS"]) == tmp_path / "outputs"
    notebook = copy.deepcopy(stored())
    notebook.cells = [cell for cell in notebook.cells if cell.id in ALONE]
    assert [cell.id for cell in notebook.cells] == list(ALONE)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / LESSON.name).write_text(notebooks.written(notebook), encoding="utf-8")
    return tmp_path


def run(command: list[str], project: Path, environment: dict[str, str]) -> list[dict[str, str]]:
    """Run the command in the project, and give back the rows of the sweep's table."""
    assert command[:3] == ["python", "-m", "papermill"]
    words = [sys.executable, *command[1:]]
    ran = subprocess.run(
        words, cwd=project, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        errors="replace",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    (table,) = Path(environment["WORKSHOP_OUTPUTS"]).glob("sweeps/*/tiles.csv")
    assert (table.parent / "gallery.html").stat().st_size > 10_000
    assert list(table.parent.glob("grid*.png"))
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_example_makes_the_sweep_that_it_names(project: Path, environment: dict[str, str]) -> None:
    rows = run(example(), project, environment)
    assert [(row["boat"], row["cfg_scale"], row["seed"]) for row in rows] == [
        (word, scale, seed) for word in ("boat", "swan") for scale in ("4", "8", "12") for seed in ("1", "2")
    ]
    assert all(row["picture"] for row in rows)
    done = notebooks.read((project / "outputs" / "boats.ipynb").read_text("utf-8"))
    shown = "".join(str(cell.get("outputs", "")) for cell in done.cells)
    assert "a boat on the lake" in shown


def test_a_tile_that_is_filtered_does_not_keep_the_rest_from_being_written(
    project: Path, environment: dict[str, str]
) -> None:
    asked = "{width: 320, height: 512, sweep_axes: {style_preset: [anime]}, sweep_swap: {forest: [nude, desert]}}"
    command = ["python", "-m", "papermill", f"notebooks/{LESSON.name}", "outputs/done.ipynb", "-y", asked]
    rows = run(command, project, environment)
    assert [(row["forest"], row["failure"], bool(row["picture"])) for row in rows] == [
        ("nude", "filtered", False), ("desert", "", True),
    ]  # fmt: skip
