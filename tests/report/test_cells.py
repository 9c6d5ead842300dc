"""Numbers and lists as text."""

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from qng.report import cells


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.24753, 0.00121, "0.2475(12)"),
        (-1.0, 0.5, "-1.00(50)"),
        (12.0, 3.4, "12.0(34)"),
        (120.0, 34.0, "120(34)"),
        (0.5, 0.0, "0.5000"),
        (0.5, math.nan, "0.5000"),
        (-1e-9, 0.0, "0.0000"),
        (-1e-9, 0.01, "0.000(10)"),
    ],
)
def test_an_error_stands_in_brackets(value, error, expected):
    assert cells.with_error(value, error) == expected


@given(st.floats(-1e3, 1e3), st.floats(1e-8, 10))
def test_a_number_with_its_error_is_right_to_a_tenth_of_it(value, error):
    number, _, last = cells.with_error(value, error).rstrip(")").partition("(")
    digits = len(number.partition(".")[2])
    assert float(number) == pytest.approx(value, abs=0.051 * error)
    assert int(last) * 10.0**-digits == pytest.approx(error, rel=0.051)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1, "0.10"), (None, "-"), (math.nan, "-"), (math.inf, "never")],
)
def test_what_is_no_number_is_a_word(value, expected):
    assert cells.shown(value, "{:.2f}", "never") == expected


@given(st.integers(0, 200), st.integers(0, 40))
def test_thinned_rows_keep_the_ends(length, rows):
    found = cells.thinned(length, rows)
    assert found == sorted(set(found))
    assert len(found) <= max(rows, 2 if rows else 0)
    assert len(found) == min(length, rows) or rows == 1
    if length and rows:
        assert (found[0], found[-1]) == (0, length - 1)


@given(st.lists(st.text(max_size=3), max_size=12), st.integers(1, 15))
def test_shortened_lists_count_what_they_leave_out(items, most):
    found = cells.shortened(items, most)
    assert len(found) == min(len(items), most)
    if len(items) > most:
        assert found[:-1] == items[: most - 1]
        assert found[-1] == f"... {len(items) - (most - 1)} more"


def test_brackets_are_no_markup():
    table = cells.pairs([("[bold]a", "b[0]")])
    console = Console(file=io.StringIO(), width=40)
    console.print(table)
    assert console.file.getvalue().split() == ["[bold]a", "b[0]"]


@given(st.lists(st.floats(1e-12, 1e3), min_size=3, max_size=3).map(sorted), st.booleans())
def test_a_median_stands_between_its_printed_quartiles(values, relative):
    text = cells.quartiles(*values, relative)
    median, low, high = (float(part.strip("[],")) for part in text.split())
    assert low <= median <= high
    if relative:
        assert [low, median, high] == pytest.approx(values, rel=0.05)


@given(st.floats(-1e3, 1e3), st.floats(1e-9, 1e2))
def test_an_error_has_two_digits_and_its_number_ends_with_it(value, error):
    text = cells.with_error(value, error)
    number, digits = text.removesuffix(")").split("(")
    unit = 10.0 ** -len(number.partition(".")[2])
    assert float(number) == pytest.approx(value, abs=0.51 * unit)
    assert float(digits) * unit == pytest.approx(error, rel=0.051, abs=0)
    assert len(digits) == 2 or unit == 1.0


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.12749, 0.00271, "0.1275(27)"),
        (-1.1373, 0.0996, "-1.14(10)"),
        (1234.4, 260.0, "1234(260)"),
        (0.5, None, "0.50000000"),
        (0.5, 0.0, "0.50000000"),
        (0.5, float("nan"), "0.50000000"),
        (float("nan"), 0.1, "-"),
    ],
)
def test_numbers_with_errors(value, error, text):
    assert cells.with_error(value, error, 8) == text
