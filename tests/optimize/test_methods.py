"""The table of methods: each against its recurrence, and what all of them promise."""

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError, UnknownNameError
from qng.geometry import Dense, Ritz
from qng.optimize.method import State
from qng.optimize.optimizer import Optimizer
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from qng.run.bench import answer
from qng.run.objective import Circuits
from tests.objectives import Objective, advance

METHODS = list(optimizers.METHODS)
PROBLEMS = ["one-qubit", "textbook-2"]
STEPS = 30


def recurrence(name: str, x: np.ndarray, steps: int) -> Iterator[np.ndarray]:
    """The textbook form of a method, lr 0.07, rho = beta1 = 0.8, beta2 = beta = 0.95."""
    problem, lr, rho, beta = qng.load("textbook-2"), 0.07, 0.8, 0.95

    def gradient(point: np.ndarray) -> np.ndarray:
        return qng.gradient(problem, point).value

    a, v, m = np.zeros(4), np.zeros(4), np.zeros(4)
    for t in range(1, steps + 1):
        g = gradient(x - rho * a) if name == "nesterov" else gradient(x)
        if name in ("momentum", "nesterov"):
            a = rho * a + lr * g
            x = x - a
        elif name == "adagrad":
            v = v + g**2
            x = x - lr * g / (np.sqrt(v) + 1e-8)
        elif name == "rmsprop":
            v = beta * v + (1 - beta) * g**2
            x = x - lr * g / (np.sqrt(v) + 1e-8)
        elif name in ("adam", "adabelief"):
            m = rho * m + (1 - rho) * g
            spread = g if name == "adam" else g - m
            v = beta * v + (1 - beta) * spread**2
            mhat, vhat = m / (1 - rho**t), v / (1 - beta**t)
            x = x - lr * mhat / (np.sqrt(vhat) + 1e-8)
        else:
            x = x - lr * g
        yield x


@pytest.mark.parametrize(
    ("name", "hyperparameters"),
    [
        ("gd", {}),
        ("momentum", {"rho": 0.8}),
        ("nesterov", {"rho": 0.8}),
        ("adagrad", {"eps": 1e-8}),
        ("rmsprop", {"beta": 0.95, "eps": 1e-8}),
        ("adam", {"beta1": 0.8, "beta2": 0.95, "eps": 1e-8}),
        ("adabelief", {"beta1": 0.8, "beta2": 0.95, "eps": 1e-8}),
    ],
)
def test_first_order_methods_follow_their_recurrence(
    name: str, hyperparameters: dict[str, float]
) -> None:
    method = optimizers.named(name, lr=0.07, **hyperparameters)
    run = qng.minimize("textbook-2", method, steps=STEPS)
    expected = list(recurrence(name, run.trace["theta"][0], STEPS))
    np.testing.assert_allclose(run.trace["theta"][1:], expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", METHODS)
def test_the_energy_falls(name: str, problem: str) -> None:
    # One bit gives a Fisher matrix of rank one: that run jumps, and rounding decides where to.
    steps = 1 if (name, problem) == ("ng", "one-qubit") else STEPS
    run = qng.minimize(problem, name, steps=steps)
    assert not run.failed
    assert run.fun < run.trace["energy"][0] - 0.05


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", METHODS)
def test_runs_are_repeatable_bit_by_bit(name: str, problem: str) -> None:
    one, other = (qng.minimize(problem, name, steps=6).trace for _ in range(2))
    for column in set(one.columns) - {"seconds"}:
        np.testing.assert_array_equal(one[column], other[column])


def leaves(value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        for f in fields(value):
            yield from leaves(getattr(value, f.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (key, *leaves(item))
    elif isinstance(value, tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("name", METHODS)
def test_a_state_holds_arrays_and_numbers_only(name: str) -> None:
    problem, method, device = qng.load("one-qubit"), optimizers.named(name), qng.executor()
    states = [method.init(problem.initial)]
    while states[-1].step < 3:
        goal = Circuits.of(problem, device, counting=False, key=len(states))
        states.append(advance(method, goal, states[-1], lambda plan: answer(device, plan))[0])
    found = [leaf for state in states for leaf in leaves(state)]
    kinds = {type(leaf) for leaf in found}
    assert kinds <= {np.ndarray, int, float, str, type(None)}, kinds
    assert all(leaf.dtype == float for leaf in found if isinstance(leaf, np.ndarray))


@pytest.mark.parametrize("name", METHODS)
def test_no_gradient_means_no_step(name: str) -> None:
    """From rest; with a metric of rank one, which the damping has to cover."""
    matrix = np.diag([1.0, 0.0])
    energies = name in ("linear-method", "projected-inverse")
    metric = Ritz(0.0, np.zeros(2), matrix, matrix) if energies else Dense(matrix)
    flat = Objective(
        energy=lambda x: Plan((), lambda results: Energy(np.zeros(len(x)))),
        gradient=lambda x: Plan((), lambda results: GradientEstimate(np.zeros(2))),
        metric=lambda x: Plan((), lambda results: metric),
        connection=lambda x, v: Plan((), lambda results: GradientEstimate(np.zeros(2))),
    )
    method = optimizers.named(name)
    state = method.init([0.3, -0.4])
    for _ in range(3):
        state, step = advance(method, flat, state)
        assert (step.gradient_norm, step.length, step.predicted) == (0.0, 0.0, 0.0)
    np.testing.assert_array_equal(state.theta, [0.3, -0.4])


def test_every_method_is_called_as_in_the_table_and_says_what_it_is() -> None:
    for name, make in optimizers.METHODS.items():
        assert getattr(optimizers, name.replace("-", "_")) is make
        assert make.__doc__
        assert isinstance(make(), Optimizer)
        assert isinstance(make().init(np.zeros(2)), State)
        assert make() == optimizers.named(name)


@pytest.mark.parametrize("name", METHODS)
def test_every_hyperparameter_reaches_the_method(name: str) -> None:
    others = {"basis": "X", "metric": "diagonal", "rule": "wires", "kind": "pauli"}
    others |= {"shape": (2, 2), "ahead": False, "widened": True}
    others |= dict.fromkeys(("every", "trials", "draws", "iterations", "over"), 7)
    for key in inspect.signature(optimizers.METHODS[name]).parameters:
        value = others.get(key, 0.123)
        assert optimizers.named(name, **{key: value}) != optimizers.named(name), key


@pytest.mark.parametrize(
    ("name", "hyperparameters", "message"),
    [
        ("qgn", {}, "unknown method 'qgn'; did you mean .*qng"),
        ("sgd", {}, "unknown method 'sgd'; did you mean .*gd"),
        ("adam", {"beta3": 0.9}, "unknown hyperparameter of adam 'beta3'; did you mean beta"),
        ("gd", {"damping": 0.1}, "unknown hyperparameter of gd 'damping'; known: lr"),
        ("gd", {"lam": 0.1}, "unknown hyperparameter of gd 'lam'; known: lr"),
        ("qng", {"learning_rate": 0.1}, r"'learning_rate'; did you mean lr\?"),
        ("cobyla", {"maxiter": 10}, r"'maxiter'; did you mean steps\?"),
    ],
)
def test_unknown_names(name: str, hyperparameters: dict[str, float], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        optimizers.named(name, **hyperparameters)


@pytest.mark.parametrize("name", [name for name in METHODS if optimizers.takes(name, "lr")])
@pytest.mark.parametrize("lr", [0.0, -0.1, np.nan])
def test_learning_rates_are_positive(name: str, lr: float) -> None:
    with pytest.raises(InputError, match="lr must be a positive number"):
        optimizers.named(name, lr=lr)


DAMPED = [
    name for name in METHODS if "damping" in inspect.signature(optimizers.METHODS[name]).parameters
]


@pytest.mark.parametrize("name", [name for name in DAMPED if name != "qn-spsa"])
def test_damping_is_not_negative(name: str) -> None:
    with pytest.raises(InputError, match="damping must be a number that is not negative"):
        optimizers.named(name, damping=-1e-3)


@pytest.mark.parametrize("value", [1.0, -0.1, np.nan])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("momentum", "rho"),
        ("nesterov", "rho"),
        ("momentum-qng", "rho"),
        ("rmsprop", "beta"),
        *((name, key) for name in ("adam", "adabelief", "qbang") for key in ("beta1", "beta2")),
    ],
)
def test_weights_of_averages_are_below_one(name: str, key: str, value: float) -> None:
    with pytest.raises(InputError, match="must be at least 0 and below 1"):
        optimizers.named(name, **{key: value})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("qn-spsa", {"damping": 0.0}, "damping must be a positive number"),
        ("qn-spsa", {"tolerance": "none"}, "unknown tolerance"),
        ("rng", {"rcond": -1e-4}, "rcond must be a number that is not negative"),
        ("rng", {"kind": "clifford"}, "unknown random measurement"),
        ("spsa", {"step": 0.0}, "step must be a positive number"),
        ("spsa", {"draws": 0}, "draws must be a"),
        ("qbang", {"weight": 1.5}, "weight must be a number from 0 to 1"),
        ("qbroyden", {"every": 0}, "every must be a whole number of at least 1"),
        ("cqng", {"trials": 2}, "trials must be a whole number of at least 3"),
        ("qngg", {"limit": -1.0}, "limit must be a positive number"),
        ("shampoo", {"eps": 0.0}, "eps must be a positive number"),
        ("shampoo", {"shape": (2, 2)}, r"shape=2x2 is 4 parameter\(s\), and there are 2"),
        ("muon", {"shape": "2*1"}, "shape must be 'auto', or the shapes of arrays"),
        ("muon", {"iterations": -1}, "iterations must be a whole number of at least 0"),
        ("kfac", {"shape": "3x2"}, r"shape=3x2 is 6 parameter\(s\), and there are 2"),
        ("trust-region", {"delta": 0.0}, "delta must be a positive number"),
    ],
)
def test_bad_hyperparameters(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        qng.minimize("one-qubit", optimizers.named(name, **options), steps=1)


def test_spsa_moves_along_its_random_signs() -> None:
    """Two energies a step; the direction is of signs, and their slope is the length."""
    problem = qng.load("textbook-2")
    run = qng.minimize(problem, "spsa", steps=6, lr=0.05)
    thetas = run.trace["theta"]
    signs = set()
    for before, moved in zip(thetas, np.diff(thetas, axis=0)):
        u = -np.sign(moved)
        np.testing.assert_allclose(np.abs(moved), np.abs(moved[0]), rtol=1e-9)
        plus, minus = (qng.energy(problem, before + h * u).value for h in (0.1, -0.1))
        np.testing.assert_allclose(moved, -0.05 * (plus - minus) / 0.2 * u, atol=1e-12)
        signs.add(tuple(u * u[0]))
    assert len(signs) > 1
    assert run.nfev == 6 * 3 + 1


def test_random_natural_gradient_redraws_its_basis_and_never_goes_up() -> None:
    run = qng.minimize("textbook-2", "rng", steps=40)
    kept = run.trace["accepted"].astype(bool)
    energies = run.trace["energy"]
    assert 0 < np.sum(~kept) < 20
    assert np.all(np.diff(energies[kept]) <= 1e-12)
    for k in np.flatnonzero(~kept):
        assert energies[k] > energies[k - 1]
        assert run.trace["eta"][k] == 0
        if k + 1 < len(kept):
            np.testing.assert_array_equal(run.trace["theta"][k + 1], run.trace["theta"][k - 1])


@pytest.mark.parametrize("seed", range(4))
def test_the_last_point_of_a_blocked_run_is_one_that_was_kept(seed: int) -> None:
    run = qng.minimize("textbook-2", "rng", steps=11 + seed, seed=seed)
    kept = run.trace["accepted"].astype(bool)
    assert run.fun <= run.trace["energy"][kept].min() + 1e-12
    assert run.fun == pytest.approx(qng.energy("textbook-2", run.x).value, abs=1e-12)


def test_qbroyden_and_qbang_measure_their_metric_once() -> None:
    """Without a step that is undone, after which a metric may be due once more."""
    for name in ("qbroyden", "qbang"):
        plain = {"steps": 10, "trust": math.inf}
        assert qng.minimize("textbook-2", name, **plain).nfev == 10 + 1 + 1
        assert qng.minimize("textbook-2", name, **plain, every=4).nfev == 10 + 3 + 1


@pytest.mark.parametrize(
    "name", ["qng", "rng", "qn-spsa", "qbroyden", "qbang", "cqng", "qngg", "spsa"]
)
@pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")
def test_the_energy_falls_from_shots(name: str) -> None:
    run = qng.minimize("textbook-2", name, steps=30, shots=5000)
    assert not run.failed
    assert qng.energy("textbook-2", run.x).value < run.trace["energy"][0] - 0.3
