"""The folder of tiles: killed at any instant, shared by two runs, tampered with; and what it says about why a tile ran."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import helpers
from helpers.errors import SetupError, WorkshopWarning
from helpers.recipes import infotext
from helpers.sweeps.run import store
from helpers.sweeps.run.tile_files import TileFiles
from helpers.sweeps.shown import tables
from tests.sweeps.fake_bedrock import ENGINE, FakeBedrock, answer, png

ROOT = Path(__file__).resolve().parents[2]

ROOT = Path(__file__).resolve().parents[2]
BODY = helpers.text_to_image("a serene beach at sunset", seed=5)
ROUNDS = 3  # of killing; more by hand: pytest -k killed with SWEEP_KILLS=30
TILES = 40

CHILD = """
import sys
import helpers
from tests.sweeps.fake_bedrock import client_of
body = helpers.text_to_image("a serene beach at sunset", seed=5)
sweep = helpers.Sweep(body, seed=range(1, int(sys.argv[3]) + 1), folder=sys.argv[2])
print("ready", flush=True)
sweep.run(client_of(sys.argv[1]), progress=False, workers=4)
print("done", flush=True)
"""


@pytest.fixture
def fake() -> Iterator[FakeBedrock]:
    server = FakeBedrock(lambda body, before: (200, "", answer(picture(body["seed"]), body["seed"])))
    yield server
    server.close()


def picture(seed: int) -> bytes:
    return png(seed, 512)


def sweep_in(folder: Path, tiles: int = TILES) -> helpers.Sweep:
    return helpers.Sweep(BODY, seed=range(1, tiles + 1), folder=folder)


def run(sweep: helpers.Sweep, fake: FakeBedrock) -> helpers.Sweep:
    return sweep.run(fake.client(), progress=False)


def child(fake: FakeBedrock, folder: Path, tiles: int = TILES) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, fake.endpoint, str(folder), str(tiles)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


def assert_whole(sweep: helpers.Sweep) -> int:
    """Every tile that counts as made shows its whole picture, and the right one; gives back how many there are."""
    made = [tile for tile in sweep.tiles if tile.made]
    for tile in made:
        assert tile.path is not None
        assert tile.thumbnail is not None
        with Image.open(tile.path) as image, Image.open(tile.thumbnail) as small:
            image.load()
            small.load()
            assert image.getpixel((0, 0)) == (tile.body["seed"] % 256, tile.body["seed"] // 256, 99)
    return len(made)


def rounds() -> int:
    return int(os.environ.get("SWEEP_KILLS", ROUNDS))


def test_a_run_that_is_killed_loses_no_more_than_the_calls_on_their_way(fake: FakeBedrock, tmp_path: Path) -> None:
    for number in range(rounds()):
        folder = tmp_path / str(number)
        fake.bodies.clear()
        process = child(fake, folder)
        wanted = random.randrange(1, TILES)
        while len(fake.bodies) < wanted and process.poll() is None:
            time.sleep(random.random() * 0.01)
        process.kill()  # SIGKILL; on Windows TerminateProcess, which is as sudden
        process.wait()
        asked = len(fake.bodies)

        again = sweep_in(folder)
        made = assert_whole(again)
        assert made >= asked - 4 - 4 - 4, "four calls are on their way, and as many answers wait or are being written"
        kept = {tile.body["seed"] for tile in again.tiles if tile.made}
        run(again, fake)
        assert assert_whole(again) == TILES
        assert not kept & set(fake.seeds[asked:]), "what was kept is not asked for again"


def test_two_runs_on_one_folder_do_not_harm_each_other(fake: FakeBedrock, tmp_path: Path) -> None:
    others = [child(fake, tmp_path) for _ in range(2)]
    for process in others:
        said, _ = process.communicate(timeout=120)
        assert said.strip() == "done"
    again = sweep_in(tmp_path)
    assert assert_whole(again) == TILES
    assert not list(tmp_path.rglob("*.tmp"))


def test_what_another_run_on_the_folder_has_made_meanwhile_is_not_asked_for_again(
    fake: FakeBedrock, tmp_path: Path
) -> None:
    draws = fake.script

    def slow_at_first(body: dict[str, Any], before: int) -> tuple[int, str, dict[str, Any]]:
        if not before:  # while this call waits for its answer, another run makes all the others
            run(helpers.Sweep(BODY, seed=range(2, TILES + 1), folder=tmp_path), fake)
        return draws(body, before)

    fake.script = slow_at_first
    sweep = sweep_in(tmp_path)
    sweep.run(fake.client(), progress=False, workers=1)
    assert fake.count == TILES
    assert assert_whole(sweep) == TILES
    assert sweep.receipt is not None
    assert (sweep.receipt.made, sweep.receipt.reused, sweep.receipt.calls) == (1, TILES - 1, 1)


@pytest.mark.parametrize("damage", ["cut", "zeros", "gone", "empty record", "half a record", "another key"])
def test_what_is_not_whole_is_made_again(fake: FakeBedrock, tmp_path: Path, damage: str) -> None:
    sweep = run(sweep_in(tmp_path, 2), fake)
    path = sweep.tiles[0].path
    assert path is not None
    record = path.with_name(f"{sweep.tiles[0].key[:32]}.json")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif damage == "zeros":
        path.write_bytes(bytes(path.stat().st_size))
    elif damage == "gone":
        path.unlink()
    elif damage == "another key":
        record.write_text(json.dumps({**json.loads(record.read_text("utf-8")), "key": "0" * 64}), "utf-8")
    else:
        record.write_bytes(record.read_bytes()[: 0 if damage == "empty record" else 40])

    again = sweep_in(tmp_path, 2)

    assert [tile.made for tile in again.tiles] == [False, True]
    if damage in ("cut", "zeros", "gone"):
        assert sweep.quote().made == 1, "a sweep that is open sees it too"
    assert assert_whole(run(again, fake)) == 2


@pytest.mark.parametrize("other", ["painted 0.9.0", "sdxl 0.2.0"])
def test_a_studio_with_another_engine_or_version_draws_its_tiles_again_and_says_so(
    fake: FakeBedrock, tmp_path: Path, other: str
) -> None:
    run(sweep_in(tmp_path, 2), fake)
    keys = [tile.key for tile in sweep_in(tmp_path, 2).tiles]
    before = {path.name: path.read_bytes() for path in (tmp_path / "studio").glob("*.png")}
    fake.engine = other
    with pytest.warns(WorkshopWarning, match=rf"2 of the tiles were drawn by {ENGINE}.*draws with {other}"):
        again = run(sweep_in(tmp_path, 2), fake)
    assert fake.count == 4
    assert [tile.key for tile in again.tiles] == keys, "the engine is no part of the request"
    assert all((tmp_path / "studio" / name).read_bytes() == data for name, data in before.items())
    run(sweep_in(tmp_path, 2), fake)
    assert fake.count == 4, "what the new engine drew is taken"
    fake.engine = ENGINE
    assert run(sweep_in(tmp_path, 2), fake).tiles[0].made


def test_a_client_that_cannot_tell_its_engine_takes_what_is_there(fake: FakeBedrock, tmp_path: Path) -> None:
    run(sweep_in(tmp_path, 2), fake)
    fake.engine = ""
    quoted = sweep_in(tmp_path, 2).quote(fake.client())
    assert quoted.made == 2


def test_leftovers_of_killed_runs_are_removed_and_those_of_living_ones_are_not(
    fake: FakeBedrock, tmp_path: Path
) -> None:
    folder = tmp_path / "studio"
    folder.mkdir()
    old, young = folder / ".aa.tmp", folder / ".bb.tmp"
    for path in (old, young):
        path.write_bytes(b"half a pict")
    os.utime(old, (0, 0))
    run(sweep_in(tmp_path, 1), fake)
    assert [old.exists(), young.exists()] == [False, True]


# ---- why ------------------------------------------------------------------------------------------------------------


def test_why_names_the_field_that_made_a_tile_run_again(fake: FakeBedrock, tmp_path: Path) -> None:
    first = run(helpers.Sweep(BODY, seed=[1, 2], folder=tmp_path), fake)
    assert "no other request is stored" in first.why(0)
    with pytest.raises(IndexError, match=r"no tile 2: this sweep has 2, from 0"):
        first.why(2)

    changed = helpers.Sweep({**BODY, "cfg_scale": 9}, seed=[1, 2], folder=tmp_path)
    told = "from the nearest request that is stored it differs in this: cfg_scale is 9, and was 7."
    assert changed.why(1).startswith("Tile seed: 2 has to run:")
    assert changed.why(1).endswith(told)
    run(changed, fake)
    assert changed.why(changed.tiles[1]).endswith(told), "and its neighbours in the sweep are no older requests"
    assert "ran:" in changed.why(1)

    same = run(helpers.Sweep(BODY, seed=[1, 2], folder=tmp_path), fake)
    assert same.why(0) == "Tile seed: 1 did not run: its picture was there already."


def test_why_counts_a_tile_of_the_same_sweep_that_was_there_before(fake: FakeBedrock, tmp_path: Path) -> None:
    run(helpers.Sweep(BODY, cfg_scale=[1], folder=tmp_path), fake)
    run(helpers.Sweep(BODY, seed=[1], folder=tmp_path), fake)
    wider = run(helpers.Sweep(BODY, seed=[1, 2], folder=tmp_path), fake)
    assert wider.why(1).endswith("it differs in this: seed is 2, and was 1."), "the nearest is the one beside it"


def test_why_prefers_an_older_sweep_to_a_tile_of_the_same_one(fake: FakeBedrock, tmp_path: Path) -> None:
    run(helpers.Sweep(BODY, seed=[1, 2], folder=tmp_path), fake)
    changed = {**BODY, "cfg_scale": 9}
    run(helpers.Sweep(changed, seed=[1], folder=tmp_path), fake)
    resumed = helpers.Sweep(changed, seed=[1, 2], folder=tmp_path)
    assert "it differs in this: cfg_scale is 9, and was 7." in resumed.why(1)


def test_why_sees_a_change_of_prompt_of_picture_and_of_what_is_left_out(fake: FakeBedrock, tmp_path: Path) -> None:
    def swept(colour: str, words: str, **more: Any) -> helpers.Sweep:
        body = helpers.image_to_image(words, Image.new("RGB", (512, 512), colour), seed=1, **more)
        return helpers.Sweep(body, seed=[1], folder=tmp_path)

    run(swept("red", "a beach", style_preset="anime"), fake)
    told = swept("blue", "a forest").why(0)
    assert "text_prompts[0].text is a forest, and was a beach" in told
    assert "style_preset is nothing, and was anime" in told
    assert "init_image is picture " in told


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
def test_killed_is_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process.kill()
    assert process.wait(60) == -signal.SIGKILL


def test_words_that_were_not_known_are_remembered_with_the_picture(tmp_path: Path) -> None:
    tile = sweep_in(tmp_path, 1).tiles[0]
    receipt = {"backend": "studio", "engine": ENGINE, "model": tile.model, "seed": 1, "unknown_words": ["quiche"]}
    store.Store(tmp_path, "studio").keep(tile, TileFiles(picture(1), b"", receipt), 0.0)
    kept = sweep_in(tmp_path, 1).tiles[0]
    assert (kept.unknown_words, kept.words) == (("quiche",), {"quiche": "unknown"})  # as older records are


def test_what_became_of_the_words_is_remembered_with_the_picture_and_in_the_tables(tmp_path: Path) -> None:
    sweep = sweep_in(tmp_path, 1)
    tile = sweep.tiles[0]
    words = {"海滩": "drawn", "moon": "not drawn", "fork": "stand-in: plate"}
    receipt = {"backend": "studio", "engine": ENGINE, "model": tile.model, "seed": 1, "words": words}
    store.Store(tmp_path, "studio").keep(tile, TileFiles(picture(1), b"", receipt), 0.0)
    kept = sweep_in(tmp_path, 1)
    assert kept.tiles[0].words == words
    table, lines = tables.save(tmp_path, kept.tiles, kept.axes)
    (row,) = csv.DictReader(io.StringIO(table.read_text("utf-8-sig")))
    assert row["words"] == "海滩: drawn; moon: not drawn; fork: stand-in: plate"
    assert json.loads(lines.read_text("utf-8"))["words"] == words


@pytest.mark.usefixtures("quickly")
def test_pictures_and_thumbnails_tell_other_tools_how_they_were_made(fake: FakeBedrock, tmp_path: Path) -> None:
    for tile in run(sweep_in(tmp_path, 2), fake).tiles:
        assert tile.path is not None
        assert tile.thumbnail is not None
        told = infotext.read_parameters(tile.path.read_bytes())
        assert f"Seed: {tile.seed}, Size: " in told
        assert infotext.read_parameters(tile.thumbnail.read_bytes()) == told


@pytest.mark.usefixtures("quickly")
def test_a_folder_that_takes_no_files_is_told_before_anything_is_sent(fake: FakeBedrock, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(SetupError, match=r"cannot be kept in .*Nothing was sent"):
        run(sweep_in(tmp_path / "file" / "tiles", 2), fake)
    assert fake.count == 0


@pytest.mark.usefixtures("quickly")
def test_tables_that_cannot_be_written_are_a_remark_and_the_tiles_are_kept(fake: FakeBedrock, tmp_path: Path) -> None:
    sweep = sweep_in(tmp_path, 2)
    (sweep.folder / "tiles.csv").mkdir(parents=True)
    with pytest.warns(WorkshopWarning, match="tiles.csv .* The tiles are kept"):
        run(sweep, fake)
    assert [tile.made for tile in sweep.tiles] == [True, True]
