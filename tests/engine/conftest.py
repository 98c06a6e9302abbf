"""Lets the tests of this folder import their neighbours toy.py, broken.py and truths.py."""

import os
import sys
from pathlib import Path

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # as the studio's workers have it: on a busy machine many times as fast
sys.path.insert(0, str(Path(__file__).parent))
