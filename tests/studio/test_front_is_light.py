"""The process that answers calls loads no numpy and keeps no memory, so that a studio is there in a moment and stays small."""

import base64
import io
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from helpers.studio.process import Studio

FRONT = (
    "import sys; import helpers.studio.__main__, helpers.studio.wire.routes, helpers.studio.service, helpers.studio.workers.pools, "
    "helpers.studio.workers.pool, helpers.studio.protocol"
)
TELL = (
    "print(sorted({'numpy', 'boto3', 'matplotlib', 'isal', 'IPython'} & {name.split('.')[0] for name in sys.modules}))"
)


def loaded(wire: Any, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {TELL}"],
        capture_output=True,
        text=True,
        check=True,
        env=wire.clean_environment(),
    )
    return done.stdout.strip()


def test_the_front_needs_nothing_that_draws(wire: Any) -> None:
    assert loaded(wire, FRONT) == "[]"


def test_nor_do_the_contract_and_the_needs_of_the_studios_own_engine(wire: Any) -> None:
    assert loaded(wire, "import sys; from helpers.studio.engines.painted import NEEDS, VERSION, create") == "[]"


def test_not_even_after_it_has_looked_at_an_init_image(wire: Any) -> None:
    look = (
        "import io; from PIL import Image; file = io.BytesIO(); Image.new('RGB', (64, 64)).save(file, 'PNG'); "
        "assert helpers.schemas.fields.stored_size(file.getvalue()) == (64, 64)"
    )
    assert loaded(wire, f"{FRONT}; {look}") == "[]"


def test_the_first_line_comes_before_what_takes_time_to_load(wire: Any) -> None:
    heavy = "print(sorted({'pydantic', 'botocore'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, helpers.studio.__main__; {heavy}"],
        capture_output=True,
        text=True,
        check=True,
        env=wire.clean_environment(),
    )
    assert done.stdout.strip() == "[]"


def test_large_uploads_leave_no_trace_in_its_memory(wire: Any, studio: Studio, bedrock: Any) -> None:
    assert studio.process is not None
    statm = Path(f"/proc/{studio.process.pid}/statm")
    if not statm.exists():
        pytest.skip("needs /proc")

    def resident() -> float:
        return int(statm.read_text().split()[1]) * 4096 / 1e6

    def draw(init_image: str) -> None:
        wire.invoke(bedrock, {"text_prompts": [{"text": "a beach"}], "init_image": init_image, "seed": 1})

    draw(png(bytes(10)))
    before = resident()
    large = png(bytes(12_000_000))
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(draw, [large] * 12))
    assert resident() - before < 30


def png(filling: bytes) -> str:
    """A PNG file in base64, with something in it that no reader looks at."""
    file = io.BytesIO()
    Image.new("RGB", (512, 512)).save(file, "PNG")
    chunk = b"prVt" + filling
    framed = struct.pack(">I", len(filling)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data = file.getvalue()
    return base64.b64encode(data[:33] + framed + data[33:]).decode()
