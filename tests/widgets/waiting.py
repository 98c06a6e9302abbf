"""Waiting for a widget whose calls are made beside the page."""

import threading
from collections.abc import Callable
from typing import Any

PATIENCE = 60  # seconds


def page_waits(box: Any, until: Callable[[], bool] | None = None) -> None:
    """Wait until no call of an explorer or a playground is under way, or until something holds."""
    met = threading.Event()
    holds = until or (lambda: not box.page_status["busy"])

    def look(_: Any) -> None:
        if holds():
            met.set()

    box.observe(look)
    look(None)
    assert met.wait(PATIENCE)
    box.unobserve(look)
