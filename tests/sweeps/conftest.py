"""An endpoint for each test that asks for one, and waits that no test would sit through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.sweeps.run import pacing, runner
from tests.sweeps.fake_bedrock import FakeBedrock


@pytest.fixture
def fake() -> Iterator[FakeBedrock]:
    """An endpoint that draws whatever it is asked for."""
    server = FakeBedrock()
    yield server
    server.close()


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test waits as long as a person would, and what is made goes into its own folder."""
    monkeypatch.setattr(runner, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(pacing, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(pacing, "MAX_PAUSE", 0.05)
    monkeypatch.setattr(pacing, "MIN_PACE", 100.0)
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path))
