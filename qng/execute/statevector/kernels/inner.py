"""Inner products of many real rows, G_ij = sum_k a_ik b_jk: the Gram matrix of derivative states.

Products are summed for blocks of few rows a with few rows b. The sums of a block are vectors in
registers, and a number that is loaded goes into as many of them as the block has rows on the other
side. Sums go over a stretch of k that stays in cache for all blocks, in the precision of the rows;
those of stretches are added in double precision.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types

from qng.execute.statevector.kernels.compiling.jit import kernel
from qng.execute.statevector.kernels.extending import (
    array_of,
    for_range,
    instruction,
    shape_of,
    variable,
)
from qng.execute.statevector.kernels.room import zeros
from qng.execute.statevector.kernels.simd import WIDTH

# Rows of a block: their sums, a vector of every row b and one of a row a fit into registers.
_HIGH: Final = 4 if WIDTH > 4 else 3
_WIDE: Final = 6 if WIDTH > 4 else 4

# Bytes of a row whose products are summed in its own precision.
_STRETCH: Final = 8192


@kernel
def products(out: Any, rows: Any, others: Any, start: int, stop: int, lower: bool) -> None:
    """out[i, j] = sum_k rows[i, k] others[j, k] over start <= k < stop; with `lower`, of j <= i.

    Rows are as many as `out` has, and longer where they have room at their ends. What is above the
    diagonal is zero then.
    """
    block = zeros(_HIGH * _WIDE)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0.0
    stretch = _STRETCH // rows.itemsize
    for begin in range(start, stop, stretch):
        end = min(begin + stretch, stop)
        for i in range(0, len(rows), _HIGH):
            high = min(_HIGH, len(rows) - i)
            for j in range(0, min(i + high, len(others)) if lower else len(others), _WIDE):
                _block(block, rows, i, others, j, begin, end)
                for r in range(high):
                    wide = min(_WIDE, (i + r + 1 if lower else len(others)) - j)
                    for c in range(wide):
                        out[i + r, j + c] += block[r * _WIDE + c]


@instruction
def _block(_: Any, out: Any, rows: Any, i: Any, others: Any, j: Any, start: Any, stop: Any) -> Any:
    """out[r _WIDE + c] = sum_k rows[i + r, k] others[j + c, k] over start <= k < stop.

    The last row stands for those behind it. A sum is one of WIDTH doubles, or twice as many
    singles, whose own sums are added by halves; what is left of the stretch comes one by one.
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        single = signature.args[1].dtype == types.float32
        number: Any = ir.FloatType() if single else ir.DoubleType()
        vector = ir.VectorType(number, 2 * WIDTH if single else WIDTH)
        wide = ir.Constant(ir.IntType(64), vector.count)
        _, first, i, second, j, start, stop = arguments
        a = _starts(context, builder, signature.args[1], first, i, _HIGH)
        b = _starts(context, builder, signature.args[3], second, j, _WIDE)
        whole = builder.sub(stop, builder.srem(builder.sub(stop, start), wide))
        vectors = _sums(builder, a, b, (start, whole, wide), vector)
        one = ir.Constant(ir.IntType(64), 1)
        ends = _sums(builder, a, b, (whole, stop, one), number)
        found = array_of(context, builder, signature.args[0], arguments[0])
        for k, (sums, end) in enumerate(zip(vectors, ends)):
            total = builder.fadd(_added(builder, sums), end)
            total = builder.fpext(total, ir.DoubleType()) if single else total
            builder.store(total, builder.gep(found.data, [ir.Constant(ir.IntType(64), k)]))
        return context.get_dummy_value()

    return types.void(out, rows, types.intp, others, types.intp, types.intp, types.intp), build


def _starts(context: Any, builder: Any, kind: Any, array: Any, first: Any, count: int) -> list[Any]:
    """Where the rows of a block start."""
    made = array_of(context, builder, kind, array)
    n_rows, length = shape_of(builder, made.shape)
    last = builder.sub(n_rows, n_rows.type(1))
    found = []
    for k in range(count):
        row = builder.add(first, first.type(k))
        row = builder.select(builder.icmp_signed("<", row, last), row, last)
        found.append(builder.gep(made.data, [builder.mul(row, length)]))
    return found


def _sums(builder: Any, a: list[Any], b: list[Any], along: Any, kind: Any) -> list[Any]:
    """The sums of a_k b_k of all pairs of rows, from where to where in which steps."""
    zero = ir.Constant(kind, [0.0] * kind.count if isinstance(kind, ir.VectorType) else 0.0)
    sums = [variable(builder, zero) for _ in range(len(a) * len(b))]
    with for_range(builder, *along) as (k, _):

        def load(row: Any) -> Any:
            found = builder.load(builder.bitcast(builder.gep(row, [k]), kind.as_pointer()))
            found.align = 4 if "float" in str(kind) else 8
            return found

        xs = [load(row) for row in a]
        for c, y in enumerate(load(row) for row in b):
            for r, x in enumerate(xs):
                at = sums[r * len(b) + c]
                product = builder.fmul(x, y, flags=("contract",))
                builder.store(builder.fadd(builder.load(at), product, flags=("contract",)), at)
    return [builder.load(at) for at in sums]


def _added(builder: Any, vector: Any) -> Any:
    """The sum of a vector's numbers, by halves."""
    count = vector.type.count
    while count > 1:
        count //= 2
        halves = [
            builder.shuffle_vector(
                vector,
                vector,
                ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(at, at + count))),
            )
            for at in (0, count)
        ]
        vector = builder.fadd(*halves)
    return builder.extract_element(vector, ir.IntType(32)(0))
