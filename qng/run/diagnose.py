"""Why a run does not converge, or what a point is like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.plan.cost import Cost
from qng.plan.executor import Executor, Service, answers_at_once
from qng.plan.quantities import By
from qng.plan.request import Gradient
from qng.plan.shots import PerCircuit, Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.again import Given
from qng.run.comparison import Comparison
from qng.run.diagnosis.asked import Asker
from qng.run.diagnosis.diagnosis import Diagnosis
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.gather import exact_evidence
from qng.run.diagnosis.ran import with_executor, with_method
from qng.run.diagnosis.reading import Reading
from qng.run.diagnosis.rules import findings
from qng.run.diagnosis.sample import sampled_cost, sampled_evidence
from qng.run.judge import is_cheap
from qng.run.made import Origin
from qng.run.recipe import machine, now, settings_of, threads_of, versions
from qng.run.results import Run
from qng.run.several import Comparisons
from qng.run.target import device_for, is_of_models, problem_and_point
from qng.seeds import number_of

# Qubits up to which states are simulated without being asked for.
_MOST_QUBITS: Final = 16


def diagnose(
    target: Run | Problem | str | Any,
    theta: Any = None,
    *,
    method: str | Method | None = None,
    executor: str | Executor | Service | Any = None,
    shots: Shots | None = None,
    seed: int = 0,
    starts: int | None = None,
    metric: By | str = "auto",
    **hyperparameters: Any,
) -> Diagnosis:
    """Why a run does not converge: what its last point is, and what its steps and shots do there.

    Without shots the evidence is exact, of the states themselves, also for a run that had shots or
    noise: then what these do to its steps is found out on its own executor. With shots all of it is
    measured, with standard errors, and what they do not decide is left open.

    Args:
        target: A run, or a problem of any kind, its name or a folder.
        theta: The point, as in `qng.metric`; the last one of a run, the start of a problem.
        method: Whose next step is looked at, by name or as an object; that of the run.
        executor: By name or as an object; that of the run. Whatever has noise is compared with the
            noiseless states.
        shots: For the whole diagnosis; None: exact.
        seed: Of everything that is drawn.
        starts: Exact minimisations from random starts, which tell a local minimum from an ansatz
            that is too shallow; by default ten where they are cheap.
        metric: g of grad . g^-1 . grad, as of `qng.metric`; by default all of it, from shots of
            more than 30 rotations in blocks.
        hyperparameters: Of a method given by name, such as lr; or of that of the run, in place of
            its own.

    Returns:
        Verdict, findings, evidence; `held` is what holds, the most useful cause first.

    Raises:
        InputError: Bad input, before anything is computed; a model with shots; too few shots;
            method or starts with shots, which are looked at with exact numbers only.

    Cost: exact, one Hessian (2R + 1 gradients of R rotations), a metric, 16 of each gradient and
    metric at random points, and minimisations. From shots see `diagnosis_cost`.

    Reference: arXiv:1803.11173 and 2001.00550 for plateaus; the rules and their levels are ours.

    Example:
        >>> import qng
        >>> qng.diagnose("one-qubit", [0.0, 0.0]).verdict
        'descending'
    """
    seed, shots = number_of(seed), checked_shots(shots)
    if starts is not None:
        checks.whole("starts", starts)
    check_asked(shots, starts, method, hyperparameters)
    run = target if isinstance(target, Run) else None
    problem, point = _asked(target, theta)
    chosen, name = _method(run, method, hyperparameters)
    device, of_run = _device(run, problem, executor, shots)
    began = now()
    inner: AnyProblem = problem.reduced(point)
    at, by = point[problem.free], By.of(metric)
    if shots is not None:
        evidence = _from_shots(inner, at, device, shots, seed, by)
        if run is not None:
            note = "steps, shots and rate of the run were not looked at: an exact diagnosis does it"
            evidence = replace(evidence, notes=(*evidence.notes, note))
    else:
        exact = _exact_device(inner, device)
        asker = Asker.of(inner, exact, None, seed)
        evidence, scene = exact_evidence(asker, at, starts, seed, by)
        last = run is not None and np.array_equal(point, run.x)
        own = method is None and not any(hyperparameters.values())
        evidence = with_method(evidence, asker, scene, chosen, name, run if last and own else None)
        run_shots = None if run is None or run.made is None else run.made.shots
        if device is not None and device is not exact:
            other = Asker.of(inner, device, run_shots, seed) if answers_at_once(device) else None
            read = None
            if last and run is not None and (run_shots is not None or device.noise):
                read = Reading(run.fun, run.std_error or 0.0)
            evidence = with_executor(
                evidence, scene, device, other, run_shots, chosen, run if last else None, read
            )
        elif of_run and run_shots is not None:
            other = Asker.of(inner, exact, run_shots, seed)
            evidence = with_executor(
                evidence, scene, exact, other, run_shots, chosen, run if last else None, None
            )
    used: Any = device if device is not None else device_for(problem, "statevector")
    made = Origin(
        problem=problem,
        theta=point,
        executor=used.name,
        shots=shots,
        seed=seed,
        versions=versions(),
        date=began,
        threads=threads_of(used),
        machine=machine(),
        settings=settings_of(executor, used),
    )
    return Diagnosis(evidence, findings(evidence), made)


def diagnosis_cost(
    target: Any,
    theta: Any = None,
    *,
    executor: Any = None,
    shots: int,
    metric: By | str = "auto",
) -> Cost:
    """What a diagnosis from shots costs, with nothing run; arguments as `diagnose`.

    Raises:
        InputError: As `diagnose`.
    """
    problem, point = _asked(target, theta)
    device, _ = _device(target if isinstance(target, Run) else None, problem, executor, shots)
    inner = problem.reduced(point)
    asker = Asker.of(inner, _counting(inner, device), shots)
    return sampled_cost(asker, point[problem.free], By.of(metric))


def check_asked(
    shots: Shots | None, starts: int | None, method: Any, hyperparameters: Mapping[str, Any]
) -> None:
    """Refuse with shots what only exact numbers say.

    Raises:
        InputError: Starts, or a method, beside shots.
    """
    if shots is None:
        return
    if starts:
        raise InputError("starts= are of exact minimisations: leave it out, or shots=")
    if method is not None or any(hyperparameters.values()):
        raise InputError(
            "the next step of a method is looked at with exact numbers: leave method= out, or "
            "shots="
        )


def _asked(target: Any, theta: Any) -> tuple[AnyProblem, Array]:
    """The problem and the point, all parameters."""
    if isinstance(target, (Comparison, Comparisons)):
        raise InputError(
            f"this is a {type(target).__name__}: give one of its runs, as comparison.runs[NAME][0]"
        )
    if not isinstance(target, Run):
        problem, point = problem_and_point(target, theta)
    else:
        if target.made is None:
            raise InputError(
                "the run does not say how it was made: give its problem, and theta=run.x"
            )
        kept = Given().problem_of(target.made.problem)
        problem, point = problem_and_point(kept, target.x if theta is None else theta)
    if not np.all(np.isfinite(point)):
        raise InputError("the point is not finite: give theta=, such as one of run.trace['theta']")
    return problem, point


def _method(run: Run | None, given: Any, hyperparameters: Any) -> tuple[Method | None, str]:
    """The method whose steps are looked at, and its name; None: none."""
    chosen = {key: value for key, value in hyperparameters.items() if value is not None}
    if given is not None:
        return method_of(given, chosen), given if isinstance(given, str) else "the method"
    if chosen and run is not None:
        return method_of(run.method, chosen), run.method
    if chosen:
        raise InputError(
            f"{', '.join(chosen)} is given without a method: give method= (--optimizer)"
        )
    if run is None or run.made is None:
        return None, ""
    try:
        return Given().method_of(run.made.method, run.method), run.method
    except InputError:
        return None, run.method


def _device(
    run: Run | None, problem: AnyProblem, given: Any, shots: Shots | None
) -> tuple[Any, bool]:
    """The executor that is compared, or that counts; and whether it is that of the run."""
    if is_of_models(problem):
        return (None if given is None else device_for(problem, given, shots)), False
    if given is not None:
        return executor_of(given), False
    if run is None or run.made is None:
        return (executor_of("statevector") if shots is not None else None), False
    return Given().executor_of(run.made), True


def _exact_device(inner: AnyProblem, device: Any) -> Any:
    """What answers exactly: the statevector, or the executor itself where that is exact."""
    if not isinstance(inner, Problem):
        return device_for(inner, "statevector")
    own = device is not None and not device.noise and Gradient in device.answers
    if (
        inner.circuit.n_qubits > _MOST_QUBITS
        and not own
        and not is_cheap(inner.ensemble, inner.observable)
    ):
        raise InputError(
            f"exact states of {inner.circuit.n_qubits} qubits take long: give shots=, or "
            'executor="statevector" to have them all the same'
        )
    if own:
        return device
    # Small problems wait for threads longer than they compute.
    cheap = is_cheap(inner.ensemble, inner.observable)
    return executor_of("statevector", most_threads=1 if cheap else None)


def _counting(inner: AnyProblem, device: Any) -> Any:
    """What counts.

    Raises:
        InputError: A model, or a device that does not answer at once.
    """
    if not isinstance(inner, Problem):
        device_for(inner, "statevector", 1)
        raise InputError("this problem is diagnosed exactly: leave shots out")
    found = executor_of("statevector") if device is None else device
    if not answers_at_once(found):
        raise InputError(
            f"{found.name} runs jobs, and a diagnosis asks at once: give a simulator of it, "
            "such as fake_fez or aer"
        )
    return found


def _from_shots(
    inner: AnyProblem, theta: Array, device: Any, shots: Shots, seed: int, metric: By
) -> Evidence:
    """All from shots; of a device with noise also the energy of the noiseless state, if cheap."""
    if isinstance(shots, PerCircuit):
        raise InputError("shots= of a diagnosis is for all of it together: give a number")
    found = _counting(inner, device)
    evidence = sampled_evidence(Asker.of(inner, found, int(shots), seed), theta, metric)
    if found.noise and isinstance(inner, Problem) and is_cheap(inner.ensemble, inner.observable):
        exact = Asker.of(inner, executor_of("statevector"), None, seed)
        return replace(evidence, state=exact.energies(theta[None])[0])
    return evidence
