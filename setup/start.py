"""Open the workshop: make .venv, install the locked packages, start JupyterLab on the first notebook.

python3 setup/start.py                   (Windows: py setup\\start.py)
python3 setup/start.py --run             run every notebook headless into outputs/notebooks/, then end
python3 setup/start.py --install-only    make .venv, then end
"""

import sys

from workshop.python_check import require_python

require_python("setup/start.py")

from workshop.main import start  # noqa: E402 - needs a Python that the check let pass

if __name__ == "__main__":
    sys.exit(start(__file__, sys.argv[1:]))
