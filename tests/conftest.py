"""Says above pytest's last line which of setup/test.py's other checks failed, so that a green line does not hide it."""

import os
import signal

import pytest

os.environ["WORKSHOP_LANG"] = "en"  # the tests compare English sentences, on a machine of any language
for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # before numpy is loaded; as the studio's workers have it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it in the background, for every child too
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    failed = os.environ.get("WORKSHOP_FAILED_CHECKS")
    if failed:
        terminalreporter.write_line(f"Failed before pytest began: {failed}", red=True, bold=True)
