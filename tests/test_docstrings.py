"""Docstrings say what a call does, in the form that numpy and httpx use, and names of the public face show a line of use."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import helpers

ROOT = Path(__file__).parents[1]
NO_VERB = re.compile(r"(The|An?|What|Whether|How|Where|Which|When|Who|Whose|Each|Every|All|One|Its|That|Those)\b")
THIRD_PERSON = re.compile(
    r"(Adds|Asks|Brings|Builds|Checks|Draws|Explains|Finds|Gives|Keeps|Lets|Makes|Opens|Puts|Raises|Reads|Returns|Reports|Runs|Saves|Says|Sends|Shows|Starts|Stops|Tells|Takes|Turns|Writes)\b"
)
MADE_BY_OTHERS = ("Body", "Generation", "LeakReport", "Recipe")  # shown by the call that returns them
USE = re.compile(r"^(\w+ = |print\()?(helpers|sweep|made|mask|effects|recipe)\.\w+", re.MULTILINE)
PROPERTY = ("property", "cached_property", "overload")


def functions(path: Path) -> Iterator[tuple[str, str]]:
    """Each documented function and method of a file that is no property: where it stands, and its docstring."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (said := ast.get_docstring(node)):
            marks = {getattr(mark, "id", getattr(mark, "attr", "")) for mark in node.decorator_list}
            if not marks & set(PROPERTY):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}", said


def test_a_functions_docstring_begins_with_what_it_does() -> None:
    files = [path for folder in ("helpers", "setup") for path in (ROOT / folder).rglob("*.py")]
    found = [(place, said) for path in files for place, said in functions(path)]
    assert len(found) > 500
    assert [place for place, said in found if NO_VERB.match(said) or THIRD_PERSON.match(said)] == []


def test_a_module_is_named_and_not_narrated() -> None:
    narrated = [
        path.relative_to(ROOT).as_posix()
        for folder in ("helpers", "setup/workshop")
        for path in (ROOT / folder).rglob("*.py")
        if THIRD_PERSON.match((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").removeprefix("Checks of"))
    ]
    assert narrated == []


@pytest.mark.parametrize("name", sorted(set(helpers.__all__) - {"errors", "models"}))
def test_a_public_name_shows_a_line_of_use_before_anything_else(name: str) -> None:
    said = inspect.getdoc(getattr(helpers, name)) or ""
    summary, example, *_ = said.split("\n\n")
    assert "\n" not in summary, "one line that says what it does"
    assert example.startswith("    "), "then one line or more of use, indented"
    ast.parse(textwrap.dedent(example))
    assert re.search(rf"\b{name}\b", example) or name in MADE_BY_OTHERS


def test_lines_of_use_are_indented_so_that_help_shows_them_as_code() -> None:
    flat = []
    for name in sorted(helpers.__all__):
        shown = getattr(helpers, name)
        members = inspect.getmembers(shown) if inspect.isclass(shown) or inspect.ismodule(shown) else []
        for member, value in [(name, shown), *members]:
            told = inspect.getdoc(value) if not member.startswith("_") else None
            if told and str(getattr(value, "__module__", "helpers")).startswith("helpers") and USE.search(told):
                flat.append(f"{name}.{member}")
    assert flat == []
