"""Numba's interface for extensions, with types, as its own has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import binding
from numba import config, from_dtype, typeof
from numba.core import cgutils, types
from numba.extending import (
    NativeValue,
    intrinsic,
    lower_builtin,
    models,
    register_model,
    typeof_impl,
    unbox,
)

Maker = Callable[..., Any]
Decorator = Callable[..., Callable[[Maker], Maker]]

instruction: Final[Callable[[Maker], Maker]] = intrinsic
lowers: Final[Decorator] = lower_builtin
type_of: Final[Decorator] = typeof_impl.register
typed: Final[Maker] = typeof
unboxes: Final[Decorator] = unbox

array_type: Final[Maker] = types.Array
tuple_type: Final[Maker] = types.Tuple
number_type: Final[Maker] = from_dtype
native: Final[Maker] = NativeValue

field: Final[Maker] = cgutils.gep_inbounds
for_range: Final[Maker] = cgutils.for_range_slice
room: Final[Maker] = cgutils.alloca_once
shape_of: Final[Maker] = cgutils.unpack_tuple
unlikely: Final[Maker] = cgutils.if_unlikely
variable: Final[Maker] = cgutils.alloca_once_value

_register: Final[Decorator] = register_model
_primitive: Final[Maker] = models.PrimitiveModel
_proxy: Final[Maker] = cgutils.create_struct_proxy
_features: Final[Maker] = binding.get_host_cpu_features


def represent(kind: type[types.Type], code: Callable[[Any, Any], Any]) -> None:
    """Let machine code know values of this kind as one of LLVM's types.

    Args:
        kind: A class of numba's types.
        code: LLVM's type, from what knows those of all others and a type of this kind.
    """
    _register(kind)(lambda known, one: _primitive(known, one, code(known, one)))


def array_of(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """The fields of an array."""
    return _proxy(kind)(context, builder, value=value)


def has(feature: str) -> bool:
    """Whether kernels are compiled for a processor with this, which numba's settings may hide."""
    settings: Any = config
    if settings.CPU_FEATURES is not None:
        return f"+{feature}" in settings.CPU_FEATURES
    if settings.CPU_NAME == "generic" or not settings.ENABLE_AVX:
        return False
    try:
        return bool(_features().get(feature))
    except RuntimeError:  # LLVM does not know
        return False
