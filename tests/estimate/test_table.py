"""Rows of estimators as values, and how a `By` becomes one that can be asked."""

import inspect

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnknownNameError, UnsupportedMeasureError
from qng.estimate import (
    BERRY,
    GRADIENTS,
    HESSIANS,
    METRICS,
    Estimator,
    chosen,
    gradient_by,
    metric_by,
)
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import overlaps
from qng.execute.statevector.executor import Statevector
from qng.geometry import Dense
from qng.plan.plan import Plan
from qng.plan.quantities import By
from qng.run.bench import answer

CIRCUIT = hardware_efficient(2, 1)
THETA = np.linspace(0.3, 1.2, CIRCUIT.n_parameters)
H = PauliSum({"Z0": 1.0, "X0 X1": 0.5})
TABLES = {"metric": METRICS, "gradient": GRADIENTS, "Hessian": HESSIANS, "curvature": BERRY}
ROWS = [
    pytest.param(kind, name, counting, id=f"{kind}-{name}-{'counted' if counting else 'exact'}")
    for kind, table in TABLES.items()
    for name, row in table.items()
    for counting in (False, True)
    if row.variant(counting) is not None
]


def value(found):
    return found.dense() if hasattr(found, "dense") else getattr(found, "value", found)


@pytest.mark.parametrize(("kind", "name", "counting"), ROWS)
def test_a_row_says_what_its_functions_take(kind, name, counting):
    row = TABLES[kind][name]
    takes = list(inspect.signature(row.variant(counting)).parameters)
    assert takes[:2] == ["circuit", "observable" if row.observable else "theta"]
    assert row.random == ("seed" in takes)
    assert row.options(counting) == tuple(takes[2 + row.observable : len(takes) - row.random])
    assert row.options(counting) is row.options(counting)


@pytest.mark.parametrize(("kind", "name", "counting"), ROWS)
def test_rigid_plans_are_moved(kind, name, counting):
    """Moved to another point, a plan asks and says what one made there does."""
    estimate = chosen(kind, name, TABLES[kind], counting=counting)
    plan, other = estimate(CIRCUIT, THETA, observable=H, seed=3), THETA[::-1].copy()
    exact = ("exact", "implicit", "low-rank", "blocks", "diagonal", "blocks-diagonal", "curvature")
    tangents = ("linear-method", "projected-inverse")
    also = ("fisher", "fisher-diagonal", "observables", *tangents)
    rigid = not counting and name in (*exact, *also)
    assert plan.rigid == rigid
    assert not plan.map(lambda found: found).rigid
    if rigid:
        moved, anew = plan.at(other), estimate(CIRCUIT, other, observable=H)
        assert moved.evaluations == anew.evaluations
        for one, two in zip(moved.requests, anew.requests, strict=True):
            assert one.same_point(two)
            assert one.measure == two.measure
        np.testing.assert_array_equal(
            *(value(answer(Statevector(), each)) for each in (moved, anew))
        )


def test_what_is_of_ones_own_is_asked_at_every_point():
    """It may be another one there: here the basis of the measurement depends on theta."""
    asked = []

    def own(circuit, theta):
        asked.append(theta)
        return METRICS["fisher"].exact(circuit, theta, basis="XYZ"[len(asked) % 3])

    problem = qng.Problem(CIRCUIT, H, THETA)
    assert METRICS["fisher"].exact(CIRCUIT, THETA).rigid
    qng.minimize(problem, "qng", metric=By(own), steps=5, trust=np.inf)
    assert len({theta.tobytes() for theta in asked}) == 5


@pytest.mark.parametrize(("kind", "name", "counting"), ROWS)
def test_all_rows_are_asked_alike(kind, name, counting):
    estimate = chosen(kind, name, TABLES[kind], counting=counting)
    plan = estimate(CIRCUIT, THETA, observable=H, seed=3)
    shape = (CIRCUIT.n_parameters,) * (1 if kind == "gradient" else 2)
    shots = 5000 if counting else None
    assert value(answer(Statevector(), plan, shots=shots)).shape == shape


def test_only_what_is_random_takes_the_seed():
    for name, row in METRICS.items():
        if row.random and row.exact is not None:
            estimate = chosen("metric", name, METRICS, counting=False)
            first, same, other = (
                value(answer(Statevector(), estimate(CIRCUIT, THETA, seed=seed)))
                for seed in (1, 1, 2)
            )
            assert np.array_equal(first, same)
            assert not np.array_equal(first, other)


def test_quantities():
    assert {name for name, row in METRICS.items() if not row.pure} == {
        "fisher",
        "fisher-diagonal",
        "fisher-random",
        "sld",
        "petz",
        "hilbert-schmidt",
        "random-measurements",
        "wa",
        "gauss-newton",
        "observables",
        "hessian",
    }
    tangents = {"linear-method", "projected-inverse"}
    assert {row.of for row in METRICS.values() if row.pure} == {"fubini", "kfac", *tangents}
    observed = {name for name, row in METRICS.items() if row.observable}
    assert observed == {"wa", "gauss-newton", "observables", "hessian", *tangents}
    assert all(row.observable and not row.pure for row in GRADIENTS.values())
    assert BERRY["curvature"].pure


def test_options_are_passed_on():
    wires = chosen("metric", By("blocks", rule="wires"), METRICS, counting=False)
    expected = answer(Statevector(), fubini.blocks(CIRCUIT, THETA, rule="wires"))
    assert np.array_equal(value(answer(Statevector(), wires(CIRCUIT, THETA))), value(expected))


def double(circuit, theta, factor=2.0):
    return fubini.exact(circuit, theta).map(lambda g: Dense(factor * g.dense()))


class TestOnesOwn:
    def test_of_a_function_nothing_is_known(self):
        estimate = chosen("metric", By(double, factor=3.0), METRICS, counting=False)
        assert (estimate.of, estimate.pure, estimate.random) == ("", False, False)
        found = answer(Statevector(), estimate(CIRCUIT, THETA, observable=H, seed=1))
        exact = answer(Statevector(), fubini.exact(CIRCUIT, THETA))
        assert np.array_equal(found.dense(), 3.0 * exact.dense())

    def test_a_gradient_can_be_of_nothing_else(self):
        def zero(circuit, observable, theta):
            assert observable is H
            return Plan((), lambda _: np.zeros(circuit.n_parameters))

        estimate = chosen("gradient", By(zero), GRADIENTS, counting=True)
        assert estimate.of == "gradient"
        estimate(CIRCUIT, THETA, observable=H)

    def test_a_row_says_more(self):
        def turned(circuit, theta, step=0.1, *, seed):
            assert (step, seed) == (0.2, (1, 2))
            return overlaps.full(circuit, theta)

        row = Estimator("fubini", sampled=turned, random=True)
        estimate = chosen("metric", By(row, step=0.2), METRICS, counting=True)
        assert (estimate.of, estimate.pure, estimate.random) == ("fubini", True, True)
        assert estimate(CIRCUIT, THETA, seed=(1, 2)).requests
        with pytest.raises(UnsupportedMeasureError, match="'of your own' cannot be had without sh"):
            chosen("metric", By(row), METRICS, counting=False)
        with pytest.raises(UnknownNameError, match="option of the metric of your own 'seed'"):
            chosen("metric", By(row, seed=1), METRICS, counting=True)

    def test_any_option_goes_where_a_function_takes_any(self):
        def passed(circuit, theta, **options):
            return fubini.blocks(circuit, theta, **options)

        estimate = chosen("metric", By(passed, rule="wires"), METRICS, counting=False)
        assert estimate(CIRCUIT, THETA).requests


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: chosen("metric", "blokcs", METRICS, counting=True), UnknownNameError, "blocks"),
        (
            lambda: chosen("metric", By("blocks", rules="wires"), METRICS, counting=True),
            UnknownNameError,
            "unknown option of the metric blocks 'rules'; did you mean rule",
        ),
        (
            lambda: chosen("metric", By(double, factr=2.0), METRICS, counting=True),
            UnknownNameError,
            "option of the metric of your own 'factr'; did you mean factor",
        ),
        (
            lambda: chosen("gradient", By("exact", step=1), GRADIENTS, counting=False),
            UnknownNameError,
            "option of the gradient exact 'step'; known: none",
        ),
        (
            lambda: chosen("metric", "low-rank", METRICS, counting=True),
            UnsupportedMeasureError,
            "the metric 'low-rank' cannot be had from shots; from shots: blocks, diagonal",
        ),
        (
            lambda: chosen("gradient", By(METRICS["overlaps"]), GRADIENTS, counting=True),
            InputError,
            r"a gradient is asked for \(gradient\), and the estimator is of fubini",
        ),
        (
            lambda: chosen("metric", "hessian", METRICS, counting=False)(CIRCUIT, THETA),
            InputError,
            "hessian is of an observable",
        ),
        (
            lambda: qng.metric(CIRCUIT, THETA, "hessian"),
            InputError,
            r"hessian is that of an energy, no metric of a circuit: see hessian\(",
        ),
        (lambda: Estimator("metric", double), UnknownNameError, "known: curvature, energy, fisher"),
        (lambda: Estimator("fubini"), InputError, "needs a function"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_auto():
    by = By("auto", rule="wires")
    assert metric_by(by, tangents=True) == By("exact", rule="wires")
    assert metric_by(by, tangents=False) == By("blocks", rule="wires")
    assert metric_by(By("auto"), tangents=False, densities=True) == By("sld")
    assert metric_by(By("overlaps"), tangents=True) == By("overlaps")
    assert gradient_by(By("auto"), gradients=True) == By("exact")
    assert gradient_by(By("auto"), gradients=False) == By("parameter-shift")
    own = By(double)
    assert metric_by(own, tangents=False) is own
