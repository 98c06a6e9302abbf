"""The mask painter as a person uses it: mouse, pen, touch and keys in JupyterLab, and in Notebook 7."""

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from helpers.masks.mask import Mask
from tests.browser.pages import soon

if TYPE_CHECKING:
    from tests.browser.conftest import OpenNotebook
    from tests.browser.jupyter import Server
    from tests.browser.pages import Notebook

Spot = tuple[int, int]
SIZE = (320, 256)
PICTURE = (
    "import hashlib, helpers, numpy as np\npicture = np.add.outer(np.arange({1}), np.arange({0})).astype(np.uint8)"
)
PAINTER = f"{PICTURE.format(*SIZE)}\npainter = helpers.MaskPainter(picture, path='MASK', brush=40)\npainter"
DIGEST = "hashlib.sha256(painter.mask.pixels.tobytes()).hexdigest()"
DRAWN = """(canvas) => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return btoa(text);
}"""
PINCH = """(surface) => {
  const {left, top} = surface.getBoundingClientRect();
  for (let turn = 0; turn < 8; turn += 1) {
    surface.dispatchEvent(new WheelEvent('wheel', {
      deltaY: -2, ctrlKey: true, bubbles: true, cancelable: true, clientX: left + 50, clientY: top + 50}));
  }
}"""
CONTRAST = """(root) => {
  const colour = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {rgb: [r, g, b], a}; };
  const over = (top, ground) => top.rgb.map((level, at) => level * top.a + ground[at] * (1 - top.a));
  const ground = (e) => {
    const own = colour(getComputedStyle(e).backgroundColor);
    return own.a === 1 || !e.parentElement ? own.rgb : over(own, ground(e.parentElement));
  };
  const light = (rgb) => rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  return [...root.querySelectorAll('button:not([aria-disabled=true]), label span, p, summary, dt, dd')]
    .filter((e) => e.textContent).map((e) => {
      const behind = ground(e), [low, high] = [light(over(colour(getComputedStyle(e).color), behind)), light(behind)].sort();
      return [e.textContent, (high + 0.05) / (low + 0.05)];
    });
}"""


class Hand:
    """What a person does with the painter that a cell shows."""

    def __init__(self, notebook: "Notebook", cell: int = 0, size: Spot = SIZE) -> None:
        self.notebook, self.page, self.size = notebook, notebook.page, size
        self.root = notebook.cell(cell).locator(".mask-painter")
        self.stage = self.root.locator(".mp-stage")
        self.surface = self.root.locator(".mp-surface")
        self.stage.wait_for()
        self.page.wait_for_function("(e) => e.offsetWidth > 50", arg=self.surface.element_handle())

    def on_page(self, spot: Spot) -> tuple[float, float]:
        """The middle of a pixel of the picture, on the page."""
        box = self.surface.bounding_box()
        assert box
        across, down = box["width"] / self.size[0], box["height"] / self.size[1]
        return box["x"] + (spot[0] + 0.5) * across, box["y"] + (spot[1] + 0.5) * down

    def drag(self, *spots: Spot, steps: int = 6) -> None:
        """Press the mouse on the first pixel, move over the others, let go."""
        self.page.mouse.move(*self.on_page(spots[0]))
        self.page.mouse.down()
        for spot in spots[1:]:
            self.page.mouse.move(*self.on_page(spot), steps=steps)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def wait_for_mask(self, wanted: Mask) -> None:
        """Wait until `painter.mask` in Python is this one, to the last pixel."""
        self.notebook.wait_until_python(DIGEST, hashlib.sha256(wanted.pixels.tobytes()).hexdigest())

    def drawn(self) -> Image.Image:
        """What the page has drawn over the picture, after all that was to be drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        data = base64.b64decode(self.root.locator("canvas").evaluate(DRAWN))
        return Image.frombytes("RGBA", self.size, data)

    def must_show(self, mask: Mask) -> None:
        """The page shows a mask exactly as `Mask.preview` does; one level of 255 is left to rounding."""
        grey = Image.new("RGB", self.size, (128, 128, 128))

        def pixels_apart() -> int:
            page = Image.alpha_composite(grey.convert("RGBA"), self.drawn()).convert("RGB")
            apart = np.abs(np.asarray(page, np.int16) - np.asarray(mask.preview(grey), np.int16))
            return int(np.sum(apart.max(2) > 1))

        soon(pixels_apart, 0)


def stroke(*spots: Spot, width: int = 40, size: Spot = SIZE) -> Mask:
    return Mask.brush(size, list(spots), width)


def nothing(size: Spot = SIZE) -> Mask:
    return Mask.from_array(np.zeros(size[::-1], bool))


def open_painter(
    open_notebook: "OpenNotebook", folder: Path, *more: str, code: str = PAINTER, **how: Any
) -> "Notebook":
    """A notebook whose first cell shows a painter, run."""
    notebook = open_notebook([code.replace("MASK", (folder / "mask.png").as_posix()), *more], **how)
    notebook.run(0)
    return notebook


def test_a_stroke_partly_erased_is_the_same_mask_on_the_page_in_python_and_in_the_file(
    open_notebook: "OpenNotebook", tmp_path: Path
) -> None:
    notebook = open_painter(open_notebook, tmp_path, "print(painter.mask)", "painter")
    hand = Hand(notebook)
    hand.drag((50, 60), (250, 60), (250, 200))
    hand.press("e")
    hand.drag((150, 20), (150, 120))
    painted = (stroke((50, 60), (250, 60)) | stroke((250, 60), (250, 200))) - stroke((150, 20), (150, 120))
    hand.wait_for_mask(painted)
    hand.must_show(painted)
    soon(lambda: Mask.from_image(tmp_path / "mask.png"), painted)
    hand.press("Control+z")
    hand.wait_for_mask(stroke((50, 60), (250, 60)) | stroke((250, 60), (250, 200)))
    hand.press("Control+z")
    hand.wait_for_mask(nothing())
    hand.must_show(nothing())
    hand.press("Control+y", "Control+Shift+z")
    hand.wait_for_mask(painted)
    hand.click("Invert")
    hand.wait_for_mask(~painted)
    hand.must_show(~painted)
    hand.click("Clear")
    hand.wait_for_mask(nothing())
    hand.click("Undo")
    hand.click("Undo")
    hand.wait_for_mask(painted)
    hand.click("Rectangle")
    hand.drag((200, 110), (100, 240))
    box = Mask.box(SIZE, (100, 110, 201, 241))
    hand.wait_for_mask(painted | box)
    hand.click("Erase rectangle")
    hand.drag((110, 120), (319, 150))
    hand.wait_for_mask((painted | box) - Mask.box(SIZE, (110, 120, 320, 151)))

    notebook.run(1)
    assert notebook.text(1) == f"{(painted | box) - Mask.box(SIZE, (110, 120, 320, 151))!r}\n"

    notebook.restart_kernel()
    hand.root.get_by_role("alert").filter(has_text="no new stroke reaches it").wait_for()
    notebook.run(0)
    hand.wait_for_mask((painted | box) - Mask.box(SIZE, (110, 120, 320, 151)))
    hand = Hand(notebook)
    hand.must_show((painted | box) - Mask.box(SIZE, (110, 120, 320, 151)))
    notebook.run(2)
    second = Hand(notebook, 2)  # the same painter, shown once more
    hand.click("Rectangle")
    hand.drag((20, 20), (60, 60))
    hand.press("Control+z")
    second.click("Brush")
    second.stage.focus()
    second.press("Space", "ArrowRight", "e", "Escape")
    hand.wait_for_mask((painted | box) - Mask.box(SIZE, (110, 120, 320, 151)) | stroke((160, 128), (168, 128)))
    second.click("Start again")
    hand.wait_for_mask(nothing())
    hand.must_show(nothing())
    second.must_show(nothing())
    assert not (tmp_path / "mask.png").exists()


@pytest.mark.parametrize("front_end", ["jupyterlab", "notebook7"])
def test_the_painter_works_without_a_mouse_and_its_keys_never_reach_the_notebook(
    front_end: str, open_notebook: "OpenNotebook", request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(front_end)
    notebook = open_painter(open_notebook, tmp_path, "1 + 1", server=server)
    hand = Hand(notebook)
    page = notebook.page
    hand.root.get_by_role("button", name="Brush", exact=True).focus()
    for _ in range(30):
        if hand.stage.evaluate("(e) => e === document.activeElement"):
            break
        hand.press("Tab")
    soon(lambda: hand.stage.evaluate("(e) => e === document.activeElement && e.matches(':focus-visible')"), True)
    soon(lambda: hand.stage.evaluate("(e) => getComputedStyle(e).outlineWidth"), "3px")
    hand.root.locator(".mp-ring").wait_for()

    hand.press("Enter")
    middle = (160, 128)
    hand.wait_for_mask(stroke(middle))
    hand.press("Space", *["ArrowRight"] * 5, *["Shift+ArrowDown"] * 3, "Space")
    painted = stroke(middle, (200, 128), (200, 131))
    hand.wait_for_mask(painted)
    status = hand.root.get_by_role("status")
    status.filter(has_text="At 200, 131.").wait_for()
    status.filter(has_text=f"{painted.share:.1%} of the picture may change").wait_for()
    hand.press("e", "[", "[", "Enter")
    hand.wait_for_mask(painted - stroke((200, 131), width=31))
    hand.press("r", "Enter", *["ArrowLeft"] * 10, *["ArrowUp"] * 5)
    hand.root.locator(".mp-band").wait_for()
    hand.press("Enter")
    painted = (painted - stroke((200, 131), width=31)) | Mask.box(SIZE, (120, 91, 201, 132))
    hand.wait_for_mask(painted)
    hand.press("b", "Space", "ArrowUp", "Escape")  # begun and dropped
    hand.must_show(painted)

    hand.press("x", "d", "d", "c", "v", "a", "m", "z", "0", "0")  # in a notebook: cut, delete, paste, add, restart
    hand.press("i")
    hand.wait_for_mask(~painted)
    hand.press("Control+z")
    hand.wait_for_mask(painted)
    hand.press("Control+y")
    hand.wait_for_mask(~painted)
    hand.press("Delete")
    hand.wait_for_mask(nothing())
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 2
    assert page.locator(".jp-Dialog").count() == 0
    hand.press("Control+s")  # this one is the notebook's
    saved = notebook.server.root / notebook.name
    soon(lambda: saved.read_text("utf-8"), lambda text: "MaskPainter 320 x 256" in text)


def test_zoomed_soft_by_pen_and_by_touch_every_stroke_lands_where_it_is_drawn(
    open_notebook: "OpenNotebook", tmp_path: Path
) -> None:
    wide = (1536, 640)
    code = f"{PICTURE.format(*wide)}\npainter = helpers.MaskPainter(picture, path='MASK', brush=40)\npainter"
    notebook = open_painter(open_notebook, tmp_path, "sent = []\npainter.observe(sent.append, 'pixels')", code=code)
    notebook.run(1)
    hand = Hand(notebook, size=wide)
    hand.drag((100, 100), (1400, 100), (1400, 500), steps=60)
    painted = stroke((100, 100), (1400, 100), size=wide) | stroke((1400, 100), (1400, 500), size=wide)
    hand.wait_for_mask(painted)
    assert notebook.python("len(sent)") == 1  # and not one a movement
    assert notebook.python("len(painter.pixels)") < 30_000

    hand.surface.evaluate(PINCH)
    soon(lambda: int((hand.root.locator(".mp-zoom").text_content() or "0")[:-1]), lambda now: now < 160)
    hand.press("0")
    for _ in range(5):
        hand.press("+")
    soon(lambda: hand.root.locator(".mp-zoom").text_content(), "300%")
    hand.press("h")
    box = hand.stage.bounding_box()
    assert box
    notebook.page.mouse.move(box["x"] + 200, box["y"] + 200)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + 100, box["y"] + 150, steps=4)
    notebook.page.mouse.up()
    hand.press("b", "{", "}", "}", "}", "}", "}")  # softness 0, then up to 50%
    left, top = hand.stage.evaluate("(e) => [e.scrollLeft / 3, e.scrollTop / 3]")
    first, last = (int(left) + 60, int(top) + 60), (int(left) + 200, int(top) + 60)
    hand.drag(first, last)
    painted |= soft_stroke(first, last, 40, 0.5, wide)
    hand.wait_for_mask(painted)
    hand.must_show(painted)

    hand.press("0", *["{"] * 5, "b")
    devtools = notebook.page.context.new_cdp_session(notebook.page)
    pen(devtools, hand, (300, 300), (500, 300), force=0.3)
    painted |= stroke((300, 300), (500, 300), size=wide)
    hand.wait_for_mask(painted)
    notebook.python("setattr(painter, 'pressure', True)")
    pen(devtools, hand, (300, 400), (500, 400), force=0.5)
    painted |= stroke((300, 400), (500, 400), width=20, size=wide)
    hand.wait_for_mask(painted)
    touch(devtools, "touchStart", hand.on_page((700, 400)))
    touch(devtools, "touchMove", hand.on_page((700, 550)))
    touch(devtools, "touchEnd")
    painted |= stroke((700, 400), (700, 550), size=wide)
    hand.wait_for_mask(painted)

    near, far = hand.on_page((800, 300)), hand.on_page((900, 300))
    touch(devtools, "touchStart", near)
    touch(devtools, "touchStart", near, far)
    touch(devtools, "touchMove", near, (far[0] + 200, far[1]))
    touch(devtools, "touchEnd")
    notebook.page.wait_for_function(
        "(e) => e.textContent !== '100%'", arg=hand.root.locator(".mp-zoom").element_handle()
    )
    hand.press("0")
    hand.must_show(painted)  # two fingers move and zoom, and paint nothing
    hand.wait_for_mask(painted)


@pytest.mark.parametrize("front_end", ["jupyterlab", "notebook7"])
def test_the_wheel_scrolls_the_page_and_a_zoomed_picture_first(
    front_end: str, open_notebook: "OpenNotebook", request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(front_end)
    lines = "print(*range(120), sep='\\n')"
    notebook = open_painter(open_notebook, tmp_path, lines, lines, server=server, viewport=(1366, 768))
    notebook.run(1)
    notebook.run(2)
    hand = Hand(notebook)
    hand.stage.scroll_into_view_if_needed()
    hand.page.wait_for_timeout(200)  # what a run cell scrolls by itself is over
    before = hand.stage.bounding_box()
    assert before
    hand.page.mouse.move(*hand.on_page((160, 128)))
    hand.page.mouse.wheel(0, 120)
    soon(lambda: hand.stage.bounding_box(), lambda now: now is not None and now["y"] < before["y"] - 50)
    hand.page.mouse.wheel(0, -1000)
    soon(lambda: hand.stage.bounding_box(), lambda now: now is not None and now["y"] >= before["y"])
    assert notebook.python("float(painter.mask.share)") == 0

    hand.stage.focus()
    hand.press(*["+"] * 6)
    top = "(e) => Math.round(e.scrollTop)"
    start = hand.stage.evaluate(top)
    hand.page.mouse.wheel(0, 100)
    soon(lambda: hand.stage.evaluate(top), start + 100)
    hand.page.mouse.wheel(0, 10_000)
    soon(lambda: hand.stage.evaluate("(e) => e.scrollHeight - e.clientHeight - e.scrollTop < 2"), True)
    here = hand.stage.bounding_box()
    assert here
    hand.page.wait_for_timeout(1000)  # a wheel that turns on belongs to what it scrolled; after a rest it goes further
    hand.page.mouse.wheel(0, 120)
    soon(lambda: hand.stage.bounding_box(), lambda now: now is not None and now["y"] < here["y"] - 50)


def test_it_is_legible_in_both_themes_and_starts_from_a_given_mask(
    open_notebook: "OpenNotebook", tmp_path: Path
) -> None:
    code = (
        "import hashlib, helpers\ngiven = helpers.Mask.ellipse((512, 512), (70, 300, 330, 460))\n"
        "painter = helpers.MaskPainter('data/sample_init.png', given, path='MASK', brush=60)\npainter"
    )
    notebook = open_painter(open_notebook, tmp_path, code=code)
    hand = Hand(notebook, size=(512, 512))
    given = Mask.ellipse((512, 512), (70, 300, 330, 460))
    hand.must_show(given)
    hand.drag((400, 100), (400, 330))
    painted = given | Mask.brush((512, 512), [(400, 100), (400, 330)], 60)
    hand.wait_for_mask(painted)
    hand.must_show(painted)
    hand.root.locator("summary").click()
    for theme in ("light", "dark"):
        notebook.use_theme(theme)
        soon(lambda: [told for told in hand.root.evaluate(CONTRAST) if told[1] < 4.5], [])
        notebook.screenshot(f"mask painter {theme}", of=hand.root)
        notebook.screenshot(f"mask painter {theme} page")


def soft_stroke(start: Spot, end: Spot, width: int, softness: float, size: Spot) -> Mask:
    """A level stroke whose brush is full in its inner part and falls evenly to nothing at its rim."""
    down, across = np.mgrid[: size[1], : size[0]].astype(float)
    apart = np.hypot(across - np.clip(across, start[0], end[0]), down - start[1])
    radius, inner = width / 2, width / 2 * (1 - softness)
    levels = np.floor(np.clip(255 * (radius - apart) / (radius - inner), 0, 255) + 0.5)
    return Mask(levels.astype(np.uint8))


def pen(devtools: Any, hand: Hand, start: Spot, end: Spot, force: float) -> None:
    how = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen", "force": force}
    for kind, spot in [("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)]:
        x, y = hand.on_page(spot)
        devtools.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **how})


def touch(devtools: Any, kind: str, *places: tuple[float, float]) -> None:
    points = [{"x": place[0], "y": place[1], "id": index} for index, place in enumerate(places)]
    devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
