"""Vectors of four doubles for numba kernels: what is fast is written down and not hoped for.

LLVM's own vectorizer gives up on the short strides of low qubits. These few operations are LLVM's
vector instructions, on every processor that it knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.extending import intrinsic

Maker = Callable[..., Any]

# Typed, as numba's own decorator is not.
_instruction: Callable[[Maker], Maker] = intrinsic

WIDTH: Final = 4

_VECTOR: Final = ir.VectorType(ir.DoubleType(), WIDTH)
_SINGLES: Final = ir.VectorType(ir.FloatType(), WIDTH)
_INT: Final = ir.IntType(32)


class Four(types.Type):
    """Four doubles in a register."""


four: Final[Any] = Four("Four")


@register_default(Four)
class _FourModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


@_instruction
def load(_: Any, vector: Any, start: Any) -> Any:
    """v[start : start + 4] of a contiguous vector, of doubles or of singles made doubles."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where, kind, size = _pointer(context, builder, signature, arguments)
        found = builder.load(where)
        found.align = size
        return found if kind is _VECTOR else builder.fpext(found, _VECTOR)

    return four(vector, types.intp), build


@_instruction
def store(_: Any, vector: Any, start: Any, values: Any) -> Any:
    """v[start : start + 4] = values."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where, kind, size = _pointer(context, builder, signature, arguments)
        values = arguments[2] if kind is _VECTOR else builder.fptrunc(arguments[2], kind)
        builder.store(values, where, align=size)
        return context.get_dummy_value()

    return types.void(vector, types.intp, four), build


@_instruction
def splat(_: Any, number: Any) -> Any:
    """The same number four times."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), arguments[0], _INT(0))
        return builder.shuffle_vector(
            one,
            ir.Constant(_VECTOR, ir.Undefined),
            ir.Constant(ir.VectorType(_INT, WIDTH), [0] * 4),
        )

    return four(types.float64), build


@_instruction
def pack(_: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """(a, b, c, d)."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = ir.Constant(_VECTOR, ir.Undefined)
        for k, number in enumerate(arguments):
            found = builder.insert_element(found, number, _INT(k))
        return found

    return four(*(types.float64,) * WIDTH), build


@_instruction
def times(_: Any, a: Any, b: Any) -> Any:
    """a * b."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments, flags=("contract",))

    return four(four, four), build


@_instruction
def plus(_: Any, a: Any, b: Any) -> Any:
    """a + b, in one instruction with a product that it adds."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments, flags=("contract",))

    return four(four, four), build


@_instruction
def minus(_: Any, a: Any, b: Any) -> Any:
    """a - b, likewise."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fsub(*arguments, flags=("contract",))

    return four(four, four), build


@_instruction
def summed(_: Any, a: Any) -> Any:
    """a0 + a1 + a2 + a3."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        parts = [builder.extract_element(arguments[0], _INT(k)) for k in range(WIDTH)]
        return builder.fadd(builder.fadd(parts[0], parts[1]), builder.fadd(parts[2], parts[3]))

    return types.float64(four), build


@_instruction
def low_halves(_: Any, a: Any, b: Any) -> Any:
    """(a0, a1, b0, b1)."""
    return _shuffled(0, 1, 4, 5)


@_instruction
def high_halves(_: Any, a: Any, b: Any) -> Any:
    """(a2, a3, b2, b3)."""
    return _shuffled(2, 3, 6, 7)


@_instruction
def evens(_: Any, a: Any, b: Any) -> Any:
    """(a0, b0, a2, b2)."""
    return _shuffled(0, 4, 2, 6)


@_instruction
def odds(_: Any, a: Any, b: Any) -> Any:
    """(a1, b1, a3, b3)."""
    return _shuffled(1, 5, 3, 7)


def _shuffled(*which: int) -> Any:
    mask = ir.Constant(ir.VectorType(_INT, WIDTH), list(which))

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.shuffle_vector(*arguments, mask)

    return four(four, four), build


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Where the four numbers are, the type that they have there and the bytes of each."""
    single = signature.args[0].dtype == types.float32
    kind = _SINGLES if single else _VECTOR
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    where = builder.gep(array.data, [arguments[1]])
    return builder.bitcast(where, kind.as_pointer()), kind, 4 if single else 8
