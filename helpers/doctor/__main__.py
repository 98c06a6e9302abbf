"""`python -m helpers.doctor`: the checks in their order, and the report of what is wrong and the one fix.

Only the standard library is imported here, and an old Python can read the syntax: see helpers.doctor.checks.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from helpers.doctor import aws, checks
from helpers.doctor.checks import START, Finding
from helpers.language import joined, ljust, tr, use_english_where_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHECKS: tuple[Callable[[], Finding], ...] = (
    checks.python,
    checks.packages,
    checks.kernel,
    checks.console,
    checks.outputs,
    checks.clock,
    checks.variables,
)
CHECKS_OF_AWS: tuple[Callable[[], Finding], ...] = (aws.credentials, aws.clock_of_aws, aws.region, aws.model)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks, print what they found, and return the exit code: 1 if something is wrong."""
    _make_printable()
    parser = argparse.ArgumentParser(prog="python -m helpers.doctor", description=tr("Check the workshop's set-up."))
    asking = tr("ask AWS too: credentials, Region, model (free calls only)")
    parser.add_argument("--aws", action="store_true", help=asking)
    asks_aws = parser.parse_args(arguments).aws
    wrong = []
    # The studio hides AWS from this process, so it comes last.
    for check in (*CHECKS, *(CHECKS_OF_AWS if asks_aws else ()), checks.studio):
        finding = _finding_of(check)
        _print_finding(finding)
        if finding.verdict == "wrong":
            wrong.append(finding)
            if check is checks.python:
                break  # whatever else is wrong comes from that
    print(_summary(wrong))
    return 1 if wrong else 0


def _finding_of(check: Callable[[], Finding]) -> Finding:
    name = check.__name__.replace("_", " ")
    try:
        return check()
    except ImportError as error:
        return Finding(
            "wrong", name, tr("A package is missing or damaged: {error}.", error=error), tr("Run: {start}", start=START)
        )
    except Exception as error:
        what, fix = getattr(error, "what", ""), getattr(error, "fix", "")
        says = joined(what, getattr(error, "why", ""))
        says = says or tr("The check failed: {kind}: {error}.", kind=type(error).__name__, error=error)
        return Finding("wrong", name, says, fix or tr("Look that message up, or ask for help with it."))


def _print_finding(finding: Finding) -> None:
    print(f"{ljust(tr(finding.verdict), 6)}{ljust(tr(finding.about), 12)} {finding.says}", flush=True)
    if finding.fix:
        fix = tr("Fix: {fix}", fix=finding.fix) if finding.verdict == "wrong" else finding.fix
        print(f"{'':19}{fix}", flush=True)


def _summary(wrong: list[Finding]) -> str:
    if not wrong:
        return tr("Everything is in order.")
    about, fix = tr(wrong[0].about), wrong[0].fix
    if len(wrong) == 1:
        return tr("One thing is wrong. Begin with the {about}: {fix}", about=about, fix=fix)
    return tr("{count} things are wrong. Begin with the {about}: {fix}", count=len(wrong), about=about, fix=fix)


def _make_printable() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    use_english_where_needed(sys.stdout, sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
