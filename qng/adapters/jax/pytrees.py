"""theta as JAX has it, an array or a tree of arrays, and as one vector of P numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from qng.adapters.jets import Draws, check_size
from qng.errors import InputError, shown


def flat(what: str, theta: Any, parameters: Sequence[str]) -> tuple[Any, Callable[[Any], Any]]:
    """theta as a vector of shape (P,) of floating-point numbers, and the way back.

    Args:
        what: Is asked there, for messages.
        theta: A mapping from all P names to numbers; an array of P numbers, in C order; or any
            tree of arrays that have P numbers together, in the order of JAX's leaves (mappings by
            their sorted keys).
        parameters: Their names.

    Raises:
        InputError: Another number of numbers, or complex ones.
    """
    if isinstance(theta, Mapping) and set(theta) == set(parameters):
        vector, back = ravel_pytree([theta[name] for name in parameters])

        def unravel(v: Any) -> Any:
            return dict(zip(parameters, back(v)))

        check_size(what, parameters, vector.size)
        return real(vector), unravel
    vector, unravelled = ravel_pytree(theta)
    check_size(what, parameters, vector.size)
    return real(vector), unravelled


def real(vector: Any) -> Any:
    """Whole numbers as floating-point ones.

    Raises:
        InputError: Complex numbers.
    """
    if jnp.issubdtype(vector.dtype, jnp.complexfloating):
        raise InputError(f"theta must be real numbers, not of the type {vector.dtype}")
    if jnp.issubdtype(vector.dtype, jnp.floating):
        return vector
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
    if isinstance(seed, jax.Array) and jnp.issubdtype(seed.dtype, jax.dtypes.prng_key):
        return jax.random.key_data(seed).ravel()
    if isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0:
        return jnp.asarray([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], dtype=jnp.uint32)
    array = jnp.asarray(seed)
    if not jnp.issubdtype(array.dtype, jnp.integer) or array.ndim > 1:
        raise InputError(
            f"seed must be a whole number of at least 0 or a key of jax.random, not {shown(seed)}"
        )
    return jnp.atleast_1d(array).astype(jnp.uint32)
