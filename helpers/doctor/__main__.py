"""`python -m helpers.doctor`."""

import sys

from helpers.doctor.checks import main

if __name__ == "__main__":
    sys.exit(main())
