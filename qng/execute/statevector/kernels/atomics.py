"""Whole numbers that several threads read and change, and what a thread does while it waits."""

from __future__ import annotations

import sys
from typing import Any, Final

from llvmlite import ir
from numba.core import types

from qng.execute.statevector.kernels.extending import array_of, instruction

# The call that lets other threads have the core.
_YIELD: Final = "SwitchToThread" if sys.platform == "win32" else "sched_yield"


@instruction
def added(_: Any, numbers: Any, place: Any, more: Any) -> Any:
    """numbers[place] += more at once for all threads; what it was before."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _pointer(context, builder, signature, arguments)
        return builder.atomic_rmw("add", where, arguments[2], "seq_cst")

    return types.int64(numbers, types.intp, types.int64), build


@instruction
def seen(_: Any, numbers: Any, place: Any) -> Any:
    """numbers[place], with everything that was written before it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_pointer(context, builder, signature, arguments), "seq_cst", 8)

    return types.int64(numbers, types.intp), build


@instruction
def put(_: Any, numbers: Any, place: Any, number: Any) -> Any:
    """numbers[place] = number, after everything that is written before it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _pointer(context, builder, signature, arguments)
        builder.store_atomic(arguments[2], where, "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(numbers, types.intp, types.int64), build


@instruction
def give_way(_: Any) -> Any:
    """Let another thread run, if one waits for this core."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        known = builder.module.globals.get(_YIELD)
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(known or ir.Function(builder.module, kind, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), build


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = array_of(context, builder, signature.args[0], arguments[0])
    return builder.gep(array.data, [arguments[1]])
