"""Functions of theta for PyTorch: one call of ours for all points of a batch.

f^(k) is an operation of PyTorch whose derivative is f^(k+1), that of `adapters/jets.py`. Where a
gradient will be asked for and costs little, it returns (f^(k), f^(k+1)) at once. All of them can be
differentiated again, forward and backward, and mapped by `torch.func.vmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from qng.adapters import derived, metrics
from qng.adapters.jets import Draws, Jets
from qng.adapters.torch.tensors import flat, like, numbers
from qng.errors import InputError
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.seeds import key_of

Function = Callable[..., Any]


def energy(
    problem: Any,
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    gradient: str | By = "auto",
) -> Function:
    """E(theta), with our gradient and Hessian as its derivatives.

    The function takes theta as a tensor of shape (P,), or of any shape with P numbers; as several
    tensors with P numbers together; as a mapping from names to numbers; or as (..., P) for many
    points, one batch. `seed=` decides the draws of a call; without it every call of a sampled
    function draws anew, in an order that the seed of the function decides.

    Args:
        problem: A problem of circuits or of a model, or its name.
        executor: By name or as an object.
        shots: For the energy, and for each derivative; None: exact.
        seed: Of all draws, with the number of the call.
        gradient: How the gradient is estimated, as in `qng.gradient`.

    Returns:
        A function (theta, seed=None) -> tensor of shape () or (...), with the type and on the
        device of theta.

    Raises:
        InputError: No problem, theta of another length, or a third derivative.

    Cost: that of `qng.energy`, where gradients are on that of `qng.gradient`; a Hessian that of
    `qng.hessian`.

    Example:
        >>> import torch
        >>> theta = torch.tensor([0.3, 0.8], requires_grad=True)
        >>> energy("one-qubit")(theta).backward()
        >>> [round(float(x), 3) for x in theta.grad]
        [-0.418, -0.02]
    """
    return function("energy", derived.energy(problem, executor, shots, seed, gradient))


def expectations(
    circuit: Any,
    observables: Sequence[Any],
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Function:
    """<H_j> of several observables, shape (J,), with derivatives as those of `energy`.

    Args:
        circuit: Ours or Qiskit's, or a problem with one.
        observables: H_j, whatever `qng.PauliSum` reads.
        executor: By name or as an object.
        shots: For the values of all observables, and for each derivative; None: exact.
        seed: Of all draws, with the number of the call.

    Example:
        >>> import torch
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> f = expectations(real_amplitudes(1, 0), [{"Z0": 1.0}, {"X0": 1.0}])
        >>> slopes = torch.func.jacrev(f)(torch.tensor([0.3]))  # of cos(t) and sin(t)
        >>> [[round(float(x), 3) for x in row] for row in slopes]
        [[-0.296], [0.955]]
    """
    jets = derived.expectations(circuit, observables, executor, shots, seed)
    return function("expectations", jets)


def probabilities(
    circuit: Any,
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Function:
    """Probabilities of all outcomes, shape (2^n,); qubit 0 is the least significant bit.

    Args:
        circuit: Ours or Qiskit's, or a problem with one.
        executor: By name or as an object.
        shots: For the probabilities, and for their derivatives; None: exact. From shots they are
            frequencies, whose first derivatives are known.
        seed: Of all draws, with the number of the call.

    Cost: as `energy`; derivatives take (2^n, P) numbers a point, and the second 2R + 1 sweeps.

    Example:
        >>> import torch
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> p = probabilities(real_amplitudes(1, 0))(torch.tensor([0.3]))
        >>> [round(float(x), 3) for x in p]  # cos^2(t/2) and sin^2(t/2)
        [0.978, 0.022]
    """
    return function("probabilities", derived.probabilities(circuit, executor, shots, seed))


def metric(
    circuit: Any,
    estimator: str = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
    **options: Any,
) -> Function:
    """The metric, shape (P, P), with its derivative d_k g_ij.

    Args:
        circuit: Ours or Qiskit's, or a problem.
        estimator: As in `qng.metric`. The first derivative is known of "exact", "blocks",
            "diagonal" and "blocks-diagonal", without shots.
        executor: By name or as an object.
        shots: Of a metric; None: exact.
        seed: Of all draws, with the number of the call.
        options: Of the estimator.

    Cost: as `qng.metric`; the derivative 2R + 1 metrics.

    Example:
        >>> import torch
        >>> g = metric("one-qubit")
        >>> slopes = torch.func.jacrev(g)(torch.tensor([0.3, 0.8]))  # d_k g_ij, k last
        >>> tuple(slopes.shape)
        (2, 2, 2)
    """
    jets = metrics.metric(circuit, estimator, executor, shots, seed, **options)
    return function("metric", jets)


def function(name: str, jets: Jets) -> Function:
    """A function of PyTorch from a jet."""
    calls = count()

    def call(theta: Any, seed: Any = None) -> Any:
        point = flat(jets.what, theta, jets.parameters)
        if not jets.draws.sampled:
            return value(point, jets, 0, None)
        if seed is None:
            words = np.array([*jets.draws.words, next(calls)])
        else:
            words = np.array(Draws(True, key_of(seed)).words)
        return value(point, jets, 0, words)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"{jets.what} of {jets.size} parameter(s), as PyTorch differentiates it."
    return call


def value(theta: Any, jets: Jets, order: int, words: Any) -> Any:
    """f^(order) as an operation that can be differentiated."""
    if theta.requires_grad and torch.is_grad_enabled() and order < jets.together:
        return _Pair.apply(theta, jets, order, words)[0]
    return _Single.apply(theta, jets, order, words)


class _Single(torch.autograd.Function):  # type: ignore[misc]
    """f^(k); its derivative is another call."""

    @staticmethod
    def forward(theta: Any, jets: Jets, order: int, words: Any) -> Any:
        return like(_found(theta, jets, range(order, order + 1), words)[0], theta)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        theta, ctx.jets, ctx.order, ctx.words = inputs
        ctx.save_for_backward(theta)
        ctx.save_for_forward(theta)

    @staticmethod
    def backward(ctx: Any, slope: Any) -> Any:
        (theta,) = ctx.saved_tensors
        higher = value(theta, ctx.jets, ctx.order + 1, ctx.words)
        return _back(theta, slope, higher), None, None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Any, *others: Any) -> Any:
        with _followed_outside():
            (theta,) = _primals(*ctx.saved_tensors)
            return _along(theta, tangent, value(theta, ctx.jets, ctx.order + 1, ctx.words))

    @staticmethod
    def vmap(info: Any, dims: Any, theta: Any, jets: Jets, order: int, words: Any) -> Any:
        return value(theta.movedim(dims[0], 0), jets, order, words), 0


class _Pair(torch.autograd.Function):  # type: ignore[misc]
    """(f^(k), f^(k+1)) by one call: of the second only a second derivative makes use."""

    @staticmethod
    def forward(theta: Any, jets: Jets, order: int, words: Any) -> Any:
        found = _found(theta, jets, range(order, order + 2), words)
        return like(found[0], theta), like(found[1], theta)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        theta, ctx.jets, ctx.order, ctx.words = inputs
        ctx.save_for_backward(theta, output[1])
        ctx.save_for_forward(theta, output[1])
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, first: Any, second: Any) -> Any:
        theta, slope = ctx.saved_tensors
        found = None if first is None else _back(theta, first, slope)
        if second is not None:
            higher = value(theta, ctx.jets, ctx.order + 2, ctx.words)
            more = _back(theta, second, higher)
            found = more if found is None else found + more
        return found, None, None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Any, *others: Any) -> Any:
        with _followed_outside():
            theta, slope = _primals(*ctx.saved_tensors)
            higher = value(theta, ctx.jets, ctx.order + 2, ctx.words)
            return _along(theta, tangent, slope), _along(theta, tangent, higher)

    @staticmethod
    def vmap(info: Any, dims: Any, theta: Any, jets: Jets, order: int, words: Any) -> Any:
        return _Pair.apply(theta.movedim(dims[0], 0), jets, order, words), (0, 0)


def _found(theta: Any, jets: Jets, orders: range, words: Any) -> list[Any]:
    point = numbers(theta)
    if words is not None:
        words = np.broadcast_to(words, (*point.shape[:-1], len(words)))
    return jets.at(point, orders, words)


def _primals(*tensors: Any) -> list[Any]:
    """Tensors without what is followed along the innermost direction."""
    return [forward_ad.unpack_dual(tensor).primal for tensor in tensors]


def _followed_outside() -> Any:
    """Derivatives along directions further outside, which PyTorch drops inside of `jvp`.

    Without it a forward derivative of a forward derivative would be zero.

    Raises:
        InputError: This version of PyTorch has another way to say so.
    """
    follow = getattr(forward_ad, "_set_fwd_grad_enabled", None)
    if follow is None:
        raise InputError(
            "forward derivatives are not followed with this version of PyTorch: take backward "
            "ones, torch.func.grad, jacrev or backward()"
        )
    return follow(True)


def _back(theta: Any, slope: Any, derivative: Any) -> Any:
    """sum_s slope_s d f_s / d theta, at every point."""
    batch, size = theta.shape[:-1], theta.shape[-1]
    rows = derivative.reshape(*batch, -1, size)
    return (slope.reshape(*batch, 1, -1) @ rows).reshape(theta.shape)


def _along(theta: Any, tangent: Any, derivative: Any) -> Any:
    """d f_s / d theta along a tangent, at every point."""
    batch, size = theta.shape[:-1], theta.shape[-1]
    rows = derivative.reshape(*batch, -1, size)
    return (rows @ tangent.unsqueeze(-1)).reshape(derivative.shape[:-1])
