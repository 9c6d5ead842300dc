"""How the numbers on a tape change with the arguments of the function that makes it.

With x the numbers of all arguments and d(x) those that the operations hold, A = d d / d x is had by
the automatic differentiation of the library in whose types the arguments are. A function that
leaves this library on its way (float, another library, detach) has no derivative there: where d is
affine around x, differences are exact,

    A e_j = (d(x + h e_j) - d(x - h e_j)) / 2h,

and elsewhere there is none. Whatever was found is compared with the function itself along one
direction, on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import Any, Final

import autograd
import autograd.numpy as anp
import numpy as np
import pennylane as qml

from qng import checks
from qng.arrays import Array
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.tapes import Place, quiet, rounding
from qng.errors import CircuitError

At = Callable[[Array], Array]
"""x, shape (P,) -> d(x), shape (D,); CircuitError where the operations are others."""

# In double and in single precision: the longer step in which angles have to be affine, and what
# differences may deviate, in units of rounding^(2/3). No round numbers, so that what is rounded on
# the way is seen.
_STEPS: Final = (1.2345e-3, 0.12345)
_DEVIATIONS: Final = (300.0, 30.0)
_SHORTER: Final = 0.371
# In units of rounding.
_AFFINE: Final = 100


def slopes(source: Source, places: Sequence[Place], at: At, x: Array) -> Array:
    """A at x, shape (D, P).

    Args:
        source: The function.
        places: Where on its tape d is.
        at: Its values.
        x: Shape (P,).

    Raises:
        CircuitError: There is none, or it is not known.

    Cost: one automatic differentiation and three runs, or else 4 P runs.
    """
    eps = rounding(source)
    with quiet():
        try:
            found = _automatic(source, places, x)
        except Exception:
            found = None  # the function has left the library; what it lacks is said below
        if found is not None and _holds(found, at, x, eps):
            return found
        found = _differences(at, x, eps)
    if found is None:
        raise CircuitError(
            f"the angles of {source.name} have no derivative that can be found at "
            f"{source.where(x)}: write it in one library that differentiates, such as "
            "pennylane.numpy, without float(), int() or its like"
        )
    return found


def followed(source: Source, places: Sequence[Place], x: Array) -> set[Place]:
    """The places whose numbers the library of the arguments follows, flat or not."""
    seen: set[Place] = set()

    def run(values: Sequence[Any]) -> Any:
        tape = source.run(values)
        seen.update(
            (k, j) for k, j in places if checks.following(tape.operations[k].data[j]) is not None
        )
        return tape

    with quiet(), suppress(Exception):
        _automatic(replace(source, run=run), places, x)
    return seen


def _automatic(source: Source, places: Sequence[Place], x: Array) -> Array:
    libraries = {part.library for part in source.leaves}
    for library, differentiate in (("jax", _jax), ("torch", _torch)):
        if library in libraries:
            blocks = differentiate(lambda *v: _held(source, places, v), source.split(x))
            return np.hstack(
                [
                    np.asarray(b, float).reshape(-1, part.value.size)
                    for b, part in zip(blocks, source.leaves)
                ]
            )

    def flat(point: Any) -> Any:
        return anp.concatenate(
            [anp.reshape(d, (-1,)) for d in _held(source, places, source.split(point))]
        )

    return np.asarray(autograd.jacobian(flat)(qml.numpy.array(x)), dtype=float)


def _held(source: Source, places: Sequence[Place], values: Sequence[Any]) -> list[Any]:
    tape = source.run(values)
    return [tape.operations[k].data[j] for k, j in places]


def _jax(held: Callable[..., list[Any]], blocks: Sequence[Array]) -> Sequence[Any]:
    jax, jnp = import_module("jax"), import_module("jax.numpy")

    def flat(*values: Any) -> Any:
        return jnp.concatenate([jnp.reshape(jnp.asarray(d), (-1,)) for d in held(*values)])

    found: Sequence[Any] = jax.jacobian(flat, argnums=tuple(range(len(blocks))))(
        *(jnp.asarray(block) for block in blocks)
    )
    return found


def _torch(held: Callable[..., list[Any]], blocks: Sequence[Array]) -> Sequence[Any]:
    torch = import_module("torch")

    def flat(*values: Any) -> Any:
        return torch.cat([torch.as_tensor(d).reshape(-1) for d in held(*values)])

    found: Sequence[Any] = torch.autograd.functional.jacobian(
        flat, tuple(torch.as_tensor(np.array(block)) for block in blocks)
    )
    return found


def _holds(found: Array, at: At, x: Array, eps: float) -> bool:
    """Whether A v is a slope of d along a direction v, or at a kink between the two."""
    rng = np.random.default_rng(0)
    v = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    h = float(eps ** (1 / 3))
    try:
        after, here, before = at(x + h * v), at(x), at(x - h * v)
    except CircuitError:
        return False
    sides = (after - here) / h, (here - before) / h
    along = found @ v
    scale = 1 + np.abs(here) + np.abs(along) + np.abs(x).max(initial=0.0)
    tiny = _DEVIATIONS[eps > 1e-10] * eps ** (2 / 3) * scale
    low, high = np.minimum(*sides) - tiny, np.maximum(*sides) + tiny
    return bool(np.all((low <= along) & (along <= high)))


def _differences(at: At, x: Array, eps: float) -> Array | None:
    """A where d is affine in steps from x along each axis; None where it is not."""
    h = _STEPS[eps > 1e-10]
    columns = []
    for unit in np.eye(len(x)):
        steps = h * np.array([1.0, -1.0, _SHORTER, -_SHORTER])
        try:
            here = at(x)
            there = np.array([at(x + step * unit) for step in steps])
        except CircuitError:
            return None
        slope = (there[0] - there[1]) / (2 * h)
        tiny = _AFFINE * eps * (1 + np.abs(here) + np.abs(x).max(initial=0.0))
        if not np.all(np.abs(there - here - np.multiply.outer(steps, slope)) <= tiny):
            return None
        columns.append(slope)
    return np.stack(columns, axis=-1)
