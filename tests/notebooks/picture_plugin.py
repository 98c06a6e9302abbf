"""Loaded into nbval's own pytest run: after each cell, compares its pictures with the stored ones by how they look."""

from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Generator[None, Any, Any]:
    result = yield
    if hasattr(item, "test_outputs"):  # a notebook's cell, with what it has just put out
        compare(item.cell.outputs, item.test_outputs)
    return result


def compare(stored: list[Any], fresh: list[Any]) -> None:
    """Raise AssertionError if the pictures of a cell's outputs do not look as they did."""
    from tools import notebooks

    before = [picture for output in stored for picture in notebooks.pictures(output)]
    after = [picture for output in fresh for picture in notebooks.pictures(output)]
    assert len(after) == len(before), f"{len(before)} pictures are stored, {len(after)} were made"
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        assert notebooks.alike(old, new), (
            f"picture {number} of this cell does not look as it is stored;"
            " if it should not, run: python setup/tools/notebooks.py"
        )
