"""Variational evolution in imaginary and real time, with SciPy's integrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnknownNameError
from qng.geometry import SmoothCutoff, Solver
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.problem.anyproblem import AnyProblem
from qng.problem.foreign import origin
from qng.run.drive import Hamiltonian
from qng.run.evolution import Evolution, Setting
from qng.run.evolving import Evolving, Watch
from qng.run.flow import check_equation
from qng.run.followed import timed
from qng.run.integrate import INTEGRATORS, LEAST_RTOL, Integrator
from qng.run.recipe import machine, now, settings_of, threads_of, versions
from qng.run.target import as_problem, circuits_of, device_for, problem_and_point
from qng.run.walk import Until

# Rows where nobody says how many.
_ROWS: Final = 51


def evolve(
    problem: AnyProblem | str | Path | Any,
    time: float,
    *,
    kind: str = "imaginary",
    principle: str = "mclachlan",
    integrator: str = "RK45",
    start: Any = None,
    times: ArrayLike | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    step: float | None = None,
    metric: By | str = "auto",
    solve: Solver | None = None,
    executor: str | Executor = "statevector",
    observables: Mapping[str, Any] | Sequence[str] = (),
    exact: bool = True,
    until: Until | None = None,
    watch: Watch | None = None,
    limit: int = 100_000,
    hamiltonian: Hamiltonian | None = None,
    progress: bool = False,
) -> Evolution:
    """Let a state evolve in time, as far as its parameters can follow.

    In imaginary time it goes to the ground state along psi' = -(H - E) psi, in real time along
    psi' = -i (H - E) psi; see `qng.run.flow` for the equations of the parameters.

    Args:
        problem: A problem of circuits or of a model, its name in the library, a folder, or a
            QNode. The imaginary time of a model is the gradient flow of its loss in its metric.
        time: Where it ends, above 0, in units of 1 / <H>.
        kind: "imaginary" or "real".
        principle: "mclachlan", or in real time "tdvp", which needs an invertible Berry curvature.
        integrator: A solver of SciPy with error control ("RK45", "RK23", "DOP853", "Radau", "BDF",
            "LSODA"), or "euler" with steps of one size: a step of QNG with eta = step / 2.
        start: Shape (P,), radians, or a mapping from parameters to values; the problem's own by
            default. For a QNode its argument, or a tuple of its arguments.
        times: Where rows are kept, from 0 to `time`; both ends are added. By default 51 times
            evenly, and every step of "euler".
        rtol: Allowed error of a step, relative to the parameters.
        atol: Allowed error of a step, radians.
        step: The size of Euler's steps; elsewhere the largest step.
        metric: An exact estimator of the metric; "auto" is "exact" where the executor can.
        solve: What solves for theta', without memory: SmoothCutoff(1e-8) by default, which is
            smooth in the metric. TDVP solves in the directions that move the state.
        executor: By name or as an object. Real time needs derivatives of the state: those of a
            circuit, or of a wave function that is summed exactly. Nothing is counted or sampled:
            an integrator would take the scatter for motion.
        observables: Whose means are wanted along the way, by name, or as words such as "Z0 Z1".
        exact: Whether exact evolution is computed beside it, where it can be.
        until: A function (time, theta) of which the first zero ends it.
        watch: Told of every row; raise StopIteration to end it.
        limit: Most points at which the equation is set up.
        hamiltonian: A function of the time that gives H, a `PauliSum` or what makes one, in the
            place of the problem's observable; of circuits on the statevector.
        progress: Whether a bar shows how many rows are done, in a notebook and in a terminal.

    Returns:
        The rows, and how it was made.

    Raises:
        InputError: Bad input, before anything is computed.
        EvolutionError: It cannot go on: a singular equation, a step below what numbers resolve, a
            number that is not finite. The rows so far are its attribute `partial`; likewise of
            whatever else is raised on the way, Ctrl-C and errors of your functions included.

    Cost: an exact metric a stage of the integrator (RK45: 6 a step), and two a row.

    Example:
        >>> import qng
        >>> found = qng.evolve("textbook-2", 1.0)
        >>> float(found.infidelities.max()) < 1e-6
        True
    """
    check_equation(kind, principle)
    if integrator not in INTEGRATORS:
        raise UnknownNameError("integrator", integrator, INTEGRATORS)
    checks.positive("time", time)
    if checks.positive("rtol", rtol) < LEAST_RTOL and integrator != "euler":
        raise InputError(f"rtol must be at least {LEAST_RTOL:.1e}, which is rounding, not {rtol:g}")
    checks.positive("atol", atol)
    if step is not None:
        checks.positive("step", step)
        if integrator == "euler" and step > time * (1 + 1e-12):
            raise InputError(f"Euler's steps of {step:g} are longer than the time, {time:g}")
    elif integrator == "euler":
        raise InputError("euler needs the size of its steps: give step=, or another integrator")
    if solve is not None and not (callable(solve) and hasattr(solve, "needs_matrix")):
        raise InputError(f"solve must be a solver such as Tikhonov(1e-6), not {solve!r}")
    checks.function("until", until)
    checks.function("watch", watch)
    checks.function("hamiltonian", hamiltonian)
    whole = as_problem(problem, start)
    base = problem_and_point(whole, None if origin(problem) else start)[1]
    device = device_for(whole, executor)
    wanted = _observables(observables, whole)
    setting = Setting(
        problem=whole,
        start=base,
        time=float(time),
        kind=kind,
        principle=principle,
        integrator=Integrator(integrator, float(rtol), float(atol), step),
        metric=By.of(metric),
        solve=SmoothCutoff() if solve is None else solve,
        executor=device.name,
        versions=versions(),
        date=now(),
        hamiltonian=hamiltonian,
        threads=threads_of(device),
        machine=machine(),
        settings=settings_of(executor, device),
        observables=wanted,
    )
    rows = _rows(times, setting)
    task = Evolving(setting, device, rows, wanted, exact)
    most = checks.whole("limit", limit, 1)
    if not checks.flag("progress", progress):
        return task.run(until, watch, most)
    with timed(whole, len(rows), watch) as told:
        return task.run(until, told, most)


def _rows(times: ArrayLike | None, made: Setting) -> Array:
    """Where rows are kept: 0, the times, the end.

    Raises:
        InputError: Times outside.
    """
    if times is not None:
        given = checks.reals("times", times).ravel()
        if not np.all(np.isfinite(given)) or np.any((given < 0) | (given > made.time)):
            raise InputError(f"times must be from 0 to time = {made.time:g}")
        return np.unique([0.0, *given.tolist(), made.time])
    if made.integrator.name == "euler":
        return made.integrator.grid(made.time)
    return np.linspace(0.0, made.time, _ROWS)


def _observables(
    given: Mapping[str, Any] | Sequence[str], problem: AnyProblem
) -> dict[str, PauliSum]:
    """Observables by name, each on the qubits of the problem.

    Raises:
        InputError: One that is none, is not Hermitian, or acts beyond the circuit; a problem
            without quantum states.
    """
    if isinstance(given, str):
        given = (given,)
    if not isinstance(given, Mapping | Sequence):
        raise InputError(
            f"observables are words such as 'Z0 Z1', or a mapping from names to them, not {given!r}"
        )
    if not given:
        return {}
    wave = getattr(getattr(problem, "loss", None), "wave", None)
    n = circuits_of(problem, "an observable").circuit.n_qubits if wave is None else wave.n_spins
    named = given if isinstance(given, Mapping) else {word: {word: 1.0} for word in given}
    found = {}
    for name, value in named.items():
        terms = value if isinstance(value, PauliSum) else PauliSum(value)
        if terms.n_qubits > n:
            raise InputError(
                f"the observable {name} acts on qubit {terms.n_qubits - 1}, and there are {n}"
            )
        found[name] = terms.hermitian()
    return found
