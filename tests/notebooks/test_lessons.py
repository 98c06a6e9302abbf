"""Every notebook runs: as it is stored, against its stored outputs; and with another seed and size, solutions included."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4

import notebooks

HERE = Path(__file__).parent
OTHER = {"seed": 77, "width": 640, "height": 448}  # legal on SDXL, and not what any lesson stores
SOLUTION = re.compile(r"<details>.*?</details>", re.DOTALL)
CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def run(command: list[str], lesson: Path, environment: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=lesson.parent, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        errors="replace",
    )  # fmt: skip
    if ran.returncode:
        pytest.fail(f"{lesson.name}\n{ran.stdout[-6000:]}\n{ran.stderr[-3000:]}", pytrace=False)


def test_every_output_is_as_it_is_stored(edition: Path, environment: dict[str, str]) -> None:
    """nbval, strict, on every cell; picture_plugin compares the pictures that nbval skips."""
    environment = environment | {"WORKSHOP_LANG": notebooks.language_of(edition.parent)}
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", str(notebooks.CELL_SECONDS)]
    options += ["--nbval-sanitize-with", str(HERE / "nbval-sanitize.cfg"), "-p", "picture_plugin"]
    run(["pytest", edition.name, *options, "-o", "addopts=", "-p", "no:cacheprovider", "-q"], edition, environment)


def test_it_runs_with_another_seed_and_size_and_so_do_its_solutions(
    lesson: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    source, done = tmp_path / lesson.name, tmp_path / f"done-{lesson.name}"
    source.write_text(notebooks.written(with_solutions(notebooks.read(lesson.read_text("utf-8")))), encoding="utf-8")
    values = [part for name, value in OTHER.items() for part in ("-p", name, str(value))]
    options = ["--cwd", str(lesson.parent), "--kernel", "python3", "--no-progress-bar", *values]
    run(["papermill", str(source), str(done), *options], lesson, environment)
    ran = notebooks.read(done.read_text("utf-8"))
    shown = [str(output) for cell in ran.cells for output in cell.get("outputs", [])]
    assert any(f"{OTHER['width']} by {OTHER['height']} pixels" in words for words in shown), "the size had no effect"
    assert any(f"seed {OTHER['seed']}" in words for words in shown), "the seed had no effect"


def with_solutions(notebook: NotebookNode) -> NotebookNode:
    """A copy in which the code of each folded solution is a cell of its own, after the text that it is folded in."""
    notebook = copy.deepcopy(notebook)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            folded = "\n".join(SOLUTION.findall(cell.source))
            cells += [v4.new_code_cell(code) for code in CODE.findall(folded)]  # type: ignore[no-untyped-call]
    notebook.cells = cells
    return notebook


# ---- the net itself holds -------------------------------------------------------------------------------------------

SHOW = 'display.show(Image.new("RGB", (64, 64), "#3070c0"), alt="A blue square")'
CHANGES = {  # what is stored, what the cell says now, and what the report must say
    "nothing": (SHOW, SHOW, ""),
    "the picture": (SHOW, SHOW.replace("#3070c0", "#a03020"), "does not look as it is stored"),
    "the alt text": (SHOW, SHOW.replace("A blue", "A"), "A square"),
    "the text": ("print(1)", "print(2)", "mismatch 'stdout'"),
    "no picture any more": (SHOW, SHOW.replace("show", "bundle") + ";", "Missing output fields"),
}


def test_nbval_and_the_picture_plugin_find_each_kind_of_change(tmp_path: Path, environment: dict[str, str]) -> None:
    sources = ["from PIL import Image\nfrom helpers import display", *(stored for stored, _, _ in CHANGES.values())]
    cells = [v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    notebook = v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    stored = notebooks.refreshed(notebook, tmp_path)
    for cell, (_, now, _) in zip(stored.cells[1:], CHANGES.values(), strict=True):
        cell.source = now
    path = tmp_path / "tiny.ipynb"
    path.write_text(notebooks.written(stored), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception) as failure:
        test_every_output_is_as_it_is_stored(path, environment)
    report = str(failure.value)
    assert re.findall(r"^FAILED .*::Cell (\d)", report, re.MULTILINE) == ["2", "3", "4", "5"]
    assert [change for change, (_, _, words) in CHANGES.items() if words not in report] == []


def test_the_code_of_folded_solutions_becomes_cells() -> None:
    text = (
        "Try.\n\n<details>\n<summary>A solution</summary>\n\n```python\nx = 1\n```\n\n</details>\n\n```python\nno\n```"
    )
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(text)])  # type: ignore[no-untyped-call]
    assert [cell.source for cell in with_solutions(notebook).cells[1:]] == ["x = 1\n"]
