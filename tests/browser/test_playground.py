"""The playground as a person uses it, in JupyterLab and Notebook 7, against the real studio."""

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.browser.pages import PALE, soon

if TYPE_CHECKING:
    from tests.browser.conftest import OpenNotebook
    from tests.browser.jupyter import Server
    from tests.browser.pages import Notebook, Theme

CELL = "import helpers\nbedrock = helpers.connect()\nplayground = helpers.playground(bedrock)\nplayground"
# Calls wait at a gate until the test opens it, so that nothing depends on how fast the machine is.
GATED = """import threading, helpers
bedrock = helpers.connect()
gate, invoke_model = threading.Event(), bedrock.invoke_model
bedrock.invoke_model = lambda **call: gate.wait(120) and invoke_model(**call)
playground = helpers.playground(bedrock)
playground"""

THEMES: "tuple[Theme, ...]" = ("light", "dark")


class Person:
    """What a person does with the playground that a cell shows."""

    def __init__(self, notebook: "Notebook", cell: int = 0) -> None:
        self.notebook, self.page = notebook, notebook.page
        notebook.run(cell)
        self.root = notebook.cell(cell).locator(".pg")
        self.root.wait_for()

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def reads(self, state: str, words: str = "") -> None:
        """Wait until the status says so, in shape and in words."""
        self.root.locator(f".pg-status[data-state={state}]", has_text=words).wait_for()

    def opens(self, title: str) -> str:
        """Open a part that is folded, and read the code in it."""
        part = self.root.locator("details", has=self.page.locator("summary", has_text=title))
        if part.get_attribute("open") is None:
            part.locator("summary").click()
        return part.locator("pre").inner_text()

    def sets(self, label: str, value: str) -> None:
        self.root.get_by_label(label, exact=True).first.fill(value)

    def shown(self) -> list[str]:
        """The text alternatives of the pictures on the page."""
        return list(self.root.locator(".pg-result img").evaluate_all("all => all.map(one => one.alt)"))


def test_the_three_examples_lead_through_the_three_actions(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([CELL, "", "helpers.playground(bedrock)"], viewport=(1280, 1400))
    person = Person(notebook)
    assert notebook.python("len(playground.runs)") == 0
    for name, run in (("Beach", 1), ("Variation", 2), ("Sheep", 4)):
        person.press(name)
        person.reads("note", f"“{name}” is loaded")
        assert notebook.python("len(playground.runs)") == run - 1  # the sheep's tea garden is a run too
        person.press("Run")
        person.reads("done", f"run {run}, 1 image")
        soon(person.shown, lambda alts: len(alts) == 1)
    actions = notebook.python("[run.settings.action for run in playground.runs]")
    assert actions == ["generate", "variation", "generate", "edit"]
    soon(person.shown, lambda alts: "“add a sheep”" in alts[0])
    assert notebook.python("helpers.Mask.from_body(playground.runs[3].bodies[0]) == playground.mask")
    pictures = person.root.locator("img")
    soon(lambda: pictures.evaluate_all("all => all.every(one => one.hasAttribute('alt'))"), True)
    for theme in THEMES:
        notebook.use_theme(theme)
        soon(lambda: person.root.evaluate(PALE), [])
        notebook.screenshot(f"playground sheep {theme}", person.root)

    # Back along the history, and the Python shown there does the same again.
    person.root.get_by_role("button", name="Run 2: Generate variation").click()
    person.reads("done", "run 2")
    soon(person.shown, lambda alts: "“add vibrant hues to the sky" in alts[0])
    strength = person.root.get_by_label("Prompt strength", exact=True).first
    soon(strength.input_value, "30")
    soon(person.root.get_by_role("radio", name="Generate variation").is_checked, True)
    soon(lambda: person.opens("Request body"), lambda text: '"cfg_scale": 30' in text)
    soon(lambda: person.opens("Python that repeats it"), lambda text: "cfg_scale=30" in text)
    notebook.set_source(1, person.opens("Python that repeats it"))
    notebook.screenshot("playground variation dark", person.root)
    notebook.run(1)
    assert notebook.python("made.body == playground.runs[1].made[0].body")
    assert notebook.python("made.image == playground.runs[1].made[0].image")

    # A second playground in the same notebook keeps to itself, and both say so when their kernel is gone.
    another = Person(notebook, cell=2)
    another.root.get_by_role("radio", name="Edit").check()
    assert person.root.get_by_role("radio", name="Generate variation").is_checked()
    assert notebook.python("playground.settings.action") == "variation"
    notebook.restart_kernel()
    for left in (person, another):
        left.reads("failed", "The kernel was restarted")


def test_trouble_is_told_and_nothing_freezes(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([GATED])
    person = Person(notebook)

    # Bad input: a sentence at once, and nothing is sent.
    person.sets("Generation steps", "5")
    person.root.locator(".pg-problem", has_text="steps").wait_for()
    person.press("Run")
    person.reads("failed", "steps")
    person.sets("Generation steps", "12")
    person.root.get_by_role("radio", name="Edit").check()
    person.press("Run")
    person.reads("failed", "there is none")
    person.root.get_by_role("radio", name="Generate image").check()
    assert notebook.python("len(playground.runs)") == 0

    # A long call: the page and the kernel go on, and a second press is refused in words.
    person.root.get_by_label("Number of images").select_option("4")
    person.root.locator(".pg-quote", has_text="4 images: 4 calls, seeds 10 to 13.").wait_for()
    person.press("Run")
    person.reads("busy", "Drawing image 1 of 4")
    notebook.screenshot("playground busy", person.root)
    person.sets("Prompt", "a nude statue")
    assert notebook.python("6 * 7") == 42
    person.root.get_by_role("button", name="Running").click(force=True)  # it is marked as disabled
    person.reads("busy", "A run is under way")
    notebook.python("gate.set()")
    person.reads("done", "4 images")
    soon(person.shown, lambda alts: len(alts) == 4)
    notebook.screenshot("playground four images", person.root)

    # A filtered picture: blurred, with a word on it, and kept in the history.
    person.root.get_by_label("Number of images").select_option("1")
    person.press("Run")
    person.reads("filtered", "A content filter stopped this picture")
    soon(lambda: person.root.locator(".pg-tile").inner_text().split(), ["Filtered", "Seed", "10"])
    soon(lambda: person.opens("Python that repeats it"), lambda text: "a nude statue" in text)
    notebook.screenshot("playground filtered", person.root)

    # By keyboard alone, with keys that JupyterLab would take for itself.
    person.sets("Prompt", "a castle")
    person.root.get_by_role("button", name="Run", exact=True).focus()
    for key in ("b", "Enter"):
        person.page.keyboard.press(key)
    person.reads("done", "run 3")
    person.root.get_by_role("textbox", name="Prompt", exact=True).focus()
    for key in ("Shift+Enter", "Control+Enter"):
        person.page.keyboard.press(key)
    person.reads("done", "run 4")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1

    # What Python tells of the settings never writes over what somebody is writing, and else it does.
    prompt = person.root.get_by_role("textbox", name="Prompt", exact=True)
    seed = person.root.get_by_label("Seed", exact=True).first
    for text, number, focus in (("a late answer", 21, True), ("a preset", 22, False)):
        prompt.fill("a lighthouse")
        (prompt if focus else seed).focus()
        settings = f"{{**playground.page_settings, 'prompt': '{text}', 'seed': {number}}}"
        notebook.python(f"setattr(playground, 'page_settings', {settings})")
        soon(seed.input_value, str(number))
        soon(prompt.input_value, "a lighthouse" if focus else text)

    # By itself on each change, once that is asked for.
    person.root.get_by_label("Run on change").check()
    person.sets("Seed", "77")
    person.reads("done", "run 5")
    assert notebook.python("playground.runs[4].bodies[0]['seed']") == 77


def test_any_file_can_be_painted_on_and_edited(
    open_notebook: "OpenNotebook", notebook7: "Server", tmp_path: Path
) -> None:
    notebook = open_notebook([CELL], server=notebook7, viewport=(1280, 1400))
    person = Person(notebook)
    person.root.get_by_role("radio", name="Edit").check()
    chooser = person.root.locator("input[type=file]")
    chooser.set_input_files({"name": "letter.png", "mimeType": "image/png", "buffer": b"%PDF-1.7 no picture"})
    person.reads("failed", "a PDF")
    meadow = tmp_path / "meadow.bmp"  # of no legal size, and sent in more than one part
    Image.new("RGB", (3200, 960), "seagreen").save(meadow)
    chooser.set_input_files(meadow)
    person.reads("note", "meadow.bmp is now the reference image.")
    surface = person.root.locator(".pg-painter .mp-surface")
    surface.wait_for()
    person.sets("Prompt", "add a sheep")
    person.sets("Generation steps", "10")
    person.press("Run")
    person.reads("failed", "Nothing is painted")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    assert box
    person.page.mouse.move(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.6)
    person.page.mouse.down()
    person.page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] * 0.6, steps=8)
    person.page.mouse.up()
    notebook.wait_until_python("playground.mask.share > 0.01")
    person.press("Run")
    person.reads("done", "run 1")
    notebook.screenshot("playground painted", person.root)
    assert notebook.python("helpers.Mask.from_body(playground.runs[0].bodies[0]) == playground.mask")

    # The result is the next reference image, at one press.
    person.press("Use image 1 as the reference image")
    person.reads("note", "now the reference image")
    assert notebook.python("helpers.pictures.pixels_equal(playground.reference, playground.runs[0].made[0])")
