"""Keep the memory of one picture's arrays for the next picture's, where the C library would give it back each time.

The system hands out fresh pages one fault at a time, which can cost more than the arithmetic on them.
"""

import numpy as np

__all__ = ["keep"]

MOST = 31 * 2**20
"""Bytes. glibc learns from arrays of up to 32 MB."""


def keep() -> None:
    """Let arrays of up to MOST bytes be reused, and twice as much of free memory stay with this process.

    glibc asks the system for large arrays one by one until it sees a larger one freed: mallopt(3), M_MMAP_THRESHOLD.
    This one is never touched, so it costs no memory. To other C libraries it says nothing.
    """
    np.empty(MOST, np.uint8)
