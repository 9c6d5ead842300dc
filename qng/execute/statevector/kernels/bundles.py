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
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer, signature

from qng.execute.statevector.kernels.extending import (
    array_type,
    field,
    instruction,
    lowers,
    native,
    number_type,
    represent,
    room,
    tuple_type,
    type_of,
    unboxes,
)

_signature: Final[Callable[..., Any]] = signature


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
    return BundleType(
        tuple(
            types.int64 if key is None else array_type(number_type(np.dtype(key[0])), key[1], "C")
            for key in keys
        )
    )


@type_of(Bundle)
def _typeof(bundle: Bundle, _: Any) -> BundleType:
    return bundle.kind


def _pointer(known: Any, kind: Any) -> Any:
    fields = [known.lookup(one).get_data_type() for one in kind.kinds]
    return ir.LiteralStructType(fields).as_pointer()


represent(BundleType, _pointer)


@unboxes(BundleType)
def _unbox(kind: Any, found: Any, context: Any) -> Any:
    number = context.pyapi.object_getattr_string(found, "address")
    address = context.pyapi.long_as_longlong(number)
    context.pyapi.decref(number)
    pointer = context.context.get_value_type(kind)
    return native(context.builder.inttoptr(address, pointer))


@infer
class _Item(AbstractTemplate):
    """bundle[3] and bundle[:3]."""

    key = "static_getitem"

    def generic(self, args: Any, kws: Any) -> Any:
        bundle, index = args
        if not isinstance(bundle, BundleType):
            return None
        found = bundle.kinds[index]
        return _signature(tuple_type(found) if isinstance(index, slice) else found, *args)


@lowers("static_getitem", BundleType, types.Any)
def _item(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    bundle, index = arguments
    places: Any = range(len(sig.args[0].kinds))[index]

    def load(k: int) -> Any:
        kind = sig.args[0].kinds[k]
        return context.unpack_value(builder, kind, field(builder, bundle, 0, k))

    if isinstance(index, slice):
        found = context.make_tuple(builder, sig.return_type, [load(k) for k in places])
    else:
        found = load(places)
    if context.enable_nrt:
        context.nrt.incref(builder, sig.return_type, found)
    return found


@instruction
def bundled(_: Any, items: Any) -> Any:
    """A tuple that the kernel was called with as a bundle, as long as it runs."""
    kind = BundleType(tuple(items.types))

    def build(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        where = room(builder, context.get_value_type(kind).pointee)
        for k, of_item in enumerate(kind.kinds):
            place = field(builder, where, 0, k)
            context.pack_value(builder, of_item, builder.extract_value(arguments[0], k), place)
        return where

    return kind(items), build
