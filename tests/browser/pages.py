"""A notebook that stands open in a real browser: run its cells, read their outputs, ask its kernel, take pictures."""

import ast
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Locator, Page

from tests.browser.jupyter import Server

Theme = Literal["light", "dark"]
PATIENCE = 90  # seconds for anything that is waited for

_NOTEBOOK = "window.jupyterapp.shell.currentWidget"
_IDLE = f"() => {_NOTEBOOK}?.sessionContext?.session?.kernel?.status === 'idle'"
_IN_TIME = f"""(work) => Promise.race([
  work, new Promise((_, fail) => setTimeout(() => fail(new Error('not finished in {PATIENCE} seconds')), {PATIENCE}000))])"""
_RUN = f"""async (index) => {{
  const shown = {_NOTEBOOK}.content;
  shown.activeCellIndex = index;
  await ({_IN_TIME})(window.jupyterapp.commands.execute('notebook:run-cell'));
}}"""
_OUTPUTS = f"(index) => {_NOTEBOOK}.content.model.cells.get(index).outputs.toJSON()"
_SET_SOURCE = f"([index, code]) => {_NOTEBOOK}.content.model.cells.get(index).sharedModel.setSource(code)"
_RESTART = f"async () => ({_IN_TIME})({_NOTEBOOK}.sessionContext.session.kernel.restart())"
_SHUT_DOWN = f"async () => ({_IN_TIME})({_NOTEBOOK}?.sessionContext?.shutdown())"
_ASK = f"""async (code) => {{
  const kernel = {_NOTEBOOK}.sessionContext.session.kernel;
  const request = {{code: '', store_history: false, user_expressions: {{asked: code}}}};
  const reply = await ({_IN_TIME})(kernel.requestExecute(request).done);
  return reply.content.user_expressions.asked;
}}"""
_THEME = "async (theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"

# The text of a widget with less contrast to what lies behind it than WCAG's AA asks of small text.
PALE = """(root) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (colour) => colour.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (e) => { const c = rgb(getComputedStyle(e).backgroundColor); return c[3] === 0 ? ground(e.parentElement) : c; };
  const over = (c, below) => c.length < 4 ? c : below.map((v, at) => c[at] * c[3] + v * (1 - c[3]));
  const contrast = (e) => {
    const below = ground(e), [low, high] = [light(over(rgb(getComputedStyle(e).color), below)), light(below)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const own = (e) => [...e.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.textContent.trim()).join('');
  return [...root.querySelectorAll('*')].filter((e) => e.offsetParent && !e.closest('.mask-painter') && own(e) && contrast(e) < 4.5).map(own);
}"""


def soon(read: Callable[[], Any], wanted: Any) -> None:
    """Read until it is what is wanted, or until a test of it says yes: a page answers in its own time."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = read()
        if wanted(found) if callable(wanted) else found == wanted:
            return
        assert time.monotonic() < deadline, f"it is {found!r}, and never became {wanted!r}"
        time.sleep(0.05)


class Notebook:
    """A notebook on a page. Cells are counted from 0. `page` is Playwright's, for all that has no method here."""

    def __init__(self, page: Page, server: Server, name: str, theme: Theme, pictures: Path) -> None:
        self.page, self.server, self.name, self.pictures = page, server, name, pictures
        page.goto(server.address(name))
        page.wait_for_function(f"() => window.jupyterapp && {_NOTEBOOK}?.content?.model")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.use_theme(theme)
        self.wait_until_idle()

    def run(self, index: int) -> list[dict[str, Any]]:
        """Run one cell, wait until it is done and the kernel idle, and give its outputs."""
        self.page.evaluate(_RUN, index)
        self.wait_until_idle()
        return self.outputs(index)

    def run_without_waiting(self, index: int) -> None:
        """Start one cell."""
        self.page.evaluate(f"(index) => {{ ({_RUN})(index); }}", index)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """A cell's outputs, as the notebook file would keep them."""
        return list(self.page.evaluate(_OUTPUTS, index))

    def text(self, index: int) -> str:
        """What a cell printed and the plain text of what it gave; of an error its name and message."""
        said = []
        for output in self.outputs(index):
            if output["output_type"] == "error":
                said.append(f"{output['ename']}: {output['evalue']}")
            else:
                text = output.get("text", output.get("data", {}).get("text/plain", ""))
                said.append(text if isinstance(text, str) else "".join(text))
        return "\n".join(said)

    def python(self, expression: str) -> Any:
        """The value of a Python expression in the notebook's kernel; it must be one that JSON can hold."""
        found = self.page.evaluate(_ASK, f"__import__('json').dumps({expression})")
        if found["status"] != "ok":
            raise AssertionError(f"{expression} raised {found['ename']}: {found['evalue']}")
        return json.loads(ast.literal_eval(found["data"]["text/plain"]))

    def wait_until_python(self, expression: str, wanted: Any = True) -> None:
        """Ask the kernel until the expression has the wanted value."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.python(expression)) != wanted:
            assert time.monotonic() < deadline, f"{expression} is {found!r}, and never became {wanted!r}"
            self.page.wait_for_timeout(50)

    def cell(self, index: int) -> Locator:
        """A cell with its outputs, on the page."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def set_source(self, index: int, code: str) -> None:
        """Write other code into a cell."""
        self.page.evaluate(_SET_SOURCE, [index, code])

    def restart_kernel(self) -> None:
        """Kernel > Restart: all variables are gone, outputs stay."""
        self.page.evaluate(_RESTART)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until the kernel is there and has nothing to do."""
        self.page.wait_for_function(_IDLE)

    def use_theme(self, theme: Theme) -> None:
        """Switch to JupyterLab's light or dark theme, and wait until the page shows it."""
        self.page.evaluate(_THEME, f"JupyterLab {theme.capitalize()}")
        light = str(theme == "light").lower()
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """A PNG of the page, or of one part, in the folder that WORKSHOP_SCREENSHOTS names, else in a temporary one."""
        path = self.pictures / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png"
        (of or self.page).screenshot(path=path)
        return path

    def close(self) -> None:
        """Stop the kernel and leave the page."""
        self.page.evaluate(_SHUT_DOWN)
        self.page.close()
