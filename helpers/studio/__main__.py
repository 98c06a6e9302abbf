"""`python -m helpers.studio`: serve until stopped, for one command, or for the process that holds our standard input."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from helpers.language import tr, use_english_where_needed
from helpers.studio import VERSION
from helpers.studio.process import Studio, environment, new_folder, remove_folder
from helpers.studio.wire.replies import BedrockError
from helpers.studio.wire.server import StudioServer
from helpers.studio.workers import pipe

REGION = "us-west-2"

_NOT_FOUND, _NOT_RUNNABLE, _BY_SIGNAL = 127, 126, 128  # exit codes as shells give them
_GRACE_SECONDS = 2.0
_LAST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    use_english_where_needed(sys.stdout, sys.stderr)
    given = list(sys.argv[1:] if arguments is None else arguments)
    split = given.index("--") if "--" in given else len(given)
    options = _parser().parse_args(given[:split])
    command = given[split + 1 :]
    if split < len(given) and not command:
        _parser().error(tr("after -- comes the command to run, such as: python labs/api/bedrock_api.py"))
    try:
        server = StudioServer(options.host, options.port)
    except OSError as error:
        _tell(
            tr(
                "The studio cannot listen on {host} port {port}: {reason}. Without --port it takes a free one.",
                host=options.host,
                port=options.port,
                reason=_reason(error),
            )
        )
        return 1
    from helpers.studio.wire.keys import new_keys

    keys = new_keys()
    studio = Studio(server.endpoint, keys.access_key, keys.secret_key, REGION, VERSION, new_folder())
    try:
        if command:
            return _run(command, server, studio)
        return _serve_parent(server, studio) if options.handshake else _serve(server, studio)
    finally:
        remove_folder(studio.folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m helpers.studio",
        description=tr(
            "The offline studio: Amazon Bedrock's image API on this machine. It serves until stopped, or, with "
            "-- command, for as long as that command runs."
        ),
        usage="%(prog)s [--host HOST] [--port PORT] [-- command ...]",
    )
    parser.add_argument("--host", default="127.0.0.1", help=tr("address to listen on (default: this machine alone)"))
    parser.add_argument("--port", type=_port, default=0, help=tr("port to listen on (default: any free one)"))
    parser.add_argument("--handshake", action="store_true", help=argparse.SUPPRESS)
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= _LAST_PORT:
        return int(text)
    said = tr("{text} is no port: they go from 0 (any free one) to {last}", text=text, last=_LAST_PORT)
    raise argparse.ArgumentTypeError(said)


def _serve(server: StudioServer, studio: Studio) -> int:
    """Until Ctrl-C or a signal to stop, which is a good end: 0."""
    settings, in_the_way = environment(studio, os.environ)
    for name, value in {**settings, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}.items():
        _say(f"{name}={value}")
    if in_the_way:
        _tell(tr("Unset these first where a client runs: {names}", names=" ".join(in_the_way)))
    _tell(tr("The studio serves at {endpoint} until you stop it with Ctrl-C.", endpoint=studio.endpoint))
    if not server.loopback:
        _tell(tr("Other machines reach it at port {port}; only these keys open it.", port=server.server_port))
    _on_stop(lambda _: _leave(studio))
    _application(server, studio)
    server.serve_forever()
    return 0


def _serve_parent(server: StudioServer, studio: Studio) -> int:
    """Until standard input ends, that is for as long as whoever started us lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _on_stop(lambda _: _leave(studio))
    life = pipe.private_stdin()

    def watch() -> None:
        while life.read(1):
            pass
        _leave(studio)

    threading.Thread(target=watch, daemon=True).start()
    told = {"endpoint": studio.endpoint, "access_key": studio.access_key, "secret_key": studio.secret_key}
    _say(json.dumps({**told, "region": studio.region, "version": studio.version, "folder": studio.folder}))
    _application(server, studio)
    server.serve_forever()
    return 0


def _run(command: list[str], server: StudioServer, studio: Studio) -> int:
    """Until the command ends; its exit code, as a shell would give it."""
    surroundings = _surroundings(studio)
    program = shutil.which(command[0], path=surroundings["PATH"])
    if program is None:
        _tell(tr("There is no command {command} to run.", command=repr(command[0])))
        return _NOT_FOUND
    running: list[subprocess.Popen[bytes]] = []
    _on_stop(lambda number: _pass_on(number, running))
    try:
        running.append(subprocess.Popen([program, *command[1:]], env=surroundings))
    except OSError as error:
        _tell(tr("The command {command} cannot run: {reason}.", command=repr(command[0]), reason=_reason(error)))
        return _NOT_RUNNABLE

    def serve() -> None:
        _application(server, studio)
        server.serve_forever()

    threading.Thread(target=serve, daemon=True).start()
    code = running[0].wait()
    return _BY_SIGNAL - code if code < 0 else code


def _surroundings(studio: Studio) -> dict[str, str]:
    """This environment, pointed at the studio, with this interpreter's own programs found first."""
    settings, removed = environment(studio, os.environ)
    kept = {name: value for name, value in os.environ.items() if name not in removed}
    ours = dict.fromkeys([os.path.dirname(os.path.abspath(sys.executable)), sysconfig.get_path("scripts")])
    path = os.pathsep.join([*ours, *([kept["PATH"]] if kept.get("PATH") else [])])
    return {**kept, **settings, "PATH": path}


def _application(server: StudioServer, studio: Studio) -> None:
    """Load what answers the calls. The address is known by then, and calls wait for the moment this takes."""
    try:
        from helpers.studio.service import Service
        from helpers.studio.wire.keys import Keys
        from helpers.studio.wire.routes import Bedrock
        from helpers.studio.workers.engines import Engines

        keys, engines = Keys(studio.access_key, studio.secret_key), Engines()
        service = Service(engines.draw)
        server.application = Bedrock(keys, service, identity=engines.identity, any_host=not server.loopback)
    except Exception as error:  # every call is to hear of it, or the one who makes it would look in vain
        said = f"The studio could not be loaded: {type(error).__name__}: {error}"
        print(said, file=sys.stderr)
        server.application = lambda call: BedrockError("ModelErrorException", said).reply()


def _on_stop(act: Any) -> None:
    """Call `act(signal number)` on Ctrl-C, Ctrl-Break, SIGTERM and SIGHUP."""

    def handle(number: int, frame: FrameType | None) -> None:
        act(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)


def _leave(studio: Studio) -> NoReturn:
    remove_folder(studio.folder)
    os._exit(0)


def _pass_on(number: int, running: "list[subprocess.Popen[bytes]]") -> None:
    """A signal to stop is for the command. A Ctrl-C reaches it from the terminal, without our help."""
    for child in running:
        if number == signal.SIGTERM or number == getattr(signal, "SIGHUP", None):
            child.send_signal(number)
        elif not _at_terminal():
            again = threading.Timer(_GRACE_SECONDS, child.send_signal, (signal.SIGINT,))
            again.daemon = True
            again.start()


def _at_terminal() -> bool:
    """Whether Ctrl-C is typed at a terminal whose foreground is ours, so that the command gets it as well."""
    if os.name == "nt":
        return True
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:  # nobody reads it
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code - 2**32 if code >= 2**31 else code)  # Windows gives the codes of its own ends unsigned
