"""The messages of the code: what its files pass to `tr` and its kin, and the schemas' descriptions of their fields."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HOME = Path(__file__).resolve().parents[3]
FILES = ("helpers/**/*.py", "setup/tools/locking.py", "setup/workshop/*.py")
# Functions, and which of their arguments are texts for the catalogue.
_LANGUAGE = ("helpers.language", "workshop.console")
_Keywords = dict[str, tuple[int, ...]]
_TABLES = ("LABELS",)  # dicts of all that a page shows, at the top of a file of helpers
_EVERYWHERE: _Keywords = {"tr": (0,), "mark": (0,)}
_IN_HELPERS: _Keywords = {"_Row": (3, 4), "Finding": (0, 1)}
_IN_SCHEMAS: _Keywords = {"_rule_error": (0,), "BrokenRule": (1,)}
_IN_SETUP: _Keywords = {"tell": (0,), "PreparationError": (0, 1), "KnownFailure": (2, 3), "StampCheck": (1,)}


class Text(NamedTuple):
    """A text to translate, and its place: a file, or a cell of a notebook."""

    text: str
    place: str


def messages(home: Path = HOME) -> Iterator[Text]:
    """Yield every message of helpers and setup, in the order of files and lines, then the schemas' descriptions."""
    for pattern in FILES:
        for path in sorted(home.glob(pattern)):
            place = path.relative_to(home).as_posix()
            yield from (Text(text, place) for text in in_source(path.read_text("utf-8"), place))
    yield from descriptions()


def in_source(source: str, place: str) -> list[str]:
    """Return the texts that a file passes to the functions of the catalogue, in order.

    Raises SyntaxError where one is not a constant (an f-string, a sum).
    """
    tree = ast.parse(source)
    keywords = _keywords(place, _taken_from_language(tree) | _given_as_argument(tree))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    found = []
    for call in calls:
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        for index in keywords.get(name, ()):
            if index < len(call.args):
                found += _constants(call.args[index], place, name in _EVERYWHERE)
    return found + (_in_tables(tree, place) if place.startswith("helpers/") else [])


def descriptions() -> Iterator[Text]:
    """Yield the schemas' descriptions of their fields, with today's limits, and without the lists of choices."""
    from pydantic import BaseModel

    from helpers.schemas import FAMILIES, TextPrompt
    from helpers.schemas.fields import TASK_NAMES

    schemas: list[type[BaseModel]] = [TextPrompt, *(family.request for family in FAMILIES.values())]
    for schema in schemas:
        for field in schema.model_fields.values():
            if field.description and not field.description.startswith("one of "):
                yield Text(field.description, f"helpers/schemas, {schema.__name__}")
    yield from (Text(name, "helpers/schemas, names of tasks") for name in TASK_NAMES.values())


def _in_tables(tree: ast.Module, place: str) -> list[str]:
    """Return the texts of the tables that are translated when they are used."""
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(target, "id", "") in _TABLES for target in targets):
                found += [text for value in node.value.values for text in _constants(value, place, True)]
    return found


def _taken_from_language(tree: ast.Module) -> set[str]:
    """Return the names that a file imports from helpers.language; another function may be called mark too."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in imports if node.module in _LANGUAGE for alias in node.names}


def _given_as_argument(tree: ast.Module) -> set[str]:
    """Return the functions of the catalogue that a file's own functions take, where one sentence has two languages."""
    arguments = {
        arg.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) for arg in (*node.args, *node.kwonlyargs)
    }
    return arguments & _EVERYWHERE.keys()


def _keywords(place: str, taken: set[str]) -> _Keywords:
    everywhere = {name: places for name, places in _EVERYWHERE.items() if name in taken}
    if place.startswith("helpers/schemas/"):
        return everywhere | _IN_SCHEMAS
    return everywhere | (_IN_SETUP if place.startswith("setup/") else _IN_HELPERS)


def _constants(node: ast.expr, place: str, strict: bool) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value else []
    if isinstance(node, ast.IfExp):
        return [*_constants(node.body, place, strict), *_constants(node.orelse, place, strict)]
    if isinstance(node, (ast.JoinedStr, ast.BinOp)) and strict:
        raise SyntaxError(f"{place}, line {node.lineno}: write the text as one constant with {{named}} places")
    return []
