"""A sweep run on a test's endpoint, and what it cost."""

from typing import Any

import helpers
from helpers.sweeps.run import money
from tests.sweeps.fake_bedrock import FakeBedrock


def run(sweep: helpers.Sweep, fake: FakeBedrock, **options: Any) -> helpers.Sweep:
    """Run it without a progress bar."""
    return sweep.run(fake.client(), progress=False, **options)


def receipt(sweep: helpers.Sweep) -> money.SweepReceipt:
    """The receipt that a run has left."""
    assert sweep.receipt is not None
    return sweep.receipt
