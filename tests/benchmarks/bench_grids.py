"""What a grid of 10 x 10 stored pictures of 1024 x 1024 costs, over matplotlib's imshow of the pictures in full size.

    python -m tests.benchmarks.bench_grids [--rounds 3] [--side 10]

Each way runs in processes of its own, in turn, so that all meet the same weather; the medians are compared. Time is
that of drawing, imports left out; memory is the process's peak over what it held before it drew.

notebook    helpers' grid as a notebook shows it, from the stored thumbnails
unreduced   the same where there are no thumbnails, so that every full picture is read
file        the grid in a file, each picture at 512 pixels
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_COUNT = 0.25
WAYS = {"notebook": MAX_COUNT, "unreduced": None, "file": None}


def main() -> None:
    """Print one row a way, with what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", type=int, default=10, help="pictures in a row and in a column")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way == "store":
        store(Path(options.folder), options.side)
    elif options.way:
        print(json.dumps(measured(options.way, Path(options.folder), options.side)))
    if options.way:
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(a_process("store", folder, options.side), check=True)  # a light parent: its peak is inherited
        told: dict[str, list[tuple[float, float]]] = {}
        for _ in range(options.rounds):
            for way in ("imshow", *WAYS):
                told.setdefault(way, []).append(in_a_process(way, folder, options.side))
    seconds, grown = middle(told["imshow"])
    print(f"imshow, full size: {seconds:.2f} s, {grown:.0f} MB more at the peak")
    for way, most in WAYS.items():
        took, more = middle(told[way])
        wanted = f"wanted <= {most}" if most else "for comparison"
        print(
            f"{way:<10} time {took / seconds:6.3f}   memory {more / grown:6.3f}   {wanted}   {took:.2f} s, {more:.0f} MB"
        )


def store(folder: Path, side: int) -> None:
    """A sweep's pictures as its store keeps them: noise over waves, which compresses about as badly as a photo."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:1024, 0:1024] / 1024
    for number in range(side * side):
        waves = np.sin(x * (number % side + 3) + y * (number // side + 2))[..., None]
        pixels = waves * 90 + 128 + rng.normal(0, 6, (1024, 1024, 3))
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        image.save(folder / f"{number}.png", compress_level=1)
        image.thumbnail((256, 256))
        image.save(folder / f"{number}.webp", quality=80)


def in_a_process(way: str, folder: str, side: int) -> tuple[float, float]:
    """Seconds and MB of one way."""
    done = subprocess.run(a_process(way, folder, side), capture_output=True, text=True, check=True)
    seconds, grown = json.loads(done.stdout)
    return seconds, grown


def a_process(way: str, folder: str, side: int) -> list[str]:
    """The command that does one thing in a process of its own."""
    return [sys.executable, "-m", "tests.benchmarks.bench_grids", "--way", way, "--folder", folder, "--side", str(side)]


def measured(way: str, folder: Path, side: int) -> tuple[float, float]:
    """Draw once, after one small drawing that has imported and opened everything."""
    draw = imshow if way == "imshow" else grid_of(way)
    draw(folder, 2)
    before = held()
    began = time.perf_counter()
    draw(folder, side)
    return time.perf_counter() - began, peak() - before


def imshow(folder: Path, side: int) -> None:
    """What most notebooks do."""
    import io

    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from PIL import Image

    figure, axes = plt.subplots(side, side, figsize=(12.8, 12.8))
    for number, place in enumerate(axes.flat):
        place.imshow(Image.open(folder / f"{number}.png"))
        place.axis("off")
    figure.savefig(io.BytesIO(), format="png", dpi=100)
    plt.close(figure)


def grid_of(way: str) -> Callable[[Path, int], None]:
    """The workshop's own."""
    from helpers.display import showing
    from helpers.pictures import writing
    from helpers.sweeps.axes.tiles import Axis, Coordinate, Tile
    from helpers.sweeps.shown import grids
    from helpers.sweeps.shown.arranging import arrange

    def draw(folder: Path, side: int) -> None:
        axes = tuple(Axis(name, tuple(map(str, range(side))), tuple(range(side))) for name in ("cfg_scale", "seed"))
        tiles = []
        for number in range(side * side):
            where = tuple(
                Coordinate(axis.name, str(at), at) for axis, at in zip(axes, divmod(number, side), strict=True)
            )
            thumbnail = None if way == "unreduced" else folder / f"{number}.webp"
            body: dict[str, Any] = {"text_prompts": [{"text": "waves"}]}
            tiles.append(Tile(str(number), where, body, "model", folder / f"{number}.png", thumbnail))
        (page,) = arrange(tiles, axes)
        if way == "file":
            writing.encode_image(grids.sheet(page, "Waves", grids.TILE), "PNG")
        else:
            showing.mime_bundle(grids.sheet(page, "Waves"), alt=grids.page_alt(page))

    return draw


def held() -> float:
    """The memory that this process holds now, in MB; where no file says so, the most that it has held."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return peak()
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak() -> float:
    """The most memory that this process has held, in MB."""
    if os.name == "nt":
        return 0.0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def middle(told: list[tuple[float, float]]) -> tuple[float, float]:
    """The medians of time and of memory."""
    seconds, grown = zip(*told, strict=True)
    return statistics.median(seconds), max(statistics.median(grown), 0.1)


if __name__ == "__main__":
    main()
