"""A living model in the playground and the explorer, as a person uses it: what it can do, and the picture that comes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.conftest import OpenNotebook

PLAYGROUND = """import helpers
bedrock = helpers.connect()
playground = helpers.playground(bedrock)
playground"""
EXPLORER = """import helpers
bedrock = helpers.connect()
body = helpers.text_to_image("a red fox in the snow", seed=3, model="sd3.5", aspect_ratio="3:2")
explorer = helpers.explorer(bedrock, body)
explorer"""


def test_the_playground_offers_sd35_what_it_can_do_and_draws(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([PLAYGROUND], viewport=(1280, 1400))
    notebook.use_theme("dark")
    notebook.run(0)
    root = notebook.cell(0).locator(".pg")
    root.wait_for()
    menu = root.get_by_label("Model", exact=True).first
    assert menu.locator("option").all_inner_texts() == [
        "SDXL 1.0",
        "Stable Image Core",
        "Stable Image Ultra",
        "Stable Diffusion 3.5 Large",
    ]
    menu.select_option("sd3.5")
    root.get_by_role("button", name="Apply", exact=True).click()
    root.locator(".pg-status", has_text="Stable Diffusion 3.5 Large is applied").wait_for()
    root.get_by_text("takes no mask, so it cannot edit a part").wait_for()
    root.get_by_role("button", name="Run", exact=True).click()
    root.locator(".pg-status[data-state=done]").wait_for()
    notebook.screenshot("sd35", root)
    assert notebook.python("playground.runs[-1].bodies[0].model") == "stability.sd3-5-large-v1:0"
    assert 'model=\\"sd3.5\\"' in notebook.python("__import__('json').dumps(playground.runs[-1].python)")


def test_the_explorer_turns_a_field_of_sd35_and_the_picture_follows(open_notebook: "OpenNotebook") -> None:
    notebook = open_notebook([EXPLORER], viewport=(1280, 1400))
    notebook.run(0)
    root = notebook.cell(0).locator(".pg")
    root.wait_for()
    notebook.wait_until_python("explorer.made is not None")
    root.get_by_label("Aspect ratio").first.select_option("1:1")
    notebook.wait_until_python("explorer.made.image.size == (1024, 1024)")
    assert notebook.python("explorer.body.model") == "stability.sd3-5-large-v1:0"
    notebook.screenshot("explorer-sd35", root)
