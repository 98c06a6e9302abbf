"""Write the locks from pyproject.toml: requirements.txt, setup/requirements-test.txt, setup/requirements-install.txt.

python3 setup/tools/lock.py              keep the versions that still fit
python3 setup/tools/lock.py --upgrade    take the newest of each
"""

import os
import sys

# setup/, for the workshop's own modules
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from workshop.python_check import require_python

require_python("setup/tools/lock.py")

from tools.locking import write_locks  # noqa: E402 - needs a Python that the check let pass

if __name__ == "__main__":
    sys.exit(write_locks(__file__, sys.argv[1:]))
