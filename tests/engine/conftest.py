"""Lets the tests of this folder import their neighbours toy.py, broken.py and truths.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
