"""What was written as text is read back as it was: floats to the bit, arrays as they lay."""

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import qng
from qng import optimizers
from qng.errors import InputError
from qng.estimate.table import METRICS
from qng.geometry import Blocks, Dense, Diagonal, Identity, LowRank
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant, Schedule
from qng.plan.counts import Counts
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.plan.request import Values
from qng.problem.problem import Problem
from qng.run.codec import NotStorableError, Unknown, dumps, loads
from qng.run.rooms import ROOMS


def same(one: Any, other: Any) -> bool:
    """Equal in type, structure and every bit."""
    if type(one) is not type(other):
        return isinstance(one, np.generic) and same(one.item(), other)
    if isinstance(one, np.ndarray):
        return (
            (one.dtype, one.shape) == (other.dtype, other.shape)
            and one.tobytes() == other.tobytes()
            and (one.size == 0 or one.strides == other.strides)
        )
    if isinstance(one, float):
        return one.hex() == other.hex()
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)


FLOATS = st.floats(allow_nan=False)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), FLOATS, st.text(), st.just(math.inf), st.just(-0.0)
)
ARRAYS = st.one_of(
    arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    for dtype in (np.float64, np.int64, np.complex128, np.bool_, np.uint8)
)
VALUES = st.recursive(
    st.one_of(SCALARS, st.complex_numbers(allow_nan=False), ARRAYS.filter(lambda a: a.size >= 0)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(), inner, max_size=3),
        st.dictionaries(st.integers(), inner, max_size=3),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_plain_values(value: Any) -> None:
    back = loads(dumps(value))
    assert _without_nan(same, value, back)


def _without_nan(compare: Any, one: Any, other: Any) -> bool:
    """A NaN has many bit patterns, of which one is written."""
    if isinstance(one, np.ndarray) and one.dtype.kind in "fc" and np.isnan(one).any():
        return bool(np.array_equal(one, other, equal_nan=True))
    if isinstance(one, (list, tuple)):
        return all(_without_nan(compare, a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return all(_without_nan(compare, a, b) for a, b in zip(one.values(), other.values()))
    return bool(compare(one, other))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_word_for(value: float) -> None:
    text = dumps([value, np.array([1.0, value])])
    assert "NaN" not in text
    assert "Infinity" not in text
    one, array = loads(text)
    np.testing.assert_array_equal([one, array[1]], value)


def test_arrays_lie_as_they_lay() -> None:
    table = np.arange(24.0).reshape(4, 6)
    for view in (table.T, table[::2, 1::2], table[:, 2], table):
        back = loads(dumps(view))
        assert back.strides == view.strides
        np.testing.assert_array_equal(back, view)


METRIC_FORMS = {
    "identity": Identity(3),
    "diagonal": Diagonal(np.array([1.0, 2.0]), np.diag([0.1, 0.2])),
    "blocks": Blocks(((0, 2), (1,)), (np.eye(2), np.ones((1, 1))), 3),
    "dense": Dense(np.array([[1.0, 0.3], [0.3, 2.0]]), np.full((2, 2), 0.1), [(0, 1)]),
    "low rank": LowRank(np.arange(6.0).reshape(2, 3)),
}


@pytest.mark.parametrize("form", METRIC_FORMS)
def test_every_form_of_the_metric(form: str) -> None:
    metric = METRIC_FORMS[form]
    back = loads(dumps(metric))
    assert same(metric, back)
    v = np.arange(1.0, 1.0 + metric.size)
    assert same(metric.matvec(v), back.matvec(v))


@pytest.mark.parametrize(
    ("name", "shots"),
    [
        (name, shots)
        for name, row in METRICS.items()
        for shots in (None, 20_000)
        if name not in ("implicit", "hessian") and row.variant(shots is not None) is not None
    ],
)
def test_metrics_that_were_estimated(name: str, shots: int | None) -> None:
    metric = qng.metric("textbook-2", estimator=name, shots=shots)
    assert same(metric, loads(dumps(metric)))


def test_products_alone_are_no_text() -> None:
    metric = qng.metric("textbook-2", estimator="implicit")
    with pytest.raises(NotStorableError, match=r"lives in this process only.*store dense"):
        dumps(metric)
    assert same(metric.dense(), loads(dumps(metric.dense())))


def test_estimates() -> None:
    for found in (
        qng.energy("textbook-2", shots=1000),
        qng.gradient("textbook-2", shots=1000),
        qng.hessian("textbook-2", shots=9000),
        qng.berry_curvature("textbook-2", shots=9000),
        Energy(np.array([1.0, 2.0]), np.array([0.1, 0.2])),
        GradientEstimate(np.zeros(2)),
        Values(np.zeros(3), np.ones(3)),
        Counts.of([0, 1, 3], [5, 6, 7]),
    ):
        assert same(found, loads(dumps(found)))


@pytest.mark.parametrize("name", [*optimizers.METHODS, *optimizers.CONTROLS])
def test_methods_and_their_runs(name: str) -> None:
    method = optimizers.named(name)
    assert loads(dumps(method)) == method
    run = qng.minimize("textbook-2", method, steps=2)
    back = loads(dumps(run))
    for f in fields(run):
        if f.name != "made":
            assert same(getattr(run, f.name), getattr(back, f.name)), f.name


@pytest.mark.parametrize("name", qng.library())
def test_problems(name: str) -> None:
    problem = qng.load(name)
    back = loads(dumps(problem))
    assert isinstance(back, Problem)
    assert (back.circuit, back.observable) == (problem.circuit, problem.observable)
    x = problem.initial + 0.1
    assert qng.energy(back, x).value == qng.energy(problem, x).value


@pytest.mark.parametrize("shots", [None, 20_000])
def test_a_run_is_repeated_from_its_own_text(shots: int | None) -> None:
    run = qng.minimize("textbook-2", "cqng", steps=3, seed=5, shots=shots, lr=0.7)
    made = loads(dumps(run)).made
    assert {"python", "numpy"} <= made.versions.keys()
    assert made.versions["qng"] == qng.__version__
    assert made.date.startswith("20")
    assert made.digest == run.made.digest
    again = qng.minimize(
        made.problem,
        made.method,
        start=made.start,
        steps=made.steps,
        tol=made.tol,
        seed=made.seed,
        executor=made.executor,
        shots=made.shots,
    )
    for column in set(run.trace.columns) - {"seconds"}:
        np.testing.assert_array_equal(run.trace[column], again.trace[column])


def test_digests_tell_runs_apart() -> None:
    base = qng.minimize("textbook-2", "qng", steps=1).made.digest
    assert qng.minimize("textbook-2", "qng", steps=2).made.digest == base
    for change in ({"method": "gd"}, {"seed": 1}, {"damping": 1e-2}, {"start": [0.1] * 4}):
        other = qng.minimize("textbook-2", **{"method": "qng", **change}, steps=1)
        assert other.made.digest != base


def test_comparisons_and_steps() -> None:
    comparison = qng.compare("one-qubit", ["gd", "qng"], starts=2, steps=3, workers=1)
    back = loads(dumps(comparison))
    assert (back.goal, back.steps, list(back.runs)) == (comparison.goal, 3, ["gd", "qng"])
    assert same(comparison.starts, back.starts)
    assert same(comparison.runs["qng"][1].trace, back.runs["qng"][1].trace)
    reports = qng.compare_steps("one-qubit")
    assert same(reports, loads(dumps(reports)))


def test_functions_of_ones_own_are_named_only() -> None:
    method = Optimizer(Schedule(lambda t: 1 / t), MeasuredMetric(By(test_estimates)))
    back = loads(dumps(method))
    assert isinstance(back.search.f, Unknown)
    assert "test_estimates" in repr(back.precondition.by)
    with pytest.raises(InputError, match=r"is not part of the file.*give it again"):
        back.search.f(1)
    assert dumps(back) == dumps(loads(dumps(back)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON document"),
        ("[]", "no document of qng"),
        ('{"format": "qng", "version": 99, "value": 1}', "version 99, this qng reads version 1"),
        ('{"format": "qng", "version": 1}', "damaged"),
        ('{"format": "qng", "version": 1, "value": {"~": "os.system"}}', "does not know"),
        ('{"format": "qng", "version": 1, "value": {"~": "Step"}}', "a Step without step"),
        ('{"format": "qng", "version": 1, "value": {"~": "array", "type": "O"}}', "damaged"),
        (
            '{"format": "qng", "version": 1, "value": {"~": "array", "type": "float64", '
            '"shape": [2], "items": [1, 2], "strides": [99999999999]}}',
            "spread over",
        ),
    ],
)
def test_texts_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        loads(text)


def test_a_document_is_read_without_the_package() -> None:
    run = qng.minimize("one-qubit", "gd", steps=1)
    document = json.loads(dumps(run))
    assert (document["format"], document["version"]) == ("qng", 1)
    assert document["value"]["fun"] == run.fun
    assert document["value"]["goal"]["name"] == "one-qubit"


def test_the_classes_of_the_list_exist() -> None:
    from importlib import import_module

    for room, names in ROOMS.items():
        for name in names:
            assert is_dataclass(getattr(import_module(room), name))
    assert loads(dumps(Constant(0.1))) == Constant(0.1)
