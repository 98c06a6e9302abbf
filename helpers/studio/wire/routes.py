"""The studio's application: the operations of Bedrock that it has, by method and path, for requests that are signed."""

import contextlib
import ipaddress
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from helpers.language import shortened
from helpers.schemas.fields import in_english
from helpers.studio.fault_rules import FaultRule, FaultRuleError, rule_from
from helpers.studio.keys import Keys
from helpers.studio.replies import BedrockError, Reply, json_reply, validation
from helpers.studio.service import Service, catalogue
from helpers.studio.wire.faults import FaultBook
from helpers.studio.wire.messages import Caller, Headers, HttpRequest, RequestHead
from helpers.studio.wire.other_services import (
    STS,
    caller_identity,
    in_the_clients_form,
    not_here,
    service_of,
    sts_caller,
)
from helpers.studio.wire.signing import SERVICE, check_signature, claimed_caller
from helpers.studio.workers.pool import Waiter

_MODEL_OPERATIONS = ("invoke", "invoke-with-response-stream", "converse", "converse-stream", "count-tokens")
_REFUSED_OPERATIONS = {
    "invoke-with-response-stream": "The model is unsupported for streaming. An image comes in one piece: use InvokeModel.",
    "converse": "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    "count-tokens": "The provided model doesn't support counting tokens.",
}
_REFUSED_OPERATIONS["converse-stream"] = _REFUSED_OPERATIONS["converse"]
_TRACE_HEADER = "x-amzn-bedrock-trace"
_TRACES = {"ENABLED": True, "DISABLED": False, "ENABLED_FULL": True}
_MAX_RULE = 10_000  # bytes of a rule
_JSON_TYPES = ("", "*/*", "application/*", "application/json", "application/octet-stream")


class Bedrock:
    """The studio's operations; `FaultLayer` around it is the application for a `StudioServer`.

    `keys`: the studio's own pair; requests are signed with it, or with one made from it (`helpers.studio.keys`).
    `identity`: returns an engine's own name and version, as `EnginePools.identity` does. `book`: the rules and calls
    that the layer uses. `any_host`: answer requests to any host name; by default only those to loopback.
    """

    def __init__(
        self,
        keys: Keys,
        service: Service,
        *,
        identity: Callable[[str], str],
        book: FaultBook,
        any_host: bool = False,
    ) -> None:
        self._keys, self._service, self._identity, self._any_host = keys, service, identity, any_host
        self._book = book

    def admit(self, head: RequestHead) -> Caller:
        """Return who sends the request, by all that its head can tell. Raises BedrockError, and no body is read.

        A request is refused first for its host, then for a path that leads nowhere, then for its caller.
        """
        if not (self._any_host or _is_this_machine(head.headers)):
            raise BedrockError("AccessDeniedException", "The studio answers to this machine's own address alone.")
        if _operation(head) is Bedrock._caller_identity:
            return sts_caller(head, self._keys)
        return claimed_caller(head, self._keys)

    def verify(self, request: HttpRequest, caller: Caller) -> None:
        """Check the signature of a whole request that was admitted. Raises BedrockError where it is wrong."""
        try:
            check_signature(request, self._keys)
        except BedrockError as error:
            raise (error if caller.service == SERVICE else in_the_clients_form(error, request.head)) from None

    def respond(self, request: HttpRequest, caller: Caller) -> Reply:
        """Return the answer to a request that was verified. Raises BedrockError where that is an error."""
        return _operation(request.head)(self, request, caller)

    def _invoke(self, request: HttpRequest, caller: Caller) -> Reply:
        headers, (model_id, operation) = request.head.headers, _model_and_operation(request.head.path)
        if operation in _REFUSED_OPERATIONS:
            catalogue.model_to_invoke(model_id, caller.region, self._service.lifecycle())
            raise validation(_REFUSED_OPERATIONS[operation])
        _check_media_types(headers)
        waiter = Waiter(caller.access_key, request.connection, request.client_waits)
        trace = _trace_wanted(headers)
        return self._service.invoke(model_id, request.body, caller.region, waiter, trace=trace, refusal=request.refusal)

    def _list(self, request: HttpRequest, caller: Caller) -> Reply:
        filters = dict(parse_qsl(request.head.query))
        return json_reply(catalogue.summaries(caller.region, filters, self._service.lifecycle()))

    def _details(self, request: HttpRequest, caller: Caller) -> Reply:
        return json_reply(catalogue.details(_last(request.head.path), caller.region, self._service.lifecycle()))

    def _availability(self, request: HttpRequest, caller: Caller) -> Reply:
        model_id = _last(request.head.path)
        return json_reply(catalogue.availability(model_id, caller.region, self._service.lifecycle()))

    def _offers(self, request: HttpRequest, caller: Caller) -> Reply:
        return json_reply(catalogue.agreement_offers(_last(request.head.path)))

    def _profiles(self, request: HttpRequest, caller: Caller) -> Reply:
        query = dict(parse_qsl(request.head.query))
        return json_reply(catalogue.profiles(caller.region, self._service.today(), query))

    def _profile(self, request: HttpRequest, caller: Caller) -> Reply:
        return json_reply(catalogue.profile(_last(request.head.path), caller.region, self._service.today()))

    def _empty_list(self, request: HttpRequest, caller: Caller) -> Reply:
        return json_reply({catalogue.EMPTY_LISTS[request.head.path]: []})

    def _caller_identity(self, request: HttpRequest, caller: Caller) -> Reply:
        return caller_identity(request, caller)

    def _faults(self, request: HttpRequest, caller: Caller) -> Reply:
        """Set a rule (POST), or list the rules of this access key (GET)."""
        if request.head.method == "GET":
            return json_reply({"rules": self._book.rules(caller.access_key)})
        return json_reply({"id": self._book.set_rule(caller.access_key, _rule(request.body))})

    def _end_fault(self, request: HttpRequest, caller: Caller) -> Reply:
        number = _last(request.head.path)
        if re.fullmatch("[0-9]{1,4000}", number, re.ASCII) is None:
            raise validation(f"The number of a rule is a whole number, not {shortened(number, 100)}.")
        return json_reply({"id": int(number), "used": self._book.end_rule(caller.access_key, int(number))})

    def _calls(self, request: HttpRequest, caller: Caller) -> Reply:
        return json_reply({"calls": self._book.calls(caller.access_key)})

    def _engines(self, request: HttpRequest, caller: Caller) -> Reply:
        """Return the engine that would draw for each model. May start workers, to learn their engines' versions."""
        names = {model.id: self._service.engine_of(model) for model in catalogue.offered(self._service.lifecycle())}
        known: dict[str, str] = {}
        for name in dict.fromkeys(names.values()):
            with contextlib.suppress(BedrockError):  # requests for its pictures say why it fails
                known[name] = self._identity(name)
        return json_reply({"engines": {model: known[name] for model, name in names.items() if name in known}})


def _operation(head: RequestHead) -> Callable[[Bedrock, HttpRequest, Caller], Reply]:
    match head.method, head.path.split("/"):
        case "POST", ["", "model", model_id, operation] if model_id and operation in _MODEL_OPERATIONS:
            return Bedrock._invoke
        case "GET", ["", "foundation-models"]:
            return Bedrock._list
        case "GET", ["", "foundation-models", model_id] if model_id:
            return Bedrock._details
        case "GET", ["", "foundation-model-availability", model_id] if model_id:
            return Bedrock._availability
        case "GET", ["", "list-foundation-model-agreement-offers", model_id] if model_id:
            return Bedrock._offers
        case "GET", ["", "inference-profiles"]:
            return Bedrock._profiles
        case "GET", ["", "inference-profiles", profile_id] if profile_id:
            return Bedrock._profile
        case "GET", _ if head.path in catalogue.EMPTY_LISTS:
            return Bedrock._empty_list
        case "GET", ["", "studio", "engines"]:
            return Bedrock._engines
        case "GET" | "POST", ["", "studio", "faults"]:
            return Bedrock._faults
        case "DELETE", ["", "studio", "faults", number] if number:
            return Bedrock._end_fault
        case "GET", ["", "studio", "calls"]:
            return Bedrock._calls
        case "POST", ["", ""] if service_of(head) == STS:
            return Bedrock._caller_identity
    raise not_here(head)


def _rule(body: bytes) -> FaultRule:
    """Return the rule that a body asks for. Raises BedrockError that names the wrong word."""
    if len(body) > _MAX_RULE:
        raise validation(f"A rule has at most {_MAX_RULE:,} bytes, and this one has {len(body):,}.")
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise validation('A rule is a JSON object, such as {"throttle": 2}.')
    try:
        return rule_from(said, in_english)
    except FaultRuleError as error:
        raise validation(error.message) from None


def _model_and_operation(path: str) -> tuple[str, str]:
    _, _, model_id, operation = path.split("/")  # before unquoting: an ARN holds slashes of its own
    return unquote(model_id), operation


def _last(path: str) -> str:
    return unquote(path.rpartition("/")[2])


def _check_media_types(headers: Headers) -> None:
    content = headers.get("content-type").partition(";")[0].strip().lower()
    if content not in _JSON_TYPES:
        raise validation(f"The provided content type {_short(content)} is not supported: send application/json.")
    accepted = [one.partition(";")[0].strip().lower() for one in headers.get("accept").split(",")]
    if not any(one in _JSON_TYPES for one in accepted):
        accept = _short(headers.get("accept"))
        raise validation(f"The provided accept type {accept} is not supported: the answer is application/json.")


def _trace_wanted(headers: Headers) -> bool:
    value = headers.get(_TRACE_HEADER, "DISABLED")
    if value not in _TRACES:
        raise catalogue.not_one_of(value, "trace", _TRACES)
    return _TRACES[value]


def _short(value: str) -> str:
    """Return a header's value as an answer repeats it."""
    return shortened(value, 100)


def _is_this_machine(headers: Headers) -> bool:
    """Return whether the Host header names loopback; a name on the web that leads here (DNS rebinding) is refused."""
    try:
        host = urlsplit(f"//{headers.get('host')}").hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
