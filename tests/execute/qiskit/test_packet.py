"""Batches as they are sent: rows that answer points, and what they are for a device."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import Pauli
from qng.errors import InputError, UnreadableError
from qng.execute.qiskit.backends import backend
from qng.execute.qiskit.load import load_of, two_qubit_depth
from qng.execute.qiskit.packet import packed, results_of
from qng.execute.qiskit.primitives import Primitives
from qng.execute.qiskit.texts import tallies_of, text_of
from qng.plan.cost import quantum_seconds
from qng.plan.deal import Dealing, TooFewShotsError
from qng.plan.executor import dealing_of
from qng.plan.request import Request, Samples
from qng.run.bench import answers
from tests.execute.qiskit.test_primitives import Limited, Recorder
from tests.execute.shelves import first_step, packet

CIRCUIT = hardware_efficient(2, 1)
DEVICE = backend("generic:5", mitigate=30)


def asked(shots, word="Z0 Z1") -> Request:
    phi = np.arange(len(shots))[:, None] * np.ones(CIRCUIT.n_rotations)
    return Request(CIRCUIT, phi, Samples(Pauli.parse(word)), shots=np.array(shots))


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), min_size=1, max_size=3))
def test_rows_answer_the_points_with_the_shots_that_were_asked_for(shots):
    """Every row is told apart by its outcome: the number of the row."""
    requests = [asked(of_request, word) for of_request, word in zip(shots, ("Z0 Z1", "X0", "Y1"))]
    sent = packed(requests, 3, DEVICE.transpiler, uniform=True)
    assert len({pub.shots for pub in sent.pubs}) == 1
    assert sent.executions == sum(map(sum, shots))
    counted = [
        [(np.array([k % 2]), np.array([pub.shots])) for k in range(len(pub.values))]
        for pub in sent.pubs
    ]
    for request, found in zip(requests, results_of(sent, counted)):
        assert [counts.shots for counts in found] == request.shots.tolist()
    for (k, points), pub in zip(sent.rows, sent.pubs):
        expected = sent.measured[k].values(requests[k].angles)[points]
        assert np.array_equal(pub.values, expected)


def test_the_load_is_counted():
    requests = [asked([20, 40]), asked([60], "X0")]
    sent = packed(requests, 0, DEVICE.transpiler, uniform=True, mitigate=30)
    load = load_of(sent)
    # Each row of a calibration, which has no angles, is a PUB.
    assert (load.pubs, load.rows) == (2 + 2 * 2, 3 + 3 + 2 * 2)
    assert load.executions == 120 + 2 * 40
    assert load.seconds == quantum_seconds(200) == pytest.approx(2 + 0.00035 * 200)
    assert load.depth == max(two_qubit_depth(pub.circuit) for pub in sent.pubs) > 0
    assert 500 < load.payload < 5000
    twirled = load_of(sent, executions=640, payload=7)
    assert (twirled.executions, twirled.payload) == (640, 7)
    assert twirled.seconds == quantum_seconds(640)
    empty = load_of(packed([], 0, DEVICE.transpiler, uniform=True))
    assert (empty.pubs, empty.executions, empty.depth, empty.seconds) == (0, 0, 0, 0.0)


@pytest.mark.parametrize("problem", ["h2", "lih", "tfim-8"])
@pytest.mark.parametrize("metric", ["blocks", "overlaps", "hadamard"])
def test_steps_of_our_problems_are_few_rows_with_nearly_the_variance_wanted(problem, metric):
    """lih at 100 shots a point once went out as 7,604 rows of two shots."""
    device = backend("generic:10")
    points = sum(len(r.angles) for r in first_step(problem, device, 10**8, metric=metric))
    wanted = np.concatenate([r.shots for r in first_step(problem, device, 10**8, metric=metric)])
    for each in (100, 1000):
        dealt = np.concatenate(
            [r.shots for r in first_step(problem, device, each * points, metric=metric)]
        )
        rows = dealt.sum() / np.gcd.reduce(dealt)
        assert dealt.sum() <= each * points
        assert rows <= 5 * points
        w = wanted / wanted.sum()
        assert np.sum(w**2 / dealt) * each * points <= 1.15


def test_lih_at_a_hundred_shots_a_point():
    device = backend("generic:5")
    points = sum(len(r.angles) for r in first_step("lih", device, 10**8))
    sent = packet(first_step("lih", device, 100 * points), device)
    load = load_of(sent)
    assert load.executions <= 100 * points < 20_000
    assert load.rows <= 5 * points < 1000
    assert load.seconds < 9


@pytest.mark.parametrize("device", [Limited, Recorder])
def test_devices_with_one_number_of_shots_get_it(device):
    executor = Primitives(device())
    assert dealing_of(executor) == Dealing(uniform=True)
    assert dealing_of(backend("aer")) == Dealing()
    assert dealing_of("nothing") == Dealing()


def test_energies_at_many_points_are_one_job_with_few_rows():
    sampler = Recorder()
    executor, problem = Primitives(sampler), qng.load("h2")
    points = problem.initial + np.linspace(0, 1, 5)[:, None]
    energies = qng.energy(problem, points, executor=executor, shots=3000)
    assert len(sampler.asked) == 1
    exact = qng.energy(problem, points).value
    z = (energies.value - exact) / energies.std_error
    assert np.abs(z).max() < 4.5
    rows = sum(len(next(iter(pub[1].values()))) for pub in sampler.asked[0])
    shots = sampler.asked[0][0][2] * rows
    assert shots <= 5 * 3000
    assert rows <= 5 * 5 * len(sampler.asked[0])


def test_points_that_agree_have_shots_of_their_own():
    executor, problem = Primitives(Recorder()), qng.load("textbook-2")
    twice = np.stack([problem.initial] * 2)
    first, second = qng.energy(problem, twice, executor=executor, shots=1001).value
    assert first != second


def test_too_few_shots_name_the_least():
    executor = Primitives(Recorder())
    with pytest.raises(TooFewShotsError, match=r"at least \d+"):
        qng.energy("h2", executor=executor, shots=3)


def test_texts_are_read_as_they_were_written():
    sent = packed([asked([2, 4])], 0, DEVICE.transpiler, uniform=True)
    tally = np.array([3, 0]), np.array([1, 1])
    text = text_of([(2, tally), (None, tally), (2, tally)], "it", "job")
    (read,) = tallies_of(text, sent)
    assert [of_row[0].tolist() for of_row in read] == [[0, 3]] * 3
    for bad, why in (
        ("{", "not what was stored"),
        ("null", "another form"),
        (text.replace('"3": 1', '"3": 2'), "add up to 3 shots, 2 were"),
        (text.replace('"3"', '"4"'), "outcomes of others"),
        (text.replace('"bits": 2', '"bits": 3'), "outcomes of others"),
        (text_of([(2, tally)], "it", "job"), "of 1 circuits, 3 were sent"),
        (text.replace('"3": 1', '"x": 1'), "another form"),
    ):
        with pytest.raises(UnreadableError, match=why):
            tallies_of(bad, sent)


def test_angles_that_are_not_finite_are_refused():
    bad = Request(CIRCUIT, np.full((1, 8), np.nan), Samples(Pauli.parse("Z0")), shots=np.array([2]))
    with pytest.raises(InputError, match="not a finite number"):
        packed([bad], 0, DEVICE.transpiler, uniform=True)
    assert answers(DEVICE, []) == ()
