"""Gives every test the same machine: English sentences, one thread for arithmetic, and a Ctrl-C that works."""

import os
import signal

os.environ["WORKSHOP_LANG"] = "en"  # the tests compare English sentences, on a machine of any language
for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # before numpy is loaded; as the studio's workers have it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it in the background, for every child too
    signal.signal(signal.SIGINT, signal.default_int_handler)
