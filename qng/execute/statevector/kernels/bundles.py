"""Many arrays as one argument: kernels and their parts take a pointer, and look up what they need.

A tuple of arrays would be taken apart into hundreds of numbers at every call, which takes as long
to compile as what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AbstractTemplate, infer, signature
from numba.extending import NativeValue, intrinsic, lower_builtin, typeof_impl, unbox
from numba.np.numpy_support import from_dtype

Maker = Callable[..., Any]

# Typed, as numba's own are not.
_lowers: Callable[..., Callable[[Maker], Maker]] = lower_builtin
_instruction: Callable[[Maker], Maker] = intrinsic
_field: Maker = cgutils.gep_inbounds
_unboxes: Callable[..., Callable[[Maker], Maker]] = unbox
_signature: Maker = signature
_borrowed: Maker = impl_ret_borrowed


class BundleType(types.Type):
    """A pointer to arrays and whole numbers of these types."""

    def __init__(self, kinds: Any) -> None:
        self.kinds = kinds
        name = sha256(str(kinds).encode()).hexdigest()[:8]
        super().__init__(f"Bundle{name}")


class Bundle:
    """Arrays, contiguous, and whole numbers, as numba lays them out in memory one after the other.

    Args:
        items: They stay where they are as long as the bundle lives.
    """

    def __init__(self, items: tuple[Any, ...]) -> None:
        self.items: Final = items
        words: list[int] = []
        keys: list[Any] = []
        for item in items:
            if isinstance(item, np.ndarray):
                if not item.flags.c_contiguous:
                    raise ValueError("an array of a bundle is contiguous")
                # No owner, no object; number of items, bytes of one; where, shape and strides.
                words += (0, 0, item.size, item.itemsize, item.__array_interface__["data"][0])
                words += item.shape + item.strides
                keys.append((item.dtype.char, item.ndim))
            else:
                words.append(item)
                keys.append(None)
        self._words: Final = np.array(words, dtype=np.int64)
        self.address: Final[int] = self._words.__array_interface__["data"][0]
        self.kind: Final = _kind(tuple(keys))


@cache
def _kind(keys: tuple[Any, ...]) -> BundleType:
    made: Maker = types.Array
    return BundleType(
        tuple(
            types.int64 if key is None else made(from_dtype(np.dtype(key[0])), key[1], "C")
            for key in keys
        )
    )


@typeof_impl.register(Bundle)
def _typeof(bundle: Bundle, _: Any) -> BundleType:
    return bundle.kind


@register_default(BundleType)
class _BundleModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        fields = [manager.lookup(k).get_data_type() for k in kind.kinds]
        super().__init__(manager, kind, ir.LiteralStructType(fields).as_pointer())  # type: ignore[no-untyped-call]


@_unboxes(BundleType)
def _unbox(kind: Any, found: Any, context: Any) -> Any:
    number = context.pyapi.object_getattr_string(found, "address")
    address = context.pyapi.long_as_longlong(number)
    context.pyapi.decref(number)
    pointer = context.context.get_value_type(kind)
    return NativeValue(context.builder.inttoptr(address, pointer))  # type: ignore[no-untyped-call]


@infer
class _Item(AbstractTemplate):
    """bundle[3] and bundle[:3]."""

    key = "static_getitem"

    def generic(self, args: Any, kws: Any) -> Any:
        bundle, index = args
        if not isinstance(bundle, BundleType):
            return None
        found = bundle.kinds[index]
        if isinstance(index, slice):
            found = types.Tuple(found)  # type: ignore[no-untyped-call]
        return _signature(found, *args)


@_lowers("static_getitem", BundleType, types.Any)
def _item(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    bundle, index = arguments
    places = range(len(sig.args[0].kinds))[index]

    def load(k: int) -> Any:
        kind = sig.args[0].kinds[k]
        return context.unpack_value(builder, kind, _field(builder, bundle, 0, k))

    if isinstance(index, slice):
        return context.make_tuple(builder, sig.return_type, [load(k) for k in places])
    return _borrowed(context, builder, sig.return_type, load(index))


@_instruction
def bundled(_: Any, items: Any) -> Any:
    """A tuple as a bundle, as long as the kernel runs."""
    kind = BundleType(tuple(items.types))

    def build(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        room: Maker = cgutils.alloca_once
        where = room(builder, context.get_value_type(kind).pointee)
        for k, of_item in enumerate(kind.kinds):
            place = _field(builder, where, 0, k)
            context.pack_value(builder, of_item, builder.extract_value(arguments[0], k), place)
        return where

    return kind(items), build
