"""Vectors of doubles for numba kernels: what is fast is written down and not hoped for.

LLVM's own vectorizer gives up on the short strides of low qubits. These few operations are LLVM's
vector instructions, on every processor that it knows. A vector has eight numbers where the
processor has registers for them (AVX-512), and four elsewhere.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types

from qng.execute.statevector.kernels.extending import array_of, has, instruction, represent

WIDTH: Final = 8 if has("avx512f") else 4
LANES: Final = WIDTH - 1
"""The bits of an index that tell the numbers of a vector apart."""

_INT: Final = ir.IntType(32)
_LONG: Final = ir.IntType(64)
_VECTOR: Final = ir.VectorType(ir.DoubleType(), WIDTH)
_SINGLES: Final = ir.VectorType(ir.FloatType(), WIDTH)
_LONGS: Final = ir.VectorType(_LONG, WIDTH)


class Vector(types.Type):
    """Doubles in a register."""


vector: Final[Any] = Vector("Vector")


represent(Vector, lambda _, kind: _VECTOR)


@instruction
def load(_: Any, array: Any, start: Any) -> Any:
    """v[start : start + WIDTH] of a contiguous array, of doubles or of singles made doubles.

    An array of several dimensions is read as one line: `start` counts from its first number.
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where, kind, size = _pointer(context, builder, signature, arguments)
        found = builder.load(where)
        found.align = size
        return found if kind is _VECTOR else builder.fpext(found, _VECTOR)

    return vector(array, types.intp), build


@instruction
def store(_: Any, array: Any, start: Any, values: Any) -> Any:
    """v[start : start + WIDTH] = values, likewise."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where, kind, size = _pointer(context, builder, signature, arguments)
        values = arguments[2] if kind is _VECTOR else builder.fptrunc(arguments[2], kind)
        builder.store(values, where, align=size)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), build


@instruction
def splat(_: Any, number: Any) -> Any:
    """The same number WIDTH times."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _repeated(builder, arguments[0], _VECTOR)

    return vector(types.float64), build


@instruction
def times(_: Any, a: Any, b: Any) -> Any:
    """a * b."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments, flags=("contract",))

    return vector(vector, vector), build


@instruction
def plus(_: Any, a: Any, b: Any) -> Any:
    """a + b, in one instruction with a product that it adds."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments, flags=("contract",))

    return vector(vector, vector), build


@instruction
def minus(_: Any, a: Any, b: Any) -> Any:
    """a - b, likewise."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fsub(*arguments, flags=("contract",))

    return vector(vector, vector), build


@instruction
def summed(_: Any, a: Any) -> Any:
    """a0 + a1 + ..., by pairs of halves."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        parts = [builder.extract_element(arguments[0], _INT(k)) for k in range(WIDTH)]
        while len(parts) > 1:
            parts = [builder.fadd(*pair) for pair in zip(parts[::2], parts[1::2])]
        return parts[0]

    return types.float64(vector), build


def _flipping(bit: int) -> Any:
    @instruction
    def flipped(_: Any, a: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _shuffled(builder, arguments[0], arguments[0], [k ^ bit for k in range(WIDTH)])

        return vector(vector), build

    return flipped


def _choosing(bit: int) -> Any:
    @instruction
    def chosen(_: Any, a: Any, b: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            which = [k + WIDTH if k & bit else k for k in range(WIDTH)]
            return _shuffled(builder, arguments[0], arguments[1], which)

        return vector(vector, vector), build

    return chosen


# Number k becomes number k ^ 1 (k ^ 2, k ^ 4); a vector of four has no bit 4, and stays.
flipped_1, flipped_2, flipped_4 = (_flipping(bit if bit < WIDTH else 0) for bit in (1, 2, 4))

# Number k is that of a where bit 1 (2, 4) of k is clear, else that of b.
chosen_1, chosen_2, chosen_4 = (_choosing(bit) for bit in (1, 2, 4))


def _shuffled(builder: Any, a: Any, b: Any, which: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INT, WIDTH), which))


def _repeated(builder: Any, number: Any, kind: Any) -> Any:
    nothing = ir.Constant(kind, ir.Undefined)
    one = builder.insert_element(nothing, number, _INT(0))
    return _shuffled(builder, one, nothing, [0] * WIDTH)


@instruction
def picked(_: Any, a: Any, b: Any, which: Any) -> Any:
    """Number k is that of a and b, one after the other, which hexadecimal digit k of `which` names.

    The lowest bits of the digit count. One instruction for eight numbers, some for four.
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, second, digits = arguments
        if WIDTH == 4:
            return _picked_one_by_one(builder, first, second, digits)
        shifts = ir.Constant(_LONGS, [4 * k for k in range(WIDTH)])
        indices = builder.lshr(_repeated(builder, digits, _LONGS), shifts)
        kind = ir.FunctionType(_VECTOR, [_VECTOR, _LONGS, _VECTOR])
        permute = builder.module.globals.get(_PERMUTE) or ir.Function(
            builder.module, kind, _PERMUTE
        )
        return builder.call(permute, [first, indices, second])

    return vector(vector, vector, types.int64), build


def _picked_one_by_one(builder: Any, first: Any, second: Any, digits: Any) -> Any:
    both = builder.shuffle_vector(
        first, second, ir.Constant(ir.VectorType(_INT, 2 * WIDTH), list(range(2 * WIDTH)))
    )
    found = ir.Constant(_VECTOR, ir.Undefined)
    for k in range(WIDTH):
        digit = builder.and_(builder.lshr(digits, _LONG(4 * k)), _LONG(2 * WIDTH - 1))
        found = builder.insert_element(found, builder.extract_element(both, digit), _INT(k))
    return found


_PERMUTE: Final = "llvm.x86.avx512.vpermi2var.pd.512"


@instruction
def gathered(_: Any, array: Any, first: Any, one: Any, two: Any, four: Any) -> Any:
    """Number k is v[first ^ x], x being one, two and four for the bits that k has."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = array_of(context, builder, signature.args[0], arguments[0]).data
        places = [arguments[1]]
        for step in arguments[2 : 1 + WIDTH.bit_length()]:
            places += [builder.xor(place, step) for place in places]
        found = ir.Constant(_VECTOR, ir.Undefined)
        for k, place in enumerate(places):
            number = builder.load(builder.gep(data, [place]))
            if signature.args[0].dtype == types.float32:
                number = builder.fpext(number, ir.DoubleType())
            found = builder.insert_element(found, number, _INT(k))
        return found

    return vector(array, *(types.int64,) * 4), build


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Where the numbers are, the type that they have there and the bytes of each."""
    single = signature.args[0].dtype == types.float32
    kind = _SINGLES if single else _VECTOR
    array = array_of(context, builder, signature.args[0], arguments[0])
    where = builder.gep(array.data, [arguments[1]])
    return builder.bitcast(where, kind.as_pointer()), kind, 4 if single else 8
