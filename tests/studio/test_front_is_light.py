"""The process that answers calls loads no numpy, so that a studio is there in a moment and stays small."""

import subprocess
import sys
from typing import Any

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
