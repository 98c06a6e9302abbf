"""Where the lessons are, and the command that keeps them (setup/tools/notebooks.py), for the tests in this folder."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.studio.workers.pools import ENGINE_VARIABLE
from tests.notebooks.keeping_engine import KEPT

HOME = Path(__file__).resolve().parents[2]

EDITIONS = sorted((HOME / "notebooks").rglob("*.ipynb"))
EDITIONS = [path for path in EDITIONS if ".ipynb_checkpoints" not in path.parts]
LESSONS = [
    path for path in EDITIONS if "zh-CN" not in path.parts
]  # tests/language holds the Chinese ones against these


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `lesson` runs once for each English notebook, one for `edition` for the Chinese ones too."""
    for name, paths in {"lesson": LESSONS, "edition": EDITIONS}.items():
        if name in metafunc.fixturenames:
            ids = [path.relative_to(HOME / "notebooks").with_suffix("").as_posix() for path in paths]
            metafunc.parametrize(name, paths, ids=ids)


@pytest.fixture(scope="session")
def environment_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, str]]:
    """Gives what a notebook run gets: an empty folder for what it makes, no studio of somebody else's, and one whose
    engine draws each picture once for all runs."""
    pictures = tmp_path_factory.mktemp("pictures")

    def made(folder: Path) -> dict[str, str]:
        outputs = folder / "outputs"
        outputs.mkdir()
        kept = {name: value for name, value in os.environ.items() if name != "WORKSHOP_STUDIO"}
        paths = [str(HOME), str(HOME / "setup"), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        return kept | {
            "WORKSHOP_OUTPUTS": str(outputs),
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "PYTHONIOENCODING": "utf-8",
            ENGINE_VARIABLE: f"{Path(__file__).parent / 'keeping_engine.py'}:create",
            KEPT: str(pictures),
        }

    return made


@pytest.fixture
def environment(environment_in: Callable[[Path], dict[str, str]], tmp_path: Path) -> dict[str, str]:
    """That of a run in this test's own folder."""
    return environment_in(tmp_path)
