"""The studio as a child process, and what a client's environment must say to reach it.

`start` is for `helpers.connect` and the command line alone; nothing else starts a studio.
"""

import atexit
import configparser
import contextlib
import json
import os
import queue
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any
from urllib.parse import urlsplit

from helpers.errors import SetupError
from helpers.language import tr
from helpers.studio.workers.pool import import_path, own_session

JOIN_VARIABLE = "WORKSHOP_STUDIO"
"""Environment variable that holds the endpoint of a studio to join instead of starting another."""

START_SECONDS = 30.0
STOP_SECONDS = 2.0

_LOOPBACK = "127.0.0.1"
# Where clients look for Bedrock's address: AWS's own SDKs and tools, then what others read instead of these.
_ENDPOINTS = (
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "AWS_ENDPOINT_URL_BEDROCK",
    "AWS_ENDPOINT_URL",
    "AWS_BEDROCK_RUNTIME_ENDPOINT",  # LiteLLM and those that are built on it
    "ANTHROPIC_BEDROCK_BASE_URL",  # Anthropic's SDK
    "BEDROCK_ENDPOINT_URL",  # AWS's own Bedrock workshops
)
_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_CREDENTIALS = "credentials"  # the file of profiles in a studio's folder
# Every other AWS variable goes, known to us or not: it could send a call elsewhere, sign it with something else, or
# refuse a plain-http address. These are matters of taste.
_KEPT = ("AWS_DEFAULT_OUTPUT", "AWS_EXECUTION_ENV", "AWS_MAX_ATTEMPTS", "AWS_PAGER", "AWS_RETRY_MODE")


@dataclass(frozen=True)
class Studio:
    """A running studio: where it is and how to sign for it. `process` is None where somebody else started it.

    `folder` is for the file of profiles, and nobody else can read it. The studio takes it away when it leaves; if it is
    killed, whoever started it does.
    """

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    version: str = ""
    folder: str = ""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False, compare=False)

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as can be told without asking it."""
        return self.process is None or self.process.poll() is None

    def stop(self) -> None:
        """Let it go: it leaves when its standard input closes. A studio that somebody else started is left alone."""
        if self.process is None:
            return
        _close(self.process.stdin)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _close(self.process.stdout)
        remove_folder(self.folder)  # where it was killed and could not


def new_folder() -> str:
    """A folder that this user alone can read, for a studio; "" where none can be made."""
    with contextlib.suppress(OSError):
        return tempfile.mkdtemp(prefix="workshop-studio-")
    return ""


def remove_folder(folder: str) -> None:
    """Take a studio's folder away, if it has one."""
    if folder:
        with contextlib.suppress(OSError):  # Windows removes nothing that is read-only
            os.chmod(os.path.join(folder, _CREDENTIALS), stat.S_IRUSR | stat.S_IWUSR)
        shutil.rmtree(folder, ignore_errors=True)


def start(*, engine: str | None = None, timeout: float = START_SECONDS) -> Studio:
    """A new studio on a free port, as a child in a session of its own; it ends with this process, however that ends.

    `engine` names another engine than the studio's own (see `engines.ENGINE_VARIABLE`). Raises SetupError where no
    studio answers within `timeout` seconds.
    """
    with tempfile.TemporaryFile() as errors:
        child = _spawn(engine, errors)
        line = _first_line(child, timeout)
        try:
            told = json.loads(line)
            studio = Studio(**told, process=child)
        except (ValueError, TypeError):
            child.kill()
            child.wait()
            errors.seek(0)
            raise _not_started(errors.read().decode(errors="replace"), timeout) from None
    atexit.register(studio.stop)

    def let_go() -> None:  # a forked child must not hold the studio's life in its hands, nor end it when it ends
        atexit.unregister(studio.stop)
        _close(child.stdin)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=let_go)
    return studio


def joined(environment: Mapping[str, str]) -> Studio | None:
    """The studio that this environment belongs to (`python -m helpers.studio -- command` sets it); None without one."""
    endpoint = environment.get(JOIN_VARIABLE)
    if not endpoint:
        return None
    try:
        found = Studio(
            endpoint,
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment["AWS_DEFAULT_REGION"],
        )
    except KeyError as missing:
        raise SetupError(
            tr(
                "{variable} names a studio at {endpoint}, and {missing} is not set.",
                variable=JOIN_VARIABLE,
                endpoint=endpoint,
                missing=missing.args[0],
            ),
            tr("Both come from the studio together."),
            tr("Set every line that `python -m helpers.studio` prints, or unset {variable}.", variable=JOIN_VARIABLE),
        ) from None
    folder = os.path.dirname(environment.get("AWS_SHARED_CREDENTIALS_FILE", ""))
    return replace(found, folder=folder) if _profiles_in(folder, found) else found


def environment(studio: Studio, base: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What a client's environment needs on top of `base`, and which of its variables must go.

    With both done, a plain `boto3.client("bedrock-runtime")` reaches the studio, and nothing reaches AWS: every other
    service is sent to the studio too, which refuses it, and the profiles on this machine, with their real keys and
    their own ideas of endpoints, are out of sight. In their place a file in the studio's folder gives the studio's keys
    to `[default]` and to the profile that `base` names, for code that asks for a profile by name.
    """
    settings = {
        **dict.fromkeys(_ENDPOINTS, studio.endpoint),
        "AWS_ACCESS_KEY_ID": studio.access_key,
        "AWS_SECRET_ACCESS_KEY": studio.secret_key,
        "AWS_DEFAULT_REGION": studio.region,
        "AWS_REGION": studio.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": _profiles_file(studio, [base[name] for name in _PROFILES if base.get(name)]),
        "AWS_EC2_METADATA_DISABLED": "true",
        JOIN_VARIABLE: studio.endpoint,
    }
    hosts = [_LOOPBACK, urlsplit(studio.endpoint).hostname or _LOOPBACK]
    # Where both spellings are there, the lower one is read.
    for name in ("NO_PROXY", *(["no_proxy"] if "no_proxy" in base and os.name != "nt" else [])):
        settings[name] = _with_hosts(base.get(name, ""), hosts)
    in_the_way = [name for name in base if name.startswith("AWS_") and name not in settings and name not in _KEPT]
    return settings, in_the_way


def _profiles_file(studio: Studio, names: list[str]) -> str:
    """The file that gives the studio's keys to `[default]`, these profiles and those that it has already."""
    if not studio.folder:
        return os.devnull
    path, there = os.path.join(studio.folder, _CREDENTIALS), _profiles_in(studio.folder, studio)
    # What can be a heading of the file, in every encoding that botocore may read it in: its own is the locale's.
    wanted = ["default", *(name for name in names if name.isascii() and name.isprintable() and "]" not in name)]
    if set(wanted) <= set(there):
        return path
    if os.path.exists(path) and not there:  # somebody's own keys, put there with the AWS CLI
        return os.devnull
    keys = {"aws_access_key_id": studio.access_key, "aws_secret_access_key": studio.secret_key}
    profiles = configparser.RawConfigParser(default_section="")
    profiles.read_dict(dict.fromkeys([*there, *wanted], keys))
    try:
        with tempfile.NamedTemporaryFile("w", dir=studio.folder, encoding="ascii", delete=False) as file:
            profiles.write(file)
        if there:
            os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)  # Windows replaces no file that is read-only
        os.replace(file.name, path)
        os.chmod(path, stat.S_IRUSR)  # `aws configure` must not write real keys into it
    except OSError:  # the folder is gone or full, or on Windows the file is being read
        return path if there else os.devnull
    return path


def _profiles_in(folder: str, studio: Studio) -> list[str]:
    """The profiles in a studio's own file; none where it is not there, or not this studio's."""
    profiles = configparser.RawConfigParser(default_section="")
    try:
        profiles.read(os.path.join(folder, _CREDENTIALS) if folder else [], "ascii")
        keys = {profiles[name].get("aws_access_key_id") for name in profiles.sections()}
    except (configparser.Error, UnicodeDecodeError):
        return []
    return profiles.sections() if keys == {studio.access_key} else []


def _with_hosts(listed: str, hosts: list[str]) -> str:
    if listed.strip() == "*":  # everything already; beside another host the star would mean nothing
        return listed
    known = [host.strip() for host in listed.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*known, *hosts]))


def _spawn(engine: str | None, errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    from helpers.studio.workers.engines import ENGINE_VARIABLE

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
    """What the child says first; nothing where it ends or stays silent."""
    said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    assert child.stdout is not None
    threading.Thread(target=lambda out: said.put(out.readline()), args=(child.stdout,), daemon=True).start()
    try:
        return said.get(timeout=timeout)
    except queue.Empty:
        return b""


def _not_started(errors: str, timeout: float) -> SetupError:
    last = [line for line in errors.strip().splitlines() if line.strip()][-1:]
    said, silent = last[0].strip() if last else "", tr("It said nothing for {seconds:g} seconds.", seconds=timeout)
    return SetupError(
        tr("The offline studio did not start."),
        tr("It said: {said}", said=said) if said else silent,
        tr("Run `python -m helpers.studio` in a terminal to see more."),
    )


def _close(stream: "IO[Any] | None") -> None:
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.close()
