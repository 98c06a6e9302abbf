"""The browser tests themselves: skipped with a sentence where there is no Chromium, failed in CI, and off every network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error

from tests.browser import chromium as chromiums

ROOT = Path(__file__).resolve().parents[2]
BROWSER_TEST = "def test_it(open_notebook):\n    open_notebook(['1 + 1'])\n"


def tried_without_chromium(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What pytest says to one test that wants a browser, in an environment that has none."""
    (folder / "conftest.py").write_text("from tests.browser.conftest import *\n", "utf-8")
    (folder / "test_it.py").write_text(BROWSER_TEST, "utf-8")
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    nowhere = {chromiums.VARIABLE: str(folder / "no-chromium"), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rsE",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:nbval",
        "--rootdir",
        str(folder),
    ]
    return subprocess.run(
        [*command, str(folder)], cwd=folder, env=kept | nowhere | environment, capture_output=True, text=True
    )


def test_without_a_chromium_a_test_is_skipped_with_a_sentence(tmp_path: Path) -> None:
    told = tried_without_chromium(tmp_path)
    assert told.returncode == 0, told.stdout
    assert "1 skipped" in told.stdout
    assert "No Chromium was found" in told.stdout


def test_in_ci_a_missing_chromium_is_a_failure(tmp_path: Path) -> None:
    told = tried_without_chromium(tmp_path, CI="true")
    assert told.returncode == 1, told.stdout
    assert "1 error" in told.stdout
    assert "No Chromium was found" in told.stdout


def test_a_chromium_that_is_named_goes_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chromiums.VARIABLE, sys.executable)
    assert chromiums.find() == sys.executable


@pytest.mark.parametrize(
    "url", ["https://example.com/a.js", "http://10.0.0.1/", "wss://example.com/", "http://127.0.0.1.example.com/"]
)
def test_a_request_to_another_machine_is_told_from(url: str) -> None:
    assert not chromiums.is_local(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8888/lab", "ws://localhost:1/x", "data:text/plain,x", "blob:http://127.0.0.1/x"]
)
def test_a_request_that_stays_here(url: str) -> None:
    assert chromiums.is_local(url)


@pytest.mark.parametrize("url", ["http://10.255.255.1/", "https://example.com/"])
def test_the_browser_reaches_no_other_machine(chromium: BrowserContext, url: str) -> None:
    page = chromium.new_page()
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(url)
    page.close()
