"""The two calls of every lesson: `connect` returns a Bedrock client, `invoke` sends a body and returns its receipt."""

import copy
import http.client
import ipaddress
import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helpers.calls import own_routes
from helpers.calls.answers import Backend, Call, Generation, read
from helpers.calls.isolation import Isolation
from helpers.calls.send import send
from helpers.errors import BodyError, CallError, Problem, SetupError
from helpers.language import tr
from helpers.studio import VERSION_HEADER

if TYPE_CHECKING:
    from helpers.models import Model
    from helpers.studio.process import Studio

Client = Any  # a boto3 client of bedrock-runtime; boto3 makes these classes as it goes and has no types for them

READ_TIMEOUT = 300  # seconds; botocore's own 60 are too few for a busy model, and what times out is sent again
CONNECT_TIMEOUT = 10  # seconds
ATTEMPTS = 3  # of botocore, the first included; nothing else here calls a second time
CONNECTIONS = 16  # kept open, for callers with several threads
HEALTH_TIMEOUT = 5.0  # seconds

_lock = threading.RLock()
_isolation = Isolation()
_studio: "Studio | None" = None
_studio_of = 0  # the process that started it: after a fork, the parent
_suffix = ""  # of this process's keys for a shared studio; a child process inherits the keys themselves
_studio_in_use: "Studio | None" = None  # of the last `connect`, with its Region


def connect(backend: Backend = "studio", *, region: str | None = None, model: "str | Model | None" = None) -> Client:
    """Return a boto3 client of bedrock-runtime, on the offline studio or on AWS. Never makes a paid call.

        bedrock = helpers.connect()
        bedrock = helpers.connect("aws", region="us-west-2")  # only with an account

    `backend`: "studio" starts one studio for this process, or joins the one that WORKSHOP_STUDIO names, with an access
    key of this process's own, and isolates the process from AWS: a plain `boto3.client("bedrock-runtime")` is on the
    studio too. "aws" undoes that, and prints account, Region and prices. `region`: the name of a Region (default:
    us-west-2 on the studio, the configured one on AWS). `model`: the id or role of the model that a lesson is about; on
    AWS, one that has left Bedrock is reported before any call.

    Raises ValueError for another back end and SetupError where the studio does not answer; on AWS NoCredentialsError,
    RegionError, CallSetupError, ConnectionCallError, UnknownModelError or RetiredModelError.
    """
    if backend not in ("studio", "aws"):
        raise ValueError(
            tr(
                'There is no back end {backend!r}. It is helpers.connect("studio"), the offline '
                'studio, which costs nothing, or helpers.connect("aws"), Amazon Bedrock.',
                backend=backend,
            )
        )
    global _studio_in_use
    with _lock:
        if backend == "studio":
            return _connect_studio(region)
        _isolation.leave()
        _studio_in_use = None
        return _connect_aws(region, model)


def invoke(bedrock: Client, body: "Mapping[str, Any] | str | bytes", model: "str | Model | None" = None) -> Generation:
    """Send one request body and return the receipt of its picture.

        made = helpers.invoke(bedrock, body)

    `bedrock`: a client of `helpers.connect()`, or any boto3 client of bedrock-runtime. `body`: a dict or its JSON, or
    the four keys of the API's example (modelId, contentType, accept, body). `model`: an id or role of the registry
    (default: the body's own, or the only one that its fields fit). A client of `connect` sends a request up to 3
    times.

    Raises BodyError and UnknownModelError before anything is sent, and TypeError for another first argument.
    Afterwards it raises FilteredError, PromptRefusedError or ModelFailedError for a finish reason
    other than success, and otherwise the CallError that fits. On AWS a retired model raises RetiredModelError before
    anything is sent. API: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
    """
    from helpers import bodies, models
    from helpers.bodies import Body

    if not hasattr(bedrock, "invoke_model"):
        raise TypeError(tr("The first argument is a client of bedrock-runtime: made = helpers.invoke(bedrock, body)."))
    request, model_id = _body_and_model_id(body)
    name = model or model_id
    chosen = models.get(name) if name else models.for_body(request)
    bodies.check(request, chosen)
    call = Call(backend_of(bedrock), bedrock.meta.region_name, chosen, Body(request, chosen))
    if call.backend == "aws" and chosen.retired_on(date.today()):
        raise bodies.retired(chosen, request)
    answer = send(bedrock, call)
    return read(answer.payload, answer.metadata, call=call, seconds=answer.seconds, attempts=answer.attempts)


def backend_of(bedrock: Client) -> Backend:
    """Return "studio" for a client whose endpoint is on this machine or in WORKSHOP_STUDIO, else "aws"."""
    from helpers.studio.environment import JOIN_VARIABLE

    endpoint = str(bedrock.meta.endpoint_url)
    return "studio" if _is_loopback(endpoint) or endpoint == os.environ.get(JOIN_VARIABLE) else "aws"


def current_studio() -> "Studio | None":
    """Return the studio that the last `connect` joined or started; None on AWS, and before the first `connect`."""
    return _studio_in_use


def signing_credentials(bedrock: Client) -> Any:
    """Return the credentials that a boto3 client signs with; None for an object that is no such client."""
    return getattr(getattr(bedrock, "_request_signer", None), "_credentials", None)


# --- AWS ---------------------------------------------------------------------------------------------------------


def _connect_aws(region: str | None, model: "str | Model | None") -> Client:
    from helpers import bodies, models
    from helpers.calls import account

    chosen = models.get(model) if model else None
    if chosen is None or not chosen.retired_on(date.today()):
        return _safe_after_fork(account.aws_client(region, _config()))
    try:
        account.aws_client(region, _config())
    except CallError as error:
        print(error)  # worth knowing too, though the model is gone in any case
    raise bodies.retired(
        chosen, bodies.text_to_image("a serene beach at sunset", model=chosen) if chosen.schema else {}
    )


# --- The studio --------------------------------------------------------------------------------------------------


def _connect_studio(region: str | None) -> Client:
    global _studio_in_use
    import boto3
    from botocore.exceptions import BotoCoreError
    from botocore.utils import validate_region_name

    from helpers.calls.aws_errors import call_error
    from helpers.studio import environment

    try:
        validate_region_name(region)  # as boto3 does for each client; here before the process is isolated
    except BotoCoreError as error:
        raise call_error(error, Call("studio", region)) from error
    studio = _joined_or_own_studio()
    here = replace(studio, region=region) if region else studio
    settings, removed = environment.client_environment(
        here, {**_isolation.saved, **os.environ}, with_api_key=environment.API_KEY_VARIABLE in os.environ
    )
    if environment.JOIN_VARIABLE not in os.environ:
        del settings[environment.JOIN_VARIABLE]  # a child process that connects gets a studio of its own
    _isolation.enter({**settings, **dict.fromkeys(removed)})
    session = boto3.Session(here.access_key, here.secret_key, region_name=here.region)
    config = _config(signature_version="v4", proxies={})
    try:
        bedrock = session.client("bedrock-runtime", endpoint_url=here.endpoint, config=config)
    except BotoCoreError as error:
        raise call_error(error, Call("studio", region)) from error
    _studio_in_use = here
    return _safe_after_fork(bedrock)


def _joined_or_own_studio() -> "Studio":
    """Return the studio that WORKSHOP_STUDIO names, or this process's own: the running one, or a new one."""
    global _studio, _studio_of, _suffix
    from helpers.studio import environment, process

    _suffix = _suffix or secrets.token_hex(8)
    found = environment.joined(os.environ, _suffix)
    if found is not None:
        if not _is_studio(found.endpoint):
            raise SetupError(
                tr("No studio answers at {endpoint}.", endpoint=found.endpoint),
                tr("{variable} names it, and it was stopped or never there.", variable=environment.JOIN_VARIABLE),
                tr(
                    "Start it again (python -m helpers.studio), or unset {variable} to get one of your own.",
                    variable=environment.JOIN_VARIABLE,
                ),
            )
        if not _opens(found):
            raise SetupError(
                tr("The studio at {endpoint} does not know the keys of this environment.", endpoint=found.endpoint),
                tr("It was started again, and each start makes new keys."),
                tr("Put the lines that it printed into this environment, and start the notebook's kernel again."),
            )
        return found
    if _studio is not None and _studio_of != os.getpid():  # started by our parent, before the fork
        _studio = replace(_studio, process=None) if _is_studio(_studio.endpoint) else None
        _studio_of = os.getpid()
    if _studio is not None and not _studio.alive:
        _studio.stop()  # removes what it left behind
        _studio = None
    if _studio is None:
        _studio, _studio_of = process.start(), os.getpid()
    return _studio


def _is_studio(endpoint: str) -> bool:
    """Return whether a studio answers: its version is in every answer, even to a call without a signature."""
    url = urlsplit(endpoint)
    try:
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=HEALTH_TIMEOUT)
        try:
            connection.request("GET", "/foundation-models")
            return connection.getresponse().getheader(VERSION_HEADER) is not None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


def _opens(studio: "Studio") -> bool:
    """Return whether a studio that answers takes these keys."""
    from botocore.credentials import Credentials

    keys = Credentials(studio.access_key, studio.secret_key)
    try:
        answer = own_routes.ask(studio.endpoint, keys, studio.region, "/foundation-models", timeout=HEALTH_TIMEOUT)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return answer.status != http.HTTPStatus.FORBIDDEN


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
    """Return the client, set to close its open connections in a forked child, where they are still the parent's."""
    owner = os.getpid()

    def own_connections(**_: Any) -> None:
        nonlocal owner
        if owner != os.getpid():
            owner = os.getpid()
            bedrock.close()  # the next call opens new ones

    bedrock.meta.events.register_first("before-send.bedrock-runtime", own_connections)
    return bedrock


# --- Bodies ------------------------------------------------------------------------------------------------------


def _body_and_model_id(body: "Mapping[str, Any] | str | bytes") -> tuple[dict[str, Any], str | None]:
    """Return the request body as a copy, and the model id that came with it in the API's form."""
    if isinstance(body, (str, bytes, bytearray)):
        body = _parsed(body)
    if not isinstance(body, Mapping):
        why = tr("The body must be a dict, not {kind}; json.loads makes one from JSON.", kind=type(body).__name__)
        raise _not_a_body(why, body)
    if "modelId" in body and "body" in body:
        inner, _ = _body_and_model_id(body["body"])
        return inner, str(body["modelId"])
    return copy.deepcopy(body if isinstance(body, dict) else dict(body)), None  # a Body stays one


def _parsed(text: str | bytes | bytearray) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_a_body(tr("It is not JSON: {error}.", error=error), text) from error
    if not isinstance(body, dict):
        raise _not_a_body(tr("It is JSON, but not an object in braces."), text)
    return body


def _not_a_body(why: str, found: object) -> BodyError:
    fix = tr('Start from helpers.text_to_image("a serene beach at sunset").')
    return BodyError(tr("This is not a request body."), why, fix, problems=[Problem("body", why, found)])


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
