"""A studio as a child process: its address and keys, how it starts and how it stops.

`start` is for `helpers.connect` and the command line alone; nothing else starts a studio.
"""

import atexit
import contextlib
import json
import os
import queue
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from typing import IO, Any

from helpers.errors import SetupError
from helpers.language import tr
from helpers.studio import ACCESS_KEY_PREFIX
from helpers.studio.children import import_path, own_session
from helpers.studio.keys import Keys

START_SECONDS = 30.0
STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Studio:
    """A running studio: its endpoint, and the keys and the Region to sign requests with.

    `process` is None where something else started it; its keys may then be a client's own. `folder`, which no other
    user can read, is for files of AWS profiles; the studio removes it when it ends, or `stop` does where the studio was
    killed.
    """

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    version: str = ""
    folder: str = ""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False, compare=False)

    @property
    def keys(self) -> Keys:
        """The pair of keys to sign requests with."""
        return Keys(self.access_key, self.secret_key)

    @property
    def alive(self) -> bool:
        """True until the process ends; always True for a studio that something else started."""
        return self.process is None or self.process.poll() is None

    def stop(self) -> None:
        """End the studio by closing its standard input; one that something else started is left alone."""
        if self.process is None:
            return
        _close(self.process.stdin)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _close(self.process.stdout)
        remove_folder(self.folder)  # where it was killed and did not remove it


def new_keys() -> tuple[str, str]:
    """Return a random access key and secret key for a studio; the access key does not look like one of AWS's."""
    return f"{ACCESS_KEY_PREFIX}{secrets.token_hex(7).upper()}", secrets.token_hex(20)


def new_folder() -> str:
    """Make a folder for a studio that this user alone can read, and return its path; "" where none can be made."""
    with contextlib.suppress(OSError):
        return tempfile.mkdtemp(prefix="workshop-studio-")
    return ""


def remove_folder(folder: str) -> None:
    """Remove a studio's folder, if it has one."""
    if folder:
        with contextlib.suppress(OSError):  # Windows removes nothing that is read-only
            for name in os.listdir(folder):
                os.chmod(os.path.join(folder, name), stat.S_IRUSR | stat.S_IWUSR)
        shutil.rmtree(folder, ignore_errors=True)


def start(*, engine: str | None = None, timeout: float = START_SECONDS) -> Studio:
    """Start a studio on a free port, as a child in a session of its own; it ends with this process, however that ends.

    `engine` replaces the studio's own engine, as `workers.pools.ENGINE_VARIABLE` does. Raises SetupError where the
    studio does not start within `timeout` seconds.
    """
    with tempfile.TemporaryFile() as errors:
        child = _spawn(engine, errors)
        line = _first_line(child, timeout)
        try:
            studio = Studio(**json.loads(line), process=child)
        except (ValueError, TypeError):
            child.kill()
            child.wait()
            errors.seek(0)
            raise _not_started(errors.read().decode(errors="replace"), timeout) from None
    atexit.register(studio.stop)

    def let_go() -> None:  # a forked child must neither keep the studio running nor stop it
        atexit.unregister(studio.stop)
        _close(child.stdin)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=let_go)
    return studio


def _spawn(engine: str | None, errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    from helpers.studio.workers.pools import ENGINE_VARIABLE

    chosen = {ENGINE_VARIABLE: engine} if engine else {}
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "helpers.studio", "--handshake"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            env={**os.environ, **import_path(os.environ), **chosen},
            **own_session(),
        )
    except OSError as error:
        raise _not_started(str(error), 0) from error


def _first_line(child: "subprocess.Popen[bytes]", timeout: float) -> bytes:
    """Return the first line that the child prints; empty where it ends or prints nothing in time."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    assert child.stdout is not None
    threading.Thread(target=lambda out: lines.put(out.readline()), args=(child.stdout,), daemon=True).start()
    try:
        return lines.get(timeout=timeout)
    except queue.Empty:
        return b""


def _not_started(errors: str, timeout: float) -> SetupError:
    lines = [line.strip() for line in errors.strip().splitlines() if line.strip()]
    silent = tr("It said nothing for {seconds:g} seconds.", seconds=timeout)
    return SetupError(
        tr("The offline studio did not start."),
        tr("It said: {said}", said=lines[-1]) if lines else silent,
        tr("Run `python -m helpers.studio` in a terminal to see more."),
    )


def _close(stream: "IO[Any] | None") -> None:
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.close()
