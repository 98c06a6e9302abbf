"""Running every notebook headless, each with an empty folder for what it makes, with a table of how each went."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.console import columns, tell, tr
from workshop.place import CHINESE, Place

SIDE_BY_SIDE = 2
CELL_SECONDS = 600  # a cell that takes longer is stuck
PICTURE_FILES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
PAPERMILL = frozenset({"papermill-error-cell-tag", "injected-parameters"})  # cells that papermill adds
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one notebook: pictures shown in it, picture files saved in its folder, the reason of a failure."""

    name: str
    seconds: float
    pictures: int
    saved: int
    reason: str = ""

    @property
    def passed(self) -> bool:
        return not self.reason


def run_all(place: Place, environ: Mapping[str, str]) -> bool:
    """Run every notebook into outputs/notebooks/, print a line each and a table; return whether all passed."""
    notebooks = find(place.notebooks)
    if not notebooks:
        tell("There is no notebook in {folder}.", folder=place.notebooks)
        return False
    tell("Running {count} notebooks.", count=len(notebooks))
    outcomes = run_side_by_side(place, notebooks, environ)
    print(f"\n{table(outcomes)}\n", flush=True)
    failed = sum(not outcome.passed for outcome in outcomes)
    numbers = {"failed": failed, "count": len(outcomes), "folder": place.notebook_runs}
    if failed:
        tell("{failed} of {count} notebooks failed; they are in {folder} as they ran.", **numbers)
    else:
        tell("All {count} notebooks passed; they are in {folder} as they ran.", **numbers)
    return not failed


def run_side_by_side(place: Place, notebooks: list[Path], environ: Mapping[str, str]) -> list[Outcome]:
    """Run notebooks, print a line for each as it ends, and return their outcomes in the order given.

    Two run at a time where there are two cores: a third less time, since a kernel mostly waits for its studio.
    """
    done: dict[Path, Outcome] = {}
    pool = ThreadPoolExecutor(min(SIDE_BY_SIDE, os.cpu_count() or 1))
    try:
        running = {pool.submit(run, place, notebook, environ): notebook for notebook in notebooks}
        for future in as_completed(running):
            outcome = done[running[future]] = future.result()
            report(outcome, len(done), len(notebooks))
    finally:
        pool.shutdown(cancel_futures=True)
    return [done[notebook] for notebook in notebooks]


def report(outcome: Outcome, number: int, count: int) -> None:
    """Print a line for a notebook that has ended, and for a failure another with its reason."""
    tell(
        "[{number}/{count}] {name}: {result}, {seconds:.1f} s",
        number=number,
        count=count,
        name=outcome.name,
        result=result(outcome),
        seconds=outcome.seconds,
    )
    if outcome.reason:
        print(f"      {outcome.reason}", flush=True)


def find(folder: Path) -> list[Path]:
    """Return the notebooks below a folder, in teaching order, without checkpoints."""
    return sorted(path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


def run(place: Place, notebook: Path, environ: Mapping[str, str]) -> Outcome:
    """Run one notebook with papermill, in its own folder, with an empty folder for what it makes."""
    name = notebook.relative_to(place.notebooks)
    executed = place.notebook_runs / name
    made = executed.with_suffix("")
    executed.unlink(missing_ok=True)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True, exist_ok=True)
    environment = place.environment(environ) | {"WORKSHOP_OUTPUTS": str(made), "PYTHONIOENCODING": "utf-8"}
    if CHINESE in name.parts:
        environment["WORKSHOP_LANG"] = CHINESE
    started = time.monotonic()
    ran = subprocess.run(
        papermill(place, notebook, executed),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=place.root,
        env=environment,
        check=False,
    )
    seconds = time.monotonic() - started
    cells = read_cells(executed)
    reason = "" if ran.returncode == 0 else failure(cells) or last_line(ran.stdout.decode("utf-8", "replace"))
    return Outcome(name.as_posix(), seconds, count_pictures(cells), count_files(made), reason)


def papermill(place: Place, notebook: Path, executed: Path) -> list[str]:
    """Return papermill's command line; its paths are relative, since a brace in a path is a parameter to papermill."""
    paths = [path.relative_to(place.root).as_posix() for path in (notebook, executed, notebook.parent)]
    options = ["--cwd", paths[2], "--kernel", "python3", "--no-progress-bar", "--execution-timeout", str(CELL_SECONDS)]
    return [str(place.python), "-m", "papermill", *paths[:2], *options]


def read_cells(executed: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook file; none where it cannot be read."""
    try:
        cells = json.loads(executed.read_text("utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return []
    return list(cells)


def outputs_of(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every output of every cell, in order."""
    return [output for cell in cells for output in cell.get("outputs", [])]


def count_pictures(cells: list[dict[str, Any]]) -> int:
    """Return the number of pictures that a reader sees: one for an output in several forms, and each one in HTML."""
    count = 0
    for output in outputs_of(cells):
        data = output.get("data", {})
        html = "".join(data.get("text/html", ""))
        count += html.count("data:image/") or any(kind.startswith("image/") for kind in data)
    return count


def count_files(folder: Path) -> int:
    """Return the number of picture files anywhere below a folder."""
    return sum(path.suffix.lower() in PICTURE_FILES for path in folder.rglob("*"))


def failure(cells: list[dict[str, Any]]) -> str:
    """Return the error that stopped a notebook, with its cell's number; empty where there is none."""
    own = [cell for cell in cells if not PAPERMILL.intersection(cell.get("metadata", {}).get("tags", []))]
    for number, cell in enumerate(own, 1):
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                lines = COLOURS.sub("", f"{output.get('ename')}: {output.get('evalue')}").strip().splitlines()
                return tr("cell {number}: {error}", number=number, error=lines[0])
    return ""


def last_line(output: str) -> str:
    """Return the last line with anything on it."""
    return next(
        (line.strip() for line in reversed(output.splitlines()) if line.strip()), tr("papermill ended without a word")
    )


def result(outcome: Outcome) -> str:
    return tr("pass") if outcome.passed else tr("fail")


def table(outcomes: list[Outcome]) -> str:
    """Return the closing table, one line a notebook, columns aligned."""
    head = (tr("notebook"), tr("seconds"), tr("pictures"), tr("saved"), tr("result"))
    rows = [(o.name, f"{o.seconds:.1f}", str(o.pictures), str(o.saved), result(o)) for o in outcomes]
    widths = [max(columns(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, tuple("-" * width for width in widths), *rows):
        middle = [" " * (width - columns(cell)) + cell for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([row[0] + " " * (widths[0] - columns(row[0])), *middle, row[-1]]))
    return "\n".join(lines)
