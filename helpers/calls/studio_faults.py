"""Faults on demand: what the studio does to the next calls, and what it saw of them. AWS is never touched."""

import inspect
from http import HTTPStatus
from http.client import HTTPException
from types import TracebackType
from typing import TYPE_CHECKING, Any

from helpers.calls import own_routes
from helpers.calls.client import current_studio
from helpers.errors import SetupError
from helpers.language import tr
from helpers.language.remarks import warn
from helpers.studio import CALLS_ROUTE, FAULTS_ROUTE
from helpers.studio.fault_rules import SeenCall, rule_from, words

if TYPE_CHECKING:
    from helpers.studio.process import Studio


def faults(**rule: Any) -> "FaultBlock":
    """Make the studio answer the next calls as AWS does on a bad day, while a `with` block lasts.

        with helpers.faults(throttle=2, slow=0.5):
            made = helpers.invoke(bedrock, body)  # answered at the third attempt

    A number says how many calls, True every call of the block; several act one after another, in the order written.
    Only calls of this access key to InvokeModel are concerned. Blocks inside one another add up, the inner one first.
    `as rules` gives `rules.used`, the number of calls that it acted on. On a studio that several share, a block ends
    after an hour.

    Answered instead of the model; nothing is drawn:

    - `throttle` 429, `not_ready` 429, `server_error` 500, `unavailable` 503, `timeout` 408, `model_error` 424,
      `quota_exceeded` 400, `access_denied` 403: the exceptions of InvokeModel.
    - `quota=N`: more than N calls in 60 seconds are throttled, and the answer's headers say when to come again.
    - `expired`: the credentials. `retired`, `legacy`: the model has left, or is closed to anyone who has not used it lately.

    Answered by the model, in its family's own form:

    - `filtered_prompt`, `filtered_output`: the content filter. `finish_error`: 200 with the finish reason ERROR.

    Lost on the way; the picture was drawn, and on AWS it could be billed:

    - `reset`: the connection is reset before the answer. `cut`: it ends in the middle. `no_answer`: none comes at all.
    - `corrupt`: the image file ends in its middle. `wrong_type`: a proxy's HTML page takes the answer's place.

    Beside these, for each call that the rule concerns:

    - `slow=0.5`: seconds before the answer; `jitter=0.2`: up to so many more.
    - `share=0.3`: only that share of the calls, drawn by `seed` (default 0: the same sequence again).
    - `model`: an id or role; calls of other models are left alone.

    Every other error that AWS is known to give has a name too: `no_access`, `marketplace`, `marketplace_pending`,
    `no_payment`, `not_allowed`, `data_retention` (the account), `unknown_key`, `bad_signature`, `signature_expired` (the
    keys), `unknown_model`, `bad_model_id`, `needs_profile` (the model), `malformed`, `missing_key`, `unknown_field`,
    `unknown_field_sketch`, `unknown_field_background`, `text_too_long`, `text_too_long_nova`, `wrong_size`,
    `too_large`, `content_blocked`, `content_blocked_output` (the body). Their texts are in helpers/studio/known_errors.toml.

    Raises ValueError for a word or value that is no fault, before anything is sent, and SetupError where this process
    is on no studio.
    """
    said = {word: value for word, value in rule.items() if value is not None}
    return FaultBlock(rule_from(said, tr).words)


# For help() and completion. The function itself takes **rule, which alone keeps the order in which they are written.
faults.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [inspect.Parameter(word, inspect.Parameter.KEYWORD_ONLY, default=None) for word in words()]
)


def calls_seen(n: int | None = None) -> list[SeenCall]:
    """Return the calls of this access key that the studio saw, oldest first; with `n`, the last n.

        helpers.calls_seen(3)

    Each says time, model, status, fault and whether a picture was drawn, also for calls that were refused or whose
    answer was lost. The studio keeps the last 1,000 calls of InvokeModel. Raises SetupError where this process is on
    no studio.
    """
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 0):
        raise ValueError(tr("helpers.calls_seen(n) takes the number of calls to return, not {n!r}.", n=n))
    found = [SeenCall(**call) for call in _ask(_studio(), "GET", CALLS_ROUTE)["calls"]]
    return found if n is None else found[len(found) - min(n, len(found)) :]


class FaultBlock:
    """What `helpers.faults` returns: the studio's rule while its `with` block lasts."""

    def __init__(self, said: dict[str, Any]) -> None:
        self._words = said
        self._set_on: tuple[Studio, int] | None = None  # the studio, and the rule's number there
        self._used = 0

    @property
    def used(self) -> int:
        """How many calls it acted on, so far or until the block ended."""
        if self._set_on is not None:
            studio, number = self._set_on
            held = _ask(studio, "GET", FAULTS_ROUTE)["rules"]
            self._used = next((one["used"] for one in held if one["id"] == number), self._used)
        return self._used

    def __enter__(self) -> "FaultBlock":
        if self._set_on is not None:
            raise ValueError(tr("These faults hold already: write helpers.faults(...) again for a block inside."))
        studio = _studio()
        self._set_on = studio, _ask(studio, "POST", FAULTS_ROUTE, self._words)["id"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._set_on is not None
        (studio, number), self._set_on = self._set_on, None
        try:
            self._used = _ask(studio, "DELETE", f"{FAULTS_ROUTE}/{number}")["used"]
        except SetupError as gone:
            warn(str(gone))  # the block's own error, or its result, matters more

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self._words.items())
        state = tr("in force") if self._set_on is not None else tr("not in force: with helpers.faults(...): sets them")
        return f"<faults {said}; {state}>"


def _studio() -> "Studio":
    """Return the studio that this process is on. Raises SetupError where it is on none."""
    studio = current_studio()
    if studio is None:
        raise SetupError(
            tr("This process is on no studio."),
            tr("Faults and the log of calls are the offline studio's; AWS has neither."),
            tr("Call bedrock = helpers.connect() first."),
        )
    return studio


def _ask(studio: "Studio", method: str, route: str, content: Any = None) -> Any:
    """Return a studio's answer. Raises SetupError where it gives none, or refuses."""
    from botocore.credentials import Credentials

    keys = Credentials(studio.access_key, studio.secret_key)
    try:
        answer = own_routes.ask(studio.endpoint, keys, studio.region, route, method=method, content=content)
    except (HTTPException, OSError, ValueError) as error:
        raise SetupError(
            tr("The studio at {endpoint} does not answer.", endpoint=studio.endpoint),
            f"{type(error).__name__}: {error}",
            tr("Call bedrock = helpers.connect() again."),
        ) from error
    if answer.status != HTTPStatus.OK:
        said = answer.content.get("message", "") if isinstance(answer.content, dict) else ""
        raise SetupError(
            tr("The studio at {endpoint} refused this.", endpoint=studio.endpoint),
            tr("It answered {status}: {message}", status=answer.status, message=said),
            _remedy(answer.status, route),
        )
    return answer.content


def _remedy(status: int, route: str) -> str:
    if status == HTTPStatus.FORBIDDEN:
        return tr("It was started again, and has new keys: call bedrock = helpers.connect() again.")
    if status == HTTPStatus.NOT_FOUND and route in (FAULTS_ROUTE, CALLS_ROUTE):
        return tr("It is an older studio: start it again with python -m helpers.studio.")
    return tr("End a block of faults first, or wait until its hour is over.")
