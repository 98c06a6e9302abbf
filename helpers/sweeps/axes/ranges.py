"""Numbers as people write them in grids: `1-10 (+3)`, `1-10 [5]`, `0.1, 0.2, ..., 0.5`. Exact, and never past the end.

1, 5, 7             these values, in this order              anime, line-art     texts work too
1-5                 every whole number; 5-1 counts down      "a, b", c           quotes keep a comma
1-10 (+3)           in steps: 1, 4, 7, 10                    a, b || c           so does ||, between values
10-5 (-3)           downwards: 10, 7
1-10 [5]            that many, evenly spaced
0.1, 0.2, ..., 0.5  the same step on, up to the end
"""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TypeAlias

from helpers.errors import BodyError, Problem
from helpers.language import tr

Value: TypeAlias = int | float | str

MOST_VALUES = 10_000  # of one axis
MORE_PLACES = 4  # behind the point, for evenly spaced values that have no end: thirds, sevenths
_MOST_DIGITS = 40  # of one number
_EXACT = Context(prec=4 * _MOST_DIGITS)
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_A_NUMBER = re.compile(_NUMBER)
_A_RANGE = re.compile(
    rf"(?P<first>{_NUMBER})\s*-\s*(?P<last>{_NUMBER})\s*(?:\((?P<step>{_NUMBER})\)|\[(?P<count>\d+)\])?"
)
_ALMOST_A_RANGE = re.compile(rf"{_NUMBER}\s*-\s*{_NUMBER}\s*[(\[].*")
_DOTS = ("...", "…")


def expand(text: str, *, whole: bool = False, limit: int = MOST_VALUES) -> list[Value]:
    """The values that a text stands for, in its order: whole numbers as int, others as float, the rest as str.

    `whole`: for a field that takes whole numbers alone; evenly spaced values are rounded to them. Counted before they
    are built: BodyError above `limit` values, and for a text that cannot be meant.
    """
    items = split(text)
    if not items:
        raise _wrong(text, tr("It is empty."))
    made: list[Decimal | str] = []
    with localcontext(_EXACT):
        place = 0
        while place < len(items):
            item, quoted = items[place]
            if not quoted and item in _DOTS:
                more: _Steps | _One = _continued(text, made, items[place + 1 :])
                place += 1  # the end, which is the last value that may come
            elif quoted or not _is_numeric(item):
                more = _One(_text(text, item, quoted))
            else:
                more = _numbers(text, item, whole)
            if len(made) + more.size > limit:
                raise _too_many(text, len(made) + more.size, limit)
            made += more
            place += 1
        return [value if isinstance(value, str) else plain(value) for value in made]


def texts(text: str) -> list[str]:
    """The values of a list of words, none of which is read as a number: `beach, 3-5 sheep` are two."""
    return [item for item, _ in split(text)]


def split(text: str) -> list[tuple[str, bool]]:
    """The items of a list, each with whether it stood in quotes. `||` divides them where there is one, else commas."""
    parts = list(_divided(text, "||"))
    items: list[tuple[str, bool]] = []
    for part in parts if len(parts) > 1 else _divided(text, ","):
        item = part.strip()
        quoted = len(item) >= 2 and item[0] == item[-1] == '"'
        if quoted:
            item = item[1:-1].replace('""', '"')
        if item or quoted:
            items.append((item, quoted))
    return items


def plain(number: Decimal) -> int | float:
    """The same number as JSON has it."""
    return int(number) if number == number.to_integral_value() else float(number)


def written(number: float) -> str:
    """A number in its shortest form, without the noise of binary fractions: 0.3, 7, 0.0001."""
    with localcontext(_EXACT):
        text = format(denoised(number).normalize(), "f")
    return "0" if text == "-0" else text


def denoised(number: float) -> Decimal:
    """The number that was meant: 0.1 + 0.2 as 0.3. Twelve digits are kept, more than any knob can tell apart."""
    if isinstance(number, int):
        return Decimal(number)
    return Context(prec=12, rounding=ROUND_HALF_EVEN).create_decimal(repr(number))


class _Steps(Sequence[Decimal]):
    """`size` numbers from `first` on, `step` apart, known before they are made."""

    def __init__(self, first: Decimal, step: Decimal, size: int, places: int | None = None) -> None:
        self.first, self.step, self.size, self.places = first, step, size, places

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Decimal]:
        return (self[index] for index in range(self.size))

    def __getitem__(self, index: int) -> Decimal:  # type: ignore[override]
        value = self.first + self.step * index
        return value if self.places is None else round(value, self.places)


class _One(list[Decimal | str]):
    """A single value."""

    size = 1

    def __init__(self, value: Decimal | str) -> None:
        super().__init__([value])


def _text(text: str, item: str, quoted: bool) -> str:
    if not quoted and _ALMOST_A_RANGE.fullmatch(item):
        raise _wrong(text, tr("{item} begins as a range, and does not end as one.", item=item))
    return item


def _is_numeric(item: str) -> bool:
    return bool(_A_NUMBER.fullmatch(item) or _A_RANGE.fullmatch(item))


def _numbers(text: str, item: str, whole: bool) -> "_Steps | _One":
    found = _A_RANGE.fullmatch(item)
    if found is None:
        return _One(_decimal(text, item))
    first, last = _decimal(text, found["first"]), _decimal(text, found["last"])
    if found["count"] is not None:
        return _spaced(text, first, last, _decimal(text, found["count"]), whole)
    if found["step"] is not None:
        return _stepped(text, first, last, found["step"])
    if first != first.to_integral_value() or last != last.to_integral_value():
        raise _wrong(
            text,
            tr("{item} does not say in what steps.", item=item),
            tr("Write {item} (+0.1), or {item} [5] for five values.", item=item),
        )
    return _walk(first, last, Decimal(1 if last >= first else -1))


def _stepped(text: str, first: Decimal, last: Decimal, written_step: str) -> _Steps:
    step = _decimal(text, written_step)
    if step == 0:
        raise _wrong(text, tr("A step of 0 never arrives."))
    if written_step[0] not in "+-" and last < first:
        step = -step
    if first != last and (step > 0) != (last > first):
        turned = format(-step, "+f")
        raise _wrong(
            text,
            tr("A step of {step} leads away from {last}.", step=written_step, last=last),
            tr("Write ({turned}).", turned=turned),
        )
    return _walk(first, last, step)


def _spaced(text: str, first: Decimal, last: Decimal, asked: Decimal, whole: bool) -> "_Steps | _One":
    count = int(asked)
    if count < 1:
        raise _wrong(text, tr("That is no value at all."), tr("Write a count of at least 1 in the brackets."))
    if count == 1 or first == last:
        return _One(first)
    places = 0 if whole else max(_places(first), _places(last)) + MORE_PLACES
    return _Steps(first, (last - first) / (count - 1), count, places)


def _continued(text: str, made: list[Decimal | str], rest: list[tuple[str, bool]]) -> _Steps:
    """What the dots stand for, the end included where the step meets it."""
    known = [value for value in made[-2:] if isinstance(value, Decimal)]
    if not made or len(known) < min(2, len(made)) or not rest or not _A_NUMBER.fullmatch(rest[0][0]):
        raise _wrong(text, tr("The dots need numbers before them and one after."), tr("Write 0.1, 0.2, ..., 0.5."))
    last = _decimal(text, rest[0][0])
    step = known[1] - known[0] if len(known) == 2 else Decimal(1 if last >= known[0] else -1)
    start = known[-1]
    if len(known) == 1 and (start % 1 or last % 1):
        raise _wrong(text, tr("One number before the dots does not say the step."), tr("Write 0.1, 0.2, ..., 0.5."))
    if step == 0 or (last != start and (step > 0) != (last > start)):
        raise _wrong(
            text,
            tr("Steps of {step} lead away from {last}.", step=step, last=last),
            tr("Let the end lie on the other side."),
        )
    count = int((last - start) / step)  # the first of them, `start`, is there already
    return _Steps(start + step, step, count)


def _walk(first: Decimal, last: Decimal, step: Decimal) -> _Steps:
    return _Steps(first, step, int((last - first) / step) + 1)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _decimal(text: str, number: str) -> Decimal:
    if len(number) > _MOST_DIGITS:
        raise _wrong(text, tr("A number has more than {most} digits.", most=_MOST_DIGITS))
    return Decimal(number)


def _divided(text: str, mark: str) -> Iterator[str]:
    """The text cut at every mark that does not stand in double quotes; a part in quotes begins with one."""
    start = place = 0
    begun = in_quotes = False  # whether the part has said anything yet; and whether a quote is open in it
    kept = False  # whether it began with a quote
    while place < len(text):
        if not in_quotes and text.startswith(mark, place):
            yield text[start:place]
            start = place = place + len(mark)
            begun = kept = False
            continue
        if not begun and not text[place].isspace():
            begun, kept = True, text[place] == '"'
        if kept and text[place] == '"':
            in_quotes = not in_quotes
        place += 1
    yield text[start:]


def _wrong(text: str, why: str, fix: str = "") -> BodyError:
    known = tr("Forms that work: 1-10 (+3), 10-5 (-3), 1-10 [5], or 0.1, 0.2, ..., 0.5.")
    return BodyError(
        tr("{text!r} is no list of values.", text=text), why, fix or known, problems=[Problem("values", why, text)]
    )


def _too_many(text: str, count: int, limit: int) -> BodyError:
    why = tr("It stands for at least {count:,} values, and an axis may have {limit:,}.", count=count, limit=limit)
    return BodyError(
        tr("{text!r} is too long.", text=text), why, tr("Take larger steps."), problems=[Problem("values", why, text)]
    )
