"""Functions of theta for PyTorch: one call of ours for all points of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import torch

from qng.adapters.differentiable import derived, metrics
from qng.adapters.differentiable.jets import Draws, Jets, described
from qng.adapters.torch.operations import value
from qng.adapters.torch.tensors import flat
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots
from qng.seeds import key_of

Function = Callable[..., Any]

_uncompiled = getattr(torch, "_disable_dynamo", torch.compiler.disable)
"""What `torch.compile` leaves as it is; the first one does not import the compiler for it."""


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
    return Made("energy", partial(derived.energy, problem, executor, shots, seed, gradient))


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
    make = partial(derived.expectations, circuit, observables, executor, shots, seed)
    return Made("expectations", make)


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
    make = partial(derived.probabilities, circuit, executor, shots, seed)
    return Made("probabilities", make)


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
    make = partial(metrics.metric, circuit, estimator, executor, shots, seed, **options)
    return Made("metric", make)


class Made:
    """A function of PyTorch from a jet; where it is pickled, what it was made of is.

    Args:
        name: Of the function.
        make: The jet.
        calls: How many there were: each has draws of its own.
    """

    def __init__(self, name: str, make: Callable[[], Jets], calls: int = 0) -> None:
        self._of, self._jets, self._calls, self._lock = (name, make), make(), calls, Lock()
        self.__name__ = self.__qualname__ = name
        jets = self._jets
        self.__doc__ = f"{jets.what} of {jets.size} parameter(s), as PyTorch differentiates it."

    @property
    def parameters(self) -> tuple[str, ...]:
        """Their names, in the order of theta."""
        return self._jets.parameters

    def __repr__(self) -> str:
        return f"{self.__name__}({described(self._jets.parameters)})"

    @_uncompiled  # type: ignore[untyped-decorator]
    def __call__(self, theta: Any, seed: Any = None) -> Any:
        """f at theta."""
        jets = self._jets
        point = flat(jets.what, theta, jets.parameters)
        return value(point, jets, 0, self._words(seed) if jets.draws.sampled else None)

    def _words(self, seed: Any) -> Any:
        if seed is not None:
            return np.array(Draws(True, key_of(seed)).words)
        with self._lock:
            self._calls += 1
            return np.array([*self._jets.draws.words, self._calls - 1])

    def __reduce__(self) -> Any:
        return Made, (*self._of, self._calls)

    def __deepcopy__(self, memo: Any) -> Made:
        """Itself, as with functions."""
        return self
