"""A call of a kernel where its machine code is, so that it is compiled once for all who call it.

What numba compiles contains everything that it calls; here it does not.
"""

from __future__ import annotations

from typing import Any

from numba.core import errors, types

from qng.execute.statevector.kernels.extending import instruction, unlikely


@instruction
def moves(
    _: Any,
    kernel: Any,
    address: Any,
    v: Any,
    spare: Any,
    start: Any,
    stop: Any,
    passes: Any,
    point: Any,
    share: Any,
) -> Any:
    """What the kernel returns, whose address is `Kernel.address`."""
    kinds = v, spare, types.int64, types.int64, passes, point, share
    found = kernel.dispatcher.overloads.get(kinds)
    if found is None:
        raise errors.TypingError(f"nothing is compiled for {kinds}")
    returned = found.signature.return_type

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        call = context.call_conv
        where = call.get_function_type(returned, kinds).as_pointer()
        code = builder.inttoptr(arguments[1], where)
        status, value = call.call_function(builder, code, returned, kinds, arguments[2:])
        with unlikely(builder, status.is_error):
            call.return_status_propagate(builder, status)
        return value

    return returned(kernel, types.int64, *kinds), build
