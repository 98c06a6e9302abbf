"""The gallery's one file: what it holds, that no text in it can do harm, and that it asks nobody for anything."""

import base64
import hashlib
import html.parser
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sd_parsers
from PIL import Image

from helpers.errors import PictureExistsError
from helpers.recipes import infotext
from helpers.sweeps.axes.tiles import Axis, Tile
from helpers.sweeps.shown.gallery import build, page_data
from helpers.sweeps.shown.gallery.labels import KEYS, LABELS
from tests.sweeps.sample_tiles import FILTERED, axes_of, tiles_of

ROOT = Path(__file__).resolve().parents[2]

PARTS = Path(build.__file__).with_name("page")
HOSTILE = (
    "</script><script>window.hacked=1</script><!--<img src=x onerror=window.hacked=1> \" ' ` ${1} {{data}} \u2028 &lt;"
)


class Page(html.parser.HTMLParser):
    """The page's elements as a browser would read them, and its data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.started: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, str] = {}
        self._open = ""
        self.feed(text)
        self.data: dict[str, Any] = json.loads(self.inside["data"])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {key: value or "" for key, value in attrs}
        self.started.append((tag, told))
        self._open = told.get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.inside[self._open] = self.inside.get(self._open, "") + data


Sweep = tuple[list[Tile], tuple[Axis, ...]]


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """Two skies and three guidances."""
    axes = axes_of(sky=["sunset", "茶园"], cfg_scale=[1, 7, 30])
    return tiles_of(tmp_path / "tiles", axes), axes


def picture(code: str) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(code, validate=True)))
    assert image.format == "WEBP"
    return image


def test_a_gallery_is_one_file_with_every_tile_and_its_place(sweep: Sweep, tmp_path: Path) -> None:
    path = build.write(tmp_path / "new" / "out.html", *sweep, "Skies")
    assert [file.name for file in path.parent.iterdir()] == ["out.html"]
    data = Page(path.read_text("utf-8")).data
    assert data["title"] == "Skies"
    assert [(axis["name"], axis["labels"]) for axis in data["axes"]] == [
        ("sky", ["sunset", "茶园"]),
        ("cfg_scale", ["1", "7", "30"]),
    ]
    assert [tile["at"] for tile in data["tiles"]] == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert data["tiles"][4]["alt"] == "Picture for sky: 茶园, cfg_scale: 7. 64 by 64 pixels."
    assert data["facts"] == ["6 of 6 pictures", "SDXL 1.0", "0.00 USD spent", "list price 0.24 USD"]
    assert data["alike"] == [["prompt", "a beach"]]


def test_the_page_may_run_its_own_script_and_ask_nobody_for_anything(sweep: Sweep) -> None:
    text = build.page(*sweep)
    page = Page(text)
    (policy,) = (told["content"] for tag, told in page.started if told.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        found = re.search(rf"<{kind}>(.*?)</{kind}>", text, re.S)
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert [told for _, told in page.started if {"src", "href", "action", "style", "onclick"} & set(told)] == []
    assert not re.search(r"https?://|//[a-z]+\.|@import|url\(", text.replace('"data":', ""))


def test_no_text_in_a_sweep_can_leave_its_place(tmp_path: Path) -> None:
    axes = axes_of(prompt=[HOSTILE, "a lake"], seed=[1])
    tiles = tiles_of(tmp_path, axes, prompt=HOSTILE)
    tiles[1] = replace(tiles[1], path=None, failure=replace(FILTERED, what=HOSTILE))
    text = build.page(tiles, axes, HOSTILE)
    page = Page(text)
    assert [tag for tag, _ in page.started].count("script") == 2
    assert [tag for tag, _ in page.started].count("img") == 0
    assert page.inside["title"] == page.data["title"] == HOSTILE
    assert page.data["axes"][0]["labels"][0] == HOSTILE
    assert json.loads(page.data["tiles"][0]["body"])["text_prompts"][0]["text"] == HOSTILE
    assert page.data["tiles"][1]["failure"]["what"] == HOSTILE


def test_a_tile_without_a_picture_says_kind_reason_and_way_out(sweep: Sweep) -> None:
    tiles, axes = sweep
    tiles[0] = replace(tiles[0], path=None, thumbnail=None, failure=FILTERED)
    tiles[1] = replace(tiles[1], path=None, thumbnail=None, failure=replace(FILTERED, kind="timeout"))
    tiles[2] = replace(tiles[2], path=None, thumbnail=None)
    assert tiles[3].path
    tiles[3].path.write_bytes(b"no picture")
    data = Page(build.page(tiles, axes)).data
    first, second, third, fourth, fifth, _ = data["tiles"]
    assert first["failure"] == {
        "kind": "filtered",
        "what": "The content filter stopped it.",
        "why": "Its words met a policy.",
        "fix": "Use other words.",
    }
    assert first["alt"] == "No picture for sky: sunset, cfg_scale: 1: filtered. The content filter stopped it."
    assert second["failure"]["kind"] == "timed out"
    assert (third["failure"]["kind"], third["alt"]) == ("not made yet", "Not made yet: sky: sunset, cfg_scale: 30.")
    assert (fourth["failure"]["kind"], "3.png" in fourth["failure"]["what"]) == ("lost", True)
    assert all(tile["failure"][part] for tile in (third, fourth) for part in ("what", "why", "fix"))
    assert "failure" not in fifth
    assert data["facts"][0] == "2 of 6 pictures"


def test_a_tile_tells_its_settings_and_what_it_cost(sweep: Sweep) -> None:
    tiles, axes = sweep
    tiles[0] = replace(tiles[0], cost=0.042, backend="aws", seconds=3.14159, seed=0, model="some.model-v9:0")
    told = Page(build.page(tiles, axes)).data["tiles"][0]["facts"]
    assert told == {
        "seed": "0",
        "pixels": "64 × 64 pixels",
        "cost": "0.042 USD",
        "price": "0.04 USD",
        "seconds": "3.14",
        "model": "some.model-v9:0",
        "where": "Amazon Bedrock",
        "file": "0.png",
    }


def test_a_body_is_kept_as_it_would_be_sent_with_its_numbers_and_its_order(sweep: Sweep) -> None:
    tiles, axes = sweep
    body = {"seed": 1, "cfg_scale": 7.0, "text_prompts": [{"text": "一片海滩 “quoted”", "weight": -1.0}], "a": None}
    tiles[0] = replace(tiles[0], body=body)
    assert Page(build.page(tiles, axes)).data["tiles"][0]["body"] == json.dumps(body, ensure_ascii=False, indent=2)


def test_tiles_that_ask_for_the_same_keep_names_of_their_own(sweep: Sweep) -> None:
    tiles, axes = sweep
    tiles = [replace(tile, key="ab" * 32) for tile in tiles]
    keys = [tile["key"] for tile in Page(build.page(tiles, axes)).data["tiles"]]
    assert len(set(keys)) == len(keys) == 6


def test_a_picture_in_many_bodies_is_kept_once_and_a_very_large_one_not_at_all(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles, axes = sweep
    init = base64.b64encode(bytes(range(256)) * 12).decode()
    tiles = [replace(tile, body={**tile.body, "init_image": init}) for tile in tiles]
    text = build.page(tiles, axes)
    data = Page(text).data
    assert text.count(init) == 1
    name = json.loads(data["tiles"][5]["body"])["init_image"]
    assert data["inputs"] == {name: init}
    assert not data["inputsLeftOut"]
    monkeypatch.setattr(page_data, "MAX_INPUTS", len(init) - 1)
    data = Page(build.page(tiles, axes)).data
    assert (data["inputs"], data["inputsLeftOut"]) == ({}, True)


def test_a_long_prompt_is_no_picture(sweep: Sweep) -> None:
    tiles, axes = sweep
    words = "a serene beach at sunset, " * 200
    tiles[0] = replace(tiles[0], body={"text_prompts": [{"text": words}]})
    assert words in json.loads(Page(build.page(tiles, axes)).data["tiles"][0]["body"])["text_prompts"][0]["text"]


def test_pictures_are_kept_at_the_size_asked_for_and_large_ones_with_a_small_one_beside(tmp_path: Path) -> None:
    axes = axes_of(seed=[1])
    tiles = tiles_of(tmp_path, axes, (1200, 600))
    for full, small, large in ((256, (256, 128), None), (400, (400, 200), None), (900, (256, 128), (900, 450))):
        (told,) = Page(build.page(tiles, axes, full=full)).data["tiles"]
        assert picture(told["thumb"]).size == small
        assert (picture(told["full"]).size if told["full"] else None) == large
        assert (told["width"], told["height"]) == (1200, 600)
        shown = " × ".join(map(str, large or small))
        assert told["facts"]["pixels"] == f"1200 × 600 pixels, {shown} in this page"


def test_the_more_tiles_the_smaller_each_so_that_the_file_stays_a_few_mb() -> None:
    sizes = [page_data.full_size(count) for count in (1, 24, 25, 60, 160, 300, 320, 321, 5000)]
    assert sizes == [1024, 1024, 768, 768, 512, 384, 384, 256, 256]


def test_a_gallery_of_thumbnails_reads_the_thumbnails_alone(tmp_path: Path) -> None:
    axes = axes_of(seed=[1])
    (tile,) = tiles_of(tmp_path, axes, (300, 300))
    assert tile.path
    assert tile.thumbnail
    Image.new("RGB", (256, 256), "#00ff00").save(tile.thumbnail, "WEBP")
    (told,) = Page(build.page([tile], axes, full=256)).data["tiles"]
    colour = picture(told["thumb"]).convert("RGB").getpixel((200, 200))
    assert isinstance(colour, tuple)
    assert colour[1] > 240
    assert colour[0] < 20
    tile.thumbnail.unlink()
    (told,) = Page(build.page([replace(tile, thumbnail=None)], axes, full=256)).data["tiles"]
    assert picture(told["thumb"]).size == (256, 256)


@pytest.mark.parametrize("full", [256, 400, 900])
def test_a_picture_saved_from_the_page_tells_its_prompt_and_settings_and_costs_less_than_a_kilobyte(
    tmp_path: Path, full: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = axes_of(cfg_scale=[1, 7.5], seed=[3, 4])
    tiles = tiles_of(tmp_path, axes, (1024, 512), "a serene beach, 海滩", steps=20, sampler="K_EULER_ANCESTRAL")
    shown = Page(build.page(tiles, axes, full=full)).data["tiles"]
    monkeypatch.setattr(infotext, "stamped_preview", lambda webp, *_: webp)
    without = Page(build.page(tiles, axes, full=full)).data["tiles"]
    for tile, told, bare in zip(tiles, shown, without, strict=True):
        for name in ("thumb", "full"):
            if not told[name]:
                continue
            saved = base64.b64decode(told[name])
            assert len(saved) - len(base64.b64decode(bare[name])) < 1000
            assert picture(told[name]).tobytes() == picture(bare[name]).tobytes()
            with Image.open(io.BytesIO(saved)) as image:
                found = sd_parsers.ParserManager().parse(image)
            assert found is not None
            assert found.samplers[0].prompts[0].value == "a serene beach, 海滩"
            assert found.samplers[0].name == "Euler a"
            settings = {name: str(tile.body[name]) for name in ("cfg_scale", "seed", "steps")}
            assert found.samplers[0].parameters == settings
            assert found.metadata["Size"] == "1024x512"


def test_what_cannot_be_written_is_refused_in_words(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'"out.html"'):
        build.write(tmp_path / "out.pdf", *sweep)
    with pytest.raises(ValueError, match="at least one tile"):
        build.write(tmp_path / "out.html", [], sweep[1])
    with pytest.raises(ValueError, match="cannot be 0 pixels"):
        build.write(tmp_path / "out.html", *sweep, full=0)
    assert list(tmp_path.glob("out*")) == []


def test_the_same_gallery_again_changes_nothing_and_another_needs_leave(sweep: Sweep, tmp_path: Path) -> None:
    path = build.write(tmp_path / "out.html", *sweep)
    before = path.stat().st_mtime_ns
    assert build.write(path, *sweep) == path
    assert path.stat().st_mtime_ns == before
    with pytest.raises(PictureExistsError, match="overwrite=True"):
        build.write(path, *sweep, "another title")
    assert build.write(path, *sweep, "another title", overwrite=True) == path
    assert "another title" in path.read_text("utf-8")


def test_everything_that_a_gallery_says_comes_from_one_table(sweep: Sweep) -> None:
    marked = {word: f"§{text}" for word, text in LABELS.items()}
    text = build.page(*sweep, labels=marked, language="zh-CN")
    data = Page(text).data
    assert '<html lang="zh-CN">' in text
    assert data["words"] == marked
    assert all(fact.startswith("§") for fact in data["facts"] if fact != "SDXL 1.0")
    assert all(tile["alt"].startswith("§") for tile in data["tiles"])


def test_each_word_of_the_table_is_used_and_each_word_used_is_in_the_table() -> None:
    scripts = "".join(path.read_text("utf-8") for path in PARTS.glob("*.js"))
    python = "".join(PARTS.with_name(name).read_text("utf-8") for name in ("build.py", "page_data.py"))
    named = set(re.findall(r"(?:say|button)\('(\w+)'", scripts)) | set(re.findall(r'labels\["(\w+)"', python))
    assert named - set(LABELS) == set()
    assert {word for _, word in KEYS} - set(LABELS) == set()
    made_up = ("role_", "theme_", "fact_", "kind_", "where_", "unmade_", "lost_")  # a part of the word is a value
    told = scripts + python + str(KEYS)
    plain = [word for word in LABELS if not word.startswith(made_up)]
    assert [word for word in plain if not re.search(rf"""['"]{word}['"]""", told)] == []


def test_every_script_of_the_page_is_in_the_page() -> None:
    assert sorted(build._SCRIPTS) == sorted(path.name for path in PARTS.glob("*.js"))
