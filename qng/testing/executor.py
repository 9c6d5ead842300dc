"""Whether an executor does what every executor must do; for one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import NAMED, Gate, Rotation, unitary
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import QngError, UnsupportedMeasureError
from qng.estimate import energy, gradient
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import Executor
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.request import (
    Expectation,
    Gradient,
    Measure,
    Overlap,
    Probabilities,
    Request,
    Samples,
    State,
    Tangent,
    Values,
)
from qng.run.bench import answer
from qng.testing.subject import WIDTH, Subject, generic, points_of, probabilities, require

_MEASURES: Final = (Expectation, Overlap, Samples, Gradient, Tangent, State, Probabilities)

_ROUNDING: Final = 1e-5


def check_executor(
    executor: Executor,
    *,
    shots: int = 4000,
    seed: int = 0,
    seeded: bool = True,
    tolerance: float = 0.0,
) -> None:
    """Run the tests that every executor of the package passes.

    Frequencies are compared with exact probabilities: bits and bases in the right order, measured
    qubits only, several circuits and points in a batch, gates and angles of all kinds. Then the
    numbers of shots, the independence of circuits, points and batches, seeds, parts of a batch,
    costs, and the energy and gradient of a small molecule.

    Args:
        executor: It answers `Samples` at least.
        shots: Of a point. A frequency may be 5 standard deviations off, so a wrong probability is
            seen where it is wrong by more than 5/sqrt(shots).
        seed: Of the executor's draws.
        seeded: Whether equal seeds must give equal counts.
        tolerance: How far probabilities may be from those without noise.

    Raises:
        AssertionError: What failed, in one line.

    Cost: about 100 points on up to three qubits, in some 20 batches.

    Example:
        >>> check_executor(Statevector(), shots=500)
    """
    subject = Subject(executor, shots, seed, tolerance)
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


def _protocol(subject: Subject) -> None:
    """Name, noise and answers."""
    name, noise, answers = (getattr(subject.executor, k) for k in ("name", "noise", "answers"))
    require(isinstance(name, str) and name != "", f"name is a word, not {name!r}")
    require(isinstance(noise, str), f"noise is a text, empty for none, not {noise!r}")
    require(isinstance(answers, frozenset), f"answers is a frozenset, not {answers!r}")
    strange = [measure for measure in answers if measure not in _MEASURES]
    require(not strange, f"answers holds what is not a measure: {strange}")
    require(Samples in answers, "Samples is not among the answers")


def _unsupported(subject: Subject) -> None:
    """What it does not answer is refused."""
    circuit = generic(1)
    here = points_of(circuit, 1)
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
            subject.executor.run([request], subject.seed)
        except QngError:
            return
        raise AssertionError("a request without shots must be refused with an InputError")


def _order(subject: Subject) -> None:
    """Bit q of an outcome is qubit q."""
    subject.compare(
        [subject.request(Circuit(3, [Gate("x", (q,))]), [[]], "Z0 Z1 Z2") for q in range(3)]
    )


def _letters(subject: Subject) -> None:
    """Every letter on every qubit."""
    circuit = generic(3)
    bases = ["X0 Y1 Z2", "Y0 Z1 X2", "Z0 X1 Y2", "X0 X1 X2", "Y0 Y1 Y2", "Z0 Z1 Z2"]
    subject.compare([subject.request(circuit, points_of(circuit, 1), basis) for basis in bases])


def _partial(subject: Subject) -> None:
    """Measurement of some of the qubits."""
    circuit = generic(3)
    bases = ["Z0", "Y1", "X2", "X0 Y2", "Z1 X2"]
    subject.compare([subject.request(circuit, points_of(circuit, 1), basis) for basis in bases])


def _gates(subject: Subject) -> None:
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


def _several_points(subject: Subject) -> None:
    """Several points of one circuit, with different shots."""
    circuit = generic(2)
    shots = [subject.shots, 2 * subject.shots, subject.shots, 3 * subject.shots]
    subject.compare([subject.request(circuit, points_of(circuit, 4), "X0 Z1", shots)])


def _several_circuits(subject: Subject) -> None:
    """Several circuits of different size, with different points, bases and shots."""
    requests = []
    for n, basis in ((2, "X0 Y1"), (1, "Z0"), (3, "Z0 Z2"), (1, "Y0")):
        circuit = generic(n)
        points = points_of(circuit, n)
        requests.append(subject.request(circuit, points, basis, [n * subject.shots] * len(points)))
    subject.compare(requests)


def _far_angles(subject: Subject) -> None:
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


def _no_parameters(subject: Subject) -> None:
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


def _independent(subject: Subject) -> None:
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


def _equal_seeds(subject: Subject) -> None:
    """Equal seeds give equal counts."""
    circuit = generic(2)
    requests = [subject.request(circuit, points_of(circuit, 2), basis) for basis in ("X0 Z1", "Y0")]
    one, same = (subject.ask(requests) for _ in range(2))
    for first, second in zip(one, same):
        for a, b in zip(first, second):
            equal = np.array_equal(a.outcomes, b.outcomes) and np.array_equal(a.weights, b.weights)
            require(equal, "two batches of one seed differ")


def _parts(subject: Subject) -> None:
    """Parts of a batch draw what the whole one draws, where it may be cut."""
    if not hasattr(subject.executor, "worth_a_task"):
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


def _exact_answers(subject: Subject) -> None:
    """Answers without shots, where it gives any."""
    if subject.executor.noise:
        return
    circuit = generic(2)
    here, there = points_of(circuit, 3), points_of(circuit, 3)[::-1] + 0.1
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
            require(
                found.shape == exact.shape and np.allclose(found, exact, rtol=0, atol=_ROUNDING),
                f"{type(measure).__name__} is {found.tolist()}, exact is {exact.tolist()}",
            )


def _numbers(result: Any, n_qubits: int) -> list[Array]:
    """What a result without shots holds: values, gradients, probabilities."""
    if isinstance(result, Values):
        return [x for x in (result.value, result.gradient) if x is not None]
    if isinstance(result, tuple):
        return [probabilities(counts, n_qubits) for counts in result]
    return [np.asarray(result)]


_H2: Final = PauliSum(
    {"I": -1.0524, "Z0": 0.3979, "Z1": -0.3979, "Z0 Z1": -0.0113, "X0 X1": 0.1809}
)


def _molecule(subject: Subject) -> None:
    """Energy, gradient and cost for H2 on two qubits."""
    circuit = generic(2)
    theta = points_of(circuit, 1)[0]
    plan = join(
        {
            "energy": energy.expectation(circuit, _H2, theta),
            "gradient": gradient.parameter_shift(circuit, _H2, theta),
        }
    )
    lowered = sampled(plan, 50 * subject.shots)
    counts = subject.ask(lowered.requests)
    counted = sum(int(seen.shots) for result in counts for seen in result)
    require(
        counted == lowered.cost.shots,
        f"the cost of the plan is {lowered.cost.shots} shots, {counted} were counted",
    )
    found = lowered.reduce(counts)
    exact = answer(Statevector(threads=1), plan)
    room = subject.tolerance * sum(abs(c) for _, c in _H2)
    for name in ("energy", "gradient"):
        value, error = found[name].value, found[name].std_error
        off = np.abs(value - exact[name].value) - room
        require(
            bool(np.all(off <= WIDTH * error)),
            f"the {name} is off by {np.max(off / error):.1f} standard errors",
        )


_CHECKS: Final[tuple[Callable[[Subject], None], ...]] = (
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
    _parts,
    _exact_answers,
    _molecule,
)
