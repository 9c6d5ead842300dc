"""Batches cut into parts, each run by itself, give what the whole batch gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.ansatz import real_amplitudes
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.function import Function
from qng.execute.parts import Piece, cut, joined
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.executor import Divisible
from qng.plan.request import Expectation, Gradient, Overlap, Request, Samples, State, Values

H = PauliSum({"I": 0.3, "Z0 X1": 1.0, "Y2": -0.6})
CIRCUIT = real_amplitudes(3, 1)


def toss(circuit, qubits, shots, rng):
    """A function that counts bits, and draws them from its stream only."""
    ones = int(rng.binomial(shots, 0.5))
    return {0: shots - ones, 1 << qubits[0]: ones}


def batch(counts: list[int], measures: list[int], only_samples: bool = False) -> list[Request]:
    """Requests with so many points each, of some measures; samples of different shots."""
    rng = np.random.default_rng(3)
    found = []
    for n_points, which in zip(counts, measures):
        angles = rng.normal(size=(n_points, 6))
        kinds = [Samples(Pauli.parse("Z0 X2")), Samples(Pauli.parse("Y1"))]
        if not only_samples:
            kinds += [Expectation(H), Gradient(H), Overlap(angles[::-1] + 0.1), State()]
        measure = kinds[which % len(kinds)]
        shots = 50 + np.arange(n_points) if isinstance(measure, Samples) else None
        found.append(Request(CIRCUIT, angles, measure, shots=shots))
    return found


def plain(result):
    """Nested tuples of bytes."""
    if isinstance(result, (Values, Counts)):
        return tuple(plain(value) for value in vars(result).values())
    if isinstance(result, tuple):
        return tuple(map(plain, result))
    return result.tobytes() if isinstance(result, np.ndarray) else result


def in_parts(device, requests, seed, most):
    """The results of all parts, the last first."""
    named = {k: request.drawn(k) for k, request in enumerate(requests)}
    pairs = [
        pair
        for part in reversed(cut(named, device.worth_a_task if most > 1 else None, most))
        for pair in zip(part, device.run([piece.points for piece in part], seed))
    ]
    found = joined(pairs)
    return [found[k] for k in range(len(requests))]


@pytest.mark.parametrize("device", [Statevector(threads=1), Function(toss)], ids=lambda d: d.name)
@settings(max_examples=40)
@given(data=st.data(), most=st.integers(1, 30))
def test_any_cut_gives_the_same_results(device, data, most):
    assert isinstance(device, Divisible)
    counts = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=5))
    measures = data.draw(st.lists(st.integers(0, 5), min_size=len(counts), max_size=len(counts)))
    requests = batch(counts, measures, only_samples=isinstance(device, Function))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Statevector, "worth_a_task", 1)
        found = in_parts(device, requests, 5, most)
    expected = device.run(requests, 5)
    for one, other, request in zip(found, expected, requests):
        if isinstance(request.measure, Samples):
            assert plain(one) == plain(other)
        else:
            a, b = (getattr(result, "value", result) for result in (one, other))
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 8), min_size=1, max_size=6), st.integers(1, 12), st.integers(1, 10**4)
)
def test_parts_are_stretches_that_hold_every_point_once(counts, most, worth):
    requests = batch(counts, [0] * len(counts))
    parts = cut({3 * k: request.drawn(k) for k, request in enumerate(requests)}, worth, most)
    assert len(parts) <= most
    pieces = [piece for part in parts for piece in part]
    order = [(piece.number, piece.start) for piece in pieces]
    # A request without points is in some part.
    assert [o for o, p in zip(order, pieces) if len(p.points.angles)] == sorted(
        o for o, p in zip(order, pieces) if len(p.points.angles)
    )
    for k, request in enumerate(requests):
        own = sorted((p for p in pieces if p.number == 3 * k), key=lambda piece: piece.start)
        np.testing.assert_array_equal(
            np.concatenate([piece.points.angles for piece in own]), request.angles
        )
        draws = np.concatenate([piece.points.draws for piece in own])
        assert draws.tolist() == [[k, point] for point in range(len(request.angles))]


def test_parts_have_about_equal_work():
    requests = dict(enumerate(batch([40, 40], [0, 3])))
    sizes = [sum(len(p.points.angles) for p in part) for part in cut(requests, 1, 4)]
    # A gradient is three sweeps: 40 and 120 of them.
    assert sizes == [40, 13, 14, 13]


def test_what_is_small_or_may_not_be_cut_stays_whole():
    requests = dict(enumerate(batch([4, 3], [0, 2])))
    whole = [tuple(Piece(k, 0, request) for k, request in requests.items())]
    assert cut(requests, None, 100) == whole
    assert cut(requests, 10**6, 100) == whole
    assert cut({}, 1, 100) == []
