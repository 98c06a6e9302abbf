"""Makes the locks anew from pyproject.toml: requirements.txt, setup/requirements-test.txt, setup/requirements-install.txt.

python3 setup/lock.py              keep the versions that still fit
python3 setup/lock.py --upgrade    take the newest of each
"""

import sys

from workshop.python_check import require_python

require_python("setup/lock.py")

from workshop.locking import make_locks  # noqa: E402 - needs a Python that the check let pass

if __name__ == "__main__":
    sys.exit(make_locks(__file__, sys.argv[1:]))
