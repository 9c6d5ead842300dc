"""The natural gradient as a transformation of Optax: (M + lambda) d = grad."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qng.adapters.differentiable.natural import Natural
from qng.adapters.jax.pytrees import flat, words
from qng.errors import InputError
from qng.geometry import Solver
from qng.plan.executor import Executor
from qng.plan.quantities import By
from qng.plan.shots import Shots


class NaturalGradientState(NamedTuple):
    """How many updates there were: every one has draws of its own."""

    count: Any


def natural_gradient(
    circuit: Any,
    damping: float | Solver = 1e-3,
    metric: str | By = "auto",
    *,
    executor: str | Executor = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> optax.GradientTransformation:
    """Gradients to natural gradients, for `optax.chain`; `update` needs the parameters.

    Updates are (M + lambda)^-1 grad, without a rate: `optax.chain(natural_gradient(circuit),
    optax.sgd(0.1))`. Where a model has other parameters, `optax.masked` or
    `optax.multi_transform` say which are those of the circuit.

    Args:
        circuit: Ours or Qiskit's, or a problem. Parameters are arrays or a tree of arrays with P
            numbers together, in the order of JAX's leaves, or a mapping from names to numbers.
        damping: lambda, with metrics from shots raised to their errors (`qng.geometry.Floored`);
            or a solver of `qng.geometry`.
        metric: As in `qng.metric`; with options `qng.plan.quantities.By("blocks", rule="wires")`.
        executor: By name or as an object.
        shots: Of a metric; None: exact.
        seed: Of all draws; every update has its own.

    Raises:
        InputError: Not a circuit, a damping below zero, or an update without parameters.

    Cost: a call out of JAX and that of `qng.metric`; the system is solved in double precision.

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> from qng.adapters.jax import energy
        >>> f, optimizer = energy("one-qubit"), optax.chain(
        ...     natural_gradient("one-qubit"), optax.sgd(0.1)
        ... )
        >>> theta = jnp.array([0.3, 0.8])
        >>> state = optimizer.init(theta)
        >>> for _ in range(60):
        ...     updates, state = optimizer.update(jax.grad(f)(theta), state, theta)
        ...     theta = optax.apply_updates(theta, updates)
        >>> round(float(f(theta)), 2)
        -1.41
    """
    natural = Natural.of(circuit, damping, metric, executor, shots, seed)
    host = _host(natural)

    def along(theta: Any, slope: Any, *key: Any) -> Any:
        shape = jax.ShapeDtypeStruct(slope.shape, slope.dtype)
        return jax.pure_callback(host, shape, theta, slope, *key, vmap_method="broadcast_all")

    direction = jax.jit(along)

    def init(params: Any) -> NaturalGradientState:
        flat("the circuit", params, natural.parameters)
        return NaturalGradientState(jnp.zeros((), jnp.int32))

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        if params is None:
            raise InputError(
                "a natural gradient depends on the point: call update(grads, state, params)"
            )
        theta, _ = flat("the circuit", params, natural.parameters)
        slope, back = flat("the circuit", updates, natural.parameters)
        # What draws nothing is called with less.
        key: tuple[Any, ...] = ()
        if natural.draws.sampled:
            key = (jnp.append(words(natural.draws, None), state.count.astype(jnp.uint32)),)
        found = direction(theta, slope, *key)
        return back(found), NaturalGradientState(optax.safe_increment(state.count))

    return optax.GradientTransformation(init, update)


def _host(natural: Natural) -> Any:
    """d in the type of the gradient."""

    def host(theta: Any, slope: Any, key: Any = None) -> Any:
        points, rows = (np.asarray(x).astype(np.float64) for x in (theta, slope))
        key = None if key is None else np.asarray(key)
        return natural.directions(points, rows, key).astype(slope.dtype)

    return host
