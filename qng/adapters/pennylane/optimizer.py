"""Any of our methods as an optimizer of PennyLane: `step` and `step_and_cost` of QNodes.

One call is one step: what the method asks for is answered by the executor, and what it remembers
(momentum, moments, metrics, radii) is kept until the next call. Steps are as published unless a
`trust` is given: eta = lr in every step, none is judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.costs import Costs, name_of
from qng.adapters.pennylane.given import Given, metric_of, slope_of
from qng.adapters.pennylane.nodes import constants
from qng.arrays import Array
from qng.errors import CircuitError, InputError, QngError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Done, End, Method, State
from qng.optimize.methods import method as method_of
from qng.optimize.methods import named, takes
from qng.optimize.optimizer import Optimizer as Parts
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By, Measured, Objective
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.run.bench import Bench
from qng.run.objective import Circuits, warn_of_surrogate
from qng.run.stop import diverged
from qng.run.task import learning_rate
from qng.run.trace import Trace
from qng.seeds import Key, extended, key_of


class Optimizer:
    """An optimizer with the interface of PennyLane's, by any of our methods.

    Args:
        method: A name of `qng.optimizers.METHODS` or `CONTROLS`, or a method.
        lr: The learning rate, PennyLane's stepsize; the method's own by default.
        executor: What runs the circuits, by name or as an object. A QNode's own device and shots
            are not used, which a warning says.
        shots: For all circuits of one step together, or `qng.PerCircuit(N)`; None: exact.
        seed: Of everything that is drawn.
        gradient: Gradient estimator; "auto" is exact where the executor can.
        argnum: Positions of the arguments that are trained; by default those of
            `requires_grad=True`, as arrays of `pennylane.numpy` have it, or a single argument that
            does not say.
        stepsize: lr by PennyLane's name.
        hyperparameters: Of a method given by name, such as damping (PennyLane's lam) or metric.
            Methods that have a trust take published steps, trust=inf, unless one is given.

    Raises:
        InputError: Bad input, before anything is computed.

    Example:
        >>> import pennylane as qml
        >>> from pennylane import numpy as np
        >>> from qng.adapters.pennylane import Optimizer
        >>> @qml.qnode(qml.device("default.qubit", wires=2))
        ... def energy(x):
        ...     qml.RX(x[0], 0)
        ...     qml.RY(x[1], 1)
        ...     return qml.expval(qml.Z(0) + qml.Z(1))
        >>> opt, x = Optimizer("qng", lr=0.2), np.array([0.3, 0.4], requires_grad=True)
        >>> for _ in range(40):
        ...     x, cost = opt.step_and_cost(energy, x)
        >>> round(float(cost), 3)
        -2.0
    """

    def __init__(
        self,
        method: str | Method = "qng",
        lr: float | None = None,
        *,
        executor: str | Executor | Service | Any = "statevector",
        shots: Shots | None = None,
        seed: Key = 0,
        gradient: By | str | None = None,
        argnum: int | Sequence[int] | None = None,
        stepsize: float | None = None,
        **hyperparameters: Any,
    ) -> None:
        if lr is not None and stepsize is not None:
            raise InputError("lr and stepsize are two names of the same: give one of them")
        lr = stepsize if lr is None else lr
        given = {key: value for key, value in hyperparameters.items() if value is not None}
        if isinstance(method, str):
            given |= {} if lr is None else {"lr": lr}
            if takes(method, "trust"):
                given = {"trust": math.inf, **given}
        self.method = method_of(method, given)
        if lr is not None and not isinstance(method, str):
            self.method = _with_rate(self.method, lr)
        if gradient is not None:
            self.method = _with_gradient(self.method, gradient)
        self.argnum = argnum
        self._named = (method, given) if isinstance(method, str) else None
        self._key = extended(key_of(seed))
        self._costs = Costs(executor_of(executor), checked_shots(shots), self._key)
        self._warned = False
        self.reset()

    def reset(self) -> None:
        """Forget all steps: momentum, moments, metrics. Circuits that were converted are kept."""
        # With what the last step was of.
        self._states: dict[Hashable, tuple[State, Hashable]] = {}
        self._bench = Bench(self._costs.device, self._costs.shots, self._key)
        self._metric: Array | None = None

    @property
    def stepsize(self) -> float | None:
        """The learning rate, which may be set between steps; None where a schedule has it."""
        return learning_rate(self.method)

    @stepsize.setter
    def stepsize(self, lr: float) -> None:
        if self._named is not None and takes(self._named[0], "lr"):
            name, given = self._named[0], {**self._named[1], "lr": lr}
            made, self._named = named(name, **given), (name, given)
            gradient = getattr(self.method, "gradient", None)
            self.method = made if gradient is None else _with_gradient(made, gradient)
        else:
            self.method = _with_rate(self.method, lr)

    @property
    def trace(self) -> Trace:
        """What is known of every step so far, as of a `Run`: trace["energy"], trace["shots"]."""
        return Trace(tuple(self._bench.journal.steps))

    @property
    def metric_tensor(self) -> Array | None:
        """The metric that was measured last, shape (P, P), without damping; None before."""
        return None if self._metric is None else self._metric.copy()

    def step(self, cost: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The arguments after one step; arguments and errors as of `step_and_cost`."""
        return self.step_and_cost(cost, *args, **kwargs)[0]

    def step_and_cost(
        self,
        cost: Callable[..., Any],
        *args: Any,
        grad_fn: Callable[..., Any] | None = None,
        metric_tensor_fn: Callable[..., Any] | None = None,
        recompute_tensor: bool = True,
        **kwargs: Any,
    ) -> tuple[Any, Any]:
        """One step, and the cost before it.

        Args:
            cost: A QNode that returns an expectation value, or a function of QNodes.
            *args: Its arguments.
            grad_fn: (*args, **kwargs) -> the gradient, one array a trained argument.
            metric_tensor_fn: (*args, **kwargs) -> the metric, one array a trained argument, of its
                shape twice; or one matrix over all trained numbers.
            recompute_tensor: Whether the metric is measured; otherwise it is the last one.
            **kwargs: Keyword arguments of the cost, which are constants.

        Returns:
            (arguments, cost): one argument as it is, several as a list, those that are not trained
            as they were given. Arguments that the caller has changed since the last step are
            taken as they are, and memories such as momentum go on.

        Raises:
            InputError: Nothing is trained, or what is given has wrong shapes.
            CircuitError: A QNode that cannot be lowered.
            QngError: The step cannot be done: not finite, singular, diverged.
        """
        call = Call.of(args, kwargs, self.argnum)
        objective = self._objective(cost, call, grad_fn, metric_tensor_fn, recompute_tensor)
        # Whoever trains arguments in turns has a memory of each.
        whose, asked = (call.trained, call.shapes), (name_of(cost), constants(call))
        state, before = self._states.get(whose, (None, None))
        state, value = self._stepped(objective, self._begun(state, call.theta, asked == before))
        self._states[whose] = state, asked
        new = call.at(state.theta)
        return (new[0] if len(new) == 1 else new), np.float64(value)

    def _objective(
        self,
        cost: Callable[..., Any],
        call: Call,
        grad_fn: Callable[..., Any] | None,
        metric_tensor_fn: Callable[..., Any] | None,
        recompute_tensor: bool,
    ) -> Objective:
        for name, function in (("grad_fn", grad_fn), ("metric_tensor_fn", metric_tensor_fn)):
            if function is not None and not callable(function):
                raise InputError(f"{name} must be a function, not {function!r}")
        try:
            objective = self._costs.of(cost, call)
        except CircuitError:
            if grad_fn is None:
                raise
            objective = self._costs.bare(cost, call)
        if isinstance(objective, Circuits) and not self._warned:
            self._warned = True
            self._warn(objective, call)
        slope = None if grad_fn is None else slope_of(grad_fn, call)
        g = None if metric_tensor_fn is None else metric_of(metric_tensor_fn, call)
        known = self._metric
        if not recompute_tensor and known is not None and len(known) == len(call.theta):
            g = lambda theta: known  # noqa: E731
        return objective if slope is None and g is None else Given(objective, slope, g)

    def _warn(self, objective: Circuits, call: Call) -> None:
        """Say so where a noisy executor is asked for a metric of pure states."""
        wants = getattr(getattr(self.method, "precondition", None), "wants", None)
        wanted = None if wants is None else wants(self.method.init(call.theta))
        if wanted is not None:
            metric = objective.metric_estimator(wanted.by)
            warn_of_surrogate(self._costs.device, metric, stacklevel=5)

    def _begun(self, state: State | None, theta: Array, same: bool) -> State:
        """The state from which a step is taken, of the same cost as the one before or not."""
        if state is None:
            return self.method.init(theta)
        is_there, has_parts = np.array_equal(state.theta, theta), isinstance(self.method, Parts)
        if is_there and (same or not has_parts):
            return state
        if not has_parts:
            return self.method.init(theta)  # what it knows is of a path that has been left
        # The step before is not judged by what the cost is elsewhere, or by another cost.
        return state.but(theta=theta, accepted=None, predicted=math.nan, energy=math.nan)

    def _stepped(self, objective: Objective, state: State) -> tuple[State, float]:
        """(the state after a step, the cost before it)."""
        bench, told = self._bench, list[Any]()
        while not isinstance(
            found := self.method.next(objective.at(bench.batch), state, tuple(told)), Done
        ):
            if isinstance(found, End):
                if found.failed:
                    raise QngError(found.message)
                plan = objective.at(bench.batch).energy(state.theta[None])
                return state, bench.ask(plan).at(0).value
            told.append(bench.ask(found))
        if end := diverged(found.state):
            raise QngError(end.message)
        if told and isinstance(told[0], Measured) and told[0].metric is not None:
            metric = told[0].metric
            self._metric = metric.dense() if metric.has_matrix else self._metric
        counted = bench.counted(found.step)
        return bench.journal.stepped(found.state, counted, bench.batch), counted.energy

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"an Optimizer has no {name}{_INSTEAD.get(name, '')}", name=name, obj=self
        )

    def __getstate__(self) -> dict[str, Any]:
        # Copies convert their QNodes themselves: what a function reads does not travel.
        costs = self._costs
        return {**self.__dict__, "_costs": Costs(costs.device, costs.shots, costs.key)}

    def __repr__(self) -> str:
        method: Any = self.method
        part = getattr(method, "precondition", method)
        name = self._named[0] if self._named else type(part).__name__
        return f"Optimizer({name!r}, lr={self.stepsize}, executor={self._costs.device.name!r})"


_INSTEAD: Final = {
    "compute_grad": ": qng.gradient(cost, x) is the gradient of a QNode, with its errors",
    "apply_grad": ": opt.step(cost, x, grad_fn=lambda x: gradient) takes a step by a gradient",
}


def _with_gradient(method: Any, gradient: By | str) -> Method:
    if getattr(method, "gradient", None) is None:
        raise InputError("a gradient estimator is given for a method that has no gradient")
    changed: Method = replace(method, gradient=By.of(gradient))
    return changed


def _with_rate(method: Any, lr: float) -> Method:
    search: Any = getattr(method, "search", None)
    if not hasattr(search, "lr"):
        raise InputError("the method has no constant learning rate: set it in its constructor")
    changed: Method = replace(method, search=replace(search, lr=float(lr)))
    return changed
