"""Checks of AWS, for --aws: credentials, clock, Region and model, by calls that are free.

Only the standard library is imported at the top, as in helpers.doctor.checks.
"""

from __future__ import annotations

import time
from typing import Any

from helpers.doctor.checks import Finding
from helpers.language import joined, listed, tr

MOST_SKEW = 300  # seconds: AWS refuses a request whose signature is further from its own time


def credentials() -> Finding:
    """Check the credentials, and name the account that STS gives for them; STS knows no Bedrock API keys."""
    import boto3

    from helpers.calls import account

    caller = account.known_identity(boto3.Session(), _region_to_ask())
    if caller is None:
        return Finding("ok", "credentials", tr("a Bedrock API key, in AWS_BEARER_TOKEN_BEDROCK"))
    return Finding(
        "ok",
        "credentials",
        tr(
            "account {account}, {caller}",
            account=caller["Account"],
            caller=caller["Arn"].rpartition(":")[2],
        ),
    )


def clock_of_aws() -> Finding:
    """Compare this computer's clock with the time that AWS answers with."""
    import email.utils
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"https://sts.{_region_to_ask()}.amazonaws.com/", timeout=10) as answer:
            date = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        date = error.headers["Date"]
    except OSError as error:
        return Finding(
            "wrong",
            "AWS clock",
            tr("AWS cannot be reached: {error}.", error=error),
            tr("Check the network and the proxy."),
        )
    skew = time.time() - email.utils.parsedate_to_datetime(date).timestamp()
    if abs(skew) > MOST_SKEW:
        minutes = abs(skew) / 60
        ahead = tr("This clock is {minutes:.0f} minutes ahead of AWS's.", minutes=minutes)
        behind = tr("This clock is {minutes:.0f} minutes behind AWS's.", minutes=minutes)
        says = joined(ahead if skew > 0 else behind, tr("Signatures made by it are refused."))
        return Finding(
            "wrong",
            "AWS clock",
            says,
            tr("Set this computer's clock right."),
        )
    return Finding("ok", "AWS clock", tr("{seconds:.0f} s apart from this one", seconds=abs(skew)))


def region() -> Finding:
    """Check that a Region is configured, and that it offers Stable Image Core."""
    import boto3

    from helpers import models

    core, here = models.get("core"), boto3.Session().region_name
    fix = tr(
        'Use helpers.connect("aws", region="{region}"), or set it with `aws configure` '
        "(`python -m pip install awscli` installs that command).",
        region=core.regions[0],
    )
    if here is None:
        return Finding("wrong", "Region", tr("None is configured."), fix)
    if here not in core.regions:
        return Finding(
            "note",
            "Region",
            tr("{here}; {model} is in {regions} alone.", here=here, model=core.name, regions=listed(core.regions)),
            fix,
        )
    return Finding("ok", "Region", tr("{here}, where {model} lives", here=here, model=core.name))


def model() -> Finding:
    """Check that this account may use Stable Image Core."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from helpers import models
    from helpers.calls.answers import Call
    from helpers.calls.aws_errors import call_error

    core = models.get("core")
    bedrock = boto3.Session().client("bedrock", region_name=_region_to_ask())
    try:
        state = bedrock.get_foundation_model(modelIdentifier=core.id)["modelDetails"]["modelLifecycle"]["status"]
        access = bedrock.get_foundation_model_availability(modelId=core.id)
    except (BotoCoreError, ClientError) as error:
        raise call_error(error, Call("aws", _region_to_ask(), core)) from error
    closed = [f"{name} {value}" for name, value in _states(access) if value not in ("AVAILABLE", "AUTHORIZED")]
    if closed:
        says = tr(
            "{model} is {state}, but not open to this account: {reasons}.",
            model=core.name,
            state=state,
            reasons=", ".join(closed),
        )
        fix = tr(
            "Its first call by a user with AWS Marketplace rights switches it on; ask an administrator to make it."
        )
        return Finding("note", "model", says, fix)
    return Finding("ok", "model", tr("{model} is {state} and open to this account", model=core.name, state=state))


def _region_to_ask() -> str:
    """Return the configured Region, else the first one that offers Stable Image Core."""
    import boto3

    from helpers import models

    return str(boto3.Session().region_name or models.get("core").regions[0])


def _states(access: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("agreement", str(access.get("agreementAvailability", {}).get("status"))),
        ("authorization", str(access.get("authorizationStatus"))),
        ("entitlement", str(access.get("entitlementAvailability"))),
        ("Region", str(access.get("regionAvailability"))),
    ]
