"""Runs the lessons and keeps what they show inside them, so that a reader on a web page sees every picture.

python setup/tools/notebooks.py             run every notebook, and store what changed
python setup/tools/notebooks.py 01 03       only those whose names begin so; zh-CN: the Chinese ones, zh-CN/01: one of them
python setup/tools/notebooks.py --check     store nothing; the exit code is 1 if something would change

Run it with the Python in .venv, after a change in a lesson or in what a lesson shows. A second run changes nothing: what
is no part of a lesson (times, versions, random ids) is taken out, and a stored picture stays while a new one looks the same.
"""

import argparse
import base64
import copy
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from PIL import Image, ImageChops

HOME = Path(__file__).resolve().parents[2]
LESSONS = HOME / "notebooks"
CHINESE = "zh-CN"  # the folder of the Chinese notebooks
CELL_SECONDS = 600  # a cell that takes longer is stuck

# A picture made anew on another processor may differ by one level in 1.5% of its values. As JPEG that comes to a mean of
# 0.2 levels and never to more than 24 at a pixel (measured on the lessons' own pictures); a lost boat is far beyond both.
MEAN_LEVELS = 0.5  # of 255: the most that two pictures may differ on average and count as the same
FAR_LEVELS, FAR_SHARE = 24, 0.0002  # and the share of pixels that may differ by more than so many levels

MOST_SIDE, MAX_PICTURE, MAX_NOTEBOOK = 1280, 150_000, 1_500_000  # pixels, bytes, bytes

PICTURE = re.compile(r"data:image/[a-z]+;base64,([A-Za-z0-9+/=]+)")
MEASURED = re.compile(r'<span class="measured">[^<]*</span>')  # seconds, shares of pixels
WIDGET = "application/vnd.jupyter.widget-view+json"
NO_ALT = re.compile(r'<img(?![^>]*\balt="[^"]+")[^>]*>')
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}


def main(arguments: list[str]) -> int:
    """Run the lessons that the arguments name, store or check what they show, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python setup/tools/notebooks.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help="beginnings of names: 01, 02_image, zh-CN/01; none: all")
    parser.add_argument("--check", action="store_true", help="store nothing, say what would change")
    options = parser.parse_args(arguments)
    lessons = find(LESSONS, options.names)
    if not lessons:
        print(f"There is no such notebook in {LESSONS}.")
        return 1
    return max([_update(lesson, options.check) for lesson in lessons])


def find(folder: Path, names: list[str]) -> list[Path]:
    """Return the notebooks below a folder in teaching order; with names, those whose paths begin with one of them."""
    found = sorted(path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    return [path for path in found if not names or path.relative_to(folder).as_posix().startswith(tuple(names))]


def refreshed(stored: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook from its first cell to its last and return it tidied, with stored outputs where they still hold.

    It runs in `folder`, with an empty folder for what it makes; helpers speak Chinese in the folder of the Chinese
    notebooks and English elsewhere, whatever this machine's language is. Raises CellExecutionError where a cell fails.
    """
    stored = tidy(stored)
    fresh = copy.deepcopy(stored)
    with tempfile.TemporaryDirectory() as outputs:
        place = {"metadata": {"path": str(folder)}}
        client = NotebookClient(fresh, timeout=CELL_SECONDS, kernel_name="python3", resources=place)
        paths = os.pathsep.join(filter(None, [str(HOME), os.environ.get("PYTHONPATH")]))
        ours = {"PYTHONPATH": paths, "WORKSHOP_OUTPUTS": outputs, "WORKSHOP_LANG": language_of(folder)}
        client.execute(env={**os.environ, **ours})
    return keep(stored, tidy(fresh))


def language_of(folder: Path) -> str:
    """Return the value of WORKSHOP_LANG for the notebooks of a folder."""
    return CHINESE if folder.name == CHINESE else "en"


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what is no part of the lesson: times, versions, widget state, what tools left behind."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = _node({"kernelspec": _KERNEL, "language_info": _LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.cells = [cell for cell in notebook.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    taken: set[str] = set()
    count = 0
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = cell.get("id") if cell.get("id") and cell.get("id") not in taken else f"cell-{number}"
        taken.add(cell.id)
        tags = cell.metadata.get("tags")
        cell.metadata = _node({"tags": tags} if tags else {})
        cell.source = cell.source.rstrip("\n")
        if cell.cell_type == "code":
            count += bool(cell.source.strip())
            cell.execution_count = count if cell.source.strip() else None
            cell.outputs = _tidy_outputs(cell.outputs, cell.execution_count)
    return notebook


def keep(stored: NotebookNode, fresh: NotebookNode) -> NotebookNode:
    """Return the fresh notebook, with the stored output in place of each fresh one that looks the same."""
    before = {cell.id: cell for cell in stored.cells if cell.cell_type == "code"}
    for cell in fresh.cells:
        old = before.get(cell.id)
        if cell.cell_type == "code" and old is not None:
            pairs = zip(cell.outputs, old.outputs, strict=False)
            same = [kept if _same(new, kept) else new for new, kept in pairs]
            cell.outputs = same + cell.outputs[len(same) :]
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count
    return fresh


def alike(one: bytes, other: bytes) -> bool:
    """Return whether two picture files look the same: of one size, and no further apart than processors make them."""
    first, second = (Image.open(io.BytesIO(data)).convert("RGB") for data in (one, other))
    if first.size != second.size:
        return False
    red, green, blue = ImageChops.difference(first, second).split()
    counts = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    total = sum(counts)
    mean = sum(level * count for level, count in enumerate(counts)) / total
    return mean <= MEAN_LEVELS and sum(counts[FAR_LEVELS + 1 :]) <= FAR_SHARE * total


def pictures(output: NotebookNode) -> list[bytes]:
    """Return the picture files inside one output, in order."""
    data = output.get("data", {})
    found = [code for code in PICTURE.findall("".join(data.get("text/html", "")))]
    found += [data[kind] for kind in sorted(data) if kind.startswith("image/") and kind != "image/svg+xml"]
    return [base64.b64decode(code) for code in found]


def complaints(notebook: NotebookNode) -> Iterator[str]:
    """Yield what is wrong with a notebook that ran: errors, pictures too large or without alt text, a large file."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"{cell.id}: an error that the cell does not catch, {output.ename}: {output.evalue}"
            if output.get("name") == "stderr":
                yield f"{cell.id}: a message on standard error: {output.text.strip().splitlines()[-1]}"
            if any(kind.startswith("image/") for kind in output.get("data", {})):
                yield f"{cell.id}: a picture that has no place for alt text; show it with helpers.show"
            if NO_ALT.search(output.get("data", {}).get("text/html", "")):
                yield f"{cell.id}: a picture without alt text"
            for data in pictures(output):
                size = Image.open(io.BytesIO(data)).size
                if len(data) > MAX_PICTURE or max(size) > MOST_SIDE:
                    yield f"{cell.id}: a picture of {size[0]} x {size[1]} pixels and {len(data):,} bytes"
    length = len(written(notebook).encode())
    if length > MAX_NOTEBOOK:
        yield f"the file would have {length:,} bytes, more than {MAX_NOTEBOOK:,}"


def read(text: str) -> NotebookNode:
    """Return the notebook in a file's text."""
    return nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]


def written(notebook: NotebookNode) -> str:
    """Return the text of a notebook's file."""
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def _update(lesson: Path, only_check: bool) -> int:
    before = lesson.read_text(encoding="utf-8")
    name = lesson.relative_to(LESSONS).as_posix() if lesson.is_relative_to(LESSONS) else lesson.name
    try:
        notebook = refreshed(read(before), lesson.parent)
    except CellExecutionError as error:
        print(f"{name}: failed\n{error}")
        return 1
    wrong = list(complaints(notebook))
    for complaint in wrong:
        print(f"{name}: {complaint}")
    after = written(notebook)
    if after == before:
        print(f"{name}: unchanged")
        return 1 if wrong else 0
    if only_check:
        print(f"{name}: would change")
        return 1
    lesson.write_text(after, encoding="utf-8", newline="\n")
    print(f"{name}: stored")
    return 1 if wrong else 0


def _tidy_outputs(outputs: list[NotebookNode], count: int | None) -> list[NotebookNode]:
    """Return the outputs with neighbouring texts of one stream joined, and without what only a live display needs.

    A widget's view is a random id of something in the kernel: stored, it would show an error. Its text form stays.
    """
    tidied: list[NotebookNode] = []
    for output in outputs:
        output.pop("transient", None)
        output.get("data", {}).pop(WIDGET, None)
        if output.output_type == "stream" and tidied and tidied[-1].get("name") == output.name:
            tidied[-1].text += output.text
            continue
        if output.output_type == "execute_result":
            output.execution_count = count
        tidied.append(output)
    return tidied


def _node(content: dict[str, Any]) -> NotebookNode:
    return nbformat.from_dict(content)  # type: ignore[no-untyped-call]


def _same(new: NotebookNode, old: NotebookNode) -> bool:
    """Return whether two outputs show the same: equal texts and alike pictures, whatever was measured."""
    if _texts(new) != _texts(old):
        return False
    news, olds = pictures(new), pictures(old)
    return len(news) == len(olds) and all(map(alike, news, olds))


def _texts(output: NotebookNode) -> dict[str, Any]:
    """Return an output without its pictures, its measured numbers and its execution count."""
    texts: dict[str, Any] = {key: value for key, value in output.items() if key not in ("execution_count", "data")}
    for kind, value in output.get("data", {}).items():
        if isinstance(value, str):
            value = MEASURED.sub("", PICTURE.sub("", "picture" if kind.startswith("image/") else value))
        texts[kind] = value
    return texts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
