"""Prove the workshop: make .venv with the test tools, then run ruff, mypy and pytest.

python3 setup/test.py                    everything
python3 setup/test.py tests/setup -x     pytest alone, with these arguments
"""

import sys

from workshop.python_check import require_python

require_python("setup/test.py")

from workshop.main import test  # noqa: E402 - needs a Python that the check let pass

if __name__ == "__main__":
    sys.exit(test(__file__, sys.argv[1:]))
