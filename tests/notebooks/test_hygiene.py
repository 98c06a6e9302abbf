"""What every notebook is like on the page: how it opens and ends, its cells, its pictures, and what it must not hold."""

import html.parser
import re
from pathlib import Path

import papermill  # type: ignore[import-untyped]
import pytest
from nbformat import NotebookNode
from tools import notebooks

OPENING = ("**What you will do**", "**What you will learn**", "**What you need**", "**Time**")
MAX_LINES = 15  # of a code cell
KNOWN_TAGS = {"parameters"}
OWN_PARAMETERS = {"04_parameter_sweeps": ["sweep_prompt", "sweep_axes", "sweep_swap"]}
IGNORED = re.compile(r"NBVAL_|nbval-|raises-exception")
IMAGE = re.compile(r"!\[([^\]]*)\]\(|<img\b[^>]*>")
UNSTABLE = {
    "a hash": re.compile(r"\b[0-9a-f]{32,}\b"),
    "base64 beyond a PNG's stable beginning": re.compile(r"[A-Za-z0-9+/]{45,}"),
    "a port": re.compile(r"(127\.0\.0\.1|localhost):\d+"),
    "a time of day": re.compile(r"\b\d{1,2}:\d{2}:\d{2}\b"),
    "the seconds that something took": re.compile(r"\b\d+\.\d+ ?(s|ms|seconds)\b"),
    "the size of a file": re.compile(r"\b\d[\d,.]* ?(bytes|[kKM]i?B)\b"),
    "a path of one machine": re.compile(r"(/tmp/|/home/|/root/|/Users/|[A-Z]:\\|site-packages|ipykernel_)"),
    "a request id": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    "an address in memory": re.compile(r"\b0x[0-9a-f]{6,}\b"),
}


class Page(html.parser.HTMLParser):
    """The alt texts of a piece of HTML, None where an image has none."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.alts: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.alts.append(dict(attrs).get("alt"))


@pytest.fixture
def notebook(lesson: Path) -> NotebookNode:
    return notebooks.read(lesson.read_text(encoding="utf-8"))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_it_opens_with_what_you_will_do_learn_and_need_and_how_long_it_takes(notebook: NotebookNode) -> None:
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    places = [first.source.find(part) for part in OPENING]
    assert -1 not in places
    assert places == sorted(places)
    assert re.search(r"\*\*Time\*\*\D*\d+ minutes", first.source)


def test_it_ends_with_two_tasks_whose_solutions_are_folded_away(notebook: NotebookNode) -> None:
    page = "\n\n".join(cell.source for cell in texts(notebook))
    head, _, tasks = page.rpartition("\n## Now you\n")
    assert head, "there is no part called Now you"
    assert len(re.findall(r"^### ", tasks, re.MULTILINE)) == 2
    assert tasks.count("<details>") == tasks.count("</details>") == tasks.count("<summary>") == 2
    assert tasks.count("```python") >= 2
    assert "<details>" not in head
    assert "## " not in re.sub(r"^### .*$", "", tasks, flags=re.MULTILINE), "Now you is not the last part"


def test_its_parameters_begin_with_the_four_that_runners_set(lesson: Path, notebook: NotebookNode) -> None:
    tagged = [cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    found = papermill.inspect_notebook(str(lesson))
    defaults = {name: one["default"] for name, one in found.items()}
    first, more = list(defaults)[:4], list(defaults)[4:]
    assert first == ["backend", "width", "height", "seed"]
    assert more == OWN_PARAMETERS.get(lesson.stem, [])
    assert defaults["backend"] == '"studio"'
    assert int(defaults["seed"]) > 0, "seed 0 is random: no second run would show the same pictures"


def test_a_code_cell_has_at_most_fifteen_lines(notebook: NotebookNode) -> None:
    assert [cell.id for cell in code_cells(notebook) if len(cell.source.splitlines()) > MAX_LINES] == []


def test_a_text_stands_before_every_code_cell(notebook: NotebookNode) -> None:
    pairs = zip(notebook.cells, notebook.cells[1:], strict=False)
    assert [b.id for a, b in pairs if a.cell_type == b.cell_type == "code"] == []


def test_it_really_ran_from_top_to_bottom(notebook: NotebookNode) -> None:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert sum(len(notebooks.pictures(output)) for output in outputs(notebook)) > 0
    silent = [cell.id for cell in code_cells(notebook) if not cell.outputs and "(" in cell.source.split("\n")[-1]]
    assert all(
        re.match(r"(import|from|def|    |bedrock =|\w+( \w+)* = |\w+\[)", last_line(notebook, name)) for name in silent
    ), f"cells that should show something and do not: {silent}"


def last_line(notebook: NotebookNode, name: str) -> str:
    return next(cell.source.splitlines()[-1] for cell in notebook.cells if cell.id == name)


def test_it_is_stored_as_the_command_stores_it(lesson: Path, notebook: NotebookNode) -> None:
    assert notebooks.written(notebooks.tidy(notebook)) == lesson.read_text(encoding="utf-8")
    assert list(notebooks.complaints(notebook)) == []


def test_every_picture_has_a_text_alternative_of_its_own(notebook: NotebookNode) -> None:
    alts = [
        alt for output in outputs(notebook) for alt in Page("".join(output.get("data", {}).get("text/html", ""))).alts
    ]
    assert all(alt and len(alt) > 15 and not alt.startswith("Picture of ") for alt in alts)
    for cell in texts(notebook):
        assert all(alt for alt in Page(cell.source).alts)
        assert all(match.group(1) != "" for match in IMAGE.finditer(cell.source))


def test_nothing_is_kept_from_comparison(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        assert set(cell.metadata.get("tags", [])) <= KNOWN_TAGS
        assert not IGNORED.search(cell.source)


@pytest.mark.parametrize("what", UNSTABLE)
def test_no_compared_output_holds_what_changes_from_run_to_run(notebook: NotebookNode, what: str) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            words = [output.get("text", ""), *(str(value) for value in output.get("data", {}).values())]
            compared = notebooks.MEASURED.sub("", notebooks.PICTURE.sub("", "\n".join(words)))
            assert not UNSTABLE[what].search(compared), f"{cell.id}: {what}"


def test_it_uses_public_names_only_and_no_model_id(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        assert not re.search(r"\b(helpers|display|images|client)\._|from helpers\.\w+ import _", cell.source), cell.id
        assert not re.search(r"\b(stability|amazon)\.[a-z0-9-]+-v\d", cell.source), cell.id


def test_no_text_says_that_the_retired_model_runs_on_aws(notebook: NotebookNode) -> None:
    for cell in texts(notebook):
        for sentence in re.split(r"(?<=[.!?|])\s", cell.source):
            assert not re.search(
                r"SDXL[^.|]*\b(runs|works|is available|lives|can be called) (on|in) (AWS|Amazon)", sentence
            )


def test_its_links_to_files_lead_somewhere(lesson: Path, notebook: NotebookNode) -> None:
    for cell in texts(notebook):
        for target in re.findall(r"\]\(([^)#\s]+)", cell.source):
            assert target.startswith("https://") or (lesson.parent / target).exists(), target


def test_what_it_names_of_helpers_is_there(notebook: NotebookNode) -> None:
    import helpers

    code = "\n".join(cell.source for cell in code_cells(notebook))
    own = re.findall(r"^(?:class|from \S+ import) (\w+Error)\b", code, re.MULTILINE)
    for cell in notebook.cells:
        for path in re.findall(r"(?<!-m )\bhelpers((?:\.[a-z_]+)+)", cell.source, re.IGNORECASE):
            found: object = helpers
            for name in path[1:].split("."):
                assert hasattr(found, name), f"helpers{path}"
                found = getattr(found, name)
        for name in re.findall(r"`([A-Z]\w+Error)`", cell.source):
            assert hasattr(helpers, name) or name in own, name
