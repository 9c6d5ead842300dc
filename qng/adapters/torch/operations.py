"""f^(k) as an operation of PyTorch, whose derivative is f^(k+1), that of `adapters/jets.py`.

Where a gradient will be asked for and costs little, it returns (f^(k), f^(k+1)) at once. All of
them can be differentiated again, forward and backward, and mapped by `torch.func.vmap`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from qng.adapters.jets import Jets
from qng.adapters.torch.tensors import like, numbers
from qng.errors import InputError


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
    rows = _rows(theta, derivative)
    return (slope.reshape(*rows.shape[:-2], 1, rows.shape[-2]) @ rows).reshape(theta.shape)


def _along(theta: Any, tangent: Any, derivative: Any) -> Any:
    """d f_s / d theta along a tangent, at every point."""
    found = _rows(theta, derivative) @ tangent.unsqueeze(-1)
    return found.reshape(derivative.shape[:-1])


def _rows(theta: Any, derivative: Any) -> Any:
    """d f_s / d theta of all components of a point as rows, shape (..., S, P)."""
    batch, size = theta.shape[:-1], theta.shape[-1]
    # As a number: of no points or no parameters no other axis says how many there are.
    return derivative.reshape(*batch, math.prod(derivative.shape[len(batch) : -1]), size)
