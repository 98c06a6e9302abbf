"""Lists and ranges of values as people write them, such as `1-10 (+3)`, read exactly and never past the end.

1, 5, 7             these values, in this order              anime, line-art     texts work too
1-5                 every whole number; 5-1 counts down      "a, b", c           quotes keep a comma
1-10 (+3)           in steps: 1, 4, 7, 10                    a, b || c           so does ||, between values
10-5 (-3)           downwards: 10, 7
1-10 [5]            five values, evenly spaced
0.1, 0.2, ..., 0.5  in the same step, up to the end
"""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any, TypeAlias

from helpers.bodies.prompts import python_value
from helpers.errors import BodyError, Problem
from helpers.language import tr

RangeValue: TypeAlias = int | float | str

MAX_VALUES = 10_000  # of one axis
MORE_PLACES = 4  # further decimals of evenly spaced values, for thirds and sevenths, which never end
_MAX_DIGITS = 40  # of one number
_EXACT = Context(prec=4 * _MAX_DIGITS)
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_A_NUMBER = re.compile(_NUMBER)
_A_RANGE = re.compile(
    rf"(?P<first>{_NUMBER})\s*-\s*(?P<last>{_NUMBER})\s*(?:\((?P<step>{_NUMBER})\)|\[(?P<count>\d+)\])?"
)
_ALMOST_A_RANGE = re.compile(rf"{_NUMBER}\s*-\s*{_NUMBER}\s*[(\[].*")
_DOTS = ("...", "…")


def expand(text: str, *, whole: bool = False, limit: int = MAX_VALUES) -> list[RangeValue]:
    """Return the values that a text lists, in its order: whole numbers as int, others as float, the rest as str.

    `whole`: for a field that takes only whole numbers: evenly spaced values are rounded to them. Raises BodyError for
    more than `limit` values, before they are built, and for a range that has no meaning.
    """
    items = split(text)
    if not items:
        raise _syntax_error(text, tr("It is empty."))
    made: list[Decimal | str] = []
    with localcontext(_EXACT):
        place = 0
        while place < len(items):
            item, quoted = items[place]
            if not quoted and item in _DOTS:
                more: _EvenSteps | _SingleValue = _after_dots(text, made, items[place + 1 :])
                place += 1  # the end, which is the last value that may come
            elif quoted or not _is_numeric(item):
                more = _SingleValue(_text_item(text, item, quoted))
            else:
                more = _number_item(text, item, whole)
            if len(made) + more.size > limit:
                raise _too_many(text, len(made) + more.size, limit)
            made += more
            place += 1
        return [value if isinstance(value, str) else json_number(value) for value in made]


def split_texts(text: str) -> list[str]:
    """Return the values of a list of texts, none of them read as a number: `beach, 3-5 sheep` are two."""
    return [item for item, _ in split(text)]


def split(text: str) -> list[tuple[str, bool]]:
    """Return the items of a list as (text, whether it was quoted). `||` separates them if there is one, else commas."""
    parts = list(_split_outside_quotes(text, "||"))
    items: list[tuple[str, bool]] = []
    for part in parts if len(parts) > 1 else _split_outside_quotes(text, ","):
        item = part.strip()
        quoted = len(item) >= 2 and item[0] == item[-1] == '"'
        if quoted:
            item = item[1:-1].replace('""', '"')
        if item or quoted:
            items.append((item, quoted))
    return items


def json_value(value: Any) -> Any:
    """Return a value in JSON's own types, without the noise of binary fractions: 0.1 + 0.2 is 0.3."""
    value = python_value(value)
    if isinstance(value, Decimal) and value.is_finite():
        return json_number(value)
    if isinstance(value, float) and value - value == 0:  # finite
        return float(as_decimal(value))
    return value


def json_number(number: Decimal) -> int | float:
    """Return the number as JSON writes it: an int if it is whole, else a float."""
    return int(number) if number == number.to_integral_value() else float(number)


def number_text(number: float) -> str:
    """Return a number in its shortest form, without the noise of binary fractions: 0.3, 7, 0.0001."""
    with localcontext(_EXACT):
        text = format(as_decimal(number).normalize(), "f")
    return "0" if text == "-0" else text


def as_decimal(number: float) -> Decimal:
    """Return the decimal number that a float was meant to be: 0.1 + 0.2 as 0.3. Twelve digits are kept."""
    if isinstance(number, int):
        return Decimal(number)
    return Context(prec=12, rounding=ROUND_HALF_EVEN).create_decimal(repr(number))


class _EvenSteps(Sequence[Decimal]):
    """`size` numbers from `first` on, `step` apart, each computed when it is read."""

    def __init__(self, first: Decimal, step: Decimal, size: int, places: int | None = None) -> None:
        self.first, self.step, self.size, self.places = first, step, size, places

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Decimal]:
        return (self[index] for index in range(self.size))

    def __getitem__(self, index: int) -> Decimal:  # type: ignore[override]
        value = self.first + self.step * index
        return value if self.places is None else round(value, self.places)


class _SingleValue(list[Decimal | str]):
    """A single value."""

    size = 1

    def __init__(self, value: Decimal | str) -> None:
        super().__init__([value])


def _text_item(text: str, item: str, quoted: bool) -> str:
    if not quoted and _ALMOST_A_RANGE.fullmatch(item):
        raise _syntax_error(text, tr("{item} begins as a range, and does not end as one.", item=item))
    return item


def _is_numeric(item: str) -> bool:
    return bool(_A_NUMBER.fullmatch(item) or _A_RANGE.fullmatch(item))


def _number_item(text: str, item: str, whole: bool) -> "_EvenSteps | _SingleValue":
    found = _A_RANGE.fullmatch(item)
    if found is None:
        return _SingleValue(_decimal(text, item))
    first, last = _decimal(text, found["first"]), _decimal(text, found["last"])
    if found["count"] is not None:
        return _spaced(text, first, last, _decimal(text, found["count"]), whole)
    if found["step"] is not None:
        return _stepped(text, first, last, found["step"])
    if first != first.to_integral_value() or last != last.to_integral_value():
        raise _syntax_error(
            text,
            tr("{item} does not say in what steps.", item=item),
            tr("Write {item} (+0.1), or {item} [5] for five values.", item=item),
        )
    return _steps_to(first, last, Decimal(1 if last >= first else -1))


def _stepped(text: str, first: Decimal, last: Decimal, written_step: str) -> _EvenSteps:
    step = _decimal(text, written_step)
    if step == 0:
        raise _syntax_error(text, tr("A step of 0 never arrives."))
    if written_step[0] not in "+-" and last < first:
        step = -step
    if first != last and (step > 0) != (last > first):
        turned = format(-step, "+f")
        raise _syntax_error(
            text,
            tr("A step of {step} leads away from {last}.", step=written_step, last=last),
            tr("Write ({turned}).", turned=turned),
        )
    return _steps_to(first, last, step)


def _spaced(text: str, first: Decimal, last: Decimal, number: Decimal, whole: bool) -> "_EvenSteps | _SingleValue":
    count = int(number)
    if count < 1:
        raise _syntax_error(text, tr("That is no value at all."), tr("Write a count of at least 1 in the brackets."))
    if count == 1 or first == last:
        return _SingleValue(first)
    places = 0 if whole else max(_decimals(first), _decimals(last)) + MORE_PLACES
    return _EvenSteps(first, (last - first) / (count - 1), count, places)


def _after_dots(text: str, made: list[Decimal | str], rest: list[tuple[str, bool]]) -> _EvenSteps:
    """Return the numbers that the dots stand for, with the end if a step meets it."""
    known = [value for value in made[-2:] if isinstance(value, Decimal)]
    if not made or len(known) < min(2, len(made)) or not rest or not _A_NUMBER.fullmatch(rest[0][0]):
        raise _syntax_error(
            text, tr("The dots need numbers before them and one after."), tr("Write 0.1, 0.2, ..., 0.5.")
        )
    last = _decimal(text, rest[0][0])
    step = known[1] - known[0] if len(known) == 2 else Decimal(1 if last >= known[0] else -1)
    start = known[-1]
    if len(known) == 1 and (start % 1 or last % 1):
        raise _syntax_error(
            text, tr("One number before the dots does not say the step."), tr("Write 0.1, 0.2, ..., 0.5.")
        )
    if step == 0 or (last != start and (step > 0) != (last > start)):
        raise _syntax_error(
            text,
            tr("Steps of {step} lead away from {last}.", step=step, last=last),
            tr("Let the end lie on the other side."),
        )
    count = int((last - start) / step)  # without `start`, which is there already
    return _EvenSteps(start + step, step, count)


def _steps_to(first: Decimal, last: Decimal, step: Decimal) -> _EvenSteps:
    return _EvenSteps(first, step, int((last - first) / step) + 1)


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _decimal(text: str, number: str) -> Decimal:
    if len(number) > _MAX_DIGITS:
        raise _syntax_error(text, tr("A number has more than {most} digits.", most=_MAX_DIGITS))
    return Decimal(number)


def _split_outside_quotes(text: str, mark: str) -> Iterator[str]:
    """Yield the text split at every mark outside double quotes; a quoted part begins with a quote."""
    start = place = 0
    begun = in_quotes = False  # whether the part has a character that is no space; whether a quote is open in it
    quoted = False  # whether the part began with a quote
    while place < len(text):
        if not in_quotes and text.startswith(mark, place):
            yield text[start:place]
            start = place = place + len(mark)
            begun = quoted = False
            continue
        if not begun and not text[place].isspace():
            begun, quoted = True, text[place] == '"'
        if quoted and text[place] == '"':
            in_quotes = not in_quotes
        place += 1
    yield text[start:]


def _syntax_error(text: str, why: str, fix: str = "") -> BodyError:
    known = tr("Forms that work: 1-10 (+3), 10-5 (-3), 1-10 [5], or 0.1, 0.2, ..., 0.5.")
    return BodyError(
        tr("{text!r} is no list of values.", text=text), why, fix or known, problems=[Problem("values", why, text)]
    )


def _too_many(text: str, count: int, limit: int) -> BodyError:
    why = tr("It stands for at least {count:,} values, and an axis may have {limit:,}.", count=count, limit=limit)
    return BodyError(
        tr("{text!r} is too long.", text=text), why, tr("Take larger steps."), problems=[Problem("values", why, text)]
    )
