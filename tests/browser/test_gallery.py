"""A gallery used in a real browser as a person would: keys, axes, comparison, links, both colours, and no request out."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from helpers.sweeps.shown.gallery import build
from tests.browser.pages import PATIENCE, soon
from tests.sweeps.sample_tiles import FILTERED, axes_of, tiles_of

expect.set_options(timeout=PATIENCE * 1000)

HOSTILE = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
PROMPTS = ["a beach", "一艘飞船飞过绿色茶园", HOSTILE]
STYLES = ["anime", "comic-book", "photographic", "pixel-art"]
GUIDANCES = [1, 4, 7, 15, 30]
Open = Callable[..., Page]
_IN_FIRST_LINE = "all => all.filter(one => one.offsetTop === all[0].offsetTop).length"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 tiles on four axes: three prompts, four styles, five guidances, four seeds. Two of them failed."""
    folder = tmp_path_factory.mktemp("gallery")
    axes = axes_of(prompt=PROMPTS, style=STYLES, cfg_scale=GUIDANCES, seed=[1, 2, 3, 4])
    tiles = tiles_of(folder / "tiles", axes, (48, 48), steps=30)
    for at in (20, 47):  # comic-book at guidance 1 with seed 1, and photographic at guidance 4 with seed 4
        tiles[at] = replace(tiles[at], path=None, thumbnail=None, seconds=None, failure=FILTERED)
    return build.write(folder / "gallery.html", tiles, axes, "Skies & <b>seas</b>")


@pytest.fixture
def open_gallery(chromium: BrowserContext, file: Path) -> Iterator[Open]:
    """Opens the gallery at a view; fails where the page asked for anything but itself, or met an error."""
    asked: list[str] = []
    wrong: list[str] = []
    contexts = []

    def open_(view: str = "", **options: Any) -> Page:
        assert chromium.browser  # a window for each view, so that what one keeps is not another's
        context = chromium.browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **options})
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(f"{file.as_uri()}#{view}")
        expect(page.locator(".tile").first).to_be_visible()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [url[:80] for url in asked if url.split("#")[0] != file.as_uri() and not url.startswith("data:")] == []
    assert wrong == []


def focused(page: Page) -> str:
    """The alt text or name of the tile that has the focus."""
    found = page.evaluate(
        "() => { const now = document.activeElement; return now.querySelector('img')?.alt ?? now.ariaLabel ?? ''; }"
    )
    return str(found)


def place(style: str, guidance: int, seed: int = 1, prompt: str = "a beach") -> re.Pattern[str]:
    return re.compile(re.escape(f"prompt: {prompt}, style: {style}, cfg_scale: {guidance}, seed: {seed}"))


def choose(page: Page, axis: str, role: str) -> None:
    page.get_by_label(f"{axis} is shown as").select_option(label=role)


def table(page: Page) -> tuple[list[str], list[str]]:
    """The labels of the rows and of the columns."""
    return page.locator(".grid tbody th").all_inner_texts(), page.locator(".grid thead th").all_inner_texts()


def dialog(page: Page, name: str) -> Locator:
    found = page.locator(f"dialog#{name}")
    expect(found).to_be_visible()
    return found


# ---- what is there --------------------------------------------------------------------------------------------------


def test_hundreds_of_tiles_open_as_a_table_with_every_picture_named(open_gallery: Open) -> None:
    page = open_gallery()
    assert page.title() == "Skies & <b>seas</b>"
    expect(page.get_by_role("heading", name="Skies & <b>seas</b>")).to_be_visible()
    expect(page.get_by_text("238 of 240 pictures")).to_be_visible()
    soon(lambda: [len(table(page)[0]), table(page)[1]], [3, STYLES])
    rows, _ = table(page)
    assert rows[1] == "一艘飞船飞过绿色茶园"
    expect(page.get_by_role("grid", name="Pictures. Rows: prompt. Columns: style.")).to_be_visible()
    expect(page.get_by_role("gridcell")).to_have_count(12)
    pictures = page.locator(".tile img")
    soon(lambda: pictures.evaluate_all("all => all.every(one => one.alt && one.naturalWidth > 0)"), True)
    nameless = page.locator("button:visible, select:visible, input:visible").evaluate_all(
        "all => all.filter(one => !(one.ariaLabel || one.innerText || one.labels?.length || one.querySelector('img')?.alt))"
        ".map(one => one.outerHTML)"
    )
    assert nameless == []


def test_no_text_of_a_sweep_is_run_or_taken_for_markup(open_gallery: Open) -> None:
    page = open_gallery()
    page.locator(".tile").nth(8).click()
    zoom = dialog(page, "zoom")
    expect(zoom.locator(".places dd").first).to_have_text(HOSTILE)
    assert json.loads(zoom.locator("pre").inner_text())["prompt"] == HOSTILE
    assert page.evaluate("() => window.hacked === undefined && !document.querySelector('b b, h1 b, main b')")


# ---- the keyboard ---------------------------------------------------------------------------------------------------


def test_the_keyboard_walks_the_table_and_opens_and_closes_a_picture(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Go to the pictures")).to_be_focused()
    page.keyboard.press("Enter")
    soon(lambda: focused(page), place("anime", 1).search)
    for key, style, guidance in (
        ("ArrowRight", "comic-book", 1),
        ("ArrowDown", "comic-book", 4),
        ("End", "pixel-art", 4),
        ("ArrowRight", "pixel-art", 4),
        ("Home", "anime", 4),
        ("Control+End", "pixel-art", 30),
        ("Control+Home", "anime", 1),
        ("ArrowDown", "anime", 4),
    ):
        page.keyboard.press(key)
        soon(lambda: focused(page), place(style, guidance).search)
    page.keyboard.press("Enter")
    zoom = dialog(page, "zoom")
    expect(zoom.get_by_role("img", name=place("anime", 4))).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(zoom.get_by_role("img", name=place("comic-book", 7))).to_be_visible()
    page.keyboard.press("n")  # the first axis that is neither rows nor columns: the prompt
    expect(zoom.get_by_role("img", name=place("comic-book", 7, prompt=PROMPTS[1]))).to_be_visible()
    page.keyboard.press("Escape")
    expect(zoom).to_be_hidden()
    soon(lambda: focused(page), place("comic-book", 7, prompt=PROMPTS[1]).search)


def test_the_next_page_keeps_the_place_under_the_keyboard(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(6).focus()
    page.keyboard.press("n")
    soon(lambda: focused(page), place("photographic", 4, prompt=PROMPTS[1]).search)
    page.keyboard.press("ArrowRight")
    soon(lambda: focused(page), place("pixel-art", 4, prompt=PROMPTS[1]).search)


def test_one_tile_alone_can_be_reached_with_tab(open_gallery: Open) -> None:
    page = open_gallery()
    expect(page.locator(".tile[tabindex='0']")).to_have_count(1)
    page.locator(".tile").nth(5).focus()
    expect(page.locator(".tile[tabindex='0']")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    soon(lambda: page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle"), "solid")


def test_help_opens_on_a_key_lists_the_keys_and_can_turn_letters_off(open_gallery: Open) -> None:
    page = open_gallery()
    page.keyboard.press("?")
    told = dialog(page, "help")
    expect(told.locator("kbd", has_text="Enter")).to_be_visible()
    expect(told.get_by_text("mark the picture; with two marked, compare them")).to_be_visible()
    told.get_by_label("Single letters work as keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(told).to_be_hidden()
    page.get_by_role("button", name="Help").click()
    told.get_by_label("Single letters work as keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    soon(lambda: table(page)[0], STYLES)


# ---- axes -----------------------------------------------------------------------------------------------------------


def test_any_axis_can_be_rows_columns_tabs_slider_or_picker(open_gallery: Open) -> None:
    page = open_gallery()
    choose(page, "cfg_scale", "↓ Rows")  # the prompt, which had the rows, takes its place
    soon(lambda: table(page), ([str(one) for one in GUIDANCES], STYLES))
    expect(page.get_by_label("prompt is shown as")).to_have_value(re.compile("Tabs"))
    page.get_by_role("radio", name=PROMPTS[1]).check(force=True)
    expect(page.locator(".tile img").first).to_have_attribute("alt", place("anime", 1, prompt=PROMPTS[1]))
    choose(page, "prompt", "Slider")
    slider = page.get_by_label("Value of prompt")
    expect(slider).to_have_attribute("aria-valuetext", PROMPTS[1])
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".tile img").first).to_have_attribute("alt", place("anime", 1))
    choose(page, "seed", "Picker")
    page.get_by_label("Value of seed").select_option(label="3")
    expect(page.locator(".tile img").nth(1)).to_have_attribute("alt", place("comic-book", 1, 3))
    page.locator(".tile").first.focus()
    page.keyboard.press("t")
    soon(lambda: table(page), (STYLES, [str(one) for one in GUIDANCES]))


def test_an_axis_alone_runs_on_over_the_page_and_none_shows_one_picture(open_gallery: Open) -> None:
    page = open_gallery("columns=cfg_scale")
    choose(page, "cfg_scale", "→ Columns")
    expect(page.get_by_role("list", name="Pictures. cfg_scale")).to_be_visible()
    soon(lambda: page.locator(".item .label").all_inner_texts(), [str(one) for one in GUIDANCES])
    page.set_viewport_size({"width": 500, "height": 900})

    def across() -> int:
        return int(page.locator(".item").evaluate_all(_IN_FIRST_LINE))

    soon(across, lambda many: 1 < many < 5)  # the page sizes its pictures anew when it hears of its new width
    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowDown")
    soon(lambda: focused(page), place("anime", GUIDANCES[across()]).search)
    choose(page, "cfg_scale", "Picker")
    expect(page.locator(".tile")).to_have_count(1)


# ---- two tiles ------------------------------------------------------------------------------------------------------


def test_two_marked_tiles_are_compared_side_by_side_and_in_words(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(0).focus()
    page.keyboard.press("c")
    expect(page.get_by_text("Mark another picture to compare the two.")).to_be_visible()
    expect(page.get_by_label("marked A")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    compared = dialog(page, "compare")
    soon(lambda: compared.locator("figcaption").all_inner_texts(), ["A cfg_scale 1", "B cfg_scale 4"])
    expect(compared.get_by_role("img")).to_have_count(2)
    rows = compared.locator("tbody tr")
    soon(lambda: rows.first.inner_text().split(), ["cfg_scale", "1", "4"])
    expect(rows.filter(has_text="seed")).to_have_count(0)
    page.keyboard.press("s")
    expect(compared.locator("figcaption").first).to_have_text("A cfg_scale 4")
    page.keyboard.press("Escape")
    expect(compared).to_be_hidden()
    page.locator(".tile").nth(0).focus()
    page.keyboard.press("x")
    expect(page.locator("#marks")).to_be_hidden()


def test_a_swipe_moves_by_key_and_by_hand(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(0).click(modifiers=["Shift"])
    page.locator(".tile").nth(2).click(modifiers=["Shift"])
    compared = dialog(page, "compare")
    page.keyboard.press("v")
    over = compared.locator(".over-a")
    shown = "one => getComputedStyle(one).clipPath"
    soon(lambda: over.evaluate(shown), "inset(0px 50% 0px 0px)")
    compared.get_by_role("button", name="Swap A and B").focus()
    page.keyboard.press("ArrowLeft")
    soon(lambda: over.evaluate(shown), "inset(0px 52% 0px 0px)")
    page.keyboard.press("Shift+ArrowRight")
    soon(lambda: over.evaluate(shown), "inset(0px 42% 0px 0px)")
    box = compared.locator(".frame").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    soon(lambda: over.evaluate(shown), "inset(0px 75% 0px 0px)")
    expect(compared.get_by_label("How much of A is shown, in percent")).to_have_value("25")
    page.keyboard.press("v")
    expect(compared.locator("figure")).to_have_count(2)


# ---- one tile -------------------------------------------------------------------------------------------------------


def test_an_open_tile_shows_its_settings_and_gives_its_body(open_gallery: Open, file: Path) -> None:
    page = open_gallery("rows=cfg_scale&columns=style", permissions=["clipboard-read", "clipboard-write"])
    page.locator(".tile").nth(6).click()
    zoom = dialog(page, "zoom")
    told = dict(
        zip(zoom.locator("dt").all_inner_texts(), zoom.locator("dd").all_inner_texts(), strict=True),
    )
    assert told["style"] == "photographic"
    assert (told["cfg_scale"], told["seed"], told["cost"]) == ("4", "1", "0.00 USD")
    assert told["size"] == "48 × 48 pixels"
    assert "seconds" in told
    page.keyboard.press("b")
    expect(page.get_by_role("status")).to_have_text("The request body is copied.")
    body = json.loads(page.evaluate("() => navigator.clipboard.readText()"))
    assert (body["style"], body["cfg_scale"], body["steps"]) == ("photographic", 4, 30)
    zoom.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status")).to_have_text("The link to this view is copied.")
    soon(lambda: page.evaluate("async () => await navigator.clipboard.readText() === location.href"), True)
    zoom.get_by_role("button", name="Next").click()
    expect(zoom.get_by_role("img", name=place("pixel-art", 4))).to_be_visible()
    expect(zoom.get_by_role("button", name="Next")).to_be_disabled()


def test_a_selection_that_ends_outside_an_open_picture_leaves_it_open_and_a_click_outside_closes_it(
    open_gallery: Open,
) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(6).click()
    zoom = dialog(page, "zoom")
    text, whole = zoom.locator("pre").bounding_box(), zoom.bounding_box()
    assert text
    assert whole
    page.mouse.move(text["x"] + 5, text["y"] + 5)
    page.mouse.down()
    page.mouse.move(whole["x"] / 2, text["y"] + 30, steps=4)
    page.mouse.up()
    soon(lambda: page.evaluate("() => String(getSelection()).length > 0"), True)
    expect(zoom).to_be_visible()
    page.mouse.click(whole["x"] / 2, whole["y"] + 30)
    expect(zoom).to_be_hidden()


def test_an_open_picture_can_be_twice_as_large_and_moved_over(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(6).click()
    stage = dialog(page, "zoom").locator(".stage")

    def height() -> float:
        return float(stage.locator("img").evaluate("one => one.naturalWidth && one.getBoundingClientRect().height"))

    def top() -> float:
        return float(stage.evaluate("one => one.scrollTop"))

    soon(height, lambda high: high > 0)
    whole = height()
    page.keyboard.press("z")
    soon(height, lambda high: high > 1.8 * whole)
    soon(top, lambda now: now > 0)  # it opens on the middle
    before = top()
    page.keyboard.press("ArrowDown")
    soon(top, lambda now: now > before)
    page.keyboard.press("z")
    page.keyboard.press("ArrowDown")
    expect(dialog(page, "zoom").get_by_role("img", name=place("photographic", 7))).to_be_visible()


def test_copying_works_where_the_browser_has_no_clipboard_for_pages(open_gallery: Open) -> None:
    page = open_gallery()
    page.evaluate("() => Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.evaluate("() => document.addEventListener('copy', () => { window.copied = String(getSelection()) || "
                  "document.activeElement.value; })")  # fmt: skip
    page.locator(".tile").first.focus()
    page.keyboard.press("b")
    expect(page.get_by_role("status")).to_have_text("The request body is copied.")
    soon(lambda: json.loads(page.evaluate("() => window.copied ?? '{}'")).get("style"), "anime")
    assert page.locator("textarea").count() == 0


def test_a_failure_says_its_kind_and_reason_in_the_table_and_its_way_out_when_open(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    hole = page.locator(".tile").nth(1)
    expect(hole).to_contain_text("filtered")
    expect(hole).to_contain_text("The content filter stopped it.")
    hole.click()
    zoom = dialog(page, "zoom")
    for text in ("Its words met a policy.", "Use other words."):
        expect(zoom.get_by_text(text)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    listed = dialog(page, "failures")
    expect(listed.locator("tbody tr")).to_have_count(2)
    listed.get_by_role("button", name=re.compile("seed: 4")).click()  # it lies on another page
    expect(zoom.locator(".places dd").nth(3)).to_have_text("4")
    page.keyboard.press("Escape")
    expect(page.locator(".tile:focus")).to_contain_text("filtered")


# ---- links ----------------------------------------------------------------------------------------------------------


def test_the_address_keeps_the_view_through_a_reload_and_in_a_link(open_gallery: Open) -> None:
    page = open_gallery()
    choose(page, "cfg_scale", "↓ Rows")
    choose(page, "seed", "Slider")
    choose(page, "prompt", "Picker")
    page.get_by_label("Value of prompt").select_option(label=PROMPTS[1])
    page.get_by_label("Value of seed").fill("2")
    page.get_by_label("Under each picture").select_option(label="seed")
    page.get_by_label("Picture size").fill("128")
    page.locator(".tile").nth(5).focus()
    page.keyboard.press("c")
    page.locator(".tile").nth(6).click()
    dialog(page, "zoom")

    def same(other: Page) -> None:
        zoom = dialog(other, "zoom")
        expect(zoom.get_by_role("img", name=place("photographic", 4, 3, PROMPTS[1]))).to_be_visible()
        other.keyboard.press("Escape")
        soon(lambda: table(other), ([str(one) for one in GUIDANCES], STYLES))
        soon(lambda: other.locator(".note").all_inner_texts(), ["3"] * 20)
        soon(lambda: other.locator(".frame").first.evaluate("one => one.offsetWidth"), 128)
        expect(other.locator(".tile").nth(5).get_by_label("marked A")).to_be_visible()

    link = page.evaluate("() => location.href")
    page.reload()
    same(page)
    same(open_gallery(link.partition("#")[2]))


def test_the_address_keeps_a_comparison_and_follows_its_changes(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(0).click(modifiers=["Shift"])
    page.locator(".tile").nth(2).click(modifiers=["Shift"])
    dialog(page, "compare")
    page.keyboard.press("v")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    soon(lambda: page.evaluate("() => location.href"), lambda url: "compare=swipe%2C52" in url)
    page.reload()
    over = dialog(page, "compare").locator(".over-a")
    soon(lambda: over.evaluate("one => getComputedStyle(one).clipPath"), "inset(0px 48% 0px 0px)")


def test_a_link_is_followed_whatever_is_open_or_just_being_closed(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style")
    page.locator(".tile").nth(2).click()
    dialog(page, "zoom")
    first = page.evaluate("() => location.hash")
    page.keyboard.press("ArrowRight")
    zoom = dialog(page, "zoom")
    expect(zoom.get_by_role("img", name=place("pixel-art", 1))).to_be_visible()
    page.evaluate("(hash) => { location.hash = hash; }", first)  # with a picture open
    expect(zoom.get_by_role("img", name=place("photographic", 1))).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(zoom.get_by_role("img", name=place("photographic", 4))).to_be_visible()
    soon(lambda: page.evaluate("() => location.hash"), lambda now: "open=" in now and now != first)
    page.evaluate("() => { document.querySelector('#zoom').close(); location.hash = 'rows=seed&columns=cfg_scale'; "
                  "window.dispatchEvent(new Event('resize')); }")  # fmt: skip
    expect(page.locator(".grid tbody th").last).to_have_text("4")
    expect(zoom).to_be_hidden()


def test_a_link_from_another_sweep_is_followed_as_far_as_it_goes(open_gallery: Open) -> None:
    page = open_gallery(
        "rows=nothing&columns=style&at=seed%3D99&at=cfg_scale%3D7&open=gone&marks=gone,x&size=abc&compare=x"
    )
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".tile img").first).to_have_attribute("alt", place("anime", 7))


# ---- colours and paper ----------------------------------------------------------------------------------------------

_CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const light = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => { for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)') return colour;
  } return 'white'; };
  const all = document.querySelectorAll('h1, .facts, summary, .tool, button:not(.tile, .mark, :disabled), select, th, .corner, .name, .choice span, .hole strong, .hole span, dt, dd, pre, .letter, .slide .told');
  return [...all].filter((one) => one.checkVisibility()).map((one) => {
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    return [`${one.tagName}.${one.className} ${one.textContent.slice(0, 20)}`, (a + 0.05) / (b + 0.05)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_legible_in_light_and_in_dark(open_gallery: Open, scheme: Any) -> None:
    page = open_gallery("rows=cfg_scale&columns=style&tabs=prompt", color_scheme=scheme)
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(247, 246, 242)" if scheme == "light" else "rgb(23, 23, 22)")
    page.locator(".tile").nth(2).click(modifiers=["Shift"])
    told = page.evaluate(_CONTRASTS)
    page.locator(".tile").nth(1).click()
    dialog(page, "zoom")
    told += page.evaluate(_CONTRASTS)
    assert len(told) > 60
    assert [(name, ratio) for name, ratio in told if ratio < 4.5] == []


def test_the_colours_can_be_chosen_against_the_system_and_the_choice_is_kept(open_gallery: Open) -> None:
    page = open_gallery(color_scheme="light")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    page.get_by_label("Colours").select_option(label="dark")
    soon(lambda: page.evaluate(ground), "rgb(23, 23, 22)")
    page.reload()
    soon(lambda: page.evaluate(ground), "rgb(23, 23, 22)")
    expect(page.get_by_label("Colours")).to_have_value("dark")
    page.keyboard.press("d")  # back to the system's
    soon(lambda: page.evaluate(ground), "rgb(247, 246, 242)")


def test_on_paper_the_table_stands_alone_in_ink_on_white(open_gallery: Open) -> None:
    page = open_gallery("rows=cfg_scale&columns=style", color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.get_by_role("button", name="Help")).to_be_hidden()
    expect(page.get_by_text("prompt: a beach · seed: 1")).to_be_visible()
    expect(page.locator(".grid tbody th").first).to_be_visible()
    soon(lambda: page.evaluate("() => getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
    main = page.locator("main")
    soon(lambda: main.evaluate("one => one.scrollHeight <= one.clientHeight"), True)
    soon(lambda: page.evaluate("() => document.body.scrollWidth <= innerWidth"), True)
