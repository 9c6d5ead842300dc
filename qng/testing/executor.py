"""Whether an executor does what every executor must do; for one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import QngError
from qng.estimate import energy, gradient
from qng.execute.statevector.executor import Statevector
from qng.plan.executor import Executor
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.request import (
    Density,
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
from qng.testing import samples
from qng.testing.subject import WIDTH, Subject, generic, points_of, probabilities, require

_MEASURES: Final = (
    Density,
    Expectation,
    Gradient,
    Overlap,
    Probabilities,
    Samples,
    State,
    Tangent,
)

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
    checks = [check for check in _CHECKS if seeded or check is not samples.equal_seeds]
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


def _exact_answers(subject: Subject) -> None:
    """Answers without shots, where it gives any."""
    if subject.executor.noise:
        return
    circuit = generic(2)
    here, there = points_of(circuit, 3), points_of(circuit, 3)[::-1] + 0.1
    h = PauliSum({"I": 0.3, "Z0 X1": 1.0, "Y1": -0.6})
    measures: list[Measure] = [Expectation(h), Overlap(there), Gradient(h), Probabilities()]
    measures.append(Density((1,)))
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
    samples.order,
    samples.letters,
    samples.partial,
    samples.gates,
    samples.several_points,
    samples.several_circuits,
    samples.far_angles,
    samples.no_parameters,
    samples.independent,
    samples.equal_seeds,
    samples.parts,
    _exact_answers,
    _molecule,
)
