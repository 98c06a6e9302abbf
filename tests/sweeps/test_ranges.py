"""Numbers as people write them in grids: exact, in their order, never past the end, and counted before they are built."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import BodyError
from helpers.sweeps.axes import ranges

WRITTEN = [
    ("1, 5, 7", [1, 5, 7]),
    ("7, 1, 5", [7, 1, 5]),
    ("1-5", [1, 2, 3, 4, 5]),
    ("5-1", [5, 4, 3, 2, 1]),
    ("5-1 (-1)", [5, 4, 3, 2, 1]),
    ("1-10 (+3)", [1, 4, 7, 10]),
    ("10-5 (-3)", [10, 7]),
    ("10-5 (3)", [10, 7]),
    ("1 - 10 (+3)", [1, 4, 7, 10]),
    ("0-1 (+0.3)", [0, 0.3, 0.6, 0.9]),
    ("0.1-0.3 (+0.1)", [0.1, 0.2, 0.3]),
    ("1-10 [5]", [1, 3.25, 5.5, 7.75, 10]),
    ("10-1 [4]", [10, 7, 4, 1]),
    ("0-1 [4]", [0, 0.3333, 0.6667, 1]),
    ("3-9 [1]", [3]),
    ("0.1, 0.2, ..., 0.5", [0.1, 0.2, 0.3, 0.4, 0.5]),
    ("10, 8, ..., 3", [10, 8, 6, 4]),
    ("1, …, 4", [1, 2, 3, 4]),
    ("0.1, 0.2, ..., 0.55", [0.1, 0.2, 0.3, 0.4, 0.5]),
    ("-3--1", [-3, -2, -1]),
    ("-0.5, 1", [-0.5, 1]),
    ("1-3, 10, 20-22", [1, 2, 3, 10, 20, 21, 22]),
    ("anime, line-art, 3d-model", ["anime", "line-art", "3d-model"]),
    ('"a beach, at dusk", a forest', ["a beach, at dusk", "a forest"]),
    ('"7", 7', ["7", 7]),
    ('say "hi" twice, x', ['say "hi" twice', "x"]),
    ('"say ""hi"", twice", x', ['say "hi", twice', "x"]),
    ("a beach, at dusk || a forest", ["a beach, at dusk", "a forest"]),
    ("海滩，黄昏 || 森林", ["海滩，黄昏", "森林"]),
    ("4294967295", [4294967295]),
]

numbers = st.decimals(min_value=-1000, max_value=1000, places=3)
steps = st.decimals(min_value=Decimal("0.5"), max_value=500, places=3)


@pytest.mark.parametrize(("text", "wanted"), WRITTEN)
def test_a_text_stands_for_these_values_in_this_order(text: str, wanted: list[object]) -> None:
    found = ranges.expand(text)
    assert found == wanted
    assert list(map(type, found)) == list(map(type, wanted)), "whole numbers are whole, for fields that take no others"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" , ", "empty"),
        ("10-5 (+3)", "leads away from 5. Write (-3)"),
        ("1-5 (-1)", "leads away from 5. Write (+1)"),
        ("1-5 (0)", "never arrives"),
        ("0.1-0.5", "0.1-0.5 (+0.1)"),
        ("1-5 [0]", "no value at all"),
        ("..., 5", "numbers before them"),
        ("a, b, ..., 5", "numbers before them"),
        ("1, 2, ...", "one after"),
        ("1, 2, ..., end", "one after"),
        ("3, 4, ..., 1", "lead away from 1"),
        ("0.1, ..., 0.5", "does not say the step"),
        ("1, ..., 2.5", "does not say the step"),
        ("5, 5, ..., 9", "lead away"),
        ("1" * 60 + "-3", "40 digits"),
        ("10-50 (+", "begins as a range"),
        ("10-50 [", "begins as a range"),
    ],
)
def test_a_text_that_cannot_be_meant_is_an_error_that_says_why(text: str, words: str) -> None:
    with pytest.raises(BodyError) as caught:
        ranges.expand(text)
    assert words in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("text", ["1-1000000000", "0-1 (+0.0000000001)", "1, ..., 999999999999", "1-9 [99999999999]"])
def test_a_billion_values_are_counted_and_refused_not_built(text: str) -> None:
    with pytest.raises(BodyError, match="values, and an axis may have 10,000"):
        ranges.expand(text)


def test_evenly_spaced_values_of_a_whole_field_are_whole() -> None:
    assert ranges.expand("10-50 [4]", whole=True) == [10, 23, 37, 50]
    assert all(type(value) is int for value in ranges.expand("10-51 [4]", whole=True))


@settings(max_examples=60, deadline=None)
@given(first=numbers, last=numbers, step=steps)
def test_steps_start_at_the_first_stay_exact_and_never_pass_the_end(
    first: Decimal, last: Decimal, step: Decimal
) -> None:
    sign = "+" if last >= first else "-"
    found = ranges.expand(f"{first}-{last} ({sign}{step})")
    signed = step if sign == "+" else -step
    wanted = [first + signed * count for count in range(int(abs(last - first) / step) + 1)]
    assert found == [float(value) for value in wanted], "each is the nearest to the decimal number that was meant"
    assert all(min(first, last) <= value <= max(first, last) for value in wanted)
    assert abs(last - wanted[-1]) < step, "and none that fits is left out"


@settings(max_examples=60, deadline=None)
@given(first=numbers, last=numbers, count=st.integers(2, 200))
def test_a_count_gives_that_many_values_with_both_ends(first: Decimal, last: Decimal, count: int) -> None:
    found = ranges.expand(f"{first}-{last} [{count}]")
    assert (found[0], found[-1]) == (float(first), float(last))
    if first != last:
        assert len(set(found)) == count
        assert sorted(found, reverse=last < first) == found
        gap = (Fraction(last) - Fraction(first)) / (count - 1)
        for index, value in enumerate(found):
            assert abs(Fraction(float(value)) - (Fraction(first) + gap * index)) < Fraction(1, 10**6)


@settings(max_examples=60, deadline=None)
@given(start=numbers, step=steps, count=st.integers(2, 60), down=st.booleans())
def test_dots_go_on_in_the_same_step(start: Decimal, step: Decimal, count: int, down: bool) -> None:
    step = -step if down else step
    wanted = [start + step * index for index in range(count + 1)]
    assert ranges.expand(f"{wanted[0]}, {wanted[1]}, ..., {wanted[-1]}") == [float(value) for value in wanted]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters='|"')).map(str.strip).filter(bool), min_size=2))
def test_double_bars_keep_every_text_as_it_is(words: list[str]) -> None:
    assert ranges.split_texts(" || ".join(words)) == words


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1))
def test_quotes_keep_every_text_as_it_is(words: list[str]) -> None:
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    assert ranges.split_texts(", ".join(quoted)) == words


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (7.0, "7"),
        (7, "7"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (0.35, "0.35"),
        (4294967295, "4294967295"),
    ],
)
def test_a_number_is_written_short_and_without_noise(number: float, text: str) -> None:
    assert ranges.number_text(number) == text
