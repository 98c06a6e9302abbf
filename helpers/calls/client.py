"""The two calls that every lesson makes: `connect` gives a Bedrock client, `invoke` sends one body and gives a receipt."""

import copy
import http.client
import ipaddress
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helpers.calls.answers import Backend, Call, Generation, read
from helpers.calls.isolation import Isolation
from helpers.calls.send import send
from helpers.errors import BodyError, CallError, Problem, SetupError
from helpers.language import tr

if TYPE_CHECKING:
    from helpers.models import Model
    from helpers.studio.process import Studio

__all__ = ["Generation", "backend_of", "connect", "invoke"]

Client = Any  # a boto3 client of bedrock-runtime; boto3 makes these classes as it goes and has no types for them

READ_TIMEOUT = 300  # seconds; botocore's own 60 are too few for a busy model, and what times out is sent again
CONNECT_TIMEOUT = 10  # seconds
ATTEMPTS = 3  # of botocore, the first included; nothing else here calls a second time
CONNECTIONS = 16  # kept open, for callers with several threads
HEALTH_SECONDS = 5.0

_lock = threading.RLock()
_isolation = Isolation()
_studio: "Studio | None" = None
_studio_of = 0  # the process that started it: after a fork, the parent


def connect(backend: Backend = "studio", *, region: str | None = None, model: "str | Model | None" = None) -> Client:
    """A boto3 client of bedrock-runtime: on the offline studio, or on AWS if asked by name. Never makes a paid call.

    `"studio"` starts one studio for this process, or joins the one that WORKSHOP_STUDIO names, and turns the whole
    process to it: a plain `boto3.client(...)` is answered there too, and never by AWS. `"aws"` undoes that and prints
    account, Region and prices. `region` goes before the one that is configured. `model` is the model that a lesson is
    about, as id or role: on AWS, one that has left Bedrock is named before any call, after the same checks.

    Raises SetupError where the studio does not answer; on AWS NoCredentialsError, RegionError, CallSetupError,
    ConnectionCallError or RetiredModelError.
    """
    if backend not in ("studio", "aws"):
        raise ValueError(
            tr(
                'There is no back end {backend!r}. It is helpers.connect("studio"), the offline '
                'studio, which costs nothing, or helpers.connect("aws"), Amazon Bedrock.',
                backend=backend,
            )
        )
    with _lock:
        if backend == "studio":
            return _connect_studio(region)
        _isolation.leave()
        return _connect_aws(region, model)


def invoke(bedrock: Client, body: "Mapping[str, Any] | str | bytes", model: "str | Model | None" = None) -> Generation:
    """Send one request body and give back the receipt of its picture.

    `body` is a dict (or its JSON), or the four keys of the API's example: modelId, contentType, accept and body.
    `model` is an id or a role of the registry; without it, the body's own, or the only one that its fields fit.

    Raises BodyError before anything is sent, and otherwise the CallError that fits. On AWS a retired model is stopped
    before it is sent. A finish reason other than success raises FilteredError, PromptRefusedError or ModelFailedError.
    """
    from helpers import bodies, models
    from helpers.bodies import Body

    if not hasattr(bedrock, "invoke_model"):
        raise TypeError(tr("The first argument is a client of bedrock-runtime: made = helpers.invoke(bedrock, body)."))
    asked, named = _unpacked(body)
    name = model or named
    chosen = models.get(name) if name else models.for_body(asked)
    bodies.check(asked, chosen)
    call = Call(backend_of(bedrock), bedrock.meta.region_name, chosen, Body(asked, chosen))
    if call.backend == "aws" and chosen.retired_on(date.today()):
        raise bodies.retired(chosen, asked)
    answer = send(bedrock, call)
    return read(answer.payload, answer.metadata, call=call, seconds=answer.seconds, attempts=answer.attempts)


def backend_of(bedrock: Client) -> Backend:
    """Where a client's calls go. An address on this machine is a studio, and so is the one in WORKSHOP_STUDIO."""
    from helpers.studio.process import JOIN_VARIABLE

    endpoint = str(bedrock.meta.endpoint_url)
    return "studio" if _is_loopback(endpoint) or endpoint == os.environ.get(JOIN_VARIABLE) else "aws"


# --- AWS ---------------------------------------------------------------------------------------------------------


def _connect_aws(region: str | None, model: "str | Model | None") -> Client:
    from helpers import bodies, models
    from helpers.calls import account

    chosen = models.get(model) if model else None
    if chosen is None or not chosen.retired_on(date.today()):
        return _safe_after_fork(account.connect(region, _config()))
    try:
        account.connect(region, _config())
    except CallError as error:
        print(error)  # the set-up's own trouble is worth knowing too, and the model is gone all the same
    raise bodies.retired(
        chosen, bodies.text_to_image("a serene beach at sunset", model=chosen) if chosen.schema else {}
    )


# --- The studio --------------------------------------------------------------------------------------------------


def _connect_studio(region: str | None) -> Client:
    import boto3
    from botocore.exceptions import BotoCoreError
    from botocore.utils import validate_region_name

    from helpers.calls.aws_errors import translate
    from helpers.studio import process

    try:
        validate_region_name(region)  # as every client does when it is made; here before the process is turned to it
    except BotoCoreError as error:
        raise translate(error, Call("studio", region)) from error
    studio = _this_studio()
    here = replace(studio, region=region) if region else studio
    settings, removed = process.environment(here, {**_isolation.found, **os.environ})
    if process.JOIN_VARIABLE not in os.environ:
        del settings[process.JOIN_VARIABLE]  # a child process that connects gets a studio of its own
    _isolation.enter({**settings, **dict.fromkeys(removed)})
    session = boto3.Session(here.access_key, here.secret_key, region_name=here.region)
    config = _config(signature_version="v4", proxies={})
    try:
        bedrock = session.client("bedrock-runtime", endpoint_url=here.endpoint, config=config)
    except BotoCoreError as error:
        raise translate(error, Call("studio", region)) from error
    return _safe_after_fork(bedrock)


def _this_studio() -> "Studio":
    """The studio that this process joins, or its own: the one that runs, or a new one."""
    global _studio, _studio_of
    from helpers.studio import process

    found = process.joined(os.environ)
    if found is not None:
        if not _answers(found.endpoint):
            raise SetupError(
                tr("No studio answers at {endpoint}.", endpoint=found.endpoint),
                tr("{variable} names it, and it was stopped or never there.", variable=process.JOIN_VARIABLE),
                tr(
                    "Start it again (python -m helpers.studio), or unset {variable} to get one of your own.",
                    variable=process.JOIN_VARIABLE,
                ),
            )
        return found
    if _studio is not None and _studio_of != os.getpid():  # started by our parent, before the fork
        _studio = replace(_studio, process=None) if _answers(_studio.endpoint) else None
        _studio_of = os.getpid()
    if _studio is not None and not _studio.alive:
        _studio.stop()  # what it could not take away itself
        _studio = None
    if _studio is None:
        _studio, _studio_of = process.start(), os.getpid()
    return _studio


def _answers(endpoint: str) -> bool:
    """Whether a studio is there: it signs every answer with its version, even one to a call without a signature."""
    place = urlsplit(endpoint)
    try:
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=HEALTH_SECONDS)
        try:
            connection.request("GET", "/foundation-models")
            return connection.getresponse().getheader("x-studio-version") is not None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


def _config(**more: Any) -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        **more,
    )


def _safe_after_fork(bedrock: Client) -> Client:
    """The client, made to drop its open connections in a forked child, where they are still the parent's."""
    owner = os.getpid()

    def own_connections(**_: Any) -> None:
        nonlocal owner
        if owner != os.getpid():
            owner = os.getpid()
            bedrock.close()  # the next call opens new ones

    bedrock.meta.events.register_first("before-send.bedrock-runtime", own_connections)
    return bedrock


# --- Small things ------------------------------------------------------------------------------------------------


def _unpacked(body: "Mapping[str, Any] | str | bytes") -> tuple[dict[str, Any], str | None]:
    """The request body as a dict of its own, and the model id that came with it in an API example."""
    if isinstance(body, (str, bytes, bytearray)):
        body = _from_json(body)
    if not isinstance(body, Mapping):
        why = tr("The body must be a dict, not {kind}; json.loads makes one from JSON.", kind=type(body).__name__)
        raise _no_body(why, body)
    if "modelId" in body and "body" in body:
        asked, _ = _unpacked(body["body"])
        return asked, str(body["modelId"])
    return copy.deepcopy(body if isinstance(body, dict) else dict(body)), None  # a Body stays one


def _from_json(text: str | bytes | bytearray) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_body(tr("It is not JSON: {error}.", error=error), text) from error
    if not isinstance(body, dict):
        raise _no_body(tr("It is JSON, but not an object in braces."), text)
    return body


def _no_body(why: str, found: object) -> BodyError:
    fix = tr('Start from helpers.text_to_image("a serene beach at sunset").')
    return BodyError(tr("This is not a request body."), why, fix, problems=[Problem("body", why, found)])


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
