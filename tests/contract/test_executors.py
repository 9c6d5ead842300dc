"""Every executor passes `check_executor`, and broken ones do not."""

from dataclasses import replace

import numpy as np
import pennylane as qml
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator

from qng.circuit.gate import basis_change
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.execute.function import Function
from qng.execute.pennylane import PennyLane
from qng.execute.qiskit.primitives import Primitives
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.request import Expectation, Samples
from qng.testing import check_executor
from tests import dense


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
    "statevector, one at a time": lambda: Statevector(threads=1, memory=3 * 16 * 2**3),
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


def test_noise_needs_tolerance():
    device = PennyLane(flipping, noise="bit flips")
    check_executor(device, shots=2000, tolerance=0.3)
    with pytest.raises(AssertionError, match="its probability is"):
        check_executor(device, shots=2000)


def test_a_device_that_is_given_draws_from_its_own_generator():
    device = PennyLane(qml.device("default.qubit", seed=3))
    check_executor(device, shots=1000, seeded=False)
    with pytest.raises(AssertionError, match="Equal seeds give equal counts: two batches"):
        check_executor(device, shots=1000)


class Broken:
    """An executor that changes what it is asked, or what it has counted."""

    noise = ""

    def __init__(self, ask=None, tell=None, answers=(Samples,), seed=None, name="broken"):
        self.inner, self.ask, self.tell = Statevector(threads=1), ask, tell
        self.answers, self.seed, self.name = frozenset(answers), seed, name

    def run(self, requests, seed):
        if Expectation not in self.answers and any(r.shots is None for r in requests):
            raise InputError("no shots")
        asked = [self.ask(r) for r in requests] if self.ask else requests
        results = self.inner.run(asked, seed if self.seed is None else self.seed)
        if self.tell is None:
            return results
        return [
            tuple(self.tell(counts, request) for counts in result)
            for result, request in zip(results, requests)
        ]


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


class Last(Broken):
    """Answers with the batch before."""

    last = None

    def run(self, requests, seed):
        before, self.last = self.last, super().run(requests, seed)
        if before is None or len(before) != len(requests):
            return self.last
        return before


class Positional(Broken):
    """Draws by the place in the batch, although it says that batches may be cut."""

    worth_a_task = 1

    def run(self, requests, seed):
        return super().run([replace(r, draws=None) for r in requests], seed)


BAD = {
    "reversed bits": (Broken(tell=reversed_bits), "Bit q of an outcome is qubit q"),
    "X for Y": (
        Broken(ask=lambda r: relettered(r, {"X": "Y", "Y": "X", "Z": "Z"})),
        "Every letter on every qubit: outcome",
    ),
    "always Z": (Broken(ask=lambda r: relettered(r, dict.fromkeys("XYZ", "Z"))), "Every letter"),
    "all qubits": (Broken(ask=everything), "some of the qubits: the outcomes .* have bits"),
    "half the shots": (
        Broken(ask=lambda r: replace(r, shots=r.shots // 2)),
        "2000 shots were asked for at point 0, 1000 were counted",
    ),
    "equal shots": (
        Broken(ask=lambda r: replace(r, shots=np.full_like(r.shots, r.shots[0]))),
        "Several points .* 4000 shots were asked for at point 1, 2000 were counted",
    ),
    "angles cut at pi": (
        Broken(ask=lambda r: replace(r, angles=np.clip(r.angles, -np.pi, np.pi))),
        r"Angles outside \[-pi, pi\]: outcome",
    ),
    "angles of the other sign": (
        Broken(ask=lambda r: replace(r, angles=-r.angles)),
        "Every letter on every qubit",
    ),
    "points in another order": (
        Broken(ask=lambda r: replace(r, angles=r.angles[::-1])),
        "Several points of one circuit",
    ),
    "wrong probabilities": (Broken(tell=changed), "Bit q of an outcome"),
    "one seed for every point": (
        Function(same_noise),
        "noise of their own: the same noise in batch 0, request 0, point 0 and in batch 0, "
        "request 0, point 1",
    ),
    "one seed for every batch": (
        Broken(seed=3),
        "the same noise in batch 0, request 0, point 0 and in batch 1, request 0, point 0",
    ),
    "nothing but Samples, unasked": (
        Broken(answers=(Samples, str)),
        "answers holds what is not a measure",
    ),
    "no samples": (Broken(answers=(Expectation,)), "Samples is not among the answers"),
    "no name": (Broken(name=""), "name is a word, not ''"),
    "another batch": (Last(), "shots were asked for at point|its probability is|outcome"),
    "draws by place": (Positional(), "a point of a batch is drawn otherwise where it is alone"),
    "no counts": (Broken(tell=lambda c, r: {0: 5}), "samples are a tuple of Counts"),
    "an error": (Broken(ask=lambda r: 1 / 0), "ZeroDivisionError"),
}


@pytest.mark.parametrize("name", BAD)
def test_broken_executors(name):
    device, message = BAD[name]
    with pytest.raises(AssertionError, match=message) as caught:
        check_executor(device, shots=2000)
    assert "\n" not in str(caught.value)


def test_noise_that_one_request_shares_with_another():
    class Pubs(Broken):
        """Every request of a batch starts from the seed anew."""

        def run(self, requests, seed):
            found = []
            for request in requests:
                found += super().run([request], 1)
            return found

    with pytest.raises(AssertionError, match="request 0, point 0 and in batch 0, request 1"):
        check_executor(Pubs(), shots=2000)


def test_exact_values_that_are_wrong():
    class Off(Broken):
        def run(self, requests, seed):
            found = super().run(requests, seed)
            return [replace(r, value=r.value + 0.01) if hasattr(r, "value") else r for r in found]

    with pytest.raises(AssertionError, match=r"Answers without shots.*: Expectation is"):
        check_executor(Off(answers=(Samples, Expectation)), shots=1000)


def test_an_answer_without_shots_where_there_are_none():
    class Silent(Broken):
        def run(self, requests, seed):
            return self.inner.run(requests, seed)

    with pytest.raises(AssertionError, match="without shots must be refused"):
        check_executor(Silent(), shots=1000)
