"""Bits drawn from exact states, and the tree of points that share their first operations."""

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation, basis_change
from qng.circuit.pauli import Pauli, PauliSum
from qng.circuit.uncompute import return_trip
from qng.execute.statevector import Statevector
from qng.execute.statevector.kernels import plain as sweep
from qng.execute.statevector.shots import prefixes
from qng.execute.statevector.shots.distribution import Distribution, drawn
from qng.execute.statevector.shots.prefixes import visit_states
from qng.execute.statevector.shots.streams import Streams
from qng.execute.statevector.states import state
from qng.plan.counts import Counts
from qng.plan.request import Expectation, Overlap, Request, Samples
from qng.testing.strategies import cases, observables, words
from tests import dense


def collected(requests, seed=0, device=None):
    device = device or Statevector()
    return device.run(requests, seed)


def shifted(phi):
    """A point, and those with one angle moved by a quarter turn either way."""
    shift = np.pi / 2 * np.eye(len(phi))
    return np.concatenate([phi[None], phi + shift, phi - shift])


def plain(request, seed, k):
    """Every point from |0...0> on, and its bits from the stream of the point."""
    basis = request.measure.basis
    circuit = request.circuit.then(basis_change(basis))
    found = []
    for point, phi in enumerate(request.angles):
        psi = state(circuit, phi)
        outcomes, which = np.unique(np.arange(len(psi)) & basis.support, return_inverse=True)
        distribution = Distribution.of(psi, basis.support)
        marginal = np.bincount(which, np.abs(psi) ** 2, len(outcomes))
        np.testing.assert_allclose(distribution.p, marginal, rtol=0, atol=1e-12)
        times = by_hand(distribution.p, request.shots[point], [seed, k, point])
        seen = np.flatnonzero(times)
        found.append(Counts.of(outcomes[seen], times[seen]))
    return found


def by_hand(p, shots, key):
    """How often shots from the stream of a key see every outcome."""
    stream = np.random.default_rng(key)
    if len(p) <= 32 or shots > 16 * len(p):
        return stream.multinomial(shots, p)
    sums = np.cumsum(p)
    last = np.flatnonzero(p)[-1]
    at = np.searchsorted(sums[:last] / sums[-1], stream.random(shots), side="right")
    return np.bincount(at, minlength=len(p))


@st.composite
def batches(draw):
    """Shifted points of a circuit in two bases, of some of its prefixes, and of a return trip."""
    circuit, theta = draw(cases(max_ops=8))
    phi = circuit.angles(theta)
    n = circuit.n_qubits
    asked = [(circuit, shifted(phi)), (circuit, shifted(phi)[::-1])]
    for _ in range(2):
        prefix = circuit.prefix(draw(st.integers(0, len(circuit.ops))))
        asked.append((prefix, phi[None, : prefix.n_rotations]))
    if circuit.n_rotations:
        trip = return_trip(circuit, (draw(st.integers(0, circuit.n_rotations - 1)),))
        asked.append((trip.circuit, np.stack([trip.angles(phi, phi + s) for s in (0.1, 0.2)])))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return [
        Request(c, points, Samples(draw(words(n))), shots=rng.integers(1, 300, len(points)))
        for c, points in asked
    ]


@settings(max_examples=100)
@given(batches(), st.integers(0, 10**6))
def test_the_same_bits_as_without_sharing(requests, seed):
    for k, (request, found) in enumerate(zip(requests, collected(requests, seed))):
        for counts, expected in zip(found, plain(request, seed, k), strict=True):
            np.testing.assert_array_equal(counts.outcomes, expected.outcomes)
            np.testing.assert_array_equal(counts.weights, expected.weights)
            assert counts.shots == expected.shots


@settings(max_examples=60)
@given(batches())
def test_exact_distributions(requests):
    exact = [Request(r.circuit, r.angles, r.measure) for r in requests]
    for request, found in zip(exact, collected(exact)):
        circuit = request.circuit.then(basis_change(request.measure.basis))
        for counts, phi in zip(found, request.angles):
            theta = np.zeros(circuit.n_parameters)
            p = np.abs(dense.state(_numbered(circuit, phi), theta)) ** 2
            marginal = np.zeros_like(p)
            np.add.at(marginal, np.arange(len(p)) & request.measure.basis.support, p)
            seen = np.zeros_like(p)
            seen[counts.outcomes] = counts.weights
            np.testing.assert_allclose(seen, marginal, rtol=0, atol=1e-12)
            assert math.isinf(counts.shots)


def _numbered(circuit, phi):
    """The circuit with numbers for its angles."""
    left = iter(phi)
    ops = [
        Rotation(op.pauli, as_angle(float(next(left))))
        if isinstance(op, Rotation) and not op.is_fixed
        else op
        for op in circuit.ops
    ]
    return Circuit(circuit.n_qubits, ops)


@settings(max_examples=60)
@given(cases(max_ops=10), st.data())
def test_expectation_values_and_overlaps_of_many_points(case, data):
    circuit, theta = case
    theta = np.stack([theta, theta + 0.2, theta, 0.5 * theta])
    others = theta[[1, 1, 2, 0]]
    h = data.draw(observables(circuit.n_qubits))
    phi = circuit.angles(theta)
    requests = [
        Request(circuit, phi, Overlap(circuit.angles(others))),
        Request(circuit, phi, Expectation(h)),
        Request(circuit.prefix(0), np.zeros((1, 0)), Expectation(h)),
    ]
    overlaps, energies, first = collected(requests)
    psi, bra = dense.state(circuit, theta), dense.state(circuit, others)
    matrix = dense.pauli_sum(h, circuit.n_qubits)
    expected = np.abs(np.einsum("ki,ki->k", bra.conj(), psi)) ** 2
    np.testing.assert_allclose(overlaps.value, expected, rtol=0, atol=1e-12)
    mean = np.einsum("ki,ij,kj->k", psi.conj(), matrix, psi).real
    square = np.einsum("ki,ij,kj->k", psi.conj(), matrix @ matrix, psi).real
    np.testing.assert_allclose(energies.value, mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(energies.variance, square - mean**2, rtol=0, atol=1e-11)
    np.testing.assert_allclose(first.value, matrix[0, 0].real, rtol=0, atol=1e-12)


def test_registers_of_different_size_and_requests_without_points():
    one, two = Circuit(1, [Gate("x", (0,))]), Circuit(2, [Gate("x", (1,))])
    z = Samples(Pauli.parse("Z0"))
    requests = [
        Request(two, np.zeros((1, 0)), Samples(Pauli.parse("Z0 Z1"))),
        Request(one, np.zeros((2, 0)), z),
        Request(one, np.zeros((0, 0)), z),
        Request(one, np.zeros((0, 0)), Expectation(PauliSum({"Z0": 1.0}))),
        Request(one, np.zeros((0, 0)), Overlap(np.zeros((0, 0)))),
        Request(two, np.zeros((1, 0)), Expectation(PauliSum({"Z0": 1.0, "Z1": 3.0}))),
    ]
    found = collected(requests)
    assert [c.outcomes.tolist() for c in found[0]] == [[2]]
    assert [c.outcomes.tolist() for c in found[1]] == [[1], [1]]
    assert found[2] == ()
    assert found[3].value.shape == found[3].variance.shape == found[4].value.shape == (0,)
    assert found[5].value.tolist() == [-2.0]


class TestTree:
    @pytest.fixture(autouse=True)
    def sharing(self, monkeypatch):
        """Small circuits too."""
        monkeypatch.setattr(prefixes, "_ALONE", 0)

    def operations(self, monkeypatch, points, **limits):
        """How many operations are done for the states of some points."""
        done = []
        walk = sweep.walk

        def counted(states, steps, *arguments):
            done.append(int(np.sum(steps[:, 3] - steps[:, 2])))
            walk(states, steps, *arguments)

        visits = []
        with monkeypatch.context() as patch:
            patch.setattr(prefixes.plain, "walk", counted)
            visit_states(points, lambda places, psi: visits.extend(places), **limits)
        return sum(done), visits

    def points(self, n=3, layers=2):
        circuit = hardware_efficient(n, layers)
        phi = np.random.default_rng(1).uniform(-3, 3, circuit.n_rotations)
        return [
            (circuit, shifted(phi)),
            (circuit.prefix(9), phi[None, : circuit.prefix(9).n_rotations]),
            (circuit.then([Gate("h", (0,))]), shifted(phi)),
        ]

    def test_every_common_beginning_is_run_once(self, monkeypatch):
        points = self.points()
        done, visits = self.operations(monkeypatch, points)
        beginnings = set()
        for circuit, angles in points:
            for row in angles:
                left = iter(row)
                steps = [
                    (op.pauli, next(left)) if isinstance(op, Rotation) else op for op in circuit.ops
                ]
                beginnings |= {tuple(steps[: k + 1]) for k in range(len(steps))}
        assert done == len(beginnings)
        assert done < 0.3 * sum(len(c.ops) * len(a) for c, a in points)
        everywhere = list(range(sum(len(angles) for _, angles in points)))
        assert sorted(place for places in visits for place in places) == everywhere

    def test_small_points_are_run_alone(self, monkeypatch):
        """What is shared is not worth to be looked for; the states are the same to the last bit."""
        monkeypatch.undo()
        points = self.points()
        done, visits = self.operations(monkeypatch, points)
        assert done == sum(len(circuit.ops) * len(angles) for circuit, angles in points)
        assert sorted(visits) == [[k] for k in range(len(visits))]

    def test_equal_points_are_visited_together(self, monkeypatch):
        circuit, angles = self.points()[0]
        _, visits = self.operations(
            monkeypatch, [(circuit, angles[[3, 1, 3]]), (circuit, angles[3:4])]
        )
        assert sorted(map(sorted, visits)) == [[0, 2, 3], [1]]

    def test_signs_of_zero_are_no_difference(self, monkeypatch):
        circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
        done, _ = self.operations(monkeypatch, [(circuit, np.array([[0.0], [-0.0]]))])
        assert done == 1

    def test_one_state_at_a_time(self, monkeypatch):
        points = self.points()
        done, visits = self.operations(monkeypatch, points, states=1)
        assert done == sum(len(c.ops) * len(a) for c, a in points)
        assert all(len(places) == 1 for places in visits)

    @pytest.mark.parametrize("limits", [{"states": 1}, {"states": 3}, {"states": 9, "threads": 3}])
    def test_limits_change_nothing(self, limits, monkeypatch):
        monkeypatch.setattr(prefixes, "_TO_LOOK", 1)
        monkeypatch.setattr(prefixes, "_SHORT", 1)
        points = self.points(4, 3)

        def states(**how):
            found = {}

            def visit(places, psi):
                found.update(
                    {place: one.copy() for here, one in zip(places, psi) for place in here}
                )

            visit_states(points, visit, **how)
            return found

        free, limited = states(), states(**limits)
        assert free.keys() == limited.keys()
        rows = [(circuit, row) for circuit, angles in points for row in angles]
        for place, psi in free.items():
            np.testing.assert_array_equal(limited[place], psi)
            np.testing.assert_allclose(psi, state(*rows[place]), rtol=0, atol=1e-12)

    def test_copies_that_are_alive(self):
        """64 points that part one after the other: 6 copies and the state, not 64."""
        n = 14
        circuit = hardware_efficient(n, 1)
        angles = np.repeat(np.ones((1, circuit.n_rotations)), 64, axis=0)
        for k in range(1, 64):
            angles[k:, min(k, circuit.n_rotations - 1)] += 0.01
        tracemalloc.start()
        visit_states([(circuit, angles)], lambda places, psi: None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 9 * 16 * 2**n

    def test_an_error_in_a_thread_is_raised(self, monkeypatch):
        monkeypatch.setattr(prefixes, "_TO_LOOK", 1)
        monkeypatch.setattr(prefixes, "_SHORT", 1)

        def visit(places, psi):
            raise ValueError("from a visit")

        with pytest.raises(ValueError, match="from a visit"):
            visit_states(self.points(), visit, threads=2)


def test_threads_and_memory_change_nothing():
    """Work enough for threads; with room for three states points are run one by one."""
    circuit = hardware_efficient(10, 3)
    rng = np.random.default_rng(1)
    points = shifted(rng.uniform(-3, 3, circuit.n_rotations))[:60]
    requests = [
        Request(circuit, points, Samples(Pauli.parse("X0 Y3 Z9")), shots=np.full(60, 200)),
        Request(circuit, points, Expectation(PauliSum({"Z0 Z1": 1.0, "X4 Y7": 0.5}))),
        Request(circuit, points, Overlap(points[[0] * 60])),
    ]
    room = 16 * 2**10
    one = collected(requests, device=Statevector(threads=1))
    for device in (
        Statevector(threads=3),
        Statevector(memory=4 * room),
        Statevector(threads=2, memory=9 * room),
    ):
        other = collected(requests, device=device)
        for a, b in zip(one[0], other[0]):
            np.testing.assert_array_equal(a.outcomes, b.outcomes)
            np.testing.assert_array_equal(a.weights, b.weights)
        for k in (1, 2):
            np.testing.assert_allclose(one[k].value, other[k].value, rtol=0, atol=1e-12)
        np.testing.assert_allclose(one[1].variance, other[1].variance, rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([1, 5, 6, 8, 11]), st.sampled_from([1, 30, 2000]))
def test_every_shot_is_a_number_of_its_stream(seed, m, most):
    """Few shots an outcome are numbers between cumulative sums, many are binomial draws."""
    rng = np.random.default_rng(seed)
    p = rng.gamma(0.2, size=(3, 2**m)) * (rng.random((3, 2**m)) < rng.random())
    p[:, rng.integers(2**m)] += 1e-3
    p /= p.sum(axis=1, keepdims=True)
    which = rng.integers(3, size=5).tolist()
    shots, names = rng.integers(1, most + 1, 5), rng.integers(2**40, size=(5, 2))
    shots[0] *= 20 * 2**m
    found = drawn(2**m - 1, p, which, shots, Streams.of(seed, names))
    for counts, row, often, name in zip(found, which, shots, names.tolist(), strict=True):
        times = by_hand(p[row], often, (seed, *name))
        assert counts.outcomes.tolist() == np.flatnonzero(times).tolist()
        np.testing.assert_array_equal(counts.weights, times[times > 0] / often)
        assert counts.shots == often


def test_points_do_not_depend_on_those_beside_them():
    circuit = hardware_efficient(7, 1)
    phi = np.linspace(0.1, 3, circuit.n_rotations)
    shots = np.array([7, 100, 1, 5000, 130, 300])
    request = Request(circuit, np.tile(phi, (6, 1)), Samples(Pauli(0, 127)), shots=shots)
    together = collected([request.drawn(0)])[0]
    for k, counts in enumerate(together):
        of_one = replace(
            request.drawn(0), angles=phi[None], shots=shots[[k]], draws=np.array([[0, k]])
        )
        ((alone,),) = collected([of_one])
        np.testing.assert_array_equal(counts.outcomes, alone.outcomes)
        np.testing.assert_array_equal(counts.weights, alone.weights)


class TestDraw:
    """Beyond 1024 outcomes and fewer shots than outcomes: by the inverse of the distribution."""

    def test_frequencies(self):
        rng = np.random.default_rng(3)
        p = rng.exponential(size=2**11) * (rng.random(2**11) < 0.5)
        p[:8] = 10.0, 0.0, 20.0, 0.0, 0.0, 30.0, 0.0, 5.0
        p[-1] = 0.0
        p /= p.sum()
        total = np.zeros(len(p))
        for k in range(200):
            counts = Distribution(2**11 - 1, p).draw(2000, np.random.default_rng(k))
            assert counts.shots == 2000
            total[counts.outcomes] += counts.weights * 2000
        n = total.sum()
        assert n == 400_000
        assert np.all(total[p == 0] == 0)
        score = (total - n * p)[p > 0] / np.sqrt(n * p * (1 - p))[p > 0]
        assert np.abs(score).max() < 5
        assert score.std() == pytest.approx(1, abs=0.1)

    def test_numbers_at_the_ends_of_the_distribution(self):
        class Ends:
            def random(self, size):
                return np.resize([0.0, np.nextafter(1.0, 0.0)], size)

        p = np.zeros(2**11)
        p[[3, 700, 1900]] = 0.3, 0.3, 0.4
        counts = Distribution(2**11 - 1, p).draw(10, Ends())
        assert counts.outcomes.tolist() == [3, 1900]
        assert counts.weights.tolist() == [0.5, 0.5]

    def test_some_qubits_of_a_large_register(self):
        circuit = Circuit(13, [Gate("x", (q,)) for q in (2, 12)])
        basis = Pauli(0, 2**13 - 1 - 2)
        request = Request(circuit, np.zeros((1, 0)), Samples(basis), shots=np.array([50]))
        assert collected([request])[0][0].outcomes.tolist() == [2**12 + 2**2]
