"""A run inside a loop of another package: its function, our method, the metric of a circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from numpy.typing import ArrayLike

from qng import checks
from qng.adapters.functions.given import placed
from qng.adapters.functions.gradients import Slope
from qng.adapters.functions.objective import FunctionProblem
from qng.adapters.functions.readings import AUTO, Noise, Readings
from qng.arrays import Array
from qng.circuit.frequencies import waves
from qng.errors import InputError
from qng.optimize.method import Method, Step
from qng.optimize.methods import method as method_of
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.run.bench import check_at_once
from qng.run.objective import warn_of_surrogate
from qng.run.partial import keep_partial
from qng.run.results import Run
from qng.run.stop import Rules
from qng.run.target import device_for
from qng.run.task import Task
from qng.seeds import Key, key_of

STEPS: Final = 100
"""Updates, where nobody says how many."""


@dataclass(frozen=True)
class Settings:
    """How a function is minimised.

    Args:
        method: A name of `optimizers.METHODS` or `CONTROLS`, or a method.
        executor: What runs the circuits of the metric, by name or as an object.
        shots: Of the metric in a step; None: exact.
        seed: Of everything that is drawn here.
        gradient: Gradient estimator of `gradients.GRADIENTS`; None: the method's own.
        std_error: Of one value of the function: a number, a function of theta, or "auto".
        hyperparameters: Of a method given by name.

    Raises:
        InputError: Any of these cannot be used; nothing is computed to see it.
    """

    method: str | Method = "qng"
    executor: Any = "statevector"
    shots: Shots | None = None
    seed: Key = 0
    gradient: By | str | None = None
    std_error: Noise = AUTO
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {key: value for key, value in self.hyperparameters.items() if value is not None}
        made = method_of(self.method, given)
        if self.gradient is not None:
            if getattr(made, "gradient", None) is None:
                raise InputError("a gradient estimator is given for a method that has no gradient")
            changed: Any = made
            made = replace(changed, gradient=self.gradient)
        checked_shots(self.shots)
        Readings(_nothing, noise=self.std_error)
        object.__setattr__(self, "seed", key_of(self.seed))
        object.__setattr__(self, "hyperparameters", given)
        object.__setattr__(self, "_made", made)

    @property
    def made(self) -> Method:
        """The method itself."""
        made: Method = vars(self)["_made"]
        return made

    @property
    def label(self) -> str:
        """What results call the method."""
        return self.method if isinstance(self.method, str) else "optimizer"


@dataclass(frozen=True)
class Asked:
    """A function and what is said with it.

    Args:
        fun: theta of shape (P,) -> a number.
        start: Shape (P,).
        jac: theta -> the gradient, shape (P,), or None.
        hess: theta -> the Hessian, shape (P, P), or None.
        circuit: Whose metric is taken, as of `given.placed`; None: none.
        together: Whether fun takes several points at once (`Readings`).
        steps: Most updates.
        most: Values of fun after which no step is begun; None: no limit.
        tol: As in `minimize`.
        watch: Told of every step and of the readings so far; it ends the run by raising
            StopIteration.
    """

    fun: Callable[..., Any]
    start: ArrayLike
    jac: Callable[..., Any] | None = None
    hess: Callable[..., Any] | None = None
    circuit: Any = None
    together: bool = False
    steps: int = STEPS
    most: int | None = None
    tol: float | None = None
    watch: Callable[[Step, int], Any] | None = None


@dataclass(frozen=True)
class Found:
    """What came of it.

    Args:
        run: With its trace; it does not say how it was made, as a function cannot be kept.
        nfev: Values of fun.
        njev: Gradients, given or made of values.
        gradient: How they were had (`Slope.how`).
        cut: Whether it ended by the limit on values.
        jac: The last gradient that was asked for, shape (P,); None where none was.
        tol: That it was asked for.
    """

    run: Run
    nfev: int
    njev: int
    gradient: str
    cut: bool
    jac: Array | None
    tol: float | None

    @property
    def status(self) -> int:
        """0: ended as asked; 1: a limit; 2: failed; 99: stopped by the callback."""
        if self.run.failed:
            return 2
        if self._stopped:
            return 99
        return 0 if self.success else 1

    @property
    def success(self) -> bool:
        """Whether it ended as asked: converged, or without a tol all steps done."""
        return self.run.success and not self._stopped and not (self.cut and self.tol is not None)

    @property
    def _stopped(self) -> bool:
        """Whether a callback has ended it."""
        return self.run.message.startswith("stopped by the callback")


def minimized(settings: Settings, asked: Asked) -> Found:
    """Minimise a function of the user's.

    Raises:
        InputError: Bad input, before the function is called.
        KeyboardInterrupt: It was interrupted; the run so far is its attribute `partial`.
        Exception: Whatever the function raises, with `partial` likewise.
    """
    checks.whole("maxiter", asked.steps)
    if asked.most is not None:
        checks.whole("maxfev", asked.most, 1)
    if asked.tol is not None:
        checks.not_negative("tol", asked.tol)
    readings = Readings(asked.fun, asked.together, settings.std_error, settings.seed)
    ensemble, names, start = placed(asked.circuit, asked.start)
    slope = Slope(readings, waves([circuit for circuit, _ in ensemble]), asked.jac)
    problem = FunctionProblem(slope, start, names, ensemble, asked.hess)
    device = device_for(problem, settings.executor, settings.shots)
    check_at_once(device)
    _check(settings, problem, device)
    cut: list[str] = []

    def stop(energies: Any) -> str | None:
        if asked.most is None or readings.asked < asked.most:
            return None
        cut.append(f"{readings.asked} values of the function, the limit is {asked.most}")
        return cut[-1]

    watch = asked.watch
    task = Task(
        problem=problem,
        base=start,
        method=settings.made,
        rules=Rules(asked.steps, asked.tol, stop if asked.most is not None else None),
        device=device,
        shots=checked_shots(settings.shots),
        seed=settings.seed,
        watchers=() if watch is None else (lambda step: watch(step, readings.asked),),
    )
    # A function cannot be kept, so the run does not claim that it can be repeated.
    run = replace(task.run(settings.label), made=None)
    found = Found(run, readings.asked, slope.asked, slope.how, bool(cut), slope.last, asked.tol)
    if run.interrupted:
        error = KeyboardInterrupt(run.message)
        keep_partial(error, found.run)
        raise error
    return found


def accepted(step: Step) -> bool:
    """Whether a step begins at a point that is kept, and is not the start."""
    return step.step > 0 and step.accepted


def _check(settings: Settings, problem: FunctionProblem, device: Executor | Service) -> None:
    """Refuse a metric or a gradient that cannot be had, and warn of a surrogate."""
    objective = problem.objective(device, settings.shots is not None, settings.seed)
    method = settings.made
    state = method.init(problem.initial)
    if (gradient := getattr(method, "gradient", None)) is not None:
        problem.slope.check(By.of(gradient))
    wants = getattr(getattr(method, "precondition", None), "wants", None)
    wanted = None if wants is None else wants(state)
    if wanted is None:
        return
    objective.metric(state.theta, wanted.by, wanted.products)
    if objective.circuits is not None and wanted.by.estimator != "hessian":
        estimate = objective.circuits.metric_estimator(wanted.by)
        warn_of_surrogate(device, estimate, stacklevel=_LEVEL)


# From the warning to whoever has called the package whose loop it is.
_LEVEL: Final = 6


def _nothing(theta: Array) -> float:
    return 0.0
