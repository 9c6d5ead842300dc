"""Our methods as a method of `scipy.optimize.minimize`.

    minimize(fun, x0, method=qng.scipy_method("qng", circuit))

SciPy hands over everything that it was given, and gets back what its own methods return.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.adapters.functions.loop import STEPS, Asked, Found, Settings, accepted, minimized
from qng.adapters.functions.readings import AUTO, Noise
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError
from qng.optimize.method import Method, Step
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.seeds import Key

OPTIONS: Final = ("disp", "maxfev", "maxfun", "maxiter", "tol")
"""What `options=` takes."""


@dataclass(frozen=True)
class ScipyMethod:
    """A method for `scipy.optimize.minimize`; made by `scipy_method`."""

    settings: Settings
    circuit: Any = None

    def __call__(
        self,
        fun: Callable[..., Any],
        x0: ArrayLike,
        args: Any = (),
        *,
        jac: Any = None,
        hess: Any = None,
        hessp: Any = None,
        bounds: Any = None,
        constraints: Any = (),
        callback: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Any:
        """What `scipy.optimize.minimize` calls; its arguments, and `options` by name.

        Returns:
            A `scipy.optimize.OptimizeResult`.

        Raises:
            InputError: Bounds, constraints, or an option that this method does not know.
        """
        _check_free(bounds, constraints)
        limits = _limits(options)
        more = args if isinstance(args, tuple) else (args,)
        for what in _unused(self.settings, jac, hess, hessp):
            message = f"Method {self.settings.label} does not use {what}."
            warnings.warn(message, RuntimeWarning, stacklevel=3)
        told = None if callback is None else _Told(callback)
        asked = Asked(
            fun=_with(fun, more),
            start=x0,
            jac=_with(jac, more) if callable(jac) else None,
            hess=_with(hess, more) if callable(hess) else None,
            circuit=self.circuit,
            watch=None if told is None else told.of_step,
            **limits,
        )
        found = minimized(self.settings, asked)
        result = result_of(found)
        if told is not None:
            told.of_point(found.run.x, found.run.fun, found.nfev)
        if options.get("disp"):
            print(_said(result))
        return result


def scipy_method(
    method: str | Method = "qng",
    circuit: Any = None,
    *,
    executor: Any = "statevector",
    shots: Shots | None = None,
    seed: Key = 0,
    gradient: By | str | None = None,
    std_error: Noise = AUTO,
    **hyperparameters: Any,
) -> ScipyMethod:
    """A method of ours for `scipy.optimize.minimize`: its `fun`, in the metric of a circuit.

    fun, args, jac (a function or True), callback (both signatures), tol and options keep their
    meaning; options are maxiter (100 by default), maxfev or maxfun, tol (the change of fun from one
    step to the next) and disp; a Hessian is used by `newton`. Bounds and constraints are refused.

    Without jac the gradient is had from fun: by the shift rule of the circuit's frequencies where
    fun is a trigonometric polynomial along the parameters, as an expectation value is (tried once,
    by P + 1 values), else by central differences; these also along parameters of many frequencies,
    where they take fewer values for the same error (`adapters.functions.choice`). The result says
    which (`gradient`). Words for jac, such as "3-point", are not handed on by SciPy.

    Args:
        method: A name of `optimizers.METHODS` or `optimizers.CONTROLS`, or a method.
        circuit: Whose metric is taken, of any kind; x0 is in the order of its parameters. A list of
            circuits, such as one a data point: the mean of their metrics. Methods without a metric
            need none.
        executor: What runs the circuits of the metric, by name or as an object.
        shots: For the metric of a step; None: exact.
        seed: Of everything that is drawn here; fun draws as it likes.
        gradient: "auto", "parameter-shift", "finite-difference" or "spsa", with options as
            By("spsa", draws=2); None: the method's own.
        std_error: Of one value of fun: a number, a function of theta, or "auto": six values, at the
            start and two random points, tell whether there is noise, and 12 more how much. With
            noise steps are judged by it, and differences are wider. Noise that is the same in every
            call, as that of a simulator with a fixed seed, does not average out: leave such a seed
            out.
        hyperparameters: Of a method given by name, such as lr, damping, metric, every, trust.

    Returns:
        What `scipy.optimize.minimize` takes as its `method`. The result has x, fun, jac (the last
        gradient that was asked for), nit, nfev (values of fun), njev, status, success, message, and
        std_error, gradient and the `run` with its trace.

    Raises:
        InputError: Bad input.

    Cost: per step a value, a gradient, which takes from 2 values a parameter to 2 a rotation angle,
        and a metric of the circuit.

    Example:
        >>> import scipy.optimize
        >>> import qng
        >>> h2 = qng.load("h2")
        >>> energy = lambda x: qng.energy(h2, x).value
        >>> found = scipy.optimize.minimize(
        ...     energy, h2.initial, method=qng.scipy_method("qng", h2, lr=0.4), tol=1e-8
        ... )
        >>> found.success, round(found.fun, 5)
        (True, -1.13619)
    """
    given: Any = method
    if callable(given) and not hasattr(given, "init"):
        raise InputError(
            "scipy_method makes a method and is none: give method=qng.scipy_method('qng', circuit)"
        )
    settings = Settings(method, executor, shots, seed, gradient, std_error, hyperparameters)
    return ScipyMethod(settings, circuit)


def result_of(found: Found) -> Any:
    """What SciPy's own methods return."""
    run = found.run
    return _made(
        x=np.array(run.x),
        fun=run.fun,
        jac=found.jac,
        nit=run.nit,
        nfev=found.nfev,
        njev=found.njev,
        status=found.status,
        success=found.success,
        message=run.message,
        std_error=run.std_error,
        gradient=found.gradient,
        run=run,
    )


class _Told:
    """A callback that is told of every new point, once.

    A step says from where it begins: that is where the iteration before it has ended.
    """

    def __init__(self, callback: Callable[..., Any]) -> None:
        checks.function("callback", callback)
        try:
            parameters = tuple(inspect.signature(callback).parameters)
        except (TypeError, ValueError):
            parameters = ()
        self._callback, self._whole = callback, parameters == ("intermediate_result",)
        if not self._whole:
            checks.function("callback", callback, "x")
        self._last: Array | None = None

    def of_step(self, step: Step, asked: int) -> None:
        """The point of a step, where it is kept and new."""
        if accepted(step):
            self._tell(step.theta, step.energy, asked)

    def of_point(self, x: Array, fun: float, asked: int) -> None:
        """The last point; to stop there changes nothing."""
        if self._last is None or not np.array_equal(x, self._last):
            try:
                self._tell(x, fun, asked)
            except StopIteration:
                return

    def _tell(self, x: Array, fun: float, asked: int) -> None:
        self._last = np.array(x)
        if self._whole:
            self._callback(intermediate_result=_made(x=np.array(x), fun=fun, nfev=asked))
        else:
            self._callback(np.array(x))


def _made(**fields: Any) -> Any:
    """A result of SciPy's, which is a dictionary with its keys as attributes."""
    from scipy.optimize import OptimizeResult

    made: Any = OptimizeResult
    return made(**fields)


def _with(function: Callable[..., Any], more: Sequence[Any]) -> Callable[..., Any]:
    return (lambda x: function(x, *more)) if more else function


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    for name in options:
        if name not in OPTIONS:
            raise UnknownNameError("option of the method", name, OPTIONS)
    most = options.get("maxfev", options.get("maxfun"))
    steps = options.get("maxiter")
    return {
        "steps": STEPS if steps is None else checks.whole("maxiter", steps),
        "most": most,
        "tol": options.get("tol"),
    }


def _unused(settings: Settings, jac: Any, hess: Any, hessp: Any) -> Iterator[str]:
    """What was given and is not used, in the words of SciPy's own methods."""
    if hessp is not None or (hess is not None and not callable(hess)):
        yield "Hessian-vector products or strategies (hess, hessp)"
    metric = getattr(getattr(settings.made, "precondition", None), "metric", None)
    if callable(hess) and (metric is None or By.of(metric).estimator != "hessian"):
        yield "Hessian information (hess)"
    gradient = getattr(settings.made, "gradient", None)
    if callable(jac) and (gradient is None or By.of(gradient).estimator not in ("auto", "exact")):
        yield "gradient information (jac)"


def _check_free(bounds: Any, constraints: Any) -> None:
    """Refuse what would restrict x.

    Raises:
        InputError: It does.
    """
    if constraints is not None and not (isinstance(constraints, Sequence) and not constraints):
        raise InputError("the method takes no constraints: add a penalty to fun, or leave them out")
    if bounds is None:
        return
    if hasattr(bounds, "lb"):
        ends = [*np.ravel(bounds.lb), *np.ravel(bounds.ub)]
    else:
        try:
            ends = [end for pair in bounds for end in pair]
        except TypeError:
            ends = [bounds]
    if any(end is not None and not math.isinf(end) for end in ends):
        raise InputError(
            "the method takes no bounds: an angle goes round, so leave them out, or minimise over "
            "another variable"
        )


def _said(result: Any) -> str:
    """What `disp` prints."""
    return (
        f"{result.message}\n         Current function value: {result.fun:.6f}\n"
        f"         Iterations: {result.nit}\n         Function evaluations: {result.nfev}\n"
        f"         Gradient evaluations: {result.njev}"
    )
