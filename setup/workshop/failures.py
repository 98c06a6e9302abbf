"""Failed installations: from what the installer printed to one sentence and its fix."""

from typing import NamedTuple

from workshop.console import PreparationError, joined, tr


class KnownFailure(NamedTuple):
    """A failure that one of its `signs`, in lower case, gives away in the installer's output; what happened, the fix."""

    kind: str
    signs: tuple[str, ...]
    what: str
    fix: str


KNOWN = (  # the first match counts
    KnownFailure(
        "disk",
        ("no space left", "(os error 28)", "not enough space", "disk full", "(os error 112)", "disk quota"),
        "The disk is full.",
        "Free about 1 GB, then run {command} again.",
    ),
    KnownFailure(
        "certificate",
        ("certificate_verify_failed", "certificate verify failed", "invalid peer certificate", "unknownissuer"),
        "The package index could not be trusted: its certificate is signed by one that this machine does not know.",
        "Ask your network's administrator for the certificate file, set PIP_CERT to its path, and run {command} again.",
    ),
    KnownFailure(
        "proxy",
        (
            "proxy authentication required",
            "407 proxy",
            "cannot connect to proxy",
            "proxyerror",
            "tunnel connection failed",
        ),
        "The proxy of this network refused the download.",
        "Set HTTPS_PROXY to your proxy with its user and password, and run {command} again.",
    ),
    KnownFailure(
        "network",
        (
            "dns error",
            "name resolution",
            "name or service not known",
            "getaddrinfo failed",
            "network is unreachable",
            "connection refused",
            "connection reset",
            "newconnectionerror",
            "tcp connect error",
            "client error (connect)",
            "network connectivity is disabled",
            "timed out",
        ),
        "The packages could not be downloaded: there is no connection to the package index.",
        "Connect to the internet (or set PIP_INDEX_URL to an index that you can reach), then run {command} again.",
    ),
    KnownFailure(
        "busy",
        ("being used by another process", "(os error 32)", "winerror 32"),
        "A file of {folder} is in use.",
        "Close JupyterLab, VS Code and every other program that uses the workshop, then run {command} again.",
    ),
    KnownFailure(
        "permission",
        ("permission denied", "(os error 13)", "access is denied", "(os error 5)", "read-only file system"),
        "The installer may not write to {folder}.",
        "Copy the workshop's folder to a place of your own, such as your home folder, and run {command} there.",
    ),
    KnownFailure(
        "wheel",
        (
            "no matching distribution",
            "has no usable wheels",
            "no wheels with a matching",
            "failed to build",
            "failed building",
        ),
        "A package has no ready-made file for this Python on this system, or your package index does not have it.",
        "Use Python 3.11 to 3.14 from python.org on Linux, macOS or Windows, or another package index (PIP_INDEX_URL), "
        "and run {command} again.",
    ),
)


def kind_of(output: str) -> str:
    """Return the kind of failure that an installer's output shows; empty where it is not a known one."""
    text = output.lower()
    return next((kind for kind, signs, _, _ in KNOWN if any(sign in text for sign in signs)), "")


def problem(output: str, command: str, folder: object, log: object) -> PreparationError:
    """Return the error for a failed installation; for an unknown failure it quotes the installer's last line."""
    kind = kind_of(output)
    for known, _, what, fix in KNOWN:
        if known == kind:
            found = PreparationError(what, fix, command=command, folder=folder)
            found.fix = joined(found.fix, tr("The installer's own words are in {log}.", log=log))
            return found
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), tr("nothing"))
    return PreparationError(
        "The packages could not be installed; the installer's last words were: {last}",
        "Read {log} for the whole story, then run {command} again.",
        last=last,
        log=log,
        command=command,
    )
