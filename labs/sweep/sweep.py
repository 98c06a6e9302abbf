"""A small parameter sweep through the Amazon Bedrock API: every guidance with every seed, on one sheet. boto3 and Pillow alone.

    python -m helpers.studio -- python labs/sweep/sweep.py     on the offline studio: no account, no cost
    python labs/sweep/sweep.py --show                          on AWS, with the credentials you have configured

Several calls are on their way at a time. A call that was one too many is made again after a pause; a picture that was
filtered gets a place on the sheet and a line in the table all the same, with the reason. Each sweep is saved in a new
folder under data/ beside this file: the pictures, sheet.png and tiles.csv.
SDXL 1.0 left AWS on 2025-05-20: there, this script reaches the service and explains the error that comes back.
"""

import argparse
import base64
import contextlib
import csv
import importlib.util
import io
import itertools
import json
import logging
import random
import sys
import textwrap
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image, ImageDraw, ImageFont

MODEL_ID = "stability.stable-diffusion-xl-v1"
PROMPT = "a serene beach at sunset"
CFG_SCALES = (1.0, 7.0, 14.0)
SEEDS = (10, 11, 12)
STEPS = 30
WORKERS = 4  # calls on their way at a time
ATTEMPTS = 6  # of one call, the first included
FIRST_WAIT = 1.0  # seconds before the second attempt, doubled for each further one
BUSY = ("ThrottlingException", "ServiceUnavailableException", "InternalServerException", "ModelTimeoutException")
SIDE, GAP, HEAD, TEXT = 256, 8, 32, 16  # pixels, on the sheet
FONTS = (  # with Chinese letters, as systems call them; Pillow looks for them in the system's folders
    "NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "wqy-microhei.ttc",
)  # fmt: skip
SET_UP = "For AWS, run `aws configure` first (`python -m pip install awscli` installs that command)."
HERE = Path(__file__).resolve().parent

logger = logging.getLogger(__name__)


class ImageError(Exception):
    """The model answered, but with no usable picture: finishReason is ERROR or CONTENT_FILTERED."""

    def __init__(self, finish_reason: str) -> None:
        self.finish_reason = finish_reason
        self.message = f"The model made no usable picture: finishReason is {finish_reason}."
        super().__init__(self.message)


@dataclass
class Tile:
    """One request of the sweep, and what came of it: a picture, or the reason why there is none."""

    cfg_scale: float
    seed: int
    picture: bytes = b""
    reason: str = ""
    calls: int = 0

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"cfg_scale-{self.cfg_scale:g}_seed-{self.seed}.png"


def generate_image(bedrock: Any, body: dict[str, Any]) -> bytes:
    """Send one request body to the model, once, and give back the picture as PNG bytes."""
    response = bedrock.invoke_model(
        modelId=MODEL_ID, body=json.dumps(body), contentType="application/json", accept="application/json"
    )
    artifact = json.loads(response["body"].read())["artifacts"][0]
    finish_reason = artifact["finishReason"]
    if finish_reason in ("ERROR", "CONTENT_FILTERED"):
        raise ImageError(finish_reason)
    return base64.b64decode(artifact["base64"])


def make(bedrock: Any, tile: Tile, prompt: str, steps: int) -> Tile:
    """Make the tile's picture, with pauses as long as the service is busy. The seed never changes on the way.

    What is wrong with this request alone becomes the tile's reason. What would stop every other one too is raised.
    """
    body = {"text_prompts": [{"text": prompt}], "cfg_scale": tile.cfg_scale, "seed": tile.seed, "steps": steps}
    while True:
        tile.calls += 1
        try:
            tile.picture = generate_image(bedrock, body)
        except ImageError as error:
            tile.reason = error.message
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in BUSY and tile.calls < ATTEMPTS:
                wait = FIRST_WAIT * 2 ** (tile.calls - 1) * random.uniform(0.75, 1.25)
                logger.info("%s: trying again in %.1f seconds", code, wait)
                time.sleep(wait)
                continue
            if code not in (*BUSY, "ValidationException"):
                raise
            tile.reason = str(error.response["Error"]["Message"])
        return tile


def client(workers: int) -> Any:
    """A client with a connection for each worker. Its own retries are off: one place counts and repeats, `make`."""
    config = Config(max_pool_connections=workers, retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("bedrock-runtime", config=config)


def sweep(tiles: Sequence[Tile], prompt: str, steps: int, workers: int, data: Path) -> Path:
    """Make every tile, and give back the folder that holds pictures, sheet and table.

    The first call is made alone: if the model is gone or the key is wrong, the others are never sent. After that each
    picture is written as it arrives, and an interrupted sweep keeps what it has paid for.
    """
    bedrock = client(workers)
    first = make(bedrock, tiles[0], prompt, steps)
    folder = new_folder(data)
    keep(first, folder)
    pool = ThreadPoolExecutor(workers)
    try:
        for _ in pool.map(lambda tile: keep(make(bedrock, tile, prompt, steps), folder), tiles[1:]):
            pass
    finally:
        pool.shutdown(cancel_futures=True)
        contact_sheet(tiles, prompt).save(folder / "sheet.png")
        write_table(tiles, folder / "tiles.csv")
    return folder


def keep(tile: Tile, folder: Path) -> None:
    if tile.picture:
        (folder / tile.name).write_bytes(tile.picture)


def new_folder(data: Path) -> Path:
    """Make the first folder whose name is free, so that no earlier sweep is lost."""
    data.mkdir(exist_ok=True)
    for number in itertools.count(1):
        folder = data / f"sweep_{number:03d}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable")


def contact_sheet(tiles: Sequence[Tile], title: str) -> Image.Image:
    """All tiles as a table with labels: a row for each seed, a column for each guidance."""
    columns = list(dict.fromkeys(tile.cfg_scale for tile in tiles))
    rows = list(dict.fromkeys(tile.seed for tile in tiles))
    left, top, step = 4 * HEAD, 2 * HEAD, SIDE + GAP
    sheet = Image.new("RGB", (left + len(columns) * step, top + len(rows) * step), "white")
    draw = ImageDraw.Draw(sheet)
    font = _font()
    draw.text((GAP, GAP), _drawable(title, font), "black", font)
    for column, cfg_scale in enumerate(columns):
        draw.text((left + column * step, HEAD + GAP), f"cfg_scale {cfg_scale:g}", "black", font)
    for row, seed in enumerate(rows):
        draw.text((GAP, top + row * step), f"seed {seed}", "black", font)
    for tile in tiles:
        corner = left + columns.index(tile.cfg_scale) * step, top + rows.index(tile.seed) * step
        if tile.picture:
            picture = Image.open(io.BytesIO(tile.picture)).convert("RGB")
            picture.thumbnail((SIDE, SIDE))
            sheet.paste(picture, corner)
        else:
            draw.rectangle((*corner, corner[0] + SIDE - 1, corner[1] + SIDE - 1), "#e6e3dc", "#8a877f")
            words = "\n".join(textwrap.wrap(tile.reason or "not made", 28))
            draw.text((corner[0] + GAP, corner[1] + GAP), _drawable(words, font), "black", font)
    return sheet


def _font() -> Any:
    """A font with Chinese letters where there is one, as a package or in the system; else Pillow's own."""
    package = importlib.util.find_spec("pylopdf_fonts_zh_cn")  # Noto Sans SC
    found = [str(Path(package.origin).with_name("NotoSansSC-Regular.otf"))] if package and package.origin else []
    for name in [*found, *FONTS]:
        with contextlib.suppress(OSError):
            return ImageFont.truetype(name, TEXT)
    return ImageFont.load_default(TEXT)


def _drawable(text: str, font: Any) -> str:
    """The text; with Pillow's own font, a question mark for each letter that it does not have, and that is said."""
    if isinstance(font.path, str) or text.isascii():
        return text
    plain = text.encode("latin-1", "replace").decode("latin-1")
    if plain != text:
        logger.warning("This machine has no font for %s: the sheet shows question marks.", text)
    return plain


def write_table(tiles: Sequence[Tile], path: Path) -> None:
    """One line a tile, for a spreadsheet."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["cfg_scale", "seed", "calls", "picture", "reason"])
        for tile in tiles:
            name = tile.name if tile.picture else ""
            rows.writerow([f"{tile.cfg_scale:g}", tile.seed, tile.calls, name, tile.reason])


def explain(error: ClientError) -> str:
    """The service's message, and what it means where the model is gone."""
    message = str(error.response["Error"]["Message"])
    if error.response["Error"]["Code"] != "ResourceNotFoundException":
        return message
    return (
        f"{message}\n{MODEL_ID} was retired on 2025-05-20; nothing is wrong with your requests. "
        "Run them on the offline studio:\n"
        "    python -m helpers.studio -- python labs/sweep/sweep.py"
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a picture for every guidance and every seed, and one sheet.")
    parser.add_argument("--prompt", default=PROMPT, help=f"what the pictures should show (default: {PROMPT})")
    parser.add_argument("--cfg-scale", type=float, nargs="+", default=CFG_SCALES, help="0 to 35 (default: 1 7 14)")
    parser.add_argument("--seed", type=int, nargs="+", default=SEEDS, help="1 and up (default: 10 11 12)")
    parser.add_argument("--steps", type=int, default=STEPS, help="10 to 150 (default: 30)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="calls on their way at a time (default: 4)")
    parser.add_argument("--show", action="store_true", help="open the sheet in a viewer")
    options = parser.parse_args(argv)
    if min(options.seed) < 1:
        parser.error("--seed: 0 is random, and no second run would meet the same picture: give seeds from 1.")
    if options.workers < 1:
        parser.error("--workers: at least one call has to be on its way.")
    return options


def main(argv: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    options = arguments(argv)
    pairs = itertools.product(dict.fromkeys(options.cfg_scale), dict.fromkeys(options.seed))
    tiles = [Tile(cfg_scale, seed) for cfg_scale, seed in pairs]
    print(f"{len(tiles)} pictures to make. On AWS each one is billed.")
    try:
        folder = sweep(tiles, options.prompt, options.steps, options.workers, HERE / "data")
    except ClientError as error:
        logger.error("A client error occurred: %s", explain(error))
        return 1
    except BotoCoreError as error:
        logger.error("No call was answered: %s %s", error, SET_UP)
        return 1
    failed = [tile for tile in tiles if not tile.picture]
    for tile in failed:
        logger.warning("cfg_scale %g, seed %s: %s", tile.cfg_scale, tile.seed, tile.reason)
    print(f"Made {len(tiles) - len(failed)} of {len(tiles)} pictures with {sum(tile.calls for tile in tiles)} calls.")
    print(f"Saved data/{folder.name} beside this script.")
    if options.show:
        Image.open(folder / "sheet.png").show()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
