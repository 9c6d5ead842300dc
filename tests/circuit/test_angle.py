"""Angles against their text, evaluated by Python, and complex-step derivatives."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import Angle, apply, as_angle, cos, parameter, sin
from qng.circuit.functions import FUNCTIONS
from qng.errors import CircuitError
from tests import dense

A, B = parameter("a"), parameter("b")
numbers = st.sampled_from([-2.5, -1.0, 0.0, 0.5, 1.0, 2.0, 1e-5, 3.25])
values = st.fixed_dictionaries({"a": st.floats(-2, 2), "b": st.floats(-2, 2)})


def grown(inner: st.SearchStrategy[Angle]) -> st.SearchStrategy[Angle]:
    """Every operator and function without jumps, kept where it is defined."""
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda u: u[0] + u[1]),
        two.map(lambda u: u[0] - u[1]),
        two.map(lambda u: sin(u[0]) * u[1]),
        two.map(lambda u: u[0] / (2 + sin(u[1]))),
        two.map(lambda u: (2 + sin(u[0])) ** cos(u[1])),
        two.map(lambda u: 2 ** cos(u[0]) - -u[1]),
        two.map(lambda u: apply("pow", 2 + sin(u[0]), sin(u[1]))),
        inner.map(lambda u: -u),
        inner.map(lambda u: -((sin(u) ** 2) ** 3)),
        inner.map(lambda u: sin(u) ** -2 if u.number else 1 / (2 + u**2)),
        inner.map(lambda u: apply("arccos", sin(u) / 2)),
        inner.map(lambda u: apply("arcsin", cos(u) / 2)),
        inner.map(lambda u: apply("arctan", u)),
        inner.map(lambda u: apply("exp", sin(u))),
        inner.map(lambda u: apply("log", 2 + cos(u))),
        inner.map(lambda u: apply("sqrt", 2 + cos(u))),
        inner.map(lambda u: apply("tan", sin(u))),
    )


expressions = st.recursive(
    st.one_of(st.just(A), st.just(B), numbers.map(as_angle)), grown, max_leaves=6
)


@settings(max_examples=300)
@given(expressions, values)
def test_value_text_and_derivatives(angle, at):
    expected = dense.evaluate(str(angle), at)
    assert angle.value(at) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    for name in "ab":
        slope = dense.derivative(str(angle), at, name)
        first = angle.derivative(name)
        assert first.value(at) == pytest.approx(slope, rel=1e-9, abs=1e-9)
        for other in "ab":
            second = dense.derivative(str(first), at, other)
            assert first.derivative(other).value(at) == pytest.approx(second, rel=1e-7, abs=1e-7)


@settings(max_examples=200)
@given(expressions, values)
def test_affine_form_is_the_value(angle, at):
    form = angle.affine()
    if form is not None:
        total = sum(c * at[name] for name, c in form[0].items()) + form[1]
        assert angle.value(at) == pytest.approx(total, rel=1e-12, abs=1e-12)


@settings(max_examples=200)
@given(expressions, values)
def test_substitution(angle, at):
    everything = angle.substitute(at)
    assert everything.number == pytest.approx(angle.value(at), rel=1e-12, abs=1e-12)
    half = angle.substitute({"a": at["a"]})
    assert "a" not in half.parameters()
    assert half.value(at) == pytest.approx(angle.value(at), rel=1e-12, abs=1e-12)
    swapped = angle.substitute({"a": B, "b": A})
    crossed = {"a": at["b"], "b": at["a"]}
    assert swapped.value(crossed) == pytest.approx(angle.value(at), rel=1e-12, abs=1e-12)


OPERATORS = [
    (A + B, 1.0, 1.0),
    (A - B, 1.0, -1.0),
    (2 - A, -1.0, 0.0),
    (A * B, 1.3, 0.7),
    (A / B, 1 / 1.3, -0.7 / 1.69),
    (1 / A, -1 / 0.49, 0.0),
    (A**B, 1.3 * 0.7**0.3, 0.7**1.3 * math.log(0.7)),
    (2**A, 2**0.7 * math.log(2), 0.0),
    (A**3, 3 * 0.49, 0.0),
    (-A, -1.0, 0.0),
    (apply("arccos", A), -1 / math.sqrt(0.51), 0.0),
    (apply("arcsin", A), 1 / math.sqrt(0.51), 0.0),
    (apply("arctan", A), 1 / 1.49, 0.0),
    (apply("ceiling", A), 0.0, 0.0),
    (apply("cos", A), -math.sin(0.7), 0.0),
    (apply("exp", A), math.exp(0.7), 0.0),
    (apply("floor", A), 0.0, 0.0),
    (apply("log", A), 1 / 0.7, 0.0),
    (apply("mod", 3 * A, B), 3.0, -1.0),
    (apply("pow", A, B), 1.3 * 0.7**0.3, 0.7**1.3 * math.log(0.7)),
    (apply("sin", A), math.cos(0.7), 0.0),
    (apply("sqrt", A), 0.5 / math.sqrt(0.7), 0.0),
    (apply("tan", A), 1 + math.tan(0.7) ** 2, 0.0),
]


@pytest.mark.parametrize(("angle", "da", "db"), OPERATORS, ids=lambda u: str(u))
def test_derivative_of_every_operator(angle, da, db):
    at = {"a": 0.7, "b": 1.3}
    assert angle.derivative("a").value(at) == pytest.approx(da, rel=1e-12)
    assert angle.derivative("b").value(at) == pytest.approx(db, rel=1e-12)


@pytest.mark.parametrize("a", [-3.7, -2.0, -0.4, 0.0, 0.4, 2.0, 3.7])
def test_functions_with_jumps(a):
    at = {"a": a}
    assert apply("floor", A).value(at) == math.floor(a)
    assert apply("ceiling", A).value(at) == math.ceil(a)
    for divisor in (1.5, -1.5):
        assert apply("mod", A, divisor).value(at) == math.fmod(a, divisor)
        wound = (A - apply("mod", A, divisor)) / divisor
        assert apply("mod", a, B).derivative("b").value({"b": divisor}) == -wound.value(at)


def test_the_table_has_every_function():
    tried = {angle.op for angle, _, _ in OPERATORS} | {"pow"}
    assert set(FUNCTIONS) <= tried


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (2 * A - B / 4 + 1, ({"a": 2.0, "b": -0.25}, 1.0)),
        (-(A - 3) * 2, ({"a": -2.0}, 6.0)),
        (A + A, ({"a": 2.0}, 0.0)),
        (as_angle(0.5), ({}, 0.5)),
        (A * B, None),
        (1 / A, None),
        (sin(A), None),
        (A**2, None),
    ],
)
def test_affine_table(angle, expected):
    assert angle.affine() == expected


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (A - (B - 1), "a - (b - 1.0)"),
        (A / (B * 2), "a / (b * 2.0)"),
        ((A + B) * 2, "(a + b) * 2.0"),
        (-(A + B), "-(a + b)"),
        ((-A) ** 2, "(-a) ** 2.0"),
        (-(A**2), "-a ** 2.0"),
        (A ** (B**2), "a ** (b ** 2.0)"),
        (A * -2, "a * (-2.0)"),
        (-2 * A, "(-2.0) * a"),
        (apply("mod", A + 1, B), "mod(a + 1.0, b)"),
        (0 + A * 1, "a"),
        (-1 * -A, "(-1.0) * (-a)"),
        (0 - (0 - A), "a"),
        (as_angle(1) + 2, "3.0"),
    ],
)
def test_text(angle, text):
    assert str(angle) == text


def test_parameters_come_from_left_to_right():
    assert (B * A + B).parameters() == ("b", "a")
    assert as_angle(1.0).parameters() == ()


@pytest.mark.parametrize(
    ("angle", "at", "message"),
    [
        (apply("log", A), -1.0, r"log\(a\) has no finite value at a = -1"),
        (apply("sqrt", A), -4.0, r"sqrt\(a\)"),
        (apply("arcsin", A), 2.0, r"arcsin\(a\)"),
        (1 / A, 0.0, "1.0 / a has no finite value at a = 0: .*zero"),
        (A**0.5, -1.0, "not real"),
        (A**-1, 0.0, "no finite value"),
        (apply("exp", A), 1e3, r"exp\(a\)"),
        (apply("mod", 1, A), 0.0, "mod"),
        (A * 1e308, 1e10, "finite"),
    ],
)
def test_undefined_values(angle, at, message):
    with pytest.raises(CircuitError, match=message):
        angle.value({"a": at})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: apply("log", -1), r"log\(-1.0\)"),
        (lambda: as_angle(1) / 0, "1.0 / 0.0"),
        (lambda: apply("sine", A), "unknown function 'sine'"),
        (lambda: apply("neg", A), "unknown function 'neg'"),
        (lambda: apply("mod", A), "takes 2"),
        (lambda: sin(math.nan), "finite number of radians"),
        (lambda: A + math.inf, "finite number of radians"),
        (lambda: apply("log", A).substitute({"a": -1.0}), r"log\(-1.0\)"),
    ],
)
def test_angles_that_cannot_be_built(build, message):
    with pytest.raises(CircuitError, match=message):
        build()


def test_numbers_of_numpy_and_equality():
    assert np.float64(2.0) * A == 2 * A
    assert A * np.int64(2) == A * 2
    assert hash(A * 2) == hash(A * 2)
    assert pickle.loads(pickle.dumps(sin(A) / 2)) == sin(A) / 2
