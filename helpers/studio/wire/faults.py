"""Faults on demand: a layer around the application that answers InvokeModel as AWS does on a bad day, and keeps a log.

Each access key has rules and a log of its own. The words of a rule are in `helpers.studio.fault_rules`.
"""

import math
import random
import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote

from helpers import models
from helpers.language import shortened
from helpers.studio.fault_rules import DAMAGES, MAX_RULES, REFUSALS_BY_KIND, FaultRule, SeenCall
from helpers.studio.known_errors import known_error, throttled
from helpers.studio.replies import BedrockError, Reply, validation
from helpers.studio.service import catalogue
from helpers.studio.wire.messages import Caller, HttpRequest, RequestHead, answered
from helpers.studio.wire.signing import MAX_SKEW, signature_expired

MAX_CALLS = 1_000  # kept of each access key
MAX_KEYS = 256  # access keys that are remembered: more than a room has people
MINUTE = 60.0  # seconds

_LOOK_AGAIN = 0.25  # seconds between two looks whether the client of a slow answer still waits
_LONGEST_MODEL = 200  # characters of a model id in the log
# A file in base64, by its first bytes: PNG, JPEG, WebP.
_FILE_IN_BASE64 = re.compile(rb"(?<![A-Za-z0-9+/])(?:iVBORw0KGgo|/9j/|UklGR)[A-Za-z0-9+/]{40,}={0,2}")
_PROXY_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n"
    b"<body><h1>Sign in to the network</h1><p>This page comes from a proxy, and not from Amazon Bedrock.</p></body></html>\n"
)


class CheckedApplication(Protocol):
    """An application whose check of a whole request stands apart, so that a layer can act between check and answer."""

    def admit(self, head: RequestHead) -> Caller:
        """Return who sends the request, as `Application.admit` does."""
        ...

    def verify(self, request: HttpRequest, caller: Caller) -> None:
        """Raise BedrockError where the request does not come from its caller."""
        ...

    def respond(self, request: HttpRequest, caller: Caller) -> Reply:
        """Return the answer to a request that was verified. May raise BedrockError."""
        ...


@dataclass(frozen=True)
class PlannedFault:
    """What the rules of an access key do to one call."""

    kind: str | None = None
    """A kind of fault, "quota", or None."""
    seconds: float = 0.0
    """The wait before the answer."""
    retry_after: float | None = None
    """Seconds until the quota has room again."""
    rule: "_RunningRule | None" = None
    """The rule that has counted the call."""


class FaultBook:
    """The rules and the log of calls of each access key.

    `rules` hold for every access key, each with counters of its own, for as long as the studio runs. `seconds` is how
    long a rule that a client sets may hold, since a client that vanishes never ends its own; None: until the studio
    ends, for one that ends with its only client. Of more than MAX_KEYS access keys, those unused longest are forgotten.
    """

    def __init__(
        self,
        rules: Iterable[FaultRule] = (),
        *,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules, self._seconds, self._clock = tuple(rules), seconds, clock
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._last = 0

    def set_rule(self, access_key: str, rule: FaultRule) -> int:
        """Set a rule and return its number. Raises BedrockError where the access key has MAX_RULES already."""
        with self._lock:
            page = self._page(access_key)
            if len(page.own) >= MAX_RULES:
                raise validation(f"There are {MAX_RULES} rules for this access key already: end one first.")
            self._last += 1
            ends = math.inf if self._seconds is None else self._clock() + self._seconds
            page.own.append(_RunningRule(rule, self._last, ends))
            return self._last

    def end_rule(self, access_key: str, number: int) -> int:
        """End a rule and return how many calls it acted on. Raises BedrockError where there is none of this number."""
        with self._lock:
            page = self._page(access_key)
            for running in page.own:
                if running.number == number:
                    page.own.remove(running)
                    return running.used
        raise BedrockError(
            "ResourceNotFoundException", f"There is no rule {number} for this access key, or it has ended."
        )

    def rules(self, access_key: str) -> list[dict[str, Any]]:
        """Return the rules that hold, oldest first, then those of the file: `id` (None in the file), `rule`, `used`."""
        with self._lock:
            page = self._page(access_key)
            return [
                {"id": running.number, "rule": running.rule.words, "used": running.used}
                for running in (*page.own, *page.from_file)
            ]

    def next_fault(self, access_key: str, model_id: str) -> PlannedFault:
        """Return what the rules do to the next call. Newer rules act before older ones, and the file's come last.

        Delays add up. The first rule that has a fault for the call decides; the older ones then keep theirs.
        """
        asked, now, seconds = models.find(model_id), self._clock(), 0.0
        decided = PlannedFault()
        with self._lock:
            page = self._page(access_key)
            for running in (*reversed(page.own), *page.from_file):
                if running.rule.model is not None and running.rule.model != asked:
                    continue
                delay = running.drawn_delay()
                if delay is None:
                    continue
                if decided.kind is None:
                    decided = running.fault(now)
                    running.used += decided.kind is not None or delay > 0
                else:
                    running.used += delay > 0
                seconds += delay
        return replace(decided, seconds=seconds)

    def take_back(self, fault: PlannedFault) -> None:
        """Let a fault that did not act, as its client had gone by then, be for the next call."""
        with self._lock:
            if fault.rule is not None and fault.kind is not None:
                fault.rule.take_back(fault.kind)

    def note(self, access_key: str, call: SeenCall) -> None:
        """Add a call to the log, which holds the last MAX_CALLS."""
        with self._lock:
            self._page(access_key).calls.append(call)

    def calls(self, access_key: str) -> list[dict[str, Any]]:
        """Return the calls in the log as JSON types, oldest first."""
        with self._lock:
            calls = list(self._page(access_key).calls)
        return [asdict(call) for call in calls]

    def _page(self, access_key: str) -> "_Page":
        """Return the page of an access key, without rules whose time is over."""
        page = self._pages.get(access_key)
        if page is None:
            page = self._pages[access_key] = _Page([_RunningRule(rule, None, math.inf) for rule in self._rules])
        self._pages.move_to_end(access_key)
        if len(self._pages) > MAX_KEYS:
            self._pages.popitem(last=False)
        now = self._clock()
        page.own = [running for running in page.own if running.ends > now]
        return page


class _Page:
    """What is kept of one access key."""

    def __init__(self, from_file: "list[_RunningRule]") -> None:
        self.from_file = from_file
        self.own: list[_RunningRule] = []
        self.calls: deque[SeenCall] = deque(maxlen=MAX_CALLS)


class _RunningRule:
    """A rule with its counters, for one access key."""

    def __init__(self, rule: FaultRule, number: int | None, ends: float) -> None:
        self.rule, self.number, self.ends = rule, number, ends
        self.used = 0  # calls that it acted on
        self._random = random.Random(f"studio {rule.seed}")  # whose first calls of seed 0 are no odd ones
        self._left = dict(rule.kinds)
        self._admitted: deque[float] = deque()  # calls of the last minute, for the quota

    def drawn_delay(self) -> float | None:
        """Return the delay of the next call in seconds; None where the call is outside the rule's share."""
        hit, more = self._random.random() < self.rule.share, self._random.random()
        return self.rule.slow + self.rule.jitter * more if hit else None

    def fault(self, now: float) -> PlannedFault:
        """Return the fault for the next call, and count it."""
        if self.rule.quota is not None:
            while self._admitted and self._admitted[0] <= now - MINUTE:
                self._admitted.popleft()
            if len(self._admitted) >= self.rule.quota:
                return PlannedFault("quota", retry_after=self._admitted[0] + MINUTE - now)
            self._admitted.append(now)
        for kind, left in self._left.items():
            if left is None:
                return PlannedFault(kind, rule=self)
            if left:
                self._left[kind] = left - 1
                return PlannedFault(kind, rule=self)
        return PlannedFault()

    def take_back(self, kind: str) -> None:
        """Count a fault as not given."""
        left = self._left[kind]
        self._left[kind] = left if left is None else left + 1
        self.used -= 1


class FaultLayer:
    """An application around another one: faults by the rules in `book`, and a line there for each InvokeModel.

    `pause(seconds, client_waits)` waits, and returns whether the client still does.
    """

    def __init__(
        self,
        application: CheckedApplication,
        book: FaultBook,
        *,
        pause: "Callable[[float, Callable[[], bool]], bool] | None" = None,
    ) -> None:
        self._application, self._book, self._pause = application, book, pause or _pause

    def admit(self, head: RequestHead) -> Caller:
        """Return who sends the request, as the application does."""
        return self._application.admit(head)

    def answer(self, request: HttpRequest, caller: Caller) -> Reply:
        """Return the answer to a request that was admitted; never raises."""
        return answered(request.head, lambda: self._answer(request, caller))

    def _answer(self, request: HttpRequest, caller: Caller) -> Reply:
        self._application.verify(request, caller)
        model_id = _invoked_model(request.head)
        if model_id is None:
            return self._application.respond(request, caller)
        came, began = datetime.now(UTC), time.monotonic()
        fault = self._book.next_fault(caller.access_key, model_id)
        waits = self._pause(fault.seconds, request.client_waits) if fault.seconds else True
        if waits:
            reply = answered(request.head, lambda: self._with_fault(fault, request, caller, model_id))
        else:
            self._book.take_back(fault)
            fault = PlannedFault()
            reply = BedrockError("ServiceUnavailableException", "The client has gone.").reply()
        goes_out = waits and reply.delivery in ("whole", "cut") and request.client_waits()
        call = SeenCall(
            time=came.isoformat(timespec="milliseconds"),
            request_id=request.request_id,
            model=shortened(model_id, _LONGEST_MODEL),
            status=reply.status if goes_out else None,
            fault=fault.kind,
            drew=reply.drew,
            seconds=round(time.monotonic() - began, 3),
        )
        self._book.note(caller.access_key, call)
        return reply

    def _with_fault(self, fault: PlannedFault, request: HttpRequest, caller: Caller, model_id: str) -> Reply:
        kind = fault.kind
        if kind is None:
            return self._application.respond(request, caller)
        if kind == "quota":
            raise throttled(fault.retry_after or 0.0)
        if kind in REFUSALS_BY_KIND:
            return self._application.respond(replace(request, refusal=REFUSALS_BY_KIND[kind]), caller)
        if kind in DAMAGES:
            return _damaged(kind, answered(request.head, lambda: self._application.respond(request, caller)))
        raise _error(kind, request.head, caller, model_id)


def _invoked_model(head: RequestHead) -> str | None:
    """Return the model id of an InvokeModel; None for any other request."""
    match head.method, head.path.split("/"):
        case "POST", ["", "model", model_id, "invoke"]:
            return unquote(model_id)
    return None


def _pause(seconds: float, client_waits: Callable[[], bool]) -> bool:
    """Wait, for as long as the client does, and return whether it still does."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _LOOK_AGAIN))
        if not client_waits():
            return False
    return True


# --- The answers -----------------------------------------------------------------------------------------------------


def _error(kind: str, head: RequestHead, caller: Caller, model_id: str) -> BedrockError:
    if kind == "signature_expired":
        now = datetime.now(UTC) + 2 * MAX_SKEW  # as if the client's clock were behind
        return signature_expired(head.headers.get("x-amz-date") or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", now)
    model = shortened(model_id, _LONGEST_MODEL)
    pattern = catalogue.documented_pattern()
    return known_error(
        kind, model=model, field="modelId", region=caller.region, resource=_arn(model, caller.region), pattern=pattern
    )


def _arn(model_id: str, region: str) -> str:
    """Return the ARN that IAM would name for a model id."""
    found = models.find(model_id)
    if model_id.startswith("arn:"):
        return model_id
    if found is not None and model_id == found.profile:
        return f"arn:aws:bedrock:{region}:{catalogue.ACCOUNT}:inference-profile/{model_id}"
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


def _damaged(kind: str, reply: Reply) -> Reply:
    """Return the answer as it arrives, if it does: the real one, which was made, and on AWS could be billed."""
    match kind:
        case "reset":
            return replace(reply, delivery="reset")
        case "cut":
            return replace(reply, delivery="cut")
        case "no_answer":
            return replace(reply, delivery="none")
        case "wrong_type":
            return replace(reply, status=200, body=(_PROXY_PAGE,), headers=(("content-type", "text/html"),))
    return replace(reply, body=tuple(_FILE_IN_BASE64.sub(_half, piece) for piece in reply.body))  # corrupt


def _half(file: "re.Match[bytes]") -> bytes:
    """Return the first half of a file in base64: valid base64 of a file that ends in its middle."""
    text = file[0]
    return text[: len(text) // 8 * 4]
