"""The metric from overlaps at shifted angles."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.angle import apply, as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, qaoa, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.depth import two_qubit_depth
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.estimate.fubini import exact as fubini
from qng.estimate.fubini import overlaps
from qng.estimate.parts.shift import half_curvature
from qng.execute.statevector.executor import Statevector
from qng.plan.lower import sampled
from qng.plan.quantities import By
from qng.plan.request import Overlap, Values
from qng.run.bench import answer
from qng.testing import strategies
from tests import dense, scores

EXACT = Statevector()
A, B, C, D = (parameter(name) for name in "abcd")


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), as_angle(angle))


CX = Gate("cx", (0, 1))
# A state that no structure simplifies.
START = [rotation("Y0", 0.7), rotation("Z0", 0.4), rotation("X1", 0.5), rotation("Z1", -0.8)]
START += [Gate("cx", (1, 0)), Gate("t", (0,)), rotation("X0", 0.4), rotation("Y1", -0.6)]


def circuit_of(parameters: str, *ops) -> Circuit:
    """Pairs (word, angle) are rotations."""
    made = [op if isinstance(op, Gate) else rotation(*op) for op in ops]
    return Circuit(2, [*START, *made], parameters)


FREE = circuit_of("abcd", ("X0", A), ("Z1", B), CX, ("Y0", C), ("X1", D))
MIXED = circuit_of(
    "ab",
    *[("X0", A), ("Z1", 2 * B - A), CX, ("Y0", A)],
    *[("X1", apply("sin", A) * B), ("Z0 Z1", -A), ("Y1", B)],
)
SHARED = circuit_of("abc", ("X0", A), ("Z0 Z1", B), ("X1", -A), ("X0", B), ("Z1", A), ("Y0", C))


def exact(circuit: Circuit, theta) -> np.ndarray:
    return answer(EXACT, fubini.exact(circuit, theta)).dense()


@settings(max_examples=100)
@given(strategies.cases(max_ops=8))
def test_full_metric_in_the_limit_of_many_shots(case):
    circuit, theta = case
    r, g = circuit.n_rotations, exact(circuit, theta)
    plan = overlaps.full(circuit, theta)
    assert plan.evaluations <= 2 * r**2 - r
    found = answer(EXACT, plan)
    np.testing.assert_allclose(found.dense(), g, rtol=0, atol=1e-12)
    assert found.std_error is None
    dense.close(found.dense(), dense.metric(circuit, theta))
    np.testing.assert_allclose(
        answer(EXACT, scores.in_the_limit(plan)).dense(), g, rtol=0, atol=1e-12
    )


def scrambled(words: list[str], names: list[str]) -> Circuit:
    """Rotations on three qubits between gates that hide all structure."""
    ops: list = []
    for k, (word, name) in enumerate(zip(words, names)):
        ops += [rotation(f"Y{q}", 0.7 + k + q) for q in range(3)] + [rotation("Z0 X1 Y2", 0.4)]
        ops += [rotation(f"X{q}", 0.3 + k + q) for q in range(3)] + [rotation("Y0 Z1 X2", 0.5)]
        ops.append(rotation(word, parameter(name)))
    return Circuit(3, ops, dict.fromkeys(names))


def test_twelve_rotations_take_276_overlaps():
    """2 m^2 - m: Mari, Bromley, Killoran, arXiv:2008.06517."""
    names = [f"t{k}" for k in range(12)]
    circuit = scrambled(["X0", "Y1", "Z0 Z1", "Y2"] * 3, names)
    theta = np.random.default_rng(0).uniform(-3, 3, 12)
    plan = overlaps.full(circuit, theta)
    assert plan.evaluations == 276 == sampled(plan, 10**4).cost.points
    np.testing.assert_allclose(
        answer(EXACT, plan).dense(), exact(circuit, theta), rtol=0, atol=1e-12
    )


def test_as_many_are_asked_for_without_regard_to_structure():
    """Structure saves 103 of the 276; what is counted of a step is the same."""
    circuit = hardware_efficient(3, 1)
    theta = np.random.default_rng(1).uniform(-3, 3, 12)
    plan = overlaps.full(circuit, theta, structured=False)
    assert (plan.evaluations, overlaps.full(circuit, theta).evaluations) == (276, 173)
    np.testing.assert_allclose(
        answer(EXACT, plan).dense(), exact(circuit, theta), rtol=0, atol=1e-12
    )
    problem = qng.Problem(circuit, {"Z0": 1.0}, theta)
    method = qng.optimizers.qng(metric=By("overlaps", structured=False))
    assert qng.step_cost(problem, method).parts["metric"].points == 276


def test_shared_parameters_without_regard_to_structure():
    cost = PauliSum({"Z0 Z1": 1.0, "Z1 Z2": 1.0})
    circuit, theta = qaoa(cost, 2), [0.4, 0.7, -0.3, 0.2]
    plan = overlaps.full(circuit, theta, structured=False)
    n, total = 4, circuit.n_rotations
    assert plan.evaluations == 2 * n * total - (n**2 + n) // 2
    np.testing.assert_allclose(
        answer(EXACT, plan).dense(), exact(circuit, theta), rtol=0, atol=1e-11
    )


@pytest.mark.parametrize("sizes", [(2, 3), (1, 2, 4), (35, 34)])
def test_shared_parameters_take_the_overlaps_of_their_frequencies(sizes):
    """2 n |R| - (n^2 + n)/2: Wierichs et al., arXiv:2107.12390, table 2."""
    rng = np.random.default_rng(1)
    names = rng.permutation([f"t{k}" for k, size in enumerate(sizes) for _ in range(size)])
    words = rng.choice(["X0", "Y1", "Z0 Z1", "Y2", "X1 Y2"], len(names))
    circuit = scrambled(list(words), list(names))
    theta = rng.uniform(-3, 3, len(sizes))
    plan = overlaps.full(circuit, theta)
    n, total = len(sizes), sum(sizes)
    assert plan.evaluations == 2 * n * total - (n**2 + n) // 2
    np.testing.assert_allclose(
        answer(EXACT, plan).dense(), exact(circuit, theta), rtol=0, atol=1e-10
    )


@given(st.integers(1, 40), st.booleans(), st.integers(0, 1000))
def test_half_curvature_is_exact_for_trigonometric_polynomials(n, even, seed):
    k = np.arange(1, n + 1)
    cosines, sines = np.random.default_rng(seed).normal(size=(2, n)) / n
    sines *= not even
    rule = half_curvature(n, even)

    def f(x):
        return 1 + (np.cos(np.outer(x, k)) - 1) @ cosines + np.sin(np.outer(x, k)) @ sines

    found = rule.constant + rule.coefficients @ f(rule.shifts)
    assert len(rule.shifts) == (n if even else 2 * n - 1)
    assert found == pytest.approx(cosines @ k**2 / 2, abs=1e-11 * n**2)


class TestCost:
    def test_what_the_structure_fixes_takes_no_circuit(self):
        first = Circuit(2, [rotation("X0", A), rotation("Y1", B)], "ab")
        plan = overlaps.full(first, [0.3, 0.4])
        assert plan.requests == ()
        found = answer(EXACT, plan, shots=1)
        assert found.dense().tolist() == [[0.25, 0], [0, 0.25]]
        assert found.std_error is None

    def test_opposite_shifts_are_one_overlap_where_they_agree(self):
        circuit = real_amplitudes(3, 2)
        theta = np.random.default_rng(2).uniform(-3, 3, 9)
        # The diagonal is 1/4 for ever, the metric of the first layer zero besides.
        assert overlaps.full(circuit, theta).evaluations <= 2 * (36 - 3)
        plan = overlaps.full(circuit, theta)
        assert plan.evaluations % 2 == 0
        np.testing.assert_allclose(
            answer(EXACT, plan).dense(), exact(circuit, theta), rtol=0, atol=1e-12
        )

    def test_a_layer_of_a_shared_parameter_is_even(self):
        ring = PauliSum({"Z0 Z1": 1.0, "Z1 Z2": 1.0, "Z0 Z2": 1.0})
        circuit = qaoa(ring, 1)
        # g of gamma is known; of beta it takes n = 3 overlaps, of both 2 (3 + 3) - 1.
        assert overlaps.full(circuit, [0.3, 0.4]).evaluations == 3 + 11
        assert circuit.n_rotations == 6

    def test_parameters_without_effect_are_left_out(self):
        circuit = Circuit(2, [*START, rotation("X0", A), rotation("Y0", B - B)], "ab")
        plan = overlaps.full(circuit, [0.1, 0.2])
        assert plan.evaluations == 1
        assert answer(EXACT, plan, shots=100).std_error[1].tolist() == [0, 0]

    def test_few_circuits_and_short_ones(self):
        circuit = hardware_efficient(5, 3)
        theta = np.random.default_rng(3).uniform(-3, 3, 40)
        cost = sampled(overlaps.full(circuit, theta), 10**6).cost
        assert cost.points < 2 * 40**2 - 40
        assert cost.circuits < 40 * 41 / 2
        # There and back the linear chains of four CX, but the last one, and no longer.
        assert cost.depth <= 2 * two_qubit_depth(circuit)
        chain = Circuit(3, [rotation("X0 X1", A), rotation("Y1 Y2", B)], "ab")
        # The last rotations there and back are one.
        assert sampled(overlaps.full(chain, [0.1, 0.2]), 100).cost.depth <= 6

    def test_too_few_shots_are_refused(self):
        with pytest.raises(InputError, match="cannot serve"):
            answer(EXACT, overlaps.full(FREE, np.ones(4)), shots=3)


class TestErrors:
    @settings(max_examples=60)
    @given(strategies.cases(max_ops=8), st.integers(0, 1000))
    def test_they_are_those_of_a_linear_function_of_independent_overlaps(self, case, seed):
        plan = overlaps.full(*case)
        assume(plan.requests)
        f, errors = np.random.default_rng(seed).uniform(0, 1, (2, plan.evaluations))
        g = plan.reduce([Values(f, std_error=errors)])
        slopes = [plan.reduce([Values(f + e)]).dense() - g.dense() for e in np.eye(len(f))]
        expected = np.sqrt(np.tensordot(errors**2, np.square(slopes), 1))
        np.testing.assert_allclose(g.std_error, expected, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("circuit", [FREE, MIXED, SHARED], ids=["free", "mixed", "shared"])
    def test_scores_are_unit_normal(self, circuit):
        theta = np.linspace(0.4, 1.3, circuit.n_parameters)
        values, errors = scores.repeated(overlaps.full(circuit, theta), 20_000)
        scores.unit_normal(values, errors, exact(circuit, theta))

    @pytest.mark.parametrize("circuit", [FREE, SHARED, hardware_efficient(1, 1, ("rx", "ry"))])
    def test_intervals_hold_where_variances_vanish(self, circuit):
        theta = np.zeros(circuit.n_parameters)
        values, errors = scores.repeated(overlaps.full(circuit, theta), 2_000)
        scores.covered(values, errors, exact(circuit, theta))


class TestBlocksPlusOverlaps:
    @settings(max_examples=60)
    @given(strategies.cases(max_ops=8), st.sampled_from(["commuting", "wires"]))
    def test_in_the_limit_it_is_the_full_metric(self, case, rule):
        circuit, theta = case
        plan = overlaps.blocks_plus(circuit, theta, rule)
        found = answer(EXACT, plan)
        np.testing.assert_allclose(found.dense(), exact(circuit, theta), rtol=0, atol=1e-12)
        assert found.std_error is None

    @pytest.mark.parametrize("circuit", [FREE, MIXED], ids=["free", "mixed"])
    def test_scores_are_unit_normal(self, circuit):
        theta = np.linspace(0.4, 1.3, circuit.n_parameters)
        values, errors = scores.repeated(overlaps.blocks_plus(circuit, theta), 20_000)
        scores.unit_normal(values, errors, exact(circuit, theta))

    def test_inside_blocks_nothing_overlaps(self):
        circuit = hardware_efficient(4, 1)
        theta = np.random.default_rng(5).uniform(-3, 3, 16)
        pairs = sum(len(block.rotations) * (len(block.rotations) - 1) for block in circuit.blocks())
        requests = overlaps.blocks_plus(circuit, theta).requests
        found = sum(len(r.angles) for r in requests if isinstance(r.measure, Overlap))
        assert 0 < found <= 2 * (16 * 15 - pairs)
