"""The metric from random measurements, against dense states and density matrices."""

from functools import reduce
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.ansatz import hardware_efficient, random_pauli
from qng.circuit.circuit import Circuit
from qng.errors import InputError, SurrogateWarning, UnknownNameError
from qng.estimate.designs import metric as designs
from qng.estimate.designs.bases import KINDS, drawn
from qng.plan.counts import Counts
from qng.plan.lower import sampled
from qng.plan.readout import Readout
from qng.plan.request import Samples
from qng.run.bench import answer
from qng.testing.strategies import cases
from tests import dense, scores
from tests.mixed import density

HEADER = 'OPENQASM 3.0; include "stdgates.inc"; '
ONE = Circuit.from_qasm(
    HEADER + "input float a; input float b; qubit q; ry(a) q; rz(b) q; ry(0.4) q;"
)
SHARED = Circuit.from_qasm(
    HEADER + "input float a; input float b; input float c; qubit[2] q; ry(0.3) q[0]; rx(a) q[0];"
    "ry(b) q[1]; cx q[0], q[1]; rz(2*a) q[1]; ry(a-b) q[0]; rz(c) q[0]; cz q[0], q[1];"
    "rx(b) q[1]; ry(c) q[1];"
)
THETA = np.array([0.9, 2.1, 0.6])
MEASURED = Circuit(SHARED.n_qubits, SHARED.ops, SHARED.parameters, noisy=True)


class Disturbed:
    """Loss and mixing after every operation of SHARED, and none after the gates of a basis."""

    name, noise, answers = "disturbed", "loss and mixing", frozenset({Samples})
    known: ClassVar[dict] = {}

    def run(self, requests, seed):
        return [
            tuple(self._counts(r, k, (seed, place, k)) for k in range(len(r.angles)))
            for place, r in enumerate(requests)
        ]

    def _counts(self, request, k, key):
        p = self._distribution(request.circuit, tuple(request.angles[k].tolist()))
        if request.shots is None:
            return Counts(np.arange(4), p, np.inf)
        seen = np.random.default_rng(key).multinomial(int(request.shots[k]), p)
        return Counts.of(np.flatnonzero(seen), seen[seen > 0])

    def _distribution(self, circuit, phi):
        rho = self._state(phi)
        u = reduce(lambda u, g: dense.gate(g, 2) @ u, circuit.ops[len(SHARED.ops) :], np.eye(4))
        p = np.maximum(np.diag(u @ rho @ u.conj().T).real, 0.0)
        return p / p.sum()

    def _state(self, phi):
        if phi not in self.known:
            self.known[phi] = density(SHARED, phi)
        return self.known[phi]


def disturbed(theta=THETA) -> tuple[np.ndarray, np.ndarray]:
    """rho, and its derivatives by differences."""
    moves = 1e-5 * np.eye(len(theta))
    rhos = [[density(SHARED, SHARED.angles(theta + s * m)) for s in (1, -1)] for m in moves]
    slopes = np.array([(up - down) / 2e-5 for up, down in rhos])
    return density(SHARED, SHARED.angles(theta)), slopes


def hilbert_schmidt() -> np.ndarray:
    rho, d = disturbed()
    return np.einsum("iab,jba->ij", d, d).real / (2 * np.trace(rho @ rho).real)


def test_the_formulas_over_haar_random_bases():
    """tr(d_i rho d_j rho) and tr rho^2 of a mixed state, within 5 standard errors of the mean over
    4,000 bases: of 7 numbers one is outside in 250,000 trials."""
    rho, d = disturbed()
    rng, count = np.random.default_rng(5), 4000
    normal = rng.normal(size=(2, count, 4, 4))
    q, r = np.linalg.qr(normal[0] + 1j * normal[1])
    phases = np.diagonal(r, axis1=1, axis2=2)
    u = q * (phases / np.abs(phases))[:, None, :]
    p = np.einsum("kax,ab,kbx->kx", u.conj(), rho, u).real
    slopes = np.einsum("kax,iab,kbx->kix", u.conj(), d, u).real
    products = 5 * np.einsum("kix,kjx->kij", slopes, slopes).reshape(count, 9)
    found = np.column_stack([products, 5 * np.sum(p**2, axis=1) - 1])
    wanted = [*np.einsum("iab,jba->ij", d, d).real.ravel(), np.trace(rho @ rho).real]
    miss = np.abs(found.mean(axis=0) - wanted)
    assert np.all(miss < 5 * found.std(axis=0) / np.sqrt(count))


@pytest.mark.parametrize("circuit", [ONE, SHARED, random_pauli(3, 2, seed=1)])
@pytest.mark.parametrize("shots", [False, True], ids=["states", "distributions"])
def test_of_all_mutually_unbiased_bases_it_is_g(circuit, shots):
    theta = np.linspace(0.3, 2.8, circuit.n_parameters)
    plan = (designs.counted if shots else designs.exact)(circuit, theta, seed=2)
    found = answer(scores.Statevector(), scores.in_the_limit(plan) if shots else plan)
    np.testing.assert_allclose(found.dense(), dense.metric(circuit, theta), atol=1e-8)
    assert found.std_error is None


@settings(max_examples=15)
@given(cases(max_qubits=3, max_ops=8), st.integers(0, 99))
def test_the_mean_over_a_design_is_g(case, seed):
    """All mutually unbiased bases behind any Clifford circuit, of any circuit."""
    circuit, theta = case
    found = answer(scores.Statevector(), designs.exact(circuit, theta, bases=99, seed=seed))
    dense.close(found.dense(), dense.metric(circuit, theta))


def test_the_mean_over_all_stabiliser_bases_of_a_noisy_state():
    """The fifteen of two qubits: T / tr rho^2 from the sums over all, by matrices of this test."""
    rho, d = disturbed()
    found = {b.gates for seed in range(20) for b in drawn(2, 20, KINDS[0], seed).bases}
    assert len(found) == 15
    sums = np.zeros((3, 3))
    purity = 0.0
    for gates in found:
        u = reduce(lambda u, g: dense.gate(g, 2) @ u, gates, np.eye(4))
        p = np.einsum("xa,ab,xb->x", u, rho, u.conj()).real
        slopes = np.einsum("xa,iab,xb->ix", u, d, u.conj()).real
        sums, purity = sums + slopes @ slopes.T / 3, purity + p @ p / 3
    np.testing.assert_allclose(sums / (purity - 1) / 2, hilbert_schmidt(), atol=1e-8)


def test_a_basis_that_is_drawn_twice_has_shots_of_its_own():
    """Sixteen of fifteen bases: that their shots are shared would make errors too small."""
    plan = designs.counted(MEASURED, THETA, 16, KINDS[0], seed=1)
    assert len({r.circuit for r in plan.requests}) < 16
    assert sampled(plan, 10**6).evaluations == plan.evaluations


def test_of_a_noisy_state_it_is_hilbert_schmidt():
    plan = designs.counted(MEASURED, THETA, seed=2)
    found = plan.reduce(Disturbed().run(plan.requests, 0))
    np.testing.assert_allclose(found.dense(), hilbert_schmidt(), atol=1e-8)
    assert found.std_error is None


@pytest.mark.parametrize(("a", "shots"), [(0.3, 100), (1.5, 10)])
def test_coverage_with_all_bases(a, shots):
    plan = designs.counted(ONE, [a, 0.8], seed=1)
    values, errors = scores.repeated(plan, plan.evaluations * shots)
    scores.covered(values, errors, dense.metric(ONE, np.array([a, 0.8])))


def test_coverage_with_readout_errors_that_are_corrected():
    plan = designs.counted(ONE, [0.3, 0.8], seed=1)
    readout = Readout(np.array([0.05]), np.array([0.1]))
    values, errors = scores.repeated(plan, plan.evaluations * 400, readout=readout)
    scores.covered(values, errors, dense.metric(ONE, np.array([0.3, 0.8])))


@pytest.mark.parametrize(("kind", "shots"), [(KINDS[0], None), (KINDS[1], None), (KINDS[0], 30)])
def test_coverage_over_the_draw_of_bases(kind, shots):
    """Eight bases of three qubits: 93 % on average over the entries, less three deviations of a
    share in so many draws."""
    circuit = hardware_efficient(3, 0)
    theta = np.array([0.4, -0.9, 2.0, 1.1, 0.2, 1.7])
    estimate, held = (designs.counted if shots else designs.exact), []
    g = dense.metric(circuit, theta)
    for seed in range(40):
        plan = estimate(circuit, theta, 8, kind, seed=seed)
        shot = None if shots is None else shots * plan.evaluations
        found = answer(scores.Statevector(), plan, shots=shot, seed=seed)
        held.append(np.abs(found.dense() - g) <= 1.96 * found.std_error + 1e-9)
    assert np.mean(held) > 0.93 - 3 * np.sqrt(0.93 * 0.07 / 40)


@pytest.mark.parametrize(("bases", "kind"), [(5, "mutually-unbiased"), (8, "clifford")])
def test_coverage_on_a_noisy_executor(bases, kind):
    """93 % on average over the entries, less three deviations of a share in 40 draws."""
    wanted, held = hilbert_schmidt(), []
    for seed in range(40):
        plan = designs.counted(MEASURED, THETA, bases, kind, seed=seed if bases > 5 else 1)
        found = answer(Disturbed(), plan, shots=100 * plan.evaluations, seed=seed)
        held.append(np.abs(found.dense() - wanted) <= 1.96 * found.std_error)
    assert np.mean(held) > 0.93 - 3 * np.sqrt(0.93 * 0.07 / 40)


def test_it_is_no_surrogate_on_a_noisy_executor(recwarn):
    qng.metric(SHARED, THETA, "random-measurements", executor=Disturbed(), shots=20_000)
    assert not [w for w in recwarn if issubclass(w.category, SurrogateWarning)]


def test_a_state_that_most_bases_do_not_see_has_an_error():
    """At |0...0> turned by pi/2 all of d rho is in words of Z letters."""
    circuit = Circuit.from_qasm(HEADER + "input float a; qubit[4] q; ry(a) q[0];")
    found = [
        answer(scores.Statevector(), designs.exact(circuit, [np.pi / 2], 8, seed=k))
        for k in range(20)
    ]
    miss = [abs(m.dense()[0, 0] - 0.25) / m.std_error[0, 0] for m in found]
    assert np.sum(np.array(miss) > 1.96) <= 4


def test_circuits_that_are_asked():
    circuit = random_pauli(4, 2, seed=3)
    theta = np.linspace(0.1, 1, circuit.n_parameters)
    plan = designs.counted(circuit, theta, 8, seed=1)
    assert len(plan.requests) == 8
    assert plan.evaluations <= 8 * 2 * circuit.n_rotations
    noisy = Circuit(4, circuit.ops, circuit.parameters, noisy=True)
    assert designs.counted(noisy, theta, 8).evaluations == 8 * (2 * circuit.n_rotations + 1)
    assert all("cz" in {g.name for g in r.circuit.ops[len(circuit.ops) :]} for r in plan.requests)


def test_many_qubits_with_few_outcomes():
    """Of 2^15 outcomes those that were seen; 1,000 shots are five times the square root."""
    circuit = Circuit.from_qasm(
        HEADER + "input float a; input float b; qubit[15] q; h q; ry(a) q[0]; rz(b) q[3];"
    )
    plan = designs.counted(circuit, [0.3, 0.2], 8)
    found = answer(scores.Statevector(), plan, shots=1000 * plan.evaluations)
    # Both turn a qubit in |+> about another axis.
    assert np.abs((found.dense() - np.eye(2) / 4) / found.std_error).max() < 4
    assert found.std_error.max() < 0.5


def test_nothing_to_measure():
    fixed = Circuit.from_qasm(HEADER + "input float a; qubit q; ry(0.3) q;")
    for estimate in (designs.exact, designs.counted):
        assert answer(scores.Statevector(), estimate(fixed, [0.2])).dense().tolist() == [[0.0]]


def test_refusals():
    with pytest.raises(UnknownNameError, match="unknown kind of random bases 'haar'"):
        qng.metric(ONE, [0, 0], "random-measurements", kind="haar")
    with pytest.raises(InputError, match="bases must be at least 8, not 3"):
        qng.metric("tfim-8", None, "random-measurements", bases=3, shots=10**6)


@pytest.mark.parametrize("shots", [None, 100])
def test_nothing_to_move(shots):
    fixed = Circuit.from_qasm(HEADER + "qubit[2] q; h q[0]; cx q[0], q[1];")
    found = qng.metric(fixed, [], "random-measurements", bases=5, shots=shots)
    assert found.dense().shape == (0, 0)
