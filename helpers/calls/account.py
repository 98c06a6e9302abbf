"""`connect("aws")`: the client on AWS, with account, Region and prices printed before anything is paid."""

import os
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from helpers import models
from helpers.calls.answers import Call
from helpers.calls.aws_errors import call_error, no_credentials_error
from helpers.errors import CallError, NoCredentialsError, SetupError
from helpers.language import tr
from helpers.studio import ACCESS_KEY_PREFIX
from helpers.studio.environment import JOIN_VARIABLE

BEARER_VARIABLE = "AWS_BEARER_TOKEN_BEDROCK"


def aws_client(region: str | None, config: Any) -> Any:
    """Return a client of bedrock-runtime on AWS. Prints account, Region and prices; calls STS alone, which is free."""
    _refuse_a_studios_environment()
    try:
        session = boto3.DEFAULT_SESSION or boto3.Session()
        _check_for_credentials(session)
        bedrock = session.client("bedrock-runtime", region_name=region, config=config)
        here = bedrock.meta.region_name
        lines = [_account_line(session, here), tr("Region   {region}", region=here)]
        lines += [*_endpoint_lines(bedrock), *_price_lines(here)]
    except (BotoCoreError, ClientError) as error:
        raise call_error(error, Call("aws", region)) from error
    print("\n".join([tr("On AWS: from here on, every picture is billed."), *lines]))
    return bedrock


def _check_for_credentials(session: Any) -> None:
    """Raise NoCredentialsError unless credentials are configured and can be read."""
    if os.environ.get(BEARER_VARIABLE):
        return
    try:
        found = session.get_credentials()
        if found is not None:
            found.get_frozen_credentials()  # runs the sign-in or the program that they come from
    except (BotoCoreError, ClientError, OSError, RuntimeError, ValueError) as error:
        raise no_credentials_error(str(error), Call("aws", None)) from error
    if found is None:
        raise no_credentials_error("", Call("aws", None))


def identity(session: Any, region: str) -> dict[str, str]:
    """Return the caller as STS names it (`Account`, `Arn`). Free. Raises CallError.

    API: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    patience = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
    try:
        return dict(session.client("sts", region_name=region, config=patience).get_caller_identity())
    except (BotoCoreError, ClientError) as error:
        raise call_error(error, Call("aws", region)) from error


def known_identity(session: Any, region: str) -> dict[str, str] | None:
    """Return `identity`; None where a Bedrock API key, which STS does not know, is all there is. Raises CallError."""
    by_key = bool(os.environ.get(BEARER_VARIABLE))
    if by_key and session.get_credentials() is None:
        return None
    try:
        return identity(session, region)
    except NoCredentialsError:
        if not by_key:
            raise
        return None


def _account_line(session: Any, region: str) -> str:
    by_key = tr(" (calls are signed with AWS_BEARER_TOKEN_BEDROCK)") if os.environ.get(BEARER_VARIABLE) else ""
    try:
        known = known_identity(session, region)
    except NoCredentialsError:
        raise
    except CallError as error:  # such as in a network that reaches Bedrock alone
        return tr("account  not known: {what} {why}", what=error.what, why=error.why)
    if known is None:
        return tr("account  that of the Bedrock API key in AWS_BEARER_TOKEN_BEDROCK")
    return tr(
        "account  {account}, {caller}{by_key}",
        account=known["Account"],
        caller=known["Arn"].rpartition(":")[2],
        by_key=by_key,
    )


def _refuse_a_studios_environment() -> None:
    joined = os.environ.get(JOIN_VARIABLE)
    on_a_studio = joined and os.environ.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME") == joined
    if on_a_studio or os.environ.get("AWS_ACCESS_KEY_ID", "").startswith(ACCESS_KEY_PREFIX):
        raise SetupError(
            tr("This process was started on a studio, and there is no way from it to AWS."),
            tr(
                "Its AWS settings are the studio's: they came from `python -m helpers.studio`, or from a notebook on"
                " the studio."
            ),
            tr(
                "Start it from a terminal with settings of your own, or call"
                ' helpers.connect("aws") in the notebook first.'
            ),
        )


def _endpoint_lines(bedrock: Any) -> list[str]:
    endpoint = str(bedrock.meta.endpoint_url)
    host = urlsplit(endpoint).hostname or ""
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return []
    return [tr("endpoint {endpoint}, which is set on this machine and is not AWS's own", endpoint=endpoint)]


def _price_lines(region: str) -> list[str]:
    lines = [_price_line(model, region) for model in models.all() if model.schema]
    return [
        tr("prices   in USD a picture, as of {day}:", day=models.as_of()),
        *(f"         {line}" for line in lines),
    ]


def _price_line(model: models.Model, region: str) -> str:
    price = f"{model.list_price({}):.2f}"
    if model.retired_on(date.today()):
        return tr(
            "{name}: left AWS on {eol}, was {price}; helpers.connect() draws it",
            name=model.name,
            eol=model.eol,
            price=price,
        )
    if model.regions and region not in model.regions:
        home = model.regions[0]
        return tr(
            '{name}: {price}, not in {region} but in {home}: helpers.connect("aws", region="{home}")',
            name=model.name,
            price=price,
            region=region,
            home=home,
        )
    return f"{model.name}: {price}"
