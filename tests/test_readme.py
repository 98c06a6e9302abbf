"""What the first page promises holds, in both languages: its links lead somewhere, its code runs, its commands are there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "README.zh-CN.md")
ENGINE = f"{ROOT / 'tests' / 'studio' / 'fake_engine.py'}:create"
CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)\)")
COMMAND = re.compile(r"python3? (setup/\w+\.py|-m helpers\.\w+)")


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_every_link_leads_to_a_file(page: str) -> None:
    links = LINK.findall(text(page))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_its_code_runs_from_top_to_bottom(page: str, tmp_path: Path) -> None:
    code = "\n".join(CODE.findall(text(page)))
    assert "seed=10" in code
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    ours = {"WORKSHOP_STUDIO_ENGINE": ENGINE, "WORKSHOP_OUTPUTS": str(tmp_path / "outputs"), "PYTHONUTF8": "1"}
    for typed in (code, code.replace("seed=10", "seed=11").replace("seed=[1, 2, 3]", "seed=[1, 2, 3, 4]")):
        ran = subprocess.run(
            [sys.executable, "-c", typed],
            cwd=tmp_path,
            env={**kept, **ours, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert (tmp_path / "outputs" / "beach.html").stat().st_size > 10_000


def test_both_pages_have_the_same_code_but_for_comments_and_prompts() -> None:
    def bare(page: str) -> list[str]:
        code = re.sub(r"\s*#.*", "", "\n".join(CODE.findall(text(page))))
        return re.sub(r'text_to_image\("[^"]*"', "text_to_image(", code).split("\n")

    assert bare(PAGES[0]) == bare(PAGES[1])


def test_both_pages_name_the_same_commands_which_exist() -> None:
    english, chinese = (set(COMMAND.findall(text(page))) for page in PAGES)
    assert english == chinese
    for command in english:
        name = command.removeprefix("-m ").replace(".", "/")
        assert (ROOT / command).exists() or (ROOT / f"{name}.py").exists() or (ROOT / name / "__main__.py").exists()


def test_the_page_for_contributors_names_every_room_and_no_file_that_is_not_there() -> None:
    page = text("CONTRIBUTING.md")
    house = page[page.index("```") :].split("```")[1]
    rooms = {
        path.stem for path in (ROOT / "helpers").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - {"__init__"} == set(re.findall(r"^  (\w+)  ", house, re.MULTILINE))
    named = set(re.findall(r"(?:helpers|setup|tests|data|notebooks)/[\w./-]*\.(?:py|toml|json|csv|md|po)", page))
    assert len(named) > 15
    assert [name for name in named if "05_name" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_lesson_has_its_row(page: str) -> None:
    folder = "notebooks/zh-CN" if page == PAGES[1] else "notebooks"
    lessons = {f"{folder}/{path.name}" for path in (ROOT / folder).glob("*.ipynb")}
    assert lessons <= set(LINK.findall(text(page)))
