"""Every executor passes `check_executor`, and broken ones do not."""

import pickle
from dataclasses import replace

import numpy as np
import pennylane as qml
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.gate import basis_change
from qng.circuit.pauli import Pauli
from qng.execute.function import Function
from qng.execute.pennylane import PennyLane
from qng.execute.qiskit.primitives import Primitives
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.request import Expectation, Request, Samples
from qng.testing import check_executor
from tests import dense
from tests.executors import Fake


def run(circuit, qubits, shots, rng):
    """Counts as Qiskit prints them, from dense matrices."""
    p = np.abs(dense.state(circuit, np.zeros(0))) ** 2
    masks = rng.choice(len(p), shots, p=p / p.sum())
    text = ["".join(str(mask >> q & 1) for q in reversed(qubits)) for mask in masks]
    return {bits: text.count(bits) for bits in set(text)}


def flipping(wires, seed):
    """A device whose rotations about X are followed by bit flips."""
    model = qml.NoiseModel({qml.noise.op_eq(qml.RX): qml.noise.partial_wires(qml.BitFlip, 0.1)})
    return qml.noise.add_noise(qml.device("default.mixed", wires=wires, seed=seed), model)


# Aer says that the backend lacks lifetimes.
without_lifetimes = pytest.mark.filterwarnings("ignore:Qiskit backend .* has no QubitProperties")

GOOD = {
    "statevector": Statevector,
    "statevector, one at a time": lambda: Statevector(threads=1, memory=12 * 16 * 2**3),
    "function": lambda: Function(run),
    "default.qubit": PennyLane,
    "lightning.qubit": lambda: PennyLane("lightning.qubit"),
    "default.mixed": lambda: PennyLane("default.mixed"),
    "wires with names": lambda: PennyLane("lightning.qubit", wires=["b", "a", 7]),
    "statevector sampler": lambda: Primitives(StatevectorSampler()),
    "aer": lambda: Primitives(AerSimulator()),
    "generic backend": lambda: Primitives(GenericBackendV2(4, noise_info=False, seed=1)),
}


@without_lifetimes
@pytest.mark.parametrize("name", GOOD)
def test_executors(name):
    check_executor(GOOD[name](), shots=2000)


@without_lifetimes
@pytest.mark.parametrize("name", GOOD)
def test_executors_that_were_used_pickle(name):
    circuit = hardware_efficient(2, 1)
    angles = np.linspace(-1, 1, circuit.n_rotations)[None]
    request = Request(circuit, angles, Samples(Pauli.parse("X0 Z1")), shots=np.array([400]))
    device = GOOD[name]()
    ((found,),) = device.run([request], 7)
    twin = pickle.loads(pickle.dumps(device))
    assert (twin.name, twin.noise, twin.answers) == (device.name, device.noise, device.answers)
    ((again,),) = twin.run([request], 7)
    assert again.outcomes.tolist() == found.outcomes.tolist()
    assert again.weights.tolist() == found.weights.tolist()


def test_noise_needs_tolerance():
    device = PennyLane(flipping, noise="bit flips")
    check_executor(device, shots=2000, tolerance=0.3)
    with pytest.raises(AssertionError, match="its probability is"):
        check_executor(device, shots=2000)


def test_a_simulator_that_is_given_is_seeded_and_left_as_it_is():
    device = qml.device("default.qubit", seed=3)
    generator = device._rng.bit_generator.state
    check_executor(PennyLane(device), shots=1000)
    assert device._rng.bit_generator.state == generator


def test_an_executor_that_knows_no_seed_is_told_from_one_that_does():
    class Unseeded:
        name, noise, answers = "unseeded", "", frozenset({Samples})

        def run(self, requests, seed):
            return Statevector().run(requests, int(np.random.default_rng().integers(2**32)))

    check_executor(Unseeded(), shots=1000, seeded=False)
    with pytest.raises(AssertionError, match="Equal seeds give equal counts: two batches"):
        check_executor(Unseeded(), shots=1000)


def counted(tell):
    """What becomes of the result of a request where every `Counts` is changed."""
    return lambda result, request: tuple(tell(counts, request) for counts in result)


def relettered(request, table):
    basis = request.measure.basis
    word = " ".join(f"{table[basis.letter(q)]}{q}" for q in basis.qubits)
    return replace(request, measure=Samples(Pauli.parse(word)))


def moved(counts, request, move):
    n = request.circuit.n_qubits
    return replace(counts, outcomes=np.array([move(m, n) for m in counts.outcomes.tolist()]))


def reversed_bits(counts, request):
    """All qubits of the circuit the other way round, where all of them are measured."""
    n = request.circuit.n_qubits
    if request.measure.basis.weight < n:
        return counts
    return moved(counts, request, lambda m, n: int(f"{m:0{n}b}"[::-1], 2))


def everything(request):
    """Qubits that were not asked for are measured in Z."""
    circuit = request.circuit.then(basis_change(request.measure.basis))
    every = Pauli(0, 2**circuit.n_qubits - 1)
    return replace(request, circuit=circuit, measure=Samples(every))


def changed(counts, request):
    """Wrong probabilities: an outcome in ten is thrown to 0."""
    lost = 0.1 * counts.weights.sum()
    return Counts.of([*counts.outcomes, 0], np.append(0.9 * counts.weights, lost) * counts.shots)


def same_noise(circuit, qubits, shots, rng):
    return run(circuit, qubits, shots, np.random.default_rng(5))


def without_its_points(request):
    """A part of a batch draws otherwise than the whole one: streams have no names."""
    return replace(request, draws=None)


BAD = {
    "reversed bits": (Fake(tell=counted(reversed_bits)), "Bit q of an outcome is qubit q"),
    "X for Y": (
        Fake(ask=lambda r: relettered(r, {"X": "Y", "Y": "X", "Z": "Z"})),
        "Every letter on every qubit: outcome",
    ),
    "always Z": (Fake(ask=lambda r: relettered(r, dict.fromkeys("XYZ", "Z"))), "Every letter"),
    "all qubits": (Fake(ask=everything), "some of the qubits: the outcomes .* have bits"),
    "half the shots": (
        Fake(ask=lambda r: replace(r, shots=r.shots // 2)),
        "2000 shots were asked for at point 0, 1000 were counted",
    ),
    "equal shots": (
        Fake(ask=lambda r: replace(r, shots=np.full_like(r.shots, r.shots[0]))),
        "Several points .* 4000 shots were asked for at point 1, 2000 were counted",
    ),
    "angles cut at pi": (
        Fake(ask=lambda r: replace(r, angles=np.clip(r.angles, -np.pi, np.pi))),
        r"Angles outside \[-pi, pi\]: outcome",
    ),
    "angles of the other sign": (
        Fake(ask=lambda r: replace(r, angles=-r.angles)),
        "Every letter on every qubit",
    ),
    "points in another order": (
        Fake(ask=lambda r: replace(r, angles=r.angles[::-1])),
        "Several points of one circuit",
    ),
    "wrong probabilities": (Fake(tell=counted(changed)), "Bit q of an outcome"),
    "one seed for every point": (
        Function(same_noise),
        "noise of their own: the same noise in batch 0, request 0, point 0 and in batch 0, "
        "request 0, point 1",
    ),
    "one seed for every batch": (
        Fake(seed=3),
        "the same noise in batch 0, request 0, point 0 and in batch 1, request 0, point 0",
    ),
    "nothing but Samples, unasked": (
        Fake(answers=(Samples, str)),
        "answers holds what is not a measure",
    ),
    "no samples": (Fake(answers=(Expectation,)), "Samples is not among the answers"),
    "no name": (Fake(name=""), "name is a word, not ''"),
    "no counts": (Fake(tell=counted(lambda c, r: {0: 5})), "samples are a tuple of Counts"),
    "an error": (Fake(ask=lambda r: 1 / 0), "ZeroDivisionError"),
}


@pytest.mark.parametrize("name", BAD)
def test_broken_executors(name):
    device, message = BAD[name]
    with pytest.raises(AssertionError, match=message) as caught:
        check_executor(device, shots=2000)
    assert "\n" not in str(caught.value)


def test_noise_that_one_request_shares_with_another():
    class Pubs(Fake):
        """Every request of a batch starts from the seed anew."""

        def run(self, requests, seed):
            return [self.inner.run([request], 1)[0] for request in requests]

    with pytest.raises(AssertionError, match="request 0, point 0 and in batch 0, request 1"):
        check_executor(Pubs(), shots=2000)


def test_exact_values_that_are_wrong():
    def off(result, request):
        return replace(result, value=result.value + 0.01) if hasattr(result, "value") else result

    with pytest.raises(AssertionError, match=r"Answers without shots.*: Expectation is"):
        check_executor(Fake(answers=(Samples, Expectation), tell=off), shots=1000)


def test_parts_that_draw_otherwise():
    """An executor says that its batches may be cut, and draws from one stream a batch."""

    class Unnamed(Fake):
        worth_a_task = 1

    check_executor(Unnamed(), shots=1000)
    with pytest.raises(AssertionError, match="is drawn otherwise where it is alone"):
        check_executor(Unnamed(ask=without_its_points), shots=1000)


def test_a_result_too_few():
    class Short(Fake):
        def run(self, requests, seed):
            return super().run(requests, seed)[:-1]

    with pytest.raises(AssertionError, match="3 requests have 2 results"):
        check_executor(Short(), shots=1000)
