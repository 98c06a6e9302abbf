"""`import helpers` is a table of contents: quick to open, and every name in it leads somewhere."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import helpers
from helpers import errors

CONTRACT = [
    "connect",
    "text_to_image",
    "image_to_image",
    "inpaint",
    "outpaint",
    "invoke",
    "show",
    "strip",
    "grid",
    "compare",
    "Mask",
    "LeakReport",
    "Generation",
    "fit",
    "models",
    "Sweep",
    "axis",
    "swap",
    "together",
    "recipe",
    "MaskPainter",
    "playground",
    "explorer",
]


def test_opening_the_library_imports_nothing_heavy() -> None:
    code = (
        "import sys, helpers; print([m for m in ('numpy','PIL','boto3','pydantic','matplotlib') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("name", CONTRACT)
def test_every_name_that_lessons_use_is_there(name: str) -> None:
    assert getattr(helpers, name) is not None
    assert name in dir(helpers)


def test_every_listed_name_can_be_imported() -> None:
    assert [name for name in helpers.__all__ if not hasattr(helpers, name)] == []


def test_type_checkers_and_python_see_the_same_names() -> None:
    tree = ast.parse(Path(helpers.__file__).read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == {*helpers._MODULE_OF, *helpers._ROOMS, *helpers.errors.__all__}


def test_every_error_is_listed_where_errors_live_and_can_be_imported_from_both_places() -> None:
    defined = {name for name, value in vars(errors).items() if getattr(value, "__module__", "") == "helpers.errors"}
    classes = {name for name in defined if inspect.isclass(getattr(errors, name)) and not name.startswith("_")}
    assert classes == set(errors.__all__)
    assert all(getattr(helpers, name) is getattr(errors, name) for name in classes)
    assert not classes & set(dir(helpers))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'dream'"):
        helpers.dream  # noqa: B018
