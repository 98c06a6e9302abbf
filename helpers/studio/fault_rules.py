"""What both ends know of faults on demand: the words of a rule, their checks, and what is told of each call.

A rule is asked for with `helpers.faults`, over FAULTS_ROUTE, or in the file that `python -m helpers.studio --faults`
reads: the same words, the same checks. `helpers.studio.wire.faults` carries rules out.
"""

import difflib
import math
import operator
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from helpers import models
from helpers.studio.known_errors import error_names
from helpers.studio.replies import Refusal

if TYPE_CHECKING:
    from helpers.models import Model
    from helpers.schemas.fields import Translate

REFUSALS_BY_KIND: Mapping[str, Refusal] = MappingProxyType(
    {"filtered_prompt": "invalid_prompts", "filtered_output": "content_filtered", "finish_error": "error"}
)
"""Kinds of fault that the model's family answers in its own form."""

DAMAGES = ("reset", "cut", "corrupt", "wrong_type", "no_answer")
"""Kinds of fault that befall the finished answer on its way."""

MAX_RULES = 20  # for one access key at a time; nested blocks are a handful
MAX_COUNT = 1_000_000
MAX_QUOTA = 10_000  # requests a minute; the largest of an image model is 100
MAX_SECONDS = 600.0
_NEAR = 0.6


class FaultRuleError(ValueError):
    """Raised when a rule cannot be carried out; `.field` is the word that is wrong, "" for the rule as a whole."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@dataclass(frozen=True)
class FaultRule:
    """What to do to the calls of an access key."""

    kinds: tuple[tuple[str, int | None], ...] = ()
    """Kinds of fault in the order in which they act, each with its number of calls; None: every call."""
    quota: int | None = None
    """Requests in any 60 seconds, past which a call is throttled."""
    slow: float = 0.0
    """Seconds before each answer."""
    jitter: float = 0.0
    """Up to so many seconds more, at random."""
    share: float = 1.0
    """The share of calls that the rule concerns, drawn at random."""
    seed: int = 0
    """Seed of what is drawn at random."""
    model: "Model | None" = None
    """The model whose calls it concerns; None: every model's."""

    @property
    def words(self) -> dict[str, Any]:
        """The rule as `rule_from` takes it, in JSON types."""
        said: dict[str, Any] = {kind: True if count is None else count for kind, count in self.kinds}
        plain = FaultRule()
        for name in ("quota", "slow", "jitter", "share", "seed"):
            if getattr(self, name) != getattr(plain, name):
                said[name] = getattr(self, name)
        if not self.kinds and self.quota is None:
            said["slow"] = self.slow  # 0 too: a rule says something
        return said | ({"model": self.model.id} if self.model else {})


@dataclass(frozen=True)
class SeenCall:
    """One call of InvokeModel as the studio saw it.

        helpers.calls_seen()[-1].status

    - `time`: when it came, in UTC (ISO 8601). `seconds`: from then until its answer was ready, waits included.
    - `request_id`: as in the answer's x-amzn-requestid. `model`: the id that was asked for.
    - `status`: the HTTP status of the answer; None where none went out.
    - `fault`: the kind of fault that acted on it, or None. A delay (`slow`) shows in `seconds` alone.
    - `drew`: whether an engine drew a picture for it: on AWS it could be billed, whatever became of the answer.
    """

    time: str
    request_id: str
    model: str
    status: int | None
    fault: str | None
    drew: bool
    seconds: float

    def __repr__(self) -> str:
        parts = [
            self.time[11:19],
            self.model.rpartition("/")[2],
            "no answer" if self.status is None else str(self.status),
            *([self.fault] if self.fault else []),
            "drawn" if self.drew else "not drawn",
            f"{self.seconds:.2f} s",
        ]
        return f"<SeenCall {', '.join(parts)}>"


def kinds() -> tuple[str, ...]:
    """Return every kind of fault: the names of errors, of refusals and of damages."""
    return (*error_names(), *REFUSALS_BY_KIND, *DAMAGES)


def words() -> tuple[str, ...]:
    """Return every word that a rule may hold."""
    return (*kinds(), *_SETTINGS)


def rule_from(said: Mapping[str, Any], tr: "Translate") -> FaultRule:
    """Return the rule that these words ask for. Raises FaultRuleError, in the language of `tr`, with the first wrong one."""
    counted: dict[str, int | None] = {}
    settings: dict[str, Any] = {}
    for name, value in said.items():
        if name in _SETTINGS:
            settings[name] = _SETTINGS[name](name, value, tr)
        elif name in kinds():
            counted[name] = _count(name, value, tr)
        else:
            raise _unknown(name, tr)
    if not counted and not settings.keys() & {"quota", "slow", "jitter"}:
        raise FaultRuleError(tr("This rule does nothing. Say what the studio should do: throttle=2, for example."))
    for_ever = next((name for name, count in counted.items() if count is None), None)
    if for_ever is not None and for_ever != (last := list(counted)[-1]):
        message = tr(
            "{first}=True takes every call, so that {last} never acts: write {first} last.", first=for_ever, last=last
        )
        raise FaultRuleError(message, for_ever)
    return FaultRule(tuple(counted.items()), **settings)


def rules_from_file(path: str | Path, tr: "Translate") -> tuple[FaultRule, ...]:
    """Return the rules of a TOML file: each table is one, `[[rule]]` or `[any name]`, in the order written.

    Words above all tables are the first rule. Raises FaultRuleError, in the language of `tr`, which names the file and, for a wrong rule, its number and word.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise FaultRuleError(
            tr("The file of faults {file} cannot be read: {reason}.", file=path, reason=reason)
        ) from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise FaultRuleError(tr("The file of faults {file} is not TOML: {reason}.", file=path, reason=error)) from None
    tables = _tables(content)
    if not tables:
        raise FaultRuleError(tr("The file of faults {file} holds no rule: write [[rule]], then its words.", file=path))
    if len(tables) > MAX_RULES:
        raise FaultRuleError(tr("The file of faults {file} has more than {most} rules.", file=path, most=MAX_RULES))
    rules = []
    for number, table in enumerate(tables, 1):
        try:
            rules.append(rule_from(table, tr))
        except FaultRuleError as error:
            message = tr("{file}, rule {number}: {message}", file=path, number=number, message=error.message)
            raise FaultRuleError(message, error.field) from None
    return tuple(rules)


def _tables(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    words: dict[str, Any] = {}
    tables: list[Mapping[str, Any]] = []
    for name, value in content.items():
        if isinstance(value, dict):
            tables.append(value)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            tables.extend(value)
        else:
            words[name] = value
    return [words, *tables] if words else tables


# --- One word each ---------------------------------------------------------------------------------------------------


def _count(name: str, value: object, tr: "Translate") -> int | None:
    """Return a number of calls; None for every call."""
    if isinstance(value, bool):
        return None if value else 0
    number = _whole(value)
    if number is None and isinstance(value, float) and 0 < value < 1:
        message = tr(
            "{name}={value} is no number of calls. For a share of all calls: {name}=True, share={value}.",
            name=name,
            value=value,
        )
        raise FaultRuleError(message, name)
    if number is None or not 0 <= number <= MAX_COUNT:
        message = tr(
            "{name} is a number of calls, from 0 to {most:,}, or True for every call, not {value!r}.",
            name=name,
            most=MAX_COUNT,
            value=value,
        )
        raise FaultRuleError(message, name)
    return number


def _quota(name: str, value: object, tr: "Translate") -> int:
    number = _whole(value)
    if number is None or not 1 <= number <= MAX_QUOTA:
        message = tr(
            "{name} is a number of requests a minute, from 1 to {most:,}, not {value!r}.",
            name=name,
            most=MAX_QUOTA,
            value=value,
        )
        raise FaultRuleError(message, name)
    return number


def _seconds(name: str, value: object, tr: "Translate") -> float:
    number = _number(value)
    if number is None or not 0 <= number <= MAX_SECONDS:
        message = tr(
            "{name} is in seconds, from 0 to {most:g}, not {value!r}.", name=name, most=MAX_SECONDS, value=value
        )
        raise FaultRuleError(message, name)
    return number


def _share(name: str, value: object, tr: "Translate") -> float:
    number = _number(value)
    if number is None or not 0 <= number <= 1:
        raise FaultRuleError(
            tr("{name} is a share of the calls, from 0 to 1, not {value!r}.", name=name, value=value), name
        )
    return number


def _seed(name: str, value: object, tr: "Translate") -> int:
    number = _whole(value)
    if number is None:
        raise FaultRuleError(tr("{name} is a whole number, not {value!r}.", name=name, value=value), name)
    return number


def _model(name: str, value: object, tr: "Translate") -> "Model":
    found = models.find(value)
    if found is None:
        known = [known_as for one in models.all() for known_as in (*one.ids, *one.roles)]
        near = difflib.get_close_matches(str(value), known, n=3, cutoff=_NEAR)
        raise FaultRuleError(
            tr("There is no model named {name!r}. Did you mean {names}?", name=value, names=tr(" or ").join(near))
            if near
            else tr("There is no model named {name!r}. helpers.models.all() lists them.", name=value),
            name,
        )
    return found


_SETTINGS = {
    "quota": _quota,
    "slow": _seconds,
    "jitter": _seconds,
    "share": _share,
    "model": _model,
    "seed": _seed,
}


def _whole(value: Any) -> int | None:
    """Return a whole number of any kind (numpy's too) as an int; None for anything else."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def _number(value: Any) -> float | None:
    """Return a finite number of any kind as a float; None for anything else."""
    try:
        number = math.nan if isinstance(value, (bool, str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _unknown(name: str, tr: "Translate") -> FaultRuleError:
    near = difflib.get_close_matches(name.lower(), words(), n=3, cutoff=_NEAR)
    if near:
        return FaultRuleError(
            tr("There is no fault {name!r}. Did you mean {names}?", name=name, names=tr(" or ").join(near)), name
        )
    return FaultRuleError(
        tr("There is no fault {name!r}. These are known: {names}.", name=name, names=", ".join(words())), name
    )
