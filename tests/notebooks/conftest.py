"""Where the lessons are, and the command that keeps them (setup/notebooks.py), for the tests in this folder."""

import os
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME / "setup"))

LESSONS = sorted((HOME / "notebooks").rglob("*.ipynb"))
LESSONS = [path for path in LESSONS if ".ipynb_checkpoints" not in path.parts]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `lesson` runs once for each notebook."""
    if "lesson" in metafunc.fixturenames:
        names = [path.relative_to(HOME / "notebooks").with_suffix("").as_posix() for path in LESSONS]
        metafunc.parametrize("lesson", LESSONS, ids=names)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a notebook run gets: an empty folder of its own for what it makes, and no studio of somebody else's."""
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "WORKSHOP_STUDIO"}
    paths = [str(HOME), str(HOME / "setup"), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return kept | {
        "WORKSHOP_OUTPUTS": str(outputs),
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONIOENCODING": "utf-8",
    }
