"""setup/tools/notebooks.py: what it takes out of a notebook, what it leaves as it was, and that a second run changes nothing."""

import base64
import io
from pathlib import Path
from typing import Any, cast

import nbformat
import pytest
from nbformat import NotebookNode, v4
from PIL import Image, ImageDraw, ImageFilter
from tools import notebooks

SHOW = """\
from PIL import Image, ImageDraw
from helpers import display
picture = Image.radial_gradient("L").resize((320, 320)).convert("RGB")
ImageDraw.Draw(picture).ellipse((40, 40, 200, 200), fill="#f8d850")
display.show(picture, alt="A disc")"""
TIMED = """\
import os, time
from types import SimpleNamespace
made = [SimpleNamespace(image=picture, seconds=time.perf_counter()) for _ in range(2)]
display.strip(made, ["a", "b"], seconds=True)
print(os.listdir(os.environ["WORKSHOP_OUTPUTS"]))"""


def notebook(*sources: str) -> NotebookNode:
    """A notebook with one markdown cell and these code cells, none of them run."""
    cells = [v4.new_markdown_cell("# Title")] + [v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    for number, cell in enumerate(cells):
        cell.id = f"own-{number}"
    return v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]


def jpeg(image: Image.Image, quality: int = 85) -> str:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return base64.b64encode(data.getvalue()).decode()


def html_output(image: Image.Image, alt: str = "A disc", seconds: str = "") -> NotebookNode:
    page = f'<figure><img src="data:image/jpeg;base64,{jpeg(image)}" alt="{alt}">{seconds}</figure>'
    return v4.new_output("display_data", data={"text/html": page, "text/plain": alt})  # type: ignore[no-untyped-call]


def disc(colour: str = "#f8d850", at: int = 40, boat: str = "") -> Image.Image:
    image = Image.new("RGB", (256, 256), "#3070c0")
    canvas = ImageDraw.Draw(image)
    canvas.ellipse((at, at, at + 100, at + 100), fill=colour)
    if boat:
        canvas.rectangle((180, 200, 191, 205), fill=boat)
    return image


def with_output(output: NotebookNode) -> NotebookNode:
    found = notebook("show()")
    found.cells[1].outputs = [output]
    return notebooks.tidy(found)


# ---- running --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disc_lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lessons") / "01_disc.ipynb"
    path.write_text(notebooks.written(notebook(SHOW, TIMED)), encoding="utf-8")
    return path


def test_a_second_run_changes_not_one_byte_even_where_seconds_are_shown(
    disc_lesson: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notebooks, "LESSONS", disc_lesson.parent)
    assert notebooks.main(["01"]) == 0
    first = disc_lesson.read_bytes()
    assert b"data:image/jpeg;base64," in first
    assert b"Seconds for each" in first
    assert notebooks.main([]) == 0
    assert disc_lesson.read_bytes() == first
    assert notebooks.main(["--check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "01_disc.ipynb: stored", "01_disc.ipynb: unchanged", "01_disc.ipynb: unchanged",
    ]  # fmt: skip
    assert "\\n[]\\n" not in first.decode()
    assert '"[]\\n"' in first.decode(), "the notebook had an empty folder for what it makes"


def test_a_check_stores_nothing_and_says_what_would_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "02_sum.ipynb"
    path.write_text(notebooks.written(notebook("1 + 1")), encoding="utf-8")
    before = path.read_bytes()
    monkeypatch.setattr(notebooks, "LESSONS", tmp_path)
    assert notebooks.main(["--check"]) == 1
    assert path.read_bytes() == before


def test_a_cell_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "03_bad.ipynb"
    path.write_text(notebooks.written(notebook("1 + 1", "1 / 0")), encoding="utf-8")
    before = path.read_bytes()
    monkeypatch.setattr(notebooks, "LESSONS", tmp_path)
    assert notebooks.main([]) == 1
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_a_name_that_no_notebook_has_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "LESSONS", tmp_path)
    assert notebooks.main(["99"]) == 1


# ---- tidying --------------------------------------------------------------------------------------------------------


def used() -> dict[str, Any]:
    """A notebook as JupyterLab and papermill leave it."""
    stream = {"output_type": "stream", "name": "stdout"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "my venv", "name": "venv-311", "language": "python"},
            "language_info": {"name": "python", "version": "3.11.7", "codemirror_mode": {"name": "ipython"}},
            "papermill": {"duration": 3.1},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
        },
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {"jp-MarkdownHeadingCollapsed": True}, "source": "x\n"},
            {
                "cell_type": "code",
                "id": "b",
                "execution_count": 17,
                "metadata": {"tags": ["parameters"], "execution": {"iopub.status.busy": "2026"}, "scrolled": True},
                "source": "print(1)",
                "outputs": [{**stream, "text": "1\n"}, {**stream, "text": "2\n"}],
            },
            {"cell_type": "code", "id": "c", "execution_count": 18, "metadata": {"tags": ["injected-parameters"]},
             "source": "seed = 7", "outputs": []},
            {"cell_type": "code", "id": "b", "execution_count": 19, "metadata": {}, "source": "3",
             "outputs": [{"output_type": "execute_result", "execution_count": 19, "metadata": {},
                          "data": {"text/plain": "3"}}]},
        ],
    }  # fmt: skip


def test_tidying_takes_out_what_is_no_part_of_the_lesson() -> None:
    tidied = notebooks.tidy(nbformat.from_dict(used()))  # type: ignore[no-untyped-call]
    assert dict(tidied.metadata.kernelspec) == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert set(tidied.metadata) == {"kernelspec", "language_info"}
    assert "version" not in tidied.metadata.language_info
    assert [dict(cell.metadata) for cell in tidied.cells] == [{}, {"tags": ["parameters"]}, {}]
    assert [cell.execution_count for cell in tidied.cells[1:]] == [1, 2]
    assert tidied.cells[2].outputs[0].execution_count == 2
    assert [output.text for output in tidied.cells[1].outputs] == ["1\n2\n"]
    assert "2026" not in notebooks.written(tidied)


def test_cell_ids_stay_and_a_doubled_one_gets_a_name_by_its_place() -> None:
    tidied = notebooks.tidy(nbformat.from_dict(used()))  # type: ignore[no-untyped-call]
    assert [cell.id for cell in tidied.cells] == ["a", "b", "cell-3"]


def test_tidying_twice_is_tidying_once() -> None:
    once = notebooks.tidy(nbformat.from_dict(used()))  # type: ignore[no-untyped-call]
    assert notebooks.written(notebooks.tidy(once)) == notebooks.written(once)
    assert notebooks.written(once).endswith("}\n")


def test_of_a_widget_its_words_are_stored_and_not_the_id_of_its_view() -> None:
    view = {"model_id": "0123456789abcdef0123456789abcdef", "version_major": 2, "version_minor": 0}
    data = {notebooks.WIDGET: view, "text/plain": "<MaskPainter 8 x 8, 0% may change>"}
    shown = v4.new_output("execute_result", data=data, execution_count=1)  # type: ignore[no-untyped-call]
    (output,) = with_output(shown).cells[1].outputs
    assert dict(output.data) == {"text/plain": "<MaskPainter 8 x 8, 0% may change>"}


# ---- keeping stored pictures ----------------------------------------------------------------------------------------


def test_a_picture_that_differs_as_processors_do_stays_as_it_is_stored() -> None:
    nearly, plain = disc(), cast(Any, disc().load())
    for x in range(0, 256, 8):
        for y in range(0, 256, 8):  # one pixel in 64, by a few levels
            r, g, b = plain[x, y]
            nearly.putpixel((x, y), (r, g - 3, b))
    stored, fresh = with_output(html_output(disc())), with_output(html_output(nearly))
    assert notebooks.written(fresh) != notebooks.written(stored)
    assert notebooks.written(notebooks.keep(stored, fresh)) == notebooks.written(stored)


@pytest.mark.parametrize(
    "other",
    [disc("#f8d8ff"), disc(at=60), disc(boat="#804020"), disc().filter(ImageFilter.GaussianBlur(3)), disc().resize((255, 256)),
     disc().point(lambda level: level + 4 if level < 250 else level)],
    ids=["colour", "place", "a small boat", "blur", "size", "lighter"],
)  # fmt: skip
def test_a_picture_that_looks_different_is_stored_anew(other: Image.Image) -> None:
    stored, fresh = with_output(html_output(disc())), with_output(html_output(other))
    kept = notebooks.keep(stored, fresh)
    assert notebooks.pictures(kept.cells[1].outputs[0]) == notebooks.pictures(html_output(other))


def test_new_words_beside_the_same_picture_are_stored_with_it() -> None:
    stored, fresh = with_output(html_output(disc())), with_output(html_output(disc(), alt="A sun"))
    assert 'alt="A sun"' in notebooks.written(notebooks.keep(stored, fresh)).replace("\\", "")


def test_seconds_alone_are_no_reason_to_store_anew() -> None:
    old, new = (html_output(disc(), seconds=f'<span class="measured">{number}</span>') for number in (1, 2))
    assert notebooks.written(notebooks.keep(with_output(old), with_output(new))) == notebooks.written(with_output(old))


def test_an_output_that_is_gone_does_not_come_back() -> None:
    stored, fresh = with_output(html_output(disc())), notebooks.tidy(notebook("show()"))
    assert notebooks.keep(stored, fresh).cells[1].outputs == []


# ---- complaints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        (html_output(disc(), alt=""), "a picture without alt text"),
        (html_output(Image.new("RGB", (1400, 20))), "a picture of 1400 x 20 pixels"),
        (html_output(Image.effect_noise((900, 900), 150).convert("RGB")), "a picture of 900 x 900 pixels"),
        (v4.new_output("display_data", data={"image/png": jpeg(disc())}), "no place for alt text"),  # type: ignore[no-untyped-call]
        (v4.new_output("stream", name="stderr", text="a.py:3: UserWarning: no\n"), "a message on standard error"),  # type: ignore[no-untyped-call]
        (v4.new_output("error", ename="ValueError", evalue="no", traceback=[]), "ValueError: no"),  # type: ignore[no-untyped-call]
        (html_output(disc()), ""),
    ],
)  # fmt: skip
def test_what_a_reader_should_not_meet_is_complained_of(output: NotebookNode, complaint: str) -> None:
    found = list(notebooks.complaints(with_output(output)))
    assert len(found) == bool(complaint)
    assert complaint in "".join(found)


def test_a_notebook_too_large_is_complained_of() -> None:
    assert "more than 1,500,000" in "".join(notebooks.complaints(notebook("#" * 1_500_001)))
