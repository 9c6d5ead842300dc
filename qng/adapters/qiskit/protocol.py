"""Our methods by the `Minimizer` protocol of qiskit-algorithms, for which no package is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.adapters.functions.loop import STEPS, Asked, Found, Settings, minimized
from qng.adapters.functions.readings import AUTO, Noise
from qng.adapters.qiskit.algorithms import circuit_for, takes_several
from qng.adapters.scipy import result_of
from qng.arrays import Array
from qng.optimize.method import Method, Step
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.seeds import Key

Callback = Callable[[int, Any, float, float, bool], Any]
"""(values so far, theta, value there, length of the step to it, whether it is kept), as of SPSA."""

_TOLD: Final = "values so far, theta, value, length of the step, whether it is kept"


@dataclass(frozen=True)
class Minimizer:
    """A minimizer for the algorithms of qiskit-algorithms; made by `minimizer`.

    Args:
        settings: How.
        circuit: As of `algorithms.circuit_for`.
        maxiter: Most updates.
        maxfev: Values after which no step is begun; None: no limit.
        tol: The change of the value from one step to the next that ends it.
        watch: Told of every point, as the callback of SPSA. It is not called so here, since
            qiskit-machine-learning sets the `callback` of whatever has one.
        checker: Told the same; it ends the run by returning True.
    """

    settings: Settings
    circuit: Any = None
    maxiter: int = STEPS
    maxfev: int | None = None
    tol: float | None = None
    watch: Callback | None = None
    checker: Callback | None = None

    def __post_init__(self) -> None:
        checks.whole("maxiter", self.maxiter)
        if self.maxfev is not None:
            checks.whole("maxfev", self.maxfev, 1)
        if self.tol is not None:
            checks.not_negative("tol", self.tol)
        checks.function("callback", self.watch, _TOLD)
        checks.function("termination_checker", self.checker, _TOLD)

    def __call__(
        self,
        fun: Callable[..., Any],
        x0: ArrayLike,
        jac: Callable[..., Any] | None = None,
        bounds: Any = None,
    ) -> Any:
        """Minimise; what VQE, QAOA, VQD and others call.

        Args:
            fun: theta of shape (P,) -> a number; one of qiskit-algorithms is asked at many points
                at once.
            x0: Shape (P,).
            jac: theta -> the gradient, shape (P,); None: it is had from fun.
            bounds: Not used: parameters are angles, which go round.

        Returns:
            A `scipy.optimize.OptimizeResult`, as `qng.scipy_method` gives it.
        """
        return result_of(self.found(fun, x0, jac))

    def found(
        self, fun: Callable[..., Any], x0: ArrayLike, jac: Callable[..., Any] | None = None
    ) -> Found:
        """The same as a value of ours."""
        start = np.atleast_1d(np.asarray(x0))
        told = _Told(self.watch, self.checker, start)
        asked = Asked(
            fun=fun,
            start=start,
            jac=jac,
            circuit=circuit_for(self.circuit, fun),
            together=takes_several(fun),
            steps=self.maxiter,
            most=self.maxfev,
            tol=self.tol,
            watch=told.of_step,
        )
        found = minimized(self.settings, asked)
        told.of_end(found)
        return found


class _Told:
    """Tells of the end of every step, which is where the next one begins."""

    def __init__(self, callback: Callback | None, checker: Callback | None, start: Array) -> None:
        self._callback, self._checker, self._kept = callback, checker, start

    def of_step(self, step: Step, asked: int) -> None:
        """The point of a step.

        Raises:
            StopIteration: The checker ends the run.
        """
        if not step.step:
            return
        said = asked, np.array(step.theta), step.energy, self._moved(step.theta), step.accepted
        if step.accepted:
            self._kept = step.theta
        if self._callback is not None:
            self._callback(*said)
        if self._checker is not None and self._checker(*said):
            raise StopIteration

    def of_end(self, found: Found) -> None:
        """The last point of a run."""
        if self._callback is not None and found.run.nit:
            x = np.array(found.run.x)
            self._callback(found.nfev, x, found.run.fun, self._moved(x), True)

    def _moved(self, theta: Array) -> float:
        return float(np.linalg.norm(theta - self._kept))


def minimizer(
    method: str | Method = "qng",
    circuit: Any = None,
    *,
    maxiter: int = STEPS,
    maxfev: int | None = None,
    tol: float | None = None,
    callback: Callback | None = None,
    termination_checker: Callback | None = None,
    executor: Any = "statevector",
    shots: Shots | None = None,
    seed: Key = 0,
    gradient: By | str | None = None,
    std_error: Noise = AUTO,
    **hyperparameters: Any,
) -> Minimizer:
    """A method of ours as a callable (fun, x0, jac, bounds), as qiskit-algorithms take it.

    The metric is that of the circuit, on an executor of ours; values come from the estimator or
    sampler of the algorithm, and so does the gradient: by the shift rule of the circuit's
    frequencies or by differences (`qng.scipy_method`), all points in one job, or by the algorithm's
    own `gradient`.

    Args:
        method: A name of `optimizers.METHODS` or `optimizers.CONTROLS`, or a method.
        circuit: Whose metric is taken: a QuantumCircuit or a circuit of any other kind, an
            algorithm with an `ansatz`, a list of circuits, such as one a data point, of whose
            metrics the mean is taken, or a function without arguments that returns any of these.
            None: the circuit that the algorithm runs, of VQE, SamplingVQE, QAOA, VQD and AdaptVQE.
        maxiter: Most updates.
        maxfev: Values after which no step is begun; None: no limit.
        tol: The change of the value from one step to the next that ends it.
        callback: (values so far, theta, value, length of the step, whether it is kept), as of SPSA.
        termination_checker: The same; it ends the run by returning True.
        executor: What runs the circuits of the metric: by name, or a sampler or backend.
        shots: For the metric of a step; None: exact.
        seed: Of everything that is drawn here.
        gradient: "auto", "parameter-shift", "finite-difference" or "spsa"; None: the method's own.
        std_error: Of one value: a number, a function of theta, or "auto" (`qng.scipy_method`).
        hyperparameters: Of a method given by name, such as lr, damping, metric, every, trust.

    Raises:
        InputError: Bad input.
    """
    settings = Settings(method, executor, shots, seed, gradient, std_error, hyperparameters)
    return Minimizer(settings, circuit, maxiter, maxfev, tol, callback, termination_checker)
