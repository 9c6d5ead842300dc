"""Methods that are not of the form M dtheta = -eta s: Rotosolve and SciPy's."""

import gc
import math
import threading
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng import optimizers
from qng.circuit.angle import apply, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.optimize.method import End, NotFiniteError, State, Step
from qng.optimize.methods import CONTROLS
from qng.optimize.rotosolve import lowest
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from tests.objectives import Objective, advance

NAMES = list(CONTROLS)


class Bowl:
    """E = (x - c)^T H (x - c) / 2; notes what was asked.

    Args:
        spread: The standard error that its energies are said to have.
    """

    def __init__(self, spread: float | None = None) -> None:
        self.spread = spread
        self.h = np.diag([1.0, 3.0, 2.0]) + 0.4
        self.c = np.array([0.3, -0.2, 0.5])
        self.asked: list[np.ndarray] = []
        self.slopes = 0
        self.spoilt: int | None = None
        self.rows: list[Step] = []
        self.to: list[np.ndarray] = []
        self.told: list[tuple[State, tuple[Any, ...]]] = []

    def value(self, x: np.ndarray) -> np.ndarray:
        return np.einsum("...i,ij,...j->...", x - self.c, self.h, x - self.c) / 2

    def energy(self, points: np.ndarray) -> Plan:
        self.asked += list(points)
        values = self.value(points)
        if self.spoilt is not None and len(self.asked) > self.spoilt:
            values = values * math.nan
        errors = None if self.spread is None else np.full(len(points), self.spread)
        return Plan((), lambda _: Energy(values, std_error=errors))

    def gradient(self, x: np.ndarray) -> Plan:
        self.slopes += 1
        return Plan((), lambda _: GradientEstimate(self.h @ (x - self.c)))

    def run(self, name: str, steps: int = 100, **options) -> End:
        """Step until the method ends or the limit is reached; the rows are kept."""
        method = optimizers.named(name, **options)
        goal = Objective(self.energy, self.gradient)
        state = method.init(np.array([2.0, 1.0, -1.0]))
        while state.step < steps:
            told: tuple[Any, ...] = ()
            while isinstance(found := method.next(goal, state, told), Plan):
                self.told.append((state, told))
                told = (*told, found.reduce(()))
            if isinstance(found, End):
                return found
            state = found.state
            self.rows.append(found.step)
            self.to.append(state.theta)
        return End("limit")


SCIPY = ["bfgs", "l-bfgs-b", "slsqp", "cobyla"]


class TestSciPy:
    @pytest.mark.parametrize("name", SCIPY)
    def test_it_finds_the_minimum_and_says_so(self, name: str) -> None:
        bowl = Bowl()
        finish = bowl.run(name, 400)
        assert not finish.failed
        assert finish.message.startswith("SciPy's ")
        np.testing.assert_allclose(bowl.to[-1], bowl.c, atol=1e-5)
        assert (bowl.slopes > 0) == (name != "cobyla")

    @pytest.mark.parametrize("name", SCIPY)
    def test_rows_are_a_path_with_energies_that_were_seen(self, name: str) -> None:
        bowl = Bowl()
        bowl.run(name, 12)
        assert [row.step for row in bowl.rows] == list(range(len(bowl.rows)))
        np.testing.assert_array_equal(bowl.rows[0].theta, [2.0, 1.0, -1.0])
        for row, to in zip(bowl.rows, [row.theta for row in bowl.rows[1:]]):
            np.testing.assert_array_equal(bowl.to[row.step], to)
        for row in bowl.rows:
            assert row.energy == pytest.approx(bowl.value(row.theta), rel=1e-12)
            assert row.std_error is None
            assert sum(np.array_equal(row.theta, x) for x in bowl.asked) >= 1
            if name != "cobyla":
                norm = np.linalg.norm(bowl.h @ (row.theta - bowl.c))
                assert row.gradient_norm == pytest.approx(norm)
        energies = [row.energy for row in bowl.rows]
        assert np.all(np.diff(energies) < 0)
        assert all(not np.array_equal(r.theta, to) for r, to in zip(bowl.rows, bowl.to))

    @pytest.mark.parametrize("name", SCIPY)
    def test_the_limit_of_steps(self, name: str) -> None:
        run = qng.minimize("textbook-2", name, steps=3)
        assert (run.nit, run.message, run.success) == (3, "all 3 steps done", True)
        assert qng.minimize("textbook-2", name, steps=0).nfev == 1

    @pytest.mark.parametrize("name", SCIPY)
    def test_a_value_that_is_not_finite_ends_it(self, name: str) -> None:
        bowl = Bowl()
        bowl.spoilt = 6
        with pytest.raises(NotFiniteError, match="a measured value is not finite"):
            bowl.run(name)

    @pytest.mark.parametrize("name", SCIPY)
    def test_with_errors_a_step_is_an_evaluation(self, name: str) -> None:
        """Of the same path: what is asked does not depend on it."""
        exact, noisy = Bowl(), Bowl(0.1)
        exact.run(name, 6)
        noisy.run(name, len(exact.asked))
        np.testing.assert_array_equal(noisy.asked[: len(exact.asked)], exact.asked)
        assert len(noisy.asked) == len(noisy.rows) == len(exact.asked)
        path = [row.theta for row in noisy.rows]
        moved = [path[0], *(b for a, b in pairwise(path) if not np.array_equal(a, b))]
        expected = [exact.rows[0].theta, *exact.to]
        np.testing.assert_array_equal(moved, expected[: len(moved)])
        assert len(moved) >= 4
        for row in noisy.rows:
            assert row.energy == pytest.approx(noisy.value(row.theta), rel=1e-12)
            assert (row.std_error, row.fresh) == (0.1, row.step == 0)

    @pytest.mark.parametrize("spread", [None, 0.1])
    @pytest.mark.parametrize("name", SCIPY)
    def test_it_goes_on_from_what_its_state_says(self, name: str, spread: float | None) -> None:
        """Every question is asked again by a method that knows the state and nothing else."""
        bowl = Bowl(spread)
        bowl.run(name, 8)
        goal = Objective(bowl.energy, bowl.gradient)
        for (state, told), point in zip(bowl.told, list(bowl.asked)):
            bowl.asked.clear()
            elsewhere = replace(state)  # no thread belongs to it
            optimizers.named(name).next(goal, elsewhere, told)
            np.testing.assert_array_equal(bowl.asked, [point])

    def test_threads_end_with_the_states_that_could_go_on(self) -> None:
        before = sum(thread.name == "scipy" for thread in threading.enumerate())
        for _ in range(5):
            qng.minimize("one-qubit", "l-bfgs-b", steps=2)
        gc.collect()
        end = time.monotonic() + 10
        while sum(t.name == "scipy" for t in threading.enumerate()) > before:
            assert time.monotonic() < end
            time.sleep(0.01)

    def test_it_is_scipys_path(self) -> None:
        from scipy import optimize

        bowl, path = Bowl(), []
        bowl.run("l-bfgs-b", 6, memory=3)
        optimize.minimize(
            bowl.value,
            [2.0, 1.0, -1.0],
            jac=lambda x: bowl.h @ (x - bowl.c),
            method="L-BFGS-B",
            options={"maxcor": 3, "maxiter": 6},
            callback=lambda x: path.append(x.copy()),
        )
        np.testing.assert_allclose(bowl.to[: len(path)], path, rtol=0, atol=1e-10)


def turns(*angles) -> Circuit:
    """Rotations about other axes on two qubits, by these angles of a and b."""
    words = ["X0", "Y1", "Z0 Z1", "Y0", "X1", "Z0", "X0 X1"]
    ops = [Rotation(Pauli.parse(word), angle) for word, angle in zip(words, angles)]
    return Circuit(2, [Gate("h", (1,)), *ops[:2], Gate("cx", (0, 1)), *ops[2:]], ["a", "b"])


A, B = parameter("a"), parameter("b")
ENERGY = {"Z0 Z1": 1.0, "X0": 0.5, "Y1": -0.7, "Z0": 0.2}


class TestRotosolve:
    @given(st.integers(1, 7), st.integers(0, 10**6))
    @settings(max_examples=100)
    def test_the_minimum_of_a_trigonometric_polynomial(self, degree: int, seed: int) -> None:
        c = np.random.default_rng(seed).normal(size=(2, degree))
        order = np.arange(1, degree + 1)

        def f(x: np.ndarray) -> np.ndarray:
            phase = np.multiply.outer(x, order)
            return np.cos(phase) @ c[0] + np.sin(phase) @ c[1] + 0.3

        count = 2 * degree + 1
        x = lowest(f(2 * np.pi * np.arange(count) / count))
        assert -np.pi < x <= np.pi
        fine = np.linspace(-np.pi, np.pi, 20001)
        assert f(np.array(x)) <= f(fine).min() + 1e-12
        assert f(np.array(x)) >= f(fine).min() - 1e-5 * degree**2 * np.abs(c).sum()

    def test_the_nearest_of_equal_minima_and_none_where_all_is_equal(self) -> None:
        assert lowest(np.full(5, 0.7)) == 0.0
        x = 2 * np.pi * np.arange(5) / 5
        assert lowest(np.cos(2 * (x - 0.4))) == pytest.approx(0.4 - np.pi / 2)
        assert lowest(np.cos(2 * (x + 0.4))) == pytest.approx(-0.4 + np.pi / 2)
        assert lowest(-np.cos(x)) == pytest.approx(0.0, abs=1e-12)

    @pytest.mark.parametrize(
        ("circuit", "degrees"),
        [
            (turns(A, B), (1, 1)),
            (turns(A, B, A, B, B), (2, 3)),
            (turns(2 * A, B / 2, A / 2 + B, 1 - B), (5, 5)),
            (turns(0.3 * A + B, -0.5 * A, 3 * B), (8, 4)),
            (turns(A, A, A, A, A, A, A), (7, 0)),
        ],
        ids=["one", "several", "scaled", "three tenths", "shared"],
    )
    def test_every_parameter_goes_to_its_minimum(self, circuit: Circuit, degrees) -> None:
        problem = qng.Problem(circuit, ENERGY, [0.4, 2.2])
        run = qng.minimize(problem, "rotosolve", steps=3)
        points = sum(2 * n + 1 for n in degrees if n)
        assert run.nfev == 3 * points + 1
        energies = run.trace["energy"]
        assert np.all(np.diff(energies) <= 1e-12)
        for x, after in zip(run.trace["theta"], run.trace["theta"][1:]):
            # The last parameter that moves anything is at its minimum with the others fixed.
            k = 1 if degrees[1] else 0
            assert degrees[1] > 0 or after[1] == x[1]
            line = np.tile(after, (4001, 1))
            line[:, k] += np.linspace(-2, 2, 4001) * np.pi * 10
            values = energies_of(problem, line)
            assert energies_of(problem, after[None])[0] <= values.min() + 1e-9

    def test_energies_come_down_sweep_by_sweep(self) -> None:
        for problem in ("h2", "maxcut-4", "tfim-8"):
            energies = qng.minimize(problem, "rotosolve", steps=6).trace["energy"]
            assert np.all(np.diff(energies) <= 1e-12)
            assert energies[-1] < energies[0] - 0.5

    def test_a_product_state_is_solved_in_one_sweep(self) -> None:
        circuit = hardware_efficient(3, 0, ("ry",))
        problem = qng.Problem(circuit, {"Z0": 1.0, "X1": 2.0, "Z2": -1.0}, [0.3, -0.4, 1.0])
        assert qng.minimize(problem, "rotosolve", steps=1).fun == pytest.approx(-4.0, abs=1e-12)

    def test_several_circuits(self) -> None:
        circuits = [(turns(A, B), 0.6), (turns(A, B, A, B / 2), 0.4)]
        problem = qng.Problem.weighted(circuits, PauliSum(ENERGY), start=[0.4, 2.2])
        run = qng.minimize(problem, "rotosolve", steps=4)
        assert np.all(np.diff(run.trace["energy"]) <= 1e-12)
        last = run.x
        for k in (-0.05, 0.05):
            assert qng.energy(problem, last + np.array([0, k])).value > run.fun

    def test_from_shots(self) -> None:
        run = qng.minimize("one-qubit", "rotosolve", steps=4, shots=20_000)
        assert run.error < 0.01
        assert abs(run.fun - qng.energy("one-qubit", run.x).value) < 4 * run.std_error

    @pytest.mark.parametrize(
        ("circuit", "message"),
        [
            (turns(A, A * B), "angles that are affine in the parameters, and a, b turn"),
            (turns(apply("sin", A), B), "and a turn.s. a rotation by sin"),
            (turns(A, math.sqrt(2) * A), "a enters its rotations by 1, 1.41421"),
            (turns(A, 200 * B, B), "b enters its rotations by 1, 200"),
        ],
    )
    def test_refusals_come_before_anything_is_measured(self, circuit, message: str) -> None:
        with pytest.raises(InputError, match=f"Rotosolve needs .*{message}.*another method"):
            qng.minimize(qng.Problem(circuit, ENERGY), "rotosolve")

    def test_a_value_that_is_not_finite_ends_it(self) -> None:
        nan = Plan((), lambda _: Energy(np.full(3, math.nan)))
        goal = Objective(lambda x: nan, lambda x: nan, frequencies=[(1.0, 1), (1.0, 1)])
        method = optimizers.named("rotosolve")
        with pytest.raises(NotFiniteError):
            advance(method, goal, method.init(np.zeros(2)))

    def test_parameters_of_no_rotation_stay(self) -> None:
        circuit = Circuit(1, [Gate("h", (0,))], ["a"])
        run = qng.minimize(qng.Problem(circuit, {"X0": 1.0}, [0.3]), "rotosolve", steps=2)
        assert (run.x.tolist(), run.fun, run.nfev) == ([0.3], pytest.approx(1.0), 3)


def energies_of(problem: qng.Problem, points: np.ndarray) -> np.ndarray:
    from qng.estimate.energy import expectation
    from qng.run.bench import answer

    return answer(qng.executor(), expectation(problem.circuit, problem.observable, points)).value


@pytest.mark.parametrize("name", NAMES)
def test_runs(name: str) -> None:
    """The same result as an optimizer's."""
    problem = qng.Problem(
        qaoa(PauliSum({"Z0 Z1": 1.0, "Z1 Z2": 0.5}), 1), {"Z0 Z1": 1.0, "Z2": 0.3}
    )
    run = qng.minimize(problem, name, start=[0.4, -0.3], steps=60)
    assert (run.method, run.failed) == (name, False)
    assert run.learning_rate == (0.1 if name == "quiver" else None)
    assert run.fun == pytest.approx(qng.energy(problem, run.x).value, abs=1e-12)
    assert run.fun < run.trace["energy"][0] - 0.1
    assert len(run.trace) == run.nit + 1
    assert run.nfev == run.trace["evaluations"][-1] >= run.nit
    for theta, energy in zip(run.trace["theta"], run.trace["energy"]):
        assert energy == pytest.approx(qng.energy(problem, theta).value, abs=1e-12)
    again = qng.minimize(problem, name, start=[0.4, -0.3], steps=60)
    np.testing.assert_array_equal(run.trace["theta"], again.trace["theta"])


@pytest.mark.parametrize("name", NAMES)
def test_a_run_with_tol_ends_near_the_minimum(name: str) -> None:
    run = qng.minimize("one-qubit", name, steps=200, tol=1e-6)
    assert run.success
    assert run.error < 1e-4
    assert run.nit < 80


def test_frozen_parameters_stay() -> None:
    problem = qng.load("textbook-2")
    held = problem.circuit.parameters[1]
    for name in NAMES:
        run = qng.minimize(problem.freeze(held), name, steps=5)
        assert np.all(run.trace["theta"][:, 1] == problem.initial[1])
        assert run.fun < run.trace["energy"][0]


def test_a_comparison_with_controls() -> None:
    found = qng.compare("one-qubit", ["qng", "l-bfgs-b", "rotosolve"], starts=2, steps=5, workers=1)
    assert list(found.runs) == ["qng", "l-bfgs-b", "rotosolve"]
    first = {runs[0].trace["energy"][0] for runs in found.runs.values()}
    assert max(first) - min(first) < 1e-12


def test_gradient_estimators_reach_those_that_have_one() -> None:
    exact = qng.minimize("textbook-2", "l-bfgs-b", steps=4)
    shifted = qng.minimize("textbook-2", "l-bfgs-b", steps=4, gradient="parameter-shift")
    np.testing.assert_allclose(exact.x, shifted.x, atol=1e-9)
    assert shifted.nfev > 4 * exact.nfev
    with pytest.raises(InputError):
        qng.minimize("textbook-2", "cobyla", gradient="parameter-shift")


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("rotosolv", {}, UnknownNameError, "unknown method 'rotosolv'; did you mean rotosolve"),
        ("rotosolve", {"lr": 0.1}, UnknownNameError, "unknown hyperparameter of rotosolve 'lr'"),
        ("l-bfgs-b", {"lr": 0.1}, UnknownNameError, "unknown hyperparameter of l-bfgs-b 'lr'"),
        ("cobyla", {"radius": 0.0}, InputError, "radius must be a positive number, not 0.0"),
        (
            "l-bfgs-b",
            {"memory": 0},
            InputError,
            "memory must be a whole number of at least 1, not 0",
        ),
    ],
)
def test_names_and_hyperparameters(name: str, options, error, message: str) -> None:
    with pytest.raises(error, match=message):
        optimizers.named(name, **options)


def test_names_are_of_controls_only() -> None:
    assert not set(CONTROLS) & set(qng.optimizers.METHODS)
