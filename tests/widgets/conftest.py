"""A Bedrock for each test that asks for one, and a folder of its own for what is made."""

from pathlib import Path

import pytest

from tests.widgets.fake_bedrock import FakeBedrock


@pytest.fixture(autouse=True)
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that what a test makes goes into."""
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def bedrock() -> FakeBedrock:
    """A client that counts its calls and answers at once."""
    return FakeBedrock()
