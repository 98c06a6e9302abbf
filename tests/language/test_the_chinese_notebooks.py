"""The Chinese notebooks: the same code as the English ones, run in Chinese, every text of theirs in the catalogue."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from nbformat import NotebookNode, v4
from tools import notebooks, translations
from tools.translating import catalogues, lessons
from tools.translating.code import Text

HAN = re.compile(r"[\u4e00-\u9fff]")
ALT = re.compile(r'<img[^>]*\balt="([^"]*)"')
EDITIONS = sorted(lessons.CHINESE.glob("*.ipynb"))


def english(edition: Path) -> NotebookNode:
    return lessons.read(lessons.LESSONS / edition.name)


def by_name(path: Path) -> str:
    return path.stem


def words_of(cell: NotebookNode) -> str:
    """What a cell shows, its pictures left out."""
    shown = [str(value) for output in cell.outputs for value in output.get("data", {}).values()]
    return notebooks.PICTURE.sub("", "\n".join(shown))


def test_every_lesson_has_a_chinese_edition() -> None:
    assert [edition.name for edition in EDITIONS] == sorted(path.name for path in lessons.LESSONS.glob("*.ipynb"))


@pytest.mark.parametrize("edition", EDITIONS, ids=by_name)
def test_its_code_cells_are_the_english_ones_byte_for_byte(edition: Path) -> None:
    ours, theirs = lessons.read(edition).cells, english(edition).cells
    assert [(cell.id, cell.cell_type, cell.metadata) for cell in ours] == [
        (cell.id, cell.cell_type, cell.metadata) for cell in theirs
    ]
    for our, their in zip(ours, theirs, strict=True):
        assert our.cell_type != "code" or our.source == their.source, our.id


@pytest.mark.parametrize("edition", EDITIONS, ids=by_name)
def test_it_ran_and_shows_as_many_pictures_as_the_english_one(edition: Path) -> None:
    ours, theirs = lessons.read(edition), english(edition)
    assert notebooks.written(notebooks.tidy(ours)) == edition.read_text("utf-8")
    assert list(notebooks.complaints(ours)) == []
    for our, their in zip(ours.cells, theirs.cells, strict=True):
        if our.cell_type == "code":
            counts = [[len(notebooks.pictures(output)) for output in cell.outputs] for cell in (our, their)]
            assert counts[0] == counts[1], f"{our.id}: run python setup/tools/notebooks.py zh-CN/{edition.name}"


@pytest.mark.parametrize("edition", EDITIONS, ids=by_name)
def test_its_pictures_are_described_in_chinese(edition: Path) -> None:
    for cell in lessons.read(edition).cells:
        if cell.cell_type == "code":
            assert all(HAN.search(alt) for alt in ALT.findall(words_of(cell))), cell.id


@pytest.mark.parametrize("edition", EDITIONS, ids=by_name)
def test_its_links_lead_somewhere(edition: Path) -> None:
    for cell in lessons.read(edition).cells:
        for target in re.findall(r"\]\(([^)#\s]+)", cell.source) if cell.cell_type == "markdown" else ():
            assert target.startswith("https://") or (edition.parent / target).exists(), target


# ---- the machinery --------------------------------------------------------------------------------------------------

PAGE = """# A title

One paragraph
in two lines.

| a | b |
|---|---|
| c | d |


- an item
- another

```python
x = 1

y = 2
```

<details>
<summary>A solution</summary>

```python
z = 3
```

Words.

</details>

The end, with [a lab](../labs/api/bedrock_api.py), [a lesson](01_text_to_image.ipynb) and [a page](https://a.b/c)."""


def notebook(*cells: NotebookNode) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return v4.new_notebook(cells=list(cells))  # type: ignore[no-untyped-call]


def code(source: str, **more: Any) -> NotebookNode:
    return v4.new_code_cell(source, **more)  # type: ignore[no-untyped-call]


def page(source: str) -> NotebookNode:
    return v4.new_markdown_cell(source)  # type: ignore[no-untyped-call]


def test_a_page_is_cut_at_blank_lines_and_put_together_again_without_loss() -> None:
    parts = lessons.blocks(PAGE)
    assert "".join(parts) == PAGE
    blocks = parts[::2]
    assert blocks[1] == "One paragraph\nin two lines."
    assert blocks[2].count("\n") == 2
    assert [block[:9] for block in blocks[3:6]] == ["- an item", "```python", "<details>"]
    assert blocks[5].endswith("</details>")
    assert len(blocks) == 7


def test_code_alone_wants_no_translation() -> None:
    assert not lessons.needs_translation("```python\nx = 1\n```")
    assert not lessons.needs_translation("`helpers.show`")
    assert lessons.needs_translation("Use `helpers.show`.")


def test_what_a_lesson_shows_is_found_in_its_code_and_what_it_draws_is_not() -> None:
    source = (
        'labels = ["as asked"] + [f"weight {w:.1f} of {count[0]}" for w in weights]\n'
        'helpers.strip([draw("a boat")], labels, title="A row")\n'
        'helpers.compare(a, b, labels=["before", "after" if x else style or "none"])\n'
        'helpers.show(made, alt=f"A picture of {prompt}.")\nprint("a word")\nprompt = "a beach"'
    )
    assert lessons.shown(source) == [
        "as asked", "weight {w} of {value3}", "A row", "before", "after", "none", "A picture of {prompt}.",
    ]  # fmt: skip


def test_the_edition_has_the_code_as_it_is_links_that_lead_there_and_outputs_of_the_same_code() -> None:
    source = notebook(page(PAGE), code("a = 1"), code("b = 2"))
    shown = v4.new_output("stream", name="stdout", text="1")  # type: ignore[no-untyped-call]
    before = notebook(page("x"), code("a = 1", outputs=[shown]), code("b = 1", outputs=[shown]))
    made = lessons.edition(source, {"# A title": "# 标题"}, before)
    assert made.cells[0].source.startswith("# 标题\n\nOne paragraph")
    assert "(../../labs/api/bedrock_api.py)" in made.cells[0].source
    assert "(01_text_to_image.ipynb)" in made.cells[0].source
    assert "(https://a.b/c)" in made.cells[0].source
    assert [cell.source for cell in made.cells[1:]] == ["a = 1", "b = 2"]
    assert [len(cell.outputs) for cell in made.cells[1:]] == [1, 0]


def test_one_changed_paragraph_makes_one_stale_text_and_a_new_one_one_that_is_missing(tmp_path: Path) -> None:
    first = [Text("Draw a boat on a calm lake.", "01, a"), Text("Words.", "01, a")]
    old = catalogues.merged(Catalog(), first, "x")
    for entry, chinese in zip(catalogues.entries(old), ("画一条船。", "话。"), strict=True):
        entry.string = chinese
    changed = [Text("Draw a boat on a calm blue lake.", "01, a"), Text("Words.", "01, a"), Text("123 new", "01, b")]
    new = catalogues.merged(old, changed, "x")
    assert catalogues.lacking(new) == [("stale", "Draw a boat on a calm blue lake."), ("missing", "123 new")]
    assert catalogues.translated(new) == {"Words.": "话。"}
    file = tmp_path / "x.po"
    file.write_bytes(catalogues.written(new))
    again = catalogues.merged(catalogues.read(file), changed, "x")
    assert catalogues.written(again) == catalogues.written(new)
    assert b'#| msgid "Draw a boat on a calm lake."' in catalogues.written(new)


def test_a_lesson_s_missing_text_is_named_with_its_lesson(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "zh-CN").mkdir()
    for path in (tmp_path / "07_new.ipynb", tmp_path / "zh-CN" / "07_new.ipynb"):
        path.write_text(notebooks.written(notebook(page("# New\n\nQuite new."))), encoding="utf-8")
    monkeypatch.setattr(lessons, "LESSONS", tmp_path)
    monkeypatch.setattr(lessons, "CHINESE", tmp_path / "zh-CN")
    monkeypatch.setattr(translations, "LESSONS", tmp_path / "zh-CN" / "lessons.po")
    found = [entry for entry in translations.lacking() if entry[0] != "messages"]
    assert found == [("07_new.ipynb", "missing", "# New"), ("07_new.ipynb", "missing", "Quite new.")]


def test_a_message_put_together_by_hand_is_refused_with_its_place() -> None:
    from tools.translating.code import in_source

    assert in_source('from helpers.language import tr\ntr("A " "b {c}.", c=1)', "helpers/x.py") == ["A b {c}."]
    assert in_source('tr("Not ours.")', "helpers/x.py") == []
    with pytest.raises(SyntaxError, match=r"helpers/x\.py, line 2"):
        in_source('from helpers.language import tr\ntr(f"A {b}.")', "helpers/x.py")
