"""In a notebook an error shows the reader's own lines and its sentences, and nothing of the library's insides."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import helpers

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Runs cells one after another, and gives what the last of them shows, without colours."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))

    def cells(*sources: str) -> str:
        for source in ("import helpers", *sources):
            capsys.readouterr()
            shell.run_cell(source, store_history=True)
        return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)

    yield cells
    InteractiveShell.clear_instance()


def test_the_line_of_the_cell_and_the_sentences_are_all_there_is(run: Run) -> None:
    shown = run("prompt = 'a beach'\n\nhelpers.text_to_image(prompt, cfg_scale=99)")
    assert "helpers.text_to_image(prompt, cfg_scale=99)" in shown
    assert "Cell In[2], line 3" in shown
    assert shown.rstrip().endswith("cfg_scale must be a number from 0 to 35, not 99. Mend cfg_scale and try again.")
    assert not re.search(r"bodies\.py|_finished", shown)


def test_a_function_of_the_reader_s_own_is_shown_with_the_cell_that_called_it(run: Run) -> None:
    shown = run("def draw(scale):\n    return helpers.text_to_image('a beach', cfg_scale=scale)", "draw(99)")
    assert re.search(r"Cell In\[3\], line 1\n-+> 1 draw\(99\)", shown)
    assert re.search(r"Cell In\[2\], in draw, line 2\n.*\n-+> 2 +return helpers.text_to_image", shown)


def test_the_error_beneath_is_left_out_and_a_file_of_the_reader_s_is_named(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text("import helpers\n\nhelpers.to_image('none.png')\n", encoding="utf-8")
    shown = run(f"import runpy\nrunpy.run_path({str(script)!r})")
    assert re.search(r"mine\.py, line 3\n.*\n.*\n-+> 3 helpers\.to_image\('none\.png'\)", shown)
    assert "There is no file none.png." in shown
    assert "FileNotFoundError" not in shown
    assert "runpy>" not in shown
    assert "runpy.py" not in shown


def test_an_error_that_was_never_raised_can_be_shown() -> None:
    assert helpers.BodyError("It fell.", "It was loose.")._render_traceback_()[-1].endswith("It fell. It was loose.")
