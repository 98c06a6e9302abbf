"""A Chromium, a JupyterLab and a Notebook 7 for tests that use widgets as a person would, with no network but loopback.

`open_notebook(cells)` gives a notebook of these code cells on a page of its own (tests/browser/pages.py). The servers
start once, when the first test asks. The browser starts once a test file: while it runs, Playwright's event loop does,
and no other test of the session could start one.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.browser import chromium as chromiums
from tests.browser.jupyter import Server, serve
from tests.browser.pages import PATIENCE, Notebook, Theme


class OpenNotebook(Protocol):
    """Open a notebook of code cells, in JupyterLab unless another server is given, and wait for its kernel."""

    def __call__(
        self,
        cells: list[str],
        theme: Theme = "light",
        server: Server | None = None,
        viewport: tuple[int, int] = (1280, 1000),
    ) -> Notebook: ...


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab in an empty folder."""
    with serve("jupyterlab", tmp_path_factory.mktemp("jupyterlab")) as server:
        yield server


@pytest.fixture(scope="session")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Jupyter Notebook 7 in an empty folder."""
    with serve("notebook", tmp_path_factory.mktemp("notebook7")) as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserContext]:
    """The browser's window; its pages share a cache. Without one the test is skipped, and fails where CI is set."""
    program = chromiums.find()
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromiums.ABSENT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromiums.ARGUMENTS, timeout=PATIENCE * 1000)
        window = browser.new_context()
        window.set_default_timeout(PATIENCE * 1000)
        yield window
        browser.close()


@pytest.fixture
def open_notebook(chromium: BrowserContext, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenNotebook]:
    """Opens notebooks; closes them at the end, and fails where a page asked for anything that is not on this machine."""
    opened: list[Notebook] = []
    left: list[str] = []

    def watch(url: str) -> None:
        if not chromiums.is_local(url):
            left.append(url)

    def open_(
        cells: list[str],
        theme: Theme = "light",
        server: Server | None = None,
        viewport: tuple[int, int] = (1280, 1000),
    ) -> Notebook:
        server = server or request.getfixturevalue("jupyterlab")
        name = f"{request.node.name.split('[')[0][:60]}-{len(list(server.root.glob('*.ipynb')))}.ipynb"
        _write(server.root / name, cells)
        page = chromium.new_page()
        page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        page.on("request", lambda sent: watch(sent.url))
        page.on("websocket", lambda socket: watch(socket.url.replace("ws", "http", 1)))
        opened.append(Notebook(page, server, name, theme, _pictures(tmp_path)))
        return opened[-1]

    yield open_
    for notebook in opened:
        if not notebook.page.is_closed():
            notebook.close()
    assert left == [], "the page asked for something on another machine"


def _pictures(temporary: Path) -> Path:
    folder = Path(os.environ.get("WORKSHOP_SCREENSHOTS") or temporary / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, cells: list[str]) -> None:
    kept: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"cell-{index}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": code,
        }
        for index, code in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": kept}
    path.write_text(json.dumps(notebook), "utf-8")
