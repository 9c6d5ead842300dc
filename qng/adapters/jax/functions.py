"""Functions of theta for JAX: one call out of the program for all points of a batch.

A jet of order m (`adapters/jets.py`) is one operation (f, ..., f^(m)) of JAX, whose derivative
along v is (f' v, ..., f^(m+1) v), from a jet of order m + 1. So value and gradient are one call,
and a Hessian is one of order 2, however JAX comes to it: forward, backward, in jit and in vmap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qng.adapters.differentiable import derived, metrics
from qng.adapters.differentiable.jets import Jets, described
from qng.adapters.jax.pytrees import flat, real, words
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots

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

    The function takes theta, shape (P,), as any array or tree of arrays with P numbers together, as
    a mapping from names to numbers, or as (..., P) for many points, and `seed=`: a whole number or
    a key of `jax.random`, which may be traced. Equal seeds give equal draws, so give every call of
    a sampled function its own. A theta that is not finite gives NaN.

    Args:
        problem: A problem of circuits or of a model, or its name.
        executor: By name or as an object.
        shots: For the energy, and for each derivative; None: exact.
        seed: Of all draws, where a call brings none.
        gradient: How the gradient is estimated, as in `qng.gradient`.

    Returns:
        A function (theta, seed=None) -> array of shape () or (...), in the type of theta.

    Raises:
        InputError: No problem, theta of another length, or a third derivative.

    Cost: a call out of JAX, and that of `qng.energy`; with derivatives that of `qng.gradient` and
    `qng.hessian`. All points of a vmap are one batch.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> slope = jax.jit(jax.grad(energy("one-qubit")))
        >>> [round(float(x), 3) for x in slope(jnp.array([0.3, 0.8]))]
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
        seed: Of all draws, where a call brings none.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> f = expectations(real_amplitudes(1, 0), [{"Z0": 1.0}, {"X0": 1.0}])
        >>> slopes = jax.jacrev(f)(jnp.array([0.3]))  # of cos(t) and sin(t)
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
        seed: Of all draws, where a call brings none.

    Cost: as `energy`; derivatives take (2^n, P) numbers a point, and the second 2R + 1 sweeps.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> p = probabilities(real_amplitudes(1, 0))(jnp.array([0.3]))
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
        seed: Of all draws, where a call brings none.
        options: Of the estimator.

    Cost: as `qng.metric`; the derivative 2R + 1 metrics.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> g = metric("one-qubit")
        >>> slopes = jax.jacrev(g)(jnp.array([0.3, 0.8]))  # d_k g_ij, k last
        >>> tuple(slopes.shape)
        (2, 2, 2)
    """
    make = partial(metrics.metric, circuit, estimator, executor, shots, seed, **options)
    return Made("metric", make)


class Made:
    """A function of JAX from a jet; where it is pickled, what it was made of is.

    Args:
        name: Of the function.
        make: The jet.
    """

    def __init__(self, name: str, make: Callable[[], Jets]) -> None:
        self._of, self._jets = (name, make), make()
        self._one = _values(self._jets)
        self.__name__ = self.__qualname__ = name
        self.__doc__ = (
            f"{self._jets.what} of {self._jets.size} parameter(s), as JAX differentiates it."
        )

    def __repr__(self) -> str:
        return f"{self.__name__}({described(self._jets.parameters)})"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Their names, in the order of theta."""
        return self._jets.parameters

    def __call__(self, theta: Any, seed: Any = None) -> Any:
        """f at theta."""
        jets = self._jets
        # What draws nothing is called with less.
        key = (words(jets.draws, seed),) if jets.draws.sampled else ()
        shape: tuple[int, ...] = getattr(theta, "shape", ())
        if len(shape) > 1 and shape[-1] == jets.size:
            points = real(jnp.asarray(theta)).reshape(math.prod(shape[:-1]), jets.size)
            found = jax.vmap(self._one, (0, *(None for _ in key)))(points, *key)
            return found.reshape((*shape[:-1], *jets.shape))
        return self._one(flat(jets.what, theta, jets.parameters)[0], *key)

    def __reduce__(self) -> Any:
        return Made, self._of


def _values(jets: Jets) -> Function:
    """(theta, *words of a seed) -> f, with its derivatives."""

    @cache
    def jet(order: int) -> Any:
        jets.try_order(order)
        host = _host(jets, order)

        def values(theta: Any, *seed: Any) -> Any:
            found = [_like(theta, jets.shape_of(k)) for k in range(order + 1)]
            return jax.pure_callback(host, tuple(found), theta, *seed, vmap_method="broadcast_all")

        def along(primals: Any, tangents: Any) -> Any:
            found = jet(order + 1)(*primals)
            return found[:-1], tuple(slope @ tangents[0] for slope in found[1:])

        made = jax.custom_jvp(jax.jit(values))
        made.defjvp(along)
        return made

    def one(theta: Any, *seed: Any) -> Any:
        return jet(0)(theta, *seed)[0]

    return one


def _host(jets: Jets, order: int) -> Callable[..., tuple[Any, ...]]:
    """The jet outside of JAX, at the points of all transformations at once."""

    def host(theta: Any, seed: Any = None) -> tuple[Any, ...]:
        points = np.asarray(theta)
        words = None if seed is None else np.asarray(seed)
        found = jets.at(points.astype(np.float64), range(order + 1), words)
        return tuple(one.astype(points.dtype) for one in found)

    return host


def _like(theta: Any, shape: tuple[int, ...]) -> Any:
    return jax.ShapeDtypeStruct(shape, theta.dtype)
