"""From expectation values and overlaps to counted bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qasm import from_qasm
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnsupportedMeasureError
from qng.estimate import energy, gradient
from qng.estimate.fisher.counted import born
from qng.estimate.fubini import exact as fubini
from qng.execute.statevector.executor import Statevector
from qng.plan.deal import Dealing, split
from qng.plan.grouping import known_mean
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.request import Expectation, Overlap, Request, Samples
from qng.run.bench import answer
from qng.testing import strategies
from tests import dense
from tests.executors import answered, limit

EXACT = Statevector()


def in_the_limit(plan: Plan, shots: int = 10**6):
    """The lowered plan, answered with exact distributions."""
    return answered(limit(), sampled(plan, shots))


@settings(max_examples=100)
@given(st.data())
def test_expectations_survive_lowering(data):
    circuit = data.draw(strategies.circuits())
    theta = data.draw(strategies.points(circuit))
    h = data.draw(strategies.observables(circuit.n_qubits))
    found = in_the_limit(energy.expectation(circuit, h, theta)).value[0]
    assert found == pytest.approx(dense.energy(circuit, h, theta), abs=1e-10)


@settings(max_examples=100)
@given(st.data())
def test_overlaps_survive_the_cancelling_of_gates(data):
    circuit = data.draw(strategies.circuits())
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    n = circuit.n_rotations
    here = rng.uniform(-3, 3, (4, n))
    # A few angles changed, as in a shift rule, or all of them.
    there = np.where(rng.random((4, n)) < rng.choice([0.2, 1.0]), rng.uniform(-3, 3, (4, n)), here)
    plan = Plan((Request(circuit, here, Overlap(there)),), lambda results: results[0].value)
    expected = [
        abs(np.vdot(dense_state(circuit, a), dense_state(circuit, b))) ** 2
        for a, b in zip(here, there)
    ]
    assert answer(EXACT, plan) == pytest.approx(expected, abs=1e-10)
    assert in_the_limit(plan) == pytest.approx(expected, abs=1e-10)


def dense_state(circuit: Circuit, phi: np.ndarray) -> np.ndarray:
    return dense.state(strategies.free(circuit), phi)


def test_what_two_plans_ask_alike_is_run_once():
    circuit = hardware_efficient(3, 1)
    theta = np.linspace(-1, 1, circuit.n_parameters)
    first = energy.expectation(circuit, PauliSum({"Z0 Z1": 1.0, "X0": 0.5}), theta)
    second = energy.expectation(circuit, PauliSum({"Z1 Z2": 2.0, "X0 X2": 0.5, "I": 3.0}), theta)
    both = sampled(join({"a": first, "b": second}), 1000)
    # One basis of Z letters and one of X letters serve both observables.
    assert both.cost.circuits == both.cost.points == 2
    values = in_the_limit(join({"a": first, "b": second}))
    assert values["a"].value[0] == pytest.approx(answer(EXACT, first).value[0], abs=1e-12)
    assert values["b"].value[0] == pytest.approx(answer(EXACT, second).value[0], abs=1e-12)


def test_equal_points_of_one_request_have_shots_of_their_own():
    """Errors of the points of a request are independent, as `Values` says."""
    circuit = hardware_efficient(2, 1)
    theta = np.linspace(-1, 1, circuit.n_parameters)
    h = PauliSum({"Z0 Z1": 1.0})
    points = circuit.angles(np.stack([theta, theta]))
    overlap = Request(circuit, points, Overlap(points + 0.3))
    samples = Request(circuit, points, Samples(Pauli.parse("Z0")))
    for request in (Request(circuit, points, Expectation(h)), overlap, samples):
        assert sampled(Plan((request,), list), 100).cost.points == 2
    twice = energy.expectation(circuit, h, np.stack([theta, theta]))
    found = answer(EXACT, twice, seed=1, shots=10_001)
    assert found.value[0] != found.value[1]


def test_what_is_kept_apart_shares_no_shots():
    circuit = hardware_efficient(2, 1)
    plan = energy.expectation(circuit, PauliSum({"Z0": 1.0}), np.ones(circuit.n_parameters))
    both = join({"a": plan.kept_apart("a"), "b": plan.kept_apart("b")})
    assert sampled(both, 100).cost.points == 2
    assert sampled(join({"a": plan, "b": plan}), 100).cost.points == 1


def test_equal_requests_are_one_whoever_asks_and_every_plan_is_told_of_its_own():
    """By the definition: those of equal circuits (as made anew), angles, measures and names."""
    rng = np.random.default_rng(5)
    pool = [hardware_efficient(2, layers) for layers in (1, 2, 1, 2)]
    signs = [-1.0, 0.0, -0.0, 1.0]

    def asked() -> Request:
        circuit = pool[rng.integers(4)]
        angles = np.ones((1 + rng.integers(2), circuit.n_rotations))
        angles[:, -1] = signs[rng.integers(4)]
        measure = Samples(Pauli.parse(("Z0", "X1")[rng.integers(2)]))
        return Request(circuit, angles, measure, apart=("", "a")[rng.integers(2) :][:1])

    def said(request: Request) -> tuple:
        return (
            request.circuit.ops, request.angles.shape, *request.angles.ravel(), request.measure,
            request.apart,
        )  # fmt: skip

    plans = {name: Plan(tuple(asked() for _ in range(60)), list) for name in "ab"}
    both = join(plans)
    everything = [said(request) for plan in plans.values() for request in plan.requests]
    assert [said(request) for request in both.requests] == list(dict.fromkeys(everything))
    assert 20 < len(both.requests) < 70
    told = both.reduce([said(request) for request in both.requests])
    for name, plan in plans.items():
        assert told[name] == [said(request) for request in plan.requests]


def test_the_metric_of_a_step_has_shots_of_its_own():
    """A Fisher matrix asks at the points of the shift rule; its errors are taken as independent."""
    circuit = hardware_efficient(2, 1)
    theta = np.linspace(-1, 1, circuit.n_parameters)
    slope = gradient.parameter_shift(circuit, PauliSum({"Z0 Z1": 1.0}), theta)
    plans = {"energy": Plan((), list), "gradient": slope, "metric": born(circuit, theta)}
    points = {name: sampled(plan, 10_000).cost.points for name, plan in plans.items()}
    assert sampled(join(split(plans, 0.5)), 10_000).cost.points == sum(points.values())


def test_a_smaller_basis_is_read_off_a_larger_one():
    circuit = hardware_efficient(2, 1)
    phi = circuit.angles(np.linspace(-1, 1, circuit.n_parameters))[None]
    asked = [Request(circuit, phi, Samples(Pauli.parse(b))) for b in ("Z0", "Z0 Z1", "X1")]
    plan = sampled(Plan(tuple(asked), lambda results: results), 100)
    assert {str(r.measure.basis) for r in plan.requests} == {"Z0 Z1", "X1"}


def test_the_cost_is_what_is_counted():
    circuit = hardware_efficient(3, 2)
    h = PauliSum({"Z0 Z1": 1.0, "Y1": 0.1, "Y2 X1": 2.0})
    plan = join(
        {
            "e": energy.expectation(circuit, h, np.full(circuit.n_parameters, 0.3)),
            "g": gradient.parameter_shift(circuit, h, np.full(circuit.n_parameters, 0.3)),
        }
    )
    lowered = sampled(plan, 20_000)
    counted = answer(EXACT, Plan(lowered.requests, lambda results: results))
    assert sum(c.shots for result in counted for c in result) == lowered.cost.shots <= 20_000
    assert sum(len(result) for result in counted) == lowered.cost.points
    assert lowered.cost.shots > 0.9 * 20_000
    base = np.gcd.reduce(np.concatenate([r.shots for r in lowered.requests]))
    assert all(np.all(r.shots % base == 0) for r in lowered.requests)
    # Groups share by the root of the sum of their squared coefficients.
    by_basis = {str(r.measure.basis): r.shots[0] for r in lowered.requests}
    assert by_basis["X1 Y2"] > 1.5 * by_basis["Z0 Z1"] > 2 * by_basis["Y1"]


class TestKnownMeans:
    CIRCUIT = from_qasm(
        'include "stdgates.inc"; input float t; qubit[3] q; h q[0]; cx q[0], q[1]; rx(t) q[2];'
    )

    @pytest.mark.parametrize(
        ("word", "mean"),
        [("X0 X1", 1), ("Y0 Y1", -1), ("Z0", 0), ("X2", 0), ("Z2", None), ("Z0 Z1 Z2", None)],
    )
    def test_by_structure(self, word, mean):
        assert known_mean(self.CIRCUIT, Pauli.parse(word)) == mean

    def test_such_words_cost_nothing_and_have_no_error(self):
        plan = energy.expectation(
            self.CIRCUIT, PauliSum({"X0 X1": 2.0, "Z0": 1.0, "I": 0.5}), [0.3]
        )
        lowered = sampled(plan, 10)
        assert lowered.requests == ()
        found = answer(EXACT, plan, shots=10)
        assert (found.value[0], found.std_error[0]) == (2.5, 0.0)

    @settings(max_examples=100)
    @given(st.data())
    def test_agree_with_the_state(self, data):
        circuit = data.draw(strategies.circuits())
        word = data.draw(strategies.words(circuit.n_qubits))
        known = known_mean(circuit, word)
        if known is not None:
            theta = data.draw(strategies.points(circuit))
            h = PauliSum([(word, 1.0)])
            assert dense.energy(circuit, h, theta) == pytest.approx(known, abs=1e-10)


def test_overlaps_leave_out_what_cancels():
    circuit = hardware_efficient(4, 3)
    phi = circuit.angles(np.zeros(circuit.n_parameters))[None]
    first = phi.copy()
    first[0, 0] += np.pi
    plan = Plan((Request(circuit, first, Overlap(phi)),), lambda results: results)
    lowered = sampled(plan, 100)
    # The first rotation alone: one qubit, no entangling gate.
    assert lowered.cost.depth == 0
    assert lowered.requests[0].measure.basis.weight == 1
    same = Plan((Request(circuit, phi, Overlap(phi)),), lambda results: results[0])
    assert sampled(same, 1).requests == ()
    assert answer(EXACT, same, shots=1).value.tolist() == [1.0]


def test_scores_of_energies_and_gradients_are_unit_normal():
    circuit = hardware_efficient(3, 1)
    theta = np.random.default_rng(4).uniform(-3, 3, circuit.n_parameters)
    h = PauliSum({"Z0 Z1": 1.0, "X0": 0.5, "Y1 Y2": -0.7, "Z2": 0.3})
    e, g = energy.expectation(circuit, h, theta), gradient.parameter_shift(circuit, h, theta)
    exact_e, exact_g = answer(EXACT, e).value, answer(EXACT, g).value
    z = []
    for seed in range(500):
        found = answer(EXACT, join({"e": e, "g": g}), seed=seed, shots=30_000)
        z.append(
            [
                *(found["e"].value - exact_e) / found["e"].std_error,
                *(found["g"].value - exact_g) / found["g"].std_error,
            ]
        )
    assert np.all(np.abs(np.mean(z, axis=0)) < 4.5 / np.sqrt(500))
    assert np.all(np.abs(np.std(z, axis=0) - 1) < 0.15)


@pytest.mark.parametrize(
    "plan",
    [
        fubini.exact(hardware_efficient(2, 1), np.zeros(8)),
        gradient.exact(hardware_efficient(2, 1), PauliSum({"Z0": 1.0}), np.zeros(8)),
    ],
)
def test_what_only_a_simulator_knows_is_refused(plan):
    with pytest.raises(UnsupportedMeasureError, match="known to an exact simulator only"):
        sampled(plan, 1000)


def test_bad_observables_are_refused():
    request = Request(hardware_efficient(1, 0), np.zeros((1, 2)), Expectation(PauliSum({"Z0": 1j})))
    with pytest.raises(InputError, match="not Hermitian"):
        sampled(Plan((request,), lambda results: results), 10)
    wide = Circuit(63)
    with pytest.raises(InputError, match="at most 62 qubits"):
        sampled(Plan((Request(wide, np.zeros((1, 0)), Samples(Pauli(0, 1))),), list), 10)


class TestMeans:
    """Devices that are asked for expectation values as they are."""

    def plan(self, *sizes: int) -> Plan:
        circuit, h = hardware_efficient(2, layers=1), PauliSum({"Z0": 1.0, "X0": 0.5})
        requests = (
            Request(
                circuit, np.zeros((n, circuit.n_rotations)), Expectation(h), np.arange(1.0, n + 1)
            )
            for n in sizes
        )
        return Plan(tuple(requests), len)

    def test_all_points_have_equal_shots(self):
        dealt = sampled(self.plan(3, 2), 1000, Dealing(uniform=True, multiple=32, means=True))
        assert [request.shots.tolist() for request in dealt.requests] == [[192] * 3, [192] * 2]
        assert all(isinstance(request.measure, Expectation) for request in dealt.requests)
        assert dealt.cost.shots == 960

    def test_too_few_are_refused(self):
        with pytest.raises(InputError, match=r"5 circuits .* at least 160"):
            sampled(self.plan(3, 2), 159, Dealing(uniform=True, multiple=32, means=True))
