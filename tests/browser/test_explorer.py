"""The explorer as a person uses it, in JupyterLab and Notebook 7, against the real studio."""

from typing import TYPE_CHECKING

from tests.browser.pages import PALE, soon

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import OpenNotebook
    from tests.browser.jupyter import Server
    from tests.browser.pages import Notebook, Theme

CELL = "import helpers\nbedrock = helpers.connect()\nexplorer = helpers.explorer(bedrock)\nexplorer"
# Calls wait at a gate until the test opens it, so that nothing depends on how fast the machine is.
GATED = """import threading, helpers
bedrock = helpers.connect()
gate, sent, invoke_model = threading.Event(), [], bedrock.invoke_model
bedrock.invoke_model = lambda **call: sent.append(call) or gate.wait(120) and invoke_model(**call)
explorer = helpers.explorer(bedrock)
explorer"""
# What says that it is AWS is answered by the studio: no account is needed to look at the page of those who pay.
PAID = """import types, helpers
bedrock = helpers.connect()
class Paid:
    meta = types.SimpleNamespace(endpoint_url="https://aws.example", region_name="us-west-2")
    sent = []
    def invoke_model(self, **call):
        self.sent.append(call)
        return bedrock.invoke_model(**call)
paid = Paid()
explorer = helpers.explorer(paid)
explorer"""
VARIED = """import helpers
bedrock = helpers.connect()
beach = helpers.invoke(bedrock, helpers.text_to_image("a serene beach at sunset", seed=10))
body = helpers.image_to_image([("a winter night", 1.0), ("a ship", 0.6)], beach, negative_prompt="fog", seed=3)
explorer = helpers.explorer(bedrock, body)
explorer"""

THEMES: "tuple[Theme, ...]" = ("light", "dark")


class Person:
    """What a person does with the explorer that a cell shows."""

    def __init__(self, notebook: "Notebook", cell: int = 0) -> None:
        self.notebook, self.page = notebook, notebook.page
        notebook.run(cell)
        self.root = notebook.cell(cell).locator(".ex")
        self.root.wait_for()

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def sees(self, words: str) -> None:
        """Wait until the text alternative of the picture holds these words."""
        self.root.locator(f'.ex-frame img[alt*="{words}"]').wait_for()

    def reads(self, state: str, words: str = "") -> None:
        """Wait until the status says so, in shape and in words."""
        self.root.locator(f".pg-status[data-state={state}]", has_text=words).wait_for()

    def opens(self, title: str) -> "Locator":
        """Open a part that is folded."""
        part = self.root.locator("details", has=self.page.locator("summary", has_text=title)).last
        if part.get_attribute("open") is None:
            part.locator("summary").first.click()
        return part

    def slider(self, name: str) -> "Locator":
        return self.root.get_by_role("slider", name=name)

    def kept(self) -> list[str]:
        return self.root.locator(".ex-label").all_inner_texts()


def test_the_picture_follows_the_keys_and_what_is_kept_leads_back(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([CELL, ""], viewport=(1280, 1500))
    person = Person(notebook)
    person.sees("seed 10")  # as soon as somebody looks
    person.press("Keep this")
    person.reads("note", "Picture 1 is kept")

    # The alt says prompt, size and seed; the slider moves guidance, which the request shows.
    person.slider("Prompt strength").focus()
    for _ in range(6):
        person.page.keyboard.press("ArrowRight")
    notebook.wait_until_python("explorer.made.body['cfg_scale']", 13)
    python = person.opens("Python that repeats it").locator("pre")
    python.get_by_text("cfg_scale=13").wait_for()
    person.press("Another seed")
    notebook.wait_until_python("explorer.made.body == explorer.body and explorer.made.seed != 10")
    person.sees(f"seed {notebook.python('explorer.made.seed')}")
    person.root.get_by_label("Seed", exact=False).first.fill("11")
    person.sees("seed 11")
    person.press("Keep this")
    person.reads("note", "Picture 2 is kept")
    soon(person.kept, ["cfg_scale 10, seed 10", "cfg_scale 13, seed 11"])
    assert notebook.python("[made.seed for made in explorer.kept]") == [10, 11]

    # The Python that is shown draws the same picture.
    python.get_by_text("seed=11").wait_for()
    notebook.set_source(1, python.inner_text())
    notebook.run(1)
    assert notebook.python("made.image == explorer.made.image and made.body == explorer.body")

    # A sweep around it.
    part = person.opens("Sweep around this")
    soon(part.get_by_label("Values").first.input_value, "7, 10, 13, 16, 19")
    part.get_by_label("Second field").select_option("sampler")
    person.press("Make the sweep")
    part.get_by_text("The sweep of 20 pictures is ready").wait_for()
    part.locator("pre").get_by_text("cfg_scale=[7, 10, 13, 16, 19]").wait_for()
    assert notebook.python("[len(explorer.sweep), [axis.name for axis in explorer.sweep.axes]]") == [
        20,
        ["cfg_scale", "sampler"],
    ]
    for theme in THEMES:
        notebook.use_theme(theme)
        soon(lambda: person.root.evaluate(PALE), [])
        notebook.screenshot(f"explorer {theme}", person.root)
    part.get_by_label("Values").first.fill("7-400")
    person.press("Make the sweep")
    part.get_by_role("alert").filter(has_text="cfg_scale").wait_for()

    # Back at what was kept, and one out of the strip.
    calls = notebook.python("explorer.made.request_id")
    person.root.get_by_role("button", name="Kept picture 1").click()
    person.sees("seed 10")
    soon(person.slider("Prompt strength").input_value, "10")
    soon(lambda: notebook.python("explorer.made.request_id"), lambda now: now != calls)
    person.press("Remove picture 2")
    person.reads("note", "removed")
    soon(person.kept, ["Seed 10"])
    pictures = person.root.locator("img")
    soon(lambda: pictures.evaluate_all("all => all.every(one => one.hasAttribute('alt'))"), True)
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 2  # no key has reached JupyterLab


def test_a_slow_call_freezes_nothing_and_trouble_is_told(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([GATED], viewport=(1280, 1200))
    person = Person(notebook)
    notebook.wait_until_python("len(sent)", 1)
    person.slider("Generation steps").focus()
    for _ in range(5):
        person.page.keyboard.press("ArrowRight")
    notebook.wait_until_python("explorer.body['steps']", 35)  # the kernel answers while the call is under way
    person.reads("busy", "Drawing")
    notebook.python("gate.set()")
    person.reads("done")
    notebook.wait_until_python("explorer.made.body == explorer.body")
    assert notebook.python("len(sent)") == 2  # the newest alone, of all that was changed meanwhile
    person.sees("seed 10")

    # A value that cannot be: a sentence, and the picture stays.
    steps = person.root.get_by_role("spinbutton", name="Generation steps")
    steps.fill("500")
    person.root.locator(".pg-problem", has_text="steps").first.wait_for()
    assert notebook.python("explorer.body['steps']") == 35
    steps.fill("20")
    notebook.wait_until_python("explorer.made.body['steps']", 20)
    soon(person.root.locator(".ex-note.pg-problem").count, 0)

    # A filtered picture, and the way out of it.
    prompt = person.root.get_by_role("textbox", name="Prompt")
    prompt.fill("a nude statue")
    person.reads("filtered", "A content filter stopped this picture")
    person.root.locator(".pg-tile-mark", has_text="Filtered").wait_for()
    person.root.get_by_role("button", name="Keep this").click(force=True)  # it is marked as disabled
    person.reads("note", "no picture of these settings")
    notebook.screenshot("explorer filtered", person.root)
    prompt.fill("a castle on a hill")
    person.sees("a castle on a hill")


def test_where_calls_are_paid_only_the_button_sends(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([PAID], viewport=(1280, 1200))
    person = Person(notebook)
    button = person.root.get_by_role("button", name="Run: 0.04 USD")
    button.wait_for()
    person.root.get_by_label("Aspect ratio").select_option("16:9")
    notebook.wait_until_python("explorer.body['aspect_ratio']", "16:9")
    assert notebook.python("len(paid.sent)") == 0
    button.click()
    person.sees("seed 10")
    person.reads("done", "It cost 0.04 USD")
    person.root.get_by_label("Aspect ratio").select_option("1:1")
    person.root.locator(".pg-tile-mark", has_text="Settings changed").wait_for()
    assert notebook.python("len(paid.sent)") == 1
    notebook.screenshot("explorer paid", person.root)


def test_a_variation_has_weights_and_image_strength_to_turn(open_notebook: "OpenNotebook", notebook7: "Server") -> None:
    notebook = open_notebook([VARIED], server=notebook7, viewport=(1280, 1500))
    person = Person(notebook)
    person.sees("a winter night")
    for name, key, path in (
        ("Image strength", "ArrowLeft", "explorer.made.body['image_strength'] < 0.35"),
        ("Weight of prompt 2", "End", "explorer.made.body['text_prompts'][1]['weight'] == 2"),
    ):
        person.slider(name).focus()
        person.page.keyboard.press(key)
        notebook.wait_until_python(path)
    notebook.screenshot("explorer variation", person.root)
    notebook.restart_kernel()
    person.reads("failed", "The kernel was restarted")
