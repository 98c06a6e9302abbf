"""The pictures in data/ are what data/README.md says, and small enough to carry along."""

import re
from pathlib import Path

from PIL import Image

from helpers import recipes

DATA = Path(__file__).resolve().parents[1] / "data"
HOW = (DATA / "README.md").read_text(encoding="utf-8")


def test_the_init_image_is_legal_small_and_carries_the_request_that_the_page_gives() -> None:
    path = DATA / "sample_init.png"
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (512, 512))
    assert path.stat().st_size < 500_000
    told = re.search(r'^boat = draw\("([^"]+)", (\d+)\)$', HOW, re.MULTILINE)
    found = recipes.read_metadata(path)
    assert told
    assert found
    assert found["body"]["text_prompts"][0]["text"] == told.group(1)
    assert found["seed"] == int(told.group(2))


def test_the_picture_of_the_first_page_is_small() -> None:
    path = DATA / "readme.jpg"
    with Image.open(path) as image:
        assert image.format == "JPEG"
        assert 1270 <= image.width <= 1280
    assert path.stat().st_size < 250_000


def test_every_file_in_the_folder_is_on_its_page() -> None:
    names = {path.name + "/" * path.is_dir() for path in DATA.iterdir()} - {"README.md"}
    assert names == set(re.findall(r"^\| `([^`]+)` \|", HOW, re.MULTILINE))
