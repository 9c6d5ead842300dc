"""Words and numbers in LaTeX: ASCII, with everything escaped, whatever they are."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.report import tex

# What is left of an escaped text once its commands and its mathematics are taken away.
COMMANDS = re.compile(r"\$[^$]*\$|\\[A-Za-z]+(\{\})?|\\[`'^~=.\"]|\\[{}#$%&_,]")


@given(st.text(max_size=40))
def test_nothing_special_is_left(text):
    written = tex.words(text)
    assert written.isascii()
    assert written.isprintable()
    rest = COMMANDS.sub("", written)
    assert not set('\\$%#&_^<>|"') & set(rest)
    assert "--" not in rest or "\N{EN DASH}" in text or "\N{EM DASH}" in text
    depth = 0
    for character in re.sub(r"\\[{}]", "", written):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("qng@0.05", "qng@0.05"),
        ("a_b\n{c}", r"a\_b \{c\}"),
        ("H₂ at 0.7 Å", r"H$_{2}$ at 0.7 \r{A}"),
        ("Škoda, ø, ß", r"\v{S}koda, \o{}, \ss{}"),
        ("Δθ ≤ 2π", r"$\Delta$$\theta$ $\le$ 2$\pi$"),
        ("50 % of $5 & more", r"50 \% of \$5 \& more"),
    ],
)
def test_words(text, written):
    assert tex.words(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1.6e-03", r"$1.6\times10^{-3}$"),
        ("5.6e-01", "0.56"),
        ("1.2e+00", "1.2"),
        ("-5.0e-01", "$-0.50$"),
        ("0.1275(27)", "0.1275(27)"),
        ("1234567", r"1\,234\,567"),
        (">3e4", r"${>}3\times10^{4}$"),
        ("-inf", r"$-\infty$"),
        ("never", "never"),
    ],
)
def test_numbers(text, written):
    assert tex.number(text) == written


@given(st.floats(1e-300, 1e300), st.integers(2, 4))
def test_a_number_is_the_one_that_was_given(value, figures):
    written = tex.scientific(value, figures).replace("\\,", "")
    mantissa, _, power = written.partition(r"\times10^{")
    read = float(mantissa) * 10.0 ** int(power.rstrip("}") or 0)
    assert math.isclose(read, value, rel_tol=0.51 * 10 ** (1 - figures))


def test_intervals_share_a_power_where_it_is_one():
    assert tex.interval(2.5e4, 2.1e4, math.inf) == r"$2.50\,[2.10, \infty]\times10^{4}$"
    assert tex.interval(1.0, 1e-7, 3.0, 2) == r"$1\,[1.0\times10^{-7}, 3]$"
    assert tex.interval(7.6e-5, 4.5e-5, 2.1e-3, 2) == r"$7.6\,[4.5, 210]\times10^{-5}$"
