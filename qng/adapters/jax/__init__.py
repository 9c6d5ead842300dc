"""Energies, probabilities and metrics that JAX differentiates, and natural gradients for Optax.

    energy, expectations, probabilities, metric   functions of theta: jax.grad, jit, vmap, hessian
    natural_gradient                              a transformation of gradients for optax.chain

Values and derivatives are ours, computed in double precision and returned in the precision of
theta: JAX is in single precision unless `jax.config.update("jax_enable_x64", True)` was called. To
JAX a call is pure: one whose result is not used may be dropped, and another repeated.
"""

from qng.errors import MissingPackageError

try:
    from qng.adapters.jax.functions import energy, expectations, metric, probabilities
    from qng.adapters.jax.transforms import NaturalGradientState, natural_gradient
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] not in ("jax", "optax"):
        raise
    raise MissingPackageError(__name__, error.name.partition(".")[0], "jax") from error

__all__ = [
    "NaturalGradientState",
    "energy",
    "expectations",
    "metric",
    "natural_gradient",
    "probabilities",
]
