"""Makes setup/'s own modules importable, and gives each test a small workshop folder of its own."""

from pathlib import Path

import pytest
from workshop.place import Place

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root() -> Path:
    """The real workshop's folder."""
    return ROOT


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder with the files that make a workshop, in a path with a space and Chinese characters."""
    folder = tmp_path / "图像 工作坊"
    for name, text in {
        "requirements.txt": "boto3==1\n",
        "setup/requirements-test.txt": "mypy==1\n",
        "setup/requirements-install.txt": "pip==1\nuv==1\n",
        "setup/jupyterlab.json": "{}\n",
        "pyproject.toml": '[project]\nname = "bedrock-image-workshop"\nversion = "1.0"\n',
        "helpers/__init__.py": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Place(folder)
