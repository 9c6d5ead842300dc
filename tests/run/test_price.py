"""Prices: what every batch of a run would be on a device, counted from the batches themselves."""

import inspect
import math

import numpy as np
import pytest

import qng
from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import qaoa, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.optimize.methods import CONTROLS, METHODS
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.geodesic import Geodesic
from qng.optimize.search.length import Constant
from qng.plan.quantities import By
from qng.problem.problem import Problem
from qng.run.price import SHOTS_A_CIRCUIT, UnpricedError, price
from qng.run.tariff import FULL

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")

ALL = {**METHODS, **CONTROLS}
FROM_SHOTS = {"metric": "hadamard"}


@pytest.fixture(scope="module")
def h2():
    return qng.load("h2")


def on_a_device(name: str):
    """The method as it is from shots: a full metric is given by the name of its estimator."""
    takes = "metric" in inspect.signature(ALL[name]).parameters
    return ALL[name](**(FROM_SHOTS if takes else {}))


@pytest.mark.parametrize("name", METHODS)
def test_a_step_costs_what_the_preview_says(h2, name):
    run = qng.minimize(h2, name, steps=2)
    found = price(run)
    preview = qng.step_cost(h2, on_a_device(name), shots=10**8)
    if name in ("cqng", "qngg", "trust-region"):
        # The preview counts the first round only.
        assert found.circuits[0] > preview.step.points
    else:
        assert found.circuits[0] == preview.step.points
        assert found.jobs.tolist() == [1, 2, 3]
    assert found.circuits[-1] - found.circuits[-2] == preview.closing.points
    assert np.array_equal(found.shots, SHOTS_A_CIRCUIT * found.circuits)
    assert found.seconds == pytest.approx(2 * found.jobs + 0.35 * found.circuits)


@pytest.mark.parametrize("name", sorted({*METHODS, "rotosolve"}))
def test_an_exact_run_is_priced_like_one_from_shots(h2, name):
    """The batches of a run from shots are counted by its bench."""
    method = on_a_device(name)
    counted = qng.minimize(h2, method, steps=2, shots=200_000, seed=1)
    exact = price(qng.minimize(h2, name, steps=2)).circuits
    assert price(counted).circuits.tolist() == counted.trace["evaluations"].tolist()
    if name == "cqng":
        # Whether it measures its fit depends on what it has seen.
        assert abs(exact - counted.trace["evaluations"]).max() <= 5 * 2
    else:
        # Where the last step is undone, the energy at the end is measured twice.
        assert exact[:-1].tolist() == counted.trace["evaluations"][:-1].tolist()
    assert np.array_equal(price(counted).shots, counted.trace["shots"])


@pytest.mark.parametrize(
    ("search", "more"), [(Armijo(trials=4), 4 * 5), (Geodesic(Armijo(trials=4)), 4 * 5 + 48)]
)
def test_searches_cost_their_rounds(h2, search, more):
    method = Optimizer(search, MeasuredMetric("blocks"))
    found = price(qng.minimize(h2, method, steps=2))
    first = qng.step_cost(h2, method, shots=10**8).step.points
    assert np.diff(found.circuits, prepend=0).tolist() == [first + more, first + more, 5]
    rounds = 2 if isinstance(search, Armijo) else 3
    assert found.jobs.tolist() == [rounds, 2 * rounds, 2 * rounds + 1]


@pytest.mark.parametrize(("every", "fresh"), [(1, 0b1111), (2, 0b0101), (None, 0b0001)])
def test_a_metric_that_is_kept_costs_nothing(h2, every, fresh):
    found = price(
        qng.minimize(h2, Optimizer(Constant(0.1), MeasuredMetric("exact", every)), steps=4)
    )
    costs = np.diff(found.circuits, prepend=0)[:-1]
    assert costs.tolist() == [128 if fresh >> k & 1 else 125 for k in range(4)]


def test_a_step_that_is_undone_costs_what_it_measured(h2):
    run = qng.minimize(h2, "qng", steps=6, lr=40.0, trust=3.0)
    assert not run.trace["accepted"].all()
    assert set(np.diff(price(run).circuits, prepend=0)[:-1]) == {128}


@pytest.mark.parametrize("name", sorted({*CONTROLS} - {"rotosolve", "cma-es", "quiver"}))
def test_methods_of_scipy_pay_for_every_question(h2, name):
    run = qng.minimize(h2, name, steps=4)
    found = price(run)
    energies = run.trace["evaluations"]
    if name == "cobyla":
        assert np.array_equal(found.circuits, 5 * energies)
    elif name in ("bfgs", "l-bfgs-b"):
        assert np.array_equal(found.circuits[:-1], 125 * energies[:-1])
    else:
        # One gradient an iteration.
        expected = 120 * np.arange(1, 5) + 5 * energies[:-1]
        assert np.array_equal(found.circuits[:-1], expected)
    assert np.array_equal(found.jobs[:-1], energies[:-1])


def test_a_generation_is_one_job(h2):
    run = qng.minimize(h2, "cma-es", steps=4, population=6)
    found = price(run)
    assert np.diff(found.circuits, prepend=0).tolist() == [5 * 7] * 4 + [5]
    assert found.jobs.tolist() == [1, 2, 3, 4, 5]


def test_the_slopes_of_quiver_are_one_job(h2):
    found = price(qng.minimize(h2, "quiver", steps=3, draws=2))
    assert np.diff(found.circuits, prepend=0).tolist() == [5 * 5] * 3 + [5]
    assert found.jobs.tolist() == [1, 2, 3, 4]


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


def scrambled(words: list[str]) -> Circuit:
    """Rotations on three qubits between gates that hide all structure."""
    ops: list = []
    for k, word in enumerate(words):
        ops += [rotation(f"Y{q}", 0.7 + k + q) for q in range(3)] + [rotation("Z0 X1 Y2", 0.4)]
        ops += [rotation(f"X{q}", 0.3 + k + q) for q in range(3)] + [rotation("Y0 Z1 X2", 0.5)]
        ops.append(rotation(word, parameter(f"t{k}")))
    return Circuit(3, ops, [f"t{k}" for k in range(len(words))])


@pytest.mark.parametrize("m", [3, 12])
def test_counts_are_the_published_ones_where_nothing_is_fixed(m):
    """2 m^2 - m overlaps and 2 m energies: Mari, Bromley, Killoran, arXiv:2008.06517."""
    circuit = scrambled((["X0", "Y1", "Z0 Z1", "Y2"] * 3)[:m])
    problem = Problem(circuit, {"Z0": 1.0}, np.random.default_rng(0).uniform(-3, 3, m))
    found = price(qng.minimize(problem, "qng", metric="overlaps", steps=1)).circuits
    assert found.tolist() == [1 + 2 * m + 2 * m**2 - m, 1 + 2 * m + 2 * m**2 - m + 1]


def test_gradients_of_qaoa_take_two_circuits_a_rotation():
    """(M + N) n rotations: the decomposition of Wierichs et al., arXiv:2107.12390, table 3."""
    edges, n, layers = [(0, 1), (1, 2), (2, 0), (2, 3)], 4, 2
    cost = PauliSum({f"Z{a} Z{b}": 0.5 for a, b in edges})
    circuit = qaoa(cost, layers)
    problem = Problem(circuit, cost, [0.3, 0.5, 0.2, 0.7])
    found = price(qng.minimize(problem, "gd", steps=1)).circuits
    assert found[0] == 1 + 2 * (len(edges) + n) * layers


def test_the_full_metric_is_that_of_the_fewest_circuits():
    problem = Problem(real_amplitudes(3, 2), {"Z0 Z1": 1.0}, 0.1 * np.arange(9))
    run = qng.minimize(problem, "qng", steps=1)
    costs = {
        name: qng.step_cost(problem, "qng", metric=name, shots=10**8).step.points for name in FULL
    }
    assert price(run).circuits[0] == min(costs.values())
    assert costs[price(run).counted_as] == min(costs.values())


@pytest.mark.parametrize("name", ["newton", "gauss-newton", "linear-method"])
def test_states_of_a_mixture_are_counted_each(name):
    first = real_amplitudes(3, 1)
    other = Circuit(3, [Gate("x", (0,)), *first.ops], first.parameters)
    problem = Problem.weighted([(first, 0.3), (other, 0.7)], {"Z0 Z1": 1.0, "X0": 0.5})
    run = qng.minimize(problem, name, steps=1)
    assert price(run).circuits[0] == qng.step_cost(problem, name, shots=10**8).step.points


@pytest.mark.parametrize("name", ["overlaps", "blocks", "fisher", "spsa"])
def test_what_was_chosen_is_not_replaced(h2, name):
    method = Optimizer(Constant(0.1), MeasuredMetric(name))
    found = price(qng.minimize(h2, method, steps=1))
    assert found.counted_as == ""
    assert found.circuits[0] == qng.step_cost(h2, method, shots=10**8).step.points


def test_how_a_simulator_has_blocks_does_not_matter(h2):
    masked = Optimizer(Constant(0.1), MeasuredMetric(By("blocks", rule="wires", masked=True)))
    plain = Optimizer(Constant(0.1), MeasuredMetric(By("blocks", rule="wires")))
    costs = [price(qng.minimize(h2, method, steps=1)).circuits for method in (masked, plain)]
    assert costs[0].tolist() == costs[1].tolist()


def test_frozen_parameters_cost_nothing(h2):
    problem = h2.only(*h2.circuit.parameters[:3])
    run = qng.minimize(problem, "qng", steps=1)
    best = min(qng.step_cost(problem, "qng", metric=name, shots=10**8).step.points for name in FULL)
    assert price(run).circuits[0] == best


class Own:
    """A method that nobody knows."""

    def init(self, theta):
        return METHODS["gd"]().init(theta)

    def next(self, objective, state, told):
        return METHODS["gd"]().next(objective, state, told)

    def noted(self, state, energy):
        return state


def test_methods_of_your_own_have_no_price(h2):
    run = qng.minimize(h2, Own(), steps=1)
    with pytest.raises(UnpricedError, match="of your own that asks as it goes"):
        price(run)


def test_a_run_that_fails_or_stops_is_counted_as_far_as_it_came(h2):
    wild = qng.minimize(h2, "gd", lr=1e9, steps=5)
    assert wild.failed
    assert math.isfinite(price(wild).circuits[-1])
    met = qng.minimize(h2, "gd", tol=10.0, steps=5)
    assert met.nit < 5
    # Its last point was measured with its gradient before the rule was met, and once more.
    assert price(met).circuits[-1] == 125 * met.trace["evaluations"][-2] + 125 + 5


def test_by_is_as_it_was_asked(h2):
    run = qng.minimize(h2, "gd", gradient=By("spsa", draws=2), steps=1)
    assert price(run).circuits[0] == 5 * 5
