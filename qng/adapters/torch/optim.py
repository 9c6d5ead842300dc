"""Natural gradients for optimizers of PyTorch: .grad becomes (M + lambda)^-1 grad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
import torch

from qng import checks
from qng.adapters.differentiable.jets import check_size
from qng.adapters.differentiable.natural import Natural
from qng.adapters.torch.tensors import like, listed, numbers
from qng.errors import InputError
from qng.geometry import Solver
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots

Transform = Callable[..., None]


def natural_gradient(
    params: Any,
    circuit: Any,
    damping: float | Solver = 1e-3,
    metric: str | By = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Transform:
    """What turns the .grad of parameters into a natural gradient, before any optimizer's step.

    It is called between `backward()` and `step()`, or once and for all by the optimizer itself:
    `optimizer.register_step_pre_hook(natural_gradient(params, circuit))`. Where a step takes a
    closure it is called there, at the end. Parameters that have no gradient are held: the metric is
    that of the others.

    Args:
        params: A tensor or several, whose numbers together are theta, one after the other.
        circuit: Ours or Qiskit's, or a problem.
        damping: lambda, with metrics from shots raised to their errors (`qng.geometry.Floored`);
            or a solver of `qng.geometry`.
        metric: As in `qng.metric`; with options `qng.plan.quantities.By("blocks", rule="wires")`.
        executor: By name or as an object.
        shots: Of a metric; None: exact.
        seed: Of all draws; every call has its own.

    Returns:
        A function of no arguments, or of those of a hook; it refuses a step with a closure.

    Raises:
        InputError: Not a circuit, or parameters of another number.

    Cost: that of `qng.metric` a call.

    Example:
        >>> import torch
        >>> theta = torch.tensor([0.3, 0.8], requires_grad=True)
        >>> optimizer = torch.optim.Adam([theta], lr=0.05)
        >>> hook = optimizer.register_step_pre_hook(natural_gradient(theta, "one-qubit"))
    """
    natural = Natural.of(circuit, damping, metric, executor, shots, seed)
    tensors, calls = _of_circuit(params, natural), count()

    def transform(optimizer: Any = None, arguments: Any = (), named: Any = None) -> None:
        if any(map(callable, (*arguments, *(named or {}).values()))):
            raise InputError(
                "step(closure) computes gradients after its hooks: call this function at the end "
                "of the closure, after backward(), and do not register it"
            )
        _replace(tensors, natural, next(calls))

    return transform


def _of_circuit(params: Any, natural: Natural) -> list[Any]:
    """Tensors that are theta together."""
    tensors = listed(params)
    check_size("the circuit", natural.parameters, (sum(tensor.numel() for tensor in tensors),))
    return tensors


def _replace(tensors: Sequence[Any], natural: Natural, call: int) -> None:
    """Put natural gradients in the place of .grad, with the draws of the call of that number."""
    moved = [k for k, tensor in enumerate(tensors) if tensor.grad is not None]
    if not moved:
        return
    ends = np.cumsum([tensor.numel() for tensor in tensors])
    places = np.split(np.arange(ends[-1]), ends[:-1])
    theta = np.concatenate([numbers(tensor).ravel() for tensor in tensors])
    slope = np.concatenate([numbers(tensors[k].grad).ravel() for k in moved])
    free = None if len(slope) == len(theta) else np.concatenate([places[k] for k in moved])
    words = np.array([*natural.draws.words, call])
    found = natural.directions(theta, slope, words, free)
    for k, part in zip(moved, np.split(found, np.cumsum([len(places[k]) for k in moved])[:-1])):
        grad = tensors[k].grad
        grad.copy_(like(part.reshape(grad.shape), grad))


class NaturalGradient(torch.optim.Optimizer):  # type: ignore[misc]
    """Quantum natural gradient: v <- rho v + (M + lambda)^-1 grad, theta <- theta - lr v.

    Args:
        params: A tensor or several, whose numbers together are theta, one after the other.
        circuit: Ours or Qiskit's, or a problem.
        lr: eta, positive.
        damping: lambda, or a solver of `qng.geometry`.
        metric: As in `qng.metric`.
        momentum: rho, from 0 to below 1.
        executor: By name or as an object.
        shots: Of a metric; None: exact.
        seed: Of all draws; every step has its own.

    Raises:
        InputError: As `natural_gradient`, or a rate or momentum that is not like that.

    Cost: that of `qng.metric` a step.

    Reference: Stokes, Izaac, Killoran, Carleo, Quantum 4, 269 (2020).

    Example:
        >>> import torch
        >>> from qng.adapters.torch import energy
        >>> f, theta = energy("one-qubit"), torch.tensor([0.3, 0.8], requires_grad=True)
        >>> optimizer = NaturalGradient(theta, "one-qubit", lr=0.1)
        >>> for _ in range(60):
        ...     optimizer.zero_grad()
        ...     f(theta).backward()
        ...     optimizer.step()
        >>> round(float(f(theta).detach()), 2)
        -1.41
    """

    def __init__(
        self,
        params: Any,
        circuit: Any,
        lr: float = 0.1,
        damping: float | Solver = 1e-3,
        metric: str | By = "auto",
        momentum: float = 0.0,
        *,
        executor: str | Executor = "statevector",
        shots: Shots | None = None,
        seed: int = 0,
    ) -> None:
        checks.positive("lr", lr)
        if not 0 <= checks.real("momentum", momentum) < 1:
            raise InputError(f"momentum must be a number from 0 to below 1, not {momentum}")
        self._natural = Natural.of(circuit, damping, metric, executor, shots, seed)
        tensors = _of_circuit(params, self._natural)
        super().__init__(tensors, {"lr": lr, "momentum": momentum, "steps": 0})

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step.

        Args:
            closure: Computes the loss and its gradients anew.

        Returns:
            The loss that the closure returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        (group,) = self.param_groups
        _replace(group["params"], self._natural, group["steps"])
        group["steps"] += 1
        for tensor in group["params"]:
            if tensor.grad is not None:
                tensor.sub_(group["lr"] * self._velocity(tensor, group["momentum"]))
        return loss

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """The one group of the parameters of the circuit.

        Raises:
            InputError: Another one.
        """
        if self.param_groups:
            raise InputError(
                "the parameters of a circuit are one group: give others an optimizer of their own"
            )
        super().add_param_group(param_group)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_natural": self._natural}

    def _velocity(self, tensor: Any, momentum: float) -> Any:
        if momentum == 0:
            return tensor.grad
        memory = self.state[tensor]
        before = memory.get("velocity", torch.zeros_like(tensor))
        memory["velocity"] = momentum * before + tensor.grad
        return memory["velocity"]
