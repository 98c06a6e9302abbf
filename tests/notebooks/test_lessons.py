"""Every notebook runs: as it is stored, against its stored outputs; and with another seed and size, solutions included."""

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, v4
from tools import notebooks

HERE = Path(__file__).parent
HOME = HERE.parents[1]
OTHER = {"seed": 77, "width": 640, "height": 448}  # legal on SDXL, and not what any lesson stores
THIRD = {"seed": 3, "width": 448, "height": 576}
SAVING = ("00_setup", "01_text_to_image", "03_masking")  # write files that others of their runs have written
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


def compared(edition: Path, environment: dict[str, str]) -> None:
    """nbval, strict, on every cell; picture_plugin compares the pictures that nbval skips."""
    environment = environment | {"WORKSHOP_LANG": notebooks.language_of(edition.parent)}
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", str(notebooks.CELL_SECONDS)]
    options += ["--nbval-sanitize-with", str(HERE / "nbval-sanitize.cfg"), "-p", "picture_plugin"]
    run(["pytest", edition.name, *options, "-o", "addopts=", "-p", "no:cacheprovider", "-q"], edition, environment)


def papermill(source: Path, lesson: Path, values: dict[str, int], environment: dict[str, str]) -> NotebookNode:
    """The notebook in `source` run in the lesson's folder with these parameters."""
    done = Path(environment["WORKSHOP_OUTPUTS"]).with_name(f"done-{lesson.name}")
    options = ["--cwd", str(lesson.parent), "--kernel", "python3", "--no-progress-bar"]
    options += [part for name, value in values.items() for part in ("-p", name, str(value))]
    run(["papermill", str(source), str(done), *options], lesson, environment)
    return notebooks.read(done.read_text("utf-8"))


def run_with_other_values(lesson: Path, environment: dict[str, str]) -> NotebookNode:
    """The lesson, its solutions included, as it ran with another seed and size.

    One that saves files runs again in the same folder, with its own seed and size.
    """
    source = Path(environment["WORKSHOP_OUTPUTS"]).with_name(lesson.name)
    source.write_text(notebooks.written(with_solutions(notebooks.read(lesson.read_text("utf-8")))), encoding="utf-8")
    ran = papermill(source, lesson, OTHER, environment)
    if lesson.stem in SAVING:
        papermill(lesson, lesson, {}, environment)
    return ran


@pytest.fixture(scope="module")
def begun(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    environment_in: Callable[[Path], dict[str, str]],
) -> Iterator[dict[str, Future[Any]]]:
    """What the tests of this file wait for, two at a time in their order: a kernel mostly waits for its studio."""
    jobs = {
        "test_every_output_is_as_it_is_stored": compared,
        "test_it_runs_with_other_seeds_and_sizes_and_so_do_its_solutions": run_with_other_values,
    }
    at_once = ThreadPoolExecutor(2)
    runs: dict[str, Future[Any]] = {}
    for item in request.session.items:
        work = jobs.get(getattr(item, "originalname", ""))
        if work and item.path == request.path:
            (notebook,) = item.callspec.params.values()  # type: ignore[attr-defined]
            environment = environment_in(tmp_path_factory.mktemp("run"))
            runs[item.name] = at_once.submit(work, notebook, environment)
    yield runs
    at_once.shutdown(cancel_futures=True)


def test_every_output_is_as_it_is_stored(
    edition: Path, begun: dict[str, Future[Any]], request: pytest.FixtureRequest
) -> None:
    begun[request.node.name].result()


def test_it_runs_with_other_seeds_and_sizes_and_so_do_its_solutions(
    lesson: Path, begun: dict[str, Future[Any]], request: pytest.FixtureRequest
) -> None:
    ran: NotebookNode = begun[request.node.name].result()
    shown = [str(output) for cell in ran.cells for output in cell.get("outputs", [])]
    assert any(f"{OTHER['width']} by {OTHER['height']} pixels" in words for words in shown), "the size had no effect"
    assert any(f"seed {OTHER['seed']}" in words for words in shown), "the seed had no effect"


@pytest.mark.skipif(not os.environ.get("WORKSHOP_LONG"), reason="takes minutes: set WORKSHOP_LONG=1")
def test_every_lesson_runs_again_in_any_order_among_what_all_others_have_left(environment: dict[str, str]) -> None:
    editions = notebooks.find(HOME / "notebooks", [])
    for values, order in ((OTHER, editions), (THIRD, editions[::-1]), (OTHER, editions[::3] + editions[1::3])):
        for edition in order:
            spoken = {"WORKSHOP_LANG": notebooks.language_of(edition.parent)}
            papermill(edition, edition, values, environment | spoken)


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_nbval_runs_a_lesson_by_the_command_that_its_users_type(folder: str, environment: dict[str, str]) -> None:
    command = ["pytest", "--nbval-lax", os.path.join("notebooks", "00_setup.ipynb")]
    if folder == "notebooks":
        command[-1] = os.path.basename(command[-1])
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=HOME / folder, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert re.search(r"\b1\d passed", ran.stdout), "a test for each cell of code"


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
    "no picture any more": (SHOW, SHOW.replace("show", "mime_bundle") + ";", "Missing output fields"),
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
        compared(path, environment)
    report = str(failure.value)
    assert re.findall(r"^FAILED .*::Cell (\d)", report, re.MULTILINE) == ["2", "3", "4", "5"]
    assert [change for change, (_, _, words) in CHANGES.items() if words not in report] == []


def test_the_code_of_folded_solutions_becomes_cells() -> None:
    text = (
        "Try.\n\n<details>\n<summary>A solution</summary>\n\n```python\nx = 1\n```\n\n</details>\n\n```python\nno\n```"
    )
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(text)])  # type: ignore[no-untyped-call]
    assert [cell.source for cell in with_solutions(notebook).cells[1:]] == ["x = 1\n"]
