"""Makes setup/'s command for the Chinese edition importable, and reads its catalogues once."""

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
for folder in (str(HOME), str(HOME / "setup")):
    if folder not in sys.path:
        sys.path.insert(0, folder)
