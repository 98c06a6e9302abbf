"""`python -m helpers.studio`: serve until stopped, for one command, or for the process at the end of standard input."""

import argparse
import contextlib
import ctypes
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
from typing import TYPE_CHECKING, Any, NoReturn

from helpers.language import tr, use_english_where_needed
from helpers.studio import REGION, VERSION
from helpers.studio.children import private_stdin
from helpers.studio.environment import API_KEY_VARIABLE, client_environment
from helpers.studio.process import Studio, new_folder, new_keys, remove_folder
from helpers.studio.replies import BedrockError
from helpers.studio.wire.server import NotReady, StudioServer

if TYPE_CHECKING:
    from helpers.studio.fault_rules import FaultRule

RULE_SECONDS = 3600.0  # a client that vanishes never ends its faults, and others may share this studio

_IGNORED_VARIABLE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"  # true: SDKs pass over all endpoints that are set
_NOT_FOUND, _NOT_RUNNABLE, _BY_SIGNAL = 127, 126, 128  # exit codes as shells give them
_GRACE_SECONDS = 2.0
_LAST_PORT = 65_535
_M_MMAP_THRESHOLD, _LARGE = -3, 2**20  # of glibc's malloc.h; bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
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
        _print_message(
            tr(
                "The studio cannot listen on {host} port {port}: {reason}. Without --port it takes a free one.",
                host=options.host,
                port=options.port,
                reason=_reason(error),
            )
        )
        return 1
    studio = Studio(server.endpoint, *new_keys(), REGION, VERSION, new_folder())
    try:
        if command:
            return _run(command, server, studio, options)
        return (_serve_parent if options.handshake else _serve)(server, studio, options)
    finally:
        remove_folder(studio.folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m helpers.studio",
        description=tr(
            "The offline studio: Amazon Bedrock's image API on this machine. It serves until stopped, or, with "
            "-- command, for as long as that command runs."
        ),
        usage="%(prog)s [--host HOST] [--port PORT] [--faults FILE.toml] [--print-api-key] [-- command ...]",
    )
    parser.add_argument("--host", default="127.0.0.1", help=tr("address to listen on (default: this machine alone)"))
    parser.add_argument("--port", type=_port, default=0, help=tr("port to listen on (default: any free one)"))
    parser.add_argument(
        "--faults",
        type=_rules,
        default=(),
        metavar="FILE.toml",
        help=tr("rules by which calls fail, each a table [[rule]] with the words of helpers.faults"),
    )
    parser.add_argument(
        "--print-api-key",
        action="store_true",
        help=tr(
            "print {variable} too, an API key for clients that cannot sign: Authorization: Bearer KEY",
            variable=API_KEY_VARIABLE,
        ),
    )
    parser.add_argument("--handshake", action="store_true", help=argparse.SUPPRESS)
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= _LAST_PORT:
        return int(text)
    message = tr("{text} is no port: they go from 0 (any free one) to {last}", text=text, last=_LAST_PORT)
    raise argparse.ArgumentTypeError(message)


def _rules(path: str) -> "tuple[FaultRule, ...]":
    from helpers.studio.fault_rules import FaultRuleError, rules_from_file

    try:
        return rules_from_file(path, tr)
    except FaultRuleError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _serve(server: StudioServer, studio: Studio, options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or a signal to stop, which exit with 0 from the first line that is printed on."""
    _on_stop(lambda _: _leave(studio))
    settings, in_the_way = client_environment(studio, os.environ, with_api_key=options.print_api_key)
    for name, value in {**settings, _IGNORED_VARIABLE: "false"}.items():
        _print_output(f"{name}={value}")
    in_the_way = [name for name in in_the_way if name != _IGNORED_VARIABLE]
    if in_the_way:
        _print_message(tr("Unset these first where a client runs: {names}", names=" ".join(in_the_way)))
    _print_message(tr("The studio serves at {endpoint} until you stop it with Ctrl-C.", endpoint=studio.endpoint))
    if not server.loopback:
        _print_message(tr("Other machines reach it at port {port}; only these keys open it.", port=server.server_port))
    _application(server, studio, options.faults, RULE_SECONDS)
    server.serve_forever()
    return 0


def _serve_parent(server: StudioServer, studio: Studio, options: argparse.Namespace) -> int:
    """Print the studio as one JSON line, then serve until standard input ends, with the parent process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _on_stop(lambda _: _leave(studio))
    parent = private_stdin()

    def watch() -> None:
        while parent.read(1):
            pass
        _leave(studio)

    threading.Thread(target=watch, daemon=True).start()
    address = {"endpoint": studio.endpoint, "access_key": studio.access_key, "secret_key": studio.secret_key}
    _print_output(json.dumps({**address, "region": studio.region, "version": studio.version, "folder": studio.folder}))
    _application(server, studio, options.faults)
    server.serve_forever()
    return 0


def _run(command: list[str], server: StudioServer, studio: Studio, options: argparse.Namespace) -> int:
    """Serve while the command runs, and return its exit code as a shell would give it."""
    environment = _command_environment(studio, options.print_api_key)
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        _print_message(tr("There is no command {command} to run.", command=repr(command[0])))
        return _NOT_FOUND
    running: list[subprocess.Popen[bytes]] = []
    _on_stop(lambda number: _pass_on(number, running))
    try:
        running.append(subprocess.Popen([program, *command[1:]], env=environment))
    except OSError as error:
        _print_message(
            tr("The command {command} cannot run: {reason}.", command=repr(command[0]), reason=_reason(error))
        )
        return _NOT_RUNNABLE

    def serve() -> None:
        _application(server, studio, options.faults, RULE_SECONDS)
        server.serve_forever()

    threading.Thread(target=serve, daemon=True).start()
    code = running[0].wait()
    return _BY_SIGNAL - code if code < 0 else code


def _command_environment(studio: Studio, with_api_key: bool) -> dict[str, str]:
    """Return this environment, pointed at the studio, with this interpreter's own programs first on PATH."""
    settings, removed = client_environment(studio, os.environ, with_api_key=with_api_key)
    kept = {name: value for name, value in os.environ.items() if name not in removed}
    ours = dict.fromkeys([os.path.dirname(os.path.abspath(sys.executable)), sysconfig.get_path("scripts")])
    path = os.pathsep.join([*ours, *([kept["PATH"]] if kept.get("PATH") else [])])
    return {**kept, **settings, "PATH": path}


def _application(
    server: StudioServer, studio: Studio, rules: "tuple[FaultRule, ...]", rule_seconds: float | None = None
) -> None:
    """Load the application that answers requests. It comes after the address, since loading it takes a moment.

    `rules` are faults for every access key; `rule_seconds` is how long one may hold that a client sets.
    """
    _return_memory()
    try:
        from helpers.studio.service import Service, catalogue
        from helpers.studio.wire.faults import FaultBook, FaultLayer
        from helpers.studio.wire.routes import Bedrock
        from helpers.studio.workers.pools import EnginePools

        engines = EnginePools()
        service = Service(engines.draw, strict_lifecycle=catalogue.strict_from(os.environ))
        book = FaultBook(rules, seconds=rule_seconds)
        bedrock = Bedrock(studio.keys, service, identity=engines.identity, book=book, any_host=not server.loopback)
        server.application = FaultLayer(bedrock, book)
    except Exception as error:  # in the answer to every request, since nobody may read standard error
        message = f"The studio could not be loaded: {type(error).__name__}: {error}"
        print(message, file=sys.stderr)
        server.application = NotReady(BedrockError("ModelErrorException", message))


def _return_memory() -> None:
    """Return the memory of large requests and answers to the system as soon as they are done with.

    glibc keeps freed blocks of up to 32 MB once it has seen some, in each thread that had one (mallopt(3)): hundreds of
    MB after a few uploads. Other C libraries have no such call.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _on_stop(act: Any) -> None:
    """Call `act(signal number)` on Ctrl-C, Ctrl-Break, SIGTERM and SIGHUP."""

    def handle(number: int, frame: FrameType | None) -> None:
        act(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)


def _leave(studio: Studio) -> NoReturn:
    """Remove the studio's folder and exit at once with 0."""
    remove_folder(studio.folder)
    os._exit(0)


def _pass_on(number: int, running: "list[subprocess.Popen[bytes]]") -> None:
    """Pass a signal to stop on to the command, but not a Ctrl-C that the terminal sends to the command itself."""
    for child in running:
        if number == signal.SIGTERM or number == getattr(signal, "SIGHUP", None):
            child.send_signal(number)
        elif not _at_terminal():
            again = threading.Timer(_GRACE_SECONDS, child.send_signal, (signal.SIGINT,))
            again.daemon = True
            again.start()


def _at_terminal() -> bool:
    """Return whether Ctrl-C reaches the command as well: this process is in the foreground of its terminal."""
    if os.name == "nt":
        return True
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _print_output(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:  # nobody reads it any more
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def _print_message(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code - 2**32 if code >= 2**31 else code)  # Windows gives the codes of its own ends unsigned
