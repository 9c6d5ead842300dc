"""Whether the bits that an executor counts are those of the circuits that it was given.

Frequencies are compared with probabilities, numbers of shots with what was asked, and the noise of
any two points with each other. Every check is a function of the executor under test.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import NAMED, Gate, Rotation, unitary
from qng.circuit.pauli import Pauli
from qng.plan.executor import Divisible
from qng.plan.request import Request
from qng.testing.subject import Subject, generic, points_of, require


def order(subject: Subject) -> None:
    """Bit q of an outcome is qubit q."""
    subject.compare(
        [subject.request(Circuit(3, [Gate("x", (q,))]), [[]], "Z0 Z1 Z2") for q in range(3)]
    )


def letters(subject: Subject) -> None:
    """Every letter on every qubit."""
    circuit = generic(3)
    bases = ["X0 Y1 Z2", "Y0 Z1 X2", "Z0 X1 Y2", "X0 X1 X2", "Y0 Y1 Y2", "Z0 Z1 Z2"]
    subject.compare([subject.request(circuit, points_of(circuit, 1), basis) for basis in bases])


def partial(subject: Subject) -> None:
    """Measurement of some of the qubits."""
    circuit = generic(3)
    bases = ["Z0", "Y1", "X2", "X0 Y2", "Z1 X2"]
    subject.compare([subject.request(circuit, points_of(circuit, 1), basis) for basis in bases])


def gates(subject: Subject) -> None:
    """Every named gate, a gate given by its matrix and a rotation by a number."""
    rng = np.random.default_rng(5)
    matrix, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    requests: list[Request] = []
    for name in NAMED:
        size = NAMED[name].shape[0].bit_length() - 1
        gate = Gate(name, ((2, 0, 1), (1, 2, 0))[len(requests) % 2][:size])
        ops = [*generic(3).ops, gate, *(Gate(g, (q,)) for q, g in enumerate(("h", "sx", "sxdg")))]
        circuit = Circuit(3, ops, generic(3).parameters)
        requests.append(subject.request(circuit, points_of(circuit, 1), "Z0 Z1 Z2"))
    fixed = Rotation(Pauli.parse("X0 Y2"), parameter("t").substitute({"t": 0.7}))
    ops = [Gate("h", (0,)), unitary(matrix, (2, 0)), Gate("cx", (0, 1)), fixed]
    requests.append(subject.request(Circuit(3, ops), [[]], "Z0 X1 Y2"))
    subject.compare(requests)


def several_points(subject: Subject) -> None:
    """Several points of one circuit, with different shots."""
    circuit = generic(2)
    shots = [subject.shots, 2 * subject.shots, subject.shots, 3 * subject.shots]
    subject.compare([subject.request(circuit, points_of(circuit, 4), "X0 Z1", shots)])


def several_circuits(subject: Subject) -> None:
    """Several circuits of different size, with different points, bases and shots."""
    requests = []
    for n, basis in ((2, "X0 Y1"), (1, "Z0"), (3, "Z0 Z2"), (1, "Y0")):
        circuit = generic(n)
        points = points_of(circuit, n)
        requests.append(subject.request(circuit, points, basis, [n * subject.shots] * len(points)))
    subject.compare(requests)


def far_angles(subject: Subject) -> None:
    """Angles outside [-pi, pi]."""
    circuit = generic(2)
    points = np.concatenate(
        [
            points_of(circuit, 2, 30.0),
            points_of(circuit, 1) + 2 * np.pi,
            points_of(circuit, 1) - 6 * np.pi,
        ]
    )
    subject.compare([subject.request(circuit, points, "Z0 Y1")])


def no_parameters(subject: Subject) -> None:
    """Circuits without parameters, without operations, and of one rotation."""
    bell = Circuit(2, [Gate("h", (0,)), Gate("cx", (0, 1))])
    one = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
    subject.compare(
        [
            subject.request(bell, np.zeros((2, 0)), "X0 X1"),
            subject.request(Circuit(1), np.zeros((1, 0)), "Y0"),
            subject.request(one, [[0.0], [0.8], [np.pi]], "Z0"),
        ]
    )


def independent(subject: Subject) -> None:
    """Equal points and equal requests have noise of their own."""
    # Thousands of shots on eight equally likely outcomes: equal counts by chance are hopeless.
    circuit = Circuit(
        3,
        [Rotation(Pauli.parse(f"Y{q}"), parameter(f"t{q}")) for q in range(3)],
        ["t0", "t1", "t2"],
    )
    points = np.full((4, 3), np.pi / 2)
    request = subject.request(circuit, points, "Z0 Z1 Z2")
    other = subject.request(
        Circuit(3, circuit.ops, reversed(circuit.parameters)), points, "Z0 Z1 Z2"
    )
    batches = (
        subject.ask([request, other, request]),
        subject.ask([request], subject.seed + 1),
    )
    seen: dict[tuple[bytes, bytes], str] = {}
    for b, batch in enumerate(batches):
        for r, counts in enumerate(batch):
            for k, one in enumerate(counts):
                place = f"batch {b}, request {r}, point {k}"
                twin = seen.setdefault((one.outcomes.tobytes(), one.weights.tobytes()), place)
                require(twin == place, f"the same noise in {twin} and in {place}")


def equal_seeds(subject: Subject) -> None:
    """Equal seeds give equal counts."""
    circuit = generic(2)
    requests = [subject.request(circuit, points_of(circuit, 2), basis) for basis in ("X0 Z1", "Y0")]
    one, same = (subject.ask(requests) for _ in range(2))
    for first, second in zip(one, same):
        for a, b in zip(first, second):
            equal = np.array_equal(a.outcomes, b.outcomes) and np.array_equal(a.weights, b.weights)
            require(equal, "two batches of one seed differ")


def parts(subject: Subject) -> None:
    """Parts of a batch draw what the whole one draws, where it may be cut."""
    if not isinstance(subject.executor, Divisible):
        return
    circuit = generic(2)
    requests = [
        subject.request(circuit, points_of(circuit, 2), basis).drawn(k)
        for k, basis in enumerate(("X0 Z1", "Y0"))
    ]
    whole = subject.ask(requests)
    for counts, request in zip(whole, requests):
        assert request.shots is not None
        assert request.draws is not None
        for k, one in enumerate(counts):
            part = replace(
                request,
                angles=request.angles[k : k + 1],
                shots=request.shots[k : k + 1],
                draws=request.draws[k : k + 1],
            )
            alone = subject.ask([part])[0][0]
            equal = np.array_equal(one.outcomes, alone.outcomes)
            equal = equal and np.array_equal(one.weights, alone.weights)
            require(equal, "a point of a batch is drawn otherwise where it is alone")
