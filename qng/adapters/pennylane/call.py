"""What an optimizer of PennyLane is called with: which arguments are trained, and theta of them.

As PennyLane has it, an argument is trained where it says so (`requires_grad=True`, as arrays of
`pennylane.numpy` do by default), and everything else is a constant. theta is all that is trained,
argument by argument, arrays in C order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pennylane import numpy as pnp

from qng.arrays import Array, all_finite
from qng.circuit.convert.pennylane.reader import numbers
from qng.errors import InputError


@dataclass(frozen=True, eq=False)
class Call:
    """Arguments of a cost, the trained ones apart.

    Args:
        args: All of them.
        kwargs: Keyword arguments, which are constants.
        trained: The positions of the trained ones.
        shapes: Theirs.
        theta: Their numbers, shape (P,).
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    trained: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    theta: Array

    @staticmethod
    def of(args: Sequence[Any], kwargs: Mapping[str, Any], argnum: Any = None) -> Call:
        """From what was given.

        Args:
            args: Arguments.
            kwargs: Keyword arguments.
            argnum: The positions of the trained ones; None: those that say so.

        Raises:
            InputError: None is trained, or a trained one is no array of finite numbers.
        """
        for k, arg in enumerate(args):
            _refuse(arg, k)
        trained = _trained(args, argnum)
        blocks = [_numbers(args[k], k) for k in trained]
        shapes = tuple(block.shape for block in blocks)
        theta = np.concatenate([np.empty(0), *(block.ravel() for block in blocks)])
        return Call(tuple(args), kwargs, trained, shapes, theta)

    def split(self, values: Any) -> list[Any]:
        """A vector over theta as one array an argument that is trained, of its shape."""
        blocks, start = [], 0
        for shape in self.shapes:
            end = start + int(np.prod(shape))
            blocks.append(values[start:end].reshape(shape))
            start = end
        return blocks

    def at(self, theta: Any) -> list[Any]:
        """All arguments with other numbers for the trained ones, in the types that they have."""
        args = list(self.args)
        for k, block in zip(self.trained, self.split(theta)):
            args[k] = _native(self.args[k], block)
        return args

    def boxed(self, theta: Any) -> list[Any]:
        """All arguments with what autograd follows for the trained ones."""
        args = list(self.args)
        for k, block in zip(self.trained, self.split(theta)):
            args[k] = block
        return args


def trainable(arg: Any) -> bool:
    """Whether an argument says that it is trained."""
    return bool(getattr(arg, "requires_grad", False))  # which may be of NumPy


def _trained(args: Sequence[Any], argnum: Any) -> tuple[int, ...]:
    if argnum is not None:
        chosen = sorted({int(k) for k in np.atleast_1d(argnum)})
        if not chosen or chosen[0] < 0 or chosen[-1] >= len(args):
            raise InputError(
                f"argnum = {argnum!r} names no argument that is there: {len(args)} argument(s) "
                "were given, counted from 0"
            )
        return tuple(chosen)
    marked = tuple(k for k, arg in enumerate(args) if trainable(arg))
    if marked:
        return marked
    if len(args) == 1 and getattr(args[0], "requires_grad", None) is None:
        return (0,)
    raise InputError(
        "no argument is trained: make those that are meant arrays of pennylane.numpy with "
        "requires_grad=True, or give the optimizer their positions, argnum=0 or argnum=(0, 2)"
    )


def _numbers(arg: Any, position: int) -> Array:
    try:
        is_plain = isinstance(arg, np.ndarray) and arg.dtype.kind in "fiu"
        found = arg.view(np.ndarray) if is_plain else numbers(arg)
    except (TypeError, ValueError):
        found = np.array(None)
    if found.dtype.kind not in "fiu" or not all_finite(found):
        raise InputError(
            f"argument {position} is trained, so it must be an array of finite numbers, not "
            f"{type(arg).__name__}{_which(found)}"
        )
    return np.asarray(found, dtype=float)


def _which(found: np.ndarray) -> str:
    return " with entries that are not finite" if found.dtype.kind == "f" else ""


def _native(arg: Any, block: Array) -> Any:
    if isinstance(arg, pnp.tensor):
        return pnp.tensor(block, requires_grad=True)
    if isinstance(arg, (int, float)):
        return float(block)
    return np.array(block)


def _refuse(arg: Any, position: int) -> None:
    """Arrays of libraries that have optimizers of their own."""
    package = type(arg).__module__.partition(".")[0]
    if package in ("torch", "jax", "jaxlib", "tensorflow"):
        library = "jax" if package == "jaxlib" else package
        instead = {
            "torch": "qng.adapters.torch has natural gradients for torch.optim",
            "jax": "qng.adapters.jax has natural gradients for optax",
        }.get(library, "tensors of TensorFlow are not taken")
        raise InputError(
            f"argument {position} is of {library}, and optimizers of this kind take arrays of "
            f"pennylane.numpy or numpy: {instead}; or give pennylane.numpy.array(x)"
        )
