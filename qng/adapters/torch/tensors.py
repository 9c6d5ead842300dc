"""theta as PyTorch has it, one tensor or several, and as one of shape (..., P)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from qng.adapters.differentiable.jets import check_size
from qng.adapters.differentiable.named import places
from qng.arrays import Array
from qng.errors import InputError, shown


def flat(what: str, theta: Any, parameters: Sequence[str]) -> Any:
    """theta as a tensor of shape (P,), or (..., P) where it is many points.

    Args:
        what: Is asked there, for messages.
        theta: A tensor (or numbers) whose last axis has P numbers, or which has P numbers in all,
            in C order; several tensors with P numbers together, one after the other; or a mapping
            from all P names, or names of arrays of parameters, to numbers; also as a
            `ParameterList` or a `ParameterDict`.
        parameters: Their names.

    Raises:
        InputError: Another number of numbers, numbers that are not real, or names that are none of
            the parameters.
    """
    if isinstance(theta, torch.nn.ParameterDict):
        theta = dict(theta.items())
    if isinstance(theta, Mapping):
        parts = [real(values).reshape(-1) for values in theta.values()] or [torch.zeros(0)]
        numbers = torch.arange(sum(map(len, parts))).split([len(part) for part in parts])
        standing = {key: part.tolist() for key, part in zip(theta, numbers)}
        return torch.cat(parts)[places(standing, parameters)]
    several = isinstance(theta, (list, tuple, torch.nn.ParameterList))
    if several and any(isinstance(x, torch.Tensor) for x in theta):
        theta = torch.cat([real(x).reshape(-1) for x in theta])
    point = real(theta)
    if point.ndim > 1 and point.shape[-1] == len(parameters):
        return point
    check_size(what, parameters, point.shape)
    return point.reshape(point.numel())


def real(values: Any, what: str = "theta") -> Any:
    """Numbers as a tensor of floating-point ones.

    Args:
        values: A tensor, or what PyTorch makes one of.
        what: They are, for messages.

    Raises:
        InputError: No numbers, complex ones, or truth values.
    """
    try:
        point = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} must be a tensor of numbers, not {shown(values)}") from error
    if point.is_complex() or point.dtype == torch.bool:
        raise InputError(f"{what} must be real numbers, not of the type {point.dtype}")
    return point if point.is_floating_point() else point.to(torch.get_default_dtype())


def numbers(tensor: Any) -> Array:
    """The numbers of a tensor in double precision.

    Raises:
        InputError: A tensor that has none.
    """
    if tensor.is_meta:
        raise InputError("theta is on the device meta, where tensors have no numbers")
    found: Array = tensor.detach().to("cpu", torch.float64).numpy()
    return found


def like(values: Array, tensor: Any) -> Any:
    """Values in the type and on the device of a tensor."""
    return torch.as_tensor(np.asarray(values, order="C")).to(tensor.device, tensor.dtype)


def listed(params: Any) -> list[Any]:
    """Parameters of an optimizer, one or several tensors, as a list.

    Raises:
        InputError: Neither, or groups.
    """
    if isinstance(params, torch.Tensor):
        return [params]
    found = list(params) if isinstance(params, Iterable) else [params]
    if not found or not all(isinstance(param, torch.Tensor) for param in found):
        raise InputError(
            "the parameters of a circuit are a tensor or several, whose numbers together are "
            f"theta, not {shown(params)}"
        )
    return found
