"""theta as JAX has it, an array or a tree of arrays, and as one vector of P numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from qng.adapters.differentiable.jets import Draws, check_size
from qng.adapters.differentiable.named import places
from qng.errors import InputError, shown
from qng.seeds import key_of


def flat(what: str, theta: Any, parameters: Sequence[str]) -> tuple[Any, Callable[[Any], Any]]:
    """theta as a vector of shape (P,) of floating-point numbers, and the way back.

    Args:
        what: Is asked there, for messages.
        theta: A mapping from all P names, or names of arrays of parameters, to numbers; an array
            of P numbers, in C order; or any tree of arrays that have P numbers together, in the
            order of JAX's leaves (other mappings by their sorted keys).
        parameters: Their names.

    Raises:
        InputError: Another number of numbers, what is none, or a mapping of which it cannot be said
            whether its keys are names.
    """
    if isinstance(theta, Mapping) and _goes_by_name(theta, parameters):
        return _by_name(theta, parameters)
    vector, unravel = _ravelled(theta)
    check_size(what, parameters, getattr(theta, "shape", vector.shape))
    return real(vector), unravel


def _goes_by_name(theta: Mapping[Any, Any], parameters: Sequence[str]) -> bool:
    """Whether a key is a parameter or an array of parameters, or each has one number.

    By their sorted keys the numbers of such a mapping could be mixed up.
    """
    names = {*parameters, *(name.partition("[")[0] for name in parameters)}
    one_each = len(theta) == len(parameters) > 1 and all(map(_is_number, theta.values()))
    return one_each or not names.isdisjoint(theta)


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, (int, float)) or getattr(leaf, "shape", None) == ()


def _by_name(
    theta: Mapping[Any, Any], parameters: Sequence[str]
) -> tuple[Any, Callable[[Any], Any]]:
    vector, back = _ravelled(theta)
    leaves, form = jax.tree.flatten(theta)
    ends = np.cumsum([jnp.size(leaf) for leaf in leaves])
    numbers = jax.tree.unflatten(form, np.split(np.arange(vector.size), ends[:-1]))
    standing = {
        key: [int(k) for part in jax.tree.leaves(numbers[key]) for k in part] for key in theta
    }
    order = np.array(places(standing, parameters), int)
    return real(vector[order]), lambda v: back(v[np.argsort(order)])


def _ravelled(theta: Any) -> tuple[Any, Callable[[Any], Any]]:
    try:
        return ravel_pytree(theta)  # type: ignore[no-any-return]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"theta must be an array or a tree of arrays, not {shown(theta)}"
        ) from error


def real(vector: Any) -> Any:
    """Whole numbers as floating-point ones.

    Raises:
        InputError: Complex numbers, or truth values.
    """
    if jnp.issubdtype(vector.dtype, jnp.floating):
        return vector
    if not jnp.issubdtype(vector.dtype, jnp.integer):
        raise InputError(f"theta must be real numbers, not of the type {vector.dtype}")
    return vector.astype(jnp.result_type(float))


def words(draws: Draws, seed: Any) -> Any:
    """A seed as JAX has it, as words of 32 bits, shape (W,).

    Args:
        draws: What decides where none is given.
        seed: A whole number, traced or not; a key of `jax.random`; or None.

    Raises:
        InputError: None of these.
    """
    if seed is None:
        return jnp.asarray(draws.words, dtype=jnp.uint32)
    if isinstance(seed, jax.Array):
        return _words_of(seed)
    key = key_of(seed)
    if isinstance(seed, np.ndarray):
        return _words_of(jnp.asarray(seed))
    numbers = key if isinstance(key, Sequence) else (key,)
    return jnp.asarray([word for x in numbers for word in _halves(x)], dtype=jnp.uint32)


def _words_of(seed: Any) -> Any:
    """Those of an array, traced or not: the same as those of the number that it is."""
    if jnp.issubdtype(seed.dtype, jax.dtypes.prng_key):
        return jax.random.key_data(seed).ravel()
    if not jnp.issubdtype(seed.dtype, jnp.integer) or seed.ndim > 1:
        raise InputError(
            f"seed must be a whole number of at least 0 or a key of jax.random, not {shown(seed)}"
        )
    if seed.ndim and seed.dtype == jnp.uint32:  # a key of former versions of JAX
        return seed
    high = seed >> 32 if seed.dtype.itemsize == 8 else jnp.zeros_like(seed)
    return jnp.stack([high, seed], axis=-1).astype(jnp.uint32).ravel()


def _halves(number: int) -> list[int]:
    """Words of 32 bits of a number, the highest first, at least two."""
    words = max(-(-number.bit_length() // 32), 2)
    return [number >> 32 * k & 0xFFFFFFFF for k in reversed(range(words))]
