"""The studio bears whatever it is sent. WORKSHOP_LONG=1 sends as much as `python -m tests.studio.fuzz_studio`."""

import os

from tests.studio import fuzz_studio

CASES = 50_000 if os.environ.get("WORKSHOP_LONG") else 500


def test_random_requests_never_fail_hang_or_grow_the_studio() -> None:
    with fuzz_studio.running_studio() as (studio, errors):
        failures, counts, growth = fuzz_studio.run(studio, range(CASES), seed=1)
        assert errors() == ""
    assert failures == []
    assert counts["200"] > CASES * 0.05
    assert counts["400"] > CASES * 0.2
    assert growth < fuzz_studio.MAX_GROWTH
