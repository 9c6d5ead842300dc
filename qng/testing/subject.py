"""An executor under test: how it is asked, and what its answers are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.executor import Executor
from qng.plan.plan import Plan
from qng.plan.request import Request, Samples
from qng.run.bench import answer

WIDTH: Final = 5.0
"""In standard errors; of a normal variable about 1 in 2 million lies further out."""


@dataclass(frozen=True)
class Subject:
    """The executor under test, and how it is asked."""

    executor: Executor
    shots: int
    seed: int
    tolerance: float

    @property
    def name(self) -> str:
        """How it is called, for messages."""
        return str(getattr(self.executor, "name", type(self.executor).__name__))

    def request(
        self, circuit: Circuit, angles: ArrayLike, basis: str, shots: Sequence[int] | None = None
    ) -> Request:
        """Samples in a basis, at angles of shape (points, R)."""
        points = np.array(angles, dtype=float)
        numbers = [self.shots] * len(points) if shots is None else shots
        return Request(
            circuit, points, Samples(Pauli.parse(basis)), shots=np.array(numbers, dtype=np.int64)
        )

    def ask(self, requests: Sequence[Request], seed: int | None = None) -> list[tuple[Counts, ...]]:
        """Counts of samples, one tuple a request, with what must hold for all of them."""
        results = self.executor.run(requests, self.seed if seed is None else seed)
        require(
            len(results) == len(requests),
            f"{len(requests)} requests have {len(results)} results",
        )
        for request, counts in zip(requests, results):
            _well_formed(request, counts)
        return results

    def compare(self, requests: Sequence[Request]) -> None:
        """Frequencies against the exact probabilities."""
        for request, counts in zip(requests, self.ask(requests)):
            for point, (seen, p) in enumerate(zip(counts, exact(request))):
                frequencies = probabilities(seen, request.circuit.n_qubits)
                spread = np.sqrt(p * (1 - p) / seen.shots)
                wrong = np.abs(frequencies - p) - WIDTH * spread - WIDTH / seen.shots
                worst = int(np.argmax(wrong))
                require(
                    wrong[worst] <= self.tolerance,
                    f"outcome {worst:0{request.circuit.n_qubits}b} has the frequency "
                    f"{frequencies[worst]:.4f} in {seen.shots:.0f} shots, its probability is "
                    f"{p[worst]:.4f} (point {point}, basis {_basis(request)})",
                )


def require(holds: bool, message: str) -> None:
    """Say what is wrong where something does not hold."""
    if not holds:
        raise AssertionError(message)


def _well_formed(request: Request, counts: Any) -> None:
    points, basis = len(request.angles), _basis(request)
    wanted = np.zeros(0) if request.shots is None else request.shots
    require(
        isinstance(counts, tuple) and all(isinstance(seen, Counts) for seen in counts),
        f"samples are a tuple of Counts, not {counts!r}",
    )
    require(len(counts) == points, f"{points} points have {len(counts)} Counts")
    for point, (seen, shots) in enumerate(zip(counts, wanted.tolist())):
        require(
            seen.shots == shots,
            f"{shots} shots were asked for at point {point}, {seen.shots:g} were counted",
        )
        strange = seen.outcomes[seen.outcomes & ~basis.support != 0].tolist()
        require(
            not strange,
            f"the outcomes {strange} have bits of qubits that the basis {basis} does not measure",
        )


def _basis(request: Request) -> Pauli:
    if not isinstance(request.measure, Samples):
        raise TypeError("only samples have a basis")
    return request.measure.basis


def exact(request: Request) -> list[Array]:
    """Probabilities of all masks at every point, from amplitudes."""
    plain = Request(request.circuit, request.angles, request.measure)
    found = answer(Statevector(threads=1), Plan((plain,), lambda results: results[0]))
    return [probabilities(counts, request.circuit.n_qubits) for counts in found]


def probabilities(counts: Counts, n_qubits: int) -> Array:
    """Frequencies of all outcomes, shape (2^n,)."""
    p = np.zeros(2**n_qubits)
    p[counts.outcomes] = counts.weights
    return p


def generic(n: int) -> Circuit:
    """Rotations about words of every weight up to n, with fixed gates in between."""
    words = ["X", "Y", "Z"]
    ops: list[Op] = []
    names: list[str] = []

    def turn(word: str) -> None:
        names.append(f"t{len(names)}")
        ops.append(Rotation(Pauli.parse(word), parameter(names[-1])))

    for q in range(n):
        turn(f"Y{q}")
        turn(f"X{q}")
    for q in range(n - 1):
        ops.append(Gate("cx", (q, q + 1)))
        turn(f"Z{q} {words[q % 3]}{q + 1}")
        turn(f"Y{q} Y{q + 1}")
    if n > 2:
        turn("X0 Y1 Z2")
    for q in range(n):
        ops.append(Gate("sx" if q % 2 else "t", (q,)))
        turn(f"Z{q}")
        turn(f"{words[q % 2]}{q}")
    return Circuit(n, ops, names)


def points_of(circuit: Circuit, count: int, reach: float = 1.5) -> Array:
    """Random angles, shape (count, R), always the same."""
    rng = np.random.default_rng(12)
    return rng.uniform(-reach, reach, (count, circuit.n_rotations))


def free(circuit: Circuit) -> Circuit:
    """The circuit with one parameter a rotation: theta is phi."""
    parameters = [f"p{r}" for r in range(circuit.n_rotations)]
    fresh = iter(parameters)
    ops = [
        Rotation(op.pauli, parameter(next(fresh)), op.same_gate)
        if isinstance(op, Rotation) and not op.is_fixed
        else op
        for op in circuit.ops
    ]
    return Circuit(circuit.n_qubits, ops, parameters)
