"""Whether an executor does what every executor must do; for one's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import NAMED, Gate, Rotation, unitary
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import QngError, UnsupportedMeasureError
from qng.estimate import energy, gradient
from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.executor import Executor, Handle, Pending
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.request import (
    Expectation,
    Gradient,
    Measure,
    Overlap,
    Probabilities,
    Request,
    Result,
    Samples,
    State,
    Tangent,
    Values,
)
from qng.run.resolve import answer

_MEASURES: Final = (Expectation, Overlap, Samples, Gradient, Tangent, State, Probabilities)

# Of a normal variable about 1 in 2 million lies further out.
_WIDTH: Final = 5.0

_ROUNDING: Final = 1e-5


def check_executor(
    executor: Executor,
    *,
    shots: int = 4000,
    seed: int = 0,
    seeded: bool = True,
    tolerance: float = 0.0,
    patience: float = 600.0,
) -> None:
    """Run the tests that every executor of the package passes.

    Frequencies are compared with exact probabilities: bits and bases in the right order, measured
    qubits only, several circuits and points in a batch, gates and angles of all kinds. Then the
    numbers of shots, the independence of circuits, points and batches, seeds, handles, costs, and
    the energy and gradient of a small molecule.

    Args:
        executor: It answers `Samples` at least.
        shots: Of a point. A frequency may be 5 standard deviations off, so a wrong probability is
            seen where it is wrong by more than 5/sqrt(shots).
        seed: Of the executor's draws.
        seeded: Whether equal seeds must give equal counts.
        tolerance: How far probabilities may be from those without noise.
        patience: How long a batch may be pending, in seconds.

    Raises:
        AssertionError: What failed, in one line.

    Cost: about 100 points on up to three qubits, in some 20 batches.

    Example:
        >>> check_executor(Statevector(), shots=500)
    """
    subject = _Subject(executor, shots, seed, tolerance, patience)
    checks = [check for check in _CHECKS if seeded or check is not _equal_seeds]
    for check in checks:
        what = (check.__doc__ or check.__name__).strip().rstrip(".")
        try:
            check(subject)
        except Exception as error:
            expected = isinstance(error, (AssertionError, QngError))
            kind = "" if expected else f"{type(error).__name__}: "
            found = " ".join(str(error).split())
            raise AssertionError(f"{subject.name}: {what}: {kind}{found}") from error


@dataclass(frozen=True)
class _Subject:
    """The executor under test, and how it is asked."""

    executor: Executor
    shots: int
    seed: int
    tolerance: float
    patience: float

    @property
    def name(self) -> str:
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

    def submit(self, requests: Sequence[Request], key: str, seed: int | None = None) -> Handle:
        handle = self.executor.submit(requests, key, self.seed if seed is None else seed)
        _require(isinstance(handle, Handle), f"submit must return a Handle, not {handle!r}")
        return handle

    def collect(self, handle: Handle) -> list[Result]:
        end = time.monotonic() + self.patience
        found = self.executor.collect(handle)
        while isinstance(found, Pending):
            _require(
                time.monotonic() < end, f"a batch is pending after {self.patience:.0f} seconds"
            )
            time.sleep(0.05)
            found = self.executor.collect(handle)
        return found

    def ask(
        self, requests: Sequence[Request], key: str = "check", seed: int | None = None
    ) -> list[tuple[Counts, ...]]:
        """Counts of samples, one tuple a request, with what must hold for all of them."""
        results = self.collect(self.submit(requests, key, seed))
        _require(
            len(results) == len(requests),
            f"{len(requests)} requests have {len(results)} results",
        )
        for request, counts in zip(requests, results):
            _well_formed(request, counts)
        return results

    def compare(self, requests: Sequence[Request]) -> None:
        """Frequencies against the exact probabilities."""
        for request, counts in zip(requests, self.ask(requests)):
            exact = _exact(request)
            for point, (seen, p) in enumerate(zip(counts, exact)):
                frequencies = _probabilities(seen, request.circuit.n_qubits)
                spread = np.sqrt(p * (1 - p) / seen.shots)
                wrong = np.abs(frequencies - p) - _WIDTH * spread - _WIDTH / seen.shots
                worst = int(np.argmax(wrong))
                _require(
                    wrong[worst] <= self.tolerance,
                    f"outcome {worst:0{request.circuit.n_qubits}b} has the frequency "
                    f"{frequencies[worst]:.4f} in {seen.shots:.0f} shots, its probability is "
                    f"{p[worst]:.4f} (point {point}, basis {_basis(request)})",
                )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _well_formed(request: Request, counts: Any) -> None:
    points, basis = len(request.angles), _basis(request)
    wanted = np.zeros(0) if request.shots is None else request.shots
    _require(
        isinstance(counts, tuple) and all(isinstance(seen, Counts) for seen in counts),
        f"samples are a tuple of Counts, not {counts!r}",
    )
    _require(len(counts) == points, f"{points} points have {len(counts)} Counts")
    for point, (seen, shots) in enumerate(zip(counts, wanted.tolist())):
        _require(
            seen.shots == shots,
            f"{shots} shots were asked for at point {point}, {seen.shots:g} were counted",
        )
        strange = seen.outcomes[seen.outcomes & ~basis.support != 0].tolist()
        _require(
            not strange,
            f"the outcomes {strange} have bits of qubits that the basis {basis} does not measure",
        )


def _basis(request: Request) -> Pauli:
    if not isinstance(request.measure, Samples):
        raise TypeError("only samples have a basis")
    return request.measure.basis


def _exact(request: Request) -> list[Array]:
    """Probabilities of all masks at every point, from amplitudes."""
    plain = Request(request.circuit, request.angles, request.measure)
    found = answer(Statevector(threads=1), Plan((plain,), lambda results: results[0]))
    return [_probabilities(counts, request.circuit.n_qubits) for counts in found]


def _probabilities(counts: Counts, n_qubits: int) -> Array:
    p = np.zeros(2**n_qubits)
    p[counts.outcomes] = counts.weights
    return p


def _generic(n: int) -> Circuit:
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


def _points(circuit: Circuit, count: int, reach: float = 1.5) -> Array:
    rng = np.random.default_rng(12)
    return rng.uniform(-reach, reach, (count, circuit.n_rotations))


def _protocol(subject: _Subject) -> None:
    """Name, noise and answers."""
    name, noise, answers = (getattr(subject.executor, k) for k in ("name", "noise", "answers"))
    _require(isinstance(name, str) and name != "", f"name is a word, not {name!r}")
    _require(isinstance(noise, str), f"noise is a text, empty for none, not {noise!r}")
    _require(isinstance(answers, frozenset), f"answers is a frozenset, not {answers!r}")
    strange = [measure for measure in answers if measure not in _MEASURES]
    _require(not strange, f"answers holds what is not a measure: {strange}")
    _require(Samples in answers, "Samples is not among the answers")


def _unsupported(subject: _Subject) -> None:
    """What it does not answer is refused."""
    circuit = _generic(1)
    here = _points(circuit, 1)
    word = PauliSum({"Z0": 1.0})
    measures: list[Measure] = [
        *(Expectation(word), Overlap(here), Gradient(word), State(), Probabilities()),
        Tangent(np.eye(circuit.n_rotations)),
    ]
    for measure in measures:
        if type(measure) not in subject.executor.answers:
            request = Request(circuit, here, measure, shots=np.array([subject.shots]))
            try:
                answer(subject.executor, Plan((request,), tuple))
            except UnsupportedMeasureError:
                continue
            raise AssertionError(f"{type(measure).__name__} is answered, but not in answers")
    if Expectation not in subject.executor.answers:
        request = Request(circuit, here, Samples(Pauli.parse("Z0")))
        try:
            subject.submit([request], "no shots")
        except QngError:
            return
        raise AssertionError("a request without shots must be refused with an InputError")


def _order(subject: _Subject) -> None:
    """Bit q of an outcome is qubit q."""
    subject.compare(
        [subject.request(Circuit(3, [Gate("x", (q,))]), [[]], "Z0 Z1 Z2") for q in range(3)]
    )


def _letters(subject: _Subject) -> None:
    """Every letter on every qubit."""
    circuit = _generic(3)
    bases = ["X0 Y1 Z2", "Y0 Z1 X2", "Z0 X1 Y2", "X0 X1 X2", "Y0 Y1 Y2", "Z0 Z1 Z2"]
    subject.compare([subject.request(circuit, _points(circuit, 1), basis) for basis in bases])


def _partial(subject: _Subject) -> None:
    """Measurement of some of the qubits."""
    circuit = _generic(3)
    bases = ["Z0", "Y1", "X2", "X0 Y2", "Z1 X2"]
    subject.compare([subject.request(circuit, _points(circuit, 1), basis) for basis in bases])


def _gates(subject: _Subject) -> None:
    """Every named gate, a gate given by its matrix and a rotation by a number."""
    rng = np.random.default_rng(5)
    matrix, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    requests: list[Request] = []
    for name in NAMED:
        size = NAMED[name].shape[0].bit_length() - 1
        gate = Gate(name, ((2, 0, 1), (1, 2, 0))[len(requests) % 2][:size])
        ops = [*_generic(3).ops, gate, *(Gate(g, (q,)) for q, g in enumerate(("h", "sx", "sxdg")))]
        circuit = Circuit(3, ops, _generic(3).parameters)
        requests.append(subject.request(circuit, _points(circuit, 1), "Z0 Z1 Z2"))
    fixed = Rotation(Pauli.parse("X0 Y2"), parameter("t").substitute({"t": 0.7}))
    ops = [Gate("h", (0,)), unitary(matrix, (2, 0)), Gate("cx", (0, 1)), fixed]
    requests.append(subject.request(Circuit(3, ops), [[]], "Z0 X1 Y2"))
    subject.compare(requests)


def _several_points(subject: _Subject) -> None:
    """Several points of one circuit, with different shots."""
    circuit = _generic(2)
    shots = [subject.shots, 2 * subject.shots, subject.shots, 3 * subject.shots]
    subject.compare([subject.request(circuit, _points(circuit, 4), "X0 Z1", shots)])


def _several_circuits(subject: _Subject) -> None:
    """Several circuits of different size, with different points, bases and shots."""
    requests = []
    for n, basis in ((2, "X0 Y1"), (1, "Z0"), (3, "Z0 Z2"), (1, "Y0")):
        circuit = _generic(n)
        points = _points(circuit, n)
        requests.append(subject.request(circuit, points, basis, [n * subject.shots] * len(points)))
    subject.compare(requests)


def _far_angles(subject: _Subject) -> None:
    """Angles outside [-pi, pi]."""
    circuit = _generic(2)
    points = np.concatenate(
        [
            _points(circuit, 2, 30.0),
            _points(circuit, 1) + 2 * np.pi,
            _points(circuit, 1) - 6 * np.pi,
        ]
    )
    subject.compare([subject.request(circuit, points, "Z0 Y1")])


def _no_parameters(subject: _Subject) -> None:
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


def _independent(subject: _Subject) -> None:
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
        subject.ask([request], "again", subject.seed + 1),
    )
    seen: dict[tuple[bytes, bytes], str] = {}
    for b, batch in enumerate(batches):
        for r, counts in enumerate(batch):
            for k, one in enumerate(counts):
                place = f"batch {b}, request {r}, point {k}"
                twin = seen.setdefault((one.outcomes.tobytes(), one.weights.tobytes()), place)
                _require(twin == place, f"the same noise in {twin} and in {place}")


def _equal_seeds(subject: _Subject) -> None:
    """Equal seeds give equal counts."""
    circuit = _generic(2)
    requests = [subject.request(circuit, _points(circuit, 2), basis) for basis in ("X0 Z1", "Y0")]
    one, same = (subject.ask(requests, key) for key in ("one", "same"))
    for first, second in zip(one, same):
        for a, b in zip(first, second):
            equal = np.array_equal(a.outcomes, b.outcomes) and np.array_equal(a.weights, b.weights)
            _require(equal, "two batches of one seed differ")


def _handles(subject: _Subject) -> None:
    """Batches are collected by their handles, in any order."""
    circuits = [Circuit(2, [Gate("x", (q,))]) for q in range(2)]
    handles = [
        subject.submit([subject.request(circuit, [[]], "Z0 Z1")], f"batch {q}")
        for q, circuit in enumerate(circuits)
    ]
    for q in (1, 0):
        counts = subject.collect(handles[q])[0][0]
        share = float(counts.weights[counts.outcomes == 1 << q].sum())
        _require(
            share >= 1 - subject.tolerance, f"batch {q} was answered with another one's counts"
        )


def _exact_answers(subject: _Subject) -> None:
    """Answers without shots, where it gives any."""
    if subject.executor.noise:
        return
    circuit = _generic(2)
    here, there = _points(circuit, 3), _points(circuit, 3)[::-1] + 0.1
    h = PauliSum({"I": 0.3, "Z0 X1": 1.0, "Y1": -0.6})
    measures: list[Measure] = [Expectation(h), Overlap(there), Gradient(h), Probabilities()]
    if Expectation in subject.executor.answers:
        measures.append(Samples(Pauli.parse("X0 Z1")))
    for measure in measures:
        if type(measure) not in subject.executor.answers:
            continue
        plan = Plan((Request(circuit, here, measure),), lambda results: results[0])
        pair = (answer(device, plan) for device in (subject.executor, Statevector(threads=1)))
        for found, exact in zip(*(_numbers(result, 2) for result in pair)):
            _require(
                found.shape == exact.shape and np.allclose(found, exact, rtol=0, atol=_ROUNDING),
                f"{type(measure).__name__} is {found.tolist()}, exact is {exact.tolist()}",
            )


def _numbers(result: Any, n_qubits: int) -> list[Array]:
    """What a result without shots holds: values, gradients, probabilities."""
    if isinstance(result, Values):
        return [x for x in (result.value, result.gradient) if x is not None]
    if isinstance(result, tuple):
        return [_probabilities(counts, n_qubits) for counts in result]
    return [np.asarray(result)]


_H2: Final = PauliSum(
    {"I": -1.0524, "Z0": 0.3979, "Z1": -0.3979, "Z0 Z1": -0.0113, "X0 X1": 0.1809}
)


def _molecule(subject: _Subject) -> None:
    """Energy, gradient and cost for H2 on two qubits."""
    circuit = _generic(2)
    theta = _points(circuit, 1)[0]
    plan = join(
        {
            "energy": energy.expectation(circuit, _H2, theta),
            "gradient": gradient.parameter_shift(circuit, _H2, theta),
        }
    )
    lowered = sampled(plan, 50 * subject.shots)
    counts = subject.ask(lowered.requests)
    counted = sum(int(seen.shots) for result in counts for seen in result)
    _require(
        counted == lowered.cost.shots,
        f"the cost of the plan is {lowered.cost.shots} shots, {counted} were counted",
    )
    found = lowered.reduce(counts)
    exact = answer(Statevector(threads=1), plan)
    room = subject.tolerance * sum(abs(c) for _, c in _H2)
    for name in ("energy", "gradient"):
        value, error = found[name].value, found[name].std_error
        off = np.abs(value - exact[name].value) - room
        _require(
            bool(np.all(off <= _WIDTH * error)),
            f"the {name} is off by {np.max(off / error):.1f} standard errors",
        )


_CHECKS: Final[tuple[Callable[[_Subject], None], ...]] = (
    _protocol,
    _unsupported,
    _order,
    _letters,
    _partial,
    _gates,
    _several_points,
    _several_circuits,
    _far_angles,
    _no_parameters,
    _independent,
    _equal_seeds,
    _handles,
    _exact_answers,
    _molecule,
)
